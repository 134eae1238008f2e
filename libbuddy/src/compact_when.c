// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When compaction runs: whether a zone is suitable, whether enough was done, deferral, kcompactd.
 *
 * Interface: slowpath.h, but for the slow path itself.
 * Source: compaction_suitable, compaction_suit_allocation_order, __compact_finished, compaction_deferred,
 * defer_compaction, compaction_defer_reset, compaction_restarting, try_to_compact_pages, wakeup_kcompactd,
 * kcompactd_do_work, fragmentation_score_*, should_proactive_compact_node, mm/compaction.c 6.1 and 6.12.
 */
#include "internal.h"

#define DEFER_SHIFT_MAX 6u        /* COMPACT_MAX_DEFER_SHIFT */
#define EXTFRAG_THRESHOLD 500u    /* as the kernel sets it */
#define PROACTIVE_MARK_MIN 5u     /* the low mark is never below */
#define PROACTIVE_MARK_DISTANCE 10u

/* --- Deferral ------------------------------------------------------------------------------------------------ */

static void decided_deferral(const struct buddy *b, unsigned kind, uint32_t zone, int order)
{
	const struct buddy_deferral *d = &b->zones[zone].deferral;

	decided(b, &(struct buddy_decision){ .kind = (uint8_t)kind, .zone = zone, .order = order,
					     .considered = d->considered, .defer_shift = d->shift,
					     .order_failed = d->order_failed });
}

void buddy_deferral_get(const struct buddy *b, uint32_t zone, struct buddy_deferral *out)
{
	assert(zone < b->zone_count);
	*out = b->zones[zone].deferral;
}

int buddy_deferral_set(struct buddy *b, uint32_t zone, const struct buddy_deferral *deferral)
{
	if (zone >= b->zone_count || deferral->shift > DEFER_SHIFT_MAX)
		return -EINVAL;
	b->zones[zone].deferral = *deferral;
	return 0;
}

bool buddy_compact_deferred(struct buddy *b, uint32_t zone, int order)
{
	struct buddy_deferral *d = &b->zones[zone].deferral;
	uint32_t limit = 1u << d->shift;

	if (order < d->order_failed)
		return false;
	if (++d->considered >= limit) {
		d->considered = limit;
		return false;
	}
	decided_deferral(b, BUDDY_DECISION_DEFERRED, zone, order);
	return true;
}

void buddy_compact_defer(struct buddy *b, uint32_t zone, int order)
{
	struct buddy_deferral *d = &b->zones[zone].deferral;

	d->considered = 0;
	if (d->shift < DEFER_SHIFT_MAX)
		d->shift++;
	if (order < d->order_failed)
		d->order_failed = order;
	decided_deferral(b, BUDDY_DECISION_DEFER, zone, order);
}

void buddy_compact_defer_reset(struct buddy *b, uint32_t zone, int order, bool succeeded)
{
	struct buddy_deferral *d = &b->zones[zone].deferral;

	if (succeeded)
		d->considered = d->shift = 0;
	if (order >= d->order_failed)
		d->order_failed = order + 1;
	decided_deferral(b, BUDDY_DECISION_DEFER_RESET, zone, order);
}

bool buddy_compact_restarting(const struct buddy *b, uint32_t zone, int order)
{
	const struct buddy_deferral *d = &b->zones[zone].deferral;

	return order >= d->order_failed && d->shift == DEFER_SHIFT_MAX && d->considered >= 1u << d->shift;
}

/* --- Whether to compact -------------------------------------------------------------------------------------- */

static bool request_mark_ok(const struct buddy *b, const struct zone *z, unsigned order, unsigned alloc_flags,
			    unsigned highest_type)
{
	uint64_t mark = z->marks[alloc_flags & BUDDY_ALLOC_MARK_MASK] + z->boost;

	return zone_mark_ok(z, b, order, mark, highest_type, alloc_flags, zone_free_pages(z));
}

/* Migration needs single pages to migrate to; a costly request leaves more of them to others. */
static bool has_targets(const struct buddy *b, const struct zone *z, unsigned order, unsigned highest_type,
			int64_t free_pages)
{
	uint64_t mark = z->marks[order > BUDDY_COSTLY_ORDER ? BUDDY_MARK_LOW : BUDDY_MARK_MIN] + z->boost;

	return zone_mark_ok(z, b, 0, mark + (2ull << order), highest_type, BUDDY_ALLOC_CMA, free_pages);
}

bool compact_could_help(const struct buddy *b, const struct zone *z, unsigned order, unsigned alloc_flags,
			unsigned highest_type, int64_t free_pages)
{
	if (!b->profile->compact_marks_apart && request_mark_ok(b, z, order, alloc_flags, highest_type))
		return false;
	return has_targets(b, z, order, highest_type, free_pages);
}

static enum buddy_compact_result suitable(const struct buddy *b, const struct zone *z, int order, unsigned alloc_flags,
					  unsigned highest_type)
{
	int index;

	if (order == BUDDY_WHOLE_ZONE)
		return BUDDY_COMPACT_CONTINUE;
	if (!b->profile->compact_marks_apart && request_mark_ok(b, z, (unsigned)order, alloc_flags, highest_type))
		return BUDDY_COMPACT_SUCCESS;
	if (!has_targets(b, z, (unsigned)order, highest_type, zone_free_pages(z)))
		return BUDDY_COMPACT_SKIPPED;
	if ((unsigned)order <= BUDDY_COSTLY_ORDER)
		return BUDDY_COMPACT_CONTINUE;
	index = buddy_fragmentation_index(b, z->index, (unsigned)order);
	return index >= 0 && index <= (int)b->extfrag_threshold ? BUDDY_COMPACT_NOT_SUITABLE : BUDDY_COMPACT_CONTINUE;
}

enum buddy_compact_result buddy_compact_suitable(const struct buddy *b, uint32_t zone, int order, unsigned alloc_flags,
						 unsigned highest_type)
{
	enum buddy_compact_result result;

	assert(zone < b->zone_count && order < (int)BUDDY_ORDER_COUNT && highest_type < BUDDY_ZONE_TYPE_COUNT);
	result = suitable(b, &b->zones[zone], order, alloc_flags, highest_type);
	decided(b, &(struct buddy_decision){ .kind = BUDDY_DECISION_SUITABLE, .zone = zone, .order = order,
					     .result = result });
	return result;
}

enum buddy_compact_result buddy_compact_wanted(const struct buddy *b, uint32_t zone, int order, unsigned alloc_flags,
					       unsigned highest_type)
{
	enum buddy_compact_result result;

	assert(zone < b->zone_count && order < (int)BUDDY_ORDER_COUNT && highest_type < BUDDY_ZONE_TYPE_COUNT);
	if (b->profile->compact_marks_apart) {
		if (order == BUDDY_WHOLE_ZONE)
			return BUDDY_COMPACT_CONTINUE;
		if (request_mark_ok(b, &b->zones[zone], (unsigned)order, alloc_flags, highest_type))
			return BUDDY_COMPACT_SUCCESS;
	}
	result = buddy_compact_suitable(b, zone, order, alloc_flags, highest_type);
	return result == BUDDY_COMPACT_NOT_SUITABLE ? BUDDY_COMPACT_SKIPPED : result;
}

/* Whether the request would find a block in the zone, by claiming another type's pageblock if need be. */
static bool suitable_is_free(const struct buddy *b, const struct zone *z, int order, unsigned type)
{
	uint32_t own = z->filled[type];

	if (b->with_cma && type == BUDDY_MOVABLE)
		own |= z->filled[BUDDY_CMA];
	for (unsigned o = (unsigned)order; o < BUDDY_ORDER_COUNT; o++)
		if ((own & 1u << o) || fallback_claimable(b, z, o, type))
			return true;
	return false;
}

enum buddy_compact_result buddy_compact_finished(const struct buddy *b, const struct buddy_compact_state *s)
{
	enum buddy_compact_result result = BUDDY_COMPACT_NO_PAGE;

	if (s->scanners_met)
		return s->whole_zone ? BUDDY_COMPACT_COMPLETE : BUDDY_COMPACT_PARTIAL;
	if (s->proactive) {
		unsigned score = buddy_fragmentation_score_zone(b, s->zone);

		if (s->kswapd_running)
			return BUDDY_COMPACT_PARTIAL;
		result = score > buddy_fragmentation_mark(s->proactiveness, true) ? BUDDY_COMPACT_CONTINUE
										   : BUDDY_COMPACT_SUCCESS;
	} else if (s->order == BUDDY_WHOLE_ZONE || !s->pageblock_done) {
		return BUDDY_COMPACT_CONTINUE;
	} else if (suitable_is_free(b, &b->zones[s->zone], s->order, s->type)) {
		return BUDDY_COMPACT_SUCCESS;
	}
	return s->contended ? BUDDY_COMPACT_CONTENDED : result;
}

/* --- A request's compaction ------------------------------------------------------------------------------------ */

void buddy_pass_begin(const struct buddy *b, const struct buddy_request *request, unsigned alloc_flags,
		      enum buddy_priority priority, struct buddy_pass *out)
{
	*out = (struct buddy_pass){ .request = *request, .alloc_flags = alloc_flags, .priority = priority,
				    .result = BUDDY_COMPACT_SKIPPED };
	/* Without I/O pages cannot be migrated. */
	out->over = !(request->gfp & b->profile->gfp.io);
}

static void pass_note(struct buddy_pass *p, enum buddy_compact_result result)
{
	if (result > p->result)
		p->result = result;
}

/* The next zone of the list that the request may use, from *at on; NULL at the end. */
static const struct zone *pass_zone(const struct buddy *b, const struct buddy_pass *p, uint8_t *at)
{
	const struct zonelist *list = &b->zonelists[p->request.node];
	unsigned highest = buddy_highest_type(b, p->request.gfp);
	uint8_t end = p->request.gfp & b->profile->gfp.thisnode ? list->local_count : list->count;

	while (!p->over && *at < end) {
		const struct zone *z = list->zones[(*at)++];

		if (z->type <= highest)
			return z;
	}
	return NULL;
}

bool buddy_pass_next(struct buddy *b, struct buddy_pass *p)
{
	const struct zone *z;

	while ((z = pass_zone(b, p, &p->at))) {
		if (p->priority > BUDDY_PRIORITY_SYNC_FULL &&
		    buddy_compact_deferred(b, z->index, p->request.order)) {
			pass_note(p, BUDDY_COMPACT_DEFERRED);
			continue;
		}
		p->zone = z->index;
		return true;
	}
	p->over = true;
	return false;
}

bool buddy_pass_remains(const struct buddy *b, const struct buddy_pass *p)
{
	uint8_t at = p->at;

	return pass_zone(b, p, &at) != NULL;
}

void buddy_pass_done(struct buddy *b, struct buddy_pass *p, enum buddy_compact_result result)
{
	pass_note(p, result);
	if (result == BUDDY_COMPACT_SUCCESS) {
		buddy_compact_defer_reset(b, p->zone, p->request.order, false);
		p->over = true;
	} else if (p->priority != BUDDY_PRIORITY_ASYNC &&
		   (result == BUDDY_COMPACT_COMPLETE || result == BUDDY_COMPACT_PARTIAL)) {
		buddy_compact_defer(b, p->zone, p->request.order);
	}
}

/* --- kcompactd ------------------------------------------------------------------------------------------------- */

/* Type of the node's highest zone: what kcompactd looks at unless somebody asks for less. */
static uint32_t node_highest_type(const struct buddy *b, uint32_t node)
{
	uint32_t highest = 0;

	for (uint32_t i = 0; i < b->zone_count; i++)
		if (b->zones[i].node_id == node && b->zones[i].type > highest)
			highest = b->zones[i].type;
	return highest;
}

void buddy_set_extfrag_threshold(struct buddy *b, unsigned permille)
{
	b->extfrag_threshold = permille < 1000 ? permille : 1000;
}

void kcompactd_init(struct buddy *b)
{
	b->extfrag_threshold = EXTFRAG_THRESHOLD;
	for (uint32_t node = 0; node < b->node_count; node++)
		b->kcompactd[node] = (struct buddy_kcompactd){ .highest_type = node_highest_type(b, node),
							       .asleep = true };
}

void buddy_kcompactd_get(const struct buddy *b, uint32_t node, struct buddy_kcompactd *out)
{
	assert(node < b->node_count);
	*out = b->kcompactd[node];
}

int buddy_kcompactd_set(struct buddy *b, uint32_t node, const struct buddy_kcompactd *kcompactd)
{
	if (node >= b->node_count || kcompactd->max_order >= BUDDY_ORDER_COUNT ||
	    kcompactd->highest_type >= BUDDY_ZONE_TYPE_COUNT)
		return -EINVAL;
	b->kcompactd[node] = *kcompactd;
	return 0;
}

void buddy_kcompactd_slept(struct buddy *b, uint32_t node)
{
	assert(node < b->node_count);
	b->kcompactd[node].asleep = !b->kcompactd[node].max_order;
}

void buddy_kcompactd_busy(struct buddy *b, uint32_t node)
{
	assert(node < b->node_count);
	b->kcompactd[node].asleep = false;
}

/* Source: kcompactd_node_suitable(). */
static bool node_suitable(const struct buddy *b, uint32_t node)
{
	const struct buddy_kcompactd *k = &b->kcompactd[node];

	for (uint32_t i = 0; i < b->zone_count; i++) {
		const struct zone *z = &b->zones[i];

		if (z->node_id == node && z->type <= k->highest_type &&
		    buddy_compact_wanted(b, i, (int)k->max_order, BUDDY_MARK_MIN, k->highest_type) ==
			    BUDDY_COMPACT_CONTINUE)
			return true;
	}
	return false;
}

bool buddy_kcompactd_ask(struct buddy *b, uint32_t node, unsigned order, unsigned highest_type)
{
	struct buddy_kcompactd *k = &b->kcompactd[node];

	assert(node < b->node_count && order < BUDDY_ORDER_COUNT);
	if (!order)
		return false;
	if (k->max_order < order)
		k->max_order = order;
	if (k->highest_type > highest_type)
		k->highest_type = highest_type;
	if (!k->asleep || !node_suitable(b, node))
		return false;
	k->asleep = false;
	return true;
}

void buddy_round_begin(const struct buddy *b, uint32_t node, struct buddy_round *out)
{
	const struct buddy_kcompactd *k = &b->kcompactd[node];

	assert(node < b->node_count);
	*out = (struct buddy_round){ .node = node, .order = (int32_t)k->max_order, .highest_type = k->highest_type };
}

static void round_end(struct buddy *b, const struct buddy_round *r)
{
	struct buddy_kcompactd *k = &b->kcompactd[r->node];

	/* Somebody may have asked for more meanwhile. */
	if ((int32_t)k->max_order <= r->order)
		k->max_order = 0;
	if (k->highest_type >= r->highest_type)
		k->highest_type = node_highest_type(b, r->node);
}

bool buddy_round_next(struct buddy *b, struct buddy_round *r)
{
	while (r->at < b->zone_count) {
		const struct zone *z = &b->zones[r->at++];

		if (z->node_id != r->node || z->type > r->highest_type || buddy_compact_deferred(b, z->index, r->order))
			continue;
		if (buddy_compact_wanted(b, z->index, r->order, BUDDY_MARK_MIN, z->type) != BUDDY_COMPACT_CONTINUE)
			continue;
		r->zone = z->index;
		return true;
	}
	round_end(b, r);
	return false;
}

void buddy_round_done(struct buddy *b, struct buddy_round *r, enum buddy_compact_result result)
{
	if (result == BUDDY_COMPACT_SUCCESS)
		buddy_compact_defer_reset(b, r->zone, r->order, false);
	else if (result == BUDDY_COMPACT_PARTIAL || result == BUDDY_COMPACT_COMPLETE)
		buddy_compact_defer(b, r->zone, r->order);
}

unsigned buddy_fragmentation_score_zone(const struct buddy *b, uint32_t zone)
{
	return buddy_extfrag_percent(b, zone, b->pageblock_order);
}

unsigned buddy_fragmentation_score_node(const struct buddy *b, uint32_t node)
{
	uint64_t present = 0;
	uint64_t score = 0;

	for (uint32_t i = 0; i < b->zone_count; i++)
		if (b->zones[i].node_id == node)
			present += b->zones[i].present_pages;
	for (uint32_t i = 0; i < b->zone_count; i++)
		if (b->zones[i].node_id == node)
			score += b->zones[i].present_pages * buddy_fragmentation_score_zone(b, i) / (present + 1);
	return (unsigned)score;
}

unsigned buddy_fragmentation_mark(unsigned proactiveness, bool low)
{
	unsigned mark = proactiveness < 100 ? 100 - proactiveness : 0;

	if (mark < PROACTIVE_MARK_MIN)
		mark = PROACTIVE_MARK_MIN;
	if (low)
		return mark;
	return mark + PROACTIVE_MARK_DISTANCE < 100 ? mark + PROACTIVE_MARK_DISTANCE : 100;
}

bool buddy_proactive_wanted(const struct buddy *b, uint32_t node, unsigned proactiveness, bool kswapd_running)
{
	return proactiveness && !kswapd_running &&
	       buddy_fragmentation_score_node(b, node) > buddy_fragmentation_mark(proactiveness, false);
}

/* --- kswapd and the boost ------------------------------------------------------------------------------------ */

/* Source: zone_watermark_ok_safe(), mm/page_alloc.c. */
static bool high_mark_ok(const struct buddy *b, const struct zone *z, unsigned order, unsigned highest_type)
{
	int64_t free_pages = zone_free_pages(z);

	if (z->drift_mark && free_pages < (int64_t)z->drift_mark)
		free_pages = zone_snapshot_free_pages(b, z);
	return zone_mark_ok(z, b, order, z->marks[BUDDY_MARK_HIGH] + z->boost, highest_type, 0, free_pages);
}

/* Source: pgdat_balanced() and pgdat_watermark_boosted(), mm/vmscan.c. */
static bool node_needs_kswapd(const struct buddy *b, uint32_t node, unsigned order, unsigned highest_type)
{
	bool balanced = false, boosted = false, any = false;

	for (uint32_t i = 0; i < b->zone_count; i++) {
		const struct zone *z = &b->zones[i];

		if (z->node_id != node || z->type > highest_type || !z->managed_pages)
			continue;
		any = true;
		balanced |= high_mark_ok(b, z, order, highest_type);
		boosted |= z->boost != 0;
	}
	return any && (!balanced || boosted);
}

bool buddy_kswapd_ask(struct buddy *b, uint32_t node, unsigned order, unsigned highest_type)
{
	assert(node < b->node_count && order < BUDDY_ORDER_COUNT);
	if (b->kswapd_works[node] || !node_needs_kswapd(b, node, order, highest_type))
		return false;
	b->kswapd_works[node] = true;
	return true;
}

void buddy_kswapd_sleeps(struct buddy *b, uint32_t node, bool asleep)
{
	assert(node < b->node_count);
	b->kswapd_works[node] = !asleep;
}

void buddy_boosts_read(const struct buddy *b, uint32_t node, uint32_t highest_type, struct buddy_boosts *out)
{
	*out = (struct buddy_boosts){ .node = node, .highest_type = highest_type };
	for (uint32_t i = 0; i < b->zone_count; i++) {
		const struct zone *z = &b->zones[i];

		if (z->node_id != node || z->type > highest_type)
			continue;
		out->pages[i] = z->boost;
		out->boosted |= z->boost != 0;
	}
}

void buddy_boosts_give_back(struct buddy *b, const struct buddy_boosts *boosts)
{
	for (uint32_t i = 0; i < b->zone_count; i++) {
		struct zone *z = &b->zones[i];

		z->boost -= z->boost < boosts->pages[i] ? z->boost : boosts->pages[i];
	}
}
