/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of reports that several commands print.
 *
 * Role: provenance, accounting of what could not be done, one outcome as JSON, the options that replay and compare
 * share.
 * Interface: sim_report_*, sim_complain_*, sim_odd_events_json.
 */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include <stdio.h>

#include "command.h"
#include "json.h"
#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One or two lines: workload, kernel, CPUs, memory. */
void sim_report_recording(FILE *out, const char *path, const struct rec_info *info);
void sim_report_recording_json(struct sim_json *json, const char *path, const struct rec_info *info);

/* What was lost, did not fit or was left out; nothing when all is well. Wrapped at 80 columns. */
void sim_report_account(FILE *out, const struct sim_run *run, const struct sim_outcome *outcome);

/* "WHAT: count, first at ..."; nothing when there are none. */
void sim_report_odd(FILE *out, const char *what, const struct rec_odd_events *odd);

/* Members of an open object. */
void sim_report_outcome_json(struct sim_json *json, const struct sim_outcome *outcome);
void sim_report_run_json(struct sim_json *json, const char *path, const struct sim_run *run);

/* "damage", and of an interruption "interrupted_at_event"; nothing for NULL. @events: as many were read. */
void sim_report_damage_json(struct sim_json *json, const struct sim_error *damage, uint64_t events);
/* The same as a line of text, of an interruption alone. */
void sim_report_interruption(FILE *out, const struct sim_error *damage, uint64_t events);

/* Complains about lines that were no events, of this text or of the one that a compact recording was made from. */
void sim_complain_garbage(const char *path, const struct rec_info *info, const struct rec_accounting *accounting);

/* Complains about events that no kernel can have meant, when there are any. */
void sim_complain_impossible(const char *path, const struct rec_odd_events *impossible);

/* The same for frames that no zone of the model has. */
void sim_complain_outside(const char *path, const struct rec_odd_events *outside);

/* "key": { "count", and of the first, when there is one: "first_event", "first_pfn", "first_order" } */
void sim_odd_events_json(struct sim_json *json, const char *key, const struct rec_odd_events *odd);

/* Complaints on standard error for a partial result. Return: SIM_EXIT_OK or SIM_EXIT_INCOMPLETE. */
int sim_report_partial(const char *path, const struct sim_run *run);

/* Complains about a run that gave nothing to report (@result of sim_run). Return: an exit code. */
int sim_report_no_run(int result, const struct sim_error *error);

#ifdef __cplusplus
}
#endif
#endif
