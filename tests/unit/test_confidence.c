/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be stated: the map that the lab gave, its ends, and what is left for other places. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "judge/confidence.h"

/* More probable is never less sure, whatever place it is; 0 stays 0, and nothing is certain. */
static void test_the_map_rises_and_holds_its_ends(void **state)
{
	(void)state;
	for (unsigned place = 0; place <= PLACE_UNKNOWN; place++) {
		double before = 0;

		assert_true(confidence__stated(place, 0) == 0);
		for (unsigned i = 1; i <= 10000; i++) {
			double stated = confidence__stated(place, i / 1e4);

			assert_true(stated >= before);
			before = stated;
		}
		assert_true(before > 0.9);
		assert_true(before < 1);
	}
	assert_true(confidence__stated(PLACE_PATH, 0.2) < confidence__stated(PLACE_PATH, 0.9));
}

/* Small steps of the probability are no leaps of what is said. */
static void test_the_map_does_not_leap(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_true(confidence__stated(PLACE_PATH, (i + 1) / 1e3) -
				    confidence__stated(PLACE_PATH, i / 1e3) <
			    0.02);
}

/* Without a verdict nothing is mapped. */
static void test_unknown_is_as_added_up(void **state)
{
	(void)state;
	assert_true(confidence__stated(PLACE_UNKNOWN, 0.55) == 0.55);
}

/* A verdict and all other places are never more than certain together. */
static void test_others_share_what_is_left(void **state)
{
	static const double shares[] = {0.64, 0.2, 0.1, 0.06};
	double stated = confidence__stated(PLACE_PATH, shares[0]), sum = stated;

	(void)state;
	for (unsigned i = 1; i < sizeof(shares) / sizeof(*shares); i++)
		sum += confidence__of_other(shares[i], shares[0], stated);
	assert_true(fabs(sum - 1) < 1e-9);
	assert_true(confidence__of_other(0, 1, 0.99) == 0);
}

static void test_losses_lower_it(void **state)
{
	(void)state;
	assert_true(confidence__after_losses(0.9, 0, 0) == 0.9);
	assert_true(confidence__after_losses(0.9, 5, 0) < 0.9);
	assert_true(confidence__after_losses(0.9, 5, 1000) >= 0.72 - 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_map_rises_and_holds_its_ends),
		cmocka_unit_test(test_the_map_does_not_leap),
		cmocka_unit_test(test_unknown_is_as_added_up),
		cmocka_unit_test(test_others_share_what_is_left),
		cmocka_unit_test(test_losses_lower_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
