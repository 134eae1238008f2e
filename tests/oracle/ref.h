/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A slow, obvious page allocator to hold the model against.
 *
 * Role: the second opinion. It was written from the kernel's sources without a look at libbuddy's, keeps one record per
 * frame and plain arrays for lists, and computes everything else anew at every question: counts, merges, indices. It
 * takes words from buddy.h (structures, enums, error codes) and no code.
 * Interface: ref_create from a model's state, one function per operation of buddy.h under its name, ref_same.
 * Invariant: a frame is in use, or in exactly one block of exactly one list. Every operation gives the result, the
 * frames and the list order that the kernel of its profile would give; ref_same says where the model thinks otherwise.
 */
#ifndef TESTS_ORACLE_REF_H
#define TESTS_ORACLE_REF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <buddy/buddy.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ref;

/**
 * ref_create - start from where a model stands
 * @config: the one that the model was made with
 * @buddy: read through buddy.h's looking functions: tunings, counters, lists in order, pageblock types, blocks in use,
 *         buddy_stats. Not kept.
 *
 * The kernel is that of config->profile->name. Return: NULL without memory. Release with ref_destroy (NULL is fine).
 */
struct ref *ref_create(const struct buddy_config *config, const struct buddy *buddy);
void ref_destroy(struct ref *ref);

/* Settings from outside: kswapd at work, a sysctl. Return: 0 or -EINVAL. */
int ref_zone_tune(struct ref *ref, uint32_t zone, const struct buddy_zone_tuning *tuning);
int ref_pcp_tune(struct ref *ref, uint32_t zone, uint32_t cpu, const struct buddy_pcp_tuning *tuning);

/* Arguments, results and errors as the function of buddy.h with the same name. */
int ref_alloc_pages(struct ref *ref, const struct buddy_request *request, struct buddy_block *out);
int ref_alloc_bulk(struct ref *ref, const struct buddy_request *request, uint32_t count, uint64_t *pfns,
		   uint32_t *count_out);
int ref_alloc_exact(struct ref *ref, const struct buddy_request *request, uint64_t pages, struct buddy_block *out);
int ref_free_pages(struct ref *ref, uint32_t cpu, uint64_t pfn, unsigned order);
int ref_free_direct(struct ref *ref, uint32_t cpu, uint64_t pfn, unsigned order, unsigned flags);
int ref_free_list(struct ref *ref, uint32_t cpu, const uint64_t *pfns, uint32_t count);
int ref_free_prepare(struct ref *ref, uint64_t pfn, unsigned order);
int ref_free_commit(struct ref *ref, uint32_t cpu, uint64_t pfn);
int ref_take(struct ref *ref, uint32_t cpu, uint64_t pfn, unsigned order);
int ref_put_back(struct ref *ref, uint32_t cpu, const struct buddy_block *block);
int ref_isolate_free(struct ref *ref, uint32_t cpu, uint64_t pfn, unsigned order);
int ref_putback_isolated(struct ref *ref, uint32_t cpu, uint64_t pfn, unsigned order, unsigned type);
int ref_drain_zone(struct ref *ref, uint32_t cpu, uint32_t zone, uint32_t list_cpu);
int ref_drain_all(struct ref *ref, uint32_t cpu);
int ref_fold_stats(struct ref *ref, uint32_t cpu);
int ref_decay_pcp(struct ref *ref, uint32_t cpu, uint32_t zone);
int64_t ref_move_pageblock(struct ref *ref, uint64_t pfn, unsigned type);
bool ref_unreserve_highatomic(struct ref *ref, const struct buddy_request *request, bool force);

/* Whether two allocations were given the same: frame, zone, order, type, path and attempt. */
static inline bool ref_same_block(const struct buddy_block *a, const struct buddy_block *b)
{
	return a->pfn == b->pfn && a->zone == b->zone && a->order == b->order && a->type == b->type &&
	       a->path == b->path && a->attempt == b->attempt;
}

/**
 * ref_same - does the model stand where the reference stands?
 *
 * Compares every frame's state and block, every list of every zone and CPU in order with its types, pageblock types,
 * counters and tunings that operations change, counts by order and list, the three indices of every order, which the
 * reference counts from its frames, what compaction remembers of zones, pageblocks and nodes, and buddy_stats.
 * @message: filled with the first difference, both sides named; may be NULL
 */
bool ref_same(const struct ref *ref, const struct buddy *buddy, char *message, size_t room);

/*
 * Does every free block of a 6.12 kernel lie on the list of its pageblocks' type, all of them? The kernel warns where
 * one does not. Always true for 6.1, which leaves blocks on other lists. @message: as above.
 */
bool ref_types_agree(const struct ref *ref, char *message, size_t room);

#ifdef __cplusplus
}
#endif
#endif
