/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the reference allocator share.
 *
 * Role: one record per frame, one array of frames per list, and the few steps that change them.
 * Interface: for tests/oracle/ref*.c only; everybody else sees ref.h.
 * Invariant: a frame's record names its block, and that block stands once in the array that the record names. Of
 * these nothing is counted as it changes: who wants a number walks the frames or the arrays. What was done is counted
 * where it is done, as buddy.h says of each counter.
 */
#ifndef TESTS_ORACLE_REF_INTERNAL_H
#define TESTS_ORACLE_REF_INTERNAL_H

#include "ref.h"
#include "ref_compact.h"
#include "ref_slow.h"

/* PAGE_ALLOC_COSTLY_ORDER; CONFIG_PCP_BATCH_SCALE_MAX as Debian sets it. */
#define REF_COSTLY_ORDER 3u
#define REF_BATCH_SCALE_MAX 5u
/* Three types for each of the orders 0..3, and two lists for the huge-page order. */
#define REF_PCP_LIST_COUNT 14u

/* In compaction's stock: the first frame of a block there, or another of it. Such a frame is in use. */
enum ref_stock { REF_NO_STOCK, REF_STOCK_FIRST, REF_STOCK_REST };

enum ref_state { REF_IN_USE, REF_FREE, REF_PCP, REF_FREEING /* between the halves of a free */ };

struct ref_frame {
	uint8_t state; /* enum ref_state */
	uint8_t order; /* of its block, when on a list or being freed */
	uint8_t type;  /* of its free list; on a per-CPU list and before: what 6.1 remembers of its pageblock */
	uint8_t movable; /* in use for a movable request, or said to be movable */
	uint8_t zone;
	uint8_t cpu, index; /* of its per-CPU list */
	uint8_t compound;   /* in use: order of the compound page that it is part of, 0 for none */
	uint8_t stock;      /* enum ref_stock */
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
	bool has_new_boost;   /* ZONE_BOOSTED_WATERMARK: the next allocation here wakes kswapd */
	int64_t free_counter; /* NR_FREE_PAGES without what the CPUs hold back */
	struct ref_list lists[BUDDY_ORDER_COUNT][BUDDY_TYPE_COUNT];
	struct ref_pcp *pcps; /* by CPU */
	struct buddy_compact_zone memory; /* of compaction */
	struct buddy_deferral deferral;
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
	uint8_t *block_types; /* by zone and pageblock from base, like the two below */
	uint8_t *skips;       /* marks that turn compaction away */
	uint8_t *holes;       /* pageblocks that its scanners pass by */
	struct buddy_kcompactd kcompactd[BUDDY_NODE_COUNT_MAX];
	bool kswapd_works[BUDDY_NODE_COUNT_MAX]; /* else it waits to be woken */
	struct buddy_capture *capture;           /* the caller's, or NULL */
	struct buddy_stats stats;                /* goes on from the model's when it was made */
};

/* One run of compaction. */
struct ref_run {
	struct ref *ref;
	struct ref_zone *z;
	struct buddy_compaction c; /* members that compact.h explains; the private ones are not used */
	bool is_direct, is_async, ignores_skip, sets_skip;
	struct ref_list stock[BUDDY_ORDER_COUNT]; /* 6.1: all in the first */
	bool any_released;
	/* A refill: where it stands; [c.block_start_pfn, c.block_end_pfn) of a pageblock is looked at. */
	enum { REF_WALK_OVER, REF_WALK_AROUND, REF_WALK_BEGINS, REF_WALK_LINEAR } walk;
	uint64_t found_pfn; /* what the fast search leads to, or BUDDY_NO_PFN */
	bool is_around;
};

struct ref_found {
	uint64_t pfn;
	uint8_t type;
};

/* --- ref.c: frames and lists --- */
struct ref_zone *ref_zone_of(struct ref *r, uint64_t pfn);
struct ref_frame *ref_frame(struct ref *r, uint64_t pfn);
/* Index of a frame's pageblock in block_types, skips and holes. */
uint64_t ref_block_index(const struct ref *r, uint64_t pfn);
unsigned ref_block_type(const struct ref *r, uint64_t pfn);
void ref_set_block_types(struct ref *r, uint64_t pfn, unsigned order, unsigned type);
bool ref_spans(const struct ref_zone *z, uint64_t pfn);
bool ref_in_pcp(const struct ref *r, unsigned order);
unsigned ref_pcp_order(const struct ref *r, unsigned index);
unsigned ref_pcp_index(unsigned order, unsigned type);
uint32_t ref_pcp_pages(const struct ref *r, const struct ref_pcp *p);
uint64_t ref_nr_free(const struct ref_zone *z, unsigned order);
/* Puts a block on a free list, by its record; the free counter stays. */
void ref_add(struct ref *r, struct ref_zone *z, uint64_t pfn, unsigned order, unsigned type, bool tail);
void ref_remove(struct ref *r, struct ref_zone *z, uint64_t pfn);
void ref_pcp_add(struct ref *r, struct ref_zone *z, uint32_t cpu, unsigned index, uint64_t pfn, unsigned order,
		 unsigned type, bool tail);
void ref_pcp_remove(struct ref *r, struct ref_zone *z, uint64_t pfn);
void ref_use(struct ref *r, uint64_t pfn, unsigned order, bool movable);
void ref_begin_free(struct ref *r, uint64_t pfn, unsigned order);
/* [pfn, pfn + 2^order), in use, is one compound page until a part of it is freed or used otherwise. */
void ref_join(struct ref *r, uint64_t pfn, unsigned order);
/* Is there a free block of exactly this order and frame in the zone? */
bool ref_is_free_block(struct ref *r, const struct ref_zone *z, uint64_t pfn, unsigned order);
/* The same for the block's list: taken off at the head, BUDDY_NO_PFN when empty. */
uint64_t ref_first(const struct ref_list *list);
void ref_list_insert(struct ref_list *list, uint32_t at, uint64_t pfn);
void ref_list_erase(struct ref_list *list, uint64_t pfn);
/* The entry at @first becomes the first one, what stood before it follows the last one. */
void ref_list_turn(struct ref_list *list, uint32_t first);
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
/* The same with @free_pages instead of what the free counter says. */
bool ref_mark_with(const struct ref *r, const struct ref_zone *z, unsigned order, int64_t mark, unsigned highest,
		   unsigned flags, int64_t free_pages);
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
/* Whether find_suitable_fallback() finds a block of another type whose pageblock the request may claim. */
bool ref_has_fallback(const struct ref *r, const struct ref_zone *z, unsigned order, unsigned type);

/* --- ref_compact_source.c --- */
uint64_t ref_block_start(const struct ref *r, uint64_t pfn);
uint64_t ref_block_end(const struct ref *r, uint64_t pfn);
/* The pageblock's first frame that is the zone's; and pageblock_pfn_to_page(): is there one to look at? */
uint64_t ref_block_first(const struct ref_run *run, uint64_t pfn);
bool ref_block_there(const struct ref_run *run, uint64_t pfn);
/* isolation_suitable(). */
bool ref_skip_allows(const struct ref_run *run, uint64_t pfn);
unsigned ref_search_limit(const struct ref_run *run);
/* Is a free block's first frame here? */
bool ref_starts_free(const struct ref *r, uint64_t pfn);

/* --- ref_compact_target.c --- */
/* The whole stock is in somebody's hands no more: for the end of a run. */
void ref_stock_forget(struct ref_run *run);

/* --- ref_compact_same.c: what ref_same has to compare for compaction --- */
bool ref_same_memory(const struct ref *r, const struct buddy *b, char *message, size_t room);

#endif
