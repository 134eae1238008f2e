/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * References of trimmed pages.
 *
 * Role: the kernel's side of the core's free_block. What trimming leaves to its owner looks like what
 * alloc_pages_exact() leaves: single pages with one reference each, so the kernel can free them without us.
 *
 *     references      block from the allocator      after a fit           what free_block makes of a piece
 *                     1 0 0 0 0 0 0 0               1 1 1 1 1 | 0 0 0     1 0  -> __free_pages(head, order)
 *
 * Invariant: a page is given back inside a larger block only when nobody else had a reference to it.
 */
#ifndef PAGEMAN_PAGES_H
#define PAGEMAN_PAGES_H

#include <linux/mm_types.h>
#include <pageman/pageman.h>

/* One reference for each of the first @pages of a fresh block, whose head has its own already. */
void pageman_pages_own(struct page *head, unsigned long pages);

/* Gives back what lies behind the first @pages of a fresh block of @order. Any context, as all that follow. */
void pageman_pages_trim(struct page *head, unsigned int order, unsigned long pages);

/* Gives back a block whose pages have no reference. */
void pageman_pages_free_block(uint64_t start_pfn, unsigned int order);

/**
 * pageman_pages_release - give back @pages single pages of one block as the largest blocks
 *
 * Each must have a reference of the caller's. If a page has another one as well, or carries something that the
 * allocator looks for in single pages only, all go back one by one as the stock kernel does it.
 * Return: true when they went back as blocks.
 */
bool pageman_pages_release(struct page *head, unsigned long pages);

/* Its first half: all @pages lose their reference, or none does and the answer is false. */
bool pageman_pages_freeze(struct page *head, unsigned long pages);

#endif
