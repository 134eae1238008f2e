/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of reports that several commands print.
 *
 * Role: provenance, accounting of what could not be done, one outcome as JSON, the options that replay and compare
 * share.
 * Interface: sim_report_*, sim_replay_option.
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

/* Members of an open object. */
void sim_report_outcome_json(struct sim_json *json, const struct sim_outcome *outcome);
void sim_report_run_json(struct sim_json *json, const char *path, const struct sim_run *run);

/* Complains about lines that were no events, of this text or of the one that a compact recording was made from. */
void sim_complain_garbage(const char *path, const struct rec_info *info, const struct rec_accounting *accounting);

/* Complains about events that no kernel can have meant, when there are any. */
void sim_complain_impossible(const char *path, const struct rec_odd_events *impossible);

/* Complaints on standard error for a partial result. Return: SIM_EXIT_OK or SIM_EXIT_INCOMPLETE. */
int sim_report_partial(const char *path, const struct sim_run *run);

/* Complains about a run that gave nothing to report (@result of sim_run). Return: an exit code. */
int sim_report_no_run(int result, const struct sim_error *error);

/* Options of replay and compare. */
enum { OPT_POLICY = 1, OPT_POLICIES, OPT_KERNEL, OPT_SET, OPT_DB, OPT_ZONES, OPT_TRIM_KMALLOC, OPT_SAMPLES };

struct sim_replay_arguments {
	struct sim_run_options run;
	const char *db_path;
};

/* Takes one of the options above. Return: 0, or an exit code after a message. */
int sim_replay_option(struct sim_parse *parse, int id, struct sim_replay_arguments *arguments);

/* Reads a comma-separated list of policies. Return: 0, or an exit code after a message. */
int sim_policies_parse(const struct sim_command *command, const char *text, struct sim_run_options *run);

#ifdef __cplusplus
}
#endif
#endif
