// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does the model's compaction stand where the reference's stands?
 *
 * Interface: ref_same_run (ref_compact.h); ref_same_memory (ref_internal.h), a part of ref_same.
 * Invariant: looks at everything that compact.h and slowpath.h show, and says the first difference with both sides.
 */
#include "ref_internal.h"

#include <inttypes.h>
#include <stdio.h>

struct pair {
	const char *what;
	uint64_t reference, model;
};

/* The first pair that differs goes to @message after @where. */
static bool same_pairs(const char *where, unsigned number, const struct pair *pairs, size_t count, char *message,
		       size_t room)
{
	for (size_t i = 0; i < count; i++) {
		if (pairs[i].reference == pairs[i].model)
			continue;
		if (message)
			snprintf(message, room, "%s %u, %s: reference 0x%" PRIx64 ", model 0x%" PRIx64, where, number,
				 pairs[i].what, pairs[i].reference, pairs[i].model);
		return false;
	}
	return true;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- A run -------------------------------------------------------------------------------------------------- */

static bool same_stock(const struct ref_run *run, const struct buddy *b, char *message, size_t room)
{
	for (uint64_t pfn = run->z->start; pfn < run->z->end; pfn++) {
		bool reference = ref_frame(run->ref, pfn)->stock == REF_STOCK_FIRST, model = buddy_in_stock(b, pfn);

		if (reference == model)
			continue;
		if (message)
			snprintf(message, room, "block 0x%" PRIx64 " in stock: reference %d, model %d", pfn, reference,
				 model);
		return false;
	}
	return true;
}

bool ref_same_run(const struct ref_run *run, const struct buddy *buddy, const struct buddy_compaction *model,
		  char *message, size_t room)
{
	const struct buddy_compaction *c = &run->c;
	const struct pair pairs[] = {
		{ "migrate_pfn", c->migrate_pfn, model->migrate_pfn },
		{ "free_pfn", c->free_pfn, model->free_pfn },
		{ "fast_start_pfn", c->fast_start_pfn, model->fast_start_pfn },
		{ "last_migrated_pfn", c->last_migrated_pfn, model->last_migrated_pfn },
		{ "iterate_pfn", c->iterate_pfn, model->iterate_pfn },
		{ "finish_block", c->finish_block, model->finish_block },
		{ "caches_tied", c->caches_tied, model->caches_tied },
		{ "turned_pfn", c->turned_pfn, model->turned_pfn },
		{ "flags", c->flags, model->flags },
		{ "search_order", (uint64_t)c->search_order, (uint64_t)model->search_order },
		{ "failures", c->failures, model->failures },
		{ "migrate_pages", c->migrate_pages, model->migrate_pages },
		{ "free_pages", c->free_pages, model->free_pages },
		{ "released_pfn", c->released_pfn, model->released_pfn },
	};

	return same_pairs("run in zone", run->z->index, pairs, COUNT(pairs), message, room) &&
	       same_stock(run, buddy, message, room);
}

/* --- Zones and nodes ---------------------------------------------------------------------------------------- */

static bool same_zone(struct ref *r, const struct ref_zone *z, const struct buddy *b, char *message, size_t room)
{
	struct buddy_compact_zone m;
	struct buddy_deferral d;

	buddy_compact_zone_get(b, z->index, &m);
	buddy_deferral_get(b, z->index, &d);
	const struct pair pairs[] = {
		{ "cached_free_pfn", z->memory.cached_free_pfn, m.cached_free_pfn },
		{ "cached_migrate_pfn[0]", z->memory.cached_migrate_pfn[0], m.cached_migrate_pfn[0] },
		{ "cached_migrate_pfn[1]", z->memory.cached_migrate_pfn[1], m.cached_migrate_pfn[1] },
		{ "init_migrate_pfn", z->memory.init_migrate_pfn, m.init_migrate_pfn },
		{ "init_free_pfn", z->memory.init_free_pfn, m.init_free_pfn },
		{ "flush", z->memory.flush, m.flush },
		{ "deferrals considered", z->deferral.considered, d.considered },
		{ "deferral's shift", z->deferral.shift, d.shift },
		{ "order that failed", (uint64_t)z->deferral.order_failed, (uint64_t)d.order_failed },
		{ "score", ref_fragmentation_score_zone(r, z->index), buddy_fragmentation_score_zone(b, z->index) },
	};

	return same_pairs("zone", z->index, pairs, COUNT(pairs), message, room);
}

static bool same_skips(const struct ref *r, const struct ref_zone *z, const struct buddy *b, char *message, size_t room)
{
	for (uint64_t pfn = z->start; pfn < z->end; pfn = ref_block_end(r, pfn)) {
		bool reference = r->skips[ref_block_index(r, pfn)], model = buddy_skip(b, pfn);

		if (reference == model)
			continue;
		if (message)
			snprintf(message, room, "zone %u, skip mark of 0x%" PRIx64 ": reference %d, model %d", z->index,
				 pfn, reference, model);
		return false;
	}
	return true;
}

static bool same_node(struct ref *r, uint32_t node, const struct buddy *b, char *message, size_t room)
{
	const struct buddy_kcompactd *mine = &r->kcompactd[node];
	struct buddy_kcompactd k;

	buddy_kcompactd_get(b, node, &k);
	const struct pair pairs[] = {
		{ "kcompactd's order", mine->max_order, k.max_order },
		{ "kcompactd's highest zone", mine->highest_type, k.highest_type },
		{ "kcompactd asleep", mine->asleep, k.asleep },
		{ "score", ref_fragmentation_score_node(r, node), buddy_fragmentation_score_node(b, node) },
	};

	return same_pairs("node", node, pairs, COUNT(pairs), message, room);
}

bool ref_same_memory(const struct ref *r, const struct buddy *b, char *message, size_t room)
{
	struct ref *looked_at = (struct ref *)(uintptr_t)r; /* nothing changes */

	for (uint32_t i = 0; i < r->zone_count; i++)
		if (!same_zone(looked_at, &r->zones[i], b, message, room) ||
		    !same_skips(r, &r->zones[i], b, message, room))
			return false;
	for (uint32_t node = 0; node < r->node_count; node++)
		if (!same_node(looked_at, node, b, message, room))
			return false;
	return true;
}
