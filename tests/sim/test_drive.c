// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A workload on a machine, and as the input of a run.
 */
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "run.h"

static struct sim_machine machine;
static struct sim_drive drive;

static void start(const char *spec, const struct sim_policy *policy)
{
	struct sim_work_params params;
	struct sim_error error = { 0 };

	assert_int_equal(sim_workload_parse(spec, &params, &error), 0);
	assert_int_equal(sim_workload_machine(&params, NULL, "6.1", &machine, &error), 0);
	assert_int_equal(sim_drive_init(&drive, &machine, policy, 16, false, &error), 0);
}

static void stop(void)
{
	assert_true(buddy_check(machine.buddy, NULL, 0));
	sim_drive_fini(&drive);
	sim_machine_unload(&machine);
}

static void op(unsigned kind, uint32_t id, uint32_t pages, bool sized, bool stray)
{
	struct sim_work_op o = { .id = id, .pages = (uint16_t)pages, .kind = (uint8_t)kind, .sized = sized,
				 .stray = stray };

	while (1u << o.order < pages)
		o.order++;
	sim_drive_op(&drive, drive.totals.events, &o);
}

static uint64_t free_pages(void)
{
	return buddy_free_pages_listed(machine.buddy, 0) + buddy_pcp_count(machine.buddy, 0, 0);
}

static void totals_tell_what_was_done(void **state)
{
	(void)state;
	start("synth:mixed,mem=4M", &sim_policy_fitfree);
	op(SIM_WORK_ALLOC, 0, 4, false, false);
	op(SIM_WORK_ALLOC, 1, 5, true, false);
	op(SIM_WORK_ALLOC, 2, 8, true, false);
	assert_int_equal(free_pages(), 1024 - 17);
	op(SIM_WORK_FREE, 0, 4, false, false);
	op(SIM_WORK_FREE, 1, 5, true, false);
	sim_drive_finish(&drive);
	assert_int_equal(free_pages(), 1024 - 8);
	assert_int_equal(drive.totals.requests[2], 1);
	assert_int_equal(drive.totals.requests[3], 2);
	assert_int_equal(drive.totals.frees, 1);
	assert_int_equal(drive.totals.exact.requests, 2);
	assert_int_equal(drive.totals.exact.odd, 1);
	assert_int_equal(drive.totals.exact.trimmed, 1);
	assert_int_equal(drive.totals.exact.released, 1);
	assert_int_equal(drive.totals.exact.pages_asked, 13);
	assert_int_equal(drive.totals.exact.pages_block, 16);
	assert_int_equal(drive.totals.exact.pages_kept, 13);
	assert_int_equal(drive.totals.exact.bytes, 13 * 4096);
	assert_int_equal(drive.totals.account.taken_pages, 8);
	assert_int_equal(drive.totals.events, 5);
	assert_int_equal(drive.totals.last_time_ns, 4000);
	assert_int_equal(drive.sized.ledger.record_count, 1);
	stop();
}

static void a_request_that_failed_is_counted_and_so_is_its_free(void **state)
{
	(void)state;
	start("synth:mixed,mem=4M", &sim_policy_none);
	op(SIM_WORK_ALLOC, 0, 512, true, false);
	op(SIM_WORK_ALLOC, 1, 1000, true, false);
	op(SIM_WORK_ALLOC, 2, 1024, false, false);
	assert_int_equal(drive.totals.failures[10], 2);
	assert_true(sim_drive_block(&drive, 1)->pfn == BUDDY_NO_PFN);
	op(SIM_WORK_FREE, 1, 1000, true, false);
	op(SIM_WORK_FREE, 2, 1024, false, false);
	assert_int_equal(drive.totals.frees_of_failed, 2);
	assert_int_equal(drive.totals.refused.count, 0);
	op(SIM_WORK_FREE, 0, 512, true, false);
	assert_int_equal(free_pages(), 1024);
	stop();
}

/* Somebody frees the wanted frames one by one; what the policy kept beyond them is not lost. */
static void a_stray_free_loses_nothing_under_any_policy(void **state)
{
	(void)state;
	for (size_t i = 0; sim_policy_at(i); i++) {
		start("synth:mixed,mem=4M", sim_policy_at(i));
		op(SIM_WORK_ALLOC, 0, 19, true, false);
		op(SIM_WORK_ALLOC, 1, 3, true, false); /* nest lends it a part of the first one's tail */
		op(SIM_WORK_FREE, 0, 19, true, true);
		sim_drive_finish(&drive);
		assert_int_equal(drive.totals.refused.count, 0);
		assert_int_equal(drive.totals.account.rounded_pages, 4);
		op(SIM_WORK_FREE, 1, 3, true, true);
		assert_int_equal(free_pages(), 1024);
		assert_int_equal(drive.host.account.taken_pages, 0);
		assert_int_equal(sim_host_held(&drive.host), 0);
		stop();
	}
}

/* Of every size: a fit returns at most one block for each order, and so does a release. */
static void a_policy_by_block_makes_at_most_order_and_one_calls(void **state)
{
	static const struct sim_policy *const policies[] = { &sim_policy_fitfree, &sim_policy_lazy, &sim_policy_nest };
	const struct sim_deed_cost *cost = drive.host.account.cost;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		start("synth:mixed,mem=64M", policies[i]);
		for (uint32_t pages = 1; pages <= 1024; pages++) {
			uint64_t fit = cost[SIM_DEED_FIT].calls, release = cost[SIM_DEED_RELEASE].calls;
			unsigned order;

			op(SIM_WORK_ALLOC, 0, pages, true, false);
			order = sim_drive_block(&drive, 0)->order;
			assert_true(sim_drive_block(&drive, 0)->pfn != BUDDY_NO_PFN);
			assert_true(cost[SIM_DEED_FIT].calls - fit <= order + 1);
			op(SIM_WORK_FREE, 0, pages, true, false);
			assert_true(cost[SIM_DEED_RELEASE].calls - release <= order + 1);
		}
		assert_true(cost[SIM_DEED_RELEASE].calls >= 1024);
		stop();
	}
}

static void pcp_off_leaves_nothing_on_the_lists(void **state)
{
	(void)state;
	start("synth:mixed,mem=4M,pcp=off", &sim_policy_exact);
	op(SIM_WORK_ALLOC, 0, 1, false, false);
	assert_int_equal(buddy_pcp_count(machine.buddy, 0, 0), 0);
	op(SIM_WORK_ALLOC, 1, 5, true, false);
	op(SIM_WORK_FREE, 0, 1, false, false);
	op(SIM_WORK_FREE, 1, 5, true, false);
	assert_int_equal(buddy_pcp_count(machine.buddy, 0, 0), 0);
	assert_int_equal(buddy_nr_free(machine.buddy, 0, 10), 1);
	stop();
}

static struct sim_run_options run_options(const char *path)
{
	struct sim_run_options options = { .path = path, .sample_count = 16 };

	while (sim_policy_at(options.policy_count)) {
		options.policies[options.policy_count] = sim_policy_at(options.policy_count);
		options.policy_count++;
	}
	return options;
}

static struct sim_run *run_of(const struct sim_run_options *options)
{
	struct sim_run *run = calloc(1, sizeof(*run));
	struct sim_error error = { 0 };

	assert_non_null(run);
	if (sim_run(options, run, &error))
		fail_msg("%s", error.text);
	return run;
}

static void a_run_gives_every_policy_the_same_requests(void **state)
{
	struct sim_run_options options = run_options("synth:drivers,mem=16M,ops=30000,occupancy=90");
	struct sim_run *run = run_of(&options);

	(void)state;
	assert_true(run->synthetic && !run->from_snapshot && !sim_run_is_partial(run));
	assert_int_equal(run->events, 30000);
	assert_true(run->samples >= 16);
	assert_string_equal(run->info.workload, "synthetic workload drivers, seed 1");
	assert_string_equal(run->info.kernel_release, "6.1");
	for (unsigned i = 0; i < run->outcome_count; i++) {
		const struct sim_outcome *o = &run->outcomes[i];

		assert_memory_equal(o->totals.requests, run->outcomes[0].totals.requests, sizeof(o->totals.requests));
		assert_string_equal(o->invariant, "");
		assert_int_equal(o->totals.refused.count, 0);
		assert_int_equal(o->totals.last_time_ns, UINT64_C(29999) * 1000);
	}
	free(run);
}

static void another_seed_is_another_workload(void **state)
{
	struct sim_run_options options = run_options("synth:mixed,mem=16M,ops=20000,seed=5");
	struct sim_run *first = run_of(&options), *second, *third;

	(void)state;
	second = run_of(&options);
	options.seed = 2;
	third = run_of(&options);
	assert_string_equal(third->info.workload, "synthetic workload mixed, seed 7");
	assert_true(first->outcomes[0].end.lists_in_order == second->outcomes[0].end.lists_in_order);
	assert_true(first->outcomes[0].end.lists_in_order != third->outcomes[0].end.lists_in_order);
	free(first);
	free(second);
	free(third);
}

static void zones_and_kernel_are_the_users(void **state)
{
	struct sim_run_options options = run_options("synth:mixed,ops=1000");
	struct sim_run *run;

	(void)state;
	options.zones = "DMA=1-4096,DMA32=4096-16384";
	options.kernel = "6.12";
	run = run_of(&options);
	assert_int_equal(run->zone_count, 2);
	assert_string_equal(run->profile, "6.12");
	assert_int_equal(run->info.memory_mib, 63);
	free(run);
}

static void a_run_refuses_what_cannot_be(void **state)
{
	struct sim_run_options options = run_options("synth:mixt");
	struct sim_run *run = calloc(1, sizeof(*run));
	struct sim_error error = { 0 };

	(void)state;
	assert_non_null(run);
	assert_int_equal(sim_run(&options, run, &error), -EINVAL);
	assert_non_null(strstr(error.text, "did you mean \"mixed\"?"));
	options.path = "synth:mixed";
	options.zones = "DMA32=0-100";
	assert_int_equal(sim_run(&options, run, &error), -EINVAL);
	assert_non_null(strstr(error.text, "found 100"));
	free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(totals_tell_what_was_done),
		cmocka_unit_test(a_request_that_failed_is_counted_and_so_is_its_free),
		cmocka_unit_test(a_stray_free_loses_nothing_under_any_policy),
		cmocka_unit_test(a_policy_by_block_makes_at_most_order_and_one_calls),
		cmocka_unit_test(pcp_off_leaves_nothing_on_the_lists),
		cmocka_unit_test(a_run_gives_every_policy_the_same_requests),
		cmocka_unit_test(another_seed_is_another_workload),
		cmocka_unit_test(zones_and_kernel_are_the_users),
		cmocka_unit_test(a_run_refuses_what_cannot_be),
	};

	return cmocka_run_group_tests_name("sim/drive", tests, NULL, NULL);
}
