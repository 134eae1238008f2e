// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policies side by side: what they were asked, what memory looks like, what it cost, and what that means.
 *
 * Interface: sim_compare_print (compare_report.h).
 * Invariant: a row in which nobody has a value is left out; everything else is shown, zeros too.
 */
#include "compare_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "command.h"
#include "compare_words.h"
#include "report.h"
#include "table.h"
#include "totals.h"

#define REPORT_WIDTH 100
#define POLICIES_PER_TABLE 7
#define MOMENTS 6
#define LABEL_WIDTH 23 /* the same in every table, so that columns stand below each other */

struct report {
	FILE *out;
	const struct sim_run *first;
	const struct sim_comparison *c;
	unsigned from, to; /* policies [from, to) in the tables now */
};

static const char *const state_rows[] = {
	"unusable_order4_mean", "unusable_order9_mean", "unusable_order10_mean", "extfrag_order9_mean",
	"extfrag_order10_mean", "available_order9_mean", "available_order10_mean", "samples_with_order10",
	"challenge_passed", "largest_run_pages_mean", "mixed_pageblocks_mean", "failures", NULL,
};

static const char *const page_rows[] = {
	"free_pages_mean", "free_unmovable_pages_mean", "free_movable_pages_mean", "free_reclaimable_pages_mean",
	"pcp_pages_mean", "held_pages_mean", "held_pages_max", NULL,
};

static const char *const end_rows[] = {
	"unusable_order9_end", "available_order9_end", "available_order10_end", "largest_run_pages_end",
	"mixed_pageblocks_end", "free_pages_end", "held_pages_end", NULL,
};

static const char *const block_rows[] = {
	"free_blocks_order0_mean", "free_blocks_order1_mean", "free_blocks_order2_mean", "free_blocks_order3_mean",
	"free_blocks_order4_mean", "free_blocks_order5_mean", "free_blocks_order6_mean", "free_blocks_order7_mean",
	"free_blocks_order8_mean", "free_blocks_order9_mean", "free_blocks_order10_mean", NULL,
};

static const char *const cost_rows[] = {
	"calls_per_request", "alloc_calls_per_request", "fit_calls_per_request", "release_calls_per_request",
	"reclaim_calls_per_request", "list_ops_per_request", "pcp_list_ops_per_request", "splits_per_request",
	"merges_per_request", "zone_locks_per_request", "pcp_locks_per_request", "ns_per_request",
	"alloc_ns_per_request", "fit_ns_per_request", "release_ns_per_request", "reclaim_ns_per_request",
	"alloc_ns_per_call", "fit_ns_per_call", "release_ns_per_call", "reclaim_ns_per_call", NULL,
};

static const struct {
	const char *name, *label;
} request_rows[] = {
	{ "sized_trimmed", "requests trimmed" },
	{ "served_from_held", "served by held tails" },
	{ "sized_pages_kept", "pages taken for them" },
	{ "sized_pages_saved", "pages saved" },
	{ "saved_pages_peak", "pages saved, at most" },
}, all_rows[] = {
	{ "all_list_ops", "list operations" },
	{ "all_pcp_list_ops", "per-CPU list operations" },
	{ "all_zone_locks", "zone locks" },
	{ "all_fallbacks", "fallbacks" },
};

static void begin_table(struct sim_table *table, const struct report *r, const char *first)
{
	char headings[512];
	size_t used = (size_t)snprintf(headings, sizeof(headings), "<%-*s", LABEL_WIDTH, first);

	for (unsigned i = r->from; i < r->to; i++)
		used += (size_t)snprintf(headings + used, sizeof(headings) - used, "|%s", r->c->policies[i]->name);
	sim_table_init(table, headings);
	table->width = REPORT_WIDTH;
}

static void end_table(struct sim_table *table, const struct report *r)
{
	sim_table_print(table, r->out);
}

/* One row: a value of each policy. @value writes it as text and says whether there is one. */
static void add_row(struct sim_table *table, const struct report *r, const char *label, const void *what,
		    bool (*value)(const struct report *r, unsigned policy, const void *what, char text[32]))
{
	char line[512], text[32];
	size_t used = (size_t)snprintf(line, sizeof(line), "%s", label);
	bool any = false;

	for (unsigned i = r->from; i < r->to; i++) {
		any = value(r, i, what, text) || any;
		used += (size_t)snprintf(line + used, sizeof(line) - used, "|%s", text);
	}
	if (any)
		sim_table_row(table, "%s", line);
}

static bool median_text(const struct report *r, unsigned policy, const void *what, char text[32])
{
	unsigned measure = *(const unsigned *)what;
	double median = sim_comparison_spread(r->c, measure, policy).median;

	sim_measure_text(text, r->c->measures[measure].unit, median, false);
	return !isnan(median);
}

static bool difference_text(const struct report *r, unsigned policy, const void *what, char text[32])
{
	unsigned measure = *(const unsigned *)what;
	double median = sim_comparison_difference(r->c, measure, policy, 0).median;

	sim_measure_text(text, r->c->measures[measure].unit, median, true);
	if (median == 0)
		strcpy(text, "=");
	return !isnan(median);
}

static bool total_text(const struct report *r, unsigned policy, const void *what, char text[32])
{
	const struct sim_outcome *o = &r->first->outcomes[policy];
	struct sim_total list[SIM_TOTALS_MAX];
	unsigned count = sim_totals_list(list, &o->totals, &o->assembled, &o->cost, &o->end);

	strcpy(text, "-");
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(list[i].name, what))
			sim_measure_text(text, SIM_UNIT_COUNT, (double)list[i].value, false);
	return true;
}

/* A row that nobody has a count in is left out. */
static bool nonzero_text(const struct report *r, unsigned policy, const void *what, char text[32])
{
	return median_text(r, policy, what, text) &&
	       sim_comparison_spread(r->c, *(const unsigned *)what, policy).median != 0;
}

static bool end_text(const struct report *r, unsigned policy, const void *what, char text[32])
{
	static const char *const words[] = { "identical", "blocks", "counts", "differ" };

	(void)what;
	strcpy(text, policy ? words[sim_state_relation(&r->first->outcomes[0].end, &r->first->outcomes[policy].end)]
			    : "=");
	return policy;
}

static bool point_text(const struct report *r, unsigned policy, const void *what, char text[32])
{
	const struct sim_observed *o = &r->first->outcomes[policy].observed;
	unsigned point = *(const unsigned *)what;

	strcpy(text, "-");
	if (point >= o->point_count)
		return false;
	sim_measure_text(text, SIM_UNIT_COUNT, (double)o->points[point].available_order9, false);
	return true;
}

static void add_measures(struct sim_table *table, const struct report *r, const char *const *names)
{
	for (unsigned i = 0; names[i]; i++) {
		unsigned measure = sim_comparison_find(r->c, names[i]);

		if (measure < r->c->measure_count)
			add_row(table, r, r->c->measures[measure].label, &measure, median_text);
	}
}

static void print_requests(const struct report *r)
{
	struct sim_table table;

	begin_table(&table, r, "");
	for (unsigned i = 0; i < sizeof(request_rows) / sizeof(request_rows[0]); i++)
		add_row(&table, r, request_rows[i].label, request_rows[i].name, total_text);
	end_table(&table, r);
}

static void print_state(const struct report *r)
{
	unsigned measure = sim_comparison_find(r->c, "failures_order0");
	struct sim_table table;

	begin_table(&table, r, "mean over the replay");
	add_measures(&table, r, state_rows);
	for (unsigned i = 0; i < BUDDY_ORDER_COUNT; i++, measure++)
		add_row(&table, r, r->c->measures[measure].label, &measure, nonzero_text);
	add_measures(&table, r, page_rows);
	add_measures(&table, r, block_rows);
	sim_table_row(&table, "at the end");
	add_measures(&table, r, end_rows);
	add_row(&table, r, "lists like the first", NULL, end_text);
	end_table(&table, r);
}

/* Blocks of order 9 that could be handed out, at a few moments of the first run. */
static void print_over_time(const struct report *r)
{
	const struct sim_observed *base = &r->first->outcomes[0].observed;
	unsigned rows = base->point_count < MOMENTS ? base->point_count : MOMENTS;
	struct sim_table table;

	begin_table(&table, r, "order 9 available");
	for (unsigned row = 0; row < rows; row++) {
		unsigned point = rows > 1 ? row * (base->point_count - 1) / (rows - 1) : 0;
		uint64_t time_ns = base->points[point].time_ns - r->first->outcomes[0].totals.first_time_ns;
		char label[32];

		snprintf(label, sizeof(label), "  at %.2f s", (double)time_ns / 1e9);
		add_row(&table, r, label, &point, point_text);
	}
	end_table(&table, r);
}

static void print_cost(const struct report *r)
{
	struct sim_table table;

	begin_table(&table, r, "a sized request");
	add_measures(&table, r, cost_rows);
	sim_table_row(&table, "all requests together");
	for (unsigned i = 0; i < sizeof(all_rows) / sizeof(all_rows[0]); i++)
		add_row(&table, r, all_rows[i].label, all_rows[i].name, total_text);
	end_table(&table, r);
}

static void print_plain_differences(const struct report *r)
{
	struct sim_table table;

	begin_table(&table, r, "");
	for (unsigned measure = 0; measure < r->c->measure_count; measure++)
		if (r->c->measures[measure].main)
			add_row(&table, r, r->c->measures[measure].label, &measure, difference_text);
	end_table(&table, r);
}

/* For each part of the policies that fits into one table. */
static void in_parts(struct report *r, unsigned first, void (*print)(const struct report *r))
{
	for (r->from = first; r->from < r->c->policy_count; r->from = r->to) {
		r->to = r->from + POLICIES_PER_TABLE;
		if (r->to > r->c->policy_count)
			r->to = r->c->policy_count;
		print(r);
	}
}

static void section(const struct report *r, const char *heading)
{
	fprintf(r->out, "\n");
	sim_heading(r->out, heading);
}

static void add_difference(struct sim_table *table, const struct report *r, unsigned measure, unsigned policy,
			   bool labelled)
{
	const struct sim_measure *m = &r->c->measures[measure];
	struct sim_spread d = sim_comparison_difference(r->c, measure, policy, 0);
	char median[32], min[32], max[32];

	sim_table_row(table, "%s|%s|%s|%s|%s|%s", labelled ? m->label : "", r->c->policies[policy]->name,
		      sim_measure_text(median, m->unit, d.median, true), sim_measure_text(min, m->unit, d.min, true),
		      sim_measure_text(max, m->unit, d.max, true), sim_verdict_words(sim_verdict_of(&d)));
}

static void print_spread_of(struct sim_table *table, const struct report *r, unsigned measure)
{
	unsigned different = 0, shown = 0;

	for (unsigned i = 1; i < r->c->policy_count; i++)
		different += sim_comparison_verdict(r->c, measure, i, 0) != SIM_VERDICT_NONE;
	if (!different) {
		sim_table_row(table, "%s|%s||||no difference", r->c->measures[measure].label,
			      r->c->policy_count > 2 ? "all" : r->c->policies[1]->name);
		return;
	}
	for (unsigned i = 1; i < r->c->policy_count; i++)
		add_difference(table, r, measure, i, !shown++);
}

static void print_differences(struct report *r)
{
	struct sim_table table;
	char heading[96];

	if (r->c->policy_count < 2)
		return;
	snprintf(heading, sizeof(heading), "Differences to %s", r->c->policies[0]->name);
	section(r, heading);
	if (r->c->runs < 2) {
		fprintf(r->out, "One run: no spread is known, --seeds gives it. \"=\": none.\n");
		in_parts(r, 1, print_plain_differences);
		return;
	}
	fprintf(r->out, "Run by run, over %u runs; no difference: the range from least to most includes 0;\n"
		"beyond the spread: the median is farther from 0 than least and most are from each other.\n",
		r->c->runs);
	sim_table_init(&table, "<measure|<policy|median|least|most|<verdict");
	table.width = REPORT_WIDTH;
	for (unsigned measure = 0; measure < r->c->measure_count; measure++)
		if (r->c->measures[measure].main)
			print_spread_of(&table, r, measure);
	end_table(&table, r);
}

/* --- The challenge -------------------------------------------------------------------------------------------- */

/* The longest spans, in their order: "yes 0.0-3.2 s, no 3.2-5.0 s". */
static void spans_text(char *text, size_t room, const struct sim_challenge *c, uint64_t start_ns)
{
	enum { LISTED = 6 };
	bool listed[SIM_CHALLENGE_SPANS_MAX] = { false };
	size_t used = 0;

	for (unsigned n = 0; n < LISTED && n < c->span_count; n++) {
		unsigned longest = SIM_CHALLENGE_SPANS_MAX;

		for (unsigned i = 0; i < c->span_count; i++)
			if (!listed[i] && (longest == SIM_CHALLENGE_SPANS_MAX ||
					   c->spans[i].end_ns - c->spans[i].start_ns >
						   c->spans[longest].end_ns - c->spans[longest].start_ns))
				longest = i;
		listed[longest] = true;
	}
	for (unsigned i = 0; i < c->span_count; i++)
		if (listed[i])
			used += (size_t)snprintf(text + used, room - used, "%s%s %.2f-%.2f s", used ? ", " : "",
						 c->spans[i].passes ? "yes" : "no",
						 (double)(c->spans[i].start_ns - start_ns) / 1e9,
						 (double)(c->spans[i].end_ns - start_ns) / 1e9);
	if (c->span_count > LISTED || c->merged_spans)
		snprintf(text + used, room - used, ", and shorter ones");
}

static void obstacles_text(char *text, size_t room, const struct sim_blockade *b)
{
	size_t used = (size_t)snprintf(text, room, " %" PRIu64 " of its 1,024 frames are in the way, in %" PRIu64
				       " piece%s:", b->candidate.busy_pages, b->run_count,
				       b->run_count == 1 ? "" : "s");
	unsigned named = 0;

	for (unsigned what = 0; what < SIM_OBSTACLE_COUNT; what++)
		if (b->pages[what])
			used += (size_t)snprintf(text + used, room - used, "%s %" PRIu64 " %s", named++ ? "," : "",
						 b->pages[what], sim_obstacle_words((enum sim_obstacle)what));
	used += (size_t)snprintf(text + used, room - used, ".%s", b->run_count > b->listed_count ? " The first:"
												 : " These:");
	for (unsigned i = 0; i < b->listed_count; i++)
		used += (size_t)snprintf(text + used, room - used, "%s 0x%" PRIx64 "+%" PRIu64 " %s", i ? "," : "",
					 b->listed[i].start_pfn, b->listed[i].pages,
					 sim_obstacle_words(b->listed[i].what));
	snprintf(text + used, room - used, ".");
}

static void print_blockade(const struct report *r, const struct sim_blockade *b, uint64_t start_ns)
{
	char text[1024];
	size_t used = (size_t)snprintf(text, sizeof(text), "At %.2f s: ", (double)(b->time_ns - start_ns) / 1e9);

	if (b->by_marks)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "a block is free, but memory is below the "
					 "watermarks. ");
	if (!b->candidate.found) {
		snprintf(text + used, sizeof(text) - used, "no zone is large enough for such a block.");
	} else if (b->candidate.busy_pages) {
		used += (size_t)snprintf(text + used, sizeof(text) - used, "the block nearest to being free begins at "
					 "frame 0x%" PRIx64 ".", b->candidate.start_pfn);
		obstacles_text(text + used, sizeof(text) - used, b);
	}
	sim_print_wrapped(r->out, text, 4);
}

static void print_challenge(const struct report *r)
{
	uint64_t asked = r->first->outcomes[0].observed.challenge.asked;
	char text[1024], always[256] = "", percent[32], count[32];
	size_t used = 0;

	section(r, "4 MiB challenge");
	snprintf(text, sizeof(text), "An order-10 request (GFP_KERNEL | __GFP_NORETRY) at each of %s moments: would it "
		 "succeed at once, without reclaim and compaction? Of the first run.", sim_text_count(count, asked));
	sim_print_wrapped(r->out, text, 0);
	for (unsigned i = 0; i < r->c->policy_count; i++) {
		const struct sim_challenge *c = &r->first->outcomes[i].observed.challenge;
		uint64_t start_ns = r->first->outcomes[i].totals.first_time_ns;

		if (c->passed == c->asked && !c->last.known) {
			used += (size_t)snprintf(always + used, sizeof(always) - used, "%s%s", used ? ", " : "",
						 r->c->policies[i]->name);
			continue;
		}
		spans_text(text, sizeof(text), c, start_ns);
		fprintf(r->out, "  %s: yes at %s of the moments\n", r->c->policies[i]->name,
			sim_text_percent(percent, (double)c->passed, (double)c->asked));
		sim_print_wrapped(r->out, text, 4);
		if (c->last.known)
			print_blockade(r, &c->last, start_ns);
	}
	if (always[0] && asked)
		fprintf(r->out, "  yes at every moment: %s\n", always);
}

/* --- The whole ------------------------------------------------------------------------------------------------ */

static void print_sentence(void *context, const char *text)
{
	sim_print_wrapped(context, text, 0);
}

static void print_head(const struct report *r, const char *path)
{
	char events[32];

	sim_report_recording(r->out, path, &r->first->info);
	fprintf(r->out, "%s events on the %s model under %u polic%s", sim_text_count(events, r->first->events),
		r->first->profile, r->c->policy_count, r->c->policy_count == 1 ? "y" : "ies");
	if (r->c->runs == 2)
		fprintf(r->out, "; 2 runs: as recorded, and seed %" PRIu64, r->c->seeds[1]);
	else if (r->c->runs > 2)
		fprintf(r->out, "; %u runs: as recorded, and seeds %" PRIu64 " to %" PRIu64, r->c->runs, r->c->seeds[1],
			r->c->seeds[r->c->runs - 1]);
	fprintf(r->out, "\n");
	sim_report_interruption(r->out, r->first->damaged ? &r->first->damage : NULL, r->first->events);
	if (r->c->interrupted_run)
		fprintf(r->out, "Interrupted in run %u, which is left out.\n", r->c->interrupted_run);
	if (r->first->timed)
		fprintf(r->out, "Times without the %" PRIu64 " ns that a reading of the clock takes here.\n",
			r->first->clock_ns);
}

/* What was asked for is the same under every policy, but one that fails does not count it. */
static void print_asked(const struct report *r)
{
	uint64_t most[5] = { 0 };
	char text[512], counts[5][32];

	for (unsigned i = 0; i < r->c->policy_count; i++) {
		const struct sim_replay_totals *t = &r->first->outcomes[i].totals;
		uint64_t values[5] = { 0, t->exact.requests, t->kmalloc.requests,
				       t->exact.pages_asked + t->kmalloc.pages_asked,
				       t->exact.pages_block + t->kmalloc.pages_block };

		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
			values[0] += t->requests[order];
		for (unsigned k = 0; k < 5; k++)
			most[k] = values[k] > most[k] ? values[k] : most[k];
	}
	for (unsigned k = 0; k < 5; k++)
		sim_text_count(counts[k], most[k]);
	section(r, "Requests");
	snprintf(text, sizeof(text), "%s requests for a block; of these %s alloc_pages_exact and %s large kmalloc, for "
		 "%s pages, which is %s when rounded up to blocks.", counts[0], counts[1], counts[2], counts[3],
		 counts[4]);
	sim_print_wrapped(r->out, text, 0);
}

static void print_account(const struct report *r)
{
	section(r, "Account");
	for (unsigned i = 0; i < r->c->policy_count; i++) {
		const struct sim_replay_totals *t = &r->first->outcomes[i].totals;
		char share[32];

		if (!r->first->synthetic)
			fprintf(r->out, "  %s: the model gave the recorded frame for %s of the blocks.\n",
				r->c->policies[i]->name,
				sim_text_percent(share, (double)t->same_frame, (double)t->frames_compared));
		sim_report_account(r->out, r->first, &r->first->outcomes[i]);
	}
}

void sim_compare_print(FILE *out, const char *path, const struct sim_run *first, const struct sim_comparison *c)
{
	struct report r = { .out = out, .first = first, .c = c };

	print_head(&r, path);
	print_asked(&r);
	in_parts(&r, 0, print_requests);
	section(&r, c->runs > 1 ? "State (medians of the runs)" : "State");
	in_parts(&r, 0, print_state);
	if (first->outcomes[0].observed.point_count)
		fprintf(out, "\nOver time%s\n", c->runs > 1 ? ", first run" : "");
	in_parts(&r, 0, print_over_time);
	section(&r, c->runs > 1 ? "Cost (medians of the runs)" : "Cost");
	in_parts(&r, 0, print_cost);
	print_differences(&r);
	print_challenge(&r);
	section(&r, "Verdict");
	sim_compare_words(first, c, print_sentence, out);
	print_account(&r);
}
