/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the built-in workloads share: a seeded generator and an exit with a reason.
 */
#ifndef PAGEMAN_LOAD_H
#define PAGEMAN_LOAD_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE_BYTES 4096u

/* xorshift64*; a state of 0 is not allowed. */
static inline uint32_t draw(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * 0x2545f4914f6cdd1dULL) >> 32);
}

static inline void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static inline void *map_pages(size_t pages)
{
	void *at = mmap(NULL, pages * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		fail("mmap");
	return at;
}

static inline void touch_pages(void *at, size_t pages)
{
	volatile char *p = at;

	for (size_t i = 0; i < pages; i++)
		p[i * PAGE_BYTES] = 1;
}

static inline unsigned long argument(int argc, char **argv, int index, unsigned long fallback)
{
	return argc > index ? strtoul(argv[index], NULL, 10) : fallback;
}

#endif
