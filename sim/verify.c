// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verification, event by event.
 *
 * Interface: verify.h.
 * An allocation is done on the model at its mm_page_alloc event, after the events of what the kernel did inside
 * it; the model's own notes of that are compared with them. A free is done at its mm_page_free event, at
 * mm_page_free_batched for listed ones, or at the first block that it drains.
 */
#include "verify_internal.h"

#include <errno.h>
#include <stdlib.h>

const char *verify_class_name(enum verify_class class)
{
	static const char *const names[VERIFY_CLASS_COUNT] = {
		"frame", "attempt", "refill", "taken", "drain", "fallback", "search", "capture", "claim",
		"flags", "step", "suitable", "finished", "deferral", "compacted",
		"kcompactd", "kswapd", "boost", "reserve",
		"scanner", "pages", "skip", "stock", "flush",
		"read", "counter",
	};

	return names[class];
}

const char *verify_unsupported_text(unsigned what)
{
	static const char *const texts[REC_UNSUPPORTED_COUNT] = {
		"something that this version has no name for", "memory went on or off line",
		"alloc_contig_range took a range", "free page reporting took blocks",
		"memory failure took a frame away", "a bulk allocation of more frames than the recorder follows",
	};

	return texts[what < REC_UNSUPPORTED_COUNT ? what : 0];
}

const char *verify_condition_text(enum verify_condition condition)
{
	static const char *const texts[VERIFY_COND_COUNT] = {
		"a per-CPU list was found locked by what was interrupted, or by another CPU (taken from the recording)",
		"an interrupt came between an operation and its event; the order was taken from the probes",
		"an allocation had its frame before snapshot 0 and its event after it (not counted)",
		"a first attempt failed although memory was free: too many dirty pages (taken from the recording)",
		"direct reclaim ran",
		"kswapd balanced a node",
		"compaction isolated a free block",
		"the kernel failed an allocation",
		"something happened that the model does not follow; it is named above",
		"events were lost inside the recording",
	};

	return texts[condition];
}

static int do_drain_zone(struct verify *v, const struct rec_event *e)
{
	v->current = context_get(&v->contexts, context_key(e));
	if (!v->current)
		return -ENOMEM;
	note_drain(v, v->current, e);
	drain_begin(v->current, (uint32_t)(e->arg >> 32), (uint32_t)e->arg, INT32_MAX, INT32_MAX);
	context_settle(&v->contexts, v->current);
	return 1;
}

static int do_rest(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	switch (e->kind) {
	case REC_ISOLATE:
		return do_isolate(v, e);
	case REC_COMPACT_ALLOC:
	case REC_COMPACT_SCAN:
	case REC_ISOLATE_BLOCK:
	case REC_COMPACT_FREE_SCAN:
	case REC_ISOLATE_BLOCK_END:
	case REC_COMPACT_TAKE:
	case REC_COMPACT_FREE:
		return do_fill(v, e, w);
	case REC_COMPACT_RUN:
	case REC_COMPACT_BEGIN:
	case REC_COMPACT_FINISHED:
	case REC_COMPACT_BLOCK:
	case REC_COMPACT_BLOCK_END:
	case REC_COMPACT_MIGRATED:
	case REC_COMPACT_END:
		return do_run(v, e, w);
	case REC_SKIP_RESET:
		return do_skip_reset(v, e, w);
	case REC_PUTBACK:
		buddy_putback_isolated(v->buddy, e->cpu, e->pfn, e->order, e->migratetype);
		return 1;
	case REC_STAT_FOLD:
		return do_fold(v, e);
	case REC_DECAY:
		return do_decay(v, e);
	case REC_MOVE_TAIL:
		return do_move_tail(v, e);
	case REC_RECLAIM_BEGIN:
		v->result.condition[VERIFY_COND_RECLAIM]++;
		return 1;
	case REC_UNSUPPORTED:
		if (!v->result.condition[VERIFY_COND_UNSUPPORTED]++)
			v->result.first_unsupported = v->now;
		v->result.unsupported[e->arg < REC_UNSUPPORTED_COUNT ? e->arg : 0]++;
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

static bool names_a_frame(const struct rec_event *e)
{
	return (e->kind >= REC_ALLOC && e->kind <= REC_EXTFRAG) && e->pfn != REC_NO_PFN;
}

static bool frame_known(struct verify *v, const struct rec_event *e)
{
	uint32_t zone;

	if (!names_a_frame(e) || !buddy_zone_of(v->buddy, e->pfn, &zone))
		return true;
	rec_odd_note(&v->result.outside, v->now, e->pfn, e->order);
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
	case REC_UNLOCK:
		return v->order ? do_unlock(v, e) : 1;
	case REC_ZONE_FLAGS:
		return do_zone_flags(v, e);
	case REC_LATE_COMMIT:
		return v->order ? 1 : do_late_commit(v, e);
	case REC_LIST_LOCKED:
		return list_locked(v, e);
	case REC_POP:
		/* Where the locks give the order, everything is in its place already. */
		return v->order && !(e->flags & VERIFY_ORDER_PLACED) ? 1 : do_pop(v, e);
	case REC_ENTRY:
		v->has_entries = v->order != NULL;
		return v->order ? do_look(v, e) : do_entry(v, e);
	case REC_ATTEMPT:
		return v->has_entries ? do_look(v, e) : do_attempt(v, e);
	case REC_ZONES_READ:
		return do_zones_read(v, e, w);
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

static int do_event(void *context, const struct rec_event *e, const struct rec_wide *wide, uint64_t index)
{
	struct verify *v = context;
	struct rec_event inner;
	int status;

	v->now = index;
	if (v->result.saw_snapshot[1])
		return 0;
	/* What came before the snapshot is in it already. */
	if (!v->result.saw_snapshot[0] && !(e->kind == REC_SNAPSHOT && !e->arg))
		return 1;
	if (e->cpu >= v->machine->cpu_count) {
		v->result.cpus_outside++;
		return 1;
	}
	if (!rec_event_possible(e)) {
		rec_odd_note(&v->result.impossible, index, e->pfn, e->order);
		return 1;
	}
	if (!frame_known(v, e))
		return 1;
	if (v->reclaiming && when_nested(v, e)) {
		inner = *e;
		inner.context |= VERIFY_CTX_NESTED;
		e = &inner;
	}
	make_attempts(v, e);
	if (v->compacting_tasks)
		choose_capture(v, e);
	settle_due(v, e);
	if (v->order)
		take_reads(v, e);
	if (v->has_entries && e->kind == REC_ALLOC)
		finish_slow_entry(v, e);
	status = when_event(v, e, wide);
	if (!status)
		status = dispatch(v, e, wide);
	buddy_set_capture(v->buddy, NULL);
	return v->out_of_memory ? -ENOMEM : status;
}

struct buddy_env verify_env(struct verify *v)
{
	return (struct buddy_env){ .context = v, .note = on_note, .claim = on_claim, .decided = when_decided,
				   .read = v->order ? on_read : NULL };
}

/* The recording has order probes: from the event with this number on, operations are put to their locks. */
static int put_in_order(struct verify *v, uint64_t first_index)
{
	struct buddy_env env;

	v->order = verify_order_create(do_event, v, first_index);
	if (!v->order)
		return -ENOMEM;
	env = verify_env(v);
	buddy_set_env(v->buddy, &env);
	return 0;
}

int verify_expect(struct verify *v, const struct rec_event *events, size_t count)
{
	if (v->result.events)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (events[i].kind == REC_UNLOCK)
			return put_in_order(v, 0);
	return 0;
}

int verify_event(struct verify *v, const struct rec_event *e, const struct rec_wide *wide)
{
	if (!v->result.events++)
		v->first_time_ns = e->time_ns;
	v->result.duration_ns = e->time_ns - v->first_time_ns;
	if (!v->order && e->kind == REC_UNLOCK && put_in_order(v, v->result.events - 1))
		return -ENOMEM;
	if (v->order)
		return verify_order_push(v->order, e, wide);
	v->begun = e->kind == REC_KSWAPD_BEGIN || (v->begun && e->context & REC_CTX_LEVEL);
	return do_event(v, e, wide, v->result.events - 1);
}

struct verify *verify_create(struct sim_machine *machine)
{
	struct verify *v = calloc(1, sizeof(*v));
	struct buddy_env env;

	if (!v)
		return NULL;
	v->machine = machine;
	v->pageblock_pages = machine->pageblock_pages;
	v->buddy = machine->buddy;
	v->collect = true;
	env = verify_env(v);
	buddy_set_env(v->buddy, &env);
	return v;
}

const struct verify_result *verify_finish(struct verify *v)
{
	if (v->order) {
		verify_order_flush(v->order);
		v->result.moved = verify_order_moved(v->order);
	}
	make_attempts(v, NULL);
	settle_due(v, NULL);
	when_finish(v);
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
	verify_order_destroy(v->order);
	context_table_fini(&v->contexts);
	when_fini(v);
	free(v);
}
