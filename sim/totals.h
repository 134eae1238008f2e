/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers of a run by name: one list for the database, JSON and reports.
 *
 * Role: keeps the three from drifting apart, and says for each number whether it is about the request stream, the
 * STATE of memory, the COST of getting there, or the accounting of what could not be done.
 * Interface: sim_totals_list.
 */
#ifndef SIM_TOTALS_H
#define SIM_TOTALS_H

#include "replay.h"
#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_TOTALS_MAX 64

struct sim_total {
	const char *name;
	const char *side; /* "request", "state", "cost", "account" */
	uint64_t value;
};

/* Fills @list with at most SIM_TOTALS_MAX entries. Return: how many. */
unsigned sim_totals_list(struct sim_total *list, const struct sim_replay_totals *totals,
			 const struct sim_assembler_totals *assembled, const struct buddy_stats *cost,
			 const struct sim_state *end);

#ifdef __cplusplus
}
#endif
#endif
