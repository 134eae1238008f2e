// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model at steady occupancy, by three ways into it.
 *
 *   harness  the loop without an allocator, what the others are measured against
 *   zone     past the per-CPU lists: each operation splits or merges on the zone's lists
 *   kernel   alloc_pages() and __free_pages(): orders 0 to 3 and the huge page through per-CPU lists
 *
 * and order 0 within the reach of one per-CPU list, which then neither refills nor drains.
 *
 * Interface: bench_model.
 */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

#include "machine.h"
#include "shim.h"
#include "steady.h"

#define BATCH_OPS 1000000u
#define BATCHES 10u /* 10 M operations a repetition */

enum way { WAY_HARNESS, WAY_ZONE, WAY_KERNEL };

struct model_param {
	enum way way;
	enum steady_mix mix;
	unsigned occupancy_percent;
};

struct model_run {
	struct machine machine;
	struct steady steady;
	enum way way;
	struct buddy_request request;
	uint32_t gfp_by_draw[256];   /* 25% unmovable, 65% movable, 10% reclaimable */
	unsigned flags_by_draw[256]; /* of the fast attempt */
	uint32_t next;               /* harness: the frame that the next block gets */
};

static uint32_t nothing_alloc(void *context, unsigned order, unsigned type_draw)
{
	struct model_run *r = context;

	r->next = (r->next + (1u << order) + type_draw) & (STEADY_FRAMES - 1);
	return r->next;
}

static void nothing_free(void *context, uint32_t pfn, unsigned order)
{
	struct model_run *r = context;

	r->next ^= pfn & order;
}

static uint32_t zone_alloc(void *context, unsigned order, unsigned type_draw)
{
	struct model_run *r = context;
	struct buddy_block block;

	r->request.order = (uint8_t)order;
	r->request.gfp = r->gfp_by_draw[type_draw];
	if (buddy_alloc_attempt(r->machine.buddy, &r->request, r->flags_by_draw[type_draw] | BUDDY_ALLOC_PAST_PCP,
				&block))
		return STEADY_NONE;
	return (uint32_t)block.pfn;
}

static void zone_free(void *context, uint32_t pfn, unsigned order)
{
	struct model_run *r = context;

	if (buddy_free_direct(r->machine.buddy, 0, pfn, order, 0))
		abort();
}

static uint32_t kernel_alloc(void *context, unsigned order, unsigned type_draw)
{
	struct model_run *r = context;
	struct buddy_block block;

	r->request.order = (uint8_t)order;
	r->request.gfp = r->gfp_by_draw[type_draw];
	if (buddy_alloc_pages(r->machine.buddy, &r->request, &block))
		return STEADY_NONE;
	return (uint32_t)block.pfn;
}

static void kernel_free(void *context, uint32_t pfn, unsigned order)
{
	struct model_run *r = context;

	if (buddy_free_pages(r->machine.buddy, 0, pfn, order))
		abort();
}

static void go(struct model_run *r, uint64_t ops)
{
	switch (r->way) {
	case WAY_HARNESS:
		steady_run(&r->steady, ops, nothing_alloc, nothing_free, r);
		break;
	case WAY_ZONE:
		steady_run(&r->steady, ops, zone_alloc, zone_free, r);
		break;
	case WAY_KERNEL:
		steady_run(&r->steady, ops, kernel_alloc, kernel_free, r);
		break;
	}
}

static void mix_types(struct model_run *r)
{
	for (unsigned draw = 0; draw < 256; draw++) {
		enum buddy_type type = draw < 64 ? BUDDY_UNMOVABLE : draw < 230 ? BUDDY_MOVABLE : BUDDY_RECLAIMABLE;

		r->gfp_by_draw[draw] = bench_gfp(type);
		r->request.gfp = r->gfp_by_draw[draw];
		r->flags_by_draw[draw] = buddy_fast_flags(r->machine.buddy, &r->request);
	}
}

static void *model_setup(struct bench *bench, const void *param)
{
	const struct model_param *p = param;
	struct model_run *r = calloc(1, sizeof(*r));

	if (!r || !steady_init(&r->steady, p->mix, p->occupancy_percent)) {
		free(r);
		bench_fail(bench, "no memory");
		return NULL;
	}
	if (!machine_create(&r->machine, STEADY_FRAMES)) {
		steady_fini(&r->steady);
		free(r);
		bench_fail(bench, "no model");
		return NULL;
	}
	r->way = p->way;
	mix_types(r);
	go(r, STEADY_WARM_UP_OPS);
	r->steady.failures = 0;
	buddy_stats_reset(r->machine.buddy);
	return r;
}

static bool model_batch(struct bench *bench, void *state)
{
	go(state, BATCH_OPS);
	bench_items(bench, BATCH_OPS);
	return true;
}

static void model_teardown(struct bench *bench, void *state)
{
	struct model_run *r = state;
	const struct buddy_stats *s = buddy_stats(r->machine.buddy);
	double ops = (double)(s->allocs + s->frees);

	bench_keep(r->next);
	if (ops > 0) {
		bench_count(bench, "splits_per_op", (double)s->splits / ops);
		bench_count(bench, "merges_per_op", (double)s->merges / ops);
		bench_count(bench, "fallbacks_per_op", (double)s->fallbacks / ops);
		bench_count(bench, "refused_per_op", (double)r->steady.failures / ops);
	}
	machine_destroy(&r->machine);
	steady_fini(&r->steady);
	free(r);
}

/* --- Order 0 within the reach of a per-CPU list -------------------------------------------------------------- */

#define HELD_FRAMES 32u

struct pcp_run {
	struct machine machine;
	uint64_t held[HELD_FRAMES];
};

static void *pcp_setup(struct bench *bench, const void *param)
{
	struct pcp_run *r = calloc(1, sizeof(*r));

	(void)param;
	if (!r || !machine_create(&r->machine, STEADY_FRAMES)) {
		free(r);
		bench_fail(bench, "no model");
		return NULL;
	}
	return r;
}

/* Takes some frames and gives them back, again and again: the list always has them. */
static bool pcp_batch(struct bench *bench, void *state)
{
	struct pcp_run *r = state;
	struct buddy *b = r->machine.buddy;
	const struct buddy_request request = { .gfp = bench_gfp(BUDDY_MOVABLE) };

	for (unsigned round = 0; round < BATCH_OPS / (2 * HELD_FRAMES); round++) {
		for (unsigned i = 0; i < HELD_FRAMES; i++) {
			struct buddy_block block;

			if (buddy_alloc_pages(b, &request, &block)) {
				bench_fail(bench, "an allocation was refused");
				return false;
			}
			r->held[i] = block.pfn;
		}
		for (unsigned i = 0; i < HELD_FRAMES; i++)
			buddy_free_pages(b, 0, r->held[i], 0);
	}
	bench_items(bench, BATCH_OPS / (2 * HELD_FRAMES) * (2 * HELD_FRAMES));
	return true;
}

static void pcp_teardown(struct bench *bench, void *state)
{
	struct pcp_run *r = state;
	const struct buddy_stats *s = buddy_stats(r->machine.buddy);

	bench_count(bench, "pcp_hit_share", (double)s->pcp_hits / (double)(s->allocs ? s->allocs : 1));
	machine_destroy(&r->machine);
	free(r);
}

void bench_model(void)
{
	static const char *const way_names[] = { "harness", "zone", "kernel" };
	static const char *const mix_names[] = { "geometric", "mostly0", "order0" };
	static struct model_param params[3 * 3 * 2];
	struct model_param *p = params;
	char name[64];

	for (unsigned way = WAY_HARNESS; way <= WAY_KERNEL; way++)
		for (unsigned mix = STEADY_GEOMETRIC; mix <= STEADY_SINGLE; mix++)
			for (unsigned percent = 50; percent <= 90; percent += 40) {
				*p = (struct model_param){ (enum way)way, (enum steady_mix)mix, percent };
				snprintf(name, sizeof(name), "model/%s/%s/%u", way_names[way], mix_names[mix], percent);
				bench_register(&(struct bench_case){ .name = name,
								     .param = p++,
								     .iterations = BATCHES,
								     .setup = model_setup,
								     .run = model_batch,
								     .teardown = model_teardown });
			}
	bench_register(&(struct bench_case){ .name = "model/pcp/order0",
					     .iterations = BATCHES,
					     .setup = pcp_setup,
					     .run = pcp_batch,
					     .teardown = pcp_teardown });
}
