// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking at the model: settings, counters, lists, what a frame is part of.
 *
 * Interface: the buddy_* getters, buddy_list_copy, buddy_pcp_copy, buddy_frame_state, buddy_piece_at.
 * Invariant: nothing here changes the model; a fresh run is shown as the blocks that it stands for.
 */
#include "internal.h"

static const struct zone *zone_at(const struct buddy *b, uint32_t zone)
{
	assert(zone < b->zone_count);
	return &b->zones[zone];
}

static const struct pcp *pcp_at(const struct buddy *b, uint32_t zone, uint32_t cpu)
{
	assert(cpu < b->cpu_count);
	return &zone_at(b, zone)->pcp[cpu];
}

unsigned buddy_pcp_list_count(const struct buddy *b) { (void)b; return PCP_LISTS; }
const struct buddy_stats *buddy_stats(const struct buddy *b) { return &b->stats; }
void buddy_stats_reset(struct buddy *b) { b->stats = (struct buddy_stats){ 0 }; }

int64_t buddy_free_pages_counter(const struct buddy *b, uint32_t zone)
{
	return zone_at(b, zone)->free_pages;
}

uint64_t buddy_nr_free(const struct buddy *b, uint32_t zone, unsigned order)
{
	assert(order < BUDDY_ORDER_COUNT);
	return zone_at(b, zone)->nr_free[order];
}

unsigned buddy_pcp_index(const struct buddy *b, unsigned order, unsigned type)
{
	(void)b;
	assert(type < BUDDY_TYPE_COUNT);
	return pcp_index(order, type);
}

unsigned buddy_pcp_order(const struct buddy *b, unsigned index)
{
	assert(index < PCP_LISTS);
	return pcp_index_order(b, index);
}

int buddy_zone_of(const struct buddy *b, uint64_t pfn, uint32_t *zone_out)
{
	const struct zone *z = zone_find(b, pfn);

	if (!z)
		return -ERANGE;
	*zone_out = z->index;
	return 0;
}

void buddy_zone_tuning_get(const struct buddy *b, uint32_t zone, struct buddy_zone_tuning *out)
{
	const struct zone *z = zone_at(b, zone);

	out->present_pages = z->present_pages;
	out->managed_pages = z->managed_pages;
	memcpy(out->mark_pages, z->marks, sizeof(z->marks));
	out->boost_pages = z->boost;
	memcpy(out->lowmem_reserve_pages, z->lowmem_reserve, sizeof(z->lowmem_reserve));
	out->highatomic_reserved_pages = z->highatomic_reserved;
	out->drift_mark_pages = z->drift_mark;
	out->boost_factor = z->boost_factor;
	out->reclaim_active = z->reclaim_active;
	out->below_high = z->below_high;
}

void buddy_pcp_tuning_get(const struct buddy *b, uint32_t zone, uint32_t cpu, struct buddy_pcp_tuning *out)
{
	const struct pcp *p = pcp_at(b, zone, cpu);

	*out = (struct buddy_pcp_tuning){
		.high_pages = p->high,
		.batch_pages = p->batch,
		.free_factor = p->free_factor,
		.high_min_pages = p->high_min,
		.high_max_pages = p->high_max,
		.alloc_factor = p->alloc_factor,
		.free_count = p->free_count,
		.flags = p->flags,
		.free_pages_diff = p->stat_diff,
		.stat_threshold = (uint32_t)p->stat_threshold,
	};
}

uint64_t buddy_free_pages_listed(const struct buddy *b, uint32_t zone)
{
	const struct zone *z = zone_at(b, zone);
	uint64_t pages = 0;

	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
		pages += z->nr_free[order] << order;
	return pages;
}

uint32_t buddy_pcp_count(const struct buddy *b, uint32_t zone, uint32_t cpu)
{
	return (uint32_t)pcp_at(b, zone, cpu)->count;
}

unsigned buddy_pageblock_type(const struct buddy *b, uint64_t pfn)
{
	const struct zone *z = zone_find(b, pfn);

	return z ? *pageblock_of(b, z, node_of(z, pfn)) : BUDDY_TYPE_COUNT;
}

bool buddy_list_first(const struct buddy *b, uint32_t zone, unsigned order, unsigned type, uint64_t *pfn_out)
{
	const struct zone *z = zone_at(b, zone);
	node_t head, n;

	assert(order < BUDDY_ORDER_COUNT && type < BUDDY_TYPE_COUNT);
	head = free_head(z, type, order);
	n = b->link[head].next;
	if (n == head)
		return false;
	/* The fresh run stands for its first block. */
	*pfn_out = pfn_of(z, n == z->fresh_node ? z->fresh : n);
	return true;
}

uint64_t buddy_list_copy(const struct buddy *b, uint32_t zone, unsigned order, unsigned type, uint64_t *pfns,
			 uint64_t room)
{
	const struct zone *z = zone_at(b, zone);
	node_t head = free_head(z, type, order);
	uint64_t length = 0;

	assert(order < BUDDY_ORDER_COUNT && type < BUDDY_TYPE_COUNT);
	for (node_t n = b->link[head].next; n != head; n = b->link[n].next) {
		if (n != z->fresh_node) {
			if (length < room)
				pfns[length] = pfn_of(z, n);
			length++;
			continue;
		}
		if (!room) {
			length += (z->fresh_end - z->fresh) / TOP_FRAMES;
			continue;
		}
		for (node_t f = z->fresh; f < z->fresh_end; f += TOP_FRAMES, length++)
			if (length < room)
				pfns[length] = pfn_of(z, f);
	}
	return length;
}

uint64_t buddy_list_length(const struct buddy *b, uint32_t zone, unsigned order, unsigned type)
{
	return buddy_list_copy(b, zone, order, type, NULL, 0);
}

/* The type that a drain frees a block to: 6.12 keeps none with the block, and looks at the pageblock then. */
static uint8_t pcp_type_of(const struct buddy *b, const struct zone *z, node_t n)
{
	return b->profile->drain_by_pageblock ? *pageblock_of(b, z, n) : (uint8_t)state_pcp_type(b->state[n]);
}

uint64_t buddy_pcp_copy(const struct buddy *b, uint32_t zone, uint32_t cpu, unsigned index, uint64_t *pfns,
			uint8_t *types, uint64_t room)
{
	const struct zone *z = zone_at(b, zone);
	node_t head = pcp_at(b, zone, cpu)->heads + index;
	uint64_t length = 0;

	assert(index < PCP_LISTS);
	for (node_t n = b->link[head].next; n != head; n = b->link[n].next, length++) {
		if (length >= room)
			continue;
		pfns[length] = pfn_of(z, n);
		if (types)
			types[length] = pcp_type_of(b, z, n);
	}
	return length;
}

enum buddy_frame_state buddy_frame_state(const struct buddy *b, uint64_t pfn, uint64_t *head_out, unsigned *order_out)
{
	const struct zone *z = zone_find(b, pfn);
	node_t n;

	if (!z)
		return BUDDY_FRAME_OUTSIDE;
	n = node_of(z, pfn);
	for (unsigned align = 0; align < BUDDY_ORDER_COUNT; align++) {
		node_t head = z->base_node + ((n - z->base_node) & ~((1u << align) - 1));
		uint8_t s = b->state[head];
		bool fresh = align == BUDDY_ORDER_MAX && in_fresh_run(z, head);
		unsigned order = fresh ? BUDDY_ORDER_MAX : state_is_pcp(s) ? state_pcp_order(b, s) : state_order(s);

		if (!fresh && !state_is_free(s) && !state_is_pcp(s))
			continue;
		if (n >= head + (1u << order))
			continue;
		if (head_out)
			*head_out = pfn_of(z, head);
		if (order_out)
			*order_out = order;
		return state_is_pcp(s) ? BUDDY_FRAME_ON_PCP : BUDDY_FRAME_FREE;
	}
	return BUDDY_FRAME_IN_USE;
}

/* Where the frames end of which nothing is known, from @n on and before @end. */
static node_t unknown_end(const struct buddy *b, const struct zone *z, node_t n, node_t end)
{
	uint64_t bytes;

	if (z->fresh < z->fresh_end && n < z->fresh && z->fresh < end)
		end = z->fresh;
	while (n < end && !b->state[n]) {
		/* Eight at a time where that goes: most of a walk leads through such frames. */
		while (n + sizeof(bytes) <= end && (memcpy(&bytes, &b->state[n], sizeof(bytes)), !bytes))
			n += sizeof(bytes);
		n += n < end && !b->state[n];
	}
	return n;
}

struct buddy_piece buddy_piece_at(const struct buddy *b, uint64_t pfn, uint64_t end_pfn)
{
	const struct zone *z = zone_find(b, pfn);
	struct buddy_piece p = { .start_pfn = pfn, .state = BUDDY_FRAME_IN_USE };
	uint8_t s;
	node_t n;

	assert(z && pfn < end_pfn && end_pfn <= z->start_pfn + z->spanned_pages);
	n = node_of(z, pfn);
	if (in_fresh_run(z, n)) {
		p.state = BUDDY_FRAME_FREE;
		p.order = BUDDY_ORDER_MAX;
		p.type = BUDDY_MOVABLE;
		p.pages = TOP_FRAMES;
		return p;
	}
	s = b->state[n];
	if (!s) {
		p.pages = unknown_end(b, z, n, node_of(z, end_pfn)) - n;
		return p;
	} else if (state_is_free(s)) {
		p.state = BUDDY_FRAME_FREE;
		p.order = (uint8_t)state_order(s);
		p.type = (uint8_t)state_free_type(s);
	} else if (state_is_pcp(s)) {
		p.state = BUDDY_FRAME_ON_PCP;
		p.order = (uint8_t)state_pcp_order(b, s);
		p.type = pcp_type_of(b, z, n);
	} else if (state_is_used(s)) {
		p.order = (uint8_t)state_order(s);
		p.movable = s & STATE_USED_MOVABLE;
	} else if (state_is_prepared(s)) {
		p.order = (uint8_t)state_prepared_order(b, s);
		p.movable = *pageblock_of(b, z, n) == BUDDY_MOVABLE;
	} else {
		p.order = (uint8_t)state_stock_order(s);
		p.movable = true;
	}
	p.known = p.state == BUDDY_FRAME_IN_USE;
	p.pages = UINT64_C(1) << p.order;
	return p;
}
