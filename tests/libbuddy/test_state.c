// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making and loading a model: memory, fresh ranges, states, what it refuses, and that buddy_check sees faults.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"

static uint64_t resident_bytes(const struct machine *m)
{
	size_t pages = (m->bytes + 4095) / 4096;
	unsigned char *map = test_malloc(pages);
	uint64_t resident = 0;

	assert_int_equal(mincore(m->memory, m->bytes, map), 0);
	for (size_t i = 0; i < pages; i++)
		resident += map[i] & 1;
	test_free(map);
	return resident * 4096;
}

/* 1 TiB: what is never touched costs nothing, and the first block works like any other. */
static void tebibyte_zone_costs_what_is_touched(void **state)
{
	const uint64_t frames = 1ull << 28;
	struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, frames };
	struct buddy_request r = { .gfp = GFP_HIGHUSER_MOVABLE };
	struct buddy_block block;
	struct machine m;

	(void)state;
	machine_make(&m, &z, 1, 1);
	assert_true(m.bytes <= 16 * frames);
	assert_int_equal(buddy_add_range(m.b, 0, frames), 0);
	assert_true(resident_bytes(&m) < 2 << 20);
	assert_int_equal(buddy_free_pages_listed(m.b, 0), frames);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.pfn, 0);
	assert_true(resident_bytes(&m) < 2 << 20);
	assert_int_equal(buddy_list_length(m.b, 0, 10, BUDDY_MOVABLE), frames / 1024 - 1);
	machine_fini(&m);
}

/* Blocks come from a fresh range in ascending order, and what is freed stands before or behind it. */
static void fresh_range_behaves_like_a_list(void **state)
{
	struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 8192 };
	struct buddy_request r = { .gfp = GFP_HIGHUSER_MOVABLE, .order = 10 };
	struct buddy_block block;
	struct machine m;
	uint64_t head;
	unsigned order;

	(void)state;
	machine_make(&m, &z, 1, 1);
	assert_int_equal(buddy_add_range(m.b, 0, 4096), 0);
	ASSERT_LIST(&m, 10, BUDDY_MOVABLE, 0, 1024, 2048, 3072);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.pfn, 0);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.pfn, 1024);
	assert_int_equal(buddy_free_direct(m.b, 0, 0, 10, BUDDY_FREE_TO_TAIL), 0);
	assert_int_equal(buddy_free_direct(m.b, 0, 1024, 10, 0), 0);
	ASSERT_LIST(&m, 10, BUDDY_MOVABLE, 1024, 2048, 3072, 0);
	assert_int_equal(buddy_frame_state(m.b, 3500, &head, &order), BUDDY_FRAME_FREE);
	assert_int_equal(head, 3072);
	assert_int_equal(order, 10);
	assert_int_equal(buddy_free_pages(m.b, 0, 3500, 0), -EEXIST);
	assert_int_equal(buddy_frame_state(m.b, 4096, NULL, NULL), BUDDY_FRAME_IN_USE);
	assert_int_equal(buddy_frame_state(m.b, 8192, NULL, NULL), BUDDY_FRAME_OUTSIDE);
	/* Taking from the middle, and moving a pageblock, make the blocks before it real and keep the order. */
	assert_int_equal(buddy_take(m.b, 0, 3073, 0), 0);
	ASSERT_LIST(&m, 10, BUDDY_MOVABLE, 1024, 2048, 0);
	assert_sound(&m);
	machine_fini(&m);
}

static void ranges_add_up_and_do_not_overlap(void **state)
{
	struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 100, 9000 };
	struct buddy_zone_tuning t;
	struct machine m;

	(void)state;
	machine_make(&m, &z, 1, 1);
	assert_int_equal(buddy_add_range(m.b, 100, 5000), 0);
	assert_sound(&m);
	assert_int_equal(buddy_add_range(m.b, 5000, 9100), 0);
	assert_sound(&m);
	assert_int_equal(buddy_free_pages_listed(m.b, 0), 9000);
	assert_int_equal(buddy_free_pages_counter(m.b, 0), 9000);
	buddy_zone_tuning_get(m.b, 0, &t);
	assert_int_equal(t.present_pages, 9000);
	assert_int_equal(t.managed_pages, 9000);
	assert_int_equal(buddy_add_range(m.b, 2000, 2001), -EEXIST);
	assert_int_equal(buddy_add_range(m.b, 120, 121), -EEXIST);
	assert_int_equal(buddy_add_range(m.b, 0, 200), -ERANGE);
	assert_int_equal(buddy_add_range(m.b, 9000, 9101), -ERANGE);
	assert_int_equal(buddy_add_range(m.b, 300, 300), -ERANGE);
	machine_fini(&m);
}

static void bad_configurations_are_refused(void **state)
{
	struct buddy_zone_config z[2] = { { 0, BUDDY_ZONE_DMA, "DMA", 0, 4096 },
					  { 0, BUDDY_ZONE_NORMAL, "Normal", 4000, 4096 } };
	struct buddy_config c = { .profile = buddy_profile_find("6.1"), .zones = z, .zone_count = 1, .cpu_count = 1,
				  .pageblock_order = 9 };
	struct buddy *b;
	char small[64];

	(void)state;
	assert_true(buddy_footprint(&c) > 0);
	assert_int_equal(buddy_init(small, sizeof(small), &c, &b), -ENOSPC);
	c.zone_count = 2; /* they overlap */
	assert_int_equal(buddy_footprint(&c), 0);
	assert_int_equal(buddy_init(small, sizeof(small), &c, &b), -EINVAL);
	z[1].start_pfn = 4096;
	assert_true(buddy_footprint(&c) > 0);
	c.cpu_count = 0;
	assert_int_equal(buddy_footprint(&c), 0);
	c.cpu_count = BUDDY_CPU_COUNT_MAX + 1;
	assert_int_equal(buddy_footprint(&c), 0);
	c.cpu_count = 1;
	c.pageblock_order = 3;
	assert_int_equal(buddy_footprint(&c), 0);
	c.pageblock_order = 9;
	c.profile = NULL;
	assert_int_equal(buddy_footprint(&c), 0);
	c.profile = buddy_profile_find("6.1");
	z[1].spanned_pages = 0;
	assert_int_equal(buddy_footprint(&c), 0);
	z[1].spanned_pages = 1ull << 32;
	assert_int_equal(buddy_footprint(&c), 0);
}

static void loads_are_checked(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 5000, 64, 8);
	assert_int_equal(buddy_load_free(m.b, 8, 3, BUDDY_MOVABLE), 0);
	assert_int_equal(buddy_load_free(m.b, 12, 2, BUDDY_MOVABLE), -EEXIST);
	assert_int_equal(buddy_load_free(m.b, 0, 4, BUDDY_MOVABLE), -EEXIST);
	assert_int_equal(buddy_load_free(m.b, 4, 3, BUDDY_MOVABLE), -EINVAL);
	assert_int_equal(buddy_load_free(m.b, 16, 0, BUDDY_TYPE_COUNT), -EINVAL);
	assert_int_equal(buddy_load_free(m.b, 4096, 10, BUDDY_MOVABLE), -ERANGE);
	assert_int_equal(buddy_load_free(m.b, 5000, 0, BUDDY_MOVABLE), -ERANGE);
	assert_int_equal(buddy_load_pcp(m.b, 20, 0, 1, BUDDY_MOVABLE), 0);
	assert_int_equal(buddy_load_pcp(m.b, 20, 0, 1, BUDDY_MOVABLE), -EEXIST);
	assert_int_equal(buddy_load_pcp(m.b, 24, 0, 14, BUDDY_MOVABLE), -EINVAL);
	assert_int_equal(buddy_load_pcp(m.b, 24, 1, 0, BUDDY_MOVABLE), -EINVAL);
	assert_int_equal(buddy_load_pcp(m.b, 25, 0, 3, BUDDY_UNMOVABLE), -EINVAL); /* order 1 wants an even frame */
	assert_int_equal(buddy_set_pageblock_type(m.b, 6000, 0), -ERANGE);
	assert_int_equal(buddy_set_movable(m.b, 9, true), -EINVAL);
	assert_int_equal(buddy_zone_set_free_pages(m.b, 0, 8), 0);
	assert_sound(&m);
	machine_fini(&m);
}

/* The check is worth nothing if it cannot fail: each state below is wrong in one way. */
static void check_finds_what_is_wrong(void **state)
{
	struct machine m;
	char message[256];

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	assert_int_equal(buddy_load_free(m.b, 8, 3, BUDDY_MOVABLE), 0);
	assert_false(buddy_check(m.b, message, sizeof(message)));
	assert_non_null(strstr(message, "free counter"));
	buddy_zone_set_free_pages(m.b, 0, 8);
	assert_sound(&m);
	assert_int_equal(buddy_load_free(m.b, 0, 3, BUDDY_UNMOVABLE), 0);
	buddy_zone_set_free_pages(m.b, 0, 16);
	assert_false(buddy_check(m.b, message, sizeof(message)));
	assert_non_null(strstr(message, "not merged"));
	assert_false(buddy_check(m.b, NULL, 0));
	machine_fini(&m);
}

#ifndef NDEBUG
static void length_of_an_order_that_is_none(const struct buddy *b) { buddy_list_length(b, 0, 99, 0); }
static void length_of_a_type_that_is_none(const struct buddy *b) { buddy_list_length(b, 0, 0, 99); }
static void list_of_a_zone_that_is_none(const struct buddy *b) { buddy_list_length(b, 1, 0, 0); }
static void count_of_an_order_that_is_none(const struct buddy *b) { buddy_nr_free(b, 0, BUDDY_ORDER_COUNT); }
static void pcp_of_a_cpu_that_is_none(const struct buddy *b) { buddy_pcp_count(b, 0, 1); }
static void pcp_list_that_is_none(const struct buddy *b) { buddy_pcp_copy(b, 0, 0, 14, NULL, NULL, 0); }
static void order_of_a_pcp_list_that_is_none(const struct buddy *b) { buddy_pcp_order(b, 14); }
static void index_of_an_order_that_is_none(const struct buddy *b) { buddy_unusable_index(b, 0, 11); }

/* In a child, so that the test goes on; a getter that hangs instead is killed by the alarm. */
static bool aborts(void (*misuse)(const struct buddy *b), const struct buddy *b)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		fclose(stderr);
		alarm(10);
		misuse(b);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void getters_stop_at_misuse(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	assert_int_equal(buddy_pcp_list_count(m.b), 14);
	assert_true(aborts(length_of_an_order_that_is_none, m.b));
	assert_true(aborts(length_of_a_type_that_is_none, m.b));
	assert_true(aborts(list_of_a_zone_that_is_none, m.b));
	assert_true(aborts(count_of_an_order_that_is_none, m.b));
	assert_true(aborts(pcp_of_a_cpu_that_is_none, m.b));
	assert_true(aborts(pcp_list_that_is_none, m.b));
	assert_true(aborts(order_of_a_pcp_list_that_is_none, m.b));
	assert_true(aborts(index_of_an_order_that_is_none, m.b));
	machine_fini(&m);
}
#endif

static void profiles_are_found_by_release(void **state)
{
	(void)state;
	assert_non_null(buddy_profile_find("6.1.0-56-amd64"));
	assert_string_equal(buddy_profile_find("6.1.0-56-amd64")->name, "6.1");
	assert_null(buddy_profile_find("6.15.3"));
	assert_null(buddy_profile_find("5.10.0-30-amd64"));
	assert_null(buddy_profile_find(""));
	assert_null(buddy_profile_find(NULL));
}

static void assert_piece(const struct machine *m, uint64_t pfn, uint64_t end_pfn, enum buddy_frame_state state,
			 uint64_t pages)
{
	struct buddy_piece p = buddy_piece_at(m->b, pfn, end_pfn);

	assert_int_equal(p.start_pfn, pfn);
	assert_int_equal(p.state, state);
	assert_int_equal(p.pages, pages);
}

/*
 *     0          8      9     10      12        16                  1024             2048             3072
 *     | free, 3  | list | in use     | movable  | in use, unknown   | fresh, order 10 | fresh, order 10 |
 */
static void pieces_tile_a_zone(void **state)
{
	const struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 3072 };
	struct buddy_pcp_tuning pcp = { .high_pages = 64, .batch_pages = 8, .stat_threshold = 32 };
	struct buddy_request r = { .gfp = GFP_HIGHUSER_MOVABLE, .order = 2 };
	struct buddy_block block;
	struct machine m;
	uint64_t pfn = 0;

	(void)state;
	machine_make(&m, &z, 1, 1);
	machine_free(&m, 0, 4, BUDDY_MOVABLE);
	assert_int_equal(buddy_pcp_tune(m.b, 0, 0, &pcp), 0);
	assert_int_equal(buddy_take(m.b, 0, 8, 2), 0);
	assert_int_equal(buddy_free_pages(m.b, 0, 8, 0), 0);
	assert_int_equal(buddy_alloc_attempt(m.b, &r, BUDDY_ALLOC_NO_MARKS | BUDDY_ALLOC_PAST_PCP, &block), 0);
	assert_int_equal(block.pfn, 12);
	assert_int_equal(buddy_add_range(m.b, 1024, 3072), 0);
	assert_piece(&m, 0, 3072, BUDDY_FRAME_FREE, 8);
	assert_int_equal(buddy_piece_at(m.b, 0, 3072).type, BUDDY_MOVABLE);
	assert_piece(&m, 8, 3072, BUDDY_FRAME_ON_PCP, 1);
	assert_true(buddy_piece_at(m.b, 10, 3072).known); /* taken here */
	assert_false(buddy_piece_at(m.b, 10, 3072).movable);
	assert_piece(&m, 12, 3072, BUDDY_FRAME_IN_USE, 4);
	assert_true(buddy_piece_at(m.b, 12, 3072).movable);
	assert_piece(&m, 16, 3072, BUDDY_FRAME_IN_USE, 1008); /* up to the fresh run */
	assert_false(buddy_piece_at(m.b, 16, 3072).known);
	assert_piece(&m, 16, 19, BUDDY_FRAME_IN_USE, 3);
	assert_piece(&m, 1024, 3072, BUDDY_FRAME_FREE, 1024);
	assert_int_equal(buddy_set_movable(m.b, 500, true), 0);
	assert_piece(&m, 16, 3072, BUDDY_FRAME_IN_USE, 484);
	assert_piece(&m, 500, 3072, BUDDY_FRAME_IN_USE, 1);
	assert_true(buddy_piece_at(m.b, 500, 3072).movable);
	while (pfn < 3072) {
		struct buddy_piece p = buddy_piece_at(m.b, pfn, 3072);

		for (uint64_t i = pfn; i < pfn + p.pages; i++)
			assert_int_equal(buddy_frame_state(m.b, i, NULL, NULL), p.state);
		pfn += p.pages;
	}
	assert_int_equal(pfn, 3072);
	machine_fini(&m);
}

/*
 *      0        2048     4096     6144      8192     The second range does not follow the first, the third does:
 *      | fresh  | third  |        | second  |        the list has them in the order in which they came
 */
static void ranges_with_a_gap_are_lists_all_the_same(void **state)
{
	const struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 10240 };
	struct machine m;

	(void)state;
	machine_make(&m, &z, 1, 1);
	assert_int_equal(buddy_add_range(m.b, 0, 2048), 0);
	assert_int_equal(buddy_add_range(m.b, 6144, 8192), 0);
	assert_int_equal(buddy_add_range(m.b, 2048, 4096), 0);
	ASSERT_LIST(&m, 10, BUDDY_MOVABLE, 0, 1024, 6144, 7168, 2048, 3072);
	assert_int_equal(buddy_frame_state(m.b, 5000, NULL, NULL), BUDDY_FRAME_IN_USE);
	assert_int_equal(buddy_free_pages_listed(m.b, 0), 6144);
	assert_sound(&m);
	/* A range that reaches into one that is free is refused, from either side. */
	assert_int_equal(buddy_add_range(m.b, 8000, 9000), -EEXIST);
	assert_int_equal(buddy_add_range(m.b, 5000, 6145), -EEXIST);
	assert_int_equal(buddy_add_range(m.b, 1000, 5000), -EEXIST);
	assert_int_equal(buddy_add_range(m.b, 5000, 4000), -ERANGE);
	assert_int_equal(buddy_add_range(m.b, 20000, 20001), -ERANGE);
	assert_int_equal(buddy_add_range(m.b, 4096, 5000), 0);
	assert_sound(&m);
	machine_fini(&m);
}

static void a_range_is_given_to_its_last_frame(void **state)
{
	const struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 4096 };
	struct machine m;

	(void)state;
	machine_make(&m, &z, 1, 1);
	assert_int_equal(buddy_add_range(m.b, 1, 7), 0);
	ASSERT_LIST(&m, 0, BUDDY_MOVABLE, 1, 6);
	ASSERT_LIST(&m, 1, BUDDY_MOVABLE, 2, 4);
	assert_int_equal(buddy_add_range(m.b, 7, 8), 0);
	assert_int_equal(buddy_frame_state(m.b, 7, NULL, NULL), BUDDY_FRAME_FREE);
	assert_int_equal(buddy_free_pages_counter(m.b, 0), 7);
	assert_int_equal(buddy_add_range(m.b, 1024, 1027), 0);
	assert_int_equal(buddy_frame_state(m.b, 1026, NULL, NULL), BUDDY_FRAME_FREE);
	assert_sound(&m);
	machine_fini(&m);
}

/* 6.1 and 6.12, mm/page_alloc.c: watermark_boost_factor, BOOT_PAGESET_HIGH and BOOT_PAGESET_BATCH. */
static void a_zone_begins_as_at_boot(void **state)
{
	const struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 4096 };
	struct buddy_zone_tuning t;
	struct buddy_pcp_tuning p;
	struct machine m;

	(void)state;
	machine_make(&m, &z, 1, 1);
	buddy_zone_tuning_get(m.b, 0, &t);
	assert_int_equal(t.boost_factor, 15000);
	assert_int_equal(t.present_pages, 0);
	assert_int_equal(t.managed_pages, 0);
	buddy_pcp_tuning_get(m.b, 0, 0, &p);
	assert_int_equal(p.high_pages, 0);
	assert_int_equal(p.batch_pages, 1);
	machine_fini(&m);
}

/* Every member has a value of its own. */
static void tunings_are_read_as_they_were_written(void **state)
{
	const struct buddy_zone_tuning zone = { .present_pages = 1001, .managed_pages = 1002,
						.mark_pages = { 3, 4, 5, 6 }, .boost_pages = 7,
						.lowmem_reserve_pages = { 8, 9, 10, 11 },
						.highatomic_reserved_pages = 512, .drift_mark_pages = 13,
						.boost_factor = 14, .reclaim_active = true, .below_high = true };
	const struct buddy_pcp_tuning pcp = { .high_pages = 101, .batch_pages = 102, .free_factor = 3,
					      .high_min_pages = 104, .high_max_pages = 105, .alloc_factor = 6,
					      .free_count = 107, .flags = BUDDY_PCP_FREE_HIGH_BATCH,
					      .free_pages_diff = -8, .stat_threshold = 9 };
	struct buddy_zone_tuning t;
	struct buddy_pcp_tuning p;
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	assert_int_equal(buddy_zone_tune(m.b, 0, &zone), 0);
	assert_int_equal(buddy_pcp_tune(m.b, 0, 0, &pcp), 0);
	buddy_zone_tuning_get(m.b, 0, &t);
	buddy_pcp_tuning_get(m.b, 0, 0, &p);
	assert_int_equal(t.present_pages, 1001);
	assert_int_equal(t.managed_pages, 1002);
	for (unsigned i = 0; i < BUDDY_MARK_COUNT; i++)
		assert_int_equal(t.mark_pages[i], 3 + i);
	assert_int_equal(t.boost_pages, 7);
	for (unsigned i = 0; i < BUDDY_ZONE_TYPE_COUNT; i++)
		assert_int_equal(t.lowmem_reserve_pages[i], 8 + i);
	assert_int_equal(t.highatomic_reserved_pages, 512);
	assert_int_equal(t.drift_mark_pages, 13);
	assert_int_equal(t.boost_factor, 14);
	assert_true(t.reclaim_active && t.below_high);
	assert_int_equal(p.high_pages, 101);
	assert_int_equal(p.batch_pages, 102);
	assert_int_equal(p.free_factor, 3);
	assert_int_equal(p.high_min_pages, 104);
	assert_int_equal(p.high_max_pages, 105);
	assert_int_equal(p.alloc_factor, 6);
	assert_int_equal(p.free_count, 107);
	assert_int_equal(p.flags, BUDDY_PCP_FREE_HIGH_BATCH);
	assert_int_equal(p.free_pages_diff, -8);
	assert_int_equal(p.stat_threshold, 9);
	machine_fini(&m);
}

static void tunings_out_of_range_are_refused(void **state)
{
	const struct buddy_pcp_tuning good = { .high_pages = 9, .batch_pages = 1 };
	const struct buddy_zone_tuning zone = { .managed_pages = 1 };
	struct buddy_zone_tuning t = zone;
	struct buddy_pcp_tuning p;
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
#define REFUSED(member, value) \
	(p = good, p.member = (value), assert_int_equal(buddy_pcp_tune(m.b, 0, 0, &p), -EINVAL))
	REFUSED(batch_pages, 0);
	REFUSED(batch_pages, (1u << 16) + 1);
	REFUSED(high_pages, INT32_MAX / 2 + 1u);
	REFUSED(high_min_pages, INT32_MAX / 2 + 1u);
	REFUSED(high_max_pages, INT32_MAX / 2 + 1u);
	REFUSED(free_factor, 17);
	REFUSED(alloc_factor, 17);
	REFUSED(free_count, INT32_MAX / 2 + 1u);
	REFUSED(stat_threshold, 128);
	REFUSED(free_pages_diff, 128);
	REFUSED(free_pages_diff, -129);
#undef REFUSED
	assert_int_equal(buddy_pcp_tune(m.b, 1, 0, &good), -EINVAL);
	assert_int_equal(buddy_pcp_tune(m.b, 0, 1, &good), -EINVAL);
	buddy_pcp_tuning_get(m.b, 0, 0, &p);
	assert_int_equal(p.high_pages, 64);
	assert_int_equal(buddy_zone_tune(m.b, 1, &zone), -EINVAL);
#define REFUSED(member) (t = zone, t.member = 1ull << 32, assert_int_equal(buddy_zone_tune(m.b, 0, &t), -EINVAL))
	REFUSED(managed_pages);
	REFUSED(present_pages);
	REFUSED(mark_pages[BUDDY_MARK_PROMO]);
	REFUSED(boost_pages);
	REFUSED(lowmem_reserve_pages[BUDDY_ZONE_TYPE_COUNT - 1]);
	REFUSED(highatomic_reserved_pages);
	REFUSED(drift_mark_pages);
	REFUSED(boost_factor);
#undef REFUSED
	assert_int_equal(buddy_zone_set_free_pages(m.b, 1, 0), -EINVAL);
	assert_int_equal(buddy_zone_set_free_pages(m.b, 0, 1024 + 128 + 1), -EINVAL);
	assert_int_equal(buddy_zone_set_free_pages(m.b, 0, -1024 - 128 - 1), -EINVAL);
	assert_int_equal(buddy_zone_set_free_pages(m.b, 0, INT64_MIN), -EINVAL);
	assert_int_equal(buddy_free_pages_counter(m.b, 0), 0);
	assert_int_equal(buddy_zone_set_free_pages(m.b, 0, 1024 + 128), 0);
	buddy_zone_tuning_get(m.b, 0, &t);
	assert_int_equal(t.managed_pages, 1024);
	machine_fini(&m);
}

/* A block of order 1 is two frames; what is in use can be said to be movable and not to be it any more. */
static void a_loaded_block_of_a_per_cpu_list_counts_its_frames(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	assert_int_equal(buddy_load_pcp(m.b, 20, 0, 3, BUDDY_UNMOVABLE), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 2);
	assert_int_equal(buddy_load_pcp(m.b, 24, 0, 3, BUDDY_TYPE_COUNT), -EINVAL);
	assert_int_equal(buddy_load_free(m.b, 0, BUDDY_ORDER_COUNT, 0), -EINVAL);
	assert_int_equal(buddy_set_movable(m.b, 30, true), 0);
	assert_int_equal(buddy_set_movable(m.b, 30, false), 0);
	assert_false(buddy_piece_at(m.b, 30, 31).movable);
	assert_int_equal(buddy_set_movable(m.b, 21, true), -EINVAL);
	assert_sound(&m);
	machine_fini(&m);
}

static void absurd_configurations_are_refused(void **state)
{
	const struct buddy_zone_config good = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 4096 };
	struct buddy_zone_config z[BUDDY_ZONE_COUNT_MAX + 1];
	struct buddy_config c = { .profile = buddy_profile_find("6.1"), .zones = z, .zone_count = 1, .cpu_count = 1,
				  .pageblock_order = 9 };
	struct buddy *b;

	(void)state;
#define REFUSED(member, value) \
	(z[0] = good, z[0].member = (value), assert_int_equal(buddy_footprint(&c), 0))
	REFUSED(name, NULL);
	REFUSED(node, BUDDY_NODE_COUNT_MAX);
	REFUSED(type, BUDDY_ZONE_TYPE_COUNT);
	REFUSED(start_pfn, UINT64_MAX / 2);
#undef REFUSED
	for (unsigned i = 0; i <= BUDDY_ZONE_COUNT_MAX; i++) {
		z[i] = good;
		z[i].start_pfn = 4096 * i;
	}
	assert_true(buddy_footprint(&c) > 0);
	assert_int_equal(buddy_init(NULL, 1 << 20, &c, &b), -EINVAL);
	c.pageblock_order = BUDDY_ORDER_MAX + 1;
	assert_int_equal(buddy_footprint(&c), 0);
	c.pageblock_order = BUDDY_ORDER_MAX;
	c.zone_count = BUDDY_ZONE_COUNT_MAX;
	assert_true(buddy_footprint(&c) > 0);
	c.zone_count = BUDDY_ZONE_COUNT_MAX + 1;
	assert_int_equal(buddy_footprint(&c), 0);
	c.zone_count = 0;
	assert_int_equal(buddy_footprint(&c), 0);
	/* Frames and list heads have to be numbered with 32 bits. */
	c.zone_count = 2;
	z[0].spanned_pages = z[1].spanned_pages = 1ull << 31;
	z[1].start_pfn = 1ull << 31;
	assert_int_equal(buddy_footprint(&c), 0);
	c.zones = NULL;
	assert_int_equal(buddy_footprint(&c), 0);
	assert_int_equal(buddy_footprint(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tebibyte_zone_costs_what_is_touched),
		cmocka_unit_test(fresh_range_behaves_like_a_list),
		cmocka_unit_test(ranges_add_up_and_do_not_overlap),
		cmocka_unit_test(bad_configurations_are_refused),
		cmocka_unit_test(loads_are_checked),
		cmocka_unit_test(check_finds_what_is_wrong),
#ifndef NDEBUG
		cmocka_unit_test(getters_stop_at_misuse),
#endif
		cmocka_unit_test(pieces_tile_a_zone),
		cmocka_unit_test(profiles_are_found_by_release),
		cmocka_unit_test(ranges_with_a_gap_are_lists_all_the_same),
		cmocka_unit_test(a_range_is_given_to_its_last_frame),
		cmocka_unit_test(a_zone_begins_as_at_boot),
		cmocka_unit_test(tunings_are_read_as_they_were_written),
		cmocka_unit_test(tunings_out_of_range_are_refused),
		cmocka_unit_test(a_loaded_block_of_a_per_cpu_list_counts_its_frames),
		cmocka_unit_test(absurd_configurations_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
