// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The exact state of the page allocator as a file.
 *
 * Interface: debugfs file `snapshot`. Opening it takes a snapshot, reading gives it, in the form of the recorder's
 * snap0 (traces/include/rec/wire.h); its moment is the event pageman_trim:pageman_snapshot. One reader at a time,
 * others get -EBUSY.
 * Role: the work is the recorder's snapshot.c, compiled here a second time: all CPUs stopped, lists walked in order.
 * Invariant: memory for it is there only while the file is open. A machine of more than snapshot_pages_max pages is not
 * stopped: every page is looked at three times meanwhile, and watchdogs take a CPU that is stopped for long for dead.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>

#include <recorder.h>

#include "parts.h"

static unsigned long pages_max = 16UL << 20;
module_param_named(snapshot_pages_max, pages_max, ulong, 0644);
MODULE_PARM_DESC(snapshot_pages_max, "no snapshot of machines with more pages (default 16777216: 64 GiB)");

static unsigned long in_use;

static bool is_too_large(void)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; i < rec_zone_count; i++)
		pages += rec_zones[i]->spanned_pages;
	if (pages <= READ_ONCE(pages_max))
		return false;
	pr_err("snapshot: %lu pages are more than snapshot_pages_max\n", pages);
	return true;
}

static int snapshot_open(struct inode *inode, struct file *file)
{
	int error;

	if (is_too_large())
		return -E2BIG;
	if (test_and_set_bit(0, &in_use))
		return -EBUSY;
	error = rec_snapshot_init();
	if (!error) {
		error = rec_snapshot_take(0);
		if (error)
			rec_snapshot_fini();
	}
	if (error)
		clear_bit(0, &in_use);
	return error;
}

static int snapshot_release(struct inode *inode, struct file *file)
{
	rec_snapshot_fini();
	clear_bit(0, &in_use);
	return 0;
}

static ssize_t snapshot_read(struct file *file, char __user *to, size_t count, loff_t *at)
{
	size_t bytes;
	const void *data = rec_snapshot_data(0, &bytes);

	return simple_read_from_buffer(to, count, at, data, bytes);
}

static const struct file_operations snapshot_ops = {
	.owner = THIS_MODULE,
	.open = snapshot_open,
	.release = snapshot_release,
	.read = snapshot_read,
	.llseek = default_llseek,
};

int pageman_snapshot_init(struct dentry *dir)
{
	debugfs_create_file("snapshot", 0400, dir, NULL, &snapshot_ops);
	return 0;
}

void pageman_snapshot_exit(void)
{
}
