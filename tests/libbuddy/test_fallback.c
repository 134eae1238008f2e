// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fallback to other types, pageblock claims, the reserve for atomic requests.
 *
 * Source: __rmqueue_fallback, steal_suitable_fallback, reserve_highatomic_pageblock, 6.1.
 */
#include <errno.h>

#include "machine.h"

static int get(struct machine *m, unsigned order, uint32_t gfp, unsigned flags, struct buddy_block *out)
{
	struct buddy_request r = { .gfp = gfp, .order = (uint8_t)order };

	return buddy_alloc_attempt(m->b, &r, flags | BUDDY_ALLOC_PAST_PCP, out);
}

/* An unmovable request finds only movable memory: the largest block, and the pageblock changes its type. */
static void largest_block_of_another_type_is_taken_and_claimed(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 512, 8, BUDDY_MOVABLE);
	machine_free(&m, 1032, 3, BUDDY_MOVABLE);
	assert_int_equal(get(&m, 0, GFP_KERNEL, 0, &block), 0);
	assert_int_equal(block.pfn, 512);
	assert_int_equal(block.type, BUDDY_UNMOVABLE);
	/* 256 of 512 frames were free: enough to claim. */
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_UNMOVABLE);
	assert_int_equal(buddy_pageblock_type(m.b, 1032), BUDDY_MOVABLE);
	assert_int_equal(buddy_stats(m.b)->claims, 1);
	assert_sound(&m);
	machine_fini(&m);
}

/* RECLAIMABLE comes before MOVABLE in the unmovable row of the table. */
static void fallback_order_prefers_the_nearer_type(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	buddy_set_pageblock_type(m.b, 1024, BUDDY_RECLAIMABLE);
	machine_free(&m, 512, 6, BUDDY_MOVABLE);
	machine_free(&m, 1024, 6, BUDDY_RECLAIMABLE);
	assert_int_equal(get(&m, 0, GFP_KERNEL, 0, &block), 0);
	assert_int_equal(block.pfn, 1024);
	machine_fini(&m);
}

/* The pageblock's free blocks move to the tails of the new type's lists in frame order. */
static void whole_pageblock_moves_in_frame_order(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 900, 2, BUDDY_MOVABLE);
	machine_free(&m, 600, 2, BUDDY_MOVABLE);
	machine_free(&m, 700, 2, BUDDY_MOVABLE);
	machine_free(&m, 512, 4, BUDDY_MOVABLE);
	assert_int_equal(get(&m, 4, GFP_KERNEL, 0, &block), 0);
	assert_int_equal(block.pfn, 512);
	ASSERT_LIST(&m, 2, BUDDY_UNMOVABLE, 600, 700, 900);
	/* 28 free frames, and the rest of the pageblock, not movable, counts as alike: claimed. */
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_UNMOVABLE);
	machine_fini(&m);
}

static void movable_frames_in_use_speak_against_a_claim(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 512, 4, BUDDY_MOVABLE);
	for (uint64_t pfn = 600; pfn < 600 + 257; pfn++)
		assert_int_equal(buddy_set_movable(m.b, pfn, true), 0);
	assert_int_equal(get(&m, 0, GFP_KERNEL, 0, &block), 0);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_MOVABLE);
	machine_fini(&m);
}

static bool refuse(void *context, uint32_t zone, uint64_t pfn, unsigned type, bool own)
{
	bool *asked = context;

	assert_int_equal(zone, 0);
	assert_int_equal(pfn, 512);
	assert_int_equal(type, BUDDY_UNMOVABLE);
	*asked = own;
	return false;
}

static void surroundings_may_overrule_a_claim(void **state)
{
	struct machine m;
	struct buddy_block block;
	bool asked = false;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 512, 8, BUDDY_MOVABLE);
	buddy_set_env(m.b, &(struct buddy_env){ .context = &asked, .claim = refuse });
	assert_int_equal(get(&m, 0, GFP_KERNEL, 0, &block), 0);
	assert_true(asked);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_MOVABLE);
	machine_fini(&m);
}

/* A movable request takes the smallest block when the largest is below half the pageblock order. */
static void small_movable_request_takes_the_smallest(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	buddy_set_pageblock_type(m.b, 512, BUDDY_UNMOVABLE);
	machine_free(&m, 520, 3, BUDDY_UNMOVABLE);
	machine_free(&m, 540, 1, BUDDY_UNMOVABLE);
	assert_int_equal(get(&m, 0, GFP_HIGHUSER_MOVABLE, 0, &block), 0);
	assert_int_equal(block.pfn, 540);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_UNMOVABLE);
	ASSERT_LIST(&m, 0, BUDDY_MOVABLE, 541);
	machine_fini(&m);
}

static void nofragment_takes_only_whole_pageblocks(void **state)
{
	struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_DMA32, "DMA32", 0, 4096 },
					 { 0, BUDDY_ZONE_NORMAL, "Normal", 4096, 4096 } };
	struct buddy_request r = { .gfp = GFP_KERNEL };
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_make(&m, z, 2, 1);
	machine_free(&m, 4096 + 512, 8, BUDDY_MOVABLE);
	machine_free(&m, 64, 5, BUDDY_UNMOVABLE);
	assert_true(buddy_fast_flags(m.b, &r) & BUDDY_ALLOC_NOFRAGMENT);
	/* The lower zone has unmovable memory, so the upper one's pageblock stays unmixed. */
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.pfn, 64);
	assert_int_equal(buddy_stats(m.b)->fallbacks, 0);
	machine_fini(&m);
}

static void stealing_boosts_the_watermarks(void **state)
{
	struct machine m;
	struct buddy_block block;
	struct buddy_zone_tuning t;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	buddy_zone_tuning_get(m.b, 0, &t);
	t.mark_pages[BUDDY_MARK_HIGH] = 30;
	t.boost_factor = 15000;
	buddy_zone_tune(m.b, 0, &t);
	machine_free(&m, 512, 5, BUDDY_MOVABLE);
	assert_int_equal(get(&m, 0, GFP_KERNEL, 0, &block), 0);
	buddy_zone_tuning_get(m.b, 0, &t);
	assert_int_equal(t.boost_pages, 512); /* at least one pageblock, though 150% of 30 is less */
	machine_fini(&m);
}

/* Order 10 covers two pageblocks; both change, nothing else moves. */
static void block_above_the_pageblock_order_changes_every_pageblock(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 1024, 10, BUDDY_MOVABLE);
	assert_int_equal(get(&m, 0, GFP_RECLAIMABLE, 0, &block), 0);
	assert_int_equal(buddy_pageblock_type(m.b, 1024), BUDDY_RECLAIMABLE);
	assert_int_equal(buddy_pageblock_type(m.b, 1536), BUDDY_RECLAIMABLE);
	assert_int_equal(buddy_pageblock_type(m.b, 2048), BUDDY_MOVABLE);
	machine_fini(&m);
}

static void atomic_high_order_request_reserves_its_pageblock(void **state)
{
	struct machine m;
	struct buddy_block block;
	struct buddy_zone_tuning t;
	struct buddy_request r = { .gfp = GFP_ATOMIC, .order = 2 };

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 512, 9, BUDDY_UNMOVABLE);
	buddy_set_pageblock_type(m.b, 512, BUDDY_UNMOVABLE);
	assert_true(buddy_slow_flags(m.b, &r) & BUDDY_ALLOC_HIGHATOMIC);
	assert_int_equal(get(&m, 2, GFP_ATOMIC, buddy_slow_flags(m.b, &r), &block), 0);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_HIGHATOMIC);
	ASSERT_LIST(&m, 2, BUDDY_HIGHATOMIC, 516);
	buddy_zone_tuning_get(m.b, 0, &t);
	assert_int_equal(t.highatomic_reserved_pages, 512);
	/* An ordinary request may not have it, an atomic one of order 0 that would fail may. */
	assert_int_equal(get(&m, 0, GFP_KERNEL, 0, &block), -ENOMEM);
	assert_int_equal(get(&m, 0, GFP_ATOMIC, BUDDY_ALLOC_MIN_RESERVE | BUDDY_ALLOC_NON_BLOCK, &block), 0);
	/* One pageblock is kept unless forced. */
	r.gfp = GFP_KERNEL;
	assert_false(buddy_unreserve_highatomic(m.b, &r, false));
	assert_true(buddy_unreserve_highatomic(m.b, &r, true));
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_UNMOVABLE);
	assert_int_equal(get(&m, 0, GFP_KERNEL, 0, &block), 0);
	assert_sound(&m);
	machine_fini(&m);
}

static void pageblock_that_sticks_out_of_the_zone_does_not_move(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 700, 64, 8);
	machine_free(&m, 512, 5, BUDDY_MOVABLE);
	assert_int_equal(buddy_move_pageblock(m.b, 520, BUDDY_UNMOVABLE), 0);
	ASSERT_LIST(&m, 5, BUDDY_MOVABLE, 512);
	assert_int_equal(buddy_move_pageblock(m.b, 700, BUDDY_UNMOVABLE), -ERANGE);
	assert_int_equal(buddy_move_pageblock(m.b, 0, BUDDY_TYPE_COUNT), -EINVAL);
	machine_fini(&m);
}

/* RECLAIMABLE comes before UNMOVABLE in the movable row. */
static void movable_requests_prefer_reclaimable_memory(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	buddy_set_pageblock_type(m.b, 512, BUDDY_UNMOVABLE);
	buddy_set_pageblock_type(m.b, 1024, BUDDY_RECLAIMABLE);
	machine_free(&m, 512, 6, BUDDY_UNMOVABLE);
	machine_free(&m, 1024, 6, BUDDY_RECLAIMABLE);
	assert_int_equal(get(&m, 0, GFP_HIGHUSER_MOVABLE, 0, &block), 0);
	assert_int_equal(block.pfn, 1024);
	machine_fini(&m);
}

/*
 * A movable request in an unmovable pageblock counts what is free there and nothing else that is known: with 256 of 512
 * frames free the pageblock changes its type, with 255 it does not.
 */
static void half_a_pageblock_free_is_a_majority(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	for (unsigned free_pages = 255; free_pages <= 256; free_pages++) {
		machine_plain(&m, 8192, 64, 8);
		buddy_set_pageblock_type(m.b, 512, BUDDY_UNMOVABLE);
		for (unsigned order = 0; order < 8; order++)
			machine_free(&m, 512 + (1u << order), order, BUDDY_UNMOVABLE);
		if (free_pages == 256)
			machine_free(&m, 1000, 0, BUDDY_UNMOVABLE);
		assert_int_equal(get(&m, 0, GFP_HIGHUSER_MOVABLE, 0, &block), 0);
		assert_int_equal(block.pfn, 513);
		assert_int_equal(buddy_pageblock_type(m.b, 512), free_pages == 256 ? BUDDY_MOVABLE : BUDDY_UNMOVABLE);
		/* Claimed or not, the free rest has moved. */
		ASSERT_LIST(&m, 3, BUDDY_MOVABLE, 520);
		assert_sound(&m);
		machine_fini(&m);
	}
}

/* A block on the movable list in a reserved pageblock: it moves alone, and the reserve stays. */
static void a_reserved_pageblock_is_not_stolen(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 512, 5, BUDDY_MOVABLE);
	machine_free(&m, 600, 2, BUDDY_MOVABLE);
	buddy_set_pageblock_type(m.b, 512, BUDDY_HIGHATOMIC);
	assert_int_equal(get(&m, 0, GFP_KERNEL, 0, &block), 0);
	assert_int_equal(block.pfn, 512);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_HIGHATOMIC);
	ASSERT_LIST(&m, 2, BUDDY_MOVABLE, 600);
	assert_int_equal(buddy_stats(m.b)->claims, 0);
	machine_fini(&m);
}

static uint64_t boost_after(uint64_t frames, uint64_t high, uint64_t factor, unsigned steals)
{
	struct machine m;
	struct buddy_block block;
	struct buddy_zone_tuning t;

	machine_plain(&m, frames, 64, 8);
	buddy_zone_tuning_get(m.b, 0, &t);
	t.mark_pages[BUDDY_MARK_HIGH] = high;
	t.boost_factor = factor;
	buddy_zone_tune(m.b, 0, &t);
	for (unsigned i = 0; i < steals; i++) {
		machine_free(&m, 512 * i, 5, BUDDY_MOVABLE);
		assert_int_equal(get(&m, 5, GFP_KERNEL, BUDDY_ALLOC_NO_MARKS, &block), 0);
	}
	buddy_zone_tuning_get(m.b, 0, &t);
	machine_fini(&m);
	return t.boost_pages;
}

/* By one pageblock a time, up to 150% of the high mark, rounded up to one pageblock. Source: boost_watermark(). */
static void the_boost_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(boost_after(8192, 1000, 15000, 1), 512);
	assert_int_equal(boost_after(8192, 1000, 15000, 2), 1024);
	assert_int_equal(boost_after(8192, 1000, 15000, 4), 1500);
	assert_int_equal(boost_after(8192, 30, 15000, 3), 512);
	assert_int_equal(boost_after(8192, 0, 15000, 2), 0); /* no mark yet, at boot */
	assert_int_equal(boost_after(8192, 1000, 0, 2), 0);
	assert_int_equal(boost_after(2048, 1000, 15000, 1), 512);
	assert_int_equal(boost_after(2047, 1000, 15000, 1), 0); /* less than four pageblocks */
}

/*
 * 8,192 frames: a percent and one pageblock are 593, so two pageblocks are reserved and a third is not. A pageblock
 * that is reserved or isolated already is not reserved again.
 */
static void the_reserve_has_a_limit(void **state)
{
	const unsigned flags = BUDDY_ALLOC_HIGHATOMIC | BUDDY_ALLOC_MIN_RESERVE | BUDDY_ALLOC_NON_BLOCK;
	struct machine m;
	struct buddy_block block;
	struct buddy_zone_tuning t;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	for (unsigned i = 0; i < 3; i++)
		machine_free(&m, 512 * i, 3, BUDDY_MOVABLE);
	assert_int_equal(get(&m, 2, GFP_ATOMIC, flags, &block), 0);
	assert_int_equal(block.pfn, 0);
	/* The rest of the block stands in the reserve and comes first. */
	assert_int_equal(get(&m, 2, GFP_ATOMIC, flags, &block), 0);
	assert_int_equal(block.pfn, 4);
	assert_int_equal(block.type, BUDDY_HIGHATOMIC);
	assert_int_equal(buddy_stats(m.b)->highatomic_reserved, 1);
	assert_int_equal(get(&m, 3, GFP_ATOMIC, flags, &block), 0);
	assert_int_equal(get(&m, 3, GFP_ATOMIC, flags, &block), 0);
	buddy_zone_tuning_get(m.b, 0, &t);
	assert_int_equal(t.highatomic_reserved_pages, 1024);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_HIGHATOMIC);
	assert_int_equal(buddy_pageblock_type(m.b, 1024), BUDDY_UNMOVABLE); /* claimed, not reserved */
	machine_fini(&m);
}

/* The reserve was said to be smaller than a pageblock: giving one up leaves nothing, not less. */
static void giving_up_more_than_is_reserved_leaves_nothing(void **state)
{
	struct machine m;
	const struct buddy_request r = { .gfp = GFP_HIGHUSER_MOVABLE }, dma = { .gfp = GFP_DMA };
	struct buddy_zone_tuning t;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	buddy_set_pageblock_type(m.b, 512, BUDDY_HIGHATOMIC);
	machine_free(&m, 520, 3, BUDDY_HIGHATOMIC);
	buddy_zone_tuning_get(m.b, 0, &t);
	t.highatomic_reserved_pages = 100;
	buddy_zone_tune(m.b, 0, &t);
	assert_false(buddy_unreserve_highatomic(m.b, &dma, true)); /* the zone is not for such a request */
	assert_true(buddy_unreserve_highatomic(m.b, &r, true));
	buddy_zone_tuning_get(m.b, 0, &t);
	assert_int_equal(t.highatomic_reserved_pages, 0);
	ASSERT_LIST(&m, 3, BUDDY_MOVABLE, 520);
	assert_false(buddy_unreserve_highatomic(m.b, &r, true));
	machine_fini(&m);
}

/* A failing request may have the reserve only as an OOM victim or when it may not wait. */
static void the_reserve_is_not_for_everyone(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	buddy_set_pageblock_type(m.b, 512, BUDDY_HIGHATOMIC);
	machine_free(&m, 520, 3, BUDDY_HIGHATOMIC);
	assert_int_equal(get(&m, 0, GFP_KERNEL, BUDDY_ALLOC_NO_MARKS, &block), -ENOMEM);
	assert_int_equal(get(&m, 0, GFP_KERNEL, BUDDY_ALLOC_NO_MARKS | BUDDY_ALLOC_OOM, &block), 0);
	assert_int_equal(get(&m, 0, GFP_KERNEL, BUDDY_ALLOC_NO_MARKS | BUDDY_ALLOC_NON_BLOCK, &block), 0);
	machine_fini(&m);
}

/*
 * Two nodes; the request prefers node 0, whose only block lies in a movable pageblock.
 *
 *      node 0: 0         node 1: 4096
 *      | movable, 5 |    | unmovable, 5 |      mixing a pageblock is better than memory of another node
 */
static void a_local_page_matters_more_than_an_unmixed_pageblock(void **state)
{
	struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 4096 },
					 { 1, BUDDY_ZONE_NORMAL, "Normal", 4096, 4096 } };
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_make(&m, z, 2, 1);
	machine_free(&m, 512, 5, BUDDY_MOVABLE);
	machine_free(&m, 4096, 5, BUDDY_UNMOVABLE);
	assert_int_equal(get(&m, 0, GFP_KERNEL, BUDDY_ALLOC_NOFRAGMENT, &block), 0);
	assert_int_equal(block.pfn, 512);
	assert_int_equal(buddy_stats(m.b)->fallbacks, 1);
	machine_fini(&m);
}

/*
 *      256 (zone) 264    300        512         6.1 moves from the frame asked for on, where the pageblock's start is
 *      | F 3      | F 3  | F 2      |           outside the zone
 */
static void a_pageblock_cut_off_at_the_zones_start_moves_in_part(void **state)
{
	struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 256, 4096 };
	struct machine m;

	(void)state;
	machine_make(&m, &z, 1, 1);
	machine_free(&m, 256, 3, BUDDY_MOVABLE);
	machine_free(&m, 272, 3, BUDDY_MOVABLE);
	machine_free(&m, 300, 2, BUDDY_MOVABLE);
	assert_int_equal(buddy_move_pageblock(m.b, 272, BUDDY_UNMOVABLE), 12);
	ASSERT_LIST(&m, 3, BUDDY_MOVABLE, 256);
	ASSERT_LIST(&m, 3, BUDDY_UNMOVABLE, 272);
	ASSERT_LIST(&m, 2, BUDDY_UNMOVABLE, 300);
	/* Frames before the zone's start name its first pageblock as well. */
	assert_int_equal(buddy_set_pageblock_type(m.b, 10, BUDDY_RECLAIMABLE), 0);
	assert_int_equal(buddy_pageblock_type(m.b, 256), BUDDY_RECLAIMABLE);
	assert_int_equal(buddy_set_pageblock_type(m.b, 10, BUDDY_TYPE_COUNT), -EINVAL);
	machine_fini(&m);
}

/*
 *      512        576           768      64 free frames and 192 movable ones right behind them: just half, so claimed.
 *      | free, 6  | 192 movable |
 */
static void movable_frames_behind_a_free_block_all_count(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	for (uint64_t end = 767; end <= 768; end++) {
		machine_plain(&m, 8192, 64, 8);
		buddy_set_pageblock_type(m.b, 512, BUDDY_UNMOVABLE);
		machine_free(&m, 512, 6, BUDDY_UNMOVABLE);
		for (uint64_t pfn = 576; pfn < end; pfn++)
			assert_int_equal(buddy_set_movable(m.b, pfn, true), 0);
		assert_int_equal(get(&m, 0, GFP_HIGHUSER_MOVABLE, 0, &block), 0);
		assert_int_equal(buddy_pageblock_type(m.b, 512), end == 768 ? BUDDY_MOVABLE : BUDDY_UNMOVABLE);
		machine_fini(&m);
	}
}

/* Free frames are no movable ones in use: 128 free and 99 movable are less than half of 512. */
static void free_frames_do_not_count_as_movable(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	buddy_set_pageblock_type(m.b, 512, BUDDY_UNMOVABLE);
	machine_free(&m, 512, 6, BUDDY_UNMOVABLE);
	machine_free(&m, 640, 6, BUDDY_UNMOVABLE);
	for (uint64_t pfn = 800; pfn < 900; pfn++)
		assert_int_equal(buddy_set_movable(m.b, pfn, true), 0);
	assert_int_equal(buddy_set_movable(m.b, 899, false), 0);
	assert_int_equal(get(&m, 0, GFP_HIGHUSER_MOVABLE, 0, &block), 0);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_UNMOVABLE); /* 128 + 99 */
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(largest_block_of_another_type_is_taken_and_claimed),
		cmocka_unit_test(fallback_order_prefers_the_nearer_type),
		cmocka_unit_test(whole_pageblock_moves_in_frame_order),
		cmocka_unit_test(movable_frames_in_use_speak_against_a_claim),
		cmocka_unit_test(surroundings_may_overrule_a_claim),
		cmocka_unit_test(small_movable_request_takes_the_smallest),
		cmocka_unit_test(nofragment_takes_only_whole_pageblocks),
		cmocka_unit_test(stealing_boosts_the_watermarks),
		cmocka_unit_test(block_above_the_pageblock_order_changes_every_pageblock),
		cmocka_unit_test(atomic_high_order_request_reserves_its_pageblock),
		cmocka_unit_test(pageblock_that_sticks_out_of_the_zone_does_not_move),
		cmocka_unit_test(movable_requests_prefer_reclaimable_memory),
		cmocka_unit_test(half_a_pageblock_free_is_a_majority),
		cmocka_unit_test(a_reserved_pageblock_is_not_stolen),
		cmocka_unit_test(the_boost_has_a_limit),
		cmocka_unit_test(the_reserve_has_a_limit),
		cmocka_unit_test(giving_up_more_than_is_reserved_leaves_nothing),
		cmocka_unit_test(the_reserve_is_not_for_everyone),
		cmocka_unit_test(a_local_page_matters_more_than_an_unmixed_pageblock),
		cmocka_unit_test(a_pageblock_cut_off_at_the_zones_start_moves_in_part),
		cmocka_unit_test(movable_frames_behind_a_free_block_all_count),
		cmocka_unit_test(free_frames_do_not_count_as_movable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
