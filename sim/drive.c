// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Takes a synthetic workload's operations to the host and the model.
 *
 * Interface: drive.h.
 */
#include "drive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int sim_workload_machine(const struct sim_work_params *params, const struct sim_layout *given, const char *kernel,
			 struct sim_machine *machine, struct sim_error *error)
{
	struct sim_layout layout = { .zone_count = 1 };
	int result;

	if (given)
		layout = *given;
	else
		layout.zones[0] = (struct buddy_zone_config){ .type = BUDDY_ZONE_NORMAL, .name = "Normal",
							      .spanned_pages = params->value[SIM_WORK_MEM] };
	layout.cpu_count = (uint32_t)params->value[SIM_WORK_CPUS];
	result = sim_machine_load_empty(machine, &layout, kernel, error);
	if (result || params->value[SIM_WORK_PCP])
		return result;
	for (uint32_t zone = 0; zone < machine->zone_count; zone++)
		for (uint32_t cpu = 0; cpu < machine->cpu_count; cpu++) {
			struct buddy_pcp_tuning t;

			buddy_pcp_tuning_get(machine->buddy, zone, cpu, &t);
			t.high_pages = t.high_min_pages = t.high_max_pages = 0;
			t.batch_pages = 1;
			(void)buddy_pcp_tune(machine->buddy, zone, cpu, &t); /* all in range */
		}
	return 0;
}

int sim_drive_init(struct sim_drive *d, struct sim_machine *machine, const struct sim_policy *policy,
		   uint32_t id_count, bool timed, struct sim_error *error)
{
	const struct buddy_gfp_bits *bits = &machine->profile->gfp;
	uint32_t kernel = bits->direct_reclaim | bits->kswapd_reclaim | bits->io;

	memset(d, 0, sizeof(*d));
	d->machine = machine;
	d->id_count = id_count;
	d->gfp[BUDDY_UNMOVABLE] = kernel;
	d->gfp[BUDDY_MOVABLE] = kernel | bits->movable | bits->highmem;
	d->gfp[BUDDY_RECLAIMABLE] = kernel | bits->reclaimable;
	d->blocks = malloc(id_count * sizeof(*d->blocks));
	if (!d->blocks || sim_sized_init(&d->sized) || sim_host_init(&d->host, machine->buddy, policy, timed)) {
		sim_drive_fini(d);
		return sim_fail(error, -ENOMEM, "no memory for the workload");
	}
	return 0;
}

void sim_drive_fini(struct sim_drive *d)
{
	free(d->blocks);
	d->blocks = NULL;
	sim_sized_fini(&d->sized);
	sim_host_fini(&d->host);
}

static void trouble(struct sim_drive *d, uint64_t pfn, unsigned order)
{
	rec_odd_note(&d->totals.refused, d->event, pfn, order);
}

static void alloc_sized(struct sim_drive *d, const struct sim_work_op *op, const struct buddy_request *request,
			struct sim_drive_block *block)
{
	struct sim_sized *sized = sim_sized_new(&d->sized);
	uint64_t before_pages = d->host.account.taken_pages;
	int result = sized ? sim_host_get(&d->host, request, op->pages, &sized->a, &block->pfn) : -ENOMEM;

	if (result) {
		if (sized)
			sim_sized_drop(&d->sized, sized);
		if (result == -EFAULT)
			trouble(d, block->pfn, op->order); /* the whole block is the caller's */
		else
			d->totals.failures[op->order]++;
		return;
	}
	block->sized = sized;
	sized->recorded_pfn = block->pfn;
	sized->block_order = op->order;
	sized->pages_wanted = op->pages;
	sized->interface = REC_SIZED_EXACT;
	if (sim_sized_enter(&d->sized, sized))
		trouble(d, block->pfn, op->order);
	sim_sized_count(&d->totals.exact, op->order, op->pages, (uint64_t)op->pages << 12,
			(int64_t)(d->host.account.taken_pages - before_pages));
}

static void do_alloc(struct sim_drive *d, const struct sim_work_op *op)
{
	struct sim_drive_block *block = &d->blocks[op->id];
	struct buddy_request request = { .gfp = d->gfp[op->type], .cpu = op->cpu, .order = op->order };
	struct buddy_block got;

	*block = (struct sim_drive_block){ .pfn = BUDDY_NO_PFN, .order = op->order };
	d->totals.requests[op->order]++;
	if (op->sized)
		alloc_sized(d, op, &request, block);
	else if (sim_host_alloc(&d->host, &request, &got))
		d->totals.failures[op->order]++;
	else
		block->pfn = got.pfn;
}

/* Someone who knows of no policy frees the wanted frames; what the policy kept beyond goes back as well. */
static int free_stray(struct sim_drive *d, const struct sim_work_op *op, struct sim_drive_block *block)
{
	struct sim_allocation *a = &block->sized->a;
	int result = sim_host_settle(&d->host, op->cpu, a);

	for (uint32_t i = 0; i < op->pages && !result; i++)
		result = sim_host_model_free(&d->host, op->cpu, block->pfn + i, 0, SIM_VIA_NORMAL);
	if (!result)
		result = sim_host_free_surplus(&d->host, op->cpu, a, op->pages);
	sim_host_frames_freed(&d->host, op->pages);
	sim_host_forget(&d->host, a);
	return result;
}

static void do_free(struct sim_drive *d, const struct sim_work_op *op)
{
	struct sim_drive_block *block = &d->blocks[op->id];
	int result;

	if (block->pfn == BUDDY_NO_PFN) {
		d->totals.frees_of_failed++;
		return;
	}
	if (!block->sized) {
		d->totals.frees++;
		result = sim_host_model_free(&d->host, op->cpu, block->pfn, block->order, SIM_VIA_NORMAL);
	} else if (op->stray) {
		result = free_stray(d, op, block);
	} else {
		result = sim_host_put(&d->host, op->cpu, &block->sized->a);
	}
	if (result)
		trouble(d, block->pfn, block->order);
	if (block->sized) {
		d->totals.exact.released++;
		sim_sized_drop(&d->sized, block->sized);
	}
	*block = (struct sim_drive_block){ .pfn = BUDDY_NO_PFN };
}

void sim_drive_op(struct sim_drive *d, uint64_t index, const struct sim_work_op *op)
{
	d->event = index;
	d->totals.events++;
	d->totals.last_time_ns = index * SIM_DRIVE_OP_NS;
	if (op->kind == SIM_WORK_ALLOC)
		do_alloc(d, op);
	else
		do_free(d, op);
}

void sim_drive_finish(struct sim_drive *d)
{
	d->totals.account = d->host.account;
	d->totals.held_pages = sim_host_held(&d->host);
}
