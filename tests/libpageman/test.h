/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every test of libpageman includes: CMocka behind the headers that it needs. */
#ifndef TESTS_LIBPAGEMAN_TEST_H
#define TESTS_LIBPAGEMAN_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pageman/pageman.h>

#endif
