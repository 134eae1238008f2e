// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes the tagged records of a snapshot. See snapshot_build.h.
 */
#include "snapshot_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rec/snapshot.h>

static uint8_t *grow(struct snapshot_build *build, size_t bytes)
{
	uint8_t *at;

	if (build->out_of_memory)
		return NULL;
	if (build->room - build->used < bytes) {
		size_t room = build->room + bytes + 4096;
		uint8_t *larger = realloc(build->bytes, room);

		if (!larger) {
			build->out_of_memory = true;
			return NULL;
		}
		build->bytes = larger;
		build->room = room;
	}
	at = build->bytes + build->used;
	memset(at, 0, bytes);
	build->used += bytes;
	return at;
}

void build_begin(struct snapshot_build *build, const struct rec_wire_kernel *kernel)
{
	memset(build, 0, sizeof(*build));
	build_record(build, REC_TLV_KERNEL, kernel, sizeof(*kernel), NULL, 0);
}

void build_record(struct snapshot_build *build, uint32_t tag, const void *fixed, size_t fixed_bytes, const void *more,
		  size_t more_bytes)
{
	const struct rec_tlv head = { .tag = tag, .bytes = (uint32_t)(fixed_bytes + more_bytes) };
	uint8_t *at = grow(build, sizeof(head) + (((size_t)head.bytes + 7) & ~(size_t)7));

	if (!at)
		return;
	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), fixed, fixed_bytes);
	if (more_bytes)
		memcpy(at + sizeof(head) + fixed_bytes, more, more_bytes);
}

void build_counts(struct snapshot_build *build, const struct rec_wire_counts *head, const uint64_t *counts)
{
	build_record(build, REC_TLV_COUNTS, head, sizeof(*head), counts, (size_t)head->order_count * 8);
}

int build_end(struct snapshot_build *build, void **bytes_out, size_t *length_out)
{
	const struct rec_wire_end end = { .free_pages_walked = build->free_pages, .bytes = build->used };

	build_record(build, REC_TLV_END, &end, sizeof(end), NULL, 0);
	if (build->out_of_memory) {
		free(build->bytes);
		return -ENOMEM;
	}
	*bytes_out = build->bytes;
	*length_out = build->used;
	return 0;
}

/* The kernel's own number of a canonical migratetype. */
static uint32_t raw_type(const struct rec_snapshot *s, uint32_t type)
{
	return s->kernel.migratetype_count == 5 && type == 5 ? 4 : type;
}

static bool type_exists(const struct rec_snapshot *s, uint32_t type)
{
	return s->kernel.migratetype_count == 6 || type != 4;
}

/* A list, its entries as the kernel side writes them. */
static void write_list(struct snapshot_build *build, const struct rec_snapshot *s, const struct rec_list *list,
		       bool pcp)
{
	const struct rec_wire_list head = { .zone = list->zone, .cpu = list->cpu, .order = list->order,
					    .migratetype = pcp ? 0 : raw_type(s, list->migratetype),
					    .pindex = list->pindex, .count = list->count };
	uint64_t *entries = malloc(((size_t)list->count + 1) * sizeof(*entries));

	if (!entries) {
		build->out_of_memory = true;
		return;
	}
	for (uint32_t i = 0; i < list->count; i++)
		entries[i] = list->pfns[i] | (pcp ? (uint64_t)raw_type(s, list->migratetypes[i]) << 56 : 0);
	build_record(build, pcp ? REC_TLV_PCP_LIST : REC_TLV_FREE_LIST, &head, sizeof(head), entries,
		     (size_t)list->count * sizeof(*entries));
	free(entries);
}

static void write_pageblocks(struct snapshot_build *build, const struct rec_snapshot *s, uint32_t zone)
{
	const struct rec_zone *z = &s->zones[zone];
	const struct rec_wire_range range = { .zone = zone, .start_pfn = z->pageblock_start_pfn,
					      .count = z->pageblock_count };
	uint8_t *types = z->pageblock_types ? malloc(z->pageblock_count + 1) : NULL;

	if (!types) {
		build->out_of_memory |= z->pageblock_types != NULL;
		return;
	}
	for (uint64_t i = 0; i < z->pageblock_count; i++)
		types[i] = (uint8_t)raw_type(s, z->pageblock_types[i]);
	build_record(build, REC_TLV_PAGEBLOCKS, &range, sizeof(range), types, z->pageblock_count);
	free(types);
}

int rec_snapshot_write(const struct rec_snapshot *s, void **bytes_out, size_t *length_out)
{
	struct snapshot_build build;

	if (!s->ordered)
		return -EINVAL;
	build_begin(&build, &s->kernel);
	for (uint32_t zone = 0; zone < s->zone_count; zone++)
		build_record(&build, REC_TLV_ZONE, &s->zones[zone].z, sizeof(s->zones[zone].z), NULL, 0);
	for (uint32_t i = 0; i < s->pcp_count; i++)
		build_record(&build, REC_TLV_PCP, &s->pcps[i], sizeof(s->pcps[i]), NULL, 0);
	for (uint32_t i = 0; i < s->free_list_count; i++) {
		write_list(&build, s, &s->free_lists[i], false);
		build.free_pages += (uint64_t)s->free_lists[i].count << s->free_lists[i].order;
	}
	for (uint32_t i = 0; i < s->pcp_list_count; i++)
		write_list(&build, s, &s->pcp_lists[i], true);
	for (uint32_t zone = 0; zone < s->zone_count; zone++)
		write_pageblocks(&build, s, zone);
	if (s->has_settings)
		build_record(&build, REC_TLV_SETTINGS, &s->settings, sizeof(s->settings), NULL, 0);
	return build_end(&build, bytes_out, length_out);
}

static void forget_lists(struct snapshot_build *build, const struct rec_snapshot *s, uint32_t zone, uint32_t type)
{
	uint64_t counts[REC_COUNT_ORDERS] = { 0 };
	const struct rec_wire_counts head = { .zone = zone,
					      .migratetype = raw_type(s, type),
					      .order_count = s->kernel.order_count };

	for (uint32_t i = 0; i < s->free_list_count; i++) {
		const struct rec_list *list = &s->free_lists[i];

		if (list->zone == zone && list->migratetype == type)
			counts[list->order] += list->count;
	}
	build_counts(build, &head, counts);
}

static void forget_pageblocks(struct snapshot_build *build, const struct rec_snapshot *s, uint32_t zone)
{
	const struct rec_zone *z = &s->zones[zone];
	const struct rec_wire_block_counts head = { .zone = zone, .type_count = s->kernel.migratetype_count };
	uint64_t counts[REC_COUNT_TYPES] = { 0 };

	for (uint64_t i = 0; z->pageblock_types && i < z->pageblock_count; i++)
		counts[raw_type(s, z->pageblock_types[i])]++;
	build_record(build, REC_TLV_BLOCK_COUNTS, &head, sizeof(head), counts, (size_t)head.type_count * 8);
}

/* What /proc/zoneinfo prints of a zone, and nothing else. */
static struct rec_wire_zone zone_as_printed(const struct rec_snapshot *s, uint32_t zone)
{
	struct rec_wire_zone z = s->zones[zone].z;

	for (uint32_t i = 0; i < s->pcp_count; i++)
		if (s->pcps[i].zone == zone)
			z.free_pages += s->pcps[i].free_pages_diff;
	z.address = 0;
	z.nr_reserved_highatomic = 0;
	z.nr_isolate_pageblock = 0;
	z.percpu_drift_mark = 0;
	z.nr_free_highatomic = 0;
	z.flags = 0;
	z.reclaim_active = 0;
	z.boosted_watermark = 0;
	return z;
}

int rec_snapshot_forget(const struct rec_snapshot *s, void **bytes_out, size_t *length_out)
{
	struct rec_wire_kernel kernel = s->kernel;
	struct snapshot_build build;

	if (!s->ordered)
		return -EINVAL;
	kernel.page_offset_base = 0;
	build_begin(&build, &kernel);
	for (uint32_t zone = 0; zone < s->zone_count; zone++) {
		struct rec_wire_zone z = zone_as_printed(s, zone);

		build_record(&build, REC_TLV_ZONE, &z, sizeof(z), NULL, 0);
	}
	for (uint32_t i = 0; i < s->pcp_count; i++) {
		const struct rec_wire_pcp *from = &s->pcps[i];
		const struct rec_wire_pcp pcp = { .zone = from->zone, .cpu = from->cpu, .count = from->count,
						  .high = from->high, .batch = from->batch,
						  .stat_threshold = from->stat_threshold };

		build_record(&build, REC_TLV_PCP, &pcp, sizeof(pcp), NULL, 0);
	}
	for (uint32_t zone = 0; zone < s->zone_count; zone++) {
		for (uint32_t type = 0; type < REC_COUNT_TYPES; type++)
			if (type_exists(s, type))
				forget_lists(&build, s, zone, type);
		forget_pageblocks(&build, s, zone);
	}
	if (s->has_settings)
		build_record(&build, REC_TLV_SETTINGS, &s->settings, sizeof(s->settings), NULL, 0);
	return build_end(&build, bytes_out, length_out);
}
