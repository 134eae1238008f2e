/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of tracefs text to events.
 *
 * Role: the hand-written scanner, keyed on the fixed shapes that the kernel prints, with a slower path for lines
 * that differ. It knows nothing of files.
 * Interface: text_scanner_init, text_lines.
 * Invariant: only whole lines are looked at; what is no line of ours is counted, never guessed.
 */
#ifndef REC_TEXT_LINE_H
#define REC_TEXT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rec/event.h>

#include "text_gfp.h"

/* Readable bytes that must follow the text given to text_lines; their values do not matter. */
#define TEXT_PADDING 64

#define GFP_CACHE_SLOTS 256
#define GFP_CACHE_TEXT 112

struct gfp_cached {
	uint32_t length; /* 0: empty */
	uint32_t bits;
	char text[GFP_CACHE_TEXT];
};

struct text_scanner {
	const struct gfp_table *gfp_table;
	/* The start of the last line in the usual layout, up to the flags, and what it said. */
	char task_text[32];
	int32_t task_pid;
	uint16_t task_cpu;
	uint64_t seconds_text; /* the last line's seconds as text up to the point, and their value */
	uint64_t seconds_mask;
	uint8_t seconds_length;
	uint64_t seconds_ns;
	uint64_t time_ns; /* of the last event */
	bool saw_no_flags;
	/* Counts. */
	uint64_t lines;         /* all lines so far */
	uint64_t garbage_lines;
	uint64_t first_garbage_line;
	uint64_t other_events;  /* lines of tracepoints that are not ours */
	uint64_t sizes_unmatched; /* of large kmallocs, without a block of theirs close by */
	uint64_t header_lost;   /* "entries-in-buffer/entries-written" */
	uint64_t lines_lost;    /* "[LOST n EVENTS]" */
	struct gfp_cached gfp[GFP_CACHE_SLOTS];
};

void text_scanner_init(struct text_scanner *scanner, const char *profile);

/*
 * Scans the whole lines in [*text, end), where end[-1] is a newline, until @room events are there.
 * Return: number of events written; *text is behind the last line used.
 */
size_t text_lines(struct text_scanner *scanner, const char **text, const char *end, struct rec_event *events,
		  size_t room);

/* Counts a line that is not looked at because it is damaged as a whole. */
void text_garbage(struct text_scanner *scanner);

#endif
