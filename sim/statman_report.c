// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What `pageman statman` prints for people.
 *
 * Interface: sim_statman_print (statman_report.h).
 * Invariant: "kept" is what the requests need, "saved" what was given back; the two shares add up to all.
 */
#include <inttypes.h>

#include "command.h"
#include "statman_report.h"
#include "table.h"

/* "72.46%"; "-" when @whole is 0 */
static const char *percent(char text[32], uint64_t part, uint64_t whole)
{
	if (whole)
		snprintf(text, 32, "%.2f%%", (double)part * 100 / (double)whole);
	else
		snprintf(text, 32, "-");
	return text;
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static void print_headline(FILE *out, const char *path, const struct sim_statman *s)
{
	const struct sim_statman_calls *fits = &s->calls[SIM_STATMAN_FIT];
	uint64_t frees = s->calls[SIM_STATMAN_FREE].count, saved = fits->block_pages - fits->pages;
	char counts[3][32], bytes[32], line[512];

	fprintf(out, "%s\n", sim_file_name(path));
	snprintf(line, sizeof(line), "%s fit%s, %s free%s; %s page%s saved = %s",
		 sim_text_count(counts[0], fits->count), plural(fits->count), sim_text_count(counts[1], frees),
		 plural(frees), sim_text_count(counts[2], saved), plural(saved),
		 sim_text_bytes(bytes, saved * s->page_bytes));
	sim_heading(out, line);
}

static void pages_row(struct sim_table *table, const char *name, uint64_t pages, uint64_t whole, uint64_t page_bytes)
{
	char count[32], bytes[32], share[32];

	sim_table_row(table, "%s|%s|%s|%s", name, sim_text_count(count, pages),
		      sim_text_bytes(bytes, pages * page_bytes), percent(share, pages, whole));
}

static void print_pages(FILE *out, const struct sim_statman *s)
{
	const struct sim_statman_calls *fits = &s->calls[SIM_STATMAN_FIT], *frees = &s->calls[SIM_STATMAN_FREE];
	char page[32], text[2][32], line[256];
	struct sim_table table;

	fprintf(out, "\n");
	snprintf(line, sizeof(line), "<fits, %s B a page|pages|memory|share", sim_text_count(page, s->page_bytes));
	sim_table_init(&table, line);
	pages_row(&table, "original: whole blocks", fits->block_pages, fits->block_pages, s->page_bytes);
	pages_row(&table, "required: kept", fits->pages, fits->block_pages, s->page_bytes);
	pages_row(&table, "saved: given back", fits->block_pages - fits->pages, fits->block_pages, s->page_bytes);
	sim_table_print(&table, out);
	if (frees->count)
		fprintf(out, "The frees released %s pages that were kept of blocks of %s.\n",
			sim_text_count(text[0], frees->pages), sim_text_count(text[1], frees->block_pages));
}

static void times_row(struct sim_table *table, const char *name, const struct sim_statman_calls *calls)
{
	char cells[192], total[32];

	if (!calls->count)
		return;
	sim_table_row(table, "%s%s|%s", name,
		      sim_text_cells(cells, sizeof(cells),
				     (const uint64_t[]){ calls->count, sim_statman_time(calls, 0),
							 sim_statman_time(calls, 500), sim_statman_time(calls, 990),
							 sim_statman_time(calls, 1000) }, 5),
		      calls->time_ns == UINT64_MAX ? "-" : sim_text_count(total, calls->time_ns));
}

static unsigned log2_of(uint64_t value)
{
	unsigned log = 0;

	while (value >> 1 >> log)
		log++;
	return log;
}

/* Calls by time, one row for each power of two from the fastest call to the slowest. */
static void print_histogram(FILE *out, const struct sim_statman *s)
{
	const struct sim_statman_calls *calls = s->calls;
	unsigned first = 64, last = 0;
	uint64_t most = 1;
	struct sim_table table;

	for (unsigned kind = 0; kind < 2; kind++) {
		unsigned low, high;

		if (!calls[kind].count)
			continue;
		low = log2_of(sim_statman_time(&calls[kind], 0));
		high = log2_of(sim_statman_time(&calls[kind], 1000));
		first = low < first ? low : first;
		last = high > last ? high : last;
	}
	for (unsigned log = first; log <= last; log++) {
		uint64_t start = log ? UINT64_C(1) << log : 0, end = UINT64_C(2) << log;
		uint64_t count = sim_statman_calls_within(&calls[0], start, end) +
				 sim_statman_calls_within(&calls[1], start, end);

		most = count > most ? count : most;
	}
	sim_table_init(&table, "from ns|fits|frees|<");
	for (unsigned log = first; log <= last; log++) {
		uint64_t start = log ? UINT64_C(1) << log : 0, end = UINT64_C(2) << log;
		uint64_t fits = sim_statman_calls_within(&calls[SIM_STATMAN_FIT], start, end);
		uint64_t frees = sim_statman_calls_within(&calls[SIM_STATMAN_FREE], start, end);
		char from[32], cells[96], bar[192];

		sim_bar(bar, sizeof(bar), (double)(fits + frees), (double)most, 40, sim_utf8());
		sim_table_row(&table, "%s%s|%s", sim_text_count(from, start),
			      sim_text_cells(cells, sizeof(cells), (const uint64_t[]){ fits, frees }, 2), bar);
	}
	sim_table_print(&table, out);
}

static void print_times(FILE *out, const struct sim_statman *s)
{
	struct sim_table table;

	fprintf(out, "\n");
	sim_heading(out, "Times of a call (ns)");
	sim_table_init(&table, "<|calls|min|median|p99|max|total");
	times_row(&table, "fit", &s->calls[SIM_STATMAN_FIT]);
	times_row(&table, "free", &s->calls[SIM_STATMAN_FREE]);
	sim_table_print(&table, out);
	fprintf(out, "\n");
	print_histogram(out, s);
}

static void print_orders(FILE *out, const struct sim_statman *s)
{
	struct sim_table table;

	if (!s->calls[SIM_STATMAN_FIT].count)
		return;
	fprintf(out, "\n");
	sim_heading(out, "Fits by order of the block (pages)");
	sim_table_init(&table, "order|fits|original|required|saved|kept %|saved %|median ns");
	for (unsigned order = 0; order < SIM_STATMAN_ORDER_COUNT; order++) {
		const struct sim_statman_order *o = &s->orders[order];
		char cells[160], kept[32], saved[32], median[32];

		if (!o->fits)
			continue;
		sim_table_row(&table, "%u%s|%s|%s|%s", order,
			      sim_text_cells(cells, sizeof(cells),
					     (const uint64_t[]){ o->fits, o->block_pages, o->pages,
								 o->block_pages - o->pages }, 4),
			      percent(kept, o->pages, o->block_pages),
			      percent(saved, o->block_pages - o->pages, o->block_pages),
			      sim_text_count(median, o->median_ns));
	}
	sim_table_print(&table, out);
}

static void print_policies(FILE *out, const struct sim_statman *s)
{
	for (unsigned i = 0; i < s->policy_count; i++)
		sim_say(out, "Policy %s: %" PRIu64 " fits, %" PRIu64 " frees.", s->policies[i].name,
			s->policies[i].calls[SIM_STATMAN_FIT], s->policies[i].calls[SIM_STATMAN_FREE]);
	if (s->policies_left_out)
		sim_say(out, "Other policies: %" PRIu64 " calls.", s->policies_left_out);
}

static void print_account(FILE *out, const struct sim_statman *s)
{
	char lines[32], used[32], ours[32];
	uint64_t calls = s->calls[0].count + s->calls[1].count;

	fprintf(out, "\n");
	sim_heading(out, "Account");
	sim_say(out, "%s line%s; %s Stats| record%s used, %s of them in the format of our module.",
		sim_text_count(lines, s->lines), plural(s->lines), sim_text_count(used, calls), plural(calls),
		sim_text_count(ours, s->ours));
	print_policies(out, s);
	if (s->bad_count)
		sim_say(out, "%" PRIu64 " records left out, the first in line %" PRIu64 ": %s.", s->bad_count,
			s->bad[0].line, s->bad[0].reason);
	if (s->lost)
		sim_say(out, "%" PRIu64 " messages are missing, as line %" PRIu64 " says first.", s->lost,
			s->lost_line);
	if (s->foreign)
		sim_say(out, "%" PRIu64 " records of other programs than the kernel, not counted.", s->foreign);
	if (s->odd_sizes)
		sim_say(out, "%" PRIu64 " sizes are not those of their pages, the first in line %" PRIu64
			". Is --page-size right?", s->odd_sizes, s->odd_size_line);
	if (s->unknown_keys)
		sim_say(out, "%" PRIu64 " unknown keys, ignored.", s->unknown_keys);
}

void sim_statman_print(FILE *out, const char *path, const struct sim_statman *s)
{
	print_headline(out, path, s);
	if (s->interrupted)
		sim_say(out, "Interrupted at line %" PRIu64 ": nothing behind it is in these numbers.", s->lines);
	print_pages(out, s);
	if (s->calls[0].count || s->calls[1].count)
		print_times(out, s);
	print_orders(out, s);
	print_account(out, s);
}
