// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verification: what it finds when the recording says something else than the model.
 *
 * A second model plays the kernel (verify_world.h); the recording is then made wrong in one place.
 */
#include "verify_world.h"

static void true_recording_is_exact(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;

	(void)state;
	start(w, 1);
	play(w);
	r = finish(w);
	assert_int_equal(r.allocs, 120);
	assert_int_equal(r.exact, 120);
	assert_false(r.first_miss.present);
	assert_false(r.first_inner.present);
	assert_true(r.count[VERIFY_TAKEN].own > 0);
	assert_int_equal(r.resyncs, 0);
	test_free(w);
}

/* The model must have predicted the kernel's frame, not the one that the recording was made to say. */
static void changed_frame_is_missed_and_followed(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;
	uint64_t truth;

	(void)state;
	start(w, 1);
	play(w);
	truth = find(w, REC_ALLOC, 90)->pfn;
	find(w, REC_ALLOC, 90)->pfn = 12000; /* free in both; the frame itself is never freed again */
	r = finish(w);
	assert_true(r.first_miss.present);
	assert_int_equal(r.first_miss.allocation, 90);
	assert_int_equal(r.first_miss.predicted_pfn, truth);
	assert_int_equal(r.first_miss.expected_pfn, 12000);
	assert_true(r.exact < r.allocs);
	assert_true(r.resyncs > 0);
	test_free(w);
}

static void changed_inner_event_is_a_missed_decision(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;

	(void)state;
	start(w, 1);
	play(w);
	find(w, REC_ZONE_LOCKED, 10)->pfn++;
	find(w, REC_REFILL, 0)->arg++;
	r = finish(w);
	assert_int_equal(r.exact, r.allocs);
	assert_int_equal(r.count[VERIFY_TAKEN].missed, 1);
	assert_int_equal(r.count[VERIFY_REFILL].missed, 1);
	assert_true(r.first_inner.present);
	test_free(w);
}

static void what_the_snapshot_does_not_have_is_counted(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;

	(void)state;
	start(w, 1);
	play(w);
	tell(w, REC_ALLOC)->cpu = 1;
	find(w, REC_ALLOC, 120)->pfn = 5;
	tell(w, REC_FREE)->pfn = 1 << 20;
	tell(w, REC_UNSUPPORTED)->arg = REC_UNSUPPORTED_CONTIG;
	tell(w, REC_UNSUPPORTED)->arg = 77;
	tell(w, REC_ATTEMPT)->order = 11;
	r = finish(w);
	assert_int_equal(r.cpus_outside, 1);
	assert_int_equal(r.impossible.count, 1);
	assert_int_equal(r.impossible.first_order, 11);
	assert_int_equal(r.outside.count, 1);
	assert_int_equal(r.condition[VERIFY_COND_UNSUPPORTED], 2);
	assert_int_equal(r.unsupported[REC_UNSUPPORTED_CONTIG], 1);
	assert_int_equal(r.unsupported[0], 1);
	assert_int_equal(r.exact, 120);
	test_free(w);
}

static void events_outside_the_snapshots_are_left_alone(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;

	(void)state;
	start(w, 1);
	w->count = 0; /* before the marker */
	say_alloc(w, 77);
	tell(w, REC_SNAPSHOT);
	play(w);
	tell(w, REC_SNAPSHOT)->arg = 1;
	say_alloc(w, 78);
	r = finish(w);
	assert_int_equal(r.allocs, 120);
	assert_int_equal(r.exact, 120);
	assert_true(r.saw_snapshot[0] && r.saw_snapshot[1]);
	test_free(w);
}

/* A and B take frames from one list in this order; the event of A comes after all of B's. */
static void late_event_is_put_where_its_lock_was(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct verify_result r;
	uint64_t a;

	(void)state;
	start(w, 1);
	w->order_probes = true;
	say_alloc(w, take(w));
	a = take(w);
	w->pid = 200;
	for (int i = 0; i < 5; i++)
		say_alloc(w, take(w));
	w->pid = 100;
	say_alloc(w, a);
	r = finish(w);
	assert_int_equal(r.allocs, 7);
	assert_int_equal(r.exact, 7);
	assert_true(r.moved >= 7);
	test_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(true_recording_is_exact),
		cmocka_unit_test(changed_frame_is_missed_and_followed),
		cmocka_unit_test(changed_inner_event_is_a_missed_decision),
		cmocka_unit_test(what_the_snapshot_does_not_have_is_counted),
		cmocka_unit_test(events_outside_the_snapshots_are_left_alone),
		cmocka_unit_test(late_event_is_put_where_its_lock_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
