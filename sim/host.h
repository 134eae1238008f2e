/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allocator between a policy and its driver, with an account of what everything cost.
 *
 * Role: a driver (a replay, a synthetic workload) asks the host for memory and gives it back; the host lets the policy
 * trim, tells it when memory is short, and books each deed's calls, list work and time.
 * Interface: sim_host_init, sim_host_alloc, sim_host_get, sim_host_put, sim_host_reclaim, sim_host_settle,
 * sim_host_frames_freed, sim_host_free_surplus, sim_host_forget, sim_host_calls, sim_host_held, sim_host_saved,
 * sim_host_clock_ns, sim_host_fini; struct sim_tap for whoever follows the model's calls; for drivers and policies
 * sim_host_model_alloc, sim_host_model_free.
 * Invariant: the account agrees with the model at all times. Every call that changes the model, of a policy or of a
 * synthetic workload, goes through the two last.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <buddy/buddy.h>
#include <pageman/pageman.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sim_policy;

/* How frames go back; see policy.h. */
enum sim_via { SIM_VIA_NORMAL, SIM_VIA_TAIL };

/* A sized request's life. The memory is the driver's, and stays where it is from sim_host_get to sim_host_put. */
struct sim_allocation {
	struct pageman_holding holding;
	uint32_t gfp;
	uint32_t node;
};

/* What a cost was for. */
enum sim_deed {
	SIM_DEED_ALLOC,   /* blocks for sized requests, from the allocator or from what the policy holds */
	SIM_DEED_FIT,     /* the policy cuts a block */
	SIM_DEED_RELEASE, /* an allocation ends */
	SIM_DEED_RECLAIM, /* held frames go back because memory is short */
	SIM_DEED_COUNT
};

struct sim_deed_cost {
	uint64_t times;
	uint64_t calls;           /* of the allocator */
	uint64_t time_ns;         /* 0 unless the host is timed; includes two readings of the clock each time */
	struct buddy_stats stats; /* what the model did */
};

struct sim_account {
	struct sim_deed_cost cost[SIM_DEED_COUNT];
	uint64_t served;           /* sized requests that got a held tail */
	uint64_t taken_pages;      /* that the allocator gave for sized requests and has not got back */
	uint64_t rounded_pages;    /* of the blocks that live sized requests would have untrimmed */
	uint64_t saved_peak_pages;
};

/* Hears of each request and each free that was put to the model, after it. */
struct sim_tap {
	void *context;
	void (*allocated)(void *context, const struct buddy_request *request, int result,
			  const struct buddy_block *block);
	void (*freed)(void *context, uint32_t cpu, uint64_t pfn, unsigned order, enum sim_via via, int result);
};

struct sim_host {
	struct buddy *buddy;
	const struct sim_policy *policy;
	const struct sim_tap *tap; /* NULL: nobody listens; set after sim_host_init by who does */
	void *state;           /* the policy's own, policy->state_bytes, zero-filled at first */
	uint32_t cpu;          /* of the deed in progress */
	enum sim_via via;
	bool timed;
	struct sim_account account;
	/* The open entry of the account. */
	enum sim_deed deed;
	struct buddy_stats stats_before;
	uint64_t time_before_ns;
};

/* @timed: measure each deed's time. Return: 0 or -ENOMEM. Release with sim_host_fini. */
int sim_host_init(struct sim_host *host, struct buddy *buddy, const struct sim_policy *policy, bool timed);
void sim_host_fini(struct sim_host *host);

/**
 * sim_host_alloc - a request that no policy touches
 *
 * A request that left the fast path or found nothing means that memory is short: the policy gives back what it holds,
 * and a request that found nothing is tried once more. A kernel module learns the same from a shrinker.
 * Return: as buddy_alloc_pages.
 */
int sim_host_alloc(struct sim_host *host, const struct buddy_request *request, struct buddy_block *out);

/**
 * sim_host_get - a sized request
 * @request: its order is that of the block which holds @pages
 * @a: the driver's memory; filled on success
 * @pfn_out: first frame of the @pages
 *
 * Return: 0; -ENOMEM (no block); -EFAULT (the policy failed: the whole block at *@pfn_out is the caller's, @a is not
 * in use).
 */
int sim_host_get(struct sim_host *host, const struct buddy_request *request, uint64_t pages, struct sim_allocation *a,
		 uint64_t *pfn_out);
/* The allocation ends. Return: 0 or a negative error of the model. */
int sim_host_put(struct sim_host *host, uint32_t cpu, struct sim_allocation *a);

/* Memory is short for someone else: what the policy holds goes back. Return: as put. */
int sim_host_reclaim(struct sim_host *host, uint32_t cpu);

/* The allocation will be freed frame by frame by someone else: what is held beyond it goes back. Return: as put. */
int sim_host_settle(struct sim_host *host, uint32_t cpu, struct sim_allocation *a);
/* So many frames of a settled allocation have gone back, past the policy. */
void sim_host_frames_freed(struct sim_host *host, uint64_t pages);
/* What a settled allocation has beyond its first @wanted_pages goes back. Return: as put. */
int sim_host_free_surplus(struct sim_host *host, uint32_t cpu, struct sim_allocation *a, uint64_t wanted_pages);
/* All frames of a settled allocation have gone back. */
void sim_host_forget(struct sim_host *host, struct sim_allocation *a);

/* buddy_alloc_pages, and the tap hears of it. */
int sim_host_model_alloc(struct sim_host *host, const struct buddy_request *request, struct buddy_block *out);
/* buddy_free_pages, or for SIM_VIA_TAIL buddy_free_direct to the list's tail, and the tap hears of it. */
int sim_host_model_free(struct sim_host *host, uint32_t cpu, uint64_t pfn, unsigned order, enum sim_via via);

/* What a timed deed's two readings of the clock add to its time: the median of many measurements, taken now. */
uint64_t sim_host_clock_ns(void);

/* Calls of the allocator so far, for sized requests, of all deeds. */
uint64_t sim_host_calls(const struct sim_host *host);
/* Frames that the policy would give back under pressure. */
uint64_t sim_host_held(const struct sim_host *host);
/* Frames of the rounded-up blocks of live sized requests that are not taken from the allocator. */
uint64_t sim_host_saved(const struct sim_host *host);

#ifdef __cplusplus
}
#endif
#endif
