/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One CPU's file of raw ring-buffer pages. See raw_pages.h.
 *
 *   page:   | time stamp u64 | commit | events ... commit bytes | lost count u64 if stored | zeros |
 *   event:  | type_len:5 time_delta:27 | words... |
 *           type_len 1..28: payload of type_len words       0: first word is the payload's length + 4
 *           29: padding (delta 0: rest of the page)  30: delta's upper bits  31: absolute time
 */
#include "raw_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "fail.h"

#define BUFFER_BYTES (1u << 18)

#define COMMIT_MISSED ((uint64_t)1 << 31)
#define COMMIT_STORED ((uint64_t)1 << 30)
#define COMMIT_LENGTH (((uint64_t)1 << 27) - 1)

#define TYPE_PADDING 29
#define TYPE_TIME_EXTEND 30
#define TYPE_TIME_STAMP 31
#define DELTA_BITS 27

/* An absolute time stamp has 59 bits; the upper five come from the time before it. */
#define TIME_UPPER ((uint64_t)0xf8 << 56)

int raw_pages_open(struct raw_pages *pages, const struct raw_layout *layout, const char *path, unsigned cpu,
		   struct rec_error *error)
{
	size_t pages_at_once = BUFFER_BYTES / layout->page_bytes;
	struct stat status;

	memset(pages, 0, sizeof(*pages));
	pages->layout = layout;
	pages->cpu = cpu;
	pages->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (pages->fd < 0)
		return rec_fail(error, -errno, 0, "cannot open cpu%u.raw: %s", cpu, strerror(errno));
	if (fstat(pages->fd, &status) == 0 && S_ISREG(status.st_mode))
		pages->size_bytes = (uint64_t)status.st_size;
	pages->buffer = malloc(layout->page_bytes * (pages_at_once ? pages_at_once : 1));
	if (!pages->buffer) {
		raw_pages_close(pages);
		return rec_fail(error, -ENOMEM, 0, "out of memory");
	}
	return 0;
}

void raw_pages_close(struct raw_pages *pages)
{
	if (pages->fd >= 0)
		close(pages->fd);
	free(pages->buffer);
	pages->buffer = NULL;
	pages->fd = -1;
}

uint64_t raw_pages_consumed(const struct raw_pages *pages)
{
	return pages->file_offset + pages->buffer_at;
}

/* Offset in the file of a byte of the current page. */
static uint64_t offset_of(const struct raw_pages *pages, const uint8_t *at)
{
	return pages->file_offset + (uint64_t)(at - pages->buffer);
}

static int refill(struct raw_pages *pages, struct rec_error *error)
{
	size_t page_bytes = pages->layout->page_bytes;
	size_t wanted = BUFFER_BYTES / page_bytes ? BUFFER_BYTES / page_bytes * page_bytes : page_bytes;

	pages->file_offset += pages->buffer_bytes;
	pages->buffer_bytes = 0;
	pages->buffer_at = 0;
	while (pages->buffer_bytes < wanted) {
		ssize_t got = read(pages->fd, pages->buffer + pages->buffer_bytes, wanted - pages->buffer_bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return rec_fail(error, -errno, pages->file_offset, "cannot read cpu%u.raw: %s", pages->cpu,
					strerror(errno));
		if (got == 0)
			break;
		pages->buffer_bytes += (size_t)got;
	}
	return 0;
}

/* Opens the next page. Return: 1, 0 at the file's end, negative errno. */
static int next_page(struct raw_pages *pages, struct rec_error *error)
{
	const struct raw_layout *layout = pages->layout;
	uint64_t commit, length;
	const uint8_t *page;

	if (pages->buffer_at == pages->buffer_bytes) {
		int result = refill(pages, error);

		if (result)
			return result;
		if (pages->buffer_bytes == 0)
			return 0;
	}
	page = pages->buffer + pages->buffer_at;
	if (pages->buffer_bytes - pages->buffer_at < layout->page_bytes)
		return rec_fail(error, -EBADMSG, offset_of(pages, page),
				"cpu%u.raw: expected a page of %zu bytes, found %zu: the file is cut", pages->cpu,
				layout->page_bytes, pages->buffer_bytes - pages->buffer_at);
	commit = layout->commit_bytes == 8 ? get_u64(page + layout->commit_offset)
					   : get_u32(page + layout->commit_offset);
	length = commit & COMMIT_LENGTH;
	if (length > layout->page_bytes - layout->data_offset)
		return rec_fail(error, -EBADMSG, offset_of(pages, page),
				"cpu%u.raw: expected at most %zu bytes of events in a page, found %llu", pages->cpu,
				layout->page_bytes - layout->data_offset, (unsigned long long)length);
	pages->time = get_u64(page);
	pages->at = page + layout->data_offset;
	pages->end = pages->at + length;
	pages->buffer_at += layout->page_bytes;
	pages->lost_pending = commit & COMMIT_MISSED;
	pages->lost_here = 0;
	if (pages->lost_pending && (commit & COMMIT_STORED) &&
	    (size_t)(page + layout->page_bytes - pages->end) >= 8)
		pages->lost_here = get_u64(pages->end);
	pages->lost_total += pages->lost_here;
	return 1;
}

/*
 * Steps over one ring-buffer entry of the page.
 * Return: 1 with a payload, 0 when it was only time or padding, -EBADMSG.
 */
static int next_entry(struct raw_pages *pages, const uint8_t **payload_out, size_t *length_out,
		      struct rec_error *error)
{
	const uint8_t *entry = pages->at;
	size_t left = (size_t)(pages->end - entry), bytes = 4;
	uint32_t header = left >= 4 ? get_u32(entry) : 0;
	uint32_t type = header & 31, delta = header >> 5;
	uint32_t word = left >= 8 ? get_u32(entry + 4) : 0;
	bool has_word = type == 0 || type >= TYPE_PADDING;

	if (type == TYPE_PADDING && delta == 0 && left >= 4) {
		pages->at = pages->end;
		return 0;
	}
	if (type >= TYPE_TIME_EXTEND)
		bytes = 8;
	else
		bytes = 4 + (has_word ? (size_t)word : 4 * (size_t)type);
	if (left < 4 || (has_word && left < 8) || bytes < 8 || bytes % 4 || bytes > left)
		return rec_fail(error, -EBADMSG, offset_of(pages, entry),
				"cpu%u.raw: expected an event within the page's %zu bytes left, found type %u of %zu "
				"bytes",
				pages->cpu, left, type, bytes);
	pages->at = entry + bytes;
	if (type == TYPE_PADDING)
		return 0;
	if (type == TYPE_TIME_EXTEND) {
		pages->time += delta + ((uint64_t)word << DELTA_BITS);
		return 0;
	}
	if (type == TYPE_TIME_STAMP) {
		uint64_t time = delta + ((uint64_t)word << DELTA_BITS) + (pages->time & TIME_UPPER);

		if ((pages->time & TIME_UPPER) && time < pages->time)
			time += (uint64_t)1 << 59;
		pages->time = time;
		return 0;
	}
	pages->time += delta;
	*payload_out = entry + (has_word ? 8 : 4);
	*length_out = bytes - (has_word ? 8 : 4);
	return 1;
}

int raw_pages_next(struct raw_pages *pages, struct rec_event *event, struct rec_wide *wide,
		   struct rec_error *error)
{
	for (;;) {
		const uint8_t *payload = NULL;
		size_t length = 0;
		int result;

		if (pages->lost_pending) {
			pages->lost_pending = false;
			*event = (struct rec_event){ .kind = REC_LOST,
						     .time_ns = pages->time,
						     .arg = pages->lost_here,
						     .cpu = (uint16_t)pages->cpu };
			return 1;
		}
		if (pages->at == pages->end) {
			result = next_page(pages, error);
			if (result <= 0)
				return result;
			continue;
		}
		result = next_entry(pages, &payload, &length, error);
		if (result < 0)
			return result;
		if (result == 0)
			continue;
		result = raw_decode(pages->layout, payload, length, event, wide);
		if (result < 0)
			return rec_fail(error, result, offset_of(pages, payload),
					"cpu%u.raw: expected a longer event, found %zu bytes", pages->cpu, length);
		if (result == 0)
			continue;
		event->time_ns = pages->time;
		event->cpu = (uint16_t)pages->cpu;
		return 1;
	}
}
