/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The core's needs in a userspace program: types from the C headers, assert() for assertions.
 *
 * Role: a list of needs and nothing else (see libpageman/README.md); no logic lives in a port.
 */
#ifndef PAGEMAN_PORT_H
#define PAGEMAN_PORT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PM_ASSERT(condition) assert(condition)
#define PM_PAGE_SHIFT 12
#define PM_ORDER_MAX 10

#endif
