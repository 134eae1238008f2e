// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Terminal tables, histogram bars, readable numbers.
 *
 * Interface: table.h.
 */
#include "table.h"

#include <inttypes.h>
#include <langinfo.h>
#include <stdarg.h>
#include <string.h>

#define COLUMN_GAP 2

bool sim_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/* Columns that the first bytes of a text take: those that do not continue a UTF-8 sequence. */
static size_t text_width(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

static void add_cells(struct sim_table *table, const char *line)
{
	uint32_t *row = &table->cells[table->rows * table->columns];
	size_t length = strlen(line) + 1;
	char *at = table->text + table->used;

	if (length > sizeof(table->text) - table->used || (table->rows + 1) * table->columns > SIM_TABLE_CELLS_MAX) {
		table->left_out++;
		return;
	}
	memcpy(at, line, length);
	table->used += length;
	table->rows++;
	for (unsigned i = 0; i < table->columns; i++) {
		row[i] = (uint32_t)(at - table->text);
		at += strcspn(at, "|");
		if (*at)
			*at++ = '\0';
	}
}

void sim_table_init(struct sim_table *table, const char *headings)
{
	char line[512];
	size_t used = 0;
	bool at_start = true;

	memset(table, 0, sizeof(*table));
	table->columns = 1;
	table->used = 1;
	table->width = SIM_TABLE_WIDTH;
	for (const char *c = headings; *c && used + 1 < sizeof(line); c++) {
		if (at_start && *c == '<') {
			table->is_text[table->columns - 1] = true;
			at_start = false;
			continue;
		}
		at_start = *c == '|';
		if (at_start && table->columns < SIM_TABLE_COLUMNS_MAX)
			table->columns++;
		line[used++] = *c;
	}
	line[used] = '\0';
	add_cells(table, line);
}

void sim_table_row(struct sim_table *table, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	add_cells(table, line);
}

static const char *cell_text(const struct sim_table *table, size_t row, unsigned column)
{
	return table->text + table->cells[row * table->columns + column];
}

/* Widths of the columns; text columns give way until the whole fits. */
static void fit_columns(const struct sim_table *table, size_t *widths)
{
	size_t total = (size_t)(table->columns - 1) * COLUMN_GAP;

	for (unsigned i = 0; i < table->columns; i++) {
		widths[i] = 0;
		for (size_t row = 0; row < table->rows; row++) {
			const char *text = cell_text(table, row, i);
			size_t width = text_width(text, strlen(text));

			if (width > widths[i])
				widths[i] = width;
		}
		total += widths[i];
	}
	while (total > table->width) {
		unsigned widest = table->columns;

		for (unsigned i = 0; i < table->columns; i++)
			if (table->is_text[i] && widths[i] > 8 &&
			    (widest == table->columns || widths[i] > widths[widest]))
				widest = i;
		if (widest == table->columns)
			return;
		widths[widest]--;
		total--;
	}
}

static bool is_blank(const char *text)
{
	return !text[strspn(text, " ")];
}

/* The row's columns up to its last cell that shows something: nothing trails behind that. */
static unsigned shown_columns(const struct sim_table *table, size_t row)
{
	unsigned columns = table->columns;

	while (columns && is_blank(cell_text(table, row, columns - 1)))
		columns--;
	return columns;
}

static void print_cell(FILE *out, const char *text, size_t width, bool is_text, bool is_last)
{
	size_t used = text_width(text, strlen(text));

	if (used > width) {
		const char *end = text;

		for (size_t column = 0; *end; end++) {
			if (((unsigned char)*end & 0xc0) != 0x80 && column++ == width - 1)
				break;
		}
		fwrite(text, 1, (size_t)(end - text), out);
		fputs(sim_utf8() ? "…" : "~", out);
		return;
	}
	if (is_text)
		fprintf(out, "%s%*s", text, is_last ? 0 : (int)(width - used), "");
	else
		fprintf(out, "%*s%s", (int)(width - used), "", text);
}

void sim_table_print(const struct sim_table *table, FILE *out)
{
	size_t widths[SIM_TABLE_COLUMNS_MAX];

	fit_columns(table, widths);
	for (size_t row = 0; row < table->rows; row++) {
		unsigned columns = shown_columns(table, row);

		for (unsigned i = 0; i < columns; i++) {
			bool is_last = i + 1 == columns;

			print_cell(out, cell_text(table, row, i), widths[i], table->is_text[i], is_last);
			if (!is_last)
				fprintf(out, "%*s", COLUMN_GAP, "");
		}
		fputc('\n', out);
	}
	if (table->left_out)
		fprintf(out, "(%zu rows more)\n", table->left_out);
}

void sim_bar(char *text, size_t room, double part, double whole, unsigned width, bool utf8)
{
	static const char *const eighths[8] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	unsigned units = utf8 ? 8 : 1;
	double share = whole > 0 && part > 0 ? part / whole : 0;
	unsigned filled = (unsigned)(share * width * units + 0.5);
	size_t used = 0;

	if (part > 0 && filled == 0)
		filled = 1;
	if (filled > width * units)
		filled = width * units;
	text[0] = '\0';
	for (; filled >= units && used + 4 < room; filled -= units)
		used += (size_t)snprintf(text + used, room - used, "%s", utf8 ? "█" : "#");
	if (filled && filled < 8 && used + 4 < room)
		snprintf(text + used, room - used, "%s", eighths[filled]);
}

const char *sim_text_count(char text[32], uint64_t value)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, value);
	int used = 0;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = '\0';
	return text;
}

const char *sim_text_cells(char *text, size_t room, const uint64_t *values, unsigned count)
{
	size_t used = 0;
	char number[32];

	text[0] = '\0';
	for (unsigned i = 0; i < count && used < room; i++)
		used += (size_t)snprintf(text + used, room - used, "|%s", sim_text_count(number, values[i]));
	return text;
}

const char *sim_text_bytes(char text[32], uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	unsigned unit = 0;

	while (value >= 1024 && unit < 4) {
		value /= 1024;
		unit++;
	}
	snprintf(text, 32, unit ? "%.2f %s" : "%.0f %s", value, units[unit]);
	return text;
}

const char *sim_text_duration(char text[32], uint64_t time_ns)
{
	double seconds = (double)time_ns / 1e9;
	uint64_t whole = time_ns / UINT64_C(1000000000);

	if (whole >= 3600)
		snprintf(text, 32, "%" PRIu64 " h %" PRIu64 " min", whole / 3600, whole / 60 % 60);
	else if (whole >= 120)
		snprintf(text, 32, "%" PRIu64 " min %" PRIu64 " s", whole / 60, whole % 60);
	else if (seconds >= 1)
		snprintf(text, 32, "%.2f s", seconds);
	else
		snprintf(text, 32, "%.2f ms", seconds * 1e3);
	return text;
}

const char *sim_text_percent(char text[32], double part, double whole)
{
	double percent = whole > 0 ? part * 100 / whole : 0;

	if (whole <= 0)
		snprintf(text, 32, "-");
	else if (percent > 0 && percent < 0.1)
		snprintf(text, 32, "<0.1%%");
	else if (percent < 100 && percent > 99.9)
		snprintf(text, 32, ">99.9%%");
	else
		snprintf(text, 32, "%.1f%%", percent);
	return text;
}

void sim_print_wrapped(FILE *out, const char *text, unsigned indent)
{
	size_t column = 0;

	while (*text) {
		size_t length = strcspn(text, " \n");
		size_t width = text_width(text, length);

		if (column && column + 1 + width > SIM_TABLE_WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		if (!column)
			column = (size_t)fprintf(out, "%*s", (int)indent, "");
		else
			column += (size_t)fprintf(out, " ");
		fwrite(text, 1, length, out);
		column += width;
		text += length;
		if (*text == '\n') {
			fputc('\n', out);
			column = 0;
		}
		if (*text)
			text++;
	}
	if (column)
		fputc('\n', out);
}

void sim_say(FILE *out, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	sim_print_wrapped(out, line, 2);
}
