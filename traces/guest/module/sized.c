// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loads of kernel requests: with a size in bytes, atomic ones of several pages, and ones from interrupts.
 *
 * Role: drivers ask for buffers of odd sizes; this does so from a seed, so that a recording has sized requests
 * worth comparing trimming policies on. Half go through alloc_pages_exact, half through kmalloc above the slab
 * limit. The atomic load asks as a network driver in an interrupt does, which under pressure fills and empties the
 * reserve for such requests. The load from interrupts asks and gives back wherever a timer's interrupt happens to come,
 * inside the allocator too.
 * Interface: rec_sized_run, rec_atomic_run, rec_interrupts_set.
 * Invariant: everything that it allocates is freed when it returns, what interrupts allocate when they are stopped.
 */
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "recorder.h"

#define SIZE_MAX_BYTES (512u << 10)
#define SLAB_LIMIT_BYTES KMALLOC_MAX_CACHE_SIZE

struct sized_block {
	void *at;
	u32 bytes;
	bool exact;
};

/* xorshift64*: the same seed gives the same requests on every kernel. */
static u32 draw(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (*state * 0x2545f4914f6cdd1dULL) >> 32;
}

/* Mostly a few pages, rarely hundreds: a uniform exponent, then uniform within it, never a whole page. */
static u32 draw_bytes(u64 *state, bool exact)
{
	u32 low = exact ? PAGE_SIZE : SLAB_LIMIT_BYTES;
	u32 high = low << (1 + draw(state) % 4);
	u32 bytes = low + 1 + draw(state) % (high - low);

	if (draw(state) % 16 == 0)
		bytes = low + 1 + draw(state) % (SIZE_MAX_BYTES - low);
	return bytes % PAGE_SIZE ? bytes : bytes - 24;
}

static void block_get(struct sized_block *block, u64 *state)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY;

	block->exact = draw(state) & 1;
	block->bytes = draw_bytes(state, block->exact);
	block->at = block->exact ? alloc_pages_exact(block->bytes, gfp) : kmalloc(block->bytes, gfp);
}

static void block_put(struct sized_block *block)
{
	if (block->at && block->exact)
		free_pages_exact(block->at, block->bytes);
	else
		kfree(block->at);
	block->at = NULL;
}

int rec_sized_run(u64 seed, unsigned int requests, unsigned int live_max)
{
	struct sized_block *blocks;
	u64 state = seed | 1;
	unsigned int i;

	if (!live_max)
		return -EINVAL;
	blocks = vcalloc(live_max, sizeof(*blocks));
	if (!blocks)
		return -ENOMEM;
	for (i = 0; i < requests && !fatal_signal_pending(current); i++) {
		/* Half of the slots turn over quickly, the others live long. */
		unsigned int range = draw(&state) % 4 ? (live_max + 1) / 2 : live_max;
		struct sized_block *block = &blocks[draw(&state) % range];

		block_put(block);
		block_get(block, &state);
		cond_resched();
	}
	for (i = 0; i < live_max; i++)
		block_put(&blocks[i]);
	vfree(blocks);
	return 0;
}

struct atomic_block {
	struct page *page;
	u8 order;
};

/* Orders 1 to 3, now and then a single page, now and then without the right to the reserves. */
static void atomic_get(struct atomic_block *block, u64 *state)
{
	gfp_t gfp = (draw(state) % 16 ? GFP_ATOMIC : GFP_NOWAIT) | __GFP_NOWARN;

	block->order = draw(state) % 8 ? 1 + draw(state) % 3 : 0;
	block->page = alloc_pages(gfp, block->order);
}

static void atomic_put(struct atomic_block *block)
{
	if (block->page)
		__free_pages(block->page, block->order);
	block->page = NULL;
}

int rec_atomic_run(u64 seed, unsigned int requests, unsigned int live_max)
{
	struct atomic_block *blocks;
	u64 state = seed | 1;
	unsigned int i;

	if (!live_max)
		return -EINVAL;
	blocks = vcalloc(live_max, sizeof(*blocks));
	if (!blocks)
		return -ENOMEM;
	for (i = 0; i < requests && !fatal_signal_pending(current); i++) {
		struct atomic_block *block = &blocks[draw(&state) % live_max];

		atomic_put(block);
		atomic_get(block, &state);
		/* A burst without a pause first, as interrupts come, then time for the reclaim that it has woken. */
		if (i % 128 == 0)
			schedule_timeout_uninterruptible(1);
		else if (i % 16 == 0)
			cond_resched();
	}
	for (i = 0; i < live_max; i++)
		atomic_put(&blocks[i]);
	vfree(blocks);
	return 0;
}

/* Touched by the timer's interrupt alone while it is armed. */
static struct {
	struct hrtimer timer;
	struct atomic_block *blocks; /* NULL: not armed */
	u32 live_max;
	u32 period_us;
	u64 state;
} interrupts;

/* One to four blocks change; the next interrupt comes between half and one and a half periods from now. */
static enum hrtimer_restart on_timer(struct hrtimer *timer)
{
	u32 period_us = interrupts.period_us / 2 + draw(&interrupts.state) % (interrupts.period_us + 1), i;

	for (i = 0; i <= draw(&interrupts.state) % 4; i++) {
		struct atomic_block *block = &interrupts.blocks[draw(&interrupts.state) % interrupts.live_max];

		if (block->page)
			atomic_put(block);
		else
			atomic_get(block, &interrupts.state);
	}
	hrtimer_forward_now(timer, ns_to_ktime(1000ULL * period_us));
	return HRTIMER_RESTART;
}

static void stop_interrupts(void)
{
	u32 i;

	if (!interrupts.blocks)
		return;
	hrtimer_cancel(&interrupts.timer);
	for (i = 0; i < interrupts.live_max; i++)
		atomic_put(&interrupts.blocks[i]);
	vfree(interrupts.blocks);
	interrupts.blocks = NULL;
}

int rec_interrupts_set(u64 seed, unsigned int period_us, unsigned int live_max)
{
	stop_interrupts();
	if (!period_us)
		return 0;
	if (!live_max)
		return -EINVAL;
	interrupts.blocks = vcalloc(live_max, sizeof(*interrupts.blocks));
	if (!interrupts.blocks)
		return -ENOMEM;
	interrupts.live_max = live_max;
	interrupts.period_us = period_us;
	interrupts.state = seed | 1;
	hrtimer_init(&interrupts.timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	interrupts.timer.function = on_timer;
	hrtimer_start(&interrupts.timer, ns_to_ktime(1000ULL * period_us), HRTIMER_MODE_REL_HARD);
	return 0;
}
