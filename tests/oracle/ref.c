// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reference allocator's memory: frames, lists and counters.
 *
 * Interface: ref_create, ref_destroy, ref_zone_tune, ref_pcp_tune of ref.h; the steps of ref_internal.h.
 * Invariant: that of ref_internal.h.
 */
#include "ref_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void ref_list_insert(struct ref_list *list, uint32_t at, uint64_t pfn)
{
	if (list->count == list->room) {
		uint32_t room = list->room ? 2 * list->room : 8;
		uint64_t *pfns = realloc(list->pfns, room * sizeof(*pfns));

		if (!pfns)
			abort();
		list->pfns = pfns;
		list->room = room;
	}
	memmove(list->pfns + at + 1, list->pfns + at, (list->count - at) * sizeof(*list->pfns));
	list->pfns[at] = pfn;
	list->count++;
}

void ref_list_erase(struct ref_list *list, uint64_t pfn)
{
	uint32_t at = 0;

	while (at < list->count && list->pfns[at] != pfn)
		at++;
	if (at == list->count)
		abort(); /* the record said that it is there */
	list->count--;
	memmove(list->pfns + at, list->pfns + at + 1, (list->count - at) * sizeof(*list->pfns));
}

void ref_list_turn(struct ref_list *list, uint32_t first)
{
	for (; first; first--) {
		uint64_t pfn = list->pfns[0];

		memmove(list->pfns, list->pfns + 1, (list->count - 1) * sizeof(*list->pfns));
		list->pfns[list->count - 1] = pfn;
	}
}

uint64_t ref_first(const struct ref_list *list)
{
	return list->count ? list->pfns[0] : BUDDY_NO_PFN;
}

bool ref_spans(const struct ref_zone *z, uint64_t pfn)
{
	return pfn >= z->start && pfn < z->end;
}

struct ref_zone *ref_zone_of(struct ref *r, uint64_t pfn)
{
	for (uint32_t i = 0; i < r->zone_count; i++)
		if (ref_spans(&r->zones[i], pfn))
			return &r->zones[i];
	return NULL;
}

struct ref_frame *ref_frame(struct ref *r, uint64_t pfn)
{
	return &r->frames[pfn - r->base];
}

/* Where two zones share a pageblock each has a type of its own for its part, as in a kernel without SPARSEMEM. */
uint64_t ref_block_index(const struct ref *r, uint64_t pfn)
{
	uint64_t blocks = ((r->end - r->base) >> r->pageblock_order) + 1;

	return r->frames[pfn - r->base].zone * blocks + ((pfn - r->base) >> r->pageblock_order);
}

unsigned ref_block_type(const struct ref *r, uint64_t pfn)
{
	return r->block_types[ref_block_index(r, pfn)];
}

void ref_set_block_types(struct ref *r, uint64_t pfn, unsigned order, unsigned type)
{
	uint64_t end = pfn + (UINT64_C(1) << order);

	do {
		r->block_types[ref_block_index(r, pfn)] = (uint8_t)type;
		pfn += UINT64_C(1) << r->pageblock_order;
	} while (pfn < end);
}

bool ref_in_pcp(const struct ref *r, unsigned order)
{
	return order <= REF_COSTLY_ORDER || order == r->pageblock_order;
}

unsigned ref_pcp_order(const struct ref *r, unsigned index)
{
	return index < 3 * (REF_COSTLY_ORDER + 1) ? index / 3 : r->pageblock_order;
}

unsigned ref_pcp_index(unsigned order, unsigned type)
{
	if (order > REF_COSTLY_ORDER)
		return 3 * (REF_COSTLY_ORDER + 1) + (type == BUDDY_MOVABLE);
	return 3 * order + type;
}

uint32_t ref_pcp_pages(const struct ref *r, const struct ref_pcp *p)
{
	uint32_t pages = 0;

	for (unsigned i = 0; i < REF_PCP_LIST_COUNT; i++)
		pages += p->lists[i].count << ref_pcp_order(r, i);
	return pages;
}

uint64_t ref_nr_free(const struct ref_zone *z, unsigned order)
{
	uint64_t blocks = 0;

	for (unsigned type = 0; type < BUDDY_TYPE_COUNT; type++)
		blocks += z->lists[order][type].count;
	return blocks;
}

/* What is left of a compound page of which something happens to a part is not compound. */
static void take_apart(struct ref *r, uint64_t pfn)
{
	unsigned order = ref_frame(r, pfn)->compound;
	uint64_t head = pfn >> order << order;

	for (uint64_t i = 0; order && i < UINT64_C(1) << order; i++)
		ref_frame(r, head + i)->compound = 0;
}

void ref_join(struct ref *r, uint64_t pfn, unsigned order)
{
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		take_apart(r, pfn + i);
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		ref_frame(r, pfn + i)->compound = (uint8_t)order;
}

static void mark(struct ref *r, uint64_t pfn, unsigned order, struct ref_frame with)
{
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		take_apart(r, pfn + i);
	with.order = (uint8_t)order;
	with.head = pfn;
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		with.zone = ref_frame(r, pfn + i)->zone;
		*ref_frame(r, pfn + i) = with;
	}
}

void ref_add(struct ref *r, struct ref_zone *z, uint64_t pfn, unsigned order, unsigned type, bool tail)
{
	struct ref_list *list = &z->lists[order][type];

	r->stats.list_adds++;
	ref_list_insert(list, tail ? list->count : 0, pfn);
	mark(r, pfn, order, (struct ref_frame){ .state = REF_FREE, .type = (uint8_t)type });
}

void ref_remove(struct ref *r, struct ref_zone *z, uint64_t pfn)
{
	struct ref_frame f = *ref_frame(r, pfn);

	r->stats.list_removals++;
	ref_list_erase(&z->lists[f.order][f.type], pfn);
	ref_use(r, pfn, f.order, false);
}

void ref_pcp_add(struct ref *r, struct ref_zone *z, uint32_t cpu, unsigned index, uint64_t pfn, unsigned order,
		 unsigned type, bool tail)
{
	struct ref_list *list = &z->pcps[cpu].lists[index];

	r->stats.pcp_list_ops++;
	ref_list_insert(list, tail ? list->count : 0, pfn);
	mark(r, pfn, order, (struct ref_frame){ .state = REF_PCP, .type = (uint8_t)type, .cpu = (uint8_t)cpu,
						.index = (uint8_t)index });
}

void ref_pcp_remove(struct ref *r, struct ref_zone *z, uint64_t pfn)
{
	struct ref_frame f = *ref_frame(r, pfn);

	r->stats.pcp_list_ops++;
	ref_list_erase(&z->pcps[f.cpu].lists[f.index], pfn);
	ref_use(r, pfn, f.order, false);
}

void ref_use(struct ref *r, uint64_t pfn, unsigned order, bool movable)
{
	mark(r, pfn, order, (struct ref_frame){ .state = REF_IN_USE, .movable = movable });
}

void ref_begin_free(struct ref *r, uint64_t pfn, unsigned order)
{
	mark(r, pfn, order, (struct ref_frame){ .state = REF_FREEING, .type = (uint8_t)ref_block_type(r, pfn) });
}

bool ref_is_free_block(struct ref *r, const struct ref_zone *z, uint64_t pfn, unsigned order)
{
	const struct ref_frame *f;

	if (!ref_spans(z, pfn))
		return false;
	f = ref_frame(r, pfn);
	return f->state == REF_FREE && f->head == pfn && f->order == order;
}

void ref_count_free(struct ref_zone *z, uint32_t cpu, int64_t pages)
{
	struct buddy_pcp_tuning *t = &z->pcps[cpu].t;
	int64_t diff = t->free_pages_diff + pages;

	if (llabs(diff) > (long long)t->stat_threshold) {
		z->free_counter += diff;
		diff = 0;
	}
	t->free_pages_diff = diff;
}

void ref_account(struct ref_zone *z, uint32_t cpu, int64_t pages, unsigned type)
{
	if (type != BUDDY_ISOLATE)
		ref_count_free(z, cpu, pages);
}

/* --- Start and end ------------------------------------------------------------------------------------------ */

static void load_lists(struct ref *r, struct ref_zone *z, const struct buddy *b, uint64_t *pfns, uint8_t *types,
		       uint64_t room)
{
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
		for (unsigned type = 0; type < BUDDY_TYPE_COUNT; type++) {
			uint64_t count = buddy_list_copy(b, z->index, order, type, pfns, room);

			for (uint64_t i = 0; i < count; i++)
				ref_add(r, z, pfns[i], order, type, true);
		}
	for (uint32_t cpu = 0; cpu < r->cpu_count; cpu++)
		for (unsigned index = 0; index < buddy_pcp_list_count(b); index++) {
			uint64_t count = buddy_pcp_copy(b, z->index, cpu, index, pfns, types, room);

			for (uint64_t i = 0; i < count; i++)
				ref_pcp_add(r, z, cpu, index, pfns[i], ref_pcp_order(r, index), types[i], true);
		}
}

static void load_pieces(struct ref *r, struct ref_zone *z, const struct buddy *b)
{
	for (uint64_t pfn = z->start; pfn < z->end;) {
		struct buddy_piece piece = buddy_piece_at(b, pfn, z->end);

		if (piece.state == BUDDY_FRAME_IN_USE && piece.movable)
			for (uint64_t i = 0; i < piece.pages; i++)
				ref_frame(r, pfn + i)->movable = true;
		pfn += piece.pages;
	}
}

static void load_compaction(struct ref *r, struct ref_zone *z, const struct buddy *b)
{
	buddy_compact_zone_get(b, z->index, &z->memory);
	buddy_deferral_get(b, z->index, &z->deferral);
	for (uint64_t pfn = z->start; pfn < z->end; pfn++)
		r->skips[ref_block_index(r, pfn)] = buddy_skip(b, pfn);
}

static bool load_zone(struct ref *r, struct ref_zone *z, const struct buddy_zone_config *c, const struct buddy *b)
{
	uint64_t *pfns = malloc(c->spanned_pages * sizeof(*pfns));
	uint8_t *types = malloc(c->spanned_pages);

	z->node = c->node;
	z->type = c->type;
	z->start = c->start_pfn;
	z->end = c->start_pfn + c->spanned_pages;
	z->pcps = calloc(r->cpu_count, sizeof(*z->pcps));
	if (pfns && types && z->pcps) {
		buddy_zone_tuning_get(b, z->index, &z->t);
		z->free_counter = buddy_free_pages_counter(b, z->index);
		for (uint32_t cpu = 0; cpu < r->cpu_count; cpu++)
			buddy_pcp_tuning_get(b, z->index, cpu, &z->pcps[cpu].t);
		for (uint64_t pfn = z->start; pfn < z->end; pfn++) {
			ref_frame(r, pfn)->zone = (uint8_t)z->index;
			ref_set_block_types(r, pfn, 0, buddy_pageblock_type(b, pfn));
		}
		load_lists(r, z, b, pfns, types, c->spanned_pages);
		load_pieces(r, z, b);
		load_compaction(r, z, b);
	}
	free(pfns);
	free(types);
	return pfns && types && z->pcps;
}

struct ref *ref_create(const struct buddy_config *config, const struct buddy *buddy)
{
	const struct buddy_zone_config *last = &config->zones[config->zone_count - 1];
	struct ref *r = calloc(1, sizeof(*r));
	bool ok;

	if (!r)
		return NULL;
	r->is_6_12 = !strcmp(config->profile->name, "6.12");
	r->with_cma = config->with_cma;
	r->cpu_count = config->cpu_count;
	r->pageblock_order = config->pageblock_order;
	r->base = config->zones[0].start_pfn >> BUDDY_ORDER_MAX << BUDDY_ORDER_MAX;
	r->end = last->start_pfn + last->spanned_pages;
	r->frames = calloc(r->end - r->base, sizeof(*r->frames));
	r->block_types = calloc(((r->end - r->base) >> r->pageblock_order) + 1, config->zone_count);
	r->skips = calloc(((r->end - r->base) >> r->pageblock_order) + 1, config->zone_count);
	r->holes = calloc(((r->end - r->base) >> r->pageblock_order) + 1, config->zone_count);
	ok = r->frames && r->block_types && r->skips && r->holes;
	for (uint32_t i = 0; ok && i < config->zone_count; i++) {
		r->zones[i].index = i;
		r->zone_count = i + 1;
		if (config->zones[i].node + 1 > r->node_count)
			r->node_count = config->zones[i].node + 1;
		ok = load_zone(r, &r->zones[i], &config->zones[i], buddy);
	}
	for (uint32_t node = 0; ok && node < r->node_count; node++)
		buddy_kcompactd_get(buddy, node, &r->kcompactd[node]);
	r->stats = *buddy_stats(buddy);
	if (ok)
		return r;
	ref_destroy(r);
	return NULL;
}

void ref_destroy(struct ref *r)
{
	if (!r)
		return;
	for (uint32_t i = 0; i < r->zone_count; i++) {
		struct ref_zone *z = &r->zones[i];

		for (unsigned l = 0; l < BUDDY_ORDER_COUNT * BUDDY_TYPE_COUNT; l++)
			free(z->lists[l / BUDDY_TYPE_COUNT][l % BUDDY_TYPE_COUNT].pfns);
		for (uint32_t cpu = 0; z->pcps && cpu < r->cpu_count; cpu++)
			for (unsigned l = 0; l < REF_PCP_LIST_COUNT; l++)
				free(z->pcps[cpu].lists[l].pfns);
		free(z->pcps);
	}
	free(r->frames);
	free(r->block_types);
	free(r->skips);
	free(r->holes);
	free(r);
}

int ref_zone_tune(struct ref *r, uint32_t zone, const struct buddy_zone_tuning *tuning)
{
	if (zone >= r->zone_count)
		return -EINVAL;
	r->zones[zone].t = *tuning;
	return 0;
}

int ref_pcp_tune(struct ref *r, uint32_t zone, uint32_t cpu, const struct buddy_pcp_tuning *tuning)
{
	if (zone >= r->zone_count || cpu >= r->cpu_count || !tuning->batch_pages)
		return -EINVAL;
	r->zones[zone].pcps[cpu].t = *tuning;
	return 0;
}
