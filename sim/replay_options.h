/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that replay and compare share.
 *
 * Interface: sim_replay_arguments_parse, SIM_REPLAY_OPTIONS; sim_take_policy, sim_take_kernel.
 */
#ifndef SIM_REPLAY_OPTIONS_H
#define SIM_REPLAY_OPTIONS_H

#include "command.h"
#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
	SIM_OPT_POLICY = 1,
	SIM_OPT_POLICIES,
	SIM_OPT_KERNEL,
	SIM_OPT_SET,
	SIM_OPT_DB,
	SIM_OPT_ZONES,
	SIM_OPT_TRIM_KMALLOC,
	SIM_OPT_SAMPLES,
	SIM_OPT_SAMPLE_ALLOCS,
	SIM_OPT_SEEDS,
	SIM_OPT_SEED,
	SIM_OPT_NO_TIME,
	SIM_OPT_CSV
};

/* Rows of a command's table of options. */
#define SIM_REPLAY_OPTIONS                                                                                     \
	{ SIM_OPT_TRIM_KMALLOC, 0, "trim-kmalloc", NULL, "policies also trim large kmalloc requests" },        \
	{ SIM_OPT_KERNEL, 'k', "kernel", "K", "model this kernel instead of the recording's" },                \
	{ SIM_OPT_SET, 's', "set", "KEY=VALUE", "change a setting first; may be repeated" },                   \
	{ SIM_OPT_ZONES, 0, "zones", "SPEC", "zones of a trace without snapshot" },                            \
	{ SIM_OPT_DB, 0, "db", "FILE", "add the results to this SQLite database" },                            \
	{ SIM_OPT_SAMPLES, 0, "samples", "N", "samples over the recording (256)" },                            \
	{ SIM_OPT_SAMPLE_ALLOCS, 0, "sample-allocs", "N", "instead, one every N allocations of a recording" }

struct sim_replay_arguments {
	struct sim_run_options run;
	const char *db_path;
	bool csv;        /* compare: a table for other programs */
	bool no_time;    /* compare: times are not measured */
	unsigned runs;   /* compare: of the same recording */
	uint64_t seed;   /* of the second run; later ones count on from it */
};

/* Reads all options of the command line. Return: false when the command ends here, with parse->status. */
bool sim_replay_arguments_parse(struct sim_parse *parse, struct sim_replay_arguments *arguments_out);

/* One policy's name, one kernel's; *@out untouched by another. Return: 0, or SIM_EXIT_USAGE with a message printed. */
int sim_take_policy(const struct sim_command *command, const char *name, const struct sim_policy **out);
int sim_take_kernel(const struct sim_command *command, const char *name, const char **out);

#ifdef __cplusplus
}
#endif
#endif
