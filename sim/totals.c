// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names for the numbers of a run.
 *
 * Interface: totals.h.
 */
#include "totals.h"

#include <assert.h>

static void put(struct sim_total *list, unsigned *count, const char *side, const char *name, uint64_t value)
{
	assert(*count < SIM_TOTALS_MAX);
	list[*count].name = name;
	list[*count].side = side;
	list[(*count)++].value = value;
}

static uint64_t sum(const uint64_t *values, unsigned count)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < count; i++)
		total += values[i];
	return total;
}

static void put_requests(struct sim_total *list, unsigned *n, const struct sim_replay_totals *t)
{
	uint64_t kept = t->exact.pages_kept + t->kmalloc.pages_kept;
	uint64_t block = t->exact.pages_block + t->kmalloc.pages_block;

	put(list, n, "request", "requests", sum(t->requests, BUDDY_ORDER_COUNT));
	put(list, n, "request", "frees", t->frees);
	put(list, n, "request", "failures", sum(t->failures, BUDDY_ORDER_COUNT));
	put(list, n, "request", "sized_requests", t->exact.requests + t->kmalloc.requests);
	put(list, n, "request", "sized_exact_requests", t->exact.requests);
	put(list, n, "request", "sized_kmalloc_requests", t->kmalloc.requests);
	put(list, n, "request", "sized_odd_requests", t->exact.odd + t->kmalloc.odd);
	put(list, n, "request", "sized_trimmed", t->exact.trimmed + t->kmalloc.trimmed);
	put(list, n, "request", "sized_released", t->exact.released + t->kmalloc.released);
	put(list, n, "request", "sized_bytes", t->exact.bytes + t->kmalloc.bytes);
	put(list, n, "request", "sized_pages_asked", t->exact.pages_asked + t->kmalloc.pages_asked);
	put(list, n, "request", "sized_pages_block", block);
	put(list, n, "request", "sized_pages_kept", kept);
	put(list, n, "request", "sized_pages_saved", block - kept);
}

static void put_state(struct sim_total *list, unsigned *n, const struct sim_replay_totals *t,
		      const struct sim_state *end)
{
	put(list, n, "state", "free_pages_end", end->all.free_pages);
	put(list, n, "state", "pcp_pages_end", end->all.pcp_pages);
	put(list, n, "state", "free_blocks_order9_end", end->all.free_blocks[9]);
	put(list, n, "state", "free_blocks_order10_end", end->all.free_blocks[10]);
	put(list, n, "state", "unusable_permille_order4_end", (uint64_t)end->all.unusable_permille[4]);
	put(list, n, "state", "unusable_permille_order9_end", (uint64_t)end->all.unusable_permille[9]);
	put(list, n, "state", "held_pages_end", t->held_pages);
	put(list, n, "state", "saved_pages_end", t->account.rounded_pages - t->account.taken_pages);
	put(list, n, "state", "saved_pages_peak", t->account.saved_peak_pages);
}

static void add_lists(struct buddy_stats *sum_of, const struct buddy_stats *s)
{
	sum_of->list_adds += s->list_adds;
	sum_of->list_removals += s->list_removals;
	sum_of->list_moves += s->list_moves;
	sum_of->pcp_list_ops += s->pcp_list_ops;
	sum_of->splits += s->splits;
	sum_of->merges += s->merges;
	sum_of->zone_locks += s->zone_locks;
	sum_of->pcp_locks += s->pcp_locks;
}

static void put_cost(struct sim_total *list, unsigned *n, const struct sim_replay_totals *t,
		     const struct buddy_stats *c)
{
	const struct sim_deed_cost *d = t->account.cost;
	struct buddy_stats p = { 0 };
	uint64_t calls = 0;

	for (unsigned deed = SIM_DEED_FIT; deed < SIM_DEED_COUNT; deed++) {
		calls += d[deed].calls;
		add_lists(&p, &d[deed].stats);
	}
	put(list, n, "cost", "alloc_calls", d[SIM_DEED_ALLOC].calls);
	put(list, n, "cost", "fit_calls", d[SIM_DEED_FIT].calls);
	put(list, n, "cost", "release_calls", d[SIM_DEED_RELEASE].calls);
	put(list, n, "cost", "reclaim_calls", d[SIM_DEED_RECLAIM].calls);
	put(list, n, "cost", "policy_calls", calls);
	put(list, n, "cost", "served_from_held", t->account.served);
	put(list, n, "cost", "policy_list_ops", p.list_adds + p.list_removals + p.list_moves);
	put(list, n, "cost", "policy_pcp_list_ops", p.pcp_list_ops);
	put(list, n, "cost", "policy_splits", p.splits);
	put(list, n, "cost", "policy_merges", p.merges);
	put(list, n, "cost", "policy_zone_locks", p.zone_locks);
	put(list, n, "cost", "policy_pcp_locks", p.pcp_locks);
	put(list, n, "cost", "all_list_ops", c->list_adds + c->list_removals + c->list_moves);
	put(list, n, "cost", "all_pcp_list_ops", c->pcp_list_ops);
	put(list, n, "cost", "all_pcp_hits", c->pcp_hits);
	put(list, n, "cost", "all_refills", c->refills);
	put(list, n, "cost", "all_drained_blocks", c->drained_blocks);
	put(list, n, "cost", "all_splits", c->splits);
	put(list, n, "cost", "all_merges", c->merges);
	put(list, n, "cost", "all_zone_locks", c->zone_locks);
	put(list, n, "cost", "all_pcp_locks", c->pcp_locks);
	put(list, n, "cost", "all_fallbacks", c->fallbacks);
	put(list, n, "cost", "all_pageblock_claims", c->claims);
}

unsigned sim_totals_list(struct sim_total *list, const struct sim_replay_totals *t,
			 const struct sim_assembler_totals *assembled, const struct buddy_stats *cost,
			 const struct sim_state *end)
{
	unsigned n = 0;

	put_requests(list, &n, t);
	put_state(list, &n, t, end);
	put_cost(list, &n, t, cost);
	put(list, &n, "account", "same_frame", t->same_frame);
	put(list, &n, "account", "frames_compared", t->frames_compared);
	put(list, &n, "account", "recorded_failures", sum(t->recorded_failures, BUDDY_ORDER_COUNT));
	put(list, &n, "account", "recorded_failures_possible", t->recorded_failures_possible);
	put(list, &n, "account", "unmatched_frees", t->unmatched_free.count);
	put(list, &n, "account", "unseen_frees", t->unseen_free.count);
	put(list, &n, "account", "outside_zones", t->outside.count);
	put(list, &n, "account", "impossible_events", t->impossible.count);
	put(list, &n, "account", "refused_by_model", t->refused.count);
	put(list, &n, "account", "frees_of_failed", t->frees_of_failed);
	put(list, &n, "account", "sized_unmatched", assembled->sized_unmatched);
	put(list, &n, "account", "external_applied", sum(t->external_applied, REC_KIND_COUNT));
	put(list, &n, "account", "external_substituted", sum(t->external_substituted, REC_KIND_COUNT));
	put(list, &n, "account", "external_skipped", sum(t->external_skipped, REC_KIND_COUNT));
	put(list, &n, "account", "left_out", t->left_out);
	put(list, &n, "account", "lost_events", t->lost_events);
	return n;
}
