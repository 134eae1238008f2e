/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of several runs, and what their differences are worth.
 *
 * Role: the one place that decides whether a difference is one.
 * Interface: sim_spread_of, sim_spread_of_pairs, sim_verdict_of, sim_verdict_words, sim_verdict_key.
 *
 * Verdicts are about paired differences: in each run, the value under a policy minus the value under the one that it is
 * compared with, from the same start. With [min, max] of the runs' differences and their median:
 *
 *   no difference                          the range includes 0
 *   lower, higher in every run, within the spread   every difference has the same sign, |median| <= max - min
 *   lower, higher beyond the spread        every difference has the same sign, |median| > max - min
 *
 * One run has no spread: its difference is lower, higher or none, and nobody knows what it is worth.
 */
#ifndef SIM_SPREAD_H
#define SIM_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_RUNS_MAX 1000

struct sim_spread {
	size_t runs;             /* whose value is known; 0: none is, and the rest is NaN */
	double median, min, max;
};

enum sim_verdict {
	SIM_VERDICT_UNKNOWN,     /* no run has both values */
	SIM_VERDICT_NONE,        /* no difference */
	SIM_VERDICT_LOWER,       /* one run: its spread is not known */
	SIM_VERDICT_HIGHER,
	SIM_VERDICT_LOWER_WITHIN,
	SIM_VERDICT_HIGHER_WITHIN,
	SIM_VERDICT_LOWER_BEYOND,
	SIM_VERDICT_HIGHER_BEYOND,
	SIM_VERDICT_COUNT
};

/* Of the values that are not NaN; the median of an even number is the mean of the two in the middle. */
struct sim_spread sim_spread_of(const double *values, size_t count);
/* Of the differences values[i] - against[i], where both are known. @count: at most SIM_RUNS_MAX. */
struct sim_spread sim_spread_of_pairs(const double *values, const double *against, size_t count);
/* What a spread of paired differences means. */
enum sim_verdict sim_verdict_of(const struct sim_spread *differences);

/* "higher in every run, within the spread" */
const char *sim_verdict_words(enum sim_verdict verdict);
/* "higher_within", for programs */
const char *sim_verdict_key(enum sim_verdict verdict);

static inline bool sim_verdict_is_lower(enum sim_verdict v)
{
	return v == SIM_VERDICT_LOWER || v == SIM_VERDICT_LOWER_WITHIN || v == SIM_VERDICT_LOWER_BEYOND;
}

static inline bool sim_verdict_is_higher(enum sim_verdict v)
{
	return v == SIM_VERDICT_HIGHER || v == SIM_VERDICT_HIGHER_WITHIN || v == SIM_VERDICT_HIGHER_BEYOND;
}

#ifdef __cplusplus
}
#endif
#endif
