/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel profiles: what differs between kernels, as one table each.
 *
 * Role: the model reads behaviour from here and has no `if (version)` anywhere else.
 * Interface: buddy_profile_find, buddy_profile_at.
 */
#ifndef BUDDY_PROFILE_H
#define BUDDY_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* GFP bits that the allocator looks at, in that kernel's numbering. Source: include/linux/gfp_types.h. */
struct buddy_gfp_bits {
	uint32_t dma, highmem, dma32, movable, reclaimable;
	uint32_t high, atomic, nomemalloc, memalloc, nofail, thisnode;
	uint32_t direct_reclaim, kswapd_reclaim, write;
	uint32_t io, noretry, retry_mayfail, hardwall;
};

struct buddy_profile {
	const char *name;            /* "6.1" */
	const char *release_prefix;  /* releases that it stands for: "6.1." */
	struct buddy_gfp_bits gfp;
	uint32_t pcp_batch_scale_max; /* CONFIG_PCP_BATCH_SCALE_MAX: a drain's batch doubles at most this often */
	bool pcp_high_tuned;      /* per-CPU lists size themselves between high_min and high_max */
	bool drain_by_pageblock;  /* a drain frees to the pageblock's type, else to the one stored at the free */
	bool drain_shrinks_bounds; /* a drain's round robin gives up empty lists at its ends */
	bool counts_at_lists;     /* the free counter follows every list operation, else once a refill */
	bool fallback_by_mode;    /* claim a pageblock or take one block; a refill remembers which it was */
	bool frees_by_pageblock;  /* blocks above the pageblock order are freed in pageblocks */
	bool highatomic_counted;  /* watermarks exclude the reserve's free frames, else all of its frames */
	bool captures_movable;    /* a movable request may capture a movable block below the pageblock order */
	bool pcp_serves_cma;      /* movable requests use per-CPU lists even where CMA is not allowed */
	bool compact_marks_apart; /* the request's watermark is checked before compaction is asked whether it suits */
	bool boost_spared_by_flag; /* the boost is ignored for ALLOC_MIN_RESERVE, else for __GFP_ATOMIC */
};

/**
 * buddy_profile_find - the profile of a kernel
 * @name: a profile's name ("6.1") or a release ("6.1.0-56-amd64")
 *
 * Return: the profile, or NULL when there is none for it.
 */
const struct buddy_profile *buddy_profile_find(const char *name);

/* The profile at @index, NULL past the last. For listing what is known. */
const struct buddy_profile *buddy_profile_at(size_t index);

#ifdef __cplusplus
}
#endif
#endif
