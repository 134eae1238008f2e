// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking at a world: which states are the same, and whether all is well.
 *
 * Interface: world_key, world_check, world_check_refusals, world_check_grains, world_end (world.h).
 * Invariant: a frame is in use exactly while one live allocation owns it, and what is free is merged as far as it goes.
 */
#include "world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool wrong(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool wrong(struct world *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->wrong, sizeof(w->wrong), format, args);
	va_end(args);
	return false;
}

static bool holds(const struct world *w)
{
	return w->policy && w->policy->held;
}

/* --- Keys ------------------------------------------------------------------------------------------------------ */

#define LIST_END 0xffu

struct writer {
	uint8_t *bytes;
	size_t length;
};

static void put(struct writer *out, unsigned value)
{
	out->bytes[out->length++] = (uint8_t)value;
}

static void put_wide(struct writer *out, uint64_t value)
{
	put(out, (unsigned)(value & 0xff));
	put(out, (unsigned)(value >> 8 & 0xff));
}

/*
 * @types: of all free blocks. One that spans pageblocks has in 6.1 the type of the part that was freed last, which is
 * not the same by page and by block.
 */
static void put_frames(const struct world *w, struct writer *out, bool types)
{
	for (uint64_t pfn = 0; pfn < w->config.frames;) {
		struct buddy_piece p = buddy_piece_at(w->buddy, pfn, w->config.frames);
		unsigned type = p.state == BUDDY_FRAME_IN_USE ? p.movable : p.type;

		if (!types && p.state == BUDDY_FRAME_FREE && p.order > WORLD_PAGEBLOCK_ORDER)
			type = 0;
		put(out, (unsigned)p.state << 6 | type << 4 | p.order);
		pfn += p.pages;
	}
	for (uint64_t pfn = 0; pfn < w->config.frames; pfn += 1u << WORLD_PAGEBLOCK_ORDER)
		put(out, buddy_pageblock_type(w->buddy, pfn));
}

static void put_list(struct writer *out, unsigned tag, const uint64_t *pfns, const uint8_t *types, uint64_t length)
{
	if (!length)
		return;
	put(out, tag);
	for (uint64_t i = 0; i < length; i++) {
		put(out, (unsigned)pfns[i]);
		if (types)
			put(out, types[i]);
	}
	put(out, LIST_END);
}

static void put_lists(const struct world *w, struct writer *out)
{
	uint64_t pfns[WORLD_FRAMES_MAX];

	for (unsigned order = 0; order <= w->top_order; order++) {
		if (!buddy_nr_free(w->buddy, 0, order))
			continue;
		for (unsigned type = 0; type <= BUDDY_MOVABLE; type++)
			put_list(out, order << 1 | type, pfns, NULL,
				 buddy_list_copy(w->buddy, 0, order, type, pfns, WORLD_FRAMES_MAX));
	}
	put(out, LIST_END);
}

/* Without per-CPU lists nothing stays on them (world_check), so what sizes them decides nothing. */
static void put_pcp(const struct world *w, struct writer *out)
{
	uint64_t pfns[WORLD_FRAMES_MAX];
	uint8_t types[WORLD_FRAMES_MAX];
	struct buddy_pcp_tuning t;
	struct buddy_zone_tuning z;

	for (unsigned index = 0; index < buddy_pcp_list_count(w->buddy); index++)
		put_list(out, index, pfns, types,
			 buddy_pcp_copy(w->buddy, 0, 0, index, pfns, types, WORLD_FRAMES_MAX));
	put(out, LIST_END);
	buddy_pcp_tuning_get(w->buddy, 0, 0, &t);
	if (w->profile->pcp_high_tuned) {
		put_wide(out, t.high_pages);
		put_wide(out, t.free_count);
		put(out, t.alloc_factor);
		put(out, t.flags);
		/* Only a list that may grow and shrink asks. */
		buddy_zone_tuning_get(w->buddy, 0, &z);
		put(out, t.high_min_pages != t.high_max_pages && z.below_high);
	} else {
		put(out, t.free_factor);
	}
}

static const struct world_live *live_of(const struct pageman_holding *h)
{
	return (const struct world_live *)((const char *)h - offsetof(struct world_live, a.holding));
}

static void put_live(const struct world *w, struct writer *out)
{
	for (unsigned frame = 0; frame < w->config.frames; frame++) {
		const struct world_live *l = w->owner[frame] ? &w->live[w->owner[frame] - 1] : NULL;
		const struct pageman_holding *h;

		if (!l || l->frame != frame)
			continue;
		put(out, frame);
		put(out, (unsigned)l->sized << 7 | l->pages);
		if (!l->sized)
			continue;
		h = &l->a.holding;
		put(out, (unsigned)l->movable << 7 | h->record.order);
		put(out, h->record.pages);
		put(out, h->record.pending_pages);
		put(out, h->record.lent_pages);
		put(out, h->lender ? live_of(h->lender)->frame : LIST_END);
		for (const struct pageman_holding *b = h->borrowers; b; b = b->next_borrower)
			put(out, live_of(b)->frame);
		put(out, LIST_END);
	}
	put(out, LIST_END);
}

static void put_stashes(const struct world *w, struct writer *out)
{
	const struct sim_held *held = w->host.state;

	for (unsigned i = 0; i < held->class_count; i++) {
		put(out, held->classes[i].places);
		for (unsigned order = 0; order <= w->top_order; order++) {
			for (const struct pageman_holding *h = held->classes[i].stash.lists[order]; h; h = h->older)
				put(out, live_of(h)->frame);
			put(out, LIST_END);
		}
	}
}

size_t world_key(const struct world *w, bool ordered, uint8_t bytes[WORLD_KEY_BYTES_MAX])
{
	struct writer out = { bytes, 0 };

	put_frames(w, &out, ordered);
	if (ordered)
		put_lists(w, &out);
	if (w->config.pcp)
		put_pcp(w, &out);
	if (w->config.stat_threshold) {
		struct buddy_pcp_tuning t;

		buddy_pcp_tuning_get(w->buddy, 0, 0, &t);
		put_wide(&out, (uint64_t)t.free_pages_diff);
	}
	put_live(w, &out);
	if (holds(w))
		put_stashes(w, &out);
	return out.length;
}

/* --- Checks ---------------------------------------------------------------------------------------------------- */

static bool claim_run(struct world *w, uint8_t *claims, uint64_t start, uint64_t end, unsigned place)
{
	for (uint64_t i = start; i < end; i++) {
		if (i >= w->config.frames || claims[i])
			return wrong(w, "frame %llu has two owners", (unsigned long long)i);
		claims[i] = (uint8_t)(place + 1);
	}
	return true;
}

static bool check_account(struct world *w, uint64_t taken_pages, uint64_t rounded_pages, uint64_t held_pages)
{
	const struct sim_account *account = &w->host.account;

	if (account->taken_pages == taken_pages && account->rounded_pages == rounded_pages &&
	    sim_host_held(&w->host) == held_pages)
		return true;
	return wrong(w, "the account says taken %llu, rounded %llu, held %llu; the owners %llu, %llu, %llu",
		     (unsigned long long)account->taken_pages, (unsigned long long)account->rounded_pages,
		     (unsigned long long)sim_host_held(&w->host), (unsigned long long)taken_pages,
		     (unsigned long long)rounded_pages, (unsigned long long)held_pages);
}

/* What each frame is for, by those who own it: place in live + 1. */
static bool claim_frames(struct world *w, uint8_t claims[WORLD_FRAMES_MAX])
{
	uint64_t taken_pages = 0, rounded_pages = 0, held_pages = 0;

	memset(claims, 0, WORLD_FRAMES_MAX);
	for (unsigned place = 0; place < w->config.frames >> w->config.grain_order; place++) {
		const struct world_live *l = &w->live[place];
		const struct pageman_record *r = &l->a.holding.record;
		uint64_t end_pfn;

		if (!l->pages)
			continue;
		if (!l->sized) {
			if (!claim_run(w, claims, l->frame, l->frame + l->pages, place))
				return false;
			continue;
		}
		taken_pages += pageman_record_owned_pages(r);
		rounded_pages += UINT64_C(1) << r->order;
		held_pages += r->pending_pages;
		end_pfn = pageman_record_end_pfn(r);
		if (r->start_pfn != l->frame || r->pages < l->pages || r->released_pages ||
		    (!holds(w) && r->pending_pages))
			return wrong(w, "the record of frame %u says pages %u, pending %u, released %u", l->frame,
				     r->pages, r->pending_pages, r->released_pages);
		/* What is held lies at the end; what lies before it may have gone back. */
		if (!claim_run(w, claims, l->frame, l->frame + r->pages, place) ||
		    !claim_run(w, claims, end_pfn - r->pending_pages, end_pfn, place))
			return false;
	}
	return !w->policy || check_account(w, taken_pages, rounded_pages, held_pages);
}

/* A block of a sized request may be in several hands, where a policy lends. */
static bool check_used(struct world *w, const struct buddy_piece *p, const uint8_t *claims)
{
	for (uint64_t i = p->start_pfn; i < p->start_pfn + p->pages; i++) {
		const struct world_live *l = &w->live[claims[i] ? claims[i] - 1 : 0];

		if (!claims[i])
			return wrong(w, "frame %llu is in use and nobody's", (unsigned long long)i);
		if (!p->known || p->movable != l->movable ||
		    (!l->sized && (p->order != l->order || p->start_pfn != l->frame)))
			return wrong(w, "frame %llu: order %u, movable %d; asked for with order %u, movable %d",
				     (unsigned long long)p->start_pfn, p->order, p->movable, l->order, l->movable);
	}
	return true;
}

static bool check_frames(struct world *w)
{
	uint8_t claims[WORLD_FRAMES_MAX], free_order[WORLD_FRAMES_MAX];

	if (!claim_frames(w, claims))
		return false;
	memset(free_order, LIST_END, sizeof(free_order));
	for (uint64_t pfn = 0; pfn < w->config.frames;) {
		struct buddy_piece p = buddy_piece_at(w->buddy, pfn, w->config.frames);

		if (p.state == BUDDY_FRAME_IN_USE) {
			if (!check_used(w, &p, claims))
				return false;
		} else {
			for (uint64_t i = pfn; i < pfn + p.pages; i++)
				if (claims[i])
					return wrong(w, "frame %llu has an owner and is free", (unsigned long long)i);
			if (p.type > BUDDY_MOVABLE)
				return wrong(w, "frame %llu is of type %u", (unsigned long long)pfn, p.type);
		}
		if (p.state == BUDDY_FRAME_FREE) {
			uint64_t buddy_pfn = pfn ^ p.pages;

			free_order[pfn] = p.order;
			if (buddy_pfn < pfn && free_order[buddy_pfn] == p.order)
				return wrong(w, "free buddies %llu and %llu of order %u are not merged",
					     (unsigned long long)buddy_pfn, (unsigned long long)pfn, p.order);
		}
		pfn += p.pages;
	}
	return true;
}

bool world_check(struct world *w)
{
	if (!buddy_check(w->buddy, w->wrong, sizeof(w->wrong)) || !check_frames(w))
		return false;
	if (!w->config.pcp && buddy_pcp_count(w->buddy, 0, 0))
		return wrong(w, "a block stays on a per-CPU list of no length");
	if (holds(w)) {
		const struct sim_held *held = w->host.state;

		for (unsigned i = 0; i < held->class_count; i++)
			if (!pageman_stash_check(&held->classes[i].stash))
				return wrong(w, "a stash's check failed");
	}
	return true;
}

/* --- What must fail -------------------------------------------------------------------------------------------- */

static bool refuses(struct world *w, uint32_t cpu, uint64_t pfn, unsigned order, int expected)
{
	int free = buddy_free_pages(w->buddy, cpu, pfn, order);
	int direct = buddy_free_direct(w->buddy, cpu, pfn, order, BUDDY_FREE_TO_TAIL);

	if (free == expected && direct == expected)
		return true;
	return wrong(w, "free of frame %llu order %u by CPU %u returned %d and %d, not %d", (unsigned long long)pfn,
		     order, cpu, free, direct, expected);
}

static bool refuses_all(struct world *w)
{
	uint32_t frames = w->config.frames;
	struct buddy_request bad = { .gfp = w->gfp[0], .order = BUDDY_ORDER_COUNT };
	bool used[WORLD_FRAMES_MAX] = { false };
	struct buddy_block block;

	for (unsigned i = 0; i < frames; i++)
		used[i] = buddy_frame_state(w->buddy, i, NULL, NULL) == BUDDY_FRAME_IN_USE;
	for (unsigned order = 0; order <= w->top_order; order++)
		for (unsigned pfn = 0; pfn < frames; pfn += 1u << order) {
			bool all = true;

			for (unsigned i = 0; i < 1u << order; i++)
				all &= used[pfn + i];
			if (!all && !refuses(w, 0, pfn, order, -EEXIST))
				return false;
		}
	if (!refuses(w, 0, frames, 0, -ERANGE) || !refuses(w, 0, 0, w->top_order + 1, -ERANGE) ||
	    !refuses(w, 0, 1, 1, -EINVAL) || !refuses(w, 1, 0, 0, -EINVAL) ||
	    !refuses(w, 0, 0, BUDDY_ORDER_COUNT, -EINVAL))
		return false;
	if (buddy_alloc_pages(w->buddy, &bad, &block) != -EINVAL)
		return wrong(w, "a request of order %u is not refused", bad.order);
	return true;
}

bool world_check_refusals(struct world *w, const void *image, void *again)
{
	struct buddy_stats *stats = (struct buddy_stats *)buddy_stats(w->buddy);
	struct buddy_stats before = *stats;

	if (!refuses_all(w))
		return false;
	*stats = before; /* what it counted is no part of the state */
	world_save(w, again);
	if (memcmp(image, again, world_image_bytes(w)))
		return wrong(w, "calls that failed have changed the model's memory");
	return world_check_rest(w);
}

/* --- The way back ---------------------------------------------------------------------------------------------- */

bool world_end(struct world *w)
{
	for (unsigned frame = 0; frame < w->config.frames; frame++)
		if (w->owner[frame] && !world_apply(w, (struct world_op){ .kind = WORLD_FREE, .frame = frame & 31u }))
			return false;
	if (w->policy && sim_host_held(&w->host))
		return wrong(w, "something is held although nobody is alive");
	if (buddy_drain_all(w->buddy, 0) || buddy_fold_stats(w->buddy, 0))
		return wrong(w, "the last drain failed");
	if (!world_check(w))
		return false;
	if (buddy_nr_free(w->buddy, 0, w->top_order) != 1 ||
	    buddy_free_pages_counter(w->buddy, 0) != (int64_t)w->config.frames)
		return wrong(w, "all was freed, and the zone is not one free block");
	return true;
}

bool world_check_grains(struct world *w, struct world_op op, const void *image)
{
	static const struct sim_policy *const both[] = { &sim_policy_exact, &sim_policy_fitfree };
	uint8_t keys[2][WORLD_KEY_BYTES_MAX];
	size_t lengths[2];
	bool ok = true;

	for (unsigned i = 0; i < 2 && ok; i++) {
		world_restore(w, image);
		w->host.policy = both[i];
		ok = world_apply(w, op);
		lengths[i] = world_key(w, false, keys[i]);
	}
	w->host.policy = w->policy;
	if (ok && (lengths[0] != lengths[1] || memcmp(keys[0], keys[1], lengths[0])))
		return wrong(w, "by page and by block the same request leaves different blocks free");
	return ok;
}
