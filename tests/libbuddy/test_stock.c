// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compaction's stock of free frames: what a refill puts there, what is taken, returned and left over.
 *
 * The zone has sixteen pageblocks, [0, 8192); frames are in use unless a test frees them.
 */
#include "compaction.h"

#include <errno.h>

static void fill(struct machine *m, struct buddy_compaction *c)
{
	/* Enough to stay above the watermark. */
	machine_free(m, 1024, 6, BUDDY_MOVABLE);
	machine_free(m, 7168, 1, BUDDY_MOVABLE);
	machine_free(m, 7680, 2, BUDDY_MOVABLE);
	buddy_compact_begin(m->b, c);
	c->migrate_pages = 6;
	buddy_compact_refill(m->b, c, 0);
	assert_int_equal(c->free_pages, 6);
}

/* 7680 is isolated first, then 7168: single frames, the last one on top. Source: split_map_pages(). */
static void older_stock_is_single_frames_last_first(void **state)
{
	static const uint64_t expected[] = { 7169, 7168, 7683 };
	struct machine m;
	struct buddy_compaction c = run_for(-1, BUDDY_COMPACT_SYNC, BUDDY_COMPACT_WHOLE_ZONE);
	struct buddy_compact_zone z;
	uint64_t pfn;
	unsigned order;

	(void)state;
	make(&m, OLD);
	fill(&m, &c);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(buddy_compact_take(m.b, &c, 0, &pfn), 0);
		assert_int_equal(pfn, expected[i]);
	}
	assert_int_equal(buddy_compact_return(m.b, &c, 7168, 0), 0);
	assert_int_equal(buddy_compact_release(m.b, &c, &pfn, &order), 0);
	assert_int_equal(pfn, 7168);
	buddy_compact_zone_set(m.b, 0, &(struct buddy_compact_zone){ .cached_free_pfn = 3 * BLOCK });
	while (!buddy_compact_release(m.b, &c, &pfn, &order))
		assert_int_equal(buddy_free_pages(m.b, 0, pfn, order), 0);
	assert_int_equal(c.free_pages, 0);
	/* The next run looks where frames were released. */
	buddy_compact_end(m.b, &c);
	buddy_compact_zone_get(m.b, 0, &z);
	assert_int_equal(z.cached_free_pfn, 15 * BLOCK);
	assert_sound(&m);
	machine_fini(&m);
}

/* Blocks by order, the smallest that suffices is split, its first part taken. Source: compaction_alloc(), 6.12. */
static void newer_stock_is_blocks_by_order(void **state)
{
	static const uint64_t expected[] = { 7168, 7169, 7680 };
	struct machine m;
	struct buddy_compaction c = run_for(-1, BUDDY_COMPACT_SYNC, BUDDY_COMPACT_WHOLE_ZONE);
	uint64_t pfn;
	unsigned order;

	(void)state;
	make(&m, NEW);
	fill(&m, &c);
	/* Nothing in stock can be freed, nor a part of it. */
	assert_int_equal(buddy_free_pages(m.b, 0, 7680, 2), -EEXIST);
	assert_int_equal(buddy_free_pages(m.b, 0, 7681, 0), -EEXIST);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(buddy_compact_take(m.b, &c, 0, &pfn), 0);
		assert_int_equal(pfn, expected[i]);
	}
	assert_int_equal(c.migrate_pages, 3);
	assert_int_equal(c.free_pages, 3);
	assert_int_equal(buddy_compact_take(m.b, &c, 2, &pfn), -ENOENT);
	assert_int_equal(buddy_compact_release(m.b, &c, &pfn, &order), 0);
	assert_int_equal(pfn, 7681);
	assert_int_equal(order, 0);
	assert_int_equal(buddy_compact_drop(m.b, &c, 7682), 0);
	assert_int_equal(buddy_compact_drop(m.b, &c, 7682), -ENOENT);
	assert_int_equal(buddy_compact_release(m.b, &c, &pfn, &order), -ENOENT);
	machine_fini(&m);
}

/* What the fast search took is split like the rest: 6144 .. 6151, the last frame on top. Source: split_map_pages(). */
static void older_stock_of_a_fast_search_is_single_frames(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(9, BUDDY_COMPACT_SYNC_LIGHT, 0);
	uint64_t pfn;

	(void)state;
	make(&m, OLD);
	machine_free(&m, 1024, 6, BUDDY_MOVABLE);
	machine_free(&m, 6144, 3, BUDDY_MOVABLE);
	buddy_compact_begin(m.b, &c);
	c.migrate_pages = 4;
	buddy_compact_refill(m.b, &c, 0);
	assert_int_equal(c.free_pages, 8);
	for (uint64_t expected = 6151; expected >= 6144; expected--) {
		assert_int_equal(buddy_compact_take(m.b, &c, 0, &pfn), 0);
		assert_int_equal(pfn, expected);
	}
	machine_fini(&m);
}

static void a_stock_that_was_emptied_is_filled_again(void **state)
{
	struct machine m;
	uint64_t pfn;

	(void)state;
	for (int profile = OLD; profile <= NEW; profile++) {
		struct buddy_compaction c = run_for(-1, BUDDY_COMPACT_SYNC, BUDDY_COMPACT_WHOLE_ZONE);

		make(&m, profile);
		fill(&m, &c);
		for (unsigned i = 0; i < 6; i++)
			assert_int_equal(buddy_compact_take(m.b, &c, 0, &pfn), 0);
		assert_int_equal(buddy_compact_take(m.b, &c, 0, &pfn), -ENOENT);
		machine_free(&m, 13 * BLOCK, 0, BUDDY_MOVABLE);
		c.migrate_pages = 1;
		buddy_compact_refill(m.b, &c, 0);
		assert_int_equal(buddy_compact_take(m.b, &c, 0, &pfn), 0);
		assert_int_equal(pfn, 13 * BLOCK);
		machine_fini(&m);
	}
}

/* The stock takes back frames in use, and drops frames that it has. */
static void stock_refuses_what_is_not_in_use(void **state)
{
	struct machine m;
	struct buddy_compaction c = run_for(-1, BUDDY_COMPACT_SYNC, BUDDY_COMPACT_WHOLE_ZONE);
	struct buddy_compaction other = run_for(-1, BUDDY_COMPACT_SYNC, BUDDY_COMPACT_WHOLE_ZONE);

	(void)state;
	make(&m, NEW);
	fill(&m, &c);
	buddy_compact_begin(m.b, &other);
	assert_int_equal(buddy_compact_return(m.b, &c, 4096, BUDDY_ORDER_COUNT), -EINVAL);
	assert_int_equal(buddy_compact_return(m.b, &c, 4097, 1), -EINVAL);
	assert_int_equal(buddy_compact_return(m.b, &c, FRAMES, 0), -ERANGE);
	assert_int_equal(buddy_compact_return(m.b, &c, 1024, 6), -EEXIST);
	assert_int_equal(buddy_compact_add(m.b, &c, 0, FRAMES, 0), -ERANGE);
	assert_int_equal(buddy_compact_add(m.b, &c, 0, 4096, 0), -EEXIST);
	assert_int_equal(buddy_compact_drop(m.b, &c, FRAMES), -ENOENT);
	assert_int_equal(buddy_compact_drop(m.b, &other, 7680), -ENOENT); /* in another run's stock */
	assert_true(buddy_in_stock(m.b, 7680));
	assert_false(buddy_in_stock(m.b, FRAMES));
	assert_int_equal(buddy_piece_at(m.b, 7680, FRAMES).order, 2);
	assert_true(buddy_piece_at(m.b, 7680, FRAMES).movable);
	assert_int_equal(buddy_skip_set(m.b, FRAMES, true), -ERANGE);
	assert_int_equal(c.free_pages, 6);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(older_stock_is_single_frames_last_first),
		cmocka_unit_test(newer_stock_is_blocks_by_order),
		cmocka_unit_test(older_stock_of_a_fast_search_is_single_frames),
		cmocka_unit_test(a_stock_that_was_emptied_is_filled_again),
		cmocka_unit_test(stock_refuses_what_is_not_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
