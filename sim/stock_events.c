// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The second pass: every event done on the model, every allocation held against what was predicted for it.
 *
 * Interface: stock_event, stock_context, stock_compare.
 * What an allocation gets is predicted before its event is looked at: the head of its per-CPU list if a block is known
 * to lie there, else, when that list is known to be empty, the head of the zone's smallest list that will do. The
 * blocks of a refill are told by their own events before the allocation's; the allocation that causes the refill is
 * judged by the first of them, which was predicted before it was told.
 */
#include "stock_internal.h"

#include <errno.h>
#include <string.h>

#include "verify_context.h"

/* Equal steps in a row after which another is predicted. */
#define RUN_MIN 2

/* A context that another displaced starts anew: it forgets no more than a refill under way. */
struct stock_context *stock_context(const struct stock *s, const struct rec_event *e)
{
	uint64_t key = context_key(e);
	struct stock_context *c = &s->contexts[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 52];

	_Static_assert(STOCK_CONTEXTS == 1u << 12, "the hash gives twelve bits");
	if (!c->used || c->key != key)
		*c = (struct stock_context){ .key = key, .used = true };
	return c;
}

void stock_clear_contexts(struct stock *s)
{
	memset(s->contexts, 0, STOCK_CONTEXTS * sizeof(*s->contexts));
}

/* Another operation of this context begins. */
static void next_operation(struct stock_context *c)
{
	c->takes = 0;
	c->fallback = false;
}

/* --- Predictions ------------------------------------------------------------ */

static unsigned type_of(const struct stock *s, uint32_t gfp)
{
	const struct buddy_gfp_bits *g = &s->profile->gfp;

	return gfp & g->movable ? BUDDY_MOVABLE : gfp & g->reclaimable ? BUDDY_RECLAIMABLE : BUDDY_UNMOVABLE;
}

static unsigned highest_zone_type(const struct stock *s, uint32_t gfp)
{
	const struct buddy_gfp_bits *g = &s->profile->gfp;

	if (gfp & g->dma)
		return BUDDY_ZONE_DMA;
	if (gfp & g->dma32)
		return BUDDY_ZONE_DMA32;
	return gfp & g->movable && gfp & g->highmem ? BUDDY_ZONE_MOVABLE : BUDDY_ZONE_NORMAL;
}

/* The highest zone that a request may use and that is above its low mark; else the highest. */
static struct stock_zone *zone_by_marks(struct stock *s, unsigned highest)
{
	struct stock_zone *first = NULL;

	for (uint32_t i = s->zone_count; i-- > 0;) {
		struct stock_zone *z = &s->zones[i];

		if (z->type > highest)
			continue;
		first = first ? first : z;
		if (buddy_free_pages_listed(s->buddy, i) > z->low_mark + z->lowmem_reserve[highest])
			return z;
	}
	return first ? first : &s->zones[0];
}

/*
 * The zone that a request goes to: what the marks say, unless the last one of its kind went elsewhere. Then there, for
 * marks are boosted and given back without an event.
 */
static struct stock_zone *zone_for(struct stock *s, uint32_t gfp)
{
	unsigned highest = highest_zone_type(s, gfp);
	struct stock_zone *last = s->last_zone[highest][type_of(s, gfp)];

	return s->zone_count == 1 ? &s->zones[0] : last ? last : zone_by_marks(s, highest);
}

/* Where it went. */
static void note_zone(struct stock *s, uint32_t gfp, struct stock_zone *z)
{
	unsigned highest = highest_zone_type(s, gfp);

	if (s->zone_count > 1)
		s->last_zone[highest][type_of(s, gfp)] = z == zone_by_marks(s, highest) ? NULL : z;
}

/* What was predicted for a block that left a zone's lists; a block that proves unreliable loses its place. */
static enum stock_class judge_take(struct stock *s, struct stock_zone *z, const struct rec_event *e, bool fallback)
{
	uint64_t head;
	unsigned order;
	bool known;

	if (fallback || e->migratetype >= BUDDY_TYPE_COUNT ||
	    !stock_first(s, z, e->order, e->migratetype, &head, &order, &known) || !known)
		return STOCK_LEARNED;
	if (head == e->pfn)
		return STOCK_EXACT;
	stock_follow_miss(s, z, order, e->migratetype, head, e->pfn);
	return STOCK_WRONG;
}

static bool listed_on(const struct stock *s, const struct stock_list *list, uint64_t pfn)
{
	const struct stock_frame *f = stock_frame_at(s, stock_zone_of(s, pfn), pfn);

	return f->flags & FRAME_LISTED && &s->lists[f->list] == list;
}

static void drop_above(struct stock *s, const struct stock_zone *z, const struct stock_list *list, uint64_t pfn)
{
	for (; stock_list_pfn(s, z, list->first) != pfn; s->result.unseen++)
		stock_unlist(s, z, stock_list_pfn(s, z, list->first));
}

/*
 * The unknown remainder of a per-CPU list: a refill fills it with the blocks of a larger one in order, so a run that
 * went on for long enough is predicted to go on.
 */
static enum stock_class judge_run(struct stock *s, struct stock_list *list, const struct rec_event *e)
{
	int64_t step = (int64_t)(e->pfn - list->last_pfn);
	bool predicted = list->run >= RUN_MIN;
	bool goes_on = step == list->step;

	list->run = goes_on ? list->run + 1 : 0;
	list->step = step;
	list->last_pfn = e->pfn;
	if (!predicted)
		return STOCK_LEARNED;
	s->result.runs++;
	s->result.runs_exact += goes_on;
	return goes_on ? STOCK_EXACT : STOCK_WRONG;
}

/* What was predicted for an allocation from a per-CPU list without a refill. */
static enum stock_class judge_pop(struct stock *s, const struct rec_event *e)
{
	struct stock_zone *z = zone_for(s, e->gfp);
	struct stock_list *list = stock_list(s, z, e->cpu, e->order, type_of(s, e->gfp));
	uint32_t head = list->first;

	if (head == NO_FRAME)
		return list->exhausted ? STOCK_WRONG : judge_run(s, list, e);
	if (stock_list_pfn(s, z, head) == e->pfn) {
		list->missed = NO_FRAME;
		return STOCK_EXACT;
	}
	if (stock_zone_of(s, e->pfn) != z) {
		/* Another zone: that says nothing about this list. */
	} else if (listed_on(s, list, e->pfn)) {
		/* What lay above it left unseen, as bulk allocations do. */
		drop_above(s, z, list, e->pfn);
	} else if (list->missed == head) {
		/* Predicted twice and wrong twice. */
		stock_unlist(s, z, stock_list_pfn(s, z, head));
		s->result.unseen++;
		list->missed = NO_FRAME;
	} else {
		list->missed = head;
	}
	return STOCK_WRONG;
}

/* --- Blocks that leave a zone ------------------------------------------------------------ */

/* The kernel refills a list only when it is empty: what the model still has on it left unseen. */
static void drop_stale(struct stock *s, const struct stock_zone *z, struct stock_list *list, uint32_t count)
{
	for (; count && list->first != NO_FRAME; count--, s->result.unseen++)
		stock_unlist(s, z, stock_list_pfn(s, z, list->first));
	list->exhausted = true;
}

/* A block was taken from a zone's lists: by a refill for its per-CPU list, or for an allocation itself. */
static void taken(struct stock *s, struct stock_zone *z, struct stock_context *c, const struct rec_event *e,
		  enum stock_class class, bool for_list)
{
	struct stock_list *list;

	s->result.taken[stock_row_of(e->order)][class]++;
	if (!c->takes++) {
		c->first_take = e->pfn;
		c->take_class = (uint8_t)class;
	}
	c->last_take = e->pfn;
	if (!for_list || e->cpu >= s->cpu_count)
		return;
	list = stock_list(s, z, e->cpu, e->order, e->migratetype);
	if (c->takes == 1) {
		c->stale = list->count;
		/* Whether the list was empty was not known, or known otherwise. */
		if (list->count)
			c->take_class = STOCK_WRONG;
		else if (!list->exhausted)
			c->take_class = STOCK_LEARNED;
	} else if (c->takes == 2) {
		/* A single block may also have gone past a list that was locked. */
		struct stock_zone *first = stock_zone_of(s, c->first_take);

		if (first == z)
			drop_stale(s, z, list, c->stale);
	}
	stock_list_add(s, list, z, e->pfn, e->order, e->migratetype, true);
}

static void do_zone_locked(struct stock *s, struct stock_zone *z, const struct rec_event *e)
{
	struct stock_context *c = stock_context(s, e);
	enum stock_class class = judge_take(s, z, e, c->fallback);
	unsigned order;
	uint64_t head;
	bool known;

	/* Nothing of that type is left: its pageblock was claimed for it, which is told behind (6.12). */
	if (s->profile->fallback_by_mode && !stock_first(s, z, e->order, e->migratetype, &head, &order, &known) &&
	    stock_secure(s, z, e->pfn, e->order, e->migratetype))
		stock_move_pageblock(s, z, e->pfn, e->migratetype, true);
	c->fallback = false;
	stock_take(s, z, e->pfn, e->order, e->migratetype);
	taken(s, z, c, e, class, e->arg && stock_pcp_order(s, e->order) && e->migratetype < BUDDY_PCP_TYPE_COUNT);
}

/* The block goes to the lists of another type, and its pageblocks with it when it is that large. */
static void adopt_block(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned order, unsigned from,
			unsigned type)
{
	if (!stock_secure(s, z, pfn, order, from))
		return;
	stock_take(s, z, pfn, order, from);
	if (order >= s->pageblock_order)
		for (uint64_t at = pfn; at < pfn + (UINT64_C(1) << order); at += UINT64_C(1) << s->pageblock_order)
			stock_move_pageblock(s, z, at, type, true);
	stock_put(s, z, pfn, order, type, true);
}

/* Source: steal_suitable_fallback() and can_steal_fallback(), 6.1: told before the block is taken. */
static void fallback_before(struct stock *s, struct stock_zone *z, const struct rec_event *e)
{
	unsigned order = (uint8_t)e->arg, from = (uint8_t)(e->arg >> 8), type = e->migratetype;
	uint64_t pfn = e->pfn & ~((UINT64_C(1) << order) - 1);
	bool whole = order >= s->pageblock_order / 2 || type == BUDDY_UNMOVABLE || type == BUDDY_RECLAIMABLE;

	stock_context(s, e)->fallback = true;
	if (order < s->pageblock_order && whole) {
		stock_secure(s, z, pfn, order, from);
		stock_move_pageblock(s, z, pfn, type, e->arg >> 16 & 1);
	} else {
		adopt_block(s, z, pfn, order, from, type);
	}
}

/* Source: __rmqueue_claim() and __rmqueue_steal(), 6.12: told behind, and not always by its own zone_locked. */
static void fallback_behind(struct stock *s, struct stock_zone *z, const struct rec_event *e)
{
	unsigned order = (uint8_t)e->arg, from = (uint8_t)(e->arg >> 8);
	uint64_t pfn = e->pfn & ~((UINT64_C(1) << order) - 1);
	struct stock_context *c = stock_context(s, e);
	struct rec_event take = *e;

	if (c->takes && c->last_take == e->pfn)
		return;
	if (e->arg >> 16 & 1)
		adopt_block(s, z, pfn, order, from, e->migratetype);
	stock_take(s, z, e->pfn, e->order, e->arg >> 16 & 1 ? e->migratetype : from);
	taken(s, z, c, &take, STOCK_LEARNED, stock_pcp_order(s, e->order) && e->migratetype < BUDDY_PCP_TYPE_COUNT);
}

static void do_fallback(struct stock *s, struct stock_zone *z, const struct rec_event *e)
{
	unsigned order = (uint8_t)e->arg;

	s->result.fallbacks++;
	/* Nothing is taken from isolated pageblocks. */
	if (order >= BUDDY_ORDER_COUNT || (uint8_t)(e->arg >> 8) >= BUDDY_ISOLATE ||
	    !stock_spans(z, e->pfn & ~((UINT64_C(1) << order) - 1), order))
		return;
	if (s->profile->fallback_by_mode)
		fallback_behind(s, z, e);
	else
		fallback_before(s, z, e);
}

/* --- Allocations and frees ------------------------------------------------------------ */

static void do_alloc(struct stock *s, struct stock_zone *z, const struct rec_event *e)
{
	struct stock_context *c = stock_context(s, e);
	bool own_take = c->takes && c->first_take == e->pfn;
	enum stock_class class = own_take ? c->take_class : STOCK_LEARNED;
	bool pops = stock_pcp_order(s, e->order);
	uint64_t end = e->pfn + (UINT64_C(1) << e->order);

	if (pops && !own_take)
		class = judge_pop(s, e);
	/* A refill of one block: the list was empty. */
	else if (pops && c->takes == 1 && !c->stale)
		stock_list(s, z, e->cpu, e->order, type_of(s, e->gfp))->exhausted = true;
	note_zone(s, e->gfp, z);
	s->result.alloc[stock_row_of(e->order)][class]++;
	if (!stock_unlist(s, z, e->pfn) && !own_take) {
		uint64_t head;

		/* Captured, or unseen; else from the unknown remainder of the per-CPU list. */
		if (buddy_frame_state(s->buddy, e->pfn + z->shift, &head, NULL) == BUDDY_FRAME_FREE)
			stock_take(s, z, e->pfn, e->order, e->migratetype);
		else if (pops)
			s->pcp_rest[stock_zone_index(s, z) * s->cpu_count + e->cpu] -= INT64_C(1) << e->order;
	}
	stock_mark(s, z, e->pfn, e->order, FRAME_KNOWN);
	next_operation(c);
	c->cut_pfn = e->pfn;
	c->cut_end_pfn = e->order ? end : 0;
}

/*
 * alloc_pages_exact() gives the tail of its block back frame by frame, in order, straight to the tails of the zone's
 * lists; nothing else of that context comes between. Source: make_alloc_exact().
 */
static bool gives_tail_back(struct stock_context *c, const struct rec_event *e)
{
	if (e->order || e->pfn <= c->cut_pfn || e->pfn >= c->cut_end_pfn)
		return false;
	c->cut_pfn = e->pfn;
	return true;
}

static void commit(struct stock *s, struct stock_zone *z, const struct rec_event *e, unsigned order, unsigned type)
{
	stock_unlist(s, z, e->pfn);
	stock_list_add(s, stock_list(s, z, e->cpu, order, type), z, e->pfn, order, type, false);
}

static void do_free(struct stock *s, struct stock_zone *z, const struct rec_event *e)
{
	struct stock_context *c = stock_context(s, e);
	struct stock_frame *f = stock_frame_at(s, z, e->pfn);
	unsigned type = stock_pageblock_type(s, z, e->pfn);
	bool tail = gives_tail_back(c, e);

	s->result.frees++;
	next_operation(c);
	if (!tail)
		c->cut_end_pfn = 0;
	if (stock_unlist(s, z, e->pfn))
		s->result.unseen++;
	if (type >= BUDDY_TYPE_COUNT)
		type = BUDDY_MOVABLE;
	stock_mark(s, z, e->pfn, e->order, FRAME_KNOWN);
	if (e->flags & REC_FREE_LIST && stock_pcp_order(s, e->order)) {
		f->flags |= FRAME_PREPARED;
		f->order = e->order & 15u;
		f->type = type & 15u;
	} else if (tail || !(e->flags & REC_FREE_PCP) || !stock_pcp_order(s, e->order)) {
		stock_put(s, z, e->pfn, e->order, type, tail);
	} else {
		commit(s, z, e, e->order, type);
	}
}

static void do_batched(struct stock *s, struct stock_zone *z, const struct rec_event *e)
{
	struct stock_frame *f = stock_frame_at(s, z, e->pfn);

	if (!(f->flags & FRAME_PREPARED))
		return;
	f->flags &= (uint8_t)~FRAME_PREPARED;
	commit(s, z, e, f->order, f->type);
}

static void do_drain(struct stock *s, struct stock_zone *z, const struct rec_event *e)
{
	if (!stock_unlist(s, z, e->pfn))
		s->pcp_rest[stock_zone_index(s, z) * s->cpu_count + e->cpu] -= INT64_C(1) << e->order;
	if (e->migratetype < BUDDY_TYPE_COUNT)
		stock_put(s, z, e->pfn, e->order, e->migratetype, false);
}

/* --- All events ------------------------------------------------------------ */

static void do_block(struct stock *s, const struct rec_event *e)
{
	struct stock_zone *z;

	if (e->pfn == REC_NO_PFN) {
		s->result.failed += e->kind == REC_ALLOC;
		return;
	}
	if (stock_odd(e)) {
		rec_odd_note(&s->result.impossible, s->result.events - 1, e->pfn, e->order);
		return;
	}
	z = stock_zone_of(s, e->pfn);
	if (!z || !stock_spans(z, e->pfn, e->order) || e->cpu >= s->cpu_count) {
		rec_odd_note(&s->result.outside, s->result.events - 1, e->pfn, e->order);
		return;
	}
	switch (e->kind) {
	case REC_ALLOC:
		do_alloc(s, z, e);
		break;
	case REC_FREE:
		do_free(s, z, e);
		break;
	case REC_FREE_BATCHED:
		do_batched(s, z, e);
		break;
	case REC_ZONE_LOCKED:
		do_zone_locked(s, z, e);
		break;
	case REC_PCPU_DRAIN:
		do_drain(s, z, e);
		break;
	default:
		do_fallback(s, z, e);
	}
}

/* The marks around the making of snapshots. Return: whether this event lies between the two snapshots. */
static bool pass_marks(struct stock *s, const struct rec_event *e)
{
	struct stock_result *r = &s->result;

	if (e->kind == REC_SNAPSHOT)
		r->saw_snapshot[e->arg & 1] = true;
	else
		for (unsigned which = 0; which < 2; which++)
			r->between_marks[which] += r->saw_begin[which] && !r->saw_snapshot[which];
	if (e->kind == REC_PROC_BEGIN)
		r->saw_begin[e->arg & 1] = true;
	/* What came before the first mark is no part of the recording. */
	r->events += !s->has_mark[0] || r->saw_begin[0] || r->saw_snapshot[0];
	return (!s->has_mark[0] || r->saw_snapshot[0]) && !r->saw_snapshot[1];
}

int stock_event(struct stock *s, const struct rec_event *e, const struct rec_wide *wide)
{
	if (!s->second_pass)
		stock_clear_contexts(s);
	s->second_pass = true;
	if (!pass_marks(s, e))
		return !s->result.saw_snapshot[1];
	if (!rec_event_possible(e)) {
		rec_odd_note(&s->result.impossible, s->result.events - 1, e->pfn, e->order);
		return 1;
	}
	if (e->kind >= REC_ALLOC && e->kind <= REC_EXTFRAG)
		do_block(s, e);
	else if ((e->kind == REC_COMPACT_FREE_SCAN || e->kind == REC_COMPACT_SCAN) && wide)
		stock_isolated(s, wide->v[0], wide->v[1], wide->v[3]);
	else if (e->kind == REC_LOST)
		s->result.lost += e->arg ? e->arg : 1;
	return 1;
}

/* --- The end ------------------------------------------------------------ */

static void compare_list(const struct stock *s, uint32_t zone, unsigned type, unsigned order, uint64_t kernel,
			 struct stock_end *out)
{
	uint64_t model = buddy_list_length(s->buddy, zone, order, type);
	struct stock_lengths *l = &out->order[order];

	out->free_pages_model += model << order;
	out->free_pages_kernel += kernel << order;
	out->known_pages += (model - (s->zones[zone].stand_ins[type][order].count -
				      s->zones[zone].stand_ins[type][order].used)) << order;
	if (!model && !kernel)
		return;
	l->lists++;
	l->same += model == kernel;
	l->error += model > kernel ? model - kernel : kernel - model;
	l->blocks += kernel;
}

static void compare_pcps(const struct stock *s, const struct rec_snapshot *snapshot, struct stock_end *out)
{
	int64_t model = 0;

	for (uint32_t i = 0; i < s->zone_count * s->cpu_count; i++) {
		model += s->pcp_rest[i] > 0 ? s->pcp_rest[i] : 0;
		for (uint32_t k = 0; k < s->pcp_lists; k++)
			model += (int64_t)s->lists[i * s->pcp_lists + k].count << buddy_pcp_order(s->buddy, k);
	}
	out->pcp_pages_model = (uint64_t)model;
	for (uint32_t i = 0; i < snapshot->pcp_count; i++)
		out->pcp_pages_kernel += snapshot->pcps[i].count;
}

int stock_compare(const struct stock *s, const struct rec_snapshot *snapshot, struct stock_end *out,
		  struct sim_error *error)
{
	struct stock_end end = { 0 };

	if (snapshot->zone_count != s->zone_count)
		return sim_fail(error, -EBADMSG, "snapshot 1: expected the zones of snapshot 0");
	for (uint32_t i = 0; i < s->zone_count; i++)
		if (snapshot->zones[i].z.start_pfn != s->zones[i].start_pfn)
			return sim_fail(error, -EBADMSG, "snapshot 1: expected the zones of snapshot 0");
	for (uint32_t i = 0; i < snapshot->counts_count; i++) {
		const struct rec_counts *c = &snapshot->counts[i];

		for (unsigned order = 0; order < STOCK_ORDER_COUNT; order++)
			compare_list(s, c->zone, c->migratetype, order, c->blocks[order], &end);
	}
	compare_pcps(s, snapshot, &end);
	*out = end;
	return 0;
}
