/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events to read: what a busy machine's page allocator would have recorded.
 *
 * Role: drives a model with tasks on two CPUs that allocate and free in bursts, and writes down the events that the
 * kernel's tracepoints would show: requests, frees, and what the zone's lists did. The seed is fixed.
 * Interface: trace_make, trace_from_recording, trace_write_text, trace_write_compact, trace_free.
 * Invariant: replaying the events on an empty zone frees only what was allocated before.
 */
#ifndef BENCH_TRACE_H
#define BENCH_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rec/event.h>

struct trace {
	struct rec_event *events;
	size_t count, room;
};

/* About @count events. Return: false without memory. */
bool trace_make(struct trace *t, size_t count);
/* The events of a recording that tracefs shows as text. Return: false when it cannot be read. */
bool trace_from_recording(struct trace *t, const char *path);
void trace_free(struct trace *t);

/* As /sys/kernel/tracing/trace prints them, with the flags column. Return: false when @path cannot be written. */
bool trace_write_text(const struct trace *t, const char *path);
/* Our compact format, without snapshots. Return: likewise. */
bool trace_write_compact(const struct trace *t, const char *path);

#endif
