/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recorder's parts and how they call each other.
 *
 * Role: the module's internal interface. symbols.c finds kernel addresses, entry_probes.c and return_probes.c
 * turn function calls into events, snapshot.c writes the state of the zones, sized.c is a load with sizes in
 * bytes, main.c ties them to debugfs.
 * Invariant: rec_zones[] is filled before any probe is set and never changes; its index is the zone number of
 * every event and snapshot record.
 */
#ifndef PAGEMAN_RECORDER_H
#define PAGEMAN_RECORDER_H

#include <linux/atomic.h>
#include <linux/mmzone.h>
#include <linux/seq_file.h>

#include "compat.h"
#include "wire.h"

#define REC_ZONE_CAPACITY 64
#define REC_NAME_VARIANTS 3

/* Populated zones in the order of nodes and zone types. */
extern struct zone *rec_zones[REC_ZONE_CAPACITY];
extern unsigned int rec_zone_count;

/* symbols.c: 0 on success, -ENOENT when kallsyms_lookup_name cannot be found. */
int rec_symbols_init(void);
unsigned long rec_symbol(const char *name);
/* The number of `zone` in rec_zones[], or 0xff when it is not there. */
unsigned int rec_zone_number(const struct zone *zone);
/* This CPU-independent threshold of a zone: all CPUs carry the same. */
unsigned int rec_stat_threshold(struct zone *zone);

/* locks.c: -ENOSPC when the machine has more CPUs than the table takes. */
int rec_locks_init(void);
bool rec_is_zone_lock(const void *lock, unsigned int *zone_out);
bool rec_is_pcp_lock(const void *lock, unsigned int *zone_out, unsigned int *cpu_out);

/* reads.c: what the kernel reads without a lock. Callers have interrupts in any state. */
u32 rec_zone_bits(const struct zone *zone); /* REC_ZONE_BITS* */
u64 rec_zone_read(const struct zone *zone); /* REC_ZONE_READ() */
/* The request's first zone is near its watermarks, or short of blocks that are large enough. */
bool rec_reads_matter(u32 gfp, unsigned int order);
void rec_reads_tell(u32 gfp, u8 order);
void rec_flags_tell(void);

/*
 * entry_probes.c and return_probes.c: set what can be set; what cannot is named by the _show functions. With order
 * probes, the ends of lock sections are told as well.
 */
void rec_entry_probes_set(bool with_order);
void rec_entry_probes_clear(void);
void rec_entry_probes_show(struct seq_file *out);
unsigned long rec_entry_probes_missed(void);
void rec_return_probes_set(void);
void rec_return_probes_clear(void);
void rec_return_probes_show(struct seq_file *out);
unsigned long rec_return_probes_missed(void);

/* inflight.c: allocations that have their frame but not yet their event. Callers have interrupts in any state. */
void rec_inflight_set(bool with_order);
void rec_inflight_clear(void);
void rec_inflight_show(struct seq_file *out);
void rec_inflight_begin(u32 gfp, u8 order, u32 alloc_flags);
void rec_inflight_bulk_begin(u32 gfp);
void rec_inflight_bulk_end(u64 count);
void rec_inflight_announce(void);
void rec_inflight_direct(u64 pfn);
bool rec_inflight_past(u64 pfn, u8 migratetype);

/* snapshot.c: buffers are allocated at init, so that taking a snapshot allocates nothing. */
int rec_snapshot_init(void);
void rec_snapshot_fini(void);
int rec_snapshot_take(unsigned int which);
bool rec_block_is_skipped(unsigned long pfn);
const void *rec_snapshot_data(unsigned int which, size_t *bytes_out);

/* sized.c: `requests` seeded requests of odd sizes with at most `live_max` alive. */
int rec_sized_run(u64 seed, unsigned int requests, unsigned int live_max);
/* The same with atomic requests of orders 0 to 3. */
int rec_atomic_run(u64 seed, unsigned int requests, unsigned int live_max);
/* From a timer's interrupt, every @period_us on average, in place of what was set before; 0 stops it. */
int rec_interrupts_set(u64 seed, unsigned int period_us, unsigned int live_max);

#endif
