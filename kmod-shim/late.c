// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Holds tails, and gives them back when memory is short.
 *
 * Interface: late.h. The kernel asks through a shrinker, and once more before it kills somebody for memory.
 * Invariant: pages go back outside the lock: the core's free_block notes them down, and a note never has more than
 * the blocks of one kept run and one tail.
 *
 * Locking: `lock` guards the ledger, the stash and all records, in any context that may free, interrupts included.
 * It is held for one block at a time, and for one growth of the ledger's table.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/oom.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#include <pageman/pageman.h>

#include "late.h"
#include "pages.h"
#include "parts.h"
#include "stats.h"

#define BUCKETS_AT_FIRST 256
#define BUCKETS_MAX (1u << 20)

static DEFINE_SPINLOCK(lock);
static struct pageman_ledger ledger;
static struct pageman_stash stash;
static bool may_hold;
static struct kmem_cache *holdings;

static unsigned int fail_every;
module_param(fail_every, uint, 0644);
MODULE_PARM_DESC(fail_every, "for tests: every so many allocations of the module's own records fail (0: none)");

struct note {
	unsigned int count;
	struct pageman_block blocks[2 * PAGEMAN_ORDER_SLOTS];
};

static int note_block(void *context, uint64_t start_pfn, unsigned int order)
{
	struct note *note = context;

	if (WARN_ON_ONCE(note->count == ARRAY_SIZE(note->blocks)))
		return -ENOSPC;
	note->blocks[note->count].start_pfn = start_pfn;
	note->blocks[note->count].order = order;
	note->count++;
	return 0;
}

static const struct pageman_ops note_ops = { .free_block = note_block };

static void free_noted(const struct note *note)
{
	unsigned int i;

	for (i = 0; i < note->count; i++)
		pageman_pages_free_block(note->blocks[i].start_pfn, note->blocks[i].order);
}

static bool fails_now(void)
{
	static atomic_t calls;
	unsigned int every = READ_ONCE(fail_every);

	return every && (unsigned int)atomic_inc_return(&calls) % every == 0;
}

static struct pageman_holding *holding_of(struct pageman_record *record)
{
	return container_of(record, struct pageman_holding, record);
}

static void grow(struct work_struct *unused)
{
	size_t count = 2 * READ_ONCE(ledger.bucket_count);
	struct pageman_record **buckets, **old = NULL;
	unsigned long flags;

	if (count > BUCKETS_MAX || fails_now())
		return;
	buckets = kvmalloc_array(count, sizeof(struct pageman_record *), GFP_KERNEL | __GFP_NOWARN);
	if (!buckets)
		return;
	spin_lock_irqsave(&lock, flags);
	if (pageman_ledger_resize(&ledger, buckets, count, &old))
		old = buckets;
	spin_unlock_irqrestore(&lock, flags);
	kvfree(old);
}

static DECLARE_WORK(grow_work, grow);

/* Pre: the lock is held. A record that is there already is of pages that were freed one by one behind our back. */
static struct pageman_holding *replace_stale(uint64_t start_pfn, struct note *note)
{
	struct pageman_record *record;

	if (pageman_ledger_take(&ledger, start_pfn, &record))
		return NULL;
	pageman_stash_settle(&stash, holding_of(record), &note_ops, note, PAGEMAN_BY_BLOCK);
	return holding_of(record);
}

bool pageman_late_hold(struct page *head, unsigned int order, unsigned long pages)
{
	const unsigned long start_pfn = page_to_pfn(head);
	struct pageman_holding *holding = NULL, *stale;
	struct note note = {};
	unsigned long flags;
	bool held, crowded;

	if (!fails_now())
		holding = kmem_cache_alloc(holdings, GFP_NOWAIT | __GFP_NOWARN);
	if (!holding) {
		pageman_stats_add(PAGEMAN_NO_RECORD, 1);
		return false;
	}
	if (pageman_holding_init(holding, start_pfn, order, pages)) {
		kmem_cache_free(holdings, holding);
		return false;
	}
	spin_lock_irqsave(&lock, flags);
	stale = replace_stale(start_pfn, &note);
	held = may_hold && !pageman_ledger_add(&ledger, &holding->record);
	if (held)
		pageman_stash_hold(&stash, holding);
	crowded = pageman_ledger_is_crowded(&ledger) && ledger.bucket_count < BUCKETS_MAX;
	spin_unlock_irqrestore(&lock, flags);
	free_noted(&note);
	if (stale)
		kmem_cache_free(holdings, stale);
	if (!held)
		kmem_cache_free(holdings, holding);
	if (crowded)
		schedule_work(&grow_work);
	return held;
}

enum pageman_late_answer pageman_late_release(struct page *head, unsigned long pages, unsigned int *order_out)
{
	struct pageman_record *record;
	struct note note = {};
	unsigned long flags;
	unsigned int i;
	bool whole;

	if (!pageman_late_records())
		return PAGEMAN_LATE_UNKNOWN;
	spin_lock_irqsave(&lock, flags);
	if (pageman_ledger_take(&ledger, page_to_pfn(head), &record)) {
		spin_unlock_irqrestore(&lock, flags);
		return PAGEMAN_LATE_UNKNOWN;
	}
	whole = record->pages == pages && pageman_pages_freeze(head, pages);
	if (whole)
		pageman_stash_release(&stash, holding_of(record), &note_ops, &note, PAGEMAN_BY_BLOCK);
	else
		pageman_stash_settle(&stash, holding_of(record), &note_ops, &note, PAGEMAN_BY_BLOCK);
	spin_unlock_irqrestore(&lock, flags);
	*order_out = record->order;
	for (i = 0; i < note.count; i++)
		pageman_stats_release_blocks(note.blocks[i].order, 1);
	free_noted(&note);
	kmem_cache_free(holdings, holding_of(record));
	if (!whole)
		return PAGEMAN_LATE_SETTLED;
	pageman_stats_add(PAGEMAN_WHOLE, 1);
	return PAGEMAN_LATE_DONE;
}

/* Pre: the lock is held. */
static struct pageman_holding *holding_with_most(void)
{
	unsigned int order = PAGEMAN_ORDER_MAX + 1;

	while (order-- > 0) {
		if (stash.lists[order])
			return stash.lists[order];
	}
	return NULL;
}

static unsigned long give_back(unsigned long wanted_pages)
{
	unsigned long given_pages = 0;

	while (given_pages < wanted_pages) {
		struct pageman_holding *holding;
		struct pageman_record *record;
		struct note note = {};
		unsigned long flags;

		spin_lock_irqsave(&lock, flags);
		holding = holding_with_most();
		if (holding) {
			given_pages += holding->record.pending_pages;
			pageman_stash_settle(&stash, holding, &note_ops, &note, PAGEMAN_BY_BLOCK);
			pageman_ledger_take(&ledger, holding->record.start_pfn, &record);
		}
		spin_unlock_irqrestore(&lock, flags);
		if (!holding)
			break;
		free_noted(&note);
		kmem_cache_free(holdings, holding);
	}
	pageman_stats_add(PAGEMAN_RECLAIMED, given_pages);
	return given_pages;
}

void pageman_late_allow(bool allowed)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	may_hold = allowed;
	spin_unlock_irqrestore(&lock, flags);
	while (!allowed && give_back(1024))
		cond_resched();
}

u64 pageman_late_held_pages(void)
{
	return READ_ONCE(stash.held_pages);
}

size_t notrace pageman_late_records(void)
{
	return READ_ONCE(ledger.record_count);
}

static unsigned long shrink_count(struct shrinker *shrinker, struct shrink_control *control)
{
	return pageman_late_held_pages() ?: SHRINK_EMPTY;
}

static unsigned long shrink_scan(struct shrinker *shrinker, struct shrink_control *control)
{
	return give_back(control->nr_to_scan) ?: SHRINK_STOP;
}

static int give_all_back(struct notifier_block *block, unsigned long action, void *freed)
{
	*(unsigned long *)freed += give_back(ULONG_MAX);
	return NOTIFY_OK;
}

static struct notifier_block oom_block = { .notifier_call = give_all_back };

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
static struct shrinker *shrinker;

static int watch_memory(void)
{
	shrinker = shrinker_alloc(0, "pageman-tails");
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = shrink_count;
	shrinker->scan_objects = shrink_scan;
	/* Giving a tail back costs next to nothing. */
	shrinker->seeks = 0;
	shrinker_register(shrinker);
	return 0;
}

static void unwatch_memory(void)
{
	shrinker_free(shrinker);
}
#else
static struct shrinker shrinker = {
	.count_objects = shrink_count,
	.scan_objects = shrink_scan,
	.seeks = 0,
};

static int watch_memory(void)
{
	return register_shrinker(&shrinker, "pageman-tails");
}

static void unwatch_memory(void)
{
	unregister_shrinker(&shrinker);
}
#endif

static void free_storage(void)
{
	kmem_cache_destroy(holdings);
	kvfree(ledger.buckets);
}

int pageman_late_init(struct dentry *dir)
{
	struct pageman_record **buckets = kvmalloc_array(BUCKETS_AT_FIRST, sizeof(struct pageman_record *), GFP_KERNEL);
	int error;

	if (!buckets)
		return -ENOMEM;
	pageman_ledger_init(&ledger, buckets, BUCKETS_AT_FIRST);
	pageman_stash_init(&stash);
	holdings = KMEM_CACHE(pageman_holding, 0);
	error = holdings ? watch_memory() : -ENOMEM;
	if (!error) {
		error = register_oom_notifier(&oom_block);
		if (error)
			unwatch_memory();
	}
	if (error)
		free_storage();
	return error;
}

void pageman_late_exit(void)
{
	unregister_oom_notifier(&oom_block);
	unwatch_memory();
	give_back(ULONG_MAX);
	cancel_work_sync(&grow_work);
	free_storage();
}
