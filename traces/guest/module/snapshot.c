// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes the exact state of the page allocator as tagged records (rec/wire.h).
 *
 * Role: with every CPU stopped and interrupts off, walks free lists and per-CPU lists in list order and emits
 * REC_SNAPSHOT into the trace, so that the picture's place among the events is exact.
 * Interface: rec_snapshot_{init,fini,take,data}, rec_block_is_skipped.
 * Invariant: both buffers are allocated and touched at init; nothing is allocated or freed while stopped. A
 * picture that does not fit is refused, never cut.
 *
 *   buffer: | KERNEL | SETTINGS | DAEMONS | ZONE COMPACT HOLES? PAGEBLOCKS SKIP MOVABLE COMPOUND FREE_LIST*
 *           PCP PCP_LIST* | ... | END |
 */
#include <linux/cpumask.h>
#include <linux/memory_hotplug.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pageblock-flags.h>
#include <linux/stop_machine.h>
#include <linux/trace_clock.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>

#include "events.h"
#include "recorder.h"

#define SNAPSHOT_COUNT 2

struct snapshot {
	u8 *data;
	size_t used;
	size_t capacity;
	bool overflow;
	u64 walked_pages;
};

static struct snapshot snapshots[SNAPSHOT_COUNT];

/* As get_pfnblock_flags_mask(), which is not exported. */
static unsigned long pageblock_flags(unsigned long pfn, unsigned long mask)
{
	const unsigned long *bits = section_to_usemap(__pfn_to_section(pfn));
	unsigned long at = ((pfn & (PAGES_PER_SECTION - 1)) >> pageblock_order) * NR_PAGEBLOCK_BITS;

	return READ_ONCE(bits[at / BITS_PER_LONG]) >> (at % BITS_PER_LONG) & mask;
}

static void *put(struct snapshot *s, size_t bytes)
{
	void *at = s->data + s->used;

	if (s->overflow || bytes > s->capacity - s->used) {
		s->overflow = true;
		return NULL;
	}
	s->used += bytes;
	return at;
}

/* Opens a record; the buffer is zero beyond `used`, so padding needs no writing. */
static void *put_record(struct snapshot *s, u32 tag, size_t bytes)
{
	struct rec_tlv *head = put(s, sizeof(*head) + ALIGN(bytes, 8));

	if (!head)
		return NULL;
	head->tag = tag;
	head->bytes = bytes;
	return head + 1;
}

static u64 word(const char *name, size_t bytes, u64 fallback)
{
	unsigned long at = rec_symbol(name);

	if (!at)
		return fallback;
	return bytes == 8 ? *(u64 *)at : *(u32 *)at;
}

static void put_kernel(struct snapshot *s, unsigned int which)
{
	struct rec_wire_kernel *k = put_record(s, REC_TLV_KERNEL, sizeof(*k));

	if (!k)
		return;
	k->wire_version = REC_WIRE_VERSION;
	k->snapshot = which;
	k->page_shift = PAGE_SHIFT;
	k->wire_pageblock_order = pageblock_order;
	k->order_count = REC_ORDER_COUNT;
	k->migratetype_count = MIGRATE_TYPES;
	k->online_cpus = num_online_cpus();
	k->online_nodes = num_online_nodes();
	k->time_ns = trace_clock_local();
	k->page_offset_base = (u64)__va(0);
	strscpy(k->release, utsname()->release, sizeof(k->release));
	strscpy(k->version, utsname()->version, sizeof(k->version));
}

static u64 thp_enabled(void)
{
	u64 flags = word("transparent_hugepage_flags", 8, ~0ULL);

	if (flags == ~0ULL)
		return 255;
	if (flags & 1ULL << TRANSPARENT_HUGEPAGE_FLAG)
		return 2;
	return flags & 1ULL << TRANSPARENT_HUGEPAGE_REQ_MADV_FLAG ? 1 : 0;
}

static void put_settings(struct snapshot *s)
{
	struct rec_wire_settings *r = put_record(s, REC_TLV_SETTINGS, sizeof(*r));

	if (!r)
		return;
	r->watermark_boost_factor = word("watermark_boost_factor", 4, 0);
	r->watermark_scale_factor = word("watermark_scale_factor", 4, 0);
	r->min_free_kbytes = word("min_free_kbytes", 4, 0);
	r->percpu_pagelist_high_fraction = word("percpu_pagelist_high_fraction", 4, 0);
	r->page_group_by_mobility_disabled = word("page_group_by_mobility_disabled", 4, 0);
	r->thp_enabled = thp_enabled();
}

static void put_daemons(struct snapshot *s)
{
	struct rec_wire_daemons *r = put_record(s, REC_TLV_DAEMONS, sizeof(*r));
	int node;

	if (!r)
		return;
	r->extfrag_threshold = word("sysctl_extfrag_threshold", 4, 500);
	r->compaction_proactiveness = word("sysctl_compaction_proactiveness", 4, 20);
	for_each_online_node(node) {
		pg_data_t *pgdat = NODE_DATA(node);
		struct rec_wire_node *n = &r->nodes[node];

		if (node >= REC_WIRE_NODES)
			break;
		r->node_count = node + 1;
		n->kcompactd_max_order = pgdat->kcompactd_max_order;
		n->kcompactd_highest_type = pgdat->kcompactd_highest_zoneidx;
		/* No barrier is missing here: every CPU is stopped. */
		n->kcompactd_waits = waitqueue_active(&pgdat->kcompactd_wait);
		n->kswapd_order = pgdat->kswapd_order;
		n->kswapd_highest_type = pgdat->kswapd_highest_zoneidx;
		/* As above. */
		n->kswapd_waits = waitqueue_active(&pgdat->kswapd_wait);
		n->kswapd_failures = pgdat->kswapd_failures;
	}
}

static void put_zone(struct snapshot *s, struct zone *zone)
{
	struct rec_wire_zone *r = put_record(s, REC_TLV_ZONE, sizeof(*r));
	int i;

	if (!r)
		return;
	r->node = zone_to_nid(zone);
	r->zone_type = zone_idx(zone);
	strscpy(r->name, zone->name, sizeof(r->name));
	r->address = (u64)zone;
	r->start_pfn = zone->zone_start_pfn;
	r->spanned_pages = zone->spanned_pages;
	r->present_pages = zone->present_pages;
	r->managed_pages = zone_managed_pages(zone);
	for (i = 0; i < NR_WMARK && i < ARRAY_SIZE(r->watermark); i++)
		r->watermark[i] = zone->_watermark[i];
	r->watermark_boost = zone->watermark_boost;
	for (i = 0; i < MAX_NR_ZONES && i < ARRAY_SIZE(r->lowmem_reserve); i++)
		r->lowmem_reserve[i] = zone->lowmem_reserve[i];
	r->nr_reserved_highatomic = zone->nr_reserved_highatomic;
	r->nr_isolate_pageblock = zone->nr_isolate_pageblock;
	r->percpu_drift_mark = zone->percpu_drift_mark;
#if REC_SERIES == 612
	r->nr_free_highatomic = zone->nr_free_highatomic;
#endif
	r->free_pages = atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]);
	r->flags = zone->flags;
	r->reclaim_active = test_bit(ZONE_RECLAIM_ACTIVE, &zone->flags);
	r->boosted_watermark = test_bit(ZONE_BOOSTED_WATERMARK, &zone->flags);
}

static void put_compact(struct snapshot *s, const struct zone *zone)
{
	struct rec_wire_compact *r = put_record(s, REC_TLV_COMPACT, sizeof(*r));

	if (!r)
		return;
	r->zone = rec_zone_number(zone);
	r->considered = zone->compact_considered;
	r->defer_shift = zone->compact_defer_shift;
	r->order_failed = zone->compact_order_failed;
	r->cached_free_pfn = zone->compact_cached_free_pfn;
	r->cached_migrate_pfn[0] = zone->compact_cached_migrate_pfn[0];
	r->cached_migrate_pfn[1] = zone->compact_cached_migrate_pfn[1];
	r->init_migrate_pfn = zone->compact_init_migrate_pfn;
	r->init_free_pfn = zone->compact_init_free_pfn;
	r->blockskip_flush = zone->compact_blockskip_flush;
	r->contiguous = zone->contiguous;
}

static struct page *zone_page(const struct zone *zone, unsigned long pfn)
{
	struct page *page = pfn_valid(pfn) ? pfn_to_online_page(pfn) : NULL;

	return page && page_zone(page) == zone ? page : NULL;
}

static bool frame_is_hole(const struct zone *zone, unsigned long pfn)
{
	return !zone_page(zone, pfn);
}

/* As move_freepages_block counts: pages that could be migrated away. */
static bool frame_is_movable(const struct zone *zone, unsigned long pfn)
{
	struct page *page = zone_page(zone, pfn);

	return page && (PageLRU(page) || __PageMovable(page));
}

bool rec_block_is_skipped(unsigned long pfn)
{
	return pfn_valid(pfn) && pageblock_flags(pfn, 1UL << PB_migrate_skip);
}

static bool block_is_skipped(const struct zone *zone, unsigned long pfn)
{
	return rec_block_is_skipped(pfn);
}

/* One bit per step of [start_pfn, start_pfn + count * step). Returns how many are set. */
static u64 put_bitmap(struct snapshot *s, u32 tag, struct zone *zone, u64 start_pfn, u64 count, unsigned int step,
		      bool (*test)(const struct zone *zone, unsigned long pfn))
{
	struct rec_wire_range *r = put_record(s, tag, sizeof(*r) + DIV_ROUND_UP(count, 8));
	u64 i, set = 0;
	u8 *bits;

	if (!r)
		return 0;
	r->zone = rec_zone_number(zone);
	r->start_pfn = start_pfn;
	r->count = count;
	bits = (u8 *)(r + 1);
	for (i = 0; i < count; i++) {
		if (test(zone, start_pfn + i * step)) {
			bits[i / 8] |= 1 << (i % 8);
			set++;
		}
	}
	return set;
}

/* Free pages are never compound; a page on a per-CPU list is not any more. */
static u8 compound_order_at(const struct zone *zone, unsigned long pfn)
{
	struct page *page = zone_page(zone, pfn);

	return page && PageHead(page) ? compound_order(page) : 0;
}

static void put_compound(struct snapshot *s, struct zone *zone)
{
	struct rec_wire_range *r = put_record(s, REC_TLV_COMPOUND, sizeof(*r) + zone->spanned_pages);
	u8 *orders;
	u64 i;

	if (!r)
		return;
	r->zone = rec_zone_number(zone);
	r->start_pfn = zone->zone_start_pfn;
	r->count = zone->spanned_pages;
	orders = (u8 *)(r + 1);
	for (i = 0; i < r->count; i++)
		orders[i] = compound_order_at(zone, r->start_pfn + i);
}

static void put_holes(struct snapshot *s, struct zone *zone)
{
	size_t before = s->used;

	if (put_bitmap(s, REC_TLV_HOLES, zone, zone->zone_start_pfn, zone->spanned_pages, 1, frame_is_hole) == 0)
		s->used = before; /* no hole, no record; its bits are all zero */
}

static void put_pageblocks(struct snapshot *s, struct zone *zone)
{
	u64 start = ALIGN_DOWN(zone->zone_start_pfn, pageblock_nr_pages);
	u64 count = (ALIGN(zone_end_pfn(zone), pageblock_nr_pages) - start) / pageblock_nr_pages;
	struct rec_wire_range *r = put_record(s, REC_TLV_PAGEBLOCKS, sizeof(*r) + count);
	u8 *types;
	u64 i;

	if (!r)
		return;
	r->zone = rec_zone_number(zone);
	r->start_pfn = start;
	r->count = count;
	types = (u8 *)(r + 1);
	for (i = 0; i < count; i++) {
		unsigned long pfn = start + i * pageblock_nr_pages;

		types[i] = MIGRATE_UNMOVABLE;
		if (pfn_valid(pfn))
			types[i] = pageblock_flags(pfn, MIGRATETYPE_MASK);
	}
	put_bitmap(s, REC_TLV_SKIP, zone, start, count, pageblock_nr_pages, block_is_skipped);
}

/* Opens a list record whose length is not known yet; close_list() completes it. */
static struct rec_tlv *open_list(struct snapshot *s, u32 tag, const struct rec_wire_list *list)
{
	struct rec_tlv *head = put(s, sizeof(*head));
	struct rec_wire_list *copy = put(s, sizeof(*copy));

	if (!head || !copy)
		return NULL;
	head->tag = tag;
	*copy = *list;
	return head;
}

static void close_list(struct rec_tlv *head, u32 count)
{
	struct rec_wire_list *list;

	if (!head)
		return;
	list = (struct rec_wire_list *)(head + 1);
	list->count = count;
	head->bytes = sizeof(*list) + count * sizeof(u64);
}

static void put_word(struct snapshot *s, u64 value)
{
	u64 *slot = put(s, sizeof(value));

	if (slot)
		*slot = value;
}

static void put_free_lists(struct snapshot *s, struct zone *zone)
{
	struct rec_wire_list list = { .zone = rec_zone_number(zone) };
	struct page *page;

	for (list.order = 0; list.order < REC_ORDER_COUNT; list.order++) {
		for (list.migratetype = 0; list.migratetype < MIGRATE_TYPES; list.migratetype++) {
			struct list_head *pages = &zone->free_area[list.order].free_list[list.migratetype];
			struct rec_tlv *head;
			u32 count = 0;

			if (list_empty(pages))
				continue;
			head = open_list(s, REC_TLV_FREE_LIST, &list);
			list_for_each_entry(page, pages, buddy_list) {
				put_word(s, page_to_pfn(page));
				count++;
			}
			close_list(head, count);
			s->walked_pages += (u64)count << list.order;
		}
	}
}

/* The type under which a page went to its per-CPU list; 6.12 looks it up when the page is drained. */
static u64 stored_type(const struct page *page)
{
#if REC_SERIES == 601
	return page->index;
#else
	return pageblock_flags(page_to_pfn(page), MIGRATETYPE_MASK);
#endif
}

static u32 pindex_order(unsigned int pindex)
{
	return pindex < NR_LOWORDER_PCP_LISTS ? pindex / MIGRATE_PCPTYPES : pageblock_order;
}

static void put_pcp_lists(struct snapshot *s, struct zone *zone, unsigned int cpu)
{
	struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);
	struct rec_wire_list list = { .zone = rec_zone_number(zone), .cpu = cpu };
	struct page *page;

	for (list.pindex = 0; list.pindex < NR_PCP_LISTS; list.pindex++) {
		struct rec_tlv *head;
		u32 count = 0;

		if (list_empty(&pcp->lists[list.pindex]))
			continue;
		list.order = pindex_order(list.pindex);
		head = open_list(s, REC_TLV_PCP_LIST, &list);
		list_for_each_entry(page, &pcp->lists[list.pindex], pcp_list) {
			put_word(s, page_to_pfn(page) | stored_type(page) << 56);
			count++;
		}
		close_list(head, count);
	}
}

static void put_pcp(struct snapshot *s, struct zone *zone, unsigned int cpu)
{
	const struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);
	const struct per_cpu_zonestat *stat = per_cpu_ptr(zone->per_cpu_zonestats, cpu);
	struct rec_wire_pcp *r = put_record(s, REC_TLV_PCP, sizeof(*r));

	if (!r)
		return;
	r->zone = rec_zone_number(zone);
	r->cpu = cpu;
	r->count = pcp->count;
	r->high = pcp->high;
	r->batch = pcp->batch;
#if REC_SERIES == 601
	r->free_factor = pcp->free_factor;
#else
	r->high_min = pcp->high_min;
	r->high_max = pcp->high_max;
	r->alloc_factor = pcp->alloc_factor;
	r->free_count = pcp->free_count;
	r->flags = pcp->flags;
#endif
	r->stat_threshold = (u8)stat->stat_threshold;
	r->free_pages_diff = stat->vm_stat_diff[NR_FREE_PAGES];
}

static void put_zone_state(struct snapshot *s, struct zone *zone)
{
	unsigned int cpu;

	put_zone(s, zone);
	put_compact(s, zone);
	put_holes(s, zone);
	put_pageblocks(s, zone);
	put_bitmap(s, REC_TLV_MOVABLE, zone, zone->zone_start_pfn, zone->spanned_pages, 1, frame_is_movable);
	put_compound(s, zone);
	put_free_lists(s, zone);
	for_each_online_cpu(cpu) {
		put_pcp(s, zone, cpu);
		put_pcp_lists(s, zone, cpu);
	}
}

/* Runs on one CPU while all others spin with interrupts off. */
static int take_stopped(void *data)
{
	struct snapshot *s = data;
	unsigned int which = s - snapshots;
	struct rec_wire_end *end;
	unsigned int i;

	trace_rec(REC_SNAPSHOT, 0, which, 0, 0, 0, 0);
	put_kernel(s, which);
	put_settings(s);
	put_daemons(s);
	for (i = 0; i < rec_zone_count; i++)
		put_zone_state(s, rec_zones[i]);
	end = put_record(s, REC_TLV_END, sizeof(*end));
	if (end) {
		end->free_pages_walked = s->walked_pages;
		end->bytes = s->used - sizeof(struct rec_tlv) - sizeof(*end);
	}
	return s->overflow ? -ENOSPC : 0;
}

int rec_snapshot_take(unsigned int which)
{
	struct snapshot *s;

	if (which >= SNAPSHOT_COUNT)
		return -EINVAL;
	s = &snapshots[which];
	if (s->used)
		return -EEXIST;
	return stop_machine(take_stopped, s, NULL);
}

const void *rec_snapshot_data(unsigned int which, size_t *bytes_out)
{
	*bytes_out = snapshots[which].used;
	return snapshots[which].data;
}

/* Room for every other frame alone on a list, the bitmaps, and the records around them. */
static size_t snapshot_capacity(void)
{
	size_t pages = 0;
	unsigned int i;

	for (i = 0; i < rec_zone_count; i++)
		pages += rec_zones[i]->spanned_pages;
	return PAGE_ALIGN(pages * 5 + (1 << 20));
}

int rec_snapshot_init(void)
{
	unsigned int i;

	for (i = 0; i < SNAPSHOT_COUNT; i++) {
		snapshots[i].capacity = snapshot_capacity();
		snapshots[i].data = vzalloc(snapshots[i].capacity);
		if (!snapshots[i].data) {
			rec_snapshot_fini();
			return -ENOMEM;
		}
	}
	return 0;
}

void rec_snapshot_fini(void)
{
	unsigned int i;

	for (i = 0; i < SNAPSHOT_COUNT; i++) {
		vfree(snapshots[i].data);
		snapshots[i] = (struct snapshot){};
	}
}
