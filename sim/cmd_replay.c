// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pageman replay: a recording's requests on the model, under one policy.
 *
 * Interface: cmd_replay.
 */
#include <stdlib.h>
#include <string.h>

#include "replay_options.h"
#include "report.h"
#include "table.h"
#include "totals.h"

static void print_orders(const struct sim_outcome *o)
{
	const struct sim_replay_totals *t = &o->totals;
	struct sim_table table;
	uint64_t all = 0, most = 0;

	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		all += t->requests[order];
		most = t->requests[order] > most ? t->requests[order] : most;
	}
	sim_table_init(&table, "order|requests|share|failed|free blocks|unusable|<");
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		char requests[32], share[32], failed[32], blocks[32], bar[64];

		sim_bar(bar, sizeof(bar), (double)t->requests[order], (double)most, 20, sim_utf8());
		sim_table_row(&table, "%u|%s|%s|%s|%s|%.3f|%s", order, sim_text_count(requests, t->requests[order]),
			      sim_text_percent(share, (double)t->requests[order], (double)all),
			      sim_text_count(failed, t->failures[order]),
			      sim_text_count(blocks, o->end.all.free_blocks[order]),
			      o->end.all.unusable_permille[order] / 1000.0, bar);
	}
	sim_table_print(&table, stdout);
	printf("Free blocks and the unusable free space index are those at the end.\n");
}

static void print_sized(const struct sim_outcome *o)
{
	const struct sim_replay_totals *t = &o->totals;
	const struct sim_sized_totals *kinds[2] = { &t->exact, &t->kmalloc };
	static const char *const names[2] = { "alloc_pages_exact", "kmalloc, large" };
	char peak[32], now[32];
	struct sim_table table;

	if (!t->exact.requests && !t->kmalloc.requests)
		return;
	printf("\n");
	sim_heading(stdout, "Requests with a size in bytes (pages)");
	sim_table_init(&table, "<interface|requests|trimmed|asked|rounded|kept|saved|freed");
	for (unsigned i = 0; i < 2; i++) {
		const struct sim_sized_totals *s = kinds[i];
		const uint64_t counts[7] = { s->requests, s->trimmed, s->pages_asked, s->pages_block, s->pages_kept,
					     s->pages_block - s->pages_kept, s->released };
		char line[256];

		sim_table_row(&table, "%s%s", names[i], sim_text_cells(line, sizeof(line), counts, 7));
	}
	sim_table_print(&table, stdout);
	printf("At most %s pages were saved at one moment; %s at the end.\n",
	       sim_text_count(peak, t->account.saved_peak_pages),
	       sim_text_count(now, t->account.rounded_pages - t->account.taken_pages));
}

static void print_cost(const struct sim_outcome *o)
{
	struct sim_total list[SIM_TOTALS_MAX];
	unsigned count = sim_totals_list(list, &o->totals, &o->assembled, &o->cost, &o->end);
	struct sim_table table;

	printf("\n");
	sim_heading(stdout, "Cost in the model (policy_: by the policy's calls alone; all_: everything)");
	sim_table_init(&table, "<cost|count|<   |<cost|count");
	for (unsigned i = 0; i < count;) {
		char first[32];
		unsigned left = i++;

		if (strcmp(list[left].side, "cost"))
			continue;
		while (i < count && strcmp(list[i].side, "cost"))
			i++;
		if (i == count) {
			sim_table_row(&table, "%s|%s", list[left].name, sim_text_count(first, list[left].value));
		} else {
			char second[32];

			sim_table_row(&table, "%s|%s||%s|%s", list[left].name,
				      sim_text_count(first, list[left].value), list[i].name,
				      sim_text_count(second, list[i].value));
			i++;
		}
	}
	sim_table_print(&table, stdout);
}

static void print_report(const char *path, const struct sim_run *run)
{
	const struct sim_outcome *o = &run->outcomes[0];
	const struct sim_replay_totals *t = &o->totals;
	char events[32], duration[32], frees[32], share[32], same[32], compared[32];
	char line[256];

	sim_report_recording(stdout, path, &run->info);
	printf("What-if replay on the %s model, policy %s:\n%s.\n%s events over %s, %s frees\n\n", run->profile,
	       o->policy->name, o->policy->summary, sim_text_count(events, run->events),
	       sim_text_duration(duration, t->last_time_ns - t->first_time_ns), sim_text_count(frees, t->frees));
	sim_heading(stdout, "Requests and free memory by order");
	print_orders(o);
	print_sized(o);
	print_cost(o);
	printf("\n");
	sim_heading(stdout, "Account");
	snprintf(line, sizeof(line), "The model gave the recorded frame for %s of the blocks (%s of %s).",
		 sim_text_percent(share, (double)t->same_frame, (double)t->frames_compared),
		 sim_text_count(same, t->same_frame), sim_text_count(compared, t->frames_compared));
	if (!run->synthetic)
		sim_print_wrapped(stdout, line, 2);
	sim_report_interruption(stdout, run->damaged ? &run->damage : NULL, run->events);
	sim_report_account(stdout, run, o);
}

static void print_json(const char *path, const struct sim_run *run)
{
	struct sim_json json;

	sim_json_begin(&json, stdout, "replay");
	sim_report_run_json(&json, path, run);
	sim_json_object(&json, "outcome");
	sim_report_outcome_json(&json, &run->outcomes[0]);
	sim_json_object_end(&json);
	sim_json_end(&json);
}

static int replay(struct sim_parse *parse, struct sim_replay_arguments *arguments, struct sim_run *run)
{
	struct sim_progress progress;
	struct sim_error error = { 0 };
	int result = 0;

	arguments->run.path = parse->arguments[0];
	if (arguments->db_path)
		result = sim_db_open(arguments->db_path, &arguments->run.db, &error);
	if (result)
		return sim_complain(&error);
	sim_progress_begin(&progress, "replay", parse->quiet);
	arguments->run.progress = &progress;
	result = sim_run(&arguments->run, run, &error);
	sim_progress_end(&progress);
	if (sim_db_close(arguments->run.db, result ? NULL : &error) && !result)
		result = -1;
	if (result)
		return sim_report_no_run(result, &error);
	if (parse->json)
		print_json(parse->arguments[0], run);
	else
		print_report(parse->arguments[0], run);
	return sim_report_partial(parse->arguments[0], run);
}

static int run_replay(struct sim_parse *parse)
{
	struct sim_replay_arguments arguments;
	struct sim_run *run;
	int status;

	if (!sim_replay_arguments_parse(parse, &arguments))
		return parse->status;
	if (!arguments.run.policy_count)
		arguments.run.policies[arguments.run.policy_count++] = &sim_policy_exact;
	run = calloc(1, sizeof(*run));
	if (!run)
		return sim_complain_at(parse->arguments[0], "no memory for a replay");
	status = replay(parse, &arguments, run);
	free(run);
	return status;
}

static const struct sim_option options[] = {
	{ SIM_OPT_POLICY, 'p', "policy", "P", "none, exact (default), fitfree, fit-exact, exact-fit" },
	SIM_REPLAY_OPTIONS,
	{ 0, 0, NULL, NULL, NULL },
};

static const char *const examples[] = {
	"pageman replay sized.rec --policy fitfree", "sized requests trimmed in largest aligned blocks",
	"pageman replay frag.rec --set pcp.high=0 --set pcp.batch=1 --json", "almost without per-CPU lists",
	"pageman replay trace.txt --zones DMA=1-4096,DMA32=4096-262144", "a text trace, which has no snapshot",
	"pageman replay synth:sawtooth,mem=256M,seed=7", "a synthetic workload; see docs/workloads.md",
	"pageman replay frag.rec --db results.db", "keeps samples over time; see docs/schema.md",
	NULL,
};

const struct sim_command cmd_replay = {
	.name = "replay",
	.summary = "What-if replay: recorded requests, the model's own decisions, one policy",
	.usage = "REC [options]",
	.details = "Executes the recorded requests on the model. An allocation gets whatever frame the model gives; a "
		   "map routes the recorded frees to it. Settings for --set: pcp.high, pcp.batch (pages, every zone "
		   "and CPU), min_free_kbytes, watermark_scale_factor, watermark_boost_factor (as the sysctls). A "
		   "trace without a snapshot starts with all frames free in zones given by --zones "
		   "NAME=START-END[@NODE],... (frames, END exclusive) or laid out as on x86-64 up to its largest "
		   "frame. REC may be \"-\", or synth:PROFILE[,key=value...]: requests drawn from a "
		   "seed, the same under every policy (docs/workloads.md).",
	.options = options,
	.has_json = true,
	.has_quiet = true,
	.arguments_min = 1,
	.arguments_max = 1,
	.examples = examples,
	.run = run_replay,
};
