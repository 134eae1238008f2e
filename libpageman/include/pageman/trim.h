/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Giving frames back to the allocator below.
 *
 * Role: the deeds of trimming, on a caller who keeps his own books (see ledger.h for one who does not).
 * Interface: pageman_fit after an allocation, pageman_release at its end, pageman_give_back for any run. The
 * allocator is an ops table. Policies are pairs of grains:
 *
 *     policy      fit     release
 *     exact       page    page        alloc_pages_exact(), free_pages_exact()
 *     fitfree     block   block       Fit&Free, Free&Fit
 *     fit-exact   block   page
 *     exact-fit   page    block
 *     none        not called; release gets all 2^order pages, by block
 *
 * Invariant: each frame of a run is handed to free_block exactly once or is still in the run that comes back.
 */
#ifndef PAGEMAN_TRIM_H
#define PAGEMAN_TRIM_H

#include <pageman/run.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The allocator below, as far as trimming needs it. */
struct pageman_ops {
	/*
	 * Takes the frames [start_pfn, start_pfn + 2^order) back; start_pfn is a multiple of 2^order. Called for
	 * ascending frames. Return: 0, the frames are no longer the caller's; or a negative error, they still are.
	 */
	int (*free_block)(void *context, uint64_t start_pfn, unsigned order);
};

/**
 * pageman_give_back - give a run back, piece by piece, in ascending order
 * @ops: the allocator; must not be NULL
 * @context: passed to @ops, not looked at
 * @run: on return the frames that are still the caller's: none after success; after a failure it begins with the
 *       piece that was refused, so the same call again goes on where this one stopped
 * @grain: size of the pieces
 *
 * Return: 0, PAGEMAN_EINVAL (no such grain; @run unchanged), or the first error of free_block.
 * Source: ours.
 */
int pageman_give_back(const struct pageman_ops *ops, void *context, struct pageman_run *run, enum pageman_grain grain);

/**
 * pageman_fit - keep the first @pages frames of a fresh block and give its tail back
 * @ops: the allocator; must not be NULL
 * @context: passed to @ops
 * @start_pfn: first frame of the block, a multiple of 2^@order
 * @order: 0..PAGEMAN_ORDER_MAX
 * @pages: 1..2^@order; with 2^@order nothing goes back, which is not an error
 * @grain: PAGEMAN_BY_BLOCK makes at most @order calls
 * @rest_out: the part of the tail that free_block did not take: empty after success, untouched by PAGEMAN_EINVAL;
 *            may be NULL for an allocator that cannot refuse
 *
 * Pre: the block is the caller's. Post: [start_pfn, start_pfn + pages) and *rest_out are.
 * Return: 0, PAGEMAN_EINVAL (as pageman_plan, or no such grain), or the first error of free_block.
 * Source: Fit&Free; page by page it is make_alloc_exact(), mm/page_alloc.c.
 */
int pageman_fit(const struct pageman_ops *ops, void *context, uint64_t start_pfn, unsigned order, uint64_t pages,
		enum pageman_grain grain, struct pageman_run *rest_out);

/**
 * pageman_release - give back the frames that a fit had kept
 * @ops: the allocator; must not be NULL
 * @context: passed to @ops
 * @start_pfn: as in the fit; a multiple of the smallest power of two >= @pages
 * @pages: as in the fit, 1..PAGEMAN_PAGES_MAX
 * @grain: need not be that of the fit
 * @rest_out: as in pageman_fit
 *
 * Post: only *rest_out is still the caller's.
 * Return: 0, PAGEMAN_EINVAL (an argument outside its range; nothing has changed), or the first error of free_block.
 * Source: Free&Fit; page by page it is free_pages_exact(), mm/page_alloc.c.
 */
int pageman_release(const struct pageman_ops *ops, void *context, uint64_t start_pfn, uint64_t pages,
		    enum pageman_grain grain, struct pageman_run *rest_out);

#ifdef __cplusplus
}
#endif
#endif
