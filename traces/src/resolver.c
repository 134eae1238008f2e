/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds out how each free travelled. See resolver.h.
 *
 * The ring, sequence numbers growing to the right; a slot is the number modulo RESOLVER_RING_EVENTS:
 *
 *      given       head                      tail - window            tail
 *        |  batch  |   may leave                 |  held back          |
 *
 * What the kernel does (6.1, mm/page_alloc.c), F = mm_page_free, B = mm_page_free_batched, D = drain,
 * 1 = free_one_page, K = __free_pages_ok:
 *
 *      free_unref_page         F [D...]          or  F 1 when the per-CPU lock is taken or the block isolated
 *      free_unref_page_list    F F F (F 1 when isolated)  then per page  B [D...]  or  1
 *      __free_pages_ok         K F [1]
 *
 * A list prepares all its pages before it commits the first, in list order, and nothing else happens in that
 * context between. So within one context (task and interrupt level):
 *   - B(p) of a pending p: the frees before p were single, those from p on are the list ("in flight");
 *   - anything else that is no F ends the prepare run: whatever is pending was committed singly;
 *   - a page in flight that is passed over without its B went to the buddy list (bypass without a probe).
 * With order probes (REC_COMMIT) every commit names its frame, and none of this is guessed: a free waits for its B, its
 * commit or its 1. That matters where a task is preempted inside a list and frees something else first.
 * Source: ours, from reading free_unref_page_list, free_unref_page and __free_pages_ok.
 */
#include "resolver.h"

#include <stdlib.h>
#include <string.h>

#define RING_MASK (RESOLVER_RING_EVENTS - 1)
#define BUCKET_COUNT 4096
#define FRAME_SLOTS 32768
#define NO_LANE UINT32_MAX
#define NO_SLOT UINT32_MAX

/* Marks in rec_event.pad while the event is in the ring; 0 when it leaves. */
#define MARK_PENDING 0x01 /* a free not decided yet */
#define MARK_ANNOUNCE 0x02 /* a REC_FREE_OK whose free has not come yet */
#define MARK_WIDE 0x04
#define MARK_DIRECT 0x08 /* with MARK_PENDING: straight to the zone; whether late is not told yet */
#define MARK_TO_TAIL 0x10

/* Frees of one context that are not decided; lanes exist only while they have some. */
struct lane {
	uint64_t key;
	uint32_t next;      /* in the bucket, or in the free chain */
	uint32_t head;      /* oldest pending slot */
	uint32_t tail;
	bool in_flight;     /* a list's commits have begun: everything pending belongs to it */
	bool announced;     /* REC_FREE_OK seen, its free comes next */
	uint32_t announce;  /* its slot */
};

struct resolver {
	struct rec_accounting *accounting;
	uint64_t given; /* start of the batch handed out last */
	uint64_t head;  /* its end */
	uint64_t tail;
	bool finished;
	bool without_context;
	bool has_commits; /* the recording has REC_COMMIT events */
	uint32_t free_lane;
	uint32_t lanes_used;
	uint64_t next_index;
	uint32_t buckets[BUCKET_COUNT];
	uint32_t frames[FRAME_SLOTS]; /* slot of a pending free, by hash of its frame; newest wins */
	uint32_t after[RESOLVER_RING_EVENTS]; /* next pending slot of the same lane */
	struct lane lanes[RESOLVER_RING_EVENTS + 1]; /* each lane holds a pending slot, so this suffices */
	struct rec_event *events;
	struct rec_wide *wide;
};

struct resolver *resolver_create(struct rec_accounting *accounting)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (!resolver)
		return NULL;
	resolver->accounting = accounting;
	resolver->events = malloc(RESOLVER_RING_EVENTS * sizeof(*resolver->events));
	resolver->wide = calloc(RESOLVER_RING_EVENTS, sizeof(*resolver->wide));
	resolver->free_lane = NO_LANE;
	memset(resolver->buckets, 0xff, sizeof(resolver->buckets));
	memset(resolver->frames, 0xff, sizeof(resolver->frames));
	if (!resolver->events || !resolver->wide) {
		resolver_destroy(resolver);
		return NULL;
	}
	return resolver;
}

void resolver_destroy(struct resolver *resolver)
{
	if (!resolver)
		return;
	free(resolver->events);
	free(resolver->wide);
	free(resolver);
}

void resolver_without_context(struct resolver *resolver)
{
	resolver->without_context = true;
}

/* --- lanes --- */

/* The idle tasks share pid 0, so they are told apart by CPU. */
static uint64_t lane_key(const struct rec_event *event)
{
	uint64_t who = event->pid ? (uint64_t)(uint32_t)event->pid : (uint64_t)1 << 32 | event->cpu;

	return who << 3 | (event->context & REC_CTX_LEVEL);
}

static uint32_t bucket_of(uint64_t key)
{
	return (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 52) % BUCKET_COUNT;
}

static uint32_t lane_find(const struct resolver *resolver, uint64_t key)
{
	uint32_t at = resolver->buckets[bucket_of(key)];

	while (at != NO_LANE && resolver->lanes[at].key != key)
		at = resolver->lanes[at].next;
	return at;
}

static uint32_t lane_add(struct resolver *resolver, uint64_t key)
{
	uint32_t bucket = bucket_of(key), at = resolver->free_lane;
	struct lane *lane;

	if (at != NO_LANE)
		resolver->free_lane = resolver->lanes[at].next;
	else
		at = resolver->lanes_used++;
	lane = &resolver->lanes[at];
	*lane = (struct lane){ .key = key, .next = resolver->buckets[bucket], .head = NO_SLOT, .tail = NO_SLOT };
	resolver->buckets[bucket] = at;
	return at;
}

static void lane_drop(struct resolver *resolver, uint32_t at)
{
	uint32_t *link = &resolver->buckets[bucket_of(resolver->lanes[at].key)];

	while (*link != at)
		link = &resolver->lanes[*link].next;
	*link = resolver->lanes[at].next;
	resolver->lanes[at].next = resolver->free_lane;
	resolver->free_lane = at;
}

static void lane_drop_if_empty(struct resolver *resolver, uint32_t at)
{
	if (resolver->lanes[at].head == NO_SLOT && !resolver->lanes[at].announced)
		lane_drop(resolver, at);
}

/* --- deciding --- */

static uint32_t frame_slot(uint64_t pfn)
{
	return (uint32_t)((pfn * 0x9e3779b97f4a7c15u) >> 49) % FRAME_SLOTS;
}

static void decide(struct resolver *resolver, uint32_t slot, uint8_t flags)
{
	struct rec_event *event = &resolver->events[slot];

	if (event->pad & MARK_DIRECT)
		flags = REC_FREE_BUDDY | (event->pad & MARK_TO_TAIL ? REC_FREE_TO_TAIL : 0) | (flags & REC_FREE_LATE);
	event->pad &= (uint8_t)~(MARK_PENDING | MARK_DIRECT | MARK_TO_TAIL);
	event->flags = flags;
	/* Later looks at this frame end here, without a trip to an event that has left the caches. */
	if (resolver->frames[frame_slot(event->pfn)] == slot)
		resolver->frames[frame_slot(event->pfn)] = NO_SLOT;
	if (flags & REC_FREE_PCP)
		resolver->accounting->frees_pcp++;
	else if (flags & REC_FREE_LIST)
		resolver->accounting->frees_list++;
	else
		resolver->accounting->frees_buddy++;
}

/* What a pending free of this lane must have been if nothing ever says more about it. */
static uint8_t leftover_flags(const struct lane *lane)
{
	return lane->in_flight ? REC_FREE_BUDDY : REC_FREE_PCP;
}

/*
 * Takes the oldest slot off the lane, deciding it with @flags if that is still open. Younger ones that are decided
 * already go with it: a lane's head is always pending, so no lane points at a slot that has left the ring.
 */
static void lane_pop(struct resolver *resolver, struct lane *lane, uint8_t flags)
{
	if (resolver->events[lane->head].pad & MARK_PENDING)
		decide(resolver, lane->head, flags);
	while (lane->head != NO_SLOT && !(resolver->events[lane->head].pad & MARK_PENDING))
		lane->head = lane->head == lane->tail ? NO_SLOT : resolver->after[lane->head];
	if (lane->head == NO_SLOT)
		lane->tail = NO_SLOT;
}

/* Decides this one, wherever it stands in its lane. */
static void lane_decide(struct resolver *resolver, struct lane *lane, uint32_t slot, uint8_t flags)
{
	if (slot == lane->head)
		lane_pop(resolver, lane, flags);
	else
		decide(resolver, slot, flags);
}

/* The context went on to something else: everything pending was done by then. */
static void lane_settle(struct resolver *resolver, struct lane *lane)
{
	while (lane->head != NO_SLOT)
		lane_pop(resolver, lane, leftover_flags(lane));
	lane->in_flight = false;
}

/* Everything older than @slot, which is in the lane, was done before it. */
static void lane_settle_before(struct resolver *resolver, struct lane *lane, uint32_t slot)
{
	while (lane->head != slot)
		lane_pop(resolver, lane, leftover_flags(lane));
}

/* The pending slot of frame @pfn in this lane, or NO_SLOT. */
static uint32_t lane_search(const struct resolver *resolver, const struct lane *lane, uint64_t pfn)
{
	uint32_t slot = lane->head;

	while (slot != NO_SLOT) {
		const struct rec_event *event = &resolver->events[slot];

		if (event->pfn == pfn && (event->pad & MARK_PENDING))
			return slot;
		slot = slot == lane->tail ? NO_SLOT : resolver->after[slot];
	}
	return NO_SLOT;
}

/* The frame turned up elsewhere, so its free and the older ones of that context are done. */
static void settle_frame(struct resolver *resolver, uint64_t pfn)
{
	uint32_t slot = resolver->frames[frame_slot(pfn)], at;
	struct lane *lane;

	if (slot == NO_SLOT || resolver->events[slot].pfn != pfn ||
	    !(resolver->events[slot].pad & MARK_PENDING))
		return;
	at = lane_find(resolver, lane_key(&resolver->events[slot]));
	if (at == NO_LANE)
		return;
	lane = &resolver->lanes[at];
	if (!resolver->has_commits)
		lane_settle_before(resolver, lane, slot);
	lane_decide(resolver, lane, slot, leftover_flags(lane));
	lane_drop_if_empty(resolver, at);
}

/* --- events --- */

/* Orders that the per-CPU lists take: 0..3 and the huge-page order (pcp_allowed_order). */
static bool pcp_order(unsigned order)
{
	return order <= 3 || order == 9;
}

static void on_free(struct resolver *resolver, uint32_t slot, uint32_t at)
{
	struct rec_event *event = &resolver->events[slot];
	bool ours = false, to_tail = false;
	struct lane *lane;

	settle_frame(resolver, event->pfn);
	at = lane_find(resolver, lane_key(event));
	if (at == NO_LANE)
		at = lane_add(resolver, lane_key(event));
	lane = &resolver->lanes[at];
	if (lane->announced) {
		struct rec_event *announcement = &resolver->events[lane->announce];

		ours = announcement->pfn == event->pfn && announcement->order == event->order;
		to_tail = ours && (announcement->arg & 2);
		announcement->pad &= (uint8_t)~MARK_ANNOUNCE;
		lane->announced = false;
	}
	if (!resolver->without_context && !resolver->has_commits &&
	    (lane->in_flight || ours || !pcp_order(event->order)))
		lane_settle(resolver, lane);
	if (ours || !pcp_order(event->order)) {
		event->pad |= MARK_DIRECT | (to_tail ? MARK_TO_TAIL : 0);
		/* Nothing that comes can say more. */
		if (resolver->without_context || resolver->has_commits) {
			decide(resolver, slot, REC_FREE_BUDDY);
			lane_drop_if_empty(resolver, at);
			return;
		}
	}
	event->pad |= MARK_PENDING;
	if (lane->head == NO_SLOT)
		lane->head = slot;
	else
		resolver->after[lane->tail] = slot;
	lane->tail = slot;
	resolver->frames[frame_slot(event->pfn)] = slot;
}

static void on_batched(struct resolver *resolver, uint32_t slot, uint32_t at)
{
	const struct rec_event *event = &resolver->events[slot];
	struct lane *lane;
	uint32_t found;

	resolver->accounting->batched_duplicates++;
	if (at == NO_LANE)
		return;
	lane = &resolver->lanes[at];
	found = lane_search(resolver, lane, event->pfn);
	if (found == NO_SLOT)
		return; /* its free was lost, or decided when the window ran out */
	if (resolver->has_commits) {
		lane_decide(resolver, lane, found, REC_FREE_LIST);
	} else {
		lane_settle_before(resolver, lane, found);
		lane_pop(resolver, lane, REC_FREE_LIST);
		lane->in_flight = !resolver->without_context;
	}
	lane_drop_if_empty(resolver, at);
}

/*
 * free_one_page of a pending frame. As the newest one it is a single free or an isolated page of a list that is
 * still being prepared; further back it is the first commit of a list, or the next one in flight.
 */
static void on_free_one(struct resolver *resolver, uint32_t slot, uint32_t at)
{
	const struct rec_event *event = &resolver->events[slot];
	struct lane *lane;
	uint32_t found;

	if (at == NO_LANE)
		return;
	lane = &resolver->lanes[at];
	found = lane_search(resolver, lane, event->pfn);
	/* 6.12 comes here from __free_pages_ok() too. */
	if (found == NO_SLOT || (resolver->events[found].pad & MARK_DIRECT))
		return;
	if (resolver->has_commits || (!lane->in_flight && found == lane->tail)) {
		lane_decide(resolver, lane, found, REC_FREE_BUDDY | REC_FREE_AT_ONE);
	} else {
		lane_settle_before(resolver, lane, found);
		lane_pop(resolver, lane, REC_FREE_BUDDY | REC_FREE_AT_ONE);
		lane->in_flight = !resolver->without_context;
	}
	lane_drop_if_empty(resolver, at);
}

static void on_free_ok(struct resolver *resolver, uint32_t slot, uint32_t at)
{
	struct rec_event *event = &resolver->events[slot];
	struct lane *lane;

	if (at == NO_LANE)
		at = lane_add(resolver, lane_key(event));
	lane = &resolver->lanes[at];
	if (!resolver->without_context && !resolver->has_commits)
		lane_settle(resolver, lane);
	if (lane->announced)
		resolver->events[lane->announce].pad &= (uint8_t)~MARK_ANNOUNCE;
	lane->announced = true;
	lane->announce = slot;
	event->pad |= MARK_ANNOUNCE;
}

/*
 * A drain or a per-CPU unlock belongs to a commit: of the list in flight, or else of the last single free. Whether that
 * one was late is told at the end of its section, behind the drains, so it stays open.
 */
static void on_commit_side(struct resolver *resolver, uint32_t at)
{
	struct lane *lane;

	if (at == NO_LANE || resolver->without_context || resolver->has_commits)
		return;
	lane = &resolver->lanes[at];
	if (lane->in_flight)
		return;
	while (lane->head != lane->tail)
		lane_pop(resolver, lane, REC_FREE_PCP);
	lane_drop_if_empty(resolver, at);
}

/* The commit of this very frame; what a listed free's commit says was said by its B. */
static void on_commit(struct resolver *resolver, uint32_t slot, uint32_t at)
{
	uint32_t found;

	resolver->has_commits = true;
	if (at == NO_LANE)
		return;
	found = lane_search(resolver, &resolver->lanes[at], resolver->events[slot].pfn);
	if (found != NO_SLOT)
		lane_decide(resolver, &resolver->lanes[at], found, REC_FREE_PCP);
	lane_drop_if_empty(resolver, at);
}

/*
 * An interrupt came between the free's event and its list, or its zone. A list that is committed looks the same to the
 * probe, with its last page, but its first B came before: the probe tells at the end of the section.
 */
static void on_late_commit(struct resolver *resolver, uint32_t slot, uint32_t at)
{
	struct rec_event *event = &resolver->events[slot];
	struct lane *lane = at == NO_LANE ? NULL : &resolver->lanes[at];

	uint32_t found = lane && !lane->in_flight ? lane_search(resolver, lane, event->pfn) : NO_SLOT;
	bool direct = event->flags & REC_LATE_DIRECT;

	if (found == NO_SLOT || direct != !!(resolver->events[found].pad & MARK_DIRECT)) {
		event->kind = REC_NONE;
		return;
	}
	if (!resolver->has_commits)
		lane_settle_before(resolver, lane, found);
	lane_decide(resolver, lane, found, direct ? REC_FREE_LATE : REC_FREE_LIST);
	lane_drop_if_empty(resolver, at);
}

static void on_other(struct resolver *resolver, uint32_t at)
{
	if (at == NO_LANE || resolver->without_context || resolver->has_commits)
		return;
	lane_settle(resolver, &resolver->lanes[at]);
	lane_drop_if_empty(resolver, at);
}

/* Events are missing here: what follows proves nothing about the frees that are pending. */
static void forget_evidence(struct resolver *resolver)
{
	for (uint32_t bucket = 0; bucket < BUCKET_COUNT; bucket++) {
		uint32_t at = resolver->buckets[bucket], next;

		for (; at != NO_LANE; at = next) {
			struct lane *lane = &resolver->lanes[at];

			next = lane->next;
			for (lane->in_flight = false; lane->head != NO_SLOT;
			     resolver->accounting->forced_resolutions++)
				lane_pop(resolver, lane, REC_FREE_PCP);
			lane_drop_if_empty(resolver, at);
		}
	}
}

/* The commit of a context's last free may drain that very frame; whether it was late is still to be told. */
static bool drains_own_free(const struct resolver *resolver, const struct rec_event *event)
{
	uint32_t at = lane_find(resolver, lane_key(event));
	const struct lane *lane = at == NO_LANE ? NULL : &resolver->lanes[at];

	return lane && lane->tail != NO_SLOT && resolver->events[lane->tail].pfn == event->pfn;
}

static void look_at(struct resolver *resolver, uint32_t slot)
{
	struct rec_event *event = &resolver->events[slot];
	uint32_t at;

	switch (event->kind) {
	case REC_ALLOC:
	case REC_ZONE_LOCKED:
		settle_frame(resolver, event->pfn);
		break;
	case REC_PCPU_DRAIN:
		if (!drains_own_free(resolver, event))
			settle_frame(resolver, event->pfn);
		break;
	default:
		break;
	}
	at = lane_find(resolver, lane_key(event));
	switch (event->kind) {
	case REC_FREE:
		on_free(resolver, slot, at);
		break;
	case REC_FREE_BATCHED:
		on_batched(resolver, slot, at);
		break;
	case REC_FREE_ONE:
		on_free_one(resolver, slot, at);
		break;
	case REC_FREE_OK:
		on_free_ok(resolver, slot, at);
		break;
	case REC_COMMIT:
		on_commit(resolver, slot, at);
		break;
	case REC_LATE_COMMIT:
		on_late_commit(resolver, slot, at);
		break;
	case REC_PCPU_DRAIN:
		on_commit_side(resolver, at);
		break;
	case REC_UNLOCK: /* a zone lock may be the isolated page's while a list is prepared: no evidence */
		if (event->flags & 1)
			on_commit_side(resolver, at);
		break;
	case REC_POP:         /* speaks of another context */
	case REC_LIST_LOCKED: /* the free that met the lock goes on: REC_FREE_ONE follows */
		break;
	case REC_LOST:
		forget_evidence(resolver);
		break;
	default:
		on_other(resolver, at);
		break;
	}
	if (rec_kind_is_wide(event->kind)) {
		event->pad |= MARK_WIDE;
		event->arg = slot;
	}
}

/* --- the ring --- */

size_t resolver_room(struct resolver *resolver, struct rec_event **events_out, struct rec_wide **wide_out)
{
	uint32_t slot = (uint32_t)resolver->tail & RING_MASK;
	size_t free_slots, to_end = RESOLVER_RING_EVENTS - slot;

	resolver->given = resolver->head;
	free_slots = RESOLVER_RING_EVENTS - (size_t)(resolver->tail - resolver->given);
	*events_out = resolver->events + slot;
	*wide_out = resolver->wide + slot;
	return free_slots < to_end ? free_slots : to_end;
}

void resolver_take(struct resolver *resolver, size_t count)
{
	for (size_t i = 0; i < count; i++, resolver->tail++)
		look_at(resolver, (uint32_t)resolver->tail & RING_MASK);
	resolver->accounting->events += count;
}

void resolver_finish(struct resolver *resolver)
{
	resolver->finished = true;
}

static uint64_t may_leave(const struct resolver *resolver)
{
	if (resolver->finished)
		return resolver->tail;
	return resolver->tail - resolver->head > RESOLVER_WINDOW_EVENTS ? resolver->tail - RESOLVER_WINDOW_EVENTS
									: resolver->head;
}

bool resolver_ready(const struct resolver *resolver)
{
	return may_leave(resolver) != resolver->head;
}

/* The window ran out on an undecided free: take what is left, and everything older of that context too. */
static void force(struct resolver *resolver, uint32_t slot)
{
	uint32_t at = lane_find(resolver, lane_key(&resolver->events[slot]));
	struct lane *lane = &resolver->lanes[at];

	if (resolver->events[slot].pad & MARK_ANNOUNCE) {
		lane->announced = false;
	} else {
		lane_settle_before(resolver, lane, slot);
		lane_pop(resolver, lane, leftover_flags(lane));
		resolver->accounting->forced_resolutions++;
	}
	lane_drop_if_empty(resolver, at);
}

bool resolver_emit(struct resolver *resolver, struct rec_batch *batch)
{
	uint64_t end = may_leave(resolver);
	uint32_t first = (uint32_t)resolver->head & RING_MASK;
	bool wide = false;
	size_t count;

	resolver->given = resolver->head;
	if (end == resolver->head)
		return false;
	count = (size_t)(end - resolver->head);
	if (count > RESOLVER_RING_EVENTS - first)
		count = RESOLVER_RING_EVENTS - first;
	for (uint32_t slot = first; slot < first + count; slot++) {
		struct rec_event *event = &resolver->events[slot];

		if (!event->pad)
			continue;
		if (event->pad & (MARK_PENDING | MARK_ANNOUNCE))
			force(resolver, slot);
		if (event->pad & MARK_WIDE) {
			event->arg -= first;
			wide = true;
		}
		event->pad = 0;
	}
	*batch = (struct rec_batch){ .events = resolver->events + first,
				     .count = count,
				     .wide = wide ? resolver->wide + first : NULL,
				     .wide_count = wide ? count : 0,
				     .first_index = resolver->next_index };
	resolver->next_index += count;
	resolver->head += count;
	return true;
}
