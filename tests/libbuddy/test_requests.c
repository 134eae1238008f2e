// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests: zones from GFP, nodes, bulk, exact sizes, attempts.
 *
 * Source: gfp_zone, gfp_migratetype, __alloc_pages, __alloc_pages_bulk, make_alloc_exact, 6.1.
 */
#include <errno.h>

#include "machine.h"

static const struct buddy_zone_config three[] = {
	{ 0, BUDDY_ZONE_DMA, "DMA", 0, 4096 },
	{ 0, BUDDY_ZONE_DMA32, "DMA32", 4096, 4096 },
	{ 0, BUDDY_ZONE_NORMAL, "Normal", 8192, 8192 },
};

static void give(struct machine *m, uint64_t pfn, unsigned order)
{
	for (unsigned type = 0; type < BUDDY_PCP_TYPE_COUNT; type++)
		machine_free(m, pfn + ((uint64_t)type << order), order, type);
}

static uint32_t zone_for(struct machine *m, uint32_t gfp)
{
	struct buddy_request r = { .gfp = gfp };
	struct buddy_block block;

	assert_int_equal(buddy_alloc_pages(m->b, &r, &block), 0);
	assert_int_equal(buddy_free_direct(m->b, 0, block.pfn, 0, 0), 0);
	return block.zone;
}

static void zones_follow_the_gfp_bits(void **state)
{
	struct machine m;

	(void)state;
	machine_make(&m, three, 3, 1);
	give(&m, 1024, 9);
	give(&m, 4096 + 1024, 9);
	give(&m, 8192 + 1024, 9);
	assert_int_equal(zone_for(&m, GFP_KERNEL), 2);
	assert_int_equal(zone_for(&m, GFP_HIGHUSER_MOVABLE), 2);
	assert_int_equal(zone_for(&m, GFP_KERNEL | 0x04), 1); /* __GFP_DMA32 */
	assert_int_equal(zone_for(&m, GFP_DMA), 0);
	machine_fini(&m);
}

static void types_follow_the_gfp_bits(void **state)
{
	static const struct { uint32_t gfp; unsigned type; } cases[] = {
		{ GFP_KERNEL, BUDDY_UNMOVABLE },
		{ GFP_HIGHUSER_MOVABLE, BUDDY_MOVABLE },
		{ GFP_RECLAIMABLE, BUDDY_RECLAIMABLE },
	};
	struct machine m;

	(void)state;
	machine_make(&m, three, 3, 1);
	give(&m, 8192 + 1024, 9);
	for (unsigned i = 0; i < 3; i++) {
		struct buddy_request r = { .gfp = cases[i].gfp, .order = 5 };
		struct buddy_block block;

		assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
		assert_int_equal(block.type, cases[i].type);
		assert_int_equal(block.pfn, 8192 + 1024 + 512 * cases[i].type);
	}
	machine_fini(&m);
}

static void lower_zones_serve_when_the_upper_is_empty(void **state)
{
	struct machine m;
	struct buddy_request r = { .gfp = GFP_KERNEL, .order = 4 };
	struct buddy_block block;

	(void)state;
	machine_make(&m, three, 3, 1);
	give(&m, 1024, 9);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.zone, 0);
	machine_fini(&m);
}

static bool says_below_in_zone_2(void *context, enum buddy_read what, uint32_t zone, bool own)
{
	unsigned *asked = context;

	asked[zone]++;
	return what == BUDDY_READ_MARK && zone == 2 ? false : own;
}

/* Normal has a block, but what the kernel read there said otherwise: DMA32 serves. Source: get_page_from_freelist(). */
static void what_was_read_decides_the_zone(void **state)
{
	unsigned asked[3] = { 0 };
	struct buddy_env env = { .context = asked, .read = says_below_in_zone_2 };
	struct buddy_request r = { .gfp = GFP_KERNEL, .order = 4 };
	struct buddy_block block;
	struct machine m;

	(void)state;
	machine_make(&m, three, 3, 1);
	give(&m, 1024, 9);
	give(&m, 4096, 9);
	give(&m, 8192, 9);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.zone, 2);
	buddy_set_env(m.b, &env);
	assert_int_equal(buddy_alloc_attempt(m.b, &r, BUDDY_MARK_LOW, &block), 0);
	assert_int_equal(block.zone, 1);
	assert_int_equal(asked[2], 1);
	assert_int_equal(asked[1], 1);
	assert_int_equal(asked[0], 0);
	machine_fini(&m);
}

/*
 * The list of one zone alone, refilled from it; the other zone, which has a block too, is not looked at.
 * Source: rmqueue_pcplist().
 */
static void one_list_is_tried_alone(void **state)
{
	struct buddy_request r = { .gfp = GFP_KERNEL };
	struct buddy_block block;
	struct machine m;

	(void)state;
	machine_make(&m, three, 3, 1);
	give(&m, 4096, 9);
	assert_int_equal(buddy_alloc_from_list(m.b, &r, BUDDY_MARK_LOW, 2, &block), -ENOMEM);
	assert_int_equal(buddy_pcp_count(m.b, 1, 0), 0);
	assert_int_equal(buddy_alloc_from_list(m.b, &r, BUDDY_MARK_LOW, 1, &block), 0);
	assert_int_equal(block.zone, 1);
	assert_int_equal(block.path, BUDDY_PATH_REFILL);
	r.order = 4;
	assert_int_equal(buddy_alloc_from_list(m.b, &r, BUDDY_MARK_LOW, 1, &block), -ENOMEM);
	assert_int_equal(buddy_alloc_from_list(m.b, &r, BUDDY_MARK_LOW, 3, &block), -EINVAL);
	machine_fini(&m);
}

/* Two nodes: the local one first, then the other; __GFP_THISNODE stays at home. */
static void nodes_are_tried_from_the_local_one(void **state)
{
	static const struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 4096 },
						      { 1, BUDDY_ZONE_NORMAL, "Normal", 4096, 4096 } };
	struct machine m;
	struct buddy_request r = { .gfp = GFP_KERNEL, .order = 4, .node = 1 };
	struct buddy_block block;

	(void)state;
	machine_make(&m, z, 2, 1);
	machine_free(&m, 1024, 4, BUDDY_UNMOVABLE);
	machine_free(&m, 4096 + 1024, 4, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.zone, 1);
	r.gfp |= 0x200000u;
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), -ENOMEM);
	r.gfp &= ~0x200000u;
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.zone, 0);
	r.node = 2;
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), -EINVAL);
	machine_fini(&m);
}

/* Below low but above min: the second attempt. Below min: only those with reserves. */
static void attempts_go_down_the_watermarks(void **state)
{
	struct machine m;
	struct buddy_zone_tuning t;
	struct buddy_request r = { .gfp = GFP_KERNEL, .order = 4 };
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 1024, 9, BUDDY_UNMOVABLE);
	buddy_zone_tuning_get(m.b, 0, &t);
	t.mark_pages[BUDDY_MARK_MIN] = 400;
	t.mark_pages[BUDDY_MARK_LOW] = 600;
	buddy_zone_tune(m.b, 0, &t);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.attempt, 1);
	t.mark_pages[BUDDY_MARK_MIN] = 600;
	buddy_zone_tune(m.b, 0, &t);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), -ENOMEM);
	r.task = BUDDY_TASK_MEMALLOC;
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.attempt, 2);
	r.task = 0;
	r.gfp |= 0x8000u; /* __GFP_NOFAIL */
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.attempt, 3);
	assert_int_equal(buddy_stats(m.b)->alloc_failures, 1);
	machine_fini(&m);
}

static void bulk_takes_from_one_list_and_refills(void **state)
{
	struct machine m;
	struct buddy_request r = { .gfp = GFP_KERNEL };
	uint64_t pfns[16];
	uint32_t count = 99;

	(void)state;
	machine_plain(&m, 8192, 64, 4);
	machine_free(&m, 1024, 4, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_alloc_bulk(m.b, &r, 10, pfns, &count), 0);
	assert_int_equal(count, 10);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(pfns[i], 1024 + i);
	assert_int_equal(buddy_stats(m.b)->refills, 3);
	/* 6 frames left; 4 of them free: 4 + 2 on the list, asking for more than the zone can spare */
	count = 99;
	assert_int_equal(buddy_alloc_bulk(m.b, &r, 10, pfns, &count), -ENOMEM);
	assert_int_equal(count, 99);
	assert_int_equal(buddy_alloc_bulk(m.b, &r, 3, pfns, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(buddy_alloc_bulk(m.b, &r, 0, pfns, &count), -EINVAL);
	assert_sound(&m);
	machine_fini(&m);
}

/* 11 of 16 frames: the tail 11..15 returns page by page to the zone, so 12-15 merge and 11 stays alone. */
static void exact_gives_the_tail_back(void **state)
{
	struct machine m;
	struct buddy_request r = { .gfp = GFP_KERNEL };
	struct buddy_block block;

	(void)state;
	machine_plain(&m, 8192, 64, 4);
	buddy_set_pageblock_type(m.b, 1024, BUDDY_UNMOVABLE);
	machine_free(&m, 1024, 4, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_alloc_exact(m.b, &r, 11, &block), 0);
	assert_int_equal(block.pfn, 1024);
	ASSERT_LIST(&m, 0, BUDDY_UNMOVABLE, 1035);
	ASSERT_LIST(&m, 2, BUDDY_UNMOVABLE, 1036);
	assert_int_equal(buddy_stats(m.b)->frees, 5);
	for (uint64_t pfn = 1024; pfn < 1035; pfn++)
		assert_int_equal(buddy_free_pages(m.b, 0, pfn, 0), 0);
	buddy_drain_all(m.b, 0);
	ASSERT_LIST(&m, 4, BUDDY_UNMOVABLE, 1024);
	assert_int_equal(buddy_alloc_exact(m.b, &r, 0, &block), -EINVAL);
	assert_int_equal(buddy_alloc_exact(m.b, &r, 1025, &block), -EINVAL);
	assert_int_equal(buddy_alloc_exact(m.b, &r, 17, &block), -ENOMEM);
	assert_sound(&m);
	machine_fini(&m);
}

static void bad_requests_are_refused(void **state)
{
	struct machine m;
	struct buddy_request r = { .gfp = GFP_KERNEL, .order = 11 };
	struct buddy_block block = { .pfn = 77 };

	(void)state;
	machine_plain(&m, 8192, 64, 4);
	machine_free(&m, 1024, 4, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), -EINVAL);
	r = (struct buddy_request){ .gfp = GFP_KERNEL, .cpu = 1 };
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), -EINVAL);
	assert_int_equal(block.pfn, 77);
	machine_fini(&m);
}

/* Two CPUs: each has its own lists; a drain of the other's counts on the CPU that runs. */
static void cpus_have_their_own_lists(void **state)
{
	static const struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 8192 };
	struct buddy_pcp_tuning p = { .high_pages = 64, .batch_pages = 4, .stat_threshold = 100 };
	struct buddy_request r = { .gfp = GFP_KERNEL, .cpu = 1 };
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_make(&m, &z, 1, 2);
	buddy_pcp_tune(m.b, 0, 0, &p);
	buddy_pcp_tune(m.b, 0, 1, &p);
	machine_free(&m, 1024, 4, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 1), 3);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 0);
	r.cpu = 0;
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.pfn, 1028);
	assert_int_equal(buddy_drain_zone(m.b, 0, 0, 1), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 1), 0);
	buddy_pcp_tuning_get(m.b, 0, 0, &p);
	assert_int_equal(p.free_pages_diff, -4 + 3);
	buddy_pcp_tuning_get(m.b, 0, 1, &p);
	assert_int_equal(p.free_pages_diff, -4);
	assert_sound(&m);
	machine_fini(&m);
}

/* Source: __isolate_free_page: a watermark guards it, and half a pageblock taken turns movable. */
static void isolation_takes_a_free_block(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 8192, 64, 4);
	buddy_set_pageblock_type(m.b, 1024, BUDDY_UNMOVABLE);
	machine_free(&m, 1024, 8, BUDDY_UNMOVABLE);
	machine_free(&m, 2048, 9, BUDDY_MOVABLE);
	assert_int_equal(buddy_isolate_free(m.b, 0, 1024, 7), -ENOENT);
	assert_int_equal(buddy_isolate_free(m.b, 0, 1024, 8), 0);
	assert_int_equal(buddy_pageblock_type(m.b, 1024), BUDDY_MOVABLE);
	assert_int_equal(buddy_isolate_free(m.b, 0, 2048, 9), -EAGAIN);
	assert_int_equal(buddy_putback_isolated(m.b, 0, 1024, 8, BUDDY_MOVABLE), 0);
	ASSERT_LIST(&m, 8, BUDDY_MOVABLE, 1024);
	assert_sound(&m);
	machine_fini(&m);
}

/*
 * Node 0 has DMA alone and node 1 Normal alone: a request for DMA memory does not get what node 1 has, and the
 * watermarks of node 1 say nothing to it.
 */
static void low_memory_of_another_node_is_not_exceeded(void **state)
{
	static const struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_DMA, "DMA", 0, 1024 },
						      { 1, BUDDY_ZONE_NORMAL, "Normal", 1024, 4096 } };
	struct buddy_request r = { .gfp = GFP_DMA };
	struct buddy_block block;
	struct machine m;
	uint64_t pfns[2];
	uint32_t count;

	(void)state;
	machine_make(&m, z, 2, 1);
	give(&m, 1024, 9);
	assert_int_equal(buddy_alloc_attempt(m.b, &r, BUDDY_ALLOC_NO_MARKS, &block), -ENOMEM);
	assert_false(buddy_marks_pass(m.b, &r, BUDDY_MARK_MIN));
	assert_int_equal(buddy_marks_look(m.b, &r, BUDDY_MARK_MIN, NULL), 0);
	assert_int_equal(buddy_alloc_bulk(m.b, &r, 2, pfns, &count), -ENOMEM);
	/* An ordinary request of node 0 gets it, but not in bulk, which stays at home. */
	r.gfp = GFP_KERNEL;
	assert_int_equal(buddy_marks_look(m.b, &r, BUDDY_MARK_MIN, NULL), 1u << 1);
	assert_int_equal(buddy_alloc_bulk(m.b, &r, 2, pfns, &count), -ENOMEM);
	assert_int_equal(buddy_alloc_attempt(m.b, &r, BUDDY_MARK_MIN, &block), 0);
	assert_int_equal(block.zone, 1);
	machine_fini(&m);
}

/* The only zone is Normal: no zone is low enough for DMA. Nothing is looked at, and the failures count. */
static void requests_that_no_zone_may_serve_fail(void **state)
{
	struct buddy_request r = { .gfp = GFP_DMA };
	struct buddy_block block = { .pfn = 77 };
	struct machine m;
	uint64_t pfns[2];
	uint32_t count;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 1024, 4, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), -ENOMEM);
	assert_int_equal(buddy_alloc_attempt(m.b, &r, 0, &block), -ENOMEM);
	assert_int_equal(buddy_alloc_bulk(m.b, &r, 2, pfns, &count), -ENOMEM);
	assert_int_equal(buddy_alloc_from_list(m.b, &r, 0, 0, &block), -ENOMEM);
	assert_int_equal(buddy_stats(m.b)->alloc_failures, 2);
	assert_false(buddy_marks_pass(m.b, &r, 0));
	assert_int_equal(buddy_marks_look(m.b, &r, 0, NULL), 0);
	assert_int_equal(buddy_fast_flags(m.b, &r), 0);
	/* Neither is one of a CPU or a node that is not there. */
	for (int what = 0; what < 3; what++) {
		r = (struct buddy_request){ .gfp = GFP_KERNEL, .cpu = what == 0, .node = what == 1,
					    .order = what == 2 ? BUDDY_ORDER_COUNT : 0 };
		assert_int_equal(buddy_alloc_pages(m.b, &r, &block), -EINVAL);
		assert_int_equal(buddy_alloc_attempt(m.b, &r, 0, &block), -EINVAL);
		assert_int_equal(buddy_alloc_from_list(m.b, &r, 0, 0, &block), -EINVAL);
		assert_false(buddy_marks_pass(m.b, &r, BUDDY_ALLOC_NO_MARKS));
		assert_int_equal(buddy_marks_look(m.b, &r, 0, NULL), 0);
		assert_int_equal(buddy_fast_flags(m.b, &r), 0);
		if (what < 2)
			assert_int_equal(buddy_alloc_bulk(m.b, &r, 2, pfns, &count), -EINVAL);
	}
	assert_int_equal(block.pfn, 77);
	machine_fini(&m);
}

/* The counter says 50 and the lists have 4: what there is is handed out, and nothing is an error. */
static void a_bulk_request_stays_on_its_node_and_takes_what_there_is(void **state)
{
	struct buddy_request r = { .gfp = GFP_KERNEL };
	struct machine m;
	uint64_t pfns[16];
	uint32_t count = 99;

	(void)state;
	machine_plain(&m, 8192, 64, 4);
	machine_free(&m, 1024, 2, BUDDY_UNMOVABLE);
	buddy_zone_set_free_pages(m.b, 0, 50);
	assert_int_equal(buddy_alloc_bulk(m.b, &r, 10, pfns, &count), 0);
	assert_int_equal(count, 4);
	count = 99;
	assert_int_equal(buddy_alloc_bulk(m.b, &r, 10, pfns, &count), -ENOMEM);
	assert_int_equal(count, 99);
	/* A block that lies on the list is told from one that was refilled. */
	struct buddy_block block;

	assert_int_equal(buddy_free_pages(m.b, 0, 1025, 0), 0);
	r.gfp = GFP_HIGHUSER_MOVABLE;
	assert_int_equal(buddy_alloc_from_list(m.b, &r, 0, 0, &block), 0);
	assert_int_equal(block.path, BUDDY_PATH_PCP);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zones_follow_the_gfp_bits),
		cmocka_unit_test(types_follow_the_gfp_bits),
		cmocka_unit_test(lower_zones_serve_when_the_upper_is_empty),
		cmocka_unit_test(what_was_read_decides_the_zone),
		cmocka_unit_test(one_list_is_tried_alone),
		cmocka_unit_test(nodes_are_tried_from_the_local_one),
		cmocka_unit_test(attempts_go_down_the_watermarks),
		cmocka_unit_test(bulk_takes_from_one_list_and_refills),
		cmocka_unit_test(exact_gives_the_tail_back),
		cmocka_unit_test(bad_requests_are_refused),
		cmocka_unit_test(cpus_have_their_own_lists),
		cmocka_unit_test(isolation_takes_a_free_block),
		cmocka_unit_test(low_memory_of_another_node_is_not_exceeded),
		cmocka_unit_test(requests_that_no_zone_may_serve_fail),
		cmocka_unit_test(a_bulk_request_stays_on_its_node_and_takes_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
