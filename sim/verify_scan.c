// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compaction's runs and their migrate scanner, held against what the recording tells of them.
 *
 * Interface: do_run, run_settled, do_skip_reset, do_move_tail, note_drain, count_position, in_zone.
 * What is taken from the recording: whether a run goes on, how far a scan for pages came and what it isolated, whether
 * all of it migrated. The positions are the model's; after one that differs it goes on from the kernel's.
 */
#include "verify_internal.h"

#include <errno.h>

/* Results of compact_finished(). Source: enum compact_result, include/linux/compaction.h. */
enum { RESULT_NO_SUITABLE_PAGE = 3, RESULT_CONTINUE = 4, RESULT_COMPLETE = 5, RESULT_PARTIAL_SKIPPED = 6,
       RESULT_CONTENDED = 7 };

void count_position(struct verify *v, bool same)
{
	struct verify_count *count = &v->result.count[VERIFY_SCANNER];

	count->own += same;
	count->missed += !same;
}

static bool knows_zone(const struct verify *v, uint64_t zone) { return zone < v->machine->zone_count; }

bool in_zone(const struct verify *v, uint32_t zone, uint64_t pfn)
{
	const struct buddy_zone_config *z = &v->machine->zones[zone];

	return pfn >= z->start_pfn && pfn - z->start_pfn <= z->spanned_pages;
}

static int run_entered(struct verify *v, struct context *c, const struct rec_event *e, const struct rec_wide *w)
{
	v->result.scanners_told = true;
	/* One that did not end: its events were lost. */
	if (c->run.begun)
		empty_stock(v, c, false);
	c->run = (struct compact_run){ 0 };
	if (!knows_zone(v, w->v[0]) || (int32_t)w->v[1] > BUDDY_ORDER_MAX)
		return 1;
	c->run.entered = true;
	c->run.c = (struct buddy_compaction){
		.zone = (uint32_t)w->v[0],
		.order = (int32_t)w->v[1],
		.mode = (uint8_t)(w->v[1] >> 32),
		.type = (uint8_t)gfp_list(v, e->gfp),
		.flags = (uint32_t)w->v[2], /* REC_RUN_* and BUDDY_COMPACT_* are the same bits */
		.search_order = (int32_t)w->v[3],
		.failures = (uint32_t)(w->v[3] >> 32),
	};
	return 1;
}

static int run_begun(struct verify *v, struct context *c, const struct rec_wide *w)
{
	struct buddy_compaction *m = &c->run.c;

	if (!c->run.entered || c->run.begun || !in_zone(v, m->zone, w->v[1]) || !in_zone(v, m->zone, w->v[2]))
		return 1;
	buddy_compact_begin(v->buddy, m);
	c->run.begun = true;
	count_position(v, m->migrate_pfn == w->v[1] && m->free_pfn == w->v[2]);
	m->migrate_pfn = w->v[1];
	m->free_pfn = w->v[2];
	return 1;
}

/* The migrate scanner chooses, when it has to. */
static void choose_source(struct verify *v, struct context *c)
{
	struct compact_run *run = &c->run;

	if (run->source != SOURCE_DUE)
		return;
	run->has_range = !buddy_compact_next_source(v->buddy, &run->c, &run->range);
	run->turned = run->c.turned_pfn != BUDDY_NO_PFN;
	run->source = SOURCE_CHOSEN;
	if (!run->has_range)
		run->drains = buddy_compact_drains(&run->c);
}

/* What was migrated has its consequences, which the recording does not tell. */
static void settle_migration(struct verify *v, struct context *c)
{
	struct compact_run *run = &c->run;

	if (run->source != SOURCE_MIGRATED)
		return;
	if (buddy_compact_migrated(v->buddy, &run->c, run->failed)) {
		run->source = SOURCE_DUE;
		return;
	}
	run->source = SOURCE_NONE;
	run->drains = buddy_compact_drains(&run->c);
}

/* An iteration is over: a choice that the kernel did not make, a list that it did not turn or drain was wrong. */
static void settle_iteration(struct verify *v, struct context *c, const struct rec_event *e)
{
	struct compact_run *run = &c->run;

	settle_fill(v, c, e);
	settle_migration(v, c);
	choose_source(v, c);
	if (run->source == SOURCE_CHOSEN && (run->has_range || run->turned))
		count_position(v, false);
	if (run->drains) {
		bool empty = !buddy_pcp_count(v->buddy, run->c.zone, e->cpu);

		v->result.count[VERIFY_FLUSH].own += empty;
		v->result.count[VERIFY_FLUSH].missed += !empty;
	}
	run->source = SOURCE_NONE;
	run->drains = run->turned = false;
}

const struct buddy_compaction *run_settled(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));

	if (!c || !c->run.begun)
		return NULL;
	settle_iteration(v, c, e);
	return &c->run.c;
}

/* The kernel asks whether the run is over. */
static int run_asked(struct verify *v, struct context *c, const struct rec_event *e, const struct rec_wide *w)
{
	struct compact_run *run = &c->run;
	int result = (int)w->v[3];
	bool met, kernel_met = result == RESULT_COMPLETE ||
			       (result == RESULT_PARTIAL_SKIPPED && !(run->c.flags & BUDDY_COMPACT_PROACTIVE));

	if (!run->begun)
		return 1;
	settle_iteration(v, c, e);
	met = buddy_compact_met(v->buddy, &run->c);
	if (met != kernel_met)
		count_position(v, false);
	if (kernel_met)
		buddy_compact_restart(v->buddy, &run->c);
	if (result == RESULT_CONTINUE || result == RESULT_NO_SUITABLE_PAGE) {
		buddy_compact_iterate(v->buddy, &run->c);
		run->source = SOURCE_DUE;
	}
	return 1;
}

static void count_mark(struct verify *v, uint64_t pfn, bool skip, bool may_miss)
{
	struct verify_count *count = &v->result.count[VERIFY_SKIP];

	if (buddy_skip(v->buddy, pfn) == skip)
		count->own++;
	else if (may_miss)
		count->missed++;
	else
		count->taken++;
	buddy_skip_set(v->buddy, pfn, skip);
}

/* Part of one pageblock of the zone. */
static bool valid_range(const struct verify *v, uint32_t zone, uint64_t start_pfn, uint64_t end_pfn)
{
	return start_pfn < end_pfn && in_zone(v, zone, start_pfn) && in_zone(v, zone, end_pfn) &&
	       !((start_pfn ^ (end_pfn - 1)) & ~(v->pageblock_pages - 1));
}

/* A pageblock is looked at for pages. */
static int source_begun(struct verify *v, struct context *c, const struct rec_event *e, const struct rec_wide *w)
{
	struct compact_run *run = &c->run;
	bool finish = w->v[5] & REC_BLOCK_FINISH, same;

	if (!run->begun || !valid_range(v, run->c.zone, w->v[1], w->v[2]) || !in_zone(v, run->c.zone, w->v[3]))
		return 1;
	settle_fill(v, c, e);
	settle_migration(v, c);
	choose_source(v, c);
	same = run->source == SOURCE_CHOSEN && run->has_range && !run->turned && run->range.start_pfn == w->v[1] &&
	       run->range.end_pfn == w->v[2] && run->c.free_pfn == w->v[3] && run->c.failures == w->v[4] &&
	       run->c.finish_block == finish;
	count_position(v, same);
	count_mark(v, w->v[1], w->v[5] & REC_BLOCK_SKIP, true);
	run->range = (struct buddy_range){ w->v[1], w->v[2], 1 };
	run->c.migrate_pfn = w->v[1];
	run->c.free_pfn = w->v[3];
	run->c.failures = (uint32_t)w->v[4];
	run->c.finish_block = finish;
	run->turned = false;
	run->source = SOURCE_SCANNED;
	run->empty = buddy_compact_source_empty(v->buddy, &run->c, &run->range);
	return 1;
}

/* What was found there lies on LRU lists, so the recording has it. */
static int source_ended(struct verify *v, struct context *c, const struct rec_wide *w)
{
	struct compact_run *run = &c->run;
	struct verify_count *count = &v->result.count[VERIFY_PAGES];

	if (!run->begun || run->source != SOURCE_SCANNED || w->v[1] < run->range.start_pfn ||
	    w->v[1] > run->range.end_pfn)
		return 1;
	run->source = SOURCE_NONE;
	if (w->v[3]) {
		/* It gave up, and so does the run. */
		run->c.migrate_pfn = w->v[1];
		return 1;
	}
	if (!run->empty)
		count->taken++;
	else if (w->v[1] == run->range.end_pfn && !w->v[2])
		count->own++;
	else
		count->missed++;
	buddy_compact_source_scanned(v->buddy, &run->c, &run->range, w->v[1], (uint32_t)w->v[2]);
	count_mark(v, run->range.start_pfn, w->v[4] & REC_BLOCK_SKIP, false);
	if (!w->v[2])
		run->drains = buddy_compact_drains(&run->c);
	return 1;
}

static int pages_migrated(struct verify *v, struct context *c, const struct rec_event *e)
{
	if (!c->run.begun)
		return 1;
	settle_fill(v, c, e);
	c->run.source = SOURCE_MIGRATED;
	c->run.failed = e->arg >> 32;
	return 1;
}

static int run_ended(struct verify *v, struct context *c, const struct rec_event *e, const struct rec_wide *w)
{
	struct compact_run *run = &c->run;

	settle_fill(v, c, e);
	if (run->begun) {
		/* Out of memory: it leaves before the consequences. */
		if (run->source == SOURCE_MIGRATED && w->v[5] == RESULT_CONTENDED)
			run->source = SOURCE_NONE;
		settle_migration(v, c);
		if (run->c.flags & BUDDY_COMPACT_DIRECT && c->capture.done)
			run->drains = run->drains && !v->machine->profile->compact.capture_ends_before_drain;
		settle_iteration(v, c, e);
		count_position(v, run->c.migrate_pfn == w->v[1] && run->c.free_pfn == w->v[2]);
		empty_stock(v, c, false);
		buddy_compact_end(v->buddy, &run->c);
	}
	c->run = (struct compact_run){ 0 };
	return 1;
}

int do_run(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	struct context *c = context_get(&v->contexts, context_key(e));
	int status = 1;

	if (!c)
		return -ENOMEM;
	if (!w && rec_kind_is_wide(e->kind))
		return 1;
	switch (e->kind) {
	case REC_COMPACT_RUN:
		status = run_entered(v, c, e, w);
		break;
	case REC_COMPACT_BEGIN:
		status = run_begun(v, c, w);
		break;
	case REC_COMPACT_FINISHED:
		status = run_asked(v, c, e, w);
		break;
	case REC_COMPACT_BLOCK:
		status = source_begun(v, c, e, w);
		break;
	case REC_COMPACT_BLOCK_END:
		status = source_ended(v, c, w);
		break;
	case REC_COMPACT_MIGRATED:
		status = pages_migrated(v, c, e);
		break;
	default:
		status = run_ended(v, c, e, w);
	}
	context_settle(&v->contexts, c);
	return status;
}

/* The migrate scanner's fast search turned a list. */
int do_move_tail(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));
	struct compact_run *run = c ? &c->run : NULL;
	bool same;

	if (!run || !run->begun) {
		buddy_turn_to_tail(v->buddy, e->pfn);
		v->result.count[VERIFY_SCANNER].taken++;
		return 1;
	}
	settle_fill(v, c, e);
	settle_migration(v, c);
	choose_source(v, c);
	same = run->turned && run->c.turned_pfn == e->pfn;
	count_position(v, same);
	if (!same)
		buddy_turn_to_tail(v->buddy, e->pfn);
	run->turned = false;
	return 1;
}

/* This context's per-CPU lists of a zone are about to be drained. */
void note_drain(struct verify *v, struct context *c, const struct rec_event *e)
{
	struct verify_count *count = &v->result.count[VERIFY_FLUSH];

	if (!c->run.begun)
		return;
	settle_fill(v, c, e);
	settle_migration(v, c);
	choose_source(v, c);
	if (c->run.drains && c->run.c.zone == e->arg >> 32)
		count->own++;
	else
		count->missed++;
	c->run.drains = false;
}

/* The zone's marks were looked at again, by kswapd going to sleep or a compaction after many that failed. */
int do_skip_reset(struct verify *v, const struct rec_event *e, const struct rec_wide *w)
{
	struct verify_count *count = &v->result.count[VERIFY_SCANNER];
	struct buddy_compact_zone own, recorded;

	if (!w)
		return 1;
	if (e->flags & 1) {
		for (unsigned i = 0; i < REC_WIDE_WORDS * 64; i++) {
			uint64_t pfn = e->pfn + i * v->pageblock_pages;
			uint32_t zone;

			if (!buddy_zone_of(v->buddy, pfn + v->pageblock_pages - 1, &zone) && zone == e->gfp)
				count_mark(v, pfn, w->v[i / 64] >> i % 64 & 1, false);
		}
		return 1;
	}
	if (!knows_zone(v, w->v[0]))
		return 1;
	/* Where pages are that can be migrated is for the LRU lists to say. */
	if (!buddy_skip_reset(v->buddy, (uint32_t)w->v[0]))
		count->missed++;
	buddy_compact_zone_get(v->buddy, (uint32_t)w->v[0], &own);
	recorded = (struct buddy_compact_zone){ .cached_free_pfn = w->v[1], .cached_migrate_pfn = { w->v[2], w->v[3] },
						.init_migrate_pfn = w->v[4], .init_free_pfn = w->v[5] };
	if (own.cached_free_pfn == recorded.cached_free_pfn && own.init_free_pfn == recorded.init_free_pfn &&
	    own.cached_migrate_pfn[0] == recorded.cached_migrate_pfn[0] &&
	    own.cached_migrate_pfn[1] == recorded.cached_migrate_pfn[1] &&
	    own.init_migrate_pfn == recorded.init_migrate_pfn)
		count->own++;
	else
		count->taken++;
	buddy_compact_zone_set(v->buddy, (uint32_t)w->v[0], &recorded);
	return 1;
}
