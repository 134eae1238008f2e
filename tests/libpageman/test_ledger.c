/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records and the ledger: alone, in lockstep with a naive model, and when the allocator refuses.
 */
#include "frames.h"

/* xorshift64*, so that every run is the same run. */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * UINT64_C(0x2545f4914f6cdd1d);
}

static struct pageman_record **new_buckets(size_t count)
{
	struct pageman_record **buckets = malloc(count * sizeof(struct pageman_record *));

	assert_non_null(buckets);
	return buckets;
}

static void bucket_counts_must_be_powers_of_two(void **state)
{
	struct pageman_record *buckets[8], **old;
	struct pageman_ledger ledger;

	(void)state;
	assert_int_equal(pageman_ledger_init(&ledger, buckets, 0), PAGEMAN_EINVAL);
	assert_int_equal(pageman_ledger_init(&ledger, buckets, 3), PAGEMAN_EINVAL);
	assert_int_equal(pageman_ledger_init(&ledger, buckets, 1), 0);
	assert_int_equal(pageman_ledger_resize(&ledger, buckets + 1, 6, &old), PAGEMAN_EINVAL);
	assert_true(ledger.buckets == buckets && ledger.bucket_count == 1);
	assert_true(pageman_ledger_check(&ledger));
}

static void one_bucket_is_slow_but_right(void **state)
{
	struct pageman_record *buckets[1], records[50], *taken;
	struct pageman_ledger ledger;

	(void)state;
	assert_int_equal(pageman_ledger_init(&ledger, buckets, 1), 0);
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(pageman_record_init(&records[i], 8 * i, 3, 5), 0);
		assert_int_equal(pageman_ledger_add(&ledger, &records[i]), 0);
		assert_true(pageman_ledger_check(&ledger));
	}
	assert_true(pageman_ledger_is_crowded(&ledger));
	for (unsigned i = 0; i < 50; i++) {
		assert_ptr_equal(pageman_ledger_find(&ledger, 8 * i), &records[i]);
		assert_null(pageman_ledger_find(&ledger, 8 * i + 1));
	}
	for (unsigned i = 0; i < 50; i += 2) {
		assert_int_equal(pageman_ledger_take(&ledger, 8 * i, &taken), 0);
		assert_ptr_equal(taken, &records[i]);
		assert_int_equal(pageman_ledger_take(&ledger, 8 * i, &taken), PAGEMAN_ENOENT);
		assert_true(pageman_ledger_check(&ledger));
	}
	assert_int_equal(ledger.record_count, 25);
}

static void a_second_record_of_a_frame_is_refused(void **state)
{
	struct pageman_record *buckets[4], first, second;
	struct pageman_ledger ledger;

	(void)state;
	assert_int_equal(pageman_ledger_init(&ledger, buckets, 4), 0);
	assert_int_equal(pageman_record_init(&first, 64, 3, 5), 0);
	assert_int_equal(pageman_record_init(&second, 64, 2, 4), 0);
	assert_int_equal(pageman_ledger_add(&ledger, &first), 0);
	assert_int_equal(pageman_ledger_add(&ledger, &second), PAGEMAN_EEXIST);
	assert_int_equal(pageman_ledger_add(&ledger, &first), PAGEMAN_EEXIST);
	assert_ptr_equal(pageman_ledger_find(&ledger, 64), &first);
	assert_int_equal(ledger.record_count, 1);
	assert_true(pageman_ledger_check(&ledger));
}

static void a_walk_meets_every_record_once_and_may_take_those_behind(void **state)
{
	enum { COUNT = 1000 };
	struct pageman_record *buckets[64], *behind = NULL, *taken;
	struct pageman_record *records = calloc(COUNT, sizeof(*records));
	struct pageman_ledger ledger;
	unsigned met = 0;

	(void)state;
	assert_non_null(records);
	assert_int_equal(pageman_ledger_init(&ledger, buckets, 64), 0);
	assert_null(pageman_ledger_next(&ledger, NULL));
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(pageman_record_init(&records[i], UINT64_C(16) * i, 4, 1 + i % 16), 0);
		assert_int_equal(pageman_ledger_add(&ledger, &records[i]), 0);
	}
	for (struct pageman_record *at = pageman_ledger_next(&ledger, NULL); at != NULL;
	     at = pageman_ledger_next(&ledger, at)) {
		if (behind != NULL)
			assert_int_equal(pageman_ledger_take(&ledger, behind->start_pfn, &taken), 0);
		behind = at;
		met++;
	}
	assert_int_equal(met, COUNT);
	assert_int_equal(ledger.record_count, 1);
	assert_true(pageman_ledger_check(&ledger));
	free(records);
}

/*
 * First frames come in strides of a block size; no stride may pile them up. In a table of this size one round of mixing
 * would make chains of 27.
 */
static void strides_of_every_order_spread_over_the_buckets(void **state)
{
	enum { COUNT = 262144 };
	struct pageman_record *records = calloc(COUNT, sizeof(*records));
	struct pageman_record **buckets = new_buckets(COUNT);

	(void)state;
	assert_non_null(records);
	for (unsigned order = 0; order <= PAGEMAN_ORDER_MAX; order++) {
		for (unsigned zone = 0; zone < 2; zone++) {
			struct pageman_ledger ledger;
			unsigned longest = 0;

			assert_int_equal(pageman_ledger_init(&ledger, buckets, COUNT), 0);
			for (uint64_t i = 0; i < COUNT; i++) {
				const uint64_t start_pfn = ((uint64_t)zone << 28) + (i << order);

				assert_int_equal(pageman_record_init(&records[i], start_pfn, order, 1), 0);
				assert_int_equal(pageman_ledger_add(&ledger, &records[i]), 0);
			}
			assert_false(pageman_ledger_is_crowded(&ledger));
			for (size_t i = 0; i < COUNT; i++) {
				unsigned length = 0;

				for (const struct pageman_record *at = buckets[i]; at != NULL; at = at->next)
					length++;
				if (length > longest)
					longest = length;
			}
			assert_true(longest <= 12);
		}
	}
	free(buckets);
	free(records);
}

static void the_check_finds_what_is_broken(void **state)
{
	struct pageman_record *buckets[4], a, b;
	struct pageman_ledger ledger;

	(void)state;
	assert_int_equal(pageman_ledger_init(&ledger, buckets, 4), 0);
	assert_int_equal(pageman_record_init(&a, 8, 3, 5), 0);
	assert_int_equal(pageman_record_init(&b, 16, 3, 8), 0);
	assert_int_equal(pageman_ledger_add(&ledger, &a), 0);
	assert_int_equal(pageman_ledger_add(&ledger, &b), 0);
	assert_true(pageman_ledger_check(&ledger));

	ledger.record_count = 3;
	assert_false(pageman_ledger_check(&ledger));
	ledger.record_count = 2;
	a.pages = 9;
	assert_false(pageman_ledger_check(&ledger));
	a.pages = 5;
	a.pending_pages = 4;
	assert_false(pageman_ledger_check(&ledger));
	a.pending_pages = 3;
	a.lent_pages = 1;
	assert_false(pageman_ledger_check(&ledger));
	a.pending_pages = 2; /* pending and lent make up the tail */
	assert_true(pageman_ledger_check(&ledger));
	a.lent_pages = 0;
	a.start_pfn = 16;
	assert_false(pageman_ledger_check(&ledger));
	a.start_pfn = 8;
	a.next = &a; /* a chain that bites its tail must not be walked for ever */
	assert_false(pageman_ledger_check(&ledger));
}

/* A record goes through a fit and a release that are refused at every call, and is tried again each time. */
static void a_record_survives_a_refusal_of_every_call(void **state)
{
	struct frames *frames = malloc(sizeof(*frames));

	(void)state;
	assert_non_null(frames);
	for (unsigned grains = 0; grains < 4; grains++) {
		const enum pageman_grain fit_grain = grains & 1 ? PAGEMAN_BY_PAGE : PAGEMAN_BY_BLOCK;
		const enum pageman_grain release_grain = grains & 2 ? PAGEMAN_BY_PAGE : PAGEMAN_BY_BLOCK;

		for (uint32_t pages = 1; pages <= 64; pages++) {
			struct pageman_record record;
			unsigned refusals = 0;

			frames_reset(frames, 192, 64);
			assert_int_equal(pageman_record_init(&record, 192, 6, pages), 0);
			for (frames->refuse_from = 0;
			     pageman_record_fit(&record, &frames_ops, frames, fit_grain) == FRAMES_ERROR;
			     frames->refuse_from++)
				refusals++;
			assert_int_equal(refusals, frames->call_count);
			assert_int_equal(pageman_record_owned_pages(&record), pages);
			assert_int_equal(pageman_record_fit(&record, &frames_ops, frames, fit_grain), 0);
			frames_assert_back(frames, 192, 192 + pages, false);
			for (; pageman_record_release(&record, &frames_ops, frames, release_grain) == FRAMES_ERROR;
			     frames->refuse_from++)
				refusals++;
			assert_int_equal(refusals, frames->call_count);
			assert_int_equal(pageman_record_owned_pages(&record), 0);
			frames_assert_back(frames, 192, 256, true);
		}
	}
	free(frames);
}

/* The release of an allocation whose tail was refused gives that back as well. */
static void a_release_takes_the_pending_tail_along(void **state)
{
	struct pageman_record *buckets[2], record, *taken = NULL;
	struct pageman_ledger ledger;
	struct frames frames;

	(void)state;
	frames_reset(&frames, 32, 16);
	assert_int_equal(pageman_ledger_init(&ledger, buckets, 2), 0);
	frames.refuse_from = 1;
	assert_int_equal(pageman_ledger_fit(&ledger, &record, &frames_ops, &frames, 32, 4, 5, PAGEMAN_BY_BLOCK),
			 FRAMES_ERROR);
	assert_int_equal(frames.call_count, 1); /* 37; the block at 38 was refused */
	assert_int_equal(record.pending_pages, 10);
	assert_int_equal(pageman_record_owned_pages(&record), 15);
	assert_ptr_equal(pageman_ledger_find(&ledger, 32), &record);
	assert_true(pageman_ledger_check(&ledger));

	assert_int_equal(pageman_ledger_release(&ledger, &frames_ops, &frames, 32, PAGEMAN_BY_BLOCK, &taken),
			 FRAMES_ERROR);
	assert_null(taken);
	assert_true(pageman_ledger_check(&ledger));
	frames.refuse_from = FRAMES_NEVER;
	assert_int_equal(pageman_ledger_release(&ledger, &frames_ops, &frames, 32, PAGEMAN_BY_BLOCK, &taken), 0);
	assert_ptr_equal(taken, &record);
	frames_assert_back(&frames, 32, 48, true);
	assert_int_equal(ledger.record_count, 0);
}

/* --- Lockstep ------------------------------------------------------------------------------------------------- */

/*
 * SLOTS blocks of the largest order side by side; in each at most one allocation, of any order, at its start. The
 * model is one byte per frame (in use or not) and what each slot was asked for.
 */
enum { SLOTS = 96, SLOT_PAGES = 1024, STEPS = 200000 };

struct naive {
	uint8_t in_use[SLOTS * SLOT_PAGES];
	bool fitted[SLOTS];
	unsigned order[SLOTS];
	uint64_t pages[SLOTS];
	unsigned refuse_percent;
	uint64_t seed;
};

static const uint64_t LOCKSTEP_BASE = UINT64_C(0xffffe000); /* the slots lie across 2^32 */

static int naive_free_block(void *context, uint64_t start_pfn, unsigned order)
{
	struct naive *naive = context;
	const uint64_t first = start_pfn - LOCKSTEP_BASE;

	if (next_random(&naive->seed) % 100 < naive->refuse_percent)
		return FRAMES_ERROR;
	assert_true(first < SLOTS * SLOT_PAGES);
	for (uint64_t i = first; i < first + (UINT64_C(1) << order); i++) {
		assert_int_equal(naive->in_use[i], 1);
		naive->in_use[i] = 0;
	}
	return 0;
}

static const struct pageman_ops naive_ops = {naive_free_block};

static uint64_t naive_used_pages(const struct naive *naive, unsigned slot)
{
	uint64_t used = 0;

	for (unsigned i = 0; i < SLOT_PAGES; i++)
		used += naive->in_use[slot * SLOT_PAGES + i];
	return used;
}

static void step_fit(struct naive *naive, struct pageman_ledger *ledger, struct pageman_record *record, unsigned slot,
		     enum pageman_grain grain)
{
	const uint64_t start_pfn = LOCKSTEP_BASE + (uint64_t)slot * SLOT_PAGES;
	const unsigned order = (unsigned)(next_random(&naive->seed) % (PAGEMAN_ORDER_MAX + 1));
	const uint64_t pages = 1 + next_random(&naive->seed) % (UINT64_C(1) << order);
	const struct pageman_record before = *record;
	int error;

	if (naive->fitted[slot]) {
		struct pageman_record other;

		error = pageman_ledger_fit(ledger, &other, &naive_ops, naive, start_pfn, order, pages, grain);
		assert_int_equal(error, PAGEMAN_EEXIST);
		assert_memory_equal(record, &before, sizeof(before));
		return;
	}
	memset(&naive->in_use[slot * SLOT_PAGES], 1, (size_t)1 << order);
	error = pageman_ledger_fit(ledger, record, &naive_ops, naive, start_pfn, order, pages, grain);
	assert_true(error == 0 || error == FRAMES_ERROR);
	naive->fitted[slot] = true;
	naive->order[slot] = order;
	naive->pages[slot] = pages;
	if (error == 0)
		assert_int_equal(naive_used_pages(naive, slot), pages);
}

static void step_release(struct naive *naive, struct pageman_ledger *ledger, struct pageman_record *record,
			 unsigned slot, enum pageman_grain grain)
{
	const uint64_t start_pfn = LOCKSTEP_BASE + (uint64_t)slot * SLOT_PAGES;
	struct pageman_record *taken = NULL;
	int error = pageman_ledger_release(ledger, &naive_ops, naive, start_pfn, grain, &taken);

	if (!naive->fitted[slot]) {
		assert_int_equal(error, PAGEMAN_ENOENT);
		assert_null(taken);
		return;
	}
	assert_true(error == 0 || error == FRAMES_ERROR);
	if (error != 0)
		return;
	assert_ptr_equal(taken, record);
	assert_int_equal(naive_used_pages(naive, slot), 0);
	naive->fitted[slot] = false;
}

static void compare_slot(const struct naive *naive, const struct pageman_ledger *ledger,
			 const struct pageman_record *record, unsigned slot)
{
	const struct pageman_record *found = pageman_ledger_find(ledger, LOCKSTEP_BASE + (uint64_t)slot * SLOT_PAGES);

	if (!naive->fitted[slot]) {
		assert_null(found);
		return;
	}
	assert_ptr_equal(found, record);
	assert_int_equal(found->order, naive->order[slot]);
	assert_int_equal(found->pages, naive->pages[slot]);
	assert_int_equal(pageman_record_owned_pages(found), naive_used_pages(naive, slot));
}

static void ledger_and_naive_model_agree_step_by_step(void **state)
{
	struct naive *naive = calloc(1, sizeof(*naive));
	struct pageman_record *records = calloc(SLOTS, sizeof(*records));
	struct pageman_record **buckets = new_buckets(1), **old;
	struct pageman_ledger ledger;

	(void)state;
	assert_true(naive != NULL && records != NULL);
	naive->seed = 20231;
	assert_int_equal(pageman_ledger_init(&ledger, buckets, 1), 0);
	for (unsigned step = 0; step < STEPS; step++) {
		const uint64_t draw = next_random(&naive->seed);
		const unsigned slot = (unsigned)(draw % SLOTS);
		const enum pageman_grain grain = draw >> 20 & 1 ? PAGEMAN_BY_PAGE : PAGEMAN_BY_BLOCK;
		size_t fitted = 0;

		naive->refuse_percent = draw >> 21 & 3 ? 0 : 5;
		if (draw >> 30 & 1)
			step_fit(naive, &ledger, &records[slot], slot, grain);
		else
			step_release(naive, &ledger, &records[slot], slot, grain);
		if (step % 1000 == 999) {
			const size_t count = (size_t)1 << (draw >> 40) % 9;

			buckets = new_buckets(count);
			assert_int_equal(pageman_ledger_resize(&ledger, buckets, count, &old), 0);
			free(old);
		}
		compare_slot(naive, &ledger, &records[slot], slot);
		assert_true(pageman_ledger_check(&ledger));
		for (unsigned i = 0; i < SLOTS; i++)
			fitted += naive->fitted[i];
		assert_int_equal(ledger.record_count, fitted);
	}
	for (unsigned slot = 0; slot < SLOTS; slot++)
		compare_slot(naive, &ledger, &records[slot], slot);
	free(ledger.buckets);
	free(records);
	free(naive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bucket_counts_must_be_powers_of_two),
		cmocka_unit_test(one_bucket_is_slow_but_right),
		cmocka_unit_test(a_second_record_of_a_frame_is_refused),
		cmocka_unit_test(a_walk_meets_every_record_once_and_may_take_those_behind),
		cmocka_unit_test(strides_of_every_order_spread_over_the_buckets),
		cmocka_unit_test(the_check_finds_what_is_broken),
		cmocka_unit_test(a_record_survives_a_refusal_of_every_call),
		cmocka_unit_test(a_release_takes_the_pending_tail_along),
		cmocka_unit_test(ledger_and_naive_model_agree_step_by_step),
	};

	return cmocka_run_group_tests_name("libpageman/ledger", tests, NULL, NULL);
}
