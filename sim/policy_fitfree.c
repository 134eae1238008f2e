// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy fitfree: Pageman. Tail and release go back as the largest aligned blocks, by __free_pages() as a module
 * has to: pieces of orders 0 to 3 stay on the per-CPU lists of their order, larger ones reach the zone at once.
 *
 * Interface: sim_policy_fitfree.
 */
#include "policy.h"

static int fit(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages)
{
	return sim_trim_fit(host, a, pfn, order, pages, PAGEMAN_BY_BLOCK, SIM_VIA_NORMAL);
}

static int release(struct sim_host *host, struct sim_allocation *a)
{
	return sim_trim_release(host, a, PAGEMAN_BY_BLOCK, SIM_VIA_NORMAL);
}

const struct sim_policy sim_policy_fitfree = {
	.name = "fitfree",
	.summary = "Fit&Free: tail and release as largest aligned blocks",
	.fit = fit,
	.release = release,
};
