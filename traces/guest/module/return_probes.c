// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes that need a function's return.
 *
 * Role: kretprobes for the few functions whose result, or whose end, decides what the model does. The entry
 * event is emitted by the same probe, so that a missed call misses both ends and is counted.
 * Interface: rec_return_probes_{set,clear,show,missed}.
 * Invariant: handlers neither sleep nor allocate; what a handler keeps between entry and return fits in
 * struct call.
 */
#include <linux/bitmap.h>
#include <linux/kprobes.h>
#include <linux/mm.h>

#include "events.h"
#include "recorder.h"

/* Entries of a page array whose state before a bulk call is remembered. */
#define BULK_ENTRIES_MAX 1024
#define ACTIVE_MAX 128

struct bulk_call {
	struct list_head *list;
	struct list_head *old_first;
	struct page **array;
	int asked;
	DECLARE_BITMAP(filled, BULK_ENTRIES_MAX);
};

struct return_probe {
	const char *names[REC_NAME_VARIANTS];
	const char *hooked;
	struct kretprobe probe;
};

#define DATA(type, instance) ((type *)(instance)->data)

static struct zone *const *zones_end(void)
{
	return rec_zones + rec_zone_count;
}

/* __alloc_pages_bulk(gfp, node, nodemask, count, list, array) */
static int bulk_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct bulk_call *call = DATA(struct bulk_call, instance);
	int i, missing = (int)regs->cx;

	if (!trace_rec_enabled())
		return 1;
	rec_inflight_bulk_begin(regs->di);
	call->asked = (int)regs->cx;
	call->list = (struct list_head *)regs->r8;
	call->array = (struct page **)regs->r9;
	if (call->list) {
		call->old_first = call->list->next;
	} else {
		if (call->asked > BULK_ENTRIES_MAX)
			trace_rec(REC_UNSUPPORTED, 0, REC_UNSUPPORTED_BULK, 0, 0, 0, 0);
		bitmap_zero(call->filled, BULK_ENTRIES_MAX);
		for (i = 0; i < call->asked; i++) {
			if (!call->array[i])
				continue;
			missing--;
			if (i < BULK_ENTRIES_MAX)
				__set_bit(i, call->filled);
		}
	}
	trace_rec(REC_BULK_BEGIN, 0, missing > 0 ? missing : 0, regs->di, 0, 0, 0);
	return 0;
}

/* A list grows at its head: the oldest new page is the one before the list's former first. */
static unsigned int bulk_list_pages(const struct bulk_call *call)
{
	const struct list_head *entry;
	unsigned int count = 0;

	for (entry = call->old_first->prev; entry != call->list; entry = entry->prev, count++)
		trace_rec(REC_BULK_PAGE, page_to_pfn(list_entry(entry, struct page, lru)), 0, 0, 0, 0, 0);
	return count;
}

static unsigned int bulk_array_pages(const struct bulk_call *call)
{
	unsigned int count = 0;
	int i;

	for (i = 0; i < call->asked && i < BULK_ENTRIES_MAX; i++) {
		if (test_bit(i, call->filled) || !call->array[i])
			continue;
		trace_rec(REC_BULK_PAGE, page_to_pfn(call->array[i]), 0, 0, 0, 0, 0);
		count++;
	}
	return count;
}

static int bulk_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const struct bulk_call *call = DATA(struct bulk_call, instance);
	unsigned int count = call->list ? bulk_list_pages(call) : bulk_array_pages(call);

	rec_inflight_bulk_end(count);
	return 0;
}

/* __isolate_free_page(page, order) */
struct isolate_call {
	u64 pfn;
	unsigned int order;
};

static int isolate_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct isolate_call *call = DATA(struct isolate_call, instance);

	call->pfn = page_to_pfn((struct page *)regs->di);
	call->order = regs->si;
	return 0;
}

static int isolate_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const struct isolate_call *call = DATA(struct isolate_call, instance);

	trace_rec(REC_ISOLATE, call->pfn, (u32)regs_return_value(regs), 0, call->order, 0, 0);
	return 0;
}

static int fold_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	u64 differences = REC_STAT_FOLD_TOLD;
	unsigned int i;

	for (i = 0; i < rec_zone_count && i < REC_ZONES_READ_MAX; i++)
		differences |= (u64)(u8)raw_cpu_ptr(rec_zones[i]->per_cpu_zonestats)->vm_stat_diff[NR_FREE_PAGES]
			       << 8 * i;
	trace_rec(REC_STAT_FOLD, 0, differences, 0, 0, 0, 0);
	return 0;
}

/* compact_zone_order(zone, order, gfp, priority, alloc_flags, ...) */
static int capture_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	trace_rec(REC_CAPTURE_BEGIN, (u32)regs->r8, rec_zone_number((struct zone *)regs->di), regs->dx, regs->si, 0, 0);
	return 0;
}

static int capture_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	trace_rec(REC_CAPTURE_END, 0, (u32)regs_return_value(regs), 0, 0, 0, 0);
	return 0;
}

/* isolate_freepages_block(cc, &start_pfn, end_pfn, list, stride, strict) */
static int isolate_block_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	u64 v[REC_WIDE_WORDS] = { *(unsigned long *)regs->si, regs->dx, (u32)regs->r8, regs->r9 & 0xff };

	trace_recw(REC_ISOLATE_BLOCK, 0, 0, 0, 0, 0, v);
	return 0;
}

static int isolate_block_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	trace_rec(REC_ISOLATE_BLOCK_END, 0, regs_return_value(regs), 0, 0, 0, 0);
	return 0;
}

/* isolate_migratepages_block(cc, low_pfn, end_pfn, mode) */
struct migrate_call {
	const struct rec_compact_control *cc;
	u64 start_pfn;
};

static u64 block_state(const struct migrate_call *call)
{
	unsigned long pfn = max_t(u64, ALIGN_DOWN(call->start_pfn, pageblock_nr_pages), call->cc->zone->zone_start_pfn);

	return (rec_block_is_skipped(pfn) ? REC_BLOCK_SKIP : 0) | (call->cc->contended ? REC_BLOCK_CONTENDED : 0) |
	       (call->cc->finish_pageblock ? REC_BLOCK_FINISH : 0);
}

static int migrate_block_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct migrate_call *call = DATA(struct migrate_call, instance);
	const struct rec_compact_control *cc = (const struct rec_compact_control *)regs->di;
	u64 v[REC_WIDE_WORDS] = { rec_zone_number(cc->zone), regs->si, regs->dx, cc->free_pfn, cc->fast_search_fail };

	if (!trace_rec_enabled())
		return 1;
	call->cc = cc;
	call->start_pfn = regs->si;
	v[5] = block_state(call);
	trace_recw(REC_COMPACT_BLOCK, 0, 0, 0, 0, 0, v);
	return 0;
}

static int migrate_block_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const struct migrate_call *call = DATA(struct migrate_call, instance);
	const struct rec_compact_control *cc = call->cc;
	u64 v[REC_WIDE_WORDS] = { rec_zone_number(cc->zone), cc->migrate_pfn, cc->nr_migratepages,
				  (u32)regs_return_value(regs), block_state(call) };

	trace_recw(REC_COMPACT_BLOCK_END, 0, 0, 0, 0, 0, v);
	return 0;
}

/* __reset_isolation_suitable(zone): does nothing unless a full compaction finished recently */
struct reset_call {
	const struct zone *zone;
};

static int reset_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct reset_call *call = DATA(struct reset_call, instance);

	call->zone = (const struct zone *)regs->di;
	return !trace_rec_enabled() || !call->zone->compact_blockskip_flush;
}

static int reset_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const struct zone *zone = DATA(struct reset_call, instance)->zone;
	u64 number = rec_zone_number(zone), pfn = ALIGN_DOWN(zone->zone_start_pfn, pageblock_nr_pages), i;
	u64 v[REC_WIDE_WORDS] = { number, zone->compact_cached_free_pfn, zone->compact_cached_migrate_pfn[0],
				  zone->compact_cached_migrate_pfn[1], zone->compact_init_migrate_pfn,
				  zone->compact_init_free_pfn };

	trace_recw(REC_SKIP_RESET, 0, 0, 0, 0, 0, v);
	for (; pfn < zone_end_pfn(zone); pfn += REC_WIDE_WORDS * 64 * pageblock_nr_pages) {
		memset(v, 0, sizeof(v));
		for (i = 0; i < REC_WIDE_WORDS * 64 && pfn + i * pageblock_nr_pages < zone_end_pfn(zone); i++)
			if (rec_block_is_skipped(pfn + i * pageblock_nr_pages))
				v[i / 64] |= 1ULL << (i % 64);
		trace_recw(REC_SKIP_RESET, pfn, number, 0, 0, 1, v);
	}
	return 0;
}

/* balance_pgdat(node, order, highest zone index) */
struct balance_call {
	int node;
};

static int balance_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct balance_call *call = DATA(struct balance_call, instance);

	call->node = ((pg_data_t *)regs->di)->node_id;
	trace_rec(REC_KSWAPD_BEGIN, 0, (u32)call->node | (u64)(u32)regs->dx << 32, 0, regs->si, 0, 0);
	return 0;
}

static int balance_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const struct balance_call *call = DATA(struct balance_call, instance);
	struct zone *const *zone;

	for (zone = rec_zones; zone < zones_end(); zone++)
		if (zone_to_nid(*zone) == call->node)
			trace_rec(REC_BOOST, 0, (u32)(*zone)->watermark_boost | (u64)(zone - rec_zones) << 32, 0, 0, 0,
				  0);
	trace_rec(REC_KSWAPD_END, 0, call->node, 0, 0, 0, 0);
	return 0;
}

static int marks_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct zone *const *zone;

	for (zone = rec_zones; zone < zones_end(); zone++) {
		u64 v[REC_WIDE_WORDS] = {
			zone - rec_zones, (*zone)->_watermark[WMARK_MIN], (*zone)->_watermark[WMARK_LOW],
			(*zone)->_watermark[WMARK_HIGH], (*zone)->watermark_boost, (*zone)->lowmem_reserve[0],
			(*zone)->lowmem_reserve[1], (*zone)->lowmem_reserve[2]
		};

		trace_recw(REC_ZONE_MARKS, 0, 0, 0, 0, 0, v);
	}
	return 0;
}

/* set_pgdat_percpu_threshold: kswapd lowers the threshold while awake, in zones with a drift mark. */
static int threshold_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct zone *const *zone;

	for (zone = rec_zones; zone < zones_end(); zone++)
		if ((*zone)->percpu_drift_mark)
			trace_rec(REC_STAT_THRESHOLD, 0, rec_stat_threshold(*zone) | (u64)(zone - rec_zones) << 32, 0,
				  0, 0, 0);
	return 0;
}

static struct return_probe probes[] = {
	{ .names = { REC_SERIES == 601 ? "__alloc_pages_bulk" : "alloc_pages_bulk_noprof" },
	  .probe = { .entry_handler = bulk_entry, .handler = bulk_return, .data_size = sizeof(struct bulk_call) } },
	{ .names = { "__isolate_free_page" },
	  .probe = { .entry_handler = isolate_entry, .handler = isolate_return,
		     .data_size = sizeof(struct isolate_call) } },
	{ .names = { "refresh_cpu_vm_stats" }, .probe = { .handler = fold_return } },
	{ .names = { "compact_zone_order" }, .probe = { .entry_handler = capture_entry, .handler = capture_return } },
	{ .names = { "isolate_freepages_block" },
	  .probe = { .entry_handler = isolate_block_entry, .handler = isolate_block_return } },
	{ .names = { "isolate_migratepages_block" },
	  .probe = { .entry_handler = migrate_block_entry, .handler = migrate_block_return,
		     .data_size = sizeof(struct migrate_call) } },
	{ .names = { "__reset_isolation_suitable" },
	  .probe = { .entry_handler = reset_entry, .handler = reset_return, .data_size = sizeof(struct reset_call) } },
	{ .names = { "balance_pgdat" },
	  .probe = { .entry_handler = balance_entry, .handler = balance_return,
		     .data_size = sizeof(struct balance_call) } },
	{ .names = { "setup_per_zone_wmarks" }, .probe = { .handler = marks_return } },
	{ .names = { "setup_per_zone_lowmem_reserve" }, .probe = { .handler = marks_return } },
	{ .names = { "set_pgdat_percpu_threshold" }, .probe = { .handler = threshold_return } },
};

void rec_return_probes_set(void)
{
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		for (k = 0; k < REC_NAME_VARIANTS && probes[i].names[k]; k++) {
			probes[i].probe.kp.symbol_name = probes[i].names[k];
			probes[i].probe.kp.addr = NULL;
			probes[i].probe.maxactive = ACTIVE_MAX;
			if (register_kretprobe(&probes[i].probe) == 0) {
				probes[i].hooked = probes[i].names[k];
				break;
			}
		}
	}
}

void rec_return_probes_clear(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (!probes[i].hooked)
			continue;
		unregister_kretprobe(&probes[i].probe);
		probes[i].hooked = NULL;
	}
}

static unsigned long probe_missed(const struct return_probe *probe)
{
	return probe->probe.nmissed + probe->probe.kp.nmissed;
}

void rec_return_probes_show(struct seq_file *out)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		seq_printf(out, "%s %s return missed=%lu\n", probes[i].hooked ? "set" : "missing", probes[i].names[0],
			   probe_missed(&probes[i]));
}

unsigned long rec_return_probes_missed(void)
{
	unsigned long missed = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		missed += probe_missed(&probes[i]);
	return missed;
}
