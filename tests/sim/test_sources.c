// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sources of a recording: which events and which words about frees go with each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sources.h"

static sim_sources parse(const char *text)
{
	struct sim_error error;
	sim_sources s = 0;

	if (sim_sources_parse(text, &s, &error))
		fail_msg("%s", error.text);
	return s;
}

static bool passes(sim_sources without, unsigned kind)
{
	struct rec_event e = { .kind = (uint8_t)kind };

	return sim_sources_pass(without, &e);
}

static void a_source_takes_its_kinds_and_no_others(void **state)
{
	sim_sources two = parse("bulk,kswapd");

	(void)state;
	assert_false(passes(two, REC_BULK_BEGIN));
	assert_false(passes(two, REC_BULK_END));
	assert_false(passes(two, REC_BOOST));
	assert_true(passes(two, REC_ISOLATE));
	assert_true(passes(0, REC_BULK_BEGIN));
}

/* What stays is what any kernel's own tracepoints tell, and the places of the snapshots. */
static void without_probes_the_tracepoints_stay(void **state)
{
	sim_sources all = parse("probes");

	(void)state;
	for (unsigned kind = REC_ALLOC; kind <= REC_SNAPSHOT; kind++)
		assert_true(passes(all, kind));
	assert_false(passes(all, REC_ATTEMPT));
	assert_false(passes(all, REC_FREE_OK));
	assert_false(passes(all, REC_POP));
}

/* The resolver knew from __free_pages_ok() that this tail of a block goes to its list's tail. */
static void a_free_forgets_what_only_that_source_told(void **state)
{
	const uint8_t told = REC_FREE_BUDDY | REC_FREE_TO_TAIL;
	struct rec_event page = { .kind = REC_FREE, .flags = told }, large = page, listed = page;

	(void)state;
	assert_true(sim_sources_pass(parse("bulk"), &page));
	assert_int_equal(page.flags, told);
	assert_true(sim_sources_pass(parse("tails"), &page));
	assert_int_equal(page.flags, REC_FREE_PCP);
	large.order = 5;
	assert_true(sim_sources_pass(parse("tails"), &large));
	assert_int_equal(large.flags, REC_FREE_BUDDY);
	listed.flags = REC_FREE_LIST;
	assert_true(sim_sources_pass(parse("tails"), &listed));
	assert_int_equal(listed.flags, REC_FREE_LIST);
}

static void unknown_names_are_told_with_the_known_ones(void **state)
{
	struct sim_error error;
	sim_sources s = 7;

	(void)state;
	assert_int_not_equal(sim_sources_parse("bulk,bulks", &s, &error), 0);
	assert_non_null(strstr(error.text, "no source 'bulks'"));
	assert_non_null(strstr(error.text, "probes, bulk, "));
	assert_int_not_equal(sim_sources_parse("", &s, &error), 0);
	assert_int_not_equal(sim_sources_parse("bulk,", &s, &error), 0);
	assert_int_equal(s, 7);
}

static void a_missing_probe_leads_to_its_cost(void **state)
{
	int refill = sim_source_of_probe("rmqueue_bulk free_one_page", strlen("rmqueue_bulk"));

	(void)state;
	assert_true(refill >= 0);
	assert_string_equal(sim_source_name((size_t)refill), "refill");
	assert_non_null(strstr(sim_source_cost((size_t)refill), "not compared"));
	assert_int_equal(sim_source_of_probe("rmqueue", strlen("rmqueue")), -1);
	assert_null(sim_source_name(99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_takes_its_kinds_and_no_others),
		cmocka_unit_test(without_probes_the_tracepoints_stay),
		cmocka_unit_test(a_free_forgets_what_only_that_source_told),
		cmocka_unit_test(unknown_names_are_told_with_the_known_ones),
		cmocka_unit_test(a_missing_probe_leads_to_its_cost),
	};

	return cmocka_run_group_tests_name("sim_sources", tests, NULL, NULL);
}
