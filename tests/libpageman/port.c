/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one function of the bare port.
 *
 * Role: linked into every test of the freestanding build. An assertion that fails there fails the test, unless the
 * test said that it expects one.
 */
#include "port.h"

static unsigned expected_failures, seen_failures;

void pageman_port_assert_failed(const char *condition)
{
	if (expected_failures == 0)
		fail_msg("assertion of libpageman failed: %s", condition);
	expected_failures--;
	seen_failures++;
}

void port_expect_failures(unsigned count)
{
	expected_failures = count;
	seen_failures = 0;
}

unsigned port_seen_failures(void)
{
	return seen_failures;
}
