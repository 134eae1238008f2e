// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pageman info: what is in a recording.
 *
 * Interface: cmd_info. What it prints is in info_report.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "info_report.h"
#include "report.h"

/* Counts all events. Return: 0 at the end or where reading ended (then info->damaged), or -ENOMEM. */
static int count_events(struct sim_parse *parse, struct rec_reader *reader, struct sim_info *info)
{
	struct sim_census *census = info->census;
	struct sim_progress progress;
	struct rec_error cause = { 0 };
	struct rec_batch batch;
	int result;

	sim_progress_begin(&progress, "info", parse->quiet);
	while ((result = rec_next(reader, &batch, &cause)) == 1) {
		uint64_t done, total;

		for (size_t i = 0; i < batch.count; i++)
			sim_census_add(census, &batch.events[i]);
		rec_progress(reader, &done, &total);
		sim_progress_show(&progress, done, total, census->events);
	}
	sim_progress_end(&progress);
	info->damaged |= result < 0;
	return result < 0 ? sim_reading_ended(info->path, result, &cause, &info->damage) : 0;
}

/* A recording that was damaged or lost events is told about on standard error as well. */
static int complain(const struct sim_info *info)
{
	const char *file = sim_file_name(info->path);
	bool partial = info->damaged;

	if (info->damaged)
		sim_complain(&info->damage);
	sim_complain_garbage(info->path, &info->rec, &info->accounting);
	sim_complain_impossible(info->path, &info->census->impossible);
	sim_complain_outside(info->path, &info->census->outside);
	partial = partial || info->accounting.garbage_lines || info->census->impossible.count ||
		  info->census->outside.count;
	if (sim_info_lost_events(info)) {
		sim_complain_at(file, "the recorder lost %" PRIu64 " events", sim_info_lost_events(info));
		partial = true;
	}
	return partial ? SIM_EXIT_INCOMPLETE : SIM_EXIT_OK;
}

static int report(struct sim_parse *parse, struct rec_reader *reader, struct sim_info *info)
{
	struct rec_error cause = { 0 };
	int result = rec_snapshot_get(reader, 0, &info->snapshot, &cause);

	if (result && result != -ENOENT) {
		if (sim_reading_ended(info->path, result, &cause, &info->damage))
			return sim_complain(&info->damage);
		info->damaged = true;
	}
	info->has_snapshot = !result;
	if (info->has_snapshot)
		info->census->snapshot = &info->snapshot;
	if (count_events(parse, reader, info)) {
		rec_snapshot_free(&info->snapshot);
		return sim_complain(&info->damage);
	}
	if (sim_assembler_totals(info->census->assembler)->out_of_memory) {
		rec_snapshot_free(&info->snapshot);
		return sim_complain_at(sim_file_name(info->path), "no memory for its bulk allocations");
	}
	info->rec = *rec_info(reader);
	info->accounting = *rec_accounting(reader);
	if (parse->json)
		sim_info_json(stdout, info);
	else
		sim_info_print(stdout, info);
	rec_snapshot_free(&info->snapshot);
	return complain(info);
}

static int run_info(struct sim_parse *parse)
{
	struct sim_info info = { 0 };
	struct rec_reader *reader;
	struct sim_error error = { 0 };
	int id, status;

	while ((id = sim_option_next(parse)) > 0)
		;
	if (id < 0)
		return parse->status;
	info.path = parse->arguments[0];
	if (sim_open_recording(info.path, REC_DIALECT_AUTO, &reader, &error))
		return sim_complain(&error);
	info.census = sim_census_create();
	status = info.census ? report(parse, reader, &info) : sim_complain_at(info.path, "no memory to count events");
	sim_census_destroy(info.census);
	rec_close(reader);
	return status;
}

static const char *const examples[] = {
	"pageman info files.rec", "kernel, zones, duration, events, orders, types, losses",
	"pageman info trace.txt --json", "the same of a tracefs text, for scripts",
	"zcat trace.gz | pageman info -", "from a pipe",
	NULL,
};

const struct sim_command cmd_info = {
	.name = "info",
	.summary = "What is in a recording: kernel, zones, events, orders, types, losses",
	.usage = "REC [options]",
	.details = "Reads the whole recording and counts. REC is a compact recording, a tracefs text, a folder of the "
		   "capture rig, or \"-\".",
	.options = NULL,
	.has_json = true,
	.has_quiet = true,
	.arguments_min = 1,
	.arguments_max = 1,
	.examples = examples,
	.run = run_info,
};
