/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The core's errors.
 *
 * Role: one table of negative numbers that every command of the core returns; they equal the errno values of
 * Linux, so a kernel module and a program can pass them on, and the core needs no errno.h.
 * Errors of the caller's own operations travel through the core unchanged.
 */
#ifndef PAGEMAN_ERROR_H
#define PAGEMAN_ERROR_H

enum pageman_error {
	PAGEMAN_OK = 0,
	PAGEMAN_ENOENT = -2,  /* no record begins at this frame */
	PAGEMAN_EEXIST = -17, /* a record begins at this frame already */
	PAGEMAN_EINVAL = -22  /* an argument is outside its range; nothing has changed */
};

#endif
