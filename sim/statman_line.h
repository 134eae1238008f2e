/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of a kernel log, and one `Stats|` record in it.
 *
 * Role: knows the formats: what loggers put before a message, and what Pageman's modules say behind "Stats|"
 * (docs/statman.md).
 * Interface: sim_statman_prefix_of, sim_statman_find, sim_statman_parse, sim_statman_size_fits.
 * Invariant: a record that parses is plausible: a block is a power of two of pages, at least one of them is kept.
 */
#ifndef SIM_STATMAN_LINE_H
#define SIM_STATMAN_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_STATMAN_MARKER "Stats|"
#define SIM_STATMAN_MARKER_BYTES 6u
#define SIM_STATMAN_RECORD_BYTES_MAX 8192u /* the kernel's own limit for a message is below 1024 */
#define SIM_STATMAN_ORDER_COUNT 21u        /* blocks up to 2^20 pages; kernels stop at 2^10, some at 2^13 */
#define SIM_STATMAN_TIME_BITS 59u          /* times are below 2^59 ns, 18 years */
#define SIM_STATMAN_POLICY_BYTES 24u

enum sim_statman_prefix {
	SIM_STATMAN_PLAIN,       /* nothing that we know: journalctl -o cat, tracefs text */
	SIM_STATMAN_DMESG,       /* "[  123.456789] ", also behind "kern  :info  : " (-x) or "<6>" (-r) */
	SIM_STATMAN_DMESG_CLOCK, /* "[Sat Nov 25 12:00:00 2023] " (-T), or an ISO time without a host */
	SIM_STATMAN_KMSG,        /* "6,1234,5678,-;": /dev/kmsg */
	SIM_STATMAN_SYSLOG,      /* "Nov 25 12:00:00 host kernel: ": journalctl, kern.log */
	SIM_STATMAN_SYSLOG_ISO,  /* "2023-11-25T12:00:00+0100 host kernel: ": journalctl -o short-iso, kern.log */
	SIM_STATMAN_PREFIX_COUNT
};

enum sim_statman_kind {
	SIM_STATMAN_FIT, /* a block was cut to what its request needs */
	SIM_STATMAN_FREE /* what was kept of a block was released */
};

struct sim_statman_record {
	enum sim_statman_kind kind;
	bool is_ours;         /* sizes are bytes, not whole KB */
	uint64_t size;        /* bytes or KB */
	uint64_t pages;       /* kept of the block */
	uint64_t block_pages; /* the whole block, a power of two */
	unsigned order;       /* of the block */
	uint64_t time_ns;
	char policy[SIM_STATMAN_POLICY_BYTES]; /* "" when the line has none */
	unsigned unknown_keys;
};

/**
 * sim_statman_prefix_of - what stands before the message of a line
 * @is_foreign_out: true when a logger says that another program than the kernel wrote the line
 */
enum sim_statman_prefix sim_statman_prefix_of(const char *line, size_t size, bool *is_foreign_out);

/* "dmesg", "syslog", ... */
const char *sim_statman_prefix_name(enum sim_statman_prefix prefix);

/* First place of @what in @text, or NULL. */
const char *sim_statman_find(const char *text, size_t size, const char *what);

/**
 * sim_statman_parse - read one record
 * @text: from "Stats|" to the end of the line; at most SIM_STATMAN_RECORD_BYTES_MAX bytes
 *
 * Return: 0, or -EINVAL with @error saying what was expected and what was found; @out is untouched then.
 */
int sim_statman_parse(const char *text, size_t size, struct sim_statman_record *out, struct sim_error *error);

/* True when the size of a record is one of its pages, at @page_bytes a page. */
bool sim_statman_size_fits(const struct sim_statman_record *record, uint64_t page_bytes);

#ifdef __cplusplus
}
#endif
#endif
