/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Runs of frames and the aligned blocks that they consist of.
 *
 * Role: the arithmetic of trimming, with no memory and no side effects.
 * Interface: pageman_plan cuts a block into what is kept and the tail; pageman_run_next takes a run apart into
 * blocks; two helpers turn bytes into pages and pages into an order.
 * Invariant: the blocks of a run are disjoint, ascending and cover it; each is aligned to its size as an absolute
 * frame number, none could be larger where it begins, and no other way to cover the run needs fewer.
 *
 *     pageman_plan(start 32, order 4, pages 5):
 *
 *     32      36  37  38      40              48
 *     |.......|...|   |       |               |
 *     |<-- kept ->|<--------- tail ---------->|
 *     |   2   | 0 | 0 |   1   |       3       |   orders of the blocks that pageman_run_next yields
 *
 * Glossary: a frame is one physical page, named by its number (pfn). A block is 2^order frames that begin at a
 * multiple of 2^order and is named by its first frame. A run is any [start_pfn, end_pfn).
 */
#ifndef PAGEMAN_RUN_H
#define PAGEMAN_RUN_H

#include <pageman_port.h>

#include <pageman/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PAGEMAN_ORDER_MAX ((unsigned)PM_ORDER_MAX)
#define PAGEMAN_PAGES_MAX ((uint64_t)1 << PM_ORDER_MAX) /* pages of the largest block */

/* [start_pfn, end_pfn); empty when start_pfn >= end_pfn. Any two numbers are a valid run. */
struct pageman_run {
	uint64_t start_pfn;
	uint64_t end_pfn;
};

/* [start_pfn, start_pfn + 2^order), with start_pfn a multiple of 2^order. */
struct pageman_block {
	uint64_t start_pfn;
	unsigned order; /* 0..PAGEMAN_ORDER_MAX */
};

/* How large the pieces are in which a run is given back. */
enum pageman_grain {
	PAGEMAN_BY_BLOCK, /* the largest aligned blocks: Fit&Free, Free&Fit */
	PAGEMAN_BY_PAGE   /* one frame at a time: alloc_pages_exact() and free_pages_exact() */
};

/* A block cut in two: kept is followed immediately by tail; together they are the block. */
struct pageman_plan {
	struct pageman_run kept; /* never empty */
	struct pageman_run tail; /* empty when the whole block is wanted */
};

/**
 * pageman_plan - what a request keeps of a block and what goes back
 * @start_pfn: first frame of the block, a multiple of 2^@order
 * @order: of the block, 0..PAGEMAN_ORDER_MAX
 * @pages: frames wanted, 1..2^@order
 * @out: the two runs; untouched on failure
 *
 * Any arguments are defined. A block that ends beyond the last representable frame is refused.
 *
 * Return: 0, PAGEMAN_EINVAL (an argument outside its range, @start_pfn not aligned, or @start_pfn + 2^@order above
 * 2^64 - 1).
 * Source: ours; the rounding up is that of alloc_pages_exact(), mm/page_alloc.c.
 */
int pageman_plan(uint64_t start_pfn, unsigned order, uint64_t pages, struct pageman_plan *out);

/**
 * pageman_run_next - take the next piece off the front of a run
 * @run: shrunk by the piece; empty when all pieces have been taken
 * @grain: the largest aligned block (at most PAGEMAN_ORDER_MAX) or a single frame; any other value counts as
 *         PAGEMAN_BY_PAGE
 * @out: the piece; untouched when the run was empty
 *
 * The run needs no particular alignment and may be longer than the largest block.
 *
 * Return: true when there was a piece.
 * Source: Fit&Free and Free&Fit; __free_pages_memory() of mm/memblock.c walks a range in the same way.
 */
bool pageman_run_next(struct pageman_run *run, enum pageman_grain grain, struct pageman_block *out);

/* Frames in a run; 0 when it is empty. */
static inline uint64_t pageman_run_pages(const struct pageman_run *run)
{
	return run->start_pfn < run->end_pfn ? run->end_pfn - run->start_pfn : 0;
}

/**
 * pageman_order_for_pages - the smallest block that holds a request
 * @pages: 1..PAGEMAN_PAGES_MAX
 * @order_out: smallest order with 2^order >= @pages; untouched on failure
 *
 * Return: 0, PAGEMAN_EINVAL (no pages, or more than the largest block has).
 * Source: get_order(), include/asm-generic/getorder.h, which is undefined for 0.
 */
int pageman_order_for_pages(uint64_t pages, unsigned *order_out);

/* Pages that hold @bytes bytes, rounded up; 0 for 0. Cannot overflow. */
uint64_t pageman_pages_for_bytes(uint64_t bytes);

#ifdef __cplusplus
}
#endif
#endif
