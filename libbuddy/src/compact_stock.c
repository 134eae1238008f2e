// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compaction's stock of free frames: isolated, not yet migrated to.
 *
 * Interface: buddy_compact_take, buddy_compact_return, buddy_compact_release, buddy_compact_add, buddy_compact_drop,
 * buddy_in_stock.
 *
 * Blocks hang on lists of their own, singly linked through the nodes that would carry them on a free list:
 *
 *      stock_first[o] -> node -> node -> ... -> stock_last[o], whose next is 0
 *
 * A kernel that keeps single frames (6.1) has them all on the list of order 0, the last one isolated first; while it
 * refills, whole blocks stand there in the order of their isolation.
 * Invariant: every block on these lists, and no other, carries the mark of the stock.
 * Source: compaction_alloc, compaction_free, split_map_pages, release_freepages, release_free_list, mm/compaction.c.
 */
#include "compact_internal.h"

static unsigned list_for(const struct buddy *b, unsigned order)
{
	return b->profile->compact.stock_by_order ? order : 0;
}

static void push_first(struct buddy *b, struct buddy_compaction *c, unsigned list, node_t n, unsigned order)
{
	b->state[n] = state_stock(order);
	b->link[n].next = c->stock_first[list];
	c->stock_first[list] = n;
	if (!c->stock_last[list])
		c->stock_last[list] = n;
}

static void push_last(struct buddy *b, struct buddy_compaction *c, unsigned list, node_t n, unsigned order)
{
	b->state[n] = state_stock(order);
	b->link[n].next = 0;
	if (c->stock_last[list])
		b->link[c->stock_last[list]].next = n;
	else
		c->stock_first[list] = n;
	c->stock_last[list] = n;
}

/* Return: 0 when the list is empty. */
static node_t pop_first(struct buddy *b, struct buddy_compaction *c, unsigned list)
{
	node_t n = c->stock_first[list];

	if (!n)
		return 0;
	c->stock_first[list] = b->link[n].next;
	if (!c->stock_first[list])
		c->stock_last[list] = 0;
	b->state[n] = (uint8_t)(STATE_USED | state_stock_order(b->state[n]));
	return n;
}

int stock_isolate(struct buddy *b, struct buddy_compaction *c, uint32_t cpu, node_t n, unsigned order)
{
	struct zone *z = zone_of(b, c);
	int result = buddy_isolate_free(b, cpu, pfn_of(z, n), order);

	if (result)
		return result;
	push_last(b, c, list_for(b, order), n, order);
	c->free_pages += 1u << order;
	return 0;
}

/* At the end of a refill, blocks become single frames. */
void stock_split(struct buddy *b, struct buddy_compaction *c)
{
	node_t n = c->stock_first[0];

	if (b->profile->compact.stock_by_order)
		return;
	c->stock_first[0] = c->stock_last[0] = 0;
	while (n) {
		node_t next = b->link[n].next;
		uint32_t pages = 1u << state_stock_order(b->state[n]);

		for (uint32_t i = 0; i < pages; i++)
			push_first(b, c, 0, n + i, 0);
		n = next;
	}
}

int buddy_compact_take(struct buddy *b, struct buddy_compaction *c, unsigned order, uint64_t *pfn_out)
{
	struct zone *z = zone_of(b, c);
	unsigned from = list_for(b, order);
	node_t n;

	while (from < BUDDY_ORDER_COUNT && !c->stock_first[from])
		from++;
	/* Single frames have no parts to give. */
	if (from >= BUDDY_ORDER_COUNT || state_stock_order(b->state[c->stock_first[from]]) < order)
		return -ENOENT;
	n = pop_first(b, c, from);
	from = state_order(b->state[n]);
	while (from > order) {
		from--;
		push_first(b, c, from, n + (1u << from), from);
	}
	b->state[n] = (uint8_t)(STATE_USED | STATE_USED_MOVABLE | STATE_USED_COMPOUND | order);
	c->free_pages -= 1u << order;
	if (b->profile->compact.stock_by_order)
		c->migrate_pages -= 1u << order;
	*pfn_out = pfn_of(z, n);
	return 0;
}

int buddy_compact_return(struct buddy *b, struct buddy_compaction *c, uint64_t pfn, unsigned order)
{
	struct zone *z = zone_of(b, c);
	int error;

	if (order >= BUDDY_ORDER_COUNT || (pfn & ((1ull << order) - 1)))
		return -EINVAL;
	if (!zone_spans(z, pfn))
		return -ERANGE;
	error = free_validate(b, z, pfn, order);
	if (error)
		return error;
	push_first(b, c, list_for(b, order), node_of(z, pfn), order);
	c->free_pages += 1u << order;
	if (b->profile->compact.stock_by_order)
		c->migrate_pages += 1u << order;
	return 0;
}

bool buddy_in_stock(const struct buddy *b, uint64_t pfn)
{
	const struct zone *z = zone_find(b, pfn);

	return z && state_in_stock(b->state[node_of(z, pfn)]);
}

int buddy_compact_release(struct buddy *b, struct buddy_compaction *c, uint64_t *pfn_out, unsigned *order_out)
{
	struct zone *z = zone_of(b, c);
	unsigned list = 0;
	node_t n;

	while (list < BUDDY_ORDER_COUNT && !c->stock_first[list])
		list++;
	if (list == BUDDY_ORDER_COUNT)
		return -ENOENT;
	n = pop_first(b, c, list);
	*pfn_out = pfn_of(z, n);
	*order_out = state_order(b->state[n]);
	c->free_pages -= 1u << *order_out;
	if (*pfn_out > c->released_pfn)
		c->released_pfn = *pfn_out;
	return 0;
}

int buddy_compact_add(struct buddy *b, struct buddy_compaction *c, uint32_t cpu, uint64_t pfn, unsigned order)
{
	struct zone *z = zone_of(b, c);
	int error = zone_spans(z, pfn) ? buddy_take(b, cpu, pfn, order) : -ERANGE;

	if (error)
		return error;
	push_last(b, c, list_for(b, order), node_of(z, pfn), order);
	c->free_pages += 1u << order;
	return 0;
}

/* Return: whether the block was there. */
static bool unlink_from(struct buddy *b, struct buddy_compaction *c, unsigned list, node_t wanted)
{
	node_t before = 0;

	for (node_t n = c->stock_first[list]; n; before = n, n = b->link[n].next) {
		if (n != wanted)
			continue;
		if (before)
			b->link[before].next = b->link[n].next;
		else
			c->stock_first[list] = b->link[n].next;
		if (c->stock_last[list] == n)
			c->stock_last[list] = before;
		return true;
	}
	return false;
}

int buddy_compact_drop(struct buddy *b, struct buddy_compaction *c, uint64_t pfn)
{
	struct zone *z = zone_of(b, c);
	node_t n = node_of(z, pfn);

	if (!zone_spans(z, pfn) || !state_in_stock(b->state[n]))
		return -ENOENT;
	for (unsigned list = 0; list < BUDDY_ORDER_COUNT; list++) {
		if (!unlink_from(b, c, list, n))
			continue;
		b->state[n] = (uint8_t)(STATE_USED | state_stock_order(b->state[n]));
		c->free_pages -= 1u << state_order(b->state[n]);
		return 0;
	}
	return -ENOENT;
}
