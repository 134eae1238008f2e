/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Joins sizes with their blocks. See text_sized.h.
 *
 * The pointer in the line is hashed, so address alone proves nothing: task, order and nearness do. Between a block's
 * event and its size's the kernel does nothing but interrupts.
 *
 * Source: the events kmalloc and mm_page_alloc, include/trace/events/kmem.h; kmalloc_large(), 6.1 and 6.12.
 */
#include "text_sized.h"

#include <stdlib.h>
#include <string.h>

#include <rec/wire.h>

#define PAGE_BYTES 4096u
#define SLAB_LIMIT_BYTES (2 * PAGE_BYTES)
#define ORDER_MAX 10u
#define LOOK_BACK 64

static bool number_after(const char *at, const char *end, const char *key, unsigned long long *out)
{
	size_t length = strlen(key);

	for (; at + length < end; at++) {
		at = memchr(at, *key, (size_t)(end - at));
		if (!at || at + length >= end)
			return false;
		if (memcmp(at, key, length) || at[length] < '0' || at[length] > '9')
			continue;
		*out = strtoull(at + length, NULL, 10);
		return true;
	}
	return false;
}

void text_kmalloc(const char *at, struct rec_event *event)
{
	const char *end = memchr(at, '\n', 4096);
	unsigned long long asked, given;
	unsigned order = 0;

	if (!end || !number_after(at, end, " bytes_req=", &asked) || !number_after(at, end, " bytes_alloc=", &given))
		return;
	while (order < ORDER_MAX && (unsigned long long)PAGE_BYTES << order < given)
		order++;
	if (given <= SLAB_LIMIT_BYTES || (unsigned long long)PAGE_BYTES << order != given || asked > given || !asked)
		return;
	event->kind = REC_SIZED_ALLOC;
	event->flags = REC_SIZED_KMALLOC;
	event->arg = asked;
	event->order = (uint8_t)order;
}

bool text_place_size(struct rec_event *events, size_t count)
{
	struct rec_event size = events[count - 1];

	for (size_t back = 1; back < count && back <= LOOK_BACK; back++) {
		struct rec_event *e = &events[count - 1 - back];

		if (e->pid != size.pid || ((e->context ^ size.context) & REC_CTX_LEVEL))
			continue;
		if (e->kind != REC_ALLOC || e->order != size.order || e->pfn == REC_NO_PFN)
			continue;
		if (back + 1 < count && e[-1].kind == REC_SIZED_ALLOC && e[-1].pid == e->pid)
			return false; /* the block has its size */
		size.gfp = e->gfp;
		size.time_ns = e->time_ns;
		size.order = 0;
		memmove(e + 1, e, back * sizeof(*e));
		*e = size;
		return true;
	}
	return false;
}
