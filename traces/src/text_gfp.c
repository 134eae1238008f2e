/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of GFP flags to bits. See text_gfp.h.
 */
#include "text_gfp.h"

#include <string.h>

/* Bits that 6.1 and 6.12 number alike; 6.12 left 0x200 unused. */
enum {
	BIT_DMA = 0x01,
	BIT_HIGHMEM = 0x02,
	BIT_DMA32 = 0x04,
	BIT_MOVABLE = 0x08,
	BIT_RECLAIMABLE = 0x10,
	BIT_HIGH = 0x20,
	BIT_IO = 0x40,
	BIT_FS = 0x80,
	BIT_ZERO = 0x100,
	BIT_ATOMIC_6_1 = 0x200,
	BIT_DIRECT_RECLAIM = 0x400,
	BIT_KSWAPD_RECLAIM = 0x800,
	BIT_WRITE = 0x1000,
	BIT_NOWARN = 0x2000,
	BIT_RETRY_MAYFAIL = 0x4000,
	BIT_NOFAIL = 0x8000,
	BIT_NORETRY = 0x10000,
	BIT_MEMALLOC = 0x20000,
	BIT_COMP = 0x40000,
	BIT_NOMEMALLOC = 0x80000,
	BIT_HARDWALL = 0x100000,
	BIT_THISNODE = 0x200000,
	BIT_ACCOUNT = 0x400000,
	BIT_ZEROTAGS = 0x800000,

	BITS_RECLAIM = BIT_DIRECT_RECLAIM | BIT_KSWAPD_RECLAIM,
	BITS_KERNEL = BITS_RECLAIM | BIT_IO | BIT_FS,
	BITS_USER = BITS_KERNEL | BIT_HARDWALL,
	BITS_HIGHUSER = BITS_USER | BIT_HIGHMEM,
	BITS_HIGHUSER_MOVABLE = BITS_HIGHUSER | BIT_MOVABLE,
	BITS_TRANSHUGE_LIGHT = (BITS_HIGHUSER_MOVABLE | BIT_COMP | BIT_NOMEMALLOC | BIT_NOWARN) & ~BITS_RECLAIM
};

struct gfp_name {
	const char *name;
	uint32_t bits;
};

struct gfp_table {
	const char *profile;
	uint32_t atomic, nowait, atomic_bit; /* what differs */
};

static const struct gfp_table tables[] = {
	{ "6.1", BIT_HIGH | BIT_ATOMIC_6_1 | BIT_KSWAPD_RECLAIM, BIT_KSWAPD_RECLAIM, BIT_ATOMIC_6_1 },
	{ "6.12", BIT_HIGH | BIT_KSWAPD_RECLAIM, BIT_KSWAPD_RECLAIM | BIT_NOWARN, 0 },
};

static const struct gfp_name common_names[] = {
	{ "GFP_TRANSHUGE", BITS_TRANSHUGE_LIGHT | BIT_DIRECT_RECLAIM },
	{ "GFP_TRANSHUGE_LIGHT", BITS_TRANSHUGE_LIGHT },
	{ "GFP_HIGHUSER_MOVABLE", BITS_HIGHUSER_MOVABLE },
	{ "GFP_HIGHUSER", BITS_HIGHUSER },
	{ "GFP_USER", BITS_USER },
	{ "GFP_KERNEL_ACCOUNT", BITS_KERNEL | BIT_ACCOUNT },
	{ "GFP_KERNEL", BITS_KERNEL },
	{ "GFP_NOFS", BITS_RECLAIM | BIT_IO },
	{ "GFP_NOIO", BITS_RECLAIM },
	{ "GFP_DMA", BIT_DMA },
	{ "GFP_DMA32", BIT_DMA32 },
	{ "__GFP_DMA", BIT_DMA },
	{ "__GFP_DMA32", BIT_DMA32 },
	{ "__GFP_HIGHMEM", BIT_HIGHMEM },
	{ "__GFP_HIGH", BIT_HIGH },
	{ "__GFP_IO", BIT_IO },
	{ "__GFP_FS", BIT_FS },
	{ "__GFP_NOWARN", BIT_NOWARN },
	{ "__GFP_RETRY_MAYFAIL", BIT_RETRY_MAYFAIL },
	{ "__GFP_NOFAIL", BIT_NOFAIL },
	{ "__GFP_NORETRY", BIT_NORETRY },
	{ "__GFP_COMP", BIT_COMP },
	{ "__GFP_ZERO", BIT_ZERO },
	{ "__GFP_NOMEMALLOC", BIT_NOMEMALLOC },
	{ "__GFP_MEMALLOC", BIT_MEMALLOC },
	{ "__GFP_HARDWALL", BIT_HARDWALL },
	{ "__GFP_THISNODE", BIT_THISNODE },
	{ "__GFP_RECLAIMABLE", BIT_RECLAIMABLE },
	{ "__GFP_MOVABLE", BIT_MOVABLE },
	{ "__GFP_ACCOUNT", BIT_ACCOUNT },
	{ "__GFP_WRITE", BIT_WRITE },
	{ "__GFP_RECLAIM", BITS_RECLAIM },
	{ "__GFP_DIRECT_RECLAIM", BIT_DIRECT_RECLAIM },
	{ "__GFP_KSWAPD_RECLAIM", BIT_KSWAPD_RECLAIM },
	{ "__GFP_ZEROTAGS", BIT_ZEROTAGS },
};

const struct gfp_table *gfp_table_by_profile(const char *profile)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (!strcmp(tables[i].profile, profile))
			return &tables[i];
	return &tables[0];
}

static int is(const char *name, const char *text, size_t length)
{
	return strlen(name) == length && !memcmp(name, text, length);
}

static uint32_t number(const char *text, size_t length)
{
	unsigned base = length > 2 && text[0] == '0' && text[1] == 'x' ? 16 : 10;
	uint32_t value = 0;

	for (size_t i = base == 16 ? 2 : 0; i < length; i++) {
		unsigned digit = text[i] >= '0' && text[i] <= '9'   ? (unsigned)(text[i] - '0')
				 : text[i] >= 'a' && text[i] <= 'f' ? (unsigned)(text[i] - 'a') + 10
								    : 99;

		if (digit >= base)
			return 0;
		value = value * base + digit;
	}
	return value;
}

static uint32_t one(const struct gfp_table *table, const char *text, size_t length)
{
	if (length && text[0] >= '0' && text[0] <= '9')
		return number(text, length);
	for (size_t i = 0; i < sizeof(common_names) / sizeof(common_names[0]); i++)
		if (is(common_names[i].name, text, length))
			return common_names[i].bits;
	if (is("GFP_ATOMIC", text, length))
		return table->atomic;
	if (is("GFP_NOWAIT", text, length))
		return table->nowait;
	if (is("__GFP_ATOMIC", text, length))
		return table->atomic_bit;
	return 0;
}

uint32_t gfp_parse(const struct gfp_table *table, const char *text, size_t length)
{
	uint32_t bits = 0;

	while (length) {
		const char *bar = memchr(text, '|', length);
		size_t part = bar ? (size_t)(bar - text) : length;

		bits |= one(table, text, part);
		part += bar != NULL;
		text += part;
		length -= part;
	}
	return bits;
}
