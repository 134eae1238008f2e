// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of sources.
 *
 * Interface: sources.h.
 */
#include "sources.h"

#include <errno.h>
#include <string.h>

#define KINDS_MAX 8
#define PROBES_MAX 6

static const struct source {
	const char *name;
	const char *cost;
	const char *probes[PROBES_MAX];
	uint8_t kinds[KINDS_MAX];
	uint8_t free_flags; /* how a free travelled, where only this source tells it */
} sources[] = {
	{ "bulk", "frames of bulk allocations are unknown, and everything behind the first",
	  { "__alloc_pages_bulk", "alloc_pages_bulk_noprof" }, { REC_BULK_BEGIN, REC_BULK_PAGE, REC_BULK_END }, 0 },
	{ "isolate", "free blocks that compaction takes stay on the model's lists",
	  { "__isolate_free_page" }, { REC_ISOLATE }, 0 },
	{ "search", "compaction's search turns lists unseen",
	  { "compaction_alloc", "isolate_freepages_block" },
	  { REC_COMPACT_ALLOC, REC_ISOLATE_BLOCK, REC_ISOLATE_BLOCK_END }, 0 },
	{ "scanners", "where compaction's scanners stand is taken from the searches' events",
	  { "compact_zone", "isolate_migratepages_block", "__reset_isolation_suitable" },
	  { REC_COMPACT_RUN, REC_COMPACT_BLOCK, REC_COMPACT_BLOCK_END, REC_COMPACT_TAKE, REC_SKIP_RESET }, 0 },
	{ "turns", "lists turned by the search for pages to migrate stay as they were",
	  { "move_freelist_tail" }, { REC_MOVE_TAIL }, 0 },
	{ "putback", "isolated blocks that come back are missing", { "__putback_isolated_page" }, { REC_PUTBACK }, 0 },
	{ "kswapd", "per-CPU lists are not capped during reclaim, and boosts stay",
	  { "balance_pgdat" }, { REC_KSWAPD_BEGIN, REC_KSWAPD_END, REC_BOOST, REC_ZONE_FLAGS }, 0 },
	{ "asks", "what kcompactd is asked for is told by its wakeups alone",
	  { "wakeup_kcompactd" }, { REC_KCOMPACTD_ASK }, 0 },
	{ "capture", "blocks captured by compaction are looked for on the lists",
	  { "compact_zone_order" }, { REC_CAPTURE_BEGIN, REC_CAPTURE_END }, 0 },
	{ "fold", "free counters drift from the kernel's",
	  { "refresh_cpu_vm_stats", "decay_pcp_high" }, { REC_STAT_FOLD, REC_DECAY }, 0 },
	{ "tails", "tails of alloc_pages_exact are put where other frees go",
	  { "__free_pages_ok" }, { REC_FREE_OK }, REC_FREE_TO_TAIL },
	{ "refill", "refills are seen by their blocks alone: when and how many is not compared",
	  { "rmqueue_bulk" }, { REC_REFILL }, 0 },
	{ "bypass", "requests and frees that went past a locked list are put on it",
	  { "free_one_page", "_raw_spin_trylock" }, { REC_FREE_ONE, REC_LIST_LOCKED }, REC_FREE_AT_ONE },
	{ "inflight", "what interrupts did between a frame and its event comes out of order",
	  { "inflight" }, { REC_POP }, 0 },
	{ "attempts", "attempts after the first are not told from it",
	  { "get_page_from_freelist" }, { REC_ATTEMPT, REC_ENTRY }, 0 },
	{ "settings", "changes of watermarks and limits are missed",
	  { "setup_per_zone_wmarks", "setup_per_zone_lowmem_reserve", "__zone_set_pageset_high_and_batch",
	    "set_pgdat_percpu_threshold" }, { REC_ZONE_MARKS, REC_PCP_LIMITS, REC_STAT_THRESHOLD }, 0 },
	{ "drains", "lists drained from outside stay full", { "drain_pages_zone" }, { REC_DRAIN_ZONE }, 0 },
	{ "order", "operations of several CPUs are done in the order of their events",
	  { "_raw_spin_unlock_irqrestore", "_raw_spin_unlock", "free_unref_page_commit" },
	  { REC_UNLOCK, REC_COMMIT, REC_ZONES_READ }, 0 },
};

#define SOURCE_COUNT (sizeof(sources) / sizeof(sources[0]))

const char *sim_source_name(size_t index)
{
	return index < SOURCE_COUNT ? sources[index].name : NULL;
}

const char *sim_source_cost(size_t index)
{
	return index < SOURCE_COUNT ? sources[index].cost : "";
}

static int unknown_source(const char *text, size_t length, struct sim_error *error)
{
	char known[256] = "probes";

	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		strncat(known, ", ", sizeof(known) - strlen(known) - 1);
		strncat(known, sources[i].name, sizeof(known) - strlen(known) - 1);
	}
	return sim_fail(error, -EINVAL, "no source '%.*s': expected some of %s", (int)length, text, known);
}

int sim_sources_parse(const char *text, sim_sources *out, struct sim_error *error)
{
	sim_sources found = 0;

	for (const char *at = text;; at++) {
		size_t length = strcspn(at, ",");
		bool known = length == strlen("probes") && !memcmp(at, "probes", length);

		if (known)
			found = (sim_sources)(((uint64_t)1 << SOURCE_COUNT) - 1);
		for (size_t i = 0; i < SOURCE_COUNT; i++) {
			if (strlen(sources[i].name) != length || memcmp(at, sources[i].name, length))
				continue;
			found |= (sim_sources)1 << i;
			known = true;
		}
		if (!known)
			return unknown_source(at, length, error);
		at += length;
		if (!*at)
			break;
	}
	*out = found;
	return 0;
}

/* A free whose way only a left out source told looks like any other of its order. */
static void forget_way(uint8_t told, struct rec_event *event)
{
	if (event->kind != REC_FREE || !(event->flags & told))
		return;
	event->flags = event->order < 4 || event->order == 9 ? REC_FREE_PCP : REC_FREE_BUDDY;
}

bool sim_sources_pass(sim_sources without, struct rec_event *event)
{
	for (size_t i = 0; without && i < SOURCE_COUNT; i++, without >>= 1) {
		if (!(without & 1))
			continue;
		for (size_t k = 0; k < KINDS_MAX && sources[i].kinds[k]; k++)
			if (sources[i].kinds[k] == event->kind)
				return false;
		forget_way(sources[i].free_flags, event);
	}
	return true;
}

int sim_source_of_probe(const char *probe, size_t length)
{
	for (size_t i = 0; i < SOURCE_COUNT; i++)
		for (size_t k = 0; k < PROBES_MAX && sources[i].probes[k]; k++)
			if (strlen(sources[i].probes[k]) == length && !memcmp(probe, sources[i].probes[k], length))
				return (int)i;
	return -1;
}
