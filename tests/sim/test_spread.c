// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Spreads and verdicts, with numbers made by hand.
 */
#include "test.h"

#include <math.h>
#include <string.h>

#include "spread.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum sim_verdict verdict(const double *differences, size_t count)
{
	struct sim_spread s = sim_spread_of(differences, count);

	return sim_verdict_of(&s);
}

static void spread_has_the_middle_and_both_ends(void **state)
{
	static const double odd[] = { 5, -1, 3 }, even[] = { 4, 1, 2, 8 }, same[] = { 7, 7, 7, 7 };
	struct sim_spread s = sim_spread_of(odd, COUNT(odd));

	(void)state;
	assert_true(s.runs == 3 && s.median == 3 && s.min == -1 && s.max == 5);
	s = sim_spread_of(even, COUNT(even));
	assert_true(s.runs == 4 && s.median == 3 && s.min == 1 && s.max == 8);
	s = sim_spread_of(same, COUNT(same));
	assert_true(s.runs == 4 && s.median == 7 && s.min == 7 && s.max == 7);
}

static void value_that_is_not_known_takes_no_part(void **state)
{
	const double some[] = { NAN, 2, NAN, 6 }, none[] = { NAN, NAN };
	struct sim_spread s = sim_spread_of(some, COUNT(some));

	(void)state;
	assert_true(s.runs == 2 && s.median == 4 && s.min == 2 && s.max == 6);
	s = sim_spread_of(none, COUNT(none));
	assert_int_equal(s.runs, 0);
	assert_true(isnan(s.median) && isnan(s.min) && isnan(s.max));
	assert_int_equal(sim_verdict_of(&s), SIM_VERDICT_UNKNOWN);
	s = sim_spread_of(NULL, 0);
	assert_int_equal(s.runs, 0);
}

/* Each policy scatters by 100, but in every run the second is 2 above the first. */
static void differences_are_taken_in_pairs(void **state)
{
	static const double first[] = { 0, 50, 100 }, second[] = { 2, 52, 102.5 };
	const double holes[] = { 2, NAN, 102 };
	struct sim_spread s = sim_spread_of_pairs(second, first, 3);

	(void)state;
	assert_true(s.runs == 3 && s.median == 2 && s.min == 2 && s.max == 2.5);
	assert_int_equal(sim_verdict_of(&s), SIM_VERDICT_HIGHER_BEYOND);
	s = sim_spread_of_pairs(holes, first, 3);
	assert_int_equal(s.runs, 2);
}

static void range_with_zero_is_no_difference(void **state)
{
	static const double around[] = { -1, 100, 101 }, touching[] = { 0, 5, 6 }, below[] = { -6, -5, 0 };
	static const double zeros[] = { 0, 0, 0 };

	(void)state;
	assert_int_equal(verdict(around, 3), SIM_VERDICT_NONE);
	assert_int_equal(verdict(touching, 3), SIM_VERDICT_NONE);
	assert_int_equal(verdict(below, 3), SIM_VERDICT_NONE);
	assert_int_equal(verdict(zeros, 3), SIM_VERDICT_NONE);
}

static void same_sign_is_within_the_spread_or_beyond_it(void **state)
{
	static const double within[] = { 1, 5, 6 };  /* the median is as far from 0 as the ends from each other */
	static const double beyond[] = { 1.5, 5, 6 };
	double negative[3];

	(void)state;
	assert_int_equal(verdict(within, 3), SIM_VERDICT_HIGHER_WITHIN);
	assert_int_equal(verdict(beyond, 3), SIM_VERDICT_HIGHER_BEYOND);
	for (unsigned i = 0; i < 3; i++)
		negative[i] = -within[i];
	assert_int_equal(verdict(negative, 3), SIM_VERDICT_LOWER_WITHIN);
	for (unsigned i = 0; i < 3; i++)
		negative[i] = -beyond[i];
	assert_int_equal(verdict(negative, 3), SIM_VERDICT_LOWER_BEYOND);
}

/* Its range is a point, and every median would be beyond it. */
static void one_run_has_no_spread(void **state)
{
	static const double above[] = { 3 }, below[] = { -3 }, equal[] = { 0 };

	(void)state;
	assert_int_equal(verdict(above, 1), SIM_VERDICT_HIGHER);
	assert_int_equal(verdict(below, 1), SIM_VERDICT_LOWER);
	assert_int_equal(verdict(equal, 1), SIM_VERDICT_NONE);
}

static void every_verdict_has_words_and_a_key_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIM_VERDICT_COUNT; i++) {
		assert_true(sim_verdict_words((enum sim_verdict)i)[0]);
		for (unsigned k = 0; k < i; k++) {
			assert_string_not_equal(sim_verdict_words((enum sim_verdict)i),
						sim_verdict_words((enum sim_verdict)k));
			assert_string_not_equal(sim_verdict_key((enum sim_verdict)i),
						sim_verdict_key((enum sim_verdict)k));
		}
	}
	assert_string_equal(sim_verdict_words(SIM_VERDICT_NONE), "no difference");
	assert_true(sim_verdict_is_lower(SIM_VERDICT_LOWER_WITHIN));
	assert_false(sim_verdict_is_lower(SIM_VERDICT_HIGHER_WITHIN));
	assert_true(sim_verdict_is_higher(SIM_VERDICT_HIGHER));
	assert_false(sim_verdict_is_higher(SIM_VERDICT_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spread_has_the_middle_and_both_ends),
		cmocka_unit_test(value_that_is_not_known_takes_no_part),
		cmocka_unit_test(differences_are_taken_in_pairs),
		cmocka_unit_test(range_with_zero_is_no_difference),
		cmocka_unit_test(same_sign_is_within_the_spread_or_beyond_it),
		cmocka_unit_test(one_run_has_no_spread),
		cmocka_unit_test(every_verdict_has_words_and_a_key_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
