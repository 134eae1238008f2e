// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * pageman.ko: parameters, start and end.
 *
 * Interface, below /sys/module/pageman/parameters/, all of which can be changed while the module is loaded:
 *   policy        stock (nothing is hooked), fitfree, lazy
 *   trim_kmalloc  trim kmalloc() above the slab limit as well
 *   min_pages     requests of fewer pages are left alone
 *   times         measure how long trimming takes (stats.c)
 *   fail_every    for tests (late.c)
 *   order_monitor, min_order (orders.c), pageinfo_blocks_max (pageinfo.c), snapshot_pages_max (snapshot_file.c)
 * and the files below debugfs/pageman/ that the parts make.
 * Invariant: as loaded without parameters the module changes nothing of what the kernel does.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include <pageman/pageman.h>
#include <recorder.h>

#include "hooks.h"
#include "parts.h"
#include "trimming.h"

static const struct part {
	int (*init)(struct dentry *dir);
	void (*exit)(void);
} parts[] = {
	{ pageman_stats_init, pageman_stats_exit },
	{ pageman_hooks_init, pageman_hooks_exit },
	{ pageman_late_init, pageman_late_exit },
	{ pageman_snapshot_init, pageman_snapshot_exit },
	{ pageman_pageinfo_init, pageman_pageinfo_exit },
	{ pageman_orders_init, pageman_orders_exit },
};

unsigned int pageman_min_pages = 1;

static bool started; /* before, parameters are only remembered */
static enum pageman_policy policy;
static bool trim_kmalloc;
static struct dentry *folder;

static int policy_set(const char *text, const struct kernel_param *parameter)
{
	enum pageman_policy wanted = PAGEMAN_STOCK;
	int error;

	while (wanted < PAGEMAN_POLICY_COUNT && !sysfs_streq(text, pageman_policy_names[wanted]))
		wanted++;
	if (wanted == PAGEMAN_POLICY_COUNT) {
		pr_err("policy: '%.*s' is none of stock, fitfree, lazy\n", (int)strcspn(text, "\n"), text);
		return -EINVAL;
	}
	error = started ? pageman_exact_set(wanted) : 0;
	if (!error)
		policy = wanted;
	return error;
}

static int policy_get(char *text, const struct kernel_param *parameter)
{
	return sysfs_emit(text, "%s\n", pageman_policy_names[policy]);
}

static const struct kernel_param_ops policy_ops = { .set = policy_set, .get = policy_get };
module_param_cb(policy, &policy_ops, NULL, 0644);
MODULE_PARM_DESC(policy, "how exact allocations are trimmed: stock (default), fitfree, lazy");

static int trim_kmalloc_set(const char *text, const struct kernel_param *parameter)
{
	bool wanted;
	int error = kstrtobool(text ?: "y", &wanted);

	if (error) {
		pr_err("trim_kmalloc: '%.*s' is neither yes nor no\n", (int)strcspn(text, "\n"), text);
		return error;
	}
	if (started && wanted)
		error = pageman_kmalloc_start();
	else if (started)
		pageman_kmalloc_stop();
	if (!error)
		trim_kmalloc = wanted;
	return error;
}

static const struct kernel_param_ops trim_kmalloc_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = trim_kmalloc_set,
	.get = param_get_bool,
};
module_param_cb(trim_kmalloc, &trim_kmalloc_ops, &trim_kmalloc, 0644);
__MODULE_PARM_TYPE(trim_kmalloc, "bool");
MODULE_PARM_DESC(trim_kmalloc, "trim kmalloc above the slab limit (default off)");

static int min_pages_set(const char *text, const struct kernel_param *parameter)
{
	unsigned int wanted;
	int error = kstrtouint(text, 0, &wanted);

	if (error || wanted < 1 || wanted > PAGEMAN_PAGES_MAX) {
		pr_err("min_pages: '%.*s' is not a number of pages from 1 to %llu\n", (int)strcspn(text, "\n"), text,
		       PAGEMAN_PAGES_MAX);
		return -EINVAL;
	}
	WRITE_ONCE(pageman_min_pages, wanted);
	return 0;
}

static const struct kernel_param_ops min_pages_ops = { .set = min_pages_set, .get = param_get_uint };
module_param_cb(min_pages, &min_pages_ops, &pageman_min_pages, 0644);
MODULE_PARM_DESC(min_pages, "requests of fewer pages are left alone (default 1)");

static void end_parts(unsigned int count)
{
	while (count-- > 0)
		parts[count].exit();
	debugfs_remove(folder);
}

static void end_trimming(void)
{
	started = false;
	pageman_kmalloc_end();
	pageman_exact_set(PAGEMAN_STOCK);
	pageman_hooks_drain();
}

static int start_trimming(void)
{
	int error = pageman_exact_set(policy);

	if (!error && trim_kmalloc)
		error = pageman_kmalloc_start();
	if (error)
		end_trimming();
	return error;
}

static int __init pageman_init(void)
{
	unsigned int i;
	int error = rec_symbols_init();

	if (error) {
		pr_err("kernel functions cannot be looked up by name (error %d)\n", error);
		return error;
	}
	folder = debugfs_create_dir("pageman", NULL);
	for (i = 0; i < ARRAY_SIZE(parts) && !error; i++)
		error = parts[i].init(folder);
	if (error) {
		end_parts(i - 1);
		return error;
	}
	kernel_param_lock(THIS_MODULE);
	error = start_trimming();
	started = !error;
	kernel_param_unlock(THIS_MODULE);
	if (error)
		end_parts(ARRAY_SIZE(parts));
	return error;
}

static void __exit pageman_exit(void)
{
	kernel_param_lock(THIS_MODULE);
	end_trimming();
	kernel_param_unlock(THIS_MODULE);
	end_parts(ARRAY_SIZE(parts));
}

module_init(pageman_init);
module_exit(pageman_exit);
/* The core is MIT or GPL-2.0; the snapshot that is linked in is the recorder's, GPL-2.0 or later. */
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
MODULE_DESCRIPTION("Trims page allocations that are not a power of two: Fit&Free and Free&Fit");
