// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Counts, and shows what was counted.
 *
 * Interface: stats.h; debugfs file `stats`, lines "NAME VALUE" and histograms "NAME ORDER-OR-BOUND VALUE". A time's
 * bound is the power of two, in nanoseconds, that it was below.
 */
#include <linux/debugfs.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched/clock.h>
#include <linux/seq_file.h>

#define CREATE_TRACE_POINTS
#include "events.h"
#include "late.h"
#include "parts.h"
#include "stats.h"

#define TIME_SLOTS 32
/* Reading the clock twice takes a tenth of a small fit; one call of so many is enough for a histogram. */
#define CALLS_PER_TIME 16

struct counts {
	u64 calls;
	u64 block_pages;
	u64 pages;
	u64 held_pages; /* not given back at once */
	u64 pieces[PAGEMAN_ORDER_SLOTS];
	u64 times[TIME_SLOTS];
};

struct cpu_counts {
	struct counts fit;
	struct counts release;
	u64 others[PAGEMAN_COUNT_COUNT];
};

static DEFINE_PER_CPU(struct cpu_counts, cpu_counts);
static DEFINE_PER_CPU(unsigned int, calls_begun);

static const char *const other_names[PAGEMAN_COUNT_COUNT] = {
	[PAGEMAN_PASSED] = "passed",
	[PAGEMAN_FAILED] = "failed",
	[PAGEMAN_SINGLY] = "released_page_by_page",
	[PAGEMAN_WHOLE] = "returned_whole",
	[PAGEMAN_NO_RECORD] = "held_refused",
	[PAGEMAN_RECLAIMED] = "reclaimed_pages",
	[PAGEMAN_KMALLOC_FITS] = "kmalloc_fits",
	[PAGEMAN_KMALLOC_FREES] = "kmalloc_frees",
};

static bool times = true;
module_param(times, bool, 0644);
MODULE_PARM_DESC(times, "measure how long every 16th call and all that are traced take (default on)");

u64 pageman_stats_begin(void)
{
	if (!READ_ONCE(times))
		return 0;
	if (this_cpu_inc_return(calls_begun) % CALLS_PER_TIME && !trace_pageman_fit_enabled() &&
	    !trace_pageman_free_enabled())
		return 0;
	return sched_clock();
}

void notrace pageman_stats_add(enum pageman_count which, unsigned long value)
{
	this_cpu_add(cpu_counts.others[which], value);
}

/* An interrupt may count on the same CPU meanwhile, hence single per-CPU instructions and no pointer. */
static u64 count(struct counts __percpu *counts, const struct pageman_deed *deed)
{
	u64 elapsed_ns = 0;

	if (deed->begun_ns) {
		elapsed_ns = sched_clock() - deed->begun_ns;
		/* Another CPU's clock may lag a little. */
		if ((s64)elapsed_ns < 0)
			elapsed_ns = 0;
		this_cpu_inc(counts->times[min_t(unsigned int, fls64(elapsed_ns), TIME_SLOTS - 1)]);
	}
	this_cpu_inc(counts->calls);
	this_cpu_add(counts->block_pages, 1UL << deed->order);
	this_cpu_add(counts->pages, deed->pages);
	if (deed->held)
		this_cpu_add(counts->held_pages, (1UL << deed->order) - deed->pages);
	return elapsed_ns;
}

void pageman_stats_fit(const struct pageman_deed *deed)
{
	u64 elapsed_ns = count(&cpu_counts.fit, deed);

	trace_pageman_fit(deed->bytes, deed->pages, 1UL << deed->order, deed->policy, elapsed_ns);
}

void pageman_stats_release(const struct pageman_deed *deed)
{
	u64 elapsed_ns = count(&cpu_counts.release, deed);

	if (deed->pages != 1UL << deed->order)
		trace_pageman_free(deed->bytes, deed->pages, 1UL << deed->order, deed->policy, elapsed_ns);
}

void pageman_stats_fit_blocks(unsigned int order, unsigned long blocks)
{
	this_cpu_add(cpu_counts.fit.pieces[order], blocks);
}

void pageman_stats_release_blocks(unsigned int order, unsigned long blocks)
{
	this_cpu_add(cpu_counts.release.pieces[order], blocks);
}

static void add_counts(struct counts *sum, const struct counts *counts)
{
	unsigned int i;

	sum->calls += counts->calls;
	sum->block_pages += counts->block_pages;
	sum->pages += counts->pages;
	sum->held_pages += counts->held_pages;
	for (i = 0; i < PAGEMAN_ORDER_SLOTS; i++)
		sum->pieces[i] += counts->pieces[i];
	for (i = 0; i < TIME_SLOTS; i++)
		sum->times[i] += counts->times[i];
}

static void show_histograms(struct seq_file *out, const char *name, const struct counts *counts)
{
	unsigned int i;

	for (i = 0; i < PAGEMAN_ORDER_SLOTS; i++)
		seq_printf(out, "%s_blocks order %u %llu\n", name, i, counts->pieces[i]);
	for (i = 0; i < TIME_SLOTS; i++) {
		if (counts->times[i])
			seq_printf(out, "%s_ns below %lu %llu\n", name, 1UL << i, counts->times[i]);
	}
}

static int stats_show(struct seq_file *out, void *unused)
{
	struct cpu_counts sum = {};
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct cpu_counts *counts = per_cpu_ptr(&cpu_counts, cpu);

		add_counts(&sum.fit, &counts->fit);
		add_counts(&sum.release, &counts->release);
		for (i = 0; i < PAGEMAN_COUNT_COUNT; i++)
			sum.others[i] += counts->others[i];
	}
	seq_printf(out, "fits %llu\n", sum.fit.calls);
	seq_printf(out, "frees %llu\n", sum.release.calls);
	seq_printf(out, "block_pages %llu\n", sum.fit.block_pages);
	seq_printf(out, "kept_pages %llu\n", sum.fit.pages);
	seq_printf(out, "saved_pages %llu\n", sum.fit.block_pages - sum.fit.pages - sum.fit.held_pages);
	seq_printf(out, "released_pages %llu\n", sum.release.pages);
	seq_printf(out, "held_so_far_pages %llu\n", sum.fit.held_pages);
	seq_printf(out, "held_now_pages %llu\n", pageman_late_held_pages());
	seq_printf(out, "records_now %zu\n", pageman_late_records());
	for (i = 0; i < PAGEMAN_COUNT_COUNT; i++)
		seq_printf(out, "%s %llu\n", other_names[i], sum.others[i]);
	show_histograms(out, "fit", &sum.fit);
	show_histograms(out, "free", &sum.release);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

int pageman_stats_init(struct dentry *dir)
{
	debugfs_create_file("stats", 0400, dir, NULL, &stats_fops);
	return 0;
}

void pageman_stats_exit(void)
{
}
