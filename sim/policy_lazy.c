// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy lazy: ours. The tail stays with its block until memory is short; a block that is released before that goes
 * back whole, in one call, as if it had never been cut. Under pressure it is fitfree, a little later. A module can
 * do it: a shrinker tells when.
 *
 * Interface: sim_policy_lazy.
 */
#include "held.h"

const struct sim_policy sim_policy_lazy = {
	.name = "lazy",
	.summary = "ours: the tail is held until memory is short",
	.state_bytes = sizeof(struct sim_held),
	.fit = sim_held_hold,
	.release = sim_held_release,
	.settle = sim_held_settle,
	.reclaim = sim_held_reclaim,
	.held = sim_held_pages,
};
