/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the tagged records of a snapshot.
 *
 * Input: the records.
 * Invariant: a snapshot that parses is what rec/snapshot.h says: blocks aligned and inside their zone, numbers of
 * zones in range, lists or counts and never both; and what /proc would tell of it parses as well. One that does
 * not has a text.
 */
#include <errno.h>
#include <string.h>

#include <rec/snapshot.h>

#include "reading.h"

static void check_list(const struct rec_snapshot *snapshot, const struct rec_list *list)
{
	const struct rec_wire_zone *zone;

	fuzz_require(list->zone < snapshot->zone_count);
	zone = &snapshot->zones[list->zone].z;
	for (uint32_t i = 0; i < list->count; i++) {
		uint64_t pages = (uint64_t)1 << list->order;

		fuzz_require(list->pfns[i] % pages == 0);
		fuzz_require(list->pfns[i] >= zone->start_pfn);
		fuzz_require(list->pfns[i] + pages <= zone->start_pfn + zone->spanned_pages);
	}
}

static bool is_word(const char *text)
{
	return text[0] && !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")];
}

static void check(const struct rec_snapshot *snapshot)
{
	fuzz_require(!(snapshot->ordered && snapshot->counts_count));
	fuzz_require(snapshot->ordered || !(snapshot->free_list_count || snapshot->pcp_list_count));
	for (uint32_t i = 0; i < snapshot->free_list_count; i++) {
		fuzz_require(snapshot->free_lists[i].migratetype < REC_COUNT_TYPES);
		check_list(snapshot, &snapshot->free_lists[i]);
	}
	for (uint32_t i = 0; i < snapshot->pcp_list_count; i++)
		check_list(snapshot, &snapshot->pcp_lists[i]);
	for (uint32_t i = 0; i < snapshot->pcp_count; i++)
		fuzz_require(snapshot->pcps[i].zone < snapshot->zone_count);
	for (uint32_t i = 0; i < snapshot->counts_count; i++)
		fuzz_require(snapshot->counts[i].zone < snapshot->zone_count &&
			     snapshot->counts[i].migratetype < REC_COUNT_TYPES);
	for (uint32_t i = 0; i < snapshot->zone_count; i++)
		fuzz_require(is_word(snapshot->zones[i].z.name));
	for (uint32_t i = 0; i < snapshot->zone_count; i++)
		for (uint64_t k = 0; snapshot->zones[i].pageblock_types && k < snapshot->zones[i].pageblock_count; k++)
			fuzz_require(snapshot->zones[i].pageblock_types[k] < REC_COUNT_TYPES);
}

static void forget(const struct rec_snapshot *snapshot)
{
	struct rec_snapshot told;
	struct rec_error error = { 0 };
	void *bytes;
	size_t length;
	int result = rec_snapshot_forget(snapshot, &bytes, &length);

	fuzz_require(result == (snapshot->ordered ? 0 : -EINVAL));
	if (result)
		return;
	result = rec_snapshot_parse(bytes, length, &told, &error);
	if (result)
		fprintf(stderr, "%s\n", error.text);
	fuzz_require(result == 0);
	fuzz_require(!told.ordered && told.zone_count == snapshot->zone_count);
	check(&told);
	rec_snapshot_free(&told);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rec_snapshot snapshot;
	struct rec_error error = { 0 };
	int result = rec_snapshot_parse(data, size, &snapshot, &error);

	if (result) {
		fuzz_require(result == -EBADMSG);
		fuzz_no_fault(reading_error_fault(&error, result, size));
		return 0;
	}
	check(&snapshot);
	forget(&snapshot);
	rec_snapshot_free(&snapshot);
	return 0;
}
