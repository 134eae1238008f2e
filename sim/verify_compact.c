// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Blocks captured for the request that compacts.
 *
 * Interface: capture_begin, capture_end, choose_capture.
 */
#include "verify_internal.h"

#include <errno.h>

/* A task compacts for its request: what it frees from now on may be captured. */
int capture_begin(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));

	if (!c)
		return -ENOMEM;
	v->compacting_tasks += !c->compacting;
	c->compacting = true;
	c->capture = (struct buddy_capture){ .zone = (uint32_t)e->arg, .order = e->order,
					     .type = (uint8_t)gfp_list(v, e->gfp) };
	return 1;
}

/* The captured block goes to the request without another attempt at the lists. */
int capture_end(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));

	if (!c || !c->compacting)
		return 1;
	v->compacting_tasks--;
	c->compacting = false;
	if (c->capture.done) {
		v->current = c;
		undo_pending(v, c, e);
		c->slow = c->pending = c->captured = true;
		c->block = (struct buddy_block){ .pfn = c->capture.pfn, .zone = c->capture.zone,
						 .order = c->capture.order, .type = BUDDY_MOVABLE,
						 .path = BUDDY_PATH_CAPTURE };
	}
	context_settle(&v->contexts, c);
	return 1;
}

/* Whose frees may be captured now: those of a compacting task, and of interrupts on top of it. */
void choose_capture(struct verify *v, const struct rec_event *e)
{
	struct rec_event task = *e;
	struct context *c;

	task.context = 0;
	c = context_find(&v->contexts, context_key(&task));
	buddy_set_capture(v->buddy, c && c->compacting ? &c->capture : NULL);
}
