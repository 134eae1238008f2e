// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes a failing case small.
 *
 * Delta debugging: leave out runs of operations, half of them first, single ones last, as long as a fault of the same
 * kind stays. Then a simpler machine, then simpler operations, each change kept when the fault stays, and again from
 * the front until a round keeps none, since a simpler case may need fewer operations. A fault in what is done at the
 * end, where everything is given back, becomes one of an operation first: only operations can be left out, and only
 * they are recorded.
 *
 * Interface: fuzz_shrink (fuzz.h).
 * Invariant: the case at hand has always been run and had a fault of the kind looked for.
 * Source: Zeller, Hildebrandt: Simplifying and isolating failure-inducing input, TSE 2002.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pageman/pageman.h>

#include "fuzz.h"
#include "interrupt.h"

#define RUNS_MAX 6000
#define HANG_SECONDS 5
#define TOP_BLOCK_MASK ((UINT64_C(1) << BUDDY_ORDER_MAX) - 1)

struct shrinking {
	struct fuzz_case *c;         /* the smallest so far */
	struct fuzz_case candidate;  /* with room for the first's operations and those of its end, as c has */
	struct fuzz_outcome *outcome; /* shared */
	struct fuzz_shrunk *out;
	enum fuzz_fault fault;
	bool at_end;      /* where the fault has to be */
	bool kept;        /* a change, in this round */
	unsigned seconds; /* for one run */
	time_t end;
	struct sim_progress progress;
};

static bool is_over(struct shrinking *s)
{
	if (s->out->runs < RUNS_MAX && time(NULL) < s->end && !sim_interrupted())
		return false;
	s->out->cut_short = true;
	return true;
}

/* The candidate begins as a copy of what there is. */
static struct fuzz_case *copy(struct shrinking *s)
{
	struct fuzz_op *ops = s->candidate.ops;

	s->candidate = *s->c;
	s->candidate.ops = ops;
	memcpy(ops, s->c->ops, s->c->op_count * sizeof(*ops));
	return &s->candidate;
}

/* Runs the candidate, and keeps it when the fault stays. */
static bool try(struct shrinking *s)
{
	struct fuzz_case swap;

	if (is_over(s))
		return false;
	fuzz_run_apart(&s->candidate, s->outcome, NULL, s->seconds, true);
	s->out->runs++;
	sim_progress_show(&s->progress, 0, 0, s->out->runs);
	if (s->outcome->error || s->outcome->fault != s->fault || s->outcome->at_end != s->at_end)
		return false;
	s->kept = true;
	s->out->outcome = *s->outcome;
	swap = *s->c;
	*s->c = s->candidate;
	s->candidate = swap;
	s->c->op_count = s->outcome->ops_done; /* what came after the fault was not needed */
	return true;
}

static bool try_without(struct shrinking *s, uint32_t from, uint32_t count)
{
	struct fuzz_case *candidate = copy(s);

	memmove(&candidate->ops[from], &candidate->ops[from + count],
		(candidate->op_count - from - count) * sizeof(*candidate->ops));
	candidate->op_count -= count;
	return try(s);
}

static void leave_out(struct shrinking *s)
{
	uint32_t size = s->c->op_count / 2;

	while (size && !is_over(s)) {
		bool less = false;

		for (uint32_t at = 0; at < s->c->op_count && !is_over(s);) {
			uint32_t count = s->c->op_count - at < size ? s->c->op_count - at : size;

			if (try_without(s, at, count))
				less = true;
			else
				at += count;
		}
		if (size > 1 || !less)
			size /= 2;
	}
}

/* --- The end as operations --- */

static uint32_t end_ops(const struct fuzz_case *c)
{
	return c->id_count + c->start.cpu_count * (c->start.zone_count + 1);
}

/* What give_back and end of world.c do. */
static void spell_out_end(struct shrinking *s)
{
	struct fuzz_case *candidate = copy(s);
	const struct fuzz_start *start = &candidate->start;
	struct fuzz_op *at = &candidate->ops[candidate->op_count];

	candidate->op_count += end_ops(candidate);
	for (uint32_t id = 0; id < candidate->id_count; id++)
		*at++ = (struct fuzz_op){ .kind = FUZZ_WORK,
					  .work = { .id = id, .kind = SIM_WORK_FREE,
						    .cpu = (uint16_t)(id % start->cpu_count) } };
	for (uint32_t cpu = 0; cpu < start->cpu_count; cpu++) {
		for (uint32_t zone = 0; zone < start->zone_count; zone++)
			*at++ = (struct fuzz_op){ .kind = FUZZ_DRAIN, .work = { .cpu = (uint16_t)cpu },
						  .value = { zone, cpu } };
		*at++ = (struct fuzz_op){ .kind = FUZZ_FOLD, .work = { .cpu = (uint16_t)cpu } };
	}
	s->at_end = false;
	s->at_end = !try(s); /* the state behind all of it may be what is wrong */
}

/* --- A simpler machine --- */

/* Operations on CPUs, zones and frames that are no longer there go to others. */
static void fit_ops(struct fuzz_case *c, const struct fuzz_start *before)
{
	const struct fuzz_start *s = &c->start;
	uint64_t pages = 0;

	for (uint32_t zone = 0; zone < s->zone_count; zone++)
		pages += s->zones[zone].pages;
	for (uint32_t i = 0; i < c->op_count; i++) {
		struct fuzz_op *op = &c->ops[i];

		op->work.cpu = (uint16_t)(op->work.cpu % s->cpu_count);
		switch (op->kind) {
		case FUZZ_ISOLATE:
		case FUZZ_MOVE_BLOCK:
			op->value[0] = s->zones[0].start_pfn + (op->value[0] - before->zones[0].start_pfn) % pages;
			break;
		case FUZZ_DRAIN:
			op->value[1] %= s->cpu_count;
			op->value[0] %= s->zone_count;
			break;
		case FUZZ_DECAY:
		case FUZZ_PCP_LIMITS:
		case FUZZ_MARKS:
			op->value[0] %= s->zone_count;
			break;
		default:
			break;
		}
	}
}

/* The same machine but for one thing; false: there is nothing to change. */
static bool simpler_start(struct fuzz_start *s, unsigned which)
{
	struct fuzz_start before;
	uint64_t pages;

	memcpy(&before, s, sizeof(before)); /* with what lies between the members */
	switch (which) {
	case 0:
		s->cpu_count = 1;
		break;
	case 1:
		s->pcp = false;
		break;
	case 2:
		s->zone_count = 1;
		s->zones[0].type = BUDDY_ZONE_NORMAL;
		break;
	case 3:
		s->with_cma = false;
		break;
	case 4: /* where the zones lie in their pageblocks stays */
		s->zones[1].start_pfn -= s->zones[0].start_pfn & ~TOP_BLOCK_MASK;
		s->zones[0].start_pfn &= TOP_BLOCK_MASK;
		break;
	case 5: /* two zones meet between pageblocks */
		if (s->zone_count == 1)
			s->pageblock_order = 9;
		break;
	case 6:
		if (s->zone_count == 1)
			s->zones[0].start_pfn = 0;
		break;
	default: /* sizes of one zone: a power of two below, then half, a quarter */
		pages = UINT64_C(1) << (63 - __builtin_clzll(s->zones[0].pages));
		if (pages == s->zones[0].pages || which > 7)
			pages >>= which > 7 ? which - 7 : 1;
		if (s->zone_count == 1 && pages >= 64)
			s->zones[0].pages = pages;
	}
	return memcmp(&before, s, sizeof(before)) != 0;
}

#define SIMPLER_STARTS 10

static void simplify_start(struct shrinking *s)
{
	bool kept = !s->c->snapshot; /* a recording's machine is what it is */

	while (kept && !is_over(s)) {
		kept = false;
		for (unsigned which = 0; which < SIMPLER_STARTS; which++) {
			struct fuzz_case *candidate = copy(s);

			if (!simpler_start(&candidate->start, which))
				continue;
			fit_ops(candidate, &s->c->start);
			kept = try(s) || kept;
		}
	}
}

/* --- Simpler operations --- */

static void set_pages(struct sim_work_op *work, uint32_t pages)
{
	unsigned order = 0;

	(void)pageman_order_for_pages(pages, &order);
	work->order = (uint8_t)order;
	work->pages = (uint16_t)(work->sized ? pages : 1u << order);
}

/* The same operation but for one thing; false: there is nothing to change. */
static bool simpler_op(struct fuzz_op *op, unsigned which)
{
	struct fuzz_op before;
	struct sim_work_op *work = &op->work;
	bool is_request = op->kind == FUZZ_WORK && work->kind == SIM_WORK_ALLOC;

	memcpy(&before, op, sizeof(before)); /* with what lies between the members */
	switch (which) {
	case 0:
		work->cpu = 0;
		break;
	case 1:
		op->urgency = FUZZ_MAY_SLEEP;
		break;
	case 2:
		work->stray = false;
		break;
	case 3:
		work->type = BUDDY_UNMOVABLE;
		break;
	case 4:
		if (is_request && work->sized) {
			work->sized = false;
			set_pages(work, work->pages);
		}
		break;
	case 5:
	case 6:
	case 7:
		if (is_request && work->pages > which - 4)
			set_pages(work, which - 4);
		break;
	default:
		if (is_request && work->pages > 1)
			set_pages(work, work->pages / 2);
	}
	return memcmp(&before, op, sizeof(before)) != 0;
}

#define SIMPLER_OPS 9

static void simplify_ops(struct shrinking *s)
{
	for (uint32_t i = 0; i < s->c->op_count; i++)
		for (unsigned which = 0; which < SIMPLER_OPS && i < s->c->op_count && !is_over(s); which++) {
			struct fuzz_case *candidate = copy(s);

			if (simpler_op(&candidate->ops[i], which))
				(void)try(s);
		}
}

int fuzz_shrink(struct fuzz_case *c, const struct fuzz_outcome *outcome, const struct fuzz_options *options,
		struct fuzz_shrunk *out)
{
	struct shrinking s = { .c = c, .out = out, .fault = outcome->fault, .at_end = outcome->at_end,
			       .end = time(NULL) + FUZZ_SHRINK_SECONDS };
	size_t bytes = ((size_t)c->op_count + end_ops(c) + 1) * sizeof(*c->ops);
	struct fuzz_op *larger = realloc(c->ops, bytes);

	if (!larger)
		return -ENOMEM;
	c->ops = larger;

	/* Of what takes for ever only a little is waited for. */
	s.seconds = s.fault == FUZZ_FAULT_HANG ? HANG_SECONDS : FUZZ_CASE_SECONDS;
	*out = (struct fuzz_shrunk){ .ops_before = c->op_count, .outcome = *outcome };
	s.outcome = fuzz_share(sizeof(*s.outcome));
	s.candidate.ops = malloc(bytes);
	if (!s.outcome || !s.candidate.ops) {
		free(s.candidate.ops);
		fuzz_unshare(s.outcome, sizeof(*s.outcome));
		return -ENOMEM;
	}
	sim_progress_begin(&s.progress, "shrink", options->quiet);
	c->op_count = outcome->ops_done;
	if (s.at_end)
		spell_out_end(&s);
	do {
		s.kept = false;
		leave_out(&s);
		simplify_start(&s);
		simplify_ops(&s);
	} while (s.kept && !is_over(&s));
	sim_progress_end(&s.progress);
	out->ops_after = c->op_count;
	free(s.candidate.ops);
	fuzz_unshare(s.outcome, sizeof(*s.outcome));
	return 0;
}
