/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text dialect: tracefs `trace` and `trace_pipe`.
 *
 * Role: gives the scanner whole lines out of one bounded buffer, from a file or a pipe.
 * Interface: text_open and text_looks_like, called by the front door; rec_text_profile.
 * Invariant: memory does not depend on the input's length nor on that of its lines; a line longer than the buffer
 * is one garbage line.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "proc_read.h"
#include "reader.h"
#include "text_line.h"

#define BUFFER_BYTES ((size_t)1 << 18)
#define FILL_EVENTS 8192
#define LINES_WITHOUT_EVENT_MAX 100000

struct text {
	struct rec_input input;
	struct text_scanner scanner;
	char *buffer; /* BUFFER_BYTES, then TEXT_PADDING */
	const char *at;   /* next line */
	const char *end;  /* behind the last whole line */
	char *filled;     /* behind the last byte read */
	bool skipping;    /* inside a line that is longer than the buffer */
	bool at_eof;
};

static void text_close(struct rec_reader *reader)
{
	struct text *text = reader->dialect;

	rec_input_close(&text->input);
	free(text->buffer);
	free(text);
}

bool text_looks_like(const uint8_t *bytes, size_t length)
{
	size_t strange = 0;

	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == 0)
			return false;
		strange += bytes[i] < 0x20 && bytes[i] != '\n' && bytes[i] != '\t' && bytes[i] != '\r';
	}
	/* A comm may hold any byte but NUL, so a few control characters prove nothing. */
	return length && strange <= length / 64;
}

/* The input ended: what is left without a newline is a line that was cut. */
static void end_of_input(struct text *text)
{
	text->at_eof = true;
	if (text->filled > text->end || text->skipping)
		text_garbage(&text->scanner);
	text->at = text->end = text->filled;
}

/* Behind the last newline of [from, to), or @from when there is none. */
static const char *whole_lines(const char *from, const char *to)
{
	while (to > from && to[-1] != '\n')
		to--;
	return to;
}

/*
 * Moves the unfinished line to the front and reads more behind it.
 * Return: 0 or -errno.
 */
static int read_more(struct text *text, struct rec_error *error)
{
	size_t kept = (size_t)(text->filled - text->end);
	char *fresh = text->buffer + kept;
	const char *newline;
	ssize_t got;

	memmove(text->buffer, text->end, kept);
	got = rec_input_read_some(&text->input, fresh, BUFFER_BYTES - kept);
	if (got < 0)
		return rec_fail(error, (int)got, text->input.offset, "cannot read: %s", strerror((int)-got));
	text->at = text->end = text->buffer;
	text->filled = fresh + got;
	if (!got) {
		end_of_input(text);
		if (text->input.offset >= text->input.size_bytes)
			return 0;
		return rec_fail(error, -EBADMSG, text->input.offset, "expected %llu bytes, as when it was opened: the "
				"file has shrunk", (unsigned long long)text->input.size_bytes);
	}
	if (text->skipping) {
		newline = memchr(fresh, '\n', (size_t)got);
		if (!newline) {
			text->filled = text->buffer;
			return 0;
		}
		text->skipping = false;
		text_garbage(&text->scanner);
		text->at = newline + 1;
	}
	newline = whole_lines(fresh, text->filled);
	if (newline > fresh) {
		text->end = newline;
	} else if (text->filled == text->buffer + BUFFER_BYTES) {
		text->skipping = true;
		text->filled = text->buffer;
	}
	return 0;
}

static void account(struct rec_reader *reader, const struct text *text)
{
	const struct text_scanner *scanner = &text->scanner;

	reader->accounting.garbage_lines = scanner->garbage_lines;
	reader->accounting.first_garbage_line = scanner->first_garbage_line;
	reader->accounting.other_events = scanner->other_events;
	reader->accounting.sizes_unmatched = scanner->sizes_unmatched;
	/* A header and the lines in between tell of the same losses. */
	reader->info.lost_events =
		scanner->header_lost > scanner->lines_lost ? scanner->header_lost : scanner->lines_lost;
	reader->accounting.lost_events = reader->info.lost_events;
}

static int nothing_found(const struct text *text, struct rec_error *error)
{
	const struct text_scanner *scanner = &text->scanner;

	if (!scanner->garbage_lines)
		return rec_fail_line(error, -ENODATA, text->input.offset, scanner->lines,
				     "expected kmem events (mm_page_alloc, ...), found none in %llu lines of ftrace "
				     "text",
				     (unsigned long long)scanner->lines);
	return rec_fail_line(error, -EPROTONOSUPPORT, 0, scanner->first_garbage_line,
			     "expected ftrace text with kmem events, found %llu lines that are neither events nor "
			     "comments",
			     (unsigned long long)scanner->garbage_lines);
}

static int text_fill(struct rec_reader *reader, struct rec_error *error)
{
	struct text *text = reader->dialect;
	struct rec_event *events;
	struct rec_wide *wide;
	size_t room = resolver_room(reader->resolver, &events, &wide), count;

	if (text->at == text->end && !text->at_eof) {
		int result = read_more(text, error);

		if (result)
			return result;
	}
	if (room > FILL_EVENTS)
		room = FILL_EVENTS;
	count = text_lines(&text->scanner, &text->at, text->end, events, room);
	if (text->scanner.saw_no_flags)
		resolver_without_context(reader->resolver);
	resolver_take(reader->resolver, count);
	account(reader, text);
	return !(text->at_eof && text->at == text->end);
}

static int text_snapshot(struct rec_reader *reader, unsigned which, void **bytes_out, size_t *length_out,
			 struct rec_error *error)
{
	if (reader->proc_directory)
		return proc_snapshot(reader->proc_directory, which, &reader->info, bytes_out, length_out, error);
	return rec_fail(error, -ENOENT, 0, "ftrace text has no snapshot %u", which);
}

static void text_progress(const struct rec_reader *reader, uint64_t *done_out, uint64_t *total_out)
{
	const struct text *text = reader->dialect;

	*done_out = text->input.offset;
	*total_out = text->input.size_bytes;
}

static const struct dialect_ops text_ops = {
	.fill = text_fill,
	.snapshot = text_snapshot,
	.progress = text_progress,
	.close = text_close,
};

/*
 * Reads on to the first event, which alone proves that this is ftrace text, and stops before it: the caller may
 * still name the kernel. Return: 0, -ENODATA, -EPROTONOSUPPORT or another negative errno.
 */
static int find_first_event(struct text *text, struct rec_error *error)
{
	struct text_scanner *scanner = &text->scanner;

	while (scanner->lines < LINES_WITHOUT_EVENT_MAX) {
		const char *line = text->at;
		struct rec_event event;

		if (line < text->end) {
			const char *next = (const char *)memchr(line, '\n', (size_t)(text->end - line)) + 1;

			if (!text_lines(scanner, &text->at, next, &event, 1))
				continue;
			text->at = line;
			scanner->lines--;
			scanner->lines_lost -= event.kind == REC_LOST ? event.arg : 0;
			return 0;
		}
		if (text->at_eof)
			break;
		int result = read_more(text, error);

		if (result)
			return result;
	}
	return nothing_found(text, error);
}

int text_open(struct rec_reader *reader, struct rec_input *input, struct rec_error *error)
{
	struct text *text = calloc(1, sizeof(*text));

	if (!text) {
		rec_input_close(input);
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	}
	text->input = *input;
	reader->input = &text->input;
	reader->ops = &text_ops;
	reader->dialect = text;
	reader->info.dialect = REC_DIALECT_TEXT;
	text->buffer = calloc(1, BUFFER_BYTES + TEXT_PADDING);
	if (!text->buffer)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	text->at = text->end = text->filled = text->buffer;
	text_scanner_init(&text->scanner, "");
	return find_first_event(text, error);
}

int rec_text_profile(struct rec_reader *reader, const char *profile)
{
	struct text *text = reader->dialect;

	if (reader->ops != &text_ops)
		return -EINVAL;
	text->scanner.gfp_table = gfp_table_by_profile(profile);
	memset(text->scanner.gfp, 0, sizeof(text->scanner.gfp));
	info_set(&reader->info, "profile", profile);
	return 0;
}
