// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Per-CPU lists: taking, refilling, committing frees, draining.
 *
 * Interface: pcp_alloc, pcp_take, pcp_commit, pcp_drain, buddy_drain_zone, buddy_drain_all, buddy_fold_stats.
 * Invariant: a list's count is the number of frames on all lists of that CPU and zone; each block carries the
 * migratetype that was stored when it was freed, which is where a drain returns it.
 * Source: rmqueue_pcplist, __rmqueue_pcplist, rmqueue_bulk, free_unref_page_commit, nr_pcp_free, nr_pcp_high,
 * free_pcppages_bulk, drain_pages_zone, mm/page_alloc.c 6.1.
 */
#include "internal.h"

/* Takes blocks from the zone to the list's tail, so that the first taken is the first handed out. */
static uint32_t refill(struct buddy *b, struct zone *z, uint32_t cpu, node_t head, unsigned order, unsigned type,
		       uint32_t count, unsigned alloc_flags)
{
	uint32_t taken;

	b->stats.refills++;
	b->stats.zone_locks++;
	note(b, &(struct buddy_note){ .kind = BUDDY_NOTE_REFILL, .order = (uint8_t)order, .type = (uint8_t)type,
				      .zone = z->index, .count = count });
	for (taken = 0; taken < count; taken++) {
		node_t n = rmqueue_locked(b, z, order, type, alloc_flags);

		if (!n)
			break;
		/* The mark still names the type of the list that it came from, which may be CMA. */
		b->state[n] = state_pcp(order, state_free_type(b->state[n]));
		link_tail(b->link, n, head);
	}
	b->stats.refilled_blocks += taken;
	b->stats.pcp_list_ops += taken;
	count_free_pages(z, cpu, -(int32_t)(taken << order));
	return taken;
}

node_t pcp_take(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type, unsigned alloc_flags,
		bool *refilled_out)
{
	struct pcp *p = &z->pcp[cpu];
	node_t head = p->heads + pcp_index(order, type);
	node_t n = b->link[head].next;

	*refilled_out = false;
	if (unlikely(n == head)) {
		uint32_t batch = p->batch;

		if (batch > 1)
			batch = batch >> order > 2 ? batch >> order : 2;
		p->count += (int32_t)(refill(b, z, cpu, head, order, type, batch, alloc_flags) << order);
		*refilled_out = true;
		n = b->link[head].next;
		if (n == head)
			return 0;
	}
	unlink_node(b->link, n);
	b->stats.pcp_list_ops++;
	p->count -= 1 << order;
	return n;
}

node_t pcp_alloc(struct buddy *b, struct zone *z, uint32_t cpu, unsigned order, unsigned type, unsigned alloc_flags,
		 bool *refilled_out)
{
	b->stats.pcp_locks++;
	z->pcp[cpu].free_factor >>= 1;
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

static int32_t effective_high(const struct zone *z, const struct pcp *p, bool free_high)
{
	if (!p->high || free_high)
		return 0;
	if (likely(!z->reclaim_active))
		return (int32_t)p->high;
	return (int32_t)(p->batch << 2 < p->high ? p->batch << 2 : p->high);
}

void pcp_commit(struct buddy *b, struct zone *z, uint32_t cpu, node_t n, unsigned order, unsigned list_type,
		unsigned stored_type)
{
	struct pcp *p = &z->pcp[cpu];
	unsigned index = pcp_index(order, list_type);
	bool free_high;
	int32_t high;

	b->state[n] = state_pcp(order, stored_type);
	link_head(b->link, n, p->heads + index);
	b->stats.pcp_list_ops++;
	p->count += 1 << order;

	free_high = p->free_factor && order && order < BUDDY_PCP_ORDER_COUNT;
	high = effective_high(z, p, free_high);
	if (unlikely(p->count >= high))
		pcp_drain(b, z, cpu, p, blocks_to_free(b, p, high, free_high), (int)index);
}

/*
 * Returns about @count frames to the zone, from the tails of the lists: the one at @index first, then round
 * robin over bounds that shrink past empty lists at either end. One list is emptied, or the count reached,
 * before the next one's turn.
 */
void pcp_drain(struct buddy *b, struct zone *z, uint32_t cpu, struct pcp *p, int32_t count, int index)
{
	int min_index = 0, max_index = PCP_LISTS - 1;

	if (count > p->count)
		count = p->count;
	b->stats.zone_locks++;
	b->stats.drains++;
	index--;
	while (count > 0) {
		node_t head;
		unsigned order;

		for (;;) {
			if (++index > max_index)
				index = min_index;
			head = p->heads + (node_t)index;
			if (!list_empty(b->link, head))
				break;
			if (index == max_index)
				max_index--;
			if (index == min_index)
				min_index++;
		}
		order = pcp_index_order(b, (unsigned)index);
		do {
			node_t n = b->link[head].prev;
			unsigned type = state_pcp_type(b->state[n]);

			unlink_node(b->link, n);
			b->state[n] = 0;
			b->stats.pcp_list_ops++;
			b->stats.drained_blocks++;
			count -= 1 << order;
			p->count -= 1 << order;
			if (unlikely(z->isolated_pageblocks))
				type = *pageblock_of(b, z, n);
			free_one(b, z, cpu, n, order, type, false);
			note(b, &(struct buddy_note){ .kind = BUDDY_NOTE_PCPU_DRAIN,
						      .order = (uint8_t)order,
						      .type = (uint8_t)type,
						      .zone = z->index,
						      .pfn = pfn_of(z, n) });
		} while (count > 0 && !list_empty(b->link, head));
	}
}

int buddy_drain_zone(struct buddy *b, uint32_t cpu, uint32_t zone, uint32_t list_cpu)
{
	struct pcp *p;

	if (zone >= b->zone_count || cpu >= b->cpu_count || list_cpu >= b->cpu_count)
		return -EINVAL;
	p = &b->zones[zone].pcp[list_cpu];
	/* A long list goes in portions, the lock dropped in between. */
	while (p->count) {
		int32_t most = (int32_t)(p->batch << b->profile->pcp_batch_scale_max);

		b->stats.pcp_locks++;
		pcp_drain(b, &b->zones[zone], cpu, p, p->count < most ? p->count : most, 0);
	}
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

int buddy_fold_stats(struct buddy *b, uint32_t cpu)
{
	if (cpu >= b->cpu_count)
		return -EINVAL;
	for (uint32_t i = 0; i < b->zone_count; i++) {
		b->zones[i].free_pages += b->zones[i].pcp[cpu].stat_diff;
		b->zones[i].pcp[cpu].stat_diff = 0;
	}
	return 0;
}
