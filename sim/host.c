// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Drives a policy and keeps the account.
 *
 * Interface: host.h.
 * Invariant: the model's work is booked under one deed at most: opening one closes the one before.
 */
#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy.h"

#define NO_DEED SIM_DEED_COUNT

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#define CLOCK_READINGS 4096
#define CLOCK_LONGEST_NS 1024

uint64_t sim_host_clock_ns(void)
{
	unsigned times[CLOCK_LONGEST_NS + 1] = { 0 }; /* how often two readings were so far apart; the last: or more */
	unsigned seen = 0;
	uint64_t ns = 0;

	for (unsigned i = 0; i < CLOCK_READINGS; i++) {
		uint64_t before_ns = now_ns(), after_ns = now_ns();

		ns = after_ns - before_ns;
		times[ns < CLOCK_LONGEST_NS ? ns : CLOCK_LONGEST_NS]++;
	}
	for (ns = 0; ns < CLOCK_LONGEST_NS && (seen += times[ns]) <= CLOCK_READINGS / 2; ns++)
		;
	return ns;
}

#define ADD(field) (into->field += after->field - before->field)

static void add_stats(struct buddy_stats *into, const struct buddy_stats *before, const struct buddy_stats *after)
{
	ADD(allocs);
	ADD(alloc_failures);
	ADD(frees);
	ADD(pcp_hits);
	ADD(refills);
	ADD(drained_blocks);
	ADD(splits);
	ADD(merges);
	ADD(list_adds);
	ADD(list_removals);
	ADD(list_moves);
	ADD(pcp_list_ops);
	ADD(zone_locks);
	ADD(pcp_locks);
	ADD(fallbacks);
	ADD(claims);
	ADD(highatomic_reserved);
}

static void book(struct sim_host *host, enum sim_deed next)
{
	if (host->deed == next)
		return; /* the entry goes on */
	if (host->deed != NO_DEED) {
		struct sim_deed_cost *cost = &host->account.cost[host->deed];

		if (host->timed)
			cost->time_ns += now_ns() - host->time_before_ns;
		cost->times++;
		add_stats(&cost->stats, &host->stats_before, buddy_stats(host->buddy));
	}
	host->deed = next;
	if (next == NO_DEED)
		return;
	host->stats_before = *buddy_stats(host->buddy);
	if (host->timed)
		host->time_before_ns = now_ns();
}

int sim_host_init(struct sim_host *host, struct buddy *buddy, const struct sim_policy *policy, bool timed)
{
	memset(host, 0, sizeof(*host));
	host->buddy = buddy;
	host->policy = policy;
	host->timed = timed;
	host->deed = NO_DEED;
	if (!policy->state_bytes)
		return 0;
	host->state = calloc(1, policy->state_bytes);
	return host->state ? 0 : -ENOMEM;
}

void sim_host_fini(struct sim_host *host)
{
	free(host->state);
	host->state = NULL;
}

uint64_t sim_host_calls(const struct sim_host *host)
{
	uint64_t calls = 0;

	for (unsigned deed = 0; deed < SIM_DEED_COUNT; deed++)
		calls += host->account.cost[deed].calls;
	return calls;
}

uint64_t sim_host_held(const struct sim_host *host)
{
	return host->policy->held ? host->policy->held(host) : 0;
}

uint64_t sim_host_saved(const struct sim_host *host)
{
	return host->account.rounded_pages - host->account.taken_pages;
}

/* After what was asked for and what went back have changed. */
static void note_saved(struct sim_host *host)
{
	uint64_t saved_pages = sim_host_saved(host);

	if (saved_pages > host->account.saved_peak_pages)
		host->account.saved_peak_pages = saved_pages;
}

int sim_host_model_alloc(struct sim_host *host, const struct buddy_request *request, struct buddy_block *out)
{
	int result = buddy_alloc_pages(host->buddy, request, out);

	if (host->tap)
		host->tap->allocated(host->tap->context, request, result, out);
	return result;
}

int sim_host_model_free(struct sim_host *host, uint32_t cpu, uint64_t pfn, unsigned order, enum sim_via via)
{
	int result = via == SIM_VIA_TAIL ? buddy_free_direct(host->buddy, cpu, pfn, order, BUDDY_FREE_TO_TAIL)
					 : buddy_free_pages(host->buddy, cpu, pfn, order);

	if (host->tap)
		host->tap->freed(host->tap->context, cpu, pfn, order, via, result);
	return result;
}

/* Books as @deed what the request took, and apart from that what the policy gave back for it. */
static int alloc_block(struct sim_host *host, const struct buddy_request *request, enum sim_deed deed,
		       struct buddy_block *out)
{
	int result;

	book(host, deed);
	result = sim_host_model_alloc(host, request, out);
	if ((!result && !out->attempt) || !sim_host_held(host))
		return result;
	host->cpu = request->cpu;
	book(host, SIM_DEED_RECLAIM);
	if (!host->policy->reclaim(host) && result) {
		book(host, deed);
		result = sim_host_model_alloc(host, request, out);
	}
	note_saved(host);
	return result;
}

int sim_host_alloc(struct sim_host *host, const struct buddy_request *request, struct buddy_block *out)
{
	int result = alloc_block(host, request, NO_DEED, out);

	book(host, NO_DEED);
	return result;
}

/* Return: true when the policy had a block of its own. */
static bool serve(struct sim_host *host, const struct buddy_request *request, uint64_t pages, struct sim_allocation *a)
{
	bool served;

	if (!host->policy->serve)
		return false;
	book(host, SIM_DEED_ALLOC);
	served = host->policy->serve(host, a, request->order, pages);
	host->account.served += served;
	return served;
}

int sim_host_get(struct sim_host *host, const struct buddy_request *request, uint64_t pages, struct sim_allocation *a,
		 uint64_t *pfn_out)
{
	uint64_t block_pages = UINT64_C(1) << request->order;
	struct buddy_block block;
	int result = 0;

	host->cpu = request->cpu;
	a->gfp = request->gfp;
	a->node = request->node;
	if (!serve(host, request, pages, a)) {
		result = alloc_block(host, request, SIM_DEED_ALLOC, &block);
		if (result) {
			book(host, NO_DEED);
			return -ENOMEM;
		}
		host->account.cost[SIM_DEED_ALLOC].calls++;
		host->account.taken_pages += block_pages;
		book(host, SIM_DEED_FIT);
		result = host->policy->fit(host, a, block.pfn, request->order, pages);
	}
	book(host, NO_DEED);
	if (result) {
		*pfn_out = block.pfn;
		host->account.taken_pages -= block_pages;
		return -EFAULT;
	}
	*pfn_out = a->holding.record.start_pfn;
	host->account.rounded_pages += block_pages;
	note_saved(host);
	return 0;
}

int sim_host_put(struct sim_host *host, uint32_t cpu, struct sim_allocation *a)
{
	int result;

	host->cpu = cpu;
	book(host, SIM_DEED_RELEASE);
	result = host->policy->release(host, a);
	book(host, NO_DEED);
	host->account.rounded_pages -= UINT64_C(1) << a->holding.record.order;
	return result;
}

int sim_host_reclaim(struct sim_host *host, uint32_t cpu)
{
	int result;

	if (!sim_host_held(host))
		return 0;
	host->cpu = cpu;
	book(host, SIM_DEED_RECLAIM);
	result = host->policy->reclaim(host);
	book(host, NO_DEED);
	note_saved(host);
	return result;
}

int sim_host_settle(struct sim_host *host, uint32_t cpu, struct sim_allocation *a)
{
	int result = 0;

	host->cpu = cpu;
	if (!host->policy->settle)
		return 0;
	book(host, SIM_DEED_RELEASE);
	result = host->policy->settle(host, a);
	book(host, NO_DEED);
	note_saved(host);
	return result;
}

void sim_host_frames_freed(struct sim_host *host, uint64_t pages)
{
	host->account.taken_pages -= pages;
}

int sim_host_free_surplus(struct sim_host *host, uint32_t cpu, struct sim_allocation *a, uint64_t wanted_pages)
{
	const struct pageman_record *record = &a->holding.record;
	struct pageman_run run = { record->start_pfn + wanted_pages,
				   record->start_pfn + record->pages + record->pending_pages };
	struct pageman_block piece;
	int result = 0, one;

	sim_host_frames_freed(host, pageman_run_pages(&run));
	while (pageman_run_next(&run, PAGEMAN_BY_BLOCK, &piece)) {
		one = sim_host_model_free(host, cpu, piece.start_pfn, piece.order, SIM_VIA_NORMAL);
		result = result ? result : one;
	}
	return result;
}

void sim_host_forget(struct sim_host *host, struct sim_allocation *a)
{
	host->account.rounded_pages -= UINT64_C(1) << a->holding.record.order;
}
