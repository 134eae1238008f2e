// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watermarks: whether a zone has pages to spare for a request, and the values a kernel sets up at boot.
 *
 * Interface: zone_mark_ok, zone_mark_fast, zone_cma_pages, zones_set_defaults.
 * Source: __zone_watermark_ok, zone_watermark_fast, __setup_per_zone_wmarks, setup_per_zone_lowmem_reserve,
 * zone_batchsize, zone_highsize (mm/page_alloc.c), calculate_normal_threshold (mm/vmstat.c), 6.1.
 */
#include "internal.h"

int64_t zone_cma_pages(const struct buddy *b, const struct zone *z)
{
	int64_t pages = 0;

	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
		pages += (int64_t)buddy_list_length(b, z->index, order, BUDDY_CMA) << order;
	return pages;
}

static int64_t unusable_pages(const struct zone *z, const struct buddy *b, unsigned order, unsigned alloc_flags)
{
	int64_t pages = (1ll << order) - 1;

	if (likely(!(alloc_flags & BUDDY_ALLOC_RESERVES)))
		pages += b->profile->highatomic_counted ? z->highatomic_free : (int64_t)z->highatomic_reserved;
	if (unlikely(b->with_cma) && !(alloc_flags & BUDDY_ALLOC_CMA))
		pages += zone_cma_pages(b, z);
	return pages;
}

/* Whether a list of @order or above has a block that the request may have. One page is taken for granted. */
static bool has_block(const struct zone *z, unsigned order, unsigned alloc_flags)
{
	uint32_t filled = z->filled[BUDDY_UNMOVABLE] | z->filled[BUDDY_MOVABLE] | z->filled[BUDDY_RECLAIMABLE];

	if (alloc_flags & BUDDY_ALLOC_CMA)
		filled |= z->filled[BUDDY_CMA];
	if (alloc_flags & (BUDDY_ALLOC_HIGHATOMIC | BUDDY_ALLOC_OOM))
		filled |= z->filled[BUDDY_HIGHATOMIC];
	return !order || filled >> order;
}

bool zone_mark_ok(const struct zone *z, const struct buddy *b, unsigned order, uint64_t mark, unsigned highest_type,
		  unsigned alloc_flags, int64_t free_pages)
{
	int64_t min = (int64_t)mark;

	free_pages -= unusable_pages(z, b, order, alloc_flags);
	if (unlikely(alloc_flags & BUDDY_ALLOC_RESERVES)) {
		if (alloc_flags & BUDDY_ALLOC_MIN_RESERVE) {
			min -= min / 2;
			if (alloc_flags & BUDDY_ALLOC_NON_BLOCK)
				min -= min / 4;
		}
		if (alloc_flags & BUDDY_ALLOC_OOM)
			min -= min / 2;
	}
	return free_pages > min + (int64_t)z->lowmem_reserve[highest_type] && has_block(z, order, alloc_flags);
}

bool zone_mark_fast(const struct zone *z, const struct buddy *b, unsigned order, uint64_t mark, unsigned highest_type,
		    unsigned alloc_flags, uint32_t gfp, const struct buddy_zone_read *read)
{
	int64_t free_pages = read->free_pages;
	bool spared;

	mark += read->boost_pages;
	if (likely(!order)) {
		int64_t usable = free_pages;
		int64_t reserved = unusable_pages(z, b, 0, alloc_flags);

		usable -= usable < reserved ? usable : reserved;
		/* The kernel compares unsigned here, which matters only for a counter below zero. */
		if ((uint64_t)usable > mark + z->lowmem_reserve[highest_type])
			return true;
	}
	if (zone_mark_ok(z, b, order, mark, highest_type, alloc_flags, free_pages))
		return true;
	/* An atomic request for one page does not have to leave the boost alone. */
	spared = b->profile->boost_spared_by_flag ? (alloc_flags & BUDDY_ALLOC_MIN_RESERVE) != 0
						  : (gfp & b->profile->gfp.atomic) != 0;
	if (!order && spared && read->boost_pages && (alloc_flags & BUDDY_ALLOC_MARK_MASK) == BUDDY_MARK_MIN)
		return zone_mark_ok(z, b, order, z->marks[BUDDY_MARK_MIN], highest_type, alloc_flags, free_pages);
	return false;
}

static uint64_t square_root(uint64_t x)
{
	uint64_t root = 0;

	for (uint64_t bit = 1ull << 31; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= x)
			root |= bit;
	return root;
}

static unsigned bits_needed(uint64_t x)
{
	unsigned bits = 0;

	for (; x; x >>= 1)
		bits++;
	return bits;
}

static uint64_t clamp(uint64_t x, uint64_t low, uint64_t high)
{
	return x < low ? low : x > high ? high : x;
}

/* Of the zones of this type and of lower ones. */
static uint64_t managed_pages_up_to(const struct buddy *b, enum buddy_zone_type type)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < b->zone_count; i++)
		pages += b->zones[i].type <= type ? b->zones[i].managed_pages : 0;
	return pages;
}

/* Source: calculate_min_free_kbytes and __setup_per_zone_wmarks; 4 KiB pages. */
static void set_marks(const struct buddy *b, struct zone *z)
{
	bool apart = b->profile->movable_mark_apart;
	uint64_t low_pages = managed_pages_up_to(b, BUDDY_ZONE_NORMAL);
	uint64_t sharing_pages = apart ? low_pages : managed_pages_up_to(b, BUDDY_ZONE_MOVABLE);
	uint64_t min_free_kbytes = clamp(square_root(low_pages * 4 * 16), 128, 262144);
	uint64_t share = sharing_pages ? min_free_kbytes / 4 * z->managed_pages / sharing_pages : 0;
	uint64_t step = z->managed_pages / 10000 * 10 + z->managed_pages % 10000 * 10 / 10000;
	uint64_t min = apart && z->type == BUDDY_ZONE_MOVABLE ? clamp(z->managed_pages / 1024, 32, 128) : share;

	if (share / 4 > step)
		step = share / 4;
	z->marks[BUDDY_MARK_MIN] = min;
	z->marks[BUDDY_MARK_LOW] = min + step;
	z->marks[BUDDY_MARK_HIGH] = min + 2 * step;
	z->marks[BUDDY_MARK_PROMO] = min + 3 * step;
}

/* Source: setup_per_zone_lowmem_reserve with the default ratios 256, 256, 32, 0. */
static void set_lowmem_reserve(const struct buddy *b, struct zone *z)
{
	static const uint32_t ratio[BUDDY_ZONE_TYPE_COUNT] = { 256, 256, 32, 0 };

	for (uint32_t upper = 0; upper < BUDDY_ZONE_TYPE_COUNT; upper++) {
		uint64_t above = 0;

		for (uint32_t i = 0; i < b->zone_count; i++) {
			const struct zone *other = &b->zones[i];

			if (other->node_id == z->node_id && other->type > z->type && other->type <= upper)
				above += other->managed_pages;
		}
		z->lowmem_reserve[upper] = ratio[z->type] && z->managed_pages ? above / ratio[z->type] : 0;
	}
}

static void set_pcp_limits(const struct buddy *b, struct zone *z)
{
	uint64_t batch = z->managed_pages >> 10;
	uint64_t high, high_max, threshold;
	uint32_t power = 1;

	batch = (batch < 256 ? batch : 256) / 4;
	if (batch < 1)
		batch = 1;
	batch += batch / 2;
	while (power * 2ull <= batch)
		power *= 2;
	batch = power > 1 ? power - 1 : 1;
	high = z->marks[BUDDY_MARK_LOW] / b->cpu_count;
	if (high < batch * 4)
		high = batch * 4;
	high_max = z->managed_pages / 8 / b->cpu_count;
	threshold = 2ull * bits_needed(b->cpu_count) * (1 + bits_needed(z->managed_pages >> 15));
	for (uint32_t cpu = 0; cpu < b->cpu_count; cpu++) {
		z->pcp[cpu].batch = (uint32_t)batch;
		z->pcp[cpu].high = z->pcp[cpu].high_min = (uint32_t)high;
		/* Source: zone_highsize(), 6.12: at most an eighth of the zone in all lists together. */
		z->pcp[cpu].high_max = (uint32_t)(high_max > high ? high_max : high);
		z->pcp[cpu].stat_threshold = (int32_t)(threshold < 125 ? threshold : 125);
	}
}

void zones_set_defaults(struct buddy *b)
{
	for (uint32_t i = 0; i < b->zone_count; i++) {
		set_marks(b, &b->zones[i]);
		set_lowmem_reserve(b, &b->zones[i]);
		set_pcp_limits(b, &b->zones[i]);
	}
}
