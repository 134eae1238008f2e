/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies: what happens to a request that is not a power of two.
 *
 * Role: the seam between the trimming core and the model. A policy is one file and one ops table; the replay calls
 * it at a sized allocation and at its release and knows nothing else about it.
 * Interface: struct sim_policy, sim_policy_find, sim_policy_at; what a policy may call: sim_host_fit,
 * sim_host_release.
 * Invariant: after `release` returned 0 the record owns no frame.
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

#include <buddy/buddy.h>
#include <pageman/pageman.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sim_via { SIM_VIA_NORMAL, SIM_VIA_TAIL };

/* The allocator as a policy sees it, with what its calls cost. */
struct sim_host {
	struct buddy *buddy;
	uint32_t cpu;
	enum sim_via via;      /* of the call in progress */
	uint64_t calls;        /* blocks given back */
};

struct sim_policy {
	const char *name;
	const char *summary;
	/**
	 * fit - a block of 2^@order frames from @pfn was allocated of which @pages are wanted
	 * @record: filled; stays with the allocation until its release
	 *
	 * Return: 0 or a negative error of the model.
	 */
	int (*fit)(struct sim_host *host, struct pageman_record *record, uint64_t pfn, unsigned order, uint64_t pages);
	/* release - the allocation ends. Return: 0 or a negative error of the model. */
	int (*release)(struct sim_host *host, struct pageman_record *record);
};

extern const struct sim_policy sim_policy_none;
extern const struct sim_policy sim_policy_exact;
extern const struct sim_policy sim_policy_fitfree;
extern const struct sim_policy sim_policy_fit_exact;
extern const struct sim_policy sim_policy_exact_fit;

/* The policy at @index, NULL past the last. */
const struct sim_policy *sim_policy_at(size_t index);
const struct sim_policy *sim_policy_find(const char *name);
/* "none, exact, ..." for messages. */
const char *sim_policy_names(char text[128]);

/* Records the block and gives its tail back piece by piece. */
int sim_host_fit(struct sim_host *host, struct pageman_record *record, uint64_t pfn, unsigned order, uint64_t pages,
		 enum pageman_grain grain, enum sim_via via);
/* Gives back what the record still owns. */
int sim_host_release(struct sim_host *host, struct pageman_record *record, enum pageman_grain grain,
		     enum sim_via via);

#ifdef __cplusplus
}
#endif
#endif
