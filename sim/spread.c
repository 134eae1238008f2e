// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Medians, ranges and verdicts.
 *
 * Interface: spread.h.
 * Invariant: a value that is not known takes no part in anything.
 */
#include "spread.h"

#include <assert.h>
#include <math.h>

/* How many known values are below @x, and how many are not above it. */
static void rank_of(const double *values, size_t count, double x, size_t *below_out, size_t *up_to_out)
{
	*below_out = *up_to_out = 0;
	for (size_t i = 0; i < count; i++) {
		*below_out += values[i] < x;
		*up_to_out += values[i] <= x;
	}
}

/* The known value at @index of their order. Runs are few: quadratic, and nothing is moved. */
static double value_at(const double *values, size_t count, size_t index)
{
	size_t below, up_to;

	for (size_t i = 0; i < count; i++) {
		rank_of(values, count, values[i], &below, &up_to);
		if (below <= index && index < up_to)
			return values[i];
	}
	return NAN;
}

struct sim_spread sim_spread_of(const double *values, size_t count)
{
	struct sim_spread s = { 0, NAN, NAN, NAN };

	for (size_t i = 0; i < count; i++) {
		if (isnan(values[i]))
			continue;
		s.min = s.runs && s.min <= values[i] ? s.min : values[i];
		s.max = s.runs && s.max >= values[i] ? s.max : values[i];
		s.runs++;
	}
	if (s.runs)
		s.median = (value_at(values, count, (s.runs - 1) / 2) + value_at(values, count, s.runs / 2)) / 2;
	return s;
}

struct sim_spread sim_spread_of_pairs(const double *values, const double *against, size_t count)
{
	double differences[SIM_RUNS_MAX];

	assert(count <= SIM_RUNS_MAX);
	for (size_t i = 0; i < count; i++)
		differences[i] = values[i] - against[i];
	return sim_spread_of(differences, count);
}

enum sim_verdict sim_verdict_of(const struct sim_spread *d)
{
	bool beyond;

	if (!d->runs)
		return SIM_VERDICT_UNKNOWN;
	if (d->min <= 0 && d->max >= 0)
		return SIM_VERDICT_NONE;
	if (d->runs == 1)
		return d->median < 0 ? SIM_VERDICT_LOWER : SIM_VERDICT_HIGHER;
	beyond = fabs(d->median) > d->max - d->min;
	if (d->max < 0)
		return beyond ? SIM_VERDICT_LOWER_BEYOND : SIM_VERDICT_LOWER_WITHIN;
	return beyond ? SIM_VERDICT_HIGHER_BEYOND : SIM_VERDICT_HIGHER_WITHIN;
}

static const struct {
	const char *words, *key;
} names[SIM_VERDICT_COUNT] = {
	[SIM_VERDICT_UNKNOWN] = { "not known", "unknown" },
	[SIM_VERDICT_NONE] = { "no difference", "none" },
	[SIM_VERDICT_LOWER] = { "lower, spread not known", "lower" },
	[SIM_VERDICT_HIGHER] = { "higher, spread not known", "higher" },
	[SIM_VERDICT_LOWER_WITHIN] = { "lower in every run, within the spread", "lower_within" },
	[SIM_VERDICT_HIGHER_WITHIN] = { "higher in every run, within the spread", "higher_within" },
	[SIM_VERDICT_LOWER_BEYOND] = { "lower beyond the spread", "lower_beyond" },
	[SIM_VERDICT_HIGHER_BEYOND] = { "higher beyond the spread", "higher_beyond" },
};

const char *sim_verdict_words(enum sim_verdict verdict)
{
	return names[verdict].words;
}

const char *sim_verdict_key(enum sim_verdict verdict)
{
	return names[verdict].key;
}
