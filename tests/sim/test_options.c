// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Options, settings and zone layouts: what is accepted, what is refused, with which message.
 */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "policy.h"
#include "settings.h"

static const struct sim_option test_options[] = {
	{ 1, 'o', "output", "FILE", "a file" },
	{ 2, 0, "force", NULL, "a switch" },
	{ 0, 0, NULL, NULL, NULL },
};

static const struct sim_command test_command = {
	.name = "test", .summary = "a test", .usage = "IN [options]", .options = test_options,
	.has_json = true, .has_quiet = true, .arguments_min = 1, .arguments_max = 1,
};

static struct sim_parse parse;

static void start(int argc, char **argv)
{
	sim_parse_init(&parse, &test_command, argc, argv);
}

#define START(...) \
	do { \
		static const char *const words[] = { "test", __VA_ARGS__, NULL }; \
		static char *argv[sizeof(words) / sizeof(words[0])]; \
		memcpy(argv, words, sizeof(words)); \
		start((int)(sizeof(argv) / sizeof(argv[0])) - 1, argv); \
	} while (0)

static void options_and_arguments_may_be_mixed(void **state)
{
	(void)state;
	START("in", "-o", "out", "--json", "--force", "-q");
	assert_int_equal(sim_option_next(&parse), 1);
	assert_string_equal(parse.value, "out");
	assert_int_equal(sim_option_next(&parse), 2);
	assert_int_equal(sim_option_next(&parse), 0);
	assert_true(parse.json && parse.quiet);
	assert_int_equal(parse.argument_count, 1);
	assert_string_equal(parse.arguments[0], "in");
	sim_parse_fini(&parse);
}

static void a_lone_dash_is_an_argument(void **state)
{
	(void)state;
	START("-");
	assert_int_equal(sim_option_next(&parse), 0);
	assert_string_equal(parse.arguments[0], "-");
	sim_parse_fini(&parse);
}

static void expect_usage(void)
{
	assert_int_equal(sim_option_next(&parse), -1);
	assert_int_equal(parse.status, SIM_EXIT_USAGE);
	sim_parse_fini(&parse);
}

static void wrong_command_lines_are_usage_errors(void **state)
{
	(void)state;
	START("in", "--outptu", "x");
	expect_usage();
	START("in", "-x");
	expect_usage();
	START("in", "--output");
	expect_usage();
	START("in", "--force=1");
	expect_usage();
	START("in", "second");
	expect_usage();
	START("--json");
	expect_usage();
}

static const char *next_word(const void *context, unsigned index)
{
	static const char *const words[] = { "exact", "fitfree", "none" };

	(void)context;
	return index < 3 ? words[index] : NULL;
}

static void hints_are_close_or_not_given(void **state)
{
	(void)state;
	assert_string_equal(sim_closest("exatc", next_word, NULL), "exact");
	assert_string_equal(sim_closest("fitfre", next_word, NULL), "fitfree");
	assert_null(sim_closest("something", next_word, NULL));
}

static void numbers_are_checked(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_int_equal(sim_parse_u64("0x10", 100, &value), 0);
	assert_int_equal(value, 16);
	assert_int_equal(sim_parse_u64("-1", 100, &value), -EINVAL);
	assert_int_equal(sim_parse_u64("101", 100, &value), -EINVAL);
	assert_int_equal(sim_parse_u64("5x", 100, &value), -EINVAL);
	assert_int_equal(sim_parse_u64("", 100, &value), -EINVAL);
	assert_int_equal(sim_parse_u64("99999999999999999999999", UINT64_MAX, &value), -EINVAL);
	assert_int_equal(value, 16);
}

static void settings_take_known_keys_only(void **state)
{
	struct sim_settings settings = { 0 };
	struct sim_error error;

	(void)state;
	assert_int_equal(sim_settings_add(&settings, "pcp.high=10", &error), 0);
	assert_int_equal(sim_settings_add(&settings, "pcp.high=20", &error), 0);
	assert_int_equal(settings.count, 1);
	assert_int_equal(settings.list[0].value, 20);
	assert_int_equal(sim_settings_add(&settings, "pcp.hihg=20", &error), -EINVAL);
	assert_non_null(strstr(error.text, "pcp.batch"));
	assert_int_equal(sim_settings_add(&settings, "pcp.high", &error), -EINVAL);
	assert_int_equal(sim_settings_add(&settings, "pcp.high=many", &error), -EINVAL);
}

static void layouts_are_parsed_and_checked(void **state)
{
	struct sim_layout layout;
	struct sim_error error;

	(void)state;
	assert_int_equal(sim_layout_parse(&layout, "DMA=1-4096,DMA32=4096-0x40000,Normal=0x40000-0x80000@0", &error),
			 0);
	assert_int_equal(layout.zone_count, 3);
	assert_int_equal(layout.zones[2].start_pfn, 0x40000);
	assert_int_equal(layout.zones[2].spanned_pages, 0x40000);
	assert_int_equal(sim_layout_parse(&layout, "DMA=1-4096,DMA32=4095-8192", &error), -EINVAL); /* overlap */
	assert_int_equal(sim_layout_parse(&layout, "Middle=1-2", &error), -EINVAL);
	assert_int_equal(sim_layout_parse(&layout, "DMA=5-5", &error), -EINVAL);
	assert_int_equal(sim_layout_parse(&layout, "DMA=7-5@0", &error), -EINVAL);
	assert_non_null(strstr(error.text, "found \"5@0\""));
	assert_int_equal(sim_layout_parse(&layout, "DMA=5-7@9", &error), -EINVAL);
	assert_non_null(strstr(error.text, "found \"9\""));
	assert_int_equal(sim_layout_parse(&layout, "DMA=1-2,", &error), -EINVAL);
	assert_int_equal(sim_layout_parse(&layout, "", &error), -EINVAL);
}

static void derived_layout_is_that_of_x86(void **state)
{
	struct sim_layout layout;

	(void)state;
	sim_layout_derive(&layout, 300000);
	assert_int_equal(layout.zone_count, 2);
	assert_int_equal(layout.zones[1].type, BUDDY_ZONE_DMA32);
	assert_int_equal(layout.zones[1].start_pfn, 4096);
	assert_int_equal((layout.zones[1].start_pfn + layout.zones[1].spanned_pages) % 1024, 0);
	sim_layout_derive(&layout, 2000000);
	assert_int_equal(layout.zone_count, 3);
	assert_int_equal(layout.zones[2].start_pfn, 1048576);
}

static void policies_are_found_by_name(void **state)
{
	char names[128];

	(void)state;
	assert_ptr_equal(sim_policy_find("fit-exact"), &sim_policy_fit_exact);
	assert_null(sim_policy_find("best"));
	assert_string_equal(sim_policy_names(names),
			    "none, exact, fitfree, fit-exact, exact-fit, direct, lazy, lazy-direct, nest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_arguments_may_be_mixed),
		cmocka_unit_test(a_lone_dash_is_an_argument),
		cmocka_unit_test(wrong_command_lines_are_usage_errors),
		cmocka_unit_test(hints_are_close_or_not_given),
		cmocka_unit_test(numbers_are_checked),
		cmocka_unit_test(settings_take_known_keys_only),
		cmocka_unit_test(layouts_are_parsed_and_checked),
		cmocka_unit_test(derived_layout_is_that_of_x86),
		cmocka_unit_test(policies_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
