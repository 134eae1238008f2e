// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Free lists: the fresh run, moving pageblocks between types.
 *
 * Interface: fresh_make_one, fresh_make_until, move_freepages_block, set_pageblock_type, buddy_move_pageblock,
 * buddy_set_pageblock_type.
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
 * Moves the free blocks of the pageblock around @n to the tails of the lists of @type, in frame order.
 * @movable_out (may be NULL): frames of the pageblock that are movable though not free.
 * Return: frames moved; 0 when the pageblock sticks out of the zone's end.
 * Source: move_freepages_block(), mm/page_alloc.c 6.1.
 */
int64_t move_freepages_block(struct buddy *b, struct zone *z, node_t n, unsigned type, int64_t *movable_out)
{
	uint64_t pageblock_pages = 1ull << b->pageblock_order;
	uint64_t pfn = pfn_of(z, n);
	uint64_t start_pfn = pfn & ~(pageblock_pages - 1);
	uint64_t end_pfn = start_pfn + pageblock_pages;
	int64_t moved = 0;

	if (movable_out)
		*movable_out = 0;
	if (!zone_spans(z, start_pfn))
		start_pfn = pfn;
	if (!zone_spans(z, end_pfn - 1))
		return 0;

	if (movable_out)
		*movable_out = estimate_movable(b, node_of(z, start_pfn), node_of(z, end_pfn));
	fresh_make_until(b, z, n);
	for (node_t i = node_of(z, start_pfn), end = node_of(z, end_pfn); i < end;) {
		uint8_t s = b->state[i];
		unsigned order = state_order(s);

		if (!state_is_free(s)) {
			i++;
			continue;
		}
		unlink_node(b->link, i);
		b->state[i] = state_free(type, order);
		link_tail(b->link, i, free_head(z, type, order));
		z->maybe[type] |= 1u << order;
		b->stats.list_moves++;
		moved += 1 << order;
		i += 1u << order;
	}
	return moved;
}

int64_t buddy_move_pageblock(struct buddy *b, uint64_t pfn, unsigned type)
{
	struct zone *z = zone_find(b, pfn);

	if (!z)
		return -ERANGE;
	if (type >= BUDDY_TYPE_COUNT)
		return -EINVAL;
	set_pageblock_type(b, z, node_of(z, pfn), type);
	b->stats.zone_locks++;
	return move_freepages_block(b, z, node_of(z, pfn), type, NULL);
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
