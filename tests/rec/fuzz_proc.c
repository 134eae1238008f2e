/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the copies of /proc/pagetypeinfo, zoneinfo, buddyinfo and /proc/sys/vm.
 *
 * Input: the four texts, a NUL between; an empty one is replaced by a good one.
 * Invariant: texts that are accepted make a snapshot without order, or one that is refused because its numbers
 * contradict each other; texts that are not are refused with a sentence.
 */
#include <errno.h>
#include <string.h>

#include "proc_read.h"
#include "proc_texts.h"
#include "reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_text texts[PROC_FILE_COUNT] = {
		{ PROC_TEXT_PAGETYPEINFO, sizeof(PROC_TEXT_PAGETYPEINFO) - 1 },
		{ PROC_TEXT_ZONEINFO, sizeof(PROC_TEXT_ZONEINFO) - 1 },
		{ PROC_TEXT_BUDDYINFO, sizeof(PROC_TEXT_BUDDYINFO) - 1 },
		{ PROC_TEXT_VM, sizeof(PROC_TEXT_VM) - 1 },
	};
	const struct rec_info info = { .kernel_release = "6.1.0" };
	char *copies[PROC_FILE_COUNT] = { NULL };
	struct rec_snapshot snapshot;
	struct rec_error error = { 0 };
	size_t begin = 0, length;
	void *bytes;
	int result;

	for (unsigned i = 0; i < PROC_FILE_COUNT && begin <= size; i++) {
		const uint8_t *end = begin < size ? memchr(data + begin, 0, size - begin) : NULL;

		length = (end ? (size_t)(end - data) : size) - begin;
		if (length) {
			/* A text of its own size, so that a sanitizer sees every byte read behind its NUL. */
			copies[i] = malloc(length + 1);
			fuzz_require(copies[i]);
			memcpy(copies[i], data + begin, length);
			copies[i][length] = '\0';
			texts[i] = (struct proc_text){ copies[i], length };
		}
		begin += length + 1;
	}
	result = proc_parse(texts, 0, &info, &bytes, &length, &error);
	if (result) {
		fuzz_require(result == -EBADMSG);
		fuzz_no_fault(reading_error_fault(&error, result, UINT64_MAX));
	} else {
		result = rec_snapshot_parse(bytes, length, &snapshot, &error);
		if (result) {
			fuzz_require(result == -EBADMSG);
			fuzz_no_fault(reading_error_fault(&error, result, UINT64_MAX));
		} else {
			fuzz_require(!snapshot.ordered && snapshot.zone_count);
			rec_snapshot_free(&snapshot);
		}
		free(bytes);
	}
	for (unsigned i = 0; i < PROC_FILE_COUNT; i++)
		free(copies[i]);
	return 0;
}
