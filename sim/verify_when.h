/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of verification that follow the slow path and compaction's decisions share.
 *
 * Role: one struct slow per context in which a slow path, a compaction, kcompactd or kswapd is under way. What the
 * model decides ahead of the kernel's events stands in a queue and is compared with them in order.
 * Interface: when_event, called with every event before it is done; slow_* of verify_slow.c.
 * Invariant: nothing of this changes the model's lists except giving back a reserve or a boost, as the kernel does.
 */
#ifndef SIM_VERIFY_WHEN_H
#define SIM_VERIFY_WHEN_H

#include <buddy/slowpath.h>

#include "verify_internal.h"

#define SLOW_EXPECTED_MAX 32u

/* A decision that the model made; the kernel's event of the same is to come. */
struct expected {
	uint8_t kind; /* enum rec_kind */
	struct buddy_decision decision;
};

/* Where a run's scanners stand when the kernel asks whether it is finished. */
struct scanners {
	bool met;
	bool whole_zone;     /* it began at the zone's ends */
	bool pageblock_done; /* the migrate scanner stands at a pageblock's start */
};

struct slow {
	struct slow *next;
	uint64_t key;
	struct expected expected[SLOW_EXPECTED_MAX];
	unsigned expected_count;
	uint32_t asked_node;  /* whose kcompactd was asked last */
	unsigned asked_count; /* so many of them answer who asked kcompactd to work, as long as none was told */

	/* A request's slow path. */
	bool active;
	bool reclaiming;
	unsigned reclaim_highest;
	struct buddy_slowpath path;
	bool attempted; /* its attempt is done, how it ended stands in the context */
	uint32_t woken; /* nodes whose kswapd was woken before the attempt that comes */
	uint32_t boost_woken; /* nodes whose kswapd was woken for a boost; the model has yet to say so */
	bool rewarded;  /* its success after a compaction was counted */

	/* Its compaction, zone by zone. */
	bool in_pass;
	bool pass_more;     /* pass.zone is to be compacted, or is */
	bool pass_due;      /* a zone is done; whether the kernel goes on to the next is not told yet */
	bool pass_captured;
	uint32_t pass_captured_zone;
	struct buddy_pass pass;

	/* A compaction of one zone: a request's or kcompactd's. */
	bool in_zone;
	bool began;         /* it got as far as scanning */
	enum buddy_compact_result wanted, finished;
	uint64_t status;    /* as its end was told */

	/* kcompactd. */
	bool is_kcompactd;
	uint32_t node;      /* its own */
	bool in_round, round_more;
	bool proactive;     /* it compacts on its own account */
	bool worked;        /* since it slept last */
	struct buddy_round round;

	/* kswapd. */
	bool is_kswapd;
	bool balancing;
	bool boosts_open;   /* read, not given back yet */
	struct buddy_boosts boosts;
};

/* verify_when.c */
struct slow *slow_get(struct verify *v, uint64_t key);
/* The kernel asks whether a compaction is finished. @where: NULL when the recording is to say it. */
void when_finished(struct verify *v, const struct rec_event *e, const struct rec_wide *w, const struct scanners *where);
void when_miss(struct verify *v, enum verify_class class, uint64_t recorded, uint64_t predicted);
/* One decision held against the kernel's. Return: whether they agree. */
bool when_judge(struct verify *v, enum verify_class class, uint64_t recorded, uint64_t predicted);
/* What the model decided and the kernel did not tell is a miss. */
void when_flush(struct verify *v, struct slow *s);
/* The model decided ahead: an event of @kind is to come. */
void when_expect(struct verify *v, struct slow *s, unsigned kind, const struct buddy_decision *decision);
/* The kernel tells a decision; did the model make it before? */
enum told { TOLD_UNEXPECTED, TOLD_SAME, TOLD_OTHERWISE };
enum told when_told(struct verify *v, struct slow *s, unsigned kind, const struct buddy_decision *decision);
/* A zone is about to be compacted: slow->wanted says whether it is. */
void zone_begin(struct verify *v, struct slow *s, uint32_t zone, int order, unsigned alloc_flags, unsigned highest);
/* How that ended. */
enum buddy_compact_result zone_result(struct verify *v, const struct slow *s, bool captured);
void pass_go_on(struct verify *v, struct slow *s);
void pass_begin(struct verify *v, struct slow *s, const struct rec_event *e);
void pass_end(struct verify *v, struct slow *s);

/* verify_daemons.c */
int on_kcompactd_wake(struct verify *v, struct slow *s, const struct rec_event *e);
int on_kcompactd_sleep(struct verify *v, struct slow *s, const struct rec_event *e);
int on_kcompactd_ask(struct verify *v, struct slow *s, const struct rec_event *e);
int on_kcompactd_call(struct verify *v, struct slow *s, const struct rec_event *e);
int on_compact_end(struct verify *v, struct slow *s, const struct rec_wide *w);
int on_kswapd(struct verify *v, struct slow *s, const struct rec_event *e);
int on_balance(struct verify *v, struct slow *s, const struct rec_event *e);
int on_boost(struct verify *v, struct slow *s, const struct rec_event *e);
/* A compaction of whole zones begins that nobody asked for. */
void proactive_begin(struct verify *v, struct slow *s);

/* verify_slow.c; each is called before the event is done */
int fast_entry(struct verify *v, const struct rec_event *e);
int slow_attempt(struct verify *v, const struct rec_event *e);
int slow_alloc(struct verify *v, const struct rec_event *e);
int slow_reclaim(struct verify *v, const struct rec_event *e);
int slow_compact(struct verify *v, const struct rec_event *e);
int slow_unreserve(struct verify *v, const struct rec_event *e);
int slow_review(struct verify *v, const struct rec_event *e, const struct rec_wide *w);
int slow_compact_retry(struct verify *v, const struct rec_event *e, const struct rec_wide *w);
void slow_settle_boost(struct verify *v, struct slow *s);
void slow_boost_wakes(struct verify *v, uint32_t node);
int slow_kswapd_call(struct verify *v, const struct rec_event *e);
int slow_victim(struct verify *v, const struct rec_event *e);
void slow_reward(struct verify *v, struct slow *s);

#endif
