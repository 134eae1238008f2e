/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Breadth-first search over everything that a world can become.
 *
 * Role: visits every state that operations lead to from the roots, each once, checks each state and each transition,
 * and counts them. A state is (state before, operation); its memory is made anew from the images along its path when
 * its turn comes.
 * Interface: search_run, struct search_result.
 * Invariant: no state is left out: a search that cannot go on ends with an error. A violation is found in the state
 * nearest to the roots, so the path that is told is a shortest one.
 *
 * States are told apart by 128-bit hashes of their keys. Among n states some two share a hash with a chance of about
 * n^2 / 2^129: 10^-21 for 10^9.
 */
#ifndef TESTS_EXHAUSTIVE_SEARCH_H
#define TESTS_EXHAUSTIVE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

struct search_options {
	bool congruence;      /* whenever a known state is reached anew, its future must be that of the known one */
	bool oracle;          /* each transition by the reference too (tests/oracle) */
	size_t memory_bytes;  /* at most; more is an error */
	bool progress;        /* on standard error */
};

struct search_result {
	uint64_t states, transitions;
	uint64_t refused;     /* requests that found nothing, among the transitions */
	uint64_t grain_pairs; /* transitions made by page and by block and compared */
	uint64_t congruences; /* futures compared */
	unsigned depth;       /* the longest of the shortest paths */
	double seconds;       /* of processor time */
	size_t memory_bytes;
	char wrong[4096];     /* what is wrong, and how to get there; empty when all is well */
};

/* Return: 0, -ENOMEM (the bound; @out has what was counted), -ECANCELED (something is wrong, see @out->wrong). */
int search_run(struct world *w, const struct search_options *options, struct search_result *out);

#endif
