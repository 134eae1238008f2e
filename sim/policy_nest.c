// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy nest: ours. As lazy, and a held tail serves later requests that fit into it: sized requests share blocks that
 * are broken already instead of breaking up new ones.
 *
 * Interface: sim_policy_nest.
 */
#include "held.h"

const struct sim_policy sim_policy_nest = {
	.name = "nest",
	.summary = "ours: as lazy, and held tails serve later requests",
	.state_bytes = sizeof(struct sim_held),
	.serve = sim_held_serve,
	.fit = sim_held_hold,
	.release = sim_held_release,
	.settle = sim_held_settle,
	.reclaim = sim_held_reclaim,
	.held = sim_held_pages,
};
