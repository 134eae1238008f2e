/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening any recording, whatever its dialect, and writing our compact format.
 *
 * Role: the front door of traces/. A reader sniffs the dialect (compact format, tracefs text, a directory with
 * raw ring-buffer pages), hands out batches in stream order in bounded memory, and accounts for what was lost,
 * counted twice or never matched. Frees come out resolved (REC_FREE_PCP, REC_FREE_LIST, REC_FREE_BUDDY).
 * Interface: rec_open, rec_next, rec_info, rec_snapshot_get, rec_close; rec_writer_*.
 * Invariant: a damaged file yields everything before the damage, then an error with its offset.
 */
#ifndef REC_RECORDING_H
#define REC_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include <rec/error.h>
#include <rec/event.h>
#include <rec/snapshot.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rec_dialect {
	REC_DIALECT_AUTO = 0,
	REC_DIALECT_COMPACT, /* ours, traces/FORMAT.md */
	REC_DIALECT_TEXT,    /* tracefs `trace`/`trace_pipe` text */
	REC_DIALECT_RAW      /* a directory left by the capture rig */
};

/*
 * Provenance and accounting of a recording. Strings are NUL-terminated, "" when unknown, and one line without control
 * characters whatever the file has.
 */
struct rec_info {
	enum rec_dialect dialect;
	uint32_t format_version; /* compact format only */
	char kernel_release[64]; /* "6.1.0-56-amd64" */
	char kernel_package[64]; /* "6.1.192-2" */
	char profile[16];        /* "6.1", "6.12" */
	char workload[128];
	char command[512];       /* the command that made it */
	char captured_at[32];    /* ISO 8601 UTC */
	char host[128];          /* the machine it ran in: emulator and its arguments, shortened */
	uint32_t cpus;
	uint64_t memory_mib;
	bool has_snapshot[2];
	uint64_t events;         /* 0 when not known before reading it all */
	uint64_t lost_events;    /* overrun + dropped, summed over CPUs */
	uint64_t missed_probes;  /* probe hits that the kernel reported as missed */
	char missing_probes[256]; /* names of probes that could not be set, space separated */
};

/* What reading found; complete once rec_next returned 0. */
struct rec_accounting {
	uint64_t events;
	uint64_t garbage_lines;       /* text: lines that are not events of ours and not comments */
	uint64_t first_garbage_line;  /* its number, 0 when there is none */
	uint64_t other_events;        /* text: well-formed lines of tracepoints that are not ours */
	uint64_t sizes_unmatched;     /* text: kmalloc lines above the slab limit whose block was not found */
	uint64_t batched_duplicates;  /* mm_page_free_batched events that repeat a mm_page_free */
	uint64_t frees_pcp, frees_list, frees_buddy;
	uint64_t lost_events;
	uint64_t unmatched_frees;     /* frees of a frame never seen allocated; only counted without a snapshot */
	struct rec_odd_events impossible; /* events that cannot be; counted by rec_import alone, as are the next two */
	uint64_t imported_events;     /* what the copy has of them */
	uint64_t outside_events;      /* before the mark of snapshot 0 or behind that of snapshot 1, and so left out */
	uint64_t forced_resolutions;  /* frees whose path was decided by the window's end, not by evidence */
};

struct rec_reader;

/**
 * rec_open - open a recording
 * @path: a file, a directory (raw dialect) or "-" for standard input
 * @dialect: REC_DIALECT_AUTO to sniff
 * @out: the reader, on success; release with rec_close
 * @error: filled on failure
 *
 * Return: 0, -ENOENT, -EACCES, -ENODATA (empty file), -EPROTONOSUPPORT (no dialect of ours: a PNG, say),
 * -EBADMSG (damaged header), -ENOMEM, or another errno of open(2) and read(2).
 */
int rec_open(const char *path, enum rec_dialect dialect, struct rec_reader **out, struct rec_error *error);

/**
 * rec_next - the next batch of events
 * @batch: filled on success; valid until the next call on this reader
 *
 * Return: 1 with a batch, 0 at the end, -EBADMSG where the file is damaged or truncated (everything before was
 * handed out; offset in @error), -EINTR (rec_stop_when), or another negative errno. After 0 or an
 * error it keeps returning that.
 */
int rec_next(struct rec_reader *reader, struct rec_batch *batch, struct rec_error *error);

/**
 * rec_stop_when - let the caller stop the reading
 * @stop: asked before each batch, and when a signal ended a wait for input; once it says true it has to stay with it
 *
 * Then nothing more is read. rec_next hands out what was read before, two batches at most, and returns -EINTR; the
 * error says at which event it stopped.
 * Without this call a signal that ends a wait (a handler without SA_RESTART) does the same.
 */
void rec_stop_when(struct rec_reader *reader, bool (*stop)(void));

/* Provenance; complete after rec_open, its counts after the end. Owned by the reader. */
const struct rec_info *rec_info(const struct rec_reader *reader);
const struct rec_accounting *rec_accounting(const struct rec_reader *reader);

/* Bytes of input consumed and in all (0 when unknown), for progress. */
void rec_progress(const struct rec_reader *reader, uint64_t *done_out, uint64_t *total_out);

/**
 * rec_snapshot_get - snapshot 0 (before) or 1 (after)
 * @out: filled on success; release with rec_snapshot_free
 *
 * Snapshot 0 can be read right after rec_open. Snapshot 1 of the compact format stands in the file's tail and
 * is found without reading the events when the input is seekable; otherwise only after the end.
 * Return: 0, -ENOENT when the recording has none, -EBADMSG when damaged, -ENOMEM.
 */
int rec_snapshot_get(struct rec_reader *reader, unsigned which, struct rec_snapshot *out, struct rec_error *error);

/**
 * rec_text_profile - say which kernel printed a text
 * @profile: "6.1", "6.12"; composite GFP names stand for other bits in each. Without this call: 6.1.
 *
 * Pre: no rec_next on this reader yet. Return: 0, or -EINVAL when it reads another dialect (they know).
 */
int rec_text_profile(struct rec_reader *reader, const char *profile);

void rec_close(struct rec_reader *reader);

struct rec_writer;

/**
 * rec_writer_create - start a compact recording
 * @path: created or replaced at rec_writer_finish by a rename from a temporary name beside it, so an
 *        interrupted run leaves no half file under the name
 * @info: provenance; events and accounting are filled in by the writer
 *
 * Return: 0, -ENOMEM or an errno of open(2).
 */
int rec_writer_create(const char *path, const struct rec_info *info, struct rec_writer **out,
		      struct rec_error *error);

/* Adds the tagged records of snapshot 0 (before any event) or 1 (after the last). Return: 0 or negative. */
int rec_writer_snapshot(struct rec_writer *writer, unsigned which, const void *bytes, size_t length,
			struct rec_error *error);

/* Appends a batch (any size). Return: 0 or negative; -ENOSPC and the like from write(2). */
int rec_writer_add(struct rec_writer *writer, const struct rec_batch *batch, struct rec_error *error);

/* Rounds the times of events added from now on down to multiples of @unit_ns; 0 and 1: they stay as they are. */
void rec_writer_time_unit(struct rec_writer *writer, uint32_t unit_ns);

/* Sets losses found while reading the source. */
void rec_writer_losses(struct rec_writer *writer, uint64_t lost_events, uint64_t missed_probes,
		       const char *missing_probes);

/* Writes the tail, syncs, renames. The writer is gone afterwards, also on failure. Return: 0 or negative. */
int rec_writer_finish(struct rec_writer *writer, struct rec_error *error);

/* Throws the unfinished file away. */
void rec_writer_abort(struct rec_writer *writer);

/* Copies the raw tagged bytes of a snapshot; *bytes_out is malloc'ed. Return: as rec_snapshot_get. */
int rec_snapshot_bytes(struct rec_reader *reader, unsigned which, void **bytes_out, size_t *length_out,
		       struct rec_error *error);

typedef void (*rec_import_progress)(void *context, uint64_t done_bytes, uint64_t total_bytes);

/**
 * rec_import - copy a recording of any dialect into a compact file
 * @reader: freshly opened, nothing read from it yet
 * @out_path: as for rec_writer_create
 * @time_unit_ns: times are rounded down to multiples of it (1000: a microsecond, as text has them, halves the file);
 *                0 and 1: they stay as they are
 * @progress: called now and then with bytes consumed and in all (0 when unknown); may be NULL
 *
 * Provenance, losses and the snapshots' bytes are copied. When the stream has the marker of snapshot 0 the events
 * before it are left out, and likewise those after the marker of snapshot 1: they have no state to start from.
 * Return: 0, or the first error of reading or writing. When the source is damaged (-EBADMSG) or reading was stopped
 * (-EINTR) everything before is in the finished file all the same; on a write error no file is left.
 */
int rec_import(struct rec_reader *reader, const char *out_path, uint32_t time_unit_ns, rec_import_progress progress,
	       void *context, struct rec_error *error);

/**
 * rec_event_forget - leave of an event what a kernel without our probes tells
 *
 * How a free travelled becomes what the kernel's own events say: a list's commits are told, the rest is assumed.
 * Return: false when it tells nothing at all.
 */
bool rec_event_forget(struct rec_event *event);

/**
 * rec_import_tracepoints - the same, forgetting what a stock kernel does not tell
 *
 * The copy has the kernel's own tracepoints and, of each snapshot, what /proc tells: how long the lists are. How a
 * free travelled is what the kernel's events say.
 */
int rec_import_tracepoints(struct rec_reader *reader, const char *out_path, uint32_t time_unit_ns,
			   rec_import_progress progress, void *context, struct rec_error *error);

#ifdef __cplusplus
}
#endif
#endif
