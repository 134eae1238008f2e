/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stashes: held tails, lending, giving back. A stand-in allocator fails the test when a frame comes back twice.
 */
#include "frames.h"

#define BASE_PFN UINT64_C(4096)
#define HOLDINGS 6

static struct pageman_stash stash;
static struct frames frames;

static void begin(uint32_t pages)
{
	pageman_stash_init(&stash);
	frames_reset(&frames, BASE_PFN, pages);
}

static void hold(struct pageman_holding *h, uint64_t start_pfn, unsigned order, uint64_t pages)
{
	assert_int_equal(pageman_holding_init(h, start_pfn, order, pages), 0);
	pageman_stash_hold(&stash, h);
	assert_true(pageman_stash_check(&stash));
}

static void lend(struct pageman_holding *h, unsigned order, uint64_t pages, uint64_t expected_pfn)
{
	assert_int_equal(pageman_stash_lend(&stash, h, order, pages), 0);
	assert_true(h->record.start_pfn == expected_pfn);
	assert_true(pageman_stash_check(&stash));
}

static void release(struct pageman_holding *h)
{
	assert_int_equal(pageman_stash_release(&stash, h, &frames_ops, &frames, PAGEMAN_BY_BLOCK), 0);
	assert_int_equal(pageman_record_owned_pages(&h->record), 0);
	assert_true(pageman_stash_check(&stash));
}

static void assert_empty(void)
{
	assert_true(pageman_stash_check(&stash));
	assert_true(stash.held_pages == 0 && stash.holding_count == 0);
}

/*  |== 5 ==|--- held: 11 ---|   nobody needed the tail: one call */
static void a_block_that_was_not_cut_returns_whole(void **state)
{
	(void)state;
	for (unsigned order = 0; order <= PAGEMAN_ORDER_MAX; order++) {
		for (uint64_t pages = 1; pages <= UINT64_C(1) << order; pages++) {
			struct pageman_holding h;

			begin(UINT32_C(1) << order);
			hold(&h, BASE_PFN, order, pages);
			assert_true(stash.held_pages == (UINT64_C(1) << order) - pages);
			release(&h);
			assert_int_equal(frames.call_count, 1);
			assert_int_equal(frames.calls[0].order, order);
			frames_assert_back(&frames, BASE_PFN, BASE_PFN + (UINT64_C(1) << order), true);
			assert_empty();
		}
	}
}

/*
 *   4096      4101    4104        4112
 *     |== 5 ===|. 3 .|## 8 lent ##|
 */
static void the_largest_block_of_a_tail_is_lent_first_and_comes_back(void **state)
{
	struct pageman_holding lender, a, b, c;

	(void)state;
	begin(16);
	hold(&lender, BASE_PFN, 4, 5);
	lend(&a, 3, 7, BASE_PFN + 8);
	assert_true(stash.held_pages == 3 + 1);
	lend(&b, 0, 1, BASE_PFN + 15); /* from the smaller tail */
	lend(&c, 1, 2, BASE_PFN + 6);
	assert_int_equal(pageman_stash_lend(&stash, &c, 1, 2), PAGEMAN_ENOENT);
	assert_true(stash.held_pages == 1);
	release(&c); /* joins the lender */
	release(&b); /* joins a */
	release(&a);
	assert_int_equal(frames.call_count, 0);
	assert_true(stash.held_pages == 11);
	release(&lender);
	assert_int_equal(frames.call_count, 1);
	assert_empty();
}

static void a_lender_that_is_released_first_leaves_its_borrowers(void **state)
{
	struct pageman_holding lender, borrower;

	(void)state;
	begin(16);
	hold(&lender, BASE_PFN, 4, 5);
	lend(&borrower, 2, 3, BASE_PFN + 12);
	release(&lender);
	assert_null(borrower.lender);
	frames_assert_back(&frames, BASE_PFN, BASE_PFN + 12, true);
	frames_assert_back(&frames, BASE_PFN + 12, BASE_PFN + 16, false);
	assert_true(stash.held_pages == 1);
	release(&borrower);
	frames_assert_back(&frames, BASE_PFN, BASE_PFN + 16, true);
	assert_empty();
}

/* A borrower that is not the last one lent cannot join: it is given back, and its place stays lent. */
static void a_block_in_the_middle_is_given_back(void **state)
{
	struct pageman_holding lender, first, second;

	(void)state;
	begin(16);
	hold(&lender, BASE_PFN, 4, 1);
	lend(&first, 2, 4, BASE_PFN + 12);
	lend(&second, 2, 4, BASE_PFN + 8);
	release(&first);
	assert_int_equal(frames.call_count, 1);
	frames_assert_back(&frames, BASE_PFN + 12, BASE_PFN + 16, true);
	release(&second); /* next to what is held: joins */
	assert_int_equal(frames.call_count, 1);
	release(&lender);
	frames_assert_back(&frames, BASE_PFN, BASE_PFN + 16, true);
	assert_empty();
}

static void the_smallest_tail_that_suffices_is_lent(void **state)
{
	struct pageman_holding large, small, borrower;

	(void)state;
	begin(64);
	hold(&large, BASE_PFN, 5, 9);
	hold(&small, BASE_PFN + 32, 3, 4);
	lend(&borrower, 2, 4, BASE_PFN + 36);
	assert_ptr_equal(borrower.lender, &small);
}

static void reclaim_gives_the_largest_first_and_no_more_than_asked(void **state)
{
	struct pageman_holding h[3];
	uint64_t given = 7;

	(void)state;
	begin(64);
	hold(&h[0], BASE_PFN, 3, 7);       /* tail of 1 */
	hold(&h[1], BASE_PFN + 32, 5, 16); /* tail of 16 */
	hold(&h[2], BASE_PFN + 8, 3, 4);   /* tail of 4 */
	assert_int_equal(pageman_stash_reclaim(&stash, &frames_ops, &frames, PAGEMAN_BY_BLOCK, 0, &given), 0);
	assert_true(given == 0 && stash.held_pages == 21);
	assert_int_equal(pageman_stash_reclaim(&stash, &frames_ops, &frames, PAGEMAN_BY_BLOCK, 1, &given), 0);
	assert_true(given == 16 && stash.held_pages == 5);
	assert_int_equal(frames.calls[0].order, 4);
	assert_int_equal(pageman_stash_reclaim(&stash, &frames_ops, &frames, PAGEMAN_BY_BLOCK, UINT64_MAX, &given), 0);
	assert_true(given == 5);
	assert_int_equal(frames.calls[1].order, 2);
	assert_int_equal(frames.calls[2].order, 0);
	assert_empty();
	for (unsigned i = 0; i < 3; i++)
		release(&h[i]);
	frames_assert_back(&frames, BASE_PFN, BASE_PFN + 16, true);
	frames_assert_back(&frames, BASE_PFN + 32, BASE_PFN + 64, true);
}

/* Half of the largest block is the largest tail that there is. */
static void reclaim_finds_the_largest_tail(void **state)
{
	const uint64_t half = UINT64_C(1) << (PAGEMAN_ORDER_MAX - 1);
	struct pageman_holding h;
	uint64_t given = 0;

	(void)state;
	begin(UINT32_C(1) << PAGEMAN_ORDER_MAX);
	hold(&h, BASE_PFN, PAGEMAN_ORDER_MAX, half);
	assert_int_equal(pageman_stash_reclaim(&stash, &frames_ops, &frames, PAGEMAN_BY_BLOCK, 1, &given), 0);
	assert_true(given == half);
	assert_int_equal(frames.calls[0].order, PAGEMAN_ORDER_MAX - 1);
	assert_empty();
	release(&h);
	frames_assert_back(&frames, BASE_PFN, BASE_PFN + 2 * half, true);
}

static void settle_gives_the_tail_back_and_cuts_all_ties(void **state)
{
	struct pageman_holding lender, middle, inner;

	(void)state;
	begin(16);
	hold(&lender, BASE_PFN, 4, 3);
	lend(&middle, 3, 3, BASE_PFN + 8);
	lend(&inner, 1, 2, BASE_PFN + 14);
	assert_int_equal(pageman_stash_settle(&stash, &middle, &frames_ops, &frames, PAGEMAN_BY_BLOCK), 0);
	assert_true(pageman_stash_check(&stash));
	frames_assert_back(&frames, BASE_PFN + 11, BASE_PFN + 14, true);
	assert_true(middle.lender == NULL && middle.borrowers == NULL && inner.lender == NULL);
	assert_true(pageman_record_owned_pages(&middle.record) == 3); /* for someone else to free */
	assert_true(stash.held_pages == 5);
	release(&inner);
	release(&lender);
	frames_assert_back(&frames, BASE_PFN + 8, BASE_PFN + 11, false);
	frames_assert_back(&frames, BASE_PFN, BASE_PFN + 8, true);
	assert_empty();
}

static void odd_arguments_change_nothing(void **state)
{
	const enum pageman_grain no_grain = (enum pageman_grain)2;
	struct pageman_holding h, other;
	uint64_t given = 7;

	(void)state;
	begin(16);
	assert_int_equal(pageman_holding_init(&h, BASE_PFN + 1, 4, 5), PAGEMAN_EINVAL);
	assert_int_equal(pageman_holding_init(&h, BASE_PFN, 4, 17), PAGEMAN_EINVAL);
	assert_int_equal(pageman_stash_lend(&stash, &other, 0, 1), PAGEMAN_ENOENT);
	hold(&h, BASE_PFN, 4, 5);
	assert_int_equal(pageman_stash_lend(&stash, &other, PAGEMAN_ORDER_MAX + 1, 1), PAGEMAN_EINVAL);
	assert_int_equal(pageman_stash_lend(&stash, &other, 2, 0), PAGEMAN_EINVAL);
	assert_int_equal(pageman_stash_lend(&stash, &other, 2, 5), PAGEMAN_EINVAL);
	assert_int_equal(pageman_stash_lend(&stash, &other, 4, 9), PAGEMAN_ENOENT);
	assert_int_equal(pageman_stash_release(&stash, &h, &frames_ops, &frames, no_grain), PAGEMAN_EINVAL);
	assert_int_equal(pageman_stash_reclaim(&stash, &frames_ops, &frames, no_grain, 5, &given), PAGEMAN_EINVAL);
	assert_true(given == 0 && frames.call_count == 0 && stash.held_pages == 11 && stash.holding_count == 1);
	assert_int_equal(pageman_stash_settle(&stash, &h, &frames_ops, &frames, no_grain), PAGEMAN_EINVAL);
	assert_true(pageman_stash_check(&stash));
	assert_true(frames.call_count == 0 && stash.held_pages == 11 && stash.holding_count == 1);
	release(&h);
	assert_empty();
}

static void check_finds_every_corruption(void **state)
{
	struct pageman_holding a, b, borrower;

	(void)state;
#define CORRUPT(place, value)                                                                                          \
	do {                                                                                                           \
		begin(64);                                                                                             \
		hold(&a, BASE_PFN, 4, 5);                                                                              \
		hold(&b, BASE_PFN + 16, 4, 6);                                                                         \
		lend(&borrower, 2, 4, BASE_PFN + 28);                                                                  \
		place = value;                                                                                         \
		assert_false(pageman_stash_check(&stash));                                                             \
	} while (0)
	CORRUPT(stash.held_pages, stash.held_pages + 1);
	CORRUPT(stash.holding_count, 1);
	CORRUPT(stash.holding_count, 3);
	CORRUPT(stash.lists[3], &b);
	CORRUPT(stash.lists[0], &a);
	CORRUPT(a.record.pending_pages, 0);
	CORRUPT(a.record.pending_pages, 3);
	CORRUPT(a.order, 2);
	CORRUPT(a.older, &a); /* a list that bites its tail */
	CORRUPT(a.newer, &b);
	CORRUPT(borrower.lender, &a);
	CORRUPT(b.record.lent_pages, 0);
	CORRUPT(borrower.record.order, 3); /* more than was lent */
	CORRUPT(borrower.record.start_pfn, BASE_PFN + 16);
#undef CORRUPT
}

/* --- Every sequence ------------------------------------------------------------------------------------------- */

/*
 * All sequences of deeds up to a depth, on two blocks of one order, depth first. Holdings refer to each other, so a
 * world is made anew from its deeds instead of copied.
 */
#define DEPTH_MAX 6
enum deed { LEND_0, LEND_1, LEND_2, RELEASE_FIRST, RELEASE_LAST, RECLAIM_SOME, RECLAIM_ALL, SETTLE, DEED_COUNT };

struct world {
	struct pageman_holding holdings[HOLDINGS];
	bool alive[HOLDINGS];
	bool settled[HOLDINGS];
	uint64_t refusals;
};

/* A call that the allocator refuses is tried again at once: nothing may be lost or come back twice. */
#define RETRIED(call)                                                                                                  \
	do {                                                                                                           \
		int error_ = (call);                                                                                   \
                                                                                                                       \
		if (error_ == 0)                                                                                       \
			break;                                                                                         \
		assert_int_equal(error_, FRAMES_ERROR);                                                                \
		assert_true(pageman_stash_check(&stash));                                                              \
		w->refusals++;                                                                                         \
		frames.refuse_from = FRAMES_NEVER;                                                                     \
	} while (1)

static void end_holding(struct world *w, unsigned i)
{
	struct pageman_holding *h = &w->holdings[i];

	RETRIED(pageman_stash_release(&stash, h, &frames_ops, &frames, PAGEMAN_BY_BLOCK));
	assert_int_equal(pageman_record_owned_pages(&h->record), 0);
	w->alive[i] = false;
}

static void reclaim(struct world *w, uint64_t pages)
{
	uint64_t before = stash.held_pages, given, all = 0;
	int error;

	do {
		error = pageman_stash_reclaim(&stash, &frames_ops, &frames, PAGEMAN_BY_BLOCK, pages - all, &given);
		all += given;
		assert_true(pageman_stash_check(&stash));
		assert_true(stash.held_pages + all == before);
		if (error != 0) {
			w->refusals++;
			frames.refuse_from = FRAMES_NEVER;
		}
	} while (error != 0 && all < pages);
	assert_true(all >= pages || stash.held_pages == 0);
}

/* Return: false when the deed is not possible now. */
static bool do_deed(struct world *w, enum deed deed)
{
	int first = -1, last = -1, room = -1;
	uint64_t wanted;

	for (int i = 0; i < HOLDINGS; i++) {
		if (!w->alive[i])
			room = room < 0 ? i : room;
		else
			first = first < 0 ? i : first, last = i;
	}
	switch (deed) {
	case LEND_0:
	case LEND_1:
	case LEND_2:
		wanted = ((uint64_t)1 << deed) - (deed == LEND_2);
		if (room < 0 || pageman_stash_lend(&stash, &w->holdings[room], deed, wanted))
			return false;
		w->alive[room] = true;
		w->settled[room] = false;
		return true;
	case RELEASE_FIRST:
	case RELEASE_LAST:
		if (first < 0)
			return false;
		end_holding(w, (unsigned)(deed == RELEASE_FIRST ? first : last));
		return true;
	case RECLAIM_SOME:
	case RECLAIM_ALL:
		if (stash.held_pages == 0)
			return false;
		reclaim(w, deed == RECLAIM_SOME ? 1 : 1000);
		return true;
	default:
		if (first < 0 || w->settled[first])
			return false;
		RETRIED(pageman_stash_settle(&stash, &w->holdings[first], &frames_ops, &frames, PAGEMAN_BY_BLOCK));
		w->settled[first] = true;
		return true;
	}
}

/* Frames that the allocations and what is held make up, and those that came back, are both blocks. */
static void assert_nothing_lost(const struct world *w, unsigned order)
{
	uint64_t owned = 0, back = 0;

	for (unsigned i = 0; i < HOLDINGS; i++)
		owned += w->alive[i] ? pageman_record_owned_pages(&w->holdings[i].record) : 0;
	for (uint32_t i = 0; i < frames.pages; i++)
		back += frames.back[i];
	assert_true(owned + back == UINT64_C(2) << order);
	assert_true(pageman_stash_check(&stash));
}

/* Does the deeds in a fresh world, refusing the call number @refuse. Return: false when one was not possible. */
static bool replay(unsigned order, uint64_t pages, const enum deed *deeds, unsigned count, uint32_t refuse,
		   uint32_t *calls_out)
{
	struct world world = {0}, *w = &world;

	begin(UINT32_C(2) << order);
	frames.refuse_from = refuse;
	for (unsigned i = 0; i < 2; i++) {
		hold(&w->holdings[i], BASE_PFN + ((uint64_t)i << order), order, i == 0 ? pages : (pages + 1) / 2);
		w->alive[i] = true;
	}
	for (unsigned i = 0; i < count; i++) {
		/* A refusal may leave a tail in other pieces, so that a later deed has nothing to do. */
		if (!do_deed(w, deeds[i]) && refuse == FRAMES_NEVER)
			return false;
		assert_nothing_lost(w, order);
	}
	for (unsigned i = HOLDINGS; i-- > 0;)
		if (w->alive[i])
			end_holding(w, i);
	assert_nothing_lost(w, order);
	frames_assert_back(&frames, BASE_PFN, BASE_PFN + frames.pages, true);
	assert_empty();
	*calls_out = frames.call_count;
	assert_true(refuse >= *calls_out || w->refusals == 1);
	return true;
}

static uint64_t search(unsigned order, uint64_t pages, enum deed *deeds, unsigned count, unsigned depth, bool refuse)
{
	uint64_t sequences = 1;
	uint32_t calls;

	if (!replay(order, pages, deeds, count, FRAMES_NEVER, &calls))
		return 0;
	for (uint32_t at = 0; refuse && at < calls; at++) {
		uint32_t again;

		assert_true(replay(order, pages, deeds, count, at, &again));
	}
	for (unsigned deed = 0; count < depth && deed < DEED_COUNT; deed++) {
		deeds[count] = (enum deed)deed;
		sequences += search(order, pages, deeds, count + 1, depth, refuse);
	}
	return sequences;
}

static uint64_t search_all(unsigned depth, bool refuse)
{
	uint64_t sequences = 0;
	enum deed deeds[DEPTH_MAX];

	for (unsigned order = 0; order <= 4; order++)
		for (uint64_t pages = 1; pages <= UINT64_C(1) << order; pages++)
			sequences += search(order, pages, deeds, 0, depth, refuse);
	return sequences;
}

static void every_sequence_of_deeds_loses_nothing(void **state)
{
	(void)state;
	assert_true(search_all(5, false) > 50000);
}

static void every_sequence_survives_a_refusal_of_every_call(void **state)
{
	(void)state;
	assert_true(search_all(3, true) > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_that_was_not_cut_returns_whole),
		cmocka_unit_test(the_largest_block_of_a_tail_is_lent_first_and_comes_back),
		cmocka_unit_test(a_lender_that_is_released_first_leaves_its_borrowers),
		cmocka_unit_test(a_block_in_the_middle_is_given_back),
		cmocka_unit_test(the_smallest_tail_that_suffices_is_lent),
		cmocka_unit_test(reclaim_gives_the_largest_first_and_no_more_than_asked),
		cmocka_unit_test(reclaim_finds_the_largest_tail),
		cmocka_unit_test(settle_gives_the_tail_back_and_cuts_all_ties),
		cmocka_unit_test(odd_arguments_change_nothing),
		cmocka_unit_test(check_finds_every_corruption),
		cmocka_unit_test(every_sequence_of_deeds_loses_nothing),
		cmocka_unit_test(every_sequence_survives_a_refusal_of_every_call),
	};

	return cmocka_run_group_tests_name("libpageman/stash", tests, NULL, NULL);
}
