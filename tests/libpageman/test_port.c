/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port that reports assertions and goes on, as a kernel's does: bugs of the caller are reported, not followed by
 * damage.
 */
#include "port.h"

static int takes_nothing(void *context, uint64_t start_pfn, unsigned order)
{
	(void)context;
	(void)start_pfn;
	(void)order;
	return 1; /* neither 0 nor a negative error */
}

static void a_positive_result_of_an_operation_is_a_reported_bug(void **state)
{
	static const struct pageman_ops ops = {takes_nothing};
	struct pageman_run run = {8, 16};

	(void)state;
	port_expect_failures(1);
	assert_int_equal(pageman_give_back(&ops, NULL, &run, PAGEMAN_BY_BLOCK), 1);
	assert_int_equal(port_seen_failures(), 1);
	assert_true(run.start_pfn == 8 && run.end_pfn == 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_positive_result_of_an_operation_is_a_reported_bug),
	};

	return cmocka_run_group_tests_name("libpageman/port", tests, NULL, NULL);
}
