// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/buddyinfo and /proc/pagetypeinfo, as the kernel prints them.
 *
 * Interface: buddy_print_buddyinfo, buddy_print_pagetypeinfo.
 * Source: frag_show_print, pagetypeinfo_show and what it calls, mm/vmstat.c 6.1.
 */
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

struct out {
	char *text;
	size_t room;
	size_t length; /* of the whole text, also what did not fit */
};

static void print(struct out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print(struct out *o, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(o->length < o->room ? o->text + o->length : NULL, o->length < o->room ? o->room - o->length : 0,
		      format, args);
	va_end(args);
	o->length += n > 0 ? (size_t)n : 0;
}

size_t buddy_print_buddyinfo(const struct buddy *b, char *text, size_t room)
{
	struct out o = { text, room, 0 };

	if (room)
		text[0] = '\0';
	for (uint32_t i = 0; i < b->zone_count; i++) {
		const struct zone *z = &b->zones[i];

		print(&o, "Node %u, zone %8s ", z->node_id, z->name);
		for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
			print(&o, "%6lu ", (unsigned long)z->nr_free[order]);
		print(&o, "\n");
	}
	return o.length;
}

/* Types in the kernel's order; a kernel built without CMA has no such type. */
static const struct { unsigned type; const char *name; } columns[] = {
	{ BUDDY_UNMOVABLE, "Unmovable" },   { BUDDY_MOVABLE, "Movable" }, { BUDDY_RECLAIMABLE, "Reclaimable" },
	{ BUDDY_HIGHATOMIC, "HighAtomic" }, { BUDDY_CMA, "CMA" },         { BUDDY_ISOLATE, "Isolate" },
};

static bool column_shown(const struct buddy *b, unsigned i) { return b->with_cma || columns[i].type != BUDDY_CMA; }

/* The kernel stops counting a list here. */
#define LIST_COUNT_MAX 100000u

static void print_free(const struct buddy *b, struct out *o, uint32_t node)
{
	print(o, "%-43s ", "Free pages count per migrate type at order");
	for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++)
		print(o, "%6u ", order);
	print(o, "\n");
	for (uint32_t i = 0; i < b->zone_count; i++) {
		const struct zone *z = &b->zones[i];

		for (unsigned c = 0; z->node_id == node && c < BUDDY_TYPE_COUNT; c++) {
			if (!column_shown(b, c))
				continue;
			print(o, "Node %4u, zone %8s, type %12s ", node, z->name, columns[c].name);
			for (unsigned order = 0; order < BUDDY_ORDER_COUNT; order++) {
				uint64_t length = buddy_list_length(b, i, order, columns[c].type);
				bool over = length >= LIST_COUNT_MAX;

				print(o, "%s%6lu ", over ? ">" : "", over ? (unsigned long)LIST_COUNT_MAX
									  : (unsigned long)length);
			}
			print(o, "\n");
		}
	}
}

static void print_blocks(const struct buddy *b, struct out *o, uint32_t node)
{
	uint64_t step = 1ull << b->pageblock_order;

	print(o, "\n%-23s", "Number of blocks type ");
	for (unsigned c = 0; c < BUDDY_TYPE_COUNT; c++)
		if (column_shown(b, c))
			print(o, "%12s ", columns[c].name);
	print(o, "\n");
	for (uint32_t i = 0; i < b->zone_count; i++) {
		const struct zone *z = &b->zones[i];
		uint64_t count[BUDDY_TYPE_COUNT] = { 0 };

		if (z->node_id != node)
			continue;
		for (uint64_t pfn = z->start_pfn; pfn < z->start_pfn + z->spanned_pages; pfn += step)
			count[*pageblock_of(b, z, node_of(z, pfn))]++;
		print(o, "Node %u, zone %8s ", node, z->name);
		for (unsigned c = 0; c < BUDDY_TYPE_COUNT; c++)
			if (column_shown(b, c))
				print(o, "%12lu ", (unsigned long)count[columns[c].type]);
		print(o, "\n");
	}
}

size_t buddy_print_pagetypeinfo(const struct buddy *b, char *text, size_t room)
{
	struct out o = { text, room, 0 };

	if (room)
		text[0] = '\0';
	for (uint32_t node = 0; node < b->node_count; node++) {
		print(&o, "Page block order: %u\n", b->pageblock_order);
		print(&o, "Pages per block:  %lu\n\n", 1ul << b->pageblock_order);
		print_free(b, &o, node);
		print_blocks(b, &o, node);
	}
	return o.length;
}
