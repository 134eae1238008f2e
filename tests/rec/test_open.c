/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is no recording is refused with a code and a sentence; what is one is recognised.
 */
#include "capture.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* Expects the code and a non-empty text with @says in it. */
static void assert_refused(const char *path, int code, const char *says)
{
	struct rec_reader *reader = NULL;
	struct rec_error error = { 0 };
	int result = rec_open(path, REC_DIALECT_AUTO, &reader, &error);

	if (result != code || error.code != code || !strstr(error.text, says))
		fail_msg("%s: expected %d and \"%s\", found %d and \"%s\"", path, code, says, result, error.text);
	assert_null(reader);
}

static void missing_and_empty_files_are_refused(void **state)
{
	(void)state;
	assert_refused(scratch_path("nowhere"), -ENOENT, "No such file");
	scratch_write("empty", "", 0);
	assert_refused(scratch_path("empty"), -ENODATA, "empty");
}

static void other_files_are_refused(void **state)
{
	const uint8_t png[] = { 0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 0, 0, 1 };
	const char poem[] = "Shall I compare thee to a page of zeros?\nThou art more sparse.\n";
	const char empty_trace[] = "# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:1\n#\n";

	(void)state;
	scratch_write("a.png", png, sizeof(png));
	assert_refused(scratch_path("a.png"), -EPROTONOSUPPORT, "89 50 4e 47");
	scratch_write("poem", poem, strlen(poem));
	assert_refused(scratch_path("poem"), -EPROTONOSUPPORT, "expected ftrace text");
	scratch_write("nothing", empty_trace, strlen(empty_trace));
	assert_refused(scratch_path("nothing"), -ENODATA, "found none");
	scratch_write("tiny", "P", 1);
	assert_refused(scratch_path("tiny"), -EPROTONOSUPPORT, "");
}

static void directories_must_be_captures(void **state)
{
	const char same_id[] = "name: x\nID: 501\n\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n";

	(void)state;
	mkdir(scratch_path("bare"), 0777);
	assert_refused(scratch_path("bare"), -EPROTONOSUPPORT, "meta");
	capture_begin("half", 1, "");
	assert_refused(scratch_path("half"), -ENOENT, "cpu0.raw");
	capture_begin("many", 4000000, "");
	assert_refused(scratch_path("many"), -EBADMSG, "cpus=");
	capture_begin("odd", 1, "");
	capture_file("odd", "header_page", "field", 5);
	assert_refused(scratch_path("odd"), -EBADMSG, "header_page");
	capture_begin("later", 1, "format=2\n");
	assert_refused(scratch_path("later"), -EPROTONOSUPPORT, "format=1");
	capture_begin("badid", 1, "");
	capture_file("badid", "format/kmem__mm_page_alloc", "name: x\nID: 0\n", 14);
	assert_refused(scratch_path("badid"), -EBADMSG, "mm_page_alloc");
	capture_begin("sameid", 1, "");
	capture_file("sameid", "format/kmem__mm_page_free_batched", same_id, strlen(same_id));
	assert_refused(scratch_path("sameid"), -EBADMSG, "an ID of its own, found 501 of format/kmem__mm_page_free");
}

/* A dialect that was asked for is not second-guessed. */
static void a_named_dialect_is_insisted_on(void **state)
{
	const char text[] = "  sh-9  [000]  1.000001: mm_page_free: pfn=0x1 order=0\n";
	struct rec_reader *reader;
	struct rec_error error = { 0 };

	(void)state;
	scratch_write("text", text, strlen(text));
	assert_int_equal(rec_open(scratch_path("text"), REC_DIALECT_RAW, &reader, &error), -ENOTDIR);
	assert_int_equal(rec_open(scratch_path("text"), REC_DIALECT_COMPACT, &reader, &error), -EBADMSG);
	mkdir(scratch_path("folder"), 0777);
	assert_int_equal(rec_open(scratch_path("folder"), REC_DIALECT_TEXT, &reader, &error), -EISDIR);
	assert_int_equal(rec_open(scratch_path("text"), REC_DIALECT_TEXT, &reader, &error), 0);
	assert_int_equal(rec_info(reader)->dialect, REC_DIALECT_TEXT);
	rec_close(reader);
}

/* Damage in a snapshot is told to whoever asks for it; the events are still there. */
static void a_damaged_snapshot_leaves_the_events(void **state)
{
	struct page page;
	struct rec_reader *reader;
	struct rec_snapshot snapshot;
	struct rec_error error = { 0 };
	struct payload payload = payload_free(1, 0, 1);
	struct stream found;

	(void)state;
	capture_begin("snap", 1, "");
	page_begin(&page, 1);
	page_event(&page, 1, payload.bytes, payload.length);
	page_end(&page, 0);
	capture_file("snap", "cpu0.raw", page.bytes, PAGE_BYTES);
	capture_file("snap", "snap0", "12345678", 8);
	assert_int_equal(rec_open(scratch_path("snap"), REC_DIALECT_AUTO, &reader, &error), 0);
	assert_int_equal(rec_snapshot_get(reader, 0, &snapshot, &error), -EBADMSG);
	assert_int_equal(rec_snapshot_get(reader, 1, &snapshot, &error), -ENOENT);
	assert_int_equal(rec_snapshot_get(reader, 2, &snapshot, &error), -EINVAL);
	read_all(reader, &found);
	assert_int_equal(found.count, 1);
	rec_close(reader);
	stream_free(&found);
}

static void every_kind_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(rec_kind_name(REC_ALLOC), "alloc");
	assert_string_equal(rec_kind_name(REC_KIND_COUNT), "unknown");
	assert_string_equal(rec_kind_name(15), "unknown");
	for (unsigned kind = REC_SNAPSHOT; kind <= REC_KCOMPACTD_WAKE; kind++)
		assert_string_not_equal(rec_kind_name(kind), "unknown");
	for (unsigned kind = REC_KCOMPACTD_ASK; kind <= REC_ZONE_FLAGS; kind++)
		assert_string_not_equal(rec_kind_name(kind), "unknown");
	for (unsigned kind = REC_PROC_BEGIN; kind < REC_KIND_COUNT; kind++)
		assert_string_not_equal(rec_kind_name(kind), "unknown");
}

#define LONG_LINES 100000 /* more than a batch, and several of the reader's buffers */

static void write_long_text(const char *name)
{
	static const char line[] = "     cat-1  [000] .....  1.000000: mm_page_free: page=00000000deadbeef pfn=0x1388 "
				   "order=0\n";
	static const char head[] = "# tracer: nop\n";
	size_t length = sizeof(head) - 1 + LONG_LINES * (sizeof(line) - 1);
	char *text = malloc(length), *at = text;

	assert_non_null(text);
	at = (char *)memcpy(at, head, sizeof(head) - 1) + sizeof(head) - 1;
	for (unsigned i = 0; i < LONG_LINES; i++)
		at = (char *)memcpy(at, line, sizeof(line) - 1) + sizeof(line) - 1;
	scratch_write(name, text, length);
	free(text);
}

static void a_text_that_shrinks_is_damaged(void **state)
{
	struct rec_reader *reader;
	struct stream stream;

	(void)state;
	write_long_text("shrinks");
	assert_int_equal(rec_open(scratch_path("shrinks"), REC_DIALECT_AUTO, &reader, NULL), 0);
	assert_int_equal(truncate(scratch_path("shrinks"), 1000000), 0);
	read_all(reader, &stream);
	assert_int_equal(stream.result, -EBADMSG);
	assert_int_equal(stream.error.offset, 1000000);
	assert_non_null(strstr(stream.error.text, "shrunk"));
	assert_in_range(stream.count, 5000, LONG_LINES - 1);
	stream_free(&stream);
	rec_close(reader);
}

static unsigned questions_left;

static bool stop_at_last_question(void)
{
	return !questions_left || !--questions_left;
}

static void a_stopped_reader_says_at_which_event(void **state)
{
	struct rec_reader *reader;
	struct rec_error error;
	struct rec_batch batch;
	uint64_t count = 0;
	char expected[64];
	int result;

	(void)state;
	write_long_text("long");
	assert_int_equal(rec_open(scratch_path("long"), REC_DIALECT_AUTO, &reader, NULL), 0);
	rec_stop_when(reader, stop_at_last_question);
	questions_left = 2;
	while ((result = rec_next(reader, &batch, &error)) > 0)
		count += batch.count;
	assert_in_range(count, 1, LONG_LINES - 1);
	assert_int_equal(count, rec_accounting(reader)->events); /* what was read came out, whatever it waited for */
	snprintf(expected, sizeof(expected), "interrupted at event %llu", (unsigned long long)count);
	for (unsigned again = 0; again < 2; again++) {
		assert_int_equal(result, -EINTR);
		assert_string_equal(error.text, expected);
		result = rec_next(reader, &batch, &error);
	}
	rec_close(reader);
}

static void a_stopped_import_keeps_what_it_read(void **state)
{
	struct rec_reader *reader;
	struct rec_accounting accounting;
	struct stream stream;
	uint64_t read;

	(void)state;
	write_long_text("stopped");
	assert_int_equal(rec_open(scratch_path("stopped"), REC_DIALECT_AUTO, &reader, NULL), 0);
	rec_stop_when(reader, stop_at_last_question);
	questions_left = 2;
	assert_int_equal(rec_import(reader, scratch_path("copy"), 0, NULL, NULL, NULL), -EINTR);
	read = rec_accounting(reader)->events;
	rec_close(reader);
	read_file("copy", &stream, &accounting);
	assert_int_equal(stream.result, 0);
	assert_in_range(read, 1, LONG_LINES - 1);
	assert_int_equal(stream.count, read);
	assert_int_equal(accounting.lost_events, 1); /* the mark of a part */
	stream_free(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_and_empty_files_are_refused),
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(directories_must_be_captures),
		cmocka_unit_test(a_named_dialect_is_insisted_on),
		cmocka_unit_test(a_damaged_snapshot_leaves_the_events),
		cmocka_unit_test(every_kind_has_a_name),
		cmocka_unit_test(a_text_that_shrinks_is_damaged),
		cmocka_unit_test(a_stopped_reader_says_at_which_event),
		cmocka_unit_test(a_stopped_import_keeps_what_it_read),
	};

	return cmocka_run_group_tests_name("rec_open", tests, scratch_setup, scratch_teardown);
}
