/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One pass over a recording, with one replay per policy beside each other.
 *
 * Role: opens the recording, loads a machine per policy, feeds every event to all of them, samples, writes results
 * to the database. The recording is read once however many policies there are, so it may come from a pipe.
 * Interface: sim_run, sim_run_is_partial, sim_run_is_interrupted.
 * Invariant: what came before damage or an interruption is in the results, which then say so.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "db.h"
#include "observe.h"
#include "replay.h"
#include "settings.h"
#include "state.h"

#include <rec/recording.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_POLICIES_MAX 16

struct sim_progress;

struct sim_run_options {
	const char *path;       /* of a recording, or "synth:..." (workload.h) */
	const char *kernel;     /* NULL: the recording's */
	const char *zones;      /* layout for a recording without a snapshot; NULL: derived from its frames */
	const struct sim_policy *policies[SIM_POLICIES_MAX];
	unsigned policy_count;
	bool trim_kmalloc;
	bool timed;             /* measure what the policies' deeds take */
	uint64_t seed;          /* 0: as recorded; else one request in a hundred, drawn with it, is left out; of a
	                           synthetic workload it is added to the workload's own seed */
	struct sim_settings settings;
	unsigned sample_count;  /* about so many samples over the recording */
	uint64_t sample_allocs; /* not 0: a sample every so many allocations of the recording instead */
	struct sim_db *db;      /* NULL for none */
	struct sim_progress *progress; /* begun by the caller; NULL for none */
};

/* One policy's outcome. */
struct sim_outcome {
	const struct sim_policy *policy;
	struct sim_replay_totals totals;
	struct sim_assembler_totals assembled;
	struct buddy_stats cost;
	struct sim_state end;
	struct sim_observed observed; /* over time */
	int64_t db_run;
	bool recorded_end_known;  /* the recording has snapshot 1 */
	bool recorded_end_same;   /* and the model ended in exactly that state */
	char invariant[200];  /* what buddy_check found wrong at the end; "" when nothing */
};

struct sim_run {
	struct rec_info info;
	struct rec_accounting accounting;
	uint64_t events;          /* of the whole stream, markers included: as many as pageman info counts */
	char profile[16];
	bool trim_kmalloc;
	bool timed;
	uint64_t clock_ns;        /* what each timed deed's reading of the clock costs; 0 unless timed */
	uint64_t seed;
	bool from_snapshot;
	bool synthetic;           /* no recording: a workload of workload.h */
	bool damaged;             /* the recording ended early, or the run was interrupted; `damage` says where */
	struct sim_error damage;
	uint64_t samples;
	uint32_t zone_count;
	char zone_names[BUDDY_ZONE_COUNT_MAX][16];
	unsigned outcome_count;
	struct sim_outcome outcomes[SIM_POLICIES_MAX];
};

/**
 * sim_run - replay a recording, or drive a synthetic workload
 * @run: filled on success; large, so the caller allocates it
 *
 * Return: 0 (also for a damaged recording or when interrupted, see run->damaged), -EEXIST (@options gives zones
 * and the recording has its own), or another negative error; all leave nothing to report.
 */
int sim_run(const struct sim_run_options *options, struct sim_run *run, struct sim_error *error);

/* True when a signal stopped the run before its input ended. */
bool sim_run_is_interrupted(const struct sim_run *run);

/* True when the results cover only part of what happened: damage, losses, frames or frees that did not fit. */
bool sim_run_is_partial(const struct sim_run *run);

#ifdef __cplusplus
}
#endif
#endif
