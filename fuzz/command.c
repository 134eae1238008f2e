// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pageman fuzz: random patterns until something is wrong, then the smallest that shows it.
 *
 * Interface: cmd_fuzz, fuzz_command.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "json.h"
#include "report.h"
#include "table.h"

#define SEED_USUAL 1
#define JOBS_MAX 32
#define NUMBER_MAX (UINT64_C(1) << 40)

enum {
	OPT_PROFILES = 1, OPT_POLICIES, OPT_KERNELS, OPT_CPUS, OPT_OPS, OPT_MINUTES, OPT_JOBS, OPT_SEED, OPT_CASE,
	OPT_OUT, OPT_REPLAY
};

#define PATH_ROOM 1024
#define FILE_NAME_ROOM 64 /* of "/fuzz-SEED-CASE-AGAIN.pgr" */

struct arguments {
	struct fuzz_options fuzz;
	const char *replay;
	bool hunts; /* an option was given that a replay has no use for */
};

/* --- Options --- */

/* A kind of thing that is chosen by name. */
struct menu {
	const char *what; /* "policy" */
	const char *(*name_at)(const struct menu *menu, unsigned index);
	const struct sim_policy *(*policy_at)(size_t index);
};

static const char *policy_name_at(const struct menu *menu, unsigned index)
{
	const struct sim_policy *policy = menu->policy_at(index);

	return policy ? policy->name : NULL;
}

static const char *kernel_name_at(const struct menu *menu, unsigned index)
{
	const struct buddy_profile *kernel = buddy_profile_at(index);

	(void)menu;
	return kernel ? kernel->name : NULL;
}

static const char *profile_name_at(const struct menu *menu, unsigned index)
{
	const struct sim_work_profile *profile = sim_work_profile_at(index);

	(void)menu;
	return profile ? profile->name : NULL;
}

static const char *next_in_menu(const void *context, unsigned index)
{
	const struct menu *menu = context;

	return menu->name_at(menu, index);
}

/* Reads "a,b,c" to indices of the menu. Return: 0, or SIM_EXIT_USAGE with a message printed. */
static int take_names(const struct sim_parse *parse, const struct menu *menu, unsigned *chosen, unsigned *count_out)
{
	const char *list = parse->value, *known;
	unsigned count = 0;
	char name[32];

	while (sim_list_name(&list, name)) {
		char expected[SIM_EXPECTED_ROOM];
		unsigned index = 0;

		while ((known = menu->name_at(menu, index)) && strcmp(known, name))
			index++;
		if (!known)
			return sim_usage_error(parse->command, "unknown %s \"%s\"%s", menu->what, name,
					       sim_expected_names(expected, sizeof(expected), name, next_in_menu,
								  menu));
		for (unsigned i = 0; i < count; i++)
			if (chosen[i] == index)
				return sim_usage_error(parse->command, "%s \"%s\" stands there twice", menu->what,
						       name);
		if (count == FUZZ_CHOICES_MAX)
			return sim_usage_error(parse->command, "at most %d of a kind", FUZZ_CHOICES_MAX);
		chosen[count++] = index;
	}
	*count_out = count;
	return 0;
}

static int take_choice(const struct sim_parse *parse, int id, struct fuzz_choices *choices,
		       const struct sim_policy *(*policy_at)(size_t index))
{
	const struct menu menu = { .what = id == OPT_POLICIES ? "policy" : id == OPT_KERNELS ? "kernel" : "profile",
				   .name_at = id == OPT_POLICIES  ? policy_name_at
					      : id == OPT_KERNELS ? kernel_name_at
								  : profile_name_at,
				   .policy_at = policy_at };
	unsigned chosen[FUZZ_CHOICES_MAX], count = 0;
	int status = take_names(parse, &menu, chosen, &count);

	if (status)
		return status;
	for (unsigned i = 0; i < count; i++) {
		if (id == OPT_POLICIES)
			choices->policies[i] = policy_at(chosen[i]);
		else if (id == OPT_KERNELS)
			choices->kernels[i] = buddy_profile_at(chosen[i]);
		else
			choices->profiles[i] = sim_work_profile_at(chosen[i]);
	}
	*(id == OPT_POLICIES  ? &choices->policy_count
	  : id == OPT_KERNELS ? &choices->kernel_count
			      : &choices->profile_count) = count;
	return 0;
}

static int take_number(const struct sim_parse *parse, const char *option, uint64_t min, uint64_t max, uint64_t *out)
{
	if (!sim_parse_u64(parse->value, max, out) && *out >= min)
		return 0;
	return sim_usage_error(parse->command, "--%s: expected a number from %" PRIu64 " to %" PRIu64 ", found \"%s\"",
			       option, min, max, parse->value);
}

static int take_option(const struct sim_parse *parse, int id, struct arguments *a,
		       const struct sim_policy *(*policy_at)(size_t index))
{
	uint64_t number = 0;
	int status = 0;

	switch (id) {
	case OPT_CPUS:
		status = take_number(parse, "cpus", 1, FUZZ_CPUS_MAX, &number);
		a->fuzz.choices.cpus = (uint32_t)number;
		break;
	case OPT_OPS:
		status = take_number(parse, "ops", 1, NUMBER_MAX, &a->fuzz.ops);
		break;
	case OPT_MINUTES:
		status = take_number(parse, "minutes", 1, 100000, &number);
		a->fuzz.seconds = number * 60;
		break;
	case OPT_JOBS:
		status = take_number(parse, "jobs", 1, JOBS_MAX, &number);
		a->fuzz.jobs = (unsigned)number;
		break;
	case OPT_SEED:
		status = take_number(parse, "seed", 0, UINT64_MAX, &a->fuzz.seed);
		break;
	case OPT_CASE:
		status = take_number(parse, "case", 0, NUMBER_MAX, &a->fuzz.first_case);
		a->fuzz.one_case = true;
		break;
	case OPT_OUT:
		a->fuzz.out_folder = parse->value;
		break;
	case OPT_REPLAY:
		a->replay = parse->value;
		break;
	default:
		status = take_choice(parse, id, &a->fuzz.choices, policy_at);
	}
	return status;
}

/* What was not chosen: everything. */
static void choose_the_rest(struct fuzz_choices *c, const struct sim_policy *(*policy_at)(size_t index))
{
	const struct sim_policy *policy;
	const struct buddy_profile *kernel;
	const struct sim_work_profile *profile;

	for (size_t i = c->policy_count ? FUZZ_CHOICES_MAX : 0; i < FUZZ_CHOICES_MAX && (policy = policy_at(i)); i++)
		c->policies[c->policy_count++] = policy;
	for (size_t i = c->kernel_count ? FUZZ_CHOICES_MAX : 0;
	     i < FUZZ_CHOICES_MAX && (kernel = buddy_profile_at(i)); i++)
		c->kernels[c->kernel_count++] = kernel;
	for (size_t i = c->profile_count ? FUZZ_CHOICES_MAX : 0;
	     i < FUZZ_CHOICES_MAX && (profile = sim_work_profile_at(i)); i++)
		c->profiles[c->profile_count++] = profile;
}

static int read_options(struct sim_parse *parse, struct arguments *a,
			const struct sim_policy *(*policy_at)(size_t index))
{
	int id, status;

	while ((id = sim_option_next(parse)) > 0) {
		a->hunts |= id != OPT_REPLAY && id != OPT_POLICIES;
		status = take_option(parse, id, a, policy_at);
		if (status)
			return status;
	}
	if (id < 0)
		return parse->status;
	if (a->replay && (a->hunts || a->fuzz.choices.policy_count > 1))
		return sim_usage_error(parse->command, "--replay: expected nothing else but one policy: the recording "
				       "says the rest");
	if (a->fuzz.one_case && (a->fuzz.ops || a->fuzz.seconds))
		return sim_usage_error(parse->command, "--case: expected neither --ops nor --minutes: it is one case");
	if (a->fuzz.ops && a->fuzz.seconds)
		return sim_usage_error(parse->command, "expected --ops or --minutes, found both");
	a->fuzz.quiet = parse->quiet;
	return -1;
}

/* --- A recording again --- */

static void print_replay(const struct sim_parse *parse, const char *path, const struct fuzz_opened *opened,
			 const struct fuzz_outcome *o)
{
	const struct fuzz_case *c = &opened->c;
	char where[FUZZ_WHERE_ROOM];
	struct sim_json json;

	if (!parse->json) {
		printf("%s: policy %s, kernel %s, %" PRIu32 " operations\n", path, c->policy->name,
		       c->start.kernel->name, c->op_count);
		if (o->fault && !parse->quiet)
			fuzz_report_ops(c);
		if (o->fault)
			sim_say(stdout, "Violation at %s, kind %s: %s", fuzz_where(where, o),
				fuzz_fault_name(o->fault), o->text);
		else
			printf("no violation\n");
		return;
	}
	sim_json_begin(&json, stdout, "fuzz-replay");
	sim_json_string(&json, "recording", path);
	sim_json_string(&json, "policy", c->policy->name);
	sim_json_string(&json, "kernel", c->start.kernel->name);
	sim_json_u64(&json, "operations", c->op_count);
	sim_report_damage_json(&json, opened->damage.code ? &opened->damage : NULL, c->op_count);
	sim_json_u64(&json, "violations", o->fault != FUZZ_NO_FAULT);
	if (o->fault) {
		sim_json_u64(&json, "operation", o->ops_done);
		sim_json_bool(&json, "at_end", o->at_end);
		sim_json_string(&json, "kind", fuzz_fault_name(o->fault));
		sim_json_string(&json, "text", o->text);
	}
	sim_json_end(&json);
}

static const struct sim_policy *policy_named(const char *name, const struct sim_policy *(*policy_at)(size_t index))
{
	const struct sim_policy *policy;

	for (size_t i = 0; (policy = policy_at(i)); i++)
		if (!strcmp(policy->name, name))
			return policy;
	return NULL;
}

static int run_opened(const struct sim_parse *parse, const char *path, const struct fuzz_opened *opened)
{
	struct fuzz_outcome *outcome = fuzz_share(sizeof(*outcome));
	int status = SIM_EXIT_OK;

	if (!outcome)
		return sim_complain_at(path, "no memory to run it");
	fuzz_run_apart(&opened->c, outcome, NULL, FUZZ_CASE_SECONDS, parse->quiet);
	if (outcome->error) {
		status = sim_complain_at(path, "%s", outcome->text);
	} else {
		print_replay(parse, path, opened, outcome);
		status = opened->damage.code ? SIM_EXIT_INCOMPLETE
			 : outcome->fault    ? SIM_EXIT_DIFFERENT
					     : SIM_EXIT_OK;
	}
	fuzz_unshare(outcome, sizeof(*outcome));
	return status;
}

static int replay(const struct sim_parse *parse, const struct arguments *a,
		  const struct sim_policy *(*policy_at)(size_t index))
{
	struct fuzz_opened opened;
	struct sim_error error = { 0 };
	int status;

	if (fuzz_open(a->replay, &opened, &error))
		return sim_complain(&error);
	if (opened.damage.code)
		sim_complain(&opened.damage);
	opened.c.policy = a->fuzz.choices.policy_count ? a->fuzz.choices.policies[0]
						       : policy_named(opened.note.policy, policy_at);
	if (!opened.c.policy)
		status = sim_complain_at(a->replay, "its policy \"%s\" is not known here", opened.note.policy);
	else
		status = run_opened(parse, a->replay, &opened);
	fuzz_opened_fini(&opened);
	return status;
}

/* --- The hunt --- */

/* The command line, for the recording. */
static void join(char *text, size_t room, const struct sim_parse *parse)
{
	size_t used = (size_t)snprintf(text, room, "pageman");

	for (int i = 0; i < parse->argc && used < room; i++) {
		const char *word = parse->argv[i];

		/* Where it went is nobody's business. */
		if (!strcmp(word, "--out") || !strcmp(word, "-o"))
			i++;
		else if (strncmp(word, "--out=", 6) && strncmp(word, "-o", 2))
			used += (size_t)snprintf(text + used, room - used, " %s", word);
	}
}

/* The command that runs the recording again, fit for a shell. @command: room for five times the path. */
static void print_command(char *command, const char *path)
{
	bool plain = path[strcspn(path, " \t\n\"'\\$`*?[]{}()<>|&;#~!")] == '\0';
	char *at = stpcpy(command, plain ? "pageman fuzz --replay " : "pageman fuzz --replay '");

	for (; *path; path++) {
		if (*path == '\'')
			at = stpcpy(at, "'\\'");
		*at++ = *path;
	}
	strcpy(at, plain ? "" : "'");
}

/* A name that is not taken: other options make another case of the same number. @path: of PATH_ROOM bytes. */
static void name_recording(char *path, const struct fuzz_options *options, uint64_t number)
{
	int length = snprintf(path, PATH_ROOM, "%s/fuzz-%" PRIu64 "-%" PRIu64, options->out_folder, options->seed,
			      number);
	char *end = path + length;

	strcpy(end, ".pgr");
	for (unsigned again = 2; !access(path, F_OK); again++)
		sprintf(end, "-%u.pgr", again);
}

/* Shrinks the case that failed and saves it. Return: an exit code. */
static int keep(const struct sim_parse *parse, const struct arguments *a, const struct fuzz_totals *totals)
{
	struct fuzz_note note = { .seed = a->fuzz.seed, .number = totals->found_case };
	struct sim_error error = { 0 };
	struct fuzz_shrunk shrunk;
	struct fuzz_case c;
	char path[PATH_ROOM], command[5 * PATH_ROOM];
	struct fuzz_found found = { .shrunk = &shrunk, .path = path, .command = command };
	int result = fuzz_draw(&a->fuzz.choices, a->fuzz.seed, totals->found_case, totals->found_ops, &c);

	if (result)
		return sim_complain_at("fuzz", "no memory for case %" PRIu64, totals->found_case);
	name_recording(path, &a->fuzz, totals->found_case);
	print_command(command, path);
	snprintf(note.policy, sizeof(note.policy), "%s", c.policy->name);
	snprintf(note.fault, sizeof(note.fault), "%s", fuzz_fault_name(totals->outcome.fault));
	join(note.command, sizeof(note.command), parse);
	result = fuzz_shrink(&c, &totals->outcome, &a->fuzz, &shrunk);
	if (result)
		sim_fail(&error, result, "no memory to shrink case %" PRIu64, totals->found_case);
	if (!result)
		result = fuzz_save(path, &c, &note, &error);
	fuzz_case_fini(&c);
	if (result) {
		found.path = NULL; /* what was found is told all the same */
		sim_complain(&error);
	}
	if (parse->json)
		fuzz_report_json(&a->fuzz, totals, &found);
	else
		fuzz_report(&a->fuzz, totals, &found);
	return result ? SIM_EXIT_ERROR : SIM_EXIT_DIFFERENT;
}

static void tell_rate(const struct fuzz_totals *t)
{
	char time[32], rate[32];

	fprintf(stderr, "pageman: fuzz: %s, %s operations/s\n", sim_text_duration(time, t->time_ns),
		sim_text_count(rate, t->time_ns ? (uint64_t)((double)t->all.ops * 1e9 / (double)t->time_ns) : 0));
}

static int hunt(const struct sim_parse *parse, const struct arguments *a)
{
	struct sim_error error = { 0 };
	struct fuzz_totals totals;
	struct stat folder;

	/* Before an hour has passed. */
	if (stat(a->fuzz.out_folder, &folder) || !S_ISDIR(folder.st_mode) ||
	    access(a->fuzz.out_folder, W_OK | X_OK))
		return sim_complain_at(a->fuzz.out_folder, "expected a folder to write what is found to");
	if (strlen(a->fuzz.out_folder) + FILE_NAME_ROOM > PATH_ROOM)
		return sim_complain_at(a->fuzz.out_folder, "expected a folder with a name of at most %d characters",
				       PATH_ROOM - FILE_NAME_ROOM);
	if (fuzz_hunt(&a->fuzz, &totals, &error))
		return sim_complain(&error);
	if (!a->fuzz.quiet)
		tell_rate(&totals);
	if (totals.found)
		return keep(parse, a, &totals);
	if (parse->json)
		fuzz_report_json(&a->fuzz, &totals, NULL);
	else
		fuzz_report(&a->fuzz, &totals, NULL);
	return totals.interrupted ? SIM_EXIT_INCOMPLETE : SIM_EXIT_OK;
}

int fuzz_command(struct sim_parse *parse, const struct sim_policy *(*policy_at)(size_t index))
{
	struct arguments a = { .fuzz = { .seed = SEED_USUAL, .jobs = 1, .out_folder = ".",
					 .choices = { .cpus = FUZZ_CPUS_MAX } } };
	struct fuzz_choices *c = &a.fuzz.choices;
	int status = read_options(parse, &a, policy_at);

	if (status >= 0)
		return status;
	if (a.replay)
		return replay(parse, &a, policy_at);
	choose_the_rest(c, policy_at);
	if (!a.fuzz.ops && !a.fuzz.seconds)
		a.fuzz.ops = (uint64_t)c->policy_count * c->kernel_count * c->profile_count * FUZZ_CASE_OPS;
	return hunt(parse, &a);
}

static int run_fuzz(struct sim_parse *parse)
{
	return fuzz_command(parse, sim_policy_at);
}

static const struct sim_option options[] = {
	{ OPT_PROFILES, 'p', "profiles", "NAMES", "patterns to draw from (all; docs/workloads.md)" },
	{ OPT_POLICIES, 0, "policies", "NAMES", "policies to run them under (all)" },
	{ OPT_KERNELS, 'k', "kernels", "NAMES", "kernels to model (all)" },
	{ OPT_CPUS, 0, "cpus", "N", "machines of 1 to N CPUs (4)" },
	{ OPT_OPS, 0, "ops", "N", "operations in all; unless given, one case of every combination" },
	{ OPT_MINUTES, 0, "minutes", "N", "instead, for so long" },
	{ OPT_JOBS, 'j', "jobs", "N", "cases at a time (1)" },
	{ OPT_SEED, 0, "seed", "N", "of all draws (1)" },
	{ OPT_CASE, 0, "case", "N", "this case alone" },
	{ OPT_OUT, 'o', "out", "DIR", "where a recording of what is found goes (.)" },
	{ OPT_REPLAY, 0, "replay", "FILE", "run such a recording again" },
	{ 0, 0, NULL, NULL, NULL },
};

static const char *const examples[] = {
	"pageman fuzz", "every pattern under every policy on every kernel, once",
	"pageman fuzz --minutes 60 --jobs 2 --seed 7 --out found", "for an hour on two processors",
	"pageman fuzz --profiles near-oom --policies lazy,nest --ops 1000000", "some of them",
	"pageman fuzz --replay found/fuzz-7-120.pgr", "once more what was found",
	NULL,
};

const struct sim_command cmd_fuzz = {
	.name = "fuzz",
	.summary = "Random patterns against a slow second allocator; what fails is made small",
	.usage = "[options]",
	.details = "A case is a machine (zones, CPUs, per-CPU lists, pageblocks), a policy and 3,000 operations, all "
		   "drawn from the seed and the case's number: requests and frees of the workload generator, drains, "
		   "folded counters, changed limits and watermarks, isolated and moved blocks, pressure. After each "
		   "operation frames, lists, counters and sums are compared with a slow reference allocator and a "
		   "record of who owns which frame; at the end everything is given back and the zones have to be as at "
		   "first. The first violation ends it: the case is shrunk until every operation is needed and saved "
		   "as a recording, which info and replay read too. The same seed and --ops give the same output, "
		   "whatever --jobs. Here exit code 3 is a violation and 4 a partial result: after a signal, or of a "
		   "damaged recording.",
	.options = options,
	.has_json = true,
	.has_quiet = true,
	.arguments_max = 0,
	.examples = examples,
	.run = run_fuzz,
};
