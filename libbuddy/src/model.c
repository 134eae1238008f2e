// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model's memory: how much, and laying it out.
 *
 * Interface: buddy_footprint, buddy_init, buddy_set_env, tell_block.
 * Invariant: only the header, the list heads and the pageblock types are written here, so a zone of any size
 * is set up in the time that its pageblock types take.
 */
#include "internal.h"

#define ALIGN64(x) (((x) + 63u) & ~(size_t)63u)

struct layout {
	uint64_t nodes;       /* heads and frames */
	uint64_t heads;
	uint64_t pageblocks;
	size_t pcp_offset, link_offset, state_offset, pageblock_offset, mark_offset, bytes;
};

static uint64_t aligned_start(const struct buddy_zone_config *z) { return z->start_pfn & ~(uint64_t)(TOP_FRAMES - 1); }

static uint64_t frame_span(const struct buddy_zone_config *z)
{
	uint64_t end = z->start_pfn + z->spanned_pages;

	return ((end + TOP_FRAMES - 1) & ~(uint64_t)(TOP_FRAMES - 1)) - aligned_start(z);
}

static bool zone_config_valid(const struct buddy_config *c, uint32_t i)
{
	const struct buddy_zone_config *z = &c->zones[i];

	if (!z->spanned_pages || !z->name || z->node >= BUDDY_NODE_COUNT_MAX || z->type >= BUDDY_ZONE_TYPE_COUNT)
		return false;
	if (z->start_pfn >= UINT64_MAX / 2 || z->spanned_pages > UINT32_MAX)
		return false;
	return i == 0 || c->zones[i - 1].start_pfn + c->zones[i - 1].spanned_pages <= z->start_pfn;
}

static bool config_valid(const struct buddy_config *c)
{
	if (!c || !c->profile || !c->zones || !c->zone_count || c->zone_count > BUDDY_ZONE_COUNT_MAX)
		return false;
	if (!c->cpu_count || c->cpu_count > BUDDY_CPU_COUNT_MAX)
		return false;
	/* A pageblock of the lower orders would share its per-CPU list index with them. */
	if (c->pageblock_order < BUDDY_PCP_ORDER_COUNT || c->pageblock_order > BUDDY_ORDER_MAX)
		return false;
	for (uint32_t i = 0; i < c->zone_count; i++)
		if (!zone_config_valid(c, i))
			return false;
	return true;
}

static bool lay_out(const struct buddy_config *c, struct layout *l)
{
	uint64_t frames = 0;

	if (!config_valid(c))
		return false;
	/* One more head per zone: the node that stands for its fresh run. */
	l->heads = (uint64_t)c->zone_count * (FREE_HEADS_PER_ZONE + 1 + (uint64_t)c->cpu_count * PCP_LISTS);
	for (uint32_t i = 0; i < c->zone_count; i++)
		frames += frame_span(&c->zones[i]);
	l->nodes = l->heads + frames;
	if (l->nodes > UINT32_MAX)
		return false;
	l->pageblocks = frames >> c->pageblock_order;
	l->pcp_offset = ALIGN64(sizeof(struct buddy));
	l->link_offset = ALIGN64(l->pcp_offset + sizeof(struct pcp) * c->zone_count * c->cpu_count);
	l->state_offset = ALIGN64(l->link_offset + sizeof(struct link) * l->nodes);
	l->pageblock_offset = ALIGN64(l->state_offset + l->nodes);
	l->mark_offset = ALIGN64(l->pageblock_offset + l->pageblocks);
	l->bytes = ALIGN64(l->mark_offset + l->pageblocks);
	return true;
}

size_t buddy_footprint(const struct buddy_config *config)
{
	struct layout l;

	return lay_out(config, &l) ? l.bytes : 0;
}

static node_t make_heads(struct buddy *b, node_t next, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		b->link[next + i] = (struct link){ next + i, next + i };
	return next + count;
}

static node_t init_zone(struct buddy *b, struct zone *z, const struct buddy_config *c, node_t head)
{
	const struct buddy_zone_config *zc = &c->zones[z->index];

	strncpy(z->name, zc->name, sizeof(z->name) - 1);
	z->node_id = zc->node;
	z->type = zc->type;
	z->start_pfn = zc->start_pfn;
	z->spanned_pages = zc->spanned_pages;
	z->base_pfn = aligned_start(zc);
	z->frame_span = frame_span(zc);
	z->boost_factor = 15000;
	/* Outside the zone: compaction starts at its ends. */
	z->compact.cached_free_pfn = z->compact.cached_migrate_pfn[0] = z->compact.cached_migrate_pfn[1] = UINT64_MAX;
	z->heads = head;
	head = make_heads(b, head, FREE_HEADS_PER_ZONE);
	z->fresh_node = head;
	head = make_heads(b, head, 1);
	for (uint32_t cpu = 0; cpu < b->cpu_count; cpu++) {
		z->pcp[cpu].heads = head;
		/* The kernel's boot-time values: every free goes straight through. */
		z->pcp[cpu].batch = 1;
		head = make_heads(b, head, PCP_LISTS);
	}
	return head;
}

/* A node's own zones from the highest type down, then the other nodes' by rising distance in number. */
static void make_zonelist(struct buddy *b, uint32_t node)
{
	struct zonelist *l = &b->zonelists[node];

	for (uint32_t step = 0; step < b->node_count; step++) {
		uint32_t from = (node + step) % b->node_count;

		for (int type = BUDDY_ZONE_TYPE_COUNT - 1; type >= 0; type--)
			for (uint32_t i = 0; i < b->zone_count; i++)
				if (b->zones[i].node_id == from && b->zones[i].type == (uint32_t)type)
					l->zones[l->count++] = &b->zones[i];
		if (!step)
			l->local_count = l->count;
	}
	for (unsigned type = 0; type < BUDDY_ZONE_TYPE_COUNT; type++)
		while (l->first[type] < l->count && l->zones[l->first[type]]->type > type)
			l->first[type]++;
}

/* Source: gfp_zone() for a kernel without high memory and gfp_migratetype(), include/linux/gfp.h. */
static struct gfp_place gfp_place(const struct buddy_gfp_bits *g, uint32_t gfp)
{
	struct gfp_place place = { .highest_type = BUDDY_ZONE_NORMAL, .type = BUDDY_UNMOVABLE };

	if (gfp & g->dma)
		place.highest_type = BUDDY_ZONE_DMA;
	else if (gfp & g->dma32)
		place.highest_type = BUDDY_ZONE_DMA32;
	else if ((gfp & g->movable) && (gfp & g->highmem))
		place.highest_type = BUDDY_ZONE_MOVABLE;
	if (gfp & g->movable)
		place.type = BUDDY_MOVABLE;
	else if (gfp & g->reclaimable)
		place.type = BUDDY_RECLAIMABLE;
	return place;
}

/* Asking a table costs a request no branch that depends on its kind. */
static void make_gfp_places(struct buddy *b)
{
	const struct buddy_gfp_bits *g = &b->profile->gfp;

	assert((g->dma | g->dma32 | g->highmem | g->movable | g->reclaimable) <= GFP_PLACE_BITS);
	for (uint32_t gfp = 0; gfp <= GFP_PLACE_BITS; gfp++)
		b->gfp_places[gfp] = gfp_place(g, gfp);
}

int buddy_init(void *memory, size_t bytes, const struct buddy_config *config, struct buddy **out)
{
	struct layout l;
	struct buddy *b = memory;
	node_t head = 0, frame;
	uint8_t *pageblocks, *block_marks;

	if (!memory || !lay_out(config, &l))
		return -EINVAL;
	if (bytes < l.bytes)
		return -ENOSPC;
	memset(b, 0, sizeof(*b));
	b->link = (struct link *)((char *)memory + l.link_offset);
	b->state = (uint8_t *)memory + l.state_offset;
	b->profile = config->profile;
	b->zone_count = config->zone_count;
	b->cpu_count = config->cpu_count;
	b->pageblock_order = config->pageblock_order;
	b->with_cma = config->with_cma;

	frame = (node_t)l.heads;
	pageblocks = (uint8_t *)memory + l.pageblock_offset;
	block_marks = (uint8_t *)memory + l.mark_offset;
	memset(pageblocks, BUDDY_MOVABLE, l.pageblocks);
	for (uint32_t i = 0; i < b->zone_count; i++) {
		struct zone *z = &b->zones[i];

		z->index = i;
		z->pcp = (struct pcp *)((char *)memory + l.pcp_offset) + (size_t)i * b->cpu_count;
		head = init_zone(b, z, config, head);
		z->base_node = frame;
		z->pageblocks = pageblocks;
		z->block_marks = block_marks;
		frame += (node_t)z->frame_span;
		pageblocks += z->frame_span >> b->pageblock_order;
		block_marks += z->frame_span >> b->pageblock_order;
		if (z->node_id >= b->node_count)
			b->node_count = z->node_id + 1;
	}
	for (uint32_t node = 0; node < b->node_count; node++)
		make_zonelist(b, node);
	make_gfp_places(b);
	kcompactd_init(b);
	*out = b;
	return 0;
}

void tell_block(const struct buddy *b, const struct zone *z, unsigned kind, node_t n, unsigned order, unsigned type)
{
	note(b, &(struct buddy_note){ .kind = (uint8_t)kind,
				      .order = (uint8_t)order,
				      .type = (uint8_t)type,
				      .zone = z->index,
				      .pfn = pfn_of(z, n) });
}

void buddy_set_env(struct buddy *b, const struct buddy_env *env)
{
	b->env = env ? *env : (struct buddy_env){ 0 };
}
