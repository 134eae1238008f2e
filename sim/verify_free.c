// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frees: at their event, at their commit, or behind what interrupted them.
 *
 * Interface: do_free, do_commit, do_late_commit, drain_late_commit, settle_due.
 * A free that drains its per-CPU list takes the zone's lock inside the list's section. An interrupt may use the zone
 * before that, and again between that and the end of the section, but not the list: so the free is done at the first
 * block that it drains.
 */
#include "verify_when.h"

#include <errno.h>

static int begin_free(struct verify *v, const struct rec_event *e)
{
	v->current = context_get(&v->contexts, context_key(e));
	if (!v->current)
		return -ENOMEM;
	v->current->draining = false;
	/* A free inside an open allocation (reclaim, a charge that failed) leaves that alone. */
	if (!allocating(v->current))
		settle_notes(v, v->current);
	return 0;
}

static int end_free(struct verify *v, int error)
{
	v->result.frees++;
	v->result.frees_unmatched += error != 0;
	if (!allocating(v->current))
		context_settle(&v->contexts, v->current);
	return 1;
}

/* --- Frees whose drain is still to come ---------------------------------------------------------------------- */

static bool drains(const struct verify *v, const struct rec_event *e, uint32_t zone, const struct buddy_zone_tuning *t)
{
	unsigned order = e->order;

	if (e->kind == REC_FREE_BATCHED && buddy_prepared_order(v->buddy, e->pfn, &order))
		return false;
	return buddy_commit_drains(v->buddy, e->cpu, zone, order, t->reclaim_active, t->below_high) > 0;
}

/* Return: whether the free waits for its first drained block. */
static bool put_off(struct verify *v, const struct rec_event *e)
{
	struct buddy_zone_tuning t;
	uint32_t zone;

	if (v->order || v->machine->cpu_count > 1 || buddy_zone_of(v->buddy, e->pfn, &zone))
		return false;
	buddy_zone_tuning_get(v->buddy, zone, &t);
	if (!drains(v, e, zone, &t))
		return false;
	v->due[level_of(e->context)] = (struct due_free){ .waits = true, .kswapd_set = v->begun, .free = *e };
	return true;
}

static int free_now(struct verify *v, const struct rec_event *e)
{
	return e->kind == REC_FREE ? buddy_free_pages(v->buddy, e->cpu, e->pfn, e->order) :
				     buddy_free_commit(v->buddy, e->cpu, e->pfn);
}

static bool fell_perhaps_later(const struct verify *v, uint32_t zone)
{
	uint32_t fell = v->fell_perhaps;

	for (unsigned level = 0; level < VERIFY_LEVELS; level++)
		if (v->attempts[level].open && v->attempts[level].interrupted)
			fell |= v->attempts[level].fell;
	return fell >> zone & 1;
}

/* It is on top of a kswapd that balances; this may have dropped its flag already, which is told later. */
static bool flag_dropped_perhaps(const struct verify *v, const struct due_free *due)
{
	struct rec_event task = due->free;
	const struct slow *s;

	task.context = 0;
	s = due->kswapd_set || !level_of(due->free.context) ? NULL : slow_of(v, context_key(&task));
	return s && s->balancing;
}

/*
 * The kernel did not drain. kswapd's call is told before it sets its flag, and its end after it dropped that; an
 * attempt is told before it finds a zone below the high watermark, which it has yet to do: this free came in between.
 */
static int free_before_flags(struct verify *v, const struct due_free *due)
{
	const struct rec_event *e = &due->free;
	struct buddy_zone_tuning now, before;
	uint32_t zone;
	int error;

	buddy_zone_of(v->buddy, e->pfn, &zone);
	buddy_zone_tuning_get(v->buddy, zone, &now);
	before = now;
	before.reclaim_active &= !due->kswapd_set && !flag_dropped_perhaps(v, due);
	before.below_high &= !fell_perhaps_later(v, zone);
	if (drains(v, e, zone, &before))
		return free_now(v, e);
	v->result.count[VERIFY_READ].taken++;
	buddy_zone_tune(v->buddy, zone, &before);
	error = free_now(v, e);
	buddy_zone_tuning_get(v->buddy, zone, &before);
	before.reclaim_active = now.reclaim_active;
	buddy_zone_tune(v->buddy, zone, &before);
	return error;
}

static bool is_low(const struct verify *v, uint32_t zone)
{
	struct buddy_zone_tuning t;

	buddy_zone_tuning_get(v->buddy, zone, &t);
	return t.below_high;
}

static int free_and_drain(struct verify *v, struct due_free *due)
{
	uint32_t zone;
	int error = free_now(v, &due->free);

	buddy_zone_of(v->buddy, due->free.pfn, &zone);
	due->drained = true;
	due->low_after = is_low(v, zone);
	return error;
}

static void end_section(struct verify *v, struct due_free *due)
{
	uint32_t zone;

	due->drained = false;
	buddy_zone_of(v->buddy, due->free.pfn, &zone);
	v->fell_perhaps &= ~(1u << zone);
	v->fell_perhaps |= (uint32_t)(!due->low_after && is_low(v, zone)) << zone;
}

void settle_due(struct verify *v, const struct rec_event *e)
{
	for (unsigned level = VERIFY_LEVELS; level-- > 0;) {
		struct due_free *due = &v->due[level];
		bool drains;

		if (!(due->waits || due->drained) || (e && e->pid == due->free.pid && level_of(e->context) > level))
			continue;
		drains = e && e->kind == REC_PCPU_DRAIN && context_key(e) == context_key(&due->free);
		if (due->drained && !drains)
			end_section(v, due);
		if (!due->waits)
			continue;
		due->waits = false;
		v->current = context_get(&v->contexts, context_key(&due->free));
		if (!v->current)
			v->out_of_memory = true;
		else
			end_free(v, drains ? free_and_drain(v, due) : free_before_flags(v, due));
	}
}

/* --- The events ---------------------------------------------------------------------------------------------- */

static unsigned free_flags(const struct rec_event *e)
{
	return e->flags & REC_FREE_TO_TAIL ? BUDDY_FREE_TO_TAIL : 0;
}

int do_free(struct verify *v, const struct rec_event *e)
{
	unsigned flags = free_flags(e);
	int error = begin_free(v, e);
	struct context *c = v->current;

	if (error)
		return error;
	if (c->stocked && c->stocked_pfn == e->pfn) {
		c->stocked = false;
		context_settle(&v->contexts, c);
		return 1;
	}
	if (c->run.begun && buddy_in_stock(v->buddy, e->pfn))
		leave_stock(v, c, e);
	if ((e->flags & REC_FREE_LATE) && !v->order) {
		c->late = true;
		c->late_free = *e;
		return 1;
	}
	/* A forced tail is decided here and now: the function below the probe of REC_FREE_ONE does the same at once. */
	if (has_list(v, e->order) && ((e->flags & REC_FREE_LIST) || (e->flags & REC_FREE_AT_ONE && !flags))) {
		error = buddy_free_prepare(v->buddy, e->pfn, e->order);
		v->result.frees_unmatched += error != 0;
		c->late = !v->order && !error && e->flags & REC_FREE_LIST;
		c->late_free = *e;
		if (!allocating(c))
			context_settle(&v->contexts, c);
		return 1;
	}
	if (e->flags & REC_FREE_BUDDY)
		error = buddy_free_direct(v->buddy, e->cpu, e->pfn, e->order, flags);
	else if (put_off(v, e))
		return 1;
	else
		error = buddy_free_pages(v->buddy, e->cpu, e->pfn, e->order);
	return end_free(v, error);
}

int do_commit(struct verify *v, const struct rec_event *e, bool direct)
{
	int error = begin_free(v, e);

	if (error)
		return error;
	/* What was prepared last was a list's, not a late free. */
	v->current->late &= (v->current->late_free.flags & REC_FREE_LATE) != 0;
	if (direct) {
		/* free_one_page() also serves frees that were done at their own event. */
		error = buddy_free_direct(v->buddy, e->cpu, e->pfn, e->order, BUDDY_FREE_PREPARED);
		if (!error && (v->order || v->current->locked))
			count_bypass(v, e);
		v->current->locked = false;
		return end_free(v, error == -ENOENT ? 0 : error);
	}
	if (put_off(v, e))
		return 1;
	return end_free(v, buddy_free_commit(v->buddy, e->cpu, e->pfn));
}

static int commit_late(struct verify *v, struct context *c, const struct rec_event *e)
{
	const struct rec_event *f = &c->late_free;
	int error;

	c->late = false;
	v->current = c;
	v->result.condition[VERIFY_COND_INTERRUPTED]++;
	if (f->flags & REC_FREE_LATE)
		error = buddy_free_direct(v->buddy, e->cpu, f->pfn, f->order, free_flags(f));
	else
		error = buddy_free_commit(v->buddy, e->cpu, f->pfn);
	match_notes(v, c);
	return end_free(v, error);
}

/* The first block that a late free drains; that it was late is told at the end of its section. */
void drain_late_commit(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));

	if (c && c->late && !(c->late_free.flags & REC_FREE_LATE))
		commit_late(v, c, e);
}

/* What interrupted this free came first. */
int do_late_commit(struct verify *v, const struct rec_event *e)
{
	struct context *c = context_find(&v->contexts, context_key(e));

	return c && c->late && c->late_free.pfn == e->pfn ? commit_late(v, c, e) : 1;
}
