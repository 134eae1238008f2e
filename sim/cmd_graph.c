// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pageman graph: a block's split/merge tree as a picture, for a policy or at a moment of a recording.
 *
 * Interface: cmd_graph.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pageman/run.h>

#include "command.h"
#include "dot.h"
#include "example.h"
#include "moment.h"
#include "replay_options.h"
#include "table.h"

#define PAGES_AT_FIRST 11
#define SECONDS_MAX 1e9

enum { OPT_POLICY = 1, OPT_PAGES, OPT_SECOND, OPT_SECOND_FIRST, OPT_PRESSURE, OPT_AT, OPT_BLOCK, OPT_ORDER, OPT_KERNEL,
       OPT_OUTPUT };

struct arguments {
	struct sim_example example;
	struct sim_moment moment;
	const char *output;
	const char *example_option; /* an option that an example alone has; NULL: none given */
	const char *moment_option;
	bool has_time, has_block;
};

static int take_pages(struct sim_parse *p, const char *option, uint64_t *out)
{
	if (sim_parse_u64(p->value, SIM_EXAMPLE_PAGES_MAX, out) || !*out)
		return sim_usage_error(p->command, "%s: expected a number from 1 to %d, found \"%s\"", option,
				       SIM_EXAMPLE_PAGES_MAX, p->value);
	return 0;
}

static int take_time(struct sim_parse *p, struct arguments *a)
{
	char *end;
	double seconds = strtod(p->value, &end);

	if (end == p->value || *end || !(seconds >= 0 && seconds <= SECONDS_MAX))
		return sim_usage_error(p->command, "--at: expected seconds since the recording's first event, found "
				       "\"%s\"", p->value);
	a->moment.time_ns = (uint64_t)(seconds * 1e9 + 0.5);
	a->has_time = true;
	return 0;
}

static int take_order(struct sim_parse *p, struct arguments *a)
{
	uint64_t order;

	if (sim_parse_u64(p->value, BUDDY_ORDER_MAX, &order))
		return sim_usage_error(p->command, "--order: expected a number from 0 to %d, found \"%s\"",
				       BUDDY_ORDER_MAX, p->value);
	a->moment.order = (unsigned)order;
	return 0;
}

static int take_option(struct sim_parse *p, int id, struct arguments *a)
{
	static const char *const example_options[] = { [OPT_POLICY] = "--policy", [OPT_PAGES] = "--pages",
						       [OPT_SECOND] = "--second",
						       [OPT_SECOND_FIRST] = "--second-ends-first",
						       [OPT_PRESSURE] = "--pressure" };
	static const char *const moment_options[] = { [OPT_AT] = "--at", [OPT_BLOCK] = "--block",
						      [OPT_ORDER] = "--order" };

	if (id <= OPT_PRESSURE)
		a->example_option = example_options[id];
	else if (id <= OPT_ORDER)
		a->moment_option = moment_options[id];
	switch (id) {
	case OPT_POLICY:
		return sim_take_policy(p->command, p->value, &a->example.policy);
	case OPT_PAGES:
		return take_pages(p, "--pages", &a->example.pages);
	case OPT_SECOND:
		return take_pages(p, "--second", &a->example.second_pages);
	case OPT_SECOND_FIRST:
		a->example.second_ends_first = true;
		return 0;
	case OPT_PRESSURE:
		a->example.pressure = true;
		return 0;
	case OPT_AT:
		return take_time(p, a);
	case OPT_BLOCK:
		a->has_block = true;
		if (sim_parse_u64(p->value, UINT64_MAX, &a->moment.pfn))
			return sim_usage_error(p->command, "--block: expected a frame's number, decimal or 0x, found "
					       "\"%s\"", p->value);
		return 0;
	case OPT_ORDER:
		return take_order(p, a);
	case OPT_KERNEL:
		a->moment.kernel = p->value;
		return sim_take_kernel(p->command, p->value, &a->example.kernel);
	default:
		a->output = p->value;
		if (!sim_dot_is_known_name(p->value))
			return sim_usage_error(p->command, "-o: expected a name that ends with .dot, .svg or .png, "
					       "found \"%s\"", p->value);
		return 0;
	}
}

/* The two uses have options of their own. */
static int check_use(struct sim_parse *p, struct arguments *a)
{
	const char *other = p->argument_count ? a->example_option : a->moment_option;
	char known[128];

	if (other && p->argument_count)
		return sim_usage_error(p->command, "%s is of the example, which has no recording", other);
	if (p->argument_count && !(a->has_time && a->has_block))
		return sim_usage_error(p->command, "expected --at SECONDS and --block PFN with a recording");
	if (other)
		return sim_usage_error(p->command, "%s: expected a recording with it", other);
	if (!p->argument_count && !a->example.policy)
		return sim_usage_error(p->command, "expected --policy NAME, one of %s; or a recording",
				       sim_policy_names(known));
	if (a->example.second_ends_first && !a->example.second_pages)
		return sim_usage_error(p->command, "--second-ends-first: expected --second N with it");
	return 0;
}

static void draw_stage(void *context, const struct sim_example_stage *stage)
{
	struct sim_dot *dot = context;
	char heading[192];

	if (stage->is_kernels)
		snprintf(heading, sizeof(heading), "%u. %s", dot->stage + 1, stage->heading);
	else if (!stage->calls)
		snprintf(heading, sizeof(heading), "%u. %s: no call of the allocator", dot->stage + 1, stage->heading);
	else
		snprintf(heading, sizeof(heading), "%u. %s: %" PRIu64 " call%s of the allocator", dot->stage + 1,
			 stage->heading, stage->calls, stage->calls == 1 ? "" : "s");
	sim_dot_tree(dot, stage->tree, heading);
}

static int draw_example(const struct arguments *a, FILE *out, struct sim_error *error)
{
	unsigned order = 0;
	struct sim_dot dot;
	char text[128];
	uint64_t calls;
	int result;

	(void)pageman_order_for_pages(a->example.pages, &order); /* take_pages saw to its range */
	snprintf(text, sizeof(text), "%s: %s", a->example.policy->name, a->example.policy->summary);
	sim_dot_begin(&dot, out, order, text);
	result = sim_example_run(&a->example, draw_stage, &dot, &calls, error);
	if (result)
		return result;
	snprintf(text, sizeof(text), "%" PRIu64 " calls of the allocator in all", calls);
	sim_dot_end(&dot, text);
	return 0;
}

/* Return: 0 or negative; *status_out: the exit code that belongs to what was drawn. */
static int draw_moment(const struct arguments *a, FILE *out, int *status_out, struct sim_error *error)
{
	struct sim_tree *tree = calloc(1, sizeof(*tree));
	struct sim_moment_result moment;
	char title[160], text[160];
	struct sim_dot dot;
	int result = tree ? sim_moment_tree(&a->moment, tree, &moment, error) : sim_fail(error, -ENOMEM, "no memory");

	if (result) {
		free(tree);
		return result;
	}
	if (moment.exact != moment.allocs) {
		sim_complain_at(sim_file_name(a->moment.path), "until then %" PRIu64 " of %" PRIu64 " allocations were "
				"predicted otherwise: the block may have been split in another way",
				moment.allocs - moment.exact, moment.allocs);
		*status_out = SIM_EXIT_DIFFERENT;
	}
	if (moment.is_damaged)
		*status_out = SIM_EXIT_INCOMPLETE;
	snprintf(title, sizeof(title), "frames 0x%" PRIx64 " to 0x%" PRIx64 " of zone %s, kernel %s", tree->start_pfn,
		 tree->start_pfn + (UINT64_C(1) << tree->order) - 1, moment.zone_name, moment.kernel_release);
	sim_dot_begin(&dot, out, tree->order, title);
	snprintf(text, sizeof(text), "%s %.9g s", moment.is_end ? "at the recording's end, before" : "at",
		 (double)a->moment.time_ns / 1e9);
	sim_dot_tree(&dot, tree, text);
	snprintf(text, sizeof(text), "until then %" PRIu64 " of %" PRIu64 " allocations as the kernel's", moment.exact,
		 moment.allocs);
	sim_dot_end(&dot, text);
	free(tree);
	return 0;
}

static int draw(const struct arguments *a, struct sim_parse *p)
{
	struct sim_progress progress;
	struct sim_error error = { 0 };
	struct arguments arguments = *a;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int result, status = SIM_EXIT_OK;

	if (!out)
		return sim_complain_at("graph", "no memory");
	if (p->argument_count) {
		arguments.moment.path = p->arguments[0];
		arguments.moment.progress = &progress;
		sim_progress_begin(&progress, "graph", p->quiet);
		result = draw_moment(&arguments, out, &status, &error);
		sim_progress_end(&progress);
	} else {
		result = draw_example(&arguments, out, &error);
	}
	if ((fclose(out) || !text) && !result)
		result = sim_fail(&error, -ENOMEM, "graph: no memory");
	if (!result && status == SIM_EXIT_INCOMPLETE)
		sim_complain(&error);
	if (!result)
		result = sim_dot_write(text, a->output, &error);
	if (result)
		status = sim_complain(&error);
	free(text);
	return status;
}

static int run_graph(struct sim_parse *p)
{
	struct arguments a = { .example.pages = PAGES_AT_FIRST, .moment.order = BUDDY_ORDER_MAX };
	int id, status;

	while ((id = sim_option_next(p)) > 0) {
		status = take_option(p, id, &a);
		if (status)
			return status;
	}
	if (id < 0)
		return p->status;
	status = check_use(p, &a);
	if (!status && a.output && p->argument_count && sim_is_same_file(p->arguments[0], a.output))
		return sim_usage_error(p->command, "-o: %s is the recording itself", a.output);
	return status ? status : draw(&a, p);
}

static const struct sim_option options[] = {
	{ OPT_POLICY, 'p', "policy", "NAME", "show what this policy does with a block" },
	{ OPT_PAGES, 0, "pages", "N", "pages of the request A (11)" },
	{ OPT_SECOND, 0, "second", "N", "pages of a request B that comes while A lives" },
	{ OPT_SECOND_FIRST, 0, "second-ends-first", NULL, "B is released before A" },
	{ OPT_PRESSURE, 0, "pressure", NULL, "memory gets short before the releases" },
	{ OPT_AT, 0, "at", "SECONDS", "the recording at this time after its first event" },
	{ OPT_BLOCK, 0, "block", "PFN", "show the block with this frame" },
	{ OPT_ORDER, 0, "order", "K", "of that block (10)" },
	{ OPT_KERNEL, 'k', "kernel", "K", "model this kernel" },
	{ OPT_OUTPUT, 'o', "output", "FILE", "FILE.dot, or FILE.svg or FILE.png by Graphviz's dot" },
	{ 0, 0, NULL, NULL, NULL },
};

static const char *const examples[] = {
	"pageman graph --policy fitfree -o fitfree.svg", "a block of 16 pages of which 11 are wanted",
	"pageman graph --policy nest --second 3 --second-ends-first -o nest.png", "a held tail serves a second request",
	"pageman graph traces/data/frag-6.1.pgr --at 5 --block 0x8000 -o block.svg",
	"what one block of a recorded machine was split into",
	NULL,
};

const struct sim_command cmd_graph = {
	.name = "graph",
	.summary = "A block's split/merge tree as a picture, before and after",
	.usage = "--policy NAME | REC --at SECONDS --block PFN [options]",
	.details = "With --policy: runs the policy on a small model of which all is free and draws the block that a "
		   "request gets: before the request, after it, after its release (docs/policies.md). With a "
		   "recording: follows it on the model as pageman verify does, and draws one block as it was at a "
		   "time. Boxes are as wide as their frames are many. Without -o the picture goes to standard "
		   "output, for dot to draw.\n\n"
		   "Exit code 3: until that time the model predicted some allocation otherwise; 4: the recording is "
		   "damaged before that time.",
	.options = options,
	.has_quiet = true,
	.arguments_min = 0,
	.arguments_max = 1,
	.examples = examples,
	.run = run_graph,
};
