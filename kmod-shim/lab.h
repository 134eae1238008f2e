/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The ways to allocate that pageman_lab.ko compares.
 *
 * Role: between lab.c, which repeats rounds and counts, and lab_methods.c, which allocates.
 * Invariant: a round leaves nothing allocated, also when it fails.
 */
#ifndef PAGEMAN_LAB_H
#define PAGEMAN_LAB_H

#include <linux/types.h>

#define LAB_METHOD_COUNT 4
#define LAB_OBJECT_BYTES (8 * sizeof(unsigned int))
/* All objects in one block of the page allocator's largest order, 4 MiB. */
#define LAB_OBJNUM_MAX 131072

struct kmem_cache;
struct page;

/* What rounds work on; its memory does not depend on the method. */
struct lab_run {
	unsigned int objnum;
	void **objects;     /* room for as many as the largest round has */
	struct page **pages;
	struct kmem_cache *cache;
};

struct lab_times {
	u64 take_ns;
	u64 give_ns;
};

struct lab_method {
	const char *name;
	unsigned int (*order)(unsigned int objnum);
	int (*round)(struct lab_run *run, struct lab_times *times_out);
};

extern const struct lab_method lab_methods[LAB_METHOD_COUNT];

/* -ENOMEM leaves nothing behind. */
int lab_run_init(struct lab_run *run, unsigned int objnum_max);
void lab_run_fini(struct lab_run *run);

#endif
