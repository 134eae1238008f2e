/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report of pageman info.
 *
 * Role: provenance, zones, histograms and accounting of one recording.
 * Interface: sim_info_print, sim_info_json.
 */
#ifndef SIM_INFO_REPORT_H
#define SIM_INFO_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <rec/recording.h>

#include "census.h"
#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sim_info {
	const char *path;
	struct rec_info rec;
	struct rec_accounting accounting;
	struct rec_snapshot snapshot;
	bool has_snapshot;
	bool damaged;
	struct sim_error damage;
	struct sim_census *census;
};

void sim_info_print(FILE *out, const struct sim_info *info);
void sim_info_json(FILE *out, const struct sim_info *info);
uint64_t sim_info_lost_events(const struct sim_info *info);

#ifdef __cplusplus
}
#endif
#endif
