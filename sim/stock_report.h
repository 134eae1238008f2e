/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pageman verify, for a recording that has only the kernel's own tracepoints.
 *
 * Role: reads it twice, says what was predicted and how the lengths of the lists came out.
 * Interface: stock_verify.
 */
#ifndef SIM_STOCK_REPORT_H
#define SIM_STOCK_REPORT_H

#include <stdbool.h>

#include <rec/recording.h>

#include "error.h"

/**
 * stock_verify - verify a recording whose snapshots have no order
 * @reader: of @path, nothing read from it yet; the second pass; the first opens @path anew
 * @snapshot: 0; when it is exact, its order and our probes' events are forgotten, and the truth is kept beside
 * @exit_out: an exit code, when 0 is returned; never SIM_EXIT_OK: it covers only part of what happened
 *
 * Prints the result. Return: 0 or a negative error with @error.
 */
int stock_verify(struct rec_reader *reader, const char *path, struct rec_snapshot *snapshot, const char *kernel,
		 bool json, bool quiet, int *exit_out, struct sim_error *error);

#endif
