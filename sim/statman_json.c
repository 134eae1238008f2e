// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `pageman statman --json`.
 *
 * Interface: sim_statman_json (statman_report.h).
 */
#include "json.h"
#include "statman_report.h"

static double percent(uint64_t part, uint64_t whole)
{
	return (double)part * 100 / (double)whole; /* of nothing: not a number, which JSON writes as null */
}

static void times_json(struct sim_json *json, const struct sim_statman_calls *calls)
{
	sim_json_object(json, "time_ns");
	if (calls->count) {
		sim_json_u64(json, "min", sim_statman_time(calls, 0));
		sim_json_u64(json, "median", sim_statman_time(calls, 500));
		sim_json_u64(json, "p99", sim_statman_time(calls, 990));
		sim_json_u64(json, "max", sim_statman_time(calls, 1000));
		sim_json_u64(json, "total", calls->time_ns);
	}
	sim_json_object_end(json);
}

static void calls_json(struct sim_json *json, const struct sim_statman *s)
{
	const struct sim_statman_calls *fits = &s->calls[SIM_STATMAN_FIT], *frees = &s->calls[SIM_STATMAN_FREE];
	uint64_t saved = fits->block_pages - fits->pages;

	sim_json_object(json, "fits");
	sim_json_u64(json, "count", fits->count);
	sim_json_u64(json, "original_pages", fits->block_pages);
	sim_json_u64(json, "required_pages", fits->pages);
	sim_json_u64(json, "saved_pages", saved);
	sim_json_u64(json, "saved_bytes", saved * s->page_bytes);
	sim_json_double(json, "kept_percent", percent(fits->pages, fits->block_pages));
	sim_json_double(json, "saved_percent", percent(saved, fits->block_pages));
	times_json(json, fits);
	sim_json_object_end(json);
	sim_json_object(json, "frees");
	sim_json_u64(json, "count", frees->count);
	sim_json_u64(json, "block_pages", frees->block_pages);
	sim_json_u64(json, "released_pages", frees->pages);
	times_json(json, frees);
	sim_json_object_end(json);
}

static void orders_json(struct sim_json *json, const struct sim_statman *s)
{
	sim_json_array(json, "orders");
	for (unsigned order = 0; order < SIM_STATMAN_ORDER_COUNT; order++) {
		const struct sim_statman_order *o = &s->orders[order];

		if (!o->fits)
			continue;
		sim_json_object(json, NULL);
		sim_json_u64(json, "order", order);
		sim_json_u64(json, "fits", o->fits);
		sim_json_u64(json, "original_pages", o->block_pages);
		sim_json_u64(json, "required_pages", o->pages);
		sim_json_u64(json, "saved_pages", o->block_pages - o->pages);
		sim_json_double(json, "kept_percent", percent(o->pages, o->block_pages));
		sim_json_double(json, "saved_percent", percent(o->block_pages - o->pages, o->block_pages));
		sim_json_u64(json, "median_ns", o->median_ns);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
}

static void policies_json(struct sim_json *json, const struct sim_statman *s)
{
	sim_json_array(json, "policies");
	for (unsigned i = 0; i < s->policy_count; i++) {
		sim_json_object(json, NULL);
		sim_json_string(json, "policy", s->policies[i].name);
		sim_json_u64(json, "fits", s->policies[i].calls[SIM_STATMAN_FIT]);
		sim_json_u64(json, "frees", s->policies[i].calls[SIM_STATMAN_FREE]);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
}

static void accounting_json(struct sim_json *json, const struct sim_statman *s)
{
	sim_json_object(json, "accounting");
	sim_json_u64(json, "lines", s->lines);
	sim_json_u64(json, "records_of_our_module", s->ours);
	sim_json_object(json, "prefixes");
	for (unsigned prefix = 0; prefix < SIM_STATMAN_PREFIX_COUNT; prefix++)
		sim_json_u64(json, sim_statman_prefix_name((enum sim_statman_prefix)prefix), s->prefixes[prefix]);
	sim_json_object_end(json);
	sim_json_u64(json, "bad_records", s->bad_count);
	sim_json_array(json, "first_bad_records");
	for (unsigned i = 0; i < SIM_STATMAN_BAD_SHOWN && i < s->bad_count; i++) {
		sim_json_object(json, NULL);
		sim_json_u64(json, "line", s->bad[i].line);
		sim_json_string(json, "reason", s->bad[i].reason);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
	sim_json_u64(json, "lost_messages", s->lost);
	sim_json_u64(json, "foreign_records", s->foreign);
	sim_json_u64(json, "odd_sizes", s->odd_sizes);
	sim_json_u64(json, "unknown_keys", s->unknown_keys);
	sim_json_u64(json, "calls_of_other_policies", s->policies_left_out);
	sim_json_object_end(json);
}

void sim_statman_json(FILE *out, const char *path, const struct sim_statman *s)
{
	struct sim_json json;

	sim_json_begin(&json, out, "statman");
	sim_json_string(&json, "path", path);
	sim_json_u64(&json, "page_bytes", s->page_bytes);
	sim_json_bool(&json, "input_complete", !sim_statman_is_partial(s));
	if (s->interrupted)
		sim_json_u64(&json, "interrupted_at_line", s->lines);
	calls_json(&json, s);
	orders_json(&json, s);
	policies_json(&json, s);
	accounting_json(&json, s);
	sim_json_end(&json);
}
