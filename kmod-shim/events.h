/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The module's trace events.
 *
 * Role: one line for each trimmed call in the form that `pageman statman` reads (docs/statman.md), and the place of a
 * snapshot among the events. Off until they are enabled below events/pageman_trim/ in tracefs; off they cost nothing.
 * Interface: trace_pageman_fit, trace_pageman_free; trace_rec, by which the recorder's snapshot.c marks its moment.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pageman_trim

#if !defined(PAGEMAN_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define PAGEMAN_EVENTS_H

#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(pageman_call,
	TP_PROTO(size_t bytes, unsigned long pages, unsigned long block_pages, const char *policy, u64 elapsed_ns),
	TP_ARGS(bytes, pages, block_pages, policy, elapsed_ns),
	TP_STRUCT__entry(
		__field(size_t, bytes)
		__field(unsigned long, pages)
		__field(unsigned long, block_pages)
		__field(u64, elapsed_ns)
		__array(char, policy, 16)
	),
	TP_fast_assign(
		__entry->bytes = bytes;
		__entry->pages = pages;
		__entry->block_pages = block_pages;
		__entry->elapsed_ns = elapsed_ns;
		strscpy(__entry->policy, policy, sizeof(__entry->policy));
	),
	TP_printk("Stats| Fit_bytes=%zu Required_pages=%lu Original_pages=%lu Policy=%s Elapse=%llu ns",
		  __entry->bytes, __entry->pages, __entry->block_pages, __entry->policy, __entry->elapsed_ns)
);

DEFINE_EVENT(pageman_call, pageman_fit,
	TP_PROTO(size_t bytes, unsigned long pages, unsigned long block_pages, const char *policy, u64 elapsed_ns),
	TP_ARGS(bytes, pages, block_pages, policy, elapsed_ns)
);

DEFINE_EVENT_PRINT(pageman_call, pageman_free,
	TP_PROTO(size_t bytes, unsigned long pages, unsigned long block_pages, const char *policy, u64 elapsed_ns),
	TP_ARGS(bytes, pages, block_pages, policy, elapsed_ns),
	TP_printk("Stats| Free_bytes=%zu fit_pages=%lu Max_pages=%lu Policy=%s Elapse=%llu ns",
		  __entry->bytes, __entry->pages, __entry->block_pages, __entry->policy, __entry->elapsed_ns)
);

TRACE_EVENT(pageman_snapshot,
	TP_PROTO(u64 which),
	TP_ARGS(which),
	TP_STRUCT__entry(
		__field(u64, which)
	),
	TP_fast_assign(
		__entry->which = which;
	),
	TP_printk("snapshot %llu", __entry->which)
);

/* The shape of the recorder's own event; its kind is always a snapshot here. */
#define trace_rec(kind, pfn, arg, gfp, order, migratetype, flags) trace_pageman_snapshot(arg)

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE events
#include <trace/define_trace.h>
