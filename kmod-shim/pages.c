// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Gives and takes the references of trimmed pages.
 *
 * Interface: pages.h.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/page_ref.h>

#include "pages.h"
#include "stats.h"

#ifdef CONFIG_MEM_ALLOC_PROFILING
#error "who allocated a page would be told wrongly, and be this module's text: its tags cannot be split from here"
#endif

void pageman_pages_free_block(uint64_t start_pfn, unsigned int order)
{
	struct page *page = pfn_to_page(start_pfn);

	/* A reader that guesses at references finds 0 or 1; on the way to 0 __free_pages copes with a guess. */
	set_page_count(page, 1);
	__free_pages(page, order);
}

static int free_of_tail(void *unused, uint64_t start_pfn, unsigned int order)
{
	pageman_stats_fit_blocks(order, 1);
	pageman_pages_free_block(start_pfn, order);
	return 0;
}

static int free_of_run(void *unused, uint64_t start_pfn, unsigned int order)
{
	pageman_stats_release_blocks(order, 1);
	pageman_pages_free_block(start_pfn, order);
	return 0;
}

void pageman_pages_own(struct page *head, unsigned long pages)
{
	unsigned long i;

	for (i = 1; i < pages; i++)
		set_page_count(head + i, 1);
}

void pageman_pages_trim(struct page *head, unsigned int order, unsigned long pages)
{
	static const struct pageman_ops ops = { .free_block = free_of_tail };

	pageman_fit(&ops, NULL, page_to_pfn(head), order, pages, PAGEMAN_BY_BLOCK, NULL);
}

/*
 * What the allocator checks or settles in the first page of a block only: a mapping, a charge to a memory group,
 * poison, and the flags that make a page bad.
 */
static bool is_plain(const struct page *page)
{
	const unsigned long flags = PAGE_FLAGS_CHECK_AT_FREE | 1UL << PG_head | 1UL << PG_reserved | 1UL << PG_hwpoison;

	if (page->flags & flags || page->mapping)
		return false;
#ifdef CONFIG_MEMCG
	if (page->memcg_data)
		return false;
#endif
	return true;
}

bool pageman_pages_freeze(struct page *head, unsigned long pages)
{
	unsigned long i;

	for (i = 0; i < pages; i++) {
		if (!is_plain(head + i) || !page_ref_freeze(head + i, 1))
			break;
	}
	if (i == pages)
		return true;
	while (i-- > 0)
		page_ref_unfreeze(head + i, 1);
	return false;
}

bool pageman_pages_release(struct page *head, unsigned long pages)
{
	static const struct pageman_ops ops = { .free_block = free_of_run };
	const unsigned long start_pfn = page_to_pfn(head);
	struct pageman_run run = { start_pfn, start_pfn + pages };
	unsigned long i;

	if (pageman_pages_freeze(head, pages)) {
		pageman_give_back(&ops, NULL, &run, PAGEMAN_BY_BLOCK);
		return true;
	}
	pageman_stats_release_blocks(0, pages);
	for (i = 0; i < pages; i++)
		__free_page(head + i);
	return false;
}
