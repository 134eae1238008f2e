// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptions of synthetic workloads: keys, profiles, parsing.
 *
 * Interface: sim_workload_is, sim_workload_parse, sim_workload_describe, sim_work_key_at, sim_work_profile_at
 * (workload.h).
 * Invariant: a profile is a list of keys that the same parser reads; what was parsed is in range.
 */
#include "workload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

#define PAGE_BYTES 4096u
#define PAGES_MAX 1024u /* of one request: the largest block */
#define MEM_PAGES_MAX (UINT64_C(1) << 24)

static const char *const switch_words[] = { "off", "on", NULL };
static const char *const wave_words[] = { "flat", "saw", "burst", NULL };
static const char *const sizes_words[] = { "uniform", "geometric", "bimodal", "drivers", NULL };
static const char *const orders_words[] = { "single", "geometric", "uniform", NULL };
static const char *const life_words[] = { "exponential", "fifo", "lifo", "bimodal", NULL };
static const char *const sized_type_words[] = { "kernel", "mixed", NULL };

static const struct sim_work_key_info keys[SIM_WORK_KEY_COUNT] = {
	[SIM_WORK_OPS] = { "ops", "operations", "requests and frees together", NULL, 1, UINT64_C(1) << 40, 1000000 },
	[SIM_WORK_SEED] = { "seed", "", "of all draws", NULL, 1, UINT64_MAX, 1 },
	[SIM_WORK_MEM] = { "mem", "bytes, with K, M or G", "the machine's memory", NULL, 256, MEM_PAGES_MAX, 262144 },
	[SIM_WORK_CPUS] = { "cpus", "CPUs", "the work moves among them", NULL, 1, 64, 1 },
	[SIM_WORK_PCP] = { "pcp", "", "per-CPU lists", switch_words, 0, 1, 1 },
	[SIM_WORK_OCCUPANCY] = { "occupancy", "percent", "of the memory that live requests ask for", NULL, 1, 100, 50 },
	[SIM_WORK_WAVE] = { "wave", "", "how the occupancy moves", wave_words, 0, 2, SIM_WAVE_FLAT },
	[SIM_WORK_LOW] = { "low", "percent", "occupancy in a wave's trough", NULL, 0, 100, 20 },
	[SIM_WORK_PERIOD] = { "period", "operations", "of a wave", NULL, 2, UINT64_C(1) << 40, 200000 },
	[SIM_WORK_FILL] = { "fill", "percent", "of the memory filled first, then thinned out; 0: none",
				NULL, 0, 100, 0 },
	[SIM_WORK_FILL_ORDER] = { "fillorder", "order", "of the blocks that fill", NULL, 0, 10, 0 },
	[SIM_WORK_KEEP] = { "keep", "blocks", "of so many that fill one stays for ever", NULL, 2, 1024, 2 },
	[SIM_WORK_SIZED] = { "sized", "percent", "of the requests have a size, the others are blocks",
				NULL, 0, 100, 50 },
	[SIM_WORK_SIZES] = { "sizes", "", "distribution of sizes", sizes_words, 0, 3, SIM_SIZES_UNIFORM },
	[SIM_WORK_MIN] = { "min", "pages", "smallest size", NULL, 1, PAGES_MAX, 1 },
	[SIM_WORK_MAX] = { "max", "pages", "largest size", NULL, 1, PAGES_MAX, 64 },
	[SIM_WORK_MEAN] = { "mean", "pages", "of geometric sizes, before the largest cuts them off",
				NULL, 1, PAGES_MAX, 8 },
	[SIM_WORK_LARGE] = { "large", "percent", "of bimodal sizes are in the range's highest eighth",
				NULL, 0, 100, 10 },
	[SIM_WORK_ODD] = { "odd", "", "sizes are no powers of two", switch_words, 0, 1, 0 },
	[SIM_WORK_SIZED_TYPE] = { "sizedtype", "", "mobility of sized requests: unmovable, or as blocks",
				sized_type_words,
				  0, 1, SIM_SIZED_KERNEL },
	[SIM_WORK_STRAY] = { "stray", "percent", "of sized requests are freed frame by frame, past the policy", NULL, 0,
			     100, 0 },
	[SIM_WORK_ORDERS] = { "orders", "", "distribution of the blocks' orders",
				orders_words, 0, 2, SIM_ORDERS_GEOMETRIC },
	[SIM_WORK_TOP] = { "top", "order", "largest block", NULL, 0, 10, 3 },
	[SIM_WORK_UNMOVABLE] = { "unmovable", "percent", "of the blocks", NULL, 0, 100, 25 },
	[SIM_WORK_MOVABLE] = { "movable", "percent", "of the blocks; the rest is reclaimable", NULL, 0, 100, 65 },
	[SIM_WORK_LIFE] = { "life", "", "who is freed next", life_words, 0, 3, SIM_LIFE_EXPONENTIAL },
	[SIM_WORK_SHORT] = { "short", "percent", "of bimodal lives are short", NULL, 0, 100, 90 },
	[SIM_WORK_RATIO] = { "ratio", "times", "long lives as long as short ones", NULL, 2, 65536, 20 },
};

static const struct sim_work_profile profiles[] = {
	{ "mixed", "sized requests and blocks, half and half", "" },
	{ "uniform", "sizes of 1 to 64 pages, each as often", "sized=100,max=64" },
	{ "drivers", "sizes as drivers ask for: mostly a few pages, rarely hundreds; some live long",
	  "sized=60,sizes=drivers,max=128,life=bimodal,short=75,ratio=8,top=2" },
	{ "odd-sizes", "sizes from 65 to 511 pages that are no powers of two", "sized=100,min=65,max=511,odd=on" },
	{ "short-lived", "a tenth lives a hundred times as long as the rest", "life=bimodal,short=90,ratio=100" },
	{ "long-lived", "first in, first out: everything lives as long", "life=fifo" },
	{ "bursty", "the occupancy jumps up and down", "wave=burst,low=20,occupancy=80,period=50000" },
	{ "sawtooth", "the occupancy climbs, then falls at once", "wave=saw,low=10,occupancy=90,period=200000" },
	{ "checkerboard", "single pages first, every other one stays: holes of one page",
	  "fill=70,keep=2,unmovable=50,movable=50,occupancy=55,sized=80,max=16" },
	{ "near-oom", "almost all of the memory is asked for", "occupancy=97,life=bimodal,short=60,ratio=10,max=32" },
};

#define PROFILE_COUNT (sizeof(profiles) / sizeof(profiles[0]))

const struct sim_work_key_info *sim_work_key_at(size_t index)
{
	return index < SIM_WORK_KEY_COUNT ? &keys[index] : NULL;
}

const struct sim_work_profile *sim_work_profile_at(size_t index)
{
	return index < PROFILE_COUNT ? &profiles[index] : NULL;
}

bool sim_workload_is(const char *path)
{
	return !strncmp(path, SIM_WORKLOAD_PREFIX, strlen(SIM_WORKLOAD_PREFIX));
}

static const char *next_key(const void *context, unsigned index)
{
	(void)context;
	return index < SIM_WORK_KEY_COUNT ? keys[index].name : NULL;
}

static const char *next_profile(const void *context, unsigned index)
{
	(void)context;
	return index < PROFILE_COUNT ? profiles[index].name : NULL;
}

static int fail_unknown(struct sim_error *error, const char *what, const char *word,
			const char *(*next)(const void *context, unsigned index))
{
	char expected[SIM_EXPECTED_ROOM];

	return sim_fail(error, -EINVAL, "synth: unknown %s \"%s\"%s", what, word,
			sim_expected_names(expected, sizeof(expected), word, next, NULL));
}

/* "512M" to pages. */
static int parse_memory(const char *text, uint64_t *pages_out)
{
	static const char suffixes[] = "KMG";
	size_t length = strlen(text);
	const char *suffix = length ? strchr(suffixes, text[length - 1]) : NULL;
	unsigned shift = suffix && *suffix ? 10 * (unsigned)(suffix - suffixes + 1) : 0;
	char digits[32];
	uint64_t number;

	snprintf(digits, sizeof(digits), "%.*s", (int)(length - (shift != 0)), text);
	if (length > 24 || sim_parse_u64(digits, UINT64_C(1) << 40, &number) || number > UINT64_MAX >> shift)
		return -EINVAL;
	*pages_out = (number << shift) / PAGE_BYTES;
	return 0;
}

static int fail_value(struct sim_error *error, const struct sim_work_key_info *key, const char *value)
{
	char expected[160] = "one of ";

	if (key == &keys[SIM_WORK_MEM]) {
		snprintf(expected, sizeof(expected), "%s from %" PRIu64 "M to %" PRIu64 "G", key->unit, key->min / 256,
			 key->max >> 18);
	} else if (!key->words) {
		snprintf(expected, sizeof(expected), "a number from %" PRIu64 " to %" PRIu64 "%s%s%s", key->min,
			 key->max, key->unit[0] ? " (" : "", key->unit, key->unit[0] ? ")" : "");
	} else {
		for (unsigned i = 0; key->words[i]; i++) {
			size_t used = strlen(expected);

			snprintf(expected + used, sizeof(expected) - used, "%s%s", i ? ", " : "", key->words[i]);
		}
	}
	return sim_fail(error, -EINVAL, "synth: %s: expected %s, found \"%.40s\"", key->name, expected, value);
}

static int set_value(struct sim_work_params *params, unsigned index, const char *text, struct sim_error *error)
{
	const struct sim_work_key_info *key = &keys[index];
	uint64_t value = key->max + 1;
	int result = -EINVAL;

	if (key->words) {
		for (unsigned i = 0; key->words[i]; i++)
			if (!strcmp(key->words[i], text)) {
				value = i;
				result = 0;
			}
	} else {
		result = index == SIM_WORK_MEM ? parse_memory(text, &value) : sim_parse_u64(text, key->max, &value);
	}
	if (result || value < key->min || value > key->max)
		return fail_value(error, key, text);
	params->value[index] = value;
	return 0;
}

/* Reads "key=value,..."; an empty text has none. */
static int read_keys(struct sim_work_params *params, const char *text, struct sim_error *error)
{
	bool given[SIM_WORK_KEY_COUNT] = { false };

	while (*text) {
		size_t length = strcspn(text, ",");
		char pair[64], *value;
		unsigned index = 0;

		if (length >= sizeof(pair))
			return sim_fail(error, -EINVAL, "synth: expected key=value, found \"%.40s...\"", text);
		snprintf(pair, sizeof(pair), "%.*s", (int)length, text);
		value = strchr(pair, '=');
		if (!value)
			return sim_fail(error, -EINVAL, "synth: expected key=value, found \"%s\"", pair);
		*value++ = '\0';
		while (index < SIM_WORK_KEY_COUNT && strcmp(keys[index].name, pair))
			index++;
		if (index == SIM_WORK_KEY_COUNT)
			return fail_unknown(error, "key", pair, next_key);
		if (given[index])
			return sim_fail(error, -EINVAL, "synth: expected each key once, found %s twice", pair);
		given[index] = true;
		if (set_value(params, index, value, error))
			return -EINVAL;
		text += length;
		if (*text == ',' && !*++text)
			return sim_fail(error, -EINVAL, "synth: expected key=value behind the last \",\"");
	}
	return 0;
}

static bool has_odd_size(uint64_t min, uint64_t max)
{
	for (uint64_t pages = min; pages <= max; pages++)
		if (pages & (pages - 1))
			return true;
	return false;
}

/* What no key alone can tell. */
static int check_together(const struct sim_work_params *params, struct sim_error *error)
{
	const uint64_t *v = params->value;

	if (v[SIM_WORK_MIN] > v[SIM_WORK_MAX])
		return sim_fail(error, -EINVAL, "synth: expected min up to max, found min=%" PRIu64 ",max=%" PRIu64,
				v[SIM_WORK_MIN], v[SIM_WORK_MAX]);
	if (v[SIM_WORK_ODD] && !has_odd_size(v[SIM_WORK_MIN], v[SIM_WORK_MAX]))
		return sim_fail(error, -EINVAL, "synth: odd=on: expected a size from min=%" PRIu64 " to max=%" PRIu64
				" that is no power of two, found none", v[SIM_WORK_MIN], v[SIM_WORK_MAX]);
	if (v[SIM_WORK_UNMOVABLE] + v[SIM_WORK_MOVABLE] > 100)
		return sim_fail(error, -EINVAL, "synth: expected unmovable and movable to be 100 percent together at "
				"most, found %" PRIu64, v[SIM_WORK_UNMOVABLE] + v[SIM_WORK_MOVABLE]);
	if (v[SIM_WORK_WAVE] != SIM_WAVE_FLAT && v[SIM_WORK_LOW] > v[SIM_WORK_OCCUPANCY])
		return sim_fail(error, -EINVAL, "synth: expected low up to occupancy, found low=%" PRIu64
				",occupancy=%" PRIu64, v[SIM_WORK_LOW], v[SIM_WORK_OCCUPANCY]);
	return 0;
}

int sim_workload_parse(const char *spec, struct sim_work_params *out, struct sim_error *error)
{
	const char *text = spec + strlen(SIM_WORKLOAD_PREFIX);
	struct sim_work_params params = { 0 };
	size_t length = strcspn(text, ",");
	char name[32];

	if (!sim_workload_is(spec))
		return sim_fail(error, -EINVAL, "expected synth:PROFILE[,key=value...], found \"%.40s\"", spec);
	snprintf(name, sizeof(name), "%.*s", (int)length, text);
	for (size_t i = 0; i < PROFILE_COUNT; i++)
		if (!strcmp(profiles[i].name, name))
			params.profile = &profiles[i];
	if (!params.profile)
		return fail_unknown(error, "profile", name, next_profile);
	for (unsigned i = 0; i < SIM_WORK_KEY_COUNT; i++)
		params.value[i] = keys[i].usual;
	if (read_keys(&params, params.profile->keys, error))
		return -EINVAL;
	text += length;
	if (*text == ',' && !text[1])
		return sim_fail(error, -EINVAL, "synth: expected key=value behind the last \",\"");
	if (read_keys(&params, *text ? text + 1 : text, error) || check_together(&params, error))
		return -EINVAL;
	*out = params;
	return 0;
}

const char *sim_workload_describe(const struct sim_work_params *params, char *text, size_t room)
{
	size_t used = (size_t)snprintf(text, room, "%s%s", SIM_WORKLOAD_PREFIX, params->profile->name);

	for (unsigned i = 0; i < SIM_WORK_KEY_COUNT && used < room; i++) {
		const struct sim_work_key_info *key = &keys[i];
		uint64_t value = params->value[i];

		if (key->words)
			used += (size_t)snprintf(text + used, room - used, ",%s=%s", key->name, key->words[value]);
		else if (i == SIM_WORK_MEM)
			used += (size_t)snprintf(text + used, room - used, ",%s=%" PRIu64 "K", key->name, value * 4);
		else
			used += (size_t)snprintf(text + used, room - used, ",%s=%" PRIu64, key->name, value);
	}
	return text;
}
