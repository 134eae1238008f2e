// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes what becomes of a snapshot: the model that is loaded with it.
 *
 * Input: the tagged records of a snapshot. One whose zones span more than CHECKED_PAGES frames is parsed, not
 * loaded: the checks of a model take as long as its memory is large.
 * Invariant: a snapshot that parses is loaded or refused with a sentence; what is loaded passes the model's own
 * checks.
 */
#include <string.h>

#include "load.h"
#include "reading.h"

#define CHECKED_PAGES (1u << 20)

static uint64_t frames_of(const struct rec_snapshot *snapshot)
{
	uint64_t frames = 0;

	for (uint32_t i = 0; i < snapshot->zone_count; i++) {
		if (snapshot->zones[i].z.spanned_pages > CHECKED_PAGES)
			return UINT64_MAX;
		frames += snapshot->zones[i].z.spanned_pages;
	}
	return frames;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim_machine machine;
	struct rec_snapshot snapshot;
	struct sim_error error = { 0 };

	if (rec_snapshot_parse(data, size, &snapshot, NULL))
		return 0;
	if (snapshot.ordered && frames_of(&snapshot) <= CHECKED_PAGES) {
		int result = sim_machine_load(&machine, &snapshot, NULL, &error);

		if (result) {
			fuzz_require(error.code == result && error.text[0] && !strchr(error.text, '\n'));
		} else {
			char report[256];

			if (!buddy_check(machine.buddy, report, sizeof(report)))
				fuzz_no_fault(report);
			sim_machine_unload(&machine);
		}
	}
	rec_snapshot_free(&snapshot);
	return 0;
}
