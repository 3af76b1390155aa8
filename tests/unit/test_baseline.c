/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is learned of shares and durations, how it is forgotten, and how it is kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include "judge/baseline.h"
#include "link_stage.h"

static const struct share_rule rule = {
	.prior_k = 0.05, .prior_n = 500, .least = 2e-5, .p1_least = 0.005, .p1_times = 3};

static void shares_are_upper_bounds(void **state)
{
	double p0, p1;

	(void)state;
	/* On a link that loses one per cent: what is taken for normal comes down to that. */
	for (double n = 100; n < 1e7; n *= 10) {
		share_design(n / 100, n, &rule, &p0, &p1);
		assert_true(p0 > 0.003 && p0 < 0.02);
		assert_true(p1 >= 3 * p0 * 0.999);
		if (n >= 1e4)
			assert_true(p0 >= 0.01 * 0.95);
	}
	assert_true(p0 < 0.0102);
	share_design(0, 600, &rule, &p0, &p1);
	assert_true(p0 >= rule.least && p0 <= 1e-4);
	assert_true(p1 == rule.p1_least);
	share_design(1e9, 1e9, &rule, &p0, &p1);
	assert_true(p0 < 1 && p1 < 1 && p1 > p0);
}

static void what_waits_is_taken_or_forgotten(void **state)
{
	struct share_normal normal = {};

	(void)state;
	share_normal__see(&normal, 1, 100);
	assert_true(share_normal__mean(&normal) == 0);
	share_normal__settle(&normal, true, 1);
	assert_true(share_normal__mean(&normal) == 0.01);
	share_normal__see(&normal, 100, 100);
	share_normal__settle(&normal, false, 1);
	assert_true(share_normal__mean(&normal) == 0.01);
	share_normal__see(&normal, 9, 3); /* more bad ones than there were */
	share_normal__see(&normal, NAN, 3);
	share_normal__see(&normal, 1, -3);
	share_normal__settle(&normal, true, 0.5);
	assert_true(fabs(share_normal__mean(&normal) - 3.5 / 53) < 1e-12);
}

static void see(struct time_normal *normal, uint64_t *seed, unsigned count, double median_s,
		double spread)
{
	struct hist hist = {};

	for (unsigned i = 0; i < count; i++) {
		double s = median_s * exp(spread * draw_normal(seed));

		hist.bucket[hist_bucket((uint64_t)(s * 1e9))]++;
		hist.count++;
	}
	time_normal__see(normal, &hist);
}

static double share_beyond(uint64_t *seed, const struct time_cut *cut, double median_s,
			   double spread)
{
	struct hist hist = {};

	for (unsigned i = 0; i < 100000; i++)
		hist.bucket[hist_bucket(
			(uint64_t)(median_s * 1e9 * exp(spread * draw_normal(seed))))]++;
	return time_beyond(&hist, cut) / 100000;
}

/* The cut keeps its promise on durations that were not learned from, narrow or wide. */
static void cuts_part_normal_from_doubled(void **state)
{
	static const double spreads[] = {0, 0.1, 0.3, 0.8, 1.5};
	uint64_t seed = 11;

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (unsigned i = 0; i < 5; i++) {
		struct time_normal normal = {};
		double well, doubled;

		see(&normal, &seed, 2000, 1e-3, spreads[i]);
		time_normal__settle(&normal, true, 1);
		well = share_beyond(&seed, &normal.body, 1e-3, spreads[i]);
		doubled = share_beyond(&seed, &normal.body, 2e-3, spreads[i]);
		print_message("# spread %.1f: p0 %.4f p1 %.3f; beyond the cut %.4f, doubled %.3f\n",
			      spreads[i], normal.body.p0, normal.body.p1, well, doubled);
		assert_true(well <= 1.3 * normal.body.p0);
		assert_true(doubled >= 0.7 * normal.body.p1);
		assert_true(normal.body.p1 >= 1.9 * normal.body.p0);
		assert_true(share_beyond(&seed, &normal.tail, 1e-3, spreads[i]) <=
			    1.3 * normal.tail.p0);
		assert_true(fabs(normal.p50_ns - 1e6) < 0.13e6);
	}
}

static void old_weight_fades(void **state)
{
	struct time_normal normal = {};
	uint64_t seed = 12;

	(void)state;
	see(&normal, &seed, 5000, 1e-3, 0.1);
	time_normal__settle(&normal, true, 1);
	for (unsigned i = 0; i < 20; i++) {
		see(&normal, &seed, 500, 3e-3, 0.1);
		time_normal__settle(&normal, true, 0.7);
	}
	assert_true(normal.p50_ns > 2.5e6);
	for (unsigned i = 0; i < 100; i++) { /* nothing new: nothing fades */
		double total = normal.total;

		time_normal__settle(&normal, true, 0.7);
		assert_true(normal.total == total);
	}
}

static void clumps_are_told_from_single_ones(void **state)
{
	struct time_normal single = {}, clumped = {};
	uint64_t seed = 13;

	(void)state;
	see(&single, &seed, 5000, 1e-3, 0.3);
	see(&clumped, &seed, 5000, 1e-3, 0.3);
	time_normal__settle(&single, true, 1);
	time_normal__settle(&clumped, true, 1);
	for (unsigned i = 0; i < 2000; i++) {
		time_normal__see_dispersion(&single, draw_binomial(&seed, 40, single.body.p0), 40);
		time_normal__see_dispersion(&clumped, draw(&seed) < clumped.body.p0 * 2 ? 20 : 0,
					    40);
	}
	assert_true(time_normal__dispersion(&clumped) == 1); /* waits still */
	see(&single, &seed, 1, 1e-3, 0.3);
	see(&clumped, &seed, 1, 1e-3, 0.3);
	time_normal__settle(&single, true, 1);
	time_normal__settle(&clumped, true, 1);
	print_message("# dispersion: single %.2f, in clumps of twenty %.2f\n",
		      time_normal__dispersion(&single), time_normal__dispersion(&clumped));
	assert_true(time_normal__dispersion(&single) < 1.3);
	assert_true(time_normal__dispersion(&clumped) > 5);
}

static void damaged_baselines_are_refused(void **state)
{
	static const char *const damaged[] = {
		"[]",
		"{}",
		"7",
		"{\"buckets\": [], \"dispersion\": [1]}",
		"{\"buckets\": [[0, 1, 2]], \"dispersion\": [1, 1]}",
		"{\"buckets\": [[208, 1]], \"dispersion\": [1, 1]}",
		"{\"buckets\": [[-1, 1]], \"dispersion\": [1, 1]}",
		"{\"buckets\": [[3, -1]], \"dispersion\": [1, 1]}",
		"{\"buckets\": [[3, 1e300]], \"dispersion\": [1, 1]}",
		"{\"buckets\": [[\"a\", 1]], \"dispersion\": [1, 1]}",
		"{\"buckets\": [[3, 1]], \"dispersion\": [-1, 1]}",
	};
	struct time_normal normal = {}, before;
	struct share_normal share = {.k = 1, .n = 2};
	uint64_t seed = 14;

	(void)state;
	see(&normal, &seed, 500, 1e-3, 0.3);
	time_normal__settle(&normal, true, 1);
	before = normal;
	for (size_t i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
		json_t *json = json_loads(damaged[i], JSON_DECODE_ANY, NULL);

		assert_non_null(json);
		assert_int_equal(time_normal__restore(&normal, json), -EINVAL);
		assert_int_equal(share_normal__restore(&share, json), -EINVAL);
		assert_memory_equal(&normal, &before, sizeof(normal));
		json_decref(json);
	}
	assert_true(share.k == 1 && share.n == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_are_upper_bounds),
		cmocka_unit_test(what_waits_is_taken_or_forgotten),
		cmocka_unit_test(cuts_part_normal_from_doubled),
		cmocka_unit_test(old_weight_fades),
		cmocka_unit_test(clumps_are_told_from_single_ones),
		cmocka_unit_test(damaged_baselines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
