/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The core's needs as a kernel would supply them: no system header at all.
 *
 * Role: stands for the module's port in the tests. The types are the compiler's own, an assertion that fails is
 * reported and the core goes on, as it has to in a kernel.
 */
#ifndef PAGEMAN_PORT_H
#define PAGEMAN_PORT_H

#ifdef __cplusplus
extern "C" {
#endif

typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __SIZE_TYPE__ size_t;

#ifndef __cplusplus
#ifndef bool
#define bool _Bool
#define true 1
#define false 0
#endif
#endif
#ifndef NULL
#ifdef __cplusplus
#define NULL __null
#else
#define NULL ((void *)0)
#endif
#endif

void pageman_port_assert_failed(const char *condition);

#define PM_ASSERT(condition) ((condition) ? (void)0 : pageman_port_assert_failed(#condition))
#define PM_PAGE_SHIFT 12
#define PM_ORDER_MAX 10

#ifdef __cplusplus
}
#endif
#endif
