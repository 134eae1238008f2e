/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compares a model with a snapshot: lists in order, counts, pageblock types, counters, compaction's memory.
 *
 * Role: what `verify` reports about snapshot 1, and what tests use to say "identical".
 * Interface: sim_machine_compare, sim_state_diff_same, sim_state_diff_same_compaction.
 * Invariant: nothing is changed; the same inputs give the same report.
 */
#ifndef SIM_COMPARE_STATE_H
#define SIM_COMPARE_STATE_H

#include "load.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sim_zone_diff {
	char name[16];
	uint64_t free_pages_model;   /* frames on the free lists */
	uint64_t free_pages_kernel;
	int64_t counter_model;       /* the global free counter alone */
	int64_t counter_kernel;
	uint64_t lists_differing;    /* free lists of this zone that differ */
	uint64_t pageblocks;
	uint64_t pageblock_types_wrong;
};

struct sim_state_diff {
	bool ordered;                  /* the snapshot's lists are in order; else lists are compared by their counts */
	bool lists_identical_in_order;
	bool pcp_identical;            /* every per-CPU list in order */
	bool counters_identical;       /* global free counters and every CPU's difference */
	uint64_t lists;                /* free lists compared (non-empty on either side) */
	uint64_t lists_differing;
	uint64_t lists_same_blocks;    /* of those differing: same blocks, another order */
	uint64_t pcp_lists;            /* non-empty on either side */
	uint64_t pcp_lists_differing;
	uint64_t pcp_tuning_differing; /* per-CPU lists whose high, batch or factors differ */
	uint64_t pcp_counter_differing; /* CPUs x zones whose unflushed difference differs */
	uint64_t deferral_differing;   /* zones whose deferral of compaction differs */
	uint64_t pageblocks;
	uint64_t pageblock_types_wrong;
	uint64_t compact_zones;        /* zones with a memory of compaction recorded */
	uint64_t compact_zones_differing; /* in the scanners' cached positions */
	uint64_t skip_marks;           /* pageblocks whose mark was compared */
	uint64_t skip_marks_wrong;
	uint64_t free_pages_model;     /* sums over the zones */
	uint64_t free_pages_kernel;
	uint32_t zone_count;
	struct sim_zone_diff zones[BUDDY_ZONE_COUNT_MAX];
	char first_list[160];      /* the first differing list entry in words; "" when none */
	char first_pcp[160];
	char first_pageblock[160];
	char first_counter[160];
	char first_compact[160];
};

/**
 * sim_machine_compare - how does the model differ from a snapshot?
 * @machine: loaded, its zones those of @snapshot
 * @out: filled on success
 *
 * Return: 0, -EBADMSG (the snapshot's zones are not those of the machine), -ENOMEM.
 */
int sim_machine_compare(const struct sim_machine *machine, const struct rec_snapshot *snapshot,
			struct sim_state_diff *out, struct sim_error *error);

/*
 * Nothing differs that decides the model's further behaviour: lists, per-CPU lists, pageblock types, counters. What
 * compaction remembers is left to the caller: a recording need not tell what the model needs to follow it.
 */
bool sim_state_diff_same(const struct sim_state_diff *diff);
bool sim_state_diff_same_compaction(const struct sim_state_diff *diff);

#ifdef __cplusplus
}
#endif
#endif
