// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Machines and operations from bytes.
 *
 * Interface: lockstep_machine_from, lockstep_decode, lockstep_bytes (lockstep.h).
 * Invariant: any bytes give a valid machine, and an operation that keeps what the kernel's callers keep: a put-back
 * names its pageblock's type, no pageblock inside of a larger block changes its type alone, and those that are isolated
 * lie in their zone. Frees may be wrong.
 */
#include "lockstep.h"

#include <string.h>

/* --- Machines ----------------------------------------------------------------------------------------------- */

#define ZONE_END { 0, 0, NULL, 0, 0 }

static const struct buddy_zone_config layouts[8][LOCKSTEP_ZONE_COUNT_MAX] = {
	{ { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 256 }, ZONE_END },
	{ { 0, BUDDY_ZONE_NORMAL, "Normal", 37, 219 }, ZONE_END },
	{ { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 64 }, ZONE_END },
	{ { 0, BUDDY_ZONE_NORMAL, "Normal", 1024, 2048 }, ZONE_END },
	{ { 0, BUDDY_ZONE_DMA, "DMA", 16, 112 },
	  { 0, BUDDY_ZONE_DMA32, "DMA32", 128, 256 },
	  { 0, BUDDY_ZONE_NORMAL, "Normal", 384, 384 },
	  ZONE_END },
	{ { 0, BUDDY_ZONE_DMA, "DMA", 5, 72 },
	  { 0, BUDDY_ZONE_DMA32, "DMA32", 77, 150 },
	  { 0, BUDDY_ZONE_NORMAL, "Normal", 243, 301 },
	  ZONE_END },
	{ { 0, BUDDY_ZONE_DMA32, "DMA32", 0, 128 },
	  { 0, BUDDY_ZONE_NORMAL, "Normal", 128, 256 },
	  { 1, BUDDY_ZONE_NORMAL, "Normal", 384, 200 },
	  ZONE_END },
	{ { 0, BUDDY_ZONE_NORMAL, "Normal", 0, 190 }, { 0, BUDDY_ZONE_MOVABLE, "Movable", 190, 258 }, ZONE_END },
};

static void choose_marks(struct lockstep_machine *m, unsigned zone, unsigned how)
{
	struct buddy_zone_tuning *t = &m->tunings[zone];
	uint64_t pages = m->zones[zone].spanned_pages;
	static const uint64_t divisors[4] = { 0, 64, 8, 24 };

	t->present_pages = pages;
	t->managed_pages = how == 3 ? pages * 40 : pages; /* a share of the zone is a pageblock and more */
	t->boost_factor = 15000;
	if (!how)
		return;
	t->mark_pages[BUDDY_MARK_MIN] = pages / divisors[how];
	t->mark_pages[BUDDY_MARK_LOW] = t->mark_pages[BUDDY_MARK_MIN] * 5 / 4 + 1;
	t->mark_pages[BUDDY_MARK_HIGH] = t->mark_pages[BUDDY_MARK_MIN] * 3 / 2 + 2;
	t->mark_pages[BUDDY_MARK_PROMO] = t->mark_pages[BUDDY_MARK_MIN] * 2 + 3;
	for (unsigned type = m->zones[zone].type + 1; how >= 2 && type < BUDDY_ZONE_TYPE_COUNT; type++)
		t->lowmem_reserve_pages[type] = pages / 16;
}

static void choose_pcp(struct lockstep_machine *m, unsigned how, unsigned threshold)
{
	static const struct buddy_pcp_tuning pcps[4] = {
		{ .high_pages = 0, .batch_pages = 1 },
		{ .high_pages = 6, .batch_pages = 2, .high_min_pages = 6, .high_max_pages = 6 },
		{ .high_pages = 10, .batch_pages = 3, .high_min_pages = 4, .high_max_pages = 40 },
		{ .high_pages = 40, .batch_pages = 8, .high_min_pages = 12, .high_max_pages = 90 },
	};
	static const uint32_t thresholds[4] = { 0, 2, 12, 125 };

	m->pcp = pcps[how];
	m->pcp.stat_threshold = thresholds[threshold];
	/* A kernel of Debian keeps a few frames of high order on the lists. */
	if (how == 3)
		m->pcp.flags = BUDDY_PCP_FREE_HIGH_BATCH;
}

/*
 * Byte 0: kernel (1 bit), layout (3), CPUs less one (2), per-CPU lists (2). Byte 1: pageblock order (3), watermarks
 * (2), threshold of the counters (2), CMA in the kernel (1). Byte 2: watermarks are not boosted (1), kswapd is at work
 * (1), the bounds of the per-CPU lists are crossed (1), as in a zone whose low watermark is a large part of it; below a
 * third of the zone free pages are counted exactly where kswapd is asked for (1).
 */
void lockstep_machine_from(const uint8_t bytes[LOCKSTEP_HEADER_BYTES], struct lockstep_machine *m)
{
	memset(m, 0, sizeof(*m));
	memcpy(m->zones, layouts[bytes[0] >> 1 & 7], sizeof(m->zones));
	m->config = (struct buddy_config){ .profile = buddy_profile_find(bytes[0] & 1 ? "6.12" : "6.1"),
					   .zones = m->zones,
					   .cpu_count = 1 + (bytes[0] >> 4 & 3),
					   .pageblock_order = 4 + (bytes[1] & 7) % 7,
					   .with_cma = bytes[1] >> 7 };
	while (m->config.zone_count < LOCKSTEP_ZONE_COUNT_MAX && m->zones[m->config.zone_count].spanned_pages)
		m->config.zone_count++;
	for (unsigned zone = 0; zone < m->config.zone_count; zone++)
		choose_marks(m, zone, bytes[1] >> 3 & 3);
	choose_pcp(m, bytes[0] >> 6, bytes[1] >> 5 & 3);
	if (bytes[2] & 4)
		m->pcp.high_min_pages = m->pcp.high_max_pages + 7;
	for (unsigned zone = 0; zone < m->config.zone_count; zone++) {
		m->tunings[zone].reclaim_active = bytes[2] & 2;
		if (bytes[2] & 1)
			m->tunings[zone].boost_factor = 0;
		if (bytes[2] & 8)
			m->tunings[zone].drift_mark_pages = m->zones[zone].spanned_pages / 3;
	}
}

/* --- Operations --------------------------------------------------------------------------------------------- */

/* Gives kinds their share of byte 0: each begins where the one before ends. */
static const struct {
	uint16_t end;
	uint8_t kind;
} shares[] = {
	{ 82, LOCKSTEP_ALLOC },		{ 88, LOCKSTEP_EXACT },	     { 94, LOCKSTEP_BULK },
	{ 98, LOCKSTEP_PUT_BACK },	{ 170, LOCKSTEP_FREE },	     { 186, LOCKSTEP_FREE_DIRECT },
	{ 192, LOCKSTEP_FREE_LIST },	{ 198, LOCKSTEP_PREPARE },   { 203, LOCKSTEP_COMMIT },
	{ 208, LOCKSTEP_TAKE },		{ 213, LOCKSTEP_ISOLATE },   { 218, LOCKSTEP_PUTBACK_ISOLATED },
	{ 222, LOCKSTEP_DRAIN_ZONE },	{ 223, LOCKSTEP_DRAIN_ALL }, { 226, LOCKSTEP_FOLD },
	{ 229, LOCKSTEP_DECAY },	{ 232, LOCKSTEP_MOVE },	     { 235, LOCKSTEP_UNRESERVE },
	{ 238, LOCKSTEP_RECLAIM },	{ 249, LOCKSTEP_COMPACT },   { 253, LOCKSTEP_DECIDE },
	{ 256, LOCKSTEP_SLOW },
};

static const uint32_t gfps[16] = {
	0xcc0, 0xcc0, 0xcc0,		    /* GFP_KERNEL */
	0xcca, 0xcca, 0xcca,		    /* GFP_HIGHUSER_MOVABLE */
	0xcd0, 0xcd0,			    /* GFP_KERNEL | __GFP_RECLAIMABLE */
	0xa20, 0xa20,			    /* GFP_ATOMIC of 6.1 */
	0x800,				    /* GFP_NOWAIT */
	0xcc1, 0xcc4,			    /* GFP_DMA, GFP_DMA32 */
	0xcc8,				    /* movable, not from ZONE_MOVABLE */
	0x820 | 0x80000,		    /* __GFP_HIGH without reserves */
	0xc40 | 0x200,			    /* __GFP_ATOMIC that may wait */
};

static uint32_t draw_order(const struct lockstep *l, uint8_t byte)
{
	static const uint8_t orders[16] = { 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 0, 0 };
	unsigned at = byte & 15;

	if (at == 14)
		return l->machine.config.pageblock_order;
	return at == 15 ? (byte >> 4) % BUDDY_ORDER_COUNT : orders[at];
}

static void decode_request(const struct lockstep *l, const uint8_t *bytes, struct buddy_request *r)
{
	static const uint32_t tasks[8] = { 0, 0, 0, BUDDY_TASK_REALTIME, BUDDY_TASK_MEMALLOC, BUDDY_TASK_OOM_VICTIM,
					   BUDDY_TASK_INTERRUPT, 0 };
	uint32_t gfp = gfps[bytes[2] & 15];

	if ((bytes[2] >> 4) == 1)
		gfp |= 0x20000; /* __GFP_MEMALLOC */
	if ((bytes[2] >> 4) == 2)
		gfp |= 0x200000; /* __GFP_THISNODE */
	if ((bytes[2] >> 4) == 3)
		gfp &= ~0xc00u; /* no reclaim at all */
	if ((bytes[2] >> 4) == 4)
		gfp |= 0x20; /* __GFP_HIGH */
	if ((bytes[2] >> 4) >= 12)
		gfp |= 0x40000; /* __GFP_COMP */
	*r = (struct buddy_request){ .gfp = gfp, .task = tasks[bytes[3] & 7],
				     .cpu = (uint16_t)((bytes[1] & 3) % l->machine.config.cpu_count),
				     .node = (uint8_t)(bytes[3] >> 3 & 1 && l->machine.zones[2].node == 1),
				     .order = (uint8_t)draw_order(l, bytes[6]) };
	/* Now and then what no machine has. */
	if (bytes[3] == 0xff)
		r->cpu = 200;
	if (bytes[3] == 0xfe)
		r->order = BUDDY_ORDER_COUNT;
	if (bytes[3] == 0xfd)
		r->node = BUDDY_NODE_COUNT_MAX;
}

/*
 * A held block, or a part of it; one time in sixteen whatever the bytes say, mostly a fault, and one time in 64 a block
 * that is being freed.
 */
static void decode_free(const struct lockstep *l, const uint8_t *bytes, struct lockstep_op *op)
{
	uint32_t at = bytes[4] | (uint32_t)bytes[5] << 8;
	const struct lockstep_held *h;

	op->pfn = at % (l->end_pfn + 8);
	op->order = bytes[6] % (BUDDY_ORDER_COUNT + 1);
	if (bytes[7] >= 0xf0 || !l->held_count) {
		if (bytes[7] == 0xff)
			op->cpu = l->machine.config.cpu_count;
		return;
	}
	h = &l->held[at % l->held_count];
	if (bytes[7] >= 0xdc && bytes[7] < 0xe0 && l->prepared_count)
		h = &l->prepared[at % l->prepared_count];
	op->pfn = h->pfn;
	op->order = h->order;
	if (bytes[7] >= 0xde && op->order) {
		op->order--;
		op->pfn += (uint64_t)(bytes[6] & 1) << op->order;
	}
}

static void decode_list(const struct lockstep *l, const uint8_t *bytes, struct lockstep_op *op)
{
	uint32_t at = bytes[4] | (uint32_t)bytes[5] << 8;
	uint32_t count = bytes[6] & 0x80 ? 1 : bytes[6] % (LOCKSTEP_LIST_MAX + 1);

	for (uint32_t i = 0; i < l->held_count && op->pfn_count < count; i++) {
		const struct lockstep_held *h = &l->held[(at + i) % l->held_count];

		if (!h->order)
			op->pfns[op->pfn_count++] = h->pfn;
	}
	if (bytes[7] >= 0xf8 && op->pfn_count > 1)
		op->pfns[op->pfn_count - 1] = bytes[7] & 1 ? op->pfns[0] : l->end_pfn;
}

/* A block that is being freed; one time in sixteen any frame. */
static void decode_commit(const struct lockstep *l, const uint8_t *bytes, struct lockstep_op *op)
{
	uint32_t at = bytes[4] | (uint32_t)bytes[5] << 8;

	op->pfn = at % (l->end_pfn + 8);
	if (l->prepared_count && bytes[7] < 0xf0)
		op->pfn = l->prepared[at % l->prepared_count].pfn;
	if (bytes[7] == 0xff)
		op->cpu = l->machine.config.cpu_count;
}

/* A free block's frame and order, or nearly. */
static void decode_place(const struct lockstep *l, const uint8_t *bytes, struct lockstep_op *op)
{
	uint32_t at = bytes[4] | (uint32_t)bytes[5] << 8;
	uint64_t head;
	unsigned order;

	op->pfn = l->start_pfn + at % (l->end_pfn - l->start_pfn);
	op->order = draw_order(l, bytes[6]);
	if (op->kind == LOCKSTEP_ISOLATE && bytes[7] < 0xf0 &&
	    buddy_frame_state(l->buddy, op->pfn, &head, &order) == BUDDY_FRAME_FREE) {
		op->pfn = head;
		op->order = order;
	}
	if (op->kind == LOCKSTEP_TAKE && bytes[7] < 0xf0)
		op->pfn = op->pfn >> op->order << op->order;
}

static bool inside_larger_block(const struct lockstep *l, uint64_t pfn)
{
	unsigned block = l->machine.config.pageblock_order, order;
	uint64_t head;

	return buddy_frame_state(l->buddy, pfn, &head, &order) == BUDDY_FRAME_FREE && order > block;
}

static bool sticks_out(const struct lockstep *l, uint64_t pfn)
{
	uint64_t pages = UINT64_C(1) << l->machine.config.pageblock_order;
	uint64_t start = pfn & ~(pages - 1);
	uint32_t first, last;

	return buddy_zone_of(l->buddy, start, &first) || buddy_zone_of(l->buddy, start + pages - 1, &last) ||
	       first != last;
}

/* Whether a block larger than a pageblock has an isolated part; what is to be isolated is split first. */
static bool is_partly_isolated(const struct lockstep *l, const struct lockstep_op *op)
{
	uint64_t pages = UINT64_C(1) << l->machine.config.pageblock_order, end = op->pfn + (UINT64_C(1) << op->order);
	uint32_t zone;

	for (uint64_t pfn = op->pfn; op->order > l->machine.config.pageblock_order && pfn < end; pfn += pages)
		if (!buddy_zone_of(l->buddy, pfn, &zone) && buddy_pageblock_type(l->buddy, pfn) == BUDDY_ISOLATE)
			return true;
	return false;
}

/* What the kernel's callers never ask for. */
static void mend(const struct lockstep *l, struct lockstep_op *op)
{
	uint32_t zone;

	if (op->kind == LOCKSTEP_PUTBACK_ISOLATED) {
		op->type = BUDDY_MOVABLE;
		if (op->order > l->machine.config.pageblock_order)
			op->kind = LOCKSTEP_FREE_DIRECT;
		else if (!buddy_zone_of(l->buddy, op->pfn, &zone))
			op->type = buddy_pageblock_type(l->buddy, op->pfn);
	}
	if ((op->kind == LOCKSTEP_FREE || op->kind == LOCKSTEP_FREE_DIRECT) && is_partly_isolated(l, op))
		op->kind = LOCKSTEP_FOLD;
	if ((op->kind == LOCKSTEP_FREE || op->kind == LOCKSTEP_FREE_DIRECT || op->kind == LOCKSTEP_PREPARE ||
	     op->kind == LOCKSTEP_PUTBACK_ISOLATED) && lockstep_in_stock(l, op->pfn, op->order))
		op->kind = LOCKSTEP_FOLD;
	if (op->kind == LOCKSTEP_MOVE && inside_larger_block(l, op->pfn))
		op->kind = LOCKSTEP_FOLD;
	if (op->kind == LOCKSTEP_MOVE && op->type >= BUDDY_PCP_TYPE_COUNT &&
	    (sticks_out(l, op->pfn) || (op->type == BUDDY_CMA && !l->machine.config.with_cma)))
		op->type = BUDDY_MOVABLE;
	if (op->kind == LOCKSTEP_ISOLATE && op->order > l->machine.config.pageblock_order)
		op->kind = LOCKSTEP_TAKE;
}

void lockstep_decode(const struct lockstep *l, const uint8_t bytes[LOCKSTEP_OP_BYTES], struct lockstep_op *op)
{
	unsigned at = 0;

	memset(op, 0, sizeof(*op));
	while (bytes[0] >= shares[at].end)
		at++;
	op->kind = shares[at].kind;
	op->cpu = (bytes[1] & 3) % l->machine.config.cpu_count;
	op->list_cpu = (bytes[1] >> 2 & 3) % l->machine.config.cpu_count;
	op->zone = (bytes[1] >> 4 & 3) % l->machine.config.zone_count;
	op->force = bytes[1] >> 7;
	op->flags = bytes[1] >> 6 & 1 ? BUDDY_FREE_TO_TAIL : 0;
	decode_request(l, bytes, &op->request);
	switch (op->kind) {
	case LOCKSTEP_EXACT:
		op->pages = (bytes[4] & 0xc0 ? 0 : bytes[5]) + (bytes[4] & 15u);
		break;
	case LOCKSTEP_BULK:
		op->pages = bytes[4] % (LOCKSTEP_LIST_MAX + 1);
		op->request.order = 0;
		break;
	case LOCKSTEP_FREE:
	case LOCKSTEP_FREE_DIRECT:
	case LOCKSTEP_PREPARE:
	case LOCKSTEP_PUTBACK_ISOLATED:
		decode_free(l, bytes, op);
		break;
	case LOCKSTEP_COMMIT:
		decode_commit(l, bytes, op);
		break;
	case LOCKSTEP_FREE_LIST:
		decode_list(l, bytes, op);
		break;
	case LOCKSTEP_COMPACT:
	case LOCKSTEP_DECIDE:
	case LOCKSTEP_SLOW:
		memcpy(&op->pages, bytes, sizeof(op->pages));
		break;
	case LOCKSTEP_TAKE:
	case LOCKSTEP_ISOLATE:
	case LOCKSTEP_MOVE:
		decode_place(l, bytes, op);
		op->type = bytes[7] < 0xa0   ? bytes[7] % BUDDY_PCP_TYPE_COUNT
			   : bytes[7] < 0xd0 ? BUDDY_ISOLATE
					     : BUDDY_CMA;
		break;
	default:
		break;
	}
	mend(l, op);
}

bool lockstep_bytes(struct lockstep *l, const uint8_t *data, size_t size, uint64_t *ops_out)
{
	uint8_t header[LOCKSTEP_HEADER_BYTES] = { 0 };
	struct lockstep_machine machine;
	struct lockstep_op op;
	uint64_t ops = 0;
	bool ok;

	memcpy(header, data, size < sizeof(header) ? size : sizeof(header));
	lockstep_machine_from(header, &machine);
	ok = lockstep_init(l, &machine);
	for (size_t at = sizeof(header); ok && at + LOCKSTEP_OP_BYTES <= size; at += LOCKSTEP_OP_BYTES) {
		lockstep_decode(l, data + at, &op);
		ok = lockstep_step(l, &op);
		ops++;
	}
	lockstep_fini(l);
	if (ops_out)
		*ops_out = ops;
	return ok;
}
