/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the order monitor counts, one tally for each CPU.
 *
 * Role: between orders.c, which counts, and orders_file.c, which shows and clears.
 * Invariant: counts only grow between two clearings and are read while they grow. A place of the table is in use once
 * its `requests` are not 0, and then its address, order and class stay.
 */
#ifndef PAGEMAN_TALLIES_H
#define PAGEMAN_TALLIES_H

#include <linux/types.h>

#include "orders.h"

#define CALLERS_BITS 9
#define CALLERS_MAX (1 << CALLERS_BITS)

struct dentry;

/* In the order in which they are tried: the first that fits. */
enum request_class {
	CLASS_DMA,       /* from a zone for devices */
	CLASS_MOVABLE,   /* of user programs and files, may be moved */
	CLASS_ATOMIC,    /* must not wait, may use reserves */
	CLASS_NOWAIT,    /* must not wait */
	CLASS_USER,      /* for user programs, stays where it is */
	CLASS_NOIO,      /* may wait, but not for input or output */
	CLASS_NOFS,      /* may wait, but not for file systems */
	CLASS_ACCOUNTED, /* of the kernel, charged to a control group */
	CLASS_KERNEL,    /* of the kernel */
	CLASS_COUNT,
};

struct caller {
	unsigned long address; /* 0: mm/ filled all of the stack that was looked at */
	u16 order;
	u16 class;
	u64 requests;
};

struct tally {
	u64 requests[PAGEMAN_ORDER_COUNT];
	u64 failures[PAGEMAN_ORDER_COUNT];
	u64 classes[CLASS_COUNT][PAGEMAN_ORDER_COUNT]; /* only orders from min_order on */
	u64 other;                                     /* requests whose caller found no place below */
	struct caller callers[CALLERS_MAX];
};

/* orders.c. A CPU's tally is NULL until the monitor is on for the first time, and then stays until the module ends. */
const struct tally *pageman_tally(unsigned int cpu);
void pageman_tallies_clear(void);
bool pageman_orders_on(void);
unsigned int pageman_orders_min(void);
bool pageman_orders_see_mm(void);

/* orders_file.c */
void pageman_orders_file_init(struct dentry *dir);
void pageman_orders_file_exit(void);

#endif
