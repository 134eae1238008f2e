// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Halves a block until its parts are of one kind.
 *
 * Interface: tree.h.
 */
#include "tree.h"

#include <errno.h>

struct look {
	struct sim_tree *tree;
	const struct buddy *buddy;
	sim_tree_owner owner;
	const void *context;
};

/* The piece of one frame; for a listed one also its block. */
static enum sim_piece piece_of(const struct look *look, uint64_t pfn, uint64_t *head_out, unsigned *order_out)
{
	switch (buddy_frame_state(look->buddy, pfn, head_out, order_out)) {
	case BUDDY_FRAME_FREE:
		return SIM_PIECE_FREE;
	case BUDDY_FRAME_ON_PCP:
		return SIM_PIECE_ON_PCP;
	case BUDDY_FRAME_IN_USE:
		return look->owner ? look->owner(look->context, pfn) : SIM_PIECE_IN_USE;
	default:
		return SIM_PIECE_OUTSIDE;
	}
}

static bool is_listed(enum sim_piece piece)
{
	return piece == SIM_PIECE_FREE || piece == SIM_PIECE_ON_PCP;
}

/* Whether [start_pfn, start_pfn + 2^order) is one piece; *piece_out and *list_order_out say which. */
static bool is_one_piece(const struct look *look, uint64_t start_pfn, unsigned order, enum sim_piece *piece_out,
			 unsigned *list_order_out)
{
	uint64_t end_pfn = start_pfn + (UINT64_C(1) << order);
	uint64_t head_pfn = start_pfn;

	*list_order_out = order;
	*piece_out = piece_of(look, start_pfn, &head_pfn, list_order_out);
	if (is_listed(*piece_out))
		return head_pfn + (UINT64_C(1) << *list_order_out) >= end_pfn;
	*list_order_out = order;
	for (uint64_t pfn = start_pfn + 1; pfn < end_pfn; pfn++)
		if (piece_of(look, pfn, NULL, NULL) != *piece_out)
			return false;
	return true;
}

static void add_node(const struct look *look, uint64_t start_pfn, unsigned order, int32_t parent)
{
	struct sim_tree *tree = look->tree;
	int32_t index = (int32_t)tree->node_count++;
	struct sim_tree_node *node = &tree->nodes[index];
	enum sim_piece piece;
	unsigned list_order;

	if (order < tree->lowest_order)
		tree->lowest_order = order;
	node->start_pfn = start_pfn;
	node->parent = parent;
	node->order = (uint8_t)order;
	node->split = !is_one_piece(look, start_pfn, order, &piece, &list_order);
	node->list_order = (uint8_t)(node->split ? order : list_order);
	node->piece = (uint8_t)piece;
	node->listed = !node->split && is_listed(piece);
	if (node->split) {
		add_node(look, start_pfn, order - 1, index);
		add_node(look, start_pfn + (UINT64_C(1) << (order - 1)), order - 1, index);
	}
	if (parent >= 0)
		tree->nodes[parent].listed |= node->listed;
}

int sim_tree_take(struct sim_tree *tree, const struct buddy *buddy, uint64_t start_pfn, unsigned order,
		  sim_tree_owner owner, const void *context)
{
	struct look look = { tree, buddy, owner, context };

	if (order > BUDDY_ORDER_MAX || start_pfn % (UINT64_C(1) << order))
		return -EINVAL;
	tree->start_pfn = start_pfn;
	tree->order = order;
	tree->lowest_order = order;
	tree->node_count = 0;
	add_node(&look, start_pfn, order, -1);
	return 0;
}
