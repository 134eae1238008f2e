/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Importing keeps what belongs between the snapshots, and says what it could not keep.
 */
#include "capture.h"

#include <errno.h>
#include <unistd.h>

static void add(struct page *page, struct payload payload)
{
	page_event(page, 1, payload.bytes, payload.length);
}

/* A capture: @before events, marker 0, five events, marker 1, two events. */
static void make_capture(const char *name, unsigned before, bool snapshots)
{
	struct bytes file = { 0 }, snapshot = { 0 };
	struct page page;
	unsigned in_page = 0;

	capture_begin(name, 1, "cpu0_overrun=2\nmissed_probes=3\nmissing_probes=alpha beta\n");
	page_begin(&page, 1000);
	for (unsigned i = 0; i < before; i++) {
		add(&page, payload_alloc(i, 0, 0, 0, 1, 0));
		if (++in_page == 90) {
			page_end(&page, 0);
			bytes_add(&file, page.bytes, PAGE_BYTES);
			page_begin(&page, 1000 + i);
			in_page = 0;
		}
	}
	page_end(&page, 0);
	bytes_add(&file, page.bytes, PAGE_BYTES);
	page_begin(&page, 10000000);
	add(&page, payload_rec(REC_SNAPSHOT, 0, 0, 0));
	for (unsigned i = 0; i < 4; i++)
		add(&page, payload_alloc(100 + i, 0, 0, 0, 1, 0));
	add(&page, payload_recw(REC_ZONE_MARKS, 50));
	add(&page, payload_rec(REC_SNAPSHOT, 0, 1, 0));
	add(&page, payload_alloc(200, 0, 0, 0, 1, 0));
	add(&page, payload_alloc(201, 0, 0, 0, 1, 0));
	page_end(&page, 0);
	bytes_add(&file, page.bytes, PAGE_BYTES);
	capture_file(name, "cpu0.raw", file.bytes, file.length);
	for (unsigned which = 0; snapshots && which < 2; which++) {
		snapshot.length = 0;
		snapshot_small(&snapshot, which);
		capture_file(name, which ? "snap1" : "snap0", snapshot.bytes, snapshot.length);
	}
	free(snapshot.bytes);
	free(file.bytes);
}

static struct rec_accounting imported; /* what the last import told of itself */

static int import_rounded(const char *from, const char *to, uint32_t time_unit_ns, struct rec_error *error)
{
	struct rec_reader *reader;
	int result = rec_open(scratch_path(from), REC_DIALECT_AUTO, &reader, error);

	if (result)
		return result;
	result = rec_import(reader, scratch_path(to), time_unit_ns, NULL, NULL, error);
	imported = *rec_accounting(reader);
	rec_close(reader);
	return result;
}

static int import(const char *from, const char *to, struct rec_error *error)
{
	return import_rounded(from, to, 1, error);
}

/* Few events before the marker, and more than the resolver holds back. */
static void only_what_lies_between_the_markers_is_kept(void **state)
{
	const unsigned before[] = { 0, 5, 50000 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct rec_error error = { 0 };
		struct stream found;

		make_capture("cut", before[i], true);
		if (import("cut", "cut.rec", &error))
			fail_msg("%s", error.text);
		assert_int_equal(imported.imported_events, 7);
		assert_int_equal(imported.outside_events, before[i] + 2);
		read_file("cut.rec", &found, NULL);
		assert_int_equal(found.result, 0);
		assert_int_equal(found.count, 7);
		assert_int_equal(found.events[0].kind, REC_SNAPSHOT);
		assert_int_equal(found.events[0].time_ns, 10000001);
		assert_int_equal(found.events[1].pfn, 100);
		assert_int_equal(found.wide[5].v[7], 57);
		assert_int_equal(found.events[6].kind, REC_SNAPSHOT);
		assert_int_equal(found.events[6].arg, 1);
		stream_free(&found);
	}
}

static void provenance_losses_and_snapshots_come_along(void **state)
{
	struct rec_reader *reader;
	struct rec_error error = { 0 };
	struct bytes expected = { 0 };
	void *bytes;
	size_t length;

	(void)state;
	make_capture("whole", 5, true);
	assert_int_equal(import("whole", "whole.rec", &error), 0);
	assert_int_equal(rec_open(scratch_path("whole.rec"), REC_DIALECT_AUTO, &reader, &error), 0);
	assert_string_equal(rec_info(reader)->kernel_release, "6.1.0-56-amd64");
	assert_string_equal(rec_info(reader)->workload, "files");
	assert_string_equal(rec_info(reader)->missing_probes, "alpha beta");
	assert_int_equal(rec_info(reader)->lost_events, 2);
	assert_int_equal(rec_info(reader)->missed_probes, 3);
	for (unsigned which = 0; which < 2; which++) {
		expected.length = 0;
		snapshot_small(&expected, which);
		assert_int_equal(rec_snapshot_bytes(reader, which, &bytes, &length, &error), 0);
		assert_int_equal(length, expected.length);
		assert_memory_equal(bytes, expected.bytes, length);
		free(bytes);
	}
	rec_close(reader);
	free(expected.bytes);
}

/* The source breaks off: the file holds what came before, and the call says that something is wrong. */
static void a_damaged_source_is_imported_up_to_the_damage(void **state)
{
	struct rec_error error = { 0 };
	struct rec_reader *reader;
	void *snapshot;
	struct stream found;
	size_t length;
	char *bytes;

	(void)state;
	make_capture("broken", 0, true);
	bytes = scratch_read("broken/cpu0.raw", &length);
	/* Type 0 of the third allocation: its first word, the event's id, becomes a length beyond the page's events. */
	bytes[length - PAGE_BYTES + PAGE_DATA + 36 + 2 * 40] &= (char)~31;
	scratch_write("broken/cpu0.raw", bytes, length);
	free(bytes);
	assert_int_equal(import("broken", "broken.rec", &error), -EBADMSG);
	assert_non_null(strstr(error.text, "cpu0.raw"));
	read_file("broken.rec", &found, NULL);
	assert_int_equal(found.result, 0);
	assert_in_range(found.count, 1, 6);
	stream_free(&found);
	/* The copy says itself that it is not all: two events were lost before, and snapshot 1 is not its end. */
	assert_int_equal(rec_open(scratch_path("broken.rec"), REC_DIALECT_AUTO, &reader, &error), 0);
	assert_int_equal(rec_info(reader)->lost_events, 3);
	assert_int_equal(rec_snapshot_bytes(reader, 1, &snapshot, &length, &error), -ENOENT);
	rec_close(reader);
}

static void text_is_imported_with_its_accounting(void **state)
{
	const char text[] = "  sh-9  [000] .....  1.000001: mm_page_alloc: pfn=0x1 order=0 migratetype=0 "
			    "gfp_flags=GFP_KERNEL\n"
			    "garbage\n"
			    "  sh-9  [000] .....  1.000002: mm_page_free: pfn=0x1 order=0\n"
			    "  sh-9  [000] .....  1.000003: mm_page_free_batched: pfn=0x1 order=0\n";
	struct rec_accounting accounting;
	struct rec_error error = { 0 };
	struct stream found;

	(void)state;
	scratch_write("text", text, strlen(text));
	assert_int_equal(import("text", "text.rec", &error), 0);
	read_file("text.rec", &found, &accounting);
	assert_int_equal(found.count, 3);
	assert_int_equal(found.events[0].time_ns, 1000001000);
	assert_int_equal(found.events[1].flags, REC_FREE_LIST);
	assert_int_equal(accounting.garbage_lines, 1);
	assert_int_equal(accounting.first_garbage_line, 2);
	assert_int_equal(accounting.batched_duplicates, 1);
	assert_int_equal(accounting.frees_list, 1);
	stream_free(&found);
}

static void a_place_that_cannot_be_written_is_reported(void **state)
{
	struct rec_error error = { 0 };

	(void)state;
	make_capture("fine", 0, false);
	assert_int_equal(import("fine", "no/such/folder.rec", &error), -ENOENT);
	assert_true(error.text[0]);
}

/* A compact file is a recording like any other: importing it again changes nothing. */
static void importing_a_copy_gives_the_same_bytes(void **state)
{
	struct rec_error error = { 0 };
	size_t first_length, second_length;
	char *first, *second;

	(void)state;
	make_capture("same", 10, true);
	assert_int_equal(import("same", "first.rec", &error), 0);
	assert_int_equal(import("first.rec", "second.rec", &error), 0);
	first = scratch_read("first.rec", &first_length);
	second = scratch_read("second.rec", &second_length);
	assert_int_equal(first_length, second_length);
	assert_memory_equal(first, second, first_length);
	free(first);
	free(second);
}

/* Events lie 1 ns apart: 10,000,001 ns becomes 10,000,000, and nothing but the time changes. */
static void times_are_rounded_down_when_asked(void **state)
{
	struct rec_error error = { 0 };
	struct stream exact, rounded;
	bool some_changed = false;

	(void)state;
	make_capture("fine", 10, true);
	assert_int_equal(import_rounded("fine", "fine.rec", 1, &error), 0);
	assert_int_equal(import_rounded("fine", "coarse.rec", 1000, &error), 0);
	read_file("fine.rec", &exact, NULL);
	read_file("coarse.rec", &rounded, NULL);
	assert_int_equal(exact.count, rounded.count);
	for (size_t i = 0; i < exact.count; i++) {
		struct rec_event expected = exact.events[i];

		some_changed |= expected.time_ns % 1000 != 0;
		expected.time_ns -= expected.time_ns % 1000;
		assert_memory_equal(&rounded.events[i], &expected, sizeof(expected));
	}
	assert_true(some_changed);
	stream_free(&exact);
	stream_free(&rounded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_lies_between_the_markers_is_kept),
		cmocka_unit_test(provenance_losses_and_snapshots_come_along),
		cmocka_unit_test(a_damaged_source_is_imported_up_to_the_damage),
		cmocka_unit_test(text_is_imported_with_its_accounting),
		cmocka_unit_test(a_place_that_cannot_be_written_is_reported),
		cmocka_unit_test(importing_a_copy_gives_the_same_bytes),
		cmocka_unit_test(times_are_rounded_down_when_asked),
	};

	return cmocka_run_group_tests_name("rec_import", tests, scratch_setup, scratch_teardown);
}
