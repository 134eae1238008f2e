// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An anonymous-memory fragmenter.
 *
 * Usage: frag LIVE_MIB TOUCH_PAGES huge|small [SEED]. Maps regions of many sizes, touches them, unmaps every
 * other piece, and starts again until TOUCH_PAGES pages were touched; at most about LIVE_MIB stay mapped.
 */
#include "load.h"

#define REGIONS 512u

struct region {
	char *at;
	size_t pages;
};

static struct region regions[REGIONS];

static size_t draw_pages(uint64_t *state, int huge)
{
	switch (draw(state) % 8) {
	case 0:
		return 512 + draw(state) % (huge ? 2048 : 1024);
	case 1:
	case 2:
		return 64 + draw(state) % 448;
	default:
		return 1 + draw(state) % 64;
	}
}

/* Leaves holes: pieces of 1 to 16 pages, every other one goes. */
static size_t punch(struct region *region, uint64_t *state)
{
	size_t at = 0, freed = 0;

	while (at < region->pages) {
		size_t piece = 1 + draw(state) % 16;

		if (piece > region->pages - at)
			piece = region->pages - at;
		if (draw(state) & 1) {
			if (madvise(region->at + at * PAGE_BYTES, piece * PAGE_BYTES, MADV_DONTNEED) != 0)
				fail("madvise");
			freed += piece;
		}
		at += piece;
	}
	return freed;
}

static void unmap(struct region *region)
{
	if (region->at && munmap(region->at, region->pages * PAGE_BYTES) != 0)
		fail("munmap");
	region->at = NULL;
	region->pages = 0;
}

int main(int argc, char **argv)
{
	size_t live_max = argument(argc, argv, 1, 128) * 256, touch_left = argument(argc, argv, 2, 100000);
	int huge = argc > 3 && strcmp(argv[3], "huge") == 0;
	uint64_t state = argument(argc, argv, 4, 1) * 2 + 1;
	size_t live = 0;

	while (touch_left > 0) {
		struct region *region = &regions[draw(&state) % REGIONS];
		size_t pages = draw_pages(&state, huge);

		if (region->at || live + pages > live_max) {
			live -= region->pages;
			unmap(region);
			continue;
		}
		region->at = map_pages(pages);
		region->pages = pages;
		if (madvise(region->at, pages * PAGE_BYTES, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) != 0 &&
		    errno != EINVAL)
			fail("madvise");
		touch_pages(region->at, pages);
		live += pages;
		touch_left -= pages < touch_left ? pages : touch_left;
		if (draw(&state) & 1)
			punch(region, &state);
	}
	return 0;
}
