// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of kernel profiles.
 *
 * Interface: buddy_profile_find, buddy_profile_at.
 */
#include <buddy/profile.h>

#include <string.h>

static const struct buddy_profile profiles[] = {
	{
		.name = "6.1",
		.release_prefix = "6.1.",
		.gfp = {
			.dma = 0x01,
			.highmem = 0x02,
			.dma32 = 0x04,
			.movable = 0x08,
			.reclaimable = 0x10,
			.high = 0x20,
			.atomic = 0x200,
			.direct_reclaim = 0x400,
			.kswapd_reclaim = 0x800,
			.write = 0x1000,
			.nofail = 0x8000,
			.memalloc = 0x20000,
			.compound = 0x40000,
			.nomemalloc = 0x80000,
			.thisnode = 0x200000,
			.io = 0x40,
			.noretry = 0x10000,
			.retry_mayfail = 0x4000,
			.hardwall = 0x100000,
		},
		.pcp_batch_scale_max = 5,
		.compact = { .find_skips_block = true },
	},
	{
		.name = "6.12",
		.release_prefix = "6.12.",
		.gfp = {
			.dma = 0x01,
			.highmem = 0x02,
			.dma32 = 0x04,
			.movable = 0x08,
			.reclaimable = 0x10,
			.high = 0x20,
			.direct_reclaim = 0x400,
			.kswapd_reclaim = 0x800,
			.write = 0x1000,
			.nofail = 0x8000,
			.memalloc = 0x20000,
			.compound = 0x40000,
			.nomemalloc = 0x80000,
			.thisnode = 0x200000,
			.io = 0x40,
			.noretry = 0x10000,
			.retry_mayfail = 0x4000,
			.hardwall = 0x100000,
		},
		.pcp_batch_scale_max = 5,
		.pcp_high_tuned = true,
		.drain_by_pageblock = true,
		.counts_at_lists = true,
		.fallback_by_mode = true,
		.frees_by_pageblock = true,
		.highatomic_counted = true,
		.captures_movable = true,
		.pcp_serves_cma = true,
		.compact_marks_apart = true,
		.boost_spared_by_flag = true,
		.movable_mark_apart = true,
		.compact = {
			.stock_by_order = true,
			.search_ends_with_enough = true,
			.search_start_suits = true,
			.target_below_request = true,
			.scan_stays_inside = true,
			.scan_end_spares_mark = true,
			.around_skip_when_scanned = true,
			.cached_free_below = true,
			.finishes_failed_block = true,
			.drains_scanned_block = true,
			.capture_ends_before_drain = true,
			.zone_start_aligned = true,
			.first_lock_skips_block = true,
		},
	},
};

const struct buddy_profile *buddy_profile_at(size_t index)
{
	return index < sizeof(profiles) / sizeof(profiles[0]) ? &profiles[index] : NULL;
}

const struct buddy_profile *buddy_profile_find(const char *name)
{
	if (!name)
		return NULL;
	for (size_t i = 0; buddy_profile_at(i); i++) {
		const struct buddy_profile *p = &profiles[i];

		if (!strcmp(name, p->name) || !strncmp(name, p->release_prefix, strlen(p->release_prefix)))
			return p;
	}
	return NULL;
}
