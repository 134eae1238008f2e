// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frees: what they refuse, by which type they go, what compaction captures of them.
 *
 * Source: __free_one_page, free_unref_page_list, compaction_capture, __isolate_free_page, mm/page_alloc.c 6.1;
 * split_large_buddy, __free_one_page, 6.12.
 */
#include <errno.h>

#include "machine.h"

/*
 *      0  1  2       4  5  6       8          16
 *      |  |F |  F 1  |F |  | freed |   F 3    |      frame 1 goes to the tail: once frame 0 comes, the pair merges
 */
static void a_block_merges_with_a_buddy_of_its_own_order_only(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 0, 1);
	machine_free(&m, 2, 1, BUDDY_MOVABLE);
	machine_free(&m, 8, 3, BUDDY_MOVABLE);
	assert_int_equal(buddy_free_direct(m.b, 0, 4, 0, 0), 0);
	assert_int_equal(buddy_free_direct(m.b, 0, 1, 0, 0), 0);
	ASSERT_LIST(&m, 0, BUDDY_MOVABLE, 4, 1);
	ASSERT_LIST(&m, 1, BUDDY_MOVABLE, 2);
	/* [6, 8) has [4, 6) as its buddy, whose first half alone is free. */
	assert_int_equal(buddy_free_direct(m.b, 0, 6, 1, 0), 0);
	ASSERT_LIST(&m, 0, BUDDY_MOVABLE, 4, 1);
	ASSERT_LIST(&m, 1, BUDDY_MOVABLE, 6, 2);
	assert_int_equal(buddy_stats(m.b)->merges, 0);
	assert_sound(&m);
	machine_fini(&m);
}

/* The zone ends at 700, inside the block [696, 704). */
static void a_block_that_sticks_out_of_the_zone_is_refused(void **state)
{
	struct machine m;
	struct buddy_block block = { .pfn = 700 };

	(void)state;
	machine_plain(&m, 700, 0, 1);
	assert_int_equal(buddy_free_pages(m.b, 0, 696, 3), -ERANGE);
	assert_int_equal(buddy_free_pages(m.b, 0, 700, 0), -ERANGE);
	assert_int_equal(buddy_free_pages(m.b, 0, 699, 0), 0);
	assert_int_equal(buddy_take(m.b, 0, 696, 3), -ERANGE);
	assert_int_equal(buddy_put_back(m.b, 0, &block), -ERANGE);
	assert_int_equal(buddy_set_compound(m.b, 696, 3), -ERANGE);
	assert_int_equal(buddy_set_compound(m.b, 704, 3), -ERANGE);
	assert_int_equal(buddy_set_movable(m.b, 700, true), -ERANGE);
	ASSERT_LIST(&m, 0, BUDDY_MOVABLE, 699);
	assert_sound(&m);
	machine_fini(&m);
}

static void arguments_out_of_range_are_refused(void **state)
{
	struct machine m;
	struct buddy_block block = { .pfn = 8, .order = BUDDY_ORDER_COUNT };
	unsigned order = 99;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	assert_int_equal(buddy_free_prepare(m.b, 16, 4), -EINVAL); /* no per-CPU list has this order */
	assert_int_equal(buddy_free_prepare(m.b, 1024, 0), -ERANGE);
	assert_int_equal(buddy_prepared_order(m.b, 1024, &order), -ERANGE);
	assert_int_equal(buddy_prepared_order(m.b, 5, &order), -ENOENT);
	assert_int_equal(buddy_free_commit(m.b, 0, 1024), -ERANGE);
	assert_int_equal(buddy_free_commit(m.b, 0, 5), -ENOENT);
	assert_int_equal(buddy_free_direct(m.b, 0, 5, 0, BUDDY_FREE_PREPARED), -ENOENT);
	assert_int_equal(buddy_take(m.b, 0, 9, 1), -EINVAL);
	assert_int_equal(buddy_take(m.b, 1, 8, 1), -EINVAL);
	assert_int_equal(buddy_take(m.b, 0, 0, BUDDY_ORDER_COUNT), -EINVAL);
	assert_int_equal(buddy_put_back(m.b, 0, &block), -EINVAL);
	block.order = 0;
	assert_int_equal(buddy_put_back(m.b, 1, &block), -EINVAL);
	block.type = BUDDY_TYPE_COUNT;
	assert_int_equal(buddy_put_back(m.b, 0, &block), -EINVAL);
	assert_int_equal(buddy_set_compound(m.b, 8, 0), -EINVAL);
	assert_int_equal(buddy_set_compound(m.b, 0, BUDDY_ORDER_COUNT), -EINVAL);
	assert_int_equal(buddy_set_compound(m.b, 9, 1), -EINVAL);
	assert_int_equal(buddy_putback_isolated(m.b, 0, 8, 0, BUDDY_TYPE_COUNT), -EINVAL);
	assert_int_equal(buddy_putback_isolated(m.b, 0, 1024, 0, 0), -ERANGE);
	assert_int_equal(order, 99);
	/* A free block is neither freed, put back nor said to be compound. */
	machine_free(&m, 8, 3, BUDDY_MOVABLE);
	assert_int_equal(buddy_putback_isolated(m.b, 0, 8, 3, BUDDY_MOVABLE), -EEXIST);
	assert_int_equal(buddy_set_compound(m.b, 8, 1), -EINVAL);
	block = (struct buddy_block){ .pfn = 8, .order = 3 };
	assert_int_equal(buddy_put_back(m.b, 0, &block), -EEXIST);
	assert_int_equal(buddy_take(m.b, 0, 0, 4), -EEXIST);
	assert_sound(&m);
	machine_fini(&m);
}

/* 33 frames: the lock is dropped once, after 32. A frame that is free already ends the preparation. */
static void a_list_of_frames_drops_the_lock_every_32(void **state)
{
	struct machine m;
	uint64_t pfns[33];

	(void)state;
	machine_plain(&m, 1024, 640, 8);
	for (unsigned i = 0; i < 33; i++)
		pfns[i] = 2 * i;
	assert_int_equal(buddy_free_list(m.b, 0, pfns, 32), 0);
	assert_int_equal(buddy_stats(m.b)->pcp_locks, 1);
	for (unsigned i = 0; i < 33; i++)
		pfns[i] = 512 + 2 * i;
	assert_int_equal(buddy_free_list(m.b, 0, pfns, 33), 0);
	assert_int_equal(buddy_stats(m.b)->pcp_locks, 3);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 65);
	assert_int_equal(buddy_free_list(m.b, 0, pfns, 1), -EEXIST);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 65);
	machine_fini(&m);
}

/* Between the halves of a listed free the pageblock is isolated: the type is read again under the lock. */
static void a_frame_prepared_before_isolation_goes_to_the_isolated_list(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	assert_int_equal(buddy_free_prepare(m.b, 5, 0), 0);
	assert_int_equal(buddy_free_prepare(m.b, 7, 0), 0);
	assert_int_equal(buddy_set_pageblock_type(m.b, 5, BUDDY_ISOLATE), 0);
	assert_int_equal(buddy_free_direct(m.b, 0, 5, 0, BUDDY_FREE_PREPARED), 0);
	ASSERT_LIST(&m, 0, BUDDY_ISOLATE, 5);
	assert_int_equal(buddy_free_pages_counter(m.b, 0), 0);
	/* The other half of the free finds a per-CPU list all the same, and a drain looks again. */
	assert_int_equal(buddy_free_commit(m.b, 0, 7), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 1);
	assert_int_equal(buddy_drain_all(m.b, 0), 0);
	ASSERT_LIST(&m, 0, BUDDY_ISOLATE, 7, 5);
	assert_sound(&m);
	machine_fini(&m);
}

/* Its later frames carry no mark of their own. */
static void a_block_that_is_being_freed_is_not_freed_in_parts(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	assert_int_equal(buddy_free_prepare(m.b, 8, 2), 0);
	for (uint64_t pfn = 8; pfn < 12; pfn++) {
		assert_int_equal(buddy_free_pages(m.b, 0, pfn, 0), -EEXIST);
		assert_int_equal(buddy_free_list(m.b, 0, &pfn, 1), -EEXIST);
	}
	assert_int_equal(buddy_free_pages(m.b, 0, 10, 1), -EEXIST);
	assert_int_equal(buddy_free_pages(m.b, 0, 8, 3), -EEXIST);
	assert_int_equal(buddy_free_commit(m.b, 0, 8), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 4);
	/* What lies beside it is in use as before. */
	assert_int_equal(buddy_free_pages(m.b, 0, 12, 2), 0);
	assert_sound(&m);
	machine_fini(&m);
}

/* A frame of a pageblock that was isolated before it was prepared passes the per-CPU list by. */
static void a_frame_prepared_after_isolation_passes_the_list_by(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	assert_int_equal(buddy_set_pageblock_type(m.b, 5, BUDDY_ISOLATE), 0);
	assert_int_equal(buddy_free_prepare(m.b, 5, 0), 0);
	assert_int_equal(buddy_free_commit(m.b, 0, 5), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 0);
	ASSERT_LIST(&m, 0, BUDDY_ISOLATE, 5);
	assert_sound(&m);
	machine_fini(&m);
}

static const struct buddy_pcp_tuning roomy = { .high_pages = 64, .batch_pages = 8, .high_min_pages = 64,
					       .high_max_pages = 64 };

/* Isolated when it was prepared and no longer: 6.1 frees it past the list all the same, by the type of now. */
static void a_frame_prepared_under_isolation_follows_its_pageblock_out(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	assert_int_equal(buddy_set_pageblock_type(m.b, 5, BUDDY_ISOLATE), 0);
	assert_int_equal(buddy_free_prepare(m.b, 5, 0), 0);
	assert_int_equal(buddy_set_pageblock_type(m.b, 5, BUDDY_UNMOVABLE), 0);
	assert_int_equal(buddy_free_commit(m.b, 0, 5), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 0);
	ASSERT_LIST(&m, 0, BUDDY_UNMOVABLE, 5);
	assert_sound(&m);
	machine_fini(&m);
}

/* Between the halves the pageblock changes its type: 6.1 remembers, 6.12 looks again. */
static void the_first_half_settles_the_type_in_the_older_kernel(void **state)
{
	static const char *const kernels[] = { "6.1", "6.12" };
	static const unsigned types[] = { BUDDY_MOVABLE, BUDDY_UNMOVABLE };
	struct machine m;
	unsigned index;
	uint64_t pfn;
	uint8_t type;

	(void)state;
	for (unsigned newer = 0; newer < 2; newer++)
		for (unsigned direct = 0; direct < 2; direct++) {
			machine_plain_as(&m, kernels[newer], 1024, 64, 8);
			assert_int_equal(buddy_pcp_tune(m.b, 0, 0, &roomy), 0);
			assert_int_equal(buddy_free_prepare(m.b, 8, 2), 0);
			assert_int_equal(buddy_set_pageblock_type(m.b, 8, BUDDY_UNMOVABLE), 0);
			assert_int_equal(direct ? buddy_free_direct(m.b, 0, 8, 2, BUDDY_FREE_PREPARED)
						: buddy_free_commit(m.b, 0, 8), 0);
			index = buddy_pcp_index(m.b, 2, types[newer]);
			assert_int_equal(buddy_pcp_copy(m.b, 0, 0, index, &pfn, &type, 1), !direct);
			assert_int_equal(buddy_drain_all(m.b, 0), 0);
			ASSERT_LIST(&m, 2, types[newer], 8);
			assert_sound(&m);
			machine_fini(&m);
		}
}

/*
 *      0   5        512  600  700         per-CPU list: 600, then its pageblock is isolated; the free of 5 drains it
 *
 * A listed free of 5 and 700: 6.1 frees 700 before anything of the list is drained, 6.12 in its turn.
 */
static void isolated_frames_of_a_list_do_not_wait_in_the_older_kernel(void **state)
{
	static const char *const kernels[] = { "6.1", "6.12" };
	static const uint64_t pfns[] = { 5, 700 };
	struct buddy_pcp_tuning full = { .high_pages = 1, .batch_pages = 2, .high_min_pages = 1, .high_max_pages = 1 };
	struct machine m;

	(void)state;
	for (unsigned newer = 0; newer < 2; newer++) {
		machine_plain_as(&m, kernels[newer], 1024, 64, 8);
		assert_int_equal(buddy_pcp_tune(m.b, 0, 0, &roomy), 0);
		assert_int_equal(buddy_free_pages(m.b, 0, 600, 0), 0);
		assert_int_equal(buddy_set_pageblock_type(m.b, 512, BUDDY_ISOLATE), 0);
		assert_int_equal(buddy_pcp_tune(m.b, 0, 0, &full), 0);
		assert_int_equal(buddy_free_list(m.b, 0, pfns, 2), 0);
		if (newer)
			ASSERT_LIST(&m, 0, BUDDY_ISOLATE, 700, 600);
		else
			ASSERT_LIST(&m, 0, BUDDY_ISOLATE, 600, 700);
		assert_int_equal(buddy_pcp_count(m.b, 0, 0), 1);
		assert_sound(&m);
		machine_fini(&m);
	}
}

/* A drain goes by the pageblock while anything is isolated, and so does what is taken from a per-CPU list. */
static void a_frame_taken_from_a_cpu_leaves_the_rest_isolated(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	assert_int_equal(buddy_free_pages(m.b, 0, 600, 1), 0);
	assert_int_equal(buddy_set_pageblock_type(m.b, 512, BUDDY_ISOLATE), 0);
	assert_int_equal(buddy_take(m.b, 0, 600, 0), 0);
	ASSERT_LIST(&m, 0, BUDDY_ISOLATE, 601);
	assert_sound(&m);
	machine_fini(&m);
}

/* What is isolated is not counted as free: 6.12 counts as it moves, 6.1 when it has moved. */
static void a_pageblock_leaves_the_free_counter_with_its_isolation(void **state)
{
	static const char *const kernels[] = { "6.1", "6.12" };
	struct machine m;

	(void)state;
	for (unsigned newer = 0; newer < 2; newer++) {
		machine_plain_as(&m, kernels[newer], 1024, 64, 8);
		machine_free(&m, 16, 4, BUDDY_MOVABLE);
		machine_free(&m, 512, 3, BUDDY_MOVABLE);
		assert_int_equal(buddy_move_pageblock(m.b, 0, BUDDY_ISOLATE), 16);
		assert_int_equal(buddy_free_pages_counter(m.b, 0), 8);
		assert_sound(&m);
		assert_int_equal(buddy_move_pageblock(m.b, 0, BUDDY_ISOLATE), 16);
		assert_int_equal(buddy_free_pages_counter(m.b, 0), 8);
		assert_int_equal(buddy_move_pageblock(m.b, 0, BUDDY_UNMOVABLE), 16);
		assert_int_equal(buddy_free_pages_counter(m.b, 0), 24);
		ASSERT_LIST(&m, 4, BUDDY_UNMOVABLE, 16);
		assert_sound(&m);
		machine_fini(&m);
	}
}

/*
 *      0                512               1024
 *      | unmovable, used | movable, used   |      freed as one block of order 10
 *
 * 6.1 frees it by its first pageblock's type, which stays what it is. 6.12 frees two pageblocks, and the second one's
 * merge makes the first movable.
 */
static void a_block_of_two_pageblocks_is_freed_by_pageblocks_in_the_newer_kernel(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 2048, 0, 1);
	buddy_set_pageblock_type(m.b, 0, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_free_direct(m.b, 0, 0, 10, 0), 0);
	ASSERT_LIST(&m, 10, BUDDY_UNMOVABLE, 0);
	assert_int_equal(buddy_pageblock_type(m.b, 0), BUDDY_UNMOVABLE);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_MOVABLE);
	machine_fini(&m);
	machine_plain_as(&m, "6.12", 2048, 0, 1);
	buddy_set_pageblock_type(m.b, 0, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_free_direct(m.b, 0, 0, 10, 0), 0);
	ASSERT_LIST(&m, 10, BUDDY_MOVABLE, 0);
	assert_int_equal(buddy_pageblock_type(m.b, 0), BUDDY_MOVABLE);
	assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_MOVABLE);
	assert_int_equal(buddy_stats(m.b)->merges, 1);
	assert_sound(&m);
	machine_fini(&m);
}

/* The wanted order 3 comes about by a merge: the block is kept for the compacting task and not put on a list. */
static void compaction_captures_the_block_that_it_wants(void **state)
{
	struct machine m;
	struct buddy_capture c = { .order = 3, .type = BUDDY_UNMOVABLE };

	(void)state;
	machine_plain(&m, 2048, 0, 1);
	buddy_set_pageblock_type(m.b, 512, BUDDY_UNMOVABLE);
	machine_free(&m, 516, 2, BUDDY_UNMOVABLE);
	buddy_set_capture(m.b, &c);
	assert_int_equal(buddy_free_direct(m.b, 0, 512, 2, 0), 0);
	assert_true(c.done);
	assert_int_equal(c.pfn, 512);
	ASSERT_LIST_EMPTY(&m, 3, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_frame_state(m.b, 515, NULL, NULL), BUDDY_FRAME_IN_USE);
	assert_int_equal(buddy_free_pages_counter(m.b, 0), 0);
	/* One is enough. */
	assert_int_equal(buddy_free_direct(m.b, 0, 528, 3, 0), 0);
	ASSERT_LIST(&m, 3, BUDDY_UNMOVABLE, 528);
	buddy_set_capture(m.b, NULL);
	assert_int_equal(buddy_free_pages(m.b, 0, 512, 3), 0);
	assert_sound(&m);
	machine_fini(&m);
}

/* What a request of @type captures of a free of order 3 on a pageblock of @pageblock_type. */
static bool captures(const char *kernel, unsigned type, unsigned pageblock_type, uint32_t zone)
{
	struct machine m;
	struct buddy_capture c = { .order = 3, .type = (uint8_t)type, .zone = zone };

	machine_plain_as(&m, kernel, 2048, 0, 1);
	buddy_set_pageblock_type(m.b, 512, pageblock_type);
	buddy_set_capture(m.b, &c);
	assert_int_equal(buddy_free_direct(m.b, 0, 512, 3, 0), 0);
	assert_int_equal(buddy_list_length(m.b, 0, 3, pageblock_type), !c.done);
	if (c.done)
		assert_int_equal(buddy_piece_at(m.b, 512, 1024).movable, type == BUDDY_MOVABLE);
	machine_fini(&m);
	return c.done;
}

/* A small request must not spoil a movable pageblock, and some memory is not for every request. */
static void capture_leaves_alone_what_is_not_for_it(void **state)
{
	(void)state;
	assert_true(captures("6.1", BUDDY_UNMOVABLE, BUDDY_RECLAIMABLE, 0));
	assert_false(captures("6.1", BUDDY_UNMOVABLE, BUDDY_RECLAIMABLE, 1)); /* of another zone */
	assert_false(captures("6.1", BUDDY_UNMOVABLE, BUDDY_MOVABLE, 0));
	assert_false(captures("6.1", BUDDY_MOVABLE, BUDDY_MOVABLE, 0));
	assert_false(captures("6.12", BUDDY_UNMOVABLE, BUDDY_MOVABLE, 0));
	assert_true(captures("6.12", BUDDY_MOVABLE, BUDDY_MOVABLE, 0));
	assert_true(captures("6.1", BUDDY_MOVABLE, BUDDY_UNMOVABLE, 0));
	assert_false(captures("6.1", BUDDY_MOVABLE, BUDDY_CMA, 0));
	assert_false(captures("6.1", BUDDY_MOVABLE, BUDDY_ISOLATE, 0));
}

/* What the kernel takes to isolate it is refused at the min mark, unless it is isolated for good already. */
static void isolation_minds_the_mark_except_in_isolated_pageblocks(void **state)
{
	struct machine m;
	struct buddy_zone_tuning t;

	(void)state;
	machine_plain(&m, 2048, 0, 1);
	machine_free(&m, 0, 4, BUDDY_MOVABLE);
	buddy_zone_tuning_get(m.b, 0, &t);
	t.mark_pages[BUDDY_MARK_MIN] = 16;
	buddy_zone_tune(m.b, 0, &t);
	assert_int_equal(buddy_isolate_free(m.b, 0, 0, 4), -EAGAIN);
	assert_int_equal(buddy_isolate_free(m.b, 0, 0, 3), -ENOENT);
	assert_int_equal(buddy_isolate_free(m.b, 0, 2048, 3), -ERANGE);
	buddy_set_pageblock_type(m.b, 0, BUDDY_ISOLATE);
	assert_int_equal(buddy_move_pageblock(m.b, 0, BUDDY_ISOLATE), 16);
	assert_int_equal(buddy_zone_set_free_pages(m.b, 0, 0), 0);
	assert_int_equal(buddy_isolate_free(m.b, 0, 0, 4), 0);
	assert_int_equal(buddy_putback_isolated(m.b, 0, 0, 4, BUDDY_ISOLATE), 0);
	ASSERT_LIST(&m, 4, BUDDY_ISOLATE, 0);
	assert_sound(&m);
	machine_fini(&m);
}

/* Half a pageblock taken at once turns it movable; 6.12 moves the free rest, if the pageblock lies in the zone. */
static void half_a_pageblock_isolated_turns_movable(void **state)
{
	static const char *const kernels[] = { "6.1", "6.12" };
	struct machine m;

	(void)state;
	for (unsigned newer = 0; newer < 2; newer++) {
		machine_plain_as(&m, kernels[newer], 1500, 0, 1);
		for (uint64_t pfn = 0; pfn < 1500; pfn += 512)
			buddy_set_pageblock_type(m.b, pfn, BUDDY_UNMOVABLE);
		machine_free(&m, 0, 8, BUDDY_UNMOVABLE);
		machine_free(&m, 256, 3, BUDDY_UNMOVABLE);
		machine_free(&m, 512, 7, BUDDY_UNMOVABLE);
		machine_free(&m, 1024, 8, BUDDY_UNMOVABLE);
		assert_int_equal(buddy_isolate_free(m.b, 0, 0, 8), 0);
		assert_int_equal(buddy_pageblock_type(m.b, 0), BUDDY_MOVABLE);
		ASSERT_LIST(&m, 3, newer ? BUDDY_MOVABLE : BUDDY_UNMOVABLE, 256);
		assert_int_equal(buddy_isolate_free(m.b, 0, 512, 7), 0);
		assert_int_equal(buddy_pageblock_type(m.b, 512), BUDDY_UNMOVABLE);
		assert_int_equal(buddy_isolate_free(m.b, 0, 1024, 8), 0);
		assert_int_equal(buddy_pageblock_type(m.b, 1024), newer ? BUDDY_UNMOVABLE : BUDDY_MOVABLE);
		machine_fini(&m);
	}
}

/* The reserve for atomic requests and CMA do not turn. */
static void reserved_pageblock_stays_reserved_when_isolated_from(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 2048, 0, 1);
	buddy_set_pageblock_type(m.b, 0, BUDDY_HIGHATOMIC);
	machine_free(&m, 0, 8, BUDDY_HIGHATOMIC);
	machine_free(&m, 512, 9, BUDDY_MOVABLE); /* to stay above the mark */
	assert_int_equal(buddy_isolate_free(m.b, 0, 0, 8), 0);
	assert_int_equal(buddy_pageblock_type(m.b, 0), BUDDY_HIGHATOMIC);
	machine_fini(&m);
}

/* The list's order is 5, 9; what was handed out last comes back in front. */
static void a_block_put_back_is_the_next_one_handed_out(void **state)
{
	struct machine m;
	struct buddy_block block = { .pfn = 3, .type = BUDDY_UNMOVABLE, .path = BUDDY_PATH_PCP };
	uint64_t found[4];

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	assert_int_equal(buddy_load_pcp(m.b, 5, 0, 0, BUDDY_UNMOVABLE), 0);
	assert_int_equal(buddy_load_pcp(m.b, 9, 0, 0, BUDDY_UNMOVABLE), 0);
	assert_int_equal(buddy_put_back(m.b, 0, &block), 0);
	assert_int_equal(buddy_pcp_copy(m.b, 0, 0, 0, found, NULL, 4), 3);
	assert_int_equal(found[0], 3);
	assert_int_equal(found[1], 5);
	/* One of the reserve stands on the movable list. */
	block = (struct buddy_block){ .pfn = 4, .type = BUDDY_HIGHATOMIC, .path = BUDDY_PATH_REFILL };
	assert_int_equal(buddy_put_back(m.b, 0, &block), 0);
	assert_int_equal(buddy_pcp_copy(m.b, 0, 0, 1, found, NULL, 4), 1);
	assert_int_equal(found[0], 4);
	assert_sound(&m);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_merges_with_a_buddy_of_its_own_order_only),
		cmocka_unit_test(a_block_that_sticks_out_of_the_zone_is_refused),
		cmocka_unit_test(arguments_out_of_range_are_refused),
		cmocka_unit_test(a_list_of_frames_drops_the_lock_every_32),
		cmocka_unit_test(a_frame_prepared_before_isolation_goes_to_the_isolated_list),
		cmocka_unit_test(a_block_that_is_being_freed_is_not_freed_in_parts),
		cmocka_unit_test(a_frame_prepared_after_isolation_passes_the_list_by),
		cmocka_unit_test(a_frame_prepared_under_isolation_follows_its_pageblock_out),
		cmocka_unit_test(the_first_half_settles_the_type_in_the_older_kernel),
		cmocka_unit_test(isolated_frames_of_a_list_do_not_wait_in_the_older_kernel),
		cmocka_unit_test(a_frame_taken_from_a_cpu_leaves_the_rest_isolated),
		cmocka_unit_test(a_pageblock_leaves_the_free_counter_with_its_isolation),
		cmocka_unit_test(a_block_of_two_pageblocks_is_freed_by_pageblocks_in_the_newer_kernel),
		cmocka_unit_test(compaction_captures_the_block_that_it_wants),
		cmocka_unit_test(capture_leaves_alone_what_is_not_for_it),
		cmocka_unit_test(isolation_minds_the_mark_except_in_isolated_pageblocks),
		cmocka_unit_test(half_a_pageblock_isolated_turns_movable),
		cmocka_unit_test(reserved_pageblock_stays_reserved_when_isolated_from),
		cmocka_unit_test(a_block_put_back_is_the_next_one_handed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
