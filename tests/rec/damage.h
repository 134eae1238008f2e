/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The damage sweep: recordings that are cut or have a bit flipped.
 *
 * Role: what its parts share: options, counts, findings.
 * Interface: struct sweep; sweep_*; damage_compact, damage_text, damage_raw, damage_command.
 * Invariant: a point at which a reader does not do what it should is a finding, told with file and place; the sweep
 * goes on.
 */
#ifndef TEST_REC_DAMAGE_H
#define TEST_REC_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rec/recording.h>

struct sweep {
	uint64_t random;     /* state, from the seed */
	unsigned one_in;     /* of so many points one is tried; 1: all */
	const char *pageman; /* the program; NULL: not run */
	uint64_t points, findings;
	const char *what;    /* for progress */
};

/* False for the points that are left out. */
bool sweep_takes(struct sweep *sweep);

/* Counts a point and shows progress. */
void sweep_count(struct sweep *sweep, uint64_t done, uint64_t total);

void sweep_finding(struct sweep *sweep, const char *file, const char *damage, uint64_t at, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Ends the program: the sweep itself cannot go on. */
_Noreturn void sweep_die(const char *what);

/* A file in memory that is to be damaged, with what its reader has to give. */
struct target;
struct target *target_load(const char *path);
void target_free(struct target *target);

/* Cuts at every byte (@everywhere), else at the blocks' boundaries, a byte beside them, and at @random_cuts places. */
void damage_cuts(struct sweep *sweep, struct target *target, bool everywhere, unsigned random_cuts);
void damage_flips(struct sweep *sweep, struct target *target, unsigned flips);

/* Runs the program on @points damaged copies. */
void damage_command(struct sweep *sweep, struct target *target, unsigned points);

/* Text and raw pages, made of a recording's first events and cut at every byte. */
void damage_text(struct sweep *sweep, const char *recording);
void damage_raw(struct sweep *sweep, const char *recording);

#endif
