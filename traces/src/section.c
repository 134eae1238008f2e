/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Headers of sections and of the whole file in our compact format. See section.h.
 */
#include "section.h"

#include <errno.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "bytes.h"
#include "fail.h"

#define ULL(value) ((unsigned long long)(value))

uint64_t section_checksum(const void *payload, size_t bytes)
{
	return XXH3_64bits(payload, bytes);
}

static uint64_t header_checksum(const uint8_t *bytes, size_t length, uint64_t offset)
{
	return XXH3_64bits_withSeed(bytes, length, offset);
}

void section_put(uint8_t bytes[SECTION_HEADER_BYTES], const struct section *section, uint64_t offset)
{
	put_u32(bytes, section->type);
	put_u32(bytes + 4, section->number);
	put_u64(bytes + 8, section->stored_bytes);
	put_u64(bytes + 16, section->plain_bytes);
	put_u64(bytes + 24, section->first_index);
	put_u64(bytes + 32, section->checksum);
	put_u64(bytes + 40, header_checksum(bytes, 40, offset));
}

int section_get(const uint8_t bytes[SECTION_HEADER_BYTES], struct section *out, uint64_t offset,
		struct rec_error *error)
{
	uint64_t found = header_checksum(bytes, 40, offset), expected = get_u64(bytes + 40);

	if (found != expected)
		return rec_fail(error, -EBADMSG, offset,
				"damaged section header: expected checksum %016llx, found %016llx", ULL(expected),
				ULL(found));
	*out = (struct section){ .type = get_u32(bytes),
				 .number = get_u32(bytes + 4),
				 .stored_bytes = get_u64(bytes + 8),
				 .plain_bytes = get_u64(bytes + 16),
				 .first_index = get_u64(bytes + 24),
				 .checksum = get_u64(bytes + 32) };
	return 0;
}

void prelude_put(uint8_t bytes[PRELUDE_BYTES])
{
	memcpy(bytes, COMPACT_MAGIC, COMPACT_MAGIC_BYTES);
	put_u32(bytes + 8, COMPACT_VERSION);
	put_u32(bytes + 12, 0);
	put_u64(bytes + 16, header_checksum(bytes, 16, 0));
}

int prelude_check(const uint8_t bytes[PRELUDE_BYTES], struct rec_error *error)
{
	uint64_t found = header_checksum(bytes, 16, 0), expected = get_u64(bytes + 16);

	if (memcmp(bytes, COMPACT_MAGIC, COMPACT_MAGIC_BYTES))
		return rec_fail(error, -EBADMSG, 0, "damaged start of file: expected \"PAGEMAN\" and 1a, found "
				"another byte");
	if (found != expected)
		return rec_fail(error, -EBADMSG, 8, "damaged start of file: expected checksum %016llx, found %016llx",
				ULL(expected), ULL(found));
	if (get_u32(bytes + 8) != COMPACT_VERSION)
		return rec_fail(error, -EPROTONOSUPPORT, 8, "expected format version %u, found %u", COMPACT_VERSION,
				get_u32(bytes + 8));
	return 0;
}

void trailer_put(uint8_t bytes[TRAILER_BYTES], uint64_t tail_offset, uint64_t file_bytes)
{
	memcpy(bytes, COMPACT_END_MAGIC, COMPACT_MAGIC_BYTES);
	put_u64(bytes + 8, tail_offset);
	put_u64(bytes + 16, file_bytes);
	put_u64(bytes + 24, header_checksum(bytes, 24, file_bytes - TRAILER_BYTES));
}

int trailer_get(const uint8_t bytes[TRAILER_BYTES], uint64_t offset, uint64_t *tail_offset_out,
		struct rec_error *error)
{
	uint64_t found = header_checksum(bytes, 24, offset), expected = get_u64(bytes + 24);

	if (memcmp(bytes, COMPACT_END_MAGIC, COMPACT_MAGIC_BYTES) || found != expected)
		return rec_fail(error, -EBADMSG, offset, "damaged end of file: expected checksum %016llx, found "
				"%016llx",
				ULL(expected), ULL(found));
	if (get_u64(bytes + 16) != offset + TRAILER_BYTES)
		return rec_fail(error, -EBADMSG, offset, "expected a file of %llu bytes, found its end at %llu",
				ULL(get_u64(bytes + 16)), ULL(offset + TRAILER_BYTES));
	*tail_offset_out = get_u64(bytes + 8);
	return 0;
}
