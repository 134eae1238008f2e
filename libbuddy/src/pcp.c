// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Per-CPU lists: taking, refilling, committing frees, draining.
 *
 * Interface: pcp_alloc, pcp_take, pcp_trim, pcp_trim_tuned, pcp_drain, buddy_drain_portion, buddy_drain_zone,
 * buddy_drain_all, buddy_fold_zone, buddy_fold_stats, buddy_decay_high, buddy_decay_pcp; pcp_commit is in internal.h.
 * Invariant: a list's count is the number of frames on all lists of that CPU and zone; each block carries the
 * migratetype that was stored when it was freed, which is where a drain returns it in 6.1.
 * Source: rmqueue_pcplist, __rmqueue_pcplist, rmqueue_bulk, free_unref_page_commit, nr_pcp_free, nr_pcp_high,
 * free_pcppages_bulk, drain_pages_zone, mm/page_alloc.c 6.1; what is "tuned" is 6.12's.
 */
#include "internal.h"

/* Takes blocks from the zone to the list's tail, so that the first taken is the first handed out. */
static uint32_t refill(struct buddy *b, struct zone *z, uint32_t cpu, node_t head, unsigned order, unsigned type,
		       uint32_t count, unsigned alloc_flags)
{
	bool steals = false;
	uint32_t taken;

	b->stats.refills++;
	b->stats.zone_locks++;
	note(b, &(struct buddy_note){ .kind = BUDDY_NOTE_REFILL, .order = (uint8_t)order, .type = (uint8_t)type,
				      .zone = z->index, .count = count });
	for (taken = 0; taken < count; taken++) {
		node_t n = rmqueue_locked(b, z, cpu, order, type, alloc_flags, &steals);

		if (!n)
			break;
		/* The mark still names the type of the list that it came from, which may be CMA. */
		b->state[n] = state_pcp(order, state_free_type(b->state[n]));
		link_tail(b->link, n, head);
	}
	b->stats.pcp_list_ops += taken;
	if (!b->profile->counts_at_lists)
		count_free_pages(z, cpu, -(int32_t)(taken << order));
	return taken;
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }
static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

/*
 * As the kernel's clamp(), which looks at the upper bound first: that decides where the bounds cross, which they do
 * when the low watermark is over an eighth of the zone.
 */
static uint32_t within_bounds(const struct pcp *p, uint32_t high)
{
	return high >= p->high_max ? p->high_max : high <= p->high_min ? p->high_min : high;
}

/* Source: nr_pcp_alloc(), 6.12: refills double while nothing is freed, and the list may grow. */
static uint32_t tuned_refill(const struct buddy *b, struct zone *z, struct pcp *p, unsigned order)
{
	uint32_t high = p->high = within_bounds(p, p->high);
	uint32_t batch = p->batch;
	int64_t most;

	if (high < batch)
		return 1;
	if (!order)
		batch <<= p->alloc_factor;
	z->below_high = read_value(b, BUDDY_READ_GROW, z, z->below_high);
	if (p->high_min != p->high_max && !z->below_high)
		high = p->high = smaller(high + batch, p->high_max);
	if (order)
		return batch;
	most = (int64_t)high - p->count - p->batch;
	if (most < p->batch)
		most = p->batch;
	if (batch <= most && p->alloc_factor < b->profile->pcp_batch_scale_max)
		p->alloc_factor++;
	return smaller(batch, (uint32_t)most);
}

node_t pcp_take(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type, unsigned alloc_flags,
		bool *refilled_out)
{
	struct pcp *p = &z->pcp[cpu];
	node_t head = p->heads + pcp_index(order, type);
	node_t n = b->link[head].next;

	*refilled_out = false;
	if (unlikely(n == head)) {
		uint32_t batch = b->profile->pcp_high_tuned ? tuned_refill(b, z, p, order) : p->batch;

		if (batch > 1)
			batch = batch >> order > 2 ? batch >> order : 2;
		p->count += (int32_t)(refill(b, z, cpu, head, order, type, batch, alloc_flags) << order);
		*refilled_out = true;
		n = b->link[head].next;
		if (n == head)
			return 0;
	}
	pcp_remove(b, p, n, order);
	return n;
}

node_t pcp_alloc(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type, unsigned alloc_flags,
		 bool *refilled_out)
{
	pcp_lock(b, &z->pcp[cpu]);
	return pcp_take(b, z, cpu, order, type, alloc_flags, refilled_out);
}

static int32_t blocks_to_free(const struct buddy *b, struct pcp *p, int32_t high, bool free_high)
{
	int32_t batch = (int32_t)p->batch;
	int32_t min = batch, max = high - batch;

	if (free_high)
		return p->count;
	if (high < batch)
		return 1;
	batch = (int32_t)(p->batch << p->free_factor);
	if (batch < max && p->free_factor < b->profile->pcp_batch_scale_max)
		p->free_factor++;
	return batch < min ? min : batch > max ? max : batch;
}

/* Source: nr_pcp_high(), 6.12: the list's high follows what is freed, between its bounds. */
static int32_t tuned_limit(const struct buddy *b, struct pcp *p, bool free_high, bool reclaim_active, bool below_high)
{
	uint32_t high = p->high = within_bounds(p, p->high);
	uint32_t streak = larger(p->free_count, p->batch);
	uint32_t shrunk = high > p->high_min + streak ? high - streak : p->high_min;

	if (!high)
		return 0;
	if (free_high) {
		uint32_t step = p->batch << b->profile->pcp_batch_scale_max;

		p->high = high > p->high_min + step ? high - step : p->high_min;
		return 0;
	}
	if (reclaim_active) {
		p->high = shrunk;
		return (int32_t)smaller(p->batch << 2, p->high);
	}
	if (p->high_min == p->high_max)
		return (int32_t)high;
	if (below_high) {
		p->high = shrunk;
		return (int32_t)larger((uint32_t)p->count, p->high_min);
	}
	if (p->count >= (int32_t)high) {
		uint32_t need = p->free_count + p->batch;

		if (p->high < need)
			p->high = within_bounds(p, need);
	}
	return (int32_t)high;
}

/* Source: nr_pcp_free(), 6.12. */
static int32_t tuned_drain(const struct buddy *b, const struct pcp *p, int32_t high, bool free_high)
{
	int32_t batch = (int32_t)p->batch;
	int32_t most = high - batch;
	int32_t count = (int32_t)p->free_count;

	if (free_high) {
		int32_t step = batch << b->profile->pcp_batch_scale_max;

		return p->count < step ? p->count : step;
	}
	if (high < batch)
		return 1;
	/* clamp() looks at the upper bound first: where the bounds cross, under a high of two batches, that decides. */
	if (count >= most)
		return most;
	return count < batch ? batch : count;
}

/*
 * What a block of @order that was just put on the list makes of the list, save for the drain itself. Return: frames to
 * drain, -1 for none. Source: free_unref_page_commit(), 6.12.
 */
static int32_t tuned_commit(const struct buddy *b, struct pcp *p, unsigned order, bool reclaim_active, bool below_high)
{
	bool free_high = false;
	int32_t high;

	p->alloc_factor >>= 1;
	if (order && order < BUDDY_PCP_ORDER_COUNT) {
		free_high = p->free_count >= p->batch && (p->flags & BUDDY_PCP_PREV_FREE_HIGH_ORDER) &&
			    (!(p->flags & BUDDY_PCP_FREE_HIGH_BATCH) || p->count >= (int32_t)p->batch);
		p->flags |= BUDDY_PCP_PREV_FREE_HIGH_ORDER;
	} else {
		p->flags &= ~BUDDY_PCP_PREV_FREE_HIGH_ORDER;
	}
	if (p->free_count < p->batch << b->profile->pcp_batch_scale_max)
		p->free_count += 1u << order;
	high = tuned_limit(b, p, free_high, reclaim_active, below_high);
	return likely(p->count < high) ? -1 : tuned_drain(b, p, high, free_high);
}

void pcp_trim_tuned(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned index)
{
	struct pcp *p = &z->pcp[cpu];
	int32_t drain;

	/* What was read is what the zone has from now on, as far as anyone knows. */
	if (unlikely(b->env.read != NULL)) {
		z->reclaim_active = read_value(b, BUDDY_READ_RECLAIM, z, z->reclaim_active);
		z->below_high = read_value(b, BUDDY_READ_BELOW_HIGH, z, z->below_high);
	}
	drain = tuned_commit(b, p, order, z->reclaim_active, z->below_high);
	if (likely(drain < 0))
		return;
	pcp_drain(b, z, cpu, p, drain, (int)index);
	if (z->below_high &&
	    zone_mark_ok(z, b, 0, z->marks[BUDDY_MARK_HIGH] + z->boost, BUDDY_ZONE_MOVABLE, 0, z->free_pages))
		z->below_high = false;
}

int64_t buddy_commit_drains(const struct buddy *b, uint32_t cpu, uint32_t zone, unsigned order, bool reclaim_active,
			    bool below_high)
{
	bool free_high = false;
	struct pcp p;
	int32_t drain, high;

	if (zone >= b->zone_count || cpu >= b->cpu_count || !pcp_has_order(b, order))
		return -EINVAL;
	p = b->zones[zone].pcp[cpu];
	p.count += 1 << order;
	if (b->profile->pcp_high_tuned) {
		drain = tuned_commit(b, &p, order, reclaim_active, below_high);
	} else {
		free_high = p.free_factor && order && order < BUDDY_PCP_ORDER_COUNT;
		high = pcp_effective_high(&p, free_high, reclaim_active);
		drain = p.count < high ? -1 : blocks_to_free(b, &p, high, free_high);
	}
	return drain < 0 ? 0 : drain < p.count ? drain : p.count;
}

/* A free made the lists too long. */
void pcp_trim(struct buddy *b, struct zone *z, uint32_t cpu, unsigned index, bool free_high, int32_t high)
{
	struct pcp *p = &z->pcp[cpu];

	pcp_drain(b, z, cpu, p, blocks_to_free(b, p, high, free_high), (int)index);
}

/* The next list that has entries, round robin. Pre: one has. */
static int next_list(const struct buddy *b, const struct pcp *p, int index)
{
	do
		index = index + 1 < (int)PCP_LISTS ? index + 1 : 0;
	while (list_empty(b->link, p->heads + (node_t)index));
	return index;
}

/*
 * Returns about @count frames to the zone, from the tails of the lists, the one at @index first. One list is
 * emptied, or the count reached, before the next one's turn.
 */
void pcp_drain(struct buddy *b, struct zone *z, uint32_t cpu, struct pcp *p, int32_t count, int index)
{
	if (count > p->count)
		count = p->count;
	b->stats.zone_locks++;
	index--;
	while (count > 0) {
		node_t head;
		unsigned order;

		index = next_list(b, p, index);
		head = p->heads + (node_t)index;
		order = pcp_index_order(b, (unsigned)index);
		do {
			node_t n = b->link[head].prev;
			unsigned type = drain_type(b, z, n);

			unlink_node(b->link, n);
			b->state[n] = 0;
			b->stats.pcp_list_ops++;
			b->stats.drained_blocks++;
			count -= 1 << order;
			p->count -= 1 << order;
			free_one(b, z, cpu, n, order, type, false);
			note_block(b, z, BUDDY_NOTE_PCPU_DRAIN, n, order, type);
		} while (count > 0 && !list_empty(b->link, head));
	}
}

/* How many frames are drained at most without dropping the list's lock. */
static int64_t section_pages(const struct buddy *b, const struct pcp *p)
{
	return (int64_t)p->batch << b->profile->pcp_batch_scale_max;
}

int buddy_drain_portion(struct buddy *b, uint32_t cpu, uint32_t zone, uint32_t list_cpu, int64_t pages)
{
	struct pcp *p;
	int64_t most, before;

	if (zone >= b->zone_count || cpu >= b->cpu_count || list_cpu >= b->cpu_count || pages < 0)
		return -EINVAL;
	p = &b->zones[zone].pcp[list_cpu];
	most = section_pages(b, p);
	before = p->count;
	b->stats.pcp_locks++;
	pcp_drain(b, &b->zones[zone], cpu, p, (int32_t)(pages < most ? pages : most), 0);
	return (int)(before - p->count);
}

int buddy_drain_zone(struct buddy *b, uint32_t cpu, uint32_t zone, uint32_t list_cpu)
{
	struct pcp *p;
	int64_t count, most;

	if (zone >= b->zone_count || cpu >= b->cpu_count || list_cpu >= b->cpu_count)
		return -EINVAL;
	p = &b->zones[zone].pcp[list_cpu];
	most = section_pages(b, p);
	/* The count is read under the lock. A section goes on by what it asked for, though whole blocks may be more. */
	do {
		count = p->count;
		b->stats.pcp_locks++;
		if (count)
			pcp_drain(b, &b->zones[zone], cpu, p, (int32_t)(count < most ? count : most), 0);
	} while (count > most);
	return 0;
}

static void fold(struct zone *z, struct pcp *p)
{
	z->free_pages += p->stat_diff;
	p->stat_diff = 0;
}

/* Source: decay_pcp_high(), 6.12, called once a second or so after the zone's counters were folded. */
int buddy_decay_high(struct buddy *b, uint32_t cpu, uint32_t zone, int64_t *excess_out)
{
	struct zone *z;
	struct pcp *p;
	int64_t high;

	if (zone >= b->zone_count || cpu >= b->cpu_count)
		return -EINVAL;
	z = &b->zones[zone];
	p = &z->pcp[cpu];
	*excess_out = 0;
	if (!b->profile->pcp_high_tuned)
		return 0;
	if (p->high > p->high_min) {
		high = (int64_t)p->count - ((int64_t)p->batch << b->profile->pcp_batch_scale_max);
		high = high > (int64_t)(p->high - (p->high >> 3)) ? high : (int64_t)(p->high - (p->high >> 3));
		p->high = high > (int64_t)p->high_min ? (uint32_t)high : p->high_min;
	}
	*excess_out = p->count > (int64_t)p->high ? (int64_t)p->count - p->high : 0;
	return 0;
}

int buddy_decay_pcp(struct buddy *b, uint32_t cpu, uint32_t zone)
{
	int64_t excess, batch;
	int error = buddy_fold_zone(b, cpu, zone);

	if (!error)
		error = buddy_decay_high(b, cpu, zone, &excess);
	if (error)
		return error;
	batch = b->zones[zone].pcp[cpu].batch;
	for (; excess > 0; excess -= batch)
		buddy_drain_portion(b, cpu, zone, cpu, excess < batch ? excess : batch);
	return 0;
}

int buddy_drain_all(struct buddy *b, uint32_t cpu)
{
	if (cpu >= b->cpu_count)
		return -EINVAL;
	for (uint32_t list_cpu = 0; list_cpu < b->cpu_count; list_cpu++)
		for (uint32_t zone = 0; zone < b->zone_count; zone++)
			buddy_drain_zone(b, cpu, zone, list_cpu);
	return 0;
}

int buddy_fold_zone(struct buddy *b, uint32_t cpu, uint32_t zone)
{
	if (cpu >= b->cpu_count || zone >= b->zone_count)
		return -EINVAL;
	fold(&b->zones[zone], &b->zones[zone].pcp[cpu]);
	return 0;
}

int buddy_fold_stats(struct buddy *b, uint32_t cpu)
{
	if (cpu >= b->cpu_count)
		return -EINVAL;
	for (uint32_t i = 0; i < b->zone_count; i++)
		fold(&b->zones[i], &b->zones[i].pcp[cpu]);
	return 0;
}
