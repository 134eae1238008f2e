// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading recordings, and replaying and verifying them from the file on.
 *
 *   text/read        tracefs text to events
 *   text/replay      tracefs text, assembled and replayed on a model that starts empty
 *   compact/read     our format to events; bytes per event are those of the events alone
 *   compact/replay   our format, replayed from its snapshot
 *   compact/verify   likewise, each frame compared with the kernel's
 *
 * "made" is the trace of trace.h. "recorded" is the largest recording of a real kernel in the folder that
 * PAGEMAN_RECORDINGS names; its text has the events that tracefs shows. Files are in memory (page cache).
 *
 * Interface: bench_read_begin, bench_read_end.
 */
#include "suites.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rec/recording.h>

#include "load.h"
#include "replay.h"
#include "shim.h"
#include "trace.h"
#include "verify.h"

#define MADE_EVENTS 1000000u
#define PATH_ROOM 512

enum work { WORK_READ, WORK_REPLAY, WORK_VERIFY };

struct file {
	char path[PATH_ROOM];
	double event_bytes;  /* size of a file with the events alone, by event; 0: not known */
	uint64_t last_pfn;
};

struct read_param {
	const struct file *file;
	enum work work;
};

static struct {
	char folder[PATH_ROOM]; /* ours, removed at the end */
	struct file made_text, made_compact, recorded_text, recorded_events, recorded;
} files;

struct read_run {
	const struct read_param *param;
	struct sim_machine machine;
	struct sim_replay *replay;
	struct verify *verify;
	uint64_t sum;
};

/* --- One pass over a file ------------------------------------------------------------------------------------- */

static bool begin_pass(struct read_run *r, struct rec_reader *reader)
{
	const struct sim_replay_options options = { .policy = sim_policy_find("none") };
	struct rec_snapshot snapshot;
	struct rec_error error;
	struct sim_layout layout = { .cpu_count = 2 };
	bool has_snapshot, ok;

	if (r->param->work == WORK_READ)
		return true;
	has_snapshot = rec_snapshot_get(reader, 0, &snapshot, &error) == 0;
	if (has_snapshot) {
		ok = sim_machine_load(&r->machine, &snapshot, NULL, NULL) == 0;
	} else {
		sim_layout_derive(&layout, r->param->file->last_pfn);
		ok = sim_machine_load_empty(&r->machine, &layout, "6.1", NULL) == 0;
	}
	if (ok && r->param->work == WORK_VERIFY) {
		r->verify = verify_create(&r->machine);
		ok = r->verify != NULL;
	} else if (ok) {
		ok = sim_replay_init(r->replay, &r->machine, has_snapshot ? &snapshot : NULL, &options, NULL) == 0;
		if (!ok)
			sim_machine_unload(&r->machine);
	}
	if (has_snapshot)
		rec_snapshot_free(&snapshot);
	return ok;
}

static void end_pass(struct read_run *r)
{
	if (r->param->work == WORK_READ)
		return;
	if (r->param->work == WORK_VERIFY) {
		verify_finish(r->verify);
		verify_destroy(r->verify);
	} else {
		sim_replay_finish(r->replay);
		sim_replay_fini(r->replay);
	}
	sim_machine_unload(&r->machine);
}

static void take_batch(struct read_run *r, const struct rec_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct rec_event *e = &batch->events[i];
		const struct rec_wide *wide = rec_kind_is_wide(e->kind) ? &batch->wide[e->arg] : NULL;

		if (r->param->work == WORK_READ)
			r->sum += e->pfn ^ e->time_ns;
		else if (r->param->work == WORK_VERIFY)
			verify_event(r->verify, e, wide);
		else
			sim_replay_event(r->replay, batch->first_index + i, e, wide);
	}
}

static bool read_pass(struct bench *bench, void *state)
{
	struct read_run *r = state;
	struct rec_reader *reader;
	struct rec_batch batch;
	struct rec_error error;
	uint64_t events = 0;
	int result;

	if (rec_open(r->param->file->path, REC_DIALECT_AUTO, &reader, &error)) {
		bench_fail(bench, error.text);
		return false;
	}
	if (!begin_pass(r, reader)) {
		rec_close(reader);
		bench_fail(bench, "no model for this recording");
		return false;
	}
	while ((result = rec_next(reader, &batch, &error)) == 1) {
		take_batch(r, &batch);
		events += batch.count;
	}
	end_pass(r);
	rec_close(reader);
	bench_keep(r->sum);
	if (result < 0) {
		bench_fail(bench, error.text);
		return false;
	}
	bench_items(bench, events);
	return true;
}

static void *read_setup(struct bench *bench, const void *param)
{
	struct read_run *r = calloc(1, sizeof(*r));

	if (!r || !(r->replay = calloc(1, sizeof(*r->replay)))) {
		free(r);
		bench_fail(bench, "no memory");
		return NULL;
	}
	r->param = param;
	return r;
}

static void read_teardown(struct bench *bench, void *state)
{
	struct read_run *r = state;

	if (r->param->file->event_bytes > 0)
		bench_count(bench, "bytes_per_event", r->param->file->event_bytes);
	free(r->replay);
	free(r);
}

/* --- Files ---------------------------------------------------------------------------------------------------- */

static void name_file(struct file *f, const char *name)
{
	snprintf(f->path, sizeof(f->path), "%.200s/%s", files.folder, name);
}

/* Writes the trace in both dialects. Return: false when that failed. */
static bool write_both(const struct trace *t, struct file *text, const char *text_name, struct file *compact,
		       const char *compact_name)
{
	struct stat s;

	name_file(text, text_name);
	name_file(compact, compact_name);
	if (!trace_write_text(t, text->path) || !trace_write_compact(t, compact->path) || stat(compact->path, &s))
		return false;
	compact->event_bytes = (double)s.st_size / (double)t->count;
	for (size_t i = 0; i < t->count; i++)
		if (t->events[i].pfn != REC_NO_PFN && t->events[i].pfn > text->last_pfn)
			text->last_pfn = t->events[i].pfn;
	compact->last_pfn = text->last_pfn;
	return true;
}

/* The largest recording in a folder. Return: false when there is none. */
static bool find_recording(const char *folder, struct file *out)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	off_t largest = 0;

	while (dir && (entry = readdir(dir))) {
		char path[PATH_ROOM];
		struct stat s;
		size_t length = strlen(entry->d_name);

		if (length < 4 || strcmp(entry->d_name + length - 4, ".pgr"))
			continue;
		snprintf(path, sizeof(path), "%.200s/%.255s", folder, entry->d_name);
		if (!stat(path, &s) && s.st_size > largest) {
			largest = s.st_size;
			memcpy(out->path, path, sizeof(path));
		}
	}
	if (dir)
		closedir(dir);
	return largest > 0;
}

static bool make_files(void)
{
	const char *recordings = getenv("PAGEMAN_RECORDINGS");
	const char *temporary = getenv("TMPDIR");
	struct trace t;
	bool ok;

	snprintf(files.folder, sizeof(files.folder), "%.200s/pageman-bench-XXXXXX", temporary ? temporary : "/tmp");
	if (!mkdtemp(files.folder)) {
		files.folder[0] = '\0';
		return false;
	}
	ok = trace_make(&t, MADE_EVENTS) &&
	     write_both(&t, &files.made_text, "made.txt", &files.made_compact, "made.pgr");
	trace_free(&t);
	if (!ok || !recordings || !find_recording(recordings, &files.recorded))
		return ok;
	if (trace_from_recording(&t, files.recorded.path)) {
		ok = write_both(&t, &files.recorded_text, "recorded.txt", &files.recorded_events, "recorded.pgr");
	} else {
		fprintf(stderr, "bench: %s cannot be read; only made traces are measured\n", files.recorded.path);
		files.recorded.path[0] = '\0';
	}
	trace_free(&t);
	files.recorded.event_bytes = files.recorded_events.event_bytes;
	return ok;
}

void bench_read_end(void)
{
	const struct file *ours[] = { &files.made_text, &files.made_compact, &files.recorded_text,
				      &files.recorded_events };

	for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (ours[i]->path[0])
			unlink(ours[i]->path);
	if (files.folder[0])
		rmdir(files.folder);
}

bool bench_read_begin(void)
{
	static const struct {
		const char *name;
		struct read_param param;
	} cases[] = {
		{ "text/read/made", { &files.made_text, WORK_READ } },
		{ "text/replay/made", { &files.made_text, WORK_REPLAY } },
		{ "text/read/recorded", { &files.recorded_text, WORK_READ } },
		{ "text/replay/recorded", { &files.recorded_text, WORK_REPLAY } },
		{ "compact/read/made", { &files.made_compact, WORK_READ } },
		{ "compact/replay/made", { &files.made_compact, WORK_REPLAY } },
		{ "compact/read/recorded", { &files.recorded, WORK_READ } },
		{ "compact/replay/recorded", { &files.recorded, WORK_REPLAY } },
		{ "compact/verify/recorded", { &files.recorded, WORK_VERIFY } },
	};

	if (!make_files())
		return false;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (cases[i].param.file->path[0])
			bench_register(&(struct bench_case){ .name = cases[i].name,
							     .param = &cases[i].param,
							     .setup = read_setup,
							     .run = read_pass,
							     .teardown = read_teardown });
	return true;
}
