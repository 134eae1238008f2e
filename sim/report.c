// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parts of reports that several commands print.
 *
 * Interface: report.h.
 */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "table.h"
#include "totals.h"

void sim_report_recording(FILE *out, const char *path, const struct rec_info *info)
{
	char line[1024], memory[32];

	snprintf(line, sizeof(line), "%s: %s%s%s%s on Linux %s%s%s%s", sim_file_name(path),
		 info->workload[0] ? info->workload : "recording", info->command[0] ? " (" : "", info->command,
		 info->command[0] ? ")" : "", info->kernel_release[0] ? info->kernel_release : "of unknown release",
		 info->kernel_package[0] ? " (package " : "", info->kernel_package,
		 info->kernel_package[0] ? ")" : "");
	sim_print_wrapped(out, line, 0);
	if (info->cpus)
		fprintf(out, "%" PRIu32 " CPU%s%s%s\n", info->cpus, info->cpus == 1 ? "" : "s",
			info->memory_mib ? ", " : "", /* a machine of pageman fuzz has less than one */
			info->memory_mib ? sim_text_bytes(memory, info->memory_mib << 20) : "");
}

void sim_report_recording_json(struct sim_json *json, const char *path, const struct rec_info *info)
{
	static const char *const dialects[] = { "auto", "compact", "text", "raw" };

	sim_json_object(json, "recording");
	sim_json_string(json, "path", path);
	sim_json_string(json, "dialect", (unsigned)info->dialect < 4 ? dialects[info->dialect] : "other");
	sim_json_u64(json, "format_version", info->format_version);
	sim_json_string(json, "kernel_release", info->kernel_release);
	sim_json_string(json, "kernel_package", info->kernel_package);
	sim_json_string(json, "profile", info->profile);
	sim_json_string(json, "workload", info->workload);
	sim_json_string(json, "command", info->command);
	sim_json_string(json, "captured_at", info->captured_at);
	sim_json_string(json, "host", info->host);
	sim_json_u64(json, "cpus", info->cpus);
	sim_json_u64(json, "memory_mib", info->memory_mib);
	sim_json_bool(json, "has_snapshot_0", info->has_snapshot[0]);
	sim_json_bool(json, "has_snapshot_1", info->has_snapshot[1]);
	sim_json_u64(json, "lost_events", info->lost_events);
	sim_json_u64(json, "missed_probes", info->missed_probes);
	sim_json_string(json, "missing_probes", info->missing_probes);
	sim_json_object_end(json);
}

static void say_external(FILE *out, const char *what, const uint64_t *counts)
{
	char line[768] = "";
	size_t used = 0;
	uint64_t total = 0;

	for (unsigned kind = 0; kind < REC_KIND_COUNT; kind++) {
		if (!counts[kind] || used >= sizeof(line) - 64)
			continue;
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s %" PRIu64, total ? ", " : "",
					 rec_kind_name(kind), counts[kind]);
		total += counts[kind];
	}
	if (total)
		sim_say(out, "%s: %" PRIu64 " (%s).", what, total, line);
}

void sim_report_odd(FILE *out, const char *what, const struct rec_odd_events *odd)
{
	char count[32], event[32];

	if (odd->count)
		sim_say(out, "%s: %s, first at event %s, frame 0x%" PRIx64 ", order %u.", what,
			sim_text_count(count, odd->count), sim_text_count(event, odd->first_index), odd->first_pfn,
			odd->first_order);
}

void sim_report_interruption(FILE *out, const struct sim_error *damage, uint64_t events)
{
	if (damage && damage->code == -EINTR)
		sim_say(out, "Interrupted at event %" PRIu64 ": nothing behind it is in these numbers.", events);
}

void sim_report_account(FILE *out, const struct sim_run *run, const struct sim_outcome *o)
{
	const struct sim_replay_totals *t = &o->totals;

	if (o->recorded_end_known)
		sim_say(out, "%s", o->recorded_end_same
			? "The end state is the recorded kernel's: lists in order, types, counters."
			: "The end state is not that of the recorded kernel.");
	if (!run->from_snapshot && !run->synthetic)
		sim_say(out, "No snapshot: every frame was taken to be free at the start, which is an approximation.");
	if (run->info.lost_events || t->lost_events)
		sim_say(out, "Events lost by the recorder: %" PRIu64 ".",
			run->info.lost_events > t->lost_events ? run->info.lost_events : t->lost_events);
	sim_report_odd(out, "Frames outside every zone", &t->outside);
	sim_report_odd(out, "Frees of a frame that was not in use", &t->unmatched_free);
	sim_report_odd(out, "Frames allocated again without a free in between (freed first)", &t->unseen_free);
	sim_report_odd(out, "Events that cannot be, left out", &t->impossible);
	sim_report_odd(out, "Operations that the model refused", &t->refused);
	if (o->assembled.sized_unmatched || t->sized_frees_unmatched)
		sim_say(out, "Sized requests without their block: %" PRIu64 "; sized releases of blocks from before "
			"the recording: %" PRIu64 " (executed as recorded).", o->assembled.sized_unmatched,
			t->sized_frees_unmatched);
	say_external(out, "Other operations, done with other frames than recorded", t->external_substituted);
	say_external(out, "Other operations that have no meaning here, skipped", t->external_skipped);
	if (o->invariant[0])
		sim_say(out, "The model's own check failed: %s", o->invariant);
}

static void zone_state_json(struct sim_json *json, const char *key, const struct sim_zone_state *z)
{
	sim_json_object(json, key);
	sim_json_u64(json, "free_pages", z->free_pages);
	sim_json_u64(json, "pcp_pages", z->pcp_pages);
	sim_json_array(json, "free_blocks");
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
		sim_json_u64(json, NULL, z->free_blocks[order]);
	sim_json_array_end(json);
	sim_json_array(json, "unusable_permille");
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
		sim_json_i64(json, NULL, z->unusable_permille[order]);
	sim_json_array_end(json);
	sim_json_object_end(json);
}

static void orders_json(struct sim_json *json, const struct sim_outcome *o)
{
	sim_json_array(json, "orders");
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
		sim_json_object(json, NULL);
		sim_json_u64(json, "order", order);
		sim_json_u64(json, "requests", o->totals.requests[order]);
		sim_json_u64(json, "failures", o->totals.failures[order]);
		sim_json_u64(json, "recorded_failures", o->totals.recorded_failures[order]);
		sim_json_double(json, "free_blocks_mean", sim_gauge_mean(&o->observed.free_blocks[order]));
		sim_json_double(json, "unusable_mean_permille", sim_gauge_mean(&o->observed.unusable[order]));
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
}

static void external_json(struct sim_json *json, const struct sim_replay_totals *t)
{
	sim_json_array(json, "external");
	for (unsigned kind = 0; kind < REC_KIND_COUNT; kind++) {
		if (!t->external_applied[kind] && !t->external_substituted[kind] && !t->external_skipped[kind])
			continue;
		sim_json_object(json, NULL);
		sim_json_string(json, "kind", rec_kind_name(kind));
		sim_json_u64(json, "applied", t->external_applied[kind]);
		sim_json_u64(json, "substituted", t->external_substituted[kind]);
		sim_json_u64(json, "skipped", t->external_skipped[kind]);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
}

void sim_odd_events_json(struct sim_json *json, const char *key, const struct rec_odd_events *odd)
{
	sim_json_object(json, key);
	sim_json_u64(json, "count", odd->count);
	if (odd->count) {
		sim_json_u64(json, "first_event", odd->first_index);
		sim_json_u64(json, "first_pfn", odd->first_pfn);
		sim_json_u64(json, "first_order", odd->first_order);
	}
	sim_json_object_end(json);
}

void sim_report_outcome_json(struct sim_json *json, const struct sim_outcome *o)
{
	struct sim_total list[SIM_TOTALS_MAX];
	unsigned count = sim_totals_list(list, &o->totals, &o->assembled, &o->cost, &o->end);
	static const char *const sides[] = { "request", "state", "cost", "account" };

	sim_json_string(json, "policy", o->policy->name);
	for (unsigned side = 0; side < 4; side++) {
		sim_json_object(json, sides[side]);
		for (unsigned i = 0; i < count; i++)
			if (!strcmp(list[i].side, sides[side]))
				sim_json_u64(json, list[i].name, list[i].value);
		sim_json_object_end(json);
	}
	orders_json(json, o);
	zone_state_json(json, "end", &o->end.all);
	if (o->recorded_end_known)
		sim_json_bool(json, "ends_as_recorded", o->recorded_end_same);
	external_json(json, &o->totals);
	sim_json_object(json, "trouble");
	sim_odd_events_json(json, "outside_zones", &o->totals.outside);
	sim_odd_events_json(json, "unmatched_frees", &o->totals.unmatched_free);
	sim_odd_events_json(json, "unseen_frees", &o->totals.unseen_free);
	sim_odd_events_json(json, "impossible_events", &o->totals.impossible);
	sim_odd_events_json(json, "refused_by_model", &o->totals.refused);
	sim_json_string(json, "invariant", o->invariant[0] ? o->invariant : NULL);
	sim_json_object_end(json);
}

void sim_report_damage_json(struct sim_json *json, const struct sim_error *damage, uint64_t events)
{
	if (!damage)
		return;
	sim_json_string(json, "damage", damage->text);
	if (damage->code == -EINTR)
		sim_json_u64(json, "interrupted_at_event", events);
}

void sim_report_run_json(struct sim_json *json, const char *path, const struct sim_run *run)
{
	sim_report_recording_json(json, path, &run->info);
	sim_json_string(json, "profile", run->profile);
	sim_json_bool(json, "from_snapshot", run->from_snapshot);
	sim_json_bool(json, "synthetic", run->synthetic);
	sim_json_bool(json, "input_complete", !sim_run_is_partial(run));
	sim_report_damage_json(json, run->damaged ? &run->damage : NULL, run->events);
	sim_json_u64(json, "events", run->events);
	sim_json_u64(json, "duration_ns", run->outcomes[0].totals.last_time_ns - run->outcomes[0].totals.first_time_ns);
	sim_json_u64(json, "samples", run->samples);
}

void sim_complain_garbage(const char *path, const struct rec_info *info, const struct rec_accounting *accounting)
{
	const char *whose = info->dialect == REC_DIALECT_COMPACT ? "of the text it was made from, " : "";

	if (accounting->garbage_lines)
		sim_complain_at(sim_file_name(path), "%sline %" PRIu64 ": expected an event or a comment, found "
				"something else (%" PRIu64 " such lines, left out)", whose,
				accounting->first_garbage_line, accounting->garbage_lines);
}

void sim_complain_impossible(const char *path, const struct rec_odd_events *impossible)
{
	if (impossible->count)
		sim_complain_at(sim_file_name(path), "event %" PRIu64 ": expected an order up to 10 and a frame below "
				"2^40, found order %u, frame 0x%" PRIx64 " (%" PRIu64 " such events)",
				impossible->first_index, impossible->first_order, impossible->first_pfn,
				impossible->count);
}

void sim_complain_outside(const char *path, const struct rec_odd_events *outside)
{
	if (outside->count)
		sim_complain_at(sim_file_name(path), "event %" PRIu64 ": expected a frame inside a zone, found frame "
				"0x%" PRIx64 ", order %u (%" PRIu64 " such events)", outside->first_index,
				outside->first_pfn, outside->first_order, outside->count);
}

int sim_report_no_run(int result, const struct sim_error *error)
{
	int status = sim_complain(error);

	return result == -EEXIST ? SIM_EXIT_USAGE : status;
}

int sim_report_partial(const char *path, const struct sim_run *run)
{
	const struct sim_replay_totals *t = &run->outcomes[0].totals;

	if (!sim_run_is_partial(run))
		return SIM_EXIT_OK;
	if (run->damaged)
		sim_complain(&run->damage);
	sim_complain_outside(path, &t->outside);
	if (t->unmatched_free.count)
		sim_complain_at(sim_file_name(path), "event %" PRIu64 ": free of frame 0x%" PRIx64
				" that was not in use (%" PRIu64 " such events)", t->unmatched_free.first_index,
				t->unmatched_free.first_pfn, t->unmatched_free.count);
	sim_complain_impossible(path, &t->impossible);
	sim_complain_garbage(path, &run->info, &run->accounting);
	if (run->info.lost_events || t->lost_events)
		sim_complain_at(sim_file_name(path), "the recorder lost %" PRIu64 " events",
				run->info.lost_events ? run->info.lost_events : t->lost_events);
	if (t->unseen_free.count)
		sim_complain_at(sim_file_name(path), "event %" PRIu64 ": frame 0x%" PRIx64
				" is allocated without having been freed (%" PRIu64 " such frames)",
				t->unseen_free.first_index, t->unseen_free.first_pfn, t->unseen_free.count);
	fprintf(stderr, "pageman: the result covers only part of the recording\n");
	return SIM_EXIT_INCOMPLETE;
}
