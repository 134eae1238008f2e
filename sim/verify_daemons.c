// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kcompactd, asked by others or on its own account, and what kswapd gives back.
 *
 * Interface: the on_* functions of verify_when.h, and proactive_begin.
 */
#include "verify_when.h"

/* The highest zone type that an event names; the kernel has one for devices above those that have memory here. */
static uint32_t highest_of(const struct rec_event *e)
{
	uint32_t highest = (uint32_t)(e->arg >> 32);

	return highest < BUDDY_ZONE_TYPE_COUNT ? highest : BUDDY_ZONE_TYPE_COUNT - 1;
}

/* --- kcompactd ------------------------------------------------------------------------------------------------- */

/* On to the next zone that is compacted; those that are not cost no event of their own. */
static void round_go(struct verify *v, struct slow *s)
{
	v->deciding = s;
	while ((s->round_more = buddy_round_next(v->buddy, &s->round))) {
		zone_begin(v, s, s->round.zone, s->round.order, BUDDY_MARK_MIN, s->round.highest_type);
		if (s->wanted == BUDDY_COMPACT_CONTINUE)
			return;
		buddy_round_done(v->buddy, &s->round, s->wanted);
	}
	s->in_zone = s->in_round = false;
}

int on_kcompactd_wake(struct verify *v, struct slow *s, const struct rec_event *e)
{
	uint32_t node = (uint32_t)e->arg;

	if (node >= v->machine->node_count || e->order > BUDDY_ORDER_MAX)
		return 0;
	s->is_kcompactd = s->in_round = s->worked = true;
	s->node = node;
	v->daemons[node].kcompactd_turns = false;
	buddy_round_begin(v->buddy, node, &s->round);
	if (v->tells_slow_path)
		when_judge(v, VERIFY_KCOMPACTD, e->order | e->arg >> 32 << 8,
			   (uint64_t)s->round.order | (uint64_t)s->round.highest_type << 8);
	else
		v->result.count[VERIFY_KCOMPACTD].taken++;
	s->round.order = e->order;
	s->round.highest_type = highest_of(e);
	round_go(v, s);
	return 0;
}

/* It looks at the node's fragmentation, unless kswapd runs: whether it does just then the recording says roughly. */
static void judge_proactive(struct verify *v, uint32_t node, bool compacts)
{
	bool own = buddy_proactive_wanted(v->buddy, node, v->machine->proactiveness, false);

	if (own && v->daemons[node].awake && !compacts)
		v->result.count[VERIFY_KCOMPACTD].taken++;
	else
		when_judge(v, VERIFY_KCOMPACTD, compacts, own);
}

/* Between two sleeps without work it has looked, and left it. */
int on_kcompactd_sleep(struct verify *v, struct slow *s, const struct rec_event *e)
{
	uint32_t node = (uint32_t)e->arg;

	if (node >= v->machine->node_count)
		return 0;
	when_flush(v, s);
	if (s->is_kcompactd && !s->in_round && !s->proactive && !s->worked)
		judge_proactive(v, node, false);
	s->is_kcompactd = true;
	s->in_round = s->in_zone = s->proactive = s->worked = false;
	buddy_kcompactd_slept(v->buddy, node);
	s->node = node;
	v->daemons[node].kcompactd_turns = true;
	return 0;
}

/* The whole zone, and nobody asked for it. */
void proactive_begin(struct verify *v, struct slow *s)
{
	if (s->is_kcompactd && !s->in_round && !s->proactive) {
		s->proactive = true;
		judge_proactive(v, s->node, true);
	}
}

int on_compact_end(struct verify *v, struct slow *s, const struct rec_wide *w)
{
	enum buddy_compact_result result;

	s->status = w->v[5];
	if (!s->in_round || !s->in_zone)
		return 0;
	when_flush(v, s);
	result = zone_result(v, s, false);
	when_judge(v, VERIFY_KCOMPACTD, s->status, result);
	v->deciding = s;
	buddy_round_done(v->buddy, &s->round, (enum buddy_compact_result)s->status);
	round_go(v, s);
	return 0;
}

/* --- kswapd ------------------------------------------------------------------------------------------------------ */

static void end_balancing(struct verify *v, struct slow *s)
{
	if (!s->boosts_open)
		return;
	s->boosts_open = false;
	for (uint32_t i = 0; i < v->machine->zone_count; i++) {
		const struct buddy_zone_config *z = &v->machine->zones[i];
		struct buddy_zone_tuning t;

		if (z->node != s->boosts.node)
			continue;
		buddy_zone_tuning_get(v->buddy, i, &t);
		t.reclaim_active = false;
		buddy_zone_tune(v->buddy, i, &t);
	}
	buddy_boosts_give_back(v->buddy, &s->boosts);
}

int on_kswapd(struct verify *v, struct slow *s, const struct rec_event *e)
{
	uint32_t node = (uint32_t)e->arg;
	bool wakes = e->kind == REC_KSWAPD_WAKE;

	s->is_kswapd = true;
	if (node >= v->machine->node_count)
		return 0;
	v->daemons[node].awake = wakes;
	buddy_kswapd_sleeps(v->buddy, node, !wakes);
	return 0;
}

int on_balance(struct verify *v, struct slow *s, const struct rec_event *e)
{
	uint32_t node = (uint32_t)e->arg;
	struct daemons_seen *k;

	when_flush(v, s);
	s->is_kswapd = true;
	s->balancing = e->kind == REC_KSWAPD_BEGIN && node < v->machine->node_count;
	if (node >= v->machine->node_count)
		return 0;
	k = &v->daemons[node];
	buddy_kswapd_sleeps(v->buddy, node, !s->balancing);
	k->rounds += s->balancing;
	k->called = k->runs_late = k->gave_up = false;
	if (!s->balancing)
		return 0;
	buddy_boosts_read(v->buddy, node, highest_of(e), &s->boosts);
	/* Where the ends of lock sections are told, it is given back where the kernel does. */
	s->boosts_open = !v->tells_boost;
	return 0;
}

/* The zone's boost as balancing left it. */
int on_boost(struct verify *v, struct slow *s, const struct rec_event *e)
{
	uint32_t zone = (uint32_t)(e->arg >> 32);
	struct buddy_zone_tuning t;

	if (!s->balancing || zone >= v->machine->zone_count)
		return 0;
	end_balancing(v, s);
	buddy_zone_tuning_get(v->buddy, zone, &t);
	when_judge(v, VERIFY_BOOST, (uint32_t)e->arg, t.boost_pages);
	return 0;
}

int on_kcompactd_ask(struct verify *v, struct slow *s, const struct rec_event *e)
{
	uint32_t node = (uint32_t)e->arg, highest = (uint32_t)(e->arg >> 32);

	if (node >= v->machine->node_count || e->order > BUDDY_ORDER_MAX)
		return 0;
	/* kswapd asks once it has given back the boosts. */
	if (s->balancing)
		end_balancing(v, s);
	/* Woken for a boost between taking a block and reserving its pageblock: not for an order. */
	if (!e->order)
		return 0;
	when_flush(v, s);
	v->deciding = s;
	s->asked_node = node;
	if (buddy_kcompactd_ask(v->buddy, node, e->order, highest))
		when_expect(v, s, REC_KCOMPACTD_CALL, &(struct buddy_decision){ .order = e->order, .result = highest });
	s->asked_count = s->expected_count;
	return 0;
}

int on_kcompactd_call(struct verify *v, struct slow *s, const struct rec_event *e)
{
	struct buddy_decision d = { .order = e->order, .result = (uint32_t)(e->arg >> 32) };

	if (when_told(v, s, e->kind, &d) != TOLD_UNEXPECTED)
		return 0;
	if (v->tells_slow_path) {
		when_miss(v, VERIFY_KCOMPACTD, true, false);
	} else {
		v->result.count[VERIFY_KCOMPACTD].taken++;
		v->deciding = NULL;
	}
	if ((uint32_t)e->arg < v->machine->node_count && e->order <= BUDDY_ORDER_MAX)
		buddy_kcompactd_ask(v->buddy, (uint32_t)e->arg, e->order, d.result);
	return 0;
}
