// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several CPUs: what the kernel read without a lock, and counters held against the kernel's at the end of each lock
 * section.
 *
 * Interface: on_read, take_reads, count_bypass, do_unlock, do_zone_flags.
 * The model decides by its own state. Where the recording shows that the kernel read something else, because another
 * CPU was faster or slower than the order of the locks says, the recorded outcome overrules it and is counted. The
 * frame is never among these: it comes from the model's lists.
 */
#include "verify_internal.h"

static bool drains_as_told(const struct verify *v, const struct rec_event *e, uint32_t zone, unsigned order,
			   uint8_t bits)
{
	int64_t told = (int64_t)(e->arg >> VERIFY_ORDER_DRAIN_SHIFT);
	int64_t own = buddy_commit_drains(v->buddy, e->cpu, zone, order, bits & REC_ZONE_BITS_RECLAIM,
					  bits & REC_ZONE_BITS_BELOW_HIGH);

	/* Whole blocks are drained. */
	return own > 0 ? told >= own && told < own + 8 : !told;
}

/*
 * Flags of its zone that a commit read. They are told where the commit begins; another CPU may have changed them before
 * the kernel's own reading, and then the size of the drain tells. Return: REC_ZONE_BITS*, or 0 when nothing is told.
 */
static uint8_t commit_bits(const struct verify *v, const struct rec_event *e)
{
	static const uint8_t others[] = { REC_ZONE_BITS_RECLAIM, REC_ZONE_BITS_BELOW_HIGH,
					  REC_ZONE_BITS_RECLAIM | REC_ZONE_BITS_BELOW_HIGH };
	uint8_t bits = (uint8_t)e->arg;
	unsigned order;
	uint32_t zone;

	if (!(bits & REC_ZONE_BITS_TOLD) || !(e->arg & VERIFY_ORDER_DRAIN_TOLD) ||
	    buddy_zone_of(v->buddy, e->pfn, &zone) || buddy_prepared_order(v->buddy, e->pfn, &order) ||
	    drains_as_told(v, e, zone, order, bits))
		return bits;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (drains_as_told(v, e, zone, order, bits ^ others[i]))
			return bits ^ others[i];
	return bits;
}

/* What the order of the locks found out about this operation's reads. */
void take_reads(struct verify *v, const struct rec_event *e)
{
	v->reads = (struct verify_reads){ .zones = e->pad, .cpu = e->cpu };
	if (e->kind == REC_FREE_BATCHED)
		v->reads.bits = commit_bits(v, e);
	else if (e->kind == REC_ALLOC || e->kind == REC_POP)
		v->reads.high = (uint32_t)(e->arg >> VERIFY_ORDER_HIGH_SHIFT);
}

/* A refill lets its list grow unless the zone was below its high mark; its high shows what was read. */
static bool grow_told(struct verify *v, uint32_t zone, bool *below_out)
{
	struct buddy_pcp_tuning t;

	buddy_pcp_tuning_get(v->buddy, zone, v->reads.cpu, &t);
	if (!v->reads.high || t.high_pages < t.high_min_pages || t.high_pages >= t.high_max_pages)
		return false;
	*below_out = v->reads.high == t.high_pages;
	return true;
}

bool on_read(void *context, enum buddy_read what, uint32_t zone, bool own)
{
	struct verify *v = context;
	const struct verify_reads *r = &v->reads;
	bool told, value = false, again = false;

	if (what == BUDDY_READ_MARK && v->reads.only) {
		/* The zones before it had their turn, in lock sections of their own. */
		value = v->reads.only == zone + 1;
		if (value)
			v->reads.only = UINT8_MAX;
		return value;
	}
	if (what == BUDDY_READ_MARK) {
		again = r->looked_before;
		if (again)
			own = r->looked >> zone & 1;
		told = (r->zones & VERIFY_ORDER_ZONES_TOLD) && zone < REC_ZONES_READ_MAX;
		value = r->zones >> zone & 1;
	} else if (what == BUDDY_READ_GROW) {
		told = grow_told(v, zone, &value);
	} else {
		told = r->bits & REC_ZONE_BITS_TOLD;
		value = r->bits & (what == BUDDY_READ_RECLAIM ? REC_ZONE_BITS_RECLAIM : REC_ZONE_BITS_BELOW_HIGH);
	}
	if (!told)
		return own;
	if (value == own)
		v->result.count[VERIFY_READ].own += !again;
	else
		v->result.count[VERIFY_READ].taken++;
	return value;
}

/* The list was locked. A task keeps its CPU while it has a list, so a task finds one locked because of another CPU. */
void count_bypass(struct verify *v, const struct rec_event *e)
{
	v->result.condition[VERIFY_COND_BYPASS]++;
	v->result.count[VERIFY_READ].taken += v->order && !(e->context & REC_CTX_LEVEL);
}

/* Return: false when the model's value is another. */
static bool hold_against(struct verify *v, const char *what, uint32_t zone, int64_t recorded, int64_t predicted)
{
	struct verify_counter_miss *m = &v->result.first_counter;

	if (recorded == predicted) {
		v->result.count[VERIFY_COUNTER].own++;
		return true;
	}
	v->result.count[VERIFY_COUNTER].missed++;
	if (!m->present)
		*m = (struct verify_counter_miss){ .present = true, .event = v->now, .what = what, .zone = zone,
						   .recorded = recorded, .predicted = predicted };
	return false;
}

/*
 * kswapd gives back as much of a boost as it found when it began, in a lock section of its own; that this is the
 * section is taken from the recording. Source: balance_pgdat(). Return: the boost that is left.
 */
static uint64_t boost_given_back(struct verify *v, const struct rec_event *e, uint32_t zone, uint64_t own)
{
	uint64_t told = REC_ZONE_READ_BOOST(e->pfn), back = v->balancing[zone].boost_pages;

	if (told >= own || !back || v->balancing[zone].pid != e->pid)
		return own;
	own -= back < own ? back : own;
	v->balancing[zone].boost_pages = 0;
	v->result.count[VERIFY_BOOST].own += own == told;
	v->result.count[VERIFY_BOOST].taken += own != told;
	return told;
}

/*
 * kswapd changes the threshold of all CPUs without a lock; a section under way flushed by the old one or the new one,
 * which the order of the locks does not tell. Pages are then counted in another place, but not others.
 */
static void flushed_elsewhere(struct verify *v, uint32_t zone, uint32_t cpu, int64_t pages, int64_t difference)
{
	struct buddy_pcp_tuning p;

	buddy_pcp_tuning_get(v->buddy, zone, cpu, &p);
	if (p.free_pages_diff == difference ||
	    pages + difference != buddy_free_pages_counter(v->buddy, zone) + p.free_pages_diff)
		return;
	v->result.count[VERIFY_COUNTER].taken++;
	p.free_pages_diff = difference;
	buddy_pcp_tune(v->buddy, zone, cpu, &p);
	buddy_zone_set_free_pages(v->buddy, zone, pages);
}

/* Another CPU folds its differences without a lock and tells it behind the last zone: its pages are there already. */
static bool folded_already(const struct verify *v, uint32_t zone, uint32_t cpu, int64_t pages)
{
	int64_t more = pages - buddy_free_pages_counter(v->buddy, zone);

	for (uint32_t other = 0; more && other < v->machine->cpu_count; other++) {
		struct buddy_pcp_tuning p;

		buddy_pcp_tuning_get(v->buddy, zone, other, &p);
		if (other != cpu && p.free_pages_diff == more)
			return true;
	}
	return false;
}

static void zone_unlocked(struct verify *v, const struct rec_event *e, uint32_t zone)
{
	struct buddy_zone_tuning z;
	struct buddy_pcp_tuning p;
	int64_t difference = (int8_t)(e->gfp >> 8), pages = REC_ZONE_READ_FREE(e->pfn);
	uint64_t boost = REC_ZONE_READ_BOOST(e->pfn), own;

	v->tells_boost = true;
	flushed_elsewhere(v, zone, e->cpu, pages, difference);
	buddy_pcp_tuning_get(v->buddy, zone, e->cpu, &p);
	hold_against(v, "unflushed difference", zone, difference, p.free_pages_diff);
	if (folded_already(v, zone, e->cpu, pages))
		v->result.count[VERIFY_COUNTER].taken++;
	else
		hold_against(v, "free counter", zone, pages, buddy_free_pages_counter(v->buddy, zone));
	buddy_zone_tuning_get(v->buddy, zone, &z);
	own = boost_given_back(v, e, zone, z.boost_pages);
	if (own != boost)
		hold_against(v, "boost", zone, (int64_t)boost, (int64_t)own);
	if (z.boost_pages != boost) {
		z.boost_pages = boost;
		buddy_zone_tune(v->buddy, zone, &z);
	}
}

static void list_unlocked(struct verify *v, const struct rec_event *e, uint32_t zone, uint32_t cpu)
{
	struct buddy_pcp_tuning p;

	hold_against(v, "frames on the per-CPU list", zone, (int32_t)e->gfp, buddy_pcp_count(v->buddy, zone, cpu));
	buddy_pcp_tuning_get(v->buddy, zone, cpu, &p);
	if (!hold_against(v, "high of the per-CPU list", zone, (int64_t)(e->pfn >> 32), p.high_pages)) {
		p.high_pages = (uint32_t)(e->pfn >> 32);
		buddy_pcp_tune(v->buddy, zone, cpu, &p);
	}
}

/* The end of a lock section: all that it did is done. */
int do_unlock(struct verify *v, const struct rec_event *e)
{
	uint32_t zone = (uint32_t)e->arg, cpu = (uint16_t)e->pfn;
	bool list = e->flags & 1;
	struct context *c = context_find(&v->contexts, context_key(e));

	if (zone >= v->machine->zone_count)
		return 1;
	if (c && list && (e->flags & VERIFY_ORDER_NOTHING))
		list_gave_nothing(v, c, e);
	if (!list && (e->gfp & REC_ZONE_BITS_TOLD))
		zone_unlocked(v, e, zone);
	if (list && (e->pfn >> 16 & REC_ZONE_BITS_TOLD) && (e->pfn & 0xff00) == 0 && cpu < v->machine->cpu_count)
		list_unlocked(v, e, zone, cpu);
	return 1;
}

/* kswapd set or cleared the flag that keeps per-CPU lists short. */
int do_zone_flags(struct verify *v, const struct rec_event *e)
{
	struct buddy_zone_tuning t;
	uint32_t zone = (uint32_t)(e->arg >> 32);

	if (zone >= v->machine->zone_count)
		return 1;
	v->tells_flags = true;
	buddy_zone_tuning_get(v->buddy, zone, &t);
	t.reclaim_active = e->arg & REC_ZONE_BITS_RECLAIM;
	buddy_zone_tune(v->buddy, zone, &t);
	return 1;
}
