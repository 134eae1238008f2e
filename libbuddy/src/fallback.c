// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When the lists of the wanted type are empty: blocks of other types, and the reserve for atomic requests.
 *
 * Interface: rmqueue_fallback (6.1); rmqueue_claim, rmqueue_steal (6.12); reserve_highatomic,
 * buddy_unreserve_highatomic.
 * Source: __rmqueue_fallback, find_suitable_fallback, steal_suitable_fallback, boost_watermark,
 * reserve_highatomic_pageblock, unreserve_highatomic_pageblock, mm/page_alloc.c 6.1 and 6.12.
 */
#include "internal.h"

static const uint8_t fallbacks[BUDDY_PCP_TYPE_COUNT][2] = {
	[BUDDY_UNMOVABLE] = { BUDDY_RECLAIMABLE, BUDDY_MOVABLE },
	[BUDDY_MOVABLE] = { BUDDY_RECLAIMABLE, BUDDY_UNMOVABLE },
	[BUDDY_RECLAIMABLE] = { BUDDY_UNMOVABLE, BUDDY_MOVABLE },
};

/* The first other type that has a block of exactly this order; -1 when none has. */
static int suitable_type(const struct zone *z, unsigned order, unsigned type)
{
	for (unsigned i = 0; i < 2; i++)
		if (z->filled[fallbacks[type][i]] & 1u << order)
			return fallbacks[type][i];
	return -1;
}

/* Movable requests leave a foreign pageblock as it is unless the block found is large. */
static bool may_take_pageblock(const struct buddy *b, unsigned found_order, unsigned type)
{
	return found_order >= b->pageblock_order / 2 || type == BUDDY_RECLAIMABLE || type == BUDDY_UNMOVABLE;
}

bool fallback_claimable(const struct buddy *b, const struct zone *z, unsigned order, unsigned type)
{
	return type < BUDDY_PCP_TYPE_COUNT && suitable_type(z, order, type) >= 0 && may_take_pageblock(b, order, type);
}

static bool type_merges(unsigned type) { return type < BUDDY_PCP_TYPE_COUNT; }

static void boost_marks(const struct buddy *b, struct zone *z, unsigned alloc_flags)
{
	uint64_t pageblock_pages = 1ull << b->pageblock_order;
	uint64_t high = z->marks[BUDDY_MARK_HIGH];
	uint64_t max;

	if (!z->boost_factor || pageblock_pages * 4 > z->managed_pages)
		return;
	max = high / 10000 * z->boost_factor + high % 10000 * z->boost_factor / 10000;
	if (!max)
		return;
	if (max < pageblock_pages)
		max = pageblock_pages;
	z->boost_wakes |= (alloc_flags & BUDDY_ALLOC_KSWAPD) != 0;
	z->boost = z->boost + pageblock_pages < max ? z->boost + pageblock_pages : max;
}

static void change_pageblocks(struct buddy *b, struct zone *z, node_t n, unsigned order, unsigned type)
{
	for (node_t i = 0; i < 1u << order; i += 1u << b->pageblock_order)
		set_pageblock_type(b, z, n + i, type);
}

/* Whether half of the pageblock is free or alike, so that it may change its type. */
static bool majority(const struct buddy *b, const struct zone *z, node_t n, unsigned type, int64_t free_pages,
		     int64_t movable)
{
	int64_t pageblock_pages = 1ll << b->pageblock_order;
	int64_t alike = movable;
	bool claim;

	if (type != BUDDY_MOVABLE)
		alike = *pageblock_of(b, z, n) == BUDDY_MOVABLE ? pageblock_pages - (free_pages + movable) : 0;
	claim = free_pages + alike >= pageblock_pages / 2;
	return b->env.claim ? b->env.claim(b->env.context, z->index, pfn_of(z, n), type, claim) : claim;
}

/* Puts the block, and when allowed the free rest of its pageblock, on the lists of @type; claims by majority. */
static void steal(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned order, unsigned type,
		  unsigned alloc_flags, bool whole_block)
{
	int64_t free_pages, movable;

	if (*pageblock_of(b, z, n) == BUDDY_HIGHATOMIC) {
		move_block(b, z, cpu, n, type);
		return;
	}
	if (order >= b->pageblock_order) {
		change_pageblocks(b, z, n, order, type);
		b->stats.claims++;
		move_block(b, z, cpu, n, type);
		return;
	}
	boost_marks(b, z, alloc_flags);
	free_pages = whole_block ? move_freepages_block(b, z, cpu, n, type, &movable) : 0;
	if (!free_pages) {
		move_block(b, z, cpu, n, type);
		return;
	}
	if (majority(b, z, n, type, free_pages, movable)) {
		set_pageblock_type(b, z, n, type);
		b->stats.claims++;
	}
}

/* The order to take from: the largest, but the smallest where a movable request may not take the pageblock. */
static bool choose_fallback(const struct buddy *b, const struct zone *z, unsigned order, unsigned type,
			    unsigned min_order, unsigned *order_out, unsigned *type_out)
{
	int found = -1;
	int o;

	for (o = BUDDY_ORDER_MAX; o >= (int)min_order && found < 0; o--)
		found = suitable_type(z, (unsigned)o, type);
	if (found < 0)
		return false;
	o++;
	if (!may_take_pageblock(b, (unsigned)o, type) && type == BUDDY_MOVABLE && o > (int)order) {
		o = (int)order;
		while ((found = suitable_type(z, (unsigned)o, type)) < 0)
			o++;
	}
	*order_out = (unsigned)o;
	*type_out = (unsigned)found;
	return true;
}

static void note_fallback(const struct buddy *b, const struct zone *z, node_t n, unsigned order, unsigned type,
			  unsigned found_order, unsigned found_type)
{
	note(b, &(struct buddy_note){ .kind = BUDDY_NOTE_EXTFRAG,
				      .order = (uint8_t)order,
				      .type = (uint8_t)type,
				      .fallback_order = (uint8_t)found_order,
				      .fallback_type = (uint8_t)found_type,
				      .change_ownership = *pageblock_of(b, z, n) == type,
				      .zone = z->index,
				      .pfn = pfn_of(z, n) });
}

bool rmqueue_fallback(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type,
		      unsigned alloc_flags)
{
	unsigned min_order = order;
	unsigned found_order, found_type;
	node_t n;

	if (type >= BUDDY_PCP_TYPE_COUNT)
		return false;
	if (order < b->pageblock_order && (alloc_flags & BUDDY_ALLOC_NOFRAGMENT))
		min_order = b->pageblock_order;
	if (!choose_fallback(b, z, order, type, min_order, &found_order, &found_type))
		return false;

	n = free_list_first(b, z, free_head(z, found_type, found_order));
	b->stats.fallbacks++;
	steal(b, z, cpu, n, found_order, type, alloc_flags, may_take_pageblock(b, found_order, type));
	note_fallback(b, z, n, order, type, found_order, found_type);
	return true;
}

/* Takes a block out of a pageblock that changes its type with it. Return: 0 when the pageblock stays what it is. */
static node_t claim_for(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned found_order, unsigned order,
			unsigned type, unsigned alloc_flags)
{
	unsigned old_type = *pageblock_of(b, z, n);
	int64_t free_pages, movable;

	if (old_type == BUDDY_HIGHATOMIC)
		return 0;
	if (found_order >= b->pageblock_order) {
		free_list_remove(b, z, n, found_order);
		account(z, cpu, -(1 << found_order), old_type);
		change_pageblocks(b, z, n, found_order, type);
		b->stats.claims++;
		account(z, cpu, (int32_t)expand(b, z, n, order, found_order, type), type);
		b->state[n] = state_free(type, order);
		return n;
	}
	boost_marks(b, z, alloc_flags);
	if (!count_pageblock(b, z, n, &free_pages, &movable) || !majority(b, z, n, type, free_pages, movable))
		return 0;
	move_freepages_block(b, z, cpu, n, type, NULL);
	set_pageblock_type(b, z, n, type);
	b->stats.claims++;
	return rmqueue_smallest(b, z, cpu, order, type);
}

/* Source: __rmqueue_claim() and try_to_steal_block(), 6.12: from the largest order down. */
node_t rmqueue_claim(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type,
		     unsigned alloc_flags)
{
	int min_order = (int)order;

	if (type >= BUDDY_PCP_TYPE_COUNT)
		return 0;
	if (order < b->pageblock_order && (alloc_flags & BUDDY_ALLOC_NOFRAGMENT))
		min_order = (int)b->pageblock_order;
	for (int o = BUDDY_ORDER_MAX; o >= min_order; o--) {
		int found = suitable_type(z, (unsigned)o, type);
		node_t n;

		if (found < 0)
			continue;
		if (!may_take_pageblock(b, (unsigned)o, type))
			break;
		n = free_list_first(b, z, free_head(z, (unsigned)found, (unsigned)o));
		n = claim_for(b, z, cpu, n, (unsigned)o, order, type, alloc_flags);
		if (!n)
			continue;
		b->stats.fallbacks++;
		note_fallback(b, z, n, order, type, (unsigned)o, (unsigned)found);
		return n;
	}
	return 0;
}

/* Source: __rmqueue_steal(), 6.12: the smallest block of another type; its rest stays on that type's lists. */
node_t rmqueue_steal(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type)
{
	if (type >= BUDDY_PCP_TYPE_COUNT)
		return 0;
	for (unsigned o = order; o < BUDDY_ORDER_COUNT; o++) {
		int found = suitable_type(z, o, type);
		node_t n;

		if (found < 0)
			continue;
		n = free_list_first(b, z, free_head(z, (unsigned)found, o));
		free_list_remove(b, z, n, o);
		expand(b, z, n, order, o, (unsigned)found);
		account(z, cpu, -(1 << order), (unsigned)found);
		b->state[n] = state_free((unsigned)found, order);
		b->stats.fallbacks++;
		note_fallback(b, z, n, order, type, o, (unsigned)found);
		return n;
	}
	return 0;
}

/* How many frames of a zone may be reserved. Source: reserve_highatomic_pageblock(), which 6.12 rounds. */
static uint64_t highatomic_max(const struct buddy *b, const struct zone *z)
{
	uint64_t pageblock_pages = 1ull << b->pageblock_order;
	uint64_t percent = z->managed_pages / 100;

	if (!b->profile->highatomic_counted)
		return percent + pageblock_pages;
	return percent < pageblock_pages ? 0 : (percent + pageblock_pages - 1) & ~(pageblock_pages - 1);
}

/* To the reserve for atomic requests, or from it. */
static int64_t move_reserve(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned type)
{
	decided(b, &(struct buddy_decision){ .kind = BUDDY_DECISION_MOVED, .zone = z->index, .type = type,
					     .pfn = pfn_of(z, n) });
	return move_freepages_block(b, z, cpu, n, type, NULL);
}

void reserve_highatomic(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned order)
{
	uint64_t pageblock_pages = 1ull << b->pageblock_order;
	node_t start, end;

	if (z->highatomic_reserved >= highatomic_max(b, z))
		return;
	b->stats.zone_locks++;
	if (!type_merges(*pageblock_of(b, z, n)))
		return;
	if (b->profile->highatomic_counted && order >= b->pageblock_order) {
		change_pageblocks(b, z, n, order, BUDDY_HIGHATOMIC);
		z->highatomic_reserved += 1ull << order;
	} else {
		if (b->profile->highatomic_counted && !pageblock_range(b, z, n, &start, &end))
			return;
		set_pageblock_type(b, z, n, BUDDY_HIGHATOMIC);
		move_reserve(b, z, cpu, n, BUDDY_HIGHATOMIC);
		z->highatomic_reserved += pageblock_pages;
	}
	b->stats.highatomic_reserved++;
}

static bool unreserve_in_zone(struct buddy *b, struct zone *z, uint32_t cpu, unsigned type)
{
	uint64_t pageblock_pages = 1ull << b->pageblock_order;

	b->stats.zone_locks++;
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		node_t head = free_head(z, BUDDY_HIGHATOMIC, order);
		node_t n = b->link[head].next;
		uint64_t pages = pageblock_pages;

		if (n == head)
			continue;
		if (b->profile->highatomic_counted && order > b->pageblock_order)
			pages = 1ull << order;
		if (*pageblock_of(b, z, n) == BUDDY_HIGHATOMIC)
			z->highatomic_reserved -= z->highatomic_reserved < pages ? z->highatomic_reserved : pages;
		if (b->profile->highatomic_counted && order >= b->pageblock_order) {
			move_block(b, z, cpu, n, type);
			change_pageblocks(b, z, n, order, type);
			return true;
		}
		set_pageblock_type(b, z, n, type);
		if (move_reserve(b, z, cpu, n, type))
			return true;
	}
	return false;
}

bool buddy_unreserve_highatomic(struct buddy *b, const struct buddy_request *request, bool force)
{
	const struct gfp_place *place = &b->gfp_places[request->gfp & GFP_PLACE_BITS];
	const struct zonelist *list;
	uint8_t count;

	if (request->cpu >= b->cpu_count || request->node >= b->node_count)
		return false;
	list = &b->zonelists[request->node];
	count = request->gfp & b->profile->gfp.thisnode ? list->local_count : list->count;
	for (uint8_t i = 0; i < count; i++) {
		struct zone *z = list->zones[i];

		if (z->type > place->highest_type)
			continue;
		if (!force && z->highatomic_reserved <= 1ull << b->pageblock_order)
			continue;
		if (unreserve_in_zone(b, z, request->cpu, place->type))
			return true;
	}
	return false;
}
