/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes a block of events, behind the checksums: they keep accidents away from the decoder, not malice.
 *
 * Input: u16 events less one, then the payload of an EVNT section.
 * Invariant: a block that decodes has as many events as it says, wide ones with their words, and packing them
 * again gives the same events; one that does not is told about.
 */
#include <errno.h>
#include <string.h>

#include "block.h"
#include "reading.h"

static const struct rec_batch *decode(struct block_decoder *decoder, const uint8_t *payload, size_t bytes, size_t count,
				      struct rec_batch *batch)
{
	struct rec_accounting accounting = { 0 };
	struct rec_error error = { 0 };
	/* An exact copy, so that a sanitizer sees every byte read behind the end. */
	uint8_t *copy = malloc(bytes + !bytes);
	int result;

	fuzz_require(copy);
	memcpy(copy, payload, bytes);
	result = block_decode(decoder, copy, bytes, count, batch, &accounting, 0, &error);
	free(copy);
	if (result) {
		fuzz_require(result == -EBADMSG);
		fuzz_no_fault(reading_error_fault(&error, result, bytes));
		return NULL;
	}
	fuzz_require(batch->count == count);
	return batch;
}

static void digest(struct reading *reading, const struct rec_batch *batch)
{
	struct rec_batch first = *batch;

	first.first_index = 0;
	reading_begin(reading);
	reading_add(reading, &first);
	fuzz_no_fault(reading->fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct block_decoder *decoder; /* as a reader's, they live on from block to block */
	static struct block_encoder *encoder;
	struct reading before, after;
	struct rec_batch batch;

	if (!decoder) {
		decoder = block_decoder_create();
		encoder = block_encoder_create();
	}
	fuzz_require(decoder && encoder);
	if (size >= 2 && decode(decoder, data + 2, size - 2, 1 + (data[0] | (size_t)data[1] << 8), &batch)) {
		const uint8_t *payload;
		size_t bytes, count = batch.count;
		uint64_t plain_bytes;

		digest(&before, &batch);
		fuzz_require(block_encode(encoder, batch.events, count, batch.wide, batch.wide_count, &payload, &bytes,
					  &plain_bytes) == 0);
		fuzz_require(decode(decoder, payload, bytes, count, &batch));
		digest(&after, &batch);
		fuzz_require(reading_digest(&before) == reading_digest(&after));
		reading_end(&before);
		reading_end(&after);
	}
	return 0;
}
