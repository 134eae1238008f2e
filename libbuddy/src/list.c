// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Free lists: the fresh run, moving pageblocks between types.
 *
 * Interface: fresh_make_one, fresh_make_until, count_pageblock, move_block, move_freepages_block,
 * set_pageblock_type, buddy_move_pageblock, buddy_set_pageblock_type.
 * Invariant: a fresh run stands on the movable list of the top order, in ascending order behind whatever was
 * added there before it; making a block keeps that order.
 */
#include "internal.h"

void fresh_make_one(struct buddy *b, struct zone *z)
{
	node_t n = z->fresh;

	assert(z->fresh < z->fresh_end);
	b->state[n] = state_free(BUDDY_MOVABLE, BUDDY_ORDER_MAX);
	link_between(b->link, n, b->link[z->fresh_node].prev, z->fresh_node);
	z->fresh += TOP_FRAMES;
	if (z->fresh == z->fresh_end)
		unlink_node(b->link, z->fresh_node);
}

void fresh_make_until(struct buddy *b, struct zone *z, node_t n)
{
	while (in_fresh_run(z, n))
		fresh_make_one(b, z);
}

void set_pageblock_type(struct buddy *b, struct zone *z, node_t n, unsigned type)
{
	uint8_t *block = pageblock_of(b, z, n);

	z->isolated_pageblocks += (type == BUDDY_ISOLATE);
	z->isolated_pageblocks -= (*block == BUDDY_ISOLATE);
	*block = (uint8_t)type;
}

/* The model's own estimate of what the kernel finds by looking at page flags. */
static int64_t estimate_movable(const struct buddy *b, node_t start, node_t end)
{
	int64_t movable = 0;

	for (node_t n = start; n < end; n++) {
		uint8_t s = b->state[n];

		if (state_is_free(s))
			n += (1u << state_order(s)) - 1;
		else if (state_is_used(s) && (s & STATE_USED_MOVABLE))
			movable += 1u << state_order(s);
	}
	return movable;
}

/*
 * The pageblock around @n as frames [start, end) of the zone. A kernel that claims before it moves wants all of it
 * inside the zone, the older one cuts it off at the zone's start.
 */
bool pageblock_range(const struct buddy *b, const struct zone *z, node_t n, node_t *start_out, node_t *end_out)
{
	uint64_t pageblock_pages = 1ull << b->pageblock_order;
	uint64_t pfn = pfn_of(z, n);
	uint64_t start_pfn = pfn & ~(pageblock_pages - 1);
	uint64_t end_pfn = start_pfn + pageblock_pages;

	if (!zone_spans(z, start_pfn)) {
		if (b->profile->fallback_by_mode)
			return false;
		start_pfn = pfn;
	}
	if (!zone_spans(z, end_pfn - 1))
		return false;
	*start_out = node_of(z, start_pfn);
	*end_out = node_of(z, end_pfn);
	return true;
}

/* Counts the free and the movable frames of the pageblock around @n. Return: false when it may not be moved. */
bool count_pageblock(const struct buddy *b, const struct zone *z, node_t n, int64_t *free_out, int64_t *movable_out)
{
	node_t start, end;

	if (!pageblock_range(b, z, n, &start, &end))
		return false;
	*free_out = 0;
	for (node_t i = start; i < end; i++) {
		uint8_t s = b->state[i];

		if (!state_is_free(s))
			continue;
		*free_out += 1 << state_order(s);
		i += (1u << state_order(s)) - 1;
	}
	*movable_out = estimate_movable(b, start, end);
	return true;
}

void move_block(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned type)
{
	unsigned order = state_order(b->state[n]);

	if (b->profile->counts_at_lists) {
		account(z, cpu, -(1 << order), state_free_type(b->state[n]));
		account(z, cpu, 1 << order, type);
	}
	free_list_unlink(b, z, n);
	free_list_link(b, z, n, order, type, true);
	b->stats.list_moves++;
}

/*
 * Moves the free blocks of the pageblock around @n to the tails of the lists of @type, in frame order.
 * @movable_out (may be NULL): frames of the pageblock that are movable though not free.
 * Return: frames moved; 0 when the pageblock sticks out of the zone.
 * Source: move_freepages_block(), mm/page_alloc.c 6.1; __move_freepages_block(), 6.12.
 */
int64_t move_freepages_block(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned type,
			     int64_t *movable_out)
{
	int64_t moved = 0;
	node_t start, end;

	if (movable_out)
		*movable_out = 0;
	if (!pageblock_range(b, z, n, &start, &end))
		return 0;
	if (movable_out)
		*movable_out = estimate_movable(b, start, end);
	fresh_make_until(b, z, n);
	for (node_t i = start; i < end;) {
		unsigned order = state_order(b->state[i]);

		if (!state_is_free(b->state[i])) {
			i++;
			continue;
		}
		move_block(b, z, cpu, i, type);
		moved += 1 << order;
		i += 1u << order;
	}
	return moved;
}

int64_t buddy_move_pageblock(struct buddy *b, uint64_t pfn, unsigned type)
{
	struct zone *z = zone_find(b, pfn);
	node_t start, end;
	bool was_isolated, is_isolated = type == BUDDY_ISOLATE;
	int64_t moved;

	if (!z)
		return -ERANGE;
	if (type >= BUDDY_TYPE_COUNT)
		return -EINVAL;
	/* Where claims come before moves, a pageblock that sticks out of its zone stays as it is. */
	if (b->profile->fallback_by_mode && !pageblock_range(b, z, node_of(z, pfn), &start, &end))
		return -ERANGE;
	was_isolated = *pageblock_of(b, z, node_of(z, pfn)) == BUDDY_ISOLATE;
	set_pageblock_type(b, z, node_of(z, pfn), type);
	b->stats.zone_locks++;
	moved = move_freepages_block(b, z, 0, node_of(z, pfn), type, NULL);
	/* Source: set_migratetype_isolate(), unset_migratetype_isolate(), mm/page_isolation.c 6.1. */
	if (!b->profile->counts_at_lists && was_isolated != is_isolated)
		count_free_pages(z, 0, (int32_t)(is_isolated ? -moved : moved));
	return moved;
}

int buddy_set_pageblock_type(struct buddy *b, uint64_t pfn, unsigned type)
{
	struct zone *z = zone_find(b, pfn);

	/* The first pageblock of a ragged zone starts before the zone does. */
	for (uint32_t i = 0; !z && i < b->zone_count; i++)
		if (pfn >= b->zones[i].base_pfn && pfn < b->zones[i].start_pfn)
			z = &b->zones[i];
	if (!z)
		return -ERANGE;
	if (type >= BUDDY_TYPE_COUNT)
		return -EINVAL;
	set_pageblock_type(b, z, node_of(z, pfn), type);
	return 0;
}
