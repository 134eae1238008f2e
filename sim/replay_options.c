// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The options that replay and compare share, and what graph takes of them.
 *
 * Interface: sim_replay_arguments_parse, sim_take_policy, sim_take_kernel (replay_options.h).
 */
#include <string.h>

#include "replay_options.h"
#include "workload.h"
#include "spread.h"

static const char *next_policy_name(const void *context, unsigned index)
{
	const struct sim_policy *policy = sim_policy_at(index);

	(void)context;
	return policy ? policy->name : NULL;
}

int sim_take_policy(const struct sim_command *command, const char *name, const struct sim_policy **out)
{
	const struct sim_policy *policy = sim_policy_find(name);
	char expected[SIM_EXPECTED_ROOM];

	if (!policy)
		return sim_usage_error(command, "unknown policy \"%s\"%s", name,
				       sim_expected_names(expected, sizeof(expected), name, next_policy_name, NULL));
	*out = policy;
	return 0;
}

static int parse_policies(const struct sim_command *command, const char *text, struct sim_run_options *run)
{
	char name[32];

	run->policy_count = 0;
	while (sim_list_name(&text, name)) {
		const struct sim_policy *policy = NULL;
		int status = sim_take_policy(command, name, &policy);

		if (status)
			return status;
		for (unsigned i = 0; i < run->policy_count; i++)
			if (run->policies[i] == policy)
				return sim_usage_error(command, "policy \"%s\" stands there twice", name);
		if (run->policy_count == SIM_POLICIES_MAX)
			return sim_usage_error(command, "at most %d policies", SIM_POLICIES_MAX);
		run->policies[run->policy_count++] = policy;
	}
	return 0;
}

int sim_take_kernel(const struct sim_command *command, const char *name, const char **out)
{
	const struct buddy_profile *profile;
	char known[128] = "";

	if (buddy_profile_find(name)) {
		*out = name;
		return 0;
	}
	for (size_t i = 0; (profile = buddy_profile_at(i)); i++) {
		size_t used = strlen(known);

		snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "", profile->name);
	}
	return sim_usage_error(command, "--kernel: expected one of %s or a release of theirs, found \"%s\"", known,
			       name);
}

/* How often, and what is measured. */
static int take_run_option(struct sim_parse *parse, int id, struct sim_replay_arguments *arguments)
{
	uint64_t number;

	switch (id) {
	case SIM_OPT_SEEDS:
		if (sim_parse_u64(parse->value, SIM_RUNS_MAX, &number) || !number)
			return sim_usage_error(parse->command, "--seeds: expected a number from 1 to %d, found \"%s\"",
					       SIM_RUNS_MAX, parse->value);
		arguments->runs = (unsigned)number;
		return 0;
	case SIM_OPT_SEED:
		if (sim_parse_u64(parse->value, INT32_MAX, &number) || !number)
			return sim_usage_error(parse->command, "--seed: expected a number from 1 to %d, found \"%s\"",
					       INT32_MAX, parse->value);
		arguments->seed = number;
		return 0;
	default:
		arguments->no_time = true;
		return 0;
	}
}

static int take_option(struct sim_parse *parse, int id, struct sim_replay_arguments *arguments)
{
	struct sim_run_options *run = &arguments->run;
	struct sim_error error;
	uint64_t count;

	switch (id) {
	case SIM_OPT_POLICY:
		if (strchr(parse->value, ','))
			return sim_usage_error(parse->command, "expected one policy, found \"%s\"; several: pageman "
					       "compare", parse->value);
		return parse_policies(parse->command, parse->value, run);
	case SIM_OPT_POLICIES:
		return parse_policies(parse->command, parse->value, run);
	case SIM_OPT_KERNEL:
		return sim_take_kernel(parse->command, parse->value, &run->kernel);
	case SIM_OPT_SET:
		if (sim_settings_add(&run->settings, parse->value, &error))
			return sim_usage_error(parse->command, "%s", error.text);
		return 0;
	case SIM_OPT_DB:
		arguments->db_path = parse->value;
		return 0;
	case SIM_OPT_ZONES: {
		struct sim_layout layout;

		if (sim_layout_parse(&layout, parse->value, &error))
			return sim_usage_error(parse->command, "%s", error.text);
		run->zones = parse->value;
		return 0;
	}
	case SIM_OPT_TRIM_KMALLOC:
		run->trim_kmalloc = true;
		return 0;
	case SIM_OPT_SAMPLES:
		if (sim_parse_u64(parse->value, 1000000, &count) || !count)
			return sim_usage_error(parse->command, "--samples: expected a number from 1 to 1000000, found "
					       "\"%s\"", parse->value);
		run->sample_count = (unsigned)count;
		return 0;
	case SIM_OPT_SAMPLE_ALLOCS:
		if (sim_parse_u64(parse->value, UINT32_MAX, &run->sample_allocs) || !run->sample_allocs)
			return sim_usage_error(parse->command, "--sample-allocs: expected a number from 1 to %u, found "
					       "\"%s\"", UINT32_MAX, parse->value);
		return 0;
	case SIM_OPT_CSV:
		arguments->csv = true;
		return 0;
	case SIM_OPT_SEEDS:
	case SIM_OPT_SEED:
	case SIM_OPT_NO_TIME:
		return take_run_option(parse, id, arguments);
	default:
		return 0;
	}
}

/* A mistyped workload is a misuse, and is told before anything is read. */
static int check_workloads(const struct sim_parse *parse, const struct sim_run_options *run)
{
	struct sim_work_params params;
	struct sim_error error;

	for (unsigned i = 0; i < parse->argument_count; i++) {
		if (!sim_workload_is(parse->arguments[i]))
			continue;
		if (sim_workload_parse(parse->arguments[i], &params, &error))
			return sim_usage_error(parse->command, "%s", error.text);
		if (run->sample_allocs)
			return sim_usage_error(parse->command, "--sample-allocs is for recordings: the operations of a "
					       "synthetic workload are alike under every policy");
	}
	return 0;
}

bool sim_replay_arguments_parse(struct sim_parse *parse, struct sim_replay_arguments *arguments)
{
	int id;

	*arguments = (struct sim_replay_arguments){ .run.sample_count = 256, .runs = 1, .seed = 1 };
	while ((id = sim_option_next(parse)) > 0) {
		parse->status = take_option(parse, id, arguments);
		if (parse->status)
			return false;
	}
	if (id == 0)
		parse->status = check_workloads(parse, &arguments->run);
	return id == 0 && !parse->status;
}
