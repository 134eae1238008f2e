// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Trims what alloc_pages_exact() allocates and free_pages_exact() releases.
 *
 * Interface: trimming.h.
 * Invariant: what the caller has is single pages with a reference each, as the kernel's own functions leave them. So
 * either side works without the other: the kernel frees what was fitted here, and this frees what the kernel allocated.
 *
 * Which requests are left to the kernel:
 *   __GFP_ACCOUNT        the charge of a block would have to be split among its pages, which modules cannot do
 *   __GFP_COMP, HIGHMEM  the kernel warns of them and goes on without; that is its to do
 *   0 or too many bytes  likewise
 *   a power of two pages there is no tail (a release of such a run goes back as blocks all the same)
 * On a release no flag is known; pages that are charged, shared or otherwise not plain go back one by one (pages.c).
 * __GFP_ZERO clears the whole block, tail included, as it does in the kernel's function. The caller's memory policy
 * chooses the node. alloc_pages_exact_nid() lies in a section that ftrace does not reach and stays the kernel's.
 */
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "hooks.h"
#include "late.h"
#include "pages.h"
#include "stats.h"
#include "trimming.h"

const char *const pageman_policy_names[PAGEMAN_POLICY_COUNT] = {
	[PAGEMAN_STOCK] = "stock",
	[PAGEMAN_FITFREE] = "fitfree",
	[PAGEMAN_LAZY] = "lazy",
};

static enum pageman_policy policy_now;

static bool notrace pass(void)
{
	pageman_stats_add(PAGEMAN_PASSED, 1);
	return false;
}

static bool notrace wants_alloc(const struct pageman_call *call)
{
	const size_t bytes = call->arguments[0];
	const gfp_t gfp = (__force gfp_t)(unsigned int)call->arguments[1];
	const size_t pages = bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);

	if (pages < READ_ONCE(pageman_min_pages) || pages > PAGEMAN_PAGES_MAX || is_power_of_2(pages) || !pages)
		return pass();
	if (gfp & (__GFP_ACCOUNT | __GFP_COMP | __GFP_HIGHMEM))
		return pass();
	return true;
}

static bool notrace wants_free(const struct pageman_call *call)
{
	const unsigned long address = call->arguments[0];
	const size_t bytes = call->arguments[1];
	const size_t pages = bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);

	if (!address || !PAGE_ALIGNED(address) || !pages || pages > PAGEMAN_PAGES_MAX)
		return pass();
	if ((pages == 1 || pages < READ_ONCE(pageman_min_pages)) && !pageman_late_records())
		return pass();
	return true;
}

static void trim(struct page *page, struct pageman_deed *deed)
{
	deed->begun_ns = pageman_stats_begin();
	pageman_pages_own(page, deed->pages);
	deed->held = READ_ONCE(policy_now) == PAGEMAN_LAZY && pageman_late_hold(page, deed->order, deed->pages);
	deed->policy = pageman_policy_names[deed->held ? PAGEMAN_LAZY : PAGEMAN_FITFREE];
	if (!deed->held)
		pageman_pages_trim(page, deed->order, deed->pages);
	pageman_stats_fit(deed);
}

static void *alloc_exact(size_t bytes, gfp_t gfp)
{
	struct pageman_deed deed = { .bytes = bytes, .pages = PFN_UP(bytes), .order = get_order(bytes) };
	struct page *page = alloc_pages(gfp, deed.order);
	void *address = NULL;

	if (page) {
		trim(page, &deed);
		address = page_address(page);
	} else {
		pageman_stats_add(PAGEMAN_FAILED, 1);
	}
	pageman_hook_leave();
	return address;
}

static void free_exact(void *address, size_t bytes)
{
	struct pageman_deed deed = { .bytes = bytes, .pages = PFN_UP(bytes), .order = get_order(bytes) };
	struct page *page = virt_to_page(address);
	enum pageman_late_answer answer;

	deed.begun_ns = pageman_stats_begin();
	answer = pageman_late_release(page, deed.pages, &deed.order);
	deed.policy = pageman_policy_names[answer == PAGEMAN_LATE_DONE ? PAGEMAN_LAZY : PAGEMAN_FITFREE];
	if (answer != PAGEMAN_LATE_DONE && !pageman_pages_release(page, deed.pages))
		pageman_stats_add(PAGEMAN_SINGLY, 1);
	pageman_stats_release(&deed);
	pageman_hook_leave();
}

static struct pageman_hook alloc_hook = {
	.names = { "alloc_pages_exact_noprof", "alloc_pages_exact" },
	.replacement = alloc_exact,
	.wants = wants_alloc,
};

static struct pageman_hook free_hook = {
	.names = { "free_pages_exact" },
	.replacement = free_exact,
	.wants = wants_free,
};

static void unhook_all(void)
{
	pageman_hook_clear(&alloc_hook);
	/* Tails are settled while releases still come here, so that none is released by half. */
	pageman_late_allow(false);
	pageman_hook_clear(&free_hook);
}

/* Either hook alone serves fitfree; a tail may be held only when its release is seen. */
static int hook_for(enum pageman_policy policy)
{
	int free_error = pageman_hook_set(&free_hook);
	int alloc_error = pageman_hook_set(&alloc_hook);

	if (policy == PAGEMAN_LAZY || (free_error && alloc_error))
		return free_error ?: alloc_error;
	return 0;
}

int pageman_exact_set(enum pageman_policy policy)
{
	const enum pageman_policy before = policy_now;
	int error = 0;

	if (policy == PAGEMAN_STOCK) {
		WRITE_ONCE(policy_now, policy);
		unhook_all();
		return 0;
	}
	error = hook_for(policy);
	if (error) {
		pr_err("policy stays %s: %s needs functions that could not be hooked\n", pageman_policy_names[before],
		       pageman_policy_names[policy]);
		if (before == PAGEMAN_STOCK)
			unhook_all();
		return error;
	}
	WRITE_ONCE(policy_now, policy);
	pageman_late_allow(policy == PAGEMAN_LAZY);
	return 0;
}
