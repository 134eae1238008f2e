/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executes a synthetic workload on a machine under a policy.
 *
 * Role: what a replay is for a recording. Counts into the same totals, so that reports and the database need not know
 * where requests came from.
 * Interface: sim_drive_init, sim_drive_op, sim_drive_finish, sim_drive_fini; sim_drive_block for whoever looks on;
 * sim_workload_machine.
 * Invariant: a block of an id is in use from its request until its free. Nothing is fatal: a request that found no
 * block is counted, and so is its free, which is not executed.
 */
#ifndef SIM_DRIVE_H
#define SIM_DRIVE_H

#include "replay.h"
#include "workload.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_DRIVE_OP_NS 1000u /* the time of an operation: so that there is an axis */

/* What an id stands for at present. */
struct sim_drive_block {
	uint64_t pfn;            /* BUDDY_NO_PFN: nothing, or a request that failed */
	struct sim_sized *sized; /* NULL for a block that no policy touches */
	uint8_t order;
};

struct sim_drive {
	struct sim_machine *machine; /* the caller's */
	struct sim_host host;
	struct sim_sized_store sized;
	struct sim_replay_totals totals;
	struct sim_drive_block *blocks; /* by id */
	uint32_t id_count;
	uint32_t gfp[BUDDY_PCP_TYPE_COUNT];
	uint64_t event;
};

/**
 * sim_drive_init - start on a loaded machine
 * @id_count: ids of operations are below it
 * @timed: measure what the policy's deeds take
 *
 * Return: 0 or -ENOMEM. Release with sim_drive_fini.
 */
int sim_drive_init(struct sim_drive *drive, struct sim_machine *machine, const struct sim_policy *policy,
		   uint32_t id_count, bool timed, struct sim_error *error);
/* Executes operation number @index. */
void sim_drive_op(struct sim_drive *drive, uint64_t index, const struct sim_work_op *op);
/* Completes the totals. */
void sim_drive_finish(struct sim_drive *drive);
void sim_drive_fini(struct sim_drive *drive);

/* Valid until the next operation. */
static inline const struct sim_drive_block *sim_drive_block(const struct sim_drive *drive, uint32_t id)
{
	return &drive->blocks[id];
}

/**
 * sim_workload_machine - the machine that a workload describes, all of its memory free
 * @layout: zones instead of the one of SIM_WORK_MEM pages; NULL for none
 * @kernel: profile or release; NULL for the first profile
 *
 * Return: as sim_machine_load_empty.
 */
int sim_workload_machine(const struct sim_work_params *params, const struct sim_layout *layout, const char *kernel,
			 struct sim_machine *machine, struct sim_error *error);

#ifdef __cplusplus
}
#endif
#endif
