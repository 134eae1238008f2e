/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts of tracefs text and of raw ring-buffer pages.
 *
 * Interface: damage_text, damage_raw (damage.h).
 * Invariant: a text that is cut within a line gives what its whole lines give, and tells of one garbage line; one
 * that is cut behind a line is whole. Pages that are cut within one give what the whole ones give, then -EBADMSG;
 * between two pages nothing is missing that a reader could know of.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "damage.h"
#include "reading.h"
#include "render.h"

#define TEXT_BYTES 24000
#define SMALL_PAGE_BYTES 256
#define PAGES 16

struct outcome {
	int opened; /* result of rec_open */
	int result;
	uint64_t events, digest, garbage_lines;
	struct rec_error error;
	const char *fault;
};

static void read_path(const char *path, enum rec_dialect dialect, struct outcome *out)
{
	struct rec_reader *reader = NULL;
	struct reading reading;

	memset(out, 0, sizeof(*out));
	out->opened = rec_open(path, dialect, &reader, &out->error);
	if (out->opened)
		return;
	reading_all(&reading, reader);
	out->result = reading.result;
	out->events = reading.events;
	out->digest = reading_digest(&reading);
	out->error = reading.error;
	out->fault = reading.fault;
	out->garbage_lines = rec_accounting(reader)->garbage_lines;
	reading_end(&reading);
	rec_close(reader);
}

static struct rec_reader *open_first(const char *recording, struct rec_batch *batch)
{
	struct rec_reader *reader;
	struct rec_error error = { 0 };

	if (rec_open(recording, REC_DIALECT_AUTO, &reader, &error) || rec_next(reader, batch, &error) != 1)
		sweep_die(error.text);
	return reader;
}

static size_t make_text(const char *recording, char *text)
{
	struct rec_batch batch;
	struct rec_reader *reader = open_first(recording, &batch);
	size_t used = 0;

	for (size_t i = 0; i < batch.count && used + RENDER_LINE_MAX < TEXT_BYTES; i++)
		used += render_event(&batch.events[i], text + used);
	rec_close(reader);
	return used;
}

void damage_text(struct sweep *sweep, const char *recording)
{
	static char text[TEXT_BYTES];
	size_t size = make_text(recording, text);
	struct outcome lines = { .opened = -ENODATA }; /* what the whole lines give */

	sweep->what = "text";
	for (size_t at = 0; at <= size; at++) {
		bool is_end = at == 0 || text[at - 1] == '\n';
		struct outcome found;

		if (!is_end && !sweep_takes(sweep))
			continue;
		read_path(fuzz_file(0, text, at), REC_DIALECT_TEXT, &found);
		sweep_count(sweep, at, size);
		if (found.fault || (found.opened && (!found.error.text[0] || found.error.code != found.opened)))
			sweep_finding(sweep, recording, "text cut", at, "%s %s", found.fault ? found.fault : "",
				      found.error.text);
		if (is_end) {
			lines = found;
			if (at && (found.opened || found.result || found.garbage_lines))
				sweep_finding(sweep, recording, "text cut behind a line", at, "%s", found.error.text);
			continue;
		}
		if (!found.opened != !lines.opened || found.events != lines.events || found.digest != lines.digest)
			sweep_finding(sweep, recording, "text cut in a line", at, "expected the %" PRIu64 " events "
				      "before it, found %" PRIu64, lines.events, found.events);
		if (!found.opened && found.garbage_lines != 1)
			sweep_finding(sweep, recording, "text cut in a line", at, "expected to be told of one line, "
				      "found %" PRIu64, found.garbage_lines);
	}
}

/* Pages of 256 bytes of frees and allocations. Return: how many events they have. */
static unsigned make_pages(const char *recording, uint8_t *bytes)
{
	struct rec_batch batch;
	struct rec_reader *reader = open_first(recording, &batch);
	unsigned count = 0;
	size_t i = 0;

	for (unsigned number = 0; number < PAGES; number++) {
		struct page page;

		page_begin(&page, batch.events[i].time_ns);
		for (; i < batch.count && PAGE_DATA + page.used + 44 < SMALL_PAGE_BYTES; i++) {
			const struct rec_event *event = &batch.events[i];
			struct payload payload = event->kind == REC_FREE
							 ? payload_free(event->pfn, event->order, event->pid)
							 : payload_alloc(event->pfn, event->order, event->gfp,
									 event->migratetype, event->pid, 0);

			page_event(&page, 1, payload.bytes, payload.length);
			count++;
		}
		page_end(&page, 0);
		memcpy(bytes + (size_t)number * SMALL_PAGE_BYTES, page.bytes, SMALL_PAGE_BYTES);
	}
	rec_close(reader);
	return count;
}

void damage_raw(struct sweep *sweep, const char *recording)
{
	static const char header[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				     "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				     "\tfield: char data;\toffset:16;\tsize:240;\tsigned:1;\n";
	static uint8_t bytes[PAGES * SMALL_PAGE_BYTES];
	unsigned count = make_pages(recording, bytes);
	struct outcome pages = { 0 };

	sweep->what = "raw pages";
	capture_begin("raw", 1, "");
	capture_file("raw", "header_page", header, strlen(header));
	if (symlink(fuzz_file(1, "", 0), scratch_path("raw/cpu0.raw")))
		sweep_die("symlink");
	for (size_t at = 0; at <= sizeof(bytes); at++) {
		bool is_whole = at % SMALL_PAGE_BYTES == 0;
		struct outcome found;

		if (!is_whole && !sweep_takes(sweep))
			continue;
		fuzz_file(1, bytes, at);
		read_path(scratch_path("raw"), REC_DIALECT_RAW, &found);
		sweep_count(sweep, at, sizeof(bytes));
		if (is_whole) {
			pages = found;
			if (found.opened || found.result || (at == sizeof(bytes) && found.events != count))
				sweep_finding(sweep, recording, "pages cut between two", at, "%" PRIu64 " events: %s",
					      found.events, found.error.text);
			continue;
		}
		if (found.fault || (found.opened ? found.opened : found.result) != -EBADMSG ||
		    found.error.offset != at / SMALL_PAGE_BYTES * SMALL_PAGE_BYTES)
			sweep_finding(sweep, recording, "pages cut in one", at, "expected damage at its page, found %d "
				      "at %" PRIu64 ": %s", found.result, found.error.offset, found.error.text);
		if (!found.opened && (found.events != pages.events || found.digest != pages.digest))
			sweep_finding(sweep, recording, "pages cut in one", at, "expected %" PRIu64 " events, found %"
				      PRIu64, pages.events, found.events);
	}
}
