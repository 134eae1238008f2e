/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The benchmarks by subject; each function registers its own. */
#ifndef BENCH_SUITES_H
#define BENCH_SUITES_H

#include <stdbool.h>

void bench_model(void);
void bench_trim(void);
void bench_policy(void);
void bench_zone(void);

/* Writes the files to read first. Return: false when that failed. */
bool bench_read_begin(void);
/* Removes them. */
void bench_read_end(void);

#endif
