// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does the model stand where the reference stands?
 *
 * Interface: ref_same, ref_types_agree (ref.h).
 * Invariant: looks at everything that buddy.h shows, and says the first difference with both sides.
 *
 * Sources of the indices: mm/vmstat.c of 6.1: __fragmentation_index, unusable_free_index, extfrag_for_order.
 */
#include "ref_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct compare {
	struct ref *r;
	const struct buddy *b;
	char *message;
	size_t room;
};

static bool differs(const struct compare *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool differs(const struct compare *c, const char *format, ...)
{
	va_list arguments;

	if (!c->message)
		return false;
	va_start(arguments, format);
	vsnprintf(c->message, c->room, format, arguments);
	va_end(arguments);
	return false;
}

static bool same_number(const struct compare *c, const struct ref_zone *z, const char *what, int64_t reference,
			int64_t model)
{
	if (reference == model)
		return true;
	return differs(c, "zone %u, %s: reference %" PRId64 ", model %" PRId64, z->index, what, reference, model);
}

/* --- Lists -------------------------------------------------------------------------------------------------- */

#define LIST_MOST 4096u

static bool same_list(const struct compare *c, const char *what, const struct ref_list *list, const uint64_t *pfns,
		      uint64_t count)
{
	for (uint32_t i = 0; i < list->count && i < count && i < LIST_MOST; i++)
		if (list->pfns[i] != pfns[i])
			return differs(c, "%s, entry %u: reference 0x%" PRIx64 ", model 0x%" PRIx64, what, i,
				       list->pfns[i], pfns[i]);
	if (list->count != count)
		return differs(c, "%s, length: reference %u, model %" PRIu64, what, list->count, count);
	return true;
}

static bool same_free_lists(const struct compare *c, const struct ref_zone *z)
{
	uint64_t pfns[LIST_MOST];
	char what[64];

	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		for (unsigned type = 0; type < BUDDY_TYPE_COUNT; type++) {
			const struct ref_list *list = &z->lists[order][type];
			uint64_t count = buddy_list_copy(c->b, z->index, order, type, pfns, LIST_MOST), first;
			bool any = buddy_list_first(c->b, z->index, order, type, &first);

			if (!count && !list->count && !any)
				continue;
			snprintf(what, sizeof(what), "zone %u, free list of order %u, type %u", z->index, order, type);
			if (!same_list(c, what, list, pfns, count))
				return false;
			if (buddy_list_length(c->b, z->index, order, type) != count || !any || first != pfns[0])
				return differs(c, "%s: the model's length or first block is not its list's", what);
		}
		if (!same_number(c, z, "blocks of an order", (int64_t)ref_nr_free(z, order),
				 (int64_t)buddy_nr_free(c->b, z->index, order)))
			return false;
	}
	return true;
}

static bool same_pcp(const struct compare *c, const struct ref_zone *z, uint32_t cpu)
{
	const struct ref_pcp *p = &z->pcps[cpu];
	struct buddy_pcp_tuning t;
	uint64_t pfns[LIST_MOST];
	uint8_t types[LIST_MOST];
	char what[64];

	for (unsigned index = 0; index < REF_PCP_LIST_COUNT; index++) {
		uint64_t count = buddy_pcp_copy(c->b, z->index, cpu, index, pfns, types, LIST_MOST);

		if (!count && !p->lists[index].count)
			continue;
		snprintf(what, sizeof(what), "zone %u, CPU %u, list %u", z->index, cpu, index);
		if (!same_list(c, what, &p->lists[index], pfns, count))
			return false;
		for (uint32_t i = 0; i < count && i < LIST_MOST; i++) {
			unsigned type = c->r->is_6_12 ? ref_block_type(c->r, pfns[i]) : ref_frame(c->r, pfns[i])->type;

			if (types[i] != type)
				return differs(c, "%s, type of 0x%" PRIx64 ": reference %u, model %u", what, pfns[i],
					       type, types[i]);
		}
	}
	buddy_pcp_tuning_get(c->b, z->index, cpu, &t);
	return same_number(c, z, "frames on a CPU's lists", ref_pcp_pages(c->r, p),
			   buddy_pcp_count(c->b, z->index, cpu)) &&
	       same_number(c, z, "high of a CPU", p->t.high_pages, t.high_pages) &&
	       same_number(c, z, "batch of a CPU", p->t.batch_pages, t.batch_pages) &&
	       same_number(c, z, "free_factor of a CPU", p->t.free_factor, t.free_factor) &&
	       same_number(c, z, "high_min of a CPU", p->t.high_min_pages, t.high_min_pages) &&
	       same_number(c, z, "high_max of a CPU", p->t.high_max_pages, t.high_max_pages) &&
	       same_number(c, z, "alloc_factor of a CPU", p->t.alloc_factor, t.alloc_factor) &&
	       same_number(c, z, "free_count of a CPU", p->t.free_count, t.free_count) &&
	       same_number(c, z, "flags of a CPU", p->t.flags, t.flags) &&
	       same_number(c, z, "free pages that a CPU holds back", p->t.free_pages_diff, t.free_pages_diff) &&
	       same_number(c, z, "threshold of a CPU", p->t.stat_threshold, t.stat_threshold);
}

/* --- Frames ------------------------------------------------------------------------------------------------- */

/* The model's word for a frame's state. */
static enum buddy_frame_state state_of(const struct ref_frame *f)
{
	return f->state == REF_FREE ? BUDDY_FRAME_FREE : f->state == REF_PCP ? BUDDY_FRAME_ON_PCP : BUDDY_FRAME_IN_USE;
}

/* A block between the halves of its free: in use for everyone, and the model knows its order. */
static bool same_prepared(const struct compare *c, uint64_t pfn, const struct buddy_piece *piece)
{
	const struct ref_frame *f = ref_frame(c->r, pfn);
	unsigned order = BUDDY_ORDER_COUNT;
	bool prepared = !buddy_prepared_order(c->b, pfn, &order);

	if (prepared != (f->state == REF_FREEING) ||
	    (prepared && (f->head != pfn || f->order != order || piece->pages != UINT64_C(1) << order)))
		return differs(c, "block 0x%" PRIx64 " being freed: reference state %u, begins 0x%" PRIx64
			       ", order %u, model %d, order %u, %" PRIu64 " frames", pfn, f->state, f->head, f->order,
			       prepared, order, piece->pages);
	return true;
}

static bool same_piece(const struct compare *c, const struct ref_zone *z, uint64_t pfn, const struct buddy_piece *piece)
{
	const struct ref_frame *f = ref_frame(c->r, pfn);

	if (piece->start_pfn != pfn || !piece->pages || pfn + piece->pages > z->end || piece->state != state_of(f))
		return differs(c, "frame 0x%" PRIx64 ": reference state %u, model's piece from 0x%" PRIx64 ", %" PRIu64
			       " frames, state %d", pfn, f->state, piece->start_pfn, piece->pages, (int)piece->state);
	if (f->state == REF_FREE && (f->head != pfn || f->order != piece->order || f->type != piece->type))
		return differs(c, "free block 0x%" PRIx64 ": reference begins 0x%" PRIx64 ", order %u, type %u, model "
			       "order %u, type %u", pfn, f->head, f->order, f->type, piece->order, piece->type);
	if (f->state == REF_PCP && (f->head != pfn || f->order != piece->order))
		return differs(c, "block 0x%" PRIx64 " of a CPU: reference begins 0x%" PRIx64 ", order %u, model order "
			       "%u", pfn, f->head, f->order, piece->order);
	for (uint64_t i = 0; f->state == REF_IN_USE && i < piece->pages; i++)
		if (f[i].state != REF_IN_USE || (f[i].movable || f[i].stock) != piece->movable)
			return differs(c, "frame 0x%" PRIx64 ": reference state %u, movable %u, in stock %u, model in "
				       "use, movable %u, in a piece from 0x%" PRIx64, pfn + i, f[i].state,
				       f[i].movable, f[i].stock, piece->movable, pfn);
	return same_prepared(c, pfn, piece);
}

static bool same_frames(const struct compare *c, const struct ref_zone *z)
{
	uint64_t block = UINT64_C(1) << c->r->pageblock_order;

	for (uint64_t pfn = z->start; pfn < z->end;) {
		struct buddy_piece piece = buddy_piece_at(c->b, pfn, z->end);

		if (!same_piece(c, z, pfn, &piece))
			return false;
		pfn += piece.pages;
	}
	for (uint64_t pfn = z->start; pfn < z->end; pfn++) {
		const struct ref_frame *f = ref_frame(c->r, pfn);
		uint64_t head = pfn;
		unsigned order = 0;
		enum buddy_frame_state state = buddy_frame_state(c->b, pfn, &head, &order);

		if (state != state_of(f) || (state != BUDDY_FRAME_IN_USE && (head != f->head || order != f->order)))
			return differs(c, "frame 0x%" PRIx64 ": reference state %u in 0x%" PRIx64 ", order %u, model "
				       "state %d in 0x%" PRIx64 ", order %u", pfn, f->state, f->head, f->order,
				       (int)state, head, order);
	}
	for (uint64_t pfn = z->start; pfn < z->end; pfn = (pfn / block + 1) * block)
		if (ref_block_type(c->r, pfn) != buddy_pageblock_type(c->b, pfn))
			return differs(c, "type of the pageblock of 0x%" PRIx64 ": reference %u, model %u", pfn,
				       ref_block_type(c->r, pfn), buddy_pageblock_type(c->b, pfn));
	return true;
}

/* --- Numbers ------------------------------------------------------------------------------------------------ */

struct free_sum {
	uint64_t pages, blocks, suitable;
};

static struct free_sum sum_free(const struct ref *r, const struct ref_zone *z, unsigned wanted)
{
	struct free_sum sum = { 0, 0, 0 };

	for (uint64_t pfn = z->start; pfn < z->end;) {
		const struct ref_frame *f = &r->frames[pfn - r->base];
		uint64_t pages = f->state == REF_FREE ? UINT64_C(1) << f->order : 1;

		if (f->state == REF_FREE) {
			sum.pages += pages;
			sum.blocks++;
			sum.suitable += f->order >= wanted ? pages >> wanted : 0;
		}
		pfn += pages;
	}
	return sum;
}

static bool same_indices(const struct compare *c, const struct ref_zone *z)
{
	struct free_sum sum = sum_free(c->r, z, 0);

	if (!same_number(c, z, "free frames", (int64_t)sum.pages, (int64_t)buddy_free_pages_listed(c->b, z->index)))
		return false;
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		int64_t fragmentation = 0, unusable = 1000, extfrag = 0;
		int64_t scattered;

		sum.suitable = 0;
		for (unsigned o = order; o < BUDDY_ORDER_COUNT; o++)
			sum.suitable += ref_nr_free(z, o) << (o - order);
		scattered = (int64_t)(sum.pages - (sum.suitable << order));
		if (sum.blocks && sum.suitable)
			fragmentation = -1000;
		else if (sum.blocks)
			fragmentation = 1000 - (int64_t)((1000 + (sum.pages * 1000 >> order)) / sum.blocks);
		if (sum.pages) {
			unusable = scattered * 1000 / (int64_t)sum.pages;
			extfrag = scattered * 100 / (int64_t)sum.pages;
		}
		if (!same_number(c, z, "fragmentation index", fragmentation,
				 buddy_fragmentation_index(c->b, z->index, order)) ||
		    !same_number(c, z, "unusable index", unusable, buddy_unusable_index(c->b, z->index, order)) ||
		    !same_number(c, z, "extfrag percent", extfrag, buddy_extfrag_percent(c->b, z->index, order)))
			return false;
	}
	return true;
}

static bool same_zone_numbers(const struct compare *c, const struct ref_zone *z)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(c->b, z->index, &t);
	for (unsigned i = 0; i < BUDDY_MARK_COUNT; i++)
		if (!same_number(c, z, "a watermark", (int64_t)z->t.mark_pages[i], (int64_t)t.mark_pages[i]))
			return false;
	for (unsigned i = 0; i < BUDDY_ZONE_TYPE_COUNT; i++)
		if (!same_number(c, z, "a lowmem reserve", (int64_t)z->t.lowmem_reserve_pages[i],
				 (int64_t)t.lowmem_reserve_pages[i]))
			return false;
	return same_number(c, z, "the free counter", z->free_counter, buddy_free_pages_counter(c->b, z->index)) &&
	       same_number(c, z, "present pages", (int64_t)z->t.present_pages, (int64_t)t.present_pages) &&
	       same_number(c, z, "managed pages", (int64_t)z->t.managed_pages, (int64_t)t.managed_pages) &&
	       same_number(c, z, "the boost", (int64_t)z->t.boost_pages, (int64_t)t.boost_pages) &&
	       same_number(c, z, "highatomic pages", (int64_t)z->t.highatomic_reserved_pages,
			   (int64_t)t.highatomic_reserved_pages) &&
	       same_number(c, z, "kswapd at work", z->t.reclaim_active, t.reclaim_active) &&
	       same_number(c, z, "below high", z->t.below_high, t.below_high);
}

/* --- What was done ------------------------------------------------------------------------------------------ */

static bool same_stats(const struct compare *c)
{
	static const char *const names[] = {
		"allocs", "alloc_failures", "frees", "pcp_hits", "refills", "drained_blocks", "splits", "merges",
		"list_adds", "list_removals", "list_moves", "pcp_list_ops", "zone_locks", "pcp_locks", "fallbacks",
		"claims", "highatomic_reserved",
	};
	uint64_t reference[sizeof(names) / sizeof(names[0])], model[sizeof(names) / sizeof(names[0])];

	_Static_assert(sizeof(reference) == sizeof(struct buddy_stats), "every counter has a name here");
	memcpy(reference, &c->r->stats, sizeof(reference));
	memcpy(model, buddy_stats(c->b), sizeof(model));
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (reference[i] != model[i])
			return differs(c, "buddy_stats, %s: reference %" PRIu64 ", model %" PRIu64, names[i],
				       reference[i], model[i]);
	return true;
}

bool ref_types_agree(const struct ref *ref, char *message, size_t room)
{
	const struct compare c = { (struct ref *)(uintptr_t)ref, NULL, message, room };

	for (uint32_t i = 0; ref->is_6_12 && i < ref->zone_count; i++)
		for (uint64_t pfn = ref->zones[i].start; pfn < ref->zones[i].end; pfn++) {
			const struct ref_frame *f = ref_frame(c.r, pfn);

			if (f->state == REF_FREE && f->type != ref_block_type(ref, pfn))
				return differs(&c, "free frame 0x%" PRIx64 " is on a list of type %u, its pageblock "
					       "has type %u", pfn, f->type, ref_block_type(ref, pfn));
		}
	return true;
}

bool ref_same(const struct ref *ref, const struct buddy *buddy, char *message, size_t room)
{
	/* Nothing is changed through it; the looking steps are shared with those that change. */
	const struct compare c = { (struct ref *)(uintptr_t)ref, buddy, message, room };

	for (uint32_t i = 0; i < ref->zone_count; i++) {
		const struct ref_zone *z = &ref->zones[i];

		for (uint32_t cpu = 0; cpu < ref->cpu_count; cpu++)
			if (!same_pcp(&c, z, cpu))
				return false;
		if (!same_free_lists(&c, z) || !same_zone_numbers(&c, z) || !same_frames(&c, z) || !same_indices(&c, z))
			return false;
	}
	return ref_same_memory(ref, buddy, message, room) && same_stats(&c);
}
