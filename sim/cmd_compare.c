// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pageman compare: the same recordings under several policies, side by side.
 *
 * Interface: cmd_compare. The report itself is in compare_report.c.
 */
#include <stdlib.h>
#include <string.h>

#include "compare_report.h"
#include "interrupt.h"
#include "replay_options.h"
#include "report.h"

#define RECORDINGS_MAX 64

/* A comparison's room: kept from one recording to the next. */
struct room {
	struct sim_run first, later;
	struct sim_comparison comparison;
};

/* One run; the first is as recorded, each later one leaves out a few requests, the same under every policy. */
static int run_once(struct sim_parse *parse, struct sim_replay_arguments *arguments, unsigned index,
		    struct sim_run *run)
{
	struct sim_progress progress;
	struct sim_error error = { 0 };
	char what[64] = "compare";
	int result;

	if (arguments->runs > 1)
		snprintf(what, sizeof(what), "compare, run %u of %u", index + 1, arguments->runs);
	arguments->run.seed = index ? arguments->seed + index - 1 : 0;
	sim_progress_begin(&progress, what, parse->quiet);
	arguments->run.progress = &progress;
	result = sim_run(&arguments->run, run, &error);
	sim_progress_end(&progress);
	return result ? sim_report_no_run(result, &error) : SIM_EXIT_OK;
}

/*
 * All runs of one recording. A damaged one gives its first part in every run. An interrupted first run is reported as
 * far as it came; a later one covers less than those before it, so it is left out.
 */
static int compare_one(struct sim_parse *parse, struct sim_replay_arguments *arguments, const char *path,
		       struct room *room)
{
	int status = SIM_EXIT_OK;

	arguments->run.path = path;
	room->comparison.runs = room->comparison.interrupted_run = 0;
	for (unsigned i = 0; i < arguments->runs && status == SIM_EXIT_OK; i++) {
		struct sim_run *run = i ? &room->later : &room->first;

		status = run_once(parse, arguments, i, run);
		if (status != SIM_EXIT_OK)
			break;
		if (i && sim_run_is_interrupted(run))
			room->comparison.interrupted_run = i + 1;
		else
			sim_comparison_add(&room->comparison, run);
		if (sim_run_is_interrupted(run))
			break;
	}
	return status;
}

/* What the comparison does not cover. Return: SIM_EXIT_OK or SIM_EXIT_INCOMPLETE. */
static int complain(const char *path, const struct room *room)
{
	int status = sim_report_partial(path, &room->first);

	if (!room->comparison.interrupted_run)
		return status;
	sim_complain_at(sim_file_name(path), "interrupted in run %u of %u, which is left out",
			room->comparison.interrupted_run, room->comparison.runs_max);
	return SIM_EXIT_INCOMPLETE;
}

/* The worse of two exit codes: an error before a misuse before an incomplete input before success. */
static int worse(int a, int b)
{
	if (a == SIM_EXIT_ERROR || b == SIM_EXIT_ERROR)
		return SIM_EXIT_ERROR;
	if (a == SIM_EXIT_USAGE || b == SIM_EXIT_USAGE)
		return SIM_EXIT_USAGE;
	return a > b ? a : b;
}

static int compare_all(struct sim_parse *parse, struct sim_replay_arguments *arguments, struct room *room)
{
	struct sim_json json;
	int status = SIM_EXIT_OK;
	unsigned i;

	if (arguments->csv)
		sim_compare_csv_begin(stdout);
	if (parse->json) {
		sim_json_begin(&json, stdout, "compare");
		sim_json_array(&json, "comparisons");
	}
	for (i = 0; i < parse->argument_count && !sim_interrupted(); i++) {
		const char *path = parse->arguments[i];
		int one = compare_one(parse, arguments, path, room);

		if (one == SIM_EXIT_OK) {
			if (parse->json) {
				sim_compare_json(&json, path, &room->first, &room->comparison);
			} else if (arguments->csv) {
				sim_compare_csv(stdout, path, &room->comparison);
			} else {
				if (i)
					printf("\n");
				sim_compare_print(stdout, path, &room->first, &room->comparison);
			}
			one = complain(path, room);
		}
		status = worse(status, one);
	}
	if (i < parse->argument_count) {
		sim_complain_at("compare", "interrupted: %u recording%s not compared", parse->argument_count - i,
				parse->argument_count - i == 1 ? "" : "s");
		status = worse(status, SIM_EXIT_INCOMPLETE);
	}
	if (parse->json) {
		sim_json_array_end(&json);
		sim_json_u64(&json, "recordings_left_out", parse->argument_count - i);
		sim_json_end(&json);
	}
	return status;
}

static int run_compare(struct sim_parse *parse)
{
	struct sim_replay_arguments arguments;
	struct sim_run_options *options = &arguments.run;
	struct sim_error error = { 0 };
	struct room *room;
	int status;

	if (!sim_replay_arguments_parse(parse, &arguments))
		return parse->status;
	for (unsigned i = 0; i < parse->argument_count && arguments.runs > 1; i++)
		if (!sim_can_read_twice(parse->arguments[i]))
			return sim_usage_error(parse->command, "--seeds: %s can be read only once",
					       sim_file_name(parse->arguments[i]));
	if (arguments.csv && parse->json)
		return sim_usage_error(parse->command, "--csv and --json: one of them");
	options->timed = !arguments.no_time;
	if (!options->policy_count)
		while (options->policy_count < SIM_POLICIES_MAX && sim_policy_at(options->policy_count)) {
			options->policies[options->policy_count] = sim_policy_at(options->policy_count);
			options->policy_count++;
		}
	if (arguments.db_path && sim_db_open(arguments.db_path, &arguments.run.db, &error))
		return sim_complain(&error);
	room = calloc(1, sizeof(*room));
	if (room && !sim_comparison_init(&room->comparison, arguments.runs))
		status = compare_all(parse, &arguments, room);
	else
		status = sim_complain_at("compare", "no memory");
	if (room)
		sim_comparison_fini(&room->comparison);
	free(room);
	if (sim_db_close(arguments.run.db, &error))
		return sim_complain(&error);
	return status;
}

static const struct sim_option options[] = {
	{ SIM_OPT_POLICIES, 'p', "policies", "A,B,...", "policies to compare; all by default" },
	{ SIM_OPT_SEEDS, 'n', "seeds", "N", "runs: as recorded, then with 1% left out (1)" },
	{ SIM_OPT_SEED, 0, "seed", "S", "seed of the second run, S + 1 of the third... (1)" },
	{ SIM_OPT_NO_TIME, 0, "no-time", NULL, "no nanoseconds: the same input, the same output" },
	{ SIM_OPT_CSV, 0, "csv", NULL, "a line for each measure and pair of policies" },
	SIM_REPLAY_OPTIONS,
	{ 0, 0, NULL, NULL, NULL },
};

static const char *const examples[] = {
	"pageman compare sized.rec --policies none,exact,fitfree", "three policies on one recording",
	"pageman compare sized.rec frag.rec --trim-kmalloc", "all policies, large kmalloc trimmed as well",
	"pageman compare sized.rec --seeds 9", "which differences are more than chance",
	"pageman compare synth:drivers,occupancy=70 --seeds 9", "a synthetic workload; see docs/workloads.md",
	"pageman compare sized.rec --db results.db --json", "for scripts; views in docs/schema.md",
	NULL,
};

const struct sim_command cmd_compare = {
	.name = "compare",
	.summary = "The same recordings under several policies, side by side",
	.usage = "REC... [options]",
	.details = "Each recording is read once a run; every policy has its own model that starts from the same "
		   "snapshot. The report keeps STATE (what memory looks like over time) apart from COST (what it "
		   "took), and answers in words at the end. The first policy is the one that the others are "
		   "compared with. With --seeds every measure has its spread, and a difference is one only when it "
		   "has the same sign in every run. The 4 MiB challenge asks when an order-10 request would "
		   "succeed, and what stands in its way. Settings, --zones and "
		   "synthetic workloads as in pageman replay.",
	.options = options,
	.has_json = true,
	.has_quiet = true,
	.arguments_min = 1,
	.arguments_max = RECORDINGS_MAX,
	.examples = examples,
	.run = run_compare,
};
