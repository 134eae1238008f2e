// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory as after a long uptime: pieces held here and there, holes of all sizes between them.
 *
 * Usage: holes MIB READY_FILE [SEED]. Touches MIB of memory, gives half of it back in pieces of 1 to 64 pages in random
 * order, creates READY_FILE and holds the rest until it is killed. A workload runs it in prepare(), so that the free
 * lists have many blocks of every order when the recording starts.
 */
#include <fcntl.h>
#include <unistd.h>

#include "load.h"

#define PIECE_PAGES 64u

int main(int argc, char **argv)
{
	size_t pieces = argument(argc, argv, 1, 64) * 256 / PIECE_PAGES;
	uint64_t state = argument(argc, argv, 3, 1) * 2 + 1;
	char *memory;
	size_t *order;
	size_t i;

	if (argc < 3 || pieces == 0) {
		fprintf(stderr, "usage: holes MIB READY_FILE [SEED]\n");
		return 2;
	}
	memory = map_pages(pieces * PIECE_PAGES);
	order = calloc(pieces, sizeof(*order));
	if (!order)
		fail("calloc");
	if (madvise(memory, pieces * PIECE_PAGES * PAGE_BYTES, MADV_NOHUGEPAGE) != 0 && errno != EINVAL)
		fail("madvise");
	touch_pages(memory, pieces * PIECE_PAGES);
	for (i = 0; i < pieces; i++) {
		size_t other = draw(&state) % (i + 1);

		order[i] = order[other];
		order[other] = i;
	}
	for (i = 0; i < pieces; i++) {
		size_t start = draw(&state) % PIECE_PAGES, pages = 1 + draw(&state) % (PIECE_PAGES - start);

		if (madvise(memory + (order[i] * PIECE_PAGES + start) * PAGE_BYTES, pages * PAGE_BYTES,
			    MADV_DONTNEED) != 0)
			fail("madvise");
	}
	if (creat(argv[2], 0644) < 0)
		fail(argv[2]);
	for (;;)
		pause();
}
