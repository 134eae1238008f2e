// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The migrate scanner: pageblocks to move pages out of, from the start of the zone up; and a run's begin and end.
 *
 * Interface: buddy_compact_begin, buddy_compact_met, buddy_compact_restart, buddy_compact_iterate,
 * buddy_compact_next_source, buddy_compact_source_empty, buddy_compact_source_scanned, buddy_compact_migrated,
 * buddy_compact_drains, buddy_compact_end.
 * Source: compact_zone, __compact_finished, isolate_migratepages, fast_find_migrateblock,
 * isolate_migratepages_block, suitable_migration_source, mm/compaction.c. Passing over sections that are offline is
 * left out: it leads to the same pageblocks.
 */
#include "compact_internal.h"

static bool hasty(const struct buddy_compaction *c)
{
	return (c->flags & BUDDY_COMPACT_DIRECT) && c->mode == BUDDY_COMPACT_ASYNC;
}

/* --- The run ------------------------------------------------------------------------------------------------------ */

static uint64_t last_block(const struct buddy *b, const struct zone *z) { return block_start(b, zone_end(z) - 1); }

static void begin_cached(struct buddy *b, struct zone *z, struct buddy_compaction *c)
{
	struct buddy_compact_zone *memory = &z->compact;

	c->migrate_pfn = memory->cached_migrate_pfn[c->mode != BUDDY_COMPACT_ASYNC];
	c->free_pfn = memory->cached_free_pfn;
	if (!zone_spans(z, c->free_pfn))
		c->free_pfn = memory->cached_free_pfn = last_block(b, z);
	if (!zone_spans(z, c->migrate_pfn)) {
		c->migrate_pfn = z->start_pfn;
		memory->cached_migrate_pfn[0] = memory->cached_migrate_pfn[1] = z->start_pfn;
	}
	if (c->migrate_pfn <= memory->init_migrate_pfn)
		c->flags |= BUDDY_COMPACT_WHOLE_ZONE;
}

void buddy_compact_begin(struct buddy *b, struct buddy_compaction *c)
{
	struct zone *z = zone_of(b, c);

	memset(c->stock_first, 0, sizeof(c->stock_first));
	memset(c->stock_last, 0, sizeof(c->stock_last));
	c->free_pages = c->migrate_pages = 0;
	c->fast_start_pfn = c->last_migrated_pfn = c->released_pfn = 0;
	c->finish_block = false;
	c->turned_pfn = BUDDY_NO_PFN;
	c->step = BUDDY_TARGET_NONE;
	if (c->flags & BUDDY_COMPACT_WHOLE_ZONE) {
		c->migrate_pfn = z->start_pfn;
		c->free_pfn = last_block(b, z);
	} else {
		begin_cached(b, z, c);
	}
	c->iterate_pfn = c->migrate_pfn;
	c->caches_tied = c->mode == BUDDY_COMPACT_ASYNC &&
			 z->compact.cached_migrate_pfn[0] == z->compact.cached_migrate_pfn[1];
}

bool buddy_compact_met(const struct buddy *b, const struct buddy_compaction *c)
{
	return c->free_pfn >> b->pageblock_order <= c->migrate_pfn >> b->pageblock_order;
}

void buddy_compact_restart(struct buddy *b, const struct buddy_compaction *c)
{
	struct zone *z = zone_of(b, c);

	z->compact.cached_migrate_pfn[0] = z->compact.cached_migrate_pfn[1] = z->start_pfn;
	z->compact.cached_free_pfn = last_block(b, z);
	if (c->flags & BUDDY_COMPACT_DIRECT)
		z->compact.flush = true;
}

void buddy_compact_iterate(const struct buddy *b, struct buddy_compaction *c)
{
	c->iterate_pfn = c->migrate_pfn;
	c->finish_block = block_start(b, c->last_migrated_pfn) == block_start(b, c->migrate_pfn);
}

void buddy_compact_end(struct buddy *b, const struct buddy_compaction *c)
{
	struct zone *z = zone_of(b, c);

	if (block_start(b, c->released_pfn) > z->compact.cached_free_pfn)
		z->compact.cached_free_pfn = block_start(b, c->released_pfn);
}

/* --- Which pageblock comes next ----------------------------------------------------------------------------------- */

/* Source: update_cached_migrate(): one pageblock further than the one that @pfn ends. */
static void cache_migrate(struct buddy *b, struct zone *z, const struct buddy_compaction *c, uint64_t pfn)
{
	uint64_t *cached = z->compact.cached_migrate_pfn;

	if (c->flags & BUDDY_COMPACT_NO_SET_SKIP)
		return;
	pfn = block_end(b, pfn);
	if (pfn > cached[0])
		cached[0] = pfn;
	if (c->mode != BUDDY_COMPACT_ASYNC && pfn > cached[1])
		cached[1] = pfn;
}

static bool source_suits(const struct buddy *b, const struct zone *z, const struct buddy_compaction *c, uint64_t pfn)
{
	unsigned type = *pageblock_of(b, z, node_of(z, pfn));

	if (block_is_huge(b, z, pfn))
		return false;
	if (!hasty(c))
		return true;
	return c->type == BUDDY_MOVABLE ? type == BUDDY_MOVABLE || type == BUDDY_CMA : type == c->type;
}

/* Whether the fast search for a pageblock has its say. */
static bool fast_find_applies(const struct buddy *b, const struct zone *z, const struct buddy_compaction *c)
{
	if (c->flags & BUDDY_COMPACT_IGNORE_SKIP)
		return false;
	if (b->profile->compact.finishes_failed_block && c->finish_block)
		return false;
	/* In the middle of a pageblock a scan goes on. */
	if (c->migrate_pfn != z->start_pfn && c->migrate_pfn != block_start(b, c->migrate_pfn))
		return false;
	if (c->order <= COSTLY_ORDER)
		return false;
	return !(c->flags & BUDDY_COMPACT_DIRECT) || c->type == BUDDY_MOVABLE;
}

/* Looks at one list from its head for a block below @high_pfn whose pageblock is not skipped. */
static node_t find_in_list(struct buddy *b, struct zone *z, struct buddy_compaction *c, unsigned order,
			   uint64_t high_pfn, uint32_t *scanned)
{
	node_t head = free_head(z, BUDDY_MOVABLE, order);

	for (node_t n = free_list_first(b, z, head); n != head; n = b->link[n].next) {
		if (n == z->fresh_node) {
			fresh_make_one(b, z);
			n = b->link[z->fresh == z->fresh_end ? head : z->fresh_node].prev;
		}
		if ((*scanned)++ >= search_limit(c)) {
			turn_to_tail(b, z, n);
			c->turned_pfn = pfn_of(z, n);
			return 0;
		}
		if (pfn_of(z, n) >= high_pfn || block_skipped(b, z, pfn_of(z, n)))
			continue;
		turn_to_tail(b, z, n);
		c->turned_pfn = pfn_of(z, n);
		return n;
	}
	return 0;
}

static void remember_fast_start(struct buddy_compaction *c, uint64_t pfn)
{
	if (c->fast_start_pfn != UINT64_MAX && (!c->fast_start_pfn || pfn < c->fast_start_pfn))
		c->fast_start_pfn = pfn;
}

/* Return: where to look for pages. */
static uint64_t fast_find(struct buddy *b, struct zone *z, struct buddy_compaction *c)
{
	uint64_t distance = (c->free_pfn - c->migrate_pfn) >> 1;
	uint64_t high_pfn;
	uint32_t scanned = 0;
	node_t n = 0;

	if (!fast_find_applies(b, z, c))
		return c->migrate_pfn;
	if (c->migrate_pfn != z->start_pfn)
		distance >>= 2;
	high_pfn = block_start(b, c->migrate_pfn + distance);
	for (int order = c->order - 1; order >= COSTLY_ORDER && !n && scanned < search_limit(c); order--)
		if (z->nr_free[order])
			n = find_in_list(b, z, c, (unsigned)order, high_pfn, &scanned);
	if (n) {
		remember_fast_start(c, pfn_of(z, n));
		c->failures = 0;
		if (b->profile->compact.find_skips_block)
			block_skip(b, z, pfn_of(z, n));
		return block_start_in(b, z, pfn_of(z, n));
	}
	c->failures++;
	if (c->fast_start_pfn && c->fast_start_pfn != UINT64_MAX) {
		c->migrate_pfn = c->fast_start_pfn;
		c->fast_start_pfn = UINT64_MAX;
	}
	return c->migrate_pfn;
}

/* Whether a scan that begins here looks at the skip mark. */
static bool looks_at_mark(const struct buddy *b, const struct zone *z, uint64_t pfn)
{
	return pfn == block_start(b, pfn) || (b->profile->compact.zone_start_aligned && pfn == z->start_pfn);
}

int buddy_compact_next_source(struct buddy *b, struct buddy_compaction *c, struct buddy_range *out)
{
	struct zone *z = zone_of(b, c);
	bool heed = !(c->flags & BUDDY_COMPACT_IGNORE_SKIP);
	uint64_t pfn, end_pfn;
	bool found;

	c->turned_pfn = BUDDY_NO_PFN;
	pfn = fast_find(b, z, c);
	found = pfn != c->migrate_pfn && !c->failures;
	end_pfn = block_end(b, pfn);
	for (; end_pfn <= c->free_pfn && pfn < zone_end(z);
	     found = false, c->migrate_pfn = pfn = end_pfn, end_pfn += block_pages(b)) {
		if (block_has_hole(b, z, pfn))
			continue;
		if (heed && looks_at_mark(b, z, pfn) && !found && block_skipped(b, z, pfn))
			continue;
		if (!source_suits(b, z, c, block_start_in(b, z, pfn))) {
			cache_migrate(b, z, c, end_pfn);
			continue;
		}
		c->migrate_pfn = pfn;
		*out = (struct buddy_range){ pfn, end_pfn, 1 };
		return 0;
	}
	if (c->caches_tied)
		z->compact.cached_migrate_pfn[1] = z->compact.cached_migrate_pfn[0];
	return -ENOENT;
}

/* --- What was found there ----------------------------------------------------------------------------------------- */

/* The skip mark turns a scan away that was sent to this very pageblock: the fast search has set it itself (6.1). */
static bool turned_away(const struct buddy *b, const struct zone *z, const struct buddy_compaction *c,
			const struct buddy_range *r)
{
	return looks_at_mark(b, z, r->start_pfn) && !(c->flags & BUDDY_COMPACT_IGNORE_SKIP) &&
	       block_skipped(b, z, r->start_pfn);
}

/* Whether this frame itself was, as far as the model can know: the older kernel isolates no compound page. */
static bool is_isolated_first(const struct buddy *b, const struct zone *z, uint64_t pfn)
{
	return frame_seems_lru(b, z, pfn) && !frame_is_compound(b, z, pfn);
}

bool buddy_compact_source_empty(struct buddy *b, const struct buddy_compaction *c, const struct buddy_range *range)
{
	struct zone *z = zone_of(b, c);

	if (turned_away(b, z, c, range))
		return true;
	for (uint64_t pfn = range->start_pfn; pfn < range->end_pfn;) {
		uint64_t head;
		unsigned order;

		/* A free block may have begun in a pageblock before. */
		if (buddy_frame_state(b, pfn, &head, &order) != BUDDY_FRAME_FREE)
			return false;
		pfn = head + (1ull << order);
	}
	return true;
}

void buddy_compact_source_scanned(struct buddy *b, struct buddy_compaction *c, const struct buddy_range *range,
				  uint64_t reached_pfn, uint32_t pages)
{
	struct zone *z = zone_of(b, c);
	bool may_mark = looks_at_mark(b, z, range->start_pfn) && !turned_away(b, z, c, range);
	bool done = reached_pfn == range->end_pfn && (!pages || c->finish_block);
	bool heed = !(c->flags & BUDDY_COMPACT_IGNORE_SKIP), set = !(c->flags & BUDDY_COMPACT_NO_SET_SKIP);

	/* Under the LRU lock the first time; else at the end, when nothing was worth the lock. */
	if (pages && heed && set && may_mark &&
	    (b->profile->compact.first_lock_skips_block || is_isolated_first(b, z, range->start_pfn)))
		block_skip(b, z, range->start_pfn);
	if (done && !pages && may_mark && (set || !b->profile->compact.scan_end_spares_mark))
		block_skip(b, z, range->start_pfn);
	if (done)
		cache_migrate(b, z, c, reached_pfn);
	c->migrate_pfn = reached_pfn;
	c->migrate_pages = pages;
	if (pages) {
		c->caches_tied = false;
		c->last_migrated_pfn = b->profile->compact.drains_scanned_block
					       ? block_start_in(b, z, reached_pfn - 1) : c->iterate_pfn;
	} else if (c->caches_tied) {
		z->compact.cached_migrate_pfn[1] = z->compact.cached_migrate_pfn[0];
	}
}

bool buddy_compact_migrated(const struct buddy *b, struct buddy_compaction *c, bool failed)
{
	c->migrate_pages = 0;
	if (!failed)
		return false;
	if (!b->profile->compact.finishes_failed_block) {
		/* The block that is wanted cannot come to be here: go on behind it. */
		if (hasty(c)) {
			c->migrate_pfn = ((c->migrate_pfn - 1) | ((1ull << c->order) - 1)) + 1;
			c->last_migrated_pfn = 0;
		}
		return false;
	}
	if (c->migrate_pfn == block_start(b, c->migrate_pfn) || (c->flags & BUDDY_COMPACT_IGNORE_SKIP) ||
	    c->finish_block || c->mode == BUDDY_COMPACT_SYNC)
		return false;
	c->finish_block = true;
	if (c->order == (int)b->pageblock_order)
		c->last_migrated_pfn = 0;
	return true;
}

bool buddy_compact_drains(struct buddy_compaction *c)
{
	if (c->order <= 0 || !c->last_migrated_pfn ||
	    c->last_migrated_pfn >= (c->migrate_pfn & ~((1ull << c->order) - 1)))
		return false;
	c->last_migrated_pfn = 0;
	return true;
}
