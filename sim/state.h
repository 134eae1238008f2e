/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What memory looks like at one moment: free blocks, indices, fingerprints.
 *
 * Role: the STATE side of every comparison; the cost side is struct buddy_stats.
 * Interface: sim_state_take, sim_state_fingerprint, sim_state_relation.
 * Invariant: equal fingerprints mean equal lists (64-bit hashes, so up to chance).
 */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include "load.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sim_zone_state {
	uint64_t free_pages;                          /* on the free lists */
	uint64_t free_blocks[BUDDY_ORDER_COUNT];
	int unusable_permille[BUDDY_ORDER_COUNT];     /* the kernel's unusable free space index */
	/* its external fragmentation index: 0 for lack of memory, 1000 by fragmentation; -1000: would succeed */
	int extfrag_permille[BUDDY_ORDER_COUNT];
	uint64_t pcp_pages;                           /* on per-CPU lists */
};

struct sim_state {
	struct sim_zone_state all;                    /* sums; the indices by the kernel's formulas on the sums */
	struct sim_zone_state zones[BUDDY_ZONE_COUNT_MAX];
	uint32_t zone_count;
	uint64_t lists_in_order;  /* fingerprints: free lists with their order, */
	uint64_t blocks;          /* the same blocks in any order, */
	uint64_t pcp_in_order;    /* per-CPU lists with their order, */
	uint64_t pcp_blocks;
	uint64_t pageblock_types; /* types of all pageblocks */
};

/* How like are two states? Each includes those below it. */
enum sim_relation {
	SIM_SAME_IN_ORDER,  /* free lists and per-CPU lists identical in order */
	SIM_SAME_BLOCKS,    /* the same blocks are free, lists are ordered differently */
	SIM_SAME_COUNTS,    /* as many free blocks of each order per zone, in other places */
	SIM_DIFFERENT
};

/* Counts and indices. Cheap: reads counters only. */
void sim_state_take(const struct sim_machine *machine, struct sim_state *out);
/* Adds the fingerprints; walks every list. Return: 0 or -ENOMEM. */
int sim_state_fingerprint(const struct sim_machine *machine, struct sim_state *state);
enum sim_relation sim_state_relation(const struct sim_state *a, const struct sim_state *b);

#ifdef __cplusplus
}
#endif
#endif
