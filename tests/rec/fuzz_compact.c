/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes a whole file of our compact format, through the front door.
 *
 * Input: a byte of switches, then the file. Switch 1: lengths, numbers and checksums are put right first, so that
 * what lies behind them is reached (it is done here and not in a mutator, so that every fuzzer can); switch 2: the
 * file comes through a pipe as well, and says the same.
 * Invariant: whatever the file, batches are whole and in order, the end stays the end, an error has code, text and
 * an offset in the file; snapshots parse or are refused; a pipe gives what the file gave.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "reading.h"
#include "section.h"

#define SWITCH_MEND 1u
#define SWITCH_PIPE 2u
#define PIPE_BYTES 65536u /* that a pipe holds before it blocks */

static bool is_tag(const uint8_t *at)
{
	uint32_t tag = get_u32(at);

	return tag == SECTION_INFO || tag == SECTION_SNAPSHOT || tag == SECTION_EVENTS || tag == SECTION_TAIL ||
	       !memcmp(at, COMPACT_END_MAGIC, 4);
}

/* Where the next section or the trailer begins at or behind @from. */
static size_t next_tag(const uint8_t *file, size_t size, size_t from)
{
	while (from + 4 <= size && !is_tag(file + from))
		from++;
	return from + 4 <= size ? from : size;
}

/* Puts the header at @at right. Return: where its payload ends. */
static size_t mend_section(uint8_t *file, size_t size, size_t at, uint64_t *index)
{
	size_t begin = at + SECTION_HEADER_BYTES, end;
	struct section section = { .type = get_u32(file + at),
				   .number = get_u32(file + at + 4),
				   .stored_bytes = get_u64(file + at + 8),
				   .plain_bytes = get_u64(file + at + 16) };

	if (section.stored_bytes > size - begin || next_tag(file, size, begin + section.stored_bytes) !=
							   begin + section.stored_bytes)
		section.stored_bytes = next_tag(file, size, begin) - begin;
	end = begin + section.stored_bytes;
	if (section.type == SECTION_EVENTS) {
		section.first_index = *index;
		*index += section.number;
	}
	if (section.type == SECTION_TAIL && section.stored_bytes >= 8)
		put_u64(file + begin, *index);
	section.checksum = section_checksum(file + begin, section.stored_bytes);
	section_put(file + at, &section, at);
	return end;
}

static void mend(uint8_t *file, size_t size)
{
	size_t at = PRELUDE_BYTES, tail = 0;
	uint64_t index = 0;

	if (size < PRELUDE_BYTES)
		return;
	prelude_put(file);
	while (at + SECTION_HEADER_BYTES <= size && memcmp(file + at, COMPACT_END_MAGIC, 4)) {
		tail = get_u32(file + at) == SECTION_TAIL ? at : tail;
		at = mend_section(file, size, at, &index);
	}
	if (at + TRAILER_BYTES <= size)
		trailer_put(file + at, tail, at + TRAILER_BYTES);
}

static void look_at_snapshot(struct rec_reader *reader, unsigned which, uint64_t size)
{
	struct rec_snapshot snapshot;
	struct rec_error error = { 0 };
	int result = rec_snapshot_get(reader, which, &snapshot, &error);

	if (!result)
		rec_snapshot_free(&snapshot);
	else if (result != -ENOENT)
		fuzz_no_fault(reading_error_fault(&error, result, SNAPSHOT_PLAIN_BYTES_MAX + size));
}

/* Return: what ended it. @reading is to be ended when opening worked. */
static int read_file(const char *path, size_t size, struct reading *reading)
{
	struct rec_reader *reader = NULL;
	struct rec_error error = { 0 };
	int result = rec_open(path, REC_DIALECT_COMPACT, &reader, &error);

	memset(reading, 0, sizeof(*reading));
	if (result) {
		fuzz_require(!reader);
		fuzz_no_fault(reading_error_fault(&error, result, size));
		return result;
	}
	look_at_snapshot(reader, 0, size);
	look_at_snapshot(reader, 1, size);
	reading_all(reading, reader);
	fuzz_no_fault(reading->fault);
	if (reading->result)
		fuzz_no_fault(reading_error_fault(&reading->error, reading->result, size));
	look_at_snapshot(reader, 1, size);
	rec_close(reader);
	return reading->result;
}

static void read_pipe(const uint8_t *file, size_t size, const struct reading *expected, int expected_result)
{
	struct reading found;
	char path[32];
	int ends[2], result;

	fuzz_require(pipe(ends) == 0);
	fuzz_require(write(ends[1], file, size) == (ssize_t)size);
	close(ends[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	result = read_file(path, size, &found);
	close(ends[0]);
	fuzz_require(result == expected_result && found.events == expected->events);
	fuzz_require(!found.state == !expected->state);
	if (found.state) {
		fuzz_require(reading_digest(&found) == reading_digest(expected));
		reading_end(&found);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading reading;
	uint8_t *file;
	int result;

	if (!size)
		return 0;
	file = malloc(size);
	fuzz_require(file);
	memcpy(file, data + 1, size - 1);
	if (data[0] & SWITCH_MEND)
		mend(file, size - 1);
	result = read_file(fuzz_file(0, file, size - 1), size - 1, &reading);
	if ((data[0] & SWITCH_PIPE) && size - 1 <= PIPE_BYTES)
		read_pipe(file, size - 1, &reading, result);
	if (reading.state)
		reading_end(&reading);
	free(file);
	return 0;
}
