/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Little-endian numbers in byte buffers, and variable-length ones.
 *
 * Role: the compact format is the same on every host; compilers turn these into single moves on x86.
 * Interface: get_u16..get_u64, put_u16..put_u64, zigzag_encode/zigzag_decode, varint_put/varint_get.
 * Invariant: no alignment is assumed; varint_get never reads at or behind its end pointer.
 */
#ifndef REC_BYTES_H
#define REC_BYTES_H

#include <stddef.h>
#include <stdint.h>

#define VARINT_BYTES_MAX 10

static inline uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t get_u32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t get_u64(const uint8_t *at)
{
	return get_u32(at) | (uint64_t)get_u32(at + 4) << 32;
}

static inline void put_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static inline void put_u32(uint8_t *at, uint32_t value)
{
	put_u16(at, (uint16_t)value);
	put_u16(at + 2, (uint16_t)(value >> 16));
}

static inline void put_u64(uint8_t *at, uint64_t value)
{
	put_u32(at, (uint32_t)value);
	put_u32(at + 4, (uint32_t)(value >> 32));
}

/* A difference modulo 2^64 as a small number when it is near zero on either side. */
static inline uint64_t zigzag_encode(uint64_t difference)
{
	return difference << 1 ^ (0 - (difference >> 63));
}

static inline uint64_t zigzag_decode(uint64_t code)
{
	return code >> 1 ^ (0 - (code & 1));
}

/* Seven bits a byte, low ones first, top bit set on all but the last. Return: the byte after. */
static inline uint8_t *varint_put(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

/* Return: the byte after, or NULL when the number does not end before @end or has more than 64 bits. */
static inline const uint8_t *varint_get(const uint8_t *at, const uint8_t *end, uint64_t *value_out)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 70 && at < end; shift += 7) {
		uint8_t byte = *at++;

		if (shift == 63 && byte > 1)
			return NULL;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*value_out = value;
			return at;
		}
	}
	return NULL;
}

#endif
