// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Executes a case, and judges every operation.
 *
 * After each operation: what the reference says of it, who owns its frames, the sums of the account, and the
 * reference's whole state against the model's. Now and then, and at the end: every frame's owner, every free block's
 * size, and the checks of the model, the ledger and the stashes. In the end all is given back, and the zones are as at
 * first.
 *
 * Interface: fuzz_run, fuzz_fault_name (fuzz.h).
 * Invariant: an operation that has no meaning, because of one that was left out before, is skipped.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "held.h"
#include "mirror.h"
#include "owners.h"

#define CHECK_EVERY 64

struct world {
	const struct fuzz_case *c;
	struct fuzz_outcome *out;
	struct sim_machine machine;
	struct sim_drive drive;
	struct fuzz_mirror mirror;
	struct oracle owners;
	uint32_t gfp[BUDDY_PCP_TYPE_COUNT]; /* of a task that may sleep */
	uint64_t blocks_at_start[BUDDY_ZONE_COUNT_MAX][BUDDY_ORDER_COUNT];
};

const char *fuzz_fault_name(enum fuzz_fault fault)
{
	static const char *const names[FUZZ_FAULT_COUNT] = { "none", "reference", "state", "owner", "sums", "refused",
							     "check", "end", "crash", "hang" };

	return names[fault];
}

static bool fail(struct world *w, enum fuzz_fault fault, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Keeps the first fault. Return: false. */
static bool fail(struct world *w, enum fuzz_fault fault, const char *format, ...)
{
	va_list arguments;

	if (w->out->fault)
		return false;
	w->out->fault = fault;
	va_start(arguments, format);
	vsnprintf(w->out->text, sizeof(w->out->text), format, arguments);
	va_end(arguments);
	return false;
}

/* --- The beginning --- */

static enum oracle_rest rest_of(const struct sim_policy *policy)
{
	if (policy->fit == sim_policy_none.fit)
		return ORACLE_KEEPS_WITH_BLOCK;
	return policy->held ? ORACLE_HOLDS : ORACLE_GIVES_BACK;
}

static int load(struct world *w, struct sim_error *error)
{
	struct rec_snapshot own = { 0 };
	const struct rec_snapshot *snapshot = w->c->snapshot ? w->c->snapshot : &own;
	struct rec_error cause = { 0 };
	void *records = NULL;
	size_t length = 0;
	int result = 0;

	if (!w->c->snapshot) {
		result = fuzz_start_records(&w->c->start, &records, &length, error);
		if (!result && rec_snapshot_parse(records, length, &own, &cause))
			result = sim_fail_rec(error, "", &cause);
		free(records);
	}
	if (!result)
		result = sim_machine_load(&w->machine, snapshot, NULL, error);
	if (!result && fuzz_mirror_init(&w->mirror, &w->machine, snapshot->kernel.migratetype_count > 5))
		result = sim_fail(error, -ENOMEM, "no memory for the reference");
	rec_snapshot_free(&own);
	return result;
}

/* Requests for atomic use reserve pageblocks, which do not merge with others. */
static bool has_atomic(const struct fuzz_case *c)
{
	for (uint32_t i = 0; i < c->op_count; i++)
		if (c->ops[i].kind == FUZZ_WORK && c->ops[i].urgency == FUZZ_ATOMIC)
			return true;
	return false;
}

static int begin(struct world *w, struct sim_error *error)
{
	int result = load(w, error);

	if (!result)
		result = sim_drive_init(&w->drive, &w->machine, w->c->policy, w->c->id_count, false, error);
	if (result)
		return result;
	for (uint32_t id = 0; id < w->c->id_count; id++)
		w->drive.blocks[id] = (struct sim_drive_block){ .pfn = BUDDY_NO_PFN };
	memcpy(w->gfp, w->drive.gfp, sizeof(w->gfp));
	w->drive.host.tap = &w->mirror.tap;
	if (!oracle_init(&w->owners, w->machine.buddy, w->machine.zones, w->machine.zone_count, w->machine.cpu_count,
			 w->c->id_count, rest_of(w->c->policy)))
		return sim_fail(error, -ENOMEM, "no memory for the owners");
	if (has_atomic(w->c))
		w->owners.unmerged_order = w->machine.pageblock_order;
	for (uint32_t zone = 0; zone < w->machine.zone_count; zone++)
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
			w->blocks_at_start[zone][order] = buddy_nr_free(w->machine.buddy, zone, order);
	return 0;
}

static void finish(struct world *w)
{
	oracle_fini(&w->owners);
	sim_drive_fini(&w->drive);
	fuzz_mirror_fini(&w->mirror);
	sim_machine_unload(&w->machine);
}

/* --- Judgement --- */

static bool check_own(struct world *w)
{
	char message[300] = "the model's check failed";

	if (!buddy_check(w->machine.buddy, message, sizeof(message)))
		return fail(w, FUZZ_FAULT_CHECK, "model: %s", message);
	if (!pageman_ledger_check(&w->drive.sized.ledger))
		return fail(w, FUZZ_FAULT_CHECK, "the ledger's check failed");
	if (w->c->policy->held == sim_held_pages) {
		const struct sim_held *held = w->drive.host.state;

		for (unsigned i = 0; i < held->class_count; i++)
			if (!pageman_stash_check(&held->classes[i].stash))
				return fail(w, FUZZ_FAULT_CHECK, "a stash's check failed");
	}
	return true;
}

static bool check_all(struct world *w)
{
	if (!oracle_check_all(&w->owners))
		return fail(w, FUZZ_FAULT_OWNER, "%s", w->owners.wrong);
	return check_own(w);
}

static bool judge(struct world *w)
{
	const struct sim_host *host = &w->drive.host;
	struct oracle_account account = { host->account.taken_pages, host->account.rounded_pages, sim_host_held(host),
					  sim_host_saved(host) };

	if (w->mirror.differs)
		return fail(w, FUZZ_FAULT_REFERENCE, "%s", w->mirror.text);
	if (w->drive.totals.refused.count)
		return fail(w, FUZZ_FAULT_REFUSED, "the block of frame %" PRIu64 ", order %u, was refused",
			    w->drive.totals.refused.first_pfn, w->drive.totals.refused.first_order);
	if (!oracle_check_sums(&w->owners, &account))
		return fail(w, FUZZ_FAULT_SUMS, "%s", w->owners.wrong);
	if (!fuzz_mirror_same(&w->mirror))
		return fail(w, FUZZ_FAULT_STATE, "%s", w->mirror.text);
	return w->out->ops_done % CHECK_EVERY ? true : check_all(w);
}

/* --- Operations --- */

static bool is_alive(const struct world *w, uint32_t id)
{
	return sim_drive_block(&w->drive, id)->pfn != BUDDY_NO_PFN;
}

static void set_gfp(struct world *w, enum fuzz_urgency urgency)
{
	const struct buddy_gfp_bits *bits = &w->machine.profile->gfp;

	for (unsigned type = 0; type < BUDDY_PCP_TYPE_COUNT; type++) {
		uint32_t gfp = w->gfp[type];

		if (urgency != FUZZ_MAY_SLEEP)
			gfp &= ~(bits->direct_reclaim | bits->io);
		if (urgency == FUZZ_ATOMIC)
			gfp |= bits->high | bits->atomic;
		w->drive.gfp[type] = gfp;
	}
}

static void request(struct world *w, const struct fuzz_op *op)
{
	const struct sim_work_op *work = &op->work;
	const struct sim_drive_block *block;

	set_gfp(w, (enum fuzz_urgency)op->urgency);
	sim_drive_op(&w->drive, w->out->ops_done, work);
	block = sim_drive_block(&w->drive, work->id);
	w->out->requests++;
	w->out->failures += block->pfn == BUDDY_NO_PFN;
	if (block->pfn != BUDDY_NO_PFN &&
	    (!oracle_got(&w->owners, work->id, block->pfn, work->pages, work->order, work->sized) ||
	     !oracle_check_frames(&w->owners, block->pfn, work->pages, true)))
		fail(w, FUZZ_FAULT_OWNER, "%s", w->owners.wrong);
}

static void free_it(struct world *w, const struct sim_work_op *work)
{
	struct oracle_live before = w->owners.live[work->id];

	sim_drive_op(&w->drive, w->out->ops_done, work);
	if (!oracle_freed(&w->owners, work->id) || !oracle_check_frames(&w->owners, before.pfn, before.pages, false))
		fail(w, FUZZ_FAULT_OWNER, "%s", w->owners.wrong);
}

/* Whatever the operation says of a block that is alive follows from its request: an operation may have lost its own. */
static bool do_work(struct world *w, const struct fuzz_op *op)
{
	struct sim_work_op work = op->work;
	const struct sim_drive_block *block = sim_drive_block(&w->drive, work.id);

	if (is_alive(w, work.id) == (work.kind == SIM_WORK_ALLOC))
		return false;
	if (work.kind == SIM_WORK_ALLOC) {
		request(w, op);
		return true;
	}
	work.pages = (uint16_t)w->owners.live[work.id].pages;
	work.sized = block->sized != NULL;
	work.stray = work.sized && work.stray;
	free_it(w, &work);
	return true;
}

static bool do_isolate(struct world *w, const struct fuzz_op *op)
{
	struct sim_drive_block *block = &w->drive.blocks[op->work.id];
	uint64_t head_pfn;
	unsigned order;

	/* Compaction and reporting do not take what is larger than a pageblock. */
	if (is_alive(w, op->work.id) ||
	    buddy_frame_state(w->machine.buddy, op->value[0], &head_pfn, &order) != BUDDY_FRAME_FREE ||
	    order > w->machine.pageblock_order ||
	    fuzz_mirror_isolate(&w->mirror, op->work.cpu, head_pfn, order))
		return false;
	*block = (struct sim_drive_block){ .pfn = head_pfn, .order = (uint8_t)order };
	if (!oracle_got(&w->owners, op->work.id, head_pfn, 1u << order, order, false) ||
	    !oracle_check_frames(&w->owners, head_pfn, 1u << order, true))
		fail(w, FUZZ_FAULT_OWNER, "%s", w->owners.wrong);
	return true;
}

static bool do_putback(struct world *w, const struct fuzz_op *op)
{
	struct sim_drive_block *block = &w->drive.blocks[op->work.id];
	struct sim_drive_block before = *block;

	if (!is_alive(w, op->work.id))
		return false;
	*block = (struct sim_drive_block){ .pfn = BUDDY_NO_PFN };
	if (fuzz_mirror_putback(&w->mirror, op->work.cpu, before.pfn, before.order,
				buddy_pageblock_type(w->machine.buddy, before.pfn)))
		fail(w, FUZZ_FAULT_REFUSED, "putting back frame %" PRIu64 ", order %u, was refused", before.pfn,
		     (unsigned)before.order);
	else if (!oracle_freed(&w->owners, op->work.id) ||
		 !oracle_check_frames(&w->owners, before.pfn, 1u << before.order, false))
		fail(w, FUZZ_FAULT_OWNER, "%s", w->owners.wrong);
	return true;
}

static int set_limits(struct world *w, const struct fuzz_op *op)
{
	int result = 0;

	for (uint32_t cpu = 0; cpu < w->machine.cpu_count && !result; cpu++) {
		struct buddy_pcp_tuning t;

		buddy_pcp_tuning_get(w->machine.buddy, (uint32_t)op->value[0], cpu, &t);
		t.high_pages = (uint32_t)op->value[1];
		t.batch_pages = (uint32_t)op->value[2];
		t.high_min_pages = (uint32_t)op->value[3];
		t.high_max_pages = (uint32_t)op->value[4];
		result = fuzz_mirror_pcp_tune(&w->mirror, (uint32_t)op->value[0], cpu, &t);
	}
	return result;
}

static int set_marks(struct world *w, const struct fuzz_op *op)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(w->machine.buddy, (uint32_t)op->value[0], &t);
	for (unsigned mark = BUDDY_MARK_MIN; mark <= BUDDY_MARK_HIGH; mark++)
		t.mark_pages[mark] = op->value[1 + mark];
	t.mark_pages[BUDDY_MARK_PROMO] = 2 * t.mark_pages[BUDDY_MARK_HIGH] - t.mark_pages[BUDDY_MARK_LOW];
	t.boost_pages = op->value[4];
	return fuzz_mirror_zone_tune(&w->mirror, (uint32_t)op->value[0], &t);
}

static int set_kswapd(struct world *w, const struct fuzz_op *op)
{
	int result = 0;

	for (uint32_t zone = 0; zone < w->machine.zone_count && !result; zone++) {
		struct buddy_zone_tuning t;

		buddy_zone_tuning_get(w->machine.buddy, zone, &t);
		t.reclaim_active = op->value[0];
		result = fuzz_mirror_zone_tune(&w->mirror, zone, &t);
	}
	return result;
}

static bool do_setting(struct world *w, const struct fuzz_op *op)
{
	int result = op->kind == FUZZ_PCP_LIMITS ? set_limits(w, op)
		     : op->kind == FUZZ_MARKS	 ? set_marks(w, op)
						 : set_kswapd(w, op);

	if (result)
		fail(w, FUZZ_FAULT_REFUSED, "a change of settings was refused: %s", strerror(-result));
	return true;
}

/* Kernels change the type of a pageblock inside of a larger free block only with all of that block. */
static bool do_move(struct world *w, const struct fuzz_op *op)
{
	uint64_t head_pfn;
	unsigned order;

	if (buddy_frame_state(w->machine.buddy, op->value[0], &head_pfn, &order) == BUDDY_FRAME_FREE &&
	    order > w->machine.pageblock_order)
		return false;
	if (fuzz_mirror_move_block(&w->mirror, op->value[0], op->work.type) == -EINVAL)
		fail(w, FUZZ_FAULT_REFUSED, "the move of a pageblock was refused");
	return true;
}

static bool do_lists(struct world *w, const struct fuzz_op *op)
{
	struct buddy_request movable = { .gfp = w->gfp[BUDDY_MOVABLE], .cpu = op->work.cpu };
	int result = 0;

	switch (op->kind) {
	case FUZZ_DRAIN:
		result = fuzz_mirror_drain(&w->mirror, op->work.cpu, (uint32_t)op->value[0], (uint32_t)op->value[1]);
		break;
	case FUZZ_FOLD:
		result = fuzz_mirror_fold(&w->mirror, op->work.cpu);
		break;
	case FUZZ_DECAY:
		result = fuzz_mirror_decay(&w->mirror, op->work.cpu, (uint32_t)op->value[0]);
		break;
	case FUZZ_UNRESERVE:
		return fuzz_mirror_unreserve(&w->mirror, &movable, op->value[0]);
	default:
		break;
	}
	if (result < 0)
		fail(w, FUZZ_FAULT_REFUSED, "operation refused: %s", strerror(-result));
	return true;
}

static bool do_op(struct world *w, const struct fuzz_op *op)
{
	switch ((enum fuzz_op_kind)op->kind) {
	case FUZZ_WORK:
		return do_work(w, op);
	case FUZZ_ISOLATE:
		return do_isolate(w, op);
	case FUZZ_PUTBACK:
		return do_putback(w, op);
	case FUZZ_MOVE_BLOCK:
		return do_move(w, op);
	case FUZZ_RECLAIM:
		if (sim_host_reclaim(&w->drive.host, op->work.cpu))
			fail(w, FUZZ_FAULT_REFUSED, "the policy failed to give back what it holds");
		return true;
	case FUZZ_PCP_LIMITS:
	case FUZZ_MARKS:
	case FUZZ_KSWAPD:
		return do_setting(w, op);
	default:
		return do_lists(w, op);
	}
}

/* One operation; in @step what it did, when that is wanted. */
static bool step_on(struct world *w, const struct fuzz_op *op, struct fuzz_step *step)
{
	const struct sim_drive_block *block = sim_drive_block(&w->drive, op->work.id);
	struct sim_drive_block before = *block;
	bool done;

	w->out->ops_done++;
	done = do_op(w, op);
	w->out->extras += done && op->kind != FUZZ_WORK;
	if (step) {
		bool ended = before.pfn != BUDDY_NO_PFN;

		*step = (struct fuzz_step){ .done = done, .pfn = ended ? before.pfn : block->pfn,
					    .order = ended ? before.order : block->order };
	}
	return !w->out->fault && judge(w);
}

/* --- The end --- */

static bool as_at_first(struct world *w)
{
	for (uint32_t zone = 0; zone < w->machine.zone_count; zone++) {
		uint64_t pages = w->machine.zones[zone].spanned_pages;
		uint64_t listed = buddy_free_pages_listed(w->machine.buddy, zone);
		int64_t counted = buddy_free_pages_counter(w->machine.buddy, zone);

		if (listed != pages || counted != (int64_t)pages)
			return fail(w, FUZZ_FAULT_END, "zone %u: all was given back; %" PRIu64 " frames are free, the "
				    "counter says %" PRId64 ", expected %" PRIu64, zone, listed, counted, pages);
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
			uint64_t blocks = buddy_nr_free(w->machine.buddy, zone, order);

			if (blocks != w->blocks_at_start[zone][order] &&
			    w->owners.unmerged_order == BUDDY_ORDER_COUNT)
				return fail(w, FUZZ_FAULT_END, "zone %u, order %u: %" PRIu64 " free blocks, at first "
					    "%" PRIu64, zone, order, blocks, w->blocks_at_start[zone][order]);
		}
	}
	if (w->drive.host.account.taken_pages || w->drive.host.account.rounded_pages)
		return fail(w, FUZZ_FAULT_END, "the account has %" PRIu64 " pages taken, %" PRIu64 " asked for",
			    w->drive.host.account.taken_pages, w->drive.host.account.rounded_pages);
	return true;
}

static bool give_back(struct world *w)
{
	for (uint32_t id = 0; id < w->c->id_count; id++) {
		const struct oracle_live *live = &w->owners.live[id];
		struct sim_work_op work = { .id = id, .kind = SIM_WORK_FREE, .pages = (uint16_t)live->pages,
					    .cpu = (uint16_t)(id % w->machine.cpu_count), .order = live->order,
					    .sized = live->sized };

		if (!is_alive(w, id))
			continue;
		free_it(w, &work);
		if (w->out->fault || !judge(w))
			return false;
	}
	if (sim_host_held(&w->drive.host))
		return fail(w, FUZZ_FAULT_END, "%" PRIu64 " frames are held although nobody is alive",
			    sim_host_held(&w->drive.host));
	return true;
}

static bool end(struct world *w)
{
	if (!check_all(w))
		return false;
	w->out->at_end = true;
	if (!give_back(w))
		return false;
	for (uint32_t cpu = 0; cpu < w->machine.cpu_count; cpu++) {
		for (uint32_t zone = 0; zone < w->machine.zone_count; zone++)
			(void)fuzz_mirror_drain(&w->mirror, cpu, zone, cpu);
		(void)fuzz_mirror_fold(&w->mirror, cpu);
	}
	return judge(w) && check_all(w) && as_at_first(w);
}

void fuzz_run(const struct fuzz_case *c, struct fuzz_outcome *outcome, struct fuzz_step *steps)
{
	struct world w = { .c = c, .out = outcome };
	struct sim_error error = { 0 };
	uint32_t at = 0;

	memset(outcome, 0, sizeof(*outcome));
	outcome->error = begin(&w, &error);
	if (outcome->error)
		snprintf(outcome->text, sizeof(outcome->text), "%.390s", error.text);
	while (!outcome->error && at < c->op_count && step_on(&w, &c->ops[at], steps ? &steps[at] : NULL))
		at++;
	if (!outcome->error && !outcome->fault)
		(void)end(&w);
	finish(&w);
	outcome->finished = true;
}
