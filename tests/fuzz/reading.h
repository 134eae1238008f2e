/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a recording to its end and watches the reader while it does.
 *
 * Role: what fuzzers and the damage sweep ask of every reader, in one place; and a digest, so that two readings can be
 * compared without keeping them.
 * Interface: reading_begin, reading_add, reading_digest, reading_all; fuzz_require, fuzz_file.
 * Invariant: the digest depends on the events and their words alone, not on how they were cut into batches.
 */
#ifndef TEST_FUZZ_READING_H
#define TEST_FUZZ_READING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <rec/recording.h>

struct reading {
	uint64_t events;
	uint64_t marks;  /* events that say where a snapshot was taken or begun */
	int result;      /* that ended it: 0 or negative */
	struct rec_error error;
	const char *fault; /* the promise of rec/recording.h that the reader broke; NULL: none */
	void *state;     /* of the digest */
};

void reading_begin(struct reading *reading);
void reading_add(struct reading *reading, const struct rec_batch *batch);

/* Of all events so far. */
uint64_t reading_digest(const struct reading *reading);

/* From begin to end, with the account and the repeated end looked at. */
void reading_all(struct reading *reading, struct rec_reader *reader);

void reading_end(struct reading *reading);

/* NULL when an error is told as it should be: its code, one printable line, an offset within @size_bytes. */
const char *reading_error_fault(const struct rec_error *error, int result, uint64_t size_bytes);

/* Ends the program when a promise is broken: a fuzzer takes that as a finding. */
#define fuzz_require(truth) \
	((truth) ? (void)0 : (fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #truth), abort()))

/* The same for one of the faults above, NULL being fine. */
void fuzz_no_fault(const char *fault);

/*
 * A file in memory with these bytes; @slot 0..7 tells several apart. Its descriptor stays open and is used again.
 * Return: a path by which it can be opened, valid until the end.
 */
const char *fuzz_file(unsigned slot, const void *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
