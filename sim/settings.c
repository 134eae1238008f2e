// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * --set key=value: the keys and what they do to a machine.
 *
 * Interface: settings.h.
 * Source: __setup_per_zone_wmarks(), mm/page_alloc.c 6.1.
 */
#include "settings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

enum key_index { KEY_PCP_HIGH, KEY_PCP_BATCH, KEY_MIN_FREE, KEY_SCALE, KEY_BOOST, KEY_COUNT };

static const struct sim_setting_key keys[KEY_COUNT] = {
	[KEY_PCP_HIGH] = { "pcp.high", "pages at which a per-CPU list drains, every zone and CPU", 0, 1 << 20 },
	[KEY_PCP_BATCH] = { "pcp.batch", "pages that a refill or drain moves, every zone and CPU", 1, 1 << 16 },
	[KEY_MIN_FREE] = { "min_free_kbytes", "as the sysctl: sets every zone's watermarks", 0, UINT64_C(1) << 40 },
	[KEY_SCALE] = { "watermark_scale_factor", "as the sysctl, in 1/10000 of the managed pages", 0, 3000 },
	[KEY_BOOST] = { "watermark_boost_factor", "as the sysctl, in 1/10000; 0 turns boosting off", 0, 1 << 20 },
};

#define SCALE_FACTOR_DEFAULT 10

static int unknown_key(const char *text, size_t length, struct sim_error *error)
{
	char known[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < KEY_COUNT; i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "", keys[i].name);
	return sim_fail(error, -EINVAL, "--set: expected key=value with one of the keys %s, found \"%.*s\"", known,
			(int)length, text);
}

int sim_settings_add(struct sim_settings *settings, const char *text, struct sim_error *error)
{
	size_t length = strcspn(text, "=");
	const struct sim_setting_key *key = NULL;
	uint64_t value;
	unsigned at = 0;

	for (size_t i = 0; i < KEY_COUNT; i++)
		if (strlen(keys[i].name) == length && !strncmp(keys[i].name, text, length))
			key = &keys[i];
	if (!key || text[length] != '=')
		return unknown_key(text, text[length] == '=' ? length : strlen(text), error);
	if (sim_parse_u64(text + length + 1, key->max, &value) || value < key->min)
		return sim_fail(error, -EINVAL, "--set %s: expected a number from %" PRIu64 " to %" PRIu64
				", found \"%.40s\"", key->name, key->min, key->max, text + length + 1);
	while (at < settings->count && settings->list[at].key != key)
		at++;
	settings->list[at].key = key;
	settings->list[at].value = value;
	if (at == settings->count)
		settings->count++;
	return 0;
}

static bool setting_of(const struct sim_settings *settings, enum key_index key, uint64_t *out)
{
	for (unsigned i = 0; i < settings->count; i++) {
		if (settings->list[i].key == &keys[key]) {
			*out = settings->list[i].value;
			return true;
		}
	}
	return false;
}

static int apply_pcp(const struct sim_settings *settings, struct sim_machine *m, uint32_t zone)
{
	for (uint32_t cpu = 0; cpu < m->cpu_count; cpu++) {
		struct buddy_pcp_tuning t;
		uint64_t value;
		int result;

		buddy_pcp_tuning_get(m->buddy, zone, cpu, &t);
		if (setting_of(settings, KEY_PCP_HIGH, &value)) {
			t.high_pages = (uint32_t)value;
			t.high_min_pages = (uint32_t)value; /* as the sysctl percpu_pagelist_high_fraction: no tuning */
			t.high_max_pages = (uint32_t)value;
		}
		if (setting_of(settings, KEY_PCP_BATCH, &value))
			t.batch_pages = (uint32_t)value;
		result = buddy_pcp_tune(m->buddy, zone, cpu, &t);
		if (result)
			return result;
	}
	return 0;
}

static uint64_t managed_pages_of_all(const struct sim_machine *m)
{
	uint64_t pages = 0;

	for (uint32_t zone = 0; zone < m->zone_count; zone++) {
		struct buddy_zone_tuning t;

		buddy_zone_tuning_get(m->buddy, zone, &t);
		pages += t.managed_pages;
	}
	return pages ? pages : 1;
}

static int apply_marks(const struct sim_settings *settings, struct sim_machine *m, uint32_t zone,
		       uint64_t scale_factor)
{
	uint64_t min_free_kib, gap_pages, scaled_pages;
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(m->buddy, zone, &t);
	if (setting_of(settings, KEY_MIN_FREE, &min_free_kib))
		t.mark_pages[BUDDY_MARK_MIN] = min_free_kib / 4 * t.managed_pages / managed_pages_of_all(m);
	gap_pages = t.mark_pages[BUDDY_MARK_MIN] / 4;
	scaled_pages = t.managed_pages * scale_factor / 10000;
	if (scaled_pages > gap_pages)
		gap_pages = scaled_pages;
	t.boost_pages = 0;
	t.mark_pages[BUDDY_MARK_LOW] = t.mark_pages[BUDDY_MARK_MIN] + gap_pages;
	t.mark_pages[BUDDY_MARK_HIGH] = t.mark_pages[BUDDY_MARK_LOW] + gap_pages;
	t.mark_pages[BUDDY_MARK_PROMO] = t.mark_pages[BUDDY_MARK_HIGH] + gap_pages;
	return buddy_zone_tune(m->buddy, zone, &t);
}

static int apply_boost(struct sim_machine *m, uint32_t zone, uint64_t factor)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(m->buddy, zone, &t);
	t.boost_factor = factor;
	return buddy_zone_tune(m->buddy, zone, &t);
}

int sim_settings_apply(const struct sim_settings *settings, struct sim_machine *machine,
		       const struct rec_snapshot *snapshot, bool *own_pcp_out, bool *own_marks_out,
		       struct sim_error *error)
{
	uint64_t scale = snapshot && snapshot->has_settings ? snapshot->settings.watermark_scale_factor
							    : SCALE_FACTOR_DEFAULT;
	uint64_t boost = 0, ignored;
	bool pcp = setting_of(settings, KEY_PCP_HIGH, &ignored) || setting_of(settings, KEY_PCP_BATCH, &ignored);
	bool scaled = setting_of(settings, KEY_SCALE, &scale);
	bool marks = scaled || setting_of(settings, KEY_MIN_FREE, &ignored);
	bool boosted = setting_of(settings, KEY_BOOST, &boost);
	int result = 0;

	for (uint32_t zone = 0; zone < machine->zone_count && !result; zone++) {
		if (pcp)
			result = apply_pcp(settings, machine, zone);
		if (!result && marks)
			result = apply_marks(settings, machine, zone, scale);
		if (!result && boosted)
			result = apply_boost(machine, zone, boost);
	}
	if (result)
		return sim_fail(error, -EINVAL, "--set: the model refuses these values: %s", strerror(-result));
	*own_pcp_out = pcp;
	*own_marks_out = marks;
	return 0;
}
