/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model to measure: one zone, all free, one CPU.
 *
 * Interface: machine_create, machine_destroy, bench_gfp.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <buddy/buddy.h>

struct machine {
	struct buddy *buddy;
	void *memory;
	size_t bytes;
};

/* [0, frames) of a zone "Normal". Return: false without memory. */
bool machine_create(struct machine *m, uint64_t frames);
void machine_destroy(struct machine *m);

/* GFP bits that ask for this type, as a kernel's own callers do. */
uint32_t bench_gfp(enum buddy_type type);

#endif
