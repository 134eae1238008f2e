// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tells a zone lock or a per-CPU list lock from every other spinlock.
 *
 * Role: the order probes hook the unlock functions of the whole kernel; this is their filter.
 * Interface: rec_locks_init, rec_is_zone_lock, rec_is_pcp_lock.
 * Invariant: the table is filled before any probe is set and never changes; it is at most half full.
 */
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/percpu.h>

#include "recorder.h"

#define LOCK_SLOTS_BITS 12
#define LOCK_SLOTS (1u << LOCK_SLOTS_BITS)

static struct {
	const void *lock;
	u16 zone;
	u16 cpu;
} pcp_locks[LOCK_SLOTS];

static unsigned int notrace slot_of(const void *lock)
{
	unsigned int slot = hash_ptr(lock, LOCK_SLOTS_BITS);

	while (pcp_locks[slot].lock && pcp_locks[slot].lock != lock)
		slot = (slot + 1) % LOCK_SLOTS;
	return slot;
}

int rec_locks_init(void)
{
	unsigned int zone, cpu, slot, count = 0;

	for (zone = 0; zone < rec_zone_count; zone++) {
		for_each_possible_cpu(cpu) {
			const void *lock = &per_cpu_ptr(rec_zones[zone]->per_cpu_pageset, cpu)->lock;

			if (++count > LOCK_SLOTS / 2)
				return -ENOSPC;
			slot = slot_of(lock);
			pcp_locks[slot].lock = lock;
			pcp_locks[slot].zone = zone;
			pcp_locks[slot].cpu = cpu;
		}
	}
	return 0;
}

bool notrace rec_is_zone_lock(const void *lock, unsigned int *zone_out)
{
	unsigned int zone;

	for (zone = 0; zone < rec_zone_count; zone++) {
		if (lock == &rec_zones[zone]->lock) {
			*zone_out = zone;
			return true;
		}
	}
	return false;
}

bool notrace rec_is_pcp_lock(const void *lock, unsigned int *zone_out, unsigned int *cpu_out)
{
	unsigned int slot = slot_of(lock);

	if (!pcp_locks[slot].lock)
		return false;
	*zone_out = pcp_locks[slot].zone;
	*cpu_out = pcp_locks[slot].cpu;
	return true;
}
