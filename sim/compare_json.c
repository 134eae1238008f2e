// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A comparison for programs.
 *
 * Interface: sim_compare_json (compare_report.h).
 */
#include "compare_report.h"

#include "compare_words.h"
#include "report.h"

static void spread_json(struct sim_json *json, const struct sim_spread *s)
{
	sim_json_u64(json, "runs", s->runs);
	sim_json_double(json, "median", s->median);
	sim_json_double(json, "min", s->min);
	sim_json_double(json, "max", s->max);
}

static void measure_json(struct sim_json *json, const struct sim_comparison *c, unsigned measure)
{
	static const char *const units[] = { "count", "index", "share", "per_request", "ns" };
	const struct sim_measure *m = &c->measures[measure];

	sim_json_object(json, NULL);
	sim_json_string(json, "name", m->name);
	sim_json_string(json, "side", m->side);
	sim_json_string(json, "unit", units[m->unit]);
	sim_json_string(json, "better", m->better < 0 ? "lower" : m->better > 0 ? "higher" : NULL);
	sim_json_array(json, "policies");
	for (unsigned policy = 0; policy < c->policy_count; policy++) {
		struct sim_spread s = sim_comparison_spread(c, measure, policy);
		struct sim_spread d = sim_comparison_difference(c, measure, policy, 0);

		sim_json_object(json, NULL);
		sim_json_string(json, "policy", c->policies[policy]->name);
		spread_json(json, &s);
		sim_json_array(json, "values");
		for (unsigned run = 0; run < c->runs; run++)
			sim_json_double(json, NULL, sim_comparison_values(c, measure, policy)[run]);
		sim_json_array_end(json);
		if (policy) {
			sim_json_object(json, "difference");
			sim_json_string(json, "against", c->policies[0]->name);
			spread_json(json, &d);
			sim_json_string(json, "verdict", sim_verdict_key(sim_verdict_of(&d)));
			sim_json_object_end(json);
		}
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
	sim_json_object_end(json);
}

static void blockade_json(struct sim_json *json, const struct sim_blockade *b)
{
	sim_json_object(json, "last_blocked");
	sim_json_u64(json, "time_ns", b->time_ns);
	sim_json_string(json, "by", b->by_marks ? "watermarks" : "frames");
	if (b->candidate.found) {
		sim_json_u64(json, "nearest_pfn", b->candidate.start_pfn);
		sim_json_u64(json, "busy_pages", b->candidate.busy_pages);
	}
	sim_json_object(json, "pages");
	for (unsigned what = 0; what < SIM_OBSTACLE_COUNT; what++)
		sim_json_u64(json, sim_obstacle_key((enum sim_obstacle)what), b->pages[what]);
	sim_json_object_end(json);
	sim_json_u64(json, "run_count", b->run_count);
	sim_json_array(json, "first_runs");
	for (unsigned i = 0; i < b->listed_count; i++) {
		sim_json_object(json, NULL);
		sim_json_u64(json, "start_pfn", b->listed[i].start_pfn);
		sim_json_u64(json, "pages", b->listed[i].pages);
		sim_json_string(json, "what", sim_obstacle_key(b->listed[i].what));
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
	sim_json_object_end(json);
}

static void challenge_json(struct sim_json *json, const struct sim_challenge *c)
{
	sim_json_object(json, "challenge");
	sim_json_u64(json, "order", SIM_CHALLENGE_ORDER);
	sim_json_u64(json, "moments", c->asked);
	sim_json_u64(json, "passed", c->passed);
	sim_json_u64(json, "merged_spans", c->merged_spans);
	sim_json_array(json, "spans");
	for (unsigned i = 0; i < c->span_count; i++) {
		sim_json_object(json, NULL);
		sim_json_u64(json, "start_ns", c->spans[i].start_ns);
		sim_json_u64(json, "end_ns", c->spans[i].end_ns);
		sim_json_bool(json, "passes", c->spans[i].passes);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
	if (c->last.known)
		blockade_json(json, &c->last);
	sim_json_object_end(json);
}

static void types_json(struct sim_json *json, const struct sim_observed *o)
{
	sim_json_array(json, "free_blocks_by_type");
	for (unsigned type = 0; type < SIM_TYPE_COUNT; type++) {
		sim_json_object(json, NULL);
		sim_json_string(json, "type", sim_type_name(type));
		sim_json_array(json, "mean");
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
			sim_json_double(json, NULL, sim_gauge_mean(&o->blocks_by_type[type][order]));
		sim_json_array_end(json);
		sim_json_array(json, "end");
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
			sim_json_double(json, NULL, o->blocks_by_type[type][order].end);
		sim_json_array_end(json);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
}

static void points_json(struct sim_json *json, const struct sim_observed *o)
{
	sim_json_array(json, "over_time");
	for (unsigned i = 0; i < o->point_count; i++) {
		const struct sim_point *p = &o->points[i];

		sim_json_object(json, NULL);
		sim_json_u64(json, "time_ns", p->time_ns);
		sim_json_u64(json, "free_pages", p->free_pages);
		sim_json_u64(json, "held_pages", p->held_pages);
		sim_json_u64(json, "available_order9", p->available_order9);
		sim_json_u64(json, "available_order10", p->available_order10);
		sim_json_u64(json, "largest_run_pages", p->largest_run_pages);
		sim_json_u64(json, "mixed_pageblocks", p->mixed_pageblocks);
		sim_json_i64(json, "unusable_order9_permille", p->unusable_order9_permille);
		sim_json_bool(json, "challenge_passes", p->challenge_passes);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
}

static void relations_json(struct sim_json *json, const struct sim_run *first)
{
	static const char *const names[] = { "identical_in_order", "same_blocks", "same_counts", "different" };

	sim_json_array(json, "verdicts");
	for (unsigned i = 1; i < first->outcome_count; i++) {
		sim_json_object(json, NULL);
		sim_json_string(json, "policy", first->outcomes[i].policy->name);
		sim_json_string(json, "against", first->outcomes[0].policy->name);
		sim_json_string(json, "state",
				names[sim_state_relation(&first->outcomes[0].end, &first->outcomes[i].end)]);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
}

static void add_sentence(void *context, const char *text)
{
	sim_json_string(context, NULL, text);
}

void sim_compare_json(struct sim_json *json, const char *path, const struct sim_run *first,
		      const struct sim_comparison *c)
{
	sim_json_object(json, NULL);
	sim_report_run_json(json, path, first);
	sim_json_array(json, "seeds");
	for (unsigned i = 0; i < c->runs; i++)
		sim_json_u64(json, NULL, c->seeds[i]);
	sim_json_array_end(json);
	if (c->interrupted_run)
		sim_json_u64(json, "interrupted_in_run", c->interrupted_run);
	sim_json_bool(json, "timed", first->timed);
	if (first->timed)
		sim_json_u64(json, "clock_ns", first->clock_ns);
	sim_json_array(json, "outcomes");
	for (unsigned i = 0; i < first->outcome_count; i++) {
		sim_json_object(json, NULL);
		sim_report_outcome_json(json, &first->outcomes[i]);
		types_json(json, &first->outcomes[i].observed);
		points_json(json, &first->outcomes[i].observed);
		challenge_json(json, &first->outcomes[i].observed.challenge);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
	sim_json_array(json, "measures");
	for (unsigned measure = 0; measure < c->measure_count; measure++)
		measure_json(json, c, measure);
	sim_json_array_end(json);
	relations_json(json, first);
	sim_json_array(json, "words");
	sim_compare_words(first, c, add_sentence, json);
	sim_json_array_end(json);
	sim_json_object_end(json);
}
