// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The order monitor's file: debugfs/pageman/orders.
 *
 * Role: adds up what the CPUs counted (tallies.h) and shows it; writing "reset" sets all counts to 0.
 * Interface: pageman_orders_file_{init,exit}.
 * Invariant: reading changes no count and stops nobody; counts go on while they are added up.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "tallies.h"

#define CALLERS_SHOWN 30

static struct dentry *file;

static const char *const class_names[CLASS_COUNT] = {
	[CLASS_DMA] = "dma",     [CLASS_MOVABLE] = "movable",     [CLASS_ATOMIC] = "atomic",
	[CLASS_NOWAIT] = "nowait", [CLASS_USER] = "user",         [CLASS_NOIO] = "noio",
	[CLASS_NOFS] = "nofs",   [CLASS_ACCOUNTED] = "accounted", [CLASS_KERNEL] = "kernel",
};

/* All CPUs together. */
struct sums {
	u64 requests[PAGEMAN_ORDER_COUNT];
	u64 failures[PAGEMAN_ORDER_COUNT];
	u64 classes[CLASS_COUNT][PAGEMAN_ORDER_COUNT];
	u64 all_requests;
	u64 all_pages;
	u64 other;
	size_t caller_count;
	struct caller callers[];
};

static int by_identity(const void *a, const void *b)
{
	const struct caller *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return (int)x->class - (int)y->class;
}

static int by_requests(const void *a, const void *b)
{
	const struct caller *x = a, *y = b;

	if (x->requests != y->requests)
		return x->requests > y->requests ? -1 : 1;
	return by_identity(a, b);
}

static void add_tally(struct sums *sums, const struct tally *tally)
{
	unsigned int i, order;

	for (order = 0; order < PAGEMAN_ORDER_COUNT; order++) {
		sums->requests[order] += READ_ONCE(tally->requests[order]);
		sums->failures[order] += READ_ONCE(tally->failures[order]);
		for (i = 0; i < CLASS_COUNT; i++)
			sums->classes[i][order] += READ_ONCE(tally->classes[i][order]);
	}
	sums->other += READ_ONCE(tally->other);
	for (i = 0; i < CALLERS_MAX; i++) {
		/* Pairs with orders.c: the rest of a place that is in use stays. */
		u64 requests = smp_load_acquire(&tally->callers[i].requests);

		if (!requests)
			continue;
		sums->callers[sums->caller_count] = tally->callers[i];
		sums->callers[sums->caller_count++].requests = requests;
	}
}

/* One entry for each caller, order and class, the most frequent first. */
static void merge_callers(struct sums *sums)
{
	size_t from, to = 0;

	sort(sums->callers, sums->caller_count, sizeof(sums->callers[0]), by_identity, NULL);
	for (from = 1; from < sums->caller_count; from++) {
		if (!by_identity(&sums->callers[to], &sums->callers[from]))
			sums->callers[to].requests += sums->callers[from].requests;
		else
			sums->callers[++to] = sums->callers[from];
	}
	if (sums->caller_count)
		sums->caller_count = to + 1;
	sort(sums->callers, sums->caller_count, sizeof(sums->callers[0]), by_requests, NULL);
}

/* NULL without memory. The caller frees it with kvfree(). */
static struct sums *add_up(void)
{
	size_t capacity = (size_t)num_possible_cpus() * CALLERS_MAX;
	struct sums *sums = kvzalloc(struct_size(sums, callers, capacity), GFP_KERNEL);
	unsigned int cpu, order;

	if (!sums)
		return NULL;
	for_each_possible_cpu(cpu) {
		const struct tally *tally = pageman_tally(cpu);

		if (tally)
			add_tally(sums, tally);
	}
	for (order = 0; order < PAGEMAN_ORDER_COUNT; order++) {
		sums->all_requests += sums->requests[order];
		sums->all_pages += sums->requests[order] << order;
	}
	merge_callers(sums);
	return sums;
}

/* "12.34%" of `part` in `whole`. */
static void show_share(struct seq_file *out, u64 part, u64 whole)
{
	u64 hundredths = whole ? div64_u64(part * 10000 + whole / 2, whole) : 0;
	u32 below;

	hundredths = div_u64_rem(hundredths, 100, &below);
	seq_printf(out, " %4llu.%02u%%", hundredths, below);
}

static void show_histogram(struct seq_file *out, const struct sums *sums)
{
	unsigned int order;

	seq_printf(out, "%5s %12s %8s %12s %8s %8s\n", "order", "requests", "share", "pages", "share", "failed");
	for (order = 0; order < PAGEMAN_ORDER_COUNT; order++) {
		u64 requests = sums->requests[order];

		seq_printf(out, "%5u %12llu", order, requests);
		show_share(out, requests, sums->all_requests);
		seq_printf(out, " %12llu", requests << order);
		show_share(out, requests << order, sums->all_pages);
		seq_printf(out, " %8llu\n", sums->failures[order]);
	}
	seq_printf(out, "%5s %12llu %8s %12llu\n", "all", sums->all_requests, "", sums->all_pages);
}

static void show_zero_against_three(struct seq_file *out, const struct sums *sums)
{
	u64 zero = sums->requests[0], three = sums->requests[3];
	u32 tenth;
	u64 ratio;

	seq_printf(out, "order 0 against order 3: %llu to %llu requests", zero, three);
	if (three) {
		ratio = div_u64_rem(div64_u64(zero * 10, three), 10, &tenth);
		seq_printf(out, ", %llu.%u for each", ratio, tenth);
	}
	seq_putc(out, '\n');
}

static void show_classes(struct seq_file *out, const struct sums *sums)
{
	unsigned int class, order, from = pageman_orders_min();

	seq_printf(out, "\nGFP classes of requests from order %u on\n%-10s", from, "class");
	for (order = from; order < PAGEMAN_ORDER_COUNT; order++)
		seq_printf(out, " %8s%2u", "order ", order);
	seq_putc(out, '\n');
	for (class = 0; class < CLASS_COUNT; class++) {
		seq_printf(out, "%-10s", class_names[class]);
		for (order = from; order < PAGEMAN_ORDER_COUNT; order++)
			seq_printf(out, " %10llu", sums->classes[class][order]);
		seq_putc(out, '\n');
	}
}

static void show_callers(struct seq_file *out, const struct sums *sums)
{
	size_t i;

	seq_printf(out, "\ncallers of such requests%s: %zu different\n%12s %5s %-10s %s\n",
		   pageman_orders_see_mm() ? "" : ", which may lie in mm/ on this kernel", sums->caller_count,
		   "requests", "order", "class", "caller");
	for (i = 0; i < sums->caller_count && i < CALLERS_SHOWN; i++) {
		const struct caller *c = &sums->callers[i];

		seq_printf(out, "%12llu %5u %-10s ", c->requests, c->order, class_names[c->class]);
		if (c->address)
			seq_printf(out, "%pS\n", (void *)c->address);
		else
			seq_puts(out, "deeper in the stack than was looked\n");
	}
	if (sums->other)
		seq_printf(out, "%12llu %5s %-10s other callers, for whom the table had no place\n", sums->other, "",
			   "");
}

static int orders_show(struct seq_file *out, void *unused)
{
	struct sums *sums = add_up();

	if (!sums)
		return -ENOMEM;
	seq_printf(out, "order monitor: %s\n", pageman_orders_on() ? "on" : "off (parameter order_monitor)");
	show_histogram(out, sums);
	show_zero_against_three(out, sums);
	show_classes(out, sums);
	show_callers(out, sums);
	kvfree(sums);
	return 0;
}

static int orders_open(struct inode *inode, struct file *opened)
{
	return single_open_size(opened, orders_show, NULL, 2 * PAGE_SIZE);
}

static ssize_t orders_write(struct file *opened, const char __user *from, size_t count, loff_t *at)
{
	char word[16] = "";

	if (count >= sizeof(word))
		return -EINVAL;
	if (copy_from_user(word, from, count))
		return -EFAULT;
	if (!sysfs_streq(word, "reset"))
		return -EINVAL;
	pageman_tallies_clear();
	return count;
}

static const struct file_operations orders_ops = {
	.owner = THIS_MODULE,
	.open = orders_open,
	.read = seq_read,
	.write = orders_write,
	.llseek = seq_lseek,
	.release = single_release,
};

void __init pageman_orders_file_init(struct dentry *dir)
{
	file = debugfs_create_file("orders", 0600, dir, NULL, &orders_ops);
}

void pageman_orders_file_exit(void)
{
	debugfs_remove(file);
}
