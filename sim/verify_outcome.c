// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What attempts came to.
 *
 * Interface: verify_outcome.h.
 */
#include "verify_outcome.h"

#include <buddy/buddy.h>

#include "verify_order.h"

void outcome_reset(struct outcome *t)
{
	*t = (struct outcome){ 0 };
}

void outcome_end(struct outcome *t, struct rec_event *e)
{
	e->pad = t->zones;
	if (t->past)
		e->flags |= VERIFY_ORDER_PAST_LIST;
	e->arg |= (uint64_t)t->high << VERIFY_ORDER_HIGH_SHIFT;
	outcome_reset(t);
}

void outcome_begin(struct outcome *t, struct rec_event *e, bool told)
{
	outcome_end(t, e);
	if (!told)
		return;
	t->zones = VERIFY_ORDER_ZONES_TOLD;
	t->entered = true;
	t->bulk = e->kind == REC_BULK_BEGIN;
	t->reserves = e->arg & BUDDY_ALLOC_HIGHATOMIC;
}

static void section_ends(struct outcome *t, const struct rec_event *e)
{
	uint8_t zone = e->arg < REC_ZONES_READ_MAX ? (uint8_t)(1u << e->arg) : 0;

	t->zones |= zone;
	if (e->flags & 1) {
		t->high = e->pfn >> 16 & REC_ZONE_BITS_TOLD ? (uint32_t)(e->pfn >> 32) : 0;
		t->past = false;
	} else if (t->taken) {
		t->past = true;
	}
	t->taken = false;
}

void outcome_follow(struct outcome *t, const struct rec_event *e, bool of_free)
{
	switch (e->kind) {
	case REC_UNLOCK:
		/* A task that is scheduled in may free the stack of one that died. */
		if (t->entered && !of_free)
			section_ends(t, e);
		break;
	case REC_ZONE_LOCKED:
		t->taken = true;
		break;
	case REC_LIST_LOCKED:
		t->list_locked = true;
		break;
	case REC_RECLAIM_BEGIN:
	case REC_COMPACT_TRY:
	case REC_CAPTURE_BEGIN:
	case REC_COMPACT_BEGIN:
	case REC_UNRESERVE:
	case REC_DRAIN_ZONE:
		/* It failed, and what follows takes locks of its own. */
		t->entered &= t->bulk;
		break;
	default:
		break;
	}
}
