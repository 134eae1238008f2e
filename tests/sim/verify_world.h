/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel for tests of verification: a second model does the operations and tells them as the tracepoints would.
 *
 * Role: makes the streams that verification is given; a test then makes them wrong in one place.
 * Interface: struct world and what works on it.
 */
#ifndef TESTS_SIM_VERIFY_WORLD_H
#define TESTS_SIM_VERIFY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "verify.h"

#define GFP 0xcc0u
#define EVENTS_MAX 4096
#define WIDE_MAX 8

struct world {
	struct sim_machine kernel, model;
	struct rec_event events[EVENTS_MAX];
	unsigned count;
	struct rec_wide wide[WIDE_MAX];
	unsigned wide_count;
	uint16_t cpu; /* on which the kernel runs now */
	int32_t pid;
	uint8_t context; /* REC_CTX_* of what is told from now on */
	bool order_probes;
	uint64_t pfns[EVENTS_MAX]; /* handed out by the kernel */
	unsigned pfn_count;
};

/* Appends an event of this kind on the CPU and of the task that run now. */
struct rec_event *tell(struct world *w, unsigned kind);
/* The same of a kind with wide words. */
struct rec_event *tell_wide(struct world *w, unsigned kind, uint64_t a, uint64_t b, uint64_t c);
/* Both machines of @cpus CPUs, empty, and the marker of snapshot 0. */
void start_kernel(struct world *w, uint32_t cpus, const char *kernel);
void start(struct world *w, uint32_t cpus);
/* With order probes: the end of a per-CPU list's section. */
void unlock(struct world *w);
/* Takes a frame; its event comes with say_alloc. */
uint64_t take(struct world *w);
void say_alloc(struct world *w, uint64_t pfn);
void give(struct world *w, uint64_t pfn);
/* 100 allocations, 60 frees, 20 allocations. */
void play(struct world *w);
/* Verifies the stream on the model. */
struct verify_result finish(struct world *w);
/* The event of this kind behind @skip others. */
struct rec_event *find(struct world *w, unsigned kind, unsigned skip);

#endif
