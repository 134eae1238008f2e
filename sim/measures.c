// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names, sides and directions of the measures.
 *
 * Interface: measures.h.
 */
#include "measures.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "table.h"

#define MILLIONS_FROM 1e7 /* counts from here on are written in millions, so that a column has nine places at most */

struct list {
	struct sim_measure *measures;
	unsigned count;
	const char *side;
};

static struct sim_measure *put(struct list *l, const char *name, const char *label, enum sim_unit unit, int better,
			       double value)
{
	struct sim_measure *m = &l->measures[l->count++];

	assert(l->count <= SIM_MEASURES_MAX);
	*m = (struct sim_measure){ name, label, l->side, unit, better, false, value };
	return m;
}

static void put_main(struct list *l, const char *name, const char *label, enum sim_unit unit, int better, double value)
{
	put(l, name, label, unit, better, value)->main = true;
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

static double gauge_max(const struct sim_gauge *g) { return g->count ? g->max : NAN; }
static double gauge_min(const struct sim_gauge *g) { return g->count ? g->min : NAN; }

static void put_indices(struct list *l, const struct sim_observed *o)
{
	put(l, "unusable_order4_mean", "unusable, order 4", SIM_UNIT_INDEX, -1, sim_gauge_mean(&o->unusable[4]) / 1000);
	put_main(l, "unusable_order9_mean", "unusable, order 9", SIM_UNIT_INDEX, -1,
		 sim_gauge_mean(&o->unusable[9]) / 1000);
	put(l, "unusable_order10_mean", "unusable, order 10", SIM_UNIT_INDEX, -1,
	    sim_gauge_mean(&o->unusable[10]) / 1000);
	put(l, "unusable_order4_end", "unusable, order 4, end", SIM_UNIT_INDEX, -1, o->unusable[4].end / 1000);
	put(l, "unusable_order9_end", "unusable, order 9, end", SIM_UNIT_INDEX, -1, o->unusable[9].end / 1000);
	put(l, "unusable_order10_end", "unusable, order 10, end", SIM_UNIT_INDEX, -1, o->unusable[10].end / 1000);
	put(l, "extfrag_order9_mean", "extfrag, order 9", SIM_UNIT_INDEX, 0, sim_gauge_mean(&o->extfrag[9]) / 1000);
	put(l, "extfrag_order10_mean", "extfrag, order 10", SIM_UNIT_INDEX, 0, sim_gauge_mean(&o->extfrag[10]) / 1000);
	put(l, "extfrag_order10_end", "extfrag, order 10, end", SIM_UNIT_INDEX, 0, o->extfrag[10].end / 1000);
}

static void put_available(struct list *l, const struct sim_observed *o)
{
	put_main(l, "available_order9_mean", "order 9 available", SIM_UNIT_COUNT, 1, sim_gauge_mean(&o->available[9]));
	put(l, "available_order9_min", "order 9 available, least", SIM_UNIT_COUNT, 1, gauge_min(&o->available[9]));
	put(l, "available_order9_end", "order 9 available, end", SIM_UNIT_COUNT, 1, o->available[9].end);
	put(l, "samples_with_order9", "order 9 there", SIM_UNIT_SHARE, 1, share(o->samples_with[9], o->samples));
	put_main(l, "available_order10_mean", "order 10 available", SIM_UNIT_COUNT, 1,
		 sim_gauge_mean(&o->available[10]));
	put(l, "available_order10_min", "order 10 available, least", SIM_UNIT_COUNT, 1, gauge_min(&o->available[10]));
	put(l, "available_order10_end", "order 10 available, end", SIM_UNIT_COUNT, 1, o->available[10].end);
	put(l, "samples_with_order10", "order 10 there", SIM_UNIT_SHARE, 1, share(o->samples_with[10], o->samples));
	put_main(l, "challenge_passed", "4 MiB request succeeds", SIM_UNIT_SHARE, 1,
		 share(o->challenge.passed, o->challenge.asked));
}

static void put_free_blocks(struct list *l, const struct sim_observed *o)
{
	static const char *const names[BUDDY_ORDER_COUNT] = {
		"free_blocks_order0_mean", "free_blocks_order1_mean", "free_blocks_order2_mean",
		"free_blocks_order3_mean", "free_blocks_order4_mean", "free_blocks_order5_mean",
		"free_blocks_order6_mean", "free_blocks_order7_mean", "free_blocks_order8_mean",
		"free_blocks_order9_mean", "free_blocks_order10_mean",
	};
	static const char *const labels[BUDDY_ORDER_COUNT] = {
		"free blocks, order 0", "free blocks, order 1", "free blocks, order 2", "free blocks, order 3",
		"free blocks, order 4", "free blocks, order 5", "free blocks, order 6", "free blocks, order 7",
		"free blocks, order 8", "free blocks, order 9", "free blocks, order 10",
	};

	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
		put(l, names[order], labels[order], SIM_UNIT_COUNT, 0, sim_gauge_mean(&o->free_blocks[order]));
}

static void put_failures(struct list *l, const struct sim_replay_totals *t)
{
	static const char *const names[BUDDY_ORDER_COUNT] = {
		"failures_order0", "failures_order1", "failures_order2", "failures_order3", "failures_order4",
		"failures_order5", "failures_order6", "failures_order7", "failures_order8", "failures_order9",
		"failures_order10",
	};
	static const char *const labels[BUDDY_ORDER_COUNT] = {
		"  of order 0", "  of order 1", "  of order 2", "  of order 3", "  of order 4", "  of order 5",
		"  of order 6", "  of order 7", "  of order 8", "  of order 9", "  of order 10",
	};
	uint64_t failures = 0;

	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
		failures += t->failures[order];
	put_main(l, "failures", "requests that failed", SIM_UNIT_COUNT, -1, (double)failures);
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
		put(l, names[order], labels[order], SIM_UNIT_COUNT, -1, (double)t->failures[order]);
}

static double pages_of_type(const struct sim_observed *o, unsigned type)
{
	double pages = 0;

	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
		pages += sim_gauge_mean(&o->blocks_by_type[type][order]) * (double)(1u << order);
	return pages;
}

static void put_state(struct list *l, const struct sim_outcome *outcome)
{
	const struct sim_observed *o = &outcome->observed;

	l->side = "state";
	put_indices(l, o);
	put_available(l, o);
	put_main(l, "largest_run_pages_mean", "largest free run, pages", SIM_UNIT_COUNT, 1,
		 sim_gauge_mean(&o->largest_run_pages));
	put(l, "largest_run_pages_end", "largest free run, end", SIM_UNIT_COUNT, 1, o->largest_run_pages.end);
	put_main(l, "mixed_pageblocks_mean", "mixed pageblocks", SIM_UNIT_COUNT, -1,
		 sim_gauge_mean(&o->mixed_pageblocks));
	put(l, "mixed_pageblocks_end", "mixed pageblocks, end", SIM_UNIT_COUNT, -1, o->mixed_pageblocks.end);
	put_failures(l, &outcome->totals);
	put_main(l, "free_pages_mean", "free pages", SIM_UNIT_COUNT, 0, sim_gauge_mean(&o->free_pages));
	put(l, "free_pages_end", "free pages, end", SIM_UNIT_COUNT, 0, o->free_pages.end);
	put(l, "free_unmovable_pages_mean", "of these unmovable", SIM_UNIT_COUNT, 0, pages_of_type(o, BUDDY_UNMOVABLE));
	put(l, "free_movable_pages_mean", "of these movable", SIM_UNIT_COUNT, 0, pages_of_type(o, BUDDY_MOVABLE));
	put(l, "free_reclaimable_pages_mean", "of these reclaimable", SIM_UNIT_COUNT, 0,
	    pages_of_type(o, BUDDY_RECLAIMABLE));
	put(l, "pcp_pages_mean", "on per-CPU lists", SIM_UNIT_COUNT, 0, sim_gauge_mean(&o->pcp_pages));
	put(l, "held_pages_mean", "held by the policy", SIM_UNIT_COUNT, 0, sim_gauge_mean(&o->held_pages));
	put(l, "held_pages_max", "held by it, at most", SIM_UNIT_COUNT, 0, gauge_max(&o->held_pages));
	put(l, "held_pages_end", "held by it, end", SIM_UNIT_COUNT, 0, o->held_pages.end);
	put_free_blocks(l, o);
}

static double time_of(const struct sim_run *run, const struct sim_deed_cost *d)
{
	double clock_ns = (double)(d->times * run->clock_ns), time_ns = (double)d->time_ns;

	return time_ns > clock_ns ? time_ns - clock_ns : 0;
}

static double each(double value, uint64_t count)
{
	return count ? value / (double)count : NAN;
}

static void put_time(struct list *l, const struct sim_run *run, const struct sim_deed_cost *d, uint64_t requests)
{
	static const char *const names[SIM_DEED_COUNT][2] = {
		[SIM_DEED_ALLOC] = { "alloc_ns_per_request", "alloc_ns_per_call" },
		[SIM_DEED_FIT] = { "fit_ns_per_request", "fit_ns_per_call" },
		[SIM_DEED_RELEASE] = { "release_ns_per_request", "release_ns_per_call" },
		[SIM_DEED_RECLAIM] = { "reclaim_ns_per_request", "reclaim_ns_per_call" },
	};
	static const char *const labels[SIM_DEED_COUNT][2] = {
		[SIM_DEED_ALLOC] = { "  allocating", "ns a call, allocating" },
		[SIM_DEED_FIT] = { "  fitting", "ns a call, fitting" },
		[SIM_DEED_RELEASE] = { "  releasing", "ns a call, releasing" },
		[SIM_DEED_RECLAIM] = { "  reclaiming", "ns a call, reclaiming" },
	};
	double all_ns = 0;

	for (unsigned deed = 0; deed < SIM_DEED_COUNT; deed++)
		all_ns += time_of(run, &d[deed]);
	put_main(l, "ns_per_request", "nanoseconds", SIM_UNIT_NS, -1, each(all_ns, requests));
	for (unsigned deed = 0; deed < SIM_DEED_COUNT; deed++)
		put(l, names[deed][0], labels[deed][0], SIM_UNIT_NS, -1, each(time_of(run, &d[deed]), requests));
	for (unsigned deed = 0; deed < SIM_DEED_COUNT; deed++)
		put(l, names[deed][1], labels[deed][1], SIM_UNIT_NS, 0, each(time_of(run, &d[deed]), d[deed].calls));
}

static void put_calls(struct list *l, const struct sim_deed_cost *d, uint64_t requests)
{
	static const char *const names[SIM_DEED_COUNT] = {
		[SIM_DEED_ALLOC] = "alloc_calls_per_request",
		[SIM_DEED_FIT] = "fit_calls_per_request",
		[SIM_DEED_RELEASE] = "release_calls_per_request",
		[SIM_DEED_RECLAIM] = "reclaim_calls_per_request",
	};
	static const char *const labels[SIM_DEED_COUNT] = {
		[SIM_DEED_ALLOC] = "  allocating",
		[SIM_DEED_FIT] = "  fitting",
		[SIM_DEED_RELEASE] = "  releasing",
		[SIM_DEED_RECLAIM] = "  reclaiming",
	};
	uint64_t calls = 0;

	for (unsigned deed = 0; deed < SIM_DEED_COUNT; deed++)
		calls += d[deed].calls;
	put_main(l, "calls_per_request", "allocator calls", SIM_UNIT_EACH, -1, each((double)calls, requests));
	for (unsigned deed = 0; deed < SIM_DEED_COUNT; deed++)
		put(l, names[deed], labels[deed], SIM_UNIT_EACH, -1, each((double)d[deed].calls, requests));
}

static void put_cost(struct list *l, const struct sim_run *run, const struct sim_outcome *outcome)
{
	const struct sim_deed_cost *d = outcome->totals.account.cost;
	uint64_t requests = sim_measures_sized(run, outcome);
	double list_ops = 0, pcp_list_ops = 0, splits = 0, merges = 0, zone_locks = 0, pcp_locks = 0;

	l->side = "cost";
	for (unsigned deed = 0; deed < SIM_DEED_COUNT; deed++) {
		const struct buddy_stats *s = &d[deed].stats;

		list_ops += (double)(s->list_adds + s->list_removals + s->list_moves);
		pcp_list_ops += (double)s->pcp_list_ops;
		splits += (double)s->splits;
		merges += (double)s->merges;
		zone_locks += (double)s->zone_locks;
		pcp_locks += (double)s->pcp_locks;
	}
	put_calls(l, d, requests);
	put_main(l, "list_ops_per_request", "list operations", SIM_UNIT_EACH, -1, each(list_ops, requests));
	put(l, "pcp_list_ops_per_request", "per-CPU list operations", SIM_UNIT_EACH, -1, each(pcp_list_ops, requests));
	put(l, "splits_per_request", "splits", SIM_UNIT_EACH, -1, each(splits, requests));
	put(l, "merges_per_request", "merges", SIM_UNIT_EACH, -1, each(merges, requests));
	put_main(l, "zone_locks_per_request", "zone locks", SIM_UNIT_EACH, -1, each(zone_locks, requests));
	put(l, "pcp_locks_per_request", "per-CPU locks", SIM_UNIT_EACH, -1, each(pcp_locks, requests));
	if (run->timed)
		put_time(l, run, d, requests);
}

uint64_t sim_measures_sized(const struct sim_run *run, const struct sim_outcome *o)
{
	return o->totals.exact.requests + (run->trim_kmalloc ? o->totals.kmalloc.requests : 0);
}

unsigned sim_measures_list(struct sim_measure *list, const struct sim_run *run, const struct sim_outcome *outcome)
{
	struct list l = { .measures = list };

	put_state(&l, outcome);
	put_cost(&l, run, outcome);
	return l.count;
}

unsigned sim_measure_find(const struct sim_measure *list, unsigned count, const char *name)
{
	unsigned i = 0;

	while (i < count && strcmp(list[i].name, name))
		i++;
	return i;
}

/* "+1,234": whole numbers with their thousands apart; with decimals where they matter. */
static void count_text(char text[32], double value, bool sign)
{
	char digits[32];

	if (fabs(value) >= MILLIONS_FROM) {
		bool huge = fabs(value) >= MILLIONS_FROM * 1000;

		snprintf(text, 32, sign ? "%+.2f %c" : "%.2f %c", value / (huge ? 1e9 : 1e6), huge ? 'G' : 'M');
		return;
	}
	if (fabs(value) < 1000 && value != floor(value)) {
		snprintf(text, 32, sign ? "%+.*f" : "%.*f", fabs(value) < 10 ? 2 : 1, value);
		return;
	}
	sim_text_count(digits, (uint64_t)(fabs(value) + 0.5));
	snprintf(text, 32, "%s%.28s", value < 0 ? "-" : sign && value > 0 ? "+" : "", digits);
}

const char *sim_measure_text(char text[32], enum sim_unit unit, double value, bool sign)
{
	if (isnan(value)) {
		strcpy(text, "-");
		return text;
	}
	switch (unit) {
	case SIM_UNIT_COUNT:
		count_text(text, value, sign);
		break;
	case SIM_UNIT_INDEX:
		snprintf(text, 32, sign && value != 0 ? "%+.3f" : "%.3f", value);
		break;
	case SIM_UNIT_SHARE:
		snprintf(text, 32, sign && value != 0 ? "%+.1f%%" : "%.1f%%", value * 100);
		break;
	case SIM_UNIT_EACH:
		snprintf(text, 32, sign && value != 0 ? "%+.2f" : "%.2f", value);
		break;
	case SIM_UNIT_NS:
		snprintf(text, 32, sign && value != 0 ? "%+.0f" : "%.0f", value);
		break;
	}
	return text;
}
