/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of a machine that a user may change before a replay: --set key=value.
 *
 * Role: one table of keys with their meaning; it drives parsing, help and application.
 * Interface: sim_settings_add, sim_settings_apply.
 * Invariant: a key stands at most once in a list, the last value wins.
 */
#ifndef SIM_SETTINGS_H
#define SIM_SETTINGS_H

#include "load.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_SETTINGS_MAX 16

struct sim_setting_key {
	const char *name;
	const char *help;
	uint64_t min, max;
};

struct sim_setting {
	const struct sim_setting_key *key;
	uint64_t value;
};

struct sim_settings {
	unsigned count;
	struct sim_setting list[SIM_SETTINGS_MAX];
};

/* Reads "key=value". Return: 0, or -EINVAL with @error naming the known keys. */
int sim_settings_add(struct sim_settings *settings, const char *text, struct sim_error *error);

/**
 * sim_settings_apply - change a loaded machine
 * @snapshot: where it came from, for the settings that the user did not give; may be NULL
 * @own_pcp_out, @own_marks_out: true when per-CPU limits or watermarks are the user's from now on
 *
 * Return: 0 or -EINVAL (the model refuses a value).
 */
int sim_settings_apply(const struct sim_settings *settings, struct sim_machine *machine,
		       const struct rec_snapshot *snapshot, bool *own_pcp_out, bool *own_marks_out,
		       struct sim_error *error);

#ifdef __cplusplus
}
#endif
#endif
