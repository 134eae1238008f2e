/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of traces/ share. See support.h.
 */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

int scratch_setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/pageman-test-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static void remove_tree(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		char inside[512];

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(inside, sizeof(inside), "%s/%s", path, entry->d_name);
		if (unlink(inside) < 0)
			remove_tree(inside);
	}
	if (directory)
		closedir(directory);
	rmdir(path);
}

int scratch_teardown(void **state)
{
	(void)state;
	remove_tree(folder);
	return 0;
}

const char *scratch_path(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

void scratch_write(const char *name, const void *bytes, size_t length)
{
	FILE *file = fopen(scratch_path(name), "wb");

	assert_non_null(file);
	if (length)
		assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

char *scratch_read(const char *name, size_t *length_out)
{
	FILE *file = fopen(scratch_path(name), "rb");
	struct stat status;
	char *bytes;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &status), 0);
	bytes = malloc((size_t)status.st_size + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)status.st_size, file), status.st_size);
	fclose(file);
	*length_out = (size_t)status.st_size;
	return bytes;
}

/* splitmix64, public domain by its author's choice; any generator would do. */
uint64_t random_next(uint64_t *seed)
{
	uint64_t value = *seed += 0x9e3779b97f4a7c15u;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
	value = (value ^ value >> 27) * 0x94d049bb133111ebu;
	return value ^ value >> 31;
}

void bytes_add(struct bytes *to, const void *from, size_t length)
{
	to->bytes = realloc(to->bytes, to->length + length + 1);
	assert_non_null(to->bytes);
	if (length)
		memcpy(to->bytes + to->length, from, length);
	to->length += length;
}

void snapshot_record2(struct bytes *to, uint32_t tag, const void *head, size_t head_length, const void *body,
		      size_t body_length)
{
	const uint8_t zeros[8] = { 0 };
	struct rec_tlv tlv = { tag, (uint32_t)(head_length + body_length) };

	bytes_add(to, &tlv, sizeof(tlv));
	bytes_add(to, head, head_length);
	bytes_add(to, body, body_length);
	bytes_add(to, zeros, (8 - tlv.bytes % 8) % 8);
}

void snapshot_record(struct bytes *to, uint32_t tag, const void *payload, size_t length)
{
	snapshot_record2(to, tag, payload, length, NULL, 0);
}

void snapshot_begin(struct bytes *to, uint32_t which)
{
	struct rec_wire_kernel kernel = { .wire_version = REC_WIRE_VERSION,
					  .snapshot = which,
					  .page_shift = 12,
					  .pageblock_order = 9,
					  .order_count = 11,
					  .migratetype_count = 5,
					  .online_cpus = 1,
					  .online_nodes = 1,
					  .release = "6.1.0-test" };

	snapshot_record(to, REC_TLV_KERNEL, &kernel, sizeof(kernel));
}

void snapshot_end(struct bytes *to, uint64_t free_pages_walked)
{
	struct rec_wire_end end = { free_pages_walked, to->length };

	snapshot_record(to, REC_TLV_END, &end, sizeof(end));
}

/*
 *   zone Normal, pageblocks of 0x200 frames:
 *   0x0      0x100      0x200             0x400      0x500   0x600
 *    |- - - - |==========|=================|==========|- - - -|
 *               free:  0x104 (order 2), 0x200 (order 9);  per-CPU: 0x101, 0x103
 */
void snapshot_small(struct bytes *to, uint32_t which)
{
	struct rec_wire_zone zone = { .zone_type = 2,
				      .name = "Normal",
				      .start_pfn = 0x100,
				      .spanned_pages = 0x400,
				      .present_pages = 0x400,
				      .managed_pages = 0x3f0 };
	struct rec_wire_pcp pcp = { .count = 2, .high = 100, .batch = 10 };
	struct rec_wire_list order_2 = { .order = 2, .migratetype = 0, .count = 1 };
	struct rec_wire_list order_9 = { .order = 9, .migratetype = 1, .count = 1 };
	struct rec_wire_list hot = { .order = 0, .pindex = 1, .count = 2 };
	struct rec_wire_range blocks = { .start_pfn = 0, .count = 3 };
	uint64_t pfn_2 = 0x104, pfn_9 = 0x200;
	uint64_t pfns_hot[2] = { 0x103 | (uint64_t)1 << 56, 0x101 | (uint64_t)4 << 56 };
	uint8_t types[3] = { 0, 1, 4 };

	snapshot_begin(to, which);
	snapshot_record(to, REC_TLV_ZONE, &zone, sizeof(zone));
	snapshot_record(to, REC_TLV_PCP, &pcp, sizeof(pcp));
	snapshot_record2(to, REC_TLV_FREE_LIST, &order_2, sizeof(order_2), &pfn_2, 8);
	snapshot_record2(to, REC_TLV_FREE_LIST, &order_9, sizeof(order_9), &pfn_9, 8);
	snapshot_record2(to, REC_TLV_PCP_LIST, &hot, sizeof(hot), pfns_hot, 16);
	snapshot_record2(to, REC_TLV_PAGEBLOCKS, &blocks, sizeof(blocks), types, 3);
	snapshot_end(to, 4 + 512);
}

void read_all(struct rec_reader *reader, struct stream *out)
{
	struct rec_batch batch;

	memset(out, 0, sizeof(*out));
	while ((out->result = rec_next(reader, &batch, &out->error)) > 0) {
		assert_true(batch.count > 0);
		assert_int_equal(batch.first_index, out->count);
		out->events = realloc(out->events, (out->count + batch.count) * sizeof(*out->events));
		out->wide = realloc(out->wide, (out->count + batch.count) * sizeof(*out->wide));
		assert_non_null(out->events);
		assert_non_null(out->wide);
		for (size_t i = 0; i < batch.count; i++) {
			struct rec_event event = batch.events[i];

			memset(&out->wide[out->count], 0, sizeof(*out->wide));
			if (rec_kind_is_wide(event.kind)) {
				assert_true(event.arg < batch.wide_count);
				out->wide[out->count] = batch.wide[event.arg];
				event.arg = 0;
			}
			assert_int_equal(event.pad, 0);
			out->events[out->count++] = event;
		}
	}
}

void stream_free(struct stream *stream)
{
	free(stream->events);
	free(stream->wide);
}

void read_file(const char *name, struct stream *out, struct rec_accounting *accounting_out)
{
	struct rec_reader *reader;
	struct rec_error error = { 0 };

	if (rec_open(scratch_path(name), REC_DIALECT_AUTO, &reader, &error))
		fail_msg("%s: %s", name, error.text);
	read_all(reader, out);
	if (accounting_out)
		*accounting_out = *rec_accounting(reader);
	rec_close(reader);
}
