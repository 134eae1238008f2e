// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes the small recordings that exit_codes.sh needs into a folder.
 *
 *   good.rec      allocations, frees, a sized request; all in order
 *   unfreed.rec   a free of a frame that was never allocated
 *   twice.rec     a frame allocated twice
 *   old.rec       from a kernel that no profile stands for
 *   long.rec      many blocks of events, to be cut and flipped
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "small.h"

#define LONG_COUNT 200000

static int write_to(const char *folder, const char *name, const char *release, const struct rec_event *events,
		    size_t count)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return small_write(path, release, events, count);
}

static int write_long(const char *folder)
{
	struct rec_event *events = malloc(LONG_COUNT * sizeof(*events));
	int result;

	if (!events)
		return -1;
	for (unsigned i = 0; i < LONG_COUNT; i++) {
		uint64_t pfn = 5000 + (uint64_t)(i / 2 * 7919u) % 3000;

		events[i] = small_event(i & 1 ? REC_FREE : REC_ALLOC, pfn, 0);
		events[i].time_ns = (uint64_t)i * (1000 + i % 977);
	}
	result = write_to(folder, "long.rec", "6.1.0-56-amd64", events, LONG_COUNT);
	free(events);
	return result;
}

int main(int argc, char **argv)
{
	struct rec_event good[8], bad[2];
	const char *release = "6.1.0-56-amd64";
	unsigned n = 0;

	if (argc != 2)
		return 2;
	good[n++] = small_event(REC_ALLOC, 5000, 0);
	good[n] = small_event(REC_SIZED_ALLOC, 0, 0);
	good[n].arg = 3 * 4096;
	good[n++].flags = REC_SIZED_EXACT;
	good[n++] = small_event(REC_ALLOC, 6144, 2);
	good[n] = small_event(REC_FREE, 6147, 0);
	good[n++].flags = REC_FREE_BUDDY | REC_FREE_TO_TAIL;
	good[n++] = small_event(REC_FREE, 5000, 0);
	bad[0] = small_event(REC_ALLOC, 5000, 0);
	bad[1] = small_event(REC_FREE, 5001, 0);
	if (write_to(argv[1], "good.rec", release, good, n) || write_to(argv[1], "unfreed.rec", release, bad, 2))
		return 1;
	bad[1] = bad[0];
	if (write_to(argv[1], "twice.rec", release, bad, 2) || write_to(argv[1], "old.rec", "2.4.18", good, n))
		return 1;
	return write_long(argv[1]) ? 1 : 0;
}
