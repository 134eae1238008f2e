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
#include <unistd.h>

#include "configs.h"
#include "search.h"
#include "tap.h"

enum { EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_DIFFERENCE = 3, EXIT_INCOMPLETE = 4 };

static void usage(FILE *to)
{
	const char *name, *summary;

	fputs("usage: exhaustive [OPTION...] [CONFIGURATION...]\n"
	      "Every state of small zones, by breadth-first search over all operations.\n\n"
	      "  --list             the configurations, and which are in which tier\n"
	      "  --tier TIER        all configurations of a tier and of those before it: dev, quick, slow\n"
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

static int list(void)
{
	struct config c;

	for (size_t i = 0; config_at(i, &c); i++)
		printf("%-8s %s\n", config_tier_name(c.tier), c.name);
	return 0;
}

static void print_head(void)
{
	printf("%-44s %12s %14s %6s %12s %8s %8s\n", "configuration", "states", "transitions", "depth", "refused",
	       "seconds", "MiB");
	fflush(stdout);
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
	fflush(stdout);
	return error == -ECANCELED ? EXIT_DIFFERENCE : error ? EXIT_INCOMPLETE : 0;
}

/* The worst of two exit codes. */
static int worse(int a, int b)
{
	return a > b ? a : b;
}

static int search_tier(enum config_tier tier, const struct search_options *options)
{
	struct config c;
	int status = 0;

	for (size_t i = 0; config_at(i, &c); i++)
		if (c.tier <= tier)
			status = worse(status, search(c.name, options));
	return status;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },          { "list", no_argument, NULL, 'l' },
		{ "tier", required_argument, NULL, 't' },    { "memory", required_argument, NULL, 'm' },
		{ "congruence", no_argument, NULL, 'c' },    { "plant", required_argument, NULL, 'p' },
		{ "no-oracle", no_argument, NULL, 'n' },     { NULL, 0, NULL, 0 },
	};
	struct search_options options = { .memory_bytes = (size_t)8192 << 20, .oracle = true,
					  .progress = isatty(STDERR_FILENO) };
	enum config_tier tier = CONFIG_TIER_COUNT;
	int option, status = 0;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h') {
			usage(stdout);
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
	print_head();
	if (tier < CONFIG_TIER_COUNT)
		return search_tier(tier, &options);
	for (; optind < argc; optind++)
		status = worse(status, search(argv[optind], &options));
	return status;
}
