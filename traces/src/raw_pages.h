/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One CPU's file of raw ring-buffer pages.
 *
 * Role: walks the pages that `trace_pipe_raw` gave and yields the events of ours with their times.
 * Interface: raw_pages_open, raw_pages_next, raw_pages_close.
 * Invariant: lengths are checked against the page before anything is read; a damaged page ends the stream with
 * its offset, what came before it has been handed out.
 * Source: kernel/trace/ring_buffer.c (6.1, 6.12): rb_event_length, rb_update_read_stamp, rb_fix_abs_ts,
 * ring_buffer_read_page.
 */
#ifndef REC_RAW_PAGES_H
#define REC_RAW_PAGES_H

#include "raw_layout.h"

struct raw_pages {
	const struct raw_layout *layout;
	unsigned cpu;
	int fd;
	uint64_t size_bytes;
	uint8_t *buffer;       /* whole pages read at once */
	size_t buffer_bytes;   /* filled */
	size_t buffer_at;      /* start of the next page in it */
	uint64_t file_offset;  /* of the buffer's start */
	const uint8_t *at;     /* next event in the current page */
	const uint8_t *end;    /* of its events */
	const uint8_t *page;
	uint64_t time;
	uint64_t lost_here;    /* events that a page says were lost before it */
	uint64_t lost_total;
	bool lost_pending;     /* the next thing to yield is REC_LOST */
};

/* Return: 0 or -errno. */
int raw_pages_open(struct raw_pages *pages, const struct raw_layout *layout, const char *path, unsigned cpu,
		   struct rec_error *error);

/* Return: 1 with an event, 0 at the end, negative errno (-EBADMSG for damage). */
int raw_pages_next(struct raw_pages *pages, struct rec_event *event, struct rec_wide *wide,
		   struct rec_error *error);

/* Bytes of the file consumed. */
uint64_t raw_pages_consumed(const struct raw_pages *pages);

void raw_pages_close(struct raw_pages *pages);

#endif
