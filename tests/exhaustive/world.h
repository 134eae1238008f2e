/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One small zone with a policy and its live allocations, as something that can be put aside and taken up again.
 *
 * Role: what a search over states needs to know of the model: which operations there are, what each does, whether all
 * is well afterwards, and which states are the same.
 * Interface: world_create, world_root, world_ops, world_apply, world_save, world_restore, world_key, world_check,
 * world_end, world_destroy; world_op_text for whoever reads.
 * Invariant: world_restore brings back every byte that a later operation can depend on; two states with one key take
 * the same operations to states with one key (search.h proves it where asked to).
 */
#ifndef TESTS_EXHAUSTIVE_WORLD_H
#define TESTS_EXHAUSTIVE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <buddy/buddy.h>

#include "held.h"

#define WORLD_FRAMES_MAX 32u
#define WORLD_OPS_MAX 256u
#define WORLD_PAGEBLOCK_ORDER 4u /* the smallest that the model has */
#define WORLD_KEY_BYTES_MAX 1024u

/* What is searched. */
struct world_config {
	uint32_t frames;         /* 4, 8, 16, 32: a power of two */
	const char *kernel;      /* profile */
	const char *policy;      /* NULL: blocks only */
	uint32_t grain_order;    /* requests are for multiples of 2^grain_order frames */
	uint32_t holders_max;    /* allocations alive at a time; 0: as many as fit */
	bool alone;              /* the reference does not follow: for the largest */
	bool pcp;
	/* With pcp: limits of the CPU's list. */
	uint32_t high_min_pages, high_max_pages, batch_pages;
	uint32_t stat_threshold; /* of the free counter; 0: it is exact */
};

enum world_kind {
	WORLD_ROOT,      /* value: bit i is the type of pageblock i */
	WORLD_ALLOC,     /* value: order */
	WORLD_SIZED,     /* value: pages; under the policy */
	WORLD_FREE,      /* frame; as the allocation was made */
	WORLD_FREE_TAIL, /* frame; straight to the zone's list, at its tail */
	WORLD_STRAY,     /* frame of a sized one; page by page, by someone who knows of no policy */
	WORLD_DRAIN,     /* the CPU's lists */
	WORLD_DECAY,     /* the CPU's lists become shorter with time */
	WORLD_RECLAIM    /* what the policy holds */
};

/* Packed, because there is one for every state. */
struct world_op {
	uint16_t kind : 4, movable : 1, value : 6, frame : 5;
};

struct world_live {
	struct sim_allocation a; /* of a sized one; its address is the policy's to keep */
	uint32_t frame;
	uint32_t pages;          /* wanted; 0: this place is empty */
	uint8_t order;
	bool sized, movable;
};

struct world {
	struct world_config config;
	const struct buddy_profile *profile;
	const struct sim_policy *policy; /* NULL for none */
	struct buddy_config buddy_config;
	struct buddy_zone_config zone_config;
	void *memory;
	size_t memory_bytes;
	char *pristine;          /* the memory of the first root */
	struct buddy *buddy;
	struct sim_host host;
	struct world_live live[WORLD_FRAMES_MAX];
	uint32_t live_count;
	uint8_t owner[WORLD_FRAMES_MAX]; /* by frame: place in live + 1; 0: nobody's */
	uint32_t gfp[2];                 /* unmovable, movable */
	unsigned top_order;              /* of the zone's one block */
	/* What the last operation did, for the checks that follow it and for messages. */
	int result;
	uint64_t result_pfn;
	char wrong[512];
};

/* Return: 0, -EINVAL (no such kernel or policy, frames), -ENOMEM. */
int world_create(struct world *w, const struct world_config *config);
void world_destroy(struct world *w);

/* Roots are 0 .. count - 1: all is one free block; each pageblock of either type. */
unsigned world_root_count(const struct world *w);
void world_root(struct world *w, unsigned root);

/* Bytes of an image, and the image of the present state. An image is of this world only. */
size_t world_image_bytes(const struct world *w);
void world_save(const struct world *w, void *image);
void world_restore(struct world *w, const void *image);

/* The model has written nothing that an image does not have. Return: as world_apply. */
bool world_check_rest(struct world *w);

/* The operations that make sense now, at most WORLD_OPS_MAX. */
unsigned world_ops(const struct world *w, struct world_op *ops);
/* Return: false when it did what it must not do; w->wrong says what. */
bool world_apply(struct world *w, struct world_op op);
/* The model's, the policy's and the owners' views of every frame agree. Return: as world_apply. */
bool world_check(struct world *w);
/*
 * All that behaviour depends on, as bytes; not @ordered: without the order of lists and the type of free blocks that
 * span pageblocks. Return: their number.
 */
size_t world_key(const struct world *w, bool ordered, uint8_t bytes[WORLD_KEY_BYTES_MAX]);
/*
 * Operations that must fail do, and change nothing. @image: of the present state; @again: room for another.
 * Return: as world_apply.
 */
bool world_check_refusals(struct world *w, const void *image, void *again);
/* From here on everything is given back, and the zone is one free block. Return: as world_apply. */
bool world_end(struct world *w);
/* A sized request or release leads to the same blocks by page and by block. Pre: no per-CPU lists. */
bool world_check_grains(struct world *w, struct world_op op, const void *image);

const char *world_op_text(const struct world *w, struct world_op op, char text[96]);

#endif
