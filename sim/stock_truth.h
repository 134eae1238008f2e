/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The truth beside a recording's tracepoints: its exact model.
 *
 * Role: where a recording has our probes, what the tracepoints alone tell can be held against it at any time.
 * Interface: stock_truth_create, stock_truth_event, stock_truth_sample, stock_truth_result.
 * Invariant: the code under test sees nothing of it.
 */
#ifndef SIM_STOCK_TRUTH_H
#define SIM_STOCK_TRUTH_H

#include "stock.h"

/* Sums over all samples. */
struct stock_truth_result {
	uint64_t samples;
	uint64_t free_pages_error; /* frames on free lists, without sign */
	struct stock_lengths order[STOCK_ORDER_COUNT];
};

struct stock_truth;

/* @snapshot: exact. Return: 0, or as sim_machine_load. */
int stock_truth_create(const struct rec_snapshot *snapshot, const char *kernel, struct stock_truth **out,
		       struct sim_error *error);
/* Every event, with all that our probes told. Return: 0 or -ENOMEM. */
int stock_truth_event(struct stock_truth *truth, const struct rec_event *event, const struct rec_wide *wide);
/* Holds the lengths of @stock's lists against the exact model's. */
void stock_truth_sample(struct stock_truth *truth, const struct stock *stock);
const struct stock_truth_result *stock_truth_result(const struct stock_truth *truth);
void stock_truth_destroy(struct stock_truth *truth);

#endif
