/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies a recording of any dialect into a compact file.
 *
 * Role: rec_import, rec_import_tracepoints and rec_event_forget of rec/recording.h.
 * Invariant: with a marker of snapshot 0 in the stream, the copy begins with it; with one of snapshot 1, it ends
 * with it. Whether the first marker exists is known only when it comes, so the file is started anew then.
 */
#include <errno.h>
#include <stdlib.h>

#include <rec/recording.h>

#include "fail.h"
#include "reader.h"
#include "writer_accounting.h"

struct import {
	struct rec_reader *reader;
	struct rec_writer *writer;
	const char *out_path;
	uint32_t time_unit_ns;
	bool tracepoints_only; /* the copy has what a stock kernel tells */
	struct rec_event *kept; /* its events of a batch */
	struct rec_wide *kept_wide;
	size_t kept_room;
	bool started; /* the marker of snapshot 0 was seen */
	bool ended;   /* the marker of snapshot 1 was seen */
};

/* The place of snapshot 0, or where the copies of /proc that it is made of were begun. */
static bool starts(const struct rec_event *event)
{
	return (event->kind == REC_SNAPSHOT || event->kind == REC_PROC_BEGIN) && event->arg == 0;
}

static bool is_marker(const struct rec_event *event, uint64_t which)
{
	return event->kind == REC_SNAPSHOT && event->arg == which;
}

/* The snapshot's bytes as they go into the copy. Return: as rec_snapshot_bytes. */
static int snapshot_bytes(struct import *import, unsigned which, void **bytes_out, size_t *length_out,
			  struct rec_error *error)
{
	struct rec_snapshot snapshot;
	int result;

	if (!import->tracepoints_only)
		return rec_snapshot_bytes(import->reader, which, bytes_out, length_out, error);
	result = rec_snapshot_get(import->reader, which, &snapshot, error);
	if (result)
		return result;
	result = snapshot.ordered ? rec_snapshot_forget(&snapshot, bytes_out, length_out)
				  : rec_snapshot_bytes(import->reader, which, bytes_out, length_out, error);
	rec_snapshot_free(&snapshot);
	return result == -ENOMEM ? rec_fail(error, result, 0, "out of memory") : result;
}

static int begin(struct import *import, struct rec_error *error)
{
	void *bytes;
	size_t length;
	int result = rec_writer_create(import->out_path, rec_info(import->reader), &import->writer, error);

	if (result)
		return result;
	rec_writer_time_unit(import->writer, import->time_unit_ns);
	result = snapshot_bytes(import, 0, &bytes, &length, error);
	if (result == -ENOENT)
		return 0;
	if (result)
		return result;
	result = rec_writer_snapshot(import->writer, 0, bytes, length, error);
	free(bytes);
	return result;
}

/* The first marker: forget what came before it. */
static int begin_again(struct import *import, struct rec_error *error)
{
	rec_writer_abort(import->writer);
	import->writer = NULL;
	return begin(import, error);
}

bool rec_event_forget(struct rec_event *event)
{
	unsigned kind = event->kind;

	if (kind == REC_FREE && !(event->flags & REC_FREE_LIST))
		event->flags = event->order <= 3 || event->order == 9 ? REC_FREE_PCP : REC_FREE_BUDDY;
	else if (kind == REC_FREE)
		event->flags = REC_FREE_LIST;
	return (kind > REC_NONE && kind <= REC_SNAPSHOT) || kind == REC_LOST || kind == REC_PROC_BEGIN ||
	       (kind >= REC_COMPACT_MIGRATE_SCAN && kind <= REC_KCOMPACTD_WAKE);
}

/* Leaves only the kernel's own tracepoints in the batch. Return: 0 or -ENOMEM. */
static int keep_tracepoints(struct import *import, struct rec_batch *batch, struct rec_error *error)
{
	size_t count = 0, wide = 0;

	if (import->kept_room < batch->count) {
		free(import->kept);
		free(import->kept_wide);
		import->kept = malloc(batch->count * sizeof(*import->kept));
		import->kept_wide = malloc(batch->count * sizeof(*import->kept_wide));
		import->kept_room = import->kept && import->kept_wide ? batch->count : 0;
		if (!import->kept_room)
			return rec_fail(error, -ENOMEM, 0, "out of memory");
	}
	for (size_t i = 0; i < batch->count; i++) {
		struct rec_event *to = &import->kept[count];

		*to = batch->events[i];
		if (!rec_event_forget(to))
			continue;
		if (rec_kind_is_wide(to->kind)) {
			import->kept_wide[wide] = batch->wide[to->arg];
			to->arg = wide++;
		}
		count++;
	}
	batch->events = import->kept;
	batch->count = count;
	batch->wide = import->kept_wide;
	batch->wide_count = wide;
	return 0;
}

/* Cuts the batch to what belongs between the markers. */
static int add(struct import *import, const struct rec_batch *batch, struct rec_error *error)
{
	struct rec_accounting *accounting = &import->reader->accounting;
	struct rec_batch part = *batch;
	size_t first = 0, end = batch->count;
	int result = 0;

	if (import->ended) {
		accounting->outside_events += batch->count;
		return 0;
	}
	for (size_t i = 0; i < batch->count && !result; i++) {
		if (!rec_event_possible(&batch->events[i]))
			rec_odd_note(&accounting->impossible, batch->first_index + i,
				     batch->events[i].pfn, batch->events[i].order);
		if (!import->started && starts(&batch->events[i])) {
			import->started = true;
			first = i;
			accounting->outside_events = batch->first_index + i;
			accounting->imported_events = 0;
			result = begin_again(import, error);
		} else if (is_marker(&batch->events[i], 1)) {
			import->ended = true;
			end = i + 1;
			break;
		}
	}
	if (result)
		return result;
	accounting->outside_events += batch->count - end;
	part.events += first;
	part.count = end - first;
	if (import->tracepoints_only) {
		result = keep_tracepoints(import, &part, error);
		if (result || !part.count)
			return result;
	}
	accounting->imported_events += part.count;
	return rec_writer_add(import->writer, &part, error);
}

/* @cut: the source broke off, so the copy lost events as well, and snapshot 1 is not the state at its end. */
static int finish(struct import *import, bool cut, struct rec_error *error)
{
	const struct rec_info *info = rec_info(import->reader);
	struct rec_error why;
	void *bytes;
	size_t length;
	int result = cut ? -ENOENT : snapshot_bytes(import, 1, &bytes, &length, &why);

	if (!result) {
		result = rec_writer_snapshot(import->writer, 1, bytes, length, error);
		free(bytes);
	} else if (result == -ENOENT || result == -EBADMSG) {
		result = 0; /* none, or lost with the source's damaged end, which is reported as such */
	} else {
		*error = why;
	}
	rec_writer_accounting(import->writer, rec_accounting(import->reader));
	rec_writer_losses(import->writer, info->lost_events + cut,
			  import->tracepoints_only ? 0 : info->missed_probes,
			  import->tracepoints_only ? "" : info->missing_probes);
	if (result) {
		rec_writer_abort(import->writer);
		return result;
	}
	return rec_writer_finish(import->writer, error);
}

static int copy(struct import *import, rec_import_progress progress, void *context, struct rec_error *error)
{
	struct rec_reader *reader = import->reader;
	struct rec_error unused, source_error = { 0 };
	struct rec_batch batch;
	int result, source_result;

	error = error ? error : &unused;
	result = begin(import, error);
	while (!result && (source_result = rec_next(reader, &batch, &source_error)) > 0) {
		result = add(import, &batch, error);
		if (!result && progress) {
			uint64_t done, total;

			rec_progress(reader, &done, &total);
			progress(context, done, total);
		}
	}
	if (result || (source_result && source_result != -EBADMSG && source_result != -EINTR)) {
		rec_writer_abort(import->writer);
		if (!result)
			*error = source_error;
		return result ? result : source_result;
	}
	result = finish(import, source_result != 0, error);
	if (!result && source_result)
		*error = source_error;
	return result ? result : source_result;
}

static int run(struct import *import, rec_import_progress progress, void *context, struct rec_error *error)
{
	int result = copy(import, progress, context, error);

	free(import->kept);
	free(import->kept_wide);
	return result;
}

int rec_import(struct rec_reader *reader, const char *out_path, uint32_t time_unit_ns, rec_import_progress progress,
	       void *context, struct rec_error *error)
{
	struct import import = { .reader = reader, .out_path = out_path, .time_unit_ns = time_unit_ns };

	return run(&import, progress, context, error);
}

int rec_import_tracepoints(struct rec_reader *reader, const char *out_path, uint32_t time_unit_ns,
			   rec_import_progress progress, void *context, struct rec_error *error)
{
	struct import import = {
		.reader = reader, .out_path = out_path, .time_unit_ns = time_unit_ns, .tracepoints_only = true
	};

	return run(&import, progress, context, error);
}
