// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pageman verify: replay a recording on the model and compare every frame.
 *
 * Interface: cmd_verify.
 */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "plan_check.h"
#include "sources.h"
#include "stock_report.h"
#include "verify.h"
#include "verify_report.h"

enum { OPT_CONTROL = 1, OPT_KERNEL, OPT_SEED, OPT_WITHOUT, OPT_TRACEPOINTS_ONLY, OPT_POLICY };

struct run {
	const char *path;
	struct sim_load_options load;
	sim_sources without;
	struct rec_reader *reader;
	struct sim_machine machine;
	struct verify *verify;
	struct sim_plan_check plans; /* with report.policy */
	struct verify_report report;
	struct sim_state_diff diff;
	bool json, quiet;
	bool tracepoints_only; /* forget the rest */
	bool stock;            /* the snapshots have no order: reported by stock_verify, with `stock_exit` */
	int stock_exit;
	struct sim_error error;
};

static const struct { const char *name; enum sim_control control; } controls[] = {
	{ "shuffle-lists", SIM_CONTROL_SHUFFLE_LISTS },
	{ "reverse-pcp", SIM_CONTROL_REVERSE_PCP },
};

static bool parse_control(struct run *run, const char *name)
{
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		if (strcmp(name, controls[i].name))
			continue;
		run->load.control = controls[i].control;
		run->report.control_name = name;
		return true;
	}
	return false;
}

static const char *next_policy(const void *context, unsigned index)
{
	const struct sim_plan_policy *policy = sim_plan_check_at(index);

	(void)context;
	return policy ? policy->name : NULL;
}

static int take_policy(struct sim_parse *p, const struct sim_plan_policy **out)
{
	char expected[SIM_EXPECTED_ROOM];

	*out = sim_plan_check_find(p->value);
	if (*out)
		return 0;
	return sim_usage_error(p->command, "no kernel trims by a policy \"%s\"%s", p->value,
			       sim_expected_names(expected, sizeof(expected), p->value, next_policy, NULL));
}

static int load_machine(struct run *run)
{
	struct rec_snapshot snapshot;
	struct rec_error rec;
	int error = rec_snapshot_get(run->reader, 0, &snapshot, &rec);

	if (error == -ENOENT)
		return sim_fail(&run->error, error,
				"%s: has no snapshot 0: expected a recording of the capture rig or of the module, "
				"found a trace alone (pageman replay runs it on an assumed layout)",
				sim_file_name(run->path));
	if (error)
		return sim_fail_rec(&run->error, sim_file_name(run->path), &rec);
	run->stock = !snapshot.ordered || run->tracepoints_only;
	if (run->stock && (run->report.control_name || run->report.without_names || run->report.policy))
		error = sim_fail(&run->error, -EINVAL,
				 "%s: tracepoints alone give no order that --control could destroy, no probes that "
				 "--without could leave out, and no sizes for --policy", sim_file_name(run->path));
	else if (run->stock)
		error = stock_verify(run->reader, run->path, &snapshot, run->load.kernel, run->json, run->quiet,
				     &run->stock_exit, &run->error);
	else if ((error = sim_machine_load(&run->machine, &snapshot, &run->load, &run->error)))
		sim_error_context(&run->error, sim_file_name(run->path));
	rec_snapshot_free(&snapshot);
	return error;
}

/* One event, for the plans and for the model. Return: as verify_event. */
static int do_event(struct run *run, const struct rec_batch *batch, size_t i)
{
	struct rec_event e = batch->events[i];

	if (run->report.policy && sim_plan_check_event(&run->plans, batch->first_index + i, &e))
		return -ENOMEM;
	if (!sim_sources_pass(run->without, &e))
		e.kind = REC_NONE;
	return verify_event(run->verify, &e, rec_kind_is_wide(e.kind) ? &batch->wide[e.arg] : NULL);
}

/* Return: 0 at the end or at damage (then run->report.damaged), negative on an error of ours. */
static int verify_events(struct run *run, struct sim_progress *progress)
{
	struct rec_error rec = { 0 };
	struct rec_batch batch;
	int status = 1;
	int more;

	while (status > 0 && (more = rec_next(run->reader, &batch, &rec)) > 0) {
		uint64_t done, total;

		if (!run->without && verify_expect(run->verify, batch.events, batch.count))
			status = -ENOMEM;
		for (size_t i = 0; i < batch.count && status > 0; i++)
			status = do_event(run, &batch, i);
		rec_progress(run->reader, &done, &total);
		sim_progress_show(progress, done, total, batch.first_index + batch.count);
	}
	if (status < 0)
		return sim_fail(&run->error, status, "%s: no memory to verify it", sim_file_name(run->path));
	/* Nothing behind snapshot 1 is verified, but the file has to be sound to its end. */
	while (!status && (more = rec_next(run->reader, &batch, &rec)) > 0)
		;
	run->report.damaged |= more < 0;
	return more < 0 ? sim_reading_ended(run->path, more, &rec, &run->error) : 0;
}

static int compare_end(struct run *run)
{
	struct rec_snapshot snapshot;
	struct rec_error rec = { 0 };
	int error;

	if (run->report.damaged)
		return 0;
	error = rec_snapshot_get(run->reader, 1, &snapshot, &rec);
	if (error == -ENOENT)
		return 0;
	if (error) {
		run->report.damaged = true;
		return sim_reading_ended(run->path, error, &rec, &run->error);
	}
	error = sim_machine_compare(&run->machine, &snapshot, &run->diff, &run->error);
	run->report.has_diff = !error;
	rec_snapshot_free(&snapshot);
	return error;
}

static int verify_run(struct run *run)
{
	struct sim_progress progress;
	int error = sim_open_recording(run->path, REC_DIALECT_AUTO, &run->reader, &run->error);

	if (!error)
		error = load_machine(run);
	if (error || run->stock)
		return error;
	run->verify = verify_create(&run->machine);
	if (!run->verify)
		return sim_fail(&run->error, -ENOMEM, "%s: no memory to verify it", sim_file_name(run->path));
	sim_plan_check_init(&run->plans, run->report.policy);
	sim_progress_begin(&progress, "verifying", run->quiet);
	error = verify_events(run, &progress);
	sim_progress_end(&progress);
	if (error)
		return error;
	run->report.path = run->path;
	run->report.profile_name = run->machine.profile->name;
	run->report.info = rec_info(run->reader);
	run->report.result = verify_finish(run->verify);
	run->report.plans = sim_plan_check_finish(&run->plans);
	run->report.diff = &run->diff;
	run->report.error = &run->error;
	error = compare_end(run);
	if (error)
		return error;
	(run->json ? verify_report_json : verify_report_text)(&run->report);
	return 0;
}

static int run_verify(struct sim_parse *p)
{
	struct run run = { .load = { .seed = 1 } };
	int id, status;

	while ((id = sim_option_next(p)) > 0) {
		if (id == OPT_CONTROL && !parse_control(&run, p->value))
			return sim_usage_error(p->command,
					       "unknown control '%s': expected shuffle-lists or reverse-pcp", p->value);
		status = id == OPT_POLICY ? take_policy(p, &run.report.policy) : 0;
		if (status)
			return status;
		if (id == OPT_WITHOUT) {
			run.report.without_names = p->value;
			if (sim_sources_parse(p->value, &run.without, &run.error))
				return sim_usage_error(p->command, "--without: %s", run.error.text);
		}
		run.tracepoints_only |= id == OPT_TRACEPOINTS_ONLY;
		if (id == OPT_KERNEL)
			run.load.kernel = p->value;
		if (id == OPT_SEED && sim_parse_u64(p->value, UINT64_MAX, &run.load.seed))
			return sim_usage_error(p->command, "'%s' is no seed: expected a whole number", p->value);
	}
	if (id < 0)
		return p->status;
	run.path = p->arguments[0];
	run.json = p->json;
	run.quiet = p->quiet;
	if (verify_run(&run))
		status = sim_complain(&run.error);
	else
		status = sim_finish_output(run.stock ? run.stock_exit : verify_report_verdict(&run.report));
	verify_destroy(run.verify);
	sim_plan_check_fini(&run.plans);
	sim_machine_unload(&run.machine);
	if (run.reader)
		rec_close(run.reader);
	return status;
}

static const struct sim_option options[] = {
	{ OPT_CONTROL, 0, "control", "NAME", "destroy what snapshot 0 says first: shuffle-lists or reverse-pcp" },
	{ OPT_WITHOUT, 0, "without", "SOURCES",
	  "leave out what these probes told: bulk, isolate, search, ...; probes: all of them" },
	{ OPT_SEED, 0, "seed", "N", "of the shuffle (1)" },
	{ OPT_POLICY, 0, "policy", "P",
	  "predict what exact requests give back: exact, fitfree, ..." },
	{ OPT_TRACEPOINTS_ONLY, 0, "tracepoints-only", NULL, "use what a kernel without our module tells alone" },
	{ OPT_KERNEL, 0, "kernel", "K", "profile or release to use instead of the recording's" },
	{ 0, 0, NULL, NULL, NULL },
};

static const char *const examples[] = {
	"pageman verify traces/data/fork-6.1.pgr",
	"is every allocation of the recording predicted to the frame?",
	"pageman verify --control shuffle-lists traces/data/fork-6.1.pgr",
	"the same with the order of the free lists destroyed: it has to fail",
	"pageman verify --without bulk traces/data/pressure-6.1.pgr",
	"how much do the predictions owe to the probe that tells bulk allocations?",
	"pageman verify --policy fitfree mine.pgr",
	"a kernel that pageman.ko has changed: did it cut and release as planned?",
	NULL,
};

const struct sim_command cmd_verify = {
	.name = "verify",
	.summary = "Replay a recording and compare every frame with the kernel's",
	.usage = "REC [options]",
	.details = "Loads snapshot 0, does every recorded operation on the model and holds each frame that the model "
		   "hands out against the kernel's. At the end all free lists, per-CPU lists, pageblock types and "
		   "counters are compared with snapshot 1. Exit code 0: all is identical; 3: something differs; "
		   "4: the recording is damaged or lost events, or SIGINT or SIGTERM came: then the result is of what "
		   "was read until then.\n\n"
		   "Frees are done as they were recorded. With --policy those of exact requests are predicted too: the "
		   "trimming core plans what such a request gives back of its block and how it is released, and "
		   "every free that the kernel then did for it is held against the plan's next piece. Policies: exact, "
		   "fitfree, and fit-exact and exact-fit, which are the module with one of its two functions.\n\n"
		   "A recording of a kernel without our module has lists of known length and unknown order. Then the "
		   "report says how many allocations could be predicted, how many of these were exact, and how the "
		   "lengths came out; the exit code is 4, for it is an approximation (docs/tracepoints-only.md).",
	.options = options,
	.has_json = true,
	.has_quiet = true,
	.arguments_min = 1,
	.arguments_max = 1,
	.examples = examples,
	.run = run_verify,
};
