/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes in tracefs text: kmem:kmalloc above the slab limit.
 *
 * Role: the kernel prints the size after the block that it asked for; readers of a recording want it before, as the
 * recorder's own probes tell it. So the size is moved in front of its block.
 * Interface: text_kmalloc, text_place_size.
 */
#ifndef REC_TEXT_SIZED_H
#define REC_TEXT_SIZED_H

#include <stdbool.h>
#include <stddef.h>

#include <rec/event.h>

/*
 * @at: behind "kmalloc: ", a line that ends with a newline. Fills a REC_SIZED_ALLOC with its block's order when the
 * size is above the slab limit; else leaves the event as it is.
 */
void text_kmalloc(const char *at, struct rec_event *event);

/*
 * The last of @count events is such a size: moves it in front of the block of its order that the same task got last.
 * Return: false when there is none close by; the event is then to be dropped.
 */
bool text_place_size(struct rec_event *events, size_t count);

#endif
