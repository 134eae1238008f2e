// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policies beside each other: what a sized request costs from its allocation to its release, under the same stream.
 *
 * A workload brings a zone to its occupancy; what follows is drawn beforehand, so that the clock sees the policy, the
 * host's account and the model alone. The generator is measured apart.
 *
 * Interface: bench_policy.
 */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "drive.h"
#include "shim.h"

#define WARM_UP_OPS 300000u
#define BATCH_OPS 100000u
#define BATCHES 5u
#define GENERATOR_OPS 1000000u

struct policy_param {
	const struct sim_policy *policy;
	char spec[64];
};

struct policy_run {
	struct sim_machine machine;
	struct sim_drive drive;
	struct sim_work_op *ops;
	uint64_t done, calls_before, requests;
	double spent_ns;
};

static bool make_machine(struct policy_run *r, const struct policy_param *p, struct sim_workload **workload_out)
{
	struct sim_work_params params;
	struct sim_error error;

	if (sim_workload_parse(p->spec, &params, &error))
		return false;
	*workload_out = sim_workload_create(&params);
	return *workload_out && !sim_workload_machine(&params, NULL, "6.1", &r->machine, &error) &&
	       !sim_drive_init(&r->drive, &r->machine, p->policy, sim_workload_ids(*workload_out), false, &error);
}

static void *policy_setup(struct bench *bench, const void *param)
{
	struct policy_run *r = calloc(1, sizeof(*r));
	struct sim_workload *workload = NULL;
	struct sim_work_op op;

	if (r)
		r->ops = malloc(BATCHES * BATCH_OPS * sizeof(*r->ops));
	if (!r || !r->ops || !make_machine(r, param, &workload)) {
		bench_fail(bench, "no machine for the workload");
		return NULL;
	}
	for (uint64_t i = 0; i < WARM_UP_OPS; i++) {
		sim_workload_next(workload, &op);
		sim_drive_op(&r->drive, i, &op);
	}
	for (uint64_t i = 0; i < BATCHES * BATCH_OPS; i++)
		sim_workload_next(workload, &r->ops[i]);
	sim_workload_destroy(workload);
	r->calls_before = sim_host_calls(&r->drive.host);
	return r;
}

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool policy_batch(struct bench *bench, void *state)
{
	struct policy_run *r = state;
	uint64_t requests = 0;
	double before = cpu_ns();

	if (r->done == BATCHES * BATCH_OPS) {
		bench_fail(bench, "more batches than drawn");
		return false;
	}
	for (uint64_t end = r->done + BATCH_OPS; r->done < end; r->done++) {
		const struct sim_work_op *op = &r->ops[r->done];

		sim_drive_op(&r->drive, r->done, op);
		requests += op->kind == SIM_WORK_ALLOC;
	}
	r->spent_ns += cpu_ns() - before;
	r->requests += requests;
	bench_items(bench, requests);
	return true;
}

static void policy_teardown(struct bench *bench, void *state)
{
	struct policy_run *r = state;
	double calls = (double)(sim_host_calls(&r->drive.host) - r->calls_before), requests = (double)r->requests;

	bench_count(bench, "calls_per_request", calls / requests);
	bench_count(bench, "ns_per_call", r->spent_ns / calls);
	sim_drive_fini(&r->drive);
	sim_machine_unload(&r->machine);
	free(r->ops);
	free(r);
}

static void *generator_setup(struct bench *bench, const void *param)
{
	struct sim_work_params params;
	struct sim_error error;
	struct sim_workload *w = sim_workload_parse(param, &params, &error) ? NULL : sim_workload_create(&params);

	if (!w)
		bench_fail(bench, "no workload");
	return w;
}

static bool generator_batch(struct bench *bench, void *state)
{
	struct sim_work_op op;
	uint64_t sum = 0;

	for (unsigned i = 0; i < GENERATOR_OPS; i++) {
		sim_workload_next(state, &op);
		sum += op.id + op.pages;
	}
	bench_keep(sum);
	bench_items(bench, GENERATOR_OPS);
	return true;
}

static void generator_teardown(struct bench *bench, void *state)
{
	(void)bench;
	sim_workload_destroy(state);
}

static void register_policy(const char *name, const struct sim_policy *policy, const char *profile, unsigned percent)
{
	static struct policy_param params[64];
	static unsigned used;
	struct policy_param *p = &params[used++];
	char full[64];

	if (used > sizeof(params) / sizeof(params[0]))
		abort();
	p->policy = policy;
	snprintf(p->spec, sizeof(p->spec), "synth:%s,sized=100,occupancy=%u", profile, percent);
	snprintf(full, sizeof(full), "%s/%s/%u", name, policy->name, percent);
	bench_register(&(struct bench_case){ .name = full,
					     .param = p,
					     .iterations = BATCHES,
					     .setup = policy_setup,
					     .run = policy_batch,
					     .teardown = policy_teardown });
}

void bench_policy(void)
{
	static const unsigned percents[] = { 30, 50, 70 };
	static const char *const generated[] = { "synth:mixed", "synth:drivers" };
	const struct sim_policy *policy;

	for (unsigned i = 0; i < 2; i++)
		bench_register(&(struct bench_case){ .name = i ? "generator/drivers" : "generator/mixed",
						     .param = generated[i],
						     .iterations = BATCHES,
						     .setup = generator_setup,
						     .run = generator_batch,
						     .teardown = generator_teardown });
	for (size_t i = 0; (policy = sim_policy_at(i)); i++) {
		for (unsigned k = 0; k < 3; k++)
			register_policy("policy", policy, "drivers", percents[k]);
		register_policy("odd", policy, "odd-sizes", 50);
	}
}
