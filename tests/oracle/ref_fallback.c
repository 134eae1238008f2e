// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the reference takes blocks from the zone's lists: splitting, other types' blocks, the reserve for atomic
 * requests.
 *
 * Interface: ref_smallest, ref_rmqueue, ref_reserve_highatomic, ref_move_block (ref_internal.h); ref_move_pageblock,
 * ref_unreserve_highatomic (ref.h).
 * Invariant: what is taken off a list is in use when it is handed out.
 *
 * Sources: mm/page_alloc.c of 6.1: __rmqueue_smallest, __rmqueue_fallback, steal_suitable_fallback,
 * move_freepages_block, boost_watermark, reserve_highatomic_pageblock, unreserve_highatomic_pageblock; of 6.12 the
 * same and __rmqueue_claim, __rmqueue_steal, try_to_steal_block, prep_move_freepages_block; mm/page_isolation.c of 6.1.
 */
#include "ref_internal.h"

#include <errno.h>

static const unsigned other_types[BUDDY_PCP_TYPE_COUNT][2] = {
	[BUDDY_UNMOVABLE] = { BUDDY_RECLAIMABLE, BUDDY_MOVABLE },
	[BUDDY_MOVABLE] = { BUDDY_RECLAIMABLE, BUDDY_UNMOVABLE },
	[BUDDY_RECLAIMABLE] = { BUDDY_UNMOVABLE, BUDDY_MOVABLE },
};

enum mode { MODE_NORMAL, MODE_CMA, MODE_CLAIM, MODE_STEAL };

/* Takes a block of @high off its list and gives back what is above @low, halves to the heads of @type's lists. */
static void take_and_expand(struct ref *r, struct ref_zone *z, uint64_t pfn, unsigned low, unsigned high,
			    unsigned type)
{
	ref_remove(r, z, pfn);
	while (high > low) {
		high--;
		r->stats.splits++;
		ref_add(r, z, pfn + (UINT64_C(1) << high), high, type, false);
	}
}

bool ref_smallest(struct ref *r, uint32_t cpu, struct ref_zone *z, unsigned order, unsigned type,
		  struct ref_found *out)
{
	for (unsigned high = order; high < BUDDY_ORDER_COUNT; high++) {
		uint64_t pfn = ref_first(&z->lists[high][type]);

		if (pfn == BUDDY_NO_PFN)
			continue;
		take_and_expand(r, z, pfn, order, high, type);
		if (r->is_6_12)
			ref_account(z, cpu, -(INT64_C(1) << order), type);
		*out = (struct ref_found){ pfn, (uint8_t)type };
		return true;
	}
	return false;
}

/* --- Pageblocks --------------------------------------------------------------------------------------------- */

/* move_to_free_list(). */
static void move(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned old_type, unsigned type)
{
	unsigned order = ref_frame(r, pfn)->order;

	ref_remove(r, z, pfn);
	ref_add(r, z, pfn, order, type, true);
	/* The kernel does it in one step. */
	r->stats.list_removals--;
	r->stats.list_adds--;
	r->stats.list_moves++;
	if (r->is_6_12) {
		ref_account(z, cpu, -(INT64_C(1) << order), old_type);
		ref_account(z, cpu, INT64_C(1) << order, type);
	}
}

struct block_use {
	unsigned free_pages, movable_pages;
};

static struct block_use count_block(struct ref *r, uint64_t start, uint64_t end)
{
	struct block_use use = { 0, 0 };

	for (uint64_t pfn = start; pfn < end;) {
		const struct ref_frame *f = ref_frame(r, pfn);

		if (f->state == REF_FREE && f->head == pfn) {
			use.free_pages += 1u << f->order;
			pfn += UINT64_C(1) << f->order;
			continue;
		}
		use.movable_pages += f->state == REF_IN_USE && f->movable;
		pfn++;
	}
	return use;
}

int64_t ref_move_block(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned type,
		       unsigned *movable_out)
{
	uint64_t start = pfn >> r->pageblock_order << r->pageblock_order;
	uint64_t end = start + (UINT64_C(1) << r->pageblock_order);
	unsigned old_type = ref_block_type(r, pfn);
	int64_t moved = 0;

	if (movable_out)
		*movable_out = 0;
	if (r->is_6_12 && (!ref_spans(z, start) || !ref_spans(z, end - 1)))
		return -1;
	if (!ref_spans(z, end - 1))
		return 0;
	if (!ref_spans(z, start))
		start = pfn;
	if (movable_out)
		*movable_out = count_block(r, start, end).movable_pages;
	for (uint64_t at = start; at < end;) {
		const struct ref_frame *f = ref_frame(r, at);
		uint64_t pages = 1;

		if (f->state == REF_FREE && f->head == at) {
			pages = UINT64_C(1) << f->order;
			move(r, cpu, z, at, old_type, type);
			moved += (int64_t)pages;
		}
		at += pages;
	}
	if (r->is_6_12)
		ref_set_block_types(r, pfn, 0, type);
	return moved;
}

static void boost(const struct ref *r, struct ref_zone *z, unsigned flags)
{
	uint64_t block = UINT64_C(1) << r->pageblock_order, top;

	if (!z->t.boost_factor || block * 4 > z->t.managed_pages)
		return;
	/* mult_frac() */
	top = z->t.mark_pages[BUDDY_MARK_HIGH] / 10000 * z->t.boost_factor +
	      z->t.mark_pages[BUDDY_MARK_HIGH] % 10000 * z->t.boost_factor / 10000;
	if (!top)
		return;
	if (top < block)
		top = block;
	z->t.boost_pages = z->t.boost_pages + block < top ? z->t.boost_pages + block : top;
	if (flags & BUDDY_ALLOC_KSWAPD)
		z->has_new_boost = true;
}

/* --- Another type's block ----------------------------------------------------------------------------------- */

static int find_other(const struct ref_zone *z, unsigned order, unsigned type)
{
	for (unsigned i = 0; i < 2; i++)
		if (z->lists[order][other_types[type][i]].count)
			return (int)other_types[type][i];
	return -1;
}

/* can_steal_fallback(). */
static bool may_claim(const struct ref *r, unsigned order, unsigned type)
{
	return order >= r->pageblock_order / 2 || type == BUDDY_RECLAIMABLE || type == BUDDY_UNMOVABLE;
}

bool ref_has_fallback(const struct ref *r, const struct ref_zone *z, unsigned order, unsigned type)
{
	return find_other(z, order, type) >= 0 && may_claim(r, order, type);
}

static bool enough_alike(const struct ref *r, unsigned block_type, unsigned type, unsigned free_pages,
			 unsigned movable_pages)
{
	unsigned alike = 0;

	if (type == BUDDY_MOVABLE)
		alike = movable_pages;
	else if (block_type == BUDDY_MOVABLE)
		alike = (1u << r->pageblock_order) - (free_pages + movable_pages);
	return free_pages + alike >= 1u << (r->pageblock_order - 1);
}

/* steal_suitable_fallback() of 6.1: what was found moves to the lists of @type, one block or the whole pageblock. */
static void steal_6_1(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned type, unsigned flags,
		      bool whole)
{
	unsigned order = ref_frame(r, pfn)->order, block_type = ref_block_type(r, pfn), movable;
	int64_t moved;

	if (block_type == BUDDY_HIGHATOMIC) {
		move(r, cpu, z, pfn, block_type, type);
		return;
	}
	if (order >= r->pageblock_order) {
		r->stats.claims++;
		ref_set_block_types(r, pfn, order, type);
		move(r, cpu, z, pfn, block_type, type);
		return;
	}
	boost(r, z, flags);
	moved = whole ? ref_move_block(r, cpu, z, pfn, type, &movable) : 0;
	if (!moved) {
		move(r, cpu, z, pfn, block_type, type);
	} else if (enough_alike(r, block_type, type, (unsigned)moved, movable)) {
		r->stats.claims++;
		ref_set_block_types(r, pfn, 0, type);
	}
}

/* __rmqueue_fallback(). */
static bool fallback_6_1(struct ref *r, uint32_t cpu, struct ref_zone *z, unsigned order, unsigned type,
			 unsigned flags)
{
	unsigned least = order < r->pageblock_order && (flags & BUDDY_ALLOC_NOFRAGMENT) ? r->pageblock_order : order;

	for (unsigned high = BUDDY_ORDER_COUNT; high-- > least;) {
		int other = find_other(z, high, type);
		bool whole = may_claim(r, high, type);

		if (other < 0)
			continue;
		if (!whole && type == BUDDY_MOVABLE && high > order) {
			for (high = order; (other = find_other(z, high, type)) < 0;)
				high++;
			whole = may_claim(r, high, type);
		}
		r->stats.fallbacks++;
		steal_6_1(r, cpu, z, z->lists[high][other].pfns[0], type, flags, whole);
		return true;
	}
	return false;
}

/* try_to_steal_block(). */
static bool claim_block(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned order, unsigned type,
			unsigned flags, struct ref_found *out)
{
	unsigned high = ref_frame(r, pfn)->order, block_type = ref_block_type(r, pfn);
	uint64_t start = pfn >> r->pageblock_order << r->pageblock_order;
	uint64_t end = start + (UINT64_C(1) << r->pageblock_order);
	struct block_use use;

	if (block_type == BUDDY_HIGHATOMIC)
		return false;
	if (high >= r->pageblock_order) {
		ref_account(z, cpu, -(INT64_C(1) << high), block_type);
		ref_set_block_types(r, pfn, high, type);
		take_and_expand(r, z, pfn, order, high, type);
		ref_account(z, cpu, (INT64_C(1) << high) - (INT64_C(1) << order), type);
		*out = (struct ref_found){ pfn, (uint8_t)type };
		return true;
	}
	boost(r, z, flags);
	if (!ref_spans(z, start) || !ref_spans(z, end - 1))
		return false;
	use = count_block(r, start, end);
	if (!enough_alike(r, block_type, type, use.free_pages, use.movable_pages))
		return false;
	ref_move_block(r, cpu, z, pfn, type, NULL);
	return ref_smallest(r, cpu, z, order, type, out);
}

static bool claim_6_12(struct ref *r, uint32_t cpu, struct ref_zone *z, unsigned order, unsigned type, unsigned flags,
		       struct ref_found *out)
{
	unsigned least = order < r->pageblock_order && (flags & BUDDY_ALLOC_NOFRAGMENT) ? r->pageblock_order : order;

	for (unsigned high = BUDDY_ORDER_COUNT; high-- > least;) {
		int other = find_other(z, high, type);

		if (other < 0)
			continue;
		if (!may_claim(r, high, type))
			break;
		if (claim_block(r, cpu, z, z->lists[high][other].pfns[0], order, type, flags, out)) {
			r->stats.fallbacks++;
			r->stats.claims++;
			return true;
		}
	}
	return false;
}

static bool steal_6_12(struct ref *r, uint32_t cpu, struct ref_zone *z, unsigned order, unsigned type,
		       struct ref_found *out)
{
	for (unsigned high = order; high < BUDDY_ORDER_COUNT; high++) {
		int other = find_other(z, high, type);

		if (other < 0)
			continue;
		r->stats.fallbacks++;
		*out = (struct ref_found){ z->lists[high][other].pfns[0], (uint8_t)other };
		take_and_expand(r, z, out->pfn, order, high, (unsigned)other);
		ref_account(z, cpu, -(INT64_C(1) << order), (unsigned)other);
		return true;
	}
	return false;
}

static bool rmqueue_6_12(struct ref *r, uint32_t cpu, struct ref_zone *z, unsigned order, unsigned type,
			 unsigned flags, int *mode, struct ref_found *out)
{
	if (*mode == MODE_NORMAL && ref_smallest(r, cpu, z, order, type, out))
		return true;
	if (*mode <= MODE_CMA && (flags & BUDDY_ALLOC_CMA) && ref_smallest(r, cpu, z, order, BUDDY_CMA, out)) {
		*mode = MODE_CMA;
		return true;
	}
	if (*mode <= MODE_CLAIM && claim_6_12(r, cpu, z, order, type, flags, out)) {
		*mode = MODE_NORMAL;
		return true;
	}
	if (!(flags & BUDDY_ALLOC_NOFRAGMENT) && steal_6_12(r, cpu, z, order, type, out)) {
		*mode = MODE_STEAL;
		return true;
	}
	return false;
}

/* Over half of what is free is in CMA areas. The kernel's counter of that lags, which is left out here. */
static bool cma_is_first(const struct ref_zone *z, unsigned flags)
{
	uint64_t pages = 0;

	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
		pages += (uint64_t)z->lists[order][BUDDY_CMA].count << order;
	return (flags & BUDDY_ALLOC_CMA) && pages > (z->free_counter > 0 ? (uint64_t)z->free_counter : 0) / 2;
}

bool ref_rmqueue(struct ref *r, uint32_t cpu, struct ref_zone *z, unsigned order, unsigned type, unsigned flags,
		 int *mode, struct ref_found *out)
{
	if (cma_is_first(z, flags) && ref_smallest(r, cpu, z, order, BUDDY_CMA, out))
		return true;
	if (r->is_6_12)
		return rmqueue_6_12(r, cpu, z, order, type, flags, mode, out);
	while (!ref_smallest(r, cpu, z, order, type, out)) {
		if ((flags & BUDDY_ALLOC_CMA) && ref_smallest(r, cpu, z, order, BUDDY_CMA, out))
			return true;
		if (!fallback_6_1(r, cpu, z, order, type, flags))
			return false;
	}
	return true;
}

/* --- The reserve for atomic requests ------------------------------------------------------------------------ */

void ref_reserve_highatomic(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned order)
{
	uint64_t block = UINT64_C(1) << r->pageblock_order, share = z->t.managed_pages / 100, most = share + block;

	if (r->is_6_12) {
		if (share < block)
			return;
		most = (share + block - 1) / block * block;
	}
	if (z->t.highatomic_reserved_pages >= most)
		return;
	r->stats.zone_locks++;
	if (ref_block_type(r, pfn) >= BUDDY_PCP_TYPE_COUNT)
		return;
	if (r->is_6_12 && order < r->pageblock_order) {
		if (ref_move_block(r, cpu, z, pfn, BUDDY_HIGHATOMIC, NULL) < 0)
			return;
		z->t.highatomic_reserved_pages += block;
	} else if (r->is_6_12) {
		ref_set_block_types(r, pfn, order, BUDDY_HIGHATOMIC);
		z->t.highatomic_reserved_pages += UINT64_C(1) << order;
	} else {
		z->t.highatomic_reserved_pages += block;
		ref_set_block_types(r, pfn, 0, BUDDY_HIGHATOMIC);
		ref_move_block(r, cpu, z, pfn, BUDDY_HIGHATOMIC, NULL);
	}
	r->stats.highatomic_reserved++;
}

static int64_t unreserve(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned order, unsigned type)
{
	uint64_t size = UINT64_C(1) << r->pageblock_order;
	unsigned block_type = ref_block_type(r, pfn);

	if (r->is_6_12 && order > r->pageblock_order)
		size = UINT64_C(1) << order;
	if (size > z->t.highatomic_reserved_pages)
		size = z->t.highatomic_reserved_pages;
	if (block_type == BUDDY_HIGHATOMIC)
		z->t.highatomic_reserved_pages -= size;
	if (!r->is_6_12)
		ref_set_block_types(r, pfn, 0, type);
	if (!r->is_6_12 || order < r->pageblock_order)
		return ref_move_block(r, cpu, z, pfn, type, NULL);
	move(r, cpu, z, pfn, block_type, type);
	ref_set_block_types(r, pfn, order, type);
	return 1;
}

bool ref_unreserve_highatomic(struct ref *r, const struct buddy_request *request, bool force)
{
	struct buddy_request any_order = *request;
	struct ref_ask ask;

	any_order.order = 0;
	if (!ref_ask_init(r, &any_order, &ask))
		return false;
	for (unsigned i = 0; i < ask.list.count; i++) {
		struct ref_zone *z = ask.list.zones[i];

		if (!force && z->t.highatomic_reserved_pages <= UINT64_C(1) << r->pageblock_order)
			continue;
		r->stats.zone_locks++;
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
			uint64_t pfn = ref_first(&z->lists[order][BUDDY_HIGHATOMIC]);

			if (pfn != BUDDY_NO_PFN && unreserve(r, ask.cpu, z, pfn, order, ask.type) > 0)
				return true;
		}
	}
	return false;
}

int64_t ref_move_pageblock(struct ref *r, uint64_t pfn, unsigned type)
{
	struct ref_zone *z = ref_zone_of(r, pfn);
	unsigned old_type;
	int64_t moved;

	if (!z)
		return -ERANGE;
	if (type >= BUDDY_TYPE_COUNT)
		return -EINVAL;
	old_type = ref_block_type(r, pfn);
	moved = ref_move_block(r, 0, z, pfn, type, NULL);
	if (moved < 0)
		return -ERANGE;
	r->stats.zone_locks++;
	if (r->is_6_12)
		return moved;
	ref_set_block_types(r, pfn, 0, type);
	if (type == BUDDY_ISOLATE && old_type != BUDDY_ISOLATE)
		ref_count_free(z, 0, -moved);
	if (type != BUDDY_ISOLATE && old_type == BUDDY_ISOLATE)
		ref_count_free(z, 0, moved);
	return moved;
}
