/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts what is in a stream of events.
 *
 * Role: the numbers behind `pageman info`.
 * Interface: sim_census_create, sim_census_add, sim_census_top_gfps, sim_census_destroy.
 * Invariant: memory does not depend on the stream's length: GFP masks beyond the table's room are counted together.
 */
#ifndef SIM_CENSUS_H
#define SIM_CENSUS_H

#include <rec/event.h>
#include <rec/snapshot.h>

#include "assemble.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_CENSUS_GFPS 1024
#define SIM_CENSUS_ORDERS 11
#define SIM_CENSUS_TYPES 6

struct sim_gfp_count {
	uint32_t gfp;
	uint64_t requests;
};

struct sim_census {
	const struct rec_snapshot *snapshot;           /* whose zones the frames belong to; the caller's, may be NULL */
	uint64_t events;
	uint64_t first_time_ns, last_time_ns;          /* the least and the greatest */
	struct rec_odd_events steps_back;              /* earlier than an event before them */
	uint64_t step_back_max_ns;
	uint64_t kinds[256];
	uint64_t requests[SIM_CENSUS_ORDERS];          /* allocation events, and frames of bulk calls at order 0 */
	uint64_t failed[SIM_CENSUS_ORDERS];            /* of these without a frame */
	uint64_t frees[SIM_CENSUS_ORDERS];
	uint64_t types[SIM_CENSUS_TYPES][SIM_CENSUS_ORDERS];
	uint64_t bulk_calls, bulk_frames;
	uint64_t lost_events;                          /* as REC_LOST events say */
	struct rec_odd_events impossible;              /* rec_event_possible says no; counted nowhere else */
	struct rec_odd_events outside;                 /* in no zone of `snapshot` */
	struct sim_sized_count {
		uint64_t requests, matched, odd, bytes, pages, block_pages;
	} sized[2];                                    /* exact, kmalloc */
	uint64_t sized_frees;
	struct sim_gfp_count gfps[SIM_CENSUS_GFPS];    /* hash table; gfps[].requests 0 is empty */
	unsigned gfp_count;
	struct sim_assembler *assembler;
};

struct sim_census *sim_census_create(void);
void sim_census_destroy(struct sim_census *census);
void sim_census_add(struct sim_census *census, const struct rec_event *event);
/* The @room most frequent GFP masks, most frequent first. Return: how many. */
unsigned sim_census_top_gfps(const struct sim_census *census, struct sim_gfp_count *out, unsigned room);

#ifdef __cplusplus
}
#endif
#endif
