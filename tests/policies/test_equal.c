// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which policies are equal in state, and how equal: the same workload on two machines, frame by frame.
 *
 *     claim                                                        holds
 *     fitfree with tails to the lists' tails = exact               without per-CPU lists: every frame, lists in order
 *     fitfree = exact                                              without: one request from the same state: the same
 *                                                                  blocks free; the lists' order differs, and with it
 *                                                                  the frames of later requests
 *     lazy = none                                                  while nothing reclaims: all, also with per-CPU lists
 *     lazy that gives back after every request = fitfree           all, also with per-CPU lists
 *
 *   policies_equal [OPERATIONS]    of each profile, kernel and claim
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drive.h"
#include "state.h"

static uint64_t operations = 20000;

static const char *const kernels[] = { "6.1", "6.12" };
static const char *const specs[] = {
	"synth:mixed,mem=32M", "synth:drivers,mem=32M,occupancy=80", "synth:uniform,mem=64M",
	"synth:odd-sizes,mem=64M,occupancy=60", "synth:checkerboard,mem=32M", "synth:sawtooth,mem=32M,period=5000",
	"synth:near-oom,mem=32M", "synth:bursty,mem=32M,period=3000,cpus=2",
};

#define SPEC_COUNT (sizeof(specs) / sizeof(specs[0]))

/* fitfree as a kernel could do it: tails past the per-CPU lists, to the tails of the zone's lists. */
static int fit_to_tails(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages)
{
	return sim_trim_fit(host, a, pfn, order, pages, PAGEMAN_BY_BLOCK, SIM_VIA_TAIL);
}

static int release_by_block(struct sim_host *host, struct sim_allocation *a)
{
	return sim_trim_release(host, a, PAGEMAN_BY_BLOCK, SIM_VIA_NORMAL);
}

static const struct sim_policy fitfree_to_tails = { .name = "fitfree to tails", .fit = fit_to_tails,
						    .release = release_by_block };

/* Looking at tails from time to time must not be what makes memory short. */
static int no_reclaim(struct sim_host *host)
{
	(void)host;
	return 0;
}

struct side {
	struct sim_machine machine;
	struct sim_drive drive;
};

static void side_begin(struct side *s, const struct sim_work_params *params, const char *kernel,
		       const struct sim_policy *policy, uint32_t ids)
{
	struct sim_error error = { 0 };

	assert_int_equal(sim_workload_machine(params, NULL, kernel, &s->machine, &error), 0);
	assert_int_equal(sim_drive_init(&s->drive, &s->machine, policy, ids, false, &error), 0);
}

static void side_end(struct side *s)
{
	assert_int_equal(s->drive.totals.refused.count, 0);
	sim_drive_fini(&s->drive);
	sim_machine_unload(&s->machine);
}

static enum sim_relation relation(const struct side *a, const struct side *b)
{
	struct sim_state sa, sb;

	sim_state_take(&a->machine, &sa);
	sim_state_take(&b->machine, &sb);
	assert_int_equal(sim_state_fingerprint(&a->machine, &sa), 0);
	assert_int_equal(sim_state_fingerprint(&b->machine, &sb), 0);
	return sim_state_relation(&sa, &sb);
}

struct pair {
	const struct sim_policy *a, *b;
	bool pcp;
	bool reclaim_b; /* after every operation */
};

/* Return: operations until the first request that got another frame, or all of them. */
static uint64_t run_pair(const struct pair *p, const char *spec, const char *kernel, enum sim_relation *end_out)
{
	struct sim_work_params params;
	struct sim_workload *workload;
	struct sim_error error = { 0 };
	struct side a, b;
	uint64_t i;

	assert_int_equal(sim_workload_parse(spec, &params, &error), 0);
	params.value[SIM_WORK_PCP] = p->pcp;
	workload = sim_workload_create(&params);
	assert_non_null(workload);
	side_begin(&a, &params, kernel, p->a, sim_workload_ids(workload));
	side_begin(&b, &params, kernel, p->b, sim_workload_ids(workload));
	for (i = 0; i < operations; i++) {
		struct sim_work_op op;

		sim_workload_next(workload, &op);
		sim_drive_op(&a.drive, i, &op);
		sim_drive_op(&b.drive, i, &op);
		if (p->reclaim_b)
			assert_int_equal(sim_host_reclaim(&b.drive.host, op.cpu), 0);
		if (sim_drive_block(&a.drive, op.id)->pfn != sim_drive_block(&b.drive, op.id)->pfn)
			break;
		if (p->reclaim_b)
			assert_int_equal(sim_host_held(&b.drive.host), 0);
		if (i % 1000 == 0 && relation(&a, &b) != SIM_SAME_IN_ORDER)
			break;
	}
	*end_out = relation(&a, &b);
	side_end(&a);
	side_end(&b);
	sim_workload_destroy(workload);
	return i;
}

static void assert_equal(const struct pair *p)
{
	for (unsigned i = 0; i < SPEC_COUNT * 2; i++) {
		enum sim_relation end;
		uint64_t same = run_pair(p, specs[i / 2], kernels[i & 1], &end);

		if (same != operations || end != SIM_SAME_IN_ORDER)
			fail_msg("%s against %s, %s, kernel %s: equal for %llu operations, relation %d", p->a->name,
				 p->b->name, specs[i / 2], kernels[i & 1], (unsigned long long)same, (int)end);
	}
}

static void fitfree_to_the_tails_equals_exact_frame_by_frame(void **state)
{
	(void)state;
	assert_equal(&(struct pair){ &sim_policy_exact, &fitfree_to_tails, false, false });
}

static void lazy_equals_none_while_nothing_is_reclaimed(void **state)
{
	struct sim_policy patient = sim_policy_lazy;

	(void)state;
	patient.reclaim = no_reclaim;
	assert_equal(&(struct pair){ &sim_policy_none, &patient, true, false });
	assert_equal(&(struct pair){ &sim_policy_none, &patient, false, false });
}

static void lazy_that_gives_back_at_once_equals_fitfree(void **state)
{
	(void)state;
	assert_equal(&(struct pair){ &sim_policy_fitfree, &sim_policy_lazy, true, true });
	assert_equal(&(struct pair){ &sim_policy_fitfree, &sim_policy_lazy, false, true });
}

/* The order of the lists is a difference that later requests see: the claim above needs the tails. */
static void fitfree_parts_from_exact_through_the_lists_order(void **state)
{
	const struct pair p = { &sim_policy_exact, &sim_policy_fitfree, false, false };
	enum sim_relation end;
	unsigned parted = 0;

	(void)state;
	for (unsigned i = 0; i < SPEC_COUNT * 2; i++)
		parted += run_pair(&p, specs[i / 2], kernels[i & 1], &end) < operations;
	assert_int_equal(parted, SPEC_COUNT * 2);
}

/* A state that a workload made, on three machines; then one request and its release. */
static void one_request_frees_the_same_blocks(void **state)
{
	static const struct sim_policy *const policies[] = { &sim_policy_exact, &sim_policy_fitfree,
							     &sim_policy_fit_exact, &sim_policy_exact_fit,
							     &fitfree_to_tails };
	struct side sides[5];
	struct sim_work_params params;
	struct sim_error error = { 0 };
	uint32_t id;

	(void)state;
	for (uint32_t pages = 1; pages <= 300; pages += 7) {
		struct sim_workload *workload;
		struct sim_work_op op;

		assert_int_equal(sim_workload_parse("synth:mixed,mem=32M,sized=0,top=6,pcp=off", &params, &error), 0);
		params.value[SIM_WORK_SEED] = pages;
		workload = sim_workload_create(&params);
		assert_non_null(workload);
		id = sim_workload_ids(workload);
		for (unsigned i = 0; i < 5; i++)
			side_begin(&sides[i], &params, kernels[pages & 1], policies[i], id + 1);
		for (uint64_t at = 0; at < 6000; at++) {
			sim_workload_next(workload, &op);
			for (unsigned i = 0; i < 5; i++)
				sim_drive_op(&sides[i].drive, at, &op);
		}
		op = (struct sim_work_op){ .id = id, .pages = (uint16_t)pages, .kind = SIM_WORK_ALLOC, .sized = true };
		while (1u << op.order < pages)
			op.order++;
		for (unsigned free = 0; free < 2; free++) {
			op.kind = free ? SIM_WORK_FREE : SIM_WORK_ALLOC;
			for (unsigned i = 0; i < 5; i++) {
				sim_drive_op(&sides[i].drive, 6000 + free, &op);
				assert_int_equal(sim_drive_block(&sides[i].drive, id)->pfn,
						 sim_drive_block(&sides[0].drive, id)->pfn);
				assert_true(relation(&sides[0], &sides[i]) <= SIM_SAME_BLOCKS);
			}
			assert_true(free || sim_drive_block(&sides[0].drive, id)->pfn != BUDDY_NO_PFN);
		}
		for (unsigned i = 0; i < 5; i++)
			side_end(&sides[i]);
		sim_workload_destroy(workload);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fitfree_to_the_tails_equals_exact_frame_by_frame),
		cmocka_unit_test(fitfree_parts_from_exact_through_the_lists_order),
		cmocka_unit_test(one_request_frees_the_same_blocks),
		cmocka_unit_test(lazy_equals_none_while_nothing_is_reclaimed),
		cmocka_unit_test(lazy_that_gives_back_at_once_equals_fitfree),
	};

	if (argc > 1)
		operations = strtoull(argv[1], NULL, 10);
	if (argc > 2 || !operations) {
		fprintf(stderr, "usage: %s [OPERATIONS]\n", argv[0]);
		return 2;
	}
	return cmocka_run_group_tests_name("policies/equal", tests, NULL, NULL);
}
