// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One owner per frame.
 *
 * Interface and invariant: owners.h.
 */
#include "owners.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool wrong(struct oracle *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool wrong(struct oracle *o, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(o->wrong, sizeof(o->wrong), format, arguments);
	va_end(arguments);
	return false;
}

bool oracle_init(struct oracle *o, const struct buddy *buddy, const struct buddy_zone_config *zones,
		 uint32_t zone_count, uint32_t cpu_count, uint32_t id_count, enum oracle_rest rest)
{
	const struct buddy_zone_config *last = &zones[zone_count - 1];
	uint64_t frames = last->start_pfn + last->spanned_pages - zones[0].start_pfn;

	*o = (struct oracle){ .buddy = buddy,
			      .rest = rest,
			      .zone_count = zone_count,
			      .start_pfn = zones[0].start_pfn,
			      .frames = frames,
			      .cpu_count = cpu_count,
			      .unmerged_order = BUDDY_ORDER_COUNT,
			      .owner = calloc(frames, sizeof(*o->owner)),
			      .tail = calloc(frames, 1),
			      .free_before = calloc(frames + 1, sizeof(*o->free_before)),
			      .live = calloc(id_count, sizeof(*o->live)),
			      .id_count = id_count };
	for (uint32_t i = 0; i < zone_count; i++) {
		o->zones[i] = zones[i];
		o->zone_frames += zones[i].spanned_pages;
	}
	return o->owner && o->tail && o->free_before && o->live;
}

void oracle_fini(struct oracle *o)
{
	free(o->owner);
	free(o->tail);
	free(o->free_before);
	free(o->live);
}

/* Whether [pfn, pfn + pages) lies in one zone. */
static bool in_one_zone(const struct oracle *o, uint64_t pfn, uint64_t pages)
{
	for (uint32_t i = 0; i < o->zone_count; i++) {
		const struct buddy_zone_config *z = &o->zones[i];

		if (pfn >= z->start_pfn && pfn + pages <= z->start_pfn + z->spanned_pages)
			return true;
	}
	return false;
}

bool oracle_got(struct oracle *o, uint32_t id, uint64_t pfn, uint32_t pages, unsigned order, bool sized)
{
	uint64_t block_pages = UINT64_C(1) << order;

	if (id >= o->id_count || o->live[id].pages)
		return wrong(o, "id %u is alive already", id);
	if (pfn % block_pages || !in_one_zone(o, pfn, block_pages))
		return wrong(o, "id %u got frame %llu, order %u: not aligned or not in one zone", id,
			     (unsigned long long)pfn, order);
	for (uint64_t f = pfn - o->start_pfn; f < pfn - o->start_pfn + pages; f++) {
		if (o->owner[f])
			return wrong(o, "id %u got frame %llu, which id %u has", id,
				     (unsigned long long)(o->start_pfn + f), o->owner[f] - 1);
		o->owner[f] = id + 1;
	}
	o->live[id] = (struct oracle_live){ pfn, pages, (uint8_t)order, sized };
	o->wanted_pages += sized ? pages : 0;
	o->rounded_pages += sized ? block_pages : 0;
	o->fixed_pages += sized ? 0 : pages;
	return true;
}

bool oracle_freed(struct oracle *o, uint32_t id)
{
	struct oracle_live *l = &o->live[id];

	if (!l->pages)
		return wrong(o, "id %u is not alive", id);
	for (uint64_t f = l->pfn - o->start_pfn; f < l->pfn - o->start_pfn + l->pages; f++) {
		if (o->owner[f] != id + 1)
			return wrong(o, "frame %llu is not of id %u", (unsigned long long)(o->start_pfn + f), id);
		o->owner[f] = 0;
	}
	o->wanted_pages -= l->sized ? l->pages : 0;
	o->rounded_pages -= l->sized ? UINT64_C(1) << l->order : 0;
	o->fixed_pages -= l->sized ? 0 : l->pages;
	l->pages = 0;
	return true;
}

bool oracle_check_frames(struct oracle *o, uint64_t pfn, uint32_t pages, bool in_use)
{
	for (uint64_t at = pfn; at < pfn + pages; at++) {
		bool used = buddy_frame_state(o->buddy, at, NULL, NULL) == BUDDY_FRAME_IN_USE;

		if (in_use && !used)
			return wrong(o, "frame %llu was handed out and is free in the model", (unsigned long long)at);
		if (!in_use && used && o->rest != ORACLE_HOLDS)
			return wrong(o, "frame %llu was given back and is in use in the model", (unsigned long long)at);
	}
	return true;
}

bool oracle_check_sums(struct oracle *o, const struct oracle_account *a)
{
	uint64_t used = o->zone_frames, beyond;

	for (uint32_t zone = 0; zone < o->zone_count; zone++) {
		used -= buddy_free_pages_listed(o->buddy, zone);
		for (uint32_t cpu = 0; cpu < o->cpu_count; cpu++)
			used -= buddy_pcp_count(o->buddy, zone, cpu);
	}
	if (used != o->fixed_pages + a->taken_pages)
		return wrong(o, "%llu frames are in use; blocks have %llu, sized requests took %llu",
			     (unsigned long long)used, (unsigned long long)o->fixed_pages,
			     (unsigned long long)a->taken_pages);
	if (a->rounded_pages != o->rounded_pages || a->saved_pages != o->rounded_pages - a->taken_pages)
		return wrong(o, "rounded %llu, saved %llu; counted %llu rounded, %llu taken",
			     (unsigned long long)a->rounded_pages, (unsigned long long)a->saved_pages,
			     (unsigned long long)o->rounded_pages, (unsigned long long)a->taken_pages);
	beyond = used - o->fixed_pages - o->wanted_pages;
	if (a->held_pages != (o->rest == ORACLE_HOLDS ? beyond : 0))
		return wrong(o, "%llu frames are in use beyond what is asked for; the policy says it holds %llu",
			     (unsigned long long)beyond, (unsigned long long)a->held_pages);
	if (beyond != (o->rest == ORACLE_GIVES_BACK ? 0
		       : o->rest == ORACLE_HOLDS    ? a->held_pages
						    : o->rounded_pages - o->wanted_pages))
		return wrong(o, "%llu frames are in use beyond what is asked for", (unsigned long long)beyond);
	return true;
}

static void mark_tails(struct oracle *o)
{
	memset(o->tail, 0, o->frames);
	for (uint32_t id = 0; id < o->id_count; id++) {
		const struct oracle_live *l = &o->live[id];

		if (!l->pages || !l->sized)
			continue;
		for (uint64_t page = l->pages; page < UINT64_C(1) << l->order; page++)
			o->tail[l->pfn - o->start_pfn + page] = 1;
	}
}

/* Order of the largest aligned block around frame @f of which all frames are free. */
static unsigned largest_free(const struct oracle *o, uint64_t f)
{
	unsigned order = 0;

	while (order < BUDDY_ORDER_MAX) {
		uint64_t pages = UINT64_C(2) << order, pfn = (o->start_pfn + f) & ~(pages - 1);

		if (!in_one_zone(o, pfn, pages) ||
		    o->free_before[pfn - o->start_pfn + pages] - o->free_before[pfn - o->start_pfn] != pages)
			break;
		order++;
	}
	return order;
}

bool oracle_check_all(struct oracle *o)
{
	mark_tails(o);
	for (uint64_t f = 0; f < o->frames; f++) {
		enum buddy_frame_state state = buddy_frame_state(o->buddy, o->start_pfn + f, NULL, NULL);

		if ((state == BUDDY_FRAME_OUTSIDE) == in_one_zone(o, o->start_pfn + f, 1))
			return wrong(o, "frame %llu: inside or outside the zones?",
				     (unsigned long long)(o->start_pfn + f));
		if (o->owner[f] && state != BUDDY_FRAME_IN_USE)
			return wrong(o, "frame %llu of id %u is free in the model",
				     (unsigned long long)(o->start_pfn + f), o->owner[f] - 1);
		if (!o->owner[f] && state == BUDDY_FRAME_IN_USE && (o->rest == ORACLE_GIVES_BACK || !o->tail[f]))
			return wrong(o, "frame %llu is in use in the model and nobody's",
				     (unsigned long long)(o->start_pfn + f));
		o->free_before[f + 1] = o->free_before[f] + (state == BUDDY_FRAME_FREE);
	}
	for (uint64_t f = 0; f < o->frames; f++) {
		uint64_t head_pfn, pages;
		unsigned order, expected;

		if (buddy_frame_state(o->buddy, o->start_pfn + f, &head_pfn, &order) != BUDDY_FRAME_FREE)
			continue;
		expected = largest_free(o, f);
		pages = UINT64_C(1) << expected;
		if (order >= o->unmerged_order && order < expected)
			continue;
		if (order != expected || head_pfn != ((o->start_pfn + f) & ~(pages - 1)))
			return wrong(o, "frame %llu lies in the free block %llu of order %u, expected order %u",
				     (unsigned long long)(o->start_pfn + f), (unsigned long long)head_pfn, order,
				     expected);
	}
	return true;
}
