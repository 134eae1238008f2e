// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The JSON writer, its output compared as text.
 */
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static char *written;
static size_t written_bytes;
static struct sim_json json;
static FILE *out;

static void begin(void)
{
	out = open_memstream(&written, &written_bytes);
	assert_non_null(out);
	sim_json_begin(&json, out, "test");
}

static void end_expect(const char *expected)
{
	sim_json_end(&json);
	fclose(out);
	assert_string_equal(written, expected);
	free(written);
}

static void document_begins_with_its_schema(void **state)
{
	(void)state;
	begin();
	end_expect("{\n  \"schema\": \"pageman-test/1\"\n}\n");
}

static void integers_keep_all_64_bits(void **state)
{
	(void)state;
	begin();
	sim_json_u64(&json, "largest", UINT64_MAX);
	sim_json_i64(&json, "smallest", INT64_MIN);
	end_expect("{\n  \"schema\": \"pageman-test/1\",\n  \"largest\": 18446744073709551615,\n"
		   "  \"smallest\": -9223372036854775808\n}\n");
}

static void strings_are_escaped_and_bad_utf8_is_replaced(void **state)
{
	(void)state;
	begin();
	sim_json_string(&json, "a", "quote \" slash \\ line \n tab \t bell \a e \xc3\xa9 bad \xff\xc3");
	sim_json_string(&json, "none", NULL);
	end_expect("{\n  \"schema\": \"pageman-test/1\",\n  \"a\": \"quote \\\" slash \\\\ line \\n tab \\t bell "
		   "\\u0007 e "
		   "\xc3\xa9 bad \\ufffd\\ufffd\",\n  \"none\": null\n}\n");
}

static void overlong_and_surrogate_utf8_is_replaced(void **state)
{
	(void)state;
	begin();
	sim_json_string(&json, "a", "\xc0\x80 \xe0\x80\x80 \xed\xa0\x80 \xf4\x90\x80\x80");
	sim_json_end(&json);
	fclose(out);
	for (size_t i = 0; i < written_bytes; i++)
		assert_true((unsigned char)written[i] < 0x80);
	free(written);
}

static void containers_nest_and_may_be_empty(void **state)
{
	(void)state;
	begin();
	sim_json_array(&json, "list");
	sim_json_u64(&json, NULL, 1);
	sim_json_object(&json, NULL);
	sim_json_bool(&json, "yes", true);
	sim_json_object_end(&json);
	sim_json_array_end(&json);
	sim_json_array(&json, "empty");
	sim_json_array_end(&json);
	end_expect("{\n  \"schema\": \"pageman-test/1\",\n  \"list\": [\n    1,\n    {\n      \"yes\": true\n    }\n"
		   "  ],\n"
		   "  \"empty\": []\n}\n");
}

static void doubles_that_are_no_numbers_become_null(void **state)
{
	(void)state;
	begin();
	sim_json_double(&json, "half", 0.5);
	sim_json_double(&json, "nan", (double)NAN);
	sim_json_double(&json, "inf", (double)INFINITY);
	end_expect("{\n  \"schema\": \"pageman-test/1\",\n  \"half\": 0.5,\n  \"nan\": null,\n  \"inf\": null\n}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document_begins_with_its_schema),
		cmocka_unit_test(integers_keep_all_64_bits),
		cmocka_unit_test(strings_are_escaped_and_bad_utf8_is_replaced),
		cmocka_unit_test(overlong_and_surrogate_utf8_is_replaced),
		cmocka_unit_test(containers_nest_and_may_be_empty),
		cmocka_unit_test(doubles_that_are_no_numbers_become_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
