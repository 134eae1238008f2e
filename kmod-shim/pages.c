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

static int free_block(void *context, uint64_t start_pfn, unsigned int order)
{
	struct pageman_pieces *pieces = context;
	struct page *page = pfn_to_page(start_pfn);

	pieces->of_order[order]++;
	/* A reader that guesses at references finds 0 or 1; on the way to 0 __free_pages copes with a guess. */
	set_page_count(page, 1);
	__free_pages(page, order);
	return 0;
}

const struct pageman_ops pageman_page_ops = { .free_block = free_block };

void pageman_pages_own(struct page *head, unsigned long pages)
{
	unsigned long i;

	for (i = 1; i < pages; i++)
		set_page_count(head + i, 1);
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

void pageman_pages_free_each(struct page *head, unsigned long pages, struct pageman_pieces *pieces)
{
	unsigned long i;

	pieces->of_order[0] += pages;
	for (i = 0; i < pages; i++)
		__free_page(head + i);
}

bool pageman_pages_release(struct page *head, unsigned long pages, struct pageman_pieces *pieces)
{
	const unsigned long start_pfn = page_to_pfn(head);
	struct pageman_run run = { start_pfn, start_pfn + pages };

	if (!pageman_pages_freeze(head, pages)) {
		pageman_pages_free_each(head, pages, pieces);
		return false;
	}
	pageman_give_back(&pageman_page_ops, pieces, &run, PAGEMAN_BY_BLOCK);
	return true;
}
