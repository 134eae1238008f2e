/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a recording has its information from, and what is lost without it.
 *
 * Role: one table of the recorder's probes by what they tell. verify leaves a source out when it is asked to (ablation:
 * how much does the prediction owe to it?), and says what a probe costs that the recorded kernel did not offer.
 * Interface: sim_sources_parse, sim_sources_pass, sim_source_name, sim_source_of_probe, sim_source_cost.
 */
#ifndef SIM_SOURCES_H
#define SIM_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rec/event.h>

#include "error.h"

/* A set of sources: bit i is the source at index i. */
typedef uint32_t sim_sources;

/* Name of a source, NULL past the last. */
const char *sim_source_name(size_t index);

/* Reads "bulk,kswapd" or "probes" (all of them). Return: 0, or -EINVAL with @error naming the known ones. */
int sim_sources_parse(const char *text, sim_sources *out, struct sim_error *error);

/*
 * Makes of an event what a recorder without these sources would have told. Return: false when it would not have told it
 * at all.
 */
bool sim_sources_pass(sim_sources without, struct rec_event *event);

/* Index of the source that the probe of this name belongs to, as a recording names its missing probes; -1 for none. */
int sim_source_of_probe(const char *probe, size_t length);

/* What goes wrong without it, a phrase. */
const char *sim_source_cost(size_t index);

#endif
