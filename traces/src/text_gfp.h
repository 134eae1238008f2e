/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of GFP flags to bits.
 *
 * Role: text prints "GFP_KERNEL|__GFP_COMP"; the composite names stand for other bits in 6.12 than in 6.1.
 * Interface: gfp_table_by_profile, gfp_parse.
 * Invariant: a string that a kernel of the profile printed gives back exactly the bits that it had.
 * Source: include/linux/gfp_types.h and include/trace/events/mmflags.h of 6.1 and 6.12.
 */
#ifndef REC_TEXT_GFP_H
#define REC_TEXT_GFP_H

#include <stddef.h>
#include <stdint.h>

struct gfp_table;

/* The table of a kernel ("6.1", "6.12"); that of 6.1 for "" and unknown ones. Never NULL. */
const struct gfp_table *gfp_table_by_profile(const char *profile);

/* Bits of "NAME|NAME|0x1000", "none" or a number. Names that the table lacks count as no bits. */
uint32_t gfp_parse(const struct gfp_table *table, const char *text, size_t length);

#endif
