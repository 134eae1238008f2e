/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fills struct rec_error. See fail.h.
 */
#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <zstd_errors.h>

static void fill(struct rec_error *error, int code, uint64_t offset, uint64_t line, const char *format,
		 va_list arguments)
{
	error->code = code;
	error->offset = offset;
	error->line = line;
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	/* A quoted piece of the input may hold anything; the text goes to a terminal as one line. */
	for (char *at = error->text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
}

int rec_fail(struct rec_error *error, int code, uint64_t offset, const char *format, ...)
{
	va_list arguments;

	if (error) {
		va_start(arguments, format);
		fill(error, code, offset, 0, format, arguments);
		va_end(arguments);
	}
	return code;
}

int rec_fail_line(struct rec_error *error, int code, uint64_t offset, uint64_t line, const char *format, ...)
{
	va_list arguments;

	if (error) {
		va_start(arguments, format);
		fill(error, code, offset, line, format, arguments);
		va_end(arguments);
	}
	return code;
}

int rec_zstd_failure(size_t code, int otherwise)
{
	return ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation ? -ENOMEM : otherwise;
}
