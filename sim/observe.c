// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the gauges.
 *
 * Interface: observe.h.
 */
#include "observe.h"

#include <math.h>

#include "host.h"

double sim_gauge_mean(const struct sim_gauge *g)
{
	return g->count ? g->sum / (double)g->count : NAN;
}

/* @at_end: the value at the end, which is no sample. */
static void read_value(struct sim_gauge *g, double value, bool at_end)
{
	if (at_end) {
		g->end = value;
		return;
	}
	if (isnan(value))
		return;
	g->min = g->count && g->min <= value ? g->min : value;
	g->max = g->count && g->max >= value ? g->max : value;
	g->sum += value;
	g->count++;
}

static uint32_t largest_zone(const struct sim_machine *machine)
{
	uint32_t largest = 0;

	for (uint32_t zone = 1; zone < machine->zone_count; zone++)
		if (machine->zones[zone].spanned_pages > machine->zones[largest].spanned_pages)
			largest = zone;
	return largest;
}

static void read_orders(struct sim_observed *o, const struct sim_scene *s, bool at_end)
{
	const struct sim_zone_state *zone = &s->state->zones[largest_zone(s->machine)];
	uint64_t pages = 0;

	for (unsigned order = BUDDY_ORDER_COUNT; order-- > 0;) {
		uint64_t blocks = s->state->all.free_blocks[order];
		int extfrag = zone->extfrag_permille[order];

		pages += blocks << order;
		read_value(&o->free_blocks[order], (double)blocks, at_end);
		read_value(&o->available[order], (double)(pages >> order), at_end);
		read_value(&o->unusable[order], s->state->all.unusable_permille[order], at_end);
		read_value(&o->extfrag[order], extfrag == -1000 ? NAN : extfrag, at_end);
		o->samples_with[order] += !at_end && pages;
	}
	read_value(&o->free_pages, (double)s->state->all.free_pages, at_end);
	read_value(&o->pcp_pages, (double)s->state->all.pcp_pages, at_end);
	read_value(&o->held_pages, (double)sim_host_held(s->host), at_end);
}

static void read_survey(struct sim_observed *o, const struct sim_scene *s, bool at_end)
{
	sim_survey_take(s->machine, &o->survey);
	for (unsigned type = 0; type < SIM_TYPE_COUNT; type++)
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
			read_value(&o->blocks_by_type[type][order], (double)o->survey.free_blocks[type][order], at_end);
	read_value(&o->largest_run_pages, (double)o->survey.largest_run_pages, at_end);
	read_value(&o->mixed_pageblocks, (double)o->survey.mixed_pageblocks, at_end);
}

/* Keeps every so many surveys: when the room is full, every second of those so far, and half as many from then on. */
static void keep_point(struct sim_observed *o, const struct sim_scene *s, bool passes)
{
	const struct sim_zone_state *all = &s->state->all;

	if (!o->surveys_per_point)
		o->surveys_per_point = 1;
	if ((o->surveys - 1) % o->surveys_per_point)
		return;
	if (o->point_count == SIM_POINTS_MAX) {
		for (unsigned i = 0; i < SIM_POINTS_MAX / 2; i++)
			o->points[i] = o->points[2 * i];
		o->point_count = SIM_POINTS_MAX / 2;
		o->surveys_per_point *= 2;
	}
	o->points[o->point_count++] = (struct sim_point){
		.time_ns = s->time_ns,
		.free_pages = all->free_pages,
		.held_pages = sim_host_held(s->host),
		.available_order9 = all->free_blocks[9] + 2 * all->free_blocks[10],
		.available_order10 = all->free_blocks[10],
		.largest_run_pages = o->survey.largest_run_pages,
		.mixed_pageblocks = o->survey.mixed_pageblocks,
		.unusable_order9_permille = all->unusable_permille[9],
		.challenge_passes = passes,
	};
}

bool sim_observe(struct sim_observed *o, const struct sim_scene *s)
{
	bool due = o->samples++ % SIM_SURVEY_EVERY == 0;
	bool by_marks, passes = sim_challenge_ask(s->machine, &by_marks);
	/* The first failure is looked into at once, later ones when all frames are walked anyway. */
	bool first_failure = !passes && !o->challenge.last.known;

	read_orders(o, s, false);
	sim_challenge_note(&o->challenge, s->time_ns, passes);
	if (due) {
		o->surveys++;
		read_survey(o, s, false);
		keep_point(o, s, passes);
	} else if (first_failure) {
		sim_survey_take(s->machine, &o->survey);
	}
	if (!passes && (due || first_failure))
		sim_challenge_explain(&o->challenge, s->machine, s->time_ns, by_marks, &o->survey.best, s->sized);
	return due;
}

void sim_observe_end(struct sim_observed *o, const struct sim_scene *s)
{
	bool by_marks, passes = sim_challenge_ask(s->machine, &by_marks);

	read_orders(o, s, true);
	read_survey(o, s, true);
	sim_challenge_finish(&o->challenge, s->time_ns);
	if (!passes)
		sim_challenge_explain(&o->challenge, s->machine, s->time_ns, by_marks, &o->survey.best, s->sized);
}
