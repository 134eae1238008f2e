// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order of the locks under full preemption: where the events of a task that is scheduled away are put, and what is
 * told of its attempts.
 *
 * Each test draws a stream, one event a column, tasks A and B, and an interrupt on top of A. "z" is the end of the zone
 * lock's section, "l" that of the per-CPU list's. Source: get_page_from_freelist(), rmqueue_pcplist(), rmqueue_bulk().
 */
#include <stdbool.h>

#include <buddy/buddy.h>

#include "test.h"
#include "verify_order.h"

#define A 100
#define B 200
#define EVENTS_MAX 64

struct stream {
	struct verify_order *order;
	struct rec_event handed[EVENTS_MAX];
	unsigned count;
};

static int take(void *context, const struct rec_event *e, const struct rec_wide *wide, uint64_t index)
{
	struct stream *s = context;

	(void)wide;
	(void)index;
	assert_true(s->count < EVENTS_MAX);
	s->handed[s->count++] = *e;
	return 1;
}

static void start(struct stream *s)
{
	*s = (struct stream){ 0 };
	s->order = verify_order_create(take, s, 0);
	assert_non_null(s->order);
}

static void push(struct stream *s, const struct rec_event *e)
{
	assert_int_equal(verify_order_push(s->order, e, NULL), 1);
}

static void tell(struct stream *s, int32_t pid, unsigned kind)
{
	push(s, &(struct rec_event){ .pid = pid, .kind = (uint8_t)kind });
}

static void tell_frame(struct stream *s, int32_t pid, unsigned kind, uint64_t pfn)
{
	push(s, &(struct rec_event){ .pid = pid, .kind = (uint8_t)kind, .pfn = pfn,
				     .flags = kind == REC_FREE ? REC_FREE_PCP : 0 });
}

static void unlock_list(struct stream *s, int32_t pid, unsigned zone)
{
	push(s, &(struct rec_event){ .pid = pid, .kind = REC_UNLOCK, .flags = 1, .arg = zone });
}

static void unlock_zone(struct stream *s, int32_t pid, unsigned zone)
{
	push(s, &(struct rec_event){ .pid = pid, .kind = REC_UNLOCK, .arg = zone });
}

static void stop(struct stream *s)
{
	assert_int_equal(verify_order_flush(s->order), 1);
	verify_order_destroy(s->order);
}

static unsigned place_of(const struct stream *s, int32_t pid, unsigned kind)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->handed[i].pid == pid && s->handed[i].kind == kind)
			return i;
	fail_msg("kind %u of task %d was not handed on", kind, pid);
	return 0;
}

static const struct rec_event *handed(const struct stream *s, int32_t pid, unsigned kind)
{
	return &s->handed[place_of(s, pid, kind)];
}

/*
 *     A   entry                       l alloc
 *     B         entry l alloc
 *
 * A looked at the watermarks before B took its frame, and takes its own after.
 */
static void attempt_stays_where_it_looks(void **state)
{
	struct stream s;

	(void)state;
	start(&s);
	tell(&s, A, REC_ENTRY);
	tell(&s, B, REC_ENTRY);
	unlock_list(&s, B, 1);
	tell_frame(&s, B, REC_ALLOC, 20);
	unlock_list(&s, A, 1);
	tell_frame(&s, A, REC_ALLOC, 10);
	stop(&s);
	assert_int_equal(place_of(&s, A, REC_ENTRY), 0);
	assert_true(place_of(&s, B, REC_ALLOC) < place_of(&s, A, REC_ALLOC));
	assert_true(place_of(&s, A, REC_ALLOC) < place_of(&s, A, REC_UNLOCK));
	assert_int_equal(handed(&s, A, REC_ALLOC)->pad, VERIFY_ORDER_ZONES_TOLD | 1u << 1);
}

/*
 *     A   entry l(2) z(2)   attempt l(1) alloc
 *
 * Zone 2 had nothing; the slow attempt that follows tells so, and then of its own.
 */
static void failed_attempt_is_told_on_the_next(void **state)
{
	struct stream s;

	(void)state;
	start(&s);
	tell(&s, A, REC_ENTRY);
	unlock_list(&s, A, 2);
	unlock_zone(&s, A, 2);
	tell(&s, A, REC_ATTEMPT);
	unlock_list(&s, A, 1);
	tell_frame(&s, A, REC_ALLOC, 10);
	stop(&s);
	assert_int_equal(handed(&s, A, REC_ENTRY)->pad, 0);
	assert_int_equal(handed(&s, A, REC_ATTEMPT)->pad, VERIFY_ORDER_ZONES_TOLD | 1u << 2);
	assert_int_equal(handed(&s, A, REC_ALLOC)->pad, VERIFY_ORDER_ZONES_TOLD | 1u << 1);
}

/*
 *     A   entry                entry(again)  l alloc
 *     B         entry l alloc
 *
 * It is still the first attempt: nothing failed.
 */
static void attempt_told_again_is_the_same(void **state)
{
	struct stream s;

	(void)state;
	start(&s);
	tell(&s, A, REC_ENTRY);
	tell(&s, B, REC_ENTRY);
	unlock_list(&s, B, 1);
	tell_frame(&s, B, REC_ALLOC, 20);
	push(&s, &(struct rec_event){ .pid = A, .kind = REC_ENTRY, .flags = REC_TOLD_AGAIN });
	unlock_list(&s, A, 1);
	tell_frame(&s, A, REC_ALLOC, 10);
	stop(&s);
	for (unsigned i = 0; i < s.count; i++)
		if (s.handed[i].kind == REC_ENTRY)
			assert_int_equal(s.handed[i].pad, 0);
	assert_int_equal(handed(&s, A, REC_ALLOC)->pad, VERIFY_ORDER_ZONES_TOLD | 1u << 1);
}

/*
 *     A   entry  free commit l(1)   l(2) alloc
 *
 * Scheduled in again, A first frees the stack of a task that died (finish_task_switch), then goes on with its attempt.
 */
static void stack_freed_inside_an_attempt_is_none_of_it(void **state)
{
	struct stream s;

	(void)state;
	start(&s);
	tell(&s, A, REC_ENTRY);
	tell_frame(&s, A, REC_FREE, 30);
	tell_frame(&s, A, REC_COMMIT, 30);
	unlock_list(&s, A, 1);
	unlock_list(&s, A, 2);
	tell_frame(&s, A, REC_ALLOC, 10);
	stop(&s);
	assert_int_equal(handed(&s, A, REC_ALLOC)->pad, VERIFY_ORDER_ZONES_TOLD | 1u << 2);
	assert_true(place_of(&s, A, REC_FREE_BATCHED) < place_of(&s, A, REC_ALLOC));
}

/*
 *     A   entry refill move_block extfrag taken z(1)  l(1) alloc
 *
 * A pageblock claimed under the zone's lock does not end the attempt.
 */
static void claim_belongs_to_the_attempt(void **state)
{
	struct stream s;

	(void)state;
	start(&s);
	tell(&s, A, REC_ENTRY);
	tell(&s, A, REC_REFILL);
	tell(&s, A, REC_MOVE_BLOCK);
	tell(&s, A, REC_EXTFRAG);
	tell(&s, A, REC_ZONE_LOCKED);
	unlock_zone(&s, A, 1);
	unlock_list(&s, A, 1);
	tell_frame(&s, A, REC_ALLOC, 10);
	stop(&s);
	assert_int_equal(handed(&s, A, REC_ALLOC)->pad, VERIFY_ORDER_ZONES_TOLD | 1u << 1);
	assert_false(handed(&s, A, REC_ALLOC)->flags & VERIFY_ORDER_PAST_LIST);
	assert_true(place_of(&s, A, REC_ALLOC) < place_of(&s, A, REC_UNLOCK));
}

/* A's refill is over, the section of its list is not: an interrupt says that A's frame is gone. */
static void interrupt_refilled(struct stream *s, bool locked)
{
	start(s);
	tell(s, A, REC_ENTRY);
	if (locked)
		tell(s, A, REC_LIST_LOCKED);
	else
		tell(s, A, REC_REFILL);
	tell(s, A, REC_ZONE_LOCKED);
	unlock_zone(s, A, 1);
	push(s, &(struct rec_event){ .pid = A, .kind = REC_POP, .context = REC_CTX_SOFTIRQ, .pfn = A });
	push(s, &(struct rec_event){ .pid = A, .kind = REC_FREE, .context = REC_CTX_SOFTIRQ, .pfn = 40, .order = 4,
				     .flags = REC_FREE_BUDDY });
	push(s, &(struct rec_event){ .pid = A, .kind = REC_UNLOCK, .context = REC_CTX_SOFTIRQ, .arg = 1 });
	if (!locked)
		unlock_list(s, A, 1);
	tell_frame(s, A, REC_ALLOC, 10);
	stop(s);
}

/*
 *     A     entry refill taken z(1)                l(1) alloc
 *     irq                            pop free z(1)
 *
 * Whether A went past its list is known at l(1): it did not.
 */
static void interrupt_inside_a_refilled_list_tells_no_bypass(void **state)
{
	const struct rec_event *pop;
	struct stream s;

	(void)state;
	interrupt_refilled(&s, false);
	pop = handed(&s, A, REC_POP);
	assert_true(pop->flags & VERIFY_ORDER_PLACED);
	assert_false(pop->flags & VERIFY_ORDER_PAST_LIST);
	assert_true(place_of(&s, A, REC_POP) < place_of(&s, A, REC_FREE));
	interrupt_refilled(&s, true);
	assert_true(handed(&s, A, REC_POP)->flags & VERIFY_ORDER_PAST_LIST);
}

/*
 *     A   entry refill z(2) l(2)             z(2)  l(1) alloc
 *     B                          entry l alloc
 *
 * Zone 2 has no block to give without mixing types. That is told where its list's section was: what comes between may
 * bring it blocks, and A does not see them.
 */
static void empty_list_is_told_in_its_section(void **state)
{
	const struct rec_event *unlock;
	struct stream s;

	(void)state;
	start(&s);
	tell(&s, A, REC_ENTRY);
	tell(&s, A, REC_REFILL);
	unlock_zone(&s, A, 2);
	unlock_list(&s, A, 2);
	tell(&s, B, REC_ENTRY);
	unlock_list(&s, B, 2);
	tell_frame(&s, B, REC_ALLOC, 20);
	unlock_zone(&s, A, 2);
	unlock_list(&s, A, 1);
	tell_frame(&s, A, REC_ALLOC, 10);
	stop(&s);
	unlock = &s.handed[place_of(&s, B, REC_ENTRY) - 1];
	assert_int_equal(unlock->kind, REC_UNLOCK);
	assert_int_equal(unlock->pid, A);
	assert_true(unlock->flags & VERIFY_ORDER_NOTHING);
	assert_false(handed(&s, B, REC_UNLOCK)->flags & VERIFY_ORDER_NOTHING);
	assert_false(s.handed[s.count - 1].flags & VERIFY_ORDER_NOTHING);
	assert_int_equal(handed(&s, A, REC_ALLOC)->pad, VERIFY_ORDER_ZONES_TOLD | 1u << 2 | 1u << 1);
}

/*
 *     A   entry l(2) z(2) alloc      with __GFP_HIGH, order 1
 *
 * The frame came from the list; the second lock reserved its pageblock. Source: reserve_highatomic_pageblock().
 */
static void reserve_behind_a_frame_is_no_other_try(void **state)
{
	struct stream s;

	(void)state;
	start(&s);
	push(&s, &(struct rec_event){ .pid = A, .kind = REC_ENTRY, .order = 1, .arg = BUDDY_ALLOC_HIGHATOMIC });
	unlock_list(&s, A, 2);
	unlock_zone(&s, A, 2);
	tell_frame(&s, A, REC_ALLOC, 10);
	stop(&s);
	assert_false(handed(&s, A, REC_UNLOCK)->flags & VERIFY_ORDER_NOTHING);
	assert_false(handed(&s, A, REC_ALLOC)->flags & VERIFY_ORDER_UNDER_WAY);
}

/*
 *     A   decay                decay(again)
 *     B         entry l alloc
 *
 * A folded its counters, was scheduled away, and looks at its list only where it tells that again.
 */
static void decay_is_done_where_it_is_told_last(void **state)
{
	struct stream s;

	(void)state;
	start(&s);
	tell(&s, A, REC_DECAY);
	tell(&s, B, REC_ENTRY);
	unlock_list(&s, B, 1);
	tell_frame(&s, B, REC_ALLOC, 20);
	push(&s, &(struct rec_event){ .pid = A, .kind = REC_DECAY, .flags = REC_TOLD_AGAIN });
	tell(&s, A, REC_STAT_FOLD);
	tell(&s, A, REC_DECAY);
	stop(&s);
	assert_true(s.handed[0].kind == REC_DECAY && (s.handed[0].flags & VERIFY_ORDER_NOTHING));
	assert_int_equal(s.count, 7);
	assert_true(s.handed[4].kind == REC_DECAY && !(s.handed[4].flags & VERIFY_ORDER_NOTHING));
	assert_true(s.handed[6].kind == REC_DECAY && !(s.handed[6].flags & VERIFY_ORDER_NOTHING));
}

/*
 *     A   compact_alloc  z               z isolate z
 *     B                     free z(B)
 *
 * The search found nothing in its first list; the block that it isolated was there under the second lock.
 */
static void search_is_put_where_it_isolates(void **state)
{
	struct stream s;

	(void)state;
	start(&s);
	tell(&s, A, REC_COMPACT_ALLOC);
	unlock_zone(&s, A, 1);
	push(&s, &(struct rec_event){ .pid = B, .kind = REC_FREE, .pfn = 64, .order = 4, .flags = REC_FREE_BUDDY });
	unlock_zone(&s, B, 1);
	tell_frame(&s, A, REC_ISOLATE, 64);
	unlock_zone(&s, A, 1);
	stop(&s);
	assert_true(place_of(&s, B, REC_FREE) < place_of(&s, A, REC_COMPACT_ALLOC));
	assert_int_equal(place_of(&s, A, REC_COMPACT_ALLOC) + 1, place_of(&s, A, REC_ISOLATE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attempt_stays_where_it_looks),
		cmocka_unit_test(failed_attempt_is_told_on_the_next),
		cmocka_unit_test(attempt_told_again_is_the_same),
		cmocka_unit_test(stack_freed_inside_an_attempt_is_none_of_it),
		cmocka_unit_test(claim_belongs_to_the_attempt),
		cmocka_unit_test(interrupt_inside_a_refilled_list_tells_no_bypass),
		cmocka_unit_test(search_is_put_where_it_isolates),
		cmocka_unit_test(decay_is_done_where_it_is_told_last),
		cmocka_unit_test(empty_list_is_told_in_its_section),
		cmocka_unit_test(reserve_behind_a_frame_is_no_other_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
