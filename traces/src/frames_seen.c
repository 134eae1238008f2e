/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which frames a stream has shown as allocated. See frames_seen.h.
 *
 * Two levels: a directory by the frame's upper bits, then leaves of one bit a frame. Frames above the directory
 * (64 TiB of memory with 4 KiB pages) can only be damage in the text and are not followed.
 */
#include "frames_seen.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define LEAF_BITS 18
#define LEAF_FRAMES ((uint64_t)1 << LEAF_BITS)
#define LEAF_WORDS (LEAF_FRAMES / 64)
#define LEAF_COUNT 65536
#define BLOCK_ORDER_MAX 10

struct frames_seen {
	uint64_t *leaves[LEAF_COUNT];
};

struct frames_seen *frames_seen_create(void)
{
	return calloc(1, sizeof(struct frames_seen));
}

void frames_seen_destroy(struct frames_seen *seen)
{
	if (!seen)
		return;
	for (size_t i = 0; i < LEAF_COUNT; i++)
		if (seen->leaves[i]) /* few are; 65536 calls would take longer than a short recording */
			free(seen->leaves[i]);
	free(seen);
}

static uint64_t *leaf_of(struct frames_seen *seen, uint64_t pfn)
{
	uint64_t number = pfn >> LEAF_BITS;

	if (!seen->leaves[number])
		seen->leaves[number] = calloc(LEAF_WORDS, sizeof(uint64_t));
	return seen->leaves[number];
}

/* Sets or clears the bits of an aligned block, which never crosses a leaf. */
static void mark_block(uint64_t *leaf, uint64_t pfn, unsigned order, bool allocated)
{
	uint64_t frames = (uint64_t)1 << (order <= BLOCK_ORDER_MAX ? order : BLOCK_ORDER_MAX);
	uint64_t first = pfn & (LEAF_FRAMES - 1);

	for (uint64_t at = first; at < first + frames && at < LEAF_FRAMES;) {
		uint64_t inside = at % 64, left = first + frames - at;
		uint64_t take = left < 64 - inside ? left : 64 - inside;
		uint64_t mask = (take == 64 ? ~(uint64_t)0 : ((uint64_t)1 << take) - 1) << inside;

		if (allocated)
			leaf[at / 64] |= mask;
		else
			leaf[at / 64] &= ~mask;
		at += take;
	}
}

int frames_seen_batch(struct frames_seen *seen, const struct rec_batch *batch, uint64_t *unmatched)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct rec_event *event = &batch->events[i];
		uint64_t *leaf;

		if ((event->kind != REC_ALLOC && event->kind != REC_FREE) || event->pfn >> LEAF_BITS >= LEAF_COUNT)
			continue;
		leaf = leaf_of(seen, event->pfn);
		if (!leaf)
			return -ENOMEM;
		if (event->kind == REC_FREE)
			*unmatched += !(leaf[event->pfn % LEAF_FRAMES / 64] >> event->pfn % 64 & 1);
		mark_block(leaf, event->pfn, event->order, event->kind == REC_ALLOC);
	}
	return 0;
}
