// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes traces and writes them.
 *
 * Interface: trace.h.
 */
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gfp.h>
#include <rec/recording.h>

#include "machine.h"
#include "steady.h"

#define TASKS 24u
#define START_NS 100000000000u
#define FIRST_FRAME (1u << 20) /* at 4 GiB, where x86-64 has its zone Normal */

static struct rec_event *append(struct trace *t)
{
	if (t->count == t->room) {
		size_t room = t->room ? t->room * 2 : 1 << 16;
		struct rec_event *events = realloc(t->events, room * sizeof(*events));

		if (!events)
			return NULL;
		t->events = events;
		t->room = room;
	}
	t->events[t->count] = (struct rec_event){ 0 };
	return &t->events[t->count++];
}

/* --- Making --------------------------------------------------------------------------------------------------- */

struct maker {
	struct trace *trace;
	struct machine machine;
	struct steady steady;
	uint32_t burst;  /* events until another task runs */
	uint64_t time_ns;
	int32_t pid;
	uint16_t cpu;
	bool failed;
};

static struct rec_event *emit(struct maker *m, unsigned kind, uint64_t pfn, unsigned order)
{
	static struct rec_event lost;
	struct rec_event *e = append(m->trace);

	if (!e) {
		m->failed = true;
		return &lost;
	}
	e->time_ns = m->time_ns;
	e->pfn = FIRST_FRAME + pfn;
	e->pid = m->pid;
	e->cpu = m->cpu;
	e->kind = (uint8_t)kind;
	e->order = (uint8_t)order;
	return e;
}

static void take_note(void *context, const struct buddy_note *n)
{
	struct maker *m = context;
	struct rec_event *e;

	switch (n->kind) {
	case BUDDY_NOTE_ZONE_LOCKED:
		e = emit(m, REC_ZONE_LOCKED, n->pfn, n->order);
		e->arg = n->order < BUDDY_PCP_ORDER_COUNT;
		break;
	case BUDDY_NOTE_PCPU_DRAIN:
		e = emit(m, REC_PCPU_DRAIN, n->pfn, n->order);
		break;
	case BUDDY_NOTE_EXTFRAG:
		e = emit(m, REC_EXTFRAG, n->pfn, n->order);
		e->arg = REC_EXTFRAG_ARG(n->fallback_order, n->fallback_type, n->change_ownership);
		break;
	default:
		return;
	}
	e->migratetype = n->type;
}

static void pass_time(struct maker *m)
{
	uint64_t draw = steady_draw(&m->steady);

	m->time_ns += 150 + (draw & 2047);
	if (m->burst-- == 0) {
		m->burst = (uint32_t)(draw >> 16 & 63);
		m->pid = (int32_t)(300 + (draw >> 24) % TASKS * 37);
		m->cpu = draw >> 40 & 1;
	}
}

static uint32_t make_alloc(void *context, unsigned order, unsigned type_draw)
{
	struct maker *m = context;
	enum buddy_type type = type_draw < 64 ? BUDDY_UNMOVABLE : type_draw < 230 ? BUDDY_MOVABLE : BUDDY_RECLAIMABLE;
	struct buddy_request request = { .gfp = bench_gfp(type) | (order ? 0x40000 : 0x100), .order = (uint8_t)order };
	struct buddy_block block;
	struct rec_event *e;

	pass_time(m);
	if (buddy_alloc_pages(m->machine.buddy, &request, &block))
		return STEADY_NONE;
	e = emit(m, REC_ALLOC, block.pfn, order);
	e->gfp = request.gfp;
	e->migratetype = type;
	return (uint32_t)block.pfn;
}

static void make_free(void *context, uint32_t pfn, unsigned order)
{
	struct maker *m = context;

	pass_time(m);
	emit(m, REC_FREE, pfn, order);
	/* The kernel's drains happen inside the free, before the next event. */
	if (buddy_free_pages(m->machine.buddy, 0, pfn, order))
		abort();
}

bool trace_make(struct trace *t, size_t count)
{
	struct maker m = { .trace = t, .time_ns = START_NS, .pid = 300 };
	const struct buddy_env env = { .context = &m, .note = take_note };

	*t = (struct trace){ 0 };
	if (!steady_init(&m.steady, STEADY_MOSTLY_SINGLE, 50))
		return false;
	if (!machine_create(&m.machine, STEADY_FRAMES)) {
		steady_fini(&m.steady);
		return false;
	}
	buddy_set_env(m.machine.buddy, &env);
	while (t->count < count && !m.failed)
		steady_run(&m.steady, 1000, make_alloc, make_free, &m);
	machine_destroy(&m.machine);
	steady_fini(&m.steady);
	return !m.failed;
}

static bool has_text(unsigned kind)
{
	return kind == REC_ALLOC || kind == REC_FREE || kind == REC_FREE_BATCHED || kind == REC_ZONE_LOCKED ||
	       kind == REC_PCPU_DRAIN || kind == REC_EXTFRAG;
}

bool trace_from_recording(struct trace *t, const char *path)
{
	struct rec_reader *reader;
	struct rec_batch batch;
	struct rec_error error;
	int result;

	*t = (struct trace){ 0 };
	if (rec_open(path, REC_DIALECT_AUTO, &reader, &error))
		return false;
	while ((result = rec_next(reader, &batch, &error)) == 1)
		for (size_t i = 0; i < batch.count; i++) {
			struct rec_event *e = has_text(batch.events[i].kind) ? append(t) : NULL;

			if (e)
				*e = batch.events[i];
		}
	rec_close(reader);
	return result == 0 && t->count;
}

void trace_free(struct trace *t)
{
	free(t->events);
	*t = (struct trace){ 0 };
}

/* --- Writing -------------------------------------------------------------------------------------------------- */

/* The fields behind the event's name; nothing without. */
static void write_fields(FILE *f, const struct rec_event *e)
{
	char gfp[256];
	uint64_t page = e->pfn * 0x9e3779b97f4a7c15u >> 32; /* the kernel hashes it */

	if (e->pfn == REC_NO_PFN)
		fprintf(f, "page=(null) pfn=0x0 order=%u migratetype=%u gfp_flags=%s\n", e->order, e->migratetype,
			sim_gfp_text(gfp, sizeof(gfp), e->gfp, true));
	else if (e->kind == REC_ALLOC)
		fprintf(f, "page=%016" PRIx64 " pfn=0x%" PRIx64 " order=%u migratetype=%u gfp_flags=%s\n", page, e->pfn,
			e->order, e->migratetype, sim_gfp_text(gfp, sizeof(gfp), e->gfp, true));
	else if (e->kind == REC_ZONE_LOCKED)
		fprintf(f, "page=%016" PRIx64 " pfn=0x%" PRIx64 " order=%u migratetype=%u percpu_refill=%u\n", page,
			e->pfn, e->order, e->migratetype, (unsigned)e->arg);
	else if (e->kind == REC_PCPU_DRAIN)
		fprintf(f, "page=%016" PRIx64 " pfn=0x%" PRIx64 " order=%u migratetype=%u\n", page, e->pfn, e->order,
			e->migratetype);
	else if (e->kind == REC_EXTFRAG)
		fprintf(f,
			"page=%016" PRIx64 " pfn=0x%" PRIx64 " alloc_order=%u fallback_order=%u pageblock_order=9 "
			"alloc_migratetype=%u fallback_migratetype=%u fragmenting=%u change_ownership=%u\n",
			page, e->pfn, e->order, (unsigned)(e->arg & 255), e->migratetype, (unsigned)(e->arg >> 8 & 255),
			(e->arg & 255) < 9, (unsigned)(e->arg >> 16 & 1));
	else
		fprintf(f, "page=%016" PRIx64 " pfn=0x%" PRIx64 " order=%u\n", page, e->pfn, e->order);
}

static void write_line(FILE *f, const struct rec_event *e)
{
	static const char *const names[] = { [REC_ALLOC] = "mm_page_alloc",
					     [REC_FREE] = "mm_page_free",
					     [REC_FREE_BATCHED] = "mm_page_free_batched",
					     [REC_ZONE_LOCKED] = "mm_page_alloc_zone_locked",
					     [REC_PCPU_DRAIN] = "mm_page_pcpu_drain",
					     [REC_EXTFRAG] = "mm_page_alloc_extfrag" };
	static const char *const comms[] = { "bash", "cc1", "tar", "kworker/0:1", "dd", "sshd", "make" };
	bool locked = e->kind == REC_ZONE_LOCKED || e->kind == REC_PCPU_DRAIN || e->kind == REC_EXTFRAG;

	fprintf(f, "%16s-%-7d [%03u] %s %5" PRIu64 ".%06" PRIu64 ": %s: ", comms[(unsigned)e->pid % 7], e->pid, e->cpu,
		locked ? "d..2." : ".....", e->time_ns / 1000000000, e->time_ns / 1000 % 1000000, names[e->kind]);
	write_fields(f, e);
}

bool trace_write_text(const struct trace *t, const char *path)
{
	FILE *f = fopen(path, "w");
	bool ok;

	if (!f)
		return false;
	fprintf(f,
		"# tracer: nop\n#\n# entries-in-buffer/entries-written: %zu/%zu   #P:2\n#\n"
		"#                                _-----=> irqs-off/BH-disabled\n"
		"#                               / _----=> need-resched\n"
		"#                              | / _---=> hardirq/softirq\n"
		"#                              || / _--=> preempt-depth\n"
		"#                              ||| / _-=> migrate-disable\n"
		"#                              |||| /     delay\n"
		"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
		"#              | |         |   |||||     |         |\n",
		t->count, t->count);
	for (size_t i = 0; i < t->count; i++)
		write_line(f, &t->events[i]);
	ok = !ferror(f);
	return fclose(f) == 0 && ok;
}

bool trace_write_compact(const struct trace *t, const char *path)
{
	const struct rec_info info = { .kernel_release = "6.1.0", .profile = "6.1", .workload = "bench", .cpus = 2 };
	const struct rec_batch all = { .events = t->events, .count = t->count };
	struct rec_writer *writer;
	struct rec_error error;

	if (rec_writer_create(path, &info, &writer, &error))
		return false;
	if (rec_writer_add(writer, &all, &error)) {
		rec_writer_abort(writer);
		return false;
	}
	return rec_writer_finish(writer, &error) == 0;
}
