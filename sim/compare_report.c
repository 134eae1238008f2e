// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policies side by side: what they were asked, what memory looks like, what it cost, and what that means.
 *
 * Interface: compare_report.h.
 * Invariant: the verdict is computed from the numbers above it; where nothing differs it says so.
 */
#include "compare_report.h"

#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "report.h"
#include "table.h"
#include "totals.h"

#define POLICIES_PER_TABLE 5
#define LABEL_WIDTH 22 /* the same in every table, so that columns stand below each other */

struct columns {
	struct sim_total list[SIM_POLICIES_MAX][SIM_TOTALS_MAX];
	unsigned count; /* of names; the same for every policy */
};

static const struct {
	const char *name, *label;
} rows[] = {
	{ "requests", "block requests" },
	{ "failures", "of these failed" },
	{ "sized_exact_requests", "alloc_pages_exact" },
	{ "sized_kmalloc_requests", "large kmalloc" },
	{ "sized_trimmed", "requests trimmed" },
	{ "sized_pages_asked", "pages asked for" },
	{ "sized_pages_block", "pages rounded up" },
	{ "sized_pages_kept", "pages kept" },
	{ "sized_pages_saved", "pages saved" },
	{ "free_pages_end", "free pages" },
	{ "pcp_pages_end", "on per-CPU lists" },
	{ "held_pages_end", "held by the policy" },
	{ "saved_pages_peak", "saved, at most" },
	{ "alloc_calls", "calls, allocating" },
	{ "fit_calls", "calls, fitting" },
	{ "release_calls", "calls, releasing" },
	{ "reclaim_calls", "calls, reclaiming" },
	{ "served_from_held", "served by held tails" },
	{ "policy_list_ops", "list operations" },
	{ "policy_pcp_list_ops", "per-CPU list ops" },
	{ "policy_splits", "splits" },
	{ "policy_merges", "merges" },
	{ "policy_zone_locks", "zone locks taken" },
	{ "policy_pcp_locks", "per-CPU locks taken" },
	{ "all_list_ops", "all: list operations" },
	{ "all_pcp_list_ops", "all: per-CPU list ops" },
	{ "all_splits", "all: splits" },
	{ "all_merges", "all: merges" },
	{ "all_zone_locks", "all: zone locks" },
	{ "all_fallbacks", "all: fallbacks" },
};

static uint64_t value_of(const struct columns *c, unsigned policy, const char *name)
{
	for (unsigned i = 0; i < c->count; i++)
		if (!strcmp(c->list[policy][i].name, name))
			return c->list[policy][i].value;
	return 0;
}

static const char *side_of(const struct columns *c, const char *name)
{
	for (unsigned i = 0; i < c->count; i++)
		if (!strcmp(c->list[0][i].name, name))
			return c->list[0][i].side;
	return "";
}

static void begin_table(struct sim_table *table, const struct sim_run *run, const char *first, unsigned from,
			unsigned to)
{
	char headings[256];
	size_t used = (size_t)snprintf(headings, sizeof(headings), "<%-*s", LABEL_WIDTH, first);

	for (unsigned i = from; i < to; i++)
		used += (size_t)snprintf(headings + used, sizeof(headings) - used, "|%s",
					 run->outcomes[i].policy->name);
	sim_table_init(table, headings);
}

static void print_side(FILE *out, const struct sim_run *run, const struct columns *c, const char *side,
		       unsigned from, unsigned to)
{
	struct sim_table table;

	begin_table(&table, run, "", from, to);
	for (unsigned row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		char line[256], count[32];
		size_t used;

		if (strcmp(side_of(c, rows[row].name), side))
			continue;
		used = (size_t)snprintf(line, sizeof(line), "%s", rows[row].label);
		for (unsigned i = from; i < to; i++)
			used += (size_t)snprintf(line + used, sizeof(line) - used, "|%s",
						 sim_text_count(count, value_of(c, i, rows[row].name)));
		sim_table_row(&table, "%s", line);
	}
	sim_table_print(&table, out);
	sim_table_fini(&table);
}

static void print_orders(FILE *out, const struct sim_run *run, unsigned from, unsigned to, bool unusable)
{
	struct sim_table table;

	begin_table(&table, run, unusable ? "unusable index" : "free blocks", from, to);
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		char line[256], count[32];
		size_t used = (size_t)snprintf(line, sizeof(line), "order %u", order);

		if (unusable && order == 0)
			continue;
		for (unsigned i = from; i < to; i++) {
			const struct sim_zone_state *z = &run->outcomes[i].end.all;

			if (unusable)
				snprintf(count, sizeof(count), "%.3f", z->unusable_permille[order] / 1000.0);
			else
				sim_text_count(count, z->free_blocks[order]);
			used += (size_t)snprintf(line + used, sizeof(line) - used, "|%s", count);
		}
		sim_table_row(&table, "%s", line);
	}
	sim_table_print(&table, out);
	sim_table_fini(&table);
}

static void print_means(FILE *out, const struct sim_run *run, unsigned from, unsigned to)
{
	static const unsigned orders[] = { 3, 4, 9 };
	struct sim_table table;

	if (!run->samples)
		return;
	begin_table(&table, run, "mean over the replay", from, to);
	for (unsigned k = 0; k < 6; k++) {
		unsigned order = orders[k % 3];
		char line[256];
		const char *what = k < 3 ? "unusable" : "free blocks";
		size_t used = (size_t)snprintf(line, sizeof(line), "%s, order %u", what, order);

		for (unsigned i = from; i < to; i++) {
			const struct sim_outcome *o = &run->outcomes[i];

			used += (size_t)snprintf(line + used, sizeof(line) - used, "|%.3f",
						 k < 3 ? o->unusable_mean_permille[order] / 1000
						       : o->free_blocks_mean[order]);
		}
		sim_table_row(&table, "%s", line);
	}
	sim_table_print(&table, out);
	sim_table_fini(&table);
}

static const char *relation_words(enum sim_relation relation)
{
	switch (relation) {
	case SIM_SAME_IN_ORDER:
		return "no difference: free lists and per-CPU lists are identical, in order";
	case SIM_SAME_BLOCKS:
		return "the same blocks are free, only the lists' order differs";
	case SIM_SAME_COUNTS:
		return "as many free blocks of every order, but other ones";
	default:
		return "differs";
	}
}

/* Which orders have more free blocks, which fewer, than under the first policy. */
static void describe_orders(char *text, size_t room, const struct sim_state *base, const struct sim_state *other)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT && used + 40 < room; order++) {
		int64_t difference = (int64_t)other->all.free_blocks[order] - (int64_t)base->all.free_blocks[order];

		if (difference)
			used += (size_t)snprintf(text + used, room - used, "%sorder %u %+" PRId64, used ? ", " : "",
						 order, difference);
	}
}

static void state_verdict(char *text, size_t room, const struct sim_run *run, unsigned i)
{
	const struct sim_outcome *base = &run->outcomes[0], *o = &run->outcomes[i];
	enum sim_relation relation = sim_state_relation(&base->end, &o->end);
	size_t used = (size_t)snprintf(text, room, "State, %s against %s: %s", o->policy->name, base->policy->name,
				       relation_words(relation));
	char orders[400];

	if (relation != SIM_DIFFERENT) {
		snprintf(text + used, room - used, ".");
		return;
	}
	describe_orders(orders, sizeof(orders), &base->end, &o->end);
	used += (size_t)snprintf(text + used, room - used, " at the end%s%s; free pages %+" PRId64,
				 orders[0] ? ": free blocks of " : "", orders,
				 (int64_t)o->end.all.free_pages - (int64_t)base->end.all.free_pages);
	snprintf(text + used, room - used, ", unusable index for order 4 %.3f against %.3f, for order 9 %.3f against "
		 "%.3f.", o->end.all.unusable_permille[4] / 1000.0, base->end.all.unusable_permille[4] / 1000.0,
		 o->end.all.unusable_permille[9] / 1000.0, base->end.all.unusable_permille[9] / 1000.0);
}

static uint64_t total_calls(const struct sim_account *account)
{
	uint64_t calls = 0;

	for (unsigned deed = SIM_DEED_FIT; deed < SIM_DEED_COUNT; deed++)
		calls += account->cost[deed].calls;
	return calls;
}

static uint64_t calls_of(const struct sim_outcome *o)
{
	return total_calls(&o->totals.account);
}

static uint64_t sized_of(const struct sim_run *run, const struct sim_outcome *o)
{
	return o->totals.exact.requests + (run->trim_kmalloc ? o->totals.kmalloc.requests : 0);
}

static void cost_verdict(char *text, size_t room, const struct sim_run *run, const struct columns *c, unsigned i)
{
	const struct sim_outcome *base = &run->outcomes[0], *o = &run->outcomes[i];
	double requests = (double)sized_of(run, o);
	char text_of[4][32];
	uint64_t locks = value_of(c, i, "policy_zone_locks"), base_locks = value_of(c, 0, "policy_zone_locks");
	uint64_t operations = value_of(c, i, "policy_list_ops") + value_of(c, i, "policy_pcp_list_ops");
	uint64_t base_operations = value_of(c, 0, "policy_list_ops") + value_of(c, 0, "policy_pcp_list_ops");

	if (calls_of(o) == calls_of(base) && locks == base_locks && operations == base_operations) {
		snprintf(text, room, "Cost, %s against %s: no difference.", o->policy->name, base->policy->name);
		return;
	}
	snprintf(text, room, "Cost, %s against %s: %.2f calls a sized request against %.2f, %s list operations against "
		 "%s, zone lock taken %s times against %s.", o->policy->name, base->policy->name,
		 requests > 0 ? (double)calls_of(o) / requests : 0,
		 requests > 0 ? (double)calls_of(base) / requests : 0,
		 sim_text_count(text_of[0], operations), sim_text_count(text_of[1], base_operations),
		 sim_text_count(text_of[2], locks), sim_text_count(text_of[3], base_locks));
}

static void failure_verdict(char *text, size_t room, const struct sim_run *run, const struct columns *c, unsigned i)
{
	uint64_t failures = value_of(c, i, "failures"), base = value_of(c, 0, "failures");

	char count[32], base_count[32];

	text[0] = '\0';
	if (failures != base)
		snprintf(text, room, "Failures, %s against %s: %s requests found no block against %s.",
			 run->outcomes[i].policy->name, run->outcomes[0].policy->name,
			 sim_text_count(count, failures), sim_text_count(base_count, base));
}

/* The policies for which @measure is @least: "@what is lowest with: exact (0.034; highest 0.1)", or no difference. */
static void print_lowest(FILE *out, const struct sim_run *run, const char *what, const char *least,
			 double (*measure)(const struct sim_run *run, const struct sim_outcome *o))
{
	double lowest = 0, highest = 0;
	char text[512];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s %s with: ", what, least);
	unsigned named = 0;

	for (unsigned i = 0; i < run->outcome_count; i++) {
		double value = measure(run, &run->outcomes[i]);

		lowest = i == 0 || value < lowest ? value : lowest;
		highest = i == 0 || value > highest ? value : highest;
	}
	if (highest == lowest) {
		snprintf(text, sizeof(text), "%s: no difference between the policies (%.3f).", what, lowest);
		sim_print_wrapped(out, text, 0);
		return;
	}
	for (unsigned i = 0; i < run->outcome_count; i++)
		if (measure(run, &run->outcomes[i]) == lowest)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", named++ ? ", " : "",
						 run->outcomes[i].policy->name);
	snprintf(text + used, sizeof(text) - used, " (%.3f; highest %.3f).", lowest, highest);
	sim_print_wrapped(out, text, 0);
}

static double end_unusable(const struct sim_run *run, const struct sim_outcome *o)
{
	(void)run;
	return o->end.all.unusable_permille[9] / 1000.0;
}

static double mean_unusable(const struct sim_run *run, const struct sim_outcome *o)
{
	(void)run;
	return o->unusable_mean_permille[9] / 1000;
}

static double calls_per_request(const struct sim_run *run, const struct sim_outcome *o)
{
	return sized_of(run, o) ? (double)calls_of(o) / (double)sized_of(run, o) : 0;
}

static double zone_locks_per_request(const struct sim_run *run, const struct sim_outcome *o)
{
	const struct sim_deed_cost *d = o->totals.account.cost;
	uint64_t locks = d[SIM_DEED_FIT].stats.zone_locks + d[SIM_DEED_RELEASE].stats.zone_locks +
			 d[SIM_DEED_RECLAIM].stats.zone_locks;

	return sized_of(run, o) ? (double)locks / (double)sized_of(run, o) : 0;
}

static void print_conclusion(FILE *out, const struct sim_run *run)
{
	print_lowest(out, run, "State: unusable index of order 9 at the end", "is lowest", end_unusable);
	if (run->samples)
		print_lowest(out, run, "State: unusable index of order 9, mean over the replay", "is lowest",
			     mean_unusable);
	print_lowest(out, run, "Cost: calls a sized request", "are fewest", calls_per_request);
	print_lowest(out, run, "Cost: zone lock takings a sized request", "are fewest", zone_locks_per_request);
}

static void print_verdict(FILE *out, const struct sim_run *run, const struct columns *c)
{
	uint64_t kmalloc = run->outcomes[0].totals.kmalloc.requests;
	char text[1024], count[32];

	if (run->outcome_count < 2) {
		sim_print_wrapped(out, "One policy alone: nothing to compare.", 0);
		return;
	}
	if (!sized_of(run, &run->outcomes[0]))
		sim_print_wrapped(out, "The recording has no sized request that a policy could trim: a policy cannot "
				  "make a difference here.", 0);
	if (kmalloc && !run->trim_kmalloc) {
		snprintf(text, sizeof(text), "%s large kmalloc requests are not trimmed: --trim-kmalloc does that.",
			 sim_text_count(count, kmalloc));
		sim_print_wrapped(out, text, 0);
	}
	for (unsigned i = 1; i < run->outcome_count; i++) {
		state_verdict(text, sizeof(text), run, i);
		sim_print_wrapped(out, text, 0);
	}
	for (unsigned i = 1; i < run->outcome_count; i++) {
		cost_verdict(text, sizeof(text), run, c, i);
		sim_print_wrapped(out, text, 0);
		failure_verdict(text, sizeof(text), run, c, i);
		sim_print_wrapped(out, text, 0);
	}
	print_conclusion(out, run);
}

static void fill_columns(struct columns *c, const struct sim_run *run)
{
	for (unsigned i = 0; i < run->outcome_count; i++) {
		const struct sim_outcome *o = &run->outcomes[i];

		c->count = sim_totals_list(c->list[i], &o->totals, &o->assembled, &o->cost, &o->end);
	}
}

void sim_compare_print(FILE *out, const char *path, const struct sim_run *run)
{
	struct columns c;
	char events[32];

	fill_columns(&c, run);
	sim_report_recording(out, path, &run->info);
	fprintf(out, "%s events on the %s model under %u policies\n",
		sim_text_count(events, run->events), run->profile, run->outcome_count);
	for (unsigned from = 0; from < run->outcome_count; from += POLICIES_PER_TABLE) {
		unsigned to = from + POLICIES_PER_TABLE < run->outcome_count ? from + POLICIES_PER_TABLE
									     : run->outcome_count;

		fprintf(out, "\n");
		sim_heading(out, "Requests");
		print_side(out, run, &c, "request", from, to);
		fprintf(out, "\n");
		sim_heading(out, "State at the end");
		print_side(out, run, &c, "state", from, to);
		print_orders(out, run, from, to, false);
		print_orders(out, run, from, to, true);
		print_means(out, run, from, to);
		fprintf(out, "\n");
		sim_heading(out, "Cost (of the policy's own calls, and of all)");
		print_side(out, run, &c, "cost", from, to);
	}
	fprintf(out, "\n");
	sim_heading(out, "Verdict");
	print_verdict(out, run, &c);
	fprintf(out, "\n");
	sim_heading(out, "Account");
	for (unsigned i = 0; i < run->outcome_count; i++) {
		const struct sim_replay_totals *t = &run->outcomes[i].totals;
		char share[32];

		fprintf(out, "  %s: the model gave the recorded frame for %s of the blocks.\n",
			run->outcomes[i].policy->name,
			sim_text_percent(share, (double)t->same_frame, (double)t->frames_compared));
		sim_report_account(out, run, &run->outcomes[i]);
	}
}

static void relation_json(struct sim_json *json, const struct sim_run *run, const struct columns *c, unsigned i)
{
	static const char *const names[] = { "identical_in_order", "same_blocks", "same_counts", "different" };
	char text[1024];

	sim_json_object(json, NULL);
	sim_json_string(json, "policy", run->outcomes[i].policy->name);
	sim_json_string(json, "against", run->outcomes[0].policy->name);
	sim_json_string(json, "state", names[sim_state_relation(&run->outcomes[0].end, &run->outcomes[i].end)]);
	state_verdict(text, sizeof(text), run, i);
	sim_json_string(json, "state_words", text);
	cost_verdict(text, sizeof(text), run, c, i);
	sim_json_string(json, "cost_words", text);
	sim_json_object_end(json);
}

void sim_compare_json(struct sim_json *json, const char *path, const struct sim_run *run)
{
	struct columns c;

	fill_columns(&c, run);
	sim_json_object(json, NULL);
	sim_report_run_json(json, path, run);
	sim_json_array(json, "outcomes");
	for (unsigned i = 0; i < run->outcome_count; i++) {
		sim_json_object(json, NULL);
		sim_report_outcome_json(json, &run->outcomes[i]);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
	sim_json_array(json, "verdicts");
	for (unsigned i = 1; i < run->outcome_count; i++)
		relation_json(json, run, &c, i);
	sim_json_array_end(json);
	sim_json_object_end(json);
}
