/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures: the numbers by which policies are compared, by name.
 *
 * Role: one list for reports, JSON and the database; each says which side it is on, STATE or COST, and which direction
 * is better. docs/schema.md explains every name.
 * Interface: sim_measures_list, sim_measure_find, sim_measure_text.
 * Invariant: the list has the same names in the same order for every policy of a run, and with every seed. A value that
 * does not exist (nothing to divide by, no moment at which it is defined) is NaN.
 *
 * Costs are those of sized requests from their allocation to their release: of all four deeds of host.h. They are
 * divided by the sized requests that were served. Times are what the clock read, less what reading it costs.
 */
#ifndef SIM_MEASURES_H
#define SIM_MEASURES_H

#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_MEASURES_MAX 96

enum sim_unit { SIM_UNIT_COUNT, SIM_UNIT_INDEX, SIM_UNIT_SHARE, SIM_UNIT_EACH, SIM_UNIT_NS };

struct sim_measure {
	const char *name, *label;
	const char *side;  /* "state" or "cost" */
	enum sim_unit unit;
	int better;        /* -1: less is better, 1: more is, 0: neither by itself */
	bool main;         /* belongs into a short report */
	double value;
};

/* Fills @list with at most SIM_MEASURES_MAX entries. Return: how many. */
unsigned sim_measures_list(struct sim_measure *list, const struct sim_run *run, const struct sim_outcome *outcome);
/* Index of the measure of this name, or @count. */
unsigned sim_measure_find(const struct sim_measure *list, unsigned count, const char *name);
/* The value as people read it: "1,234", "12.35 M", "0.093", "97.3%"; "-" for NaN. @sign: as a difference. */
const char *sim_measure_text(char text[32], enum sim_unit unit, double value, bool sign);

/* Sized requests that a policy handled. */
uint64_t sim_measures_sized(const struct sim_run *run, const struct sim_outcome *outcome);

#ifdef __cplusplus
}
#endif
#endif
