/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of the Linux page allocator.
 *
 * Role: zones, free lists, per-CPU lists, watermarks, fallback and stealing, to the frame: given the state of a
 * kernel it makes the decisions that kernel makes.
 * Interface: buddy_footprint and buddy_init on the caller's memory; loading of a state; allocation, freeing and
 * the kernel's other list operations; counters, lists and indices for whoever looks at the result; buddy_check.
 * Invariant: buddy_check passes after every call. No globals, no I/O, no clock, no randomness, no hidden
 * allocation: the same calls give the same frames.
 *
 * Glossary: a frame is one physical page, named by its number (pfn). A block is 2^order aligned frames, named
 * by its first frame. A pageblock is the granule that carries a migratetype. A zone's index is its place in
 * the configuration, from 0. CPU numbers run from 0.
 */
#ifndef BUDDY_BUDDY_H
#define BUDDY_BUDDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <buddy/profile.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BUDDY_ORDER_COUNT 11
#define BUDDY_ORDER_MAX 10
#define BUDDY_NO_PFN UINT64_MAX
#define BUDDY_ZONE_COUNT_MAX 16
#define BUDDY_NODE_COUNT_MAX 8
#define BUDDY_CPU_COUNT_MAX 64
#define BUDDY_PCP_ORDER_COUNT 4 /* orders 0..3 travel through per-CPU lists, and the huge-page order */

/* Migratetypes, numbered as in a kernel with CMA. */
enum buddy_type {
	BUDDY_UNMOVABLE = 0,
	BUDDY_MOVABLE = 1,
	BUDDY_RECLAIMABLE = 2,
	BUDDY_HIGHATOMIC = 3,
	BUDDY_CMA = 4,
	BUDDY_ISOLATE = 5,
	BUDDY_TYPE_COUNT = 6,
	BUDDY_PCP_TYPE_COUNT = 3 /* unmovable, movable, reclaimable have per-CPU lists */
};

/* Zone types, numbered as x86-64 does. */
enum buddy_zone_type { BUDDY_ZONE_DMA, BUDDY_ZONE_DMA32, BUDDY_ZONE_NORMAL, BUDDY_ZONE_MOVABLE, BUDDY_ZONE_TYPE_COUNT };

enum buddy_mark { BUDDY_MARK_MIN, BUDDY_MARK_LOW, BUDDY_MARK_HIGH, BUDDY_MARK_PROMO, BUDDY_MARK_COUNT };

/* Allocation flags, numbered as mm/internal.h of 6.1 and 6.12 does. */
#define BUDDY_ALLOC_MARK_MASK 0x003u     /* which watermark: enum buddy_mark */
#define BUDDY_ALLOC_NO_MARKS 0x004u      /* ignore watermarks */
#define BUDDY_ALLOC_OOM 0x008u           /* an OOM victim */
#define BUDDY_ALLOC_NON_BLOCK 0x010u     /* may not sleep */
#define BUDDY_ALLOC_MIN_RESERVE 0x020u   /* __GFP_HIGH */
#define BUDDY_ALLOC_CPUSET 0x040u
#define BUDDY_ALLOC_CMA 0x080u
#define BUDDY_ALLOC_NOFRAGMENT 0x100u    /* avoid mixing types in a pageblock */
#define BUDDY_ALLOC_HIGHATOMIC 0x200u
#define BUDDY_ALLOC_KSWAPD 0x800u        /* may wake kswapd */
#define BUDDY_ALLOC_PAST_PCP 0x80000000u /* ours: the per-CPU list was locked when an interrupt asked */
#define BUDDY_ALLOC_RESERVES \
	(BUDDY_ALLOC_NON_BLOCK | BUDDY_ALLOC_MIN_RESERVE | BUDDY_ALLOC_HIGHATOMIC | BUDDY_ALLOC_OOM)

struct buddy_zone_config {
	uint32_t node;
	uint32_t type;          /* enum buddy_zone_type */
	const char *name;       /* "DMA32"; copied, at most 15 bytes */
	uint64_t start_pfn;
	uint64_t spanned_pages; /* [start_pfn, start_pfn + spanned_pages); need not be aligned */
};

struct buddy_config {
	const struct buddy_profile *profile; /* from buddy_profile_find; must outlive the model */
	/* At most BUDDY_ZONE_COUNT_MAX, ascending, disjoint; type order within a node. */
	const struct buddy_zone_config *zones;
	uint32_t zone_count;
	uint32_t cpu_count;       /* 1..BUDDY_CPU_COUNT_MAX */
	uint32_t pageblock_order; /* 4..10 (0..3 have per-CPU lists of their own); 9 on x86-64 */
	bool with_cma;            /* the kernel was built with CMA */
};

/* Settings and counters of a zone that decide behaviour; set after buddy_init, read at any time. Each below 2^32. */
struct buddy_zone_tuning {
	uint64_t present_pages;
	uint64_t managed_pages;
	uint64_t mark_pages[BUDDY_MARK_COUNT]; /* without boost */
	uint64_t boost_pages;
	uint64_t lowmem_reserve_pages[BUDDY_ZONE_TYPE_COUNT]; /* by the request's highest zone type */
	uint64_t highatomic_reserved_pages;
	uint64_t drift_mark_pages; /* percpu_drift_mark */
	uint64_t boost_factor;     /* watermark_boost_factor, in 1/10000; 15000 by default */
	bool reclaim_active;       /* kswapd balances: per-CPU lists are capped */
	bool below_high;           /* found below the high watermark: per-CPU lists shrink (6.12) */
};

/* Settings and counters of one CPU's lists in a zone. */
#define BUDDY_PCP_PREV_FREE_HIGH_ORDER 0x1u
#define BUDDY_PCP_FREE_HIGH_BATCH 0x2u

struct buddy_pcp_tuning {
	uint32_t high_pages;  /* a free that reaches it drains */
	uint32_t batch_pages; /* 1 and more */
	uint32_t free_factor; /* how often a drain's batch has doubled (6.1) */
	uint32_t high_min_pages, high_max_pages; /* bounds of high_pages (6.12, like the three below) */
	uint32_t alloc_factor; /* how often a refill's batch has doubled */
	uint32_t free_count;   /* frames freed in a row */
	uint32_t flags;        /* BUDDY_PCP_* */
	int64_t free_pages_diff;  /* difference of the free counter that this CPU has not flushed */
	uint32_t stat_threshold;  /* flushed beyond this */
};

/*
 * What the model did, counted from buddy_init or buddy_stats_reset. Costs of a policy are differences of these. What
 * is refused counts nothing, nor does loading a state.
 *
 * Lists are counted by what happens to them, in whatever call, buddy_take and buddy_put_back included: a block that a
 * take finds on a per-CPU list goes from there to a free list and off it again. Locks are counted as the kernel's
 * function takes them, also where it then finds nothing: not where its caller holds the lock (buddy_isolate_free,
 * buddy_putback_isolated, a per-CPU list's in buddy_free_commit), nor in those two, which no kernel has.
 */
struct buddy_stats {
	/* Blocks handed out to requests, of a bulk request each frame; not what was captured, isolated or taken. */
	uint64_t allocs;
	/*
	 * Calls of buddy_alloc_pages, buddy_alloc_exact and buddy_alloc_attempt that end with -ENOMEM. Who gets that
	 * from a bulk request or from a single list goes on with one of these.
	 */
	uint64_t alloc_failures;
	/* Blocks freed: of a list each frame, of two halves the second, and of an exact request's tail each frame. */
	uint64_t frees;
	uint64_t pcp_hits;       /* those of allocs whose per-CPU list had a block (BUDDY_PATH_PCP) */
	uint64_t refills;        /* empty per-CPU lists for which a zone was asked, also when it had nothing */
	uint64_t drained_blocks; /* from per-CPU lists to the zone, by a drain or since a free made the list too long */
	uint64_t splits;         /* halvings of a free block */
	uint64_t merges;         /* joinings with a free buddy, also where a capture ends them */
	/*
	 * Blocks put on a zone's free list, taken off one, and moved to the tail of one from another or the same: a
	 * move is neither of the others. A split adds the half that stays, a merge removes the buddy. A list that
	 * compaction's search turns keeps its blocks.
	 */
	uint64_t list_adds, list_removals, list_moves;
	uint64_t pcp_list_ops;   /* blocks put on a per-CPU list, and taken off one */
	/*
	 * Takings of a zone's lock: for each block asked of the zone, refill, block freed past the per-CPU list,
	 * portion of a drain (of an empty list none), pageblock moved by buddy_move_pageblock, look at a pageblock to
	 * be reserved, and look at a zone's reserve to be given back.
	 */
	uint64_t zone_locks;
	/*
	 * Takings of a per-CPU list's lock: for each try at a list, bulk request that has found its zone, block freed
	 * to the list, and portion of a drain; buddy_drain_zone looks at an empty list too. A listed free takes it for
	 * its first frame and again for one of another zone, after 32 frames and, in 6.12, after an isolated one.
	 */
	uint64_t pcp_locks;
	uint64_t fallbacks;      /* blocks found on another type's list for a request or a refill; CMA's is none */
	/* Those of fallbacks that gave the pageblock, or all that the block covers, the wanted type, had it or not. */
	uint64_t claims;
	uint64_t highatomic_reserved; /* requests that reserved their pageblock, or all that the block covers */
};

/*
 * What happened inside an operation, as the kernel's tracepoints tell it. A listener sees each of these when
 * the model does it, in the kernel's order.
 */
enum buddy_note_kind { BUDDY_NOTE_ZONE_LOCKED, BUDDY_NOTE_PCPU_DRAIN, BUDDY_NOTE_EXTFRAG, BUDDY_NOTE_REFILL };

struct buddy_note {
	uint8_t kind;
	uint8_t order;          /* EXTFRAG: of the request */
	uint8_t type;           /* ZONE_LOCKED, PCPU_DRAIN: the block's; EXTFRAG, REFILL: of the request */
	uint8_t fallback_order; /* EXTFRAG only; also the two below */
	uint8_t fallback_type;
	bool change_ownership;
	uint32_t zone;
	uint64_t pfn;   /* REFILL: 0 */
	uint64_t count; /* REFILL: blocks wanted */
};

/* What the slow path decided about compaction, as the kernel's tracepoints tell it (see slowpath.h). */
enum buddy_decision_kind {
	BUDDY_DECISION_SUITABLE,    /* result */
	BUDDY_DECISION_DEFERRED,    /* with the counters behind it, like the two below */
	BUDDY_DECISION_DEFER,
	BUDDY_DECISION_DEFER_RESET,
	BUDDY_DECISION_KSWAPD,      /* a boost of the zone's watermarks wakes kswapd */
	BUDDY_DECISION_MOVED        /* the free blocks of a pageblock to the reserve for atomic requests, or back */
};

struct buddy_decision {
	uint8_t kind;
	uint32_t zone;
	int32_t order;
	uint32_t result; /* enum buddy_compact_result */
	uint32_t considered, defer_shift;
	int32_t order_failed;
	uint32_t type; /* MOVED: to the lists of this type */
	uint64_t pfn;  /* MOVED: a frame in the pageblock */
};

/*
 * What the kernel reads without a lock, so that with several CPUs its outcome is not decided by the state that the
 * model has when the operation's lock is taken.
 */
enum buddy_read {
	BUDDY_READ_MARK,       /* whether a zone is looked into: above the watermark, or without regard to it */
	BUDDY_READ_RECLAIM,    /* whether kswapd is at work, when a free limits its per-CPU list */
	BUDDY_READ_BELOW_HIGH, /* whether the zone was found below its high watermark, at the same place (6.12) */
	BUDDY_READ_GROW        /* the same when a per-CPU list is refilled */
};

/*
 * What the model has to ask of its surroundings. Every member may be NULL; the model then uses its own estimate.
 */
struct buddy_env {
	void *context;
	void (*note)(void *context, const struct buddy_note *note);
	/*
	 * A fallback to @type took free pages from the pageblock of @pfn: does the pageblock change its type? The
	 * kernel counts movable pages there by their flags, the model estimates them and decided @own.
	 */
	bool (*claim)(void *context, uint32_t zone, uint64_t pfn, unsigned type, bool own);
	void (*decided)(void *context, const struct buddy_decision *decision);
	/* What was read there? The model's state says @own. */
	bool (*read)(void *context, enum buddy_read what, uint32_t zone, bool own);
};

struct buddy;

/* Bytes of memory that a model with this configuration needs; 0 when the configuration is not valid. */
size_t buddy_footprint(const struct buddy_config *config);

/**
 * buddy_init - make an empty model: no frame is free, every frame counts as in use
 * @memory: @bytes of zero-filled memory, aligned to 64, owned by the caller and kept until the model is no
 *          longer used; fresh anonymous pages do, and those never touched cost nothing
 * @config: copied, except the profile
 * @out: the model, inside @memory
 *
 * Return: 0, -EINVAL (configuration not valid), -ENOSPC (@bytes below buddy_footprint).
 * Source: ours.
 */
int buddy_init(void *memory, size_t bytes, const struct buddy_config *config, struct buddy **out);

void buddy_set_env(struct buddy *buddy, const struct buddy_env *env); /* copied; NULL for none */

/* --- Loading a state -------------------------------------------------------------------------------------- */

/* Return: 0 or -EINVAL (no such zone or CPU, values out of range). */
int buddy_zone_tune(struct buddy *buddy, uint32_t zone, const struct buddy_zone_tuning *tuning);
int buddy_pcp_tune(struct buddy *buddy, uint32_t zone, uint32_t cpu, const struct buddy_pcp_tuning *tuning);
/*
 * Sets the global free counter that watermark checks read; adding blocks below does not change it. @pages: within the
 * zone's frames and 128 for each CPU of 0, either way.
 */
int buddy_zone_set_free_pages(struct buddy *buddy, uint32_t zone, int64_t pages);

/**
 * buddy_load_free - put a block on the tail of a free list, without merging or counting it in the free counter
 * @type: the list's migratetype
 *
 * Return: 0, -EINVAL (order, type, alignment), -ERANGE (outside every zone), -EEXIST (overlaps a free block).
 */
int buddy_load_free(struct buddy *buddy, uint64_t pfn, unsigned order, unsigned type);

/* The same for a per-CPU list, by its index as the kernel numbers them (see buddy_pcp_index). */
int buddy_load_pcp(struct buddy *buddy, uint64_t pfn, uint32_t cpu, unsigned pcp_index, unsigned stored_type);

/* Return: 0, -ERANGE, -EINVAL. */
int buddy_set_pageblock_type(struct buddy *buddy, uint64_t pfn, unsigned type);

/* Marks a frame in use as movable (on an LRU list), for the model's own estimate. Return: 0 or -ERANGE. */
int buddy_set_movable(struct buddy *buddy, uint64_t pfn, bool movable);

/*
 * Says that the frames [@pfn, @pfn + 2^order), in use, are one compound page, whose parts scanners pass by. It is cut
 * out of a larger block.
 * Return: 0, -ERANGE, -EINVAL (not in use, alignment, order 0).
 */
int buddy_set_compound(struct buddy *buddy, uint64_t pfn, unsigned order);

/**
 * buddy_add_range - give [start_pfn, end_pfn) of one zone to the allocator, as a kernel does at boot
 *
 * Largest aligned blocks, ascending, on the tails of the movable lists; counts and default watermarks, per-CPU
 * limits and lowmem reserves are computed as the kernel computes them. Whole top-order blocks are not touched
 * until they are used, so a range of any size costs the same.
 * Return: 0, -ERANGE, -EEXIST (overlaps what is free), -EINVAL.
 */
int buddy_add_range(struct buddy *buddy, uint64_t start_pfn, uint64_t end_pfn);

/* --- Allocation and freeing --------------------------------------------------------------------------------- */

/* State of the task that asks, where the kernel's decision depends on it. */
#define BUDDY_TASK_MEMALLOC 0x1u   /* PF_MEMALLOC: reclaim itself */
#define BUDDY_TASK_REALTIME 0x2u   /* rt_task() outside interrupts */
#define BUDDY_TASK_OOM_VICTIM 0x4u /* chosen by the OOM killer, its signal still pending */
#define BUDDY_TASK_INTERRUPT 0x8u  /* in an interrupt */

struct buddy_request {
	uint32_t gfp;  /* bits as the profile's kernel numbers them */
	uint32_t task; /* BUDDY_TASK_* */
	uint16_t cpu;
	uint8_t node;  /* preferred node */
	uint8_t order; /* 0..10 */
};

enum buddy_path {
	BUDDY_PATH_NONE = 0,
	BUDDY_PATH_PCP,      /* a block that lay on the per-CPU list */
	BUDDY_PATH_REFILL,   /* the per-CPU list was refilled first */
	BUDDY_PATH_BUDDY,    /* straight from the zone's lists */
	BUDDY_PATH_CAPTURE   /* freed while the request's compaction ran, and kept for it */
};

struct buddy_block {
	uint64_t pfn;
	uint32_t zone;
	uint8_t order;
	uint8_t type;  /* migratetype of the list that it came from */
	uint8_t path;  /* enum buddy_path */
	uint8_t attempt; /* 0: fast path; 1 and more: which slow attempt */
};

/**
 * buddy_alloc_pages - alloc_pages(): the fast attempt, then the slow path's attempts without reclaim
 * @out: the block, on success
 *
 * Return: 0, -EINVAL (order, CPU or node out of range), -ENOMEM.
 * Source: __alloc_pages and __alloc_pages_slowpath, without what waits for memory.
 */
int buddy_alloc_pages(struct buddy *buddy, const struct buddy_request *request, struct buddy_block *out);

/* One get_page_from_freelist() with these BUDDY_ALLOC_* flags. Return: as above. */
int buddy_alloc_attempt(struct buddy *buddy, const struct buddy_request *request, unsigned alloc_flags,
			struct buddy_block *out);

/* What an attempt reads of a zone without a lock. */
struct buddy_zone_read {
	int64_t free_pages; /* the global counter */
	uint64_t boost_pages;
	bool below_high;    /* 6.12 */
};

/**
 * buddy_marks_look - the watermark checks of an attempt, without taking anything
 * @reads: what the attempt read, one per zone by index; NULL: what the zones have now
 *
 * An attempt looks at the watermarks without a lock and takes its block under one; others may come in between. Like the
 * kernel it notes when a zone is found below its high watermark (6.12). Does not ask env.read.
 * Return: the zones that are above, bit by index; 0 also when the request is not valid.
 */
uint32_t buddy_marks_look(struct buddy *buddy, const struct buddy_request *request, unsigned alloc_flags,
			  const struct buddy_zone_read *reads);

/*
 * An attempt's try at its per-CPU list of one zone, refill included, for a replay where that gave nothing and others
 * came before the attempt went on. Return: as buddy_alloc_pages.
 */
int buddy_alloc_from_list(struct buddy *buddy, const struct buddy_request *request, unsigned alloc_flags, uint32_t zone,
			  struct buddy_block *out);

/* Whether some zone that the request may use is above its watermark, without taking anything. */
bool buddy_marks_pass(const struct buddy *buddy, const struct buddy_request *request, unsigned alloc_flags);

/* Flags of the fast attempt: low watermarks, NOFRAGMENT where the kernel sets it. */
unsigned buddy_fast_flags(const struct buddy *buddy, const struct buddy_request *request);

/* Flags of the slow path's first attempt (gfp_to_alloc_flags). */
unsigned buddy_slow_flags(const struct buddy *buddy, const struct buddy_request *request);

/**
 * buddy_alloc_bulk - alloc_pages_bulk(): up to @count single frames
 * @pfns: room for @count
 * @count_out: frames written; fewer than asked is not an error
 *
 * When no zone has the pages to spare, and for a @count of 1, nothing is written and -ENOMEM tells the caller to ask
 * for one frame with buddy_alloc_pages, as the kernel does.
 * Return: 0, -EINVAL (also for a @count of 0), -ENOMEM.
 */
int buddy_alloc_bulk(struct buddy *buddy, const struct buddy_request *request, uint32_t count, uint64_t *pfns,
		     uint32_t *count_out);

/**
 * buddy_free_pages - __free_pages(): to the per-CPU list for the orders that have one, else to the zone
 *
 * Return: 0, -EINVAL (order, alignment, CPU), -ERANGE (outside every zone), -EEXIST (already free). Nothing has
 * changed when it fails.
 */
int buddy_free_pages(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order);

/* free_unref_page_list(): prepare all, then commit in order. Return: as above, for the first frame that is bad. */
int buddy_free_list(struct buddy *buddy, uint32_t cpu, const uint64_t *pfns, uint32_t count);

/*
 * The two halves of a listed free, for a replay that has events between them; @order is one that per-CPU lists have.
 * Return: as above; buddy_free_commit -ENOENT for a block that was not prepared.
 */
int buddy_free_prepare(struct buddy *buddy, uint64_t pfn, unsigned order);
int buddy_free_commit(struct buddy *buddy, uint32_t cpu, uint64_t pfn);
/* The order of a block between the two. Return: 0, -ERANGE, -ENOENT. */
int buddy_prepared_order(const struct buddy *buddy, uint64_t pfn, unsigned *order_out);

/*
 * How many frames the commit of a block of @order would drain from this CPU's lists, were the zone's flags so; nothing
 * changes. The drain goes by whole blocks, so it may give back a little more. Return: frames, or -EINVAL.
 */
int64_t buddy_commit_drains(const struct buddy *buddy, uint32_t cpu, uint32_t zone, unsigned order,
			    bool reclaim_active, bool below_high);

#define BUDDY_FREE_TO_TAIL 0x1u     /* to the list's tail whatever the neighbours */
#define BUDDY_FREE_PREPARED 0x2u    /* buddy_free_prepare came before */

/* __free_pages_ok() and free_one_page(): straight to the zone's lists. Return: as buddy_free_pages. */
int buddy_free_direct(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order, unsigned flags);

/**
 * buddy_alloc_exact - alloc_pages_exact(): a block for @pages frames, its tail given back page by page
 * @out: on success; the first @pages frames from out->pfn belong to the caller, each to be freed singly
 *
 * Return: 0, -EINVAL (no pages, or more than the largest block), -ENOMEM.
 */
int buddy_alloc_exact(struct buddy *buddy, const struct buddy_request *request, uint64_t pages,
		      struct buddy_block *out);

/* --- Following a recording that went another way ------------------------------------------------------------ */

/**
 * buddy_take - take these very frames, wherever they lie on free or per-CPU lists
 *
 * What is left of the blocks that held them goes to the heads of the lists, as after a split.
 * Return: 0, -EINVAL, -ERANGE, -EEXIST (some of them are in use; nothing changed).
 */
int buddy_take(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order);

/* Puts a block just handed out to @cpu back to where it came from, at the head. Return: as buddy_free_pages. */
int buddy_put_back(struct buddy *buddy, uint32_t cpu, const struct buddy_block *block);

/* --- Capture by compaction (the rest of compaction: buddy/compact.h) ----------------------------------------- */

/*
 * While a task compacts for a request of its own, a block that it frees, or an interrupt on top of it, and that
 * merges to the wanted order, is kept for that request. The caller owns this and says whose frees are coming.
 */
struct buddy_capture {
	uint32_t zone;
	uint8_t order;
	uint8_t type;  /* of the request */
	bool done;
	uint64_t pfn;  /* of the block, when done */
};

/* Frees from now on may be captured; NULL: not any more. @capture stays the caller's. */
void buddy_set_capture(struct buddy *buddy, struct buddy_capture *capture);

/* --- The kernel's other operations on the lists ------------------------------------------------------------- */

/* __isolate_free_page(): takes a free block off its list. Return: 0, -EAGAIN (watermark), -ENOENT (not free). */
int buddy_isolate_free(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order);
/* __putback_isolated_page(). */
int buddy_putback_isolated(struct buddy *buddy, uint32_t cpu, uint64_t pfn, unsigned order, unsigned type);
/* drain_pages_zone(): @list_cpu's list, counted on @cpu, which runs. */
int buddy_drain_zone(struct buddy *buddy, uint32_t cpu, uint32_t zone, uint32_t list_cpu);
/*
 * What one section of the list's lock drains of that: at most @pages, and no more than the kernel drains without
 * dropping the lock. Return: frames drained, or -EINVAL.
 */
int buddy_drain_portion(struct buddy *buddy, uint32_t cpu, uint32_t zone, uint32_t list_cpu, int64_t pages);
int buddy_drain_all(struct buddy *buddy, uint32_t cpu);
/* refresh_cpu_vm_stats(): folds this CPU's counter differences. */
int buddy_fold_stats(struct buddy *buddy, uint32_t cpu);
int buddy_fold_zone(struct buddy *buddy, uint32_t cpu, uint32_t zone);
/* buddy_fold_zone, then decay_pcp_high(): the idle list shrinks towards its minimum (6.12). */
int buddy_decay_pcp(struct buddy *buddy, uint32_t cpu, uint32_t zone);
/*
 * The second half of that, without its drains: @excess_out frames are to go, in portions of at most a batch. Return: 0
 * or -EINVAL.
 */
int buddy_decay_high(struct buddy *buddy, uint32_t cpu, uint32_t zone, int64_t *excess_out);
/*
 * move_freepages_block() with set_pageblock_migratetype(); CPU 0 no longer counts as free what becomes isolated.
 * Return: frames moved, -EINVAL, -ERANGE (also for a pageblock that sticks out of its zone: 6.12 leaves it as it is,
 * 6.1 gives it the type).
 */
int64_t buddy_move_pageblock(struct buddy *buddy, uint64_t pfn, unsigned type);
/* unreserve_highatomic_pageblock(). Return: true when a pageblock was given back. */
bool buddy_unreserve_highatomic(struct buddy *buddy, const struct buddy_request *request, bool force);

/* --- Looking at it ------------------------------------------------------------------------------------------ */

/*
 * Pre, wherever one of these is an argument: zone and cpu are of the configuration,
 * order < BUDDY_ORDER_COUNT, type < BUDDY_TYPE_COUNT, pcp_index < buddy_pcp_list_count. Asserted. A pfn may be any.
 */
/* Index of the zone that spans a frame. Return: 0, or -ERANGE. */
int buddy_zone_of(const struct buddy *buddy, uint64_t pfn, uint32_t *zone_out);
void buddy_zone_tuning_get(const struct buddy *buddy, uint32_t zone, struct buddy_zone_tuning *out);
void buddy_pcp_tuning_get(const struct buddy *buddy, uint32_t zone, uint32_t cpu, struct buddy_pcp_tuning *out);
int64_t buddy_free_pages_counter(const struct buddy *buddy, uint32_t zone); /* the global counter alone */
uint64_t buddy_free_pages_listed(const struct buddy *buddy, uint32_t zone); /* frames on the free lists */
uint64_t buddy_nr_free(const struct buddy *buddy, uint32_t zone, unsigned order);
uint64_t buddy_list_length(const struct buddy *buddy, uint32_t zone, unsigned order, unsigned type);
uint32_t buddy_pcp_count(const struct buddy *buddy, uint32_t zone, uint32_t cpu); /* frames on all its lists */
unsigned buddy_pcp_list_count(const struct buddy *buddy);
/* Any order will do: one without a list gets an index whose buddy_pcp_order is another. */
unsigned buddy_pcp_index(const struct buddy *buddy, unsigned order, unsigned type);
unsigned buddy_pcp_order(const struct buddy *buddy, unsigned pcp_index);
unsigned buddy_pageblock_type(const struct buddy *buddy, uint64_t pfn);

/* First block of a list. Return: false when the list is empty. */
bool buddy_list_first(const struct buddy *buddy, uint32_t zone, unsigned order, unsigned type, uint64_t *pfn_out);
/* Head frames of a list, first first. Writes at most @room and returns the list's whole length. */
uint64_t buddy_list_copy(const struct buddy *buddy, uint32_t zone, unsigned order, unsigned type, uint64_t *pfns,
			 uint64_t room);
/* The same for a per-CPU list; @types, of the lists that a drain frees to, may be NULL. */
uint64_t buddy_pcp_copy(const struct buddy *buddy, uint32_t zone, uint32_t cpu, unsigned pcp_index,
			uint64_t *pfns, uint8_t *types, uint64_t room);

enum buddy_frame_state { BUDDY_FRAME_IN_USE, BUDDY_FRAME_FREE, BUDDY_FRAME_ON_PCP, BUDDY_FRAME_OUTSIDE };
/*
 * What a frame is part of; @head_out and @order_out (may be NULL) name its block when it is free or on a per-CPU
 * list.
 */
enum buddy_frame_state buddy_frame_state(const struct buddy *buddy, uint64_t pfn, uint64_t *head_out,
					 unsigned *order_out);

/* Frames that are one thing: a block on a list, an allocation, or frames in use of which nothing more is known. */
struct buddy_piece {
	uint64_t start_pfn, pages;
	enum buddy_frame_state state;
	uint8_t order; /* of the block; 0 for frames of which nothing is known */
	uint8_t type;  /* free or on a per-CPU list: migratetype of the list */
	bool known;    /* in use: allocated by the model, or marked when the state was loaded */
	bool movable;  /* in use: as far as known */
};

/**
 * buddy_piece_at - the piece that begins at a frame, for a walk in frame order
 * @pfn: where a piece begins: a zone's first frame, a multiple of 2^10, or the end of the piece before
 * @end_pfn: frames of which nothing is known are one piece up to here at most; a block may reach beyond
 *
 * Pre: [@pfn, @end_pfn) is not empty and lies in one zone. A block between the two halves of its free, and one in
 * compaction's stock, is in use; movable when it belongs there or was for movable pages.
 */
struct buddy_piece buddy_piece_at(const struct buddy *buddy, uint64_t pfn, uint64_t end_pfn);

const struct buddy_stats *buddy_stats(const struct buddy *buddy);
void buddy_stats_reset(struct buddy *buddy);

/* The kernel's indices for one zone. Source: mm/vmstat.c. */
/* Permille; -1000: would succeed. */
int buddy_fragmentation_index(const struct buddy *buddy, uint32_t zone, unsigned order);
int buddy_unusable_index(const struct buddy *buddy, uint32_t zone, unsigned order); /* permille */
unsigned buddy_extfrag_percent(const struct buddy *buddy, uint32_t zone, unsigned order);

/* Text in the kernel's own layout. Return: bytes that the whole text has; @text gets at most @room, NUL-terminated. */
size_t buddy_print_buddyinfo(const struct buddy *buddy, char *text, size_t room);
size_t buddy_print_pagetypeinfo(const struct buddy *buddy, char *text, size_t room);

/**
 * buddy_check - every invariant of the model
 * @message: filled with what is wrong, both sides printed, when something is; may be NULL
 *
 * Return: true when all hold. Walks every list and every pageblock that was touched.
 */
bool buddy_check(const struct buddy *buddy, char *message, size_t room);

#ifdef __cplusplus
}
#endif
#endif
