/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fills struct rec_error. See fail.h.
 */
#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <zstd_errors.h>

void rec_one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static void fill(struct rec_error *error, int code, uint64_t offset, uint64_t line, const char *format,
		 va_list arguments)
{
	error->code = code;
	error->offset = offset;
	error->line = line;
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	rec_one_line(error->text); /* a quoted piece of the input may hold anything */
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
