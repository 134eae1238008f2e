// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Free lists: where split halves and merged blocks go.
 *
 * Source: __rmqueue_smallest, expand, __free_one_page, buddy_merge_likely, mm/page_alloc.c 6.1.
 */
#include <errno.h>

#include "machine.h"

static const struct buddy_request order0 = { .gfp = GFP_KERNEL, .order = 0 };

static uint64_t take(struct machine *m, unsigned order, uint32_t gfp)
{
	struct buddy_request r = { .gfp = gfp, .order = (uint8_t)order };
	struct buddy_block block;

	assert_int_equal(buddy_alloc_attempt(m->b, &r, BUDDY_MARK_MIN | BUDDY_ALLOC_PAST_PCP, &block), 0);
	assert_int_equal(block.path, BUDDY_PATH_BUDDY);
	return block.pfn;
}

/* order 3 at 8:  |8 . . . . . . .|  one frame wanted: 8; left: 9, 10-11, 12-15, each on a list head */
static void split_leaves_upper_halves_on_heads(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	machine_free(&m, 8, 3, BUDDY_UNMOVABLE);
	machine_free(&m, 32, 2, BUDDY_MOVABLE);
	assert_int_equal(take(&m, 0, GFP_KERNEL), 8);
	ASSERT_LIST(&m, 0, BUDDY_UNMOVABLE, 9);
	ASSERT_LIST(&m, 1, BUDDY_UNMOVABLE, 10);
	ASSERT_LIST(&m, 2, BUDDY_UNMOVABLE, 12);
	ASSERT_LIST_EMPTY(&m, 3, BUDDY_UNMOVABLE);
	ASSERT_LIST(&m, 2, BUDDY_MOVABLE, 32);
	assert_int_equal(buddy_stats(m.b)->splits, 3);
	assert_sound(&m);
	machine_fini(&m);
}

/* The getter sees what the next taking would take, also where a run of blocks was never touched. */
static void first_of_a_list_is_what_is_taken_next(void **state)
{
	struct machine m;
	uint64_t pfn = 7;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	assert_false(buddy_list_first(m.b, 0, 1, BUDDY_UNMOVABLE, &pfn));
	assert_int_equal(pfn, 7);
	machine_free(&m, 64, 1, BUDDY_UNMOVABLE);
	machine_free(&m, 8, 1, BUDDY_UNMOVABLE);
	assert_true(buddy_list_first(m.b, 0, 1, BUDDY_UNMOVABLE, &pfn));
	assert_int_equal(pfn, 64);
	assert_int_equal(take(&m, 1, GFP_KERNEL), 64);
	assert_true(buddy_list_first(m.b, 0, 1, BUDDY_UNMOVABLE, &pfn));
	assert_int_equal(pfn, 8);
	assert_int_equal(buddy_add_range(m.b, 4096, 8192), 0);
	assert_true(buddy_list_first(m.b, 0, 10, BUDDY_MOVABLE, &pfn));
	assert_int_equal(pfn, 4096);
	machine_fini(&m);
}

static void smallest_sufficient_order_is_taken_from_the_head(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	machine_free(&m, 512, 4, BUDDY_UNMOVABLE);
	machine_free(&m, 64, 1, BUDDY_UNMOVABLE);
	machine_free(&m, 8, 1, BUDDY_UNMOVABLE);
	assert_int_equal(take(&m, 1, GFP_KERNEL), 64);
	assert_int_equal(take(&m, 1, GFP_KERNEL), 8);
	assert_int_equal(take(&m, 1, GFP_KERNEL), 512);
	ASSERT_LIST(&m, 1, BUDDY_UNMOVABLE, 514);
	machine_fini(&m);
}

/* 0..7 are freed one by one: what is left over is one block of order 3. */
static void free_merges_buddies_up(void **state)
{
	static const uint64_t order[8] = { 3, 0, 6, 1, 7, 2, 4, 5 };
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(buddy_free_direct(m.b, 0, order[i], 0, 0), 0);
		assert_sound(&m);
	}
	ASSERT_LIST(&m, 3, BUDDY_MOVABLE, 0);
	assert_int_equal(buddy_stats(m.b)->merges, 7);
	assert_int_equal(buddy_free_pages_listed(m.b, 0), 8);
	machine_fini(&m);
}

/*
 *  |16 17|18 19|  18-19 is free: 16 alone goes to the tail, because with 17 it would merge twice
 *  |24 25|26 27|  26-27 is in use: 24 goes to the head
 */
static void block_goes_to_the_tail_when_the_next_merge_is_near(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	machine_free(&m, 18, 1, BUDDY_MOVABLE);
	machine_free(&m, 40, 0, BUDDY_MOVABLE);
	assert_int_equal(buddy_free_direct(m.b, 0, 16, 0, 0), 0);
	assert_int_equal(buddy_free_direct(m.b, 0, 24, 0, 0), 0);
	ASSERT_LIST(&m, 0, BUDDY_MOVABLE, 24, 40, 16);
	machine_fini(&m);
}

static void to_tail_overrides_the_head(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	machine_free(&m, 40, 0, BUDDY_MOVABLE);
	assert_int_equal(buddy_free_direct(m.b, 0, 24, 0, BUDDY_FREE_TO_TAIL), 0);
	ASSERT_LIST(&m, 0, BUDDY_MOVABLE, 40, 24);
	machine_fini(&m);
}

/* Near the top there is no next merge to wait for: order 9 always goes to the head. */
static void order_nine_goes_to_the_head(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 4096, 9, BUDDY_MOVABLE);
	machine_free(&m, 1024, 10, BUDDY_MOVABLE);
	assert_int_equal(buddy_free_direct(m.b, 0, 2048, 9, 0), 0);
	ASSERT_LIST(&m, 9, BUDDY_MOVABLE, 2048, 4096);
	assert_int_equal(buddy_free_direct(m.b, 0, 2560, 9, 0), 0);
	ASSERT_LIST(&m, 10, BUDDY_MOVABLE, 2048, 1024);
	machine_fini(&m);
}

/* Above the pageblock order only the three ordinary types flow together. */
static void reserved_pageblock_does_not_merge_above_the_pageblock_order(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 4096, 64, 8);
	assert_int_equal(buddy_set_pageblock_type(m.b, 512, BUDDY_HIGHATOMIC), 0);
	assert_int_equal(buddy_set_pageblock_type(m.b, 1024, BUDDY_UNMOVABLE), 0);
	assert_int_equal(buddy_free_direct(m.b, 0, 0, 9, 0), 0);
	assert_int_equal(buddy_free_direct(m.b, 0, 512, 9, 0), 0);
	ASSERT_LIST(&m, 9, BUDDY_MOVABLE, 0);
	ASSERT_LIST(&m, 9, BUDDY_HIGHATOMIC, 512);
	assert_int_equal(buddy_free_direct(m.b, 0, 1024, 9, 0), 0);
	assert_int_equal(buddy_free_direct(m.b, 0, 1536, 9, 0), 0);
	ASSERT_LIST(&m, 10, BUDDY_MOVABLE, 1024);
	assert_sound(&m);
	machine_fini(&m);
}

/*
 *      0       512     1024    0 is freed beside a pageblock of the reserve. When that is given up, both are movable
 *      | free  | free  |       and still two blocks: to change a type merges nothing.
 *
 * Source: unreserve_highatomic_pageblock().
 */
static void buddies_stay_apart_when_their_pageblock_turns_mergeable(void **state)
{
	static const char *const profiles[] = { "6.1", "6.12" };
	struct buddy_request r = { .gfp = GFP_HIGHUSER_MOVABLE };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct machine m;

		machine_plain_as(&m, profiles[i], 4096, 64, 8);
		assert_int_equal(buddy_set_pageblock_type(m.b, 512, BUDDY_HIGHATOMIC), 0);
		assert_int_equal(buddy_free_direct(m.b, 0, 512, 9, 0), 0);
		assert_int_equal(buddy_free_direct(m.b, 0, 0, 9, 0), 0);
		assert_true(buddy_unreserve_highatomic(m.b, &r, true));
		assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_MOVABLE);
		ASSERT_LIST(&m, 9, BUDDY_MOVABLE, 0, 512);
		assert_sound(&m);
		machine_fini(&m);
	}
}

/* A zone of 5 frames from 3: [3, 8). Merges stop at both ragged ends. */
static void merges_stay_inside_a_ragged_zone(void **state)
{
	struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 3, 5 };
	struct machine m;

	(void)state;
	machine_make(&m, &z, 1, 1);
	for (uint64_t pfn = 3; pfn < 8; pfn++)
		assert_int_equal(buddy_free_direct(m.b, 0, pfn, 0, 0), 0);
	ASSERT_LIST(&m, 0, BUDDY_MOVABLE, 3);
	ASSERT_LIST(&m, 2, BUDDY_MOVABLE, 4);
	assert_int_equal(buddy_free_direct(m.b, 0, 2, 0, 0), -ERANGE);
	assert_int_equal(buddy_free_direct(m.b, 0, 8, 0, 0), -ERANGE);
	assert_sound(&m);
	machine_fini(&m);
}

/* Two zones that touch at frame 512: blocks on both sides never merge across. */
static void merges_do_not_cross_zones(void **state)
{
	struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_DMA, "DMA", 0, 512 },
					 { 0, BUDDY_ZONE_DMA32, "DMA32", 512, 512 } };
	struct machine m;

	(void)state;
	machine_make(&m, z, 2, 1);
	assert_int_equal(buddy_free_direct(m.b, 0, 0, 9, 0), 0);
	assert_int_equal(buddy_free_direct(m.b, 0, 512, 9, 0), 0);
	assert_int_equal(buddy_nr_free(m.b, 0, 9), 1);
	assert_int_equal(buddy_nr_free(m.b, 1, 9), 1);
	assert_sound(&m);
	machine_fini(&m);
}

static void bad_frees_are_refused_and_change_nothing(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	machine_free(&m, 8, 3, BUDDY_MOVABLE);
	assert_int_equal(buddy_free_direct(m.b, 0, 8, 3, 0), -EEXIST);
	assert_int_equal(buddy_free_direct(m.b, 0, 11, 0, 0), -EEXIST); /* inside a free block */
	assert_int_equal(buddy_free_direct(m.b, 0, 0, 4, 0), -EEXIST);  /* covers a free block */
	assert_int_equal(buddy_free_direct(m.b, 0, 17, 1, 0), -EINVAL);
	assert_int_equal(buddy_free_direct(m.b, 0, 0, 11, 0), -EINVAL);
	assert_int_equal(buddy_free_direct(m.b, 1, 0, 0, 0), -EINVAL);
	assert_int_equal(buddy_free_direct(m.b, 0, 1024, 0, 0), -ERANGE);
	assert_int_equal(buddy_free_pages(m.b, 0, 20, 0), 0);
	assert_int_equal(buddy_free_pages(m.b, 0, 20, 0), -EEXIST); /* lies on the per-CPU list */
	assert_int_equal(buddy_free_pages(m.b, 0, 20, 2), -EEXIST);
	assert_int_equal(buddy_free_pages_listed(m.b, 0), 8);
	assert_sound(&m);
	machine_fini(&m);
}

/* split_page() leaves no trace: frames of a block come back singly, in any order. */
static void allocated_block_may_come_back_in_pieces(void **state)
{
	struct machine m;
	uint64_t pfn;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	machine_free(&m, 64, 5, BUDDY_UNMOVABLE);
	pfn = take(&m, 4, GFP_KERNEL);
	assert_int_equal(pfn, 64);
	assert_int_equal(buddy_free_direct(m.b, 0, 70, 0, 0), 0);
	assert_int_equal(buddy_free_direct(m.b, 0, 70, 0, 0), -EEXIST);
	assert_int_equal(buddy_free_direct(m.b, 0, 72, 3, 0), 0);
	assert_int_equal(buddy_free_direct(m.b, 0, 64, 2, 0), 0);
	assert_int_equal(buddy_free_direct(m.b, 0, 71, 0, 0), 0);
	assert_int_equal(buddy_free_direct(m.b, 0, 68, 1, 0), 0);
	assert_sound(&m);
	assert_int_equal(buddy_free_pages_listed(m.b, 0), 32);
	machine_fini(&m);
}

/* A recording went another way: frame 13 of the free block 8-15 is in use there. */
static void named_frames_are_taken_wherever_they_lie(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	machine_free(&m, 8, 3, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_take(m.b, 0, 13, 0), 0);
	ASSERT_LIST(&m, 2, BUDDY_UNMOVABLE, 8);
	ASSERT_LIST(&m, 1, BUDDY_UNMOVABLE, 14);
	ASSERT_LIST(&m, 0, BUDDY_UNMOVABLE, 12);
	assert_int_equal(buddy_take(m.b, 0, 13, 0), -EEXIST);
	assert_int_equal(buddy_take(m.b, 0, 8, 3), -EEXIST);
	assert_sound(&m);

	assert_int_equal(buddy_alloc_pages(m.b, &order0, &block), 0);
	assert_int_equal(block.path, BUDDY_PATH_REFILL);
	assert_int_equal(buddy_put_back(m.b, 0, &block), 0);
	assert_int_equal(buddy_frame_state(m.b, block.pfn, NULL, NULL), BUDDY_FRAME_ON_PCP);
	assert_int_equal(buddy_take(m.b, 0, block.pfn, 0), 0);
	assert_int_equal(buddy_frame_state(m.b, block.pfn, NULL, NULL), BUDDY_FRAME_IN_USE);
	assert_sound(&m);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_leaves_upper_halves_on_heads),
		cmocka_unit_test(first_of_a_list_is_what_is_taken_next),
		cmocka_unit_test(smallest_sufficient_order_is_taken_from_the_head),
		cmocka_unit_test(free_merges_buddies_up),
		cmocka_unit_test(block_goes_to_the_tail_when_the_next_merge_is_near),
		cmocka_unit_test(to_tail_overrides_the_head),
		cmocka_unit_test(order_nine_goes_to_the_head),
		cmocka_unit_test(reserved_pageblock_does_not_merge_above_the_pageblock_order),
		cmocka_unit_test(buddies_stay_apart_when_their_pageblock_turns_mergeable),
		cmocka_unit_test(merges_stay_inside_a_ragged_zone),
		cmocka_unit_test(merges_do_not_cross_zones),
		cmocka_unit_test(bad_frees_are_refused_and_change_nothing),
		cmocka_unit_test(allocated_block_may_come_back_in_pieces),
		cmocka_unit_test(named_frames_are_taken_wherever_they_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
