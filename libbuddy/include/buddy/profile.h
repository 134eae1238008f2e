/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel profiles: what differs between kernels, as one table each.
 *
 * Role: the model reads behaviour from here and has no `if (version)` anywhere else.
 * Interface: buddy_profile_find, buddy_profile_at.
 */
#ifndef BUDDY_PROFILE_H
#define BUDDY_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* GFP bits that the allocator looks at, in that kernel's numbering. Source: include/linux/gfp_types.h. */
struct buddy_gfp_bits {
	uint32_t dma, highmem, dma32, movable, reclaimable;
	uint32_t high, atomic, nomemalloc, memalloc, nofail, thisnode;
	uint32_t direct_reclaim, kswapd_reclaim;
};

struct buddy_profile {
	const char *name;            /* "6.1" */
	const char *release_prefix;  /* releases that it stands for: "6.1." */
	struct buddy_gfp_bits gfp;
	uint32_t pcp_batch_scale_max; /* CONFIG_PCP_BATCH_SCALE_MAX: a drain's batch doubles at most this often */
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
