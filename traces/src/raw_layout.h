/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a capture directory says about its bytes: tracefs format files and the page header.
 *
 * Role: field offsets differ between kernels, so they are read from the copies of the format files.
 * Interface: raw_layout_load, raw_decode.
 * Invariant: every field of every event that is decoded lies inside the event's payload.
 */
#ifndef REC_RAW_LAYOUT_H
#define REC_RAW_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rec/error.h>
#include <rec/event.h>

#define RAW_FIELD_MAX 16
#define RAW_EVENT_MAX 64

struct raw_field {
	uint16_t offset;
	uint8_t size; /* 0: this build has no such field */
	bool is_signed;
};

/* One tracepoint of ours that the capture has. */
struct raw_event {
	unsigned what; /* enum raw_what, raw_layout.c */
	uint16_t id;
	uint16_t bytes; /* least payload that holds all fields */
	struct raw_field fields[RAW_FIELD_MAX];
};

struct raw_layout {
	size_t page_bytes;   /* of one ring-buffer page, header included */
	size_t data_offset;  /* of the events in a page */
	size_t commit_offset;
	size_t commit_bytes;
	bool no_cma;         /* raw migratetype 4 is isolate */
	struct raw_field common_flags, common_pid;
	struct raw_event events[RAW_EVENT_MAX];
	size_t event_count;
	uint8_t by_id[65536]; /* 1 + index in events[]; 0: not ours */
};

/* Reads header_page and format/ of a capture directory. Return: 0, -EPROTONOSUPPORT, -EBADMSG, or -errno. */
int raw_layout_load(struct raw_layout *layout, const char *directory, struct rec_error *error);

/*
 * Decodes the payload of one ring-buffer event. `time_ns` and `cpu` are the caller's.
 * Return: 1 when it is an event of ours, filled into @event (and @wide for wide kinds), 0 when it is another,
 * -EBADMSG when the payload is too short for what it says it is.
 */
int raw_decode(const struct raw_layout *layout, const uint8_t *payload, size_t length, struct rec_event *event,
		struct rec_wide *wide);

#endif
