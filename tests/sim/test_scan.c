// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verification of compaction's scanners: what counts as the model's own, as missed, as taken; and what a recording says
 * that cannot be.
 *
 * All of the zone DMA32, [4096, 16384), is free, so scans for pages find nothing:
 *
 *      4096   4608   5120          15872  16384
 *      | pb 0 | pb 1 |  ...        | last |
 *        migrate scanner -->       <-- free scanner
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verify.h"

#define ZONE 1u
#define START 4096u
#define END 16384u
#define FREE 15872u
#define CONTINUE 4
#define SUCCESS 8

struct world {
	struct sim_machine machine;
	struct verify *verify;
};

static int told(struct world *w, unsigned kind, const uint64_t *v)
{
	struct rec_event e = { .kind = (uint8_t)kind, .pid = 100, .gfp = 0xcc0 };
	struct rec_wide wide = { 0 };

	for (size_t i = 0; v && i < REC_WIDE_WORDS; i++)
		wide.v[i] = v[i];
	return verify_event(w->verify, &e, rec_kind_is_wide(kind) ? &wide : NULL);
}

#define TELL(w, kind, ...) assert_int_equal(told(w, kind, (const uint64_t[REC_WIDE_WORDS]){ __VA_ARGS__ }), 1)

static int begin(void **state)
{
	static struct world w;
	struct sim_layout layout;

	sim_layout_derive(&layout, END - 1);
	layout.cpu_count = 1;
	assert_int_equal(sim_machine_load_empty(&w.machine, &layout, "6.1", NULL), 0);
	w.verify = verify_create(&w.machine);
	TELL(&w, REC_SNAPSHOT, 0);
	*state = &w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	verify_destroy(w->verify);
	sim_machine_unload(&w->machine);
	return 0;
}

static void start_run(struct world *w)
{
	TELL(w, REC_COMPACT_RUN, ZONE, 3 | (uint64_t)BUDDY_COMPACT_SYNC_LIGHT << 32, 0, 3);
	TELL(w, REC_COMPACT_BEGIN, START, START, FREE, END, 1);
	TELL(w, REC_COMPACT_FINISHED, 0, 1, 3, CONTINUE);
}

static void end_run(struct world *w, uint64_t migrate_pfn)
{
	TELL(w, REC_COMPACT_FINISHED, 0, 1, 3, SUCCESS);
	TELL(w, REC_COMPACT_END, START, migrate_pfn, FREE, END, 1, SUCCESS);
}

static const struct verify_count *count(struct world *w, enum verify_class class)
{
	return &verify_finish(w->verify)->count[class];
}

static void positions_as_the_kernels_are_the_models_own(void **state)
{
	struct world *w = *state;

	start_run(w);
	TELL(w, REC_COMPACT_BLOCK, ZONE, START, START + 512, FREE, 0, 0);
	TELL(w, REC_COMPACT_BLOCK_END, ZONE, START + 512, 0, 0, REC_BLOCK_SKIP);
	end_run(w, START + 512);
	assert_int_equal(count(w, VERIFY_SCANNER)->own, 3);
	assert_int_equal(count(w, VERIFY_SCANNER)->missed, 0);
	assert_int_equal(count(w, VERIFY_SCANNER)->taken, 0);
	assert_int_equal(count(w, VERIFY_PAGES)->own, 1);
	assert_int_equal(count(w, VERIFY_SKIP)->own, 2);
	assert_true(verify_finish(w->verify)->scanners_told);
}

/* One position differs: one miss, and the model goes on from the kernel's. */
static void another_pageblock_is_one_miss(void **state)
{
	struct world *w = *state;

	start_run(w);
	TELL(w, REC_COMPACT_BLOCK, ZONE, START + 1024, START + 1536, FREE, 0, 0);
	TELL(w, REC_COMPACT_BLOCK_END, ZONE, START + 1536, 0, 0, REC_BLOCK_SKIP);
	end_run(w, START + 1536);
	assert_int_equal(count(w, VERIFY_SCANNER)->own, 2);
	assert_int_equal(count(w, VERIFY_SCANNER)->missed, 1);
}

static void pageblock_that_was_not_looked_at_is_a_miss(void **state)
{
	struct world *w = *state;

	start_run(w);
	end_run(w, START);
	assert_int_equal(count(w, VERIFY_SCANNER)->missed, 1);
}

/* Pages in a free pageblock contradict the model; the skip mark then is as after pages. */
static void pages_where_none_can_be_are_a_miss(void **state)
{
	struct world *w = *state;

	start_run(w);
	TELL(w, REC_COMPACT_BLOCK, ZONE, START, START + 512, FREE, 0, 0);
	TELL(w, REC_COMPACT_BLOCK_END, ZONE, START + 40, 32, 0, 0);
	TELL(w, REC_COMPACT_MIGRATED, 0);
	end_run(w, START + 40);
	assert_int_equal(count(w, VERIFY_PAGES)->missed, 1);
	assert_int_equal(count(w, VERIFY_SCANNER)->missed, 0);
}

static void list_that_the_model_did_not_turn_is_a_miss(void **state)
{
	struct world *w = *state;
	struct rec_event e = { .kind = REC_MOVE_TAIL, .pid = 100, .pfn = START + 1024 };

	start_run(w);
	verify_event(w->verify, &e, NULL);
	assert_int_equal(count(w, VERIFY_SCANNER)->missed, 1);
	/* Outside a run it is followed. */
	e.pid = 101;
	verify_event(w->verify, &e, NULL);
	assert_int_equal(count(w, VERIFY_SCANNER)->taken, 1);
}

static void without_the_probe_of_runs_positions_are_taken(void **state)
{
	struct world *w = *state;

	TELL(w, REC_COMPACT_BEGIN, START, START, FREE, END, 1);
	TELL(w, REC_COMPACT_ALLOC, ZONE, FREE, START, 0, 32, 3 | UINT64_C(1) << 32, 3, 0);
	TELL(w, REC_COMPACT_END, START, START + 512, FREE, END, 1, SUCCESS);
	assert_int_equal(count(w, VERIFY_SCANNER)->own, 0);
	assert_int_equal(count(w, VERIFY_SCANNER)->taken, 1);
	assert_false(verify_finish(w->verify)->scanners_told);
}

/* Zones, orders and frames that are not: left alone. */
static void what_cannot_be_is_left_alone(void **state)
{
	struct world *w = *state;

	TELL(w, REC_COMPACT_RUN, 77, 3, 0, 3);
	TELL(w, REC_COMPACT_RUN, ZONE, 11, 0, 3);
	TELL(w, REC_COMPACT_BEGIN, START, START, FREE, END, 1);
	TELL(w, REC_COMPACT_BLOCK, ZONE, START, START + 512, FREE, 0, 0);
	start_run(w);
	TELL(w, REC_COMPACT_BLOCK, ZONE, START, END, FREE, 0, 0);
	TELL(w, REC_COMPACT_BLOCK, ZONE, START - 512, START, FREE, 0, 0);
	TELL(w, REC_COMPACT_BLOCK, ZONE, START, START + 512, END + 512, 0, 0);
	TELL(w, REC_COMPACT_ALLOC, ZONE, UINT64_MAX, START, 0, 32, 3, 3, 0);
	TELL(w, REC_COMPACT_ALLOC, 77, FREE, START, 0, 32, 3, 3, 0);
	TELL(w, REC_ISOLATE_BLOCK, 0, UINT64_MAX, 1, 0);
	TELL(w, REC_COMPACT_FREE_SCAN, 0, UINT64_MAX, 1, 0);
	TELL(w, REC_SKIP_RESET, 77);
	TELL(w, REC_COMPACT_BEGIN, START, 0, UINT64_MAX, END, 1);
	assert_int_equal(count(w, VERIFY_SCANNER)->own, 1);
}

/* kswapd goes to sleep: the model's flush has to be set, by a direct compaction whose scanners met. */
static void reset_without_a_cause_is_a_miss(void **state)
{
	struct world *w = *state;

	TELL(w, REC_SKIP_RESET, ZONE, FREE, START, START, 0, 0);
	assert_int_equal(count(w, VERIFY_SCANNER)->missed, 1);
}

static uint64_t random_below(uint64_t *seed, uint64_t limit)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (*seed >> 33) % limit;
}

/* Mostly frames in or near the zone, on and off the borders of pageblocks. */
static uint64_t random_word(uint64_t *seed)
{
	switch (random_below(seed, 8)) {
	case 0:
		return random_below(seed, 4);
	case 1:
		return START + random_below(seed, END - START + 64);
	case 2:
		return UINT64_MAX >> random_below(seed, 64);
	case 3:
		return random_below(seed, 12) | random_below(seed, 4) << 32;
	default:
		return START - 512 + random_below(seed, (END - START) / 512 + 2) * 512;
	}
}

/* A damaged recording may say anything in any order; a sanitizer sees what it does to the model. */
static void anything_may_be_said(void **state)
{
	static const uint8_t kinds[] = {
		REC_COMPACT_RUN, REC_COMPACT_BEGIN, REC_COMPACT_FINISHED, REC_COMPACT_BLOCK, REC_COMPACT_BLOCK_END,
		REC_COMPACT_MIGRATED, REC_COMPACT_END, REC_COMPACT_ALLOC, REC_ISOLATE_BLOCK, REC_COMPACT_FREE_SCAN,
		REC_ISOLATE_BLOCK_END, REC_ISOLATE, REC_COMPACT_TAKE, REC_COMPACT_FREE, REC_MOVE_TAIL, REC_SKIP_RESET,
		REC_DRAIN_ZONE, REC_COMPACT_SCAN, REC_FREE,
	};
	struct world *w = *state;
	uint64_t seed = 4711;
	char wrong[256] = "";

	for (unsigned i = 0; i < 50000; i++) {
		struct rec_event e = { .kind = kinds[random_below(&seed, sizeof(kinds))],
				       .pid = (int32_t)(100 + random_below(&seed, 3)),
				       .order = (uint8_t)random_below(&seed, 4),
				       .gfp = (uint32_t)random_below(&seed, 4),
				       .flags = (uint8_t)random_below(&seed, 2),
				       .arg = random_below(&seed, 3) };
		struct rec_wide wide;

		e.pfn = random_word(&seed) & ~((UINT64_C(1) << e.order) - 1);
		for (size_t k = 0; k < REC_WIDE_WORDS; k++)
			wide.v[k] = random_word(&seed);
		if (e.kind != REC_ISOLATE_BLOCK && random_below(&seed, 4))
			wide.v[0] = ZONE;
		if (e.kind == REC_FREE && buddy_frame_state(w->machine.buddy, e.pfn, NULL, NULL) != BUDDY_FRAME_IN_USE)
			continue;
		assert_true(verify_event(w->verify, &e, rec_kind_is_wide(e.kind) ? &wide : NULL) >= 0);
	}
	if (!buddy_check(w->machine.buddy, wrong, sizeof(wrong)))
		fail_msg("%s", wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(positions_as_the_kernels_are_the_models_own, begin, end),
		cmocka_unit_test_setup_teardown(another_pageblock_is_one_miss, begin, end),
		cmocka_unit_test_setup_teardown(pageblock_that_was_not_looked_at_is_a_miss, begin, end),
		cmocka_unit_test_setup_teardown(pages_where_none_can_be_are_a_miss, begin, end),
		cmocka_unit_test_setup_teardown(list_that_the_model_did_not_turn_is_a_miss, begin, end),
		cmocka_unit_test_setup_teardown(without_the_probe_of_runs_positions_are_taken, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_is_left_alone, begin, end),
		cmocka_unit_test_setup_teardown(reset_without_a_cause_is_a_miss, begin, end),
		cmocka_unit_test_setup_teardown(anything_may_be_said, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
