// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Allocation: zones in order, watermarks, per-CPU list or zone, splitting.
 *
 * Interface: expand, rmqueue_smallest, rmqueue_locked; buddy_alloc_pages and its parts, buddy_alloc_bulk,
 * buddy_alloc_exact.
 * Source: __alloc_pages, prepare_alloc_pages, get_page_from_freelist, rmqueue, rmqueue_buddy, __rmqueue,
 * __rmqueue_smallest, expand, gfp_to_alloc_flags, __alloc_pages_slowpath, __alloc_pages_bulk, make_alloc_exact,
 * mm/page_alloc.c 6.1 and 6.12.
 */
#include "internal.h"

/* What a request means for the lists. */
struct want {
	const struct zonelist *list;
	uint8_t zone_end;       /* zones to look at: [0, zone_end) of the list; fewer with __GFP_THISNODE */
	uint8_t first;          /* index of the preferred zone in the list */
	uint8_t highest_type;   /* highest zone type that the request may use */
	uint8_t type;
};

/* Puts the upper halves of the block at @n on list heads until @low is left. Return: frames put back. */
uint32_t expand(struct buddy *b, struct zone *z, node_t n, unsigned low, unsigned high, unsigned type)
{
	uint32_t pages = (1u << high) - (1u << low);

	b->stats.splits += high - low;
	while (high > low) {
		high--;
		free_list_add(b, z, n + (1u << high), high, type, false);
	}
	return pages;
}

/*
 * Takes the head of the smallest sufficient list of this type. The block's mark still names its type, for the
 * caller to overwrite at once.
 * Return: the block's node, 0 when no list of this type has one.
 */
static always_inline node_t take_smallest(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type)
{
	uint32_t orders = z->filled[type] >> order << order;
	unsigned found;
	node_t n;

	if (unlikely(!orders))
		return 0;
	found = (unsigned)__builtin_ctz(orders);
	n = free_list_first(b, z, free_head(z, type, found));
	free_list_remove(b, z, n, found);
	if (found > order)
		expand(b, z, n, order, found, type);
	if (b->profile->counts_at_lists)
		account(z, cpu, -(1 << order), type);
	b->state[n] = state_free(type, order);
	note_block(b, z, BUDDY_NOTE_ZONE_LOCKED, n, order, type);
	return n;
}

node_t rmqueue_smallest(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type)
{
	return take_smallest(b, z, cpu, order, type);
}

/*
 * Source: __rmqueue(), 6.12. Of its modes only RMQUEUE_STEAL decides anything: the others save looks at lists that are
 * known to be empty.
 */
static node_t rmqueue_by_mode(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type,
			      unsigned alloc_flags, bool *steals)
{
	node_t n = 0;

	if (!*steals) {
		n = rmqueue_smallest(b, z, cpu, order, type);
		if (likely(n))
			return n;
		if (alloc_flags & BUDDY_ALLOC_CMA)
			n = rmqueue_smallest(b, z, cpu, order, BUDDY_CMA);
		if (!n)
			n = rmqueue_claim(b, z, cpu, order, type, alloc_flags);
	}
	if (!n && !(alloc_flags & BUDDY_ALLOC_NOFRAGMENT)) {
		n = rmqueue_steal(b, z, cpu, order, type);
		*steals |= n != 0;
	}
	return n;
}

/*
 * A block from the zone, by way of another type's lists if need be. @steals: false at the first of a series; a series
 * that has stolen a block goes on stealing (6.12).
 */
node_t rmqueue_locked(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type,
		      unsigned alloc_flags, bool *steals)
{
	node_t n;

	/* Over half of what is free is in CMA areas. */
	if (unlikely(alloc_flags & BUDDY_ALLOC_CMA) && zone_cma_pages(b, z) > zone_free_pages(z) / 2) {
		n = rmqueue_smallest(b, z, cpu, order, BUDDY_CMA);
		if (n)
			return n;
	}
	if (b->profile->fallback_by_mode)
		return rmqueue_by_mode(b, z, cpu, order, type, alloc_flags, steals);
	for (;;) {
		n = rmqueue_smallest(b, z, cpu, order, type);
		if (likely(n))
			return n;
		if (alloc_flags & BUDDY_ALLOC_CMA)
			n = rmqueue_smallest(b, z, cpu, order, BUDDY_CMA);
		if (n || !rmqueue_fallback(b, z, cpu, order, type, alloc_flags))
			return n;
	}
}

static node_t rmqueue_buddy(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type,
			    unsigned alloc_flags)
{
	bool steals = false;
	node_t n = 0;

	b->stats.zone_locks++;
	if (unlikely(alloc_flags & BUDDY_ALLOC_HIGHATOMIC))
		n = rmqueue_smallest(b, z, cpu, order, BUDDY_HIGHATOMIC);
	if (!n)
		n = rmqueue_locked(b, z, cpu, order, type, alloc_flags, &steals);
	if (!n && (alloc_flags & (BUDDY_ALLOC_OOM | BUDDY_ALLOC_NON_BLOCK)))
		n = rmqueue_smallest(b, z, cpu, order, BUDDY_HIGHATOMIC);
	if (n && !b->profile->counts_at_lists)
		count_free_pages(z, cpu, -(1 << order));
	return n;
}

/* @type: of the request, and so of the per-CPU list; 6.12 keeps no other there, and a stolen block lies among them. */
static always_inline void hand_out(struct buddy *b, struct zone *z, node_t n, const struct buddy_request *r,
				   unsigned type, unsigned path, struct buddy_block *out)
{
	uint8_t s = b->state[n];

	out->pfn = pfn_of(z, n);
	out->zone = z->index;
	out->order = r->order;
	out->type = (uint8_t)(!state_is_pcp(s)			? state_free_type(s)
			      : b->profile->drain_by_pageblock ? type
							       : state_pcp_type(s));
	out->path = (uint8_t)path;
	out->attempt = 0;
	b->state[n] = (uint8_t)(STATE_USED | r->order | (r->gfp & b->profile->gfp.movable ? STATE_USED_MOVABLE : 0) |
				(r->gfp & b->profile->gfp.compound ? STATE_USED_COMPOUND : 0));
	b->stats.allocs++;
	b->stats.pcp_hits += path == BUDDY_PATH_PCP;
}

/* A movable per-CPU list may hold CMA frames, so a request that must not have them passes it by. */
static inline bool may_use_pcp(const struct buddy *b, unsigned order, unsigned type, unsigned alloc_flags)
{
	return !(alloc_flags & BUDDY_ALLOC_PAST_PCP) && likely(pcp_has_order(b, order)) &&
	       (b->profile->pcp_serves_cma || !b->with_cma || (alloc_flags & BUDDY_ALLOC_CMA) || type != BUDDY_MOVABLE);
}

/* Reclaim is to make good what was taken from another type. */
static noinline void wake_for_boost(struct buddy *b, struct zone *z)
{
	z->boost_wakes = false;
	if (buddy_kswapd_ask(b, z->node_id, 0, z->type))
		decided(b, &(struct buddy_decision){ .kind = BUDDY_DECISION_KSWAPD, .zone = z->index });
}

static bool rmqueue(struct buddy *b, struct zone *z, const struct buddy_request *r, unsigned type,
		    unsigned alloc_flags, struct buddy_block *out)
{
	node_t n = 0;
	bool refilled = false;
	unsigned path = BUDDY_PATH_BUDDY;

	if (may_use_pcp(b, r->order, type, alloc_flags)) {
		n = pcp_alloc(b, z, r->cpu, r->order, type, alloc_flags, &refilled);
		if (n)
			path = refilled ? BUDDY_PATH_REFILL : BUDDY_PATH_PCP;
	}
	if (!n)
		n = rmqueue_buddy(b, z, r->cpu, r->order, type, alloc_flags);
	if (unlikely(z->boost_wakes))
		wake_for_boost(b, z);
	if (unlikely(!n))
		return false;
	hand_out(b, z, n, r, type, path, out);
	if (unlikely(alloc_flags & BUDDY_ALLOC_HIGHATOMIC))
		reserve_highatomic(b, z, r->cpu, n, r->order);
	return true;
}

static always_inline bool prepare(const struct buddy *b, const struct buddy_request *r, struct want *w)
{
	const struct gfp_place *place = &b->gfp_places[r->gfp & GFP_PLACE_BITS];

	w->list = &b->zonelists[r->node];
	w->zone_end = r->gfp & b->profile->gfp.thisnode ? w->list->local_count : w->list->count;
	w->highest_type = place->highest_type;
	w->type = place->type;
	w->first = w->list->first[place->highest_type];
	return w->first < w->zone_end;
}

static int check_request(const struct buddy *b, const struct buddy_request *r)
{
	return r->order < BUDDY_ORDER_COUNT && r->cpu < b->cpu_count && r->node < b->node_count ? 0 : -EINVAL;
}

/*
 * Whether the zone is above the watermark asked for; a tuned kernel notes on the way when it falls below the high
 * one.
 */
static bool zone_is_above(const struct buddy *b, struct zone *z, const struct buddy_request *r, const struct want *w,
			  unsigned alloc_flags, const struct buddy_zone_read *read)
{
	uint64_t mark = z->marks[alloc_flags & BUDDY_ALLOC_MARK_MASK];

	if (b->profile->pcp_high_tuned && !read->below_high) {
		if (likely(zone_mark_fast(z, b, r->order, z->marks[BUDDY_MARK_HIGH], w->highest_type, alloc_flags,
					  r->gfp, read)))
			return true;
		z->below_high = true;
	}
	return zone_mark_fast(z, b, r->order, mark, w->highest_type, alloc_flags, r->gfp, read) ||
	       (alloc_flags & BUDDY_ALLOC_NO_MARKS);
}

static bool zone_may_serve(const struct buddy *b, struct zone *z, const struct buddy_request *r, const struct want *w,
			   unsigned alloc_flags)
{
	struct buddy_zone_read now = zone_read(z);

	return read_value(b, BUDDY_READ_MARK, z, zone_is_above(b, z, r, w, alloc_flags, &now));
}

/* Source: get_page_from_freelist(). */
static noinline bool from_freelist(struct buddy *b, const struct buddy_request *r, unsigned alloc_flags,
				   struct buddy_block *out)
{
	const struct zone *preferred;
	bool no_fallback;
	struct want w;

	if (!prepare(b, r, &w))
		return false;
	preferred = w.list->zones[w.first];
retry:
	no_fallback = alloc_flags & BUDDY_ALLOC_NOFRAGMENT;
	for (unsigned i = w.first; i < w.zone_end; i++) {
		struct zone *z = w.list->zones[i];

		if (z->type > w.highest_type)
			continue;
		/* A local page matters more than an unmixed pageblock. */
		if (no_fallback && z->node_id != preferred->node_id) {
			alloc_flags &= ~BUDDY_ALLOC_NOFRAGMENT;
			goto retry;
		}
		if (!zone_may_serve(b, z, r, &w, alloc_flags))
			continue;
		if (rmqueue(b, z, r, w.type, alloc_flags, out))
			return true;
	}
	if (no_fallback) {
		alloc_flags &= ~BUDDY_ALLOC_NOFRAGMENT;
		goto retry;
	}
	return false;
}

/*
 * The usual case of from_freelist: the preferred zone has plenty of pages, and the list to look at first has a block.
 * When it is another case nothing has changed.
 */
static always_inline bool from_first_list(struct buddy *b, const struct buddy_request *r, const struct want *w,
					  unsigned alloc_flags, struct buddy_block *out)
{
	struct zone *z = w->list->zones[w->first];
	unsigned order = r->order, type = w->type;
	bool wary = b->profile->pcp_high_tuned && !z->below_high; /* as in zone_may_serve */
	uint64_t mark = z->marks[wary ? BUDDY_MARK_HIGH : alloc_flags & BUDDY_ALLOC_MARK_MASK] + z->boost;
	node_t n;

	if (unlikely(b->env.read != NULL) || unlikely(b->with_cma) || unlikely(alloc_flags & BUDDY_ALLOC_HIGHATOMIC) ||
	    unlikely(!zone_has_plenty(z, b, order, mark, w->highest_type)))
		return false;
	if (may_use_pcp(b, order, type, alloc_flags)) {
		struct pcp *p = &z->pcp[r->cpu];
		node_t head = p->heads + pcp_index(order, type);

		n = b->link[head].next;
		if (unlikely(n == head))
			return false;
		pcp_lock(b, p);
		pcp_remove(b, p, n, order);
		hand_out(b, z, n, r, type, BUDDY_PATH_PCP, out);
		return true;
	}
	if (unlikely(!(z->filled[type] >> order)))
		return false;
	b->stats.zone_locks++;
	n = take_smallest(b, z, r->cpu, order, type);
	if (!b->profile->counts_at_lists)
		count_free_pages(z, r->cpu, -(1 << order));
	hand_out(b, z, n, r, type, BUDDY_PATH_BUDDY, out);
	return true;
}

static unsigned cma_flag(const struct buddy *b, const struct want *w)
{
	return b->with_cma && w->type == BUDDY_MOVABLE ? BUDDY_ALLOC_CMA : 0;
}

/*
 * Unmixed pageblocks are worth a look into DMA32 first: beside Normal, and so on the first node mostly. On a machine
 * of one node the kernel takes DMA32 for granted. Source: alloc_flags_nofragment().
 */
static bool avoids_fragments(const struct buddy *b, const struct want *w)
{
	struct zone *const *zone = &w->list->zones[w->first];

	if (zone[0]->type != BUDDY_ZONE_NORMAL)
		return false;
	return b->node_count == 1 || (w->first + 1u < w->list->count && zone[1]->node_id == zone[0]->node_id &&
				      zone[1]->type == BUDDY_ZONE_DMA32);
}

static unsigned fast_flags(const struct buddy *b, const struct buddy_request *r, const struct want *w)
{
	unsigned flags = BUDDY_MARK_LOW | cma_flag(b, w);

	if (r->gfp & b->profile->gfp.kswapd_reclaim)
		flags |= BUDDY_ALLOC_KSWAPD;
	if (avoids_fragments(b, w))
		flags |= BUDDY_ALLOC_NOFRAGMENT;
	return flags;
}

static int fail(struct buddy *b)
{
	b->stats.alloc_failures++;
	return -ENOMEM;
}

bool buddy_marks_pass(const struct buddy *b, const struct buddy_request *r, unsigned alloc_flags)
{
	struct want w;

	if (check_request(b, r) || !prepare(b, r, &w))
		return false;
	for (unsigned i = w.first; i < w.zone_end; i++) {
		const struct zone *z = w.list->zones[i];
		uint64_t mark = z->marks[alloc_flags & BUDDY_ALLOC_MARK_MASK];
		struct buddy_zone_read now = zone_read(z);

		if (z->type <= w.highest_type && ((alloc_flags & BUDDY_ALLOC_NO_MARKS) ||
		    zone_mark_fast(z, b, r->order, mark, w.highest_type, alloc_flags, r->gfp, &now)))
			return true;
	}
	return false;
}

unsigned buddy_fast_flags(const struct buddy *b, const struct buddy_request *r)
{
	struct want w;

	return !check_request(b, r) && prepare(b, r, &w) ? fast_flags(b, r, &w) : 0;
}

int buddy_alloc_attempt(struct buddy *b, const struct buddy_request *r, unsigned alloc_flags, struct buddy_block *out)
{
	struct want w;

	if (unlikely(check_request(b, r)))
		return -EINVAL;
	if (unlikely(!prepare(b, r, &w)))
		return fail(b);
	if (likely(from_first_list(b, r, &w, alloc_flags, out)) || from_freelist(b, r, alloc_flags, out))
		return 0;
	return fail(b);
}

uint32_t buddy_marks_look(struct buddy *b, const struct buddy_request *r, unsigned alloc_flags,
			  const struct buddy_zone_read *reads)
{
	uint32_t above = 0;
	struct want w;

	if (check_request(b, r) || !prepare(b, r, &w))
		return 0;
	for (unsigned i = w.first; i < w.zone_end; i++) {
		struct zone *z = w.list->zones[i];
		struct buddy_zone_read read = reads ? reads[z->index] : zone_read(z);
		bool below_high = z->below_high;
		uint32_t before = above;

		if (z->type > w.highest_type)
			continue;
		if (zone_is_above(b, z, r, &w, alloc_flags, &read))
			above |= 1u << z->index;
		/* The kernel looks at a later zone only when an earlier one does not serve. */
		if (before)
			z->below_high = below_high;
	}
	return above;
}

int buddy_alloc_from_list(struct buddy *b, const struct buddy_request *r, unsigned alloc_flags, uint32_t zone,
			  struct buddy_block *out)
{
	struct zone *z = &b->zones[zone];
	bool refilled;
	struct want w;
	node_t n;

	if (check_request(b, r) || zone >= b->zone_count)
		return -EINVAL;
	if (!prepare(b, r, &w) || !may_use_pcp(b, r->order, w.type, alloc_flags))
		return -ENOMEM;
	n = pcp_alloc(b, z, r->cpu, r->order, w.type, alloc_flags, &refilled);
	if (!n)
		return -ENOMEM;
	hand_out(b, z, n, r, w.type, refilled ? BUDDY_PATH_REFILL : BUDDY_PATH_PCP, out);
	return 0;
}

unsigned buddy_slow_flags(const struct buddy *b, const struct buddy_request *r)
{
	const struct buddy_gfp_bits *g = &b->profile->gfp;
	unsigned flags = BUDDY_MARK_MIN | BUDDY_ALLOC_CPUSET;

	if (r->gfp & g->high)
		flags |= BUDDY_ALLOC_MIN_RESERVE;
	if (r->gfp & g->kswapd_reclaim)
		flags |= BUDDY_ALLOC_KSWAPD;
	if (!(r->gfp & g->direct_reclaim)) {
		if (!(r->gfp & g->nomemalloc)) {
			flags |= BUDDY_ALLOC_NON_BLOCK;
			if (r->order > 0 && (flags & BUDDY_ALLOC_MIN_RESERVE))
				flags |= BUDDY_ALLOC_HIGHATOMIC;
		}
		if (flags & BUDDY_ALLOC_MIN_RESERVE)
			flags &= ~BUDDY_ALLOC_CPUSET;
	} else if ((r->task & BUDDY_TASK_REALTIME) && !(r->task & BUDDY_TASK_INTERRUPT)) {
		flags |= BUDDY_ALLOC_MIN_RESERVE;
	}
	if (b->with_cma && b->gfp_places[r->gfp & GFP_PLACE_BITS].type == BUDDY_MOVABLE)
		flags |= BUDDY_ALLOC_CMA;
	return flags;
}

/* Reserves that the task may use beyond its request's; 0 for none. Source: __gfp_pfmemalloc_flags(). */
unsigned reserve_flags(const struct buddy *b, const struct buddy_request *r)
{
	const struct buddy_gfp_bits *g = &b->profile->gfp;

	if (r->gfp & g->nomemalloc)
		return 0;
	if ((r->gfp & g->memalloc) || (r->task & BUDDY_TASK_MEMALLOC))
		return BUDDY_ALLOC_NO_MARKS;
	return (r->task & BUDDY_TASK_OOM_VICTIM) && !(r->task & BUDDY_TASK_INTERRUPT) ? BUDDY_ALLOC_OOM : 0;
}

/* Source: __alloc_pages_slowpath(), without what waits for memory. */
static noinline int alloc_slowly(struct buddy *b, const struct buddy_request *request, struct buddy_block *out)
{
	const struct buddy_gfp_bits *g = &b->profile->gfp;
	struct buddy_request blocking = *request;
	const struct buddy_request *r = &blocking;
	unsigned flags = buddy_slow_flags(b, r);
	unsigned reserve = reserve_flags(b, r);

	/* Who may wait is not atomic, whatever it says. */
	if (r->gfp & g->direct_reclaim)
		blocking.gfp &= ~g->atomic;
	if (from_freelist(b, r, flags, out)) {
		out->attempt = 1;
		return 0;
	}
	/* The kernel tries again even when the task has no reserves. */
	if (reserve)
		flags = reserve | (flags & (BUDDY_ALLOC_KSWAPD | BUDDY_ALLOC_CMA));
	if (from_freelist(b, r, flags, out)) {
		out->attempt = 2;
		return 0;
	}
	/* Nothing here reclaims: the last resort is what the kernel leaves to requests that must not fail. */
	if ((r->gfp & b->profile->gfp.nofail) && from_freelist(b, r, BUDDY_ALLOC_MIN_RESERVE, out)) {
		out->attempt = 3;
		return 0;
	}
	return fail(b);
}

int buddy_alloc_pages(struct buddy *b, const struct buddy_request *r, struct buddy_block *out)
{
	struct want w;
	unsigned flags;

	if (unlikely(check_request(b, r)))
		return -EINVAL;
	if (unlikely(!prepare(b, r, &w)))
		return fail(b);
	flags = fast_flags(b, r, &w);
	if (likely(from_first_list(b, r, &w, flags, out)) || from_freelist(b, r, flags, out))
		return 0;
	return alloc_slowly(b, r, out);
}

/* The first local zone with @count pages above the low watermark. */
static struct zone *bulk_zone(struct buddy *b, const struct buddy_request *r, const struct want *w, uint32_t count,
			      unsigned flags)
{
	const struct zone *preferred = w->list->zones[w->first];

	for (unsigned i = w->first; i < w->zone_end; i++) {
		struct zone *z = w->list->zones[i];
		struct buddy_zone_read now = zone_read(z);

		if (z->type > w->highest_type)
			continue;
		if (z->node_id != preferred->node_id)
			return NULL;
		/* The lowmem reserve is that of the preferred zone's type here, not of the request's. */
		if (read_value(b, BUDDY_READ_MARK, z,
			       zone_mark_fast(z, b, 0, z->marks[BUDDY_MARK_LOW] + count, preferred->type, flags,
					      r->gfp, &now)))
			return z;
	}
	return NULL;
}

int buddy_alloc_bulk(struct buddy *b, const struct buddy_request *request, uint32_t count, uint64_t *pfns,
		     uint32_t *count_out)
{
	struct buddy_request r = *request;
	struct want w;
	struct zone *z;
	unsigned flags;
	uint32_t done;

	r.order = 0;
	if (check_request(b, &r) || !count)
		return -EINVAL;
	/* A single frame is not worth the detour. */
	if (count == 1)
		return -ENOMEM;
	if (!prepare(b, &r, &w))
		return -ENOMEM;
	flags = BUDDY_MARK_LOW | cma_flag(b, &w);
	z = bulk_zone(b, &r, &w, count, flags);
	if (!z)
		return -ENOMEM;
	b->stats.pcp_locks++;
	for (done = 0; done < count; done++) {
		struct buddy_block block;
		bool refilled;
		node_t n = pcp_take(b, z, r.cpu, 0, w.type, flags, &refilled);

		if (!n)
			break;
		hand_out(b, z, n, &r, w.type, refilled ? BUDDY_PATH_REFILL : BUDDY_PATH_PCP, &block);
		pfns[done] = block.pfn;
	}
	if (!done)
		return -ENOMEM;
	*count_out = done;
	return 0;
}

int buddy_alloc_exact(struct buddy *b, const struct buddy_request *request, uint64_t pages, struct buddy_block *out)
{
	struct buddy_request r = *request;
	int error;

	if (!pages || pages > TOP_FRAMES)
		return -EINVAL;
	/* Its address is wanted, and the frames are to be freed one by one. */
	r.gfp &= ~(b->profile->gfp.highmem | b->profile->gfp.compound);
	for (r.order = 0; (1ull << r.order) < pages; r.order++)
		;
	error = buddy_alloc_pages(b, &r, out);
	for (uint64_t pfn = out->pfn + pages; !error && pfn < out->pfn + (1ull << r.order); pfn++)
		error = buddy_free_direct(b, r.cpu, pfn, 0, BUDDY_FREE_TO_TAIL);
	return error;
}
