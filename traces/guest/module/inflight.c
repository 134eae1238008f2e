// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Allocations between their list operation and their event.
 *
 * Role: an allocation takes its frame, then clears it, then emits mm_page_alloc. What interrupts it in between
 * uses the lists after it but is seen before it. Each allocation under way has a slot; when another context is
 * about to use the lists, REC_POP is emitted first for every slot whose frame is already gone from its list.
 * How it is known that the frame is gone: the allocation released a per-CPU list's or a zone's lock, and the list is
 * shorter or a block was told to leave the zone. A zone may have none to give without mixing types.
 * A bulk call takes its frames at once and is told by its return.
 * A free is the other way round: its event comes first. When another context used the lists before it had its per-CPU
 * list, or its zone's lock if it goes straight there, REC_LATE_COMMIT is emitted inside that lock.
 * Interface: rec_inflight_{set,clear,show}, rec_inflight_begin, rec_inflight_bulk_begin, rec_inflight_bulk_end,
 * rec_inflight_announce, rec_inflight_direct, rec_inflight_past.
 * Invariant: a slot belongs to one (task, interrupt level) of this CPU; slots are touched with interrupts off.
 */
#include <linux/ftrace.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "events.h"
#include "recorder.h"

#define SLOTS 32

struct slot {
	pid_t pid;
	u8 level; /* REC_CTX_* */
	u8 order;
	bool used;
	bool is_free;   /* of `pfn`; else an allocation */
	bool direct;    /* free: straight to the zone */
	bool past;      /* free: past its list, on its way to the zone */
	u8 migratetype; /* that it goes there with */
	bool bulk;      /* allocation: of a bulk call's frames */
	bool taken;     /* allocation: a block left the zone's lists since the attempt began */
	bool gone;      /* allocation: and a lock was released */
	bool overtaken; /* free: another context used the lists since its event */
	const void *list; /* allocation: lock of the per-CPU list that it tries */
	int list_count; /* and frames there as the lock was taken */
	u64 pfn;
	u32 gfp;
	u32 alloc_flags;
};

static DEFINE_PER_CPU(struct slot[SLOTS], slots);
static DEFINE_PER_CPU(unsigned int, gone_count);
static DEFINE_PER_CPU(unsigned int, free_count);
/* By level: frame of a free that goes straight to the zone, between __free_pages_ok() and its event. */
static DEFINE_PER_CPU(u64[REC_CTX_LEVEL + 1], direct_pfn);
static DEFINE_PER_CPU(unsigned int, next_victim);
static DEFINE_PER_CPU(unsigned long, event_flags);

static bool tells_order; /* the ends of sections are told by their own events */
static struct tracepoint *alloc_point, *free_point, *batched_point, *taken_point, *mixed_point;
static struct ftrace_ops unlock_ops, trylock_ops;
static bool alloc_first_set, alloc_last_set, free_set, free_last_set, batched_set, taken_set, mixed_set;
static bool unlock_set, trylock_set;

static u8 notrace level_now(void)
{
	if (in_nmi())
		return REC_CTX_NMI;
	if (in_hardirq())
		return REC_CTX_HARDIRQ;
	return in_serving_softirq() ? REC_CTX_SOFTIRQ : 0;
}

static struct slot *notrace own_slot(u8 level, bool is_free)
{
	struct slot *s = *this_cpu_ptr(&slots);
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (s[i].used && s[i].is_free == is_free && s[i].pid == current->pid && s[i].level == level)
			return &s[i];
	return NULL;
}

static void notrace drop(struct slot *slot)
{
	if (slot->gone)
		__this_cpu_dec(gone_count);
	if (slot->is_free)
		__this_cpu_dec(free_count);
	*slot = (struct slot){};
}

static struct slot *notrace free_slot(void)
{
	struct slot *s = *this_cpu_ptr(&slots);
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (!s[i].used)
			return &s[i];
	/* A task that gave up its allocation without an event leaves its slot behind. */
	i = __this_cpu_inc_return(next_victim) % SLOTS;
	drop(&s[i]);
	return &s[i];
}

/* Whether what runs here interrupted a section of one of this CPU's lists. */
static bool notrace on_top_of_section(void)
{
	unsigned int i;

	for (i = 0; i < rec_zone_count; i++)
		if (spin_is_locked(&raw_cpu_ptr(rec_zones[i]->per_cpu_pageset)->lock))
			return true;
	return false;
}

/*
 * Says of every other context's finished list operation that it came first. A free that holds its list is not
 * overtaken any more: what interrupts the section goes past the list. Nothing interrupts a zone's section.
 */
void notrace rec_inflight_announce(void)
{
	unsigned long flags;
	struct slot *s;
	unsigned int i;
	u8 level = level_now();

	if (!__this_cpu_read(gone_count) && !__this_cpu_read(free_count))
		return;
	local_irq_save(flags);
	s = *this_cpu_ptr(&slots);
	for (i = 0; i < SLOTS; i++) {
		if (!s[i].used || (s[i].pid == current->pid && s[i].level == level))
			continue;
		if (s[i].is_free && (s[i].direct || s[i].past || !on_top_of_section()))
			s[i].overtaken = true;
		if (!s[i].gone)
			continue;
		trace_rec(REC_POP, (u32)s[i].pid, s[i].alloc_flags, s[i].gfp, s[i].order, 0,
			  s[i].level | (s[i].bulk ? REC_POP_BULK : 0));
		drop(&s[i]);
	}
	local_irq_restore(flags);
}

static void notrace begin(struct slot allocation)
{
	unsigned long flags;
	struct slot *slot;

	rec_inflight_announce();
	local_irq_save(flags);
	slot = own_slot(allocation.level, false);
	if (slot)
		drop(slot);
	else
		slot = free_slot();
	*slot = allocation;
	local_irq_restore(flags);
}

/* get_page_from_freelist() is entered. */
void notrace rec_inflight_begin(u32 gfp, u8 order, u32 alloc_flags)
{
	begin((struct slot){ .pid = current->pid, .level = level_now(), .order = order, .used = true, .gfp = gfp,
			     .alloc_flags = alloc_flags });
}

/* A bulk call begins; one that falls back to a single allocation is that from there on. */
void notrace rec_inflight_bulk_begin(u32 gfp)
{
	begin((struct slot){ .pid = current->pid, .level = level_now(), .used = true, .bulk = true, .gfp = gfp });
}

/* Told and over at once: an interrupt finds the slot, or comes behind the event. */
void notrace rec_inflight_bulk_end(u64 count)
{
	unsigned long flags;
	struct slot *slot;

	local_irq_save(flags);
	trace_rec(REC_BULK_END, 0, count, 0, 0, 0, 0);
	slot = own_slot(level_now(), false);
	if (slot)
		drop(slot);
	local_irq_restore(flags);
}

/* The free of this context has its list, or its zone; told when something came before it that its event did not. */
static void notrace commit_free(bool zone)
{
	struct slot *slot;

	if (!__this_cpu_read(free_count))
		return;
	slot = own_slot(level_now(), true);
	if (!slot || (slot->direct || slot->past) != zone)
		return;
	if (slot->past)
		trace_rec(REC_FREE_ONE, slot->pfn, 0, 0, slot->order, slot->migratetype, 0);
	else if (slot->overtaken)
		trace_rec(REC_LATE_COMMIT, slot->pfn, 0, 0, slot->order, 0, zone ? REC_LATE_DIRECT : 0);
	drop(slot);
}

/* __free_pages_ok() is entered: the free whose event comes next goes straight to the zone. */
void notrace rec_inflight_direct(u64 pfn)
{
	this_cpu_write(direct_pfn[level_now()], pfn);
}

/*
 * free_one_page() is entered: the free went past its list. Return: whether it is told inside the zone's lock, so that
 * what interrupts it before that is told before it. With order probes the lock tells where it belongs.
 */
bool notrace rec_inflight_past(u64 pfn, u8 migratetype)
{
	unsigned long flags;
	struct slot *slot;

	local_irq_save(flags);
	slot = own_slot(level_now(), true);
	if (slot && (slot->direct || slot->pfn != pfn))
		slot = NULL;
	if (slot && (tells_order || !unlock_set)) {
		drop(slot);
		slot = NULL;
	}
	if (slot) {
		slot->past = true;
		slot->migratetype = migratetype;
	}
	local_irq_restore(flags);
	return slot;
}

/* The number of the zone whose lock it is; rec_zone_count when it is none's. */
static unsigned int notrace zone_of_lock(const void *lock)
{
	unsigned int i;

	for (i = 0; i < rec_zone_count && lock != &rec_zones[i]->lock; i++)
		;
	return i;
}

/* kswapd gives a zone's boost back in a section of its own; it is told with the others' only in the end. */
static void notrace tell_boost(unsigned int zone)
{
	static unsigned long last[REC_ZONE_CAPACITY]; /* as the zone's last section left it */
	unsigned long boost = rec_zones[zone]->watermark_boost;

	if (boost < last[zone])
		trace_rec(REC_BOOST, 0, (u32)boost | (u64)zone << 32, 0, 0, 0, 0);
	last[zone] = boost;
}

static bool notrace is_own_pcp_lock(const void *lock)
{
	unsigned int i;

	for (i = 0; i < rec_zone_count; i++)
		if (lock == &raw_cpu_ptr(rec_zones[i]->per_cpu_pageset)->lock)
			return true;
	return false;
}

static int notrace frames_of(const void *lock)
{
	return container_of((const spinlock_t *)lock, struct per_cpu_pages, lock)->count;
}

static bool notrace list_is_shorter(const void *lock, const struct slot *slot)
{
	return lock == slot->list && frames_of(lock) < slot->list_count;
}

/* An allocation that was about to take this list's lock finds it as this section leaves it. */
static void notrace update_list_counts(const void *lock, const struct slot *own)
{
	struct slot *s = *this_cpu_ptr(&slots);
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (s[i].used && &s[i] != own && s[i].list == lock)
			s[i].list_count = frames_of(lock);
}

static void notrace on_unlock(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			      struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);
	unsigned long flags;
	unsigned int zone;
	struct slot *slot;
	bool pcp;

	if (!trace_rec_enabled() || !regs)
		return;
	pcp = is_own_pcp_lock((const void *)regs->di);
	zone = pcp ? rec_zone_count : zone_of_lock((const void *)regs->di);
	if (!pcp && zone == rec_zone_count)
		return;
	local_irq_save(flags);
	slot = own_slot(level_now(), false);
	if (slot && !slot->gone && (slot->taken || (pcp && list_is_shorter((const void *)regs->di, slot)))) {
		slot->gone = true;
		__this_cpu_inc(gone_count);
	}
	if (pcp)
		update_list_counts((const void *)regs->di, slot);
	else if (!tells_order)
		tell_boost(zone);
	commit_free(!pcp);
	local_irq_restore(flags);
}

static void notrace note_list(const void *lock)
{
	unsigned long flags;
	struct slot *slot;

	local_irq_save(flags);
	slot = own_slot(level_now(), false);
	if (slot) {
		slot->list = lock;
		slot->list_count = frames_of(lock);
	}
	local_irq_restore(flags);
}

/*
 * An interrupt on top of a per-CPU list's critical section does not get the list and goes past it. Nothing else tells
 * this of an allocation where the refill is inlined.
 */
static void notrace on_trylock(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			       struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);
	unsigned int i;

	if (!trace_rec_enabled() || !regs)
		return;
	for (i = 0; i < rec_zone_count; i++) {
		struct per_cpu_pages *pcp = raw_cpu_ptr(rec_zones[i]->per_cpu_pageset);

		if ((void *)regs->di != &pcp->lock)
			continue;
		if (spin_is_locked(&pcp->lock))
			trace_rec(REC_LIST_LOCKED, 0, i, 0, 0, 0, 0);
		else
			note_list(&pcp->lock);
		return;
	}
}

/*
 * The slot is dropped and the event written with interrupts off in between: an interrupt that came there would
 * neither find the slot nor come behind the event. The two callbacks stand before and behind the ring buffer's.
 */
static void notrace before_alloc_event(void *data, struct page *page, unsigned int order, gfp_t gfp, int migratetype)
{
	unsigned long flags;
	struct slot *slot;

	local_irq_save(flags);
	__this_cpu_write(event_flags, flags);
	slot = own_slot(level_now(), false);
	if (slot)
		drop(slot);
}

static void notrace after_alloc_event(void *data, struct page *page, unsigned int order, gfp_t gfp, int migratetype)
{
	local_irq_restore(__this_cpu_read(event_flags));
}

/* The same around a free's event: what interrupts it behind the event finds its slot. */
static void notrace before_free_event(void *data, struct page *page, unsigned int order)
{
	unsigned long flags;

	local_irq_save(flags);
	__this_cpu_write(event_flags, flags);
	if (trace_rec_enabled())
		rec_inflight_announce();
}

/* A later free of a list takes the slot over; the lists' commits are told by their own event. */
static void notrace after_free_event(void *data, struct page *page, unsigned int order)
{
	u64 pfn = page_to_pfn(page);
	u8 level = level_now();
	struct slot *slot;

	bool has_list = order <= PAGE_ALLOC_COSTLY_ORDER || order == pageblock_order;

	if (trace_rec_enabled()) {
		slot = own_slot(level, true);
		if (slot)
			drop(slot);
		else
			slot = free_slot();
		*slot = (struct slot){ .pid = current->pid, .level = level, .order = order, .used = true,
				       .is_free = true, .pfn = pfn,
				       .direct = !has_list || __this_cpu_read(direct_pfn[level]) == pfn };
		__this_cpu_inc(free_count);
	}
	__this_cpu_write(direct_pfn[level], 0);
	local_irq_restore(__this_cpu_read(event_flags));
}

static void notrace note_taken(void)
{
	unsigned long flags;
	struct slot *slot;

	local_irq_save(flags);
	slot = own_slot(level_now(), false);
	if (slot)
		slot->taken = true;
	local_irq_restore(flags);
}

static void notrace on_taken(void *data, struct page *page, unsigned int order, int migratetype, int refill)
{
	note_taken();
}

/* 6.12 tells a block that it takes from another type by this event alone. */
static void notrace on_mixed(void *data, struct page *page, int order, int fallback_order, int migratetype,
			     int fallback_migratetype)
{
	note_taken();
}

static void notrace on_batched(void *data, struct page *page)
{
	if (trace_rec_enabled())
		rec_inflight_announce();
}

static void find_point(struct tracepoint *point, void *data)
{
	if (!strcmp(point->name, "mm_page_alloc"))
		alloc_point = point;
	else if (!strcmp(point->name, "mm_page_free"))
		free_point = point;
	else if (!strcmp(point->name, "mm_page_free_batched"))
		batched_point = point;
	else if (!strcmp(point->name, "mm_page_alloc_zone_locked"))
		taken_point = point;
	else if (!strcmp(point->name, "mm_page_alloc_extfrag"))
		mixed_point = point;
}

/* The ring buffer's own callback stands between these two. */
#define PRIORITY_FIRST (TRACEPOINT_DEFAULT_PRIO + 100)
#define PRIORITY_LAST (TRACEPOINT_DEFAULT_PRIO - 100)

static bool attach(struct tracepoint *point, void *callback, int priority)
{
	return point && tracepoint_probe_register_prio(point, callback, NULL, priority) == 0;
}

/*
 * Interrupts stay off from the first callback to the last, so the last is attached first and detached last: there
 * is never a first one without it.
 */
static bool attach_pairs(void)
{
	alloc_last_set = attach(alloc_point, after_alloc_event, PRIORITY_LAST);
	free_last_set = attach(free_point, after_free_event, PRIORITY_LAST);
	tracepoint_synchronize_unregister();
	alloc_first_set = alloc_last_set && attach(alloc_point, before_alloc_event, PRIORITY_FIRST);
	free_set = free_last_set && attach(free_point, before_free_event, PRIORITY_FIRST);
	return alloc_first_set && free_set;
}

static void detach_pairs(void)
{
	if (alloc_first_set)
		tracepoint_probe_unregister(alloc_point, before_alloc_event, NULL);
	if (free_set)
		tracepoint_probe_unregister(free_point, before_free_event, NULL);
	tracepoint_synchronize_unregister();
	if (alloc_last_set)
		tracepoint_probe_unregister(alloc_point, after_alloc_event, NULL);
	if (free_last_set)
		tracepoint_probe_unregister(free_point, after_free_event, NULL);
	alloc_first_set = alloc_last_set = free_set = free_last_set = false;
}

/* The callbacks call nothing that is hooked here. */
static bool hook(struct ftrace_ops *ops, ftrace_func_t callback, const char *const *names, unsigned int count)
{
	unsigned int i;

	ops->func = callback;
	ops->flags = FTRACE_OPS_FL_SAVE_REGS;
	for (i = 0; i < count; i++) {
		unsigned long address = rec_symbol(names[i]);

		if (!address || ftrace_set_filter_ip(ops, address, 0, 0) != 0)
			return false;
	}
	return register_ftrace_function(ops) == 0;
}

static bool attach_unlocks(void)
{
	static const char *const names[] = { "_raw_spin_unlock", "_raw_spin_unlock_irqrestore" };

	return hook(&unlock_ops, on_unlock, names, ARRAY_SIZE(names));
}

static bool attach_trylock(void)
{
	static const char *const names[] = { "_raw_spin_trylock" };

	return hook(&trylock_ops, on_trylock, names, ARRAY_SIZE(names));
}

void rec_inflight_set(bool with_order)
{
	tells_order = with_order;
	for_each_kernel_tracepoint(find_point, NULL);
	batched_set = attach(batched_point, on_batched, PRIORITY_FIRST);
	taken_set = attach(taken_point, on_taken, PRIORITY_LAST);
	mixed_set = attach(mixed_point, on_mixed, PRIORITY_LAST);
	unlock_set = batched_set && taken_set && mixed_set && attach_pairs() && attach_unlocks();
	trylock_set = attach_trylock();
}

void rec_inflight_clear(void)
{
	if (unlock_set)
		unregister_ftrace_function(&unlock_ops);
	if (trylock_set)
		unregister_ftrace_function(&trylock_ops);
	ftrace_free_filter(&unlock_ops);
	ftrace_free_filter(&trylock_ops);
	detach_pairs();
	if (batched_set)
		tracepoint_probe_unregister(batched_point, on_batched, NULL);
	if (taken_set)
		tracepoint_probe_unregister(taken_point, on_taken, NULL);
	if (mixed_set)
		tracepoint_probe_unregister(mixed_point, on_mixed, NULL);
	tracepoint_synchronize_unregister();
	unlock_set = batched_set = taken_set = mixed_set = trylock_set = false;
}

void rec_inflight_show(struct seq_file *out)
{
	seq_printf(out, "%s inflight entry missed=0\n", unlock_set ? "set" : "missing");
	seq_printf(out, "%s _raw_spin_trylock entry missed=0\n", trylock_set ? "set" : "missing");
}
