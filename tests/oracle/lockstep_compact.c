// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compaction on both sides, a pageblock at a time, and the decisions around it.
 *
 * A run's operations are spread over a stream of others, as in a kernel. Each does what compact_zone() does between two
 * looks at whether it is over: a range of the migrate scanner, the migration of some of what is held there, the refills
 * that this needs, a drain when one is due. The last one frees what is left in stock.
 *
 *      begin -> [ next_source -> scanned -> { take | refill, take | return }* -> migrated -> drains -> finished ]*
 *            -> release* -> end
 *
 * Interface: lockstep_compact, lockstep_decide, lockstep_in_stock (lockstep.h).
 * Invariant: frames in stock are marked in stock[], and nothing else frees them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lockstep.h"

#define CHOSEN_MAX 8u

static bool same(struct lockstep *l, const char *what, int64_t reference, int64_t model)
{
	if (reference == model)
		return true;
	snprintf(l->message, sizeof(l->message), "%s: reference %" PRId64 ", model %" PRId64, what, reference, model);
	return false;
}

static bool same_run(struct lockstep *l, const char *step)
{
	char difference[256];

	if (ref_same_run(l->ref_run, l->buddy, &l->run, difference, sizeof(difference)))
		return true;
	snprintf(l->message, sizeof(l->message), "the run after %s: %s", step, difference);
	return false;
}

/* --- Stock ------------------------------------------------------------------------------------------------------- */

static void set_stock(struct lockstep *l, uint64_t pfn, unsigned order, bool stock)
{
	memset(&l->stock[pfn - l->start_pfn], stock, (size_t)1 << order);
}

bool lockstep_in_stock(const struct lockstep *l, uint64_t pfn, unsigned order)
{
	for (uint64_t i = pfn; order < BUDDY_ORDER_COUNT && i < pfn + (UINT64_C(1) << order); i++)
		if (i >= l->start_pfn && i < l->end_pfn && l->stock[i - l->start_pfn])
			return true;
	return false;
}

static bool same_block(struct lockstep *l, const char *what, int reference, uint64_t reference_pfn,
		       unsigned reference_order, int model, uint64_t pfn, unsigned order)
{
	if (reference == model && (model || (reference_pfn == pfn && reference_order == order)))
		return true;
	snprintf(l->message, sizeof(l->message), "%s: reference %d, 0x%" PRIx64 " of order %u, model %d, 0x%" PRIx64
		 " of order %u", what, reference, reference_pfn, reference_order, model, pfn, order);
	return false;
}

/* What a step isolated, on both sides, is in stock from now on. */
static bool same_isolated(struct lockstep *l, const char *step, int reference, uint64_t reference_pfn,
			  unsigned reference_order, int model, uint64_t pfn, unsigned order)
{
	if (!same_block(l, step, reference, reference_pfn, reference_order, model, pfn, order))
		return false;
	if (!model)
		set_stock(l, pfn, order, true);
	return same_run(l, step);
}

static bool search(struct lockstep *l, uint32_t cpu)
{
	uint64_t reference_pfn = 0, pfn = 0;
	unsigned reference_order = 0, order = 0;
	int reference = ref_compact_search(l->ref_run, cpu, &reference_pfn, &reference_order);
	int model = buddy_compact_search(l->buddy, &l->run, cpu, &pfn, &order);

	return same_isolated(l, "compact_search", reference, reference_pfn, reference_order, model, pfn, order);
}

/* *over: the range has no more. */
static bool isolate(struct lockstep *l, uint32_t cpu, bool *over)
{
	uint64_t reference_pfn = 0, pfn = 0;
	unsigned reference_order = 0, order = 0;
	int reference = ref_compact_isolate(l->ref_run, cpu, &reference_pfn, &reference_order);
	int model = buddy_compact_isolate(l->buddy, &l->run, cpu, &pfn, &order);

	*over = model;
	return same_isolated(l, "compact_isolate", reference, reference_pfn, reference_order, model, pfn, order);
}

static bool same_range(struct lockstep *l, const char *what, int reference, const struct buddy_range *r, int model,
		       const struct buddy_range *m)
{
	if (!same(l, what, reference, model))
		return false;
	if (r->start_pfn == m->start_pfn && r->end_pfn == m->end_pfn && r->stride == m->stride)
		return true;
	snprintf(l->message, sizeof(l->message), "%s: reference [0x%" PRIx64 ", 0x%" PRIx64 ") by %" PRIu64
		 ", model [0x%" PRIx64 ", 0x%" PRIx64 ") by %" PRIu64, what, r->start_pfn, r->end_pfn, r->stride,
		 m->start_pfn, m->end_pfn, m->stride);
	return false;
}

static bool refill(struct lockstep *l, uint32_t cpu)
{
	bool more = search(l, cpu);

	while (more) {
		struct buddy_range r = { 0 }, m = { 0 };
		bool reference = ref_compact_next_target(l->ref_run, &r);
		bool model = buddy_compact_next_target(l->buddy, &l->run, &m);
		bool over = false;

		if (!same_range(l, "compact_next_target", reference, &r, model, &m) ||
		    !same_run(l, "compact_next_target"))
			return false;
		if (!model)
			return true;
		while (!over)
			if (!isolate(l, cpu, &over))
				return false;
		ref_compact_target_scanned(l->ref_run);
		buddy_compact_target_scanned(l->buddy, &l->run);
		more = same_run(l, "compact_target_scanned");
	}
	return false;
}

/* --- Migration --------------------------------------------------------------------------------------------------- */

static bool take(struct lockstep *l, unsigned order, int *result_out, uint64_t *pfn_out)
{
	uint64_t reference_pfn = 0;
	int reference = ref_compact_take(l->ref_run, order, &reference_pfn);

	*result_out = buddy_compact_take(l->buddy, &l->run, order, pfn_out);
	if (!same_block(l, "compact_take", reference, reference_pfn, order, *result_out, *pfn_out, order))
		return false;
	if (!*result_out)
		set_stock(l, *pfn_out, order, false);
	return same_run(l, "compact_take");
}

static bool give_back(struct lockstep *l, uint64_t pfn, unsigned order)
{
	int reference = ref_compact_return(l->ref_run, pfn, order);
	int model = buddy_compact_return(l->buddy, &l->run, pfn, order);

	if (!same(l, "compact_return", reference, model))
		return false;
	if (!model)
		set_stock(l, pfn, order, true);
	return same_run(l, "compact_return");
}

static bool free_block(struct lockstep *l, uint32_t cpu, uint64_t pfn, unsigned order)
{
	struct lockstep_op op = { .kind = LOCKSTEP_FREE, .cpu = cpu, .pfn = pfn, .order = order };

	lockstep_release(l, pfn, order);
	return lockstep_apply(l->buddy, l->ref, &op, NULL, l->message, sizeof(l->message));
}

/* One block of @from goes where compaction says. *failed: it stays. */
static bool move(struct lockstep *l, uint64_t *random, uint32_t cpu, const struct lockstep_held *from, bool *failed)
{
	uint64_t pfn = 0;
	int result;

	if (!take(l, from->order, &result, &pfn))
		return false;
	if (result && !(refill(l, cpu) && take(l, from->order, &result, &pfn)))
		return false;
	*failed = result;
	if (result)
		return true;
	if (lockstep_draw(random) % 8 == 0) {
		*failed = true;
		return give_back(l, pfn, from->order);
	}
	if (!free_block(l, cpu, from->pfn, from->order))
		return false;
	lockstep_hold(l, pfn, from->order);
	return true;
}

static bool migrate(struct lockstep *l, uint64_t *random, uint32_t cpu, const struct lockstep_held *chosen,
		    unsigned count)
{
	bool failed = false, reference, model;

	for (unsigned i = 0; i < count && !failed; i++)
		if (!move(l, random, cpu, &chosen[i], &failed))
			return false;
	reference = ref_compact_migrated(l->ref_run, failed);
	model = buddy_compact_migrated(l->buddy, &l->run, failed);
	l->run_again = model;
	return same(l, "compact_migrated", reference, model) && same_run(l, "compact_migrated");
}

/* --- A range of the migrate scanner ------------------------------------------------------------------------------ */

/* Some of what is held in [start, end). Return: how many; *pages_out: their frames. */
static unsigned choose_held(const struct lockstep *l, uint64_t *random, uint64_t start, uint64_t end,
			    struct lockstep_held *chosen, uint32_t *pages_out)
{
	unsigned count = 0, most = (unsigned)(lockstep_draw(random) % (CHOSEN_MAX + 1));

	*pages_out = 0;
	for (uint32_t i = 0; i < l->held_count && count < most; i++) {
		const struct lockstep_held *h = &l->held[i];

		if (h->pfn < start || h->pfn + (UINT64_C(1) << h->order) > end || lockstep_draw(random) % 4 == 0)
			continue;
		chosen[count++] = *h;
		*pages_out += 1u << h->order;
	}
	return count;
}

static bool scan(struct lockstep *l, uint64_t *random, const struct buddy_range *range, uint32_t cpu)
{
	struct lockstep_held chosen[CHOSEN_MAX];
	uint64_t reached_pfn = range->end_pfn;
	uint32_t pages = 0;
	unsigned count = 0;
	bool reference = ref_compact_source_empty(l->ref_run, range);
	bool model = buddy_compact_source_empty(l->buddy, &l->run, range);

	if (!same(l, "compact_source_empty", reference, model))
		return false;
	if (!model) {
		if (lockstep_draw(random) & 1)
			reached_pfn -= lockstep_draw(random) % (range->end_pfn - range->start_pfn);
		count = choose_held(l, random, range->start_pfn, reached_pfn, chosen, &pages);
	}
	ref_compact_source_scanned(l->ref_run, range, reached_pfn, pages);
	buddy_compact_source_scanned(l->buddy, &l->run, range, reached_pfn, pages);
	return same_run(l, "compact_source_scanned") && (!pages || migrate(l, random, cpu, chosen, count));
}

/* --- A run ------------------------------------------------------------------------------------------------------- */

static const struct {
	uint8_t mode;
	uint32_t flags;
	bool ordered;
} run_kinds[8] = {
	{ BUDDY_COMPACT_ASYNC, BUDDY_COMPACT_DIRECT, true },
	{ BUDDY_COMPACT_ASYNC, BUDDY_COMPACT_DIRECT, true },
	{ BUDDY_COMPACT_SYNC_LIGHT, BUDDY_COMPACT_DIRECT, true },
	{ BUDDY_COMPACT_SYNC_LIGHT,
	  BUDDY_COMPACT_DIRECT | BUDDY_COMPACT_WHOLE_ZONE | BUDDY_COMPACT_IGNORE_SKIP | BUDDY_COMPACT_ANY_TARGET,
	  true },
	{ BUDDY_COMPACT_SYNC_LIGHT, 0, true }, /* kcompactd */
	{ BUDDY_COMPACT_SYNC_LIGHT,
	  BUDDY_COMPACT_PROACTIVE | BUDDY_COMPACT_WHOLE_ZONE | BUDDY_COMPACT_IGNORE_SKIP, false },
	{ BUDDY_COMPACT_SYNC, BUDDY_COMPACT_WHOLE_ZONE | BUDDY_COMPACT_IGNORE_SKIP, false },
	{ BUDDY_COMPACT_SYNC, BUDDY_COMPACT_NO_SET_SKIP | BUDDY_COMPACT_ANY_TARGET, true },
};

static bool begin(struct lockstep *l, uint64_t *random)
{
	uint32_t zone = (uint32_t)(lockstep_draw(random) % l->machine.config.zone_count);
	unsigned kind = (unsigned)(lockstep_draw(random) % 8);

	l->run = (struct buddy_compaction){ .zone = zone,
					    .order = BUDDY_WHOLE_ZONE,
					    .type = (uint8_t)(lockstep_draw(random) % BUDDY_PCP_TYPE_COUNT),
					    .mode = run_kinds[kind].mode,
					    .flags = run_kinds[kind].flags };
	if (run_kinds[kind].ordered)
		l->run.order = 1 + (int)(lockstep_draw(random) % BUDDY_ORDER_MAX);
	l->run.search_order = l->run.order;
	l->run_again = false;
	l->ref_run = ref_run_create(l->ref, &l->run);
	if (!l->ref_run) {
		snprintf(l->message, sizeof(l->message), "no memory for a run");
		return false;
	}
	ref_compact_begin(l->ref_run);
	buddy_compact_begin(l->buddy, &l->run);
	return same_run(l, "compact_begin");
}

static bool end(struct lockstep *l, uint32_t cpu)
{
	for (;;) {
		uint64_t reference_pfn = 0, pfn = 0;
		unsigned reference_order = 0, order = 0;
		int reference = ref_compact_release(l->ref_run, &reference_pfn, &reference_order);
		int model = buddy_compact_release(l->buddy, &l->run, &pfn, &order);

		if (!same_block(l, "compact_release", reference, reference_pfn, reference_order, model, pfn, order))
			return false;
		if (model)
			break;
		set_stock(l, pfn, order, false);
		if (!free_block(l, cpu, pfn, order))
			return false;
	}
	ref_compact_end(l->ref_run);
	buddy_compact_end(l->buddy, &l->run);
	if (!same_run(l, "compact_end"))
		return false;
	ref_run_destroy(l->ref_run);
	l->ref_run = NULL;
	return true;
}

static bool drain_if_due(struct lockstep *l, uint32_t cpu)
{
	struct lockstep_op op = { .kind = LOCKSTEP_DRAIN_ZONE, .cpu = cpu, .zone = l->run.zone, .list_cpu = cpu };
	bool reference = ref_compact_drains(l->ref_run), model = buddy_compact_drains(&l->run);

	return same(l, "compact_drains", reference, model) && same_run(l, "compact_drains") &&
	       (!model || lockstep_apply(l->buddy, l->ref, &op, NULL, l->message, sizeof(l->message)));
}

/* Whether it is over, as both sides see it. */
static bool look_at_end(struct lockstep *l, uint64_t *random, bool *over)
{
	uint64_t block = UINT64_C(1) << l->machine.config.pageblock_order;
	bool met = buddy_compact_met(l->buddy, &l->run);
	struct buddy_compact_state state = { .zone = l->run.zone,
					     .order = l->run.order,
					     .type = l->run.type,
					     .scanners_met = met,
					     .whole_zone = l->run.flags & BUDDY_COMPACT_WHOLE_ZONE,
					     .pageblock_done = l->run.migrate_pfn % block == 0,
					     .proactive = l->run.flags & BUDDY_COMPACT_PROACTIVE,
					     .kswapd_running = lockstep_draw(random) % 8 == 0,
					     .proactiveness = (uint8_t)(lockstep_draw(random) % 101) };
	enum buddy_compact_result reference, model;

	if (!same(l, "compact_met", ref_compact_met(l->ref_run), met))
		return false;
	reference = ref_compact_finished(l->ref, &state);
	model = buddy_compact_finished(l->buddy, &state);
	if (met) {
		ref_compact_restart(l->ref_run);
		buddy_compact_restart(l->buddy, &l->run);
	}
	*over = met || (model != BUDDY_COMPACT_NO_PAGE && model != BUDDY_COMPACT_CONTINUE) ||
		lockstep_draw(random) % 32 == 0;
	return same(l, "compact_finished", reference, model);
}

static bool go_on(struct lockstep *l, uint64_t *random, uint32_t cpu)
{
	struct buddy_range r = { 0 }, m = { 0 };
	bool over = false;
	int reference, model;

	if (!l->run_again) {
		if (!look_at_end(l, random, &over) || over)
			return over && end(l, cpu);
		ref_compact_iterate(l->ref_run);
		buddy_compact_iterate(l->buddy, &l->run);
	}
	l->run_again = false;
	reference = ref_compact_next_source(l->ref_run, &r);
	model = buddy_compact_next_source(l->buddy, &l->run, &m);
	if (!same_range(l, "compact_next_source", reference, &r, model, &m) || !same_run(l, "compact_next_source"))
		return false;
	if (!model && !scan(l, random, &m, cpu))
		return false;
	/* As in the kernel a pageblock is finished before anything is drained. */
	return l->run_again || drain_if_due(l, cpu);
}

bool lockstep_compact(struct lockstep *l, const struct lockstep_op *op)
{
	uint64_t random = op->pages | 1;

	lockstep_draw(&random);
	return (l->ref_run ? go_on(l, &random, op->cpu) : begin(l, &random)) &&
	       lockstep_same(l->buddy, l->ref, l->message, sizeof(l->message));
}

/* --- Decisions --------------------------------------------------------------------------------------------------- */

static bool decide_memory(struct lockstep *l, uint64_t *random, uint32_t zone, int order)
{
	const struct buddy_zone_config *z = &l->machine.config.zones[zone];
	uint64_t pfn = z->start_pfn + lockstep_draw(random) % z->spanned_pages;
	struct buddy_compact_zone memory;
	bool on = lockstep_draw(random) & 1;

	switch (lockstep_draw(random) % 6) {
	case 0:
		return same(l, "skip_set", ref_skip_set(l->ref, pfn, on), buddy_skip_set(l->buddy, pfn, on));
	case 1:
		/* Few pageblocks have one. */
		on = on && lockstep_draw(random) % 8 == 0;
		return same(l, "hole_set", ref_hole_set(l->ref, pfn, on), buddy_hole_set(l->buddy, pfn, on));
	case 2:
		buddy_compact_zone_get(l->buddy, zone, &memory);
		memory.flush = true;
		ref_compact_zone_set(l->ref, zone, &memory);
		buddy_compact_zone_set(l->buddy, zone, &memory);
		return true;
	case 3:
		return same(l, "skip_reset", ref_skip_reset(l->ref, zone), buddy_skip_reset(l->buddy, zone));
	case 4:
		ref_compact_defer(l->ref, zone, order);
		buddy_compact_defer(l->buddy, zone, order);
		return true;
	default:
		ref_compact_defer_reset(l->ref, zone, order, on);
		buddy_compact_defer_reset(l->buddy, zone, order, on);
		return true;
	}
}

static bool decide_round(struct lockstep *l, uint32_t node, const enum buddy_compact_result *results)
{
	uint32_t zones[BUDDY_ZONE_COUNT_MAX];
	unsigned count = ref_kcompactd_round(l->ref, node, results, zones), done = 0;
	struct buddy_round round;

	buddy_round_begin(l->buddy, node, &round);
	while (buddy_round_next(l->buddy, &round)) {
		if (done < count && !same(l, "zone of kcompactd's round", zones[done], round.zone))
			return false;
		buddy_round_done(l->buddy, &round, results[done++]);
	}
	return same(l, "zones of kcompactd's round", count, done);
}

static bool decide_pass(struct lockstep *l, uint64_t *random, const struct buddy_request *request,
			const enum buddy_compact_result *results)
{
	enum buddy_priority priority = (enum buddy_priority)(lockstep_draw(random) % 3);
	enum buddy_compact_result result;
	uint32_t zones[BUDDY_ZONE_COUNT_MAX];
	unsigned count, done = 0;
	struct buddy_pass pass;

	if (request->order >= BUDDY_ORDER_COUNT || request->cpu >= l->machine.config.cpu_count || request->node > 1)
		return true;
	count = ref_compact_pass(l->ref, request, priority, results, zones, &result);
	buddy_pass_begin(l->buddy, request, 0, priority, &pass);
	while (buddy_pass_next(l->buddy, &pass)) {
		if (done < count && !same(l, "zone of a pass", zones[done], pass.zone))
			return false;
		buddy_pass_done(l->buddy, &pass, results[done++]);
	}
	return same(l, "zones of a pass", count, done) && same(l, "result of a pass", result, pass.result);
}

static bool decide_daemon(struct lockstep *l, uint64_t *random, const struct buddy_request *request, int order,
			  unsigned highest)
{
	uint32_t node = (uint32_t)(lockstep_draw(random) % 2 && l->machine.zones[2].node == 1);
	enum buddy_compact_result results[BUDDY_ZONE_COUNT_MAX];

	for (unsigned i = 0; i < BUDDY_ZONE_COUNT_MAX; i++) {
		static const uint8_t ends[4] = { BUDDY_COMPACT_SUCCESS, BUDDY_COMPACT_COMPLETE, BUDDY_COMPACT_PARTIAL,
						 BUDDY_COMPACT_CONTENDED };

		results[i] = (enum buddy_compact_result)ends[lockstep_draw(random) % 4];
	}
	switch (lockstep_draw(random) % 6) {
	case 0:
		ref_kcompactd_slept(l->ref, node);
		buddy_kcompactd_slept(l->buddy, node);
		return true;
	case 1:
		ref_kcompactd_busy(l->ref, node);
		buddy_kcompactd_busy(l->buddy, node);
		return true;
	case 2:
		return decide_round(l, node, results);
	case 3:
		return decide_pass(l, random, request, results);
	case 4: {
		unsigned proactiveness = (unsigned)(lockstep_draw(random) % 101);

		return same(l, "proactive_wanted", ref_proactive_wanted(l->ref, node, proactiveness, false),
			    buddy_proactive_wanted(l->buddy, node, proactiveness, false));
	}
	default:
		return same(l, "kcompactd_ask", ref_kcompactd_ask(l->ref, node, (unsigned)order, highest),
			    buddy_kcompactd_ask(l->buddy, node, (unsigned)order, highest));
	}
}

static bool decide_whether(struct lockstep *l, uint64_t *random, uint32_t zone, int order, unsigned highest)
{
	unsigned flags = (unsigned)(lockstep_draw(random) % 3) | (lockstep_draw(random) & 1 ? BUDDY_ALLOC_CMA : 0u);

	if (lockstep_draw(random) % 8 == 0)
		order = BUDDY_WHOLE_ZONE;
	switch (lockstep_draw(random) % 4) {
	case 0:
		return same(l, "compact_suitable", ref_compact_suitable(l->ref, zone, order, flags, highest),
			    buddy_compact_suitable(l->buddy, zone, order, flags, highest));
	case 1:
		return same(l, "compact_wanted", ref_compact_wanted(l->ref, zone, order, flags, highest),
			    buddy_compact_wanted(l->buddy, zone, order, flags, highest));
	case 2:
		return same(l, "compact_deferred", ref_compact_deferred(l->ref, zone, order),
			    buddy_compact_deferred(l->buddy, zone, order));
	default:
		return same(l, "compact_restarting", ref_compact_restarting(l->ref, zone, order),
			    buddy_compact_restarting(l->buddy, zone, order));
	}
}

bool lockstep_decide(struct lockstep *l, const struct lockstep_op *op)
{
	uint64_t random = op->pages | 1;
	int order = (int)(op->request.order % BUDDY_ORDER_COUNT);
	unsigned highest = l->machine.config.zones[op->zone].type;
	bool ok;

	lockstep_draw(&random);
	switch (lockstep_draw(&random) % 3) {
	case 0:
		ok = decide_memory(l, &random, op->zone, order);
		break;
	case 1:
		ok = decide_daemon(l, &random, &op->request, order, highest);
		break;
	default:
		ok = decide_whether(l, &random, op->zone, order, highest);
	}
	return ok && lockstep_same(l->buddy, l->ref, l->message, sizeof(l->message));
}
