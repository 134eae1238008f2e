// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When compaction runs: suitable, finished, deferred; kcompactd; kswapd's boost.
 *
 * Source: compaction_suitable, __compact_finished, compaction_deferred, try_to_compact_pages, wakeup_kcompactd,
 * kcompactd_do_work, fragmentation_score_node, mm/compaction.c; balance_pgdat, mm/vmscan.c; 6.1 and 6.12.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <buddy/slowpath.h>

#include "machine.h"

#define NORMAL BUDDY_ZONE_NORMAL
#define TOLD_MAX 128u

/* Decisions as the model tells them. */
struct told {
	struct buddy_decision at[TOLD_MAX];
	unsigned count;
};

static void on_decided(void *context, const struct buddy_decision *d)
{
	struct told *t = context;

	t->at[t->count++ % TOLD_MAX] = *d;
}

static void listen(struct machine *m, struct told *t)
{
	*t = (struct told){ 0 };
	buddy_set_env(m->b, &(struct buddy_env){ .context = t, .decided = on_decided });
}

static void make(struct machine *m, const char *kernel, const struct buddy_zone_config *zones, uint32_t count)
{
	struct buddy_config c = { .profile = buddy_profile_find(kernel), .zones = zones, .zone_count = count,
				  .cpu_count = 1, .pageblock_order = 9 };

	m->bytes = buddy_footprint(&c);
	m->memory = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(m->memory, MAP_FAILED);
	assert_int_equal(buddy_init(m->memory, m->bytes, &c, &m->b), 0);
}

static void plain(struct machine *m, const char *kernel)
{
	struct buddy_zone_config z = { 0, NORMAL, "Normal", 0, 8192 };

	make(m, kernel, &z, 1);
}

static void set_marks(struct machine *m, uint32_t zone, uint64_t min, uint64_t low)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(m->b, zone, &t);
	t.present_pages = t.managed_pages = 8192;
	t.mark_pages[BUDDY_MARK_MIN] = min;
	t.mark_pages[BUDDY_MARK_LOW] = low;
	t.mark_pages[BUDDY_MARK_HIGH] = 2 * low;
	assert_int_equal(buddy_zone_tune(m->b, zone, &t), 0);
}

/* Every other frame of [start, end) is free: no two are buddies. */
static void free_singles(struct machine *m, uint64_t start, uint64_t end, unsigned type)
{
	for (uint64_t pfn = start; pfn < end; pfn += 2)
		machine_free(m, pfn, 0, type);
}

/*
 * 512 singles are free, min 100:   order 1 needs 100 + 4, order 8 more than the low mark + 512.
 * 6.1 says itself that a request above its watermark needs nothing; 6.12 asks that before.
 */
static void suitable_needs_room_for_twice_the_block(void **state)
{
	static const char *const kernels[] = { "6.1", "6.12" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct machine m;

		plain(&m, kernels[i]);
		free_singles(&m, 0, 1024, BUDDY_MOVABLE);
		set_marks(&m, 0, 100, 120);
		assert_int_equal(buddy_compact_suitable(m.b, 0, 1, 0, NORMAL), BUDDY_COMPACT_CONTINUE);
		set_marks(&m, 0, 507, 509);
		assert_int_equal(buddy_compact_suitable(m.b, 0, 1, 0, NORMAL), BUDDY_COMPACT_CONTINUE);
		set_marks(&m, 0, 508, 509);
		assert_int_equal(buddy_compact_suitable(m.b, 0, 1, 0, NORMAL), BUDDY_COMPACT_SKIPPED);
		/* A costly order looks at the low mark. */
		set_marks(&m, 0, 1, 479);
		assert_int_equal(buddy_compact_suitable(m.b, 0, 4, 0, NORMAL), BUDDY_COMPACT_CONTINUE);
		set_marks(&m, 0, 1, 480);
		assert_int_equal(buddy_compact_suitable(m.b, 0, 4, 0, NORMAL), BUDDY_COMPACT_SKIPPED);
		set_marks(&m, 0, 1, 2);
		machine_free(&m, 2048, 3, BUDDY_UNMOVABLE);
		assert_int_equal(buddy_compact_suitable(m.b, 0, 3, 0, NORMAL),
				 i ? BUDDY_COMPACT_CONTINUE : BUDDY_COMPACT_SUCCESS);
		assert_int_equal(buddy_compact_wanted(m.b, 0, 3, 0, NORMAL), BUDDY_COMPACT_SUCCESS);
		assert_int_equal(buddy_compact_wanted(m.b, 0, BUDDY_WHOLE_ZONE, 0, NORMAL), BUDDY_COMPACT_CONTINUE);
		machine_fini(&m);
	}
}

/* The boost counts as a part of every mark, and the request's lowmem reserve comes on top. */
static void suitable_counts_boost_and_reserve(void **state)
{
	struct buddy_zone_tuning t;
	struct machine m;

	(void)state;
	plain(&m, "6.12");
	free_singles(&m, 0, 1024, BUDDY_MOVABLE);
	set_marks(&m, 0, 100, 120);
	buddy_zone_tuning_get(m.b, 0, &t);
	t.boost_pages = 408;
	t.lowmem_reserve_pages[BUDDY_ZONE_MOVABLE] = 408;
	buddy_zone_tune(m.b, 0, &t);
	assert_int_equal(buddy_compact_suitable(m.b, 0, 1, 0, NORMAL), BUDDY_COMPACT_SKIPPED);
	t.boost_pages = 0;
	buddy_zone_tune(m.b, 0, &t);
	assert_int_equal(buddy_compact_suitable(m.b, 0, 1, 0, NORMAL), BUDDY_COMPACT_CONTINUE);
	assert_int_equal(buddy_compact_suitable(m.b, 0, 1, 0, BUDDY_ZONE_MOVABLE), BUDDY_COMPACT_SKIPPED);
	machine_fini(&m);
}

/*
 * Order 4 wanted:  64 blocks of order 3: index 1000 - (1000 + 512 * 1000 / 16) / 64 = 485, memory is short
 *                  512 singles:          index 1000 - (1000 + 512 * 1000 / 16) / 512 = 936, it is fragmented
 */
static void costly_order_needs_fragmentation(void **state)
{
	struct machine m;

	(void)state;
	plain(&m, "6.1");
	for (uint64_t pfn = 0; pfn < 1024; pfn += 16)
		machine_free(&m, pfn, 3, BUDDY_MOVABLE);
	set_marks(&m, 0, 10, 12);
	assert_int_equal(buddy_fragmentation_index(m.b, 0, 4), 485);
	assert_int_equal(buddy_compact_suitable(m.b, 0, 4, 0, NORMAL), BUDDY_COMPACT_NOT_SUITABLE);
	assert_int_equal(buddy_compact_wanted(m.b, 0, 4, 0, NORMAL), BUDDY_COMPACT_SKIPPED);
	buddy_set_extfrag_threshold(m.b, 485);
	assert_int_equal(buddy_compact_suitable(m.b, 0, 4, 0, NORMAL), BUDDY_COMPACT_NOT_SUITABLE);
	buddy_set_extfrag_threshold(m.b, 484);
	assert_int_equal(buddy_compact_suitable(m.b, 0, 4, 0, NORMAL), BUDDY_COMPACT_CONTINUE);
	machine_fini(&m);
	plain(&m, "6.1");
	free_singles(&m, 0, 1024, BUDDY_MOVABLE);
	set_marks(&m, 0, 10, 12);
	assert_int_equal(buddy_compact_suitable(m.b, 0, 4, 0, NORMAL), BUDDY_COMPACT_CONTINUE);
	/* Up to order 3 the min mark is left alone, above it the low one. */
	set_marks(&m, 0, 100, 600);
	assert_int_equal(buddy_compact_suitable(m.b, 0, 3, 0, NORMAL), BUDDY_COMPACT_CONTINUE);
	assert_int_equal(buddy_compact_suitable(m.b, 0, 4, 0, NORMAL), BUDDY_COMPACT_SKIPPED);
	machine_fini(&m);
}

/* What is asked first wins: scanners, then the pageblock, then what is free, then whether to leave. */
static void finished_in_the_kernels_order(void **state)
{
	struct buddy_compact_state s = { .order = 3, .type = BUDDY_MOVABLE, .pageblock_done = true };
	struct machine m;

	(void)state;
	plain(&m, "6.1");
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_NO_PAGE);
	s.contended = true;
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_CONTENDED);
	machine_free(&m, 1024, 3, BUDDY_MOVABLE);
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_SUCCESS);
	s.pageblock_done = false;
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_CONTINUE);
	s.scanners_met = true;
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_PARTIAL);
	s.whole_zone = true;
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_COMPLETE);
	machine_fini(&m);
}

/*
 * Half of the pageblock order and above: the pageblock is taken whole, even for a movable request. Others take one for
 * any order.
 */
static void finished_where_a_pageblock_could_be_claimed(void **state)
{
	struct buddy_compact_state s = { .order = 3, .type = BUDDY_MOVABLE, .pageblock_done = true };
	struct machine m;

	(void)state;
	plain(&m, "6.1");
	machine_free(&m, 0, 3, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_NO_PAGE);
	s.type = BUDDY_RECLAIMABLE;
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_SUCCESS);
	s.type = BUDDY_MOVABLE;
	machine_free(&m, 512, 4, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_SUCCESS);
	s.order = 5;
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_NO_PAGE);
	machine_fini(&m);
}

/* After the first failure one request is turned away, after the sixth and later ones 63 are. */
static void failures_turn_others_away(void **state)
{
	struct buddy_deferral d;
	struct machine m;
	struct told t;

	(void)state;
	plain(&m, "6.1");
	listen(&m, &t);
	/* A fresh zone has order_failed 0 and shift 0: nothing is turned away. */
	assert_false(buddy_compact_deferred(m.b, 0, 4));
	buddy_compact_defer_reset(m.b, 0, 8, false);
	buddy_deferral_get(m.b, 0, &d);
	assert_int_equal(d.order_failed, 9);
	buddy_compact_defer(m.b, 0, 4);
	assert_false(buddy_compact_deferred(m.b, 0, 3));
	assert_true(buddy_compact_deferred(m.b, 0, 4));
	assert_false(buddy_compact_deferred(m.b, 0, 4));
	for (int i = 0; i < 7; i++)
		buddy_compact_defer(m.b, 0, 4);
	buddy_deferral_get(m.b, 0, &d);
	assert_int_equal(d.shift, 6);
	assert_int_equal(d.considered, 0);
	for (int i = 0; i < 63; i++)
		assert_true(buddy_compact_deferred(m.b, 0, 9));
	assert_false(buddy_compact_restarting(m.b, 0, 4));
	assert_false(buddy_compact_deferred(m.b, 0, 9));
	assert_true(buddy_compact_restarting(m.b, 0, 4));
	assert_false(buddy_compact_restarting(m.b, 0, 3));
	buddy_compact_defer_reset(m.b, 0, 4, true);
	buddy_deferral_get(m.b, 0, &d);
	assert_int_equal(d.shift, 0);
	assert_int_equal(d.order_failed, 5);
	assert_int_equal(t.at[0].kind, BUDDY_DECISION_DEFER_RESET);
	assert_int_equal(t.at[2].kind, BUDDY_DECISION_DEFERRED);
	assert_int_equal(t.at[2].considered, 1);
	assert_int_equal(buddy_deferral_set(m.b, 0, &(struct buddy_deferral){ .shift = 7 }), -EINVAL);
	machine_fini(&m);
}

/*     DMA [0, 4096)   DMA32 [4096, 8192)   Normal [8192, 16384) */
static void three_zones(struct machine *m)
{
	const struct buddy_zone_config z[] = {
		{ 0, BUDDY_ZONE_DMA, "DMA", 0, 4096 },
		{ 0, BUDDY_ZONE_DMA32, "DMA32", 4096, 4096 },
		{ 0, BUDDY_ZONE_NORMAL, "Normal", 8192, 8192 },
	};

	make(m, "6.1", z, 3);
}

static void a_pass_goes_down_the_zones(void **state)
{
	const struct buddy_request r = { .gfp = GFP_KERNEL, .order = 4 };
	struct buddy_deferral d;
	struct buddy_pass p;
	struct machine m;

	(void)state;
	three_zones(&m);
	buddy_pass_begin(m.b, &r, 0, BUDDY_PRIORITY_SYNC_LIGHT, &p);
	assert_true(buddy_pass_next(m.b, &p));
	assert_int_equal(p.zone, 2);
	buddy_pass_done(m.b, &p, BUDDY_COMPACT_COMPLETE);
	assert_true(buddy_pass_remains(m.b, &p));
	assert_true(buddy_pass_next(m.b, &p));
	assert_int_equal(p.zone, 1);
	buddy_pass_done(m.b, &p, BUDDY_COMPACT_SUCCESS);
	assert_false(buddy_pass_remains(m.b, &p));
	assert_false(buddy_pass_next(m.b, &p));
	assert_int_equal(p.result, BUDDY_COMPACT_SUCCESS);
	buddy_deferral_get(m.b, 2, &d);
	assert_int_equal(d.shift, 1);
	buddy_deferral_get(m.b, 1, &d);
	assert_int_equal(d.order_failed, 5);
	/* The zone that failed is passed by, unless the priority is the highest. */
	buddy_pass_begin(m.b, &r, 0, BUDDY_PRIORITY_ASYNC, &p);
	assert_true(buddy_pass_next(m.b, &p));
	assert_int_equal(p.zone, 1);
	buddy_pass_done(m.b, &p, BUDDY_COMPACT_PARTIAL);
	buddy_deferral_get(m.b, 1, &d);
	assert_int_equal(d.shift, 0);
	buddy_pass_begin(m.b, &r, 0, BUDDY_PRIORITY_SYNC_FULL, &p);
	assert_true(buddy_pass_next(m.b, &p));
	assert_int_equal(p.zone, 2);
	machine_fini(&m);
}

/* Lower zones only for who may have no more, and nothing for who may not wait for I/O. */
static void a_pass_stays_where_the_request_may_go(void **state)
{
	const struct buddy_request dma = { .gfp = GFP_DMA, .order = 4 };
	const struct buddy_request no_io = { .gfp = GFP_KERNEL & ~0x40u, .order = 4 };
	struct buddy_pass p;
	struct machine m;

	(void)state;
	three_zones(&m);
	buddy_pass_begin(m.b, &dma, 0, BUDDY_PRIORITY_ASYNC, &p);
	assert_true(buddy_pass_next(m.b, &p));
	assert_int_equal(p.zone, 0);
	assert_false(buddy_pass_next(m.b, &p));
	buddy_pass_begin(m.b, &no_io, 0, BUDDY_PRIORITY_ASYNC, &p);
	assert_false(buddy_pass_next(m.b, &p));
	assert_int_equal(p.result, BUDDY_COMPACT_SKIPPED);
	machine_fini(&m);
}

/* Woken while it sleeps and a zone is suitable; what was asked for meanwhile is remembered. */
static void kcompactd_is_woken_when_a_zone_is_suitable(void **state)
{
	struct buddy_kcompactd k;
	struct buddy_round r;
	struct machine m;
	struct told t;

	(void)state;
	three_zones(&m);
	for (uint32_t i = 0; i < 3; i++)
		set_marks(&m, i, 100, 120);
	listen(&m, &t);
	assert_false(buddy_kcompactd_ask(m.b, 0, 0, NORMAL));
	assert_int_equal(t.count, 0);
	assert_false(buddy_kcompactd_ask(m.b, 0, 2, NORMAL));
	assert_int_equal(t.count, 3);
	free_singles(&m, 4096, 5120, BUDDY_MOVABLE);
	assert_false(buddy_kcompactd_ask(m.b, 0, 3, BUDDY_ZONE_DMA));
	buddy_kcompactd_get(m.b, 0, &k);
	assert_int_equal(k.max_order, 3);
	assert_int_equal(k.highest_type, BUDDY_ZONE_DMA);
	buddy_round_begin(m.b, 0, &r);
	assert_false(buddy_round_next(m.b, &r));
	buddy_kcompactd_get(m.b, 0, &k);
	assert_int_equal(k.max_order, 0);
	assert_int_equal(k.highest_type, NORMAL);
	assert_true(buddy_kcompactd_ask(m.b, 0, 3, NORMAL));
	assert_false(buddy_kcompactd_ask(m.b, 0, 3, NORMAL));
	buddy_round_begin(m.b, 0, &r);
	assert_int_equal(r.order, 3);
	assert_true(buddy_round_next(m.b, &r));
	assert_int_equal(r.zone, 1);
	buddy_round_done(m.b, &r, BUDDY_COMPACT_COMPLETE);
	assert_false(buddy_round_next(m.b, &r));
	/* Asked while it worked, it does not go to sleep. */
	assert_false(buddy_kcompactd_ask(m.b, 0, 1, NORMAL));
	buddy_kcompactd_slept(m.b, 0);
	assert_false(buddy_kcompactd_ask(m.b, 0, 3, NORMAL));
	buddy_round_begin(m.b, 0, &r);
	assert_false(buddy_round_next(m.b, &r)); /* deferred, once */
	buddy_kcompactd_slept(m.b, 0);
	assert_true(buddy_kcompactd_ask(m.b, 0, 3, NORMAL));
	buddy_round_begin(m.b, 0, &r);
	assert_true(buddy_round_next(m.b, &r));
	machine_fini(&m);
}

/* kcompactd_do_work() goes through the node's zones once, even where one stays suitable and is not deferred. */
static void a_round_comes_to_each_zone_once(void **state)
{
	struct buddy_round r;
	struct machine m;

	(void)state;
	three_zones(&m);
	for (uint32_t i = 0; i < 3; i++)
		set_marks(&m, i, 100, 120);
	free_singles(&m, 0, 1024, BUDDY_MOVABLE);
	assert_true(buddy_kcompactd_ask(m.b, 0, 3, NORMAL));
	buddy_round_begin(m.b, 0, &r);
	assert_true(buddy_round_next(m.b, &r));
	assert_int_equal(r.zone, 0);
	buddy_round_done(m.b, &r, BUDDY_COMPACT_CONTENDED);
	assert_false(buddy_round_next(m.b, &r));
	machine_fini(&m);
}

/* All free memory of Normal lies in singles: 100% of half of the node, above the high mark of 60 at 50. */
static void proactive_compaction_follows_the_score(void **state)
{
	struct machine m;

	(void)state;
	three_zones(&m);
	set_marks(&m, 2, 1, 2);
	for (uint32_t i = 0; i < 2; i++) {
		struct buddy_zone_tuning t;

		buddy_zone_tuning_get(m.b, i, &t);
		t.present_pages = 1024;
		buddy_zone_tune(m.b, i, &t);
	}
	free_singles(&m, 8192, 9216, BUDDY_MOVABLE);
	assert_int_equal(buddy_fragmentation_score_zone(m.b, 2), 100);
	assert_int_equal(buddy_fragmentation_score_zone(m.b, 0), 0);
	assert_int_equal(buddy_fragmentation_score_node(m.b, 0), 79); /* 8192 * 100 / (8192 + 2048 + 1) */
	assert_int_equal(buddy_fragmentation_mark(20, true), 80);
	assert_int_equal(buddy_fragmentation_mark(20, false), 90);
	assert_int_equal(buddy_fragmentation_mark(100, true), 5);
	assert_int_equal(buddy_fragmentation_mark(5, false), 100);
	assert_false(buddy_proactive_wanted(m.b, 0, 20, false));
	assert_true(buddy_proactive_wanted(m.b, 0, 50, false));
	assert_false(buddy_proactive_wanted(m.b, 0, 50, true));
	assert_false(buddy_proactive_wanted(m.b, 0, 0, false));
	machine_fini(&m);
}

/* fragmentation_score_zone_weighted(): 100 * 100 / (100 + 1) is 99. */
static void the_score_is_divided_by_the_nodes_pages_and_one(void **state)
{
	struct buddy_zone_tuning t = { .present_pages = 100, .managed_pages = 100 };
	struct machine m;

	(void)state;
	plain(&m, "6.1");
	assert_int_equal(buddy_zone_tune(m.b, 0, &t), 0);
	free_singles(&m, 0, 64, BUDDY_MOVABLE);
	assert_int_equal(buddy_fragmentation_score_zone(m.b, 0), 100);
	assert_int_equal(buddy_fragmentation_score_node(m.b, 0), 99);
	machine_fini(&m);
}

static void proactive_compaction_ends_at_the_low_mark(void **state)
{
	struct buddy_compact_state s = { .order = BUDDY_WHOLE_ZONE, .proactive = true, .proactiveness = 20 };
	struct machine m;

	(void)state;
	plain(&m, "6.1");
	set_marks(&m, 0, 1, 2);
	free_singles(&m, 0, 1024, BUDDY_MOVABLE);
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_CONTINUE);
	s.kswapd_running = true;
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_PARTIAL);
	s.kswapd_running = false;
	machine_free(&m, 4096, 9, BUDDY_MOVABLE); /* 512 of 1024 unusable */
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_SUCCESS);
	s.proactive = false;
	assert_int_equal(buddy_compact_finished(m.b, &s), BUDDY_COMPACT_CONTINUE);
	machine_fini(&m);
}

static void set_boost(struct machine *m, uint32_t zone, uint64_t pages)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(m->b, zone, &t);
	t.boost_pages = pages;
	buddy_zone_tune(m->b, zone, &t);
}

static uint64_t boost(const struct machine *m, uint32_t zone)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(m->b, zone, &t);
	return t.boost_pages;
}

/* What kswapd found goes back; what came while it balanced stays, and zones above are left alone. */
static void boost_found_is_given_back(void **state)
{
	struct buddy_boosts found;
	struct machine m;

	(void)state;
	three_zones(&m);
	set_boost(&m, 0, 100);
	set_boost(&m, 1, 512);
	set_boost(&m, 2, 512);
	buddy_boosts_read(m.b, 0, BUDDY_ZONE_DMA32, &found);
	assert_true(found.boosted);
	set_boost(&m, 0, 60);
	set_boost(&m, 1, 1024);
	buddy_boosts_give_back(m.b, &found);
	assert_int_equal(boost(&m, 0), 0);
	assert_int_equal(boost(&m, 1), 512);
	assert_int_equal(boost(&m, 2), 512);
	buddy_boosts_read(m.b, 0, BUDDY_ZONE_DMA, &found);
	assert_false(found.boosted);
	machine_fini(&m);
}

/* One zone above its high mark is enough, but not while one is boosted; it is woken once. */
static void kswapd_is_woken_when_no_zone_is_balanced(void **state)
{
	struct machine m;

	(void)state;
	three_zones(&m);
	for (uint32_t i = 0; i < 3; i++)
		set_marks(&m, i, 100, 120);
	assert_true(buddy_kswapd_ask(m.b, 0, 0, NORMAL));
	assert_false(buddy_kswapd_ask(m.b, 0, 0, NORMAL));
	buddy_kswapd_sleeps(m.b, 0, true);
	machine_free(&m, 4096, 8, BUDDY_MOVABLE); /* 256 in DMA32, whose high mark is 240 */
	assert_false(buddy_kswapd_ask(m.b, 0, 0, NORMAL));
	assert_false(buddy_kswapd_ask(m.b, 0, 4, NORMAL));
	assert_true(buddy_kswapd_ask(m.b, 0, 5, NORMAL)); /* 31 frames of it are not usable */
	buddy_kswapd_sleeps(m.b, 0, true);
	assert_true(buddy_kswapd_ask(m.b, 0, 0, BUDDY_ZONE_DMA));
	buddy_kswapd_sleeps(m.b, 0, true);
	set_boost(&m, 2, 1);
	assert_true(buddy_kswapd_ask(m.b, 0, 0, NORMAL));
	buddy_kswapd_sleeps(m.b, 0, true);
	assert_false(buddy_kswapd_ask(m.b, 0, 0, BUDDY_ZONE_DMA32));
	machine_fini(&m);
}

/*
 * An unmovable request takes from a movable pageblock: the zone's marks are boosted, and kswapd is woken once the
 * request has its block; not by one that may not wake it, and not while it works.
 */
static void taking_from_another_type_wakes_kswapd(void **state)
{
	const uint32_t gfps[] = { GFP_KERNEL & ~0x800u, GFP_KERNEL, GFP_KERNEL };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct buddy_request r = { .gfp = gfps[i], .order = 4 };
		struct buddy_zone_tuning z;
		struct buddy_block block;
		struct machine m;
		struct told t;

		plain(&m, i == 1 ? "6.12" : "6.1");
		set_marks(&m, 0, 1, 2);
		buddy_zone_tuning_get(m.b, 0, &z);
		z.boost_factor = 15000;
		buddy_zone_tune(m.b, 0, &z);
		machine_free(&m, 0, 8, BUDDY_MOVABLE);
		for (uint64_t pfn = 0; pfn < 8192; pfn += 512)
			buddy_set_pageblock_type(m.b, pfn, BUDDY_MOVABLE);
		listen(&m, &t);
		buddy_kswapd_sleeps(m.b, 0, i < 2);
		assert_int_equal(buddy_alloc_pages(m.b, &r, &block), 0);
		assert_int_equal(boost(&m, 0), 512);
		assert_int_equal(t.count, i == 1);
		if (i == 1)
			assert_int_equal(t.at[0].kind, BUDDY_DECISION_KSWAPD);
		machine_fini(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suitable_needs_room_for_twice_the_block),
		cmocka_unit_test(suitable_counts_boost_and_reserve),
		cmocka_unit_test(costly_order_needs_fragmentation),
		cmocka_unit_test(finished_in_the_kernels_order),
		cmocka_unit_test(finished_where_a_pageblock_could_be_claimed),
		cmocka_unit_test(failures_turn_others_away),
		cmocka_unit_test(a_pass_goes_down_the_zones),
		cmocka_unit_test(a_pass_stays_where_the_request_may_go),
		cmocka_unit_test(kcompactd_is_woken_when_a_zone_is_suitable),
		cmocka_unit_test(a_round_comes_to_each_zone_once),
		cmocka_unit_test(proactive_compaction_follows_the_score),
		cmocka_unit_test(the_score_is_divided_by_the_nodes_pages_and_one),
		cmocka_unit_test(proactive_compaction_ends_at_the_low_mark),
		cmocka_unit_test(boost_found_is_given_back),
		cmocka_unit_test(kswapd_is_woken_when_no_zone_is_balanced),
		cmocka_unit_test(taking_from_another_type_wakes_kswapd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
