// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes at the entry of kernel functions.
 *
 * Role: one ftrace callback per function; it reads the arguments from the registers and emits one event.
 * Why ftrace and not kprobes: an interrupt that arrives while another kprobe's handler runs is skipped there,
 * and exactly these interrupts take the paths that matter (a free that finds the per-CPU list locked).
 * Interface: rec_entry_probes_{set,clear,show,missed}.
 * Invariant: a callback neither sleeps nor allocates; arguments that do not make sense are counted and not
 * emitted, so that a build with another calling convention is noticed.
 */
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched.h>

#include "events.h"
#include "recorder.h"

struct entry_probe {
	const char *names[REC_NAME_VARIANTS]; /* the first that exists is hooked */
	void (*emit)(struct pt_regs *regs);
	void (*again)(struct pt_regs *regs); /* told anew when the task was scheduled away at the probe's end */
	bool (*wanted)(struct pt_regs *regs); /* NULL: every call; else asked before anything is counted */
	bool order_only;
	bool unused; /* an order probe that was not asked for is not missing */
	const char *hooked; /* NULL: could not be set */
	atomic_long_t missed;
	atomic_long_t implausible;
	struct ftrace_ops ops;
	struct kprobe fallback; /* where ftrace has no place to hook */
};

static bool plausible_page(const struct page *page)
{
	return (unsigned long)page >= VMEMMAP_START && pfn_valid(page_to_pfn(page));
}

static struct entry_probe *probe_of(struct ftrace_ops *ops)
{
	return container_of(ops, struct entry_probe, ops);
}

/* Preemption is off in between; a task whose time is up meanwhile is scheduled away at the end. */
static bool notrace emit_locked(struct entry_probe *probe, void (*emit)(struct pt_regs *regs), unsigned long ip,
				unsigned long parent_ip, struct pt_regs *regs)
{
	int bit = ftrace_test_recursion_trylock(ip, parent_ip);

	if (bit < 0 || !regs) {
		atomic_long_inc(&probe->missed);
		return false;
	}
	emit(regs);
	ftrace_test_recursion_unlock(bit);
	return true;
}

static unsigned long notrace times_scheduled(void)
{
	return current->nvcsw + current->nivcsw;
}

static void notrace on_entry(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			     struct ftrace_regs *fregs)
{
	struct entry_probe *probe = probe_of(ops);
	struct pt_regs *regs = ftrace_get_regs(fregs);
	unsigned long before = times_scheduled(), now;

	if (!trace_rec_enabled() || (probe->wanted && regs && !probe->wanted(regs)))
		return;
	if (!emit_locked(probe, probe->emit, ip, parent_ip, regs) || !probe->again)
		return;
	for (; (now = times_scheduled()) != before; before = now)
		if (!emit_locked(probe, probe->again, ip, parent_ip, regs))
			return;
}

/* A function that is not traceable, such as 6.1's alloc_pages_exact_nid, still takes a kprobe. */
static int on_kprobe(struct kprobe *fallback, struct pt_regs *regs)
{
	if (trace_rec_enabled())
		container_of(fallback, struct entry_probe, fallback)->emit(regs);
	return 0;
}
NOKPROBE_SYMBOL(on_kprobe);

static bool tells_order;

/*
 * get_page_from_freelist(gfp, order, alloc_flags, ac): the fast path asks for the low mark, all else is told. The fast
 * path is told where it may not find its first zone above its watermark, and with order probes everywhere, with what it
 * reads.
 */
static void notrace tell_attempt(struct pt_regs *regs, u8 flags)
{
	unsigned int alloc_flags = regs->dx;
	bool fast = (alloc_flags & REC_ALLOC_WMARK_MASK) == REC_ALLOC_WMARK_LOW &&
		    !(alloc_flags & REC_ALLOC_NO_WATERMARKS);

	if (tells_order)
		rec_reads_tell(regs->di, regs->si);
	if (tells_order || !fast || rec_reads_matter(regs->di, regs->si))
		trace_rec(fast ? REC_ENTRY : REC_ATTEMPT, 0, alloc_flags, regs->di, regs->si, 0, flags);
}

static void notrace emit_attempt(struct pt_regs *regs)
{
	rec_inflight_begin(regs->di, regs->si, regs->dx);
	tell_attempt(regs, 0);
}

static void notrace emit_attempt_again(struct pt_regs *regs)
{
	if (tells_order)
		tell_attempt(regs, REC_TOLD_AGAIN);
}

/* rmqueue_bulk(zone, order, count, list, migratetype, alloc_flags) */
static void notrace emit_refill(struct pt_regs *regs)
{
	u64 zone = rec_zone_number((struct zone *)regs->di);

	trace_rec(REC_REFILL, (unsigned int)regs->r9, (u32)regs->dx | zone << 32, 0, regs->si, regs->r8, 0);
}

static struct entry_probe probes[];

/* 6.1: free_one_page(zone, page, pfn, order, migratetype, ...); 6.12: (zone, page, pfn, order, ...) */
static void notrace emit_free_one(struct pt_regs *regs)
{
	const struct page *page = (const struct page *)regs->si;
	u8 migratetype = REC_SERIES == 601 ? regs->r8 : 0;

	if (!plausible_page(page) || page_to_pfn(page) != regs->dx) {
		atomic_long_inc(&probes[0].implausible);
		return;
	}
	if (!rec_inflight_past(regs->dx, migratetype))
		trace_rec(REC_FREE_ONE, regs->dx, 0, 0, regs->cx, migratetype, 0);
}

/* __free_pages_ok(page, order, fpi_flags) */
static void notrace emit_free_ok(struct pt_regs *regs)
{
	rec_inflight_direct(page_to_pfn((struct page *)regs->di));
	trace_rec(REC_FREE_OK, page_to_pfn((struct page *)regs->di), (u32)regs->dx, 0, regs->si, 0, 0);
}

/* drain_pages_zone(cpu, zone) */
static void notrace emit_drain_zone(struct pt_regs *regs)
{
	struct zone *zone = (struct zone *)regs->si;
	unsigned int cpu = regs->di;

	if (!READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count))
		return;
	trace_rec(REC_DRAIN_ZONE, 0, cpu | (u64)rec_zone_number(zone) << 32, 0, 0, 0, 0);
}

/* alloc_pages_exact(size, gfp) */
static void notrace emit_exact(struct pt_regs *regs)
{
	trace_rec(REC_SIZED_ALLOC, 0, regs->di, regs->si, 0, 0, REC_SIZED_EXACT);
}

/* alloc_pages_exact_nid(nid, size, gfp) */
static void notrace emit_exact_nid(struct pt_regs *regs)
{
	trace_rec(REC_SIZED_ALLOC, 0, regs->si, regs->dx, 0, 0, REC_SIZED_EXACT_NID);
}

/* The one function that every kmalloc above the slab limit ends in: (size, gfp, node) */
static void notrace emit_kmalloc(struct pt_regs *regs)
{
	trace_rec(REC_SIZED_ALLOC, 0, regs->di, regs->si, 0, 0, REC_SIZED_KMALLOC);
}

/* free_pages_exact(address, size) */
static void notrace emit_exact_free(struct pt_regs *regs)
{
	trace_rec(REC_SIZED_FREE, page_to_pfn(virt_to_page((void *)regs->di)), regs->si, 0, 0, 0, 0);
}

/* 6.1: (zone, high, batch); 6.12: (zone, high_min, high_max, batch) */
static void notrace emit_pcp_limits(struct pt_regs *regs)
{
	u64 v[REC_WIDE_WORDS] = { rec_zone_number((struct zone *)regs->di) };

#if REC_SERIES == 601
	v[1] = regs->si;
	v[2] = regs->dx;
#else
	v[2] = regs->cx;
	v[3] = regs->si;
	v[4] = regs->dx;
#endif
	trace_recw(REC_PCP_LIMITS, 0, 0, 0, 0, 0, v);
}

/* The block that compaction_alloc takes from next, NULL when the stock has none of that order or above. */
static const struct page *stock_first(const struct rec_compact_control *cc, unsigned int order, unsigned int *order_out)
{
#if REC_SERIES == 601
	*order_out = 0;
	return list_first_entry_or_null(&cc->freepages, struct page, lru);
#else
	for (; order < NR_PAGE_ORDERS; order++) {
		*order_out = order;
		if (!list_empty(&cc->freepages[order]))
			return list_first_entry(&cc->freepages[order], struct page, lru);
	}
	return NULL;
#endif
}

/* compact_zone(compact_control, capture_control) */
static void notrace emit_compact_run(struct pt_regs *regs)
{
	const struct rec_compact_control *cc = (const struct rec_compact_control *)regs->di;
	u64 v[REC_WIDE_WORDS] = { rec_zone_number(cc->zone), (u32)cc->order | (u64)cc->mode << 32 };

	v[2] = (cc->ignore_skip_hint ? REC_RUN_IGNORE_SKIP : 0) | (cc->no_set_skip_hint ? REC_RUN_NO_SET_SKIP : 0) |
	       (cc->ignore_block_suitable ? REC_RUN_ANY_TARGET : 0) | (cc->direct_compaction ? REC_RUN_DIRECT : 0) |
	       (cc->proactive_compaction ? REC_RUN_PROACTIVE : 0) | (cc->whole_zone ? REC_RUN_WHOLE_ZONE : 0);
	v[3] = (u32)cc->search_order | (u64)cc->fast_search_fail << 32;
	trace_recw(REC_COMPACT_RUN, 0, cc->gfp_mask, 0, 0, 0, v);
}

/* compaction_alloc(page or folio, compact_control) */
static void notrace emit_compact_alloc(struct pt_regs *regs)
{
	const struct rec_compact_control *cc = (const struct rec_compact_control *)regs->si;
	unsigned int order = REC_SERIES == 601 ? 0 : folio_order((struct folio *)regs->di);
	unsigned int block_order;
	const struct page *block = stock_first(cc, order, &block_order);
	u64 v[REC_WIDE_WORDS];

	if (block) {
		trace_rec(REC_COMPACT_TAKE, page_to_pfn(block), 0, order, block_order, 0, 0);
		return;
	}
	v[0] = rec_zone_number(cc->zone);
	v[1] = cc->free_pfn;
	v[2] = cc->migrate_pfn;
	v[3] = cc->fast_start_pfn;
	v[4] = cc->nr_migratepages | (u64)cc->nr_freepages << 32;
	v[5] = (u32)cc->order | (u64)(u16)cc->mode << 32 | (u64)cc->fast_search_fail << 48;
	v[6] = (u32)cc->search_order | (u64)(u32)cc->migratetype << 32;
	v[7] = cc->zone->compact_init_free_pfn;
	trace_recw(REC_COMPACT_ALLOC, 0, cc->gfp_mask, order, 0, 0, v);
}

/* move_freelist_tail(list, page) */
static void notrace emit_move_tail(struct pt_regs *regs)
{
	trace_rec(REC_MOVE_TAIL, page_to_pfn((struct page *)regs->si), 0, 0, 0, 0, 0);
}

/* 6.1: move_freepages_block(zone, page, migratetype, ...); 6.12: (zone, page, old, new) */
static void notrace emit_move_block(struct pt_regs *regs)
{
	u8 migratetype = REC_SERIES == 601 ? regs->dx : regs->cx;

	trace_rec(REC_MOVE_BLOCK, page_to_pfn((struct page *)regs->si), rec_zone_number((struct zone *)regs->di), 0, 0,
		  migratetype, 0);
}

/* unreserve_highatomic_pageblock(ac, force) */
static void notrace emit_unreserve(struct pt_regs *regs)
{
	trace_rec(REC_UNRESERVE, 0, regs->si & 0xff, 0, 0, 0, 0);
}

/* wakeup_kcompactd(node, order, highest zone index): whether it wakes is the kernel's decision inside */
static void notrace emit_kcompactd_ask(struct pt_regs *regs)
{
	const pg_data_t *node = (const pg_data_t *)regs->di;

	trace_rec(REC_KCOMPACTD_ASK, 0, (u32)node->node_id | (u64)(u32)regs->dx << 32, 0, regs->si, 0, 0);
}

/* __putback_isolated_page(page, order, migratetype) */
static void notrace emit_putback(struct pt_regs *regs)
{
	trace_rec(REC_PUTBACK, page_to_pfn((struct page *)regs->di), 0, 0, regs->si, regs->dx, 0);
}

#if REC_SERIES == 612
/* decay_pcp_high(zone, pcp) */
static void notrace tell_decay(struct pt_regs *regs, u8 flags)
{
	trace_rec(REC_DECAY, 0, rec_zone_number((struct zone *)regs->di), 0, 0, 0, flags);
}

static void notrace emit_decay(struct pt_regs *regs)
{
	tell_decay(regs, 0);
}

static void notrace emit_decay_again(struct pt_regs *regs)
{
	if (tells_order)
		tell_decay(regs, REC_TOLD_AGAIN);
}
#endif

/* compaction_free(page or folio, compact_control): in 6.12 it emits mm_page_free although it goes back to the stock */
static void notrace emit_compact_free(struct pt_regs *regs)
{
	struct folio *folio = (struct folio *)regs->di;
	unsigned int order = REC_SERIES == 601 ? 0 : folio_order(folio);

	trace_rec(REC_COMPACT_FREE, folio_pfn(folio), 0, 0, order, 0, REC_SERIES == 601 ? REC_COMPACT_FREE_SILENT : 0);
}

static bool notrace wanted_zone_lock(struct pt_regs *regs)
{
	unsigned int zone;

	return rec_is_zone_lock((void *)regs->di, &zone);
}

/* _raw_spin_unlock_irqrestore(lock, flags) of a zone: the entry is still inside the section. */
static void notrace emit_zone_unlock(struct pt_regs *regs)
{
	unsigned int zone;
	u8 difference;

	if (!rec_is_zone_lock((void *)regs->di, &zone))
		return;
	difference = raw_cpu_ptr(rec_zones[zone]->per_cpu_zonestats)->vm_stat_diff[NR_FREE_PAGES];
	trace_rec(REC_UNLOCK, rec_zone_read(rec_zones[zone]), zone, rec_zone_bits(rec_zones[zone]) | difference << 8,
		  0, 0, 0);
}

static bool notrace wanted_pcp_lock(struct pt_regs *regs)
{
	unsigned int zone, cpu;

	return rec_is_pcp_lock((void *)regs->di, &zone, &cpu);
}

/* _raw_spin_unlock(lock) of a per-CPU list; its owner goes where a frame would, since a drain may be remote. */
static void notrace emit_pcp_unlock(struct pt_regs *regs)
{
	const struct per_cpu_pages *pcp;
	unsigned int zone, cpu;

	if (!rec_is_pcp_lock((void *)regs->di, &zone, &cpu))
		return;
	pcp = per_cpu_ptr(rec_zones[zone]->per_cpu_pageset, cpu);
	trace_rec(REC_UNLOCK, cpu | rec_zone_bits(rec_zones[zone]) << 16 | (u64)(u32)pcp->high << 32, zone,
		  pcp->count, 0, 0, 1);
}

/* free_unref_page_commit(zone, pcp, page, migratetype, order) */
static void notrace emit_commit(struct pt_regs *regs)
{
	trace_rec(REC_COMMIT, page_to_pfn((struct page *)regs->dx), rec_zone_bits((struct zone *)regs->di), 0,
		  regs->r8, regs->cx, 0);
}

static bool notrace wanted_kswapd(struct pt_regs *regs)
{
	return current->flags & PF_KSWAPD;
}

/* Functions that kswapd comes to next after it has set, and after it has cleared, its zones' flags. */
static void notrace emit_zone_flags(struct pt_regs *regs)
{
	rec_flags_tell();
}

static void notrace emit_hotplug(struct pt_regs *regs)
{
	trace_rec(REC_UNSUPPORTED, regs->di, REC_UNSUPPORTED_HOTPLUG, 0, 0, 0, 0);
}

static void notrace emit_contig(struct pt_regs *regs)
{
	trace_rec(REC_UNSUPPORTED, regs->di, REC_UNSUPPORTED_CONTIG, 0, 0, 0, 0);
}

static void notrace emit_reporting(struct pt_regs *regs)
{
	trace_rec(REC_UNSUPPORTED, 0, REC_UNSUPPORTED_REPORTING, 0, 0, 0, 0);
}

static void notrace emit_memfail(struct pt_regs *regs)
{
	trace_rec(REC_UNSUPPORTED, page_to_pfn((struct page *)regs->di), REC_UNSUPPORTED_MEMFAIL, 0, 0, 0, 0);
}

/* memory_failure(pfn, flags), soft_offline_page(pfn, flags): a frame in use is told free later and never is. */
static void notrace emit_poison(struct pt_regs *regs)
{
	trace_rec(REC_UNSUPPORTED, regs->di, REC_UNSUPPORTED_MEMFAIL, 0, 0, 0, 0);
}

/* The suffix .constprop.0 of 6.1's free_one_page drops the last argument only; the callback checks that. */
static struct entry_probe probes[] = {
	{ .names = { "free_one_page", "free_one_page.constprop.0" }, .emit = emit_free_one },
	{ .names = { "get_page_from_freelist" }, .emit = emit_attempt, .again = emit_attempt_again },
	{ .names = { "rmqueue_bulk" }, .emit = emit_refill },
	{ .names = { "__free_pages_ok" }, .emit = emit_free_ok },
	{ .names = { "drain_pages_zone" }, .emit = emit_drain_zone },
	{ .names = { "free_pages_exact" }, .emit = emit_exact_free },
	{ .names = { "__zone_set_pageset_high_and_batch" }, .emit = emit_pcp_limits },
	{ .names = { "compact_zone" }, .emit = emit_compact_run },
	{ .names = { "compaction_alloc" }, .emit = emit_compact_alloc },
	{ .names = { "compaction_free" }, .emit = emit_compact_free },
	{ .names = { "move_freelist_tail" }, .emit = emit_move_tail },
	{ .names = { "move_freepages_block" }, .emit = emit_move_block },
	{ .names = { "unreserve_highatomic_pageblock" }, .emit = emit_unreserve },
	{ .names = { "wakeup_kcompactd" }, .emit = emit_kcompactd_ask },
	{ .names = { "__putback_isolated_page" }, .emit = emit_putback },
	{ .names = { "offline_pages" }, .emit = emit_hotplug },
	{ .names = { "online_pages" }, .emit = emit_hotplug },
	{ .names = { "page_reporting_drain", "page_reporting_drain.constprop.0" }, .emit = emit_reporting },
	{ .names = { "take_page_off_buddy" }, .emit = emit_memfail },
	{ .names = { "memory_failure" }, .emit = emit_poison },
	{ .names = { "soft_offline_page" }, .emit = emit_poison },
	{ .names = { "_raw_spin_unlock_irqrestore" }, .wanted = wanted_zone_lock, .emit = emit_zone_unlock,
	  .order_only = true },
	{ .names = { "_raw_spin_unlock" }, .wanted = wanted_pcp_lock, .emit = emit_pcp_unlock, .order_only = true },
	{ .names = { "free_unref_page_commit" }, .emit = emit_commit, .order_only = true },
	{ .names = { "zone_watermark_ok_safe" }, .wanted = wanted_kswapd, .emit = emit_zone_flags, .order_only = true },
	{ .names = { "psi_memstall_leave" }, .wanted = wanted_kswapd, .emit = emit_zone_flags, .order_only = true },
#if REC_SERIES == 601
	{ .names = { "alloc_pages_exact" }, .emit = emit_exact },
	{ .names = { "alloc_pages_exact_nid" }, .emit = emit_exact_nid },
	{ .names = { "__kmalloc_large_node" }, .emit = emit_kmalloc },
	{ .names = { "alloc_contig_range" }, .emit = emit_contig },
#else
	{ .names = { "alloc_pages_exact_noprof" }, .emit = emit_exact },
	{ .names = { "alloc_pages_exact_nid_noprof" }, .emit = emit_exact_nid },
	{ .names = { "___kmalloc_large_node" }, .emit = emit_kmalloc },
	{ .names = { "alloc_contig_range_noprof" }, .emit = emit_contig },
	{ .names = { "decay_pcp_high" }, .emit = emit_decay, .again = emit_decay_again },
#endif
};

static int set_probe(struct entry_probe *probe, const char *name)
{
	unsigned long address = rec_symbol(name);
	int error;

	if (!address)
		return -ENOENT;
	probe->ops.func = on_entry;
	probe->ops.flags = FTRACE_OPS_FL_SAVE_REGS;
	/* ftrace's own guard would keep preemption off until behind the callback. */
	if (!probe->again)
		probe->ops.flags |= FTRACE_OPS_FL_RECURSION;
	if (ftrace_set_filter_ip(&probe->ops, address, 0, 0) != 0) {
		probe->fallback.symbol_name = name;
		probe->fallback.pre_handler = on_kprobe;
		return register_kprobe(&probe->fallback);
	}
	error = register_ftrace_function(&probe->ops);
	if (error)
		ftrace_free_filter(&probe->ops);
	return error;
}

void rec_entry_probes_set(bool with_order)
{
	unsigned int i, k;

	tells_order = with_order;
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		probes[i].unused = probes[i].order_only && !with_order;
		if (probes[i].unused)
			continue;
		for (k = 0; k < REC_NAME_VARIANTS && probes[i].names[k]; k++) {
			if (set_probe(&probes[i], probes[i].names[k]) == 0) {
				probes[i].hooked = probes[i].names[k];
				break;
			}
		}
	}
}

void rec_entry_probes_clear(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (!probes[i].hooked)
			continue;
		if (probes[i].fallback.symbol_name) {
			unregister_kprobe(&probes[i].fallback);
		} else {
			unregister_ftrace_function(&probes[i].ops);
			ftrace_free_filter(&probes[i].ops);
		}
		probes[i].hooked = NULL;
	}
}

void rec_entry_probes_show(struct seq_file *out)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (probes[i].unused)
			continue;
		seq_printf(out, "%s %s entry missed=%ld\n",
			   probes[i].hooked && !atomic_long_read(&probes[i].implausible) ? "set" : "missing",
			   probes[i].names[0], atomic_long_read(&probes[i].missed));
	}
}

unsigned long rec_entry_probes_missed(void)
{
	unsigned long missed = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		missed += atomic_long_read(&probes[i].missed) + probes[i].fallback.nmissed;
	return missed;
}
