// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every policy in step with a slow oracle: on both kernels, with and without per-CPU lists, under every profile of the
 * generator, until everything is freed.
 *
 *   policies_lockstep [OPERATIONS [EVERY [POLICY]]]   of each policy, or of one; all frames are compared after every
 *                                                     EVERY operations
 *
 * After every operation: its frames, and the sums. After every EVERY-th and at the end: all frames, all free blocks,
 * and the model's, the stashes' and the ledger's own checks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drive.h"
#include "held.h"
#include "owners.h"

#define START_PFN 212u /* aligned to nothing much, like the end */
#define FRAMES 1400u
#define CPUS 2u

static uint64_t operations = 200000, every = 64;

/* Small requests fit the small zone; strays and all mobilities everywhere, so that policies keep several stashes. */
static const char *const specs[] = {
	"synth:mixed,max=32", "synth:uniform,max=100,occupancy=70", "synth:drivers,occupancy=80",
	"synth:short-lived,max=20", "synth:long-lived,max=48,occupancy=75",
	"synth:bursty,period=1500,max=40", "synth:sawtooth,period=2500,max=60",
	"synth:checkerboard", "synth:near-oom,max=24", "synth:odd-sizes,occupancy=60",
	"synth:near-oom,life=lifo,sizes=geometric,mean=5,sized=90", "synth:mixed,sizes=bimodal,top=5,occupancy=90",
};

#define SPEC_COUNT (sizeof(specs) / sizeof(specs[0]))

struct world {
	const char *spec, *kernel;
	const struct sim_policy *policy;
	struct sim_machine machine;
	struct sim_drive drive;
	struct sim_workload *workload;
	struct oracle oracle;
	uint64_t done;
};

static void fail_at(const struct world *w, const char *what)
{
	fail_msg("%s, %s, kernel %s, operation %llu: %s", w->policy->name, w->spec, w->kernel,
		 (unsigned long long)w->done, what);
}

static enum oracle_rest rest_of(const struct sim_policy *policy)
{
	if (policy == &sim_policy_none)
		return ORACLE_KEEPS_WITH_BLOCK;
	return policy->held ? ORACLE_HOLDS : ORACLE_GIVES_BACK;
}

static void begin(struct world *w, bool pcp, uint64_t seed)
{
	struct sim_layout layout = { .zone_count = 1, .zones[0] = { .type = BUDDY_ZONE_NORMAL, .name = "Normal",
								    .start_pfn = START_PFN, .spanned_pages = FRAMES } };
	struct sim_work_params params;
	struct sim_error error = { 0 };
	uint32_t ids;

	assert_int_equal(sim_workload_parse(w->spec, &params, &error), 0);
	params.value[SIM_WORK_MEM] = FRAMES;
	params.value[SIM_WORK_SEED] = seed;
	params.value[SIM_WORK_PCP] = pcp;
	params.value[SIM_WORK_CPUS] = CPUS;
	params.value[SIM_WORK_STRAY] = 10;
	params.value[SIM_WORK_SIZED_TYPE] = SIM_SIZED_MIXED;
	assert_int_equal(sim_workload_machine(&params, &layout, w->kernel, &w->machine, &error), 0);
	w->workload = sim_workload_create(&params);
	assert_non_null(w->workload);
	ids = sim_workload_ids(w->workload);
	assert_int_equal(sim_drive_init(&w->drive, &w->machine, w->policy, ids, false, &error), 0);
	assert_true(oracle_init(&w->oracle, w->machine.buddy, layout.zones, 1, CPUS, ids, rest_of(w->policy)));
	w->done = 0;
}

static void finish(struct world *w)
{
	oracle_fini(&w->oracle);
	sim_drive_fini(&w->drive);
	sim_workload_destroy(w->workload);
	sim_machine_unload(&w->machine);
}

static void check_all(struct world *w)
{
	char message[200] = "the model's check failed";

	if (!oracle_check_all(&w->oracle))
		fail_at(w, w->oracle.wrong);
	if (!buddy_check(w->machine.buddy, message, sizeof(message)))
		fail_at(w, message);
	if (!pageman_ledger_check(&w->drive.sized.ledger))
		fail_at(w, "the ledger's check failed");
	if (w->policy->held) {
		const struct sim_held *held = w->drive.host.state;

		for (unsigned i = 0; i < held->class_count; i++)
			if (!pageman_stash_check(&held->classes[i].stash))
				fail_at(w, "a stash's check failed");
	}
}

static void check_sums(struct world *w)
{
	const struct sim_host *host = &w->drive.host;
	struct oracle_account account = { host->account.taken_pages, host->account.rounded_pages, sim_host_held(host),
					  sim_host_saved(host) };

	if (!oracle_check_sums(&w->oracle, &account))
		fail_at(w, w->oracle.wrong);
	if (w->drive.totals.refused.count)
		fail_at(w, "the model refused something");
}

/* One operation on both sides. */
static void step(struct world *w, const struct sim_work_op *op)
{
	struct oracle *o = &w->oracle;
	struct oracle_live before = o->live[op->id];
	const struct sim_drive_block *block;

	sim_drive_op(&w->drive, w->done++, op);
	block = sim_drive_block(&w->drive, op->id);
	if (op->kind == SIM_WORK_ALLOC && block->pfn != BUDDY_NO_PFN) {
		if (!oracle_got(o, op->id, block->pfn, op->pages, op->order, op->sized) ||
		    !oracle_check_frames(o, block->pfn, op->pages, true))
			fail_at(w, o->wrong);
	} else if (op->kind == SIM_WORK_FREE && before.pages) {
		if (!oracle_freed(o, op->id) || !oracle_check_frames(o, before.pfn, before.pages, false))
			fail_at(w, o->wrong);
	}
	check_sums(w);
	if (w->done % every == 0)
		check_all(w);
}

/* Everything goes back: the zone is as it was in the beginning. */
static void end_all(struct world *w)
{
	struct buddy *buddy = w->machine.buddy;
	struct sim_work_op op;

	while (sim_workload_end(w->workload, &op))
		step(w, &op);
	assert_int_equal(sim_workload_asked(w->workload), 0);
	if (sim_host_held(&w->drive.host))
		fail_at(w, "something is held although nobody is alive");
	for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
		assert_int_equal(buddy_drain_zone(buddy, cpu, 0, cpu), 0);
		assert_int_equal(buddy_fold_stats(buddy, cpu), 0);
	}
	check_all(w);
	assert_int_equal(buddy_free_pages_listed(buddy, 0), FRAMES);
	assert_int_equal(buddy_free_pages_counter(buddy, 0), FRAMES);
	assert_int_equal(w->drive.host.account.taken_pages, 0);
	assert_int_equal(w->drive.host.account.rounded_pages, 0);
}

static void policy_keeps_every_frame_accounted_for(void **state)
{
	static const char *const kernels[] = { "6.1", "6.12" };
	uint64_t each = operations / (SPEC_COUNT * 2 * 2) + 1, failures = 0, strays = 0, held_peak = 0;
	struct world w = { .policy = *state };
	struct sim_work_op op;

	for (unsigned run = 0; run < SPEC_COUNT * 2 * 2; run++) {
		w.spec = specs[run / 4];
		w.kernel = kernels[run & 1];
		begin(&w, run & 2, 1 + run);
		for (uint64_t i = 0; i < each; i++) {
			sim_workload_next(w.workload, &op);
			strays += op.stray;
			step(&w, &op);
			held_peak = sim_host_held(&w.drive.host) > held_peak ? sim_host_held(&w.drive.host) : held_peak;
		}
		end_all(&w);
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
			failures += w.drive.totals.failures[order];
		finish(&w);
	}
	/* It was tight, and everything happened. */
	assert_true(failures > 0 && strays > 0);
	assert_true(!w.policy->held || held_peak > 0);
	printf("%s: %llu operations, of these %llu found no block, %llu strays, at most %llu pages held\n",
	       w.policy->name, (unsigned long long)(each * SPEC_COUNT * 4), (unsigned long long)failures,
	       (unsigned long long)strays, (unsigned long long)held_peak);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[16];
	const struct sim_policy *policy, *only = NULL;
	size_t count = 0;

	if (argc > 1)
		operations = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		every = strtoull(argv[2], NULL, 10);
	if (argc > 3)
		only = sim_policy_find(argv[3]);
	if (argc > 4 || !operations || !every || (argc > 3 && !only)) {
		fprintf(stderr, "usage: %s [OPERATIONS [EVERY [POLICY]]]\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; count < 16 && (policy = sim_policy_at(i)); i++)
		if (!only || policy == only)
			tests[count++] = (struct CMUnitTest){ .name = policy->name,
							      .test_func = policy_keeps_every_frame_accounted_for,
							      .initial_state = (void *)policy };
	return _cmocka_run_group_tests("policies/lockstep", tests, count, NULL, NULL);
}
