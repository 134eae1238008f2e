// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fit&Free against page by page: what a request of an odd number of pages costs.
 *
 * A zone is brought to its occupancy first. A request allocates the block that holds it, gives the tail back at the
 * zone's tail placement as alloc_pages_exact() does, and in the end releases the pages as free_pages_exact() does;
 * the grain decides in what pieces. Sizes are drawn between the powers of two up to 256 pages, each order as often.
 * Some requests are alive at any time, so that tails meet neighbours that are in use.
 *
 * Interface: bench_trim.
 */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

#include <pageman/trim.h>

#include "machine.h"
#include "shim.h"
#include "steady.h"

#define BATCH_REQUESTS 100000u
#define BATCHES 5u
#define ALIVE_REQUESTS 64u

struct trim_param {
	enum pageman_grain grain;
	unsigned occupancy_percent;
};

struct sized {
	uint64_t pfn;
	uint32_t pages; /* 0: none here */
};

struct trim_run {
	struct machine machine;
	struct steady steady;
	enum pageman_grain grain;
	uint32_t gfp;
	struct sized alive[ALIVE_REQUESTS];
	uint64_t requests, refused, calls;
};

static int free_tail(void *context, uint64_t start_pfn, unsigned order)
{
	struct trim_run *r = context;

	r->calls++;
	return buddy_free_direct(r->machine.buddy, 0, start_pfn, order, BUDDY_FREE_TO_TAIL);
}

static int free_kept(void *context, uint64_t start_pfn, unsigned order)
{
	struct trim_run *r = context;

	r->calls++;
	return buddy_free_pages(r->machine.buddy, 0, start_pfn, order);
}

static uint32_t warm_alloc(void *context, unsigned order, unsigned type_draw)
{
	struct trim_run *r = context;
	const struct buddy_request request = { .gfp = r->gfp, .order = (uint8_t)order };
	struct buddy_block block;

	(void)type_draw;
	return buddy_alloc_pages(r->machine.buddy, &request, &block) ? STEADY_NONE : (uint32_t)block.pfn;
}

static void warm_free(void *context, uint32_t pfn, unsigned order)
{
	struct trim_run *r = context;

	if (buddy_free_pages(r->machine.buddy, 0, pfn, order))
		abort();
}

static void *trim_setup(struct bench *bench, const void *param)
{
	const struct trim_param *p = param;
	struct trim_run *r = calloc(1, sizeof(*r));

	if (!r || !steady_init(&r->steady, STEADY_GEOMETRIC, p->occupancy_percent)) {
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
	r->grain = p->grain;
	r->gfp = bench_gfp(BUDDY_UNMOVABLE);
	steady_run(&r->steady, STEADY_WARM_UP_OPS, warm_alloc, warm_free, r);
	return r;
}

/* A size that is no power of two: more than half of its block. */
static void draw_size(struct trim_run *r, unsigned *order_out, uint32_t *pages_out)
{
	uint64_t draw = steady_draw(&r->steady);
	unsigned order = 2 + (unsigned)((draw & 0xffff) * 7 >> 16);
	uint32_t half = 1u << (order - 1);

	*order_out = order;
	*pages_out = half + 1 + (uint32_t)((draw >> 16 & 0xffff) * (half - 1) >> 16);
}

static bool one_request(struct trim_run *r, struct sized *s)
{
	const struct pageman_ops tail = { free_tail }, kept = { free_kept };
	struct buddy_request request = { .gfp = r->gfp };
	struct buddy_block block;
	unsigned order;

	if (s->pages && pageman_release(&kept, r, s->pfn, s->pages, r->grain, NULL))
		return false;
	draw_size(r, &order, &s->pages);
	request.order = (uint8_t)order;
	r->requests++;
	if (buddy_alloc_pages(r->machine.buddy, &request, &block)) {
		s->pages = 0;
		r->refused++;
		return true;
	}
	s->pfn = block.pfn;
	return !pageman_fit(&tail, r, block.pfn, order, s->pages, r->grain, NULL);
}

static bool trim_batch(struct bench *bench, void *state)
{
	struct trim_run *r = state;

	for (unsigned i = 0; i < BATCH_REQUESTS; i++)
		if (!one_request(r, &r->alive[i % ALIVE_REQUESTS])) {
			bench_fail(bench, "the model refused a free");
			return false;
		}
	bench_items(bench, BATCH_REQUESTS);
	return true;
}

static void trim_teardown(struct bench *bench, void *state)
{
	struct trim_run *r = state;

	bench_count(bench, "calls_per_request", (double)r->calls / (double)(r->requests ? r->requests : 1));
	bench_count(bench, "refused_per_request", (double)r->refused / (double)(r->requests ? r->requests : 1));
	machine_destroy(&r->machine);
	steady_fini(&r->steady);
	free(r);
}

void bench_trim(void)
{
	static const unsigned percents[] = { 30, 50, 90 };
	static struct trim_param params[2 * 3];
	struct trim_param *p = params;
	char name[64];

	for (unsigned i = 0; i < 3; i++)
		for (unsigned grain = PAGEMAN_BY_BLOCK; grain <= PAGEMAN_BY_PAGE; grain++) {
			*p = (struct trim_param){ (enum pageman_grain)grain, percents[i] };
			snprintf(name, sizeof(name), "trim/%s/%u", grain == PAGEMAN_BY_BLOCK ? "block" : "page",
				 percents[i]);
			bench_register(&(struct bench_case){ .name = name,
							     .param = p++,
							     .iterations = BATCHES,
							     .setup = trim_setup,
							     .run = trim_batch,
							     .teardown = trim_teardown });
		}
}
