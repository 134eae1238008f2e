/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coverage-guided fuzzing of the model against the reference.
 *
 * Role: the bytes are a run of lockstep.h: a machine, then operations of LOCKSTEP_OP_BYTES each. Coverage leads to
 * branches of the model that random streams seldom take.
 * Interface: LLVMFuzzerTestOneInput (libFuzzer, AFL++).
 * Invariant: no input makes the two differ; the first difference is printed and aborts.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lockstep.h"

/* A run pays for its machine; more operations than this only make inputs slow. */
#define OPERATIONS_MOST 512u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lockstep *l = malloc(sizeof(*l));
	size_t most = LOCKSTEP_HEADER_BYTES + (size_t)OPERATIONS_MOST * LOCKSTEP_OP_BYTES;

	if (!l)
		abort();
	if (!lockstep_bytes(l, data, size < most ? size : most, NULL)) {
		fprintf(stderr, "%s\n", l->message);
		abort();
	}
	free(l);
	return 0;
}
