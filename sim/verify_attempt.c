// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attempts at the lists that the recording tells as they begin: what they come to is told by what follows.
 *
 * Interface: do_entry, do_attempt, make_attempts, fast_attempt.
 * On one CPU an interrupt may come on top of an attempt, before the attempt takes its block or finds none; what the
 * interrupt frees may be what the attempt takes. So the attempt waits until the recording tells of its context again.
 * Whether it had read a zone's watermarks before the interrupt shows in what it came to.
 *
 *     told     |- reads the watermarks of zone 1, zone 0 -|- takes a block -|  mm_page_alloc
 *     interrupt     ^ here ...                 ... or here ^             ^ here REC_POP comes first
 *
 * With order probes the locks tell it, and nothing waits.
 */
#include "verify_when.h"

#include <errno.h>

static struct open_attempt *open_attempt_of(struct verify *v, uint64_t key)
{
	for (unsigned level = 0; level < VERIFY_LEVELS; level++)
		if (v->attempts[level].open && context_key(&v->attempts[level].told) == key)
			return &v->attempts[level];
	return NULL;
}

static void open_attempt(struct verify *v, const struct rec_event *e, bool fast, unsigned flags)
{
	v->attempts[level_of(e->context)] = (struct open_attempt){ .open = true, .fast = fast, .flags = flags,
								   .told = *e };
}

/*
 * Zones that an interrupted attempt found above their watermarks, where `now` and before the interrupt say different
 * things. @e: what it came to, if anything.
 */
static uint32_t zones_found(const struct verify *v, const struct open_attempt *a, const struct rec_event *e,
			    uint32_t now)
{
	uint32_t zone, both = now & a->looked;
	const struct context *c;

	if (e->kind == REC_POP) { /* it has a block; from where a refill may tell, the list does not */
		c = context_find(&v->contexts, context_key(&a->told));
		if (c && c->recorded.count &&
		    !buddy_zone_of(v->buddy, note_at(&c->recorded, c->recorded.count - 1)->pfn, &zone))
			return both | ((now | a->looked) & 1u << zone);
		return now ? now : a->looked;
	}
	if (e->kind != REC_ALLOC || context_key(e) != context_key(&a->told) || e->pfn == REC_NO_PFN ||
	    buddy_zone_of(v->buddy, e->pfn, &zone))
		return both;
	return both | ((now | a->looked) & 1u << zone);
}

static uint32_t zones_below_high(const struct verify *v)
{
	struct buddy_zone_tuning t;
	uint32_t zones = 0;

	for (uint32_t zone = 0; zone < v->machine->zone_count; zone++) {
		buddy_zone_tuning_get(v->buddy, zone, &t);
		zones |= (uint32_t)t.below_high << zone;
	}
	return zones;
}

/* An attempt at the lists, of which @a (NULL: nothing) was told before; @e: what it came to, or NULL. */
static bool attempt(struct verify *v, const struct open_attempt *a, const struct rec_event *e,
		    const struct buddy_request *r, unsigned flags, struct buddy_block *out)
{
	struct buddy_env env = verify_env(v);
	uint32_t now, low;
	bool found;

	if (!a || !a->interrupted || !e)
		return !buddy_alloc_attempt(v->buddy, r, flags, out);
	low = zones_below_high(v);
	now = buddy_marks_look(v->buddy, r, flags, NULL);
	v->fell_perhaps |= zones_below_high(v) & ~low;
	if (now == a->looked)
		return !buddy_alloc_attempt(v->buddy, r, flags, out);
	v->result.count[VERIFY_READ].taken++;
	v->reads = (struct verify_reads){ .looked_before = true, .looked = zones_found(v, a, e, now) };
	env.read = on_read;
	buddy_set_env(v->buddy, &env);
	found = !buddy_alloc_attempt(v->buddy, r, flags, out);
	env.read = NULL;
	buddy_set_env(v->buddy, &env);
	return found;
}

/* @flags, of the attempt at what @e asks for: past the per-CPU list where that was locked. */
static unsigned past_locked_list(struct verify *v, const struct context *c, const struct rec_event *e, unsigned flags)
{
	if (!list_was_locked(v, c, e))
		return flags;
	count_bypass(v, e);
	return flags | BUDDY_ALLOC_PAST_PCP;
}

/* The attempt of the fast path; @e tells the request, and what it came to. */
bool fast_attempt(struct verify *v, struct context *c, const struct rec_event *e, struct buddy_block *out)
{
	struct open_attempt *a = open_attempt_of(v, c->key);
	struct buddy_request r = request_of(e);
	unsigned flags = past_locked_list(v, c, e, buddy_fast_flags(v->buddy, &r));

	if (a)
		a->open = false;
	return attempt(v, a, e, &r, flags, out);
}

/* Whether the fast attempt fails whatever the watermarks say: it may dirty pages, and too many are dirty already. */
static bool too_dirty(struct verify *v, const struct context *c, const struct rec_event *e,
		      const struct buddy_request *r)
{
	const struct open_attempt *a = open_attempt_of(v, c->key);

	return (e->gfp & v->machine->profile->gfp.write) && (!a || !a->interrupted || a->looked) &&
	       buddy_marks_pass(v->buddy, r, buddy_fast_flags(v->buddy, r));
}

/* The fast attempt is about to read the watermarks. */
int do_entry(struct verify *v, const struct rec_event *e)
{
	open_attempt(v, e, true, (unsigned)e->arg);
	return 1;
}

int do_attempt(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));
	struct buddy_request r = request_of(e);

	if (!c)
		return -ENOMEM;
	v->current = c;
	/*
	 * The fast attempt came first. One that may dirty pages fails where too many are dirty already, whatever the
	 * watermarks say; that is not the allocator's to decide.
	 */
	if (!c->slow && !c->popped && too_dirty(v, c, e, &r)) {
		v->result.count[VERIFY_ATTEMPT].taken++;
		v->result.condition[VERIFY_COND_DIRTY]++;
	} else if (!c->slow && !c->popped) {
		c->pending = fast_attempt(v, c, e, &c->block);
		v->result.count[VERIFY_ATTEMPT].own += !c->pending;
	}
	c->slow = true;
	c->popped = false;
	undo_pending(v, c, e);
	open_attempt(v, e, false, v->attempt_flags);
	return 1;
}

/* Events inside an attempt at the lists. One that reserves a pageblock does so when it has its block. */
static bool happens_inside(const struct open_attempt *a, const struct rec_event *e)
{
	bool inside = e->kind == REC_LIST_LOCKED || e->kind == REC_ZONE_LOCKED || e->kind == REC_EXTFRAG ||
		      e->kind == REC_REFILL ||
		      (e->kind == REC_MOVE_BLOCK && e->migratetype != BUDDY_HIGHATOMIC) ||
		      (e->kind == REC_KSWAPD_CALL && !e->gfp) || (e->kind == REC_KCOMPACTD_ASK && !e->order);

	return inside && context_key(e) == context_key(&a->told);
}

static void make_attempt(struct verify *v, struct open_attempt *a, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(&a->told));
	struct buddy_request r = request_of(&a->told);

	a->open = false;
	if (!c)
		return;
	v->current = c;
	v->deciding = slow_of(v, c->key);
	c->pending = attempt(v, a, e, &r, past_locked_list(v, c, &a->told, a->flags), &c->block);
	v->deciding = NULL;
}

/* An interrupt of its task is on top of the attempt, and does not say that the attempt has its block. */
static bool is_interrupted(const struct verify *v, const struct open_attempt *a, const struct rec_event *e)
{
	unsigned level = level_of(a->told.context);

	if (e->kind == REC_POP && (int32_t)e->pfn == a->told.pid && level_of(e->flags) == level)
		return false;
	return !v->order && e->pid == a->told.pid && level_of(e->context) > level;
}

static void note_interrupt(struct verify *v, struct open_attempt *a)
{
	struct buddy_request r = request_of(&a->told);

	uint32_t before;

	if (a->interrupted)
		return;
	before = zones_below_high(v);
	a->looked = buddy_marks_look(v->buddy, &r, a->flags, NULL);
	a->fell = zones_below_high(v) & ~before;
	a->interrupted = true;
}

void make_attempts(struct verify *v, const struct rec_event *e)
{
	for (unsigned level = VERIFY_LEVELS; level-- > 0;) {
		struct open_attempt *a = &v->attempts[level];

		if (!a->open || (e && happens_inside(a, e)))
			continue;
		if (e && is_interrupted(v, a, e))
			note_interrupt(v, a);
		else if (!a->fast)
			make_attempt(v, a, e);
	}
}
