// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lives through an example.
 *
 * Interface: sim_example_run (example.h).
 */
#include "example.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pageman/run.h>

#include "load.h"

#define GFP_KERNEL 0xcc0u
#define START_PFN UINT64_C(4096)
#define BLOCK_COUNT 64u /* of the top order: 256 MiB */

struct life {
	struct sim_allocation a;
	uint64_t pages;
	bool alive;
};

struct run {
	const struct sim_example *example;
	struct sim_machine machine;
	struct sim_host host;
	struct life first, second;
	unsigned order;          /* of the first request's block */
	uint64_t calls;          /* until the stage before */
	bool by_kernel;          /* the stage in progress */
	void (*stage)(void *context, const struct sim_example_stage *);
	void *context;
	struct sim_error *error;
	struct sim_tree tree;
};

static unsigned order_of(uint64_t pages)
{
	unsigned order = 0;

	(void)pageman_order_for_pages(pages, &order); /* in range: sim_example_run saw to it */
	return order;
}

/* What a frame in use is for @life, if it is that one's. */
static bool is_of(const struct life *life, uint64_t pfn, enum sim_piece wanted, enum sim_piece *out)
{
	const struct pageman_record *r = &life->a.holding.record;
	uint64_t end_pfn;

	if (!life->alive || pfn < r->start_pfn)
		return false;
	end_pfn = pageman_record_end_pfn(r);
	if (pfn < r->start_pfn + r->pages)
		*out = pfn < r->start_pfn + life->pages ? wanted : SIM_PIECE_SPARE;
	else if (pfn >= end_pfn - r->pending_pages && pfn < end_pfn)
		*out = SIM_PIECE_HELD;
	else
		return false;
	return true;
}

static enum sim_piece owner(const void *context, uint64_t pfn)
{
	const struct run *r = context;
	enum sim_piece piece = SIM_PIECE_IN_USE;

	if (!is_of(&r->first, pfn, SIM_PIECE_FIRST, &piece))
		is_of(&r->second, pfn, SIM_PIECE_SECOND, &piece);
	return piece;
}

static void show(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void show(struct run *r, const char *format, ...)
{
	char heading[128];
	uint64_t calls = sim_host_calls(&r->host);
	struct sim_example_stage stage = { heading, calls - r->calls, r->by_kernel, &r->tree };
	va_list arguments;

	/* Cannot fail: a block of every order may begin there. */
	(void)sim_tree_take(&r->tree, r->machine.buddy, START_PFN, r->order, owner, r);
	va_start(arguments, format);
	vsnprintf(heading, sizeof(heading), format, arguments);
	va_end(arguments);
	r->calls = calls;
	r->stage(r->context, &stage);
}

/* The request's block is free by itself: its buddy is in use, and its pageblock is of the request's type. */
static int prepare(struct run *r)
{
	static const struct sim_layout layout = {
		.zone_count = 1,
		.cpu_count = 1,
		.zones = { { .type = BUDDY_ZONE_DMA32, .name = "DMA32", .start_pfn = START_PFN,
			     .spanned_pages = (uint64_t)BLOCK_COUNT << BUDDY_ORDER_MAX } },
	};
	int result = sim_machine_load_empty(&r->machine, &layout, r->example->kernel, r->error);

	if (result)
		return result;
	result = buddy_take(r->machine.buddy, 0, START_PFN + (UINT64_C(1) << r->order), r->order);
	if (!result && buddy_move_pageblock(r->machine.buddy, START_PFN, BUDDY_UNMOVABLE) < 0)
		result = -EINVAL;
	if (!result)
		result = sim_host_init(&r->host, r->machine.buddy, r->example->policy, false);
	return result ? sim_fail(r->error, result, "the example's machine cannot be made: %s", strerror(-result)) : 0;
}

static int get(struct run *r, struct life *life, uint64_t pages)
{
	struct buddy_request request = { .gfp = GFP_KERNEL, .order = (uint8_t)order_of(pages) };
	uint64_t pfn;
	int result = sim_host_get(&r->host, &request, pages, &life->a, &pfn);

	if (result)
		return sim_fail(r->error, result, "policy %s: no block for a request of %" PRIu64 " pages",
				r->example->policy->name, pages);
	life->pages = pages;
	life->alive = true;
	return 0;
}

static int put(struct run *r, struct life *life, const char *which)
{
	uint64_t pages = life->pages;
	int result = sim_host_put(&r->host, 0, &life->a);

	if (result)
		return sim_fail(r->error, result, "policy %s: the release failed: %s", r->example->policy->name,
				strerror(-result));
	life->alive = false;
	show(r, "after the release of %s, %" PRIu64 " page%s", which, pages, pages == 1 ? "" : "s");
	return 0;
}

/* Somebody asks for more than there is, and gives it all back. */
static int press(struct run *r)
{
	struct buddy_request request = { .gfp = GFP_KERNEL, .order = BUDDY_ORDER_MAX };
	struct buddy_block blocks[BLOCK_COUNT];
	unsigned count = 0;
	int result = 0;

	while (count < BLOCK_COUNT && !sim_host_alloc(&r->host, &request, &blocks[count]))
		count++;
	while (count-- > 0 && !result)
		result = buddy_free_pages(r->machine.buddy, 0, blocks[count].pfn, blocks[count].order);
	if (result)
		return sim_fail(r->error, result, "the example's pressure cannot be taken off: %s", strerror(-result));
	show(r, "after memory was short");
	return 0;
}

static bool is_on_pcp(const struct sim_tree *tree)
{
	for (unsigned i = 0; i < tree->node_count; i++)
		if (!tree->nodes[i].split && tree->nodes[i].piece == SIM_PIECE_ON_PCP)
			return true;
	return false;
}

static int begin(struct run *r)
{
	const struct sim_example *e = r->example;
	int result;

	r->by_kernel = true;
	show(r, "before");
	r->by_kernel = false;
	result = get(r, &r->first, e->pages);
	if (result)
		return result;
	if (r->first.a.holding.record.start_pfn != START_PFN)
		return sim_fail(r->error, -EFAULT, "the model gave another block than the one that was laid out");
	show(r, "after request A, %" PRIu64 " page%s", e->pages, e->pages == 1 ? "" : "s");
	if (!e->second_pages)
		return 0;
	result = get(r, &r->second, e->second_pages);
	if (result)
		return result;
	show(r, "after request B, %" PRIu64 " page%s%s", e->second_pages, e->second_pages == 1 ? "" : "s",
	     r->second.a.holding.record.start_pfn - START_PFN < UINT64_C(1) << r->order
		     ? "" : " (it got frames elsewhere)");
	return 0;
}

static int live(struct run *r)
{
	const struct sim_example *e = r->example;
	int result = prepare(r);

	if (!result)
		result = begin(r);
	if (!result && e->pressure)
		result = press(r);
	if (!result && e->second_pages && e->second_ends_first)
		result = put(r, &r->second, "B");
	if (!result)
		result = put(r, &r->first, "A");
	if (!result && r->second.alive)
		result = put(r, &r->second, "B");
	if (!result && is_on_pcp(&r->tree)) {
		result = buddy_drain_all(r->machine.buddy, 0);
		if (result)
			return sim_fail(r->error, result, "the example's lists cannot be drained: %s",
					strerror(-result));
		r->by_kernel = true;
		show(r, "after the kernel has drained the per-CPU lists");
	}
	return result;
}

int sim_example_run(const struct sim_example *example, void (*stage)(void *context, const struct sim_example_stage *),
		    void *context, uint64_t *calls_out, struct sim_error *error)
{
	struct run *r;
	int result;

	if (!example->pages || example->pages > SIM_EXAMPLE_PAGES_MAX || example->second_pages > SIM_EXAMPLE_PAGES_MAX)
		return sim_fail(error, -EINVAL, "expected requests of 1 to %d pages", SIM_EXAMPLE_PAGES_MAX);
	r = calloc(1, sizeof(*r));
	if (!r)
		return sim_fail(error, -ENOMEM, "no memory");
	r->example = example;
	r->order = order_of(example->pages);
	r->stage = stage;
	r->context = context;
	r->error = error;
	result = live(r);
	if (!result)
		*calls_out = r->calls;
	sim_host_fini(&r->host);
	sim_machine_unload(&r->machine);
	free(r);
	return result;
}
