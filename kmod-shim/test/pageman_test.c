// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pageman_test.ko: loads and measurements for tests of pageman.ko. It knows nothing of that module.
 *
 * Interface, below debugfs/pageman_test/:
 *   load   write "SEED THREADS PAIRS PAGES_MAX exact|kmalloc|both": so many allocate/free pairs per thread, every
 *          page filled and looked at; -EIO when one was not as filled, told in the log; -ENOMEM when most requests
 *          fail. The threads are as nice as the writer. read: "PAIRS FAILED" of all loads so far
 *   hold   write "COUNT exact|account|kmalloc|compound": allocate so many blocks of 3 to 11 pages and keep them,
 *          filled; account is exact with __GFP_ACCOUNT, compound kmalloc with __GFP_COMP; "0 exact" looks at them and
 *          frees them
 *   leak   write "PAIRS KEPT": nine times so many pairs with KEPT pages lost on purpose and given back later; the
 *          median change of free pages is then read from the same file
 *   free   read: pages that are free, those on per-CPU lists too
 *   ratio  read: lines "PAGES ALLOC_NS FREE_NS", means of batches after a warm-up. Means, since what a per-CPU list
 *          takes in cheaply goes out in a batch later; after a warm-up, since an empty list takes in a lot before that
 *          (on 6.12 an eighth of a zone).
 *   sleep  write MILLISECONDS: an exact request sleeps so long inside the page allocator, which then has nothing for
 *          it; read: 1 while it does, else 0
 *   steal  write 1: be an IPMODIFY user of alloc_pages_exact; 0: no longer
 * Invariant: whatever was allocated is freed when a write returns, except for hold.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/clock.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmstat.h>

#define LIVE_MAX 48
#define HELD_MAX 256
#define WORDS_OF_PAGE (PAGE_SIZE / sizeof(u64))

struct block {
	u64 *at;
	size_t bytes;
	u64 mark;
	bool exact;
};

static DEFINE_MUTEX(one_at_a_time);

/* xorshift64* */
static u32 draw(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (*state * 0x2545f4914f6cdd1dULL) >> 32;
}

static void fill(struct block *block)
{
	size_t i;

	for (i = 0; i < PFN_UP(block->bytes); i++) {
		block->at[i * WORDS_OF_PAGE] = block->mark + i;
		block->at[(i + 1) * WORDS_OF_PAGE - 1] = ~(block->mark + i);
	}
}

static bool is_filled(const struct block *block)
{
	size_t i;

	for (i = 0; i < PFN_UP(block->bytes); i++) {
		if (block->at[i * WORDS_OF_PAGE] != block->mark + i ||
		    block->at[(i + 1) * WORDS_OF_PAGE - 1] != ~(block->mark + i))
			return false;
	}
	return true;
}

static int complain(const struct block *block, const char *what)
{
	pr_err("pageman_test: a block of %zu bytes is not %s\n", block->bytes, what);
	return -EIO;
}

/* 0 without memory too: then block->at is NULL. */
static int get(struct block *block, gfp_t gfp)
{
	int error = 0;

	if (block->exact)
		block->at = alloc_pages_exact(block->bytes, gfp);
	else if (block->mark & 1)
		block->at = kmalloc_node(block->bytes, gfp, numa_node_id());
	else
		block->at = kmalloc(block->bytes, gfp);
	if (!block->at)
		return 0;
	if (gfp & __GFP_ZERO && memchr_inv(block->at, 0, block->bytes))
		error = complain(block, "zeroed");
	fill(block);
	return error;
}

/* Every way to free that is open to a kmalloc block, but by RCU, which ends in kfree_bulk() later. */
static void free_kmalloc(struct block *block)
{
	switch (block->mark >> 1 & 3) {
	case 0:
		kvfree(block->at);
		break;
	case 1:
		kfree_sensitive(block->at);
		break;
	case 2:
		kfree_bulk(1, (void **)&block->at);
		break;
	default:
		kfree(block->at);
	}
}

static int put(struct block *block)
{
	u64 *moved = NULL;
	int error = 0;

	if (!block->at)
		return 0;
	if (!block->exact && ksize(block->at) < PAGE_ALIGN(block->bytes))
		error = complain(block, "as large as its pages");
	if (!block->exact && !(block->mark >> 3 & 7))
		moved = krealloc(block->at, block->bytes + PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
	block->at = moved ?: block->at;
	if (!is_filled(block))
		error = complain(block, "as it was filled");
	if (block->exact)
		free_pages_exact(block->at, block->bytes);
	else
		free_kmalloc(block);
	block->at = NULL;
	return error;
}

struct load {
	u64 seed;
	unsigned int pairs;
	unsigned int pages_max;
	bool exact, kmalloc;
	int error;
	struct completion done;
};

/* kmalloc gives whole pages only above the slab limit of two. */
static void choose(struct block *block, const struct load *load, u64 *state)
{
	size_t pages;

	block->exact = load->exact && (!load->kmalloc || draw(state) & 1);
	pages = 1 + draw(state) % (draw(state) % 8 ? min(load->pages_max, 12u) : load->pages_max);
	if (!block->exact)
		pages = max_t(size_t, pages, 3);
	block->bytes = pages * PAGE_SIZE - draw(state) % (PAGE_SIZE / 2);
	block->mark = (u64)draw(state) << 32 | draw(state);
}

static atomic64_t pairs_made, pairs_failed;

/* A pair counts when memory was had for it; three in four may fail. */
static int run_load(void *data)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_KERNEL | __GFP_ZERO, GFP_NOWAIT, GFP_KERNEL_ACCOUNT };
	struct load *load = data;
	struct block *blocks = kcalloc(LIVE_MAX, sizeof(*blocks), GFP_KERNEL);
	u64 state = load->seed | 1;
	unsigned int i, made = 0, failed = 0;

	while (blocks && made < load->pairs && failed / 3 <= load->pairs) {
		struct block *block = &blocks[draw(&state) % LIVE_MAX];

		load->error = put(block) ?: load->error;
		choose(block, load, &state);
		load->error = get(block, gfps[draw(&state) % ARRAY_SIZE(gfps)] | __GFP_NOWARN | __GFP_NORETRY) ?:
			      load->error;
		if (block->at)
			made++;
		else
			failed++;
		/* Whoever takes hooks off waits for this. */
		cond_resched_tasks_rcu_qs();
	}
	for (i = 0; blocks && i < LIVE_MAX; i++)
		load->error = put(&blocks[i]) ?: load->error;
	if (made < load->pairs)
		load->error = load->error ?: -ENOMEM;
	atomic64_add(made, &pairs_made);
	atomic64_add(failed, &pairs_failed);
	kfree(blocks);
	complete(&load->done);
	return 0;
}

static int run_loads(struct load *loads, unsigned int threads)
{
	unsigned int i;
	int error = 0;

	for (i = 0; i < threads; i++) {
		struct task_struct *task;

		init_completion(&loads[i].done);
		task = kthread_create(run_load, &loads[i], "pageman_test/%u", i);
		if (IS_ERR(task)) {
			loads[i].error = PTR_ERR(task);
			complete(&loads[i].done);
			continue;
		}
		set_user_nice(task, task_nice(current));
		wake_up_process(task);
	}
	for (i = 0; i < threads; i++) {
		wait_for_completion(&loads[i].done);
		error = loads[i].error ?: error;
	}
	return error;
}

static int do_load(const char *line)
{
	struct load loads[8] = {};
	unsigned long long seed;
	unsigned int threads, pairs, pages_max, i;
	char kind[8];

	if (sscanf(line, "%llu %u %u %u %7s", &seed, &threads, &pairs, &pages_max, kind) != 5)
		return -EINVAL;
	if (!threads || threads > ARRAY_SIZE(loads) || !pages_max || pages_max > 512)
		return -EINVAL;
	for (i = 0; i < threads; i++) {
		loads[i].seed = seed * 1000 + i;
		loads[i].pairs = pairs;
		loads[i].pages_max = pages_max;
		loads[i].exact = strcmp(kind, "kmalloc") != 0;
		loads[i].kmalloc = strcmp(kind, "exact") != 0;
	}
	return run_loads(loads, threads);
}

static struct block held[HELD_MAX];

static int do_hold(const char *line)
{
	gfp_t gfp = GFP_KERNEL;
	unsigned int count, i;
	char kind[9];
	int error = 0;

	if (sscanf(line, "%u %8s", &count, kind) != 2 || count > HELD_MAX)
		return -EINVAL;
	if (!strcmp(kind, "account"))
		gfp |= __GFP_ACCOUNT;
	if (!strcmp(kind, "compound"))
		gfp |= __GFP_COMP;
	for (i = 0; i < HELD_MAX; i++)
		error = put(&held[i]) ?: error;
	for (i = 0; i < count; i++) {
		held[i].exact = !strcmp(kind, "exact") || !strcmp(kind, "account");
		held[i].bytes = (3 + i % 9) * PAGE_SIZE;
		held[i].mark = i;
		error = get(&held[i], gfp) ?: error;
		if (!held[i].at)
			return -ENOMEM;
	}
	return error;
}

/* Pages on free lists and per-CPU lists. Exact when nobody else allocates meanwhile. */
static long free_pages_now(void)
{
	long pages = 0;
	int node, type, cpu;

	for_each_online_node(node) {
		for (type = 0; type < MAX_NR_ZONES; type++) {
			struct zone *zone = &NODE_DATA(node)->node_zones[type];

			if (!populated_zone(zone))
				continue;
			pages += atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]);
			for_each_online_cpu(cpu) {
				pages += per_cpu_ptr(zone->per_cpu_zonestats, cpu)->vm_stat_diff[NR_FREE_PAGES];
				pages += per_cpu_ptr(zone->per_cpu_pageset, cpu)->count;
			}
		}
	}
	return pages;
}

#define LEAK_REPEATS 9

static long leak_median;

static int compare_longs(const void *a, const void *b)
{
	const long left = *(const long *)a, right = *(const long *)b;

	return left < right ? -1 : left > right;
}

static int do_leak(const char *line)
{
	struct block blocks[8] = {};
	struct load load = { .exact = true, .kmalloc = true, .pages_max = 64 };
	long changes[LEAK_REPEATS];
	struct page *lost[LEAK_REPEATS] = {};
	unsigned int pairs, kept, i, k;
	u64 state = 77;
	int error = 0;

	if (sscanf(line, "%u %u", &pairs, &kept) != 2 || kept > 1)
		return -EINVAL;
	for (i = 0; i < LEAK_REPEATS; i++) {
		long before = free_pages_now();

		for (k = 0; k < pairs + ARRAY_SIZE(blocks); k++) {
			struct block *block = &blocks[k % ARRAY_SIZE(blocks)];

			error = put(block) ?: error;
			choose(block, &load, &state);
			if (k < pairs)
				error = get(block, GFP_KERNEL) ?: error;
		}
		if (kept)
			lost[i] = alloc_page(GFP_KERNEL);
		changes[i] = free_pages_now() - before;
		cond_resched();
	}
	for (i = 0; i < LEAK_REPEATS; i++) {
		if (lost[i])
			__free_page(lost[i]);
	}
	sort(changes, LEAK_REPEATS, sizeof(changes[0]), compare_longs, NULL);
	leak_median = changes[LEAK_REPEATS / 2];
	return error;
}

#define BATCH 64
#define BATCHES 31
#define WARM_PAGES 8192

/* Allocates @count blocks, then frees them, and adds how long each took. */
static void time_batch(unsigned int count, size_t bytes, u64 *alloc_ns, u64 *free_ns)
{
	static void *blocks[BATCH];
	const u64 begun = sched_clock();
	unsigned int i;
	u64 between;

	for (i = 0; i < count; i++)
		blocks[i] = alloc_pages_exact(bytes, GFP_KERNEL);
	between = sched_clock();
	for (i = 0; i < count; i++) {
		if (blocks[i])
			free_pages_exact(blocks[i], bytes);
	}
	*free_ns += sched_clock() - between;
	*alloc_ns += between - begun;
}

static int ratio_show(struct seq_file *out, void *unused)
{
	static const unsigned int sizes[] = { 3, 5, 6, 7, 9, 17, 33, 65, 100, 130, 200, 300, 500 };
	unsigned int s, b;

	mutex_lock(&one_at_a_time);
	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		const unsigned int count = sizes[s] > 64 ? 8 : BATCH;
		const unsigned int warm_batches = WARM_PAGES / (sizes[s] * count);
		u64 alloc_ns = 0, free_ns = 0;

		for (b = 0; b < warm_batches + BATCHES; b++) {
			if (b == warm_batches)
				alloc_ns = free_ns = 0;
			time_batch(count, sizes[s] * PAGE_SIZE, &alloc_ns, &free_ns);
			cond_resched();
		}
		seq_printf(out, "%u %llu %llu\n", sizes[s], alloc_ns / (count * BATCHES), free_ns / (count * BATCHES));
	}
	mutex_unlock(&one_at_a_time);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ratio);

static void notrace do_nothing(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			       struct ftrace_regs *fregs)
{
}

static struct ftrace_ops thief;
static bool stealing;

/* 6.12 calls the function so; the old name is a macro there. */
#ifdef alloc_pages_exact
#define alloc_pages_exact_function alloc_pages_exact_noprof
#else
#define alloc_pages_exact_function alloc_pages_exact
#endif

static int do_steal(const char *line)
{
	int error;

	if (line[0] == '1' && !stealing) {
		/* Afresh: what ftrace_free_filter() leaves behind must not be used again. */
		thief = (struct ftrace_ops){
			.func = do_nothing,
			.flags = FTRACE_OPS_FL_DYNAMIC | FTRACE_OPS_FL_IPMODIFY,
		};
		error = ftrace_set_filter_ip(&thief, (unsigned long)alloc_pages_exact_function, 0, 0);
		error = error ?: register_ftrace_function(&thief);
		stealing = !error;
		if (error)
			ftrace_free_filter(&thief);
		return error;
	}
	if (line[0] != '1' && stealing) {
		unregister_ftrace_function(&thief);
		ftrace_free_filter(&thief);
		stealing = false;
	}
	return 0;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define set_instruction_pointer ftrace_instruction_pointer_set
#else
#define set_instruction_pointer ftrace_regs_set_instruction_pointer
#endif

#ifdef __alloc_pages
#define alloc_pages_function __alloc_pages_noprof
#else
#define alloc_pages_function __alloc_pages
#endif

static struct task_struct *sleeper;
static unsigned int sleep_ms;
static bool asleep;
static DECLARE_COMPLETION(sleeper_done);

/* What the allocator does when it waits for memory in vain. */
static struct page *sleep_instead(gfp_t gfp, unsigned int order, int node, nodemask_t *nodes)
{
	WRITE_ONCE(asleep, true);
	msleep(sleep_ms);
	WRITE_ONCE(asleep, false);
	return NULL;
}

static void notrace divert_sleeper(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
				   struct ftrace_regs *fregs)
{
	if (current == READ_ONCE(sleeper) && in_task())
		set_instruction_pointer(fregs, (unsigned long)sleep_instead);
}

static int run_sleeper(void *had_memory)
{
	void *at;

	WRITE_ONCE(sleeper, current);
	at = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL);
	WRITE_ONCE(sleeper, NULL);
	*(bool *)had_memory = at;
	if (at)
		free_pages_exact(at, 5 * PAGE_SIZE);
	complete(&sleeper_done);
	return 0;
}

static int do_sleep(const char *line)
{
	static bool had_memory;
	struct ftrace_ops ops = { .func = divert_sleeper, .flags = FTRACE_OPS_FL_DYNAMIC | FTRACE_OPS_FL_IPMODIFY };
	struct task_struct *task;
	int error = kstrtouint(line, 0, &sleep_ms);

	if (error)
		return error;
	error = ftrace_set_filter_ip(&ops, (unsigned long)alloc_pages_function, 0, 0);
	error = error ?: register_ftrace_function(&ops);
	if (error)
		goto out;
	reinit_completion(&sleeper_done);
	task = kthread_run(run_sleeper, &had_memory, "pageman_test/s");
	error = PTR_ERR_OR_ZERO(task);
	if (!error)
		wait_for_completion(&sleeper_done);
	if (!error && had_memory)
		error = -EIO;
	unregister_ftrace_function(&ops);
out:
	ftrace_free_filter(&ops);
	return error;
}

static ssize_t order_write(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	int (*run)(const char *line) = file->private_data;
	char line[80];
	int error;

	if (count >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, from, count))
		return -EFAULT;
	line[count] = '\0';
	mutex_lock(&one_at_a_time);
	error = run(line);
	mutex_unlock(&one_at_a_time);
	return error ? error : count;
}

static ssize_t load_read(struct file *file, char __user *to, size_t count, loff_t *at)
{
	char text[48];
	int bytes = scnprintf(text, sizeof(text), "%lld %lld\n", atomic64_read(&pairs_made),
			      atomic64_read(&pairs_failed));

	return simple_read_from_buffer(to, count, at, text, bytes);
}

static int free_show(struct seq_file *out, void *unused)
{
	seq_printf(out, "%ld\n", free_pages_now());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(free);

static ssize_t sleep_read(struct file *file, char __user *to, size_t count, loff_t *at)
{
	return simple_read_from_buffer(to, count, at, READ_ONCE(asleep) ? "1\n" : "0\n", 2);
}

static ssize_t leak_read(struct file *file, char __user *to, size_t count, loff_t *at)
{
	char text[24];
	int bytes = scnprintf(text, sizeof(text), "%ld\n", leak_median);

	return simple_read_from_buffer(to, count, at, text, bytes);
}

static const struct file_operations order_ops = { .owner = THIS_MODULE, .open = simple_open, .write = order_write };
static const struct file_operations load_ops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = order_write,
	.read = load_read,
};
static const struct file_operations leak_ops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = order_write,
	.read = leak_read,
};

static const struct file_operations sleep_ops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = order_write,
	.read = sleep_read,
};

static struct dentry *folder;

static int __init test_init(void)
{
	folder = debugfs_create_dir("pageman_test", NULL);
	debugfs_create_file("load", 0600, folder, do_load, &load_ops);
	debugfs_create_file("hold", 0200, folder, do_hold, &order_ops);
	debugfs_create_file("leak", 0600, folder, do_leak, &leak_ops);
	debugfs_create_file("free", 0400, folder, NULL, &free_fops);
	debugfs_create_file("sleep", 0600, folder, do_sleep, &sleep_ops);
	debugfs_create_file("steal", 0200, folder, do_steal, &order_ops);
	debugfs_create_file("ratio", 0400, folder, NULL, &ratio_fops);
	return 0;
}

static void __exit test_exit(void)
{
	debugfs_remove(folder);
	do_steal("0");
	do_hold("0 exact");
}

module_init(test_init);
module_exit(test_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Loads and measurements for tests of pageman.ko");
