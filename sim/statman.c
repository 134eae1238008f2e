// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Adds up the records of a kernel log.
 *
 *     line buffer    | prefix ... Stats| record ... Stats| record |     a record ends at the next one or with its line
 *
 * A line longer than the buffer loses what stands before its first record; a record longer than the buffer is bad.
 *
 * Interface: statman.h.
 * Invariant: a time is kept as time_ns << ORDER_BITS | order, so that sorting by time keeps the order at hand.
 */
#include "statman.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ORDER_BITS (64 - SIM_STATMAN_TIME_BITS)
#define TAIL_BYTES (SIM_STATMAN_MARKER_BYTES - 1)

_Static_assert(SIM_STATMAN_ORDER_COUNT <= 1u << ORDER_BITS, "an order has to fit beside its time");

void sim_statman_init(struct sim_statman *s, uint64_t page_bytes)
{
	memset(s, 0, sizeof(*s));
	s->page_bytes = page_bytes;
}

void sim_statman_fini(struct sim_statman *s)
{
	free(s->calls[0].times);
	free(s->calls[1].times);
	s->calls[0].times = s->calls[1].times = NULL;
}

uint64_t sim_statman_records(const struct sim_statman *s)
{
	return s->calls[0].count + s->calls[1].count + s->bad_count;
}

bool sim_statman_is_partial(const struct sim_statman *s)
{
	return s->bad_count || s->lost || s->cut;
}

static int keep_time(struct sim_statman_calls *calls, const struct sim_statman_record *r)
{
	if (calls->count == calls->room) {
		uint64_t room = calls->room ? calls->room * 2 : 1024;
		uint64_t *times = room <= SIZE_MAX / sizeof(*times) ?
					  realloc(calls->times, (size_t)room * sizeof(*times)) : NULL;

		if (!times)
			return -ENOMEM;
		calls->times = times;
		calls->room = room;
	}
	calls->times[calls->count++] = r->time_ns << ORDER_BITS | r->order;
	calls->pages += r->pages;
	calls->block_pages += r->block_pages;
	calls->time_ns = calls->time_ns > UINT64_MAX - r->time_ns ? UINT64_MAX : calls->time_ns + r->time_ns;
	return 0;
}

static void count_policy(struct sim_statman *s, const struct sim_statman_record *r)
{
	unsigned i = 0;

	if (!r->policy[0])
		return;
	while (i < s->policy_count && strcmp(s->policies[i].name, r->policy))
		i++;
	if (i == SIM_STATMAN_POLICIES_MAX) {
		s->policies_left_out++;
		return;
	}
	if (i == s->policy_count)
		memcpy(s->policies[s->policy_count++].name, r->policy, sizeof(r->policy));
	s->policies[i].calls[r->kind]++;
}

static int use_record(struct sim_statman *s, const struct sim_statman_record *r)
{
	int result = keep_time(&s->calls[r->kind], r);

	if (result)
		return result;
	s->prefixes[s->prefix]++;
	s->ours += r->is_ours;
	s->unknown_keys += r->unknown_keys;
	if (!sim_statman_size_fits(r, s->page_bytes) && !s->odd_sizes++)
		s->odd_size_line = s->lines;
	if (r->kind == SIM_STATMAN_FIT) {
		s->orders[r->order].fits++;
		s->orders[r->order].pages += r->pages;
		s->orders[r->order].block_pages += r->block_pages;
	}
	count_policy(s, r);
	return 0;
}

static void count_bad(struct sim_statman *s, const char *reason)
{
	if (s->bad_count < SIM_STATMAN_BAD_SHOWN) {
		struct sim_statman_bad *bad = &s->bad[s->bad_count];
		size_t length = strnlen(reason, sizeof(bad->reason) - 1);

		bad->line = s->lines;
		memcpy(bad->reason, reason, length);
		bad->reason[length] = '\0';
	}
	s->bad_count++;
}

static void look_at_prefix(struct sim_statman *s)
{
	if (!s->prefix_known)
		s->prefix = sim_statman_prefix_of(s->line, s->used, &s->is_foreign);
	s->prefix_known = true;
}

static int take_record(struct sim_statman *s, const char *text, size_t size)
{
	struct sim_statman_record record;
	struct sim_error error = { 0 };

	if (s->is_foreign) {
		s->foreign++;
		return 0;
	}
	if (!sim_statman_parse(text, size, &record, &error))
		return use_record(s, &record);
	count_bad(s, error.text);
	return 0;
}

/* The record at @text, which starts with a marker, ends at the next marker or at the end. */
static size_t record_bytes(const char *text, size_t size)
{
	const char *next = sim_statman_find(text + SIM_STATMAN_MARKER_BYTES, size - SIM_STATMAN_MARKER_BYTES,
					    SIM_STATMAN_MARKER);

	return next ? (size_t)(next - text) : size;
}

/* "@before NUMBER @after": what loggers and tracers write where messages are missing. */
static uint64_t lost_messages(const char *line, size_t size, const char *before, const char *after)
{
	const char *end = line + size, *at = line;

	while ((at = sim_statman_find(at, (size_t)(end - at), before))) {
		uint64_t lost = 0;

		for (at += strlen(before); at < end && *at >= '0' && *at <= '9' && lost < UINT32_MAX; at++)
			lost = lost * 10 + (uint64_t)(*at - '0');
		if ((size_t)(end - at) >= strlen(after) && !memcmp(at, after, strlen(after)))
			return lost;
	}
	return 0;
}

static void look_for_losses(struct sim_statman *s)
{
	uint64_t lost = lost_messages(s->line, s->used, "** ", " printk messages dropped") + /* the console */
			lost_messages(s->line, s->used, "Missed ", " kernel messages") +     /* journald */
			lost_messages(s->line, s->used, "[LOST ", " EVENTS]");                /* tracefs */

	if (lost && !s->lost)
		s->lost_line = s->lines;
	s->lost += lost;
}

static int end_line(struct sim_statman *s)
{
	const char *end = s->line + s->used;
	const char *at = sim_statman_find(s->line, s->used, SIM_STATMAN_MARKER);
	int result = 0;

	if (at)
		look_at_prefix(s);
	else
		look_for_losses(s);
	while (at && !result) {
		size_t size = record_bytes(at, (size_t)(end - at));

		result = take_record(s, at, size);
		at = at + size < end ? at + size : NULL;
	}
	s->used = 0;
	s->prefix_known = false;
	s->is_foreign = false;
	return result;
}

/* The line buffer is full and its line goes on: makes room, at the cost of what is no record. */
static int make_room(struct sim_statman *s)
{
	const char *first = sim_statman_find(s->line, s->used, SIM_STATMAN_MARKER);
	size_t gone = s->used - TAIL_BYTES; /* without a record: all but what may be the start of a marker */
	int result = 0;

	look_at_prefix(s);
	if (first && first > s->line) {
		gone = (size_t)(first - s->line);
	} else if (first) {
		size_t size = record_bytes(s->line, s->used);

		if (size < s->used) {
			result = take_record(s, s->line, size);
			gone = size;
		} else if (s->is_foreign) {
			s->foreign++;
		} else {
			count_bad(s, "expected a record of at most 8191 bytes, found a longer one");
		}
	}
	memmove(s->line, s->line + gone, s->used - gone);
	s->used -= gone;
	return result;
}

static int add_text(struct sim_statman *s, const char *text, size_t size)
{
	while (size) {
		size_t room = sizeof(s->line) - s->used;
		size_t part = size < room ? size : room;

		memcpy(s->line + s->used, text, part);
		s->used += part;
		text += part;
		size -= part;
		if (s->used == sizeof(s->line)) {
			int result = make_room(s);

			if (result)
				return result;
		}
	}
	return 0;
}

int sim_statman_feed(struct sim_statman *s, const char *bytes, size_t size)
{
	const char *end = bytes + size;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		const char *stop = newline ? newline : end;
		int result;

		if (s->used == 0 && !s->prefix_known)
			s->lines++; /* a line begins */
		result = add_text(s, bytes, (size_t)(stop - bytes));
		if (!result && newline)
			result = end_line(s);
		if (result)
			return result;
		bytes = newline ? newline + 1 : end;
	}
	return 0;
}

static int compare_times(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

/* Index of the nearest rank among @count sorted entries. */
static uint64_t rank_of(uint64_t count, unsigned permille)
{
	uint64_t whole = count / 1000 * permille, rest = count % 1000 * permille;
	uint64_t rank = whole + (rest + 999) / 1000;

	return rank ? rank - 1 : 0;
}

/* One pass over the sorted times: the entry of each order that is its median. */
static void find_medians(struct sim_statman *s)
{
	const struct sim_statman_calls *fits = &s->calls[SIM_STATMAN_FIT];
	uint64_t seen[SIM_STATMAN_ORDER_COUNT] = { 0 };

	for (uint64_t i = 0; i < fits->count; i++) {
		unsigned order = fits->times[i] & ((1u << ORDER_BITS) - 1);

		if (seen[order]++ == rank_of(s->orders[order].fits, 500))
			s->orders[order].median_ns = fits->times[i] >> ORDER_BITS;
	}
}

int sim_statman_finish(struct sim_statman *s)
{
	int result = s->used ? end_line(s) : 0;

	for (unsigned kind = 0; kind < 2; kind++)
		if (s->calls[kind].count)
			qsort(s->calls[kind].times, (size_t)s->calls[kind].count, sizeof(uint64_t), compare_times);
	find_medians(s);
	return result;
}

uint64_t sim_statman_time(const struct sim_statman_calls *calls, unsigned permille)
{
	assert(calls->count && permille <= 1000);
	return calls->times[rank_of(calls->count, permille)] >> ORDER_BITS;
}

/* Calls below @time_ns, by bisection. */
static uint64_t calls_below(const struct sim_statman_calls *calls, uint64_t time_ns)
{
	uint64_t low = 0, high = calls->count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (calls->times[middle] >> ORDER_BITS < time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t sim_statman_calls_within(const struct sim_statman_calls *calls, uint64_t start_ns, uint64_t end_ns)
{
	return calls_below(calls, end_ns) - calls_below(calls, start_ns);
}
