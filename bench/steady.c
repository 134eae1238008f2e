// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Storage of the workload.
 *
 * Interface: steady.h.
 */
#include "steady.h"

#include <stdlib.h>

bool steady_init(struct steady *s, enum steady_mix mix, unsigned occupancy_percent)
{
	*s = (struct steady){
		.random = 0x9e3779b97f4a7c15u,
		.mix = mix,
		.target_frames = (uint32_t)((uint64_t)STEADY_FRAMES * occupancy_percent / 100),
		.live = malloc(STEADY_FRAMES * sizeof(uint32_t)),
	};
	return s->live != NULL;
}

void steady_fini(struct steady *s)
{
	free(s->live);
}
