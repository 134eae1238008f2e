/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies: what happens to a request that is not a power of two.
 *
 * Role: the seam between the trimming core and the model. A policy is one file and one ops table; whoever drives it
 * (a replay, a synthetic workload) calls it around a sized request's life and knows nothing else about it.
 * Interface: struct sim_policy, sim_policy_find, sim_policy_at; what a policy may call: sim_trim_fit,
 * sim_trim_release, sim_trim_ops. Who drives a policy does so through host.h.
 * Invariant: after `release` returned 0 the allocation owns no frame. A policy's own memory is host->state alone.
 *
 * Where the frames go, in the model and in a kernel:
 *
 *   SIM_VIA_TAIL    __free_pages_ok(page, order, FPI_TO_TAIL): straight to the tail of the zone's list, past the
 *                   per-CPU lists. make_alloc_exact() does this; a module cannot, the function is not exported.
 *   SIM_VIA_NORMAL  __free_pages(page, order): orders 0 to 3 to the per-CPU list of their order, larger ones to
 *                   the zone with the usual placement. What free_pages_exact() does page by page, and all that a
 *                   module has.
 */
#ifndef SIM_POLICY_H
#define SIM_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sim_policy {
	const char *name;
	const char *also;    /* another name for it, or NULL */
	const char *summary;
	size_t state_bytes;
	enum sim_via parts_via; /* of a block that is not whole; for the policies that hold tails (held.h) */
	/**
	 * serve - a request of @order, @pages of it wanted, before the allocator is asked; NULL: never
	 * @a: gfp and node are set; the holding is filled when served
	 *
	 * Return: true when the request has its block.
	 */
	bool (*serve)(struct sim_host *host, struct sim_allocation *a, unsigned order, uint64_t pages);
	/**
	 * fit - a block of 2^@order frames from @pfn was allocated of which @pages are wanted
	 * @a: gfp and node are set; the holding is filled
	 *
	 * Return: 0 or a negative error of the model.
	 */
	int (*fit)(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages);
	/* release - the allocation ends. Return: 0 or a negative error of the model. */
	int (*release)(struct sim_host *host, struct sim_allocation *a);
	/* settle - it will be freed frame by frame by others: what is held beyond goes back now; NULL: nothing is. */
	int (*settle)(struct sim_host *host, struct sim_allocation *a);
	/* reclaim - memory is short: what is held back goes back. NULL: nothing is. */
	int (*reclaim)(struct sim_host *host);
	/* held - frames that reclaim would give back. NULL: none. */
	uint64_t (*held)(const struct sim_host *host);
};

extern const struct sim_policy sim_policy_none;
extern const struct sim_policy sim_policy_exact;
extern const struct sim_policy sim_policy_fitfree;
extern const struct sim_policy sim_policy_fit_exact;
extern const struct sim_policy sim_policy_exact_fit;
extern const struct sim_policy sim_policy_direct;
extern const struct sim_policy sim_policy_lazy;
extern const struct sim_policy sim_policy_lazy_direct;
extern const struct sim_policy sim_policy_nest;

/* The policy at @index, NULL past the last. */
const struct sim_policy *sim_policy_at(size_t index);
/* By either name. */
const struct sim_policy *sim_policy_find(const char *name);
/* "none, exact, ..." for messages. */
const char *sim_policy_names(char text[128]);

/* --- What a policy may call --------------------------------------------------------------------------------- */

/* Gives back through the host: count, place and errors are its. Its context is the host. */
extern const struct pageman_ops sim_trim_ops;
/* Records the block and gives its tail back piece by piece. */
int sim_trim_fit(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages,
		 enum pageman_grain grain, enum sim_via via);
/* Gives back what the record still owns. */
int sim_trim_release(struct sim_host *host, struct sim_allocation *a, enum pageman_grain grain, enum sim_via via);

#ifdef __cplusplus
}
#endif
#endif
