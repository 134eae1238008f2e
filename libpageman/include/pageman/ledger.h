/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The record of how many pages an allocation has.
 *
 * Role: who frees a trimmed block knows its address only; the ledger knows how much of it is left. Every fitted
 * block has a record, also one of which nothing was trimmed, so a missing record always means "never fitted".
 * Interface: a record is the state of one allocation and lives wherever its owner puts it; a ledger finds
 * records by first frame and is a hash table of chains through the records, on the caller's array. It scales with
 * live allocations, has no upper limit and never allocates.
 * Invariant: pageman_ledger_check. No two records of a ledger begin at the same frame.
 *
 * Locking: none inside. One lock for a ledger's add, take, find, next and resize is enough, and need not be held
 * while frames are given back: a record belongs to its allocation's owner. So a concurrent caller does
 *
 *     fit:      record_init;  lock; ledger_add; unlock;   record_fit
 *     release:  lock; ledger_take; unlock;   record_release   (add it again if that fails)
 *
 * and a caller on his own pageman_ledger_fit and pageman_ledger_release. Several ledgers, each with its lock, make
 * a sharded one.
 *
 *     block of a record half way through:   start            + pages               - lent   + 2^order
 *                                           |xxxxxxxxx|=======|.......|==============|#######|
 *                                            released   owned   given   pending: owned  lent:
 *                                                               back                    not ours
 */
#ifndef PAGEMAN_LEDGER_H
#define PAGEMAN_LEDGER_H

#include <pageman/trim.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One allocation. Written by the functions below only; reading is free. */
struct pageman_record {
	struct pageman_record *next; /* the ledger's chain */
	uint64_t start_pfn;
	uint32_t order;          /* of the block that was allocated */
	uint32_t pages;          /* wanted and kept, 1..2^order */
	uint32_t pending_pages;  /* frames before the lent ones that have still to go back; 0 after a complete fit */
	uint32_t lent_pages;     /* last frames of the block that another allocation got (stash.h); 0 without a stash */
	uint32_t released_pages; /* first frames of the block that a release has given back; 0 before it */
};

/* Records by first frame. Written by the functions below only. */
struct pageman_ledger {
	struct pageman_record **buckets; /* the caller's */
	size_t bucket_count;             /* a power of two */
	size_t record_count;
};

/**
 * pageman_record_init - describe a fresh block of which @pages are wanted
 * @record: the caller's; on success in no ledger, with the whole tail pending
 * @start_pfn: first frame of the block, a multiple of 2^@order
 * @order: 0..PAGEMAN_ORDER_MAX
 * @pages: 1..2^@order
 *
 * Return: 0, PAGEMAN_EINVAL (as pageman_plan; @record untouched).
 */
int pageman_record_init(struct pageman_record *record, uint64_t start_pfn, unsigned order, uint64_t pages);

/**
 * pageman_record_fit - give back what is pending of the tail
 *
 * Called again after an error it goes on where it stopped; after success it does nothing.
 * Return: 0, PAGEMAN_EINVAL (no such grain), or the first error of free_block.
 */
int pageman_record_fit(struct pageman_record *record, const struct pageman_ops *ops, void *context,
		       enum pageman_grain grain);

/**
 * pageman_record_release - give back all that the allocation still has: the kept run, then what is pending
 *
 * When the whole tail is pending, both are one run, so a block of which nothing was given back returns whole.
 * Called again after an error it goes on where it stopped.
 * Post: after success pageman_record_owned_pages is 0.
 * Return: 0, PAGEMAN_EINVAL (no such grain), or the first error of free_block.
 */
int pageman_record_release(struct pageman_record *record, const struct pageman_ops *ops, void *context,
			   enum pageman_grain grain);

/* First frame behind what the record may own. */
static inline uint64_t pageman_record_end_pfn(const struct pageman_record *record)
{
	return record->start_pfn + ((uint64_t)1 << record->order) - record->lent_pages;
}

/* Frames that have not been given back. */
static inline uint64_t pageman_record_owned_pages(const struct pageman_record *record)
{
	return (uint64_t)record->pages - record->released_pages + record->pending_pages;
}

/**
 * pageman_ledger_init - an empty ledger
 * @buckets: room for @bucket_count pointers, need not be initialised; the caller's, kept until the ledger is no
 *           longer used or has been resized
 * @bucket_count: a power of two, at least 1; about one per record keeps chains short, fewer is only slower
 *
 * Return: 0, PAGEMAN_EINVAL (@bucket_count).
 */
int pageman_ledger_init(struct pageman_ledger *ledger, struct pageman_record **buckets, size_t bucket_count);

/**
 * pageman_ledger_resize - move all records to another array
 * @buckets: as in pageman_ledger_init, and not the present array
 * @bucket_count: a power of two, at least 1
 * @old_out: the previous array, the caller's to free
 *
 * Return: 0, PAGEMAN_EINVAL (@bucket_count; nothing has changed).
 */
int pageman_ledger_resize(struct pageman_ledger *ledger, struct pageman_record **buckets, size_t bucket_count,
			  struct pageman_record ***old_out);

/* True when there are more records than buckets: time to resize to twice as many. */
static inline bool pageman_ledger_is_crowded(const struct pageman_ledger *ledger)
{
	return ledger->record_count > ledger->bucket_count;
}

/**
 * pageman_ledger_add - enter a record
 * @record: initialised, in no ledger; must stay where it is until it is taken out
 *
 * Return: 0, PAGEMAN_EEXIST (a record begins at the same frame: a double fit; nothing has changed).
 */
int pageman_ledger_add(struct pageman_ledger *ledger, struct pageman_record *record);

/* The record that begins at @start_pfn, or NULL. Still the ledger's. */
struct pageman_record *pageman_ledger_find(const struct pageman_ledger *ledger, uint64_t start_pfn);

/**
 * pageman_ledger_take - take a record out
 * @record_out: the record, in no ledger any more
 *
 * Return: 0, PAGEMAN_ENOENT (no record begins at @start_pfn; nothing has changed).
 */
int pageman_ledger_take(struct pageman_ledger *ledger, uint64_t start_pfn, struct pageman_record **record_out);

/*
 * The record after @record, the first for NULL; NULL at the end. The order means nothing. The records met so far
 * may be taken out, except @record itself.
 */
struct pageman_record *pageman_ledger_next(const struct pageman_ledger *ledger, const struct pageman_record *record);

/**
 * pageman_ledger_fit - record a fresh block and give its tail back
 * @record: memory for the record, in no ledger
 * @grain: as in pageman_fit, and so the other arguments
 *
 * After an error of free_block the fit stands: the record is in the ledger, the kept run is the caller's, what did
 * not go back is pending; pageman_record_fit tries again, and a release gives it back as well.
 * Return: 0, PAGEMAN_EINVAL (as pageman_fit), PAGEMAN_EEXIST (double fit), in both cases nothing has changed; or
 * the first error of free_block.
 */
int pageman_ledger_fit(struct pageman_ledger *ledger, struct pageman_record *record, const struct pageman_ops *ops,
		       void *context, uint64_t start_pfn, unsigned order, uint64_t pages, enum pageman_grain grain);

/**
 * pageman_ledger_release - give a recorded allocation back and take its record out
 * @record_out: the record, in no ledger any more; untouched on failure
 *
 * After an error of free_block the record is still in the ledger and knows how far the release came; the same call
 * again goes on there.
 * Return: 0, PAGEMAN_ENOENT (never fitted, or released already), PAGEMAN_EINVAL (no such grain), in both cases
 * nothing has changed; or the first error of free_block.
 */
int pageman_ledger_release(struct pageman_ledger *ledger, const struct pageman_ops *ops, void *context,
			   uint64_t start_pfn, enum pageman_grain grain, struct pageman_record **record_out);

/* Every record lies in its bucket, begins at its own frame, is well-formed, and the count is right. Walks all. */
bool pageman_ledger_check(const struct pageman_ledger *ledger);

#ifdef __cplusplus
}
#endif
#endif
