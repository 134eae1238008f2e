// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reference's compaction: a run's beginning and end, the migrate scanner, what a zone remembers.
 *
 * Interface: the functions of ref_compact.h about runs and zones' memory, without those about free frames; the looks at
 * pageblocks of ref_internal.h.
 * Invariant: a pageblock's part outside of its zone is not looked at.
 *
 * Sources: mm/compaction.c of 6.1 and 6.12: compact_zone, isolate_migratepages, fast_find_migrateblock,
 * isolate_migratepages_block (its skip marks), update_cached_migrate, __reset_isolation_suitable,
 * __reset_isolation_pfn, reset_cached_positions, move_freelist_tail, pageblock_skip_persistent.
 */
#include "ref_internal.h"

#include <errno.h>
#include <stdlib.h>

#define CLUSTER_MAX 32u /* COMPACT_CLUSTER_MAX */

/* --- Pageblocks --------------------------------------------------------------------------------------------- */

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t block_pages(const struct ref *r)
{
	return UINT64_C(1) << r->pageblock_order;
}

uint64_t ref_block_start(const struct ref *r, uint64_t pfn)
{
	return pfn >> r->pageblock_order << r->pageblock_order;
}

uint64_t ref_block_end(const struct ref *r, uint64_t pfn)
{
	return ref_block_start(r, pfn) + block_pages(r);
}

static bool is_aligned(const struct ref *r, uint64_t pfn)
{
	return pfn % block_pages(r) == 0;
}

uint64_t ref_block_first(const struct ref_run *run, uint64_t pfn)
{
	return most(ref_block_start(run->ref, pfn), run->z->start);
}

bool ref_block_there(const struct ref_run *run, uint64_t pfn)
{
	return !run->ref->holes[ref_block_index(run->ref, ref_block_first(run, pfn))];
}

bool ref_skip_allows(const struct ref_run *run, uint64_t pfn)
{
	return run->ignores_skip || !run->ref->skips[ref_block_index(run->ref, pfn)];
}

static void set_skip(struct ref *r, uint64_t pfn, bool skip)
{
	r->skips[ref_block_index(r, pfn)] = skip;
}

bool ref_starts_free(const struct ref *r, uint64_t pfn)
{
	const struct ref_frame *f = &r->frames[pfn - r->base];

	return f->state == REF_FREE && f->head == pfn;
}

static bool seems_on_lru(const struct ref *r, uint64_t pfn)
{
	const struct ref_frame *f = &r->frames[pfn - r->base];

	return f->state == REF_IN_USE && f->movable && !f->stock;
}

static bool is_huge(const struct ref *r, uint64_t pfn)
{
	return r->frames[pfn - r->base].compound >= r->pageblock_order;
}

/* --- What a zone remembers ---------------------------------------------------------------------------------- */

void ref_compact_zone_set(struct ref *r, uint32_t zone, const struct buddy_compact_zone *state)
{
	r->zones[zone].memory = *state;
}

int ref_skip_set(struct ref *r, uint64_t pfn, bool skip)
{
	if (!ref_zone_of(r, pfn))
		return -ERANGE;
	set_skip(r, pfn, skip);
	return 0;
}

int ref_hole_set(struct ref *r, uint64_t pfn, bool hole)
{
	if (!ref_zone_of(r, pfn))
		return -ERANGE;
	r->holes[ref_block_index(r, pfn)] = hole;
	return 0;
}

/* __reset_isolation_pfn(). Return: is it a place for a scanner to begin? */
static bool reset_block(struct ref *r, const struct ref_zone *z, uint64_t pfn, bool source, bool target)
{
	uint64_t first, last;

	if (!ref_spans(z, pfn) || r->holes[ref_block_index(r, pfn)] || is_huge(r, pfn))
		return false;
	if (source && target && !r->skips[ref_block_index(r, pfn)])
		return true;
	if (!source && target && ref_block_type(r, pfn) != BUDDY_MOVABLE)
		return false;
	first = most(ref_block_start(r, pfn), z->start);
	last = least(ref_block_end(r, pfn), z->end) - 1;
	for (; first <= last; first += UINT64_C(1) << REF_COSTLY_ORDER)
		if ((source && seems_on_lru(r, first)) || (target && ref_starts_free(r, first))) {
			set_skip(r, pfn, false);
			return true;
		}
	return false;
}

bool ref_skip_reset(struct ref *r, uint32_t zone)
{
	struct ref_zone *z = &r->zones[zone];
	struct buddy_compact_zone *m = &z->memory;
	uint64_t up = z->start, down = z->end - 1, lowest = down, highest = up;
	bool has_source = false, has_target = false;

	if (!m->flush)
		return false;
	m->flush = false;
	while (up < down) {
		if (reset_block(r, z, up, true, has_source) && up < lowest) {
			has_source = true;
			lowest = up;
			m->init_migrate_pfn = m->cached_migrate_pfn[0] = m->cached_migrate_pfn[1] = up;
		}
		if (reset_block(r, z, down, has_target, true) && down > highest) {
			has_target = true;
			highest = down;
			m->init_free_pfn = m->cached_free_pfn = down;
		}
		up += block_pages(r);
		down -= block_pages(r);
		if (down > z->end)
			break; /* below 0: the kernel counts on from the other end, where no zone is */
	}
	if (lowest >= highest) {
		m->cached_migrate_pfn[0] = m->cached_migrate_pfn[1] = up;
		m->cached_free_pfn = down;
	}
	return true;
}

/* --- A run -------------------------------------------------------------------------------------------------- */

struct ref_run *ref_run_create(struct ref *r, const struct buddy_compaction *wanted)
{
	struct ref_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->ref = r;
	run->z = &r->zones[wanted->zone];
	run->c = (struct buddy_compaction){ .zone = wanted->zone, .order = wanted->order, .type = wanted->type,
					    .mode = wanted->mode, .flags = wanted->flags,
					    .search_order = wanted->search_order, .failures = wanted->failures };
	run->is_direct = wanted->flags & BUDDY_COMPACT_DIRECT;
	run->is_async = wanted->mode == BUDDY_COMPACT_ASYNC;
	run->ignores_skip = wanted->flags & BUDDY_COMPACT_IGNORE_SKIP;
	run->sets_skip = !(wanted->flags & BUDDY_COMPACT_NO_SET_SKIP);
	return run;
}

void ref_run_destroy(struct ref_run *run)
{
	if (!run)
		return;
	ref_stock_forget(run);
	free(run);
}

static bool is_outside(const struct ref_zone *z, uint64_t pfn)
{
	return pfn < z->start || pfn >= z->end;
}

void ref_compact_begin(struct ref_run *run)
{
	struct buddy_compact_zone *m = &run->z->memory;
	struct buddy_compaction *c = &run->c;
	uint64_t last = ref_block_start(run->ref, run->z->end - 1);

	if (c->flags & BUDDY_COMPACT_WHOLE_ZONE) {
		c->migrate_pfn = run->z->start;
		c->free_pfn = last;
	} else {
		c->migrate_pfn = m->cached_migrate_pfn[!run->is_async];
		c->free_pfn = m->cached_free_pfn;
		if (is_outside(run->z, c->free_pfn))
			c->free_pfn = m->cached_free_pfn = last;
		if (is_outside(run->z, c->migrate_pfn)) {
			c->migrate_pfn = run->z->start;
			m->cached_migrate_pfn[0] = m->cached_migrate_pfn[1] = c->migrate_pfn;
		}
		if (c->migrate_pfn <= m->init_migrate_pfn)
			c->flags |= BUDDY_COMPACT_WHOLE_ZONE;
	}
	c->caches_tied = run->is_async && m->cached_migrate_pfn[0] == m->cached_migrate_pfn[1];
	c->fast_start_pfn = 0;
	c->last_migrated_pfn = 0;
	c->iterate_pfn = c->migrate_pfn;
	c->finish_block = false;
	c->turned_pfn = BUDDY_NO_PFN;
	c->migrate_pages = 0;
	c->free_pages = 0;
	c->released_pfn = 0;
	run->any_released = false;
	run->walk = REF_WALK_OVER;
}

bool ref_compact_met(const struct ref_run *run)
{
	return ref_block_start(run->ref, run->c.free_pfn) <= ref_block_start(run->ref, run->c.migrate_pfn);
}

void ref_compact_restart(struct ref_run *run)
{
	struct buddy_compact_zone *m = &run->z->memory;

	m->cached_migrate_pfn[0] = m->cached_migrate_pfn[1] = run->z->start;
	m->cached_free_pfn = ref_block_start(run->ref, run->z->end - 1);
	if (run->is_direct)
		m->flush = true;
}

void ref_compact_iterate(struct ref_run *run)
{
	struct buddy_compaction *c = &run->c;

	c->iterate_pfn = c->migrate_pfn;
	c->finish_block = ref_block_start(run->ref, c->last_migrated_pfn) == ref_block_start(run->ref, c->migrate_pfn);
}

bool ref_compact_migrated(struct ref_run *run, bool failed)
{
	struct buddy_compaction *c = &run->c;
	uint64_t wanted = c->order >= 0 ? UINT64_C(1) << c->order : 1;

	c->migrate_pages = 0;
	if (!failed)
		return false;
	if (!run->ref->is_6_12) {
		if (run->is_direct && run->is_async) {
			c->migrate_pfn = ((c->migrate_pfn - 1) / wanted + 1) * wanted;
			c->last_migrated_pfn = 0;
		}
		return false;
	}
	if (is_aligned(run->ref, c->migrate_pfn) || run->ignores_skip || c->finish_block ||
	    c->mode == BUDDY_COMPACT_SYNC)
		return false;
	c->finish_block = true;
	if (c->order == (int)run->ref->pageblock_order)
		c->last_migrated_pfn = 0;
	return true;
}

bool ref_compact_drains(struct ref_run *run)
{
	struct buddy_compaction *c = &run->c;

	if (c->order <= 0 || !c->last_migrated_pfn || c->last_migrated_pfn >= c->migrate_pfn >> c->order << c->order)
		return false;
	c->last_migrated_pfn = 0;
	return true;
}

void ref_compact_end(struct ref_run *run)
{
	uint64_t pfn = ref_block_start(run->ref, run->c.released_pfn);

	if (run->any_released && pfn > run->z->memory.cached_free_pfn)
		run->z->memory.cached_free_pfn = pfn;
}

/* --- The next pageblock ------------------------------------------------------------------------------------- */

unsigned ref_search_limit(const struct ref_run *run)
{
	return (run->c.failures < 32 ? CLUSTER_MAX >> run->c.failures : 0) + 1;
}

/* Does fast_find_migrateblock() leave it at where the scanner stands? */
static bool stays(const struct ref_run *run)
{
	const struct buddy_compaction *c = &run->c;

	return run->ignores_skip || (run->ref->is_6_12 && c->finish_block) ||
	       (c->migrate_pfn != run->z->start && !is_aligned(run->ref, c->migrate_pfn)) ||
	       c->order <= (int)REF_COSTLY_ORDER || (run->is_direct && c->type != BUDDY_MOVABLE);
}

/* Goes through a list of free blocks for one below @below. Return: its frame, or BUDDY_NO_PFN. */
static uint64_t find_in_list(struct ref_run *run, unsigned order, uint64_t below, unsigned limit, unsigned *scanned)
{
	struct ref_list *list = &run->z->lists[order][BUDDY_MOVABLE];

	for (uint32_t i = 0; i < list->count; i++) {
		uint64_t pfn = list->pfns[i];
		bool enough = (*scanned)++ >= limit;

		if (!enough && (pfn >= below || run->ref->skips[ref_block_index(run->ref, pfn)]))
			continue;
		run->c.turned_pfn = pfn;
		ref_list_turn(list, (i + 1) % list->count);
		return enough ? BUDDY_NO_PFN : pfn;
	}
	return BUDDY_NO_PFN;
}

/* fast_find_migrateblock(). Return: where to look for a pageblock. */
static uint64_t find_block(struct ref_run *run)
{
	struct buddy_compaction *c = &run->c;
	unsigned limit = ref_search_limit(run), scanned = 0;
	uint64_t distance, below, found = BUDDY_NO_PFN;

	if (stays(run))
		return c->migrate_pfn;
	distance = (c->free_pfn - c->migrate_pfn) >> (c->migrate_pfn == run->z->start ? 1 : 3);
	below = ref_block_start(run->ref, c->migrate_pfn + distance);
	for (int order = c->order - 1; order >= (int)REF_COSTLY_ORDER && found == BUDDY_NO_PFN && scanned < limit;
	     order--)
		found = find_in_list(run, (unsigned)order, below, limit, &scanned);
	if (found != BUDDY_NO_PFN) {
		if (c->fast_start_pfn != UINT64_MAX && (!c->fast_start_pfn || found < c->fast_start_pfn))
			c->fast_start_pfn = found;
		c->failures = 0;
		if (!run->ref->is_6_12)
			set_skip(run->ref, found, true);
		return ref_block_first(run, found);
	}
	c->failures++;
	if (c->fast_start_pfn && c->fast_start_pfn != UINT64_MAX) {
		c->migrate_pfn = c->fast_start_pfn;
		c->fast_start_pfn = UINT64_MAX;
	}
	return c->migrate_pfn;
}

/* Is this where a mark is asked: a pageblock's first frame, in 6.12 also a zone's? */
static bool asks_mark(const struct ref_run *run, uint64_t pfn)
{
	return is_aligned(run->ref, pfn) || (run->ref->is_6_12 && pfn == run->z->start);
}

/* suitable_migration_source(). */
static bool is_source(const struct ref_run *run, uint64_t first)
{
	unsigned type = ref_block_type(run->ref, first);

	if (is_huge(run->ref, first))
		return false;
	if (!run->is_async || !run->is_direct)
		return true;
	if (run->c.type == BUDDY_MOVABLE)
		return type == BUDDY_MOVABLE || type == BUDDY_CMA;
	return type == run->c.type;
}

/* update_cached_migrate(): what is remembered lies behind the pageblock that begins at @pfn. */
static void remember_migrate(struct ref_run *run, uint64_t pfn)
{
	uint64_t *cached = run->z->memory.cached_migrate_pfn;

	pfn = ref_block_end(run->ref, pfn);
	if (!run->sets_skip)
		return;
	if (pfn > cached[0])
		cached[0] = pfn;
	if (!run->is_async && pfn > cached[1])
		cached[1] = pfn;
}

/* compact_zone() when nothing was isolated. */
static void nothing_isolated(struct ref_run *run)
{
	if (run->c.caches_tied)
		run->z->memory.cached_migrate_pfn[1] = run->z->memory.cached_migrate_pfn[0];
}

int ref_compact_next_source(struct ref_run *run, struct buddy_range *out)
{
	struct buddy_compaction *c = &run->c;
	uint64_t low, end;
	bool was_found;

	c->turned_pfn = BUDDY_NO_PFN;
	low = find_block(run);
	was_found = low != c->migrate_pfn && !c->failures;
	for (end = ref_block_end(run->ref, low); end <= c->free_pfn; end += block_pages(run->ref)) {
		uint64_t first = ref_block_first(run, low);

		if (ref_block_there(run, first) &&
		    (!asks_mark(run, low) || was_found || ref_skip_allows(run, first))) {
			if (is_source(run, first)) {
				c->migrate_pfn = low;
				*out = (struct buddy_range){ low, end, 1 };
				return 0;
			}
			remember_migrate(run, end);
		}
		was_found = false;
		c->migrate_pfn = low = end;
	}
	if (!c->migrate_pages)
		nothing_isolated(run);
	return -ENOENT;
}

/* --- What was found there ----------------------------------------------------------------------------------- */

static bool mark_turns_away(const struct ref_run *run, uint64_t start)
{
	return asks_mark(run, start) && !ref_skip_allows(run, start);
}

bool ref_compact_source_empty(struct ref_run *run, const struct buddy_range *range)
{
	if (mark_turns_away(run, range->start_pfn))
		return true;
	for (uint64_t pfn = range->start_pfn; pfn < range->end_pfn; pfn++)
		if (ref_frame(run->ref, pfn)->state != REF_FREE)
			return false;
	return true;
}

/* The skip mark, as the first page isolated sets it. Return: no other may set it later. */
static bool lock_marks(struct ref_run *run, uint64_t start, bool has_valid)
{
	if (run->ref->is_6_12 && !has_valid)
		return false;
	if (!run->ref->is_6_12 && !(is_aligned(run->ref, start) && seems_on_lru(run->ref, start) &&
				    !run->ref->frames[start - run->ref->base].compound))
		return true;
	if (!run->ignores_skip && run->sets_skip)
		set_skip(run->ref, start, true);
	return true;
}

void ref_compact_source_scanned(struct ref_run *run, const struct buddy_range *range, uint64_t reached_pfn,
				uint32_t pages)
{
	struct buddy_compaction *c = &run->c;
	uint64_t start = range->start_pfn;
	bool has_valid = asks_mark(run, start) && !mark_turns_away(run, start), is_marked = false;

	c->migrate_pages += pages;
	c->migrate_pfn = reached_pfn;
	if (pages)
		is_marked = lock_marks(run, start, has_valid);
	if (reached_pfn == range->end_pfn && (!pages || c->finish_block)) {
		if (has_valid && !is_marked && (!run->ref->is_6_12 || run->sets_skip))
			set_skip(run->ref, start, true);
		remember_migrate(run, reached_pfn);
	}
	if (!c->migrate_pages) {
		nothing_isolated(run);
		return;
	}
	c->caches_tied = false;
	c->last_migrated_pfn = run->ref->is_6_12 ? most(run->z->start, ref_block_start(run->ref, reached_pfn - 1))
						 : c->iterate_pfn;
}
