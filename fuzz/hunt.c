// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs cases, several at a time, until one fails.
 *
 * Cases begin in ascending order and are counted in ascending order, when all before them are done. So the first that
 * fails is the same however many run at a time, and so are the totals up to it.
 *
 * Interface: fuzz_hunt (fuzz.h).
 * Invariant: cases [first, counted) are in the totals; those in [counted, next) are running or wait in the window.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "fuzz.h"
#include "interrupt.h"

#define WINDOW 64
#define NS UINT64_C(1000000000)

struct place {
	struct fuzz_case c;
	int child;   /* 0: not running */
	bool done;
	struct fuzz_outcome *outcome; /* shared */
};

struct hunt {
	const struct fuzz_options *options;
	struct fuzz_totals *totals;
	struct sim_error *error;
	struct place places[WINDOW]; /* case n in place n % WINDOW */
	struct fuzz_outcome *outcomes;
	uint64_t counted, next, end; /* case numbers; end: where to stop, UINT64_MAX when the time decides */
	uint64_t start_ns;
	unsigned running;
	struct sim_progress progress;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

static bool time_is_over(const struct hunt *h)
{
	return h->options->seconds && now_ns() - h->start_ns >= h->options->seconds * NS;
}

static uint32_t ops_of(const struct hunt *h, uint64_t number)
{
	uint64_t before = (number - h->options->first_case) * FUZZ_CASE_OPS;

	if (!h->options->ops || h->options->one_case || h->options->ops - before >= FUZZ_CASE_OPS)
		return FUZZ_CASE_OPS;
	return (uint32_t)(h->options->ops - before);
}

static int begin_case(struct hunt *h)
{
	struct place *place = &h->places[h->next % WINDOW];
	int result = fuzz_draw(&h->options->choices, h->options->seed, h->next, ops_of(h, h->next), &place->c);

	if (result)
		return sim_fail(h->error, result, "no memory for case %" PRIu64, h->next);
	place->outcome = &h->outcomes[h->next % WINDOW];
	place->done = false;
	place->child = fuzz_child_begin(&place->c, place->outcome, NULL, FUZZ_CASE_SECONDS, true);
	if (place->child < 0) {
		result = place->child;
		place->child = 0;
		fuzz_case_fini(&place->c);
		return sim_fail(h->error, result, "no process for a case: %s", strerror(-result));
	}
	h->next++;
	h->running++;
	return 0;
}

/* Waits for one child. Return: false when a signal came instead. */
static bool await(struct hunt *h)
{
	int status, child = waitpid(-1, &status, 0);

	for (unsigned i = 0; child > 0 && i < WINDOW; i++) {
		struct place *place = &h->places[i];

		if (place->child != child)
			continue;
		fuzz_child_end(place->outcome, status);
		place->child = 0;
		place->done = true;
		h->running--;
	}
	return child > 0;
}

static void add(struct fuzz_count *count, const struct fuzz_outcome *o)
{
	count->cases++;
	count->ops += o->ops_done;
	count->failures += o->failures;
}

static void add_everywhere(struct fuzz_totals *t, const struct fuzz_choices *choices, const struct fuzz_case *c,
			   const struct fuzz_outcome *o)
{
	add(&t->all, o);
	t->extras += o->extras;
	for (unsigned i = 0; i < choices->policy_count; i++)
		if (choices->policies[i] == c->policy)
			add(&t->by_policy[i], o);
	for (unsigned i = 0; i < choices->kernel_count; i++)
		if (choices->kernels[i] == c->start.kernel)
			add(&t->by_kernel[i], o);
	for (unsigned i = 0; i < choices->profile_count; i++)
		if (!strcmp(choices->profiles[i]->name, c->profile))
			add(&t->by_profile[i], o);
}

/*
 * A process that died or did not end may have been out of memory, stopped, or killed by somebody: that is a finding
 * when it comes again.
 */
static void confirm(struct place *place)
{
	enum fuzz_fault fault = place->outcome->fault;

	if (fault == FUZZ_FAULT_CRASH || fault == FUZZ_FAULT_HANG)
		fuzz_run_apart(&place->c, place->outcome, NULL, FUZZ_CASE_SECONDS, true);
}

/* Counts what is done, up to the first that is not or that failed. Return: 0 or negative. */
static int settle(struct hunt *h)
{
	while (h->counted < h->next && h->places[h->counted % WINDOW].done && !h->totals->found) {
		struct place *place = &h->places[h->counted % WINDOW];

		confirm(place);
		if (place->outcome->error)
			return sim_fail(h->error, place->outcome->error, "case %" PRIu64 ": %s", h->counted,
					place->outcome->text);
		add_everywhere(h->totals, &h->options->choices, &place->c, place->outcome);
		if (place->outcome->fault) {
			h->totals->found = true;
			h->totals->found_case = h->counted;
			h->totals->found_ops = place->c.op_count;
			h->totals->outcome = *place->outcome;
		}
		fuzz_case_fini(&place->c);
		h->counted++;
	}
	return 0;
}

static void show(struct hunt *h)
{
	uint64_t done = h->totals->all.ops, total = h->options->ops;

	if (h->options->seconds) {
		done = now_ns() - h->start_ns;
		total = h->options->seconds * NS;
	}
	sim_progress_show(&h->progress, done, h->options->one_case ? 0 : total, h->totals->all.ops);
}

static bool may_begin(const struct hunt *h)
{
	return h->next < h->end && h->next - h->counted < WINDOW && h->running < h->options->jobs && !time_is_over(h);
}

static int run(struct hunt *h)
{
	int result = 0;

	while (!result && !h->totals->found && !sim_interrupted()) {
		while (!result && may_begin(h))
			result = begin_case(h);
		if (result || !h->running)
			break;
		if (await(h))
			result = settle(h);
		show(h);
	}
	h->totals->interrupted = sim_interrupted() && !h->totals->found;
	return result;
}

static void end_all(struct hunt *h)
{
	for (unsigned i = 0; i < WINDOW; i++)
		if (h->places[i].child)
			kill(h->places[i].child, SIGKILL);
	while (h->running)
		(void)await(h);
	for (unsigned i = 0; i < WINDOW; i++)
		fuzz_case_fini(&h->places[i].c);
}

int fuzz_hunt(const struct fuzz_options *options, struct fuzz_totals *totals, struct sim_error *error)
{
	struct hunt *h = calloc(1, sizeof(*h));
	int result;

	memset(totals, 0, sizeof(*totals));
	if (!h)
		return sim_fail(error, -ENOMEM, "no memory to fuzz");
	h->options = options;
	h->totals = totals;
	h->error = error;
	h->counted = h->next = options->first_case;
	h->end = options->one_case ? options->first_case + 1
		 : options->ops	   ? options->first_case + (options->ops + FUZZ_CASE_OPS - 1) / FUZZ_CASE_OPS
				   : UINT64_MAX;
	h->start_ns = now_ns();
	h->outcomes = fuzz_share(WINDOW * sizeof(*h->outcomes));
	sim_progress_begin(&h->progress, "fuzz", options->quiet);
	result = h->outcomes ? run(h) : sim_fail(error, -ENOMEM, "no memory to fuzz");
	sim_progress_end(&h->progress);
	end_all(h);
	totals->time_ns = now_ns() - h->start_ns;
	fuzz_unshare(h->outcomes, WINDOW * sizeof(*h->outcomes));
	free(h);
	return result;
}
