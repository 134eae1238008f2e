// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a request may use: zones, allocation flags, watermarks.
 *
 * Interface: ref_ask_init, ref_flags_*, ref_mark_* (ref_internal.h).
 * Invariant: nothing here changes anything.
 *
 * Sources, 6.1 and 6.12: include/linux/gfp.h: gfp_zone, gfp_migratetype; mm/page_alloc.c: build_zonelists,
 * prepare_alloc_pages, alloc_flags_nofragment, gfp_to_alloc_flags, __gfp_pfmemalloc_flags, __zone_watermark_ok,
 * zone_watermark_fast.
 */
#include "ref_internal.h"

/* Bits of gfp_t, the same in both kernels; 6.12 has no __GFP_ATOMIC. */
#define GFP_DMA 0x01u
#define GFP_HIGHMEM 0x02u
#define GFP_DMA32 0x04u
#define GFP_MOVABLE 0x08u
#define GFP_RECLAIMABLE 0x10u
#define GFP_HIGH 0x20u
#define GFP_ATOMIC 0x200u
#define GFP_DIRECT_RECLAIM 0x400u
#define GFP_KSWAPD_RECLAIM 0x800u
#define GFP_MEMALLOC 0x20000u
#define GFP_NOMEMALLOC 0x80000u
#define GFP_THISNODE 0x200000u

static unsigned highest_zone(uint32_t gfp)
{
	if (gfp & GFP_DMA)
		return BUDDY_ZONE_DMA;
	if (gfp & GFP_DMA32)
		return BUDDY_ZONE_DMA32;
	return (gfp & GFP_MOVABLE) && (gfp & GFP_HIGHMEM) ? BUDDY_ZONE_MOVABLE : BUDDY_ZONE_NORMAL;
}

static unsigned gfp_type(uint32_t gfp)
{
	return gfp & GFP_MOVABLE ? BUDDY_MOVABLE : gfp & GFP_RECLAIMABLE ? BUDDY_RECLAIMABLE : BUDDY_UNMOVABLE;
}

static void list_node(struct ref *r, struct ref_ask *ask, uint32_t node)
{
	for (unsigned type = ask->highest + 1; type-- > 0;)
		for (uint32_t i = 0; i < r->zone_count; i++)
			if (r->zones[i].node == node && r->zones[i].type == type)
				ask->list.zones[ask->list.count++] = &r->zones[i];
}

bool ref_ask_init(struct ref *r, const struct buddy_request *request, struct ref_ask *out)
{
	if (request->order >= BUDDY_ORDER_COUNT || request->cpu >= r->cpu_count || request->node >= r->node_count)
		return false;
	*out = (struct ref_ask){ .cpu = request->cpu, .gfp = request->gfp, .order = request->order,
				 .type = gfp_type(request->gfp), .highest = highest_zone(request->gfp) };
	/* The node itself, then the others, the next ones first, round robin: they are all equally far. */
	for (uint32_t i = 0; i < (request->gfp & GFP_THISNODE ? 1 : r->node_count); i++)
		list_node(r, out, (request->node + i) % r->node_count);
	return true;
}

static unsigned cma_flag(const struct ref *r, const struct ref_ask *ask)
{
	return r->with_cma && ask->type == BUDDY_MOVABLE ? BUDDY_ALLOC_CMA : 0;
}

unsigned ref_flags_fast(const struct ref *r, const struct ref_ask *ask)
{
	unsigned flags = BUDDY_MARK_LOW | cma_flag(r, ask);
	const struct ref_zone *preferred = ask->list.count ? ask->list.zones[0] : NULL;
	unsigned nodes = 0;
	bool has_dma32 = false;

	if (ask->gfp & GFP_KSWAPD_RECLAIM)
		flags |= BUDDY_ALLOC_KSWAPD;
	if (!preferred || preferred->type != BUDDY_ZONE_NORMAL)
		return flags;
	for (uint32_t node = 0; node < r->node_count; node++)
		for (uint32_t i = 0; i < r->zone_count; i++)
			if (r->zones[i].node == node) {
				nodes++;
				break;
			}
	for (uint32_t i = 0; i < r->zone_count; i++)
		if (r->zones[i].node == preferred->node && r->zones[i].type == BUDDY_ZONE_DMA32)
			has_dma32 = r->zones[i].t.present_pages > 0;
	if (nodes == 1 || has_dma32)
		flags |= BUDDY_ALLOC_NOFRAGMENT;
	return flags;
}

unsigned ref_flags_slow(const struct ref *r, const struct ref_ask *ask, uint32_t task)
{
	unsigned flags = BUDDY_MARK_MIN | BUDDY_ALLOC_CPUSET | cma_flag(r, ask);

	if (ask->gfp & GFP_HIGH)
		flags |= BUDDY_ALLOC_MIN_RESERVE;
	if (ask->gfp & GFP_KSWAPD_RECLAIM)
		flags |= BUDDY_ALLOC_KSWAPD;
	if (!(ask->gfp & GFP_DIRECT_RECLAIM)) {
		if (!(ask->gfp & GFP_NOMEMALLOC)) {
			flags |= BUDDY_ALLOC_NON_BLOCK;
			if (ask->order && (flags & BUDDY_ALLOC_MIN_RESERVE))
				flags |= BUDDY_ALLOC_HIGHATOMIC;
		}
		if (flags & BUDDY_ALLOC_MIN_RESERVE)
			flags &= ~BUDDY_ALLOC_CPUSET;
	} else if (task & BUDDY_TASK_REALTIME) {
		flags |= BUDDY_ALLOC_MIN_RESERVE;
	}
	return flags;
}

unsigned ref_flags_reserve(const struct ref_ask *ask, uint32_t task)
{
	if (ask->gfp & GFP_NOMEMALLOC)
		return 0;
	if (ask->gfp & GFP_MEMALLOC)
		return BUDDY_ALLOC_NO_MARKS;
	if (task & BUDDY_TASK_INTERRUPT)
		return 0;
	if (task & BUDDY_TASK_MEMALLOC)
		return BUDDY_ALLOC_NO_MARKS;
	return task & BUDDY_TASK_OOM_VICTIM ? BUDDY_ALLOC_OOM : 0;
}

/* --- Watermarks --------------------------------------------------------------------------------------------- */

static int64_t zone_free(const struct ref_zone *z)
{
	return z->free_counter > 0 ? z->free_counter : 0;
}

static int64_t unusable(const struct ref *r, const struct ref_zone *z, unsigned order, unsigned flags)
{
	int64_t pages = (INT64_C(1) << order) - 1;

	for (unsigned o = 0; o < BUDDY_ORDER_COUNT && r->with_cma && !(flags & BUDDY_ALLOC_CMA); o++)
		pages += (int64_t)z->lists[o][BUDDY_CMA].count << o;
	if (flags & BUDDY_ALLOC_RESERVES)
		return pages;
	if (!r->is_6_12)
		return pages + (int64_t)z->t.highatomic_reserved_pages;
	for (unsigned o = 0; o < BUDDY_ORDER_COUNT; o++)
		pages += (int64_t)z->lists[o][BUDDY_HIGHATOMIC].count << o;
	return pages;
}

bool ref_mark_with(const struct ref *r, const struct ref_zone *z, unsigned order, int64_t mark, unsigned highest,
		   unsigned flags, int64_t free_pages)
{
	int64_t least = mark;

	free_pages -= unusable(r, z, order, flags);
	if (flags & BUDDY_ALLOC_MIN_RESERVE) {
		least -= least / 2;
		if (flags & BUDDY_ALLOC_NON_BLOCK)
			least -= least / 4;
	}
	if (flags & BUDDY_ALLOC_OOM)
		least -= least / 2;
	if (free_pages <= least + (int64_t)z->t.lowmem_reserve_pages[highest])
		return false;
	if (!order)
		return true;
	for (; order < BUDDY_ORDER_COUNT; order++)
		for (unsigned type = 0; type < BUDDY_TYPE_COUNT; type++) {
			if (!z->lists[order][type].count)
				continue;
			if (type < BUDDY_PCP_TYPE_COUNT)
				return true;
			if (type == BUDDY_CMA && r->with_cma && (flags & BUDDY_ALLOC_CMA))
				return true;
			if (type == BUDDY_HIGHATOMIC && (flags & (BUDDY_ALLOC_HIGHATOMIC | BUDDY_ALLOC_OOM)))
				return true;
		}
	return false;
}

bool ref_mark_ok(const struct ref *r, const struct ref_zone *z, unsigned order, int64_t mark, unsigned highest,
		 unsigned flags)
{
	return ref_mark_with(r, z, order, mark, highest, flags, zone_free(z));
}

bool ref_mark_fast(const struct ref *r, const struct ref_zone *z, unsigned order, uint64_t mark, unsigned highest,
		   unsigned flags, uint32_t gfp)
{
	int64_t free_pages = zone_free(z);
	bool spared = r->is_6_12 ? flags & BUDDY_ALLOC_MIN_RESERVE : gfp & GFP_ATOMIC;

	if (!order) {
		int64_t usable = free_pages, reserved = unusable(r, z, 0, flags);

		usable -= usable < reserved ? usable : reserved;
		if ((uint64_t)usable > mark + z->t.lowmem_reserve_pages[highest])
			return true;
	}
	if (ref_mark_with(r, z, order, (int64_t)mark, highest, flags, free_pages))
		return true;
	if (!order && spared && z->t.boost_pages && (flags & BUDDY_ALLOC_MARK_MASK) == BUDDY_MARK_MIN)
		return ref_mark_with(r, z, order, (int64_t)z->t.mark_pages[BUDDY_MARK_MIN], highest, flags, free_pages);
	return false;
}
