// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verification, event by event.
 *
 * Interface: verify.h.
 * An allocation is done on the model at its mm_page_alloc event, after the events of what the kernel did inside
 * it; the model's own notes of that are compared with them. A free is done at its mm_page_free event, or at
 * mm_page_free_batched for listed ones; drains that it causes come behind it in the stream.
 */
#include "verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify_context.h"

struct verify {
	struct sim_machine *machine;
	struct buddy *buddy;
	struct verify_result result;
	struct context_table contexts;
	struct context *current;   /* whose operation the model is doing; takes the model's notes */
	bool collect;              /* the model's notes are wanted */
	bool out_of_memory;
	unsigned compacting_tasks;
	bool has_refill_probe;     /* the recording tells refills, so their absence says something */
	uint64_t first_time_ns;
	uint64_t *scratch;         /* frames of a bulk call */
	size_t scratch_room;
};

const char *verify_class_name(enum verify_class class)
{
	static const char *const names[VERIFY_CLASS_COUNT] = {
		"frame", "attempt", "refill", "taken", "drain", "fallback", "search", "capture", "claim",
	};

	return names[class];
}

const char *verify_condition_text(enum verify_condition condition)
{
	static const char *const texts[VERIFY_COND_COUNT] = {
		"an interrupt found the per-CPU list locked and went past it (taken from the recording)",
		"an interrupt came between an allocation and its event; the order was taken from the probes",
		"direct reclaim ran",
		"kswapd balanced a node",
		"compaction isolated free blocks (followed from the recording)",
		"the kernel failed an allocation",
		"something that the model does not know happened: hotplug, contiguous ranges, page reporting",
		"events were lost inside the recording",
	};

	return texts[condition];
}

/* --- Notes: what the model did against what the kernel did --------------------------------------------------- */

static enum verify_class class_of(const struct buddy_note *n)
{
	switch (n->kind) {
	case BUDDY_NOTE_REFILL:
		return VERIFY_REFILL;
	case BUDDY_NOTE_PCPU_DRAIN:
		return VERIFY_DRAIN;
	case BUDDY_NOTE_EXTFRAG:
		return VERIFY_FALLBACK;
	default:
		return VERIFY_TAKEN;
	}
}

static bool same_note(const struct buddy_note *a, const struct buddy_note *b)
{
	if (a->kind != b->kind || a->order != b->order || a->type != b->type || a->pfn != b->pfn)
		return false;
	if (a->kind == BUDDY_NOTE_EXTFRAG)
		return a->fallback_order == b->fallback_order && a->fallback_type == b->fallback_type;
	return a->kind != BUDDY_NOTE_REFILL || (a->count == b->count && a->zone == b->zone);
}

static void drop_notes(struct note_queue *q, size_t n)
{
	memmove(q->notes, q->notes + n, (q->count - n) * sizeof(*q->notes));
	q->count -= n;
}

/* One side is NULL when the other has no partner. */
static void inner_miss(struct verify *v, const struct buddy_note *recorded, const struct buddy_note *predicted)
{
	struct verify_inner_miss *m = &v->result.first_inner;
	enum verify_class class = class_of(recorded ? recorded : predicted);

	v->result.count[class].missed++;
	if (m->present)
		return;
	*m = (struct verify_inner_miss){ .present = true, .class = class, .event = v->result.events - 1,
					 .has_recorded = recorded != NULL, .has_predicted = predicted != NULL };
	if (recorded)
		m->recorded = *recorded;
	if (predicted)
		m->predicted = *predicted;
}

/* Compares as far as both sides go. */
static void match_notes(struct verify *v, struct context *c)
{
	size_t n = c->recorded.count < c->predicted.count ? c->recorded.count : c->predicted.count;

	if (!n)
		return;
	for (size_t i = 0; i < n; i++) {
		if (same_note(&c->recorded.notes[i], &c->predicted.notes[i]))
			v->result.count[class_of(&c->recorded.notes[i])].own++;
		else
			inner_miss(v, &c->recorded.notes[i], &c->predicted.notes[i]);
	}
	drop_notes(&c->recorded, n);
	drop_notes(&c->predicted, n);
}

/* An operation of this context is over, or the next one begins: nothing that is left has a partner. */
static void settle_notes(struct verify *v, struct context *c)
{
	match_notes(v, c);
	for (size_t i = 0; i < c->recorded.count; i++)
		inner_miss(v, &c->recorded.notes[i], NULL);
	for (size_t i = 0; i < c->predicted.count; i++)
		inner_miss(v, NULL, &c->predicted.notes[i]);
	c->recorded.count = c->predicted.count = 0;
}

static void on_note(void *context, const struct buddy_note *note)
{
	struct verify *v = context;

	if (!v->collect)
		return;
	if (note->kind == BUDDY_NOTE_REFILL && !v->has_refill_probe)
		return;
	if (!note_push(&v->current->predicted, note))
		v->out_of_memory = true;
}

/* The kernel counts movable pages by their flags, which the model only estimates: the recording has the last word. */
static bool on_claim(void *context, uint32_t zone, uint64_t pfn, unsigned type, bool own)
{
	struct verify *v = context;
	const struct context *c = v->current;

	(void)zone;
	for (size_t i = 0; c && i < c->recorded.count; i++) {
		const struct buddy_note *n = &c->recorded.notes[i];

		if (n->kind != BUDDY_NOTE_EXTFRAG || n->pfn != pfn || n->type != type)
			continue;
		if (n->change_ownership == own)
			v->result.count[VERIFY_CLAIM].own++;
		else
			v->result.count[VERIFY_CLAIM].taken++;
		return n->change_ownership;
	}
	return own;
}

/* --- Allocations ---------------------------------------------------------------------------------------------- */

static const char *path_name(unsigned path)
{
	static const char *const names[] = {
		"none", "per-CPU list", "per-CPU list after a refill", "zone", "compaction's capture",
	};

	return names[path];
}

static void record_miss(struct verify *v, const struct rec_event *e, uint64_t expected_pfn,
			const struct buddy_block *predicted)
{
	struct verify_miss *m = &v->result.first_miss;

	v->result.count[VERIFY_FRAME].missed++;
	if (m->present)
		return;
	*m = (struct verify_miss){
		.present = true,
		.event = v->result.events - 1,
		.time_ns = e->time_ns,
		.allocation = v->result.allocs - 1,
		.expected_pfn = expected_pfn,
		.predicted_pfn = predicted ? predicted->pfn : REC_NO_PFN,
		.order = e->order,
		.gfp = e->gfp,
		.path = path_name(predicted ? predicted->path : BUDDY_PATH_NONE),
	};
}

/* Holds the model's block (NULL: it failed) against the kernel's frame and brings the model in step. */
static void judge(struct verify *v, const struct rec_event *e, uint64_t expected_pfn, unsigned order,
		  const struct buddy_block *block)
{
	v->result.allocs++;
	if (block ? block->pfn == expected_pfn : expected_pfn == REC_NO_PFN) {
		v->result.exact++;
		v->result.count[VERIFY_FRAME].own++;
		return;
	}
	record_miss(v, e, expected_pfn, block);
	v->result.resyncs++;
	v->collect = false;
	if (block)
		buddy_put_back(v->buddy, e->cpu, block);
	if (expected_pfn != REC_NO_PFN && buddy_take(v->buddy, e->cpu, expected_pfn, order))
		v->result.resync_conflicts++;
	v->collect = true;
}

static struct buddy_request request_of(const struct rec_event *e)
{
	return (struct buddy_request){
		.gfp = e->gfp,
		.task = e->context & REC_CTX_LEVEL ? BUDDY_TASK_INTERRUPT : 0,
		.cpu = e->cpu,
		.order = e->order,
	};
}

/* Type of the lists that a request goes to. */
static unsigned gfp_list(const struct verify *v, uint32_t gfp)
{
	const struct buddy_gfp_bits *g = &v->machine->profile->gfp;

	return gfp & g->movable ? BUDDY_MOVABLE : gfp & g->reclaimable ? BUDDY_RECLAIMABLE : BUDDY_UNMOVABLE;
}

/* Whether per-CPU lists take blocks of this order. */
static bool has_list(const struct verify *v, unsigned order)
{
	return buddy_pcp_order(v->buddy, buddy_pcp_index(v->buddy, order, BUDDY_UNMOVABLE)) == order;
}

/*
 * The per-CPU list was locked by what this context interrupted, so the request went past it. Told by its own event, or
 * by a block taken from a zone without a refill.
 */
static bool list_was_locked(const struct verify *v, const struct context *c, const struct rec_event *e)
{
	bool taken = false;

	if (c->locked || !v->has_refill_probe || !has_list(v, e->order))
		return c->locked;
	for (size_t i = 0; i < c->recorded.count; i++) {
		if (c->recorded.notes[i].kind == BUDDY_NOTE_REFILL)
			return false;
		taken |= c->recorded.notes[i].kind == BUDDY_NOTE_ZONE_LOCKED;
	}
	return taken;
}

static int list_locked(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));

	if (!c)
		return -ENOMEM;
	c->locked = true;
	return 1;
}

static bool fast_attempt(struct verify *v, struct context *c, const struct rec_event *e, struct buddy_block *out)
{
	struct buddy_request r = request_of(e);
	unsigned flags = buddy_fast_flags(v->buddy, &r);

	if (list_was_locked(v, c, e)) {
		flags |= BUDDY_ALLOC_PAST_PCP;
		v->result.condition[VERIFY_COND_BYPASS]++;
	}
	return !buddy_alloc_attempt(v->buddy, &r, flags, out);
}

/* The kernel's attempt behind a pending block failed, or it would not have tried again. */
static void undo_pending(struct verify *v, struct context *c, const struct rec_event *e)
{
	if (!c->pending)
		return;
	v->result.count[VERIFY_ATTEMPT].taken++;
	v->collect = false;
	buddy_put_back(v->buddy, e->cpu, &c->block);
	v->collect = true;
	c->predicted.count = 0;
	c->pending = false;
}

static int do_attempt(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));
	struct buddy_request r = request_of(e);

	if (!c)
		return -ENOMEM;
	v->current = c;
	if (!c->slow && !c->popped) {
		c->pending = fast_attempt(v, c, e, &c->block);
		v->result.count[VERIFY_ATTEMPT].own += !c->pending;
	}
	c->slow = true;
	c->popped = false;
	undo_pending(v, c, e);
	c->pending = !buddy_alloc_attempt(v->buddy, &r, (unsigned)e->arg, &c->block);
	return 1;
}

static bool allocating(const struct context *c) { return c->slow || c->popped || c->bulk; }

/* The kernel had taken the frame when an interrupt came; what that does must find it gone. */
static int do_pop(struct verify *v, const struct rec_event *e)
{
	struct rec_event below = *e;
	struct context *c;

	below.context = e->flags;
	below.pid = (int32_t)e->pfn;
	c = context_get(&v->contexts, context_key(&below));
	if (!c)
		return -ENOMEM;
	if (allocating(c))
		return 1;
	v->current = c;
	v->result.condition[VERIFY_COND_INTERRUPTED]++;
	c->popped = true;
	c->pending = fast_attempt(v, c, &below, &c->block);
	return 1;
}

static int do_alloc(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));
	struct buddy_block block;
	bool found;

	if (!c)
		return -ENOMEM;
	v->current = c;
	if (c->slow || c->popped) {
		found = c->pending;
		block = c->block;
		if (c->slow && found && e->pfn != REC_NO_PFN)
			v->result.count[VERIFY_ATTEMPT].own++;
	} else {
		found = fast_attempt(v, c, e, &block);
	}
	v->result.condition[VERIFY_COND_FAILED] += e->pfn == REC_NO_PFN;
	judge(v, e, e->pfn, e->order, found ? &block : NULL);
	settle_notes(v, c);
	if (c->captured)
		v->result.count[VERIFY_CAPTURE].own++;
	c->slow = c->popped = c->pending = c->captured = c->locked = false;
	c->bulk_single = c->bulk;
	context_settle(&v->contexts, c);
	return 1;
}

static int bulk_begin(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));

	if (!c)
		return -ENOMEM;
	settle_notes(v, c);
	c->bulk = true;
	c->bulk_single = false;
	c->bulk_wanted = (uint32_t)e->arg;
	c->bulk_gfp = e->gfp;
	c->bulk_count = 0;
	return 1;
}

static int bulk_page(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));

	return !c || !c->bulk || context_push_bulk(c, e->pfn) ? 1 : -ENOMEM;
}

static int bulk_room(struct verify *v, uint32_t count)
{
	uint64_t *scratch;

	if (count <= v->scratch_room)
		return 0;
	scratch = realloc(v->scratch, count * sizeof(*scratch));
	if (!scratch)
		return -ENOMEM;
	v->scratch = scratch;
	v->scratch_room = count;
	return 0;
}

static int bulk_end(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));
	struct rec_event single = *e;
	struct buddy_request r;
	uint32_t got = 0;

	if (!c || !c->bulk)
		return 1;
	single.gfp = c->bulk_gfp;
	single.order = 0;
	r = request_of(&single);
	v->current = c;
	/* After a fallback its one frame was judged at its own mm_page_alloc. */
	if (!c->bulk_single && c->bulk_wanted) {
		if (bulk_room(v, c->bulk_wanted))
			return -ENOMEM;
		if (buddy_alloc_bulk(v->buddy, &r, c->bulk_wanted, v->scratch, &got))
			got = 0;
		for (size_t i = 0; i < c->bulk_count || i < got; i++) {
			struct buddy_block block = { .pfn = i < got ? v->scratch[i] : 0, .path = BUDDY_PATH_PCP,
						     .type = BUDDY_UNMOVABLE };

			judge(v, &single, i < c->bulk_count ? c->bulk_pfns[i] : REC_NO_PFN, 0, i < got ? &block : NULL);
		}
	}
	settle_notes(v, c);
	c->bulk = false;
	context_settle(&v->contexts, c);
	return 1;
}

/* --- Frees and the rest --------------------------------------------------------------------------------------- */

static int begin_free(struct verify *v, const struct rec_event *e)
{
	v->current = context_get(&v->contexts, context_key(e));
	if (!v->current)
		return -ENOMEM;
	/* A free inside an open allocation (reclaim, a charge that failed) leaves that alone. */
	if (!allocating(v->current))
		settle_notes(v, v->current);
	return 0;
}

static int end_free(struct verify *v, int error)
{
	v->result.frees++;
	v->result.frees_unmatched += error != 0;
	if (!allocating(v->current))
		context_settle(&v->contexts, v->current);
	return 1;
}

static int do_free(struct verify *v, const struct rec_event *e)
{
	unsigned flags = e->flags & REC_FREE_TO_TAIL ? BUDDY_FREE_TO_TAIL : 0;
	int error = begin_free(v, e);

	if (error)
		return error;
	if (v->current->stocked && v->current->stocked_pfn == e->pfn) {
		v->current->stocked = false;
		context_settle(&v->contexts, v->current);
		return 1;
	}
	/* A forced tail is decided here and now: the function below the probe of REC_FREE_ONE does the same at once. */
	if (has_list(v, e->order) && ((e->flags & REC_FREE_LIST) || (e->flags & REC_FREE_AT_ONE && !flags))) {
		error = buddy_free_prepare(v->buddy, e->pfn, e->order);
		v->result.frees_unmatched += error != 0;
		if (!allocating(v->current))
			context_settle(&v->contexts, v->current);
		return 1;
	}
	if (e->flags & REC_FREE_BUDDY)
		error = buddy_free_direct(v->buddy, e->cpu, e->pfn, e->order, flags);
	else
		error = buddy_free_pages(v->buddy, e->cpu, e->pfn, e->order);
	return end_free(v, error);
}

static int do_commit(struct verify *v, const struct rec_event *e, bool direct)
{
	int error = begin_free(v, e);

	if (error)
		return error;
	if (direct) {
		/* free_one_page() also serves frees that were done at their own event. */
		error = buddy_free_direct(v->buddy, e->cpu, e->pfn, e->order, BUDDY_FREE_PREPARED);
		v->result.condition[VERIFY_COND_BYPASS] += !error && v->current->locked;
		v->current->locked = false;
		return end_free(v, error == -ENOENT ? 0 : error);
	}
	return end_free(v, buddy_free_commit(v->buddy, e->cpu, e->pfn));
}

static int do_inner(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));
	struct buddy_note n = { .order = e->order, .type = e->migratetype, .pfn = e->pfn };

	if (!c)
		return -ENOMEM;
	switch (e->kind) {
	case REC_ZONE_LOCKED:
		n.kind = BUDDY_NOTE_ZONE_LOCKED;
		break;
	case REC_PCPU_DRAIN:
		n.kind = BUDDY_NOTE_PCPU_DRAIN;
		break;
	case REC_REFILL:
		n.kind = BUDDY_NOTE_REFILL;
		n.pfn = 0;
		n.count = (uint32_t)e->arg;
		n.zone = (uint32_t)(e->arg >> 32);
		v->has_refill_probe = true;
		break;
	default:
		n.kind = BUDDY_NOTE_EXTFRAG;
		n.fallback_order = (uint8_t)e->arg;
		n.fallback_type = (uint8_t)(e->arg >> 8);
		n.change_ownership = e->arg >> 16 & 1;
	}
	if (!note_push(&c->recorded, &n))
		return -ENOMEM;
	if (n.kind == BUDDY_NOTE_PCPU_DRAIN)
		match_notes(v, c);
	context_settle(&v->contexts, c);
	return 1;
}

static int do_drain_zone(struct verify *v, const struct rec_event *e)
{
	v->current = context_get(&v->contexts, context_key(e));
	if (!v->current)
		return -ENOMEM;
	buddy_drain_zone(v->buddy, e->cpu, (uint32_t)(e->arg >> 32), (uint32_t)e->arg);
	context_settle(&v->contexts, v->current);
	return 1;
}

/* Compaction's stock is empty: it searches the free lists, and turns them. */
static int do_search(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
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
	c->searched = !buddy_search_free(v->buddy, &q);
	c->search_pfn = q.found_pfn;
	context_settle(&v->contexts, c);
	return 1;
}

/* The free scanner goes through a part of a pageblock. */
static int do_scan(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	struct context *c = context_get(&v->contexts, context_key(e));

	if (!c)
		return -ENOMEM;
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
static int do_isolate(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));
	struct verify_count *count = &v->result.count[VERIFY_SEARCH];
	uint64_t pfn;

	if (!predict_isolation(v, c, &pfn))
		count->taken++;
	else if (pfn == e->pfn)
		count->own++;
	else
		count->missed++;
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

static void set_marks(struct verify *v, const struct rec_wide *w)
{
	struct buddy_zone_tuning t;
	uint32_t zone = (uint32_t)w->v[0];

	if (w->v[0] >= v->machine->zone_count)
		return;
	buddy_zone_tuning_get(v->buddy, zone, &t);
	for (unsigned i = 0; i <= BUDDY_MARK_HIGH; i++)
		t.mark_pages[i] = w->v[1 + i];
	t.mark_pages[BUDDY_MARK_PROMO] = 2 * t.mark_pages[BUDDY_MARK_HIGH] - t.mark_pages[BUDDY_MARK_LOW];
	t.boost_pages = w->v[4];
	buddy_zone_tune(v->buddy, zone, &t);
}

static void set_boost(struct verify *v, uint64_t arg)
{
	struct buddy_zone_tuning t;
	uint32_t zone = (uint32_t)(arg >> 32);

	if (zone >= v->machine->zone_count)
		return;
	buddy_zone_tuning_get(v->buddy, zone, &t);
	t.boost_pages = (uint32_t)arg;
	buddy_zone_tune(v->buddy, zone, &t);
}

/* Every CPU's list of a zone gets new limits; NULL leaves one as it is. */
static void set_pcp(struct verify *v, uint64_t zone, const uint64_t *high, const uint64_t *batch,
		    const uint64_t *threshold)
{
	for (uint32_t cpu = 0; zone < v->machine->zone_count && cpu < v->machine->cpu_count; cpu++) {
		struct buddy_pcp_tuning t;

		buddy_pcp_tuning_get(v->buddy, (uint32_t)zone, cpu, &t);
		if (high)
			t.high_pages = (uint32_t)*high;
		if (batch)
			t.batch_pages = (uint32_t)*batch;
		if (threshold)
			t.stat_threshold = (uint32_t)*threshold;
		buddy_pcp_tune(v->buddy, (uint32_t)zone, cpu, &t);
	}
}

/* While kswapd balances a node its zones up to the highest one asked for keep short per-CPU lists. */
static void set_reclaim_active(struct verify *v, const struct rec_event *e, bool active)
{
	uint32_t node = (uint32_t)e->arg, highest = active ? (uint32_t)(e->arg >> 32) : UINT32_MAX;

	v->result.condition[VERIFY_COND_KSWAPD] += active;
	for (uint32_t i = 0; i < v->machine->zone_count; i++) {
		const struct buddy_zone_config *z = &v->machine->zones[i];
		struct buddy_zone_tuning t;

		if (z->node != node || z->type > highest)
			continue;
		buddy_zone_tuning_get(v->buddy, i, &t);
		t.reclaim_active = active;
		buddy_zone_tune(v->buddy, i, &t);
	}
}

static int do_settings(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	uint64_t threshold = (uint32_t)e->arg;

	switch (e->kind) {
	case REC_ZONE_MARKS:
		if (w)
			set_marks(v, w);
		break;
	case REC_PCP_LIMITS:
		if (w)
			set_pcp(v, w->v[0], &w->v[1], &w->v[2], NULL);
		break;
	case REC_STAT_THRESHOLD:
		set_pcp(v, e->arg >> 32, NULL, NULL, &threshold);
		break;
	case REC_BOOST:
		set_boost(v, e->arg);
		break;
	case REC_KSWAPD_BEGIN:
	case REC_KSWAPD_END:
		set_reclaim_active(v, e, e->kind == REC_KSWAPD_BEGIN);
		break;
	default:
		break;
	}
	return 1;
}

static int do_decay(struct verify *v, const struct rec_event *e)
{
	v->current = context_get(&v->contexts, context_key(e));
	if (!v->current)
		return -ENOMEM;
	v->current->decayed = true;
	buddy_decay_pcp(v->buddy, e->cpu, (uint32_t)e->arg);
	return 1;
}

/* The counters of every zone, unless each was folded on its own just before its lists decayed. */
static int do_fold(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));

	if (!c || !c->decayed) {
		buddy_fold_stats(v->buddy, e->cpu);
		return 1;
	}
	settle_notes(v, c);
	c->decayed = false;
	context_settle(&v->contexts, c);
	return 1;
}

/* 6.12 prepares a page for freeing, with its event, when migration hands it back to compaction's stock. */
static int do_stocked(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));

	if (!c)
		return -ENOMEM;
	c->stocked = true;
	c->stocked_pfn = e->pfn;
	return 1;
}

static int do_rest(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	switch (e->kind) {
	case REC_ISOLATE:
		return do_isolate(v, e);
	case REC_ISOLATE_BLOCK:
	case REC_ISOLATE_BLOCK_END:
		return do_scan(v, e, w);
	case REC_COMPACT_ALLOC:
		return w ? do_search(v, e, w) : 1;
	case REC_PUTBACK:
		buddy_putback_isolated(v->buddy, e->cpu, e->pfn, e->order, e->migratetype);
		return 1;
	case REC_STAT_FOLD:
		return do_fold(v, e);
	case REC_DECAY:
		return do_decay(v, e);
	case REC_COMPACT_FREE:
		return do_stocked(v, e);
	case REC_MOVE_TAIL:
		buddy_turn_to_tail(v->buddy, e->pfn);
		return 1;
	case REC_RECLAIM_BEGIN:
		v->result.condition[VERIFY_COND_RECLAIM]++;
		return 1;
	case REC_UNSUPPORTED:
		v->result.condition[VERIFY_COND_UNSUPPORTED]++;
		return 1;
	case REC_LOST:
		v->result.condition[VERIFY_COND_LOST]++;
		return 1;
	case REC_SNAPSHOT:
		v->result.saw_snapshot[e->arg & 1] = true;
		return !(e->arg & 1);
	default:
		return do_settings(v, e, w);
	}
}

/* A task compacts for its request: what it frees from now on may be captured. */
static int capture_begin(struct verify *v, const struct rec_event *e)
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
static int capture_end(struct verify *v, const struct rec_event *e)
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
static void choose_capture(struct verify *v, const struct rec_event *e)
{
	struct rec_event task = *e;
	struct context *c;

	task.context = 0;
	c = context_find(&v->contexts, context_key(&task));
	buddy_set_capture(v->buddy, c && c->compacting ? &c->capture : NULL);
}

static bool names_a_frame(const struct rec_event *e)
{
	return (e->kind >= REC_ALLOC && e->kind <= REC_EXTFRAG) && e->pfn != REC_NO_PFN;
}

static bool frame_known(struct verify *v, const struct rec_event *e)
{
	uint32_t zone;

	if (!names_a_frame(e) || !buddy_zone_of(v->buddy, e->pfn, &zone))
		return true;
	if (!v->result.frames_outside++) {
		v->result.frame_outside_event = v->result.events - 1;
		v->result.frame_outside_pfn = e->pfn;
	}
	return false;
}

static int dispatch(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	switch (e->kind) {
	case REC_ALLOC:
		return do_alloc(v, e);
	case REC_FREE:
		return do_free(v, e);
	case REC_FREE_BATCHED:
		return do_commit(v, e, false);
	case REC_FREE_ONE:
		return do_commit(v, e, true);
	case REC_ZONE_LOCKED:
	case REC_PCPU_DRAIN:
	case REC_EXTFRAG:
	case REC_REFILL:
		return do_inner(v, e);
	case REC_LIST_LOCKED:
		return list_locked(v, e);
	case REC_POP:
		return do_pop(v, e);
	case REC_ATTEMPT:
		return do_attempt(v, e);
	case REC_BULK_BEGIN:
		return bulk_begin(v, e);
	case REC_BULK_PAGE:
		return bulk_page(v, e);
	case REC_BULK_END:
		return bulk_end(v, e);
	case REC_DRAIN_ZONE:
		return do_drain_zone(v, e);
	case REC_CAPTURE_BEGIN:
		return capture_begin(v, e);
	case REC_CAPTURE_END:
		return capture_end(v, e);
	default:
		return do_rest(v, e, w);
	}
}

int verify_event(struct verify *v, const struct rec_event *e, const struct rec_wide *wide)
{
	int status;

	if (!v->result.events++)
		v->first_time_ns = e->time_ns;
	v->result.duration_ns = e->time_ns - v->first_time_ns;
	/* What came before the snapshot is in it already. */
	if (!v->result.saw_snapshot[0] && !(e->kind == REC_SNAPSHOT && !e->arg))
		return 1;
	if (e->cpu >= v->machine->cpu_count || !frame_known(v, e))
		return 1;
	if (v->compacting_tasks)
		choose_capture(v, e);
	status = dispatch(v, e, wide);
	buddy_set_capture(v->buddy, NULL);
	return v->out_of_memory ? -ENOMEM : status;
}

struct verify *verify_create(struct sim_machine *machine)
{
	struct verify *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->machine = machine;
	v->buddy = machine->buddy;
	v->collect = true;
	v->result.frame_outside_event = UINT64_MAX;
	buddy_set_env(v->buddy, &(struct buddy_env){ .context = v, .note = on_note, .claim = on_claim });
	return v;
}

const struct verify_result *verify_finish(struct verify *v)
{
	for (size_t i = 0; i < CONTEXT_BUCKETS; i++)
		for (struct context *c = v->contexts.bucket[i]; c; c = c->next)
			settle_notes(v, c);
	return &v->result;
}

void verify_destroy(struct verify *v)
{
	if (!v)
		return;
	buddy_set_env(v->buddy, NULL);
	context_table_fini(&v->contexts);
	free(v->scratch);
	free(v);
}
