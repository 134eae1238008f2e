/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as tracefs prints them.
 *
 * Role: texts of any length out of recordings, for fuzzers and the damage sweep.
 * Interface: render_event.
 * Source: the TP_printk of include/trace/events/kmem.h, and trace_print_context and trace_print_lat_fmt of
 * kernel/trace/trace_output.c, 6.1.
 */
#ifndef TEST_FUZZ_RENDER_H
#define TEST_FUZZ_RENDER_H

#include <stddef.h>

#include <rec/event.h>

#define RENDER_LINE_MAX 320

/* Return: bytes written, newline included; 0 for a kind that is no kmem event of a stock kernel. */
size_t render_event(const struct rec_event *event, char text[RENDER_LINE_MAX]);

#endif
