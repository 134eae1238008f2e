// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy fit-exact: Fit&Free on allocation, the kernel's page-by-page release. Separates the allocation side.
 *
 * Interface: sim_policy_fit_exact.
 */
#include "policy.h"

static int fit(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages)
{
	return sim_trim_fit(host, a, pfn, order, pages, PAGEMAN_BY_BLOCK, SIM_VIA_NORMAL);
}

static int release(struct sim_host *host, struct sim_allocation *a)
{
	return sim_trim_release(host, a, PAGEMAN_BY_PAGE, SIM_VIA_NORMAL);
}

const struct sim_policy sim_policy_fit_exact = {
	.name = "fit-exact",
	.summary = "tail as largest aligned blocks, release page by page",
	.fit = fit,
	.release = release,
};
