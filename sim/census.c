// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counting events.
 *
 * Interface: census.h.
 */
#include "census.h"

#include <stdlib.h>
#include <string.h>

struct sim_census *sim_census_create(void)
{
	struct sim_census *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->assembler = sim_assembler_create();
	if (!c->assembler) {
		free(c);
		return NULL;
	}
	return c;
}

void sim_census_destroy(struct sim_census *c)
{
	if (!c)
		return;
	sim_assembler_destroy(c->assembler);
	free(c);
}

static void count_gfp(struct sim_census *c, uint32_t gfp, uint64_t requests)
{
	uint32_t at = (gfp * UINT32_C(0x9e3779b1)) >> 22;

	for (;; at = (at + 1) % SIM_CENSUS_GFPS) {
		struct sim_gfp_count *slot = &c->gfps[at];

		if (slot->requests && slot->gfp == gfp) {
			slot->requests += requests;
			return;
		}
		if (slot->requests)
			continue;
		if (c->gfp_count >= SIM_CENSUS_GFPS * 3 / 4)
			return; /* far more masks than kernels use: the rare ones go unnamed */
		c->gfp_count++;
		slot->gfp = gfp;
		slot->requests = requests;
		return;
	}
}

static void count_sized(struct sim_census *c, const struct sim_op *op)
{
	struct sim_sized_count *s = &c->sized[op->interface == REC_SIZED_KMALLOC];

	s->matched++;
	s->odd += op->pages != UINT64_C(1) << op->order;
	s->bytes += op->bytes;
	s->pages += op->pages;
	s->block_pages += UINT64_C(1) << op->order;
}

static void count_op(struct sim_census *c, const struct sim_op *op, const struct rec_event *e)
{
	switch (op->kind) {
	case SIM_OP_ALLOC:
	case SIM_OP_ALLOC_FAILED:
		c->requests[op->order]++;
		c->failed[op->order] += op->kind == SIM_OP_ALLOC_FAILED;
		if (e->migratetype < SIM_CENSUS_TYPES)
			c->types[e->migratetype][op->order]++;
		count_gfp(c, op->gfp, 1);
		if (op->interface)
			count_sized(c, op);
		break;
	case SIM_OP_BULK:
		c->requests[0] += op->count;
		c->bulk_frames += op->count;
		count_gfp(c, op->gfp, op->count);
		break;
	case SIM_OP_FREE:
		c->frees[op->order]++;
		break;
	case SIM_OP_SIZED_FREE:
		c->sized_frees++;
		break;
	default:
		break;
	}
}

/* Whether a block is known to lie in no zone. */
static bool is_outside(const struct sim_census *c, const struct rec_event *e)
{
	if (!c->snapshot || !rec_kind_has_block(e->kind) || e->pfn == REC_NO_PFN)
		return false;
	for (uint32_t i = 0; i < c->snapshot->zone_count; i++) {
		const struct rec_wire_zone *z = &c->snapshot->zones[i].z;
		uint64_t pages = UINT64_C(1) << e->order;

		if (e->pfn >= z->start_pfn && z->spanned_pages >= pages &&
		    e->pfn - z->start_pfn <= z->spanned_pages - pages)
			return false;
	}
	return true;
}

/* Clocks of several CPUs may disagree, and a text may be two that somebody put together. */
static void count_time(struct sim_census *c, const struct rec_event *e, uint64_t index)
{
	if (index && e->time_ns < c->last_time_ns) {
		rec_odd_note(&c->steps_back, index, e->pfn, e->order);
		if (c->last_time_ns - e->time_ns > c->step_back_max_ns)
			c->step_back_max_ns = c->last_time_ns - e->time_ns;
	}
	if (!index || e->time_ns < c->first_time_ns)
		c->first_time_ns = e->time_ns;
	if (e->time_ns > c->last_time_ns)
		c->last_time_ns = e->time_ns;
}

void sim_census_add(struct sim_census *c, const struct rec_event *e)
{
	uint64_t index = c->events++;
	struct sim_op op;

	count_time(c, e, index);
	c->kinds[e->kind]++;
	c->bulk_calls += e->kind == REC_BULK_BEGIN;
	if (e->kind == REC_LOST)
		c->lost_events += e->arg;
	if (e->kind == REC_SIZED_ALLOC)
		c->sized[(e->flags & REC_SIZED_KMALLOC) != 0].requests++;
	if (!rec_event_possible(e)) {
		rec_odd_note(&c->impossible, index, e->pfn, e->order);
		return;
	}
	if (e->order >= SIM_CENSUS_ORDERS)
		return;
	if (is_outside(c, e))
		rec_odd_note(&c->outside, index, e->pfn, e->order);
	if (sim_assemble(c->assembler, e, &op))
		count_op(c, &op, e);
}

static int more_first(const void *a, const void *b)
{
	const struct sim_gfp_count *x = a, *y = b;

	if (x->requests != y->requests)
		return x->requests < y->requests ? 1 : -1;
	return x->gfp < y->gfp ? -1 : x->gfp > y->gfp;
}

unsigned sim_census_top_gfps(const struct sim_census *c, struct sim_gfp_count *out, unsigned room)
{
	struct sim_gfp_count all[SIM_CENSUS_GFPS];
	unsigned count = 0;

	for (unsigned i = 0; i < SIM_CENSUS_GFPS; i++)
		if (c->gfps[i].requests)
			all[count++] = c->gfps[i];
	qsort(all, count, sizeof(*all), more_first);
	if (count > room)
		count = room;
	memcpy(out, all, count * sizeof(*out));
	return count;
}
