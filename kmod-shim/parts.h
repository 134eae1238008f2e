/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The parts of pageman.ko that main.c starts and ends.
 *
 * Interface: each part has an init, which gets the module's debugfs folder and returns 0 or a negative error having
 * undone what it did, and an exit. Parts start in the order of main.c's table and end in the opposite one, after
 * every hook has been taken off.
 */
#ifndef PAGEMAN_PARTS_H
#define PAGEMAN_PARTS_H

struct dentry;

int pageman_stats_init(struct dentry *dir);
void pageman_stats_exit(void);
int pageman_hooks_init(struct dentry *dir);
void pageman_hooks_exit(void);
int pageman_late_init(struct dentry *dir);
void pageman_late_exit(void);
int pageman_snapshot_init(struct dentry *dir);
void pageman_snapshot_exit(void);
int pageman_pageinfo_init(struct dentry *dir);
void pageman_pageinfo_exit(void);
int pageman_orders_init(struct dentry *dir);
void pageman_orders_exit(void);

#endif
