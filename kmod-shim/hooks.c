// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Sets and clears hooks.
 *
 * Interface: hooks.h; debugfs file `hooks`, one line per function: "NAME set", or "NAME not set: ERROR".
 * Invariant: entered >= left, and the difference is the number of calls inside replacements. Once no hook is set
 * `entered` stands still and `left` only grows, so a sum that says zero is right however it was read.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/version.h>

#include <recorder.h>

#include "hooks.h"
#include "parts.h"

#ifndef CONFIG_X86_64
#error "the hooks read a call's arguments as x86-64 passes them"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define set_instruction_pointer ftrace_instruction_pointer_set
#define registers(fregs) (&(fregs)->regs)
#else
#define registers(fregs) (&arch_ftrace_regs(fregs)->regs)
#define set_instruction_pointer ftrace_regs_set_instruction_pointer
#endif

#define HOOK_CAPACITY 8

DEFINE_PER_CPU(unsigned long, pageman_hook_left);
static DEFINE_PER_CPU(unsigned long, hook_entered);

/* Every hook that was ever tried, for the file. */
static struct pageman_hook *tried[HOOK_CAPACITY];
static unsigned int tried_count;
static DEFINE_MUTEX(tried_lock);

static void notrace divert(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	const struct pageman_hook *hook = container_of(ops, struct pageman_hook, ops);
	const struct pt_regs *regs = registers(fregs);
	const struct pageman_call call = { { regs->di, regs->si, regs->dx } };

	if (!hook->wants(&call))
		return;
	this_cpu_inc(hook_entered);
	set_instruction_pointer(fregs, (unsigned long)hook->replacement);
}

static unsigned long find(struct pageman_hook *hook)
{
	unsigned long address = 0;
	unsigned int i;

	for (i = 0; i < PAGEMAN_HOOK_NAMES && hook->names[i] && !address; i++) {
		address = rec_symbol(hook->names[i]);
		hook->found = hook->names[i];
	}
	return address;
}

static void remember(struct pageman_hook *hook)
{
	unsigned int i;

	mutex_lock(&tried_lock);
	for (i = 0; i < tried_count && tried[i] != hook; i++)
		;
	if (i == tried_count && i < HOOK_CAPACITY)
		tried[tried_count++] = hook;
	mutex_unlock(&tried_lock);
}

static int set_at(struct pageman_hook *hook, unsigned long address)
{
	int error;

	if (!address)
		return -ENOENT;
	/* Afresh: what ftrace_free_filter() leaves behind must not be used again. */
	memset(&hook->ops, 0, sizeof(hook->ops));
	hook->ops.func = divert;
	/* Permanent: without its hooks the kernel would leak trimmed kmalloc blocks, so nobody may turn ftrace off. */
	hook->ops.flags = FTRACE_OPS_FL_DYNAMIC | FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT;
	error = ftrace_set_filter_ip(&hook->ops, address, 0, 0);
	if (!error)
		error = register_ftrace_function(&hook->ops);
	if (error)
		ftrace_free_filter(&hook->ops);
	return error;
}

int pageman_hook_set(struct pageman_hook *hook)
{
	if (hook->set)
		return 0;
	hook->error = set_at(hook, find(hook));
	hook->set = !hook->error;
	remember(hook);
	if (hook->error == -EBUSY)
		pr_warn("%s is left alone: a live patch or another module changes it, or kernel.ftrace_enabled is 0\n",
			hook->found);
	else if (hook->error == -ENOENT)
		pr_warn("%s is left alone: this kernel has no such function\n", hook->found);
	else if (hook->error)
		pr_warn("%s is left alone: ftrace cannot hook it here (error %d)\n", hook->found, hook->error);
	return hook->error;
}

void pageman_hook_clear(struct pageman_hook *hook)
{
	if (!hook->set)
		return;
	hook->set = false;
	WARN_ON(unregister_ftrace_function(&hook->ops));
	ftrace_free_filter(&hook->ops);
}

static unsigned long calls_inside(void)
{
	unsigned long inside = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		inside += per_cpu(hook_entered, cpu);
	for_each_possible_cpu(cpu)
		inside -= per_cpu(pageman_hook_left, cpu);
	return inside;
}

void pageman_hooks_drain(void)
{
	unsigned int waited_ms = 0;

	while (calls_inside()) {
		msleep(1);
		if (++waited_ms % 10000 == 0)
			pr_info("unloading waits for %lu allocations that are under way\n", calls_inside());
	}
	/* They have left the count, but perhaps not yet the last instructions behind it. */
	synchronize_rcu_tasks();
	synchronize_rcu();
}

static int hooks_show(struct seq_file *out, void *unused)
{
	unsigned int i;

	mutex_lock(&tried_lock);
	for (i = 0; i < tried_count; i++) {
		if (tried[i]->error)
			seq_printf(out, "%s not set: %d\n", tried[i]->found, tried[i]->error);
		else
			seq_printf(out, "%s %s\n", tried[i]->found, tried[i]->set ? "set" : "not set");
	}
	mutex_unlock(&tried_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hooks);

int pageman_hooks_init(struct dentry *dir)
{
	debugfs_create_file("hooks", 0400, dir, NULL, &hooks_fops);
	return 0;
}

void pageman_hooks_exit(void)
{
}
