/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only a walk through all frames tells of a machine.
 *
 * Role: the dear part of the STATE side, taken now and then; state.h has the part that counters tell.
 * Interface: sim_survey_take.
 * Invariant: every frame of every zone is one of: free, on a per-CPU list, in use and movable, in use and not.
 *
 * A pageblock is mixed when it holds a movable frame in use and one in use that is not movable. Frames of which
 * nobody knows more than that they were in use at the start, and that the snapshot does not mark as movable, are not
 * movable; so are those that a policy holds back. Free frames and those on per-CPU lists mix nothing.
 */
#ifndef SIM_SURVEY_H
#define SIM_SURVEY_H

#include "load.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Types of free lists that are told apart: unmovable, movable, reclaimable as BUDDY_*, and all others. */
#define SIM_TYPE_OTHER BUDDY_PCP_TYPE_COUNT
#define SIM_TYPE_COUNT (BUDDY_PCP_TYPE_COUNT + 1)

/* The aligned block of the largest order that is nearest to being free. */
struct sim_candidate {
	bool found;          /* some zone is large enough to have one */
	uint64_t start_pfn;
	uint64_t busy_pages; /* not on the free lists */
};

struct sim_survey {
	uint64_t free_blocks[SIM_TYPE_COUNT][BUDDY_ORDER_COUNT];
	uint64_t largest_run_pages; /* most free frames side by side in one zone, aligned or not */
	uint64_t used_pages, movable_pages; /* in use; of these movable */
	uint64_t mixed_pageblocks;
	struct sim_candidate best;  /* fewest busy frames; the lowest of several */
};

/* Changes nothing in the machine. */
void sim_survey_take(const struct sim_machine *machine, struct sim_survey *out);

/* "unmovable", "movable", "reclaimable", "other" */
const char *sim_type_name(unsigned type);

#ifdef __cplusplus
}
#endif
#endif
