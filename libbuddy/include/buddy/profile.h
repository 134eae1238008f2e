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
	uint32_t direct_reclaim, kswapd_reclaim, write, compound;
	uint32_t io, noretry, retry_mayfail, hardwall;
};

/* How compaction's scanners go about. */
struct buddy_compact_rules {
	bool stock_by_order;            /* isolated blocks are kept whole, else as single frames */
	bool search_ends_with_enough;   /* the fast search ends as soon as the stock suffices */
	bool search_start_suits;        /* after a failed search the scan starts at a suitable pageblock only */
	bool target_below_request;      /* free blocks of the wanted order are left alone, else of a pageblock */
	bool scan_stays_inside;         /* a compound page that sticks out of a pageblock is not one step */
	bool scan_end_spares_mark;      /* a run that may set no marks sets none at the end of a pageblock either */
	bool around_skip_when_scanned;  /* around a find: seen to its end is what is marked, else gave too few */
	bool cached_free_below;         /* the free scanner's memory is one pageblock below what it has seen */
	bool find_skips_block;          /* the fast search for pages marks its find, and so turns its own scan away */
	bool finishes_failed_block;     /* a pageblock is seen to its end when its pages do not migrate */
	bool drains_scanned_block;      /* drains go by the pageblock scanned last, else by where the iteration began */
	bool capture_ends_before_drain; /* a captured block ends the run without a drain that is due */
	bool zone_start_aligned;        /* at the zone's start a pageblock's mark counts, wherever that is */
	bool first_lock_skips_block;    /* any first page isolated marks its pageblock, else only the first frame */
};

struct buddy_profile {
	const char *name;            /* "6.1" */
	const char *release_prefix;  /* releases that it stands for: "6.1." */
	struct buddy_gfp_bits gfp;
	uint32_t pcp_batch_scale_max; /* CONFIG_PCP_BATCH_SCALE_MAX: a drain's batch doubles at most this often */
	bool pcp_high_tuned;      /* per-CPU lists size themselves between high_min and high_max */
	bool drain_by_pageblock;  /* a drain frees to the pageblock's type, else to the one stored at the free */
	bool counts_at_lists;     /* the free counter follows every list operation, else once a refill */
	bool fallback_by_mode;    /* claim a pageblock or take one block; a refill remembers which it was */
	bool frees_by_pageblock;  /* blocks above the pageblock order are freed in pageblocks */
	bool highatomic_counted;  /* watermarks exclude the reserve's free frames, else all of its frames */
	bool captures_movable;    /* a movable request may capture a movable block below the pageblock order */
	bool pcp_serves_cma;      /* movable requests use per-CPU lists even where CMA is not allowed */
	bool compact_marks_apart; /* the request's watermark is checked before compaction is asked whether it suits */
	bool boost_spared_by_flag; /* the boost is ignored for ALLOC_MIN_RESERVE, else for __GFP_ATOMIC */
	bool movable_mark_apart;  /* ZONE_MOVABLE has a low watermark of its own and no share of the others' */
	struct buddy_compact_rules compact;
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
