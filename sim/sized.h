/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sized blocks that are alive in a what-if replay.
 *
 * Role: remembers, per block of the model, how many pages were wanted and what the policy did with it.
 * Interface: sim_sized_init, sim_sized_new, sim_sized_enter, sim_sized_find, sim_sized_drop, sim_sized_fini.
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

struct sim_sized_store {
	struct pageman_ledger ledger;
	struct sim_sized *spare;
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

#ifdef __cplusplus
}
#endif
#endif
