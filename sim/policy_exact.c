// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy exact: what the kernel does. The tail goes back page by page, to the tails of the zone's lists; the
 * release goes page by page through the per-CPU list of order 0.
 *
 * Interface: sim_policy_exact.
 * Source: make_alloc_exact(), free_pages_exact(), mm/page_alloc.c 6.1.
 */
#include "policy.h"

static int fit(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages)
{
	return sim_trim_fit(host, a, pfn, order, pages, PAGEMAN_BY_PAGE, SIM_VIA_TAIL);
}

static int release(struct sim_host *host, struct sim_allocation *a)
{
	return sim_trim_release(host, a, PAGEMAN_BY_PAGE, SIM_VIA_NORMAL);
}

const struct sim_policy sim_policy_exact = {
	.name = "exact",
	.summary = "alloc_pages_exact: tail and release page by page",
	.fit = fit,
	.release = release,
};
