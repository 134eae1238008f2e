// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model of a recording without order, and what is known of it.
 *
 * Interface: stock_internal.h, stock_create, stock_destroy.
 * Invariant: lists of the model are as long as the kernel's, as far as the events tell.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "stock_internal.h"

#define TOP_PAGES (UINT64_C(1) << BUDDY_ORDER_MAX)

static uint64_t align_down(uint64_t pfn, unsigned order) { return pfn & ~((UINT64_C(1) << order) - 1); }

/* --- Pageblocks ------------------------------------------------------------ */

static uint8_t *pageblock_known(const struct stock *s, const struct stock_zone *z, uint64_t pfn)
{
	uint64_t number = (pfn >> s->pageblock_order) - (z->start_pfn >> s->pageblock_order);

	return &s->pageblock_known[z->first_pageblock + number];
}

unsigned stock_pageblock_type(const struct stock *s, const struct stock_zone *z, uint64_t pfn)
{
	return buddy_pageblock_type(s->buddy, pfn + z->shift);
}

static void set_pageblock(struct stock *s, const struct stock_zone *z, uint64_t pfn, unsigned type)
{
	uint64_t first = align_down(pfn, s->pageblock_order);

	/* The first pageblock of a zone may begin before it. */
	buddy_set_pageblock_type(s->buddy, (first < z->start_pfn ? z->start_pfn : first) + z->shift, type);
}

void stock_learn_pageblock(struct stock *s, const struct stock_zone *z, uint64_t pfn, unsigned type)
{
	uint8_t *known = pageblock_known(s, z, pfn);

	if (type >= BUDDY_TYPE_COUNT || *known)
		return;
	*known = 1;
	set_pageblock(s, z, pfn, type);
}

/* --- Per-CPU lists ------------------------------------------------------------ */

struct stock_list *stock_list(const struct stock *s, const struct stock_zone *z, uint32_t cpu, unsigned order,
			      unsigned type)
{
	unsigned index = buddy_pcp_index(s->buddy, order, type < BUDDY_PCP_TYPE_COUNT ? type : BUDDY_MOVABLE);

	return &s->lists[(stock_zone_index(s, z) * s->cpu_count + cpu) * s->pcp_lists + index];
}

uint64_t stock_list_pfn(const struct stock *s, const struct stock_zone *z, uint32_t frame)
{
	(void)s;
	return z->start_pfn + (frame - z->first_frame);
}

void stock_list_add(struct stock *s, struct stock_list *list, struct stock_zone *z, uint64_t pfn, unsigned order,
		    unsigned type, bool tail)
{
	uint32_t index = stock_frame_index(z, pfn);
	struct stock_frame *f = &s->frames[index];

	stock_mark(s, z, pfn, order, FRAME_KNOWN);
	f->flags = FRAME_KNOWN | FRAME_LISTED;
	f->order = order & 15u;
	f->type = type & 15u;
	f->list = (uint32_t)(list - s->lists);
	f->prev = tail ? list->last : NO_FRAME;
	f->next = tail ? NO_FRAME : list->first;
	if (f->prev == NO_FRAME)
		list->first = index;
	else
		s->frames[f->prev].next = index;
	if (f->next == NO_FRAME)
		list->last = index;
	else
		s->frames[f->next].prev = index;
	list->count++;
}

bool stock_unlist(struct stock *s, const struct stock_zone *z, uint64_t pfn)
{
	struct stock_frame *f = stock_frame_at(s, z, pfn);
	struct stock_list *list;

	if (!(f->flags & FRAME_LISTED))
		return false;
	list = &s->lists[f->list];
	if (f->prev == NO_FRAME)
		list->first = f->next;
	else
		s->frames[f->prev].next = f->next;
	if (f->next == NO_FRAME)
		list->last = f->prev;
	else
		s->frames[f->next].prev = f->prev;
	list->count--;
	f->flags &= (uint8_t)~FRAME_LISTED;
	return true;
}

void stock_mark(struct stock *s, const struct stock_zone *z, uint64_t pfn, unsigned order, unsigned flags)
{
	struct stock_frame *f = stock_frame_at(s, z, pfn);

	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		s->result.unseen += stock_unlist(s, z, pfn + i);
		f[i].flags = (uint8_t)flags;
	}
}

/* --- Free blocks ------------------------------------------------------------ */


bool stock_first(const struct stock *s, const struct stock_zone *z, unsigned order, unsigned type, uint64_t *head_out,
		 unsigned *order_out, bool *known_out)
{
	for (unsigned o = order; o < BUDDY_ORDER_COUNT; o++) {
		uint64_t head;

		if (!buddy_list_first(s->buddy, stock_zone_index(s, z), o, type, &head))
			continue;
		*order_out = o;
		*known_out = head < z->real_end;
		*head_out = head - z->shift;
		for (uint64_t i = 0; *known_out && i < UINT64_C(1) << order; i++)
			*known_out = !(stock_frame_at(s, z, *head_out + i)->flags & FRAME_HINDSIGHT);
		return true;
	}
	return false;
}

void stock_follow_miss(struct stock *s, struct stock_zone *z, unsigned order, unsigned type, uint64_t head,
		       uint64_t pfn)
{
	uint64_t *missed = &z->missed[type][order];
	uint64_t block;
	unsigned found = 0;
	bool is_free = buddy_frame_state(s->buddy, pfn + z->shift, &block, &found) == BUDDY_FRAME_FREE;

	/* Further down the same list: a search of compaction turned it, what stood before is behind now. */
	if (is_free && found == order) {
		buddy_turn_to_tail(s->buddy, block);
		s->result.turned++;
		return;
	}
	/* The kernel would not have split a larger block while it had this one. */
	if (is_free && found > order) {
		buddy_take(s->buddy, 0, head + z->shift, order);
		s->result.unseen++;
	} else if (*missed == head) {
		buddy_turn_to_tail(s->buddy, head + z->shift);
		*missed = BUDDY_NO_PFN;
	} else {
		*missed = head;
	}
}

/* Takes whatever of the range the model holds free. Return: frames. */
static uint64_t take_pieces(struct stock *s, const struct stock_zone *z, uint64_t pfn, unsigned order)
{
	uint64_t end = pfn + (UINT64_C(1) << order), taken = 0;

	while (pfn < end) {
		uint64_t head;
		unsigned piece = 0;

		if (buddy_frame_state(s->buddy, pfn + z->shift, &head, &piece) != BUDDY_FRAME_FREE) {
			pfn++;
			continue;
		}
		if (piece > order)
			piece = order;
		while (pfn & ((UINT64_C(1) << piece) - 1))
			piece--;
		buddy_take(s->buddy, 0, pfn + z->shift, piece);
		taken += UINT64_C(1) << piece;
		pfn += UINT64_C(1) << piece;
	}
	return taken;
}

/* Nothing speaks against these frames being part of an unknown remainder. */
static bool may_be_unknown(const struct stock *s, const struct stock_zone *z, uint64_t pfn, unsigned order)
{
	const struct stock_frame *f;

	if (!stock_spans(z, pfn, order))
		return false;
	f = stock_frame_at(s, z, pfn);
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		if (f[i].flags || f[i].fact == FACT_USED || f[i].fact == FACT_PCP)
			return false;
	return true;
}

/* Puts a block on the tail of a list, counted. @pfn: of the model. */
static int load_block(struct stock *s, const struct stock_zone *z, uint64_t pfn, unsigned order, unsigned type)
{
	uint32_t zone = stock_zone_index(s, z);
	int64_t counted = buddy_free_pages_counter(s->buddy, zone) + (INT64_C(1) << order);
	int result = buddy_load_free(s->buddy, pfn, order, type);

	return result ? result : buddy_zone_set_free_pages(s->buddy, zone, counted);
}

/* Exchanges the first stand-in of that list for the block at @pfn. Return: false when the list has none. */
static bool discover(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned order, unsigned type, unsigned flags)
{
	struct stand_ins *in = &z->stand_ins[type][order];

	if (in->used == in->count)
		return false;
	if (buddy_take(s->buddy, 0, in->first_pfn + (in->used++ << (order + 1)), order))
		return false;
	if (load_block(s, z, pfn + z->shift, order, type))
		return false;
	stock_mark(s, z, pfn, order, flags);
	stock_learn_pageblock(s, z, pfn, type);
	return true;
}

/* Nothing that came before says where these frames are. */
static bool unheard_of(const struct stock *s, const struct stock_zone *z, uint64_t pfn, unsigned order)
{
	const struct stock_frame *f;

	if (!stock_spans(z, pfn, order))
		return false;
	f = stock_frame_at(s, z, pfn);
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		if (f[i].flags)
			return false;
	return true;
}

/*
 * The kernel took from the smallest list that had a block. Where that is one whose first block is a stand-in, the
 * lengths say how large the block is; they outweigh a first event that speaks against it, for what compaction took and
 * gave back looks as if it had been in use.
 */
static bool discover_by_length(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned order, unsigned type)
{
	uint64_t head;

	for (unsigned o = order; o < BUDDY_ORDER_COUNT; o++) {
		if (!buddy_list_first(s->buddy, stock_zone_index(s, z), o, type, &head))
			continue;
		if (head < z->real_end || !unheard_of(s, z, align_down(pfn, o), o) ||
		    !discover(s, z, align_down(pfn, o), o, type, FRAME_KNOWN))
			return false;
		s->result.discovered++;
		return true;
	}
	return false;
}

static bool discover_around(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned order, unsigned type)
{
	for (unsigned o = order; o < BUDDY_ORDER_COUNT; o++) {
		const struct stand_ins *in = &z->stand_ins[type][o];

		if (in->used < in->count && may_be_unknown(s, z, align_down(pfn, o), o) &&
		    discover(s, z, align_down(pfn, o), o, type, FRAME_KNOWN)) {
			s->result.discovered++;
			return true;
		}
	}
	return false;
}

bool stock_secure(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned order, unsigned type)
{
	uint64_t head;
	unsigned head_order;

	if (buddy_frame_state(s->buddy, pfn + z->shift, &head, &head_order) == BUDDY_FRAME_FREE && head_order >= order)
		return true;
	if (stock_unlist(s, z, pfn))
		s->result.unseen++;
	if (discover_by_length(s, z, pfn, order, type) || discover_around(s, z, pfn, order, type))
		return true;
	for (unsigned other = 0; other < BUDDY_TYPE_COUNT; other++)
		if (other != type && discover_around(s, z, pfn, order, other))
			return true;
	return false;
}

void stock_take(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned order, unsigned type)
{
	if (!stock_secure(s, z, pfn, order, type)) {
		s->result.contradicted++;
		take_pieces(s, z, pfn, order);
	} else {
		buddy_take(s->buddy, 0, pfn + z->shift, order);
	}
	stock_mark(s, z, pfn, order, FRAME_KNOWN);
}

/* These frames are a free block of an unknown remainder, as events to come tell. */
static bool known_by_hindsight(const struct stock *s, const struct stock_zone *z, uint64_t pfn, unsigned order)
{
	const struct stock_frame *f;

	if (!stock_spans(z, pfn, order))
		return false;
	f = stock_frame_at(s, z, pfn);
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		if (f[i].flags || f[i].fact != FACT_FREE)
			return false;
	return true;
}

static bool hindsight(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned order)
{
	unsigned own;

	if (!known_by_hindsight(s, z, pfn, order))
		return false;
	own = stock_pageblock_type(s, z, pfn);
	if (own < BUDDY_TYPE_COUNT && discover(s, z, pfn, order, own, FRAME_KNOWN | FRAME_HINDSIGHT))
		return true;
	for (unsigned type = 0; type < BUDDY_TYPE_COUNT; type++)
		if (type != own && discover(s, z, pfn, order, type, FRAME_KNOWN | FRAME_HINDSIGHT))
			return true;
	return false;
}

static bool free_at(const struct stock *s, const struct stock_zone *z, uint64_t pfn, unsigned order)
{
	uint64_t head;
	unsigned head_order;

	return buddy_frame_state(s->buddy, pfn + z->shift, &head, &head_order) == BUDDY_FRAME_FREE &&
	       head == pfn + z->shift && head_order == order;
}

/*
 * Before a block is put: the buddies that it will merge with, and the one whose being free decides between the list's
 * head and tail, come into being if events to come say that they are free.
 */
static void look_around(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned order)
{
	for (; order < BUDDY_ORDER_MAX; order++) {
		uint64_t buddy = pfn ^ UINT64_C(1) << order;

		if (!free_at(s, z, buddy, order)) {
			if (!hindsight(s, z, buddy, order))
				break;
			s->result.hindsight_merges++;
		}
		pfn &= buddy;
	}
	if (order < BUDDY_ORDER_MAX - 1) {
		uint64_t higher = align_down(pfn, order + 1) ^ UINT64_C(2) << order;

		if (!free_at(s, z, higher, order + 1))
			hindsight(s, z, higher, order + 1);
	}
}

void stock_put(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned order, unsigned type, bool to_tail)
{
	unsigned own = stock_pageblock_type(s, z, pfn);

	if (take_pieces(s, z, pfn, order))
		s->result.contradicted++;
	look_around(s, z, pfn, order);
	stock_mark(s, z, pfn, order, FRAME_KNOWN);
	/* The list is the one of the type that the block carries; the pageblock's may have changed since. */
	if (own != type)
		set_pageblock(s, z, pfn, type);
	buddy_free_direct(s->buddy, 0, pfn + z->shift, order, to_tail ? BUDDY_FREE_TO_TAIL : 0);
	if (own != type)
		set_pageblock(s, z, pfn, own);
}

void stock_move_pageblock(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned type, bool ownership)
{
	uint64_t first = align_down(pfn, s->pageblock_order), end = first + (UINT64_C(1) << s->pageblock_order);
	unsigned own = stock_pageblock_type(s, z, pfn);

	if (first < z->start_pfn || end > z->end_pfn)
		return;
	/* Blocks of it that events to come name are free there now. */
	for (uint64_t at = first; at < end;) {
		unsigned order = s->pageblock_order;

		while (order && ((at & ((UINT64_C(1) << order) - 1)) || !known_by_hindsight(s, z, at, order)))
			order--;
		hindsight(s, z, at, order);
		at += UINT64_C(1) << order;
	}
	*pageblock_known(s, z, pfn) = 1;
	buddy_move_pageblock(s->buddy, first + z->shift, type);
	if (!ownership)
		set_pageblock(s, z, pfn, own);
}

void stock_isolated(struct stock *s, uint64_t start_pfn, uint64_t end_pfn, uint64_t frames)
{
	struct stock_zone *z = stock_zone_of(s, start_pfn);

	for (uint64_t pfn = start_pfn; z && frames && pfn < end_pfn && pfn < z->end_pfn;) {
		uint64_t head;
		unsigned order;

		if (buddy_frame_state(s->buddy, pfn + z->shift, &head, &order) != BUDDY_FRAME_FREE ||
		    head != pfn + z->shift) {
			pfn++;
			continue;
		}
		buddy_take(s->buddy, 0, head, order);
		stock_mark(s, z, pfn, order, FRAME_KNOWN);
		pfn += UINT64_C(1) << order;
		frames -= frames < UINT64_C(1) << order ? frames : UINT64_C(1) << order;
		s->result.isolated += UINT64_C(1) << order;
	}
}

/* --- From the snapshot ------------------------------------------------------------ */

static uint64_t block_count(const struct rec_snapshot *snapshot, uint32_t zone, unsigned type, unsigned order)
{
	for (uint32_t i = 0; i < snapshot->counts_count; i++)
		if (snapshot->counts[i].zone == zone && snapshot->counts[i].migratetype == type)
			return snapshot->counts[i].blocks[order];
	return 0;
}

/* Where the zones and their stand-ins lie in the model. Return: frames of the kernel's zones. */
static uint64_t place_zones(struct stock *s, const struct rec_snapshot *snapshot, struct buddy_zone_config *configs)
{
	uint64_t end = 0, frames = 0, pageblocks = 0;

	for (uint32_t i = 0; i < s->zone_count; i++) {
		const struct rec_wire_zone *from = &snapshot->zones[i].z;
		struct stock_zone *z = &s->zones[i];
		uint64_t at;

		z->start_pfn = from->start_pfn;
		z->end_pfn = from->start_pfn + from->spanned_pages;
		z->type = from->zone_type;
		at = align_down(z->start_pfn, BUDDY_ORDER_MAX);
		z->shift = end > at ? end - at : 0;
		z->first_frame = (uint32_t)frames;
		z->first_pageblock = (uint32_t)pageblocks;
		z->real_end = align_down(z->end_pfn + z->shift + 2 * TOP_PAGES - 1, BUDDY_ORDER_MAX + 1);
		z->low_mark = from->watermark[1] + from->watermark_boost;
		memcpy(z->lowmem_reserve, from->lowmem_reserve, sizeof(z->lowmem_reserve));
		at = z->real_end;
		for (int order = BUDDY_ORDER_MAX; order >= 0; order--)
			for (unsigned type = 0; type < BUDDY_TYPE_COUNT; type++) {
				struct stand_ins *in = &z->stand_ins[type][order];

				z->missed[type][order] = BUDDY_NO_PFN;
				in->first_pfn = at;
				in->count = block_count(snapshot, i, type, (unsigned)order);
				at += in->count << (order + 1);
			}
		end = align_down(at + TOP_PAGES - 1, BUDDY_ORDER_MAX);
		configs[i] = (struct buddy_zone_config){ .node = from->node,
							 .type = from->zone_type,
							 .name = from->name,
							 .start_pfn = z->start_pfn + z->shift,
							 .spanned_pages = end - z->start_pfn - z->shift };
		frames += from->spanned_pages;
		pageblocks += (from->spanned_pages >> s->pageblock_order) + 2;
	}
	return frames;
}

static int load_stand_ins(struct stock *s)
{
	for (uint32_t i = 0; i < s->zone_count; i++)
		for (unsigned type = 0; type < BUDDY_TYPE_COUNT; type++)
			for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
				const struct stock_zone *z = &s->zones[i];
				const struct stand_ins *in = &z->stand_ins[type][order];

				for (uint64_t k = 0; k < in->count; k++)
					if (load_block(s, z, in->first_pfn + (k << (order + 1)), order, type))
						return -EBADMSG;
			}
	return 0;
}

/* The type that most pageblocks have, for those of which nothing is known. */
static void assume_pageblocks(struct stock *s, const struct rec_snapshot *snapshot)
{
	for (uint32_t i = 0; i < s->zone_count; i++) {
		const uint64_t *of = snapshot->zones[i].pageblocks_of;
		const struct stock_zone *z = &s->zones[i];
		unsigned most = BUDDY_MOVABLE;

		for (unsigned type = 0; type < BUDDY_PCP_TYPE_COUNT; type++)
			if (of[type] > of[most])
				most = type;
		for (uint64_t pfn = z->start_pfn; pfn < z->end_pfn; pfn += UINT64_C(1) << s->pageblock_order)
			set_pageblock(s, z, pfn, most);
	}
}

static void take_pcps(struct stock *s, const struct rec_snapshot *snapshot)
{
	size_t count = (size_t)s->zone_count * s->cpu_count * s->pcp_lists;

	for (size_t i = 0; i < count; i++)
		s->lists[i] = (struct stock_list){ .first = NO_FRAME, .last = NO_FRAME, .missed = NO_FRAME };
	for (uint32_t i = 0; i < snapshot->pcp_count; i++)
		if (snapshot->pcps[i].cpu < s->cpu_count)
			s->pcp_rest[snapshot->pcps[i].zone * s->cpu_count + snapshot->pcps[i].cpu] =
				snapshot->pcps[i].count;
}

static void *map_zeroed(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void stock_forget_facts(struct stock *s)
{
	uint64_t frames = s->frames_bytes / sizeof(*s->frames);

	for (uint64_t i = 0; i < frames; i++)
		if (s->frames[i].fact)
			s->frames[i].fact = FACT_NONE;
	memset(s->pageblock_known, 0, (frames >> s->pageblock_order) + 2 * (size_t)s->zone_count);
	stock_clear_contexts(s);
}

static int fill(struct stock *s, const struct rec_snapshot *snapshot, struct sim_error *error)
{
	struct buddy_zone_config configs[BUDDY_ZONE_COUNT_MAX];
	struct buddy_config config = { .profile = s->profile, .zones = configs, .zone_count = s->zone_count,
				       .cpu_count = s->cpu_count, .pageblock_order = s->pageblock_order,
				       .with_cma = snapshot->kernel.migratetype_count > 5 };
	uint64_t frames = place_zones(s, snapshot, configs);
	size_t pcps = (size_t)s->zone_count * s->cpu_count;

	s->memory_bytes = buddy_footprint(&config);
	if (!s->memory_bytes || frames >= NO_FRAME)
		return sim_fail(error, -EBADMSG, "the zones cannot be modelled: expected ascending zones of less than "
				"2^32 frames");
	s->memory = map_zeroed(s->memory_bytes);
	s->frames_bytes = frames * sizeof(*s->frames);
	s->frames = map_zeroed(s->frames_bytes);
	s->pageblock_known = calloc((frames >> s->pageblock_order) + 2 * (size_t)s->zone_count, 1);
	s->contexts = calloc(STOCK_CONTEXTS, sizeof(*s->contexts));
	s->pcp_rest = calloc(pcps, sizeof(*s->pcp_rest));
	if (!s->memory || !s->frames || !s->pageblock_known || !s->contexts || !s->pcp_rest ||
	    buddy_init(s->memory, s->memory_bytes, &config, &s->buddy))
		return sim_fail(error, -ENOMEM, "no memory for the model");
	s->pcp_lists = buddy_pcp_list_count(s->buddy);
	s->lists = calloc(pcps * s->pcp_lists, sizeof(*s->lists));
	if (!s->lists)
		return sim_fail(error, -ENOMEM, "no memory for the model");
	take_pcps(s, snapshot);
	assume_pageblocks(s, snapshot);
	return load_stand_ins(s) ? sim_fail(error, -EBADMSG, "the model refuses the snapshot's lists") : 0;
}

int stock_create(const struct rec_snapshot *snapshot, const char *kernel, struct stock **out, struct sim_error *error)
{
	struct stock *s = calloc(1, sizeof(*s));
	int result;

	if (!s)
		return sim_fail(error, -ENOMEM, "out of memory");
	kernel = kernel ? kernel : snapshot->kernel.release;
	s->profile = buddy_profile_find(kernel);
	s->zone_count = snapshot->zone_count;
	s->cpu_count = snapshot->kernel.online_cpus ? snapshot->kernel.online_cpus : 1;
	s->pageblock_order = snapshot->kernel.pageblock_order;
	if (!s->profile)
		result = sim_fail(error, -EPROTONOSUPPORT,
				  "unknown kernel release: expected 6.1 or 6.12 (override with --kernel), found \"%s\"",
				  kernel);
	else if (!s->zone_count || s->zone_count > BUDDY_ZONE_COUNT_MAX || s->cpu_count > BUDDY_CPU_COUNT_MAX)
		result = sim_fail(error, -EBADMSG, "snapshot: expected 1 to %u zones and 1 to %u CPUs",
				  BUDDY_ZONE_COUNT_MAX, BUDDY_CPU_COUNT_MAX);
	else
		result = fill(s, snapshot, error);
	if (result) {
		stock_destroy(s);
		return result;
	}
	*out = s;
	return 0;
}

void stock_destroy(struct stock *s)
{
	if (!s)
		return;
	if (s->memory)
		munmap(s->memory, s->memory_bytes);
	if (s->frames)
		munmap(s->frames, s->frames_bytes);
	free(s->pageblock_known);
	free(s->contexts);
	free(s->pcp_rest);
	free(s->lists);
	free(s);
}

uint64_t stock_list_length(const struct stock *s, uint32_t zone, unsigned order, unsigned type)
{
	return buddy_list_length(s->buddy, zone, order, type);
}

bool stock_sound(const struct stock *s, char *message, size_t room)
{
	snprintf(message, room, "a per-CPU list is broken");
	for (size_t i = 0; i < (size_t)s->zone_count * s->cpu_count * s->pcp_lists; i++) {
		uint32_t blocks = 0, before = NO_FRAME;

		for (uint32_t f = s->lists[i].first; f != NO_FRAME; before = f, f = s->frames[f].next)
			if (blocks++ > s->lists[i].count || s->frames[f].prev != before || s->frames[f].list != i ||
			    !(s->frames[f].flags & FRAME_LISTED))
				return false;
		if (blocks != s->lists[i].count || s->lists[i].last != before)
			return false;
	}
	return buddy_check(s->buddy, message, room);
}

const struct stock_result *stock_result(const struct stock *s) { return &s->result; }
const char *stock_profile(const struct stock *s) { return s->profile->name; }
