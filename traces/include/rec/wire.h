/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel side and the userspace side of a recording agree on.
 *
 * Role: the one header that both the guest's snapshot module and the readers include. It holds numbers and
 * fixed layouts, no functions and no libc, so it compiles in a kernel module and in userspace alike.
 * Interface: enum rec_kind (what an event is), the flag sets of events, and the tagged records of a snapshot.
 * Invariant: values are never renumbered; new ones are added at the end and raise REC_WIRE_VERSION.
 */
#ifndef REC_WIRE_H
#define REC_WIRE_H

#ifdef __KERNEL__
#include <linux/types.h>
typedef u8 rec_u8;
typedef u16 rec_u16;
typedef u32 rec_u32;
typedef u64 rec_u64;
typedef s64 rec_s64;
#else
#include <stdint.h>
typedef uint8_t rec_u8;
typedef uint16_t rec_u16;
typedef uint32_t rec_u32;
typedef uint64_t rec_u64;
typedef int64_t rec_s64;
#endif

#define REC_WIRE_VERSION 1

/* The frame number of an allocation that failed. */
#define REC_NO_PFN (~(rec_u64)0)

/* Words of argument that a wide event carries. */
#define REC_WIDE_WORDS 8

/*
 * What an event says. "zone" is the index of the zone in the snapshot's order (ZONE records, from 0).
 * Unless stated otherwise a field that is not named is 0.
 */
enum rec_kind {
	REC_NONE = 0,            /* says nothing: a probe's event that told no news, kept so that numbers stand */

	/* The kernel's own tracepoints. */
	REC_ALLOC = 1,           /* mm_page_alloc: pfn or REC_NO_PFN, order, gfp, migratetype */
	REC_FREE = 2,            /* mm_page_free: pfn, order; flags: REC_FREE_* once resolved */
	REC_FREE_BATCHED = 3,    /* mm_page_free_batched: pfn; the commit of a listed REC_FREE, not another free */
	REC_ZONE_LOCKED = 4,     /* mm_page_alloc_zone_locked: pfn, order, migratetype; arg: percpu_refill */
	REC_PCPU_DRAIN = 5,      /* mm_page_pcpu_drain: pfn, order, migratetype */
	REC_EXTFRAG = 6,         /* mm_page_alloc_extfrag: pfn, order = requested, migratetype = requested;
				    arg: REC_EXTFRAG_ARG(fallback order, fallback migratetype, change_ownership) */
	REC_COMPACT_BEGIN = 7,   /* mm_compaction_begin: wide {zone_start, migrate_pfn, free_pfn, zone_end, sync} */
	REC_COMPACT_END = 8,     /* mm_compaction_end: as begin, v[5] = status */
	REC_RECLAIM_BEGIN = 9,   /* mm_vmscan_direct_reclaim_begin: order, gfp */
	REC_RECLAIM_END = 10,    /* mm_vmscan_direct_reclaim_end: arg = pages reclaimed */
	REC_KSWAPD_WAKE = 11,    /* mm_vmscan_kswapd_wake: order; arg = node | highest zone index << 32 */
	REC_KSWAPD_SLEEP = 12,   /* mm_vmscan_kswapd_sleep: arg = node */
	REC_COMPACT_TRY = 13,    /* mm_compaction_try_to_compact_pages: order, gfp; arg = priority */
	REC_COMPACT_SCAN = 14,   /* 6.12 mm_compaction_fast_isolate_freepages: wide {start_pfn, end_pfn, scanned,
				    taken} */

	/* Our probes. */
	REC_SNAPSHOT = 32,       /* written inside the section that takes snapshot `arg` (0 or 1) */
	REC_ATTEMPT = 33,        /* get_page_from_freelist entry outside the fast path: order, gfp, arg = alloc_flags */
	REC_BULK_BEGIN = 34,     /* __alloc_pages_bulk entry: gfp; arg = frames asked for beyond those already there */
	REC_BULK_PAGE = 35,      /* one frame that the bulk call returned, in order: pfn */
	REC_BULK_END = 36,       /* __alloc_pages_bulk return: arg = frames returned by this call */
	REC_REFILL = 37,         /* rmqueue_bulk entry: order, migratetype, pfn = alloc_flags;
				    arg = count | zone << 32 */
	REC_FREE_ONE = 38,       /* free_one_page entry, or the end of its zone's section: pfn, order, migratetype: a
				    free that bypassed the per-CPU list */
	REC_FREE_OK = 39,        /* __free_pages_ok entry: pfn, order; arg = fpi flags (bit 1: to tail) */
	REC_ISOLATE = 40,        /* __isolate_free_page return: pfn, order; arg = frames isolated, 0 when refused */
	REC_DRAIN_ZONE = 41,     /* drain_pages_zone entry: arg = cpu | zone << 32 */
	REC_STAT_FOLD = 42,      /* refresh_cpu_vm_stats returned: this CPU's counter differences were folded; arg: what
				    its differences are now, a signed byte for each of the first seven zones, and
				    REC_STAT_FOLD_TOLD; older recordings have 0 */
	REC_SIZED_ALLOC = 43,    /* a sized request begins: gfp, arg = bytes; flags: REC_SIZED_*; its block is the
				    next REC_ALLOC of the same context */
	REC_SIZED_FREE = 44,     /* free_pages_exact entry: pfn, arg = bytes */
	REC_ZONE_MARKS = 45,     /* zone marks were written: wide {zone, min, low, high, boost, lowmem_reserve[0..2]} */
	REC_PCP_LIMITS = 46,     /* __zone_set_pageset_high_and_batch: wide {zone, high, batch, high_min, high_max} */
	REC_KSWAPD_BEGIN = 47,   /* balance_pgdat entry: order, arg = node | highest zone index << 32 */
	REC_KSWAPD_END = 48,     /* balance_pgdat return: arg = node */
	REC_CAPTURE_BEGIN = 49,  /* compact_zone_order entry: order, gfp, arg = zone; pfn = alloc_flags */
	REC_CAPTURE_END = 50,    /* compact_zone_order return: arg = result */
	REC_COMPACT_ALLOC = 51,  /* compaction_alloc with an empty stock: wide {zone, free_pfn, migrate_pfn,
				    fast_start_pfn, nr_migratepages | nr_freepages << 32,
				    order | mode << 32 | fast_search_fail << 48, search_order | migratetype << 32,
				    zone's initial free pfn} */
	REC_ISOLATE_BLOCK = 52,  /* isolate_freepages_block entry: wide {start_pfn, end_pfn, stride, strict} */
	REC_ISOLATE_BLOCK_END = 53, /* isolate_freepages_block return: arg = frames isolated */
	REC_MOVE_TAIL = 54,      /* move_freelist_tail entry: pfn of the page, arg = 0; fast search rotated a list */
	REC_MOVE_BLOCK = 55,     /* move_freepages_block entry: pfn, migratetype, arg = zone */
	REC_UNRESERVE = 56,      /* unreserve_highatomic_pageblock entry: arg = force */
	REC_BOOST = 57,          /* a zone's watermark boost was read back: arg = boost | zone << 32 */
	REC_STAT_THRESHOLD = 58, /* a zone's stat_threshold after kswapd changed it: arg = threshold | zone << 32 */
	REC_PUTBACK = 59,        /* __putback_isolated_page entry: pfn, order, migratetype */
	REC_COMPACT_FREE = 60,   /* compaction_free: pfn, order; flags: REC_COMPACT_FREE_* */
	REC_UNSUPPORTED = 61,    /* something the model does not know happened: arg = enum rec_unsupported, pfn,
				    order */
	REC_LOST = 62,           /* arg events were lost here on this CPU */
	REC_POP = 63,            /* an interrupt is about to use the lists while the allocation below it has its frame
				    but no mm_page_alloc yet: order, gfp, arg = alloc_flags of that allocation;
				    flags: REC_CTX_LEVEL bits of its context, REC_POP_BULK; pfn = its pid (the cpu is
				    the event's) */
	REC_COMMIT = 64,         /* a frame is put on a per-CPU list: pfn, order, migratetype of the list;
				    arg = REC_ZONE_BITS* of its zone (recordings with order probes) */
	REC_UNLOCK = 65,         /* a zone or per-CPU lock is about to be dropped: arg = zone, flags: 0 zone, 1 per-CPU;
				    zone: pfn = REC_ZONE_READ(free counter, boost), gfp = REC_ZONE_BITS* |
				    this CPU's unflushed difference << 8 (signed byte);
				    per-CPU: pfn = CPU whose list it is | REC_ZONE_BITS* << 16 | the list's high << 32,
				    gfp = frames on its lists. Older recordings have 0 and the CPU alone there. */
	REC_DECAY = 66,          /* decay_pcp_high entry (6.12): arg = zone; its counters were folded just before;
				    flags: REC_TOLD_AGAIN */
	REC_LIST_LOCKED = 67,    /* the per-CPU list's lock is held as this context tries it: arg = zone */
	REC_LATE_COMMIT = 68,    /* a single free reaches its per-CPU list, or its zone, only here, behind what
				    interrupted it since its REC_FREE: pfn, order; flags: REC_LATE_DIRECT */

	/*
	 * More of the kernel's own tracepoints. Zones are named by {node, zone type} there; an order below 0 is
	 * kcompactd's whole node.
	 */
	REC_COMPACT_MIGRATE_SCAN = 69, /* mm_compaction_isolate_migratepages: wide {start_pfn, end_pfn, scanned,
					  taken} */
	REC_COMPACT_FREE_SCAN = 70,    /* mm_compaction_isolate_freepages: as before */
	REC_COMPACT_MIGRATED = 71,     /* mm_compaction_migratepages: arg = migrated | failed << 32 */
	REC_COMPACT_FINISHED = 72,     /* mm_compaction_finished: wide {node, zone type, order, enum compact_result} */
	REC_COMPACT_SUITABLE = 73,     /* mm_compaction_suitable: as before */
	REC_COMPACT_DEFERRED = 74,     /* mm_compaction_deferred: wide {node, zone type, order, considered, defer_shift,
					  order_failed} */
	REC_COMPACT_DEFER = 75,        /* mm_compaction_defer_compaction: as before */
	REC_COMPACT_DEFER_RESET = 76,  /* mm_compaction_defer_reset: as before */
	REC_KCOMPACTD_SLEEP = 77,      /* mm_compaction_kcompactd_sleep: arg = node */
	REC_KCOMPACTD_CALL = 78,       /* mm_compaction_wakeup_kcompactd: order; arg = node | highest zone type << 32 */
	REC_KCOMPACTD_WAKE = 79,       /* mm_compaction_kcompactd_wake: as before */

	/* Our probes of compaction's scanners. */
	REC_COMPACT_RUN = 80,          /* compact_zone entry: gfp; wide {zone, order | mode << 32, REC_RUN_* flags,
					  search_order | fast_search_fail << 32} */
	REC_COMPACT_BLOCK = 81,        /* isolate_migratepages_block entry: wide {zone, start_pfn, end_pfn, free_pfn,
					  fast_search_fail, REC_BLOCK_* flags} */
	REC_COMPACT_BLOCK_END = 82,    /* its return: wide {zone, migrate_pfn, pages taken, returned value,
					  REC_BLOCK_* flags} */
	REC_COMPACT_TAKE = 83,         /* compaction_alloc with something in stock: pfn, order of the block that it
					  takes from, gfp = order that it needs */
	REC_SKIP_RESET = 84,           /* __reset_isolation_suitable returned. flags 0: wide {zone, cached_free_pfn,
					  cached_migrate_pfn async, sync, init_migrate_pfn, init_free_pfn}; flags 1:
					  the skip bits behind it, 512 an event: gfp = zone, pfn = first frame of the
					  first pageblock, all wide words a bitmap, bit 0 first */

	/* What the slow path is told and decides. */
	REC_KCOMPACTD_ASK = 85,  /* wakeup_kcompactd entry, whatever becomes of it: order; arg = node | highest zone
				    type << 32 */
	REC_RECLAIM_RETRY = 86,  /* reclaim_retry_zone: wide {node, zone type, order, reclaimable, available, min mark,
				    loops without progress, above the mark} */
	REC_COMPACT_RETRY = 87,  /* compact_retry: wide {order, priority, feedback, retries, most retries, decision} */
	REC_OOM_VICTIM = 88,     /* mark_victim: arg = its pid */
	REC_KSWAPD_CALL = 89,    /* mm_vmscan_wakeup_kswapd: order, gfp; arg = node | highest zone type << 32 */

	/*
	 * Values that the kernel reads without a lock, as near to its own reading as a probe comes; recordings with
	 * order probes. They are told of the first seven zones.
	 */
	REC_ENTRY = 90,          /* get_page_from_freelist entry in the fast path: order, gfp, arg = alloc_flags;
				    without order probes only where the first zone is near its watermarks */
	REC_ZONES_READ = 91,     /* what the attempt told next (REC_ENTRY, REC_ATTEMPT) finds, unless its first zone
				    has plenty: order, gfp; wide {bits of REC_ZONE_BITS of zone i << 4 * i,
				    then REC_ZONE_READ(free counter, boost) of each zone} */
	REC_ZONE_FLAGS = 92,     /* kswapd changed a zone's flags: arg = REC_ZONE_BITS* | zone << 32 */

	/* Recordings of a stock kernel: marks that traces/record-stock.sh writes into trace_marker. */
	REC_PROC_BEGIN = 93, /* the /proc texts of snapshot `arg` are about to be read; REC_SNAPSHOT: they were */
	REC_KIND_COUNT
};

/*
 * flags of REC_ENTRY, REC_ATTEMPT and REC_DECAY: the same as the one told before, whose task was scheduled away as the
 * probe ended and before it read anything.
 */
#define REC_TOLD_AGAIN 0x01

/* A zone's free counter alone, which may be below 0, and its watermark boost, in pages. */
#define REC_ZONE_READ(free, boost) (((rec_u64)(free) & 0xffffffffffull) | (rec_u64)(boost) << 40)
#define REC_ZONE_READ_FREE(word) ((rec_s64)((rec_u64)(word) << 24) >> 24)
#define REC_ZONE_READ_BOOST(word) ((rec_u64)(word) >> 40)
#define REC_ZONES_READ_MAX 7u

/* Flags of a zone that decide behaviour. */
#define REC_ZONE_BITS_RECLAIM 0x1u    /* kswapd is at work: per-CPU lists are kept short */
#define REC_ZONE_BITS_BELOW_HIGH 0x2u /* 6.12: found below the high watermark */
#define REC_ZONE_BITS_BOOSTED 0x4u    /* kswapd is to be woken for a boost */
#define REC_ZONE_BITS 0xfu
#define REC_ZONE_BITS_TOLD 0x80u      /* beside the others: the recorder tells them at all */

#define REC_STAT_FOLD_TOLD ((rec_u64)1 << 63)

/* How a compaction runs (REC_COMPACT_RUN). */
#define REC_RUN_IGNORE_SKIP 0x01
#define REC_RUN_NO_SET_SKIP 0x02
#define REC_RUN_ANY_TARGET 0x04 /* ignore_block_suitable */
#define REC_RUN_DIRECT 0x08
#define REC_RUN_PROACTIVE 0x10
#define REC_RUN_WHOLE_ZONE 0x20

/* State of a compaction and of the pageblock it scans. */
#define REC_BLOCK_SKIP 0x01     /* the pageblock's skip bit */
#define REC_BLOCK_CONTENDED 0x02
#define REC_BLOCK_FINISH 0x04   /* the pageblock is scanned to its end (rescan in 6.1) */

/* In the flags of REC_POP: the frames of a bulk call, from its REC_BULK_BEGIN on. */
#define REC_POP_BULK 0x10

/* flags of REC_LATE_COMMIT. */
#define REC_LATE_DIRECT 0x01 /* straight to the zone; older recordings tell these at a later list, wrongly */

/* flags of REC_COMPACT_FREE. */
#define REC_COMPACT_FREE_SILENT 0x01 /* 6.1: the kernel tells no mm_page_free for it */

/* How a free travelled; found by the reader's resolver, 0 in a raw stream. At most one of the first three. */
#define REC_FREE_PCP 0x01     /* to the per-CPU list, at this event */
#define REC_FREE_LIST 0x02    /* prepared here, committed at its REC_FREE_BATCHED or REC_FREE_ONE */
#define REC_FREE_BUDDY 0x04   /* straight to the zone's lists, at this event */
#define REC_FREE_TO_TAIL 0x08 /* with REC_FREE_BUDDY: forced to the list's tail */
#define REC_FREE_AT_ONE 0x10  /* with REC_FREE_BUDDY: prepared here, put on the zone's list at the REC_FREE_ONE
				 of the same frame and context that follows */
#define REC_FREE_LATE 0x20    /* with REC_FREE_BUDDY: put on the zone's list at the REC_LATE_COMMIT that follows */

/* Which interface asked for a size in bytes (flags of REC_SIZED_ALLOC). */
#define REC_SIZED_EXACT 0x01     /* alloc_pages_exact */
#define REC_SIZED_EXACT_NID 0x02 /* alloc_pages_exact_nid */
#define REC_SIZED_KMALLOC 0x04   /* kmalloc above the slab limit */

#define REC_EXTFRAG_ARG(order, mt, change) ((rec_u64)(order) | (rec_u64)(mt) << 8 | (rec_u64)(change) << 16)

/* Context of an event: what was interrupted (from the ring buffer's flags). */
#define REC_CTX_HARDIRQ 0x01
#define REC_CTX_SOFTIRQ 0x02
#define REC_CTX_NMI 0x04
#define REC_CTX_IRQS_OFF 0x08
#define REC_CTX_LEVEL (REC_CTX_HARDIRQ | REC_CTX_SOFTIRQ | REC_CTX_NMI)

enum rec_unsupported {
	REC_UNSUPPORTED_HOTPLUG = 1,   /* memory went on or off line */
	REC_UNSUPPORTED_CONTIG = 2,    /* alloc_contig_range */
	REC_UNSUPPORTED_REPORTING = 3, /* free page reporting took blocks */
	REC_UNSUPPORTED_MEMFAIL = 4,   /* memory failure took a page off the buddy lists */
	REC_UNSUPPORTED_BULK = 5,      /* a bulk allocation of more frames than the recorder follows */
	REC_UNSUPPORTED_COUNT
};

/*
 * A snapshot is a run of tagged records, little-endian, each padded with zeros to a multiple of 8 bytes:
 *   struct rec_tlv, then `bytes` bytes of payload (padding not counted).
 * A reader skips tags that it does not know. The last record is REC_TLV_END, whatever its number.
 */
struct rec_tlv {
	rec_u32 tag;
	rec_u32 bytes;
};

enum rec_tag {
	REC_TLV_KERNEL = 1,    /* struct rec_wire_kernel */
	REC_TLV_ZONE = 2,      /* struct rec_wire_zone; zones are numbered in the order of these records */
	REC_TLV_PCP = 3,       /* struct rec_wire_pcp */
	REC_TLV_FREE_LIST = 4, /* struct rec_wire_list, then count u64 head frames, first of the list first */
	REC_TLV_PCP_LIST = 5,  /* struct rec_wire_list, then count u64: pfn | stored migratetype << 56 */
	REC_TLV_PAGEBLOCKS = 6, /* struct rec_wire_range, then one byte per pageblock: its migratetype */
	REC_TLV_MOVABLE = 7,   /* struct rec_wire_range, then a bitmap, one bit per frame (bit 0 first): on an LRU
				  list or movable, as move_freepages_block counts them */
	REC_TLV_HOLES = 8,     /* struct rec_wire_range, then a bitmap: 1 where the zone has no such frame */
	REC_TLV_COMPACT = 9,   /* struct rec_wire_compact: a zone's compaction state */
	REC_TLV_SKIP = 10,     /* struct rec_wire_range, then a bitmap, one bit per pageblock: its skip bit */
	REC_TLV_SETTINGS = 11, /* struct rec_wire_settings */
	REC_TLV_END = 12,      /* struct rec_wire_end; the last record */
	REC_TLV_COMPOUND = 13, /* struct rec_wire_range, then one byte per frame: the order of the compound page in use
				  that begins there, 0 when none does */
	/* A snapshot made from /proc has these two instead of lists and pageblock types. */
	REC_TLV_COUNTS = 14,       /* struct rec_wire_counts, then order_count u64: blocks on the list of each order */
	REC_TLV_BLOCK_COUNTS = 15, /* struct rec_wire_block_counts, then type_count u64: pageblocks of each type */
	REC_TLV_DAEMONS = 16       /* struct rec_wire_daemons: what decides when compaction runs */
};

struct rec_wire_kernel {
	rec_u32 wire_version; /* REC_WIRE_VERSION */
	rec_u32 snapshot;     /* 0: before, 1: after */
	rec_u32 page_shift;
	rec_u32 pageblock_order;
	rec_u32 order_count;       /* 11 */
	rec_u32 migratetype_count; /* MIGRATE_TYPES of that build: 5 without CMA (isolate = 4), 6 with (cma = 4) */
	rec_u32 online_cpus;
	rec_u32 online_nodes;
	rec_u64 time_ns;           /* trace clock inside the section */
	rec_u64 page_offset_base;  /* virtual address of frame 0 in the direct map; 0 when unknown */
	char release[64];          /* uname -r */
	char version[128];         /* uname -v */
};

struct rec_wire_zone {
	rec_u32 node;
	rec_u32 zone_type; /* enum zone_type: 0 DMA, 1 DMA32, 2 Normal, 3 Movable */
	char name[16];
	rec_u64 address; /* of struct zone, to match probes */
	rec_u64 start_pfn;
	rec_u64 spanned_pages;
	rec_u64 present_pages;
	rec_u64 managed_pages;
	rec_u64 watermark[4]; /* min, low, high, promo; without boost */
	rec_u64 watermark_boost;
	rec_u64 lowmem_reserve[8]; /* by zone type; unused entries 0 */
	rec_u64 nr_reserved_highatomic;
	rec_u64 nr_isolate_pageblock;
	rec_u64 percpu_drift_mark;
	rec_u64 nr_free_highatomic; /* 6.12; 0 before */
	rec_s64 free_pages; /* the global counter alone: what watermark checks read */
	rec_u64 flags;      /* zone->flags as the kernel has them */
	rec_u32 reclaim_active;    /* bit decoded from flags */
	rec_u32 boosted_watermark; /* bit decoded from flags */
};

struct rec_wire_pcp {
	rec_u32 zone;
	rec_u32 cpu;
	rec_u32 count;
	rec_u32 high;
	rec_u32 batch;
	rec_u32 free_factor;  /* 6.1 */
	rec_u32 high_min;     /* 6.12, else 0; also the four below */
	rec_u32 high_max;
	rec_u32 alloc_factor;
	rec_u32 free_count;
	rec_u32 flags;
	rec_u32 stat_threshold;
	rec_s64 free_pages_diff; /* this CPU's unflushed difference of the free counter */
};

struct rec_wire_list {
	rec_u32 zone;
	rec_u32 cpu;         /* per-CPU lists only */
	rec_u32 order;
	rec_u32 migratetype; /* free lists: the list's type; per-CPU lists: 0 */
	rec_u32 pindex;      /* per-CPU lists only: index in lists[] */
	rec_u32 count;       /* entries that follow */
};

struct rec_wire_range {
	rec_u32 zone;
	rec_u32 pad;
	rec_u64 start_pfn; /* pageblock records: first frame of the first pageblock (aligned) */
	rec_u64 count;     /* frames or pageblocks described */
};

struct rec_wire_compact {
	rec_u32 zone;
	rec_u32 considered;
	rec_u32 defer_shift;
	rec_u32 order_failed; /* compact_order_failed */
	rec_u64 cached_free_pfn;
	rec_u64 cached_migrate_pfn[2]; /* async, sync */
	rec_u64 init_migrate_pfn;
	rec_u64 init_free_pfn;
	rec_u32 blockskip_flush;
	rec_u32 contiguous; /* zone->contiguous */
};

struct rec_wire_settings {
	rec_u64 watermark_boost_factor;
	rec_u64 watermark_scale_factor;
	rec_u64 min_free_kbytes;
	rec_u64 percpu_pagelist_high_fraction;
	rec_u64 page_group_by_mobility_disabled;
	rec_u64 thp_enabled; /* 0 never, 1 madvise, 2 always; 255 unknown */
};

/* What was asked of a node's daemons; a type above the last zone type: nothing was. */
struct rec_wire_node {
	rec_u32 kcompactd_max_order;
	rec_u32 kcompactd_highest_type;
	rec_u32 kcompactd_waits; /* it sleeps until it is woken, as kswapd below */
	rec_u32 kswapd_order;
	rec_u32 kswapd_highest_type;
	rec_u32 kswapd_waits;
	rec_u32 kswapd_failures;
	rec_u32 pad;
};

#define REC_WIRE_NODES 8

struct rec_wire_daemons {
	rec_u64 extfrag_threshold;        /* vm.extfrag_threshold, permille */
	rec_u64 compaction_proactiveness; /* vm.compaction_proactiveness, percent */
	rec_u32 node_count;               /* at most REC_WIRE_NODES are told */
	rec_u32 pad;
	struct rec_wire_node nodes[REC_WIRE_NODES];
};

struct rec_wire_counts {
	rec_u32 zone;
	rec_u32 migratetype;
	rec_u32 order_count; /* at most 16 */
	rec_u32 floor_mask;  /* bit o: the list of order o is at least that long (the kernel stops counting) */
};

struct rec_wire_block_counts {
	rec_u32 zone;
	rec_u32 type_count; /* that build's migratetypes */
};

struct rec_wire_end {
	rec_u64 free_pages_walked; /* frames found on all free lists, for a check against the counters */
	rec_u64 bytes;             /* of the snapshot before this record */
};

#endif
