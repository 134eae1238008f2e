/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What is trimmed, and how.
 *
 * Role: between main.c, which has the parameters, exact.c and kmalloc.c, which have the replacements.
 * Invariant: callers of the setting functions are serialised (the module's parameter lock, or init and exit).
 */
#ifndef PAGEMAN_TRIMMING_H
#define PAGEMAN_TRIMMING_H

#include <linux/types.h>

enum pageman_policy {
	PAGEMAN_STOCK,   /* nothing is hooked */
	PAGEMAN_FITFREE, /* the tail goes back at once, all as the largest blocks */
	PAGEMAN_LAZY,    /* the tail goes back when memory is short, else whole with the block */
	PAGEMAN_POLICY_COUNT
};

extern const char *const pageman_policy_names[PAGEMAN_POLICY_COUNT];

/* Requests of fewer pages are left alone. */
extern unsigned int pageman_min_pages;

/* exact.c: 0, or a negative error and all is as it was. */
int pageman_exact_set(enum pageman_policy policy);

/* kmalloc.c: likewise. -EOPNOTSUPP: this kernel was found not to take trimmed blocks everywhere. */
int pageman_kmalloc_start(void);
/* No further block is trimmed; those that are alive stay, and hold the module. */
void pageman_kmalloc_stop(void);
/* Pre: no trimmed block is alive, as the kernel sees to when the module goes. */
void pageman_kmalloc_end(void);

#endif
