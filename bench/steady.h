/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The workload: hold a zone's occupancy at a target.
 *
 * Role: below the target allocate a block of a random order, else free a random live one. The seed is fixed, so
 * every allocator and every repetition sees the same draws. What the loop itself costs is measured by giving it an
 * allocator that does nothing.
 * Interface: struct steady_mix, steady_init, steady_run, steady_fini.
 * Invariant: live[0, count) are the blocks in use, used_frames their frames.
 */
#ifndef BENCH_STEADY_H
#define BENCH_STEADY_H

#include <stdbool.h>
#include <stdint.h>

#define STEADY_FRAMES 262144u /* 1 GiB of 4 KiB frames */
#define STEADY_WARM_UP_OPS 2500000u
#define STEADY_NONE UINT32_MAX

/* How orders are drawn. */
enum steady_mix {
	STEADY_GEOMETRIC,    /* P(k) = 2^-(k+1) for k 0..9, the remainder goes to 9 */
	STEADY_MOSTLY_SINGLE, /* 92% order 0, the rest geometric from order 1 to 9 */
	STEADY_SINGLE        /* order 0 */
};

struct steady {
	uint64_t random;
	uint32_t *live;        /* first frame << 4 | order */
	uint32_t count;
	uint32_t used_frames;
	uint32_t target_frames;
	enum steady_mix mix;
	uint64_t failures;     /* allocations that were refused */
};

/* An allocator: hands out a block or STEADY_NONE; @type_draw is 0..255. Takes one back. */
typedef uint32_t (*steady_alloc)(void *context, unsigned order, unsigned type_draw);
typedef void (*steady_free)(void *context, uint32_t pfn, unsigned order);

/* Return: false without memory. */
bool steady_init(struct steady *s, enum steady_mix mix, unsigned occupancy_percent);
void steady_fini(struct steady *s);

/* High bits of a linear congruential generator: good enough to draw from, one multiplication. */
static inline uint64_t steady_draw(struct steady *s)
{
	s->random = s->random * 6364136223846793005u + 1442695040888963407u;
	return s->random >> 16;
}

static inline unsigned steady_order(enum steady_mix mix, uint64_t draw)
{
	switch (mix) {
	case STEADY_GEOMETRIC:
		return (unsigned)__builtin_ctzll(draw >> 16 | 1u << 9);
	case STEADY_MOSTLY_SINGLE:
		return (draw >> 8 & 1023) < 942 ? 0 : 1 + (unsigned)__builtin_ctzll(draw >> 18 | 1u << 8);
	default:
		return 0;
	}
}

/* Inlined with its allocator, so that the loop costs the same whoever allocates. */
static inline __attribute__((always_inline)) void steady_run(struct steady *s, uint64_t ops, steady_alloc alloc,
							     steady_free release, void *context)
{
	for (uint64_t i = 0; i < ops; i++) {
		uint64_t draw = steady_draw(s);

		if (s->used_frames < s->target_frames) {
			unsigned order = steady_order(s->mix, draw);
			uint32_t pfn = alloc(context, order, draw & 255);

			if (pfn == STEADY_NONE) {
				s->failures++;
				continue;
			}
			s->live[s->count++] = pfn << 4 | order;
			s->used_frames += 1u << order;
		} else {
			uint32_t at = (uint32_t)((draw & UINT32_MAX) * s->count >> 32);
			uint32_t block = s->live[at];

			s->live[at] = s->live[--s->count];
			s->used_frames -= 1u << (block & 15);
			release(context, block >> 4, block & 15);
		}
	}
}

#endif
