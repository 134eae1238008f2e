/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assertions of the freestanding build, seen from a test. */
#ifndef TESTS_LIBPAGEMAN_PORT_H
#define TESTS_LIBPAGEMAN_PORT_H

#include "test.h"

void port_expect_failures(unsigned count); /* the next @count failed assertions do not fail the test */
unsigned port_seen_failures(void);         /* since then */

#endif
