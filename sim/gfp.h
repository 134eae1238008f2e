/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of GFP masks, as the kernel's own trace output prints them.
 *
 * Role: "GFP_KERNEL|__GFP_COMP" for a number.
 * Interface: sim_gfp_text.
 */
#ifndef SIM_GFP_H
#define SIM_GFP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the names, largest combinations first; bits without a name as 0x.... : the kernel
 * has __GFP_ATOMIC (up to 6.1). Return: @text. */
const char *sim_gfp_text(char *text, size_t room, uint32_t gfp, bool has_atomic_bit);

#ifdef __cplusplus
}
#endif
#endif
