// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the reader of kernel logs with `Stats|` lines.
 *
 * Input: a byte that says into pieces of how many bytes the log is cut, then the log.
 * Invariant: the result does not depend on how the log is cut; every record is used, left out with a reason, or
 * foreign; sums, orders and policies agree.
 */
#include <string.h>

#include "reading.h"
#include "statman.h"

static void feed(struct sim_statman *s, const uint8_t *log, size_t size, size_t piece)
{
	sim_statman_init(s, SIM_STATMAN_PAGE_BYTES);
	for (size_t at = 0; at < size; at += piece) {
		size_t length = size - at < piece ? size - at : piece;
		/* A copy of its own, so that a sanitizer sees every byte read behind the piece. */
		char *copy = malloc(length);

		fuzz_require(copy);
		memcpy(copy, log + at, length);
		fuzz_require(sim_statman_feed(s, copy, length) == 0);
		free(copy);
	}
	fuzz_require(sim_statman_finish(s) == 0);
}

static void check(const struct sim_statman *s)
{
	uint64_t records = 0, fits = 0, calls = s->policies_left_out;

	for (unsigned i = 0; i < SIM_STATMAN_PREFIX_COUNT; i++)
		records += s->prefixes[i];
	fuzz_require(records == s->calls[SIM_STATMAN_FIT].count + s->calls[SIM_STATMAN_FREE].count);
	fuzz_require(records + s->bad_count == sim_statman_records(s));
	for (unsigned i = 0; i < SIM_STATMAN_ORDER_COUNT; i++)
		fits += s->orders[i].fits;
	fuzz_require(fits == s->calls[SIM_STATMAN_FIT].count);
	fuzz_require(s->policy_count <= SIM_STATMAN_POLICIES_MAX);
	for (unsigned i = 0; i < s->policy_count; i++)
		calls += s->policies[i].calls[0] + s->policies[i].calls[1];
	fuzz_require(calls <= records);
	for (unsigned i = 0; i < SIM_STATMAN_BAD_SHOWN && i < s->bad_count; i++)
		fuzz_require(s->bad[i].reason[0] && s->bad[i].line && s->bad[i].line <= s->lines);
	for (unsigned kind = 0; kind < 2; kind++) {
		const struct sim_statman_calls *c = &s->calls[kind];

		fuzz_require(c->pages <= c->block_pages && c->pages >= c->count);
		if (!c->count)
			continue;
		fuzz_require(sim_statman_time(c, 0) <= sim_statman_time(c, 500));
		fuzz_require(sim_statman_time(c, 500) <= sim_statman_time(c, 1000));
		fuzz_require(sim_statman_calls_within(c, 0, UINT64_MAX) == c->count);
	}
}

static void compare(const struct sim_statman *a, const struct sim_statman *b)
{
	fuzz_require(a->lines == b->lines && a->ours == b->ours && a->bad_count == b->bad_count);
	fuzz_require(a->foreign == b->foreign && a->lost == b->lost && a->lost_line == b->lost_line);
	fuzz_require(a->unknown_keys == b->unknown_keys && a->odd_sizes == b->odd_sizes);
	fuzz_require(!memcmp(a->prefixes, b->prefixes, sizeof(a->prefixes)));
	fuzz_require(!memcmp(a->orders, b->orders, sizeof(a->orders)));
	for (unsigned kind = 0; kind < 2; kind++) {
		fuzz_require(a->calls[kind].count == b->calls[kind].count);
		fuzz_require(a->calls[kind].pages == b->calls[kind].pages);
		fuzz_require(a->calls[kind].time_ns == b->calls[kind].time_ns);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sim_statman whole, pieces;

	if (!size)
		return 0;
	feed(&whole, data + 1, size - 1, size);
	feed(&pieces, data + 1, size - 1, 1 + (size_t)data[0]);
	check(&whole);
	compare(&whole, &pieces);
	sim_statman_fini(&whole);
	sim_statman_fini(&pieces);
	return 0;
}
