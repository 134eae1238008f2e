/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds capture directories as the rig leaves them, page by page.
 *
 * Role: raw ring-buffer pages made by hand after kernel/trace/ring_buffer.c, so that the reader is tested against
 * the kernel's layout and not against itself.
 * Interface: capture_*, page_*.
 */
#ifndef TEST_REC_CAPTURE_H
#define TEST_REC_CAPTURE_H

#include "support.h"

#define PAGE_BYTES 4096
#define PAGE_DATA 16

/* Event ids in the format files that capture_begin writes. */
enum { ID_ALLOC = 500, ID_FREE, ID_BATCHED, ID_COMPACT_BEGIN, ID_REC, ID_RECW, ID_FOREIGN = 999 };

/* Creates a directory with meta, header_page and format files. @extra_meta: more lines, each with its newline. */
void capture_begin(const char *name, unsigned cpus, const char *extra_meta);
void capture_file(const char *name, const char *file, const void *bytes, size_t length);

struct page {
	uint8_t bytes[PAGE_BYTES];
	size_t used; /* of the events */
};

void page_begin(struct page *page, uint64_t time);
/* An entry with a payload; type_len by its length, as the kernel chooses it. */
void page_event(struct page *page, uint32_t delta, const void *payload, size_t length);
void page_extend(struct page *page, uint64_t delta);
void page_stamp(struct page *page, uint64_t time);
void page_discarded(struct page *page, uint32_t delta, size_t length);
/* Pads the rest; @flags go into the commit word. */
void page_end(struct page *page, uint64_t flags);

/* Payloads. */
struct payload {
	uint8_t bytes[96];
	size_t length;
};
struct payload payload_alloc(uint64_t pfn, uint32_t order, uint64_t gfp, int32_t migratetype, int32_t pid,
			     uint8_t flags);
struct payload payload_free(uint64_t pfn, uint32_t order, int32_t pid);
struct payload payload_batched(uint64_t pfn, int32_t pid);
struct payload payload_rec(uint8_t kind, uint64_t pfn, uint64_t arg, uint8_t migratetype);
struct payload payload_recw(uint8_t kind, uint64_t first);

#endif
