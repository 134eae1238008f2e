/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks a block of events. See block.h and traces/FORMAT.md.
 *
 * The hot loop writes one struct rec_event per event: a running time, a running frame per class, and 24 bytes
 * copied from the dictionary. What is rare does not burden it: jumps cut it into stretches, large arguments and
 * wide events are patched in afterwards.
 */
#include "block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "bytes.h"
#include "compact_format.h"
#include "fail.h"

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
	uint8_t *plane_bytes;         /* PLANE_MAX planes of BLOCK_EVENTS_MAX bytes, for columns that need unpacking */
	const uint8_t *planes[PLANE_MAX]; /* of the column read last: there, or in the payload itself */
	uint16_t *numbers;            /* shapes of the events */
	uint32_t *times;              /* codes, class by class; twice the room, see write_events */
	uint32_t *frames;
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
	decoder->plane_bytes = malloc(PLANE_MAX * (size_t)BLOCK_EVENTS_MAX);
	decoder->numbers = malloc(BLOCK_EVENTS_MAX * sizeof(*decoder->numbers));
	decoder->times = calloc(2 * BLOCK_EVENTS_MAX, sizeof(*decoder->times));
	decoder->frames = calloc(2 * BLOCK_EVENTS_MAX, sizeof(*decoder->frames));
	if (!decoder->zstd || !decoder->events || !decoder->shapes || !decoder->dictionary || !decoder->plane_bytes ||
	    !decoder->numbers || !decoder->times || !decoder->frames) {
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
	free(decoder->plane_bytes);
	free(decoder->numbers);
	free(decoder->times);
	free(decoder->frames);
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

/* Takes a column of each plane. One that is stored as it is stays where it is. */
static int take_planes(struct block_decoder *decoder, struct cursor *cursor, unsigned planes, size_t count)
{
	int result = 0;

	for (unsigned i = 0; i < planes && !result; i++) {
		uint8_t *unpacked = decoder->plane_bytes + i * (size_t)BLOCK_EVENTS_MAX;

		if (cursor->end - cursor->at > COLUMN_HEADER_BYTES && cursor->at[0] == COLUMN_RAW &&
		    get_u32(cursor->at + 1) == count && get_u32(cursor->at + 5) == count &&
		    (size_t)(cursor->end - cursor->at - COLUMN_HEADER_BYTES) >= count) {
			decoder->planes[i] = cursor->at + COLUMN_HEADER_BYTES;
			cursor->at += COLUMN_HEADER_BYTES + count;
		} else {
			decoder->planes[i] = unpacked;
			result = take_column(decoder, cursor, unpacked, count);
		}
	}
	return result;
}

/* Puts the planes together; written so that compilers turn each case into vector code. */
static void join_planes(const struct block_decoder *decoder, unsigned plane_count, size_t count, uint32_t *restrict out)
{
	const uint8_t *restrict a = decoder->planes[0], *restrict b = decoder->planes[1],
			       *restrict c = decoder->planes[2], *restrict d = decoder->planes[3];

	switch (plane_count) {
	case 0:
		memset(out, 0, count * sizeof(*out));
		break;
	case 1:
		for (size_t i = 0; i < count; i++)
			out[i] = a[i];
		break;
	case 2:
		for (size_t i = 0; i < count; i++)
			out[i] = a[i] | (uint32_t)b[i] << 8;
		break;
	case 3:
		for (size_t i = 0; i < count; i++)
			out[i] = a[i] | (uint32_t)b[i] << 8 | (uint32_t)c[i] << 16;
		break;
	default:
		for (size_t i = 0; i < count; i++)
			out[i] = a[i] | (uint32_t)b[i] << 8 | (uint32_t)c[i] << 16 | (uint32_t)d[i] << 24;
	}
}

static int take_frames(struct block_decoder *decoder, struct cursor *cursor, unsigned planes, size_t count)
{
	int result = take_planes(decoder, cursor, planes, count);

	if (!result)
		join_planes(decoder, planes, count, decoder->frames);
	return result;
}

/* Unpacks numbers of @width bits; reads up to seven bytes behind them. */
static void unpack_bits(const uint8_t *from, unsigned width, size_t count, uint32_t *restrict out)
{
	const uint64_t mask = ((uint64_t)1 << width) - 1;

	for (size_t i = 0, bit = 0; i < count; i++, bit += width)
		out[i] = (uint32_t)(get_u64(from + bit / 8) >> bit % 8 & mask);
}

static int take_times(struct block_decoder *decoder, struct cursor *cursor, const uint8_t *header)
{
	const uint8_t *widths = header + BLOCK_WIDTHS, *from;
	uint64_t bytes = PACKED_PADDING;
	size_t plain = 0, stored = 0;
	uint8_t codec = COLUMN_RAW;
	uint32_t *out = decoder->times;
	int result = column_header(cursor, &codec, &plain, &stored);

	for (unsigned class = 0; class < SHAPE_CLASS_COUNT; class++)
		bytes += ((uint64_t)get_u32(header + BLOCK_CLASSES + 4 * class) * widths[class] + 7) / 8;
	if (!result && (codec != COLUMN_RAW || plain != bytes))
		result = broken(cursor, "packed time codes of the classes' widths");
	if (result)
		return result;
	from = cursor->at + COLUMN_HEADER_BYTES;
	for (unsigned class = 0; class < SHAPE_CLASS_COUNT; class++) {
		uint32_t count = get_u32(header + BLOCK_CLASSES + 4 * class);

		unpack_bits(from, widths[class], count, out);
		from += ((uint64_t)count * widths[class] + 7) / 8;
		out += count;
	}
	cursor->at += COLUMN_HEADER_BYTES + stored;
	return 0;
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
					       .class = bytes[5 * count + i] % SHAPE_CLASS_COUNT };
		if (rec_kind_is_wide(shape->kind)) {
			shape->arg = 0;
			*any_wide_out = true;
		}
	}
	return 0;
}

/* The events' shapes; every number must be in the dictionary. */
static int take_numbers(struct block_decoder *decoder, struct cursor *cursor, unsigned planes, size_t count)
{
	int result = take_planes(decoder, cursor, planes, count);
	const uint8_t *low = decoder->planes[0], *high = decoder->planes[1];
	uint16_t largest = 0, *numbers = decoder->numbers;

	if (result)
		return result;
	if (planes == 1)
		for (size_t i = 0; i < count; i++)
			numbers[i] = low[i];
	else
		for (size_t i = 0; i < count; i++)
			numbers[i] = (uint16_t)(low[i] | (unsigned)high[i] << 8);
	for (size_t i = 0; i < count; i++)
		largest = numbers[i] > largest ? numbers[i] : largest;
	return largest < decoder->shape_count ? 0 : broken(cursor, "shapes of the dictionary only");
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

/* --- events --- */

/* A class of frames while its events are written. */
struct lane {
	uint64_t frame;
	uint64_t next; /* its codes */
};

struct running {
	uint64_t time;
	uint64_t unit;
	struct lane lanes[SHAPE_CLASS_COUNT];
};

static void write_stretch(struct block_decoder *decoder, size_t first, size_t end, struct running *running)
{
	const struct shape_image *shapes = decoder->shapes;
	const uint16_t *numbers = decoder->numbers;
	const uint32_t *times = decoder->times, *frames = decoder->frames;
	struct rec_event *events = decoder->events;
	uint64_t time = running->time, unit = running->unit;

	for (size_t i = first; i < end; i++) {
		const struct shape_image *shape = &shapes[numbers[i]];
		struct lane *lane = &running->lanes[shape->class];
		uint64_t code = lane->next++;

		time += times[code] * unit;
		lane->frame += zigzag_decode(frames[code]);
		events[i].time_ns = time;
		events[i].pfn = lane->frame;
		memcpy((uint8_t *)&events[i] + offsetof(struct rec_event, arg), shape, SHAPE_BYTES);
	}
	running->time = time;
}

/*
 * Writes all events, adding each jump before its event. A header that lies about its classes makes lanes run past
 * their codes, at most by the number of events: that is why codes have twice the room, and it is noticed here.
 */
static int write_events(struct block_decoder *decoder, struct cursor *cursor, size_t count, const uint8_t *header,
			struct running *running)
{
	const uint8_t *at, *end;
	uint64_t code = 0;
	size_t done = 0, length;
	int result = take_sparse(decoder, cursor, count * (size_t)(4 * VARINT_BYTES_MAX), &length);

	if (result)
		return result;
	for (unsigned class = 0; class < SHAPE_CLASS_COUNT; class++) {
		running->lanes[class] = (struct lane){ .next = code };
		code += get_u32(header + BLOCK_CLASSES + 4 * class);
	}
	at = decoder->sparse;
	end = length ? at + length : at;
	for (uint32_t jumps = get_u32(header + 20); jumps; jumps--) {
		uint64_t step, difference;

		at = varint_get(at, end, &step);
		at = at ? varint_get(at, end, &difference) : NULL;
		if (!at || step >> 1 >= count - done)
			return broken(cursor, "jumps of events in the block");
		write_stretch(decoder, done, done + (step >> 1), running);
		done += step >> 1;
		if ((step & 1) == JUMP_TIME)
			running->time += zigzag_decode(difference);
		else
			running->lanes[decoder->shapes[decoder->numbers[done]].class].frame +=
				zigzag_decode(difference);
	}
	write_stretch(decoder, done, count, running);
	code = 0;
	for (unsigned class = 0; class < SHAPE_CLASS_COUNT; class++) {
		code += get_u32(header + BLOCK_CLASSES + 4 * class);
		if (running->lanes[class].next != code)
			return broken(cursor, "classes with as many events as the header says");
	}
	return at == end ? 0 : broken(cursor, "the jump column's end");
}

/* --- what is patched in --- */

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
	const uint8_t *header = cursor->at, *planes;
	uint64_t sum = 0;
	uint32_t shapes, wides;

	if (cursor->end - cursor->at < BLOCK_HEADER_BYTES)
		return broken(cursor, "a block header");
	planes = header + BLOCK_PLANES;
	shapes = get_u32(header + 12);
	wides = get_u32(header + 16);
	if (shapes < 1 || shapes > count || wides > count || get_u32(header + 20) > 2 * count)
		return broken(cursor, "no more shapes, wide events and jumps than events");
	if (planes[0] < 1 || planes[0] > 2 || planes[1] > PLANE_MAX)
		return broken(cursor, "1 or 2 planes of shapes and at most 4 of frames");
	for (unsigned class = 0; class < SHAPE_CLASS_COUNT; class++)
		if (header[BLOCK_WIDTHS + class] > WIDTH_MAX_BITS)
			return broken(cursor, "time codes of at most 32 bits");
	for (unsigned class = 0; class < SHAPE_CLASS_COUNT; class++)
		sum += get_u32(header + BLOCK_CLASSES + 4 * class);
	return sum == count ? 0 : broken(cursor, "classes that add up to the block's events");
}

/* Everything up to the events themselves. */
static int take_columns(struct block_decoder *decoder, struct cursor *cursor, const uint8_t *header, size_t count)
{
	const uint8_t *planes = header + BLOCK_PLANES;
	uint32_t wides = get_u32(header + 16);
	bool any_wide = false;
	int result;

	decoder->shape_count = get_u32(header + 12);
	result = take_shapes(decoder, cursor, &any_wide);
	if (!result)
		result = take_numbers(decoder, cursor, planes[0], count);
	if (!result)
		result = take_times(decoder, cursor, header);
	if (!result)
		result = take_frames(decoder, cursor, planes[1], count);
	if (!result && any_wide && !wides)
		result = broken(cursor, "a wide column for wide events");
	return result ? result : reserve_wides(decoder, cursor, wides);
}

int block_decode(struct block_decoder *decoder, const uint8_t *payload, size_t bytes, size_t count,
		 struct rec_batch *batch, struct rec_accounting *accounting, uint64_t file_offset,
		 struct rec_error *error)
{
	static const uint8_t nothing[1];
	struct cursor cursor = { payload, NULL, payload, file_offset, error };
	struct running running;
	uint32_t wides;
	int result;

	if (!bytes) /* which may be nowhere */
		cursor.at = cursor.start = nothing;
	cursor.end = cursor.at + bytes;
	result = check_header(&cursor, count);
	if (result)
		return result;
	running.time = get_u64(payload);
	running.unit = get_u32(payload + 8);
	wides = get_u32(payload + 16);
	cursor.at += BLOCK_HEADER_BYTES;
	result = take_columns(decoder, &cursor, payload, count);
	if (!result)
		result = write_events(decoder, &cursor, count, payload, &running);
	if (!result)
		result = patch_args(decoder, &cursor, count);
	if (!result)
		result = patch_wides(decoder, &cursor, count, wides);
	if (!result && cursor.at != cursor.end)
		result = broken(&cursor, "the block's end");
	if (result)
		return result;
	accounting->batched_duplicates += get_u32(payload + BLOCK_COUNTS);
	accounting->frees_pcp += get_u32(payload + BLOCK_COUNTS + 4);
	accounting->frees_list += get_u32(payload + BLOCK_COUNTS + 8);
	accounting->frees_buddy += get_u32(payload + BLOCK_COUNTS + 12);
	*batch = (struct rec_batch){ .events = decoder->events,
				     .count = count,
				     .wide = wides ? decoder->wide : NULL,
				     .wide_count = wides };
	return 0;
}
