/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fit and release against a stand-in allocator: what goes back, in which pieces, and what is left when it refuses.
 */
#include "frames.h"

static unsigned popcount(uint64_t value)
{
	unsigned count = 0;

	for (; value != 0; value &= value - 1)
		count++;
	return count;
}

typedef void (*block_case)(struct frames *frames, uint64_t start_pfn, unsigned order, uint64_t pages);

/* Runs @test for every order up to @order_max, every page count and every placement, each on a fresh window. */
static void for_every_block(unsigned order_max, block_case test)
{
	struct frames *frames = malloc(sizeof(*frames));

	assert_non_null(frames);
	for (unsigned order = 0; order <= order_max; order++) {
		const uint32_t size_pages = UINT32_C(1) << order;

		for (unsigned place = 0; place < STARTS_COUNT; place++) {
			for (uint32_t pages = 1; pages <= size_pages; pages++) {
				frames_reset(frames, start_at(place, order), size_pages);
				test(frames, frames->start_pfn, order, pages);
			}
		}
	}
	free(frames);
}

/*
 *  |---- kept: not one call ----|. |... |........|     then release:  |........|....|. |
 *                               the tail's blocks                     the kept blocks
 */
static void fit_then_release_by_block(struct frames *frames, uint64_t start_pfn, unsigned order, uint64_t pages)
{
	const uint64_t end_pfn = start_pfn + (UINT64_C(1) << order);
	struct pageman_run rest = {1, 2};
	uint32_t fit_calls;

	assert_int_equal(pageman_fit(&frames_ops, frames, start_pfn, order, pages, PAGEMAN_BY_BLOCK, &rest), 0);
	assert_int_equal(pageman_run_pages(&rest), 0);
	frames_assert_back(frames, start_pfn, start_pfn + pages, false);
	frames_assert_back(frames, start_pfn + pages, end_pfn, true);
	fit_calls = frames->call_count;
	frames_assert_maximal(frames, 0, fit_calls, start_pfn + pages, end_pfn);
	assert_int_equal(fit_calls, popcount((UINT64_C(1) << order) - pages));
	assert_true(fit_calls <= order);

	rest = (struct pageman_run){1, 2};
	assert_int_equal(pageman_release(&frames_ops, frames, start_pfn, pages, PAGEMAN_BY_BLOCK, &rest), 0);
	assert_int_equal(pageman_run_pages(&rest), 0);
	frames_assert_back(frames, start_pfn, end_pfn, true);
	frames_assert_maximal(frames, fit_calls, frames->call_count, start_pfn, start_pfn + pages);
	assert_int_equal(frames->call_count - fit_calls, popcount(pages));
}

static void by_block_returns_the_largest_blocks_and_releases_what_was_kept(void **state)
{
	(void)state;
	for_every_block(PAGEMAN_ORDER_MAX, fit_then_release_by_block);
}

static void fit_then_release_by_page(struct frames *frames, uint64_t start_pfn, unsigned order, uint64_t pages)
{
	const uint64_t end_pfn = start_pfn + (UINT64_C(1) << order);
	uint32_t fit_calls;

	assert_int_equal(pageman_fit(&frames_ops, frames, start_pfn, order, pages, PAGEMAN_BY_PAGE, NULL), 0);
	fit_calls = frames->call_count;
	frames_assert_singles(frames, 0, fit_calls, start_pfn + pages, end_pfn);
	assert_int_equal(pageman_release(&frames_ops, frames, start_pfn, pages, PAGEMAN_BY_PAGE, NULL), 0);
	frames_assert_singles(frames, fit_calls, frames->call_count, start_pfn, start_pfn + pages);
	frames_assert_back(frames, start_pfn, end_pfn, true);
}

static void by_page_returns_single_frames_ascending(void **state)
{
	(void)state;
	for_every_block(PAGEMAN_ORDER_MAX, fit_then_release_by_page);
}

/* fit-exact and exact-fit: the grain of one side says nothing about the other. */
static void fit_and_release_with_mixed_grains(struct frames *frames, uint64_t start_pfn, unsigned order, uint64_t pages)
{
	const uint64_t end_pfn = start_pfn + (UINT64_C(1) << order);
	uint32_t fit_calls;

	assert_int_equal(pageman_fit(&frames_ops, frames, start_pfn, order, pages, PAGEMAN_BY_BLOCK, NULL), 0);
	fit_calls = frames->call_count;
	assert_int_equal(pageman_release(&frames_ops, frames, start_pfn, pages, PAGEMAN_BY_PAGE, NULL), 0);
	frames_assert_singles(frames, fit_calls, frames->call_count, start_pfn, start_pfn + pages);
	frames_assert_back(frames, start_pfn, end_pfn, true);

	frames_reset(frames, start_pfn, frames->pages);
	assert_int_equal(pageman_fit(&frames_ops, frames, start_pfn, order, pages, PAGEMAN_BY_PAGE, NULL), 0);
	fit_calls = frames->call_count;
	assert_int_equal(pageman_release(&frames_ops, frames, start_pfn, pages, PAGEMAN_BY_BLOCK, NULL), 0);
	frames_assert_maximal(frames, fit_calls, frames->call_count, start_pfn, start_pfn + pages);
	frames_assert_back(frames, start_pfn, end_pfn, true);
}

static void grains_of_fit_and_release_are_independent(void **state)
{
	(void)state;
	for_every_block(PAGEMAN_ORDER_MAX, fit_and_release_with_mixed_grains);
}

/*
 * The allocator refuses call number 0, 1, 2, ... of a fit and then of a release. What it took and what *rest holds is
 * the run, and giving the rest back completes it as if nothing had happened.
 */
static void refuse_every_call(struct frames *frames, uint64_t start_pfn, unsigned order, uint64_t pages,
			      enum pageman_grain grain)
{
	const uint64_t end_pfn = start_pfn + (UINT64_C(1) << order);
	struct pageman_run rest;
	uint32_t fit_calls, calls;

	assert_int_equal(pageman_fit(&frames_ops, frames, start_pfn, order, pages, grain, NULL), 0);
	fit_calls = frames->call_count;
	assert_int_equal(pageman_release(&frames_ops, frames, start_pfn, pages, grain, NULL), 0);
	calls = frames->call_count;
	for (uint32_t refused = 0; refused < calls; refused++) {
		const bool in_fit = refused < fit_calls;
		const uint64_t run_end_pfn = in_fit ? end_pfn : start_pfn + pages;
		int error;

		frames_reset(frames, start_pfn, frames->pages);
		frames->refuse_from = refused;
		error = pageman_fit(&frames_ops, frames, start_pfn, order, pages, grain, &rest);
		assert_int_equal(error, in_fit ? FRAMES_ERROR : 0);
		if (!in_fit)
			assert_int_equal(pageman_release(&frames_ops, frames, start_pfn, pages, grain, &rest),
					 FRAMES_ERROR);
		assert_true(pageman_run_pages(&rest) > 0 && rest.end_pfn == run_end_pfn);
		frames_assert_back(frames, rest.start_pfn, rest.end_pfn, false);
		frames_assert_back(frames, in_fit ? start_pfn + pages : start_pfn, rest.start_pfn, true);

		frames->refuse_from = FRAMES_NEVER;
		assert_int_equal(pageman_give_back(&frames_ops, frames, &rest, grain), 0);
		assert_int_equal(pageman_run_pages(&rest), 0);
		if (in_fit)
			assert_int_equal(pageman_release(&frames_ops, frames, start_pfn, pages, grain, &rest), 0);
		frames_assert_back(frames, start_pfn, end_pfn, true);
		assert_int_equal(frames->call_count, calls);
	}
}

static void refuse_by_block(struct frames *frames, uint64_t start_pfn, unsigned order, uint64_t pages)
{
	refuse_every_call(frames, start_pfn, order, pages, PAGEMAN_BY_BLOCK);
}

static void refuse_by_page(struct frames *frames, uint64_t start_pfn, unsigned order, uint64_t pages)
{
	refuse_every_call(frames, start_pfn, order, pages, PAGEMAN_BY_PAGE);
}

static void a_refused_block_is_reported_and_nothing_is_lost(void **state)
{
	(void)state;
	for_every_block(8, refuse_by_block);
}

static void a_refused_page_is_reported_and_nothing_is_lost(void **state)
{
	(void)state;
	for_every_block(6, refuse_by_page);
}

static void the_whole_block_is_kept_without_a_call(void **state)
{
	struct frames frames;

	(void)state;
	frames_reset(&frames, 1024, 1024);
	assert_int_equal(pageman_fit(&frames_ops, &frames, 1024, 10, 1024, PAGEMAN_BY_BLOCK, NULL), 0);
	assert_int_equal(frames.call_count, 0);
	assert_int_equal(pageman_release(&frames_ops, &frames, 1024, 1024, PAGEMAN_BY_BLOCK, NULL), 0);
	assert_int_equal(frames.call_count, 1);
}

/* A block may be larger than the request needs: 3 pages of an order 5 block. */
static void a_request_may_keep_little_of_a_large_block(void **state)
{
	struct frames frames;

	(void)state;
	frames_reset(&frames, 96, 32);
	assert_int_equal(pageman_fit(&frames_ops, &frames, 96, 5, 3, PAGEMAN_BY_BLOCK, NULL), 0);
	assert_int_equal(frames.call_count, 4); /* 1 at 99, 4 at 100, 8 at 104, 16 at 112 */
	assert_int_equal(pageman_release(&frames_ops, &frames, 96, 3, PAGEMAN_BY_BLOCK, NULL), 0);
	frames_assert_back(&frames, 96, 128, true);
}

static void odd_arguments_are_refused_without_a_call(void **state)
{
	const enum pageman_grain no_grain = (enum pageman_grain)2;
	struct pageman_run rest = {1, 2};
	struct pageman_run run = {64, 72};
	struct frames frames;

	(void)state;
	frames_reset(&frames, 0, 2048);
	assert_int_equal(pageman_fit(&frames_ops, &frames, 0, 3, 0, PAGEMAN_BY_BLOCK, &rest), PAGEMAN_EINVAL);
	assert_int_equal(pageman_fit(&frames_ops, &frames, 0, 3, 9, PAGEMAN_BY_PAGE, &rest), PAGEMAN_EINVAL);
	assert_int_equal(pageman_fit(&frames_ops, &frames, 4, 3, 5, PAGEMAN_BY_BLOCK, &rest), PAGEMAN_EINVAL);
	assert_int_equal(pageman_fit(&frames_ops, &frames, 0, 11, 5, PAGEMAN_BY_BLOCK, &rest), PAGEMAN_EINVAL);
	assert_int_equal(pageman_fit(&frames_ops, &frames, 0, 3, 5, no_grain, &rest), PAGEMAN_EINVAL);
	assert_int_equal(pageman_release(&frames_ops, &frames, 0, 0, PAGEMAN_BY_BLOCK, &rest), PAGEMAN_EINVAL);
	assert_int_equal(pageman_release(&frames_ops, &frames, 0, 1025, PAGEMAN_BY_BLOCK, &rest), PAGEMAN_EINVAL);
	assert_int_equal(pageman_release(&frames_ops, &frames, 4, 5, PAGEMAN_BY_BLOCK, &rest), PAGEMAN_EINVAL);
	assert_int_equal(pageman_release(&frames_ops, &frames, 0, UINT64_MAX, PAGEMAN_BY_PAGE, &rest), PAGEMAN_EINVAL);
	assert_int_equal(pageman_release(&frames_ops, &frames, 0, 5, no_grain, &rest), PAGEMAN_EINVAL);
	assert_int_equal(pageman_release(&frames_ops, &frames, UINT64_MAX - 7, 5, PAGEMAN_BY_PAGE, &rest),
			 PAGEMAN_EINVAL);
	assert_int_equal(pageman_give_back(&frames_ops, &frames, &run, no_grain), PAGEMAN_EINVAL);
	assert_int_equal(frames.call_count, 0);
	assert_true(rest.start_pfn == 1 && rest.end_pfn == 2);
	assert_true(run.start_pfn == 64 && run.end_pfn == 72);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_block_returns_the_largest_blocks_and_releases_what_was_kept),
		cmocka_unit_test(by_page_returns_single_frames_ascending),
		cmocka_unit_test(grains_of_fit_and_release_are_independent),
		cmocka_unit_test(a_refused_block_is_reported_and_nothing_is_lost),
		cmocka_unit_test(a_refused_page_is_reported_and_nothing_is_lost),
		cmocka_unit_test(the_whole_block_is_kept_without_a_call),
		cmocka_unit_test(a_request_may_keep_little_of_a_large_block),
		cmocka_unit_test(odd_arguments_are_refused_without_a_call),
	};

	return cmocka_run_group_tests_name("libpageman/trim", tests, NULL, NULL);
}
