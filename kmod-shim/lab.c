// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * pageman_lab.ko: how long the kernel's ways to allocate small objects take.
 *
 * Role: parameters, the thread that measures, and the files. lab_methods.c has the methods, docs/lab.md explains.
 * Interface: the parameters below; a line of CSV in the log for each result; below debugfs/pageman_lab/
 *   state    how far it is
 *   results  a table for people
 *   lab.csv  the same with all figures
 * Invariant: one thread, bound to one CPU, measures once and ends; results[0, result_count) are complete and stay.
 * All that a round allocates it frees, whatever fails; removing the module ends the thread between two rounds.
 */
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/vmstat.h>

#include "lab.h"

#define LADDER_MAX 16
#define ROUNDS_MAX 10000
#define WARM_UP_ROUNDS 5
#define STEPS_MAX ((LADDER_MAX + 1) * LAB_METHOD_COUNT)

/* Of the rounds' times: the n-th of ten parts below it. */
struct spread {
	u64 min_ns;
	u64 p10_ns;
	u64 median_ns;
	u64 p90_ns;
	u64 max_ns;
};

struct result {
	const struct lab_method *method;
	unsigned int objnum;
	unsigned int order; /* of the pages that the method asks for, 0 when it does not */
	unsigned int cpu;
	unsigned int rounds; /* 0: an allocation failed, there is no result */
	struct spread take;  /* all objects of a round allocated */
	struct spread give;  /* and freed */
};

static unsigned int objnum = 2000;
static unsigned int ladder[LADDER_MAX] = { 500, 1000, 2000, 5000 };
static unsigned int ladder_count = 4;
static unsigned int rounds = 100;
static unsigned int cpu;

static struct task_struct *thread;
static struct dentry *folder;
static struct result results[STEPS_MAX];
static unsigned int result_count; /* written by the thread alone */
static unsigned int step_count;
static bool ended;

static int parse_number(const char *name, const char *text, unsigned int max, unsigned int *value_out)
{
	unsigned int value;
	int length = strcspn(text, "\n");

	if (kstrtouint(text, 0, &value)) {
		pr_err("%s: '%.*s' is not a whole number from 1 to %u\n", name, length, text, max);
		return -EINVAL;
	}
	if (!value || value > max) {
		pr_err("%s: %u is %s; 1 to %u can be had\n", name, value, value ? "too many" : "nothing to measure",
		       max);
		return -EINVAL;
	}
	*value_out = value;
	return 0;
}

static int objnum_set(const char *text, const struct kernel_param *parameter)
{
	return parse_number("objnum", text, LAB_OBJNUM_MAX, &objnum);
}

static int rounds_set(const char *text, const struct kernel_param *parameter)
{
	return parse_number("rounds", text, ROUNDS_MAX, &rounds);
}

static int ladder_set(const char *text, const struct kernel_param *parameter)
{
	char copy[LADDER_MAX * 8], *rest = copy, *word;
	unsigned int count = 0;

	if (strscpy(copy, text, sizeof(copy)) < 0) {
		pr_err("ladder: longer than %zu characters\n", sizeof(copy) - 1);
		return -EINVAL;
	}
	if (sysfs_streq(copy, "none"))
		rest = NULL;
	while ((word = strsep(&rest, ","))) {
		if (count == LADDER_MAX) {
			pr_err("ladder: more than %d numbers\n", LADDER_MAX);
			return -EINVAL;
		}
		if (parse_number("ladder", word, LAB_OBJNUM_MAX, &ladder[count++]))
			return -EINVAL;
	}
	ladder_count = count;
	return 0;
}

static int ladder_get(char *text, const struct kernel_param *parameter)
{
	unsigned int i;
	int length = 0;

	for (i = 0; i < ladder_count; i++)
		length += sysfs_emit_at(text, length, "%s%u", i ? "," : "", ladder[i]);
	return length + sysfs_emit_at(text, length, "%s\n", ladder_count ? "" : "none");
}

static int cpu_set(const char *text, const struct kernel_param *parameter)
{
	unsigned int value;

	if (kstrtouint(text, 0, &value) || value >= nr_cpu_ids || !cpu_online(value)) {
		pr_err("cpu: '%.*s' is no CPU that is online\n", (int)strcspn(text, "\n"), text);
		return -EINVAL;
	}
	cpu = value;
	return 0;
}

static const struct kernel_param_ops objnum_ops = { .set = objnum_set, .get = param_get_uint };
module_param_cb(objnum, &objnum_ops, &objnum, 0444);
MODULE_PARM_DESC(objnum, "how many objects of 32 bytes a round allocates (default 2000)");

static const struct kernel_param_ops ladder_ops = { .set = ladder_set, .get = ladder_get };
module_param_cb(ladder, &ladder_ops, NULL, 0444);
MODULE_PARM_DESC(ladder, "further numbers of objects, with commas, or none (default 500,1000,2000,5000)");

static const struct kernel_param_ops rounds_ops = { .set = rounds_set, .get = param_get_uint };
module_param_cb(rounds, &rounds_ops, &rounds, 0444);
MODULE_PARM_DESC(rounds, "measured rounds for each method and number of objects (default 100)");

static const struct kernel_param_ops cpu_ops = { .set = cpu_set, .get = param_get_uint };
module_param_cb(cpu, &cpu_ops, &cpu, 0444);
MODULE_PARM_DESC(cpu, "the CPU that measures (default 0)");

static int by_time(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Nearest rank: the smallest time that at least `percent` of the rounds do not exceed. */
static u64 percentile(const u64 *sorted, unsigned int count, unsigned int percent)
{
	return sorted[DIV_ROUND_UP(count * percent, 100) - 1];
}

static struct spread spread_of(u64 *times_ns, unsigned int count)
{
	sort(times_ns, count, sizeof(*times_ns), by_time, NULL);
	return (struct spread){
		.min_ns = times_ns[0],
		.p10_ns = percentile(times_ns, count, 10),
		.median_ns = percentile(times_ns, count, 50),
		.p90_ns = percentile(times_ns, count, 90),
		.max_ns = times_ns[count - 1],
	};
}

/* Fills in the result; false when the module is being removed. */
static bool measure(struct lab_run *run, struct result *result, u64 *take_ns, u64 *give_ns)
{
	unsigned int round, done = 0;
	int error = 0;

	for (round = 0; round < WARM_UP_ROUNDS + rounds && !error; round++) {
		struct lab_times times;

		if (kthread_should_stop())
			return false;
		error = result->method->round(run, &times);
		if (!error && round >= WARM_UP_ROUNDS) {
			take_ns[done] = times.take_ns;
			give_ns[done++] = times.give_ns;
		}
		cond_resched();
	}
	result->objnum = run->objnum;
	result->order = result->method->order(run->objnum);
	result->cpu = raw_smp_processor_id();
	if (error) {
		pr_err("%s of %u objects failed (error %d); no result\n", result->method->name, run->objnum, error);
		return true;
	}
	result->rounds = done;
	result->take = spread_of(take_ns, done);
	result->give = spread_of(give_ns, done);
	return true;
}

static const char csv_head[] = "method,objnum,order,cpu,rounds,"
	"alloc_min_ns,alloc_p10_ns,alloc_median_ns,alloc_p90_ns,alloc_max_ns,"
	"free_min_ns,free_p10_ns,free_median_ns,free_p90_ns,free_max_ns,alloc_object_ps,free_object_ps";

static u64 object_ps(const struct result *r, u64 total_ns)
{
	return div_u64(total_ns * 1000 + r->objnum / 2, r->objnum);
}

static void csv_line(char *line, size_t size, const struct result *r)
{
	const struct spread *a = &r->take, *f = &r->give;

	snprintf(line, size, "%s,%u,%u,%u,%u,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu",
		 r->method->name, r->objnum, r->order, r->cpu, r->rounds, a->min_ns, a->p10_ns, a->median_ns, a->p90_ns,
		 a->max_ns,
		 f->min_ns, f->p10_ns, f->median_ns, f->p90_ns, f->max_ns, object_ps(r, a->median_ns),
		 object_ps(r, f->median_ns));
}

static unsigned int step_objnum(unsigned int step)
{
	unsigned int i = step / LAB_METHOD_COUNT;

	return i ? ladder[i - 1] : objnum;
}

static void take_steps(struct lab_run *run, u64 *take_ns, u64 *give_ns)
{
	unsigned int step;
	char line[320];

	pr_info("csv %s\n", csv_head);
	for (step = 0; step < step_count; step++) {
		struct result *result = &results[step];

		run->objnum = step_objnum(step);
		result->method = &lab_methods[step % LAB_METHOD_COUNT];
		if (!measure(run, result, take_ns, give_ns))
			return;
		/* Pairs with results_now(): who sees the count sees the result. */
		smp_store_release(&result_count, step + 1);
		if (!result->rounds)
			continue;
		csv_line(line, sizeof(line), result);
		pr_info("csv %s\n", line);
	}
}

static unsigned int largest_objnum(void)
{
	unsigned int i, largest = objnum;

	for (i = 0; i < ladder_count; i++)
		largest = max(largest, ladder[i]);
	return largest;
}

static int lab_thread(void *unused)
{
	struct lab_run run;
	u64 *times_ns = kvmalloc_array(rounds, 2 * sizeof(*times_ns), GFP_KERNEL);
	int error = times_ns ? lab_run_init(&run, largest_objnum()) : -ENOMEM;

	if (error) {
		pr_err("no memory for the measurement itself (error %d)\n", error);
	} else {
		take_steps(&run, times_ns, times_ns + rounds);
		lab_run_fini(&run);
	}
	kvfree(times_ns);
	/* Pairs with state_show(): who sees the end sees all results. */
	smp_store_release(&ended, true);
	return error;
}

static unsigned int results_now(void)
{
	/* Pairs with take_steps(). */
	return smp_load_acquire(&result_count);
}

static int state_show(struct seq_file *out, void *unused)
{
	/* Pairs with lab_thread(). */
	const char *state = smp_load_acquire(&ended) ? "ended" : "running";

	seq_printf(out, "%s: %u of %u results\n", state, results_now(), step_count);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static int csv_show(struct seq_file *out, void *unused)
{
	unsigned int i, count = results_now();
	char line[320];

	seq_printf(out, "%s\n", csv_head);
	for (i = 0; i < count; i++) {
		if (!results[i].rounds)
			continue;
		csv_line(line, sizeof(line), &results[i]);
		seq_printf(out, "%s\n", line);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(csv);

static void show_side(struct seq_file *out, const struct result *r, const char *what, const struct spread *s)
{
	u32 tenth;
	u64 object_ns = div_u64_rem(div_u64(object_ps(r, s->median_ns) + 50, 100), 10, &tenth);

	seq_printf(out, "%-10s %6u %5u %-5s %10llu.%u %11llu %11llu %11llu %11llu %11llu\n", r->method->name, r->objnum,
		   r->order, what, object_ns, tenth, s->median_ns, s->min_ns, s->p10_ns, s->p90_ns, s->max_ns);
}

static int results_show(struct seq_file *out, void *unused)
{
	unsigned int i, count = results_now();

	seq_printf(out, "times in ns: one object (median of %u rounds / objects), then a whole round\n", rounds);
	seq_printf(out, "%-10s %6s %5s %-5s %12s %11s %11s %11s %11s %11s\n", "method", "objnum", "order", "what",
		   "one object", "median", "min", "p10", "p90", "max");
	for (i = 0; i < count; i++) {
		const struct result *r = &results[i];

		if (!r->rounds) {
			seq_printf(out, "%-10s %6u %5u failed\n", r->method->name, r->objnum, r->order);
			continue;
		}
		show_side(out, r, "alloc", &r->take);
		show_side(out, r, "free", &r->give);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(results);

/* A page for each object is what asks for most; half of what is free stays so. */
static int check_memory(void)
{
	unsigned long wanted = largest_objnum(), have = global_zone_page_state(NR_FREE_PAGES) / 2;

	if (wanted <= have)
		return 0;
	pr_err("objnum: %lu objects, a page each, are more than half of what is free (%lu pages)\n", wanted, have);
	return -EINVAL;
}

static int begin_thread(void)
{
	int error = 0;

	cpus_read_lock();
	if (!cpu_online(cpu)) {
		pr_err("cpu: CPU %u is offline\n", cpu);
		error = -EINVAL;
	} else {
		thread = kthread_create_on_node(lab_thread, NULL, cpu_to_node(cpu), "pageman_lab");
		error = PTR_ERR_OR_ZERO(thread);
	}
	if (!error) {
		kthread_bind(thread, cpu);
		get_task_struct(thread); /* it ends by itself; kthread_stop() comes later */
		wake_up_process(thread);
	}
	cpus_read_unlock();
	return error;
}

static int __init lab_init(void)
{
	int error = check_memory();

	if (error)
		return error;
	step_count = (ladder_count + 1) * LAB_METHOD_COUNT;
	folder = debugfs_create_dir("pageman_lab", NULL);
	debugfs_create_file("state", 0400, folder, NULL, &state_fops);
	debugfs_create_file("results", 0400, folder, NULL, &results_fops);
	debugfs_create_file("lab.csv", 0400, folder, NULL, &csv_fops);
	error = begin_thread();
	if (error)
		debugfs_remove(folder);
	return error;
}

static void __exit lab_exit(void)
{
	kthread_stop(thread);
	put_task_struct(thread);
	debugfs_remove(folder);
}

module_init(lab_init);
module_exit(lab_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION("0.1.0");
MODULE_DESCRIPTION("Times the kernel's ways to allocate small objects");
