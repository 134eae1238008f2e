// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The benchmarks as one program; bench/run builds it, runs it and judges the figures.
 *
 * Interface: main.
 */
#include <stdio.h>

#include "shim.h"
#include "suites.h"

int main(int argc, char **argv)
{
	int status = 1;

	bench_model();
	bench_trim();
	bench_policy();
	bench_zone();
	if (bench_read_begin())
		status = bench_main(argc, argv);
	else
		fprintf(stderr, "bench: the traces to read could not be written\n");
	bench_read_end();
	return status;
}
