// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is counted where no reference counts along: one list of an attempt, portions of a drain, long listed frees,
 * loads, retries. The rest of buddy_stats is compared after each operation of the lockstep.
 *
 * Source: the counters' definitions in buddy.h; free_unref_page_list, drain_pages_zone, decay_pcp_high,
 * mm/page_alloc.c 6.1; free_unref_folios, 6.12.
 */
#include <errno.h>

#include "machine.h"

/* A try at one list: it is refilled once, then it has a block, and at the end neither it nor the zone has one. */
static void a_try_at_one_list_is_counted_as_part_of_an_attempt(void **state)
{
	struct buddy_request r = { .gfp = GFP_KERNEL };
	const struct buddy_stats *s;
	struct buddy_block block;
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 4);
	machine_free(&m, 8, 1, BUDDY_UNMOVABLE);
	s = buddy_stats(m.b);
	buddy_stats_reset(m.b);
	assert_int_equal(buddy_alloc_from_list(m.b, &r, BUDDY_MARK_LOW, 0, &block), 0);
	assert_int_equal(block.path, BUDDY_PATH_REFILL);
	assert_int_equal(s->allocs, 1);
	assert_int_equal(s->pcp_hits, 0);
	assert_int_equal(s->pcp_locks, 1);
	assert_int_equal(s->zone_locks, 1);
	assert_int_equal(s->pcp_list_ops, 3);
	assert_int_equal(buddy_alloc_from_list(m.b, &r, BUDDY_MARK_LOW, 0, &block), 0);
	assert_int_equal(block.path, BUDDY_PATH_PCP);
	assert_int_equal(s->pcp_hits, 1);
	assert_int_equal(s->pcp_locks, 2);
	assert_int_equal(s->zone_locks, 1);
	assert_int_equal(buddy_alloc_from_list(m.b, &r, BUDDY_MARK_LOW, 0, &block), -ENOMEM);
	assert_int_equal(s->allocs, 2);
	assert_int_equal(s->alloc_failures, 0);
	assert_int_equal(s->refills, 2);
	assert_int_equal(s->pcp_locks, 3);
	assert_int_equal(s->zone_locks, 2);
	machine_fini(&m);
}

/* Each failing attempt is one, a whole request one as well, however often it tries. */
static void failures_are_counted_by_the_call(void **state)
{
	struct buddy_request r = { .gfp = GFP_KERNEL };
	struct buddy_block block;
	struct machine m;
	uint64_t pfns[2];
	uint32_t count;

	(void)state;
	machine_plain(&m, 1024, 64, 4);
	assert_int_equal(buddy_alloc_attempt(m.b, &r, BUDDY_ALLOC_NO_MARKS, &block), -ENOMEM);
	assert_int_equal(buddy_stats(m.b)->alloc_failures, 1);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), -ENOMEM);
	assert_int_equal(buddy_stats(m.b)->alloc_failures, 2);
	assert_int_equal(buddy_alloc_exact(m.b, &r, 3, &block), -ENOMEM);
	assert_int_equal(buddy_stats(m.b)->alloc_failures, 3);
	assert_int_equal(buddy_alloc_bulk(m.b, &r, 2, pfns, &count), -ENOMEM);
	assert_int_equal(buddy_stats(m.b)->alloc_failures, 3);
	machine_fini(&m);
}

/* A section takes both locks, whether or not it finds anything; a drain of an empty list looks at the list only. */
static void a_drain_takes_both_locks_for_a_section(void **state)
{
	const struct buddy_stats *s;
	struct machine m;

	(void)state;
	machine_plain(&m, 4096, 1000, 4);
	s = buddy_stats(m.b);
	for (uint64_t i = 0; i < 150; i++)
		assert_int_equal(buddy_free_pages(m.b, 0, 1024 + 2 * i, 0), 0);
	buddy_stats_reset(m.b);
	assert_int_equal(buddy_drain_portion(m.b, 0, 0, 0, 10), 10);
	assert_int_equal(s->zone_locks, 1);
	assert_int_equal(s->pcp_locks, 1);
	assert_int_equal(s->drained_blocks, 10);
	assert_int_equal(buddy_drain_zone(m.b, 0, 0, 0), 0); /* 128 and 12 */
	assert_int_equal(s->zone_locks, 3);
	assert_int_equal(s->pcp_locks, 3);
	assert_int_equal(s->drained_blocks, 150);
	assert_int_equal(s->pcp_list_ops, 150);
	assert_int_equal(buddy_drain_zone(m.b, 0, 0, 0), 0);
	assert_int_equal(s->zone_locks, 3);
	assert_int_equal(s->pcp_locks, 4);
	assert_int_equal(buddy_drain_portion(m.b, 0, 0, 0, 1), 0);
	assert_int_equal(s->zone_locks, 4);
	assert_int_equal(s->pcp_locks, 5);
	machine_fini(&m);
}

/* 32 frames of one zone, one of another, 32 of the first: three takings, since a new one begins to count anew. */
static void a_listed_free_counts_its_32_frames_anew_for_another_zone(void **state)
{
	static const struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_DMA32, "DMA32", 0, 1024 },
						      { 0, BUDDY_ZONE_NORMAL, "Normal", 1024, 1024 } };
	struct buddy_pcp_tuning pcp = { .high_pages = 100, .batch_pages = 4 };
	struct machine m;
	uint64_t pfns[65];

	(void)state;
	machine_make(&m, z, 2, 1);
	for (uint32_t zone = 0; zone < 2; zone++)
		assert_int_equal(buddy_pcp_tune(m.b, zone, 0, &pcp), 0);
	for (unsigned i = 0; i < 65; i++)
		pfns[i] = i == 32 ? 1024 : 2 * i;
	assert_int_equal(buddy_free_list(m.b, 0, pfns, 65), 0);
	assert_int_equal(buddy_stats(m.b)->pcp_locks, 3);
	assert_int_equal(buddy_stats(m.b)->zone_locks, 0);
	assert_int_equal(buddy_stats(m.b)->frees, 65);
	machine_fini(&m);
}

/*
 *   frames   0  2  512  4       pageblock [512, 1024) is isolated
 *
 * What is isolated goes to the zone: before the others in 6.1, in its place and without the list's lock in 6.12.
 */
static void an_isolated_frame_of_a_list_needs_the_zones_lock(void **state)
{
	static const char *const kernels[2] = { "6.1", "6.12" };
	const struct buddy_pcp_tuning pcp = { .high_pages = 64, .batch_pages = 4, .high_min_pages = 64,
					      .high_max_pages = 64 };
	const uint64_t pfns[4] = { 0, 2, 512, 4 };
	struct machine m;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		machine_plain_as(&m, kernels[i], 1024, 64, 4);
		assert_int_equal(buddy_pcp_tune(m.b, 0, 0, &pcp), 0);
		assert_int_equal(buddy_set_pageblock_type(m.b, 512, BUDDY_ISOLATE), 0);
		assert_int_equal(buddy_free_list(m.b, 0, pfns, 4), 0);
		assert_int_equal(buddy_stats(m.b)->pcp_locks, 1 + i);
		assert_int_equal(buddy_stats(m.b)->zone_locks, 1);
		buddy_stats_reset(m.b);
		assert_int_equal(buddy_free_list(m.b, 0, (const uint64_t[]){ 513 }, 1), 0);
		assert_int_equal(buddy_stats(m.b)->pcp_locks, 0);
		machine_fini(&m);
	}
}

static void loading_counts_nothing(void **state)
{
	const struct buddy_stats none = { 0 };
	struct machine m;

	(void)state;
	machine_plain(&m, 4096, 64, 4);
	assert_int_equal(buddy_load_free(m.b, 8, 2, BUDDY_MOVABLE), 0);
	assert_int_equal(buddy_load_pcp(m.b, 16, 0, buddy_pcp_index(m.b, 0, BUDDY_MOVABLE), BUDDY_MOVABLE), 0);
	/* Blocks of odd orders that merge, and whole ones. */
	assert_int_equal(buddy_add_range(m.b, 1001, 1011), 0);
	assert_int_equal(buddy_add_range(m.b, 1011, 3072), 0);
	assert_memory_equal(buddy_stats(m.b), &none, sizeof(none));
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_try_at_one_list_is_counted_as_part_of_an_attempt),
		cmocka_unit_test(failures_are_counted_by_the_call),
		cmocka_unit_test(a_drain_takes_both_locks_for_a_section),
		cmocka_unit_test(a_listed_free_counts_its_32_frames_anew_for_another_zone),
		cmocka_unit_test(an_isolated_frame_of_a_list_needs_the_zones_lock),
		cmocka_unit_test(loading_counts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
