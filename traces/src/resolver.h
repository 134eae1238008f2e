/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds out how each free travelled.
 *
 * Role: mm_page_free says that a frame is freed, not where it goes. The events that follow in the same context
 * tell: a batched commit, a bypass, or something that could only happen after the commit. The resolver holds
 * events back in a window until that is known and sets REC_FREE_* in their flags.
 * Interface: resolver_create, resolver_room, resolver_take, resolver_finish, resolver_emit, resolver_destroy.
 * Invariant: output order is input order; memory is bounded by the window; a free that leaves the window
 * undecided is counted in forced_resolutions.
 */
#ifndef REC_RESOLVER_H
#define REC_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include <rec/event.h>
#include <rec/recording.h>

#define RESOLVER_WINDOW_EVENTS 32768
#define RESOLVER_RING_EVENTS 65536 /* a power of two, above the window */

struct resolver;

/* @accounting: where counts of frees go; must outlive the resolver. Return: NULL when out of memory. */
struct resolver *resolver_create(struct rec_accounting *accounting);
void resolver_destroy(struct resolver *resolver);

/*
 * Says that events carry no context flags (text without the flags column). Then an interrupt's event looks like
 * one of the task, so only what happens to the frame itself counts as evidence.
 */
void resolver_without_context(struct resolver *resolver);

/*
 * Free slots at the ring's end, contiguous. The caller fills events (pad 0; frees without flags) and, for wide
 * kinds, wide_out[i] beside events_out[i]; `arg` of a wide event is set by the resolver.
 * Return: number of slots, 0 when the ring is full.
 */
size_t resolver_room(struct resolver *resolver, struct rec_event **events_out, struct rec_wide **wide_out);

/* Takes the first @count slots of the last room. */
void resolver_take(struct resolver *resolver, size_t count);

/* No more events come: everything may leave. */
void resolver_finish(struct resolver *resolver);

/* True when resolver_emit has something to give. */
bool resolver_ready(const struct resolver *resolver);

/* Hands out events that left the window; valid until the next call of any function. Return: false when none. */
bool resolver_emit(struct resolver *resolver, struct rec_batch *batch);

#endif
