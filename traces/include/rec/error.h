/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors of the readers: what, where, what was expected.
 *
 * Role: bad input is the world's fault and is told to a person, so every reader fills one of these.
 */
#ifndef REC_ERROR_H
#define REC_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rec_error {
	int code;        /* negative errno value that the call returned */
	uint64_t offset; /* byte offset in the file where reading stopped; 0 when it has none */
	uint64_t line;   /* text dialects: line number from 1; else 0 */
	char text[256];  /* one line without newline: "expected ..., found ..." */
};

#ifdef __cplusplus
}
#endif
#endif
