/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reference's compaction: scanners, stock, memory, and the decisions around a run.
 *
 * Role: the second opinion on buddy/compact.h and on the decisions of buddy/slowpath.h, written like the rest of the
 * reference from the kernel's sources without a look at libbuddy's.
 * Interface: one function per function of compact.h and slowpath.h that decides something, under its name, with
 * arguments, results and errors as there; ref_same_run for a run, and ref_same (ref.h) for what zones and nodes
 * remember.
 * Invariant: a frame in stock is in use, and stands in exactly one of a run's arrays.
 * Source: mm/compaction.c, 6.1 and 6.12.
 */
#ifndef TESTS_ORACLE_REF_COMPACT_H
#define TESTS_ORACLE_REF_COMPACT_H

#include <buddy/compact.h>
#include <buddy/slowpath.h>

#include "ref.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ref_run;

/* A run with what the caller of buddy_compact_begin sets. Return: NULL without memory. Release with ref_run_destroy. */
struct ref_run *ref_run_create(struct ref *ref, const struct buddy_compaction *wanted);
void ref_run_destroy(struct ref_run *run);

void ref_compact_begin(struct ref_run *run);
bool ref_compact_met(const struct ref_run *run);
void ref_compact_restart(struct ref_run *run);
void ref_compact_iterate(struct ref_run *run);
int ref_compact_next_source(struct ref_run *run, struct buddy_range *out);
bool ref_compact_source_empty(struct ref_run *run, const struct buddy_range *range);
void ref_compact_source_scanned(struct ref_run *run, const struct buddy_range *range, uint64_t reached_pfn,
				uint32_t pages);
bool ref_compact_migrated(struct ref_run *run, bool failed);
bool ref_compact_drains(struct ref_run *run);
int ref_compact_search(struct ref_run *run, uint32_t cpu, uint64_t *pfn_out, unsigned *order_out);
bool ref_compact_next_target(struct ref_run *run, struct buddy_range *out);
int ref_compact_isolate(struct ref_run *run, uint32_t cpu, uint64_t *pfn_out, unsigned *order_out);
void ref_compact_target_scanned(struct ref_run *run);
int ref_compact_take(struct ref_run *run, unsigned order, uint64_t *pfn_out);
int ref_compact_return(struct ref_run *run, uint64_t pfn, unsigned order);
int ref_compact_release(struct ref_run *run, uint64_t *pfn_out, unsigned *order_out);
void ref_compact_end(struct ref_run *run);

/* Are both where the other is: scanners, memory of the run, stock (frame by frame, as buddy_in_stock tells)? */
bool ref_same_run(const struct ref_run *run, const struct buddy *buddy, const struct buddy_compaction *model,
		  char *message, size_t room);

/* What zones and nodes remember. */
void ref_compact_zone_set(struct ref *ref, uint32_t zone, const struct buddy_compact_zone *state);
int ref_skip_set(struct ref *ref, uint64_t pfn, bool skip);
int ref_hole_set(struct ref *ref, uint64_t pfn, bool hole);
bool ref_skip_reset(struct ref *ref, uint32_t zone);
bool ref_compact_deferred(struct ref *ref, uint32_t zone, int order);
void ref_compact_defer(struct ref *ref, uint32_t zone, int order);
void ref_compact_defer_reset(struct ref *ref, uint32_t zone, int order, bool succeeded);
bool ref_compact_restarting(const struct ref *ref, uint32_t zone, int order);

/* Whether to compact, and whether it was enough. */
enum buddy_compact_result ref_compact_suitable(struct ref *ref, uint32_t zone, int order, unsigned alloc_flags,
					       unsigned highest_type);
enum buddy_compact_result ref_compact_wanted(struct ref *ref, uint32_t zone, int order, unsigned alloc_flags,
					     unsigned highest_type);
enum buddy_compact_result ref_compact_finished(struct ref *ref, const struct buddy_compact_state *state);
unsigned ref_fragmentation_score_zone(struct ref *ref, uint32_t zone);
unsigned ref_fragmentation_score_node(struct ref *ref, uint32_t node);
bool ref_proactive_wanted(struct ref *ref, uint32_t node, unsigned proactiveness, bool kswapd_running);

/* kcompactd. */
void ref_kcompactd_slept(struct ref *ref, uint32_t node);
void ref_kcompactd_busy(struct ref *ref, uint32_t node);
bool ref_kcompactd_ask(struct ref *ref, uint32_t node, unsigned order, unsigned highest_type);
/* A round from begin to end: @results, one after the other, are what each zone's compaction came to. Return: zones. */
unsigned ref_kcompactd_round(struct ref *ref, uint32_t node, const enum buddy_compact_result *results,
			     uint32_t zones_out[BUDDY_ZONE_COUNT_MAX]);
/* The same for try_to_compact_pages(). *result_out: what the request is told. */
unsigned ref_compact_pass(struct ref *ref, const struct buddy_request *request, enum buddy_priority priority,
			  const enum buddy_compact_result *results, uint32_t zones_out[BUDDY_ZONE_COUNT_MAX],
			  enum buddy_compact_result *result_out);

#ifdef __cplusplus
}
#endif
#endif
