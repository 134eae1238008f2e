/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who owns which frame, by the slow and obvious way.
 *
 * Role: follows a workload's requests and frees with one owner per frame, and compares that with the model, frame by
 * frame. Shares no code with libbuddy, libpageman or sim: it asks them what they think and counts for itself.
 * Interface: oracle_init, oracle_got, oracle_freed, oracle_check_frames, oracle_check_sums, oracle_check_all,
 * oracle_fini.
 * Invariant: owner[f] is the id + 1 that has frame start_pfn + f, 0 for none; the sums are over what is alive.
 */
#ifndef TESTS_ORACLE_OWNERS_H
#define TESTS_ORACLE_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

#include <buddy/buddy.h>

#ifdef __cplusplus
extern "C" {
#endif

struct oracle_live {
	uint64_t pfn;
	uint32_t pages; /* 0: not alive */
	uint8_t order;
	bool sized;
};

/* What the policy under test does with frames that nobody asked for. */
enum oracle_rest { ORACLE_GIVES_BACK, ORACLE_KEEPS_WITH_BLOCK, ORACLE_HOLDS };

struct oracle {
	const struct buddy *buddy;
	enum oracle_rest rest;
	struct buddy_zone_config zones[BUDDY_ZONE_COUNT_MAX];
	uint32_t zone_count;
	uint64_t start_pfn, frames; /* [start_pfn, start_pfn + frames): from the first zone to the last one's end */
	uint64_t zone_frames;       /* of these, those in a zone */
	uint32_t cpu_count;
	/*
	 * Free blocks of this order and above may lie unmerged beside each other: a pageblock reserved for atomic
	 * requests does not merge with others. BUDDY_ORDER_COUNT, as at first: none may.
	 */
	unsigned unmerged_order;
	uint32_t *owner;      /* by frame */
	uint8_t *tail;        /* scratch: the frame lies in the tail of a live sized request */
	uint32_t *free_before; /* scratch: free frames before this one */
	struct oracle_live *live; /* by id */
	uint32_t id_count;
	uint64_t fixed_pages, wanted_pages, rounded_pages;
	char wrong[256];      /* what a check found */
};

/* What the host says, to be compared with what the oracle counts. */
struct oracle_account {
	uint64_t taken_pages, rounded_pages, held_pages, saved_pages;
};

/**
 * oracle_init - nobody owns anything
 * @zones: of the model, ascending
 *
 * Return: false without memory. Release with oracle_fini, also then.
 */
bool oracle_init(struct oracle *o, const struct buddy *buddy, const struct buddy_zone_config *zones,
		 uint32_t zone_count, uint32_t cpu_count, uint32_t id_count, enum oracle_rest rest);
void oracle_fini(struct oracle *o);

/* All return false when something is wrong, and say what in o->wrong. */

/* A request got [pfn, pfn + pages) in a block of @order: inside a zone, aligned, nobody's so far. */
bool oracle_got(struct oracle *o, uint32_t id, uint64_t pfn, uint32_t pages, unsigned order, bool sized);
/* It ended. */
bool oracle_freed(struct oracle *o, uint32_t id);
/* After a request: its frames are in use in the model. After a free: they are not, unless the policy holds them. */
bool oracle_check_frames(struct oracle *o, uint64_t pfn, uint32_t pages, bool in_use);
/* The sums. */
bool oracle_check_sums(struct oracle *o, const struct oracle_account *account);
/*
 * Every frame: what is asked for is in use; what is in use beyond that lies in the tail of a live sized request of a
 * policy that may keep it; and the free blocks are exactly the largest ones that the free frames make.
 */
bool oracle_check_all(struct oracle *o);

#ifdef __cplusplus
}
#endif

#endif
