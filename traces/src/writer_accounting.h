/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the importer tells the writer beyond the public interface.
 *
 * Role: accounting found while a source was read goes into the tail, so that it is not lost by the import.
 * Interface: rec_writer_accounting, writer_flush.
 * Invariant: counts of frees by path are recounted from the events themselves and not taken from here.
 */
#ifndef REC_WRITER_ACCOUNTING_H
#define REC_WRITER_ACCOUNTING_H

#include <rec/recording.h>

void rec_writer_accounting(struct rec_writer *writer, const struct rec_accounting *source);

/* Writes the block being collected. Return: 0 or negative. */
int writer_flush(struct rec_writer *writer, struct rec_error *error);

#endif
