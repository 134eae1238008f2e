// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The free scanner: pageblocks to migrate to, from the end of the zone down.
 *
 * Interface: buddy_compact_next_target, buddy_compact_see, buddy_compact_isolate, buddy_compact_target_scanned,
 * buddy_compact_refill.
 *
 *      low        block_start     isolate            block_end   free_pfn of before
 *       |  ...   |  looked at ---> | ---------------> |   done    |
 *
 * Pageblocks are visited downwards, the frames of each upwards. isolate_pfn is the next frame to look at; what it is
 * when the walk ends is where the next one begins.
 * Source: isolate_freepages, isolate_freepages_block, fast_isolate_around, suitable_migration_target,
 * mm/compaction.c. Passing over sections that are offline is left out: it leads to the same pageblocks.
 */
#include "compact_internal.h"

bool target_suits(struct buddy *b, const struct zone *z, const struct buddy_compaction *c, uint64_t pfn)
{
	unsigned limit = b->profile->compact.target_below_request && c->order > 0 ? (unsigned)c->order
										 : b->pageblock_order;
	node_t n = node_of(z, block_start_in(b, z, pfn));
	unsigned type = *pageblock_of(b, z, n);

	fresh_make_until(b, (struct zone *)z, n);
	if (state_is_free(b->state[n]) && state_order(b->state[n]) >= limit)
		return false;
	return (c->flags & BUDDY_COMPACT_ANY_TARGET) || type == BUDDY_MOVABLE || type == BUDDY_CMA;
}

void linear_begin(const struct buddy *b, struct buddy_compaction *c)
{
	const struct zone *z = zone_of(b, c);

	c->step = BUDDY_TARGET_LINEAR;
	c->isolate_pfn = c->free_pfn;
	c->block_start_pfn = block_start(b, c->free_pfn);
	c->block_end_pfn = c->block_start_pfn + block_pages(b);
	if (c->block_end_pfn > zone_end(z))
		c->block_end_pfn = zone_end(z);
	c->stride = c->mode == BUDDY_COMPACT_ASYNC ? CLUSTER_MAX : 1;
}

static void linear_step(const struct buddy *b, struct buddy_compaction *c)
{
	c->block_end_pfn = c->block_start_pfn;
	c->block_start_pfn -= block_pages(b);
	c->isolate_pfn = c->block_start_pfn;
}

static bool linear_find(struct buddy *b, const struct zone *z, struct buddy_compaction *c)
{
	uint64_t low_pfn = block_end(b, c->migrate_pfn);

	for (; c->block_start_pfn >= low_pfn; linear_step(b, c)) {
		if (block_has_hole(b, z, c->block_start_pfn) || !target_suits(b, z, c, c->block_start_pfn))
			continue;
		if ((c->flags & BUDDY_COMPACT_IGNORE_SKIP) || !block_skipped(b, z, c->block_start_pfn))
			return true;
	}
	return false;
}

bool buddy_compact_next_target(struct buddy *b, struct buddy_compaction *c, struct buddy_range *out)
{
	const struct zone *z = zone_of(b, c);

	if (c->step == BUDDY_TARGET_LINEAR && !linear_find(b, z, c)) {
		c->free_pfn = c->isolate_pfn;
		c->step = BUDDY_TARGET_DONE;
	}
	if (c->step != BUDDY_TARGET_AROUND && c->step != BUDDY_TARGET_LINEAR) {
		if (c->step == BUDDY_TARGET_DONE)
			stock_split(b, c);
		c->step = BUDDY_TARGET_NONE;
		return false;
	}
	c->range_pages = 0;
	c->range_over = false;
	*out = (struct buddy_range){ c->isolate_pfn, c->block_end_pfn, c->stride };
	return true;
}

/* A compound page is passed by in one step; the newer kernel stays inside the part that it looks at. */
static uint64_t compound_step(const struct buddy *b, const struct buddy_compaction *c, node_t n)
{
	unsigned order = state_compound_order(b->state[n]);
	bool sticks_out = c->isolate_pfn + (1ull << order) > c->block_end_pfn;

	return sticks_out && b->profile->compact.scan_stays_inside ? 0 : (1ull << order) - 1;
}

bool buddy_compact_see(struct buddy *b, struct buddy_compaction *c, uint64_t *pfn_out, unsigned *order_out)
{
	struct zone *z = zone_of(b, c);

	for (; !c->range_over && c->isolate_pfn < c->block_end_pfn; c->isolate_pfn += c->stride) {
		node_t n = node_of(z, c->isolate_pfn);

		fresh_make_until(b, z, n);
		if (state_is_free(b->state[n])) {
			*pfn_out = c->isolate_pfn;
			*order_out = state_order(b->state[n]);
			return true;
		}
		c->isolate_pfn += compound_step(b, c, n);
	}
	c->range_over = true;
	if (c->isolate_pfn > c->block_end_pfn)
		c->isolate_pfn = c->block_end_pfn;
	return false;
}

int buddy_compact_isolate(struct buddy *b, struct buddy_compaction *c, uint32_t cpu, uint64_t *pfn_out,
			  unsigned *order_out)
{
	uint32_t pages;

	if (!buddy_compact_see(b, c, pfn_out, order_out))
		return -ENOENT;
	if (stock_isolate(b, c, cpu, node_of(zone_of(b, c), *pfn_out), *order_out)) {
		c->range_over = true;
		return -EAGAIN;
	}
	pages = 1u << *order_out;
	c->range_pages += pages;
	c->range_over = c->migrate_pages <= c->free_pages;
	c->isolate_pfn += pages + (c->range_over ? 0 : c->stride - 1);
	return 0;
}

static void around_scanned(struct buddy *b, const struct zone *z, struct buddy_compaction *c)
{
	bool used_up = c->isolate_pfn == c->block_end_pfn && !(c->flags & BUDDY_COMPACT_NO_SET_SKIP);

	if (b->profile->compact.around_skip_when_scanned ? used_up : c->free_pages < c->migrate_pages)
		block_skip(b, z, c->block_start_pfn);
	if (c->free_pages)
		c->step = BUDDY_TARGET_DONE;
	else
		linear_begin(b, c);
}

void buddy_compact_target_scanned(struct buddy *b, struct buddy_compaction *c)
{
	struct zone *z = zone_of(b, c);

	if (c->isolate_pfn > c->block_end_pfn)
		c->isolate_pfn = c->block_end_pfn;
	if (c->step != BUDDY_TARGET_LINEAR) {
		around_scanned(b, z, c);
		return;
	}
	if (c->isolate_pfn == c->block_end_pfn && !(c->flags & BUDDY_COMPACT_NO_SET_SKIP)) {
		uint64_t cached = c->block_start_pfn - (b->profile->compact.cached_free_below ? block_pages(b) : 0);

		block_skip(b, z, c->block_start_pfn);
		if (cached < z->compact.cached_free_pfn)
			z->compact.cached_free_pfn = cached;
	}
	if (c->free_pages >= c->migrate_pages || c->isolate_pfn < c->block_end_pfn) {
		if (c->isolate_pfn == c->block_end_pfn)
			c->isolate_pfn = c->block_start_pfn - block_pages(b);
		c->free_pfn = c->isolate_pfn;
		c->step = BUDDY_TARGET_DONE;
		return;
	}
	if (c->range_pages)
		c->stride = 1;
	else
		c->stride = c->stride * 2 < CLUSTER_MAX ? c->stride * 2 : CLUSTER_MAX;
	linear_step(b, c);
}

void buddy_compact_refill(struct buddy *b, struct buddy_compaction *c, uint32_t cpu)
{
	struct buddy_range range;
	uint64_t pfn;
	unsigned order;

	buddy_compact_search(b, c, cpu, &pfn, &order);
	while (buddy_compact_next_target(b, c, &range)) {
		while (!buddy_compact_isolate(b, c, cpu, &pfn, &order))
			;
		buddy_compact_target_scanned(b, c);
	}
}
