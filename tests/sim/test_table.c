// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables, bars and readable numbers.
 */
#include "test.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

static char *printed;
static size_t printed_bytes;

static void print(struct sim_table *table)
{
	FILE *out = open_memstream(&printed, &printed_bytes);

	assert_non_null(out);
	sim_table_print(table, out);
	fclose(out);
}

static void numbers_are_aligned_right_and_text_left(void **state)
{
	struct sim_table table;

	(void)state;
	sim_table_init(&table, "<name|count");
	sim_table_row(&table, "%s|%d", "a", 5);
	sim_table_row(&table, "%s|%d", "long name", 12345);
	print(&table);
	assert_string_equal(printed, "name       count\na              5\nlong name  12345\n");
	free(printed);
}

static void lines_fit_80_columns_by_cutting_text(void **state)
{
	struct sim_table table;

	(void)state;
	sim_table_init(&table, "<text|count");
	sim_table_row(&table, "%s|%d",
		      "a text that is much too long for a line of eighty columns and has to give way to the number", 7);
	print(&table);
	for (char *line = strtok(printed, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 80);
	free(printed);
}

static void rows_without_room_are_counted(void **state)
{
	struct sim_table table;
	char wide[1000];

	(void)state;
	memset(wide, 'x', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	sim_table_init(&table, "<text");
	for (unsigned i = 0; i < 100; i++)
		sim_table_row(&table, "%s", wide);
	assert_int_equal(table.rows + table.left_out, 101);
	assert_true(table.left_out > 0);
	print(&table);
	assert_non_null(strstr(printed, " rows more)\n"));
	free(printed);
}

static void missing_cells_are_empty(void **state)
{
	struct sim_table table;

	(void)state;
	sim_table_init(&table, "a|b|<c");
	sim_table_row(&table, "1");
	print(&table);
	assert_non_null(strstr(printed, "1"));
	free(printed);
}

static void nothing_trails_behind_the_last_cell_that_shows_something(void **state)
{
	struct sim_table table;

	(void)state;
	sim_table_init(&table, "<kind|count|<   |<kind|count|<");
	sim_table_row(&table, "alloc|5||free|7|###");
	sim_table_row(&table, "fold|12");
	sim_table_row(&table, "pop|1||drain||  ");
	print(&table);
	assert_string_equal(printed, "kind   count       kind   count\n"
				     "alloc      5       free       7  ###\n"
				     "fold      12\n"
				     "pop        1       drain\n");
	free(printed);
}

static void bars_have_an_ascii_form_and_eighths(void **state)
{
	char text[128];

	(void)state;
	sim_bar(text, sizeof(text), 5, 10, 10, false);
	assert_string_equal(text, "#####");
	sim_bar(text, sizeof(text), 1, 1000000, 10, false);
	assert_string_equal(text, "#"); /* something is never nothing */
	sim_bar(text, sizeof(text), 0, 10, 10, false);
	assert_string_equal(text, "");
	sim_bar(text, sizeof(text), 20, 10, 3, true);
	assert_string_equal(text, "███");
	sim_bar(text, sizeof(text), 1, 16, 2, true);
	assert_string_equal(text, "▏");
}

static void numbers_read_well(void **state)
{
	char text[32], cells[64];

	(void)state;
	assert_string_equal(sim_text_count(text, 0), "0");
	assert_string_equal(sim_text_count(text, 999), "999");
	assert_string_equal(sim_text_count(text, 1000), "1,000");
	assert_string_equal(sim_text_count(text, UINT64_MAX), "18,446,744,073,709,551,615");
	assert_string_equal(sim_text_cells(cells, sizeof(cells), (const uint64_t[]){ 1, 2345 }, 2), "|1|2,345");
	assert_string_equal(sim_text_cells(cells, sizeof(cells), NULL, 0), "");
	assert_string_equal(sim_text_bytes(text, 1536), "1.50 KiB");
	assert_string_equal(sim_text_duration(text, 1500000), "1.50 ms");
	assert_string_equal(sim_text_duration(text, UINT64_C(3723000000000)), "1 h 2 min");
	assert_string_equal(sim_text_percent(text, 1, 0), "-");
	/* Never 100 when something is missing. */
	assert_string_equal(sim_text_percent(text, 999999, 1000000), ">99.9%");
	assert_string_equal(sim_text_percent(text, 1, 1000000), "<0.1%");
}

static void wrapped_lines_stay_within_80_columns(void **state)
{
	FILE *out = open_memstream(&printed, &printed_bytes);
	char text[1000] = "";

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		strcat(text, "word word2 ");
	sim_print_wrapped(out, text, 4);
	fclose(out);
	for (char *line = strtok(printed, "\n"); line; line = strtok(NULL, "\n")) {
		assert_true(strlen(line) <= 80);
		assert_memory_equal(line, "    ", 4);
	}
	free(printed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_aligned_right_and_text_left),
		cmocka_unit_test(lines_fit_80_columns_by_cutting_text),
		cmocka_unit_test(missing_cells_are_empty),
		cmocka_unit_test(rows_without_room_are_counted),
		cmocka_unit_test(nothing_trails_behind_the_last_cell_that_shows_something),
		cmocka_unit_test(bars_have_an_ascii_form_and_eighths),
		cmocka_unit_test(numbers_read_well),
		cmocka_unit_test(wrapped_lines_stay_within_80_columns),
	};

	setlocale(LC_CTYPE, "C");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
