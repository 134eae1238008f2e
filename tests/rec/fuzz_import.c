/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes text through the front door, and what becomes of it in our format.
 *
 * Input: tracefs text.
 * Invariant: text -> events -> compact -> events gives the same events and the same account of lines that were none; a
 * text that is refused has a code and a sentence.
 */
#include <string.h>
#include <unistd.h>

#include "reading.h"

static struct rec_reader *open_or_explain(const char *path, size_t size)
{
	struct rec_reader *reader = NULL;
	struct rec_error error = { 0 };
	int result = rec_open(path, REC_DIALECT_TEXT, &reader, &error);

	fuzz_require(!result == !!reader);
	if (result)
		fuzz_no_fault(reading_error_fault(&error, result, size));
	return reader;
}

static void read_text(const char *path, size_t size, struct reading *reading, struct rec_accounting *accounting)
{
	struct rec_reader *reader = open_or_explain(path, size);

	fuzz_require(reader);
	reading_all(reading, reader);
	fuzz_no_fault(reading->fault);
	fuzz_require(reading->result == 0);
	*accounting = *rec_accounting(reader);
	rec_close(reader);
}

/* @imported: what the import told of itself. */
static void read_copy(const char *path, const struct reading *text, const struct rec_accounting *accounting,
		      const struct rec_accounting *imported)
{
	struct rec_reader *reader;
	struct rec_error error = { 0 };
	struct reading copy;

	fuzz_require(rec_open(path, REC_DIALECT_AUTO, &reader, &error) == 0);
	fuzz_require(rec_info(reader)->dialect == REC_DIALECT_COMPACT);
	reading_all(&copy, reader);
	fuzz_no_fault(copy.fault);
	fuzz_require(copy.result == 0);
	fuzz_require(rec_accounting(reader)->garbage_lines == accounting->garbage_lines);
	fuzz_require(rec_accounting(reader)->first_garbage_line == accounting->first_garbage_line);
	fuzz_require(rec_accounting(reader)->lost_events == accounting->lost_events);
	fuzz_require(copy.events == imported->imported_events);
	fuzz_require(copy.events + imported->outside_events == text->events);
	/* What lies outside the marks of the snapshots is left out. */
	fuzz_require(text->marks || !imported->outside_events);
	if (!imported->outside_events)
		fuzz_require(reading_digest(&copy) == reading_digest(text));
	rec_close(reader);
	reading_end(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char copy_path[64];
	const char *path = fuzz_file(0, data, size);
	struct rec_reader *reader = open_or_explain(path, size);
	struct rec_accounting accounting, imported;
	struct rec_error error = { 0 };
	struct reading text;

	if (!reader)
		return 0;
	snprintf(copy_path, sizeof(copy_path), "/dev/shm/fuzz-import-%ld.pgr", (long)getpid());
	fuzz_require(rec_import(reader, copy_path, 0, NULL, NULL, &error) == 0);
	imported = *rec_accounting(reader);
	rec_close(reader);
	read_text(path, size, &text, &accounting);
	read_copy(copy_path, &text, &accounting, &imported);
	unlink(copy_path);
	reading_end(&text);
	return 0;
}
