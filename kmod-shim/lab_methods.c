// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Four ways to get many small objects.
 *
 *   page        a page for each object: alloc_pages() of order 0, __free_pages()
 *   block       all objects in one block of the order that holds them: one alloc_pages(), one __free_pages()
 *   kmalloc     kmalloc() and kfree() for each object
 *   kmem_cache  kmem_cache_alloc() and kmem_cache_free() for each, from a cache that nobody else uses
 *
 * Interface: lab_methods[], lab_run_{init,fini}.
 * A round takes all objects, writes to each of them, looks whether what was written is still there, and gives all
 * back in the order in which they came. Only taking and giving are timed, each loop as a whole: the clock is read
 * four times a round.
 * Invariant: what was taken before a failure is given back.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "lab.h"

#define GFP_LAB (GFP_KERNEL | __GFP_NOWARN)

struct object {
	unsigned int words[8];
};

static_assert(sizeof(struct object) == LAB_OBJECT_BYTES);

/* Each object gets contents of its own; two at one address would be found out. */
static int use_objects(struct lab_run *run)
{
	unsigned int i, k;

	for (i = 0; i < run->objnum; i++) {
		struct object *o = run->objects[i];

		for (k = 0; k < ARRAY_SIZE(o->words); k++)
			o->words[k] = i + k;
	}
	for (i = 0; i < run->objnum; i++) {
		const struct object *o = run->objects[i];

		for (k = 0; k < ARRAY_SIZE(o->words); k++)
			if (o->words[k] != i + k)
				return -EIO;
	}
	return 0;
}

static unsigned int no_order(unsigned int objnum)
{
	return 0;
}

static unsigned int block_order(unsigned int objnum)
{
	return get_order(objnum * sizeof(struct object));
}

/* The loops below return how many objects they have; fewer than objnum means that memory was short. */
static unsigned int take_pages(struct lab_run *run)
{
	unsigned int i;

	for (i = 0; i < run->objnum; i++) {
		run->pages[i] = alloc_pages(GFP_LAB, get_order(sizeof(struct object)));
		if (!run->pages[i])
			break;
		run->objects[i] = page_address(run->pages[i]);
	}
	return i;
}

static void give_pages(struct lab_run *run, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		__free_pages(run->pages[i], get_order(sizeof(struct object)));
}

static unsigned int take_block(struct lab_run *run)
{
	struct page *block = alloc_pages(GFP_LAB, block_order(run->objnum));
	struct object *first;
	unsigned int i;

	if (!block)
		return 0;
	run->pages[0] = block;
	first = page_address(block);
	for (i = 0; i < run->objnum; i++)
		run->objects[i] = &first[i];
	return run->objnum;
}

static void give_block(struct lab_run *run, unsigned int count)
{
	if (count)
		__free_pages(run->pages[0], block_order(run->objnum));
}

static unsigned int take_kmalloc(struct lab_run *run)
{
	unsigned int i;

	for (i = 0; i < run->objnum; i++) {
		run->objects[i] = kmalloc(sizeof(struct object), GFP_LAB);
		if (!run->objects[i])
			break;
	}
	return i;
}

static void give_kmalloc(struct lab_run *run, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		kfree(run->objects[i]);
}

static unsigned int take_cached(struct lab_run *run)
{
	unsigned int i;

	for (i = 0; i < run->objnum; i++) {
		run->objects[i] = kmem_cache_alloc(run->cache, GFP_LAB);
		if (!run->objects[i])
			break;
	}
	return i;
}

static void give_cached(struct lab_run *run, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		kmem_cache_free(run->cache, run->objects[i]);
}

/* Inlined into the four rounds, so that no loop is reached through a pointer. */
static __always_inline int time_round(struct lab_run *run, struct lab_times *times_out,
				      unsigned int (*take)(struct lab_run *run),
				      void (*give)(struct lab_run *run, unsigned int count))
{
	u64 begun_ns, taken_ns, giving_ns, given_ns;
	unsigned int count;
	int error;

	begun_ns = ktime_get_ns();
	count = take(run);
	taken_ns = ktime_get_ns();
	error = count == run->objnum ? use_objects(run) : -ENOMEM;
	giving_ns = ktime_get_ns();
	give(run, count);
	given_ns = ktime_get_ns();
	if (!error)
		*times_out = (struct lab_times){ .take_ns = taken_ns - begun_ns, .give_ns = given_ns - giving_ns };
	return error;
}

static int page_round(struct lab_run *run, struct lab_times *times_out)
{
	return time_round(run, times_out, take_pages, give_pages);
}

static int block_round(struct lab_run *run, struct lab_times *times_out)
{
	return time_round(run, times_out, take_block, give_block);
}

static int kmalloc_round(struct lab_run *run, struct lab_times *times_out)
{
	return time_round(run, times_out, take_kmalloc, give_kmalloc);
}

static int cached_round(struct lab_run *run, struct lab_times *times_out)
{
	return time_round(run, times_out, take_cached, give_cached);
}

const struct lab_method lab_methods[LAB_METHOD_COUNT] = {
	{ "page", no_order, page_round },
	{ "block", block_order, block_round },
	{ "kmalloc", no_order, kmalloc_round },
	{ "kmem_cache", no_order, cached_round },
};

int lab_run_init(struct lab_run *run, unsigned int objnum_max)
{
	*run = (struct lab_run){ .objnum = objnum_max };
	run->objects = kvcalloc(objnum_max, sizeof(*run->objects), GFP_KERNEL);
	run->pages = kvcalloc(objnum_max, sizeof(*run->pages), GFP_KERNEL);
	/* A cache with a part for user space is never merged with another: kmalloc-32 would lend its slabs. */
	run->cache = kmem_cache_create_usercopy("pageman_lab", sizeof(struct object), 0, 0, 0,
					       sizeof(struct object), NULL);
	if (run->objects && run->pages && run->cache)
		return 0;
	lab_run_fini(run);
	return -ENOMEM;
}

void lab_run_fini(struct lab_run *run)
{
	kmem_cache_destroy(run->cache);
	kvfree(run->pages);
	kvfree(run->objects);
}
