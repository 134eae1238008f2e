// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `pageman info --json`.
 *
 * Interface: sim_info_json (info_report.h).
 */
#include <inttypes.h>

#include <buddy/profile.h>

#include "gfp.h"
#include "info_report.h"
#include "json.h"
#include "report.h"

#define GFPS 64

static void zones_json(struct sim_json *json, const struct sim_info *info)
{
	sim_json_array(json, "zones");
	for (uint32_t i = 0; i < info->snapshot.zone_count; i++) {
		const struct rec_wire_zone *z = &info->snapshot.zones[i].z;

		sim_json_object(json, NULL);
		sim_json_u64(json, "node", z->node);
		sim_json_string(json, "name", z->name);
		sim_json_u64(json, "start_pfn", z->start_pfn);
		sim_json_u64(json, "spanned_pages", z->spanned_pages);
		sim_json_u64(json, "present_pages", z->present_pages);
		sim_json_u64(json, "managed_pages", z->managed_pages);
		sim_json_i64(json, "free_pages", z->free_pages);
		sim_json_u64(json, "min_pages", z->watermark[0]);
		sim_json_u64(json, "low_pages", z->watermark[1]);
		sim_json_u64(json, "high_pages", z->watermark[2]);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
}

static void histograms_json(struct sim_json *json, const struct sim_census *c)
{
	static const char *const types[SIM_CENSUS_TYPES] = { "unmovable", "movable", "reclaimable", "highatomic",
							     "cma", "isolate" };

	sim_json_object(json, "kinds");
	for (unsigned kind = 0; kind < 256; kind++)
		if (c->kinds[kind])
			sim_json_u64(json, rec_kind_name(kind), c->kinds[kind]);
	sim_json_object_end(json);
	sim_json_array(json, "orders");
	for (unsigned order = 0; order < SIM_CENSUS_ORDERS; order++) {
		sim_json_object(json, NULL);
		sim_json_u64(json, "order", order);
		sim_json_u64(json, "requests", c->requests[order]);
		sim_json_u64(json, "failed", c->failed[order]);
		sim_json_u64(json, "frees", c->frees[order]);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
	if (c->requests[3])
		sim_json_double(json, "order0_per_order3", (double)c->requests[0] / (double)c->requests[3]);
	else
		sim_json_null(json, "order0_per_order3");
	sim_json_object(json, "migratetypes");
	for (unsigned type = 0; type < SIM_CENSUS_TYPES; type++) {
		sim_json_array(json, types[type]);
		for (unsigned order = 0; order < SIM_CENSUS_ORDERS; order++)
			sim_json_u64(json, NULL, c->types[type][order]);
		sim_json_array_end(json);
	}
	sim_json_object_end(json);
	sim_json_u64(json, "bulk_calls", c->bulk_calls);
	sim_json_u64(json, "bulk_frames", c->bulk_frames);
}

static void gfps_json(struct sim_json *json, const struct sim_info *info)
{
	const struct buddy_profile *profile = buddy_profile_find(info->rec.kernel_release);
	struct sim_gfp_count top[GFPS];
	unsigned count = sim_census_top_gfps(info->census, top, GFPS);

	sim_json_array(json, "gfp");
	for (unsigned i = 0; i < count; i++) {
		char names[512];

		sim_json_object(json, NULL);
		sim_json_u64(json, "mask", top[i].gfp);
		sim_json_string(json, "names",
				sim_gfp_text(names, sizeof(names), top[i].gfp, !profile || profile->gfp.atomic));
		sim_json_u64(json, "requests", top[i].requests);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
}

static void sized_json(struct sim_json *json, const struct sim_census *c)
{
	static const char *const names[2] = { "exact", "kmalloc" };

	sim_json_object(json, "sized");
	for (unsigned i = 0; i < 2; i++) {
		const struct sim_sized_count *s = &c->sized[i];

		sim_json_object(json, names[i]);
		sim_json_u64(json, "requests", s->requests);
		sim_json_u64(json, "with_block", s->matched);
		sim_json_u64(json, "odd", s->odd);
		sim_json_u64(json, "bytes", s->bytes);
		sim_json_u64(json, "pages", s->pages);
		sim_json_u64(json, "block_pages", s->block_pages);
		sim_json_object_end(json);
	}
	sim_json_u64(json, "releases", c->sized_frees);
	sim_json_object_end(json);
}

static void accounting_json(struct sim_json *json, const struct sim_info *info)
{
	const struct rec_accounting *a = &info->accounting;

	sim_json_object(json, "accounting");
	sim_json_u64(json, "lost_events", sim_info_lost_events(info));
	sim_json_u64(json, "garbage_lines", a->garbage_lines);
	sim_json_u64(json, "first_garbage_line", a->first_garbage_line);
	sim_json_u64(json, "sizes_unmatched", a->sizes_unmatched);
	sim_json_u64(json, "batched_duplicates", a->batched_duplicates);
	sim_json_u64(json, "frees_pcp", a->frees_pcp);
	sim_json_u64(json, "frees_list", a->frees_list);
	sim_json_u64(json, "frees_buddy", a->frees_buddy);
	sim_json_u64(json, "forced_resolutions", a->forced_resolutions);
	sim_json_u64(json, "unmatched_frees", a->unmatched_frees);
	sim_odd_events_json(json, "impossible_events", &info->census->impossible);
	sim_odd_events_json(json, "outside_zones", &info->census->outside);
	sim_odd_events_json(json, "steps_back", &info->census->steps_back);
	sim_json_u64(json, "step_back_max_ns", info->census->step_back_max_ns);
	sim_report_damage_json(json, info->damaged ? &info->damage : NULL, info->census->events);
	sim_json_object_end(json);
}

void sim_info_json(FILE *out, const struct sim_info *info)
{
	const struct sim_census *c = info->census;
	struct sim_json json;

	sim_json_begin(&json, out, "info");
	sim_report_recording_json(&json, info->path, &info->rec);
	sim_json_u64(&json, "events", c->events);
	sim_json_u64(&json, "duration_ns", c->last_time_ns - c->first_time_ns);
	zones_json(&json, info);
	histograms_json(&json, c);
	gfps_json(&json, info);
	sized_json(&json, c);
	accounting_json(&json, info);
	sim_json_end(&json);
}
