// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compaction's free scanner and its stock, held against what the recording tells of them.
 *
 * Interface: do_fill, do_isolate, settle_fill, leave_stock, empty_stock.
 * The model does each step when the recording's event for it comes, so that what interrupts did in between is there.
 * Where a recording has no probe of the runs, positions are taken from it (counted), and the search is the model's.
 */
#include "verify_internal.h"

#include <errno.h>

/* The model's stock got a block that the kernel did not take: back with it. */
static void undo_isolation(struct verify *v, struct context *c, uint32_t cpu, uint64_t pfn, unsigned order)
{
	buddy_compact_drop(v->buddy, &c->run.c, pfn);
	buddy_putback_isolated(v->buddy, cpu, pfn, order, buddy_pageblock_type(v->buddy, pfn));
}

/* Where the recording does not tell what becomes of it, what was isolated is in use at once; only its count is kept. */
static void forget_stock(struct verify *v, struct context *c)
{
	uint32_t pages = c->run.c.free_pages;

	if (c->run.begun)
		return;
	empty_stock(v, c, true);
	c->run.c.free_pages = pages;
}

static void count_choice(struct verify *v, bool same)
{
	struct verify_count *count = &v->result.count[VERIFY_SEARCH];

	count->own += same;
	count->missed += !same;
	v->result.resyncs += !same;
}

/* The block that the fast search chose was not isolated by the kernel. */
static void settle_found(struct verify *v, struct context *c, const struct rec_event *e)
{
	if (!c->run.found)
		return;
	c->run.found = false;
	count_choice(v, false);
	if (!c->run.refused)
		undo_isolation(v, c, e->cpu, c->run.found_pfn, c->run.found_order);
}

void settle_fill(struct verify *v, struct context *c, const struct rec_event *e)
{
	struct compact_run *run = &c->run;
	struct buddy_range range;
	uint64_t pfn;

	if (!run->filling)
		return;
	settle_found(v, c, e);
	run->filling = run->ranging = false;
	if (!run->begun)
		return;
	if (buddy_compact_next_target(v->buddy, &run->c, &range)) {
		/* The model would have gone on. */
		count_position(v, false);
		run->c.free_pfn = run->c.isolate_pfn;
		run->c.step = BUDDY_TARGET_DONE;
		buddy_compact_next_target(v->buddy, &run->c, &range);
	}
	buddy_compact_take(v->buddy, &run->c, run->needed_order, &pfn);
}

/* Frames left in stock where the kernel has none: they are in use, wherever the recording brings them up again. */
void empty_stock(struct verify *v, struct context *c, bool expected)
{
	struct verify_count *count = &v->result.count[VERIFY_STOCK];
	uint64_t pfn;
	unsigned order;

	while (!buddy_compact_release(v->buddy, &c->run.c, &pfn, &order))
		count->missed += !expected;
}

static bool same_fields(const struct buddy_compaction *a, const struct buddy_compaction *b)
{
	return a->free_pfn == b->free_pfn && a->migrate_pfn == b->migrate_pfn &&
	       a->fast_start_pfn == b->fast_start_pfn && a->migrate_pages == b->migrate_pages &&
	       a->free_pages == b->free_pages && a->failures == b->failures && a->search_order == b->search_order;
}

/* The fields of the kernel's compact_control, in a copy of the model's. */
static struct buddy_compaction recorded_fields(const struct buddy_compaction *model, const struct rec_wide *w)
{
	struct buddy_compaction c = *model;

	c.free_pfn = w->v[1];
	c.migrate_pfn = w->v[2];
	c.fast_start_pfn = w->v[3];
	c.migrate_pages = (uint32_t)w->v[4];
	c.free_pages = (uint32_t)(w->v[4] >> 32);
	c.failures = (uint32_t)(w->v[5] >> 48);
	c.search_order = (int16_t)w->v[6];
	return c;
}

static bool valid_fields(const struct verify *v, const struct rec_wide *w)
{
	uint32_t zone = (uint32_t)w->v[0];

	return w->v[0] < v->machine->zone_count && in_zone(v, zone, w->v[1]) && in_zone(v, zone, w->v[2]) &&
	       w->v[1] < v->machine->zones[zone].start_pfn + v->machine->zones[zone].spanned_pages &&
	       (!w->v[3] || w->v[3] == UINT64_MAX || in_zone(v, zone, w->v[3])) &&
	       (int32_t)w->v[5] <= BUDDY_ORDER_MAX;
}

/* The stock is empty: the fast search, which turns the lists. */
static int fill_begin(struct verify *v, struct context *c, const struct rec_event *e, const struct rec_wide *w)
{
	struct compact_run *run = &c->run;
	struct buddy_compact_zone memory;
	struct buddy_compaction recorded;
	int result;

	settle_fill(v, c, e);
	if (!valid_fields(v, w) || (run->begun && w->v[0] != run->c.zone))
		return 1;
	if (!run->begun) {
		run->c = (struct buddy_compaction){ .zone = (uint32_t)w->v[0], .order = (int32_t)w->v[5],
						    .mode = (uint8_t)(w->v[5] >> 32) };
		v->result.count[VERIFY_SCANNER].taken++;
	}
	recorded = recorded_fields(&run->c, w);
	buddy_compact_zone_get(v->buddy, run->c.zone, &memory);
	if (run->begun)
		count_position(v, same_fields(&run->c, &recorded) && memory.init_free_pfn == w->v[7]);
	run->c = recorded;
	memory.init_free_pfn = w->v[7];
	buddy_compact_zone_set(v->buddy, run->c.zone, &memory);
	run->filling = true;
	run->needed_order = e->order;
	result = buddy_compact_search(v->buddy, &run->c, e->cpu, &run->found_pfn, &run->found_order);
	forget_stock(v, c);
	run->found = result != -ENOENT;
	run->refused = result == -EAGAIN;
	return 1;
}

/* The free scanner goes through a part of a pageblock. */
static int range_begin(struct verify *v, struct context *c, const struct rec_event *e, const struct rec_wide *w)
{
	struct compact_run *run = &c->run;
	struct buddy_range own = { 0 };

	if (!run->filling || w->v[0] >= w->v[1] || !in_zone(v, run->c.zone, w->v[0]) ||
	    !in_zone(v, run->c.zone, w->v[1]))
		return 1;
	settle_found(v, c, e);
	if (run->begun) {
		bool goes_on = buddy_compact_next_target(v->buddy, &run->c, &own);
		bool same = goes_on && own.start_pfn == w->v[0] && own.end_pfn == w->v[1] && own.stride == w->v[2];

		count_position(v, same);
	} else {
		v->result.count[VERIFY_SCANNER].taken++;
	}
	if (run->c.step != BUDDY_TARGET_AROUND || !run->begun)
		run->c.step = BUDDY_TARGET_LINEAR;
	run->c.isolate_pfn = w->v[0];
	run->c.block_start_pfn = w->v[0] & ~(v->pageblock_pages - 1);
	run->c.block_end_pfn = w->v[1];
	run->c.stride = w->v[2] ? w->v[2] : 1;
	run->c.range_pages = 0;
	run->c.range_over = false;
	run->ranging = true;
	return 1;
}

/* How far the kernel came there; the model must have come as far and find no more. */
static int range_reached(struct verify *v, struct context *c, const struct rec_wide *w)
{
	struct compact_run *run = &c->run;
	uint64_t pfn;
	unsigned order;

	if (!run->ranging || w->v[1] < run->c.block_start_pfn || w->v[1] > run->c.block_end_pfn)
		return 1;
	if (buddy_compact_see(v->buddy, &run->c, &pfn, &order))
		count_choice(v, false);
	if (run->c.isolate_pfn > run->c.block_end_pfn)
		run->c.isolate_pfn = run->c.block_end_pfn;
	if (run->begun)
		count_position(v, run->c.isolate_pfn == w->v[1]);
	run->c.isolate_pfn = w->v[1];
	return 1;
}

static int range_end(struct verify *v, struct context *c)
{
	if (c->run.ranging && c->run.begun)
		buddy_compact_target_scanned(v->buddy, &c->run.c);
	c->run.ranging = false;
	return 1;
}

/* A frame of stock is migrated to. */
static int stock_taken(struct verify *v, struct context *c, const struct rec_event *e)
{
	struct verify_count *count = &v->result.count[VERIFY_STOCK];
	uint64_t pfn;

	settle_fill(v, c, e);
	if (!c->run.begun)
		return 1;
	if (!buddy_compact_take(v->buddy, &c->run.c, e->gfp, &pfn)) {
		if (pfn == e->pfn) {
			count->own++;
			return 1;
		}
		buddy_compact_return(v->buddy, &c->run.c, pfn, e->gfp);
	}
	count->missed++;
	buddy_compact_drop(v->buddy, &c->run.c, e->pfn);
	return 1;
}

/* Migration hands a frame back. 6.12 prepares it for freeing, with the event of a free that is none. */
static int stock_returned(struct verify *v, struct context *c, const struct rec_event *e)
{
	settle_fill(v, c, e);
	if (!(e->flags & REC_COMPACT_FREE_SILENT)) {
		c->stocked = true;
		c->stocked_pfn = e->pfn;
	}
	if (c->run.begun && buddy_compact_return(v->buddy, &c->run.c, e->pfn, e->order))
		v->result.count[VERIFY_STOCK].missed++;
	return 1;
}

/* 6.12 tells how much its fast search looked at. */
static int search_told(struct verify *v, struct context *c, const struct rec_wide *w)
{
	const struct buddy_compaction *m = &c->run.c;
	uint64_t taken = c->run.found && !c->run.refused ? 1ull << c->run.found_order : 0;

	/* The block that it chose was told before. */
	if (!c->run.filling)
		return 1;
	if (!c->run.found)
		taken = w->v[3];
	count_position(v, m->min_pfn == w->v[0] && m->searched_free_pfn == w->v[1] && m->searched == w->v[2] &&
			  taken == w->v[3]);
	return 1;
}

int do_fill(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	struct context *c = context_get(&v->contexts, context_key(e));
	int status = 1;

	if (!c)
		return -ENOMEM;
	if (!w && rec_kind_is_wide(e->kind))
		return 1;
	switch (e->kind) {
	case REC_COMPACT_ALLOC:
		status = fill_begin(v, c, e, w);
		break;
	case REC_COMPACT_SCAN:
		status = search_told(v, c, w);
		break;
	case REC_ISOLATE_BLOCK:
		status = range_begin(v, c, e, w);
		break;
	case REC_COMPACT_FREE_SCAN:
		status = range_reached(v, c, w);
		break;
	case REC_ISOLATE_BLOCK_END:
		status = range_end(v, c);
		break;
	case REC_COMPACT_TAKE:
		status = stock_taken(v, c, e);
		break;
	default:
		status = stock_returned(v, c, e);
	}
	context_settle(&v->contexts, c);
	return status;
}

/* The model's choice of the block that compaction isolates next. Return: false when it had none to make. */
static bool predict_isolation(struct verify *v, struct context *c, uint32_t cpu, uint64_t *pfn_out, bool *refused_out)
{
	struct compact_run *run = &c->run;
	unsigned order;
	int result;

	*pfn_out = BUDDY_NO_PFN;
	*refused_out = false;
	if (!run->filling)
		return false;
	if (run->found) {
		run->found = false;
		*pfn_out = run->found_pfn;
		*refused_out = run->refused;
		return true;
	}
	if (!run->ranging)
		return true;
	result = buddy_compact_isolate(v->buddy, &run->c, cpu, pfn_out, &order);
	*refused_out = result == -EAGAIN;
	if (result == -ENOENT)
		*pfn_out = BUDDY_NO_PFN;
	return true;
}

/* Follows the kernel to another block than the model's, which went to stock unless it was refused. */
static void follow_isolation(struct verify *v, struct context *c, const struct rec_event *e, uint64_t own_pfn,
			     bool refused)
{
	struct compact_run *run = &c->run;
	uint64_t head;
	unsigned order = 0;

	if (own_pfn != BUDDY_NO_PFN && !refused && own_pfn != e->pfn &&
	    buddy_frame_state(v->buddy, own_pfn, &head, &order) == BUDDY_FRAME_IN_USE)
		undo_isolation(v, c, e->cpu, own_pfn, run->ranging ? order : run->found_order);
	if (!e->arg)
		return;
	if (buddy_compact_add(v->buddy, &run->c, e->cpu, e->pfn, e->order))
		v->result.resync_conflicts++;
	run->c.isolate_pfn = e->pfn + (1ull << e->order) - 1 + run->c.stride;
}

/* A free block goes to compaction's stock: the fast search's, or the next on the free scanner's way. */
int do_isolate(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));
	uint64_t pfn = BUDDY_NO_PFN;
	bool refused = false, same;

	v->result.condition[VERIFY_COND_COMPACTION] += e->arg != 0;
	v->collect = false;
	if (!c || !predict_isolation(v, c, e->cpu, &pfn, &refused)) {
		v->result.count[VERIFY_SEARCH].taken++;
		if (e->arg && buddy_isolate_free(v->buddy, e->cpu, e->pfn, e->order) &&
		    buddy_take(v->buddy, e->cpu, e->pfn, e->order))
			v->result.resync_conflicts++;
	} else {
		same = pfn == e->pfn && refused == !e->arg;
		count_choice(v, same);
		if (!same)
			follow_isolation(v, c, e, pfn, refused);
		forget_stock(v, c);
	}
	v->collect = true;
	return 1;
}

/* What is left over is freed at the end of a run, in the order of the stock. */
void leave_stock(struct verify *v, struct context *c, const struct rec_event *e)
{
	struct verify_count *count = &v->result.count[VERIFY_STOCK];
	uint64_t pfn;
	unsigned order;

	settle_fill(v, c, e);
	if (!buddy_compact_release(v->buddy, &c->run.c, &pfn, &order)) {
		if (pfn == e->pfn && order == e->order) {
			count->own++;
			return;
		}
		buddy_compact_return(v->buddy, &c->run.c, pfn, order);
	}
	count->missed++;
	buddy_compact_drop(v->buddy, &c->run.c, e->pfn);
}
