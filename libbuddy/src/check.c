// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every invariant of the model, looked at from outside the paths that keep it.
 *
 * Interface: buddy_check.
 *  1. Every list is circular and its links agree in both directions.
 *  2. Every entry of a free list carries the mark of that list: free, its order, its type.
 *  3. A free block is aligned, lies in its zone, and no frame inside it carries a mark.
 *  4. Every frame marked free stands on a list, and nr_free counts each order's blocks.
 *  5. Free buddies of one order below the pageblock order are merged. From it on a type may have kept them apart that a
 *     pageblock no longer has: to change a type merges nothing.
 *  6. Per-CPU lists hold blocks of their index's order, and their count is the frames on them.
 *  7. Counter, differences and lists agree: global counter + all differences = frames on the lists, isolated
 *     ones aside.
 *  8. Pageblock types are types, and isolated pageblocks are counted.
 */
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

struct report {
	char *message;
	size_t room;
	bool ok;
};

static void wrong(struct report *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Keeps the first thing that is wrong. */
static void wrong(struct report *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (r->ok && r->room)
		vsnprintf(r->message, r->room, format, args);
	va_end(args);
	r->ok = false;
}

static bool block_is_clean(const struct buddy *b, node_t n, unsigned order)
{
	for (node_t i = n + 1; i < n + (1u << order); i++)
		if (b->state[i])
			return false;
	return true;
}

/* A list's head and another zone's frame have a number outside the zone, too: nodes are fewer than a node_t counts. */
static bool entry_in_zone(const struct zone *z, node_t n, unsigned order)
{
	uint64_t pfn = pfn_of(z, n);

	return !(pfn & ((1ull << order) - 1)) && zone_spans(z, pfn) && zone_spans(z, pfn + (1ull << order) - 1);
}

static void check_merged(const struct buddy *b, const struct zone *z, node_t n, unsigned order, struct report *r)
{
	node_t buddy_node = z->base_node + ((n - z->base_node) ^ (1u << order));

	if (order < b->pageblock_order && free_at_order(b, buddy_node, order))
		wrong(r, "zone %s: frames 0x%llx and 0x%llx are free buddies of order %u, not merged", z->name,
		      (unsigned long long)pfn_of(z, n), (unsigned long long)pfn_of(z, buddy_node), order);
}

/* Return: blocks on the list, the fresh run's included. */
static uint64_t check_free_list(const struct buddy *b, const struct zone *z, unsigned type, unsigned order,
				struct report *r)
{
	node_t head = free_head(z, type, order);
	uint64_t length = 0;

	for (node_t n = b->link[head].next; n != head && r->ok; n = b->link[n].next) {
		if (b->link[b->link[n].next].prev != n || b->link[b->link[n].prev].next != n)
			wrong(r, "zone %s order %u type %u: links disagree at entry %llu", z->name, order, type,
			      (unsigned long long)length);
		if (n == z->fresh_node) {
			if (type != BUDDY_MOVABLE || order != BUDDY_ORDER_MAX || z->fresh >= z->fresh_end)
				wrong(r, "zone %s order %u type %u: an empty or misplaced fresh run", z->name, order,
				      type);
			length += (z->fresh_end - z->fresh) / TOP_FRAMES;
			continue;
		}
		length++;
		if (!entry_in_zone(z, n, order)) {
			wrong(r, "zone %s order %u type %u: entry %llu is no aligned block of the zone", z->name, order,
			      type, (unsigned long long)length);
			break;
		}
		if (b->state[n] != state_free(type, order))
			wrong(r, "zone %s: frame 0x%llx is marked 0x%02x, its list says 0x%02x", z->name,
			      (unsigned long long)pfn_of(z, n), b->state[n], state_free(type, order));
		if (!block_is_clean(b, n, order))
			wrong(r, "zone %s: free block 0x%llx of order %u has marks inside", z->name,
			      (unsigned long long)pfn_of(z, n), order);
		check_merged(b, z, n, order, r);
	}
	return length;
}

static void check_pcp(const struct buddy *b, const struct zone *z, uint32_t cpu, struct report *r)
{
	const struct pcp *p = &z->pcp[cpu];
	int64_t frames = 0;

	for (unsigned index = 0; index < PCP_LISTS; index++) {
		unsigned order = pcp_index_order(b, index);
		node_t head = p->heads + index;

		for (node_t n = b->link[head].next; n != head && r->ok; n = b->link[n].next) {
			frames += 1 << order;
			if (b->link[b->link[n].next].prev != n || !entry_in_zone(z, n, order) ||
			    !state_is_pcp(b->state[n]) || state_pcp_order(b, b->state[n]) != order ||
			    !block_is_clean(b, n, order))
				wrong(r, "zone %s cpu %u list %u: an entry is not a block of order %u", z->name, cpu,
				      index, order);
		}
	}
	if (frames != p->count)
		wrong(r, "zone %s cpu %u: count is %d, the lists hold %lld frames", z->name, cpu, p->count,
		      (long long)frames);
}

/* Without a branch, so that it goes many frames at a time: most of a check is this. */
static void count_marks_in(const struct buddy *b, node_t start, node_t end, uint64_t *free_out, uint64_t *pcp_out)
{
	while (start < end) {
		/* Counts of so few fit in a byte. */
		node_t stop = end - start < UINT8_MAX ? end : start + UINT8_MAX;
		uint8_t marked = 0, on_pcp = 0;

		for (; start < stop; start++) {
			marked = (uint8_t)(marked + state_is_free(b->state[start]));
			on_pcp = (uint8_t)(on_pcp + state_is_pcp(b->state[start]));
		}
		*free_out += marked;
		*pcp_out += on_pcp;
	}
}

/* Frames marked as heads of free and of per-CPU blocks, found by looking at every frame outside the fresh run. */
static void count_marks(const struct buddy *b, const struct zone *z, uint64_t *free_out, uint64_t *pcp_out)
{
	node_t end = z->base_node + z->frame_span;
	bool fresh = z->fresh < z->fresh_end;

	count_marks_in(b, z->base_node, fresh ? z->fresh : end, free_out, pcp_out);
	if (fresh)
		count_marks_in(b, z->fresh_end, end, free_out, pcp_out);
}

static void check_counts(const struct buddy *b, const struct zone *z, uint64_t listed_blocks, int64_t isolated_pages,
			 struct report *r)
{
	uint64_t marked = 0, marked_pcp = 0, on_pcp = 0;
	int64_t counter = z->free_pages;
	int64_t listed = (int64_t)buddy_free_pages_listed(b, z->index) - isolated_pages;

	count_marks(b, z, &marked, &marked_pcp);
	marked += (z->fresh_end - z->fresh) / TOP_FRAMES;
	if (marked != listed_blocks)
		wrong(r, "zone %s: %llu blocks are marked free, the lists have %llu", z->name,
		      (unsigned long long)marked, (unsigned long long)listed_blocks);
	for (uint32_t cpu = 0; cpu < b->cpu_count; cpu++) {
		counter += z->pcp[cpu].stat_diff;
		for (unsigned index = 0; index < PCP_LISTS; index++)
			on_pcp += buddy_pcp_copy(b, z->index, cpu, index, NULL, NULL, 0);
	}
	if (marked_pcp != on_pcp)
		wrong(r, "zone %s: %llu blocks are marked as on a per-CPU list, the lists have %llu", z->name,
		      (unsigned long long)marked_pcp, (unsigned long long)on_pcp);
	if (counter != listed)
		wrong(r, "zone %s: free counter and differences say %lld frames, the lists have %lld", z->name,
		      (long long)counter, (long long)listed);
}

static void check_pageblocks(const struct buddy *b, const struct zone *z, struct report *r)
{
	uint32_t isolated = 0;

	for (uint64_t i = 0; i < z->frame_span >> b->pageblock_order; i++) {
		if (z->pageblocks[i] >= BUDDY_TYPE_COUNT)
			wrong(r, "zone %s: pageblock %llu has type %u", z->name, (unsigned long long)i,
			      z->pageblocks[i]);
		isolated += z->pageblocks[i] == BUDDY_ISOLATE;
	}
	if (isolated != z->isolated_pageblocks)
		wrong(r, "zone %s: %u pageblocks are isolated, counted %u", z->name, isolated, z->isolated_pageblocks);
}

static void check_zone(const struct buddy *b, const struct zone *z, struct report *r)
{
	uint64_t blocks = 0;
	int64_t isolated_pages = 0;

	for (unsigned order = 0; order < BUDDY_ORDER_COUNT && r->ok; order++) {
		uint64_t of_order = 0;

		for (unsigned type = 0; type < BUDDY_TYPE_COUNT; type++) {
			uint64_t length = check_free_list(b, z, type, order, r);

			if (!length != !(z->filled[type] & 1u << order))
				wrong(r, "zone %s order %u type %u: the list has %llu blocks, its bit says otherwise",
				      z->name, order, type, (unsigned long long)length);
			if (type == BUDDY_ISOLATE)
				isolated_pages += (int64_t)(length << order);
			of_order += length;
		}
		blocks += of_order;
		if (of_order != z->nr_free[order])
			wrong(r, "zone %s order %u: nr_free is %llu, the lists have %llu", z->name, order,
			      (unsigned long long)z->nr_free[order], (unsigned long long)of_order);
	}
	for (uint32_t cpu = 0; cpu < b->cpu_count && r->ok; cpu++)
		check_pcp(b, z, cpu, r);
	if (r->ok)
		check_counts(b, z, blocks, isolated_pages, r);
	check_pageblocks(b, z, r);
}

bool buddy_check(const struct buddy *b, char *message, size_t room)
{
	struct report r = { message, message ? room : 0, true };

	for (uint32_t i = 0; i < b->zone_count && r.ok; i++)
		check_zone(b, &b->zones[i], &r);
	return r.ok;
}
