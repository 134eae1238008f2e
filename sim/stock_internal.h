/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of tracepoints-only verification share.
 *
 * Role: stock_state.c is the model with what is known of it, stock_facts.c the first pass, stock_events.c the second.
 * Interface: below.
 * Invariant: a frame is on at most one list; a block of an unknown remainder stands in the model as a stand-in.
 *
 * The model of a zone, in its own frame numbers (the zone's, moved by a whole number of largest blocks):
 *
 *     start                real_end
 *       | the zone's frames  | stand-ins: one block in two, so that none ever merges |
 *
 * A stand-in is a free block whose place is not known. When its place shows it is taken out and the block comes into
 * being where it is.
 */
#ifndef SIM_STOCK_INTERNAL_H
#define SIM_STOCK_INTERNAL_H

#include <buddy/buddy.h>
#include <buddy/compact.h>

#include "stock.h"

#define NO_FRAME UINT32_MAX

/* What the first event that names a frame says about snapshot 0. */
enum stock_fact_kind {
	FACT_NONE, /* no event names it */
	FACT_USED, /* freed first */
	FACT_FREE, /* taken from a zone's list first */
	FACT_PCP   /* allocated or drained without that: it lay on a per-CPU list */
};

#define FRAME_KNOWN 0x01u     /* where it is follows from events so far */
#define FRAME_HINDSIGHT 0x02u /* put where it is because of an event to come; not to be predicted */
#define FRAME_LISTED 0x04u    /* head of a block on a per-CPU list */
#define FRAME_PREPARED 0x08u  /* between the two halves of a listed free */

struct stock_frame {
	uint32_t prev, next; /* on a per-CPU list, by frame index */
	uint32_t list;       /* LISTED */
	uint8_t flags;
	uint8_t fact;        /* enum stock_fact_kind */
	uint8_t order : 4;   /* LISTED, PREPARED */
	uint8_t type : 4;
	uint8_t pad;
};

struct stock_list {
	uint32_t first, last;
	uint32_t count;   /* blocks */
	bool exhausted;   /* nothing unknown lies below: it was seen empty */
	uint64_t last_pfn; /* the last block that came from the unknown remainder, and the step that led to it */
	int64_t step;
	uint32_t run;      /* how often in a row that step was the one before */
	uint32_t missed;  /* the head that was predicted and wrong last time; NO_FRAME: none */
};

/* Stand-ins of one list: the i-th at first_pfn + i * 2^(order + 1); the first `used` are gone. */
struct stand_ins {
	uint64_t first_pfn;
	uint64_t count, used;
};

struct stock_zone {
	uint64_t start_pfn, end_pfn; /* of the kernel */
	uint64_t shift;              /* model frame - kernel frame */
	uint64_t real_end;           /* model frame: stand-ins lie behind */
	uint32_t first_frame;        /* index of start_pfn in frames[] */
	uint32_t type;
	uint32_t first_pageblock;    /* index in pageblock_known[] */
	uint64_t low_mark;
	uint64_t lowmem_reserve[BUDDY_ZONE_TYPE_COUNT];
	struct stand_ins stand_ins[BUDDY_TYPE_COUNT][BUDDY_ORDER_COUNT];
	uint64_t missed[BUDDY_TYPE_COUNT][BUDDY_ORDER_COUNT]; /* heads that were wrong last time */
};

/* What is going on in a task or interrupt; forgotten when another needs its place. */
struct stock_context {
	uint64_t key;
	bool used;
	bool fallback;        /* the next block taken comes from another type */
	uint32_t takes;       /* blocks taken from a zone since the last allocation or free */
	uint64_t first_take;  /* the first of these, and what was predicted */
	uint64_t last_take;
	uint8_t take_class;
	uint32_t stale;       /* blocks on its per-CPU list when the first came */
	uint64_t cut_pfn, cut_end_pfn; /* the block allocated last, while its tail may be given back */
};

#define STOCK_CONTEXTS 4096u

struct stock {
	struct buddy *buddy;
	void *memory;
	size_t memory_bytes;
	const struct buddy_profile *profile;
	uint32_t zone_count, cpu_count, pageblock_order, pcp_lists;
	struct stock_zone zones[BUDDY_ZONE_COUNT_MAX];
	struct stock_frame *frames;
	size_t frames_bytes;
	uint8_t *pageblock_known;
	struct stock_list *lists;    /* (zone * cpu_count + cpu) * pcp_lists + index */
	int64_t *pcp_rest;           /* zone * cpu_count + cpu: frames of the unknown remainders */
	struct stock_context *contexts;
	struct stock_result result;
	bool has_mark[2];            /* found by the first pass */
	bool second_pass;
	/* Requests of a kind, by highest zone type and migratetype: the last one went elsewhere than the marks say. */
	struct stock_zone *last_zone[BUDDY_ZONE_TYPE_COUNT][BUDDY_PCP_TYPE_COUNT]; /* NULL: it did not */
};

static inline struct stock_zone *stock_zone_of(const struct stock *s, uint64_t pfn)
{
	for (uint32_t i = 0; i < s->zone_count; i++)
		if (pfn - s->zones[i].start_pfn < s->zones[i].end_pfn - s->zones[i].start_pfn)
			return (struct stock_zone *)&s->zones[i];
	return NULL;
}

static inline uint32_t stock_zone_index(const struct stock *s, const struct stock_zone *z)
{
	return (uint32_t)(z - s->zones);
}

static inline uint32_t stock_frame_index(const struct stock_zone *z, uint64_t pfn)
{
	return z->first_frame + (uint32_t)(pfn - z->start_pfn);
}

static inline struct stock_frame *stock_frame_at(const struct stock *s, const struct stock_zone *z, uint64_t pfn)
{
	return &s->frames[stock_frame_index(z, pfn)];
}

static inline bool stock_spans(const struct stock_zone *z, uint64_t pfn, unsigned order)
{
	return pfn >= z->start_pfn && pfn < z->end_pfn && z->end_pfn - pfn >= UINT64_C(1) << order;
}

/* A block that there is none of: its type is none, or it does not begin where its order has it begin. */
static inline bool stock_odd(const struct rec_event *e)
{
	return e->migratetype >= BUDDY_TYPE_COUNT || (e->pfn & ((UINT64_C(1) << e->order) - 1));
}

static inline enum stock_row stock_row_of(unsigned order)
{
	return order == 0 ? STOCK_ORDER_0 : order <= 3 ? STOCK_ORDER_1_TO_3 : STOCK_ORDER_4_UP;
}

/* Whether per-CPU lists take blocks of this order. */
static inline bool stock_pcp_order(const struct stock *s, unsigned order)
{
	return order < BUDDY_PCP_ORDER_COUNT || order == s->pageblock_order;
}

struct stock_context *stock_context(const struct stock *s, const struct rec_event *e);

/* stock_state.c; frames are the kernel's. */

/* Head of the smallest list from @order up that has a block. Return: false when there is none. */
bool stock_first(const struct stock *s, const struct stock_zone *z, unsigned order, unsigned type, uint64_t *head_out,
		 unsigned *order_out, bool *known_out);
/*
 * @pfn was taken and not the block at the head of this list. From further down: the list was turned. From a larger
 * block: the head is gone. Else, when that happens twice, the head goes to the tail.
 */
void stock_follow_miss(struct stock *s, struct stock_zone *z, unsigned order, unsigned type, uint64_t head,
		       uint64_t pfn);
/* Takes the block off the zone's lists, discovering where it lay. */
void stock_take(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned order, unsigned type);
/* The block that [pfn, order) is part of comes into being as a free one of @type. Return: false: no room for it. */
bool stock_secure(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned order, unsigned type);
/* Puts a block on the zone's lists, merging. */
void stock_put(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned order, unsigned type, bool to_tail);
/* All free blocks of a pageblock change to @type. */
void stock_move_pageblock(struct stock *s, struct stock_zone *z, uint64_t pfn, unsigned type, bool ownership);
unsigned stock_pageblock_type(const struct stock *s, const struct stock_zone *z, uint64_t pfn);
void stock_learn_pageblock(struct stock *s, const struct stock_zone *z, uint64_t pfn, unsigned type);
/* Takes free blocks of [start_pfn, end_pfn) until @frames are taken. */
void stock_isolated(struct stock *s, uint64_t start_pfn, uint64_t end_pfn, uint64_t frames);

/* Sets the flags of these frames, off any per-CPU list. */
void stock_mark(struct stock *s, const struct stock_zone *z, uint64_t pfn, unsigned order, unsigned flags);

/* Per-CPU lists. */
struct stock_list *stock_list(const struct stock *s, const struct stock_zone *z, uint32_t cpu, unsigned order,
			      unsigned type);
void stock_list_add(struct stock *s, struct stock_list *list, struct stock_zone *z, uint64_t pfn, unsigned order,
		    unsigned type, bool tail);
/* Off its per-CPU list, if it is on one. Return: whether it was. */
bool stock_unlist(struct stock *s, const struct stock_zone *z, uint64_t pfn);
uint64_t stock_list_pfn(const struct stock *s, const struct stock_zone *z, uint32_t frame);

/* What came before snapshot 0 says nothing about it. */
void stock_forget_facts(struct stock *s);

/* stock_events.c */
void stock_clear_contexts(struct stock *s);

#endif
