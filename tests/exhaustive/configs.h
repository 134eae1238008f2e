/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which worlds are searched, and their names.
 *
 * Role: a list of those without a policy, and a matrix of policies, kernels and zone sizes with and without per-CPU
 * lists: at 4 frames all there is; above in a grain at which the zone is four units, and in single frames with a bound
 * on the allocations alive.
 * Interface: config_at, config_parse, config_tier_find, config_tier_name.
 */
#ifndef TESTS_EXHAUSTIVE_CONFIGS_H
#define TESTS_EXHAUSTIVE_CONFIGS_H

#include "world.h"

/* Each tier holds the ones before it. */
enum config_tier { CONFIG_DEV, CONFIG_QUICK, CONFIG_SLOW, CONFIG_TIER_COUNT };

#define CONFIG_NAME_BYTES 64u

struct config {
	char name[CONFIG_NAME_BYTES];
	enum config_tier tier;
};

/* Return: false past the last. */
bool config_at(size_t index, struct config *out);
/* From a name; what it means is in the program's help. Return: 0 or -EINVAL. */
int config_parse(const char *name, struct world_config *out);
/* CONFIG_TIER_COUNT: none of this name. */
enum config_tier config_tier_find(const char *name);
const char *config_tier_name(enum config_tier tier);

#endif
