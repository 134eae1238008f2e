/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resolver finds how each free travelled.
 *
 * Each case is a story in one or more contexts: F = mm_page_free, B = mm_page_free_batched, D = drain,
 * 1 = free_one_page, K = __free_pages_ok, a = any other event. What is expected follows from
 * free_unref_page_list, free_unref_page and __free_pages_ok of mm/page_alloc.c, Linux 6.1.
 */
#include "support.h"

#include "resolver.h"

/* One event of a story and, for frees, the flags expected. */
struct step {
	uint8_t kind;
	uint64_t pfn;
	uint8_t flags;
	int32_t pid;
	uint8_t context;
	uint8_t order;
	uint16_t cpu;
	uint64_t arg;
	bool voided; /* REC_NONE in the end */
};

#define F(...) STEP_FREE(__VA_ARGS__, .arg = 0)
#define B(...) STEP_BATCHED(__VA_ARGS__, .arg = 0)
#define STEP_FREE(frame, path, ...) { .kind = REC_FREE, .pfn = frame, .flags = path, __VA_ARGS__ }
#define STEP_BATCHED(frame, ...) { .kind = REC_FREE_BATCHED, .pfn = frame, __VA_ARGS__ }

static struct rec_accounting accounting;

static void run(const struct step *steps, size_t count, bool without_context)
{
	struct resolver *resolver;
	struct rec_event *events;
	struct rec_wide *wide;
	struct rec_batch batch;
	size_t done = 0;

	memset(&accounting, 0, sizeof(accounting));
	resolver = resolver_create(&accounting);
	assert_non_null(resolver);
	if (without_context)
		resolver_without_context(resolver);
	assert_true(resolver_room(resolver, &events, &wide) >= count);
	for (size_t i = 0; i < count; i++)
		events[i] = (struct rec_event){ .kind = steps[i].kind,
						.pfn = steps[i].pfn,
						.pid = steps[i].pid,
						.context = steps[i].context,
						.order = steps[i].order,
						.cpu = steps[i].cpu,
						.arg = steps[i].arg,
						.flags = steps[i].kind == REC_FREE ? 0 : steps[i].flags,
						.time_ns = i };
	resolver_take(resolver, count);
	resolver_finish(resolver);
	while (resolver_emit(resolver, &batch))
		for (size_t i = 0; i < batch.count; i++, done++) {
			assert_int_equal(batch.events[i].time_ns, done);
			assert_int_equal(batch.events[i].kind, steps[done].voided ? REC_NONE : steps[done].kind);
			if (batch.events[i].kind == REC_FREE && batch.events[i].flags != steps[done].flags)
				fail_msg("step %zu, frame %llu: expected flags %02x, found %02x", done,
					 (unsigned long long)steps[done].pfn, steps[done].flags, batch.events[i].flags);
		}
	assert_int_equal(done, count);
	resolver_destroy(resolver);
}

#define RUN(steps) run((steps), sizeof(steps) / sizeof((steps)[0]), false)

static void a_single_free_goes_to_the_per_cpu_list(void **state)
{
	const struct step steps[] = { F(10, REC_FREE_PCP), { .kind = REC_ALLOC, .pfn = 99 } };

	(void)state;
	RUN(steps);
	assert_int_equal(accounting.forced_resolutions, 0);
	assert_int_equal(accounting.frees_pcp, 1);
}

static void a_list_is_prepared_then_committed(void **state)
{
	const struct step steps[] = { F(1, REC_FREE_LIST), F(2, REC_FREE_LIST), F(3, REC_FREE_LIST), B(1), B(2), B(3) };

	(void)state;
	RUN(steps);
	assert_int_equal(accounting.frees_list, 3);
	assert_int_equal(accounting.batched_duplicates, 3);
}

/* The frees before the list's first page were single ones of the same task. */
static void single_frees_before_a_list_stay_single(void **state)
{
	const struct step steps[] = { F(7, REC_FREE_PCP), F(8, REC_FREE_PCP), F(1, REC_FREE_LIST),
				      F(2, REC_FREE_LIST), B(1), B(2) };

	(void)state;
	RUN(steps);
}

/*
 * The probe's word that a single free reached its list behind an interrupt, told at the end of the list's section:
 * behind the commits of a list, whose last page looks the same to the probe, and behind drains.
 */
static void late_commits_are_those_of_single_frees(void **state)
{
	const struct step single[] = { { .kind = REC_COMMIT, .pfn = 90 }, F(1, REC_FREE_LIST),
				       { .kind = REC_LATE_COMMIT, .pfn = 1 }, F(2, REC_FREE_LIST),
				       F(3, REC_FREE_LIST), B(2), B(3) };
	const struct step list[] = { F(1, REC_FREE_LIST), F(2, REC_FREE_LIST), B(1), B(2),
				     { .kind = REC_LATE_COMMIT, .pfn = 2, .voided = true } };
	const struct step list_goes_on[] = { F(1, REC_FREE_LIST), F(2, REC_FREE_LIST), F(3, REC_FREE_LIST), B(1),
					     { .kind = REC_LATE_COMMIT, .pfn = 3, .voided = true }, B(2), B(3) };
	const struct step behind_others[] = { F(1, REC_FREE_PCP), F(2, REC_FREE_LIST),
					      { .kind = REC_LATE_COMMIT, .pfn = 2 }, F(3, REC_FREE_LIST), B(3) };
	const struct step behind_drains[] = { F(1, REC_FREE_PCP), F(2, REC_FREE_LIST),
					      { .kind = REC_PCPU_DRAIN, .pfn = 1 },
					      { .kind = REC_PCPU_DRAIN, .pfn = 2 },
					      { .kind = REC_LATE_COMMIT, .pfn = 2 } };
	const struct step of_another[] = { F(1, REC_FREE_PCP), { .kind = REC_LATE_COMMIT, .pfn = 5, .voided = true },
					   { .kind = REC_ALLOC, .pfn = 99 } };
	const struct step of_nothing[] = { { .kind = REC_LATE_COMMIT, .pfn = 5, .voided = true } };

	(void)state;
	RUN(single);
	RUN(list);
	RUN(list_goes_on);
	RUN(behind_others);
	RUN(behind_drains);
	RUN(of_another);
	RUN(of_nothing);
}

/* The same of frees that go straight to the zone. Older recordings tell it of these at a later list, wrongly. */
static void late_direct_frees_are_told_by_their_zone(void **state)
{
	const struct step tail[] = { { .kind = REC_FREE_OK, .pfn = 1, .arg = 2 },
				     F(1, REC_FREE_BUDDY | REC_FREE_TO_TAIL | REC_FREE_LATE),
				     { .kind = REC_LATE_COMMIT, .pfn = 1, .flags = REC_LATE_DIRECT } };
	const struct step in_6_12[] = { { .kind = REC_FREE_OK, .pfn = 1 }, F(1, REC_FREE_BUDDY | REC_FREE_LATE),
					{ .kind = REC_FREE_ONE, .pfn = 1 },
					{ .kind = REC_LATE_COMMIT, .pfn = 1, .flags = REC_LATE_DIRECT } };
	const struct step large[] = { F(32, REC_FREE_BUDDY | REC_FREE_LATE, .order = 5),
				      { .kind = REC_LATE_COMMIT, .pfn = 32, .flags = REC_LATE_DIRECT } };
	const struct step old[] = { { .kind = REC_FREE_OK, .pfn = 1 }, F(1, REC_FREE_BUDDY),
				    { .kind = REC_LATE_COMMIT, .pfn = 1, .voided = true } };
	const struct step in_time[] = { { .kind = REC_FREE_OK, .pfn = 1 }, F(1, REC_FREE_BUDDY),
					{ .kind = REC_ALLOC, .pfn = 9 },
					{ .kind = REC_LATE_COMMIT,
					  .pfn = 1,
					  .flags = REC_LATE_DIRECT,
					  .voided = true } };
	const struct step of_a_list[] = {
		F(1, REC_FREE_PCP),
		{ .kind = REC_LATE_COMMIT, .pfn = 1, .flags = REC_LATE_DIRECT, .voided = true }
	};

	(void)state;
	RUN(tail);
	RUN(in_6_12);
	RUN(large);
	RUN(old);
	RUN(in_time);
	RUN(of_a_list);
}

/* A drain in the middle of a list's commits belongs to the list; one before them to the single free. */
static void drains_tell_by_where_they_stand(void **state)
{
	const struct step in_flight[] = { F(1, REC_FREE_LIST), F(2, REC_FREE_LIST), B(1),
					  { .kind = REC_PCPU_DRAIN, .pfn = 50 }, B(2) };
	const struct step before[] = { F(1, REC_FREE_PCP), { .kind = REC_PCPU_DRAIN, .pfn = 50 },
				       F(2, REC_FREE_LIST), B(2) };

	(void)state;
	RUN(in_flight);
	RUN(before);
}

/* An interrupt frees and allocates in the middle of a task's list: another context, nothing is proved. */
static void an_interrupt_is_another_context(void **state)
{
	const struct step steps[] = {
		F(1, REC_FREE_LIST, .pid = 5),
		F(2, REC_FREE_LIST, .pid = 5),
		F(9, REC_FREE_PCP, .pid = 5, .context = REC_CTX_HARDIRQ),
		{ .kind = REC_ALLOC, .pfn = 70, .pid = 5, .context = REC_CTX_HARDIRQ },
		F(3, REC_FREE_LIST, .pid = 5),
		B(1, .pid = 5),
		{ .kind = REC_ALLOC, .pfn = 71, .pid = 5, .context = REC_CTX_SOFTIRQ },
		B(2, .pid = 5),
		B(3, .pid = 5),
	};

	(void)state;
	RUN(steps);
}

/* Whether interrupts are off is no level of its own. */
static void irqs_off_is_the_same_context(void **state)
{
	const struct step steps[] = { F(1, REC_FREE_LIST, .pid = 5), F(2, REC_FREE_LIST, .pid = 5),
				      B(1, .pid = 5, .context = REC_CTX_IRQS_OFF),
				      B(2, .pid = 5, .context = REC_CTX_IRQS_OFF) };

	(void)state;
	RUN(steps);
}

/* The idle tasks of two CPUs share pid 0. */
static void idle_tasks_are_told_apart_by_cpu(void **state)
{
	const struct step steps[] = { F(1, REC_FREE_LIST, .cpu = 0), { .kind = REC_ALLOC, .pfn = 70, .cpu = 1 },
				      F(2, REC_FREE_PCP, .cpu = 1), B(1, .cpu = 0),
				      { .kind = REC_ALLOC, .pfn = 72, .cpu = 1 } };

	(void)state;
	RUN(steps);
}

static void seeing_the_frame_again_settles_it(void **state)
{
	const struct step steps[] = { F(1, REC_FREE_PCP, .pid = 5), F(2, REC_FREE_PCP, .pid = 5),
				      { .kind = REC_ALLOC, .pfn = 2, .pid = 6 }, F(2, REC_FREE_PCP, .pid = 6),
				      { .kind = REC_ALLOC, .pfn = 80, .pid = 6 } };

	(void)state;
	RUN(steps);
	assert_int_equal(accounting.forced_resolutions, 0);
}

/* trylock failed in an interrupt: free_unref_page calls free_one_page (D2 of the kernel notes). */
static void a_bypass_commits_at_free_one(void **state)
{
	const struct step steps[] = { F(1, REC_FREE_BUDDY | REC_FREE_AT_ONE, .context = REC_CTX_SOFTIRQ),
				      { .kind = REC_FREE_ONE, .pfn = 1, .context = REC_CTX_SOFTIRQ },
				      F(2, REC_FREE_PCP, .context = REC_CTX_SOFTIRQ),
				      { .kind = REC_ALLOC, .pfn = 9, .context = REC_CTX_SOFTIRQ } };

	(void)state;
	RUN(steps);
}

/* Isolated pages leave the list while it is prepared; a failed trylock skips a page while it is committed. */
static void pages_of_a_list_may_bypass(void **state)
{
	const struct step isolated[] = { F(1, REC_FREE_LIST), F(2, REC_FREE_BUDDY | REC_FREE_AT_ONE),
					 { .kind = REC_FREE_ONE, .pfn = 2 }, F(3, REC_FREE_LIST), B(1), B(3) };
	const struct step skipped[] = { F(1, REC_FREE_BUDDY | REC_FREE_AT_ONE), F(2, REC_FREE_LIST),
					F(3, REC_FREE_BUDDY | REC_FREE_AT_ONE),
					{ .kind = REC_FREE_ONE, .pfn = 1 }, B(2), { .kind = REC_FREE_ONE, .pfn = 3 } };
	const struct step unseen[] = { F(1, REC_FREE_LIST), F(2, REC_FREE_BUDDY), F(3, REC_FREE_LIST),
				       B(1), B(3) };

	(void)state;
	RUN(isolated);
	RUN(skipped);
	RUN(unseen);
}

/* Tails of alloc_pages_exact: __free_pages_ok announces, and says where on the list it goes. */
static void announced_frees_go_to_the_buddy_list(void **state)
{
	const struct step steps[] = {
		F(7, REC_FREE_PCP),
		{ .kind = REC_FREE_OK, .pfn = 1, .arg = 2 },
		F(1, REC_FREE_BUDDY | REC_FREE_TO_TAIL),
		{ .kind = REC_FREE_OK, .pfn = 2, .order = 1 },
		F(2, REC_FREE_BUDDY, .order = 1),
		F(3, REC_FREE_PCP),
		{ .kind = REC_ALLOC, .pfn = 9 },
	};

	(void)state;
	RUN(steps);
}

/* An announcement is for its own frame and context only. */
static void an_announcement_is_not_taken_by_another_free(void **state)
{
	const struct step steps[] = { { .kind = REC_FREE_OK, .pfn = 1 },
				      F(1, REC_FREE_PCP, .context = REC_CTX_HARDIRQ),
				      { .kind = REC_ALLOC, .pfn = 8, .context = REC_CTX_HARDIRQ },
				      F(1, REC_FREE_BUDDY) };

	(void)state;
	RUN(steps);
}

/* pcp_allowed_order: 0 to 3 and 9; the rest goes through __free_pages_ok with or without a probe on it. */
static void orders_decide_when_nothing_else_does(void **state)
{
	const struct step steps[] = { F(8, REC_FREE_PCP, .order = 3), F(16, REC_FREE_BUDDY, .order = 4),
				      F(512, REC_FREE_PCP, .order = 9), F(1024, REC_FREE_BUDDY, .order = 10),
				      { .kind = REC_ALLOC, .pfn = 9 } };

	(void)state;
	RUN(steps);
}

/* Text without the flags column: an interrupt's allocation must not end a list's prepare run. */
static void without_context_only_frames_are_evidence(void **state)
{
	const struct step steps[] = { F(1, REC_FREE_LIST), F(2, REC_FREE_LIST), { .kind = REC_ALLOC, .pfn = 70 },
				      B(1), F(9, REC_FREE_PCP), B(2) };

	(void)state;
	run(steps, sizeof(steps) / sizeof(steps[0]), true);
	assert_int_equal(accounting.forced_resolutions, 1);
}

static void lost_events_prove_nothing(void **state)
{
	const struct step steps[] = { F(1, REC_FREE_PCP), { .kind = REC_LOST, .arg = 5 }, B(1) };

	(void)state;
	RUN(steps);
	assert_int_equal(accounting.forced_resolutions, 1);
}

/* A task that frees once and sleeps for longer than the window; meanwhile others work. Memory stays the ring. */
static void the_window_forces_and_order_stays(void **state)
{
	struct resolver *resolver;
	struct rec_event *events;
	struct rec_wide *wide;
	struct rec_batch batch;
	const size_t total = 5 * RESOLVER_RING_EVENTS + 77;
	size_t made = 0, seen = 0;

	(void)state;
	memset(&accounting, 0, sizeof(accounting));
	resolver = resolver_create(&accounting);
	assert_non_null(resolver);
	while (seen < total) {
		size_t room = resolver_room(resolver, &events, &wide), some = room < 1000 ? room : 1000;

		if (!resolver_ready(resolver) && made < total) {
			for (size_t i = 0; i < some && made < total; i++, made++) {
				bool sleeper = made % 50000 == 3;

				events[i] = (struct rec_event){
					.kind = sleeper || made % 2 ? REC_FREE : REC_COMPACT_BEGIN,
					.time_ns = made,
					.pfn = made,
					.pid = sleeper ? 1000 + (int32_t)made : 1,
				};
				wide[i].v[0] = made;
				some = made + 1 == total ? i + 1 : some;
			}
			resolver_take(resolver, some);
			if (made == total)
				resolver_finish(resolver);
		}
		while (resolver_emit(resolver, &batch))
			for (size_t i = 0; i < batch.count; i++, seen++) {
				assert_int_equal(batch.events[i].time_ns, seen);
				assert_int_equal(batch.events[i].pad, 0);
				if (batch.events[i].kind == REC_FREE)
					assert_int_equal(batch.events[i].flags, REC_FREE_PCP);
				else
					assert_int_equal(batch.wide[batch.events[i].arg].v[0], seen);
			}
	}
	assert_int_equal(seen, total);
	assert_in_range(accounting.forced_resolutions, 7, 8);
	resolver_destroy(resolver);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_single_free_goes_to_the_per_cpu_list),
		cmocka_unit_test(a_list_is_prepared_then_committed),
		cmocka_unit_test(single_frees_before_a_list_stay_single),
		cmocka_unit_test(late_commits_are_those_of_single_frees),
		cmocka_unit_test(late_direct_frees_are_told_by_their_zone),
		cmocka_unit_test(drains_tell_by_where_they_stand),
		cmocka_unit_test(an_interrupt_is_another_context),
		cmocka_unit_test(irqs_off_is_the_same_context),
		cmocka_unit_test(idle_tasks_are_told_apart_by_cpu),
		cmocka_unit_test(seeing_the_frame_again_settles_it),
		cmocka_unit_test(a_bypass_commits_at_free_one),
		cmocka_unit_test(pages_of_a_list_may_bypass),
		cmocka_unit_test(announced_frees_go_to_the_buddy_list),
		cmocka_unit_test(an_announcement_is_not_taken_by_another_free),
		cmocka_unit_test(orders_decide_when_nothing_else_does),
		cmocka_unit_test(without_context_only_frames_are_evidence),
		cmocka_unit_test(lost_events_prove_nothing),
		cmocka_unit_test(the_window_forces_and_order_stays),
	};

	return cmocka_run_group_tests_name("rec_resolver", tests, NULL, NULL);
}
