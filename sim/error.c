// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Builds the one-line messages of sim's errors.
 *
 * Interface: error.h.
 */
#include "error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int sim_fail(struct sim_error *error, int code, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return code;
	error->code = code;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return code;
}

int sim_fail_rec(struct sim_error *error, const char *file, const struct rec_error *source)
{
	const char *separator = file[0] ? ": " : "";
	const char *text = source->text[0] ? source->text : strerror(-source->code);

	if (source->line)
		return sim_fail(error, source->code, "%s%sline %" PRIu64 ": %s", file, separator, source->line,
				text);
	if (source->offset)
		return sim_fail(error, source->code, "%s%sat offset %" PRIu64 ": %s", file, separator,
				source->offset, text);
	return sim_fail(error, source->code, "%s%s%s", file, separator, text);
}

int sim_error_context(struct sim_error *error, const char *file)
{
	char text[sizeof(error->text)];

	memcpy(text, error->text, sizeof(text));
	return sim_fail(error, error->code, "%s: %s", file, text);
}
