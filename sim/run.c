// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Streams a recording through its replays, or a synthetic workload through its drives.
 *
 * Interface: sim_run, sim_run_is_partial, sim_run_is_interrupted (run.h).
 */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "measures.h"
#include "run_internal.h"

#define SAMPLE_EVERY_UNKNOWN 4096 /* events between samples when the recording's length is not known */

static int load_replay(struct sim_run_state *r, struct sim_lane *lane, const struct sim_policy *policy)
{
	struct sim_load_options load = { .kernel = r->options->kernel };
	struct sim_replay_options replay = { .policy = policy, .trim_kmalloc = r->options->trim_kmalloc,
					     .timed = r->options->timed, .leave_out_seed = r->options->seed };
	const struct rec_snapshot *snapshot = r->has_snapshot ? &r->snapshot : NULL;
	const char *kernel = r->options->kernel;
	int result;

	if (!kernel && r->info->kernel_release[0])
		kernel = r->info->kernel_release;
	if (snapshot)
		result = sim_machine_load(&lane->machine, snapshot, &load, r->error);
	else
		result = sim_machine_load_empty(&lane->machine, &r->layout, kernel, r->error);
	if (result)
		return sim_error_context(r->error, sim_file_name(r->options->path));
	result = sim_settings_apply(&r->options->settings, &lane->machine, snapshot, &replay.own_pcp_limits,
				    &replay.own_marks, r->error);
	if (!result)
		result = sim_replay_init(&lane->replay, &lane->machine, snapshot, &replay, r->error);
	lane->replaying = !result;
	return result;
}

static int load_lane(struct sim_run_state *r, struct sim_lane *lane, const struct sim_policy *policy)
{
	int result = r->workload ? sim_run_load_synthetic(r, lane, policy) : load_replay(r, lane, policy);

	if (!result)
		buddy_stats_reset(lane->machine.buddy);
	return result;
}

static void unload_lane(struct sim_lane *lane)
{
	if (lane->replaying)
		sim_replay_fini(&lane->replay);
	if (lane->driving)
		sim_drive_fini(&lane->drive);
	sim_machine_unload(&lane->machine);
}

static const struct sim_host *host_of(const struct sim_lane *lane)
{
	return lane->driving ? &lane->drive.host : &lane->replay.host;
}

static int begin_in_db(struct sim_run_state *r, struct sim_lane *lane, struct sim_outcome *outcome)
{
	struct sim_db_run run = { 0 };

	if (!r->options->db)
		return 0;
	run.recording = r->options->path;
	run.info = r->info;
	run.profile = lane->machine.profile->name;
	run.policy = outcome->policy->name;
	run.trim_kmalloc = r->options->trim_kmalloc;
	run.seed = r->options->seed;
	run.from_snapshot = r->has_snapshot;
	run.settings = &r->options->settings;
	run.machine = &lane->machine;
	return sim_db_run_begin(r->options->db, &run, &outcome->db_run, r->error);
}

static int load_lanes(struct sim_run_state *r)
{
	struct sim_run *out = r->out;
	int result = 0;

	out->outcome_count = r->options->policy_count;
	for (unsigned i = 0; i < out->outcome_count && !result; i++) {
		out->outcomes[i].policy = r->options->policies[i];
		result = load_lane(r, &r->lanes[i], r->options->policies[i]);
	}
	for (unsigned i = 0; i < out->outcome_count && !result; i++)
		result = begin_in_db(r, &r->lanes[i], &out->outcomes[i]);
	if (result)
		return result;
	out->from_snapshot = r->has_snapshot;
	out->trim_kmalloc = r->options->trim_kmalloc;
	out->timed = r->options->timed;
	out->clock_ns = out->timed ? sim_host_clock_ns() : 0;
	out->seed = r->options->seed;
	out->synthetic = r->workload != NULL;
	out->zone_count = r->lanes[0].machine.zone_count;
	memcpy(out->zone_names, r->lanes[0].machine.zone_names, sizeof(out->zone_names));
	snprintf(out->profile, sizeof(out->profile), "%s", r->lanes[0].machine.profile->name);
	return 0;
}

static struct sim_scene scene_of(const struct sim_lane *lane, const struct sim_state *state, uint64_t time_ns)
{
	return (struct sim_scene){ .machine = &lane->machine, .host = host_of(lane),
				   .sized = lane->driving ? &lane->drive.sized.ledger : &lane->replay.sized.ledger,
				   .state = state, .time_ns = time_ns };
}

int sim_run_sample(struct sim_run_state *r, uint64_t event, uint64_t time_ns)
{
	for (unsigned i = 0; i < r->out->outcome_count; i++) {
		struct sim_outcome *o = &r->out->outcomes[i];
		struct sim_state state;
		struct sim_scene scene = scene_of(&r->lanes[i], &state, time_ns);
		bool surveyed;

		sim_state_take(&r->lanes[i].machine, &state);
		surveyed = sim_observe(&o->observed, &scene);
		if (r->options->db &&
		    sim_db_sample(r->options->db, o->db_run, event, time_ns, &state,
				  sim_host_saved(host_of(&r->lanes[i])), r->error))
			return -EIO;
		if (r->options->db && surveyed &&
		    sim_db_survey(r->options->db, o->db_run, event, time_ns, &o->observed.survey, r->error))
			return -EIO;
	}
	/* A recording of unknown length is sampled more and more sparsely, so the samples stay few. */
	if (++r->samples % (4 * (uint64_t)r->options->sample_count) == 0)
		r->sample_every *= 2;
	return 0;
}

static int finish_outcome(struct sim_run_state *r, unsigned i)
{
	struct sim_outcome *o = &r->out->outcomes[i];
	struct sim_lane *lane = &r->lanes[i];
	struct sim_scene scene;

	if (lane->driving) {
		sim_drive_finish(&lane->drive);
		o->totals = lane->drive.totals;
	} else {
		sim_replay_finish(&lane->replay);
		o->totals = lane->replay.totals;
		o->assembled = *sim_assembler_totals(lane->replay.assembler);
	}
	scene = scene_of(lane, &o->end, o->totals.last_time_ns);
	o->cost = *buddy_stats(lane->machine.buddy);
	if (!buddy_check(lane->machine.buddy, o->invariant, sizeof(o->invariant)) && !o->invariant[0])
		snprintf(o->invariant, sizeof(o->invariant), "the model's check failed");
	sim_state_take(&lane->machine, &o->end);
	if (sim_state_fingerprint(&lane->machine, &o->end))
		return sim_fail(r->error, -ENOMEM, "no memory to take the final state");
	sim_observe_end(&o->observed, &scene);
	return 0;
}

static enum sim_db_state db_state(const struct sim_run *run)
{
	if (sim_run_is_interrupted(run))
		return SIM_DB_INTERRUPTED;
	return sim_run_is_partial(run) ? SIM_DB_PARTIAL : SIM_DB_COMPLETE;
}

/* Marks the runs that have begun. The error that is told is the one that came first. */
static void fail_in_db(struct sim_run_state *r)
{
	for (unsigned i = 0; i < r->out->outcome_count && r->options->db; i++)
		if (r->out->outcomes[i].db_run)
			sim_db_run_fail(r->options->db, r->out->outcomes[i].db_run);
}

/* A replay goes on without what it has no memory for, but what it then did is no result. */
static bool out_of_memory(const struct sim_lane *lane)
{
	if (lane->driving)
		return lane->drive.sized.out_of_memory;
	return lane->replay.sized.out_of_memory || sim_assembler_totals(lane->replay.assembler)->out_of_memory;
}

static int finish(struct sim_run_state *r)
{
	struct sim_run *out = r->out;
	int result = 0;

	for (unsigned i = 0; i < out->outcome_count; i++)
		if (out_of_memory(&r->lanes[i]))
			return sim_fail(r->error, -ENOMEM, "%s: no memory for the requests that are alive",
					sim_file_name(r->options->path));

	out->info = *r->info;
	if (r->reader)
		out->accounting = *rec_accounting(r->reader);
	for (unsigned i = 0; i < out->outcome_count && !result; i++)
		result = finish_outcome(r, i);
	if (!result)
		sim_run_compare_with_recorded_end(r);
	out->samples = r->samples;
	for (unsigned i = 0; i < out->outcome_count && !result && r->options->db; i++) {
		struct sim_outcome *o = &out->outcomes[i];
		struct sim_measure measures[SIM_MEASURES_MAX];
		struct sim_db_result row = { &o->totals, &o->assembled, &o->cost, &o->end, out->events,
					      out->info.lost_events, measures, 0 };

		row.measure_count = sim_measures_list(measures, out, o);
		result = sim_db_run_end(r->options->db, o->db_run, &row, db_state(out), r->error);
	}
	return result;
}

int sim_run(const struct sim_run_options *options, struct sim_run *out, struct sim_error *error)
{
	struct sim_run_state *r = calloc(1, sizeof(*r));
	bool synthetic = sim_workload_is(options->path);
	int result;

	if (!r)
		return sim_fail(error, -ENOMEM, "no memory for a replay");
	memset(out, 0, sizeof(*out));
	r->options = options;
	r->out = out;
	r->error = error;
	result = synthetic ? sim_run_open_synthetic(r) : sim_run_open_recording(r);
	if (!result)
		result = load_lanes(r);
	if (!result) {
		r->sample_every = r->info->events ? r->info->events / options->sample_count + 1 : SAMPLE_EVERY_UNKNOWN;
		/* The rig's raw recordings begin before snapshot 0; compact ones never do. */
		r->started = !r->has_snapshot || r->info->dialect != REC_DIALECT_RAW;
		result = synthetic ? sim_run_stream_synthetic(r) : sim_run_stream_recording(r);
	}
	if (!result)
		result = finish(r);
	if (result)
		fail_in_db(r);
	for (unsigned i = 0; i < options->policy_count; i++)
		unload_lane(&r->lanes[i]);
	sim_workload_destroy(r->workload);
	rec_snapshot_free(&r->snapshot);
	if (r->reader)
		rec_close(r->reader);
	free(r);
	return result;
}

bool sim_run_is_interrupted(const struct sim_run *run)
{
	return run->damaged && run->damage.code == -EINTR;
}

bool sim_run_is_partial(const struct sim_run *run)
{
	const struct sim_replay_totals *t = &run->outcomes[0].totals;

	return run->damaged || run->info.lost_events || run->accounting.lost_events || t->lost_events ||
	       run->accounting.garbage_lines || t->impossible.count || t->outside.count || t->unmatched_free.count ||
	       t->unseen_free.count;
}
