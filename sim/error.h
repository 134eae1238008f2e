/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors of sim's modules: a code for the caller and one line for a person.
 *
 * Role: modules return errors, commands print them. A module fills one of these and returns its code.
 * Interface: sim_fail, sim_fail_rec, sim_error_context.
 * Invariant: `text` is one line without newline and without the program's name.
 */
#ifndef SIM_ERROR_H
#define SIM_ERROR_H

#include <rec/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sim_error {
	int code;       /* negative errno value that the call returned */
	char text[512]; /* "what went wrong (at offset/line N): expected ..., found ..." */
};

/* Fills @error (may be NULL) and returns @code, so that `return sim_fail(...)` reads well. */
int sim_fail(struct sim_error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/**
 * sim_fail_rec - turn a reader's error into ours, with its place in the file
 * @file: name of the file as the user gave it; "" for none
 *
 * Return: @source->code.
 */
int sim_fail_rec(struct sim_error *error, const char *file, const struct rec_error *source);

/* Puts "FILE: " before the text. Returns error->code. */
int sim_error_context(struct sim_error *error, const char *file);

#ifdef __cplusplus
}
#endif
#endif
