// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The map from recorded frames to the model's.
 *
 * Interface: frame_map.h.
 */
#include "frame_map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static void *map_zeroed(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int sim_map_init(struct sim_map *map, uint64_t start_pfn, uint64_t end_pfn, bool all_free, struct sim_error *error)
{
	uint64_t pages = end_pfn - start_pfn;

	memset(map, 0, sizeof(*map));
	if (pages == 0 || pages > UINT32_MAX)
		return sim_fail(error, -ERANGE, "the zones span %llu frames; a what-if replay takes 1 to 2^32 - 1",
				(unsigned long long)pages);
	map->start_pfn = start_pfn;
	map->end_pfn = end_pfn;
	map->all_free = all_free;
	map->frames_bytes = pages * sizeof(*map->frames);
	map->frames = map_zeroed(map->frames_bytes);
	if (!all_free) {
		map->bitmap_bytes = (pages + 7) / 8;
		map->free_at_start = map_zeroed(map->bitmap_bytes);
	}
	if (!map->frames || (!all_free && !map->free_at_start)) {
		sim_map_fini(map);
		return sim_fail(error, -ENOMEM, "no memory for the map of %llu frames", (unsigned long long)pages);
	}
	return 0;
}

void sim_map_fini(struct sim_map *map)
{
	if (map->frames)
		munmap(map->frames, map->frames_bytes);
	if (map->free_at_start)
		munmap(map->free_at_start, map->bitmap_bytes);
	memset(map, 0, sizeof(*map));
}

void sim_map_mark_free(struct sim_map *map, uint64_t pfn, uint64_t pages)
{
	uint64_t at = pfn - map->start_pfn, end = at + pages;

	for (; at < end && (at & 7); at++)
		map->free_at_start[at >> 3] |= (uint8_t)(1u << (at & 7));
	if (at + 8 <= end) {
		memset(&map->free_at_start[at >> 3], 0xff, (end - at) >> 3);
		at = end & ~UINT64_C(7);
	}
	for (; at < end; at++)
		map->free_at_start[at >> 3] |= (uint8_t)(1u << (at & 7));
}

void sim_map_set(struct sim_map *map, uint64_t pfn, uint64_t pages, uint64_t model_pfn, bool sized)
{
	struct sim_frame *frame = sim_map_at(map, pfn);

	for (uint64_t i = 0; i < pages; i++) {
		frame[i].model = (uint32_t)(model_pfn + i - map->start_pfn);
		frame[i].offset = (uint16_t)i;
		frame[i].state = SIM_FRAME_LIVE;
		frame[i].sized = sized;
	}
}

void sim_map_set_state(struct sim_map *map, uint64_t pfn, uint64_t pages, enum sim_frame_state state)
{
	struct sim_frame *frame = sim_map_at(map, pfn);

	for (uint64_t i = 0; i < pages; i++) {
		frame[i].state = (uint8_t)state;
		frame[i].sized = false;
	}
}

bool sim_map_is_block(const struct sim_map *map, uint64_t pfn, unsigned order)
{
	uint64_t pages = UINT64_C(1) << order;
	uint64_t model_pfn;

	if (!sim_map_in_use(map, pfn) || sim_map_at(map, pfn)->sized)
		return false;
	model_pfn = sim_map_model_pfn(map, pfn);
	if (model_pfn & (pages - 1))
		return false;
	for (uint64_t i = 1; i < pages; i++)
		if (!sim_map_in_use(map, pfn + i) || sim_map_at(map, pfn + i)->sized ||
		    sim_map_model_pfn(map, pfn + i) != model_pfn + i)
			return false;
	return true;
}
