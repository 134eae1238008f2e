// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kernel with CMA: memory set aside for contiguous allocations, lent to movable requests.
 *
 *      0            512            1024           1536          2048
 *      | movable    | CMA          | movable ...                |
 *
 * Source: __rmqueue, rmqueue_bulk, rmqueue, mm/page_alloc.c 6.1 and 6.12.
 */
#include <errno.h>

#include <buddy/slowpath.h>

#include "machine.h"

static void make(struct machine *m, const char *kernel)
{
	const struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 2048 };
	struct buddy_zone_tuning t = { .present_pages = 2048, .managed_pages = 2048 };
	struct buddy_pcp_tuning p = { .high_pages = 64, .batch_pages = 4, .high_min_pages = 64, .high_max_pages = 64 };

	machine_from(m, &(struct buddy_config){ .profile = buddy_profile_find(kernel), .zones = &z, .zone_count = 1,
						.cpu_count = 1, .pageblock_order = 9, .with_cma = true });
	assert_int_equal(buddy_zone_tune(m->b, 0, &t), 0);
	assert_int_equal(buddy_pcp_tune(m->b, 0, 0, &p), 0);
	assert_int_equal(buddy_set_pageblock_type(m->b, 512, BUDDY_CMA), 0);
}

static int get(struct machine *m, uint32_t gfp, unsigned flags, struct buddy_block *out)
{
	struct buddy_request r = { .gfp = gfp };

	return buddy_alloc_attempt(m->b, &r, flags, out);
}

/* 16 frames free: with 8 of CMA they are half and the others come first; with 12 the CMA ones do. */
static void cma_comes_first_when_more_than_half_of_what_is_free(void **state)
{
	static const char *const kernels[] = { "6.1", "6.12" };
	const unsigned flags = BUDDY_ALLOC_CMA | BUDDY_ALLOC_PAST_PCP;
	struct machine m;
	struct buddy_block block;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		make(&m, kernels[i]);
		machine_free(&m, 8, 3, BUDDY_MOVABLE);
		machine_free(&m, 520, 3, BUDDY_CMA);
		assert_int_equal(get(&m, GFP_HIGHUSER_MOVABLE, flags, &block), 0);
		assert_int_equal(block.pfn, 8);
		assert_int_equal(buddy_put_back(m.b, 0, &block), 0);
		machine_free(&m, 544, 2, BUDDY_CMA);
		assert_int_equal(get(&m, GFP_HIGHUSER_MOVABLE, flags, &block), 0);
		assert_int_equal(block.pfn, 544);
		assert_int_equal(block.type, BUDDY_CMA);
		/* Whoever may not have it gets none of it. */
		assert_int_equal(get(&m, GFP_HIGHUSER_MOVABLE, BUDDY_ALLOC_PAST_PCP, &block), 0);
		assert_int_equal(block.pfn, 8);
		assert_sound(&m);
		machine_fini(&m);
	}
}

/* 1,024 frames are free, 512 of them of CMA, the mark is 600: who may not have those has 512. */
static void free_cma_is_nothing_to_who_may_not_have_it(void **state)
{
	static const char *const kernels[] = { "6.1", "6.12" };
	struct buddy_zone_tuning t;
	struct machine m;
	struct buddy_block block;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		make(&m, kernels[i]);
		machine_free(&m, 0, 9, BUDDY_MOVABLE);
		machine_free(&m, 512, 9, BUDDY_CMA);
		buddy_zone_tuning_get(m.b, 0, &t);
		t.mark_pages[BUDDY_MARK_MIN] = t.mark_pages[BUDDY_MARK_HIGH] = 600;
		assert_int_equal(buddy_zone_tune(m.b, 0, &t), 0);
		assert_int_equal(get(&m, GFP_KERNEL, BUDDY_MARK_MIN, &block), -ENOMEM);
		assert_int_equal(get(&m, GFP_HIGHUSER_MOVABLE, BUDDY_MARK_MIN, &block), -ENOMEM);
		assert_int_equal(get(&m, GFP_HIGHUSER_MOVABLE, BUDDY_MARK_MIN | BUDDY_ALLOC_CMA, &block), 0);
		t.mark_pages[BUDDY_MARK_MIN] = t.mark_pages[BUDDY_MARK_HIGH] = 500;
		assert_int_equal(buddy_zone_tune(m.b, 0, &t), 0);
		assert_int_equal(get(&m, GFP_KERNEL, BUDDY_MARK_MIN, &block), 0);
		machine_fini(&m);
	}
}

/* zone_page_state(): what the CPUs hold back may leave the zone's own counter below 0. */
static void a_counter_below_0_reads_as_0(void **state)
{
	static const char *const kernels[] = { "6.1", "6.12" };
	const unsigned flags = BUDDY_ALLOC_CMA | BUDDY_ALLOC_PAST_PCP | BUDDY_ALLOC_NO_MARKS;
	struct machine m;
	struct buddy_block block;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		make(&m, kernels[i]);
		machine_free(&m, 8, 3, BUDDY_MOVABLE);
		machine_free(&m, 520, 0, BUDDY_CMA);
		assert_int_equal(buddy_zone_set_free_pages(m.b, 0, -4), 0);
		assert_int_equal(get(&m, GFP_HIGHUSER_MOVABLE, flags, &block), 0);
		assert_int_equal(block.pfn, 520);
		machine_fini(&m);
	}
}

/* The movable list is empty: CMA serves before another type's pageblock is broken up. */
static void cma_comes_before_a_fallback(void **state)
{
	static const char *const kernels[] = { "6.1", "6.12" };
	const unsigned flags = BUDDY_ALLOC_CMA | BUDDY_ALLOC_PAST_PCP;
	struct machine m;
	struct buddy_block block;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		make(&m, kernels[i]);
		buddy_set_pageblock_type(m.b, 1024, BUDDY_UNMOVABLE);
		machine_free(&m, 1024, 5, BUDDY_UNMOVABLE);
		machine_free(&m, 520, 0, BUDDY_CMA);
		assert_int_equal(get(&m, GFP_HIGHUSER_MOVABLE, flags, &block), 0);
		assert_int_equal(block.pfn, 520);
		assert_int_equal(buddy_stats(m.b)->fallbacks, 0);
		assert_int_equal(get(&m, GFP_HIGHUSER_MOVABLE, flags, &block), 0);
		assert_int_equal(block.pfn / 512, 2);
		assert_int_equal(buddy_stats(m.b)->fallbacks, 1);
		assert_sound(&m);
		machine_fini(&m);
	}
}

/* A refilled block keeps the type of the list that it came from, and a drain returns it there. */
static void frames_of_cma_travel_on_the_movable_list(void **state)
{
	struct machine m;
	struct buddy_block block;
	uint64_t pfns[8];
	uint8_t types[8];

	(void)state;
	make(&m, "6.1");
	machine_free(&m, 520, 2, BUDDY_CMA);
	assert_int_equal(get(&m, GFP_HIGHUSER_MOVABLE, BUDDY_ALLOC_CMA, &block), 0);
	assert_int_equal(block.path, BUDDY_PATH_REFILL);
	assert_int_equal(block.pfn, 520);
	assert_int_equal(block.type, BUDDY_CMA);
	assert_int_equal(buddy_pcp_copy(m.b, 0, 0, buddy_pcp_index(m.b, 0, BUDDY_MOVABLE), pfns, types, 8), 3);
	assert_int_equal(types[0], BUDDY_CMA);
	assert_int_equal(buddy_drain_all(m.b, 0), 0);
	ASSERT_LIST(&m, 0, BUDDY_CMA, 521);
	ASSERT_LIST(&m, 1, BUDDY_CMA, 522);
	assert_sound(&m);
	machine_fini(&m);
}

/* 6.1 lets a movable request without CMA pass the list that may hold such frames by; 6.12 does not. */
static void only_the_newer_kernel_serves_all_from_the_movable_list(void **state)
{
	struct machine m;
	struct buddy_block block;
	struct buddy_request r = { .gfp = GFP_HIGHUSER_MOVABLE };

	(void)state;
	make(&m, "6.1");
	machine_free(&m, 8, 3, BUDDY_MOVABLE);
	assert_int_equal(buddy_load_pcp(m.b, 100, 0, 1, BUDDY_MOVABLE), 0);
	assert_int_equal(get(&m, GFP_HIGHUSER_MOVABLE, 0, &block), 0);
	assert_int_equal(block.path, BUDDY_PATH_BUDDY);
	assert_int_equal(buddy_alloc_from_list(m.b, &r, 0, 0, &block), -ENOMEM);
	assert_int_equal(get(&m, GFP_HIGHUSER_MOVABLE, BUDDY_ALLOC_CMA, &block), 0);
	assert_int_equal(block.pfn, 100);
	machine_fini(&m);
	make(&m, "6.12");
	machine_free(&m, 8, 3, BUDDY_MOVABLE);
	assert_int_equal(buddy_load_pcp(m.b, 100, 0, 1, BUDDY_MOVABLE), 0);
	assert_int_equal(get(&m, GFP_HIGHUSER_MOVABLE, 0, &block), 0);
	assert_int_equal(block.pfn, 100);
	machine_fini(&m);
}

/* Movable requests alone may have it, on every path. Source: gfp_to_alloc_flags_cma(). */
static void movable_requests_alone_are_given_the_flag(void **state)
{
	struct machine m;
	struct buddy_request movable = { .gfp = GFP_HIGHUSER_MOVABLE }, kernel = { .gfp = GFP_KERNEL };
	struct buddy_slowpath s;

	(void)state;
	make(&m, "6.1");
	assert_true(buddy_fast_flags(m.b, &movable) & BUDDY_ALLOC_CMA);
	assert_false(buddy_fast_flags(m.b, &kernel) & BUDDY_ALLOC_CMA);
	assert_true(buddy_slow_flags(m.b, &movable) & BUDDY_ALLOC_CMA);
	assert_false(buddy_slow_flags(m.b, &kernel) & BUDDY_ALLOC_CMA);
	/* A task that may use the reserves keeps it. */
	movable.task = kernel.task = BUDDY_TASK_MEMALLOC;
	buddy_slow_begin(m.b, &movable, &s);
	buddy_slow_next(m.b, &s, &(struct buddy_outcome){ 0 });
	assert_int_equal(s.alloc_flags, BUDDY_ALLOC_NO_MARKS | BUDDY_ALLOC_KSWAPD | BUDDY_ALLOC_CMA);
	buddy_slow_begin(m.b, &kernel, &s);
	buddy_slow_next(m.b, &s, &(struct buddy_outcome){ 0 });
	assert_int_equal(s.alloc_flags, BUDDY_ALLOC_NO_MARKS | BUDDY_ALLOC_KSWAPD);
	machine_fini(&m);
}

/* A block that only CMA has ends a movable request's compaction, and no other's. Source: __compact_finished(). */
static void compaction_for_a_movable_request_may_end_with_a_block_of_cma(void **state)
{
	struct buddy_compact_state s = { .order = 3, .type = BUDDY_MOVABLE, .pageblock_done = true };
	struct machine m;

	(void)state;
	make(&m, "6.1");
	machine_free(&m, 520, 3, BUDDY_CMA);
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_SUCCESS);
	s.type = BUDDY_UNMOVABLE;
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_NO_PAGE);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cma_comes_first_when_more_than_half_of_what_is_free),
		cmocka_unit_test(free_cma_is_nothing_to_who_may_not_have_it),
		cmocka_unit_test(a_counter_below_0_reads_as_0),
		cmocka_unit_test(cma_comes_before_a_fallback),
		cmocka_unit_test(frames_of_cma_travel_on_the_movable_list),
		cmocka_unit_test(only_the_newer_kernel_serves_all_from_the_movable_list),
		cmocka_unit_test(movable_requests_alone_are_given_the_flag),
		cmocka_unit_test(compaction_for_a_movable_request_may_end_with_a_block_of_cma),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
