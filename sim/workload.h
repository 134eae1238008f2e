/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic workloads: streams of requests and frees, from a seed.
 *
 * Role: what real traces do not cover. One description ("synth:drivers,occupancy=70") gives the same stream to every
 * policy, test and benchmark. docs/workloads.md explains the profiles and keys.
 * Interface: sim_workload_parse, sim_workload_describe; sim_workload_create, sim_workload_next, sim_workload_destroy;
 * the tables of profiles and keys.
 * Invariant: the stream follows from the parameters alone, never from what an allocator returned. An id is free
 * before it is used again, and ids stay below sim_workload_ids: memory is bounded by the zone, not by the length.
 */
#ifndef SIM_WORKLOAD_H
#define SIM_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_WORKLOAD_PREFIX "synth:"

enum sim_work_key {
	/* The machine and the length. */
	SIM_WORK_OPS, SIM_WORK_SEED, SIM_WORK_MEM, SIM_WORK_CPUS, SIM_WORK_PCP,
	/* How full. */
	SIM_WORK_OCCUPANCY, SIM_WORK_WAVE, SIM_WORK_LOW, SIM_WORK_PERIOD, SIM_WORK_FILL, SIM_WORK_FILL_ORDER,
	SIM_WORK_KEEP,
	/* Requests with a size. */
	SIM_WORK_SIZED, SIM_WORK_SIZES, SIM_WORK_MIN, SIM_WORK_MAX, SIM_WORK_MEAN, SIM_WORK_LARGE, SIM_WORK_ODD,
	SIM_WORK_SIZED_TYPE, SIM_WORK_STRAY,
	/* Requests for a block. */
	SIM_WORK_ORDERS, SIM_WORK_TOP, SIM_WORK_UNMOVABLE, SIM_WORK_MOVABLE,
	/* Lives. */
	SIM_WORK_LIFE, SIM_WORK_SHORT, SIM_WORK_RATIO,
	SIM_WORK_KEY_COUNT
};

enum sim_work_wave { SIM_WAVE_FLAT, SIM_WAVE_SAW, SIM_WAVE_BURST };
enum sim_work_sizes { SIM_SIZES_UNIFORM, SIM_SIZES_GEOMETRIC, SIM_SIZES_BIMODAL, SIM_SIZES_DRIVERS };
enum sim_work_orders { SIM_ORDERS_SINGLE, SIM_ORDERS_GEOMETRIC, SIM_ORDERS_UNIFORM };
enum sim_work_life { SIM_LIFE_EXPONENTIAL, SIM_LIFE_FIFO, SIM_LIFE_LIFO, SIM_LIFE_BIMODAL };
enum sim_work_sized_type { SIM_SIZED_KERNEL, SIM_SIZED_MIXED };

struct sim_work_key_info {
	const char *name;
	const char *unit;         /* "percent"; "" for a word */
	const char *help;
	const char *const *words; /* NULL for a number; ends with NULL */
	uint64_t min, max, usual;
};

struct sim_work_profile {
	const char *name;
	const char *summary;
	const char *keys; /* "key=value,..." */
};

struct sim_work_params {
	const struct sim_work_profile *profile;
	uint64_t value[SIM_WORK_KEY_COUNT]; /* SIM_WORK_MEM in pages, words by their index */
};

/* NULL past the last. */
const struct sim_work_key_info *sim_work_key_at(size_t index);
const struct sim_work_profile *sim_work_profile_at(size_t index);

/* Whether a path means a synthetic workload. */
bool sim_workload_is(const char *path);

/**
 * sim_workload_parse - read "synth:PROFILE[,key=value...]"
 * @out: filled on success; the profile's values, then the given ones
 *
 * Return: 0 or -EINVAL with @error saying what is wrong and what was expected.
 */
int sim_workload_parse(const char *spec, struct sim_work_params *out, struct sim_error *error);

/* Every key and value in the form that sim_workload_parse reads. Return: @text. */
const char *sim_workload_describe(const struct sim_work_params *params, char *text, size_t room);

/* --- The stream ----------------------------------------------------------------------------------------------- */

enum sim_work_kind { SIM_WORK_ALLOC, SIM_WORK_FREE };

struct sim_work_op {
	uint32_t id;     /* of the allocation */
	uint16_t pages;  /* asked for, 1..1024; also of a free */
	uint16_t cpu;
	uint8_t kind;    /* enum sim_work_kind */
	uint8_t order;   /* of the block that holds the pages */
	uint8_t type;    /* enum buddy_type: unmovable, movable or reclaimable */
	bool sized;      /* goes through the policy; else pages are 2^order */
	bool stray;      /* FREE of a sized one: frame by frame, by someone who knows of no policy */
};

struct sim_workload;

/* Return: NULL without memory. Release with sim_workload_destroy (NULL is fine). */
struct sim_workload *sim_workload_create(const struct sim_work_params *params);
void sim_workload_destroy(struct sim_workload *workload);

/* Ids are below this. */
uint32_t sim_workload_ids(const struct sim_workload *workload);

/* The next operation; there is always one, SIM_WORK_OPS is for whoever runs the stream. */
void sim_workload_next(struct sim_workload *workload, struct sim_work_op *op);

/* A free of everything that is alive, one at a time. Return: false when nothing is. */
bool sim_workload_end(struct sim_workload *workload, struct sim_work_op *op);

/* Pages that live requests asked for. */
uint64_t sim_workload_asked(const struct sim_workload *workload);

#ifdef __cplusplus
}
#endif
#endif
