// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What happened inside operations: the model's refills, blocks taken, drains and fallbacks against the kernel's.
 *
 * Interface: match_notes, settle_notes, on_note, on_claim, do_inner.
 * Invariant: notes of one context are compared in order; what has no partner when its operation is over is a miss.
 */
#include "verify_internal.h"

#include <errno.h>

static enum verify_class class_of(const struct buddy_note *n)
{
	switch (n->kind) {
	case BUDDY_NOTE_REFILL:
		return VERIFY_REFILL;
	case BUDDY_NOTE_PCPU_DRAIN:
		return VERIFY_DRAIN;
	case BUDDY_NOTE_EXTFRAG:
		return VERIFY_FALLBACK;
	default:
		return VERIFY_TAKEN;
	}
}

static bool same_note(const struct buddy_note *a, const struct buddy_note *b)
{
	if (a->kind != b->kind || a->order != b->order || a->type != b->type || a->pfn != b->pfn)
		return false;
	if (a->kind == BUDDY_NOTE_EXTFRAG)
		return a->fallback_order == b->fallback_order && a->fallback_type == b->fallback_type;
	return a->kind != BUDDY_NOTE_REFILL || (a->count == b->count && a->zone == b->zone);
}

/* One side is NULL when the other has no partner. */
static void inner_miss(struct verify *v, const struct buddy_note *recorded, const struct buddy_note *predicted)
{
	struct verify_inner_miss *m = &v->result.first_inner;
	enum verify_class class = class_of(recorded ? recorded : predicted);

	v->result.count[class].missed++;
	if (m->present)
		return;
	*m = (struct verify_inner_miss){ .present = true, .class = class, .event = v->now,
					 .has_recorded = recorded != NULL, .has_predicted = predicted != NULL };
	if (recorded)
		m->recorded = *recorded;
	if (predicted)
		m->predicted = *predicted;
}

/* Compares as far as both sides go. */
void match_notes(struct verify *v, struct context *c)
{
	size_t n = c->recorded.count < c->predicted.count ? c->recorded.count : c->predicted.count;

	if (!n)
		return;
	for (size_t i = 0; i < n; i++) {
		if (same_note(note_at(&c->recorded, i), note_at(&c->predicted, i)))
			v->result.count[class_of(note_at(&c->recorded, i))].own++;
		else
			inner_miss(v, note_at(&c->recorded, i), note_at(&c->predicted, i));
	}
	note_drop(&c->recorded, n);
	note_drop(&c->predicted, n);
}

/* An operation of this context is over, or the next one begins: nothing that is left has a partner. */
void settle_notes(struct verify *v, struct context *c)
{
	match_notes(v, c);
	for (size_t i = 0; i < c->recorded.count; i++)
		inner_miss(v, note_at(&c->recorded, i), NULL);
	for (size_t i = 0; i < c->predicted.count; i++)
		inner_miss(v, NULL, note_at(&c->predicted, i));
	note_drop(&c->recorded, c->recorded.count);
	note_drop(&c->predicted, c->predicted.count);
}

void on_note(void *context, const struct buddy_note *note)
{
	struct verify *v = context;

	if (!v->collect)
		return;
	if (note->kind == BUDDY_NOTE_REFILL && !v->has_refill_probe)
		return;
	if (!note_push(&v->current->predicted, note))
		v->out_of_memory = true;
}

static size_t fallbacks_in(const struct note_queue *q)
{
	size_t count = 0;

	for (size_t i = 0; i < q->count; i++)
		count += note_at(q, i)->kind == BUDDY_NOTE_EXTFRAG;
	return count;
}

/* The kernel's fallback that the model has not come to yet; NULL when none was recorded. */
static const struct buddy_note *next_fallback(const struct context *c)
{
	size_t passed = fallbacks_in(&c->predicted);

	for (size_t i = 0; i < c->recorded.count; i++)
		if (note_at(&c->recorded, i)->kind == BUDDY_NOTE_EXTFRAG && !passed--)
			return note_at(&c->recorded, i);
	return NULL;
}

/*
 * The kernel counts movable pages by their flags, which the model only estimates: the recording has the last word. 6.12
 * looks for a pageblock to claim until one has the majority, and tells only of that one, by the frame taken from it.
 */
bool on_claim(void *context, uint32_t zone, uint64_t pfn, unsigned type, bool own)
{
	struct verify *v = context;
	const struct buddy_note *n = v->current ? next_fallback(v->current) : NULL;
	bool told;

	(void)zone;
	if (!n || n->type != type)
		return own;
	told = n->change_ownership && !((n->pfn ^ pfn) >> v->machine->pageblock_order);
	if (told == own)
		v->result.count[VERIFY_CLAIM].own++;
	else
		v->result.count[VERIFY_CLAIM].taken++;
	return told;
}

/* A list is to be drained. Each lock section is put in its place by its first block. */
void drain_begin(struct context *c, uint32_t zone, uint32_t cpu, int64_t pages, int64_t portion)
{
	c->draining = pages > 0;
	c->drain_zone = zone;
	c->drain_cpu = cpu;
	c->drain_pages = pages;
	c->drain_portion = portion;
}

static void drain_next(struct verify *v, struct context *c, const struct rec_event *e)
{
	int64_t pages = c->drain_pages < c->drain_portion ? c->drain_pages : c->drain_portion;

	if (!c->draining || c->predicted.count)
		return;
	v->current = c;
	buddy_drain_portion(v->buddy, e->cpu, c->drain_zone, c->drain_cpu, pages);
	c->drain_pages -= pages == INT32_MAX ? 0 : pages;
	c->draining = c->drain_pages > 0;
}

int do_inner(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_get(&v->contexts, context_key(e));
	struct buddy_note n = { .order = e->order, .type = e->migratetype, .pfn = e->pfn };

	if (!c)
		return -ENOMEM;
	switch (e->kind) {
	case REC_ZONE_LOCKED:
		n.kind = BUDDY_NOTE_ZONE_LOCKED;
		break;
	case REC_PCPU_DRAIN:
		drain_late_commit(v, e);
		drain_next(v, c, e);
		n.kind = BUDDY_NOTE_PCPU_DRAIN;
		break;
	case REC_REFILL:
		n.kind = BUDDY_NOTE_REFILL;
		n.pfn = 0;
		n.count = (uint32_t)e->arg;
		n.zone = (uint32_t)(e->arg >> 32);
		v->has_refill_probe = true;
		break;
	default:
		n.kind = BUDDY_NOTE_EXTFRAG;
		n.fallback_order = (uint8_t)e->arg;
		n.fallback_type = (uint8_t)(e->arg >> 8);
		n.change_ownership = e->arg >> 16 & 1;
	}
	if (!note_push(&c->recorded, &n))
		return -ENOMEM;
	if (n.kind == BUDDY_NOTE_PCPU_DRAIN)
		match_notes(v, c);
	context_settle(&v->contexts, c);
	return 1;
}
