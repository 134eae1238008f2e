/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recorder's trace events.
 *
 * Role: everything that the recorder says goes through these two events, so that it lands in the same
 * per-CPU ring buffer as the kernel's own tracepoints, in the order in which it happened.
 * Interface: trace_rec() for the common shape, trace_recw() for events with eight words. Kinds: enum rec_kind.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pageman

#if !defined(PAGEMAN_RECORDER_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define PAGEMAN_RECORDER_EVENTS_H

#include <linux/tracepoint.h>

#include "wire.h"

TRACE_EVENT(rec,
	TP_PROTO(u8 kind, u64 pfn, u64 arg, u32 gfp, u8 order, u8 migratetype, u8 flags),
	TP_ARGS(kind, pfn, arg, gfp, order, migratetype, flags),
	TP_STRUCT__entry(
		__field(u64, pfn)
		__field(u64, arg)
		__field(u32, gfp)
		__field(u8, kind)
		__field(u8, order)
		__field(u8, migratetype)
		__field(u8, flags)
	),
	TP_fast_assign(
		__entry->pfn = pfn;
		__entry->arg = arg;
		__entry->gfp = gfp;
		__entry->kind = kind;
		__entry->order = order;
		__entry->migratetype = migratetype;
		__entry->flags = flags;
	),
	TP_printk("kind=%u pfn=0x%llx arg=0x%llx gfp=0x%x order=%u migratetype=%u flags=0x%x",
		  __entry->kind, __entry->pfn, __entry->arg, __entry->gfp, __entry->order,
		  __entry->migratetype, __entry->flags)
);

TRACE_EVENT(recw,
	TP_PROTO(u8 kind, u64 pfn, u32 gfp, u8 order, u8 migratetype, u8 flags, const u64 *v),
	TP_ARGS(kind, pfn, gfp, order, migratetype, flags, v),
	TP_STRUCT__entry(
		__field(u8, kind)
		__field(u8, order)
		__field(u8, migratetype)
		__field(u8, flags)
		__field(u32, gfp)
		__field(u64, pfn)
		__array(u64, v, REC_WIDE_WORDS)
	),
	TP_fast_assign(
		__entry->kind = kind;
		__entry->order = order;
		__entry->migratetype = migratetype;
		__entry->flags = flags;
		__entry->gfp = gfp;
		__entry->pfn = pfn;
		memcpy(__entry->v, v, sizeof(__entry->v));
	),
	TP_printk("kind=%u pfn=0x%llx gfp=0x%x order=%u migratetype=%u flags=0x%x "
		  "v=%llx,%llx,%llx,%llx,%llx,%llx,%llx,%llx",
		  __entry->kind, __entry->pfn, __entry->gfp, __entry->order, __entry->migratetype,
		  __entry->flags, __entry->v[0], __entry->v[1], __entry->v[2], __entry->v[3],
		  __entry->v[4], __entry->v[5], __entry->v[6], __entry->v[7])
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE events
#include <trace/define_trace.h>
