/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Totals of the `Stats|` records in a kernel log, fed piece by piece.
 *
 * Role: finds the records, adds up, keeps account of what it could not use.
 * Interface: sim_statman_init, feed, finish, fini; sim_statman_time, sim_statman_calls_within.
 * Invariant: memory is one line buffer and 8 bytes for each record; the result is the same however the log is cut
 * into pieces.
 */
#ifndef SIM_STATMAN_H
#define SIM_STATMAN_H

#include "statman_line.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_STATMAN_BAD_SHOWN 5u
#define SIM_STATMAN_POLICIES_MAX 8u
#define SIM_STATMAN_PAGE_BYTES 4096u

/* Calls of one kind. */
struct sim_statman_calls {
	uint64_t count;
	uint64_t pages;       /* kept of the blocks */
	uint64_t block_pages;
	uint64_t time_ns;     /* sum; UINT64_MAX when it does not fit */
	uint64_t *times;      /* count entries, private: time and order; sorted by sim_statman_finish */
	uint64_t room;
};

struct sim_statman_order {
	uint64_t fits, pages, block_pages;
	uint64_t median_ns;   /* valid after sim_statman_finish */
};

struct sim_statman_bad {
	uint64_t line;
	char reason[160];
};

struct sim_statman_policy {
	char name[SIM_STATMAN_POLICY_BYTES];
	uint64_t calls[2];    /* by enum sim_statman_kind */
};

struct sim_statman {
	uint64_t page_bytes;
	uint64_t lines;
	bool cut, interrupted; /* reading ended early; by a signal */
	struct sim_statman_calls calls[2]; /* by enum sim_statman_kind */
	struct sim_statman_order orders[SIM_STATMAN_ORDER_COUNT];
	struct sim_statman_policy policies[SIM_STATMAN_POLICIES_MAX];
	unsigned policy_count;

	/* Account. */
	uint64_t prefixes[SIM_STATMAN_PREFIX_COUNT]; /* records by what stood before them */
	uint64_t ours;                      /* records in our module's format */
	uint64_t bad_count;                 /* records left out */
	struct sim_statman_bad bad[SIM_STATMAN_BAD_SHOWN]; /* the first of them */
	uint64_t foreign;                   /* records that other programs wrote, left out */
	uint64_t lost;                      /* messages that the log says are missing */
	uint64_t lost_line;                 /* where it first says so */
	uint64_t unknown_keys;
	uint64_t odd_sizes, odd_size_line;  /* sizes that are not those of their pages; the first line */
	uint64_t policies_left_out;         /* calls of policies beyond SIM_STATMAN_POLICIES_MAX */

	/* Private: the line being read. */
	size_t used;
	bool prefix_known, is_foreign;
	enum sim_statman_prefix prefix;
	char line[SIM_STATMAN_RECORD_BYTES_MAX];
};

/* @page_bytes: a power of two. */
void sim_statman_init(struct sim_statman *s, uint64_t page_bytes);
/* Return: 0 or -ENOMEM. */
int sim_statman_feed(struct sim_statman *s, const char *bytes, size_t size);
/* The log is at its end. Return: 0 or -ENOMEM. */
int sim_statman_finish(struct sim_statman *s);
void sim_statman_fini(struct sim_statman *s);

/* Records found, used or not; those of other programs are not counted. */
uint64_t sim_statman_records(const struct sim_statman *s);
/* True when something of the log is bad or missing. */
bool sim_statman_is_partial(const struct sim_statman *s);

/**
 * sim_statman_time - a time that occurred, by nearest rank
 * @permille: 0 the least, 500 the median, 990 p99, 1000 the greatest
 *
 * Pre: sim_statman_finish was called, @calls->count is not 0.
 * Return: the least time that at least @permille of the calls do not exceed.
 */
uint64_t sim_statman_time(const struct sim_statman_calls *calls, unsigned permille);

/* Calls with a time in [@start_ns, @end_ns). Pre: sim_statman_finish was called. */
uint64_t sim_statman_calls_within(const struct sim_statman_calls *calls, uint64_t start_ns, uint64_t end_ns);

#ifdef __cplusplus
}
#endif
#endif
