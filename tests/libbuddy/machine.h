/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model for tests: memory from mmap, zones from one line.
 *
 * Interface: machine_from, machine_make, machine_fini, machine_list, and the GFP masks that tests use (numbers of 6.1).
 */
#ifndef TESTS_BUDDY_MACHINE_H
#define TESTS_BUDDY_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <buddy/buddy.h>

#define GFP_DMA (0xcc0u | 0x01u)

#define GFP_KERNEL 0xcc0u
#define GFP_RECLAIMABLE (0xcc0u | 0x10u)
#define GFP_ATOMIC (0x20u | 0x200u | 0x800u)
#define GFP_HIGHUSER_MOVABLE (0xcc0u | 0x02u | 0x08u)

struct machine {
	struct buddy *b;
	void *memory;
	size_t bytes;
};

/* Any configuration. All frames are in use. */
void machine_from(struct machine *m, const struct buddy_config *config);

/* Zones in ascending order, of 6.1. */
void machine_make(struct machine *m, const struct buddy_zone_config *zones, uint32_t zone_count, uint32_t cpus);

/* One Normal zone [0, frames), watermarks 0, per-CPU lists of high and batch as given; high 0: every free drains. */
void machine_plain(struct machine *m, uint64_t frames, uint32_t high, uint32_t batch);
/* The same for another kernel than 6.1. */
void machine_plain_as(struct machine *m, const char *profile, uint64_t frames, uint32_t high, uint32_t batch);

/* Frees [start, start + 2^order) as the kernel's boot does, without recomputing limits. */
void machine_free(struct machine *m, uint64_t pfn, unsigned order, unsigned type);

void machine_fini(struct machine *m);

/* Asserts that the list holds exactly these frames in this order. */
void assert_list(const struct machine *m, uint32_t zone, unsigned order, unsigned type, const uint64_t *pfns,
		 size_t count);
#define ASSERT_LIST(m, order, type, ...)                                                    \
	assert_list(m, 0, order, type, (const uint64_t[]){ __VA_ARGS__ },                   \
		    sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))
#define ASSERT_LIST_EMPTY(m, order, type) assert_list(m, 0, order, type, NULL, 0)

void assert_sound(const struct machine *m);

#endif
