/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of our compact format, version 1. traces/FORMAT.md describes it byte by byte.
 *
 * Role: what writer and reader agree on. Interface: constants, section headers, compact_looks_like.
 * Invariant: every byte of a file is covered by a checksum or compared with its only legal value.
 */
#ifndef REC_COMPACT_FORMAT_H
#define REC_COMPACT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define COMPACT_MAGIC "PAGEMAN\x1a"
#define COMPACT_END_MAGIC "PAGEEND\x1a"
#define COMPACT_MAGIC_BYTES 8
#define COMPACT_VERSION 1

#define PRELUDE_BYTES 24 /* magic, u32 version, u32 0, u64 checksum of the 16 bytes before it */
#define SECTION_HEADER_BYTES 48
#define TRAILER_BYTES 32 /* end magic, u64 offset of the tail section, u64 file length, u64 checksum of these */

/* Section types, in the order in which they may stand in a file. */
#define SECTION_INFO 0x4f464e49u     /* "INFO": provenance, name=value lines */
#define SECTION_SNAPSHOT 0x50414e53u /* "SNAP": tagged records of snapshot `number` */
#define SECTION_EVENTS 0x544e5645u   /* "EVNT": a block of `number` events */
#define SECTION_TAIL 0x4c494154u     /* "TAIL": totals and index */

#define BLOCK_EVENTS_MAX 65536u
#define BLOCK_STORED_BYTES_MAX ((uint64_t)1 << 24) /* of an events section */
#define INFO_BYTES_MAX ((uint64_t)1 << 20)
#define SNAPSHOT_PLAIN_BYTES_MAX ((uint64_t)1 << 30)
#define TAIL_BYTES_MAX ((uint64_t)1 << 20)
#define INDEX_ENTRIES_MAX 4096u
#define INDEX_ENTRY_BYTES 24 /* u64 file offset, first event's number, its time */
#define TAIL_STRING_BYTES 256 /* names of missing probes, zero-padded */

struct section {
	uint32_t type;
	uint32_t number;       /* snapshot number, or events in the block */
	uint64_t stored_bytes; /* of the payload in the file */
	uint64_t plain_bytes;  /* of the payload decoded; events: of all columns */
	uint64_t first_index;  /* events: number of the first event; else 0 */
	uint64_t checksum;     /* XXH3-64 of the stored payload */
};

/*
 * Events block: fixed part of its payload. u64 time of the first event, u32 time unit in ns, u32 shapes, u32 wide
 * events, u32 jumps, 4 x u32 counts (batched, frees by PCP, list, buddy), u8 planes of shapes, u8 planes of frames,
 * 6 x u8 0, then for each class u32 how many events it has, then for each class u8 bits of a time code.
 */
#define BLOCK_COUNTS 24
#define BLOCK_PLANES 40
#define BLOCK_CLASSES 48
#define BLOCK_WIDTHS (BLOCK_CLASSES + 4 * SHAPE_CLASS_COUNT)
#define BLOCK_HEADER_BYTES (BLOCK_WIDTHS + SHAPE_CLASS_COUNT)
#define COLUMN_HEADER_BYTES 9 /* u8 codec, u32 plain bytes, u32 stored bytes */

enum column_codec { COLUMN_RAW = 0, COLUMN_ZSTD = 1, COLUMN_SAME = 2 };

/* In the dictionary column: u64 arg, u32 gfp, i32 pid, u16 cpu, five bytes, u8 class. */
#define SHAPE_BYTES 24
#define SHAPE_CLASS_COUNT 16

#define PLANE_MAX 4       /* bytes of a frame code; what does not fit is a jump */
#define WIDTH_MAX_BITS 32 /* of a time code; likewise */
#define PACKED_PADDING 8  /* zero bytes behind the packed time codes, so that they are read eight bytes at a time */

/* In the jump column: which running value it is added to. */
enum jump_target { JUMP_TIME = 0, JUMP_FRAME = 1 };

/* Totals in the tail, u64 each, in this order. */
enum tail_total {
	TAIL_EVENTS,
	TAIL_LOST,
	TAIL_MISSED_PROBES,
	TAIL_GARBAGE_LINES,
	TAIL_FIRST_GARBAGE_LINE,
	TAIL_UNMATCHED,
	TAIL_FORCED,
	TAIL_SNAPSHOT_0, /* file offsets of sections; 0: none */
	TAIL_SNAPSHOT_1,
	TAIL_EVENTS_START,
	TAIL_TOTAL_COUNT
};

/*
 * True for the magic, and for one that a few flipped bits have damaged: such a file is to be called damaged,
 * not unknown.
 */
static inline bool compact_looks_like(const uint8_t *bytes, size_t length)
{
	unsigned wrong_bits = 0;

	if (length < COMPACT_MAGIC_BYTES)
		return length >= 4 && memcmp(bytes, COMPACT_MAGIC, length) == 0;
	for (unsigned i = 0; i < COMPACT_MAGIC_BYTES; i++)
		wrong_bits += (unsigned)__builtin_popcount(bytes[i] ^ (unsigned)(uint8_t)COMPACT_MAGIC[i]);
	return wrong_bits <= 4;
}

#endif
