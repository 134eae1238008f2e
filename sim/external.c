// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the recorded kernel did beside requests and frees, applied to a model that may have gone another way.
 *
 * Interface: sim_replay_external (replay.h).
 * Invariant: every event ends up in exactly one of applied, substituted, skipped.
 *
 * Settings and drains can always be applied. A block that compaction isolated is taken as it is when it is free in
 * the model too; otherwise other frames are taken for it, so that as many are in use as in the recording.
 * Source: __isolate_free_page(), balance_pgdat(), setup_per_zone_wmarks(), refresh_cpu_vm_stats() 6.1.
 */
#include "replay.h"

#include <errno.h>

enum outcome { APPLIED, SUBSTITUTED, SKIPPED };

static enum outcome from_result(int result)
{
	return result ? SKIPPED : APPLIED;
}

/* Other frames in the place of those that compaction isolated. */
static enum outcome isolate_elsewhere(struct sim_replay *r, const struct rec_event *e, uint32_t zone)
{
	const struct buddy_gfp_bits *bits = &r->machine->profile->gfp;
	struct buddy_request request = { .gfp = bits->movable | bits->highmem, .cpu = e->cpu, .order = e->order };
	struct buddy_block block;

	request.node = (uint8_t)r->machine->zones[zone].node;
	if (buddy_alloc_attempt(r->machine->buddy, &request, BUDDY_ALLOC_NO_MARKS, &block)) {
		sim_map_set_state(&r->map, e->pfn, UINT64_C(1) << e->order, SIM_FRAME_ABSENT);
		return SKIPPED;
	}
	sim_map_set(&r->map, e->pfn, UINT64_C(1) << e->order, block.pfn, false);
	return SUBSTITUTED;
}

static enum outcome isolate(struct sim_replay *r, const struct rec_event *e)
{
	uint64_t pages = UINT64_C(1) << e->order;
	uint64_t head_pfn;
	unsigned order;
	uint32_t zone;

	if (!e->arg) /* the kernel was refused; nothing happened */
		return APPLIED;
	if (!sim_map_spans(&r->map, e->pfn, pages) || buddy_zone_of(r->machine->buddy, e->pfn, &zone)) {
		sim_replay_trouble(r, &r->totals.outside, e->pfn);
		return SKIPPED;
	}
	sim_replay_clear(r, e->pfn, pages);
	if (buddy_frame_state(r->machine->buddy, e->pfn, &head_pfn, &order) == BUDDY_FRAME_FREE &&
	    head_pfn == e->pfn && order == e->order &&
	    !buddy_isolate_free(r->machine->buddy, e->cpu, e->pfn, e->order)) {
		sim_map_set(&r->map, e->pfn, pages, e->pfn, false);
		return APPLIED;
	}
	if (!buddy_take(r->machine->buddy, e->cpu, e->pfn, e->order)) {
		sim_map_set(&r->map, e->pfn, pages, e->pfn, false);
		return SUBSTITUTED;
	}
	return isolate_elsewhere(r, e, zone);
}

static enum outcome putback(struct sim_replay *r, const struct rec_event *e)
{
	uint64_t pages = UINT64_C(1) << e->order;
	int result = 0;

	if (!sim_map_spans(&r->map, e->pfn, pages))
		return SKIPPED;
	if (sim_map_is_block(&r->map, e->pfn, e->order)) {
		result = buddy_putback_isolated(r->machine->buddy, e->cpu, sim_map_model_pfn(&r->map, e->pfn),
						e->order, e->migratetype);
		sim_map_set_state(&r->map, e->pfn, pages, SIM_FRAME_GONE);
		return from_result(result);
	}
	for (uint64_t pfn = e->pfn; pfn < e->pfn + pages; pfn++) {
		if (!sim_map_in_use(&r->map, pfn) || sim_map_at(&r->map, pfn)->sized)
			continue;
		result = buddy_free_direct(r->machine->buddy, e->cpu, sim_map_model_pfn(&r->map, pfn), 0, 0);
		sim_map_set_state(&r->map, pfn, 1, SIM_FRAME_GONE);
	}
	return result ? SKIPPED : SUBSTITUTED;
}

static enum outcome zone_marks(struct sim_replay *r, const struct rec_wide *w)
{
	struct buddy_zone_tuning t;
	uint32_t zone = (uint32_t)w->v[0];

	if (r->options.own_marks || w->v[0] >= r->machine->zone_count)
		return SKIPPED;
	buddy_zone_tuning_get(r->machine->buddy, zone, &t);
	for (unsigned mark = BUDDY_MARK_MIN; mark <= BUDDY_MARK_HIGH; mark++)
		t.mark_pages[mark] = w->v[1 + mark];
	t.mark_pages[BUDDY_MARK_PROMO] = 2 * t.mark_pages[BUDDY_MARK_HIGH] - t.mark_pages[BUDDY_MARK_LOW];
	t.boost_pages = w->v[4];
	for (unsigned type = 0; type < 3; type++)
		t.lowmem_reserve_pages[type] = w->v[5 + type];
	return from_result(buddy_zone_tune(r->machine->buddy, zone, &t));
}

static enum outcome pcp_limits(struct sim_replay *r, const struct rec_wide *w)
{
	int result = 0;

	if (r->options.own_pcp_limits || w->v[0] >= r->machine->zone_count)
		return SKIPPED;
	for (uint32_t cpu = 0; cpu < r->machine->cpu_count && !result; cpu++) {
		struct buddy_pcp_tuning t;

		buddy_pcp_tuning_get(r->machine->buddy, (uint32_t)w->v[0], cpu, &t);
		t.high_pages = (uint32_t)w->v[1];
		t.batch_pages = (uint32_t)w->v[2];
		t.high_min_pages = (uint32_t)w->v[3];
		t.high_max_pages = (uint32_t)w->v[4];
		result = buddy_pcp_tune(r->machine->buddy, (uint32_t)w->v[0], cpu, &t);
	}
	return from_result(result);
}

static enum outcome stat_threshold(struct sim_replay *r, const struct rec_event *e)
{
	uint32_t zone = (uint32_t)(e->arg >> 32);
	int result = 0;

	if (zone >= r->machine->zone_count)
		return SKIPPED;
	for (uint32_t cpu = 0; cpu < r->machine->cpu_count && !result; cpu++) {
		struct buddy_pcp_tuning t;

		buddy_pcp_tuning_get(r->machine->buddy, zone, cpu, &t);
		t.stat_threshold = (uint32_t)e->arg;
		result = buddy_pcp_tune(r->machine->buddy, zone, cpu, &t);
	}
	return from_result(result);
}

/* kswapd caps the per-CPU lists while it works, and gives back the boost that stood when it began. */
static enum outcome kswapd(struct sim_replay *r, const struct rec_event *e)
{
	uint32_t node = (uint32_t)e->arg, highest = (uint32_t)(e->arg >> 32);
	bool begins = e->kind == REC_KSWAPD_BEGIN;

	for (uint32_t zone = 0; zone < r->machine->zone_count; zone++) {
		const struct buddy_zone_config *z = &r->machine->zones[zone];
		struct buddy_zone_tuning t;

		if (z->node != node || (begins && z->type > highest))
			continue;
		buddy_zone_tuning_get(r->machine->buddy, zone, &t);
		t.reclaim_active = begins;
		if (begins) {
			r->boost_at_kswapd[zone] = t.boost_pages;
		} else {
			uint64_t back = r->boost_at_kswapd[zone];

			t.boost_pages -= back < t.boost_pages ? back : t.boost_pages;
			r->boost_at_kswapd[zone] = 0;
		}
		if (buddy_zone_tune(r->machine->buddy, zone, &t))
			return SKIPPED;
	}
	return APPLIED;
}

/* Zones whose lists decayed just before (6.12) were folded then, each on its own. */
static enum outcome fold(struct sim_replay *r, uint32_t cpu)
{
	if (r->decayed[cpu]) {
		r->decayed[cpu] = false;
		return APPLIED;
	}
	return from_result(buddy_fold_stats(r->machine->buddy, cpu));
}

static enum outcome decay(struct sim_replay *r, const struct rec_event *e)
{
	r->decayed[e->cpu] = true;
	if (e->flags & REC_TOLD_AGAIN)
		return APPLIED;
	return from_result(buddy_decay_pcp(r->machine->buddy, e->cpu, (uint32_t)e->arg));
}

static enum outcome unreserve(struct sim_replay *r, const struct rec_event *e)
{
	const struct buddy_gfp_bits *bits = &r->machine->profile->gfp;
	struct buddy_request request = { .gfp = bits->movable | bits->highmem, .cpu = e->cpu };

	(void)buddy_unreserve_highatomic(r->machine->buddy, &request, e->arg != 0);
	return APPLIED;
}

static enum outcome apply(struct sim_replay *r, const struct rec_event *e, const struct rec_wide *wide)
{
	struct buddy *buddy = r->machine->buddy;

	switch (e->kind) {
	case REC_ISOLATE:
		return isolate(r, e);
	case REC_PUTBACK:
		return putback(r, e);
	case REC_DRAIN_ZONE:
		return from_result(buddy_drain_zone(buddy, e->cpu, (uint32_t)(e->arg >> 32), (uint32_t)e->arg));
	case REC_STAT_FOLD:
		return fold(r, e->cpu);
	case REC_DECAY:
		return decay(r, e);
	case REC_ZONE_MARKS:
		return zone_marks(r, &wide[e->arg]);
	case REC_PCP_LIMITS:
		return pcp_limits(r, &wide[e->arg]);
	case REC_STAT_THRESHOLD:
		return stat_threshold(r, e);
	case REC_UNRESERVE:
		return unreserve(r, e);
	case REC_KSWAPD_BEGIN:
	case REC_KSWAPD_END:
		return kswapd(r, e);
	default:
		return SKIPPED; /* rotated lists, memory hotplug and the like have no meaning on other lists */
	}
}

void sim_replay_external(struct sim_replay *r, const struct rec_event *e, const struct rec_wide *wide)
{
	if (e->kind == REC_LOST) {
		r->totals.lost_events += e->arg;
		return;
	}
	switch (apply(r, e, wide)) {
	case APPLIED: r->totals.external_applied[e->kind]++; break;
	case SUBSTITUTED: r->totals.external_substituted[e->kind]++; break;
	case SKIPPED: r->totals.external_skipped[e->kind]++; break;
	}
}
