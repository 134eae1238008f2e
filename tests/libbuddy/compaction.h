/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine of sixteen pageblocks, [0, 8192), for tests of compaction, and runs over it.
 */
#ifndef TESTS_BUDDY_COMPACTION_H
#define TESTS_BUDDY_COMPACTION_H

#include <buddy/compact.h>

#include "machine.h"

#define FRAMES 8192u
#define BLOCK 512u
#define OLD 0 /* index of the profile 6.1 */
#define NEW 1

static inline void make(struct machine *m, int profile)
{
	machine_plain_as(m, buddy_profile_at((size_t)profile)->name, FRAMES, 0, 1);
}

static inline struct buddy_compaction run_for(int order, unsigned mode, unsigned flags)
{
	return (struct buddy_compaction){ .order = order, .search_order = order, .type = BUDDY_MOVABLE,
					  .mode = (uint8_t)mode, .flags = flags };
}

#endif
