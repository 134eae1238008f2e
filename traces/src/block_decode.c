/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks a block of events. See block.h and traces/FORMAT.md.
 *
 * The hot loop writes one struct rec_event per event: a running time, a running frame per class, and 24 bytes
 * copied from the dictionary. Everything rare (large arguments, wide events) is patched in afterwards.
 */
#include "block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "bytes.h"
#include "compact_format.h"
#include "fail.h"

#define CHUNK 1024 /* events whose codes are put together at a time; their codes stay in the first-level cache */
#define PLANE_MAX 8

/* A dictionary entry, laid out like the end of struct rec_event so that it is copied as one piece. */
struct shape_image {
	uint64_t arg;
	uint32_t gfp;
	int32_t pid;
	uint16_t cpu;
	uint8_t kind, order, migratetype, context, flags, pad;
	uint64_t class;
};

struct block_decoder {
	ZSTD_DCtx *zstd;
	struct rec_event *events;
	struct rec_wide *wide;
	size_t wide_capacity;
	struct shape_image *shapes;
	uint32_t shape_count;
	uint8_t *dictionary;
	uint8_t *planes[2 + 2 * PLANE_MAX]; /* shapes, times, frames: BLOCK_EVENTS_MAX bytes each, made when needed */
	uint8_t *sparse;
	size_t sparse_capacity;
};

/* Where the payload is read, and what for. */
struct cursor {
	const uint8_t *at, *end;
	const uint8_t *start;
	uint64_t file_offset;
	struct rec_error *error;
};

struct block_decoder *block_decoder_create(void)
{
	struct block_decoder *decoder = calloc(1, sizeof(*decoder));

	_Static_assert(sizeof(struct rec_event) == 40 && offsetof(struct rec_event, arg) == 16 &&
			       offsetof(struct shape_image, pad) == offsetof(struct rec_event, pad) - 16,
		       "a shape is the end of an event");
	if (!decoder)
		return NULL;
	decoder->zstd = ZSTD_createDCtx();
	decoder->events = malloc(BLOCK_EVENTS_MAX * sizeof(*decoder->events));
	decoder->shapes = malloc(BLOCK_EVENTS_MAX * sizeof(*decoder->shapes));
	decoder->dictionary = malloc(BLOCK_EVENTS_MAX * (size_t)SHAPE_BYTES);
	if (!decoder->zstd || !decoder->events || !decoder->shapes || !decoder->dictionary) {
		block_decoder_destroy(decoder);
		return NULL;
	}
	return decoder;
}

void block_decoder_destroy(struct block_decoder *decoder)
{
	if (!decoder)
		return;
	ZSTD_freeDCtx(decoder->zstd);
	free(decoder->events);
	free(decoder->wide);
	free(decoder->shapes);
	free(decoder->dictionary);
	for (size_t i = 0; i < sizeof(decoder->planes) / sizeof(decoder->planes[0]); i++)
		free(decoder->planes[i]);
	free(decoder->sparse);
	free(decoder);
}

static int broken(const struct cursor *cursor, const char *what)
{
	return rec_fail(cursor->error, -EBADMSG, cursor->file_offset + (uint64_t)(cursor->at - cursor->start),
			"block of events: expected %s", what);
}

/* --- columns --- */

/* Looks at a column's header. Return: 0 or -EBADMSG. */
static int column_header(struct cursor *cursor, uint8_t *codec_out, size_t *plain_out, size_t *stored_out)
{
	if (cursor->end - cursor->at < COLUMN_HEADER_BYTES)
		return broken(cursor, "another column");
	*codec_out = cursor->at[0];
	*plain_out = get_u32(cursor->at + 1);
	*stored_out = get_u32(cursor->at + 5);
	if (*stored_out > (size_t)(cursor->end - cursor->at - COLUMN_HEADER_BYTES))
		return broken(cursor, "a column within the block");
	if ((*codec_out == COLUMN_RAW && *plain_out != *stored_out) ||
	    (*codec_out == COLUMN_SAME && *stored_out != 1) || *codec_out > COLUMN_SAME)
		return broken(cursor, "a column of a known codec and length");
	return 0;
}

/* Unpacks a column of exactly @length bytes into @to. */
static int take_column(struct block_decoder *decoder, struct cursor *cursor, uint8_t *to, size_t length)
{
	size_t plain = 0, stored = 0;
	uint8_t codec = COLUMN_RAW;
	int result = column_header(cursor, &codec, &plain, &stored);
	const uint8_t *from = cursor->at + COLUMN_HEADER_BYTES;

	if (result)
		return result;
	if (plain != length)
		return broken(cursor, "a column as long as the block");
	if (codec == COLUMN_SAME)
		memset(to, from[0], length);
	else if (codec == COLUMN_RAW)
		memcpy(to, from, length);
	else if (ZSTD_decompressDCtx(decoder->zstd, to, length, from, stored) != length)
		return broken(cursor, "zstd data of the column's length");
	cursor->at = from + stored;
	return 0;
}

static int take_planes(struct block_decoder *decoder, struct cursor *cursor, unsigned first, unsigned planes,
		       size_t count)
{
	int result = 0;

	for (unsigned i = first; i < first + planes && !result; i++) {
		if (!decoder->planes[i])
			decoder->planes[i] = malloc(BLOCK_EVENTS_MAX);
		if (!decoder->planes[i])
			return rec_fail(cursor->error, -ENOMEM, 0, "out of memory");
		result = take_column(decoder, cursor, decoder->planes[i], count);
	}
	return result;
}

static int take_shapes(struct block_decoder *decoder, struct cursor *cursor, bool *any_wide_out)
{
	size_t count = decoder->shape_count;
	const uint8_t *args = decoder->dictionary, *gfps = args + 8 * count, *pids = gfps + 4 * count,
		      *cpus = pids + 4 * count, *bytes = cpus + 2 * count;
	int result = take_column(decoder, cursor, decoder->dictionary, count * SHAPE_BYTES);

	if (result)
		return result;
	for (size_t i = 0; i < count; i++) {
		struct shape_image *shape = &decoder->shapes[i];

		*shape = (struct shape_image){ .arg = get_u64(args + 8 * i),
					       .gfp = get_u32(gfps + 4 * i),
					       .pid = (int32_t)get_u32(pids + 4 * i),
					       .cpu = get_u16(cpus + 2 * i),
					       .kind = bytes[i],
					       .order = bytes[count + i],
					       .migratetype = bytes[2 * count + i],
					       .context = bytes[3 * count + i],
					       .flags = bytes[4 * count + i],
					       .class = bytes[5 * count + i] & SHAPE_CLASS };
		if (rec_kind_is_wide(shape->kind)) {
			shape->arg = 0;
			*any_wide_out = true;
		}
	}
	return 0;
}

/* Every shape number of the block must be in the dictionary. */
static bool shapes_in_range(const struct block_decoder *decoder, size_t count, bool two_planes)
{
	const uint8_t *low = decoder->planes[0], *high = decoder->planes[1];
	uint32_t largest = 0;

	if (!two_planes) {
		uint8_t most = 0;

		for (size_t i = 0; i < count; i++)
			most = low[i] > most ? low[i] : most;
		return most < decoder->shape_count;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t number = low[i] | (uint32_t)high[i] << 8;

		largest = number > largest ? number : largest;
	}
	return largest < decoder->shape_count;
}

/* --- events --- */

/* Puts the planes of [first, first + count) together. Four planes or fewer is the rule and vectorises. */
static void join_planes(uint8_t *const *planes, unsigned plane_count, size_t first, size_t count, uint64_t *out)
{
	const uint8_t *a, *b, *c;

	switch (plane_count) {
	case 0:
		memset(out, 0, count * sizeof(*out));
		return;
	case 1:
		a = planes[0] + first;
		for (size_t i = 0; i < count; i++)
			out[i] = a[i];
		return;
	case 2:
		a = planes[0] + first, b = planes[1] + first;
		for (size_t i = 0; i < count; i++)
			out[i] = a[i] | (uint32_t)b[i] << 8;
		return;
	case 3:
		a = planes[0] + first, b = planes[1] + first, c = planes[2] + first;
		for (size_t i = 0; i < count; i++)
			out[i] = a[i] | (uint32_t)b[i] << 8 | (uint32_t)c[i] << 16;
		return;
	default:
		for (size_t i = 0; i < count; i++) {
			uint64_t value = 0;

			for (unsigned plane = 0; plane < plane_count; plane++)
				value |= (uint64_t)planes[plane][first + i] << 8 * plane;
			out[i] = value;
		}
	}
}

struct running {
	uint64_t time;
	uint64_t unit;
	uint64_t frames[SHAPE_CLASS_COUNT];
};

static inline void write_event(struct rec_event *event, const struct shape_image *shape, uint64_t time_code,
			       uint64_t pfn_code, struct running *running)
{
	uint64_t *frame = &running->frames[shape->class];

	running->time += zigzag_decode(time_code) * running->unit;
	*frame += zigzag_decode(pfn_code);
	event->time_ns = running->time;
	event->pfn = *frame;
	memcpy((uint8_t *)event + offsetof(struct rec_event, arg), shape, SHAPE_BYTES);
}

static void write_events(struct block_decoder *decoder, size_t count, const uint8_t planes[3], struct running *running)
{
	uint64_t times[CHUNK], frames[CHUNK];

	for (size_t first = 0; first < count; first += CHUNK) {
		size_t some = count - first < CHUNK ? count - first : CHUNK;
		struct rec_event *events = decoder->events + first;
		const uint8_t *low = decoder->planes[0] + first;

		join_planes(decoder->planes + 2, planes[1], first, some, times);
		join_planes(decoder->planes + 2 + PLANE_MAX, planes[2], first, some, frames);
		if (planes[0] == 1) {
			for (size_t i = 0; i < some; i++)
				write_event(&events[i], &decoder->shapes[low[i]], times[i], frames[i], running);
		} else {
			const uint8_t *high = decoder->planes[1] + first;

			for (size_t i = 0; i < some; i++)
				write_event(&events[i], &decoder->shapes[low[i] | high[i] << 8], times[i], frames[i],
					    running);
		}
	}
}

/* --- sparse columns --- */

/* Unpacks a column of any length into `sparse`. */
static int take_sparse(struct block_decoder *decoder, struct cursor *cursor, size_t bytes_max, size_t *length_out)
{
	size_t plain = 0, stored = 0;
	uint8_t codec = COLUMN_RAW;
	int result = column_header(cursor, &codec, &plain, &stored);

	if (result)
		return result;
	if (plain > bytes_max)
		return broken(cursor, "a shorter column");
	if (plain > decoder->sparse_capacity) {
		uint8_t *larger = realloc(decoder->sparse, plain);

		if (!larger)
			return rec_fail(cursor->error, -ENOMEM, 0, "out of memory");
		decoder->sparse = larger;
		decoder->sparse_capacity = plain;
	}
	*length_out = plain;
	if (!plain) {
		cursor->at += COLUMN_HEADER_BYTES + stored;
		return 0;
	}
	return take_column(decoder, cursor, decoder->sparse, plain);
}

static int patch_args(struct block_decoder *decoder, struct cursor *cursor, size_t count)
{
	const uint8_t *at, *end;
	uint64_t position = 0;
	size_t length;
	int result = take_sparse(decoder, cursor, count * (size_t)(2 * VARINT_BYTES_MAX), &length);

	if (result || !length)
		return result;
	at = decoder->sparse;
	end = at + length;
	while (at && at < end) {
		uint64_t step, arg;

		at = varint_get(at, end, &step);
		at = at ? varint_get(at, end, &arg) : NULL;
		if (!at || step >= count - position || rec_kind_is_wide(decoder->events[position + step].kind))
			return broken(cursor, "arguments of events in the block");
		position += step;
		decoder->events[position].arg = arg;
	}
	return 0;
}

static int patch_wides(struct block_decoder *decoder, struct cursor *cursor, size_t count, uint32_t wide_count)
{
	const uint8_t *at, *end;
	struct rec_wide before = { { 0 } };
	uint64_t position = 0;
	size_t length;
	int result = take_sparse(decoder, cursor,
				 count * (size_t)((REC_WIDE_WORDS + 1) * VARINT_BYTES_MAX), &length);

	if (result)
		return result;
	at = decoder->sparse;
	end = length ? at + length : at;
	for (uint32_t number = 0; number < wide_count; number++) {
		uint64_t step, code = 0;

		at = at ? varint_get(at, end, &step) : NULL;
		if (!at || step >= count - position || (number && !step) ||
		    !rec_kind_is_wide(decoder->events[position + step].kind))
			return broken(cursor, "wide events where the wide column has them");
		position += step;
		for (unsigned word = 0; word < REC_WIDE_WORDS && at; word++) {
			at = varint_get(at, end, &code);
			before.v[word] += zigzag_decode(code);
		}
		if (!at)
			return broken(cursor, "eight words of a wide event");
		decoder->wide[number] = before;
		decoder->events[position].arg = number;
	}
	return at == end ? 0 : broken(cursor, "the wide column's end");
}

static int reserve_wides(struct block_decoder *decoder, struct cursor *cursor, uint32_t wide_count)
{
	struct rec_wide *larger;

	if (wide_count <= decoder->wide_capacity)
		return 0;
	larger = realloc(decoder->wide, wide_count * sizeof(*larger));
	if (!larger)
		return rec_fail(cursor->error, -ENOMEM, 0, "out of memory");
	decoder->wide = larger;
	decoder->wide_capacity = wide_count;
	return 0;
}

/* --- the block --- */

static int check_header(struct cursor *cursor, size_t count)
{
	const uint8_t *header = cursor->at;
	uint32_t shapes, wides;

	if (cursor->end - cursor->at < BLOCK_HEADER_BYTES)
		return broken(cursor, "a block header");
	shapes = get_u32(header + 12);
	wides = get_u32(header + 16);
	if (shapes < 1 || shapes > count || wides > count)
		return broken(cursor, "no more shapes and wide events than events");
	if (header[36] < 1 || header[36] > 2 || header[37] > PLANE_MAX || header[38] > PLANE_MAX)
		return broken(cursor, "1 or 2 shape planes and at most 8 others");
	return 0;
}

int block_decode(struct block_decoder *decoder, const uint8_t *payload, size_t bytes, size_t count,
		 struct rec_batch *batch, struct rec_accounting *accounting, uint64_t file_offset,
		 struct rec_error *error)
{
	struct cursor cursor = { payload, payload + bytes, payload, file_offset, error };
	int result = check_header(&cursor, count);
	const uint8_t *planes = payload + 36;
	struct running running = { 0 };
	bool any_wide = false;
	uint32_t wides;

	if (result)
		return result;
	running.time = get_u64(payload);
	running.unit = get_u32(payload + 8);
	decoder->shape_count = get_u32(payload + 12);
	wides = get_u32(payload + 16);
	cursor.at += BLOCK_HEADER_BYTES;
	result = take_shapes(decoder, &cursor, &any_wide);
	if (!result)
		result = take_planes(decoder, &cursor, 0, planes[0], count);
	if (!result)
		result = take_planes(decoder, &cursor, 2, planes[1], count);
	if (!result)
		result = take_planes(decoder, &cursor, 2 + PLANE_MAX, planes[2], count);
	if (!result && !shapes_in_range(decoder, count, planes[0] == 2))
		result = broken(&cursor, "shapes of the dictionary only");
	if (!result && any_wide && !wides)
		result = broken(&cursor, "a wide column for wide events");
	if (!result)
		result = reserve_wides(decoder, &cursor, wides);
	if (result)
		return result;
	write_events(decoder, count, planes, &running);
	result = patch_args(decoder, &cursor, count);
	if (!result)
		result = patch_wides(decoder, &cursor, count, wides);
	if (!result && cursor.at != cursor.end)
		result = broken(&cursor, "the block's end");
	if (result)
		return result;
	accounting->batched_duplicates += get_u32(payload + 20);
	accounting->frees_pcp += get_u32(payload + 24);
	accounting->frees_list += get_u32(payload + 28);
	accounting->frees_buddy += get_u32(payload + 32);
	batch->events = decoder->events;
	batch->count = count;
	batch->wide = wides ? decoder->wide : NULL;
	batch->wide_count = wides;
	return 0;
}
