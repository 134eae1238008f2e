/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of verification share.
 *
 * Role: verify.c takes the events apart; verify_notes.c compares what happened inside operations, verify_alloc.c and
 * verify_attempt.c do allocations, verify_free.c frees, verify_scan.c and verify_fill.c what compaction's scanners do,
 * verify_compact.c what it captures, verify_settings.c what changes limits and counters; verify_slow.c follows the slow
 * path, verify_when.c and verify_daemons.c when compaction runs (see verify_when.h).
 * Interface: each function does one event on the model. Return: 1 to go on, -ENOMEM.
 */
#ifndef SIM_VERIFY_INTERNAL_H
#define SIM_VERIFY_INTERNAL_H

#include "verify.h"
#include "verify_context.h"
#include "verify_order.h"

#define VERIFY_VICTIMS_MAX 16u

struct slow;

/* A node's kswapd and kcompactd, as far as their events tell. */
struct daemons_seen {
	bool awake;
	uint32_t rounds; /* of balancing, and failures before the recording */
	bool called;     /* since it began its last one */
	bool runs_late;  /* its timer had woken it before it was called */
	bool gave_up;    /* it was not woken where it was needed */
	bool kcompactd_turns; /* it says that it goes to sleep, and nothing shows yet that it does */
};

/* What the recording tells of values that the operation under way read without a lock. */
struct verify_reads {
	uint8_t zones; /* with VERIFY_ORDER_ZONES_TOLD: bit z, zone z was looked into */
	uint8_t bits;  /* with REC_ZONE_BITS_TOLD: flags of its zone */
	uint16_t cpu;
	uint32_t high; /* of this CPU's list in the end; 0 when not told */
	uint8_t only;  /* not 0: the attempt goes on in zone only - 1, whose turn comes once */
	bool looked_before; /* `looked` has what the model found at the watermarks when the attempt began */
	uint32_t looked;
};

#define VERIFY_LEVELS 3u

/* Of a task, of a softirq on top of it, of a hardirq. */
static inline unsigned level_of(unsigned context)
{
	return context & (REC_CTX_HARDIRQ | REC_CTX_NMI) ? 2 : context & REC_CTX_SOFTIRQ ? 1 : 0;
}

/* An attempt at the lists was told. */
struct open_attempt {
	bool open;        /* and is still to be made */
	bool fast;        /* the first, which is made when its outcome is told */
	bool interrupted; /* something came on top of it, */
	uint32_t looked;  /* and before that these zones were above their watermarks, bit by index */
	uint32_t fell;    /* and these it found to be below their high ones, perhaps only afterwards */
	unsigned flags;
	struct rec_event told;
};

/* A free that drains, as far as the zone's flags are known. */
struct due_free {
	bool waits;      /* for the first block that it drains */
	bool drained;    /* and its section may go on; behind the drain the kernel may clear the flag of a low zone */
	bool low_after;  /* the model did not */
	bool kswapd_set; /* the zone's reclaim flag, perhaps only behind it */
	struct rec_event free; /* REC_FREE or REC_FREE_BATCHED */
};

struct verify {
	struct sim_machine *machine;
	struct buddy *buddy;
	struct verify_result result;
	struct context_table contexts;
	struct context *current;   /* whose operation the model is doing; takes the model's notes */
	bool collect;              /* the model's notes are wanted */
	bool out_of_memory;
	unsigned compacting_tasks;
	bool has_entries;          /* the recording tells fast attempts too */
	bool has_refill_probe;     /* the recording tells refills, so their absence says something */
	uint64_t pageblock_pages;
	struct due_free due[VERIFY_LEVELS]; /* of tasks, softirqs, hardirqs */
	/* Found low where the kernel may have looked earlier: by an interrupted attempt, inside such a section. */
	uint32_t fell_perhaps;
	uint64_t now;              /* number of the event that is done */
	uint64_t first_time_ns;
	struct verify_order *order; /* NULL until the recording shows that it has order probes */
	struct verify_reads reads;
	bool tells_flags;          /* kswapd's flags are told where they change */
	bool begun;                /* kswapd has begun and only interrupts came since */
	/* What a balancing kswapd gives back of a zone's boost, and its pid. */
	struct { uint64_t boost_pages; int32_t pid; } balancing[BUDDY_ZONE_COUNT_MAX];
	bool tells_boost;          /* the ends of zone sections tell the boost */

	/* The slow path and compaction's decisions: verify_when.h. */
	struct slow *slows;
	struct slow *deciding;     /* whose decisions the model makes now */
	unsigned slow_paths;       /* under way */
	unsigned reclaiming;       /* tasks in direct reclaim */
	unsigned attempt_flags;    /* the model's, of the attempt told last */
	struct open_attempt attempts[VERIFY_LEVELS]; /* still to be made; of tasks, softirqs, hardirqs */
	bool tells_slow_path;      /* the recording has the events from REC_KCOMPACTD_ASK on */
	bool tells_unreserve;      /* it has the moves of pageblocks that leave the reserve */
	struct daemons_seen daemons[BUDDY_NODE_COUNT_MAX];
	int32_t victims[VERIFY_VICTIMS_MAX]; /* pids that the OOM killer chose */
	unsigned victim_count;
};

/* verify.c: what the model asks, and tells. */
struct buddy_env verify_env(struct verify *v);

/* verify_notes.c */
void match_notes(struct verify *v, struct context *c);
void settle_notes(struct verify *v, struct context *c);
void on_note(void *context, const struct buddy_note *note);
bool on_claim(void *context, uint32_t zone, uint64_t pfn, unsigned type, bool own);
void drain_begin(struct context *c, uint32_t zone, uint32_t cpu, int64_t pages, int64_t portion);
int do_inner(struct verify *v, const struct rec_event *e);

/* verify_free.c */
int do_free(struct verify *v, const struct rec_event *e);
int do_commit(struct verify *v, const struct rec_event *e, bool direct);
int do_late_commit(struct verify *v, const struct rec_event *e);
void drain_late_commit(struct verify *v, const struct rec_event *e);
/* Does the frees that wait for their first drained block, unless @e (NULL: nothing more comes) is on top of them. */
void settle_due(struct verify *v, const struct rec_event *e);

/* verify_alloc.c */
unsigned gfp_list(const struct verify *v, uint32_t gfp);
bool has_list(const struct verify *v, unsigned order);
bool allocating(const struct context *c);
void undo_pending(struct verify *v, struct context *c, const struct rec_event *e);
int list_locked(struct verify *v, const struct rec_event *e);
struct buddy_request request_of(const struct rec_event *e);
bool list_was_locked(const struct verify *v, const struct context *c, const struct rec_event *e);
void list_gave_nothing(struct verify *v, struct context *c, const struct rec_event *e);
int do_zones_read(struct verify *v, const struct rec_event *e, const struct rec_wide *w);
void finish_slow_entry(struct verify *v, const struct rec_event *e);
int do_look(struct verify *v, const struct rec_event *e);
int do_pop(struct verify *v, const struct rec_event *e);
int do_alloc(struct verify *v, const struct rec_event *e);
int bulk_begin(struct verify *v, const struct rec_event *e);
int bulk_page(struct verify *v, const struct rec_event *e);
int bulk_end(struct verify *v, const struct rec_event *e);

/* verify_attempt.c */
int do_entry(struct verify *v, const struct rec_event *e);
int do_attempt(struct verify *v, const struct rec_event *e);
/*
 * Makes the attempts that were told, except those that @e (the event that comes, or NULL) happened inside of or
 * interrupted: these wait for what more there is to come.
 */
void make_attempts(struct verify *v, const struct rec_event *e);
bool fast_attempt(struct verify *v, struct context *c, const struct rec_event *e, struct buddy_block *out);

/* verify_compact.c */
int capture_begin(struct verify *v, const struct rec_event *e);
int capture_end(struct verify *v, const struct rec_event *e);
void choose_capture(struct verify *v, const struct rec_event *e);

/* verify_when.c; the wide words may be NULL */
int when_event(struct verify *v, const struct rec_event *e, const struct rec_wide *w);
bool when_nested(const struct verify *v, const struct rec_event *e);
struct slow *slow_of(const struct verify *v, uint64_t key);
void when_decided(void *context, const struct buddy_decision *decision);
void when_finish(struct verify *v);
void when_fini(struct verify *v);

/* verify_scan.c: events that compaction's migrate scanner, its runs and its zones' memory go by */
int do_run(struct verify *v, const struct rec_event *e, const struct rec_wide *w);
int do_skip_reset(struct verify *v, const struct rec_event *e, const struct rec_wide *w);
int do_move_tail(struct verify *v, const struct rec_event *e);
void note_drain(struct verify *v, struct context *c, const struct rec_event *e);
/* This context's compaction as the kernel asks whether it is over; NULL when the recording does not tell of runs. */
const struct buddy_compaction *run_settled(struct verify *v, const struct rec_event *e);
void count_position(struct verify *v, bool same);
/* Whether the frame is one of the zone's, or the one behind them: a recording may say anything. */
bool in_zone(const struct verify *v, uint32_t zone, uint64_t pfn);

/* verify_fill.c: those that the free scanner and the stock go by */
int do_fill(struct verify *v, const struct rec_event *e, const struct rec_wide *w);
int do_isolate(struct verify *v, const struct rec_event *e);
/* The free scanner is done, if it was at work. */
void settle_fill(struct verify *v, struct context *c, const struct rec_event *e);
/* A frame that is freed may come out of the stock. */
void leave_stock(struct verify *v, struct context *c, const struct rec_event *e);
void empty_stock(struct verify *v, struct context *c, bool expected);

/* verify_settings.c; the wide words may be NULL */
int do_settings(struct verify *v, const struct rec_event *e, const struct rec_wide *w);
int do_decay(struct verify *v, const struct rec_event *e);
int do_fold(struct verify *v, const struct rec_event *e);

/* verify_reads.c */
bool on_read(void *context, enum buddy_read what, uint32_t zone, bool own);
void take_reads(struct verify *v, const struct rec_event *e);
void count_bypass(struct verify *v, const struct rec_event *e);
int do_unlock(struct verify *v, const struct rec_event *e);
int do_zone_flags(struct verify *v, const struct rec_event *e);

#endif
