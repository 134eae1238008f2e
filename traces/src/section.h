/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Headers of sections and of the whole file in our compact format.
 *
 * Role: encoding and checking, shared by writer and reader. traces/FORMAT.md has the bytes.
 * Interface: section_put, section_get, prelude_put, prelude_check, trailer_put, trailer_get.
 * Invariant: a header's checksum is seeded with its file offset, so a section is good only where it was written.
 */
#ifndef REC_SECTION_H
#define REC_SECTION_H

#include <rec/error.h>

#include "compact_format.h"

void section_put(uint8_t bytes[SECTION_HEADER_BYTES], const struct section *section, uint64_t offset);

/* Return: 0, or -EBADMSG when the header is damaged. */
int section_get(const uint8_t bytes[SECTION_HEADER_BYTES], struct section *out, uint64_t offset,
		struct rec_error *error);

uint64_t section_checksum(const void *payload, size_t bytes);

void prelude_put(uint8_t bytes[PRELUDE_BYTES]);
int prelude_check(const uint8_t bytes[PRELUDE_BYTES], struct rec_error *error);

void trailer_put(uint8_t bytes[TRAILER_BYTES], uint64_t tail_offset, uint64_t file_bytes);

/* @offset: where the trailer stands. Return: 0 with the tail section's offset, or -EBADMSG. */
int trailer_get(const uint8_t bytes[TRAILER_BYTES], uint64_t offset, uint64_t *tail_offset_out,
		struct rec_error *error);

#endif
