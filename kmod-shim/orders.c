// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Order monitor: how often each order is asked for, with which GFP class, and by whom.
 *
 * Role: a probe on the tracepoint mm_page_alloc counts each request by order, and from min_order on also by class of
 * GFP flags and by caller, the first address on the stack outside mm/ and this module. orders_file.c shows the counts.
 * Interface: the parameters order_monitor and min_order, pageman_orders_{init,exit}, tallies.h.
 * Invariant: the probe allocates nothing, takes no lock and writes only its CPU's tally, with interrupts off. A
 * caller that finds no place in the tally's table is counted as other, so that sums are right whatever happens.
 * While order_monitor is off nothing is hooked. Not seen: pages of bulk allocations that come from per-CPU lists,
 * which have no tracepoint.
 */
#include <linux/cpu.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>

#include "parts.h"
#include "tallies.h"

#define STACK_DEPTH 24
#define PROBES_MAX 16 /* places of the table that are tried for a caller */

static bool monitor;
static unsigned int min_order = 3;
static bool started;          /* before, parameters are only remembered */
static DEFINE_MUTEX(control); /* of `hooked` and of making the tallies */
static bool hooked;
static struct tracepoint *alloc_point;
static DEFINE_PER_CPU(struct tally *, tallies);
static unsigned long mm_start, mm_end; /* mm/ in the kernel's text; equal when it is not known */

static enum request_class class_of(gfp_t gfp)
{
	if (gfp & (__GFP_DMA | __GFP_DMA32))
		return CLASS_DMA;
	if (gfp & __GFP_MOVABLE)
		return CLASS_MOVABLE;
	if (!(gfp & __GFP_DIRECT_RECLAIM))
		return gfp & __GFP_HIGH ? CLASS_ATOMIC : CLASS_NOWAIT;
	if (gfp & __GFP_HARDWALL)
		return CLASS_USER;
	if (!(gfp & __GFP_IO))
		return CLASS_NOIO;
	if (!(gfp & __GFP_FS))
		return CLASS_NOFS;
	return gfp & __GFP_ACCOUNT ? CLASS_ACCOUNTED : CLASS_KERNEL;
}

/* 0 when mm/ and this module fill all of the stack that was looked at. */
static unsigned long find_caller(void)
{
	unsigned long stack[STACK_DEPTH];
	unsigned int i, depth = stack_trace_save(stack, STACK_DEPTH, 1);

	for (i = 0; i < depth; i++)
		if ((stack[i] < mm_start || stack[i] >= mm_end) && !within_module_core(stack[i], THIS_MODULE))
			return stack[i];
	return 0;
}

/* The caller's place in the table, a new one if need be; NULL when there is none. Interrupts are off. */
static struct caller *find_place(struct tally *tally, unsigned long address, u16 order, u16 class)
{
	unsigned int at = hash_long(address ^ order << 4 ^ class, CALLERS_BITS), tries;

	for (tries = 0; tries < PROBES_MAX; tries++, at = (at + 1) % CALLERS_MAX) {
		struct caller *c = &tally->callers[at];

		if (!c->requests) {
			c->address = address;
			c->order = order;
			c->class = class;
			return c;
		}
		if (c->address == address && c->order == order && c->class == class)
			return c;
	}
	return NULL;
}

static void count_request(void *data, struct page *page, unsigned int order, gfp_t gfp, int migratetype)
{
	bool detailed = order >= READ_ONCE(min_order);
	unsigned long address = detailed ? find_caller() : 0;
	struct tally *tally = this_cpu_read(tallies);
	struct caller *caller;
	unsigned long flags;
	u16 class;

	if (order >= PAGEMAN_ORDER_COUNT)
		return;
	local_irq_save(flags);
	tally->requests[order]++;
	if (!page)
		tally->failures[order]++;
	if (detailed) {
		class = class_of(gfp);
		tally->classes[class][order]++;
		caller = find_place(tally, address, order, class);
		if (!caller)
			tally->other++;
		else /* pairs with orders_file.c: who sees a request sees whose it is */
			smp_store_release(&caller->requests, caller->requests + 1);
	}
	local_irq_restore(flags);
}

static void clear_this_cpu(void *unused)
{
	struct tally *tally = this_cpu_read(tallies);

	memset(tally, 0, sizeof(*tally));
}

/* Each CPU clears its own, so that no count is written back by a probe; a CPU that is offline runs no probe. */
void pageman_tallies_clear(void)
{
	unsigned int cpu;

	mutex_lock(&control);
	cpus_read_lock();
	for_each_possible_cpu(cpu) {
		struct tally *tally = per_cpu(tallies, cpu);

		if (!tally)
			continue;
		if (cpu_online(cpu))
			smp_call_function_single(cpu, clear_this_cpu, NULL, 1);
		else
			memset(tally, 0, sizeof(*tally));
	}
	cpus_read_unlock();
	mutex_unlock(&control);
}

const struct tally *pageman_tally(unsigned int cpu)
{
	return READ_ONCE(per_cpu(tallies, cpu));
}

bool pageman_orders_on(void)
{
	return READ_ONCE(hooked);
}

unsigned int pageman_orders_min(void)
{
	return READ_ONCE(min_order);
}

bool pageman_orders_see_mm(void)
{
	return mm_start != mm_end;
}

static int make_tallies(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct tally *tally;

		if (per_cpu(tallies, cpu))
			continue;
		tally = vzalloc_node(sizeof(*tally), cpu_to_node(cpu));
		if (!tally)
			return -ENOMEM;
		WRITE_ONCE(per_cpu(tallies, cpu), tally);
	}
	return 0;
}

static int hook(void)
{
	int error = 0;

	mutex_lock(&control);
	if (hooked)
		goto out;
	error = alloc_point ? make_tallies() : -ENOENT;
	if (!error)
		error = tracepoint_probe_register(alloc_point, (void *)count_request, NULL);
	if (error)
		pr_err("order_monitor: the tracepoint mm_page_alloc cannot be watched (error %d)\n", error);
	WRITE_ONCE(hooked, !error);
out:
	mutex_unlock(&control);
	return error;
}

static void unhook(void)
{
	mutex_lock(&control);
	if (hooked) {
		tracepoint_probe_unregister(alloc_point, (void *)count_request, NULL);
		tracepoint_synchronize_unregister();
		WRITE_ONCE(hooked, false);
	}
	mutex_unlock(&control);
}

static int monitor_set(const char *text, const struct kernel_param *parameter)
{
	bool wanted;
	int error = kstrtobool(text ?: "y", &wanted);

	if (error) {
		pr_err("order_monitor: '%.*s' is neither yes nor no\n", (int)strcspn(text, "\n"), text);
		return error;
	}
	if (started && wanted)
		error = hook();
	else if (started)
		unhook();
	if (!error)
		monitor = wanted;
	return error;
}

static const struct kernel_param_ops monitor_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = monitor_set,
	.get = param_get_bool,
};
module_param_cb(order_monitor, &monitor_ops, &monitor, 0644);
__MODULE_PARM_TYPE(order_monitor, "bool");
MODULE_PARM_DESC(order_monitor, "count requests for pages by order, GFP class and caller (default off)");

static int min_order_set(const char *text, const struct kernel_param *parameter)
{
	unsigned int wanted;
	int error = kstrtouint(text, 0, &wanted);

	if (error || wanted >= PAGEMAN_ORDER_COUNT) {
		pr_err("min_order: '%.*s' is not an order from 0 to %d\n", (int)strcspn(text, "\n"), text,
		       PAGEMAN_ORDER_COUNT - 1);
		return -EINVAL;
	}
	WRITE_ONCE(min_order, wanted);
	return 0;
}

static const struct kernel_param_ops min_order_ops = { .set = min_order_set, .get = param_get_uint };
module_param_cb(min_order, &min_order_ops, &min_order, 0644);
__MODULE_PARM_TYPE(min_order, "uint");
MODULE_PARM_DESC(min_order, "order from which the monitor notes class and caller (default 3)");

static void note_point(struct tracepoint *point, void *unused)
{
	if (!strcmp(point->name, "mm_page_alloc"))
		alloc_point = point;
}

/*
 * The objects of mm/ lie side by side in the kernel's text: the first begins with filemap_check_errors(), and what
 * follows the last is fs/open.c with generic_file_open(). On a kernel where that does not hold, callers may be
 * functions of mm/.
 */
static void find_mm(void)
{
	unsigned long inside[] = { (unsigned long)kfree, (unsigned long)vfree, (unsigned long)__free_pages };
	unsigned int i;

	mm_start = (unsigned long)filemap_check_errors;
	mm_end = (unsigned long)generic_file_open;
	for (i = 0; i < ARRAY_SIZE(inside); i++)
		if (inside[i] < mm_start || inside[i] >= mm_end)
			mm_start = mm_end = 0;
	if (mm_start == mm_end)
		pr_info("order monitor: mm/ was not found in the kernel's text; callers may lie in it\n");
}

static void free_tallies(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		vfree(per_cpu(tallies, cpu));
		per_cpu(tallies, cpu) = NULL;
	}
}

int __init pageman_orders_init(struct dentry *dir)
{
	int error = 0;

	find_mm();
	for_each_kernel_tracepoint(note_point, NULL);
	pageman_orders_file_init(dir);
	kernel_param_lock(THIS_MODULE);
	if (monitor)
		error = hook();
	started = !error;
	kernel_param_unlock(THIS_MODULE);
	if (error) {
		pageman_orders_file_exit();
		free_tallies();
	}
	return error;
}

void pageman_orders_exit(void)
{
	kernel_param_lock(THIS_MODULE);
	started = false;
	unhook();
	kernel_param_unlock(THIS_MODULE);
	pageman_orders_file_exit();
	free_tallies();
}
