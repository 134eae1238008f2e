/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fills struct rec_error.
 *
 * Role: every reader says what it expected, what it found and where, in one line.
 * Interface: rec_fail, rec_fail_line, rec_one_line, rec_zstd_failure.
 * Invariant: the text fits, has no newline, and names only what a person can act on.
 */
#ifndef REC_FAIL_H
#define REC_FAIL_H

#include <stddef.h>

#include <rec/error.h>

/* Fills @error (may be NULL) with a formatted text at a byte offset. Return: @code. */
int rec_fail(struct rec_error *error, int code, uint64_t offset, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same at a line number of a text. Return: @code. */
int rec_fail_line(struct rec_error *error, int code, uint64_t offset, uint64_t line, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Puts '?' for every control character: a text out of a file goes to a terminal, as one line. */
void rec_one_line(char *text);

/* Return: -ENOMEM when that is what zstd's error @code means, else @otherwise. */
int rec_zstd_failure(size_t code, int otherwise);

#endif
