/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verification: the model makes every decision of a recording again, and each is held against the kernel's.
 *
 * Role: the product's main job. A model is loaded from snapshot 0; every recorded operation is done on it; the
 * frame that the model hands out is compared with the frame that the kernel handed out. The recorded frame is
 * used to compare and, after a miss, to bring the model back in step (counted), never to decide.
 * Interface: verify_create, verify_event, verify_finish, struct verify_result.
 * Invariant: what is taken from the recording instead of being decided by the model is counted by class.
 */
#ifndef SIM_VERIFY_H
#define SIM_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include <rec/event.h>

#include "compare_state.h"
#include "load.h"

/* Decisions inside operations, as the kernel's tracepoints show them. */
enum verify_class {
	VERIFY_FRAME,     /* which frame an allocation got */
	VERIFY_ATTEMPT,   /* whether an attempt at a watermark succeeded */
	VERIFY_REFILL,    /* a per-CPU list is refilled: when, how many */
	VERIFY_TAKEN,     /* which block left the zone's lists */
	VERIFY_DRAIN,     /* which block returned from a per-CPU list, to which type */
	VERIFY_FALLBACK,  /* which block of another type was taken */
	VERIFY_SEARCH,    /* which free block compaction's fast search isolated */
	VERIFY_CAPTURE,   /* whether compaction kept a block that was freed for its request */
	VERIFY_CLAIM,     /* whether its pageblock changed type */
	VERIFY_FLAGS,     /* flags of an attempt after the fast one */
	VERIFY_STEP,      /* what the slow path does next, or that it gives up */
	VERIFY_SUITABLE,  /* whether a zone is suitable for compaction */
	VERIFY_FINISHED,  /* whether a compaction has done enough */
	VERIFY_DEFERRAL,  /* whether compaction is deferred, and for how long */
	VERIFY_COMPACTED, /* which zone is compacted next, at which priority */
	VERIFY_KCOMPACTD, /* whether kcompactd is woken, for what, and how its work ends */
	VERIFY_KSWAPD,    /* whether a request wakes kswapd */
	VERIFY_BOOST,     /* a watermark's boost as kswapd leaves it */
	VERIFY_RESERVE,   /* which pageblock joins or leaves the reserve for atomic requests */
	VERIFY_SCANNER,   /* where compaction's scanners stand, and which lists they turn */
	VERIFY_PAGES,     /* what a scan for pages to migrate found; where there can be none the model knows */
	VERIFY_SKIP,      /* which pageblocks compaction marks to be skipped */
	VERIFY_STOCK,     /* which isolated frame is migrated to, which are released */
	VERIFY_FLUSH,     /* whether compaction drains the per-CPU lists behind it */
	VERIFY_READ,      /* what was read without a lock: watermarks, flags of zones; taken: another CPU was faster */
	VERIFY_COUNTER,   /* counters and limits at the end of a lock section */
	VERIFY_CLASS_COUNT
};

struct verify_count {
	uint64_t own;    /* decided by the model, and as the kernel did */
	uint64_t missed; /* decided by the model, the kernel did otherwise */
	uint64_t taken;  /* taken from the recording */
};

/* Events that the model follows or cannot follow, for the conditions that a result holds under. */
enum verify_condition {
	VERIFY_COND_BYPASS,      /* an interrupt, or with several CPUs anyone, found the per-CPU list locked */
	VERIFY_COND_INTERRUPTED, /* an interrupt came between an operation and its event */
	VERIFY_COND_UNDER_WAY,   /* an allocation had its frame when snapshot 0 was taken, its event came later */
	VERIFY_COND_DIRTY,       /* a fast attempt failed for too many dirty pages */
	VERIFY_COND_RECLAIM,     /* direct reclaim ran */
	VERIFY_COND_KSWAPD,
	VERIFY_COND_COMPACTION,  /* compaction isolated free blocks; followed from the recording */
	VERIFY_COND_FAILED,      /* allocations that the kernel failed */
	VERIFY_COND_UNSUPPORTED, /* hotplug, contiguous ranges, page reporting, memory failure */
	VERIFY_COND_LOST,        /* events lost inside the recording */
	VERIFY_COND_COUNT
};

struct verify_miss {
	bool present;
	uint64_t event;        /* number in the stream, from 0 */
	uint64_t time_ns;
	uint64_t allocation;   /* how many allocations came before it */
	uint64_t expected_pfn; /* the kernel's; REC_NO_PFN when it failed */
	uint64_t predicted_pfn;
	uint8_t order;
	uint32_t gfp;
	const char *path;      /* how the model found its frame */
};

/* The first decision inside an operation that differed; it often comes long before the first missed frame. */
struct verify_inner_miss {
	bool present;
	enum verify_class class;
	uint64_t event;             /* where it was noticed */
	bool has_recorded, has_predicted;
	struct buddy_note recorded, predicted;
};

/* The first decision of the slow path or of compaction that differed, both sides as numbers of their class. */
struct verify_when_miss {
	bool present;
	enum verify_class class;
	uint64_t event;
	uint64_t recorded, predicted;
};

/* The first counter that differed at the end of a lock section. */
struct verify_counter_miss {
	bool present;
	uint64_t event;
	const char *what;
	uint32_t zone;
	int64_t recorded, predicted;
};

struct verify_result {
	uint64_t events;
	uint64_t allocs, exact;
	uint64_t frees, frees_unmatched;  /* frees that the model found no block in use for */
	uint64_t resyncs, resync_conflicts;
	uint64_t moved;                   /* events put into the order of the locks */
	uint64_t duration_ns;
	struct verify_miss first_miss;
	struct verify_inner_miss first_inner;
	struct verify_when_miss first_when;
	struct verify_counter_miss first_counter;
	struct verify_count count[VERIFY_CLASS_COUNT];
	uint64_t condition[VERIFY_COND_COUNT];
	uint64_t unsupported[REC_UNSUPPORTED_COUNT]; /* by enum rec_unsupported; 0: of a kind not known here */
	uint64_t first_unsupported;                  /* event number */
	bool saw_snapshot[2];
	bool tells_compaction;            /* the recording has the kernel's decisions about compaction */
	bool scanners_told;               /* the recording has the probes that compaction's scanners are followed by */
	struct rec_odd_events outside;    /* frames that no zone has; left out */
	struct rec_odd_events impossible; /* rec_event_possible says no; left out */
	uint64_t cpus_outside;            /* events of a CPU that the snapshot does not have */
};

struct verify;

const char *verify_class_name(enum verify_class class);
const char *verify_unsupported_text(unsigned what); /* enum rec_unsupported */
const char *verify_condition_text(enum verify_condition condition);

/**
 * verify_create - start verifying
 * @machine: loaded from snapshot 0; kept by the caller until verify_destroy
 *
 * Return: the verification, or NULL when memory is short.
 */
struct verify *verify_create(struct sim_machine *machine);

/*
 * Looks at the first events before they are given to verify_event: a recording of several CPUs may begin inside a lock
 * section. Without it the order of the locks begins at the first that ends. Return: 0 or -ENOMEM.
 */
int verify_expect(struct verify *v, const struct rec_event *events, size_t count);

/**
 * verify_event - do one event on the model
 * @wide: the event's wide words when its kind has them, else NULL
 *
 * Return: 1 to go on, 0 behind the marker of snapshot 1, -ENOMEM.
 */
int verify_event(struct verify *v, const struct rec_event *event, const struct rec_wide *wide);

/* Settles what is open. The result is owned by @v. */
const struct verify_result *verify_finish(struct verify *v);

void verify_destroy(struct verify *v);

#endif
