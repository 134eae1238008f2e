/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The state of one allocation: what of its block has gone back and what has not.
 *
 * Interface: the pageman_record part of pageman/ledger.h.
 * Invariant: the frames that free_block took and those that pageman_record_owned_pages counts are the whole block,
 * whatever fails in between.
 */
#include <pageman/ledger.h>

int pageman_record_init(struct pageman_record *record, uint64_t start_pfn, unsigned order, uint64_t pages)
{
	struct pageman_plan plan;
	int error = pageman_plan(start_pfn, order, pages, &plan);

	PM_ASSERT(record != NULL);
	if (error != 0)
		return error;
	record->next = NULL;
	record->start_pfn = start_pfn;
	record->order = order;
	record->pages = (uint32_t)pages;
	record->pending_pages = (uint32_t)pageman_run_pages(&plan.tail);
	record->lent_pages = 0;
	record->released_pages = 0;
	return PAGEMAN_OK;
}

int pageman_record_fit(struct pageman_record *record, const struct pageman_ops *ops, void *context,
		       enum pageman_grain grain)
{
	const uint64_t end_pfn = pageman_record_end_pfn(record);
	struct pageman_run run = {end_pfn - record->pending_pages, end_pfn};
	int error = pageman_give_back(ops, context, &run, grain);

	record->pending_pages = (uint32_t)pageman_run_pages(&run);
	return error;
}

int pageman_record_release(struct pageman_record *record, const struct pageman_ops *ops, void *context,
			   enum pageman_grain grain)
{
	const uint64_t tail_pfn = record->start_pfn + record->pages;
	const bool whole = tail_pfn + record->pending_pages == pageman_record_end_pfn(record);
	struct pageman_run run = {record->start_pfn + record->released_pages,
				  whole ? tail_pfn + record->pending_pages : tail_pfn};
	int error = pageman_give_back(ops, context, &run, grain);
	uint64_t rest_pages = pageman_run_pages(&run);

	if (whole && rest_pages <= record->pending_pages) {
		record->pending_pages = (uint32_t)rest_pages;
		rest_pages = 0;
	} else if (whole) {
		rest_pages -= record->pending_pages;
	}
	record->released_pages = record->pages - (uint32_t)rest_pages;
	if (error != 0)
		return error;
	return pageman_record_fit(record, ops, context, grain);
}
