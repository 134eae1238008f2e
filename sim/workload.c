// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Draws the stream of a synthetic workload.
 *
 * Below the wave's target a request is made, else one that is alive is freed. Which one: the alive are in two pools,
 * those with short lives and those with long ones; of bimodal lives each pool is drawn from at random, the short one
 * as many times more eagerly as its lives are shorter. All other lives use the first pool alone, as an array without
 * holes (exponential: a random one), a stack or a ring.
 *
 * Interface: sim_workload_create, sim_workload_next, sim_workload_end, sim_workload_destroy (workload.h).
 * Invariant: asked_pages is the sum over what is alive; an id is in one pool, among those that stay, or spare.
 */
#include "workload.h"

#include <stdlib.h>
#include <string.h>

#include <buddy/buddy.h>
#include <pageman/run.h>

#include "draw.h"

#define QUANTILES 4096u
#define CPU_STAY 64u          /* operations on a CPU, on average */
#define DRIVERS_EXPONENTS 4u  /* sizes up to min << 1..4 pages, */
#define DRIVERS_RARE 16u      /* and one of so many up to the largest */

enum stage { STAGE_FILL, STAGE_THIN, STAGE_MIX };

struct slot {
	uint16_t pages;
	uint8_t order;
	uint8_t flags;
};

#define SLOT_SIZED 0x1u
#define SLOT_LONG 0x2u
#define SLOT_TYPE_SHIFT 2

struct pool {
	uint32_t *ids;
	uint32_t first, count; /* first: of a ring; else 0 */
};

struct sim_workload {
	struct sim_work_params params;
	uint64_t random;
	uint64_t asked_pages, high_pages, low_pages, fill_pages;
	uint64_t mixed_ops;    /* operations of the mix so far: the wave's time */
	enum stage stage;
	uint32_t cpu;
	uint32_t thin_at;      /* the next of those that filled, */
	uint32_t end_at;       /* and at the end */
	uint32_t filled;       /* ids [0, filled) */
	uint32_t id_count, fresh_id;
	struct slot *slots;    /* by id */
	uint32_t *spare;
	uint32_t spare_count;
	struct pool pools[2];
	uint16_t quantiles[QUANTILES]; /* of geometric sizes */
};

static uint64_t draw(struct sim_workload *w)
{
	return sim_draw(&w->random);
}

/* 0..bound-1 from 32 bits. */
static uint32_t below(uint64_t bits, uint32_t bound)
{
	return (uint32_t)((bits & UINT32_MAX) * bound >> 32);
}

static bool percent(uint64_t bits, uint64_t share)
{
	return below(bits, 100) < share;
}

/* Quantile q of 1 + (failures before a success of chance 1/mean), shifted to @min and cut off at @max. */
static void fill_quantiles(struct sim_workload *w)
{
	const uint64_t *v = w->params.value;
	uint64_t steps = v[SIM_WORK_MEAN] > v[SIM_WORK_MIN] ? v[SIM_WORK_MEAN] - v[SIM_WORK_MIN] + 1 : 1;
	uint64_t left = UINT64_C(1) << 32; /* chance that the size is at least `pages`, times 2^32 */
	uint64_t pages = v[SIM_WORK_MIN];

	for (uint32_t i = 0; i < QUANTILES; i++) {
		uint64_t above = (uint64_t)(QUANTILES - i) << 20;

		while (pages < v[SIM_WORK_MAX] && left - left / steps >= above) {
			left -= left / steps;
			pages++;
		}
		w->quantiles[i] = (uint16_t)pages;
	}
}

struct sim_workload *sim_workload_create(const struct sim_work_params *params)
{
	struct sim_workload *w = calloc(1, sizeof(*w));
	const uint64_t *v = params->value;
	bool ready;

	if (!w)
		return NULL;
	w->params = *params;
	w->random = v[SIM_WORK_SEED];
	w->high_pages = v[SIM_WORK_MEM] * v[SIM_WORK_OCCUPANCY] / 100;
	w->low_pages = v[SIM_WORK_WAVE] == SIM_WAVE_FLAT ? w->high_pages : v[SIM_WORK_MEM] * v[SIM_WORK_LOW] / 100;
	w->fill_pages = v[SIM_WORK_MEM] * v[SIM_WORK_FILL] / 100;
	w->stage = w->fill_pages ? STAGE_FILL : STAGE_MIX;
	/* Each has a page at least, and requests stop at the memory's size. */
	w->id_count = (uint32_t)v[SIM_WORK_MEM] + 1;
	w->slots = malloc(w->id_count * sizeof(*w->slots));
	w->spare = malloc(w->id_count * sizeof(*w->spare));
	ready = w->slots && w->spare;
	for (unsigned i = 0; i < 2; i++) {
		w->pools[i].ids = malloc(w->id_count * sizeof(uint32_t));
		ready = ready && w->pools[i].ids;
	}
	if (!ready) {
		sim_workload_destroy(w);
		return NULL;
	}
	fill_quantiles(w);
	return w;
}

void sim_workload_destroy(struct sim_workload *w)
{
	if (!w)
		return;
	free(w->slots);
	free(w->spare);
	free(w->pools[0].ids);
	free(w->pools[1].ids);
	free(w);
}

uint32_t sim_workload_ids(const struct sim_workload *w)
{
	return w->id_count;
}

uint64_t sim_workload_asked(const struct sim_workload *w)
{
	return w->asked_pages;
}

static uint32_t drivers_size(uint64_t bits, uint32_t min, uint32_t max)
{
	uint32_t high = min << (1 + (bits & (DRIVERS_EXPONENTS - 1)));

	if (!(bits >> 8 & (DRIVERS_RARE - 1)) || high > max)
		high = max;
	return high > min ? min + 1 + below(bits >> 16, high - min) : min;
}

static uint32_t bimodal_size(uint64_t bits, uint32_t min, uint32_t max, uint64_t large_percent)
{
	uint32_t eighth = (max - min) / 8, from = percent(bits >> 32, large_percent) ? max - eighth : min;

	return from + below(bits, eighth + 1);
}

/* The next size that is no power of two, else the one before. */
static uint32_t make_odd(uint32_t pages, uint32_t max)
{
	uint32_t up = pages;

	while (up <= max && !(up & (up - 1)))
		up++;
	if (up <= max)
		return up;
	while (!(pages & (pages - 1)))
		pages--;
	return pages;
}

static uint32_t draw_size(struct sim_workload *w)
{
	const uint64_t *v = w->params.value;
	uint32_t min = (uint32_t)v[SIM_WORK_MIN], max = (uint32_t)v[SIM_WORK_MAX], pages;
	uint64_t bits = draw(w);

	switch ((enum sim_work_sizes)v[SIM_WORK_SIZES]) {
	case SIM_SIZES_GEOMETRIC:
		pages = w->quantiles[bits % QUANTILES];
		break;
	case SIM_SIZES_BIMODAL:
		pages = bimodal_size(bits, min, max, v[SIM_WORK_LARGE]);
		break;
	case SIM_SIZES_DRIVERS:
		pages = drivers_size(bits, min, max);
		break;
	default:
		pages = min + below(bits, max - min + 1);
	}
	return v[SIM_WORK_ODD] ? make_odd(pages, max) : pages;
}

static unsigned draw_order(uint64_t bits, enum sim_work_orders orders, unsigned top)
{
	if (orders == SIM_ORDERS_GEOMETRIC)
		return (unsigned)__builtin_ctzll((bits & 0xffff) | UINT64_C(1) << top);
	return orders == SIM_ORDERS_UNIFORM ? below(bits, top + 1) : 0;
}

static unsigned draw_type(const struct sim_workload *w, uint64_t bits)
{
	const uint64_t *v = w->params.value;
	uint32_t at = below(bits, 100);

	if (at < v[SIM_WORK_UNMOVABLE])
		return BUDDY_UNMOVABLE;
	return at < v[SIM_WORK_UNMOVABLE] + v[SIM_WORK_MOVABLE] ? BUDDY_MOVABLE : BUDDY_RECLAIMABLE;
}

static void tell(const struct sim_workload *w, struct sim_work_op *op, enum sim_work_kind kind, uint32_t id)
{
	const struct slot *slot = &w->slots[id];

	*op = (struct sim_work_op){ .id = id, .pages = slot->pages, .cpu = (uint16_t)w->cpu, .kind = (uint8_t)kind,
				    .order = slot->order, .type = slot->flags >> SLOT_TYPE_SHIFT,
				    .sized = slot->flags & SLOT_SIZED };
}

static uint32_t new_id(struct sim_workload *w, uint32_t pages, unsigned order, unsigned type, unsigned flags)
{
	uint32_t id = w->spare_count ? w->spare[--w->spare_count] : w->fresh_id++;

	w->slots[id] = (struct slot){ (uint16_t)pages, (uint8_t)order, (uint8_t)(type << SLOT_TYPE_SHIFT | flags) };
	w->asked_pages += pages;
	return id;
}

static void drop_id(struct sim_workload *w, struct sim_work_op *op, uint32_t id)
{
	tell(w, op, SIM_WORK_FREE, id);
	w->asked_pages -= op->pages;
	w->spare[w->spare_count++] = id;
}

static void pool_add(struct sim_workload *w, struct pool *pool, uint32_t id)
{
	uint32_t at = pool->first + pool->count++;

	pool->ids[at < w->id_count ? at : at - w->id_count] = id;
}

static uint32_t pool_take_random(struct pool *pool, uint64_t bits)
{
	uint32_t at = below(bits, pool->count), id = pool->ids[at];

	pool->ids[at] = pool->ids[--pool->count];
	return id;
}

static uint32_t pool_take_first(struct sim_workload *w, struct pool *pool)
{
	uint32_t id = pool->ids[pool->first++];

	if (pool->first == w->id_count)
		pool->first = 0;
	pool->count--;
	return id;
}

static uint32_t choose(struct sim_workload *w, uint64_t bits)
{
	struct pool *pool = &w->pools[0];

	switch ((enum sim_work_life)w->params.value[SIM_WORK_LIFE]) {
	case SIM_LIFE_FIFO:
		return pool_take_first(w, pool);
	case SIM_LIFE_LIFO:
		return pool->ids[--pool->count];
	case SIM_LIFE_BIMODAL: {
		uint64_t eager = pool->count * w->params.value[SIM_WORK_RATIO], all = eager + w->pools[1].count;

		if ((bits >> 40) * all >> 24 >= eager)
			pool = &w->pools[1];
		return pool_take_random(pool, bits);
	}
	default:
		return pool_take_random(pool, bits);
	}
}

static void mix_alloc(struct sim_workload *w, struct sim_work_op *op, uint64_t bits)
{
	const uint64_t *v = w->params.value;
	bool is_long = v[SIM_WORK_LIFE] == SIM_LIFE_BIMODAL && !percent(bits >> 32, v[SIM_WORK_SHORT]);
	uint64_t more = draw(w);
	unsigned type, order, flags = is_long ? SLOT_LONG : 0;
	uint32_t pages, id;

	if (percent(bits, v[SIM_WORK_SIZED])) {
		pages = draw_size(w);
		(void)pageman_order_for_pages(pages, &order); /* the keys' ranges see to it */
		type = v[SIM_WORK_SIZED_TYPE] == SIM_SIZED_MIXED ? draw_type(w, more >> 32) : BUDDY_UNMOVABLE;
		flags |= SLOT_SIZED;
	} else {
		order = draw_order(more, (enum sim_work_orders)v[SIM_WORK_ORDERS], (unsigned)v[SIM_WORK_TOP]);
		pages = UINT32_C(1) << order;
		type = draw_type(w, more >> 32);
	}
	id = new_id(w, pages, order, type, flags);
	pool_add(w, &w->pools[is_long], id);
	tell(w, op, SIM_WORK_ALLOC, id);
}

/* Fills, then frees all but every so-manieth. Return: false when that is done. */
static bool prepare(struct sim_workload *w, struct sim_work_op *op)
{
	const uint64_t *v = w->params.value;
	unsigned order = (unsigned)v[SIM_WORK_FILL_ORDER];
	uint32_t pages = UINT32_C(1) << order;

	if (w->stage == STAGE_FILL && w->asked_pages + pages <= w->fill_pages) {
		tell(w, op, SIM_WORK_ALLOC, new_id(w, pages, order, draw_type(w, draw(w)), 0));
		w->filled++;
		return true;
	}
	w->stage = STAGE_THIN;
	if (w->thin_at % v[SIM_WORK_KEEP] == 0)
		w->thin_at++;
	if (w->thin_at < w->filled) {
		drop_id(w, op, w->thin_at++);
		return true;
	}
	w->stage = STAGE_MIX;
	return false;
}

static uint64_t target_pages(const struct sim_workload *w)
{
	uint64_t period = w->params.value[SIM_WORK_PERIOD], at;

	if (w->high_pages == w->low_pages)
		return w->high_pages;
	at = w->mixed_ops % period;
	if (w->params.value[SIM_WORK_WAVE] == SIM_WAVE_BURST)
		return at < period / 2 ? w->high_pages : w->low_pages;
	return w->low_pages + (uint64_t)((double)(w->high_pages - w->low_pages) * ((double)at / (double)period));
}

void sim_workload_next(struct sim_workload *w, struct sim_work_op *op)
{
	const uint64_t *v = w->params.value;
	uint64_t bits = draw(w);
	bool empty;

	if (v[SIM_WORK_CPUS] > 1 && !(bits >> 34 & (CPU_STAY - 1)))
		w->cpu = below(draw(w), (uint32_t)v[SIM_WORK_CPUS]);
	if (w->stage != STAGE_MIX && prepare(w, op))
		return;
	empty = !w->pools[0].count && !w->pools[1].count;
	if ((w->asked_pages < target_pages(w) && w->asked_pages < v[SIM_WORK_MEM]) || empty) {
		mix_alloc(w, op, bits);
	} else {
		drop_id(w, op, choose(w, bits));
		op->stray = op->sized && percent(bits >> 16, v[SIM_WORK_STRAY]);
	}
	w->mixed_ops++;
}

bool sim_workload_end(struct sim_workload *w, struct sim_work_op *op)
{
	bool ring = w->params.value[SIM_WORK_LIFE] == SIM_LIFE_FIFO;

	w->stage = STAGE_MIX;
	for (unsigned i = 0; i < 2; i++) {
		struct pool *pool = &w->pools[i];

		if (pool->count) {
			drop_id(w, op, ring ? pool_take_first(w, pool) : pool->ids[--pool->count]);
			return true;
		}
	}
	while (w->end_at < w->filled) {
		uint32_t id = w->end_at++;

		/* Those that stay, and those that had not been thinned out yet. */
		if (id % w->params.value[SIM_WORK_KEEP] == 0 || id >= w->thin_at) {
			drop_id(w, op, id);
			return true;
		}
	}
	return false;
}
