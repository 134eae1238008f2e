// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Follows a recording up to a moment.
 *
 * Interface: sim_moment_tree (moment.h).
 */
#include "moment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "verify.h"

struct run {
	const struct sim_moment *moment;
	struct rec_reader *reader;
	struct sim_machine machine;
	struct verify *verify;
	struct sim_moment_result *result;
	struct sim_error *error;
};

static int load(struct run *r)
{
	const struct sim_load_options options = { .kernel = r->moment->kernel };
	const char *file = sim_file_name(r->moment->path);
	struct rec_snapshot snapshot;
	struct rec_error cause = { 0 };
	int result = rec_snapshot_get(r->reader, 0, &snapshot, &cause);

	if (result == -ENOENT)
		return sim_fail(r->error, result, "%s: has no snapshot 0: expected a recording of the capture rig or "
				"of the module, found a trace alone", file);
	if (result)
		return sim_fail_rec(r->error, file, &cause);
	if (!snapshot.ordered)
		result = sim_fail(r->error, -EINVAL, "%s: its snapshot has the lengths of the lists only: where a "
				  "block was split is not known", file);
	else if ((result = sim_machine_load(&r->machine, &snapshot, &options, r->error)))
		sim_error_context(r->error, file);
	rec_snapshot_free(&snapshot);
	return result;
}

static int find_zone(struct run *r)
{
	uint32_t zone;

	if (buddy_zone_of(r->machine.buddy, r->moment->pfn, &zone))
		return sim_fail(r->error, -ERANGE, "%s: expected a frame of a zone, in [0x%" PRIx64 ", 0x%" PRIx64
				"), found 0x%" PRIx64, sim_file_name(r->moment->path), r->machine.start_pfn,
				r->machine.end_pfn, r->moment->pfn);
	snprintf(r->result->zone_name, sizeof(r->result->zone_name), "%s", r->machine.zone_names[zone]);
	return 0;
}

/* Return: 1 to go on, 0 at the moment or at the recording's own end, negative when out of memory. */
static int follow_batch(struct run *r, const struct rec_batch *batch, uint64_t *first_time_ns)
{
	int status = verify_expect(r->verify, batch->events, batch->count) ? -ENOMEM : 1;

	for (size_t i = 0; i < batch->count && status > 0; i++) {
		const struct rec_event *e = &batch->events[i];

		if (!r->result->events)
			*first_time_ns = e->time_ns;
		if (e->time_ns > *first_time_ns && e->time_ns - *first_time_ns > r->moment->time_ns)
			return 0;
		r->result->events++;
		status = verify_event(r->verify, e, rec_kind_is_wide(e->kind) ? &batch->wide[e->arg] : NULL);
		r->result->is_end = !status;
	}
	return status;
}

static int follow(struct run *r)
{
	uint64_t done, total, first_time_ns = 0;
	struct rec_error cause = { 0 };
	struct rec_batch batch;
	int status = 1, more = 1;

	while (status > 0 && (more = rec_next(r->reader, &batch, &cause)) > 0) {
		status = follow_batch(r, &batch, &first_time_ns);
		rec_progress(r->reader, &done, &total);
		sim_progress_show(r->moment->progress, done, total, r->result->events);
	}
	if (status < 0)
		return sim_fail(r->error, status, "%s: no memory to follow it", sim_file_name(r->moment->path));
	r->result->is_end |= status > 0;
	r->result->is_damaged = more < 0;
	return more < 0 ? sim_reading_ended(r->moment->path, more, &cause, r->error) : 0;
}

static int look(struct run *r, struct sim_tree *tree)
{
	const struct verify_result *verified = verify_finish(r->verify); /* does what still waits for its turn */
	uint64_t start_pfn = r->moment->pfn >> r->moment->order << r->moment->order;
	int result = sim_tree_take(tree, r->machine.buddy, start_pfn, r->moment->order, NULL, NULL);

	if (result)
		return sim_fail(r->error, result, "order %u: expected 0 to %d", r->moment->order, BUDDY_ORDER_MAX);
	r->result->allocs = verified->allocs;
	r->result->exact = verified->exact;
	snprintf(r->result->kernel_release, sizeof(r->result->kernel_release), "%s",
		 rec_info(r->reader)->kernel_release);
	return 0;
}

int sim_moment_tree(const struct sim_moment *moment, struct sim_tree *tree, struct sim_moment_result *result,
		    struct sim_error *error)
{
	struct run run = { .moment = moment, .result = result, .error = error };
	int status = sim_open_recording(moment->path, REC_DIALECT_AUTO, &run.reader, error);

	*result = (struct sim_moment_result){ 0 };
	if (!status)
		status = load(&run);
	if (!status)
		status = find_zone(&run);
	if (!status) {
		run.verify = verify_create(&run.machine);
		status = run.verify ? follow(&run) : sim_fail(error, -ENOMEM, "%s: no memory to follow it",
								 sim_file_name(moment->path));
	}
	if (!status)
		status = look(&run, tree);
	verify_destroy(run.verify);
	sim_machine_unload(&run.machine);
	if (run.reader)
		rec_close(run.reader);
	return status;
}
