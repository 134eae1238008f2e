/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts the events of a recording with order probes into the order of its locks.
 *
 * Role: mm_page_alloc and mm_page_free lie outside the locks, so with several CPUs, or a preemptible kernel, their
 * order in the stream is not the order in which the lists changed. Events emitted inside a lock are in true order:
 * each operation is moved to one of these.
 *   an allocation            to its first block taken from the zone, else to the unlock of the per-CPU list
 *   a free to a per-CPU list to its first drained block, else to its commit
 *   a direct free            to the unlock of the zone
 * What happened inside an operation moves along.
 * Interface: verify_order_create, verify_order_push, verify_order_flush, verify_order_destroy.
 * Invariant: every event is handed on at most once; at most ORDER_WINDOW are held back.
 */
#ifndef SIM_VERIFY_ORDER_H
#define SIM_VERIFY_ORDER_H

#include <stdint.h>

#include <rec/event.h>

/* Flag on a REC_ALLOC that came to no lock: it was under way already when snapshot 0 was taken. */
#define VERIFY_ORDER_UNDER_WAY 0x80u

/* Flag on a REC_POP that was put where its allocation came to a lock; the mm_page_alloc event may be far behind. */
#define VERIFY_ORDER_PLACED 0x80u

/*
 * What an attempt at the lists came to, as far as its lock sections tell; on its REC_ALLOC, REC_POP or REC_BULK_END, or
 * on the REC_ENTRY or REC_ATTEMPT that its context tells next when it failed. pad: bit z, zone z was looked into.
 * flags: the block came from a zone past the per-CPU list. arg, from bit 32: the list's high when its lock was dropped,
 * 0 when not told.
 *
 * The arg of a commit has the REC_ZONE_BITS* told with it, VERIFY_ORDER_DRAIN_TOLD and the frames that it drained.
 */
#define VERIFY_ORDER_ZONES_TOLD 0x80u
#define VERIFY_ORDER_PAST_LIST 0x40u

/*
 * Flag on the REC_UNLOCK of a per-CPU list that gave an attempt nothing, so that it went on, and on a REC_DECAY that is
 * told again.
 */
#define VERIFY_ORDER_NOTHING 0x40u
#define VERIFY_ORDER_HIGH_SHIFT 32
#define VERIFY_ORDER_DRAIN_TOLD 0x80000000u
#define VERIFY_ORDER_DRAIN_SHIFT 32

struct verify_order;

/* Takes one event, the stream's @index-th from 0. Return: 1 to go on, 0 to stop, negative on an error. */
typedef int (*verify_order_sink)(void *context, const struct rec_event *event, const struct rec_wide *wide,
				 uint64_t index);

/* @first_index: of the first event that will be pushed. Return: NULL when memory is short. */
struct verify_order *verify_order_create(verify_order_sink sink, void *context, uint64_t first_index);

/* Hands on what is in its place. Return: what the sink returned, or -ENOMEM. */
int verify_order_push(struct verify_order *order, const struct rec_event *event, const struct rec_wide *wide);

/* Hands on the rest. */
int verify_order_flush(struct verify_order *order);

/* Operations that were moved. */
uint64_t verify_order_moved(const struct verify_order *order);

void verify_order_destroy(struct verify_order *order);

#endif
