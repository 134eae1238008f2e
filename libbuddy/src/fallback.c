// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When the lists of the wanted type are empty: blocks of other types, and the reserve for atomic requests.
 *
 * Interface: rmqueue_fallback, reserve_highatomic, buddy_unreserve_highatomic.
 * Source: __rmqueue_fallback, find_suitable_fallback, steal_suitable_fallback, boost_watermark,
 * reserve_highatomic_pageblock, unreserve_highatomic_pageblock, mm/page_alloc.c 6.1.
 */
#include "internal.h"

static const uint8_t fallbacks[BUDDY_PCP_TYPE_COUNT][2] = {
	[BUDDY_UNMOVABLE] = { BUDDY_RECLAIMABLE, BUDDY_MOVABLE },
	[BUDDY_MOVABLE] = { BUDDY_RECLAIMABLE, BUDDY_UNMOVABLE },
	[BUDDY_RECLAIMABLE] = { BUDDY_UNMOVABLE, BUDDY_MOVABLE },
};

/* The first other type that has a block of exactly this order; -1 when none has. */
static int suitable_type(const struct buddy *b, const struct zone *z, unsigned order, unsigned type)
{
	if (!z->nr_free[order])
		return -1;
	for (unsigned i = 0; i < 2; i++)
		if (!list_empty(b->link, free_head(z, fallbacks[type][i], order)))
			return fallbacks[type][i];
	return -1;
}

/* Movable requests leave a foreign pageblock as it is unless the block found is large. */
static bool may_take_pageblock(const struct buddy *b, unsigned found_order, unsigned type)
{
	return found_order >= b->pageblock_order / 2 || type == BUDDY_RECLAIMABLE || type == BUDDY_UNMOVABLE;
}

static bool type_merges(unsigned type) { return type < BUDDY_PCP_TYPE_COUNT; }

static void boost_marks(const struct buddy *b, struct zone *z)
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
	z->boost = z->boost + pageblock_pages < max ? z->boost + pageblock_pages : max;
}

static void move_one(struct buddy *b, struct zone *z, node_t n, unsigned order, unsigned type)
{
	unlink_node(b->link, n);
	b->state[n] = state_free(type, order);
	link_tail(b->link, n, free_head(z, type, order));
	z->maybe[type] |= 1u << order;
	b->stats.list_moves++;
}

/* Puts the block, and when allowed the free rest of its pageblock, on the lists of @type; claims by majority. */
static void steal(struct buddy *b, struct zone *z, node_t n, unsigned order, unsigned type, bool whole_block)
{
	unsigned old_type = *pageblock_of(b, z, n);
	uint64_t pageblock_pages = 1ull << b->pageblock_order;
	int64_t free_pages, movable, alike;
	bool claim;

	if (old_type == BUDDY_HIGHATOMIC) {
		move_one(b, z, n, order, type);
		return;
	}
	if (order >= b->pageblock_order) {
		for (unsigned i = 0; i < 1u << (order - b->pageblock_order); i++)
			set_pageblock_type(b, z, n + i * (node_t)pageblock_pages, type);
		b->stats.claims++;
		move_one(b, z, n, order, type);
		return;
	}
	boost_marks(b, z);
	if (!whole_block) {
		move_one(b, z, n, order, type);
		return;
	}
	free_pages = move_freepages_block(b, z, n, type, &movable);
	if (type == BUDDY_MOVABLE)
		alike = movable;
	else
		alike = old_type == BUDDY_MOVABLE ? (int64_t)pageblock_pages - (free_pages + movable) : 0;
	if (!free_pages) {
		move_one(b, z, n, order, type);
		return;
	}
	claim = free_pages + alike >= (int64_t)pageblock_pages / 2;
	if (b->env.claim)
		claim = b->env.claim(b->env.context, z->index, pfn_of(z, n), type, claim);
	if (claim) {
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
		found = suitable_type(b, z, (unsigned)o, type);
	if (found < 0)
		return false;
	o++;
	if (!may_take_pageblock(b, (unsigned)o, type) && type == BUDDY_MOVABLE && o > (int)order) {
		o = (int)order;
		while ((found = suitable_type(b, z, (unsigned)o, type)) < 0)
			o++;
	}
	*order_out = (unsigned)o;
	*type_out = (unsigned)found;
	return true;
}

bool rmqueue_fallback(struct buddy *b, struct zone *z, unsigned order, unsigned type, unsigned alloc_flags)
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
	steal(b, z, n, found_order, type, may_take_pageblock(b, found_order, type));
	note(b, &(struct buddy_note){ .kind = BUDDY_NOTE_EXTFRAG,
				      .order = (uint8_t)order,
				      .type = (uint8_t)type,
				      .fallback_order = (uint8_t)found_order,
				      .fallback_type = (uint8_t)found_type,
				      .change_ownership = *pageblock_of(b, z, n) == type,
				      .zone = z->index,
				      .pfn = pfn_of(z, n) });
	return true;
}

void reserve_highatomic(struct buddy *b, struct zone *z, node_t n)
{
	uint64_t pageblock_pages = 1ull << b->pageblock_order;

	if (z->highatomic_reserved >= z->managed_pages / 100 + pageblock_pages)
		return;
	b->stats.zone_locks++;
	if (!type_merges(*pageblock_of(b, z, n)))
		return;
	z->highatomic_reserved += pageblock_pages;
	set_pageblock_type(b, z, n, BUDDY_HIGHATOMIC);
	move_freepages_block(b, z, n, BUDDY_HIGHATOMIC, NULL);
	b->stats.highatomic_reserved++;
}

static bool unreserve_in_zone(struct buddy *b, struct zone *z, unsigned type)
{
	uint64_t pageblock_pages = 1ull << b->pageblock_order;

	b->stats.zone_locks++;
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		node_t head = free_head(z, BUDDY_HIGHATOMIC, order);
		node_t n = b->link[head].next;

		if (n == head)
			continue;
		if (*pageblock_of(b, z, n) == BUDDY_HIGHATOMIC)
			z->highatomic_reserved -=
				z->highatomic_reserved < pageblock_pages ? z->highatomic_reserved : pageblock_pages;
		set_pageblock_type(b, z, n, type);
		b->stats.highatomic_released++;
		if (move_freepages_block(b, z, n, type, NULL))
			return true;
	}
	return false;
}

bool buddy_unreserve_highatomic(struct buddy *b, const struct buddy_request *request, bool force)
{
	const struct buddy_gfp_bits *g = &b->profile->gfp;
	unsigned type = request->gfp & g->movable	? BUDDY_MOVABLE
			: request->gfp & g->reclaimable ? BUDDY_RECLAIMABLE
							: BUDDY_UNMOVABLE;
	const struct zonelist *list = &b->zonelists[request->node < b->node_count ? request->node : 0];

	for (uint8_t i = 0; i < list->count; i++) {
		struct zone *z = &b->zones[list->zones[i]];

		if (!force && z->highatomic_reserved <= 1ull << b->pageblock_order)
			continue;
		if (unreserve_in_zone(b, z, type))
			return true;
	}
	return false;
}
