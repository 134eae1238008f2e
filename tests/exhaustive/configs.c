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

static const struct config configs[] = {
	{ "4/6.1/blocks/buddy", CONFIG_DEV },
};

static const char *const tiers[] = { [CONFIG_DEV] = "dev", [CONFIG_QUICK] = "quick", [CONFIG_SLOW] = "slow" };

const struct config *config_at(size_t index)
{
	return index < sizeof(configs) / sizeof(configs[0]) ? &configs[index] : NULL;
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

#define WORDS_MAX 7

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
