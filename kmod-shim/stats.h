/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the module counts.
 *
 * Role: numbers per CPU, added up when debugfs's file `stats` is read; trace events with the lines of statman.
 * Interface: pageman_stats_fit and pageman_stats_release at the end of each trimmed call, pageman_stats_add otherwise.
 * Invariant: nothing is printed and no lock is taken; numbers only grow.
 */
#ifndef PAGEMAN_STATS_H
#define PAGEMAN_STATS_H

#include <linux/types.h>

#include <pageman_port.h>

#define PAGEMAN_ORDER_SLOTS (PM_ORDER_MAX + 1)

enum pageman_count {
	PAGEMAN_PASSED,        /* calls that were left to the kernel */
	PAGEMAN_FAILED,        /* allocations that the allocator below refused */
	PAGEMAN_SINGLY,        /* releases page by page, since a page was shared or not plain */
	PAGEMAN_WHOLE,         /* blocks that came back whole with the tail that was held */
	PAGEMAN_NO_RECORD,     /* tails that were not held for want of memory and were trimmed at once */
	PAGEMAN_RECLAIMED,     /* pages of held tails that were given back early */
	PAGEMAN_KMALLOC_FITS,  /* of the fits, those of kmalloc */
	PAGEMAN_KMALLOC_FREES, /* of the releases, likewise */
	PAGEMAN_COUNT_COUNT
};

/* One trimmed call, for counting and for its line. */
struct pageman_deed {
	size_t bytes;
	unsigned long pages; /* wanted, or released */
	unsigned int order;  /* of the block */
	bool held;           /* a fit whose tail stayed with it */
	const char *policy;
	u64 begun_ns; /* pageman_stats_begin() */
};

void pageman_stats_add(enum pageman_count which, unsigned long value);
void pageman_stats_fit(const struct pageman_deed *deed);
void pageman_stats_release(const struct pageman_deed *deed);
/* @blocks of @order went back, from a tail or from what was released. */
void pageman_stats_fit_blocks(unsigned int order, unsigned long blocks);
void pageman_stats_release_blocks(unsigned int order, unsigned long blocks);
/* The time, or 0 when that of this call is not measured. Any context. */
u64 pageman_stats_begin(void);

#endif
