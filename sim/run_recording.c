// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The part of a run that reads a recording.
 *
 * Interface: sim_run_open_recording, sim_run_stream_recording, sim_run_compare_with_recorded_end (run_internal.h).
 */
#include "run_internal.h"

#include <errno.h>
#include <string.h>

#include "command.h"
#include "compare_state.h"

#define LAYOUT_CPU_COUNT BUDDY_CPU_COUNT_MAX

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
static int derive_layout(struct sim_run_state *r)
{
	struct rec_reader *reader;
	struct rec_error cause = { 0 };
	struct rec_batch batch;
	uint64_t largest = 0;
	int result;

	if (!sim_can_read_twice(r->options->path))
		return sim_fail(r->error, -EINVAL, "%s: the recording has no snapshot and can be read only once: give "
				"its zones with --zones", sim_file_name(r->options->path));
	result = sim_open_recording(r->options->path, REC_DIALECT_AUTO, &reader, r->error);
	if (result)
		return result;
	while ((result = rec_next(reader, &batch, &cause)) == 1)
		largest = largest_frame(&batch, largest);
	rec_close(reader);
	/* Damage is told when the events are replayed. */
	if (result == -EINTR || result == -ENOMEM)
		return sim_fail_rec(r->error, r->options->path, &cause);
	if (largest > (UINT64_C(1) << 32))
		return sim_fail(r->error, -ERANGE, "%s: frame %llu is larger than a replay can take",
				r->options->path, (unsigned long long)largest);
	sim_layout_derive(&r->layout, largest);
	return 0;
}

static int find_layout(struct sim_run_state *r)
{
	r->layout.cpu_count = LAYOUT_CPU_COUNT;
	if (r->options->zones)
		return sim_layout_parse(&r->layout, r->options->zones, r->error);
	return derive_layout(r);
}

int sim_run_open_recording(struct sim_run_state *r)
{
	struct rec_error cause = { 0 };
	int result = sim_open_recording(r->options->path, REC_DIALECT_AUTO, &r->reader, r->error);

	if (result)
		return result;
	r->info = rec_info(r->reader);
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

/* Counts this event. Return: whether a sample is due behind it. */
static bool count_to_sample(struct sim_run_state *r, const struct rec_event *e, uint64_t index)
{
	if (r->options->sample_allocs)
		return e->kind == REC_ALLOC && ++r->allocs % r->options->sample_allocs == 0;
	if (index < r->next_sample)
		return false;
	r->next_sample = index + r->sample_every;
	return true;
}

static int take_event(struct sim_run_state *r, const struct rec_event *e, const struct rec_wide *wide, uint64_t index)
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
	return count_to_sample(r, e, index) ? sim_run_sample(r, index, e->time_ns) : 0;
}

int sim_run_stream_recording(struct sim_run_state *r)
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
		r->out->damaged = true;
		if (sim_reading_ended(r->options->path, result, &cause, &r->out->damage)) {
			*r->error = r->out->damage;
			return result;
		}
	}
	return 0;
}

/* Did any policy end where the recorded kernel ended? */
void sim_run_compare_with_recorded_end(struct sim_run_state *r)
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
