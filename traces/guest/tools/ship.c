// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copies the pages of one per-CPU ring buffer to a file.
 *
 * Usage: ship TRACE_PIPE_RAW OUT
 * Tracing is off when it runs, so the buffer is read without blocking until it is empty. Each read takes one
 * whole ring-buffer page; a reader that asked for less would cut one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE_BYTES 4096
#define STOCK_BYTES (128 * PAGE_BYTES)

static unsigned char stock[STOCK_BYTES];

static int write_all(int to, const unsigned char *from, size_t bytes)
{
	while (bytes > 0) {
		ssize_t done = write(to, from, bytes);

		if (done < 0 && errno != EINTR)
			return -1;
		if (done > 0) {
			from += done;
			bytes -= (size_t)done;
		}
	}
	return 0;
}

/* Returns 0 when the buffer is empty and everything is written. */
static int ship(int from, int to)
{
	size_t used = 0;

	for (;;) {
		ssize_t got = read(from, stock + used, PAGE_BYTES);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno != EAGAIN)
			return -1;
		if (got <= 0)
			return write_all(to, stock, used);
		used += (size_t)got;
		if (used == STOCK_BYTES) {
			if (write_all(to, stock, used) != 0)
				return -1;
			used = 0;
		}
	}
}

int main(int argc, char **argv)
{
	int from, to;

	if (argc != 3) {
		fprintf(stderr, "usage: ship TRACE_PIPE_RAW OUT\n");
		return 2;
	}
	from = open(argv[1], O_RDONLY | O_NONBLOCK);
	if (from < 0) {
		fprintf(stderr, "ship: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	to = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (to < 0 || ship(from, to) != 0 || close(to) != 0) {
		fprintf(stderr, "ship: %s: %s\n", argv[2], strerror(errno));
		return 1;
	}
	return 0;
}
