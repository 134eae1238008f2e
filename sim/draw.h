/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers that look random and depend on nothing but their seed.
 *
 * Role: splitmix64, for draws of workloads and controls and for fingerprints.
 * Interface: sim_draw, sim_mix.
 * Source: Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
 */
#ifndef SIM_DRAW_H
#define SIM_DRAW_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_DRAW_STEP UINT64_C(0x9e3779b97f4a7c15) /* between two states */

/* One to one; each bit of @x changes half of the result's. */
static inline uint64_t sim_mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* The next of the sequence of @state, which begins as the seed. */
static inline uint64_t sim_draw(uint64_t *state)
{
	return sim_mix(*state += SIM_DRAW_STEP);
}

#ifdef __cplusplus
}
#endif
#endif
