// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans of exact requests, held against what was given back.
 *
 * Interface: plan_check.h.
 * Invariant: an open context waits for its block, or has pieces that are due; when neither is left it is forgotten.
 *
 * Source: kmod-shim/exact.c for what it leaves to the kernel; make_alloc_exact() and free_pages_exact(),
 * mm/page_alloc.c 6.1 and 6.12, for how the kernel does that.
 */
#include "plan_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify_context.h"

/* __GFP_HIGHMEM, __GFP_COMP, __GFP_ACCOUNT, alike in 6.1 and 6.12: such requests are left to the kernel. */
#define GFP_LEFT_ALONE 0x440002u

struct sim_plan_open {
	uint64_t key;
	uint64_t last_event;      /* that did something for it */
	bool waiting;             /* for its block */
	bool reclaiming;          /* in direct reclaim meanwhile, whose own requests are not it */
	bool left_alone;          /* the kernel's own function does it */
	unsigned order;           /* of the block that it waits for */
	uint64_t pages;
	struct pageman_run due;   /* what is still to be given back */
	enum pageman_grain grain;
	enum sim_plan_deed deed;
	bool to_tail;
	struct sim_plan_count done; /* of this call */
};

static const struct sim_plan_policy policies[] = {
	{ "exact", PAGEMAN_BY_PAGE, PAGEMAN_BY_PAGE },
	{ "fitfree", PAGEMAN_BY_BLOCK, PAGEMAN_BY_BLOCK },
	/* The module with one of its two hooks, when the other function has another user already. */
	{ "fit-exact", PAGEMAN_BY_BLOCK, PAGEMAN_BY_PAGE },
	{ "exact-fit", PAGEMAN_BY_PAGE, PAGEMAN_BY_BLOCK },
};

const struct sim_plan_policy *sim_plan_check_at(size_t index)
{
	return index < sizeof(policies) / sizeof(policies[0]) ? &policies[index] : NULL;
}

const struct sim_plan_policy *sim_plan_check_find(const char *name)
{
	const struct sim_plan_policy *policy;

	for (size_t i = 0; (policy = sim_plan_check_at(i)); i++)
		if (!strcmp(policy->name, name))
			return policy;
	return NULL;
}

void sim_plan_check_init(struct sim_plan_check *check, const struct sim_plan_policy *policy)
{
	memset(check, 0, sizeof(*check));
	check->policy = policy;
}

void sim_plan_check_fini(struct sim_plan_check *check)
{
	free(check->open);
	memset(check, 0, sizeof(*check));
}

static struct sim_plan_open *find(const struct sim_plan_check *check, uint64_t key)
{
	for (size_t i = 0; i < check->open_count; i++)
		if (check->open[i].key == key)
			return &check->open[i];
	return NULL;
}

static void forget(struct sim_plan_check *check, struct sim_plan_open *open)
{
	*open = check->open[--check->open_count];
}

/* @found: the free that stands where the planned piece should; NULL: none came. */
static void miss(struct sim_plan_check *check, const struct sim_plan_open *open, uint64_t index,
		 const struct rec_event *found)
{
	struct sim_plan_miss *m = &check->result.first_miss;
	struct pageman_run due = open->due;

	check->result.count[open->deed].calls++;
	if (m->present)
		return;
	m->present = true;
	m->deed = open->deed;
	m->event = index;
	pageman_run_next(&due, open->grain, &m->planned);
	m->has_found = found != NULL;
	if (!found)
		return;
	m->found.start_pfn = found->pfn;
	m->found.order = found->order;
	m->found_to_tail = found->flags & REC_FREE_TO_TAIL;
}

/* Something else begins in this context: what is due did not come, and a block is not waited for any more. */
static void give_up(struct sim_plan_check *check, struct sim_plan_open *open)
{
	if (!open->waiting)
		miss(check, open, open->last_event, NULL);
	forget(check, open);
}

/* A fresh entry for the event's context. Return: NULL when memory is short. */
static struct sim_plan_open *begin(struct sim_plan_check *check, uint64_t index, const struct rec_event *e)
{
	struct sim_plan_open *open = find(check, context_key(e));

	if (open)
		give_up(check, open);
	if (check->open_count == check->open_room) {
		size_t room = check->open_room ? 2 * check->open_room : 16;

		open = realloc(check->open, room * sizeof(*open));
		if (!open)
			return NULL;
		check->open = open;
		check->open_room = room;
	}
	open = &check->open[check->open_count++];
	memset(open, 0, sizeof(*open));
	open->key = context_key(e);
	open->last_event = index;
	return open;
}

static int begin_request(struct sim_plan_check *check, uint64_t index, const struct rec_event *e)
{
	uint64_t pages = pageman_pages_for_bytes(e->arg);
	struct sim_plan_open *open;
	unsigned order;

	/* A request that the kernel refuses at once has no block to wait for. */
	if (!(e->flags & (REC_SIZED_EXACT | REC_SIZED_EXACT_NID)) || pageman_order_for_pages(pages, &order))
		return 0;
	open = begin(check, index, e);
	if (!open)
		return -ENOMEM;
	open->waiting = true;
	open->pages = pages;
	open->order = order;
	open->left_alone = e->flags & REC_SIZED_EXACT_NID || e->gfp & GFP_LEFT_ALONE;
	return 0;
}

static void take_block(struct sim_plan_check *check, struct sim_plan_open *open, uint64_t index,
		       const struct rec_event *e)
{
	struct pageman_plan plan;

	if (open->waiting && (open->reclaiming || e->order != open->order))
		return;
	if (!open->waiting) {
		give_up(check, open);
		return;
	}
	if (e->pfn == REC_NO_PFN || pageman_plan(e->pfn, open->order, open->pages, &plan) ||
	    !pageman_run_pages(&plan.tail)) {
		forget(check, open);
		return;
	}
	open->waiting = false;
	open->last_event = index;
	open->deed = SIM_PLAN_FIT;
	open->due = plan.tail;
	open->grain = open->left_alone ? PAGEMAN_BY_PAGE : check->policy->fit;
	/* make_alloc_exact() gives back to the tails of the zone's lists; a module cannot. */
	open->to_tail = open->grain == PAGEMAN_BY_PAGE;
}

static int begin_release(struct sim_plan_check *check, uint64_t index, const struct rec_event *e)
{
	uint64_t pages = pageman_pages_for_bytes(e->arg);
	struct sim_plan_open *open;

	if (!pages || pages > PAGEMAN_PAGES_MAX)
		return 0;
	open = begin(check, index, e);
	if (!open)
		return -ENOMEM;
	open->deed = SIM_PLAN_RELEASE;
	open->due.start_pfn = e->pfn;
	open->due.end_pfn = e->pfn + pages;
	open->grain = check->policy->release;
	return 0;
}

static void take_piece(struct sim_plan_check *check, struct sim_plan_open *open, uint64_t index,
		       const struct rec_event *e)
{
	struct sim_plan_count *count = &check->result.count[open->deed];
	struct pageman_run after = open->due;
	struct pageman_block piece;

	if (open->waiting)
		return;
	pageman_run_next(&after, open->grain, &piece);
	if (piece.start_pfn != e->pfn || piece.order != e->order || open->to_tail != !!(e->flags & REC_FREE_TO_TAIL)) {
		miss(check, open, index, e);
		forget(check, open);
		return;
	}
	open->due = after;
	open->last_event = index;
	open->done.pieces++;
	open->done.pages += UINT64_C(1) << piece.order;
	if (pageman_run_pages(&after))
		return;
	count->calls++;
	count->as_planned++;
	count->pieces += open->done.pieces;
	count->pages += open->done.pages;
	forget(check, open);
}

int sim_plan_check_event(struct sim_plan_check *check, uint64_t index, const struct rec_event *e)
{
	struct sim_plan_open *open;

	if (e->kind == REC_SNAPSHOT) {
		check->begun |= !(e->arg & 1);
		check->ended |= e->arg & 1;
	}
	if (!check->begun || check->ended)
		return 0;
	if (e->kind == REC_SIZED_ALLOC)
		return begin_request(check, index, e);
	if (e->kind == REC_SIZED_FREE)
		return begin_release(check, index, e);
	open = check->open_count ? find(check, context_key(e)) : NULL;
	if (!open)
		return 0;
	switch (e->kind) {
	case REC_RECLAIM_BEGIN:
	case REC_RECLAIM_END:
		open->reclaiming = e->kind == REC_RECLAIM_BEGIN;
		break;
	case REC_ALLOC:
		take_block(check, open, index, e);
		break;
	case REC_FREE:
		take_piece(check, open, index, e);
		break;
	default:
		break;
	}
	return 0;
}

const struct sim_plan_result *sim_plan_check_finish(struct sim_plan_check *check)
{
	while (check->open_count) {
		check->result.cut_off += !check->open[0].waiting;
		forget(check, &check->open[0]);
	}
	return &check->result;
}
