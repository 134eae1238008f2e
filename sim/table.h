/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables and bars for a terminal of 80 columns, or of more where a caller says so.
 *
 * Role: aligned columns, histograms, numbers as people read them; no colour where it is not wanted.
 * Interface: struct sim_table with add, print; sim_bar; sim_text_*; sim_print_wrapped, sim_say.
 * Invariant: a printed line has at most the table's width, longer cells of text columns are cut with "…" or "~".
 */
#ifndef SIM_TABLE_H
#define SIM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_TABLE_COLUMNS_MAX 16
#define SIM_TABLE_WIDTH 80
#define SIM_TABLE_CELLS_MAX 4096
#define SIM_TABLE_BYTES 65536

struct sim_table {
	unsigned columns;
	size_t rows;     /* the heading is row 0 */
	size_t left_out; /* rows that had no room */
	unsigned width; /* at most; SIM_TABLE_WIDTH unless the caller sets another after sim_table_init */
	bool is_text[SIM_TABLE_COLUMNS_MAX]; /* left-aligned; numbers are right-aligned */
	uint32_t cells[SIM_TABLE_CELLS_MAX]; /* rows x columns: where the cell's text begins */
	size_t used;
	char text[SIM_TABLE_BYTES]; /* begins with an empty one */
};

/**
 * sim_table_init - an empty table
 * @headings: separated by "|"; one that begins with "<" makes a left-aligned text column
 *
 * A table allocates nothing, so there is nothing to release and nothing that fails. Rows beyond what it has room for,
 * about 250, are counted, and sim_table_print says how many.
 */
void sim_table_init(struct sim_table *table, const char *headings);
/* Adds a row: cells separated by "|", missing ones are empty. */
void sim_table_row(struct sim_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_table_print(const struct sim_table *table, FILE *out);

/* True when the locale of the process writes UTF-8. */
bool sim_utf8(void);

/* A bar of at most @width columns for @part of @whole; eighths of a column in UTF-8, '#' otherwise. */
void sim_bar(char *text, size_t room, double part, double whole, unsigned width, bool utf8);

/* "12,345,678" */
const char *sim_text_count(char text[32], uint64_t value);
/* "|1|2,345": cells to append to a row. Return: @text. */
const char *sim_text_cells(char *text, size_t room, const uint64_t *values, unsigned count);
/* "1.5 MiB" */
const char *sim_text_bytes(char text[32], uint64_t bytes);
/* "2.31 s", "17 min 3 s" */
const char *sim_text_duration(char text[32], uint64_t time_ns);
/* "62.1%"; "-" when @whole is 0 */
const char *sim_text_percent(char text[32], double part, double whole);

/* Prints @text wrapped at 80 columns, every line behind @indent blanks. */
void sim_print_wrapped(FILE *out, const char *text, unsigned indent);
/* The same of a formatted text of up to 1,023 bytes, behind two blanks. */
void sim_say(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif
#endif
