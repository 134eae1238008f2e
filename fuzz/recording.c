// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A case as a recording: the machine at the start as snapshot 0, the operations as events.
 *
 * An operation's id travels as the task that asked (pid = id + 1), its frames are those that the model gave. The way
 * back reads ids, sizes, orders and settings, and of frames only those that an operation names. What a recording cannot
 * say stands in its workload line: "fuzz policy=P seed=S case=N fault=F".
 *
 *     request       REC_ALLOC, with a size behind its REC_SIZED_ALLOC; the urgency is in the GFP bits
 *     free          REC_FREE; REC_SIZED_FREE; past the policy one REC_FREE for each page
 *     isolate       REC_ISOLATE         drain, fold, decay   REC_DRAIN_ZONE, REC_STAT_FOLD, REC_DECAY
 *     put back      REC_PUTBACK         reclaim              REC_RECLAIM_BEGIN, REC_RECLAIM_END
 *     settings      REC_PCP_LIMITS, REC_ZONE_MARKS, REC_KSWAPD_BEGIN and _END
 *     pageblocks    REC_MOVE_BLOCK, REC_UNRESERVE
 *
 * Interface: fuzz_save, fuzz_open, fuzz_opened_fini (fuzz.h).
 * Invariant: what is opened does what was saved, operation by operation.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pageman/pageman.h>
#include <rec/recording.h>

#include "fuzz.h"

#define PAGE_SHIFT 12
#define NOTE_FORMAT "fuzz policy=%s seed=%" PRIu64 " case=%" PRIu64 " fault=%s"
#define OP_TIME_NS 1000
#define ID_MAX (UINT32_C(1) << 24) /* more than a recording of ours has */

/* --- Writing --- */

struct writing {
	struct rec_writer *writer;
	struct rec_error cause;
	const struct buddy_profile *kernel;
	uint64_t *pfns; /* by id, of its block */
	uint64_t time_ns;
	int result;
};

static void put_wide(struct writing *w, struct rec_event e, const struct rec_wide *wide)
{
	struct rec_batch batch = { .events = &e, .count = 1, .wide = wide, .wide_count = wide ? 1 : 0 };

	e.time_ns = w->time_ns;
	if (!w->result)
		w->result = rec_writer_add(w->writer, &batch, &w->cause);
}

static void put(struct writing *w, struct rec_event e)
{
	put_wide(w, e, NULL);
}

static uint32_t gfp_of(const struct buddy_profile *kernel, const struct fuzz_op *op)
{
	const struct buddy_gfp_bits *bits = &kernel->gfp;
	uint32_t gfp = bits->kswapd_reclaim;

	if (op->urgency == FUZZ_MAY_SLEEP)
		gfp |= bits->direct_reclaim | bits->io;
	if (op->urgency == FUZZ_ATOMIC)
		gfp |= bits->high | bits->atomic;
	if (op->work.type == BUDDY_MOVABLE)
		gfp |= bits->movable | bits->highmem;
	return op->work.type == BUDDY_RECLAIMABLE ? gfp | bits->reclaimable : gfp;
}

static void put_request(struct writing *w, struct rec_event e, const struct fuzz_op *op, const struct fuzz_step *step)
{
	e.gfp = gfp_of(w->kernel, op);
	if (op->work.sized) {
		e.kind = REC_SIZED_ALLOC;
		e.flags = REC_SIZED_EXACT;
		e.arg = (uint64_t)op->work.pages << PAGE_SHIFT;
		put(w, e);
	}
	e.kind = REC_ALLOC;
	e.flags = 0;
	e.arg = 0;
	e.order = op->work.order;
	e.migratetype = op->work.type;
	e.pfn = step->pfn == BUDDY_NO_PFN ? REC_NO_PFN : step->pfn;
	w->pfns[op->work.id] = step->pfn;
	put(w, e);
}

/* @request: the one that the id is from. */
static void put_free(struct writing *w, struct rec_event e, const struct fuzz_op *op, const struct fuzz_op *request,
		     const struct fuzz_step *step)
{
	uint32_t pages = request && request->work.sized && op->work.stray ? request->work.pages : 1;

	e.pfn = w->pfns[op->work.id];
	if (request && request->work.sized && !op->work.stray) {
		e.kind = REC_SIZED_FREE;
		e.arg = (uint64_t)request->work.pages << PAGE_SHIFT;
		put(w, e);
		return;
	}
	e.kind = REC_FREE;
	if (!request || !request->work.sized)
		e.order = step->order;
	for (uint32_t i = 0; i < pages; i++, e.pfn++)
		put(w, e);
}

static void put_settings(struct writing *w, struct rec_event e, const struct fuzz_op *op)
{
	struct rec_wide wide = { 0 };

	memcpy(wide.v, op->value, sizeof(op->value));
	e.kind = op->kind == FUZZ_MARKS ? REC_ZONE_MARKS : REC_PCP_LIMITS;
	put_wide(w, e, &wide);
}

static void put_other(struct writing *w, struct rec_event e, const struct fuzz_op *op, const struct fuzz_step *step)
{
	e.pid = 0;
	switch ((enum fuzz_op_kind)op->kind) {
	case FUZZ_DRAIN:
		e.kind = REC_DRAIN_ZONE;
		e.arg = op->value[1] | op->value[0] << 32;
		break;
	case FUZZ_FOLD:
		e.kind = REC_STAT_FOLD;
		break;
	case FUZZ_DECAY:
		e.kind = REC_DECAY;
		e.arg = op->value[0];
		break;
	case FUZZ_KSWAPD:
		e.kind = op->value[0] ? REC_KSWAPD_BEGIN : REC_KSWAPD_END;
		e.arg = op->value[0] ? (uint64_t)BUDDY_ZONE_MOVABLE << 32 : 0;
		break;
	case FUZZ_MOVE_BLOCK:
		e.kind = REC_MOVE_BLOCK;
		e.pfn = op->value[0];
		e.migratetype = op->work.type;
		break;
	case FUZZ_UNRESERVE:
		e.kind = REC_UNRESERVE;
		e.arg = op->value[0];
		break;
	case FUZZ_RECLAIM:
		e.kind = REC_RECLAIM_BEGIN;
		put(w, e);
		e.kind = REC_RECLAIM_END;
		break;
	default: /* an isolated block and its return */
		e.pid = (int32_t)op->work.id + 1;
		e.kind = op->kind == FUZZ_ISOLATE ? REC_ISOLATE : REC_PUTBACK;
		e.pfn = op->kind == FUZZ_ISOLATE && step->pfn == BUDDY_NO_PFN ? op->value[0] : step->pfn;
		e.order = step->order;
		e.arg = op->kind == FUZZ_ISOLATE ? UINT64_C(1) << step->order : 0;
		e.migratetype = op->work.type;
		w->pfns[op->work.id] = step->pfn;
	}
	put(w, e);
}

/* The request that an operation's id is from: the last before it. NULL: it was isolated, or there is none. */
static const struct fuzz_op *request_of(const struct fuzz_case *c, uint32_t at)
{
	for (uint32_t i = at; i-- > 0;) {
		const struct fuzz_op *op = &c->ops[i];

		if (op->work.id != c->ops[at].work.id)
			continue;
		if (op->kind == FUZZ_ISOLATE)
			return NULL;
		if (op->kind == FUZZ_WORK && op->work.kind == SIM_WORK_ALLOC)
			return op;
	}
	return NULL;
}

static void put_ops(struct writing *w, const struct fuzz_case *c, const struct fuzz_step *steps, uint32_t last)
{
	for (uint32_t i = 0; i < c->op_count; i++) {
		const struct fuzz_op *op = &c->ops[i];
		struct rec_event e = { .cpu = op->work.cpu, .pid = (int32_t)op->work.id + 1 };

		if (!steps[i].done && i != last)
			continue; /* it had no meaning */
		w->time_ns += OP_TIME_NS;
		if (op->kind == FUZZ_WORK && op->work.kind == SIM_WORK_ALLOC)
			put_request(w, e, op, &steps[i]);
		else if (op->kind == FUZZ_WORK)
			put_free(w, e, op, request_of(c, i), &steps[i]);
		else if (op->kind == FUZZ_PCP_LIMITS || op->kind == FUZZ_MARKS)
			put_settings(w, e, op);
		else
			put_other(w, e, op, &steps[i]);
	}
}

static void fill_info(struct rec_info *info, const struct fuzz_case *c, const struct fuzz_note *note)
{
	uint64_t pages = 0;

	for (uint32_t zone = 0; zone < c->start.zone_count; zone++)
		pages += c->start.zones[zone].pages;
	snprintf(info->kernel_release, sizeof(info->kernel_release), "%s", c->start.kernel->name);
	snprintf(info->profile, sizeof(info->profile), "%s", c->start.kernel->name);
	snprintf(info->workload, sizeof(info->workload), NOTE_FORMAT, note->policy, note->seed, note->number,
		 note->fault);
	snprintf(info->command, sizeof(info->command), "%s", note->command);
	info->cpus = c->start.cpu_count;
	info->memory_mib = pages >> 8;
}

static int write_file(const char *path, const struct fuzz_case *c, const struct fuzz_note *note,
		      const struct fuzz_step *steps, uint32_t last, struct sim_error *error)
{
	struct writing w = { .kernel = c->start.kernel };
	struct rec_info info = { 0 };
	void *records;
	size_t length;
	int result = fuzz_start_records(&c->start, &records, &length, error);

	if (result)
		return result;
	fill_info(&info, c, note);
	w.pfns = malloc(c->id_count * sizeof(*w.pfns));
	if (!w.pfns) {
		free(records);
		return sim_fail(error, -ENOMEM, "no memory to write %s", path);
	}
	for (uint32_t id = 0; id < c->id_count; id++)
		w.pfns[id] = BUDDY_NO_PFN;
	w.result = rec_writer_create(path, &info, &w.writer, &w.cause);
	if (!w.result) {
		w.result = rec_writer_snapshot(w.writer, 0, records, length, &w.cause);
		put_ops(&w, c, steps, last);
		if (w.result)
			rec_writer_abort(w.writer);
		else
			w.result = rec_writer_finish(w.writer, &w.cause);
	}
	free(w.pfns);
	free(records);
	if (w.result && !w.cause.code)
		w.cause.code = w.result;
	return w.result ? sim_fail_rec(error, path, &w.cause) : 0;
}

int fuzz_save(const char *path, const struct fuzz_case *c, const struct fuzz_note *note, struct sim_error *error)
{
	size_t bytes = (c->op_count + 1u) * sizeof(struct fuzz_step);
	struct fuzz_outcome *outcome = fuzz_share(sizeof(*outcome));
	struct fuzz_step *steps = fuzz_share(bytes);
	int result = -ENOMEM;

	if (outcome && steps) {
		for (uint32_t i = 0; i < c->op_count; i++)
			steps[i].pfn = BUDDY_NO_PFN; /* of operations that a crash forestalls */
		fuzz_run_apart(c, outcome, steps, FUZZ_CASE_SECONDS, true);
		result = write_file(path, c, note, steps, outcome->ops_done - 1, error);
	} else {
		sim_fail(error, result, "no memory to write %s", path);
	}
	fuzz_unshare(steps, bytes);
	fuzz_unshare(outcome, sizeof(*outcome));
	return result;
}

/* --- Reading --- */

struct reading {
	struct fuzz_case *c;
	uint32_t room;
	bool *alive;          /* by id: a request stands for it, until its free */
	uint32_t id_room;
	uint64_t sized_pages; /* of the REC_SIZED_ALLOC before */
	const struct buddy_profile *kernel;
	struct sim_error *error;
	const char *path;
};

static int out_of_memory(struct reading *r)
{
	return sim_fail(r->error, -ENOMEM, "%s: no memory for its operations", r->path);
}

static int add_op(struct reading *r, struct fuzz_op **out)
{
	struct fuzz_case *c = r->c;

	if (c->op_count == r->room) {
		uint32_t room = r->room * 2 + 64;
		struct fuzz_op *larger = realloc(c->ops, room * sizeof(*larger));

		if (!larger)
			return out_of_memory(r);
		c->ops = larger;
		r->room = room;
	}
	*out = &c->ops[c->op_count++];
	memset(*out, 0, sizeof(**out));
	return 0;
}

static int know_id(struct reading *r, uint32_t id)
{
	uint32_t room = id + 1 > r->id_room * 2 ? id + 1 : r->id_room * 2;
	bool *larger;

	if (id >= r->c->id_count)
		r->c->id_count = id + 1;
	if (id < r->id_room)
		return 0;
	larger = realloc(r->alive, room * sizeof(*larger));
	if (!larger)
		return out_of_memory(r);
	memset(larger + r->id_room, 0, (room - r->id_room) * sizeof(*larger));
	r->alive = larger;
	r->id_room = room;
	return 0;
}

static void read_request(struct reading *r, const struct rec_event *e, struct fuzz_op *op)
{
	const struct buddy_gfp_bits *bits = &r->kernel->gfp;

	op->kind = FUZZ_WORK;
	op->work.kind = SIM_WORK_ALLOC;
	op->work.order = e->order;
	op->work.sized = r->sized_pages != 0;
	op->work.pages = (uint16_t)(r->sized_pages ? r->sized_pages : UINT64_C(1) << e->order);
	op->urgency = e->gfp & bits->direct_reclaim ? FUZZ_MAY_SLEEP : e->gfp & bits->high ? FUZZ_ATOMIC : FUZZ_NO_WAIT;
	r->sized_pages = 0;
	r->alive[op->work.id] = true;
}

static void read_settings(const struct rec_event *e, const struct rec_wide *wide, struct fuzz_op *op)
{
	op->kind = e->kind == REC_ZONE_MARKS ? FUZZ_MARKS : FUZZ_PCP_LIMITS;
	memcpy(op->value, wide[e->arg].v, sizeof(op->value));
}

/* Fills an operation from its event. Return: false for an event that is none. */
static bool read_op(struct reading *r, const struct rec_event *e, const struct rec_wide *wide, struct fuzz_op *op)
{
	op->work.cpu = e->cpu;
	op->work.id = e->pid > 0 ? (uint32_t)e->pid - 1 : 0;
	op->work.type = e->migratetype;
	op->value[0] = e->arg;
	switch (e->kind) {
	case REC_ALLOC:
		read_request(r, e, op);
		return true;
	case REC_FREE:
	case REC_SIZED_FREE:
		op->kind = FUZZ_WORK;
		op->work.kind = SIM_WORK_FREE;
		op->work.order = e->order;
		op->work.stray = e->kind == REC_FREE;
		if (!r->alive[op->work.id])
			return false; /* a further page of a free past the policy */
		r->alive[op->work.id] = false;
		return true;
	case REC_ISOLATE:
		r->alive[op->work.id] = true;
		op->kind = FUZZ_ISOLATE;
		op->value[0] = e->pfn;
		return true;
	case REC_PUTBACK:
		r->alive[op->work.id] = false;
		op->kind = FUZZ_PUTBACK;
		return true;
	case REC_DRAIN_ZONE:
		op->kind = FUZZ_DRAIN;
		op->value[0] = e->arg >> 32;
		op->value[1] = (uint32_t)e->arg;
		return true;
	case REC_MOVE_BLOCK:
		op->kind = FUZZ_MOVE_BLOCK;
		op->value[0] = e->pfn;
		return true;
	case REC_KSWAPD_BEGIN:
	case REC_KSWAPD_END:
		op->kind = FUZZ_KSWAPD;
		op->value[0] = e->kind == REC_KSWAPD_BEGIN;
		return true;
	case REC_ZONE_MARKS:
	case REC_PCP_LIMITS:
		read_settings(e, wide, op);
		return true;
	case REC_STAT_FOLD: op->kind = FUZZ_FOLD; return true;
	case REC_DECAY: op->kind = FUZZ_DECAY; return true;
	case REC_RECLAIM_BEGIN: op->kind = FUZZ_RECLAIM; return true;
	case REC_UNRESERVE: op->kind = FUZZ_UNRESERVE; return true;
	default: return false;
	}
}

/* Whether the machine has what the operation names. */
static bool fits(const struct fuzz_opened *o, const struct fuzz_op *op)
{
	const struct rec_snapshot *s = &o->snapshot;
	bool of_zone = op->kind == FUZZ_DRAIN || op->kind == FUZZ_DECAY || op->kind == FUZZ_PCP_LIMITS ||
		       op->kind == FUZZ_MARKS;
	bool of_frame = op->kind == FUZZ_ISOLATE || op->kind == FUZZ_MOVE_BLOCK, in_zone = false;
	unsigned order;

	for (uint32_t zone = 0; zone < s->zone_count; zone++)
		in_zone = in_zone || op->value[0] - s->zones[zone].z.start_pfn < s->zones[zone].z.spanned_pages;
	if (op->work.cpu >= s->kernel.online_cpus || op->work.type >= BUDDY_PCP_TYPE_COUNT ||
	    (of_zone && op->value[0] >= s->zone_count) || (of_frame && !in_zone) ||
	    (op->kind == FUZZ_DRAIN && op->value[1] >= s->kernel.online_cpus))
		return false;
	return op->kind != FUZZ_WORK || op->work.kind != SIM_WORK_ALLOC ||
	       (!pageman_order_for_pages(op->work.pages, &order) && order == op->work.order);
}

static int read_event(struct reading *r, struct fuzz_opened *o, const struct rec_event *e, const struct rec_wide *wide,
		      uint64_t index)
{
	struct fuzz_op *op = NULL;
	int result;

	if (e->pid > 0 && (uint32_t)e->pid > ID_MAX)
		return sim_fail(r->error, -EBADMSG, "%s: event %" PRIu64 ": expected an id below %" PRIu32 ", found %d",
				r->path, index, ID_MAX, (int)e->pid - 1);
	if (e->kind == REC_SIZED_ALLOC) {
		r->sized_pages = pageman_pages_for_bytes(e->arg);
		return 0;
	}
	result = know_id(r, e->pid > 0 ? (uint32_t)e->pid - 1 : 0);
	if (!result)
		result = add_op(r, &op);
	if (result)
		return result;
	if (!rec_event_possible(e) || e->order > BUDDY_ORDER_MAX)
		return sim_fail(r->error, -EBADMSG, "%s: event %" PRIu64 ": no kernel can have meant it", r->path,
				index);
	if (!read_op(r, e, wide, op)) {
		r->c->op_count--;
		return 0;
	}
	return fits(o, op) ? 0
			   : sim_fail(r->error, -EBADMSG, "%s: event %" PRIu64 ": its CPU, zone, frame, type or size "
				      "does not fit the machine of the snapshot", r->path, index);
}

static int read_events(struct reading *r, struct rec_reader *reader, struct fuzz_opened *o)
{
	struct rec_error cause = { 0 };
	struct rec_batch batch;
	int result, status = 0;

	while ((result = rec_next(reader, &batch, &cause)) == 1 && !status)
		for (size_t i = 0; i < batch.count && !status; i++)
			status = read_event(r, o, &batch.events[i], batch.wide, batch.first_index + i);
	if (result == -EBADMSG && !status)
		(void)sim_fail_rec(&o->damage, r->path, &cause);
	else if (result < 0 && !status)
		return sim_fail_rec(r->error, r->path, &cause);
	return status;
}

static void read_note(const struct rec_info *info, struct fuzz_note *note)
{
	if (sscanf(info->workload, "fuzz policy=%31s seed=%" SCNu64 " case=%" SCNu64 " fault=%15s", note->policy,
		   &note->seed, &note->number, note->fault) != 4)
		*note = (struct fuzz_note){ 0 };
}

int fuzz_open(const char *path, struct fuzz_opened *out, struct sim_error *error)
{
	struct reading r = { .error = error, .path = sim_file_name(path) };
	struct rec_error cause = { 0 };
	struct rec_reader *reader;
	int result = sim_open_recording(path, REC_DIALECT_AUTO, &reader, error);

	memset(out, 0, sizeof(*out));
	if (result)
		return result;
	r.c = &out->c;
	read_note(rec_info(reader), &out->note);
	if (!out->note.policy[0])
		result = sim_fail(error, -EINVAL, "%s: expected a recording that pageman fuzz has saved, found another",
				  r.path);
	else
		result = rec_snapshot_get(reader, 0, &out->snapshot, &cause);
	if (result && cause.text[0]) {
		cause.code = result;
		result = sim_fail_rec(error, r.path, &cause);
	}
	if (!result) {
		out->c.snapshot = &out->snapshot;
		out->c.profile = "";
		out->c.number = out->note.number;
		out->c.id_count = 1;
		r.kernel = out->c.start.kernel = buddy_profile_find(out->snapshot.kernel.release);
		result = r.kernel ? read_events(&r, reader, out)
				  : sim_fail(error, -EPROTONOSUPPORT, "%s: kernel %s is not known", r.path,
					     out->snapshot.kernel.release);
	}
	free(r.alive);
	rec_close(reader);
	if (result)
		fuzz_opened_fini(out);
	return result;
}

void fuzz_opened_fini(struct fuzz_opened *opened)
{
	fuzz_case_fini(&opened->c);
	rec_snapshot_free(&opened->snapshot);
	memset(opened, 0, sizeof(*opened));
}
