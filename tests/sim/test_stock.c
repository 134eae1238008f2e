// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tracepoints only: what counts as predicted, what is learned, and that lengths come out.
 *
 * A model plays the kernel, whose lists the code under test does not see: it gets their lengths and the events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load.h"
#include "stock.h"

#define GFP 0xcc0u
#define GFP_MOVABLE (0xcc0u | 0x02u | 0x08u)
#define EVENTS_MAX 400000
#define BLOCKS_MAX 60000
#define START_PFN 4096u
#define PAGES 16384u

struct block {
	uint64_t pfn;
	unsigned order;
};

struct world {
	struct sim_machine kernel;
	struct rec_snapshot before, after;
	struct rec_zone zones[2];
	struct rec_wire_pcp pcps[2];
	struct rec_counts counts[2][6];
	struct rec_event *events;
	unsigned count;
	struct block *held;
	unsigned held_count;
	bool silent; /* the kernel does something that it has no event for */
};

static struct rec_event *tell(struct world *w, unsigned kind, uint64_t pfn, unsigned order)
{
	struct rec_event *e = &w->events[w->count];

	assert_true(w->count < EVENTS_MAX);
	*e = (struct rec_event){ .time_ns = ++w->count, .kind = (uint8_t)kind, .pid = 100, .pfn = pfn,
				 .order = (uint8_t)order };
	return e;
}

/* What a kernel without our probes tells of an operation. */
static void on_note(void *context, const struct buddy_note *n)
{
	struct world *w = context;
	struct rec_event *e;

	if (n->kind == BUDDY_NOTE_REFILL || (w->silent && n->kind != BUDDY_NOTE_ZONE_LOCKED))
		return;
	e = tell(w, n->kind == BUDDY_NOTE_PCPU_DRAIN  ? REC_PCPU_DRAIN
		    : n->kind == BUDDY_NOTE_ZONE_LOCKED ? REC_ZONE_LOCKED
							: REC_EXTFRAG,
		 n->pfn, n->order);
	e->migratetype = n->type;
	if (n->kind == BUDDY_NOTE_ZONE_LOCKED)
		e->arg = n->order <= 3 || n->order == 9;
	if (n->kind == BUDDY_NOTE_EXTFRAG)
		e->arg = REC_EXTFRAG_ARG(n->fallback_order, n->fallback_type, n->change_ownership);
}

static void make(struct world *w, const char *kernel)
{
	struct sim_layout layout = { .zone_count = 1, .cpu_count = 1 };

	memset(w, 0, sizeof(*w));
	w->events = malloc(EVENTS_MAX * sizeof(*w->events));
	w->held = malloc(BLOCKS_MAX * sizeof(*w->held));
	assert_true(w->events && w->held);
	layout.zones[0] = (struct buddy_zone_config){ .type = BUDDY_ZONE_DMA32, .name = "DMA32",
						      .start_pfn = START_PFN, .spanned_pages = PAGES };
	assert_int_equal(sim_machine_load_empty(&w->kernel, &layout, kernel, NULL), 0);
}

/* The lengths of the kernel's lists, and no more. */
static void photograph(struct world *w, unsigned which)
{
	struct rec_snapshot *s = which ? &w->after : &w->before;
	struct buddy *b = w->kernel.buddy;
	struct buddy_pcp_tuning t;

	memset(s, 0, sizeof(*s));
	strcpy(s->kernel.release, w->kernel.profile->name);
	s->kernel.pageblock_order = 9;
	s->kernel.order_count = 11;
	s->kernel.migratetype_count = 5;
	s->kernel.online_cpus = 1;
	s->zones = &w->zones[which];
	s->zone_count = 1;
	strcpy(s->zones->z.name, "DMA32");
	s->zones->z.zone_type = BUDDY_ZONE_DMA32;
	s->zones->z.start_pfn = START_PFN;
	s->zones->z.spanned_pages = PAGES;
	s->pcps = &w->pcps[which];
	s->pcp_count = 1;
	buddy_pcp_tuning_get(b, 0, 0, &t);
	s->pcps->count = buddy_pcp_count(b, 0, 0);
	s->pcps->batch = t.batch_pages;
	s->counts = w->counts[which];
	for (unsigned type = 0; type < BUDDY_TYPE_COUNT; type++) {
		s->counts[type].migratetype = type;
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
			s->counts[type].blocks[order] = buddy_list_length(b, 0, order, type);
	}
	s->counts_count = 6;
	tell(w, REC_SNAPSHOT, 0, 0)->arg = which;
}

static void begin(struct world *w)
{
	struct buddy_env env = { .context = w, .note = on_note };

	w->count = 0;
	photograph(w, 0);
	buddy_set_env(w->kernel.buddy, &env);
}

static uint64_t take(struct world *w, unsigned order, uint32_t gfp)
{
	struct buddy_request r = { .gfp = gfp, .order = (uint8_t)order };
	struct buddy_block block;
	struct rec_event *e;

	if (buddy_alloc_pages(w->kernel.buddy, &r, &block))
		return BUDDY_NO_PFN;
	assert_true(w->held_count < BLOCKS_MAX);
	w->held[w->held_count++] = (struct block){ block.pfn, order };
	e = tell(w, REC_ALLOC, block.pfn, order);
	e->gfp = gfp;
	e->migratetype = gfp == GFP ? BUDDY_UNMOVABLE : BUDDY_MOVABLE;
	return block.pfn;
}

static void give(struct world *w, unsigned index)
{
	struct block block = w->held[index];

	w->held[index] = w->held[--w->held_count];
	tell(w, REC_FREE, block.pfn, block.order)->flags = block.order <= 3 ? REC_FREE_PCP : REC_FREE_BUDDY;
	assert_int_equal(buddy_free_pages(w->kernel.buddy, 0, block.pfn, block.order), 0);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *seed >> 33;
}

static void churn(struct world *w, unsigned steps, uint64_t seed)
{
	for (unsigned i = 0; i < steps; i++) {
		unsigned order = next_random(&seed) % 8 ? 0 : (unsigned)(next_random(&seed) % 6);

		if (w->held_count < 6000 && (!w->held_count || next_random(&seed) % 100 < 53))
			take(w, order, next_random(&seed) % 3 ? GFP_MOVABLE : GFP);
		else
			give(w, (unsigned)(next_random(&seed) % w->held_count));
	}
}

/* Both passes, and the comparison with the end. */
static struct stock_result finish(struct world *w, struct stock_end *end)
{
	struct stock_result result;
	struct stock *s;

	buddy_set_env(w->kernel.buddy, NULL);
	photograph(w, 1);
	assert_int_equal(stock_create(&w->before, NULL, &s, NULL), 0);
	for (unsigned i = 0; i < w->count; i++)
		stock_fact(s, &w->events[i]);
	for (unsigned i = 0; i < w->count; i++)
		if (stock_event(s, &w->events[i], NULL) <= 0)
			break;
	assert_int_equal(stock_compare(s, &w->after, end, NULL), 0);
	result = *stock_result(s);
	stock_destroy(s);
	sim_machine_unload(&w->kernel);
	free(w->events);
	free(w->held);
	return result;
}

static uint64_t total(const struct stock_result *r, enum stock_class class)
{
	return r->alloc[0][class] + r->alloc[1][class] + r->alloc[2][class];
}

/*
 * Fragmented before snapshot 0, so that most lists have an unknown remainder. On one CPU, with nothing unseen, whatever
 * is predicted is exact and every list ends as long as the kernel's.
 */
static void one_cpu_is_exact_where_it_is_predicted(const char *kernel)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct stock_end end;
	struct stock_result r;
	uint64_t exact, wrong, learned;

	make(w, kernel);
	churn(w, 30000, 7);
	begin(w);
	churn(w, 60000, 8);
	r = finish(w, &end);
	exact = total(&r, STOCK_EXACT);
	wrong = total(&r, STOCK_WRONG);
	learned = total(&r, STOCK_LEARNED);
	assert_true(exact + wrong + learned > 20000);
	assert_true(exact > 9 * learned);
	assert_true(learned > 0);
	assert_true(wrong * 1000 <= exact);
	assert_true(end.free_pages_kernel > 0);
	assert_int_equal(end.free_pages_model, end.free_pages_kernel);
	for (unsigned order = 0; order < STOCK_ORDER_COUNT; order++)
		assert_true(end.order[order].error <= 1);
	test_free(w);
}

static void exact_where_it_is_predicted_6_1(void **state)
{
	(void)state;
	one_cpu_is_exact_where_it_is_predicted("6.1");
}

static void exact_where_it_is_predicted_6_12(void **state)
{
	(void)state;
	one_cpu_is_exact_where_it_is_predicted("6.12");
}

/*
 * All free at first: blocks of order 10 on the movable list, places unknown.
 *
 *     ?: |      order 10      |  the first refill shows which block is split; what is left of it is known
 */
static void first_frame_is_learned_and_the_rest_predicted(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct stock_end end;
	struct stock_result r;

	(void)state;
	make(w, "6.1");
	begin(w);
	for (unsigned i = 0; i < 900; i++)
		take(w, 0, GFP_MOVABLE);
	r = finish(w, &end);
	assert_int_equal(r.alloc[STOCK_ORDER_0][STOCK_LEARNED], 1);
	assert_int_equal(r.alloc[STOCK_ORDER_0][STOCK_EXACT], 899);
	assert_int_equal(r.taken[STOCK_ORDER_0][STOCK_LEARNED], 1);
	assert_int_equal(r.taken[STOCK_ORDER_0][STOCK_WRONG], 0);
	assert_int_equal(r.discovered, 1);
	test_free(w);
}

/*
 * F is free at snapshot 0, its buddy G in use. G is freed straight to the zone and merges with F; both halves are then
 * taken one by one. That F was free is known from its own event alone.
 *
 *     |F|G|  ->  |order 4 pair|  ->  taken
 */
static void own_event_predicts_nothing(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct stock_end end;
	struct stock_result r;
	uint64_t low, high;

	(void)state;
	make(w, "6.1");
	/* Two buddies of order 4; the lower goes back. */
	low = take(w, 4, GFP_MOVABLE);
	high = take(w, 4, GFP_MOVABLE);
	assert_int_equal(high, low + 16);
	give(w, 0);
	begin(w);
	give(w, 0);
	assert_int_equal(take(w, 4, GFP_MOVABLE) & ~UINT64_C(31), low & ~UINT64_C(31));
	assert_int_equal(take(w, 4, GFP_MOVABLE) & ~UINT64_C(31), low & ~UINT64_C(31));
	r = finish(w, &end);
	assert_int_equal(r.alloc[STOCK_ORDER_4_UP][STOCK_WRONG], 0);
	assert_true(r.alloc[STOCK_ORDER_4_UP][STOCK_LEARNED] >= 1);
	assert_int_equal(end.free_pages_model, end.free_pages_kernel);
	test_free(w);
}

/* Bulk allocations have no event: one prediction fails, then the list is in step again. */
static void bulk_allocation_costs_one_prediction(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct buddy_request r = { .gfp = GFP_MOVABLE };
	struct stock_end end;
	struct stock_result result;
	uint64_t pfns[8];
	uint32_t got;

	(void)state;
	make(w, "6.1");
	begin(w);
	for (unsigned i = 0; i < 40; i++)
		take(w, 0, GFP_MOVABLE);
	assert_int_equal(buddy_alloc_bulk(w->kernel.buddy, &r, 8, pfns, &got), 0);
	assert_int_equal(got, 8);
	for (unsigned i = 0; i < 10; i++)
		take(w, 0, GFP_MOVABLE);
	result = finish(w, &end);
	assert_int_equal(result.alloc[STOCK_ORDER_0][STOCK_WRONG], 1);
	assert_int_equal(result.unseen, 8);
	assert_int_equal(result.alloc[STOCK_ORDER_0][STOCK_EXACT], 48);
	test_free(w);
}

/* alloc_pages_exact(): frames 5, 6 and 7 of 8 go straight to list tails. Source: make_alloc_exact(). */
static void tail_of_an_exact_allocation_goes_to_the_zone(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct buddy_request request = { .gfp = GFP, .order = 3 };
	struct buddy_block block;
	struct stock_end end;
	struct stock_result r;

	(void)state;
	make(w, "6.1");
	begin(w);
	for (unsigned round = 0; round < 50; round++) {
		struct rec_event *e;

		assert_int_equal(buddy_alloc_pages(w->kernel.buddy, &request, &block), 0);
		e = tell(w, REC_ALLOC, block.pfn, 3);
		e->gfp = GFP;
		for (uint64_t pfn = block.pfn + 5; pfn < block.pfn + 8; pfn++) {
			tell(w, REC_FREE, pfn, 0)->flags = REC_FREE_PCP;
			assert_int_equal(buddy_free_direct(w->kernel.buddy, 0, pfn, 0, BUDDY_FREE_TO_TAIL), 0);
		}
		take(w, 0, GFP);
	}
	r = finish(w, &end);
	assert_int_equal(total(&r, STOCK_WRONG), 0);
	for (unsigned order = 0; order < STOCK_ORDER_COUNT; order++)
		assert_int_equal(end.order[order].error, 0);
	assert_int_equal(end.pcp_pages_model, end.pcp_pages_kernel);
	test_free(w);
}

/*
 * A refill left 62 frames in order on the per-CPU list before snapshot 0. Four frames show the step, the others are
 * predicted by it, and counted apart.
 */
static void steps_of_an_unknown_list_go_on(void **state)
{
	const struct buddy_pcp_tuning limits = { .high_pages = 378, .batch_pages = 63, .stat_threshold = 24 };
	struct world *w = test_calloc(1, sizeof(*w));
	struct stock_end end;
	struct stock_result r;

	(void)state;
	make(w, "6.1");
	assert_int_equal(buddy_pcp_tune(w->kernel.buddy, 0, 0, &limits), 0);
	take(w, 0, GFP_MOVABLE);
	begin(w);
	for (unsigned i = 0; i < 30; i++)
		take(w, 0, GFP_MOVABLE);
	r = finish(w, &end);
	assert_int_equal(r.alloc[STOCK_ORDER_0][STOCK_LEARNED], 4);
	assert_int_equal(r.alloc[STOCK_ORDER_0][STOCK_EXACT], 26);
	assert_int_equal(r.runs, 26);
	assert_int_equal(r.runs_exact, 26);
	assert_int_equal(end.pcp_pages_model, end.pcp_pages_kernel);
	test_free(w);
}

/* Events before the mark of snapshot 0 say nothing about it. */
static void facts_from_before_the_snapshot_are_forgotten(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct buddy_env env = { .context = w, .note = on_note };
	struct stock_end end;
	struct stock_result r;

	(void)state;
	make(w, "6.1");
	buddy_set_env(w->kernel.buddy, &env);
	for (unsigned i = 0; i < 300; i++)
		take(w, 0, GFP_MOVABLE);
	for (unsigned i = 0; i < 300; i++)
		give(w, 0);
	photograph(w, 0);
	for (unsigned i = 0; i < 700; i++)
		take(w, 0, GFP_MOVABLE);
	r = finish(w, &end);
	assert_int_equal(total(&r, STOCK_EXACT) + total(&r, STOCK_LEARNED) + total(&r, STOCK_WRONG), 700);
	assert_true(total(&r, STOCK_EXACT) > 300);
	/* One of the steps of the unknown list was not the next. */
	assert_true(total(&r, STOCK_WRONG) <= 1);
	assert_int_equal(end.free_pages_model, end.free_pages_kernel);
	test_free(w);
}

/* Events that contradict each other and the lengths: nothing hangs, no list breaks. Sanitizers watch. */
static void garbage_is_survived(void **state)
{
	static const uint8_t kinds[] = { REC_ALLOC, REC_FREE, REC_FREE_BATCHED, REC_ZONE_LOCKED, REC_PCPU_DRAIN,
					 REC_EXTFRAG, REC_COMPACT_FREE_SCAN, REC_LOST, REC_FREE, REC_ALLOC };
	uint64_t seed = 11;

	(void)state;
	for (unsigned round = 0; round < 6; round++) {
		struct world *w = test_calloc(1, sizeof(*w));
		struct stock *s;
		char wrong[256];

		make(w, round % 2 ? "6.1" : "6.12");
		churn(w, 5000, round);
		photograph(w, 0);
		assert_int_equal(stock_create(&w->before, NULL, &s, NULL), 0);
		w->count = 0;
		for (unsigned i = 0; i < 30000; i++) {
			unsigned order = (unsigned)(next_random(&seed) % (round < 4 ? 4 : 13));
			uint64_t pfn = START_PFN - 100 + next_random(&seed) % (round < 2 ? 600 : PAGES + 200);
			struct rec_event *e = tell(w, kinds[next_random(&seed) % sizeof(kinds)], pfn, order);

			if (next_random(&seed) % 50)
				e->pfn &= ~((UINT64_C(1) << order) - 1);
			e->gfp = next_random(&seed) % 2 ? GFP : GFP_MOVABLE;
			e->migratetype = (uint8_t)(next_random(&seed) % 50 ? next_random(&seed) % 3 : 77);
			e->pid = (int32_t)(next_random(&seed) % 4);
			e->cpu = next_random(&seed) % 100 == 0;
			e->flags = (uint8_t)(1u << next_random(&seed) % 3);
			e->arg = e->kind == REC_EXTFRAG ? next_random(&seed) & 0x1070f : next_random(&seed) & 1;
		}
		for (unsigned i = 0; i < w->count; i++)
			stock_fact(s, &w->events[i]);
		for (unsigned i = 0; i < w->count; i++) {
			uint64_t from = START_PFN + i % PAGES;
			struct rec_wide wide = { .v = { from, from + 512, 9, i % 600 } };

			assert_int_equal(stock_event(s, &w->events[i], &wide), 1);
		}
		assert_true(stock_result(s)->contradicted > 0);
		if (!stock_sound(s, wrong, sizeof(wrong)))
			fail_msg("round %u: %s", round, wrong);
		stock_destroy(s);
		sim_machine_unload(&w->kernel);
		free(w->events);
		free(w->held);
		test_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_where_it_is_predicted_6_1),
		cmocka_unit_test(exact_where_it_is_predicted_6_12),
		cmocka_unit_test(first_frame_is_learned_and_the_rest_predicted),
		cmocka_unit_test(own_event_predicts_nothing),
		cmocka_unit_test(bulk_allocation_costs_one_prediction),
		cmocka_unit_test(tail_of_an_exact_allocation_goes_to_the_zone),
		cmocka_unit_test(garbage_is_survived),
		cmocka_unit_test(steps_of_an_unknown_list_go_on),
		cmocka_unit_test(facts_from_before_the_snapshot_are_forgotten),
	};

	return cmocka_run_group_tests_name("sim_stock", tests, NULL, NULL);
}
