/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Cuts blocks and takes runs apart.
 *
 * Interface: pageman/run.h.
 * Invariant: no sum or shift here can overflow, whatever the arguments: sizes are compared by subtraction from an
 * end that is known to be larger, and shifts are at most PAGEMAN_ORDER_MAX + 1.
 */
#include <pageman/run.h>

_Static_assert(PM_ORDER_MAX >= 0 && PM_ORDER_MAX <= 30, "pages of a block must fit 32 bits");

static uint64_t block_pages(unsigned order)
{
	return (uint64_t)1 << order;
}

int pageman_plan(uint64_t start_pfn, unsigned order, uint64_t pages, struct pageman_plan *out)
{
	uint64_t size_pages;

	PM_ASSERT(out != NULL);
	if (order > PAGEMAN_ORDER_MAX)
		return PAGEMAN_EINVAL;
	size_pages = block_pages(order);
	if (pages == 0 || pages > size_pages)
		return PAGEMAN_EINVAL;
	if ((start_pfn & (size_pages - 1)) != 0)
		return PAGEMAN_EINVAL;
	if (start_pfn > ~(uint64_t)0 - size_pages)
		return PAGEMAN_EINVAL;
	out->kept.start_pfn = start_pfn;
	out->kept.end_pfn = start_pfn + pages;
	out->tail.start_pfn = start_pfn + pages;
	out->tail.end_pfn = start_pfn + size_pages;
	return PAGEMAN_OK;
}

/* Order of the largest block that begins at the run's first frame and lies inside it. Pre: not empty. */
static unsigned largest_order(const struct pageman_run *run)
{
	const uint64_t pages = pageman_run_pages(run);
	unsigned order = 0;

	/*@
	  loop invariant order <= PM_ORDER_MAX && is_aligned(run->start_pfn, order) && (1 << order) <= pages;
	  loop assigns order;
	  loop variant PM_ORDER_MAX - order;
	*/
	while (order < PAGEMAN_ORDER_MAX && (run->start_pfn & block_pages(order)) == 0 &&
	       block_pages(order + 1) <= pages)
		order++;
	return order;
}

bool pageman_run_next(struct pageman_run *run, enum pageman_grain grain, struct pageman_block *out)
{
	unsigned order;

	PM_ASSERT(run != NULL && out != NULL);
	if (pageman_run_pages(run) == 0)
		return false;
	order = grain == PAGEMAN_BY_BLOCK ? largest_order(run) : 0;
	out->start_pfn = run->start_pfn;
	out->order = order;
	run->start_pfn += block_pages(order);
	PM_ASSERT(run->start_pfn <= run->end_pfn);
	return true;
}

int pageman_order_for_pages(uint64_t pages, unsigned *order_out)
{
	unsigned order = 0;

	PM_ASSERT(order_out != NULL);
	if (pages == 0 || pages > PAGEMAN_PAGES_MAX)
		return PAGEMAN_EINVAL;
	/*@
	  loop invariant order <= PM_ORDER_MAX && (order == 0 || (1 << (order - 1)) < pages);
	  loop assigns order;
	  loop variant PM_ORDER_MAX - order;
	*/
	while (block_pages(order) < pages)
		order++;
	*order_out = order;
	return PAGEMAN_OK;
}

uint64_t pageman_pages_for_bytes(uint64_t bytes)
{
	const uint64_t part_mask = ((uint64_t)1 << PM_PAGE_SHIFT) - 1;

	return (bytes >> PM_PAGE_SHIFT) + ((bytes & part_mask) != 0 ? 1 : 0);
}
