/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reference's slow path, kswapd's wake-ups, and capture.
 *
 * Role: the second opinion on what of buddy/slowpath.h is not about compaction alone, written like the rest of the
 * reference from the kernel's sources without a look at libbuddy's. The slow path is written as the kernel has it, one
 * function after the other that asks somebody to do each step, where the model has a machine of states.
 * Interface: ref_slow_path; the others have the names, arguments and results of buddy.h and slowpath.h.
 * Source: mm/page_alloc.c, mm/compaction.c, mm/vmscan.c, 6.1 and 6.12.
 */
#ifndef TESTS_ORACLE_REF_SLOW_H
#define TESTS_ORACLE_REF_SLOW_H

#include <buddy/slowpath.h>

#include "ref.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What struct buddy_slowpath shows of a step; members that the step does not explain are 0. */
struct ref_slow_step {
	enum buddy_step step;
	uint32_t gfp;                 /* ATTEMPT */
	unsigned alloc_flags;         /* ATTEMPT, COMPACT */
	bool wakes, compacted;        /* ATTEMPT */
	enum buddy_priority priority; /* COMPACT */
	uint32_t zone;                /* REVIEW */
};

/* Does a step, and says how it ended as slowpath.h explains; it may change the request's task meanwhile. */
typedef struct buddy_outcome ref_slow_do(void *context, const struct ref_slow_step *step);

/**
 * ref_slow_path - the fast attempt has failed
 * @request: of the reference's machine; its task is read anew where the kernel looks at the task
 *
 * Asks @act for each step, but not for DONE and FAIL. Return: whether it ended with DONE.
 */
bool ref_slow_path(struct ref *ref, const struct buddy_request *request, ref_slow_do *act, void *context);

bool ref_kswapd_ask(struct ref *ref, uint32_t node, unsigned order, unsigned highest_type);
void ref_kswapd_sleeps(struct ref *ref, uint32_t node, bool asleep);
void ref_boosts_read(const struct ref *ref, uint32_t node, uint32_t highest_type, struct buddy_boosts *out);
void ref_boosts_give_back(struct ref *ref, const struct buddy_boosts *boosts);

/* As buddy_set_capture; @capture stays the caller's. */
void ref_set_capture(struct ref *ref, struct buddy_capture *capture);

#ifdef __cplusplus
}
#endif
#endif
