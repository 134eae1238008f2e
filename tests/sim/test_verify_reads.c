// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verification of recordings of several CPUs: what the kernel read without a lock, drains from outside, counters at the
 * ends of lock sections.
 */
#include <errno.h>

#include "verify_world.h"

#define DMA 0u
#define DMA32 1u

/* An attempt in the fast path whose lock sections are told behind it. */
static uint64_t take_told(struct world *w, unsigned zone)
{
	struct buddy_request r = { .gfp = GFP, .cpu = w->cpu };
	struct buddy_block block;
	struct rec_event *e = tell(w, REC_ENTRY);

	e->gfp = GFP;
	assert_int_equal(buddy_alloc_pages(w->kernel.buddy, &r, &block), 0);
	assert_int_equal(block.zone, zone);
	e = tell(w, REC_UNLOCK);
	e->flags = 1;
	e->arg = zone;
	say_alloc(w, block.pfn);
	return block.pfn;
}

/*
 * Another CPU took DMA32's last frames above the watermark when this one looked, and gave them back before this one
 * had its lock: in the order of the locks there is plenty.
 */
static void watermark_read_early_overrules_the_model(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;
	int64_t pages;

	(void)state;
	start(w, 2);
	take_told(w, DMA32);
	pages = buddy_free_pages_counter(w->kernel.buddy, DMA32);
	buddy_zone_set_free_pages(w->kernel.buddy, DMA32, 10);
	take_told(w, DMA);
	buddy_zone_set_free_pages(w->kernel.buddy, DMA32, pages);
	take_told(w, DMA32);
	r = finish(w);
	assert_int_equal(r.allocs, 3);
	assert_int_equal(r.exact, 3);
	assert_int_equal(r.count[VERIFY_READ].taken, 1);
	assert_int_equal(r.count[VERIFY_READ].own, 0); /* nothing was told of the other two */
	test_free(w);
}

static void give_told(struct world *w, uint64_t pfn, unsigned bits)
{
	struct rec_event *e = tell(w, REC_FREE);
	unsigned before;

	e->pfn = pfn;
	e->flags = REC_FREE_PCP;
	e = tell(w, REC_COMMIT);
	e->pfn = pfn;
	e->arg = bits;
	before = w->count;
	assert_int_equal(buddy_free_pages(w->kernel.buddy, w->cpu, pfn, 0), 0);
	if (w->count > before)
		tell(w, REC_UNLOCK)->arg = DMA32;
	e = tell(w, REC_UNLOCK);
	e->flags = 1;
	e->arg = DMA32;
}

/* kswapd works, which keeps the lists short: 4 batches of 3 frames. Nothing but the commits tells of it. */
static struct verify_result free_under_reclaim(struct world *w, unsigned bits)
{
	struct buddy_zone_tuning t;

	start(w, 2);
	for (int i = 0; i < 20; i++)
		w->pfns[i] = take_told(w, DMA32);
	buddy_zone_tuning_get(w->kernel.buddy, DMA32, &t);
	t.reclaim_active = true;
	buddy_zone_tune(w->kernel.buddy, DMA32, &t);
	for (int i = 0; i < 20; i++)
		give_told(w, w->pfns[i], bits);
	return finish(w);
}

static void flags_read_at_a_commit_overrule_the_model(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;

	(void)state;
	r = free_under_reclaim(w, REC_ZONE_BITS_TOLD | REC_ZONE_BITS_RECLAIM);
	assert_true(r.count[VERIFY_DRAIN].own > 0);
	assert_int_equal(r.count[VERIFY_DRAIN].missed, 0);
	assert_int_equal(r.count[VERIFY_READ].taken, 1);
	r = free_under_reclaim(w, 0);
	assert_true(r.count[VERIFY_DRAIN].missed > 0);
	test_free(w);
}

/* The flag was set between the commit's beginning, where it is told, and its reading: the drain shows it. */
static void size_of_a_drain_tells_what_its_commit_read(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;

	(void)state;
	r = free_under_reclaim(w, REC_ZONE_BITS_TOLD);
	assert_true(r.count[VERIFY_DRAIN].own > 0);
	assert_int_equal(r.count[VERIFY_DRAIN].missed, 0);
	assert_true(r.count[VERIFY_READ].taken > 0);
	test_free(w);
}

/*
 * 6.12: another CPU found the zone below its high mark just before this one's refill, so that the list does not grow.
 * The order of the locks does not show it, but the list's high does.
 */
static void high_of_a_list_tells_what_its_refill_read(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct buddy_zone_tuning z;
	struct buddy_pcp_tuning p;
	struct verify_result r;
	uint32_t grown;

	(void)state;
	start_kernel(w, 2, "6.12");
	take_told(w, DMA32);
	buddy_pcp_tuning_get(w->kernel.buddy, DMA32, 0, &p);
	grown = p.high_pages;
	buddy_zone_tuning_get(w->kernel.buddy, DMA32, &z);
	z.below_high = true;
	buddy_zone_tune(w->kernel.buddy, DMA32, &z);
	while (buddy_pcp_count(w->kernel.buddy, DMA32, 0))
		take_told(w, DMA32);
	take_told(w, DMA32);
	buddy_pcp_tuning_get(w->kernel.buddy, DMA32, 0, &p);
	assert_int_equal(p.high_pages, grown);
	for (unsigned i = 0; i < w->count; i++)
		if (w->events[i].kind == REC_UNLOCK)
			w->events[i].pfn = REC_ZONE_BITS_TOLD << 16 | (uint64_t)grown << 32;
	r = finish(w);
	assert_int_equal(r.exact, r.allocs);
	assert_int_equal(r.count[VERIFY_READ].taken, 1);
	test_free(w);
}

static void lengthen_lists(struct sim_machine *m)
{
	struct buddy_pcp_tuning t;

	buddy_pcp_tuning_get(m->buddy, DMA32, 0, &t);
	t.high_pages = 400;
	buddy_pcp_tune(m->buddy, DMA32, 0, &t);
}

/*
 * CPU 1 drains the list of CPU 0, which takes two sections of its lock; in between, another task on CPU 0 takes a
 * block of 2^4 from the zone, where the first portion lies and the second does not yet.
 */
static void remote_drain_goes_by_portions(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct buddy_request r4 = { .gfp = GFP, .order = 4 };
	struct buddy_block block;
	struct verify_result r;
	struct rec_event *e;

	(void)state;
	start(w, 2);
	lengthen_lists(&w->kernel);
	lengthen_lists(&w->model);
	for (int i = 0; i < 150; i++)
		w->pfns[i] = take_told(w, DMA32);
	for (int i = 0; i < 150; i++)
		give_told(w, w->pfns[i], 0);
	w->cpu = 1;
	w->pid = 200;
	tell(w, REC_DRAIN_ZONE)->arg = (uint64_t)DMA32 << 32;
	assert_int_equal(buddy_drain_portion(w->kernel.buddy, 1, DMA32, 0, INT32_MAX), 96);
	w->cpu = 0;
	w->pid = 100;
	tell(w, REC_ENTRY)->order = 4;
	assert_int_equal(buddy_alloc_pages(w->kernel.buddy, &r4, &block), 0);
	tell(w, REC_UNLOCK)->arg = DMA32;
	say_alloc(w, block.pfn);
	w->events[w->count - 1].order = 4;
	w->cpu = 1;
	w->pid = 200;
	assert_true(buddy_drain_portion(w->kernel.buddy, 1, DMA32, 0, INT32_MAX) > 0);
	e = tell(w, REC_UNLOCK);
	e->flags = 1;
	e->arg = DMA32;
	r = finish(w);
	assert_int_equal(r.exact, r.allocs);
	assert_int_equal(r.count[VERIFY_DRAIN].missed, 0);
	assert_true(r.count[VERIFY_DRAIN].own > 96);
	test_free(w);
}

static void tell_counters(struct world *w)
{
	struct buddy_pcp_tuning t;
	struct rec_event *e = tell(w, REC_UNLOCK);

	buddy_pcp_tuning_get(w->kernel.buddy, DMA32, w->cpu, &t);
	e->arg = DMA32;
	e->gfp = REC_ZONE_BITS_TOLD | (uint32_t)(uint8_t)t.free_pages_diff << 8;
	e->pfn = REC_ZONE_READ(buddy_free_pages_counter(w->kernel.buddy, DMA32), 0);
}

/* The first lock section of a recording is one like the others: its refill is done before its end. */
static void order_begins_with_the_recording(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;
	uint64_t pfn;

	(void)state;
	start(w, 2);
	pfn = take(w);
	tell_counters(w);
	w->order_probes = true;
	unlock(w);
	say_alloc(w, pfn);
	r = finish(w);
	assert_int_equal(r.exact, 1);
	assert_int_equal(r.count[VERIFY_COUNTER].own, 2);
	assert_int_equal(r.count[VERIFY_COUNTER].missed, 0);
	test_free(w);
}

/* The end of a zone's section tells the free counter, once as the model has it and once another. */
static void counters_are_held_against_the_kernels(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct buddy_pcp_tuning t;
	struct verify_result r;
	struct rec_event *e;

	(void)state;
	start(w, 2);
	take_told(w, DMA32);
	buddy_pcp_tuning_get(w->kernel.buddy, DMA32, 0, &t);
	for (int wrong = 0; wrong < 2; wrong++) {
		e = tell(w, REC_UNLOCK);
		e->arg = DMA32;
		e->gfp = REC_ZONE_BITS_TOLD | (uint32_t)(uint8_t)t.free_pages_diff << 8;
		e->pfn = REC_ZONE_READ(buddy_free_pages_counter(w->kernel.buddy, DMA32) + 7 * wrong, 0);
	}
	r = finish(w);
	assert_int_equal(r.count[VERIFY_COUNTER].own, 3);
	assert_int_equal(r.count[VERIFY_COUNTER].missed, 1);
	assert_true(r.first_counter.present);
	assert_int_equal(r.first_counter.recorded - r.first_counter.predicted, 7);
	test_free(w);
}

/*
 * kswapd found a boost of 100 when it began and gives that back at the end, whatever was added since:
 *
 *     kswapd   begin, boost 100                 unlock, boost 50
 *     a task                      boost 150
 *
 * The last unlock is nobody's to explain. Source: balance_pgdat().
 */
/* The same pages, but three of them not flushed yet. */
static void pages_counted_in_another_place_are_followed(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct buddy_pcp_tuning t;
	struct verify_result r;
	struct rec_event *e;

	(void)state;
	start(w, 2);
	take_told(w, DMA32);
	buddy_pcp_tuning_get(w->kernel.buddy, DMA32, 0, &t);
	for (int i = 0; i < 2; i++) {
		e = tell(w, REC_UNLOCK);
		e->arg = DMA32;
		e->gfp = REC_ZONE_BITS_TOLD | (uint32_t)(uint8_t)(t.free_pages_diff + 3) << 8;
		e->pfn = REC_ZONE_READ(buddy_free_pages_counter(w->kernel.buddy, DMA32) - 3, 0);
	}
	r = finish(w);
	assert_int_equal(r.count[VERIFY_COUNTER].own, 4);
	assert_int_equal(r.count[VERIFY_COUNTER].taken, 1);
	assert_int_equal(r.count[VERIFY_COUNTER].missed, 0);
	test_free(w);
}

/* CPU 1 folded its difference, and tells it later. */
static void fold_of_another_cpu_is_told_late(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct buddy_pcp_tuning t;
	struct verify_result r;
	struct rec_event *e;

	(void)state;
	start(w, 2);
	w->cpu = 1;
	take_told(w, DMA32);
	buddy_pcp_tuning_get(w->kernel.buddy, DMA32, 1, &t);
	assert_int_not_equal(t.free_pages_diff, 0);
	buddy_fold_stats(w->kernel.buddy, 1);
	w->cpu = 0;
	e = tell(w, REC_UNLOCK);
	e->arg = DMA32;
	e->gfp = REC_ZONE_BITS_TOLD;
	e->pfn = REC_ZONE_READ(buddy_free_pages_counter(w->kernel.buddy, DMA32), 0);
	w->cpu = 1;
	tell(w, REC_STAT_FOLD);
	w->events[w->count] = *e;
	w->count++;
	r = finish(w);
	assert_int_equal(r.count[VERIFY_COUNTER].taken, 1);
	assert_int_equal(r.count[VERIFY_COUNTER].own, 3);
	assert_int_equal(r.count[VERIFY_COUNTER].missed, 0);
	test_free(w);
}

/* An interrupt came between the fold of its zone and the fold's end: what it counted is still this CPU's. */
static void what_a_fold_left_behind_is_told(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct buddy_pcp_tuning t;
	struct verify_result r;

	(void)state;
	start(w, 2);
	buddy_fold_stats(w->kernel.buddy, 0);
	take_told(w, DMA32);
	buddy_pcp_tuning_get(w->kernel.buddy, DMA32, 0, &t);
	assert_int_not_equal(t.free_pages_diff, 0);
	tell(w, REC_STAT_FOLD)->arg = REC_STAT_FOLD_TOLD | (uint64_t)(uint8_t)t.free_pages_diff << 8 * DMA32;
	tell_counters(w);
	r = finish(w);
	assert_int_equal(r.count[VERIFY_COUNTER].taken, 1);
	assert_int_equal(r.count[VERIFY_COUNTER].own, 2);
	assert_int_equal(r.count[VERIFY_COUNTER].missed, 0);
	test_free(w);
}

static void boost_is_given_back_as_it_was_found(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;
	struct rec_event *e;
	uint64_t boost[] = { 100, 150, 50, 40 };
	int64_t free_pages;

	(void)state;
	start(w, 1);
	free_pages = buddy_free_pages_counter(w->kernel.buddy, DMA32);
	for (int i = 0; i < 4; i++) {
		w->pid = i == 2 ? 38 : 100;
		e = tell(w, REC_UNLOCK);
		e->arg = DMA32;
		e->gfp = REC_ZONE_BITS_TOLD;
		e->pfn = REC_ZONE_READ(free_pages, boost[i]);
		w->pid = 38;
		if (!i)
			tell(w, REC_KSWAPD_BEGIN)->arg = (uint64_t)DMA32 << 32;
	}
	r = finish(w);
	assert_int_equal(r.count[VERIFY_BOOST].own, 1);
	assert_int_equal(r.count[VERIFY_BOOST].taken, 0);
	assert_int_equal(r.count[VERIFY_COUNTER].missed, 3); /* what raised it is not in this stream either */
	test_free(w);
}

/* --- Full preemption ------------------------------------------------------------------------------------------- */

/* The end of a lock section of a zone, or of its per-CPU list. */
static void tell_unlock(struct world *w, unsigned zone, bool list)
{
	struct rec_event *e = tell(w, REC_UNLOCK);

	e->arg = zone;
	e->flags = list;
}

/* All of DMA32 is in use. */
static void use_up_dma32(struct sim_machine *m)
{
	struct buddy_request r = { .gfp = GFP, .order = 10 };
	struct buddy_block block;

	while (!buddy_alloc_attempt(m->buddy, &r, BUDDY_ALLOC_NO_MARKS, &block) && block.zone == DMA32)
		;
	assert_int_equal(buddy_put_back(m->buddy, 0, &block), 0);
}

/*
 *     A   entry  refill nothing z l(DMA32)                     z(DMA32)  refill z l(DMA) alloc
 *     B                                     free commit l(DMA32)                               entry l alloc
 *
 * A found DMA32's list empty, and does not see what B puts there before A goes on to DMA.
 * Source: get_page_from_freelist(), rmqueue().
 */
static void frame_freed_behind_an_empty_list_is_not_seen(void **state)
{
	struct buddy_request r = { .gfp = GFP };
	struct world *w = test_calloc(1, sizeof(*w));
	struct buddy_block block;
	struct verify_result result;

	(void)state;
	start(w, 1);
	use_up_dma32(&w->kernel);
	use_up_dma32(&w->model);
	w->count = 1; /* the marker */
	buddy_zone_set_free_pages(w->kernel.buddy, DMA32, 5000); /* as another CPU's share of the counter may make it */
	tell_unlock(w, DMA, true);
	tell_wide(w, REC_ZONES_READ, 0, REC_ZONE_READ(3000, 0), REC_ZONE_READ(5000, 0));
	tell(w, REC_ENTRY)->gfp = GFP;
	assert_int_equal(buddy_alloc_from_list(w->kernel.buddy, &r, BUDDY_MARK_LOW, DMA32, &block), -ENOMEM);
	tell_unlock(w, DMA32, false);
	tell_unlock(w, DMA32, true);
	w->pid = 200;
	give_told(w, 5000, 0);
	w->pid = 100;
	tell_unlock(w, DMA32, false);
	assert_int_equal(buddy_alloc_from_list(w->kernel.buddy, &r, BUDDY_MARK_LOW, DMA, &block), 0);
	tell_unlock(w, DMA, false);
	tell_unlock(w, DMA, true);
	say_alloc(w, block.pfn);
	w->pid = 200;
	assert_int_equal(take_told(w, DMA32), 5000);
	result = finish(w);
	assert_int_equal(result.allocs, 2);
	assert_int_equal(result.exact, 2);
	assert_int_equal(result.count[VERIFY_REFILL].own, 2);
	assert_int_equal(result.count[VERIFY_REFILL].missed, 0);
	test_free(w);
}

/* DMA32 was below its mark as the attempt looked, whatever it has where the lock is: the values told decide. */
static void attempt_goes_by_the_values_told(void **state)
{
	struct buddy_request r = { .gfp = GFP };
	struct world *w = test_calloc(1, sizeof(*w));
	struct buddy_block block;
	struct verify_result result;

	(void)state;
	start(w, 1);
	tell_unlock(w, DMA, true);
	tell_wide(w, REC_ZONES_READ, 0, REC_ZONE_READ(3000, 0), REC_ZONE_READ(10, 0));
	tell(w, REC_ENTRY)->gfp = GFP;
	assert_int_equal(buddy_alloc_from_list(w->kernel.buddy, &r, BUDDY_MARK_LOW, DMA, &block), 0);
	tell_unlock(w, DMA, false);
	tell_unlock(w, DMA, true);
	say_alloc(w, block.pfn);
	result = finish(w);
	assert_int_equal(result.exact, 1);
	assert_int_equal(result.count[VERIFY_READ].taken, 1);
	test_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(watermark_read_early_overrules_the_model),
		cmocka_unit_test(flags_read_at_a_commit_overrule_the_model),
		cmocka_unit_test(size_of_a_drain_tells_what_its_commit_read),
		cmocka_unit_test(high_of_a_list_tells_what_its_refill_read),
		cmocka_unit_test(remote_drain_goes_by_portions),
		cmocka_unit_test(order_begins_with_the_recording),
		cmocka_unit_test(counters_are_held_against_the_kernels),
		cmocka_unit_test(pages_counted_in_another_place_are_followed),
		cmocka_unit_test(fold_of_another_cpu_is_told_late),
		cmocka_unit_test(what_a_fold_left_behind_is_told),
		cmocka_unit_test(boost_is_given_back_as_it_was_found),
		cmocka_unit_test(frame_freed_behind_an_empty_list_is_not_seen),
		cmocka_unit_test(attempt_goes_by_the_values_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
