/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arithmetic of trimming: plans, blocks of a run, sizes.
 *
 * Two oracles that know nothing of the code: the number of set bits, which is the least number of powers of two that
 * add up to a count, and dynamic programming over every way to cover a run with aligned blocks.
 */
#include "frames.h"

static unsigned popcount(uint64_t value)
{
	unsigned count = 0;

	for (; value != 0; value &= value - 1)
		count++;
	return count;
}

/* Walks a run by block, checks each, and returns how many there were. */
static unsigned walk_run(struct pageman_run run)
{
	const uint64_t end_pfn = run.end_pfn;
	uint64_t next_pfn = run.start_pfn;
	struct pageman_block block;
	unsigned count = 0;

	while (pageman_run_next(&run, PAGEMAN_BY_BLOCK, &block)) {
		assert_true(block.start_pfn == next_pfn);
		assert_maximal(block, end_pfn);
		next_pfn += UINT64_C(1) << block.order;
		assert_true(run.start_pfn == next_pfn && run.end_pfn == end_pfn);
		count++;
	}
	assert_true(next_pfn == end_pfn);
	return count;
}

/*
 *  start          start + pages             start + 2^order
 *  |---- kept ----|--------- tail ----------|      every order, every page count, every placement
 */
static void kept_and_tail_partition_every_block(void **state)
{
	(void)state;
	for (unsigned order = 0; order <= PAGEMAN_ORDER_MAX; order++) {
		const uint64_t size_pages = UINT64_C(1) << order;

		for (unsigned place = 0; place < STARTS_COUNT; place++) {
			const uint64_t start_pfn = start_at(place, order);

			for (uint64_t pages = 1; pages <= size_pages; pages++) {
				struct pageman_plan plan;

				assert_int_equal(pageman_plan(start_pfn, order, pages, &plan), 0);
				assert_true(plan.kept.start_pfn == start_pfn);
				assert_true(plan.kept.end_pfn == start_pfn + pages);
				assert_true(plan.tail.start_pfn == plan.kept.end_pfn);
				assert_true(plan.tail.end_pfn == start_pfn + size_pages);
				assert_true(pageman_run_pages(&plan.kept) == pages);
				assert_true(pageman_run_pages(&plan.tail) == size_pages - pages);
			}
		}
	}
}

/* The tail is made of the bits of its length, smallest first; the kept run of the bits of its own, largest first. */
static void blocks_of_every_plan_are_as_few_as_bits(void **state)
{
	(void)state;
	for (unsigned order = 0; order <= PAGEMAN_ORDER_MAX; order++) {
		for (unsigned place = 0; place < STARTS_COUNT; place++) {
			for (uint64_t pages = 1; pages <= UINT64_C(1) << order; pages++) {
				struct pageman_plan plan;

				assert_int_equal(pageman_plan(start_at(place, order), order, pages, &plan), 0);
				assert_int_equal(walk_run(plan.kept), popcount(pages));
				assert_int_equal(walk_run(plan.tail), popcount((UINT64_C(1) << order) - pages));
			}
		}
	}
}

/*
 * fewest[i] is the least number of aligned blocks that cover [start + i, end), by trying every block at every frame.
 * One table serves every tail of a run that ends there.
 */
static void fill_fewest(uint64_t start_pfn, uint32_t pages, unsigned *fewest)
{
	fewest[pages] = 0;
	for (uint32_t i = pages; i-- > 0;) {
		fewest[i] = UINT32_MAX;
		for (unsigned order = 0; order <= PAGEMAN_ORDER_MAX; order++) {
			const uint32_t size_pages = UINT32_C(1) << order;

			if ((start_pfn + i) % size_pages != 0 || size_pages > pages - i)
				continue;
			if (fewest[i + size_pages] + 1 < fewest[i])
				fewest[i] = fewest[i + size_pages] + 1;
		}
	}
}

/* Every [a, b) inside a window of 1100 frames that begins at odd places: longer than a block, aligned to nothing. */
static void blocks_of_any_run_are_the_fewest_possible(void **state)
{
	static const uint64_t windows[] = {0, 1, 1023, 1500, 4093, UINT64_C(0xfffffe01), UINT64_MAX - 1100};
	enum { PAGES = 1100 };
	unsigned *fewest = malloc((PAGES + 1) * sizeof(*fewest));

	(void)state;
	assert_non_null(fewest);
	for (size_t w = 0; w < sizeof(windows) / sizeof(windows[0]); w++) {
		for (uint32_t pages = 0; pages <= PAGES; pages += pages < 130 ? 1 : 37) {
			const uint64_t end_pfn = windows[w] + pages;

			fill_fewest(windows[w], pages, fewest);
			for (uint32_t i = 0; i <= pages; i++)
				assert_int_equal(walk_run((struct pageman_run){windows[w] + i, end_pfn}), fewest[i]);
		}
	}
	free(fewest);
}

static void a_run_longer_than_the_largest_block_is_cut_at_it(void **state)
{
	struct pageman_run run = {0, 5 * PAGEMAN_PAGES_MAX};
	struct pageman_block block;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		assert_true(pageman_run_next(&run, PAGEMAN_BY_BLOCK, &block));
		assert_int_equal(block.order, PAGEMAN_ORDER_MAX);
		assert_int_equal(block.start_pfn, i * PAGEMAN_PAGES_MAX);
	}
	assert_false(pageman_run_next(&run, PAGEMAN_BY_BLOCK, &block));
}

static void a_run_by_page_yields_each_frame_once(void **state)
{
	struct pageman_run run = {1021, 1030};
	struct pageman_block block;

	(void)state;
	for (uint64_t pfn = 1021; pfn < 1030; pfn++) {
		assert_true(pageman_run_next(&run, PAGEMAN_BY_PAGE, &block));
		assert_int_equal(block.start_pfn, pfn);
		assert_int_equal(block.order, 0);
	}
	assert_false(pageman_run_next(&run, PAGEMAN_BY_PAGE, &block));
}

static void an_empty_or_backward_run_yields_nothing(void **state)
{
	static const struct pageman_run runs[] = {{0, 0}, {5, 5}, {6, 5}, {UINT64_MAX, UINT64_MAX}, {UINT64_MAX, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct pageman_run run = runs[i];
		struct pageman_block block = {77, 7};

		assert_int_equal(pageman_run_pages(&run), 0);
		assert_false(pageman_run_next(&run, PAGEMAN_BY_BLOCK, &block));
		assert_false(pageman_run_next(&run, PAGEMAN_BY_PAGE, &block));
		assert_true(run.start_pfn == runs[i].start_pfn && run.end_pfn == runs[i].end_pfn);
		assert_true(block.start_pfn == 77 && block.order == 7);
	}
}

/* The original module looped for ever, or shifted by a negative order, on several of these. */
static void odd_plans_are_refused_and_change_nothing(void **state)
{
	static const struct {
		uint64_t start_pfn;
		unsigned order;
		uint64_t pages;
	} odd[] = {
		{0, 0, 0}, /* no pages */
		{0, 10, 0},
		{0, 0, 2}, /* more than the block has */
		{0, 3, 9},
		{0, 10, 1025},
		{0, 10, UINT64_MAX},
		{0, 11, 1}, /* no such order */
		{0, 63, 1},
		{0, 64, 1},
		{0, UINT32_MAX, 1},
		{1, 1, 1}, /* not aligned */
		{4, 3, 5},
		{1023, 10, 1},
		{UINT64_MAX, 0, 1}, /* end not representable */
		{UINT64_MAX - 1, 1, 1},
		{UINT64_MAX - 1023, 10, 1024},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct pageman_plan plan, before;

		memset(&plan, 0x5a, sizeof(plan));
		before = plan;
		assert_int_equal(pageman_plan(odd[i].start_pfn, odd[i].order, odd[i].pages, &plan), PAGEMAN_EINVAL);
		assert_memory_equal(&plan, &before, sizeof(plan));
	}
}

static void the_last_representable_block_is_accepted(void **state)
{
	struct pageman_plan plan;

	(void)state;
	assert_int_equal(pageman_plan(UINT64_MAX - 1, 0, 1, &plan), 0);
	assert_true(plan.kept.end_pfn == UINT64_MAX);
	assert_int_equal(pageman_plan(UINT64_MAX - 2047, 10, 3, &plan), 0);
	assert_true(plan.tail.end_pfn == UINT64_MAX - 1023);
}

static void order_for_pages_is_the_smallest_that_holds_them(void **state)
{
	unsigned order = 99;

	(void)state;
	for (uint64_t pages = 1; pages <= PAGEMAN_PAGES_MAX; pages++) {
		assert_int_equal(pageman_order_for_pages(pages, &order), 0);
		assert_true(UINT64_C(1) << order >= pages);
		assert_true(order == 0 || UINT64_C(1) << (order - 1) < pages);
	}
	order = 99;
	assert_int_equal(pageman_order_for_pages(0, &order), PAGEMAN_EINVAL);
	assert_int_equal(pageman_order_for_pages(PAGEMAN_PAGES_MAX + 1, &order), PAGEMAN_EINVAL);
	assert_int_equal(pageman_order_for_pages(UINT64_MAX, &order), PAGEMAN_EINVAL);
	assert_int_equal(order, 99);
}

static void pages_for_bytes_rounds_up_without_overflow(void **state)
{
	(void)state;
	assert_int_equal(pageman_pages_for_bytes(0), 0);
	assert_int_equal(pageman_pages_for_bytes(1), 1);
	assert_int_equal(pageman_pages_for_bytes(4096), 1);
	assert_int_equal(pageman_pages_for_bytes(4097), 2);
	assert_true(pageman_pages_for_bytes(UINT64_MAX) == UINT64_C(1) << 52);
	assert_true(pageman_pages_for_bytes(UINT64_MAX - 4095) == (UINT64_C(1) << 52) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_and_tail_partition_every_block),
		cmocka_unit_test(blocks_of_every_plan_are_as_few_as_bits),
		cmocka_unit_test(blocks_of_any_run_are_the_fewest_possible),
		cmocka_unit_test(a_run_longer_than_the_largest_block_is_cut_at_it),
		cmocka_unit_test(a_run_by_page_yields_each_frame_once),
		cmocka_unit_test(an_empty_or_backward_run_yields_nothing),
		cmocka_unit_test(odd_plans_are_refused_and_change_nothing),
		cmocka_unit_test(the_last_representable_block_is_accepted),
		cmocka_unit_test(order_for_pages_is_the_smallest_that_holds_them),
		cmocka_unit_test(pages_for_bytes_rounds_up_without_overflow),
	};

	return cmocka_run_group_tests_name("libpageman/run", tests, NULL, NULL);
}
