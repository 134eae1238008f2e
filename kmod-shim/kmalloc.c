// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Trims kmalloc() above the slab limit.
 *
 * Interface: trimming.h.
 * Role: such a block is a compound page of a power of two of pages. A trimmed one is not compound: it is single pages
 * with a reference each, like an exact allocation, and its first page tells in `private` how many they are. It differs
 * from every other block that kfree() and ksize() get: not slab, not compound. So no table of blocks is needed.
 *
 * What makes it safe:
 *   - kfree(), kvfree(), kfree_sensitive(), bulk and RCU frees end in free_large_kmalloc() for what is not slab, and
 *     ksize() and krealloc() ask __ksize(). Both are hooked before the first block is trimmed, until the module goes.
 *   - A compiler may have put a copy of __ksize() into its callers. Hence a trial: the first trimmed block is this
 *     file's own, and ksize(), krealloc() and the ways to free have to deal with it rightly, or none follows.
 *   - The stock kernel could not free a trimmed block, so each holds the module: rmmod says "in use" until then.
 *   - Who takes a reference to a page in the middle (it would have been to the whole block) keeps that page alive,
 *     beyond kfree() too, as the release goes page by page then.
 *
 * What is left to the kernel: __GFP_ACCOUNT (the charge belongs to a whole block), an explicit __GFP_COMP (somebody
 * counts on a compound page), flags that kmalloc() itself corrects with a warning, requests with no tail. Memory that
 * was sized with kmalloc_size_roundup(), as the network does, is a power of two already.
 */
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <linux/vmstat.h>

#include "hooks.h"
#include "pages.h"
#include "stats.h"
#include "trimming.h"

/* In the upper half of page->private; the lower one has the pages. */
#define MARK 0x7061676dUL
#define MARK_SHIFT 32

static bool ready; /* this kernel passed the trial */

/* The pages of a trimmed block, or 0 for any other page. */
static unsigned long notrace trimmed_pages(struct page *page)
{
	if (PageSlab(page) || PageCompound(page) || page_private(page) >> MARK_SHIFT != MARK)
		return 0;
	return (u32)page_private(page);
}

static bool notrace wants_alloc(const struct pageman_call *call)
{
	const size_t bytes = call->arguments[0];
	const gfp_t gfp = (__force gfp_t)(unsigned int)call->arguments[1];
	const size_t pages = bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);

	if (pages < READ_ONCE(pageman_min_pages) || pages > PAGEMAN_PAGES_MAX || is_power_of_2(pages) || !pages)
		return false;
	if (gfp & (__GFP_ACCOUNT | __GFP_COMP | __GFP_HIGHMEM | __GFP_DMA32) || gfp & (__force gfp_t)~__GFP_BITS_MASK)
		return false;
	return try_module_get(THIS_MODULE);
}

static bool notrace wants_free(const struct pageman_call *call)
{
	return trimmed_pages((struct page *)call->arguments[0]) != 0;
}

static bool notrace wants_size(const struct pageman_call *call)
{
	const void *object = (const void *)call->arguments[0];

	return !ZERO_OR_NULL_PTR(object) && trimmed_pages(virt_to_page(object)) != 0;
}

static struct page *alloc_block(gfp_t gfp, unsigned int order, int node)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	if (node == NUMA_NO_NODE)
		return alloc_pages(gfp, order);
#endif
	return alloc_pages_node(node, gfp, order);
}

/* Pre: the caller holds the module for the block. */
static void *alloc_trimmed(size_t bytes, gfp_t gfp, int node)
{
	struct pageman_deed deed = { .bytes = bytes, .pages = PFN_UP(bytes), .order = get_order(bytes) };
	struct page *page = alloc_block(gfp, deed.order, node);
	struct pageman_pieces pieces = {};

	if (!page) {
		pageman_stats_add(PAGEMAN_FAILED, 1);
		module_put(THIS_MODULE);
		return NULL;
	}
	deed.begun_ns = pageman_stats_clock();
	deed.policy = pageman_policy_names[PAGEMAN_FITFREE];
	pageman_pages_own(page, deed.pages);
	pageman_fit(&pageman_page_ops, &pieces, page_to_pfn(page), deed.order, deed.pages, PAGEMAN_BY_BLOCK, NULL);
	set_page_private(page, MARK << MARK_SHIFT | deed.pages);
	mod_node_page_state(page_pgdat(page), NR_SLAB_UNRECLAIMABLE_B, (long)(deed.pages << PAGE_SHIFT));
	pageman_stats_fit(&deed, &pieces);
	pageman_stats_add(PAGEMAN_KMALLOC_FITS, 1);
	return page_address(page);
}

static void free_trimmed(struct page *page)
{
	const unsigned long pages = trimmed_pages(page);
	const size_t bytes = pages << PAGE_SHIFT;
	struct pageman_deed deed = { .bytes = bytes, .pages = pages, .order = get_order(bytes) };
	struct pageman_pieces pieces = {};

	deed.begun_ns = pageman_stats_clock();
	deed.policy = pageman_policy_names[PAGEMAN_FITFREE];
	mod_node_page_state(page_pgdat(page), NR_SLAB_UNRECLAIMABLE_B, -(long)(pages << PAGE_SHIFT));
	set_page_private(page, 0);
	if (!pageman_pages_release(page, pages, &pieces))
		pageman_stats_add(PAGEMAN_SINGLY, 1);
	pageman_stats_release(&deed, &pieces);
	pageman_stats_add(PAGEMAN_KMALLOC_FREES, 1);
	module_put(THIS_MODULE);
}

static void *large_alloc(size_t bytes, gfp_t gfp, int node)
{
	void *object = alloc_trimmed(bytes, gfp, node);

	pageman_hook_leave();
	return object;
}

static void large_free(struct page *page, void *object)
{
	free_trimmed(page);
	pageman_hook_leave();
}

static size_t large_size(const void *object)
{
	size_t bytes = trimmed_pages(virt_to_page(object)) << PAGE_SHIFT;

	pageman_hook_leave();
	return bytes;
}

static struct pageman_hook alloc_hook = {
	.names = { "___kmalloc_large_node", "__kmalloc_large_node" },
	.replacement = large_alloc,
	.wants = wants_alloc,
};

static struct pageman_hook free_hook = {
	.names = { "free_large_kmalloc" },
	.replacement = large_free,
	.wants = wants_free,
};

static struct pageman_hook size_hook = {
	.names = { "__ksize" },
	.replacement = large_size,
	.wants = wants_size,
};

#define TRIAL_BYTES (5 * PAGE_SIZE)

static u8 *trial_block(void)
{
	u8 *object;

	__module_get(THIS_MODULE);
	object = alloc_trimmed(TRIAL_BYTES, GFP_KERNEL, NUMA_NO_NODE);
	if (object)
		memset(object, 0xa5, TRIAL_BYTES);
	return object;
}

static bool is_filled(const u8 *object)
{
	size_t i;

	for (i = 0; i < TRIAL_BYTES && object[i] == 0xa5; i++)
		;
	return i == TRIAL_BYTES;
}

/* Whether krealloc() knows the size of a trimmed block: within it nothing moves, beyond it all is taken along. */
static int try_krealloc(void)
{
	u8 *object = trial_block(), *same, *larger;
	int error = 0;

	if (!object)
		return -ENOMEM;
	same = krealloc(object, TRIAL_BYTES - 8, GFP_KERNEL);
	if (same != object)
		error = -EOPNOTSUPP;
	object = same ?: object;
	larger = krealloc(object, TRIAL_BYTES + 1, GFP_KERNEL);
	if (!larger && !error)
		error = -ENOMEM;
	object = larger ?: object;
	if (!error && (!is_filled(object) || ksize(object) < TRIAL_BYTES + 1))
		error = -EOPNOTSUPP;
	kfree(object);
	return error;
}

/* Whether a block that is freed is seen here. */
static int try_free(void (*free)(const void *object))
{
	const int before = module_refcount(THIS_MODULE);
	u8 *object = trial_block();

	if (!object)
		return -ENOMEM;
	if (ksize(object) != TRIAL_BYTES) {
		free_trimmed(virt_to_page(object));
		return -EOPNOTSUPP;
	}
	free(object);
	return module_refcount(THIS_MODULE) == before ? 0 : -EOPNOTSUPP;
}

/* RCU frees end here too. */
static void free_in_bulk(const void *object)
{
	void *objects[] = { (void *)object };

	kfree_bulk(ARRAY_SIZE(objects), objects);
}

static int try_all(void)
{
	static void (*const frees[])(const void *object) = { kfree, kvfree, kfree_sensitive, free_in_bulk };
	unsigned int i;
	int error = 0;

	for (i = 0; i < ARRAY_SIZE(frees) && !error; i++)
		error = try_free(frees[i]);
	return error ?: try_krealloc();
}

int pageman_kmalloc_start(void)
{
	int error = pageman_hook_set(&free_hook);

	if (!error)
		error = pageman_hook_set(&size_hook);
	if (!error && !ready) {
		error = try_all();
		ready = !error;
		if (error)
			pr_warn("this kernel did not treat a trimmed kmalloc block rightly (error %d)\n", error);
	}
	if (!error)
		error = pageman_hook_set(&alloc_hook);
	if (error)
		pr_err("trim_kmalloc stays off: it needs every function around large kmalloc blocks\n");
	return error;
}

void pageman_kmalloc_stop(void)
{
	pageman_hook_clear(&alloc_hook);
}

void pageman_kmalloc_end(void)
{
	pageman_hook_clear(&alloc_hook);
	pageman_hook_clear(&size_hook);
	pageman_hook_clear(&free_hook);
}
