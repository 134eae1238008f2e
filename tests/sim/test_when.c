// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verification of the slow path and of compaction's decisions: what agrees, what differs, what is taken.
 *
 * The machine is the small one; the events are those of a kernel on it, written by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <buddy/slowpath.h>

#include "small.h"
#include "verify.h"

#define EVENTS_MAX 32u
#define GFP_ATOMIC_6_1 (0x20u | 0x200u | 0x800u)
#define ATOMIC_FLAGS 0x830u  /* MIN_RESERVE, NON_BLOCK, KSWAPD */
#define KERNEL_FLAGS 0x840u  /* CPUSET, KSWAPD */
#define DMA32 1u

struct tape {
	struct rec_event events[EVENTS_MAX];
	struct rec_wide wide[EVENTS_MAX];
	unsigned count;
};

static struct rec_event *tell(struct tape *t, unsigned kind, uint64_t arg)
{
	struct rec_event *e = &t->events[t->count++];

	assert_true(t->count < EVENTS_MAX);
	*e = small_event(kind, 0, 0);
	e->arg = arg;
	return e;
}

static struct rec_event *tell_wide(struct tape *t, unsigned kind, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	/* Node 0, the one zone. */
	t->wide[t->count] = (struct rec_wide){ .v = { 0, DMA32, a, b, c, d } };
	return tell(t, kind, 0);
}

static void begin(struct tape *t)
{
	*t = (struct tape){ 0 };
	tell(t, REC_SNAPSHOT, 0);
}

static struct verify_result run(struct tape *t, uint64_t min_mark)
{
	struct rec_snapshot s = *small_snapshot();
	struct sim_machine m;
	struct verify_result r;
	struct verify *v;

	for (unsigned i = 0; i < 3; i++)
		s.zones[0].z.watermark[i] = min_mark + 4 * i;
	assert_int_equal(sim_machine_load(&m, &s, NULL, NULL), 0);
	v = verify_create(&m);
	assert_non_null(v);
	for (unsigned i = 0; i < t->count; i++)
		verify_event(v, &t->events[i], rec_kind_is_wide(t->events[i].kind) ? &t->wide[i] : NULL);
	r = *verify_finish(v);
	verify_destroy(v);
	sim_machine_unload(&m);
	return r;
}

/* An atomic request for which nothing is above the mark: two attempts, then it fails. */
static void tell_atomic(struct tape *t, unsigned first_flags, unsigned attempts)
{
	begin(t);
	for (unsigned i = 0; i < attempts; i++)
		tell(t, REC_ATTEMPT, i ? ATOMIC_FLAGS : first_flags)->gfp = GFP_ATOMIC_6_1;
	*tell(t, REC_ALLOC, 0) = small_event(REC_ALLOC, REC_NO_PFN, 0);
	t->events[t->count - 1].gfp = GFP_ATOMIC_6_1;
}

static void steps_and_flags_are_the_models_own(void **state)
{
	struct verify_result r;
	struct tape t;

	(void)state;
	tell_atomic(&t, ATOMIC_FLAGS, 2);
	r = run(&t, 100000);
	assert_int_equal(r.exact, 1);
	assert_int_equal(r.count[VERIFY_FLAGS].own, 2);
	assert_int_equal(r.count[VERIFY_FLAGS].missed, 0);
	assert_int_equal(r.count[VERIFY_STEP].own, 3);
	assert_int_equal(r.count[VERIFY_STEP].missed, 0);
	assert_false(r.first_when.present);
}

static void other_flags_are_a_miss(void **state)
{
	struct verify_result r;
	struct tape t;

	(void)state;
	tell_atomic(&t, ATOMIC_FLAGS & ~0x20u, 2);
	r = run(&t, 100000);
	assert_int_equal(r.count[VERIFY_FLAGS].missed, 1);
	assert_true(r.first_when.present);
	assert_int_equal(r.first_when.class, VERIFY_FLAGS);
	assert_int_equal(r.first_when.event, 1);
	assert_int_equal(r.first_when.predicted, ATOMIC_FLAGS);
	/* Reserves that only the task can explain are taken from the recording. */
	tell_atomic(&t, ATOMIC_FLAGS | BUDDY_ALLOC_NO_MARKS, 1);
	r = run(&t, 100000);
	assert_int_equal(r.count[VERIFY_FLAGS].missed, 0);
	assert_int_equal(r.count[VERIFY_FLAGS].taken, 1);
}

static void step_left_out_or_added_is_a_miss(void **state)
{
	struct verify_result r;
	struct tape t;

	(void)state;
	tell_atomic(&t, ATOMIC_FLAGS, 1);
	r = run(&t, 100000);
	assert_int_equal(r.count[VERIFY_STEP].missed, 1);
	tell_atomic(&t, ATOMIC_FLAGS, 3);
	r = run(&t, 100000);
	assert_int_equal(r.count[VERIFY_STEP].missed, 1);
	assert_int_equal(r.first_when.class, VERIFY_STEP);
}

/* Reclaim in between is the task's own: it may use every reserve there, and its request outside stays open. */
static void request_inside_reclaim_is_another(void **state)
{
	struct verify_result r;
	struct tape t;

	(void)state;
	begin(&t);
	tell(&t, REC_ATTEMPT, KERNEL_FLAGS);
	tell(&t, REC_ATTEMPT, KERNEL_FLAGS);
	tell(&t, REC_RECLAIM_BEGIN, 0);
	tell(&t, REC_ATTEMPT, KERNEL_FLAGS);
	tell(&t, REC_ATTEMPT, BUDDY_ALLOC_NO_MARKS | BUDDY_ALLOC_KSWAPD);
	*tell(&t, REC_ALLOC, 0) = small_event(REC_ALLOC, 5120, 0);
	tell(&t, REC_RECLAIM_END, 32);
	tell(&t, REC_ATTEMPT, KERNEL_FLAGS);
	tell(&t, REC_UNRESERVE, 0);
	tell(&t, REC_ATTEMPT, KERNEL_FLAGS);
	r = run(&t, 100000);
	assert_int_equal(r.count[VERIFY_FLAGS].missed, 0);
	assert_int_equal(r.count[VERIFY_FLAGS].own, 6);
	assert_int_equal(r.count[VERIFY_STEP].missed, 0);
	assert_int_equal(r.exact, 1);
}

/* 3072 frames are free. Order 9 lies above the mark in whole: success. */
static void suitable_is_asked_of_the_model(void **state)
{
	struct verify_result r;
	struct tape t;

	(void)state;
	for (unsigned told = BUDDY_COMPACT_SUCCESS - 1; told <= BUDDY_COMPACT_SUCCESS; told++) {
		begin(&t);
		tell(&t, REC_KSWAPD_BEGIN, (uint64_t)DMA32 << 32);
		tell_wide(&t, REC_COMPACT_SUITABLE, 9, told, 0, 0);
		r = run(&t, 16);
		assert_int_equal(r.count[VERIFY_SUITABLE].own, told == BUDDY_COMPACT_SUCCESS);
		assert_int_equal(r.count[VERIFY_SUITABLE].missed, told != BUDDY_COMPACT_SUCCESS);
	}
}

/*
 * A pass over the one zone: suitable, begun, finished without a page, complete, deferred. The scanners' meeting is the
 * recording's.
 */
static void tell_pass(struct tape *t, uint64_t shift)
{
	begin(t);
	tell(t, REC_ATTEMPT, KERNEL_FLAGS)->order = 10;
	tell(t, REC_COMPACT_TRY, BUDDY_PRIORITY_ASYNC)->order = 10;
	tell(t, REC_CAPTURE_BEGIN, 0)->order = 10;
	tell_wide(t, REC_COMPACT_SUITABLE, 10, BUDDY_COMPACT_SKIPPED, 0, 0);
	tell(t, REC_CAPTURE_END, BUDDY_COMPACT_SKIPPED);
	tell(t, REC_ATTEMPT, KERNEL_FLAGS)->order = 10;
	tell(t, REC_RECLAIM_BEGIN, 0)->order = 10;
	tell(t, REC_RECLAIM_END, 0);
	tell(t, REC_COMPACT_TRY, BUDDY_PRIORITY_SYNC_LIGHT)->order = 10;
	tell(t, REC_CAPTURE_BEGIN, 0)->order = 10;
	tell_wide(t, REC_COMPACT_SUITABLE, 10, BUDDY_COMPACT_CONTINUE, 0, 0);
	tell_wide(t, REC_COMPACT_BEGIN, 0, 0, 0, 0);
	tell_wide(t, REC_COMPACT_FINISHED, 10, BUDDY_COMPACT_COMPLETE, 0, 0);
	tell_wide(t, REC_COMPACT_END, 0, 0, 0, BUDDY_COMPACT_COMPLETE);
	tell(t, REC_CAPTURE_END, BUDDY_COMPACT_COMPLETE);
	tell_wide(t, REC_COMPACT_DEFER, 10, 0, shift, 0);
	tell(t, REC_ATTEMPT, KERNEL_FLAGS)->order = 10;
}

/* The mark is so high that the first question of the pass is answered with SKIPPED; the second is told otherwise. */
static void pass_is_followed_zone_by_zone(void **state)
{
	struct verify_result r;
	struct tape t;

	(void)state;
	tell_pass(&t, 1);
	r = run(&t, 5000);
	assert_int_equal(r.count[VERIFY_COMPACTED].own, 4);
	assert_int_equal(r.count[VERIFY_COMPACTED].missed, 0);
	assert_int_equal(r.count[VERIFY_SUITABLE].own, 2);
	assert_int_equal(r.count[VERIFY_SUITABLE].missed, 2); /* the made-up answer, and that it began */
	assert_int_equal(r.count[VERIFY_FINISHED].taken, 1);
	assert_int_equal(r.count[VERIFY_DEFERRAL].own, 1);
	assert_int_equal(r.count[VERIFY_DEFERRAL].missed, 0);
	assert_int_equal(r.count[VERIFY_FLAGS].missed, 0);
	tell_pass(&t, 2);
	r = run(&t, 5000);
	assert_int_equal(r.count[VERIFY_DEFERRAL].missed, 1);
}

/* Found 512, given back 512; told another value it is a miss. */
static void boost_is_given_back_by_the_model(void **state)
{
	struct verify_result r;
	struct tape t;

	(void)state;
	for (uint64_t left = 0; left < 2; left++) {
		begin(&t);
		t.wide[t.count] = (struct rec_wide){ .v = { 0, 16, 20, 24, 512 } };
		tell(&t, REC_ZONE_MARKS, 0);
		tell(&t, REC_KSWAPD_BEGIN, (uint64_t)DMA32 << 32);
		tell(&t, REC_BOOST, left);
		r = run(&t, 16);
		assert_int_equal(r.count[VERIFY_BOOST].own, !left);
		assert_int_equal(r.count[VERIFY_BOOST].missed, left);
	}
}

/* Two singles in three are no compaction's work; a wakeup that does not come is a miss once the next event is there. */
static void wakeup_of_kcompactd_is_the_models_own(void **state)
{
	struct verify_result r;
	struct tape t;

	(void)state;
	begin(&t);
	tell(&t, REC_KCOMPACTD_ASK, (uint64_t)DMA32 << 32)->order = 10;
	tell_wide(&t, REC_COMPACT_SUITABLE, 10, BUDDY_COMPACT_SUCCESS, 0, 0);
	tell(&t, REC_KCOMPACTD_ASK, (uint64_t)DMA32 << 32)->order = 10;
	r = run(&t, 16);
	assert_int_equal(r.count[VERIFY_SUITABLE].own, 1);
	assert_int_equal(r.count[VERIFY_SUITABLE].missed, 0);
	begin(&t);
	tell(&t, REC_KCOMPACTD_ASK, (uint64_t)DMA32 << 32)->order = 10;
	tell_wide(&t, REC_COMPACT_SUITABLE, 10, BUDDY_COMPACT_SUCCESS, 0, 0);
	tell(&t, REC_KCOMPACTD_CALL, (uint64_t)DMA32 << 32)->order = 10;
	r = run(&t, 16);
	assert_int_equal(r.count[VERIFY_KCOMPACTD].missed, 1);
}

/* New limits of per-CPU lists: 6.1 sets how high they grow, 6.12 the bounds between which they find that out. */
static void limits_are_set_as_the_kernel_has_them(void **state)
{
	static const char *const releases[] = { "6.1.0-56-amd64", "6.12.117+deb12-amd64" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct rec_snapshot s = *small_snapshot();
		struct buddy_pcp_tuning before, after;
		struct sim_machine m;
		struct verify *v;
		struct tape t;

		strcpy(s.kernel.release, releases[i]);
		s.pcps[0].high = 100;
		s.pcps[0].high_min = 50;
		s.pcps[0].high_max = 200;
		begin(&t);
		t.wide[t.count] = (struct rec_wide){ .v = { 0, i ? 0 : 300, 15, i ? 80 : 0, i ? 400 : 0 } };
		tell(&t, REC_PCP_LIMITS, 0);
		assert_int_equal(sim_machine_load(&m, &s, NULL, NULL), 0);
		buddy_pcp_tuning_get(m.buddy, 0, 0, &before);
		v = verify_create(&m);
		for (unsigned k = 0; k < t.count; k++)
			verify_event(v, &t.events[k], rec_kind_is_wide(t.events[k].kind) ? &t.wide[k] : NULL);
		buddy_pcp_tuning_get(m.buddy, 0, 0, &after);
		assert_int_equal(before.high_pages, 100);
		assert_int_equal(after.batch_pages, 15);
		assert_int_equal(after.high_pages, i ? 100 : 300);
		assert_int_equal(after.high_min_pages, i ? 80 : 50);
		assert_int_equal(after.high_max_pages, i ? 400 : 200);
		verify_destroy(v);
		sim_machine_unload(&m);
	}
}

/* Whatever the words of the events say, the model is left sound. */
static void damage_never_crashes(void **state)
{
	static const uint8_t kinds[] = {
		REC_ATTEMPT, REC_RECLAIM_BEGIN, REC_RECLAIM_END, REC_COMPACT_TRY, REC_CAPTURE_BEGIN, REC_CAPTURE_END,
		REC_COMPACT_SUITABLE, REC_COMPACT_FINISHED, REC_COMPACT_DEFERRED, REC_COMPACT_DEFER,
		REC_COMPACT_DEFER_RESET, REC_KCOMPACTD_SLEEP, REC_KCOMPACTD_WAKE, REC_KCOMPACTD_ASK,
		REC_KCOMPACTD_CALL, REC_KSWAPD_BEGIN, REC_KSWAPD_END, REC_KSWAPD_CALL, REC_BOOST, REC_UNRESERVE,
		REC_MOVE_BLOCK, REC_RECLAIM_RETRY, REC_COMPACT_RETRY, REC_OOM_VICTIM, REC_COMPACT_BEGIN,
		REC_COMPACT_END, REC_KSWAPD_WAKE, REC_KSWAPD_SLEEP, REC_ALLOC,
	};
	static const uint64_t words[] = { 0, 1, 2, 3, 9, 10, 11, 255, UINT32_MAX, (uint64_t)1 << 32,
					  (uint64_t)4 << 32, UINT64_MAX, UINT64_MAX - 1 };
	uint64_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		struct tape t;

		begin(&t);
		while (t.count < EVENTS_MAX - 1) {
			uint64_t *w = t.wide[t.count].v;
			struct rec_event *e;

			for (unsigned i = 0; i < REC_WIDE_WORDS; i++, seed = seed * 6364136223846793005u + 1)
				w[i] = words[(seed >> 33) % (sizeof(words) / sizeof(words[0]))];
			seed = seed * 6364136223846793005u + 1;
			e = tell(&t, kinds[(seed >> 33) % sizeof(kinds)], w[0]);
			e->order = (uint8_t)w[1];
			e->pfn = REC_NO_PFN;
			e->pid = 100 + (int32_t)(w[2] & 1);
			if (rec_kind_is_wide(e->kind))
				w[1] = w[3] & 1;
		}
		run(&t, round & 1 ? 16 : 100000);
	}
}

static void tell_wake(struct tape *t, bool told)
{
	struct rec_event *e;

	begin(t);
	tell(t, REC_KCOMPACTD_ASK, (uint64_t)DMA32 << 32); /* such a recording tells all of it */
	if (told) {
		e = tell(t, REC_KSWAPD_CALL, (uint64_t)DMA32 << 32);
		e->gfp = GFP_ATOMIC_6_1;
	}
	tell(t, REC_ATTEMPT, ATOMIC_FLAGS)->gfp = GFP_ATOMIC_6_1;
}

/* Nothing is above the high mark, or all is: the request wakes kswapd, or it does not. */
static void wakeup_of_kswapd_is_the_models_own(void **state)
{
	struct verify_result r;
	struct tape t;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		bool told = i & 1, needed = i & 2;

		tell_wake(&t, told);
		r = run(&t, needed ? 100000 : 16);
		assert_int_equal(r.count[VERIFY_KSWAPD].own, told == needed);
		assert_int_equal(r.count[VERIFY_KSWAPD].missed, told != needed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_and_flags_are_the_models_own),
		cmocka_unit_test(other_flags_are_a_miss),
		cmocka_unit_test(step_left_out_or_added_is_a_miss),
		cmocka_unit_test(request_inside_reclaim_is_another),
		cmocka_unit_test(suitable_is_asked_of_the_model),
		cmocka_unit_test(pass_is_followed_zone_by_zone),
		cmocka_unit_test(boost_is_given_back_by_the_model),
		cmocka_unit_test(wakeup_of_kcompactd_is_the_models_own),
		cmocka_unit_test(wakeup_of_kswapd_is_the_models_own),
		cmocka_unit_test(limits_are_set_as_the_kernel_has_them),
		cmocka_unit_test(damage_never_crashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
