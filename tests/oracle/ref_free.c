// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the reference frees: merging, capture, per-CPU lists, drains.
 *
 * Interface: the frees, drains and folds of ref.h; ref_set_capture of ref_slow.h; ref_free_one and ref_free_to_zone
 * for the other parts.
 * Invariant: a free that is refused has changed nothing.
 *
 * Sources: mm/page_alloc.c of 6.1 and 6.12: __free_one_page, task_capc, compaction_capture, free_pcppages_bulk,
 * free_unref_page*, nr_pcp_high, nr_pcp_free, split_large_buddy, drain_pages_zone, decay_pcp_high; mm/vmstat.c:
 * refresh_cpu_vm_stats.
 */
#include "ref_internal.h"

#include <errno.h>

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* clamp() of minmax.h: the upper bound is looked at first, which matters where the bounds cross. */
static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value >= high ? high : value <= low ? low : value;
}

/* --- To the zone's lists ------------------------------------------------------------------------------------ */

void ref_set_capture(struct ref *r, struct buddy_capture *capture)
{
	r->capture = capture;
}

/* Does the request whose compaction runs want this block, and may it have it? */
static bool is_wanted(const struct ref *r, const struct ref_zone *z, unsigned order, unsigned type)
{
	const struct buddy_capture *c = r->capture;

	if (!c || c->done || c->zone != z->index || c->order != order)
		return false;
	if (type == BUDDY_CMA || type == BUDDY_ISOLATE)
		return false;
	if (order >= r->pageblock_order || type != BUDDY_MOVABLE)
		return true;
	return r->is_6_12 && c->type == BUDDY_MOVABLE; /* a part of a movable pageblock */
}

/* The buddies that it merged with leave the free counter too: they were counted before. */
static void capture(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned order, unsigned type)
{
	ref_account(z, cpu, -(INT64_C(1) << order), type);
	ref_use(r, pfn, order, r->capture->type == BUDDY_MOVABLE);
	ref_join(r, pfn, order);
	r->capture->pfn = pfn;
	r->capture->done = true;
}

void ref_free_one(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned order, unsigned type,
		  bool to_tail)
{
	ref_account(z, cpu, INT64_C(1) << order, type);
	for (; order < BUDDY_ORDER_MAX; order++) {
		uint64_t buddy = pfn ^ UINT64_C(1) << order;

		if (is_wanted(r, z, order, type)) {
			capture(r, cpu, z, pfn, order, type);
			return;
		}
		if (!ref_is_free_block(r, z, buddy, order))
			break;
		if (order >= r->pageblock_order) {
			unsigned other = ref_block_type(r, buddy);

			if (other != type && (other >= BUDDY_PCP_TYPE_COUNT || type >= BUDDY_PCP_TYPE_COUNT))
				break;
			if (other != type && r->is_6_12)
				ref_set_block_types(r, buddy, order, type);
		}
		ref_remove(r, z, buddy);
		r->stats.merges++;
		pfn &= buddy;
	}
	/* To the tail as well when a free buddy one order up says that this may merge twice soon. */
	if (order < BUDDY_ORDER_MAX - 1) {
		uint64_t parent = pfn & ~(UINT64_C(1) << order);

		if (ref_is_free_block(r, z, parent ^ UINT64_C(2) << order, order + 1))
			to_tail = true;
	}
	ref_add(r, z, pfn, order, type, to_tail);
}

void ref_free_to_zone(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned order, bool to_tail)
{
	uint64_t end = pfn + (UINT64_C(1) << order);

	r->stats.zone_locks++;
	if (r->is_6_12 && order > r->pageblock_order)
		order = r->pageblock_order;
	for (; pfn < end; pfn += UINT64_C(1) << order)
		ref_free_one(r, cpu, z, pfn, order, ref_block_type(r, pfn), to_tail);
}

/* --- Off the per-CPU lists ---------------------------------------------------------------------------------- */

bool ref_has_isolated(const struct ref *r, const struct ref_zone *z)
{
	for (uint64_t pfn = z->start; pfn < z->end; pfn = ((pfn >> r->pageblock_order) + 1) << r->pageblock_order)
		if (ref_block_type(r, pfn) == BUDDY_ISOLATE)
			return true;
	return false;
}

static void drain_last(struct ref *r, uint32_t cpu, struct ref_zone *z, struct ref_list *list, unsigned order,
		       bool by_block)
{
	uint64_t pfn = list->pfns[list->count - 1];
	unsigned type = by_block ? ref_block_type(r, pfn) : ref_frame(r, pfn)->type;

	r->stats.drained_blocks++;
	ref_pcp_remove(r, z, pfn);
	ref_free_one(r, cpu, z, pfn, order, type, false);
}

/* free_pcppages_bulk(): @pages from @list_cpu's lists, beginning with @index, counted on @cpu. */
static void drain(struct ref *r, uint32_t cpu, struct ref_zone *z, uint32_t list_cpu, int64_t pages, int index)
{
	struct ref_pcp *p = &z->pcps[list_cpu];
	bool by_block = r->is_6_12 || ref_has_isolated(r, z);
	int first = 0, last = REF_PCP_LIST_COUNT - 1;

	r->stats.zone_locks++;
	pages = least(pages, ref_pcp_pages(r, p));
	index--;
	while (pages > 0) {
		struct ref_list *list;
		unsigned order;

		for (;;) {
			if (++index > last)
				index = first;
			list = &p->lists[index];
			if (list->count)
				break;
			if (r->is_6_12)
				continue;
			if (index == last)
				last--;
			if (index == first)
				first++;
		}
		order = ref_pcp_order(r, (unsigned)index);
		do {
			drain_last(r, cpu, z, list, order, by_block);
			pages -= INT64_C(1) << order;
		} while (pages > 0 && list->count);
	}
}

/* --- Onto the per-CPU lists --------------------------------------------------------------------------------- */

/* nr_pcp_high() and nr_pcp_free() of 6.1. Return: frames to drain. */
static int64_t excess_6_1(struct ref *r, struct ref_zone *z, struct ref_pcp *p, unsigned order, bool *reached)
{
	bool free_high = p->t.free_factor && order && order <= REF_COSTLY_ORDER;
	int64_t high = p->t.high_pages, batch = p->t.batch_pages, count = ref_pcp_pages(r, p), most_pages, pages;

	if (!high || free_high)
		high = 0;
	else if (z->t.reclaim_active)
		high = least(batch << 2, high);
	*reached = count >= high;
	if (!*reached)
		return 0;
	if (free_high)
		return count;
	if (high < batch)
		return 1;
	most_pages = high - batch;
	pages = batch << p->t.free_factor;
	if (pages < most_pages && p->t.free_factor < REF_BATCH_SCALE_MAX)
		p->t.free_factor++;
	return clamp(pages, batch, most_pages);
}

/* nr_pcp_high() of 6.12, which tunes the list's limit as it asks for it. */
static int64_t high_6_12(struct ref *r, struct ref_zone *z, struct ref_pcp *p, int64_t batch, bool free_high)
{
	int64_t low = p->t.high_min_pages, top = p->t.high_max_pages, count = ref_pcp_pages(r, p);
	int64_t high = clamp(p->t.high_pages, low, top);
	int64_t freed = most(p->t.free_count, batch);

	p->t.high_pages = (uint32_t)high;
	if (!high)
		return 0;
	if (free_high) {
		p->t.high_pages = (uint32_t)most(high - (batch << REF_BATCH_SCALE_MAX), low);
		return 0;
	}
	if (z->t.reclaim_active) {
		p->t.high_pages = (uint32_t)most(high - freed, low);
		return least(batch << 2, p->t.high_pages);
	}
	if (low == top)
		return high;
	if (z->t.below_high) {
		p->t.high_pages = (uint32_t)most(high - freed, low);
		return most(count, low);
	}
	if (count >= high && high < (int64_t)p->t.free_count + batch)
		p->t.high_pages = (uint32_t)clamp(p->t.free_count + batch, low, top);
	return high;
}

static int64_t excess_6_12(struct ref *r, struct ref_zone *z, struct ref_pcp *p, unsigned order, bool *reached)
{
	int64_t batch = p->t.batch_pages, count = ref_pcp_pages(r, p), high;
	bool free_high = false;

	if (order && order <= REF_COSTLY_ORDER) {
		free_high = p->t.free_count >= batch && (p->t.flags & BUDDY_PCP_PREV_FREE_HIGH_ORDER) &&
			    (!(p->t.flags & BUDDY_PCP_FREE_HIGH_BATCH) || count >= batch);
		p->t.flags |= BUDDY_PCP_PREV_FREE_HIGH_ORDER;
	} else {
		p->t.flags &= ~BUDDY_PCP_PREV_FREE_HIGH_ORDER;
	}
	if (p->t.free_count < batch << REF_BATCH_SCALE_MAX)
		p->t.free_count += 1u << order;
	high = high_6_12(r, z, p, batch, free_high);
	*reached = count >= high;
	if (!*reached)
		return 0;
	if (free_high)
		return least(count, batch << REF_BATCH_SCALE_MAX);
	if (high < batch)
		return 1;
	return clamp(p->t.free_count, batch, high - batch);
}

/* free_unref_page_commit(). */
static void commit(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned order, unsigned type)
{
	struct ref_pcp *p = &z->pcps[cpu];
	unsigned index = ref_pcp_index(order, type < BUDDY_PCP_TYPE_COUNT ? type : BUDDY_MOVABLE);
	int64_t excess;
	bool reached;

	if (r->is_6_12)
		p->t.alloc_factor >>= 1;
	ref_pcp_add(r, z, cpu, index, pfn, order, type, false);
	excess = r->is_6_12 ? excess_6_12(r, z, p, order, &reached) : excess_6_1(r, z, p, order, &reached);
	if (!reached)
		return;
	drain(r, cpu, z, cpu, excess, (int)index);
	if (r->is_6_12 && z->t.below_high &&
	    ref_mark_ok(r, z, 0, (int64_t)(z->t.mark_pages[BUDDY_MARK_HIGH] + z->t.boost_pages), BUDDY_ZONE_MOVABLE, 0))
		z->t.below_high = false;
}

/* --- Requests ----------------------------------------------------------------------------------------------- */

/* Errors of a free, in the order in which buddy.h names them. */
static int refuse(struct ref *r, uint32_t cpu, uint64_t pfn, unsigned order)
{
	struct ref_zone *z;

	if (cpu >= r->cpu_count || order >= BUDDY_ORDER_COUNT || pfn % (UINT64_C(1) << order))
		return -EINVAL;
	z = ref_zone_of(r, pfn);
	if (!z || !ref_spans(z, pfn + (UINT64_C(1) << order) - 1))
		return -ERANGE;
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		if (ref_frame(r, pfn + i)->state != REF_IN_USE)
			return -EEXIST;
	return 0;
}

int ref_free_pages(struct ref *r, uint32_t cpu, uint64_t pfn, unsigned order)
{
	int error = refuse(r, cpu, pfn, order);
	struct ref_zone *z;

	if (error)
		return error;
	z = ref_zone_of(r, pfn);
	r->stats.frees++;
	if (!ref_in_pcp(r, order) || ref_block_type(r, pfn) == BUDDY_ISOLATE) {
		ref_free_to_zone(r, cpu, z, pfn, order, false);
	} else {
		r->stats.pcp_locks++;
		commit(r, cpu, z, pfn, order, ref_block_type(r, pfn));
	}
	return 0;
}

int ref_free_prepare(struct ref *r, uint64_t pfn, unsigned order)
{
	int error = ref_in_pcp(r, order) ? refuse(r, 0, pfn, order) : -EINVAL;

	if (!error)
		ref_begin_free(r, pfn, order);
	return error;
}

/* What ref_free_prepare left is freed now. Return: 0, -EINVAL, -ERANGE, -ENOENT. */
static int end_prepare(struct ref *r, uint32_t cpu, uint64_t pfn, unsigned *order_out, unsigned *type_out)
{
	const struct ref_frame *f;

	if (cpu >= r->cpu_count)
		return -EINVAL;
	if (!ref_zone_of(r, pfn))
		return -ERANGE;
	f = ref_frame(r, pfn);
	if (f->state != REF_FREEING || f->head != pfn)
		return -ENOENT;
	*order_out = f->order;
	*type_out = r->is_6_12 ? ref_block_type(r, pfn) : f->type;
	ref_use(r, pfn, f->order, false);
	r->stats.frees++;
	return 0;
}

/* free_one_page(): 6.1 goes by what it remembers unless something is isolated. */
static void free_prepared_direct(struct ref *r, uint32_t cpu, uint64_t pfn, unsigned order, unsigned type, bool to_tail)
{
	struct ref_zone *z = ref_zone_of(r, pfn);

	if (r->is_6_12 || type == BUDDY_ISOLATE || ref_has_isolated(r, z)) {
		ref_free_to_zone(r, cpu, z, pfn, order, to_tail);
	} else {
		r->stats.zone_locks++;
		ref_free_one(r, cpu, z, pfn, order, type, to_tail);
	}
}

int ref_free_commit(struct ref *r, uint32_t cpu, uint64_t pfn)
{
	unsigned order, type;
	int error = end_prepare(r, cpu, pfn, &order, &type);

	if (error)
		return error;
	if (type == BUDDY_ISOLATE)
		free_prepared_direct(r, cpu, pfn, order, type, false);
	else
		commit(r, cpu, ref_zone_of(r, pfn), pfn, order, type);
	return 0;
}

int ref_free_direct(struct ref *r, uint32_t cpu, uint64_t pfn, unsigned order, unsigned flags)
{
	unsigned type;
	int error;

	if (flags & BUDDY_FREE_PREPARED) {
		error = end_prepare(r, cpu, pfn, &order, &type);
		if (!error)
			free_prepared_direct(r, cpu, pfn, order, type, flags & BUDDY_FREE_TO_TAIL);
		return error;
	}
	error = refuse(r, cpu, pfn, order);
	if (error)
		return error;
	r->stats.frees++;
	ref_free_to_zone(r, cpu, ref_zone_of(r, pfn), pfn, order, flags & BUDDY_FREE_TO_TAIL);
	return 0;
}

int ref_free_list(struct ref *r, uint32_t cpu, const uint64_t *pfns, uint32_t count)
{
	struct ref_zone *locked = NULL;
	uint32_t since = 0;

	for (uint32_t i = 0; i < count; i++) {
		int error = refuse(r, cpu, pfns[i], 0);

		if (error)
			return error;
		for (uint32_t j = 0; j < i; j++)
			if (pfns[j] == pfns[i])
				return -EEXIST;
	}
	/* Isolated frames do not wait for the others in 6.1. The types are read before anything is freed there. */
	if (!r->is_6_12)
		for (uint32_t i = 0; i < count; i++) {
			ref_frame(r, pfns[i])->type = (uint8_t)ref_block_type(r, pfns[i]);
			if (ref_block_type(r, pfns[i]) == BUDDY_ISOLATE)
				ref_free_to_zone(r, cpu, ref_zone_of(r, pfns[i]), pfns[i], 0, false);
		}
	r->stats.frees += count;
	for (uint32_t i = 0; i < count; i++) {
		struct ref_zone *z = ref_zone_of(r, pfns[i]);

		if (ref_block_type(r, pfns[i]) == BUDDY_ISOLATE) {
			if (r->is_6_12) {
				ref_free_to_zone(r, cpu, z, pfns[i], 0, false);
				locked = NULL;
			}
			continue;
		}
		if (locked != z || since == 32) {
			r->stats.pcp_locks++;
			since = 0;
		}
		locked = z;
		since++;
		commit(r, cpu, z, pfns[i], 0,
		       r->is_6_12 ? ref_block_type(r, pfns[i]) : ref_frame(r, pfns[i])->type);
	}
	return 0;
}

int ref_drain_zone(struct ref *r, uint32_t cpu, uint32_t zone, uint32_t list_cpu)
{
	struct ref_zone *z;

	if (cpu >= r->cpu_count || list_cpu >= r->cpu_count || zone >= r->zone_count)
		return -EINVAL;
	z = &r->zones[zone];
	/* A portion a lock; the kernel counts on by what it asked for, and what came with whole blocks is gone too. */
	for (;;) {
		int64_t left = ref_pcp_pages(r, &z->pcps[list_cpu]);
		int64_t portion = least(left, (int64_t)z->pcps[list_cpu].t.batch_pages << REF_BATCH_SCALE_MAX);

		r->stats.pcp_locks++;
		if (left)
			drain(r, cpu, z, list_cpu, portion, 0);
		if (portion == left)
			return 0;
	}
}

int ref_drain_all(struct ref *r, uint32_t cpu)
{
	if (cpu >= r->cpu_count)
		return -EINVAL;
	for (uint32_t list_cpu = 0; list_cpu < r->cpu_count; list_cpu++)
		for (uint32_t zone = 0; zone < r->zone_count; zone++)
			ref_drain_zone(r, cpu, zone, list_cpu);
	return 0;
}

int ref_fold_stats(struct ref *r, uint32_t cpu)
{
	if (cpu >= r->cpu_count)
		return -EINVAL;
	for (uint32_t zone = 0; zone < r->zone_count; zone++) {
		struct ref_zone *z = &r->zones[zone];

		z->free_counter += z->pcps[cpu].t.free_pages_diff;
		z->pcps[cpu].t.free_pages_diff = 0;
	}
	return 0;
}

int ref_decay_pcp(struct ref *r, uint32_t cpu, uint32_t zone)
{
	struct ref_zone *z;
	struct ref_pcp *p;
	int64_t high, low, batch;

	if (cpu >= r->cpu_count || zone >= r->zone_count)
		return -EINVAL;
	z = &r->zones[zone];
	p = &z->pcps[cpu];
	z->free_counter += p->t.free_pages_diff;
	p->t.free_pages_diff = 0;
	if (!r->is_6_12)
		return 0;
	high = p->t.high_pages;
	low = p->t.high_min_pages;
	batch = p->t.batch_pages;
	if (high > low)
		high = most(most(ref_pcp_pages(r, p) - (batch << REF_BATCH_SCALE_MAX), high - (high >> 3)), low);
	p->t.high_pages = (uint32_t)high;
	for (int64_t left = (int64_t)ref_pcp_pages(r, p) - high; left > 0; left -= batch) {
		r->stats.pcp_locks++;
		drain(r, cpu, z, cpu, least(left, batch), 0);
	}
	return 0;
}
