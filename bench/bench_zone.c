// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One zone of 1 TiB: how long its creation takes, what it costs before it is used, and what a used frame costs.
 *
 * Interface: bench_zone.
 */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "machine.h"
#include "shim.h"

#define TIB_FRAMES (1ull << 28)
#define TOUCHED_FRAMES (1u << 20)

struct zone_run {
	struct machine machine;
	double resident_before;
	bool made;
};

/* Bytes of this process in memory. */
static double resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long all = 0, resident = 0;

	if (f) {
		if (fscanf(f, "%lu %lu", &all, &resident) != 2)
			resident = 0;
		fclose(f);
	}
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static void *zone_setup(struct bench *bench, const void *param)
{
	struct zone_run *r = calloc(1, sizeof(*r));

	(void)param;
	if (!r)
		bench_fail(bench, "no memory");
	else
		r->resident_before = resident_bytes();
	return r;
}

static bool zone_create(struct bench *bench, void *state)
{
	struct zone_run *r = state;

	r->made = machine_create(&r->machine, TIB_FRAMES);
	if (!r->made)
		bench_fail(bench, "no address space for the model");
	else
		bench_items(bench, 1);
	return r->made;
}

/* Outside the clock: uses some frames, one by one, and looks at what the process has grown by. */
static void zone_teardown(struct bench *bench, void *state)
{
	struct zone_run *r = state;
	const struct buddy_request request = { .gfp = bench_gfp(BUDDY_MOVABLE) };
	struct buddy_block block;
	double created;

	if (r->made) {
		created = resident_bytes();
		bench_count(bench, "resident_mib", (created - r->resident_before) / (1 << 20));
		for (unsigned i = 0; i < TOUCHED_FRAMES; i++)
			if (buddy_alloc_pages(r->machine.buddy, &request, &block))
				break;
		bench_count(bench, "bytes_per_touched_frame", (resident_bytes() - created) / TOUCHED_FRAMES);
		machine_destroy(&r->machine);
	}
	free(r);
}

void bench_zone(void)
{
	bench_register(&(struct bench_case){ .name = "zone/create_1TiB",
					     .iterations = 1,
					     .setup = zone_setup,
					     .run = zone_create,
					     .teardown = zone_teardown });
}
