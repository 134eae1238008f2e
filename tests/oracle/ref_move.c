// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the reference takes and puts back named blocks.
 *
 * Interface: ref_take, ref_put_back, ref_isolate_free, ref_putback_isolated (ref.h).
 * Invariant: what is refused has changed nothing.
 *
 * Sources: mm/page_alloc.c of 6.1 and 6.12: __isolate_free_page, __putback_isolated_page. ref_take and ref_put_back are
 * the model's own: what they do is said in buddy.h.
 */
#include "ref_internal.h"

#include <errno.h>

static int refuse(struct ref *r, uint32_t cpu, uint64_t pfn, unsigned order)
{
	struct ref_zone *z;

	if (cpu >= r->cpu_count || order >= BUDDY_ORDER_COUNT || pfn % (UINT64_C(1) << order))
		return -EINVAL;
	z = ref_zone_of(r, pfn);
	return z && ref_spans(z, pfn + (UINT64_C(1) << order) - 1) ? 0 : -ERANGE;
}

/* Halves [head, head + 2^high) until the block of @low that has @pfn is alone; the other halves go to the heads. */
static void keep_rest(struct ref *r, struct ref_zone *z, uint64_t head, unsigned high, uint64_t pfn, unsigned low,
		      unsigned type)
{
	while (high > low) {
		uint64_t middle = head + (UINT64_C(1) << --high);

		r->stats.splits++;
		ref_add(r, z, pfn < middle ? middle : head, high, type, false);
		if (pfn >= middle)
			head = middle;
	}
}

int ref_take(struct ref *r, uint32_t cpu, uint64_t pfn, unsigned order)
{
	uint64_t end = pfn + (UINT64_C(1) << order);
	int error = refuse(r, cpu, pfn, order);
	struct ref_zone *z;

	if (error)
		return error;
	for (uint64_t at = pfn; at < end; at++)
		if (ref_frame(r, at)->state != REF_FREE && ref_frame(r, at)->state != REF_PCP)
			return -EEXIST;
	z = ref_zone_of(r, pfn);
	for (uint64_t at = pfn; at < end;) {
		struct ref_frame f = *ref_frame(r, at);
		unsigned low = f.order < order ? f.order : order;

		/* Through the free lists, where the rest stays. */
		if (f.state == REF_PCP) {
			if (r->is_6_12 || ref_has_isolated(r, z))
				f.type = (uint8_t)ref_block_type(r, f.head);
			ref_pcp_remove(r, z, f.head);
			ref_account(z, cpu, INT64_C(1) << f.order, f.type);
			ref_add(r, z, f.head, f.order, f.type, false);
		}
		ref_remove(r, z, f.head);
		ref_account(z, cpu, -(INT64_C(1) << low), f.type);
		keep_rest(r, z, f.head, f.order, at, low, f.type);
		at += UINT64_C(1) << low;
	}
	return 0;
}

int ref_put_back(struct ref *r, uint32_t cpu, const struct buddy_block *block)
{
	int error = refuse(r, cpu, block->pfn, block->order);
	struct ref_zone *z;

	if (error)
		return error;
	for (uint64_t i = 0; i < UINT64_C(1) << block->order; i++)
		if (ref_frame(r, block->pfn + i)->state != REF_IN_USE)
			return -EEXIST;
	z = ref_zone_of(r, block->pfn);
	if (block->path == BUDDY_PATH_PCP || block->path == BUDDY_PATH_REFILL) {
		ref_pcp_add(r, z, cpu, r->last_index, block->pfn, block->order, block->type, false);
		return 0;
	}
	ref_free_one(r, cpu, z, block->pfn, block->order,
		     r->is_6_12 ? ref_block_type(r, block->pfn) : block->type, false);
	return 0;
}

int ref_isolate_free(struct ref *r, uint32_t cpu, uint64_t pfn, unsigned order)
{
	int error = refuse(r, cpu, pfn, order);
	struct ref_zone *z = ref_zone_of(r, pfn);
	unsigned type;
	uint64_t end;

	if (error && (error != -ERANGE || !z))
		return error;
	if (error || !ref_is_free_block(r, z, pfn, order))
		return -ENOENT;
	end = pfn + (UINT64_C(1) << order);
	type = ref_block_type(r, pfn);
	if (type != BUDDY_ISOLATE) {
		int64_t mark = (int64_t)z->t.mark_pages[BUDDY_MARK_MIN] + (INT64_C(1) << order);

		if (!ref_mark_ok(r, z, 0, mark, 0, BUDDY_ALLOC_CMA))
			return -EAGAIN;
	}
	ref_remove(r, z, pfn);
	ref_account(z, cpu, -(INT64_C(1) << order), type);
	if (order + 1 < r->pageblock_order)
		return 0;
	for (; pfn < end - 1; pfn += UINT64_C(1) << r->pageblock_order) {
		if (ref_block_type(r, pfn) >= BUDDY_PCP_TYPE_COUNT)
			continue;
		if (r->is_6_12)
			ref_move_block(r, cpu, z, pfn, BUDDY_MOVABLE, NULL);
		else
			ref_set_block_types(r, pfn, 0, BUDDY_MOVABLE);
	}
	return 0;
}

int ref_putback_isolated(struct ref *r, uint32_t cpu, uint64_t pfn, unsigned order, unsigned type)
{
	int error = refuse(r, cpu, pfn, order);

	if (error || type >= BUDDY_TYPE_COUNT)
		return error ? error : -EINVAL;
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		if (ref_frame(r, pfn + i)->state != REF_IN_USE)
			return -EEXIST;
	ref_free_one(r, cpu, ref_zone_of(r, pfn), pfn, order, type, true);
	return 0;
}
