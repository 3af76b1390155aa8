/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a wait may be: floors, tails and what is remembered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "judge/silence.h"
#include "link_stage.h"

static const double threshold = 20.3;

static void learn(struct time_normal *normal, const double *waits_s, size_t waits)
{
	struct hist hist = {};

	for (size_t i = 0; i < waits; i++) {
		hist.bucket[hist_bucket((uint64_t)(waits_s[i] * 1e9))]++;
		hist.count++;
	}
	time_normal__see(normal, &hist);
	time_normal__settle(normal, true, 1);
}

/* Gaps of the given median and spread; 0: regular. */
static void learn_gaps(struct time_normal *normal, uint64_t seed, unsigned gaps, double median_s,
		       double spread)
{
	double waits[4096];

	assert_true(gaps <= 4096);
	for (unsigned i = 0; i < gaps; i++)
		waits[i] = median_s * exp(spread * draw_normal(&seed));
	learn(normal, waits, gaps);
}

static void fast_feeds_have_a_floor(void **state)
{
	struct time_normal normal = {};
	double limit;

	(void)state;
	learn_gaps(&normal, 1, 4000, 5e-3, 0.4);
	limit = silence_limit_ns(&normal, threshold, 200);
	assert_true(limit == (double)SILENCE_FLOOR_NS);
	assert_true(wait_nats(&normal, 2e9) > threshold);
	assert_true(wait_nats(&normal, 5e6) == 0);
}

static void heartbeats_have_a_limit_of_their_own(void **state)
{
	static const double beats_s[] = {0.5, 1, 5, 30};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct time_normal normal = {};
		double limit_s;

		learn_gaps(&normal, 2, 60, beats_s[i], 0.01);
		limit_s = silence_limit_ns(&normal, threshold, 1 / beats_s[i]) / 1e9;
		print_message("# heartbeats every %.1f s: silent after %.1f s\n", beats_s[i],
			      limit_s);
		assert_true(limit_s >= 1.5 * beats_s[i]);
		assert_true(limit_s <= 8.6 * beats_s[i]);
	}
}

/* However heavy the tail, some silence is a fault; and the longest pause ever seen is none. */
static void heavy_tails_are_bounded(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		struct time_normal normal = {};
		double spread = 3 * draw(&seed), limit;

		learn_gaps(&normal, seed, 3000, 10e-3, spread);
		limit = wait_limit_ns(&normal, threshold);
		assert_true(limit >= 1.5 * normal.longest_ns * 0.999);
		assert_true(limit <= 8 * normal.longest_ns * 1.001);
		assert_true(wait_limit_ns(&normal, threshold + 5) >= limit);
	}
}

static void a_pause_that_was_seen_is_remembered(void **state)
{
	static const double pauses[] = {10};
	struct time_normal normal = {};

	(void)state;
	learn_gaps(&normal, 4, 4000, 5e-3, 0.4);
	learn(&normal, pauses, 1);
	assert_true(silence_limit_ns(&normal, threshold, 200) >= 15e9);
}

static void too_little_is_not_known(void **state)
{
	struct time_normal normal = {};

	(void)state;
	assert_true(silence_limit_ns(&normal, threshold, 1) == 0);
	learn_gaps(&normal, 5, TIME_UNITS_LEAST - 1, 0.1, 0.1);
	assert_true(silence_limit_ns(&normal, threshold, 1) == 0);
	assert_true(wait_nats(&normal, 1e12) == 0);
}

/*
 * False alarms on feeds whose gaps have any tail: heavier ones than those of a lognormal, and
 * learned from half a minute only.
 */
static void feeds_that_are_well_are_not_silent(void **state)
{
	uint64_t seed = 6;
	unsigned alarms = 0, gaps = 0;

	(void)state;
	for (unsigned feed = 0; feed < 40; feed++) {
		double median_s = exp(log(1e-3) + draw(&seed) * log(1000)),
		       spread = 1.5 * draw(&seed);
		unsigned learned = (unsigned)fmin(4000, fmax(20, 30 / median_s));
		struct time_normal normal = {};
		double limit;

		learn_gaps(&normal, seed, learned, median_s, spread);
		limit = silence_limit_ns(&normal, threshold, 1 / median_s);
		for (unsigned i = 0; i < 100000; i++) {
			gaps++;
			alarms += median_s * exp(spread * draw_normal(&seed)) * 1e9 > limit;
		}
	}
	print_message("# seed 6: %u alarms in %u gaps of 40 feeds\n", alarms, gaps);
	assert_true(alarms <= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fast_feeds_have_a_floor),
		cmocka_unit_test(heartbeats_have_a_limit_of_their_own),
		cmocka_unit_test(heavy_tails_are_bounded),
		cmocka_unit_test(a_pause_that_was_seen_is_remembered),
		cmocka_unit_test(too_little_is_not_known),
		cmocka_unit_test(feeds_that_are_well_are_not_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
