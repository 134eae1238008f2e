// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compares a model with a snapshot, list by list.
 *
 * Interface: sim_machine_compare, sim_state_diff_same, sim_state_diff_same_compaction.
 * Invariant: the first_* texts describe the first difference in the order zone, order, type (or zone, CPU,
 * list); they are "" exactly when the matching counts are 0.
 */
#include "compare_state.h"

#include <buddy/slowpath.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct compare {
	const struct sim_machine *machine;
	const struct rec_snapshot *snapshot;
	struct sim_state_diff *diff;
	uint64_t *pfns; /* room for one list of the model */
	uint8_t *types;
	uint64_t room;
};

static int make_room(struct compare *c, uint64_t count)
{
	uint64_t *pfns;
	uint8_t *types;

	if (count <= c->room)
		return 0;
	pfns = realloc(c->pfns, count * sizeof(*pfns));
	if (!pfns)
		return -ENOMEM;
	c->pfns = pfns;
	types = realloc(c->types, count);
	if (!types)
		return -ENOMEM;
	c->types = types;
	c->room = count;
	return 0;
}

static const struct rec_list *find_free_list(const struct rec_snapshot *s, uint32_t zone, unsigned order,
					     unsigned type)
{
	for (uint32_t i = 0; i < s->free_list_count; i++) {
		const struct rec_list *list = &s->free_lists[i];

		if (list->zone == zone && list->order == order && list->migratetype == type)
			return list;
	}
	return NULL;
}

static const struct rec_list *find_pcp_list(const struct rec_snapshot *s, uint32_t zone, uint32_t cpu,
					    unsigned pcp_index)
{
	for (uint32_t i = 0; i < s->pcp_list_count; i++) {
		const struct rec_list *list = &s->pcp_lists[i];

		if (list->zone == zone && list->cpu == cpu && list->pindex == pcp_index)
			return list;
	}
	return NULL;
}

static int compare_pfns(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Same blocks whatever their order? Sorts the model's copy. */
static bool same_blocks(struct compare *c, const struct rec_list *list, uint64_t count)
{
	uint64_t *kernel;
	bool same;

	if (count != list->count)
		return false;
	kernel = malloc(count * sizeof(*kernel));
	if (!kernel)
		return false;
	memcpy(kernel, list->pfns, count * sizeof(*kernel));
	qsort(kernel, count, sizeof(*kernel), compare_pfns);
	qsort(c->pfns, count, sizeof(*c->pfns), compare_pfns);
	same = !memcmp(kernel, c->pfns, count * sizeof(*kernel));
	free(kernel);
	return same;
}

static void describe_entry(char *text, size_t room, const char *where, uint64_t at, const uint64_t *model,
			   uint64_t model_count, const struct rec_list *kernel)
{
	char expected[32] = "the end", found[32] = "the end";

	if (kernel && at < kernel->count)
		snprintf(expected, sizeof(expected), "frame %" PRIu64, kernel->pfns[at]);
	if (at < model_count)
		snprintf(found, sizeof(found), "frame %" PRIu64, model[at]);
	snprintf(text, room, "%s, entry %" PRIu64 ": kernel has %s, model has %s", where, at, expected, found);
}

/* Compares one free list; lists empty on both sides do not count. */
static int compare_free_list(struct compare *c, uint32_t zone, unsigned order, unsigned type)
{
	const struct rec_list *kernel = find_free_list(c->snapshot, zone, order, type);
	uint64_t kernel_count = kernel ? kernel->count : 0;
	uint64_t count = buddy_list_length(c->machine->buddy, zone, order, type);
	uint64_t common = count < kernel_count ? count : kernel_count;
	uint64_t same = 0, first = UINT64_MAX;
	struct sim_state_diff *d = c->diff;

	if (!count && !kernel_count)
		return 0;
	if (make_room(c, count))
		return -ENOMEM;
	buddy_list_copy(c->machine->buddy, zone, order, type, c->pfns, c->room);
	for (uint64_t i = 0; i < common; i++) {
		if (c->pfns[i] == kernel->pfns[i])
			same++;
		else if (first == UINT64_MAX)
			first = i;
	}
	d->lists++;
	d->zones[zone].free_pages_kernel += kernel_count << order;
	if (c->snapshot->ordered ? same == count && count == kernel_count : count == kernel_count)
		return 0;
	if (!d->first_list[0]) {
		char where[80];

		snprintf(where, sizeof(where), "zone %s, order %u, type %u", d->zones[zone].name, order, type);
		describe_entry(d->first_list, sizeof(d->first_list), where, first == UINT64_MAX ? common : first,
			       c->pfns, count, kernel);
	}
	d->lists_differing++;
	d->zones[zone].lists_differing++;
	if (kernel && same_blocks(c, kernel, count))
		d->lists_same_blocks++;
	return 0;
}

static bool same_pcp_list(const struct compare *c, const struct rec_list *kernel, uint64_t count)
{
	uint64_t kernel_count = kernel ? kernel->count : 0;

	if (count != kernel_count)
		return false;
	if (!count)
		return true;
	return !memcmp(c->pfns, kernel->pfns, count * sizeof(*c->pfns)) &&
	       !memcmp(c->types, kernel->migratetypes, count);
}

static int compare_pcp_list(struct compare *c, uint32_t zone, uint32_t cpu, unsigned pcp_index)
{
	const struct rec_list *kernel = find_pcp_list(c->snapshot, zone, cpu, pcp_index);
	uint64_t kernel_count = kernel ? kernel->count : 0;
	struct sim_state_diff *d = c->diff;
	uint64_t first = 0, count = buddy_pcp_copy(c->machine->buddy, zone, cpu, pcp_index, c->pfns, c->types, c->room);

	if (count > c->room) {
		if (make_room(c, count))
			return -ENOMEM;
		buddy_pcp_copy(c->machine->buddy, zone, cpu, pcp_index, c->pfns, c->types, c->room);
	}
	d->pcp_lists += count || kernel_count;
	if (same_pcp_list(c, kernel, count))
		return 0;
	d->pcp_lists_differing++;
	while (first < count && first < kernel_count && c->pfns[first] == kernel->pfns[first] &&
	       c->types[first] == kernel->migratetypes[first])
		first++;
	if (!d->first_pcp[0]) {
		char where[80];

		snprintf(where, sizeof(where), "zone %s, CPU %" PRIu32 ", list %u", d->zones[zone].name, cpu,
			 pcp_index);
		describe_entry(d->first_pcp, sizeof(d->first_pcp), where, first, c->pfns, count, kernel);
	}
	return 0;
}

static int compare_lists(struct compare *c)
{
	const struct buddy *buddy = c->machine->buddy;
	unsigned pcp_lists = buddy_pcp_list_count(buddy);

	for (uint32_t zone = 0; zone < c->machine->zone_count; zone++) {
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
			for (unsigned type = 0; type < BUDDY_TYPE_COUNT; type++)
				if (compare_free_list(c, zone, order, type))
					return -ENOMEM;
		for (uint32_t cpu = 0; cpu < c->machine->cpu_count; cpu++)
			for (unsigned index = 0; index < pcp_lists; index++)
				if (compare_pcp_list(c, zone, cpu, index))
					return -ENOMEM;
	}
	return 0;
}

static void compare_pageblocks(struct compare *c, uint32_t zone)
{
	const struct rec_zone *z = &c->snapshot->zones[zone];
	struct sim_zone_diff *d = &c->diff->zones[zone];
	uint64_t block_pages = UINT64_C(1) << c->snapshot->kernel.pageblock_order;

	for (uint64_t block = 0; z->pageblock_types && block < z->pageblock_count; block++) {
		uint64_t pfn = z->pageblock_start_pfn + block * block_pages;
		unsigned type;

		if (pfn < z->z.start_pfn)
			pfn = z->z.start_pfn;
		if (pfn >= z->z.start_pfn + z->z.spanned_pages)
			break;
		type = buddy_pageblock_type(c->machine->buddy, pfn);
		d->pageblocks++;
		if (type == z->pageblock_types[block])
			continue;
		d->pageblock_types_wrong++;
		if (!c->diff->first_pageblock[0])
			snprintf(c->diff->first_pageblock, sizeof(c->diff->first_pageblock),
				 "zone %s, pageblock of frame %" PRIu64 ": kernel has type %u, model has type %u",
				 d->name, pfn, z->pageblock_types[block], type);
	}
	c->diff->pageblocks += d->pageblocks;
	c->diff->pageblock_types_wrong += d->pageblock_types_wrong;
}

/* One CPU's settings and unflushed difference in one zone. */
static void compare_pcp_settings(struct compare *c, const struct rec_wire_pcp *p)
{
	struct sim_state_diff *d = c->diff;
	struct buddy_pcp_tuning t;
	bool same;

	if (p->zone >= c->machine->zone_count || p->cpu >= c->machine->cpu_count)
		return;
	buddy_pcp_tuning_get(c->machine->buddy, p->zone, p->cpu, &t);
	if (t.free_pages_diff != p->free_pages_diff) {
		d->pcp_counter_differing++;
		if (!d->first_counter[0])
			snprintf(d->first_counter, sizeof(d->first_counter),
				 "zone %s, CPU %" PRIu32 ": kernel's difference is %" PRId64
				 ", the model's %" PRId64, d->zones[p->zone].name, p->cpu, (int64_t)p->free_pages_diff,
				 t.free_pages_diff);
	}
	same = t.high_pages == p->high && t.batch_pages == p->batch && t.free_factor == p->free_factor &&
	       t.alloc_factor == p->alloc_factor && t.free_count == p->free_count && t.flags == p->flags;
	d->pcp_tuning_differing += !same;
}

/* How long failed compactions keep others from trying. */
static void compare_deferral(struct compare *c, uint32_t zone)
{
	const struct rec_zone *z = &c->snapshot->zones[zone];
	struct sim_state_diff *d = c->diff;
	struct buddy_deferral own;

	if (!z->has_compact)
		return;
	buddy_deferral_get(c->machine->buddy, zone, &own);
	if (own.considered == z->compact.considered && own.shift == z->compact.defer_shift &&
	    own.order_failed == (int32_t)z->compact.order_failed)
		return;
	d->deferral_differing++;
	if (!d->first_counter[0])
		snprintf(d->first_counter, sizeof(d->first_counter),
			 "zone %s: kernel's compaction is deferred %" PRIu32 " of 2^%" PRIu32 " from order %" PRIu32
			 ", the model's %" PRIu32 " of 2^%" PRIu32 " from order %" PRId32, d->zones[zone].name,
			 z->compact.considered, z->compact.defer_shift, z->compact.order_failed, own.considered,
			 own.shift, own.order_failed);
}

static void compare_counters(struct compare *c, uint32_t zone)
{
	struct sim_state_diff *d = c->diff;
	struct sim_zone_diff *z = &d->zones[zone];

	z->counter_model = buddy_free_pages_counter(c->machine->buddy, zone);
	z->counter_kernel = c->snapshot->zones[zone].z.free_pages;
	z->free_pages_model = buddy_free_pages_listed(c->machine->buddy, zone);
	d->free_pages_model += z->free_pages_model;
	d->free_pages_kernel += z->free_pages_kernel;
	if (z->counter_model == z->counter_kernel)
		return;
	d->counters_identical = false;
	if (!d->first_counter[0])
		snprintf(d->first_counter, sizeof(d->first_counter),
			 "zone %s: kernel's free counter is %" PRId64 ", the model's %" PRId64, z->name,
			 z->counter_kernel, z->counter_model);
}

static bool same_memory(const struct buddy_compact_zone *a, const struct buddy_compact_zone *b)
{
	return a->cached_free_pfn == b->cached_free_pfn && a->cached_migrate_pfn[0] == b->cached_migrate_pfn[0] &&
	       a->cached_migrate_pfn[1] == b->cached_migrate_pfn[1] && a->init_migrate_pfn == b->init_migrate_pfn &&
	       a->init_free_pfn == b->init_free_pfn && a->flush == b->flush;
}

static void compare_skip_marks(struct compare *c, uint32_t zone)
{
	const struct rec_zone *z = &c->snapshot->zones[zone];
	struct sim_state_diff *d = c->diff;

	for (uint64_t block = 0; z->skip && block < z->pageblock_count; block++) {
		uint64_t pfn = z->pageblock_start_pfn + block * c->machine->pageblock_pages;
		bool kernel = z->skip[block / 8] >> block % 8 & 1;

		pfn = pfn > z->z.start_pfn ? pfn : z->z.start_pfn;
		d->skip_marks++;
		if (buddy_skip(c->machine->buddy, pfn) == kernel)
			continue;
		d->skip_marks_wrong++;
		if (!d->first_compact[0])
			snprintf(d->first_compact, sizeof(d->first_compact),
				 "zone %s, pageblock of frame %" PRIu64 ": compaction skips it in the %s alone",
				 d->zones[zone].name, pfn, kernel ? "kernel" : "model");
	}
}

static void compare_compaction(struct compare *c, uint32_t zone)
{
	const struct rec_zone *z = &c->snapshot->zones[zone];
	struct buddy_compact_zone kernel = sim_compact_memory(z), model;
	struct sim_state_diff *d = c->diff;

	compare_skip_marks(c, zone);
	if (!z->has_compact)
		return;
	d->compact_zones++;
	buddy_compact_zone_get(c->machine->buddy, zone, &model);
	if (same_memory(&kernel, &model))
		return;
	d->compact_zones_differing++;
	if (!d->first_compact[0])
		snprintf(d->first_compact, sizeof(d->first_compact),
			 "zone %s: kernel's scanners start at %" PRIu64 ", %" PRIu64 " and %" PRIu64
			 ", the model's at %" PRIu64 ", %" PRIu64 " and %" PRIu64, d->zones[zone].name,
			 kernel.cached_migrate_pfn[0], kernel.cached_migrate_pfn[1], kernel.cached_free_pfn,
			 model.cached_migrate_pfn[0], model.cached_migrate_pfn[1], model.cached_free_pfn);
}

static int check_zones(const struct compare *c, struct sim_error *error)
{
	const struct sim_machine *m = c->machine;
	const struct rec_snapshot *s = c->snapshot;

	if (s->zone_count != m->zone_count)
		return sim_fail(error, -EBADMSG,
				"snapshot 1 does not fit snapshot 0: expected %" PRIu32 " zones, found %" PRIu32,
				m->zone_count, s->zone_count);
	for (uint32_t i = 0; i < s->zone_count; i++) {
		if (s->zones[i].z.start_pfn == m->zones[i].start_pfn &&
		    s->zones[i].z.spanned_pages == m->zones[i].spanned_pages)
			continue;
		return sim_fail(error, -EBADMSG,
				"snapshot 1 does not fit snapshot 0: zone %s: expected %" PRIu64
				" frames from %" PRIu64 ", found %" PRIu64 " from %" PRIu64,
				m->zones[i].name, m->zones[i].spanned_pages, m->zones[i].start_pfn,
				(uint64_t)s->zones[i].z.spanned_pages, (uint64_t)s->zones[i].z.start_pfn);
	}
	return 0;
}

int sim_machine_compare(const struct sim_machine *machine, const struct rec_snapshot *snapshot,
			struct sim_state_diff *out, struct sim_error *error)
{
	struct sim_state_diff *diff = calloc(1, sizeof(*diff));
	struct compare c = { .machine = machine, .snapshot = snapshot, .diff = diff };
	int result = diff ? check_zones(&c, error) : sim_fail(error, -ENOMEM, "no memory to compare states");

	if (result)
		goto out;
	diff->ordered = snapshot->ordered;
	diff->counters_identical = true;
	diff->zone_count = machine->zone_count;
	for (uint32_t zone = 0; zone < machine->zone_count; zone++)
		snprintf(diff->zones[zone].name, sizeof(diff->zones[zone].name), "%s", machine->zones[zone].name);
	result = compare_lists(&c);
	if (result) {
		sim_fail(error, result, "no memory to compare lists");
		goto out;
	}
	for (uint32_t i = 0; i < snapshot->pcp_count; i++)
		compare_pcp_settings(&c, &snapshot->pcps[i]);
	for (uint32_t zone = 0; zone < machine->zone_count; zone++) {
		compare_pageblocks(&c, zone);
		compare_counters(&c, zone);
		compare_deferral(&c, zone);
		compare_compaction(&c, zone);
	}
	diff->lists_identical_in_order = diff->ordered && !diff->lists_differing;
	diff->pcp_identical = !diff->pcp_lists_differing;
	diff->counters_identical = diff->counters_identical && !diff->pcp_counter_differing;
	*out = *diff;
out:
	free(c.pfns);
	free(c.types);
	free(diff);
	return result;
}

bool sim_state_diff_same(const struct sim_state_diff *diff)
{
	return diff->lists_identical_in_order && diff->pcp_identical && !diff->pageblock_types_wrong &&
	       diff->counters_identical && !diff->pcp_tuning_differing;
}

bool sim_state_diff_same_compaction(const struct sim_state_diff *diff)
{
	return !diff->compact_zones_differing && !diff->skip_marks_wrong;
}
