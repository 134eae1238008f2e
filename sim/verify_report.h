/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pageman verify says of a verification.
 *
 * Role: the result as text or JSON, the reasons why it may cover only a part, and the exit code.
 * Interface: verify_report_text, verify_report_json, verify_report_verdict.
 */
#ifndef SIM_VERIFY_REPORT_H
#define SIM_VERIFY_REPORT_H

#include <stdbool.h>

#include <rec/recording.h>

#include "compare_state.h"
#include "error.h"
#include "plan_check.h"
#include "verify.h"

/* All of it is the caller's. */
struct verify_report {
	const char *path;
	const char *control_name;  /* NULL: none, as below */
	const char *without_names;
	const char *profile_name;
	const struct sim_plan_policy *policy; /* that exact requests were held against; NULL: none */
	const struct sim_plan_result *plans;
	const struct rec_info *info;
	const struct verify_result *result;
	const struct sim_state_diff *diff;
	bool has_diff;             /* snapshot 1 was there to compare with */
	bool damaged;              /* reading stopped at damage; `error` says where */
	const struct sim_error *error;
};

void verify_report_text(const struct verify_report *report);
void verify_report_json(const struct verify_report *report);

/* Says on standard error what the result does not cover. Return: the exit code, SIM_EXIT_OK to SIM_EXIT_INCOMPLETE. */
int verify_report_verdict(const struct verify_report *report);

#endif
