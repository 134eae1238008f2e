// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * /proc/pageinfo: what is free in which zone, counted by walking the free lists.
 *
 * Role: a page for people. Totals and page faults since boot; then for each zone the free blocks of each order and
 * migratetype, the largest one, the pages and pageblocks of each migratetype.
 * Interface: pageman_pageinfo_{init,exit}; the parameter pageinfo_blocks_max.
 * Invariant: a zone's free lists are walked in one section with its lock held and interrupts off, so that its figures
 * are of one moment. The section steps over at most pageinfo_blocks_max blocks, from the highest order down; orders
 * that do not fit any more are told from the kernel's counters, without types, and the page says so. Only root may
 * read, as with /proc/pagetypeinfo: readers keep everybody else from the zone.
 */
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/utsname.h>
#include <linux/vmstat.h>

#include "orders.h"
#include "parts.h"

#define PAGES_KIB(pages) ((unsigned long)(pages) << (PAGE_SHIFT - 10))
#define BYTES_PER_ZONE 4096 /* of text, at least what a zone takes */

/* One zone in one moment. */
struct picture {
	struct zone *zone;
	unsigned long blocks[PAGEMAN_ORDER_COUNT][MIGRATE_TYPES]; /* walked */
	unsigned long counted[PAGEMAN_ORDER_COUNT];               /* what the kernel's counters say */
	unsigned int walked_from; /* orders [walked_from, PAGEMAN_ORDER_COUNT) were walked */
	unsigned long walked_blocks;
	unsigned long free_counter; /* without what CPUs have yet to add */
	u64 walk_ns;
	unsigned long pcp_pages; /* on per-CPU lists: free, but on none of the lists above */
	unsigned long pageblocks[MIGRATE_TYPES];
};

static unsigned int blocks_max = 100000;
module_param_named(pageinfo_blocks_max, blocks_max, uint, 0644);
MODULE_PARM_DESC(pageinfo_blocks_max, "free blocks of a zone that /proc/pageinfo walks at most (default 100000)");

static struct proc_dir_entry *entry;

static const char *const type_names[MIGRATE_TYPES] = {
	[MIGRATE_UNMOVABLE] = "Unmovable",
	[MIGRATE_MOVABLE] = "Movable",
	[MIGRATE_RECLAIMABLE] = "Reclaimable",
	[MIGRATE_HIGHATOMIC] = "HighAtomic",
#ifdef CONFIG_CMA
	[MIGRATE_CMA] = "CMA",
#endif
#ifdef CONFIG_MEMORY_ISOLATION
	[MIGRATE_ISOLATE] = "Isolate",
#endif
};

/* The caller holds the zone's lock. A list that is longer than its counter is cut short: one too many tells. */
static unsigned long walk_area(const struct free_area *area, unsigned long *blocks)
{
	unsigned long steps = 0;
	const struct list_head *at;
	unsigned int type;

	for (type = 0; type < MIGRATE_TYPES; type++) {
		blocks[type] = 0;
		list_for_each(at, &area->free_list[type]) {
			if (steps > area->nr_free)
				break;
			blocks[type]++;
			steps++;
		}
	}
	return steps;
}

static void walk_zone(struct picture *p, unsigned long budget)
{
	struct zone *zone = p->zone;
	unsigned long flags;
	unsigned int order;
	u64 begun_ns;

	p->walked_from = PAGEMAN_ORDER_COUNT;
	p->walked_blocks = 0;
	spin_lock_irqsave(&zone->lock, flags);
	begun_ns = ktime_get_ns();
	for (order = 0; order < PAGEMAN_ORDER_COUNT; order++)
		p->counted[order] = zone->free_area[order].nr_free;
	while (p->walked_from > 0 && p->walked_blocks + p->counted[p->walked_from - 1] <= budget) {
		order = --p->walked_from;
		p->walked_blocks += walk_area(&zone->free_area[order], p->blocks[order]);
	}
	p->free_counter = zone_page_state(zone, NR_FREE_PAGES);
	p->walk_ns = ktime_get_ns() - begun_ns;
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* The kernel's own reader of these bits is not exported. */
static unsigned int pageblock_type(unsigned long pfn)
{
	const unsigned long *bits = section_to_usemap(__pfn_to_section(pfn));
	unsigned long at = ((pfn & (PAGES_PER_SECTION - 1)) >> pageblock_order) * NR_PAGEBLOCK_BITS;

	return READ_ONCE(bits[at / BITS_PER_LONG]) >> (at % BITS_PER_LONG) & MIGRATETYPE_MASK;
}

static void count_pageblocks(struct picture *p)
{
	unsigned long pfn = p->zone->zone_start_pfn, end_pfn = zone_end_pfn(p->zone);

	for (; pfn < end_pfn; pfn = ALIGN_DOWN(pfn, pageblock_nr_pages) + pageblock_nr_pages) {
		struct page *page = pfn_to_online_page(pfn);

		if (page && page_zone(page) == p->zone && pageblock_type(pfn) < MIGRATE_TYPES)
			p->pageblocks[pageblock_type(pfn)]++;
		cond_resched();
	}
}

static void count_pcp(struct picture *p)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		p->pcp_pages += READ_ONCE(per_cpu_ptr(p->zone->per_cpu_pageset, cpu)->count);
}

/* Fills in the populated zones; with no pictures only counts them. */
static unsigned int find_zones(struct picture *pictures, unsigned int capacity)
{
	unsigned int count = 0;
	int node, type;

	for_each_online_node(node) {
		for (type = 0; type < MAX_NR_ZONES; type++) {
			struct zone *zone = &NODE_DATA(node)->node_zones[type];

			if (!populated_zone(zone))
				continue;
			if (pictures && count == capacity)
				return count;
			if (pictures)
				pictures[count].zone = zone;
			count++;
		}
	}
	return count;
}

static unsigned long fault_count(enum vm_event_item item)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(vm_event_states, cpu).event[item]);
	return sum;
}

static unsigned long list_pages(const struct picture *p)
{
	unsigned long pages = 0;
	unsigned int order;

	for (order = 0; order < PAGEMAN_ORDER_COUNT; order++)
		pages += p->counted[order] << order;
	return pages;
}

static void show_pages(struct seq_file *out, const char *what, unsigned long pages)
{
	seq_printf(out, "%-24s %12lu pages %10lu MiB\n", what, pages, PAGES_KIB(pages) >> 10);
}

static void show_totals(struct seq_file *out, const struct picture *pictures, unsigned int count)
{
	unsigned long in_lists = 0, in_pcp = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		in_lists += list_pages(&pictures[i]);
		in_pcp += pictures[i].pcp_pages;
	}
	seq_printf(out, "Linux %s, pages of %lu bytes\n", utsname()->release, PAGE_SIZE);
	show_pages(out, "total", totalram_pages());
	show_pages(out, "free", in_lists + in_pcp);
	show_pages(out, "  on the free lists", in_lists);
	show_pages(out, "  on per-CPU lists", in_pcp);
	seq_printf(out, "%-24s %12lu\n", "page faults since boot", fault_count(PGFAULT));
	seq_printf(out, "%-24s %12lu\n", "  that had to read", fault_count(PGMAJFAULT));
}

static void show_order(struct seq_file *out, const struct picture *p, unsigned int order)
{
	unsigned long blocks = 0;
	unsigned int type;

	seq_printf(out, "%7u %10lu %10lu %10lu", order, PAGES_KIB(1UL << order), p->counted[order],
		   p->counted[order] << order);
	for (type = 0; type < MIGRATE_TYPES; type++) {
		blocks += p->blocks[order][type];
		if (order >= p->walked_from)
			seq_printf(out, " %11lu", p->blocks[order][type]);
		else
			seq_printf(out, " %11s", "?");
	}
	if (order >= p->walked_from && blocks != p->counted[order])
		seq_printf(out, "  DAMAGED: %s%lu blocks are listed", blocks > p->counted[order] ? "at least " : "",
			   blocks);
	seq_putc(out, '\n');
}

static void show_types(struct seq_file *out, const struct picture *p)
{
	unsigned int order, type;

	seq_printf(out, "  %-38s", "free pages");
	for (type = 0; type < MIGRATE_TYPES; type++) {
		unsigned long pages = 0;

		for (order = p->walked_from; order < PAGEMAN_ORDER_COUNT; order++)
			pages += p->blocks[order][type] << order;
		seq_printf(out, " %11lu", pages);
	}
	seq_printf(out, "%s\n  %-38s", p->walked_from ? "  (of the orders that were walked)" : "", "pageblocks");
	for (type = 0; type < MIGRATE_TYPES; type++)
		seq_printf(out, " %11lu", p->pageblocks[type]);
	seq_putc(out, '\n');
}

static void show_largest(struct seq_file *out, const struct picture *p)
{
	int order = PAGEMAN_ORDER_COUNT - 1;

	while (order >= 0 && !p->counted[order])
		order--;
	if (order < 0)
		seq_puts(out, "  largest free block: none\n");
	else
		seq_printf(out, "  largest free block: order %d, %lu pages, %lu KiB\n", order, 1UL << order,
			   PAGES_KIB(1UL << order));
}

static void show_zone(struct seq_file *out, const struct picture *p)
{
	unsigned int order, type;

	seq_printf(out, "\nNode %d, zone %s\n", zone_to_nid(p->zone), p->zone->name);
	seq_printf(out, "  present %lu, managed %lu, on the free lists %lu (the kernel's counter: %lu)",
		   p->zone->present_pages, zone_managed_pages(p->zone), list_pages(p), p->free_counter);
	seq_printf(out, ", on per-CPU lists %lu pages\n", p->pcp_pages);
	seq_printf(out, "%7s %10s %10s %10s", "order", "block KiB", "blocks", "pages");
	for (type = 0; type < MIGRATE_TYPES; type++)
		seq_printf(out, " %11s", type_names[type]);
	seq_putc(out, '\n');
	for (order = 0; order < PAGEMAN_ORDER_COUNT; order++)
		show_order(out, p, order);
	show_types(out, p);
	show_largest(out, p);
	seq_printf(out, "  %lu blocks walked in %llu us with interrupts off", p->walked_blocks,
		   div_u64(p->walk_ns, NSEC_PER_USEC));
	if (p->walked_from)
		seq_printf(out, "; orders below %u have too many for one go (pageinfo_blocks_max) and no types",
			   p->walked_from);
	seq_putc(out, '\n');
}

static int pageinfo_show(struct seq_file *out, void *unused)
{
	unsigned int i, count = find_zones(NULL, 0);
	struct picture *pictures = kvcalloc(count, sizeof(*pictures), GFP_KERNEL);

	if (!pictures)
		return -ENOMEM;
	count = find_zones(pictures, count);
	/* First all lists, one right after the other; what takes longer and changes less follows. */
	for (i = 0; i < count; i++)
		walk_zone(&pictures[i], READ_ONCE(blocks_max));
	for (i = 0; i < count; i++) {
		count_pcp(&pictures[i]);
		count_pageblocks(&pictures[i]);
	}
	show_totals(out, pictures, count);
	for (i = 0; i < count; i++)
		show_zone(out, &pictures[i]);
	kvfree(pictures);
	return 0;
}

/* Room for all of it at once, so that the lists are not walked a second time because the text did not fit. */
static int pageinfo_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, pageinfo_show, NULL, (find_zones(NULL, 0) + 1) * BYTES_PER_ZONE);
}

static const struct proc_ops pageinfo_ops = {
	.proc_open = pageinfo_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

int __init pageman_pageinfo_init(struct dentry *dir)
{
	entry = proc_create("pageinfo", 0400, NULL, &pageinfo_ops);
	if (!entry) {
		pr_err("/proc/pageinfo cannot be made; is there one already?\n");
		return -EEXIST;
	}
	return 0;
}

void pageman_pageinfo_exit(void)
{
	proc_remove(entry);
}
