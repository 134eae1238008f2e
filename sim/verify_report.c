// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What pageman verify says of a verification, and its exit code.
 *
 * Interface: verify_report.h.
 */
#include "verify_report.h"

#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "report.h"
#include "sources.h"
#include "table.h"

static uint64_t lost_events(const struct verify_report *report)
{
	return report->info->lost_events + report->result->condition[VERIFY_COND_LOST];
}

/* A recording that does not tell when kcompactd works leaves the model's own deferral behind. */
static bool deferral_differs(const struct verify_report *report)
{
	return report->result->tells_compaction && report->diff->deferral_differing;
}

/* Decisions that only scarce or fragmented memory brings about. */
static bool is_of_pressure(enum verify_class class)
{
	return class != VERIFY_FRAME && class != VERIFY_REFILL && class != VERIFY_TAKEN && class != VERIFY_DRAIN &&
	       class != VERIFY_READ && class != VERIFY_ATTEMPT;
}

/* Of all decisions, or of those of pressure alone, how many were made, and how many the model made as the kernel. */
static uint64_t count_decisions(const struct verify_result *r, bool of_pressure, uint64_t *own_out)
{
	uint64_t all = 0;

	*own_out = 0;
	for (int i = 0; i < VERIFY_CLASS_COUNT; i++) {
		/* Counters are checked, not decided. */
		if (i == VERIFY_COUNTER || (of_pressure && !is_of_pressure(i)))
			continue;
		*own_out += r->count[i].own;
		all += r->count[i].own + r->count[i].missed + r->count[i].taken;
	}
	return all;
}

static double share(uint64_t part, uint64_t whole) { return whole ? (double)part / (double)whole : 1.0; }

/* --- Results as JSON ------------------------------------------------------------------------------------------ */

static void json_pfn(struct sim_json *j, const char *key, uint64_t pfn)
{
	if (pfn == REC_NO_PFN)
		sim_json_null(j, key);
	else
		sim_json_u64(j, key, pfn);
}

static void json_miss(struct sim_json *j, const struct verify_miss *m)
{
	if (!m->present) {
		sim_json_null(j, "first_divergence");
		return;
	}
	sim_json_object(j, "first_divergence");
	sim_json_u64(j, "event", m->event);
	sim_json_u64(j, "time_ns", m->time_ns);
	sim_json_u64(j, "allocation", m->allocation);
	json_pfn(j, "expected_pfn", m->expected_pfn);
	json_pfn(j, "predicted_pfn", m->predicted_pfn);
	sim_json_u64(j, "order", m->order);
	sim_json_u64(j, "gfp", m->gfp);
	sim_json_string(j, "path", m->path);
	sim_json_object_end(j);
}

static void json_state(struct sim_json *j, const struct verify_report *report)
{
	const struct sim_state_diff *d = report->diff;

	if (!report->has_diff) {
		sim_json_null(j, "snapshot1");
		return;
	}
	sim_json_object(j, "snapshot1");
	sim_json_bool(j, "lists_identical_in_order", d->lists_identical_in_order);
	sim_json_bool(j, "pcp_identical", d->pcp_identical);
	sim_json_bool(j, "counters_identical", d->counters_identical);
	sim_json_u64(j, "lists", d->lists);
	sim_json_u64(j, "lists_differing", d->lists_differing);
	sim_json_u64(j, "pcp_lists", d->pcp_lists);
	sim_json_u64(j, "pcp_lists_differing", d->pcp_lists_differing);
	sim_json_u64(j, "pcp_limits_differing", d->pcp_tuning_differing);
	sim_json_u64(j, "deferral_differing", d->deferral_differing);
	sim_json_u64(j, "pageblocks", d->pageblocks);
	sim_json_u64(j, "pageblock_types_wrong", d->pageblock_types_wrong);
	sim_json_bool(j, "compaction_followed", report->result->scanners_told);
	sim_json_u64(j, "compaction_zones", d->compact_zones);
	sim_json_u64(j, "compaction_zones_differing", d->compact_zones_differing);
	sim_json_u64(j, "skip_marks", d->skip_marks);
	sim_json_u64(j, "skip_marks_wrong", d->skip_marks_wrong);
	sim_json_u64(j, "free_pages_model", d->free_pages_model);
	sim_json_u64(j, "free_pages_kernel", d->free_pages_kernel);
	sim_json_object_end(j);
}

static void json_block(struct sim_json *j, const char *key, const struct pageman_block *block)
{
	sim_json_object(j, key);
	sim_json_u64(j, "pfn", block->start_pfn);
	sim_json_u64(j, "order", block->order);
	sim_json_object_end(j);
}

static void json_plans(struct sim_json *j, const struct verify_report *report)
{
	const struct sim_plan_miss *m = &report->plans->first_miss;

	if (!report->policy) {
		sim_json_null(j, "policy");
		return;
	}
	sim_json_object(j, "policy");
	sim_json_string(j, "name", report->policy->name);
	for (int deed = 0; deed < SIM_PLAN_DEED_COUNT; deed++) {
		const struct sim_plan_count *c = &report->plans->count[deed];

		sim_json_object(j, deed == SIM_PLAN_FIT ? "fits" : "releases");
		sim_json_u64(j, "calls", c->calls);
		sim_json_u64(j, "as_planned", c->as_planned);
		sim_json_u64(j, "blocks", c->pieces);
		sim_json_u64(j, "pages", c->pages);
		sim_json_object_end(j);
	}
	sim_json_u64(j, "cut_off", report->plans->cut_off);
	if (!m->present) {
		sim_json_null(j, "first_miss");
	} else {
		sim_json_object(j, "first_miss");
		sim_json_u64(j, "event", m->event);
		json_block(j, "planned", &m->planned);
		if (m->has_found)
			json_block(j, "found", &m->found);
		sim_json_object_end(j);
	}
	sim_json_object_end(j);
}

void verify_report_json(const struct verify_report *report)
{
	const struct verify_result *r = report->result;
	uint64_t all, own;
	struct sim_json j;

	sim_json_begin(&j, stdout, "verify");
	sim_json_string(&j, "recording", report->path);
	sim_json_string(&j, "kernel", report->info->kernel_release);
	sim_json_string(&j, "profile", report->profile_name);
	sim_json_string(&j, "control", report->control_name);
	sim_json_string(&j, "without", report->without_names);
	sim_json_bool(&j, "complete", !report->damaged && !lost_events(report) && report->has_diff && r->allocs &&
					      !r->impossible.count && !r->outside.count && !r->cpus_outside &&
					      !r->condition[VERIFY_COND_UNSUPPORTED]);
	sim_json_u64(&j, "events", r->events);
	sim_report_damage_json(&j, report->damaged ? report->error : NULL, r->events);
	sim_json_u64(&j, "allocs", r->allocs);
	sim_json_u64(&j, "exact", r->exact);
	sim_json_double(&j, "exact_fraction", r->allocs ? (double)r->exact / (double)r->allocs : 1.0);
	sim_json_u64(&j, "frees", r->frees);
	sim_json_u64(&j, "frees_unmatched", r->frees_unmatched);
	sim_odd_events_json(&j, "impossible_events", &r->impossible);
	sim_odd_events_json(&j, "outside_zones", &r->outside);
	sim_json_u64(&j, "cpus_outside", r->cpus_outside);
	sim_json_u64(&j, "events_moved", r->moved);
	sim_json_u64(&j, "resyncs", r->resyncs);
	sim_json_u64(&j, "resync_conflicts", r->resync_conflicts);
	sim_json_u64(&j, "lost_events", lost_events(report));
	json_miss(&j, &r->first_miss);
	json_plans(&j, report);
	sim_json_object(&j, "decisions");
	for (int i = 0; i < VERIFY_CLASS_COUNT; i++) {
		sim_json_object(&j, verify_class_name(i));
		sim_json_u64(&j, "own", r->count[i].own);
		sim_json_u64(&j, "missed", r->count[i].missed);
		sim_json_u64(&j, "taken", r->count[i].taken);
		sim_json_object_end(&j);
	}
	sim_json_object_end(&j);
	sim_json_string(&j, "missing_probes", report->info->missing_probes);
	sim_json_object(&j, "unsupported");
	for (unsigned i = 0; i < REC_UNSUPPORTED_COUNT; i++)
		if (r->unsupported[i])
			sim_json_u64(&j, verify_unsupported_text(i), r->unsupported[i]);
	sim_json_object_end(&j);
	all = count_decisions(r, false, &own);
	sim_json_double(&j, "own_fraction", share(own, all));
	all = count_decisions(r, true, &own);
	sim_json_double(&j, "own_fraction_of_pressure", share(own, all));
	sim_json_u64(&j, "decisions_of_pressure", all);
	sim_json_u64(&j, "overruled_by_races", r->count[VERIFY_READ].taken);
	sim_json_array(&j, "conditions");
	for (int i = 0; i < VERIFY_COND_COUNT; i++) {
		if (!r->condition[i])
			continue;
		sim_json_object(&j, NULL);
		sim_json_string(&j, "what", verify_condition_text(i));
		sim_json_u64(&j, "times", r->condition[i]);
		sim_json_object_end(&j);
	}
	sim_json_array_end(&j);
	json_state(&j, report);
	sim_json_end(&j);
}

/* --- Results for a person ------------------------------------------------------------------------------------- */

static const char *const class_texts[VERIFY_CLASS_COUNT] = {
	"frame of an allocation",
	"attempt at a watermark: enough or not",
	"refill of a per-CPU list",
	"block taken from a zone's list",
	"block drained from a per-CPU list",
	"block taken from another type",
	"free block chosen by compaction",
	"block captured for its compaction",
	"pageblock claimed with it",
	"flags of an attempt",
	"next step of the slow path",
	"zone suitable for compaction",
	"compaction finished",
	"compaction deferred",
	"zone compacted next, and how urgently",
	"kcompactd woken, and its work",
	"kswapd woken by a request",
	"watermark boost after kswapd",
	"pageblock reserved for atomic requests",
	"position of a compaction scanner",
	"pages to migrate found in a pageblock",
	"pageblock to be skipped by compaction",
	"isolated frame used or released",
	"drain behind the migrate scanner",
	"value read without a lock",
	"counter at the end of a lock section",
};

static void print_decisions(const struct verify_result *r)
{
	struct sim_table t;

	sim_table_init(&t, "<decision|as the kernel|otherwise|taken from it");
	for (int i = 0; i < VERIFY_CLASS_COUNT; i++) {
		char own[32], missed[32], taken[32];
		const struct verify_count *c = &r->count[i];

		if (c->own || c->missed || c->taken)
			sim_table_row(&t, "%s|%s|%s|%s", class_texts[i], sim_text_count(own, c->own),
				      sim_text_count(missed, c->missed), sim_text_count(taken, c->taken));
	}
	sim_table_print(&t, stdout);
}

static void print_shares(const struct verify_result *r)
{
	uint64_t own, pressure_own;
	uint64_t all = count_decisions(r, false, &own), pressure = count_decisions(r, true, &pressure_own);
	char all_text[32], pressure_text[32];

	printf("the model's own: %.4f%% of %s decisions; %.4f%% of the %s that pressure brings\n",
	       100.0 * share(own, all), sim_text_count(all_text, all), 100.0 * share(pressure_own, pressure),
	       sim_text_count(pressure_text, pressure));
}

/* What another CPU changed between a reading without a lock and the lock. */
static void print_races(const struct verify_result *r)
{
	const struct verify_count *reads = &r->count[VERIFY_READ];
	uint64_t own, all = count_decisions(r, false, &own);
	char taken_text[32], all_text[32];

	if (reads->own || reads->taken)
		printf("race: overruled %s of %s decisions (%.4f%%)\n", sim_text_count(taken_text, reads->taken),
		       sim_text_count(all_text, all), 100.0 * share(reads->taken, all));
}

static void print_note(const char *who, bool present, const struct buddy_note *n)
{
	if (!present)
		printf("  %s: nothing\n", who);
	else if (n->kind == BUDDY_NOTE_REFILL)
		printf("  %s: %" PRIu64 " blocks of order %u, type %u\n", who, n->count, n->order, n->type);
	else if (n->kind == BUDDY_NOTE_EXTFRAG)
		printf("  %s: 0x%" PRIx64 ", order %u, type %u, for order %u, type %u\n", who, n->pfn,
		       n->fallback_order, n->fallback_type, n->order, n->type);
	else
		printf("  %s: frame 0x%" PRIx64 ", order %u, type %u\n", who, n->pfn, n->order, n->type);
}

static void print_inner_miss(const struct verify_inner_miss *m)
{
	if (!m->present)
		return;
	printf("first decision that differs: %s, at event %" PRIu64 "\n", class_texts[m->class], m->event);
	print_note("the kernel", m->has_recorded, &m->recorded);
	print_note("the model", m->has_predicted, &m->predicted);
}

static void print_when_miss(const struct verify_when_miss *m)
{
	if (m->present)
		printf("first decision of the slow path that differs: %s, at event %" PRIu64 "\n"
		       "  the kernel: 0x%" PRIx64 ", the model: 0x%" PRIx64 "\n",
		       class_texts[m->class], m->event, m->recorded, m->predicted);
}

static void print_counter_miss(const struct verify_counter_miss *m)
{
	if (m->present)
		printf("first counter that differs: %s of zone %u, at event %" PRIu64 "\n  the kernel has %" PRId64
		       ", the model %" PRId64 "\n", m->what, m->zone, m->event, m->recorded, m->predicted);
}

static void print_miss(const struct verify_result *r)
{
	const struct verify_miss *m = &r->first_miss;
	char count[32], expected[32] = "none", predicted[32] = "none";

	if (!m->present)
		return;
	if (m->expected_pfn != REC_NO_PFN)
		snprintf(expected, sizeof(expected), "0x%" PRIx64, m->expected_pfn);
	if (m->predicted_pfn != REC_NO_PFN)
		snprintf(predicted, sizeof(predicted), "0x%" PRIx64, m->predicted_pfn);
	printf("first miss: event %" PRIu64 ", after %s allocations, order %u\n", m->event,
	       sim_text_count(count, m->allocation), m->order);
	printf("  the kernel gave frame %s\n  the model  gave frame %s, from the %s\n", expected, predicted, m->path);
}

static void print_plans(const struct verify_report *report)
{
	static const char *const what[SIM_PLAN_DEED_COUNT] = { "tails", "releases" };
	const struct sim_plan_result *plans = report->plans;
	const struct sim_plan_miss *m = &plans->first_miss;

	if (!report->policy)
		return;
	for (int deed = 0; deed < SIM_PLAN_DEED_COUNT; deed++) {
		const struct sim_plan_count *c = &plans->count[deed];
		char as_planned[32], calls[32], pieces[32], pages[32];

		printf("policy %s: %s of %s %s as planned, %s blocks of %s pages\n", report->policy->name,
		       sim_text_count(as_planned, c->as_planned), sim_text_count(calls, c->calls), what[deed],
		       sim_text_count(pieces, c->pieces), sim_text_count(pages, c->pages));
	}
	if (!m->present)
		return;
	printf("first of the %s that is not: at event %" PRIu64 "\n  planned: frame 0x%" PRIx64 ", order %u\n",
	       what[m->deed], m->event, m->planned.start_pfn, m->planned.order);
	if (m->has_found)
		printf("  found:   frame 0x%" PRIx64 ", order %u%s\n", m->found.start_pfn, m->found.order,
		       m->found_to_tail ? ", to its list's tail" : "");
	else
		printf("  found:   nothing, the call ended before\n");
}

static void print_state(const struct verify_report *report)
{
	const struct sim_state_diff *d = report->diff;
	bool followed = report->result->scanners_told;
	const char *firsts[] = { d->first_list, d->first_pcp, d->first_pageblock, d->first_counter,
				 followed ? d->first_compact : "" };
	char model[32], kernel[32];

	if (!report->has_diff)
		return;
	printf("at the end, model against kernel:\n");
	if (d->lists_identical_in_order)
		printf("  free lists       identical in order, %" PRIu64 " lists\n", d->lists);
	else
		printf("  free lists       DIFFER in %" PRIu64 " of %" PRIu64 " lists\n", d->lists_differing, d->lists);
	printf("  per-CPU lists    %s\n",
	       !d->pcp_identical ? "DIFFER" : d->pcp_tuning_differing ? "identical, their limits DIFFER" : "identical");
	printf("  pageblock types  %s\n", d->pageblock_types_wrong ? "DIFFER" : "identical");
	printf("  free counters    %s, %s free pages", d->counters_identical ? "identical" : "DIFFER",
	       sim_text_count(model, d->free_pages_model));
	if (d->free_pages_model != d->free_pages_kernel)
		printf(", kernel %s", sim_text_count(kernel, d->free_pages_kernel));
	printf("\n");
	if (deferral_differs(report))
		printf("  deferral         DIFFERS in %" PRIu64 " zones\n", d->deferral_differing);
	if (followed)
		printf("  compaction       %s\n", !sim_state_diff_same_compaction(d) ? "DIFFERS" :
		       "identical: the scanners' memory and skipped pageblocks");
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++)
		if (firsts[i][0])
			sim_print_wrapped(stdout, firsts[i], 2);
}

static void print_conditions(const struct verify_result *r)
{
	for (int i = 0; i < VERIFY_COND_COUNT; i++) {
		char times[32], line[256];

		if (!r->condition[i])
			continue;
		snprintf(line, sizeof(line), "condition, %s x: %s", sim_text_count(times, r->condition[i]),
			 verify_condition_text(i));
		sim_print_wrapped(stdout, line, 0);
	}
}

/* A probe that the recorded kernel did not offer, and what that costs. */
static void print_missing_probes(const struct rec_info *info)
{
	for (const char *at = info->missing_probes; *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");
		int source = sim_source_of_probe(at, length);
		char line[512];

		snprintf(line, sizeof(line), "condition, probe %.*s could not be set: %s", (int)length, at,
			 source >= 0 ? sim_source_cost((size_t)source) : "what it tells is missing");
		sim_print_wrapped(stdout, line, 0);
		at += length;
	}
}

void verify_report_text(const struct verify_report *report)
{
	const struct verify_result *r = report->result;
	const struct rec_info *info = report->info;
	char exact[32], allocs[32], events[32], duration[32];

	sim_heading(stdout, sim_file_name(report->path));
	printf("kernel %s, workload %s, %s events over %s\n", info->kernel_release,
	       info->workload[0] ? info->workload : "unknown", sim_text_count(events, r->events),
	       sim_text_duration(duration, r->duration_ns));
	sim_report_interruption(stdout, report->damaged ? report->error : NULL, r->events);
	if (report->control_name)
		printf("negative control: %s before the first event\n", report->control_name);
	if (report->without_names)
		printf("left out: %s\n", report->without_names);
	printf("exact: %s of %s allocations (%.4f%%)\n", sim_text_count(exact, r->exact),
	       sim_text_count(allocs, r->allocs), r->allocs ? 100.0 * (double)r->exact / (double)r->allocs : 100.0);
	print_miss(r);
	print_inner_miss(&r->first_inner);
	print_when_miss(&r->first_when);
	print_counter_miss(&r->first_counter);
	print_plans(report);
	print_state(report);
	printf("\n");
	print_decisions(r);
	print_races(r);
	print_shares(r);
	print_conditions(r);
	print_missing_probes(info);
}

/* --- The verdict --------------------------------------------------------------------------------------------- */

/* Exact requests and releases, the ones that a policy decides. */
static uint64_t planned_calls(const struct verify_report *report)
{
	return report->plans->count[SIM_PLAN_FIT].calls + report->plans->count[SIM_PLAN_RELEASE].calls;
}

/* Why the result covers only a part of what happened; prints each reason. Return: whether there is one. */
static bool incomplete(const struct verify_report *report)
{
	const struct verify_result *r = report->result;
	const char *file = sim_file_name(report->path);
	bool found = report->damaged;

	if (report->damaged)
		sim_complain(report->error);
	else if (!r->saw_snapshot[0])
		found = sim_complain_at(file, "no event marks the place of snapshot 0, so none was replayed");
	else if (!r->allocs)
		found = sim_complain_at(file, "holds no allocation behind snapshot 0: there is nothing to verify");
	else if (!report->has_diff)
		found = sim_complain_at(file, "has no snapshot 1: the state at the end was not compared");
	sim_complain_impossible(report->path, &r->impossible);
	sim_complain_outside(report->path, &r->outside);
	found = found || r->impossible.count || r->outside.count;
	if (r->cpus_outside)
		found = sim_complain_at(file, "%" PRIu64 " events of CPUs that the snapshot does not have were "
					"left out", r->cpus_outside);
	for (unsigned i = 0; i < REC_UNSUPPORTED_COUNT; i++)
		if (r->unsupported[i])
			found = sim_complain_at(file, "not followed by the model: %s (%" PRIu64 " times; event %" PRIu64
						" was the first that it does not follow)", verify_unsupported_text(i),
						r->unsupported[i], r->first_unsupported);
	if (report->policy && !planned_calls(report))
		found = sim_complain_at(file, "has no exact request to hold against policy %s", report->policy->name);
	if (lost_events(report))
		found = sim_complain_at(file, "%" PRIu64 " events were lost when it was recorded; the result covers "
					"only the rest", lost_events(report));
	return found;
}

static uint64_t missed_decisions(const struct verify_result *r)
{
	uint64_t missed = 0;

	for (int i = 0; i < VERIFY_CLASS_COUNT; i++)
		missed += r->count[i].missed;
	return missed;
}

static bool plans_missed(const struct verify_report *report)
{
	return report->policy && planned_calls(report) != report->plans->count[SIM_PLAN_FIT].as_planned +
							  report->plans->count[SIM_PLAN_RELEASE].as_planned;
}

int verify_report_verdict(const struct verify_report *report)
{
	const struct verify_result *r = report->result;

	if (incomplete(report))
		return SIM_EXIT_INCOMPLETE;
	if (r->frees_unmatched)
		sim_complain_at(sim_file_name(report->path), "%" PRIu64 " frees name frames that were not in use",
				r->frees_unmatched);
	if (missed_decisions(r) || plans_missed(report) || r->frees_unmatched || r->resync_conflicts ||
	    deferral_differs(report) || !sim_state_diff_same(report->diff))
		return SIM_EXIT_DIFFERENT;
	if (r->scanners_told && !sim_state_diff_same_compaction(report->diff))
		return SIM_EXIT_DIFFERENT;
	return SIM_EXIT_OK;
}
