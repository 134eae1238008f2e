/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model's memory and the primitives that every file of it uses.
 *
 *   struct buddy | link: [list heads][frames of zone 0][frames of zone 1]... | state | pageblock types | marks
 *
 * A node is an index into link[]: first the heads of all lists, then one per frame. Lists are circular and
 * doubly linked through their head, so a block leaves its list without knowing which list that is.
 * Every zone's frames start at a node that stands for a frame aligned to the largest block, so buddies of
 * frames at a ragged zone end are nodes too (never free ones).
 *
 * Invariant: all-zero memory is a valid frame in use. What was never touched costs nothing.
 */
#ifndef BUDDY_INTERNAL_H
#define BUDDY_INTERNAL_H

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <buddy/buddy.h>
#include <buddy/compact.h>
#include <buddy/slowpath.h>

#define TOP_FRAMES (1u << BUDDY_ORDER_MAX)
#define FREE_HEADS_PER_ZONE (BUDDY_TYPE_COUNT * BUDDY_ORDER_COUNT)
#define PCP_LISTS (BUDDY_PCP_ORDER_COUNT * BUDDY_PCP_TYPE_COUNT + 2) /* the two: huge page, not movable and movable */

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
/* The kernel inlines its hot paths by hand, and so does the model of them. */
#define always_inline inline __attribute__((always_inline))
#define noinline __attribute__((noinline))

typedef uint32_t node_t;

struct link {
	node_t next;
	node_t prev;
};

/*
 * State byte of a frame. The first frame of a block carries what the block is, the others are 0, and so is a
 * frame in use whose block is not known (in use since before the snapshot).
 *   1ttt oooo   head of a free block on the list of type t, order o
 *   01cm oooo   head of an allocated block; m: on an LRU list or movable, as far as known; c: a compound page
 *   001 v.....  head of a block on a per-CPU list: v = order slot * 6 + stored type
 *   0001 0sss   between the halves of a free, order slot s; the pageblock's type at the first half is in link.next
 *   0000 order+1  head of a block in compaction's stock
 */
#define STATE_FREE 0x80u
#define STATE_USED 0x40u
#define STATE_PCP 0x20u
#define STATE_PREPARED 0x10u
#define STATE_USED_MOVABLE 0x10u
#define STATE_USED_COMPOUND 0x20u
#define STATE_ORDER_MASK 0x0fu

/* Marks of a pageblock. */
#define MARK_SKIP 0x1u /* compaction found nothing here lately */
#define MARK_HOLE 0x2u /* the zone lacks its first or its last frame */

struct pcp {
	int32_t count;
	uint32_t high;
	uint32_t batch;
	uint32_t free_factor;
	uint32_t high_min, high_max, alloc_factor, free_count, flags;
	int32_t stat_diff;      /* of the free counter, not flushed yet */
	int32_t stat_threshold;
	node_t heads;           /* PCP_LISTS list heads from here */
};

struct zone {
	/* Read on every call. */
	uint64_t start_pfn;
	uint64_t spanned_pages;
	uint64_t base_pfn;      /* start_pfn aligned down to the largest block */
	node_t base_node;       /* of base_pfn */
	node_t heads;           /* free list heads: type * BUDDY_ORDER_COUNT + order */
	int64_t free_pages;     /* the global counter */
	uint64_t marks[BUDDY_MARK_COUNT];
	uint64_t boost;
	uint64_t lowmem_reserve[BUDDY_ZONE_TYPE_COUNT];
	uint64_t highatomic_reserved;
	uint64_t nr_free[BUDDY_ORDER_COUNT];
	uint32_t filled[BUDDY_TYPE_COUNT]; /* bit o: the list of order o has entries */
	struct pcp *pcp;                  /* one per CPU */
	uint8_t *pageblocks;              /* types, from base_pfn */
	uint32_t isolated_pageblocks;
	bool reclaim_active;
	bool below_high;
	bool boost_wakes;        /* boosted by an allocation that wakes kswapd once it has its block */
	int64_t highatomic_free; /* frames on the reserve's lists; kept when the profile wants it */

	/*
	 * A run of top-order blocks [fresh, fresh_end) that was added and never used. It stands on the movable
	 * list as the one node `fresh_node`; its blocks come into being as they are needed.
	 */
	node_t fresh, fresh_end;
	node_t fresh_node;

	/* Read by the slow path and compaction alone. */
	uint8_t *block_marks;   /* MARK_*, one for each pageblock, as `pageblocks` */
	struct buddy_compact_zone compact;
	struct buddy_deferral deferral;

	uint64_t frame_span;    /* nodes of this zone: from base_node */
	uint64_t boost_factor;
	uint64_t drift_mark;
	uint64_t present_pages;
	uint64_t managed_pages;
	uint32_t index, node_id, type;
	char name[16];
};

struct zonelist {
	struct zone *zones[BUDDY_ZONE_COUNT_MAX];
	uint8_t count;
	uint8_t local_count;    /* the node's own zones come first */
	uint8_t first[BUDDY_ZONE_TYPE_COUNT]; /* index of the first zone of this type or a lower one; count when none */
};

/* What a request's GFP bits say about where its block comes from. */
struct gfp_place {
	uint8_t highest_type; /* highest zone type that it may use */
	uint8_t type;         /* migratetype */
};

#define GFP_PLACE_BITS 0x1fu /* the bits that say it are the lowest ones of every kernel */

struct buddy {
	struct link *link;
	uint8_t *state;         /* indexed by node, like link */
	const struct buddy_profile *profile;
	uint32_t zone_count, cpu_count, node_count;
	uint32_t pageblock_order;
	bool with_cma;
	struct buddy_env env;
	struct buddy_capture *capture;
	struct buddy_stats stats;
	struct gfp_place gfp_places[GFP_PLACE_BITS + 1];
	struct zonelist zonelists[BUDDY_NODE_COUNT_MAX];
	uint32_t extfrag_threshold;
	bool kswapd_works[BUDDY_NODE_COUNT_MAX]; /* it runs or is about to: nobody waits to be woken */
	struct buddy_kcompactd kcompactd[BUDDY_NODE_COUNT_MAX];
	struct zone zones[BUDDY_ZONE_COUNT_MAX];
};

/* --- Frames and nodes ------------------------------------------------------------------------------------- */

static inline bool zone_spans(const struct zone *z, uint64_t pfn)
{
	return pfn - z->start_pfn < z->spanned_pages;
}

static inline struct zone *zone_find(const struct buddy *b, uint64_t pfn)
{
	for (const struct zone *z = b->zones; z < b->zones + b->zone_count; z++)
		if (likely(zone_spans(z, pfn)))
			return (struct zone *)z;
	return NULL;
}

static inline node_t node_of(const struct zone *z, uint64_t pfn)
{
	return z->base_node + (node_t)(pfn - z->base_pfn);
}

static inline uint64_t pfn_of(const struct zone *z, node_t n)
{
	return z->base_pfn + (n - z->base_node);
}

static inline node_t free_head(const struct zone *z, unsigned type, unsigned order)
{
	return z->heads + type * BUDDY_ORDER_COUNT + order;
}

static inline uint8_t *pageblock_of(const struct buddy *b, const struct zone *z, node_t n)
{
	return &z->pageblocks[(n - z->base_node) >> b->pageblock_order];
}

static inline bool state_is_free(uint8_t s) { return s & STATE_FREE; }
static inline bool state_is_used(uint8_t s) { return (s & 0xc0u) == STATE_USED; }
static inline bool state_in_stock(uint8_t s) { return s && s < 0x10u; }
static inline bool state_is_pcp(uint8_t s) { return (s & 0xe0u) == STATE_PCP; }
static inline bool state_is_prepared(uint8_t s) { return (s & 0xf0u) == STATE_PREPARED; }
static inline unsigned state_order(uint8_t s) { return s & STATE_ORDER_MASK; }
static inline unsigned state_free_type(uint8_t s) { return (s >> 4) & 7u; }
static inline uint8_t state_free(unsigned type, unsigned order) { return (uint8_t)(STATE_FREE | type << 4 | order); }

/* Order of the compound page that begins here, 0 for none; a single frame is none, whatever its request said. */
static inline unsigned state_compound_order(uint8_t s)
{
	return state_is_used(s) && (s & STATE_USED_COMPOUND) ? state_order(s) : 0;
}

static inline uint8_t state_stock(unsigned order) { return (uint8_t)(order + 1); }
static inline unsigned state_stock_order(uint8_t s) { return s - 1u; }

/* Whether the block at this node is free at exactly this order: the kernel's page_is_buddy(). */
static inline bool free_at_order(const struct buddy *b, node_t n, unsigned order)
{
	return (b->state[n] & (STATE_FREE | STATE_ORDER_MASK)) == (STATE_FREE | order);
}

/* Per-CPU lists exist for orders 0..3 and for the huge page, which is the pageblock order. */
static inline bool pcp_has_order(const struct buddy *b, unsigned order)
{
	return order < BUDDY_PCP_ORDER_COUNT || order == b->pageblock_order;
}

static inline unsigned pcp_slot(unsigned order)
{
	return order < BUDDY_PCP_ORDER_COUNT ? order : BUDDY_PCP_ORDER_COUNT;
}

/* Source: order_to_pindex(), mm/page_alloc.c 6.1. */
static inline unsigned pcp_index(unsigned order, unsigned type)
{
	if (likely(order < BUDDY_PCP_ORDER_COUNT))
		return order * BUDDY_PCP_TYPE_COUNT + type;
	return BUDDY_PCP_ORDER_COUNT * BUDDY_PCP_TYPE_COUNT + (type == BUDDY_MOVABLE);
}

static inline unsigned pcp_index_order(const struct buddy *b, unsigned index)
{
	return index < BUDDY_PCP_ORDER_COUNT * BUDDY_PCP_TYPE_COUNT ? index / BUDDY_PCP_TYPE_COUNT
								    : b->pageblock_order;
}

static inline uint8_t state_pcp(unsigned order, unsigned type)
{
	return (uint8_t)(STATE_PCP | (pcp_slot(order) * BUDDY_TYPE_COUNT + type));
}

static inline unsigned state_pcp_type(uint8_t s) { return (s & 0x1fu) % BUDDY_TYPE_COUNT; }

static inline unsigned state_pcp_order(const struct buddy *b, uint8_t s)
{
	unsigned slot = (s & 0x1fu) / BUDDY_TYPE_COUNT;

	return slot < BUDDY_PCP_ORDER_COUNT ? slot : b->pageblock_order;
}

/* The type of the list that a per-CPU block is drained to. Source: free_pcppages_bulk(). */
static inline unsigned drain_type(const struct buddy *b, const struct zone *z, node_t n)
{
	return b->profile->drain_by_pageblock || unlikely(z->isolated_pageblocks) ? *pageblock_of(b, z, n)
										  : state_pcp_type(b->state[n]);
}

/* Mark of a block between the two halves of its free. */
static inline uint8_t state_prepared(unsigned order) { return (uint8_t)(STATE_PREPARED | pcp_slot(order)); }

static inline unsigned state_prepared_order(const struct buddy *b, uint8_t s)
{
	unsigned slot = s & 7u;

	return slot < BUDDY_PCP_ORDER_COUNT ? slot : b->pageblock_order;
}

/* --- Lists ------------------------------------------------------------------------------------------------ */

static inline void link_between(struct link *l, node_t n, node_t prev, node_t next)
{
	l[n].prev = prev;
	l[n].next = next;
	l[prev].next = n;
	l[next].prev = n;
}

static inline void link_head(struct link *l, node_t n, node_t head) { link_between(l, n, head, l[head].next); }
static inline void link_tail(struct link *l, node_t n, node_t head) { link_between(l, n, l[head].prev, head); }

static inline void unlink_node(struct link *l, node_t n)
{
	node_t next = l[n].next, prev = l[n].prev;

	l[prev].next = next;
	l[next].prev = prev;
}

static inline bool list_empty(const struct link *l, node_t head) { return l[head].next == head; }

/* Onto a free list and off it, without counting. */
static inline void free_list_link(struct buddy *b, struct zone *z, node_t n, unsigned order, unsigned type, bool tail)
{
	node_t head = free_head(z, type, order);
	node_t prev = tail ? b->link[head].prev : head;
	node_t next = tail ? head : b->link[head].next;

	b->state[n] = state_free(type, order);
	link_between(b->link, n, prev, next);
	z->filled[type] |= 1u << order;
}

static inline void free_list_unlink(struct buddy *b, struct zone *z, node_t n)
{
	/* The only entry has the head on either side. */
	if (b->link[n].next == b->link[n].prev)
		z->filled[state_free_type(b->state[n])] &= ~(1u << state_order(b->state[n]));
	unlink_node(b->link, n);
	b->state[n] = 0;
}

static inline void free_list_add(struct buddy *b, struct zone *z, node_t n, unsigned order, unsigned type, bool tail)
{
	free_list_link(b, z, n, order, type, tail);
	z->nr_free[order]++;
	b->stats.list_adds++;
}

static inline void free_list_remove(struct buddy *b, struct zone *z, node_t n, unsigned order)
{
	free_list_unlink(b, z, n);
	z->nr_free[order]--;
	b->stats.list_removals++;
}

/* list.c: the block that holds frame @n, if it is still part of the fresh run, comes into being. */
void fresh_make_until(struct buddy *b, struct zone *z, node_t n);
void fresh_make_one(struct buddy *b, struct zone *z);

/* First block of a list that has one; brings a fresh block into being when the list stands at the fresh run. */
static inline node_t free_list_first(struct buddy *b, struct zone *z, node_t head)
{
	node_t n = b->link[head].next;

	if (unlikely(n == z->fresh_node)) {
		fresh_make_one(b, z);
		n = b->link[head].next;
	}
	return n;
}

static inline bool in_fresh_run(const struct zone *z, node_t n) { return n - z->fresh < z->fresh_end - z->fresh; }

/* --- Counters --------------------------------------------------------------------------------------------- */

/* Source: __mod_zone_page_state(), mm/vmstat.c: a CPU keeps a difference and flushes it beyond its threshold. */
static inline void count_free_pages(struct zone *z, uint32_t cpu, int32_t delta)
{
	struct pcp *p = &z->pcp[cpu];
	int32_t x = p->stat_diff + delta;
	/* As often as not, hence a mask and no branch. */
	int32_t flushed = x & -(int32_t)((x > p->stat_threshold) | (x < -p->stat_threshold));

	z->free_pages += flushed;
	p->stat_diff = x - flushed;
}

/* A list operation of a kernel that counts at every one. Source: account_freepages(), 6.12. */
static inline void account(struct zone *z, uint32_t cpu, int32_t delta, unsigned type)
{
	if (unlikely(type == BUDDY_ISOLATE))
		return;
	count_free_pages(z, cpu, delta);
	if (unlikely(type == BUDDY_HIGHATOMIC))
		z->highatomic_free += delta;
}

static inline void note(const struct buddy *b, const struct buddy_note *n)
{
	if (unlikely(b->env.note != NULL))
		b->env.note(b->env.context, n);
}

static inline void decided(const struct buddy *b, const struct buddy_decision *d)
{
	if (b->env.decided)
		b->env.decided(b->env.context, d);
}

/* What a kernel reads here without a lock, which others may have seen differently. */
static inline bool read_value(const struct buddy *b, enum buddy_read what, const struct zone *z, bool own)
{
	return unlikely(b->env.read != NULL) ? b->env.read(b->env.context, what, z->index, own) : own;
}

/* A block that left the zone's lists or came back to them. Out of line: to fill in a note costs more than to check. */
void tell_block(const struct buddy *b, const struct zone *z, unsigned kind, node_t n, unsigned order, unsigned type);

static inline void note_block(const struct buddy *b, const struct zone *z, unsigned kind, node_t n, unsigned order,
			      unsigned type)
{
	if (unlikely(b->env.note != NULL))
		tell_block(b, z, kind, n, order, type);
}

/* --- Between the files ------------------------------------------------------------------------------------ */

/* list.c */
int64_t move_freepages_block(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned type,
			     int64_t *movable_out);
/* The pageblock around a node as [start, end); false when it sticks out of the zone. */
bool pageblock_range(const struct buddy *b, const struct zone *z, node_t n, node_t *start_out, node_t *end_out);
/* Moves one free block to the tail of the list of its order and @type. */
void move_block(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned type);
bool count_pageblock(const struct buddy *b, const struct zone *z, node_t n, int64_t *free_out, int64_t *movable_out);
void set_pageblock_type(struct buddy *b, struct zone *z, node_t n, unsigned type);

/* zone.c */
/* Free frames on the lists of CMA; the kernel's counter of them lags behind. */
int64_t zone_cma_pages(const struct buddy *b, const struct zone *z);
bool zone_mark_ok(const struct zone *z, const struct buddy *b, unsigned order, uint64_t mark, unsigned highest_type,
		  unsigned alloc_flags, int64_t free_pages);
/* @mark: without boost, which @read has. */
bool zone_mark_fast(const struct zone *z, const struct buddy *b, unsigned order, uint64_t mark, unsigned highest_type,
		    unsigned alloc_flags, uint32_t gfp, const struct buddy_zone_read *read);

static inline struct buddy_zone_read zone_read(const struct zone *z)
{
	return (struct buddy_zone_read){ .free_pages = z->free_pages, .boost_pages = z->boost,
					 .below_high = z->below_high };
}

/*
 * Whether the zone is above the mark by its free pages alone and has a block, whatever reserves the request may use:
 * where this is true, zone_mark_ok is. Of a kernel without CMA.
 */
static inline bool zone_has_plenty(const struct zone *z, const struct buddy *b, unsigned order, uint64_t mark,
				   unsigned highest_type)
{
	uint32_t filled = z->filled[BUDDY_UNMOVABLE] | z->filled[BUDDY_MOVABLE] | z->filled[BUDDY_RECLAIMABLE];
	int64_t reserved = b->profile->highatomic_counted ? z->highatomic_free : (int64_t)z->highatomic_reserved;
	int64_t usable = z->free_pages - reserved - (1 << order) + 1;

	return usable > (int64_t)(mark + z->lowmem_reserve[highest_type]) && (filled >> order | !order);
}

/* The free counter as watermark checks read it. Source: zone_page_state(). */
static inline int64_t zone_free_pages(const struct zone *z) { return z->free_pages < 0 ? 0 : z->free_pages; }

/* With what the CPUs have not folded. Source: zone_page_state_snapshot(). */
static inline int64_t zone_snapshot_free_pages(const struct buddy *b, const struct zone *z)
{
	int64_t pages = z->free_pages;

	for (uint32_t cpu = 0; cpu < b->cpu_count; cpu++)
		pages += z->pcp[cpu].stat_diff;
	return pages < 0 ? 0 : pages;
}

void zones_set_defaults(struct buddy *b);

/* fallback.c */
bool rmqueue_fallback(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type,
		      unsigned alloc_flags);
node_t rmqueue_claim(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type,
		     unsigned alloc_flags);
node_t rmqueue_steal(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type);
void reserve_highatomic(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned order);
/* Whether a request of @type may take a free block of this order together with its pageblock from another type. */
bool fallback_claimable(const struct buddy *b, const struct zone *z, unsigned order, unsigned type);

/* alloc.c */
node_t rmqueue_smallest(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type);
node_t rmqueue_locked(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type,
		      unsigned alloc_flags, bool *steals);
uint32_t expand(struct buddy *b, struct zone *z, node_t n, unsigned low, unsigned high, unsigned type);
unsigned reserve_flags(const struct buddy *b, const struct buddy_request *r);

/* compact_when.c */
void kcompactd_init(struct buddy *b);
/* Whether compaction could help a request if the zone had this many free pages. Source: __compaction_suitable(). */
bool compact_could_help(const struct buddy *b, const struct zone *z, unsigned order, unsigned alloc_flags,
			unsigned highest_type, int64_t free_pages);

/* free.c */
void free_one(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned order, unsigned type, bool to_tail);
int free_validate_parts(struct buddy *b, struct zone *z, uint64_t pfn, unsigned order);

/* Checks that the block is in use and clears its mark. The plain case, freed as it was allocated, is one comparison. */
static inline int free_validate(struct buddy *b, struct zone *z, uint64_t pfn, unsigned order)
{
	node_t n = node_of(z, pfn);

	if (unlikely((b->state[n] & ~(STATE_USED_MOVABLE | STATE_USED_COMPOUND)) != (STATE_USED | order)))
		return free_validate_parts(b, z, pfn, order);
	b->state[n] = 0;
	return 0;
}

/* pcp.c */
node_t pcp_alloc(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type, unsigned alloc_flags,
		 bool *refilled_out);
node_t pcp_take(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type, unsigned alloc_flags,
		bool *refilled_out);
void pcp_trim(struct buddy *b, struct zone *z, uint32_t cpu, unsigned index, bool free_high, int32_t high);
void pcp_trim_tuned(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned index);
void pcp_drain(struct buddy *b, struct zone *z, uint32_t cpu, struct pcp *p, int32_t count, int index);

/* To allocate; every time drains become smaller. */
static inline void pcp_lock(struct buddy *b, struct pcp *p)
{
	b->stats.pcp_locks++;
	p->free_factor >>= 1;
	p->free_count >>= 1;
}

static inline void pcp_remove(struct buddy *b, struct pcp *p, node_t n, unsigned order)
{
	unlink_node(b->link, n);
	b->stats.pcp_list_ops++;
	p->count -= 1 << order;
}

/* Source: nr_pcp_high(), 6.1. */
static inline int32_t pcp_effective_high(const struct pcp *p, bool free_high, bool reclaim_active)
{
	if (!p->high || free_high)
		return 0;
	if (likely(!reclaim_active))
		return (int32_t)p->high;
	return (int32_t)(p->batch << 2 < p->high ? p->batch << 2 : p->high);
}

/* Source: free_unref_page_commit(). */
static inline void pcp_commit(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned order,
			      unsigned list_type, unsigned stored_type)
{
	struct pcp *p = &z->pcp[cpu];
	unsigned index = pcp_index(order, list_type);
	bool free_high;
	int32_t high;

	b->state[n] = state_pcp(order, stored_type);
	link_head(b->link, n, p->heads + index);
	b->stats.pcp_list_ops++;
	p->count += 1 << order;
	if (b->profile->pcp_high_tuned) {
		pcp_trim_tuned(b, z, cpu, order, index);
		return;
	}
	free_high = p->free_factor && order && order < BUDDY_PCP_ORDER_COUNT;
	if (unlikely(b->env.read != NULL))
		z->reclaim_active = read_value(b, BUDDY_READ_RECLAIM, z, z->reclaim_active);
	high = pcp_effective_high(p, free_high, z->reclaim_active);
	if (unlikely(p->count >= high))
		pcp_trim(b, z, cpu, index, free_high, high);
}

#endif
