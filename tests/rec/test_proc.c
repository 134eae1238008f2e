/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots out of copies of /proc: what is read, what is refused, and the way into the compact format and back.
 *
 * Source: zoneinfo_show_print, pagetypeinfo_show and frag_show, mm/vmstat.c 6.1 and 6.12.
 */
#include <errno.h>
#include <sys/stat.h>

#include "proc_read.h"
#include "proc_texts.h"
#include "support.h"

static const char *const names[PROC_FILE_COUNT] = { "pagetypeinfo", "zoneinfo", "buddyinfo", "vm" };
static const struct rec_info info = { .kernel_release = "6.1.0-56-amd64" };

static void texts_make(struct proc_text texts[PROC_FILE_COUNT])
{
	static const char *const whole[] = { PROC_TEXT_PAGETYPEINFO, PROC_TEXT_ZONEINFO, PROC_TEXT_BUDDYINFO,
					     PROC_TEXT_VM };

	for (unsigned i = 0; i < PROC_FILE_COUNT; i++)
		texts[i] = (struct proc_text){ whole[i], strlen(whole[i]) };
}

/* Parses; on success also the records that come out. Return: of proc_parse. */
static int parse(const struct proc_text texts[PROC_FILE_COUNT], struct rec_snapshot *out, struct rec_error *error)
{
	void *bytes;
	size_t length;
	int result = proc_parse(texts, 0, &info, &bytes, &length, error);

	if (result)
		return result;
	result = rec_snapshot_parse(bytes, length, out, error);
	free(bytes);
	return result;
}

static const struct rec_counts *counts_of(const struct rec_snapshot *s, uint32_t type)
{
	for (uint32_t i = 0; i < s->counts_count; i++)
		if (s->counts[i].migratetype == type)
			return &s->counts[i];
	fail_msg("no lengths of type %u", type);
	return NULL;
}

static void check_snapshot(const struct rec_snapshot *s)
{
	const struct rec_wire_zone *z = &s->zones[0].z;

	assert_false(s->ordered);
	assert_int_equal(s->free_list_count, 0);
	assert_string_equal(s->kernel.release, "6.1.0-56-amd64");
	assert_int_equal(s->kernel.pageblock_order, 9);
	assert_int_equal(s->kernel.online_cpus, 2);
	assert_int_equal(s->kernel.migratetype_count, 5);
	assert_int_equal(s->zone_count, 1);
	assert_string_equal(z->name, "DMA32");
	assert_int_equal(z->zone_type, 1);
	assert_int_equal(z->start_pfn, 4096);
	assert_int_equal(z->spanned_pages, 1048576);
	assert_int_equal(z->present_pages, 1000000);
	assert_int_equal(z->managed_pages, 900000);
	assert_int_equal(z->free_pages, 43210);
	assert_int_equal(z->watermark_boost, 3);
	assert_int_equal(z->watermark[0], 45);
	assert_int_equal(z->watermark[1], 56);
	assert_int_equal(z->watermark[2], 67);
	assert_int_equal(z->watermark[3], 78);
	assert_int_equal(z->lowmem_reserve[2], 12);
	assert_int_equal(z->lowmem_reserve[3], 34);
	assert_int_equal(s->pcp_count, 2);
	assert_int_equal(s->pcps[1].cpu, 1);
	assert_int_equal(s->pcps[1].count, 5);
	assert_int_equal(s->pcps[1].high, 379);
	assert_int_equal(s->pcps[1].batch, 62);
	assert_int_equal(s->pcps[1].stat_threshold, 25);
	assert_int_equal(counts_of(s, 0)->blocks[2], 5);
	assert_int_equal(counts_of(s, 1)->blocks[10], 40);
	/* Raw 4 is isolate in a build without CMA. */
	assert_int_equal(counts_of(s, 5)->blocks[0], 9);
	assert_int_equal(s->zones[0].pageblocks_of[1], 117);
	assert_true(s->has_settings);
	assert_int_equal(s->settings.min_free_kbytes, 5000);
}

static void every_number_is_found(void **state)
{
	struct proc_text texts[PROC_FILE_COUNT];
	struct rec_snapshot s;
	struct rec_error error;

	(void)state;
	texts_make(texts);
	if (parse(texts, &s, &error))
		fail_msg("%s", error.text);
	check_snapshot(&s);
	/* ">100000" of 123456 in all, less the other types: 7 and 9. */
	assert_int_equal(counts_of(&s, 1)->blocks[0], 123440);
	assert_int_equal(counts_of(&s, 1)->floor_mask, 0);
	rec_snapshot_free(&s);
}

static void settings_may_be_missing(void **state)
{
	struct proc_text texts[PROC_FILE_COUNT];
	struct rec_snapshot s;
	struct rec_error error;

	(void)state;
	texts_make(texts);
	texts[PROC_VM] = (struct proc_text){ 0 };
	assert_int_equal(parse(texts, &s, &error), 0);
	assert_false(s.has_settings);
	rec_snapshot_free(&s);
}

/* Wherever a text ends before its last byte it is refused, with its name. */
static void every_cut_is_refused(void **state)
{
	(void)state;
	for (unsigned file = 0; file < PROC_VM; file++) {
		struct proc_text texts[PROC_FILE_COUNT];

		texts_make(texts);
		for (size_t whole = texts[file].length, cut = 0; cut < whole; cut++) {
			struct rec_snapshot s;
			struct rec_error error = { 0 };
			char *copy = malloc(cut + 1);

			assert_non_null(copy);
			memcpy(copy, texts[file].bytes, cut);
			copy[cut] = '\0';
			texts[file] = (struct proc_text){ copy, cut };
			if (parse(texts, &s, &error) != -EBADMSG)
				fail_msg("%s cut at byte %zu was accepted", names[file], cut);
			assert_non_null(strstr(error.text, "proc0/"));
			free(copy);
			texts_make(texts);
		}
	}
}

static void expect_error(unsigned file, const char *from, const char *to, const char *words, uint64_t line)
{
	struct proc_text texts[PROC_FILE_COUNT];
	struct rec_snapshot s;
	struct rec_error error = { 0 };
	const char *at;
	char text[8192];

	texts_make(texts);
	at = strstr(texts[file].bytes, from);
	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - texts[file].bytes), texts[file].bytes, to,
		 at + strlen(from));
	texts[file] = (struct proc_text){ text, strlen(text) };
	assert_int_equal(parse(texts, &s, &error), -EBADMSG);
	if (!strstr(error.text, words) || (line && error.line != line))
		fail_msg("expected \"%s\" at line %d, found \"%s\" at line %d", words, (int)line, error.text,
			 (int)error.line);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	(void)state;
	expect_error(PROC_PAGETYPEINFO, "order: 9", "order: 99", "proc0/pagetypeinfo: expected an order from 4", 1);
	expect_error(PROC_PAGETYPEINFO, "Reclaimable      0", "Reclaimable      x", "a number for each column", 7);
	expect_error(PROC_PAGETYPEINFO, "type   HighAtomic", "type   HighHopes", "a migratetype", 8);
	expect_error(PROC_PAGETYPEINFO, "zone    DMA32, type    Unm", "zone   Normal, type    Unm", "zoneinfo has", 5);
	expect_error(PROC_PAGETYPEINFO, "117            1            0            0 ", "117 ", "a number for each", 12);
	expect_error(PROC_ZONEINFO, "  pagesets\n    cpu: 0\n", "  pagesets\n", "\"cpu: N\" before", 25);
	expect_error(PROC_ZONEINFO, "34, 0)", "34, 0", "a closing parenthesis", 22);
	expect_error(PROC_ZONEINFO, "managed  900000", "managed  2000000", "managed <= present", 0);
	expect_error(PROC_ZONEINFO, "Node 0, zone   Normal", "Nude 0, zone   Normal", "\"Node N, zone NAME\"", 1);
	expect_error(PROC_BUDDYINFO, "     41 ", "     41 7", "no more numbers", 1);
	expect_error(PROC_BUDDYINFO, "DMA32", "Normal", "zoneinfo has", 1);
	expect_error(PROC_VM, "min_free_kbytes 5000", "min_free_kbytes", "a name and a number", 3);
	/* More frames on the lists than the zone has. */
	expect_error(PROC_PAGETYPEINFO, "3     40 \n", "3 400000 \n", "frames of zone DMA32", 0);
}

/* Sanitizers watch. */
static void random_bytes_never_crash(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct proc_text texts[PROC_FILE_COUNT];
		unsigned file = (unsigned)(random_next(&seed) % PROC_FILE_COUNT);
		struct rec_snapshot s;
		struct rec_error error;
		char *copy;

		texts_make(texts);
		copy = malloc(texts[file].length + 1);
		assert_non_null(copy);
		memcpy(copy, texts[file].bytes, texts[file].length + 1);
		for (unsigned i = 0; i < 1 + round % 5; i++)
			copy[random_next(&seed) % texts[file].length] = (char)random_next(&seed);
		texts[file].bytes = copy;
		if (!parse(texts, &s, &error))
			rec_snapshot_free(&s);
		free(copy);
	}
}

/* --- directories --- */

static void write_directory(const char *name)
{
	struct proc_text texts[PROC_FILE_COUNT];
	char path[64];
	const char *meta = "format=1\nkernel_release=6.1.0-56-amd64\ncpus=2\n";
	const char *trace =
		"# tracer: nop\n"
		"              sh-101     [000] .....     1.000001: tracing_mark_write: pageman: snapshot 0 begins\n"
		"              sh-101     [000] .....     1.000002: tracing_mark_write: pageman: snapshot 0 ends\n"
		"              sh-101     [000] .....     1.000003: tracing_mark_write: somebody else\n"
		"              sh-101     [000] .....     1.000004: mm_page_free: page=00000000e0 pfn=0x1234 order=0\n"
		"              sh-101     [000] .....     1.000005: tracing_mark_write: pageman: snapshot 1 begins\n"
		"              sh-101     [000] .....     1.000006: tracing_mark_write: pageman: snapshot 1 ends\n";

	texts_make(texts);
	mkdir(scratch_path(name), 0755);
	snprintf(path, sizeof(path), "%s/meta", name);
	scratch_write(path, meta, strlen(meta));
	snprintf(path, sizeof(path), "%s/trace.txt", name);
	scratch_write(path, trace, strlen(trace));
	for (unsigned which = 0; which < 2; which++) {
		snprintf(path, sizeof(path), "%s/proc%u", name, which);
		mkdir(scratch_path(path), 0755);
		for (unsigned file = 0; file < PROC_FILE_COUNT; file++) {
			snprintf(path, sizeof(path), "%s/proc%u/%s", name, which, names[file]);
			scratch_write(path, texts[file].bytes, texts[file].length);
		}
	}
}

static void check_stream(const char *name)
{
	const uint8_t kinds[] = { REC_PROC_BEGIN, REC_SNAPSHOT, REC_FREE, REC_PROC_BEGIN, REC_SNAPSHOT };
	struct stream found;

	read_file(name, &found, NULL);
	assert_int_equal(found.result, 0);
	assert_int_equal(found.count, 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(found.events[i].kind, kinds[i]);
	assert_int_equal(found.events[1].arg, 0);
	assert_int_equal(found.events[2].pfn, 0x1234);
	assert_int_equal(found.events[4].arg, 1);
	stream_free(&found);
}

static void check_snapshots(const char *name)
{
	struct rec_reader *reader;
	struct rec_error error;
	struct rec_snapshot s;

	assert_int_equal(rec_open(scratch_path(name), REC_DIALECT_AUTO, &reader, &error), 0);
	assert_true(rec_info(reader)->has_snapshot[0]);
	for (unsigned which = 0; which < 2; which++) {
		assert_int_equal(rec_snapshot_get(reader, which, &s, &error), 0);
		check_snapshot(&s);
		rec_snapshot_free(&s);
	}
	rec_close(reader);
}

static void directory_is_read_and_survives_the_compact_format(void **state)
{
	struct rec_reader *reader;
	struct rec_error error;

	(void)state;
	write_directory("stock");
	check_stream("stock");
	check_snapshots("stock");
	assert_int_equal(rec_open(scratch_path("stock"), REC_DIALECT_AUTO, &reader, &error), 0);
	assert_int_equal(rec_import(reader, scratch_path("stock.rec"), 1, NULL, NULL, &error), 0);
	rec_close(reader);
	check_stream("stock.rec");
	check_snapshots("stock.rec");
}

static void missing_copy_is_named(void **state)
{
	struct rec_reader *reader;
	struct rec_error error;
	struct rec_snapshot s;

	(void)state;
	write_directory("torn");
	remove(scratch_path("torn/proc1/zoneinfo"));
	assert_int_equal(rec_open(scratch_path("torn"), REC_DIALECT_AUTO, &reader, &error), 0);
	assert_int_equal(rec_snapshot_get(reader, 0, &s, &error), 0);
	rec_snapshot_free(&s);
	assert_int_equal(rec_snapshot_get(reader, 1, &s, &error), -EBADMSG);
	assert_non_null(strstr(error.text, "proc1/zoneinfo: expected a copy of /proc/zoneinfo"));
	rec_close(reader);
}

/* One zone [0x100, 0x500): a block of order 2 and one of order 9 on free lists, two frames on a per-CPU list. */
static void exact_snapshot_forgets_its_order(void **state)
{
	struct bytes exact = { 0 };
	struct rec_snapshot s, forgotten;
	struct rec_error error;
	void *bytes, *again;
	size_t length;

	(void)state;
	snapshot_small(&exact, 0);
	assert_int_equal(rec_snapshot_parse(exact.bytes, exact.length, &s, &error), 0);
	assert_true(s.ordered);
	assert_int_equal(rec_snapshot_forget(&s, &bytes, &length), 0);
	assert_int_equal(rec_snapshot_parse(bytes, length, &forgotten, &error), 0);
	assert_false(forgotten.ordered);
	assert_int_equal(forgotten.free_list_count, 0);
	assert_int_equal(counts_of(&forgotten, 0)->blocks[2], 1);
	assert_int_equal(counts_of(&forgotten, 1)->blocks[9], 1);
	assert_int_equal(counts_of(&forgotten, 2)->blocks[9], 0);
	assert_int_equal(forgotten.pcps[0].count, 2);
	assert_int_equal(forgotten.zones[0].pageblocks_of[5], 1);
	assert_null(forgotten.zones[0].pageblock_types);
	assert_int_equal(rec_snapshot_forget(&forgotten, &again, &length), -EINVAL);
	rec_snapshot_free(&s);
	rec_snapshot_free(&forgotten);
	free(bytes);
	free(exact.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_is_found),
		cmocka_unit_test(settings_may_be_missing),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(random_bytes_never_crash),
		cmocka_unit_test(directory_is_read_and_survives_the_compact_format),
		cmocka_unit_test(missing_copy_is_named),
		cmocka_unit_test(exact_snapshot_forgets_its_order),
	};

	return cmocka_run_group_tests_name("rec_proc", tests, scratch_setup, scratch_teardown);
}
