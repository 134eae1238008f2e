// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One operation on both sides, and what is held between them.
 *
 * Interface: lockstep.h, without what is made from bytes (lockstep_bytes.c), compaction (lockstep_compact.c)
 * and the slow path (lockstep_slow.c).
 * Invariant: held blocks are in use and do not overlap.
 */
#include "lockstep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- One operation ------------------------------------------------------------------------------------------ */

static void set_reclaim(struct buddy *b, struct ref *r, const struct lockstep_op *op)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(b, op->zone, &t);
	t.reclaim_active = op->force;
	buddy_zone_tune(b, op->zone, &t);
	/* What the model has now was found equal after the step before. */
	ref_zone_tune(r, op->zone, &t);
}

static void do_model(struct buddy *b, const struct lockstep_op *op, struct lockstep_result *out)
{
	switch (op->kind) {
	case LOCKSTEP_ALLOC:
	case LOCKSTEP_PUT_BACK:
		out->value = buddy_alloc_pages(b, &op->request, &out->block);
		break;
	case LOCKSTEP_EXACT:
		out->value = buddy_alloc_exact(b, &op->request, op->pages, &out->block);
		break;
	case LOCKSTEP_BULK:
		out->value = buddy_alloc_bulk(b, &op->request, (uint32_t)op->pages, out->pfns, &out->pfn_count);
		break;
	case LOCKSTEP_FREE:
		out->value = buddy_free_pages(b, op->cpu, op->pfn, op->order);
		break;
	case LOCKSTEP_FREE_DIRECT:
		out->value = buddy_free_direct(b, op->cpu, op->pfn, op->order, op->flags);
		break;
	case LOCKSTEP_FREE_LIST:
		out->value = buddy_free_list(b, op->cpu, op->pfns, op->pfn_count);
		break;
	case LOCKSTEP_PREPARE:
		out->value = buddy_free_prepare(b, op->pfn, op->order);
		break;
	case LOCKSTEP_COMMIT:
		out->value = op->force ? buddy_free_direct(b, op->cpu, op->pfn, 0, op->flags | BUDDY_FREE_PREPARED)
				       : buddy_free_commit(b, op->cpu, op->pfn);
		break;
	case LOCKSTEP_TAKE:
		out->value = buddy_take(b, op->cpu, op->pfn, op->order);
		break;
	case LOCKSTEP_ISOLATE:
		out->value = buddy_isolate_free(b, op->cpu, op->pfn, op->order);
		break;
	case LOCKSTEP_PUTBACK_ISOLATED:
		out->value = buddy_putback_isolated(b, op->cpu, op->pfn, op->order, op->type);
		break;
	case LOCKSTEP_DRAIN_ZONE:
		out->value = buddy_drain_zone(b, op->cpu, op->zone, op->list_cpu);
		break;
	case LOCKSTEP_DRAIN_ALL:
		out->value = buddy_drain_all(b, op->cpu);
		break;
	case LOCKSTEP_FOLD:
		out->value = buddy_fold_stats(b, op->cpu);
		break;
	case LOCKSTEP_DECAY:
		out->value = buddy_decay_pcp(b, op->cpu, op->zone);
		break;
	case LOCKSTEP_MOVE:
		out->value = buddy_move_pageblock(b, op->pfn, op->type);
		break;
	default:
		out->value = buddy_unreserve_highatomic(b, &op->request, op->force);
	}
}

static void do_ref(struct ref *r, const struct lockstep_op *op, struct lockstep_result *out)
{
	switch (op->kind) {
	case LOCKSTEP_ALLOC:
	case LOCKSTEP_PUT_BACK:
		out->value = ref_alloc_pages(r, &op->request, &out->block);
		break;
	case LOCKSTEP_EXACT:
		out->value = ref_alloc_exact(r, &op->request, op->pages, &out->block);
		break;
	case LOCKSTEP_BULK:
		out->value = ref_alloc_bulk(r, &op->request, (uint32_t)op->pages, out->pfns, &out->pfn_count);
		break;
	case LOCKSTEP_FREE:
		out->value = ref_free_pages(r, op->cpu, op->pfn, op->order);
		break;
	case LOCKSTEP_FREE_DIRECT:
		out->value = ref_free_direct(r, op->cpu, op->pfn, op->order, op->flags);
		break;
	case LOCKSTEP_FREE_LIST:
		out->value = ref_free_list(r, op->cpu, op->pfns, op->pfn_count);
		break;
	case LOCKSTEP_PREPARE:
		out->value = ref_free_prepare(r, op->pfn, op->order);
		break;
	case LOCKSTEP_COMMIT:
		out->value = op->force ? ref_free_direct(r, op->cpu, op->pfn, 0, op->flags | BUDDY_FREE_PREPARED)
				       : ref_free_commit(r, op->cpu, op->pfn);
		break;
	case LOCKSTEP_TAKE:
		out->value = ref_take(r, op->cpu, op->pfn, op->order);
		break;
	case LOCKSTEP_ISOLATE:
		out->value = ref_isolate_free(r, op->cpu, op->pfn, op->order);
		break;
	case LOCKSTEP_PUTBACK_ISOLATED:
		out->value = ref_putback_isolated(r, op->cpu, op->pfn, op->order, op->type);
		break;
	case LOCKSTEP_DRAIN_ZONE:
		out->value = ref_drain_zone(r, op->cpu, op->zone, op->list_cpu);
		break;
	case LOCKSTEP_DRAIN_ALL:
		out->value = ref_drain_all(r, op->cpu);
		break;
	case LOCKSTEP_FOLD:
		out->value = ref_fold_stats(r, op->cpu);
		break;
	case LOCKSTEP_DECAY:
		out->value = ref_decay_pcp(r, op->cpu, op->zone);
		break;
	case LOCKSTEP_MOVE:
		out->value = ref_move_pageblock(r, op->pfn, op->type);
		break;
	default:
		out->value = ref_unreserve_highatomic(r, &op->request, op->force);
	}
}

static bool same_result(const struct lockstep_op *op, const struct lockstep_result *r, const struct lockstep_result *m,
			char *message, size_t room)
{
	const struct buddy_block *a = &r->block, *b = &m->block;

	if (r->value != m->value) {
		snprintf(message, room, "result: reference %" PRId64 ", model %" PRId64, r->value, m->value);
		return false;
	}
	if (r->value)
		return true;
	if (op->kind == LOCKSTEP_ALLOC || op->kind == LOCKSTEP_PUT_BACK || op->kind == LOCKSTEP_EXACT) {
		if (ref_same_block(a, b))
			return true;
		snprintf(message, room, "block: reference 0x%" PRIx64 " zone %u order %u type %u path %u attempt %u, "
			 "model 0x%" PRIx64 " zone %u order %u type %u path %u attempt %u", a->pfn, a->zone, a->order,
			 a->type, a->path, a->attempt, b->pfn, b->zone, b->order, b->type, b->path, b->attempt);
		return false;
	}
	for (uint32_t i = 0; op->kind == LOCKSTEP_BULK && i < r->pfn_count && i < m->pfn_count; i++)
		if (r->pfns[i] != m->pfns[i]) {
			snprintf(message, room, "frame %u: reference 0x%" PRIx64 ", model 0x%" PRIx64, i, r->pfns[i],
				 m->pfns[i]);
			return false;
		}
	if (r->pfn_count != m->pfn_count)
		snprintf(message, room, "frames: reference %u, model %u", r->pfn_count, m->pfn_count);
	return r->pfn_count == m->pfn_count;
}

bool lockstep_same(struct buddy *buddy, const struct ref *ref, char *message, size_t room)
{
	return ref_same(ref, buddy, message, room) && ref_types_agree(ref, message, room) &&
	       buddy_check(buddy, message, room);
}

bool lockstep_apply(struct buddy *buddy, struct ref *ref, const struct lockstep_op *op, struct lockstep_result *result,
		    char *message, size_t room)
{
	struct lockstep_result r = { 0 }, m = { 0 };
	char none[1];

	if (!message) {
		message = none;
		room = sizeof(none);
	}
	if (op->kind == LOCKSTEP_RECLAIM) {
		set_reclaim(buddy, ref, op);
	} else {
		do_ref(ref, op, &r);
		do_model(buddy, op, &m);
	}
	if (result)
		*result = m;
	if (!same_result(op, &r, &m, message, room))
		return false;
	if (op->kind == LOCKSTEP_PUT_BACK && !m.value) {
		r.value = ref_put_back(ref, op->request.cpu, &r.block);
		m.value = buddy_put_back(buddy, op->request.cpu, &m.block);
		if (!same_result(op, &r, &m, message, room))
			return false;
	}
	return lockstep_same(buddy, ref, message, room);
}

/* --- What is held ------------------------------------------------------------------------------------------- */

void lockstep_hold(struct lockstep *l, uint64_t pfn, uint32_t order)
{
	l->held[l->held_count++] = (struct lockstep_held){ pfn, order };
}

/* The rest of a block of which a part was freed belongs to nobody. */
void lockstep_release(struct lockstep *l, uint64_t pfn, uint32_t order)
{
	uint64_t end = pfn + (UINT64_C(1) << order);

	for (uint32_t i = 0; i < l->held_count;) {
		const struct lockstep_held *h = &l->held[i];

		if (h->pfn < end && pfn < h->pfn + (UINT64_C(1) << h->order))
			l->held[i] = l->held[--l->held_count];
		else
			i++;
	}
}

static void remember(struct lockstep *l, const struct lockstep_op *op, const struct lockstep_result *result)
{
	if (result->value)
		return;
	switch (op->kind) {
	case LOCKSTEP_ALLOC:
		lockstep_hold(l, result->block.pfn, result->block.order);
		break;
	case LOCKSTEP_EXACT:
		for (uint64_t i = 0; i < op->pages; i++)
			lockstep_hold(l, result->block.pfn + i, 0);
		break;
	case LOCKSTEP_BULK:
		for (uint32_t i = 0; i < result->pfn_count; i++)
			lockstep_hold(l, result->pfns[i], 0);
		break;
	case LOCKSTEP_TAKE:
	case LOCKSTEP_ISOLATE:
		lockstep_hold(l, op->pfn, op->order);
		break;
	case LOCKSTEP_FREE:
	case LOCKSTEP_FREE_DIRECT:
	case LOCKSTEP_PUTBACK_ISOLATED:
		lockstep_release(l, op->pfn, op->order);
		break;
	case LOCKSTEP_PREPARE:
		lockstep_release(l, op->pfn, op->order);
		l->prepared[l->prepared_count++] = (struct lockstep_held){ op->pfn, op->order };
		break;
	case LOCKSTEP_COMMIT:
		for (uint32_t i = 0; i < l->prepared_count;)
			if (l->prepared[i].pfn == op->pfn)
				l->prepared[i] = l->prepared[--l->prepared_count];
			else
				i++;
		break;
	case LOCKSTEP_FREE_LIST:
		for (uint32_t i = 0; i < op->pfn_count; i++)
			lockstep_release(l, op->pfns[i], 0);
		break;
	default:
		break;
	}
}

static bool step(struct lockstep *l, const struct lockstep_op *op)
{
	struct lockstep_result result;

	switch (op->kind) {
	case LOCKSTEP_COMPACT:
		return lockstep_compact(l, op);
	case LOCKSTEP_DECIDE:
		return lockstep_decide(l, op);
	case LOCKSTEP_SLOW:
		return lockstep_slow(l, op);
	default:
		if (!lockstep_apply(l->buddy, l->ref, op, &result, l->message, sizeof(l->message)))
			return false;
		remember(l, op, &result);
		return true;
	}
}

bool lockstep_step(struct lockstep *l, const struct lockstep_op *op)
{
	size_t used;

	if (step(l, op))
		return true;
	used = strlen(l->message);
	used += (size_t)snprintf(l->message + used, sizeof(l->message) - used, "; after ");
	if (used < sizeof(l->message))
		lockstep_print(op, l->message + used, sizeof(l->message) - used);
	return false;
}

int lockstep_print(const struct lockstep_op *op, char *text, size_t room)
{
	static const char *const names[LOCKSTEP_KIND_COUNT] = {
		"alloc",	"alloc_exact",	      "alloc_bulk",	  "alloc and put_back", "free_pages",
		"free_direct",	"free_list",	      "free_prepare",	  "free_commit",	"take",
		"isolate_free", "putback_isolated",   "drain_zone",	  "drain_all",		"fold_stats",
		"decay_pcp",	"move_pageblock",     "unreserve_highatomic", "reclaim_active",
		"compact",	"decide",	      "slow",
	};

	return snprintf(text, room, "%s(cpu %u, zone %u, list_cpu %u, pfn 0x%" PRIx64 ", order %u, type %u, flags %u, "
			"pages %" PRIu64 ", force %d, %u frames from 0x%" PRIx64 "; request gfp 0x%x, task %u, cpu %u, "
			"node %u, order %u)", names[op->kind], op->cpu, op->zone, op->list_cpu, op->pfn, op->order,
			op->type, op->flags, op->pages, op->force, op->pfn_count, op->pfns[0], op->request.gfp,
			op->request.task, op->request.cpu, op->request.node, op->request.order);
}

/* --- A machine ---------------------------------------------------------------------------------------------- */

static bool set_up(struct lockstep *l)
{
	const struct buddy_config *c = &l->machine.config;

	for (uint32_t zone = 0; zone < c->zone_count; zone++) {
		uint64_t start = c->zones[zone].start_pfn, end = start + c->zones[zone].spanned_pages;

		if (buddy_add_range(l->buddy, start, end) || buddy_zone_tune(l->buddy, zone, &l->machine.tunings[zone]))
			return false;
		for (uint32_t cpu = 0; cpu < c->cpu_count; cpu++)
			if (buddy_pcp_tune(l->buddy, zone, cpu, &l->machine.pcp))
				return false;
	}
	return true;
}

bool lockstep_init(struct lockstep *l, const struct lockstep_machine *machine)
{
	const struct buddy_zone_config *last;
	size_t bytes;

	memset(l, 0, sizeof(*l));
	l->machine = *machine;
	if (machine->config.zones == machine->zones)
		l->machine.config.zones = l->machine.zones;
	last = &l->machine.config.zones[l->machine.config.zone_count - 1];
	l->start_pfn = l->machine.config.zones[0].start_pfn;
	l->end_pfn = last->start_pfn + last->spanned_pages;
	bytes = (buddy_footprint(&l->machine.config) + 63) / 64 * 64;
	l->memory = aligned_alloc(64, bytes);
	if (l->memory) {
		memset(l->memory, 0, bytes);
		if (bytes && !buddy_init(l->memory, bytes, &l->machine.config, &l->buddy) && set_up(l))
			l->ref = ref_create(&l->machine.config, l->buddy);
	}
	if (!l->ref)
		snprintf(l->message, sizeof(l->message), "no memory for the machine, or it is not valid");
	return l->ref && ref_same(l->ref, l->buddy, l->message, sizeof(l->message));
}

void lockstep_fini(struct lockstep *l)
{
	ref_run_destroy(l->ref_run);
	ref_destroy(l->ref);
	free(l->memory);
	l->ref_run = NULL;
	l->ref = NULL;
	l->memory = NULL;
}
