// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reference's slow path, and when kswapd is woken.
 *
 * Interface: ref_slow.h, but for ref_set_capture (ref_free.c).
 * Invariant: what happens to frames is the business of who does the steps; of the machine only boosts and kswapd's
 * state change here.
 *
 * Sources, 6.1 and 6.12: mm/page_alloc.c: __alloc_pages_slowpath, __alloc_pages_direct_reclaim,
 * __alloc_pages_direct_compact, __alloc_pages_may_oom, __alloc_pages_cpuset_fallback, should_reclaim_retry,
 * should_compact_retry, zone_watermark_ok_safe; mm/compaction.c: compaction_zonelist_suitable, __compaction_suitable;
 * include/linux/vmstat.h: zone_page_state_snapshot; mm/vmscan.c: wakeup_kswapd, pgdat_balanced,
 * pgdat_watermark_boosted, balance_pgdat.
 *
 * Left out, since nobody here knows of it: cpusets and zonelists that change meanwhile, core dumps, suspended storage,
 * a lock of the OOM killer that somebody else holds, and signals that are to kill the task but the OOM killer's.
 */
#include "ref_internal.h"

#define GFP_IO 0x40u
#define GFP_ATOMIC 0x200u
#define GFP_DIRECT_RECLAIM 0x400u
#define GFP_RETRY_MAYFAIL 0x4000u
#define GFP_NOFAIL 0x8000u
#define GFP_NORETRY 0x10000u
#define GFP_NOMEMALLOC 0x80000u
#define GFP_HARDWALL 0x100000u
#define GFP_THISNODE 0x200000u

#define RECLAIM_RETRIES_MAX 16u /* MAX_RECLAIM_RETRIES */
#define COMPACT_RETRIES_MAX 16u /* MAX_COMPACT_RETRIES */

/* --- Free pages --------------------------------------------------------------------------------------------- */

/* The counter with what the CPUs hold back. */
static int64_t exact_free(const struct ref *r, const struct ref_zone *z)
{
	int64_t pages = z->free_counter;

	for (uint32_t cpu = 0; cpu < r->cpu_count; cpu++)
		pages += z->pcps[cpu].t.free_pages_diff;
	return pages > 0 ? pages : 0;
}

static int64_t mark_of(const struct ref_zone *z, unsigned mark)
{
	return (int64_t)(z->t.mark_pages[mark] + z->t.boost_pages);
}

/* --- The steps ---------------------------------------------------------------------------------------------- */

struct slow {
	struct ref *r;
	const struct buddy_request *request;
	ref_slow_do *act;
	void *context;
	struct ref_ask ask;
	unsigned flags;                   /* alloc_flags */
	enum buddy_priority priority;     /* compact_priority */
	enum buddy_compact_result result; /* compact_result */
	unsigned compact_retries;         /* compaction_retries */
	unsigned idle_loops;              /* no_progress_loops */
	uint64_t reclaimed_pages;         /* by the last reclaim */
	uint64_t reclaimable_pages[BUDDY_ZONE_COUNT_MAX]; /* as a review told last */
};

static bool is_costly(const struct slow *s)
{
	return s->ask.order > REF_COSTLY_ORDER;
}

/* gfp_compaction_allowed(). */
static bool can_compact(const struct slow *s)
{
	return s->ask.gfp & GFP_IO;
}

static struct buddy_outcome take_step(struct slow *s, enum buddy_step step)
{
	return s->act(s->context, &(struct ref_slow_step){ .step = step });
}

static bool attempt(struct slow *s, uint32_t gfp, unsigned flags)
{
	return s->act(s->context, &(struct ref_slow_step){ .step = BUDDY_STEP_ATTEMPT, .gfp = gfp,
							   .alloc_flags = flags }).found;
}

/* Begins a round: every node's kswapd is asked to work, then the lists are tried with @flags. */
static bool attempt_awake(struct slow *s, unsigned flags)
{
	return s->act(s->context, &(struct ref_slow_step){ .step = BUDDY_STEP_ATTEMPT, .gfp = s->ask.gfp,
							   .alloc_flags = flags,
							   .wakes = s->flags & BUDDY_ALLOC_KSWAPD }).found;
}

/* __alloc_pages_cpuset_fallback(). */
static bool attempt_anywhere(struct slow *s, unsigned flags)
{
	return attempt(s, s->ask.gfp, flags | BUDDY_ALLOC_CPUSET) || attempt(s, s->ask.gfp, flags);
}

/* __alloc_pages_direct_reclaim(). */
static bool reclaim(struct slow *s)
{
	s->reclaimed_pages = take_step(s, BUDDY_STEP_RECLAIM).pages;
	if (!s->reclaimed_pages)
		return false;
	if (attempt(s, s->ask.gfp, s->flags))
		return true;
	take_step(s, BUDDY_STEP_DRAIN);
	return attempt(s, s->ask.gfp, s->flags);
}

/* __alloc_pages_direct_compact(). */
static bool compact(struct slow *s, enum buddy_priority priority)
{
	struct buddy_outcome outcome;

	if (!s->ask.order)
		return false;
	s->result = BUDDY_COMPACT_SKIPPED;
	if (!can_compact(s))
		return false; /* try_to_compact_pages() begins with this question; nobody has to be asked */
	outcome = s->act(s->context, &(struct ref_slow_step){ .step = BUDDY_STEP_COMPACT, .alloc_flags = s->flags,
							      .priority = priority });
	s->result = outcome.result;
	if (outcome.found)
		return true;
	if (s->result == BUDDY_COMPACT_SKIPPED)
		return false;
	return s->act(s->context, &(struct ref_slow_step){ .step = BUDDY_STEP_ATTEMPT, .gfp = s->ask.gfp,
							   .alloc_flags = s->flags, .compacted = true }).found;
}

/* --- Whether to try again ----------------------------------------------------------------------------------- */

/* Would one of the zones do if all was reclaimed that can be? */
static bool review(struct slow *s)
{
	for (unsigned i = 0; i < s->ask.list.count; i++) {
		const struct ref_zone *z = s->ask.list.zones[i];
		struct ref_slow_step step = { .step = BUDDY_STEP_REVIEW, .zone = z->index };
		uint64_t reclaimable = s->act(s->context, &step).pages;

		s->reclaimable_pages[z->index] = reclaimable;
		if (ref_mark_with(s->r, z, s->ask.order, mark_of(z, BUDDY_MARK_MIN), s->ask.highest, s->flags,
				  (int64_t)reclaimable + exact_free(s->r, z)))
			return true;
	}
	return false;
}

static bool should_reclaim_again(struct slow *s)
{
	if (s->reclaimed_pages && !is_costly(s))
		s->idle_loops = 0;
	else
		s->idle_loops++;
	if (s->idle_loops <= RECLAIM_RETRIES_MAX && review(s))
		return true;
	return take_step(s, BUDDY_STEP_UNRESERVE).found;
}

/* __compaction_suitable() once a part of what can be reclaimed is. */
static bool would_suit(const struct slow *s, const struct ref_zone *z)
{
	int64_t pages = (int64_t)(s->reclaimable_pages[z->index] / s->ask.order) + exact_free(s->r, z);
	int64_t mark = mark_of(z, is_costly(s) ? BUDDY_MARK_LOW : BUDDY_MARK_MIN) + (INT64_C(2) << s->ask.order);

	/* A zone of 6.1 in which the request needs no compaction is not one that suits. */
	if (!s->r->is_6_12 && ref_mark_ok(s->r, z, s->ask.order, mark_of(z, s->flags & BUDDY_ALLOC_MARK_MASK),
					  s->ask.highest, s->flags))
		return false;
	return ref_mark_with(s->r, z, 0, mark, s->ask.highest, BUDDY_ALLOC_CMA, pages);
}

/* compaction_zonelist_suitable(). */
static bool would_any_suit(const struct slow *s)
{
	for (unsigned i = 0; i < s->ask.list.count; i++)
		if (would_suit(s, s->ask.list.zones[i]))
			return true;
	return false;
}

static bool more_urgent(struct slow *s)
{
	enum buddy_priority most = is_costly(s) ? BUDDY_PRIORITY_SYNC_LIGHT : BUDDY_PRIORITY_SYNC_FULL;

	if (s->priority <= most)
		return false;
	s->priority--;
	s->compact_retries = 0;
	return true;
}

static bool should_compact_again_6_1(struct slow *s)
{
	unsigned most = is_costly(s) ? COMPACT_RETRIES_MAX / 4 : COMPACT_RETRIES_MAX;

	if (s->result == BUDDY_COMPACT_SUCCESS)
		s->compact_retries++;
	switch (s->result) {
	case BUDDY_COMPACT_SKIPPED: /* compaction_needs_reclaim() */
		return would_any_suit(s);
	case BUDDY_COMPACT_COMPLETE: /* compaction_failed() */
	case BUDDY_COMPACT_DEFERRED: /* compaction_withdrawn(), like the rest */
	case BUDDY_COMPACT_CONTENDED:
	case BUDDY_COMPACT_PARTIAL:
		return more_urgent(s);
	default:
		return s->compact_retries <= most || more_urgent(s);
	}
}

static bool should_compact_again_6_12(struct slow *s)
{
	unsigned most = is_costly(s) ? COMPACT_RETRIES_MAX / 4 : COMPACT_RETRIES_MAX;

	if (s->result == BUDDY_COMPACT_SKIPPED)
		return would_any_suit(s);
	if (s->result == BUDDY_COMPACT_SUCCESS) {
		s->compact_retries++;
		if (s->compact_retries <= most)
			return true;
	}
	return more_urgent(s);
}

/* should_compact_retry(). A victim of the OOM killer has a fatal signal: it is sent before the task is marked. */
static bool should_compact_again(struct slow *s)
{
	if (!s->ask.order || (s->request->task & BUDDY_TASK_OOM_VICTIM))
		return false;
	return s->r->is_6_12 ? should_compact_again_6_12(s) : should_compact_again_6_1(s);
}

/* --- The slow path ------------------------------------------------------------------------------------------ */

enum verdict { GOT, NO_PAGE, AGAIN };

static bool may_kill(const struct slow *s)
{
	return !is_costly(s) && !(s->ask.gfp & (GFP_RETRY_MAYFAIL | GFP_THISNODE)) &&
	       s->ask.highest >= BUDDY_ZONE_NORMAL;
}

/* __alloc_pages_may_oom(). */
static bool try_to_kill(struct slow *s, bool *progress_out)
{
	bool must_not_fail = s->ask.gfp & GFP_NOFAIL;

	*progress_out = false;
	if (attempt(s, (s->ask.gfp | GFP_HARDWALL) & ~GFP_DIRECT_RECLAIM, BUDDY_MARK_HIGH | BUDDY_ALLOC_CPUSET))
		return true;
	if (!may_kill(s))
		return false;
	*progress_out = take_step(s, BUDDY_STEP_KILL).found || must_not_fail;
	return must_not_fail && attempt_anywhere(s, BUDDY_ALLOC_NO_MARKS);
}

static enum verdict run_out(struct slow *s)
{
	bool progress;

	if (try_to_kill(s, &progress))
		return GOT;
	if ((s->request->task & BUDDY_TASK_OOM_VICTIM) &&
	    ((s->flags & BUDDY_ALLOC_OOM) || (s->ask.gfp & GFP_NOMEMALLOC)))
		return NO_PAGE;
	if (!progress)
		return NO_PAGE;
	s->idle_loops = 0;
	return AGAIN;
}

static bool compacts_first(const struct slow *s)
{
	return (s->ask.gfp & GFP_DIRECT_RECLAIM) && can_compact(s) &&
	       (is_costly(s) || (s->ask.order && s->ask.type != BUDDY_MOVABLE)) &&
	       !ref_flags_reserve(&s->ask, s->request->task);
}

/* Down to the label retry. */
static enum verdict begin(struct slow *s)
{
	if (!s->ask.list.count)
		return NO_PAGE;
	if (attempt_awake(s, s->flags))
		return GOT;
	if (!compacts_first(s))
		return AGAIN;
	if (compact(s, BUDDY_PRIORITY_ASYNC))
		return GOT;
	if (!is_costly(s) || !(s->ask.gfp & GFP_NORETRY))
		return AGAIN;
	if (s->result == BUDDY_COMPACT_SKIPPED || s->result == BUDDY_COMPACT_DEFERRED || (s->ask.gfp & GFP_THISNODE))
		return NO_PAGE;
	s->priority = BUDDY_PRIORITY_ASYNC;
	return AGAIN;
}

/* From the label retry to the label nopage. */
static enum verdict round_again(struct slow *s)
{
	unsigned reserve = ref_flags_reserve(&s->ask, s->request->task);

	if (reserve)
		s->flags = reserve | (s->flags & (BUDDY_ALLOC_KSWAPD | BUDDY_ALLOC_CMA));
	if (attempt_awake(s, s->flags))
		return GOT;
	if (!(s->ask.gfp & GFP_DIRECT_RECLAIM) || (s->request->task & BUDDY_TASK_MEMALLOC))
		return NO_PAGE;
	if (reclaim(s) || compact(s, s->priority))
		return GOT;
	if (s->ask.gfp & GFP_NORETRY)
		return NO_PAGE;
	if (is_costly(s) && (!can_compact(s) || !(s->ask.gfp & GFP_RETRY_MAYFAIL)))
		return NO_PAGE;
	if (should_reclaim_again(s))
		return AGAIN;
	if (s->reclaimed_pages && can_compact(s) && should_compact_again(s))
		return AGAIN;
	return run_out(s);
}

/* From the label nopage on: must the request not fail? */
static enum verdict insist(struct slow *s)
{
	if (!(s->ask.gfp & GFP_NOFAIL) || !(s->ask.gfp & GFP_DIRECT_RECLAIM))
		return NO_PAGE;
	return attempt_anywhere(s, BUDDY_ALLOC_MIN_RESERVE) ? GOT : AGAIN;
}

bool ref_slow_path(struct ref *r, const struct buddy_request *request, ref_slow_do *act, void *context)
{
	struct slow s = { .r = r, .request = request, .act = act, .context = context,
			  .priority = BUDDY_PRIORITY_SYNC_LIGHT, .result = BUDDY_COMPACT_SKIPPED };
	enum verdict verdict;

	if (!ref_ask_init(r, request, &s.ask))
		return false;
	if (!r->is_6_12 && (s.ask.gfp & GFP_DIRECT_RECLAIM))
		s.ask.gfp &= ~GFP_ATOMIC;
	s.flags = ref_flags_slow(r, &s.ask, request->task);
	verdict = begin(&s);
	for (;;) {
		if (verdict == NO_PAGE)
			verdict = insist(&s);
		if (verdict != AGAIN)
			return verdict == GOT;
		verdict = round_again(&s);
	}
}

/* --- kswapd ------------------------------------------------------------------------------------------------- */

/* Is this one of the zones that kswapd of the node looks at for requests up to a type? */
static bool concerns(const struct ref_zone *z, uint32_t node, unsigned highest_type)
{
	return z->node == node && z->type <= highest_type && z->t.managed_pages;
}

/* zone_watermark_ok_safe(). */
static bool is_high(const struct ref *r, const struct ref_zone *z, unsigned order, unsigned highest_type)
{
	int64_t pages = z->free_counter > 0 ? z->free_counter : 0;

	if (pages < (int64_t)z->t.drift_mark_pages)
		pages = exact_free(r, z);
	return ref_mark_with(r, z, order, mark_of(z, BUDDY_MARK_HIGH), highest_type, 0, pages);
}

static bool is_balanced(const struct ref *r, uint32_t node, unsigned order, unsigned highest_type)
{
	bool any = false;

	for (uint32_t i = 0; i < r->zone_count; i++) {
		if (!concerns(&r->zones[i], node, highest_type))
			continue;
		any = true;
		if (is_high(r, &r->zones[i], order, highest_type))
			return true;
	}
	return !any;
}

static bool is_boosted(const struct ref *r, uint32_t node, unsigned highest_type)
{
	for (uint32_t i = 0; i < r->zone_count; i++)
		if (concerns(&r->zones[i], node, highest_type) && r->zones[i].t.boost_pages)
			return true;
	return false;
}

bool ref_kswapd_ask(struct ref *r, uint32_t node, unsigned order, unsigned highest_type)
{
	if (r->kswapd_works[node])
		return false;
	if (is_balanced(r, node, order, highest_type) && !is_boosted(r, node, highest_type))
		return false;
	r->kswapd_works[node] = true;
	return true;
}

void ref_kswapd_sleeps(struct ref *r, uint32_t node, bool asleep)
{
	r->kswapd_works[node] = !asleep;
}

void ref_boosts_read(const struct ref *r, uint32_t node, uint32_t highest_type, struct buddy_boosts *out)
{
	*out = (struct buddy_boosts){ .node = node, .highest_type = highest_type };
	for (uint32_t i = 0; i < r->zone_count; i++) {
		if (!concerns(&r->zones[i], node, highest_type))
			continue;
		out->pages[i] = r->zones[i].t.boost_pages;
		if (out->pages[i])
			out->boosted = true;
	}
}

void ref_boosts_give_back(struct ref *r, const struct buddy_boosts *boosts)
{
	for (uint32_t i = 0; i < r->zone_count; i++) {
		uint64_t *boost = &r->zones[i].t.boost_pages;

		*boost -= *boost < boosts->pages[i] ? *boost : boosts->pages[i];
	}
}
