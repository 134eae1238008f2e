/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The side-by-side report of pageman compare.
 *
 * Role: tables per side (request, state, cost), differences with their spread, the 4 MiB challenge, and the answer in
 * words.
 * Interface: sim_compare_print (compare_report.c), sim_compare_json (compare_json.c), sim_compare_csv_begin and
 * sim_compare_csv (compare_csv.c).
 * Invariant: a report has at most 100 columns, however many policies there are. Measures are medians over the runs;
 * what is counted in events and frames is of the first run, the one as recorded.
 */
#ifndef SIM_COMPARE_REPORT_H
#define SIM_COMPARE_REPORT_H

#include "comparison.h"
#include "json.h"

#ifdef __cplusplus
extern "C" {
#endif

void sim_compare_print(FILE *out, const char *path, const struct sim_run *first,
		       const struct sim_comparison *comparison);
/* One element of the open array "comparisons". */
void sim_compare_json(struct sim_json *json, const char *path, const struct sim_run *first,
		      const struct sim_comparison *comparison);
/* The header, and then a line for each measure, policy and other policy. */
void sim_compare_csv_begin(FILE *out);
void sim_compare_csv(FILE *out, const char *path, const struct sim_comparison *comparison);

#ifdef __cplusplus
}
#endif
#endif
