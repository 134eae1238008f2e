/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a subcommand is and what all of them share.
 *
 * Role: a command is one descriptor: main finds it by name, prints its help from it and parses its options with
 * it. Commands print; every other module of sim returns errors.
 * Interface: struct sim_command, sim_option_next, sim_complain and friends, the exit codes, the list of commands.
 * Invariant: what is listed in a descriptor is what is accepted; there is no other place for options.
 *
 *     static int run(struct sim_parse *p) { while ((id = sim_option_next(p)) > 0) ...; if (id < 0) return p->status; }
 *     const struct sim_command cmd_info = { .name = "info", ..., .run = run };
 */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rec/recording.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SIM_VERSION
#define SIM_VERSION "unknown" /* the build gives it */
#endif

enum sim_exit {
	SIM_EXIT_OK = 0,
	SIM_EXIT_ERROR = 1,
	SIM_EXIT_USAGE = 2,
	SIM_EXIT_DIFFERENT = 3, /* a comparison or verification found a difference */
	SIM_EXIT_INCOMPLETE = 4 /* the input is incomplete or damaged; the result covers only part of it */
};

struct sim_option {
	int id;               /* above 0; what sim_option_next returns */
	char letter;          /* short form, 0 for none */
	const char *name;     /* long form, without the dashes */
	const char *argument; /* "FILE" as help shows it; NULL for a switch */
	const char *help;     /* one line */
};

struct sim_parse;

struct sim_command {
	const char *name;
	const char *summary;  /* one line for the list of commands */
	const char *usage;    /* behind "pageman NAME ", e.g. "REC [options]" */
	const char *details;  /* a paragraph for --help; may be NULL */
	const struct sim_option *options; /* ends with id 0; --help is always there; may be NULL */
	bool has_json;        /* accepts --json and sets parse->json */
	bool has_quiet;       /* accepts -q, --quiet and sets parse->quiet */
	unsigned arguments_min, arguments_max; /* positional arguments */
	const char *const *examples; /* command lines, each followed by what it does; ends with NULL */
	int (*run)(struct sim_parse *parse); /* returns an exit code */
};

extern const struct sim_command cmd_info;
extern const struct sim_command cmd_import;
extern const struct sim_command cmd_verify;
extern const struct sim_command cmd_replay;
extern const struct sim_command cmd_compare;
extern const struct sim_command cmd_statman;
extern const struct sim_command cmd_graph;
extern const struct sim_command cmd_fuzz; /* in fuzz/, above sim */

/* --- Options ------------------------------------------------------------------------------------------------ */

struct sim_parse {
	const struct sim_command *command;
	int argc;
	char **argv;           /* argv[0] is the command's name */
	const char *value;     /* argument of the option just returned */
	bool json, quiet;
	int status;            /* exit code when sim_option_next returned -1 */
	char **arguments;      /* positional arguments, valid after sim_option_next returned 0 */
	unsigned argument_count;
	void *storage;         /* private: option tables of getopt_long */
};

/**
 * sim_option_next - the next option of a command line
 *
 * --help, --json and -q are dealt with inside. Prints a message for unknown options and wrong argument counts.
 * Return: its id, with parse->value; 0 at the end; -1 when the command should return parse->status.
 */
int sim_option_next(struct sim_parse *parse);

void sim_parse_init(struct sim_parse *parse, const struct sim_command *command, int argc, char **argv);
void sim_parse_fini(struct sim_parse *parse);

void sim_print_help(const struct sim_command *command, FILE *out);

/* Prints "pageman CMD: ..." and where to read more. Return: SIM_EXIT_USAGE. */
int sim_usage_error(const struct sim_command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The candidate that @word was probably meant to be, or NULL. @next yields candidates until NULL. */
const char *sim_closest(const char *word, const char *(*next)(const void *context, unsigned index),
			const void *context);
/*
 * What follows a name that no candidate has: "; did you mean "x"?" when there is one close to it, then ": expected one
 * of " and all of them. Return: @text.
 */
const char *sim_expected_names(char *text, size_t room, const char *word,
			       const char *(*next)(const void *context, unsigned index), const void *context);

#define SIM_EXPECTED_ROOM 512

/*
 * Takes the next name of "a,b,c" off *list, cut at 31 bytes; *list is NULL behind the last one. Return: false when it
 * was NULL.
 */
bool sim_list_name(const char **list, char name[32]);

/* Reads a whole number, decimal or 0x, at most @max. Return: 0 or -EINVAL. */
int sim_parse_u64(const char *text, uint64_t max, uint64_t *out);

/* --- Talking ------------------------------------------------------------------------------------------------ */

/*
 * Prints "pageman: TEXT". @error's text already names the file (sim_error_context). Return: SIM_EXIT_ERROR; of an
 * interruption SIM_EXIT_INCOMPLETE.
 */
int sim_complain(const struct sim_error *error);
/* The same for "pageman: FILE: TEXT". */
int sim_complain_at(const char *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Flushes standard output; says so when that fails, but for a closed pipe. Return: @status, or SIM_EXIT_ERROR. */
int sim_finish_output(int status);

/* A heading line, bold where that is wanted. */
void sim_heading(FILE *out, const char *text);

/* Name of a recording for people: "-" becomes "standard input". */
const char *sim_file_name(const char *path);

/**
 * sim_open_recording - rec_open with our message; reading stops when the command is interrupted
 *
 * Return: 0, or a negative error with @error saying "FILE: ...".
 */
int sim_open_recording(const char *path, enum rec_dialect dialect, struct rec_reader **out, struct sim_error *error);

/* False for what is gone once it was read: standard input, a pipe, a device. */
bool sim_can_read_twice(const char *path);

/* True when two names stand for one file. */
bool sim_is_same_file(const char *a, const char *b);

/**
 * sim_reading_ended - what an error of rec_next means
 * @result: what rec_next returned, below 0; @cause: its error
 * @damage: filled with "FILE: ..."
 *
 * Return: 0: the recording is damaged or its reading was interrupted, and what came before counts; -ENOMEM.
 */
int sim_reading_ended(const char *path, int result, struct rec_error *cause, struct sim_error *damage);

/* --- Long work ------------------------------------------------------------------------------------------------ */

/*
 * Progress on standard error. From its begin, or from sim_open_recording, to its end SIGINT and SIGTERM only ask the
 * work to stop: recordings end then with -EINTR, other loops ask sim_interrupted.
 */

struct sim_progress {
	bool shown;            /* standard error is a terminal and -q was not given */
	bool drawn;            /* a line stands there */
	const char *what;
	uint64_t start_ns, last_ns;
};

void sim_progress_begin(struct sim_progress *progress, const char *what, bool quiet);
/* Redraws at most ten times a second. @total 0: not known; @events: handled so far. */
void sim_progress_show(struct sim_progress *progress, uint64_t done, uint64_t total, uint64_t events);
/* Removes the line. */
void sim_progress_end(struct sim_progress *progress);

#ifdef __cplusplus
}
#endif
#endif
