// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watermarks and reserves, and the defaults that a kernel computes.
 *
 * Source: __zone_watermark_ok, zone_watermark_fast, __setup_per_zone_wmarks, zone_batchsize, zone_highsize,
 * setup_per_zone_lowmem_reserve, calculate_normal_threshold.
 */
#include <errno.h>

#include "machine.h"

static void set_min(struct machine *m, uint64_t min)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(m->b, 0, &t);
	t.mark_pages[BUDDY_MARK_MIN] = min;
	t.mark_pages[BUDDY_MARK_LOW] = 2 * min;
	t.mark_pages[BUDDY_MARK_HIGH] = 3 * min;
	assert_int_equal(buddy_zone_tune(m->b, 0, &t), 0);
}

static int attempt(struct machine *m, unsigned order, uint32_t gfp, unsigned flags)
{
	struct buddy_request r = { .gfp = gfp, .order = (uint8_t)order };
	struct buddy_block block;
	int error = buddy_alloc_attempt(m->b, &r, flags | BUDDY_ALLOC_PAST_PCP, &block);

	if (!error)
		assert_int_equal(buddy_put_back(m->b, 0, &block), 0);
	return error;
}

/* 512 free; an order-0 request passes while free pages are above the mark. */
static void mark_is_a_strict_bound(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 512, 9, BUDDY_UNMOVABLE);
	set_min(&m, 511);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_MARK_MIN), 0);
	set_min(&m, 512);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_MARK_MIN), -ENOMEM);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_ALLOC_NO_MARKS), 0);
	set_min(&m, 256);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_MARK_LOW), -ENOMEM);
	set_min(&m, 255);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_MARK_LOW), 0);
	machine_fini(&m);
}

/* Half for high priority, 5/8 off when it also may not block, half of the rest for an OOM victim. */
static void reserves_lower_the_bound(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 512, 9, BUDDY_UNMOVABLE);
	set_min(&m, 1022);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_ALLOC_MIN_RESERVE), 0);
	set_min(&m, 1024);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_ALLOC_MIN_RESERVE), -ENOMEM);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_ALLOC_NON_BLOCK), -ENOMEM);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_ALLOC_MIN_RESERVE | BUDDY_ALLOC_NON_BLOCK), 0);
	set_min(&m, 1362);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_ALLOC_MIN_RESERVE | BUDDY_ALLOC_NON_BLOCK), 0);
	set_min(&m, 1364);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_ALLOC_MIN_RESERVE | BUDDY_ALLOC_NON_BLOCK), -ENOMEM);
	set_min(&m, 1022);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_ALLOC_OOM), 0);
	set_min(&m, 1024);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_ALLOC_OOM), -ENOMEM);
	machine_fini(&m);
}

/* 512 free: an order-4 request counts 15 of its frames as not usable, and needs a block of its order. */
static void high_order_needs_room_and_a_block(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 512, 9, BUDDY_UNMOVABLE);
	set_min(&m, 496);
	assert_int_equal(attempt(&m, 4, GFP_KERNEL, BUDDY_MARK_MIN), 0);
	set_min(&m, 497);
	assert_int_equal(attempt(&m, 4, GFP_KERNEL, BUDDY_MARK_MIN), -ENOMEM);
	set_min(&m, 0);
	assert_int_equal(attempt(&m, 10, GFP_KERNEL, BUDDY_MARK_MIN), -ENOMEM);
	machine_fini(&m);
}

static void boost_raises_the_mark_but_not_for_atomic_pages(void **state)
{
	struct machine m;
	struct buddy_zone_tuning t;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 512, 9, BUDDY_UNMOVABLE);
	set_min(&m, 100);
	buddy_zone_tuning_get(m.b, 0, &t);
	t.boost_pages = 4096;
	buddy_zone_tune(m.b, 0, &t);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_MARK_MIN), -ENOMEM);
	assert_int_equal(attempt(&m, 0, GFP_ATOMIC, BUDDY_MARK_MIN), 0);
	assert_int_equal(attempt(&m, 0, GFP_ATOMIC, BUDDY_MARK_LOW), -ENOMEM);
	machine_fini(&m);
}

/* The reserve is looked up by the request's highest zone, so the lowest zone is closed to others first. */
static void lowmem_reserve_goes_by_the_requests_zone(void **state)
{
	struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_DMA, "DMA", 0, 4096 },
					 { 0, BUDDY_ZONE_NORMAL, "Normal", 4096, 4096 } };
	struct buddy_zone_tuning t = { .managed_pages = 4096, .lowmem_reserve_pages = { 0, 0, 600, 600 } };
	struct buddy_request r = { .gfp = GFP_KERNEL };
	struct machine m;
	struct buddy_block block;

	(void)state;
	machine_make(&m, z, 2, 1);
	machine_free(&m, 512, 9, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_zone_tune(m.b, 0, &t), 0);
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), -ENOMEM);
	r.gfp = GFP_DMA;
	assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
	assert_int_equal(block.zone, 0);
	machine_fini(&m);
}

static void reserved_highatomic_pages_are_not_usable_for_others(void **state)
{
	struct machine m;
	struct buddy_zone_tuning t;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 512, 9, BUDDY_UNMOVABLE);
	buddy_zone_tuning_get(m.b, 0, &t);
	t.highatomic_reserved_pages = 512;
	buddy_zone_tune(m.b, 0, &t);
	assert_int_equal(attempt(&m, 0, GFP_KERNEL, BUDDY_MARK_MIN), -ENOMEM);
	assert_int_equal(attempt(&m, 0, GFP_ATOMIC, BUDDY_ALLOC_MIN_RESERVE), 0);
	machine_fini(&m);
}

/* All that is free is a block of the reserve, which only an OOM victim finds. */
static void an_oom_victim_finds_the_reserves_blocks(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 512, 9, BUDDY_HIGHATOMIC);
	assert_int_equal(attempt(&m, 1, GFP_KERNEL, BUDDY_MARK_MIN), -ENOMEM);
	assert_int_equal(attempt(&m, 1, GFP_KERNEL, BUDDY_MARK_MIN | BUDDY_ALLOC_MIN_RESERVE), -ENOMEM);
	assert_int_equal(attempt(&m, 1, GFP_KERNEL, BUDDY_MARK_MIN | BUDDY_ALLOC_OOM), 0);
	machine_fini(&m);
}

/*
 * One zone of 1 GiB (262,144 frames), all managed: min_free_kbytes = isqrt(1048576 * 16) = 4096, so min is 1024
 * frames; the step is max(256, 262) = 262; batch = roundup-free 63, high = max(low, 252).
 */
static void defaults_are_the_kernels(void **state)
{
	struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 262144 };
	struct machine m;
	struct buddy_zone_tuning t;
	struct buddy_pcp_tuning p;

	(void)state;
	machine_make(&m, &z, 1, 1);
	assert_int_equal(buddy_add_range(m.b, 0, 262144), 0);
	buddy_zone_tuning_get(m.b, 0, &t);
	buddy_pcp_tuning_get(m.b, 0, 0, &p);
	assert_int_equal(t.mark_pages[BUDDY_MARK_MIN], 1024);
	assert_int_equal(t.mark_pages[BUDDY_MARK_LOW], 1286);
	assert_int_equal(t.mark_pages[BUDDY_MARK_HIGH], 1548);
	assert_int_equal(p.batch_pages, 63);
	assert_int_equal(p.high_pages, 1286);
	assert_int_equal(p.stat_threshold, 2 * 1 * (1 + 4)); /* one CPU, 8 x 128 MiB */
	assert_int_equal(t.lowmem_reserve_pages[BUDDY_ZONE_MOVABLE], 0);
	machine_fini(&m);
}

/* Of 200 frames min_free_kbytes would be isqrt(800 * 16) = 113, and is 128: 32 frames; the step is 8. */
static void a_tiny_machine_keeps_128_kib(void **state)
{
	struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 200 };
	struct machine m;
	struct buddy_zone_tuning t;

	(void)state;
	machine_make(&m, &z, 1, 1);
	assert_int_equal(buddy_add_range(m.b, 0, 200), 0);
	buddy_zone_tuning_get(m.b, 0, &t);
	assert_int_equal(t.mark_pages[BUDDY_MARK_MIN], 32);
	assert_int_equal(t.mark_pages[BUDDY_MARK_LOW], 40);
	assert_int_equal(t.mark_pages[BUDDY_MARK_HIGH], 48);
	machine_fini(&m);
}

/*
 * Normal and Movable of 256 MiB each (65,536 frames): min_free_kbytes = isqrt(262144 * 16) = 2048, 512 frames. 6.1
 * shares them out; 6.12 gives all to Normal and 64 to Movable, whose step is a quarter of what its share would be.
 */
static void a_movable_zone_has_its_own_mark_in_the_newer_kernel(void **state)
{
	static const struct {
		const char *kernel;
		uint64_t normal[2], movable[2]; /* min, low */
	} want[] = { { "6.1", { 256, 321 }, { 256, 321 } }, { "6.12", { 512, 640 }, { 64, 192 } } };
	struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 65536 },
					 { 0, BUDDY_ZONE_MOVABLE, "Movable", 65536, 65536 } };
	struct machine m;
	struct buddy_zone_tuning t;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		machine_from(&m, &(struct buddy_config){ .profile = buddy_profile_find(want[i].kernel), .zones = z,
							 .zone_count = 2, .cpu_count = 1, .pageblock_order = 9 });
		assert_int_equal(buddy_add_range(m.b, 0, 65536), 0);
		assert_int_equal(buddy_add_range(m.b, 65536, 131072), 0);
		buddy_zone_tuning_get(m.b, 0, &t);
		assert_int_equal(t.mark_pages[BUDDY_MARK_MIN], want[i].normal[0]);
		assert_int_equal(t.mark_pages[BUDDY_MARK_LOW], want[i].normal[1]);
		buddy_zone_tuning_get(m.b, 1, &t);
		assert_int_equal(t.mark_pages[BUDDY_MARK_MIN], want[i].movable[0]);
		assert_int_equal(t.mark_pages[BUDDY_MARK_LOW], want[i].movable[1]);
		machine_fini(&m);
	}
}

static void lowmem_reserve_defaults_sum_the_zones_above(void **state)
{
	struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_DMA, "DMA", 0, 4096 },
					 { 0, BUDDY_ZONE_DMA32, "DMA32", 4096, 8192 },
					 { 0, BUDDY_ZONE_NORMAL, "Normal", 12288, 25600 } };
	struct machine m;
	struct buddy_zone_tuning t;

	(void)state;
	machine_make(&m, z, 3, 1);
	assert_int_equal(buddy_add_range(m.b, 0, 4096), 0);
	assert_int_equal(buddy_add_range(m.b, 4096, 12288), 0);
	assert_int_equal(buddy_add_range(m.b, 12288, 37888), 0);
	buddy_zone_tuning_get(m.b, 0, &t);
	assert_int_equal(t.lowmem_reserve_pages[BUDDY_ZONE_DMA], 0);
	assert_int_equal(t.lowmem_reserve_pages[BUDDY_ZONE_DMA32], 32);
	assert_int_equal(t.lowmem_reserve_pages[BUDDY_ZONE_NORMAL], (8192 + 25600) / 256);
	assert_int_equal(t.lowmem_reserve_pages[BUDDY_ZONE_MOVABLE], (8192 + 25600) / 256);
	machine_fini(&m);
}

/*
 * An attempt looked while 512 pages were free, and went to the lock when 256 were; or the other way round. What it read
 * decides, and looking takes nothing.
 */
static void look_goes_by_what_was_read(void **state)
{
	struct buddy_request r = { .gfp = GFP_KERNEL };
	struct buddy_zone_read read = { .free_pages = 512 };
	struct machine m;

	(void)state;
	machine_plain(&m, 8192, 64, 8);
	machine_free(&m, 512, 8, BUDDY_UNMOVABLE);
	set_min(&m, 300);
	assert_int_equal(buddy_marks_look(m.b, &r, BUDDY_MARK_MIN, NULL), 0);
	assert_int_equal(buddy_marks_look(m.b, &r, BUDDY_MARK_MIN, &read), 1);
	read.boost_pages = 212;
	assert_int_equal(buddy_marks_look(m.b, &r, BUDDY_MARK_MIN, &read), 0);
	assert_int_equal(buddy_marks_look(m.b, &r, BUDDY_ALLOC_NO_MARKS, &read), 1);
	set_min(&m, 255);
	assert_int_equal(buddy_marks_look(m.b, &r, BUDDY_MARK_MIN, NULL), 1);
	r.order = 11;
	assert_int_equal(buddy_marks_look(m.b, &r, BUDDY_MARK_MIN, NULL), 0);
	ASSERT_LIST(&m, 8, BUDDY_UNMOVABLE, 512);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mark_is_a_strict_bound),
		cmocka_unit_test(look_goes_by_what_was_read),
		cmocka_unit_test(reserves_lower_the_bound),
		cmocka_unit_test(high_order_needs_room_and_a_block),
		cmocka_unit_test(boost_raises_the_mark_but_not_for_atomic_pages),
		cmocka_unit_test(lowmem_reserve_goes_by_the_requests_zone),
		cmocka_unit_test(reserved_highatomic_pages_are_not_usable_for_others),
		cmocka_unit_test(an_oom_victim_finds_the_reserves_blocks),
		cmocka_unit_test(defaults_are_the_kernels),
		cmocka_unit_test(a_tiny_machine_keeps_128_kib),
		cmocka_unit_test(a_movable_zone_has_its_own_mark_in_the_newer_kernel),
		cmocka_unit_test(lowmem_reserve_defaults_sum_the_zones_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
