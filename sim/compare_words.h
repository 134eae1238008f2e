/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer of a comparison in words.
 *
 * Role: which policy leaves the best state, which costs least, and whether one is better than what there is.
 * Interface: sim_compare_words.
 * Invariant: every sentence follows from the measures alone. State means the two that it names: the unusable index of
 * order 9 and the blocks of order 9 that can be handed out, means over the replay. What there is are exact and fitfree;
 * a policy is better when, against both, it is better in one of the two (with several runs: beyond the spread),
 * not worse in the other, and has not failed more requests. It may cost up to a tenth more than the cheaper one, in
 * calls and in time.
 */
#ifndef SIM_COMPARE_WORDS_H
#define SIM_COMPARE_WORDS_H

#include "comparison.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Calls @say with one sentence or a few after the other. */
void sim_compare_words(const struct sim_run *first, const struct sim_comparison *comparison,
		       void (*say)(void *context, const char *text), void *context);

#ifdef __cplusplus
}
#endif
#endif
