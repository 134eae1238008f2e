/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots out of /proc/pagetypeinfo, /proc/zoneinfo and /proc/buddyinfo.
 *
 * Role: what a stock kernel tells of its free lists: how long each is, the zones, their marks, the per-CPU lists'
 * sizes.
 * Interface: proc_parse for texts in memory, proc_snapshot for a directory proc0 or proc1 of a capture.
 * Invariant: a text that is cut or not what it should be is refused with its file, line and what was expected.
 */
#ifndef REC_PROC_READ_H
#define REC_PROC_READ_H

#include <stdbool.h>
#include <stddef.h>

#include <rec/error.h>
#include <rec/recording.h>

enum proc_file {
	PROC_PAGETYPEINFO,
	PROC_ZONEINFO,
	PROC_BUDDYINFO,
	PROC_VM, /* lines "NAME VALUE" of /proc/sys/vm; may be missing */
	PROC_FILE_COUNT
};

struct proc_text {
	const char *bytes; /* followed by a NUL; NULL: missing */
	size_t length;
};

/**
 * proc_parse - make the tagged records of a snapshot
 * @which: 0 or 1
 * @texts: one of each; buddyinfo tells what pagetypeinfo stops counting
 *
 * Return: 0 with *bytes_out malloc'ed, -EBADMSG with file and line in @error, -ENOMEM.
 */
int proc_parse(const struct proc_text texts[PROC_FILE_COUNT], unsigned which, const struct rec_info *info,
	       void **bytes_out, size_t *length_out, struct rec_error *error);

/* True when @directory has a folder proc@which. */
bool proc_exists(const char *directory, unsigned which);

/* The same from @directory/proc@which/. Return: as above, or -ENOENT, or -errno of reading. */
int proc_snapshot(const char *directory, unsigned which, const struct rec_info *info, void **bytes_out,
		  size_t *length_out, struct rec_error *error);

#endif
