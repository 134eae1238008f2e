/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks of a snapshot that span several records. See snapshot_check.h.
 */
#include "snapshot_check.h"

#include <errno.h>
#include <stdlib.h>

#include "fail.h"

#define ULL(value) ((unsigned long long)(value))

static int check_block(const struct rec_snapshot *snapshot, const struct rec_list *list, uint64_t pfn,
		       struct rec_error *error)
{
	const struct rec_wire_zone *zone = &snapshot->zones[list->zone].z;
	uint64_t frames = (uint64_t)1 << list->order;

	if (pfn < zone->start_pfn || pfn - zone->start_pfn >= zone->spanned_pages ||
	    zone->spanned_pages - (pfn - zone->start_pfn) < frames)
		return rec_fail(error, -EBADMSG, 0,
				"snapshot: expected frames in zone %s [%llu, %llu), found frame %llu of order %u",
				zone->name, ULL(zone->start_pfn), ULL(zone->start_pfn + zone->spanned_pages), ULL(pfn),
				list->order);
	if (pfn & (frames - 1))
		return rec_fail(error, -EBADMSG, 0,
				"snapshot: expected a block aligned to its order, found frame %llu of order %u",
				ULL(pfn), list->order);
	return 0;
}

/* Packs a block so that sorting the numbers sorts by frame; frames are below 2^53, orders below 16. */
static uint64_t pack(uint64_t pfn, uint32_t order)
{
	return pfn << 4 | order;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static int check_lists(const struct rec_snapshot *snapshot, const struct rec_list *lists, uint32_t list_count,
		       uint64_t *blocks, size_t *used, struct rec_error *error)
{
	for (uint32_t i = 0; i < list_count; i++)
		for (uint32_t j = 0; j < lists[i].count; j++) {
			int result = check_block(snapshot, &lists[i], lists[i].pfns[j], error);

			if (result)
				return result;
			blocks[(*used)++] = pack(lists[i].pfns[j], lists[i].order);
		}
	return 0;
}

/* Sorted by frame, each block must end before the next begins. */
static int check_overlap(uint64_t *blocks, size_t count, struct rec_error *error)
{
	qsort(blocks, count, sizeof(*blocks), compare_u64);
	for (size_t i = 1; i < count; i++) {
		uint64_t end = (blocks[i - 1] >> 4) + ((uint64_t)1 << (blocks[i - 1] & 15));

		if (blocks[i] >> 4 < end)
			return rec_fail(error, -EBADMSG, 0,
					"snapshot: expected free blocks apart, found frame %llu of order %u inside "
					"the block that ends at %llu",
					ULL(blocks[i] >> 4), (unsigned)(blocks[i] & 15), ULL(end));
	}
	return 0;
}

static int check_pcp_counts(const struct rec_snapshot *snapshot, struct rec_error *error)
{
	for (uint32_t i = 0; i < snapshot->pcp_count; i++) {
		const struct rec_wire_pcp *pcp = &snapshot->pcps[i];
		uint64_t listed = 0;

		for (uint32_t j = 0; j < snapshot->pcp_list_count; j++) {
			const struct rec_list *list = &snapshot->pcp_lists[j];

			if (list->zone == pcp->zone && list->cpu == pcp->cpu)
				listed += (uint64_t)list->count << list->order;
		}
		if (listed != pcp->count)
			return rec_fail(error, -EBADMSG, 0,
					"snapshot: expected %u frames on the per-CPU lists of zone %u, cpu %u, found "
					"%llu",
					pcp->count, pcp->zone, pcp->cpu, ULL(listed));
	}
	return 0;
}

/* From /proc: every frame that is counted lies in its zone, and there are no lists beside. */
static int check_counts(const struct rec_snapshot *snapshot, struct rec_error *error)
{
	if (snapshot->free_list_count || snapshot->pcp_list_count)
		return rec_fail(error, -EBADMSG, 0, "snapshot: expected either lists or their lengths, found both");
	for (uint32_t i = 0; i < snapshot->zone_count; i++) {
		const struct rec_wire_zone *zone = &snapshot->zones[i].z;
		uint64_t room = zone->spanned_pages;

		for (uint32_t j = 0; j < snapshot->counts_count; j++) {
			const struct rec_counts *counts = &snapshot->counts[j];

			for (unsigned order = 0; counts->zone == i && order < REC_COUNT_ORDERS; order++) {
				if (counts->blocks[order] > room >> order)
					return rec_fail(error, -EBADMSG, 0,
							"snapshot: expected at most the %llu frames of zone %s on its "
							"lists, found more",
							ULL(zone->spanned_pages), zone->name);
				room -= counts->blocks[order] << order;
			}
		}
	}
	return 0;
}

int snapshot_check(const struct rec_snapshot *snapshot, uint64_t free_pages_walked, struct rec_error *error)
{
	size_t total = 0, used = 0;
	uint64_t free_pages = 0, *blocks;
	int result;

	if (!snapshot->zone_count)
		return rec_fail(error, -EBADMSG, 0, "snapshot: expected at least one zone, found none");
	if (!snapshot->ordered)
		return check_counts(snapshot, error);
	for (uint32_t i = 0; i < snapshot->free_list_count; i++) {
		total += snapshot->free_lists[i].count;
		free_pages += (uint64_t)snapshot->free_lists[i].count << snapshot->free_lists[i].order;
	}
	for (uint32_t i = 0; i < snapshot->pcp_list_count; i++)
		total += snapshot->pcp_lists[i].count;
	if (free_pages != free_pages_walked)
		return rec_fail(error, -EBADMSG, 0, "snapshot: expected %llu frames on the free lists, found %llu",
				ULL(free_pages_walked), ULL(free_pages));
	blocks = malloc((total + 1) * sizeof(*blocks));
	if (!blocks)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	result = check_lists(snapshot, snapshot->free_lists, snapshot->free_list_count, blocks, &used, error);
	if (!result)
		result = check_lists(snapshot, snapshot->pcp_lists, snapshot->pcp_list_count, blocks, &used, error);
	if (!result)
		result = check_overlap(blocks, used, error);
	if (!result)
		result = check_pcp_counts(snapshot, error);
	free(blocks);
	return result;
}
