/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front door: sniffs the dialect and drives it. See rec/recording.h.
 */
#include "reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compact_format.h"
#include "fail.h"
#include "frames_seen.h"

void info_set(struct rec_info *info, const char *name, const char *value)
{
	const struct {
		const char *name;
		char *to;
		size_t size;
	} strings[] = {
		{ "kernel_release", info->kernel_release, sizeof(info->kernel_release) },
		{ "kernel_package", info->kernel_package, sizeof(info->kernel_package) },
		{ "profile", info->profile, sizeof(info->profile) },
		{ "workload", info->workload, sizeof(info->workload) },
		{ "command", info->command, sizeof(info->command) },
		{ "captured_at", info->captured_at, sizeof(info->captured_at) },
		{ "host", info->host, sizeof(info->host) },
		{ "missing_probes", info->missing_probes, sizeof(info->missing_probes) },
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		size_t length = strlen(value);

		if (strcmp(name, strings[i].name))
			continue;
		if (length >= strings[i].size)
			length = strings[i].size - 1;
		memcpy(strings[i].to, value, length);
		strings[i].to[length] = '\0';
		rec_one_line(strings[i].to);
	}
	/* "6.1.0-56-amd64" behaves as profile "6.1" unless the recording says otherwise. */
	if (!strcmp(name, "kernel_release") && !info->profile[0]) {
		unsigned major, minor;

		if (sscanf(value, "%4u.%4u", &major, &minor) == 2)
			snprintf(info->profile, sizeof(info->profile), "%u.%u", major, minor);
	}
	if (!strcmp(name, "cpus"))
		info->cpus = (uint32_t)strtoul(value, NULL, 10);
	else if (!strcmp(name, "mem_mib"))
		info->memory_mib = strtoull(value, NULL, 10);
	else if (!strcmp(name, "missed_probes"))
		info->missed_probes = strtoull(value, NULL, 10);
	else if (!strcmp(name, "lost_events"))
		info->lost_events = strtoull(value, NULL, 10);
}

/* What a file seems to be, by its first bytes. */
static enum rec_dialect sniff(const struct rec_input *input)
{
	if (compact_looks_like(input->peek, input->peek_bytes))
		return REC_DIALECT_COMPACT;
	if (text_looks_like(input->peek, input->peek_bytes))
		return REC_DIALECT_TEXT;
	return REC_DIALECT_AUTO;
}

static int open_file(struct rec_reader *reader, const char *path, enum rec_dialect dialect, struct rec_error *error)
{
	struct rec_input input;
	int result = rec_input_open(&input, path, error);

	if (result)
		return result;
	if (input.peek_bytes == 0) {
		rec_input_close(&input);
		return rec_fail(error, -ENODATA, 0, "expected a recording, found an empty file");
	}
	if (dialect == REC_DIALECT_AUTO)
		dialect = sniff(&input);
	if (dialect == REC_DIALECT_COMPACT)
		return compact_open(reader, &input, error);
	if (dialect == REC_DIALECT_TEXT)
		return text_open(reader, &input, error);
	rec_input_close(&input);
	return rec_fail(error, -EPROTONOSUPPORT, 0,
			"expected a Pageman recording, tracefs text or a capture directory, found bytes "
			"%02x %02x %02x %02x ...",
			input.peek[0], input.peek[1], input.peek[2], input.peek[3]);
}

static int open_any(struct rec_reader *reader, const char *path, enum rec_dialect dialect, struct rec_error *error)
{
	struct stat status;
	bool directory;

	if (strcmp(path, "-") == 0)
		return open_file(reader, path, dialect, error);
	if (stat(path, &status) < 0)
		return rec_fail(error, -errno, 0, "cannot open: %s", strerror(errno));
	directory = S_ISDIR(status.st_mode);
	if (directory && dialect != REC_DIALECT_COMPACT && text_directory_looks_so(path))
		return text_directory_open(reader, path, error);
	if (directory && (dialect == REC_DIALECT_AUTO || dialect == REC_DIALECT_RAW))
		return raw_open(reader, path, error);
	if (directory)
		return rec_fail(error, -EISDIR, 0, "expected a file, found a directory");
	if (dialect == REC_DIALECT_RAW)
		return rec_fail(error, -ENOTDIR, 0, "expected a directory left by the capture rig, found a file");
	return open_file(reader, path, dialect, error);
}

int rec_open(const char *path, enum rec_dialect dialect, struct rec_reader **out, struct rec_error *error)
{
	struct rec_reader *reader = calloc(1, sizeof(*reader));
	int result;

	if (!reader)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	result = open_any(reader, path, dialect, error);
	if (result == 0 && reader->ops->fill) {
		reader->resolver = resolver_create(&reader->accounting);
		if (!reader->info.has_snapshot[0])
			reader->frames_seen = frames_seen_create();
		if (!reader->resolver || (!reader->info.has_snapshot[0] && !reader->frames_seen))
			result = rec_fail(error, -ENOMEM, 0, "out of memory");
	}
	if (result) {
		rec_close(reader);
		return result;
	}
	*out = reader;
	return 0;
}

void rec_close(struct rec_reader *reader)
{
	if (!reader)
		return;
	if (reader->ops)
		reader->ops->close(reader);
	resolver_destroy(reader->resolver);
	frames_seen_destroy(reader->frames_seen);
	free(reader->proc_directory);
	free(reader);
}

/* Nothing more is read; @result is told when what is in the resolver is out. */
static void end_source(struct rec_reader *reader, int result)
{
	reader->source_ended = true;
	reader->source_result = result;
	if (reader->ops->fill)
		resolver_finish(reader->resolver);
}

/* Lets the dialect fill the resolver until it gives something back. */
static int next_resolved(struct rec_reader *reader, struct rec_batch *batch, struct rec_error *error)
{
	while (!reader->source_ended && !resolver_ready(reader->resolver)) {
		int result = reader->ops->fill(reader, &reader->source_error);

		if (result <= 0)
			end_source(reader, result);
	}
	if (resolver_emit(reader->resolver, batch)) {
		if (!reader->out_of_memory && reader->frames_seen)
			reader->out_of_memory = frames_seen_batch(reader->frames_seen, batch,
								  &reader->accounting.unmatched_frees) != 0;
		return reader->out_of_memory ? rec_fail(error, -ENOMEM, 0, "out of memory") : 1;
	}
	if (reader->source_result && error)
		*error = reader->source_error;
	return reader->source_result;
}

static int next_batch(struct rec_reader *reader, struct rec_batch *batch, struct rec_error *error)
{
	int result;

	if (reader->ops->fill)
		return next_resolved(reader, batch, error);
	if (!reader->source_ended) {
		result = reader->ops->next(reader, batch, &reader->source_error);
		if (result > 0)
			return result;
		end_source(reader, result);
	}
	if (reader->source_result && error)
		*error = reader->source_error;
	return reader->source_result;
}

int rec_next(struct rec_reader *reader, struct rec_batch *batch, struct rec_error *error)
{
	int result;

	/* What was read from a pipe cannot be read again: it is handed out before the interruption is told. */
	if (!reader->source_ended && reader->stop && reader->stop())
		end_source(reader, -EINTR);
	result = next_batch(reader, batch, error);
	if (result > 0)
		reader->handed_out += batch->count;
	if (result == -EINTR)
		rec_fail(error, result, 0, "interrupted at event %llu", (unsigned long long)reader->handed_out);
	return result;
}

void rec_stop_when(struct rec_reader *reader, bool (*stop)(void))
{
	reader->stop = stop;
	if (reader->input)
		reader->input->stop = stop;
}

const struct rec_info *rec_info(const struct rec_reader *reader)
{
	return &reader->info;
}

const struct rec_accounting *rec_accounting(const struct rec_reader *reader)
{
	return &reader->accounting;
}

void rec_progress(const struct rec_reader *reader, uint64_t *done_out, uint64_t *total_out)
{
	reader->ops->progress(reader, done_out, total_out);
}

int rec_snapshot_bytes(struct rec_reader *reader, unsigned which, void **bytes_out, size_t *length_out,
		       struct rec_error *error)
{
	if (which > 1)
		return rec_fail(error, -EINVAL, 0, "expected snapshot 0 or 1, found %u", which);
	return reader->ops->snapshot(reader, which, bytes_out, length_out, error);
}

int rec_snapshot_get(struct rec_reader *reader, unsigned which, struct rec_snapshot *out, struct rec_error *error)
{
	void *bytes;
	size_t length;
	int result = rec_snapshot_bytes(reader, which, &bytes, &length, error);

	if (result)
		return result;
	result = rec_snapshot_parse(bytes, length, out, error);
	free(bytes);
	return result;
}
