/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an attempt at the lists came to, as far as the lock sections of its context tell.
 *
 * Role: between the event that an attempt begins and the event of its allocation, or of the next attempt, the order of
 * the locks sees which zones' locks and per-CPU lists' locks were had, and whether blocks left a zone inside.
 * Interface: outcome_begin, outcome_follow, outcome_end, outcome_reset; verify_order.h describes the annotations.
 * Invariant: all-zero is an outcome of which nothing is known.
 */
#ifndef SIM_VERIFY_OUTCOME_H
#define SIM_VERIFY_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include <rec/event.h>

struct outcome {
	uint8_t zones;    /* zones that the attempt looked into, with VERIFY_ORDER_ZONES_TOLD */
	uint32_t high;    /* of the list that it had last; 0 when not told */
	bool past;        /* its block came past the list, or the list's section is not over */
	bool list_locked; /* it found its list locked */
	bool taken;       /* it has a block in the zone section under way */
	bool entered;     /* an attempt is under way */
	bool bulk;        /* that of a bulk call */
	bool reserves;    /* it may take the zone's lock once more, to reserve the pageblock */
};

void outcome_reset(struct outcome *outcome);

/* The attempt under way is over: it failed, or @e is its allocation's event. @e tells what became of it. */
void outcome_end(struct outcome *outcome, struct rec_event *e);

/* An attempt begins, or a bulk call, which has one of its own. @told: the recording tells fast attempts at all. */
void outcome_begin(struct outcome *outcome, struct rec_event *e, bool told);

/* Follows an attempt through its context's events. @of_free: a lock section that ends is a free's. */
void outcome_follow(struct outcome *outcome, const struct rec_event *e, bool of_free);

#endif
