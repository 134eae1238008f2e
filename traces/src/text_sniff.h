/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells tracefs text from other files.
 *
 * Role: sniffing. Interface: text_looks_like.
 * Invariant: true only for bytes without control characters other than those of text.
 */
#ifndef REC_TEXT_SNIFF_H
#define REC_TEXT_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Plausibly text, judged by the first bytes. Whether it has any event of ours shows when it is read. */
bool text_looks_like(const uint8_t *bytes, size_t length);

#endif
