/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rec/wire.h as the kernel can include it.
 *
 * The kernel has a macro named pageblock_order, and struct rec_wire_kernel has a field of that name. Here, and
 * only here, the field is called wire_pageblock_order; its place in the record is the same.
 */
#ifndef PAGEMAN_RECORDER_WIRE_H
#define PAGEMAN_RECORDER_WIRE_H

#include <linux/pageblock-flags.h>

static inline unsigned int rec_pageblock_order(void)
{
	return pageblock_order;
}

#undef pageblock_order
#define pageblock_order wire_pageblock_order
#include "rec/wire.h"
#undef pageblock_order
#define pageblock_order rec_pageblock_order()

#endif
