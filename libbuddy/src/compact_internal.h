/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of compaction share.
 *
 * Role: pageblocks and their marks; the constants of mm/compaction.c.
 */
#ifndef BUDDY_COMPACT_INTERNAL_H
#define BUDDY_COMPACT_INTERNAL_H

#include "internal.h"

#define CLUSTER_MAX 32u /* COMPACT_CLUSTER_MAX */
#define COSTLY_ORDER 3  /* PAGE_ALLOC_COSTLY_ORDER */

static inline uint64_t block_pages(const struct buddy *b) { return 1ull << b->pageblock_order; }
static inline uint64_t block_start(const struct buddy *b, uint64_t pfn) { return pfn & ~(block_pages(b) - 1); }
static inline uint64_t block_end(const struct buddy *b, uint64_t pfn) { return block_start(b, pfn) + block_pages(b); }
static inline uint64_t zone_end(const struct zone *z) { return z->start_pfn + z->spanned_pages; }

/* First frame of the zone in this pageblock. */
static inline uint64_t block_start_in(const struct buddy *b, const struct zone *z, uint64_t pfn)
{
	uint64_t start = block_start(b, pfn);

	return start > z->start_pfn ? start : z->start_pfn;
}

static inline struct zone *zone_of(const struct buddy *b, const struct buddy_compaction *c)
{
	assert(c->zone < b->zone_count);
	return (struct zone *)&b->zones[c->zone];
}

static inline uint8_t *marks_of(const struct buddy *b, const struct zone *z, uint64_t pfn)
{
	return &z->block_marks[(pfn - z->base_pfn) >> b->pageblock_order];
}

static inline bool block_skipped(const struct buddy *b, const struct zone *z, uint64_t pfn)
{
	return *marks_of(b, z, pfn) & MARK_SKIP;
}

static inline bool block_has_hole(const struct buddy *b, const struct zone *z, uint64_t pfn)
{
	return *marks_of(b, z, pfn) & MARK_HOLE;
}

static inline void block_skip(const struct buddy *b, const struct zone *z, uint64_t pfn)
{
	*marks_of(b, z, pfn) |= MARK_SKIP;
}

/* Most blocks that a fast search looks at: fewer the more often it failed. Source: freelist_scan_limit(). */
static inline uint32_t search_limit(const struct buddy_compaction *c)
{
	return (c->failures < 32 ? CLUSTER_MAX >> c->failures : 0) + 1;
}

/* compact_skip.c: whether pages of the pageblock could be isolated, as far as the model can tell. */
bool frame_seems_lru(const struct buddy *b, const struct zone *z, uint64_t pfn);
bool frame_is_compound(const struct buddy *b, const struct zone *z, uint64_t pfn);
/* A compound page of a pageblock or more lies there. Source: pageblock_skip_persistent(). */
bool block_is_huge(const struct buddy *b, const struct zone *z, uint64_t pfn);

/* compact_search.c */
void turn_to_tail(struct buddy *b, const struct zone *z, node_t n);

/* compact_target.c. Source: suitable_migration_target(). */
bool target_suits(struct buddy *b, const struct zone *z, const struct buddy_compaction *c, uint64_t pfn);
void linear_begin(const struct buddy *b, struct buddy_compaction *c);

/* compact_stock.c */
int stock_isolate(struct buddy *b, struct buddy_compaction *c, uint32_t cpu, node_t n, unsigned order);
void stock_split(struct buddy *b, struct buddy_compaction *c);

#endif
