/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes our compact format. See rec/recording.h and traces/FORMAT.md.
 *
 * Role: collects events into blocks, writes sections, and puts the file under its name only when it is whole.
 * Interface: rec_writer_*.
 * Invariant: after a failed write every later call fails too, and finish leaves no file behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <rec/recording.h>

#include "block.h"
#include "bytes.h"
#include "compact_format.h"
#include "fail.h"
#include "section.h"
#include "writer_accounting.h"

#define BLOCK_EVENTS 32768
#define ZSTD_LEVEL_SNAPSHOT 9

struct index_entry {
	uint64_t offset;
	uint64_t first_index;
	uint64_t time_ns;
};

struct rec_writer {
	int fd;
	char *path;
	char *temporary; /* NULL: writing straight into a device or pipe */
	int directory;   /* open for the last sync; -1 when it may be written but not read */
	uint64_t offset;
	int failed; /* the first error */
	struct block_encoder *encoder;
	struct rec_event *events; /* the block being collected */
	size_t event_count;
	struct rec_wide *wide;
	size_t wide_count, wide_capacity;
	uint64_t total_events;
	uint64_t snapshot_offsets[2];
	uint64_t events_start;
	bool snapshot_1_written;
	struct rec_accounting accounting;
	uint64_t missed_probes;
	char missing_probes[256];
	struct index_entry *index;
	size_t index_count;
	uint64_t index_stride; /* every how many blocks one is noted */
	uint64_t block_count;
	uint32_t time_unit_ns;
};

static int fail_write(struct rec_writer *writer, int code, struct rec_error *error)
{
	if (!writer->failed)
		writer->failed = code;
	return rec_fail(error, code, writer->offset, "cannot write: %s", strerror(-code));
}

static int write_bytes(struct rec_writer *writer, const void *bytes, size_t length, struct rec_error *error)
{
	const uint8_t *at = bytes;

	if (writer->failed)
		return rec_fail(error, writer->failed, writer->offset, "cannot write: %s", strerror(-writer->failed));
	while (length) {
		ssize_t done = write(writer->fd, at, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return fail_write(writer, -errno, error);
		at += done;
		length -= (size_t)done;
		writer->offset += (uint64_t)done;
	}
	return 0;
}

static int write_section(struct rec_writer *writer, struct section *section, const void *payload,
			 struct rec_error *error)
{
	uint8_t header[SECTION_HEADER_BYTES];
	int result;

	section->checksum = section_checksum(payload, section->stored_bytes);
	section_put(header, section, writer->offset);
	result = write_bytes(writer, header, sizeof(header), error);
	return result ? result : write_bytes(writer, payload, section->stored_bytes, error);
}

/* --- provenance --- */

/* Appends "name=value\n"; newlines and backslashes of the value are written \n and \\. */
static size_t put_line(char *to, size_t room, const char *name, const char *value)
{
	size_t used = (size_t)snprintf(to, room, "%s=", name);

	for (; *value && used + 3 < room; value++) {
		if (*value == '\n' || *value == '\\') {
			to[used++] = '\\';
			to[used++] = *value == '\n' ? 'n' : '\\';
		} else {
			to[used++] = *value;
		}
	}
	to[used++] = '\n';
	return used;
}

static int write_info(struct rec_writer *writer, const struct rec_info *info, struct rec_error *error)
{
	const char *strings[][2] = {
		{ "kernel_release", info->kernel_release }, { "kernel_package", info->kernel_package },
		{ "profile", info->profile },		    { "workload", info->workload },
		{ "command", info->command },		    { "captured_at", info->captured_at },
		{ "host", info->host },
	};
	char text[4096], number[32];
	size_t used = 0;
	struct section section = { .type = SECTION_INFO };

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		if (strings[i][1][0])
			used += put_line(text + used, sizeof(text) - used, strings[i][0], strings[i][1]);
	snprintf(number, sizeof(number), "%u", info->cpus);
	used += put_line(text + used, sizeof(text) - used, "cpus", number);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)info->memory_mib);
	used += put_line(text + used, sizeof(text) - used, "mem_mib", number);
	section.stored_bytes = section.plain_bytes = used;
	return write_section(writer, &section, text, error);
}

/* --- life --- */

static void writer_free(struct rec_writer *writer)
{
	if (writer->fd >= 0)
		close(writer->fd);
	if (writer->directory >= 0)
		close(writer->directory);
	block_encoder_destroy(writer->encoder);
	free(writer->path);
	free(writer->temporary);
	free(writer->events);
	free(writer->wide);
	free(writer->index);
	free(writer);
}

void rec_writer_abort(struct rec_writer *writer)
{
	if (!writer)
		return;
	if (writer->temporary)
		unlink(writer->temporary);
	writer_free(writer);
}

static int open_directory(struct rec_writer *writer, const char *path, struct rec_error *error)
{
	char *copy = strdup(path);

	if (!copy)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	writer->directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	return 0;
}

/* A device or pipe is written to directly: replacing it by a file would be a nasty surprise. */
static int open_target(struct rec_writer *writer, const char *path, struct rec_error *error)
{
	struct stat status;

	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
		writer->fd = open(path, O_WRONLY | O_CLOEXEC);
		return writer->fd < 0 ? rec_fail(error, -errno, 0, "cannot write: %s", strerror(errno)) : 0;
	}
	/* The rename would replace a file that its owner has made read-only. */
	if (access(path, F_OK) == 0 && access(path, W_OK) < 0)
		return rec_fail(error, -errno, 0, "cannot write: %s", strerror(errno));
	writer->temporary = malloc(strlen(path) + 32);
	if (!writer->temporary)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	for (unsigned attempt = 0; attempt < 100 && writer->fd < 0; attempt++) {
		sprintf(writer->temporary, "%s.%ld.%u.tmp", path, (long)getpid(), attempt);
		writer->fd = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (writer->fd < 0 && errno != EEXIST)
			break;
	}
	if (writer->fd < 0) {
		free(writer->temporary);
		writer->temporary = NULL;
		return rec_fail(error, -errno, 0, "cannot create a file beside it: %s", strerror(errno));
	}
	return open_directory(writer, path, error);
}

int rec_writer_create(const char *path, const struct rec_info *info, struct rec_writer **out,
		      struct rec_error *error)
{
	struct rec_writer *writer = calloc(1, sizeof(*writer));
	uint8_t prelude[PRELUDE_BYTES];
	int result = 0;

	if (!writer)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	writer->fd = writer->directory = -1;
	writer->index_stride = 1;
	writer->path = strdup(path);
	writer->encoder = block_encoder_create();
	writer->events = malloc(BLOCK_EVENTS * sizeof(*writer->events));
	writer->index = malloc(INDEX_ENTRIES_MAX * sizeof(*writer->index));
	if (!writer->path || !writer->encoder || !writer->events || !writer->index)
		result = rec_fail(error, -ENOMEM, 0, "out of memory");
	if (!result)
		result = open_target(writer, path, error);
	prelude_put(prelude);
	if (!result)
		result = write_bytes(writer, prelude, sizeof(prelude), error);
	if (!result)
		result = write_info(writer, info, error);
	if (result) {
		rec_writer_abort(writer);
		return result;
	}
	writer->missed_probes = info->missed_probes;
	writer->accounting.lost_events = info->lost_events;
	memcpy(writer->missing_probes, info->missing_probes, sizeof(writer->missing_probes));
	*out = writer;
	return 0;
}

void rec_writer_time_unit(struct rec_writer *writer, uint32_t unit_ns)
{
	writer->time_unit_ns = unit_ns;
}

void rec_writer_losses(struct rec_writer *writer, uint64_t lost_events, uint64_t missed_probes,
		       const char *missing_probes)
{
	writer->accounting.lost_events = lost_events;
	writer->missed_probes = missed_probes;
	snprintf(writer->missing_probes, sizeof(writer->missing_probes), "%s", missing_probes ? missing_probes : "");
}

void rec_writer_accounting(struct rec_writer *writer, const struct rec_accounting *source)
{
	writer->accounting = *source;
}

/* --- snapshots and events --- */

int rec_writer_snapshot(struct rec_writer *writer, unsigned which, const void *bytes, size_t length,
			struct rec_error *error)
{
	struct section section = { .type = SECTION_SNAPSHOT, .number = which, .plain_bytes = length };
	size_t bound = ZSTD_compressBound(length), packed;
	void *payload;
	int result = 0;

	if (which > 1 || (which == 0 && (writer->total_events || writer->event_count)) || writer->snapshot_1_written ||
	    length > SNAPSHOT_PLAIN_BYTES_MAX)
		return rec_fail(error, -EINVAL, writer->offset, "snapshot 0 comes before the events, 1 after them, "
				"once");
	if (which == 1)
		result = writer_flush(writer, error);
	if (result)
		return result;
	payload = malloc(bound);
	if (!payload)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	packed = ZSTD_compress(payload, bound, bytes, length, ZSTD_LEVEL_SNAPSHOT);
	if (ZSTD_isError(packed)) {
		free(payload);
		return rec_fail(error, rec_zstd_failure(packed, -EIO), writer->offset, "zstd: %s",
				ZSTD_getErrorName(packed));
	}
	section.stored_bytes = packed;
	writer->snapshot_offsets[which] = writer->offset;
	writer->snapshot_1_written = which == 1;
	result = write_section(writer, &section, payload, error);
	free(payload);
	return result;
}

/* Notes a block in the index; when that is full, every other note goes, so its size stays bounded. */
static void note_block(struct rec_writer *writer)
{
	if (writer->index_count == INDEX_ENTRIES_MAX) {
		for (size_t i = 0; i < INDEX_ENTRIES_MAX / 2; i++)
			writer->index[i] = writer->index[2 * i];
		writer->index_count = INDEX_ENTRIES_MAX / 2;
		writer->index_stride *= 2;
	}
	if (writer->block_count++ % writer->index_stride == 0)
		writer->index[writer->index_count++] = (struct index_entry){ .offset = writer->offset,
									     .first_index = writer->total_events,
									     .time_ns = writer->events[0].time_ns };
}

int writer_flush(struct rec_writer *writer, struct rec_error *error)
{
	struct section section = { .type = SECTION_EVENTS,
				   .number = (uint32_t)writer->event_count,
				   .first_index = writer->total_events };
	const uint8_t *payload;
	size_t bytes;
	int result;

	if (!writer->event_count)
		return 0;
	result = block_encode(writer->encoder, writer->events, writer->event_count, writer->wide, writer->wide_count,
			      &payload, &bytes, &section.plain_bytes);
	if (result)
		return rec_fail(error, result, writer->offset, "cannot pack a block of events: %s", strerror(-result));
	section.stored_bytes = bytes;
	if (!writer->events_start)
		writer->events_start = writer->offset;
	note_block(writer);
	result = write_section(writer, &section, payload, error);
	writer->total_events += writer->event_count;
	writer->event_count = 0;
	writer->wide_count = 0;
	return result;
}

/* Copies the wide part of an event and renumbers it. */
static int add_wide(struct rec_writer *writer, const struct rec_batch *batch, struct rec_event *event,
		    struct rec_error *error)
{
	if (event->arg >= batch->wide_count)
		return rec_fail(error, -EINVAL, writer->offset, "a wide event without its words");
	if (writer->wide_count == writer->wide_capacity) {
		size_t capacity = writer->wide_capacity ? 2 * writer->wide_capacity : 256;
		struct rec_wide *larger = realloc(writer->wide, capacity * sizeof(*larger));

		if (!larger)
			return rec_fail(error, -ENOMEM, 0, "out of memory");
		writer->wide = larger;
		writer->wide_capacity = capacity;
	}
	writer->wide[writer->wide_count] = batch->wide[event->arg];
	event->arg = writer->wide_count++;
	return 0;
}

int rec_writer_add(struct rec_writer *writer, const struct rec_batch *batch, struct rec_error *error)
{
	int result = writer->snapshot_1_written
			     ? rec_fail(error, -EINVAL, writer->offset, "events after snapshot 1")
			     : 0;

	for (size_t i = 0; i < batch->count && !result; i++) {
		struct rec_event *event = &writer->events[writer->event_count];

		*event = batch->events[i];
		if (writer->time_unit_ns > 1)
			event->time_ns -= event->time_ns % writer->time_unit_ns;
		if (rec_kind_is_wide(event->kind))
			result = add_wide(writer, batch, event, error);
		if (!result && ++writer->event_count == BLOCK_EVENTS)
			result = writer_flush(writer, error);
	}
	return result;
}

/* --- the end --- */

static int write_tail(struct rec_writer *writer, struct rec_error *error)
{
	const struct rec_accounting *accounting = &writer->accounting;
	const uint64_t totals[TAIL_TOTAL_COUNT] = {
		[TAIL_EVENTS] = writer->total_events,
		[TAIL_LOST] = accounting->lost_events,
		[TAIL_MISSED_PROBES] = writer->missed_probes,
		[TAIL_GARBAGE_LINES] = accounting->garbage_lines,
		[TAIL_FIRST_GARBAGE_LINE] = accounting->first_garbage_line,
		[TAIL_UNMATCHED] = accounting->unmatched_frees,
		[TAIL_FORCED] = accounting->forced_resolutions,
		[TAIL_SNAPSHOT_0] = writer->snapshot_offsets[0],
		[TAIL_SNAPSHOT_1] = writer->snapshot_offsets[1],
		[TAIL_EVENTS_START] = writer->events_start,
	};
	size_t bytes = TAIL_TOTAL_COUNT * 8 + sizeof(writer->missing_probes) + 16 +
		       writer->index_count * sizeof(struct index_entry);
	struct section section = { .type = SECTION_TAIL, .stored_bytes = bytes, .plain_bytes = bytes };
	uint8_t *payload = calloc(1, bytes), *at = payload;
	int result;

	if (!payload)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	for (size_t i = 0; i < TAIL_TOTAL_COUNT; i++, at += 8)
		put_u64(at, totals[i]);
	memcpy(at, writer->missing_probes, sizeof(writer->missing_probes));
	at += sizeof(writer->missing_probes);
	put_u64(at, writer->index_count);
	put_u64(at + 8, writer->index_stride);
	at += 16;
	for (size_t i = 0; i < writer->index_count; i++, at += sizeof(struct index_entry)) {
		put_u64(at, writer->index[i].offset);
		put_u64(at + 8, writer->index[i].first_index);
		put_u64(at + 16, writer->index[i].time_ns);
	}
	result = write_section(writer, &section, payload, error);
	free(payload);
	return result;
}

/* The rename is on disk only when the directory is. */
static int sync_directory(int directory, struct rec_error *error)
{
	if (directory >= 0 && fsync(directory) < 0 && errno != EINVAL && errno != EROFS)
		return rec_fail(error, -errno, 0, "cannot sync the directory: %s", strerror(errno));
	return 0;
}

static int put_in_place(struct rec_writer *writer, struct rec_error *error)
{
	int fd = writer->fd;

	if (!writer->temporary)
		return 0;
	while (fsync(fd) < 0)
		if (errno != EINTR)
			return fail_write(writer, -errno, error);
	writer->fd = -1;
	if (close(fd) < 0)
		return fail_write(writer, -errno, error);
	if (rename(writer->temporary, writer->path) < 0)
		return rec_fail(error, -errno, 0, "cannot rename to its name: %s", strerror(errno));
	free(writer->temporary);
	writer->temporary = NULL;
	return sync_directory(writer->directory, error);
}

int rec_writer_finish(struct rec_writer *writer, struct rec_error *error)
{
	uint8_t trailer[TRAILER_BYTES];
	uint64_t tail_offset;
	int result = writer_flush(writer, error);

	tail_offset = writer->offset;
	if (!result)
		result = write_tail(writer, error);
	trailer_put(trailer, tail_offset, writer->offset + TRAILER_BYTES);
	if (!result)
		result = write_bytes(writer, trailer, sizeof(trailer), error);
	if (!result)
		result = put_in_place(writer, error);
	if (result) {
		rec_writer_abort(writer);
		return result;
	}
	writer_free(writer);
	return 0;
}
