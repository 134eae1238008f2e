/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The marks that traces/record-stock.sh writes into trace_marker.
 *
 * Role: where in the stream the copies of /proc were made.
 * Interface: mark_event.
 */
#ifndef REC_MARK_H
#define REC_MARK_H

#include <stdio.h>
#include <string.h>

#include <rec/event.h>

#define MARK_BYTES_MAX 40

/*
 * "pageman: snapshot N begins" becomes REC_PROC_BEGIN, "... ends" REC_SNAPSHOT; anything else leaves kind REC_NONE.
 * @text: MARK_BYTES_MAX bytes that may be read
 */
static inline void mark_event(const char *text, struct rec_event *event)
{
	char copy[MARK_BYTES_MAX + 1], verb[8];
	unsigned which;

	memcpy(copy, text, MARK_BYTES_MAX);
	copy[MARK_BYTES_MAX] = '\0';
	if (sscanf(copy, "pageman: snapshot %1u %7[a-z]", &which, verb) != 2 || which > 1)
		return;
	event->kind = !strcmp(verb, "begins") ? REC_PROC_BEGIN : !strcmp(verb, "ends") ? REC_SNAPSHOT : REC_NONE;
	event->arg = event->kind == REC_NONE ? 0 : which;
}

#endif
