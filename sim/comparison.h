/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The measures of several runs of the same comparison, by policy.
 *
 * Role: between the runs and the report: medians and ranges, and differences in pairs: each run against the same run
 * of another policy, as both started from the same lists.
 * Interface: sim_comparison_init, sim_comparison_add, sim_comparison_spread, sim_comparison_difference,
 * sim_comparison_verdict, sim_comparison_find, sim_comparison_fini.
 * Invariant: every run has the same policies and the same measures, in the same order.
 */
#ifndef SIM_COMPARISON_H
#define SIM_COMPARISON_H

#include "measures.h"
#include "spread.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sim_comparison {
	unsigned runs, runs_max;
	unsigned interrupted_run; /* a signal stopped this run, counted from 1, and it is left out; 0: none */
	unsigned policy_count, measure_count;
	const struct sim_policy *policies[SIM_POLICIES_MAX];
	struct sim_measure measures[SIM_MEASURES_MAX]; /* names, units; not the values */
	uint64_t *seeds;  /* by run */
	double *values;   /* measure, policy, run */
};

/* Return: 0 or -ENOMEM. Release with sim_comparison_fini, which is safe after a failure. */
int sim_comparison_init(struct sim_comparison *comparison, unsigned runs_max);
void sim_comparison_fini(struct sim_comparison *comparison);
/* Takes the measures of one run; at most runs_max. */
void sim_comparison_add(struct sim_comparison *comparison, const struct sim_run *run);

/* Index of a measure, measure_count when there is none of this name. */
unsigned sim_comparison_find(const struct sim_comparison *comparison, const char *name);
/* The values of the runs, runs of them. */
const double *sim_comparison_values(const struct sim_comparison *comparison, unsigned measure, unsigned policy);
struct sim_spread sim_comparison_spread(const struct sim_comparison *comparison, unsigned measure, unsigned policy);
/* Of @policy minus @against, in pairs. */
struct sim_spread sim_comparison_difference(const struct sim_comparison *comparison, unsigned measure, unsigned policy,
					    unsigned against);
enum sim_verdict sim_comparison_verdict(const struct sim_comparison *comparison, unsigned measure, unsigned policy,
					unsigned against);

#ifdef __cplusplus
}
#endif
#endif
