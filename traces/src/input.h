/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of a file or pipe.
 *
 * Role: one place that knows about short reads, EINTR, pipes and looking ahead for sniffing.
 * Interface: rec_input_open, rec_input_read, rec_input_at, rec_input_close.
 * Invariant: `offset` is the number of bytes handed out by rec_input_read; looking ahead does not move it.
 */
#ifndef REC_INPUT_H
#define REC_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <rec/error.h>

#define REC_PEEK_BYTES 4096

struct rec_input {
	int fd;
	bool owns_fd;
	bool seekable;
	uint64_t size_bytes; /* 0 when unknown */
	uint64_t offset;
	uint8_t peek[REC_PEEK_BYTES]; /* the first bytes, read by rec_input_open */
	size_t peek_bytes;
	size_t peek_used;
	bool (*stop)(void); /* asked when a signal ended a wait: false: wait on; NULL: give up */
};

/* Opens a file, or standard input for "-", and looks at its first bytes. Return: 0 or -errno. */
int rec_input_open(struct rec_input *input, const char *path, struct rec_error *error);

/* Reads up to @length bytes; fewer only at the end of the input. Return: bytes, or -errno. */
ssize_t rec_input_read(struct rec_input *input, void *bytes, size_t length);

/* Reads what is there, at least one byte: for streams that trickle. Return: bytes, 0 at the end, -errno. */
ssize_t rec_input_read_some(struct rec_input *input, void *bytes, size_t length);

/* Reads [offset, offset + length) of a seekable input without moving. Return: bytes, or -errno. */
ssize_t rec_input_at(const struct rec_input *input, uint64_t offset, void *bytes, size_t length);

void rec_input_close(struct rec_input *input);

/* Reads a whole small file, at most @limit bytes; *bytes_out is malloc'ed and NUL-terminated. Return: 0 or -errno
 * (-EFBIG above the limit). */
int rec_input_slurp(const char *path, size_t limit, char **bytes_out, size_t *length_out);

#endif
