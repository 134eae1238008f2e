/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packs a block of events. See block.h and traces/FORMAT.md.
 */
#include "block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "bytes.h"
#include "compact_format.h"

#define ZSTD_LEVEL 6
#define HASH_SLOTS (2 * BLOCK_EVENTS_MAX)
#define PLANE_MAX 8

/* A shape while it is looked up: the 24 bytes that make it. */
struct shape {
	uint64_t arg;
	uint32_t gfp;
	int32_t pid;
	uint16_t cpu;
	uint8_t kind, order, migratetype, context, flags, attributes;
};

struct block_encoder {
	ZSTD_CCtx *zstd;
	struct shape shapes[BLOCK_EVENTS_MAX];
	uint32_t shape_count;
	uint32_t slots[HASH_SLOTS]; /* 1 + shape number */
	uint16_t shape_of[BLOCK_EVENTS_MAX];
	uint64_t time_codes[BLOCK_EVENTS_MAX];
	uint64_t pfn_codes[BLOCK_EVENTS_MAX];
	uint8_t *column;  /* the column being built */
	size_t column_bytes;
	uint8_t *args, *args_at; /* the two sparse columns grow while the events are walked */
	uint8_t *wides, *wides_at;
	size_t wides_capacity;
	uint8_t *payload;
	size_t payload_bytes, payload_capacity;
	uint64_t plain_bytes;
};

#define COLUMN_CAPACITY (BLOCK_EVENTS_MAX * (size_t)SHAPE_BYTES)
#define ARGS_CAPACITY (BLOCK_EVENTS_MAX * (size_t)(2 * VARINT_BYTES_MAX))
#define WIDE_BYTES_MAX ((REC_WIDE_WORDS + 1) * VARINT_BYTES_MAX)

struct block_encoder *block_encoder_create(void)
{
	struct block_encoder *encoder = calloc(1, sizeof(*encoder));

	if (!encoder)
		return NULL;
	encoder->zstd = ZSTD_createCCtx();
	encoder->column = malloc(COLUMN_CAPACITY);
	encoder->args = malloc(ARGS_CAPACITY);
	encoder->payload_capacity = 1 << 20;
	encoder->payload = malloc(encoder->payload_capacity);
	if (!encoder->zstd || !encoder->column || !encoder->args || !encoder->payload) {
		block_encoder_destroy(encoder);
		return NULL;
	}
	return encoder;
}

void block_encoder_destroy(struct block_encoder *encoder)
{
	if (!encoder)
		return;
	ZSTD_freeCCtx(encoder->zstd);
	free(encoder->column);
	free(encoder->args);
	free(encoder->wides);
	free(encoder->payload);
	free(encoder);
}

/* --- columns --- */

static int reserve(struct block_encoder *encoder, size_t bytes)
{
	uint8_t *larger;

	if (encoder->payload_capacity - encoder->payload_bytes >= bytes)
		return 0;
	encoder->payload_capacity = (encoder->payload_bytes + bytes) * 2;
	larger = realloc(encoder->payload, encoder->payload_capacity);
	if (!larger)
		return -ENOMEM;
	encoder->payload = larger;
	return 0;
}

static bool all_same(const uint8_t *bytes, size_t length)
{
	return length && memcmp(bytes, bytes + 1, length - 1) == 0;
}

/* Appends a column: one byte when all are the same, zstd where it saves enough to be worth its time, or as is. */
static int put_column(struct block_encoder *encoder, const uint8_t *bytes, size_t length)
{
	size_t bound = ZSTD_compressBound(length), stored = length;
	uint8_t codec = COLUMN_RAW, *header, *to;

	if (reserve(encoder, COLUMN_HEADER_BYTES + bound))
		return -ENOMEM;
	header = encoder->payload + encoder->payload_bytes;
	to = header + COLUMN_HEADER_BYTES;
	if (all_same(bytes, length)) {
		codec = COLUMN_SAME;
		stored = 1;
		*to = bytes[0];
	} else if (length) {
		size_t packed = ZSTD_compressCCtx(encoder->zstd, to, bound, bytes, length, ZSTD_LEVEL);

		if (ZSTD_isError(packed))
			return -EIO;
		if (packed < length - length / 16) {
			codec = COLUMN_ZSTD;
			stored = packed;
		} else {
			memcpy(to, bytes, length);
		}
	}
	header[0] = codec;
	put_u32(header + 1, (uint32_t)length);
	put_u32(header + 5, (uint32_t)stored);
	encoder->payload_bytes += COLUMN_HEADER_BYTES + stored;
	encoder->plain_bytes += length;
	return 0;
}

/* Bytes that the largest of the codes needs. */
static unsigned planes_needed(const uint64_t *codes, size_t count)
{
	uint64_t any = 0;
	unsigned planes = 0;

	for (size_t i = 0; i < count; i++)
		any |= codes[i];
	for (; any; any >>= 8)
		planes++;
	return planes;
}

static int put_planes(struct block_encoder *encoder, const uint64_t *codes, size_t count, unsigned planes)
{
	int result = 0;

	for (unsigned plane = 0; plane < planes && !result; plane++) {
		for (size_t i = 0; i < count; i++)
			encoder->column[i] = (uint8_t)(codes[i] >> 8 * plane);
		result = put_column(encoder, encoder->column, count);
	}
	return result;
}

static int put_shapes(struct block_encoder *encoder)
{
	size_t count = encoder->shape_count;
	uint8_t *to = encoder->column;

	/* One field after the other: neighbours are alike, so the dictionary packs well. */
	for (size_t i = 0; i < count; i++, to += 8)
		put_u64(to, encoder->shapes[i].arg);
	for (size_t i = 0; i < count; i++, to += 4)
		put_u32(to, encoder->shapes[i].gfp);
	for (size_t i = 0; i < count; i++, to += 4)
		put_u32(to, (uint32_t)encoder->shapes[i].pid);
	for (size_t i = 0; i < count; i++, to += 2)
		put_u16(to, encoder->shapes[i].cpu);
	for (size_t i = 0; i < count; i++)
		*to++ = encoder->shapes[i].kind;
	for (size_t i = 0; i < count; i++)
		*to++ = encoder->shapes[i].order;
	for (size_t i = 0; i < count; i++)
		*to++ = encoder->shapes[i].migratetype;
	for (size_t i = 0; i < count; i++)
		*to++ = encoder->shapes[i].context;
	for (size_t i = 0; i < count; i++)
		*to++ = encoder->shapes[i].flags;
	for (size_t i = 0; i < count; i++)
		*to++ = encoder->shapes[i].attributes;
	return put_column(encoder, encoder->column, (size_t)(to - encoder->column));
}

/* --- shapes --- */

/* Frames of one class follow each other: a refill's frames, a list's frees, the same list's commits. */
static uint8_t class_of(const struct rec_event *event)
{
	switch (event->kind) {
	case REC_ALLOC:
		return event->pfn == REC_NO_PFN ? 15 : event->order ? 1 : 2;
	case REC_FREE:
		return event->order ? 3 : 4;
	case REC_FREE_BATCHED:
		return 5;
	case REC_ZONE_LOCKED:
		return event->order ? 6 : 7;
	case REC_PCPU_DRAIN:
		return 8;
	default:
		return event->pfn ? 9 + event->kind % 5 : 14;
	}
}

/* Arguments that repeat belong to the shape; sizes in bytes, counts and the like go to their own column. */
static bool arg_repeats(uint64_t arg)
{
	return (arg & UINT32_MAX) < 4096 && arg >> 32 < 4096;
}

static uint32_t shape_number(struct block_encoder *encoder, const struct shape *shape)
{
	uint64_t words[3];
	uint32_t slot;

	_Static_assert(sizeof(struct shape) == sizeof(words), "a shape has no padding");
	memcpy(words, shape, sizeof(words));
	slot = (uint32_t)(((words[0] * 0x9e3779b97f4a7c15u ^ words[1]) * 0xbf58476d1ce4e5b9u ^ words[2]) *
				  0x94d049bb133111ebu >>
			  40) %
	       HASH_SLOTS;
	while (encoder->slots[slot]) {
		uint32_t number = encoder->slots[slot] - 1;

		if (!memcmp(&encoder->shapes[number], shape, sizeof(*shape)))
			return number;
		slot = (slot + 1) % HASH_SLOTS;
	}
	encoder->shapes[encoder->shape_count] = *shape;
	encoder->slots[slot] = encoder->shape_count + 1;
	return encoder->shape_count++;
}

static void find_shapes(struct block_encoder *encoder, const struct rec_event *events, size_t count)
{
	size_t last = 0;

	memset(encoder->slots, 0, sizeof(encoder->slots));
	encoder->shape_count = 0;
	encoder->args_at = encoder->args;
	for (size_t i = 0; i < count; i++) {
		const struct rec_event *event = &events[i];
		struct shape shape = { .gfp = event->gfp,
				       .pid = event->pid,
				       .cpu = event->cpu,
				       .kind = event->kind,
				       .order = event->order,
				       .migratetype = event->migratetype,
				       .context = event->context,
				       .flags = event->flags,
				       .attributes = class_of(event) };

		if (rec_kind_is_wide(event->kind)) {
			shape.arg = 0; /* the index follows from the position */
		} else if (arg_repeats(event->arg)) {
			shape.arg = event->arg;
		} else {
			encoder->args_at = varint_put(encoder->args_at, i - last);
			encoder->args_at = varint_put(encoder->args_at, event->arg);
			last = i;
		}
		encoder->shape_of[i] = (uint16_t)shape_number(encoder, &shape);
	}
}

/* --- sparse columns --- */

static int find_wides(struct block_encoder *encoder, const struct rec_event *events, size_t count,
		      const struct rec_wide *wide, size_t wide_count, uint32_t *found_out)
{
	struct rec_wide before = { { 0 } };
	uint32_t found = 0;
	size_t last = 0;

	encoder->wides_at = encoder->wides;
	for (size_t i = 0; i < count; i++) {
		size_t used = (size_t)(encoder->wides_at - encoder->wides);

		if (!rec_kind_is_wide(events[i].kind))
			continue;
		if (events[i].arg >= wide_count)
			return -EINVAL;
		if (encoder->wides_capacity - used < WIDE_BYTES_MAX) {
			size_t capacity = encoder->wides_capacity * 2 + 64 * WIDE_BYTES_MAX;
			uint8_t *larger = realloc(encoder->wides, capacity);

			if (!larger)
				return -ENOMEM;
			encoder->wides = larger;
			encoder->wides_at = larger + used;
			encoder->wides_capacity = capacity;
		}
		encoder->wides_at = varint_put(encoder->wides_at, i - last);
		last = i;
		for (unsigned word = 0; word < REC_WIDE_WORDS; word++)
			encoder->wides_at = varint_put(encoder->wides_at,
						       zigzag_encode(wide[events[i].arg].v[word] - before.v[word]));
		before = wide[events[i].arg];
		found++;
	}
	*found_out = found;
	return 0;
}

/* --- the block --- */

/* Text has microseconds: then differences are counted in them. The bound keeps differences from wrapping. */
static uint32_t time_unit(const struct rec_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (events[i].time_ns % 1000 || events[i].time_ns >> 62)
			return 1;
	return 1000;
}

static void find_differences(struct block_encoder *encoder, const struct rec_event *events, size_t count,
			     uint32_t unit)
{
	uint64_t time = events[0].time_ns, frames[SHAPE_CLASS_COUNT] = { 0 };

	for (size_t i = 0; i < count; i++) {
		uint8_t class = class_of(&events[i]);

		/* Signed: across CPUs the clock of a text may step back. */
		encoder->time_codes[i] =
			zigzag_encode((uint64_t)((int64_t)(events[i].time_ns - time) / (int64_t)unit));
		time = events[i].time_ns;
		encoder->pfn_codes[i] = zigzag_encode(events[i].pfn - frames[class]);
		frames[class] = events[i].pfn;
	}
}

static void count_frees(const struct rec_event *events, size_t count, uint32_t counts[4])
{
	for (size_t i = 0; i < count; i++) {
		if (events[i].kind == REC_FREE_BATCHED)
			counts[0]++;
		if (events[i].kind != REC_FREE)
			continue;
		counts[1] += (events[i].flags & REC_FREE_PCP) != 0;
		counts[2] += (events[i].flags & REC_FREE_LIST) != 0;
		counts[3] += (events[i].flags & REC_FREE_BUDDY) != 0;
	}
}

static void put_header(struct block_encoder *encoder, const struct rec_event *events, size_t count, uint32_t unit,
		       uint32_t wides, const unsigned planes[3])
{
	uint8_t *header = encoder->payload;
	uint32_t counts[4] = { 0 };

	count_frees(events, count, counts);
	memset(header, 0, BLOCK_HEADER_BYTES);
	put_u64(header, events[0].time_ns);
	put_u32(header + 8, unit);
	put_u32(header + 12, encoder->shape_count);
	put_u32(header + 16, wides);
	for (unsigned i = 0; i < 4; i++)
		put_u32(header + 20 + 4 * i, counts[i]);
	for (unsigned i = 0; i < 3; i++)
		header[36 + i] = (uint8_t)planes[i];
	encoder->payload_bytes = BLOCK_HEADER_BYTES;
	encoder->plain_bytes = BLOCK_HEADER_BYTES;
}

int block_encode(struct block_encoder *encoder, const struct rec_event *events, size_t count,
		 const struct rec_wide *wide, size_t wide_count, const uint8_t **payload_out, size_t *bytes_out,
		 uint64_t *plain_bytes_out)
{
	uint32_t unit = time_unit(events, count), wides;
	int result = find_wides(encoder, events, count, wide, wide_count, &wides);
	unsigned planes[3];

	if (result)
		return result;
	find_shapes(encoder, events, count);
	find_differences(encoder, events, count, unit);
	planes[0] = encoder->shape_count > 256 ? 2 : 1;
	planes[1] = planes_needed(encoder->time_codes, count);
	planes[2] = planes_needed(encoder->pfn_codes, count);
	put_header(encoder, events, count, unit, wides, planes);
	result = put_shapes(encoder);
	for (unsigned plane = 0; plane < planes[0] && !result; plane++) {
		for (size_t i = 0; i < count; i++)
			encoder->column[i] = (uint8_t)(encoder->shape_of[i] >> 8 * plane);
		result = put_column(encoder, encoder->column, count);
	}
	if (!result)
		result = put_planes(encoder, encoder->time_codes, count, planes[1]);
	if (!result)
		result = put_planes(encoder, encoder->pfn_codes, count, planes[2]);
	if (!result)
		result = put_column(encoder, encoder->args, (size_t)(encoder->args_at - encoder->args));
	if (!result)
		result = put_column(encoder, encoder->wides, (size_t)(encoder->wides_at - encoder->wides));
	if (result)
		return result;
	*payload_out = encoder->payload;
	*bytes_out = encoder->payload_bytes;
	*plain_bytes_out = encoder->plain_bytes;
	return 0;
}
