// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Live sized blocks: the core's ledger, with memory and growth around it.
 *
 * Interface: sized.h.
 */
#include "sized.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_AT_START 256

int sim_sized_init(struct sim_sized_store *store)
{
	struct pageman_record **buckets = malloc(BUCKETS_AT_START * sizeof(*buckets));

	memset(store, 0, sizeof(*store));
	if (!buckets)
		return -ENOMEM;
	return pageman_ledger_init(&store->ledger, buckets, BUCKETS_AT_START);
}

void sim_sized_fini(struct sim_sized_store *store)
{
	struct pageman_record *record, *next, *taken;

	if (!store->ledger.buckets)
		return;
	for (record = pageman_ledger_next(&store->ledger, NULL); record; record = next) {
		next = pageman_ledger_next(&store->ledger, record);
		if (!pageman_ledger_take(&store->ledger, record->start_pfn, &taken))
			free(taken); /* the record is the first member */
	}
	while (store->spare) {
		struct sim_sized *spare = store->spare;

		store->spare = spare->next_spare;
		free(spare);
	}
	free(store->ledger.buckets);
	memset(store, 0, sizeof(*store));
}

struct sim_sized *sim_sized_new(struct sim_sized_store *store)
{
	struct sim_sized *sized = store->spare;

	if (sized)
		store->spare = sized->next_spare;
	else
		sized = malloc(sizeof(*sized));
	if (sized)
		memset(sized, 0, sizeof(*sized));
	store->out_of_memory |= !sized;
	return sized;
}

static void grow(struct pageman_ledger *ledger)
{
	size_t count = ledger->bucket_count * 2;
	struct pageman_record **buckets = malloc(count * sizeof(*buckets)), **old;

	if (!buckets)
		return; /* longer chains are only slower */
	if (pageman_ledger_resize(ledger, buckets, count, &old))
		old = buckets;
	free(old);
}

int sim_sized_enter(struct sim_sized_store *store, struct sim_sized *sized)
{
	int result = pageman_ledger_add(&store->ledger, &sized->a.holding.record);

	if (!result && pageman_ledger_is_crowded(&store->ledger))
		grow(&store->ledger);
	return result;
}

struct sim_sized *sim_sized_find(const struct sim_sized_store *store, uint64_t model_pfn)
{
	return (struct sim_sized *)pageman_ledger_find(&store->ledger, model_pfn);
}

void sim_sized_drop(struct sim_sized_store *store, struct sim_sized *sized)
{
	struct pageman_record *record;

	if (pageman_ledger_find(&store->ledger, sized->a.holding.record.start_pfn) == &sized->a.holding.record)
		(void)pageman_ledger_take(&store->ledger, sized->a.holding.record.start_pfn, &record);
	sized->next_spare = store->spare;
	store->spare = sized;
}

void sim_sized_count(struct sim_sized_totals *t, unsigned order, uint64_t pages, uint64_t bytes, int64_t taken_pages)
{
	int64_t block_pages = INT64_C(1) << order;

	t->requests++;
	t->odd += pages != (uint64_t)block_pages;
	t->bytes += bytes;
	t->pages_asked += pages;
	t->pages_block += (uint64_t)block_pages;
	t->pages_kept += (uint64_t)(taken_pages >= block_pages ? block_pages : taken_pages > 0 ? taken_pages : 0);
	t->trimmed += taken_pages < block_pages;
}
