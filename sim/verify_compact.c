// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compaction: its searches for free blocks, and blocks captured for the request that compacts.
 *
 * Interface: do_search, do_scan, do_isolate, do_stocked, capture_begin, capture_end, choose_capture.
 */
#include "verify_internal.h"

#include <errno.h>

/*
 * Compaction's stock is empty: it searches the free lists, and turns them. Where lock sections are told, each list is
 * searched in its own, since others may come between two.
 */
int do_search(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	struct context *c = context_get(&v->contexts, context_key(e));
	struct buddy_search q = {
		.zone = (uint32_t)w->v[0],
		.free_pfn = w->v[1],
		.migrate_pfn = w->v[2],
		.order = (int32_t)w->v[5],
		.failures = (uint32_t)(w->v[5] >> 48),
		.search_order = (int32_t)w->v[6],
		.init_free_pfn = w->v[7],
	};

	if (!c)
		return -ENOMEM;
	if (v->order) {
		c->searching = !buddy_search_begin(v->buddy, &q);
		c->searched = c->list_done = false;
		c->search = q;
	} else {
		c->searched = !buddy_search_free(v->buddy, &q);
		c->search_pfn = q.found_pfn;
	}
	context_settle(&v->contexts, c);
	return 1;
}

static void search_next_list(struct verify *v, struct context *c)
{
	int status = buddy_search_list(v->buddy, &c->search);

	c->searched = !status;
	c->search_pfn = c->search.found_pfn;
	c->searching = status == -EAGAIN;
	c->list_done = true;
}

/* The zone's lock is about to be dropped by a context that may be searching. */
void search_section_ends(struct verify *v, struct context *c)
{
	if (c->searching && !c->list_done)
		search_next_list(v, c);
	/* A block that is chosen is isolated in the same section. */
	v->result.count[VERIFY_SEARCH].missed += c->searched;
	c->searched = c->list_done = false;
	context_settle(&v->contexts, c);
}

/* The free scanner goes through a part of a pageblock. */
int do_scan(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	struct context *c = context_get(&v->contexts, context_key(e));

	if (!c)
		return -ENOMEM;
	c->searching = c->searched = false;
	c->scanning = w != NULL;
	c->scan_pfn = w ? w->v[0] : 0;
	c->scan_end_pfn = w ? w->v[1] : 0;
	c->scan_stride = w ? w->v[2] : 0;
	context_settle(&v->contexts, c);
	return 1;
}

/* The model's choice of the block that compaction isolates next. Return: false when it had none to make. */
static bool predict_isolation(struct verify *v, struct context *c, uint64_t *pfn_out)
{
	unsigned order;

	if (c && c->searching && !c->list_done)
		search_next_list(v, c);
	if (c && c->searched) {
		c->searched = false;
		*pfn_out = c->search_pfn;
		return true;
	}
	if (!c || !c->scanning)
		return false;
	if (buddy_scan_free(v->buddy, c->scan_pfn, c->scan_end_pfn, c->scan_stride, pfn_out, &order))
		*pfn_out = BUDDY_NO_PFN;
	return true;
}

/* A free block goes to compaction's stock: the fast search's, or the next on the free scanner's way. */
int do_isolate(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));
	struct verify_count *count = &v->result.count[VERIFY_SEARCH];
	uint64_t pfn, start_pfn = c && c->scanning ? c->scan_pfn : UINT64_MAX;

	if (!predict_isolation(v, c, &pfn)) {
		count->taken++;
	} else if (pfn == e->pfn) {
		count->own++;
	} else if (v->order && pfn >= start_pfn && pfn < e->pfn) {
		/* The scanner goes without the lock: another CPU freed a block where it had been. */
		v->result.count[VERIFY_READ].taken++;
	} else {
		count->missed++;
		v->result.resyncs++;
	}
	if (c) {
		c->scan_pfn = e->pfn + (1ull << e->order) - 1 + c->scan_stride;
		context_settle(&v->contexts, c);
	}
	if (!e->arg)
		return 1;
	v->result.condition[VERIFY_COND_COMPACTION]++;
	v->collect = false;
	if (buddy_isolate_free(v->buddy, e->cpu, e->pfn, e->order) &&
	    buddy_take(v->buddy, e->cpu, e->pfn, e->order))
		v->result.resync_conflicts++;
	v->collect = true;
	return 1;
}

/* 6.12 prepares a page for freeing, with its event, when migration hands it back to compaction's stock. */
int do_stocked(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));

	if (!c)
		return -ENOMEM;
	c->stocked = true;
	c->stocked_pfn = e->pfn;
	return 1;
}

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
