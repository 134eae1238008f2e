/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* How many orders the page allocator has: both series call it differently. */
#ifndef PAGEMAN_ORDERS_H
#define PAGEMAN_ORDERS_H

#include <linux/mmzone.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define PAGEMAN_ORDER_COUNT MAX_ORDER /* 6.1: one more than the largest order */
#else
#define PAGEMAN_ORDER_COUNT NR_PAGE_ORDERS
#endif

#endif
