/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Tails that stay with their blocks until memory is short: the policy `lazy`.
 *
 * Role: the core's stash and ledger behind one lock, with a record for each held tail and none for anything else.
 * Interface: pageman_late_hold after an allocation, pageman_late_release before a release.
 * Invariant: a record exists exactly while its tail is held. A block whose tail has gone back is like any other exact
 * allocation, so nobody has to be told of it, and the kernel frees it without us.
 */
#ifndef PAGEMAN_LATE_H
#define PAGEMAN_LATE_H

#include <linux/mm_types.h>
#include <linux/types.h>

/* Whether tails may be held. After it was forbidden, every held tail has gone back when the call returns; may sleep. */
void pageman_late_allow(bool allowed);

/* Holds the tail of a fresh block; false: not held, the caller trims. Any context. */
bool pageman_late_hold(struct page *head, unsigned int order, unsigned long pages);

enum pageman_late_answer {
	PAGEMAN_LATE_UNKNOWN, /* no tail was held; the pages are still the caller's to release */
	PAGEMAN_LATE_SETTLED, /* the tail has gone back alone; likewise */
	PAGEMAN_LATE_DONE     /* pages and tail have gone back as one block */
};

/* @order_out is the block's, unless the answer is UNKNOWN. Any context. */
enum pageman_late_answer pageman_late_release(struct page *head, unsigned long pages, unsigned int *order_out);

u64 pageman_late_held_pages(void);
size_t pageman_late_records(void);

#endif
