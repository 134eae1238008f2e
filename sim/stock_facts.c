// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first pass: what the first event of a frame says about snapshot 0.
 *
 *     first event of a frame         at snapshot 0 it was
 *     freed                          in use
 *     taken from a zone's list       on a free list
 *     allocated, not taken before    on a per-CPU list, and so when it is drained
 *
 * and of a pageblock the type of the first block that is taken from it, or drained to it.
 * Interface: stock_fact.
 * Invariant: a fact is never changed once it is there, but for those from before snapshot 0, which are forgotten.
 */
#include "stock_internal.h"

#include "verify_context.h"

static void note_fact(struct stock *s, const struct stock_zone *z, uint64_t pfn, unsigned order,
		      enum stock_fact_kind kind)
{
	struct stock_frame *f = stock_frame_at(s, z, pfn);

	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		if (f[i].fact == FACT_NONE)
			f[i].fact = (uint8_t)kind;
}

/* The block that was taken, or on 6.1 the one that will be taken from. */
static void note_fallback(struct stock *s, const struct stock_zone *z, const struct rec_event *e)
{
	unsigned order = s->profile->fallback_by_mode || (uint8_t)e->arg > BUDDY_ORDER_MAX ? e->order : (uint8_t)e->arg;
	struct stock_context *c = stock_context(s, e);

	if (s->profile->fallback_by_mode && c->takes && c->last_take == e->pfn)
		return;
	if ((uint8_t)(e->arg >> 8) < BUDDY_ISOLATE)
		stock_learn_pageblock(s, z, e->pfn, (uint8_t)(e->arg >> 8));
	if (stock_spans(z, e->pfn, order))
		note_fact(s, z, e->pfn, order, FACT_FREE);
	c->fallback = true;
}

void stock_fact(struct stock *s, const struct rec_event *e)
{
	const struct stock_zone *z;
	struct stock_context *c;

	if (e->kind == REC_SNAPSHOT) {
		s->has_mark[e->arg & 1] = true;
		if (!e->arg)
			stock_forget_facts(s);
	}
	if (e->kind < REC_ALLOC || e->kind > REC_EXTFRAG || !rec_event_possible(e) || e->pfn == REC_NO_PFN ||
	    s->has_mark[1])
		return;
	z = stock_zone_of(s, e->pfn);
	if (!z || !stock_spans(z, e->pfn, e->order) || stock_odd(e))
		return;
	c = stock_context(s, e);
	switch (e->kind) {
	case REC_ZONE_LOCKED:
		if (!c->fallback)
			stock_learn_pageblock(s, z, e->pfn, e->migratetype);
		note_fact(s, z, e->pfn, e->order, FACT_FREE);
		c->last_take = e->pfn;
		c->takes++;
		c->fallback = false;
		break;
	case REC_EXTFRAG:
		note_fallback(s, z, e);
		break;
	case REC_PCPU_DRAIN:
		stock_learn_pageblock(s, z, e->pfn, e->migratetype);
		note_fact(s, z, e->pfn, e->order, FACT_PCP);
		break;
	case REC_ALLOC:
		note_fact(s, z, e->pfn, e->order, FACT_PCP);
		c->takes = 0;
		break;
	case REC_FREE:
		note_fact(s, z, e->pfn, e->order, FACT_USED);
		c->takes = 0;
		break;
	default:
		break;
	}
}
