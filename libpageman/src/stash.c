/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lists held tails, lends them, gives them back.
 *
 * Interface: pageman/stash.h.
 * Invariant: pageman_stash_check. A holding is listed exactly while some of its tail is pending; a borrower's lender
 * has it among its borrowers.
 */
#include <pageman/stash.h>

static uint64_t block_pages(unsigned order)
{
	return (uint64_t)1 << order;
}

static bool is_grain(enum pageman_grain grain)
{
	return grain == PAGEMAN_BY_BLOCK || grain == PAGEMAN_BY_PAGE;
}

/* Order of the largest aligned block at the end of what is pending. Pre: something is. */
static unsigned order_to_lend(const struct pageman_record *record)
{
	const uint64_t end_pfn = pageman_record_end_pfn(record);
	unsigned order = 0;

	while (order < PAGEMAN_ORDER_MAX && (end_pfn & block_pages(order)) == 0 &&
	       block_pages(order + 1) <= record->pending_pages)
		order++;
	return order;
}

static bool is_listed(const struct pageman_stash *stash, const struct pageman_holding *holding)
{
	return holding->newer != NULL || stash->lists[holding->order] == holding;
}

static void unlist(struct pageman_stash *stash, struct pageman_holding *holding)
{
	if (!is_listed(stash, holding))
		return;
	if (holding->newer != NULL)
		holding->newer->older = holding->older;
	else
		stash->lists[holding->order] = holding->older;
	if (holding->older != NULL)
		holding->older->newer = holding->newer;
	holding->newer = NULL;
	holding->older = NULL;
	stash->held_pages -= holding->record.pending_pages;
	stash->holding_count--;
}

void pageman_stash_init(struct pageman_stash *stash)
{
	unsigned order;

	PM_ASSERT(stash != NULL);
	for (order = 0; order <= PAGEMAN_ORDER_MAX; order++)
		stash->lists[order] = NULL;
	stash->held_pages = 0;
	stash->holding_count = 0;
}

int pageman_holding_init(struct pageman_holding *holding, uint64_t start_pfn, unsigned order, uint64_t pages)
{
	int error = pageman_record_init(&holding->record, start_pfn, order, pages);

	if (error != 0)
		return error;
	holding->newer = NULL;
	holding->older = NULL;
	holding->lender = NULL;
	holding->borrowers = NULL;
	holding->next_borrower = NULL;
	holding->order = 0;
	return PAGEMAN_OK;
}

void pageman_stash_hold(struct pageman_stash *stash, struct pageman_holding *holding)
{
	struct pageman_holding **list;

	PM_ASSERT(!is_listed(stash, holding));
	if (holding->record.pending_pages == 0)
		return;
	holding->order = order_to_lend(&holding->record);
	list = &stash->lists[holding->order];
	holding->older = *list;
	if (*list != NULL)
		(*list)->newer = holding;
	*list = holding;
	stash->held_pages += holding->record.pending_pages;
	stash->holding_count++;
}

int pageman_stash_lend(struct pageman_stash *stash, struct pageman_holding *holding, unsigned order, uint64_t pages)
{
	struct pageman_holding *lender = NULL;
	unsigned at;
	int error;

	if (order > PAGEMAN_ORDER_MAX || pages == 0 || pages > block_pages(order))
		return PAGEMAN_EINVAL;
	for (at = order; at <= PAGEMAN_ORDER_MAX && lender == NULL; at++)
		lender = stash->lists[at];
	if (lender == NULL)
		return PAGEMAN_ENOENT;
	error = pageman_holding_init(holding, pageman_record_end_pfn(&lender->record) - block_pages(order), order,
				     pages);
	PM_ASSERT(error == 0);
	if (error != 0)
		return error;
	unlist(stash, lender);
	lender->record.pending_pages -= (uint32_t)block_pages(order);
	lender->record.lent_pages += (uint32_t)block_pages(order);
	pageman_stash_hold(stash, lender);
	holding->lender = lender;
	holding->next_borrower = lender->borrowers;
	lender->borrowers = holding;
	pageman_stash_hold(stash, holding);
	return PAGEMAN_OK;
}

static void leave_lender(struct pageman_holding *holding)
{
	struct pageman_holding **link = &holding->lender->borrowers;

	while (*link != holding)
		link = &(*link)->next_borrower;
	*link = holding->next_borrower;
	holding->next_borrower = NULL;
	holding->lender = NULL;
}

/* From now on nothing refers to the holding, and it to nothing. */
static void leave_all(struct pageman_stash *stash, struct pageman_holding *holding)
{
	unlist(stash, holding);
	while (holding->borrowers != NULL)
		leave_lender(holding->borrowers);
	if (holding->lender != NULL)
		leave_lender(holding);
}

/* Whether the whole block is there, untouched, and lies right behind what its lender holds. */
static bool joins_lender(const struct pageman_holding *holding)
{
	const struct pageman_record *record = &holding->record;

	return holding->lender != NULL && pageman_record_end_pfn(&holding->lender->record) == record->start_pfn &&
	       pageman_record_owned_pages(record) == block_pages(record->order);
}

/* The block becomes part of what the lender holds. */
static void join_lender(struct pageman_stash *stash, struct pageman_holding *holding)
{
	struct pageman_holding *lender = holding->lender;
	const uint32_t pages = (uint32_t)block_pages(holding->record.order);

	leave_all(stash, holding);
	unlist(stash, lender);
	lender->record.lent_pages -= pages;
	lender->record.pending_pages += pages;
	pageman_stash_hold(stash, lender);
	holding->record.released_pages = holding->record.pages;
	holding->record.pending_pages = 0;
}

int pageman_stash_settle(struct pageman_stash *stash, struct pageman_holding *holding, const struct pageman_ops *ops,
			 void *context, enum pageman_grain grain)
{
	if (!is_grain(grain))
		return PAGEMAN_EINVAL;
	leave_all(stash, holding);
	return pageman_record_fit(&holding->record, ops, context, grain);
}

int pageman_stash_release(struct pageman_stash *stash, struct pageman_holding *holding, const struct pageman_ops *ops,
			  void *context, enum pageman_grain grain)
{
	if (!is_grain(grain))
		return PAGEMAN_EINVAL;
	if (joins_lender(holding)) {
		join_lender(stash, holding);
		return PAGEMAN_OK;
	}
	leave_all(stash, holding);
	return pageman_record_release(&holding->record, ops, context, grain);
}

int pageman_stash_reclaim(struct pageman_stash *stash, const struct pageman_ops *ops, void *context,
			  enum pageman_grain grain, uint64_t pages, uint64_t *given_out)
{
	uint64_t given_pages = 0;
	unsigned order = PAGEMAN_ORDER_MAX + 1;
	int error = PAGEMAN_OK;

	while (order-- > 0 && error == 0) {
		while (stash->lists[order] != NULL && given_pages < pages && error == 0) {
			struct pageman_holding *holding = stash->lists[order];
			const uint32_t before_pages = holding->record.pending_pages;

			unlist(stash, holding);
			error = pageman_record_fit(&holding->record, ops, context, grain);
			given_pages += before_pages - holding->record.pending_pages;
			pageman_stash_hold(stash, holding);
		}
	}
	if (given_out != NULL)
		*given_out = given_pages;
	return error;
}

static bool borrowers_are_right(const struct pageman_holding *holding)
{
	const struct pageman_holding *borrower;
	uint64_t lent_pages = 0;

	for (borrower = holding->borrowers; borrower != NULL; borrower = borrower->next_borrower) {
		if (borrower->lender != holding)
			return false;
		if (borrower->record.start_pfn < pageman_record_end_pfn(&holding->record))
			return false;
		lent_pages += block_pages(borrower->record.order);
		if (lent_pages > holding->record.lent_pages)
			return false;
	}
	return true;
}

bool pageman_stash_check(const struct pageman_stash *stash)
{
	uint64_t held_pages = 0;
	size_t holding_count = 0;
	unsigned order;

	for (order = 0; order <= PAGEMAN_ORDER_MAX; order++) {
		const struct pageman_holding *newer = NULL;
		const struct pageman_holding *h;

		for (h = stash->lists[order]; h != NULL; newer = h, h = h->older) {
			/* The count bounds the walk, whatever the links are. */
			if (++holding_count > stash->holding_count || h->newer != newer || h->order != order)
				return false;
			if (h->record.pending_pages == 0 || order_to_lend(&h->record) != order)
				return false;
			if (!borrowers_are_right(h))
				return false;
			held_pages += h->record.pending_pages;
		}
	}
	return holding_count == stash->holding_count && held_pages == stash->held_pages;
}
