/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small machine for the tests of sim, as a snapshot in memory and as events.
 *
 *     frames   4096        5120        6144        7168        8192
 *              | order 10  | order 10  | order 10  | in use    |
 *              | movable   | unmovable | movable   |           |
 *
 * One zone (DMA32), one CPU, per-CPU lists that drain at once (high 0, batch 1) unless a test tunes them.
 */
#ifndef TEST_SIM_SMALL_H
#define TEST_SIM_SMALL_H

#include <rec/event.h>
#include <rec/snapshot.h>

#define SMALL_START_PFN 4096u
#define SMALL_PAGES 4096u
#define SMALL_END_PFN (SMALL_START_PFN + SMALL_PAGES)
#define SMALL_USED_PFN 7168u

#define GFP_KERNEL_6_1 0xcc0u
#define GFP_USER_PAGE_6_1 0x140ccau

/* Valid until the next call; nothing to release. */
const struct rec_snapshot *small_snapshot(void);

struct rec_event small_event(unsigned kind, uint64_t pfn, unsigned order);

/* Writes a compact recording without a snapshot. Return: 0 or negative. */
int small_write(const char *path, const char *kernel_release, const struct rec_event *events, size_t count);

#endif
