// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pageman command: finds the subcommand and leaves the rest to it.
 *
 * Interface: main.
 * Invariant: a failed write to standard output never ends with exit code 0, and what is printed never goes into a file
 * that was opened later.
 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static const struct sim_command *const commands[] = {
	&cmd_info, &cmd_import, &cmd_verify, &cmd_replay, &cmd_compare, &cmd_statman, &cmd_graph, &cmd_fuzz,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_overview(FILE *out)
{
	fprintf(out, "Usage: pageman COMMAND [options]\n\n"
		     "A laboratory for the Linux page allocator: replays recordings of a kernel on a\n"
		     "model that makes that kernel's decisions, and answers \"what if\".\n\nCommands:\n");
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "\nExamples:\n"
		     "  pageman info boot.rec\n      what is in a recording\n"
		     "  pageman verify boot.rec\n      does the model return the frames that the kernel returned?\n"
		     "  pageman compare sized.rec --policies none,exact,fitfree\n"
		     "      one recording under three trimming policies\n"
		     "\n\"pageman COMMAND --help\" describes a command, with examples.\n");
}

static const char *next_command_name(const void *context, unsigned index)
{
	(void)context;
	return index < COMMAND_COUNT ? commands[index]->name : NULL;
}

static int unknown_command(const char *name)
{
	const char *hint = sim_closest(name, next_command_name, NULL);

	fprintf(stderr, "pageman: unknown %s \"%s\"", name[0] == '-' ? "option" : "command", name);
	if (hint)
		fprintf(stderr, "; did you mean \"%s\"?", hint);
	fprintf(stderr, "\nTry \"pageman --help\".\n");
	return SIM_EXIT_USAGE;
}

static const struct sim_command *find_command(const char *name)
{
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int run_command(const struct sim_command *command, int argc, char **argv)
{
	struct sim_parse parse;
	int status;

	sim_parse_init(&parse, command, argc, argv);
	status = command->run(&parse);
	sim_parse_fini(&parse);
	return status;
}

/*
 * A closed descriptor 0 to 2 would be given to the next file that is opened, and what we print could go there. So each
 * is opened, the wrong way round: its use fails as it would have.
 */
static void hold_standard_files(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
			abort();
}

int main(int argc, char **argv)
{
	const struct sim_command *command;

	setlocale(LC_CTYPE, "");
	hold_standard_files();
	/* A reader that went away and a file size limit show as errors of write(2). */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		print_overview(stderr);
		return SIM_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || (!strcmp(argv[1], "help") && argc == 2)) {
		print_overview(stdout);
		return sim_finish_output(SIM_EXIT_OK);
	}
	if (!strcmp(argv[1], "--version")) {
		printf("pageman %s\n", SIM_VERSION);
		return sim_finish_output(SIM_EXIT_OK);
	}
	command = find_command(!strcmp(argv[1], "help") ? argv[2] : argv[1]);
	if (!command)
		return unknown_command(argv[!strcmp(argv[1], "help") ? 2 : 1]);
	if (!strcmp(argv[1], "help")) {
		sim_print_help(command, stdout);
		return sim_finish_output(SIM_EXIT_OK);
	}
	return sim_finish_output(run_command(command, argc - 1, argv + 1));
}
