// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GFP names. Kernels 6.1 to 6.12 number these bits alike; 0x200 is __GFP_ATOMIC up to 6.1 and unused later.
 *
 * Interface: gfp.h.
 * Source: include/trace/events/mmflags.h and include/linux/gfp_types.h, 6.1 and 6.12.
 */
#include "gfp.h"

#include <inttypes.h>
#include <stdio.h>

#define GFP_ATOMIC_LATER 0x820 /* from 6.2 on; before it is GFP_NOWAIT|__GFP_HIGH */

/* Most bits first: what matched is taken out before the rest is named. */
static const struct {
	uint32_t mask;
	const char *name;
} names[] = {
	{ 0x1c24ca, "GFP_TRANSHUGE" },
	{ 0x1c20ca, "GFP_TRANSHUGE_LIGHT" },
	{ 0x100cca, "GFP_HIGHUSER_MOVABLE" },
	{ 0x100cc2, "GFP_HIGHUSER" },
	{ 0x100cc0, "GFP_USER" },
	{ 0x400cc0, "GFP_KERNEL_ACCOUNT" },
	{ 0xcc0, "GFP_KERNEL" },
	{ 0xc40, "GFP_NOFS" },
	{ 0xa20, "GFP_ATOMIC" },
	{ GFP_ATOMIC_LATER, "GFP_ATOMIC" },
	{ 0xc00, "GFP_NOIO" },
	{ 0x800, "GFP_NOWAIT" },
	{ 0x1, "GFP_DMA" },
	{ 0x2, "__GFP_HIGHMEM" },
	{ 0x4, "GFP_DMA32" },
	{ 0x8, "__GFP_MOVABLE" },
	{ 0x10, "__GFP_RECLAIMABLE" },
	{ 0x20, "__GFP_HIGH" },
	{ 0x40, "__GFP_IO" },
	{ 0x80, "__GFP_FS" },
	{ 0x100, "__GFP_ZERO" },
	{ 0x200, "__GFP_ATOMIC" },
	{ 0x400, "__GFP_DIRECT_RECLAIM" },
	{ 0x1000, "__GFP_WRITE" },
	{ 0x2000, "__GFP_NOWARN" },
	{ 0x4000, "__GFP_RETRY_MAYFAIL" },
	{ 0x8000, "__GFP_NOFAIL" },
	{ 0x10000, "__GFP_NORETRY" },
	{ 0x20000, "__GFP_MEMALLOC" },
	{ 0x40000, "__GFP_COMP" },
	{ 0x80000, "__GFP_NOMEMALLOC" },
	{ 0x100000, "__GFP_HARDWALL" },
	{ 0x200000, "__GFP_THISNODE" },
	{ 0x400000, "__GFP_ACCOUNT" },
	{ 0x800000, "__GFP_ZEROTAGS" },
};

const char *sim_gfp_text(char *text, size_t room, uint32_t gfp, bool has_atomic_bit)
{
	size_t used = 0;

	snprintf(text, room, "none");
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]) && used < room; i++) {
		if ((gfp & names[i].mask) != names[i].mask ||
		    (names[i].mask == GFP_ATOMIC_LATER && has_atomic_bit))
			continue;
		used += (size_t)snprintf(text + used, room - used, "%s%s", used ? "|" : "", names[i].name);
		gfp &= ~names[i].mask;
	}
	if (gfp && used < room)
		snprintf(text + used, room - used, "%s0x%" PRIx32, used ? "|" : "", gfp);
	return text;
}
