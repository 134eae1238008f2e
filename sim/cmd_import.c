// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pageman import: any supported dialect to the compact format.
 *
 * Interface: cmd_import.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report.h"
#include "table.h"

enum { OPT_OUTPUT = 1, OPT_FROM, OPT_TIME_UNIT, OPT_TRACEPOINTS_ONLY };

struct arguments {
	const char *output;
	enum rec_dialect dialect;
	uint32_t time_unit_ns;
	bool tracepoints_only;
};

static const struct {
	const char *name;
	enum rec_dialect dialect;
} dialects[] = {
	{ "auto", REC_DIALECT_AUTO },
	{ "text", REC_DIALECT_TEXT },
	{ "raw", REC_DIALECT_RAW },
	{ "compact", REC_DIALECT_COMPACT },
};

static int parse_dialect(struct sim_parse *parse, struct arguments *a)
{
	for (unsigned i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		if (!strcmp(parse->value, dialects[i].name)) {
			a->dialect = dialects[i].dialect;
			return 0;
		}
	}
	return sim_usage_error(parse->command, "--from: expected auto, text, raw or compact, found \"%s\"",
			       parse->value);
}

static int parse_time_unit(struct sim_parse *parse, struct arguments *a)
{
	if (strcmp(parse->value, "ns") && strcmp(parse->value, "us"))
		return sim_usage_error(parse->command, "--time-unit: expected ns or us, found \"%s\"", parse->value);
	a->time_unit_ns = parse->value[0] == 'n' ? 1 : 1000;
	return 0;
}

struct import_progress {
	struct sim_progress line;
	struct rec_reader *reader;
};

static void show(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
	struct import_progress *p = context;

	sim_progress_show(&p->line, done_bytes, total_bytes, rec_accounting(p->reader)->events);
}

static void note_count(bool *partial, const char *path, uint64_t count, const char *what)
{
	if (!count)
		return;
	sim_complain_at(path, "%" PRIu64 " %s", count, what);
	*partial = true;
}

/* What makes the result cover only part of the input. */
static bool complain_about_gaps(const char *path, const struct rec_info *info, const struct rec_accounting *acc)
{
	uint64_t lost = info->lost_events > acc->lost_events ? info->lost_events : acc->lost_events;
	bool partial = acc->garbage_lines > 0 || acc->impossible.count > 0;

	sim_complain_garbage(path, info, acc);
	sim_complain_impossible(path, &acc->impossible);
	note_count(&partial, path, lost, "events were lost by the recorder");
	note_count(&partial, path, info->missed_probes, "probe hits were missed by the kernel");
	return partial;
}

static void print_result(const struct sim_parse *parse, const struct arguments *a, const struct rec_reader *reader,
			 const struct sim_error *damage)
{
	const struct rec_info *info = rec_info(reader);
	const struct rec_accounting *acc = rec_accounting(reader);
	char events[32], outside[32];

	if (parse->json) {
		struct sim_json json;

		sim_json_begin(&json, stdout, "import");
		sim_report_recording_json(&json, parse->arguments[0], info);
		sim_json_string(&json, "output", a->output);
		sim_json_u64(&json, "events", acc->imported_events);
		sim_json_u64(&json, "events_outside_snapshots", acc->outside_events);
		sim_report_damage_json(&json, damage, acc->events);
		sim_json_u64(&json, "garbage_lines", acc->garbage_lines);
		sim_json_u64(&json, "impossible_events", acc->impossible.count);
		sim_json_u64(&json, "batched_duplicates", acc->batched_duplicates);
		sim_json_u64(&json, "unmatched_frees", acc->unmatched_frees);
		sim_json_u64(&json, "forced_resolutions", acc->forced_resolutions);
		sim_json_end(&json);
	} else if (!parse->quiet) {
		printf("%s: %s events to %s\n", sim_file_name(parse->arguments[0]),
		       sim_text_count(events, acc->imported_events), a->output);
		if (acc->outside_events)
			printf("%s events before snapshot 0 or behind snapshot 1 are left out\n",
			       sim_text_count(outside, acc->outside_events));
		sim_report_interruption(stdout, damage, acc->events);
	}
}

static int import(struct sim_parse *parse, const struct arguments *a)
{
	const char *path = parse->arguments[0];
	struct import_progress progress;
	struct rec_error cause = { 0 };
	struct sim_error error = { 0 };
	bool partial, cut = false;
	int result = sim_open_recording(path, a->dialect, &progress.reader, &error);

	if (result)
		return sim_complain(&error);
	sim_progress_begin(&progress.line, "import", parse->quiet);
	if (a->tracepoints_only)
		result = rec_import_tracepoints(progress.reader, a->output, a->time_unit_ns, show, &progress, &cause);
	else
		result = rec_import(progress.reader, a->output, a->time_unit_ns, show, &progress, &cause);
	sim_progress_end(&progress.line);
	if (result) {
		if (!cause.code)
			cause.code = result;
		cut = result == -EBADMSG || result == -EINTR;
		sim_fail_rec(&error, cut ? sim_file_name(path) : a->output, &cause);
		sim_complain(&error);
	}
	if (result && !cut) {
		rec_close(progress.reader);
		return SIM_EXIT_ERROR;
	}
	partial = complain_about_gaps(sim_file_name(path), rec_info(progress.reader), rec_accounting(progress.reader));
	print_result(parse, a, progress.reader, cut ? &error : NULL);
	rec_close(progress.reader);
	if (result || partial) {
		fprintf(stderr, "pageman: %s covers only part of what happened\n", a->output);
		return SIM_EXIT_INCOMPLETE;
	}
	return SIM_EXIT_OK;
}

static int run_import(struct sim_parse *parse)
{
	struct arguments a = { 0 };
	int id;

	while ((id = sim_option_next(parse)) > 0) {
		if (id == OPT_OUTPUT)
			a.output = parse->value;
		else if (id == OPT_TRACEPOINTS_ONLY)
			a.tracepoints_only = true;
		else if (id == OPT_FROM && parse_dialect(parse, &a))
			return SIM_EXIT_USAGE;
		else if (id == OPT_TIME_UNIT && parse_time_unit(parse, &a))
			return SIM_EXIT_USAGE;
	}
	if (id < 0)
		return parse->status;
	if (!a.output)
		return sim_usage_error(parse->command, "expected -o REC: where the recording goes");
	if (sim_is_same_file(parse->arguments[0], a.output))
		return sim_usage_error(parse->command, "-o: %s is the input itself", a.output);
	return import(parse, &a);
}

static const struct sim_option options[] = {
	{ OPT_OUTPUT, 'o', "output", "REC", "the compact recording to write" },
	{ OPT_FROM, 0, "from", "DIALECT", "auto (default), text, raw or compact" },
	{ OPT_TIME_UNIT, 0, "time-unit", "UNIT", "ns (default) or us: rounding times to microseconds halves the file" },
	{ OPT_TRACEPOINTS_ONLY, 0, "tracepoints-only", NULL, "keep only what a kernel without our module tells" },
	{ 0, 0, NULL, NULL, NULL },
};

static const char *const examples[] = {
	"pageman import trace.txt -o trace.rec", "a copy of /sys/kernel/tracing/trace",
	"zstdcat trace.txt.zst | pageman import - -o trace.rec --from text", "from a pipe",
	"pageman import capture/ -o files.rec --from raw", "a folder that the capture rig left",
	"pageman import stock/ -o stock.rec", "a folder that traces/record-stock.sh left on any machine",
	NULL,
};

const struct sim_command cmd_import = {
	.name = "import",
	.summary = "Any supported dialect to the compact format",
	.usage = "IN -o REC [options]",
	.details = "Reads tracefs text, a folder of the capture rig, or the compact format itself, and writes a "
		   "compact recording. It appears under its name when it is complete. When lines are garbage, events "
		   "cannot be or were lost, or the input is truncated, what is good is written and the exit code is 4; "
		   "likewise what was read until SIGINT or SIGTERM came: so a trace_pipe is ended. IN may be \"-\".\n\n"
		   "A kernel without our module is recorded by traces/record-stock.sh, run as root: it leaves a folder "
		   "with trace.txt (a copy of /sys/kernel/tracing/trace), with proc0 and proc1 (copies of "
		   "/proc/pagetypeinfo, /proc/zoneinfo and /proc/buddyinfo before and after) and with meta "
		   "(\"format=1\", \"kernel_release=\" and what uname -r says). Made by hand it is as good; "
		   "docs/tracepoints-only.md has the lines.",
	.options = options,
	.has_json = true,
	.has_quiet = true,
	.arguments_min = 1,
	.arguments_max = 1,
	.examples = examples,
	.run = run_import,
};
