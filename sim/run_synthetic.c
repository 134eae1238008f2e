// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The part of a run that makes its own requests.
 *
 * Interface: sim_run_open_synthetic, sim_run_load_synthetic, sim_run_stream_synthetic (run_internal.h).
 * Invariant: every lane gets the same operations.
 */
#include "run_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "interrupt.h"

#define OPS_PER_PROGRESS 16384u

static uint64_t layout_pages(const struct sim_layout *layout)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < layout->zone_count; i++)
		pages += layout->zones[i].spanned_pages;
	return pages;
}

static void make_info(struct sim_run_state *r)
{
	const uint64_t *v = r->params.value;
	struct rec_info *info = &r->made_info;

	snprintf(info->workload, sizeof(info->workload), "synthetic workload %s, seed %" PRIu64,
		 r->params.profile->name, v[SIM_WORK_SEED]);
	sim_workload_describe(&r->params, info->command, sizeof(info->command));
	info->cpus = (uint32_t)v[SIM_WORK_CPUS];
	info->memory_mib = v[SIM_WORK_MEM] >> 8;
	info->events = v[SIM_WORK_OPS];
	r->info = info;
}

int sim_run_open_synthetic(struct sim_run_state *r)
{
	uint64_t *mem = &r->params.value[SIM_WORK_MEM];
	int result = sim_workload_parse(r->options->path, &r->params, r->error);

	if (!result && r->options->zones)
		result = sim_layout_parse(&r->layout, r->options->zones, r->error);
	if (result)
		return result;
	if (r->options->zones)
		*mem = layout_pages(&r->layout);
	if (*mem < sim_work_key_at(SIM_WORK_MEM)->min || *mem > sim_work_key_at(SIM_WORK_MEM)->max)
		return sim_fail(r->error, -EINVAL, "synth: --zones: expected %" PRIu64 " to %" PRIu64
				" frames together, found %" PRIu64, sim_work_key_at(SIM_WORK_MEM)->min,
				sim_work_key_at(SIM_WORK_MEM)->max, *mem);
	r->params.value[SIM_WORK_SEED] += r->options->seed;
	make_info(r);
	r->workload = sim_workload_create(&r->params);
	return r->workload ? 0 : sim_fail(r->error, -ENOMEM, "no memory for the workload");
}

int sim_run_load_synthetic(struct sim_run_state *r, struct sim_lane *lane, const struct sim_policy *policy)
{
	bool own_pcp, own_marks; /* there is nobody else's */
	int result = sim_workload_machine(&r->params, r->options->zones ? &r->layout : NULL, r->options->kernel,
					  &lane->machine, r->error);

	if (result)
		return result;
	result = sim_settings_apply(&r->options->settings, &lane->machine, NULL, &own_pcp, &own_marks, r->error);
	if (!result)
		result = sim_drive_init(&lane->drive, &lane->machine, policy, sim_workload_ids(r->workload),
					r->options->timed, r->error);
	lane->driving = !result;
	snprintf(r->made_info.kernel_release, sizeof(r->made_info.kernel_release), "%s", lane->machine.profile->name);
	return result;
}

int sim_run_stream_synthetic(struct sim_run_state *r)
{
	uint64_t ops = r->params.value[SIM_WORK_OPS];
	struct sim_work_op op;

	for (uint64_t index = 0; index < ops; index++) {
		sim_workload_next(r->workload, &op);
		for (unsigned i = 0; i < r->out->outcome_count; i++)
			sim_drive_op(&r->lanes[i].drive, index, &op);
		if (index >= r->next_sample) {
			r->next_sample = index + r->sample_every;
			if (sim_run_sample(r, index, index * SIM_DRIVE_OP_NS))
				return -EIO;
		}
		r->out->events = index + 1;
		if (r->out->events % OPS_PER_PROGRESS)
			continue;
		if (r->options->progress)
			sim_progress_show(r->options->progress, r->out->events, ops, r->out->events);
		if (sim_interrupted()) {
			r->out->damaged = true;
			sim_fail(&r->out->damage, -EINTR, "%s: interrupted at event %" PRIu64, r->options->path,
				 r->out->events);
			break;
		}
	}
	return 0;
}
