/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a recording to its end and watches the reader. See reading.h.
 */
#include "reading.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define XXH_STATIC_LINKING_ONLY
#define XXH_INLINE_ALL
#include <xxhash.h>

#define CHUNK_EVENTS 64
#define SLOT_COUNT 8

void reading_begin(struct reading *reading)
{
	memset(reading, 0, sizeof(*reading));
	reading->state = XXH3_createState();
	fuzz_require(reading->state);
	XXH3_64bits_reset(reading->state);
}

void reading_end(struct reading *reading)
{
	XXH3_freeState(reading->state);
	reading->state = NULL;
}

uint64_t reading_digest(const struct reading *reading)
{
	return XXH3_64bits_digest(reading->state);
}

static void fault(struct reading *reading, const char *text)
{
	if (!reading->fault)
		reading->fault = text;
}

void reading_add(struct reading *reading, const struct rec_batch *batch)
{
	struct rec_event chunk[CHUNK_EVENTS];
	size_t used = 0;

	if (!batch->count)
		fault(reading, "a batch has events");
	if (batch->first_index != reading->events)
		fault(reading, "batches follow one another");
	for (size_t i = 0; i < batch->count; i++) {
		const struct rec_event *event = &batch->events[i];
		bool is_wide = rec_kind_is_wide(event->kind);

		if (event->pad)
			fault(reading, "an event's padding is 0");
		reading->marks += event->kind == REC_SNAPSHOT || event->kind == REC_PROC_BEGIN;
		chunk[used++] = *event;
		if (is_wide)
			chunk[used - 1].arg = 0;
		if (used == CHUNK_EVENTS || is_wide) {
			XXH3_64bits_update(reading->state, chunk, used * sizeof(chunk[0]));
			used = 0;
		}
		if (is_wide && event->arg >= batch->wide_count)
			fault(reading, "a wide event has its words");
		else if (is_wide)
			XXH3_64bits_update(reading->state, &batch->wide[event->arg], sizeof(struct rec_wide));
	}
	XXH3_64bits_update(reading->state, chunk, used * sizeof(chunk[0]));
	reading->events += batch->count;
}

static bool is_one_line(const char *text, size_t size)
{
	const char *end = memchr(text, 0, size);

	for (; end && text < end; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return end;
}

const char *reading_error_fault(const struct rec_error *error, int result, uint64_t size_bytes)
{
	if (error->code != result)
		return "an error carries the code that was returned";
	if (!error->text[0])
		return "an error has a text";
	if (!is_one_line(error->text, sizeof(error->text)))
		return "an error's text is one printable line";
	if (error->offset > size_bytes)
		return "an error's offset lies within the input";
	return NULL;
}

static bool info_is_printable(const struct rec_info *info)
{
	return is_one_line(info->kernel_release, sizeof(info->kernel_release)) &&
	       is_one_line(info->kernel_package, sizeof(info->kernel_package)) &&
	       is_one_line(info->profile, sizeof(info->profile)) &&
	       is_one_line(info->workload, sizeof(info->workload)) &&
	       is_one_line(info->command, sizeof(info->command)) &&
	       is_one_line(info->captured_at, sizeof(info->captured_at)) &&
	       is_one_line(info->host, sizeof(info->host)) &&
	       is_one_line(info->missing_probes, sizeof(info->missing_probes));
}

void reading_all(struct reading *reading, struct rec_reader *reader)
{
	struct rec_error again = { 0 };
	struct rec_batch batch;

	reading_begin(reading);
	while ((reading->result = rec_next(reader, &batch, &reading->error)) > 0)
		reading_add(reading, &batch);
	if (rec_next(reader, &batch, &again) != reading->result)
		fault(reading, "the end stays the end");
	if (reading->result && (again.offset != reading->error.offset || strcmp(again.text, reading->error.text)))
		fault(reading, "the same error is told again");
	if (!info_is_printable(rec_info(reader)))
		fault(reading, "provenance is printable");
	if (rec_info(reader)->dialect == REC_DIALECT_COMPACT && rec_accounting(reader)->events != reading->events)
		fault(reading, "the account counts every event");
}

void fuzz_no_fault(const char *text)
{
	if (!text)
		return;
	fprintf(stderr, "broken promise: %s\n", text);
	abort();
}

const char *fuzz_file(unsigned slot, const void *bytes, size_t length)
{
	static int descriptors[SLOT_COUNT];
	static char paths[SLOT_COUNT][32];

	fuzz_require(slot < SLOT_COUNT);
	if (!descriptors[slot]) {
		descriptors[slot] = memfd_create("fuzz", MFD_CLOEXEC);
		fuzz_require(descriptors[slot] > 0);
		snprintf(paths[slot], sizeof(paths[slot]), "/proc/self/fd/%d", descriptors[slot]);
	}
	fuzz_require(ftruncate(descriptors[slot], (off_t)length) == 0);
	fuzz_require(pwrite(descriptors[slot], bytes, length, 0) == (ssize_t)length);
	return paths[slot];
}
