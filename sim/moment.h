/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A block of a recorded machine at a moment.
 *
 * Role: follows a recording on the model, as verify does, up to a time, and looks at one block.
 * Interface: sim_moment_tree.
 */
#ifndef SIM_MOMENT_H
#define SIM_MOMENT_H

#include "error.h"
#include "tree.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sim_progress;

struct sim_moment {
	const char *path;
	const char *kernel;  /* NULL: the recording's */
	uint64_t time_ns;    /* after the recording's first event */
	uint64_t pfn;        /* a frame of the block */
	unsigned order;      /* of the block */
	struct sim_progress *progress; /* begun by the caller */
};

struct sim_moment_result {
	uint64_t events;             /* until then */
	uint64_t allocs, exact;      /* allocations until then, and those of them that the model predicted */
	bool is_end;                 /* the recording ends before that time; the tree is of its end */
	bool is_damaged;             /* and that is because it is damaged or was interrupted, as @error says */
	char zone_name[16];
	char kernel_release[64];
};

/**
 * sim_moment_tree - take the tree
 *
 * Return: 0, -ERANGE (no zone has the frame), or another negative error.
 */
int sim_moment_tree(const struct sim_moment *moment, struct sim_tree *tree, struct sim_moment_result *result,
		       struct sim_error *error);

#ifdef __cplusplus
}
#endif
#endif
