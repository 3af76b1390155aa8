/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The histogram's promise, ±6.25 % over its whole range, against exact quantiles of the same
 * samples.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sense/hist_memo.h"
#include "base/hist_set.h"

#define RANGE_BEGIN_NS 1024ULL
#define RANGE_END_NS   (1ULL << 36)
#define ERROR_BOUND    0.0625

static void sample(struct hist *hist, uint64_t ns)
{
	hist->count++;
	hist->sum_ns += ns;
	if (ns > hist->max_ns)
		hist->max_ns = ns;
	hist->bucket[hist_bucket(ns)]++;
}

static void assert_close(uint64_t got, uint64_t exact)
{
	double error = fabs((double)got - (double)exact) / (double)exact;

	if (error > ERROR_BOUND)
		fail_msg("%llu ns read as %llu ns: %.2f %% off", (unsigned long long)exact,
			 (unsigned long long)got, error * 100);
}

static void buckets_tile_the_range(void **state)
{
	(void)state;
	assert_int_equal(hist_lower_bound_ns(0), RANGE_BEGIN_NS);
	assert_true(hist_lower_bound_ns(HIST_BUCKETS) == RANGE_END_NS);
	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		uint64_t low = hist_lower_bound_ns(i), next = hist_lower_bound_ns(i + 1);

		assert_true(next > low);
		assert_true(next - low <= low / 8);
		assert_int_equal(hist_bucket(low), i);
		assert_int_equal(hist_bucket(next - 1), i);
	}
	assert_int_equal(hist_bucket(0), 0);
	assert_int_equal(hist_bucket(RANGE_END_NS), HIST_BUCKETS - 1);
	assert_int_equal(hist_bucket(UINT64_MAX), HIST_BUCKETS - 1);
}

/* One sample of each duration, the ends of every bucket among them, and no maximum to help. */
static void every_duration_is_within_the_bound(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		uint64_t low = hist_lower_bound_ns(i), end = hist_lower_bound_ns(i + 1) - 1;
		uint64_t durations[] = {low, low + (end - low) / 3, low + (end - low) / 2, end};

		for (size_t d = 0; d < sizeof(durations) / sizeof(durations[0]); d++) {
			struct hist hist = {0};

			sample(&hist, durations[d]);
			hist.max_ns = RANGE_END_NS - 1;
			assert_close(hist_quantile_ns(&hist, 0.5), durations[d]);
		}
	}
}

static void outside_the_range(void **state)
{
	struct hist hist = {0};

	(void)state;
	assert_int_equal(hist_quantile_ns(&hist, 0.5), 0);
	sample(&hist, 300);
	assert_int_equal(hist_quantile_ns(&hist, 0.5), 300);
	sample(&hist, RANGE_END_NS * 3);
	assert_true(hist_quantile_ns(&hist, 1.0) == RANGE_END_NS * 3);
	assert_true(hist_quantile_ns(&hist, 0.5) < 1152);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void quantiles_agree_with_exact_ones(void **state)
{
	enum { N = 20000 };
	static const double p[] = {0.0, 0.001, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0};
	static uint64_t values[N];
	unsigned seed = 4711;

	(void)state;
	print_message("seed %u\n", seed);
	for (unsigned shape = 0; shape < 3; shape++) {
		struct hist hist = {0};

		for (unsigned i = 0; i < N; i++) {
			double u = (rand_r(&seed) + 1.0) / (RAND_MAX + 2.0);

			/* Exponential, log-uniform over the whole range, and two narrow peaks. */
			values[i] = shape == 0	 ? 2000 + (uint64_t)(-log(u) * 5e6)
				    : shape == 1 ? (uint64_t)(1024 * pow(2, u * 25.99))
				    : u < 0.97	 ? 50000 + (uint64_t)(u * 1000)
						 : 40000000;
			sample(&hist, values[i]);
		}
		qsort(values, N, sizeof(values[0]), compare);
		for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
			size_t rank = (size_t)ceil(p[i] * N - 1e-9);

			assert_close(hist_quantile_ns(&hist, p[i]), values[rank ? rank - 1 : 0]);
		}
	}
}

static void merging_and_delta_are_inverse(void **state)
{
	struct hist a = {0}, b = {0}, sum, delta;
	unsigned seed = 7;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		sample(&a, (uint64_t)rand_r(&seed) * 3);
		sample(&b, (uint64_t)rand_r(&seed));
	}
	sum = a;
	hist_merge(&sum, &b);
	assert_int_equal(sum.count, 10000);
	assert_int_equal(hist_samples(&sum), 10000);
	hist_delta(&sum, &a, &delta);
	assert_int_equal(delta.count, b.count);
	assert_true(delta.sum_ns == b.sum_ns);
	assert_memory_equal(delta.bucket, b.bucket, sizeof(b.bucket));
	/* Begun anew: fewer samples than before. */
	hist_delta(&a, &sum, &delta);
	assert_memory_equal(&delta, &a, sizeof(a));
	/* A bucket that passed its end. */
	sum = a;
	sum.bucket[5] = 3;
	a.bucket[5] = 0xfffffffe;
	sum.count += 5;
	hist_delta(&sum, &a, &delta);
	assert_int_equal(delta.bucket[5], 5);
}

static void a_memo_adds_each_sample_once(void **state)
{
	struct hist now = {0}, total = {0}, all = {0};
	struct hist_memo *memo = NULL;
	unsigned seed = 99;

	(void)state;
	print_message("seed %u\n", seed);
	for (unsigned tick = 0; tick < 300; tick++) {
		if (tick % 100 == 99) /* the kernel's entry was begun anew */
			memset(&now, 0, sizeof(now));
		for (unsigned i = 0; i < tick % 5; i++) {
			uint64_t ns = (uint64_t)rand_r(&seed) << (rand_r(&seed) % 6);

			sample(&now, ns);
			sample(&all, ns);
		}
		/* An anew-begun histogram shows as such only while it has fewer samples. */
		assert_int_equal(hist_memo__advance(&memo, &now, &total), 0);
		assert_memory_equal(&total, &all, sizeof(all));
	}
	hist_memo__free(memo);
	hist_memo__free(NULL);
}

/* The count is read before the bucket it belongs to was written: the sample must not be lost. */
static void a_memo_waits_for_late_buckets(void **state)
{
	struct hist now = {.count = 1, .sum_ns = 5000, .max_ns = 5000}, total = {0};
	struct hist_memo *memo = NULL;

	(void)state;
	assert_int_equal(hist_memo__advance(&memo, &now, &total), 0);
	assert_int_equal(total.count, 1);
	assert_int_equal(hist_samples(&total), 0);
	now.bucket[hist_bucket(5000)] = 1;
	assert_int_equal(hist_memo__advance(&memo, &now, &total), 0);
	assert_int_equal(total.count, 1);
	assert_int_equal(hist_samples(&total), 1);
	hist_memo__free(memo);
}

static void sets_hold_what_was_used(void **state)
{
	struct hist_set *a = hist_set__new(), *b = hist_set__new();

	(void)state;
	assert_null(hist_set__at(a, HIST_SEND));
	assert_null(hist_set__at(NULL, HIST_SEND));
	sample(hist_set__use(a, HIST_SEND), 10000);
	sample(hist_set__use(b, HIST_SEND), 20000);
	sample(hist_set__use(b, HIST_RTT), 30000);
	assert_non_null(hist_set__use(b, HIST_CLOSE));
	assert_null(hist_set__at(b, HIST_CLOSE));
	hist_set__absorb(a, b);
	assert_int_equal(hist_set__at(a, HIST_SEND)->count, 2);
	assert_int_equal(hist_set__at(a, HIST_RTT)->count, 1);
	assert_null(hist_set__at(b, HIST_SEND));
	hist_set__free(a);
	hist_set__free(b);
	hist_set__free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_tile_the_range),
		cmocka_unit_test(every_duration_is_within_the_bound),
		cmocka_unit_test(outside_the_range),
		cmocka_unit_test(quantiles_agree_with_exact_ones),
		cmocka_unit_test(merging_and_delta_are_inverse),
		cmocka_unit_test(a_memo_adds_each_sample_once),
		cmocka_unit_test(a_memo_waits_for_late_buckets),
		cmocka_unit_test(sets_hold_what_was_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
