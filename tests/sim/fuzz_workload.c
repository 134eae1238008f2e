// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes descriptions of synthetic workloads, and the streams they describe.
 *
 * Input: "synth:PROFILE[,key=value...]".
 * Invariant: a description that is taken describes itself in words that mean the same, its values lie in their
 * ranges, and its stream frees only what lives; one that is not is refused with a sentence.
 */
#include <errno.h>
#include <string.h>

#include "reading.h"
#include "workload.h"

#define STREAM_PAGES_MAX 16384u /* of memory; of larger machines no stream is made */
#define STREAM_OPS 2000u

static void describe_again(const struct sim_work_params *params)
{
	struct sim_work_params again;
	struct sim_error error = { 0 };
	char text[1024];

	for (unsigned i = 0; i < SIM_WORK_KEY_COUNT; i++) {
		const struct sim_work_key_info *key = sim_work_key_at(i);

		fuzz_require(params->value[i] >= key->min && params->value[i] <= key->max);
	}
	sim_workload_describe(params, text, sizeof(text));
	if (sim_workload_parse(text, &again, &error))
		fuzz_no_fault(error.text);
	fuzz_require(again.profile == params->profile);
	fuzz_require(!memcmp(again.value, params->value, sizeof(again.value)));
}

/* Frees what lives, and asks for what does not. */
static void take(uint8_t *alive, uint32_t ids, const struct sim_work_op *op)
{
	fuzz_require(op->id < ids && op->pages >= 1 && op->pages <= 1024 && op->order <= 10);
	fuzz_require(op->pages <= 1u << op->order);
	fuzz_require(alive[op->id] == (op->kind == SIM_WORK_FREE));
	alive[op->id] = op->kind == SIM_WORK_ALLOC;
}

static void stream(const struct sim_work_params *params)
{
	struct sim_workload *workload = sim_workload_create(params);
	uint32_t ids;
	uint8_t *alive;
	struct sim_work_op op;

	fuzz_require(workload);
	ids = sim_workload_ids(workload);
	alive = calloc(ids, 1);
	fuzz_require(alive);
	for (unsigned i = 0; i < STREAM_OPS; i++) {
		sim_workload_next(workload, &op);
		take(alive, ids, &op);
	}
	while (sim_workload_end(workload, &op)) {
		fuzz_require(op.kind == SIM_WORK_FREE);
		take(alive, ids, &op);
	}
	for (uint32_t id = 0; id < ids; id++)
		fuzz_require(!alive[id]);
	fuzz_require(sim_workload_asked(workload) == 0);
	free(alive);
	sim_workload_destroy(workload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim_work_params params;
	struct sim_error error = { 0 };
	char *spec = malloc(size + 1);
	int result;

	fuzz_require(spec);
	memcpy(spec, data, size);
	spec[size] = '\0';
	result = sim_workload_is(spec) ? sim_workload_parse(spec, &params, &error) : -ENOENT;
	free(spec);
	if (result) {
		fuzz_require(result == -ENOENT || (result == -EINVAL && error.code == result && error.text[0]));
		return 0;
	}
	describe_again(&params);
	if (params.value[SIM_WORK_MEM] <= STREAM_PAGES_MAX)
		stream(&params);
	return 0;
}
