// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * buddy_check sees each thing that its list of invariants names (libbuddy/src/check.c). The model's memory is broken by
 * hand, one value at a time, and mended again:
 *
 *      0     8     16          64    68        512     514                1024              2048        3000
 *      | B 3 |     |           | A 2 |         | C 1   | pcp, pcp         | fresh, order 10 |           | the zone ends
 *
 * Source: ours.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "machine.h"

#define ZONE_FRAMES 3000u

static void make(struct machine *m)
{
	struct buddy_zone_config z = { 0, BUDDY_ZONE_NORMAL, "Normal", 0, ZONE_FRAMES };

	machine_make(m, &z, 1, 1);
	assert_int_equal(buddy_add_range(m->b, 1024, 2048), 0);
	assert_int_equal(buddy_load_free(m->b, 8, 3, BUDDY_MOVABLE), 0);
	assert_int_equal(buddy_load_free(m->b, 64, 2, BUDDY_MOVABLE), 0);
	assert_int_equal(buddy_load_free(m->b, 512, 1, BUDDY_UNMOVABLE), 0);
	assert_int_equal(buddy_load_pcp(m->b, 514, 0, 0, BUDDY_UNMOVABLE), 0);
	assert_int_equal(buddy_load_pcp(m->b, 516, 0, 0, BUDDY_UNMOVABLE), 0);
	assert_int_equal(buddy_zone_set_free_pages(m->b, 0, (int64_t)buddy_free_pages_listed(m->b, 0)), 0);
	assert_sound(m);
}

static node_t at(const struct machine *m, uint64_t pfn) { return node_of(&m->b->zones[0], pfn); }

/* Fails unless the check complains of @what, and that alone: the first complaint is the one told. */
static void assert_seen(const struct machine *m, const char *what)
{
	char message[256] = "";

	assert_false(buddy_check(m->b, message, sizeof(message)));
	if (!strstr(message, what))
		fail_msg("expected a complaint of \"%s\", found \"%s\"", what, message);
}

#define BREAK(m, lvalue, value, what)                                  \
	do {                                                           \
		__typeof__(lvalue) before_ = (lvalue);                 \
		(lvalue) = (__typeof__(lvalue))(value);                \
		assert_seen(m, what);                                  \
		(lvalue) = before_;                                    \
		assert_sound(m);                                       \
	} while (0)

/* Invariants 1 and 2: links agree in both directions, and each entry is a block of the zone. */
static void links_and_entries_are_seen(void **state)
{
	struct machine m;
	struct link *l;
	node_t head;

	(void)state;
	make(&m);
	l = m.b->link;
	head = free_head(&m.b->zones[0], BUDDY_MOVABLE, 3);
	BREAK(&m, l[at(&m, 8)].prev, at(&m, 64), "links disagree");
	BREAK(&m, l[head].prev, head, "links disagree");
	/* Frame 10 is no frame where a block of order 3 could begin. */
	l[head].next = l[head].prev = at(&m, 10);
	l[at(&m, 10)] = (struct link){ head, head };
	assert_seen(&m, "no aligned block");
	/* Neither is one beyond the zone's end, */
	l[head].next = l[head].prev = at(&m, 3000);
	l[at(&m, 3000)] = (struct link){ head, head };
	assert_seen(&m, "no aligned block");
	/* nor one that begins inside the zone and ends outside, */
	head = free_head(&m.b->zones[0], BUDDY_MOVABLE, 4);
	l[head].next = l[head].prev = at(&m, 2992);
	l[at(&m, 2992)] = (struct link){ head, head };
	l[free_head(&m.b->zones[0], BUDDY_MOVABLE, 3)] =
		(struct link){ at(&m, 8), at(&m, 8) };
	assert_seen(&m, "no aligned block");
	/* nor a list's head. */
	l[head].next = l[head].prev = 1;
	l[1] = (struct link){ head, head };
	assert_seen(&m, "no aligned block");
	machine_fini(&m);
}

/* Invariants 3 to 5: marks, and buddies that wait for each other. */
static void marks_are_seen(void **state)
{
	struct machine m;
	uint8_t *s;

	(void)state;
	make(&m);
	s = m.b->state;
	BREAK(&m, s[at(&m, 8)], state_free(BUDDY_UNMOVABLE, 3), "its list says");
	BREAK(&m, s[at(&m, 8)], state_free(BUDDY_MOVABLE, 2), "its list says");
	BREAK(&m, s[at(&m, 15)], STATE_USED, "marks inside");
	BREAK(&m, s[at(&m, 9)], STATE_USED, "marks inside");
	BREAK(&m, s[at(&m, 68)], state_free(BUDDY_MOVABLE, 2), "not merged");
	BREAK(&m, s[at(&m, 100)], state_free(BUDDY_MOVABLE, 0), "are marked free");
	BREAK(&m, s[at(&m, 100)], state_pcp(0, BUDDY_MOVABLE), "are marked as on a per-CPU list");
	machine_fini(&m);
}

/*
 * From the pageblock order on buddies may be apart, whatever their pageblocks' types are now
 * (test_lists.c:buddies_stay_apart_when_their_pageblock_turns_mergeable).
 */
static void buddies_are_merged_below_the_pageblock_order(void **state)
{
	(void)state;
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		struct machine m;
		char what[64];

		machine_plain(&m, 4096, 0, 1);
		machine_free(&m, 0, order, BUDDY_MOVABLE);
		machine_free(&m, 1u << order, order, BUDDY_MOVABLE);
		snprintf(what, sizeof(what), "are free buddies of order %u, not merged", order);
		if (order < 9)
			assert_seen(&m, what);
		else
			assert_sound(&m);
		machine_fini(&m);
	}
}

/* The run of untouched blocks is one entry of the list of movable blocks of the highest order, and not empty. */
static void misplaced_fresh_run_is_seen(void **state)
{
	struct machine m;
	struct zone *z;
	node_t head;

	(void)state;
	make(&m);
	z = &m.b->zones[0];
	BREAK(&m, z->fresh, z->fresh_end, "fresh run");
	unlink_node(m.b->link, z->fresh_node);
	head = free_head(z, BUDDY_MOVABLE, 9);
	link_tail(m.b->link, z->fresh_node, head);
	z->filled[BUDDY_MOVABLE] |= 1u << 9;
	z->filled[BUDDY_MOVABLE] &= ~(1u << 10);
	assert_seen(&m, "fresh run");
	unlink_node(m.b->link, z->fresh_node);
	link_tail(m.b->link, z->fresh_node, free_head(z, BUDDY_RECLAIMABLE, 10));
	z->filled[BUDDY_MOVABLE] &= ~(1u << 9);
	z->filled[BUDDY_RECLAIMABLE] |= 1u << 10;
	assert_seen(&m, "fresh run");
	machine_fini(&m);
}

/* Invariant 6. */
static void per_cpu_lists_are_seen(void **state)
{
	struct machine m;
	struct link *l;
	uint8_t *s;
	node_t head;

	(void)state;
	make(&m);
	l = m.b->link;
	s = m.b->state;
	head = m.b->zones[0].pcp[0].heads;
	BREAK(&m, m.b->zones[0].pcp[0].count, 3, "the lists hold 2 frames");
	BREAK(&m, s[at(&m, 514)], state_pcp(1, BUDDY_UNMOVABLE), "is not a block of order 0");
	BREAK(&m, s[at(&m, 514)], STATE_USED, "is not a block of order 0");
	BREAK(&m, l[at(&m, 516)].prev, at(&m, 8), "is not a block of order 0");
	/* A pair whose second frame has a mark of its own. */
	assert_int_equal(buddy_load_pcp(m.b, 600, 0, 3, BUDDY_UNMOVABLE), 0);
	assert_sound(&m);
	BREAK(&m, s[at(&m, 601)], STATE_USED, "is not a block of order 1");
	l[head].next = at(&m, 3000);
	l[at(&m, 3000)] = (struct link){ at(&m, 516), head };
	l[at(&m, 516)].prev = at(&m, 3000);
	assert_seen(&m, "is not a block of order 0");
	machine_fini(&m);
}

/* Invariants 7 and 8, and the bits and counts of the lists. */
static void counters_are_seen(void **state)
{
	struct machine m;
	struct zone *z;

	(void)state;
	make(&m);
	z = &m.b->zones[0];
	BREAK(&m, z->filled[BUDDY_MOVABLE], z->filled[BUDDY_MOVABLE] & ~8u, "its bit says otherwise");
	BREAK(&m, z->filled[BUDDY_RECLAIMABLE], 1u << 5, "its bit says otherwise");
	BREAK(&m, z->nr_free[2], 2, "nr_free is 2, the lists have 1");
	BREAK(&m, z->free_pages, z->free_pages - 1, "free counter");
	BREAK(&m, z->pcp[0].stat_diff, 1, "free counter");
	BREAK(&m, z->pageblocks[2], BUDDY_TYPE_COUNT, "pageblock 2 has type 6");
	BREAK(&m, z->pageblocks[2], BUDDY_ISOLATE, "1 pageblocks are isolated, counted 0");
	BREAK(&m, z->isolated_pageblocks, 1, "0 pageblocks are isolated, counted 1");
	machine_fini(&m);
}

/* Frames on the list of isolated ones are not free to the counter: 8 of 8 frames listed, counter 0. */
static void isolated_frames_do_not_count(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 0, 1);
	assert_int_equal(buddy_set_pageblock_type(m.b, 512, BUDDY_ISOLATE), 0);
	assert_int_equal(buddy_load_free(m.b, 520, 3, BUDDY_ISOLATE), 0);
	assert_sound(&m);
	assert_int_equal(buddy_set_pageblock_type(m.b, 512, BUDDY_MOVABLE), 0);
	assert_sound(&m);
	machine_fini(&m);
}

/* Without room for a message, and with too little, the answer is the same. */
static void room_for_the_message_is_kept_to(void **state)
{
	struct machine m;
	char message[8] = "....###";

	(void)state;
	make(&m);
	m.b->zones[0].free_pages++;
	assert_false(buddy_check(m.b, NULL, 99));
	assert_false(buddy_check(m.b, message, 0));
	assert_string_equal(message, "....###");
	assert_false(buddy_check(m.b, message, 5));
	assert_string_equal(message, "zone");
	assert_int_equal(message[5], '#');
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_and_entries_are_seen),
		cmocka_unit_test(marks_are_seen),
		cmocka_unit_test(buddies_are_merged_below_the_pageblock_order),
		cmocka_unit_test(misplaced_fresh_run_is_seen),
		cmocka_unit_test(per_cpu_lists_are_seen),
		cmocka_unit_test(counters_are_seen),
		cmocka_unit_test(isolated_frames_do_not_count),
		cmocka_unit_test(room_for_the_message_is_kept_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
