/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One block of events, packed and unpacked.
 *
 * Role: the columns of the compact format. Whatever repeats from event to event (kind, order, migratetype, GFP,
 * task, CPU, small arguments) is a "shape" in the block's dictionary; an event is a shape's number, a time
 * difference and a frame difference.
 * Interface: block_encoder_*, block_decoder_*.
 * Invariant: decoding gives every field back bit for bit; a payload that does not decode is refused, never read
 * out of bounds.
 */
#ifndef REC_BLOCK_H
#define REC_BLOCK_H

#include <rec/error.h>
#include <rec/event.h>
#include <rec/recording.h>

struct block_encoder;
struct block_decoder;

/* Return: NULL when out of memory. */
struct block_encoder *block_encoder_create(void);
void block_encoder_destroy(struct block_encoder *encoder);

/*
 * Packs @count events (1..BLOCK_EVENTS_MAX). The result stays valid until the next call.
 * Return: 0, -EINVAL (an `arg` of a wide event is no index into @wide), -ENOMEM or -EIO.
 */
int block_encode(struct block_encoder *encoder, const struct rec_event *events, size_t count,
		 const struct rec_wide *wide, size_t wide_count, const uint8_t **payload_out, size_t *bytes_out,
		 uint64_t *plain_bytes_out);

struct block_decoder *block_decoder_create(void);
void block_decoder_destroy(struct block_decoder *decoder);

/*
 * Unpacks a payload that says it has @count events; adds its counts of frees to @accounting.
 * Return: 0 with @batch filled (valid until the next call), -EBADMSG or -ENOMEM.
 */
int block_decode(struct block_decoder *decoder, const uint8_t *payload, size_t bytes, size_t count,
		 struct rec_batch *batch, struct rec_accounting *accounting, uint64_t file_offset,
		 struct rec_error *error);

#endif
