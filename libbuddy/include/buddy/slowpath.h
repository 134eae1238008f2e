/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slow path of an allocation, and when compaction runs.
 *
 * Role: what the kernel decides once the fast attempt has failed: which attempts follow with which flags, whether it
 * reclaims, compacts or gives up; whether a zone is worth compacting, when compaction has done enough, for how long a
 * failure keeps others from trying, and when kcompactd is woken. What reclaim does lies outside the model, so the slow
 * path is a sequence of steps: the caller does each and tells how it ended.
 * Interface: buddy_slow_begin, buddy_slow_next; buddy_pass_* for one compaction of a zonelist; buddy_kcompactd_* for
 * the daemon; buddy_compact_* for the decisions themselves.
 * Invariant: nothing here takes or frees a frame.
 */
#ifndef BUDDY_SLOWPATH_H
#define BUDDY_SLOWPATH_H

#include <buddy/buddy.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BUDDY_COSTLY_ORDER 3u /* above it the kernel tries less hard: PAGE_ALLOC_COSTLY_ORDER */

/* How a compaction ended, numbered as enum compact_result of 6.1 and 6.12, where larger means further. */
enum buddy_compact_result {
	BUDDY_COMPACT_NOT_SUITABLE = 0, /* the fragmentation index says that memory is short, not fragmented */
	BUDDY_COMPACT_SKIPPED,          /* too few free pages to work with */
	BUDDY_COMPACT_DEFERRED,
	BUDDY_COMPACT_NO_PAGE,          /* goes on: nothing suitable is free yet */
	BUDDY_COMPACT_CONTINUE,
	BUDDY_COMPACT_COMPLETE,         /* the whole zone was scanned in vain */
	BUDDY_COMPACT_PARTIAL,          /* a part of it was */
	BUDDY_COMPACT_CONTENDED,
	BUDDY_COMPACT_SUCCESS
};

/* enum compact_priority: lower is more urgent. */
enum buddy_priority { BUDDY_PRIORITY_SYNC_FULL, BUDDY_PRIORITY_SYNC_LIGHT, BUDDY_PRIORITY_ASYNC };

/* Order of a compaction that no request asked for: the whole zone. */
#define BUDDY_WHOLE_ZONE (-1)

/* --- Deferral ---------------------------------------------------------------------------------------------- */

/* After a failure 2^shift requests of an order as large are turned away. */
struct buddy_deferral {
	uint32_t considered;
	uint32_t shift;
	int32_t order_failed;
};

void buddy_deferral_get(const struct buddy *buddy, uint32_t zone, struct buddy_deferral *out);
/* Return: 0, -EINVAL. */
int buddy_deferral_set(struct buddy *buddy, uint32_t zone, const struct buddy_deferral *deferral);

/* Whether this compaction is turned away; counts it. Source: compaction_deferred(). */
bool buddy_compact_deferred(struct buddy *buddy, uint32_t zone, int order);
/* A synchronous compaction failed. Source: defer_compaction(). */
void buddy_compact_defer(struct buddy *buddy, uint32_t zone, int order);
/* An allocation will succeed, or (@succeeded) has. Source: compaction_defer_reset(). */
void buddy_compact_defer_reset(struct buddy *buddy, uint32_t zone, int order, bool succeeded);
/* Whether the longest deferral is over: skipped pageblocks are looked at again. Source: compaction_restarting(). */
bool buddy_compact_restarting(const struct buddy *buddy, uint32_t zone, int order);

/* vm.extfrag_threshold: up to this fragmentation index nothing is compacted for a costly request. 500 at first. */
void buddy_set_extfrag_threshold(struct buddy *buddy, unsigned permille);

/* --- Whether to compact ------------------------------------------------------------------------------------ */

/**
 * buddy_compact_suitable - is the zone in a state in which compaction can help?
 * @order: 0 and more, or BUDDY_WHOLE_ZONE
 * @alloc_flags: of the request that compacts
 * @highest_type: highest zone type that the request may use
 *
 * Return: SUCCESS (needs none; only of kernels that check the request's watermark here), CONTINUE, SKIPPED, or
 * NOT_SUITABLE. Source: compaction_suitable(), as its tracepoint tells it.
 */
enum buddy_compact_result buddy_compact_suitable(const struct buddy *buddy, uint32_t zone, int order,
						 unsigned alloc_flags, unsigned highest_type);

/**
 * buddy_compact_wanted - the whole question that a compaction of a zone begins with
 *
 * Return: SUCCESS (the request needs none), SKIPPED or CONTINUE.
 * Source: compaction_suitable() of 6.1, compaction_suit_allocation_order() of 6.12.
 */
enum buddy_compact_result buddy_compact_wanted(const struct buddy *buddy, uint32_t zone, int order,
					       unsigned alloc_flags, unsigned highest_type);

/* Where a compaction stands. */
struct buddy_compact_state {
	uint32_t zone;
	int32_t order;
	uint8_t type;           /* migratetype that the request wants */
	bool scanners_met;
	bool whole_zone;        /* it began at the zone's ends */
	bool pageblock_done;    /* the migrate scanner stands at a pageblock's start */
	bool proactive;
	bool kswapd_running;    /* asked by proactive compaction only */
	bool contended;         /* a lock was contended, or the task is to die */
	uint8_t proactiveness;  /* vm.compaction_proactiveness */
};

/* Return: NO_PAGE or CONTINUE to go on, else how it ended. Source: __compact_finished(). */
enum buddy_compact_result buddy_compact_finished(const struct buddy *buddy, const struct buddy_compact_state *state);

/* --- try_to_compact_pages() -------------------------------------------------------------------------------- */

/* A request's compaction: zone after zone. */
struct buddy_pass {
	struct buddy_request request;
	unsigned alloc_flags;
	enum buddy_priority priority;
	enum buddy_compact_result result; /* so far */
	uint32_t zone;                    /* to be compacted now */
	uint8_t at;                       /* private: next in the zonelist */
	bool over;                        /* private */
};

void buddy_pass_begin(const struct buddy *buddy, const struct buddy_request *request, unsigned alloc_flags,
		      enum buddy_priority priority, struct buddy_pass *out);
/* Return: true with pass->zone to be compacted next, false at the end, with pass->result. Skips deferred zones. */
bool buddy_pass_next(struct buddy *buddy, struct buddy_pass *pass);
/* Whether a zone is left to be looked at; the kernel may stop before, when the task is to die or to yield. */
bool buddy_pass_remains(const struct buddy *buddy, const struct buddy_pass *pass);
/* That zone's compaction ended so. */
void buddy_pass_done(struct buddy *buddy, struct buddy_pass *pass, enum buddy_compact_result result);

/* --- kcompactd --------------------------------------------------------------------------------------------- */

struct buddy_kcompactd {
	uint32_t max_order;    /* of those who asked; 0: nobody did */
	uint32_t highest_type; /* lowest of theirs */
	bool asleep;
};

void buddy_kcompactd_get(const struct buddy *buddy, uint32_t node, struct buddy_kcompactd *out);
/* Return: 0, -EINVAL. */
int buddy_kcompactd_set(struct buddy *buddy, uint32_t node, const struct buddy_kcompactd *kcompactd);
/* It goes to sleep, unless it was asked for work already; or it is found awake. */
void buddy_kcompactd_slept(struct buddy *buddy, uint32_t node);
void buddy_kcompactd_busy(struct buddy *buddy, uint32_t node);

/* Somebody wants the daemon to work. Return: whether it is woken. Source: wakeup_kcompactd(). */
bool buddy_kcompactd_ask(struct buddy *buddy, uint32_t node, unsigned order, unsigned highest_type);

/* The daemon's round. Source: kcompactd_do_work(). */
struct buddy_round {
	uint32_t node;
	int32_t order;
	uint32_t highest_type;
	uint32_t zone; /* to be compacted now */
	uint32_t at;   /* private: next zone */
};

void buddy_round_begin(const struct buddy *buddy, uint32_t node, struct buddy_round *out);
/* Return: true with round->zone to be compacted next, false at the end; the wish is then fulfilled. */
bool buddy_round_next(struct buddy *buddy, struct buddy_round *round);
void buddy_round_done(struct buddy *buddy, struct buddy_round *round, enum buddy_compact_result result);

/* Fragmentation towards huge pages, 0 to 100; a node's is the sum of its zones', weighted by their size. */
unsigned buddy_fragmentation_score_zone(const struct buddy *buddy, uint32_t zone);
unsigned buddy_fragmentation_score_node(const struct buddy *buddy, uint32_t node);
/* Bounds of the score between which proactive compaction works. @proactiveness: 0 to 100. */
unsigned buddy_fragmentation_mark(unsigned proactiveness, bool low);
/* Source: should_proactive_compact_node(). */
bool buddy_proactive_wanted(const struct buddy *buddy, uint32_t node, unsigned proactiveness, bool kswapd_running);

/* --- The slow path ------------------------------------------------------------------------------------------ */

enum buddy_step {
	BUDDY_STEP_ATTEMPT,   /* try the lists with slow->gfp and slow->alloc_flags; found: it did */
	BUDDY_STEP_COMPACT,   /* a pass at slow->priority; found: it captured a block; result */
	BUDDY_STEP_RECLAIM,   /* pages: reclaimed */
	BUDDY_STEP_DRAIN,     /* give back reserve for atomic requests, drain every per-CPU list */
	BUDDY_STEP_REVIEW,    /* is more reclaim worth it? pages: reclaimable ones of slow->zone */
	BUDDY_STEP_UNRESERVE, /* give back reserve for atomic requests, all of it; found: there was some */
	BUDDY_STEP_KILL,      /* the OOM killer; found: it made progress */
	BUDDY_STEP_DONE,      /* the request has its block */
	BUDDY_STEP_FAIL
};

/* How a step ended; what each means is said at the step. */
struct buddy_outcome {
	bool found;
	uint64_t pages;
	enum buddy_compact_result result;
};

struct buddy_slowpath {
	enum buddy_step step;          /* to be done now */
	struct buddy_request request;
	uint32_t gfp;                  /* of an attempt */
	unsigned alloc_flags;          /* of an attempt, and of the compaction */
	bool wakes;                    /* of an attempt: every node's kswapd was asked before it (buddy_kswapd_ask) */
	bool compacted;                /* of an attempt: a block found now ends its zone's deferral (succeeded) */
	enum buddy_priority priority;  /* of a compaction */
	uint32_t zone;                 /* of a review */
	/* Private. */
	uint8_t place;
	uint8_t at;                    /* next zone to review */
	unsigned flags;                /* what attempts ask with from now on */
	uint32_t retries, loops;
	uint64_t reclaimed;
	enum buddy_compact_result result;
	uint64_t reclaimable[BUDDY_ZONE_COUNT_MAX];
};

/**
 * buddy_slow_begin - the fast attempt failed
 * @request: its `task` says what the task may do; it is read again before each retry
 * @out: with the first step
 *
 * Source: __alloc_pages_slowpath().
 */
void buddy_slow_begin(const struct buddy *buddy, const struct buddy_request *request, struct buddy_slowpath *out);

/* The step is over; slow->step is the next one. Pre: neither DONE nor FAIL. */
void buddy_slow_next(const struct buddy *buddy, struct buddy_slowpath *slow, const struct buddy_outcome *outcome);

/*
 * The kernel does another step than slow->step: goes on from there. @alloc_flags: of an attempt. What led there is not
 * known, so the next steps may be wrong as well.
 */
void buddy_slow_follow(struct buddy_slowpath *slow, enum buddy_step step, unsigned alloc_flags);

/* Highest zone type that the request may use. */
unsigned buddy_highest_type(const struct buddy *buddy, uint32_t gfp);

/* --- kswapd and the boost ----------------------------------------------------------------------------------- */

/**
 * buddy_kswapd_ask - a request that may wake kswapd comes to the slow path
 *
 * Return: true when it is woken, which it then is. It is not while it works, nor while a zone is above its high mark
 * and none of those up to @highest_type is boosted. That it has given up on the node is not known here. Allocations
 * wake it by themselves where taking from another type has boosted a zone.
 * Source: wakeup_kswapd(), mm/vmscan.c.
 */
bool buddy_kswapd_ask(struct buddy *buddy, uint32_t node, unsigned order, unsigned highest_type);

/* It waits for work (from the end of its work on), or it was woken otherwise. */
void buddy_kswapd_sleeps(struct buddy *buddy, uint32_t node, bool asleep);

/* The boosts of a node's zones as kswapd finds them when it begins to balance. */
struct buddy_boosts {
	uint32_t node, highest_type;
	uint64_t pages[BUDDY_ZONE_COUNT_MAX];
	bool boosted; /* one of them is not 0 */
};

void buddy_boosts_read(const struct buddy *buddy, uint32_t node, uint32_t highest_type, struct buddy_boosts *out);
/* kswapd has balanced: what it found is given back, what came since stays. Source: balance_pgdat(). */
void buddy_boosts_give_back(struct buddy *buddy, const struct buddy_boosts *boosts);

#ifdef __cplusplus
}
#endif
#endif
