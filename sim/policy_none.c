// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy none: the rounded-up block is kept whole, as kmalloc keeps it, and released by one __free_pages().
 *
 * Interface: sim_policy_none.
 */
#include "policy.h"

static int fit(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages)
{
	(void)host;
	(void)pages;
	return pageman_holding_init(&a->holding, pfn, order, UINT64_C(1) << order);
}

static int release(struct sim_host *host, struct sim_allocation *a)
{
	return sim_trim_release(host, a, PAGEMAN_BY_BLOCK, SIM_VIA_NORMAL);
}

const struct sim_policy sim_policy_none = {
	.name = "none",
	.summary = "keep the rounded-up block, release it whole",
	.fit = fit,
	.release = release,
};
