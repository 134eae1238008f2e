// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The recorder module: probes, snapshots and their debugfs files.
 *
 * Interface, below debugfs/pageman_recorder/:
 *   snapshot  write 0 or 1: take that snapshot now
 *   snap0     read: the snapshot's records; empty until taken
 *   snap1
 *   probes    read: one line per probe, "set|missing NAME entry|return missed=N", then "total missed=N"
 *   sized     write "SEED REQUESTS LIVE_MAX": run the load of sized requests in the writer's context
 *   atomic    the same for the load of atomic requests
 *   interrupts  write "SEED PERIOD_US LIVE_MAX": start the load from interrupts; period 0: stop it
 * The events pageman:rec and pageman:recw are enabled through tracefs; while they are off, probes say nothing.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#define CREATE_TRACE_POINTS
#include "events.h"
#include "recorder.h"

static bool order_probes;
module_param(order_probes, bool, 0444);
MODULE_PARM_DESC(order_probes, "tell the ends of lock sections, which several CPUs are ordered by");

static struct dentry *folder;

static ssize_t copy_line(char *line, size_t capacity, const char __user *from, size_t count)
{
	if (count >= capacity)
		return -EINVAL;
	if (copy_from_user(line, from, count))
		return -EFAULT;
	line[count] = '\0';
	return count;
}

static ssize_t snapshot_write(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	char line[16];
	unsigned int which;
	ssize_t got = copy_line(line, sizeof(line), from, count);
	int error;

	if (got < 0)
		return got;
	error = kstrtouint(line, 10, &which);
	if (!error)
		error = rec_snapshot_take(which);
	return error ? error : got;
}

static const struct file_operations snapshot_ops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = snapshot_write,
};

static ssize_t snap_read(struct file *file, char __user *to, size_t count, loff_t *at)
{
	size_t bytes;
	const void *data = rec_snapshot_data((unsigned long)file->private_data, &bytes);

	return simple_read_from_buffer(to, count, at, data, bytes);
}

static const struct file_operations snap_ops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = snap_read,
	.llseek = default_llseek,
};

static ssize_t run_load(const char __user *from, size_t count, int (*run)(u64, unsigned int, unsigned int))
{
	char line[80];
	unsigned long long seed;
	unsigned int requests, live_max;
	ssize_t got = copy_line(line, sizeof(line), from, count);
	int error;

	if (got < 0)
		return got;
	if (sscanf(line, "%llu %u %u", &seed, &requests, &live_max) != 3)
		return -EINVAL;
	error = run(seed, requests, live_max);
	return error ? error : got;
}

static ssize_t sized_write(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	return run_load(from, count, rec_sized_run);
}

static ssize_t atomic_write(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	return run_load(from, count, rec_atomic_run);
}

static ssize_t interrupts_write(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	return run_load(from, count, rec_interrupts_set);
}

static const struct file_operations sized_ops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = sized_write,
};

static const struct file_operations atomic_ops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = atomic_write,
};

static const struct file_operations interrupts_ops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = interrupts_write,
};

static int probes_show(struct seq_file *out, void *unused)
{
	rec_entry_probes_show(out);
	rec_return_probes_show(out);
	rec_inflight_show(out);
	seq_printf(out, "total missed=%lu\n", rec_entry_probes_missed() + rec_return_probes_missed());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(probes);

static int __init recorder_init(void)
{
	int error = rec_symbols_init();

	if (!error && order_probes)
		error = rec_locks_init();
	if (!error)
		error = rec_snapshot_init();
	if (error)
		return error;
	folder = debugfs_create_dir("pageman_recorder", NULL);
	debugfs_create_file("snapshot", 0200, folder, NULL, &snapshot_ops);
	debugfs_create_file("snap0", 0400, folder, (void *)0UL, &snap_ops);
	debugfs_create_file("snap1", 0400, folder, (void *)1UL, &snap_ops);
	debugfs_create_file("probes", 0400, folder, NULL, &probes_fops);
	debugfs_create_file("sized", 0200, folder, NULL, &sized_ops);
	debugfs_create_file("atomic", 0200, folder, NULL, &atomic_ops);
	debugfs_create_file("interrupts", 0200, folder, NULL, &interrupts_ops);
	rec_entry_probes_set(order_probes);
	rec_return_probes_set();
	rec_inflight_set(order_probes);
	return 0;
}

static void __exit recorder_exit(void)
{
	rec_inflight_clear();
	rec_return_probes_clear();
	rec_entry_probes_clear();
	debugfs_remove(folder);
	rec_interrupts_set(0, 0, 0);
	rec_snapshot_fini();
}

module_init(recorder_init);
module_exit(recorder_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Records the page allocator's decisions and exact state");
