/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine: a model of the allocator with the state of a recording's snapshot in it.
 *
 * Role: the one place that turns snapshots (and, for traces without one, zone layouts) into a loaded model.
 * Interface: sim_machine_load, sim_machine_load_empty, sim_machine_unload, sim_compact_memory.
 * Invariant: zone numbers of the model are those of the snapshot; after a load buddy_check holds.
 */
#ifndef SIM_LOAD_H
#define SIM_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <buddy/buddy.h>
#include <buddy/compact.h>
#include <rec/snapshot.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Negative controls: they destroy what the snapshot says, to show that a result depends on it. */
enum sim_control {
	SIM_CONTROL_NONE = 0,
	SIM_CONTROL_SHUFFLE_LISTS, /* each free list is loaded in a random order */
	SIM_CONTROL_REVERSE_PCP    /* each per-CPU list is loaded back to front */
};

struct sim_load_options {
	const char *kernel;  /* profile or release to use instead of the snapshot's; NULL for the snapshot's */
	enum sim_control control;
	uint64_t seed;       /* of the shuffle; the same seed gives the same order */
};

struct sim_machine {
	struct buddy *buddy;
	const struct buddy_profile *profile;
	void *memory;            /* anonymous mapping that holds the model */
	size_t memory_bytes;
	uint32_t zone_count;
	uint32_t cpu_count;
	uint32_t node_count;     /* the highest node of a zone, and one */
	uint32_t pageblock_order;
	struct buddy_zone_config zones[BUDDY_ZONE_COUNT_MAX]; /* names point into zone_names */
	char zone_names[BUDDY_ZONE_COUNT_MAX][16];
	uint64_t pageblock_pages;
	uint64_t start_pfn, end_pfn; /* [start_pfn, end_pfn) covers every zone */
	uint32_t proactiveness;      /* vm.compaction_proactiveness */
	bool all_free;               /* made by sim_machine_load_empty: all was free at the start */
	/* Frames on the loaded free lists minus (free counter + unflushed differences): 0 in a sound snapshot. */
	int64_t free_gap_pages[BUDDY_ZONE_COUNT_MAX];
};

/**
 * sim_machine_load - build the model of a snapshot
 * @machine: filled on success, untouched on failure; release with sim_machine_unload
 * @snapshot: with its lists in order; may be freed after the call
 * @options: NULL for none
 * @error: filled on failure; may be NULL
 *
 * Return: 0, -EPROTONOSUPPORT (no profile for the kernel; @error names the known ones), -EBADMSG (the snapshot
 * contradicts itself), -ENOMEM.
 */
int sim_machine_load(struct sim_machine *machine, const struct rec_snapshot *snapshot,
		     const struct sim_load_options *options, struct sim_error *error);

/* A zone layout without a snapshot, for text traces. */
struct sim_layout {
	uint32_t zone_count;
	uint32_t cpu_count;
	struct buddy_zone_config zones[BUDDY_ZONE_COUNT_MAX]; /* names point to static strings */
};

/**
 * sim_layout_parse - read "--zones SPEC"
 * @spec: NAME=START-END[@NODE],... with frames [START, END) and NAME one of DMA, DMA32, Normal, Movable
 *
 * Return: 0 or -EINVAL with @error saying what is wrong.
 */
int sim_layout_parse(struct sim_layout *layout, const char *spec, struct sim_error *error);

/* The zones of a snapshot, for one that says no more of the free lists than their lengths. */
void sim_layout_from_snapshot(struct sim_layout *layout, const struct rec_snapshot *snapshot);

/* The x86-64 layout (DMA to 16 MiB, DMA32 to 4 GiB, Normal) cut off behind @last_pfn, one node. */
void sim_layout_derive(struct sim_layout *layout, uint64_t last_pfn);

/**
 * sim_machine_load_empty - a model in which every frame of @layout is free, as after a boot that used nothing
 * @kernel: profile or release; NULL for the first profile known
 *
 * An approximation for traces without a snapshot: what was in use before the trace began is not known.
 * Return: as sim_machine_load.
 */
int sim_machine_load_empty(struct sim_machine *machine, const struct sim_layout *layout, const char *kernel,
			   struct sim_error *error);

/* What a snapshot says of compaction's memory of a zone; all 0 when it says nothing. */
struct buddy_compact_zone sim_compact_memory(const struct rec_zone *zone);

/* Safe on a zeroed machine. */
void sim_machine_unload(struct sim_machine *machine);

#ifdef __cplusplus
}
#endif
#endif
