// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy direct: ours. Fit&Free and Free&Fit straight to the tails of the zone's lists, past the per-CPU lists, as the
 * kernel does with the tail of an exact request. A piece that lies on a per-CPU list does not merge and is handed out
 * again at once, so broken blocks stay broken; at the tail of a zone's list it has the longest time to become whole.
 * For the kernel itself: a module cannot free in this way.
 *
 * Interface: sim_policy_direct.
 */
#include "policy.h"

static int fit(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages)
{
	return sim_trim_fit(host, a, pfn, order, pages, PAGEMAN_BY_BLOCK, SIM_VIA_TAIL);
}

static int release(struct sim_host *host, struct sim_allocation *a)
{
	return sim_trim_release(host, a, PAGEMAN_BY_BLOCK, SIM_VIA_TAIL);
}

const struct sim_policy sim_policy_direct = {
	.name = "direct",
	.summary = "ours: as fitfree, past the per-CPU lists to the tails of the zone's",
	.fit = fit,
	.release = release,
};
