/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event of a recording, in memory.
 *
 * Role: what every reader produces and every consumer reads, whatever dialect it came from.
 * Interface: struct rec_event, struct rec_wide, struct rec_batch; enum rec_kind comes from wire.h.
 * Invariant: events of one batch are in stream order; times never decrease within one CPU.
 */
#ifndef REC_EVENT_H
#define REC_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include <rec/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rec_event {
	uint64_t time_ns;    /* trace clock */
	uint64_t pfn;        /* by kind; REC_NO_PFN for an allocation that failed */
	uint64_t arg;        /* by kind; for wide kinds the index into the batch's wide[] */
	uint32_t gfp;        /* GFP bits as that kernel numbers them */
	int32_t pid;         /* task that was interrupted or ran; 0 for the idle task */
	uint16_t cpu;
	uint8_t kind;        /* enum rec_kind */
	uint8_t order;       /* 0..10 */
	uint8_t migratetype; /* canonical: 0 unmovable, 1 movable, 2 reclaimable, 3 highatomic, 4 CMA, 5 isolate */
	uint8_t context;     /* REC_CTX_* */
	uint8_t flags;       /* by kind */
	uint8_t pad;         /* 0 */
};

struct rec_wide {
	uint64_t v[REC_WIDE_WORDS];
};

struct rec_batch {
	const struct rec_event *events;
	size_t count;
	const struct rec_wide *wide;
	size_t wide_count;
	uint64_t first_index; /* number of the first event in the stream, from 0 */
};

/* True for kinds whose `arg` is an index into wide[]. */
static inline int rec_kind_is_wide(unsigned kind)
{
	return kind == REC_COMPACT_BEGIN || kind == REC_COMPACT_END || kind == REC_COMPACT_SCAN ||
	       kind == REC_ZONE_MARKS || kind == REC_PCP_LIMITS || kind == REC_COMPACT_ALLOC ||
	       kind == REC_ISOLATE_BLOCK || kind == REC_COMPACT_MIGRATE_SCAN || kind == REC_COMPACT_FREE_SCAN ||
	       (kind >= REC_COMPACT_FINISHED && kind <= REC_COMPACT_DEFER_RESET) || kind == REC_RECLAIM_RETRY ||
	       kind == REC_COMPACT_RETRY || kind == REC_ZONES_READ ||
	       (kind >= REC_COMPACT_RUN && kind <= REC_COMPACT_BLOCK_END) || kind == REC_SKIP_RESET;
}

/* Frames of the largest physical memory of an architecture: 52 bits of address, pages of 4 KiB. */
#define REC_PFN_COUNT ((uint64_t)1 << 40)

/* True for kinds whose pfn and order are a block's, as the kernel's own tracepoints tell it. */
static inline int rec_kind_has_block(unsigned kind)
{
	return (kind >= REC_ALLOC && kind <= REC_EXTFRAG) || kind == REC_FREE_ONE || kind == REC_FREE_OK;
}

/* True for kinds of our probes whose order is that of a request or a block; their pfn may mean something else. */
static inline int rec_kind_has_order(unsigned kind)
{
	return kind == REC_ATTEMPT || kind == REC_REFILL || kind == REC_ISOLATE || kind == REC_CAPTURE_BEGIN ||
	       kind == REC_PUTBACK || kind == REC_POP || kind == REC_COMMIT || kind == REC_LATE_COMMIT ||
	       kind == REC_ENTRY || kind == REC_ZONES_READ ||
	       kind == REC_COMPACT_ALLOC || kind == REC_COMPACT_TAKE || kind == REC_COMPACT_FREE;
}

/* False when no kernel can have meant it: an order above 10, a frame beyond any memory. */
static inline int rec_event_possible(const struct rec_event *event)
{
	if (rec_kind_has_order(event->kind))
		return event->order <= 10;
	return !rec_kind_has_block(event->kind) ||
	       (event->order <= 10 && (event->pfn < REC_PFN_COUNT || event->pfn == REC_NO_PFN));
}

/* Events of one sort that should not be: how many, and the first. */
struct rec_odd_events {
	uint64_t count;
	uint64_t first_index; /* number of the first in the stream, from 0 */
	uint64_t first_pfn;
	unsigned first_order;
};

static inline void rec_odd_note(struct rec_odd_events *odd, uint64_t index, uint64_t pfn, unsigned order)
{
	if (odd->count++)
		return;
	odd->first_index = index;
	odd->first_pfn = pfn;
	odd->first_order = order;
}

/* The kind's name as commands print it ("alloc", "free", ...); "unknown" outside the enumeration. */
const char *rec_kind_name(unsigned kind);

#ifdef __cplusplus
}
#endif
#endif
