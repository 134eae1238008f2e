// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Streams a recording through its replays.
 *
 * Interface: sim_run, sim_run_is_partial (run.h).
 */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "compare_state.h"
#include "measures.h"

#define SAMPLE_EVERY_UNKNOWN 4096 /* events between samples when the recording's length is not known */
#define LAYOUT_CPU_COUNT BUDDY_CPU_COUNT_MAX

struct lane {
	struct sim_machine machine;
	struct sim_replay replay;
	bool loaded, replaying;
};

struct run {
	const struct sim_run_options *options;
	struct sim_run *out;
	struct sim_error *error;
	struct rec_reader *reader;
	struct rec_snapshot snapshot;
	bool has_snapshot;
	struct sim_layout layout;
	struct lane lanes[SIM_POLICIES_MAX];
	uint64_t sample_every, next_sample, samples;
	bool started;  /* the marker of snapshot 0 has passed, or there is none to wait for */
	bool ended;    /* the marker of snapshot 1 has passed */
};

static uint64_t largest_frame(const struct rec_batch *batch, uint64_t largest)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct rec_event *e = &batch->events[i];
		uint64_t last;

		if ((e->kind != REC_ALLOC && e->kind != REC_FREE) || e->pfn == REC_NO_PFN || !rec_event_possible(e))
			continue;
		last = e->pfn + (UINT64_C(1) << e->order) - 1;
		if (last > largest)
			largest = last;
	}
	return largest;
}

/* Reads the whole recording once to learn which frames it has. */
static int derive_layout(struct run *r)
{
	struct rec_reader *reader;
	struct rec_error cause = { 0 };
	struct rec_batch batch;
	uint64_t largest = 0;
	int result;

	if (!strcmp(r->options->path, "-"))
		return sim_fail(r->error, -EINVAL, "standard input: the recording has no snapshot and can be read "
				"only once: give its zones with --zones");
	result = sim_open_recording(r->options->path, REC_DIALECT_AUTO, &reader, r->error);
	if (result)
		return result;
	while ((result = rec_next(reader, &batch, &cause)) == 1)
		largest = largest_frame(&batch, largest);
	rec_close(reader);
	if (largest > (UINT64_C(1) << 32))
		return sim_fail(r->error, -ERANGE, "%s: frame %llu is larger than a replay can take",
				r->options->path, (unsigned long long)largest);
	sim_layout_derive(&r->layout, largest);
	return 0;
}

static int find_layout(struct run *r)
{
	r->layout.cpu_count = LAYOUT_CPU_COUNT;
	if (r->options->zones)
		return sim_layout_parse(&r->layout, r->options->zones, r->error);
	return derive_layout(r);
}

static int open_input(struct run *r)
{
	struct rec_error cause = { 0 };
	int result = sim_open_recording(r->options->path, REC_DIALECT_AUTO, &r->reader, r->error);

	if (result)
		return result;
	result = rec_snapshot_get(r->reader, 0, &r->snapshot, &cause);
	if (result == -ENOENT)
		return find_layout(r);
	if (result) {
		cause.code = result;
		return sim_fail_rec(r->error, sim_file_name(r->options->path), &cause);
	}
	if (r->options->zones)
		return sim_fail(r->error, -EEXIST, "%s: has a snapshot with zones of its own: --zones is for "
				"recordings without one", sim_file_name(r->options->path));
	/* Without lists it says where the zones are, and that is all that a replay can use. */
	r->has_snapshot = r->snapshot.ordered;
	if (!r->has_snapshot)
		sim_layout_from_snapshot(&r->layout, &r->snapshot);
	return 0;
}

static int load_lane(struct run *r, struct lane *lane, const struct sim_policy *policy)
{
	struct sim_load_options load = { .kernel = r->options->kernel };
	struct sim_replay_options replay = { .policy = policy, .trim_kmalloc = r->options->trim_kmalloc,
					     .timed = r->options->timed, .leave_out_seed = r->options->seed };
	const struct rec_snapshot *snapshot = r->has_snapshot ? &r->snapshot : NULL;
	const struct rec_info *info = rec_info(r->reader);
	const char *kernel = r->options->kernel;
	int result;

	if (!kernel && info->kernel_release[0])
		kernel = info->kernel_release;
	if (snapshot)
		result = sim_machine_load(&lane->machine, snapshot, &load, r->error);
	else
		result = sim_machine_load_empty(&lane->machine, &r->layout, kernel, r->error);
	if (result)
		return sim_error_context(r->error, sim_file_name(r->options->path));
	lane->loaded = true;
	result = sim_settings_apply(&r->options->settings, &lane->machine, snapshot, &replay.own_pcp_limits,
				    &replay.own_marks, r->error);
	if (!result)
		result = sim_replay_init(&lane->replay, &lane->machine, snapshot, &replay, r->error);
	lane->replaying = !result;
	buddy_stats_reset(lane->machine.buddy);
	return result;
}

static int begin_in_db(struct run *r, struct lane *lane, struct sim_outcome *outcome)
{
	struct sim_db_run run = { 0 };

	if (!r->options->db)
		return 0;
	run.recording = r->options->path;
	run.info = rec_info(r->reader);
	run.profile = lane->machine.profile->name;
	run.policy = outcome->policy->name;
	run.trim_kmalloc = r->options->trim_kmalloc;
	run.seed = r->options->seed;
	run.from_snapshot = r->has_snapshot;
	run.settings = &r->options->settings;
	run.machine = &lane->machine;
	return sim_db_run_begin(r->options->db, &run, &outcome->db_run, r->error);
}

static int load_lanes(struct run *r)
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
	out->zone_count = r->lanes[0].machine.zone_count;
	memcpy(out->zone_names, r->lanes[0].machine.zone_names, sizeof(out->zone_names));
	snprintf(out->profile, sizeof(out->profile), "%s", r->lanes[0].machine.profile->name);
	return 0;
}

static struct sim_scene scene_of(const struct lane *lane, const struct sim_state *state, uint64_t time_ns)
{
	return (struct sim_scene){ .machine = &lane->machine, .host = &lane->replay.host,
				   .sized = &lane->replay.sized.ledger, .state = state, .time_ns = time_ns };
}

static int sample(struct run *r, uint64_t event, uint64_t time_ns)
{
	for (unsigned i = 0; i < r->out->outcome_count; i++) {
		struct sim_outcome *o = &r->out->outcomes[i];
		struct sim_state state;
		struct sim_scene scene = scene_of(&r->lanes[i], &state, time_ns);
		bool surveyed;

		sim_state_take(&r->lanes[i].machine, &state);
		surveyed = sim_observe(&o->observed, &scene);
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
			o->unusable_mean_permille[order] += state.all.unusable_permille[order];
			o->free_blocks_mean[order] += (double)state.all.free_blocks[order];
		}
		if (r->options->db &&
		    sim_db_sample(r->options->db, o->db_run, event, time_ns, &state,
				  sim_host_saved(&r->lanes[i].replay.host), r->error))
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

static int take_event(struct run *r, const struct rec_event *e, const struct rec_wide *wide, uint64_t index)
{
	if (e->kind == REC_SNAPSHOT) {
		r->started = r->started || e->arg == 0;
		r->ended = r->ended || e->arg == 1;
		return 0;
	}
	if (!r->started || r->ended)
		return 0;
	for (unsigned i = 0; i < r->out->outcome_count; i++)
		sim_replay_event(&r->lanes[i].replay, index, e, wide);
	if (index < r->next_sample)
		return 0;
	r->next_sample = index + r->sample_every;
	return sample(r, index, e->time_ns);
}

static int stream(struct run *r)
{
	struct rec_error cause = { 0 };
	struct rec_batch batch;
	int result;

	while ((result = rec_next(r->reader, &batch, &cause)) == 1) {
		r->out->events += batch.count;
		for (size_t i = 0; i < batch.count; i++)
			if (take_event(r, &batch.events[i], batch.wide, batch.first_index + i))
				return -EIO;
		if (r->options->progress) {
			uint64_t done, total;

			rec_progress(r->reader, &done, &total);
			sim_progress_show(r->options->progress, done, total, batch.first_index + batch.count);
		}
	}
	if (result < 0) {
		if (!cause.code)
			cause.code = result;
		sim_fail_rec(&r->out->damage, sim_file_name(r->options->path), &cause);
		r->out->damaged = true;
	}
	return 0;
}

static int finish_outcome(struct run *r, unsigned i)
{
	struct sim_outcome *o = &r->out->outcomes[i];
	struct lane *lane = &r->lanes[i];
	struct sim_scene scene = scene_of(lane, &o->end, lane->replay.totals.last_time_ns);

	sim_replay_finish(&lane->replay);
	o->totals = lane->replay.totals;
	o->assembled = *sim_assembler_totals(lane->replay.assembler);
	o->cost = *buddy_stats(lane->machine.buddy);
	if (!buddy_check(lane->machine.buddy, o->invariant, sizeof(o->invariant)) && !o->invariant[0])
		snprintf(o->invariant, sizeof(o->invariant), "the model's check failed");
	sim_state_take(&lane->machine, &o->end);
	if (sim_state_fingerprint(&lane->machine, &o->end))
		return sim_fail(r->error, -ENOMEM, "no memory to take the final state");
	sim_observe_end(&o->observed, &scene);
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT && r->samples; order++) {
		o->unusable_mean_permille[order] /= (double)r->samples;
		o->free_blocks_mean[order] /= (double)r->samples;
	}
	return 0;
}

/* Did any policy end where the recorded kernel ended? */
static void compare_with_recorded_end(struct run *r)
{
	struct rec_snapshot end = { 0 };
	struct rec_error cause;
	struct sim_state_diff diff;

	if (!r->has_snapshot || r->out->damaged || rec_snapshot_get(r->reader, 1, &end, &cause))
		return;
	for (unsigned i = 0; i < r->out->outcome_count; i++) {
		struct sim_outcome *o = &r->out->outcomes[i];

		if (sim_machine_compare(&r->lanes[i].machine, &end, &diff, NULL))
			continue;
		o->recorded_end_known = true;
		o->recorded_end_same = sim_state_diff_same(&diff);
	}
	rec_snapshot_free(&end);
}

static int finish(struct run *r)
{
	struct sim_run *out = r->out;
	int result = 0;

	out->info = *rec_info(r->reader);
	out->accounting = *rec_accounting(r->reader);
	for (unsigned i = 0; i < out->outcome_count && !result; i++)
		result = finish_outcome(r, i);
	if (!result)
		compare_with_recorded_end(r);
	out->samples = r->samples;
	for (unsigned i = 0; i < out->outcome_count && !result && r->options->db; i++) {
		struct sim_outcome *o = &out->outcomes[i];
		struct sim_measure measures[SIM_MEASURES_MAX];
		struct sim_db_result row = { &o->totals, &o->assembled, &o->cost, &o->end, out->events,
					      out->info.lost_events, measures, 0 };

		row.measure_count = sim_measures_list(measures, out, o);
		result = sim_db_run_end(r->options->db, o->db_run, &row, !sim_run_is_partial(out), r->error);
	}
	return result;
}

int sim_run(const struct sim_run_options *options, struct sim_run *out, struct sim_error *error)
{
	struct run *r = calloc(1, sizeof(*r));
	uint64_t known;
	int result;

	if (!r)
		return sim_fail(error, -ENOMEM, "no memory for a replay");
	memset(out, 0, sizeof(*out));
	r->options = options;
	r->out = out;
	r->error = error;
	result = open_input(r);
	if (!result)
		result = load_lanes(r);
	if (!result) {
		known = rec_info(r->reader)->events;
		r->sample_every = known ? known / options->sample_count + 1 : SAMPLE_EVERY_UNKNOWN;
		/* The rig's raw recordings begin before snapshot 0; compact ones never do. */
		r->started = !r->has_snapshot || rec_info(r->reader)->dialect != REC_DIALECT_RAW;
		result = stream(r);
	}
	if (!result)
		result = finish(r);
	for (unsigned i = 0; i < options->policy_count; i++) {
		if (r->lanes[i].replaying)
			sim_replay_fini(&r->lanes[i].replay);
		sim_machine_unload(&r->lanes[i].machine);
	}
	rec_snapshot_free(&r->snapshot);
	if (r->reader)
		rec_close(r->reader);
	free(r);
	return result;
}

bool sim_run_is_partial(const struct sim_run *run)
{
	const struct sim_replay_totals *t = &run->outcomes[0].totals;

	return run->damaged || run->info.lost_events || run->accounting.lost_events || t->lost_events ||
	       run->accounting.garbage_lines || t->impossible.count || t->outside.count || t->unmatched_free.count ||
	       t->unseen_free.count;
}
