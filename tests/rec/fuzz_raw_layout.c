/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes what a capture directory says about its bytes, and a payload read by it.
 *
 * Input: header_page, two format files and a payload, a NUL between; an empty text is replaced by a good one.
 * Invariant: no field of an accepted layout lies outside of a payload that is long enough for it; a layout that is not
 * accepted is refused with a sentence.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "raw_layout.h"
#include "reading.h"

#define TEXT_COUNT 3

static const char *const names[TEXT_COUNT] = { "header_page", "format/kmem__mm_page_alloc", "format/pageman__recw" };

static struct {
	const char *directory;
	char *good[TEXT_COUNT];
	size_t good_length[TEXT_COUNT];
} folder;

static void remove_folder(void)
{
	for (unsigned i = 0; i < TEXT_COUNT; i++)
		free(folder.good[i]);
	scratch_teardown(NULL);
}

static void make_folder(void)
{
	char path[64];

	fuzz_require(scratch_setup(NULL) == 0);
	atexit(remove_folder);
	capture_begin("capture", 1, "");
	for (unsigned i = 0; i < TEXT_COUNT; i++) {
		snprintf(path, sizeof(path), "capture/%s", names[i]);
		folder.good[i] = scratch_read(path, &folder.good_length[i]);
		fuzz_require(unlink(scratch_path(path)) == 0);
		fuzz_require(symlink(fuzz_file(i, "", 0), scratch_path(path)) == 0);
	}
	folder.directory = strdup(scratch_path("capture"));
	fuzz_require(folder.directory);
}

static void decode_all(const struct raw_layout *layout, const uint8_t *payload, size_t length)
{
	for (size_t i = 0; i < layout->event_count; i++) {
		const struct raw_event *raw = &layout->events[i];
		uint8_t *copy = calloc(1, raw->bytes);
		struct rec_event event;
		struct rec_wide wide = { { 0 } };

		/* As many bytes as it says it needs, and one less. */
		fuzz_require(copy && raw->bytes >= 2);
		memcpy(copy, payload, length < raw->bytes ? length : raw->bytes);
		memcpy(copy, &raw->id, 2);
		fuzz_require(raw_decode(layout, copy, raw->bytes, &event, &wide) >= 0);
		fuzz_require(raw_decode(layout, copy, raw->bytes - 1u, &event, &wide) == -EBADMSG);
		free(copy);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct raw_layout *layout = malloc(sizeof(*layout));
	struct rec_error error = { 0 };
	size_t begin = 0;
	int result;

	fuzz_require(layout);
	if (!folder.directory)
		make_folder();
	for (unsigned i = 0; i < TEXT_COUNT; i++) {
		const uint8_t *end = begin < size ? memchr(data + begin, 0, size - begin) : NULL;
		size_t length = begin < size ? (end ? (size_t)(end - data) : size) - begin : 0;

		if (length)
			fuzz_file(i, data + begin, length);
		else
			fuzz_file(i, folder.good[i], folder.good_length[i]);
		begin += length + (begin + length < size);
	}
	result = raw_layout_load(layout, folder.directory, &error);
	if (result)
		fuzz_no_fault(reading_error_fault(&error, result, size));
	else
		decode_all(layout, data + begin, size - begin);
	free(layout);
	return 0;
}
