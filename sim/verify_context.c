// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Contexts of a recording: hash table with chains, contexts reused.
 *
 * Interface: verify_context.h.
 */
#include "verify_context.h"

#include <stdlib.h>
#include <string.h>

/* The idle task exists once per CPU; any other task is one context wherever it runs. */
uint64_t context_key(const struct rec_event *event)
{
	uint64_t level = event->context & (REC_CTX_LEVEL | VERIFY_CTX_NESTED);
	uint64_t who = event->pid ? (uint32_t)event->pid : UINT64_C(1) << 40 | event->cpu;

	return level << 48 | who;
}

static struct context **bucket_of(struct context_table *table, uint64_t key)
{
	return &table->bucket[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 54];
}

struct context *context_find(const struct context_table *table, uint64_t key)
{
	struct context *c;

	if (!table->count)
		return NULL;
	for (c = *bucket_of((struct context_table *)table, key); c && c->key != key; c = c->next)
		;
	return c;
}

struct context *context_get(struct context_table *table, uint64_t key)
{
	struct context *c = context_find(table, key);
	struct context **bucket = bucket_of(table, key);

	if (c)
		return c;
	c = table->unused;
	if (c)
		table->unused = c->next;
	else if (!(c = calloc(1, sizeof(*c))))
		return NULL;
	c->key = key;
	c->next = *bucket;
	*bucket = c;
	table->count++;
	return c;
}

void context_settle(struct context_table *table, struct context *c)
{
	struct context **link = bucket_of(table, c->key);

	if (c->recorded.count || c->predicted.count || c->slow || c->popped || c->locked || c->entered ||
	    c->reads_told || c->run.entered || c->run.filling || c->compacting || c->draining || c->decayed ||
	    c->stocked || c->bulk || c->late)
		return;
	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	c->next = table->unused;
	table->unused = c;
	table->count--;
}

static void free_chain(struct context *c)
{
	while (c) {
		struct context *next = c->next;

		free(c->recorded.notes);
		free(c->predicted.notes);
		free(c->bulk_pfns);
		free(c->bulk_found);
		free(c);
		c = next;
	}
}

void context_table_fini(struct context_table *table)
{
	for (size_t i = 0; i < CONTEXT_BUCKETS; i++)
		free_chain(table->bucket[i]);
	free_chain(table->unused);
	memset(table, 0, sizeof(*table));
}

bool note_push(struct note_queue *q, const struct buddy_note *note)
{
	if (q->first > q->room / 2) {
		memmove(q->notes, q->notes + q->first, q->count * sizeof(*q->notes));
		q->first = 0;
	}
	if (q->first + q->count == q->room) {
		size_t room = q->room ? q->room * 2 : 16;
		struct buddy_note *notes = realloc(q->notes, room * sizeof(*notes));

		if (!notes)
			return false;
		q->notes = notes;
		q->room = room;
	}
	q->notes[q->first + q->count++] = *note;
	return true;
}

void note_drop(struct note_queue *q, size_t n)
{
	q->count -= n;
	q->first = q->count ? q->first + n : 0;
}

bool context_push_bulk(struct context *c, uint64_t pfn)
{
	if (c->bulk_count == c->bulk_room) {
		size_t room = c->bulk_room ? c->bulk_room * 2 : 64;
		uint64_t *pfns = realloc(c->bulk_pfns, room * sizeof(*pfns));

		if (!pfns)
			return false;
		c->bulk_pfns = pfns;
		c->bulk_room = room;
	}
	c->bulk_pfns[c->bulk_count++] = pfn;
	return true;
}
