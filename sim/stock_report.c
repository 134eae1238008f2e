// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What `pageman verify` says of a recording without order.
 *
 * Interface: stock_report.h.
 */
#include "stock_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "report.h"
#include "stock.h"
#include "stock_truth.h"
#include "table.h"

struct report {
	const char *path;
	struct rec_reader *reader;
	struct stock *stock;
	const struct stock_result *result;
	struct stock_truth *truth; /* NULL: the recording has no more than tracepoints */
	uint64_t sample_every;
	bool sample_due;
	struct stock_end end;
	bool has_end;
	bool damaged;
	uint64_t first_time_ns, last_time_ns;
	struct sim_error *error;
	struct sim_error damage;
};

static const char *const row_texts[STOCK_ROW_COUNT] = { "order 0", "orders 1 to 3", "order 4 and up" };
static const char *const row_keys[STOCK_ROW_COUNT] = { "order_0", "order_1_to_3", "order_4_up" };

/* --- Reading, twice ------------------------------------------------------------ */

/* Return: 0, or a negative error; damage ends the pass and is told once, by the second. */
static int first_pass(struct report *r, struct sim_progress *progress)
{
	struct rec_reader *reader;
	struct rec_batch batch;
	struct rec_error rec = { 0 };
	int result;

	if (!sim_can_read_twice(r->path))
		return sim_fail(r->error, -EINVAL, "%s: a recording without order is read twice: expected a file, "
				"found a stream", sim_file_name(r->path));
	result = sim_open_recording(r->path, REC_DIALECT_AUTO, &reader, r->error);
	if (result)
		return result;
	while ((result = rec_next(reader, &batch, &rec)) > 0) {
		uint64_t done, total;

		for (size_t i = 0; i < batch.count; i++) {
			struct rec_event e = batch.events[i];

			if (rec_event_forget(&e))
				stock_fact(r->stock, &e);
		}
		rec_progress(reader, &done, &total);
		sim_progress_show(progress, done / 2, total, batch.first_index + batch.count);
	}
	rec_close(reader);
	/* Damage is told by the second pass, which then has the first part of both. */
	if (result == -EINTR || result == -ENOMEM)
		return sim_fail_rec(r->error, r->path, &rec);
	return 0;
}

/* An event on the model, and on the exact one when there is one. Return: 1, 0 behind snapshot 1, -ENOMEM. */
static int one_event(struct report *r, const struct rec_event *event, const struct rec_wide *wide, uint64_t index)
{
	struct rec_event e = *event;
	bool told = rec_event_forget(&e);
	int status = 1;

	if (!r->result->events)
		r->first_time_ns = e.time_ns;
	r->last_time_ns = e.time_ns;
	if (r->truth && stock_truth_event(r->truth, event, wide))
		return -ENOMEM;
	if (told)
		status = stock_event(r->stock, &e, wide);
	r->sample_due |= index % r->sample_every == 0;
	/* The exact model does an operation as a whole: both have done the same at the end of an allocation. */
	if (r->truth && r->sample_due && status > 0 && r->result->saw_snapshot[0] && e.kind == REC_ALLOC) {
		stock_truth_sample(r->truth, r->stock);
		r->sample_due = false;
	}
	return status;
}

/* Return: as sim_reading_ended. */
static int reading_ended(struct report *r, int result, struct rec_error *cause)
{
	r->damaged = true;
	result = sim_reading_ended(r->path, result, cause, &r->damage);
	if (result)
		*r->error = r->damage;
	return result;
}

static int second_pass(struct report *r, struct sim_progress *progress)
{
	struct rec_batch batch;
	struct rec_error rec = { 0 };
	int status = 1, result;

	while ((result = rec_next(r->reader, &batch, &rec)) > 0) {
		uint64_t done, total;

		for (size_t i = 0; i < batch.count && status > 0; i++) {
			const struct rec_event *e = &batch.events[i];

			status = one_event(r, e, rec_kind_is_wide(e->kind) ? &batch.wide[e->arg] : NULL,
					   batch.first_index + i);
		}
		rec_progress(r->reader, &done, &total);
		sim_progress_show(progress, (total + done) / 2, total, batch.first_index + batch.count);
	}
	if (status < 0)
		return sim_fail(r->error, status, "%s: no memory to verify it", sim_file_name(r->path));
	return result < 0 ? reading_ended(r, result, &rec) : 0;
}

/* Replaces an exact snapshot by what /proc would have told of it. */
static int forget(struct rec_snapshot *snapshot, struct sim_error *error)
{
	struct rec_snapshot forgotten;
	struct rec_error rec;
	void *bytes;
	size_t length;
	int result = rec_snapshot_forget(snapshot, &bytes, &length);

	if (result)
		return sim_fail(error, result, "out of memory");
	result = rec_snapshot_parse(bytes, length, &forgotten, &rec);
	free(bytes);
	rec_snapshot_free(snapshot);
	if (result)
		return sim_fail_rec(error, "", &rec);
	*snapshot = forgotten;
	return 0;
}

static int compare_end(struct report *r)
{
	struct rec_snapshot snapshot;
	struct rec_error rec = { 0 };
	int result;

	if (r->damaged)
		return 0;
	result = rec_snapshot_get(r->reader, 1, &snapshot, &rec);
	if (result == -ENOENT)
		return 0;
	if (result)
		return reading_ended(r, result, &rec);
	if (snapshot.ordered && (result = forget(&snapshot, r->error)))
		return result;
	result = stock_compare(r->stock, &snapshot, &r->end, r->error);
	r->has_end = !result;
	rec_snapshot_free(&snapshot);
	return result;
}

/* --- Sums ------------------------------------------------------------ */

struct sums {
	uint64_t all, predicted, exact, learned;
};

static void add(struct sums *to, const uint64_t classes[STOCK_CLASS_COUNT])
{
	to->exact += classes[STOCK_EXACT];
	to->predicted += classes[STOCK_EXACT] + classes[STOCK_WRONG];
	to->learned += classes[STOCK_LEARNED];
	to->all = to->predicted + to->learned;
}

static struct sums sum(const uint64_t rows[STOCK_ROW_COUNT][STOCK_CLASS_COUNT])
{
	struct sums all = { 0 };

	for (int row = 0; row < STOCK_ROW_COUNT; row++)
		add(&all, rows[row]);
	return all;
}

static double percent(uint64_t part, uint64_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0; }

/* --- Text ------------------------------------------------------------ */

static void print_row(struct sim_table *t, const char *what, const struct sums *s)
{
	char all[32], predicted[32], exact[32], wrong[32], learned[32];

	if (!s->all)
		return;
	sim_table_row(t, "%s|%s|%s|%s|%s|%s|%.2f%%", what, sim_text_count(all, s->all),
		      sim_text_count(predicted, s->predicted), sim_text_count(exact, s->exact),
		      sim_text_count(wrong, s->predicted - s->exact), sim_text_count(learned, s->learned),
		      percent(s->exact, s->predicted));
}

static void print_rows(const char *what, const uint64_t rows[STOCK_ROW_COUNT][STOCK_CLASS_COUNT])
{
	struct sim_table t;
	char heading[128];

	snprintf(heading, sizeof(heading), "<%s|all|predicted|exact|wrong|learned|exact of predicted", what);
	sim_table_init(&t, heading);
	for (int row = 0; row < STOCK_ROW_COUNT; row++) {
		struct sums s = { 0 };

		add(&s, rows[row]);
		print_row(&t, row_texts[row], &s);
	}
	sim_table_print(&t, stdout);
	printf("\n");
}

static void print_end(const struct report *r)
{
	char a[32], b[32];
	struct sim_table t;

	if (!r->has_end)
		return;
	printf("lengths of the free lists at the end, model against kernel:\n");
	sim_table_init(&t, "<order|lists|of these equal|blocks|mean error of a list");
	for (unsigned order = 0; order < STOCK_ORDER_COUNT; order++) {
		const struct stock_lengths *l = &r->end.order[order];

		if (l->lists)
			sim_table_row(&t, "%u|%" PRIu64 "|%" PRIu64 "|%s|%.2f", order, l->lists, l->same,
				      sim_text_count(a, l->blocks), (double)l->error / (double)l->lists);
	}
	sim_table_print(&t, stdout);
	printf("frames on free lists: model %s, kernel %s; on per-CPU lists: ",
	       sim_text_count(a, r->end.free_pages_model), sim_text_count(b, r->end.free_pages_kernel));
	printf("model %s, kernel %s\n", sim_text_count(a, r->end.pcp_pages_model),
	       sim_text_count(b, r->end.pcp_pages_kernel));
	printf("the place is known of %.2f%% of the free frames\n\n",
	       percent(r->end.known_pages, r->end.free_pages_model));
}

static void print_truth(const struct report *r)
{
	const struct stock_truth_result *t = r->truth ? stock_truth_result(r->truth) : NULL;
	struct sim_table table;

	if (!t || !t->samples)
		return;
	printf("lengths over time, at %" PRIu64 " moments, against the exact model of this recording:\n", t->samples);
	sim_table_init(&table, "<order|lists equal|mean blocks|mean error of a list");
	for (unsigned order = 0; order < STOCK_ORDER_COUNT; order++) {
		const struct stock_lengths *l = &t->order[order];

		if (l->lists)
			sim_table_row(&table, "%u|%.2f%%|%.1f|%.3f", order, percent(l->same, l->lists),
				      (double)l->blocks / (double)t->samples, (double)l->error / (double)l->lists);
	}
	sim_table_print(&table, stdout);
	printf("mean error of the free frames: %.1f\n\n", (double)t->free_pages_error / (double)t->samples);
}

static void print_account(const struct stock_result *s)
{
	const struct { uint64_t count; const char *what; } lines[] = {
		{ s->discovered, "blocks of unknown remainders showed their place when they were taken" },
		{ s->hindsight_merges, "blocks of unknown remainders merged with a free; later events told of them" },
		{ s->fallbacks, "blocks were taken from another type" },
		{ s->unseen, "blocks had left a list without an event: bulk allocation, compaction, an interrupt" },
		{ s->turned, "lists had been turned without an event, as compaction's search does" },
		{ s->isolated, "frames were taken by compaction, known by their number alone" },
		{ s->contradicted, "blocks moved that the model had elsewhere" },
		{ s->failed, "allocations failed" },
	};
	char count[32], line[160];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!lines[i].count)
			continue;
		snprintf(line, sizeof(line), "%s %s", sim_text_count(count, lines[i].count), lines[i].what);
		sim_print_wrapped(stdout, line, 0);
	}
	if (s->runs) {
		char exact[32];

		printf("predicted by the steps of an unknown per-CPU list alone: %s, exact: %s\n",
		       sim_text_count(count, s->runs), sim_text_count(exact, s->runs_exact));
	}
	for (unsigned which = 0; which < 2; which++)
		if (s->saw_begin[which])
			printf("events while /proc was read for snapshot %u: %s\n", which,
			       sim_text_count(count, s->between_marks[which]));
}

static void print_text(const struct report *r)
{
	const struct rec_info *info = rec_info(r->reader);
	const struct sums all = sum(r->result->alloc);
	char a[32], b[32], c[32], d[32];

	sim_heading(stdout, sim_file_name(r->path));
	printf("kernel %s, workload %s, %s events over %s\n", info->kernel_release,
	       info->workload[0] ? info->workload : "unknown", sim_text_count(a, r->result->events),
	       sim_text_duration(b, r->last_time_ns - r->first_time_ns));
	sim_report_interruption(stdout, r->damaged ? &r->damage : NULL, r->result->events);
	printf("tracepoints only: how long the lists were is known, not what was on them; an approximation\n");
	printf("predicted: %s of %s allocations (%.2f%%), of these exact: %s (%.2f%%); learned: %s\n\n",
	       sim_text_count(a, all.predicted), sim_text_count(b, all.all), percent(all.predicted, all.all),
	       sim_text_count(c, all.exact), percent(all.exact, all.predicted), sim_text_count(d, all.learned));
	print_rows("allocations", r->result->alloc);
	print_rows("blocks taken", r->result->taken);
	print_end(r);
	print_truth(r);
	print_account(r->result);
}

/* --- JSON ------------------------------------------------------------ */

static void json_rows(struct sim_json *j, const char *key, const uint64_t rows[STOCK_ROW_COUNT][STOCK_CLASS_COUNT])
{
	sim_json_object(j, key);
	for (int row = 0; row < STOCK_ROW_COUNT; row++) {
		sim_json_object(j, row_keys[row]);
		sim_json_u64(j, "exact", rows[row][STOCK_EXACT]);
		sim_json_u64(j, "wrong", rows[row][STOCK_WRONG]);
		sim_json_u64(j, "learned", rows[row][STOCK_LEARNED]);
		sim_json_object_end(j);
	}
	sim_json_object_end(j);
}

static void json_end(struct sim_json *j, const struct report *r)
{
	if (!r->has_end) {
		sim_json_null(j, "snapshot1");
		return;
	}
	sim_json_object(j, "snapshot1");
	sim_json_array(j, "orders");
	for (unsigned order = 0; order < STOCK_ORDER_COUNT; order++) {
		const struct stock_lengths *l = &r->end.order[order];

		sim_json_object(j, NULL);
		sim_json_u64(j, "order", order);
		sim_json_u64(j, "lists", l->lists);
		sim_json_u64(j, "lists_equal", l->same);
		sim_json_u64(j, "blocks", l->blocks);
		sim_json_u64(j, "error_sum", l->error);
		sim_json_object_end(j);
	}
	sim_json_array_end(j);
	sim_json_u64(j, "free_pages_model", r->end.free_pages_model);
	sim_json_u64(j, "free_pages_kernel", r->end.free_pages_kernel);
	sim_json_u64(j, "pcp_pages_model", r->end.pcp_pages_model);
	sim_json_u64(j, "pcp_pages_kernel", r->end.pcp_pages_kernel);
	sim_json_u64(j, "known_pages", r->end.known_pages);
	sim_json_object_end(j);
}

static void json_truth(struct sim_json *j, const struct report *r)
{
	const struct stock_truth_result *t = r->truth ? stock_truth_result(r->truth) : NULL;

	if (!t) {
		sim_json_null(j, "over_time");
		return;
	}
	sim_json_object(j, "over_time");
	sim_json_u64(j, "samples", t->samples);
	sim_json_u64(j, "free_pages_error_sum", t->free_pages_error);
	sim_json_array(j, "orders");
	for (unsigned order = 0; order < STOCK_ORDER_COUNT; order++) {
		sim_json_object(j, NULL);
		sim_json_u64(j, "order", order);
		sim_json_u64(j, "lists", t->order[order].lists);
		sim_json_u64(j, "lists_equal", t->order[order].same);
		sim_json_u64(j, "blocks", t->order[order].blocks);
		sim_json_u64(j, "error_sum", t->order[order].error);
		sim_json_object_end(j);
	}
	sim_json_array_end(j);
	sim_json_object_end(j);
}

static void print_json(const struct report *r)
{
	const struct stock_result *s = r->result;
	const struct sums all = sum(s->alloc);
	struct sim_json j;

	sim_json_begin(&j, stdout, "verify");
	sim_json_string(&j, "recording", r->path);
	sim_json_string(&j, "kernel", rec_info(r->reader)->kernel_release);
	sim_json_string(&j, "profile", stock_profile(r->stock));
	sim_json_bool(&j, "tracepoints_only", true);
	sim_json_bool(&j, "complete", false);
	sim_json_u64(&j, "events", s->events);
	sim_report_damage_json(&j, r->damaged ? &r->damage : NULL, s->events);
	sim_json_u64(&j, "allocs", all.all);
	sim_json_u64(&j, "predicted", all.predicted);
	sim_json_u64(&j, "exact", all.exact);
	sim_json_u64(&j, "learned", all.learned);
	sim_json_u64(&j, "predicted_by_steps", s->runs);
	sim_json_u64(&j, "exact_by_steps", s->runs_exact);
	json_rows(&j, "allocations", s->alloc);
	json_rows(&j, "taken", s->taken);
	sim_json_u64(&j, "frees", s->frees);
	sim_json_u64(&j, "discovered", s->discovered);
	sim_json_u64(&j, "hindsight_merges", s->hindsight_merges);
	sim_json_u64(&j, "fallbacks", s->fallbacks);
	sim_json_u64(&j, "unseen", s->unseen);
	sim_json_u64(&j, "turned", s->turned);
	sim_json_u64(&j, "isolated", s->isolated);
	sim_json_u64(&j, "contradicted", s->contradicted);
	sim_json_u64(&j, "failed", s->failed);
	sim_json_u64(&j, "lost_events", s->lost + rec_info(r->reader)->lost_events);
	sim_json_u64(&j, "events_in_snapshot0", s->between_marks[0]);
	sim_json_u64(&j, "events_in_snapshot1", s->between_marks[1]);
	sim_odd_events_json(&j, "impossible_events", &s->impossible);
	sim_odd_events_json(&j, "outside_zones", &s->outside);
	json_end(&j, r);
	json_truth(&j, r);
	sim_json_end(&j);
}

/* --- The verdict ------------------------------------------------------------ */

static void complain(const struct report *r)
{
	const char *file = sim_file_name(r->path);
	uint64_t lost = r->result->lost + rec_info(r->reader)->lost_events;

	sim_complain_at(file, r->truth ? "only the kernel's own tracepoints were used: the result is an approximation"
				       : "has only the kernel's own tracepoints: the result is an approximation");
	if (r->damaged)
		sim_complain(&r->damage);
	else if (!r->has_end)
		sim_complain_at(file, "has no snapshot 1: the state at the end was not compared");
	sim_complain_impossible(r->path, &r->result->impossible);
	sim_complain_outside(r->path, &r->result->outside);
	if (lost)
		sim_complain_at(file, "%" PRIu64 " events were lost when it was recorded", lost);
}

static int run(struct report *r, bool quiet)
{
	struct sim_progress progress;
	int result;

	sim_progress_begin(&progress, "verifying", quiet);
	result = first_pass(r, &progress);
	if (!result)
		result = second_pass(r, &progress);
	sim_progress_end(&progress);
	return result ? result : compare_end(r);
}

/* Moments at which lengths are compared: that many, or one in so many events when their number is not known. */
#define SAMPLES 500
#define SAMPLE_EVERY_UNKNOWN 2000

static int create(struct report *r, struct rec_snapshot *snapshot, const char *kernel)
{
	uint64_t events = rec_info(r->reader)->events;
	int result = 0;

	r->sample_every = events ? events / SAMPLES + 1 : SAMPLE_EVERY_UNKNOWN;
	if (snapshot->ordered) {
		result = stock_truth_create(snapshot, kernel, &r->truth, r->error);
		if (!result)
			result = forget(snapshot, r->error);
	}
	if (!result)
		result = stock_create(snapshot, kernel, &r->stock, r->error);
	return result ? sim_error_context(r->error, sim_file_name(r->path)) : 0;
}

int stock_verify(struct rec_reader *reader, const char *path, struct rec_snapshot *snapshot, const char *kernel,
		 bool json, bool quiet, int *exit_out, struct sim_error *error)
{
	struct report r = { .path = path, .reader = reader, .error = error };
	int result = create(&r, snapshot, kernel);

	if (result) {
		stock_truth_destroy(r.truth);
		return result;
	}
	r.result = stock_result(r.stock);
	result = run(&r, quiet);
	if (!result) {
		if (json)
			print_json(&r);
		else
			print_text(&r);
		complain(&r);
		*exit_out = SIM_EXIT_INCOMPLETE;
	}
	stock_destroy(r.stock);
	stock_truth_destroy(r.truth);
	return result;
}
