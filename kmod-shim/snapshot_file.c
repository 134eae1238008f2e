// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The exact state of the page allocator as a file.
 *
 * Interface: debugfs file `snapshot`. Opening it takes a snapshot, reading gives it, in the form of the recorder's
 * snap0 (traces/include/rec/wire.h); its moment is the event pageman_trim:pageman_snapshot. One reader at a time,
 * others get -EBUSY.
 * Role: the work is the recorder's snapshot.c, compiled here a second time: all CPUs stopped, lists walked in order.
 * Invariant: memory for it is there only while the file is open.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>

#include <recorder.h>

#include "parts.h"

static unsigned long in_use;

static int snapshot_open(struct inode *inode, struct file *file)
{
	int error;

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
