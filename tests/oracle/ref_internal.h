/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the reference allocator share.
 *
 * Role: one record per frame, one array of frames per list, and the few steps that change them.
 * Interface: for tests/oracle/ref*.c only; everybody else sees ref.h.
 * Invariant: a frame's record names its block, and that block stands once in the array that the record names. Nothing
 * is counted as it changes: who wants a number walks the frames or the arrays.
 */
#ifndef TESTS_ORACLE_REF_INTERNAL_H
#define TESTS_ORACLE_REF_INTERNAL_H

#include "ref.h"

/* PAGE_ALLOC_COSTLY_ORDER; CONFIG_PCP_BATCH_SCALE_MAX as Debian sets it. */
#define REF_COSTLY_ORDER 3u
#define REF_BATCH_SCALE_MAX 5u
/* Three types for each of the orders 0..3, and two lists for the huge-page order. */
#define REF_PCP_LIST_COUNT 14u

enum ref_state { REF_IN_USE, REF_FREE, REF_PCP, REF_FREEING /* between the halves of a free */ };

struct ref_frame {
	uint8_t state; /* enum ref_state */
	uint8_t order; /* of its block, when on a list or being freed */
	uint8_t type;  /* of its free list; on a per-CPU list and before: what 6.1 remembers of its pageblock */
	uint8_t movable; /* in use for a movable request, or said to be movable */
	uint8_t zone;
	uint8_t cpu, index; /* of its per-CPU list */
	uint64_t head;
};

struct ref_list {
	uint64_t *pfns; /* first first */
	uint32_t count, room;
};

struct ref_pcp {
	struct buddy_pcp_tuning t;
	struct ref_list lists[REF_PCP_LIST_COUNT];
};

struct ref_zone {
	uint32_t index, node, type;
	uint64_t start, end; /* [start, end) */
	struct buddy_zone_tuning t;
	int64_t free_counter; /* NR_FREE_PAGES without what the CPUs hold back */
	struct ref_list lists[BUDDY_ORDER_COUNT][BUDDY_TYPE_COUNT];
	struct ref_pcp *pcps; /* by CPU */
};

struct ref {
	bool is_6_12; /* else 6.1 */
	bool with_cma;
	uint32_t zone_count, cpu_count, node_count;
	unsigned pageblock_order;
	struct ref_zone zones[BUDDY_ZONE_COUNT_MAX];
	uint64_t base, end; /* frames[0] is base, a multiple of the largest block and of a pageblock */
	struct ref_frame *frames;
	unsigned last_index;  /* per-CPU list that the last block came from */
	uint8_t *block_types; /* by zone and pageblock from base */
};

struct ref_found {
	uint64_t pfn;
	uint8_t type;
};

/* --- ref.c: frames and lists --- */
struct ref_zone *ref_zone_of(struct ref *r, uint64_t pfn);
struct ref_frame *ref_frame(struct ref *r, uint64_t pfn);
unsigned ref_block_type(const struct ref *r, uint64_t pfn);
void ref_set_block_types(struct ref *r, uint64_t pfn, unsigned order, unsigned type);
bool ref_spans(const struct ref_zone *z, uint64_t pfn);
bool ref_in_pcp(const struct ref *r, unsigned order);
unsigned ref_pcp_order(const struct ref *r, unsigned index);
unsigned ref_pcp_index(unsigned order, unsigned type);
uint32_t ref_pcp_pages(const struct ref *r, const struct ref_pcp *p);
uint64_t ref_nr_free(const struct ref_zone *z, unsigned order);
/* Puts a block on a free list, by its record; counts nothing. */
void ref_add(struct ref *r, struct ref_zone *z, uint64_t pfn, unsigned order, unsigned type, bool tail);
void ref_remove(struct ref *r, struct ref_zone *z, uint64_t pfn);
void ref_pcp_add(struct ref *r, struct ref_zone *z, uint32_t cpu, unsigned index, uint64_t pfn, unsigned order,
		 unsigned type, bool tail);
void ref_pcp_remove(struct ref *r, struct ref_zone *z, uint64_t pfn);
void ref_use(struct ref *r, uint64_t pfn, unsigned order, bool movable);
void ref_begin_free(struct ref *r, uint64_t pfn, unsigned order);
/* Is there a free block of exactly this order and frame in the zone? */
bool ref_is_free_block(struct ref *r, const struct ref_zone *z, uint64_t pfn, unsigned order);
/* The same for the block's list: taken off at the head, BUDDY_NO_PFN when empty. */
uint64_t ref_first(const struct ref_list *list);
/* __mod_zone_page_state(NR_FREE_PAGES). */
void ref_count_free(struct ref_zone *z, uint32_t cpu, int64_t pages);
/* The same for free pages of a type: what is isolated is not counted. */
void ref_account(struct ref_zone *z, uint32_t cpu, int64_t pages, unsigned type);

/* --- ref_free.c --- */
void ref_free_one(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned order, unsigned type,
		  bool to_tail);
bool ref_has_isolated(const struct ref *r, const struct ref_zone *z);
void ref_free_to_zone(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned order, bool to_tail);

/* --- ref_marks.c: what a request may use --- */
struct ref_zonelist {
	struct ref_zone *zones[BUDDY_ZONE_COUNT_MAX];
	unsigned count;
};

struct ref_ask {
	struct ref_zonelist list; /* the zones that the request may use, preferred first */
	uint32_t cpu, gfp;
	unsigned order, type, highest;
};

bool ref_ask_init(struct ref *r, const struct buddy_request *request, struct ref_ask *out);
unsigned ref_flags_fast(const struct ref *r, const struct ref_ask *ask);
unsigned ref_flags_slow(const struct ref *r, const struct ref_ask *ask, uint32_t task);
unsigned ref_flags_reserve(const struct ref_ask *ask, uint32_t task);
bool ref_mark_ok(const struct ref *r, const struct ref_zone *z, unsigned order, int64_t mark, unsigned highest,
		 unsigned flags);
bool ref_mark_fast(const struct ref *r, const struct ref_zone *z, unsigned order, uint64_t mark, unsigned highest,
		   unsigned flags, uint32_t gfp);

/* --- ref_fallback.c --- */
/* __rmqueue_smallest() and __rmqueue(); @mode is 6.12's, where a refill found its last block. */
bool ref_smallest(struct ref *r, uint32_t cpu, struct ref_zone *z, unsigned order, unsigned type,
		  struct ref_found *out);
bool ref_rmqueue(struct ref *r, uint32_t cpu, struct ref_zone *z, unsigned order, unsigned type, unsigned flags,
		 int *mode, struct ref_found *out);
void ref_reserve_highatomic(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned order);
/* move_freepages_block(). Return: frames moved, -1 where 6.12 refuses. */
int64_t ref_move_block(struct ref *r, uint32_t cpu, struct ref_zone *z, uint64_t pfn, unsigned type,
		       unsigned *movable_out);

#endif
