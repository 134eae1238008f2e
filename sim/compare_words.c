// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Draws the conclusions.
 *
 * Interface: compare_words.h.
 */
#include "compare_words.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "table.h"

#define COST_BOUND 1.1 /* of the cheaper one's: a tenth more is allowed */

struct words {
	const struct sim_run *first;
	const struct sim_comparison *c;
	void (*say)(void *context, const char *text);
	void *context;
};

static const char *const state_measures[] = { "unusable_order9_mean", "available_order9_mean" };
static const char *const cost_measures[] = { "calls_per_request", "ns_per_request" };

static void say(const struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const struct words *w, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	w->say(w->context, text);
}

static double median_of(const struct words *w, unsigned measure, unsigned policy)
{
	return sim_comparison_spread(w->c, measure, policy).median;
}

/* Policy with the best or, @worst, the worst median; policy_count when none is known. */
static unsigned extreme_of(const struct words *w, unsigned measure, bool worst)
{
	int better = worst ? -w->c->measures[measure].better : w->c->measures[measure].better;
	unsigned found = w->c->policy_count;

	for (unsigned i = 0; i < w->c->policy_count; i++) {
		double value = median_of(w, measure, i);

		if (!isnan(value) && (found == w->c->policy_count ||
				      (value - median_of(w, measure, found)) * better > 0))
			found = i;
	}
	return found;
}

/* "exact, nest": those that differ from @best in nothing. Return: how many. */
static unsigned list_equals(const struct words *w, unsigned measure, unsigned best, char text[256])
{
	unsigned count = 0;
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < w->c->policy_count; i++)
		if (i != best && sim_comparison_verdict(w->c, measure, i, best) == SIM_VERDICT_NONE && used < 200)
			used += (size_t)snprintf(text + used, 256 - used, "%s%s", count++ ? ", " : "",
						 w->c->policies[i]->name);
	return count;
}

static void say_best(const struct words *w, const char *what, const char *name)
{
	unsigned measure = sim_comparison_find(w->c, name);
	char equals[256], value[2][32];
	enum sim_unit unit;
	unsigned best, worst;

	if (measure == w->c->measure_count)
		return;
	unit = w->c->measures[measure].unit;
	best = extreme_of(w, measure, false);
	worst = extreme_of(w, measure, true);
	if (best == w->c->policy_count)
		return;
	sim_measure_text(value[0], unit, median_of(w, measure, best), false);
	sim_measure_text(value[1], unit, median_of(w, measure, worst), false);
	if (list_equals(w, measure, best, equals) + 1 == w->c->policy_count)
		say(w, "%s: no difference between the policies (%s).", what, value[0]);
	else
		say(w, "%s: best under %s (%s)%s%s; worst under %s (%s).", what, w->c->policies[best]->name, value[0],
		    equals[0] ? ", no difference to " : "", equals, w->c->policies[worst]->name, value[1]);
}

/* +1: @policy is better than @than, -1: worse in every run, 0: neither. Better asks for more than the spread. */
static int judge(const struct words *w, const char *name, unsigned policy, unsigned than)
{
	unsigned measure = sim_comparison_find(w->c, name);
	enum sim_verdict v = sim_comparison_verdict(w->c, measure, policy, than);
	int direction = (sim_verdict_is_higher(v) - sim_verdict_is_lower(v)) * w->c->measures[measure].better;
	bool within = v == SIM_VERDICT_LOWER_WITHIN || v == SIM_VERDICT_HIGHER_WITHIN;

	return direction > 0 && within ? 0 : direction;
}

static bool has_better_state(const struct words *w, unsigned policy, unsigned than)
{
	int first = judge(w, state_measures[0], policy, than);
	int second = judge(w, state_measures[1], policy, than);

	/* Who serves fewer requests has more left. */
	if (judge(w, "failures", policy, than) < 0)
		return false;
	return first >= 0 && second >= 0 && first + second > 0;
}

/* What @policy costs as a multiple of the cheaper of two; NaN when that is not known. */
static double cost_ratio(const struct words *w, const char *name, unsigned policy, unsigned a, unsigned b)
{
	unsigned measure = sim_comparison_find(w->c, name);
	double of_a, of_b;

	if (measure == w->c->measure_count)
		return NAN;
	of_a = median_of(w, measure, a);
	of_b = median_of(w, measure, b);
	return median_of(w, measure, policy) / (of_a < of_b ? of_a : of_b);
}

static void say_better(const struct words *w, unsigned policy, unsigned exact, unsigned fitfree)
{
	double calls = cost_ratio(w, cost_measures[0], policy, exact, fitfree);
	double time = cost_ratio(w, cost_measures[1], policy, exact, fitfree);
	double dearest = time > calls ? time : calls;
	const char *word = dearest > COST_BOUND ? "more than a tenth dearer"
			   : dearest < 1	? "cheaper too"
						: "not a tenth dearer";
	char times[64] = "";

	if (!isnan(time))
		snprintf(times, sizeof(times), " and %.2f times the time", time);
	say(w, "%s leaves a better state than both exact and fitfree%s, with %.2f times the calls%s of the cheaper of "
	    "them: %s.", w->c->policies[policy]->name, w->c->runs > 1 ? ", beyond the spread" : " in this run", calls,
	    times, word);
}

static unsigned policy_named(const struct words *w, const char *name)
{
	unsigned i = 0;

	while (i < w->c->policy_count && strcmp(w->c->policies[i]->name, name))
		i++;
	return i;
}

static void say_challengers(const struct words *w)
{
	unsigned exact = policy_named(w, "exact"), fitfree = policy_named(w, "fitfree"), better = 0;

	if (exact == w->c->policy_count || fitfree == w->c->policy_count || w->c->policy_count < 3)
		return;
	for (unsigned i = 0; i < w->c->policy_count; i++) {
		if (i == exact || i == fitfree || !has_better_state(w, i, exact) || !has_better_state(w, i, fitfree))
			continue;
		say_better(w, i, exact, fitfree);
		better++;
	}
	if (!better)
		say(w, "No other policy leaves a better state than both exact and fitfree%s.",
		    w->c->runs > 1 ? ", beyond the spread" : " in this run");
}

static void say_failures(const struct words *w)
{
	unsigned measure = sim_comparison_find(w->c, "failures");

	for (unsigned i = 0; i < w->c->policy_count; i++)
		if (sim_comparison_spread(w->c, measure, i).max > 0) {
			say_best(w, "State, requests that found no block", "failures");
			return;
		}
}

static void say_held(const struct words *w)
{
	unsigned mean = sim_comparison_find(w->c, "held_pages_mean");
	unsigned most = sim_comparison_find(w->c, "held_pages_max");
	char value[2][32];

	for (unsigned i = 0; i < w->c->policy_count; i++)
		if (median_of(w, most, i) > 0)
			say(w, "%s holds back %s frames on average and up to %s: they are in use, not free, until it "
			    "gives them back.", w->c->policies[i]->name,
			    sim_measure_text(value[0], SIM_UNIT_COUNT, median_of(w, mean, i), false),
			    sim_measure_text(value[1], SIM_UNIT_COUNT, median_of(w, most, i), false));
}

static void say_limits(const struct words *w)
{
	uint64_t kmalloc = w->first->outcomes[0].totals.kmalloc.requests;
	char count[32];

	if (!sim_measures_sized(w->first, &w->first->outcomes[0]))
		say(w, "There is no sized request that a policy could trim: a policy cannot make a difference here.");
	if (kmalloc && !w->first->trim_kmalloc)
		say(w, "%s large kmalloc requests are not trimmed: --trim-kmalloc does that.",
		    sim_text_count(count, kmalloc));
}

void sim_compare_words(const struct sim_run *first, const struct sim_comparison *c,
		       void (*sayer)(void *context, const char *text), void *context)
{
	struct words w = { first, c, sayer, context };

	say_limits(&w);
	if (c->policy_count < 2) {
		say(&w, "One policy alone: nothing to compare.");
		return;
	}
	if (c->runs < 2)
		say(&w, "One run: how far its numbers would scatter is not known, so no difference is more than a "
		    "hint. --seeds tells.");
	say_best(&w, "State, unusable index of order 9", state_measures[0]);
	say_best(&w, "State, blocks of order 9 that can be handed out", state_measures[1]);
	say_failures(&w);
	say_best(&w, "Cost, allocator calls for a sized request", cost_measures[0]);
	say_best(&w, "Cost, nanoseconds for a sized request", cost_measures[1]);
	say_held(&w);
	say_challengers(&w);
}
