// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compaction's scanners, its fast searches and its memory; its stock is in test_stock.c.
 *
 * The zone has sixteen pageblocks, [0, 8192); frames are in use unless a test frees them:
 *
 *      0    512  1024 ...                                            7168 7680   8192
 *      | pb 0 | pb 1 | ...                                          | pb 14 | pb 15 |
 *        migrate scanner -->                                    <-- free scanner
 */
#include "compaction.h"

#include <errno.h>

#define GFP_COMP 0x40000u

static void remember(struct machine *m, uint64_t free_pfn, uint64_t migrate_async, uint64_t migrate_sync)
{
	struct buddy_compact_zone z = { .cached_free_pfn = free_pfn,
					.cached_migrate_pfn = { migrate_async, migrate_sync } };

	buddy_compact_zone_set(m->b, 0, &z);
}

/* --- Begin and end ------------------------------------------------------------------------------------------------ */

/* Source: compact_zone(). */
static void a_run_begins_where_the_last_one_stopped(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_ASYNC, BUDDY_COMPACT_DIRECT);

	(void)state;
	make(&m, OLD);
	remember(&m, 6 * BLOCK, 2 * BLOCK, BLOCK);
	buddy_compact_begin(m.b, &c);
	assert_int_equal(c.migrate_pfn, 2 * BLOCK);
	assert_int_equal(c.free_pfn, 6 * BLOCK);
	assert_false(c.caches_tied);
	c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, BUDDY_COMPACT_DIRECT);
	buddy_compact_begin(m.b, &c);
	assert_int_equal(c.migrate_pfn, BLOCK);
	c = run_for(9, BUDDY_COMPACT_SYNC, BUDDY_COMPACT_WHOLE_ZONE);
	buddy_compact_begin(m.b, &c);
	assert_int_equal(c.migrate_pfn, 0);
	assert_int_equal(c.free_pfn, 15 * BLOCK);
	machine_fini(&m);
}

static void positions_outside_the_zone_become_its_ends(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_ASYNC, 0);
	struct buddy_compact_zone z;

	(void)state;
	make(&m, OLD);
	remember(&m, FRAMES, FRAMES + BLOCK, FRAMES);
	buddy_compact_begin(m.b, &c);
	assert_int_equal(c.migrate_pfn, 0);
	assert_int_equal(c.free_pfn, 15 * BLOCK);
	assert_true(c.flags & BUDDY_COMPACT_WHOLE_ZONE);
	assert_true(c.caches_tied);
	buddy_compact_zone_get(m.b, 0, &z);
	assert_int_equal(z.cached_free_pfn, 15 * BLOCK);
	assert_int_equal(z.cached_migrate_pfn[1], 0);
	machine_fini(&m);
}

/* Source: __compact_finished(). */
static void scanners_meet_in_one_pageblock_and_the_next_run_starts_anew(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_ASYNC, BUDDY_COMPACT_DIRECT);
	struct buddy_compact_zone z;

	(void)state;
	make(&m, OLD);
	remember(&m, 5 * BLOCK + 3, 4 * BLOCK + 511, 4 * BLOCK);
	buddy_compact_begin(m.b, &c);
	assert_false(buddy_compact_met(m.b, &c));
	c.migrate_pfn = 5 * BLOCK;
	assert_true(buddy_compact_met(m.b, &c));
	buddy_compact_restart(m.b, &c);
	buddy_compact_zone_get(m.b, 0, &z);
	assert_int_equal(z.cached_migrate_pfn[0], 0);
	assert_int_equal(z.cached_migrate_pfn[1], 0);
	assert_int_equal(z.cached_free_pfn, 15 * BLOCK);
	assert_true(z.flush);
	machine_fini(&m);
}

/* --- Free blocks -------------------------------------------------------------------------------------------------- */

/*
 * Scanners at 0 and 7680: the top quarter begins at 5632 (pageblock 11). The list is looked at from its tail:
 *
 *      list of order 3:  1024  6144  512      512 is too low; 6144 will do and becomes the first: 6144  512  1024
 */
static void fast_search_takes_a_block_of_the_top_quarter(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, 0);
	uint64_t pfn = 0;
	unsigned order = 0;

	(void)state;
	make(&m, OLD);
	machine_free(&m, 1024, 3, BUDDY_MOVABLE);
	machine_free(&m, 6144, 3, BUDDY_MOVABLE);
	machine_free(&m, 512, 3, BUDDY_MOVABLE);
	buddy_compact_begin(m.b, &c);
	c.failures = 0;
	assert_int_equal(buddy_compact_search(m.b, &c, 0, &pfn, &order), 0);
	assert_int_equal(pfn, 6144);
	assert_int_equal(order, 3);
	assert_int_equal(c.free_pages, 8);
	assert_true(buddy_in_stock(m.b, 6144));
	ASSERT_LIST(&m, 3, BUDDY_MOVABLE, 512, 1024);
	/* Two blocks looked at, eight frames for the one taken. */
	assert_int_equal(c.searched, 2 + 7);
	assert_sound(&m);
	machine_fini(&m);
}

static void fast_search_stops_at_a_watermark(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, 0);
	struct buddy_zone_tuning t = { .present_pages = FRAMES, .managed_pages = FRAMES,
				       .mark_pages = { 1000, 1000, 1000 } };
	uint64_t pfn = 0;
	unsigned order = 0;

	(void)state;
	make(&m, OLD);
	machine_free(&m, 7168, 3, BUDDY_MOVABLE);
	assert_int_equal(buddy_zone_tune(m.b, 0, &t), 0);
	buddy_compact_begin(m.b, &c);
	assert_int_equal(buddy_compact_search(m.b, &c, 0, &pfn, &order), -EAGAIN);
	assert_int_equal(pfn, 7168);
	assert_int_equal(c.free_pages, 0);
	assert_int_equal(c.failures, 1);
	ASSERT_LIST(&m, 3, BUDDY_MOVABLE, 7168);
	machine_fini(&m);
}

/* At the start of a scan a search that finds nothing good leaves the scanner at the highest block seen, or halfway. */
static void failed_fast_search_moves_the_free_scanner(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, BUDDY_COMPACT_DIRECT);
	uint64_t pfn;
	unsigned order;

	(void)state;
	make(&m, OLD);
	machine_free(&m, 1024, 3, BUDDY_MOVABLE);
	buddy_compact_begin(m.b, &c);
	assert_int_equal(buddy_compact_search(m.b, &c, 0, &pfn, &order), -ENOENT);
	/* 7680 - 7680 / 2, down to its pageblock */
	assert_int_equal(c.free_pfn, 7 * BLOCK);
	assert_int_equal(c.failures, 1);
	machine_fini(&m);
}

/*
 * Asynchronous: one frame in 32. Pageblock 15 has nothing there (the block at 7681 is passed by), 14 is unmovable,
 * 13 is marked, 12 gives what is wanted.
 */
static void linear_scan_visits_suitable_pageblocks_downwards(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(-1, BUDDY_COMPACT_ASYNC, 0);
	struct buddy_range r;
	struct buddy_compact_zone z;
	uint64_t pfn;
	unsigned order;

	(void)state;
	make(&m, OLD);
	machine_free(&m, 7681, 0, BUDDY_MOVABLE);
	machine_free(&m, 12 * BLOCK + 64, 2, BUDDY_MOVABLE);
	buddy_set_pageblock_type(m.b, 14 * BLOCK, BUDDY_UNMOVABLE);
	buddy_skip_set(m.b, 13 * BLOCK, true);
	buddy_compact_begin(m.b, &c);
	c.migrate_pages = 2;
	assert_int_equal(buddy_compact_search(m.b, &c, 0, &pfn, &order), -ENOENT);
	assert_true(buddy_compact_next_target(m.b, &c, &r));
	assert_int_equal(r.start_pfn, 15 * BLOCK);
	assert_int_equal(r.end_pfn, FRAMES);
	assert_int_equal(r.stride, 32);
	assert_int_equal(buddy_compact_isolate(m.b, &c, 0, &pfn, &order), -ENOENT);
	buddy_compact_target_scanned(m.b, &c);
	assert_true(buddy_skip(m.b, 15 * BLOCK));
	assert_true(buddy_compact_next_target(m.b, &c, &r));
	assert_int_equal(r.start_pfn, 12 * BLOCK);
	assert_int_equal(buddy_compact_isolate(m.b, &c, 0, &pfn, &order), 0);
	assert_int_equal(pfn, 12 * BLOCK + 64);
	assert_int_equal(buddy_compact_isolate(m.b, &c, 0, &pfn, &order), -ENOENT);
	buddy_compact_target_scanned(m.b, &c);
	assert_false(buddy_compact_next_target(m.b, &c, &r));
	assert_int_equal(c.free_pfn, 12 * BLOCK + 68);
	buddy_compact_zone_get(m.b, 0, &z);
	assert_int_equal(z.cached_free_pfn, 15 * BLOCK);
	assert_sound(&m);
	machine_fini(&m);
}

/* 6.12 remembers the pageblock below, and leaves blocks of the wanted order alone. */
static void newer_kernel_spares_blocks_of_the_wanted_order(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(4, BUDDY_COMPACT_SYNC_LIGHT, 0);
	struct buddy_range r;
	struct buddy_compact_zone z;
	uint64_t pfn;
	unsigned order;

	(void)state;
	for (int profile = OLD; profile <= NEW; profile++) {
		make(&m, profile);
		machine_free(&m, 15 * BLOCK, 4, BUDDY_UNMOVABLE);
		buddy_compact_zone_set(m.b, 0, &(struct buddy_compact_zone){ .cached_free_pfn = 15 * BLOCK,
									     .init_free_pfn = FRAMES });
		buddy_compact_begin(m.b, &c);
		c.migrate_pages = 32;
		assert_int_equal(buddy_compact_search(m.b, &c, 0, &pfn, &order), -ENOENT);
		assert_true(buddy_compact_next_target(m.b, &c, &r));
		assert_int_equal(r.start_pfn, profile == NEW ? 14 * BLOCK : 15 * BLOCK);
		while (!buddy_compact_isolate(m.b, &c, 0, &pfn, &order))
			;
		buddy_compact_target_scanned(m.b, &c);
		buddy_compact_zone_get(m.b, 0, &z);
		assert_int_equal(z.cached_free_pfn, profile == NEW ? 13 * BLOCK : 15 * BLOCK);
		machine_fini(&m);
	}
}

/* suitable_migration_target(), 6.12: cc->order > 0 ? cc->order : pageblock_order; no order spares no smaller block. */
static void an_order_of_0_spares_whole_pageblocks_only(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(0, BUDDY_COMPACT_SYNC_LIGHT, 0);
	struct buddy_range r;
	uint64_t pfn;
	unsigned order;

	(void)state;
	make(&m, NEW);
	machine_free(&m, 15 * BLOCK, 9, BUDDY_MOVABLE);
	machine_free(&m, 14 * BLOCK, 8, BUDDY_MOVABLE);
	buddy_compact_begin(m.b, &c);
	buddy_compact_search(m.b, &c, 0, &pfn, &order);
	assert_true(buddy_compact_next_target(m.b, &c, &r));
	assert_int_equal(r.start_pfn, 14 * BLOCK);
	machine_fini(&m);
}

/* What an asynchronous run's scan of the last pageblock, in strides of 32 from 7680 on, sees of 7712 and 7715. */
static uint64_t seen_in_strides(struct machine *m)
{
	struct buddy_compaction c = run_for(-1, BUDDY_COMPACT_ASYNC, 0);
	struct buddy_range r;
	uint64_t pfn = 0;
	unsigned order;

	machine_free(m, 7712, 0, BUDDY_MOVABLE);
	machine_free(m, 7715, 0, BUDDY_MOVABLE);
	buddy_compact_begin(m->b, &c);
	c.migrate_pages = 1;
	buddy_compact_search(m->b, &c, 0, &pfn, &order);
	assert_true(buddy_compact_next_target(m->b, &c, &r));
	assert_true(buddy_compact_see(m->b, &c, &pfn, &order));
	return pfn;
}

/* A compound page of four frames at 7680 shifts the strides: 7680, then 7684 + 31 = 7715 and on. */
static void compound_pages_shift_the_strides(void **state)
{
	struct machine m;

	(void)state;
	make(&m, OLD);
	assert_int_equal(buddy_set_compound(m.b, 7680, 2), 0);
	assert_int_equal(seen_in_strides(&m), 7715);
	assert_int_equal(buddy_set_compound(m.b, 7712, 1), -EINVAL);
	machine_fini(&m);
}

/* The frames of an exact request are pages of their own, even one for a compound page. Source: make_alloc_exact(). */
static void frames_of_an_exact_request_shift_no_stride(void **state)
{
	const struct buddy_request request = { .gfp = GFP_HIGHUSER_MOVABLE | GFP_COMP, .order = 2 };
	struct buddy_block block;

	(void)state;
	for (int exact = 0; exact < 2; exact++) {
		struct machine m;

		make(&m, OLD);
		machine_free(&m, 7680, 2, BUDDY_MOVABLE);
		assert_int_equal(exact ? buddy_alloc_exact(m.b, &request, 4, &block)
				       : buddy_alloc_pages(m.b, &request, &block), 0);
		assert_int_equal(block.pfn, 7680);
		assert_int_equal(seen_in_strides(&m), exact ? 7712 : 7715);
		machine_fini(&m);
	}
}

static void holes_are_passed_by(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(-1, BUDDY_COMPACT_SYNC, BUDDY_COMPACT_WHOLE_ZONE);
	struct buddy_range r;
	uint64_t pfn;
	unsigned order;

	(void)state;
	make(&m, OLD);
	buddy_hole_set(m.b, 0, true);
	buddy_hole_set(m.b, 15 * BLOCK + 7, true);
	buddy_compact_begin(m.b, &c);
	buddy_compact_iterate(m.b, &c);
	assert_int_equal(buddy_compact_next_source(m.b, &c, &r), 0);
	assert_int_equal(r.start_pfn, BLOCK);
	assert_int_equal(r.end_pfn, 2 * BLOCK);
	assert_int_equal(r.stride, 1);
	buddy_compact_search(m.b, &c, 0, &pfn, &order);
	assert_true(buddy_compact_next_target(m.b, &c, &r));
	assert_int_equal(r.start_pfn, 14 * BLOCK);
	machine_fini(&m);
}

/* Two pageblocks are one compound page: its head and its tails say so. Source: pageblock_skip_persistent(). */
static void a_huge_page_is_passed_by_in_each_of_its_pageblocks(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(-1, BUDDY_COMPACT_SYNC, BUDDY_COMPACT_WHOLE_ZONE);
	struct buddy_range r;

	(void)state;
	make(&m, OLD);
	assert_int_equal(buddy_set_compound(m.b, 2 * BLOCK, 10), 0);
	buddy_compact_begin(m.b, &c);
	c.migrate_pfn = 2 * BLOCK;
	assert_int_equal(buddy_compact_next_source(m.b, &c, &r), 0);
	assert_int_equal(r.start_pfn, 4 * BLOCK);
	machine_fini(&m);
}

/* --- Pages -------------------------------------------------------------------------------------------------------- */

/* Pageblock 0 is marked, 1 unmovable: an asynchronous direct run goes on to 2, and remembers it has seen 1. */
static void hasty_run_stays_in_pageblocks_of_its_type(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(3, BUDDY_COMPACT_ASYNC, BUDDY_COMPACT_DIRECT);
	struct buddy_range r;
	struct buddy_compact_zone z;

	(void)state;
	make(&m, OLD);
	buddy_skip_set(m.b, 0, true);
	buddy_set_pageblock_type(m.b, BLOCK, BUDDY_UNMOVABLE);
	buddy_compact_begin(m.b, &c);
	buddy_compact_iterate(m.b, &c);
	assert_int_equal(buddy_compact_next_source(m.b, &c, &r), 0);
	assert_int_equal(r.start_pfn, 2 * BLOCK);
	assert_int_equal(r.end_pfn, 3 * BLOCK);
	assert_int_equal(c.turned_pfn, BUDDY_NO_PFN);
	/* update_cached_migrate() goes one pageblock further than what was seen. */
	buddy_compact_zone_get(m.b, 0, &z);
	assert_int_equal(z.cached_migrate_pfn[0], 3 * BLOCK);
	assert_int_equal(z.cached_migrate_pfn[1], 0);
	machine_fini(&m);
}

/*
 * For a costly order the lists are asked first. Below half of the way lies 1600; 6144 is too high.
 *
 *      list of order 4:  6144  1600  3072   ->   3072  6144  1600
 */
static void fast_search_for_pages_turns_the_list(void **state)
{
	struct machine m;
	struct buddy_range r;

	(void)state;
	for (int profile = OLD; profile <= NEW; profile++) {
		struct buddy_compaction c = run_for(9, BUDDY_COMPACT_ASYNC, BUDDY_COMPACT_DIRECT);

		make(&m, profile);
		machine_free(&m, 6144, 4, BUDDY_MOVABLE);
		machine_free(&m, 1600, 4, BUDDY_MOVABLE);
		machine_free(&m, 3072, 4, BUDDY_MOVABLE);
		buddy_compact_begin(m.b, &c);
		assert_int_equal(buddy_compact_next_source(m.b, &c, &r), 0);
		assert_int_equal(c.turned_pfn, 1600);
		ASSERT_LIST(&m, 4, BUDDY_MOVABLE, 3072, 6144, 1600);
		assert_int_equal(r.start_pfn, 1536);
		assert_int_equal(c.fast_start_pfn, 1600);
		/* 6.1 marks its find, and its scan is then turned away by the mark. */
		assert_int_equal(buddy_skip(m.b, 1536), profile == OLD);
		assert_int_equal(buddy_compact_source_empty(m.b, &c, &r), profile == OLD);
		machine_fini(&m);
	}
}

static void failed_search_for_pages_goes_back_to_the_lowest_find(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, 0);
	struct buddy_range r;

	(void)state;
	make(&m, NEW);
	buddy_compact_begin(m.b, &c);
	c.migrate_pfn = 4 * BLOCK;
	c.fast_start_pfn = 2 * BLOCK + 64;
	assert_int_equal(buddy_compact_next_source(m.b, &c, &r), 0);
	assert_int_equal(r.start_pfn, 2 * BLOCK + 64);
	assert_int_equal(c.failures, 1);
	assert_int_equal(c.fast_start_pfn, UINT64_MAX);
	machine_fini(&m);
}

/* A pageblock where nothing was found is skipped from then on; one that gave pages is left at what was reached. */
static void scanned_pageblock_is_remembered(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(3, BUDDY_COMPACT_SYNC_LIGHT, 0);
	struct buddy_range r;
	struct buddy_compact_zone z;

	(void)state;
	make(&m, NEW);
	buddy_compact_begin(m.b, &c);
	buddy_compact_iterate(m.b, &c);
	assert_int_equal(buddy_compact_next_source(m.b, &c, &r), 0);
	buddy_compact_source_scanned(m.b, &c, &r, BLOCK, 0);
	assert_true(buddy_skip(m.b, 0));
	assert_int_equal(c.migrate_pfn, BLOCK);
	buddy_compact_zone_get(m.b, 0, &z);
	assert_int_equal(z.cached_migrate_pfn[1], 2 * BLOCK);
	assert_false(buddy_compact_drains(&c));
	assert_int_equal(buddy_compact_next_source(m.b, &c, &r), 0);
	buddy_compact_source_scanned(m.b, &c, &r, BLOCK + 40, 32);
	assert_true(buddy_skip(m.b, BLOCK));
	assert_int_equal(c.migrate_pages, 32);
	assert_int_equal(c.last_migrated_pfn, BLOCK);
	buddy_compact_zone_get(m.b, 0, &z);
	assert_int_equal(z.cached_migrate_pfn[1], 2 * BLOCK);
	machine_fini(&m);
}

/* 6.1: the first frame has to be the one isolated first; the model goes by whether it seems to be on an LRU list. */
static void older_kernel_marks_by_the_first_frame(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(3, BUDDY_COMPACT_SYNC_LIGHT, 0);
	struct buddy_range r;

	(void)state;
	make(&m, OLD);
	buddy_set_movable(m.b, BLOCK, true);
	buddy_compact_begin(m.b, &c);
	for (uint64_t block = 0; block < 2; block++) {
		assert_int_equal(buddy_compact_next_source(m.b, &c, &r), 0);
		assert_int_equal(r.start_pfn, block * BLOCK);
		buddy_compact_source_scanned(m.b, &c, &r, (block + 1) * BLOCK, 10);
		assert_int_equal(buddy_skip(m.b, block * BLOCK), block == 1);
	}
	machine_fini(&m);
}

/*
 * Order 3 wanted, pages of [0, 40) migrated. 6.1 drains when the scanner has left the block where the iteration began;
 * where some failed, an asynchronous direct run goes on behind the block and does not drain.
 */
static void drains_when_the_block_is_left_behind(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(3, BUDDY_COMPACT_ASYNC, BUDDY_COMPACT_DIRECT);
	struct buddy_range r;

	(void)state;
	make(&m, OLD);
	buddy_compact_begin(m.b, &c);
	c.migrate_pfn = BLOCK + 8;
	buddy_compact_iterate(m.b, &c);
	assert_int_equal(buddy_compact_next_source(m.b, &c, &r), 0);
	buddy_compact_source_scanned(m.b, &c, &r, BLOCK + 15, 4);
	assert_int_equal(c.migrate_pages, 4);
	assert_false(buddy_compact_migrated(m.b, &c, false));
	assert_int_equal(c.migrate_pages, 0); /* "All pages were either migrated or will be released" */
	assert_false(buddy_compact_drains(&c));
	buddy_compact_iterate(m.b, &c);
	assert_true(c.finish_block);
	assert_int_equal(buddy_compact_next_source(m.b, &c, &r), 0);
	buddy_compact_source_scanned(m.b, &c, &r, BLOCK + 24, 0);
	assert_true(buddy_compact_drains(&c));
	assert_false(buddy_compact_drains(&c));
	assert_int_equal(buddy_compact_next_source(m.b, &c, &r), 0);
	buddy_compact_source_scanned(m.b, &c, &r, BLOCK + 27, 2);
	assert_false(buddy_compact_migrated(m.b, &c, true));
	assert_int_equal(c.migrate_pfn, BLOCK + 32);
	assert_false(buddy_compact_drains(&c));
	machine_fini(&m);
}

/* 6.12: a pageblock of which a page failed is looked at to its end, once. */
static void newer_kernel_finishes_a_failed_pageblock(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, 0);

	(void)state;
	make(&m, NEW);
	buddy_compact_begin(m.b, &c);
	c.migrate_pfn = BLOCK + 40;
	c.last_migrated_pfn = BLOCK;
	assert_true(buddy_compact_migrated(m.b, &c, true));
	assert_true(c.finish_block);
	assert_int_equal(c.last_migrated_pfn, 0);
	assert_false(buddy_compact_migrated(m.b, &c, true));
	machine_fini(&m);
}

/* 6.12, compact_zone(): at its start, without regard to marks, once it is finished, or when all is tried at once. */
static void a_failed_pageblock_is_left_for_any_of_four_reasons(void **state)
{
	static const struct {
		uint64_t pfn;
		unsigned mode, flags;
		bool finish, again;
	} cases[] = {
		{ BLOCK + 40, BUDDY_COMPACT_SYNC_LIGHT, 0, false, true },
		{ BLOCK + 40, BUDDY_COMPACT_ASYNC, BUDDY_COMPACT_DIRECT, false, true },
		{ 2 * BLOCK, BUDDY_COMPACT_SYNC_LIGHT, 0, false, false },
		{ BLOCK + 40, BUDDY_COMPACT_SYNC_LIGHT, BUDDY_COMPACT_IGNORE_SKIP, false, false },
		{ BLOCK + 40, BUDDY_COMPACT_SYNC_LIGHT, 0, true, false },
		{ BLOCK + 40, BUDDY_COMPACT_SYNC, 0, false, false },
	};
	struct machine m;

	(void)state;
	make(&m, NEW);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buddy_compaction c = run_for(4, cases[i].mode, cases[i].flags);

		buddy_compact_begin(m.b, &c);
		c.migrate_pfn = cases[i].pfn;
		c.last_migrated_pfn = BLOCK;
		c.finish_block = cases[i].finish;
		assert_int_equal(buddy_compact_migrated(m.b, &c, true), cases[i].again);
		assert_int_equal(c.last_migrated_pfn, BLOCK); /* only a huge page is not drained for */
	}
	machine_fini(&m);
}

/* --- Marks -------------------------------------------------------------------------------------------------------- */

/*
 * Pageblock 2 has a page to migrate, 13 a free block at a sampled frame, 14 one between the samples:
 *
 *      pb 0 .. 15, all marked   ->   2 and 13 are not any more, and the scanners begin there
 */
static void reset_clears_marks_where_something_is(void **state)
{
	struct machine m;
	struct buddy_compact_zone z = { .flush = true };

	(void)state;
	make(&m, OLD);
	for (uint64_t block = 0; block < 16; block++)
		buddy_skip_set(m.b, block * BLOCK, true);
	buddy_set_movable(m.b, 2 * BLOCK + 16, true);
	machine_free(&m, 13 * BLOCK + 8, 0, BUDDY_MOVABLE);
	machine_free(&m, 14 * BLOCK + 9, 0, BUDDY_MOVABLE);
	buddy_compact_zone_set(m.b, 0, &z);
	assert_true(buddy_skip_reset(m.b, 0));
	for (uint64_t block = 0; block < 16; block++)
		assert_int_equal(buddy_skip(m.b, block * BLOCK), block != 2 && block != 13);
	buddy_compact_zone_get(m.b, 0, &z);
	assert_int_equal(z.cached_migrate_pfn[0], 2 * BLOCK);
	assert_int_equal(z.init_migrate_pfn, 2 * BLOCK);
	assert_int_equal(z.cached_free_pfn, 13 * BLOCK + 511);
	assert_int_equal(z.init_free_pfn, 13 * BLOCK + 511);
	assert_false(z.flush);
	assert_false(buddy_skip_reset(m.b, 0));
	machine_fini(&m);
}

/* Both would do; the list is looked at from its tail: 6144  1024  7168. Source: fast_isolate_freepages(). */
static void fast_search_begins_at_the_tail(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, 0);
	uint64_t pfn = 0;
	unsigned order = 0;

	(void)state;
	make(&m, OLD);
	machine_free(&m, 6144, 3, BUDDY_MOVABLE);
	machine_free(&m, 1024, 3, BUDDY_MOVABLE);
	machine_free(&m, 7168, 3, BUDDY_MOVABLE);
	buddy_compact_begin(m.b, &c);
	assert_int_equal(buddy_compact_search(m.b, &c, 0, &pfn, &order), 0);
	assert_int_equal(pfn, 7168);
	machine_fini(&m);
}

/*
 * Nothing in the top quarter, from 5632 on, but something above the middle, 3584:
 *
 *      list of order 3:  1024  4096  512       4096 becomes the first before it is taken: (4096)  512  1024
 */
static void fast_search_for_want_of_better_takes_the_highest_and_turns_the_list(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, 0);
	uint64_t pfn = 0;
	unsigned order = 0;

	(void)state;
	make(&m, OLD);
	machine_free(&m, 1024, 3, BUDDY_MOVABLE);
	machine_free(&m, 4096, 3, BUDDY_MOVABLE);
	machine_free(&m, 512, 3, BUDDY_MOVABLE);
	buddy_compact_begin(m.b, &c);
	assert_int_equal(buddy_compact_search(m.b, &c, 0, &pfn, &order), 0);
	assert_int_equal(pfn, 4096);
	ASSERT_LIST(&m, 3, BUDDY_MOVABLE, 512, 1024);
	machine_fini(&m);
}

/*
 * After five failures a list is looked at as far as ((32 >> 5) + 1) / 2 = 1 block, from its tail, and turned there even
 * when that is no good: the next search sees another block. Source: freelist_scan_limit(), move_freelist_head().
 *
 *      list of order 3:  512  1024  1536   ->   1536  512  1024
 */
static void fast_search_that_stops_turns_the_list_there(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, 0);
	uint64_t pfn = 0;
	unsigned order = 0;

	(void)state;
	make(&m, OLD);
	for (uint64_t i = 1; i <= 3; i++)
		machine_free(&m, i * BLOCK, 3, BUDDY_MOVABLE);
	buddy_compact_zone_set(m.b, 0, &(struct buddy_compact_zone){ .cached_free_pfn = 15 * BLOCK,
								     .init_free_pfn = FRAMES });
	buddy_compact_begin(m.b, &c);
	c.failures = 5;
	assert_int_equal(buddy_compact_search(m.b, &c, 0, &pfn, &order), -ENOENT);
	assert_int_equal(c.searched, 1);
	ASSERT_LIST(&m, 3, BUDDY_MOVABLE, 1536, 512, 1024);
	machine_fini(&m);
}

/* A search in vain begins the next one an order lower; below 0 comes the highest again. Source: next_search_order(). */
static void fast_searches_take_turns_at_the_orders(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(3, BUDDY_COMPACT_SYNC_LIGHT, 0);
	uint64_t pfn = 0;
	unsigned order = 0;

	(void)state;
	make(&m, OLD);
	for (int expected = 1; expected > -3; expected--) {
		buddy_compact_begin(m.b, &c);
		assert_int_equal(buddy_compact_search(m.b, &c, 0, &pfn, &order), -ENOENT);
		assert_int_equal(c.search_order, expected >= 0 ? expected : 3 + expected);
	}
	assert_int_equal(c.failures, 4);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_begins_where_the_last_one_stopped),
		cmocka_unit_test(positions_outside_the_zone_become_its_ends),
		cmocka_unit_test(scanners_meet_in_one_pageblock_and_the_next_run_starts_anew),
		cmocka_unit_test(fast_search_takes_a_block_of_the_top_quarter),
		cmocka_unit_test(fast_search_stops_at_a_watermark),
		cmocka_unit_test(failed_fast_search_moves_the_free_scanner),
		cmocka_unit_test(linear_scan_visits_suitable_pageblocks_downwards),
		cmocka_unit_test(newer_kernel_spares_blocks_of_the_wanted_order),
		cmocka_unit_test(an_order_of_0_spares_whole_pageblocks_only),
		cmocka_unit_test(compound_pages_shift_the_strides),
		cmocka_unit_test(frames_of_an_exact_request_shift_no_stride),
		cmocka_unit_test(holes_are_passed_by),
		cmocka_unit_test(a_huge_page_is_passed_by_in_each_of_its_pageblocks),
		cmocka_unit_test(hasty_run_stays_in_pageblocks_of_its_type),
		cmocka_unit_test(fast_search_for_pages_turns_the_list),
		cmocka_unit_test(failed_search_for_pages_goes_back_to_the_lowest_find),
		cmocka_unit_test(scanned_pageblock_is_remembered),
		cmocka_unit_test(older_kernel_marks_by_the_first_frame),
		cmocka_unit_test(drains_when_the_block_is_left_behind),
		cmocka_unit_test(newer_kernel_finishes_a_failed_pageblock),
		cmocka_unit_test(a_failed_pageblock_is_left_for_any_of_four_reasons),
		cmocka_unit_test(reset_clears_marks_where_something_is),
		cmocka_unit_test(fast_search_begins_at_the_tail),
		cmocka_unit_test(fast_search_for_want_of_better_takes_the_highest_and_turns_the_list),
		cmocka_unit_test(fast_search_that_stops_turns_the_list_there),
		cmocka_unit_test(fast_searches_take_turns_at_the_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
