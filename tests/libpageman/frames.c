/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for the allocator below the core. Interface and invariant: frames.h.
 */
#include "frames.h"

static int frames_free_block(void *context, uint64_t start_pfn, unsigned order)
{
	struct frames *frames = context;
	const uint64_t size_pages = UINT64_C(1) << order;

	assert_true(order <= PAGEMAN_ORDER_MAX);
	assert_int_equal(start_pfn & (size_pages - 1), 0);
	assert_true(start_pfn >= frames->start_pfn);
	assert_true(start_pfn - frames->start_pfn <= frames->pages - size_pages);
	if (frames->call_count >= frames->refuse_from)
		return FRAMES_ERROR;
	for (uint64_t i = start_pfn - frames->start_pfn; i < start_pfn - frames->start_pfn + size_pages; i++) {
		if (frames->back[i] != 0)
			fail_msg("frame %llu came back twice", (unsigned long long)(frames->start_pfn + i));
		frames->back[i] = 1;
	}
	frames->calls[frames->call_count++] = (struct pageman_block){start_pfn, order};
	return 0;
}

const struct pageman_ops frames_ops = {frames_free_block};

void frames_reset(struct frames *frames, uint64_t start_pfn, uint32_t pages)
{
	assert_true(pages <= FRAMES_PAGES_MAX);
	frames->start_pfn = start_pfn;
	frames->pages = pages;
	frames->call_count = 0;
	frames->refuse_from = FRAMES_NEVER;
	memset(frames->back, 0, pages);
}

void frames_assert_back(const struct frames *frames, uint64_t start_pfn, uint64_t end_pfn, bool back)
{
	for (uint64_t pfn = start_pfn; pfn < end_pfn; pfn++)
		if ((frames->back[pfn - frames->start_pfn] != 0) != back)
			fail_msg("frame %llu of [%llu, %llu) has %scome back", (unsigned long long)pfn,
				 (unsigned long long)start_pfn, (unsigned long long)end_pfn, back ? "not " : "");
}

void assert_maximal(struct pageman_block block, uint64_t end_pfn)
{
	const uint64_t size_pages = UINT64_C(1) << block.order;
	const bool aligned_for_more = (block.start_pfn & (2 * size_pages - 1)) == 0;
	const bool room_for_more = end_pfn - block.start_pfn >= 2 * size_pages;

	assert_true(block.start_pfn < end_pfn);
	assert_int_equal(block.start_pfn & (size_pages - 1), 0);
	assert_true(end_pfn - block.start_pfn >= size_pages);
	if (block.order < PAGEMAN_ORDER_MAX && aligned_for_more && room_for_more)
		fail_msg("block %llu order %u could be larger", (unsigned long long)block.start_pfn, block.order);
}

void frames_assert_maximal(const struct frames *frames, uint32_t from, uint32_t to, uint64_t start_pfn,
			   uint64_t end_pfn)
{
	for (uint32_t i = from; i < to; i++) {
		assert_true(frames->calls[i].start_pfn == start_pfn);
		assert_maximal(frames->calls[i], end_pfn);
		start_pfn += UINT64_C(1) << frames->calls[i].order;
	}
	assert_true(start_pfn == end_pfn);
}

void frames_assert_singles(const struct frames *frames, uint32_t from, uint32_t to, uint64_t start_pfn,
			   uint64_t end_pfn)
{
	assert_true(to - from == end_pfn - start_pfn);
	for (uint32_t i = from; i < to; i++) {
		assert_true(frames->calls[i].start_pfn == start_pfn + (i - from));
		assert_int_equal(frames->calls[i].order, 0);
	}
}

uint64_t start_at(unsigned index, unsigned order)
{
	const uint64_t size_pages = UINT64_C(1) << order;

	switch (index) {
	case 0:
		return 0;
	case 1:
		return size_pages; /* aligned to the order and no more */
	case 2:
		return 2 * size_pages; /* aligned to one order more */
	case 3:
		return 7 * size_pages;
	case 4:
		return 1024 + 3 * size_pages;
	case 5:
		return (UINT64_C(1) << 20) + 1024 - size_pages;
	case 6:
		return (UINT64_C(1) << 32) - size_pages; /* ends at 2^32 */
	case 7:
		return UINT64_C(1) << 32;
	case 8:
		return (UINT64_C(1) << 40) + 5 * size_pages;
	default:
		return UINT64_MAX - 2 * size_pages + 1; /* ends one size below 2^64 */
	}
}
