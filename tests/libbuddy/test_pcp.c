// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Per-CPU lists: refill, hand-out, drain.
 *
 * Source: rmqueue_pcplist, rmqueue_bulk, free_unref_page_commit, nr_pcp_free, free_pcppages_bulk, 6.1.
 */
#include <errno.h>

#include "machine.h"

#define NOTES_MAX 256

struct notes {
	struct buddy_note n[NOTES_MAX];
	unsigned count;
};

static void keep(void *context, const struct buddy_note *note)
{
	struct notes *notes = context;

	assert_true(notes->count < NOTES_MAX);
	notes->n[notes->count++] = *note;
}

static uint64_t get(struct machine *m, unsigned order, uint32_t gfp, unsigned path)
{
	struct buddy_request r = { .gfp = gfp, .order = (uint8_t)order };
	struct buddy_block block;

	assert_int_equal(buddy_alloc_attempt(m->b, &r, BUDDY_MARK_MIN, &block), 0);
	assert_int_equal(block.path, path);
	return block.pfn;
}

static void assert_pcp(const struct machine *m, unsigned order, unsigned type, const uint64_t *pfns, uint64_t count)
{
	uint64_t found[64];

	assert_int_equal(buddy_pcp_copy(m->b, 0, 0, buddy_pcp_index(m->b, order, type), found, NULL, 64), count);
	for (uint64_t i = 0; i < count; i++)
		assert_int_equal(found[i], pfns[i]);
}

/* A refill takes frames 8, 9, 10, 11 in this order and hands out the first. */
static void refill_appends_and_the_head_is_handed_out(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 4);
	machine_free(&m, 8, 3, BUDDY_UNMOVABLE);
	assert_int_equal(get(&m, 0, GFP_KERNEL, BUDDY_PATH_REFILL), 8);
	assert_pcp(&m, 0, BUDDY_UNMOVABLE, (const uint64_t[]){ 9, 10, 11 }, 3);
	assert_int_equal(get(&m, 0, GFP_KERNEL, BUDDY_PATH_PCP), 9);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 2);
	ASSERT_LIST(&m, 2, BUDDY_UNMOVABLE, 12);
	assert_sound(&m);
	machine_fini(&m);
}

/* batch 8: order 1 takes 4 blocks, order 2 takes 2, order 3 at least 2. */
static void refill_shrinks_with_the_order(void **state)
{
	static const unsigned left[4] = { 7, 3, 1, 1 };
	struct machine m;

	(void)state;
	for (unsigned order = 0; order < 4; order++) {
		machine_plain(&m, 1024, 640, 8);
		machine_free(&m, 0, 8, BUDDY_UNMOVABLE);
		get(&m, order, GFP_KERNEL, BUDDY_PATH_REFILL);
		assert_int_equal(buddy_pcp_count(m.b, 0, 0), left[order] << order);
		assert_sound(&m);
		machine_fini(&m);
	}
}

static void freed_block_is_the_next_one_handed_out(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 1024, 64, 4);
	machine_free(&m, 8, 3, BUDDY_UNMOVABLE);
	get(&m, 0, GFP_KERNEL, BUDDY_PATH_REFILL);
	buddy_set_pageblock_type(m.b, 100, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_free_pages(m.b, 0, 100, 0), 0);
	assert_int_equal(get(&m, 0, GFP_KERNEL, BUDDY_PATH_PCP), 100);
	machine_fini(&m);
}

/* high 8, batch 2: the eighth free drains from the tail, oldest first. */
static void drain_takes_the_oldest(void **state)
{
	struct machine m;
	struct notes notes = { .count = 0 };
	struct buddy_pcp_tuning p;

	(void)state;
	machine_plain(&m, 1024, 8, 2);
	buddy_set_env(m.b, &(struct buddy_env){ .context = &notes, .note = keep });
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(buddy_free_pages(m.b, 0, 100 + 2 * i, 0), 0);
	assert_int_equal(notes.count, 2);
	assert_int_equal(notes.n[0].kind, BUDDY_NOTE_PCPU_DRAIN);
	assert_int_equal(notes.n[0].pfn, 100);
	assert_int_equal(notes.n[1].pfn, 102);
	buddy_pcp_tuning_get(m.b, 0, 0, &p);
	assert_int_equal(p.free_factor, 1);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 6);
	machine_fini(&m);
}

/* The factor doubles the batch with each drain and an allocation halves it. */
static void free_factor_doubles_drains_and_allocations_halve_it(void **state)
{
	struct machine m;
	struct buddy_pcp_tuning p;
	struct notes notes = { .count = 0 };

	(void)state;
	machine_plain(&m, 4096, 32, 2);
	buddy_set_env(m.b, &(struct buddy_env){ .context = &notes, .note = keep });
	for (uint64_t i = 0; i < 32 + 2; i++)
		assert_int_equal(buddy_free_pages(m.b, 0, 1024 + 2 * i, 0), 0);
	/* first drain 2 at the 32nd free, then 4 when it is full again */
	assert_int_equal(notes.count, 2 + 4);
	buddy_pcp_tuning_get(m.b, 0, 0, &p);
	assert_int_equal(p.free_factor, 2);
	get(&m, 0, GFP_HIGHUSER_MOVABLE, BUDDY_PATH_PCP);
	buddy_pcp_tuning_get(m.b, 0, 0, &p);
	assert_int_equal(p.free_factor, 1);
	machine_fini(&m);
}

/* A drain is never below the batch nor above high - batch. */
static void drain_leaves_a_batch_on_the_list(void **state)
{
	struct machine m;
	struct buddy_pcp_tuning p = { .high_pages = 10, .batch_pages = 4, .free_factor = 5 };

	(void)state;
	machine_plain(&m, 4096, 10, 4);
	buddy_pcp_tune(m.b, 0, 0, &p);
	for (uint64_t i = 0; i < 10; i++)
		assert_int_equal(buddy_free_pages(m.b, 0, 1024 + 2 * i, 0), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 4);
	machine_fini(&m);
}

/* Orders 1 to 3 with a factor above 0 empty everything. */
static void higher_order_free_with_a_factor_drains_all(void **state)
{
	struct machine m;
	struct buddy_pcp_tuning p = { .high_pages = 1000, .batch_pages = 8, .free_factor = 1 };

	(void)state;
	machine_plain(&m, 4096, 1000, 8);
	buddy_pcp_tune(m.b, 0, 0, &p);
	for (uint64_t i = 0; i < 20; i++)
		assert_int_equal(buddy_free_pages(m.b, 0, 1024 + 2 * i, 0), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 20);
	assert_int_equal(buddy_free_pages(m.b, 0, 2048, 1), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 0);
	assert_sound(&m);
	machine_fini(&m);
}

/*
 * Lists: movable (just freed to) 3, order-1 movable 1 block, unmovable 3; 7 of the 8 frames go. The movable list
 * first, then upwards (order 1), then from the start again (unmovable).
 */
static void drain_starts_with_the_list_just_freed_to(void **state)
{
	static const uint64_t expected[6] = { 1024, 1026, 1028, 2048, 3072, 3074 };
	struct machine m;
	struct notes notes = { .count = 0 };
	struct buddy_pcp_tuning p = { .high_pages = 8, .batch_pages = 1, .free_factor = 3 };

	(void)state;
	machine_plain(&m, 4096, 100, 1);
	buddy_set_pageblock_type(m.b, 3072, BUDDY_UNMOVABLE);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(buddy_free_pages(m.b, 0, 3072 + 2 * i, 0), 0);
	assert_int_equal(buddy_free_pages(m.b, 0, 2048, 1), 0);
	for (uint64_t i = 0; i < 2; i++)
		assert_int_equal(buddy_free_pages(m.b, 0, 1024 + 2 * i, 0), 0);
	buddy_pcp_tune(m.b, 0, 0, &p);
	buddy_set_env(m.b, &(struct buddy_env){ .context = &notes, .note = keep });
	assert_int_equal(buddy_free_pages(m.b, 0, 1028, 0), 0);
	assert_int_equal(notes.count, 6);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(notes.n[i].pfn, expected[i]);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 1);
	machine_fini(&m);
}

/* While kswapd balances, a list keeps at most four batches. */
static void active_reclaim_caps_the_list(void **state)
{
	struct machine m;
	struct buddy_zone_tuning t;

	(void)state;
	machine_plain(&m, 4096, 1000, 4);
	buddy_zone_tuning_get(m.b, 0, &t);
	t.reclaim_active = true;
	buddy_zone_tune(m.b, 0, &t);
	for (uint64_t i = 0; i < 16; i++)
		assert_int_equal(buddy_free_pages(m.b, 0, 1024 + 2 * i, 0), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 12);
	machine_fini(&m);
}

/* The type is fixed when the page is freed; the pageblock may change before the drain. */
static void drain_returns_to_the_stored_type(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 4096, 1000, 4);
	assert_int_equal(buddy_free_pages(m.b, 0, 1024, 0), 0);
	buddy_set_pageblock_type(m.b, 1024, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_drain_zone(m.b, 0, 0, 0), 0);
	ASSERT_LIST(&m, 0, BUDDY_MOVABLE, 1024);
	machine_fini(&m);
}

/* drain_pages_zone() drops the list's lock after every batch << 5 frames: 4 << 5 = 128 of these 150. */
static void long_list_drains_in_portions(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 4096, 1000, 4);
	for (uint64_t i = 0; i < 150; i++)
		assert_int_equal(buddy_free_pages(m.b, 0, 1024 + 2 * i, 0), 0);
	assert_int_equal(buddy_drain_portion(m.b, 0, 0, 0, 10), 10);
	assert_int_equal(buddy_drain_portion(m.b, 0, 0, 0, 1000), 128);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 12);
	assert_int_equal(buddy_drain_portion(m.b, 0, 0, 0, 1000), 12);
	assert_int_equal(buddy_drain_portion(m.b, 0, 0, 0, 1000), 0);
	assert_int_equal(buddy_drain_portion(m.b, 0, 1, 0, 1), -EINVAL);
	assert_sound(&m);
	machine_fini(&m);
}

/*
 * decay_pcp_high(), 6.12: the limit falls by an eighth at most, not below its minimum and not by more than what a
 * batch << 5 of the list makes up: 400 - 50 = 350 here, or 300 - 128.
 */
static void idle_list_decays_by_an_eighth(void **state)
{
	struct buddy_pcp_tuning t;
	struct machine m;
	int64_t excess;

	(void)state;
	machine_plain_as(&m, "6.12", 4096, 1000, 4);
	buddy_pcp_tuning_get(m.b, 0, 0, &t);
	t.high_max_pages = 1000;
	buddy_pcp_tune(m.b, 0, 0, &t);
	for (uint64_t i = 0; i < 300; i++)
		assert_int_equal(buddy_free_pages(m.b, 0, 1024 + 2 * i, 0), 0);
	buddy_pcp_tuning_get(m.b, 0, 0, &t);
	t.high_pages = 400;
	t.high_min_pages = 100;
	buddy_pcp_tune(m.b, 0, 0, &t);
	assert_int_equal(buddy_decay_high(m.b, 0, 0, &excess), 0);
	assert_int_equal(excess, 0);
	buddy_pcp_tuning_get(m.b, 0, 0, &t);
	assert_int_equal(t.high_pages, 350);
	t.high_pages = 320;
	buddy_pcp_tune(m.b, 0, 0, &t);
	assert_int_equal(buddy_decay_high(m.b, 0, 0, &excess), 0);
	assert_int_equal(excess, 300 - 280);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 300);
	assert_int_equal(buddy_decay_pcp(m.b, 0, 0), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 245);
	assert_int_equal(buddy_decay_high(m.b, 1, 0, &excess), -EINVAL);
	assert_sound(&m);
	machine_fini(&m);
}

/* What buddy_commit_drains says comes true: 4 batches of 4 under reclaim, 1000 without. */
static void drain_of_a_commit_is_foretold(void **state)
{
	struct buddy_zone_tuning t;
	struct machine m;

	(void)state;
	machine_plain(&m, 4096, 1000, 4);
	buddy_zone_tuning_get(m.b, 0, &t);
	t.reclaim_active = true;
	buddy_zone_tune(m.b, 0, &t);
	for (uint64_t i = 0; i < 40; i++) {
		int64_t told = buddy_commit_drains(m.b, 0, 0, 0, true, false);
		uint32_t before = buddy_pcp_count(m.b, 0, 0);

		assert_int_equal(buddy_commit_drains(m.b, 0, 0, 0, false, false), 0);
		assert_int_equal(buddy_free_pages(m.b, 0, 1024 + 2 * i, 0), 0);
		assert_int_equal(buddy_pcp_count(m.b, 0, 0), before + 1 - told);
	}
	assert_int_equal(buddy_commit_drains(m.b, 0, 0, 5, true, false), -EINVAL);
	machine_fini(&m);
}

static bool says_kswapd_works(void *context, enum buddy_read what, uint32_t zone, bool own)
{
	(void)context;
	assert_int_equal(zone, 0);
	return what == BUDDY_READ_RECLAIM ? true : own;
}

/* The flag is read without a lock: whoever knows better what was read has the last word. Source: nr_pcp_high(). */
static void what_was_read_decides_the_limit(void **state)
{
	struct buddy_env env = { .read = says_kswapd_works };
	struct machine m;

	(void)state;
	machine_plain(&m, 4096, 1000, 4);
	buddy_set_env(m.b, &env);
	for (uint64_t i = 0; i < 16; i++)
		assert_int_equal(buddy_free_pages(m.b, 0, 1024 + 2 * i, 0), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 12);
	machine_fini(&m);
}

/* Frames of the atomic reserve share the movable list but return to the reserve. */
static void highatomic_frames_travel_on_the_movable_list(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 4096, 1000, 4);
	buddy_set_pageblock_type(m.b, 1024, BUDDY_HIGHATOMIC);
	assert_int_equal(buddy_free_pages(m.b, 0, 1030, 0), 0);
	assert_pcp(&m, 0, BUDDY_MOVABLE, (const uint64_t[]){ 1030 }, 1);
	buddy_drain_all(m.b, 0);
	ASSERT_LIST(&m, 0, BUDDY_HIGHATOMIC, 1030);
	machine_fini(&m);
}

static void isolated_frames_pass_the_list_by(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 4096, 1000, 4);
	buddy_set_pageblock_type(m.b, 1024, BUDDY_ISOLATE);
	assert_int_equal(buddy_free_pages(m.b, 0, 1030, 0), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 0);
	ASSERT_LIST(&m, 0, BUDDY_ISOLATE, 1030);
	assert_int_equal(buddy_free_pages_counter(m.b, 0), 0);
	assert_sound(&m);
	machine_fini(&m);
}

/* Listed frees fix their type first and are committed afterwards, in order. */
static void listed_free_prepares_then_commits(void **state)
{
	struct machine m;
	const uint64_t pfns[3] = { 1024, 1030, 1026 };

	(void)state;
	machine_plain(&m, 4096, 1000, 4);
	assert_int_equal(buddy_free_list(m.b, 0, pfns, 3), 0);
	assert_pcp(&m, 0, BUDDY_MOVABLE, (const uint64_t[]){ 1026, 1030, 1024 }, 3);
	assert_int_equal(buddy_free_prepare(m.b, 1040, 0), 0);
	assert_int_equal(buddy_free_prepare(m.b, 1040, 0), -EEXIST);
	buddy_set_pageblock_type(m.b, 1040, BUDDY_UNMOVABLE);
	assert_int_equal(buddy_free_commit(m.b, 0, 1040), 0);
	assert_pcp(&m, 0, BUDDY_MOVABLE, (const uint64_t[]){ 1040, 1026, 1030, 1024 }, 4);
	assert_int_equal(buddy_free_commit(m.b, 0, 1050), -ENOENT);
	assert_sound(&m);
	machine_fini(&m);
}

static void huge_page_has_two_lists(void **state)
{
	struct machine m;

	(void)state;
	machine_plain(&m, 8192, 4000, 63);
	machine_free(&m, 4096, 10, BUDDY_MOVABLE);
	assert_int_equal(buddy_pcp_index(m.b, 9, BUDDY_MOVABLE), 13);
	assert_int_equal(buddy_pcp_index(m.b, 9, BUDDY_UNMOVABLE), 12);
	assert_int_equal(buddy_pcp_index(m.b, 9, BUDDY_RECLAIMABLE), 12);
	assert_int_equal(buddy_free_pages(m.b, 0, 1024, 9), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 512);
	assert_int_equal(get(&m, 9, GFP_HIGHUSER_MOVABLE, BUDDY_PATH_PCP), 1024);
	assert_int_equal(buddy_free_pages(m.b, 0, 2048, 4), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 0);
	machine_fini(&m);
}

/* Differences stay with the CPU until they exceed its threshold, or are folded. */
static void free_counter_lags_by_the_threshold(void **state)
{
	struct machine m;
	struct buddy_pcp_tuning p = { .high_pages = 0, .batch_pages = 1, .stat_threshold = 3 };

	(void)state;
	machine_plain(&m, 4096, 0, 1);
	buddy_pcp_tune(m.b, 0, 0, &p);
	for (uint64_t i = 0; i < 3; i++)
		buddy_free_direct(m.b, 0, 1024 + 2 * i, 0, 0);
	assert_int_equal(buddy_free_pages_counter(m.b, 0), 0);
	buddy_free_direct(m.b, 0, 1030, 0, 0);
	assert_int_equal(buddy_free_pages_counter(m.b, 0), 4);
	buddy_free_direct(m.b, 0, 1032, 0, 0);
	buddy_fold_stats(m.b, 0);
	assert_int_equal(buddy_free_pages_counter(m.b, 0), 5);
	assert_sound(&m);
	machine_fini(&m);
}

/* 6.1 keeps the type of the pageblock with each block; 6.12 looks when it drains. */
static void type_on_the_list_is_where_a_drain_frees_to(void **state)
{
	static const char *const profiles[] = { "6.1", "6.12" };
	static const unsigned expected[] = { BUDDY_UNMOVABLE, BUDDY_RECLAIMABLE };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t type = BUDDY_TYPE_COUNT;
		struct buddy_pcp_tuning t;
		struct machine m;
		uint64_t pfn;

		machine_plain_as(&m, profiles[i], 1024, 64, 4);
		buddy_pcp_tuning_get(m.b, 0, 0, &t);
		t.high_min_pages = t.high_max_pages = 64;
		assert_int_equal(buddy_pcp_tune(m.b, 0, 0, &t), 0);
		machine_free(&m, 0, 9, BUDDY_UNMOVABLE);
		buddy_set_pageblock_type(m.b, 0, BUDDY_UNMOVABLE);
		get(&m, 0, GFP_KERNEL, BUDDY_PATH_REFILL);
		buddy_set_pageblock_type(m.b, 0, BUDDY_RECLAIMABLE);
		buddy_pcp_copy(m.b, 0, 0, buddy_pcp_index(m.b, 0, BUDDY_UNMOVABLE), &pfn, &type, 1);
		assert_int_equal(type, expected[i]);
		assert_int_equal(buddy_piece_at(m.b, pfn, pfn + 1).type, expected[i]);
		machine_fini(&m);
	}
}

/* batch 1, doubled five times: 32 of 64 frames go; a sixth time would be 64. */
static void drains_double_at_most_five_times(void **state)
{
	struct buddy_pcp_tuning p = { .high_pages = 200, .batch_pages = 1, .free_factor = 5 };
	struct machine m;

	(void)state;
	machine_plain(&m, 2048, 200, 1);
	assert_int_equal(buddy_pcp_tune(m.b, 0, 0, &p), 0);
	for (uint64_t pfn = 0; pfn < 2 * 200; pfn += 2)
		assert_int_equal(buddy_free_pages(m.b, 0, pfn, 0), 0);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 168);
	buddy_pcp_tuning_get(m.b, 0, 0, &p);
	assert_int_equal(p.free_factor, 5);
	assert_sound(&m);
	machine_fini(&m);
}

/* One zone, one CPU. Nothing changes. */
static void commands_refuse_what_is_not_there(void **state)
{
	struct machine m;
	int64_t excess = 77;

	(void)state;
	machine_plain(&m, 1024, 64, 8);
	assert_int_equal(buddy_free_pages(m.b, 0, 5, 0), 0);
	assert_int_equal(buddy_drain_portion(m.b, 0, 1, 0, 1), -EINVAL);
	assert_int_equal(buddy_drain_portion(m.b, 1, 0, 0, 1), -EINVAL);
	assert_int_equal(buddy_drain_portion(m.b, 0, 0, 1, 1), -EINVAL);
	assert_int_equal(buddy_drain_portion(m.b, 0, 0, 0, -1), -EINVAL);
	assert_int_equal(buddy_drain_zone(m.b, 0, 1, 0), -EINVAL);
	assert_int_equal(buddy_drain_all(m.b, 1), -EINVAL);
	assert_int_equal(buddy_fold_zone(m.b, 1, 0), -EINVAL);
	assert_int_equal(buddy_fold_zone(m.b, 0, 1), -EINVAL);
	assert_int_equal(buddy_fold_stats(m.b, 1), -EINVAL);
	assert_int_equal(buddy_decay_high(m.b, 1, 0, &excess), -EINVAL);
	assert_int_equal(buddy_decay_high(m.b, 0, 1, &excess), -EINVAL);
	assert_int_equal(buddy_decay_pcp(m.b, 0, 1), -EINVAL);
	assert_int_equal(buddy_commit_drains(m.b, 1, 0, 0, false, false), -EINVAL);
	assert_int_equal(buddy_commit_drains(m.b, 0, 1, 0, false, false), -EINVAL);
	assert_int_equal(buddy_commit_drains(m.b, 0, 0, 4, false, false), -EINVAL);
	assert_int_equal(excess, 77);
	assert_int_equal(buddy_pcp_count(m.b, 0, 0), 1);
	assert_sound(&m);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refill_appends_and_the_head_is_handed_out),
		cmocka_unit_test(refill_shrinks_with_the_order),
		cmocka_unit_test(freed_block_is_the_next_one_handed_out),
		cmocka_unit_test(drain_takes_the_oldest),
		cmocka_unit_test(free_factor_doubles_drains_and_allocations_halve_it),
		cmocka_unit_test(drain_leaves_a_batch_on_the_list),
		cmocka_unit_test(higher_order_free_with_a_factor_drains_all),
		cmocka_unit_test(drain_starts_with_the_list_just_freed_to),
		cmocka_unit_test(active_reclaim_caps_the_list),
		cmocka_unit_test(drain_returns_to_the_stored_type),
		cmocka_unit_test(long_list_drains_in_portions),
		cmocka_unit_test(idle_list_decays_by_an_eighth),
		cmocka_unit_test(drain_of_a_commit_is_foretold),
		cmocka_unit_test(what_was_read_decides_the_limit),
		cmocka_unit_test(highatomic_frames_travel_on_the_movable_list),
		cmocka_unit_test(isolated_frames_pass_the_list_by),
		cmocka_unit_test(listed_free_prepares_then_commits),
		cmocka_unit_test(type_on_the_list_is_where_a_drain_frees_to),
		cmocka_unit_test(huge_page_has_two_lists),
		cmocka_unit_test(free_counter_lags_by_the_threshold),
		cmocka_unit_test(drains_double_at_most_five_times),
		cmocka_unit_test(commands_refuse_what_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
