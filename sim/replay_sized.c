// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sized requests in a what-if replay: the policy in the place of the recorded kernel's trimming.
 *
 * Interface: sim_replay_sized_totals, sim_replay_sized_alloc, sim_replay_sized_free, sim_replay_free_of_sized,
 * sim_replay_free_sized_frame (replay.h).
 * Invariant: of a recorded block [start, start + 2^order) the wanted pages are LIVE and sized, the rest is TRIMMED:
 * the recorded kernel's own frees of them are skipped.
 *
 *     recorded   |== wanted, LIVE ==|-- TRIMMED --|      frees of the tail and, after the policy's release, of the
 *     model      |== kept by the policy ==|  free  |     wanted pages: skipped, the policy did them
 */
#include "replay.h"

#include <errno.h>

struct sim_sized_totals *sim_replay_sized_totals(struct sim_replay *r, uint8_t interface)
{
	return interface == REC_SIZED_KMALLOC ? &r->totals.kmalloc : &r->totals.exact;
}

/* The block at @pfn stays whole; its frames are freed as recorded. */
static void leave_whole(struct sim_replay *r, const struct sim_op *op, uint64_t pfn)
{
	sim_replay_trouble(r, &r->totals.refused, op->pfn);
	sim_map_set(&r->map, op->pfn, UINT64_C(1) << op->order, pfn, false);
}

void sim_replay_sized_alloc(struct sim_replay *r, const struct sim_op *op, uint32_t zone)
{
	struct buddy_request request = sim_replay_request(r, op, op->order, zone);
	uint64_t block_pages = UINT64_C(1) << op->order;
	struct sim_sized *sized = sim_sized_new(&r->sized);
	uint64_t before_pages = r->host.account.taken_pages, pfn;
	int result = sized ? sim_host_get(&r->host, &request, op->pages, &sized->a, &pfn) : -ENOMEM;

	if (result) {
		if (result == -EFAULT)
			leave_whole(r, op, pfn);
		else
			sim_replay_no_block(r, op);
		if (sized)
			sim_sized_drop(&r->sized, sized);
		return;
	}
	sized->recorded_pfn = op->pfn;
	sized->block_order = op->order;
	sized->pages_wanted = (uint32_t)op->pages;
	sized->interface = op->interface;
	if (sim_sized_enter(&r->sized, sized))
		sim_replay_trouble(r, &r->totals.refused, op->pfn);
	sim_replay_note_frame(r, op->pfn, pfn);
	sim_sized_count(sim_replay_sized_totals(r, op->interface), op->order, op->pages, op->bytes,
			(int64_t)(r->host.account.taken_pages - before_pages));
	sim_map_set(&r->map, op->pfn, op->pages, pfn, true);
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
	sim_replay_sized_totals(r, sized->interface)->released++;
	sim_sized_drop(&r->sized, sized);
}

/* The policy releases a whole allocation; the recorded kernel's frees of it are marked to be skipped. */
static void release(struct sim_replay *r, uint32_t cpu, struct sim_sized *sized, enum sim_frame_state then)
{
	uint64_t pfn = sized->recorded_pfn;

	if (sim_host_put(&r->host, cpu, &sized->a))
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

void sim_replay_free_sized_frame(struct sim_replay *r, uint64_t pfn)
{
	struct sim_sized *sized = sized_of(r, pfn);

	if (sized && !sized->pages_freed_singly && sim_host_settle(&r->host, r->host.cpu, &sized->a))
		sim_replay_trouble(r, &r->totals.refused, pfn);
	if (buddy_free_pages(r->machine->buddy, r->host.cpu, sim_map_model_pfn(&r->map, pfn), 0))
		sim_replay_trouble(r, &r->totals.refused, pfn);
	sim_map_set_state(&r->map, pfn, 1, SIM_FRAME_GONE);
	if (!sized)
		return;
	sim_host_frames_freed(&r->host, 1);
	if (++sized->pages_freed_singly < sized->pages_wanted)
		return;
	/* What the policy kept beyond the wanted pages goes back as well. */
	if (sim_host_free_surplus(&r->host, r->host.cpu, &sized->a, sized->pages_wanted))
		sim_replay_trouble(r, &r->totals.refused, sized->recorded_pfn);
	sim_host_forget(&r->host, &sized->a);
	forget(r, sized);
}
