/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which frame of the model stands for which frame of the recording.
 *
 * Role: in a what-if replay the model gives frames of its own choice; the map routes the recording's later frees
 * to them.
 * Interface: sim_map_init, sim_map_at, sim_map_model_pfn, sim_map_set, sim_map_mark_free.
 * Invariant: one entry of 8 bytes per frame of the zones, on memory that costs nothing until it is touched;
 * nothing grows with the trace.
 *
 * States of a recorded frame:
 *
 *   START --free--> GONE <---------------------- free ---+
 *                    |                                   |
 *                    +--alloc--> LIVE --(listed free)--> PREPARED
 *                                 |  \--policy's release--> RELEASED --recorded free--> GONE
 *                                 +--the kernel's own trimming--> TRIMMED --recorded free--> GONE
 *   an allocation that the model could not serve: ABSENT --recorded free--> GONE
 */
#ifndef SIM_FRAME_MAP_H
#define SIM_FRAME_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sim_frame_state {
	SIM_FRAME_START = 0, /* untouched: in use or free as at the start, and the same frame in the model */
	SIM_FRAME_LIVE,
	SIM_FRAME_PREPARED,
	SIM_FRAME_TRIMMED,
	SIM_FRAME_RELEASED,
	SIM_FRAME_ABSENT,
	SIM_FRAME_GONE
};

struct sim_frame {
	uint32_t model;    /* frame of the model, counted from the map's first; LIVE and PREPARED only */
	uint16_t offset;   /* LIVE and sized: frames since its block's first */
	uint8_t state;     /* enum sim_frame_state */
	uint8_t sized : 1; /* belongs to a block that a policy handles */
	uint8_t order : 4; /* PREPARED: of the free */
};

struct sim_map {
	struct sim_frame *frames;
	uint8_t *free_at_start; /* bitmap; unused when all_free */
	size_t frames_bytes, bitmap_bytes;
	uint64_t start_pfn, end_pfn; /* [start_pfn, end_pfn) */
	bool all_free;
};

/* Return: 0, -ENOMEM, -ERANGE (more than 2^32 frames). Release with sim_map_fini. */
int sim_map_init(struct sim_map *map, uint64_t start_pfn, uint64_t end_pfn, bool all_free, struct sim_error *error);
void sim_map_fini(struct sim_map *map);

/* [pfn, pfn + pages) was free at the start. */
void sim_map_mark_free(struct sim_map *map, uint64_t pfn, uint64_t pages);

static inline bool sim_map_spans(const struct sim_map *map, uint64_t pfn, uint64_t pages)
{
	return pfn >= map->start_pfn && pfn < map->end_pfn && pages <= map->end_pfn - pfn;
}

static inline struct sim_frame *sim_map_at(const struct sim_map *map, uint64_t pfn)
{
	return &map->frames[pfn - map->start_pfn];
}

static inline bool sim_map_was_free(const struct sim_map *map, uint64_t pfn)
{
	uint64_t at = pfn - map->start_pfn;

	return map->all_free || (map->free_at_start[at >> 3] >> (at & 7) & 1);
}

/* True when the frame is in use: its free would be matched. */
static inline bool sim_map_in_use(const struct sim_map *map, uint64_t pfn)
{
	const struct sim_frame *frame = sim_map_at(map, pfn);

	return frame->state == SIM_FRAME_LIVE || (frame->state == SIM_FRAME_START && !sim_map_was_free(map, pfn));
}

/* Frame of the model that stands for @pfn, which is in use or prepared. */
static inline uint64_t sim_map_model_pfn(const struct sim_map *map, uint64_t pfn)
{
	const struct sim_frame *frame = sim_map_at(map, pfn);

	return frame->state == SIM_FRAME_START ? pfn : map->start_pfn + frame->model;
}

/* [pfn, pfn + pages) of the recording is from now on [model_pfn, model_pfn + pages) of the model. */
void sim_map_set(struct sim_map *map, uint64_t pfn, uint64_t pages, uint64_t model_pfn, bool sized);
/* Sets the state alone. */
void sim_map_set_state(struct sim_map *map, uint64_t pfn, uint64_t pages, enum sim_frame_state state);

/* True when [pfn, pfn + 2^order) is in use, not sized, and one aligned block of the model too. */
bool sim_map_is_block(const struct sim_map *map, uint64_t pfn, unsigned order);

#ifdef __cplusplus
}
#endif
#endif
