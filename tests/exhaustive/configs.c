// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of configurations.
 *
 * Interface: configs.h.
 */
#include "configs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Without a policy. */
static const struct config blocks[] = {
	/* Allocations as many as fit, in small units. */
	{ "8/6.1/blocks/buddy", CONFIG_SLOW },
	{ "8/6.12/blocks/buddy", CONFIG_SLOW },
	{ "16/6.1/blocks/buddy/grain=1", CONFIG_SLOW },
	{ "16/6.12/blocks/buddy/grain=1", CONFIG_SLOW },
	{ "32/6.1/blocks/buddy/grain=2", CONFIG_SLOW },
	{ "32/6.12/blocks/buddy/grain=2", CONFIG_SLOW },
	{ "8/6.1/blocks/pcp=2,1", CONFIG_SLOW },
	{ "8/6.12/blocks/pcp=2,1", CONFIG_SLOW },
	/* Single frames, and a bound on the allocations alive. */
	{ "16/6.1/blocks/buddy/holders=3", CONFIG_SLOW },
	{ "16/6.12/blocks/buddy/holders=3", CONFIG_SLOW },
	{ "32/6.1/blocks/buddy/holders=3", CONFIG_SLOW },
	{ "32/6.12/blocks/buddy/holders=3", CONFIG_SLOW },
	/* Other limits of the per-CPU list, fixed and growing, and a free counter that lags behind. */
	{ "4/6.1/blocks/pcp=3,1", CONFIG_DEV },
	{ "4/6.12/blocks/pcp=3,1", CONFIG_SLOW },
	{ "4/6.12/blocks/pcp=4,2", CONFIG_SLOW },
	{ "4/6.12/blocks/pcp=1-3,1", CONFIG_SLOW },
	{ "4/6.1/blocks/pcp=3,1/diff=2", CONFIG_SLOW },
	{ "4/6.12/blocks/pcp=2,1/diff=2", CONFIG_SLOW },
	/* Of every size, in a grain at which the zone is four units. */
	{ "4/6.1/blocks/buddy", CONFIG_DEV },
	{ "4/6.1/blocks/pcp=2,1", CONFIG_QUICK },
	{ "4/6.12/blocks/buddy", CONFIG_DEV },
	{ "4/6.12/blocks/pcp=2,1", CONFIG_QUICK },
	{ "8/6.1/blocks/pcp=4,2/grain=1", CONFIG_QUICK },
	{ "8/6.12/blocks/pcp=4,2/grain=1", CONFIG_QUICK },
	{ "16/6.1/blocks/buddy/grain=2", CONFIG_DEV },
	{ "16/6.1/blocks/pcp=8,4/grain=2", CONFIG_SLOW },
	{ "16/6.12/blocks/buddy/grain=2", CONFIG_DEV },
	{ "16/6.12/blocks/pcp=8,4/grain=2", CONFIG_SLOW },
	{ "32/6.1/blocks/buddy/grain=3", CONFIG_DEV },
	{ "32/6.1/blocks/pcp=16,8/grain=3", CONFIG_SLOW },
	{ "32/6.12/blocks/buddy/grain=3", CONFIG_DEV },
	{ "32/6.12/blocks/pcp=16,8/grain=3", CONFIG_SLOW },
};

static const char *const tiers[] = { [CONFIG_DEV] = "dev", [CONFIG_QUICK] = "quick", [CONFIG_SLOW] = "slow" };

/*
 * With each policy under each kernel. From 8 frames on, either the grain makes four units of the zone, or requests are
 * for any number of frames and the allocations alive are few. Who frees page by page fills the per-CPU lists of all
 * orders, so there are many more states than units of the zone.
 */
static const struct shape {
	unsigned frames;
	const char *rest;  /* lists and options */
	const char *alone; /* under this kernel the reference does not follow: for the time that it takes */
} shapes[] = {
	{ 4, "buddy", NULL },
	{ 4, "pcp=2,1", NULL },
	{ 8, "buddy/holders=3", NULL },
	{ 8, "pcp=2,1/holders=2", NULL },
	{ 8, "pcp=4,2/grain=1", NULL },
	{ 16, "buddy/grain=2", NULL },
	{ 16, "buddy/holders=2", NULL },
	{ 16, "pcp=2,1/holders=1", NULL },
	{ 16, "pcp=8,4/grain=2/holders=2", NULL },
	{ 32, "buddy/grain=3", NULL },
	{ 32, "buddy/holders=2", NULL },
	{ 32, "pcp=2,1/holders=1", NULL },
	{ 32, "pcp=16,8/grain=3/holders=2", "6.12" },
};

#define BLOCKS_COUNT (sizeof(blocks) / sizeof(blocks[0]))
#define SHAPE_COUNT (sizeof(shapes) / sizeof(shapes[0]))
#define KERNEL_COUNT 2u

/* ctest's sample is of the smallest zone. */
static enum config_tier matrix_tier(const struct shape *shape, const char *policy)
{
	bool nest = !strcmp(policy, "nest"), pcp = strcmp(shape->rest, "buddy") != 0;

	if (shape->frames > 4)
		return CONFIG_SLOW;
	if (nest && !pcp)
		return CONFIG_DEV;
	return !pcp || nest || !strcmp(policy, "fitfree") ? CONFIG_QUICK : CONFIG_SLOW;
}

/* Numbers run through policies, then kernels, then shapes. */
static bool matrix_at(size_t index, struct config *out)
{
	const struct shape *shape = &shapes[index % SHAPE_COUNT];
	const char *kernel = buddy_profile_at((unsigned)(index / SHAPE_COUNT % KERNEL_COUNT))->name;
	const struct sim_policy *policy = sim_policy_at(index / SHAPE_COUNT / KERNEL_COUNT);
	bool alone = shape->alone && !strcmp(shape->alone, kernel);

	if (!policy)
		return false;
	snprintf(out->name, sizeof(out->name), "%u/%s/%s/%s%s", shape->frames, kernel, policy->name, shape->rest,
		 alone ? "/alone" : "");
	out->tier = matrix_tier(shape, policy->name);
	return true;
}

bool config_at(size_t index, struct config *out)
{
	if (index >= BLOCKS_COUNT)
		return matrix_at(index - BLOCKS_COUNT, out);
	*out = blocks[index];
	return true;
}

enum config_tier config_tier_find(const char *name)
{
	unsigned tier = 0;

	while (tier < CONFIG_TIER_COUNT && strcmp(tiers[tier], name))
		tier++;
	return (enum config_tier)tier;
}

const char *config_tier_name(enum config_tier tier)
{
	return tiers[tier];
}

/* --- Names ---------------------------------------------------------------------------------------------------- */

#define WORDS_MAX 8

/* Cuts @text at its slashes. Return: the words; WORDS_MAX + 1 when there are more. */
static unsigned cut(char *text, char *words[WORDS_MAX])
{
	unsigned count = 0;

	for (char *word = strtok(text, "/"); word; word = strtok(NULL, "/"), count++) {
		if (count == WORDS_MAX)
			return WORDS_MAX + 1;
		words[count] = word;
	}
	return count;
}

static bool parse_lists(const char *text, struct world_config *c)
{
	int used = 0;

	if (!strcmp(text, "buddy"))
		return true;
	c->pcp = true;
	if (sscanf(text, "pcp=%u-%u,%u%n", &c->high_min_pages, &c->high_max_pages, &c->batch_pages, &used) != 3) {
		if (sscanf(text, "pcp=%u,%u%n", &c->high_min_pages, &c->batch_pages, &used) != 2)
			return false;
		c->high_max_pages = c->high_min_pages;
	}
	return !text[used] && c->batch_pages && c->batch_pages <= WORLD_FRAMES_MAX &&
	       c->high_min_pages <= c->high_max_pages && c->high_max_pages <= WORLD_FRAMES_MAX;
}

static bool parse_option(const char *text, struct world_config *c)
{
	int used = 0;

	if (!strcmp(text, "alone"))
		return c->alone = true;
	if ((sscanf(text, "grain=%u%n", &c->grain_order, &used) == 1 && !text[used]) ||
	    (sscanf(text, "holders=%u%n", &c->holders_max, &used) == 1 && !text[used]))
		return true;
	return sscanf(text, "diff=%u%n", &c->stat_threshold, &used) == 1 && !text[used] && c->stat_threshold <= 127;
}

int config_parse(const char *name, struct world_config *out)
{
	static char text[128]; /* the words stay in it: the last one parsed is in use */
	char *words[WORDS_MAX];
	unsigned count;
	int used = 0;

	*out = (struct world_config){ 0 };
	if (strlen(name) >= sizeof(text))
		return -EINVAL;
	count = cut(strcpy(text, name), words);
	if (count < 4 || count > WORDS_MAX || sscanf(words[0], "%u%n", &out->frames, &used) != 1 || words[0][used])
		return -EINVAL;
	out->kernel = words[1];
	out->policy = strcmp(words[2], "blocks") ? words[2] : NULL;
	if (!parse_lists(words[3], out))
		return -EINVAL;
	for (unsigned i = 4; i < count; i++)
		if (!parse_option(words[i], out))
			return -EINVAL;
	return 0;
}
