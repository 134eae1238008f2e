// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The slow path: steps and flags.
 *
 * Source: __alloc_pages_slowpath, __alloc_pages_direct_reclaim, __alloc_pages_direct_compact, __alloc_pages_may_oom,
 * should_reclaim_retry, should_compact_retry, mm/page_alloc.c 6.1 and 6.12.
 */
#include <buddy/slowpath.h>

#include "machine.h"

#define GFP_NORETRY 0x10000u
#define GFP_RETRY_MAYFAIL 0x4000u
#define GFP_NOFAIL 0x8000u
#define GFP_NOMEMALLOC 0x80000u
#define GFP_THISNODE 0x200000u
#define SLOW_FLAGS (BUDDY_ALLOC_CPUSET | BUDDY_ALLOC_KSWAPD)

static void ended(const struct machine *m, struct buddy_slowpath *s, bool found, uint64_t pages,
		  enum buddy_compact_result result)
{
	buddy_slow_next(m->b, s, &(struct buddy_outcome){ .found = found, .pages = pages, .result = result });
}

static void fails(const struct machine *m, struct buddy_slowpath *s, unsigned alloc_flags)
{
	assert_int_equal(s->step, BUDDY_STEP_ATTEMPT);
	assert_int_equal(s->alloc_flags, alloc_flags);
	ended(m, s, false, 0, 0);
}

static void reclaims(const struct machine *m, struct buddy_slowpath *s, uint64_t pages)
{
	assert_int_equal(s->step, BUDDY_STEP_RECLAIM);
	ended(m, s, false, pages, 0);
}

static void compacts(const struct machine *m, struct buddy_slowpath *s, enum buddy_priority priority,
		     enum buddy_compact_result result)
{
	assert_int_equal(s->step, BUDDY_STEP_COMPACT);
	assert_int_equal(s->priority, priority);
	ended(m, s, false, 0, result);
}

static void reviews(const struct machine *m, struct buddy_slowpath *s, uint64_t reclaimable)
{
	assert_int_equal(s->step, BUDDY_STEP_REVIEW);
	ended(m, s, false, reclaimable, 0);
}

static void unreserves(const struct machine *m, struct buddy_slowpath *s, bool found)
{
	assert_int_equal(s->step, BUDDY_STEP_UNRESERVE);
	ended(m, s, found, 0, 0);
}

/* One Normal zone without a free frame, min mark 100. */
static void make_as(struct machine *m, const char *profile)
{
	struct buddy_zone_tuning t;

	machine_plain_as(m, profile, 8192, 64, 8);
	buddy_zone_tuning_get(m->b, 0, &t);
	t.mark_pages[BUDDY_MARK_MIN] = 100;
	t.mark_pages[BUDDY_MARK_LOW] = 125;
	t.mark_pages[BUDDY_MARK_HIGH] = 150;
	buddy_zone_tune(m->b, 0, &t);
}

static void make(struct machine *m) { make_as(m, "6.1"); }

static void begin(const struct machine *m, struct buddy_slowpath *s, uint32_t gfp, unsigned order, uint32_t task)
{
	const struct buddy_request r = { .gfp = gfp, .order = (uint8_t)order, .task = task };

	buddy_slow_begin(m->b, &r, s);
}

/* GFP_ATOMIC may use reserves, and gives up after the second attempt. */
static void atomic_request_tries_twice(void **state)
{
	const unsigned flags = BUDDY_ALLOC_MIN_RESERVE | BUDDY_ALLOC_NON_BLOCK | BUDDY_ALLOC_HIGHATOMIC |
			       BUDDY_ALLOC_KSWAPD;
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	begin(&m, &s, GFP_ATOMIC, 1, 0);
	fails(&m, &s, flags);
	fails(&m, &s, flags);
	assert_int_equal(s.step, BUDDY_STEP_FAIL);
	begin(&m, &s, GFP_ATOMIC, 1, 0);
	ended(&m, &s, true, 0, 0);
	assert_int_equal(s.step, BUDDY_STEP_DONE);
	machine_fini(&m);
}

/*
 * Order 0: attempt, retry, reclaim, attempt, drain, attempt, review; while enough is reclaimable again and again; then
 * the OOM killer.
 */
static void single_page_reclaims_until_nothing_is_left(void **state)
{
	const uint32_t gfp = GFP_KERNEL;
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	begin(&m, &s, gfp, 0, 0);
	fails(&m, &s, SLOW_FLAGS);
	fails(&m, &s, SLOW_FLAGS);
	reclaims(&m, &s, 32);
	fails(&m, &s, SLOW_FLAGS);
	assert_int_equal(s.step, BUDDY_STEP_DRAIN);
	ended(&m, &s, false, 0, 0);
	fails(&m, &s, SLOW_FLAGS);
	reviews(&m, &s, 101);
	fails(&m, &s, SLOW_FLAGS);
	reclaims(&m, &s, 0);
	reviews(&m, &s, 100);
	unreserves(&m, &s, true);
	fails(&m, &s, SLOW_FLAGS);
	reclaims(&m, &s, 0);
	reviews(&m, &s, 100);
	unreserves(&m, &s, false);
	/* A look at the high mark, as one that may not reclaim. */
	assert_int_equal(s.gfp, (gfp | 0x100000u) & ~0x400u);
	fails(&m, &s, BUDDY_MARK_HIGH | BUDDY_ALLOC_CPUSET);
	assert_int_equal(s.step, BUDDY_STEP_KILL);
	ended(&m, &s, true, 0, 0);
	fails(&m, &s, SLOW_FLAGS);
	machine_fini(&m);
}

/* Sixteen rounds without progress, then no zone is looked at any more. */
static void rounds_without_progress_are_counted(void **state)
{
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	begin(&m, &s, GFP_KERNEL, 0, 0);
	fails(&m, &s, SLOW_FLAGS);
	for (int i = 0; i < 16; i++) {
		fails(&m, &s, s.alloc_flags);
		reclaims(&m, &s, 0);
		reviews(&m, &s, 1000);
	}
	fails(&m, &s, s.alloc_flags);
	reclaims(&m, &s, 0);
	unreserves(&m, &s, false);
	machine_fini(&m);
}

/* A costly request compacts first, asynchronously; one that may not retry ends when that was skipped or deferred. */
static void costly_request_compacts_first(void **state)
{
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	begin(&m, &s, GFP_HIGHUSER_MOVABLE | GFP_NORETRY, 9, 0);
	fails(&m, &s, s.alloc_flags);
	compacts(&m, &s, BUDDY_PRIORITY_ASYNC, BUDDY_COMPACT_DEFERRED);
	assert_true(s.compacted);
	fails(&m, &s, s.alloc_flags);
	assert_int_equal(s.step, BUDDY_STEP_FAIL);
	begin(&m, &s, GFP_HIGHUSER_MOVABLE | GFP_NORETRY, 9, 0);
	fails(&m, &s, s.alloc_flags);
	compacts(&m, &s, BUDDY_PRIORITY_ASYNC, BUDDY_COMPACT_SKIPPED);
	assert_int_equal(s.step, BUDDY_STEP_FAIL);
	/* It compacted and failed: reclaim is worth it, but not a compaction that waits. */
	begin(&m, &s, GFP_HIGHUSER_MOVABLE | GFP_NORETRY, 9, 0);
	fails(&m, &s, s.alloc_flags);
	compacts(&m, &s, BUDDY_PRIORITY_ASYNC, BUDDY_COMPACT_COMPLETE);
	fails(&m, &s, s.alloc_flags);
	assert_false(s.compacted);
	fails(&m, &s, s.alloc_flags);
	reclaims(&m, &s, 0);
	compacts(&m, &s, BUDDY_PRIORITY_ASYNC, BUDDY_COMPACT_SKIPPED);
	assert_int_equal(s.step, BUDDY_STEP_FAIL);
	/* This node only, and only by compaction. */
	begin(&m, &s, GFP_HIGHUSER_MOVABLE | GFP_NORETRY | GFP_THISNODE, 9, 0);
	fails(&m, &s, s.alloc_flags);
	compacts(&m, &s, BUDDY_PRIORITY_ASYNC, BUDDY_COMPACT_COMPLETE);
	fails(&m, &s, s.alloc_flags);
	assert_int_equal(s.step, BUDDY_STEP_FAIL);
	machine_fini(&m);
}

/* Movable requests of few pages reclaim before they compact, unmovable ones compact first. */
static void type_decides_what_comes_first(void **state)
{
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	begin(&m, &s, GFP_HIGHUSER_MOVABLE, 2, 0);
	fails(&m, &s, s.alloc_flags);
	fails(&m, &s, s.alloc_flags);
	reclaims(&m, &s, 0);
	compacts(&m, &s, BUDDY_PRIORITY_SYNC_LIGHT, BUDDY_COMPACT_SKIPPED);
	begin(&m, &s, GFP_KERNEL, 2, 0);
	fails(&m, &s, s.alloc_flags);
	compacts(&m, &s, BUDDY_PRIORITY_ASYNC, BUDDY_COMPACT_SUCCESS);
	fails(&m, &s, s.alloc_flags);
	fails(&m, &s, s.alloc_flags);
	/* Without I/O there is no compaction. */
	begin(&m, &s, GFP_KERNEL & ~0x40u, 2, 0);
	fails(&m, &s, s.alloc_flags);
	fails(&m, &s, s.alloc_flags);
	reclaims(&m, &s, 0);
	assert_int_equal(s.step, BUDDY_STEP_REVIEW);
	machine_fini(&m);
}

/* Reclaim made progress but no zone is worth another round: compaction tries harder each time. */
static void compaction_is_retried_more_urgently(void **state)
{
	struct buddy_slowpath s;
	struct machine m;
	enum buddy_priority priority = BUDDY_PRIORITY_SYNC_LIGHT;

	(void)state;
	make(&m);
	begin(&m, &s, GFP_HIGHUSER_MOVABLE, 2, 0);
	fails(&m, &s, s.alloc_flags);
	for (int i = 0; i < 2; i++) {
		fails(&m, &s, s.alloc_flags);
		reclaims(&m, &s, 8);
		fails(&m, &s, s.alloc_flags);
		ended(&m, &s, false, 0, 0);
		fails(&m, &s, s.alloc_flags);
		compacts(&m, &s, priority, BUDDY_COMPACT_COMPLETE);
		fails(&m, &s, s.alloc_flags);
		reviews(&m, &s, 10);
		unreserves(&m, &s, false);
		priority = BUDDY_PRIORITY_SYNC_FULL;
	}
	/* There is nothing above the highest priority. */
	assert_int_equal(s.alloc_flags & BUDDY_ALLOC_MARK_MASK, BUDDY_MARK_HIGH);
	machine_fini(&m);
}

/* Reclaim makes some progress, the attempts after it fail, and compaction is skipped. */
static void reclaims_in_vain(const struct machine *m, struct buddy_slowpath *s)
{
	fails(m, s, s->alloc_flags);
	reclaims(m, s, 8);
	fails(m, s, s->alloc_flags);
	ended(m, s, false, 0, 0);
	fails(m, s, s->alloc_flags);
	compacts(m, s, BUDDY_PRIORITY_SYNC_LIGHT, BUDDY_COMPACT_SKIPPED);
}

/*
 * Compaction was skipped for want of single pages: another round is worth it when a part of what is reclaimable, one
 * page in `order`, would do together with what is free. Order 2, mark 100: 108 have to be left, and no block of order 2
 * is there for the review.
 */
static void skipped_compaction_waits_for_reclaim(void **state)
{
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	for (uint64_t singles = 0; singles <= 10; singles += 10) {
		make(&m);
		for (uint64_t i = 0; i < singles; i++)
			machine_free(&m, 2 * i, 0, BUDDY_MOVABLE);
		for (uint64_t part = 108 - singles; part <= 109 - singles; part++) {
			begin(&m, &s, GFP_HIGHUSER_MOVABLE, 2, 0);
			fails(&m, &s, s.alloc_flags);
			reclaims_in_vain(&m, &s);
			reviews(&m, &s, 2 * part);
			unreserves(&m, &s, false);
			assert_int_equal(s.alloc_flags & BUDDY_ALLOC_MARK_MASK,
					 part == 108 - singles ? BUDDY_MARK_HIGH : BUDDY_MARK_MIN);
		}
		machine_fini(&m);
	}
}

/*
 * Node 1 has single frames enough to be compacted, node 0 has nothing: a request for node 0 alone does not wait for it.
 * Source: compaction_zonelist_suitable() walks the request's own zonelist.
 */
static void compaction_on_another_node_is_not_waited_for(void **state)
{
	static const struct buddy_zone_config zones[] = { { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 8192 },
							  { 1, BUDDY_ZONE_NORMAL, "Normal", 8192, 8192 } };
	static const char *const profiles[] = { "6.1", "6.12" };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		bool own_node = i & 1;
		struct buddy_slowpath s;
		struct machine m;

		machine_from(&m, &(struct buddy_config){ .profile = buddy_profile_find(profiles[i / 2]),
							 .zones = zones, .zone_count = 2, .cpu_count = 1,
							 .pageblock_order = 9 });
		for (uint64_t frame = 0; frame < 1000; frame++)
			machine_free(&m, 8192 + 2 * frame, 0, BUDDY_MOVABLE);
		begin(&m, &s, GFP_HIGHUSER_MOVABLE | (own_node ? GFP_THISNODE : 0), 2, 0);
		fails(&m, &s, s.alloc_flags);
		reclaims_in_vain(&m, &s);
		reviews(&m, &s, 0);
		if (!own_node)
			reviews(&m, &s, 0);
		unreserves(&m, &s, false);
		assert_int_equal(s.alloc_flags & BUDDY_ALLOC_MARK_MASK, own_node ? BUDDY_MARK_HIGH : BUDDY_MARK_MIN);
		machine_fini(&m);
	}
}

/*
 * A zone with room for a costly request and for migration, 1,024 frames in a block, after more rounds than are
 * reviewed. 6.1, __compaction_suitable(): COMPACT_SUCCESS, so compaction has nothing to wait for; 6.12 does not ask
 * there.
 */
static void older_kernel_does_not_wait_where_the_request_has_room(void **state)
{
	static const char *const profiles[] = { "6.1", "6.12" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct buddy_slowpath s;
		struct machine m;

		make_as(&m, profiles[i]);
		machine_free(&m, 0, 10, BUDDY_MOVABLE);
		begin(&m, &s, GFP_KERNEL | GFP_RETRY_MAYFAIL, 4, 0);
		fails(&m, &s, s.alloc_flags);
		compacts(&m, &s, BUDDY_PRIORITY_ASYNC, BUDDY_COMPACT_SKIPPED);
		for (int round = 0; round < 16; round++) {
			reclaims_in_vain(&m, &s);
			reviews(&m, &s, 0);
		}
		reclaims_in_vain(&m, &s);
		unreserves(&m, &s, false);
		assert_int_equal(s.alloc_flags & BUDDY_ALLOC_MARK_MASK, i ? BUDDY_MARK_MIN : BUDDY_MARK_HIGH);
		machine_fini(&m);
	}
}

/* A costly request retries only when asked to, and never kills. */
static void costly_request_never_kills(void **state)
{
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	for (int may = 0; may < 2; may++) {
		begin(&m, &s, GFP_KERNEL | (may ? GFP_RETRY_MAYFAIL : 0), 4, 0);
		fails(&m, &s, s.alloc_flags);
		compacts(&m, &s, BUDDY_PRIORITY_ASYNC, BUDDY_COMPACT_SKIPPED);
		fails(&m, &s, s.alloc_flags);
		reclaims(&m, &s, 0);
		compacts(&m, &s, BUDDY_PRIORITY_SYNC_LIGHT, BUDDY_COMPACT_SKIPPED);
		if (!may) {
			assert_int_equal(s.step, BUDDY_STEP_FAIL);
			continue;
		}
		reviews(&m, &s, 10);
		unreserves(&m, &s, false);
		fails(&m, &s, BUDDY_MARK_HIGH | BUDDY_ALLOC_CPUSET);
		assert_int_equal(s.step, BUDDY_STEP_FAIL);
	}
	machine_fini(&m);
}

/* A task that reclaims itself may take everything, and does not reclaim again; a dying one half of the rest. */
static void task_decides_the_reserves(void **state)
{
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	begin(&m, &s, GFP_KERNEL, 0, BUDDY_TASK_MEMALLOC);
	fails(&m, &s, SLOW_FLAGS);
	fails(&m, &s, BUDDY_ALLOC_NO_MARKS | BUDDY_ALLOC_KSWAPD);
	assert_int_equal(s.step, BUDDY_STEP_FAIL);
	begin(&m, &s, GFP_KERNEL | GFP_NOMEMALLOC, 0, BUDDY_TASK_MEMALLOC);
	fails(&m, &s, SLOW_FLAGS);
	fails(&m, &s, SLOW_FLAGS);
	begin(&m, &s, GFP_KERNEL, 0, BUDDY_TASK_OOM_VICTIM);
	fails(&m, &s, SLOW_FLAGS);
	fails(&m, &s, BUDDY_ALLOC_OOM | BUDDY_ALLOC_KSWAPD);
	reclaims(&m, &s, 0);
	reviews(&m, &s, 0);
	unreserves(&m, &s, false);
	fails(&m, &s, BUDDY_MARK_HIGH | BUDDY_ALLOC_CPUSET);
	ended(&m, &s, true, 0, 0);
	assert_int_equal(s.step, BUDDY_STEP_FAIL);
	machine_fini(&m);
}

/* One that must not fail goes on where others end, with a part of the reserve. */
static void request_that_must_not_fail_goes_on(void **state)
{
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	begin(&m, &s, GFP_KERNEL | GFP_NOFAIL | GFP_NORETRY, 0, 0);
	fails(&m, &s, s.alloc_flags);
	fails(&m, &s, s.alloc_flags);
	reclaims(&m, &s, 0);
	fails(&m, &s, BUDDY_ALLOC_MIN_RESERVE | BUDDY_ALLOC_CPUSET);
	fails(&m, &s, BUDDY_ALLOC_MIN_RESERVE);
	fails(&m, &s, SLOW_FLAGS);
	reclaims(&m, &s, 0);
	machine_fini(&m);
}

/* The kernel did otherwise: the model goes on from there. */
static void another_step_is_followed(void **state)
{
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	begin(&m, &s, GFP_KERNEL, 0, 0);
	buddy_slow_follow(&s, BUDDY_STEP_RECLAIM, 0);
	reclaims(&m, &s, 5);
	fails(&m, &s, s.alloc_flags);
	buddy_slow_follow(&s, BUDDY_STEP_ATTEMPT, BUDDY_ALLOC_NO_MARKS);
	fails(&m, &s, BUDDY_ALLOC_NO_MARKS);
	assert_int_equal(s.step, BUDDY_STEP_RECLAIM);
	buddy_slow_follow(&s, BUDDY_STEP_ATTEMPT, BUDDY_MARK_HIGH | BUDDY_ALLOC_CPUSET);
	fails(&m, &s, BUDDY_MARK_HIGH | BUDDY_ALLOC_CPUSET);
	assert_int_equal(s.step, BUDDY_STEP_KILL);
	machine_fini(&m);
}

/*
 * Another task holds the OOM killer's lock: the request goes back without a look at the high mark, and the rounds
 * without progress are counted anew. Source: __alloc_pages_may_oom(), did_some_progress.
 */
static void a_busy_killer_counts_as_progress(void **state)
{
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	begin(&m, &s, GFP_KERNEL, 0, 0);
	s.loops = 9;
	buddy_slow_follow(&s, BUDDY_STEP_ATTEMPT, SLOW_FLAGS);
	assert_int_equal(s.loops, 9);
	buddy_slow_follow(&s, BUDDY_STEP_ATTEMPT, BUDDY_MARK_HIGH | BUDDY_ALLOC_CPUSET);
	assert_int_equal(s.loops, 9);
	buddy_slow_follow(&s, BUDDY_STEP_ATTEMPT, SLOW_FLAGS);
	assert_int_equal(s.loops, 0);
	machine_fini(&m);
}

/* Order 0, min 100 and a boost of 50: 120 reclaimable frames are not enough for another round, 151 are. */
static void a_review_counts_the_boost(void **state)
{
	struct buddy_zone_tuning t;
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	buddy_zone_tuning_get(m.b, 0, &t);
	t.boost_pages = 50;
	buddy_zone_tune(m.b, 0, &t);
	for (uint64_t reclaimable = 120; reclaimable <= 151; reclaimable += 31) {
		begin(&m, &s, GFP_KERNEL, 0, 0);
		fails(&m, &s, SLOW_FLAGS);
		fails(&m, &s, SLOW_FLAGS);
		reclaims(&m, &s, 0);
		reviews(&m, &s, reclaimable);
		assert_int_equal(s.step, reclaimable == 120 ? BUDDY_STEP_UNRESERVE : BUDDY_STEP_ATTEMPT);
	}
	machine_fini(&m);
}

/* Compaction says that it succeeded and yet there is no block: sixteen rounds more, then more urgently. */
static void successful_compactions_are_retried_sixteen_times(void **state)
{
	struct buddy_slowpath s;
	struct machine m;
	unsigned rounds = 0;

	(void)state;
	make(&m);
	begin(&m, &s, GFP_HIGHUSER_MOVABLE, 2, 0);
	fails(&m, &s, s.alloc_flags);
	while (s.priority == BUDDY_PRIORITY_SYNC_LIGHT) {
		rounds++;
		fails(&m, &s, s.alloc_flags);
		reclaims(&m, &s, 8);
		fails(&m, &s, s.alloc_flags);
		ended(&m, &s, false, 0, 0);
		fails(&m, &s, s.alloc_flags);
		compacts(&m, &s, BUDDY_PRIORITY_SYNC_LIGHT, BUDDY_COMPACT_SUCCESS);
		fails(&m, &s, s.alloc_flags);
		reviews(&m, &s, 10);
		unreserves(&m, &s, false);
	}
	assert_int_equal(rounds, 17);
	assert_int_equal(s.priority, BUDDY_PRIORITY_SYNC_FULL);
	machine_fini(&m);
}

/* A recording may lead any request to the last look, at the high mark; none of these kills. Source: may_oom. */
static void a_costly_request_that_is_followed_to_the_high_mark_does_not_kill(void **state)
{
	static const struct { uint32_t gfp; unsigned order; enum buddy_step step; } cases[] = {
		{ GFP_KERNEL, 4, BUDDY_STEP_FAIL },
		{ GFP_KERNEL | GFP_RETRY_MAYFAIL, 0, BUDDY_STEP_FAIL },
		{ GFP_KERNEL | GFP_THISNODE, 0, BUDDY_STEP_FAIL },
		{ GFP_DMA, 0, BUDDY_STEP_FAIL },
		{ GFP_KERNEL, 3, BUDDY_STEP_KILL },
	};
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&m, &s, cases[i].gfp, cases[i].order, 0);
		buddy_slow_follow(&s, BUDDY_STEP_ATTEMPT, BUDDY_MARK_HIGH | BUDDY_ALLOC_CPUSET);
		fails(&m, &s, BUDDY_MARK_HIGH | BUDDY_ALLOC_CPUSET);
		assert_int_equal(s.step, cases[i].step);
	}
	machine_fini(&m);
}

/* After the kill it looks without any mark, first at its own node's memory, and then the loop begins anew. */
static void a_request_that_must_not_fail_gets_what_the_kill_freed(void **state)
{
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	/* Where nothing was killed the kernel warns, and goes on as if something had been. */
	for (int killed = 1; killed >= 0; killed--) {
		begin(&m, &s, GFP_KERNEL | GFP_NOFAIL, 0, 0);
		buddy_slow_follow(&s, BUDDY_STEP_KILL, 0);
		ended(&m, &s, killed, 0, 0);
		fails(&m, &s, BUDDY_ALLOC_NO_MARKS | BUDDY_ALLOC_CPUSET);
		fails(&m, &s, BUDDY_ALLOC_NO_MARKS);
		assert_int_equal(s.step, BUDDY_STEP_ATTEMPT);
		assert_int_equal(s.loops, 0);
	}
	/* A compaction that captured the block is the end. */
	begin(&m, &s, GFP_KERNEL, 4, 0);
	fails(&m, &s, SLOW_FLAGS);
	assert_int_equal(s.step, BUDDY_STEP_COMPACT);
	ended(&m, &s, true, 0, BUDDY_COMPACT_SUCCESS);
	assert_int_equal(s.step, BUDDY_STEP_DONE);
	machine_fini(&m);
}

/* Source: the sanity check of __alloc_pages_slowpath(), which 6.12 does not have, nor the bit. */
static void who_may_wait_is_not_atomic(void **state)
{
	static const char *const profiles[2] = { "6.1", "6.12" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct buddy_slowpath s;
		struct machine m;

		make_as(&m, profiles[i]);
		begin(&m, &s, GFP_KERNEL | 0x200u, 0, 0);
		assert_int_equal(s.gfp, i ? GFP_KERNEL | 0x200u : GFP_KERNEL);
		begin(&m, &s, GFP_ATOMIC, 0, 0);
		assert_int_equal(s.gfp, GFP_ATOMIC);
		machine_fini(&m);
	}
}

static void a_request_for_zones_that_are_not_there_fails_at_once(void **state)
{
	struct buddy_slowpath s;
	struct machine m;

	(void)state;
	make(&m);
	begin(&m, &s, GFP_DMA, 0, 0);
	assert_int_equal(s.step, BUDDY_STEP_FAIL);
	begin(&m, &s, GFP_DMA | GFP_NOFAIL, 0, 0);
	fails(&m, &s, BUDDY_ALLOC_MIN_RESERVE | BUDDY_ALLOC_CPUSET);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(atomic_request_tries_twice),
		cmocka_unit_test(single_page_reclaims_until_nothing_is_left),
		cmocka_unit_test(rounds_without_progress_are_counted),
		cmocka_unit_test(costly_request_compacts_first),
		cmocka_unit_test(type_decides_what_comes_first),
		cmocka_unit_test(compaction_is_retried_more_urgently),
		cmocka_unit_test(skipped_compaction_waits_for_reclaim),
		cmocka_unit_test(compaction_on_another_node_is_not_waited_for),
		cmocka_unit_test(older_kernel_does_not_wait_where_the_request_has_room),
		cmocka_unit_test(costly_request_never_kills),
		cmocka_unit_test(task_decides_the_reserves),
		cmocka_unit_test(request_that_must_not_fail_goes_on),
		cmocka_unit_test(another_step_is_followed),
		cmocka_unit_test(a_busy_killer_counts_as_progress),
		cmocka_unit_test(a_review_counts_the_boost),
		cmocka_unit_test(successful_compactions_are_retried_sixteen_times),
		cmocka_unit_test(a_costly_request_that_is_followed_to_the_high_mark_does_not_kill),
		cmocka_unit_test(a_request_that_must_not_fail_gets_what_the_kill_freed),
		cmocka_unit_test(who_may_wait_is_not_atomic),
		cmocka_unit_test(a_request_for_zones_that_are_not_there_fails_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
