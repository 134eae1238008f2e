// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Draws a case: a machine, a workload of the generator with other parameters than usual, and between its requests what
 * the generator does not have.
 *
 * Interface: fuzz_draw, fuzz_case_fini (fuzz.h).
 * Invariant: everything follows from the choices, the seed and the number; nothing from what an allocator does.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "fuzz.h"

#define EXTRA_EVERY 24      /* operations of the generator, on average, to one of ours */
#define ISOLATED_MAX 16     /* ids of blocks that are isolated */
#define URGENT_PERCENT 6

struct drawing {
	uint64_t random;
	struct fuzz_case *c;
	uint64_t start_pfn, end_pfn; /* from the first zone to the last */
	uint32_t work_ids;
	bool urgent;                 /* requests that may not sleep occur */
	bool settings;               /* watermarks and per-CPU limits change on the way */
};

static uint64_t below(struct drawing *d, uint64_t bound)
{
	return sim_draw(&d->random) % bound;
}

static uint64_t between(struct drawing *d, uint64_t low, uint64_t high)
{
	return low + below(d, high - low + 1);
}

static bool percent(struct drawing *d, unsigned share)
{
	return below(d, 100) < share;
}

/* --- The machine --- */

static void draw_zones(struct drawing *d, uint64_t pages_min)
{
	struct fuzz_start *s = &d->c->start;
	uint64_t pages = between(d, pages_min, percent(d, 60) ? pages_min + 600 : pages_min + 2000), first = pages;
	uint64_t start_pfn = percent(d, 30) ? 1024 * below(d, 4) : below(d, 4096);

	/* Two zones meet between pageblocks: one that both share has one type in a kernel, so kernels avoid it. */
	if (percent(d, 30)) {
		uint64_t block_pages = UINT64_C(1) << s->pageblock_order;
		uint64_t border_pfn = (start_pfn + between(d, pages / 4, pages * 3 / 4)) & ~(block_pages - 1);

		if (border_pfn > start_pfn + 64)
			first = border_pfn - start_pfn;
	}
	s->zone_count = first < pages ? 2 : 1;
	s->zones[0].type = s->zone_count == 2 ? BUDDY_ZONE_DMA32 : BUDDY_ZONE_NORMAL;
	s->zones[0].start_pfn = start_pfn;
	s->zones[0].pages = first;
	s->zones[1].type = BUDDY_ZONE_NORMAL;
	s->zones[1].start_pfn = start_pfn + first;
	s->zones[1].pages = pages - first;
	d->start_pfn = start_pfn;
	d->end_pfn = start_pfn + pages;
}

static void draw_start(struct drawing *d, const struct fuzz_choices *choices, uint64_t pages_min)
{
	static const uint8_t pageblock_orders[] = { 9, 9, 9, 10, 8, 7, 6, 5, 4 };
	struct fuzz_start *s = &d->c->start;

	s->cpu_count = (uint32_t)between(d, 1, choices->cpus);
	s->pageblock_order = pageblock_orders[below(d, sizeof(pageblock_orders))];
	s->with_cma = percent(d, 25);
	s->pcp = percent(d, 80);
	draw_zones(d, pages_min);
}

/* --- The workload --- */

static void set_number(struct drawing *d, struct sim_work_params *p, enum sim_work_key key, uint64_t low, uint64_t high)
{
	uint64_t value = between(d, low, high);

	if (percent(d, 35))
		p->value[key] = value;
}

static void set_word(struct drawing *d, struct sim_work_params *p, enum sim_work_key key)
{
	set_number(d, p, key, 0, sim_work_key_at(key)->max);
}

/* A zone of a few hundred frames has no room for what the profiles ask of a machine. */
static void fit_sizes(struct sim_work_params *p, uint64_t pages)
{
	uint64_t *v = p->value, max = pages / 8 < 512 ? pages / 8 : 512;

	if (v[SIM_WORK_ODD])
		max = pages / 2 < 511 ? pages / 2 : 511; /* the profile's sizes are large, and that is what it is for */
	if (v[SIM_WORK_MAX] > max)
		v[SIM_WORK_MAX] = max;
	if (v[SIM_WORK_MIN] > v[SIM_WORK_MAX] || (v[SIM_WORK_ODD] && v[SIM_WORK_MIN] + 2 > v[SIM_WORK_MAX]))
		v[SIM_WORK_MIN] = 1;
	if (v[SIM_WORK_ODD] && v[SIM_WORK_MAX] < 3)
		v[SIM_WORK_MAX] = 3;
	if (v[SIM_WORK_UNMOVABLE] + v[SIM_WORK_MOVABLE] > 100)
		v[SIM_WORK_UNMOVABLE] = 100 - v[SIM_WORK_MOVABLE];
	if (v[SIM_WORK_LOW] > v[SIM_WORK_OCCUPANCY])
		v[SIM_WORK_LOW] = v[SIM_WORK_OCCUPANCY] / 2;
}

static void draw_params(struct drawing *d, struct sim_work_params *p)
{
	uint64_t *v = p->value;

	v[SIM_WORK_SEED] = sim_draw(&d->random) | 1;
	v[SIM_WORK_MEM] = d->end_pfn - d->start_pfn;
	v[SIM_WORK_CPUS] = d->c->start.cpu_count;
	v[SIM_WORK_PERIOD] = between(d, 200, 2000);
	v[SIM_WORK_STRAY] = between(d, 0, 20);
	set_number(d, p, SIM_WORK_OCCUPANCY, 30, 100);
	set_word(d, p, SIM_WORK_WAVE);
	set_number(d, p, SIM_WORK_LOW, 0, 60);
	set_number(d, p, SIM_WORK_FILL, 0, 80);
	set_number(d, p, SIM_WORK_FILL_ORDER, 0, 3);
	set_number(d, p, SIM_WORK_KEEP, 2, 6);
	set_number(d, p, SIM_WORK_SIZED, 10, 100);
	set_number(d, p, SIM_WORK_MAX, 2, 200);
	set_word(d, p, SIM_WORK_SIZED_TYPE);
	set_word(d, p, SIM_WORK_ORDERS);
	set_number(d, p, SIM_WORK_TOP, 0, 7);
	set_number(d, p, SIM_WORK_UNMOVABLE, 0, 60);
	set_number(d, p, SIM_WORK_MOVABLE, 0, 60);
	set_word(d, p, SIM_WORK_LIFE);
	set_number(d, p, SIM_WORK_SHORT, 10, 90);
	set_number(d, p, SIM_WORK_RATIO, 2, 100);
	fit_sizes(p, v[SIM_WORK_MEM]);
}

/* --- What the generator does not have --- */

static struct fuzz_op *new_op(struct drawing *d, enum fuzz_op_kind kind)
{
	struct fuzz_op *op = &d->c->ops[d->c->op_count++];

	memset(op, 0, sizeof(*op));
	op->kind = (uint8_t)kind;
	op->work.cpu = (uint16_t)below(d, d->c->start.cpu_count);
	return op;
}

static void draw_limits(struct drawing *d, struct fuzz_op *op)
{
	op->value[0] = below(d, d->c->start.zone_count);
	op->value[1] = percent(d, 20) ? 0 : between(d, 1, 96);      /* high */
	op->value[2] = between(d, 1, 31);                           /* batch */
	op->value[3] = op->value[1];                                /* high_min */
	op->value[4] = op->value[1] + (percent(d, 50) ? 0 : below(d, 96)); /* high_max */
}

static void draw_marks(struct drawing *d, struct fuzz_op *op)
{
	uint64_t pages;

	op->value[0] = below(d, d->c->start.zone_count);
	pages = d->c->start.zones[op->value[0]].pages;
	op->value[1] = below(d, pages / 16 + 1);
	op->value[2] = op->value[1] + below(d, pages / 32 + 1);
	op->value[3] = op->value[2] + below(d, pages / 32 + 1);
	op->value[4] = percent(d, 70) ? 0 : below(d, pages / 8 + 1);
}

static void draw_extra(struct drawing *d)
{
	static const uint8_t kinds[] = { FUZZ_ISOLATE, FUZZ_ISOLATE, FUZZ_PUTBACK, FUZZ_PUTBACK, FUZZ_DRAIN, FUZZ_DRAIN,
					 FUZZ_FOLD, FUZZ_FOLD, FUZZ_DECAY, FUZZ_RECLAIM, FUZZ_UNRESERVE,
					 FUZZ_MOVE_BLOCK, FUZZ_PCP_LIMITS, FUZZ_MARKS, FUZZ_KSWAPD };
	const unsigned settings = d->settings ? 0 : 3; /* of the last ones to leave out */
	struct fuzz_op *op = new_op(d, kinds[below(d, sizeof(kinds) - settings)]);
	struct fuzz_start *s = &d->c->start;

	op->work.id = d->work_ids + (uint32_t)below(d, ISOLATED_MAX);
	op->work.type = (uint8_t)below(d, BUDDY_PCP_TYPE_COUNT);
	op->value[0] = below(d, s->zone_count);
	switch (op->kind) {
	case FUZZ_ISOLATE:
	case FUZZ_MOVE_BLOCK:
		op->value[0] = d->start_pfn + below(d, d->end_pfn - d->start_pfn);
		break;
	case FUZZ_DRAIN:
		op->value[1] = below(d, s->cpu_count);
		break;
	case FUZZ_PCP_LIMITS:
		draw_limits(d, op);
		break;
	case FUZZ_MARKS:
		draw_marks(d, op);
		break;
	case FUZZ_KSWAPD:
	case FUZZ_UNRESERVE:
		op->value[0] = percent(d, 50);
		break;
	default:
		break;
	}
}

static void draw_ops(struct drawing *d, struct sim_workload *workload, uint32_t count)
{
	while (d->c->op_count < count) {
		struct fuzz_op *op;

		if (!below(d, EXTRA_EVERY)) {
			draw_extra(d);
			continue;
		}
		op = new_op(d, FUZZ_WORK);
		sim_workload_next(workload, &op->work);
		if (d->urgent && percent(d, URGENT_PERCENT))
			op->urgency = (uint8_t)between(d, FUZZ_ATOMIC, FUZZ_NO_WAIT);
	}
}

/* --- All of it --- */

static void choose(const struct fuzz_choices *choices, uint64_t number, struct fuzz_case *c,
		   const struct sim_work_profile **profile)
{
	uint64_t policy = number % choices->policy_count, rest = number / choices->policy_count;
	uint64_t kernel = rest % choices->kernel_count;

	rest /= choices->kernel_count;
	c->policy = choices->policies[policy];
	c->start.kernel = choices->kernels[kernel];
	*profile = choices->profiles[(policy + kernel + rest) % choices->profile_count];
	c->profile = (*profile)->name;
}

int fuzz_draw(const struct fuzz_choices *choices, uint64_t seed, uint64_t number, uint32_t op_count,
	      struct fuzz_case *out)
{
	struct drawing d = { .random = sim_mix(seed * SIM_DRAW_STEP + number), .c = out };
	const struct sim_work_profile *profile;
	struct sim_workload *workload;
	struct sim_work_params params;
	char spec[64];

	*out = (struct fuzz_case){ .number = number };
	choose(choices, number, out, &profile);
	snprintf(spec, sizeof(spec), "%s%s", SIM_WORKLOAD_PREFIX, profile->name);
	if (sim_workload_parse(spec, &params, NULL))
		return -EINVAL;
	draw_start(&d, choices, params.value[SIM_WORK_ODD] ? 1100 : 300);
	draw_params(&d, &params);
	d.urgent = percent(&d, 40);
	d.settings = percent(&d, 40);
	workload = sim_workload_create(&params);
	out->ops = malloc((op_count + 1u) * sizeof(*out->ops));
	if (!workload || !out->ops) {
		sim_workload_destroy(workload);
		fuzz_case_fini(out);
		return -ENOMEM;
	}
	d.work_ids = sim_workload_ids(workload);
	out->id_count = d.work_ids + ISOLATED_MAX;
	draw_ops(&d, workload, op_count);
	sim_workload_destroy(workload);
	return 0;
}

void fuzz_case_fini(struct fuzz_case *c)
{
	free(c->ops);
	c->ops = NULL;
}
