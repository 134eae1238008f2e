// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The zone, its images, its operations.
 *
 * Interface: world.h, but for what looks at a state (look.c).
 */
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Only to know which bytes of the model an operation on this zone can write. */
#include "internal.h"

#define CLASSES_MAX 2u /* of held tails: one for each mobility */

static bool wrong(struct world *w, const char *what, unsigned frame)
{
	snprintf(w->wrong, sizeof(w->wrong), "%s (frame %u, result %d)", what, frame, w->result);
	return false;
}

static void tune(struct world *w)
{
	const struct world_config *c = &w->config;
	struct buddy_zone_tuning zone;
	struct buddy_pcp_tuning pcp;

	buddy_zone_tuning_get(w->buddy, 0, &zone);
	zone.present_pages = zone.managed_pages = c->frames;
	(void)buddy_zone_tune(w->buddy, 0, &zone); /* all in range */
	buddy_pcp_tuning_get(w->buddy, 0, 0, &pcp);
	pcp.batch_pages = c->pcp ? c->batch_pages : 1;
	pcp.high_pages = c->pcp ? c->high_min_pages : 0;
	pcp.high_min_pages = pcp.high_pages;
	pcp.high_max_pages = c->pcp ? c->high_max_pages : 0;
	pcp.stat_threshold = c->stat_threshold;
	(void)buddy_pcp_tune(w->buddy, 0, 0, &pcp); /* all in range */
}

int world_create(struct world *w, const struct world_config *config)
{
	const struct buddy_gfp_bits *bits;
	uint32_t kernel;

	memset(w, 0, sizeof(*w));
	w->config = *config;
	w->profile = buddy_profile_find(config->kernel);
	w->policy = config->policy ? sim_policy_find(config->policy) : NULL;
	while (1u << w->top_order < config->frames)
		w->top_order++;
	if (!w->profile || (config->policy && !w->policy) || config->frames != 1u << w->top_order ||
	    config->frames > WORLD_FRAMES_MAX || config->grain_order > w->top_order)
		return -EINVAL;
	bits = &w->profile->gfp;
	kernel = bits->direct_reclaim | bits->kswapd_reclaim | bits->io;
	w->gfp[0] = kernel;
	w->gfp[1] = kernel | bits->movable | bits->highmem;
	w->zone_config = (struct buddy_zone_config){ .type = BUDDY_ZONE_NORMAL, .name = "Normal",
						     .spanned_pages = config->frames };
	w->buddy_config = (struct buddy_config){ .profile = w->profile, .zones = &w->zone_config, .zone_count = 1,
						 .cpu_count = 1, .pageblock_order = WORLD_PAGEBLOCK_ORDER };
	w->memory_bytes = buddy_footprint(&w->buddy_config);
	w->memory = aligned_alloc(64, w->memory_bytes);
	w->pristine = malloc(w->memory_bytes);
	if (!w->memory || !w->pristine) {
		world_destroy(w);
		return -ENOMEM;
	}
	world_root(w, 0);
	memcpy(w->pristine, w->memory, w->memory_bytes);
	if (sim_host_init(&w->host, w->buddy, w->policy ? w->policy : &sim_policy_none, false)) {
		world_destroy(w);
		return -ENOMEM;
	}
	return 0;
}

void world_destroy(struct world *w)
{
	sim_host_fini(&w->host);
	free(w->memory);
	free(w->pristine);
	w->memory = w->pristine = NULL;
}

static unsigned pageblocks(const struct world *w)
{
	return (w->config.frames + (1u << WORLD_PAGEBLOCK_ORDER) - 1) >> WORLD_PAGEBLOCK_ORDER;
}

unsigned world_root_count(const struct world *w)
{
	return 1u << pageblocks(w);
}

void world_root(struct world *w, unsigned root)
{
	void *state = w->host.state;

	memset(w->memory, 0, w->memory_bytes);
	(void)buddy_init(w->memory, w->memory_bytes, &w->buddy_config, &w->buddy); /* as for the footprint */
	tune(w);
	for (unsigned i = 0; i < pageblocks(w); i++)
		(void)buddy_set_pageblock_type(w->buddy, i << WORLD_PAGEBLOCK_ORDER,
					       root >> i & 1 ? BUDDY_MOVABLE : BUDDY_UNMOVABLE);
	(void)buddy_load_free(w->buddy, 0, w->top_order, root & 1 ? BUDDY_MOVABLE : BUDDY_UNMOVABLE);
	(void)buddy_zone_set_free_pages(w->buddy, 0, w->config.frames);
	memset(w->live, 0, sizeof(w->live));
	memset(w->owner, 0, sizeof(w->owner));
	w->live_count = 0;
	memset(&w->host.account, 0, sizeof(w->host.account));
	if (state)
		memset(state, 0, w->policy->state_bytes);
}

/* --- Images ---------------------------------------------------------------------------------------------------- */

struct part {
	void *from;
	size_t bytes;
};

#define PARTS 9
#define MODEL_PARTS 5

/*
 * Of the model's memory what belongs to the one zone and its frames; there is room for the largest block around them.
 * world_check_rest shows that nothing else is written.
 */
static void model_parts(const struct world *w, struct part out[MODEL_PARTS])
{
	const struct buddy *b = w->buddy;
	const struct zone *z = &b->zones[0];
	uint32_t frames = w->config.frames;

	out[0] = (struct part){ w->memory, offsetof(struct buddy, zones[1]) };
	out[1] = (struct part){ z->pcp, sizeof(*z->pcp) };
	out[2] = (struct part){ b->link, sizeof(*b->link) * (z->base_node + frames) };
	out[3] = (struct part){ b->state + z->base_node, frames };
	out[4] = (struct part){ z->pageblocks, pageblocks(w) };
}

/* The policy's own memory has room for many classes of which these worlds know two. */
static void parts(const struct world *w, struct part out[PARTS])
{
	size_t state = w->policy ? w->policy->state_bytes : 0;

	if (state > offsetof(struct sim_held, classes[CLASSES_MAX]))
		state = offsetof(struct sim_held, classes[CLASSES_MAX]);
	model_parts(w, out);
	out[5] = (struct part){ w->host.state, state };
	out[6] = (struct part){ (void *)&w->host.account, sizeof(w->host.account) };
	out[7] = (struct part){ (void *)w->live, sizeof(w->live[0]) * (w->config.frames >> w->config.grain_order) };
	out[8] = (struct part){ (void *)&w->live_count, sizeof(w->live_count) + sizeof(w->owner) };
}

bool world_check_rest(struct world *w)
{
	const char *memory = w->memory;
	struct part p[MODEL_PARTS + 1];
	const char *from = memory;

	model_parts(w, p);
	p[MODEL_PARTS] = (struct part){ (char *)w->memory + w->memory_bytes, 0 };
	for (unsigned i = 0; i <= MODEL_PARTS; i++) {
		const char *to = p[i].from;

		if (memcmp(from, w->pristine + (from - memory), (size_t)(to - from)))
			return wrong(w, "the model's memory outside the zone was written", 0);
		from = to + p[i].bytes;
	}
	return true;
}

size_t world_image_bytes(const struct world *w)
{
	struct part p[PARTS];
	size_t bytes = 0;

	parts(w, p);
	for (unsigned i = 0; i < PARTS; i++)
		bytes += p[i].bytes;
	return bytes;
}

void world_save(const struct world *w, void *image)
{
	struct part p[PARTS];
	char *at = image;

	parts(w, p);
	for (unsigned i = 0; i < PARTS; at += p[i++].bytes)
		if (p[i].bytes)
			memcpy(at, p[i].from, p[i].bytes);
}

void world_restore(struct world *w, const void *image)
{
	struct part p[PARTS];
	const char *at = image;

	parts(w, p);
	for (unsigned i = 0; i < PARTS; at += p[i++].bytes)
		if (p[i].bytes)
			memcpy(p[i].from, at, p[i].bytes);
}

/* --- Which operations there are -------------------------------------------------------------------------------- */

static unsigned add_op(struct world_op *ops, unsigned count, enum world_kind kind, bool movable, unsigned value,
		       unsigned frame)
{
	ops[count] = (struct world_op){ .kind = kind, .movable = movable, .value = value & 63u, .frame = frame & 31u };
	return count + 1;
}

static unsigned add_requests(const struct world *w, struct world_op *ops, unsigned count)
{
	const struct world_config *c = &w->config;

	for (unsigned movable = 0; movable < 2; movable++) {
		for (unsigned order = c->grain_order; order <= w->top_order; order++)
			count = add_op(ops, count, WORLD_ALLOC, movable, order, 0);
		/* Sizes that are a power of two are no different but for how they are released. */
		for (unsigned pages = 1u << c->grain_order; w->policy && pages <= c->frames;
		     pages += 1u << c->grain_order)
			count = add_op(ops, count, WORLD_SIZED, movable, pages, 0);
	}
	return count;
}

unsigned world_ops(const struct world *w, struct world_op *ops)
{
	const struct world_config *c = &w->config;
	unsigned count = 0;

	if (!c->holders_max || w->live_count < c->holders_max)
		count = add_requests(w, ops, count);
	for (unsigned frame = 0; frame < c->frames; frame++) {
		const struct world_live *l = w->owner[frame] ? &w->live[w->owner[frame] - 1] : NULL;

		if (!l || l->frame != frame)
			continue;
		count = add_op(ops, count, WORLD_FREE, 0, 0, frame);
		count = add_op(ops, count, l->sized ? WORLD_STRAY : WORLD_FREE_TAIL, 0, 0, frame);
	}
	if (c->pcp && buddy_pcp_count(w->buddy, 0, 0))
		count = add_op(ops, count, WORLD_DRAIN, 0, 0, 0);
	if (c->pcp && w->profile->pcp_high_tuned)
		count = add_op(ops, count, WORLD_DECAY, 0, 0, 0);
	if (w->policy && sim_host_held(&w->host))
		count = add_op(ops, count, WORLD_RECLAIM, 0, 0, 0);
	return count;
}

/* --- What they do ---------------------------------------------------------------------------------------------- */

static unsigned order_for(unsigned pages)
{
	unsigned order = 0;

	while (1u << order < pages)
		order++;
	return order;
}

/*
 * Blocks on per-CPU lists do not count: the watermark turns a request away before it looks there. It goes by the free
 * counter, which may lag behind.
 */
static bool refused_rightly(struct world *w, unsigned order)
{
	if (w->result != -ENOMEM)
		return wrong(w, "a request failed with another error", 0);
	for (unsigned o = order; o < BUDDY_ORDER_COUNT; o++)
		if (buddy_nr_free(w->buddy, 0, o) && buddy_free_pages_counter(w->buddy, 0) >= 1 << order)
			return wrong(w, "a request failed although a block is free", 0);
	if (w->policy && sim_host_held(&w->host))
		return wrong(w, "a request failed although the policy holds frames", 0);
	return true;
}

static bool enter(struct world *w, uint32_t place, uint64_t pfn, uint32_t pages, unsigned order)
{
	struct world_live *l = &w->live[place];

	w->result_pfn = pfn;
	if (pfn + pages > w->config.frames || (pfn & ((1u << order) - 1)))
		return wrong(w, "a block outside the zone or not aligned", (unsigned)pfn);
	for (uint64_t i = pfn; i < pfn + pages; i++) {
		if (w->owner[i])
			return wrong(w, "a frame was given out that has an owner", (unsigned)i);
		w->owner[i] = (uint8_t)(place + 1);
	}
	l->frame = (uint32_t)pfn;
	l->pages = pages;
	l->order = (uint8_t)order;
	w->live_count++;
	return true;
}

static bool request(struct world *w, struct world_op op)
{
	bool sized = op.kind == WORLD_SIZED;
	unsigned order = sized ? order_for(op.value) : op.value;
	struct buddy_request r = { .gfp = w->gfp[op.movable], .order = (uint8_t)order };
	uint32_t place = 0;
	struct buddy_block block;
	uint64_t pfn;

	while (w->live[place].pages)
		place++;
	w->live[place].sized = sized;
	w->live[place].movable = op.movable;
	if (sized)
		w->result = sim_host_get(&w->host, &r, op.value, &w->live[place].a, &pfn);
	else
		w->result = w->policy ? sim_host_alloc(&w->host, &r, &block) : buddy_alloc_pages(w->buddy, &r, &block);
	if (w->result)
		return refused_rightly(w, order);
	return enter(w, place, sized ? pfn : block.pfn, sized ? op.value : 1u << order, order);
}

/* As a driver does for somebody who knows of no policy. */
static int free_stray(struct world *w, struct world_live *l)
{
	int result = sim_host_settle(&w->host, 0, &l->a);

	for (uint32_t i = 0; i < l->pages && !result; i++)
		result = buddy_free_pages(w->buddy, 0, l->frame + i, 0);
	if (!result)
		result = sim_host_free_surplus(&w->host, 0, &l->a, l->pages);
	sim_host_frames_freed(&w->host, l->pages);
	sim_host_forget(&w->host, &l->a);
	return result;
}

struct uses {
	uint32_t frames, movable;
};

static unsigned type_of(struct uses u, uint64_t pfn)
{
	return u.movable >> (pfn >> WORLD_PAGEBLOCK_ORDER) & 1 ? BUDDY_MOVABLE : BUDDY_UNMOVABLE;
}

/* A bit for each frame in use, and one for each movable pageblock. */
static struct uses uses_of(const struct world *w)
{
	struct uses u = { 0 };

	for (unsigned i = 0; i < w->config.frames; i++)
		u.frames |= (uint32_t)(buddy_frame_state(w->buddy, i, NULL, NULL) == BUDDY_FRAME_IN_USE) << i;
	for (unsigned i = 0; i < pageblocks(w); i++)
		u.movable |= (uint32_t)buddy_pageblock_type(w->buddy, i << WORLD_PAGEBLOCK_ORDER) << i;
	return u;
}

/*
 * Without per-CPU lists a block goes to the list of its pageblock's type, whatever it merges with; one that spans two
 * pageblocks to that of either (the reference knows of which).
 */
static bool freed_to_right_lists(struct world *w, struct uses before)
{
	for (uint64_t pfn = 0; pfn < w->config.frames;) {
		struct buddy_piece p = buddy_piece_at(w->buddy, pfn, w->config.frames);
		uint32_t frames = (uint32_t)(((UINT64_C(1) << p.pages) - 1) << pfn);

		if (p.state == BUDDY_FRAME_FREE && before.frames & frames && p.type != type_of(before, pfn) &&
		    p.type != type_of(before, pfn + p.pages - 1))
			return wrong(w, "a freed block is not on the list of its pageblock's type", (unsigned)pfn);
		pfn += p.pages;
	}
	return true;
}

static bool release(struct world *w, struct world_op op)
{
	uint32_t place = w->owner[op.frame] - 1u;
	struct world_live *l = &w->live[place];

	if (op.kind == WORLD_FREE_TAIL)
		w->result = buddy_free_direct(w->buddy, 0, l->frame, l->order, BUDDY_FREE_TO_TAIL);
	else if (op.kind == WORLD_STRAY)
		w->result = free_stray(w, l);
	else if (l->sized)
		w->result = sim_host_put(&w->host, 0, &l->a);
	else
		w->result = buddy_free_pages(w->buddy, 0, l->frame, l->order);
	if (w->result)
		return wrong(w, "a free failed", op.frame);
	for (uint32_t i = 0; i < l->pages; i++)
		w->owner[l->frame + i] = 0;
	w->live_count--;
	*l = (struct world_live){ 0 };
	return true;
}

static bool make(struct world *w, struct world_op op)
{
	switch ((enum world_kind)op.kind) {
	case WORLD_ROOT:
		world_root(w, op.value);
		return true;
	case WORLD_ALLOC:
	case WORLD_SIZED:
		return request(w, op);
	case WORLD_FREE:
	case WORLD_FREE_TAIL:
	case WORLD_STRAY:
		return release(w, op);
	case WORLD_DRAIN:
		w->result = buddy_drain_all(w->buddy, 0);
		return !w->result && !buddy_pcp_count(w->buddy, 0, 0) ? true : wrong(w, "a drain left something", 0);
	case WORLD_DECAY:
		w->result = buddy_decay_pcp(w->buddy, 0, 0);
		return !w->result ? true : wrong(w, "the decay failed", 0);
	case WORLD_RECLAIM:
		w->result = sim_host_reclaim(&w->host, 0);
		return !w->result && !sim_host_held(&w->host) ? true : wrong(w, "reclaim left something held", 0);
	}
	return wrong(w, "no such operation", 0);
}

static bool gives_back(struct world_op op)
{
	return op.kind == WORLD_FREE || op.kind == WORLD_FREE_TAIL || op.kind == WORLD_STRAY ||
	       op.kind == WORLD_RECLAIM;
}

bool world_apply(struct world *w, struct world_op op)
{
	bool look = !w->config.pcp && gives_back(op);
	struct uses before = { 0 };

	w->result = 0;
	w->result_pfn = BUDDY_NO_PFN;
	w->wrong[0] = '\0';
	if (look)
		before = uses_of(w);
	return make(w, op) && (!look || freed_to_right_lists(w, before));
}

const char *world_op_text(const struct world *w, struct world_op op, char text[96])
{
	static const char *const words[] = {
		[WORLD_ROOT] = "begin, pageblock types", [WORLD_ALLOC] = "allocate order",
		[WORLD_SIZED] = "request pages", [WORLD_FREE] = "free", [WORLD_FREE_TAIL] = "free to the list's tail",
		[WORLD_STRAY] = "free page by page", [WORLD_DRAIN] = "drain", [WORLD_DECAY] = "decay",
		[WORLD_RECLAIM] = "reclaim",
	};
	const char *type = op.movable ? "movable" : "unmovable";

	if (op.kind == WORLD_ROOT)
		snprintf(text, 96, "%s %u", words[op.kind], op.value);
	else if (op.kind != WORLD_ALLOC && op.kind != WORLD_SIZED)
		snprintf(text, 96, op.kind <= WORLD_STRAY ? "%s, frame %u" : "%s", words[op.kind], op.frame);
	else if (w->result)
		snprintf(text, 96, "%s %u %s: nothing", words[op.kind], op.value, type);
	else
		snprintf(text, 96, "%s %u %s: frame %llu", words[op.kind], op.value, type,
			 (unsigned long long)w->result_pfn);
	return text;
}
