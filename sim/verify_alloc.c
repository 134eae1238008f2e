// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Allocations: lock sections of an attempt, bulk calls, and the frame held against the kernel's.
 *
 * Interface: do_alloc, do_look, do_zones_read, do_pop, list_locked, bulk_begin, bulk_page,
 * bulk_end and what they share.
 */
#include "verify_internal.h"

#include <errno.h>
#include <stdlib.h>

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
		.event = v->now,
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

struct buddy_request request_of(const struct rec_event *e)
{
	return (struct buddy_request){
		.gfp = e->gfp,
		.task = e->context & REC_CTX_LEVEL ? BUDDY_TASK_INTERRUPT : 0,
		.cpu = e->cpu,
		.order = e->order,
	};
}

/* Type of the lists that a request goes to. */
unsigned gfp_list(const struct verify *v, uint32_t gfp)
{
	const struct buddy_gfp_bits *g = &v->machine->profile->gfp;

	return gfp & g->movable ? BUDDY_MOVABLE : gfp & g->reclaimable ? BUDDY_RECLAIMABLE : BUDDY_UNMOVABLE;
}

/* Whether per-CPU lists take blocks of this order. */
bool has_list(const struct verify *v, unsigned order)
{
	return buddy_pcp_order(v->buddy, buddy_pcp_index(v->buddy, order, BUDDY_UNMOVABLE)) == order;
}

/*
 * The per-CPU list was locked by what this context interrupted, so the request went past it. Told by its own event, or
 * by a block taken from a zone without a refill.
 */
bool list_was_locked(const struct verify *v, const struct context *c, const struct rec_event *e)
{
	bool taken = false;

	if (e->pad & VERIFY_ORDER_ZONES_TOLD)
		return e->flags & VERIFY_ORDER_PAST_LIST && has_list(v, e->order);
	if (c->locked || !v->has_refill_probe || !has_list(v, e->order))
		return c->locked;
	for (size_t i = 0; i < c->recorded.count; i++) {
		if (note_at(&c->recorded, i)->kind == BUDDY_NOTE_REFILL)
			return false;
		taken |= note_at(&c->recorded, i)->kind == BUDDY_NOTE_ZONE_LOCKED;
	}
	return taken;
}

int list_locked(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));

	if (!c)
		return -ENOMEM;
	c->locked = true;
	return 1;
}

/* The kernel's attempt behind a pending block failed, or it would not have tried again. */
void undo_pending(struct verify *v, struct context *c, const struct rec_event *e)
{
	if (!c->pending)
		return;
	v->result.count[VERIFY_ATTEMPT].taken++;
	v->collect = false;
	buddy_put_back(v->buddy, e->cpu, &c->block);
	v->collect = true;
	note_drop(&c->predicted, c->predicted.count);
	c->pending = false;
}

static unsigned entry_flags(const struct context *c)
{
	return (unsigned)c->entry.arg & ~(c->mixing ? BUDDY_ALLOC_NOFRAGMENT : 0);
}

/*
 * A zone's per-CPU list gave the attempt nothing, not even after a refill, and others may come before it goes on. An
 * attempt that went through all zones begins again, mixing types. Source: get_page_from_freelist().
 */
void list_gave_nothing(struct verify *v, struct context *c, const struct rec_event *e)
{
	struct buddy_request r = request_of(&c->entry);
	uint32_t zone = (uint32_t)e->arg;

	if (!c->entered)
		return;
	v->current = c;
	v->reads.high = e->pfn >> 16 & REC_ZONE_BITS_TOLD ? (uint32_t)(e->pfn >> 32) : 0;
	v->result.count[VERIFY_READ].taken += !(c->looked >> zone & 1);
	c->mixing |= c->empty_lists && zone >= c->last_empty;
	r.cpu = e->cpu;
	c->pending = !buddy_alloc_from_list(v->buddy, &r, entry_flags(c), zone, &c->block);
	v->result.count[VERIFY_TAKEN].missed += c->pending;
	undo_pending(v, c, e);
	match_notes(v, c);
	c->empty_lists |= 1u << zone;
	c->last_empty = zone;
}

/* Where the attempt ends that found empty lists: in a zone below the last of these, or in the first, mixing types. */
static uint8_t zone_to_end_in(struct context *c, const struct rec_event *e)
{
	uint32_t told = e->pad & (VERIFY_ORDER_ZONES_TOLD - 1u);
	uint32_t below = told & ((1u << c->last_empty) - 1);

	if (!below && (e->flags & VERIFY_ORDER_PAST_LIST))
		return (uint8_t)(c->last_empty + 1);
	c->mixing |= !below;
	return (uint8_t)(32 - __builtin_clz((below ? below : told) | 1));
}

/*
 * The last lock section of the attempt told last; @e tells what it came to. Return: false also when nothing is left to
 * be tried, since every zone had its turn.
 */
static bool finish_entry(struct verify *v, struct context *c, const struct rec_event *e, struct buddy_block *out)
{
	bool failed = e->kind != REC_POP && (e->kind != REC_ALLOC || e->pfn == REC_NO_PFN);
	struct rec_event entry = c->entry;
	struct buddy_request r = request_of(&entry);
	unsigned flags;
	bool found;

	entry.pad = e->pad;
	entry.flags = e->flags;
	r.cpu = e->cpu;
	c->entered = false;
	if (c->empty_lists && failed) {
		v->reads.zones &= (uint8_t)~c->empty_lists;
		if (v->reads.zones == VERIFY_ORDER_ZONES_TOLD)
			return false;
	} else if (c->empty_lists) {
		v->reads.only = zone_to_end_in(c, e);
	}
	flags = entry_flags(c);
	if (list_was_locked(v, c, &entry)) {
		flags |= BUDDY_ALLOC_PAST_PCP;
		if (v->reads.only != c->last_empty + 1)
			count_bypass(v, &entry);
	}
	v->reads.looked_before = true;
	v->reads.looked = c->looked;
	if (entry.kind == REC_ATTEMPT)
		v->deciding = slow_of(v, c->key);
	found = !buddy_alloc_attempt(v->buddy, &r, flags, out);
	v->deciding = NULL;
	return found;
}

/* The allocation of a slow path that looked before: its attempt is made before the slow path hears of it. */
void finish_slow_entry(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));

	if (!c || !c->entered || c->entry.kind != REC_ATTEMPT || c->popped || c->captured)
		return;
	v->current = c;
	c->pending = finish_entry(v, c, e, &c->block);
	c->slow = true;
}

/*
 * The attempt told last failed, or the kernel would not try again. One that may dirty pages fails where too many are
 * dirty already, whatever the watermarks say; that is not the allocator's to decide.
 */
static void fail_entry(struct verify *v, struct context *c, const struct rec_event *e)
{
	if (!c->entered)
		return;
	if (c->looked && c->entry.kind == REC_ENTRY && (c->entry.gfp & v->machine->profile->gfp.write) &&
	    e->pad == VERIFY_ORDER_ZONES_TOLD) {
		v->result.count[VERIFY_ATTEMPT].taken++;
		v->result.condition[VERIFY_COND_DIRTY]++;
		c->entered = false;
		return;
	}
	c->pending = finish_entry(v, c, e, &c->block);
	v->result.count[VERIFY_ATTEMPT].own += !c->pending;
	undo_pending(v, c, e);
}

int do_zones_read(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	struct context *c = context_get(&v->contexts, context_key(e));

	if (!c)
		return -ENOMEM;
	c->reads_told = w && v->machine->zone_count <= REC_ZONES_READ_MAX;
	for (uint32_t i = 0; c->reads_told && i < v->machine->zone_count; i++)
		c->reads[i] = (struct buddy_zone_read){
			.free_pages = REC_ZONE_READ_FREE(w->v[1 + i]),
			.boost_pages = REC_ZONE_READ_BOOST(w->v[1 + i]),
			.below_high = w->v[0] >> 4 * i & REC_ZONE_BITS_BELOW_HIGH,
		};
	return 1;
}

/* An attempt looks at the watermarks: what it finds holds, whoever comes before it takes its block. */
int do_look(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));
	struct buddy_request r = request_of(e);
	unsigned flags = e->kind == REC_ATTEMPT ? v->attempt_flags : (unsigned)e->arg;
	uint32_t own;

	if (!c)
		return -ENOMEM;
	v->current = c;
	if (!(e->flags & REC_TOLD_AGAIN))
		fail_entry(v, c, e);
	own = c->looked = buddy_marks_look(v->buddy, &r, flags, NULL);
	if (c->reads_told) {
		c->looked = buddy_marks_look(v->buddy, &r, flags, c->reads);
		if (own == c->looked)
			v->result.count[VERIFY_READ].own++;
		else
			v->result.count[VERIFY_READ].taken++;
	}
	c->near_marks = c->reads_told;
	c->reads_told = c->mixing = false;
	c->empty_lists = 0;
	c->entered = true;
	c->entry = *e;
	c->entry.arg = flags;
	return 1;
}

bool allocating(const struct context *c) { return c->slow || c->popped || c->bulk || c->entered; }

/* The model's frames of the bulk call under way, in the context of @e. Return: 1, or -ENOMEM. */
static int bulk_take(struct verify *v, struct context *c, const struct rec_event *e)
{
	struct rec_event single = *e;
	struct buddy_request r;

	if (c->bulk_wanted > c->bulk_found_room) {
		uint64_t *found = realloc(c->bulk_found, c->bulk_wanted * sizeof(*found));

		if (!found)
			return -ENOMEM;
		c->bulk_found = found;
		c->bulk_found_room = c->bulk_wanted;
	}
	single.gfp = c->bulk_gfp;
	single.order = 0;
	r = request_of(&single);
	if (buddy_alloc_bulk(v->buddy, &r, c->bulk_wanted, c->bulk_found, &c->bulk_found_count))
		c->bulk_found_count = 0;
	c->bulk_done = true;
	return 1;
}

/* The kernel had taken the frame when an interrupt came; what that does must find it gone. */
int do_pop(struct verify *v, const struct rec_event *e)
{
	struct rec_event below = *e;
	struct context *c;

	below.context = e->flags & REC_CTX_LEVEL;
	below.pid = (int32_t)e->pfn;
	c = context_get(&v->contexts, context_key(&below));
	if (!c)
		return -ENOMEM;
	if (c->slow || c->popped || c->bulk_done || !(e->flags & REC_POP_BULK) != !c->bulk)
		return 1;
	v->current = c;
	v->result.condition[VERIFY_COND_INTERRUPTED]++;
	if (c->bulk)
		return bulk_take(v, c, &below);
	c->popped = true;
	c->pending = c->entered ? finish_entry(v, c, e, &c->block) : fast_attempt(v, c, &below, &c->block);
	return 1;
}

int do_alloc(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));
	struct buddy_block block;
	bool found;

	if (!c)
		return -ENOMEM;
	v->current = c;
	if ((e->flags & VERIFY_ORDER_UNDER_WAY) && e->pfn != REC_NO_PFN && !c->slow) {
		/* Its frame is in use in the snapshot, or the model follows. */
		v->result.condition[VERIFY_COND_UNDER_WAY]++;
		buddy_take(v->buddy, e->cpu, e->pfn, e->order);
		context_settle(&v->contexts, c);
		return 1;
	}
	if (c->slow || c->popped) {
		found = c->pending;
		block = c->block;
		if (c->slow && found && e->pfn != REC_NO_PFN)
			v->result.count[VERIFY_ATTEMPT].own++;
	} else if (c->entered) {
		found = finish_entry(v, c, e, &block);
		if (found && e->pfn != REC_NO_PFN && c->near_marks)
			v->result.count[VERIFY_ATTEMPT].own++;
	} else {
		found = fast_attempt(v, c, e, &block);
	}
	v->result.condition[VERIFY_COND_FAILED] += e->pfn == REC_NO_PFN;
	judge(v, e, e->pfn, e->order, found ? &block : NULL);
	settle_notes(v, c);
	if (c->captured && block.pfn == e->pfn)
		v->result.count[VERIFY_CAPTURE].own++;
	else if (c->captured)
		v->result.count[VERIFY_CAPTURE].missed++;
	c->slow = c->popped = c->pending = c->captured = c->locked = c->entered = false;
	c->bulk_single = c->bulk;
	context_settle(&v->contexts, c);
	return 1;
}

int bulk_begin(struct verify *v, const struct rec_event *e)
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

int bulk_page(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));

	return !c || !c->bulk || context_push_bulk(c, e->pfn) ? 1 : -ENOMEM;
}

int bulk_end(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));
	struct rec_event single = *e;

	if (!c || !c->bulk)
		return 1;
	single.gfp = c->bulk_gfp;
	single.order = 0;
	v->current = c;
	/* After a fallback its one frame was judged at its own mm_page_alloc. */
	if (!c->bulk_single && c->bulk_wanted) {
		if (!c->bulk_done && bulk_take(v, c, e) < 0)
			return -ENOMEM;
		for (size_t i = 0; i < c->bulk_count || i < c->bulk_found_count; i++) {
			bool found = i < c->bulk_found_count;
			struct buddy_block block = { .pfn = found ? c->bulk_found[i] : 0, .path = BUDDY_PATH_PCP,
						     .type = (uint8_t)gfp_list(v, single.gfp) };

			judge(v, &single, i < c->bulk_count ? c->bulk_pfns[i] : REC_NO_PFN, 0, found ? &block : NULL);
		}
	}
	settle_notes(v, c);
	c->bulk = c->bulk_done = false;
	context_settle(&v->contexts, c);
	return 1;
}
