// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks through all frames.
 *
 * Interface: sim_survey_take, sim_type_name (survey.h).
 * Invariant: pieces come in frame order, and none but unknown frames crosses a block of the largest order; so what is
 * gathered for a pageblock and for a block of the largest order is complete when the walk leaves it.
 */
#include "survey.h"

#include <string.h>

#define TOP_PAGES (UINT64_C(1) << BUDDY_ORDER_MAX)

struct walk {
	const struct sim_machine *machine;
	struct sim_survey *out;
	uint64_t zone_start_pfn;
	uint64_t run_pages;           /* free frames side by side, up to here */
	bool has_movable, has_fixed;  /* in the pageblock in progress */
	uint64_t block_free_pages;    /* in the block of the largest order in progress */
};

const char *sim_type_name(unsigned type)
{
	static const char *const names[SIM_TYPE_COUNT] = { "unmovable", "movable", "reclaimable", "other" };

	return names[type < SIM_TYPE_COUNT ? type : SIM_TYPE_OTHER];
}

static void take_free(struct walk *w, const struct buddy_piece *p)
{
	unsigned type = p->type < SIM_TYPE_OTHER ? p->type : SIM_TYPE_OTHER;

	w->out->free_blocks[type][p->order]++;
	w->block_free_pages += p->pages;
	w->run_pages += p->pages;
	if (w->run_pages > w->out->largest_run_pages)
		w->out->largest_run_pages = w->run_pages;
}

static void take_piece(struct walk *w, const struct buddy_piece *p)
{
	if (p->state == BUDDY_FRAME_FREE) {
		take_free(w, p);
		return;
	}
	w->run_pages = 0;
	if (p->state != BUDDY_FRAME_IN_USE)
		return;
	w->out->used_pages += p->pages;
	w->out->movable_pages += p->movable ? p->pages : 0;
	w->has_movable = w->has_movable || p->movable;
	w->has_fixed = w->has_fixed || !p->movable;
}

/* The walk stands at @pfn, where pageblocks and blocks of the largest order may have ended. */
static void close_blocks(struct walk *w, uint64_t pfn, uint64_t zone_end_pfn)
{
	struct sim_candidate *best = &w->out->best;
	uint64_t busy_pages = TOP_PAGES - w->block_free_pages;

	if (!(pfn & (w->machine->pageblock_pages - 1)) || pfn == zone_end_pfn) {
		w->out->mixed_pageblocks += w->has_movable && w->has_fixed;
		w->has_movable = w->has_fixed = false;
	}
	if (pfn & (TOP_PAGES - 1))
		return;
	w->block_free_pages = 0;
	if (pfn - w->zone_start_pfn >= TOP_PAGES && (!best->found || busy_pages < best->busy_pages))
		*best = (struct sim_candidate){ true, pfn - TOP_PAGES, busy_pages };
}

static void walk_zone(struct walk *w, const struct buddy_zone_config *z)
{
	uint64_t end_pfn = z->start_pfn + z->spanned_pages;
	uint64_t pfn = z->start_pfn;

	w->zone_start_pfn = z->start_pfn;
	w->run_pages = w->block_free_pages = 0;
	w->has_movable = w->has_fixed = false;
	while (pfn < end_pfn) {
		uint64_t stop_pfn = (pfn | (w->machine->pageblock_pages - 1)) + 1;
		struct buddy_piece piece;

		piece = buddy_piece_at(w->machine->buddy, pfn, stop_pfn < end_pfn ? stop_pfn : end_pfn);
		take_piece(w, &piece);
		pfn += piece.pages;
		close_blocks(w, pfn, end_pfn);
	}
}

void sim_survey_take(const struct sim_machine *machine, struct sim_survey *out)
{
	struct walk w = { .machine = machine, .out = out };

	memset(out, 0, sizeof(*out));
	for (uint32_t zone = 0; zone < machine->zone_count; zone++)
		walk_zone(&w, &machine->zones[zone]);
}
