// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fills memory to near its end and keeps it moving.
 *
 * Usage: hog KEEP_FREE_MIB ROUNDS [SEED [holes|whole [READY]]]. Maps anonymous memory until about KEEP_FREE_MIB are
 * available, then gives back and takes again pieces of 1 to 64 pages, so that others have to reclaim. With holes, every
 * other page of every fourth piece goes first: free memory then lies in single pages, and large requests have to
 * compact. With 0 rounds it holds what it has until it is killed. The file READY comes into being when memory is full.
 */
#include <unistd.h>

#include "load.h"

#define PIECES 65536u

static struct {
	char *at;
	uint32_t pages;
} pieces[PIECES];

static unsigned long available_mib(void)
{
	char line[128];
	unsigned long kib = 0;
	FILE *file = fopen("/proc/meminfo", "r");

	if (!file)
		fail("/proc/meminfo");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %lu", &kib) == 1)
			break;
	fclose(file);
	return kib / 1024;
}

static void take(unsigned slot, uint64_t *state)
{
	pieces[slot].pages = 1 + draw(state) % 64;
	pieces[slot].at = map_pages(pieces[slot].pages);
	touch_pages(pieces[slot].at, pieces[slot].pages);
}

static void punch(unsigned slot)
{
	uint32_t page;

	for (page = 0; page < pieces[slot].pages; page += 2)
		madvise(pieces[slot].at + (size_t)page * PAGE_BYTES, PAGE_BYTES, MADV_DONTNEED);
}

static void give(unsigned slot)
{
	if (pieces[slot].at)
		munmap(pieces[slot].at, pieces[slot].pages * PAGE_BYTES);
	pieces[slot].at = NULL;
}

static void mark_ready(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		fail(path);
	fclose(file);
}

int main(int argc, char **argv)
{
	unsigned long keep_free = argument(argc, argv, 1, 64), rounds = argument(argc, argv, 2, 10000);
	uint64_t state = argument(argc, argv, 3, 1) * 2 + 1;
	unsigned used = 0, slot;

	while (used < PIECES && (used % 32 || available_mib() > keep_free))
		take(used++, &state);
	if (argc > 4 && strcmp(argv[4], "holes") == 0)
		for (slot = 0; slot < used; slot += 4)
			punch(slot);
	if (argc > 5)
		mark_ready(argv[5]);
	if (rounds == 0)
		pause();
	while (rounds-- > 0) {
		slot = draw(&state) % used;
		give(slot);
		if (rounds % 32 == 0 && available_mib() < keep_free / 2)
			continue;
		take(slot, &state);
	}
	return 0;
}
