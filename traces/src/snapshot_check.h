/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks of a snapshot that span several records.
 *
 * Role: a snapshot that contradicts itself would make a model start from nonsense.
 * Interface: snapshot_check.
 * Invariant: after it returned 0 every listed block is aligned, inside its zone, and overlaps no other.
 */
#ifndef REC_SNAPSHOT_CHECK_H
#define REC_SNAPSHOT_CHECK_H

#include <rec/snapshot.h>

/* @free_pages_walked: frames on the free lists as the kernel side counted them. Return: 0, -EBADMSG or -ENOMEM. */
int snapshot_check(const struct rec_snapshot *snapshot, uint64_t free_pages_walked, struct rec_error *error);

#endif
