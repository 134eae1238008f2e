/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of `pageman fuzz` share.
 *
 * Role: random allocation patterns under every policy on every kernel's model, each operation judged by the slow
 * reference allocator (tests/oracle/ref.h) and by a record of who owns which frame (tests/oracle/owners.h).
 * Interface, in the order of the work: draw.c draws a case from a seed and its number; start.c makes the machine that
 * it starts on; world.c executes it under judgement, mirror.c is what tells the reference; child.c does so in a process
 * of its own; hunt.c runs cases until one fails; shrink.c makes that one small; recording.c writes and reads it;
 * report.c prints; command.c is the command, its policies given by the caller so that tests can bring a broken one.
 * Invariant: a case follows from the seed, its number and the options alone. Its outcome follows from the case.
 *
 *     draw(seed, number) --> case --> child: start, world --> verdict ... the first that fails --> shrink --> recording
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <buddy/buddy.h>
#include <rec/snapshot.h>

#include "command.h"
#include "load.h"
#include "policy.h"
#include "workload.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FUZZ_CPUS_MAX 4
#define FUZZ_ZONES_MAX 2
#define FUZZ_CASE_OPS 3000
#define FUZZ_CHOICES_MAX 32

/* --- A case ------------------------------------------------------------------------------------------------- */

enum fuzz_op_kind {
	FUZZ_WORK,       /* work: a request or a free */
	FUZZ_ISOLATE,    /* the free block around frame value[0], whatever its order; it gets work.id */
	FUZZ_PUTBACK,    /* work.id's block, to the lists of its pageblock's type */
	FUZZ_DRAIN,      /* of zone value[0] the lists of CPU value[1] */
	FUZZ_FOLD,       /* the counter differences of work.cpu */
	FUZZ_DECAY,      /* the idle lists of work.cpu in zone value[0] */
	FUZZ_RECLAIM,    /* memory is short: the policy gives back what it holds */
	FUZZ_PCP_LIMITS, /* zone value[0]: high, batch, high_min, high_max */
	FUZZ_MARKS,      /* zone value[0]: min, low, high, boost */
	FUZZ_KSWAPD,     /* begins (value[0]) or ends */
	FUZZ_MOVE_BLOCK, /* the pageblock of frame value[0] gets type work.type */
	FUZZ_UNRESERVE,  /* a pageblock of the atomic reserve goes back, value[0]: by force */
	FUZZ_OP_KIND_COUNT
};

/* How the task asks: GFP bits besides the mobility. */
enum fuzz_urgency { FUZZ_MAY_SLEEP, FUZZ_ATOMIC, FUZZ_NO_WAIT, FUZZ_URGENCY_COUNT };

struct fuzz_op {
	uint8_t kind;    /* enum fuzz_op_kind */
	uint8_t urgency; /* FUZZ_WORK, of a request */
	struct sim_work_op work;
	uint64_t value[5];
};

/* The machine at the start: all of its memory is free. */
struct fuzz_start {
	const struct buddy_profile *kernel;
	uint32_t cpu_count;
	uint32_t pageblock_order;
	bool with_cma;
	bool pcp;             /* per-CPU lists; else they hold nothing */
	uint32_t zone_count;
	struct {
		uint32_t type; /* enum buddy_zone_type */
		uint64_t start_pfn, pages;
	} zones[FUZZ_ZONES_MAX];
};

struct fuzz_case {
	uint64_t number;
	const struct sim_policy *policy;
	const char *profile;  /* of the workload; "" when it was read from a file */
	struct fuzz_start start;
	struct rec_snapshot *snapshot; /* a recording's, in place of `start`; the caller's; NULL: none */
	uint32_t id_count;
	struct fuzz_op *ops;
	uint32_t op_count;
};

/* What may be chosen among. */
struct fuzz_choices {
	const struct sim_policy *policies[FUZZ_CHOICES_MAX];
	unsigned policy_count;
	const struct buddy_profile *kernels[FUZZ_CHOICES_MAX];
	unsigned kernel_count;
	const struct sim_work_profile *profiles[FUZZ_CHOICES_MAX];
	unsigned profile_count;
	uint32_t cpus; /* at most so many, 1..FUZZ_CPUS_MAX */
};

/*
 * Case @number of @seed, of @op_count operations. Neighbours differ in policy, then kernel, then profile; every
 * combination comes once in policies x kernels x profiles cases. Return: 0 or -ENOMEM; release with fuzz_case_fini.
 */
int fuzz_draw(const struct fuzz_choices *choices, uint64_t seed, uint64_t number, uint32_t op_count,
	      struct fuzz_case *out);
void fuzz_case_fini(struct fuzz_case *c);

/* --- Its start ---------------------------------------------------------------------------------------------- */

/* The tagged records of a snapshot of the machine, malloc'ed. Return: 0 or negative with @error. */
int fuzz_start_records(const struct fuzz_start *start, void **bytes_out, size_t *length_out, struct sim_error *error);

/* --- Its run ------------------------------------------------------------------------------------------------ */

enum fuzz_fault {
	FUZZ_NO_FAULT = 0,
	FUZZ_FAULT_REFERENCE, /* the reference does or gives something else */
	FUZZ_FAULT_STATE,     /* the reference's lists, frames or counters are others */
	FUZZ_FAULT_OWNER,     /* a frame belongs to two, or to nobody */
	FUZZ_FAULT_SUMS,      /* the account does not add up */
	FUZZ_FAULT_REFUSED,   /* the model refused a free or a policy failed */
	FUZZ_FAULT_CHECK,     /* an invariant of the model, the ledger or a stash does not hold */
	FUZZ_FAULT_END,       /* everything was given back and the zones are not as at first */
	FUZZ_FAULT_CRASH,     /* the process died */
	FUZZ_FAULT_HANG,      /* it took too long */
	FUZZ_FAULT_COUNT
};

const char *fuzz_fault_name(enum fuzz_fault fault);

/* What became of a case; in memory that parent and child share. */
struct fuzz_outcome {
	bool finished;          /* the child came to the end or to a fault */
	enum fuzz_fault fault;
	uint32_t ops_done;      /* a fault's operation is number ops_done - 1 */
	bool at_end;            /* it showed behind the last one, while everything was given back */
	uint64_t requests, failures; /* of blocks; failures found none */
	uint64_t extras;        /* operations other than requests and frees that did something */
	char text[400];         /* what is wrong; or why the case could not be run, when error is set */
	int error;              /* negative: the case could not be run */
};

/* What an operation did, for the recording. */
struct fuzz_step {
	bool done;     /* it was executed; else skipped: its id was not alive, or alive already */
	uint8_t order; /* of its block */
	uint64_t pfn;  /* of its block; BUDDY_NO_PFN: none */
};

/* Executes the case in this process. @steps: one per operation, or NULL. */
void fuzz_run(const struct fuzz_case *c, struct fuzz_outcome *outcome, struct fuzz_step *steps);

/* --- In a process of its own -------------------------------------------------------------------------------- */

#define FUZZ_CASE_SECONDS 60 /* a case takes well below one second; under sanitizers and load a few */
#define FUZZ_SHRINK_SECONDS 600

/* Memory that children see. Return: NULL without it. */
void *fuzz_share(size_t bytes);
void fuzz_unshare(void *memory, size_t bytes);

/*
 * Forks a child that runs the case, for @seconds at most. @quiet: its standard error is of no interest. Return: its id
 * or -errno.
 */
int fuzz_child_begin(const struct fuzz_case *c, struct fuzz_outcome *outcome, struct fuzz_step *steps, unsigned seconds,
		     bool quiet);
/* Completes the outcome of a child that ended with the wait(2) status @status. */
void fuzz_child_end(struct fuzz_outcome *outcome, int status);
/* Both, and waits. */
void fuzz_run_apart(const struct fuzz_case *c, struct fuzz_outcome *outcome, struct fuzz_step *steps, unsigned seconds,
		    bool quiet);

/* --- The hunt ----------------------------------------------------------------------------------------------- */

struct fuzz_options {
	struct fuzz_choices choices;
	uint64_t seed;
	uint64_t ops;          /* of all cases; 0: until the time is over */
	uint64_t seconds;      /* 0: no limit */
	bool one_case;         /* only `first_case` */
	uint64_t first_case;
	unsigned jobs;
	bool quiet;
	const char *out_folder;
};

struct fuzz_count {
	uint64_t cases, ops, failures;
};

struct fuzz_totals {
	struct fuzz_count all;
	struct fuzz_count by_policy[FUZZ_CHOICES_MAX], by_kernel[FUZZ_CHOICES_MAX], by_profile[FUZZ_CHOICES_MAX];
	uint64_t extras;
	uint64_t time_ns;
	bool interrupted;
	bool found;                 /* a fault, of this case: */
	uint64_t found_case;
	uint32_t found_ops;         /* operations that the case has */
	struct fuzz_outcome outcome;
};

/*
 * Runs cases in ascending order on options->jobs processes until one fails. The totals cover the cases up to the first
 * that failed, whatever else had begun. Return: 0 or negative with @error.
 */
int fuzz_hunt(const struct fuzz_options *options, struct fuzz_totals *totals, struct sim_error *error);

/* --- Afterwards --------------------------------------------------------------------------------------------- */

struct fuzz_shrunk {
	uint32_t ops_before, ops_after;
	uint32_t runs;
	bool cut_short; /* by the limit on runs or on time, or by a signal; smaller ones may exist */
	struct fuzz_outcome outcome; /* of the small case */
};

/*
 * Makes the case small in place: as few operations as have a fault of the same kind, so that no single one can be left
 * out, then a simpler machine, then simpler operations. The frees and drains of the end are made operations before,
 * when the fault is in one of them. Return: 0, or -ENOMEM with the case still one that fails.
 */
int fuzz_shrink(struct fuzz_case *c, const struct fuzz_outcome *outcome, const struct fuzz_options *options,
		struct fuzz_shrunk *out);

/* What a recording of ours says beyond snapshot and events. */
struct fuzz_note {
	char policy[32];
	uint64_t seed, number;
	char fault[16];
	char command[512]; /* that found it */
};

/* Writes a case that fails, with its machine at the start and what each operation did. Return: 0 or negative. */
int fuzz_save(const char *path, const struct fuzz_case *c, const struct fuzz_note *note, struct sim_error *error);

/* A case read back. */
struct fuzz_opened {
	struct fuzz_note note;
	struct rec_snapshot snapshot;
	struct fuzz_case c;    /* without a policy */
	struct sim_error damage; /* code 0: none; else the case is what came before it */
};

/*
 * A recording whose events are damaged gives the operations before the damage. Return: 0, -EINVAL (none of ours), or
 * negative with @error; release with fuzz_opened_fini.
 */
int fuzz_open(const char *path, struct fuzz_opened *out, struct sim_error *error);
void fuzz_opened_fini(struct fuzz_opened *opened);

struct fuzz_found {
	const struct fuzz_shrunk *shrunk;
	const char *path;    /* of the recording; NULL: it could not be saved */
	const char *command; /* that reproduces it */
};

#define FUZZ_WHERE_ROOM 80
/* "operation 7", or that it was at the end. @room: of FUZZ_WHERE_ROOM bytes. Return: @room. */
const char *fuzz_where(char *room, const struct fuzz_outcome *outcome);
/* The operations of a case, one a line. */
void fuzz_report_ops(const struct fuzz_case *c);
/* @found: NULL when nothing was. */
void fuzz_report(const struct fuzz_options *options, const struct fuzz_totals *totals, const struct fuzz_found *found);
void fuzz_report_json(const struct fuzz_options *options, const struct fuzz_totals *totals,
		      const struct fuzz_found *found);

/* The command's run, with the policies that there are: @policy_at as sim_policy_at. */
int fuzz_command(struct sim_parse *parse, const struct sim_policy *(*policy_at)(size_t index));

#ifdef __cplusplus
}
#endif
#endif
