// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compaction's decisions of whether: suitable, finished, deferred, which zones.
 *
 * Interface: when_event and what verify_internal.h lists with it; what verify_when.h lists.
 * The kernel's question is the event; the answer is the model's own. Where a question is not an event, the model asks
 * it when the event before it comes, and its answers wait in a queue.
 */
#include "verify_when.h"

#include <errno.h>
#include <stdlib.h>

/* --- One struct per context ------------------------------------------------------------------------------------ */

struct slow *slow_of(const struct verify *v, uint64_t key)
{
	struct slow *s = v->slows;

	while (s && s->key != key)
		s = s->next;
	return s;
}

/* There are few at a time, and a finished one is used again. */
struct slow *slow_get(struct verify *v, uint64_t key)
{
	struct slow *s = slow_of(v, key);

	if (s)
		return s;
	for (s = v->slows; s; s = s->next)
		if (!s->active && !s->reclaiming && !s->in_pass && !s->is_kcompactd && !s->is_kswapd &&
		    !s->expected_count && !s->woken && !s->boost_woken)
			break;
	if (s) {
		*s = (struct slow){ .key = key, .next = s->next };
		return s;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->key = key;
	s->next = v->slows;
	v->slows = s;
	return s;
}

/* What is still to be told when the recording ends is no miss: the end may lie between. */
void when_finish(struct verify *v)
{
	for (struct slow *s = v->slows; s; s = s->next) {
		s->expected_count = 0;
		slow_settle_boost(v, s);
	}
}

void when_fini(struct verify *v)
{
	while (v->slows) {
		struct slow *next = v->slows->next;

		free(v->slows);
		v->slows = next;
	}
}

static uint64_t task_key(const struct rec_event *e)
{
	struct rec_event task = *e;

	task.context = 0;
	return context_key(&task);
}

/* While a task reclaims for a request, what it asks for itself is another request's. */
bool when_nested(const struct verify *v, const struct rec_event *e)
{
	const struct slow *s;

	if ((e->context & REC_CTX_LEVEL) || e->kind == REC_RECLAIM_END)
		return false;
	s = slow_of(v, task_key(e));
	return s && s->reclaiming;
}

static uint32_t zone_index(const struct verify *v, const struct rec_wide *w)
{
	for (uint32_t i = 0; i < v->machine->zone_count; i++)
		if (v->machine->zones[i].node == w->v[0] && v->machine->zones[i].type == w->v[1])
			return i;
	return UINT32_MAX;
}

/* --- Holding against ------------------------------------------------------------------------------------------- */

void when_miss(struct verify *v, enum verify_class class, uint64_t recorded, uint64_t predicted)
{
	struct verify_when_miss *m = &v->result.first_when;

	v->result.count[class].missed++;
	if (m->present)
		return;
	*m = (struct verify_when_miss){ .present = true, .class = class, .event = v->now, .recorded = recorded,
					.predicted = predicted };
}

bool when_judge(struct verify *v, enum verify_class class, uint64_t recorded, uint64_t predicted)
{
	if (recorded != predicted) {
		when_miss(v, class, recorded, predicted);
		return false;
	}
	v->result.count[class].own++;
	return true;
}

static enum verify_class class_of_kind(unsigned kind)
{
	switch (kind) {
	case REC_COMPACT_SUITABLE:
		return VERIFY_SUITABLE;
	case REC_MOVE_BLOCK:
		return VERIFY_RESERVE;
	case REC_KCOMPACTD_CALL:
		return VERIFY_KCOMPACTD;
	default:
		return VERIFY_DEFERRAL;
	}
}

void when_expect(struct verify *v, struct slow *s, unsigned kind, const struct buddy_decision *d)
{
	if (s->expected_count == SLOW_EXPECTED_MAX) {
		when_miss(v, class_of_kind(kind), 0, kind);
		return;
	}
	s->expected[s->expected_count++] = (struct expected){ .kind = (uint8_t)kind, .decision = *d };
}

void when_decided(void *context, const struct buddy_decision *d)
{
	static const uint8_t kinds[] = {
		[BUDDY_DECISION_SUITABLE] = REC_COMPACT_SUITABLE, [BUDDY_DECISION_DEFERRED] = REC_COMPACT_DEFERRED,
		[BUDDY_DECISION_DEFER] = REC_COMPACT_DEFER, [BUDDY_DECISION_DEFER_RESET] = REC_COMPACT_DEFER_RESET,
		[BUDDY_DECISION_MOVED] = REC_MOVE_BLOCK,
	};
	struct verify *v = context;

	if (d->kind == BUDDY_DECISION_KSWAPD) {
		slow_boost_wakes(v, v->machine->zones[d->zone].node);
		return;
	}
	if (v->deciding && v->collect)
		when_expect(v, v->deciding, kinds[d->kind], d);
}

static void drop_first(struct slow *s)
{
	s->expected_count--;
	for (unsigned i = 0; i < s->expected_count; i++)
		s->expected[i] = s->expected[i + 1];
}

/* Some kernels have the function that tells inlined where the reserve is given back. */
static bool is_told(const struct verify *v, const struct expected *x)
{
	return x->kind != REC_MOVE_BLOCK || x->decision.type == BUDDY_HIGHATOMIC || v->tells_unreserve;
}

/*
 * Nobody answered: kcompactd had said that it goes to sleep, but yielded before it did, and will find the work without
 * being woken.
 */
static bool nobody_slept(struct verify *v, struct slow *s)
{
	bool nothing_told = s->asked_count && s->expected_count == s->asked_count;

	if (!nothing_told || !v->daemons[s->asked_node].kcompactd_turns)
		return false;
	v->result.count[VERIFY_KCOMPACTD].taken++;
	buddy_kcompactd_busy(v->buddy, s->asked_node);
	s->expected_count = 0;
	return true;
}

void when_flush(struct verify *v, struct slow *s)
{
	if (nobody_slept(v, s))
		v->daemons[s->asked_node].kcompactd_turns = false;
	s->asked_count = 0;
	/* An old recording does not tell any of it. */
	for (unsigned i = 0; v->result.tells_compaction && i < s->expected_count; i++)
		if (is_told(v, &s->expected[i]))
			when_miss(v, class_of_kind(s->expected[i].kind), 0, s->expected[i].kind);
	s->expected_count = 0;
}

static bool same_decision(const struct expected *x, const struct buddy_decision *d)
{
	const struct buddy_decision *p = &x->decision;

	return p->zone == d->zone && p->order == d->order && p->result == d->result &&
	       p->considered == d->considered && p->defer_shift == d->defer_shift &&
	       p->order_failed == d->order_failed && p->type == d->type && p->pfn == d->pfn;
}

enum told when_told(struct verify *v, struct slow *s, unsigned kind, const struct buddy_decision *d)
{
	enum verify_class class = class_of_kind(kind);
	bool same;

	if (!s->expected_count || s->expected[0].kind != kind)
		return TOLD_UNEXPECTED;
	if (s->asked_count)
		v->daemons[s->asked_node].kcompactd_turns = false;
	s->asked_count = 0;
	same = same_decision(&s->expected[0], d);
	if (same)
		v->result.count[class].own++;
	else
		when_miss(v, class, d->result, s->expected[0].decision.result);
	drop_first(s);
	return same ? TOLD_SAME : TOLD_OTHERWISE;
}

/* --- Suitable, deferred ---------------------------------------------------------------------------------------- */

/* Reclaim asks whether compaction could go on; the zones that it may reclaim from are the request's or kswapd's. */
static bool reclaim_asks(const struct verify *v, const struct slow *s, const struct rec_event *e, unsigned *highest_out)
{
	const struct slow *task = slow_of(v, task_key(e));

	if (task && task->reclaiming)
		*highest_out = task->reclaim_highest;
	else if (s->is_kswapd && s->balancing && (v->tells_slow_path || !s->boosts.boosted))
		*highest_out = s->boosts.highest_type; /* else it may have given back the boost before it asked */
	else
		return false;
	return true;
}

static int on_suitable(struct verify *v, struct slow *s, const struct rec_event *e, const struct rec_wide *w)
{
	struct buddy_decision d = { .zone = zone_index(v, w), .order = (int32_t)w->v[2], .result = (uint32_t)w->v[3] };
	unsigned highest = BUDDY_ZONE_NORMAL;

	if (d.zone == UINT32_MAX || d.order > (int)BUDDY_ORDER_MAX || d.order < BUDDY_WHOLE_ZONE)
		return 0;
	if (!s->expected_count || s->expected[0].kind != REC_COMPACT_SUITABLE) {
		if (d.order != BUDDY_WHOLE_ZONE && !reclaim_asks(v, s, e, &highest)) {
			v->result.count[VERIFY_SUITABLE].taken++;
			return 0;
		}
		when_flush(v, s);
		v->deciding = s;
		buddy_compact_suitable(v->buddy, d.zone, d.order, BUDDY_MARK_MIN, highest);
	}
	when_told(v, s, e->kind, &d);
	return 0;
}

static int on_deferral(struct verify *v, struct slow *s, const struct rec_event *e, const struct rec_wide *w)
{
	struct buddy_decision d = { .zone = zone_index(v, w), .order = (int32_t)w->v[2],
				    .considered = (uint32_t)w->v[3], .defer_shift = (uint32_t)w->v[4],
				    .order_failed = (int32_t)w->v[5] };
	enum told how;

	if (d.zone == UINT32_MAX)
		return 0;
	if (e->kind == REC_COMPACT_DEFERRED)
		pass_go_on(v, s);
	if (e->kind == REC_COMPACT_DEFER_RESET && !s->expected_count)
		slow_reward(v, s);
	how = when_told(v, s, e->kind, &d);
	if (how == TOLD_SAME)
		return 0;
	if (how == TOLD_UNEXPECTED)
		when_miss(v, VERIFY_DEFERRAL, e->kind, s->expected_count ? s->expected[0].kind : 0);
	buddy_deferral_set(v->buddy, d.zone, &(struct buddy_deferral){ .considered = d.considered,
								       .shift = d.defer_shift,
								       .order_failed = d.order_failed });
	return 0;
}

static int on_move_block(struct verify *v, struct slow *s, const struct rec_event *e)
{
	struct buddy_decision d = { .zone = (uint32_t)e->arg, .type = e->migratetype, .pfn = e->pfn };

	/* A claimed pageblock is moved as well, before one is reserved. */
	if (s->expected_count && s->expected[0].decision.type != d.type)
		return 0;
	v->tells_unreserve |= s->expected_count && d.type != BUDDY_HIGHATOMIC;
	if (when_told(v, s, e->kind, &d) == TOLD_UNEXPECTED && e->migratetype == BUDDY_HIGHATOMIC)
		when_miss(v, VERIFY_RESERVE, e->pfn, 0);
	return 0;
}

/* --- One zone's compaction ------------------------------------------------------------------------------------- */

static bool goes_on(enum buddy_compact_result r) { return r == BUDDY_COMPACT_NO_PAGE || r == BUDDY_COMPACT_CONTINUE; }

void zone_begin(struct verify *v, struct slow *s, uint32_t zone, int order, unsigned alloc_flags,
		       unsigned highest)
{
	s->in_zone = true;
	s->began = false;
	s->finished = BUDDY_COMPACT_CONTINUE;
	v->deciding = s;
	s->wanted = buddy_compact_wanted(v->buddy, zone, order, alloc_flags, highest);
}

/* Isolation may give up for reasons of its own: that is taken from the recording. */
enum buddy_compact_result zone_result(struct verify *v, const struct slow *s, bool captured)
{
	if (captured)
		return BUDDY_COMPACT_SUCCESS;
	if (!s->began)
		return s->wanted;
	if (!goes_on(s->finished))
		return s->finished;
	v->result.count[VERIFY_FINISHED].taken++;
	return s->status <= BUDDY_COMPACT_SUCCESS ? (enum buddy_compact_result)s->status : BUDDY_COMPACT_CONTENDED;
}

/*
 * That the task is contended or to die is the recording's, and so is where the scanners stand unless @where says it;
 * what follows from it, and whether a suitable block is free, is the model's.
 */
void when_finished(struct verify *v, const struct rec_event *e, const struct rec_wide *w, const struct scanners *where)
{
	enum buddy_compact_result recorded = (enum buddy_compact_result)w->v[3], own;
	struct buddy_compact_state state = { .zone = zone_index(v, w), .order = (int32_t)w->v[2],
					     .type = BUDDY_UNMOVABLE,
					     .proactiveness = (uint8_t)v->machine->proactiveness };
	struct verify_count *count = &v->result.count[VERIFY_FINISHED];
	struct slow *s = slow_of(v, context_key(e));

	if (!s || state.zone == UINT32_MAX || state.order > (int)BUDDY_ORDER_MAX || state.order < BUDDY_WHOLE_ZONE)
		return;
	if (s->in_pass)
		state.type = (uint8_t)gfp_list(v, s->pass.request.gfp);
	state.proactive = s->proactive;
	state.contended = recorded == BUDDY_COMPACT_CONTENDED;
	state.scanners_met = recorded == BUDDY_COMPACT_COMPLETE || recorded == BUDDY_COMPACT_PARTIAL;
	state.whole_zone = recorded == BUDDY_COMPACT_COMPLETE;
	state.pageblock_done = recorded != BUDDY_COMPACT_CONTINUE;
	if (where) {
		state.scanners_met = where->met;
		state.whole_zone = where->whole_zone;
		state.pageblock_done = where->pageblock_done;
		state.kswapd_running = state.proactive && recorded == BUDDY_COMPACT_PARTIAL && !where->met;
	}
	own = buddy_compact_finished(v->buddy, &state);
	s->finished = recorded;
	if (own != recorded)
		when_miss(v, VERIFY_FINISHED, recorded, own);
	else if (state.contended || state.kswapd_running ||
		 (!where && (state.scanners_met || (!state.pageblock_done && state.order >= 0))))
		count->taken++;
	else
		count->own++;
}

static int on_compact_begin(struct verify *v, struct slow *s)
{
	when_flush(v, s);
	if (!s->in_zone) {
		proactive_begin(v, s);
		return 0;
	}
	if (s->wanted != BUDDY_COMPACT_CONTINUE)
		when_miss(v, VERIFY_SUITABLE, BUDDY_COMPACT_CONTINUE, s->wanted);
	s->began = true;
	return 0;
}

/* --- A request's compaction ------------------------------------------------------------------------------------ */

void pass_begin(struct verify *v, struct slow *s, const struct rec_event *e)
{
	struct buddy_request r = s->path.request;

	r.gfp = e->gfp;
	s->in_pass = true;
	s->pass_captured = false;
	v->deciding = s;
	buddy_pass_begin(v->buddy, &r, s->path.alloc_flags, s->path.priority, &s->pass);
	s->pass_due = false;
	s->pass_more = buddy_pass_next(v->buddy, &s->pass);
}

/* The kernel goes on to the next zone. */
void pass_go_on(struct verify *v, struct slow *s)
{
	if (!s->in_pass || !s->pass_due)
		return;
	when_flush(v, s);
	s->pass_due = false;
	v->deciding = s;
	s->pass_more = buddy_pass_next(v->buddy, &s->pass);
}

/* The kernel has left it, maybe early: for another task that wants the CPU, or because it is to die. */
void pass_end(struct verify *v, struct slow *s)
{
	when_flush(v, s);
	if (s->pass_due && buddy_pass_remains(v->buddy, &s->pass))
		v->result.count[VERIFY_COMPACTED].taken++;
	else if (s->pass_more)
		when_miss(v, VERIFY_COMPACTED, UINT32_MAX, s->pass.zone);
	s->in_pass = s->pass_more = s->pass_due = s->in_zone = false;
}

static int on_capture_begin(struct verify *v, struct slow *s, const struct rec_event *e)
{
	if (!s->in_pass || e->arg >= v->machine->zone_count)
		return 0;
	pass_go_on(v, s);
	when_flush(v, s);
	when_judge(v, VERIFY_COMPACTED, e->arg, s->pass_more ? s->pass.zone : UINT32_MAX);
	s->pass.zone = (uint32_t)e->arg;
	zone_begin(v, s, s->pass.zone, e->order, s->pass.alloc_flags, buddy_highest_type(v->buddy, e->gfp));
	return 0;
}

static int on_capture_end(struct verify *v, struct slow *s, const struct rec_event *e)
{
	const struct context *c = context_find(&v->contexts, s->key);
	enum buddy_compact_result result;

	if (!s->in_pass || !s->in_zone)
		return 0;
	when_flush(v, s);
	s->pass_captured = c && c->compacting && c->capture.done;
	s->pass_captured_zone = s->pass.zone;
	result = zone_result(v, s, s->pass_captured);
	s->in_zone = false;
	/* Without a scan this is the only place that tells what the watermarks said. */
	if (!s->began || result != (enum buddy_compact_result)e->arg)
		when_judge(v, s->began ? VERIFY_FINISHED : VERIFY_SUITABLE, e->arg, result);
	v->deciding = s;
	buddy_pass_done(v->buddy, &s->pass, (enum buddy_compact_result)e->arg);
	s->pass_more = false;
	s->pass_due = true;
	return 0;
}

/* --- The events -------------------------------------------------------------------------------------------------- */

/* The model knows where the scanners stand when the recording tells of runs. */
static int on_finished(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	const struct buddy_compaction *run = run_settled(v, e);
	struct scanners where;

	if (run) {
		where.met = buddy_compact_met(v->buddy, run);
		where.whole_zone = run->flags & BUDDY_COMPACT_WHOLE_ZONE;
		where.pageblock_done = !(run->migrate_pfn & (v->pageblock_pages - 1));
	}
	when_finished(v, e, w, run ? &where : NULL);
	return 0;
}

static int on_wide(struct verify *v, struct slow *s, const struct rec_event *e, const struct rec_wide *w)
{
	switch (e->kind) {
	case REC_COMPACT_SUITABLE:
		if ((int32_t)w->v[2] == BUDDY_WHOLE_ZONE)
			proactive_begin(v, s);
		return on_suitable(v, s, e, w);
	case REC_COMPACT_FINISHED:
		return on_finished(v, e, w);
	case REC_COMPACT_BEGIN:
		return on_compact_begin(v, s);
	case REC_COMPACT_END:
		return on_compact_end(v, s, w);
	default:
		return on_deferral(v, s, e, w);
	}
}

static int on_slow(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	struct slow *s = slow_get(v, context_key(e));

	if (!s)
		return -ENOMEM;
	switch (e->kind) {
	case REC_CAPTURE_BEGIN:
		return on_capture_begin(v, s, e);
	case REC_CAPTURE_END:
		return on_capture_end(v, s, e);
	case REC_MOVE_BLOCK:
		return on_move_block(v, s, e);
	case REC_KCOMPACTD_SLEEP:
		return on_kcompactd_sleep(v, s, e);
	case REC_KCOMPACTD_WAKE:
		return on_kcompactd_wake(v, s, e);
	case REC_KCOMPACTD_ASK:
		return on_kcompactd_ask(v, s, e);
	case REC_KCOMPACTD_CALL:
		return on_kcompactd_call(v, s, e);
	case REC_KSWAPD_WAKE:
	case REC_KSWAPD_SLEEP:
		return on_kswapd(v, s, e);
	case REC_KSWAPD_BEGIN:
	case REC_KSWAPD_END:
		return on_balance(v, s, e);
	case REC_BOOST:
		return on_boost(v, s, e);
	default:
		return w ? on_wide(v, s, e, w) : 0;
	}
}

int when_event(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	v->deciding = NULL;
	switch (e->kind) {
	case REC_ALLOC:
		return v->slow_paths ? slow_alloc(v, e) : 0;
	case REC_ENTRY:
		return fast_entry(v, e);
	case REC_ATTEMPT:
		return slow_attempt(v, e);
	case REC_RECLAIM_BEGIN:
	case REC_RECLAIM_END:
		return slow_reclaim(v, e);
	case REC_COMPACT_TRY:
		return slow_compact(v, e);
	case REC_UNRESERVE:
		return slow_unreserve(v, e);
	case REC_RECLAIM_RETRY:
		v->tells_slow_path = true;
		return slow_review(v, e, w);
	case REC_COMPACT_RETRY:
		return slow_compact_retry(v, e, w);
	case REC_OOM_VICTIM:
		return slow_victim(v, e);
	case REC_KSWAPD_CALL:
		return slow_kswapd_call(v, e);
	case REC_KCOMPACTD_ASK:
		v->tells_slow_path = true;
		return on_slow(v, e, w);
	case REC_CAPTURE_BEGIN:
	case REC_CAPTURE_END:
	case REC_MOVE_BLOCK:
	case REC_KSWAPD_WAKE:
	case REC_KSWAPD_SLEEP:
	case REC_KSWAPD_BEGIN:
	case REC_KSWAPD_END:
	case REC_BOOST:
	case REC_COMPACT_BEGIN:
	case REC_COMPACT_END:
		return on_slow(v, e, w);
	default:
		if (e->kind < REC_COMPACT_FINISHED || e->kind > REC_KCOMPACTD_WAKE)
			return 0;
		v->result.tells_compaction = true;
		return on_slow(v, e, w);
	}
}
