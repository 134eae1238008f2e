/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is going on in each context of a recording: a task, or an interrupt on top of it.
 *
 * Role: events of one allocation lie between events of other contexts; a context collects what belongs together.
 * Interface: context_find, context_get, context_settle; the note queues.
 * Invariant: a context exists only while something is open in it.
 */
#ifndef SIM_VERIFY_CONTEXT_H
#define SIM_VERIFY_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <buddy/buddy.h>
#include <buddy/compact.h>
#include <rec/event.h>

/* Ours, in an event's context: the task reclaims for a request, and this belongs to another one inside. */
#define VERIFY_CTX_NESTED 0x80u

/* Notes in order: notes[first] to notes[first + count). */
struct note_queue {
	struct buddy_note *notes;
	size_t first, count, room;
};

static inline const struct buddy_note *note_at(const struct note_queue *queue, size_t i)
{
	return &queue->notes[queue->first + i];
}

/* What a compaction does about pages to migrate. */
enum source_step {
	SOURCE_NONE,
	SOURCE_DUE,      /* the migrate scanner has to choose a pageblock */
	SOURCE_CHOSEN,   /* it chose `range` */
	SOURCE_SCANNED,  /* `range` is looked at */
	SOURCE_MIGRATED  /* what was found there is migrated, or not */
};

/* A compaction under way, or one of which only the searches for free blocks are told. */
struct compact_run {
	struct buddy_compaction c;
	bool entered;               /* the recording told how it runs */
	bool begun;                 /* its scanners have positions; until its end */
	uint8_t source;             /* enum source_step */
	bool has_range;             /* there is a pageblock left to choose */
	struct buddy_range range;
	bool empty;                 /* nothing can be found there */
	bool turned;                /* the model turned a list, the kernel's turning was not told yet */
	bool failed;                /* some pages did not migrate */
	bool drains;                /* the per-CPU lists are to be drained now */
	bool filling;               /* the stock is empty and the free scanner at work */
	unsigned needed_order;      /* of the block that is wanted from the stock */
	bool found;                 /* the fast search chose `found_pfn`, to be isolated next, if not `refused` */
	bool refused;
	uint64_t found_pfn;
	unsigned found_order;
	bool ranging;               /* the free scanner goes through a part of a pageblock */
};

struct context {
	uint64_t key;
	struct context *next;       /* in its bucket or on the free list */
	struct note_queue recorded; /* what the kernel did inside the open operation */
	struct note_queue predicted;
	bool slow;                  /* the fast attempt is over */
	bool popped;                /* done early, before an interrupt's operations; `pending` tells the outcome */
	bool locked;                /* it found its per-CPU list locked */
	bool captured;              /* the pending block came from a capture */
	bool pending;               /* an attempt before the mm_page_alloc event found `block` */
	struct buddy_block block;
	bool entered;               /* the attempt `entry` was told, and nothing that it came to */
	bool near_marks;            /* that attempt's outcome is not plain */
	bool reads_told;            /* `reads` are those of the attempt told next */
	uint32_t looked;            /* zones that it found above their watermarks, bit by index */
	uint32_t empty_lists;       /* zones whose per-CPU list gave it nothing */
	uint32_t last_empty;        /* the last of them */
	bool mixing;                /* it went through the zones once and now mixes types */
	struct rec_event entry;
	struct buddy_zone_read reads[REC_ZONES_READ_MAX];
	struct compact_run run;
	bool compacting;            /* between the begin and the end of a compaction for a request of its own */
	struct buddy_capture capture;
	bool draining;              /* a list, portion by portion; each is done at its first block */
	uint32_t drain_zone, drain_cpu;
	int64_t drain_pages;        /* that are left */
	int64_t drain_portion;      /* at most so many in one lock section */
	bool decayed;               /* counters were folded zone by zone, before each decay */
	bool stocked;               /* the next free of `stocked_pfn` is none: it stays in compaction's stock */
	uint64_t stocked_pfn;
	bool late;                  /* a free told has not come to its list or its zone yet, */
	struct rec_event late_free; /* this one; or else it is the last of a list */
	bool bulk;
	bool bulk_single;           /* the bulk call fell back to a single allocation */
	bool bulk_done;             /* early, before an interrupt's operations: `bulk_found` is what the model gave */
	uint32_t bulk_wanted;
	uint32_t bulk_gfp;
	uint64_t *bulk_pfns;        /* what the kernel gave, as far as told */
	size_t bulk_count, bulk_room;
	uint64_t *bulk_found;
	uint32_t bulk_found_count;
	size_t bulk_found_room;
};

#define CONTEXT_BUCKETS 1024u

struct context_table {
	struct context *bucket[CONTEXT_BUCKETS];
	struct context *unused;
	size_t count;
};

uint64_t context_key(const struct rec_event *event);
/* NULL when nothing is open there. */
struct context *context_find(const struct context_table *table, uint64_t key);
/* Finds or makes it; NULL when memory is short. */
struct context *context_get(struct context_table *table, uint64_t key);
/* Forgets the context when nothing is open in it any more. */
void context_settle(struct context_table *table, struct context *context);
void context_table_fini(struct context_table *table);

/* Return: false when memory is short. */
bool note_push(struct note_queue *queue, const struct buddy_note *note);
/* Takes the first @n off. */
void note_drop(struct note_queue *queue, size_t n);
bool context_push_bulk(struct context *context, uint64_t pfn);

#endif
