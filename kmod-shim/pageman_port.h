/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The core's needs in a kernel (libpageman/README.md): its own types, WARN for assertions.
 *
 * Role: a list of needs and nothing else; no logic lives in a port.
 */
#ifndef PAGEMAN_PORT_H
#define PAGEMAN_PORT_H

#include <linux/bug.h>
#include <linux/mmzone.h>
#include <linux/types.h>
#include <linux/version.h>

#define PM_ASSERT(condition) ((void)WARN_ON_ONCE(!(condition)))
#define PM_PAGE_SHIFT PAGE_SHIFT
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define PM_ORDER_MAX MAX_PAGE_ORDER
#else
#define PM_ORDER_MAX (MAX_ORDER - 1)
#endif

#endif
