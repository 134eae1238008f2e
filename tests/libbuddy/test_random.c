// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random operations against a plain record of who owns which frame, and every invariant as it goes.
 *
 * The record knows nothing of lists: a frame is owned by the test or by the model. Every block handed out must be
 * aligned, inside one zone and entirely the model's; every free must be accepted, every free of a frame that the
 * model owns refused.
 */
#include <errno.h>
#include <stdlib.h>

#include "machine.h"

#define FRAMES 16384u
#define START 300u
#define BLOCKS_MAX 8192u

struct world {
	struct machine m;
	uint8_t ours[START + FRAMES]; /* 1: owned by the test */
	struct { uint64_t pfn; unsigned order; } blocks[BLOCKS_MAX];
	unsigned block_count;
	uint64_t owned_pages;
	uint64_t seed;
};

static uint32_t draw(struct world *w, uint32_t bound)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return (uint32_t)((w->seed >> 16) % bound);
}

static void own(struct world *w, uint64_t pfn, unsigned order)
{
	assert_int_equal(pfn & ((1u << order) - 1), 0);
	for (uint64_t i = pfn; i < pfn + (1u << order); i++) {
		assert_true(i >= START && i < START + FRAMES);
		assert_int_equal(w->ours[i], 0);
		w->ours[i] = 1;
	}
	w->blocks[w->block_count].pfn = pfn;
	w->blocks[w->block_count++].order = order;
	w->owned_pages += 1u << order;
}

static void disown(struct world *w, unsigned at)
{
	for (uint64_t i = 0; i < 1u << w->blocks[at].order; i++)
		w->ours[w->blocks[at].pfn + i] = 0;
	w->owned_pages -= 1u << w->blocks[at].order;
	w->blocks[at] = w->blocks[--w->block_count];
}

static void step_alloc(struct world *w)
{
	static const uint32_t gfps[] = { GFP_KERNEL, GFP_HIGHUSER_MOVABLE, GFP_RECLAIMABLE, GFP_ATOMIC, GFP_DMA };
	struct buddy_request r = { .gfp = gfps[draw(w, 5)], .cpu = (uint16_t)draw(w, 2) };
	struct buddy_block block;
	uint32_t o = draw(w, 1000);

	r.order = (uint8_t)(o < 600 ? 0 : o < 750 ? 1 : o < 990 ? draw(w, 6) : draw(w, 11));
	if (w->block_count < BLOCKS_MAX && !buddy_alloc_pages(w->m.b, &r, &block)) {
		assert_int_equal(block.order, r.order);
		own(w, block.pfn, r.order);
	}
}

static void step_bulk(struct world *w)
{
	struct buddy_request r = { .gfp = GFP_KERNEL, .cpu = (uint16_t)draw(w, 2) };
	uint64_t pfns[64];
	uint32_t count;

	if (w->block_count + 64 > BLOCKS_MAX || buddy_alloc_bulk(w->m.b, &r, 1 + draw(w, 64), pfns, &count))
		return;
	for (uint32_t i = 0; i < count; i++)
		own(w, pfns[i], 0);
}

static void step_free(struct world *w)
{
	uint32_t cpu = draw(w, 2);
	unsigned at, order;
	uint64_t pfn;

	if (!w->block_count)
		return;
	at = draw(w, w->block_count);
	pfn = w->blocks[at].pfn;
	order = w->blocks[at].order;
	switch (draw(w, 4)) {
	case 0:
		assert_int_equal(buddy_free_direct(w->m.b, cpu, pfn, order, draw(w, 2)), 0);
		break;
	case 1:
		assert_int_equal(buddy_free_prepare(w->m.b, pfn, 0), 0);
		assert_int_equal(buddy_free_commit(w->m.b, cpu, pfn), 0);
		for (uint64_t i = 1; i < 1u << order; i++)
			assert_int_equal(buddy_free_pages(w->m.b, cpu, pfn + i, 0), 0);
		break;
	default:
		assert_int_equal(buddy_free_pages(w->m.b, cpu, pfn, order), 0);
	}
	disown(w, at);
	assert_int_equal(buddy_free_pages(w->m.b, cpu, pfn, order), -EEXIST);
}

static void step_rare(struct world *w)
{
	uint64_t pfn = START + draw(w, FRAMES);
	struct buddy_request r = { .gfp = GFP_KERNEL };
	static const unsigned types[] = { BUDDY_UNMOVABLE, BUDDY_MOVABLE, BUDDY_RECLAIMABLE };

	switch (draw(w, 6)) {
	case 0:
		buddy_drain_zone(w->m.b, draw(w, 2), draw(w, 2), draw(w, 2));
		break;
	case 1:
		buddy_drain_all(w->m.b, 0);
		break;
	case 2:
		buddy_fold_stats(w->m.b, draw(w, 2));
		break;
	case 3:
		if (buddy_pageblock_type(w->m.b, pfn) < BUDDY_PCP_TYPE_COUNT)
			buddy_move_pageblock(w->m.b, pfn, types[draw(w, 3)]);
		break;
	case 4:
		buddy_unreserve_highatomic(w->m.b, &r, true);
		break;
	default:
		if (w->block_count < BLOCKS_MAX && !w->ours[pfn]) {
			assert_int_equal(buddy_take(w->m.b, 0, pfn, 0), 0);
			own(w, pfn, 0);
		}
	}
}

static void verify_world(struct world *w)
{
	uint64_t held = 0;

	assert_sound(&w->m);
	for (uint32_t zone = 0; zone < 2; zone++) {
		held += buddy_free_pages_listed(w->m.b, zone);
		for (uint32_t cpu = 0; cpu < 2; cpu++)
			held += buddy_pcp_count(w->m.b, zone, cpu);
	}
	assert_int_equal(held + w->owned_pages, FRAMES);
	for (uint64_t pfn = START; pfn < START + FRAMES; pfn++)
		assert_int_equal(buddy_frame_state(w->m.b, pfn, NULL, NULL) == BUDDY_FRAME_IN_USE, w->ours[pfn]);
}

static void random_operations_keep_every_frame_accounted_for(void **state)
{
	static const struct buddy_zone_config z[] = { { 0, BUDDY_ZONE_DMA, "DMA", START, 4096 - START },
						      { 0, BUDDY_ZONE_NORMAL, "Normal", 4096, START + FRAMES - 4096 } };
	struct world *w = calloc(1, sizeof(*w));

	(void)state;
	assert_non_null(w);
	for (uint64_t seed = 1; seed <= 6; seed++) {
		*w = (struct world){ .seed = seed * 0x9e3779b97f4a7c15u };
		machine_make(&w->m, z, 2, 2);
		assert_int_equal(buddy_add_range(w->m.b, START, 4096), 0);
		assert_int_equal(buddy_add_range(w->m.b, 4096, START + FRAMES), 0);
		for (unsigned i = 0; i < 60000; i++) {
			/* Waves from near empty to near full. */
			uint32_t bias = i / 10000 % 2 ? 35 : 60;
			uint32_t op = draw(w, 1000);

			if (op < 5)
				step_rare(w);
			else if (op < 10)
				step_bulk(w);
			else if (op % 100 < bias)
				step_alloc(w);
			else
				step_free(w);
			if (i % 2000 == 0)
				verify_world(w);
		}
		verify_world(w);
		machine_fini(&w->m);
	}
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations_keep_every_frame_accounted_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
