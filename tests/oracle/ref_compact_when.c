// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reference's decisions around compaction: whether to, whether it was enough, for how long not.
 *
 * Interface: the functions of ref_compact.h about deferral, suitability, a run's end, passes, kcompactd and scores.
 * Invariant: no frame and no list changes here.
 *
 * Sources, 6.1 and 6.12: mm/compaction.c: defer_compaction, compaction_deferred, compaction_defer_reset,
 * compaction_restarting, compaction_suitable, compaction_suit_allocation_order, __compact_finished,
 * fragmentation_score_*, should_proactive_compact_node, try_to_compact_pages, kcompactd_node_suitable,
 * kcompactd_do_work, wakeup_kcompactd, kcompactd; mm/page_alloc.c: find_suitable_fallback; mm/vmstat.c:
 * extfrag_for_order, __fragmentation_index; include/linux/compaction.h: compact_gap.
 */
#include "ref_internal.h"

#define GFP_IO 0x40u
#define DEFER_SHIFT_MAX 6u    /* COMPACT_MAX_DEFER_SHIFT */
#define EXTFRAG_THRESHOLD 500 /* vm.extfrag_threshold */

/* --- Deferral ----------------------------------------------------------------------------------------------- */

void ref_compact_defer(struct ref *r, uint32_t zone, int order)
{
	struct buddy_deferral *d = &r->zones[zone].deferral;

	d->considered = 0;
	if (d->shift < DEFER_SHIFT_MAX)
		d->shift++;
	if (order < d->order_failed)
		d->order_failed = order;
}

bool ref_compact_deferred(struct ref *r, uint32_t zone, int order)
{
	struct buddy_deferral *d = &r->zones[zone].deferral;

	if (order < d->order_failed)
		return false;
	d->considered++;
	if (d->considered < 1u << d->shift)
		return true;
	d->considered = 1u << d->shift;
	return false;
}

void ref_compact_defer_reset(struct ref *r, uint32_t zone, int order, bool succeeded)
{
	struct buddy_deferral *d = &r->zones[zone].deferral;

	if (succeeded) {
		d->considered = 0;
		d->shift = 0;
	}
	if (order >= d->order_failed)
		d->order_failed = order + 1;
}

bool ref_compact_restarting(const struct ref *r, uint32_t zone, int order)
{
	const struct buddy_deferral *d = &r->zones[zone].deferral;

	return order >= d->order_failed && d->shift == DEFER_SHIFT_MAX && d->considered >= 1u << d->shift;
}

/* --- Whether to compact ------------------------------------------------------------------------------------- */

struct blocks {
	uint64_t pages, count, suitable;
};

/* fill_contig_page_info(). */
static struct blocks count_blocks(const struct ref_zone *z, unsigned wanted)
{
	struct blocks sum = { 0, 0, 0 };

	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		uint64_t blocks = ref_nr_free(z, order);

		sum.count += blocks;
		sum.pages += blocks << order;
		if (order >= wanted)
			sum.suitable += blocks << (order - wanted);
	}
	return sum;
}

/* Does the fragmentation index say that memory is short? */
static bool is_short(const struct ref_zone *z, unsigned order)
{
	struct blocks sum = count_blocks(z, order);
	int64_t index = 0;

	if (sum.count && sum.suitable)
		return false;
	if (sum.count)
		index = 1000 - (int64_t)((1000 + (sum.pages * 1000 >> order)) / sum.count);
	return index >= 0 && index <= EXTFRAG_THRESHOLD;
}

static int64_t mark_of(const struct ref_zone *z, unsigned mark)
{
	return (int64_t)(z->t.mark_pages[mark] + z->t.boost_pages);
}

/* Does the request need no compaction? */
static bool is_met(const struct ref *r, const struct ref_zone *z, int order, unsigned flags, unsigned highest)
{
	return ref_mark_ok(r, z, (unsigned)order, mark_of(z, flags & BUDDY_ALLOC_MARK_MASK), highest, flags);
}

enum buddy_compact_result ref_compact_suitable(struct ref *r, uint32_t zone, int order, unsigned alloc_flags,
					       unsigned highest_type)
{
	const struct ref_zone *z = &r->zones[zone];
	bool costly = order > (int)REF_COSTLY_ORDER;
	int64_t mark;

	if (order == BUDDY_WHOLE_ZONE)
		return BUDDY_COMPACT_CONTINUE;
	if (!r->is_6_12 && is_met(r, z, order, alloc_flags, highest_type))
		return BUDDY_COMPACT_SUCCESS;
	mark = mark_of(z, costly ? BUDDY_MARK_LOW : BUDDY_MARK_MIN) + (INT64_C(2) << order);
	if (!ref_mark_ok(r, z, 0, mark, highest_type, BUDDY_ALLOC_CMA))
		return BUDDY_COMPACT_SKIPPED;
	return costly && is_short(z, (unsigned)order) ? BUDDY_COMPACT_NOT_SUITABLE : BUDDY_COMPACT_CONTINUE;
}

enum buddy_compact_result ref_compact_wanted(struct ref *r, uint32_t zone, int order, unsigned alloc_flags,
					     unsigned highest_type)
{
	enum buddy_compact_result result;

	if (order != BUDDY_WHOLE_ZONE && is_met(r, &r->zones[zone], order, alloc_flags, highest_type))
		return BUDDY_COMPACT_SUCCESS;
	result = ref_compact_suitable(r, zone, order, alloc_flags, highest_type);
	return result == BUDDY_COMPACT_NOT_SUITABLE ? BUDDY_COMPACT_SKIPPED : result;
}

/* --- Scores ------------------------------------------------------------------------------------------------- */

unsigned ref_fragmentation_score_zone(struct ref *r, uint32_t zone)
{
	struct blocks sum = count_blocks(&r->zones[zone], r->pageblock_order);

	return sum.pages ? (unsigned)((sum.pages - (sum.suitable << r->pageblock_order)) * 100 / sum.pages) : 0;
}

unsigned ref_fragmentation_score_node(struct ref *r, uint32_t node)
{
	uint64_t present = 0;
	unsigned score = 0;

	for (uint32_t i = 0; i < r->zone_count; i++)
		if (r->zones[i].node == node)
			present += r->zones[i].t.present_pages;
	for (uint32_t i = 0; i < r->zone_count; i++)
		if (r->zones[i].node == node)
			score += (unsigned)(r->zones[i].t.present_pages * ref_fragmentation_score_zone(r, i) /
					    (present + 1));
	return score;
}

/* fragmentation_score_wmark(). */
static unsigned score_mark(unsigned proactiveness, bool low)
{
	unsigned mark = 100 - proactiveness > 5 ? 100 - proactiveness : 5;

	if (low)
		return mark;
	return mark + 10 < 100 ? mark + 10 : 100;
}

bool ref_proactive_wanted(struct ref *r, uint32_t node, unsigned proactiveness, bool kswapd_running)
{
	return proactiveness && !kswapd_running &&
	       ref_fragmentation_score_node(r, node) > score_mark(proactiveness, false);
}

/* --- Whether it was enough ---------------------------------------------------------------------------------- */

static enum buddy_compact_result look_for_block(const struct ref *r, const struct ref_zone *z, unsigned order,
						unsigned type)
{
	for (; order < BUDDY_ORDER_COUNT; order++)
		if (z->lists[order][type].count ||
		    (type == BUDDY_MOVABLE && r->with_cma && z->lists[order][BUDDY_CMA].count) ||
		    ref_has_fallback(r, z, order, type))
			return BUDDY_COMPACT_SUCCESS;
	return BUDDY_COMPACT_NO_PAGE;
}

enum buddy_compact_result ref_compact_finished(struct ref *r, const struct buddy_compact_state *s)
{
	enum buddy_compact_result result = BUDDY_COMPACT_SUCCESS;

	if (s->scanners_met)
		return s->whole_zone ? BUDDY_COMPACT_COMPLETE : BUDDY_COMPACT_PARTIAL;
	if (s->proactive) {
		if (s->kswapd_running)
			return BUDDY_COMPACT_PARTIAL;
		if (ref_fragmentation_score_zone(r, s->zone) > score_mark(s->proactiveness, true))
			result = BUDDY_COMPACT_CONTINUE;
	} else {
		if (s->order == BUDDY_WHOLE_ZONE || !s->pageblock_done)
			return BUDDY_COMPACT_CONTINUE;
		result = look_for_block(r, &r->zones[s->zone], (unsigned)s->order, s->type);
		if (result == BUDDY_COMPACT_SUCCESS)
			return result;
	}
	return s->contended ? BUDDY_COMPACT_CONTENDED : result;
}

/* --- try_to_compact_pages() --------------------------------------------------------------------------------- */

static bool ended_in_vain(enum buddy_compact_result result)
{
	return result == BUDDY_COMPACT_COMPLETE || result == BUDDY_COMPACT_PARTIAL;
}

unsigned ref_compact_pass(struct ref *r, const struct buddy_request *request, enum buddy_priority priority,
			  const enum buddy_compact_result *results, uint32_t zones_out[BUDDY_ZONE_COUNT_MAX],
			  enum buddy_compact_result *result_out)
{
	enum buddy_compact_result reached = BUDDY_COMPACT_SKIPPED;
	struct ref_ask ask;
	unsigned done = 0;

	*result_out = reached;
	if (!(request->gfp & GFP_IO) || !ref_ask_init(r, request, &ask))
		return 0;
	for (unsigned i = 0; i < ask.list.count; i++) {
		uint32_t zone = ask.list.zones[i]->index;
		enum buddy_compact_result result = BUDDY_COMPACT_DEFERRED;

		if (priority == BUDDY_PRIORITY_SYNC_FULL || !ref_compact_deferred(r, zone, (int)ask.order)) {
			result = results[done];
			zones_out[done++] = zone;
		}
		if (result > reached)
			reached = result;
		if (result == BUDDY_COMPACT_SUCCESS) {
			ref_compact_defer_reset(r, zone, (int)ask.order, false);
			break;
		}
		if (priority != BUDDY_PRIORITY_ASYNC && ended_in_vain(result))
			ref_compact_defer(r, zone, (int)ask.order);
	}
	*result_out = reached;
	return done;
}

/* --- kcompactd ---------------------------------------------------------------------------------------------- */

/* Zone of a node by its type, when it has frames. */
static struct ref_zone *populated_zone(struct ref *r, uint32_t node, unsigned type)
{
	for (uint32_t i = 0; i < r->zone_count; i++)
		if (r->zones[i].node == node && r->zones[i].type == type && r->zones[i].t.present_pages)
			return &r->zones[i];
	return NULL;
}

void ref_kcompactd_slept(struct ref *r, uint32_t node)
{
	r->kcompactd[node].asleep = !r->kcompactd[node].max_order;
}

void ref_kcompactd_busy(struct ref *r, uint32_t node)
{
	r->kcompactd[node].asleep = false;
}

bool ref_kcompactd_ask(struct ref *r, uint32_t node, unsigned order, unsigned highest_type)
{
	struct buddy_kcompactd *k = &r->kcompactd[node];

	if (!order)
		return false;
	if (order > k->max_order)
		k->max_order = order;
	if (highest_type < k->highest_type)
		k->highest_type = highest_type;
	if (!k->asleep)
		return false;
	for (unsigned type = 0; type <= k->highest_type; type++) {
		struct ref_zone *z = populated_zone(r, node, type);

		if (z && ref_compact_wanted(r, z->index, (int)k->max_order, BUDDY_MARK_MIN, k->highest_type) ==
				 BUDDY_COMPACT_CONTINUE) {
			k->asleep = false;
			return true;
		}
	}
	return false;
}

unsigned ref_kcompactd_round(struct ref *r, uint32_t node, const enum buddy_compact_result *results,
			     uint32_t zones_out[BUDDY_ZONE_COUNT_MAX])
{
	struct buddy_kcompactd *k = &r->kcompactd[node];
	struct buddy_kcompactd was = *k;
	int order = (int)was.max_order;
	unsigned done = 0;

	for (unsigned type = 0; type <= was.highest_type; type++) {
		struct ref_zone *z = populated_zone(r, node, type);
		enum buddy_compact_result result;

		if (!z || ref_compact_deferred(r, z->index, order) ||
		    ref_compact_wanted(r, z->index, order, BUDDY_MARK_MIN, type) != BUDDY_COMPACT_CONTINUE)
			continue;
		result = results[done];
		zones_out[done++] = z->index;
		if (result == BUDDY_COMPACT_SUCCESS)
			ref_compact_defer_reset(r, z->index, order, false);
		else if (ended_in_vain(result))
			ref_compact_defer(r, z->index, order);
	}
	if (k->max_order <= was.max_order)
		k->max_order = 0;
	if (k->highest_type < was.highest_type)
		return done;
	for (uint32_t i = 0; i < r->zone_count; i++)
		if (r->zones[i].node == node)
			k->highest_type = r->zones[i].type; /* the last one's: they ascend */
	return done;
}
