/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as tracefs prints them. See render.h.
 */
#include "render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static size_t render_body(const struct rec_event *event, char *text, size_t room)
{
	const unsigned order = event->order, type = event->migratetype;
	int used = 0;

	switch (event->kind) {
	case REC_ALLOC:
		used = snprintf(text, room, "mm_page_alloc: page=%016" PRIx64 " pfn=0x%" PRIx64
				" order=%u migratetype=%u gfp_flags=%#x\n",
				event->pfn * 64, event->pfn, order, type, event->gfp);
		break;
	case REC_FREE:
		used = snprintf(text, room, "mm_page_free: page=%016" PRIx64 " pfn=0x%" PRIx64 " order=%u\n",
				event->pfn * 64, event->pfn, order);
		break;
	case REC_FREE_BATCHED:
		used = snprintf(text, room, "mm_page_free_batched: page=%016" PRIx64 " pfn=0x%" PRIx64 " order=0\n",
				event->pfn * 64, event->pfn);
		break;
	case REC_ZONE_LOCKED:
		used = snprintf(text, room, "mm_page_alloc_zone_locked: page=%016" PRIx64 " pfn=0x%" PRIx64
				" order=%u migratetype=%u percpu_refill=%u\n",
				event->pfn * 64, event->pfn, order, type, (unsigned)event->arg);
		break;
	case REC_PCPU_DRAIN:
		used = snprintf(text, room, "mm_page_pcpu_drain: page=%016" PRIx64 " pfn=0x%" PRIx64
				" order=%u migratetype=%u\n",
				event->pfn * 64, event->pfn, order, type);
		break;
	case REC_EXTFRAG:
		used = snprintf(text, room, "mm_page_alloc_extfrag: page=%016" PRIx64 " pfn=0x%" PRIx64
				" alloc_order=%u fallback_order=%u pageblock_order=9 alloc_migratetype=%u "
				"fallback_migratetype=%u fragmenting=1 change_ownership=%u\n",
				event->pfn * 64, event->pfn, order, (unsigned)(event->arg & 0xff), type,
				(unsigned)(event->arg >> 8 & 0xff), (unsigned)(event->arg >> 16 & 0xff));
		break;
	default:
		break;
	}
	return (size_t)used;
}

size_t render_event(const struct rec_event *event, char text[RENDER_LINE_MAX])
{
	const char context = event->context & REC_CTX_HARDIRQ ? 'h' : event->context & REC_CTX_SOFTIRQ ? 's' : '.';
	char body[RENDER_LINE_MAX];

	if (!render_body(event, body, sizeof(body) - 80))
		return 0;
	return (size_t)snprintf(text, RENDER_LINE_MAX, "%16.16s-%-7d [%03u] %c.%c..%6" PRIu64 ".%06" PRIu64 ": %s",
				event->pid ? "task" : "<idle>", event->pid, event->cpu,
				event->context & REC_CTX_IRQS_OFF ? 'd' : '.', context,
				event->time_ns / 1000000000u, event->time_ns / 1000u % 1000000u, body);
}
