// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A model to measure.
 *
 * Interface: machine.h.
 */
#include "machine.h"

#include <sys/mman.h>

bool machine_create(struct machine *m, uint64_t frames)
{
	const struct buddy_zone_config zone = { .type = BUDDY_ZONE_NORMAL, .name = "Normal", .spanned_pages = frames };
	const struct buddy_config config = {
		.profile = buddy_profile_find("6.1"),
		.zones = &zone,
		.zone_count = 1,
		.cpu_count = 1,
		.pageblock_order = 9,
	};

	m->bytes = buddy_footprint(&config);
	if (!m->bytes)
		return false;
	m->memory = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m->memory == MAP_FAILED)
		return false;
	if (buddy_init(m->memory, m->bytes, &config, &m->buddy) || buddy_add_range(m->buddy, 0, frames)) {
		munmap(m->memory, m->bytes);
		return false;
	}
	return true;
}

void machine_destroy(struct machine *m)
{
	munmap(m->memory, m->bytes);
}

uint32_t bench_gfp(enum buddy_type type)
{
	const struct buddy_gfp_bits *g = &buddy_profile_find("6.1")->gfp;
	uint32_t kernel = g->direct_reclaim | g->kswapd_reclaim;

	switch (type) {
	case BUDDY_MOVABLE:
		return kernel | g->movable | g->highmem;
	case BUDDY_RECLAIMABLE:
		return kernel | g->reclaimable;
	default:
		return kernel;
	}
}
