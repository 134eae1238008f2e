// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a zone remembers of compaction: cached positions, and marks on pageblocks where nothing was found.
 *
 * Interface: buddy_compact_zone_set, buddy_compact_zone_get, buddy_skip_set, buddy_skip, buddy_hole_set,
 * buddy_skip_reset, frame_seems_lru, frame_is_compound, block_is_huge.
 * Source: __reset_isolation_suitable, __reset_isolation_pfn, pageblock_skip_persistent, mm/compaction.c.
 */
#include "compact_internal.h"

#define SAMPLE_PAGES (1u << COSTLY_ORDER) /* one frame in so many is looked at */

void buddy_compact_zone_set(struct buddy *b, uint32_t zone, const struct buddy_compact_zone *state)
{
	assert(zone < b->zone_count);
	b->zones[zone].compact = *state;
}

void buddy_compact_zone_get(const struct buddy *b, uint32_t zone, struct buddy_compact_zone *out)
{
	assert(zone < b->zone_count);
	*out = b->zones[zone].compact;
}

/* The zone of a pageblock whose first frame may lie before the zone's start. */
static const struct zone *zone_of_block(const struct buddy *b, uint64_t pfn)
{
	const struct zone *z = zone_find(b, pfn);

	return z ? z : zone_find(b, block_end(b, pfn) - 1);
}

static int mark(struct buddy *b, uint64_t pfn, uint8_t bit, bool on)
{
	const struct zone *z = zone_of_block(b, pfn);

	if (!z)
		return -ERANGE;
	if (on)
		*marks_of(b, z, pfn) |= bit;
	else
		*marks_of(b, z, pfn) &= (uint8_t)~bit;
	return 0;
}

int buddy_skip_set(struct buddy *b, uint64_t pfn, bool skip) { return mark(b, pfn, MARK_SKIP, skip); }
int buddy_hole_set(struct buddy *b, uint64_t pfn, bool hole) { return mark(b, pfn, MARK_HOLE, hole); }

bool buddy_skip(const struct buddy *b, uint64_t pfn)
{
	const struct zone *z = zone_of_block(b, pfn);

	return z && block_skipped(b, z, pfn);
}

/* Head of the block in use around @n as far as it is known; 0 when the frame is not part of one. */
static node_t used_head(const struct buddy *b, const struct zone *z, node_t n)
{
	for (unsigned align = 0; align < BUDDY_ORDER_COUNT; align++) {
		node_t head = z->base_node + ((n - z->base_node) & ~((1u << align) - 1));
		uint8_t s = b->state[head];

		if (s)
			return state_is_used(s) && n < head + (1u << state_order(s)) ? head : 0;
	}
	return 0;
}

bool frame_seems_lru(const struct buddy *b, const struct zone *z, uint64_t pfn)
{
	node_t head = used_head(b, z, node_of(z, pfn));

	return head && (b->state[head] & STATE_USED_MOVABLE);
}

/* Order of the compound page around the frame, 0 for none. */
static unsigned compound_order(const struct buddy *b, const struct zone *z, uint64_t pfn)
{
	node_t head = used_head(b, z, node_of(z, pfn));

	return head ? state_compound_order(b->state[head]) : 0;
}

bool frame_is_compound(const struct buddy *b, const struct zone *z, uint64_t pfn)
{
	return compound_order(b, z, pfn) > 0;
}

bool block_is_huge(const struct buddy *b, const struct zone *z, uint64_t pfn)
{
	return compound_order(b, z, pfn) >= b->pageblock_order;
}

/* Source: __reset_isolation_pfn(). */
static bool reset_block(struct buddy *b, struct zone *z, uint64_t pfn, bool check_source, bool check_target)
{
	uint64_t end_pfn = block_end(b, pfn) < zone_end(z) ? block_end(b, pfn) : zone_end(z);
	uint64_t start_pfn = block_start_in(b, z, pfn);

	if (block_has_hole(b, z, pfn) || block_is_huge(b, z, pfn))
		return false;
	if (check_source && check_target && !block_skipped(b, z, pfn))
		return true;
	if (!check_source && check_target && *pageblock_of(b, z, node_of(z, pfn)) != BUDDY_MOVABLE)
		return false;
	for (pfn = start_pfn; pfn < end_pfn; pfn += SAMPLE_PAGES) {
		fresh_make_until(b, z, node_of(z, pfn));
		if ((check_source && frame_seems_lru(b, z, pfn)) ||
		    (check_target && state_is_free(b->state[node_of(z, pfn)]))) {
			*marks_of(b, z, start_pfn) &= (uint8_t)~MARK_SKIP;
			return true;
		}
	}
	return false;
}

bool buddy_skip_reset(struct buddy *b, uint32_t zone)
{
	struct zone *z = &b->zones[zone];
	struct buddy_compact_zone *memory = &z->compact;
	uint64_t migrate_pfn = z->start_pfn, free_pfn = zone_end(z) - 1;
	uint64_t reset_migrate = free_pfn, reset_free = migrate_pfn;
	bool source_set = false, free_set = false;

	assert(zone < b->zone_count);
	if (!memory->flush)
		return false;
	memory->flush = false;
	/* Below frame 0 a position counts on from the other end: in a zone there that is smaller than a pageblock. */
	for (; migrate_pfn < free_pfn && free_pfn < zone_end(z);
	     migrate_pfn += block_pages(b), free_pfn -= block_pages(b)) {
		if (reset_block(b, z, migrate_pfn, true, source_set) && migrate_pfn < reset_migrate) {
			source_set = true;
			reset_migrate = memory->init_migrate_pfn = migrate_pfn;
			memory->cached_migrate_pfn[0] = memory->cached_migrate_pfn[1] = migrate_pfn;
		}
		if (reset_block(b, z, free_pfn, free_set, true) && free_pfn > reset_free) {
			free_set = true;
			reset_free = memory->init_free_pfn = memory->cached_free_pfn = free_pfn;
		}
	}
	/* Nothing to begin with: the scanners start where they meet. */
	if (reset_migrate >= reset_free) {
		memory->cached_migrate_pfn[0] = memory->cached_migrate_pfn[1] = migrate_pfn;
		memory->cached_free_pfn = free_pfn;
	}
	return true;
}
