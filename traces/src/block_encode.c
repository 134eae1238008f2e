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
#include "fail.h"
#include "compact_format.h"

#define ZSTD_LEVEL 6
#define JUMP_SHARE 64 /* at most one event in so many may be a jump before another plane is used */
#define HASH_SLOTS (2 * BLOCK_EVENTS_MAX)
#define MIN_MATCH 6 /* of zstd: shorter matches hardly shrink the columns and slow the reader down */

/* A shape while it is looked up: the 24 bytes that make it. */
struct shape {
	uint64_t arg;
	uint32_t gfp;
	int32_t pid;
	uint16_t cpu;
	uint8_t kind, order, migratetype, context, flags, class;
};

struct block_encoder {
	ZSTD_CCtx *zstd;
	struct shape shapes[BLOCK_EVENTS_MAX];
	uint32_t shape_count;
	uint32_t slots[HASH_SLOTS]; /* 1 + shape number */
	uint16_t shape_of[BLOCK_EVENTS_MAX];
	uint64_t time_codes[BLOCK_EVENTS_MAX]; /* differences in units; UINT64_MAX when time steps back */
	uint64_t pfn_codes[BLOCK_EVENTS_MAX];  /* zigzag differences within the class */
	uint32_t codes[BLOCK_EVENTS_MAX];      /* one of them with its jumps taken out, in column order */
	uint32_t class_counts[SHAPE_CLASS_COUNT];
	uint8_t time_widths[SHAPE_CLASS_COUNT];
	unsigned pfn_planes;
	uint32_t unit;
	uint32_t jump_count;
	uint8_t *column;  /* the column being built */
	uint8_t *args, *args_at; /* the sparse columns grow while the events are walked */
	uint8_t *jumps, *jumps_at;
	uint8_t *wides, *wides_at;
	size_t wides_capacity;
	uint8_t *payload;
	size_t payload_bytes, payload_capacity;
	uint64_t plain_bytes;
};

#define COLUMN_CAPACITY (BLOCK_EVENTS_MAX * (size_t)SHAPE_BYTES)
#define ARGS_CAPACITY (BLOCK_EVENTS_MAX * (size_t)(2 * VARINT_BYTES_MAX))
#define JUMPS_CAPACITY (2 * ARGS_CAPACITY)
#define WIDE_BYTES_MAX ((REC_WIDE_WORDS + 1) * VARINT_BYTES_MAX)

struct block_encoder *block_encoder_create(void)
{
	struct block_encoder *encoder = calloc(1, sizeof(*encoder));

	if (!encoder)
		return NULL;
	encoder->zstd = ZSTD_createCCtx();
	encoder->column = malloc(COLUMN_CAPACITY);
	encoder->args = malloc(ARGS_CAPACITY);
	encoder->jumps = malloc(JUMPS_CAPACITY);
	encoder->payload_capacity = 1 << 20;
	encoder->payload = malloc(encoder->payload_capacity);
	if (!encoder->zstd || !encoder->column || !encoder->args || !encoder->jumps || !encoder->payload ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(encoder->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(encoder->zstd, ZSTD_c_minMatch, MIN_MATCH))) {
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
	free(encoder->jumps);
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
		size_t packed = ZSTD_compress2(encoder->zstd, to, bound, bytes, length);

		if (ZSTD_isError(packed))
			return rec_zstd_failure(packed, -EIO);
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

/* Appends a column as it is. */
static int put_raw(struct block_encoder *encoder, const uint8_t *bytes, size_t length)
{
	uint8_t *header;

	if (reserve(encoder, COLUMN_HEADER_BYTES + length))
		return -ENOMEM;
	header = encoder->payload + encoder->payload_bytes;
	header[0] = COLUMN_RAW;
	put_u32(header + 1, (uint32_t)length);
	put_u32(header + 5, (uint32_t)length);
	memcpy(header + COLUMN_HEADER_BYTES, bytes, length);
	encoder->payload_bytes += COLUMN_HEADER_BYTES + length;
	encoder->plain_bytes += length;
	return 0;
}

/* Puts the low @planes bytes of the codes, the lowest of all codes first. */
static int put_planes(struct block_encoder *encoder, size_t count, unsigned planes)
{
	int result = 0;

	for (unsigned plane = 0; plane < planes && !result; plane++) {
		for (size_t i = 0; i < count; i++)
			encoder->column[i] = (uint8_t)(encoder->codes[i] >> 8 * plane);
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
		*to++ = encoder->shapes[i].class;
	return put_column(encoder, encoder->column, (size_t)(to - encoder->column));
}

/* --- shapes --- */

/*
 * Frames of one class are coded against each other and stand together in the block. So a list's commits repeat the
 * frames of its frees as one long match, and allocations repeat the order in which frames were refilled.
 */
static uint8_t class_of(const struct rec_event *event)
{
	switch (event->kind) {
	case REC_ZONE_LOCKED:
		return event->order ? 1 : 2;
	case REC_ALLOC:
		return event->pfn == REC_NO_PFN ? 15 : event->order ? 3 : 4;
	case REC_FREE:
		return event->flags & REC_FREE_LIST ? 7 : event->order ? 5 : 6;
	case REC_FREE_BATCHED:
		return 8;
	case REC_PCPU_DRAIN:
		return 9;
	case REC_FREE_OK:
	case REC_SIZED_FREE:
		return 10;
	case REC_BULK_PAGE:
		return 11;
	default:
		return event->pfn ? 12 + event->kind % 3 : 0;
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
				       .class = class_of(event) };

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

static void find_differences(struct block_encoder *encoder, const struct rec_event *events, size_t count)
{
	uint64_t time = events[0].time_ns, frames[SHAPE_CLASS_COUNT] = { 0 };

	memset(encoder->class_counts, 0, sizeof(encoder->class_counts));
	for (size_t i = 0; i < count; i++) {
		uint8_t class = class_of(&events[i]);

		/* Across CPUs the clock of a text may step back: a jump. */
		encoder->time_codes[i] =
			events[i].time_ns < time ? UINT64_MAX : (events[i].time_ns - time) / encoder->unit;
		time = events[i].time_ns;
		encoder->pfn_codes[i] = zigzag_encode(events[i].pfn - frames[class]);
		frames[class] = events[i].pfn;
		encoder->class_counts[class]++;
	}
}

/* The fewest planes that leave few jumps: one plane saved is worth more than the jumps cost. */
static unsigned planes_for(const uint64_t *codes, size_t count)
{
	size_t above[PLANE_MAX] = { 0 };

	for (size_t i = 0; i < count; i++)
		for (unsigned planes = 0; planes < PLANE_MAX; planes++)
			above[planes] += codes[i] >> 8 * planes != 0;
	for (unsigned planes = 0; planes < PLANE_MAX; planes++)
		if (above[planes] <= count / JUMP_SHARE)
			return planes;
	return PLANE_MAX;
}

/* The fewest bits for each class's time codes that leave few jumps. */
static void find_widths(struct block_encoder *encoder, size_t count)
{
	uint32_t needing[SHAPE_CLASS_COUNT][65] = { { 0 } };

	for (size_t i = 0; i < count; i++) {
		uint64_t code = encoder->time_codes[i];

		needing[encoder->shapes[encoder->shape_of[i]].class][code ? 64 - __builtin_clzll(code) : 0]++;
	}
	for (unsigned class = 0; class < SHAPE_CLASS_COUNT; class++) {
		unsigned width = 64;
		uint32_t above = 0;

		while (width && above + needing[class][width] <= encoder->class_counts[class] / JUMP_SHARE)
			above += needing[class][width--];
		encoder->time_widths[class] = (uint8_t)(width < WIDTH_MAX_BITS ? width : WIDTH_MAX_BITS);
	}
}

static void put_jump(struct block_encoder *encoder, size_t *last, size_t position, enum jump_target target,
		     uint64_t difference)
{
	encoder->jumps_at = varint_put(encoder->jumps_at, (position - *last) << 1 | target);
	encoder->jumps_at = varint_put(encoder->jumps_at, zigzag_encode(difference));
	encoder->jump_count++;
	*last = position;
}

/* Takes out what the planes cannot hold. */
static void find_jumps(struct block_encoder *encoder, const struct rec_event *events, size_t count)
{
	uint64_t time = events[0].time_ns;
	size_t last = 0;

	find_widths(encoder, count);
	encoder->pfn_planes = planes_for(encoder->pfn_codes, count);
	encoder->jumps_at = encoder->jumps;
	encoder->jump_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (encoder->time_codes[i] >> encoder->time_widths[encoder->shapes[encoder->shape_of[i]].class]) {
			put_jump(encoder, &last, i, JUMP_TIME, events[i].time_ns - time);
			encoder->time_codes[i] = 0;
		}
		time = events[i].time_ns;
		if (encoder->pfn_codes[i] >> 8 * encoder->pfn_planes) {
			put_jump(encoder, &last, i, JUMP_FRAME, zigzag_decode(encoder->pfn_codes[i]));
			encoder->pfn_codes[i] = 0;
		}
	}
}

/* Codes stand class by class, within a class in event order. */
static void order_by_class(struct block_encoder *encoder, const uint64_t *codes, size_t count)
{
	uint32_t at[SHAPE_CLASS_COUNT], sum = 0;

	for (unsigned class = 0; class < SHAPE_CLASS_COUNT; class++) {
		at[class] = sum;
		sum += encoder->class_counts[class];
	}
	for (size_t i = 0; i < count; i++)
		encoder->codes[at[encoder->shapes[encoder->shape_of[i]].class]++] = (uint32_t)codes[i];
}

/* Time codes are packed to their class's width. They hardly compress further, and unpack fast. */
static int put_times(struct block_encoder *encoder, size_t count)
{
	uint8_t *to = encoder->column;
	const uint32_t *code = encoder->codes;

	order_by_class(encoder, encoder->time_codes, count);
	for (unsigned class = 0; class < SHAPE_CLASS_COUNT; class++) {
		uint64_t pending = 0;
		unsigned bits = 0;

		for (uint32_t i = 0; i < encoder->class_counts[class]; i++) {
			pending |= (uint64_t)*code++ << bits;
			for (bits += encoder->time_widths[class]; bits >= 8; bits -= 8, pending >>= 8)
				*to++ = (uint8_t)pending;
		}
		if (bits)
			*to++ = (uint8_t)pending;
	}
	memset(to, 0, PACKED_PADDING);
	return put_raw(encoder, encoder->column, (size_t)(to - encoder->column) + PACKED_PADDING);
}

static int put_frames(struct block_encoder *encoder, size_t count)
{
	order_by_class(encoder, encoder->pfn_codes, count);
	return put_planes(encoder, count, encoder->pfn_planes);
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

static void put_header(struct block_encoder *encoder, const struct rec_event *events, size_t count, uint32_t wides)
{
	uint8_t *header = encoder->payload;
	uint32_t counts[4] = { 0 };

	count_frees(events, count, counts);
	memset(header, 0, BLOCK_HEADER_BYTES);
	put_u64(header, events[0].time_ns);
	put_u32(header + 8, encoder->unit);
	put_u32(header + 12, encoder->shape_count);
	put_u32(header + 16, wides);
	put_u32(header + 20, encoder->jump_count);
	for (unsigned i = 0; i < 4; i++)
		put_u32(header + BLOCK_COUNTS + 4 * i, counts[i]);
	header[BLOCK_PLANES] = encoder->shape_count > 256 ? 2 : 1;
	header[BLOCK_PLANES + 1] = (uint8_t)encoder->pfn_planes;
	for (unsigned class = 0; class < SHAPE_CLASS_COUNT; class++) {
		put_u32(header + BLOCK_CLASSES + 4 * class, encoder->class_counts[class]);
		header[BLOCK_WIDTHS + class] = encoder->time_widths[class];
	}
	encoder->payload_bytes = BLOCK_HEADER_BYTES;
	encoder->plain_bytes = BLOCK_HEADER_BYTES;
}

static int put_shape_numbers(struct block_encoder *encoder, size_t count)
{
	for (size_t i = 0; i < count; i++)
		encoder->codes[i] = encoder->shape_of[i];
	return put_planes(encoder, count, encoder->shape_count > 256 ? 2 : 1);
}

int block_encode(struct block_encoder *encoder, const struct rec_event *events, size_t count,
		 const struct rec_wide *wide, size_t wide_count, const uint8_t **payload_out, size_t *bytes_out,
		 uint64_t *plain_bytes_out)
{
	uint32_t wides;
	int result = find_wides(encoder, events, count, wide, wide_count, &wides);

	if (result)
		return result;
	encoder->unit = time_unit(events, count);
	find_shapes(encoder, events, count);
	find_differences(encoder, events, count);
	find_jumps(encoder, events, count);
	put_header(encoder, events, count, wides);
	result = put_shapes(encoder);
	if (!result)
		result = put_shape_numbers(encoder, count);
	if (!result)
		result = put_times(encoder, count);
	if (!result)
		result = put_frames(encoder, count);
	if (!result)
		result = put_column(encoder, encoder->jumps, (size_t)(encoder->jumps_at - encoder->jumps));
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
