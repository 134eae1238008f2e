/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two halves of make_corpus: seeds out of recordings, and texts.
 *
 * Interface: corpus_seed, corpus_texts, corpus_die.
 */
#ifndef TEST_FUZZ_MAKE_CORPUS_H
#define TEST_FUZZ_MAKE_CORPUS_H

#include <stddef.h>

/* Writes one seed of a target. Ends the program when it cannot. */
void corpus_seed(const char *target, const char *name, const void *bytes, size_t length);

/* The seeds that are texts. */
void corpus_texts(void);

_Noreturn void corpus_die(const char *what);

#endif
