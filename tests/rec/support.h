/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of traces/ share: a folder of their own, files in it, snapshots and streams of events.
 *
 * Role: builds inputs by hand, so that expected results are known without the code under test.
 * Interface: scratch_*, random_events, snapshot_*, read_all.
 * Invariant: every helper that allocates fails the test when memory runs out.
 */
#ifndef TEST_REC_SUPPORT_H
#define TEST_REC_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rec/recording.h>

/* Group set-up and tear-down: a fresh folder, removed with all that is in it. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* Path of a name in that folder; valid until the fourth next call. */
const char *scratch_path(const char *name);
void scratch_write(const char *name, const void *bytes, size_t length);
char *scratch_read(const char *name, size_t *length_out);

/* A reproducible random number. */
uint64_t random_next(uint64_t *seed);

/* A buffer that grows; `bytes` is freed by the test. */
struct bytes {
	uint8_t *bytes;
	size_t length;
};
void bytes_add(struct bytes *to, const void *from, size_t length);

/* Tagged records of a snapshot. */
void snapshot_begin(struct bytes *to, uint32_t which);
void snapshot_record(struct bytes *to, uint32_t tag, const void *payload, size_t length);
void snapshot_record2(struct bytes *to, uint32_t tag, const void *head, size_t head_length, const void *body,
		      size_t body_length);
void snapshot_end(struct bytes *to, uint64_t free_pages_walked);

/* A small whole snapshot: one zone [0x100, 0x500), some free lists, one per-CPU list. */
void snapshot_small(struct bytes *to, uint32_t which);

/* What reading a recording to its end gave. */
struct stream {
	struct rec_event *events;
	size_t count;
	struct rec_wide *wide; /* one for each event, zero when it has none; `arg` of wide events is set to 0 */
	int result;            /* of the last rec_next */
	struct rec_error error;
};
void read_all(struct rec_reader *reader, struct stream *out);
void stream_free(struct stream *stream);

/* Opens and reads a file of the scratch folder, asserting that opening works. */
void read_file(const char *name, struct stream *out, struct rec_accounting *accounting_out);

#endif
