// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Takes the state of a machine.
 *
 * Interface: state.h.
 * Source: unusable_free_index(), __fragmentation_index(), mm/vmstat.c.
 */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

static void add_indices(struct sim_zone_state *z)
{
	uint64_t blocks = 0, suitable_pages = 0;

	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
		blocks += z->free_blocks[order];
	for (unsigned order = BUDDY_ORDER_COUNT; order-- > 0;) {
		uint64_t wanted = z->free_pages * 1000 / (UINT64_C(1) << order);

		suitable_pages += z->free_blocks[order] << order;
		z->unusable_permille[order] =
			z->free_pages ? (int)((z->free_pages - suitable_pages) * 1000 / z->free_pages) : 1000;
		z->extfrag_permille[order] = suitable_pages ? -1000
					     : blocks	    ? 1000 - (int)((1000 + wanted) / blocks)
							    : 0;
	}
}

void sim_state_take(const struct sim_machine *machine, struct sim_state *out)
{
	memset(out, 0, sizeof(*out));
	out->zone_count = machine->zone_count;
	for (uint32_t zone = 0; zone < machine->zone_count; zone++) {
		struct sim_zone_state *z = &out->zones[zone];

		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
			z->free_blocks[order] = buddy_nr_free(machine->buddy, zone, order);
			z->free_pages += z->free_blocks[order] << order;
			out->all.free_blocks[order] += z->free_blocks[order];
		}
		for (uint32_t cpu = 0; cpu < machine->cpu_count; cpu++)
			z->pcp_pages += buddy_pcp_count(machine->buddy, zone, cpu);
		out->all.free_pages += z->free_pages;
		out->all.pcp_pages += z->pcp_pages;
		add_indices(z);
	}
	add_indices(&out->all);
}

struct lists {
	uint64_t *pfns;
	uint64_t room;
};

static int make_room(struct lists *l, uint64_t count)
{
	uint64_t *pfns;

	if (count <= l->room)
		return 0;
	pfns = realloc(l->pfns, count * sizeof(*pfns));
	if (!pfns)
		return -ENOMEM;
	l->pfns = pfns;
	l->room = count;
	return 0;
}

static void hash_list(const struct lists *l, uint64_t count, uint64_t list_key, uint64_t *in_order, uint64_t *blocks)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t h = sim_mix(l->pfns[i] ^ sim_mix(list_key));

		*in_order = sim_mix(*in_order + h);
		*blocks += h;
	}
}

static int hash_zone(const struct sim_machine *m, uint32_t zone, struct lists *l, struct sim_state *state)
{
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		for (unsigned type = 0; type < BUDDY_TYPE_COUNT; type++) {
			uint64_t count = buddy_list_length(m->buddy, zone, order, type);

			if (make_room(l, count))
				return -ENOMEM;
			buddy_list_copy(m->buddy, zone, order, type, l->pfns, l->room);
			hash_list(l, count, (uint64_t)zone << 32 | order << 8 | type, &state->lists_in_order,
				  &state->blocks);
		}
	}
	for (uint32_t cpu = 0; cpu < m->cpu_count; cpu++) {
		for (unsigned index = 0; index < buddy_pcp_list_count(m->buddy); index++) {
			uint64_t count = buddy_pcp_copy(m->buddy, zone, cpu, index, l->pfns, NULL, l->room);

			if (count > l->room) {
				if (make_room(l, count))
					return -ENOMEM;
				buddy_pcp_copy(m->buddy, zone, cpu, index, l->pfns, NULL, l->room);
			}
			hash_list(l, count, UINT64_C(1) << 63 | (uint64_t)zone << 32 | (uint64_t)cpu << 8 | index,
				  &state->pcp_in_order, &state->pcp_blocks);
		}
	}
	return 0;
}

static void hash_pageblocks(const struct sim_machine *m, uint32_t zone, struct sim_state *state)
{
	const struct buddy_zone_config *z = &m->zones[zone];
	uint64_t end_pfn = z->start_pfn + z->spanned_pages;

	for (uint64_t pfn = z->start_pfn; pfn < end_pfn; pfn = (pfn | 511) + 1)
		state->pageblock_types = sim_mix(state->pageblock_types + buddy_pageblock_type(m->buddy, pfn));
}

int sim_state_fingerprint(const struct sim_machine *machine, struct sim_state *state)
{
	struct lists l = { 0 };
	int result = 0;

	state->lists_in_order = state->blocks = state->pcp_in_order = state->pcp_blocks = 0;
	state->pageblock_types = 0;
	for (uint32_t zone = 0; zone < machine->zone_count && !result; zone++) {
		result = hash_zone(machine, zone, &l, state);
		hash_pageblocks(machine, zone, state);
	}
	free(l.pfns);
	return result;
}

enum sim_relation sim_state_relation(const struct sim_state *a, const struct sim_state *b)
{
	bool same_types = a->pageblock_types == b->pageblock_types;

	if (same_types && a->lists_in_order == b->lists_in_order && a->pcp_in_order == b->pcp_in_order)
		return SIM_SAME_IN_ORDER;
	if (same_types && a->blocks == b->blocks && a->pcp_blocks == b->pcp_blocks)
		return SIM_SAME_BLOCKS;
	for (uint32_t zone = 0; zone < a->zone_count; zone++)
		if (memcmp(a->zones[zone].free_blocks, b->zones[zone].free_blocks, sizeof(a->zones[zone].free_blocks)))
			return SIM_DIFFERENT;
	return SIM_SAME_COUNTS;
}
