// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kernel for tests of verification.
 *
 * Interface: verify_world.h.
 */
#include "verify_world.h"

struct rec_event *tell(struct world *w, unsigned kind)
{
	struct rec_event *e = &w->events[w->count++];

	assert_true(w->count < EVENTS_MAX);
	*e = (struct rec_event){ .time_ns = w->count, .kind = (uint8_t)kind, .cpu = w->cpu, .pid = w->pid,
				  .context = w->context };
	return e;
}

struct rec_event *tell_wide(struct world *w, unsigned kind, uint64_t a, uint64_t b, uint64_t c)
{
	struct rec_event *e = tell(w, kind);

	assert_true(w->wide_count < WIDE_MAX);
	e->arg = w->wide_count;
	w->wide[w->wide_count++] = (struct rec_wide){ { a, b, c } };
	return e;
}

static void on_note(void *context, const struct buddy_note *n)
{
	struct world *w = context;
	struct rec_event *e = tell(w, n->kind == BUDDY_NOTE_REFILL	  ? REC_REFILL
				      : n->kind == BUDDY_NOTE_PCPU_DRAIN  ? REC_PCPU_DRAIN
				      : n->kind == BUDDY_NOTE_ZONE_LOCKED ? REC_ZONE_LOCKED
									  : REC_EXTFRAG);

	e->pfn = n->pfn;
	e->order = n->order;
	e->migratetype = n->type;
	if (n->kind == BUDDY_NOTE_REFILL)
		e->arg = n->count | (uint64_t)n->zone << 32;
	if (n->kind == BUDDY_NOTE_EXTFRAG)
		e->arg = REC_EXTFRAG_ARG(n->fallback_order, n->fallback_type, n->change_ownership);
}

void start_kernel(struct world *w, uint32_t cpus, const char *kernel)
{
	struct sim_layout layout;
	struct buddy_env env = { .context = w, .note = on_note };

	*w = (struct world){ .pid = 100 };
	sim_layout_derive(&layout, 16383);
	layout.cpu_count = cpus;
	assert_int_equal(sim_machine_load_empty(&w->kernel, &layout, kernel, NULL), 0);
	assert_int_equal(sim_machine_load_empty(&w->model, &layout, kernel, NULL), 0);
	buddy_set_env(w->kernel.buddy, &env);
	tell(w, REC_SNAPSHOT);
}

void start(struct world *w, uint32_t cpus) { start_kernel(w, cpus, "6.1"); }

void unlock(struct world *w)
{
	struct rec_event *e;

	if (!w->order_probes)
		return;
	e = tell(w, REC_UNLOCK);
	e->flags = 1;
	e->arg = 1;
}

uint64_t take(struct world *w)
{
	struct buddy_request r = { .gfp = GFP, .cpu = w->cpu };
	struct buddy_block block;

	assert_int_equal(buddy_alloc_pages(w->kernel.buddy, &r, &block), 0);
	unlock(w);
	w->pfns[w->pfn_count++] = block.pfn;
	return block.pfn;
}

void say_alloc(struct world *w, uint64_t pfn)
{
	struct rec_event *e = tell(w, REC_ALLOC);

	e->pfn = pfn;
	e->gfp = GFP;
}

void give(struct world *w, uint64_t pfn)
{
	struct rec_event *e = tell(w, REC_FREE);

	e->pfn = pfn;
	e->flags = REC_FREE_PCP;
	assert_int_equal(buddy_free_pages(w->kernel.buddy, w->cpu, pfn, 0), 0);
}

void play(struct world *w)
{
	for (int i = 0; i < 100; i++)
		say_alloc(w, take(w));
	for (int i = 0; i < 60; i++)
		give(w, w->pfns[i]);
	for (int i = 0; i < 20; i++)
		say_alloc(w, take(w));
}

struct verify_result finish(struct world *w)
{
	struct verify *v = verify_create(&w->model);
	struct verify_result r;

	assert_non_null(v);
	assert_int_equal(verify_expect(v, w->events, w->count), 0);
	for (unsigned i = 0; i < w->count; i++)
		if (verify_event(v, &w->events[i],
				 rec_kind_is_wide(w->events[i].kind) ? &w->wide[w->events[i].arg] : NULL) <= 0)
			break;
	r = *verify_finish(v);
	verify_destroy(v);
	assert_true(buddy_check(w->model.buddy, NULL, 0));
	sim_machine_unload(&w->kernel);
	sim_machine_unload(&w->model);
	return r;
}

struct rec_event *find(struct world *w, unsigned kind, unsigned skip)
{
	for (unsigned i = 0; i < w->count; i++)
		if (w->events[i].kind == kind && !skip--)
			return &w->events[i];
	fail_msg("no such event");
	return NULL;
}
