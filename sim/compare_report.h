/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The side-by-side report of pageman compare.
 *
 * Role: tables per side (request, state, cost) and the verdict in words.
 * Interface: sim_compare_print, sim_compare_json.
 */
#ifndef SIM_COMPARE_REPORT_H
#define SIM_COMPARE_REPORT_H

#include "json.h"
#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif

void sim_compare_print(FILE *out, const char *path, const struct sim_run *run);
/* One element of the open array "comparisons". */
void sim_compare_json(struct sim_json *json, const char *path, const struct sim_run *run);

#ifdef __cplusplus
}
#endif
#endif
