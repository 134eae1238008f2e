// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The slow path, kswapd's wake-ups and capture on both sides.
 *
 * What each step of a slow path comes to is drawn. The reference asks for the steps, the model has to want the same.
 *
 * Interface: lockstep_slow (lockstep.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lockstep.h"
#include "ref_slow.h"

#define CAPTURE_FREES 24u
#define STEPS_MOST 300u /* then an attempt succeeds: a request that must not fail tries for ever */

/* --- The slow path ---------------------------------------------------------------------------------------------- */

struct follow {
	struct lockstep *l;
	struct buddy_request request; /* the reference's */
	struct buddy_slowpath model;
	uint64_t random;
	unsigned steps;
	bool differs;
};

static bool same(struct follow *f, const char *what, uint64_t reference, uint64_t model)
{
	if (reference != model && !f->differs) {
		f->differs = true;
		snprintf(f->l->message, sizeof(f->l->message), "slow path of gfp 0x%x, task %u, order %u, step %u: %s: "
			 "reference 0x%" PRIx64 ", model 0x%" PRIx64, f->request.gfp, f->request.task,
			 f->request.order, f->steps, what, reference, model);
	}
	return !f->differs;
}

static bool same_step(struct follow *f, const struct ref_slow_step *r)
{
	const struct buddy_slowpath *m = &f->model;

	if (!same(f, "step", r->step, m->step))
		return false;
	switch (r->step) {
	case BUDDY_STEP_ATTEMPT:
		return same(f, "gfp", r->gfp, m->gfp) && same(f, "alloc_flags", r->alloc_flags, m->alloc_flags) &&
		       same(f, "wakes", r->wakes, m->wakes) && same(f, "compacted", r->compacted, m->compacted);
	case BUDDY_STEP_COMPACT:
		return same(f, "alloc_flags of a compaction", r->alloc_flags, m->alloc_flags) &&
		       same(f, "priority", r->priority, m->priority);
	case BUDDY_STEP_REVIEW:
		return same(f, "zone to review", r->zone, m->zone);
	default:
		return true;
	}
}

static struct buddy_outcome draw_outcome(struct follow *f, enum buddy_step step)
{
	static const uint8_t results[6] = { BUDDY_COMPACT_SKIPPED,  BUDDY_COMPACT_DEFERRED,  BUDDY_COMPACT_COMPLETE,
					    BUDDY_COMPACT_PARTIAL, BUDDY_COMPACT_CONTENDED, BUDDY_COMPACT_SUCCESS };
	struct buddy_outcome out = { 0 };

	switch (step) {
	case BUDDY_STEP_ATTEMPT:
		out.found = lockstep_draw(&f->random) % 24 == 0 || f->steps > STEPS_MOST;
		break;
	case BUDDY_STEP_COMPACT:
		out.found = lockstep_draw(&f->random) % 24 == 0;
		out.result = (enum buddy_compact_result)results[lockstep_draw(&f->random) % 6];
		break;
	case BUDDY_STEP_RECLAIM:
		out.pages = lockstep_draw(&f->random) % 2 * (lockstep_draw(&f->random) % 64);
		break;
	case BUDDY_STEP_REVIEW:
		out.pages = lockstep_draw(&f->random) % 2 * (lockstep_draw(&f->random) % 512);
		break;
	default:
		out.found = lockstep_draw(&f->random) % 3 == 0;
	}
	return out;
}

static struct buddy_outcome act(void *context, const struct ref_slow_step *step)
{
	struct follow *f = context;
	struct buddy_outcome out = { .found = true };

	f->steps++;
	if (!same_step(f, step))
		return out;
	out = draw_outcome(f, step->step);
	/* Somebody may come to be killed for its memory meanwhile. */
	if (lockstep_draw(&f->random) % 64 == 0) {
		f->request.task |= BUDDY_TASK_OOM_VICTIM;
		f->model.request.task = f->request.task;
	}
	buddy_slow_next(f->l->buddy, &f->model, &out);
	return out;
}

static bool slow_path(struct lockstep *l, uint64_t *random, const struct buddy_request *request)
{
	/* __GFP_NORETRY, RETRY_MAYFAIL, NOFAIL, THISNODE, NOMEMALLOC, MEMALLOC */
	static const uint32_t bits[6] = { 0x10000, 0x4000, 0x8000, 0x200000, 0x80000, 0x20000 };
	struct follow f = { .l = l, .request = *request };
	bool done;

	for (unsigned i = 0; i < 6; i++)
		if (lockstep_draw(random) % 5 == 0)
			f.request.gfp |= bits[i];
	if (lockstep_draw(random) % 5 == 0)
		f.request.gfp &= ~0x40u; /* __GFP_IO */
	/* Nobody waits in an interrupt. */
	if (lockstep_draw(random) % 5 == 0 || (f.request.task & BUDDY_TASK_INTERRUPT))
		f.request.gfp &= ~0x400u; /* __GFP_DIRECT_RECLAIM */
	f.random = lockstep_draw(random) | 1;
	buddy_slow_begin(l->buddy, &f.request, &f.model);
	done = ref_slow_path(l->ref, &f.request, act, &f);
	return same(&f, "its end", done ? BUDDY_STEP_DONE : BUDDY_STEP_FAIL, f.model.step);
}

/* --- kswapd ----------------------------------------------------------------------------------------------------- */

static bool same_boosts(struct lockstep *l, uint32_t node, uint32_t highest)
{
	struct buddy_boosts r, m;

	ref_boosts_read(l->ref, node, highest, &r);
	buddy_boosts_read(l->buddy, node, highest, &m);
	for (uint32_t i = 0; i < l->machine.config.zone_count; i++)
		if (r.pages[i] != m.pages[i] || r.boosted != m.boosted) {
			snprintf(l->message, sizeof(l->message), "boost of zone %u: reference %" PRIu64 ", model %"
				 PRIu64, i, r.pages[i], m.pages[i]);
			return false;
		}
	ref_boosts_give_back(l->ref, &r);
	buddy_boosts_give_back(l->buddy, &m);
	return true;
}

static bool kswapd(struct lockstep *l, uint64_t *random, uint32_t node, unsigned order, unsigned highest)
{
	bool sleeps = lockstep_draw(random) & 1, reference, model;

	switch (lockstep_draw(random) % 4) {
	case 0:
		ref_kswapd_sleeps(l->ref, node, sleeps);
		buddy_kswapd_sleeps(l->buddy, node, sleeps);
		return true;
	case 1:
		return same_boosts(l, node, highest);
	default:
		reference = ref_kswapd_ask(l->ref, node, order, highest);
		model = buddy_kswapd_ask(l->buddy, node, order, highest);
		if (reference != model)
			snprintf(l->message, sizeof(l->message), "kswapd is woken: reference %d, model %d", reference,
				 model);
		return reference == model;
	}
}

/* --- Capture ---------------------------------------------------------------------------------------------------- */

/* Frees some of what is held while a request waits for a block. */
static bool capture(struct lockstep *l, uint64_t *random, const struct lockstep_op *op)
{
	unsigned order = (unsigned)(lockstep_draw(random) % (l->machine.config.pageblock_order + 2));
	struct buddy_capture r = { .zone = op->zone,
				   .order = (uint8_t)(order < BUDDY_ORDER_MAX ? order : BUDDY_ORDER_MAX),
				   .type = (uint8_t)(lockstep_draw(random) % BUDDY_PCP_TYPE_COUNT) };
	struct buddy_capture m = r;
	bool ok = true;

	ref_set_capture(l->ref, &r);
	buddy_set_capture(l->buddy, &m);
	for (unsigned i = 0; i < CAPTURE_FREES && ok && l->held_count; i++) {
		struct lockstep_held h = l->held[lockstep_draw(random) % l->held_count];
		struct lockstep_op free_op = { .kind = lockstep_draw(random) & 1 ? LOCKSTEP_FREE : LOCKSTEP_FREE_DIRECT,
					       .cpu = op->cpu, .pfn = h.pfn, .order = h.order };

		/* Nobody isolates a part of a block, and who frees it would have to know. */
		if (h.order > l->machine.config.pageblock_order)
			continue;
		lockstep_release(l, h.pfn, h.order);
		ok = lockstep_apply(l->buddy, l->ref, &free_op, NULL, l->message, sizeof(l->message));
	}
	ref_set_capture(l->ref, NULL);
	buddy_set_capture(l->buddy, NULL);
	if (!ok)
		return false;
	if (r.done != m.done || (r.done && r.pfn != m.pfn)) {
		snprintf(l->message, sizeof(l->message), "capture: reference %d 0x%" PRIx64 ", model %d 0x%" PRIx64,
			 r.done, r.pfn, m.done, m.pfn);
		return false;
	}
	if (m.done)
		lockstep_hold(l, m.pfn, m.order);
	return true;
}

bool lockstep_slow(struct lockstep *l, const struct lockstep_op *op)
{
	uint64_t random = op->pages | 1;
	const struct buddy_request *r = &op->request;
	bool ok;

	if (r->order >= BUDDY_ORDER_COUNT || r->cpu >= l->machine.config.cpu_count || r->node >= BUDDY_NODE_COUNT_MAX)
		return true;
	lockstep_draw(&random);
	switch (lockstep_draw(&random) % 4) {
	case 0:
		ok = kswapd(l, &random, r->node, r->order, l->machine.config.zones[op->zone].type);
		break;
	case 1:
		ok = capture(l, &random, op);
		break;
	default:
		ok = slow_path(l, &random, r);
	}
	return ok && lockstep_same(l->buddy, l->ref, l->message, sizeof(l->message));
}
