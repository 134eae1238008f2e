/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Google benchmark as plain C.
 *
 * Role: a benchmark is one struct: what to set up, what to repeat under the clock, what to report. shim.cc is the
 * only C++ in bench/ and has no other task.
 * Interface: struct bench_case, bench_register, what a case may call (bench_fail, bench_items,
 * bench_count), bench_main.
 * Invariant: set-up and teardown are outside the clock. The clock is the CPU time of the whole process, so work that
 * a library gave to another thread would count, and time that another process took does not.
 */
#ifndef BENCH_SHIM_H
#define BENCH_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bench; /* one repetition of one case */

struct bench_case {
	const char *name;    /* "model/zone/geometric/50"; copied */
	const void *param;   /* for the callbacks; kept by the caller while benchmarks run */
	uint64_t iterations; /* calls of run in a repetition; 0: as many as fill --benchmark_min_time */
	/* Once a repetition. Return: the state for the other callbacks; NULL after bench_fail. */
	void *(*setup)(struct bench *bench, const void *param);
	/* Under the clock. Return: false after bench_fail, which ends the repetition. */
	bool (*run)(struct bench *bench, void *state);
	/* Once a repetition, with what setup returned; reports counters. */
	void (*teardown)(struct bench *bench, void *state);
};

void bench_register(const struct bench_case *c);

/* Leaves the case out of the results, with the reason; the other cases go on. */
void bench_fail(struct bench *bench, const char *why);
/* Work done so far in this repetition, added up: becomes items_per_second. */
void bench_items(struct bench *bench, uint64_t items);
/* A figure to print beside the time. */
void bench_count(struct bench *bench, const char *name, double value);
/* Keeps the compiler from throwing a result away. */
void bench_keep(uint64_t value);

/* Runs what was registered. Arguments are Google benchmark's. Return: an exit code. */
int bench_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif
#endif
