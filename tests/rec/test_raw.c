/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw ring-buffer pages, made by hand after kernel/trace/ring_buffer.c (6.1).
 */
#include "capture.h"

#include <errno.h>

static void add(struct page *page, uint32_t delta, struct payload payload)
{
	page_event(page, delta, payload.bytes, payload.length);
}

static void fields_and_times_are_read(void **state)
{
	struct page page;
	struct stream found;
	struct rec_accounting accounting;

	(void)state;
	capture_begin("fields", 1, "");
	page_begin(&page, 1000);
	add(&page, 5, payload_alloc(0x1234, 2, 0x100cca, 1, 42, 0x01 | 0x08 | 0x10 | 0x40));
	page_extend(&page, (uint64_t)3 << 27 | 7);
	add(&page, 1, payload_alloc(~(uint64_t)0, 10, 0xcc0, 4, 42, 0x04));
	page_discarded(&page, 99, 24);
	add(&page, 2, payload_free(0x99, 0, 43));
	page_stamp(&page, 5000000000);
	add(&page, 0, payload_batched(0x99, 43));
	page_end(&page, 0);
	capture_file("fields", "cpu0.raw", page.bytes, PAGE_BYTES);
	read_file("fields", &found, &accounting);
	assert_int_equal(found.result, 0);
	assert_int_equal(found.count, 4);
	assert_int_equal(found.events[0].time_ns, 1005);
	assert_int_equal(found.events[0].kind, REC_ALLOC);
	assert_int_equal(found.events[0].pfn, 0x1234);
	assert_int_equal(found.events[0].order, 2);
	assert_int_equal(found.events[0].gfp, 0x100cca);
	assert_int_equal(found.events[0].migratetype, 1);
	assert_int_equal(found.events[0].pid, 42);
	assert_int_equal(found.events[0].context,
			 REC_CTX_IRQS_OFF | REC_CTX_HARDIRQ | REC_CTX_SOFTIRQ | REC_CTX_NMI);
	assert_int_equal(found.events[1].time_ns, 1005 + ((uint64_t)3 << 27 | 7) + 1);
	assert_int_equal(found.events[1].pfn, REC_NO_PFN);
	/* Raw 4 is isolate in a build without CMA. */
	assert_int_equal(found.events[1].migratetype, 5);
	assert_int_equal(found.events[1].context, 0);
	/* rb_update_read_stamp adds nothing for a discarded entry. */
	assert_int_equal(found.events[2].time_ns, found.events[1].time_ns + 2);
	assert_int_equal(found.events[2].flags, REC_FREE_LIST);
	assert_int_equal(found.events[3].time_ns, 5000000000);
	assert_int_equal(found.events[3].kind, REC_FREE_BATCHED);
	assert_int_equal(accounting.batched_duplicates, 1);
	stream_free(&found);
}

static void our_own_events_map_one_to_one(void **state)
{
	struct page page;
	struct stream found;

	(void)state;
	capture_begin("ours", 1, "");
	page_begin(&page, 10);
	add(&page, 1, payload_rec(REC_REFILL, 0x55, 63 | (uint64_t)1 << 32, 1));
	add(&page, 1, payload_recw(REC_ZONE_MARKS, 100));
	add(&page, 1, payload_rec(REC_FREE_ONE, 0x66, 0, 4));
	add(&page, 1, payload_recw(REC_ISOLATE_BLOCK, 200));
	add(&page, 1, payload_rec(200, 1, 2, 3)); /* a kind of a later version */
	page_end(&page, 0);
	capture_file("ours", "cpu0.raw", page.bytes, PAGE_BYTES);
	read_file("ours", &found, NULL);
	assert_int_equal(found.count, 4);
	assert_int_equal(found.events[0].kind, REC_REFILL);
	assert_int_equal(found.events[0].pfn, 0x55);
	assert_int_equal(found.events[0].arg, 63 | (uint64_t)1 << 32);
	assert_int_equal(found.events[2].migratetype, 5);
	for (uint64_t i = 0; i < 8; i++) {
		assert_int_equal(found.wide[1].v[i], 100 + i);
		assert_int_equal(found.wide[3].v[i], 200 + i);
	}
	stream_free(&found);
}

/* Other tracepoints, entries above 112 bytes, null padding at the page's end. */
static void what_is_not_ours_is_stepped_over(void **state)
{
	const uint8_t foreign[400] = { ID_FOREIGN & 255, ID_FOREIGN >> 8 };
	struct page page;
	struct stream found;

	(void)state;
	capture_begin("foreign", 1, "");
	page_begin(&page, 10);
	page_event(&page, 1, foreign, 28);
	page_event(&page, 1, foreign, 400);
	add(&page, 1, payload_free(1, 0, 1));
	page_event(&page, 1, foreign, 112);
	add(&page, 1, payload_free(2, 0, 1));
	memset(page.bytes + PAGE_DATA + page.used, 0, 4);
	page.bytes[PAGE_DATA + page.used] = 29;
	page.used += 40;
	page_end(&page, 0);
	capture_file("foreign", "cpu0.raw", page.bytes, PAGE_BYTES);
	read_file("foreign", &found, NULL);
	assert_int_equal(found.result, 0);
	assert_int_equal(found.count, 2);
	assert_int_equal(found.events[0].time_ns, 13);
	assert_int_equal(found.events[1].time_ns, 15);
	stream_free(&found);
}

static void cpus_are_merged_by_time(void **state)
{
	const uint64_t starts[3] = { 1000, 900, 1000 };
	struct stream found;
	uint64_t last = 0;
	unsigned last_cpu = 0;

	(void)state;
	capture_begin("merge", 3, "");
	for (unsigned cpu = 0; cpu < 3; cpu++) {
		struct bytes file = { 0 };
		char name[16];

		for (unsigned number = 0; number < 3; number++) {
			struct page page;

			page_begin(&page, starts[cpu] + 1000 * number);
			for (unsigned i = 0; i < 100; i++)
				add(&page, cpu == 2 ? 0 : 3 + cpu, payload_alloc(i, 0, 0, 0, (int32_t)cpu, 0));
			page_end(&page, 0);
			bytes_add(&file, page.bytes, PAGE_BYTES);
		}
		snprintf(name, sizeof(name), "cpu%u.raw", cpu);
		capture_file("merge", name, file.bytes, file.length);
		free(file.bytes);
	}
	read_file("merge", &found, NULL);
	assert_int_equal(found.count, 900);
	for (size_t i = 0; i < found.count; i++) {
		assert_true(found.events[i].time_ns > last ||
			    (found.events[i].time_ns == last && found.events[i].cpu >= last_cpu));
		assert_int_equal(found.events[i].pid, found.events[i].cpu);
		last = found.events[i].time_ns;
		last_cpu = found.events[i].cpu;
	}
	stream_free(&found);
}

static const char retry_format[] =
	"ID: 600\nformat:\n"
	"\tfield:int node;\toffset:8;\tsize:4;\tsigned:1;\n\tfield:int zone_idx;\toffset:12;\tsize:4;\tsigned:1;\n"
	"\tfield:int order;\toffset:16;\tsize:4;\tsigned:1;\n"
	"\tfield:unsigned long reclaimable;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned long available;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned long min_wmark;\toffset:40;\tsize:8;\tsigned:0;\n"
	"\tfield:int no_progress_loops;\toffset:48;\tsize:4;\tsigned:1;\n"
	"\tfield:bool wmark_check;\toffset:52;\tsize:1;\tsigned:0;\n";

static const char wakeup_format[] =
	"ID: 601\nformat:\n"
	"\tfield:int nid;\toffset:8;\tsize:4;\tsigned:1;\n\tfield:int zid;\toffset:12;\tsize:4;\tsigned:1;\n"
	"\tfield:int order;\toffset:16;\tsize:4;\tsigned:1;\n"
	"\tfield:unsigned long gfp_flags;\toffset:24;\tsize:8;\tsigned:0;\n";

/* include/trace/events/oom.h, reclaim_retry_zone; vmscan.h, mm_vmscan_wakeup_kswapd */
static void slow_path_events_are_read(void **state)
{
	struct payload retry = { .length = 56 }, wakeup = { .length = 32 };
	const uint32_t retry_words[] = { 600, 42, 0, 1, 3, 0, 1000, 0, 1500, 0, 700, 0, 16, 1 };
	const uint32_t wakeup_words[] = { 601, 42, 0, 2, 4, 0, 0xcc0, 0 };
	struct stream found;
	struct page page;

	(void)state;
	memcpy(retry.bytes, retry_words, sizeof(retry_words));
	memcpy(wakeup.bytes, wakeup_words, sizeof(wakeup_words));
	capture_begin("slow", 1, "");
	capture_file("slow", "format/oom__reclaim_retry_zone", retry_format, strlen(retry_format));
	capture_file("slow", "format/vmscan__mm_vmscan_wakeup_kswapd", wakeup_format, strlen(wakeup_format));
	page_begin(&page, 10);
	add(&page, 1, retry);
	add(&page, 1, wakeup);
	page_end(&page, 0);
	capture_file("slow", "cpu0.raw", page.bytes, PAGE_BYTES);
	read_file("slow", &found, NULL);
	assert_int_equal(found.count, 2);
	assert_int_equal(found.events[0].kind, REC_RECLAIM_RETRY);
	assert_int_equal(found.events[0].pid, 42);
	assert_int_equal(found.wide[0].v[1], 1);
	assert_int_equal(found.wide[0].v[2], 3);
	assert_int_equal(found.wide[0].v[3], 1000);
	assert_int_equal(found.wide[0].v[4], 1500);
	assert_int_equal(found.wide[0].v[6], 16);
	assert_int_equal(found.wide[0].v[7], 1);
	assert_int_equal(found.events[1].kind, REC_KSWAPD_CALL);
	assert_int_equal(found.events[1].arg, (uint64_t)2 << 32);
	assert_int_equal(found.events[1].order, 4);
	assert_int_equal(found.events[1].gfp, 0xcc0);
	stream_free(&found);
}

/* ring_buffer_read_page marks a page before which events were lost, and stores how many if there is room. */
static void losses_are_told_where_they_happened(void **state)
{
	const uint64_t lost = 321;
	struct page pages[2];
	struct stream found;
	struct rec_accounting accounting;

	(void)state;
	capture_begin("lost", 1, "cpu0_overrun=320\ncpu0_commit_overrun=1\ncpu0_dropped=0\nmissed_probes=4\n");
	page_begin(&pages[0], 10);
	add(&pages[0], 1, payload_free(1, 0, 1));
	page_end(&pages[0], 0);
	page_begin(&pages[1], 20);
	add(&pages[1], 1, payload_free(2, 0, 1));
	memcpy(pages[1].bytes + PAGE_DATA + pages[1].used, &lost, 8);
	page_end(&pages[1], (uint64_t)3 << 30);
	struct bytes file = { 0 };

	bytes_add(&file, pages[0].bytes, PAGE_BYTES);
	bytes_add(&file, pages[1].bytes, PAGE_BYTES);
	capture_file("lost", "cpu0.raw", file.bytes, file.length);
	free(file.bytes);
	read_file("lost", &found, &accounting);
	assert_int_equal(found.count, 3);
	assert_int_equal(found.events[1].kind, REC_LOST);
	assert_int_equal(found.events[1].arg, 321);
	assert_int_equal(found.events[1].time_ns, 20);
	assert_int_equal(accounting.lost_events, 321);
	stream_free(&found);
}

/* Everything before the damage is handed out; the text names file and place. */
static void damage_ends_the_stream_with_its_place(void **state)
{
	struct page page;
	struct bytes file = { 0 };
	struct stream found;

	(void)state;
	capture_begin("damage", 1, "");
	page_begin(&page, 10);
	add(&page, 1, payload_free(1, 0, 1));
	page_end(&page, 0);
	bytes_add(&file, page.bytes, PAGE_BYTES);
	bytes_add(&file, page.bytes, PAGE_BYTES);
	for (size_t cut = 1; cut < PAGE_BYTES; cut += 97) {
		capture_file("damage", "cpu0.raw", file.bytes, PAGE_BYTES + cut);
		read_file("damage", &found, NULL);
		assert_int_equal(found.result, -EBADMSG);
		assert_int_equal(found.error.offset, PAGE_BYTES);
		assert_non_null(strstr(found.error.text, "cpu0.raw"));
		assert_int_equal(found.count, 1);
		stream_free(&found);
	}
	/* A commit beyond the page, then an entry beyond the commit. */
	file.bytes[PAGE_BYTES + 9] = 0xff;
	capture_file("damage", "cpu0.raw", file.bytes, file.length);
	read_file("damage", &found, NULL);
	assert_int_equal(found.result, -EBADMSG);
	stream_free(&found);
	file.bytes[PAGE_BYTES + 9] = 0;
	file.bytes[PAGE_BYTES + 8] = 8;
	capture_file("damage", "cpu0.raw", file.bytes, file.length);
	read_file("damage", &found, NULL);
	assert_int_equal(found.result, -EBADMSG);
	assert_int_equal(found.error.offset, PAGE_BYTES + PAGE_DATA);
	stream_free(&found);
	free(file.bytes);
}

/* Random bytes in a page must never be read out of bounds; sanitizers watch. */
static void random_pages_never_crash(void **state)
{
	uint64_t seed = 3;
	struct page page;
	struct stream found;

	(void)state;
	capture_begin("random", 1, "");
	for (unsigned round = 0; round < 300; round++) {
		struct rec_reader *reader;
		struct rec_error error = { 0 };

		page_begin(&page, 10);
		for (unsigned i = 0; i < 60; i++)
			add(&page, 1, payload_alloc(i, 0, 0, 0, 1, 0));
		page_end(&page, 0);
		for (unsigned i = 0; i < 1 + round % 20; i++)
			page.bytes[random_next(&seed) % 2500] = (uint8_t)random_next(&seed);
		capture_file("random", "cpu0.raw", page.bytes, PAGE_BYTES);
		if (rec_open(scratch_path("random"), REC_DIALECT_AUTO, &reader, &error))
			continue;
		read_all(reader, &found);
		rec_close(reader);
		stream_free(&found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_and_times_are_read),
		cmocka_unit_test(our_own_events_map_one_to_one),
		cmocka_unit_test(slow_path_events_are_read),
		cmocka_unit_test(what_is_not_ours_is_stepped_over),
		cmocka_unit_test(cpus_are_merged_by_time),
		cmocka_unit_test(losses_are_told_where_they_happened),
		cmocka_unit_test(damage_ends_the_stream_with_its_place),
		cmocka_unit_test(random_pages_never_crash),
	};

	return cmocka_run_group_tests_name("rec_raw", tests, scratch_setup, scratch_teardown);
}
