// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's fragmentation indices.
 *
 * Interface: buddy_fragmentation_index, buddy_unusable_index, buddy_extfrag_percent.
 * Source: fill_contig_page_info, __fragmentation_index, unusable_free_index, extfrag_for_order, mm/vmstat.c.
 */
#include "internal.h"

struct contig {
	uint64_t free_pages;
	uint64_t blocks;
	uint64_t suitable_blocks; /* of the order asked for, cut from larger ones */
};

static struct contig contig_of(const struct buddy *b, uint32_t zone, unsigned suitable_order)
{
	struct contig c = { 0 };

	assert(zone < b->zone_count && suitable_order < BUDDY_ORDER_COUNT);
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		uint64_t blocks = b->zones[zone].nr_free[order];

		c.blocks += blocks;
		c.free_pages += blocks << order;
		if (order >= suitable_order)
			c.suitable_blocks += blocks << (order - suitable_order);
	}
	return c;
}

int buddy_fragmentation_index(const struct buddy *b, uint32_t zone, unsigned order)
{
	struct contig c = contig_of(b, zone, order);

	if (!c.blocks)
		return 0;
	if (c.suitable_blocks)
		return -1000;
	return 1000 - (int)((1000 + c.free_pages * 1000 / (1ull << order)) / c.blocks);
}

int buddy_unusable_index(const struct buddy *b, uint32_t zone, unsigned order)
{
	struct contig c = contig_of(b, zone, order);

	/* No free memory counts as all of it unusable. */
	if (!c.free_pages)
		return 1000;
	return (int)((c.free_pages - (c.suitable_blocks << order)) * 1000 / c.free_pages);
}

unsigned buddy_extfrag_percent(const struct buddy *b, uint32_t zone, unsigned order)
{
	struct contig c = contig_of(b, zone, order);

	return c.free_pages ? (unsigned)((c.free_pages - (c.suitable_blocks << order)) * 100 / c.free_pages) : 0;
}
