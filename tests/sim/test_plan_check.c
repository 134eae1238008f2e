// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans of exact requests against what a kernel gave back, event by event.
 *
 *     frames   5000                    5008
 *              | 5 pages asked | tail  |
 */
#include "test.h"

#include "plan_check.h"
#include "small.h"

#define TASK 100
#define PAGE 4096u
#define GFP_ACCOUNT 0x400000u

static struct sim_plan_check check;
static uint64_t fed;

static void feed(struct rec_event e)
{
	assert_int_equal(sim_plan_check_event(&check, fed++, &e), 0);
}

static void snapshot(unsigned which)
{
	struct rec_event e = small_event(REC_SNAPSHOT, 0, 0);

	e.arg = which;
	feed(e);
}

static void begin(const char *policy)
{
	sim_plan_check_fini(&check);
	sim_plan_check_init(&check, sim_plan_check_find(policy));
	fed = 0;
	snapshot(0);
}

static int teardown(void **state)
{
	(void)state;
	sim_plan_check_fini(&check);
	return 0;
}

static void event(unsigned kind, uint64_t pfn, unsigned order, int pid, unsigned flags)
{
	struct rec_event e = small_event(kind, pfn, order);

	e.pid = pid;
	e.flags = (uint8_t)flags;
	feed(e);
}

static void ask(uint64_t pages, uint32_t gfp, unsigned interface)
{
	struct rec_event e = small_event(REC_SIZED_ALLOC, 0, 0);

	e.pid = TASK;
	e.arg = pages * PAGE - 100;
	e.gfp = gfp;
	e.flags = (uint8_t)interface;
	feed(e);
}

/* Five pages, block 5000 to 5007. */
static void ask_five(void)
{
	ask(5, GFP_KERNEL_6_1, REC_SIZED_EXACT);
	event(REC_ALLOC, 5000, 3, TASK, 0);
}

static void release(uint64_t pfn, uint64_t pages)
{
	struct rec_event e = small_event(REC_SIZED_FREE, pfn, 0);

	e.pid = TASK;
	e.arg = pages * PAGE;
	feed(e);
}

static void free_block(uint64_t pfn, unsigned order)
{
	event(REC_FREE, pfn, order, TASK, 0);
}

static void free_to_tail(uint64_t pfn)
{
	event(REC_FREE, pfn, 0, TASK, REC_FREE_BUDDY | REC_FREE_TO_TAIL);
}

static void expect(enum sim_plan_deed deed, uint64_t calls, uint64_t as_planned, uint64_t pieces)
{
	const struct sim_plan_count *count = &sim_plan_check_finish(&check)->count[deed];

	assert_int_equal(count->calls, calls);
	assert_int_equal(count->as_planned, as_planned);
	assert_int_equal(count->pieces, pieces);
	assert_int_equal(check.result.first_miss.present, calls > as_planned);
}

static void largest_blocks_are_fitfree(void **state)
{
	(void)state;
	begin("fitfree");
	ask_five();
	free_block(5005, 0);
	free_block(5006, 1);
	release(5000, 5);
	free_block(5000, 2);
	free_block(5004, 0);
	expect(SIM_PLAN_FIT, 1, 1, 2);
	expect(SIM_PLAN_RELEASE, 1, 1, 2);
	assert_int_equal(check.result.count[SIM_PLAN_FIT].pages, 3);
	assert_int_equal(check.result.count[SIM_PLAN_RELEASE].pages, 5);
}

static void stock_kernel(void)
{
	ask_five();
	for (uint64_t pfn = 5005; pfn < 5008; pfn++)
		free_to_tail(pfn);
	release(5000, 5);
	for (uint64_t pfn = 5000; pfn < 5005; pfn++)
		free_block(pfn, 0);
}

static void page_by_page_is_exact_and_not_fitfree(void **state)
{
	(void)state;
	begin("exact");
	stock_kernel();
	expect(SIM_PLAN_FIT, 1, 1, 3);
	expect(SIM_PLAN_RELEASE, 1, 1, 5);
	begin("fitfree");
	stock_kernel();
	expect(SIM_PLAN_FIT, 1, 0, 0);
	expect(SIM_PLAN_RELEASE, 1, 0, 0);
	assert_int_equal(check.result.first_miss.deed, SIM_PLAN_FIT);
	assert_int_equal(check.result.first_miss.planned.start_pfn, 5005);
	assert_true(check.result.first_miss.found_to_tail);
}

/* Either side of the module works without the other. */
static void mixed_policies_take_a_side_each(void **state)
{
	(void)state;
	begin("exact-fit");
	ask_five();
	for (uint64_t pfn = 5005; pfn < 5008; pfn++)
		free_to_tail(pfn);
	release(5000, 5);
	free_block(5000, 2);
	free_block(5004, 0);
	expect(SIM_PLAN_FIT, 1, 1, 3);
	expect(SIM_PLAN_RELEASE, 1, 1, 2);
}

static void order_of_calls_counts(void **state)
{
	(void)state;
	begin("fitfree");
	ask_five();
	free_block(5006, 1);
	free_block(5005, 0);
	expect(SIM_PLAN_FIT, 1, 0, 0);
	assert_int_equal(check.result.first_miss.planned.start_pfn, 5005);
	assert_int_equal(check.result.first_miss.found.start_pfn, 5006);
}

static void piece_that_never_comes_is_missed(void **state)
{
	(void)state;
	begin("fitfree");
	ask_five();
	free_block(5005, 0);
	ask_five();
	free_block(5005, 0);
	free_block(5006, 1);
	release(5000, 5);
	free_block(5000, 2);
	event(REC_ALLOC, 6000, 0, TASK, 0);
	expect(SIM_PLAN_FIT, 2, 1, 2);
	assert_false(check.result.first_miss.has_found);
	assert_int_equal(check.result.first_miss.planned.start_pfn, 5006);
	assert_int_equal(check.result.first_miss.event, 3);
	expect(SIM_PLAN_RELEASE, 1, 0, 0);
}

/* Interrupts and other tasks free on top of it, drains and commits happen inside it. */
static void what_others_do_in_between_is_not_its(void **state)
{
	struct rec_event interrupt = small_event(REC_FREE, 7000, 0);

	(void)state;
	interrupt.pid = TASK;
	interrupt.context = REC_CTX_SOFTIRQ;
	begin("fitfree");
	ask_five();
	feed(interrupt);
	free_block(5005, 0);
	event(REC_PCPU_DRAIN, 7001, 0, TASK, 0);
	event(REC_FREE, 7002, 0, TASK + 1, 0);
	event(REC_ALLOC, 7003, 3, TASK + 1, 0);
	feed(interrupt);
	free_block(5006, 1);
	expect(SIM_PLAN_FIT, 1, 1, 2);
}

static void requests_of_its_reclaim_are_not_its_block(void **state)
{
	(void)state;
	begin("fitfree");
	ask(5, GFP_KERNEL_6_1, REC_SIZED_EXACT);
	event(REC_RECLAIM_BEGIN, 0, 3, TASK, 0);
	event(REC_ALLOC, 6000, 3, TASK, 0);
	event(REC_FREE, 6008, 0, TASK, 0);
	event(REC_RECLAIM_END, 0, 0, TASK, 0);
	event(REC_ALLOC, 6100, 0, TASK, 0);
	event(REC_ALLOC, 5000, 3, TASK, 0);
	free_block(5005, 0);
	free_block(5006, 1);
	expect(SIM_PLAN_FIT, 1, 1, 2);
}

/* The module passes these, so that the kernel cuts them page by page. */
static void what_the_module_leaves_alone_is_exact(void **state)
{
	(void)state;
	begin("fitfree");
	ask(5, GFP_KERNEL_6_1 | GFP_ACCOUNT, REC_SIZED_EXACT);
	event(REC_ALLOC, 5000, 3, TASK, 0);
	for (uint64_t pfn = 5005; pfn < 5008; pfn++)
		free_to_tail(pfn);
	ask(5, GFP_KERNEL_6_1, REC_SIZED_EXACT_NID);
	event(REC_ALLOC, 5000, 3, TASK, 0);
	for (uint64_t pfn = 5005; pfn < 5008; pfn++)
		free_to_tail(pfn);
	expect(SIM_PLAN_FIT, 2, 2, 6);
}

static void nothing_is_planned_without_a_tail(void **state)
{
	(void)state;
	begin("fitfree");
	ask(4, GFP_KERNEL_6_1, REC_SIZED_EXACT); /* a power of two */
	event(REC_ALLOC, 5000, 2, TASK, 0);
	free_block(6000, 0);
	ask(5, GFP_KERNEL_6_1, REC_SIZED_EXACT); /* the kernel had none */
	event(REC_ALLOC, REC_NO_PFN, 3, TASK, 0);
	free_block(6000, 0);
	ask(5, GFP_KERNEL_6_1, REC_SIZED_KMALLOC);
	event(REC_ALLOC, 5000, 3, TASK, 0);
	free_block(5000, 3);
	ask(5000, GFP_KERNEL_6_1, REC_SIZED_EXACT); /* refused at once */
	event(REC_ALLOC, 6000, 0, TASK, 0);
	free_block(6000, 0);
	expect(SIM_PLAN_FIT, 0, 0, 0);
	expect(SIM_PLAN_RELEASE, 0, 0, 0);
}

static void only_what_lies_between_the_snapshots_counts(void **state)
{
	(void)state;
	begin("fitfree");
	check.begun = false;
	ask_five();
	snapshot(0);
	free_block(5005, 1);
	ask_five();
	free_block(5005, 0);
	snapshot(1);
	free_block(5007, 0);
	expect(SIM_PLAN_FIT, 0, 0, 0);
	assert_int_equal(check.result.cut_off, 1);
}

static void many_tasks_are_followed_at_once(void **state)
{
	(void)state;
	begin("fitfree");
	for (int task = 1; task <= 100; task++) {
		struct rec_event e = small_event(REC_SIZED_ALLOC, 0, 0);

		e.pid = task;
		e.arg = 3 * PAGE;
		e.flags = REC_SIZED_EXACT;
		feed(e);
		event(REC_ALLOC, 5000 + 4 * (uint64_t)task, 2, task, 0);
	}
	for (int task = 100; task >= 1; task--)
		event(REC_FREE, 5003 + 4 * (uint64_t)task, 0, task, 0);
	expect(SIM_PLAN_FIT, 100, 100, 100);
}

static void unknown_policies_are_not_found(void **state)
{
	(void)state;
	assert_null(sim_plan_check_find("none"));
	assert_null(sim_plan_check_find(""));
	assert_null(sim_plan_check_at(4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(largest_blocks_are_fitfree, teardown),
		cmocka_unit_test_teardown(page_by_page_is_exact_and_not_fitfree, teardown),
		cmocka_unit_test_teardown(mixed_policies_take_a_side_each, teardown),
		cmocka_unit_test_teardown(order_of_calls_counts, teardown),
		cmocka_unit_test_teardown(piece_that_never_comes_is_missed, teardown),
		cmocka_unit_test_teardown(what_others_do_in_between_is_not_its, teardown),
		cmocka_unit_test_teardown(requests_of_its_reclaim_are_not_its_block, teardown),
		cmocka_unit_test_teardown(what_the_module_leaves_alone_is_exact, teardown),
		cmocka_unit_test_teardown(nothing_is_planned_without_a_tail, teardown),
		cmocka_unit_test_teardown(only_what_lies_between_the_snapshots_counts, teardown),
		cmocka_unit_test_teardown(many_tasks_are_followed_at_once, teardown),
		cmocka_unit_test(unknown_policies_are_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
