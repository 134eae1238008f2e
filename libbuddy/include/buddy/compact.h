/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compaction: its two scanners, their memory, and the free frames that it keeps in stock.
 *
 * Role: where compaction looks, in which order, which free blocks it takes and which lists it turns. What it finds to
 * migrate depends on the LRU lists, which the model does not have: the caller says how far a scan for pages came.
 *
 *      start                                                                      end of the zone
 *      | done | migrate scanner -->        |  not looked at   |        <-- free scanner | done |
 *
 * Interface: a zone's memory (buddy_compact_zone_set, buddy_skip_set, ...); struct buddy_compaction, one run, owned by
 * the caller, and its steps in the kernel's order:
 *
 *      buddy_compact_begin
 *      until the run ends, which the caller decides (buddy_compact_met tells whether the scanners met):
 *              buddy_compact_iterate
 *              buddy_compact_next_source      a range to look for pages; the caller knows what was found there,
 *              buddy_compact_source_scanned   says it here, and migrates:
 *                      buddy_compact_take     a frame to migrate to; when there is none,
 *                      buddy_compact_refill   or its steps: _search, then _next_target, _isolate and _target_scanned
 *                      buddy_compact_return   a frame not needed after all
 *              buddy_compact_migrated         may go back to buddy_compact_next_source
 *              buddy_compact_drains
 *      buddy_compact_release                  until the stock is empty
 *      buddy_compact_end
 *
 * Invariant: a frame in stock is in use; nothing else may free it before it has left the stock.
 * Source: mm/compaction.c, 6.1 and 6.12.
 */
#ifndef BUDDY_COMPACT_H
#define BUDDY_COMPACT_H

#include <buddy/buddy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- What a zone remembers between runs ----------------------------------------------------------------------- */

struct buddy_compact_zone {
	uint64_t cached_free_pfn;       /* where the next run's scanners begin; outside the zone: at its ends */
	uint64_t cached_migrate_pfn[2]; /* for asynchronous runs, for synchronous ones */
	uint64_t init_migrate_pfn;      /* where they began when the skip marks were last reset */
	uint64_t init_free_pfn;
	bool flush;                     /* a direct compaction saw the scanners meet: the marks may be reset */
};

/* Pre: zone is of the configuration, wherever it is an argument. */
void buddy_compact_zone_set(struct buddy *buddy, uint32_t zone, const struct buddy_compact_zone *state);
void buddy_compact_zone_get(const struct buddy *buddy, uint32_t zone, struct buddy_compact_zone *out);

/* The mark of @pfn's pageblock that says: nothing was found here lately. Return: 0 or -ERANGE. */
int buddy_skip_set(struct buddy *buddy, uint64_t pfn, bool skip);
bool buddy_skip(const struct buddy *buddy, uint64_t pfn);

/*
 * The zone lacks the first or the last frame of @pfn's pageblock (those outside its span aside): scanners pass it by.
 * Return: 0 or -ERANGE.
 */
int buddy_hole_set(struct buddy *buddy, uint64_t pfn, bool hole);

/**
 * buddy_skip_reset - take the marks off pageblocks that have something to find, and let the scanners begin there
 *
 * Does nothing unless the zone's flush is set. Whether a pageblock has pages on an LRU list is the model's estimate.
 * Return: true when it did something.
 * Source: __reset_isolation_suitable().
 */
bool buddy_skip_reset(struct buddy *buddy, uint32_t zone);

/* --- One run ---------------------------------------------------------------------------------------------------- */

/* Numbered as enum migrate_mode. */
enum buddy_compact_mode { BUDDY_COMPACT_ASYNC, BUDDY_COMPACT_SYNC_LIGHT, BUDDY_COMPACT_SYNC };

#define BUDDY_COMPACT_IGNORE_SKIP 0x01u
#define BUDDY_COMPACT_NO_SET_SKIP 0x02u
#define BUDDY_COMPACT_ANY_TARGET 0x04u /* pageblocks of any type are good to migrate to */
#define BUDDY_COMPACT_DIRECT 0x08u     /* for a request that waits */
#define BUDDY_COMPACT_PROACTIVE 0x10u
#define BUDDY_COMPACT_WHOLE_ZONE 0x20u /* also set by buddy_compact_begin when the run covers all there is */

/* Frames [start_pfn, end_pfn). */
struct buddy_range {
	uint64_t start_pfn, end_pfn;
	uint64_t stride; /* free scanner: one frame in so many is looked at */
};

enum buddy_target_step { BUDDY_TARGET_NONE, BUDDY_TARGET_AROUND, BUDDY_TARGET_LINEAR, BUDDY_TARGET_DONE };

struct buddy_compaction {
	/* Set by the caller before buddy_compact_begin. */
	uint32_t zone;
	int order;             /* wanted; -1 when the whole zone is compacted for its own sake */
	uint8_t type;          /* migratetype of the request */
	uint8_t mode;          /* enum buddy_compact_mode */
	uint32_t flags;        /* BUDDY_COMPACT_* */
	int search_order;      /* where the next fast search begins; the order wanted at first */
	uint32_t failures;     /* fast searches in a row that found nothing; 0 at first */

	/* The scanners. */
	uint64_t migrate_pfn;
	uint64_t free_pfn;
	uint64_t fast_start_pfn;    /* lowest frame that the fast search for pages saw; UINT64_MAX once it was used */
	uint64_t last_migrated_pfn; /* 0: nothing to drain for */
	uint64_t iterate_pfn;       /* migrate_pfn when the run last went on */
	bool finish_block;          /* the pageblock is looked at to its end */
	bool caches_tied;           /* the synchronous cached position follows the other */
	uint64_t turned_pfn;        /* block that buddy_compact_next_source turned to a list's tail, or BUDDY_NO_PFN */

	/* Pages isolated and not migrated yet, and the stock. */
	uint32_t migrate_pages;
	uint32_t free_pages;
	uint32_t stock_first[BUDDY_ORDER_COUNT]; /* private: nodes; 0 for none */
	uint32_t stock_last[BUDDY_ORDER_COUNT];
	uint64_t released_pfn;                   /* highest frame released */

	/* The free scanner's walk, between buddy_compact_search and the end. */
	enum buddy_target_step step;
	uint64_t block_start_pfn, block_end_pfn; /* pageblock that is looked at */
	uint64_t isolate_pfn;                    /* next frame of it */
	uint64_t stride;
	uint32_t range_pages;                    /* isolated in it */
	bool range_over;
	uint64_t min_pfn;                        /* what the last fast search wanted at least */
	uint64_t searched_free_pfn;              /* free_pfn at that time */
	uint32_t searched;                       /* blocks that it looked at, and frames that it took less one */
};

/**
 * buddy_compact_begin - where a run's scanners start
 *
 * Pre: the members for the caller are set; nothing is in stock.
 * Source: compact_zone().
 */
void buddy_compact_begin(struct buddy *buddy, struct buddy_compaction *c);

/* compact_scanners_met(): the free scanner is in the pageblock of the migrate scanner or below. */
bool buddy_compact_met(const struct buddy *buddy, const struct buddy_compaction *c);

/*
 * What happens when they met: the next run starts at the zone's ends, and after a direct compaction skip marks may be
 * reset. Source: __compact_finished().
 */
void buddy_compact_restart(struct buddy *buddy, const struct buddy_compaction *c);

/* The run goes on: is the pageblock the one that was migrated from last? Source: compact_zone(). */
void buddy_compact_iterate(const struct buddy *buddy, struct buddy_compaction *c);

/**
 * buddy_compact_next_source - the migrate scanner goes to the next pageblock worth it
 * @out: the part of it to look at
 *
 * May turn a free list (c->turned_pfn) and set a skip mark.
 * Return: 0 with @out, -ENOENT when none is left below the free scanner.
 * Source: isolate_migratepages() with fast_find_migrateblock(), without isolate_migratepages_block().
 */
int buddy_compact_next_source(struct buddy *buddy, struct buddy_compaction *c, struct buddy_range *out);

/* Whether nothing can be found there, and the scan reaches the end: all of it is free, or its mark turns scans away. */
bool buddy_compact_source_empty(struct buddy *buddy, const struct buddy_compaction *c, const struct buddy_range *range);

/**
 * buddy_compact_source_scanned - what was found there
 * @range: from buddy_compact_next_source
 * @reached_pfn: the first frame that was not looked at, at most range->end_pfn
 * @pages: isolated to be migrated
 *
 * Sets the skip mark as far as the model can know it: where the kernel of the profile lets that depend on which page of
 * the pageblock was isolated first, by the model's estimate.
 * Source: isolate_migratepages_block(), the end of it.
 */
void buddy_compact_source_scanned(struct buddy *buddy, struct buddy_compaction *c, const struct buddy_range *range,
				  uint64_t reached_pfn, uint32_t pages);

/**
 * buddy_compact_migrated - the pages were migrated
 * @failed: not all of them
 *
 * Return: true when the rest of the same pageblock is looked at next (buddy_compact_next_source), without asking
 * whether the run ends.
 * Source: compact_zone().
 */
bool buddy_compact_migrated(const struct buddy *buddy, struct buddy_compaction *c, bool failed);

/* Whether the per-CPU lists are drained now, for frames of a block that the migrate scanner has left behind. */
bool buddy_compact_drains(struct buddy_compaction *c);

/* --- Free frames ------------------------------------------------------------------------------------------------- */

/**
 * buddy_compact_search - the fast search for a free block, which turns the lists that it goes through
 * @pfn_out, @order_out: the block that it chose
 *
 * Return: 0 (taken to the stock), -EAGAIN (chosen, but the watermark forbids it), -ENOENT (none chosen).
 * Source: fast_isolate_freepages(), up to fast_isolate_around().
 */
int buddy_compact_search(struct buddy *buddy, struct buddy_compaction *c, uint32_t cpu, uint64_t *pfn_out,
			 unsigned *order_out);

/* The next part of a pageblock to look at for free blocks. Return: false when the free scanner stops. */
bool buddy_compact_next_target(struct buddy *buddy, struct buddy_compaction *c, struct buddy_range *out);

/* The next free block of that part; c->isolate_pfn comes to it, or to the end. Return: false when there is none. */
bool buddy_compact_see(struct buddy *buddy, struct buddy_compaction *c, uint64_t *pfn_out, unsigned *order_out);

/**
 * buddy_compact_isolate - the next free block of that part goes to the stock
 *
 * Return: 0, -EAGAIN (the watermark forbids it), -ENOENT (there is no more, or it is enough).
 * Source: isolate_freepages_block().
 */
int buddy_compact_isolate(struct buddy *buddy, struct buddy_compaction *c, uint32_t cpu, uint64_t *pfn_out,
			  unsigned *order_out);

/* That part was looked at as far as c->isolate_pfn. Source: isolate_freepages(), fast_isolate_around(). */
void buddy_compact_target_scanned(struct buddy *buddy, struct buddy_compaction *c);

/* All of these. Source: isolate_freepages(). */
void buddy_compact_refill(struct buddy *buddy, struct buddy_compaction *c, uint32_t cpu);

/**
 * buddy_compact_take - a block of stock to migrate to
 * @order: of the page to be migrated
 *
 * Return: 0 with @pfn_out, -ENOENT when the stock has no block of that order or above.
 * Source: compaction_alloc().
 */
int buddy_compact_take(struct buddy *buddy, struct buddy_compaction *c, unsigned order, uint64_t *pfn_out);

/* A block that was taken comes back. Return: 0, -ERANGE, -EINVAL, -EEXIST (not in use). Source: compaction_free(). */
int buddy_compact_return(struct buddy *buddy, struct buddy_compaction *c, uint64_t pfn, unsigned order);

/* Whether the frame is the first of a block in somebody's stock. */
bool buddy_in_stock(const struct buddy *buddy, uint64_t pfn);

/*
 * The next block that is left over leaves the stock, to be freed by the caller.
 * Return: 0, -ENOENT (nothing left). Source: release_freepages(), release_free_list().
 */
int buddy_compact_release(struct buddy *buddy, struct buddy_compaction *c, uint64_t *pfn_out, unsigned *order_out);

/* What was released lies where the next run looks first. Source: compact_zone(). */
void buddy_compact_end(struct buddy *buddy, const struct buddy_compaction *c);

/* --- Following a recording that went another way ------------------------------------------------------------------ */

/* Takes this very block into stock, as isolated. Return: as buddy_take. */
int buddy_compact_add(struct buddy *buddy, struct buddy_compaction *c, uint32_t cpu, uint64_t pfn, unsigned order);

/* The block leaves the stock, where it is, and is in use. Return: 0, -ENOENT. */
int buddy_compact_drop(struct buddy *buddy, struct buddy_compaction *c, uint64_t pfn);

/*
 * move_freelist_tail(): the block becomes the last of its list, what stood behind it the first.
 * Return: 0, -ERANGE, -ENOENT.
 */
int buddy_turn_to_tail(struct buddy *buddy, uint64_t pfn);

#ifdef __cplusplus
}
#endif
#endif
