/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for the allocator below the core.
 *
 * Role: takes frames back, remembers each call, fails the test when a frame comes back twice, from outside the
 * window or in a misaligned block, and refuses a chosen call.
 * Invariant: back[i] tells whether frame start_pfn + i has been given back.
 */
#ifndef TESTS_LIBPAGEMAN_FRAMES_H
#define TESTS_LIBPAGEMAN_FRAMES_H

#include "test.h"

#define FRAMES_PAGES_MAX 2048
#define FRAMES_NEVER UINT32_MAX
#define FRAMES_ERROR (-12) /* what a refused call returns */

struct frames {
	uint64_t start_pfn; /* the window is [start_pfn, start_pfn + pages) */
	uint32_t pages;
	uint32_t call_count;  /* accepted calls */
	uint32_t refuse_from; /* index of the first call to refuse, or FRAMES_NEVER */
	uint8_t back[FRAMES_PAGES_MAX];
	struct pageman_block calls[FRAMES_PAGES_MAX];
};

extern const struct pageman_ops frames_ops; /* its context is a struct frames */

void frames_reset(struct frames *frames, uint64_t start_pfn, uint32_t pages);

/* Fails the test unless the frames of [start_pfn, end_pfn) have all come back, or none of them has. */
void frames_assert_back(const struct frames *frames, uint64_t start_pfn, uint64_t end_pfn, bool back);

/*
 * Fails the test unless calls [from, to) are the blocks of [start_pfn, end_pfn): contiguous, ascending, aligned, each
 * as large as its place allows.
 */
void frames_assert_maximal(const struct frames *frames, uint32_t from, uint32_t to, uint64_t start_pfn,
			   uint64_t end_pfn);

/* The same for single frames. */
void frames_assert_singles(const struct frames *frames, uint32_t from, uint32_t to, uint64_t start_pfn,
			   uint64_t end_pfn);

/* Fails the test unless @block is aligned and neither its alignment nor @end_pfn allows a larger one in its place. */
void assert_maximal(struct pageman_block block, uint64_t end_pfn);

/*
 * Where blocks of an order are placed: at 0, where the alignment of the start is exactly the order's and where it is
 * higher, on both sides of 2^32, and where the last block ends one size below 2^64.
 */
#define STARTS_COUNT 10
uint64_t start_at(unsigned index, unsigned order);

#endif
