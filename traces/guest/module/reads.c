// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel reads without a lock.
 *
 * Role: with several CPUs the allocator's decisions rest on values that another CPU may change between the reading
 * and the lock: free counters, boosts, flags of zones. They are told as near to the kernel's own reading as a probe
 * comes.
 * Interface: rec_zone_bits, rec_zone_read, rec_reads_matter, rec_reads_tell, rec_flags_tell.
 * Invariant: nothing here takes a lock or changes anything but rec_flags_tell's own memory, which belongs to kswapd.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched.h>

#include "events.h"
#include "recorder.h"

/*
 * A zone that is this far above its high watermark passes whatever races; to tell it would fill the buffers. An
 * interrupt may raise the watermark's boost by a pageblock or two.
 */
#define PLENTY_PAGES (3 * 512)
#define PLENTY_BLOCKS 16

u32 notrace rec_zone_bits(const struct zone *zone)
{
	unsigned long flags = READ_ONCE(zone->flags);
	u32 bits = REC_ZONE_BITS_TOLD;

	if (flags & BIT(ZONE_RECLAIM_ACTIVE))
		bits |= REC_ZONE_BITS_RECLAIM;
#if REC_SERIES == 612
	if (flags & BIT(ZONE_BELOW_HIGH))
		bits |= REC_ZONE_BITS_BELOW_HIGH;
#endif
	if (flags & BIT(ZONE_BOOSTED_WATERMARK))
		bits |= REC_ZONE_BITS_BOOSTED;
	return bits;
}

/* The counter itself: zone_page_state() shows what is below 0 as 0, which is what the kernel's checks see as well. */
u64 notrace rec_zone_read(const struct zone *zone)
{
	return REC_ZONE_READ(atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]), READ_ONCE(zone->watermark_boost));
}

/* The zone that a request of this node looks at first; NULL when there is none of the types that it may use. */
static const struct zone *notrace first_zone(u32 gfp)
{
	int node = numa_mem_id();
	int i, type = gfp_zone(gfp);

	for (i = rec_zone_count - 1; i >= 0; i--)
		if (zone_to_nid(rec_zones[i]) == node && zone_idx(rec_zones[i]) <= type)
			return rec_zones[i];
	return NULL;
}

static bool notrace has_plenty(const struct zone *zone, u32 gfp)
{
	long mark = zone->_watermark[WMARK_HIGH] + READ_ONCE(zone->watermark_boost) +
		    zone->lowmem_reserve[gfp_zone(gfp)];

	return atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]) > mark + PLENTY_PAGES;
}

/* A zone without a block that is large enough is below every watermark. */
static bool notrace has_blocks(const struct zone *zone, unsigned int order)
{
	unsigned long count = 0;

	if (!order)
		return true;
	for (; order < ARRAY_SIZE(zone->free_area); order++)
		count += READ_ONCE(zone->free_area[order].nr_free);
	return count > PLENTY_BLOCKS;
}

bool notrace rec_reads_matter(u32 gfp, unsigned int order)
{
	const struct zone *first = first_zone(gfp);

	return first && !(has_plenty(first, gfp) && has_blocks(first, order));
}

void notrace rec_reads_tell(u32 gfp, u8 order)
{
	u64 v[REC_WIDE_WORDS] = { 0 };
	unsigned int i;

	if (!rec_reads_matter(gfp, order))
		return;
	for (i = 0; i < rec_zone_count && i < REC_ZONES_READ_MAX; i++) {
		v[0] |= (u64)(rec_zone_bits(rec_zones[i]) & REC_ZONE_BITS) << 4 * i;
		v[1 + i] = rec_zone_read(rec_zones[i]);
	}
	trace_recw(REC_ZONES_READ, 0, gfp, order, 0, 0, v);
}

/* Each node's zones are told by its own kswapd alone. */
void notrace rec_flags_tell(void)
{
	static u8 told[REC_ZONE_CAPACITY]; /* 0: not yet; else the bits last told */
	unsigned int i;

	for (i = 0; i < rec_zone_count; i++) {
		u8 bits = rec_zone_bits(rec_zones[i]) & REC_ZONE_BITS_RECLAIM;

		if (rec_zones[i]->zone_pgdat->kswapd != current || told[i] == (bits | REC_ZONE_BITS_TOLD))
			continue;
		told[i] = bits | REC_ZONE_BITS_TOLD;
		trace_rec(REC_ZONE_FLAGS, 0, bits | (u64)i << 32, 0, 0, 0, 0);
	}
}
