/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sized request's life under a policy, stage by stage, for people who want to see what the policy does.
 *
 * Role: runs the real policy on a small machine that is all free, but for the buddy of the block that the request will
 * get: so the block ends where the picture ends.
 * Interface: sim_example_run.
 * Invariant: nothing here knows what a policy does; every stage shows what the model has.
 */
#ifndef SIM_EXAMPLE_H
#define SIM_EXAMPLE_H

#include "error.h"
#include "policy.h"
#include "tree.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_EXAMPLE_PAGES_MAX 64 /* more are no picture */

struct sim_example {
	const struct sim_policy *policy;
	const char *kernel;     /* profile or release; NULL: the first profile known */
	uint64_t pages;         /* of the request, 1..SIM_EXAMPLE_PAGES_MAX */
	uint64_t second_pages;  /* of a second request that comes while the first lives; 0: none */
	bool second_ends_first;
	bool pressure;          /* memory gets short before the releases */
};

struct sim_example_stage {
	const char *heading;
	uint64_t calls;              /* of the allocator, in this stage */
	bool is_kernels;             /* nobody called: the kernel did it by itself */
	const struct sim_tree *tree; /* of the first request's block */
};

/**
 * sim_example_run - live through it
 * @stage: called for each stage, in order; what it gets is valid until it returns
 * @calls_out: of the allocator, in all
 *
 * Return: 0, -EINVAL (pages out of range), -EPROTONOSUPPORT (kernel), -ENOMEM, or an error of the policy.
 */
int sim_example_run(const struct sim_example *example, void (*stage)(void *context, const struct sim_example_stage *),
		    void *context, uint64_t *calls_out, struct sim_error *error);

#ifdef __cplusplus
}
#endif
#endif
