// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Freeing: to the per-CPU list or straight to the zone, where a block merges with its free buddies.
 *
 * Interface: free_one, buddy_set_capture, buddy_free_pages, buddy_free_prepare, buddy_free_commit, buddy_free_list,
 * buddy_free_direct, buddy_isolate_free, buddy_putback_isolated.
 * Invariant: a freed block merges with every free buddy on its way up, save where the pageblocks' types forbid it.
 * Source: __free_one_page, free_unref_page, free_unref_page_list, __free_pages_ok, free_one_page,
 * __isolate_free_page, __putback_isolated_page, mm/page_alloc.c 6.1 and 6.12.
 */
#include "internal.h"

static bool type_merges(unsigned type) { return type < BUDDY_PCP_TYPE_COUNT; }

/* Above the pageblock order two blocks may carry types that must not flow together. */
static bool may_merge(const struct buddy *b, const struct zone *z, node_t buddy_node, unsigned order, unsigned type)
{
	unsigned buddy_type;

	if (likely(order < b->pageblock_order))
		return true;
	buddy_type = *pageblock_of(b, z, buddy_node);
	return type == buddy_type || (type_merges(type) && type_merges(buddy_type));
}

/* A merged buddy takes the type of the block, so that a later split puts its parts on the right lists (6.12). */
static void adopt_pageblocks(struct buddy *b, struct zone *z, node_t n, unsigned order, unsigned type)
{
	for (node_t i = 0; i < 1u << order; i += 1u << b->pageblock_order)
		if (*pageblock_of(b, z, n + i) != type)
			set_pageblock_type(b, z, n + i, type);
}

/* Source: compaction_capture(), mm/page_alloc.c. */
static bool captured(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned order, unsigned type)
{
	struct buddy_capture *c = b->capture;

	if (c->done || c->zone != z->index || c->order != order || type == BUDDY_CMA || type == BUDDY_ISOLATE)
		return false;
	/* A small request must not spoil a movable pageblock. */
	if (order < b->pageblock_order && type == BUDDY_MOVABLE &&
	    !(b->profile->captures_movable && c->type == BUDDY_MOVABLE))
		return false;
	account(z, cpu, -(1 << order), type);
	/* A compound page, as for nearly every request of such an order. */
	b->state[n] = (uint8_t)(STATE_USED | STATE_USED_COMPOUND | order |
				(c->type == BUDDY_MOVABLE ? STATE_USED_MOVABLE : 0));
	c->done = true;
	c->pfn = pfn_of(z, n);
	return true;
}

void buddy_set_capture(struct buddy *b, struct buddy_capture *capture)
{
	b->capture = capture;
}

/* Source: __free_one_page(). */
static always_inline void merge_and_add(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned order,
					unsigned type, bool to_tail)
{
	node_t offset = n - z->base_node;
	node_t base = z->base_node;

	account(z, cpu, 1 << order, type);
	while (order < BUDDY_ORDER_MAX) {
		node_t buddy_offset = offset ^ (1u << order);

		if (unlikely(b->capture != NULL) && captured(b, z, cpu, base + offset, order, type))
			return;
		if (!free_at_order(b, base + buddy_offset, order))
			break;
		if (!may_merge(b, z, base + buddy_offset, order, type))
			break;
		free_list_remove(b, z, base + buddy_offset, order);
		if (unlikely(order >= b->pageblock_order) && b->profile->frees_by_pageblock)
			adopt_pageblocks(b, z, base + buddy_offset, order, type);
		b->stats.merges++;
		offset &= buddy_offset;
		order++;
	}
	/* If the next merge only waits for this block's buddy, keep the block for last: at the tail. */
	if (!to_tail && order < BUDDY_ORDER_MAX - 1) {
		node_t higher = offset & ~(1u << order);

		to_tail = free_at_order(b, base + (higher ^ (2u << order)), order + 1);
	}
	free_list_add(b, z, base + offset, order, type, to_tail);
}

void free_one(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned order, unsigned type, bool to_tail)
{
	merge_and_add(b, z, cpu, n, order, type, to_tail);
}

/* Cuts the allocated block at @head in halves until a block of @order starts at @n. */
static void split_used(struct buddy *b, node_t head, node_t n, unsigned order)
{
	unsigned o = state_order(b->state[head]);
	uint8_t keep = b->state[head] & (uint8_t)~(STATE_ORDER_MASK | STATE_USED_COMPOUND);

	while (o > order) {
		node_t upper;

		o--;
		upper = head + (1u << o);
		b->state[head] = (uint8_t)(keep | o);
		b->state[upper] = (uint8_t)(keep | o);
		if (n >= upper)
			head = upper;
	}
}

/* Whether all of [n, n + 2^order) is in use, given that no larger block covers it. */
static bool all_in_use(const struct buddy *b, node_t n, unsigned order)
{
	for (node_t i = n; i < n + (1u << order); i++) {
		uint8_t s = b->state[i];

		if (s && !state_is_used(s))
			return false;
		if (s && state_order(s) < order)
			i += (1u << state_order(s)) - 1;
	}
	return true;
}

/* Finds the block that covers @n from below; 0 when there is none. */
static node_t covering_block(const struct buddy *b, const struct zone *z, node_t n, unsigned *order_out)
{
	node_t offset = n - z->base_node;

	for (unsigned o = 1; o < BUDDY_ORDER_COUNT; o++) {
		node_t head = z->base_node + (offset & ~((1u << o) - 1));
		uint8_t s = b->state[head];
		unsigned order = state_is_pcp(s)	? state_pcp_order(b, s)
				 : state_is_prepared(s) ? state_prepared_order(b, s)
				 : state_in_stock(s)	? state_stock_order(s)
							: state_order(s);

		if (s && order >= o && n < head + (1u << order)) {
			*order_out = order;
			return head;
		}
	}
	return 0;
}

/*
 * Checks that the block is in use, as part of a larger one or in parts, and clears the marks of what was allocated
 * there.
 */
int free_validate_parts(struct buddy *b, struct zone *z, uint64_t pfn, unsigned order)
{
	node_t n = node_of(z, pfn);
	node_t head;
	unsigned head_order;

	if (!zone_spans(z, pfn + (1ull << order) - 1))
		return -ERANGE;
	if (in_fresh_run(z, n) || state_in_stock(b->state[n]))
		return -EEXIST;
	if (state_is_used(b->state[n]) && state_order(b->state[n]) > order)
		split_used(b, n, n, order);
	head = b->state[n] ? 0 : covering_block(b, z, n, &head_order);
	if (head) {
		if (!state_is_used(b->state[head]))
			return -EEXIST;
		split_used(b, head, n, order);
	}
	if (!all_in_use(b, n, order))
		return -EEXIST;
	memset(&b->state[n], 0, 1u << order);
	return 0;
}

static int free_target(struct buddy *b, uint32_t cpu, uint64_t pfn, unsigned order, struct zone **zone_out)
{
	if (order >= BUDDY_ORDER_COUNT || cpu >= b->cpu_count || (pfn & ((1ull << order) - 1)))
		return -EINVAL;
	*zone_out = zone_find(b, pfn);
	return *zone_out ? 0 : -ERANGE;
}

static always_inline void free_to_zone(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned order,
				       unsigned type, bool to_tail)
{
	bool by_pageblock = b->profile->frees_by_pageblock;

	b->stats.zone_locks++;
	/* Source: split_large_buddy(), 6.12: every piece goes by its own pageblock's type, read under the lock. */
	if (unlikely(by_pageblock && order > b->pageblock_order)) {
		for (node_t i = n; i < n + (1u << order); i += 1u << b->pageblock_order)
			free_one(b, z, cpu, i, b->pageblock_order, *pageblock_of(b, z, i), to_tail);
		return;
	}
	/* Source: free_one_page(), 6.1. A block may have been prepared while its pageblock was isolated. */
	if (by_pageblock || unlikely(z->isolated_pageblocks || type == BUDDY_ISOLATE))
		type = *pageblock_of(b, z, n);
	merge_and_add(b, z, cpu, n, order, type, to_tail);
}

int buddy_free_pages(struct buddy *b, uint32_t cpu, uint64_t pfn, unsigned order)
{
	struct zone *z;
	unsigned type;
	node_t n;
	int error = free_target(b, cpu, pfn, order, &z);

	if (unlikely(error) || unlikely((error = free_validate(b, z, pfn, order))))
		return error;
	n = node_of(z, pfn);
	type = *pageblock_of(b, z, n);
	b->stats.frees++;
	if (unlikely(!pcp_has_order(b, order) || type == BUDDY_ISOLATE)) {
		free_to_zone(b, z, cpu, n, order, type, false);
		return 0;
	}
	b->stats.pcp_locks++;
	pcp_commit(b, z, cpu, n, order, type < BUDDY_PCP_TYPE_COUNT ? type : BUDDY_MOVABLE, type);
	return 0;
}

int buddy_free_prepare(struct buddy *b, uint64_t pfn, unsigned order)
{
	struct zone *z;
	node_t n;
	int error = pcp_has_order(b, order) ? free_target(b, 0, pfn, order, &z) : -EINVAL;

	if (error || (error = free_validate(b, z, pfn, order)))
		return error;
	n = node_of(z, pfn);
	b->state[n] = state_prepared(order);
	b->link[n].next = *pageblock_of(b, z, n);
	return 0;
}

/* Takes back the mark of buddy_free_prepare. Return: the type that the free goes by, or -ENOENT. */
static int take_prepared(struct buddy *b, struct zone *z, uint64_t pfn, unsigned *order_out)
{
	node_t n = node_of(z, pfn);
	node_t type = b->link[n].next;

	if (!state_is_prepared(b->state[n]))
		return -ENOENT;
	*order_out = state_prepared_order(b, b->state[n]);
	b->state[n] = 0;
	b->link[n].next = 0;
	/* 6.12 looks at the pageblock when it commits. */
	return b->profile->drain_by_pageblock ? *pageblock_of(b, z, n) : (int)type;
}

int buddy_prepared_order(const struct buddy *b, uint64_t pfn, unsigned *order_out)
{
	const struct zone *z = zone_find(b, pfn);
	uint8_t s;

	if (!z)
		return -ERANGE;
	s = b->state[node_of(z, pfn)];
	if (!state_is_prepared(s))
		return -ENOENT;
	*order_out = state_prepared_order(b, s);
	return 0;
}

int buddy_free_commit(struct buddy *b, uint32_t cpu, uint64_t pfn)
{
	struct zone *z;
	unsigned order;
	int error = free_target(b, cpu, pfn, 0, &z);
	int type = error ? error : take_prepared(b, z, pfn, &order);

	if (type < 0)
		return type;
	b->stats.frees++;
	if (type == BUDDY_ISOLATE)
		free_to_zone(b, z, cpu, node_of(z, pfn), order, BUDDY_ISOLATE, false);
	else
		pcp_commit(b, z, cpu, node_of(z, pfn), order,
			   type < BUDDY_PCP_TYPE_COUNT ? (unsigned)type : BUDDY_MOVABLE, (unsigned)type);
	return 0;
}

/* Whether a single frame is in use, without clearing its mark. */
static int frame_in_use(struct buddy *b, uint32_t cpu, uint64_t pfn)
{
	unsigned order;
	struct zone *z;
	node_t n, head;
	int error = free_target(b, cpu, pfn, 0, &z);

	if (error)
		return error;
	n = node_of(z, pfn);
	if (in_fresh_run(z, n) || (b->state[n] && !state_is_used(b->state[n])))
		return -EEXIST;
	head = b->state[n] ? 0 : covering_block(b, z, n, &order);
	return head && !state_is_used(b->state[head]) ? -EEXIST : 0;
}

/* Finds a frame that is named twice: marks each, its state kept where a list's link would be, and unmarks them. */
static int named_twice(struct buddy *b, const uint64_t *pfns, uint32_t count)
{
	uint32_t marked = 0;
	bool twice = false;

	for (; marked < count; marked++) {
		node_t n = node_of(zone_find(b, pfns[marked]), pfns[marked]);

		twice = state_is_prepared(b->state[n]);
		if (twice)
			break;
		b->link[n].next = b->state[n];
		b->state[n] = state_prepared(0);
	}
	while (marked-- > 0) {
		node_t n = node_of(zone_find(b, pfns[marked]), pfns[marked]);

		b->state[n] = (uint8_t)b->link[n].next;
		b->link[n].next = 0;
	}
	return twice ? -EEXIST : 0;
}

/* What a listed free holds the lock of. */
struct locked_list {
	const struct zone *z; /* NULL: of none */
	uint32_t frames;      /* freed since it was taken */
};

/* The lock is dropped every 32 frames, for another zone's, and where 6.12 frees what is isolated. */
static void lock_for(struct buddy *b, struct locked_list *locked, const struct zone *z, uint64_t pfn)
{
	if (*pageblock_of(b, z, node_of(z, pfn)) == BUDDY_ISOLATE && b->profile->drain_by_pageblock) {
		locked->z = NULL;
		return;
	}
	if (z != locked->z || locked->frames == 32) {
		b->stats.pcp_locks++;
		*locked = (struct locked_list){ z, 0 };
	}
	locked->frames++;
}

int buddy_free_list(struct buddy *b, uint32_t cpu, const uint64_t *pfns, uint32_t count)
{
	struct locked_list locked = { NULL, 0 };
	unsigned order;
	int error = 0;

	for (uint32_t i = 0; i < count && !error; i++)
		error = frame_in_use(b, cpu, pfns[i]);
	if (error || (error = named_twice(b, pfns, count)))
		return error;
	for (uint32_t i = 0; i < count && !error; i++) {
		error = buddy_free_prepare(b, pfns[i], 0);
		/* Source: free_unref_page_list(), 6.1. What is isolated does not wait for the others. */
		if (!b->profile->drain_by_pageblock && buddy_pageblock_type(b, pfns[i]) == BUDDY_ISOLATE)
			error = buddy_free_commit(b, cpu, pfns[i]);
	}
	for (uint32_t i = 0; i < count && !error; i++) {
		if (buddy_prepared_order(b, pfns[i], &order))
			continue;
		lock_for(b, &locked, zone_find(b, pfns[i]), pfns[i]);
		error = buddy_free_commit(b, cpu, pfns[i]);
	}
	return error;
}

int buddy_free_direct(struct buddy *b, uint32_t cpu, uint64_t pfn, unsigned order, unsigned flags)
{
	struct zone *z;
	int error = free_target(b, cpu, pfn, order, &z);
	int type;

	if (error)
		return error;
	if (flags & BUDDY_FREE_PREPARED) {
		type = take_prepared(b, z, pfn, &order);
		if (type < 0)
			return type;
	} else {
		if ((error = free_validate(b, z, pfn, order)))
			return error;
		type = *pageblock_of(b, z, node_of(z, pfn));
	}
	b->stats.frees++;
	free_to_zone(b, z, cpu, node_of(z, pfn), order, (unsigned)type, flags & BUDDY_FREE_TO_TAIL);
	return 0;
}

/* Half a pageblock and more taken at once turns movable; 6.12 moves the free rest along. */
static void make_movable(struct buddy *b, struct zone *z, uint32_t cpu, node_t n)
{
	node_t start, end;

	if (!type_merges(*pageblock_of(b, z, n)))
		return;
	if (b->profile->fallback_by_mode) {
		if (!pageblock_range(b, z, n, &start, &end))
			return;
		move_freepages_block(b, z, cpu, n, BUDDY_MOVABLE, NULL);
	}
	set_pageblock_type(b, z, n, BUDDY_MOVABLE);
}

int buddy_isolate_free(struct buddy *b, uint32_t cpu, uint64_t pfn, unsigned order)
{
	struct zone *z;
	unsigned type;
	node_t n;
	int error = free_target(b, cpu, pfn, order, &z);

	if (error)
		return error;
	n = node_of(z, pfn);
	fresh_make_until(b, z, n);
	if (!free_at_order(b, n, order))
		return -ENOENT;
	type = *pageblock_of(b, z, n);
	if (type != BUDDY_ISOLATE) {
		if (!zone_mark_ok(z, b, 0, z->marks[BUDDY_MARK_MIN] + (1ull << order), 0, BUDDY_ALLOC_CMA,
				  z->free_pages))
			return -EAGAIN;
		account(z, cpu, -(1 << order), b->profile->counts_at_lists ? type : BUDDY_MOVABLE);
	}
	free_list_remove(b, z, n, order);
	b->state[n] = (uint8_t)(STATE_USED | order);
	if (order + 1 >= b->pageblock_order)
		for (uint32_t i = 0; i < 1u << order; i += 1u << b->pageblock_order)
			make_movable(b, z, cpu, n + i);
	return 0;
}

int buddy_putback_isolated(struct buddy *b, uint32_t cpu, uint64_t pfn, unsigned order, unsigned type)
{
	struct zone *z;
	int error = free_target(b, cpu, pfn, order, &z);

	if (error || type >= BUDDY_TYPE_COUNT || (error = free_validate(b, z, pfn, order)))
		return error ? error : -EINVAL;
	free_one(b, z, cpu, node_of(z, pfn), order, type, true);
	return 0;
}
