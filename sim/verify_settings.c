// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What changes limits and counters: watermarks, boost, limits of per-CPU lists, kswapd, folding.
 *
 * Interface: do_settings, do_decay, do_fold.
 */
#include "verify_internal.h"

#include <errno.h>

static void set_marks(struct verify *v, const struct rec_wide *w)
{
	struct buddy_zone_tuning t;
	uint32_t zone = (uint32_t)w->v[0];

	if (w->v[0] >= v->machine->zone_count)
		return;
	buddy_zone_tuning_get(v->buddy, zone, &t);
	for (unsigned i = 0; i <= BUDDY_MARK_HIGH; i++)
		t.mark_pages[i] = w->v[1 + i];
	t.mark_pages[BUDDY_MARK_PROMO] = 2 * t.mark_pages[BUDDY_MARK_HIGH] - t.mark_pages[BUDDY_MARK_LOW];
	t.boost_pages = w->v[4];
	buddy_zone_tune(v->buddy, zone, &t);
}

static void set_boost(struct verify *v, uint64_t arg)
{
	struct buddy_zone_tuning t;
	uint32_t zone = (uint32_t)(arg >> 32);

	if (zone >= v->machine->zone_count)
		return;
	buddy_zone_tuning_get(v->buddy, zone, &t);
	t.boost_pages = (uint32_t)arg;
	buddy_zone_tune(v->buddy, zone, &t);
}

/* Every CPU's list of a zone gets new limits; NULL leaves one as it is. */
static void set_pcp(struct verify *v, uint64_t zone, const uint64_t *high, const uint64_t *batch,
		    const uint64_t *threshold)
{
	for (uint32_t cpu = 0; zone < v->machine->zone_count && cpu < v->machine->cpu_count; cpu++) {
		struct buddy_pcp_tuning t;

		buddy_pcp_tuning_get(v->buddy, (uint32_t)zone, cpu, &t);
		if (high)
			t.high_pages = (uint32_t)*high;
		if (batch)
			t.batch_pages = (uint32_t)*batch;
		if (threshold)
			t.stat_threshold = (uint32_t)*threshold;
		buddy_pcp_tune(v->buddy, (uint32_t)zone, cpu, &t);
	}
}

/* The lists' limits after a change of the settings. Where they tune themselves only the bounds are set. */
static void set_limits(struct verify *v, const struct rec_wide *w)
{
	const uint64_t *high = v->machine->profile->pcp_high_tuned ? NULL : &w->v[1];

	set_pcp(v, w->v[0], high, &w->v[2], NULL);
	for (uint32_t cpu = 0; !high && w->v[0] < v->machine->zone_count && cpu < v->machine->cpu_count; cpu++) {
		struct buddy_pcp_tuning t;

		buddy_pcp_tuning_get(v->buddy, (uint32_t)w->v[0], cpu, &t);
		t.high_min_pages = (uint32_t)w->v[3];
		t.high_max_pages = (uint32_t)w->v[4];
		buddy_pcp_tune(v->buddy, (uint32_t)w->v[0], cpu, &t);
	}
}

/* While kswapd balances a node its zones up to the highest one asked for keep short per-CPU lists. */
static void set_reclaim_active(struct verify *v, const struct rec_event *e, bool active)
{
	uint32_t node = (uint32_t)e->arg, highest = active ? (uint32_t)(e->arg >> 32) : UINT32_MAX;

	v->result.condition[VERIFY_COND_KSWAPD] += active;
	for (uint32_t i = 0; i < v->machine->zone_count; i++) {
		const struct buddy_zone_config *z = &v->machine->zones[i];
		struct buddy_zone_tuning t;

		if (z->node != node || z->type > highest)
			continue;
		buddy_zone_tuning_get(v->buddy, i, &t);
		v->balancing[i].pid = e->pid;
		v->balancing[i].boost_pages = active ? t.boost_pages : 0;
		t.reclaim_active = active;
		if (!v->tells_flags)
			buddy_zone_tune(v->buddy, i, &t);
	}
}

int do_settings(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	uint64_t threshold = (uint32_t)e->arg;

	switch (e->kind) {
	case REC_ZONE_MARKS:
		if (w)
			set_marks(v, w);
		break;
	case REC_PCP_LIMITS:
		if (w)
			set_limits(v, w);
		break;
	case REC_STAT_THRESHOLD:
		set_pcp(v, e->arg >> 32, NULL, NULL, &threshold);
		break;
	case REC_BOOST:
		/* Given back under the zone's lock, whose end tells. */
		if (!v->tells_boost)
			set_boost(v, e->arg);
		break;
	case REC_KSWAPD_BEGIN:
	case REC_KSWAPD_END:
		set_reclaim_active(v, e, e->kind == REC_KSWAPD_BEGIN);
		break;
	default:
		break;
	}
	return 1;
}

int do_decay(struct verify *v, const struct rec_event *e)
{
	struct buddy_pcp_tuning t;
	int64_t excess;

	v->current = context_get(&v->contexts, context_key(e));
	if (!v->current)
		return -ENOMEM;
	v->current->decayed = true;
	if (!(e->flags & REC_TOLD_AGAIN))
		buddy_fold_zone(v->buddy, e->cpu, (uint32_t)e->arg);
	if (e->flags & VERIFY_ORDER_NOTHING)
		return 1;
	if (buddy_decay_high(v->buddy, e->cpu, (uint32_t)e->arg, &excess))
		return 1;
	buddy_pcp_tuning_get(v->buddy, (uint32_t)e->arg, e->cpu, &t);
	drain_begin(v->current, (uint32_t)e->arg, e->cpu, excess, t.batch_pages);
	return 1;
}

/*
 * Zones are folded one after the other, and told in the end: an interrupt in between may have counted in a zone that
 * was done. Pages are then counted in another place, but not others.
 */
static void left_behind(struct verify *v, const struct rec_event *e)
{
	for (uint32_t zone = 0; (e->arg & REC_STAT_FOLD_TOLD) && zone < v->machine->zone_count &&
				zone < REC_ZONES_READ_MAX; zone++) {
		int64_t told = (int8_t)(e->arg >> 8 * zone), counter = buddy_free_pages_counter(v->buddy, zone);
		struct buddy_pcp_tuning p;

		buddy_pcp_tuning_get(v->buddy, zone, e->cpu, &p);
		if (p.free_pages_diff == told)
			continue;
		v->result.count[VERIFY_COUNTER].taken++;
		buddy_zone_set_free_pages(v->buddy, zone, counter + p.free_pages_diff - told);
		p.free_pages_diff = told;
		buddy_pcp_tune(v->buddy, zone, e->cpu, &p);
	}
}

/* The counters of every zone, unless each was folded on its own just before its lists decayed. */
int do_fold(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));

	if (!c || !c->decayed) {
		buddy_fold_stats(v->buddy, e->cpu);
		left_behind(v, e);
		return 1;
	}
	left_behind(v, e);
	settle_notes(v, c);
	c->decayed = false;
	context_settle(&v->contexts, c);
	return 1;
}
