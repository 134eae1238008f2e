// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pageman fuzz with policies that are broken on purpose: what the command does when it finds something.
 *
 *   planted fuzz OPTIONS     as pageman fuzz, whose policies are those of sim and behind them
 *     leak      releases a sized request of 5 to 7 pages without its last page
 *     greedy    releases a page too many, where that is another's
 *     behind    frees past the host, so that the reference does not hear of it
 *     forgets   counts a page less than it has given back
 *     crash     dies at a request of 3 pages
 *     last      loses a page of the last sized request, once many were alive: it shows when everything is given back
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static int fit(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages)
{
	return sim_trim_fit(host, a, pfn, order, pages, PAGEMAN_BY_BLOCK, SIM_VIA_NORMAL);
}

static int release(struct sim_host *host, struct sim_allocation *a)
{
	return sim_trim_release(host, a, PAGEMAN_BY_BLOCK, SIM_VIA_NORMAL);
}

static int leak(struct sim_host *host, struct sim_allocation *a)
{
	uint64_t pages = a->holding.record.pages;

	if (pages >= 5 && pages <= 7)
		a->holding.record.pages--;
	return release(host, a);
}

static int greedy(struct sim_host *host, struct sim_allocation *a)
{
	uint64_t end_pfn = a->holding.record.start_pfn + a->holding.record.pages;
	int result = release(host, a);

	if (!result && buddy_frame_state(host->buddy, end_pfn, NULL, NULL) == BUDDY_FRAME_IN_USE)
		result = sim_host_model_free(host, host->cpu, end_pfn, 0, SIM_VIA_NORMAL);
	return result;
}

static int behind(struct sim_host *host, struct sim_allocation *a)
{
	struct pageman_record *record = &a->holding.record;

	if (record->pages == 1) {
		host->account.taken_pages--;
		return buddy_free_pages(host->buddy, host->cpu, record->start_pfn, 0);
	}
	return release(host, a);
}

static int forgets(struct sim_host *host, struct sim_allocation *a)
{
	if (a->holding.record.pages > 8)
		host->account.taken_pages++;
	return release(host, a);
}

static int crash(struct sim_host *host, struct sim_allocation *a, uint64_t pfn, unsigned order, uint64_t pages)
{
	if (pages == 3)
		raise(SIGABRT);
	return fit(host, a, pfn, order, pages);
}

static uint64_t most_pages; /* of this process, which runs one case */

static int last(struct sim_host *host, struct sim_allocation *a)
{
	uint64_t pages = host->account.taken_pages;

	most_pages = pages > most_pages ? pages : most_pages;
	if (most_pages > 24 && pages == a->holding.record.pages)
		a->holding.record.pages--;
	return release(host, a);
}

static const struct sim_policy broken[] = {
	{ .name = "leak", .summary = "broken", .fit = fit, .release = leak },
	{ .name = "greedy", .summary = "broken", .fit = fit, .release = greedy },
	{ .name = "behind", .summary = "broken", .fit = fit, .release = behind },
	{ .name = "forgets", .summary = "broken", .fit = fit, .release = forgets },
	{ .name = "crash", .summary = "broken", .fit = crash, .release = release },
	{ .name = "last", .summary = "broken", .fit = fit, .release = last },
};

#define BROKEN_COUNT (sizeof(broken) / sizeof(broken[0]))

static const struct sim_policy *policy_at(size_t index)
{
	size_t sound = 0;

	while (sim_policy_at(sound))
		sound++;
	if (index < sound)
		return sim_policy_at(index);
	return index - sound < BROKEN_COUNT ? &broken[index - sound] : NULL;
}

static int run(struct sim_parse *parse)
{
	return fuzz_command(parse, policy_at);
}

int main(int argc, char **argv)
{
	struct sim_command command = cmd_fuzz;
	struct sim_parse parse;
	int status;

	if (argc < 2 || strcmp(argv[1], "fuzz")) {
		fprintf(stderr, "usage: planted fuzz OPTIONS\n");
		return SIM_EXIT_USAGE;
	}
	command.run = run;
	sim_parse_init(&parse, &command, argc - 1, argv + 1);
	status = command.run(&parse);
	sim_parse_fini(&parse);
	return sim_finish_output(status);
}
