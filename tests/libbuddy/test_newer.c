// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What 6.12 does otherwise: claims and steals, the counted reserve, per-CPU lists that size themselves.
 *
 * Source: __rmqueue, try_to_steal_block, __rmqueue_steal, reserve_highatomic_pageblock, unreserve_highatomic_pageblock,
 * nr_pcp_alloc, nr_pcp_high, nr_pcp_free, free_unref_page_commit, __free_one_page, mm/page_alloc.c 6.12.
 */
#include <errno.h>

#include "machine.h"

#define GFP_ATOMIC_12 (0x20u | 0x800u)

static int get(struct machine *m, unsigned order, uint32_t gfp, unsigned flags, struct buddy_block *out)
{
	struct buddy_request r = { .gfp = gfp, .order = (uint8_t)order };

	return buddy_alloc_attempt(m->b, &r, flags, out);
}


static struct buddy_pcp_tuning pcp(const struct machine *m)
{
	struct buddy_pcp_tuning p;

	buddy_pcp_tuning_get(m->b, 0, 0, &p);
	return p;
}

static void tune(struct machine *m, struct buddy_pcp_tuning p)
{
	p.stat_threshold = 0;
	assert_int_equal(buddy_pcp_tune(m->b, 0, 0, &p), 0);
}

/* Lists of 64 frames that do not size themselves, refilled by 4. */
static void make(struct machine *m, uint64_t frames)
{
	machine_plain_as(m, "6.12", frames, 64, 4);
	tune(m, (struct buddy_pcp_tuning){ .high_pages = 64, .high_min_pages = 64, .high_max_pages = 64,
					   .batch_pages = 4 });
}

/* --- Claims and steals -------------------------------------------------------------------------------------------- */

/*
 *      0           512          1024       A refill of four unmovable frames claims the first block's pageblock and
 *      | free      | free       |          takes all four there; the other pageblock stays movable.
 */
static void a_refill_goes_on_in_the_pageblock_that_it_claimed(void **state)
{
	struct machine m;
	struct buddy_block block;
	uint64_t pfns[4];

	(void)state;
	make(&m, 8192);
	machine_free(&m, 512, 8, BUDDY_MOVABLE);
	machine_free(&m, 1024, 8, BUDDY_MOVABLE);
	assert_int_equal(get(&m, 0, GFP_KERNEL, 0, &block), 0);
	assert_int_equal(block.pfn, 512);
	assert_int_equal(buddy_pcp_copy(m.b, 0, 0, 0, pfns, NULL, 4), 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pfns[i], 513 + i);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_UNMOVABLE);
	assert_int_equal(buddy_pageblock_type(m.b, 1024), BUDDY_MOVABLE);
	assert_int_equal(buddy_stats(m.b)->claims, 1);
	ASSERT_LIST(&m, 8, BUDDY_MOVABLE, 1024);
	assert_sound(&m);
	machine_fini(&m);
}

static bool refuse(void *context, uint32_t zone, uint64_t pfn, unsigned type, bool own)
{
	(void)zone, (void)pfn, (void)type, (void)own;
	++*(unsigned *)context;
	return false;
}

/* The claim of [512, 544) is refused, so frames are stolen from it one by one, and no claim is tried in between. */
static void a_refill_that_stole_goes_on_stealing(void **state)
{
	struct machine m;
	struct buddy_block block;
	unsigned asked = 0;

	(void)state;
	make(&m, 8192);
	buddy_set_env(m.b, &(struct buddy_env){ .context = &asked, .claim = refuse });
	machine_free(&m, 512, 5, BUDDY_MOVABLE);
	assert_int_equal(get(&m, 0, GFP_KERNEL, 0, &block), 0);
	assert_int_equal(block.pfn, 512);
	assert_int_equal(block.type, BUDDY_UNMOVABLE); /* of the per-CPU list; no other is kept with it */
	assert_int_equal(asked, 1);
	assert_int_equal(buddy_stats(m.b)->fallbacks, 4);
	assert_int_equal(buddy_stats(m.b)->claims, 0);
	/* What was cut off stays on the lists of the type that it had. */
	ASSERT_LIST(&m, 4, BUDDY_MOVABLE, 528);
	ASSERT_LIST(&m, 3, BUDDY_MOVABLE, 520);
	ASSERT_LIST_EMPTY(&m, 4, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_MOVABLE);
	assert_sound(&m);
	machine_fini(&m);
}

/* A block on the movable list whose pageblock is reserved: no claim takes it, a steal does and leaves the reserve. */
static void a_reserved_pageblock_is_not_claimed(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	make(&m, 8192);
	machine_free(&m, 512, 8, BUDDY_MOVABLE); /* half of it: a majority */
	buddy_set_pageblock_type(m.b, 512, BUDDY_HIGHATOMIC);
	assert_int_equal(get(&m, 0, GFP_KERNEL, BUDDY_ALLOC_PAST_PCP | BUDDY_ALLOC_NOFRAGMENT, &block), 0);
	assert_int_equal(block.pfn, 512); /* NOFRAGMENT is given up in the end */
	assert_int_equal(block.type, BUDDY_MOVABLE);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_HIGHATOMIC);
	assert_int_equal(buddy_stats(m.b)->claims, 0);
	machine_fini(&m);
}

/* A movable request claims an unmovable pageblock with half of its frames free, and steals with a frame less. */
static void half_a_pageblock_free_is_claimed(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	for (unsigned free_pages = 255; free_pages <= 256; free_pages++) {
		make(&m, 8192);
		buddy_set_pageblock_type(m.b, 512, BUDDY_UNMOVABLE);
		for (unsigned order = 0; order < 8; order++)
			machine_free(&m, 512 + (1u << order), order, BUDDY_UNMOVABLE);
		if (free_pages == 256)
			machine_free(&m, 1000, 0, BUDDY_UNMOVABLE);
		assert_int_equal(get(&m, 0, GFP_HIGHUSER_MOVABLE, BUDDY_ALLOC_PAST_PCP, &block), 0);
		assert_int_equal(block.pfn, 513);
		assert_int_equal(buddy_pageblock_type(m.b, 512), free_pages == 256 ? BUDDY_MOVABLE : BUDDY_UNMOVABLE);
		assert_int_equal(buddy_stats(m.b)->claims, free_pages == 256);
		assert_sound(&m);
		machine_fini(&m);
	}
}

/* A pageblock that sticks out of the zone, at either end, is not claimed: 6.1 cuts it off at the start instead. */
static void a_pageblock_cut_off_by_the_zone_is_not_claimed(void **state)
{
	const struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 200, 1000 };
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_from(&m, &(struct buddy_config){ .profile = buddy_profile_find("6.12"), .zones = &z, .zone_count = 1,
						 .cpu_count = 1, .pageblock_order = 9 });
	machine_free(&m, 256, 7, BUDDY_MOVABLE);
	machine_free(&m, 1024, 7, BUDDY_MOVABLE);
	assert_int_equal(get(&m, 0, GFP_KERNEL, BUDDY_ALLOC_PAST_PCP, &block), 0);
	assert_int_equal(block.type, BUDDY_MOVABLE);
	assert_int_equal(buddy_stats(m.b)->claims, 0);
	assert_int_equal(buddy_move_pageblock(m.b, 300, BUDDY_UNMOVABLE), -ERANGE);
	assert_int_equal(buddy_move_pageblock(m.b, 1100, BUDDY_UNMOVABLE), -ERANGE);
	assert_int_equal(buddy_pageblock_type(m.b, 300), BUDDY_MOVABLE);
	assert_int_equal(buddy_pageblock_type(m.b, 1100), BUDDY_MOVABLE);
	machine_fini(&m);
}

/* Two free pageblocks merge across types, and the one found takes the type of the one freed. */
static void a_merged_pageblock_takes_the_type_of_what_was_freed(void **state)
{
	struct machine m;

	(void)state;
	machine_plain_as(&m, "6.12", 2048, 0, 1);
	buddy_set_pageblock_type(m.b, 0, BUDDY_UNMOVABLE);
	machine_free(&m, 0, 9, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_free_direct(m.b, 0, 512, 9, 0), 0);
	ASSERT_LIST(&m, 10, BUDDY_MOVABLE, 0);
	assert_int_equal(buddy_pageblock_type(m.b, 0), BUDDY_MOVABLE);
	assert_sound(&m);
	machine_fini(&m);
}

/* --- The reserve for atomic requests ------------------------------------------------------------------------------ */

static uint64_t reserved(const struct machine *m)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(m->b, 0, &t);
	return t.highatomic_reserved_pages;
}

static int get_atomic(struct machine *m, unsigned order, struct buddy_block *out)
{
	return get(m, order, GFP_ATOMIC_12,
		   BUDDY_ALLOC_PAST_PCP | BUDDY_ALLOC_HIGHATOMIC | BUDDY_ALLOC_MIN_RESERVE | BUDDY_ALLOC_NON_BLOCK,
		   out);
}

/* One percent of 65,536 frames is 655, rounded up to pageblocks 1,024: two pageblocks, then no more. */
static void the_reserve_holds_a_percent_rounded_up_to_pageblocks(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	make(&m, 65536);
	for (unsigned i = 0; i < 4; i++) {
		buddy_set_pageblock_type(m.b, 512 * i, BUDDY_UNMOVABLE);
		machine_free(&m, 512 * i, 2, BUDDY_UNMOVABLE);
	}
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(get_atomic(&m, 2, &block), 0);
	assert_int_equal(reserved(&m), 1024);
	assert_int_equal(buddy_stats(m.b)->highatomic_reserved, 2);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_HIGHATOMIC);
	assert_int_equal(buddy_pageblock_type(m.b, 1024), BUDDY_UNMOVABLE);
	machine_fini(&m);
	/* A percent that is a pageblock is rounded up no further. */
	make(&m, 51200);
	for (unsigned i = 0; i < 2; i++) {
		machine_free(&m, 512 * i, 2, BUDDY_MOVABLE);
		assert_int_equal(get_atomic(&m, 2, &block), 0);
	}
	assert_int_equal(reserved(&m), 512);
	machine_fini(&m);
	/* Where a percent is less than a pageblock nothing is reserved. */
	make(&m, 51199);
	machine_free(&m, 0, 2, BUDDY_MOVABLE);
	assert_int_equal(get_atomic(&m, 2, &block), 0);
	assert_int_equal(reserved(&m), 0);
	machine_fini(&m);
}

/*
 * A block of two pageblocks reserves both, and both are given up at once. The reserve's frames do not count as free to
 * others, and are the first that an atomic request looks at.
 */
static void a_large_block_reserves_all_of_its_pageblocks(void **state)
{
	struct machine m;
	struct buddy_block block;
	struct buddy_request r = { .gfp = GFP_KERNEL };

	(void)state;
	make(&m, 65536);
	machine_free(&m, 1024, 10, BUDDY_MOVABLE);
	assert_int_equal(get_atomic(&m, 10, &block), 0);
	assert_int_equal(reserved(&m), 1024);
	assert_int_equal(buddy_pageblock_type(m.b, 1024), BUDDY_HIGHATOMIC);
	assert_int_equal(buddy_pageblock_type(m.b, 1536), BUDDY_HIGHATOMIC);
	assert_int_equal(buddy_free_direct(m.b, 0, 1024, 10, 0), 0);
	ASSERT_LIST(&m, 10, BUDDY_HIGHATOMIC, 1024);
	machine_free(&m, 4096, 3, BUDDY_UNMOVABLE);
	assert_int_equal(get_atomic(&m, 3, &block), 0);
	assert_int_equal(block.pfn, 1024);
	assert_int_equal(block.type, BUDDY_HIGHATOMIC);
	assert_int_equal(buddy_free_direct(m.b, 0, 1024, 3, 0), 0);
	/* Force gives it up whatever the pressure. */
	assert_false(buddy_unreserve_highatomic(m.b, &(struct buddy_request){ .cpu = 1 }, true));
	assert_true(buddy_unreserve_highatomic(m.b, &r, false));
	assert_int_equal(reserved(&m), 0);
	assert_int_equal(buddy_pageblock_type(m.b, 1024), BUDDY_UNMOVABLE);
	assert_int_equal(buddy_pageblock_type(m.b, 1536), BUDDY_UNMOVABLE);
	ASSERT_LIST(&m, 10, BUDDY_UNMOVABLE, 1024);
	assert_false(buddy_unreserve_highatomic(m.b, &r, true));
	assert_sound(&m);
	machine_fini(&m);
}

/* 512 frames free, all of them reserved: an ordinary request at mark 0 is not above it. */
static void reserved_frames_are_not_free_to_others(void **state)
{
	struct machine m;
	const struct buddy_request kernel = { .gfp = GFP_KERNEL }, pair = { .gfp = GFP_ATOMIC_12, .order = 1 };

	(void)state;
	make(&m, 8192);
	buddy_set_pageblock_type(m.b, 512, BUDDY_HIGHATOMIC);
	machine_free(&m, 512, 9, BUDDY_HIGHATOMIC);
	assert_false(buddy_marks_pass(m.b, &kernel, BUDDY_MARK_MIN));
	assert_true(buddy_marks_pass(m.b, &kernel, BUDDY_MARK_MIN | BUDDY_ALLOC_NO_MARKS));
	assert_true(buddy_marks_pass(m.b, &kernel, BUDDY_MARK_MIN | BUDDY_ALLOC_OOM));
	/* For a pair of frames there has to be a block, too, and the reserve's is for those who may have it. */
	assert_false(buddy_marks_pass(m.b, &pair, BUDDY_MARK_MIN | BUDDY_ALLOC_MIN_RESERVE));
	assert_true(buddy_marks_pass(m.b, &pair, BUDDY_MARK_MIN | BUDDY_ALLOC_MIN_RESERVE | BUDDY_ALLOC_HIGHATOMIC));
	/* Above the mark, a block of the reserve is still not for everyone. */
	struct buddy_block block;

	assert_int_equal(get(&m, 0, GFP_KERNEL, BUDDY_ALLOC_NO_MARKS | BUDDY_ALLOC_PAST_PCP, &block), -ENOMEM);
	assert_int_equal(get(&m, 0, GFP_KERNEL, BUDDY_ALLOC_OOM | BUDDY_ALLOC_PAST_PCP, &block), 0);
	machine_fini(&m);
}

/* --- Per-CPU lists ------------------------------------------------------------------------------------------------ */

/* batch 4: refills of 4, 8, 16 frames while nothing is freed, at most what leaves room for a batch below high 64. */
static void refills_double_while_nothing_is_freed(void **state)
{
	struct machine m;
	struct buddy_block block;
	uint32_t before = 0;

	(void)state;
	make(&m, 8192);
	machine_free(&m, 0, 10, BUDDY_UNMOVABLE);
	for (unsigned refill = 0; refill < 5; refill++) {
		static const uint32_t frames[] = { 4, 8, 16, 32, 60 };

		do {
			before = buddy_pcp_count(m.b, 0, 0);
			assert_int_equal(get(&m, 0, GFP_KERNEL, 0, &block), 0);
		} while (block.path == BUDDY_PATH_PCP);
		assert_int_equal(before, 0);
		assert_int_equal(buddy_pcp_count(m.b, 0, 0) + 1, frames[refill]);
	}
	assert_int_equal(pcp(&m).alloc_factor, 4); /* 64 did not fit, so it stayed there */
	assert_int_equal(buddy_free_pages(m.b, 0, 0, 0), 0);
	assert_int_equal(pcp(&m).alloc_factor, 2);
	machine_fini(&m);
}

/* A refill lets the list's limit grow by what it takes, but not below the zone's high watermark. */
static void a_list_grows_only_above_the_high_watermark(void **state)
{
	struct machine m;
	struct buddy_block block;
	struct buddy_zone_tuning t;

	(void)state;
	for (unsigned below = 0; below < 2; below++) {
		make(&m, 8192);
		tune(&m, (struct buddy_pcp_tuning){ .high_pages = 20, .high_min_pages = 16, .high_max_pages = 64,
						    .batch_pages = 4 });
		machine_free(&m, 0, 10, BUDDY_UNMOVABLE);
		buddy_zone_tuning_get(m.b, 0, &t);
		t.below_high = below;
		buddy_zone_tune(m.b, 0, &t);
		assert_int_equal(get(&m, 0, GFP_KERNEL, 0, &block), 0);
		assert_int_equal(pcp(&m).high_pages, below ? 20 : 24);
		machine_fini(&m);
	}
}

/* Below its high watermark the zone shrinks the list's limit; a drain that brings it above ends that. */
static void a_drain_that_suffices_ends_the_shrinking(void **state)
{
	struct machine m;
	struct buddy_zone_tuning t;

	(void)state;
	make(&m, 8192);
	tune(&m, (struct buddy_pcp_tuning){ .high_pages = 20, .high_min_pages = 4, .high_max_pages = 64,
					    .batch_pages = 4 });
	buddy_zone_tuning_get(m.b, 0, &t);
	t.below_high = true;
	t.mark_pages[BUDDY_MARK_HIGH] = 6;
	buddy_zone_tune(m.b, 0, &t);
	for (uint64_t pfn = 0; pfn < 8; pfn += 2)
		assert_int_equal(buddy_free_pages(m.b, 0, pfn, 0), 0);
	/* Each free takes a batch off the limit: 16, 12, 8, 4. Nothing was drained yet that would suffice. */
	assert_int_equal(pcp(&m).high_pages, 4);
	buddy_zone_tuning_get(m.b, 0, &t);
	assert_true(t.below_high);
	for (uint64_t pfn = 8; pfn < 64; pfn += 2)
		assert_int_equal(buddy_free_pages(m.b, 0, pfn, 0), 0);
	buddy_zone_tuning_get(m.b, 0, &t);
	assert_false(t.below_high);
	assert_sound(&m);
	machine_fini(&m);
}

/*
 * Normal is looked at before DMA32, and where it is above its mark DMA32 is not: nothing is noted of it. Both have 512
 * free pages. Source: get_page_from_freelist().
 */
static void a_look_notes_nothing_of_zones_behind_one_that_serves(void **state)
{
	static const struct buddy_zone_config zones[] = { { 0, BUDDY_ZONE_DMA32, "DMA32", 0, 8192 },
							  { 0, BUDDY_ZONE_NORMAL, "Normal", 8192, 8192 } };
	/* Marks min and high of DMA32 and of Normal; zones that are above, and those found below their high mark. */
	static const struct { uint64_t min[2], high[2]; uint32_t above; bool below[2]; } cases[] = {
		{ { 100, 100 }, { 500, 500 }, 3, { false, false } },
		{ { 100, 100 }, { 600, 500 }, 3, { false, false } },
		{ { 600, 100 }, { 700, 500 }, 2, { false, false } },
		{ { 100, 100 }, { 500, 600 }, 3, { false, true } },
		{ { 100, 600 }, { 600, 700 }, 1, { true, true } },
		{ { 600, 600 }, { 700, 700 }, 0, { true, true } },
	};
	struct buddy_request r = { .gfp = GFP_KERNEL };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buddy_zone_tuning t;
		struct machine m;

		machine_from(&m, &(struct buddy_config){ .profile = buddy_profile_find("6.12"), .zones = zones,
							 .zone_count = 2, .cpu_count = 1, .pageblock_order = 9 });
		for (uint32_t zone = 0; zone < 2; zone++) {
			machine_free(&m, 8192 * zone, 9, BUDDY_UNMOVABLE);
			buddy_zone_tuning_get(m.b, zone, &t);
			t.mark_pages[BUDDY_MARK_MIN] = cases[i].min[zone];
			t.mark_pages[BUDDY_MARK_HIGH] = cases[i].high[zone];
			assert_int_equal(buddy_zone_tune(m.b, zone, &t), 0);
		}
		assert_int_equal(buddy_marks_look(m.b, &r, BUDDY_MARK_MIN, NULL), cases[i].above);
		for (uint32_t zone = 0; zone < 2; zone++) {
			buddy_zone_tuning_get(m.b, zone, &t);
			assert_int_equal(t.below_high, cases[i].below[zone]);
		}
		machine_fini(&m);
	}
}

/*
 * The second high-order free in a row, after a batch of frees, drains the list; with FREE_HIGH_BATCH only when a batch
 * of frames is there.
 */
static void high_order_frees_drain_a_list_that_holds_a_batch(void **state)
{
	struct machine m;

	(void)state;
	for (unsigned batch_only = 0; batch_only < 2; batch_only++) {
		make(&m, 8192);
		tune(&m, (struct buddy_pcp_tuning){ .high_pages = 512, .high_min_pages = 512, .high_max_pages = 512,
						    .batch_pages = 8, .free_count = 8,
						    .flags = BUDDY_PCP_PREV_FREE_HIGH_ORDER |
							     (batch_only ? BUDDY_PCP_FREE_HIGH_BATCH : 0) });
		assert_int_equal(buddy_free_pages(m.b, 0, 16, 1), 0);
		assert_int_equal(buddy_pcp_count(m.b, 0, 0), batch_only ? 2 : 0);
		assert_int_equal(buddy_free_pages(m.b, 0, 24, 2), 0);
		assert_int_equal(buddy_pcp_count(m.b, 0, 0), batch_only ? 6 : 0);
		assert_int_equal(buddy_free_pages(m.b, 0, 32, 1), 0);
		assert_int_equal(buddy_pcp_count(m.b, 0, 0), 0);
		machine_fini(&m);
	}
}

/* Such a drain takes 2^5 batches of 4 off the limit, 400 - 128 = 272, but not below its minimum: nr_pcp_high(). */
static void high_order_frees_lower_the_limit(void **state)
{
	const uint32_t high[] = { 400, 228, 227 }, expected[] = { 272, 100, 100 };
	struct machine m;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		make(&m, 8192);
		tune(&m, (struct buddy_pcp_tuning){ .high_pages = high[i], .high_min_pages = 100,
						    .high_max_pages = 1000, .batch_pages = 4, .free_count = 4,
						    .flags = BUDDY_PCP_PREV_FREE_HIGH_ORDER });
		assert_int_equal(buddy_free_pages(m.b, 0, 16, 1), 0);
		assert_int_equal(pcp(&m).high_pages, expected[i]);
		machine_fini(&m);
	}
}

/* Frames freed in a row count up to 2^5 batches, and each allocation halves them. */
static void allocations_halve_the_count_of_frees(void **state)
{
	struct machine m;
	struct buddy_block block;

	(void)state;
	make(&m, 8192);
	tune(&m, (struct buddy_pcp_tuning){ .high_pages = 512, .high_min_pages = 512, .high_max_pages = 512,
					    .batch_pages = 1 });
	for (uint64_t pfn = 0; pfn < 80; pfn += 2)
		assert_int_equal(buddy_free_pages(m.b, 0, pfn, 0), 0);
	assert_int_equal(pcp(&m).free_count, 32);
	assert_int_equal(get(&m, 0, GFP_HIGHUSER_MOVABLE, BUDDY_ALLOC_NO_MARKS, &block), 0);
	assert_int_equal(block.path, BUDDY_PATH_PCP);
	assert_int_equal(pcp(&m).free_count, 16);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refill_goes_on_in_the_pageblock_that_it_claimed),
		cmocka_unit_test(a_refill_that_stole_goes_on_stealing),
		cmocka_unit_test(a_reserved_pageblock_is_not_claimed),
		cmocka_unit_test(half_a_pageblock_free_is_claimed),
		cmocka_unit_test(a_pageblock_cut_off_by_the_zone_is_not_claimed),
		cmocka_unit_test(a_merged_pageblock_takes_the_type_of_what_was_freed),
		cmocka_unit_test(the_reserve_holds_a_percent_rounded_up_to_pageblocks),
		cmocka_unit_test(a_large_block_reserves_all_of_its_pageblocks),
		cmocka_unit_test(reserved_frames_are_not_free_to_others),
		cmocka_unit_test(refills_double_while_nothing_is_freed),
		cmocka_unit_test(a_list_grows_only_above_the_high_watermark),
		cmocka_unit_test(a_drain_that_suffices_ends_the_shrinking),
		cmocka_unit_test(a_look_notes_nothing_of_zones_behind_one_that_serves),
		cmocka_unit_test(high_order_frees_drain_a_list_that_holds_a_batch),
		cmocka_unit_test(high_order_frees_lower_the_limit),
		cmocka_unit_test(allocations_halve_the_count_of_frees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
