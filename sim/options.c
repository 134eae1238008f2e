// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Command lines: option tables to getopt_long, help, and hints for what was mistyped.
 *
 * Interface: sim_option_next, sim_print_help, sim_usage_error, sim_closest, sim_expected_names, sim_list_name,
 * sim_parse_u64 (command.h).
 * Invariant: only what the descriptor lists is accepted.
 */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define OPTIONS_MAX 32
#define HELP_COLUMN 26
#define ID_HELP 1000
#define ID_JSON 1001
#define ID_QUIET 1002

static const struct sim_option common_options[] = {
	{ ID_JSON, 0, "json", NULL, "print the result as JSON on standard output" },
	{ ID_QUIET, 'q', "quiet", NULL, "no progress and no notes on standard error" },
	{ ID_HELP, 'h', "help", NULL, "show this help" },
};

struct option_tables {
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 3];
	const struct sim_option *by_index[OPTIONS_MAX];
	unsigned count;
};

static bool has_common(const struct sim_command *command, int id)
{
	return id == ID_HELP || (id == ID_JSON && command->has_json) || (id == ID_QUIET && command->has_quiet);
}

/* Options of a command in the order of its help: its own first, then the common ones. */
static const struct sim_option *option_at(const struct sim_command *command, unsigned index)
{
	unsigned own = 0;

	while (command->options && command->options[own].id)
		own++;
	if (index < own)
		return &command->options[index];
	index -= own;
	for (unsigned i = 0; i < sizeof(common_options) / sizeof(common_options[0]); i++)
		if (has_common(command, common_options[i].id) && index-- == 0)
			return &common_options[i];
	return NULL;
}

static void add_option(struct option_tables *t, const struct sim_option *option)
{
	size_t used = strlen(t->shorts);

	t->longs[t->count].name = option->name;
	t->longs[t->count].has_arg = option->argument ? required_argument : no_argument;
	t->longs[t->count].val = option->id;
	t->by_index[t->count++] = option;
	if (option->letter) {
		t->shorts[used++] = option->letter;
		if (option->argument)
			t->shorts[used++] = ':';
		t->shorts[used] = '\0';
	}
}

void sim_parse_init(struct sim_parse *parse, const struct sim_command *command, int argc, char **argv)
{
	struct option_tables *t = calloc(1, sizeof(*t));
	const struct sim_option *option;

	memset(parse, 0, sizeof(*parse));
	parse->command = command;
	parse->argc = argc;
	parse->argv = argv;
	parse->storage = t;
	if (!t)
		return;
	strcpy(t->shorts, ":");
	for (unsigned i = 0; i < OPTIONS_MAX && (option = option_at(command, i)); i++)
		add_option(t, option);
	optind = 0; /* glibc: start over */
	opterr = 0;
}

void sim_parse_fini(struct sim_parse *parse)
{
	free(parse->storage);
	parse->storage = NULL;
}

static const char *next_option_name(const void *context, unsigned index)
{
	const struct sim_option *option = option_at(context, index);

	return option ? option->name : NULL;
}

static int unknown_option(const struct sim_parse *parse)
{
	const char *given = parse->argv[optind - 1];
	char name[64];
	const char *hint;

	if (optopt && optopt < 256)
		return sim_usage_error(parse->command, "unknown option \"-%c\"", optopt);
	if (optopt) /* a known switch was given an argument */
		return sim_usage_error(parse->command, "option \"%s\": expected no argument", given);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(given + 2, "="), given + 2);
	hint = sim_closest(name, next_option_name, parse->command);
	if (hint)
		return sim_usage_error(parse->command, "unknown option \"--%s\"; did you mean \"--%s\"?", name, hint);
	return sim_usage_error(parse->command, "unknown option \"--%s\"", name);
}

static int stop(struct sim_parse *parse, int status)
{
	parse->status = status;
	return -1;
}

static int end_of_options(struct sim_parse *parse)
{
	const struct sim_command *command = parse->command;

	parse->arguments = parse->argv + optind;
	parse->argument_count = (unsigned)(parse->argc - optind);
	if (parse->argument_count < command->arguments_min)
		return stop(parse, sim_usage_error(command, "expected %s", command->usage));
	if (parse->argument_count > command->arguments_max)
		return stop(parse, sim_usage_error(command, "unexpected argument \"%s\"",
						   parse->arguments[command->arguments_max]));
	return 0;
}

int sim_option_next(struct sim_parse *parse)
{
	struct option_tables *t = parse->storage;

	if (!t)
		return stop(parse, sim_complain_at(parse->command->name, "no memory"));
	for (;;) {
		int id = getopt_long(parse->argc, parse->argv, t->shorts, t->longs, NULL);

		if (id == -1)
			return end_of_options(parse);
		if (id == '?')
			return stop(parse, unknown_option(parse));
		if (id == ':')
			return stop(parse, sim_usage_error(parse->command, "option \"%s\": expected an argument",
							   parse->argv[optind - 1]));
		for (unsigned i = 0; i < t->count; i++)
			if (t->by_index[i]->letter == id)
				id = t->by_index[i]->id;
		parse->value = optarg;
		if (id == ID_HELP) {
			sim_print_help(parse->command, stdout);
			return stop(parse, SIM_EXIT_OK);
		}
		if (id == ID_JSON)
			parse->json = true;
		else if (id == ID_QUIET)
			parse->quiet = true;
		else
			return id;
	}
}

/* One option; a long help text goes on below itself. */
static void print_option(FILE *out, const char *left, const char *help)
{
	size_t column = (size_t)fprintf(out, "  %-24s", left);

	while (*help) {
		size_t length = strcspn(help, " ");

		if (column + 1 + length > SIM_TABLE_WIDTH)
			column = (size_t)fprintf(out, "\n%*s", HELP_COLUMN, "") - 1;
		column += (size_t)fprintf(out, " %.*s", (int)length, help);
		help += length + (help[length] == ' ');
	}
	fputc('\n', out);
}

void sim_print_help(const struct sim_command *command, FILE *out)
{
	const struct sim_option *option;

	fprintf(out, "Usage: pageman %s %s\n\n", command->name, command->usage);
	fprintf(out, "%s\n", command->summary);
	if (command->details) {
		fputc('\n', out);
		sim_print_wrapped(out, command->details, 0);
	}
	fprintf(out, "\nOptions:\n");
	for (unsigned i = 0; (option = option_at(command, i)); i++) {
		char left[48];
		char letter[8] = "";

		if (option->letter)
			snprintf(letter, sizeof(letter), "-%c, ", option->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, option->name, option->argument ? " " : "",
			 option->argument ? option->argument : "");
		print_option(out, left, option->help);
	}
	if (command->examples) {
		fprintf(out, "\nExamples:\n");
		for (const char *const *e = command->examples; *e; e += 2)
			fprintf(out, "  %s\n      %s\n", e[0], e[1]);
	}
	fputc('\n', out);
	sim_print_wrapped(out, "Exit codes: 0 fine, 1 error, 2 usage, 3 a difference found, 4 input incomplete or "
			       "damaged, or a signal came, and the result covers only part of it.", 0);
}

int sim_usage_error(const struct sim_command *command, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "pageman %s: ", command->name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\nTry \"pageman %s --help\".\n", command->name);
	return SIM_EXIT_USAGE;
}

/* Levenshtein distance; words longer than the row count as far apart. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[65];
	size_t length = strlen(b);

	if (length > 64)
		return 64;
	for (unsigned i = 0; i <= length; i++)
		row[i] = i;
	for (unsigned i = 0; a[i]; i++) {
		unsigned diagonal = row[0];

		row[0] = i + 1;
		for (unsigned k = 0; k < length; k++) {
			unsigned best = diagonal + (a[i] != b[k]);

			diagonal = row[k + 1];
			if (row[k] + 1 < best)
				best = row[k] + 1;
			if (diagonal + 1 < best)
				best = diagonal + 1;
			row[k + 1] = best;
		}
	}
	return row[length];
}

const char *sim_closest(const char *word, const char *(*next)(const void *context, unsigned index),
			const void *context)
{
	const char *best = NULL, *candidate;
	unsigned best_distance = 3;

	for (unsigned i = 0; (candidate = next(context, i)); i++) {
		unsigned distance = edit_distance(word, candidate);

		if (distance < best_distance && distance < strlen(candidate)) {
			best_distance = distance;
			best = candidate;
		}
	}
	return best;
}

const char *sim_expected_names(char *text, size_t room, const char *word,
			       const char *(*next)(const void *context, unsigned index), const void *context)
{
	const char *hint = sim_closest(word, next, context), *name;
	int used = snprintf(text, room, "%s%s%s: expected one of ", hint ? "; did you mean \"" : "", hint ? hint : "",
			    hint ? "\"?" : "");

	for (unsigned i = 0; (name = next(context, i)) && used >= 0 && (size_t)used < room; i++)
		used += snprintf(text + used, room - (size_t)used, "%s%s", i ? ", " : "", name);
	return text;
}

bool sim_list_name(const char **list, char name[32])
{
	size_t length;

	if (!*list)
		return false;
	length = strcspn(*list, ",");
	snprintf(name, 32, "%.*s", (int)(length < 31 ? length : 31), *list);
	*list = (*list)[length] ? *list + length + 1 : NULL;
	return true;
}

int sim_parse_u64(const char *text, uint64_t max, uint64_t *out)
{
	char *end;
	uint64_t value;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || *end || value > max)
		return -EINVAL;
	*out = value;
	return 0;
}
