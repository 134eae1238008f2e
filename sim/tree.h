/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The split/merge tree of one block, as the model has it now.
 *
 * Role: a block is halved until each part is one piece: a block on one list, or frames of one owner.
 * Interface: sim_tree_take; struct sim_tree.
 * Invariant: the leaves are disjoint, ascending, and cover the block; a node that is split has both halves behind it.
 *
 *     frames  0 1 2 3 4 5 6 7          in use: 0 to 4; free: 5 and [6, 8)
 *             |======= split =======|
 *             |= in use =|= split ==|
 *                        |split|free|
 *                        |use|free|
 */
#ifndef SIM_TREE_H
#define SIM_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include <buddy/buddy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a part of a block is. The allocator knows the first four; who looks at it may tell the frames in use apart. */
enum sim_piece {
	SIM_PIECE_FREE,    /* on a zone's free list */
	SIM_PIECE_ON_PCP,  /* on a per-CPU list */
	SIM_PIECE_IN_USE,
	SIM_PIECE_OUTSIDE, /* in no zone */
	SIM_PIECE_FIRST,   /* wanted by the first request of an example (example.h) */
	SIM_PIECE_SECOND,  /* by the second */
	SIM_PIECE_SPARE,   /* kept with a request that did not want it, for good */
	SIM_PIECE_HELD,    /* held by the policy */
	SIM_PIECE_COUNT
};

#define SIM_TREE_NODES_MAX ((2u << BUDDY_ORDER_MAX) - 1)

struct sim_tree_node {
	uint64_t start_pfn;
	int32_t parent;      /* -1: the root */
	uint8_t order;
	uint8_t list_order;  /* of the listed block that it is; larger where the root is a part of one */
	uint8_t piece;       /* enum sim_piece; of a leaf */
	bool split;
	bool listed;         /* some of it lies on a list: the allocator has the block in parts, or as a free one */
};

struct sim_tree {
	uint64_t start_pfn;
	unsigned order;
	unsigned lowest_order; /* of a node */
	unsigned node_count;
	struct sim_tree_node nodes[SIM_TREE_NODES_MAX]; /* each before its halves, the lower half first */
};

/* Tells frames in use apart; an enum sim_piece. */
typedef enum sim_piece (*sim_tree_owner)(const void *context, uint64_t pfn);

/**
 * sim_tree_take - look at the block of 2^@order frames from @start_pfn
 * @owner: asked for each frame in use; NULL: they are all alike
 *
 * Return: 0, or -EINVAL (@order above BUDDY_ORDER_MAX, @start_pfn not a multiple of 2^@order) with @tree untouched.
 */
int sim_tree_take(struct sim_tree *tree, const struct buddy *buddy, uint64_t start_pfn, unsigned order,
		  sim_tree_owner owner, const void *context);

#ifdef __cplusplus
}
#endif
#endif
