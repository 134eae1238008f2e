/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies a recording of any dialect into a compact file.
 *
 * Role: rec_import of rec/recording.h.
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
	bool started; /* the marker of snapshot 0 was seen */
	bool ended;   /* the marker of snapshot 1 was seen */
};

static bool is_marker(const struct rec_event *event, uint64_t which)
{
	return event->kind == REC_SNAPSHOT && event->arg == which;
}

static int begin(struct import *import, struct rec_error *error)
{
	void *bytes;
	size_t length;
	int result = rec_writer_create(import->out_path, rec_info(import->reader), &import->writer, error);

	if (result)
		return result;
	rec_writer_time_unit(import->writer, import->time_unit_ns);
	result = rec_snapshot_bytes(import->reader, 0, &bytes, &length, error);
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

/* Cuts the batch to what belongs between the markers. */
static int add(struct import *import, const struct rec_batch *batch, struct rec_error *error)
{
	struct rec_batch part = *batch;
	size_t first = 0, end = batch->count;
	int result = 0;

	if (import->ended)
		return 0;
	for (size_t i = 0; i < batch->count && !result; i++) {
		if (!rec_event_possible(&batch->events[i]))
			rec_odd_note(&import->reader->accounting.impossible, batch->first_index + i,
				     batch->events[i].pfn, batch->events[i].order);
		if (!import->started && is_marker(&batch->events[i], 0)) {
			import->started = true;
			first = i;
			result = begin_again(import, error);
		} else if (is_marker(&batch->events[i], 1)) {
			import->ended = true;
			end = i + 1;
			break;
		}
	}
	if (result)
		return result;
	part.events += first;
	part.count = end - first;
	return rec_writer_add(import->writer, &part, error);
}

static int finish(struct import *import, struct rec_error *error)
{
	const struct rec_info *info = rec_info(import->reader);
	struct rec_error why;
	void *bytes;
	size_t length;
	int result = rec_snapshot_bytes(import->reader, 1, &bytes, &length, &why);

	if (!result) {
		result = rec_writer_snapshot(import->writer, 1, bytes, length, error);
		free(bytes);
	} else if (result == -ENOENT || result == -EBADMSG) {
		result = 0; /* none, or lost with the source's damaged end, which is reported as such */
	} else {
		*error = why;
	}
	rec_writer_accounting(import->writer, rec_accounting(import->reader));
	rec_writer_losses(import->writer, info->lost_events, info->missed_probes, info->missing_probes);
	if (result) {
		rec_writer_abort(import->writer);
		return result;
	}
	return rec_writer_finish(import->writer, error);
}

int rec_import(struct rec_reader *reader, const char *out_path, uint32_t time_unit_ns,
	       void (*progress)(void *context, uint64_t done_bytes, uint64_t total_bytes), void *context,
	       struct rec_error *error)
{
	struct import import = { .reader = reader, .out_path = out_path, .time_unit_ns = time_unit_ns };
	struct rec_error unused, source_error = { 0 };
	struct rec_batch batch;
	int result, source_result;

	error = error ? error : &unused;
	result = begin(&import, error);
	while (!result && (source_result = rec_next(reader, &batch, &source_error)) > 0) {
		result = add(&import, &batch, error);
		if (!result && progress) {
			uint64_t done, total;

			rec_progress(reader, &done, &total);
			progress(context, done, total);
		}
	}
	if (result || (source_result && source_result != -EBADMSG)) {
		rec_writer_abort(import.writer);
		if (!result)
			*error = source_error;
		return result ? result : source_result;
	}
	result = finish(&import, error);
	if (!result && source_result)
		*error = source_error;
	return result ? result : source_result;
}
