/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report of pageman statman.
 *
 * Role: totals, both percentages, times, blocks by order and the account, for people and as JSON.
 * Interface: sim_statman_print, sim_statman_json.
 */
#ifndef SIM_STATMAN_REPORT_H
#define SIM_STATMAN_REPORT_H

#include <stdio.h>

#include "statman.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Pre for both: sim_statman_finish was called. @path as the user gave it. */
void sim_statman_print(FILE *out, const char *path, const struct sim_statman *s);
void sim_statman_json(FILE *out, const char *path, const struct sim_statman *s);

#ifdef __cplusplus
}
#endif
#endif
