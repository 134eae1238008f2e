/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of a run share: the state of one pass, and where its events come from.
 *
 * Role: run.c owns the lanes, one per policy, and their results; a source opens the input and feeds the lanes.
 * Interface: struct sim_run_state; run_recording.c: sim_run_open_recording, sim_run_stream_recording,
 * sim_run_compare_with_recorded_end; run_synthetic.c: sim_run_open_synthetic, sim_run_load_synthetic,
 * sim_run_stream_synthetic; run.c: sim_run_sample.
 */
#ifndef SIM_RUN_INTERNAL_H
#define SIM_RUN_INTERNAL_H

#include "drive.h"
#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One policy: a replay of the recording, or a drive of the synthetic workload. */
struct sim_lane {
	struct sim_machine machine;
	struct sim_replay replay;
	struct sim_drive drive;
	bool replaying, driving;
};

struct sim_run_state {
	const struct sim_run_options *options;
	struct sim_run *out;
	struct sim_error *error;
	const struct rec_info *info;
	struct rec_reader *reader;      /* of a recording; else NULL, */
	struct sim_workload *workload;  /* and this is there */
	struct sim_work_params params;
	struct rec_info made_info;
	struct rec_snapshot snapshot;
	bool has_snapshot;
	struct sim_layout layout;
	struct sim_lane lanes[SIM_POLICIES_MAX];
	uint64_t sample_every, next_sample, samples;
	uint64_t allocs; /* of the recording */
	bool started;  /* the marker of snapshot 0 has passed, or there is none to wait for */
	bool ended;    /* the marker of snapshot 1 has passed */
};

/* Opens the input and learns its zones or snapshot. Return: as sim_run. */
int sim_run_open_recording(struct sim_run_state *r);
/* Feeds every event to every lane. Return: 0, also for a damaged recording, or negative. */
int sim_run_stream_recording(struct sim_run_state *r);
/* Did any policy end where the recorded kernel ended? */
void sim_run_compare_with_recorded_end(struct sim_run_state *r);

/* The same for a synthetic workload. */
int sim_run_open_synthetic(struct sim_run_state *r);
int sim_run_load_synthetic(struct sim_run_state *r, struct sim_lane *lane, const struct sim_policy *policy);
int sim_run_stream_synthetic(struct sim_run_state *r);

/* One sample of every lane after event number @event. Return: 0 or -EIO. */
int sim_run_sample(struct sim_run_state *r, uint64_t event, uint64_t time_ns);

#ifdef __cplusplus
}
#endif
#endif
