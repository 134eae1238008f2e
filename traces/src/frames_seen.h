/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which frames a stream has shown as allocated.
 *
 * Role: counts frees without a visible allocation when there is no snapshot to tell.
 * Interface: frames_seen_create, frames_seen_batch, frames_seen_destroy.
 * Invariant: memory depends on the frames that occur, one bit each, never on the stream's length.
 */
#ifndef REC_FRAMES_SEEN_H
#define REC_FRAMES_SEEN_H

#include <rec/event.h>

struct frames_seen;

/* Return: NULL when out of memory. */
struct frames_seen *frames_seen_create(void);

/* Follows a batch and adds the frees in it that had no allocation before them. Return: 0 or -ENOMEM. */
int frames_seen_batch(struct frames_seen *seen, const struct rec_batch *batch, uint64_t *unmatched);

void frames_seen_destroy(struct frames_seen *seen);

#endif
