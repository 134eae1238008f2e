/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sized blocks that are alive in a what-if replay or a synthetic workload, and what became of all of them.
 *
 * Role: remembers, per block of the model, how many pages were wanted and what the policy did with it.
 * Interface: sim_sized_init, sim_sized_new, sim_sized_enter, sim_sized_find, sim_sized_drop, sim_sized_fini;
 * sim_sized_count.
 * Invariant: one entry per live sized block, found by its first frame in the model; so memory is bounded by the
 * zones.
 */
#ifndef SIM_SIZED_H
#define SIM_SIZED_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sim_sized {
	struct sim_allocation a;       /* the policy's; frames of the model */
	uint64_t recorded_pfn;         /* first frame of the recorded block */
	uint32_t block_order;
	uint32_t pages_wanted;
	uint32_t pages_freed_singly;   /* given back one by one by someone who knows no size */
	uint8_t interface;             /* REC_SIZED_* */
	struct sim_sized *next_spare;
};

struct sim_sized_totals {
	uint64_t requests;      /* that got a block */
	uint64_t odd;           /* not a power of two of pages */
	uint64_t trimmed;       /* of which frames went back */
	uint64_t released;
	uint64_t bytes;
	uint64_t pages_asked;
	uint64_t pages_block;   /* of the rounded-up blocks */
	uint64_t pages_kept;    /* that were taken from the allocator, after the policy's fit */
};

struct sim_sized_store {
	struct pageman_ledger ledger;
	struct sim_sized *spare;
	bool out_of_memory; /* an entry was refused: what follows is not what would have happened */
};

/* Return: 0 or -ENOMEM. */
int sim_sized_init(struct sim_sized_store *store);
void sim_sized_fini(struct sim_sized_store *store);
/* An entry that nobody finds yet, or NULL without memory. */
struct sim_sized *sim_sized_new(struct sim_sized_store *store);
/* Enters it under its first frame. Return: 0, -EEXIST. */
int sim_sized_enter(struct sim_sized_store *store, struct sim_sized *sized);
struct sim_sized *sim_sized_find(const struct sim_sized_store *store, uint64_t model_pfn);
/* Forgets an entry, entered or not. */
void sim_sized_drop(struct sim_sized_store *store, struct sim_sized *sized);

/*
 * Counts a request for @pages that got a block of @order. @taken_pages: what it took from the allocator in the end; 0
 * and less when held tails served it, the whole block when no policy touched it.
 */
void sim_sized_count(struct sim_sized_totals *totals, unsigned order, uint64_t pages, uint64_t bytes,
		     int64_t taken_pages);

#ifdef __cplusplus
}
#endif
#endif
