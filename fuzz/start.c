// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine that a case starts on, as a snapshot.
 *
 * A case runs on what was loaded from the snapshot's records, and a recording of it carries the same records: so a
 * replay starts where the case did, to the bit.
 *
 * Interface: fuzz_start_records (fuzz.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static const char *const zone_names[BUDDY_ZONE_TYPE_COUNT] = { "DMA", "DMA32", "Normal", "Movable" };

/* All is free, and a kernel has set its defaults. Return: 0 or negative; *memory_out is to be freed. */
static int make_model(const struct fuzz_start *s, void **memory_out, struct buddy **out)
{
	struct buddy_zone_config zones[FUZZ_ZONES_MAX] = { 0 };
	const struct buddy_config config = { .profile = s->kernel, .zones = zones, .zone_count = s->zone_count,
					     .cpu_count = s->cpu_count, .pageblock_order = s->pageblock_order,
					     .with_cma = s->with_cma };
	size_t bytes;
	int result;

	for (uint32_t i = 0; i < s->zone_count; i++)
		zones[i] = (struct buddy_zone_config){ .type = s->zones[i].type, .name = zone_names[s->zones[i].type],
						       .start_pfn = s->zones[i].start_pfn,
						       .spanned_pages = s->zones[i].pages };
	bytes = (buddy_footprint(&config) + 63) & ~(size_t)63;
	if (!bytes)
		return -EINVAL;
	*memory_out = aligned_alloc(64, bytes);
	if (!*memory_out)
		return -ENOMEM;
	memset(*memory_out, 0, bytes);
	result = buddy_init(*memory_out, bytes, &config, out);
	for (uint32_t i = 0; i < s->zone_count && !result; i++)
		result = buddy_add_range(*out, s->zones[i].start_pfn, s->zones[i].start_pfn + s->zones[i].pages);
	return result;
}

static void fill_zone(const struct buddy *buddy, const struct fuzz_start *s, uint32_t zone, struct rec_wire_zone *z)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(buddy, zone, &t);
	*z = (struct rec_wire_zone){ .zone_type = s->zones[zone].type, .start_pfn = s->zones[zone].start_pfn,
				     .spanned_pages = s->zones[zone].pages, .present_pages = t.present_pages,
				     .managed_pages = t.managed_pages,
				     .free_pages = buddy_free_pages_counter(buddy, zone) };
	snprintf(z->name, sizeof(z->name), "%s", zone_names[s->zones[zone].type]);
	for (unsigned mark = 0; mark < BUDDY_MARK_COUNT; mark++)
		z->watermark[mark] = t.mark_pages[mark];
	for (unsigned type = 0; type < BUDDY_ZONE_TYPE_COUNT; type++)
		z->lowmem_reserve[type] = t.lowmem_reserve_pages[type];
}

static void fill_pcp(const struct buddy *buddy, const struct fuzz_start *s, uint32_t zone, uint32_t cpu,
		     struct rec_wire_pcp *p)
{
	struct buddy_pcp_tuning t;

	buddy_pcp_tuning_get(buddy, zone, cpu, &t);
	*p = (struct rec_wire_pcp){ .zone = zone, .cpu = cpu, .high = t.high_pages, .batch = t.batch_pages,
				    .high_min = t.high_min_pages, .high_max = t.high_max_pages,
				    .stat_threshold = t.stat_threshold };
	if (s->pcp)
		return;
	p->high = p->high_min = p->high_max = 0;
	p->batch = 1;
}

/* The pageblocks' types and the list of each order and type. Return: 0 or -ENOMEM; arrays are to be freed anyhow. */
static int fill_lists(const struct buddy *buddy, const struct fuzz_start *s, struct rec_snapshot *out)
{
	uint64_t block_pages = UINT64_C(1) << s->pageblock_order;

	for (uint32_t zone = 0; zone < s->zone_count; zone++) {
		struct rec_zone *z = &out->zones[zone];
		uint8_t *types;

		z->pageblock_start_pfn = z->z.start_pfn & ~(block_pages - 1);
		z->pageblock_count = (z->z.start_pfn + z->z.spanned_pages - z->pageblock_start_pfn + block_pages - 1) /
				     block_pages;
		z->pageblock_types = types = malloc(z->pageblock_count);
		if (!types)
			return -ENOMEM;
		for (uint64_t i = 0; i < z->pageblock_count; i++) {
			uint64_t pfn = z->pageblock_start_pfn + i * block_pages;

			types[i] = (uint8_t)buddy_pageblock_type(buddy, pfn > z->z.start_pfn ? pfn : z->z.start_pfn);
		}
		for (unsigned list = 0; list < BUDDY_ORDER_COUNT * BUDDY_TYPE_COUNT; list++) {
			unsigned order = list / BUDDY_TYPE_COUNT, type = list % BUDDY_TYPE_COUNT;
			uint64_t count = buddy_list_length(buddy, zone, order, type), *pfns;

			if (!count)
				continue;
			pfns = malloc(count * sizeof(*pfns));
			if (!pfns)
				return -ENOMEM;
			buddy_list_copy(buddy, zone, order, type, pfns, count);
			out->free_lists[out->free_list_count++] =
				(struct rec_list){ .zone = zone, .order = order, .migratetype = type,
						   .count = (uint32_t)count, .pfns = pfns };
		}
	}
	return 0;
}

static int write_model(const struct buddy *buddy, const struct fuzz_start *s, void **bytes_out, size_t *length_out)
{
	struct rec_zone zones[FUZZ_ZONES_MAX] = { 0 };
	struct rec_wire_pcp pcps[FUZZ_ZONES_MAX * FUZZ_CPUS_MAX];
	struct rec_list lists[FUZZ_ZONES_MAX * BUDDY_ORDER_COUNT * BUDDY_TYPE_COUNT];
	struct rec_snapshot out = { .ordered = true, .zones = zones, .zone_count = s->zone_count, .pcps = pcps,
				    .free_lists = lists, .has_settings = true };
	int result;

	out.kernel = (struct rec_wire_kernel){ .wire_version = REC_WIRE_VERSION, .page_shift = 12,
					       .pageblock_order = s->pageblock_order,
					       .order_count = BUDDY_ORDER_COUNT,
					       .migratetype_count = s->with_cma ? 6 : 5,
					       .online_cpus = s->cpu_count, .online_nodes = 1 };
	snprintf(out.kernel.release, sizeof(out.kernel.release), "%s", s->kernel->name);
	out.settings = (struct rec_wire_settings){ .watermark_boost_factor = 15000, .watermark_scale_factor = 10,
						   .thp_enabled = 255 };
	for (uint32_t zone = 0; zone < s->zone_count; zone++) {
		fill_zone(buddy, s, zone, &zones[zone].z);
		for (uint32_t cpu = 0; cpu < s->cpu_count; cpu++)
			fill_pcp(buddy, s, zone, cpu, &pcps[out.pcp_count++]);
	}
	result = fill_lists(buddy, s, &out);
	if (!result)
		result = rec_snapshot_write(&out, bytes_out, length_out);
	for (uint32_t i = 0; i < out.free_list_count; i++)
		free((void *)lists[i].pfns);
	for (uint32_t i = 0; i < s->zone_count; i++)
		free((void *)zones[i].pageblock_types);
	return result;
}

int fuzz_start_records(const struct fuzz_start *start, void **bytes_out, size_t *length_out, struct sim_error *error)
{
	void *memory = NULL;
	struct buddy *buddy;
	int result = make_model(start, &memory, &buddy);

	if (!result)
		result = write_model(buddy, start, bytes_out, length_out);
	free(memory);
	return result ? sim_fail(error, result, "the machine of the case cannot be made: %s", strerror(-result)) : 0;
}
