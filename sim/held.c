// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stashes by class of memory.
 *
 * Interface: held.h.
 * Invariant: an allocation's class follows from its gfp and node, which do not change.
 */
#include "held.h"

#include <errno.h>

#define PLACE_BITS 0x1fu /* zone, movable and reclaimable bits: the lowest of every kernel's GFP masks */

/* Linear: a system uses very few classes for sized requests. Return: NULL when there are too many. */
static struct pageman_stash *stash_of(struct sim_host *host, const struct sim_allocation *a)
{
	struct sim_held *held = host->state;
	uint32_t places = a->gfp & PLACE_BITS;
	struct sim_held_class *c;

	for (unsigned i = 0; i < held->class_count; i++)
		if (held->classes[i].node == a->node && held->classes[i].places == places)
			return &held->classes[i].stash;
	if (held->class_count == SIM_HELD_CLASSES_MAX)
		return NULL;
	c = &held->classes[held->class_count++];
	c->node = a->node;
	c->places = places;
	pageman_stash_init(&c->stash);
	return &c->stash;
}

bool sim_held_serve(struct sim_host *host, struct sim_allocation *a, unsigned order, uint64_t pages)
{
	struct pageman_stash *stash = stash_of(host, a);

	return stash && !pageman_stash_lend(stash, &a->holding, order, pages);
}

int sim_held_hold(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages)
{
	struct pageman_stash *stash = stash_of(host, a);
	int result;

	if (!stash)
		return -ENOSPC;
	result = pageman_holding_init(&a->holding, pfn, order, pages);
	if (!result)
		pageman_stash_hold(stash, &a->holding);
	return result;
}

int sim_held_release(struct sim_host *host, struct sim_allocation *a)
{
	const struct pageman_record *record = &a->holding.record;
	bool whole = pageman_record_owned_pages(record) == UINT64_C(1) << record->order;

	host->via = whole ? SIM_VIA_NORMAL : host->policy->parts_via;
	return pageman_stash_release(stash_of(host, a), &a->holding, &sim_trim_ops, host, PAGEMAN_BY_BLOCK);
}

int sim_held_settle(struct sim_host *host, struct sim_allocation *a)
{
	host->via = host->policy->parts_via;
	return pageman_stash_settle(stash_of(host, a), &a->holding, &sim_trim_ops, host, PAGEMAN_BY_BLOCK);
}

int sim_held_reclaim(struct sim_host *host)
{
	struct sim_held *held = host->state;
	int result = 0;

	host->via = host->policy->parts_via;
	for (unsigned i = 0; i < held->class_count && !result; i++)
		result = pageman_stash_reclaim(&held->classes[i].stash, &sim_trim_ops, host, PAGEMAN_BY_BLOCK,
					       UINT64_MAX, NULL);
	return result;
}

uint64_t sim_held_pages(const struct sim_host *host)
{
	const struct sim_held *held = host->state;
	uint64_t pages = 0;

	for (unsigned i = 0; i < held->class_count; i++)
		pages += held->classes[i].stash.held_pages;
	return pages;
}
