// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verification: interrupts between an event and the lock under which it takes place.
 *
 * A second model plays the kernel (verify_world.h): it does each operation where the kernel would, and what it tells
 * comes where the tracepoints and probes are.
 */
#include "verify_world.h"

/* An interrupt in this context says that the task's allocation of one frame has it already. */
static void tell_pop(struct world *w, uint8_t context, uint8_t flags)
{
	struct rec_event *e = tell(w, REC_POP);

	e->context = context;
	e->pfn = 100;
	e->gfp = GFP;
	e->flags = flags;
}

/* An interrupt's REC_POP says that the frame below it is gone. */
static void interrupted_allocation_is_done_before_the_interrupt(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;
	uint64_t a, b;

	(void)state;
	start(w, 1);
	say_alloc(w, take(w));
	a = take(w);
	tell_pop(w, REC_CTX_SOFTIRQ, 0);
	b = take(w);
	say_alloc(w, b);
	w->events[w->count - 1].context = REC_CTX_SOFTIRQ;
	say_alloc(w, a);
	r = finish(w);
	assert_int_equal(r.exact, 3);
	assert_int_equal(r.condition[VERIFY_COND_INTERRUPTED], 1);
	test_free(w);
}

/* A free whose event came before an interrupt's, and whose list came after. */
static void late_commit_comes_behind_the_interrupt(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;
	uint64_t a, b;
	struct rec_event *e;

	(void)state;
	start(w, 1);
	a = take(w);
	say_alloc(w, a);
	b = take(w);
	say_alloc(w, b);
	e = tell(w, REC_FREE);
	e->pfn = a;
	e->flags = REC_FREE_LIST;
	give(w, b);
	w->events[w->count - 1].context = REC_CTX_SOFTIRQ;
	tell(w, REC_LATE_COMMIT)->pfn = a;
	assert_int_equal(buddy_free_pages(w->kernel.buddy, 0, a, 0), 0);
	say_alloc(w, take(w));
	say_alloc(w, take(w));
	assert_int_equal(w->pfns[2], a);
	assert_int_equal(w->pfns[3], b);
	r = finish(w);
	assert_int_equal(r.exact, 4);
	assert_int_equal(r.frees_unmatched, 0);
	test_free(w);
}

static const struct rec_event *find_or_null(const struct world *w, unsigned kind)
{
	for (unsigned i = 0; i < w->count; i++)
		if (w->events[i].kind == kind)
			return &w->events[i];
	return NULL;
}

static void set_reclaim(struct world *w, bool active)
{
	for (uint32_t zone = 0; zone < w->kernel.zone_count; zone++) {
		struct buddy_zone_tuning t;

		buddy_zone_tuning_get(w->kernel.buddy, zone, &t);
		t.reclaim_active = active;
		assert_int_equal(buddy_zone_tune(w->kernel.buddy, zone, &t), 0);
	}
}

static void give_in_interrupt(struct world *w, uint64_t pfn)
{
	unsigned first = w->count;

	give(w, pfn);
	for (unsigned i = first; i < w->count; i++)
		w->events[i].context = REC_CTX_SOFTIRQ;
}

/*
 * kswapd caps the per-CPU lists a little after its call is told, and lifts the cap a little before its end is told. An
 * interrupt in between frees to a list that is not capped; one between those drains. What follows shows which it was.
 * kswapd's own free finds the cap: one that does not drain is a miss.
 */
static void interrupt_may_come_outside_of_kswapds_flag(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	enum { INSIDE, BEFORE, BEHIND, OWN, CASES };

	(void)state;
	for (unsigned which = 0; which < CASES; which++) {
		struct verify_result r;

		start(w, 1);
		for (unsigned i = 0; i < 40; i++)
			say_alloc(w, take(w));
		for (unsigned i = 0; i < 30; i++)
			give(w, w->pfns[i]);
		assert_null(find_or_null(w, REC_PCPU_DRAIN));
		tell(w, REC_KSWAPD_BEGIN)->arg = UINT64_C(3) << 32;
		if (which == INSIDE)
			set_reclaim(w, true);
		if (which == BEHIND || which == OWN)
			tell(w, REC_MOVE_TAIL)->pfn = w->pfns[39];
		if (which == OWN)
			give(w, w->pfns[30]);
		else
			give_in_interrupt(w, w->pfns[30]);
		assert_int_equal(find_or_null(w, REC_PCPU_DRAIN) == NULL, which != INSIDE);
		if (which == BEHIND || which == OWN) {
			tell(w, REC_KSWAPD_END);
		} else {
			set_reclaim(w, true);
			give(w, w->pfns[31]);
			assert_non_null(find_or_null(w, REC_PCPU_DRAIN));
		}
		for (unsigned i = 0; i < 40; i++)
			say_alloc(w, take(w));
		r = finish(w);
		assert_int_equal(r.first_inner.present, which == OWN);
		assert_int_equal(r.exact, 80);
		assert_int_equal(r.count[VERIFY_READ].taken, which == BEFORE || which == BEHIND);
	}
	test_free(w);
}

#define DMA 0u
#define DMA32 1u
#define PLENTY (UINT64_C(1) << 20)

/* From the start on: a zone is above its marks when it has more free pages than these. */
static void set_marks(struct world *w, uint32_t zone, uint64_t low_pages, uint64_t min_pages)
{
	struct buddy *both[] = { w->kernel.buddy, w->model.buddy };

	for (unsigned i = 0; i < 2; i++) {
		struct buddy_zone_tuning t;

		buddy_zone_tuning_get(both[i], zone, &t);
		t.mark_pages[BUDDY_MARK_MIN] = min_pages;
		t.mark_pages[BUDDY_MARK_LOW] = t.mark_pages[BUDDY_MARK_HIGH] = low_pages;
		assert_int_equal(buddy_zone_tune(both[i], zone, &t), 0);
	}
}

/* From now on, as a change of the sysctl is told. */
static void change_high_mark(struct world *w, uint32_t zone, uint64_t pages)
{
	struct buddy_zone_tuning t;
	uint64_t *v;

	buddy_zone_tuning_get(w->kernel.buddy, zone, &t);
	t.mark_pages[BUDDY_MARK_HIGH] = pages;
	assert_int_equal(buddy_zone_tune(w->kernel.buddy, zone, &t), 0);
	tell_wide(w, REC_ZONE_MARKS, zone, t.mark_pages[BUDDY_MARK_MIN], t.mark_pages[BUDDY_MARK_LOW]);
	v = w->wide[w->wide_count - 1].v;
	v[3] = pages;
	v[4] = t.boost_pages;
	for (unsigned i = 0; i < 3; i++)
		v[5 + i] = t.lowmem_reserve_pages[i];
}

static void tell_attempt(struct world *w, unsigned kind, unsigned flags)
{
	struct rec_event *e = tell(w, kind);

	e->gfp = GFP;
	e->arg = flags;
}

static const struct buddy_request order_0 = { .gfp = GFP };

static bool dma32_is_scarce(const struct world *w)
{
	return !(buddy_marks_look(w->kernel.buddy, &order_0, BUDDY_MARK_LOW, NULL) & 1u << DMA32);
}

static void take_until_scarce(struct world *w)
{
	while (!dma32_is_scarce(w)) {
		say_alloc(w, take(w));
		assert_true(w->pfns[w->pfn_count - 1] >= 4096);
	}
}

/* Past the per-CPU list, so that it counts for watermarks. */
static void give_in_interrupt_until_plenty(struct world *w)
{
	for (unsigned i = 0; dma32_is_scarce(w); i++) {
		struct rec_event *e = tell(w, REC_FREE);

		e->pfn = w->pfns[i];
		e->flags = REC_FREE_BUDDY;
		e->context = REC_CTX_SOFTIRQ;
		assert_int_equal(buddy_free_direct(w->kernel.buddy, 0, e->pfn, 0, 0), 0);
	}
}

/*
 *     ENTRY |- DMA32 below its mark? -|- takes a block -| ALLOC
 *            ^ before: frees to DMA32  ^ or here
 *
 * Where the interrupt came shows in the zone of the block.
 */
static void interrupt_may_come_before_the_fast_attempt_reads(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));

	(void)state;
	for (unsigned before = 0; before < 2; before++) {
		struct verify_result r;
		uint64_t pfn;

		start(w, 1);
		set_marks(w, DMA32, 11800, 0);
		take_until_scarce(w);
		say_alloc(w, take(w)); /* and the list of DMA is filled */
		tell_attempt(w, REC_ENTRY, buddy_fast_flags(w->kernel.buddy, &order_0));
		pfn = before ? 0 : take(w);
		give_in_interrupt_until_plenty(w);
		pfn = before ? take(w) : pfn;
		assert_int_equal(pfn >= 4096, before);
		say_alloc(w, pfn);
		say_alloc(w, take(w));
		r = finish(w);
		assert_int_equal(r.allocs, w->pfn_count);
		assert_int_equal(r.exact, r.allocs);
		assert_false(r.first_inner.present);
		assert_int_equal(r.count[VERIFY_READ].taken, 1);
	}
	test_free(w);
}

/*
 * The same where another interrupt, behind the list, says that the block is taken: from which zone, the refill tells.
 */
static void interrupted_attempt_tells_its_zone_by_a_refill(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;
	uint64_t pfn;

	(void)state;
	start(w, 1);
	set_marks(w, DMA32, 11800, 0);
	take_until_scarce(w);
	tell_attempt(w, REC_ENTRY, buddy_fast_flags(w->kernel.buddy, &order_0));
	pfn = take(w);
	assert_true(pfn < 4096);
	assert_int_equal(w->events[w->count - 1].kind, REC_ZONE_LOCKED);
	give_in_interrupt_until_plenty(w);
	tell_pop(w, REC_CTX_SOFTIRQ, 0);
	say_alloc(w, pfn);
	say_alloc(w, take(w));
	r = finish(w);
	assert_int_equal(r.exact, r.allocs);
	assert_false(r.first_inner.present);
	test_free(w);
}

/* The attempt of the slow path takes what an interrupt freed on top of it, or passes because of it. */
static void interrupt_may_come_before_the_slow_attempt(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));

	(void)state;
	for (unsigned passes = 0; passes < 2; passes++) {
		struct buddy_block block;
		struct verify_result r;
		unsigned flags;
		uint64_t last_pfn;

		start(w, 1);
		set_marks(w, DMA, PLENTY, PLENTY);
		set_marks(w, DMA32, 11800, passes ? 0 : 11800);
		take_until_scarce(w);
		last_pfn = w->pfns[w->pfn_count - 1];
		flags = buddy_slow_flags(w->kernel.buddy, &order_0);
		tell_attempt(w, REC_ENTRY, buddy_fast_flags(w->kernel.buddy, &order_0));
		tell_attempt(w, REC_ATTEMPT, flags);
		give_in_interrupt(w, last_pfn);
		give_in_interrupt_until_plenty(w);
		assert_int_equal(buddy_alloc_attempt(w->kernel.buddy, &order_0, flags, &block), 0);
		assert_int_equal(block.pfn, last_pfn);
		say_alloc(w, block.pfn);
		r = finish(w);
		assert_int_equal(r.allocs, w->pfn_count + 1);
		assert_int_equal(r.exact, r.allocs);
		assert_false(r.first_inner.present);
		assert_int_equal(r.count[VERIFY_ATTEMPT].taken, 0);
		assert_int_equal(r.count[VERIFY_READ].taken, !passes);
	}
	test_free(w);
}

/* --- Between an event and the lock ------------------------------------------------------------------------------ */

/* What the kernel tells from now on is an interrupt's on top of the task, or the task's again. */
static void in_context(struct world *w, uint8_t context) { w->context = context; }

/* Past the per-CPU list, which what it interrupted holds. */
static void alloc_past_list(struct world *w)
{
	const unsigned flags = buddy_fast_flags(w->kernel.buddy, &order_0) | BUDDY_ALLOC_PAST_PCP;
	struct buddy_block block;

	in_context(w, REC_CTX_HARDIRQ);
	tell(w, REC_LIST_LOCKED);
	assert_int_equal(buddy_alloc_attempt(w->kernel.buddy, &order_0, flags, &block), 0);
	say_alloc(w, block.pfn);
	in_context(w, 0);
}

/* From the start on: the list of DMA32 holds at most so many frames; in a zone that is low as few as @min_pages. */
static void set_list(struct world *w, uint32_t high_pages, uint32_t min_pages)
{
	struct buddy *both[] = { w->kernel.buddy, w->model.buddy };

	for (unsigned i = 0; i < 2; i++) {
		struct buddy_pcp_tuning t;

		buddy_pcp_tuning_get(both[i], DMA32, 0, &t);
		t.high_pages = high_pages;
		t.high_min_pages = min_pages;
		t.batch_pages = 16;
		t.stat_threshold = 0;
		assert_int_equal(buddy_pcp_tune(both[i], DMA32, 0, &t), 0);
	}
}

/* 6.12, 200 frames handed out, of which 100 lie on a list of at most 150; nothing was drained. */
static void start_with_100_on_the_list(struct world *w)
{
	start_kernel(w, 1, "6.12");
	set_list(w, 150, 60);
	for (unsigned i = 0; i < 200; i++)
		say_alloc(w, take(w));
	for (unsigned i = 0; i < 100; i++)
		give(w, w->pfns[i]);
	assert_null(find_or_null(w, REC_PCPU_DRAIN));
}

/* Frees until the next free would drain. Return: the number of that one. */
static unsigned give_until_full(struct world *w)
{
	unsigned i = 0;

	while (!buddy_commit_drains(w->kernel.buddy, 0, DMA32, 0, false, false))
		give(w, w->pfns[i++]);
	assert_null(find_or_null(w, REC_PCPU_DRAIN));
	return i;
}

static struct verify_result take_and_finish(struct world *w, unsigned count)
{
	struct verify_result r;

	for (unsigned i = 0; i < count; i++)
		say_alloc(w, take(w));
	r = finish(w);
	assert_int_equal(r.exact, r.allocs);
	assert_int_equal(r.frees_unmatched, 0);
	assert_false(r.first_inner.present);
	return r;
}

static void interrupt_may_come_before_a_list_is_drained(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));

	(void)state;
	start(w, 1);
	play(w);
	tell(w, REC_DRAIN_ZONE)->arg = (uint64_t)DMA32 << 32;
	in_context(w, REC_CTX_SOFTIRQ);
	give(w, w->pfns[70]);
	in_context(w, 0);
	assert_int_equal(buddy_drain_zone(w->kernel.buddy, 0, DMA32, 0), 0);
	take_and_finish(w, 100);
	test_free(w);
}

/*
 *     FREE |- list locked -|- zone locked: drains -|- list unlocked -| LATE_COMMIT, if anything came before
 *           ^ late          ^ before the drain      ^ behind it
 */
static void interrupt_may_come_before_a_free_drains(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	enum { SINGLE, LISTED, LATE, CASES };

	(void)state;
	for (unsigned which = 0; which < CASES; which++) {
		struct rec_event *e;
		uint64_t pfn;

		start(w, 1);
		set_list(w, 60, 60);
		for (unsigned i = 0; i < 120; i++)
			say_alloc(w, take(w));
		pfn = w->pfns[give_until_full(w)];
		e = tell(w, REC_FREE);
		e->pfn = pfn;
		e->flags = which == SINGLE ? REC_FREE_PCP : REC_FREE_LIST;
		if (which == LISTED)
			tell(w, REC_FREE_BATCHED)->pfn = pfn;
		if (which == LATE) {
			in_context(w, REC_CTX_SOFTIRQ);
			say_alloc(w, take(w));
			give(w, w->pfns[w->pfn_count - 1]);
			in_context(w, 0);
		}
		alloc_past_list(w);
		assert_int_equal(buddy_free_pages(w->kernel.buddy, 0, pfn, 0), 0);
		assert_non_null(find_or_null(w, REC_PCPU_DRAIN));
		for (unsigned i = 0; i < 40; i++)
			alloc_past_list(w);
		if (which == LATE)
			tell(w, REC_LATE_COMMIT)->pfn = pfn;
		take_and_finish(w, 150);
	}
	test_free(w);
}

static void give_16(struct world *w, uint64_t pfn, uint8_t flags)
{
	struct rec_event *e = tell(w, REC_FREE);

	e->pfn = pfn;
	e->order = 4;
	e->flags = REC_FREE_BUDDY | flags;
	if (!(flags & REC_FREE_LATE))
		assert_int_equal(buddy_free_direct(w->kernel.buddy, 0, pfn, 4, 0), 0);
}

static uint64_t take_16(struct world *w)
{
	const struct buddy_request r = { .gfp = GFP, .order = 4 };
	struct buddy_block block;

	assert_int_equal(buddy_alloc_pages(w->kernel.buddy, &r, &block), 0);
	say_alloc(w, block.pfn);
	w->events[w->count - 1].order = 4;
	return block.pfn;
}

static void interrupt_may_come_before_a_direct_free(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;
	uint64_t a, b;

	(void)state;
	start(w, 1);
	a = take_16(w);
	take_16(w);
	b = take_16(w);
	take_16(w);
	give_16(w, a, REC_FREE_LATE);
	in_context(w, REC_CTX_HARDIRQ);
	give_16(w, b, 0);
	in_context(w, 0);
	tell(w, REC_FREE_ONE)->pfn = a;
	assert_int_equal(buddy_free_direct(w->kernel.buddy, 0, a, 4, 0), 0);
	tell(w, REC_LATE_COMMIT)->pfn = a;
	assert_int_equal(take_16(w), a);
	assert_int_equal(take_16(w), b);
	r = take_and_finish(w, 10);
	assert_int_equal(r.condition[VERIFY_COND_INTERRUPTED], 1);
	test_free(w);
}

/* The frames of a bulk call are told by its return. */
static void interrupt_may_come_behind_a_bulk_call(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;
	struct rec_event *e;
	uint64_t pfns[3];
	uint32_t got;

	(void)state;
	start(w, 1);
	say_alloc(w, take(w));
	e = tell(w, REC_BULK_BEGIN);
	e->arg = 3;
	e->gfp = GFP;
	assert_int_equal(buddy_alloc_bulk(w->kernel.buddy, &order_0, 3, pfns, &got), 0);
	assert_int_equal(got, 3);
	in_context(w, REC_CTX_HARDIRQ);
	tell_pop(w, REC_CTX_HARDIRQ, REC_POP_BULK);
	say_alloc(w, take(w));
	in_context(w, 0);
	for (unsigned i = 0; i < 3; i++)
		tell(w, REC_BULK_PAGE)->pfn = pfns[i];
	tell(w, REC_BULK_END)->arg = 3;
	r = take_and_finish(w, 5);
	assert_int_equal(r.allocs, 10);
	assert_int_equal(r.condition[VERIFY_COND_INTERRUPTED], 1);
	test_free(w);
}

/* An interrupt's slow attempt goes past the list that it finds locked, as its fast one would have. */
static void slow_attempt_goes_past_a_locked_list(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct buddy_block block;
	unsigned flags;

	(void)state;
	start(w, 1);
	set_marks(w, DMA, PLENTY, PLENTY);
	set_marks(w, DMA32, 11800, 0);
	take_until_scarce(w);
	give(w, w->pfns[0]);
	flags = buddy_slow_flags(w->kernel.buddy, &order_0);
	in_context(w, REC_CTX_HARDIRQ);
	tell_attempt(w, REC_ENTRY, buddy_fast_flags(w->kernel.buddy, &order_0));
	tell_attempt(w, REC_ATTEMPT, flags);
	tell(w, REC_LIST_LOCKED);
	assert_int_equal(buddy_alloc_attempt(w->kernel.buddy, &order_0, flags | BUDDY_ALLOC_PAST_PCP, &block), 0);
	say_alloc(w, block.pfn);
	in_context(w, 0);
	take_and_finish(w, 0);
	test_free(w);
}

/* 6.12 notes on the way that a zone fell below its high mark, and shrinks its lists from then on. */
static void interrupt_may_come_before_a_zone_is_found_low(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;

	(void)state;
	for (unsigned before = 0; before < 2; before++) {
		unsigned flags;
		uint64_t pfn;

		start_with_100_on_the_list(w);
		change_high_mark(w, DMA32, PLENTY);
		flags = buddy_fast_flags(w->kernel.buddy, &order_0);
		tell_attempt(w, REC_ENTRY, flags);
		if (!before)
			buddy_marks_look(w->kernel.buddy, &order_0, flags, NULL);
		give_in_interrupt(w, w->pfns[198]);
		assert_int_equal(find_or_null(w, REC_PCPU_DRAIN) == NULL, before);
		pfn = take(w);
		say_alloc(w, pfn);
		give(w, w->pfns[199]);
		assert_non_null(find_or_null(w, REC_PCPU_DRAIN));
		r = take_and_finish(w, 0);
		assert_int_equal(r.count[VERIFY_READ].taken, before);
	}
	test_free(w);
}

static void set_low(struct world *w, bool low)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(w->kernel.buddy, DMA32, &t);
	t.below_high = low;
	assert_int_equal(buddy_zone_tune(w->kernel.buddy, DMA32, &t), 0);
}

static bool is_low(const struct world *w)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(w->kernel.buddy, DMA32, &t);
	return t.below_high;
}

/*
 *     FREE |- list locked, drains -|- the zone is not low any more -|
 *                                   ^ finds it low
 *
 * What the interrupt notes is cleared again. It needs some pages more than the free, so it finds the zone low where
 * that does not. Where that finds it low as well, a free that does not drain is a miss.
 */
static void interrupt_may_come_before_a_zone_is_found_well(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	const struct buddy_request r3 = { .gfp = GFP, .order = 3 };
	struct buddy_block block;
	struct verify_result r;
	int64_t after;

	(void)state;
	for (unsigned well = 0; well < 2; well++) {
		unsigned flags;

		start_with_100_on_the_list(w);
		flags = buddy_fast_flags(w->kernel.buddy, &r3) | BUDDY_ALLOC_PAST_PCP;
		change_high_mark(w, DMA32, PLENTY);
		say_alloc(w, take(w));
		assert_true(is_low(w));
		after = buddy_free_pages_counter(w->kernel.buddy, DMA32) +
			buddy_commit_drains(w->kernel.buddy, 0, DMA32, 0, false, true);
		if (well)
			change_high_mark(w, DMA32, (uint64_t)after - 4);
		give(w, w->pfns[100]);
		assert_non_null(find_or_null(w, REC_PCPU_DRAIN));
		assert_int_equal(is_low(w), !well);
		in_context(w, REC_CTX_HARDIRQ);
		tell(w, REC_LIST_LOCKED);
		assert_int_equal(buddy_alloc_attempt(w->kernel.buddy, &r3, flags, &block), 0);
		assert_true(is_low(w));
		say_alloc(w, block.pfn);
		w->events[w->count - 1].order = 3;
		in_context(w, 0);
		set_low(w, false);
		give(w, w->pfns[101]);
		give(w, w->pfns[102]);
		r = finish(w);
		assert_int_equal(r.first_inner.present, !well);
	}
	test_free(w);
}

/* The interrupted attempt had looked already: what the interrupt takes is not its to find. */
static void interrupt_may_make_a_zone_low(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));

	(void)state;
	start_with_100_on_the_list(w);
	change_high_mark(w, DMA32, (uint64_t)buddy_free_pages_counter(w->kernel.buddy, DMA32) - 1);
	tell_attempt(w, REC_ENTRY, buddy_fast_flags(w->kernel.buddy, &order_0));
	alloc_past_list(w);
	assert_false(is_low(w));
	say_alloc(w, take(w));
	set_low(w, false);
	give(w, w->pfns[101]);
	give(w, w->pfns[102]);
	assert_null(find_or_null(w, REC_PCPU_DRAIN));
	take_and_finish(w, 50);
	test_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupted_allocation_is_done_before_the_interrupt),
		cmocka_unit_test(late_commit_comes_behind_the_interrupt),
		cmocka_unit_test(interrupt_may_come_outside_of_kswapds_flag),
		cmocka_unit_test(interrupt_may_come_before_the_fast_attempt_reads),
		cmocka_unit_test(interrupted_attempt_tells_its_zone_by_a_refill),
		cmocka_unit_test(interrupt_may_come_before_the_slow_attempt),
		cmocka_unit_test(interrupt_may_come_before_a_list_is_drained),
		cmocka_unit_test(interrupt_may_come_before_a_free_drains),
		cmocka_unit_test(interrupt_may_come_before_a_direct_free),
		cmocka_unit_test(interrupt_may_come_behind_a_bulk_call),
		cmocka_unit_test(slow_attempt_goes_past_a_locked_list),
		cmocka_unit_test(interrupt_may_come_before_a_zone_is_found_low),
		cmocka_unit_test(interrupt_may_come_before_a_zone_is_found_well),
		cmocka_unit_test(interrupt_may_make_a_zone_low),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
