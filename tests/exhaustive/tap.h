/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the world (and the policy in it) and the model.
 *
 * Role: the linker leads every call of the model's allocating, freeing and draining functions through here, so that the
 * reference can be called alike, and faults be planted.
 * Interface: tap_follow, tap_differs, tap_plant, tap_plant_name.
 */
#ifndef TESTS_EXHAUSTIVE_TAP_H
#define TESTS_EXHAUSTIVE_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <buddy/buddy.h>

#include "ref.h"

/* From now on every call is made of this reference too; NULL: not any more. Planted faults are not. */
void tap_follow(struct ref *ref);
/* The first call since then that did not return the same; NULL for none. */
const char *tap_differs(void);

/* From now on this fault happens where its condition holds. Return: false when there is none of this name. */
bool tap_plant(const char *name);
/* Name and description of fault @index; NULL past the last. */
const char *tap_plant_name(size_t index, const char **summary_out);

#endif
