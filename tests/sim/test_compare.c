// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report of a comparison and its answer in words, from numbers made by hand.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_report.h"
#include "compare_words.h"
#include "policy.h"

static struct sim_run *run;
static struct sim_comparison comparison;
static char said[8192];

static int setup(void **state)
{
	(void)state;
	said[0] = '\0';
	run = calloc(1, sizeof(*run));
	return !run || sim_comparison_init(&comparison, 4);
}

static int teardown(void **state)
{
	(void)state;
	sim_comparison_fini(&comparison);
	free(run);
	return 0;
}

/* @index: of the policy in the run; the values are what the words are about. */
static void set(unsigned index, const struct sim_policy *policy, double unusable, double available, uint64_t calls,
		uint64_t failures)
{
	struct sim_outcome *o = &run->outcomes[index];

	memset(o, 0, sizeof(*o));
	run->outcome_count = index + 1;
	o->policy = policy;
	o->observed.samples = 1;
	o->observed.unusable[9] = (struct sim_gauge){ .sum = unusable * 1000, .count = 1 };
	o->observed.available[9] = (struct sim_gauge){ .sum = available, .count = 1 };
	o->totals.exact.requests = 100;
	o->totals.account.cost[SIM_DEED_RELEASE].calls = calls;
	o->totals.failures[0] = failures;
}

static void hear(void *context, const char *text)
{
	(void)context;
	assert_true(strlen(said) + strlen(text) + 2 < sizeof(said));
	strcat(said, text);
	strcat(said, "\n");
}

/* One run, with nest as given beside exact and fitfree. */
static void add_run(double unusable, double available, uint64_t calls, uint64_t failures)
{
	set(0, &sim_policy_exact, 0.5, 10, 900, 3);
	set(1, &sim_policy_fitfree, 0.4, 12, 300, 3);
	set(2, &sim_policy_nest, unusable, available, calls, failures);
	sim_comparison_add(&comparison, run);
}

static bool says(const char *words)
{
	said[0] = '\0';
	sim_compare_words(run, &comparison, hear, NULL);
	return strstr(said, words) != NULL;
}

static void best_and_worst_are_named(void **state)
{
	(void)state;
	add_run(0.4, 15, 150, 3);
	assert_true(says("index of order 9: best under fitfree (0.400), no difference to nest; worst under exact "
			 "(0.500)"));
	assert_true(says("can be handed out: best under nest (15); worst under exact (10)"));
	assert_true(says("found no block: no difference between the policies (3)"));
	assert_true(says("calls for a sized request: best under nest (1.50); worst under exact (9.00)"));
	assert_true(says("One run:"));
	assert_false(says("nanoseconds")); /* not timed */
}

static void better_for_less_is_said(void **state)
{
	(void)state;
	add_run(0.3, 12, 150, 3);
	assert_true(says("nest leaves a better state than both exact and fitfree in this run, with 0.50 times the "
			 "calls"));
	assert_true(says("cheaper too"));
}

static void better_for_up_to_a_tenth_more_is_told_from_dearer(void **state)
{
	(void)state;
	add_run(0.3, 12, 330, 3);
	assert_true(says("1.10 times the calls of the cheaper of them: not a tenth dearer"));
	comparison.runs = 0;
	add_run(0.3, 12, 331, 3);
	assert_true(says("more than a tenth dearer"));
}

static void worse_in_one_of_the_two_is_not_better(void **state)
{
	(void)state;
	add_run(0.3, 11.9, 150, 3);
	assert_true(says("No other policy leaves a better state"));
	comparison.runs = 0;
	add_run(0.41, 20, 150, 3); /* better than exact, not than fitfree */
	assert_true(says("No other policy leaves a better state"));
}

/* It has more left because it served fewer. */
static void more_failures_are_not_better(void **state)
{
	(void)state;
	add_run(0.3, 15, 150, 4);
	assert_true(says("No other policy leaves a better state"));
	assert_true(says("found no block: best under exact (3), no difference to fitfree; worst under nest (4)"));
}

/* Always better, but once by 0.01 and once by 0.3: that is within the spread. */
static void with_several_runs_better_means_beyond_the_spread(void **state)
{
	(void)state;
	add_run(0.39, 12, 150, 3);
	add_run(0.2, 12, 150, 3);
	add_run(0.1, 12, 150, 3);
	assert_true(says("No other policy leaves a better state than both exact and fitfree, beyond the spread"));
	assert_false(says("One run:"));
	comparison.runs = 0;
	add_run(0.2, 12, 150, 3);
	add_run(0.19, 12, 150, 3);
	assert_true(says("nest leaves a better state than both exact and fitfree, beyond the spread"));
}

static void nothing_to_compare_is_said(void **state)
{
	(void)state;
	set(0, &sim_policy_exact, 0.5, 10, 900, 3);
	run->outcomes[0].totals.exact.requests = 0;
	run->outcomes[0].totals.kmalloc.requests = 7;
	sim_comparison_add(&comparison, run);
	assert_true(says("One policy alone: nothing to compare"));
	assert_true(says("cannot make a difference here"));
	assert_true(says("7 large kmalloc requests are not trimmed: --trim-kmalloc does that"));
}

static char *printed(void)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	assert_non_null(out);
	sim_compare_print(out, "x.pgr", run, &comparison);
	fclose(out);
	return text;
}

/* As many policies as there may be, numbers as large as they come. */
static void sixteen_policies_fit_into_a_hundred_columns(void **state)
{
	unsigned lines = 0, named = 0;
	char *text;

	(void)state;
	for (unsigned i = 0; i < SIM_POLICIES_MAX; i++) {
		set(i, &sim_policy_exact_fit, 0.001 * i, 123456789.0 + i, 98765 * i, 1234567 + i);
		run->outcomes[i].observed.free_pages = (struct sim_gauge){ .sum = 1e11 * i, .count = 1 };
	}
	for (unsigned seed = 0; seed < 3; seed++) {
		run->seed = seed;
		sim_comparison_add(&comparison, run);
	}
	text = printed();
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strlen(line) > 100)
			fail_msg("%zu columns: %s", strlen(line), line);
		lines++;
		if (!strncmp(line, "a sized request", 15))
			for (char *at = line; (at = strstr(at, "exact-fit")); at++)
				named++;
	}
	assert_true(lines > 100);
	assert_int_equal(named, SIM_POLICIES_MAX);
	free(text);
}

/* One blank for each run of blanks and line ends. */
static void join_lines(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		char c = *from == '\n' ? ' ' : *from;

		if (c != ' ' || to == text || to[-1] != ' ')
			*to++ = c;
	}
	*to = '\0';
}

/* Only what stands in the way is told, and only where it does. */
static void challenge_of_each_policy_is_told(void **state)
{
	struct sim_challenge *c;
	char *text;

	(void)state;
	add_run(0.3, 12, 150, 3);
	for (unsigned i = 0; i < 3; i++)
		run->outcomes[i].observed.challenge = (struct sim_challenge){ .asked = 4, .passed = 4 };
	c = &run->outcomes[1].observed.challenge;
	c->passed = 1;
	c->span_count = 2;
	c->spans[0].end_ns = c->spans[1].start_ns = 1500000000;
	c->spans[0].passes = true;
	c->spans[1].end_ns = 2000000000;
	c->last = (struct sim_blockade){ .known = true, .time_ns = 1750000000, .candidate = { true, 0x1400, 5 },
					 .pages = { [SIM_OBSTACLE_PCP] = 2, [SIM_OBSTACLE_BEFORE] = 3 }, .run_count = 2,
					 .listed_count = 1, .listed = { { 0x1410, 2, SIM_OBSTACLE_PCP } } };
	text = printed();
	join_lines(text);
	assert_non_null(strstr(text, "fitfree: yes at 25.0% of the moments yes 0.00-1.50 s, no 1.50-2.00 s"));
	assert_non_null(strstr(text, "At 1.75 s: the block nearest to being free begins at frame 0x1400. 5 of"));
	assert_non_null(strstr(text, "in 2 pieces: 2 on per-CPU lists, 3 in use since before"));
	assert_non_null(strstr(text, "The first: 0x1410+2 on per-CPU"));
	assert_non_null(strstr(text, "yes at every moment: exact, nest"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(best_and_worst_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(better_for_less_is_said, setup, teardown),
		cmocka_unit_test_setup_teardown(better_for_up_to_a_tenth_more_is_told_from_dearer, setup, teardown),
		cmocka_unit_test_setup_teardown(worse_in_one_of_the_two_is_not_better, setup, teardown),
		cmocka_unit_test_setup_teardown(more_failures_are_not_better, setup, teardown),
		cmocka_unit_test_setup_teardown(with_several_runs_better_means_beyond_the_spread, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_to_compare_is_said, setup, teardown),
		cmocka_unit_test_setup_teardown(sixteen_policies_fit_into_a_hundred_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(challenge_of_each_policy_is_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
