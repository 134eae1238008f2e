// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The slow path of requests: which step follows, and the flags of each attempt.
 *
 * Interface: the slow_* functions of verify_when.h.
 * A step that the kernel takes is an event; the model's own slow path says beforehand which it will be. What the model
 * cannot know is taken from the recording and counted: pages reclaimed and reclaimable, whether a task was told to die
 * or has a realtime policy, what became of the OOM killer.
 */
#include <errno.h>

#include "verify_when.h"

#define KSWAPD_FAILURES_MAX 16u /* MAX_RECLAIM_RETRIES */

/* Whether the task below this event is reclaiming or compacting, so that it may use all reserves. */
static bool is_memalloc(const struct verify *v, const struct rec_event *e)
{
	struct rec_event task = *e;
	const struct slow *s;

	task.context = 0;
	s = slow_of(v, context_key(&task));
	return s && (s->reclaiming || s->is_kswapd || (s->in_pass && s->in_zone));
}

static bool is_victim(const struct verify *v, int32_t pid)
{
	for (unsigned i = 0; i < VERIFY_VICTIMS_MAX; i++)
		if (v->victims[i] == pid)
			return pid != 0;
	return false;
}

static uint32_t task_of(const struct verify *v, const struct rec_event *e)
{
	uint32_t task = e->context & REC_CTX_LEVEL ? BUDDY_TASK_INTERRUPT : 0;

	if (is_memalloc(v, e) && (!task || (e->context & REC_CTX_SOFTIRQ)))
		task |= BUDDY_TASK_MEMALLOC;
	if (!task && is_victim(v, e->pid))
		task |= BUDDY_TASK_OOM_VICTIM;
	return task;
}

static void advance(struct verify *v, struct slow *s, bool found, uint64_t pages, enum buddy_compact_result result)
{
	v->deciding = s;
	buddy_slow_next(v->buddy, &s->path, &(struct buddy_outcome){ .found = found, .pages = pages,
								     .result = result });
}

/* What came before the step that the kernel takes now is over. */
static void settle(struct verify *v, struct slow *s)
{
	when_flush(v, s);
	if (s->in_pass) {
		pass_end(v, s);
		if (s->path.step == BUDDY_STEP_COMPACT)
			advance(v, s, s->pass_captured, 0, s->pass.result);
	}
	if (s->attempted) {
		s->attempted = false;
		advance(v, s, false, 0, BUDDY_COMPACT_SKIPPED);
	}
}

/* The kernel takes this step; holds it against the model's and brings the model there. */
static void arrive(struct verify *v, struct slow *s, enum buddy_step step, unsigned alloc_flags)
{
	struct verify_count *count = &v->result.count[VERIFY_STEP];

	settle(v, s);
	if (s->path.step == BUDDY_STEP_KILL && step == BUDDY_STEP_ATTEMPT) {
		count->taken++;
		advance(v, s, true, 0, BUDDY_COMPACT_SKIPPED);
	}
	if (s->path.step == step) {
		count->own++;
		return;
	}
	/* Old recordings do not tell what is reclaimable. */
	if (s->path.step == BUDDY_STEP_REVIEW && !v->tells_slow_path)
		count->taken++;
	else
		when_miss(v, VERIFY_STEP, step, s->path.step);
	buddy_slow_follow(&s->path, step, alloc_flags);
}

/* Another task holds the OOM killer's lock, so this one goes back without a look at the high mark. */
static bool killer_is_busy(const struct slow *s, unsigned alloc_flags)
{
	return s->path.step == BUDDY_STEP_ATTEMPT &&
	       (s->path.alloc_flags & BUDDY_ALLOC_MARK_MASK) == BUDDY_MARK_HIGH &&
	       (alloc_flags & BUDDY_ALLOC_MARK_MASK) != BUDDY_MARK_HIGH;
}

/* Flags that come from what the recording does not tell of the task. */
static uint32_t unknown_of_task(unsigned recorded, unsigned predicted)
{
	unsigned more = recorded & ~predicted;

	if (more & BUDDY_ALLOC_NO_MARKS)
		return BUDDY_TASK_MEMALLOC;
	if (more & BUDDY_ALLOC_OOM)
		return BUDDY_TASK_OOM_VICTIM;
	return more == BUDDY_ALLOC_MIN_RESERVE ? BUDDY_TASK_REALTIME : 0;
}

static void judge_flags(struct verify *v, struct slow *s, const struct rec_event *e)
{
	unsigned recorded = (unsigned)e->arg;
	struct verify_count *count = &v->result.count[VERIFY_FLAGS];
	uint32_t unknown = unknown_of_task(recorded, s->path.alloc_flags);

	if (s->path.alloc_flags == recorded && s->path.gfp == e->gfp) {
		count->own++;
		return;
	}
	if (killer_is_busy(s, recorded) || unknown)
		count->taken++;
	else
		when_miss(v, VERIFY_FLAGS, recorded, s->path.alloc_flags);
	s->path.request.task |= unknown;
	buddy_slow_follow(&s->path, BUDDY_STEP_ATTEMPT, recorded);
}

/* The fast attempt, told where memory is scarce. Agreement is not counted: it would bury the attempts that follow. */
int fast_entry(struct verify *v, const struct rec_event *e)
{
	struct buddy_request r = { .gfp = e->gfp, .cpu = e->cpu, .order = e->order };
	unsigned own = buddy_fast_flags(v->buddy, &r);

	if ((uint32_t)e->arg != own)
		when_miss(v, VERIFY_FLAGS, (uint32_t)e->arg, own);
	return 0;
}

/*
 * One node's kswapd was asked. What the recording does not tell: that it gave up on the node, which takes so many
 * rounds in vain and lasts until somebody reclaims a page; that its own timer had woken it when it was called before.
 */
static void judge_call(struct verify *v, uint32_t node, bool woken, bool own)
{
	struct daemons_seen *k = &v->daemons[node];
	bool gives_up = own && !woken && !k->gave_up && k->rounds >= KSWAPD_FAILURES_MAX;

	if (gives_up || (woken && k->gave_up) || (woken && !own && k->called))
		v->result.count[VERIFY_KSWAPD].taken++;
	else if (v->order && woken != (own && !k->gave_up))
		v->result.count[VERIFY_READ].taken++; /* it falls asleep or gets up just now, or another was first */
	else
		when_judge(v, VERIFY_KSWAPD, woken, own && !k->gave_up);
	k->gave_up = (k->gave_up || gives_up) && !woken;
	k->runs_late |= woken && !own && k->called;
	k->called |= woken;
	/* Woken by its timer it stands among the waiting until it runs, and is called again and again. */
	if (own != woken || k->runs_late)
		buddy_kswapd_sleeps(v->buddy, node, !woken || k->runs_late);
}

/* The kernel woke kswapd for a boost that the model does not have. */
void slow_settle_boost(struct verify *v, struct slow *s)
{
	for (uint32_t node = 0; s->boost_woken && node < v->machine->node_count; node++)
		if (s->boost_woken >> node & 1)
			judge_call(v, node, true, false);
	s->boost_woken = 0;
}

/* The model's allocation boosts a zone and wakes kswapd; the kernel told that before the allocation's end. */
void slow_boost_wakes(struct verify *v, uint32_t node)
{
	struct slow *s = v->current ? slow_of(v, v->current->key) : NULL;
	bool woken = s && s->boost_woken >> node & 1;

	if (!v->tells_slow_path)
		return;
	judge_call(v, node, woken, true);
	if (woken)
		s->boost_woken &= ~(1u << node);
}

/* kswapd is woken by a request that comes to the slow path, or (without flags) for a boost. */
int slow_kswapd_call(struct verify *v, const struct rec_event *e)
{
	struct slow *s = slow_get(v, context_key(e));
	uint32_t node = (uint32_t)e->arg;

	v->tells_slow_path = true;
	if (!s)
		return -ENOMEM;
	if (node >= v->machine->node_count || e->order > BUDDY_ORDER_MAX)
		return 0;
	slow_settle_boost(v, s);
	if (e->gfp) {
		/* Judged here: kswapd may run before the request's attempt. */
		judge_call(v, node, true, buddy_kswapd_ask(v->buddy, node, e->order,
							   buddy_highest_type(v->buddy, e->gfp)));
		s->woken |= 1u << node;
		return 0;
	}
	s->boost_woken |= 1u << node;
	return 0;
}

/* Every node's kswapd was asked before this attempt; those that were called are judged already. */
static void judge_kswapd(struct verify *v, struct slow *s, const struct buddy_request *r)
{
	unsigned highest = buddy_highest_type(v->buddy, r->gfp);

	for (uint32_t node = 0; node < v->machine->node_count; node++)
		if (!(s->woken >> node & 1))
			judge_call(v, node, false, buddy_kswapd_ask(v->buddy, node, r->order, highest));
	s->woken = 0;
}

int slow_attempt(struct verify *v, const struct rec_event *e)
{
	struct slow *s = slow_get(v, context_key(e));
	struct buddy_request r = { .gfp = e->gfp, .cpu = e->cpu, .order = e->order };

	if (!s)
		return -ENOMEM;
	r.task = task_of(v, e);
	if (!s->active) {
		when_flush(v, s);
		s->active = true;
		s->rewarded = s->attempted = s->pass_captured = false;
		v->slow_paths++;
		buddy_slow_begin(v->buddy, &r, &s->path);
		v->result.count[VERIFY_STEP].own++;
	} else {
		s->path.request.task |= r.task;
		s->path.request.cpu = e->cpu;
		arrive(v, s, BUDDY_STEP_ATTEMPT, (unsigned)e->arg);
	}
	slow_settle_boost(v, s);
	if (s->path.wakes && v->tells_slow_path)
		judge_kswapd(v, s, &r);
	judge_flags(v, s, e);
	s->attempted = true;
	v->deciding = s;
	v->attempt_flags = s->path.alloc_flags;
	return 0;
}

/* The block came behind a compaction: its zone's compaction is not deferred any more. */
void slow_reward(struct verify *v, struct slow *s)
{
	const struct context *c = context_find(&v->contexts, s->key);
	bool found = s->attempted && s->path.compacted && c && c->pending;

	if (!s->active || s->rewarded || !(found || s->pass_captured))
		return;
	s->rewarded = true;
	v->deciding = s;
	buddy_compact_defer_reset(v->buddy, found ? c->block.zone : s->pass_captured_zone, s->path.request.order, true);
}

static void judge_end(struct verify *v, struct slow *s, bool failed)
{
	struct verify_count *count = &v->result.count[VERIFY_STEP];

	if (!failed && (s->attempted || s->path.step == BUDDY_STEP_DONE)) {
		count->own++;
		return;
	}
	settle(v, s);
	if (s->path.step == BUDDY_STEP_FAIL && failed)
		count->own++;
	else if (failed && (s->path.step == BUDDY_STEP_KILL ||
			    (s->path.step == BUDDY_STEP_REVIEW && !v->tells_slow_path)))
		count->taken++;
	else
		when_miss(v, VERIFY_STEP, failed ? BUDDY_STEP_FAIL : BUDDY_STEP_DONE, s->path.step);
}

int slow_alloc(struct verify *v, const struct rec_event *e)
{
	struct slow *s = slow_of(v, context_key(e));

	if (!s || !s->active)
		return 0;
	if (s->in_pass) {
		pass_end(v, s);
		if (s->path.step == BUDDY_STEP_COMPACT)
			advance(v, s, s->pass_captured, 0, s->pass.result);
	}
	if (e->pfn != REC_NO_PFN)
		slow_reward(v, s);
	when_flush(v, s);
	judge_end(v, s, e->pfn == REC_NO_PFN);
	s->active = s->attempted = false;
	v->slow_paths--;
	return 0;
}

int slow_reclaim(struct verify *v, const struct rec_event *e)
{
	struct slow *s = slow_get(v, context_key(e));

	if (!s)
		return -ENOMEM;
	if (e->kind == REC_RECLAIM_BEGIN) {
		if (s->active)
			arrive(v, s, BUDDY_STEP_RECLAIM, 0);
		v->reclaiming += !s->reclaiming;
		s->reclaiming = true;
		s->reclaim_highest = buddy_highest_type(v->buddy, e->gfp);
		return 0;
	}
	v->reclaiming -= s->reclaiming;
	s->reclaiming = false;
	for (uint32_t node = 0; e->arg && node < v->machine->node_count; node++)
		v->daemons[node].gave_up = false;
	if (s->active && s->path.step == BUDDY_STEP_RECLAIM)
		advance(v, s, false, e->arg, BUDDY_COMPACT_SKIPPED);
	return 0;
}

int slow_compact(struct verify *v, const struct rec_event *e)
{
	struct slow *s = slow_get(v, context_key(e));

	if (!s)
		return -ENOMEM;
	if (!s->active)
		return 0;
	arrive(v, s, BUDDY_STEP_COMPACT, 0);
	if (!when_judge(v, VERIFY_COMPACTED, e->arg, s->path.priority))
		s->path.priority = (enum buddy_priority)(e->arg <= BUDDY_PRIORITY_ASYNC ? e->arg
											 : BUDDY_PRIORITY_ASYNC);
	pass_begin(v, s, e);
	return 0;
}

/* Reserve for atomic requests goes back, before per-CPU lists are drained or because reclaim is at its end. */
int slow_unreserve(struct verify *v, const struct rec_event *e)
{
	struct slow *s = slow_of(v, context_key(e));
	bool found;

	if (!s || !s->active)
		return 0;
	arrive(v, s, e->arg ? BUDDY_STEP_UNRESERVE : BUDDY_STEP_DRAIN, 0);
	v->deciding = s;
	s->path.request.cpu = e->cpu;
	found = buddy_unreserve_highatomic(v->buddy, &s->path.request, e->arg);
	advance(v, s, found, 0, BUDDY_COMPACT_SKIPPED);
	return 0;
}

static bool retries(const struct slow *s) { return s->path.step == BUDDY_STEP_ATTEMPT; }

/* The kernel tells how much of a zone is reclaimable, and whether that is reason enough to go on. */
int slow_review(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	struct slow *s = slow_of(v, context_key(e));

	if (!s || !s->active || !w)
		return 0;
	arrive(v, s, BUDDY_STEP_REVIEW, 0);
	advance(v, s, false, w->v[3], BUDDY_COMPACT_SKIPPED);
	if (!when_judge(v, VERIFY_STEP, w->v[7], retries(s)))
		buddy_slow_follow(&s->path, w->v[7] ? BUDDY_STEP_ATTEMPT : BUDDY_STEP_UNRESERVE, s->path.alloc_flags);
	return 0;
}

/* Told behind the decision of whether another compaction is worth it. */
int slow_compact_retry(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	struct slow *s = slow_of(v, context_key(e));
	bool again;

	if (!s || !s->active || !w)
		return 0;
	again = retries(s) && (s->path.alloc_flags & BUDDY_ALLOC_MARK_MASK) != BUDDY_MARK_HIGH;
	if (!when_judge(v, VERIFY_STEP, w->v[5], again))
		buddy_slow_follow(&s->path, BUDDY_STEP_ATTEMPT,
				  w->v[5] ? buddy_slow_flags(v->buddy, &s->path.request)
					  : BUDDY_MARK_HIGH | BUDDY_ALLOC_CPUSET);
	return 0;
}

int slow_victim(struct verify *v, const struct rec_event *e)
{
	v->victims[v->victim_count++ % VERIFY_VICTIMS_MAX] = (int32_t)e->arg;
	return 0;
}
