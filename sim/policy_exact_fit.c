// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy exact-fit: the kernel's page-by-page tail, Free&Fit on release. Separates the release side.
 *
 * Interface: sim_policy_exact_fit.
 */
#include "policy.h"

static int fit(struct sim_host *host, struct pageman_record *record, uint64_t pfn, unsigned order, uint64_t pages)
{
	return sim_host_fit(host, record, pfn, order, pages, PAGEMAN_BY_PAGE, SIM_VIA_TAIL);
}

static int release(struct sim_host *host, struct pageman_record *record)
{
	return sim_host_release(host, record, PAGEMAN_BY_BLOCK, SIM_VIA_NORMAL);
}

const struct sim_policy sim_policy_exact_fit = {
	.name = "exact-fit",
	.summary = "tail page by page, release as largest aligned blocks",
	.fit = fit,
	.release = release,
};
