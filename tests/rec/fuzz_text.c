/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the scanner of tracefs text.
 *
 * Input: lines of text; the parity of their length chooses the kernel that printed them.
 * Invariant: every line is used once, none is read beyond its end (what stands behind the text changes nothing), and
 * events have no padding.
 */
#include <string.h>

#include "reading.h"
#include "text_line.h"

#define ROOM 64

struct scan {
	struct text_scanner scanner;
	struct reading reading;
	char *text;
};

static void scan_begin(struct scan *scan, const uint8_t *data, size_t size, int padding)
{
	scan->text = malloc(size + 1 + TEXT_PADDING);
	fuzz_require(scan->text);
	memcpy(scan->text, data, size);
	scan->text[size] = '\n';
	memset(scan->text + size + 1, padding, TEXT_PADDING);
	text_scanner_init(&scan->scanner, size % 2 ? "6.1" : "6.12");
	reading_begin(&scan->reading);
}

static void scan_all(struct scan *scan, size_t size)
{
	const char *at = scan->text, *end = scan->text + size + 1;
	struct rec_event events[ROOM];

	while (at < end) {
		struct rec_batch batch = { .events = events, .first_index = scan->reading.events };
		const char *before = at;

		batch.count = text_lines(&scan->scanner, &at, end, events, ROOM);
		fuzz_require(at > before && at <= end && at[-1] == '\n' && batch.count <= ROOM);
		if (batch.count)
			reading_add(&scan->reading, &batch);
	}
	fuzz_no_fault(scan->reading.fault);
	free(scan->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scan scans[2];
	const struct text_scanner *a = &scans[0].scanner, *b = &scans[1].scanner;
	uint64_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	for (unsigned i = 0; i < 2; i++) {
		scan_begin(&scans[i], data, size, i ? 0xff : 0);
		scan_all(&scans[i], size);
	}
	fuzz_require(a->lines == lines && b->lines == lines);
	fuzz_require(scans[0].reading.events + a->garbage_lines + a->other_events <= 2 * lines);
	fuzz_require(a->garbage_lines == b->garbage_lines && a->first_garbage_line == b->first_garbage_line &&
		     a->other_events == b->other_events && a->sizes_unmatched == b->sizes_unmatched);
	fuzz_require(reading_digest(&scans[0].reading) == reading_digest(&scans[1].reading));
	reading_end(&scans[0].reading);
	reading_end(&scans[1].reading);
	return 0;
}
