/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a policy holds back: one stash for each class of memory.
 *
 * Role: state and deeds of the policies that trim late. A tail may serve only requests that could have got the whole
 * block: the same node, zones and mobility.
 * Interface: struct sim_held as a policy's state; sim_held_hold, sim_held_serve, sim_held_release, sim_held_settle,
 * sim_held_reclaim, sim_held_pages as members of its table.
 */
#ifndef SIM_HELD_H
#define SIM_HELD_H

#include "policy.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_HELD_CLASSES_MAX 64

struct sim_held {
	unsigned class_count;
	struct sim_held_class {
		uint32_t node, places; /* places: the GFP bits that say where from */
		struct pageman_stash stash;
	} classes[SIM_HELD_CLASSES_MAX];
};

bool sim_held_serve(struct sim_host *host, struct sim_allocation *a, unsigned order, uint64_t pages);
/* As a policy's fit: the whole tail is held. */
int sim_held_hold(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages);
int sim_held_release(struct sim_host *host, struct sim_allocation *a);
int sim_held_settle(struct sim_host *host, struct sim_allocation *a);
int sim_held_reclaim(struct sim_host *host);
uint64_t sim_held_pages(const struct sim_host *host);

#ifdef __cplusplus
}
#endif
#endif
