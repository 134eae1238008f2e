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

/* Beyond the matrix. */
static const struct config finer[] = {
	/* Smaller units, and allocations as many as fit. */
	{ "8/6.1/blocks/buddy", CONFIG_SLOW },
	{ "8/6.12/blocks/buddy", CONFIG_SLOW },
	{ "16/6.1/blocks/buddy/grain=1", CONFIG_SLOW },
	{ "16/6.12/blocks/buddy/grain=1", CONFIG_SLOW },
	{ "32/6.1/blocks/buddy/grain=2", CONFIG_SLOW },
	{ "32/6.12/blocks/buddy/grain=2", CONFIG_SLOW },
	{ "8/6.1/blocks/pcp=2,1/alone", CONFIG_SLOW },
	{ "8/6.12/blocks/pcp=2,1/alone", CONFIG_SLOW },
	/* Single frames, and a bound on the allocations alive. */
	{ "16/6.1/blocks/buddy/holders=3", CONFIG_SLOW },
	{ "16/6.12/blocks/buddy/holders=3", CONFIG_SLOW },
	{ "32/6.1/blocks/buddy/holders=3", CONFIG_SLOW },
	{ "32/6.12/blocks/buddy/holders=3", CONFIG_SLOW },
	{ "8/6.1/fitfree/buddy/holders=3", CONFIG_SLOW },
	{ "8/6.12/exact/buddy/holders=3", CONFIG_SLOW },
	{ "8/6.1/lazy/buddy/holders=3", CONFIG_SLOW },
	{ "8/6.12/nest/buddy/holders=3", CONFIG_SLOW },
	{ "16/6.1/nest/buddy/holders=2", CONFIG_SLOW },
	{ "16/6.12/fitfree/buddy/holders=2", CONFIG_SLOW },
	/* Other limits of the per-CPU list, fixed and growing, and a free counter that lags behind. */
	{ "4/6.1/blocks/pcp=3,1", CONFIG_DEV },
	{ "4/6.12/blocks/pcp=3,1", CONFIG_SLOW },
	{ "4/6.12/blocks/pcp=4,2", CONFIG_SLOW },
	{ "4/6.12/blocks/pcp=1-3,1", CONFIG_SLOW },
	{ "4/6.1/blocks/pcp=3,1/diff=2", CONFIG_SLOW },
	{ "4/6.12/blocks/pcp=2,1/diff=2", CONFIG_SLOW },
};

static const char *const tiers[] = { [CONFIG_DEV] = "dev", [CONFIG_QUICK] = "quick", [CONFIG_SLOW] = "slow" };

#define FINER_COUNT (sizeof(finer) / sizeof(finer[0]))
#define SIZE_COUNT 4u
#define KERNEL_COUNT 2u
#define LISTS_COUNT 2u

static enum config_tier matrix_tier(unsigned size, bool pcp, const char *policy)
{
	bool blocks = !strcmp(policy, "blocks"), nest = !strcmp(policy, "nest");

	if (!pcp && (blocks || (nest && !size)))
		return CONFIG_DEV;
	return !size && (!pcp || blocks || nest || !strcmp(policy, "fitfree")) ? CONFIG_QUICK : CONFIG_SLOW;
}

static int add_lists(char name[CONFIG_NAME_BYTES], int used, bool pcp, unsigned size)
{
	size_t room = CONFIG_NAME_BYTES - (size_t)used;

	if (pcp)
		return used + snprintf(name + used, room, "pcp=%u,%u", 2u << size, 1u << size);
	return used + snprintf(name + used, room, "buddy");
}

/* Numbers run through policies, then sizes, kernels, lists. */
static bool matrix_at(size_t index, struct config *out)
{
	unsigned lists = index % LISTS_COUNT, kernel = index / LISTS_COUNT % KERNEL_COUNT;
	unsigned size = (unsigned)(index / LISTS_COUNT / KERNEL_COUNT % SIZE_COUNT);
	size_t policy = index / LISTS_COUNT / KERNEL_COUNT / SIZE_COUNT;
	const char *name = policy ? sim_policy_at(policy - 1) ? sim_policy_at(policy - 1)->name : NULL : "blocks";
	int used;

	if (!name)
		return false;
	used = snprintf(out->name, sizeof(out->name), "%u/%s/%s/", 4u << size, buddy_profile_at(kernel)->name, name);
	used = add_lists(out->name, used, lists, size);
	if (size)
		used += snprintf(out->name + used, sizeof(out->name) - (size_t)used, "/grain=%u", size);
	/*
	 * The calls of a policy are the same at every grain: the reference has followed them in the smallest zone. Who
	 * frees page by page fills the lists of all orders, so there are many more states than units of the zone.
	 */
	if (size && lists && policy)
		snprintf(out->name + used, sizeof(out->name) - (size_t)used, size > 1 ? "/holders=2/alone" : "/alone");
	out->tier = matrix_tier(size, lists, name);
	return true;
}

bool config_at(size_t index, struct config *out)
{
	if (index >= FINER_COUNT)
		return matrix_at(index - FINER_COUNT, out);
	*out = finer[index];
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
