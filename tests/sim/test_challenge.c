// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The 4 MiB challenge on the small machine (small.h).
 */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "challenge.h"
#include "small.h"

static struct sim_machine machine;
static struct sim_challenge challenge;

static int setup(void **state)
{
	struct sim_error error = { 0 };

	(void)state;
	memset(&challenge, 0, sizeof(challenge));
	return sim_machine_load(&machine, small_snapshot(), NULL, &error);
}

static int teardown(void **state)
{
	(void)state;
	sim_machine_unload(&machine);
	return 0;
}

static void take(uint64_t pfn, unsigned order)
{
	assert_int_equal(buddy_take(machine.buddy, 0, pfn, order), 0);
}

static bool ask(void)
{
	bool by_marks = false, passes = sim_challenge_ask(&machine, &by_marks);

	assert_false(by_marks);
	return passes;
}

static const struct sim_blockade *explain(const struct pageman_ledger *sized)
{
	struct sim_survey survey;

	sim_survey_take(&machine, &survey);
	sim_challenge_explain(&challenge, &machine, 77, false, &survey.best, sized);
	assert_true(challenge.last.known);
	assert_int_equal(challenge.last.time_ns, 77);
	return &challenge.last;
}

/* What the challenge says is what the allocator does. */
static void it_succeeds_as_long_as_the_allocator_gives_a_block(void **state)
{
	struct buddy_request request = { .gfp = GFP_KERNEL_6_1 | 0x10000, .order = 10 };
	struct buddy_block block;
	uint64_t allocs = buddy_stats(machine.buddy)->allocs;
	bool by_marks;

	(void)state;
	assert_true(ask());
	assert_int_equal(buddy_alloc_pages(machine.buddy, &request, &block), 0);
	assert_true(ask()); /* what is left is on the movable list */
	assert_int_equal(buddy_alloc_pages(machine.buddy, &request, &block), 0);
	assert_int_equal(buddy_stats(machine.buddy)->allocs, allocs + 2); /* asking takes nothing */
	/* A third block is free, but nothing would be left above the watermarks. */
	assert_false(sim_challenge_ask(&machine, &by_marks));
	assert_true(by_marks);
	assert_int_equal(buddy_alloc_pages(machine.buddy, &request, &block), -ENOMEM);
}

static void one_frame_in_each_block_is_enough_to_fail(void **state)
{
	(void)state;
	take(4196, 0);
	take(5120, 0);
	assert_true(ask());
	take(7167, 0);
	assert_false(ask());
	assert_int_equal(buddy_free_pages(machine.buddy, 0, 4196, 0), 0);
	assert_true(ask());
}

static void watermarks_are_told_from_frames(void **state)
{
	struct buddy_zone_tuning tuning;
	bool by_marks = false;

	(void)state;
	buddy_zone_tuning_get(machine.buddy, 0, &tuning);
	tuning.mark_pages[BUDDY_MARK_MIN] = 2049; /* free are 3072, and 1023 of them would be the request's */
	tuning.mark_pages[BUDDY_MARK_LOW] = 2060;
	assert_int_equal(buddy_zone_tune(machine.buddy, 0, &tuning), 0);
	assert_false(sim_challenge_ask(&machine, &by_marks));
	assert_true(by_marks);
	tuning.mark_pages[BUDDY_MARK_MIN] = 2048; /* the slow path's first attempt passes, the fast path does not */
	assert_int_equal(buddy_zone_tune(machine.buddy, 0, &tuning), 0);
	assert_true(sim_challenge_ask(&machine, &by_marks));
	assert_false(by_marks);
}

/*
 *     4096 ......................................................... 5120  5120 and 6144: in use as a whole
 *          100: unmovable   200-201: movable   300: on a per-CPU list   512-527: a sized request's 9, and 7 held
 */
static void nearest_block_and_its_obstacles_are_named(void **state)
{
	struct buddy_pcp_tuning tuning = { .high_pages = 64, .batch_pages = 8, .stat_threshold = 32 };
	struct pageman_record *buckets[4] = { NULL }, record;
	struct pageman_ledger ledger;
	const struct sim_blockade *b;

	(void)state;
	take(5120, 10);
	take(6144, 10);
	take(4096 + 100, 0);
	take(4096 + 200, 1);
	assert_int_equal(buddy_set_movable(machine.buddy, 4096 + 200, true), 0);
	take(4096 + 300, 0);
	assert_int_equal(buddy_pcp_tune(machine.buddy, 0, 0, &tuning), 0);
	assert_int_equal(buddy_free_pages(machine.buddy, 0, 4096 + 300, 0), 0);
	take(4096 + 512, 4);
	assert_int_equal(pageman_ledger_init(&ledger, buckets, 4), 0);
	assert_int_equal(pageman_record_init(&record, 4096 + 512, 4, 9), 0);
	assert_int_equal(pageman_ledger_add(&ledger, &record), 0);
	assert_false(ask());
	b = explain(&ledger);
	assert_true(b->candidate.found);
	assert_int_equal(b->candidate.start_pfn, 4096);
	assert_int_equal(b->candidate.busy_pages, 20);
	assert_int_equal(b->pages[SIM_OBSTACLE_UNMOVABLE], 1);
	assert_int_equal(b->pages[SIM_OBSTACLE_MOVABLE], 2);
	assert_int_equal(b->pages[SIM_OBSTACLE_PCP], 1);
	assert_int_equal(b->pages[SIM_OBSTACLE_SIZED], 9);
	assert_int_equal(b->pages[SIM_OBSTACLE_HELD], 7);
	assert_int_equal(b->pages[SIM_OBSTACLE_BEFORE], 0);
	assert_int_equal(b->run_count, 5);
	assert_int_equal(b->listed_count, 5);
	assert_int_equal(b->listed[1].start_pfn, 4096 + 200);
	assert_int_equal(b->listed[1].pages, 2);
	assert_int_equal(b->listed[1].what, SIM_OBSTACLE_MOVABLE);
	assert_int_equal(b->listed[4].start_pfn, 4096 + 521);
	assert_int_equal(b->listed[4].pages, 7);
	assert_int_equal(b->listed[4].what, SIM_OBSTACLE_HELD);
	/* Without the list of sized requests their frames are what any unmovable ones are. */
	b = explain(NULL);
	assert_int_equal(b->pages[SIM_OBSTACLE_UNMOVABLE], 17);
	assert_int_equal(b->run_count, 4);
}

/* The block from 7168 was in use at the start; nine frames of it stay so. More runs than are listed. */
static void frames_from_before_the_recording_are_told_as_such(void **state)
{
	const struct sim_blockade *b;

	(void)state;
	take(4096, 10);
	take(5120, 10);
	take(6144, 10);
	for (uint64_t i = 0; i < 1024; i++)
		if (i % 100 || i > 800)
			assert_int_equal(buddy_free_pages(machine.buddy, 0, SMALL_USED_PFN + i, 0), 0);
	b = explain(NULL);
	assert_int_equal(b->candidate.start_pfn, SMALL_USED_PFN);
	assert_int_equal(b->candidate.busy_pages, 9);
	assert_int_equal(b->pages[SIM_OBSTACLE_BEFORE], 9);
	assert_int_equal(b->run_count, 9);
	assert_int_equal(b->listed_count, SIM_CHALLENGE_RUNS_MAX);
	assert_int_equal(b->listed[1].start_pfn, SMALL_USED_PFN + 100);
	assert_int_equal(b->listed[SIM_CHALLENGE_RUNS_MAX - 1].pages, 1);
}

static void spans_last_until_the_answer_that_ends_them(void **state)
{
	static const bool answers[] = { true, true, false, false, true };

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		sim_challenge_note(&challenge, 10 * i, answers[i]);
	sim_challenge_finish(&challenge, 45);
	assert_int_equal(challenge.asked, 5);
	assert_int_equal(challenge.passed, 3);
	assert_int_equal(challenge.span_count, 3);
	assert_true(challenge.spans[0].passes && !challenge.spans[1].passes && challenge.spans[2].passes);
	assert_int_equal(challenge.spans[0].end_ns, 20);
	assert_int_equal(challenge.spans[1].start_ns, 20);
	assert_int_equal(challenge.spans[1].end_ns, 40);
	assert_int_equal(challenge.spans[2].end_ns, 45);
	assert_int_equal(challenge.merged_spans, 0);
}

static void many_spans_stay_few_and_the_long_ones_stay(void **state)
{
	uint64_t time_ns = 0;
	bool long_one = false;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		sim_challenge_note(&challenge, time_ns, i & 1);
		time_ns += i == 500 ? 100000 : 10 + i % 7;
	}
	sim_challenge_finish(&challenge, time_ns);
	assert_int_equal(challenge.asked, 1000);
	assert_int_equal(challenge.passed, 500);
	assert_true(challenge.span_count <= SIM_CHALLENGE_SPANS_MAX);
	assert_int_equal(challenge.merged_spans * 2 + challenge.span_count, 1000);
	assert_int_equal(challenge.spans[0].start_ns, 0);
	for (unsigned i = 0; i < challenge.span_count; i++) {
		long_one = long_one || (challenge.spans[i].end_ns - challenge.spans[i].start_ns >= 100000 &&
					!challenge.spans[i].passes);
		if (!i)
			continue;
		assert_int_equal(challenge.spans[i].start_ns, challenge.spans[i - 1].end_ns);
		assert_true(challenge.spans[i].passes != challenge.spans[i - 1].passes);
	}
	assert_true(long_one);
	assert_int_equal(challenge.spans[challenge.span_count - 1].end_ns, time_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_succeeds_as_long_as_the_allocator_gives_a_block, setup, teardown),
		cmocka_unit_test_setup_teardown(one_frame_in_each_block_is_enough_to_fail, setup, teardown),
		cmocka_unit_test_setup_teardown(watermarks_are_told_from_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(nearest_block_and_its_obstacles_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(frames_from_before_the_recording_are_told_as_such, setup, teardown),
		cmocka_unit_test_setup_teardown(spans_last_until_the_answer_that_ends_them, setup, teardown),
		cmocka_unit_test_setup_teardown(many_spans_stay_few_and_the_long_ones_stay, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
