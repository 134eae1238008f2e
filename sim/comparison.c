// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keeps what the runs measured.
 *
 * Interface: comparison.h.
 */
#include "comparison.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int sim_comparison_init(struct sim_comparison *c, unsigned runs_max)
{
	memset(c, 0, sizeof(*c));
	c->runs_max = runs_max;
	c->seeds = calloc(runs_max, sizeof(*c->seeds));
	c->values = calloc((size_t)runs_max * SIM_MEASURES_MAX * SIM_POLICIES_MAX, sizeof(*c->values));
	return c->seeds && c->values ? 0 : -ENOMEM;
}

void sim_comparison_fini(struct sim_comparison *c)
{
	free(c->seeds);
	free(c->values);
	memset(c, 0, sizeof(*c));
}

static double *values_of(const struct sim_comparison *c, unsigned measure, unsigned policy)
{
	assert(measure < SIM_MEASURES_MAX && policy < SIM_POLICIES_MAX);
	return c->values + ((size_t)measure * SIM_POLICIES_MAX + policy) * c->runs_max;
}

void sim_comparison_add(struct sim_comparison *c, const struct sim_run *run)
{
	assert(c->runs < c->runs_max);
	c->policy_count = run->outcome_count;
	for (unsigned policy = 0; policy < run->outcome_count; policy++) {
		c->measure_count = sim_measures_list(c->measures, run, &run->outcomes[policy]);
		c->policies[policy] = run->outcomes[policy].policy;
		for (unsigned measure = 0; measure < c->measure_count; measure++)
			values_of(c, measure, policy)[c->runs] = c->measures[measure].value;
	}
	c->seeds[c->runs++] = run->seed;
}

unsigned sim_comparison_find(const struct sim_comparison *c, const char *name)
{
	return sim_measure_find(c->measures, c->measure_count, name);
}

const double *sim_comparison_values(const struct sim_comparison *c, unsigned measure, unsigned policy)
{
	return values_of(c, measure, policy);
}

struct sim_spread sim_comparison_spread(const struct sim_comparison *c, unsigned measure, unsigned policy)
{
	return sim_spread_of(values_of(c, measure, policy), c->runs);
}

struct sim_spread sim_comparison_difference(const struct sim_comparison *c, unsigned measure, unsigned policy,
					    unsigned against)
{
	return sim_spread_of_pairs(values_of(c, measure, policy), values_of(c, measure, against), c->runs);
}

enum sim_verdict sim_comparison_verdict(const struct sim_comparison *c, unsigned measure, unsigned policy,
					unsigned against)
{
	struct sim_spread differences = sim_comparison_difference(c, measure, policy, against);

	return sim_verdict_of(&differences);
}
