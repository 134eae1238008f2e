// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the model once did otherwise than the kernel's source says; the reference allocator (tests/oracle) told.
 */
#include <errno.h>

#include "machine.h"

#define GFP_THISNODE 0x200000u
#define GFP_DODGY_ATOMIC (GFP_KERNEL | 0x200u)

static void tune(struct machine *m, uint64_t low, uint64_t min, uint64_t boost)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(m->b, 0, &t);
	t.mark_pages[BUDDY_MARK_MIN] = min;
	t.mark_pages[BUDDY_MARK_LOW] = low;
	t.boost_pages = boost;
	assert_int_equal(buddy_zone_tune(m->b, 0, &t), 0);
}

/* 6.12, __alloc_pages_bulk(): "Use the single page allocator for one page". */
static void a_bulk_of_one_is_left_to_the_single_allocator(void **state)
{
	struct buddy_request r = { .gfp = GFP_KERNEL };
	uint64_t pfns[2];
	struct machine m;
	uint32_t count;

	(void)state;
	machine_plain(&m, 1024, 10, 2);
	machine_free(&m, 0, 3, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_alloc_bulk(m.b, &r, 1, pfns, &count), -ENOMEM);
	assert_int_equal(buddy_free_pages_listed(m.b, 0), 8);
	assert_int_equal(buddy_alloc_bulk(m.b, &r, 2, pfns, &count), 0);
	assert_int_equal(count, 2);
	machine_fini(&m);
}

/* 6.1, alloc_pages_exact(): gfp_mask &= ~(__GFP_COMP | __GFP_HIGHMEM), and so no ZONE_MOVABLE. */
static void an_exact_request_is_for_memory_with_an_address(void **state)
{
	static const struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 1024 },
						      { 0, BUDDY_ZONE_MOVABLE, "Movable", 1024, 1024 } };
	struct buddy_request r = { .gfp = GFP_HIGHUSER_MOVABLE };
	struct buddy_block block;
	struct machine m;

	(void)state;
	machine_make(&m, z, 2, 1);
	machine_free(&m, 0, 4, BUDDY_MOVABLE);
	machine_free(&m, 1024, 4, BUDDY_MOVABLE);
	assert_int_equal(buddy_alloc_exact(m.b, &r, 9, &block), 0);
	assert_int_equal(block.zone, 0);
	machine_fini(&m);
}

/* 6.1, __alloc_pages_slowpath(): the attempt at "retry" comes whether the task has reserves or not. */
static void a_failing_request_tries_twice_in_the_slow_path(void **state)
{
	struct buddy_pcp_tuning t = { .high_pages = 10, .batch_pages = 2, .free_factor = 16 };
	struct buddy_request r = { .gfp = GFP_KERNEL };
	struct buddy_block block;
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 10, 2);
	/* Enough for the watermark, nothing for the request. */
	machine_free(&m, 0, 0, BUDDY_HIGHATOMIC);
	assert_int_equal(buddy_pcp_tune(m.b, 0, 0, &t), 0);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), -ENOMEM);
	/* Halved by the fast attempt with and without NOFRAGMENT, and by both slow ones. */
	buddy_pcp_tuning_get(m.b, 0, 0, &t);
	assert_int_equal(t.free_factor, 1);
	machine_fini(&m);
}

/* 6.1, __alloc_pages_slowpath(): __GFP_ATOMIC | __GFP_DIRECT_RECLAIM loses __GFP_ATOMIC. */
static void who_may_wait_is_not_atomic(void **state)
{
	struct buddy_request r = { .gfp = GFP_DODGY_ATOMIC };
	struct buddy_block block;
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 10, 2);
	machine_free(&m, 0, 4, BUDDY_UNMOVABLE);
	tune(&m, 3, 2, 100);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), -ENOMEM);
	r.gfp = GFP_ATOMIC;
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	machine_fini(&m);
}

/* 6.1, alloc_flags_nofragment(): on several nodes only where Normal has DMA32 beside it. */
static void only_a_node_with_dma32_avoids_fragments(void **state)
{
	static const struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_DMA32, "DMA32", 0, 1024 },
						      { 0, BUDDY_ZONE_NORMAL, "Normal", 1024, 1024 },
						      { 1, BUDDY_ZONE_NORMAL, "Normal", 2048, 1024 } };
	struct buddy_request r = { .gfp = GFP_KERNEL };
	struct machine m;

	(void)state;
	machine_make(&m, z, 3, 1);
	assert_int_equal(buddy_fast_flags(m.b, &r) & BUDDY_ALLOC_NOFRAGMENT, BUDDY_ALLOC_NOFRAGMENT);
	r.node = 1;
	assert_int_equal(buddy_fast_flags(m.b, &r) & BUDDY_ALLOC_NOFRAGMENT, 0);
	machine_fini(&m);
	machine_make(&m, z + 1, 1, 1);
	r.node = 0;
	assert_int_equal(buddy_fast_flags(m.b, &r) & BUDDY_ALLOC_NOFRAGMENT, BUDDY_ALLOC_NOFRAGMENT);
	machine_fini(&m);
}

/* 6.1 has no decay_pcp_high(). */
static void lists_of_6_1_do_not_decay(void **state)
{
	struct buddy_pcp_tuning t;
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 80, 4);
	for (uint64_t i = 0; i < 60; i++)
		assert_int_equal(buddy_free_pages(m.b, 0, 2 * i, 0), 0);
	assert_int_equal(buddy_decay_pcp(m.b, 0, 0), 0);
	buddy_pcp_tuning_get(m.b, 0, 0, &t);
	assert_int_equal(t.high_pages, 80);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 60);
	machine_fini(&m);
}

/* 6.12, nr_pcp_free(): clamp(1, 3, 2) is 3, as minmax.h compares with the upper bound first. */
static void crossed_bounds_drain_a_batch(void **state)
{
	struct buddy_pcp_tuning t = { .high_pages = 5, .high_min_pages = 5, .high_max_pages = 5, .batch_pages = 3 };
	struct machine m;

	(void)state;
	machine_plain_as(&m, "6.12", 1024, 5, 3);
	assert_int_equal(buddy_pcp_tune(m.b, 0, 0, &t), 0);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(buddy_load_pcp(m.b, 2 * i, 0, 0, BUDDY_UNMOVABLE), 0);
	assert_int_equal(buddy_free_pages(m.b, 0, 100, 0), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 2);
	machine_fini(&m);
}

/*
 * 6.12, nr_pcp_high() and nr_pcp_alloc(): clamp(60, 100, 50) is 50, clamp(20, 100, 50) is 100. zone_highsize() makes
 * such bounds from a low watermark of more than an eighth of the zone.
 */
static void the_upper_of_crossed_bounds_limits_a_list(void **state)
{
	const uint32_t high[] = { 60, 50, 20 }, expected[] = { 50, 50, 100 };
	struct buddy_request r = { .gfp = GFP_KERNEL };
	struct machine m;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct buddy_pcp_tuning t = { .high_pages = high[i % 3], .high_min_pages = 100, .high_max_pages = 50,
					      .batch_pages = 4 };
		struct buddy_zone_tuning z;
		struct buddy_block block;

		machine_plain_as(&m, "6.12", 1024, 0, 1);
		machine_free(&m, 512, 4, BUDDY_UNMOVABLE);
		assert_int_equal(buddy_pcp_tune(m.b, 0, 0, &t), 0);
		buddy_zone_tuning_get(m.b, 0, &z);
		z.below_high = i >= 3; /* else a refill goes on to min(high + 4, 50) */
		assert_int_equal(buddy_zone_tune(m.b, 0, &z), 0);
		if (i < 3)
			assert_int_equal(buddy_free_pages(m.b, 0, 0, 0), 0);
		else
			assert_int_equal(buddy_alloc_attempt(m.b, &r, BUDDY_ALLOC_NO_MARKS, &block), 0);
		buddy_pcp_tuning_get(m.b, 0, 0, &t);
		assert_int_equal(t.high_pages, expected[i % 3]);
		machine_fini(&m);
	}
}

/* "Nothing has changed when it fails" (buddy.h). */
static void a_refused_list_frees_nothing(void **state)
{
	const uint64_t twice[] = { 4, 6, 4 }, outside[] = { 4, 6, 5000 };
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 10, 2);
	assert_int_equal(buddy_set_movable(m.b, 4, true), 0);
	assert_int_equal(buddy_free_list(m.b, 0, twice, 3), -EEXIST);
	assert_int_equal(buddy_free_list(m.b, 0, outside, 3), -ERANGE);
	assert_true(buddy_piece_at(m.b, 4, 5).movable);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 0);
	/* Both can still be freed. */
	assert_int_equal(buddy_free_list(m.b, 0, twice, 2), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 2);
	machine_fini(&m);
}

/* 6.12, prep_move_freepages_block() returns false; 6.1 had given the type before. */
static void a_pageblock_that_sticks_out_keeps_its_type_in_6_12(void **state)
{
	struct machine m;

	(void)state;
	machine_plain_as(&m, "6.12", 700, 10, 2);
	assert_int_equal(buddy_move_pageblock(m.b, 520, BUDDY_RECLAIMABLE), -ERANGE);
	assert_int_not_equal(buddy_pageblock_type(m.b, 520), BUDDY_RECLAIMABLE);
	machine_fini(&m);
	machine_plain(&m, 700, 10, 2);
	assert_int_equal(buddy_move_pageblock(m.b, 520, BUDDY_RECLAIMABLE), 0);
	assert_int_equal(buddy_pageblock_type(m.b, 520), BUDDY_RECLAIMABLE);
	machine_fini(&m);
}

/* 6.1, unreserve_highatomic_pageblock(): it walks the request's own zonelist. */
static void the_reserve_of_another_node_is_left_to_it(void **state)
{
	static const struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 1024 },
						      { 1, BUDDY_ZONE_NORMAL, "Normal", 1024, 1024 } };
	struct buddy_request r = { .gfp = GFP_KERNEL | GFP_THISNODE };
	struct machine m;

	(void)state;
	machine_make(&m, z, 2, 1);
	assert_int_equal(buddy_set_pageblock_type(m.b, 1024, BUDDY_HIGHATOMIC), 0);
	machine_free(&m, 1024, 0, BUDDY_HIGHATOMIC);
	assert_false(buddy_unreserve_highatomic(m.b, &r, true));
	r.node = 2;
	r.gfp = GFP_KERNEL;
	assert_false(buddy_unreserve_highatomic(m.b, &r, true));
	r.node = 0;
	assert_true(buddy_unreserve_highatomic(m.b, &r, true));
	machine_fini(&m);
}

/* 6.12: a stolen block lies on the list of the request's type, whatever its pageblock is. */
static void a_stolen_block_goes_back_to_the_list_that_had_it(void **state)
{
	struct buddy_request r = { .gfp = GFP_KERNEL };
	struct buddy_block block;
	uint64_t pfn = 0;
	struct machine m;

	(void)state;
	machine_plain_as(&m, "6.12", 1024, 10, 2);
	assert_int_equal(buddy_set_pageblock_type(m.b, 0, BUDDY_RECLAIMABLE), 0);
	machine_free(&m, 6, 0, BUDDY_RECLAIMABLE);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.path, BUDDY_PATH_REFILL);
	assert_int_equal(buddy_put_back(m.b, 0, &block), 0);
	assert_int_equal(buddy_pcp_copy(m.b, 0, 0, buddy_pcp_index(m.b, 0, BUDDY_UNMOVABLE), &pfn, NULL, 1), 1);
	assert_int_equal(pfn, 6);
	/* And what is left of one goes to the lists of its pageblock. */
	assert_int_equal(buddy_load_pcp(m.b, 8, 0, buddy_pcp_index(m.b, 1, BUDDY_UNMOVABLE), BUDDY_UNMOVABLE), 0);
	assert_int_equal(buddy_take(m.b, 0, 9, 0), 0);
	ASSERT_LIST(&m, 0, BUDDY_RECLAIMABLE, 8);
	machine_fini(&m);
}

/* 6.12, __add_to_free_list(): a block's list is its pageblock's, which the request for it may have reserved. */
static void a_block_put_back_follows_its_pageblock(void **state)
{
	struct buddy_request r = { .gfp = GFP_ATOMIC & ~0x200u, .order = 4 };
	struct buddy_zone_tuning t;
	struct buddy_block block;
	struct machine m;

	(void)state;
	machine_plain_as(&m, "6.12", 1024, 10, 2);
	buddy_zone_tuning_get(m.b, 0, &t);
	t.managed_pages = 51200;
	assert_int_equal(buddy_zone_tune(m.b, 0, &t), 0);
	assert_int_equal(buddy_set_pageblock_type(m.b, 0, BUDDY_UNMOVABLE), 0);
	machine_free(&m, 0, 4, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_alloc_attempt(m.b, &r, BUDDY_ALLOC_HIGHATOMIC | BUDDY_ALLOC_NO_MARKS, &block), 0);
	assert_int_equal(buddy_pageblock_type(m.b, 0), BUDDY_HIGHATOMIC);
	assert_int_equal(buddy_put_back(m.b, 0, &block), 0);
	ASSERT_LIST(&m, 4, BUDDY_HIGHATOMIC, 0);
	machine_fini(&m);
}

/* 6.12, account_freepages(): what leaves the reserve is no longer counted there. */
static void taking_from_the_reserve_is_counted(void **state)
{
	struct buddy_request r = { .gfp = GFP_KERNEL };
	struct machine m;

	(void)state;
	machine_plain_as(&m, "6.12", 1024, 10, 2);
	assert_int_equal(buddy_set_pageblock_type(m.b, 0, BUDDY_HIGHATOMIC), 0);
	machine_free(&m, 0, 2, BUDDY_HIGHATOMIC);
	machine_free(&m, 512, 2, BUDDY_UNMOVABLE);
	machine_free(&m, 520, 0, BUDDY_UNMOVABLE);
	tune(&m, 4, 4, 0);
	assert_int_equal(buddy_take(m.b, 0, 0, 2), 0);
	assert_sound(&m);
	assert_true(buddy_marks_pass(m.b, &r, BUDDY_MARK_LOW));
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bulk_of_one_is_left_to_the_single_allocator),
		cmocka_unit_test(an_exact_request_is_for_memory_with_an_address),
		cmocka_unit_test(a_failing_request_tries_twice_in_the_slow_path),
		cmocka_unit_test(who_may_wait_is_not_atomic),
		cmocka_unit_test(only_a_node_with_dma32_avoids_fragments),
		cmocka_unit_test(lists_of_6_1_do_not_decay),
		cmocka_unit_test(crossed_bounds_drain_a_batch),
		cmocka_unit_test(the_upper_of_crossed_bounds_limits_a_list),
		cmocka_unit_test(a_refused_list_frees_nothing),
		cmocka_unit_test(a_pageblock_that_sticks_out_keeps_its_type_in_6_12),
		cmocka_unit_test(the_reserve_of_another_node_is_left_to_it),
		cmocka_unit_test(a_stolen_block_goes_back_to_the_list_that_had_it),
		cmocka_unit_test(a_block_put_back_follows_its_pageblock),
		cmocka_unit_test(taking_from_the_reserve_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
