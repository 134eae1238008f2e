/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be said of a recording that has only the kernel's own tracepoints and copies of /proc.
 *
 * Role: the snapshot tells how long each free list is, not what is on it. Every event teaches where some frames are: a
 * block that the trace itself put on a list is known, in known order, on top of an unknown remainder of known length.
 * An allocation is predicted when the model knows the block at the head of its list from events before its own;
 * otherwise it is learned, and counted apart. docs/tracepoints-only.md has the rules.
 * Interface: stock_create; stock_fact for every event (first pass); stock_event for every event (second pass);
 * stock_compare with snapshot 1; stock_result.
 * Invariant: the model follows the recording: which blocks move is told by events, where they merge, split and queue is
 * the model's. The event of an allocation never decides whether and what was predicted for it.
 */
#ifndef SIM_STOCK_H
#define SIM_STOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <rec/event.h>
#include <rec/snapshot.h>

#include "error.h"

struct buddy;
struct stock;

enum stock_class {
	STOCK_EXACT,   /* predicted, and the kernel's frame */
	STOCK_WRONG,   /* predicted, and another */
	STOCK_LEARNED, /* not predictable: it came from an unknown remainder, or its place was known by hindsight */
	STOCK_CLASS_COUNT
};

/* Orders told apart. */
enum stock_row { STOCK_ORDER_0, STOCK_ORDER_1_TO_3, STOCK_ORDER_4_UP, STOCK_ROW_COUNT };

struct stock_result {
	uint64_t events, frees;
	uint64_t alloc[STOCK_ROW_COUNT][STOCK_CLASS_COUNT]; /* frames of allocations */
	uint64_t taken[STOCK_ROW_COUNT][STOCK_CLASS_COUNT]; /* blocks that left a zone's lists */
	uint64_t runs, runs_exact; /* of those predicted: by the steps of an unknown remainder, and exact */
	uint64_t failed;           /* allocations that the kernel failed */
	uint64_t discovered;       /* blocks of the unknown remainders whose place showed when they were taken */
	uint64_t hindsight_merges; /* blocks whose place showed only later, and that a free merged with */
	uint64_t unseen;           /* blocks found gone from a list without an event: bulk allocations, compaction */
	uint64_t turned;           /* lists that had been turned when a block was taken: compaction's search */
	uint64_t contradicted;     /* blocks taken that the model had no room for */
	uint64_t fallbacks;        /* blocks taken from another type */
	uint64_t isolated;         /* frames that compaction took from the lists, known by their number alone */
	uint64_t lost;
	uint64_t between_marks[2]; /* events between the marks before and behind the reading of /proc */
	bool saw_begin[2], saw_snapshot[2];
	struct rec_odd_events outside, impossible;
};

/* Lengths of free lists, model against /proc. */
struct stock_lengths {
	uint64_t lists;  /* zones x types with blocks on either side */
	uint64_t same;   /* of these: equally long */
	uint64_t error;  /* sum of the differences, without sign */
	uint64_t blocks; /* on the kernel's */
};

#define STOCK_ORDER_COUNT 11

struct stock_end {
	struct stock_lengths order[STOCK_ORDER_COUNT];
	uint64_t free_pages_model, free_pages_kernel; /* on free lists */
	uint64_t pcp_pages_model, pcp_pages_kernel;   /* on per-CPU lists */
	uint64_t known_pages;                         /* of those on free lists: their place is known */
};

/**
 * stock_create - start from a snapshot without order
 * @kernel: profile or release to use instead of the snapshot's; NULL for none
 *
 * Return: 0, -EPROTONOSUPPORT, -EBADMSG or -ENOMEM with @error.
 */
int stock_create(const struct rec_snapshot *snapshot, const char *kernel, struct stock **out, struct sim_error *error);

/* First pass: what an event says about the state at snapshot 0. */
void stock_fact(struct stock *stock, const struct rec_event *event);

/*
 * Second pass. The first tells whether there are marks for the snapshots; without them everything is between.
 * Return: 1 to go on, 0 behind snapshot 1.
 */
int stock_event(struct stock *stock, const struct rec_event *event, const struct rec_wide *wide);

const struct stock_result *stock_result(const struct stock *stock);

/* The model's list lengths against those of a snapshot with the same zones. Return: 0 or -EBADMSG. */
int stock_compare(const struct stock *stock, const struct rec_snapshot *snapshot, struct stock_end *out,
		  struct sim_error *error);

/* Blocks on a free list. */
uint64_t stock_list_length(const struct stock *stock, uint32_t zone, unsigned order, unsigned type);

/* Whether the model's lists and the per-CPU lists hold together; @message says what does not. */
bool stock_sound(const struct stock *stock, char *message, size_t room);

const char *stock_profile(const struct stock *stock);

void stock_destroy(struct stock *stock);

#endif
