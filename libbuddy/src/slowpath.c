// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The slow path of an allocation as a sequence of steps.
 *
 * Interface: buddy_slow_begin, buddy_slow_next, buddy_highest_type.
 *
 *   first attempt -> compaction of a costly or unmovable request -> attempt
 *   retry: attempt -> reclaim -> attempt -> drain -> attempt -> compaction -> attempt -> review of the zones -> retry
 *          ... -> attempt at the high mark -> OOM killer -> retry
 *
 * Source: __alloc_pages_slowpath, __alloc_pages_direct_reclaim, __alloc_pages_direct_compact, __alloc_pages_may_oom,
 * __alloc_pages_cpuset_fallback, should_reclaim_retry, should_compact_retry, compaction_zonelist_suitable,
 * mm/page_alloc.c and mm/compaction.c 6.1 and 6.12.
 */
#include "internal.h"

#define RECLAIM_LOOPS_MAX 16u   /* MAX_RECLAIM_RETRIES */
#define COMPACT_RETRIES_MAX 16u /* MAX_COMPACT_RETRIES; a quarter for costly orders */

/* Where in the slow path the step stands. */
enum place {
	AT_FIRST,
	AT_FIRST_COMPACTION,
	AFTER_FIRST_COMPACTION,
	AT_RETRY,
	AT_RECLAIM,
	AFTER_RECLAIM,
	AT_DRAIN,
	AFTER_DRAIN,
	AT_COMPACTION,
	AFTER_COMPACTION,
	AT_REVIEW,
	AT_UNRESERVE,
	BEFORE_KILL,
	AT_KILL,
	AFTER_KILL,      /* a request that must not fail, with the node's memory only */
	AFTER_KILL_ANY,  /* the same, with any memory */
	NOFAIL,          /* likewise, when all else is done */
	NOFAIL_ANY,
	AT_END
};

unsigned buddy_highest_type(const struct buddy *b, uint32_t gfp)
{
	return b->gfp_places[gfp & GFP_PLACE_BITS].highest_type;
}

static unsigned request_type(const struct buddy *b, const struct buddy_request *r)
{
	return b->gfp_places[r->gfp & GFP_PLACE_BITS].type;
}

static bool is_costly(const struct buddy_slowpath *s) { return s->request.order > BUDDY_COSTLY_ORDER; }
static bool has(const struct buddy_slowpath *s, uint32_t gfp_bit) { return s->request.gfp & gfp_bit; }

static void attempt(struct buddy_slowpath *s, enum place place, unsigned alloc_flags)
{
	s->step = BUDDY_STEP_ATTEMPT;
	s->place = (uint8_t)place;
	s->gfp = s->request.gfp;
	s->alloc_flags = alloc_flags;
	s->wakes = (place == AT_FIRST || place == AT_RETRY) && (alloc_flags & BUDDY_ALLOC_KSWAPD);
	s->compacted = place == AFTER_FIRST_COMPACTION || place == AFTER_COMPACTION;
}

static void go(struct buddy_slowpath *s, enum place place, enum buddy_step step)
{
	s->place = (uint8_t)place;
	s->step = step;
	s->alloc_flags = s->flags;
}

static void retry(const struct buddy *b, struct buddy_slowpath *s)
{
	unsigned reserve = reserve_flags(b, &s->request);

	if (reserve) {
		s->flags = reserve | (s->flags & BUDDY_ALLOC_KSWAPD);
		if (b->with_cma && request_type(b, &s->request) == BUDDY_MOVABLE)
			s->flags |= BUDDY_ALLOC_CMA;
	}
	attempt(s, AT_RETRY, s->flags);
}

static void give_up(const struct buddy *b, struct buddy_slowpath *s)
{
	if (has(s, b->profile->gfp.nofail) && has(s, b->profile->gfp.direct_reclaim))
		attempt(s, NOFAIL, BUDDY_ALLOC_MIN_RESERVE | BUDDY_ALLOC_CPUSET);
	else
		go(s, AT_END, BUDDY_STEP_FAIL);
}

/* --- After the first attempt --------------------------------------------------------------------------------- */

static void after_first(const struct buddy *b, struct buddy_slowpath *s)
{
	bool wanted = is_costly(s) || (s->request.order && request_type(b, &s->request) != BUDDY_MOVABLE);

	if (wanted && has(s, b->profile->gfp.direct_reclaim) && has(s, b->profile->gfp.io) &&
	    !reserve_flags(b, &s->request)) {
		s->priority = BUDDY_PRIORITY_ASYNC;
		go(s, AT_FIRST_COMPACTION, BUDDY_STEP_COMPACT);
		return;
	}
	retry(b, s);
}

static void after_first_compaction(const struct buddy *b, struct buddy_slowpath *s)
{
	s->priority = BUDDY_PRIORITY_SYNC_LIGHT;
	if (is_costly(s) && has(s, b->profile->gfp.noretry)) {
		if (s->result == BUDDY_COMPACT_SKIPPED || s->result == BUDDY_COMPACT_DEFERRED ||
		    has(s, b->profile->gfp.thisnode)) {
			give_up(b, s);
			return;
		}
		s->priority = BUDDY_PRIORITY_ASYNC;
	}
	retry(b, s);
}

/* --- Around the loop ------------------------------------------------------------------------------------------ */

static void after_retry(const struct buddy *b, struct buddy_slowpath *s)
{
	if (!has(s, b->profile->gfp.direct_reclaim) || (s->request.task & BUDDY_TASK_MEMALLOC))
		give_up(b, s);
	else
		go(s, AT_RECLAIM, BUDDY_STEP_RECLAIM);
}

/* The next zone that the request may use from *at on, in the kernel's order; NULL at the end. */
static const struct zone *next_zone(const struct buddy *b, const struct buddy_request *r, uint8_t *at)
{
	const struct zonelist *list = &b->zonelists[r->node];
	uint8_t end = r->gfp & b->profile->gfp.thisnode ? list->local_count : list->count;

	while (*at < end) {
		const struct zone *z = list->zones[(*at)++];

		if (z->type <= buddy_highest_type(b, r->gfp))
			return z;
	}
	return NULL;
}

/* Without a zone left the review has failed. */
static void review(const struct buddy *b, struct buddy_slowpath *s)
{
	const struct zone *z = s->loops <= RECLAIM_LOOPS_MAX ? next_zone(b, &s->request, &s->at) : NULL;

	if (!z) {
		go(s, AT_UNRESERVE, BUDDY_STEP_UNRESERVE);
		return;
	}
	s->zone = z->index;
	go(s, AT_REVIEW, BUDDY_STEP_REVIEW);
}

static void after_compaction(const struct buddy *b, struct buddy_slowpath *s)
{
	if (has(s, b->profile->gfp.noretry) ||
	    (is_costly(s) && !(has(s, b->profile->gfp.io) && has(s, b->profile->gfp.retry_mayfail)))) {
		give_up(b, s);
		return;
	}
	if (s->reclaimed && !is_costly(s))
		s->loops = 0;
	else
		s->loops++;
	s->at = 0;
	review(b, s);
}

static void compact(const struct buddy *b, struct buddy_slowpath *s)
{
	if (!s->request.order) {
		after_compaction(b, s);
		return;
	}
	if (!has(s, b->profile->gfp.io)) {
		s->result = BUDDY_COMPACT_SKIPPED;
		after_compaction(b, s);
		return;
	}
	go(s, AT_COMPACTION, BUDDY_STEP_COMPACT);
}

static void after_review(const struct buddy *b, struct buddy_slowpath *s, uint64_t reclaimable)
{
	const struct zone *z = &b->zones[s->zone];
	int64_t available = (int64_t)reclaimable + zone_snapshot_free_pages(b, z);

	s->reclaimable[s->zone] = reclaimable;
	if (zone_mark_ok(z, b, s->request.order, z->marks[BUDDY_MARK_MIN] + z->boost,
			 buddy_highest_type(b, s->request.gfp), s->flags, available))
		retry(b, s);
	else
		review(b, s);
}

/* Whether one of the request's zones could be compacted if a part of what is reclaimable were free. */
static bool zonelist_suitable(const struct buddy *b, const struct buddy_slowpath *s)
{
	unsigned highest = buddy_highest_type(b, s->request.gfp);
	const struct zone *z;
	uint8_t at = 0;

	while ((z = next_zone(b, &s->request, &at))) {
		int64_t available = (int64_t)(s->reclaimable[z->index] / s->request.order);

		if (compact_could_help(b, z, s->request.order, s->flags, highest,
				       available + zone_snapshot_free_pages(b, z)))
			return true;
	}
	return false;
}

static bool compact_again(const struct buddy *b, struct buddy_slowpath *s)
{
	uint32_t retries_max = is_costly(s) ? COMPACT_RETRIES_MAX / 4 : COMPACT_RETRIES_MAX;
	enum buddy_priority urgent = is_costly(s) ? BUDDY_PRIORITY_SYNC_LIGHT : BUDDY_PRIORITY_SYNC_FULL;

	if (!s->request.order || (s->request.task & BUDDY_TASK_OOM_VICTIM))
		return false;
	if (s->result == BUDDY_COMPACT_SKIPPED)
		return zonelist_suitable(b, s);
	if (s->result == BUDDY_COMPACT_SUCCESS && ++s->retries <= retries_max)
		return true;
	if (s->priority <= urgent)
		return false;
	s->priority--;
	s->retries = 0;
	return true;
}

static void after_unreserve(const struct buddy *b, struct buddy_slowpath *s, bool found)
{
	if (found || (s->reclaimed && has(s, b->profile->gfp.io) && compact_again(b, s))) {
		retry(b, s);
		return;
	}
	/* Only where another has been killed meanwhile is there this much. */
	attempt(s, BEFORE_KILL, BUDDY_MARK_HIGH | BUDDY_ALLOC_CPUSET);
	s->gfp = (s->request.gfp | b->profile->gfp.hardwall) & ~b->profile->gfp.direct_reclaim;
}

static void before_kill(const struct buddy *b, struct buddy_slowpath *s)
{
	if (is_costly(s) || has(s, b->profile->gfp.retry_mayfail) || has(s, b->profile->gfp.thisnode) ||
	    buddy_highest_type(b, s->request.gfp) < BUDDY_ZONE_NORMAL)
		give_up(b, s);
	else
		go(s, AT_KILL, BUDDY_STEP_KILL);
}

static void after_kill(const struct buddy *b, struct buddy_slowpath *s, bool progress)
{
	bool spared = (s->flags & BUDDY_ALLOC_OOM) || has(s, b->profile->gfp.nomemalloc);

	if (!progress || ((s->request.task & BUDDY_TASK_OOM_VICTIM) && spared)) {
		give_up(b, s);
		return;
	}
	s->loops = 0;
	retry(b, s);
}

/* --- The steps ------------------------------------------------------------------------------------------------- */

void buddy_slow_begin(const struct buddy *b, const struct buddy_request *request, struct buddy_slowpath *s)
{
	uint8_t at = 0;

	*s = (struct buddy_slowpath){ .request = *request, .priority = BUDDY_PRIORITY_SYNC_LIGHT,
				      .result = BUDDY_COMPACT_SKIPPED };
	/* Who may wait is not atomic, whatever it says. */
	if (has(s, b->profile->gfp.direct_reclaim))
		s->request.gfp &= ~b->profile->gfp.atomic;
	s->flags = buddy_slow_flags(b, request);
	/* No zone of the machine is low enough for it. */
	if (!next_zone(b, request, &at))
		give_up(b, s);
	else
		attempt(s, AT_FIRST, s->flags);
}

static void attempt_failed(const struct buddy *b, struct buddy_slowpath *s)
{
	switch ((enum place)s->place) {
	case AT_FIRST:
		after_first(b, s);
		break;
	case AFTER_FIRST_COMPACTION:
		after_first_compaction(b, s);
		break;
	case AT_RETRY:
		after_retry(b, s);
		break;
	case AFTER_RECLAIM:
		go(s, AT_DRAIN, BUDDY_STEP_DRAIN);
		break;
	case AFTER_DRAIN:
		compact(b, s);
		break;
	case AFTER_COMPACTION:
		after_compaction(b, s);
		break;
	case BEFORE_KILL:
		before_kill(b, s);
		break;
	case AFTER_KILL:
		attempt(s, AFTER_KILL_ANY, BUDDY_ALLOC_NO_MARKS);
		break;
	case AFTER_KILL_ANY:
		after_kill(b, s, true);
		break;
	case NOFAIL:
		attempt(s, NOFAIL_ANY, BUDDY_ALLOC_MIN_RESERVE);
		break;
	default: /* NOFAIL_ANY */
		retry(b, s);
		break;
	}
}

static void compacted(const struct buddy *b, struct buddy_slowpath *s, const struct buddy_outcome *o)
{
	bool first = s->place == AT_FIRST_COMPACTION;

	s->result = o->result;
	if (o->found)
		go(s, AT_END, BUDDY_STEP_DONE);
	else if (o->result != BUDDY_COMPACT_SKIPPED)
		attempt(s, first ? AFTER_FIRST_COMPACTION : AFTER_COMPACTION, s->flags);
	else if (first)
		after_first_compaction(b, s);
	else
		after_compaction(b, s);
}

void buddy_slow_next(const struct buddy *b, struct buddy_slowpath *s, const struct buddy_outcome *o)
{
	switch (s->step) {
	case BUDDY_STEP_ATTEMPT:
		if (o->found)
			go(s, AT_END, BUDDY_STEP_DONE);
		else
			attempt_failed(b, s);
		break;
	case BUDDY_STEP_COMPACT:
		compacted(b, s, o);
		break;
	case BUDDY_STEP_RECLAIM:
		s->reclaimed = o->pages;
		if (o->pages)
			attempt(s, AFTER_RECLAIM, s->flags);
		else
			compact(b, s);
		break;
	case BUDDY_STEP_DRAIN:
		attempt(s, AFTER_DRAIN, s->flags);
		break;
	case BUDDY_STEP_REVIEW:
		after_review(b, s, o->pages);
		break;
	case BUDDY_STEP_UNRESERVE:
		after_unreserve(b, s, o->found);
		break;
	case BUDDY_STEP_KILL:
		/* For a request that must not fail the kernel warns, and goes on as if that were progress. */
		if (has(s, b->profile->gfp.nofail))
			attempt(s, AFTER_KILL, BUDDY_ALLOC_NO_MARKS | BUDDY_ALLOC_CPUSET);
		else
			after_kill(b, s, o->found);
		break;
	default:
		assert(!"the slow path is over");
	}
}

void buddy_slow_follow(struct buddy_slowpath *s, enum buddy_step step, unsigned alloc_flags)
{
	static const uint8_t places[] = {
		[BUDDY_STEP_COMPACT] = AT_COMPACTION, [BUDDY_STEP_RECLAIM] = AT_RECLAIM,
		[BUDDY_STEP_DRAIN] = AT_DRAIN, [BUDDY_STEP_REVIEW] = AT_REVIEW,
		[BUDDY_STEP_UNRESERVE] = AT_UNRESERVE, [BUDDY_STEP_KILL] = AT_KILL,
		[BUDDY_STEP_DONE] = AT_END, [BUDDY_STEP_FAIL] = AT_END,
	};

	if (step != BUDDY_STEP_ATTEMPT) {
		go(s, (enum place)places[step], step);
		return;
	}
	if ((alloc_flags & BUDDY_ALLOC_MARK_MASK) == BUDDY_MARK_HIGH) {
		attempt(s, BEFORE_KILL, alloc_flags);
		return;
	}
	/* No look at the high mark: another task is killing, which counts as progress. */
	if (s->step == BUDDY_STEP_ATTEMPT && s->place == BEFORE_KILL)
		s->loops = 0;
	s->flags = alloc_flags;
	attempt(s, AT_RETRY, alloc_flags);
}
