/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Tails that stay with their blocks until somebody needs them.
 *
 * Role: trimming at once breaks every block up, although the tail is often not needed before the block returns. A
 * stash trims late: it lists the blocks whose tails are held, gives tails back when memory gets short, and may lend a
 * tail to a smaller request meanwhile. A block whose tail was not touched returns whole, in one call.
 * Interface: a holding is a record with its place in a stash. Per allocation: pageman_stash_lend before the allocator
 * is asked (for policies that lend), else pageman_holding_init and pageman_stash_hold; pageman_stash_release at the
 * end. pageman_stash_reclaim under pressure. A stash is one class of memory: whoever lends keeps one for each zone and
 * mobility that must not mix.
 * Invariant: pageman_stash_check. Nothing is allocated; every call but reclaim does a bounded number of steps beside
 * the borrowers of one block.
 *
 *     order 4, pages 9, after lending 4 pages to another holding:
 *
 *     start          + pages       - lent    + 2^order
 *     |== kept: 9 =====|- held: 3 --|## lent: 4 ##|
 *
 * Lending takes from the end: there the largest aligned blocks of a tail lie, and a block that comes back while it is
 * the last one lent joins what is held again. A lender that is released leaves its borrowers where they are; they are
 * then blocks of their own.
 *
 * Locking: none inside; one lock for a stash and all its holdings, which must be held during free_block too, or the
 * calls be deferred by the caller's free_block.
 */
#ifndef PAGEMAN_STASH_H
#define PAGEMAN_STASH_H

#include <pageman/ledger.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One allocation. The caller's memory; written by the functions below only. */
struct pageman_holding {
	struct pageman_record record; /* first, so that a ledger's record is its holding */
	struct pageman_holding *newer, *older; /* in the stash's list of its order, while a tail is held */
	struct pageman_holding *lender;        /* whose tail this block was; NULL when none or when that is gone */
	struct pageman_holding *borrowers;     /* those that have a part of this block, newest first */
	struct pageman_holding *next_borrower; /* of the same lender */
	unsigned order;                        /* of its list */
};

struct pageman_stash {
	/* By the order of the largest block that can be lent; the newest first. */
	struct pageman_holding *lists[PM_ORDER_MAX + 1];
	uint64_t held_pages;    /* of all tails */
	size_t holding_count;   /* with a tail held */
};

void pageman_stash_init(struct pageman_stash *stash);

/**
 * pageman_holding_init - describe a fresh block of which @pages are wanted
 *
 * Arguments and errors are those of pageman_record_init. On success the holding is in no stash.
 */
int pageman_holding_init(struct pageman_holding *holding, uint64_t start_pfn, unsigned order, uint64_t pages);

/* Lists a holding, in no stash so far, when some of its tail is pending; else does nothing. */
void pageman_stash_hold(struct pageman_stash *stash, struct pageman_holding *holding);

/**
 * pageman_stash_lend - serve a request from a held tail
 * @holding: the borrower's memory; on success initialised with the block, its own tail is held
 * @order: of the block, 0..PAGEMAN_ORDER_MAX
 * @pages: wanted, 1..2^@order
 *
 * The block is naturally aligned, and from the smallest tail that has one of this order.
 * Return: 0, PAGEMAN_ENOENT (no tail is large enough), PAGEMAN_EINVAL (an argument outside its range); nothing has
 * changed after an error.
 */
int pageman_stash_lend(struct pageman_stash *stash, struct pageman_holding *holding, unsigned order, uint64_t pages);

/**
 * pageman_stash_release - the allocation ends
 *
 * A whole block whose frames lie next to what its lender holds goes to that, without a call of the allocator. Every
 * other is given back as pageman_record_release does.
 * Post: after success @holding owns nothing and nothing refers to it.
 * Return: 0, PAGEMAN_EINVAL (no such grain), or the first error of free_block: then the same call again goes on.
 */
int pageman_stash_release(struct pageman_stash *stash, struct pageman_holding *holding, const struct pageman_ops *ops,
			  void *context, enum pageman_grain grain);

/**
 * pageman_stash_settle - give the held tail of one allocation back and forget its ties
 *
 * For an allocation whose frames will be freed by somebody who knows of no stash.
 * Return: 0, PAGEMAN_EINVAL (no such grain; nothing has changed), or the first error of free_block: what was refused is
 * pending and no longer held.
 */
int pageman_stash_settle(struct pageman_stash *stash, struct pageman_holding *holding, const struct pageman_ops *ops,
			 void *context, enum pageman_grain grain);

/**
 * pageman_stash_reclaim - give held tails back, those with the largest blocks first
 * @pages: enough when so many pages have gone back; UINT64_MAX for all
 * @given_out: pages that have gone back, also after an error; may be NULL
 *
 * Return: 0 (also when there were fewer), PAGEMAN_EINVAL (no such grain), or the first error of free_block: what was
 * refused is still held.
 */
int pageman_stash_reclaim(struct pageman_stash *stash, const struct pageman_ops *ops, void *context,
			  enum pageman_grain grain, uint64_t pages, uint64_t *given_out);

/* Every listed holding is where it belongs, and the counts are right. Walks all. */
bool pageman_stash_check(const struct pageman_stash *stash);

#ifdef __cplusplus
}
#endif
#endif
