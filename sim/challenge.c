// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks for a block of the largest order, and looks into the nearest one when there is none.
 *
 * Interface: challenge.h.
 */
#include "challenge.h"

#include <string.h>

#include <buddy/slowpath.h>

#define TOP_PAGES (UINT64_C(1) << SIM_CHALLENGE_ORDER)

static struct buddy_request challenge_request(const struct sim_machine *machine)
{
	const struct buddy_gfp_bits *bits = &machine->profile->gfp;

	/* GFP_KERNEL, and no retries. Its remaining bit, __GFP_FS, is none that the allocator looks at. */
	return (struct buddy_request){ .gfp = bits->direct_reclaim | bits->kswapd_reclaim | bits->io | bits->noretry,
				       .node = (uint8_t)machine->zones[0].node,
				       .order = SIM_CHALLENGE_ORDER };
}

bool sim_challenge_ask(const struct sim_machine *machine, bool *by_marks_out)
{
	struct buddy_request request = challenge_request(machine);
	const struct buddy *b = machine->buddy;
	bool has_block = false;

	*by_marks_out = false;
	/* A zone passes only with a block on a list that the request may use, so to pass is to get one. */
	if (buddy_marks_pass(b, &request, buddy_fast_flags(b, &request)) ||
	    buddy_marks_pass(b, &request, buddy_slow_flags(b, &request)))
		return true;
	for (uint32_t zone = 0; zone < machine->zone_count; zone++)
		has_block = has_block || buddy_nr_free(b, zone, SIM_CHALLENGE_ORDER);
	*by_marks_out = has_block;
	return false;
}

/* Makes room: the shortest span between two others goes into them, as they have the same answer. */
static void merge_shortest(struct sim_challenge *c)
{
	unsigned shortest = 1;

	for (unsigned i = 2; i + 1 < c->span_count; i++)
		if (c->spans[i].end_ns - c->spans[i].start_ns <
		    c->spans[shortest].end_ns - c->spans[shortest].start_ns)
			shortest = i;
	c->spans[shortest - 1].end_ns = c->spans[shortest + 1].end_ns;
	memmove(&c->spans[shortest], &c->spans[shortest + 2],
		(c->span_count - shortest - 2) * sizeof(c->spans[0]));
	c->span_count -= 2;
	c->merged_spans++;
}

void sim_challenge_note(struct sim_challenge *c, uint64_t time_ns, bool passes)
{
	unsigned last = c->span_count - 1;

	c->asked++;
	c->passed += passes;
	if (c->span_count) {
		/* A span lasts until the answer that ends it. */
		c->spans[last].end_ns = time_ns > c->spans[last].end_ns ? time_ns : c->spans[last].end_ns;
		if (c->spans[last].passes == passes)
			return;
		if (c->span_count == SIM_CHALLENGE_SPANS_MAX)
			merge_shortest(c);
	}
	c->spans[c->span_count].start_ns = c->spans[c->span_count].end_ns = time_ns;
	c->spans[c->span_count++].passes = passes;
}

void sim_challenge_finish(struct sim_challenge *c, uint64_t time_ns)
{
	if (c->span_count && time_ns > c->spans[c->span_count - 1].end_ns)
		c->spans[c->span_count - 1].end_ns = time_ns;
}

/* Marks the frames of the candidate that sized requests have, and those held behind them. */
static void mark_sized(uint8_t marks[TOP_PAGES], uint64_t start_pfn, const struct pageman_ledger *sized)
{
	const struct pageman_record *record = NULL;

	while (sized && (record = pageman_ledger_next(sized, record))) {
		uint64_t held_pfn = record->start_pfn + record->pages;
		uint64_t end_pfn = held_pfn + record->pending_pages;
		uint64_t pfn = record->start_pfn > start_pfn ? record->start_pfn : start_pfn;

		for (; pfn < end_pfn && pfn < start_pfn + TOP_PAGES; pfn++)
			marks[pfn - start_pfn] = pfn < held_pfn ? SIM_OBSTACLE_SIZED : SIM_OBSTACLE_HELD;
	}
}

static enum sim_obstacle obstacle_at(const struct buddy_piece *p, uint8_t mark)
{
	if (p->state == BUDDY_FRAME_ON_PCP)
		return SIM_OBSTACLE_PCP;
	if (mark != SIM_OBSTACLE_COUNT)
		return (enum sim_obstacle)mark;
	if (!p->known)
		return SIM_OBSTACLE_BEFORE;
	return p->movable ? SIM_OBSTACLE_MOVABLE : SIM_OBSTACLE_UNMOVABLE;
}

static void add_frame(struct sim_blockade *b, uint64_t pfn, enum sim_obstacle what, bool begins_run)
{
	b->pages[what]++;
	if (begins_run && b->run_count++ < SIM_CHALLENGE_RUNS_MAX)
		b->listed[b->listed_count++] = (struct sim_obstacle_run){ .start_pfn = pfn, .what = what };
	if (b->run_count == b->listed_count)
		b->listed[b->listed_count - 1].pages++;
}

static void walk_candidate(struct sim_blockade *b, const struct sim_machine *machine,
			   const struct pageman_ledger *sized)
{
	uint64_t pfn = b->candidate.start_pfn, end_pfn = pfn + TOP_PAGES;
	enum sim_obstacle before = SIM_OBSTACLE_COUNT;
	uint8_t marks[TOP_PAGES];

	memset(marks, SIM_OBSTACLE_COUNT, sizeof(marks));
	mark_sized(marks, pfn, sized);
	while (pfn < end_pfn) {
		struct buddy_piece p = buddy_piece_at(machine->buddy, pfn, end_pfn);

		for (uint64_t i = 0; i < p.pages; i++, pfn++) {
			enum sim_obstacle what = p.state == BUDDY_FRAME_FREE
							 ? SIM_OBSTACLE_COUNT
							 : obstacle_at(&p, marks[pfn - b->candidate.start_pfn]);

			if (what != SIM_OBSTACLE_COUNT)
				add_frame(b, pfn, what, what != before);
			before = what;
		}
	}
}

void sim_challenge_explain(struct sim_challenge *c, const struct sim_machine *machine, uint64_t time_ns, bool by_marks,
			   const struct sim_candidate *best, const struct pageman_ledger *sized)
{
	c->last = (struct sim_blockade){ .known = true, .by_marks = by_marks, .time_ns = time_ns, .candidate = *best };
	if (best->found && best->busy_pages)
		walk_candidate(&c->last, machine, sized);
}

static const struct {
	const char *words, *key;
} names[SIM_OBSTACLE_COUNT] = {
	[SIM_OBSTACLE_MOVABLE] = { "movable", "movable" },
	[SIM_OBSTACLE_UNMOVABLE] = { "unmovable", "unmovable" },
	[SIM_OBSTACLE_SIZED] = { "of sized requests", "sized" },
	[SIM_OBSTACLE_HELD] = { "held by the policy", "held" },
	[SIM_OBSTACLE_PCP] = { "on per-CPU lists", "pcp" },
	[SIM_OBSTACLE_BEFORE] = { "in use since before the recording", "before" },
};

const char *sim_obstacle_words(enum sim_obstacle what)
{
	return names[what].words;
}

const char *sim_obstacle_key(enum sim_obstacle what)
{
	return names[what].key;
}
