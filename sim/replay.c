// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Executes recorded requests and frees on the model.
 *
 * Interface: sim_replay_init, sim_replay_event, sim_replay_finish, sim_replay_fini (replay.h).
 * Invariant: a recorded frame is LIVE exactly while the model's frame that stands for it is in use.
 */
#include "replay.h"

#include <errno.h>
#include <string.h>

#include "draw.h"

void sim_replay_trouble(const struct sim_replay *r, struct rec_odd_events *troubles, uint64_t pfn)
{
	rec_odd_note(troubles, r->event, pfn, r->event_order);
}

static void mark_free_at_start(struct sim_map *map, const struct rec_snapshot *s, const struct buddy *buddy)
{
	for (uint32_t i = 0; i < s->free_list_count; i++)
		for (uint32_t k = 0; k < s->free_lists[i].count; k++)
			sim_map_mark_free(map, s->free_lists[i].pfns[k], UINT64_C(1) << s->free_lists[i].order);
	for (uint32_t i = 0; i < s->pcp_list_count; i++) {
		const struct rec_list *list = &s->pcp_lists[i];

		/* Only lists with entries have passed the loading. */
		for (uint32_t k = 0; k < list->count; k++)
			sim_map_mark_free(map, list->pfns[k], UINT64_C(1) << buddy_pcp_order(buddy, list->pindex));
	}
}

int sim_replay_init(struct sim_replay *r, struct sim_machine *machine, const struct rec_snapshot *snapshot,
		    const struct sim_replay_options *options, struct sim_error *error)
{
	int result;

	memset(r, 0, sizeof(*r));
	r->machine = machine;
	r->options = *options;
	result = sim_map_init(&r->map, machine->start_pfn, machine->end_pfn, !snapshot, error);
	if (result)
		return result;
	if (snapshot)
		mark_free_at_start(&r->map, snapshot, machine->buddy);
	r->assembler = sim_assembler_create();
	if (!r->assembler || sim_sized_init(&r->sized) ||
	    sim_host_init(&r->host, machine->buddy, options->policy, options->timed)) {
		sim_replay_fini(r);
		return sim_fail(error, -ENOMEM, "no memory for the replay");
	}
	return 0;
}

void sim_replay_fini(struct sim_replay *r)
{
	sim_map_fini(&r->map);
	sim_sized_fini(&r->sized);
	sim_host_fini(&r->host);
	sim_assembler_destroy(r->assembler);
	r->assembler = NULL;
}

/* The zone of [pfn, pfn + pages), or a note that there is none. */
static bool in_zone(struct sim_replay *r, uint64_t pfn, uint64_t pages, uint32_t *zone_out)
{
	if (sim_map_spans(&r->map, pfn, pages) && !buddy_zone_of(r->machine->buddy, pfn, zone_out))
		return true;
	sim_replay_trouble(r, &r->totals.outside, pfn);
	return false;
}

static void note_result(struct sim_replay *r, int result, uint64_t pfn)
{
	if (result)
		sim_replay_trouble(r, &r->totals.refused, pfn);
}

/* Commits a listed free. */
static void commit(struct sim_replay *r, uint32_t cpu, uint64_t pfn, bool direct)
{
	struct sim_frame *frame = sim_map_at(&r->map, pfn);
	uint64_t model_pfn = sim_map_model_pfn(&r->map, pfn);
	unsigned order = frame->order;

	r->prepared_blocks--;
	note_result(r, direct ? buddy_free_direct(r->machine->buddy, cpu, model_pfn, order, BUDDY_FREE_PREPARED)
			      : buddy_free_commit(r->machine->buddy, cpu, model_pfn), pfn);
	sim_map_set_state(&r->map, pfn, UINT64_C(1) << order, SIM_FRAME_GONE);
}

void sim_replay_clear(struct sim_replay *r, uint64_t pfn, uint64_t pages)
{
	for (uint64_t at = pfn; at < pfn + pages; at++) {
		struct sim_frame *frame = sim_map_at(&r->map, at);

		if (frame->state == SIM_FRAME_PREPARED) {
			/* The other frames of a prepared block follow its first, which carries the order. */
			commit(r, 0, at, false);
			continue;
		}
		if (!sim_map_in_use(&r->map, at))
			continue;
		sim_replay_trouble(r, &r->totals.unseen_free, at);
		if (frame->sized) {
			sim_replay_free_sized_frame(r, at);
			continue;
		}
		note_result(r, buddy_free_pages(r->machine->buddy, 0, sim_map_model_pfn(&r->map, at), 0), at);
		frame->state = SIM_FRAME_GONE;
	}
}

struct buddy_request sim_replay_request(struct sim_replay *r, const struct sim_op *op, unsigned order, uint32_t zone)
{
	r->totals.requests[order]++;
	return (struct buddy_request){ .gfp = op->gfp,
				       .task = op->task,
				       .cpu = op->cpu,
				       .node = (uint8_t)r->machine->zones[zone].node,
				       .order = (uint8_t)order };
}

static int allocate(struct sim_replay *r, const struct sim_op *op, unsigned order, uint32_t zone,
		    struct buddy_block *block)
{
	struct buddy_request request = sim_replay_request(r, op, order, zone);

	return sim_host_alloc(&r->host, &request, block);
}

void sim_replay_note_frame(struct sim_replay *r, uint64_t recorded_pfn, uint64_t model_pfn)
{
	r->totals.frames_compared++;
	r->totals.same_frame += recorded_pfn == model_pfn;
}

void sim_replay_no_block(struct sim_replay *r, const struct sim_op *op)
{
	r->totals.failures[op->order]++;
	sim_map_set_state(&r->map, op->pfn, UINT64_C(1) << op->order, SIM_FRAME_ABSENT);
}

/* Decided by seed and place alone, so that every policy misses the same requests. */
static bool left_out(const struct sim_replay *r)
{
	uint64_t state = r->options.leave_out_seed + r->event * SIM_DRAW_STEP;

	return r->options.leave_out_seed && sim_mix(state) % SIM_LEAVE_OUT_EVERY == 0;
}

static void do_alloc(struct sim_replay *r, const struct sim_op *op)
{
	uint64_t pages = UINT64_C(1) << op->order;
	struct buddy_block block;
	uint32_t zone;

	if (!in_zone(r, op->pfn, pages, &zone))
		return;
	sim_replay_clear(r, op->pfn, pages);
	if (left_out(r)) {
		r->totals.left_out++;
		sim_map_set_state(&r->map, op->pfn, pages, SIM_FRAME_ABSENT);
		return;
	}
	if (op->interface && (op->interface != REC_SIZED_KMALLOC || r->options.trim_kmalloc)) {
		sim_replay_sized_alloc(r, op, zone);
		return;
	}
	if (allocate(r, op, op->order, zone, &block)) {
		sim_replay_no_block(r, op);
		return;
	}
	sim_replay_note_frame(r, op->pfn, block.pfn);
	if (op->interface)
		sim_sized_count(sim_replay_sized_totals(r, op->interface), op->order, op->pages, op->bytes,
				(int64_t)pages);
	sim_map_set(&r->map, op->pfn, pages, block.pfn, false);
}

static void do_alloc_failed(struct sim_replay *r, const struct sim_op *op)
{
	bool possible = false;

	r->totals.recorded_failures[op->order]++;
	for (uint32_t zone = 0; zone < r->machine->zone_count; zone++)
		for (unsigned order = op->order; order < BUDDY_ORDER_COUNT; order++)
			possible = possible || buddy_nr_free(r->machine->buddy, zone, order);
	r->totals.recorded_failures_possible += possible;
}

/* One recorded frame gets its frame of the model. */
static void bind_bulk_frame(struct sim_replay *r, const struct sim_op *op, uint64_t pfn, const uint64_t *model_pfn)
{
	struct buddy_block block;
	uint32_t zone;

	if (!in_zone(r, pfn, 1, &zone)) {
		if (model_pfn)
			note_result(r, buddy_free_pages(r->machine->buddy, op->cpu, *model_pfn, 0), pfn);
		return;
	}
	sim_replay_clear(r, pfn, 1);
	if (model_pfn) {
		block.pfn = *model_pfn;
		r->totals.requests[0]++;
	} else {
		if (allocate(r, op, 0, zone, &block)) {
			r->totals.failures[0]++;
			sim_map_set_state(&r->map, pfn, 1, SIM_FRAME_ABSENT);
			return;
		}
	}
	sim_replay_note_frame(r, pfn, block.pfn);
	sim_map_set(&r->map, pfn, 1, block.pfn, false);
}

static void do_bulk(struct sim_replay *r, const struct sim_op *op)
{
	struct buddy_request request = { .gfp = op->gfp, .task = op->task, .cpu = op->cpu };
	uint32_t got = 0, zone;

	if (sim_map_spans(&r->map, op->pfns[0], 1) && !buddy_zone_of(r->machine->buddy, op->pfns[0], &zone))
		request.node = (uint8_t)r->machine->zones[zone].node;
	if (buddy_alloc_bulk(r->machine->buddy, &request, op->count, r->bulk_pfns, &got))
		got = 0;
	for (uint32_t i = 0; i < op->count; i++)
		bind_bulk_frame(r, op, op->pfns[i], i < got ? &r->bulk_pfns[i] : NULL);
}

static int free_by_path(struct buddy *buddy, const struct sim_op *op, uint64_t model_pfn, unsigned order)
{
	switch (op->path) {
	case SIM_PATH_LIST:
		return buddy_free_prepare(buddy, model_pfn, order);
	case SIM_PATH_DIRECT:
		return buddy_free_direct(buddy, op->cpu, model_pfn, order, 0);
	case SIM_PATH_DIRECT_TAIL:
		return buddy_free_direct(buddy, op->cpu, model_pfn, order, BUDDY_FREE_TO_TAIL);
	default:
		return buddy_free_pages(buddy, op->cpu, model_pfn, order);
	}
}

static void free_block(struct sim_replay *r, const struct sim_op *op)
{
	uint64_t pages = UINT64_C(1) << op->order;
	uint64_t model_pfn = sim_map_model_pfn(&r->map, op->pfn);

	r->totals.frees++;
	note_result(r, free_by_path(r->machine->buddy, op, model_pfn, op->order), op->pfn);
	if (op->path != SIM_PATH_LIST) {
		sim_map_set_state(&r->map, op->pfn, pages, SIM_FRAME_GONE);
		return;
	}
	r->prepared_blocks++;
	for (uint64_t i = 0; i < pages; i++) {
		struct sim_frame *frame = sim_map_at(&r->map, op->pfn + i);

		frame->model = (uint32_t)(model_pfn + i - r->map.start_pfn);
		frame->state = SIM_FRAME_PREPARED;
		frame->order = op->order;
	}
}

/* A free of one frame whose block went several ways. */
static void free_frame(struct sim_replay *r, const struct sim_op *op, uint64_t pfn)
{
	struct sim_frame *frame = sim_map_at(&r->map, pfn);

	switch ((enum sim_frame_state)frame->state) {
	case SIM_FRAME_TRIMMED:
	case SIM_FRAME_RELEASED:
		r->totals.frees_replaced++;
		break;
	case SIM_FRAME_ABSENT:
		r->totals.frees_of_failed++;
		break;
	default:
		if (!sim_map_in_use(&r->map, pfn)) {
			sim_replay_trouble(r, &r->totals.unmatched_free, pfn);
			return;
		}
		r->totals.frees++;
		if (frame->sized) {
			sim_replay_free_sized_frame(r, pfn);
			return;
		}
		note_result(r, buddy_free_pages(r->machine->buddy, op->cpu, sim_map_model_pfn(&r->map, pfn), 0), pfn);
	}
	frame->state = SIM_FRAME_GONE;
}

static void do_free(struct sim_replay *r, const struct sim_op *op)
{
	uint64_t pages = UINT64_C(1) << op->order;
	uint32_t zone;

	if (!in_zone(r, op->pfn, pages, &zone))
		return;
	if (sim_map_is_block(&r->map, op->pfn, op->order)) {
		free_block(r, op);
		return;
	}
	if (sim_replay_free_of_sized(r, op))
		return;
	for (uint64_t i = 0; i < pages; i++)
		free_frame(r, op, op->pfn + i);
}

static void do_commit(struct sim_replay *r, const struct sim_op *op)
{
	if (sim_map_spans(&r->map, op->pfn, 1) && sim_map_at(&r->map, op->pfn)->state == SIM_FRAME_PREPARED)
		commit(r, op->cpu, op->pfn, op->path == SIM_PATH_DIRECT);
}

static bool cpu_known(struct sim_replay *r, const struct rec_event *event)
{
	if (event->cpu < r->machine->cpu_count)
		return true;
	sim_replay_trouble(r, &r->totals.refused, event->pfn);
	return false;
}

void sim_replay_event(struct sim_replay *r, uint64_t index, const struct rec_event *event,
		      const struct rec_wide *wide)
{
	struct sim_op op;

	r->event = index;
	r->event_order = event->order;
	if (!r->totals.events++)
		r->totals.first_time_ns = event->time_ns;
	if (event->time_ns > r->totals.last_time_ns)
		r->totals.last_time_ns = event->time_ns;
	if (!rec_event_possible(event)) {
		sim_replay_trouble(r, &r->totals.impossible, event->pfn);
		return;
	}
	if (!sim_assemble(r->assembler, event, &op) || !cpu_known(r, event) || op.order > BUDDY_ORDER_MAX)
		return;
	switch (op.kind) {
	case SIM_OP_ALLOC: do_alloc(r, &op); break;
	case SIM_OP_ALLOC_FAILED: do_alloc_failed(r, &op); break;
	case SIM_OP_BULK: do_bulk(r, &op); break;
	case SIM_OP_FREE: do_free(r, &op); break;
	case SIM_OP_COMMIT: do_commit(r, &op); break;
	case SIM_OP_SIZED_FREE: sim_replay_sized_free(r, &op); break;
	case SIM_OP_EXTERNAL: sim_replay_external(r, event, wide); break;
	case SIM_OP_NONE: break;
	}
}

void sim_replay_finish(struct sim_replay *r)
{
	for (uint64_t pfn = r->map.start_pfn; r->prepared_blocks && pfn < r->map.end_pfn; pfn++)
		if (sim_map_at(&r->map, pfn)->state == SIM_FRAME_PREPARED)
			commit(r, 0, pfn, false);
	r->totals.account = r->host.account;
	r->totals.held_pages = sim_host_held(&r->host);
}
