// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Builds the small machine.
 *
 * Interface: small.h.
 */
#include "small.h"

#include <stdio.h>
#include <string.h>

#include <buddy/buddy.h>
#include <rec/recording.h>

static const uint64_t movable_pfns[2] = { 6144, 4096 };
static const uint64_t unmovable_pfns[1] = { 5120 };
static const uint8_t block_types[8] = { 1, 1, 0, 0, 1, 1, 0, 0 };

static void set_list(struct rec_list *list, uint32_t type, uint32_t count, const uint64_t *pfns)
{
	list->order = 10;
	list->migratetype = type;
	list->count = count;
	list->pfns = pfns;
}

const struct rec_snapshot *small_snapshot(void)
{
	static struct rec_snapshot s;
	static struct rec_zone zone;
	static struct rec_wire_pcp pcp;
	static struct rec_list lists[2];

	memset(&s, 0, sizeof(s));
	memset(&zone, 0, sizeof(zone));
	memset(&pcp, 0, sizeof(pcp));
	memset(lists, 0, sizeof(lists));
	strcpy(s.kernel.release, "6.1.0-56-amd64");
	s.kernel.pageblock_order = 9;
	s.kernel.order_count = 11;
	s.kernel.migratetype_count = 5;
	s.kernel.online_cpus = 1;
	strcpy(zone.z.name, "DMA32");
	zone.z.zone_type = BUDDY_ZONE_DMA32;
	zone.z.start_pfn = SMALL_START_PFN;
	zone.z.spanned_pages = SMALL_PAGES;
	zone.z.present_pages = SMALL_PAGES;
	zone.z.managed_pages = SMALL_PAGES;
	zone.z.watermark[0] = 16;
	zone.z.watermark[1] = 20;
	zone.z.watermark[2] = 24;
	zone.z.free_pages = 3072;
	zone.pageblock_start_pfn = SMALL_START_PFN;
	zone.pageblock_count = 8;
	zone.pageblock_types = block_types;
	pcp.batch = 1;
	set_list(&lists[0], BUDDY_MOVABLE, 2, movable_pfns);
	set_list(&lists[1], BUDDY_UNMOVABLE, 1, unmovable_pfns);
	s.ordered = true;
	s.zones = &zone;
	s.zone_count = 1;
	s.pcps = &pcp;
	s.pcp_count = 1;
	s.free_lists = lists;
	s.free_list_count = 2;
	return &s;
}

struct rec_event small_event(unsigned kind, uint64_t pfn, unsigned order)
{
	struct rec_event e = { 0 };

	e.kind = (uint8_t)kind;
	e.pfn = pfn;
	e.order = (uint8_t)order;
	e.pid = 100;
	e.gfp = GFP_KERNEL_6_1;
	return e;
}

int small_write(const char *path, const char *kernel_release, const struct rec_event *events, size_t count)
{
	struct rec_info info = { 0 };
	struct rec_error error = { 0 };
	struct rec_batch batch = { .events = events, .count = count };
	struct rec_writer *writer;
	int result;

	snprintf(info.kernel_release, sizeof(info.kernel_release), "%s", kernel_release);
	snprintf(info.workload, sizeof(info.workload), "synthetic");
	info.cpus = 1;
	result = rec_writer_create(path, &info, &writer, &error);
	if (!result && (result = rec_writer_add(writer, &batch, &error)))
		rec_writer_abort(writer);
	else if (!result)
		result = rec_writer_finish(writer, &error);
	if (result)
		fprintf(stderr, "%s: %s\n", path, error.text);
	return result;
}
