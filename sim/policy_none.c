// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy none: the rounded-up block is kept whole, as kmalloc keeps it, and released by one __free_pages().
 *
 * Interface: sim_policy_none.
 */
#include "policy.h"

static int fit(struct sim_host *host, struct pageman_record *record, uint64_t pfn, unsigned order, uint64_t pages)
{
	(void)host;
	(void)pages;
	return pageman_record_init(record, pfn, order, UINT64_C(1) << order);
}

static int release(struct sim_host *host, struct pageman_record *record)
{
	return sim_host_release(host, record, PAGEMAN_BY_BLOCK, SIM_VIA_NORMAL);
}

const struct sim_policy sim_policy_none = {
	.name = "none",
	.summary = "keep the rounded-up block, release it whole",
	.fit = fit,
	.release = release,
};
