// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The request assembler: a small table of contexts that have something open.
 *
 * Interface: assemble.h.
 * Invariant: a context that has nothing open can be reused; a set that is full forgets its oldest context and
 * counts it.
 *
 * Source: make_alloc_exact(), kmalloc_large(), __alloc_pages_bulk(), mm/page_alloc.c and mm/slab_common.c 6.1.
 */
#include "assemble.h"

#include <stdlib.h>
#include <string.h>

#include <buddy/buddy.h>
#include <pageman/pageman.h>

#define SET_COUNT 256
#define WAY_COUNT 8
#define BULK_ROOM 512

struct context {
	uint64_t key;
	uint64_t used_at;       /* event count, to find the oldest */
	uint64_t bytes;         /* open sized request; 0 for none */
	uint8_t interface;
	bool reclaiming;        /* direct reclaim or kswapd: PF_MEMALLOC */
	bool bulk_open;
	uint32_t bulk_gfp;
	uint32_t bulk_count;
	uint64_t bulk_alloc_pfn; /* frame that the bulk call got by an ordinary allocation, which has its own event */
	bool stocked;
	uint64_t stocked_pfn;   /* 6.12: compaction took this frame back; its next free event frees nothing */
	uint64_t *bulk_pfns;
};

struct sim_assembler {
	struct context sets[SET_COUNT][WAY_COUNT];
	struct sim_assembler_totals totals;
	uint64_t clock;
};

struct sim_assembler *sim_assembler_create(void)
{
	return calloc(1, sizeof(struct sim_assembler));
}

void sim_assembler_destroy(struct sim_assembler *assembler)
{
	if (!assembler)
		return;
	for (unsigned set = 0; set < SET_COUNT; set++)
		for (unsigned way = 0; way < WAY_COUNT; way++)
			free(assembler->sets[set][way].bulk_pfns);
	free(assembler);
}

const struct sim_assembler_totals *sim_assembler_totals(const struct sim_assembler *assembler)
{
	return &assembler->totals;
}

/* A task is known by its pid wherever it runs; idle tasks and interrupts by their CPU. */
static uint64_t context_key(const struct rec_event *e)
{
	uint64_t level = e->context & REC_CTX_LEVEL;

	if (level || e->pid == 0)
		return UINT64_C(1) << 63 | (uint64_t)e->cpu << 8 | level;
	return (uint64_t)(uint32_t)e->pid << 8;
}

static bool is_open(const struct context *c)
{
	return c->bytes || c->bulk_open || c->reclaiming || c->stocked;
}

static struct context *set_of(struct sim_assembler *a, uint64_t key)
{
	return a->sets[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 56];
}

static struct context *find_context(struct sim_assembler *a, uint64_t key)
{
	struct context *set = set_of(a, key);

	for (unsigned way = 0; way < WAY_COUNT; way++)
		if (set[way].key == key && is_open(&set[way]))
			return &set[way];
	return NULL;
}

static struct context *open_context(struct sim_assembler *a, uint64_t key)
{
	struct context *found = find_context(a, key);
	struct context *set = set_of(a, key);
	uint64_t *pfns;

	for (unsigned way = 0; !found && way < WAY_COUNT; way++)
		if (!is_open(&set[way]))
			found = &set[way];
	if (!found) {
		found = set;
		for (unsigned way = 1; way < WAY_COUNT; way++)
			if (set[way].used_at < found->used_at)
				found = &set[way];
		a->totals.contexts_dropped++;
	}
	if (found->key != key || !is_open(found)) {
		pfns = found->bulk_pfns;
		memset(found, 0, sizeof(*found));
		found->bulk_pfns = pfns;
		found->key = key;
	}
	found->used_at = a->clock;
	return found;
}

static void op_begin(struct sim_op *op, const struct rec_event *e, enum sim_op_kind kind)
{
	memset(op, 0, sizeof(*op));
	op->kind = kind;
	op->order = e->order;
	op->cpu = e->cpu;
	op->gfp = e->gfp;
	op->pfn = e->pfn;
	op->time_ns = e->time_ns;
	if (e->context & REC_CTX_LEVEL)
		op->task |= BUDDY_TASK_INTERRUPT;
}

/* The block of an open sized request, when its order is the one that the size asks for. */
static void attach_size(struct sim_assembler *a, struct context *c, struct sim_op *op)
{
	uint64_t pages = pageman_pages_for_bytes(c->bytes);
	unsigned order;

	if (pageman_order_for_pages(pages, &order) || order != op->order) {
		a->totals.sized_unmatched++;
	} else {
		op->bytes = c->bytes;
		op->pages = pages;
		op->interface = c->interface;
	}
	c->bytes = 0;
}

static bool take_alloc(struct sim_assembler *a, struct context *c, const struct rec_event *e, struct sim_op *op)
{
	op_begin(op, e, e->pfn == REC_NO_PFN ? SIM_OP_ALLOC_FAILED : SIM_OP_ALLOC);
	if (!c)
		return true;
	if (c->reclaiming)
		op->task |= BUDDY_TASK_MEMALLOC;
	if (c->bulk_open)
		c->bulk_alloc_pfn = e->pfn;
	else if (c->bytes)
		attach_size(a, c, op);
	return true;
}

static bool flush_bulk(struct context *c, const struct rec_event *e, struct sim_op *op)
{
	if (!c->bulk_count)
		return false;
	op_begin(op, e, SIM_OP_BULK);
	op->order = 0;
	op->gfp = c->bulk_gfp;
	op->pfns = c->bulk_pfns;
	op->count = c->bulk_count;
	if (c->reclaiming)
		op->task |= BUDDY_TASK_MEMALLOC;
	c->bulk_count = 0;
	return true;
}

static bool take_bulk(struct sim_assembler *a, struct context *c, const struct rec_event *e, struct sim_op *op)
{
	bool complete = false;

	if (e->kind == REC_BULK_BEGIN || !c) {
		c = open_context(a, context_key(e));
		c->bulk_open = true;
		c->bulk_gfp = e->gfp;
		c->bulk_count = 0;
		c->bulk_alloc_pfn = REC_NO_PFN;
	}
	if (e->kind == REC_BULK_PAGE && e->pfn != c->bulk_alloc_pfn) {
		if (!c->bulk_pfns)
			c->bulk_pfns = malloc(BULK_ROOM * sizeof(*c->bulk_pfns));
		if (c->bulk_pfns)
			c->bulk_pfns[c->bulk_count++] = e->pfn;
		else
			a->totals.out_of_memory = true;
		if (c->bulk_count == BULK_ROOM)
			complete = flush_bulk(c, e, op);
	} else if (e->kind == REC_BULK_END) {
		complete = flush_bulk(c, e, op);
		c->bulk_open = false;
	}
	return complete;
}

static bool take_sized_alloc(struct sim_assembler *a, const struct rec_event *e)
{
	struct context *c = open_context(a, context_key(e));

	if (c->bytes)
		a->totals.sized_unmatched++;
	c->bytes = e->arg;
	c->interface = e->flags & (REC_SIZED_EXACT | REC_SIZED_EXACT_NID | REC_SIZED_KMALLOC);
	return false;
}

static bool take_free(struct context *c, const struct rec_event *e, struct sim_op *op)
{
	if (c && c->stocked && c->stocked_pfn == e->pfn) {
		c->stocked = false;
		return false;
	}
	op_begin(op, e, SIM_OP_FREE);
	if (e->flags & (REC_FREE_LIST | REC_FREE_AT_ONE)) /* both are committed by a later event */
		op->path = SIM_PATH_LIST;
	else if (e->flags & REC_FREE_BUDDY)
		op->path = e->flags & REC_FREE_TO_TAIL ? SIM_PATH_DIRECT_TAIL : SIM_PATH_DIRECT;
	else
		op->path = SIM_PATH_PCP;
	return true;
}

static bool take_stocked(struct sim_assembler *a, const struct rec_event *e)
{
	struct context *c;

	if (e->flags & REC_COMPACT_FREE_SILENT)
		return false;
	c = open_context(a, context_key(e));
	c->stocked = true;
	c->stocked_pfn = e->pfn;
	return false;
}

static bool set_reclaiming(struct sim_assembler *a, const struct rec_event *e, bool reclaiming)
{
	struct context *c = reclaiming ? open_context(a, context_key(e)) : find_context(a, context_key(e));

	if (c)
		c->reclaiming = reclaiming;
	return false;
}

bool sim_assemble(struct sim_assembler *a, const struct rec_event *e, struct sim_op *op)
{
	a->clock++;
	switch (e->kind) {
	case REC_ALLOC:
		return take_alloc(a, find_context(a, context_key(e)), e, op);
	case REC_FREE:
		return take_free(find_context(a, context_key(e)), e, op);
	case REC_FREE_BATCHED:
	case REC_FREE_ONE:
		op_begin(op, e, SIM_OP_COMMIT);
		op->path = e->kind == REC_FREE_ONE ? SIM_PATH_DIRECT : SIM_PATH_PCP;
		return true;
	case REC_BULK_BEGIN:
	case REC_BULK_PAGE:
	case REC_BULK_END:
		return take_bulk(a, find_context(a, context_key(e)), e, op);
	case REC_SIZED_ALLOC:
		return take_sized_alloc(a, e);
	case REC_SIZED_FREE:
		op_begin(op, e, SIM_OP_SIZED_FREE);
		op->bytes = e->arg;
		op->pages = pageman_pages_for_bytes(e->arg);
		return true;
	case REC_COMPACT_FREE:
		return take_stocked(a, e);
	case REC_RECLAIM_BEGIN:
		return set_reclaiming(a, e, true);
	case REC_RECLAIM_END:
		return set_reclaiming(a, e, false);
	case REC_KSWAPD_BEGIN:
	case REC_KSWAPD_END:
		set_reclaiming(a, e, e->kind == REC_KSWAPD_BEGIN);
		op_begin(op, e, SIM_OP_EXTERNAL);
		return true;
	case REC_ISOLATE:
	case REC_PUTBACK:
	case REC_DRAIN_ZONE:
	case REC_STAT_FOLD:
	case REC_DECAY:
	case REC_ZONE_MARKS:
	case REC_PCP_LIMITS:
	case REC_STAT_THRESHOLD:
	case REC_UNRESERVE:
	case REC_MOVE_TAIL:
	case REC_UNSUPPORTED:
	case REC_LOST:
		op_begin(op, e, SIM_OP_EXTERNAL);
		return true;
	default:
		return false; /* what the allocator did inside; the model decides that itself */
	}
}
