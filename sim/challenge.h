/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 4 MiB challenge: when would a request for the largest block succeed, and what stands in its way when not?
 *
 * Role: asks the model, without taking anything, at every sample.
 * Interface: sim_challenge_ask, sim_challenge_note, sim_challenge_explain, sim_challenge_finish, sim_obstacle_words.
 *
 * The request is GFP_KERNEL | __GFP_NORETRY of order 10 on the first node: unmovable, by the fast path with the low
 * watermarks or by the slow path's first attempt with its own, so without reclaim and without compaction.
 * The candidate is the aligned block of 1024 frames with the fewest frames that are not on a free list (survey.h). What
 * stands in the way is found by walking it.
 * Invariant: memory is bounded however often it is asked; shares are exact, short spans may be merged away.
 */
#ifndef SIM_CHALLENGE_H
#define SIM_CHALLENGE_H

#include <pageman/pageman.h>

#include "survey.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_CHALLENGE_ORDER BUDDY_ORDER_MAX
#define SIM_CHALLENGE_SPANS_MAX 32
#define SIM_CHALLENGE_RUNS_MAX 6

/* What a frame is that stands in the way. */
enum sim_obstacle {
	SIM_OBSTACLE_MOVABLE,   /* in use and movable: migration would free it */
	SIM_OBSTACLE_UNMOVABLE, /* allocated while replaying, not movable, no sized request's */
	SIM_OBSTACLE_SIZED,     /* of a live sized request */
	SIM_OBSTACLE_HELD,      /* held back by the policy */
	SIM_OBSTACLE_PCP,       /* on a per-CPU list */
	SIM_OBSTACLE_BEFORE,    /* in use since before the recording, not known to be movable */
	SIM_OBSTACLE_COUNT
};

/* Frames side by side that are the same obstacle. */
struct sim_obstacle_run {
	uint64_t start_pfn, pages;
	enum sim_obstacle what;
};

/* One moment at which the request would not succeed. */
struct sim_blockade {
	bool known;
	bool by_marks;       /* a block is free, but memory is below the watermarks */
	uint64_t time_ns;    /* of the recording */
	struct sim_candidate candidate;
	uint64_t pages[SIM_OBSTACLE_COUNT];
	uint64_t run_count;
	unsigned listed_count;
	struct sim_obstacle_run listed[SIM_CHALLENGE_RUNS_MAX]; /* the first of them */
};

struct sim_challenge {
	uint64_t asked, passed;
	unsigned span_count;
	uint64_t merged_spans; /* too short to be kept */
	struct {
		uint64_t start_ns, end_ns; /* [start_ns, end_ns) */
		bool passes;
	} spans[SIM_CHALLENGE_SPANS_MAX];
	struct sim_blockade last; /* the last moment that was looked into */
};

/* Would it succeed now? @by_marks_out: false, and a block is free all the same. */
bool sim_challenge_ask(const struct sim_machine *machine, bool *by_marks_out);
/* Enters an answer. */
void sim_challenge_note(struct sim_challenge *challenge, uint64_t time_ns, bool passes);
/**
 * sim_challenge_explain - look into a moment at which it would not succeed
 * @best: of a survey of this very moment
 * @sized: live sized requests by their records; NULL when there is no such list
 */
void sim_challenge_explain(struct sim_challenge *challenge, const struct sim_machine *machine, uint64_t time_ns,
			   bool by_marks, const struct sim_candidate *best, const struct pageman_ledger *sized);
/* The replay ends: so does the last span. */
void sim_challenge_finish(struct sim_challenge *challenge, uint64_t time_ns);

/* "movable", "unmovable", "of sized requests", ... */
const char *sim_obstacle_words(enum sim_obstacle what);
/* The same for programs: "movable", ..., "before" */
const char *sim_obstacle_key(enum sim_obstacle what);

#ifdef __cplusplus
}
#endif
#endif
