// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds kernel addresses by name and numbers the zones.
 *
 * Interface: rec_symbols_init, rec_symbol, rec_zone_number, rec_stat_threshold.
 * kallsyms_lookup_name is not exported; a kprobe that is registered and removed at once gives its address. It is called
 * as the kernel calls it, directly: where a processor tracks branches (IBT), 6.12 has no landing place there for a call
 * through a pointer and would stop the machine.
 */
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/nodemask.h>
#include <linux/percpu.h>
#include <linux/static_call.h>

#include "recorder.h"

struct zone *rec_zones[REC_ZONE_CAPACITY];
unsigned int rec_zone_count;

DEFINE_STATIC_CALL_RET0(rec_lookup_name, kallsyms_lookup_name);

static void number_zones(void)
{
	int node, type;

	for_each_online_node(node) {
		for (type = 0; type < MAX_NR_ZONES; type++) {
			struct zone *zone = &NODE_DATA(node)->node_zones[type];

			if (populated_zone(zone) && rec_zone_count < REC_ZONE_CAPACITY)
				rec_zones[rec_zone_count++] = zone;
		}
	}
}

int rec_symbols_init(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	int error = register_kprobe(&probe);

	if (error)
		return error;
	static_call_update(rec_lookup_name, (typeof(&kallsyms_lookup_name))probe.addr);
	unregister_kprobe(&probe);
	number_zones();
	return 0;
}

unsigned long rec_symbol(const char *name)
{
	return static_call(rec_lookup_name)(name);
}

unsigned int notrace rec_zone_number(const struct zone *zone)
{
	unsigned int i;

	for (i = 0; i < rec_zone_count; i++)
		if (rec_zones[i] == zone)
			return i;
	return 0xff;
}

unsigned int notrace rec_stat_threshold(struct zone *zone)
{
	return (u8)raw_cpu_ptr(zone->per_cpu_zonestats)->stat_threshold;
}
