// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compaction's searches of the free lists, which turn the lists they search.
 *
 * Interface: buddy_turn_to_tail, buddy_search_begin, buddy_search_list, buddy_search_free, buddy_scan_free.
 * A list is turned by moving its head: what stood before a block then stands behind the last one.
 * Source: fast_isolate_freepages, isolate_freepages_block, next_search_order, move_freelist_head,
 * move_freelist_tail, mm/compaction.c 6.1 and 6.12.
 */
#include "internal.h"

#define CLUSTER_MAX 32u /* COMPACT_CLUSTER_MAX */

/* The block at @n becomes the first of its list. */
static void turn_to_head(struct buddy *b, node_t head, node_t n)
{
	node_t before;

	if (b->link[head].next == n)
		return;
	unlink_node(b->link, head);
	before = b->link[n].prev;
	link_between(b->link, head, before, n);
}

int buddy_turn_to_tail(struct buddy *b, uint64_t pfn)
{
	struct zone *z = zone_find(b, pfn);
	node_t n, head;
	uint8_t s;

	if (!z)
		return -ERANGE;
	n = node_of(z, pfn);
	fresh_make_until(b, z, n);
	s = b->state[n];
	if (!state_is_free(s))
		return -ENOENT;
	head = free_head(z, state_free_type(s), state_order(s));
	if (b->link[head].prev == n)
		return 0;
	unlink_node(b->link, head);
	link_between(b->link, head, n, b->link[n].next);
	return 0;
}

struct search {
	struct buddy *b;
	struct zone *z;
	uint64_t low_pfn; /* good enough: the search ends here */
	uint64_t min_pfn; /* worth remembering */
	uint32_t limit;   /* blocks to look at per order */
	uint32_t scanned; /* of this order */
};

/* Looks at one list from its tail. Return: the block chosen, 0 when none is; the list is turned either way. */
static node_t search_list(struct search *s, unsigned order, bool *good_out)
{
	node_t head = free_head(s->z, BUDDY_MOVABLE, order);
	node_t stopped = 0, high = 0;

	s->scanned = 0;
	/* Blocks of a fresh run exist once somebody looks at them. */
	while (s->b->link[head].prev == s->z->fresh_node)
		fresh_make_one(s->b, s->z);
	for (node_t n = s->b->link[head].prev; n != head; n = s->b->link[n].prev) {
		uint64_t pfn = pfn_of(s->z, n);

		s->scanned++;
		if (pfn >= s->low_pfn) {
			*good_out = true;
			turn_to_head(s->b, head, n);
			return n;
		}
		if (pfn >= s->min_pfn && (!high || pfn > pfn_of(s->z, high))) {
			high = n;
			s->limit >>= 1;
		}
		if (s->scanned >= s->limit) {
			stopped = n;
			break;
		}
	}
	if (high || stopped)
		turn_to_head(s->b, head, high ? high : stopped);
	return high;
}

/* Round robin over the orders below the wanted one. Return: -1 when it came back to where it began. */
static int next_order(struct buddy_search *q, int order)
{
	order--;
	if (order < 0)
		order = q->order - 1;
	if (order != q->search_order)
		return order;
	q->search_order--;
	if (q->search_order < 0)
		q->search_order = q->order - 1;
	return -1;
}

int buddy_search_begin(struct buddy *b, struct buddy_search *q)
{
	q->found_pfn = BUDDY_NO_PFN;
	q->next_order = -1;
	if (q->zone >= b->zone_count || q->order > (int)BUDDY_ORDER_MAX)
		return -EINVAL;
	if (q->order <= 0 || q->free_pfn < q->migrate_pfn)
		return -ENOENT;
	q->limit = ((CLUSTER_MAX >> (q->failures < 31 ? q->failures : 31)) + 1) / 2;
	if (!q->limit)
		q->limit = 1;
	if (q->free_pfn >= q->init_free_pfn)
		q->limit = (uint32_t)(1ull << b->pageblock_order) / 2;
	if (q->search_order > q->order - 1 || q->search_order < 0)
		q->search_order = q->order - 1;
	q->next_order = q->search_order;
	return 0;
}

int buddy_search_list(struct buddy *b, struct buddy_search *q)
{
	uint64_t pageblock_mask = (1ull << b->pageblock_order) - 1;
	uint64_t distance = q->free_pfn - q->migrate_pfn;
	struct search s = { .b = b, .z = &b->zones[q->zone], .limit = q->limit };
	bool good = false;
	int order;
	node_t n;

	s.low_pfn = (q->free_pfn - distance / 4) & ~pageblock_mask;
	s.min_pfn = (q->free_pfn - distance / 2) & ~pageblock_mask;
	while (q->next_order >= 0 && !s.z->nr_free[q->next_order])
		q->next_order = next_order(q, q->next_order);
	if (q->next_order < 0)
		return -ENOENT;
	order = q->next_order;
	n = search_list(&s, (unsigned)order, &good);
	if (good) {
		q->failures = 0;
		q->search_order = order;
	}
	if (n) {
		q->found_pfn = pfn_of(s.z, n);
		q->next_order = -1;
		return 0;
	}
	q->limit = s.limit;
	if (s.scanned >= q->limit)
		q->limit = q->limit > 1 ? q->limit / 2 : 1;
	q->next_order = next_order(q, order);
	return q->next_order < 0 ? -ENOENT : -EAGAIN;
}

int buddy_search_free(struct buddy *b, struct buddy_search *q)
{
	int status = buddy_search_begin(b, q);

	if (!status)
		do
			status = buddy_search_list(b, q);
		while (status == -EAGAIN);
	return status;
}

int buddy_scan_free(struct buddy *b, uint64_t pfn, uint64_t end_pfn, uint64_t stride, uint64_t *pfn_out,
		    unsigned *order_out)
{
	struct zone *z = zone_find(b, pfn);

	if (!stride)
		return -EINVAL;
	if (!z)
		return -ERANGE;
	for (; pfn < end_pfn && zone_spans(z, pfn); pfn += stride) {
		node_t n = node_of(z, pfn);

		fresh_make_until(b, z, n);
		if (!state_is_free(b->state[n]))
			continue;
		*pfn_out = pfn;
		*order_out = state_order(b->state[n]);
		return 0;
	}
	return -ENOENT;
}
