// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The request assembler: events of several contexts, interleaved as a kernel interleaves them.
 */
#include "test.h"

#include <string.h>

#include <buddy/buddy.h>

#include "assemble.h"
#include "small.h"

static struct sim_assembler *assembler;
static struct sim_op op;

static int setup(void **state)
{
	(void)state;
	assembler = sim_assembler_create();
	return assembler ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	sim_assembler_destroy(assembler);
	return 0;
}

static struct rec_event sized(uint64_t bytes, unsigned interface, int pid)
{
	struct rec_event e = small_event(REC_SIZED_ALLOC, 0, 0);

	e.arg = bytes;
	e.flags = (uint8_t)interface;
	e.pid = pid;
	return e;
}

static struct rec_event alloc(uint64_t pfn, unsigned order, int pid, unsigned context)
{
	struct rec_event e = small_event(REC_ALLOC, pfn, order);

	e.pid = pid;
	e.context = (uint8_t)context;
	return e;
}

static void feed(struct rec_event e, int expected)
{
	assert_int_equal(sim_assemble(assembler, &e, &op), expected);
}

/* size ... [interrupt allocates] ... block: the size belongs to the task, not to the interrupt. */
static void size_meets_the_block_of_its_own_context(void **state)
{
	(void)state;
	feed(sized(5 * 4096, REC_SIZED_EXACT, 100), 0);
	feed(alloc(5000, 3, 100, REC_CTX_HARDIRQ), 1);
	assert_int_equal(op.interface, 0);
	assert_true(op.task & BUDDY_TASK_INTERRUPT);
	feed(alloc(5008, 3, 200, 0), 1);
	assert_int_equal(op.interface, 0);
	feed(alloc(5016, 3, 100, 0), 1);
	assert_int_equal(op.interface, REC_SIZED_EXACT);
	assert_int_equal(op.pages, 5);
	assert_int_equal(op.bytes, 5 * 4096);
	feed(alloc(5024, 3, 100, 0), 1); /* the size is used up */
	assert_int_equal(op.interface, 0);
}

static void size_of_another_order_is_counted_unmatched(void **state)
{
	(void)state;
	feed(sized(5 * 4096, REC_SIZED_KMALLOC, 100), 0);
	feed(alloc(5000, 0, 100, 0), 1);
	assert_int_equal(op.interface, 0);
	assert_int_equal(sim_assembler_totals(assembler)->sized_unmatched, 1);
}

static void idle_tasks_of_two_cpus_are_two_contexts(void **state)
{
	struct rec_event e = sized(5 * 4096, REC_SIZED_EXACT, 0);

	(void)state;
	e.cpu = 1;
	feed(e, 0);
	feed(alloc(5000, 3, 0, 0), 1); /* CPU 0 */
	assert_int_equal(op.interface, 0);
}

static struct rec_event bulk(unsigned kind, uint64_t pfn)
{
	struct rec_event e = small_event(kind, pfn, 0);

	e.gfp = kind == REC_BULK_BEGIN ? GFP_USER_PAGE_6_1 : 0;
	return e;
}

static void bulk_call_is_one_operation_with_its_frames(void **state)
{
	(void)state;
	feed(bulk(REC_BULK_BEGIN, 0), 0);
	feed(bulk(REC_BULK_PAGE, 5000), 0);
	feed(bulk(REC_BULK_PAGE, 5001), 0);
	feed(bulk(REC_BULK_END, 0), 1);
	assert_int_equal(op.kind, SIM_OP_BULK);
	assert_int_equal(op.count, 2);
	assert_int_equal(op.pfns[1], 5001);
	assert_int_equal(op.gfp, GFP_USER_PAGE_6_1);
}

/* __alloc_pages_bulk() that falls back to one ordinary allocation lists that frame again at its return. */
static void frame_of_a_bulk_fallback_is_not_counted_twice(void **state)
{
	(void)state;
	feed(bulk(REC_BULK_BEGIN, 0), 0);
	feed(alloc(5000, 0, 100, 0), 1);
	assert_int_equal(op.kind, SIM_OP_ALLOC);
	feed(bulk(REC_BULK_PAGE, 5000), 0);
	feed(bulk(REC_BULK_END, 0), 0);
}

static void long_bulk_calls_come_in_pieces(void **state)
{
	unsigned frames = 0;

	(void)state;
	feed(bulk(REC_BULK_BEGIN, 0), 0);
	for (unsigned i = 0; i < 1300; i++) {
		struct rec_event e = bulk(REC_BULK_PAGE, 5000 + i);

		if (sim_assemble(assembler, &e, &op))
			frames += op.count;
	}
	feed(bulk(REC_BULK_END, 0), 1);
	assert_int_equal(frames + op.count, 1300);
}

static void frees_travel_as_the_reader_resolved_them(void **state)
{
	static const struct {
		unsigned flags, path;
	} cases[] = {
		{ 0, SIM_PATH_PCP }, { REC_FREE_PCP, SIM_PATH_PCP }, { REC_FREE_LIST, SIM_PATH_LIST },
		{ REC_FREE_BUDDY, SIM_PATH_DIRECT }, { REC_FREE_BUDDY | REC_FREE_TO_TAIL, SIM_PATH_DIRECT_TAIL },
		{ REC_FREE_BUDDY | REC_FREE_AT_ONE, SIM_PATH_LIST },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rec_event e = small_event(REC_FREE, 5000, 0);

		e.flags = (uint8_t)cases[i].flags;
		feed(e, 1);
		assert_int_equal(op.kind, SIM_OP_FREE);
		assert_int_equal(op.path, cases[i].path);
	}
}

/* What compaction takes back is in its own hands: the free event behind it, where the kernel has one, frees nothing. */
static void frame_that_compaction_took_back_is_freed_by_a_later_event(void **state)
{
	struct rec_event back = small_event(REC_COMPACT_FREE, 5000, 0);

	(void)state;
	feed(back, 0);
	feed(small_event(REC_FREE, 5000, 0), 0);
	feed(small_event(REC_FREE, 5000, 0), 1);
	back.flags = REC_COMPACT_FREE_SILENT;
	feed(back, 0);
	feed(small_event(REC_FREE, 5000, 0), 1);
	assert_int_equal(op.kind, SIM_OP_FREE);
}

static void tasks_in_reclaim_may_use_the_reserves(void **state)
{
	(void)state;
	feed(small_event(REC_RECLAIM_BEGIN, 0, 0), 0);
	feed(alloc(5000, 0, 100, 0), 1);
	assert_true(op.task & BUDDY_TASK_MEMALLOC);
	feed(small_event(REC_RECLAIM_END, 0, 0), 0);
	feed(alloc(5001, 0, 100, 0), 1);
	assert_false(op.task & BUDDY_TASK_MEMALLOC);
}

/* A hundred thousand tasks that never finish what they began: memory stays, the forgotten ones are counted. */
static void open_contexts_are_bounded(void **state)
{
	(void)state;
	for (int pid = 1; pid <= 100000; pid++)
		feed(sized(4096, REC_SIZED_EXACT, pid), 0);
	assert_true(sim_assembler_totals(assembler)->contexts_dropped >= 100000 - 256 * 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(size_meets_the_block_of_its_own_context, setup, teardown),
		cmocka_unit_test_setup_teardown(size_of_another_order_is_counted_unmatched, setup, teardown),
		cmocka_unit_test_setup_teardown(idle_tasks_of_two_cpus_are_two_contexts, setup, teardown),
		cmocka_unit_test_setup_teardown(bulk_call_is_one_operation_with_its_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(frame_of_a_bulk_fallback_is_not_counted_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(long_bulk_calls_come_in_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(frees_travel_as_the_reader_resolved_them, setup, teardown),
		cmocka_unit_test_setup_teardown(frame_that_compaction_took_back_is_freed_by_a_later_event, setup,
						teardown),
		cmocka_unit_test_setup_teardown(tasks_in_reclaim_may_use_the_reserves, setup, teardown),
		cmocka_unit_test_setup_teardown(open_contexts_are_bounded, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
