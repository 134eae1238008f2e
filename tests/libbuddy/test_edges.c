// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compaction where zones and free blocks do not begin with a pageblock. The lockstep with the reference (tests/oracle)
 * found these.
 */
#include "compaction.h"

#include <errno.h>

/* Two zones that share a pageblock: [0, 1792), [1792, 4096). */
#define BORDER (3 * BLOCK + 256)
#define UPPER 1

static void make_ragged(struct machine *m, int profile)
{
	const struct buddy_zone_config zones[] = {
		{ 0, BUDDY_ZONE_DMA32, "DMA32", 0, BORDER },
		{ 0, BUDDY_ZONE_NORMAL, "Normal", BORDER, 8 * BLOCK - BORDER },
	};
	const struct buddy_config config = { .profile = buddy_profile_at((size_t)profile),
					     .zones = zones,
					     .zone_count = 2,
					     .cpu_count = 1,
					     .pageblock_order = 9 };

	machine_from(m, &config);
}

/*
 * A search that finds nothing sends the free scanner to the middle, which is the pageblock that both zones have.
 * Return: whether it is looked at then. Source: fast_isolate_freepages().
 */
static bool failed_search_looks(int profile, bool with_hole, struct buddy_range *range)
{
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, BUDDY_COMPACT_DIRECT);
	struct machine m;
	uint64_t pfn;
	unsigned order;
	bool looks;

	make_ragged(&m, profile);
	assert_int_equal(buddy_hole_set(m.b, 6 * BLOCK, with_hole), 0);
	c.zone = UPPER;
	buddy_compact_begin(m.b, &c);
	c.free_pfn = 4 * BLOCK;
	c.migrate_pages = 4;
	assert_int_equal(buddy_compact_search(m.b, &c, 0, &pfn, &order), -ENOENT);
	assert_int_equal(c.free_pfn, 3 * BLOCK);
	looks = buddy_compact_next_target(m.b, &c, range);
	machine_fini(&m);
	return looks;
}

static void a_failed_search_looks_at_its_part_of_a_shared_pageblock(void **state)
{
	struct buddy_range range;

	(void)state;
	for (int profile = OLD; profile <= NEW; profile++) {
		assert_true(failed_search_looks(profile, false, &range));
		assert_int_equal(range.start_pfn, BORDER);
		assert_int_equal(range.end_pfn, 4 * BLOCK);
	}
}

/* The kernel asks whose page that is only in a zone with holes. Source: pageblock_pfn_to_page(). */
static void with_a_hole_anywhere_the_shared_pageblock_is_none(void **state)
{
	struct buddy_range range;

	(void)state;
	for (int profile = OLD; profile <= NEW; profile++)
		assert_false(failed_search_looks(profile, true, &range));
}

/* Frame 0 is better than nothing nowhere but at the start of memory. Source: fast_isolate_freepages(). */
static void a_block_at_frame_0_is_no_candidate(void **state)
{
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, 0);
	struct machine m;
	uint64_t pfn = 1;
	unsigned order;

	(void)state;
	make(&m, OLD);
	machine_free(&m, 0, 3, BUDDY_MOVABLE);
	buddy_compact_begin(m.b, &c);
	/* Half of what lies between reaches down to pageblock 0, a quarter does not. */
	c.migrate_pfn = 1;
	c.free_pfn = BLOCK + 188;
	c.migrate_pages = 4;
	assert_int_equal(buddy_compact_search(m.b, &c, 0, &pfn, &order), -ENOENT);
	machine_fini(&m);
}

/* Scanners that have passed each other have no middle. */
static void a_failed_search_of_scanners_that_met_stays(void **state)
{
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, BUDDY_COMPACT_DIRECT);
	struct machine m;
	uint64_t pfn;
	unsigned order;

	(void)state;
	make(&m, OLD);
	buddy_compact_begin(m.b, &c);
	c.migrate_pfn = 3 * BLOCK;
	c.free_pfn = BLOCK;
	c.migrate_pages = 4;
	assert_int_equal(buddy_compact_search(m.b, &c, 0, &pfn, &order), -ENOENT);
	assert_int_equal(c.free_pfn, BLOCK);
	machine_fini(&m);
}

static void the_second_half_of_a_free_block_is_empty_too(void **state)
{
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_ASYNC, 0);
	const struct buddy_range second = { BLOCK, 2 * BLOCK, 1 }, third = { 2 * BLOCK, 3 * BLOCK, 1 };
	struct machine m;

	(void)state;
	make(&m, OLD);
	machine_free(&m, 0, 10, BUDDY_MOVABLE);
	buddy_compact_begin(m.b, &c);
	assert_true(buddy_compact_source_empty(m.b, &c, &second));
	assert_false(buddy_compact_source_empty(m.b, &c, &third));
	machine_fini(&m);
}

/* Source: isolate_migratepages_block(). */
static void older_kernel_marks_at_the_end_whatever_the_run_says(void **state)
{
	(void)state;
	for (int profile = OLD; profile <= NEW; profile++) {
		struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC, BUDDY_COMPACT_NO_SET_SKIP);
		struct buddy_range range;
		struct machine m;

		make(&m, profile);
		buddy_compact_begin(m.b, &c);
		assert_int_equal(buddy_compact_next_source(m.b, &c, &range), 0);
		buddy_compact_source_scanned(m.b, &c, &range, range.end_pfn, 0);
		assert_int_equal(buddy_skip(m.b, range.start_pfn), profile == OLD);
		machine_fini(&m);
	}
}

/* Source: isolate_migratepages_block(), which passes compound pages by before it looks at the LRU list. */
static void older_kernel_marks_by_no_compound_page(void **state)
{
	(void)state;
	for (int profile = OLD; profile <= NEW; profile++) {
		struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, 0);
		struct buddy_range range;
		struct machine m;

		make(&m, profile);
		assert_int_equal(buddy_set_movable(m.b, 0, true), 0);
		assert_int_equal(buddy_set_compound(m.b, 0, 2), 0);
		buddy_compact_begin(m.b, &c);
		assert_int_equal(buddy_compact_next_source(m.b, &c, &range), 0);
		buddy_compact_source_scanned(m.b, &c, &range, 32, 1);
		assert_int_equal(buddy_skip(m.b, 0), profile == NEW);
		machine_fini(&m);
	}
}

static void a_compound_page_is_cut_out_of_its_block(void **state)
{
	struct machine m;
	struct buddy_block block;
	struct buddy_request request = { .gfp = GFP_HIGHUSER_MOVABLE, .order = 3 };

	(void)state;
	machine_plain(&m, 64, 0, 1);
	assert_int_equal(buddy_add_range(m.b, 0, 64), 0);
	assert_int_equal(buddy_alloc_pages(m.b, &request, &block), 0);
	assert_int_equal(buddy_set_compound(m.b, block.pfn + 2, 1), 0);
	assert_true(buddy_piece_at(m.b, block.pfn + 2, block.pfn + 4).movable);
	assert_true(buddy_piece_at(m.b, block.pfn + 4, block.pfn + 8).movable);
	assert_int_equal(buddy_free_pages(m.b, 0, block.pfn, 3), 0);
	assert_sound(&m);
	assert_int_equal(buddy_set_compound(m.b, block.pfn, 1), -EINVAL);
	machine_fini(&m);
}

/* At frame 0 positions would count on below it. Source: __reset_isolation_suitable(). */
static void marks_of_a_zone_smaller_than_a_pageblock_are_reset(void **state)
{
	struct buddy_compact_zone z = { .flush = true };
	struct machine m;

	(void)state;
	machine_plain(&m, 64, 0, 1);
	assert_int_equal(buddy_skip_set(m.b, 0, true), 0);
	machine_free(&m, 56, 3, BUDDY_MOVABLE);
	assert_int_equal(buddy_set_movable(m.b, 0, true), 0);
	buddy_compact_zone_set(m.b, 0, &z);
	assert_true(buddy_skip_reset(m.b, 0));
	assert_false(buddy_skip(m.b, 0));
	buddy_compact_zone_get(m.b, 0, &z);
	assert_int_equal(z.cached_migrate_pfn[0], 0);
	assert_int_equal(z.cached_free_pfn, 63);
	assert_false(z.flush);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_search_looks_at_its_part_of_a_shared_pageblock),
		cmocka_unit_test(with_a_hole_anywhere_the_shared_pageblock_is_none),
		cmocka_unit_test(a_block_at_frame_0_is_no_candidate),
		cmocka_unit_test(a_failed_search_of_scanners_that_met_stays),
		cmocka_unit_test(the_second_half_of_a_free_block_is_empty_too),
		cmocka_unit_test(older_kernel_marks_at_the_end_whatever_the_run_says),
		cmocka_unit_test(older_kernel_marks_by_no_compound_page),
		cmocka_unit_test(a_compound_page_is_cut_out_of_its_block),
		cmocka_unit_test(marks_of_a_zone_smaller_than_a_pageblock_are_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
