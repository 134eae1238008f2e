// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loads a recording's snapshot into a model.
 *
 * Interface: sim_machine_load, sim_machine_load_empty, sim_machine_unload, sim_compact_memory.
 * Invariant: a machine that was handed out owns its mapping and passes buddy_check.
 */
#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <buddy/slowpath.h>

#include "draw.h"

#define OVERRIDE_HINT " (override with --kernel)"

struct buddy_compact_zone sim_compact_memory(const struct rec_zone *zone)
{
	const struct rec_wire_compact *w = &zone->compact;

	return (struct buddy_compact_zone){
		.cached_free_pfn = w->cached_free_pfn,
		.cached_migrate_pfn = { w->cached_migrate_pfn[0], w->cached_migrate_pfn[1] },
		.init_migrate_pfn = w->init_migrate_pfn,
		.init_free_pfn = w->init_free_pfn,
		.flush = w->blockskip_flush != 0,
	};
}

/* @hint: what else can be done, "" when nothing. */
static int unknown_kernel(struct sim_error *error, const char *kernel, const char *hint)
{
	char known[256] = "";
	const struct buddy_profile *profile;

	for (size_t i = 0; (profile = buddy_profile_at(i)); i++) {
		size_t used = strlen(known);

		snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "", profile->name);
	}
	return sim_fail(error, -EPROTONOSUPPORT,
			"unknown kernel release: expected one of %s%s, found \"%s\"", known, hint, kernel);
}

/* Reserves the model's memory without touching it and initialises an empty model there. */
static int machine_create(struct sim_machine *m, const struct buddy_config *config, struct sim_error *error)
{
	int result;

	m->pageblock_order = config->pageblock_order;
	m->memory_bytes = buddy_footprint(config);
	if (!m->memory_bytes)
		return sim_fail(error, -EBADMSG,
				"the zones cannot be modelled: expected at most %u ascending, disjoint zones",
				BUDDY_ZONE_COUNT_MAX);
	m->memory = mmap(NULL, m->memory_bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m->memory == MAP_FAILED) {
		m->memory = NULL;
		return sim_fail(error, -ENOMEM, "no memory for the model: %zu bytes wanted", m->memory_bytes);
	}
	result = buddy_init(m->memory, m->memory_bytes, config, &m->buddy);
	if (result)
		return sim_fail(error, -EBADMSG, "the model refuses these zones: %s", strerror(-result));
	return 0;
}

static void machine_set_zones(struct sim_machine *m, const struct buddy_zone_config *zones, uint32_t count)
{
	m->zone_count = count;
	m->start_pfn = UINT64_MAX;
	m->end_pfn = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t end_pfn = zones[i].start_pfn + zones[i].spanned_pages;

		m->zones[i] = zones[i];
		if (zones[i].node >= m->node_count)
			m->node_count = zones[i].node + 1;
		snprintf(m->zone_names[i], sizeof(m->zone_names[i]), "%.15s", zones[i].name);
		if (zones[i].start_pfn < m->start_pfn)
			m->start_pfn = zones[i].start_pfn;
		if (end_pfn > m->end_pfn)
			m->end_pfn = end_pfn;
	}
}

/* Names of a machine that was copied must point into the copy. */
static void machine_point_names(struct sim_machine *m)
{
	for (uint32_t i = 0; i < m->zone_count; i++)
		m->zones[i].name = m->zone_names[i];
}

static uint32_t snapshot_cpu_count(const struct rec_snapshot *s)
{
	uint32_t count = s->kernel.online_cpus ? s->kernel.online_cpus : 1;

	for (uint32_t i = 0; i < s->pcp_count; i++)
		if (s->pcps[i].cpu >= count)
			count = s->pcps[i].cpu + 1;
	return count;
}

static int create_from_snapshot(struct sim_machine *m, const struct rec_snapshot *s,
				const struct sim_load_options *options, struct sim_error *error)
{
	bool chosen = options && options->kernel;
	const char *kernel = chosen ? options->kernel : s->kernel.release;
	struct buddy_zone_config zones[BUDDY_ZONE_COUNT_MAX];
	struct buddy_config config = { 0 };

	m->profile = buddy_profile_find(kernel);
	if (!m->profile)
		return unknown_kernel(error, kernel, chosen ? "" : OVERRIDE_HINT);
	if (!s->ordered)
		return sim_fail(error, -EBADMSG, "snapshot: expected lists, found only how long they are");
	if (s->zone_count == 0 || s->zone_count > BUDDY_ZONE_COUNT_MAX)
		return sim_fail(error, -EBADMSG, "snapshot: expected 1 to %u zones, found %" PRIu32,
				BUDDY_ZONE_COUNT_MAX, s->zone_count);
	m->cpu_count = snapshot_cpu_count(s);
	if (m->cpu_count > BUDDY_CPU_COUNT_MAX)
		return sim_fail(error, -EBADMSG, "snapshot: expected at most %u CPUs, found %" PRIu32,
				BUDDY_CPU_COUNT_MAX, m->cpu_count);
	for (uint32_t i = 0; i < s->zone_count; i++) {
		const struct rec_wire_zone *z = &s->zones[i].z;

		zones[i].node = z->node;
		zones[i].type = z->zone_type;
		zones[i].name = z->name;
		zones[i].start_pfn = z->start_pfn;
		zones[i].spanned_pages = z->spanned_pages;
	}
	machine_set_zones(m, zones, s->zone_count);
	config.profile = m->profile;
	config.zones = zones;
	config.zone_count = s->zone_count;
	config.cpu_count = m->cpu_count;
	config.pageblock_order = s->kernel.pageblock_order;
	m->pageblock_pages = UINT64_C(1) << config.pageblock_order;
	config.with_cma = s->kernel.migratetype_count > 5;
	return machine_create(m, &config, error);
}

/* Bit of zone->flags; 6.1 has no such flag and leaves the bit 0. Source: enum zone_flags, 6.12. */
#define ZONE_FLAG_BELOW_HIGH 0x4u

static int set_deferral(struct sim_machine *m, uint32_t zone, const struct rec_wire_compact *c)
{
	return buddy_deferral_set(m->buddy, zone, &(struct buddy_deferral){ .considered = c->considered,
									    .shift = c->defer_shift,
									    .order_failed = (int32_t)c->order_failed });
}

/* What decides when compaction runs; a daemon whose wishes are out of range keeps those of a fresh one. */
static void set_daemons(struct sim_machine *m, const struct rec_snapshot *s)
{
	m->proactiveness = s->has_daemons ? (uint32_t)s->daemons.compaction_proactiveness : 20;
	if (!s->has_daemons)
		return;
	buddy_set_extfrag_threshold(m->buddy, (unsigned)s->daemons.extfrag_threshold);
	for (uint32_t i = 0; i < s->daemons.node_count && i < REC_WIRE_NODES; i++) {
		const struct rec_wire_node *n = &s->daemons.nodes[i];

		(void)buddy_kcompactd_set(m->buddy, i,
					  &(struct buddy_kcompactd){ .max_order = n->kcompactd_max_order,
								     .highest_type = n->kcompactd_highest_type,
								     .asleep = n->kcompactd_waits });
		if (i < m->node_count)
			buddy_kswapd_sleeps(m->buddy, i, n->kswapd_waits);
	}
}

static int tune_zones(struct sim_machine *m, const struct rec_snapshot *s, struct sim_error *error)
{
	for (uint32_t i = 0; i < s->zone_count; i++) {
		const struct rec_wire_zone *z = &s->zones[i].z;
		struct buddy_zone_tuning t = { 0 };

		t.present_pages = z->present_pages;
		t.managed_pages = z->managed_pages;
		for (unsigned mark = 0; mark < BUDDY_MARK_COUNT; mark++)
			t.mark_pages[mark] = z->watermark[mark];
		t.boost_pages = z->watermark_boost;
		for (unsigned type = 0; type < BUDDY_ZONE_TYPE_COUNT; type++)
			t.lowmem_reserve_pages[type] = z->lowmem_reserve[type];
		t.highatomic_reserved_pages = z->nr_reserved_highatomic;
		t.drift_mark_pages = z->percpu_drift_mark;
		t.boost_factor = s->has_settings ? s->settings.watermark_boost_factor : 15000;
		t.reclaim_active = z->reclaim_active != 0;
		t.below_high = z->flags & ZONE_FLAG_BELOW_HIGH;
		if (buddy_zone_tune(m->buddy, i, &t) || buddy_zone_set_free_pages(m->buddy, i, z->free_pages))
			return sim_fail(error, -EBADMSG, "snapshot: zone %s has settings out of range", z->name);
		if (s->zones[i].has_compact && set_deferral(m, i, &s->zones[i].compact))
			return sim_fail(error, -EBADMSG, "snapshot: zone %s has a deferral out of range", z->name);
	}
	return 0;
}

static int tune_pcps(struct sim_machine *m, const struct rec_snapshot *s, struct sim_error *error)
{
	for (uint32_t i = 0; i < s->pcp_count; i++) {
		const struct rec_wire_pcp *p = &s->pcps[i];
		struct buddy_pcp_tuning t = { 0 };

		t.high_pages = p->high;
		t.batch_pages = p->batch;
		t.free_factor = p->free_factor;
		t.high_min_pages = p->high_min;
		t.high_max_pages = p->high_max;
		t.alloc_factor = p->alloc_factor;
		t.free_count = p->free_count;
		t.flags = p->flags;
		t.free_pages_diff = p->free_pages_diff;
		t.stat_threshold = p->stat_threshold;
		if (buddy_pcp_tune(m->buddy, p->zone, p->cpu, &t))
			return sim_fail(error, -EBADMSG,
					"snapshot: per-CPU settings of zone %" PRIu32 ", CPU %" PRIu32
					" are out of range", p->zone, p->cpu);
	}
	return 0;
}

static int set_pageblocks(struct sim_machine *m, const struct rec_snapshot *s, struct sim_error *error)
{
	uint64_t block_pages = UINT64_C(1) << s->kernel.pageblock_order;

	for (uint32_t i = 0; i < s->zone_count; i++) {
		const struct rec_zone *z = &s->zones[i];
		uint64_t end_pfn = z->z.start_pfn + z->z.spanned_pages;

		for (uint64_t block = 0; z->pageblock_types && block < z->pageblock_count; block++) {
			uint64_t pfn = z->pageblock_start_pfn + block * block_pages;

			if (pfn < z->z.start_pfn)
				pfn = z->z.start_pfn;
			if (pfn < end_pfn && buddy_set_pageblock_type(m->buddy, pfn, z->pageblock_types[block]))
				return sim_fail(error, -EBADMSG,
						"snapshot: pageblock of frame %" PRIu64
						": expected a migratetype, found %u", pfn, z->pageblock_types[block]);
		}
	}
	return 0;
}

/* Compound pages in use; without that record the model knows only those allocated since. */
static void set_compound(struct sim_machine *m, const struct rec_snapshot *s)
{
	for (uint32_t i = 0; i < s->zone_count; i++) {
		const struct rec_zone *z = &s->zones[i];

		for (uint64_t at = 0; z->compound && at < z->z.spanned_pages; at++)
			if (z->compound[at])
				(void)buddy_set_compound(m->buddy, z->z.start_pfn + at, z->compound[at]);
	}
}

static bool bit_at(const uint8_t *bitmap, uint64_t i) { return bitmap[i / 8] >> i % 8 & 1; }

/* One pageblock: whether compaction skips it, and whether it has a hole at either end. */
static void set_marks(struct sim_machine *m, const struct rec_zone *z, uint64_t block)
{
	uint64_t zone_end_pfn = z->z.start_pfn + z->z.spanned_pages;
	uint64_t start = z->pageblock_start_pfn + block * m->pageblock_pages;
	uint64_t end = start + m->pageblock_pages;

	start = start > z->z.start_pfn ? start : z->z.start_pfn;
	end = end < zone_end_pfn ? end : zone_end_pfn;
	if (z->skip)
		buddy_skip_set(m->buddy, start, bit_at(z->skip, block));
	if (z->holes && !(z->has_compact && z->compact.contiguous))
		buddy_hole_set(m->buddy, start, bit_at(z->holes, start - z->z.start_pfn) ||
						bit_at(z->holes, end - 1 - z->z.start_pfn));
}

static void set_compaction(struct sim_machine *m, const struct rec_snapshot *s)
{
	for (uint32_t i = 0; i < s->zone_count; i++) {
		const struct rec_zone *z = &s->zones[i];
		struct buddy_compact_zone memory = sim_compact_memory(z);

		if (z->has_compact)
			buddy_compact_zone_set(m->buddy, i, &memory);
		for (uint64_t block = 0; block < z->pageblock_count; block++)
			set_marks(m, z, block);
	}
}

static void set_movable(struct sim_machine *m, const struct rec_snapshot *s)
{
	for (uint32_t i = 0; i < s->zone_count; i++) {
		const struct rec_zone *z = &s->zones[i];
		uint64_t bytes = z->movable ? (z->z.spanned_pages + 7) / 8 : 0;

		for (uint64_t at = 0; at < bytes; at++) {
			for (unsigned bits = z->movable[at]; bits; bits &= bits - 1) {
				uint64_t pfn = z->z.start_pfn + at * 8 + (unsigned)__builtin_ctz(bits);

				(void)buddy_set_movable(m->buddy, pfn, true);
			}
		}
	}
}

static void shuffle(uint64_t *pfns, uint32_t count, uint64_t *state)
{
	for (uint32_t i = count; i > 1; i--) {
		uint32_t other = (uint32_t)(sim_draw(state) % i);
		uint64_t pfn = pfns[i - 1];

		pfns[i - 1] = pfns[other];
		pfns[other] = pfn;
	}
}

static int load_one_free_list(struct sim_machine *m, const struct rec_list *list, const uint64_t *pfns,
			      struct sim_error *error)
{
	for (uint32_t i = 0; i < list->count; i++) {
		int result = buddy_load_free(m->buddy, pfns[i], list->order, list->migratetype);

		if (result)
			return sim_fail(error, -EBADMSG,
					"snapshot: free list of zone %" PRIu32 ", order %" PRIu32 ", type %" PRIu32
					", entry %" PRIu32 ": frame %" PRIu64 " cannot be free there: %s",
					list->zone, list->order, list->migratetype, i, pfns[i], strerror(-result));
		m->free_gap_pages[list->zone] += INT64_C(1) << list->order;
	}
	return 0;
}

static int load_free_lists(struct sim_machine *m, const struct rec_snapshot *s,
			   const struct sim_load_options *options, struct sim_error *error)
{
	uint64_t random_state = options ? options->seed : 0;
	bool shuffled = options && options->control == SIM_CONTROL_SHUFFLE_LISTS;

	for (uint32_t i = 0; i < s->free_list_count; i++) {
		const struct rec_list *list = &s->free_lists[i];
		uint64_t *copy = NULL;
		int result;

		if (list->zone >= m->zone_count || list->order >= BUDDY_ORDER_COUNT)
			return sim_fail(error, -EBADMSG, "snapshot: free list of zone %" PRIu32 ", order %" PRIu32
					": there is no such list", list->zone, list->order);
		if (shuffled) {
			copy = malloc((list->count + 1u) * sizeof(*copy));
			if (!copy)
				return sim_fail(error, -ENOMEM, "no memory to shuffle a list");
			if (list->count)
				memcpy(copy, list->pfns, list->count * sizeof(*copy));
			shuffle(copy, list->count, &random_state);
		}
		result = load_one_free_list(m, list, shuffled ? copy : list->pfns, error);
		free(copy);
		if (result)
			return result;
	}
	return 0;
}

static int load_pcp_lists(struct sim_machine *m, const struct rec_snapshot *s, bool reversed,
			  struct sim_error *error)
{
	for (uint32_t i = 0; i < s->pcp_list_count; i++) {
		const struct rec_list *list = &s->pcp_lists[i];

		for (uint32_t k = 0; k < list->count; k++) {
			uint32_t at = reversed ? list->count - 1 - k : k;
			int result = buddy_load_pcp(m->buddy, list->pfns[at], list->cpu, list->pindex,
						    list->migratetypes[at]);

			if (result)
				return sim_fail(error, -EBADMSG,
						"snapshot: list %" PRIu32 " of CPU %" PRIu32 ", zone %" PRIu32
						", entry %" PRIu32 ": frame %" PRIu64 " cannot be there: %s",
						list->pindex, list->cpu, list->zone, at, list->pfns[at],
						strerror(-result));
		}
	}
	return 0;
}

/* The kernel leaves frames of isolated pageblocks out of its free counter; otherwise both counts agree. */
static void note_free_gaps(struct sim_machine *m, const struct rec_snapshot *s)
{
	for (uint32_t i = 0; i < s->zone_count; i++)
		m->free_gap_pages[i] -= s->zones[i].z.free_pages;
	for (uint32_t i = 0; i < s->pcp_count; i++)
		if (s->pcps[i].zone < m->zone_count)
			m->free_gap_pages[s->pcps[i].zone] -= s->pcps[i].free_pages_diff;
}

static int machine_fill(struct sim_machine *m, const struct rec_snapshot *s,
			const struct sim_load_options *options, struct sim_error *error)
{
	bool reversed = options && options->control == SIM_CONTROL_REVERSE_PCP;
	char wrong[256];
	int result;

	result = tune_zones(m, s, error);
	if (!result)
		result = set_pageblocks(m, s, error);
	if (!result)
		result = tune_pcps(m, s, error);
	if (result)
		return result;
	set_movable(m, s);
	set_compaction(m, s);
	result = load_free_lists(m, s, options, error);
	if (!result)
		result = load_pcp_lists(m, s, reversed, error);
	if (result)
		return result;
	set_daemons(m, s);
	set_compound(m, s);
	note_free_gaps(m, s);
	if (!buddy_check(m->buddy, wrong, sizeof(wrong)))
		return sim_fail(error, -EBADMSG, "snapshot contradicts itself: %s", wrong);
	return 0;
}

int sim_machine_load(struct sim_machine *machine, const struct rec_snapshot *snapshot,
		     const struct sim_load_options *options, struct sim_error *error)
{
	struct sim_machine m = { 0 };
	int result = create_from_snapshot(&m, snapshot, options, error);

	if (!result)
		result = machine_fill(&m, snapshot, options, error);
	if (result) {
		sim_machine_unload(&m);
		return result;
	}
	*machine = m;
	machine_point_names(machine);
	return 0;
}

int sim_machine_load_empty(struct sim_machine *machine, const struct sim_layout *layout, const char *kernel,
			   struct sim_error *error)
{
	struct sim_machine m = { .all_free = true, .cpu_count = layout->cpu_count };
	struct buddy_config config = { .zones = layout->zones, .zone_count = layout->zone_count,
				       .cpu_count = layout->cpu_count, .pageblock_order = 9 };
	int result = 0;

	m.pageblock_pages = UINT64_C(1) << config.pageblock_order;
	m.profile = kernel ? buddy_profile_find(kernel) : buddy_profile_at(0);
	if (!m.profile)
		return unknown_kernel(error, kernel ? kernel : "", OVERRIDE_HINT);
	config.profile = m.profile;
	machine_set_zones(&m, layout->zones, layout->zone_count);
	result = machine_create(&m, &config, error);
	for (uint32_t i = 0; !result && i < m.zone_count; i++) {
		const struct buddy_zone_config *z = &layout->zones[i];

		if (buddy_add_range(m.buddy, z->start_pfn, z->start_pfn + z->spanned_pages))
			result = sim_fail(error, -EBADMSG, "the model refuses the frames of zone %s", z->name);
	}
	if (result) {
		sim_machine_unload(&m);
		return result;
	}
	*machine = m;
	machine_point_names(machine);
	return 0;
}

void sim_machine_unload(struct sim_machine *machine)
{
	if (machine->memory)
		munmap(machine->memory, machine->memory_bytes);
	memset(machine, 0, sizeof(*machine));
}
