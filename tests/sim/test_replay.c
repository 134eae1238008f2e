// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What-if replay and policies on the small machine (small.h).
 */
#include "test.h"

#include <string.h>

#include "compare_state.h"
#include "replay.h"
#include "small.h"
#include "state.h"

#define BLOCK_PFN 5120u /* where the model takes unmovable blocks from first: the lowest frames of this block */

static struct sim_machine machine;
static struct sim_replay replay;
static uint64_t event_index;

static void start(const struct sim_policy *policy, bool trim_kmalloc)
{
	struct sim_replay_options options = { .policy = policy, .trim_kmalloc = trim_kmalloc };
	struct sim_error error = { 0 };

	event_index = 0;
	assert_int_equal(sim_machine_load(&machine, small_snapshot(), NULL, &error), 0);
	assert_int_equal(sim_replay_init(&replay, &machine, small_snapshot(), &options, &error), 0);
}

static void stop(void)
{
	char wrong[256] = "";

	sim_replay_finish(&replay);
	if (!buddy_check(machine.buddy, wrong, sizeof(wrong)))
		fail_msg("%s", wrong);
	sim_replay_fini(&replay);
	sim_machine_unload(&machine);
}

static void feed(struct rec_event e)
{
	sim_replay_event(&replay, event_index++, &e, NULL);
}

static void feed_sized(uint64_t pages, unsigned interface, uint64_t pfn, unsigned order)
{
	struct rec_event e = small_event(REC_SIZED_ALLOC, 0, 0);

	e.arg = pages * 4096;
	e.flags = (uint8_t)interface;
	feed(e);
	feed(small_event(REC_ALLOC, pfn, order));
}

/* The recorded kernel's own trimming: page by page, to the tails. */
static void feed_tail_frees(uint64_t pfn, uint64_t from_page, uint64_t to_page)
{
	for (uint64_t page = from_page; page < to_page; page++) {
		struct rec_event e = small_event(REC_FREE, pfn + page, 0);

		e.flags = REC_FREE_BUDDY | REC_FREE_TO_TAIL;
		feed(e);
	}
}

static void feed_release(uint64_t pfn, uint64_t pages)
{
	struct rec_event e = small_event(REC_SIZED_FREE, pfn, 0);

	e.arg = pages * 4096;
	feed(e);
	for (uint64_t page = 0; page < pages; page++)
		feed(small_event(REC_FREE, pfn + page, 0));
}

static uint64_t free_pages(void)
{
	struct sim_state state;

	sim_state_take(&machine, &state);
	return state.all.free_pages + state.all.pcp_pages;
}

/* The model answers with frames of its own; the recorded frees reach them. */
static void frees_are_routed_to_the_models_frames(void **state)
{
	(void)state;
	start(&sim_policy_exact, false);
	for (uint64_t i = 0; i < 8; i++)
		feed(small_event(REC_ALLOC, 4096 + 7 * i, 0)); /* not the frames that the model would choose */
	assert_int_equal(free_pages(), 3072 - 8);
	for (uint64_t i = 0; i < 8; i++)
		feed(small_event(REC_FREE, 4096 + 7 * i, 0));
	assert_int_equal(free_pages(), 3072);
	assert_int_equal(replay.totals.unmatched_free.count, 0);
	assert_int_equal(replay.totals.refused.count, 0);
	stop();
}

static void block_in_use_at_the_start_is_freed_where_it_is(void **state)
{
	(void)state;
	start(&sim_policy_exact, false);
	feed(small_event(REC_FREE, SMALL_USED_PFN, 3));
	assert_int_equal(free_pages(), 3072 + 8);
	assert_int_equal(buddy_frame_state(machine.buddy, SMALL_USED_PFN, NULL, NULL) == BUDDY_FRAME_IN_USE, 0);
	stop();
}

static void block_may_be_freed_page_by_page(void **state)
{
	(void)state;
	start(&sim_policy_exact, false);
	feed(small_event(REC_ALLOC, 4096, 2));
	for (uint64_t i = 0; i < 4; i++)
		feed(small_event(REC_FREE, 4096 + i, 0));
	assert_int_equal(free_pages(), 3072);
	assert_int_equal(replay.totals.refused.count, 0);
	stop();
}

static void listed_free_waits_for_its_commit(void **state)
{
	struct rec_event e = small_event(REC_FREE, 4096, 0);

	(void)state;
	start(&sim_policy_exact, false);
	feed(small_event(REC_ALLOC, 4096, 0));
	e.flags = REC_FREE_LIST;
	feed(e);
	assert_int_equal(free_pages(), 3071);
	feed(small_event(REC_FREE_BATCHED, 4096, 0));
	assert_int_equal(free_pages(), 3072);
	/* One whose commit was lost is committed at the end. */
	feed(small_event(REC_ALLOC, 4096, 0));
	feed(e);
	sim_replay_finish(&replay);
	assert_int_equal(free_pages(), 3072);
	stop();
}

static void strange_events_are_counted_with_their_first_place(void **state)
{
	(void)state;
	start(&sim_policy_exact, false);
	feed(small_event(REC_FREE, 4100, 0));           /* was free at the start */
	feed(small_event(REC_ALLOC, 99999, 0));         /* no zone */
	feed(small_event(REC_ALLOC, SMALL_END_PFN - 1, 4)); /* sticks out of the zone */
	feed(small_event(REC_ALLOC, 4096, 0));
	feed(small_event(REC_ALLOC, 4096, 0));          /* never freed in between */
	assert_int_equal(replay.totals.unmatched_free.count, 1);
	assert_int_equal(replay.totals.unmatched_free.first_index, 0);
	assert_int_equal(replay.totals.unmatched_free.first_pfn, 4100);
	assert_int_equal(replay.totals.outside.count, 2);
	assert_int_equal(replay.totals.outside.first_index, 1);
	assert_int_equal(replay.totals.outside.first_pfn, 99999);
	assert_int_equal(replay.totals.unseen_free.count, 1);
	assert_int_equal(free_pages(), 3072 - 1);
	stop();
}

static void requests_that_the_model_cannot_serve_are_counted(void **state)
{
	(void)state;
	start(&sim_policy_exact, false);
	for (uint64_t i = 0; i < 4; i++)
		feed(small_event(REC_ALLOC, 4096 + 1024 * i, 10)); /* three are free */
	for (uint64_t i = 0; i < 4; i++)
		feed(small_event(REC_FREE, 4096 + 1024 * i, 10));
	assert_true(replay.totals.failures[10] >= 1);
	assert_int_equal(replay.totals.frees_of_failed, 1024 * replay.totals.failures[10]);
	stop();
}

/*
 *     |=====|...|   |      5 pages of an order-3 block: none keeps 8, the others 5
 *     0     5   6   8
 */
static void policies_keep_what_they_promise(void **state)
{
	static const struct {
		const struct sim_policy *policy;
		unsigned kept, fit_calls, release_calls;
	} cases[] = {
		{ &sim_policy_none, 8, 0, 1 },
		{ &sim_policy_exact, 5, 3, 5 },
		{ &sim_policy_fitfree, 5, 2, 2 },
		{ &sim_policy_fit_exact, 5, 2, 5 },
		{ &sim_policy_exact_fit, 5, 3, 2 },
		{ &sim_policy_direct, 5, 2, 2 },
		{ &sim_policy_lazy, 8, 0, 1 },
		{ &sim_policy_lazy_direct, 8, 0, 1 },
		{ &sim_policy_nest, 8, 0, 1 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(cases[i].policy, false);
		feed_sized(5, REC_SIZED_EXACT, BLOCK_PFN, 3);
		feed_tail_frees(BLOCK_PFN, 5, 8);
		assert_int_equal(free_pages(), 3072 - cases[i].kept);
		assert_int_equal(replay.host.account.cost[SIM_DEED_FIT].calls, cases[i].fit_calls);
		assert_int_equal(replay.totals.exact.pages_kept, cases[i].kept);
		assert_int_equal(sim_host_saved(&replay.host), 8 - cases[i].kept);
		feed_release(BLOCK_PFN, 5);
		assert_int_equal(free_pages(), 3072);
		assert_int_equal(replay.host.account.cost[SIM_DEED_RELEASE].calls, cases[i].release_calls);
		assert_int_equal(sim_host_saved(&replay.host), 0);
		assert_int_equal(replay.totals.frees_replaced, 8);
		assert_int_equal(replay.totals.unmatched_free.count, 0);
		assert_int_equal(replay.totals.refused.count, 0);
		stop();
	}
}

/* Without per-CPU lists what is free after a fit or a release does not depend on the size of the pieces. */
static void without_per_cpu_lists_policies_leave_the_same_blocks(void **state)
{
	struct sim_state exact[2], fitfree[2];

	(void)state;
	for (unsigned policy = 0; policy < 2; policy++) {
		struct sim_state *into = policy ? fitfree : exact;

		start(policy ? &sim_policy_fitfree : &sim_policy_exact, false);
		for (uint64_t pages = 1; pages <= 100; pages++) {
			unsigned order;

			assert_int_equal(pageman_order_for_pages(pages, &order), 0);
			feed_sized(pages, REC_SIZED_EXACT, BLOCK_PFN, order);
			feed_tail_frees(BLOCK_PFN, pages, UINT64_C(1) << order);
			sim_state_take(&machine, &into[0]);
			assert_int_equal(sim_state_fingerprint(&machine, &into[0]), 0);
			feed_release(BLOCK_PFN, pages);
		}
		sim_state_take(&machine, &into[1]);
		assert_int_equal(sim_state_fingerprint(&machine, &into[1]), 0);
		stop();
	}
	assert_true(sim_state_relation(&exact[0], &fitfree[0]) <= SIM_SAME_BLOCKS);
	assert_true(sim_state_relation(&exact[1], &fitfree[1]) <= SIM_SAME_BLOCKS);
}

static void kmalloc_is_trimmed_only_when_asked(void **state)
{
	(void)state;
	for (unsigned trim = 0; trim < 2; trim++) {
		start(&sim_policy_fitfree, trim);
		feed_sized(5, REC_SIZED_KMALLOC, BLOCK_PFN, 3);
		assert_int_equal(free_pages(), 3072 - (trim ? 5 : 8));
		assert_int_equal(replay.totals.kmalloc.requests, 1);
		assert_int_equal(replay.totals.kmalloc.pages_kept, trim ? 5 : 8);
		feed(small_event(REC_FREE, BLOCK_PFN, 3)); /* kfree: the block as a whole */
		assert_int_equal(free_pages(), 3072);
		assert_int_equal(replay.totals.refused.count, 0);
		stop();
	}
}

/* Pages of a sized block freed one by one, without free_pages_exact: the last one takes the surplus along. */
static void sized_block_freed_singly_leaves_nothing_behind(void **state)
{
	(void)state;
	for (unsigned i = 0; sim_policy_at(i); i++) {
		start(sim_policy_at(i), false);
		feed_sized(5, REC_SIZED_EXACT, BLOCK_PFN, 3);
		feed_tail_frees(BLOCK_PFN, 5, 8);
		for (uint64_t page = 0; page < 5; page++)
			feed(small_event(REC_FREE, BLOCK_PFN + page, 0));
		assert_int_equal(free_pages(), 3072);
		assert_int_equal(replay.totals.refused.count, 0);
		stop();
	}
}

/* About one request in a hundred is not made, nor is its free; another seed leaves out others. */
static void requests_are_left_out_by_seed(void **state)
{
	uint64_t left_out[2], first_missing[2] = { 0 };

	(void)state;
	for (unsigned seed = 1; seed <= 2; seed++) {
		start(&sim_policy_exact, false);
		replay.options.leave_out_seed = seed;
		for (unsigned i = 0; i < 2000; i++) {
			uint64_t before = replay.totals.left_out;

			feed(small_event(REC_ALLOC, BLOCK_PFN + i % 64, 0));
			if (replay.totals.left_out > before && !first_missing[seed - 1])
				first_missing[seed - 1] = i;
			assert_int_equal(free_pages(), 3072 - (replay.totals.left_out == before));
			feed(small_event(REC_FREE, BLOCK_PFN + i % 64, 0));
			assert_int_equal(free_pages(), 3072);
		}
		left_out[seed - 1] = replay.totals.left_out;
		assert_int_equal(replay.totals.frees_of_failed, replay.totals.left_out);
		assert_int_equal(replay.totals.unmatched_free.count, 0);
		stop();
	}
	assert_in_range(left_out[0], 5, 60);
	assert_in_range(left_out[1], 5, 60);
	assert_int_not_equal(first_missing[0], first_missing[1]);
}

static void comparing_a_fresh_machine_finds_nothing(void **state)
{
	struct sim_state_diff diff;
	struct sim_error error = { 0 };
	struct sim_load_options reversed = { .control = SIM_CONTROL_SHUFFLE_LISTS, .seed = 3 };

	(void)state;
	assert_int_equal(sim_machine_load(&machine, small_snapshot(), NULL, &error), 0);
	assert_int_equal(machine.free_gap_pages[0], 0);
	assert_int_equal(sim_machine_compare(&machine, small_snapshot(), &diff, &error), 0);
	assert_true(sim_state_diff_same(&diff));
	assert_int_equal(diff.free_pages_model, 3072);
	assert_string_equal(diff.first_list, "");
	/* One frame taken: list, counter and count differ, and the report says where. */
	assert_int_equal(buddy_take(machine.buddy, 0, 5120, 0), 0);
	assert_int_equal(sim_machine_compare(&machine, small_snapshot(), &diff, &error), 0);
	assert_false(sim_state_diff_same(&diff));
	assert_int_equal(diff.free_pages_model, 3071);
	assert_true(diff.first_list[0]);
	sim_machine_unload(&machine);
	/* The control changes the order and nothing else, for some seed. */
	for (uint64_t seed = 0; seed < 16; seed++) {
		reversed.seed = seed;
		assert_int_equal(sim_machine_load(&machine, small_snapshot(), &reversed, &error), 0);
		assert_int_equal(sim_machine_compare(&machine, small_snapshot(), &diff, &error), 0);
		assert_int_equal(diff.free_pages_model, 3072);
		assert_int_equal(diff.lists_same_blocks, diff.lists_differing);
		sim_machine_unload(&machine);
	}
}

static void unknown_kernels_are_refused_by_name(void **state)
{
	struct sim_load_options options = { .kernel = "2.4.0" };
	struct sim_error error = { 0 };

	(void)state;
	assert_true(sim_machine_load(&machine, small_snapshot(), &options, &error) < 0);
	assert_non_null(strstr(error.text, "2.4.0"));
	assert_non_null(strstr(error.text, "6.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frees_are_routed_to_the_models_frames),
		cmocka_unit_test(block_in_use_at_the_start_is_freed_where_it_is),
		cmocka_unit_test(block_may_be_freed_page_by_page),
		cmocka_unit_test(listed_free_waits_for_its_commit),
		cmocka_unit_test(strange_events_are_counted_with_their_first_place),
		cmocka_unit_test(requests_that_the_model_cannot_serve_are_counted),
		cmocka_unit_test(policies_keep_what_they_promise),
		cmocka_unit_test(without_per_cpu_lists_policies_leave_the_same_blocks),
		cmocka_unit_test(kmalloc_is_trimmed_only_when_asked),
		cmocka_unit_test(sized_block_freed_singly_leaves_nothing_behind),
		cmocka_unit_test(requests_are_left_out_by_seed),
		cmocka_unit_test(comparing_a_fresh_machine_finds_nothing),
		cmocka_unit_test(unknown_kernels_are_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
