/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is seen of a machine while a policy is at work: gauges over the samples, the challenge.
 *
 * Role: the STATE side over time. Counters are read at every sample, all frames are walked at every eighth and at the
 * end.
 * Interface: sim_observe, sim_observe_end, sim_gauge_mean.
 * Invariant: looking changes nothing in the machine. Means weigh every sample alike; samples come every so many events.
 */
#ifndef SIM_OBSERVE_H
#define SIM_OBSERVE_H

#include "challenge.h"
#include "state.h"
#include "survey.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sim_host;

#define SIM_SURVEY_EVERY 8 /* samples */
#define SIM_POINTS_MAX 64

/* One value over time. */
struct sim_gauge {
	double sum, min, max;  /* over the samples that had a value */
	uint64_t count;        /* of these */
	double end;            /* at the end of the replay; NaN when it had none then */
};

/* A moment at which all frames were walked. */
struct sim_point {
	uint64_t time_ns;
	uint64_t free_pages, held_pages;
	uint64_t available_order9, available_order10; /* blocks that could be handed out */
	uint64_t largest_run_pages, mixed_pageblocks;
	int unusable_order9_permille;
	bool challenge_passes;
};

struct sim_observed {
	uint64_t samples, surveys;
	struct sim_gauge free_pages, pcp_pages, held_pages;
	struct sim_gauge free_blocks[BUDDY_ORDER_COUNT];
	struct sim_gauge available[BUDDY_ORDER_COUNT];  /* blocks of this order that free ones could be cut into */
	struct sim_gauge unusable[BUDDY_ORDER_COUNT];   /* permille, all zones together */
	struct sim_gauge extfrag[BUDDY_ORDER_COUNT];    /* permille, the largest zone; none while a request succeeds */
	uint64_t samples_with[BUDDY_ORDER_COUNT];       /* a block of this order could be handed out */
	struct sim_gauge blocks_by_type[SIM_TYPE_COUNT][BUDDY_ORDER_COUNT]; /* from here on: of the surveys */
	struct sim_gauge largest_run_pages, mixed_pageblocks;
	struct sim_challenge challenge;
	struct sim_survey survey; /* the last one */
	struct sim_point points[SIM_POINTS_MAX]; /* spread evenly over the surveys, the first among them */
	unsigned point_count;
	uint64_t surveys_per_point; /* 0 before the first */
};

/* What is looked at. */
struct sim_scene {
	const struct sim_machine *machine;
	const struct sim_host *host;
	const struct pageman_ledger *sized; /* live sized requests; NULL when there is no such list */
	const struct sim_state *state;      /* taken at this moment */
	uint64_t time_ns;
};

/* A sample. Return: true when all frames were walked: observed->survey is of this moment. */
bool sim_observe(struct sim_observed *observed, const struct sim_scene *scene);
/* After the last event: the values at the end. */
void sim_observe_end(struct sim_observed *observed, const struct sim_scene *scene);

/* NaN when there was no value. */
double sim_gauge_mean(const struct sim_gauge *gauge);

#ifdef __cplusplus
}
#endif
#endif
