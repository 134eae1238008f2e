/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CMocka with what it needs included before it. */
#ifndef TEST_SIM_TEST_H
#define TEST_SIM_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#endif
