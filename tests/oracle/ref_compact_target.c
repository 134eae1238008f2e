// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reference's compaction: the free scanner, the fast search, the stock.
 *
 * Interface: the functions of ref_compact.h about free frames; ref_stock_forget (ref_internal.h).
 * Invariant: a frame in stock is in use and marked so, and its block stands once in the run's arrays.
 *
 * Sources: mm/compaction.c of 6.1 and 6.12: isolate_freepages, isolate_freepages_block, fast_isolate_freepages,
 * fast_isolate_around, next_search_order, suitable_migration_target, update_pageblock_skip, move_freelist_head,
 * split_map_pages, compaction_alloc, compaction_free, release_freepages and release_free_list.
 */
#include "ref_internal.h"

#include <errno.h>
#include <stdlib.h>

#define STRIDE_MAX 32u /* COMPACT_CLUSTER_MAX */

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t block_pages(const struct ref_run *run)
{
	return UINT64_C(1) << run->ref->pageblock_order;
}

static bool has_enough(const struct ref_run *run)
{
	return run->c.free_pages >= run->c.migrate_pages;
}

static void set_skip(struct ref_run *run, uint64_t pfn)
{
	run->ref->skips[ref_block_index(run->ref, pfn)] = true;
}

/* --- The stock ---------------------------------------------------------------------------------------------- */

/* A block in use is in stock from now on, says its record. */
static void mark_stock(struct ref_run *run, uint64_t pfn, unsigned order)
{
	ref_use(run->ref, pfn, order, false);
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		ref_frame(run->ref, pfn + i)->stock = i ? REF_STOCK_REST : REF_STOCK_FIRST;
}

/* 6.1 has one list, and knows the order of a block there until it splits it. */
static struct ref_list *list_of(struct ref_run *run, unsigned order)
{
	return &run->stock[run->ref->is_6_12 ? order : 0];
}

static void stock_add(struct ref_run *run, uint64_t pfn, unsigned order, bool tail)
{
	struct ref_list *list = list_of(run, order);

	ref_list_insert(list, tail ? list->count : 0, pfn);
	mark_stock(run, pfn, order);
}

/* split_map_pages(): each frame goes before those that came before it. */
static void split_stock(struct ref_run *run)
{
	struct ref_list whole = run->stock[0];

	if (run->ref->is_6_12)
		return;
	run->stock[0] = (struct ref_list){ NULL, 0, 0 };
	for (uint32_t i = 0; i < whole.count; i++) {
		unsigned order = ref_frame(run->ref, whole.pfns[i])->order;

		for (uint64_t j = 0; j < UINT64_C(1) << order; j++)
			stock_add(run, whole.pfns[i] + j, 0, false);
	}
	free(whole.pfns);
}

void ref_stock_forget(struct ref_run *run)
{
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		for (uint32_t i = 0; i < run->stock[order].count; i++) {
			uint64_t pfn = run->stock[order].pfns[i];

			ref_use(run->ref, pfn, ref_frame(run->ref, pfn)->order, false);
		}
		free(run->stock[order].pfns);
		run->stock[order] = (struct ref_list){ NULL, 0, 0 };
	}
}

int ref_compact_take(struct ref_run *run, unsigned order, uint64_t *pfn_out)
{
	unsigned high = order, orders = run->ref->is_6_12 ? BUDDY_ORDER_COUNT : 1;
	uint64_t pfn;

	while (high < orders && !run->stock[high].count)
		high++;
	if (high >= orders)
		return -ENOENT;
	pfn = run->stock[high].pfns[0];
	ref_list_erase(&run->stock[high], pfn);
	while (high > order) {
		high--;
		stock_add(run, pfn + (UINT64_C(1) << high), high, false);
	}
	ref_use(run->ref, pfn, order, true);
	if (order)
		ref_join(run->ref, pfn, order);
	run->c.free_pages -= 1u << order;
	if (run->ref->is_6_12)
		run->c.migrate_pages -= 1u << order;
	*pfn_out = pfn;
	return 0;
}

int ref_compact_return(struct ref_run *run, uint64_t pfn, unsigned order)
{
	uint64_t pages = UINT64_C(1) << order;

	if (order >= BUDDY_ORDER_COUNT || pfn % pages || (order && !run->ref->is_6_12))
		return -EINVAL;
	if (!ref_spans(run->z, pfn) || !ref_spans(run->z, pfn + pages - 1))
		return -ERANGE;
	for (uint64_t i = 0; i < pages; i++)
		if (ref_frame(run->ref, pfn + i)->state != REF_IN_USE || ref_frame(run->ref, pfn + i)->stock)
			return -EEXIST;
	stock_add(run, pfn, order, false);
	run->c.free_pages += 1u << order;
	if (run->ref->is_6_12)
		run->c.migrate_pages += 1u << order;
	return 0;
}

int ref_compact_release(struct ref_run *run, uint64_t *pfn_out, unsigned *order_out)
{
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		uint64_t pfn = ref_first(&run->stock[order]);

		if (pfn == BUDDY_NO_PFN)
			continue;
		ref_list_erase(&run->stock[order], pfn);
		*pfn_out = pfn;
		*order_out = ref_frame(run->ref, pfn)->order;
		ref_use(run->ref, pfn, *order_out, false);
		run->c.free_pages -= 1u << *order_out;
		run->any_released = true;
		if (pfn > run->c.released_pfn)
			run->c.released_pfn = pfn;
		return 0;
	}
	return -ENOENT;
}

/* --- The fast search ---------------------------------------------------------------------------------------- */

struct search {
	uint64_t low, min, highest;
	unsigned limit;
	unsigned scanned; /* of this order */
};

/* suitable_migration_target(). */
static bool is_target(const struct ref_run *run, uint64_t first)
{
	unsigned type = ref_block_type(run->ref, first), large = run->ref->pageblock_order;

	if (run->ref->is_6_12 && run->c.order > 0)
		large = (unsigned)run->c.order;
	if (ref_starts_free(run->ref, first) && ref_frame(run->ref, first)->order >= large)
		return false;
	return (run->c.flags & BUDDY_COMPACT_ANY_TARGET) || type == BUDDY_MOVABLE || type == BUDDY_CMA;
}

/* Through the movable list of an order, last one first. Return: the block to take, or BUDDY_NO_PFN. */
static uint64_t search_list(struct ref_run *run, unsigned order, struct search *s)
{
	struct ref_list *list = &run->z->lists[order][BUDDY_MOVABLE];
	uint32_t at = list->count, first = 0, high_at = 0;
	uint64_t high = 0;

	s->scanned = 0;
	while (at-- > 0) {
		uint64_t pfn = list->pfns[at];

		s->scanned++;
		if (pfn >= s->highest)
			s->highest = ref_block_first(run, pfn);
		if (pfn >= s->low) {
			run->c.failures = 0;
			run->c.search_order = (int)order;
			ref_list_turn(list, at);
			return pfn;
		}
		if (pfn >= s->min && pfn > high) {
			high = pfn;
			high_at = at;
			s->limit >>= 1;
		}
		if (s->scanned >= s->limit) {
			first = at;
			break;
		}
	}
	ref_list_turn(list, high ? high_at : first);
	return high ? high : BUDDY_NO_PFN;
}

/* next_search_order(). */
static int next_order(struct ref_run *run, int order)
{
	order = order > 0 ? order - 1 : run->c.order - 1;
	if (order != run->c.search_order)
		return order;
	run->c.search_order = run->c.search_order > 0 ? run->c.search_order - 1 : run->c.order - 1;
	return -1;
}

/* The orders one after the other. Return: as ref_compact_search. */
static int search_orders(struct ref_run *run, uint32_t cpu, struct search *s, uint64_t *pfn_out, unsigned *order_out)
{
	int order = run->c.search_order, result = -ENOENT;

	for (; result == -ENOENT && order >= 0; order = next_order(run, order)) {
		uint64_t pfn;

		if (!ref_nr_free(run->z, (unsigned)order))
			continue;
		pfn = search_list(run, (unsigned)order, s);
		if (pfn != BUDDY_NO_PFN) {
			*pfn_out = pfn;
			*order_out = (unsigned)order;
			result = ref_isolate_free(run->ref, cpu, pfn, (unsigned)order);
			if (!result) {
				run->c.free_pages += 1u << order;
				stock_add(run, pfn, (unsigned)order, true);
			} else {
				order = run->c.search_order + 1; /* that is all for this time */
			}
		}
		if (run->ref->is_6_12 && has_enough(run))
			break;
		if (s->scanned >= s->limit)
			s->limit = s->limit >> 1 ? s->limit >> 1 : 1;
	}
	return result;
}

/* Does pageblock_pfn_to_page() give a page for it? A zone without holes is not asked whose page that is. */
static bool is_there(const struct ref_run *run, uint64_t pfn)
{
	const struct ref_zone *z = run->z;
	bool has_holes = false;

	for (uint64_t i = z->start; i < z->end; i++)
		has_holes = has_holes || !ref_block_there(run, i);
	return pfn < z->start ? !has_holes : ref_block_there(run, pfn);
}

/* Nothing taken: where a search at a scan's beginning sends the scanner. Return: a frame to look around, or none. */
static uint64_t choose_start(struct ref_run *run, const struct search *s)
{
	if (s->highest >= s->min) {
		run->c.free_pfn = s->highest;
		return s->highest;
	}
	if (!run->is_direct || s->min >= run->z->end)
		return BUDDY_NO_PFN;
	run->c.free_pfn = s->min;
	if (!is_there(run, s->min) || (run->ref->is_6_12 && !is_target(run, ref_block_first(run, s->min))))
		return BUDDY_NO_PFN;
	return s->min;
}

int ref_compact_search(struct ref_run *run, uint32_t cpu, uint64_t *pfn_out, unsigned *order_out)
{
	struct buddy_compaction *c = &run->c;
	struct search s = { .limit = ref_search_limit(run) >> 1 };
	bool starts = c->free_pfn >= run->z->memory.init_free_pfn;
	uint64_t distance = c->free_pfn - c->migrate_pfn;
	int result;

	run->found_pfn = BUDDY_NO_PFN;
	run->walk = REF_WALK_BEGINS;
	if (c->order <= 0)
		return -ENOENT;
	if (!s.limit)
		s.limit = 1;
	if (starts)
		s.limit = (unsigned)(block_pages(run) >> 1);
	s.low = ref_block_start(run->ref, c->free_pfn - (distance >> 2));
	s.min = ref_block_start(run->ref, c->free_pfn - (distance >> 1));
	if (s.min > s.low)
		s.low = s.min;
	if (c->search_order < 0 || c->search_order > c->order - 1)
		c->search_order = c->order - 1;
	result = search_orders(run, cpu, &s, pfn_out, order_out);
	if (!result) {
		run->found_pfn = *pfn_out;
	} else {
		c->failures++;
		if (starts)
			run->found_pfn = choose_start(run, &s);
	}
	if (s.highest && s.highest >= run->z->memory.cached_free_pfn)
		run->z->memory.cached_free_pfn = s.highest - block_pages(run);
	if (run->found_pfn != BUDDY_NO_PFN)
		run->walk = REF_WALK_AROUND;
	return result;
}

/* --- The scan ----------------------------------------------------------------------------------------------- */

/* A part of a pageblock is looked at from @start on. */
static void look_at(struct ref_run *run, uint64_t start, uint64_t end, uint64_t stride, struct buddy_range *out)
{
	run->c.isolate_pfn = start;
	run->c.stride = stride;
	run->c.block_end_pfn = end;
	run->c.range_pages = 0;
	run->c.range_over = false;
	*out = (struct buddy_range){ start, end, stride };
}

/* fast_isolate_around(). */
static bool look_around(struct ref_run *run, struct buddy_range *out)
{
	uint64_t start = ref_block_first(run, run->found_pfn);

	if (has_enough(run) || (run->is_direct && run->is_async) || !ref_block_there(run, start))
		return false;
	run->c.block_start_pfn = start;
	run->is_around = true;
	look_at(run, start, least(ref_block_end(run->ref, start), run->z->end), 1, out);
	return true;
}

static void end_walk(struct ref_run *run)
{
	run->walk = REF_WALK_OVER;
	split_stock(run);
}

static void begin_linear(struct ref_run *run)
{
	struct buddy_compaction *c = &run->c;

	c->isolate_pfn = c->free_pfn;
	c->block_start_pfn = ref_block_start(run->ref, c->free_pfn);
	c->block_end_pfn = least(c->block_start_pfn + block_pages(run), run->z->end);
	c->stride = run->is_async ? STRIDE_MAX : 1;
	run->walk = REF_WALK_LINEAR;
}

static void go_down(struct ref_run *run)
{
	run->c.block_end_pfn = run->c.block_start_pfn;
	run->c.block_start_pfn -= block_pages(run);
	run->c.isolate_pfn = run->c.block_start_pfn;
}

bool ref_compact_next_target(struct ref_run *run, struct buddy_range *out)
{
	struct buddy_compaction *c = &run->c;

	run->is_around = false;
	if (run->walk == REF_WALK_AROUND) {
		run->walk = REF_WALK_BEGINS;
		if (look_around(run, out))
			return true;
	}
	if (run->walk == REF_WALK_OVER || (run->walk == REF_WALK_BEGINS && c->free_pages)) {
		end_walk(run);
		return false;
	}
	if (run->walk == REF_WALK_BEGINS)
		begin_linear(run);
	for (; c->block_start_pfn >= ref_block_end(run->ref, c->migrate_pfn); go_down(run)) {
		uint64_t first = ref_block_first(run, c->block_start_pfn);

		if (!ref_block_there(run, first) || !is_target(run, first) || !ref_skip_allows(run, first))
			continue;
		look_at(run, c->isolate_pfn, c->block_end_pfn, c->stride, out);
		return true;
	}
	c->free_pfn = c->isolate_pfn;
	end_walk(run);
	return false;
}

/* Frames of a compound page to step over at its first one, less one. */
static uint64_t compound_step(const struct ref_run *run, uint64_t pfn)
{
	unsigned order = ref_frame(run->ref, pfn)->compound;
	uint64_t pages = UINT64_C(1) << order;

	if (pfn % pages || (run->ref->is_6_12 && pfn + pages > run->c.block_end_pfn))
		return 0;
	return pages - 1;
}

int ref_compact_isolate(struct ref_run *run, uint32_t cpu, uint64_t *pfn_out, unsigned *order_out)
{
	struct buddy_compaction *c = &run->c;

	for (; !c->range_over && c->isolate_pfn < c->block_end_pfn; c->isolate_pfn += c->stride) {
		uint64_t pfn = c->isolate_pfn;
		unsigned order = ref_frame(run->ref, pfn)->order;

		if (!ref_starts_free(run->ref, pfn)) {
			c->isolate_pfn += compound_step(run, pfn);
			continue;
		}
		*pfn_out = pfn;
		*order_out = order;
		if (ref_isolate_free(run->ref, cpu, pfn, order)) {
			c->range_over = true;
			return -EAGAIN;
		}
		c->range_pages += 1u << order;
		c->free_pages += 1u << order;
		stock_add(run, pfn, order, true);
		c->range_over = has_enough(run);
		c->isolate_pfn += (UINT64_C(1) << order) + (c->range_over ? 0 : c->stride - 1);
		return 0;
	}
	c->range_over = true;
	return -ENOENT;
}

static void around_scanned(struct ref_run *run)
{
	const struct buddy_compaction *c = &run->c;

	if (run->ref->is_6_12 ? c->isolate_pfn == c->block_end_pfn && run->sets_skip : !has_enough(run))
		set_skip(run, c->block_start_pfn);
}

/* update_pageblock_skip(). */
static void block_scanned(struct ref_run *run)
{
	uint64_t *cached = &run->z->memory.cached_free_pfn;
	uint64_t pfn = run->c.block_start_pfn - (run->ref->is_6_12 ? block_pages(run) : 0);

	if (!run->sets_skip)
		return;
	set_skip(run, run->c.block_start_pfn);
	if (pfn < *cached)
		*cached = pfn;
}

void ref_compact_target_scanned(struct ref_run *run)
{
	struct buddy_compaction *c = &run->c;
	bool at_end;

	c->isolate_pfn = least(c->isolate_pfn, c->block_end_pfn);
	at_end = c->isolate_pfn == c->block_end_pfn;
	if (run->is_around) {
		around_scanned(run);
		return;
	}
	if (at_end)
		block_scanned(run);
	if (has_enough(run) || !at_end) {
		c->free_pfn = has_enough(run) && at_end ? c->block_start_pfn - block_pages(run) : c->isolate_pfn;
		run->walk = REF_WALK_OVER;
		return;
	}
	c->stride = c->range_pages ? 1 : least(STRIDE_MAX, c->stride << 1);
	go_down(run);
}
