/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the fuzzers' seeds out of the shipped recordings and of texts as kernels and users write them.
 *
 *     make_corpus RECORDINGS OUT     OUT/<target>/<seed> of each of RECORDINGS/<name>.pgr
 *
 * Seeds are small: the first events of a recording, and of its snapshot the first zone.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block.h"
#include "capture.h"
#include "make_corpus.h"
#include "render.h"

#define BLOCK_EVENTS 400
#define TEXT_EVENTS 120
#define RAW_PAGE_BYTES 256 /* as fuzz_raw_pages has them */
#define RAW_PAGES 8

static char out[256];

_Noreturn void corpus_die(const char *what)
{
	fprintf(stderr, "make_corpus: %s: %s\n", what, strerror(errno));
	exit(1);
}

void corpus_seed(const char *target, const char *name, const void *bytes, size_t length)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", out, target);
	if (mkdir(path, 0777) && errno != EEXIST)
		corpus_die(path);
	snprintf(path, sizeof(path), "%s/%s/%s", out, target, name);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, length, file) != length || fclose(file))
		corpus_die(path);
}

/* --- of a recording --- */

static void seed_text(const char *name, const struct rec_batch *batch)
{
	static char text[TEXT_EVENTS * RENDER_LINE_MAX];
	size_t used = 0;

	for (size_t i = 0, lines = 0; i < batch->count && lines < TEXT_EVENTS; i++) {
		size_t length = render_event(&batch->events[i], text + used);

		used += length;
		lines += length != 0;
	}
	corpus_seed("fuzz_text", name, text, used);
	corpus_seed("fuzz_import", name, text, used);
}

static void seed_block(const char *name, const struct rec_batch *batch)
{
	struct block_encoder *encoder = block_encoder_create();
	size_t count = batch->count < BLOCK_EVENTS ? batch->count : BLOCK_EVENTS, bytes;
	uint64_t plain_bytes;
	const uint8_t *payload;
	struct bytes seed = { 0 };
	uint8_t head[2] = { (uint8_t)(count - 1), (uint8_t)((count - 1) >> 8) };

	if (!encoder || block_encode(encoder, batch->events, count, batch->wide, batch->wide_count, &payload, &bytes,
				     &plain_bytes))
		corpus_die("cannot pack events");
	bytes_add(&seed, head, 2);
	bytes_add(&seed, payload, bytes);
	corpus_seed("fuzz_block", name, seed.bytes, seed.length);
	free(seed.bytes);
	block_encoder_destroy(encoder);
}

/* A whole file, once as it is, once to be mended by the target and read through a pipe as well. */
static void seed_compact(const char *name, const struct rec_info *info, const struct rec_batch *batch,
			 const void *snapshot, size_t snapshot_bytes)
{
	struct rec_batch some = *batch;
	struct rec_writer *writer;
	struct rec_error error;
	struct bytes seed = { 0 };
	const char *path = scratch_path("seed.pgr");
	char *file, other_name[300];
	size_t length;

	some.count = batch->count < BLOCK_EVENTS ? batch->count : BLOCK_EVENTS;
	if (rec_writer_create(path, info, &writer, &error) ||
	    rec_writer_snapshot(writer, 0, snapshot, snapshot_bytes, &error) || rec_writer_add(writer, &some, &error) ||
	    rec_writer_snapshot(writer, 1, snapshot, snapshot_bytes, &error) || rec_writer_finish(writer, &error))
		corpus_die(error.text);
	file = scratch_read("seed.pgr", &length);
	bytes_add(&seed, "\0", 1);
	bytes_add(&seed, file, length);
	corpus_seed("fuzz_compact", name, seed.bytes, seed.length);
	seed.bytes[0] = 3;
	snprintf(other_name, sizeof(other_name), "%s-mended", name);
	corpus_seed("fuzz_compact", other_name, seed.bytes, seed.length);
	free(seed.bytes);
	free(file);
}

/*
 * The records of an exact snapshot that are of its first zone or of none, so that it stays small: behind the kernel
 * record every record of a zone begins with its number.
 */
static void first_zone(const uint8_t *bytes, size_t length, struct bytes *to)
{
	uint64_t free_pages = 0;
	unsigned zones = 0;

	for (size_t at = 0; at + sizeof(struct rec_tlv) <= length;) {
		struct rec_tlv tlv;
		const uint8_t *payload = bytes + at + sizeof(tlv);
		uint32_t zone;
		bool taken = true;

		memcpy(&tlv, bytes + at, sizeof(tlv));
		memcpy(&zone, payload, sizeof(zone));
		if (tlv.tag == REC_TLV_ZONE)
			taken = zones++ == 0;
		else if (tlv.tag != REC_TLV_KERNEL && tlv.tag != REC_TLV_SETTINGS && tlv.tag != REC_TLV_DAEMONS)
			taken = zone == 0 && tlv.tag != REC_TLV_END;
		if (taken)
			snapshot_record(to, tlv.tag, payload, tlv.bytes);
		if (taken && tlv.tag == REC_TLV_FREE_LIST) {
			struct rec_wire_list list;

			memcpy(&list, payload, sizeof(list));
			free_pages += (uint64_t)list.count << list.order;
		}
		at += sizeof(tlv) + (tlv.bytes + 7u) / 8 * 8;
	}
	snapshot_end(to, free_pages);
}

static void seed_snapshots(const char *name, struct rec_reader *reader, const struct rec_batch *batch)
{
	struct rec_snapshot snapshot;
	struct rec_error error = { 0 };
	struct bytes one = { 0 };
	char counts_name[300];
	void *bytes, *told;
	size_t length, told_length;

	if (rec_snapshot_bytes(reader, 0, &bytes, &length, &error))
		corpus_die(error.text);
	first_zone(bytes, length, &one);
	free(bytes);
	if (rec_snapshot_parse(one.bytes, one.length, &snapshot, &error) ||
	    rec_snapshot_forget(&snapshot, &told, &told_length))
		corpus_die(error.text);
	corpus_seed("fuzz_snapshot", name, one.bytes, one.length);
	corpus_seed("fuzz_load", name, one.bytes, one.length);
	snprintf(counts_name, sizeof(counts_name), "%s-counts", name);
	corpus_seed("fuzz_snapshot", counts_name, told, told_length);
	seed_compact(name, rec_info(reader), batch, told, told_length);
	rec_snapshot_free(&snapshot);
	free(told);
	free(one.bytes);
}

static struct payload payload_of(const struct rec_batch *batch, const struct rec_event *event)
{
	switch (event->kind) {
	case REC_ALLOC:
		return payload_alloc(event->pfn, event->order, event->gfp, event->migratetype, event->pid,
				     event->context);
	case REC_FREE:
		return payload_free(event->pfn, event->order, event->pid);
	case REC_FREE_BATCHED:
		return payload_batched(event->pfn, event->pid);
	default:
		if (rec_kind_is_wide(event->kind))
			return payload_recw(event->kind, batch->wide[event->arg].v[0]);
		return payload_rec(event->kind, event->pfn, event->arg, event->migratetype);
	}
}

static void seed_raw(const char *name, const struct rec_batch *batch)
{
	struct bytes seed = { 0 };
	struct page page;
	uint64_t time;
	size_t i = 0;

	for (unsigned number = 0; number < RAW_PAGES; number++) {
		time = batch->events[i].time_ns;
		page_begin(&page, time);
		for (; i < batch->count; i++) {
			struct payload payload = payload_of(batch, &batch->events[i]);
			uint64_t delta = batch->events[i].time_ns - time;

			if (PAGE_DATA + page.used + payload.length + 16 > RAW_PAGE_BYTES)
				break;
			if (number % 2)
				page_stamp(&page, batch->events[i].time_ns);
			else if (delta >> 27)
				page_extend(&page, delta);
			page_event(&page, number % 2 || delta >> 27 ? 0 : (uint32_t)delta, payload.bytes,
				   payload.length);
			time = batch->events[i].time_ns;
		}
		page_end(&page, number == 2 ? (uint64_t)1 << 31 : 0);
		bytes_add(&seed, page.bytes, RAW_PAGE_BYTES);
	}
	corpus_seed("fuzz_raw_pages", name, seed.bytes, seed.length);
	free(seed.bytes);
}

static void seeds_of_recording(const char *path, const char *name)
{
	struct rec_reader *reader;
	struct rec_error error = { 0 };
	struct rec_batch batch;

	if (rec_open(path, REC_DIALECT_AUTO, &reader, &error) || rec_next(reader, &batch, &error) != 1)
		corpus_die(error.text);
	seed_text(name, &batch);
	seed_block(name, &batch);
	seed_raw(name, &batch);
	seed_snapshots(name, reader, &batch);
	rec_close(reader);
}

static void seed_layout(void)
{
	static const char *const files[] = { "header_page", "format/kmem__mm_page_alloc", "format/pageman__recw" };
	struct bytes seed = { 0 };

	capture_begin("capture", 1, "");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char name[64], *text;
		size_t length;

		snprintf(name, sizeof(name), "capture/%s", files[i]);
		text = scratch_read(name, &length);
		bytes_add(&seed, text, length);
		bytes_add(&seed, "", 1);
		free(text);
	}
	for (uint8_t i = 0; i < 96; i++)
		bytes_add(&seed, &i, 1);
	corpus_seed("fuzz_raw_layout", "capture", seed.bytes, seed.length);
	free(seed.bytes);
}

int main(int argc, char **argv)
{
	DIR *folder = argc == 3 ? opendir(argv[1]) : NULL;
	struct bytes small = { 0 };
	struct dirent *entry;

	if (!folder) {
		fprintf(stderr, "usage: make_corpus RECORDINGS OUT\n");
		return 2;
	}
	snprintf(out, sizeof(out), "%s", argv[2]);
	if ((mkdir(out, 0777) && errno != EEXIST) || scratch_setup(NULL))
		corpus_die(out);
	while ((entry = readdir(folder))) {
		const char *dot = strrchr(entry->d_name, '.');
		char path[1024], name[256];

		if (!dot || strcmp(dot, ".pgr"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		snprintf(name, sizeof(name), "%.*s", (int)(dot - entry->d_name), entry->d_name);
		seeds_of_recording(path, name);
	}
	closedir(folder);
	snapshot_small(&small, 0);
	corpus_seed("fuzz_snapshot", "small", small.bytes, small.length);
	corpus_seed("fuzz_load", "small", small.bytes, small.length);
	free(small.bytes);
	seed_layout();
	corpus_texts();
	scratch_teardown(NULL);
	return 0;
}
