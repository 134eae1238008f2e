// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Searches small zones exhaustively and prints what was found.
 *
 * Interface: exhaustive --help.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "configs.h"
#include "search.h"
#include "tap.h"

#define JOBS_MAX 256

enum { EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_DIFFERENCE = 3, EXIT_INCOMPLETE = 4 };

static void usage(FILE *to)
{
	const char *name, *summary;

	fputs("usage: exhaustive [OPTION...] [CONFIGURATION...]\n"
	      "Every state of small zones, by breadth-first search over all operations.\n\n"
	      "  --list             the configurations, and which are in which tier\n"
	      "  --tier TIER        all configurations of a tier and of those before it: dev, quick, slow\n"
	      "  --jobs N           searches at a time (1); the output is in the same order\n"
	      "  --memory MIB       at most this much memory for states (8192); a search that needs more fails\n"
	      "  --congruence       check that states told apart by nothing in their key have the same future\n"
	      "  --no-oracle        do without the reference: about three times as fast\n"
	      "  --plant FAULT      put a fault between the searched operations and the model:\n", to);
	for (size_t i = 0; (name = tap_plant_name(i, &summary)); i++)
		fprintf(to, "                       %-8s %s\n", name, summary);
	fputs("\nA configuration is FRAMES/KERNEL/POLICY/LISTS[/OPTION...], as in 8/6.1/exact/buddy:\n"
	      "  FRAMES  4, 8, 16, 32        KERNEL  6.1, 6.12       POLICY  blocks (none at all), or a policy's name\n"
	      "  LISTS   buddy, or pcp=HIGH,BATCH (limits of the per-CPU list; HIGH may be MIN-MAX)\n"
	      "  OPTION  grain=ORDER (requests are multiples of 2^ORDER frames), holders=N (at most N allocations),\n"
	      "          diff=N (the free counter is flushed beyond N), alone (as with --no-oracle)\n\n"
	      "Exit: 0 all is well; 1 error; 2 usage; 3 something is wrong, the shortest way to it is printed;\n"
	      "4 a search hit its bound of memory or depth.\n", to);
}

/* What cannot be told need not be searched for. */
static void show(void)
{
	int cause = fflush(stdout) ? errno : EIO;

	if (!ferror(stdout))
		return;
	fprintf(stderr, "exhaustive: standard output: cannot be written: %s\n", strerror(cause));
	exit(EXIT_ERROR);
}

static int list(void)
{
	struct config c;

	for (size_t i = 0; config_at(i, &c); i++)
		printf("%-8s %s\n", config_tier_name(c.tier), c.name);
	show();
	return 0;
}

static void print_head(void)
{
	printf("%-44s %12s %14s %6s %12s %8s %8s\n", "configuration", "states", "transitions", "depth", "refused",
	       "seconds", "MiB");
	show();
}

/* Return: an exit code. */
static int search(const char *name, const struct search_options *options)
{
	static struct world world;
	static struct search_result result;
	struct world_config config;
	int error = config_parse(name, &config);

	if (!error)
		error = world_create(&world, &config);
	if (error) {
		fprintf(stderr, "exhaustive: %s: %s\n", name,
			error == -ENOMEM ? "no memory" : "no such configuration; see --help");
		return error == -ENOMEM ? EXIT_ERROR : EXIT_USAGE;
	}
	error = search_run(&world, options, &result);
	world_destroy(&world);
	printf("%-44s %12llu %14llu %6u %12llu %8.1f %8zu%s\n", name, (unsigned long long)result.states,
	       (unsigned long long)result.transitions, result.depth, (unsigned long long)result.refused,
	       result.seconds, result.memory_bytes >> 20, error == -ENOMEM ? "  INCOMPLETE: hit its bound" : "");
	if (error == -ECANCELED)
		printf("%s: %s", name, result.wrong);
	show();
	return error == -ECANCELED ? EXIT_DIFFERENCE : error ? EXIT_INCOMPLETE : 0;
}

/* The worst of two exit codes. */
static int worse(int a, int b)
{
	return a > b ? a : b;
}

/* --- One configuration after the other, or several at a time ------------------------------------------------------ */

/* A search is a process, and prints to a file until it is its turn. */
struct job {
	char name[256]; /* what is cut off here is too long for a configuration anyway */
	pid_t pid;
	FILE *out;
	bool ended;
	int status;
};

static _Noreturn void fail(const char *name)
{
	fprintf(stderr, "exhaustive: %s: cannot be run: %s\n", name, strerror(errno));
	exit(EXIT_ERROR);
}

static void begin(struct job *j, const struct search_options *options)
{
	j->out = tmpfile();
	j->pid = j->out ? fork() : -1;
	if (j->pid < 0)
		fail(j->name);
	if (!j->pid) {
		if (dup2(fileno(j->out), STDOUT_FILENO) < 0)
			fail(j->name);
		exit(search(j->name, options));
	}
}

/* Waits until one of @jobs ends. */
static void wait_for_one(struct job *jobs)
{
	int status;
	pid_t pid = wait(&status);

	if (pid < 0)
		fail(jobs->name);
	while (jobs->pid != pid)
		jobs++;
	jobs->ended = true;
	jobs->status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_ERROR;
	if (WIFSIGNALED(status))
		fprintf(stderr, "exhaustive: %s: ended by signal %d\n", jobs->name, WTERMSIG(status));
}

static void print_job(struct job *j)
{
	char text[4096];
	size_t bytes;

	rewind(j->out);
	while ((bytes = fread(text, 1, sizeof(text), j->out)))
		fwrite(text, 1, bytes, stdout);
	fclose(j->out);
	show();
}

static int search_all(struct job *jobs, size_t count, size_t at_a_time, const struct search_options *options)
{
	int status = 0;

	for (size_t begun = 0, ended = 0, printed = 0; printed < count;) {
		while (begun < count && begun - ended < at_a_time)
			begin(&jobs[begun++], options);
		wait_for_one(jobs);
		ended++;
		for (; printed < begun && jobs[printed].ended; printed++) {
			print_job(&jobs[printed]);
			status = worse(status, jobs[printed].status);
		}
	}
	return status;
}

/* The tier's configurations, or those named. */
static int search_chosen(enum config_tier tier, char **names, size_t at_a_time, const struct search_options *options)
{
	bool whole_tier = tier < CONFIG_TIER_COUNT;
	struct job *jobs = NULL, *more;
	struct config c;
	size_t count = 0;
	int status;

	for (size_t i = 0; whole_tier ? config_at(i, &c) : names[i] != NULL; i++) {
		if (whole_tier && c.tier > tier)
			continue;
		more = realloc(jobs, (count + 1) * sizeof(*jobs));
		if (!more)
			fail("the list");
		jobs = more;
		jobs[count] = (struct job){ 0 };
		snprintf(jobs[count++].name, sizeof(jobs->name), "%s", whole_tier ? c.name : names[i]);
	}
	status = search_all(jobs, count, at_a_time, options);
	free(jobs);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },          { "list", no_argument, NULL, 'l' },
		{ "tier", required_argument, NULL, 't' },    { "memory", required_argument, NULL, 'm' },
		{ "congruence", no_argument, NULL, 'c' },    { "plant", required_argument, NULL, 'p' },
		{ "no-oracle", no_argument, NULL, 'n' },     { "jobs", required_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct search_options options = { .memory_bytes = (size_t)8192 << 20, .oracle = true };
	enum config_tier tier = CONFIG_TIER_COUNT;
	size_t at_a_time = 1;
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h') {
			usage(stdout);
			show();
			return 0;
		}
		if (option == 'l')
			return list();
		if (option == 'c')
			options.congruence = true;
		else if (option == 'n')
			options.oracle = false;
		else if (option == 'm' && atoi(optarg) > 0 && atoi(optarg) <= 1 << 20)
			options.memory_bytes = (size_t)atoi(optarg) << 20;
		else if (option == 'j' && atoi(optarg) > 0 && atoi(optarg) <= JOBS_MAX)
			at_a_time = (size_t)atoi(optarg);
		else if (!(option == 't' && (tier = config_tier_find(optarg)) < CONFIG_TIER_COUNT) &&
			 !(option == 'p' && tap_plant(optarg))) {
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if ((tier == CONFIG_TIER_COUNT) == (optind == argc)) {
		usage(stderr);
		return EXIT_USAGE;
	}
	options.progress = at_a_time == 1 && isatty(STDERR_FILENO);
	print_head();
	return search_chosen(tier, argv + optind, at_a_time, &options);
}
