/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What-if replay: the recorded requests, executed on the model with the model's own decisions.
 *
 * Role: an allocation gets whatever frame the model gives; the map of frames routes its later free. Sized requests
 * go through a policy. What the recorded kernel did beside requests is applied where it can be.
 * Interface: sim_replay_init, sim_replay_event, sim_replay_finish, sim_replay_fini; struct sim_replay_totals.
 * Invariant: memory is bounded by the zones. Nothing in a recording is fatal: what cannot be done is counted, and
 * the first case is kept with its event number.
 */
#ifndef SIM_REPLAY_H
#define SIM_REPLAY_H

#include <rec/event.h>

#include "assemble.h"
#include "frame_map.h"
#include "load.h"
#include "policy.h"
#include "sized.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_LEAVE_OUT_EVERY 100

struct sim_replay_options {
	const struct sim_policy *policy;
	bool timed;           /* measure the policy's time */
	uint64_t leave_out_seed; /* 0: none; else one request in SIM_LEAVE_OUT_EVERY, drawn by it, is not made */
	bool trim_kmalloc;    /* also trim kmalloc above the slab limit; the recorded kernels do not */
	bool own_pcp_limits;  /* the user set per-CPU limits: those of the recording are not applied */
	bool own_marks;       /* the same for watermarks */
};

struct sim_replay_totals {
	uint64_t events;
	uint64_t first_time_ns, last_time_ns;
	uint64_t requests[BUDDY_ORDER_COUNT];          /* executed, bulk calls' frames as order 0 */
	uint64_t failures[BUDDY_ORDER_COUNT];          /* the model had no block, the recorded kernel had */
	uint64_t recorded_failures[BUDDY_ORDER_COUNT]; /* the recorded kernel had none; not executed */
	uint64_t recorded_failures_possible; /* of these: the model had a block of that order at that moment */
	uint64_t left_out;                   /* requests not made, as the options ask for */
	uint64_t same_frame;                 /* the model gave the recorded frame */
	uint64_t frames_compared;
	uint64_t frees;
	uint64_t frees_of_failed;   /* frees of what the model could not allocate */
	uint64_t frees_replaced;    /* the recorded kernel's own trimming and release, done by the policy instead */
	struct rec_odd_events outside;        /* frame in no zone */
	struct rec_odd_events unmatched_free; /* free of a frame that was not in use */
	struct rec_odd_events unseen_free;    /* allocated again without a free in between */
	struct rec_odd_events impossible;     /* rec_event_possible says no; left out */
	struct rec_odd_events refused;        /* the model refused an operation */
	struct sim_sized_totals exact, kmalloc;
	uint64_t sized_frees_unmatched;    /* free_pages_exact of a block that was not allocated in the recording */
	struct sim_account account;        /* of the policy, at the end */
	uint64_t held_pages;               /* by the policy, at the end */
	uint64_t external_applied[REC_KIND_COUNT];
	uint64_t external_substituted[REC_KIND_COUNT]; /* other frames than recorded had to be taken */
	uint64_t external_skipped[REC_KIND_COUNT];
	uint64_t lost_events;
};

struct sim_replay {
	struct sim_machine *machine; /* the caller's, changed by the replay */
	struct sim_replay_options options;
	struct sim_map map;
	struct sim_sized_store sized;
	struct sim_assembler *assembler;
	struct sim_host host;
	struct sim_replay_totals totals;
	uint64_t prepared_blocks;                /* listed frees that wait for their commit */
	uint64_t event;                          /* number of the event in progress */
	unsigned event_order;
	bool decayed[BUDDY_CPU_COUNT_MAX];       /* a per-CPU list of this CPU decayed since its last fold */
	uint64_t boost_at_kswapd[BUDDY_ZONE_COUNT_MAX];
	uint64_t bulk_pfns[512];
};

/**
 * sim_replay_init - start on a loaded machine
 * @snapshot: the one that @machine was loaded from, or NULL when all was free
 *
 * Return: 0, -ENOMEM, -ERANGE (zones too large). Release with sim_replay_fini.
 */
int sim_replay_init(struct sim_replay *replay, struct sim_machine *machine, const struct rec_snapshot *snapshot,
		    const struct sim_replay_options *options, struct sim_error *error);
/* Takes event number @index. */
void sim_replay_event(struct sim_replay *replay, uint64_t index, const struct rec_event *event,
		      const struct rec_wide *wide);
/* After the last event: listed frees whose commit never came are committed. */
void sim_replay_finish(struct sim_replay *replay);
void sim_replay_fini(struct sim_replay *replay);

/* --- Between the files of the replay -------------------------------------------------------------------------- */

/* Notes among `troubles` that the event in progress cannot be done as told, for this frame. */
void sim_replay_trouble(const struct sim_replay *replay, struct rec_odd_events *troubles, uint64_t pfn);
/* external.c: everything that is neither a request nor a free. */
void sim_replay_external(struct sim_replay *replay, const struct rec_event *event, const struct rec_wide *wide);
/* replay_sized.c */
void sim_replay_sized_alloc(struct sim_replay *replay, const struct sim_op *op, uint32_t zone);
struct sim_sized_totals *sim_replay_sized_totals(struct sim_replay *replay, uint8_t interface);
void sim_replay_sized_free(struct sim_replay *replay, const struct sim_op *op);
/* A free of [pfn, pfn + 2^order) that begins in a sized block. Return: true when it was dealt with. */
bool sim_replay_free_of_sized(struct sim_replay *replay, const struct sim_op *op);
void sim_replay_free_sized_frame(struct sim_replay *replay, uint64_t pfn);
/* replay.c: the request of an operation, which is counted. */
struct buddy_request sim_replay_request(struct sim_replay *replay, const struct sim_op *op, unsigned order,
					uint32_t zone);
void sim_replay_note_frame(struct sim_replay *replay, uint64_t recorded_pfn, uint64_t model_pfn);
/* The model had no block: the recorded one's frees will be skipped. */
void sim_replay_no_block(struct sim_replay *replay, const struct sim_op *op);
/* replay.c: ends what the recording has at [pfn, pfn + 2^order) and forgot to free. */
void sim_replay_clear(struct sim_replay *replay, uint64_t pfn, uint64_t pages);

#ifdef __cplusplus
}
#endif
#endif
