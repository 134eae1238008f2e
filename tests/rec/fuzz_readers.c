/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coverage-guided fuzzing of what lies behind the checksums.
 *
 * Role: a checksum keeps accidents away from the decoders, not malice, and it keeps fuzzers away too; so each
 * decoder is fed directly. The first byte chooses: a block of events, snapshot records, lines of text, a
 * copy of a file of /proc.
 * Interface: LLVMFuzzerTestOneInput (libFuzzer, AFL++).
 * Invariant: no input makes a decoder read out of bounds, allocate without bound, or hang.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "compact_format.h"
#include "proc_read.h"
#include "proc_texts.h"
#include "text_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_block(const uint8_t *data, size_t size)
{
	struct block_decoder *decoder = block_decoder_create();
	struct rec_accounting accounting = { 0 };
	struct rec_batch batch;
	uint64_t sum = 0;

	if (!decoder)
		abort();
	if (size >= 2) {
		size_t count = 1 + (data[0] | (size_t)data[1] << 8);
		/* An exact copy, so that a sanitizer sees every byte read behind the end. */
		uint8_t *copy = malloc(size - 2 + (size == 2));

		if (!copy)
			abort();
		memcpy(copy, data + 2, size - 2);
		if (!block_decode(decoder, copy, size - 2, count, &batch, &accounting, 0, NULL))
			for (size_t i = 0; i < batch.count; i++) {
				sum += batch.events[i].pfn;
				if (rec_kind_is_wide(batch.events[i].kind))
					sum += batch.wide[batch.events[i].arg].v[7];
			}
		free(copy);
	}
	block_decoder_destroy(decoder);
	if (sum == 0x5eed)
		abort();
}

static void fuzz_snapshot(const uint8_t *data, size_t size)
{
	struct rec_snapshot snapshot;
	struct rec_error error;

	if (!rec_snapshot_parse(data, size, &snapshot, &error))
		rec_snapshot_free(&snapshot);
}

static void fuzz_text(const uint8_t *data, size_t size)
{
	struct text_scanner *scanner = malloc(sizeof(*scanner));
	char *text = calloc(1, size + 1 + TEXT_PADDING);
	struct rec_event events[64];
	const char *at = text, *end;

	if (!scanner || !text)
		abort();
	memcpy(text, data, size);
	text[size] = '\n';
	end = text + size + 1;
	text_scanner_init(scanner, size % 2 ? "6.1" : "6.12");
	while (at < end) {
		const char *before = at;

		text_lines(scanner, &at, end, events, 64);
		if (at <= before || at > end)
			abort();
	}
	free(text);
	free(scanner);
}

/* One file is the fuzzer's, the others are good. */
static void fuzz_proc(const uint8_t *data, size_t size)
{
	struct proc_text texts[PROC_FILE_COUNT] = {
		{ PROC_TEXT_PAGETYPEINFO, sizeof(PROC_TEXT_PAGETYPEINFO) - 1 },
		{ PROC_TEXT_ZONEINFO, sizeof(PROC_TEXT_ZONEINFO) - 1 },
		{ PROC_TEXT_BUDDYINFO, sizeof(PROC_TEXT_BUDDYINFO) - 1 },
		{ PROC_TEXT_VM, sizeof(PROC_TEXT_VM) - 1 },
	};
	const struct rec_info info = { .kernel_release = "6.1.0" };
	struct rec_snapshot snapshot;
	struct rec_error error;
	void *bytes;
	size_t length;
	char *copy = calloc(1, size + 1);

	if (!copy)
		abort();
	if (size) {
		memcpy(copy, data + 1, size - 1);
		texts[data[0] % PROC_FILE_COUNT] = (struct proc_text){ copy, size - 1 };
	}
	if (!proc_parse(texts, 0, &info, &bytes, &length, &error)) {
		if (!rec_snapshot_parse(bytes, length, &snapshot, &error))
			rec_snapshot_free(&snapshot);
		free(bytes);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (data[0] % 4) {
	case 0:
		fuzz_block(data + 1, size - 1);
		break;
	case 1:
		fuzz_snapshot(data + 1, size - 1);
		break;
	case 2:
		fuzz_proc(data + 1, size - 1);
		break;
	default:
		fuzz_text(data + 1, size - 1);
	}
	return 0;
}
