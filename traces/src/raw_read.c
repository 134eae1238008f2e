/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The raw dialect: a directory left by the capture rig.
 *
 * Role: reads the two snapshots (the module's, or made from copies of /proc) and every CPU's pages, and merges the
 * CPUs by time.
 * Interface: raw_open, called by the front door.
 * Invariant: events leave in order of (time, CPU); a damaged CPU file ends the stream where the merge first
 * needs what is missing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "proc_read.h"
#include "raw_layout.h"
#include "raw_pages.h"
#include "reader.h"

#define SNAPSHOT_BYTES_MAX (1u << 30)
#define CPU_MAX 1024
#define FILL_EVENTS 16384

/* One CPU in the merge: its next event. */
struct source {
	struct raw_pages pages;
	struct rec_event event;
	struct rec_wide wide;
};

struct raw {
	char *directory;
	struct raw_layout layout;
	struct source *sources;
	unsigned source_count;
	unsigned *heap; /* indices of sources that have an event, least first */
	unsigned heap_count;
};

static void raw_close(struct rec_reader *reader)
{
	struct raw *raw = reader->dialect;

	for (unsigned i = 0; i < raw->source_count; i++)
		raw_pages_close(&raw->sources[i].pages);
	free(raw->sources);
	free(raw->heap);
	free(raw->directory);
	free(raw);
}

/* --- the merge --- */

static bool before(const struct raw *raw, unsigned a, unsigned b)
{
	uint64_t time_a = raw->sources[a].event.time_ns, time_b = raw->sources[b].event.time_ns;

	return time_a < time_b || (time_a == time_b && a < b);
}

static void sift_down(struct raw *raw)
{
	unsigned at = 0, moved = raw->heap[0];

	for (;;) {
		unsigned child = 2 * at + 1;

		if (child >= raw->heap_count)
			break;
		if (child + 1 < raw->heap_count && before(raw, raw->heap[child + 1], raw->heap[child]))
			child++;
		if (!before(raw, raw->heap[child], moved))
			break;
		raw->heap[at] = raw->heap[child];
		at = child;
	}
	raw->heap[at] = moved;
}

static void sift_up(struct raw *raw, unsigned at)
{
	unsigned moved = raw->heap[at];

	while (at && before(raw, moved, raw->heap[(at - 1) / 2])) {
		raw->heap[at] = raw->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	raw->heap[at] = moved;
}

static int start_merge(struct raw *raw, struct rec_error *error)
{
	for (unsigned i = 0; i < raw->source_count; i++) {
		struct source *source = &raw->sources[i];
		int result = raw_pages_next(&source->pages, &source->event, &source->wide, error);

		if (result < 0)
			return result;
		if (result > 0) {
			raw->heap[raw->heap_count] = i;
			sift_up(raw, raw->heap_count++);
		}
	}
	return 0;
}

static int raw_fill(struct rec_reader *reader, struct rec_error *error)
{
	struct raw *raw = reader->dialect;
	struct rec_event *events;
	struct rec_wide *wide;
	size_t room = resolver_room(reader->resolver, &events, &wide), count = 0;
	int result = 1;

	if (room > FILL_EVENTS)
		room = FILL_EVENTS;
	while (count < room && raw->heap_count && result > 0) {
		struct source *source = &raw->sources[raw->heap[0]];

		events[count] = source->event;
		if (rec_kind_is_wide(source->event.kind))
			wide[count] = source->wide;
		count++;
		result = raw_pages_next(&source->pages, &source->event, &source->wide, error);
		if (result == 0) {
			raw->heap[0] = raw->heap[--raw->heap_count];
			result = raw->heap_count != 0;
		}
		if (result > 0)
			sift_down(raw);
	}
	resolver_take(reader->resolver, count);
	if (result == 0 || (result > 0 && !raw->heap_count)) {
		uint64_t lost = 0;

		for (unsigned i = 0; i < raw->source_count; i++)
			lost += raw->sources[i].pages.lost_total;
		/* The pages and the buffer's statistics tell of the same losses. */
		if (reader->info.lost_events < lost)
			reader->info.lost_events = lost;
		reader->accounting.lost_events = reader->info.lost_events;
		return 0;
	}
	return result;
}

/* --- the directory --- */

static int raw_snapshot(struct rec_reader *reader, unsigned which, void **bytes_out, size_t *length_out,
			struct rec_error *error)
{
	const struct raw *raw = reader->dialect;
	char path[4096], *bytes;
	size_t length;
	int result;

	snprintf(path, sizeof(path), "%s/snap%u", raw->directory, which);
	result = rec_input_slurp(path, SNAPSHOT_BYTES_MAX, &bytes, &length);
	if (result == -ENOENT)
		return proc_snapshot(raw->directory, which, &reader->info, bytes_out, length_out, error);
	if (result)
		return rec_fail(error, result, 0, "snap%u: %s", which, strerror(-result));
	if (!length) {
		free(bytes);
		return rec_fail(error, -EBADMSG, 0, "snap%u: expected a snapshot, found an empty file", which);
	}
	*bytes_out = bytes;
	*length_out = length;
	return 0;
}

/* A build without CMA numbers isolate 4; the snapshot tells. */
static int look_at_snapshots(struct rec_reader *reader, struct raw *raw, struct rec_error *error)
{
	/* Without a snapshot: distribution kernels for servers are built without CMA. */
	raw->layout.no_cma = true;
	for (unsigned which = 0; which < 2; which++) {
		struct rec_snapshot snapshot;
		struct rec_error why;
		int result = rec_snapshot_get(reader, which, &snapshot, &why);

		if (result == -ENOENT)
			continue;
		reader->info.has_snapshot[which] = true;
		if (result == -ENOMEM) {
			*error = why;
			return result;
		}
		if (result)
			continue; /* told to whoever asks for the snapshot; the events are still good */
		raw->layout.no_cma = snapshot.kernel.migratetype_count == 5;
		if (!reader->info.kernel_release[0])
			info_set(&reader->info, "kernel_release", snapshot.kernel.release);
		rec_snapshot_free(&snapshot);
	}
	return 0;
}

static int open_cpus(struct rec_reader *reader, struct raw *raw, struct rec_error *error)
{
	unsigned cpus = reader->info.cpus;
	int result = 0;

	if (cpus < 1 || cpus > CPU_MAX)
		return rec_fail(error, -EBADMSG, 0, "meta: expected cpus=1..%u, found %u", CPU_MAX, cpus);
	raw->sources = calloc(cpus, sizeof(*raw->sources));
	raw->heap = calloc(cpus, sizeof(*raw->heap));
	if (!raw->sources || !raw->heap)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	for (unsigned cpu = 0; cpu < cpus && !result; cpu++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/cpu%u.raw", raw->directory, cpu);
		result = raw_pages_open(&raw->sources[cpu].pages, &raw->layout, path, cpu, error);
		raw->source_count += !result;
	}
	return result ? result : start_merge(raw, error);
}

static void raw_progress(const struct rec_reader *reader, uint64_t *done_out, uint64_t *total_out)
{
	const struct raw *raw = reader->dialect;
	uint64_t done = 0, total = 0;

	for (unsigned i = 0; i < raw->source_count; i++) {
		done += raw_pages_consumed(&raw->sources[i].pages);
		total += raw->sources[i].pages.size_bytes;
	}
	*done_out = done;
	*total_out = total;
}

static const struct dialect_ops raw_ops = {
	.fill = raw_fill,
	.snapshot = raw_snapshot,
	.progress = raw_progress,
	.close = raw_close,
};

int raw_open(struct rec_reader *reader, const char *directory, struct rec_error *error)
{
	struct raw *raw = calloc(1, sizeof(*raw));
	int result;

	if (!raw)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	reader->ops = &raw_ops;
	reader->dialect = raw;
	reader->info.dialect = REC_DIALECT_RAW;
	raw->directory = strdup(directory);
	if (!raw->directory)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	result = meta_load(reader, directory, error);
	if (result == -ENOENT)
		result = rec_fail(error, -EPROTONOSUPPORT, 0, "expected a capture directory with meta: %s",
				  strerror(ENOENT));
	if (!result)
		result = raw_layout_load(&raw->layout, directory, error);
	if (!result)
		result = look_at_snapshots(reader, raw, error);
	if (!result)
		result = open_cpus(reader, raw, error);
	return result;
}
