// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compaction's fast search for a free block to migrate to, which turns the lists that it goes through.
 *
 * Interface: buddy_compact_search, buddy_turn_to_tail, turn_to_tail.
 * A list is turned by moving its head: what stood before a block then stands behind the last one.
 * Source: fast_isolate_freepages, next_search_order, move_freelist_head, move_freelist_tail, mm/compaction.c.
 */
#include "compact_internal.h"

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

/* The free block at @n becomes the last of its list. */
void turn_to_tail(struct buddy *b, const struct zone *z, node_t n)
{
	node_t head = free_head(z, state_free_type(b->state[n]), state_order(b->state[n]));

	if (b->link[head].prev == n)
		return;
	unlink_node(b->link, head);
	link_between(b->link, head, n, b->link[n].next);
}

int buddy_turn_to_tail(struct buddy *b, uint64_t pfn)
{
	struct zone *z = zone_find(b, pfn);
	node_t n;

	if (!z)
		return -ERANGE;
	n = node_of(z, pfn);
	fresh_make_until(b, z, n);
	if (!state_is_free(b->state[n]))
		return -ENOENT;
	turn_to_tail(b, z, n);
	return 0;
}

struct search {
	struct buddy *b;
	struct zone *z;
	uint64_t low_pfn;     /* good enough: the search ends here */
	uint64_t min_pfn;     /* worth remembering */
	uint64_t highest_pfn; /* pageblock of the highest block seen */
	uint32_t limit;       /* blocks to look at per order */
	uint32_t scanned;     /* of this order */
	uint32_t total;
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
		s->total++;
		if (pfn >= s->highest_pfn)
			s->highest_pfn = block_start_in(s->b, s->z, pfn);
		if (pfn >= s->low_pfn) {
			*good_out = true;
			turn_to_head(s->b, head, n);
			return n;
		}
		/* Frame 0 is no candidate: to the kernel it means that there is none. */
		if (pfn >= s->min_pfn && pfn > (high ? pfn_of(s->z, high) : 0)) {
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
static int next_order(struct buddy_compaction *c, int order)
{
	order--;
	if (order < 0)
		order = c->order - 1;
	if (order != c->search_order)
		return order;
	c->search_order--;
	if (c->search_order < 0)
		c->search_order = c->order - 1;
	return -1;
}

static void search_begin(struct search *s, struct buddy_compaction *c)
{
	uint64_t distance = c->free_pfn - c->migrate_pfn;

	s->limit = search_limit(c) / 2;
	if (!s->limit)
		s->limit = 1;
	/* At the start of a scan it pays to look further. */
	if (c->free_pfn >= s->z->compact.init_free_pfn)
		s->limit = (uint32_t)block_pages(s->b) / 2;
	s->low_pfn = block_start(s->b, c->free_pfn - distance / 4);
	s->min_pfn = c->min_pfn = block_start(s->b, c->free_pfn - distance / 2);
	if (c->search_order > c->order - 1 || c->search_order < 0)
		c->search_order = c->order - 1;
}

/* Goes through the lists. Return: as buddy_compact_search. */
static int search_orders(struct search *s, struct buddy_compaction *c, uint32_t cpu, node_t *n_out,
			 unsigned *order_out)
{
	int result = -ENOENT;

	for (int order = c->search_order; result == -ENOENT && order >= 0; order = next_order(c, order)) {
		bool good = false;
		node_t n;

		if (!s->z->nr_free[order])
			continue;
		n = search_list(s, (unsigned)order, &good);
		if (good) {
			c->failures = 0;
			c->search_order = order;
		}
		if (n) {
			*n_out = n;
			*order_out = (unsigned)order;
			result = stock_isolate(s->b, c, cpu, n, (unsigned)order);
			if (result)
				order = c->search_order + 1; /* which the round robin takes for its end */
			else
				s->total += (1u << order) - 1;
		}
		if (s->b->profile->compact.search_ends_with_enough && c->free_pages >= c->migrate_pages)
			break;
		if (s->scanned >= s->limit)
			s->limit = s->limit > 1 ? s->limit / 2 : 1;
	}
	return result;
}

/*
 * Whether the kernel finds no page for the start of this pageblock. Where a zone begins within a pageblock that is
 * another zone's, and it looks only if some pageblock has a hole. Source: pageblock_pfn_to_page().
 */
static bool block_is_missing(const struct buddy *b, const struct zone *z, uint64_t pfn)
{
	if (zone_spans(z, pfn))
		return block_has_hole(b, z, pfn);
	for (pfn = z->start_pfn; pfn < zone_end(z); pfn = block_end(b, pfn))
		if (block_has_hole(b, z, pfn))
			return true;
	return false;
}

/* Nothing was taken: at the start of a scan, the pageblock where the linear scan begins instead. */
static uint64_t search_failed(struct search *s, struct buddy_compaction *c)
{
	bool from_start = c->free_pfn >= s->z->compact.init_free_pfn;
	bool exists;

	c->failures++;
	if (!from_start)
		return BUDDY_NO_PFN;
	if (s->highest_pfn >= s->min_pfn) {
		c->free_pfn = s->highest_pfn;
		return s->highest_pfn;
	}
	/* Once the scanners have passed each other the middle between them is nowhere. */
	if (!(c->flags & BUDDY_COMPACT_DIRECT) || s->min_pfn >= zone_end(s->z))
		return BUDDY_NO_PFN;
	exists = !block_is_missing(s->b, s->z, s->min_pfn) &&
		 (!s->b->profile->compact.search_start_suits || target_suits(s->b, s->z, c, s->min_pfn));
	c->free_pfn = s->min_pfn;
	return exists ? s->min_pfn : BUDDY_NO_PFN;
}

/* The pageblock around a find is looked at too, unless that was enough. Source: fast_isolate_around(). */
static void around_begin(struct buddy *b, const struct zone *z, struct buddy_compaction *c, uint64_t pfn)
{
	bool hasty = (c->flags & BUDDY_COMPACT_DIRECT) && c->mode == BUDDY_COMPACT_ASYNC;

	if (pfn != BUDDY_NO_PFN && c->free_pages < c->migrate_pages && !hasty && !block_has_hole(b, z, pfn)) {
		c->step = BUDDY_TARGET_AROUND;
		c->block_start_pfn = c->isolate_pfn = block_start_in(b, z, pfn);
		c->block_end_pfn = block_end(b, pfn) < zone_end(z) ? block_end(b, pfn) : zone_end(z);
		c->stride = 1;
	} else if (c->free_pages) {
		c->step = BUDDY_TARGET_DONE;
	} else {
		linear_begin(b, c);
	}
}

int buddy_compact_search(struct buddy *b, struct buddy_compaction *c, uint32_t cpu, uint64_t *pfn_out,
			 unsigned *order_out)
{
	struct search s = { .b = b, .z = zone_of(b, c) };
	uint64_t around_pfn;
	node_t n = 0;
	int result;

	c->searched = 0;
	if (c->order <= 0) {
		around_begin(b, s.z, c, BUDDY_NO_PFN);
		return -ENOENT;
	}
	search_begin(&s, c);
	result = search_orders(&s, c, cpu, &n, order_out);
	c->searched = s.total;
	c->searched_free_pfn = c->free_pfn;
	if (n)
		*pfn_out = pfn_of(s.z, n);
	around_pfn = result ? search_failed(&s, c) : *pfn_out;
	if (s.highest_pfn && s.highest_pfn >= s.z->compact.cached_free_pfn)
		s.z->compact.cached_free_pfn = s.highest_pfn - block_pages(b);
	around_begin(b, s.z, c, around_pfn);
	return result;
}
