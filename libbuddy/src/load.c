// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading a state: settings, free blocks, per-CPU lists; or a fresh range as a kernel adds it at boot.
 *
 * Interface: buddy_zone_tune, buddy_pcp_tune, buddy_zone_set_free_pages, buddy_load_free, buddy_load_pcp,
 * buddy_set_movable, buddy_set_compound, buddy_add_range.
 * Invariant: a load that fails changes nothing.
 */
#include "compact_internal.h"

/* Sums of a few of these are to fit a signed 64-bit number. */
static bool in_range(const struct buddy_zone_tuning *t)
{
	uint64_t all = t->managed_pages | t->present_pages | t->boost_pages | t->highatomic_reserved_pages |
		       t->drift_mark_pages | t->boost_factor;

	for (unsigned mark = 0; mark < BUDDY_MARK_COUNT; mark++)
		all |= t->mark_pages[mark];
	for (unsigned type = 0; type < BUDDY_ZONE_TYPE_COUNT; type++)
		all |= t->lowmem_reserve_pages[type];
	return all <= UINT32_MAX;
}

int buddy_zone_tune(struct buddy *b, uint32_t zone, const struct buddy_zone_tuning *t)
{
	struct zone *z;

	if (zone >= b->zone_count || !in_range(t))
		return -EINVAL;
	z = &b->zones[zone];
	z->present_pages = t->present_pages;
	z->managed_pages = t->managed_pages;
	memcpy(z->marks, t->mark_pages, sizeof(z->marks));
	memcpy(z->lowmem_reserve, t->lowmem_reserve_pages, sizeof(z->lowmem_reserve));
	z->boost = t->boost_pages;
	z->boost_factor = t->boost_factor;
	z->highatomic_reserved = t->highatomic_reserved_pages;
	z->drift_mark = t->drift_mark_pages;
	z->reclaim_active = t->reclaim_active;
	z->below_high = t->below_high;
	return 0;
}

int buddy_pcp_tune(struct buddy *b, uint32_t zone, uint32_t cpu, const struct buddy_pcp_tuning *t)
{
	struct pcp *p;

	if (zone >= b->zone_count || cpu >= b->cpu_count || !t->batch_pages || t->batch_pages > 1u << 16 ||
	    t->high_pages > INT32_MAX / 2 || t->free_factor > 16 || t->alloc_factor > 16 ||
	    t->high_max_pages > INT32_MAX / 2 || t->high_min_pages > INT32_MAX / 2 || t->free_count > INT32_MAX / 2 ||
	    t->stat_threshold > 127 || t->free_pages_diff > 127 || t->free_pages_diff < -128)
		return -EINVAL;
	p = &b->zones[zone].pcp[cpu];
	p->high = t->high_pages;
	p->batch = t->batch_pages;
	p->free_factor = t->free_factor;
	p->high_min = t->high_min_pages;
	p->high_max = t->high_max_pages;
	p->alloc_factor = t->alloc_factor;
	p->free_count = t->free_count;
	p->flags = t->flags;
	p->stat_diff = (int32_t)t->free_pages_diff;
	p->stat_threshold = (int32_t)t->stat_threshold;
	return 0;
}

int buddy_zone_set_free_pages(struct buddy *b, uint32_t zone, int64_t pages)
{
	int64_t most;

	if (zone >= b->zone_count)
		return -EINVAL;
	most = (int64_t)b->zones[zone].spanned_pages + 128 * (int64_t)b->cpu_count;
	if (pages < -most || pages > most)
		return -EINVAL;
	b->zones[zone].free_pages = pages;
	return 0;
}

/* Whether the block lies in one zone and nothing in it is free or on a per-CPU list. */
static int check_loadable(struct buddy *b, uint64_t pfn, unsigned order, struct zone **zone_out)
{
	struct zone *z;

	if (order >= BUDDY_ORDER_COUNT || (pfn & ((1ull << order) - 1)))
		return -EINVAL;
	z = zone_find(b, pfn);
	if (!z || !zone_spans(z, pfn + (1ull << order) - 1))
		return -ERANGE;
	for (uint64_t i = pfn; i < pfn + (1ull << order); i++)
		if (buddy_frame_state(b, i, NULL, NULL) != BUDDY_FRAME_IN_USE)
			return -EEXIST;
	*zone_out = z;
	return 0;
}

int buddy_load_free(struct buddy *b, uint64_t pfn, unsigned order, unsigned type)
{
	struct zone *z;
	int error = type < BUDDY_TYPE_COUNT ? check_loadable(b, pfn, order, &z) : -EINVAL;

	if (error)
		return error;
	memset(&b->state[node_of(z, pfn)], 0, 1u << order);
	free_list_link(b, z, node_of(z, pfn), order, type, true);
	z->nr_free[order]++;
	if (type == BUDDY_HIGHATOMIC)
		z->highatomic_free += 1 << order;
	return 0;
}

int buddy_load_pcp(struct buddy *b, uint64_t pfn, uint32_t cpu, unsigned index, unsigned stored_type)
{
	struct zone *z;
	unsigned order = pcp_index_order(b, index);
	int error;

	if (cpu >= b->cpu_count || index >= PCP_LISTS || stored_type >= BUDDY_TYPE_COUNT)
		return -EINVAL;
	error = check_loadable(b, pfn, order, &z);
	if (error)
		return error;
	memset(&b->state[node_of(z, pfn)], 0, 1u << order);
	b->state[node_of(z, pfn)] = state_pcp(order, stored_type);
	link_tail(b->link, node_of(z, pfn), z->pcp[cpu].heads + index);
	z->pcp[cpu].count += 1 << order;
	return 0;
}

int buddy_set_movable(struct buddy *b, uint64_t pfn, bool movable)
{
	struct zone *z = zone_find(b, pfn);
	unsigned order;
	uint64_t head;
	uint8_t *s;

	if (!z)
		return -ERANGE;
	if (buddy_frame_state(b, pfn, &head, &order) != BUDDY_FRAME_IN_USE)
		return -EINVAL;
	s = &b->state[node_of(z, pfn)];
	if (!state_is_used(*s))
		*s = STATE_USED;
	*s = (uint8_t)(movable ? *s | STATE_USED_MOVABLE : *s & ~STATE_USED_MOVABLE);
	return 0;
}

int buddy_set_compound(struct buddy *b, uint64_t pfn, unsigned order)
{
	struct zone *z = zone_find(b, pfn);
	bool movable;
	int error;

	if (!order || order >= BUDDY_ORDER_COUNT || (pfn & ((1ull << order) - 1)))
		return -EINVAL;
	if (!z || !zone_spans(z, pfn + (1ull << order) - 1))
		return -ERANGE;
	movable = frame_seems_lru(b, z, pfn);
	/* A larger block is cut around it, as when it is freed. */
	error = free_validate(b, z, pfn, order);
	if (error)
		return -EINVAL;
	b->state[node_of(z, pfn)] =
		(uint8_t)(STATE_USED | STATE_USED_COMPOUND | (movable ? STATE_USED_MOVABLE : 0) | order);
	return 0;
}

/* Puts whole top-order blocks on the movable list without touching them, when they extend the fresh run. */
static bool add_fresh(struct buddy *b, struct zone *z, uint64_t start_pfn, uint64_t end_pfn)
{
	node_t head = free_head(z, BUDDY_MOVABLE, BUDDY_ORDER_MAX);
	node_t start = node_of(z, start_pfn);

	if (z->fresh == z->fresh_end) {
		z->fresh = z->fresh_end = start;
		link_tail(b->link, z->fresh_node, head);
	} else if (start != z->fresh_end || b->link[head].prev != z->fresh_node) {
		return false;
	}
	z->fresh_end += (node_t)(end_pfn - start_pfn);
	z->nr_free[BUDDY_ORDER_MAX] += (end_pfn - start_pfn) / TOP_FRAMES;
	z->filled[BUDDY_MOVABLE] |= 1u << BUDDY_ORDER_MAX;
	return true;
}

static void add_block(struct buddy *b, struct zone *z, uint64_t pfn, unsigned order)
{
	/* Through the same merge as the kernel's, to the tail; counted below, on no CPU, and not as a cost. */
	int32_t diff = z->pcp[0].stat_diff, threshold = z->pcp[0].stat_threshold;
	struct buddy_stats stats = b->stats;

	z->pcp[0].stat_threshold = INT32_MAX;
	free_one(b, z, 0, node_of(z, pfn), order, BUDDY_MOVABLE, true);
	z->pcp[0].stat_diff = diff;
	z->pcp[0].stat_threshold = threshold;
	b->stats = stats;
}

static int check_range(const struct buddy *b, uint64_t start_pfn, uint64_t end_pfn, struct zone **zone_out)
{
	struct zone *z = zone_find(b, start_pfn);

	if (!z || start_pfn >= end_pfn || !zone_spans(z, end_pfn - 1))
		return -ERANGE;
	/* The fresh run is one interval; outside it every free or listed frame has a mark to be found. */
	if (z->fresh < z->fresh_end && node_of(z, start_pfn) < z->fresh_end && z->fresh < node_of(z, end_pfn))
		return -EEXIST;
	*zone_out = z;
	if (!z->managed_pages)
		return 0;
	for (uint64_t pfn = start_pfn; pfn < end_pfn; pfn++)
		if (buddy_frame_state(b, pfn, NULL, NULL) != BUDDY_FRAME_IN_USE)
			return -EEXIST;
	return 0;
}

int buddy_add_range(struct buddy *b, uint64_t start_pfn, uint64_t end_pfn)
{
	struct zone *z;
	int error = check_range(b, start_pfn, end_pfn, &z);
	uint64_t pages = end_pfn - start_pfn;

	if (error)
		return error;
	for (uint64_t pfn = start_pfn; pfn < end_pfn;) {
		uint64_t whole = (end_pfn - pfn) / TOP_FRAMES * TOP_FRAMES;
		unsigned order = pfn ? (unsigned)__builtin_ctzll(pfn) : BUDDY_ORDER_MAX;

		if (whole && pfn % TOP_FRAMES == 0 && add_fresh(b, z, pfn, pfn + whole)) {
			pfn += whole;
			continue;
		}
		if (order > BUDDY_ORDER_MAX)
			order = BUDDY_ORDER_MAX;
		while (pfn + (1ull << order) > end_pfn)
			order--;
		add_block(b, z, pfn, order);
		pfn += 1ull << order;
	}
	z->free_pages += (int64_t)pages;
	z->managed_pages += pages;
	z->present_pages += pages;
	zones_set_defaults(b);
	return 0;
}
