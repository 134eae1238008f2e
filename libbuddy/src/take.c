// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Following a recording that went another way than the model.
 *
 * Interface: buddy_take, buddy_put_back.
 * Invariant: buddy_check holds afterwards; what is wrong is only where the model's blocks lie.
 */
#include "internal.h"

/* The CPU on whose list a block lies: the list is followed to its head, whose number tells. */
static uint32_t pcp_cpu_of(const struct buddy *b, const struct zone *z, node_t n)
{
	node_t first_frame = b->zones[0].base_node;

	while (n >= first_frame)
		n = b->link[n].next;
	for (uint32_t cpu = 0; cpu < b->cpu_count; cpu++)
		if (n - z->pcp[cpu].heads < PCP_LISTS)
			return cpu;
	assert(!"a per-CPU block leads to a per-CPU list");
	return 0;
}

/* Turns the per-CPU block at @head into a free one of a drain's type, unmerged, at the head of its list. */
static void pcp_to_free(struct buddy *b, struct zone *z, uint32_t cpu, node_t head)
{
	struct pcp *p = &z->pcp[pcp_cpu_of(b, z, head)];
	uint8_t s = b->state[head];
	unsigned order = state_pcp_order(b, s), type;

	type = drain_type(b, z, head);
	pcp_remove(b, p, head, order);
	b->state[head] = 0;
	account(z, cpu, 1 << order, type);
	free_list_add(b, z, head, order, type, false);
}

/* Takes [n, n + 2^order) out of the free block of @head_order at @head; the rest goes back in halves. */
static void carve(struct buddy *b, struct zone *z, uint32_t cpu, node_t head, unsigned head_order, node_t n,
		  unsigned order)
{
	unsigned type = state_free_type(b->state[head]);

	account(z, cpu, -(1 << order), type);
	free_list_remove(b, z, head, head_order);
	while (head_order > order) {
		node_t upper = head + (1u << --head_order);

		b->stats.splits++;
		free_list_add(b, z, n >= upper ? head : upper, head_order, type, false);
		if (n >= upper)
			head = upper;
	}
}

static bool all_free(const struct buddy *b, uint64_t pfn, unsigned order)
{
	for (uint64_t i = pfn; i < pfn + (1ull << order); i++) {
		enum buddy_frame_state s = buddy_frame_state(b, i, NULL, NULL);

		if (s != BUDDY_FRAME_FREE && s != BUDDY_FRAME_ON_PCP)
			return false;
	}
	return true;
}

int buddy_take(struct buddy *b, uint32_t cpu, uint64_t pfn, unsigned order)
{
	struct zone *z;

	if (order >= BUDDY_ORDER_COUNT || cpu >= b->cpu_count || (pfn & ((1ull << order) - 1)))
		return -EINVAL;
	z = zone_find(b, pfn);
	if (!z || !zone_spans(z, pfn + (1ull << order) - 1))
		return -ERANGE;
	if (!all_free(b, pfn, order))
		return -EEXIST;
	fresh_make_until(b, z, node_of(z, pfn));
	for (uint64_t i = pfn; i < pfn + (1ull << order);) {
		uint64_t head;
		unsigned head_order, piece;

		if (buddy_frame_state(b, i, &head, &head_order) == BUDDY_FRAME_ON_PCP)
			pcp_to_free(b, z, cpu, node_of(z, head));
		piece = head_order < order ? head_order : order;
		carve(b, z, cpu, node_of(z, head), head_order, node_of(z, i), piece);
		i += 1ull << piece;
	}
	b->state[node_of(z, pfn)] = (uint8_t)(STATE_USED | order);
	return 0;
}

int buddy_put_back(struct buddy *b, uint32_t cpu, const struct buddy_block *block)
{
	struct zone *z = zone_find(b, block->pfn);
	node_t n;
	int error;

	if (!z)
		return -ERANGE;
	if (cpu >= b->cpu_count || block->order >= BUDDY_ORDER_COUNT || block->type >= BUDDY_TYPE_COUNT)
		return -EINVAL;
	error = free_validate(b, z, block->pfn, block->order);
	if (error)
		return error;
	n = node_of(z, block->pfn);
	if (block->path == BUDDY_PATH_PCP || block->path == BUDDY_PATH_REFILL) {
		struct pcp *p = &z->pcp[cpu];
		unsigned list_type = block->type < BUDDY_PCP_TYPE_COUNT ? block->type : BUDDY_MOVABLE;

		b->state[n] = state_pcp(block->order, block->type);
		link_head(b->link, n, p->heads + pcp_index(block->order, list_type));
		b->stats.pcp_list_ops++;
		p->count += 1 << block->order;
		return 0;
	}
	/* The request may have reserved its pageblock, and 6.12 mixes no types in one. */
	free_one(b, z, cpu, n, block->order,
		 b->profile->drain_by_pageblock ? *pageblock_of(b, z, n) : block->type, false);
	return 0;
}
