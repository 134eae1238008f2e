// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy lazy-direct: ours. As lazy, and parts of a block go straight to the tails of the zone's lists, as with direct;
 * whole blocks return the usual way. For the kernel itself: a module cannot free in this way.
 *
 * Interface: sim_policy_lazy_direct.
 */
#include "held.h"

const struct sim_policy sim_policy_lazy_direct = {
	.name = "lazy-direct",
	.summary = "ours: as lazy, parts go past the per-CPU lists to the tails of the zone's",
	.state_bytes = sizeof(struct sim_held),
	.parts_via = SIM_VIA_TAIL,
	.fit = sim_held_hold,
	.release = sim_held_release,
	.settle = sim_held_settle,
	.reclaim = sim_held_reclaim,
	.held = sim_held_pages,
};
