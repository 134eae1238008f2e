/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Finds the record of an allocation by its first frame.
 *
 * Interface: pageman/ledger.h.
 * Invariant: pageman_ledger_check. A record's chain is given by its first frame alone, and new records go to the
 * chain's head, so what was fitted last is found first.
 *
 *     buckets   0  1  2  3      bucket = bits of start_pfn, well mixed: first frames are multiples of block
 *               |     |         sizes and often neighbours, and still spread over the whole table
 *               v     v
 *               r     r -> r -> NULL
 */
#include <pageman/ledger.h>

static int check_bucket_count(size_t bucket_count)
{
	return bucket_count != 0 && (bucket_count & (bucket_count - 1)) == 0 ? PAGEMAN_OK : PAGEMAN_EINVAL;
}

/*
 * Two rounds of multiplication by 2^64 over the golden ratio. One round leaves chains of 27 for strides of some block
 * sizes in tables of 2^18; two behave like chance for every stride.
 */
static size_t bucket_of(uint64_t start_pfn, size_t bucket_count)
{
	const uint64_t factor = (uint64_t)0x9e3779b97f4a7c15u;
	uint64_t mixed = start_pfn ^ start_pfn >> 32;

	mixed *= factor;
	mixed ^= mixed >> 32;
	mixed *= factor;
	return (size_t)(mixed >> 32) & (bucket_count - 1);
}

/* The pointer that leads to the record of @start_pfn, or to the chain's end. */
static struct pageman_record **link_to(const struct pageman_ledger *ledger, uint64_t start_pfn)
{
	struct pageman_record **link = &ledger->buckets[bucket_of(start_pfn, ledger->bucket_count)];

	while (*link != NULL && (*link)->start_pfn != start_pfn)
		link = &(*link)->next;
	return link;
}

static void push(struct pageman_record **buckets, size_t bucket_count, struct pageman_record *record)
{
	struct pageman_record **head = &buckets[bucket_of(record->start_pfn, bucket_count)];

	record->next = *head;
	*head = record;
}

int pageman_ledger_init(struct pageman_ledger *ledger, struct pageman_record **buckets, size_t bucket_count)
{
	int error = check_bucket_count(bucket_count);
	size_t i;

	PM_ASSERT(ledger != NULL && buckets != NULL);
	if (error != 0)
		return error;
	for (i = 0; i < bucket_count; i++)
		buckets[i] = NULL;
	ledger->buckets = buckets;
	ledger->bucket_count = bucket_count;
	ledger->record_count = 0;
	return PAGEMAN_OK;
}

int pageman_ledger_resize(struct pageman_ledger *ledger, struct pageman_record **buckets, size_t bucket_count,
			  struct pageman_record ***old_out)
{
	int error = check_bucket_count(bucket_count);
	size_t i;

	PM_ASSERT(ledger != NULL && buckets != NULL && buckets != ledger->buckets && old_out != NULL);
	if (error != 0)
		return error;
	for (i = 0; i < bucket_count; i++)
		buckets[i] = NULL;
	for (i = 0; i < ledger->bucket_count; i++) {
		struct pageman_record *record = ledger->buckets[i];

		while (record != NULL) {
			struct pageman_record *next = record->next;

			push(buckets, bucket_count, record);
			record = next;
		}
	}
	*old_out = ledger->buckets;
	ledger->buckets = buckets;
	ledger->bucket_count = bucket_count;
	return PAGEMAN_OK;
}

int pageman_ledger_add(struct pageman_ledger *ledger, struct pageman_record *record)
{
	if (*link_to(ledger, record->start_pfn) != NULL)
		return PAGEMAN_EEXIST;
	push(ledger->buckets, ledger->bucket_count, record);
	ledger->record_count++;
	return PAGEMAN_OK;
}

struct pageman_record *pageman_ledger_find(const struct pageman_ledger *ledger, uint64_t start_pfn)
{
	return *link_to(ledger, start_pfn);
}

int pageman_ledger_take(struct pageman_ledger *ledger, uint64_t start_pfn, struct pageman_record **record_out)
{
	struct pageman_record **link = link_to(ledger, start_pfn);
	struct pageman_record *record = *link;

	PM_ASSERT(record_out != NULL);
	if (record == NULL)
		return PAGEMAN_ENOENT;
	PM_ASSERT(ledger->record_count > 0);
	*link = record->next;
	record->next = NULL;
	ledger->record_count--;
	*record_out = record;
	return PAGEMAN_OK;
}

struct pageman_record *pageman_ledger_next(const struct pageman_ledger *ledger, const struct pageman_record *record)
{
	size_t i = 0;

	if (record != NULL && record->next != NULL)
		return record->next;
	if (record != NULL)
		i = bucket_of(record->start_pfn, ledger->bucket_count) + 1;
	for (; i < ledger->bucket_count; i++)
		if (ledger->buckets[i] != NULL)
			return ledger->buckets[i];
	return NULL;
}

int pageman_ledger_fit(struct pageman_ledger *ledger, struct pageman_record *record, const struct pageman_ops *ops,
		       void *context, uint64_t start_pfn, unsigned order, uint64_t pages, enum pageman_grain grain)
{
	struct pageman_plan plan;
	int error;

	if (grain != PAGEMAN_BY_BLOCK && grain != PAGEMAN_BY_PAGE)
		return PAGEMAN_EINVAL;
	/* Looked at before the ledger, so that the record's memory is written only when it is entered. */
	error = pageman_plan(start_pfn, order, pages, &plan);
	if (error != 0)
		return error;
	if (pageman_ledger_find(ledger, start_pfn) != NULL)
		return PAGEMAN_EEXIST;
	error = pageman_record_init(record, start_pfn, order, pages);
	PM_ASSERT(error == 0);
	push(ledger->buckets, ledger->bucket_count, record);
	ledger->record_count++;
	return pageman_record_fit(record, ops, context, grain);
}

int pageman_ledger_release(struct pageman_ledger *ledger, const struct pageman_ops *ops, void *context,
			   uint64_t start_pfn, enum pageman_grain grain, struct pageman_record **record_out)
{
	struct pageman_record *record = pageman_ledger_find(ledger, start_pfn);
	int error;

	if (record == NULL)
		return PAGEMAN_ENOENT;
	error = pageman_record_release(record, ops, context, grain);
	if (error != 0)
		return error;
	return pageman_ledger_take(ledger, start_pfn, record_out);
}

static bool record_is_well_formed(const struct pageman_record *record)
{
	struct pageman_plan plan;

	if (pageman_plan(record->start_pfn, record->order, record->pages, &plan) != 0)
		return false;
	return (uint64_t)record->pending_pages + record->lent_pages <= pageman_run_pages(&plan.tail) &&
	       record->released_pages <= record->pages;
}

bool pageman_ledger_check(const struct pageman_ledger *ledger)
{
	size_t record_count = 0;
	size_t i;

	if (check_bucket_count(ledger->bucket_count) != 0)
		return false;
	for (i = 0; i < ledger->bucket_count; i++) {
		const struct pageman_record *record;

		for (record = ledger->buckets[i]; record != NULL; record = record->next) {
			/* The count bounds the walk, so a chain that bites its tail is found out too. */
			if (++record_count > ledger->record_count)
				return false;
			/* Also that it lies in its own bucket, for no other is searched. */
			if (pageman_ledger_find(ledger, record->start_pfn) != record)
				return false;
			if (!record_is_well_formed(record))
				return false;
		}
	}
	return record_count == ledger->record_count;
}
