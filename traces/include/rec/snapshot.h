/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot of the zones, parsed.
 *
 * Role: the exact state of a kernel's free lists at one moment, as the consumer walks it; or, made from /proc, how
 * long each list is and no more.
 * Interface: rec_snapshot_parse, rec_snapshot_free; plain arrays inside. rec_snapshot_write is the way back;
 * rec_snapshot_forget makes the second of the first.
 * Invariant: every frame number lies inside its zone; list order is the kernel's, first entry first. Without order
 * there are counts and no lists.
 */
#ifndef REC_SNAPSHOT_H
#define REC_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rec/error.h>
#include <rec/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rec_list {
	uint32_t zone;
	uint32_t cpu;         /* per-CPU lists only */
	uint32_t order;
	uint32_t migratetype; /* canonical; free lists only */
	uint32_t pindex;      /* per-CPU lists only */
	uint32_t count;
	const uint64_t *pfns;        /* count head frames, first of the list first */
	const uint8_t *migratetypes; /* per-CPU lists: each block's stored type, canonical; else NULL */
};

#define REC_COUNT_ORDERS 16
#define REC_COUNT_TYPES 6

/* Lengths of one migratetype's free lists. */
struct rec_counts {
	uint32_t zone;
	uint32_t migratetype;             /* canonical */
	uint64_t blocks[REC_COUNT_ORDERS]; /* by order */
	uint32_t floor_mask;              /* bit o: at least blocks[o] */
};

struct rec_zone {
	struct rec_wire_zone z;
	uint64_t pageblocks_of[REC_COUNT_TYPES]; /* by canonical migratetype; with counts only */
	uint64_t pageblock_start_pfn; /* first frame of the first pageblock (aligned down) */
	uint64_t pageblock_count;
	const uint8_t *pageblock_types; /* canonical */
	const uint8_t *movable;         /* bitmap from z.start_pfn, spanned_pages bits; NULL when not recorded */
	const uint8_t *holes;           /* the same shape; NULL when the zone has no holes or none were recorded */
	const uint8_t *skip;            /* bitmap by pageblock; NULL when not recorded */
	const uint8_t *compound;        /* by frame: order of the compound page that begins there; NULL: not recorded */
	struct rec_wire_compact compact;
	bool has_compact;
};

struct rec_snapshot {
	struct rec_wire_kernel kernel;
	struct rec_wire_settings settings;
	bool has_settings;
	struct rec_wire_daemons daemons;
	bool has_daemons;
	bool ordered; /* false when the lists' order is not known (taken from /proc only) */
	struct rec_zone *zones;
	uint32_t zone_count;
	struct rec_wire_pcp *pcps;
	uint32_t pcp_count;
	struct rec_list *free_lists; /* only lists with entries need be present */
	uint32_t free_list_count;
	struct rec_list *pcp_lists;
	uint32_t pcp_list_count;
	struct rec_counts *counts; /* when not ordered */
	uint32_t counts_count;
	void *storage; /* private: everything above points into it */
};

/**
 * rec_snapshot_parse - parse the tagged records of a snapshot
 * @bytes: the records, @length bytes; may be freed after the call
 * @out: filled on success, untouched on failure; release with rec_snapshot_free
 * @error: filled on failure
 *
 * Return: 0, -ENOMEM, or -EBADMSG when a record is damaged (offset in @error).
 * Source: ours; layout in traces/FORMAT.md.
 */
int rec_snapshot_parse(const void *bytes, size_t length, struct rec_snapshot *out, struct rec_error *error);

/**
 * rec_snapshot_write - the tagged records that rec_snapshot_parse reads
 * @snapshot: ordered. Of its zones the records, lists and pageblock types are written, and the settings; no bitmaps, no
 *            compaction's memory, no daemons
 * @bytes_out: malloc'ed
 *
 * Return: 0, -EINVAL (not ordered) or -ENOMEM.
 */
int rec_snapshot_write(const struct rec_snapshot *snapshot, void **bytes_out, size_t *length_out);

/**
 * rec_snapshot_forget - what /proc/buddyinfo, pagetypeinfo and zoneinfo would have told of an exact snapshot
 * @snapshot: ordered
 * @bytes_out: malloc'ed tagged records
 *
 * Return: 0, -EINVAL (not ordered) or -ENOMEM.
 */
int rec_snapshot_forget(const struct rec_snapshot *snapshot, void **bytes_out, size_t *length_out);

/* Releases what rec_snapshot_parse allocated; safe on a zeroed snapshot. */
void rec_snapshot_free(struct rec_snapshot *snapshot);

#ifdef __cplusplus
}
#endif
#endif
