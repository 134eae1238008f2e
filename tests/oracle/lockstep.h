/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model and the reference, step by step.
 *
 * Role: one operation for both, one comparison of everything after it. Operations and machines come from bytes, and any
 * bytes will do, so that a fuzzer, a random stream and a file say the same thing.
 * Interface: lockstep_apply for a pair of one's own; lockstep_init, lockstep_decode, lockstep_step, lockstep_fini for a
 * machine that remembers what it holds; lockstep_bytes for a whole run.
 * Invariant: as long as every step returned true, both sides gave the same results and are in the same state, and
 * buddy_check holds.
 *
 * A run's bytes: LOCKSTEP_HEADER_BYTES that choose the machine (lockstep_machine_from), then one operation for each
 * LOCKSTEP_OP_BYTES; a rest is ignored. Byte 0 of an operation chooses its kind; the others are read as the kind needs.
 */
#ifndef TESTS_ORACLE_LOCKSTEP_H
#define TESTS_ORACLE_LOCKSTEP_H

#include <buddy/buddy.h>

#include "ref_compact.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LOCKSTEP_HEADER_BYTES 3u
#define LOCKSTEP_OP_BYTES 8u
#define LOCKSTEP_LIST_MAX 16u /* frames of one listed free or bulk request */
#define LOCKSTEP_ZONE_COUNT_MAX 4u
#define LOCKSTEP_FRAME_COUNT_MAX 4096u

enum lockstep_kind {
	LOCKSTEP_ALLOC,
	LOCKSTEP_EXACT,
	LOCKSTEP_BULK,
	LOCKSTEP_PUT_BACK,       /* an allocation, put back at once */
	LOCKSTEP_FREE,
	LOCKSTEP_FREE_DIRECT,
	LOCKSTEP_FREE_LIST,
	LOCKSTEP_PREPARE,        /* the halves of a free */
	LOCKSTEP_COMMIT,
	LOCKSTEP_TAKE,
	LOCKSTEP_ISOLATE,
	LOCKSTEP_PUTBACK_ISOLATED,
	LOCKSTEP_DRAIN_ZONE,
	LOCKSTEP_DRAIN_ALL,
	LOCKSTEP_FOLD,
	LOCKSTEP_DECAY,
	LOCKSTEP_MOVE,
	LOCKSTEP_UNRESERVE,
	LOCKSTEP_RECLAIM,        /* kswapd begins or ends */
	LOCKSTEP_COMPACT,        /* compaction begins, goes on with a pageblock or ends; @pages decides how */
	LOCKSTEP_DECIDE,         /* what is asked and remembered around it; the same */
	LOCKSTEP_SLOW,           /* a request's slow path, kswapd's wake-up, or frees that may be captured; the same */
	LOCKSTEP_KIND_COUNT
};

struct lockstep_op {
	uint8_t kind;            /* enum lockstep_kind */
	bool force;              /* UNRESERVE; RECLAIM: begins; COMMIT: past the per-CPU list */
	uint32_t cpu, zone, list_cpu;
	uint32_t order, type, flags;
	uint64_t pfn;
	uint64_t pages;          /* EXACT, BULK */
	struct buddy_request request;
	uint64_t pfns[LOCKSTEP_LIST_MAX]; /* FREE_LIST */
	uint32_t pfn_count;
};

struct lockstep_result {
	int64_t value;           /* what the function returned */
	struct buddy_block block; /* an allocation's, when @value is 0 */
	uint64_t pfns[LOCKSTEP_LIST_MAX]; /* BULK */
	uint32_t pfn_count;
};

struct lockstep_machine {
	struct buddy_config config; /* zones: points to the array below when it comes from lockstep_machine_from */
	struct buddy_zone_config zones[LOCKSTEP_ZONE_COUNT_MAX];
	struct buddy_zone_tuning tunings[LOCKSTEP_ZONE_COUNT_MAX];
	struct buddy_pcp_tuning pcp; /* of every CPU */
};

struct lockstep_held {
	uint64_t pfn;
	uint32_t order;
};

struct lockstep {
	struct lockstep_machine machine;
	struct buddy *buddy;
	struct ref *ref;
	void *memory;
	uint64_t start_pfn, end_pfn;
	struct lockstep_held held[LOCKSTEP_FRAME_COUNT_MAX];
	uint32_t held_count;
	struct lockstep_held prepared[LOCKSTEP_FRAME_COUNT_MAX];
	uint32_t prepared_count;
	struct buddy_compaction run;
	struct ref_run *ref_run; /* NULL while there is none */
	bool run_again;          /* it goes on without a look at whether it is over */
	bool stock[LOCKSTEP_FRAME_COUNT_MAX]; /* frames from start_pfn on that are in the run's stock */
	char message[512];       /* what differed */
};

/* Every machine is valid. @machine may not be moved afterwards: it points into itself. */
void lockstep_machine_from(const uint8_t bytes[LOCKSTEP_HEADER_BYTES], struct lockstep_machine *machine);

/**
 * lockstep_init - a model and a reference of this machine with all of its memory free
 * @l: owned by the caller; large, better not on the stack
 *
 * Return: false with l->message without memory or when they differ already.
 */
bool lockstep_init(struct lockstep *l, const struct lockstep_machine *machine);
void lockstep_fini(struct lockstep *l);

/* The operation that bytes mean now; frees choose among what is held. */
void lockstep_decode(const struct lockstep *l, const uint8_t bytes[LOCKSTEP_OP_BYTES], struct lockstep_op *op);

/**
 * lockstep_apply - one operation on both sides, and everything compared
 * @result: the model's; may be NULL
 * @message: the first difference; may be NULL
 *
 * Return: whether results and states are the same and buddy_check holds.
 */
bool lockstep_apply(struct buddy *buddy, struct ref *ref, const struct lockstep_op *op, struct lockstep_result *result,
		    char *message, size_t room);

/* The same, and remembers what is held; compaction and its decisions too. l->message says the operation as well. */
bool lockstep_step(struct lockstep *l, const struct lockstep_op *op);

/* Steps of compaction, decisions around it, and slow paths, with everything compared. Return: false with l->message. */
bool lockstep_compact(struct lockstep *l, const struct lockstep_op *op);
bool lockstep_decide(struct lockstep *l, const struct lockstep_op *op);
bool lockstep_slow(struct lockstep *l, const struct lockstep_op *op);

/* Whether any frame of [pfn, pfn + 2^order) is in the run's stock. */
bool lockstep_in_stock(const struct lockstep *l, uint64_t pfn, unsigned order);

/* Everything that both sides show, and the model's own check. Return: false with @message. */
bool lockstep_same(struct buddy *buddy, const struct ref *ref, char *message, size_t room);

/* The next number that an operation's @pages decide on; *x is not 0. */
static inline uint64_t lockstep_draw(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x >> 8;
}

/* Held from now on; and whatever lies in [pfn, pfn + 2^order) not any more. */
void lockstep_hold(struct lockstep *l, uint64_t pfn, uint32_t order);
void lockstep_release(struct lockstep *l, uint64_t pfn, uint32_t order);

/* One line. Return: as snprintf. */
int lockstep_print(const struct lockstep_op *op, char *text, size_t room);

/**
 * lockstep_bytes - a whole run
 * @l: room; initialised and released here, l->message stays
 * @ops_out: operations done, the failing one included; may be NULL
 *
 * Return: false when something differed.
 */
bool lockstep_bytes(struct lockstep *l, const uint8_t *data, size_t size, uint64_t *ops_out);

#ifdef __cplusplus
}
#endif
#endif
