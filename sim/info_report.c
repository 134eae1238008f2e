// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What `pageman info` prints.
 *
 * Interface: info_report.h.
 */
#include "info_report.h"

#include <inttypes.h>
#include <string.h>

#include <buddy/profile.h>

#include "command.h"
#include "gfp.h"
#include "json.h"
#include "report.h"
#include "table.h"

#define TOP_GFPS 12

static const char *const type_names[SIM_CENSUS_TYPES] = { "unmovable", "movable", "reclaimable", "highatomic", "CMA",
							   "isolate" };
static const char *const sized_names[2] = { "alloc_pages_exact", "kmalloc, large" };

uint64_t sim_info_lost_events(const struct sim_info *info)
{
	uint64_t lost = info->rec.lost_events;

	if (info->accounting.lost_events > lost)
		lost = info->accounting.lost_events;
	return info->census->lost_events > lost ? info->census->lost_events : lost;
}

static bool has_atomic_bit(const struct sim_info *info)
{
	const struct buddy_profile *profile = buddy_profile_find(info->rec.kernel_release);

	return !profile || profile->gfp.atomic;
}

static uint64_t all_requests(const struct sim_census *c)
{
	uint64_t all = 0;

	for (unsigned order = 0; order < SIM_CENSUS_ORDERS; order++)
		all += c->requests[order];
	return all;
}

static void print_provenance(FILE *out, const struct sim_info *info)
{
	static const char *const dialects[] = { "unknown", "compact", "tracefs text", "raw capture" };
	const struct sim_census *c = info->census;
	char events[32], duration[32];

	sim_report_recording(out, info->path, &info->rec);
	fprintf(out, "%s%s%s%s%s\n", (unsigned)info->rec.dialect < 4 ? dialects[info->rec.dialect] : "unknown",
		info->rec.captured_at[0] ? ", captured " : "", info->rec.captured_at,
		info->has_snapshot ? ", snapshot before" : ", no snapshot",
		info->rec.has_snapshot[1] ? " and after" : "");
	if (info->rec.host[0])
		sim_print_wrapped(out, info->rec.host, 0);
	fprintf(out, "%s events over %s\n", sim_text_count(events, c->events),
		sim_text_duration(duration, c->last_time_ns - c->first_time_ns));
}

static void print_zones(FILE *out, const struct sim_info *info)
{
	struct sim_table table;

	if (!info->has_snapshot)
		return;
	fprintf(out, "\n");
	sim_heading(out, "Zones (pages)");
	sim_table_init(&table, "<zone@node|start|spanned|managed|free|min|low|high");
	for (uint32_t i = 0; i < info->snapshot.zone_count; i++) {
		const struct rec_wire_zone *z = &info->snapshot.zones[i].z;

		const uint64_t pages[2] = { z->spanned_pages, z->managed_pages };
		const uint64_t marks[3] = { z->watermark[0], z->watermark[1], z->watermark[2] };
		/* What CPUs have not flushed yet may take the counter below 0. */
		int64_t free_pages = (int64_t)z->free_pages;
		uint64_t size = free_pages < 0 ? -(uint64_t)free_pages : (uint64_t)free_pages;
		char cells[128], marks_cells[128], count[32];

		sim_table_row(&table, "%.15s@%" PRIu32 "|%" PRIu64 "%s|%s%s%s", z->name, z->node,
			      (uint64_t)z->start_pfn, sim_text_cells(cells, sizeof(cells), pages, 2),
			      free_pages < 0 ? "-" : "", sim_text_count(count, size),
			      sim_text_cells(marks_cells, sizeof(marks_cells), marks, 3));
	}
	sim_table_print(&table, out);
}

static void print_kinds(FILE *out, const struct sim_info *info)
{
	const struct sim_census *c = info->census;
	struct sim_table table;
	unsigned shown = 0;
	char line[2][128] = { "", "" };

	fprintf(out, "\n");
	sim_heading(out, "Events by kind");
	sim_table_init(&table, "<kind|events|<   |<kind|events");
	for (unsigned kind = 0; kind < 256; kind++) {
		char count[32];

		if (!c->kinds[kind])
			continue;
		snprintf(line[shown & 1], sizeof(line[0]), "%s|%s", rec_kind_name(kind),
			 sim_text_count(count, c->kinds[kind]));
		if (shown++ & 1)
			sim_table_row(&table, "%s||%s", line[0], line[1]);
	}
	if (shown & 1)
		sim_table_row(&table, "%s", line[0]);
	sim_table_print(&table, out);
}

/* "Order 0 is asked for 51 times as often as order 3." */
static void print_order_words(FILE *out, const struct sim_census *c)
{
	uint64_t zero = c->requests[0], three = c->requests[3], all = all_requests(c), high = 0;
	char share[32], high_share[32], line[256];

	if (!all)
		return;
	for (unsigned order = 4; order < SIM_CENSUS_ORDERS; order++)
		high += c->requests[order];
	if (three && zero >= three)
		snprintf(line, sizeof(line), "Order 0 is asked for %.1f times as often as order 3 (%s of all "
			 "requests); orders 4 and more make %s.", (double)zero / (double)three,
			 sim_text_percent(share, (double)zero, (double)all),
			 sim_text_percent(high_share, (double)high, (double)all));
	else if (three)
		snprintf(line, sizeof(line), "Order 3 is asked for %.1f times as often as order 0.",
			 zero ? (double)three / (double)zero : (double)three);
	else
		snprintf(line, sizeof(line), "Order 3 is never asked for; order 0 makes %s of all requests.",
			 sim_text_percent(share, (double)zero, (double)all));
	sim_print_wrapped(out, line, 0);
}

static void print_orders(FILE *out, const struct sim_info *info)
{
	const struct sim_census *c = info->census;
	uint64_t all = all_requests(c), most = 0;
	char frames[32], calls[32];
	struct sim_table table;

	for (unsigned order = 0; order < SIM_CENSUS_ORDERS; order++)
		most = c->requests[order] > most ? c->requests[order] : most;
	fprintf(out, "\n");
	sim_heading(out, "Requests by order");
	sim_table_init(&table, "order|requests|share|failed|frees|<");
	for (unsigned order = 0; order < SIM_CENSUS_ORDERS; order++) {
		char requests[32], share[32], failed[32], frees[32], bar[128];

		sim_bar(bar, sizeof(bar), (double)c->requests[order], (double)most, 28, sim_utf8());
		sim_table_row(&table, "%u|%s|%s|%s|%s|%s", order, sim_text_count(requests, c->requests[order]),
			      sim_text_percent(share, (double)c->requests[order], (double)all),
			      sim_text_count(failed, c->failed[order]), sim_text_count(frees, c->frees[order]), bar);
	}
	sim_table_print(&table, out);
	print_order_words(out, c);
	if (c->bulk_calls)
		fprintf(out, "Order 0 includes %s frames of %s bulk calls.\n", sim_text_count(frames, c->bulk_frames),
			sim_text_count(calls, c->bulk_calls));
}

static void print_types(FILE *out, const struct sim_info *info)
{
	const struct sim_census *c = info->census;
	struct sim_table table;

	fprintf(out, "\n");
	sim_heading(out, "Requests by migratetype");
	sim_table_init(&table, "<type|requests|order 0|1|2|3|4 to 8|9|10");
	for (unsigned type = 0; type < SIM_CENSUS_TYPES; type++) {
		const uint64_t *of = c->types[type];
		uint64_t all = 0, middle = 0;
		char cells[256];

		for (unsigned order = 0; order < SIM_CENSUS_ORDERS; order++) {
			all += of[order];
			middle += order >= 4 && order <= 8 ? of[order] : 0;
		}
		if (all)
			sim_table_row(&table, "%s%s", type_names[type],
				      sim_text_cells(cells, sizeof(cells),
						     (const uint64_t[]){ all, of[0], of[1], of[2], of[3], middle, of[9],
									 of[10] }, 8));
	}
	sim_table_print(&table, out);
}

static void print_gfps(FILE *out, const struct sim_info *info)
{
	struct sim_gfp_count top[TOP_GFPS];
	unsigned count = sim_census_top_gfps(info->census, top, TOP_GFPS);
	uint64_t all = all_requests(info->census);
	struct sim_table table;

	fprintf(out, "\n");
	sim_heading(out, "Most frequent GFP masks");
	sim_table_init(&table, "requests|share|mask|<names");
	for (unsigned i = 0; i < count; i++) {
		char requests[32], share[32], names[512];

		sim_gfp_text(names, sizeof(names), top[i].gfp, has_atomic_bit(info));
		for (char *c = names; *c; c++)
			if (*c == '|')
				*c = '+';
		sim_table_row(&table, "%s|%s|%#" PRIx32 "|%s", sim_text_count(requests, top[i].requests),
			      sim_text_percent(share, (double)top[i].requests, (double)all), top[i].gfp, names);
	}
	sim_table_print(&table, out);
}

static void print_sized(FILE *out, const struct sim_info *info)
{
	const struct sim_census *c = info->census;
	char line[256], releases[32];
	struct sim_table table;

	if (!c->sized[0].requests && !c->sized[1].requests)
		return;
	fprintf(out, "\n");
	sim_heading(out, "Requests with a size in bytes");
	sim_table_init(&table, "<interface|requests|blocks|odd|bytes|pages|rounded|waste");
	for (unsigned i = 0; i < 2; i++) {
		const struct sim_sized_count *s = &c->sized[i];
		const uint64_t counts[3] = { s->requests, s->matched, s->odd };
		const uint64_t pages[2] = { s->pages, s->block_pages };
		char bytes[32], waste[32], counts_cells[128], pages_cells[128];

		sim_table_row(&table, "%s%s|%s%s|%s", sized_names[i],
			      sim_text_cells(counts_cells, sizeof(counts_cells), counts, 3),
			      sim_text_bytes(bytes, s->bytes),
			      sim_text_cells(pages_cells, sizeof(pages_cells), pages, 2),
			      sim_text_percent(waste, (double)(s->block_pages - s->pages), (double)s->block_pages));
	}
	sim_table_print(&table, out);
	snprintf(line, sizeof(line), "%s releases with a size. Blocks: requests whose block was found. Odd: not a "
		 "power of two of pages.", sim_text_count(releases, c->sized_frees));
	sim_print_wrapped(out, line, 0);
}

static void account_line(FILE *out, const char *what, uint64_t count)
{
	char text[32];

	if (count)
		sim_say(out, "%s: %s.", what, sim_text_count(text, count));
}

static void account_clock(FILE *out, const struct sim_census *c)
{
	char count[32], event[32];

	if (c->steps_back.count)
		sim_say(out, "Events earlier than one before them: %s, first at event %s, by %.6f s at most; taken in "
			"the order recorded.", sim_text_count(count, c->steps_back.count),
			sim_text_count(event, c->steps_back.first_index), (double)c->step_back_max_ns / 1e9);
}

static void print_account(FILE *out, const struct sim_info *info)
{
	const struct rec_accounting *a = &info->accounting;

	fprintf(out, "\n");
	sim_heading(out, "Account");
	sim_report_interruption(out, info->damaged ? &info->damage : NULL, info->census->events);
	if (!sim_info_lost_events(info))
		fprintf(out, "  No events lost.\n");
	account_line(out, "Events lost by the recorder", sim_info_lost_events(info));
	account_line(out, "Probe hits missed by the kernel", info->rec.missed_probes);
	if (info->rec.missing_probes[0])
		fprintf(out, "  Probes that could not be set: %s\n", info->rec.missing_probes);
	account_line(out, "mm_page_free_batched events that repeat a mm_page_free, not counted as frees",
		     a->batched_duplicates);
	account_line(out, "Frees to a per-CPU list", a->frees_pcp);
	account_line(out, "Frees prepared as a list and committed later", a->frees_list);
	account_line(out, "Frees straight to a zone's lists", a->frees_buddy);
	account_line(out, "Frees whose way was assumed, for want of evidence", a->forced_resolutions);
	account_line(out, "Frees of a frame never seen allocated (in use before the recording)", a->unmatched_frees);
	account_line(out, "kmalloc lines above the slab limit whose block was not found", a->sizes_unmatched);
	account_line(out, "Lines that are no events and no comments", a->garbage_lines);
	sim_report_odd(out, "Events that cannot be (an order above 10, a frame beyond 2^40)",
		       &info->census->impossible);
	sim_report_odd(out, "Events with a frame outside every zone", &info->census->outside);
	account_clock(out, info->census);
}

void sim_info_print(FILE *out, const struct sim_info *info)
{
	print_provenance(out, info);
	print_zones(out, info);
	print_kinds(out, info);
	print_orders(out, info);
	print_types(out, info);
	print_gfps(out, info);
	print_sized(out, info);
	print_account(out, info);
}
