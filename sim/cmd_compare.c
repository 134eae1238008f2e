// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pageman compare: the same recordings under several policies, side by side.
 *
 * Interface: cmd_compare. The report itself is in compare_report.c.
 */
#include <stdlib.h>
#include <string.h>

#include "compare_report.h"
#include "replay_options.h"
#include "report.h"

#define RECORDINGS_MAX 64

static int compare_one(struct sim_parse *parse, struct sim_replay_arguments *arguments, const char *path,
		       struct sim_run *run)
{
	struct sim_progress progress;
	struct sim_error error = { 0 };
	int result;

	arguments->run.path = path;
	sim_progress_begin(&progress, "compare", parse->quiet);
	arguments->run.progress = &progress;
	result = sim_run(&arguments->run, run, &error);
	sim_progress_end(&progress);
	return result ? sim_report_no_run(result, &error) : SIM_EXIT_OK;
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

static int compare_all(struct sim_parse *parse, struct sim_replay_arguments *arguments, struct sim_run *run)
{
	struct sim_json json;
	int status = SIM_EXIT_OK;

	if (parse->json) {
		sim_json_begin(&json, stdout, "compare");
		sim_json_array(&json, "comparisons");
	}
	for (unsigned i = 0; i < parse->argument_count; i++) {
		const char *path = parse->arguments[i];
		int one = compare_one(parse, arguments, path, run);

		if (one == SIM_EXIT_OK) {
			if (parse->json) {
				sim_compare_json(&json, path, run);
			} else {
				if (i)
					printf("\n");
				sim_compare_print(stdout, path, run);
			}
			one = sim_report_partial(path, run);
		}
		status = worse(status, one);
	}
	if (parse->json) {
		sim_json_array_end(&json);
		sim_json_end(&json);
	}
	return status;
}

static int run_compare(struct sim_parse *parse)
{
	struct sim_replay_arguments arguments;
	struct sim_run_options *options = &arguments.run;
	struct sim_error error = { 0 };
	struct sim_run *run;
	int status;

	if (!sim_replay_arguments_parse(parse, &arguments))
		return parse->status;
	if (!options->policy_count)
		while (options->policy_count < SIM_POLICIES_MAX && sim_policy_at(options->policy_count)) {
			options->policies[options->policy_count] = sim_policy_at(options->policy_count);
			options->policy_count++;
		}
	if (arguments.db_path && sim_db_open(arguments.db_path, &arguments.run.db, &error))
		return sim_complain(&error);
	run = calloc(1, sizeof(*run));
	status = run ? compare_all(parse, &arguments, run) : sim_complain_at("compare", "no memory");
	free(run);
	if (sim_db_close(arguments.run.db, &error))
		return sim_complain(&error);
	return status;
}

static const struct sim_option options[] = {
	{ SIM_OPT_POLICIES, 'p', "policies", "A,B,...", "policies to compare; all by default" },
	SIM_REPLAY_OPTIONS,
	{ 0, 0, NULL, NULL, NULL },
};

static const char *const examples[] = {
	"pageman compare sized.rec --policies none,exact,fitfree", "three policies on one recording",
	"pageman compare sized.rec frag.rec --trim-kmalloc", "all policies, large kmalloc trimmed as well",
	"pageman compare sized.rec --db results.db --json", "for scripts; views in docs/schema.md",
	NULL,
};

const struct sim_command cmd_compare = {
	.name = "compare",
	.summary = "The same recordings under several policies, side by side",
	.usage = "REC... [options]",
	.details = "Each recording is read once; every policy has its own model that starts from the same snapshot. "
		   "The report keeps STATE (what memory looks like) apart from COST (what it took), and says in words "
		   "which differences are which. The first policy is the one that the others are compared with. "
		   "Settings and --zones as in pageman replay.",
	.options = options,
	.has_json = true,
	.has_quiet = true,
	.arguments_min = 1,
	.arguments_max = RECORDINGS_MAX,
	.examples = examples,
	.run = run_compare,
};
