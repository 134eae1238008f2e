// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The exact model in lockstep, and the lengths of the lists over time.
 *
 * Interface: stock_truth.h.
 */
#include "stock_truth.h"

#include <errno.h>
#include <stdlib.h>

#include "load.h"
#include "verify.h"

struct stock_truth {
	struct sim_machine machine;
	struct verify *verify;
	bool over;
	struct stock_truth_result result;
};

int stock_truth_create(const struct rec_snapshot *snapshot, const char *kernel, struct stock_truth **out,
		       struct sim_error *error)
{
	const struct sim_load_options options = { .kernel = kernel };
	struct stock_truth *t = calloc(1, sizeof(*t));
	int result;

	if (!t)
		return sim_fail(error, -ENOMEM, "out of memory");
	result = sim_machine_load(&t->machine, snapshot, &options, error);
	if (!result && !(t->verify = verify_create(&t->machine)))
		result = sim_fail(error, -ENOMEM, "out of memory");
	if (result) {
		stock_truth_destroy(t);
		return result;
	}
	*out = t;
	return 0;
}

int stock_truth_event(struct stock_truth *t, const struct rec_event *event, const struct rec_wide *wide)
{
	int status = t->over ? 0 : verify_event(t->verify, event, wide);

	t->over = status <= 0;
	return status < 0 ? status : 0;
}

void stock_truth_sample(struct stock_truth *t, const struct stock *stock)
{
	uint64_t exact = 0, model = 0;

	t->result.samples++;
	for (uint32_t zone = 0; zone < t->machine.zone_count; zone++)
		for (unsigned type = 0; type < BUDDY_TYPE_COUNT; type++)
			for (unsigned order = 0; order < STOCK_ORDER_COUNT; order++) {
				uint64_t a = buddy_list_length(t->machine.buddy, zone, order, type);
				uint64_t b = stock_list_length(stock, zone, order, type);
				struct stock_lengths *l = &t->result.order[order];

				exact += a << order;
				model += b << order;
				l->lists += a || b;
				l->same += (a || b) && a == b;
				l->error += a > b ? a - b : b - a;
				l->blocks += a;
			}
	t->result.free_pages_error += exact > model ? exact - model : model - exact;
}

const struct stock_truth_result *stock_truth_result(const struct stock_truth *t) { return &t->result; }

void stock_truth_destroy(struct stock_truth *t)
{
	if (!t)
		return;
	verify_destroy(t->verify);
	sim_machine_unload(&t->machine);
	free(t);
}
