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
	put(list, n, "state", "saved_pages_end", t->saved_pages_now);
	put(list, n, "state", "saved_pages_peak", t->saved_pages_peak);
}

static void put_cost(struct sim_total *list, unsigned *n, const struct sim_replay_totals *t,
		     const struct buddy_stats *c)
{
	const struct buddy_stats *f = &t->fit_cost, *r = &t->release_cost;

	put(list, n, "cost", "fit_calls", t->fit_calls);
	put(list, n, "cost", "release_calls", t->release_calls);
	put(list, n, "cost", "policy_calls", t->fit_calls + t->release_calls);
	put(list, n, "cost", "policy_list_ops",
	    f->list_adds + f->list_removals + f->list_moves + r->list_adds + r->list_removals + r->list_moves);
	put(list, n, "cost", "policy_pcp_list_ops", f->pcp_list_ops + r->pcp_list_ops);
	put(list, n, "cost", "policy_splits", f->splits + r->splits);
	put(list, n, "cost", "policy_merges", f->merges + r->merges);
	put(list, n, "cost", "policy_zone_locks", f->zone_locks + r->zone_locks);
	put(list, n, "cost", "policy_pcp_locks", f->pcp_locks + r->pcp_locks);
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
	put(list, &n, "account", "lost_events", t->lost_events);
	return n;
}
