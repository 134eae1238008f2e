/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capture directories: their provenance, and those whose trace is text.
 *
 *   DIR/meta          lines name=value; text can do without
 *   DIR/trace.txt     a copy of tracefs `trace`
 *   DIR/proc0, proc1  copies of /proc/pagetypeinfo, zoneinfo, buddyinfo, before and after
 *
 * Interface: meta_load, text_directory_looks_so, text_directory_open of reader.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "proc_read.h"
#include "reader.h"

#define META_BYTES_MAX (1u << 20)

static void meta_line(struct rec_reader *reader, const char *name, const char *value)
{
	unsigned cpu;
	char rest[32];

	info_set(&reader->info, name, value);
	if (sscanf(name, "cpu%u_%31s", &cpu, rest) == 2 &&
	    (!strcmp(rest, "overrun") || !strcmp(rest, "commit_overrun") || !strcmp(rest, "dropped")))
		reader->info.lost_events += strtoull(value, NULL, 10);
}

int meta_load(struct rec_reader *reader, const char *directory, struct rec_error *error)
{
	char path[4096], *text, *line, *rest;
	size_t length;
	bool format_known = false;
	int result;

	snprintf(path, sizeof(path), "%s/meta", directory);
	result = rec_input_slurp(path, META_BYTES_MAX, &text, &length);
	if (result)
		return rec_fail(error, result, 0, "expected a capture directory with meta: %s", strerror(-result));
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *equals = strchr(line, '=');

		if (!equals)
			continue;
		*equals = '\0';
		if (!strcmp(line, "format"))
			format_known = !strcmp(equals + 1, "1");
		meta_line(reader, line, equals + 1);
	}
	free(text);
	if (!format_known)
		return rec_fail(error, -EPROTONOSUPPORT, 0, "meta: expected format=1");
	reader->accounting.lost_events = reader->info.lost_events;
	return 0;
}

bool text_directory_looks_so(const char *directory)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/trace.txt", directory);
	return access(path, F_OK) == 0;
}

int text_directory_open(struct rec_reader *reader, const char *directory, struct rec_error *error)
{
	struct rec_input input;
	char path[4096];
	int result = meta_load(reader, directory, error);

	if (result && result != -ENOENT)
		return result;
	reader->proc_directory = strdup(directory);
	if (!reader->proc_directory)
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	snprintf(path, sizeof(path), "%s/trace.txt", directory);
	result = rec_input_open(&input, path, error);
	if (!result)
		result = text_open(reader, &input, error);
	if (result)
		return result;
	if (reader->info.profile[0])
		rec_text_profile(reader, reader->info.profile);
	for (unsigned which = 0; which < 2; which++)
		reader->info.has_snapshot[which] = proc_exists(directory, which);
	return 0;
}
