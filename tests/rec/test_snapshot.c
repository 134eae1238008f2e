/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots are parsed as they are, and refused when they contradict themselves. traces/include/rec/wire.h.
 */
#include "support.h"

#include <errno.h>

static int parse(const struct bytes *bytes, struct rec_error *error)
{
	struct rec_snapshot snapshot;
	int result = rec_snapshot_parse(bytes->bytes, bytes->length, &snapshot, error);

	if (!result)
		rec_snapshot_free(&snapshot);
	return result;
}

static const struct rec_wire_zone zone_a = { .name = "A",
					     .start_pfn = 0x100,
					     .spanned_pages = 0x100,
					     .present_pages = 0x100,
					     .managed_pages = 0x100 };

static void begin_with_zone(struct bytes *bytes)
{
	snapshot_begin(bytes, 0);
	snapshot_record(bytes, REC_TLV_ZONE, &zone_a, sizeof(zone_a));
}

/* Expects damage and a text that has @says in it. */
static void assert_refused(struct bytes *bytes, const char *says)
{
	struct rec_error error = { 0 };

	assert_int_equal(parse(bytes, &error), -EBADMSG);
	if (!strstr(error.text, says))
		fail_msg("expected a text with \"%s\", found \"%s\"", says, error.text);
	free(bytes->bytes);
	*bytes = (struct bytes){ 0 };
}

static void a_whole_snapshot_is_parsed_in_list_order(void **state)
{
	struct bytes bytes = { 0 };
	struct rec_snapshot snapshot;
	struct rec_error error = { 0 };

	(void)state;
	snapshot_small(&bytes, 1);
	if (rec_snapshot_parse(bytes.bytes, bytes.length, &snapshot, &error))
		fail_msg("%s", error.text);
	free(bytes.bytes);
	assert_true(snapshot.ordered);
	assert_string_equal(snapshot.kernel.release, "6.1.0-test");
	assert_int_equal(snapshot.zone_count, 1);
	assert_int_equal(snapshot.zones[0].z.start_pfn, 0x100);
	assert_int_equal(snapshot.zones[0].pageblock_start_pfn, 0);
	assert_int_equal(snapshot.zones[0].pageblock_count, 3);
	/* Without CMA, raw 4 is isolate, canonically 5. */
	assert_int_equal(snapshot.zones[0].pageblock_types[1], 1);
	assert_int_equal(snapshot.zones[0].pageblock_types[2], 5);
	assert_int_equal(snapshot.free_list_count, 2);
	assert_int_equal(snapshot.free_lists[1].order, 9);
	assert_int_equal(snapshot.free_lists[1].pfns[0], 0x200);
	assert_int_equal(snapshot.pcp_list_count, 1);
	assert_int_equal(snapshot.pcp_lists[0].pindex, 1);
	assert_int_equal(snapshot.pcp_lists[0].pfns[0], 0x103);
	assert_int_equal(snapshot.pcp_lists[0].pfns[1], 0x101);
	assert_int_equal(snapshot.pcp_lists[0].migratetypes[0], 1);
	assert_int_equal(snapshot.pcp_lists[0].migratetypes[1], 5);
	assert_null(snapshot.zones[0].movable);
	rec_snapshot_free(&snapshot);
}

static void assert_same_lists(const struct rec_list *a, const struct rec_list *b, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(a[i].zone, b[i].zone);
		assert_int_equal(a[i].cpu, b[i].cpu);
		assert_int_equal(a[i].order, b[i].order);
		assert_int_equal(a[i].migratetype, b[i].migratetype);
		assert_int_equal(a[i].pindex, b[i].pindex);
		assert_int_equal(a[i].count, b[i].count);
		assert_memory_equal(a[i].pfns, b[i].pfns, a[i].count * sizeof(*a[i].pfns));
		if (a[i].migratetypes)
			assert_memory_equal(a[i].migratetypes, b[i].migratetypes, a[i].count);
	}
}

static void what_is_written_is_parsed_again(void **state)
{
	struct bytes bytes = { 0 };
	struct rec_snapshot before, after;
	struct rec_error error = { 0 };
	void *written;
	size_t length;

	(void)state;
	snapshot_small(&bytes, 1);
	assert_int_equal(rec_snapshot_parse(bytes.bytes, bytes.length, &before, &error), 0);
	free(bytes.bytes);
	assert_int_equal(rec_snapshot_write(&before, &written, &length), 0);
	if (rec_snapshot_parse(written, length, &after, &error))
		fail_msg("%s", error.text);
	free(written);
	assert_memory_equal(&before.kernel, &after.kernel, sizeof(before.kernel));
	assert_int_equal(before.zone_count, after.zone_count);
	assert_memory_equal(&before.zones[0].z, &after.zones[0].z, sizeof(before.zones[0].z));
	assert_int_equal(before.zones[0].pageblock_count, after.zones[0].pageblock_count);
	assert_memory_equal(before.zones[0].pageblock_types, after.zones[0].pageblock_types,
			    before.zones[0].pageblock_count);
	assert_int_equal(before.pcp_count, after.pcp_count);
	assert_memory_equal(before.pcps, after.pcps, before.pcp_count * sizeof(*before.pcps));
	assert_int_equal(before.free_list_count, after.free_list_count);
	assert_same_lists(before.free_lists, after.free_lists, before.free_list_count);
	assert_int_equal(before.pcp_list_count, after.pcp_list_count);
	assert_same_lists(before.pcp_lists, after.pcp_lists, before.pcp_list_count);
	assert_int_equal(before.has_settings, after.has_settings);
	before.ordered = false;
	assert_int_equal(rec_snapshot_write(&before, &written, &length), -EINVAL);
	rec_snapshot_free(&before);
	rec_snapshot_free(&after);
}

static void unknown_tags_are_skipped(void **state)
{
	struct bytes bytes = { 0 };
	struct rec_error error = { 0 };

	(void)state;
	begin_with_zone(&bytes);
	snapshot_record(&bytes, 4711, "12345", 5);
	snapshot_end(&bytes, 0);
	assert_int_equal(parse(&bytes, &error), 0);
	free(bytes.bytes);
}

/* What decides when compaction runs is there when it was recorded; half of it is damage. */
static void daemons_are_parsed_where_they_are(void **state)
{
	const struct rec_wire_daemons daemons = { .extfrag_threshold = 400, .compaction_proactiveness = 30,
						  .node_count = 1, .nodes = { { .kcompactd_max_order = 9 } } };
	struct rec_error error = { 0 };
	struct rec_snapshot snapshot;
	struct bytes bytes = { 0 };

	(void)state;
	begin_with_zone(&bytes);
	snapshot_record(&bytes, REC_TLV_DAEMONS, &daemons, sizeof(daemons));
	snapshot_end(&bytes, 0);
	assert_int_equal(rec_snapshot_parse(bytes.bytes, bytes.length, &snapshot, &error), 0);
	free(bytes.bytes);
	assert_true(snapshot.has_daemons);
	assert_int_equal(snapshot.daemons.extfrag_threshold, 400);
	assert_int_equal(snapshot.daemons.nodes[0].kcompactd_max_order, 9);
	rec_snapshot_free(&snapshot);
	bytes = (struct bytes){ 0 };
	begin_with_zone(&bytes);
	snapshot_record(&bytes, REC_TLV_DAEMONS, &daemons, sizeof(daemons) / 2);
	snapshot_end(&bytes, 0);
	assert_refused(&bytes, "longer record");
}

/* Compound pages: one byte per frame of the zone, no more and no less. */
static void compound_pages_are_told_by_frame(void **state)
{
	static const uint8_t orders[0x100] = { [0x10] = 3, [0x80] = 7 };
	struct rec_wire_zone zone = { .name = "A", .start_pfn = 0x100, .spanned_pages = 0x100 };
	struct rec_wire_range range = { .start_pfn = 0x100, .count = 0x100 };
	struct bytes bytes = { 0 };
	struct rec_snapshot snapshot;
	struct rec_error error = { 0 };

	(void)state;
	snapshot_begin(&bytes, 0);
	snapshot_record(&bytes, REC_TLV_ZONE, &zone, sizeof(zone));
	snapshot_record2(&bytes, REC_TLV_COMPOUND, &range, sizeof(range), orders, sizeof(orders));
	snapshot_end(&bytes, 0);
	if (rec_snapshot_parse(bytes.bytes, bytes.length, &snapshot, &error))
		fail_msg("%s", error.text);
	assert_memory_equal(snapshot.zones[0].compound, orders, sizeof(orders));
	assert_null(snapshot.zones[0].skip);
	rec_snapshot_free(&snapshot);
	free(bytes.bytes);
	bytes = (struct bytes){ 0 };
	snapshot_begin(&bytes, 0);
	snapshot_record(&bytes, REC_TLV_ZONE, &zone, sizeof(zone));
	snapshot_record2(&bytes, REC_TLV_COMPOUND, &range, sizeof(range), orders, sizeof(orders) / 8);
	snapshot_end(&bytes, 0);
	assert_refused(&bytes, "as many bytes as its count says");
}

static void a_cut_is_noticed_at_every_byte(void **state)
{
	struct bytes bytes = { 0 };
	struct rec_error error = { 0 };
	size_t whole;

	(void)state;
	snapshot_small(&bytes, 0);
	whole = bytes.length;
	for (bytes.length = 0; bytes.length < whole; bytes.length++) {
		/* An exact copy, so that a sanitizer sees every byte read behind the end. */
		struct bytes cut = { malloc(bytes.length + !bytes.length), bytes.length };

		memcpy(cut.bytes, bytes.bytes, bytes.length);
		assert_int_equal(parse(&cut, &error), -EBADMSG);
		assert_true(error.offset <= bytes.length);
		free(cut.bytes);
	}
	free(bytes.bytes);
}

/* Damage may go unnoticed here (the file's checksums are there for that) but must never crash. */
static void damage_never_crashes(void **state)
{
	struct bytes bytes = { 0 };
	struct rec_error error = { 0 };
	unsigned refused = 0;

	(void)state;
	snapshot_small(&bytes, 0);
	for (size_t at = 0; at < bytes.length; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			bytes.bytes[at] ^= (uint8_t)(1 << bit);
			refused += parse(&bytes, &error) != 0;
			bytes.bytes[at] ^= (uint8_t)(1 << bit);
		}
	assert_true(refused > 200);
	assert_int_equal(parse(&bytes, &error), 0);
	free(bytes.bytes);
}

static void add_block(struct bytes *bytes, uint64_t pfn, uint32_t order)
{
	struct rec_wire_list list = { .order = order, .count = 1 };

	snapshot_record2(bytes, REC_TLV_FREE_LIST, &list, sizeof(list), &pfn, 8);
}

static void a_frame_outside_its_zone_is_refused(void **state)
{
	const struct {
		uint64_t pfn;
		uint32_t order;
	} outside[] = { { 0xff, 0 }, { 0x200, 0 }, { 0x0, 0 }, { 0x1f0, 5 }, { (uint64_t)1 << 63, 0 } };
	struct bytes bytes = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		begin_with_zone(&bytes);
		add_block(&bytes, outside[i].pfn, outside[i].order);
		snapshot_end(&bytes, (uint64_t)1 << outside[i].order);
		assert_refused(&bytes, "zone A");
	}
}

/*
 *   0x100      0x104    0x108
 *    |==========|========|      order 3 at 0x100
 *               |=|             order 0 at 0x105 on another list
 */
static void overlapping_blocks_are_refused(void **state)
{
	struct bytes bytes = { 0 };

	(void)state;
	begin_with_zone(&bytes);
	add_block(&bytes, 0x105, 0);
	add_block(&bytes, 0x100, 3);
	snapshot_end(&bytes, 9);
	assert_refused(&bytes, "inside the block");
	begin_with_zone(&bytes);
	add_block(&bytes, 0x110, 0);
	add_block(&bytes, 0x110, 0);
	snapshot_end(&bytes, 2);
	assert_refused(&bytes, "inside the block");
}

static void misaligned_blocks_and_wrong_sums_are_refused(void **state)
{
	struct bytes bytes = { 0 };
	struct rec_wire_pcp pcp = { .count = 1 };

	(void)state;
	begin_with_zone(&bytes);
	add_block(&bytes, 0x101, 1);
	snapshot_end(&bytes, 2);
	assert_refused(&bytes, "aligned");
	begin_with_zone(&bytes);
	add_block(&bytes, 0x100, 1);
	snapshot_end(&bytes, 3);
	assert_refused(&bytes, "expected 3 frames");
	begin_with_zone(&bytes);
	snapshot_record(&bytes, REC_TLV_PCP, &pcp, sizeof(pcp));
	snapshot_end(&bytes, 0);
	assert_refused(&bytes, "per-CPU");
}

static void a_snapshot_of_no_zone_is_refused(void **state)
{
	struct bytes bytes = { 0 };

	(void)state;
	snapshot_begin(&bytes, 0);
	snapshot_end(&bytes, 0);
	assert_refused(&bytes, "at least one zone");
}

static void a_zone_without_a_name_that_kernels_give_is_refused(void **state)
{
	static const char *const names[] = { "", "Norma\nl", "\033[2J", "DMA 32", "sixteen letters." };
	struct bytes bytes = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct rec_wire_zone zone = zone_a;

		memset(zone.name, 0, sizeof(zone.name));
		memcpy(zone.name, names[i], strlen(names[i]));
		snapshot_begin(&bytes, 0);
		snapshot_record(&bytes, REC_TLV_ZONE, &zone, sizeof(zone));
		snapshot_end(&bytes, 0);
		assert_refused(&bytes, "a zone name of letters and digits");
	}
}

static void records_that_lie_about_their_length_are_refused(void **state)
{
	struct bytes bytes = { 0 };
	struct rec_wire_list list = { .order = 0, .count = UINT32_MAX };
	struct rec_wire_range range = { .start_pfn = 0, .count = UINT64_MAX };
	uint64_t pfn = 0x100;

	(void)state;
	begin_with_zone(&bytes);
	snapshot_record2(&bytes, REC_TLV_FREE_LIST, &list, sizeof(list), &pfn, 8);
	snapshot_end(&bytes, 0);
	assert_refused(&bytes, "count says");
	for (uint32_t tag = REC_TLV_PAGEBLOCKS; tag <= REC_TLV_HOLES; tag++) {
		begin_with_zone(&bytes);
		snapshot_record2(&bytes, tag, &range, sizeof(range), &pfn, 8);
		snapshot_end(&bytes, 0);
		assert_refused(&bytes, "count says");
	}
	begin_with_zone(&bytes);
	snapshot_record(&bytes, REC_TLV_ZONE, &zone_a, 16);
	snapshot_end(&bytes, 0);
	assert_refused(&bytes, "longer record");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_snapshot_is_parsed_in_list_order),
		cmocka_unit_test(what_is_written_is_parsed_again),
		cmocka_unit_test(unknown_tags_are_skipped),
		cmocka_unit_test(daemons_are_parsed_where_they_are),
		cmocka_unit_test(compound_pages_are_told_by_frame),
		cmocka_unit_test(a_cut_is_noticed_at_every_byte),
		cmocka_unit_test(damage_never_crashes),
		cmocka_unit_test(a_frame_outside_its_zone_is_refused),
		cmocka_unit_test(overlapping_blocks_are_refused),
		cmocka_unit_test(misaligned_blocks_and_wrong_sums_are_refused),
		cmocka_unit_test(a_snapshot_of_no_zone_is_refused),
		cmocka_unit_test(a_zone_without_a_name_that_kernels_give_is_refused),
		cmocka_unit_test(records_that_lie_about_their_length_are_refused),
	};

	return cmocka_run_group_tests_name("rec_snapshot", tests, NULL, NULL);
}
