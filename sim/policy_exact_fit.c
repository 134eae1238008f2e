// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy exact-fit: the kernel's page-by-page tail, Free&Fit on release. Separates the release side, and is the way
 * that mainline's free_contig_range() series of 2026 goes: ranges are given back as the largest aligned chunks, by way
 * of the per-CPU lists where their order has one; the tail of an exact request stays page by page.
 *
 * Interface: sim_policy_exact_fit.
 */
#include "policy.h"

static int fit(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages)
{
	return sim_trim_fit(host, a, pfn, order, pages, PAGEMAN_BY_PAGE, SIM_VIA_TAIL);
}

static int release(struct sim_host *host, struct sim_allocation *a)
{
	return sim_trim_release(host, a, PAGEMAN_BY_BLOCK, SIM_VIA_NORMAL);
}

const struct sim_policy sim_policy_exact_fit = {
	.name = "exact-fit",
	.also = "upstream",
	.summary = "tail page by page, release as largest aligned blocks (upstream's way of 2026)",
	.fit = fit,
	.release = release,
};
