// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is observed of the small machine (small.h), and the measures made of it.
 */
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "host.h"
#include "policy.h"
#include "small.h"

static struct sim_machine machine;
static struct sim_host host;
static struct sim_observed observed;
static struct sim_survey survey;

static int setup(void **state)
{
	struct sim_error error = { 0 };

	(void)state;
	memset(&observed, 0, sizeof(observed));
	if (sim_machine_load(&machine, small_snapshot(), NULL, &error))
		return -1;
	return sim_host_init(&host, machine.buddy, &sim_policy_exact, false);
}

static int teardown(void **state)
{
	(void)state;
	sim_host_fini(&host);
	sim_machine_unload(&machine);
	return 0;
}

static void take(uint64_t pfn, unsigned order)
{
	assert_int_equal(buddy_take(machine.buddy, 0, pfn, order), 0);
}

static void look(bool at_end)
{
	struct sim_state state;
	struct sim_scene scene = { .machine = &machine, .host = &host, .state = &state, .time_ns = observed.samples };

	sim_state_take(&machine, &state);
	if (at_end)
		sim_observe_end(&observed, &scene);
	else
		sim_observe(&observed, &scene);
}

static void survey_finds_every_frame(void **state)
{
	(void)state;
	sim_survey_take(&machine, &survey);
	assert_int_equal(survey.free_blocks[BUDDY_MOVABLE][10], 2);
	assert_int_equal(survey.free_blocks[BUDDY_UNMOVABLE][10], 1);
	assert_int_equal(survey.largest_run_pages, 3072);
	assert_int_equal(survey.used_pages, 1024);
	assert_int_equal(survey.movable_pages, 0);
	assert_int_equal(survey.mixed_pageblocks, 0);
	assert_true(survey.best.found);
	assert_int_equal(survey.best.start_pfn, 4096);
	assert_int_equal(survey.best.busy_pages, 0);
}

/*     4096 ........................ 5632 | in use | 5633 ........ 5700 | on a list | 5701 ...... 7168     */
static void free_run_ends_at_frames_in_use_and_on_per_cpu_lists(void **state)
{
	struct buddy_pcp_tuning tuning = { .high_pages = 64, .batch_pages = 8, .stat_threshold = 32 };

	(void)state;
	take(5632, 0);
	sim_survey_take(&machine, &survey);
	assert_int_equal(survey.largest_run_pages, 1536);
	assert_int_equal(survey.used_pages, 1025);
	take(5700, 0);
	assert_int_equal(buddy_pcp_tune(machine.buddy, 0, 0, &tuning), 0);
	assert_int_equal(buddy_free_pages(machine.buddy, 0, 5700, 0), 0);
	take(5000, 0);
	sim_survey_take(&machine, &survey);
	assert_int_equal(survey.largest_run_pages, 7168 - 5701);
	assert_int_equal(survey.used_pages, 1026);
	assert_int_equal(survey.best.start_pfn, 6144); /* of 1, 2 and 0 busy frames */
}

/* Pageblocks of 512 frames; those from 7168 and 7680 are in use since before. */
static void pageblock_is_mixed_by_use_not_by_its_type(void **state)
{
	(void)state;
	assert_int_equal(buddy_set_movable(machine.buddy, 7200, true), 0);
	sim_survey_take(&machine, &survey);
	assert_int_equal(survey.mixed_pageblocks, 1);
	assert_int_equal(survey.movable_pages, 1);
	for (uint64_t pfn = 7680; pfn < 8192; pfn++)
		assert_int_equal(buddy_set_movable(machine.buddy, pfn, true), 0);
	take(4096, 0); /* unmovable in a movable pageblock, alone */
	sim_survey_take(&machine, &survey);
	assert_int_equal(survey.mixed_pageblocks, 1);
	take(4100, 2);
	assert_int_equal(buddy_set_movable(machine.buddy, 4100, true), 0);
	sim_survey_take(&machine, &survey);
	assert_int_equal(survey.mixed_pageblocks, 2);
	assert_int_equal(survey.movable_pages, 1 + 512 + 4);
}

/* 5632 in use: blocks of order 9 at 4096, 4608, 5120, 6144, 6656; the rest of 5632's pageblock is 511 frames. */
static void available_blocks_are_counted_in_larger_ones_too(void **state)
{
	(void)state;
	take(5632, 0);
	look(false);
	assert_true(observed.available[9].sum == 5);
	assert_true(observed.available[10].sum == 2);
	assert_true(observed.free_blocks[9].sum == 1);
	assert_true(observed.available[0].sum == 3071);
	assert_true(observed.unusable[9].sum == 511 * 1000 / 3071);
	assert_int_equal(observed.samples_with[10], 1);
	assert_int_equal(observed.extfrag[10].count, 0); /* a request would succeed: the index says nothing */
	assert_true(isnan(sim_gauge_mean(&observed.extfrag[10])));
}

/* Lack of memory or fragmentation? 1000 - (1000 + free * 1000 / 1024) / blocks. */
static void extfrag_has_a_value_when_a_request_fails(void **state)
{
	(void)state;
	take(4096, 10);
	take(6144, 10);
	take(5120, 9);
	look(false); /* 512 frames in one block */
	assert_int_equal(observed.extfrag[10].count, 1);
	assert_true(observed.extfrag[10].sum == 1000 - (1000 + 500));
	assert_int_equal(observed.extfrag[9].count, 0);
	assert_int_equal(observed.challenge.passed, 0);
	assert_true(observed.challenge.last.known);
}

static void means_are_over_samples_and_the_end_is_apart(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIM_SURVEY_EVERY + 1; i++) {
		if (i == SIM_SURVEY_EVERY)
			take(5120, 10);
		look(false);
	}
	take(4096, 10);
	look(true);
	assert_int_equal(observed.samples, SIM_SURVEY_EVERY + 1);
	assert_int_equal(observed.surveys, 2);
	assert_int_equal(observed.available[10].count, SIM_SURVEY_EVERY + 1);
	assert_true(observed.available[10].sum == 3 * SIM_SURVEY_EVERY + 2);
	assert_true(observed.available[10].min == 2 && observed.available[10].max == 3);
	assert_true(observed.available[10].end == 1);
	assert_true(observed.largest_run_pages.sum == 3072 + 1024);
	assert_true(observed.largest_run_pages.end == 1024);
	assert_true(sim_gauge_mean(&observed.largest_run_pages) == 2048);
	assert_int_equal(observed.challenge.asked, SIM_SURVEY_EVERY + 1);
}

/* However many samples: at most so many points, evenly spread from the first on. */
static void points_stay_few_and_even(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIM_SURVEY_EVERY * SIM_POINTS_MAX * 3; i++)
		look(false);
	assert_int_equal(observed.surveys, SIM_POINTS_MAX * 3);
	assert_int_equal(observed.surveys_per_point, 4);
	assert_int_equal(observed.point_count, SIM_POINTS_MAX * 3 / 4);
	for (unsigned i = 0; i < observed.point_count; i++) {
		assert_int_equal(observed.points[i].time_ns, 4 * SIM_SURVEY_EVERY * i);
		assert_int_equal(observed.points[i].available_order9, 6);
		assert_int_equal(observed.points[i].available_order10, 3);
		assert_true(observed.points[i].challenge_passes);
	}
}

static double value_of(const struct sim_measure *list, unsigned count, const char *name)
{
	unsigned i = sim_measure_find(list, count, name);

	if (i == count)
		fail_msg("no measure %s", name);
	return list[i].value;
}

static struct sim_run *run_by_hand(void)
{
	struct sim_run *run = calloc(1, sizeof(*run));
	struct sim_outcome *o;

	assert_non_null(run);
	run->outcome_count = 1;
	run->timed = true;
	run->clock_ns = 20;
	o = &run->outcomes[0];
	o->policy = &sim_policy_exact;
	o->observed = observed;
	o->totals.exact.requests = 10;
	o->totals.kmalloc.requests = 30;
	o->totals.failures[3] = 2;
	o->totals.account.cost[SIM_DEED_ALLOC] =
		(struct sim_deed_cost){ .times = 10, .calls = 10, .time_ns = 700, .stats.zone_locks = 5 };
	o->totals.account.cost[SIM_DEED_RELEASE] =
		(struct sim_deed_cost){ .times = 10, .calls = 40, .time_ns = 150, .stats.zone_locks = 10 };
	return run;
}

/* Of alloc: 700 less 10 readings of 20; of release: less than the readings cost, which is nothing. */
static void cost_is_divided_by_the_sized_requests(void **state)
{
	struct sim_run *run = run_by_hand();
	struct sim_measure list[SIM_MEASURES_MAX];
	unsigned count = sim_measures_list(list, run, &run->outcomes[0]);

	(void)state;
	assert_true(value_of(list, count, "calls_per_request") == 5);
	assert_true(value_of(list, count, "zone_locks_per_request") == 1.5);
	assert_true(value_of(list, count, "ns_per_request") == 50);
	assert_true(value_of(list, count, "alloc_ns_per_call") == 50);
	assert_true(value_of(list, count, "release_ns_per_request") == 0);
	assert_true(isnan(value_of(list, count, "fit_ns_per_call")));
	assert_true(value_of(list, count, "failures") == 2);
	run->trim_kmalloc = true;
	count = sim_measures_list(list, run, &run->outcomes[0]);
	assert_true(value_of(list, count, "calls_per_request") == 1.25);
	free(run);
}

static void times_that_were_not_measured_are_no_measures(void **state)
{
	struct sim_run *run = run_by_hand();
	struct sim_measure list[SIM_MEASURES_MAX];
	unsigned count;

	(void)state;
	run->timed = false;
	run->outcomes[0].totals.exact.requests = 0;
	count = sim_measures_list(list, run, &run->outcomes[0]);
	assert_int_equal(sim_measure_find(list, count, "ns_per_request"), count);
	assert_true(isnan(value_of(list, count, "calls_per_request")));
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(sim_measure_find(list, count, list[i].name), i); /* names are unique */
		assert_true(!strcmp(list[i].side, "state") || !strcmp(list[i].side, "cost"));
	}
	free(run);
}

static void numbers_are_written_for_people(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(sim_measure_text(text, SIM_UNIT_COUNT, 1234567, false), "1,234,567");
	assert_string_equal(sim_measure_text(text, SIM_UNIT_COUNT, 12345678, false), "12.35 M");
	assert_string_equal(sim_measure_text(text, SIM_UNIT_COUNT, -2e10, true), "-20.00 G");
	assert_string_equal(sim_measure_text(text, SIM_UNIT_COUNT, -1234.4, true), "-1,234");
	assert_string_equal(sim_measure_text(text, SIM_UNIT_COUNT, 3.25, true), "+3.25");
	assert_string_equal(sim_measure_text(text, SIM_UNIT_COUNT, 0, true), "0");
	assert_string_equal(sim_measure_text(text, SIM_UNIT_INDEX, 0.0934, false), "0.093");
	assert_string_equal(sim_measure_text(text, SIM_UNIT_SHARE, 0.5, true), "+50.0%");
	assert_string_equal(sim_measure_text(text, SIM_UNIT_NS, 312.4, false), "312");
	assert_string_equal(sim_measure_text(text, SIM_UNIT_EACH, NAN, true), "-");
}

/* The second run differs in the number of requests that failed, and is told apart by its seed. */
static void comparison_keeps_runs_in_pairs(void **state)
{
	struct sim_run *run = run_by_hand();
	struct sim_comparison c;
	struct sim_spread s;
	unsigned failures;

	(void)state;
	run->outcome_count = 2;
	run->outcomes[1] = run->outcomes[0];
	run->outcomes[1].policy = &sim_policy_nest;
	assert_int_equal(sim_comparison_init(&c, 2), 0);
	run->outcomes[1].totals.failures[3] = 5;
	sim_comparison_add(&c, run);
	run->outcomes[0].totals.failures[3] = 100;
	run->outcomes[1].totals.failures[3] = 102;
	run->seed = 7;
	sim_comparison_add(&c, run);
	failures = sim_comparison_find(&c, "failures");
	assert_true(failures < c.measure_count);
	s = sim_comparison_spread(&c, failures, 0);
	assert_true(s.min == 2 && s.max == 100 && s.median == 51);
	s = sim_comparison_difference(&c, failures, 1, 0);
	assert_true(s.min == 2 && s.max == 3 && s.median == 2.5);
	assert_int_equal(sim_comparison_verdict(&c, failures, 1, 0), SIM_VERDICT_HIGHER_BEYOND);
	assert_int_equal(sim_comparison_verdict(&c, failures, 0, 1), SIM_VERDICT_LOWER_BEYOND);
	assert_int_equal(sim_comparison_find(&c, "no such measure"), c.measure_count);
	assert_int_equal(c.seeds[0], 0);
	assert_int_equal(c.seeds[1], 7);
	sim_comparison_fini(&c);
	free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(survey_finds_every_frame, setup, teardown),
		cmocka_unit_test_setup_teardown(free_run_ends_at_frames_in_use_and_on_per_cpu_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(pageblock_is_mixed_by_use_not_by_its_type, setup, teardown),
		cmocka_unit_test_setup_teardown(available_blocks_are_counted_in_larger_ones_too, setup, teardown),
		cmocka_unit_test_setup_teardown(extfrag_has_a_value_when_a_request_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(means_are_over_samples_and_the_end_is_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(points_stay_few_and_even, setup, teardown),
		cmocka_unit_test_setup_teardown(cost_is_divided_by_the_sized_requests, setup, teardown),
		cmocka_unit_test_setup_teardown(times_that_were_not_measured_are_no_measures, setup, teardown),
		cmocka_unit_test(numbers_are_written_for_people),
		cmocka_unit_test_setup_teardown(comparison_keeps_runs_in_pairs, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
