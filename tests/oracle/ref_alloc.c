// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the reference allocates: per-CPU lists, the walk over the zones, the attempts.
 *
 * Interface: ref_alloc_pages, ref_alloc_bulk, ref_alloc_exact (ref.h).
 * Invariant: a block that is handed out lies in a zone that the request may use.
 *
 * Sources: mm/page_alloc.c of 6.1 and 6.12: __alloc_pages, __alloc_pages_slowpath up to where it waits for memory,
 * get_page_from_freelist, rmqueue, rmqueue_pcplist, nr_pcp_alloc, rmqueue_bulk, __alloc_pages_bulk, make_alloc_exact.
 */
#include "ref_internal.h"

#include <errno.h>

#define GFP_HIGHMEM 0x02u
#define GFP_ATOMIC 0x200u
#define GFP_DIRECT_RECLAIM 0x400u
#define GFP_COMP 0x40000u

/* --- One zone ----------------------------------------------------------------------------------------------- */

static int64_t refill_blocks_6_1(const struct ref_pcp *p, unsigned order)
{
	int64_t blocks = p->t.batch_pages;

	if (blocks > 1)
		blocks = blocks >> order > 2 ? blocks >> order : 2;
	return blocks;
}

/* nr_pcp_alloc(). */
static int64_t refill_blocks_6_12(const struct ref *r, const struct ref_zone *z, struct ref_pcp *p, unsigned order)
{
	int64_t base = p->t.batch_pages, low = p->t.high_min_pages, top = p->t.high_max_pages;
	int64_t high = p->t.high_pages, batch = order ? base : base << p->t.alloc_factor, most;

	high = high >= top ? top : high <= low ? low : high;
	p->t.high_pages = (uint32_t)high;
	if (high < base)
		return 1;
	if (low != top && !z->t.below_high) {
		high = high + batch < top ? high + batch : top;
		p->t.high_pages = (uint32_t)high;
	}
	if (!order) {
		most = high - ref_pcp_pages(r, p) - base;
		if (most < base)
			most = base;
		if (batch <= most && p->t.alloc_factor < REF_BATCH_SCALE_MAX)
			p->t.alloc_factor++;
		if (batch > most)
			batch = most;
	}
	if (batch > 1)
		batch = batch >> order > 2 ? batch >> order : 2;
	return batch;
}

/* rmqueue_bulk(). */
static void refill(struct ref *r, struct ref_zone *z, const struct ref_ask *ask, unsigned flags, unsigned index)
{
	struct ref_pcp *p = &z->pcps[ask->cpu];
	int64_t wanted = r->is_6_12 ? refill_blocks_6_12(r, z, p, ask->order) : refill_blocks_6_1(p, ask->order);
	int64_t got = 0;
	struct ref_found found;
	int mode = 0;

	r->stats.refills++;
	r->stats.zone_locks++;
	while (got < wanted && ref_rmqueue(r, ask->cpu, z, ask->order, ask->type, flags, &mode, &found)) {
		ref_pcp_add(r, z, ask->cpu, index, found.pfn, ask->order, found.type, true);
		got++;
	}
	if (!r->is_6_12)
		ref_count_free(z, ask->cpu, -(got << ask->order));
}

/* __rmqueue_pcplist(). */
static bool from_pcp(struct ref *r, struct ref_zone *z, const struct ref_ask *ask, unsigned flags,
		     struct buddy_block *out)
{
	unsigned index = ref_pcp_index(ask->order, ask->type);
	const struct ref_list *list = &z->pcps[ask->cpu].lists[index];
	bool was_empty = !list->count;

	if (was_empty)
		refill(r, z, ask, flags, index);
	if (!list->count)
		return false;
	*out = (struct buddy_block){ .pfn = list->pfns[0], .zone = z->index, .order = (uint8_t)ask->order,
				     .path = was_empty ? BUDDY_PATH_REFILL : BUDDY_PATH_PCP };
	/* 6.12 keeps no type with the block, so all that is known is the list's. */
	out->type = r->is_6_12 ? (uint8_t)ask->type : ref_frame(r, out->pfn)->type;
	r->last_index = index;
	ref_pcp_remove(r, z, out->pfn);
	return true;
}

static bool from_zone(struct ref *r, struct ref_zone *z, const struct ref_ask *ask, unsigned flags,
		      struct buddy_block *out)
{
	struct ref_found found;
	bool ok = false;
	int mode = 0;

	r->stats.zone_locks++;
	if (flags & BUDDY_ALLOC_HIGHATOMIC)
		ok = ref_smallest(r, ask->cpu, z, ask->order, BUDDY_HIGHATOMIC, &found);
	if (!ok)
		ok = ref_rmqueue(r, ask->cpu, z, ask->order, ask->type, flags, &mode, &found);
	if (!ok && (flags & (BUDDY_ALLOC_OOM | BUDDY_ALLOC_NON_BLOCK)))
		ok = ref_smallest(r, ask->cpu, z, ask->order, BUDDY_HIGHATOMIC, &found);
	if (!ok)
		return false;
	if (!r->is_6_12)
		ref_account(z, ask->cpu, -(INT64_C(1) << ask->order), found.type);
	*out = (struct buddy_block){ .pfn = found.pfn, .zone = z->index, .order = (uint8_t)ask->order,
				     .type = found.type, .path = BUDDY_PATH_BUDDY };
	return true;
}

static bool from_list_or_zone(struct ref *r, struct ref_zone *z, const struct ref_ask *ask, unsigned flags,
			      struct buddy_block *out)
{
	struct ref_pcp *p = &z->pcps[ask->cpu];

	if (ref_in_pcp(r, ask->order) &&
	    (r->is_6_12 || !r->with_cma || (flags & BUDDY_ALLOC_CMA) || ask->type != BUDDY_MOVABLE)) {
		if (r->is_6_12)
			p->t.free_count >>= 1;
		else
			p->t.free_factor >>= 1;
		r->stats.pcp_locks++;
		if (from_pcp(r, z, ask, flags, out))
			return true;
	}
	return from_zone(r, z, ask, flags, out);
}

/* rmqueue(): a boost of the zone's watermarks wakes kswapd; 6.1 does not ask whether this very request may wake it. */
static bool take_from(struct ref *r, struct ref_zone *z, const struct ref_ask *ask, unsigned flags,
		      struct buddy_block *out)
{
	bool ok = from_list_or_zone(r, z, ask, flags, out);

	if (z->has_new_boost && (!r->is_6_12 || (flags & BUDDY_ALLOC_KSWAPD))) {
		z->has_new_boost = false;
		ref_kswapd_ask(r, z->node, 0, z->type);
	}
	return ok;
}

/* --- One attempt -------------------------------------------------------------------------------------------- */

static bool above_marks(struct ref *r, struct ref_zone *z, const struct ref_ask *ask, unsigned flags)
{
	uint64_t mark;

	if (r->is_6_12 && !z->t.below_high) {
		mark = z->t.mark_pages[BUDDY_MARK_HIGH] + z->t.boost_pages;
		if (ref_mark_fast(r, z, ask->order, mark, ask->highest, flags, ask->gfp))
			return true;
		z->t.below_high = true;
	}
	mark = z->t.mark_pages[flags & BUDDY_ALLOC_MARK_MASK] + z->t.boost_pages;
	return ref_mark_fast(r, z, ask->order, mark, ask->highest, flags, ask->gfp) || (flags & BUDDY_ALLOC_NO_MARKS);
}

/* One walk over the zones. Return: found; *@leaves_node when the walk has to begin anew without NOFRAGMENT. */
static bool walk(struct ref *r, const struct ref_ask *ask, unsigned flags, bool *leaves_node, struct buddy_block *out)
{
	for (unsigned i = 0; i < ask->list.count; i++) {
		struct ref_zone *z = ask->list.zones[i];

		if ((flags & BUDDY_ALLOC_NOFRAGMENT) && z->node != ask->list.zones[0]->node) {
			*leaves_node = true;
			return false;
		}
		if (!above_marks(r, z, ask, flags) || !take_from(r, z, ask, flags, out))
			continue;
		ref_use(r, out->pfn, ask->order, ask->type == BUDDY_MOVABLE);
		if (ask->order && (ask->gfp & GFP_COMP))
			ref_join(r, out->pfn, ask->order);
		if (flags & BUDDY_ALLOC_HIGHATOMIC)
			ref_reserve_highatomic(r, ask->cpu, z, out->pfn, ask->order);
		return true;
	}
	return false;
}

static bool attempt(struct ref *r, const struct ref_ask *ask, unsigned flags, struct buddy_block *out)
{
	bool leaves_node = false;

	if (walk(r, ask, flags, &leaves_node, out))
		return true;
	return (flags & BUDDY_ALLOC_NOFRAGMENT) && walk(r, ask, flags & ~BUDDY_ALLOC_NOFRAGMENT, &leaves_node, out);
}

/* --- Requests ----------------------------------------------------------------------------------------------- */

static void count_served(struct ref *r, const struct buddy_block *block)
{
	r->stats.allocs++;
	if (block->path == BUDDY_PATH_PCP)
		r->stats.pcp_hits++;
}

int ref_alloc_pages(struct ref *r, const struct buddy_request *request, struct buddy_block *out)
{
	struct buddy_block block;
	struct ref_ask ask;
	unsigned flags, reserve;
	uint8_t tries = 0;

	if (!ref_ask_init(r, request, &ask))
		return -EINVAL;
	if (attempt(r, &ask, ref_flags_fast(r, &ask), &block))
		goto got;
	if (ask.gfp & GFP_DIRECT_RECLAIM)
		ask.gfp &= ~GFP_ATOMIC;
	flags = ref_flags_slow(r, &ask, request->task);
	tries = 1;
	if (attempt(r, &ask, flags, &block))
		goto got;
	reserve = ref_flags_reserve(&ask, request->task);
	if (reserve)
		flags = reserve | (flags & (BUDDY_ALLOC_KSWAPD | BUDDY_ALLOC_CMA));
	tries = 2;
	if (!attempt(r, &ask, flags, &block)) {
		r->stats.alloc_failures++;
		return -ENOMEM;
	}
got:
	count_served(r, &block);
	*out = block;
	out->attempt = tries;
	return 0;
}

int ref_alloc_exact(struct ref *r, const struct buddy_request *request, uint64_t pages, struct buddy_block *out)
{
	struct buddy_request rounded = *request;
	struct ref_zone *z;
	int error;

	if (!pages || pages > UINT64_C(1) << BUDDY_ORDER_MAX)
		return -EINVAL;
	rounded.gfp &= ~(GFP_HIGHMEM | GFP_COMP);
	for (rounded.order = 0; UINT64_C(1) << rounded.order < pages;)
		rounded.order++;
	error = ref_alloc_pages(r, &rounded, out);
	if (error)
		return error;
	z = ref_zone_of(r, out->pfn);
	for (uint64_t i = pages; i < UINT64_C(1) << rounded.order; i++) {
		r->stats.frees++;
		ref_free_to_zone(r, request->cpu, z, out->pfn + i, 0, true);
	}
	return 0;
}

int ref_alloc_bulk(struct ref *r, const struct buddy_request *request, uint32_t count, uint64_t *pfns,
		   uint32_t *count_out)
{
	struct buddy_request single = *request;
	struct ref_zone *z = NULL;
	struct buddy_block block;
	struct ref_ask ask;
	unsigned flags;
	uint32_t got = 0;

	single.order = 0;
	if (!ref_ask_init(r, &single, &ask) || !count)
		return -EINVAL;
	flags = BUDDY_MARK_LOW | (r->with_cma && ask.type == BUDDY_MOVABLE ? BUDDY_ALLOC_CMA : 0);
	for (unsigned i = 0; count > 1 && i < ask.list.count && !z; i++) {
		struct ref_zone *next = ask.list.zones[i];
		uint64_t mark = next->t.mark_pages[BUDDY_MARK_LOW] + next->t.boost_pages + count;

		if (next->node != ask.list.zones[0]->node)
			break;
		if (ref_mark_fast(r, next, 0, mark, ask.list.zones[0]->type, flags, ask.gfp))
			z = next;
	}
	if (z)
		r->stats.pcp_locks++;
	while (z && got < count && from_pcp(r, z, &ask, flags, &block)) {
		ref_use(r, block.pfn, 0, ask.type == BUDDY_MOVABLE);
		count_served(r, &block);
		pfns[got++] = block.pfn;
	}
	if (!got)
		return -ENOMEM;
	*count_out = got;
	return 0;
}
