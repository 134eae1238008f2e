/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds capture directories as the rig leaves them. See capture.h.
 */
#include "capture.h"

#include <sys/stat.h>

#define COMMON                                                                                                     \
	"format:\n\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                            \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"                                     \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"                             \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

static const char header_page[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				  "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				  "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				  "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

static const struct {
	const char *file;
	unsigned id;
	const char *fields;
} formats[] = {
	{ "kmem__mm_page_alloc", ID_ALLOC,
	  "\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n"
	  "\tfield:unsigned int order;\toffset:16;\tsize:4;\tsigned:0;\n"
	  "\tfield:unsigned long gfp_flags;\toffset:24;\tsize:8;\tsigned:0;\n"
	  "\tfield:int migratetype;\toffset:32;\tsize:4;\tsigned:1;\n" },
	{ "kmem__mm_page_free", ID_FREE,
	  "\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n"
	  "\tfield:unsigned int order;\toffset:16;\tsize:4;\tsigned:0;\n" },
	{ "kmem__mm_page_free_batched", ID_BATCHED, "\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n" },
	{ "compaction__mm_compaction_begin", ID_COMPACT_BEGIN,
	  "\tfield:unsigned long zone_start;\toffset:8;\tsize:8;\tsigned:0;\n"
	  "\tfield:unsigned long migrate_pfn;\toffset:16;\tsize:8;\tsigned:0;\n"
	  "\tfield:unsigned long free_pfn;\toffset:24;\tsize:8;\tsigned:0;\n"
	  "\tfield:unsigned long zone_end;\toffset:32;\tsize:8;\tsigned:0;\n"
	  "\tfield:bool sync;\toffset:40;\tsize:1;\tsigned:0;\n" },
	{ "pageman__rec", ID_REC,
	  "\tfield:u64 pfn;\toffset:8;\tsize:8;\tsigned:0;\n"
	  "\tfield:u64 arg;\toffset:16;\tsize:8;\tsigned:0;\n"
	  "\tfield:u32 gfp;\toffset:24;\tsize:4;\tsigned:0;\n"
	  "\tfield:u8 kind;\toffset:28;\tsize:1;\tsigned:0;\n"
	  "\tfield:u8 order;\toffset:29;\tsize:1;\tsigned:0;\n"
	  "\tfield:u8 migratetype;\toffset:30;\tsize:1;\tsigned:0;\n"
	  "\tfield:u8 flags;\toffset:31;\tsize:1;\tsigned:0;\n" },
	{ "pageman__recw", ID_RECW,
	  "\tfield:u8 kind;\toffset:8;\tsize:1;\tsigned:0;\n"
	  "\tfield:u8 order;\toffset:9;\tsize:1;\tsigned:0;\n"
	  "\tfield:u8 migratetype;\toffset:10;\tsize:1;\tsigned:0;\n"
	  "\tfield:u8 flags;\toffset:11;\tsize:1;\tsigned:0;\n"
	  "\tfield:u32 gfp;\toffset:12;\tsize:4;\tsigned:0;\n"
	  "\tfield:u64 pfn;\toffset:16;\tsize:8;\tsigned:0;\n"
	  "\tfield:u64 v[8];\toffset:24;\tsize:64;\tsigned:0;\n" },
};

void capture_file(const char *name, const char *file, const void *bytes, size_t length)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", name, file);
	scratch_write(path, bytes, length);
}

void capture_begin(const char *name, unsigned cpus, const char *extra_meta)
{
	char text[4096], path[256];

	mkdir(scratch_path(name), 0777);
	snprintf(path, sizeof(path), "%s/format", name);
	mkdir(scratch_path(path), 0777);
	snprintf(text, sizeof(text),
		 "format=1\nkernel_release=6.1.0-56-amd64\ncpus=%u\nmem_mib=512\nworkload=files\n%s",
		 cpus, extra_meta);
	capture_file(name, "meta", text, strlen(text));
	capture_file(name, "header_page", header_page, strlen(header_page));
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		snprintf(text, sizeof(text), "name: x\nID: %u\n" COMMON "%s\nprint fmt: \"pfn\"\n", formats[i].id,
			 formats[i].fields);
		snprintf(path, sizeof(path), "format/%s", formats[i].file);
		capture_file(name, path, text, strlen(text));
	}
}

/* --- pages --- */

static void put32(struct page *page, uint32_t word)
{
	assert_true(PAGE_DATA + page->used + 4 <= PAGE_BYTES);
	memcpy(page->bytes + PAGE_DATA + page->used, &word, 4);
	page->used += 4;
}

void page_begin(struct page *page, uint64_t time)
{
	memset(page, 0, sizeof(*page));
	memcpy(page->bytes, &time, 8);
}

void page_event(struct page *page, uint32_t delta, const void *payload, size_t length)
{
	size_t rounded = (length + 3) & ~(size_t)3;

	if (rounded <= 112) {
		put32(page, (uint32_t)(rounded / 4) | delta << 5);
	} else {
		put32(page, delta << 5);
		put32(page, (uint32_t)rounded + 4);
	}
	assert_true(PAGE_DATA + page->used + rounded <= PAGE_BYTES);
	memcpy(page->bytes + PAGE_DATA + page->used, payload, length);
	page->used += rounded;
}

void page_extend(struct page *page, uint64_t delta)
{
	put32(page, 30 | (uint32_t)(delta & 0x7ffffff) << 5);
	put32(page, (uint32_t)(delta >> 27));
}

void page_stamp(struct page *page, uint64_t time)
{
	put32(page, 31 | (uint32_t)(time & 0x7ffffff) << 5);
	put32(page, (uint32_t)(time >> 27));
}

void page_discarded(struct page *page, uint32_t delta, size_t length)
{
	put32(page, 29 | delta << 5);
	put32(page, (uint32_t)length + 4);
	for (size_t i = 0; i < length; i += 4)
		put32(page, 0xffffffff);
}

void page_end(struct page *page, uint64_t flags)
{
	uint64_t commit = page->used | flags;

	memcpy(page->bytes + 8, &commit, 8);
}

/* --- payloads --- */

static struct payload begin(uint16_t id, int32_t pid, uint8_t flags, size_t length)
{
	struct payload payload = { { 0 }, length };

	memcpy(payload.bytes, &id, 2);
	payload.bytes[2] = flags;
	memcpy(payload.bytes + 4, &pid, 4);
	return payload;
}

struct payload payload_alloc(uint64_t pfn, uint32_t order, uint64_t gfp, int32_t migratetype, int32_t pid,
			     uint8_t flags)
{
	struct payload payload = begin(ID_ALLOC, pid, flags, 36);

	memcpy(payload.bytes + 8, &pfn, 8);
	memcpy(payload.bytes + 16, &order, 4);
	memcpy(payload.bytes + 24, &gfp, 8);
	memcpy(payload.bytes + 32, &migratetype, 4);
	return payload;
}

struct payload payload_free(uint64_t pfn, uint32_t order, int32_t pid)
{
	struct payload payload = begin(ID_FREE, pid, 0, 20);

	memcpy(payload.bytes + 8, &pfn, 8);
	memcpy(payload.bytes + 16, &order, 4);
	return payload;
}

struct payload payload_batched(uint64_t pfn, int32_t pid)
{
	struct payload payload = begin(ID_BATCHED, pid, 0, 16);

	memcpy(payload.bytes + 8, &pfn, 8);
	return payload;
}

struct payload payload_rec(uint8_t kind, uint64_t pfn, uint64_t arg, uint8_t migratetype)
{
	struct payload payload = begin(ID_REC, 7, 0, 32);

	memcpy(payload.bytes + 8, &pfn, 8);
	memcpy(payload.bytes + 16, &arg, 8);
	payload.bytes[28] = kind;
	payload.bytes[30] = migratetype;
	return payload;
}

struct payload payload_recw(uint8_t kind, uint64_t first)
{
	struct payload payload = begin(ID_RECW, 7, 0, 88);

	payload.bytes[8] = kind;
	for (uint64_t i = 0; i < 8; i++) {
		uint64_t word = first + i;

		memcpy(payload.bytes + 24 + 8 * i, &word, 8);
	}
	return payload;
}
