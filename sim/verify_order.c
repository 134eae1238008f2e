// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order of the locks.
 *
 * Interface: verify_order.h.
 * Events wait in a ring. A place of the ring hands on a chain of events, at first the one that arrived there; moving
 * an operation puts its events on another place's chain. A place is handed on when it is the oldest and nothing is
 * expected to be put there any more.
 */
#include "verify_order.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "verify_context.h"
#include "verify_outcome.h"

/*
 * A power of two. Half of it is how late the event of an allocation may be; an emulated CPU that its host does not run
 * for a while delays them by 50,000 events and more.
 */
#define ORDER_WINDOW (1u << 19)
#define NO_PLACE UINT64_MAX
#define HIGHATOMIC 3u /* migratetype of the reserve for atomic requests */

struct wide {
	struct rec_wide words;
	struct wide *next; /* on the list of those unused */
};

struct place {
	struct rec_event event;
	struct wide *wide; /* NULL: it has no wide words */
	bool waiting;   /* something may still be put here */
	uint64_t first; /* of the chain that is handed on here */
	uint64_t last;
	uint64_t next;  /* of the event that arrived here, on its chain */
};

/* What is open in a context, as places. */
struct lane {
	uint64_t key;
	struct lane *next;
	uint64_t attempt;  /* a slow attempt that has not come to a lock yet */
	uint64_t refill;   /* the same of a refill */
	uint64_t anchor;   /* where the allocation under way is put */
	uint64_t commit;   /* a commit that may turn out to drain */
	uint64_t draining; /* the commit that drains, and where it is put */
	uint64_t drain_at;
	uint32_t drained;  /* frames, until now */
	uint64_t direct;   /* a direct free on its way to the zone's lock */
	uint64_t search;   /* compaction's search on its way to the zone's lock */
	uint64_t decay;    /* a decay that may be told again */
	uint64_t pop;      /* what an interrupt says of the allocation under way, inside its per-CPU list's section */
	uint64_t batched_pfn;
	struct outcome outcome; /* of the attempt under way */
	bool popped;       /* the allocation under way is in its place already */
	bool commits;      /* the per-CPU list's section under way commits frees */
};

struct verify_order {
	verify_order_sink sink;
	void *context;
	struct place *ring;
	uint64_t head, tail; /* [head, tail) are held */
	uint64_t first_index;
	uint64_t moved;
	bool tells_entries; /* the recording tells fast attempts */
	struct lane *lanes[CONTEXT_BUCKETS];
	struct lane *unused;
	struct wide *unused_wides;
};

static struct place *at(struct verify_order *o, uint64_t place) { return &o->ring[place & (ORDER_WINDOW - 1)]; }

static bool held(const struct verify_order *o, uint64_t place) { return place != NO_PLACE && place >= o->head; }

static struct lane *lane_of(struct verify_order *o, uint64_t key)
{
	struct lane **bucket = &o->lanes[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 54];
	struct lane *l = *bucket;

	while (l && l->key != key)
		l = l->next;
	if (l)
		return l;
	l = o->unused;
	if (l)
		o->unused = l->next;
	else if (!(l = malloc(sizeof(*l))))
		return NULL;
	*l = (struct lane){ .key = key, .next = *bucket, .attempt = NO_PLACE, .refill = NO_PLACE,
			    .anchor = NO_PLACE, .commit = NO_PLACE, .draining = NO_PLACE,
			    .drain_at = NO_PLACE, .direct = NO_PLACE, .search = NO_PLACE,
			    .decay = NO_PLACE, .pop = NO_PLACE,
			    .batched_pfn = UINT64_MAX };
	*bucket = l;
	return l;
}

static bool lane_idle(const struct lane *l)
{
	return l->attempt == NO_PLACE && l->refill == NO_PLACE && l->anchor == NO_PLACE && l->commit == NO_PLACE &&
	       l->direct == NO_PLACE && l->decay == NO_PLACE && l->search == NO_PLACE && l->drain_at == NO_PLACE &&
	       l->batched_pfn == UINT64_MAX && !l->commits &&
	       !l->popped && !l->outcome.zones;
}

static void lane_settle(struct verify_order *o, struct lane *l)
{
	struct lane **link = &o->lanes[(l->key * UINT64_C(0x9e3779b97f4a7c15)) >> 54];

	if (!lane_idle(l))
		return;
	while (*link != l)
		link = &(*link)->next;
	*link = l->next;
	l->next = o->unused;
	o->unused = l;
}

/* Nothing more is put on this place. */
static void release(struct verify_order *o, uint64_t *place)
{
	if (held(o, *place))
		at(o, *place)->waiting = false;
	*place = NO_PLACE;
}

/* The event that arrived at @from is handed on at @to, behind what is there. It happened on the CPU of @to. */
static void move_behind(struct verify_order *o, uint64_t from, uint64_t to)
{
	struct place *p = at(o, from), *target = at(o, to);

	p->waiting = false;
	p->first = p->last = NO_PLACE;
	p->next = NO_PLACE;
	p->event.cpu = target->event.cpu;
	if (target->last == NO_PLACE)
		target->first = from;
	else
		at(o, target->last)->next = from;
	target->last = from;
	o->moved++;
}

/* The same, before what is there. */
static void move_before(struct verify_order *o, uint64_t from, uint64_t to)
{
	struct place *p = at(o, from), *target = at(o, to);

	p->waiting = false;
	p->first = p->last = NO_PLACE;
	p->next = target->first;
	p->event.cpu = target->event.cpu;
	target->first = from;
	if (target->last == NO_PLACE)
		target->last = from;
	o->moved++;
}

static void bring(struct verify_order *o, uint64_t *from, uint64_t to)
{
	if (held(o, *from))
		move_before(o, *from, to);
	*from = NO_PLACE;
}

/* --- Putting operations into place ---------------------------------------------------------------------------- */

/* A decay whose task was scheduled away before it began is done where it is told last. */
static void on_decay(struct verify_order *o, struct lane *l, uint64_t place)
{
	if ((at(o, place)->event.flags & REC_TOLD_AGAIN) && held(o, l->decay))
		at(o, l->decay)->event.flags |= VERIFY_ORDER_NOTHING;
	release(o, &l->decay);
	l->decay = place;
	at(o, place)->waiting = true;
}

/* The attempt under way goes on, so the per-CPU list whose section was its last gave it nothing. */
static void list_gave_nothing(struct verify_order *o, struct lane *l)
{
	if (!l->outcome.entered || l->outcome.bulk || !held(o, l->anchor) ||
	    at(o, l->anchor)->event.kind != REC_UNLOCK)
		return;
	at(o, l->anchor)->event.flags |= VERIFY_ORDER_NOTHING;
	release(o, &l->anchor);
}

/* A block left the zone's lists: the allocation that takes it is put at the first of them. */
static void on_taken(struct verify_order *o, struct lane *l, uint64_t place)
{
	if (held(o, l->anchor) && at(o, l->anchor)->event.kind != REC_UNLOCK) {
		move_behind(o, place, l->anchor);
		return;
	}
	list_gave_nothing(o, l);
	release(o, &l->anchor);
	l->anchor = place;
	at(o, place)->waiting = true;
	bring(o, &l->refill, place);
	bring(o, &l->attempt, place);
}

/* Told before the zone's lock is taken: put at the first block, which is told inside. */
static void on_refill(struct verify_order *o, struct lane *l, uint64_t place)
{
	if (held(o, l->anchor) && at(o, l->anchor)->event.kind != REC_UNLOCK) {
		move_behind(o, place, l->anchor);
		return;
	}
	release(o, &l->refill);
	l->refill = place;
	at(o, place)->waiting = true;
}

/* Puts what is told of the allocation under way where that came to a lock; its mm_page_alloc event is not needed. */
static void place_pop(struct verify_order *o, struct lane *l, uint64_t place)
{
	at(o, place)->event.flags |= VERIFY_ORDER_PLACED;
	outcome_end(&l->outcome, &at(o, place)->event);
	move_behind(o, place, l->anchor);
	release(o, &l->anchor);
	l->popped = true;
}

/* Per-CPU lists take these orders. Source: pcp_allowed_order(). */
static bool has_list(unsigned order) { return order <= 3 || order == 9; }

/*
 * Another context says that this one's allocation has its frame: all that is needed to do it is known. Only an
 * interrupt on top of the per-CPU list's section comes before the end of that, which tells whether the list was used.
 */
static int on_pop(struct verify_order *o, uint64_t place)
{
	struct rec_event *e = &at(o, place)->event, below = *e;
	struct lane *l;

	/* A bulk call's lock sections are told. */
	if (e->flags & REC_POP_BULK)
		return 0;
	below.pid = (int32_t)e->pfn;
	below.context = e->flags & REC_CTX_LEVEL;
	l = lane_of(o, context_key(&below));
	if (!l)
		return -ENOMEM;
	if (held(o, l->anchor) && l->outcome.past && !l->outcome.list_locked && has_list(e->order)) {
		l->pop = place;
		at(o, place)->waiting = true;
	} else if (held(o, l->anchor)) {
		place_pop(o, l, place);
	}
	lane_settle(o, l);
	return 0;
}

static void on_alloc(struct verify_order *o, struct lane *l, uint64_t place)
{
	if (l->popped) {
		l->popped = false;
		outcome_reset(&l->outcome);
		return;
	}
	release(o, &l->pop);
	outcome_end(&l->outcome, &at(o, place)->event);
	if (held(o, l->anchor))
		move_behind(o, place, l->anchor);
	else
		at(o, place)->event.flags |= VERIFY_ORDER_UNDER_WAY;
	release(o, &l->anchor);
	release(o, &l->attempt);
	release(o, &l->refill);
}

/*
 * An attempt looks at the watermarks where it is told. Where only slow ones are told, it is put where its context comes
 * to a lock next.
 */
static void on_attempt(struct verify_order *o, struct lane *l, uint64_t place)
{
	if (at(o, place)->event.flags & REC_TOLD_AGAIN)
		return;
	o->tells_entries |= at(o, place)->event.kind == REC_ENTRY;
	outcome_begin(&l->outcome, &at(o, place)->event, o->tells_entries);
	release(o, &l->anchor);
	release(o, &l->refill);
	release(o, &l->attempt);
	if (o->tells_entries)
		return;
	l->attempt = place;
	at(o, place)->waiting = true;
}

/* On the commit at @place is told how much it drained. */
static void tell_drained(struct verify_order *o, uint64_t place, uint32_t drained)
{
	at(o, place)->event.arg |= VERIFY_ORDER_DRAIN_TOLD | (uint64_t)drained << VERIFY_ORDER_DRAIN_SHIFT;
}

static void commit_over(struct verify_order *o, struct lane *l)
{
	if (held(o, l->commit))
		tell_drained(o, l->commit, 0);
	release(o, &l->commit);
}

/* A drained block: the first puts the commit that drains into its place. */
static void on_drained(struct verify_order *o, struct lane *l, uint64_t place)
{
	l->commits = true;
	if (held(o, l->commit)) {
		l->draining = l->commit;
		l->drain_at = place;
		l->drained = 0;
		at(o, place)->waiting = true;
		bring(o, &l->commit, place);
	}
	if (l->drain_at != NO_PLACE)
		l->drained += 1u << at(o, place)->event.order;
}

static void drain_over(struct verify_order *o, struct lane *l)
{
	if (held(o, l->drain_at))
		tell_drained(o, l->draining, l->drained);
	release(o, &l->drain_at);
}

static void on_pcp_unlock(struct verify_order *o, struct lane *l, uint64_t place)
{
	commit_over(o, l);
	release(o, &l->refill);
	if (l->commits) {
		l->commits = false;
		return;
	}
	/* Of a drain from outside, in the slow path. */
	if (o->tells_entries && !l->outcome.entered)
		return;
	/* A refill's first block holds the place already. */
	if (held(o, l->anchor) && at(o, l->anchor)->event.kind != REC_UNLOCK) {
		if (held(o, l->pop))
			place_pop(o, l, l->pop);
		release(o, &l->pop);
		return;
	}
	list_gave_nothing(o, l);
	release(o, &l->anchor);
	l->anchor = place;
	at(o, place)->waiting = true;
	bring(o, &l->attempt, place);
}

static void on_zone_unlock(struct verify_order *o, struct lane *l, uint64_t place)
{
	if (!l->commits && !held(o, l->direct) && !l->outcome.reserves)
		list_gave_nothing(o, l);
	bring(o, &l->direct, place);
	drain_over(o, l);
}

static void on_free(struct verify_order *o, struct lane *l, uint64_t place)
{
	struct rec_event *e = &at(o, place)->event;

	/*
	 * An allocation under way keeps its place: a task that is scheduled in between its list operation and its event
	 * may first free the stack of one that died.
	 */
	if (e->flags & REC_FREE_PCP) {
		/* Prepared here, committed at its REC_COMMIT. */
		e->flags = (uint8_t)((e->flags & ~REC_FREE_PCP) | REC_FREE_LIST);
	} else if ((e->flags & REC_FREE_BUDDY) && !(e->flags & REC_FREE_AT_ONE)) {
		release(o, &l->direct);
		l->direct = place;
		at(o, place)->waiting = true;
	}
}

static void on_commit(struct verify_order *o, struct lane *l, uint64_t place)
{
	struct rec_event *e = &at(o, place)->event;

	l->commits = true;
	if (e->kind == REC_COMMIT && l->batched_pfn == e->pfn) {
		/* The listed free before it is the commit. */
		l->batched_pfn = UINT64_MAX;
		if (held(o, l->commit))
			at(o, l->commit)->event.arg = e->arg;
		return;
	}
	commit_over(o, l);
	if (e->kind == REC_FREE_BATCHED)
		l->batched_pfn = e->pfn;
	else
		e->kind = REC_FREE_BATCHED;
	l->commit = place;
	at(o, place)->waiting = true;
}

static void look_at(struct verify_order *o, struct lane *l, uint64_t place)
{
	const struct rec_event *e = &at(o, place)->event;

	if (e->kind != REC_DECAY)
		release(o, &l->decay);
	if (e->kind != REC_UNLOCK && e->kind != REC_ISOLATE)
		release(o, &l->search);
	switch (e->kind) {
	case REC_COMPACT_ALLOC:
		l->search = place;
		at(o, place)->waiting = true;
		break;
	case REC_ISOLATE:
		/* The search took the lock once for each list; it found its block in this section. */
		bring(o, &l->search, place);
		break;
	case REC_DECAY:
		on_decay(o, l, place);
		break;
	case REC_ZONE_LOCKED:
	case REC_EXTFRAG:
		on_taken(o, l, place);
		break;
	case REC_REFILL:
		on_refill(o, l, place);
		break;
	case REC_ALLOC:
		on_alloc(o, l, place);
		break;
	case REC_ENTRY:
	case REC_ATTEMPT:
		on_attempt(o, l, place);
		break;
	case REC_BULK_BEGIN:
		outcome_begin(&l->outcome, &at(o, place)->event, o->tells_entries);
		break;
	case REC_CAPTURE_END:
		/* What was captured is the request's where the compaction ends. */
		release(o, &l->anchor);
		break;
	case REC_COMPACT_DEFER_RESET:
	case REC_MOVE_BLOCK:
	case REC_KSWAPD_CALL:
		/* Told between an allocation's lock section and its event; kswapd is called for a boost there. */
		if (l->outcome.entered && held(o, l->anchor) &&
		    (e->kind != REC_MOVE_BLOCK || e->migratetype == HIGHATOMIC) &&
		    (e->kind != REC_KSWAPD_CALL || !e->gfp))
			move_behind(o, place, l->anchor);
		break;
	case REC_FREE:
		on_free(o, l, place);
		break;
	case REC_FREE_BATCHED:
	case REC_COMMIT:
		on_commit(o, l, place);
		break;
	case REC_BULK_PAGE:
	case REC_BULK_END:
		if (e->kind == REC_BULK_END)
			outcome_end(&l->outcome, &at(o, place)->event);
		if (held(o, l->anchor))
			move_behind(o, place, l->anchor);
		if (e->kind == REC_BULK_END) {
			release(o, &l->anchor);
			release(o, &l->refill);
		}
		break;
	case REC_FREE_ONE:
		/* 6.12 comes here from __free_pages_ok() too, whose free is on its way already. */
		if (held(o, l->direct) && at(o, l->direct)->event.pfn == e->pfn)
			break;
		release(o, &l->direct);
		l->direct = place;
		at(o, place)->waiting = true;
		break;
	case REC_PCPU_DRAIN:
		on_drained(o, l, place);
		break;
	case REC_UNLOCK:
		if (e->flags & 1)
			on_pcp_unlock(o, l, place);
		else
			on_zone_unlock(o, l, place);
		break;
	default:
		break;
	}
}

static struct wide *keep_wide(struct verify_order *o, const struct rec_wide *words)
{
	struct wide *w = o->unused_wides;

	if (w)
		o->unused_wides = w->next;
	else if (!(w = malloc(sizeof(*w))))
		return NULL;
	w->words = *words;
	return w;
}

static int hand_one(struct verify_order *o, uint64_t place)
{
	struct place *p = at(o, place);
	struct wide *w = p->wide;
	int status = o->sink(o->context, &p->event, w ? &w->words : NULL, o->first_index + place);

	if (w) {
		w->next = o->unused_wides;
		o->unused_wides = w;
		p->wide = NULL;
	}
	return status;
}

/* What was put to the end of a lock section is done before the section ends. */
static int hand_on(struct verify_order *o, uint64_t place)
{
	bool last = at(o, place)->event.kind == REC_UNLOCK;
	int status = 1;

	for (uint64_t i = at(o, place)->first; i != NO_PLACE && status > 0; i = at(o, i)->next)
		if (i != place || !last)
			status = hand_one(o, i);
	return last && status > 0 ? hand_one(o, place) : status;
}

/* A moved event may be needed by a later place, so the ring keeps it until that one is handed on. */
static int drain_ring(struct verify_order *o, bool all)
{
	int status = 1;

	while (status > 0 && o->head < o->tail) {
		struct place *p = at(o, o->head);

		if (p->waiting && !all && o->tail - o->head < ORDER_WINDOW / 2)
			break;
		p->waiting = false;
		status = hand_on(o, o->head);
		o->head++;
	}
	return status;
}

int verify_order_push(struct verify_order *o, const struct rec_event *event, const struct rec_wide *wide)
{
	uint64_t place = o->tail;
	struct place *p = at(o, place);
	struct lane *l = lane_of(o, context_key(event));

	if (!l)
		return -ENOMEM;
	p->wide = wide ? keep_wide(o, wide) : NULL;
	if (wide && !p->wide)
		return -ENOMEM;
	p->event = *event;
	p->waiting = false;
	p->first = p->last = place;
	p->next = NO_PLACE;
	o->tail++;
	if (event->kind == REC_POP && on_pop(o, place))
		return -ENOMEM;
	outcome_follow(&l->outcome, event, l->commits || held(o, l->direct));
	look_at(o, l, place);
	lane_settle(o, l);
	return drain_ring(o, false);
}

int verify_order_flush(struct verify_order *o)
{
	return drain_ring(o, true);
}

uint64_t verify_order_moved(const struct verify_order *o)
{
	return o->moved;
}

struct verify_order *verify_order_create(verify_order_sink sink, void *context, uint64_t first_index)
{
	struct verify_order *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->ring = calloc(ORDER_WINDOW, sizeof(*o->ring));
	if (!o->ring) {
		free(o);
		return NULL;
	}
	o->sink = sink;
	o->first_index = first_index;
	o->context = context;
	return o;
}

static void free_wides(struct verify_order *o)
{
	while (o->unused_wides) {
		struct wide *next = o->unused_wides->next;

		free(o->unused_wides);
		o->unused_wides = next;
	}
}

static void free_lanes(struct lane *l)
{
	while (l) {
		struct lane *next = l->next;

		free(l);
		l = next;
	}
}

void verify_order_destroy(struct verify_order *o)
{
	if (!o)
		return;
	for (unsigned i = 0; i < CONTEXT_BUCKETS; i++)
		free_lanes(o->lanes[i]);
	free_lanes(o->unused);
	for (uint64_t place = o->tail < ORDER_WINDOW ? 0 : o->tail - ORDER_WINDOW; place < o->tail; place++)
		free(at(o, place)->wide);
	free_wides(o);
	free(o->ring);
	free(o);
}
