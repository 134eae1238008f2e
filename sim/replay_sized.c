// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sized requests in a what-if replay: the policy in the place of the recorded kernel's trimming.
 *
 * Interface: sim_replay_fit, sim_replay_sized_free, sim_replay_free_of_sized, sim_replay_free_sized_frame
 * (replay.h).
 * Invariant: of a recorded block [start, start + 2^order) the wanted pages are LIVE and sized, the rest is TRIMMED:
 * the recorded kernel's own frees of them are skipped.
 *
 *     recorded   |== wanted, LIVE ==|-- TRIMMED --|      frees of the tail and, after the policy's release, of the
 *     model      |== kept by the policy ==|  free  |     wanted pages: skipped, the policy did them
 */
#include "replay.h"

#include <errno.h>

#define ADD(field) (into->field += after->field - before->field)

static void add_cost(struct buddy_stats *into, const struct buddy_stats *before, const struct buddy_stats *after)
{
	ADD(allocs);
	ADD(alloc_failures);
	ADD(frees);
	ADD(pcp_hits);
	ADD(refills);
	ADD(drained_blocks);
	ADD(splits);
	ADD(merges);
	ADD(list_adds);
	ADD(list_removals);
	ADD(list_moves);
	ADD(pcp_list_ops);
	ADD(zone_locks);
	ADD(pcp_locks);
	ADD(fallbacks);
	ADD(claims);
}

static struct sim_sized_totals *totals_of(struct sim_replay *r, uint8_t interface)
{
	return interface == REC_SIZED_KMALLOC ? &r->totals.kmalloc : &r->totals.exact;
}

/* Runs one of the policy's two functions and books what it cost. */
static int run_policy(struct sim_replay *r, uint32_t cpu, struct sim_sized *sized, const struct buddy_block *block)
{
	struct buddy_stats before = *buddy_stats(r->machine->buddy);
	const struct sim_policy *policy = r->options.policy;
	int result;

	r->host.cpu = cpu;
	r->host.calls = 0;
	if (block)
		result = policy->fit(&r->host, &sized->record, block->pfn, block->order, sized->pages_wanted);
	else
		result = policy->release(&r->host, &sized->record);
	add_cost(block ? &r->totals.fit_cost : &r->totals.release_cost, &before, buddy_stats(r->machine->buddy));
	*(block ? &r->totals.fit_calls : &r->totals.release_calls) += r->host.calls;
	return result;
}

static void count_fit(struct sim_replay *r, const struct sim_sized *sized, const struct sim_op *op)
{
	struct sim_sized_totals *t = totals_of(r, sized->interface);
	uint64_t block_pages = UINT64_C(1) << op->order;
	uint64_t kept_pages = pageman_record_owned_pages(&sized->record);

	t->requests++;
	t->odd += op->pages != block_pages;
	t->trimmed += kept_pages != block_pages;
	t->bytes += op->bytes;
	t->pages_asked += op->pages;
	t->pages_block += block_pages;
	t->pages_kept += kept_pages;
	r->totals.saved_pages_now += block_pages - kept_pages;
	if (r->totals.saved_pages_now > r->totals.saved_pages_peak)
		r->totals.saved_pages_peak = r->totals.saved_pages_now;
}

void sim_replay_fit(struct sim_replay *r, const struct sim_op *op, const struct buddy_block *block)
{
	uint64_t block_pages = UINT64_C(1) << op->order;
	struct sim_sized *sized = sim_sized_new(&r->sized);
	int result = -ENOMEM;

	if (sized) {
		sized->recorded_pfn = op->pfn;
		sized->block_order = op->order;
		sized->pages_wanted = (uint32_t)op->pages;
		sized->interface = op->interface;
		result = run_policy(r, op->cpu, sized, block);
	}
	if (!result)
		result = sim_sized_enter(&r->sized, sized);
	if (result) {
		/* The block stays whole; its frames are freed as recorded. */
		sim_replay_trouble(r, &r->totals.refused, op->pfn);
		if (sized)
			sim_sized_drop(&r->sized, sized);
		sim_map_set(&r->map, op->pfn, block_pages, block->pfn, false);
		return;
	}
	count_fit(r, sized, op);
	sim_map_set(&r->map, op->pfn, op->pages, block->pfn, true);
	sim_map_set_state(&r->map, op->pfn + op->pages, block_pages - op->pages, SIM_FRAME_TRIMMED);
}

static struct sim_sized *sized_of(struct sim_replay *r, uint64_t pfn)
{
	const struct sim_frame *frame = sim_map_at(&r->map, pfn);

	if (frame->state != SIM_FRAME_LIVE || !frame->sized)
		return NULL;
	return sim_sized_find(&r->sized, sim_map_model_pfn(&r->map, pfn) - frame->offset);
}

static void forget(struct sim_replay *r, struct sim_sized *sized)
{
	uint64_t block_pages = UINT64_C(1) << sized->block_order;

	totals_of(r, sized->interface)->released++;
	r->totals.saved_pages_now -= block_pages - (sized->record.pages + sized->record.pending_pages);
	sim_sized_drop(&r->sized, sized);
}

/* The policy releases a whole allocation; the recorded kernel's frees of it are marked to be skipped. */
static void release(struct sim_replay *r, uint32_t cpu, struct sim_sized *sized, enum sim_frame_state then)
{
	uint64_t pfn = sized->recorded_pfn;

	if (run_policy(r, cpu, sized, NULL))
		sim_replay_trouble(r, &r->totals.refused, pfn);
	sim_map_set_state(&r->map, pfn, sized->pages_wanted, then);
	forget(r, sized);
}

void sim_replay_sized_free(struct sim_replay *r, const struct sim_op *op)
{
	struct sim_sized *sized = sim_map_spans(&r->map, op->pfn, 1) ? sized_of(r, op->pfn) : NULL;

	if (!sized || sized->recorded_pfn != op->pfn || sized->pages_freed_singly) {
		r->totals.sized_frees_unmatched++; /* the recorded page frees that follow are executed as they are */
		return;
	}
	release(r, op->cpu, sized, SIM_FRAME_RELEASED);
}

bool sim_replay_free_of_sized(struct sim_replay *r, const struct sim_op *op)
{
	struct sim_sized *sized = sized_of(r, op->pfn);

	if (!sized || sized->recorded_pfn != op->pfn || sized->block_order != op->order || sized->pages_freed_singly ||
	    sized->interface != REC_SIZED_KMALLOC)
		return false;
	r->totals.frees_replaced++;
	release(r, op->cpu, sized, SIM_FRAME_GONE);
	sim_map_set_state(&r->map, op->pfn, UINT64_C(1) << op->order, SIM_FRAME_GONE);
	return true;
}

/* What the policy kept beyond the wanted pages goes back once those were all freed one by one. */
static void free_surplus(struct sim_replay *r, struct sim_sized *sized)
{
	uint64_t start_pfn = sized->record.start_pfn;
	struct pageman_run run = { start_pfn + sized->pages_wanted,
				   start_pfn + sized->record.pages + sized->record.pending_pages };
	struct pageman_block piece;

	while (pageman_run_next(&run, PAGEMAN_BY_BLOCK, &piece))
		if (buddy_free_pages(r->machine->buddy, r->host.cpu, piece.start_pfn, piece.order))
			sim_replay_trouble(r, &r->totals.refused, sized->recorded_pfn);
}

void sim_replay_free_sized_frame(struct sim_replay *r, uint64_t pfn)
{
	struct sim_sized *sized = sized_of(r, pfn);

	if (buddy_free_pages(r->machine->buddy, r->host.cpu, sim_map_model_pfn(&r->map, pfn), 0))
		sim_replay_trouble(r, &r->totals.refused, pfn);
	sim_map_set_state(&r->map, pfn, 1, SIM_FRAME_GONE);
	if (!sized || ++sized->pages_freed_singly < sized->pages_wanted)
		return;
	free_surplus(r, sized);
	forget(r, sized);
}
