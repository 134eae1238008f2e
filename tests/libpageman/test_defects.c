/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The defects of the original student module, each kept out by a test that names it.
 *
 * Source: the 2023 module that first had Fit&Free and Free&Fit. It passed the size of a request to its hook in
 * globals, remembered it in a fixed array only when something had been trimmed, walked the tail with a loop over
 * orders that relied on sensible input, and freed a block it had no record of as if it were its own.
 */
#include "frames.h"

struct world {
	struct pageman_record *buckets[16];
	struct pageman_ledger ledger;
	struct frames frames;
};

static int world_setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (world == NULL || pageman_ledger_init(&world->ledger, world->buckets, 16) != 0)
		return -1;
	frames_reset(&world->frames, 1024, 1024);
	*state = world;
	return 0;
}

static int world_teardown(void **state)
{
	free(*state);
	return 0;
}

/* Defect: a request for exactly 2^order pages left no record, so its release could not be told from a foreign one. */
static void defect_no_record_when_nothing_is_trimmed(void **state)
{
	struct world *world = *state;
	struct pageman_record records[11], *taken;

	for (unsigned order = 0; order <= 10; order++) {
		const uint64_t size_pages = UINT64_C(1) << order;

		frames_reset(&world->frames, 1024, 1024);
		assert_int_equal(pageman_ledger_fit(&world->ledger, &records[order], &frames_ops, &world->frames, 1024,
						    order, size_pages, PAGEMAN_BY_BLOCK),
				 0);
		assert_int_equal(world->frames.call_count, 0);
		assert_ptr_equal(pageman_ledger_find(&world->ledger, 1024), &records[order]);
		assert_int_equal(records[order].pages, size_pages);
		assert_int_equal(pageman_ledger_release(&world->ledger, &frames_ops, &world->frames, 1024,
							PAGEMAN_BY_BLOCK, &taken),
				 0);
		assert_int_equal(world->frames.call_count, 1);
		assert_int_equal(world->frames.calls[0].order, order);
	}
}

/* Defect: no pages, too many pages or an odd start never reached the loop's end, or took the order below zero. */
static void defect_endless_loop_or_order_underflow_on_odd_input(void **state)
{
	static const uint64_t pages[] = {0, 1025, 2048, UINT32_MAX, UINT64_MAX - 1, UINT64_MAX};
	static const uint64_t starts[] = {1025, 1536, UINT64_MAX, UINT64_MAX - 1023};
	static const unsigned orders[] = {11, 12, 31, 32, 63, 64, UINT32_MAX};
	struct world *world = *state;
	struct pageman_record record, before;
	int error;

	memset(&record, 0x5a, sizeof(record));
	before = record;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		error = pageman_ledger_fit(&world->ledger, &record, &frames_ops, &world->frames, 1024, 10, pages[i],
					   PAGEMAN_BY_BLOCK);
		assert_int_equal(error, PAGEMAN_EINVAL);
	}
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		error = pageman_ledger_fit(&world->ledger, &record, &frames_ops, &world->frames, starts[i], 10, 5,
					   PAGEMAN_BY_PAGE);
		assert_int_equal(error, PAGEMAN_EINVAL);
	}
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		error = pageman_ledger_fit(&world->ledger, &record, &frames_ops, &world->frames, 0, orders[i], 1,
					   PAGEMAN_BY_BLOCK);
		assert_int_equal(error, PAGEMAN_EINVAL);
	}
	error = pageman_ledger_fit(&world->ledger, &record, &frames_ops, &world->frames, 1024, 10, 5,
				   (enum pageman_grain)7);
	assert_int_equal(error, PAGEMAN_EINVAL);
	assert_memory_equal(&record, &before, sizeof(record));
	assert_int_equal(world->frames.call_count, 0);
	assert_int_equal(world->ledger.record_count, 0);
}

/* Defect: a block from somewhere else, or one released before, was freed a second time under a stale size. */
static void defect_release_of_a_block_never_fitted(void **state)
{
	struct world *world = *state;
	struct pageman_record record, *taken = NULL;

	assert_int_equal(
		pageman_ledger_release(&world->ledger, &frames_ops, &world->frames, 1024, PAGEMAN_BY_BLOCK, &taken),
		PAGEMAN_ENOENT);
	assert_int_equal(
		pageman_ledger_fit(&world->ledger, &record, &frames_ops, &world->frames, 1024, 4, 5, PAGEMAN_BY_BLOCK),
		0);
	for (uint64_t pfn = 1025; pfn < 1040; pfn++) /* inside the block, but not its first frame */
		assert_int_equal(pageman_ledger_release(&world->ledger, &frames_ops, &world->frames, pfn,
							PAGEMAN_BY_BLOCK, &taken),
				 PAGEMAN_ENOENT);
	assert_null(taken);
	frames_assert_back(&world->frames, 1024, 1029, false);
	assert_int_equal(
		pageman_ledger_release(&world->ledger, &frames_ops, &world->frames, 1024, PAGEMAN_BY_BLOCK, &taken), 0);
	assert_int_equal(
		pageman_ledger_release(&world->ledger, &frames_ops, &world->frames, 1024, PAGEMAN_BY_BLOCK, &taken),
		PAGEMAN_ENOENT);
}

/* Defect: what one request had asked for lay in globals, where the next one overwrote it. Here two take turns. */
static void defect_unlocked_globals_shared_by_two_users(void **state)
{
	struct world *world = *state;
	struct world *other = calloc(1, sizeof(*other));
	struct pageman_record mine, theirs, *taken;

	assert_non_null(other);
	assert_int_equal(pageman_ledger_init(&other->ledger, other->buckets, 16), 0);
	frames_reset(&other->frames, 1024, 1024);
	assert_int_equal(pageman_record_init(&mine, 1024, 10, 700), 0);
	assert_int_equal(pageman_record_init(&theirs, 1024, 10, 3), 0);
	assert_int_equal(pageman_ledger_add(&world->ledger, &mine), 0);
	assert_int_equal(pageman_ledger_add(&other->ledger, &theirs), 0);
	for (uint32_t turn = 1; pageman_record_owned_pages(&mine) != 700 || pageman_record_owned_pages(&theirs) != 3;
	     turn++) {
		world->frames.refuse_from = turn;
		other->frames.refuse_from = turn;
		(void)pageman_record_fit(&mine, &frames_ops, &world->frames, PAGEMAN_BY_PAGE);
		(void)pageman_record_fit(&theirs, &frames_ops, &other->frames, PAGEMAN_BY_BLOCK);
	}
	frames_assert_back(&world->frames, 1024, 1724, false);
	frames_assert_back(&other->frames, 1024, 1027, false);
	frames_assert_singles(&world->frames, 0, world->frames.call_count, 1724, 2048);
	frames_assert_maximal(&other->frames, 0, other->frames.call_count, 1027, 2048);
	assert_int_equal(pageman_ledger_take(&world->ledger, 1024, &taken), 0);
	assert_ptr_equal(pageman_ledger_find(&other->ledger, 1024), &theirs);
	free(other);
}

/*
 * Defect: tail blocks were freed with a reference count of zero: a fresh block has one reference, on its first frame,
 * and the frames behind it have none. Only the allocator below can count, so the core has to name each head of a tail
 * block once, with no counted frame in that block; whoever takes it sets the head's reference and drops it.
 *
 *     references   1 0 0 0 0 0 0 0     fit of 3 pages names 3 and 4
 *     heads                ^ ^
 */
static void defect_tails_freed_at_reference_count_zero(void **state)
{
	struct world *world = *state;
	const struct frames *frames = &world->frames;

	for (uint32_t pages = 1; pages <= 1024; pages++) {
		uint8_t references[1024] = {1};
		uint32_t freed_pages = 0;

		frames_reset(&world->frames, 1024, 1024);
		assert_int_equal(pageman_fit(&frames_ops, &world->frames, 1024, 10, pages, PAGEMAN_BY_BLOCK, NULL), 0);
		for (uint32_t i = 0; i < frames->call_count; i++) {
			const uint32_t head = (uint32_t)(frames->calls[i].start_pfn - 1024);
			const uint32_t size_pages = UINT32_C(1) << frames->calls[i].order;

			for (uint32_t frame = head; frame < head + size_pages; frame++)
				assert_int_equal(references[frame], 0);
			references[head] = 1;
			freed_pages += size_pages;
		}
		assert_int_equal(freed_pages, 1024 - pages);
		assert_int_equal(references[0], 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(defect_no_record_when_nothing_is_trimmed, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(defect_endless_loop_or_order_underflow_on_odd_input, world_setup,
						world_teardown),
		cmocka_unit_test_setup_teardown(defect_release_of_a_block_never_fitted, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(defect_unlocked_globals_shared_by_two_users, world_setup,
						world_teardown),
		cmocka_unit_test_setup_teardown(defect_tails_freed_at_reference_count_zero, world_setup,
						world_teardown),
	};

	return cmocka_run_group_tests_name("libpageman/defects", tests, NULL, NULL);
}
