// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes --set key=value, and a machine that is changed by it.
 *
 * Input: settings, one a line.
 * Invariant: a setting is taken with a value in its key's range, each key once, or refused with a sentence that
 * names the known keys or the range; a machine takes all or refuses, and passes its own checks afterwards.
 */
#include <errno.h>
#include <string.h>

#include "reading.h"
#include "settings.h"
#include "small.h"

static void add(struct sim_settings *settings, const char *text)
{
	struct sim_settings before = *settings;
	struct sim_error error = { 0 };
	int result = sim_settings_add(settings, text, &error);

	fuzz_require(settings->count <= SIM_SETTINGS_MAX);
	if (result) {
		fuzz_require(result == -EINVAL && error.code == result && strstr(error.text, "expected"));
		fuzz_require(!memcmp(&before, settings, sizeof(before)));
		return;
	}
	for (unsigned i = 0; i < settings->count; i++) {
		const struct sim_setting *setting = &settings->list[i];

		fuzz_require(setting->value >= setting->key->min && setting->value <= setting->key->max);
		for (unsigned k = 0; k < i; k++)
			fuzz_require(settings->list[k].key != setting->key);
	}
}

static void apply(const struct sim_settings *settings)
{
	const struct rec_snapshot *snapshot = small_snapshot();
	char report[256];
	struct sim_machine machine;
	struct sim_error error = { 0 };
	bool own_pcp, own_marks;
	int result;

	fuzz_require(sim_machine_load(&machine, snapshot, NULL, &error) == 0);
	result = sim_settings_apply(settings, &machine, snapshot, &own_pcp, &own_marks, &error);
	fuzz_require(result == 0 || (result == -EINVAL && error.text[0]));
	if (!buddy_check(machine.buddy, report, sizeof(report)))
		fuzz_no_fault(report);
	sim_machine_unload(&machine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim_settings settings = { 0 };
	char *text = malloc(size + 1), *line, *rest;

	fuzz_require(text);
	memcpy(text, data, size);
	text[size] = '\0';
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		add(&settings, line);
	free(text);
	if (settings.count)
		apply(&settings);
	return 0;
}
