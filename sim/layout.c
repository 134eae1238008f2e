// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Zone layouts for traces without an exact snapshot: given by the user, of /proc, or that of x86-64.
 *
 * Interface: sim_layout_parse, sim_layout_from_snapshot, sim_layout_derive (load.h).
 * Invariant: zones of a layout are ascending and disjoint.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

static const char *const zone_type_names[BUDDY_ZONE_TYPE_COUNT] = { "DMA", "DMA32", "Normal", "Movable" };

#define TOP_BLOCK_PAGES (UINT64_C(1) << BUDDY_ORDER_MAX)
#define DMA_END_PFN UINT64_C(4096)      /* 16 MiB */
#define DMA32_END_PFN UINT64_C(1048576) /* 4 GiB */
#define FRAME_COUNT_MAX (UINT64_C(1) << 40)

static int layout_error(struct sim_error *error, const char *at, const char *expected)
{
	return sim_fail(error, -EINVAL, "--zones: expected %s, found \"%.40s\"", expected, at);
}

/* Reads a frame number, decimal or 0x; moves *at behind it. */
static int parse_pfn(const char **at, uint64_t *out)
{
	char *end;

	if (**at < '0' || **at > '9')
		return -EINVAL;
	errno = 0;
	*out = strtoull(*at, &end, 0);
	if (errno || *out > FRAME_COUNT_MAX)
		return -EINVAL;
	*at = end;
	return 0;
}

static int parse_zone(struct buddy_zone_config *zone, const char **at, struct sim_error *error)
{
	uint64_t end_pfn, node = 0;
	uint32_t type = 0;
	size_t length = strcspn(*at, "=");
	const char *number;

	while (type < BUDDY_ZONE_TYPE_COUNT && (strlen(zone_type_names[type]) != length ||
						strncmp(*at, zone_type_names[type], length)))
		type++;
	if (type == BUDDY_ZONE_TYPE_COUNT || (*at)[length] != '=')
		return layout_error(error, *at, "NAME=START-END with NAME one of DMA, DMA32, Normal, Movable");
	*at += length + 1;
	if (parse_pfn(at, &zone->start_pfn) || **at != '-')
		return layout_error(error, *at, "START-END in frames");
	number = ++*at;
	if (parse_pfn(at, &end_pfn) || end_pfn <= zone->start_pfn)
		return layout_error(error, number, "an END above START");
	if (**at == '@') {
		number = ++*at;
		if (parse_pfn(at, &node) || node >= BUDDY_NODE_COUNT_MAX)
			return layout_error(error, number, "a node number below 8");
	}
	zone->name = zone_type_names[type];
	zone->type = type;
	zone->node = (uint32_t)node;
	zone->spanned_pages = end_pfn - zone->start_pfn;
	return 0;
}

int sim_layout_parse(struct sim_layout *layout, const char *spec, struct sim_error *error)
{
	const char *at = spec;
	uint64_t end_pfn = 0;

	layout->zone_count = 0;
	for (;;) {
		struct buddy_zone_config *zone = &layout->zones[layout->zone_count];
		int result;

		if (layout->zone_count == BUDDY_ZONE_COUNT_MAX)
			return layout_error(error, at, "at most 16 zones");
		result = parse_zone(zone, &at, error);
		if (result)
			return result;
		if (layout->zone_count && zone->start_pfn < end_pfn)
			return layout_error(error, spec, "ascending zones that do not overlap");
		end_pfn = zone->start_pfn + zone->spanned_pages;
		layout->zone_count++;
		if (*at == '\0')
			return 0;
		if (*at++ != ',')
			return layout_error(error, at - 1, "\",\" or the end");
	}
}

static void layout_add(struct sim_layout *layout, uint32_t type, uint64_t start_pfn, uint64_t end_pfn)
{
	struct buddy_zone_config *zone = &layout->zones[layout->zone_count++];

	zone->node = 0;
	zone->type = type;
	zone->name = zone_type_names[type];
	zone->start_pfn = start_pfn;
	zone->spanned_pages = end_pfn - start_pfn;
}

void sim_layout_from_snapshot(struct sim_layout *layout, const struct rec_snapshot *snapshot)
{
	layout->zone_count = 0;
	layout->cpu_count = snapshot->kernel.online_cpus ? snapshot->kernel.online_cpus : 1;
	for (uint32_t i = 0; i < snapshot->zone_count && i < BUDDY_ZONE_COUNT_MAX; i++) {
		const struct rec_wire_zone *z = &snapshot->zones[i].z;

		if (z->zone_type >= BUDDY_ZONE_TYPE_COUNT)
			continue;
		layout->zones[layout->zone_count++] =
			(struct buddy_zone_config){ .node = z->node,
						    .type = z->zone_type,
						    .name = zone_type_names[z->zone_type],
						    .start_pfn = z->start_pfn,
						    .spanned_pages = z->spanned_pages };
	}
}

void sim_layout_derive(struct sim_layout *layout, uint64_t last_pfn)
{
	static const uint64_t limits[3] = { DMA_END_PFN, DMA32_END_PFN, UINT64_MAX };
	uint64_t end_pfn = (last_pfn / TOP_BLOCK_PAGES + 1) * TOP_BLOCK_PAGES;
	uint64_t start_pfn = 1; /* frame 0 belongs to no zone on x86-64 */

	layout->zone_count = 0;
	for (uint32_t type = BUDDY_ZONE_DMA; type <= BUDDY_ZONE_NORMAL && start_pfn < end_pfn; type++) {
		uint64_t zone_end_pfn = end_pfn < limits[type] ? end_pfn : limits[type];

		layout_add(layout, type, start_pfn, zone_end_pfn);
		start_pfn = zone_end_pfn;
	}
}
