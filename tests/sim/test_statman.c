// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernel logs with Stats| lines: what stands before a record, records, totals, and logs that are cut or damaged.
 * The formats are those of docs/statman.md.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "statman.h"
#include "statman_report.h"

#define FIT "Stats| Fit_size=12 KB \t Required_pages=3 \tOriginal_pages=4 \tElapse=100 ns \n"
#define FREE "Stats| Free_size=12 KB \t fit_pages=3 \tMax_pages=4 \tElapse=60 ns\n"
#define OUR_FIT "Stats| Fit_bytes=70000 Required_pages=18 Original_pages=32 Policy=fitfree Elapse=300 ns\n"
#define OUR_FREE "Stats| Free_bytes=73728 fit_pages=18 Max_pages=32 Policy=fitfree Elapse=200 ns\n"

static struct sim_statman s;

static void read_text(const char *text)
{
	sim_statman_fini(&s);
	sim_statman_init(&s, SIM_STATMAN_PAGE_BYTES);
	assert_int_equal(sim_statman_feed(&s, text, strlen(text)), 0);
	assert_int_equal(sim_statman_finish(&s), 0);
}

static int forget(void **state)
{
	(void)state;
	sim_statman_fini(&s);
	return 0;
}

static void records_are_found_behind_every_prefix(void **state)
{
	static const struct {
		const char *text;
		enum sim_statman_prefix prefix;
	} cases[] = {
		{ "", SIM_STATMAN_PLAIN },
		{ "Pageman(Fit): ", SIM_STATMAN_PLAIN },
		{ "            bash-100     [000] .....  10.000001: pageman_fit: ", SIM_STATMAN_PLAIN },
		{ "[  123.456789] ", SIM_STATMAN_DMESG },
		{ "[12345.678901] [   T42] pageman: ", SIM_STATMAN_DMESG },
		{ "[  123.456789 <    0.000012>] pageman: ", SIM_STATMAN_DMESG },
		{ "[   +0.000012] pageman: ", SIM_STATMAN_DMESG },
		{ "[  123.456789] lab kernel: pageman: ", SIM_STATMAN_DMESG },
		{ "<6>[  123.456789] pageman: ", SIM_STATMAN_DMESG },
		{ "<14>[  123.456789] pageman: ", SIM_STATMAN_DMESG },
		{ "kern  :info  : [  123.456789] pageman: ", SIM_STATMAN_DMESG },
		{ "local0:notice: [  123.456789] pageman: ", SIM_STATMAN_DMESG },
		{ "[Sat Nov 25 12:00:00 2023] pageman: ", SIM_STATMAN_DMESG_CLOCK },
		{ "[Nov25 12:00] pageman: ", SIM_STATMAN_DMESG_CLOCK },
		{ "kern  :info  : [Sat Nov 25 12:00:00 2023] pageman: ", SIM_STATMAN_DMESG_CLOCK },
		{ "2023-11-25T12:00:00,123456+01:00 pageman: ", SIM_STATMAN_DMESG_CLOCK },
		{ "6,1234,5678901,-;pageman: ", SIM_STATMAN_KMSG },
		{ "6,1234,5678901,-,caller=T42;pageman: ", SIM_STATMAN_KMSG },
		{ "Nov 25 12:00:00 lab kernel: pageman: ", SIM_STATMAN_SYSLOG },
		{ "Nov  5 12:00:00 lab kernel: ", SIM_STATMAN_SYSLOG },
		{ "Nov 25 12:00:00 lab kernel[0]: pageman: ", SIM_STATMAN_SYSLOG },
		{ "2023-11-25T12:00:00+01:00 lab kernel[12]: [  123.456789] ", SIM_STATMAN_SYSLOG_ISO },
		{ "Nov 25 12:00:00.123456 lab kernel: pageman: ", SIM_STATMAN_SYSLOG },
		{ "Nov 25 12:00:00 lab kernel: [  123.456789] pageman: ", SIM_STATMAN_SYSLOG },
		{ "2023-11-25T12:00:00+0100 lab kernel: pageman: ", SIM_STATMAN_SYSLOG_ISO },
		{ "2023-11-25T12:00:00.123456+01:00 lab kernel: [  123.456789] pageman: ", SIM_STATMAN_SYSLOG_ISO },
		{ "2023-11-25T12:00:00Z lab kernel: pageman: ", SIM_STATMAN_SYSLOG_ISO },
		{ "2023-11-25 12:00:00 lab kernel: pageman: ", SIM_STATMAN_SYSLOG_ISO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char line[512];

		snprintf(line, sizeof(line), "%s%s%s%s", cases[i].text, FIT, cases[i].text, OUR_FREE);
		read_text(line);
		if (s.calls[SIM_STATMAN_FIT].count != 1 || s.calls[SIM_STATMAN_FREE].count != 1 ||
		    s.prefixes[cases[i].prefix] != 2)
			fail_msg("\"%s\" is not read as %s", cases[i].text, sim_statman_prefix_name(cases[i].prefix));
		assert_false(sim_statman_is_partial(&s));
	}
}

static void lines_of_other_programs_are_not_counted(void **state)
{
	(void)state;
	read_text("Nov 25 12:00:00 lab sudo[7]: COMMAND=/usr/bin/grep " FIT
		  "2023-11-25T12:00:00+01:00 lab logger: " FREE
		  "Nov 25 12:00:00 lab kernel: " FIT);
	assert_int_equal(s.foreign, 2);
	assert_int_equal(sim_statman_records(&s), 1);
	assert_false(sim_statman_is_partial(&s));
}

static void totals_add_up(void **state)
{
	(void)state;
	read_text("noise\n" FIT OUR_FIT FREE "more noise\n" OUR_FREE FIT);
	assert_int_equal(s.lines, 7);
	assert_int_equal(s.calls[SIM_STATMAN_FIT].count, 3);
	assert_int_equal(s.calls[SIM_STATMAN_FIT].pages, 3 + 18 + 3);
	assert_int_equal(s.calls[SIM_STATMAN_FIT].block_pages, 4 + 32 + 4);
	assert_int_equal(s.calls[SIM_STATMAN_FIT].time_ns, 500);
	assert_int_equal(s.calls[SIM_STATMAN_FREE].count, 2);
	assert_int_equal(s.calls[SIM_STATMAN_FREE].pages, 3 + 18);
	assert_int_equal(s.calls[SIM_STATMAN_FREE].block_pages, 4 + 32);
	assert_int_equal(s.ours, 2);
	assert_int_equal(s.orders[2].fits, 2);
	assert_int_equal(s.orders[2].median_ns, 100);
	assert_int_equal(s.orders[5].fits, 1);
	assert_int_equal(s.orders[5].pages, 18);
	assert_int_equal(s.orders[5].median_ns, 300);
	assert_int_equal(s.policy_count, 1);
	assert_string_equal(s.policies[0].name, "fitfree");
	assert_int_equal(s.policies[0].calls[SIM_STATMAN_FIT], 1);
	assert_int_equal(s.policies[0].calls[SIM_STATMAN_FREE], 1);
}

static void keys_may_come_in_any_order_with_glued_units_and_unknown_keys(void **state)
{
	(void)state;
	read_text("Stats| Elapse=7ns cpu=3 Original_pages=8 node=0 MB Required_pages=5 Fit_size=20KB\n"
		  "Stats|Max_pages=8 fit_pages=5 Free_size=20 Elapse=9 ns (cpu 3)\r\n");
	assert_int_equal(s.calls[SIM_STATMAN_FIT].count, 1);
	assert_int_equal(s.calls[SIM_STATMAN_FREE].count, 1);
	assert_int_equal(s.unknown_keys, 2);
	assert_int_equal(s.odd_sizes, 0);
	assert_int_equal(s.bad_count, 0);
}

static void escaped_control_characters_are_blanks(void **state)
{
	(void)state;
	read_text("Stats| Fit_size=12 KB #011 Required_pages=3 #011Original_pages=4 #011Elapse=100 ns #012\n"
		  "Stats| Free_size=12 KB \\x09 fit_pages=3 \\x09Max_pages=4 \\x09Elapse=60 ns\\x0a\n");
	assert_int_equal(s.calls[SIM_STATMAN_FIT].count, 1);
	assert_int_equal(s.calls[SIM_STATMAN_FREE].count, 1);
	assert_int_equal(s.bad_count, 0);
}

static void bad_records_are_left_out_with_their_reason(void **state)
{
	static const struct {
		const char *line, *reason;
	} cases[] = {
		{ "Stats|", "expected Fit_size, Fit_bytes, Free_size or Free_bytes, found none" },
		{ "Stats| Fit_size=12 KB Required_pages=5 Original_pages=4 Elapse=1 ns",
		  "expected 1 to 4 for Required_pages, found 5" },
		{ "Stats| Fit_size=12 KB Required_pages=0 Original_pages=4 Elapse=1 ns",
		  "expected 1 to 4 for Required_pages, found 0" },
		{ "Stats| Fit_size=12 KB Required_pages=3 Original_pages=0 Elapse=1 ns",
		  "expected a power of two for Original_pages, found 0" },
		{ "Stats| Free_size=12 KB fit_pages=3 Max_pages=5 Elapse=1 ns",
		  "expected a power of two for Max_pages, found 5" },
		{ "Stats| Fit_size=12 KB Required_pages=3 Original_pages=4",
		  "expected Elapse, found the end of the line" },
		{ "Stats| Required_pages=3 Original_pages=4 Elapse=1 ns",
		  "expected Fit_size or Fit_bytes, found the end of the line" },
		{ "Stats| Fit_size=12 KB Required_pages=3 Original_pages=4 Elapse=1",
		  "expected \"ns\" behind Elapse, found nothing" },
		{ "Stats| Fit_size=12 KB Required_pages=3 Original_pages=4 Elapse=1 us",
		  "expected \"ns\" behind Elapse, found \"us\"" },
		{ "Stats| Fit_size=12 MB Required_pages=3 Original_pages=4 Elapse=1 ns",
		  "expected \"KB\" behind Fit_size, found \"MB\"" },
		{ "Stats| Fit_size=12 KB Required_pages=3 KB Original_pages=4 Elapse=1 ns",
		  "expected a number of pages for Required_pages, found \"KB\" behind it" },
		{ "Stats| Fit_size=12 KB Required_pages= Original_pages=4 Elapse=1 ns",
		  "expected a number for Required_pages, found \"\"" },
		{ "Stats| Fit_size=12 KB Required_pages=-3 Original_pages=4 Elapse=1 ns",
		  "expected a number for Required_pages, found \"-3\"" },
		/* A negative time, printed by the kernel as an unsigned one. */
		{ "Stats| Fit_size=12 KB Required_pages=3 Original_pages=4 Elapse=18446744073709551615 ns",
		  "expected at most 576460752303423487 for Elapse, found 18446744073709551615" },
		{ "Stats| Fit_size=12 KB Required_pages=3 Original_pages=99999999999999999999999999 Elapse=1 ns",
		  "expected at most 1048576 for Original_pages, found 999999999999999999999999..." },
		{ "Stats| Fit_size=12 KB Required_pages=3 Required_pages=3 Original_pages=4 Elapse=1 ns",
		  "expected Required_pages once, found Required_pages and Required_pages" },
		{ "Stats| Fit_size=12 KB Fit_bytes=12288 Required_pages=3 Original_pages=4 Elapse=1 ns",
		  "expected Fit_size or Fit_bytes once, found Fit_size and Fit_bytes" },
		{ "Stats| Fit_size=12 KB fit_pages=3 Max_pages=4 Elapse=1 ns",
		  "expected the keys of a fit or of a free, found Fit_size and fit_pages" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), "%s%s\n%s", FIT, cases[i].line, FREE);
		read_text(text);
		assert_int_equal(s.bad_count, 1);
		assert_int_equal(s.bad[0].line, 2);
		assert_string_equal(s.bad[0].reason, cases[i].reason);
		assert_int_equal(s.calls[SIM_STATMAN_FIT].count, 1);
		assert_int_equal(s.calls[SIM_STATMAN_FREE].count, 1);
		assert_true(sim_statman_is_partial(&s));
	}
}

static void the_first_bad_records_are_kept_and_all_are_counted(void **state)
{
	(void)state;
	read_text("Stats| a\nStats| b\n\nStats| c\nStats| d\nStats| e\nStats| f\nStats| g\n");
	assert_int_equal(s.bad_count, 7);
	assert_int_equal(s.bad[2].line, 4);
	assert_int_equal(s.bad[SIM_STATMAN_BAD_SHOWN - 1].line, 6);
}

static void a_time_of_0_and_a_block_kept_whole_are_fine(void **state)
{
	(void)state;
	read_text("Stats| Fit_size=0 KB Required_pages=1 Original_pages=1 Elapse=0 ns\n");
	assert_int_equal(s.calls[SIM_STATMAN_FIT].count, 1);
	assert_int_equal(s.orders[0].fits, 1);
	assert_int_equal(sim_statman_time(&s.calls[SIM_STATMAN_FIT], 1000), 0);
	assert_int_equal(s.odd_sizes, 0);
}

static void two_records_in_a_line_are_two_records(void **state)
{
	(void)state;
	read_text("Stats| Fit_size=12 KB Requi[  1.000000] Pageman(Free): " FREE);
	assert_int_equal(s.bad_count, 1);
	assert_int_equal(s.calls[SIM_STATMAN_FREE].count, 1);
}

static void sizes_that_are_not_those_of_the_pages_are_told_and_counted(void **state)
{
	(void)state;
	read_text("Stats| Fit_size=12 KB Required_pages=3 Original_pages=4 Elapse=1 ns\n"  /* 12288 to 13311 bytes */
		  "Stats| Fit_size=12 KB Required_pages=4 Original_pages=4 Elapse=1 ns\n"
		  "Stats| Fit_size=13 KB Required_pages=3 Original_pages=4 Elapse=1 ns\n"
		  "Stats| Fit_bytes=12289 Required_pages=3 Original_pages=4 Elapse=1 ns\n"
		  "Stats| Fit_bytes=12288 Required_pages=3 Original_pages=4 Elapse=1 ns\n");
	assert_int_equal(s.calls[SIM_STATMAN_FIT].count, 5);
	assert_int_equal(s.odd_sizes, 2);
	assert_int_equal(s.odd_size_line, 3);
	assert_false(sim_statman_is_partial(&s));
}

static void messages_that_the_log_says_are_missing_make_it_partial(void **state)
{
	static const char *const notes[] = {
		"[    1.000000] ** 12 printk messages dropped **\n",
		"Nov 25 12:00:00 lab systemd-journald[1]: Missed 12 kernel messages\n",
		"CPU:0 [LOST 12 EVENTS]\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), "%s%s%s%s", FIT, notes[i], notes[i], FREE);
		read_text(text);
		assert_int_equal(s.lost, 24);
		assert_int_equal(s.lost_line, 2);
		assert_true(sim_statman_is_partial(&s));
	}
	read_text(FIT "** bold ** Missed calls [LOST\n** 3 printk messages\n" FREE);
	assert_int_equal(s.lost, 0);
}

static void times_are_by_nearest_rank(void **state)
{
	char text[512 * 100] = "";
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "Stats| Fit_size=12 KB Required_pages=3 "
					 "Original_pages=4 Elapse=%u ns\n", 1 + i * 77 % 200);
	read_text(text);
	assert_int_equal(sim_statman_time(&s.calls[SIM_STATMAN_FIT], 0), 1);
	assert_int_equal(sim_statman_time(&s.calls[SIM_STATMAN_FIT], 500), 100);
	assert_int_equal(sim_statman_time(&s.calls[SIM_STATMAN_FIT], 990), 198);
	assert_int_equal(sim_statman_time(&s.calls[SIM_STATMAN_FIT], 1000), 200);
	assert_int_equal(sim_statman_calls_within(&s.calls[SIM_STATMAN_FIT], 64, 128), 64);
	assert_int_equal(sim_statman_calls_within(&s.calls[SIM_STATMAN_FIT], 0, 1), 0);
	assert_int_equal(s.orders[2].median_ns, 100);
}

static void a_sum_of_times_that_does_not_fit_is_not_wrapped(void **state)
{
	char text[128 * 64] = "";
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "Stats| Free_size=12 KB fit_pages=3 "
					 "Max_pages=4 Elapse=576460752303423487 ns\n");
	read_text(text);
	assert_int_equal(s.calls[SIM_STATMAN_FREE].count, 40);
	assert_true(s.calls[SIM_STATMAN_FREE].time_ns == UINT64_MAX);
	assert_true(sim_statman_time(&s.calls[SIM_STATMAN_FREE], 500) == UINT64_C(576460752303423487));
}

/* A long line: @before bytes, a record, @between bytes, a record, @after bytes. */
static char *long_line(size_t before, size_t between, size_t after)
{
	const size_t bytes = before + between + after + sizeof(FIT) + sizeof(FREE);
	char *text = malloc(bytes), *at = text;

	assert_non_null(text);
	memset(text, 'x', bytes);
	at += before;
	memcpy(at, FIT, sizeof(FIT) - 2);
	at += sizeof(FIT) - 2;
	*at++ = ' ';
	at += between;
	memcpy(at, FREE, sizeof(FREE) - 2);
	at += sizeof(FREE) - 2;
	*at++ = ' ';
	at += after;
	strcpy(at, "\n");
	return text;
}

static void lines_of_any_length_are_read(void **state)
{
	(void)state;
	for (size_t before = 8192 - 200; before < 8192 + 20; before++) {
		char *text = long_line(before, 3, 5);

		read_text(text);
		free(text);
		assert_int_equal(s.calls[SIM_STATMAN_FIT].count, 1);
		assert_int_equal(s.calls[SIM_STATMAN_FREE].count, 1);
		assert_int_equal(s.bad_count, 0);
		assert_int_equal(s.lines, 1);
	}
}

static void a_record_longer_than_the_buffer_is_bad_and_the_next_one_is_not(void **state)
{
	char *text = long_line(1000000, 100000, 10);

	(void)state;
	read_text(text);
	free(text);
	assert_int_equal(s.bad_count, 1);
	assert_int_equal(s.calls[SIM_STATMAN_FIT].count, 0);
	assert_int_equal(s.calls[SIM_STATMAN_FREE].count, 1);
}

static const char log_text[] = "Nov 25 12:00:00 lab kernel: Pageman(Fit): " FIT
			       "[    1.000000] pageman: " OUR_FIT
			       "6,1,2,-;Pageman(Free): " FREE
			       "2023-11-25T12:00:00+01:00 lab kernel: pageman: " OUR_FREE;

/* Every truncation: what stands before the cut is counted, half a record never is. */
static void a_log_cut_anywhere_counts_whole_records_only(void **state)
{
	static const uint64_t pages[] = { 0, 3, 21 };

	(void)state;
	for (size_t size = 0; size < sizeof(log_text); size++) {
		char *text = strndup(log_text, size); /* so that reading beyond it is found */
		uint64_t whole = 0, marker = 0;

		assert_non_null(text);
		read_text(text);
		for (const char *c = text; (c = strstr(c, " ns")); c++)
			whole++;
		for (const char *c = text; (c = strstr(c, "Stats|")); c++)
			marker++;
		assert_int_equal(s.calls[0].count + s.calls[1].count, whole);
		assert_int_equal(s.bad_count, marker - whole);
		assert_int_equal(s.calls[SIM_STATMAN_FIT].pages, pages[whole < 2 ? whole : 2]);
		free(text);
	}
}

static void damage_never_harms_more_than_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(log_text) - 1; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			char *text = strdup(log_text);

			assert_non_null(text);
			text[i] = (char)(text[i] ^ 1 << bit);
			sim_statman_fini(&s);
			sim_statman_init(&s, SIM_STATMAN_PAGE_BYTES);
			assert_int_equal(sim_statman_feed(&s, text, sizeof(log_text) - 1), 0);
			assert_int_equal(sim_statman_finish(&s), 0);
			/* A flipped newline joins two lines. */
			assert_in_range(s.calls[0].count + s.calls[1].count, 2, 4);
			free(text);
		}
	}
}

static void pieces_do_not_change_the_result(void **state)
{
	char *text = long_line(9000, 20000, 40);
	char *whole_json, *pieces_json;
	size_t bytes;

	(void)state;
	for (unsigned piece = 1; piece < 40; piece += 6) {
		FILE *out = open_memstream(&whole_json, &bytes);
		char both[40000];
		size_t size = (size_t)snprintf(both, sizeof(both), "%s%s%s", log_text, text, log_text);

		read_text(both);
		sim_statman_json(out, "log", &s);
		fclose(out);
		sim_statman_fini(&s);
		sim_statman_init(&s, SIM_STATMAN_PAGE_BYTES);
		for (size_t at = 0; at < size; at += piece)
			assert_int_equal(sim_statman_feed(&s, both + at, size - at < piece ? size - at : piece), 0);
		assert_int_equal(sim_statman_finish(&s), 0);
		out = open_memstream(&pieces_json, &bytes);
		sim_statman_json(out, "log", &s);
		fclose(out);
		assert_string_equal(whole_json, pieces_json);
		free(whole_json);
		free(pieces_json);
	}
	free(text);
}

static void json_has_both_percentages_and_the_account(void **state)
{
	static const char *const expected[] = {
		"{\n  \"schema\": \"pageman-statman/1\",\n  \"path\": \"a.log\",\n  \"page_bytes\": 4096,\n"
		"  \"input_complete\": false,\n",
		"    \"count\": 1,\n    \"original_pages\": 4,\n    \"required_pages\": 3,\n    \"saved_pages\": 1,\n"
		"    \"saved_bytes\": 4096,\n    \"kept_percent\": 75,\n    \"saved_percent\": 25,\n"
		"    \"time_ns\": {\n      \"min\": 100,\n      \"median\": 100,\n      \"p99\": 100,\n"
		"      \"max\": 100,\n      \"total\": 100\n    }\n",
		"  \"frees\": {\n    \"count\": 0,\n    \"block_pages\": 0,\n    \"released_pages\": 0,\n"
		"    \"time_ns\": {}\n  },\n",
		"        \"line\": 2,\n        \"reason\": \"expected Fit_size, Fit_bytes, Free_size or Free_bytes, "
		"found none\"\n",
	};
	char *written;
	size_t bytes;
	FILE *out = open_memstream(&written, &bytes);

	(void)state;
	read_text(FIT "Stats|\n");
	sim_statman_json(out, "a.log", &s);
	fclose(out);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		if (!strstr(written, expected[i]))
			fail_msg("no\n%s in\n%s", expected[i], written);
	free(written);
}

static void a_log_of_bad_records_only_has_a_report_without_shares(void **state)
{
	char *written;
	size_t bytes;
	FILE *out = open_memstream(&written, &bytes);

	(void)state;
	read_text("Stats| Fit\n");
	sim_statman_print(out, "a.log", &s);
	sim_statman_json(out, "a.log", &s);
	fclose(out);
	assert_non_null(strstr(written, "0 fits, 0 frees; 0 pages saved = 0 B\n"));
	assert_non_null(strstr(written, "\"kept_percent\": null"));
	assert_null(strstr(written, "Times of a call"));
	free(written);
}

static void more_policies_than_are_told_apart_are_counted(void **state)
{
	char text[2048] = "";
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 11; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "Stats| Free_bytes=12288 fit_pages=3 "
					 "Max_pages=4 Policy=p%u Elapse=1 ns\n", i);
	read_text(text);
	assert_int_equal(s.policy_count, SIM_STATMAN_POLICIES_MAX);
	assert_int_equal(s.policies_left_out, 3);
	assert_int_equal(s.calls[SIM_STATMAN_FREE].count, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_found_behind_every_prefix),
		cmocka_unit_test(lines_of_other_programs_are_not_counted),
		cmocka_unit_test(totals_add_up),
		cmocka_unit_test(keys_may_come_in_any_order_with_glued_units_and_unknown_keys),
		cmocka_unit_test(escaped_control_characters_are_blanks),
		cmocka_unit_test(bad_records_are_left_out_with_their_reason),
		cmocka_unit_test(the_first_bad_records_are_kept_and_all_are_counted),
		cmocka_unit_test(a_time_of_0_and_a_block_kept_whole_are_fine),
		cmocka_unit_test(two_records_in_a_line_are_two_records),
		cmocka_unit_test(sizes_that_are_not_those_of_the_pages_are_told_and_counted),
		cmocka_unit_test(messages_that_the_log_says_are_missing_make_it_partial),
		cmocka_unit_test(times_are_by_nearest_rank),
		cmocka_unit_test(a_sum_of_times_that_does_not_fit_is_not_wrapped),
		cmocka_unit_test(lines_of_any_length_are_read),
		cmocka_unit_test(a_record_longer_than_the_buffer_is_bad_and_the_next_one_is_not),
		cmocka_unit_test(a_log_cut_anywhere_counts_whole_records_only),
		cmocka_unit_test(damage_never_harms_more_than_its_line),
		cmocka_unit_test(pieces_do_not_change_the_result),
		cmocka_unit_test(json_has_both_percentages_and_the_account),
		cmocka_unit_test(a_log_of_bad_records_only_has_a_report_without_shares),
		cmocka_unit_test(more_policies_than_are_told_apart_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
