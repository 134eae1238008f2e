// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of policies and the way from the trimming core into the model.
 *
 * Interface: sim_policy_at, sim_policy_find, sim_policy_names, sim_trim_fit, sim_trim_release, sim_trim_ops
 * (policy.h).
 */
#include "policy.h"

#include <stdio.h>
#include <string.h>

static const struct sim_policy *const policies[] = {
	&sim_policy_none, &sim_policy_exact, &sim_policy_fitfree, &sim_policy_fit_exact, &sim_policy_exact_fit,
	&sim_policy_direct, &sim_policy_lazy, &sim_policy_lazy_direct, &sim_policy_nest,
};

const struct sim_policy *sim_policy_at(size_t index)
{
	return index < sizeof(policies) / sizeof(policies[0]) ? policies[index] : NULL;
}

const struct sim_policy *sim_policy_find(const char *name)
{
	const struct sim_policy *policy;

	for (size_t i = 0; (policy = sim_policy_at(i)); i++)
		if (!strcmp(policy->name, name) || (policy->also && !strcmp(policy->also, name)))
			return policy;
	return NULL;
}

const char *sim_policy_names(char text[128])
{
	size_t used = 0;

	for (size_t i = 0; sim_policy_at(i); i++)
		used += (size_t)snprintf(text + used, 128 - used, "%s%s", i ? ", " : "", sim_policy_at(i)->name);
	return text;
}

static int free_block(void *context, uint64_t start_pfn, unsigned order)
{
	struct sim_host *host = context;
	int result = sim_host_model_free(host, host->cpu, start_pfn, order, host->via);

	if (result)
		return result;
	host->account.cost[host->deed].calls++;
	host->account.taken_pages -= UINT64_C(1) << order;
	return 0;
}

const struct pageman_ops sim_trim_ops = { .free_block = free_block };

int sim_trim_fit(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages,
		 enum pageman_grain grain, enum sim_via via)
{
	int result = pageman_holding_init(&a->holding, pfn, order, pages);

	if (result)
		return result;
	host->via = via;
	return pageman_record_fit(&a->holding.record, &sim_trim_ops, host, grain);
}

int sim_trim_release(struct sim_host *host, struct sim_allocation *a, enum pageman_grain grain, enum sim_via via)
{
	host->via = via;
	return pageman_record_release(&a->holding.record, &sim_trim_ops, host, grain);
}
