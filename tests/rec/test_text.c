/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracefs text in the dialects that kernels and users produce.
 *
 * The lines were written for these tests after the kernel's formats: trace_print_context and trace_print_lat_fmt
 * (kernel/trace/trace_output.c) and TP_printk of include/trace/events/kmem.h, 6.1.
 */
#include "support.h"

#include <errno.h>

#define HASHED "page=00000000a1b2c3d4 "

static struct stream found;
static struct rec_accounting accounting;

static void read_text(const char *text)
{
	scratch_write("text", text, strlen(text));
	read_file("text", &found, &accounting);
	assert_int_equal(found.result, 0);
}

static int free_found(void **state)
{
	(void)state;
	stream_free(&found);
	memset(&found, 0, sizeof(found));
	return 0;
}

static void every_kmem_event_is_read(void **state)
{
	const struct rec_event *event;

	(void)state;
	read_text("            bash-1234    [003] d.h2.   123.456789: mm_page_alloc: " HASHED
		  "pfn=0x1a2b order=2 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO\n"
		  "            bash-1234    [003] .....   123.456790: mm_page_free: " HASHED "pfn=0xfffffff order=3\n"
		  "            bash-1234    [003] d..1.   123.456791: mm_page_free_batched: " HASHED
		  "pfn=0x12345678 order=0\n"
		  "            bash-1234    [003] d..1.   123.456792: mm_page_alloc_zone_locked: " HASHED
		  "pfn=0x10 order=0 migratetype=2 percpu_refill=1\n"
		  "            bash-1234    [003] d.s3.   123.456793: mm_page_pcpu_drain: " HASHED
		  "pfn=0xabc order=1 migratetype=3\n"
		  "            bash-1234    [003] d..1.   123.456794: mm_page_alloc_extfrag: " HASHED
		  "pfn=0x600 alloc_order=1 fallback_order=8 pageblock_order=9 alloc_migratetype=0 "
		  "fallback_migratetype=2 fragmenting=1 change_ownership=1\n");
	assert_int_equal(found.count, 6);
	assert_int_equal(accounting.garbage_lines, 0);
	event = found.events;
	assert_int_equal(event[0].kind, REC_ALLOC);
	assert_int_equal(event[0].time_ns, 123456789000);
	assert_int_equal(event[0].pfn, 0x1a2b);
	assert_int_equal(event[0].order, 2);
	assert_int_equal(event[0].migratetype, 1);
	assert_int_equal(event[0].gfp, 0x140dca); /* 0x100cca | comp 0x40000 | zero 0x100, gfp_types.h */
	assert_int_equal(event[0].pid, 1234);
	assert_int_equal(event[0].cpu, 3);
	assert_int_equal(event[0].context, REC_CTX_IRQS_OFF | REC_CTX_HARDIRQ);
	assert_int_equal(event[1].kind, REC_FREE);
	assert_int_equal(event[1].pfn, 0xfffffff);
	assert_int_equal(event[1].order, 3);
	assert_int_equal(event[1].context, 0);
	assert_int_equal(event[2].kind, REC_FREE_BATCHED);
	assert_int_equal(event[2].pfn, 0x12345678);
	assert_int_equal(event[3].kind, REC_ZONE_LOCKED);
	assert_int_equal(event[3].arg, 1);
	assert_int_equal(event[3].migratetype, 2);
	assert_int_equal(event[4].kind, REC_PCPU_DRAIN);
	assert_int_equal(event[4].order, 1);
	assert_int_equal(event[4].context, REC_CTX_IRQS_OFF | REC_CTX_SOFTIRQ);
	assert_int_equal(event[5].kind, REC_EXTFRAG);
	assert_int_equal(event[5].order, 1);
	assert_int_equal(event[5].arg, REC_EXTFRAG_ARG(8, 2, 1));
}

/* Everything that may stand for the page; only pfn= counts. */
static void the_page_says_nothing(void **state)
{
	const char *pages[] = { HASHED, "page=(____ptrval____) ", "page=0x0 ", "page=ffffea0000a1b2c0 ", "" };
	const char *pfns[] = { "pfn=0x4d2", "pfn=1234" };

	(void)state;
	for (size_t page = 0; page < 5; page++)
		for (size_t pfn = 0; pfn < 2; pfn++) {
			char line[256];

			snprintf(line, sizeof(line), "  <idle>-0  [000]  1.000001: mm_page_free: %s%s order=0\n",
				 pages[page],
				 pfns[pfn]);
			read_text(line);
			assert_int_equal(found.count, 1);
			assert_int_equal(found.events[0].pfn, 1234);
			free_found(NULL);
		}
}

static void a_failed_allocation_has_no_frame(void **state)
{
	(void)state;
	read_text("  sh-9  [000] .....  1.000001: mm_page_alloc: page=(null) pfn=0x0 order=10 migratetype=0 "
		  "gfp_flags=GFP_KERNEL\n"
		  "  sh-9  [000] .....  1.000002: mm_page_alloc: page=0000000000000000 pfn=0x0 order=10 migratetype=0 "
		  "gfp_flags=none\n");
	assert_int_equal(found.count, 2);
	assert_int_equal(found.events[0].pfn, REC_NO_PFN);
	assert_int_equal(found.events[1].pfn, REC_NO_PFN);
	assert_int_equal(found.events[1].gfp, 0);
}

/* The comm is user-chosen: spaces, dashes, brackets, digits, even something like an event's front. */
static void a_comm_may_hold_anything(void **state)
{
	const char *comms[] = { "kworker/0:1-mm_", "a b-12 [001] c", "-5 [000] 1.0: x", "[kthread]", "(tgid)", "x" };

	(void)state;
	for (size_t i = 0; i < sizeof(comms) / sizeof(comms[0]); i++) {
		char line[256];

		snprintf(line, sizeof(line), "%16s-%-7d [%03d] .....   %5d.%06d: mm_page_free: " HASHED
			 "pfn=0x77 order=0\n",
			 comms[i], 4321, 7, 12, 345678);
		read_text(line);
		assert_int_equal(found.count, 1);
		assert_int_equal(found.events[0].pid, 4321);
		assert_int_equal(found.events[0].cpu, 7);
		assert_int_equal(found.events[0].time_ns, 12345678000);
		free_found(NULL);
	}
}

/* Large pids and CPUs shift the columns; tgid and older flag columns are other widths; clocks may count. */
static void columns_may_shift(void **state)
{
	(void)state;
	read_text("            bash-123456789 [1023] d..1. 99999999.000001: mm_page_free: " HASHED "pfn=0x1 order=0\n"
		  "            bash-1234    (   1200) [001] d..1.   10.000001: mm_page_free: " HASHED
		  "pfn=0x2 order=0\n"
		  "            bash-1234    (-------) [001] d..1.   10.000001: mm_page_free: " HASHED
		  "pfn=0x3 order=0\n"
		  "            bash-1234    [001] d..1   10.000002: mm_page_free: " HASHED "pfn=0x4 order=0\n"
		  "            bash-1234    [001] d..1.  123456: mm_page_free: " HASHED "pfn=0x5 order=0\n"
		  "            bash-1234    [001] dNZff   10.000003: mm_page_free: " HASHED
		  "pfn=0x123456789 order=0\n");
	assert_int_equal(found.count, 6);
	assert_int_equal(found.events[0].pid, 123456789);
	assert_int_equal(found.events[0].cpu, 1023);
	assert_int_equal(found.events[0].time_ns, 99999999000001000);
	for (unsigned i = 1; i < 5; i++) {
		assert_int_equal(found.events[i].pid, 1234);
		assert_int_equal(found.events[i].cpu, 1);
		assert_int_equal(found.events[i].pfn, i + 1);
	}
	assert_int_equal(found.events[3].context, REC_CTX_IRQS_OFF);
	assert_int_equal(found.events[4].time_ns, 123456);
	assert_int_equal(found.events[5].context, REC_CTX_IRQS_OFF | REC_CTX_NMI | REC_CTX_HARDIRQ);
	assert_int_equal(found.events[5].pfn, 0x123456789);
}

/* The seconds are remembered from line to line: every change of value and width must be seen. */
static void seconds_are_read_anew_when_they_change(void **state)
{
	const uint64_t seconds[] = { 9, 9, 10, 10, 99999, 100000, 100000, 1234567, 1234567, 12345678, 9 };
	char text[4096];
	size_t used = 0;

	(void)state;
	for (size_t i = 0; i < 11; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "            bash-1234    [000] ..... %5llu.%06zu: mm_page_free: " HASHED
					 "pfn=0x%zx order=0\n",
					 (unsigned long long)seconds[i], i * 90909, i);
	read_text(text);
	assert_int_equal(found.count, 11);
	for (size_t i = 0; i < 11; i++)
		assert_int_equal(found.events[i].time_ns, seconds[i] * 1000000000 + i * 90909000);
}

static void composite_gfp_names_depend_on_the_kernel(void **state)
{
	const char text[] = "  sh-9  [000] .....  1.000001: mm_page_alloc: " HASHED
			    "pfn=0x1 order=0 migratetype=0 gfp_flags=GFP_ATOMIC|__GFP_COMP|0x1000000\n"
			    "  sh-9  [000] .....  1.000002: mm_page_alloc: " HASHED
			    "pfn=0x1 order=0 migratetype=0 gfp_flags=GFP_NOWAIT\n";
	const struct {
		const char *profile;
		uint32_t atomic, nowait;
	} kernels[] = { { "6.1", 0x1040a20, 0x800 }, { "6.12", 0x1040820, 0x2800 } };

	(void)state;
	scratch_write("gfp", text, strlen(text));
	for (size_t i = 0; i < 2; i++) {
		struct rec_reader *reader;
		struct rec_error error = { 0 };

		assert_int_equal(rec_open(scratch_path("gfp"), REC_DIALECT_TEXT, &reader, &error), 0);
		assert_int_equal(rec_text_profile(reader, kernels[i].profile), 0);
		read_all(reader, &found);
		rec_close(reader);
		assert_int_equal(found.count, 2);
		assert_int_equal(found.events[0].gfp, kernels[i].atomic);
		assert_int_equal(found.events[1].gfp, kernels[i].nowait);
		free_found(NULL);
	}
}

static void losses_are_accounted(void **state)
{
	(void)state;
	read_text("# tracer: nop\n#\n# entries-in-buffer/entries-written: 2/100   #P:1\n#\n"
		  "            bash-1234    [000] .....     1.000001: mm_page_free: " HASHED "pfn=0x1 order=0\n"
		  "CPU:2 [LOST 17 EVENTS]\n"
		  "##### CPU 2 buffer started ####\n"
		  "            bash-1234    [002] .....     1.000002: mm_page_free: " HASHED "pfn=0x2 order=0\n");
	assert_int_equal(accounting.garbage_lines, 0);
	assert_int_equal(accounting.lost_events, 98);
	assert_int_equal(found.count, 3);
	assert_int_equal(found.events[1].kind, REC_LOST);
	assert_int_equal(found.events[1].cpu, 2);
	assert_int_equal(found.events[1].arg, 17);
}

/* What is no event is counted with the first one's line; what surrounds it is read. */
static void garbage_is_counted_and_skipped(void **state)
{
	const char *broken[] = {
		"garbage",
		"            bash-1234    [000] .....     1.000001: mm_page_free: " HASHED "pfn=0x1",
		"            bash-1234    [000] .....     1.000001: mm_page_free: " HASHED "pfn=0xg order=0",
		"            bash-1234    [000] .....     1.000001: mm_page_free: " HASHED "pfn= order=0",
		"            bash-1234    [000] .....     1.000001: mm_page_free: " HASHED "pfn=0x1 order=",
		"            bash-1234    [000] .....     1.00001: mm_page_free: " HASHED "pfn=0x1 order=0",
		"            bash-1234    [000] .....     1.0000x1: mm_page_free: " HASHED "pfn=0x1 order=0",
		"            bash-1234    [0x0] .....     1.000001: mm_page_free: " HASHED "pfn=0x1 order=0",
		"            bash-xyz4    [000] .....     1.000001: mm_page_free: " HASHED "pfn=0x1 order=0",
		"            bash-1234    [000] ..        1.000001: mm_page_free: " HASHED "pfn=0x1 order=0",
		"            bash-1234    [000] ",
		"            bash-1234    [000]",
		"            bash-1234    [000] .....     1.000001: ",
		"            bash-1234    [000] .....     1.000001: mm_page_alloc: " HASHED
		"pfn=0x1 order=0 migratetype=1 gfp_flags=",
		"            bash-1234    [000] .....     1.000001: mm_page_free: page=0000",
		"            bash-1234    [000] .....     1.000001: mm_page_free: " HASHED
		"pfn=0x12345678123456789 order=0",
		"CPU:x [LOST 17 EVENTS]",
	};
	const char good[] = "            bash-1234    [000] .....     1.000001: mm_page_free: " HASHED
			    "pfn=0x1 order=0\n";

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), "%s\n%s%s\n%s", good, good, broken[i], good);
		read_text(text);
		if (accounting.garbage_lines != 1 || found.count != 3)
			fail_msg("\"%s\": %llu garbage lines, %zu events", broken[i],
				 (unsigned long long)accounting.garbage_lines, found.count);
		assert_int_equal(accounting.first_garbage_line, 4);
		free_found(NULL);
	}
}

/* A line that breaks off where the flags begin must not borrow them from the next line. */
static void two_halves_make_no_line(void **state)
{
	(void)state;
	read_text("            bash-1234    [000] .....     1.000001: mm_page_free: " HASHED "pfn=0x1 order=0\n"
		  "            bash-1234    [000] \n"
		  "....     1.000002: mm_page_free: " HASHED "pfn=0x2 order=0\n");
	assert_int_equal(found.count, 1);
	assert_int_equal(accounting.garbage_lines, 2);
}

static void other_tracepoints_are_no_garbage(void **state)
{
	(void)state;
	read_text("            bash-1234    [000] .....     1.000001: mm_page_free: " HASHED "pfn=0x1 order=0\n"
		  "            bash-1234    [000] d..2.     1.000002: sched_switch: prev_comm=bash prev_pid=1234\n"
		  "            bash-1234    [000] .....     1.000003: kmalloc: call_site=x ptr=y\n"
		  "            bash-1234    [000] .....     1.000004: mm_page_free: " HASHED "pfn=0x2 order=0\n");
	assert_int_equal(accounting.garbage_lines, 0);
	assert_int_equal(accounting.other_events, 2);
	assert_int_equal(found.count, 2);
}

/* The size of a large kmalloc follows its block; it is told before, as the recorder's own probes do. */
static void large_kmalloc_is_told_before_its_block(void **state)
{
	(void)state;
	read_text("            bash-1234    [000] .....     1.000001: mm_page_alloc: " HASHED
		  "pfn=0x40 order=3 migratetype=0 gfp_flags=GFP_KERNEL|__GFP_COMP\n"
		  "          <idle>-0       [000] ..s1.     1.000002: mm_page_free: " HASHED "pfn=0x1 order=0\n"
		  "            bash-1234    [000] .....     1.000003: kmalloc: call_site=l "
		  "ptr=00000000a1b2 bytes_req=20000 bytes_alloc=32768 gfp_flags=GFP_KERNEL node=-1 accounted=false\n");
	assert_int_equal(found.count, 3);
	assert_int_equal(found.events[0].kind, REC_SIZED_ALLOC);
	assert_int_equal(found.events[0].flags, REC_SIZED_KMALLOC);
	assert_int_equal(found.events[0].arg, 20000);
	assert_int_equal(found.events[0].pid, 1234);
	assert_int_equal(found.events[1].kind, REC_ALLOC);
	assert_int_equal(found.events[1].pfn, 0x40);
	assert_int_equal(found.events[2].kind, REC_FREE);
	assert_int_equal(accounting.sizes_unmatched, 0);
}

/* Of another task, of another order, in an interrupt, told twice: no block of its own. Small ones do not count. */
static void kmalloc_without_a_block_of_its_own_is_counted(void **state)
{
	(void)state;
	read_text("            bash-1234    [000] .....     1.000001: mm_page_alloc: " HASHED
		  "pfn=0x40 order=3 migratetype=0 gfp_flags=GFP_KERNEL|__GFP_COMP\n"
		  "            bash-1235    [000] .....     1.000002: kmalloc: p=y bytes_req=20000 bytes_alloc=32768\n"
		  "            bash-1234    [000] .....     1.000003: kmalloc: p=y bytes_req=40000 bytes_alloc=65536\n"
		  "            bash-1234    [000] ..s1.     1.000004: kmalloc: p=y bytes_req=20000 bytes_alloc=32768\n"
		  "            bash-1234    [000] .....     1.000005: kmalloc: p=y bytes_req=100 bytes_alloc=128\n"
		  "            bash-1234    [000] .....     1.000006: kmalloc: p=y bytes_req=20000 bytes_alloc=32768\n"
		  "            bash-1234    [000] .....     1.000007: kmalloc: p bytes_req=20000 bytes_alloc=32768\n");
	assert_int_equal(found.count, 2);
	assert_int_equal(found.events[0].kind, REC_SIZED_ALLOC);
	assert_int_equal(found.events[1].kind, REC_ALLOC);
	assert_int_equal(accounting.sizes_unmatched, 4);
	assert_int_equal(accounting.other_events, 1);
	assert_int_equal(accounting.garbage_lines, 0);
}

/* A file that ends in the middle of a line was cut there, even when the rest looks whole. */
static void an_unfinished_last_line_is_garbage(void **state)
{
	(void)state;
	read_text("            bash-1234    [000] .....     1.000001: mm_page_free: " HASHED "pfn=0x1 order=0\n"
		  "            bash-1234    [000] .....     1.000001: mm_page_free: " HASHED "pfn=0x1 order=1");
	assert_int_equal(found.count, 1);
	assert_int_equal(accounting.garbage_lines, 1);
	assert_int_equal(accounting.first_garbage_line, 2);
}

/* A line longer than any buffer is one garbage line, wherever it stands. */
static void an_endless_line_is_one_garbage_line(void **state)
{
	const char good[] = "            bash-1234    [000] .....     1.000001: mm_page_free: " HASHED
			    "pfn=0x1 order=0\n";
	const size_t sizes[] = { 1 << 18, (1 << 18) + 1, 3 << 18, 1000000 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct bytes text = { 0 };
		char *line = malloc(sizes[i]);

		assert_non_null(line);
		memset(line, 'x', sizes[i]);
		line[sizes[i] - 1] = '\n';
		bytes_add(&text, good, strlen(good));
		bytes_add(&text, line, sizes[i]);
		bytes_add(&text, good, strlen(good));
		scratch_write("long", text.bytes, text.length);
		read_file("long", &found, &accounting);
		assert_int_equal(found.count, 2);
		assert_int_equal(accounting.garbage_lines, 1);
		assert_int_equal(accounting.first_garbage_line, 2);
		free_found(NULL);
		free(line);
		free(text.bytes);
	}
}

static void frees_without_an_allocation_are_counted(void **state)
{
	(void)state;
	read_text("  sh-9  [000] .....  1.000001: mm_page_alloc: " HASHED
		  "pfn=0x100 order=2 migratetype=0 gfp_flags=GFP_KERNEL\n"
		  "  sh-9  [000] .....  1.000002: mm_page_free: " HASHED "pfn=0x102 order=0\n"
		  "  sh-9  [000] .....  1.000003: mm_page_free: " HASHED "pfn=0x102 order=0\n"
		  "  sh-9  [000] .....  1.000004: mm_page_free: " HASHED "pfn=0x99999999 order=0\n"
		  "  sh-9  [000] .....  1.000005: mm_page_free: " HASHED "pfn=0x100 order=1\n");
	assert_int_equal(accounting.unmatched_frees, 2);
}

/* Text cut anywhere: every whole line before the cut is read, nothing is made up. */
static void a_cut_text_gives_its_whole_lines(void **state)
{
	char text[2048];
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "            bash-1234    [000] .....     1.00000%u: mm_page_alloc: " HASHED
					 "pfn=0x1%u order=0 migratetype=1 gfp_flags=GFP_KERNEL|__GFP_ZERO\n",
					 i, i);
	for (size_t at = strchr(text, '\n') - text + 1; at <= used; at++) {
		size_t lines = 0;

		for (size_t i = 0; i < at; i++)
			lines += text[i] == '\n';
		scratch_write("cut", text, at);
		read_file("cut", &found, &accounting);
		assert_int_equal(found.count, lines);
		assert_int_equal(accounting.garbage_lines, text[at - 1] != '\n');
		free_found(NULL);
	}
}

#define TEXT_TEST(name) cmocka_unit_test_teardown(name, free_found)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEXT_TEST(every_kmem_event_is_read),
		TEXT_TEST(the_page_says_nothing),
		TEXT_TEST(a_failed_allocation_has_no_frame),
		TEXT_TEST(a_comm_may_hold_anything),
		TEXT_TEST(columns_may_shift),
		TEXT_TEST(seconds_are_read_anew_when_they_change),
		TEXT_TEST(composite_gfp_names_depend_on_the_kernel),
		TEXT_TEST(losses_are_accounted),
		TEXT_TEST(garbage_is_counted_and_skipped),
		TEXT_TEST(two_halves_make_no_line),
		TEXT_TEST(other_tracepoints_are_no_garbage),
		TEXT_TEST(large_kmalloc_is_told_before_its_block),
		TEXT_TEST(kmalloc_without_a_block_of_its_own_is_counted),
		TEXT_TEST(an_unfinished_last_line_is_garbage),
		TEXT_TEST(an_endless_line_is_one_garbage_line),
		TEXT_TEST(frees_without_an_allocation_are_counted),
		TEXT_TEST(a_cut_text_gives_its_whole_lines),
	};

	return cmocka_run_group_tests_name("rec_text", tests, scratch_setup, scratch_teardown);
}
