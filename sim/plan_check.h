/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a recorded kernel cut and released exact requests as a policy plans it.
 *
 * Role: a verification does the frees that were recorded, so what a trimming kernel gives back is told to the model
 * and not predicted by it. This predicts it: for each exact request the core plans what of the block goes back, and
 * what the kernel then gives back has to be the next piece of the plan: the same block, in the same order of calls, to
 * the same end of the lists, and all of them. It needs no model, only the events.
 * Interface: sim_plan_check_find, sim_plan_check_init, sim_plan_check_event, sim_plan_check_finish,
 * sim_plan_check_fini.
 * Invariant: a plan is open only while its request or release is under way; memory is bounded by the tasks that are
 * inside one at a time.
 *
 *     alloc_pages_exact(5 pages) got frames 32 to 39       free_pages_exact(frame 32, 5 pages)
 *
 *     fitfree    37:0  38:1                                32:2  36:0
 *     exact      37:0  38:0  39:0, to the lists' tails     32:0  33:0  34:0  35:0  36:0
 *
 * What it does not see: a frame that a kernel gives back beyond its plan. Such a frame is freed twice in the end, which
 * the verification counts as a free that it found no block for.
 */
#ifndef SIM_PLAN_CHECK_H
#define SIM_PLAN_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pageman/pageman.h>
#include <rec/event.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A policy that a kernel can have: how alloc_pages_exact() and free_pages_exact() give back. */
struct sim_plan_policy {
	const char *name;
	enum pageman_grain fit, release;
};

enum sim_plan_deed { SIM_PLAN_FIT, SIM_PLAN_RELEASE, SIM_PLAN_DEED_COUNT };

struct sim_plan_count {
	uint64_t calls;      /* that had something to give back */
	uint64_t as_planned; /* of these, those that gave back every piece */
	uint64_t pieces;     /* blocks given back as planned */
	uint64_t pages;      /* their frames */
};

struct sim_plan_miss {
	bool present;
	enum sim_plan_deed deed;
	uint64_t event;            /* number in the stream, from 0 */
	struct pageman_block planned;
	bool has_found;            /* false: the call ended before this piece went back */
	bool found_to_tail;
	struct pageman_block found;
};

struct sim_plan_result {
	struct sim_plan_count count[SIM_PLAN_DEED_COUNT];
	struct sim_plan_miss first_miss;
	uint64_t cut_off; /* calls that were under way at snapshot 1; not counted */
};

struct sim_plan_open;

struct sim_plan_check {
	const struct sim_plan_policy *policy;
	struct sim_plan_result result;
	struct sim_plan_open *open; /* contexts inside a request or release, in no order */
	size_t open_count, open_room;
	bool begun, ended;          /* the markers of the snapshots were seen */
};

/* NULL: none of that name. */
const struct sim_plan_policy *sim_plan_check_find(const char *name);
/* The policy at @index, NULL past the last. */
const struct sim_plan_policy *sim_plan_check_at(size_t index);

void sim_plan_check_init(struct sim_plan_check *check, const struct sim_plan_policy *policy);

/* Takes the stream's @index-th event, in the order of the stream. Return: 0 or -ENOMEM. */
int sim_plan_check_event(struct sim_plan_check *check, uint64_t index, const struct rec_event *event);

/* Settles what is open. The result is owned by @check. */
const struct sim_plan_result *sim_plan_check_finish(struct sim_plan_check *check);

void sim_plan_check_fini(struct sim_plan_check *check);

#ifdef __cplusplus
}
#endif
#endif
