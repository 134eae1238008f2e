// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the texts of options that have a grammar of their own: --zones and verify's sources to leave out.
 *
 * Input: an option's text; both parsers get it.
 * Invariant: zones that are taken are ascending and disjoint, and a small layout makes a sound machine; sources
 * that are taken have names; what is not taken is refused with a sentence.
 */
#include <errno.h>
#include <string.h>

#include "load.h"
#include "reading.h"
#include "sources.h"

#define CHECKED_PAGES (1u << 18)

static void check_layout(const struct sim_layout *layout)
{
	uint64_t end_pfn = 0, pages = 0;
	char report[256];
	struct sim_machine machine;
	struct sim_error error = { 0 };

	fuzz_require(layout->zone_count && layout->zone_count <= BUDDY_ZONE_COUNT_MAX);
	for (uint32_t i = 0; i < layout->zone_count; i++) {
		const struct buddy_zone_config *zone = &layout->zones[i];

		fuzz_require(zone->spanned_pages && zone->start_pfn >= end_pfn && zone->node < BUDDY_NODE_COUNT_MAX);
		end_pfn = zone->start_pfn + zone->spanned_pages;
		pages += zone->spanned_pages;
	}
	if (pages > CHECKED_PAGES || end_pfn > 1u << 24)
		return;
	if (sim_machine_load_empty(&machine, layout, NULL, &error)) {
		fuzz_require(error.text[0]);
		return;
	}
	if (!buddy_check(machine.buddy, report, sizeof(report)))
		fuzz_no_fault(report);
	sim_machine_unload(&machine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim_layout layout = { 0 };
	struct sim_error error = { 0 };
	sim_sources sources = 0;
	char *text = malloc(size + 1);

	fuzz_require(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (sim_layout_parse(&layout, text, &error) == 0)
		check_layout(&layout);
	else
		fuzz_require(error.code == -EINVAL && strstr(error.text, "expected"));
	if (sim_sources_parse(text, &sources, &error) == 0) {
		for (unsigned i = 0; i < 32; i++)
			fuzz_require(!(sources >> i & 1) || sim_source_name(i));
	} else {
		fuzz_require(error.code == -EINVAL && error.text[0]);
	}
	free(text);
	return 0;
}
