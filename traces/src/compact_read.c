/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads our compact format. See rec/recording.h and traces/FORMAT.md.
 *
 * Role: walks the sections front to back, so a pipe will do; where the file can be sought, the tail is looked at
 * first for the totals and snapshot 1.
 * Interface: compact_open, called by the front door.
 * Invariant: no section is used before its checksums were compared; what a length asks for is allocated only as
 * far as the input really has the bytes, or after it passed its bound.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "block.h"
#include "bytes.h"
#include "compact_format.h"
#include "fail.h"
#include "reader.h"
#include "section.h"

#define ULL(value) ((unsigned long long)(value))
#define READ_STEP_BYTES ((size_t)1 << 20)

struct kept_snapshot {
	void *stored;
	size_t stored_bytes;
	size_t plain_bytes;
	uint64_t offset;
};

struct compact {
	struct rec_input input;
	struct block_decoder *decoder;
	uint8_t *payload; /* of the current section */
	size_t payload_capacity;
	struct section ahead; /* a section header that was read, its payload not yet */
	bool has_ahead;
	uint32_t last_type; /* of the section before, to check the order */
	uint64_t next_index;
	struct kept_snapshot kept[2];
	uint64_t tail_snapshot_1; /* file offset from the tail, 0: none or not known */
	bool tail_known;          /* the tail could be read by seeking */
	int early_result;         /* damage found while opening, told by the first next() */
	struct rec_error early_error;
};

static void compact_close(struct rec_reader *reader)
{
	struct compact *compact = reader->dialect;

	rec_input_close(&compact->input);
	block_decoder_destroy(compact->decoder);
	free(compact->payload);
	free(compact->kept[0].stored);
	free(compact->kept[1].stored);
	free(compact);
}

/* --- sections --- */

static int read_exactly(struct compact *compact, void *bytes, size_t length, const char *what, struct rec_error *error)
{
	uint64_t offset = compact->input.offset;
	ssize_t got = rec_input_read(&compact->input, bytes, length);

	if (got < 0)
		return rec_fail(error, (int)got, offset, "cannot read: %s", strerror((int)-got));
	if ((size_t)got < length)
		return rec_fail(error, -EBADMSG, offset + (uint64_t)got,
				"expected %zu bytes of %s, found %zd: the file is cut", length, what, got);
	return 0;
}

/* What each type may follow, and how large it may be. Behind snapshot 1 there is the tail alone. */
static int check_section(const struct compact *compact, const struct section *section, uint64_t offset,
			 struct rec_error *error)
{
	const uint32_t last_type = compact->last_type;
	const bool ended = compact->kept[1].stored != NULL;
	uint64_t bytes_max = 0;
	bool fits = false;

	switch (section->type) {
	case SECTION_INFO:
		bytes_max = INFO_BYTES_MAX;
		fits = last_type == 0;
		break;
	case SECTION_SNAPSHOT:
		bytes_max = SNAPSHOT_PLAIN_BYTES_MAX;
		fits = section->number <= 1 && section->plain_bytes <= SNAPSHOT_PLAIN_BYTES_MAX &&
		       (section->number == 0 ? last_type == SECTION_INFO
					     : last_type != 0 && last_type != SECTION_TAIL && !ended);
		break;
	case SECTION_EVENTS:
		bytes_max = BLOCK_STORED_BYTES_MAX;
		fits = last_type != 0 && last_type != SECTION_TAIL && !ended && section->number >= 1 &&
		       section->number <= BLOCK_EVENTS_MAX && section->first_index == compact->next_index;
		break;
	case SECTION_TAIL:
		bytes_max = TAIL_BYTES_MAX;
		fits = last_type != 0 && last_type != SECTION_TAIL;
		break;
	default:
		break;
	}
	if (!fits || section->stored_bytes > bytes_max)
		return rec_fail(error, -EBADMSG, offset, "expected a section of its kind, place and size, found "
				"type %08x",
				section->type);
	return 0;
}

static int read_header(struct compact *compact, struct rec_error *error)
{
	uint8_t bytes[SECTION_HEADER_BYTES];
	uint64_t offset = compact->input.offset;
	int result = read_exactly(compact, bytes, sizeof(bytes), "a section header", error);

	if (!result)
		result = section_get(bytes, &compact->ahead, offset, error);
	if (!result)
		result = check_section(compact, &compact->ahead, offset, error);
	compact->has_ahead = !result;
	return result;
}

static int check_payload(const struct section *section, const uint8_t *payload, uint64_t offset,
			 struct rec_error *error)
{
	uint64_t found = section_checksum(payload, section->stored_bytes);

	if (found != section->checksum)
		return rec_fail(error, -EBADMSG, offset, "damaged section: expected checksum %016llx, found %016llx",
				ULL(section->checksum), ULL(found));
	return 0;
}

/* Reads the payload of the section ahead, growing the buffer only as bytes arrive. */
static int read_payload(struct compact *compact, struct rec_error *error)
{
	const struct section *section = &compact->ahead;
	uint64_t offset = compact->input.offset;
	size_t done = 0, wanted = (size_t)section->stored_bytes;
	int result = 0;

	compact->has_ahead = false;
	while (done < wanted && !result) {
		size_t step = wanted - done < READ_STEP_BYTES ? wanted - done : READ_STEP_BYTES;

		if (compact->payload_capacity < done + step) {
			size_t capacity = compact->payload_capacity * 2 > done + step ? compact->payload_capacity * 2
										       : done + step;
			uint8_t *larger = realloc(compact->payload, capacity);

			if (!larger)
				return rec_fail(error, -ENOMEM, 0, "out of memory");
			compact->payload = larger;
			compact->payload_capacity = capacity;
		}
		result = read_exactly(compact, compact->payload + done, step, "a section", error);
		done += step;
	}
	if (!result)
		result = check_payload(section, compact->payload, offset, error);
	compact->last_type = section->type;
	return result;
}

/* --- what sections hold --- */

/* Undoes the escapes of a value in place. */
static void unescape(char *value)
{
	char *to = value;

	for (; *value; value++) {
		if (*value == '\\' && (value[1] == 'n' || value[1] == '\\')) {
			*to++ = value[1] == 'n' ? '\n' : '\\';
			value++;
		} else {
			*to++ = *value;
		}
	}
	*to = '\0';
}

static int take_info(struct rec_reader *reader, struct compact *compact, struct rec_error *error)
{
	size_t length = (size_t)compact->ahead.stored_bytes;
	char *text = malloc(length + 1), *line, *rest;

	if (!text)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	if (length)
		memcpy(text, compact->payload, length);
	text[length] = '\0';
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *equals = strchr(line, '=');

		if (!equals)
			continue;
		*equals = '\0';
		unescape(equals + 1);
		info_set(&reader->info, line, equals + 1);
	}
	free(text);
	return 0;
}

static int keep_snapshot(struct rec_reader *reader, struct compact *compact, uint64_t offset,
			 struct rec_error *error)
{
	struct kept_snapshot *kept = &compact->kept[compact->ahead.number];

	kept->stored = malloc(compact->ahead.stored_bytes + 1);
	if (!kept->stored)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	if (compact->ahead.stored_bytes)
		memcpy(kept->stored, compact->payload, compact->ahead.stored_bytes);
	kept->stored_bytes = compact->ahead.stored_bytes;
	kept->plain_bytes = compact->ahead.plain_bytes;
	kept->offset = offset;
	reader->info.has_snapshot[compact->ahead.number] = true;
	return 0;
}

/* Takes the totals over. Return: 0 or -EBADMSG when the tail is no tail. */
static int take_tail(struct rec_reader *reader, struct compact *compact, const uint8_t *payload, size_t length,
		     uint64_t offset, struct rec_error *error)
{
	uint64_t totals[TAIL_TOTAL_COUNT], entries;
	const size_t fixed = TAIL_TOTAL_COUNT * 8 + TAIL_STRING_BYTES + 16;
	const uint8_t *string = payload + TAIL_TOTAL_COUNT * 8;

	if (length < fixed)
		return rec_fail(error, -EBADMSG, offset, "expected a tail of at least %zu bytes, found %zu", fixed,
				length);
	for (size_t i = 0; i < TAIL_TOTAL_COUNT; i++)
		totals[i] = get_u64(payload + 8 * i);
	entries = get_u64(string + TAIL_STRING_BYTES);
	if (!memchr(string, 0, TAIL_STRING_BYTES) || entries > INDEX_ENTRIES_MAX ||
	    length != fixed + entries * INDEX_ENTRY_BYTES)
		return rec_fail(error, -EBADMSG, offset, "expected a tail with its index, found %zu bytes", length);
	if (totals[TAIL_SNAPSHOT_1] >= offset)
		return rec_fail(error, -EBADMSG, offset, "expected snapshot 1 before the tail, found it at %llu",
				ULL(totals[TAIL_SNAPSHOT_1]));
	reader->info.events = totals[TAIL_EVENTS];
	reader->info.lost_events = totals[TAIL_LOST];
	reader->info.missed_probes = totals[TAIL_MISSED_PROBES];
	memcpy(reader->info.missing_probes, string, TAIL_STRING_BYTES);
	rec_one_line(reader->info.missing_probes);
	reader->info.has_snapshot[1] = totals[TAIL_SNAPSHOT_1] != 0;
	reader->accounting.garbage_lines = totals[TAIL_GARBAGE_LINES];
	reader->accounting.first_garbage_line = totals[TAIL_FIRST_GARBAGE_LINE];
	reader->accounting.lost_events = totals[TAIL_LOST];
	reader->accounting.unmatched_frees = totals[TAIL_UNMATCHED];
	reader->accounting.forced_resolutions = totals[TAIL_FORCED];
	compact->tail_snapshot_1 = totals[TAIL_SNAPSHOT_1];
	return 0;
}

/* --- by seeking --- */

/* Reads one whole section elsewhere in the file. *payload_out is malloc'ed. */
static int section_elsewhere(const struct compact *compact, uint64_t offset, uint32_t type, struct section *section,
			     uint8_t **payload_out, struct rec_error *error)
{
	uint8_t bytes[SECTION_HEADER_BYTES], *payload;
	ssize_t got = rec_input_at(&compact->input, offset, bytes, sizeof(bytes));
	int result;

	if (got != (ssize_t)sizeof(bytes))
		return rec_fail(error, -EBADMSG, offset, "expected a section header, found the end of the file");
	result = section_get(bytes, section, offset, error);
	if (result)
		return result;
	if (section->type != type || section->plain_bytes > SNAPSHOT_PLAIN_BYTES_MAX ||
	    section->stored_bytes > compact->input.size_bytes - offset - sizeof(bytes))
		return rec_fail(error, -EBADMSG, offset, "expected a section of type %08x, found %08x", type,
				section->type);
	payload = malloc(section->stored_bytes + 1);
	if (!payload)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	got = rec_input_at(&compact->input, offset + sizeof(bytes), payload, section->stored_bytes);
	if (got != (ssize_t)section->stored_bytes)
		result = rec_fail(error, -EBADMSG, offset, "expected a whole section, found the end of the file");
	else
		result = check_payload(section, payload, offset + sizeof(bytes), error);
	if (result) {
		free(payload);
		return result;
	}
	*payload_out = payload;
	return 0;
}

/* Looks at the tail when the file can be sought. Damage there is told when reading gets to it. Return: 0 or -ENOMEM. */
static int look_at_tail(struct rec_reader *reader, struct compact *compact, struct rec_error *error)
{
	uint64_t end = compact->input.size_bytes, tail_offset;
	uint8_t trailer[TRAILER_BYTES], *payload;
	struct section section;
	int result;

	if (!compact->input.seekable || end < PRELUDE_BYTES + TRAILER_BYTES ||
	    rec_input_at(&compact->input, end - TRAILER_BYTES, trailer, sizeof(trailer)) != TRAILER_BYTES ||
	    trailer_get(trailer, end - TRAILER_BYTES, &tail_offset, NULL) || tail_offset > end)
		return 0;
	result = section_elsewhere(compact, tail_offset, SECTION_TAIL, &section, &payload, error);
	if (result)
		return result == -ENOMEM ? result : 0;
	compact->tail_known = !take_tail(reader, compact, payload, section.stored_bytes, tail_offset, NULL);
	free(payload);
	return 0;
}

/* --- reading --- */

/* Behind the tail: the trailer, then nothing. */
static int read_end(struct rec_reader *reader, struct compact *compact, struct rec_error *error)
{
	uint64_t tail_offset = compact->input.offset - compact->ahead.stored_bytes - SECTION_HEADER_BYTES;
	uint64_t offset = compact->input.offset, named_offset;
	uint8_t trailer[TRAILER_BYTES], more;
	int result = take_tail(reader, compact, compact->payload, compact->ahead.stored_bytes, tail_offset, error);

	if (!result)
		result = read_exactly(compact, trailer, sizeof(trailer), "the end mark", error);
	if (!result)
		result = trailer_get(trailer, offset, &named_offset, error);
	if (result)
		return result;
	if (named_offset != tail_offset)
		return rec_fail(error, -EBADMSG, offset, "expected the tail at %llu, found it at %llu",
				ULL(named_offset),
				ULL(tail_offset));
	if (reader->info.events != compact->next_index)
		return rec_fail(error, -EBADMSG, tail_offset, "expected %llu events, found %llu",
				ULL(reader->info.events),
				ULL(compact->next_index));
	if (rec_input_read(&compact->input, &more, 1) == 1)
		return rec_fail(error, -EBADMSG, offset + TRAILER_BYTES, "expected the end of the file, found more");
	return 0;
}

static int compact_next(struct rec_reader *reader, struct rec_batch *batch, struct rec_error *error)
{
	struct compact *compact = reader->dialect;
	int result;

	if (compact->early_result) {
		if (error)
			*error = compact->early_error;
		return compact->early_result;
	}
	for (;;) {
		uint64_t offset;

		result = compact->has_ahead ? 0 : read_header(compact, error);
		offset = compact->input.offset;
		if (!result)
			result = read_payload(compact, error);
		if (result)
			return result;
		if (compact->ahead.type == SECTION_TAIL)
			return read_end(reader, compact, error);
		if (compact->ahead.type == SECTION_SNAPSHOT) {
			result = keep_snapshot(reader, compact, offset, error);
			if (result)
				return result;
			continue;
		}
		result = block_decode(compact->decoder, compact->payload, compact->ahead.stored_bytes,
				      compact->ahead.number, batch, &reader->accounting, offset, error);
		if (result)
			return result;
		batch->first_index = compact->next_index;
		compact->next_index += compact->ahead.number;
		reader->accounting.events += compact->ahead.number;
		return 1;
	}
}

static int unpack_snapshot(const struct kept_snapshot *kept, void **bytes_out, size_t *length_out,
			   struct rec_error *error)
{
	size_t got;
	void *bytes;

	if (ZSTD_getFrameContentSize(kept->stored, kept->stored_bytes) != kept->plain_bytes)
		return rec_fail(error, -EBADMSG, kept->offset, "snapshot: expected %zu bytes in the zstd frame",
				kept->plain_bytes);
	bytes = malloc(kept->plain_bytes + 1);
	if (!bytes)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	got = ZSTD_decompress(bytes, kept->plain_bytes, kept->stored, kept->stored_bytes);
	if (got != kept->plain_bytes) {
		free(bytes);
		if (rec_zstd_failure(got, 0))
			return rec_fail(error, -ENOMEM, 0, "out of memory");
		return rec_fail(error, -EBADMSG, kept->offset, "snapshot: expected zstd data, found damage");
	}
	*bytes_out = bytes;
	*length_out = kept->plain_bytes;
	return 0;
}

static int compact_snapshot(struct rec_reader *reader, unsigned which, void **bytes_out, size_t *length_out,
			    struct rec_error *error)
{
	struct compact *compact = reader->dialect;
	struct kept_snapshot found = { 0 };
	struct section section;
	uint8_t *payload;
	int result;

	if (compact->kept[which].stored)
		return unpack_snapshot(&compact->kept[which], bytes_out, length_out, error);
	if (which == 0 && compact->early_result) {
		if (error)
			*error = compact->early_error;
		return compact->early_result;
	}
	if (which == 1 && compact->input.seekable && !compact->tail_known)
		return rec_fail(error, -EBADMSG, compact->input.size_bytes,
				"expected a tail that names snapshot 1: the file is cut or its end damaged");
	if (which == 0 || !compact->tail_snapshot_1)
		return rec_fail(error, -ENOENT, 0, "the recording has no snapshot %u", which);
	result = section_elsewhere(compact, compact->tail_snapshot_1, SECTION_SNAPSHOT, &section, &payload, error);
	if (result)
		return result;
	found.stored = payload;
	found.stored_bytes = section.stored_bytes;
	found.plain_bytes = section.plain_bytes;
	found.offset = compact->tail_snapshot_1;
	result = unpack_snapshot(&found, bytes_out, length_out, error);
	free(payload);
	return result;
}

static void compact_progress(const struct rec_reader *reader, uint64_t *done_out, uint64_t *total_out)
{
	const struct compact *compact = reader->dialect;

	*done_out = compact->input.offset;
	*total_out = compact->input.size_bytes;
}

/* --- opening --- */

static const struct dialect_ops compact_ops = {
	.next = compact_next,
	.snapshot = compact_snapshot,
	.progress = compact_progress,
	.close = compact_close,
};

/* Snapshot 0 stands before the events and is to be had at once, also from a pipe. */
static void look_at_snapshot_0(struct rec_reader *reader, struct compact *compact)
{
	uint64_t offset;

	compact->early_result = read_header(compact, &compact->early_error);
	if (compact->early_result || compact->ahead.type != SECTION_SNAPSHOT || compact->ahead.number != 0)
		return;
	reader->info.has_snapshot[0] = true;
	offset = compact->input.offset;
	compact->early_result = read_payload(compact, &compact->early_error);
	if (!compact->early_result)
		compact->early_result = keep_snapshot(reader, compact, offset, &compact->early_error);
}

int compact_open(struct rec_reader *reader, struct rec_input *input, struct rec_error *error)
{
	struct compact *compact = calloc(1, sizeof(*compact));
	uint8_t prelude[PRELUDE_BYTES];
	int result;

	if (!compact) {
		rec_input_close(input);
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	}
	compact->input = *input;
	reader->input = &compact->input;
	reader->ops = &compact_ops;
	reader->dialect = compact;
	reader->info.dialect = REC_DIALECT_COMPACT;
	reader->info.format_version = COMPACT_VERSION;
	compact->decoder = block_decoder_create();
	if (!compact->decoder)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	result = read_exactly(compact, prelude, sizeof(prelude), "the start of the file", error);
	if (!result)
		result = prelude_check(prelude, error);
	if (!result)
		result = read_header(compact, error);
	if (!result)
		result = read_payload(compact, error);
	if (!result)
		result = take_info(reader, compact, error);
	if (!result)
		result = look_at_tail(reader, compact, error);
	if (result)
		return result;
	look_at_snapshot_0(reader, compact);
	return 0;
}
