/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the tagged records of a snapshot on this side of the kernel.
 *
 * Role: snapshots that were not taken by the module: made from /proc, of a model's state, or an exact one with its
 * order forgotten.
 * Interface: build_begin, build_record, build_end.
 * Invariant: memory that ran out is remembered and told once, by build_end.
 */
#ifndef REC_SNAPSHOT_BUILD_H
#define REC_SNAPSHOT_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rec/wire.h>

struct snapshot_build {
	uint8_t *bytes;
	size_t used, room;
	uint64_t free_pages; /* on the free lists written so far, for the end record */
	bool out_of_memory;
};

/* Starts with the kernel record. */
void build_begin(struct snapshot_build *build, const struct rec_wire_kernel *kernel);

/* A fixed structure, then @more bytes behind it. */
void build_record(struct snapshot_build *build, uint32_t tag, const void *fixed, size_t fixed_bytes, const void *more,
		  size_t more_bytes);

/* Lengths of one list per order. @counts has order_count entries. */
void build_counts(struct snapshot_build *build, const struct rec_wire_counts *head, const uint64_t *counts);

/* Puts the end record and hands the bytes over, to be freed by the caller. Return: 0 or -ENOMEM. */
int build_end(struct snapshot_build *build, void **bytes_out, size_t *length_out);

#endif
