// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a hunt found, for people and as JSON.
 *
 * Interface: fuzz_report, fuzz_report_json, fuzz_report_ops, fuzz_where (fuzz.h).
 * Invariant: standard output depends on what was run and not on how long that took.
 */
#include <inttypes.h>
#include <string.h>

#include "fuzz.h"
#include "json.h"
#include "table.h"

enum dimension { BY_PROFILE, BY_POLICY, BY_KERNEL, DIMENSION_COUNT };

static const char *const dimension_names[DIMENSION_COUNT] = { "profile", "policy", "kernel" };

static unsigned dimension_size(const struct fuzz_choices *c, enum dimension d)
{
	return d == BY_PROFILE ? c->profile_count : d == BY_POLICY ? c->policy_count : c->kernel_count;
}

static const char *choice_name(const struct fuzz_choices *c, enum dimension d, unsigned i)
{
	return d == BY_PROFILE ? c->profiles[i]->name : d == BY_POLICY ? c->policies[i]->name : c->kernels[i]->name;
}

static const struct fuzz_count *count_of(const struct fuzz_totals *t, enum dimension d, unsigned i)
{
	return d == BY_PROFILE ? &t->by_profile[i] : d == BY_POLICY ? &t->by_policy[i] : &t->by_kernel[i];
}

static void print_table(const struct fuzz_choices *choices, const struct fuzz_totals *t)
{
	struct sim_table table;

	sim_table_init(&table, "<by|<name|cases|operations|found no block");
	for (unsigned d = 0; d < DIMENSION_COUNT; d++)
		for (unsigned i = 0; i < dimension_size(choices, (enum dimension)d); i++) {
			const struct fuzz_count *count = count_of(t, (enum dimension)d, i);
			char cases[32], ops[32], failures[32];

			sim_table_row(&table, "%s|%s|%s|%s|%s", i ? "" : dimension_names[d],
				      choice_name(choices, (enum dimension)d, i), sim_text_count(cases, count->cases),
				      sim_text_count(ops, count->ops), sim_text_count(failures, count->failures));
		}
	sim_table_print(&table, stdout);
}

static void print_work(const struct fuzz_op *op)
{
	static const char *const types[] = { "unmovable", "movable", "reclaimable" };
	static const char *const urgencies[FUZZ_URGENCY_COUNT] = { "", ", atomic", ", no wait" };
	const struct sim_work_op *work = &op->work;

	if (work->kind == SIM_WORK_FREE)
		printf("free #%" PRIu32 "%s\n", work->id, work->stray ? ", past the policy if it has a size" : "");
	else if (work->sized)
		printf("request #%" PRIu32 ": %u pages of an order %u block, %s%s\n", work->id, (unsigned)work->pages,
		       (unsigned)work->order, types[work->type], urgencies[op->urgency]);
	else
		printf("request #%" PRIu32 ": a block of order %u, %s%s\n", work->id, (unsigned)work->order,
		       types[work->type], urgencies[op->urgency]);
}

static void print_other(const struct fuzz_op *op)
{
	const uint64_t *v = op->value;

	switch ((enum fuzz_op_kind)op->kind) {
	case FUZZ_ISOLATE:
		printf("isolate #%" PRIu32 ": the free block around 0x%" PRIx64 "\n", op->work.id, v[0]);
		break;
	case FUZZ_PUTBACK:
		printf("put back #%" PRIu32 "\n", op->work.id);
		break;
	case FUZZ_DRAIN:
		printf("drain the lists of CPU %" PRIu64 ", zone %" PRIu64 "\n", v[1], v[0]);
		break;
	case FUZZ_FOLD:
		printf("fold counters\n");
		break;
	case FUZZ_DECAY:
		printf("decay the lists of zone %" PRIu64 "\n", v[0]);
		break;
	case FUZZ_RECLAIM:
		printf("pressure: the policy gives back what it holds\n");
		break;
	case FUZZ_PCP_LIMITS:
		printf("zone %" PRIu64 ": per-CPU high %" PRIu64 " (%" PRIu64 " to %" PRIu64 "), batch %" PRIu64 "\n",
		       v[0], v[1], v[3], v[4], v[2]);
		break;
	case FUZZ_MARKS:
		printf("zone %" PRIu64 ": watermarks %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", boost %" PRIu64 "\n",
		       v[0], v[1], v[2], v[3], v[4]);
		break;
	case FUZZ_KSWAPD:
		printf("kswapd %s\n", v[0] ? "begins" : "ends");
		break;
	case FUZZ_MOVE_BLOCK:
		printf("the pageblock of 0x%" PRIx64 " becomes type %u\n", v[0], (unsigned)op->work.type);
		break;
	default:
		printf("a reserved pageblock goes back%s\n", v[0] ? ", by force" : "");
	}
}

void fuzz_report_ops(const struct fuzz_case *c)
{
	for (uint32_t i = 0; i < c->op_count; i++) {
		printf("%7" PRIu32 "  CPU %u  ", i + 1, (unsigned)c->ops[i].work.cpu);
		if (c->ops[i].kind == FUZZ_WORK)
			print_work(&c->ops[i]);
		else
			print_other(&c->ops[i]);
	}
}

const char *fuzz_where(char *room, const struct fuzz_outcome *outcome)
{
	if (outcome->at_end)
		snprintf(room, FUZZ_WHERE_ROOM, "the end, when everything is given back");
	else
		snprintf(room, FUZZ_WHERE_ROOM, "operation %" PRIu32, outcome->ops_done);
	return room;
}

static void print_found(const struct fuzz_options *options, const struct fuzz_totals *t,
			const struct fuzz_found *found)
{
	char before[32], after[32], runs[32], all[32], where[FUZZ_WHERE_ROOM];

	printf("\n");
	sim_heading(stdout, "Violation");
	sim_say(stdout, "Case %" PRIu64 " of %s operations, at %s, kind %s: %s", t->found_case,
		sim_text_count(all, t->found_ops), fuzz_where(where, &t->outcome), fuzz_fault_name(t->outcome.fault),
		t->outcome.text);
	sim_say(stdout, "Shrunk from %s operations to %s in %s runs%s, at %s: %s",
		sim_text_count(before, found->shrunk->ops_before), sim_text_count(after, found->shrunk->ops_after),
		sim_text_count(runs, found->shrunk->runs), found->shrunk->cut_short ? ", not to the end" : "",
		fuzz_where(where, &found->shrunk->outcome), found->shrunk->outcome.text);
	if (found->path)
		printf("  Saved as %s; to see it again:\n\n    %s\n", found->path, found->command);
	else
		sim_say(stdout, "Not saved. With the same policies, kernels, profiles and CPUs --seed %" PRIu64
			" --case %" PRIu64 " finds it again.", options->seed, t->found_case);
}

void fuzz_report(const struct fuzz_options *options, const struct fuzz_totals *t, const struct fuzz_found *found)
{
	char cases[32], ops[32], extras[32];

	printf("seed %" PRIu64 ": %s case%s, %s operation%s%s\n", options->seed, sim_text_count(cases, t->all.cases),
	       t->all.cases == 1 ? "" : "s", sim_text_count(ops, t->all.ops), t->all.ops == 1 ? "" : "s",
	       t->interrupted ? "; interrupted" : "");
	sim_say(stdout, "Of these %s are no requests or frees: drains, folded counters, changed settings, isolated and "
		"moved blocks, pressure.", sim_text_count(extras, t->extras));
	printf("\n");
	print_table(&options->choices, t);
	if (found)
		print_found(options, t, found);
	else
		printf("no violation\n");
}

static void json_table(struct sim_json *json, const struct fuzz_choices *choices, const struct fuzz_totals *t,
		       enum dimension d)
{
	sim_json_array(json, dimension_names[d]);
	for (unsigned i = 0; i < dimension_size(choices, d); i++) {
		const struct fuzz_count *count = count_of(t, d, i);

		sim_json_object(json, NULL);
		sim_json_string(json, "name", choice_name(choices, d, i));
		sim_json_u64(json, "cases", count->cases);
		sim_json_u64(json, "operations", count->ops);
		sim_json_u64(json, "failures", count->failures);
		sim_json_object_end(json);
	}
	sim_json_array_end(json);
}

static void json_found(struct sim_json *json, const struct fuzz_totals *t, const struct fuzz_found *found)
{
	sim_json_object(json, "violation");
	sim_json_u64(json, "case", t->found_case);
	sim_json_string(json, "kind", fuzz_fault_name(t->outcome.fault));
	sim_json_string(json, "text", t->outcome.text);
	sim_json_u64(json, "operation", t->outcome.ops_done);
	sim_json_bool(json, "at_end", t->outcome.at_end);
	sim_json_u64(json, "operations_before", found->shrunk->ops_before);
	sim_json_u64(json, "operations_after", found->shrunk->ops_after);
	sim_json_u64(json, "shrink_runs", found->shrunk->runs);
	sim_json_bool(json, "shrink_complete", !found->shrunk->cut_short);
	sim_json_u64(json, "shrunk_operation", found->shrunk->outcome.ops_done);
	sim_json_bool(json, "shrunk_at_end", found->shrunk->outcome.at_end);
	sim_json_string(json, "shrunk_text", found->shrunk->outcome.text);
	sim_json_string(json, "recording", found->path);
	sim_json_string(json, "command", found->path ? found->command : NULL);
	sim_json_object_end(json);
}

void fuzz_report_json(const struct fuzz_options *options, const struct fuzz_totals *t, const struct fuzz_found *found)
{
	struct sim_json json;

	sim_json_begin(&json, stdout, "fuzz");
	sim_json_u64(&json, "seed", options->seed);
	sim_json_u64(&json, "cases", t->all.cases);
	sim_json_u64(&json, "operations", t->all.ops);
	sim_json_u64(&json, "other_operations", t->extras);
	sim_json_u64(&json, "failures", t->all.failures);
	sim_json_bool(&json, "interrupted", t->interrupted);
	for (unsigned d = 0; d < DIMENSION_COUNT; d++)
		json_table(&json, &options->choices, t, (enum dimension)d);
	sim_json_u64(&json, "violations", found != NULL);
	if (found)
		json_found(&json, t, found);
	sim_json_end(&json);
}
