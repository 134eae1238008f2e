/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands behind struct rec_reader.
 *
 * Role: the seam between the front door (reader.c) and the dialects. A dialect either hands out finished batches
 * (compact) or fills a resolver (text, raw).
 * Interface: struct rec_reader, struct dialect_ops, compact_open, text_open, raw_open.
 * Invariant: a dialect touches only reader->info, reader->accounting and its own state.
 */
#ifndef REC_READER_H
#define REC_READER_H

#include <rec/recording.h>

#include "input.h"
#include "resolver.h"

struct dialect_ops {
	/* Finished batches. Return: as rec_next. NULL when `fill` is used. */
	int (*next)(struct rec_reader *reader, struct rec_batch *batch, struct rec_error *error);
	/* Puts more events into reader->resolver. Return: 1 when there may be more, 0 at the end, negative errno. */
	int (*fill)(struct rec_reader *reader, struct rec_error *error);
	/* Return: as rec_snapshot_bytes. */
	int (*snapshot)(struct rec_reader *reader, unsigned which, void **bytes_out, size_t *length_out,
			struct rec_error *error);
	void (*progress)(const struct rec_reader *reader, uint64_t *done_out, uint64_t *total_out);
	void (*close)(struct rec_reader *reader);
};

struct frames_seen;

struct rec_reader {
	const struct dialect_ops *ops;
	void *dialect; /* the dialect's own state */
	struct rec_info info;
	struct rec_accounting accounting;
	struct resolver *resolver;       /* dialects with `fill` */
	struct frames_seen *frames_seen; /* dialects with `fill` and no snapshot 0 */
	struct rec_input *input;         /* dialects of one file; else NULL */
	bool (*stop)(void);
	uint64_t handed_out;             /* events */
	char *proc_directory;            /* of a text with copies of /proc beside it; else NULL */
	bool out_of_memory;
	bool source_ended;
	int source_result;            /* what ended the source: 0 or a negative errno */
	struct rec_error source_error;
};

/* Each takes over @input (closing it in close, also on failure). Return: 0 or negative errno. */
int compact_open(struct rec_reader *reader, struct rec_input *input, struct rec_error *error);
int text_open(struct rec_reader *reader, struct rec_input *input, struct rec_error *error);

/* Plausibly text, judged by the first bytes. Whether it has any event of ours shows when it is read. */
bool text_looks_like(const uint8_t *bytes, size_t length);

int raw_open(struct rec_reader *reader, const char *directory, struct rec_error *error);

/* A directory with trace.txt, copies of /proc and perhaps a meta: the text dialect, with snapshots. */
bool text_directory_looks_so(const char *directory);
int text_directory_open(struct rec_reader *reader, const char *directory, struct rec_error *error);

/*
 * Reads the provenance of a capture directory, meta. Return: 0, -ENOENT, -EPROTONOSUPPORT (of another format), or
 * another negative errno.
 */
int meta_load(struct rec_reader *reader, const char *directory, struct rec_error *error);

/* Sets a provenance field by its name as files spell it. Unknown names are ignored. */
void info_set(struct rec_info *info, const char *name, const char *value);

#endif
