/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of event kinds.
 */
#include <rec/event.h>

static const char *const kind_names[REC_KIND_COUNT] = {
	[REC_NONE] = "void",
	[REC_ALLOC] = "alloc",
	[REC_FREE] = "free",
	[REC_FREE_BATCHED] = "free_batched",
	[REC_ZONE_LOCKED] = "zone_locked",
	[REC_PCPU_DRAIN] = "pcpu_drain",
	[REC_EXTFRAG] = "extfrag",
	[REC_COMPACT_BEGIN] = "compact_begin",
	[REC_COMPACT_END] = "compact_end",
	[REC_RECLAIM_BEGIN] = "reclaim_begin",
	[REC_RECLAIM_END] = "reclaim_end",
	[REC_KSWAPD_WAKE] = "kswapd_wake",
	[REC_KSWAPD_SLEEP] = "kswapd_sleep",
	[REC_COMPACT_TRY] = "compact_try",
	[REC_COMPACT_SCAN] = "compact_scan",
	[REC_SNAPSHOT] = "snapshot",
	[REC_ATTEMPT] = "attempt",
	[REC_BULK_BEGIN] = "bulk_begin",
	[REC_BULK_PAGE] = "bulk_page",
	[REC_BULK_END] = "bulk_end",
	[REC_REFILL] = "refill",
	[REC_FREE_ONE] = "free_one",
	[REC_FREE_OK] = "free_ok",
	[REC_ISOLATE] = "isolate",
	[REC_DRAIN_ZONE] = "drain_zone",
	[REC_STAT_FOLD] = "stat_fold",
	[REC_SIZED_ALLOC] = "sized_alloc",
	[REC_SIZED_FREE] = "sized_free",
	[REC_ZONE_MARKS] = "zone_marks",
	[REC_PCP_LIMITS] = "pcp_limits",
	[REC_KSWAPD_BEGIN] = "kswapd_begin",
	[REC_KSWAPD_END] = "kswapd_end",
	[REC_CAPTURE_BEGIN] = "capture_begin",
	[REC_CAPTURE_END] = "capture_end",
	[REC_COMPACT_ALLOC] = "compact_alloc",
	[REC_ISOLATE_BLOCK] = "isolate_block",
	[REC_ISOLATE_BLOCK_END] = "isolate_block_end",
	[REC_MOVE_TAIL] = "move_tail",
	[REC_MOVE_BLOCK] = "move_block",
	[REC_UNRESERVE] = "unreserve",
	[REC_BOOST] = "boost",
	[REC_STAT_THRESHOLD] = "stat_threshold",
	[REC_PUTBACK] = "putback",
	[REC_COMPACT_FREE] = "compact_free",
	[REC_UNSUPPORTED] = "unsupported",
	[REC_LOST] = "lost",
	[REC_POP] = "pop",
	[REC_COMMIT] = "commit",
	[REC_UNLOCK] = "unlock",
	[REC_DECAY] = "decay",
	[REC_LIST_LOCKED] = "list_locked",
	[REC_LATE_COMMIT] = "late_commit",
};

const char *rec_kind_name(unsigned kind)
{
	return kind < REC_KIND_COUNT && kind_names[kind] ? kind_names[kind] : "unknown";
}
