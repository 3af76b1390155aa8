/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sequential test against its theory: the run length to a false alarm, on independent units,
 * on bursts that are counted once and on bursts that are not.
 *
 * Three numbers are held against what is measured.  Lorden's e^h is a bound: it must not be broken.
 * The run length itself follows from the Markov chain of the statistic (Brook and Evans, Biometrika
 * 59, 1972), and what is measured must be within a factor of two of that.  Siegmund's approximation
 * ("Sequential Analysis", 1985, section II.6: (e^b - b - 1) / |drift|, b the threshold and the mean
 * overshoot) is for a walk that looks after each unit: it holds as well while a look brings few.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "judge/cusum.h"
#include "judge/shift.h"
#include "link_stage.h"

#define RUNS   500
#define STATES 400 /* of the chain */

static const struct cusum_design loss = {.p0 = 0.001, .p1 = 0.02, .threshold = 7.6, .rise = 100};

/* What one look brings; *state is the seed, *bad whether the burst goes on. */
typedef double draw_look(uint64_t *state, bool *bad, unsigned n);

static double mean_run(const struct cusum_design *design, uint64_t seed, draw_look *look,
		       unsigned n)
{
	double looks = 0;

	for (unsigned run = 0; run < RUNS; run++) {
		struct cusum cusum;
		uint64_t now_ns = STAGE_BEGIN_NS;
		bool bad = false;

		cusum__begin(&cusum, now_ns);
		do {
			looks++;
			now_ns += STAGE_SECOND;
		} while (!cusum__take(&cusum, design, look(&seed, &bad, n), n, now_ns));
	}
	return looks / RUNS;
}

/*
 * Siegmund's approximation in looks.  The mean overshoot of a walk whose upward steps are of one
 * size s and downward ones small is some s/2 less what the last step lacked; by renewal theory
 * E exp(-overshoot) = (1 - e^-s)/s, so that b = h - ln of it.
 */
static double siegmund(const struct cusum_design *design, double n)
{
	double up = cusum_gain(design, 1, 1), down = cusum_gain(design, 0, 1);
	double drift = n * (design->p0 * up + (1 - design->p0) * down);
	double b = design->threshold - log((1 - exp(-up)) / up);

	return (exp(b) - b - 1) / fabs(drift);
}

/* Of k of n units, n p not too large; stops where nothing is left. */
static unsigned binomial_shares(unsigned n, double p, double *share, unsigned most)
{
	double left = 1;
	unsigned k;

	share[0] = exp(n * log1p(-p));
	for (k = 0; k + 1 < most && k < n && left > 1e-15; k++) {
		left -= share[k];
		share[k + 1] = share[k] * (n - k) / (k + 1) * p / (1 - p);
	}
	return k + 1;
}

/* Solves (1 - Q) a = 1 for the chain's mean steps to the threshold, from nought. */
static double brook_evans(const struct cusum_design *design, unsigned n)
{
	static double matrix[STATES][STATES + 1];
	double share[64], step = design->threshold / STATES;
	unsigned most = binomial_shares(n, design->p0, share, 64);

	for (unsigned i = 0; i < STATES; i++) {
		memset(matrix[i], 0, sizeof(matrix[i]));
		matrix[i][i] = 1;
		matrix[i][STATES] = 1;
		for (unsigned k = 0; k < most; k++) {
			double to = i * step + cusum_gain(design, k, n);
			unsigned state = to <= 0 ? 0 : (unsigned)(to / step + 0.5);

			if (state < STATES)
				matrix[i][state] -= share[k];
		}
	}
	for (unsigned i = STATES; i-- > 1;) { /* the matrix is dominated by its diagonal */
		for (unsigned row = 0; row < i; row++) {
			double factor = matrix[row][i] / matrix[i][i];

			if (factor == 0)
				continue;
			for (unsigned column = 0; column < i; column++)
				matrix[row][column] -= factor * matrix[i][column];
			matrix[row][STATES] -= factor * matrix[i][STATES];
		}
	}
	return matrix[0][STATES] / matrix[0][0];
}

static double independent(uint64_t *state, bool *bad, unsigned n)
{
	(void)bad;
	return draw_binomial(state, n, loss.p0);
}

/*
 * Gilbert and Elliott's channel: everything is lost in the bad state.  Bursts of a mean length of
 * two begin so often that the share of lost packets is p0.
 */
#define LEAVE_BAD 0.5
static unsigned gilbert(uint64_t *state, bool *bad, unsigned n, unsigned *episodes)
{
	double enter = loss.p0 * LEAVE_BAD / (1 - loss.p0);
	unsigned packets = 0;

	*episodes = 0;
	for (unsigned i = 0; i < n; i++) {
		if (*bad && draw(state) < LEAVE_BAD) {
			*bad = false;
		} else if (!*bad && draw(state) < enter) {
			*bad = true;
			++*episodes;
		}
		packets += *bad;
	}
	return packets;
}

static double packets_of_bursts(uint64_t *state, bool *bad, unsigned n)
{
	unsigned episodes;

	return gilbert(state, bad, n, &episodes);
}

static double episodes_of_bursts(uint64_t *state, bool *bad, unsigned n)
{
	unsigned episodes;

	gilbert(state, bad, n, &episodes);
	return episodes;
}

static void run_length_is_what_theory_says(void **state)
{
	static const unsigned units[] = {5, 20, 100, 500};
	uint64_t seed = 20261122;

	(void)state;
	print_message("# seed %llu, h %.1f, %u runs each\n", (unsigned long long)seed,
		      loss.threshold, RUNS);
	for (unsigned i = 0; i < 4; i++) {
		double expected = brook_evans(&loss, units[i]);
		double measured = mean_run(&loss, seed + i, independent, units[i]);

		print_message(
			"# %3u units a look: false alarm after %.0f looks, Markov chain %.0f, "
			"Siegmund %.0f, Lorden's bound %.0f\n",
			units[i], measured, expected, siegmund(&loss, units[i]),
			exp(loss.threshold));
		assert_true(measured >= exp(loss.threshold));
		assert_true(measured < 2 * expected);
		assert_true(measured > expected / 2);
		if (units[i] <= 20) {
			assert_true(measured < 2 * siegmund(&loss, units[i]));
			assert_true(measured > siegmund(&loss, units[i]) / 2);
		}
	}
}

static void bursts_are_harmless_when_counted_once(void **state)
{
	struct cusum_design design = loss;
	uint64_t seed = 4242;
	double packets, episodes, expected;

	(void)state;
	packets = mean_run(&design, seed, packets_of_bursts, 100);
	/* Half as many episodes as packets are lost: that is the share of episodes of a link. */
	design.p0 = loss.p0 / 2;
	design.p1 = loss.p1 / 2;
	episodes = mean_run(&design, seed, episodes_of_bursts, 100);
	expected = brook_evans(&design, 100);
	print_message("# seed %llu: bursts of mean length two: false alarm after %.0f looks with "
		      "episodes (Markov chain %.0f), %.0f with packets\n",
		      (unsigned long long)seed, episodes, expected, packets);
	assert_true(episodes >= exp(design.threshold));
	assert_true(episodes < 2 * expected);
	assert_true(episodes > expected / 2);
	assert_true(packets < episodes / 5);
}

static void a_second_brings_no_more_than_its_part(void **state)
{
	struct cusum_design design = {.p0 = 0.01, .p1 = 0.5, .threshold = 20, .rise = 0.4};
	uint64_t now_ns = STAGE_BEGIN_NS;
	struct cusum cusum;
	unsigned looks = 0;

	(void)state;
	cusum__begin(&cusum, now_ns);
	for (unsigned i = 0; i < 10; i++) /* ten looks in one instant */
		assert_false(cusum__take(&cusum, &design, 100, 100, now_ns));
	assert_true(fabs(cusum.statistic - 8) < 1e-9);
	do {
		looks++;
		now_ns += STAGE_SECOND;
	} while (!cusum__take(&cusum, &design, 100, 100, now_ns));
	assert_int_equal(looks, 2);
	for (unsigned i = 0; i < 1000; i++)
		cusum__take(&cusum, &design, 100, 100, now_ns += STAGE_SECOND);
	assert_true(cusum.statistic <= CUSUM_CAP * design.threshold);
	assert_true(cusum.zero_ns == STAGE_BEGIN_NS);
}

static void nonsense_adds_nothing(void **state)
{
	static const struct cusum_design designs[] = {
		{.p0 = 0, .p1 = 0.5, .threshold = 5, .rise = 1},
		{.p0 = 0.1, .p1 = 1, .threshold = 5, .rise = 1},
		{.p0 = NAN, .p1 = 0.5, .threshold = 5, .rise = 1},
	};
	struct cusum_design design = {.p0 = 0.1, .p1 = 0.5, .threshold = 5, .rise = 1};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(cusum_gain(&designs[i], 1, 2) == 0);
	assert_true(cusum_gain(&design, 1, 0) == 0);
	assert_true(cusum_gain(&design, 1, -3) == 0);
	assert_true(cusum_gain(&design, -1, 3) == 0);
	assert_true(cusum_gain(&design, NAN, 3) == 0);
	assert_true(cusum_gain(&design, 1, INFINITY) == 0);
	assert_true(cusum_gain(&design, 9, 3) == cusum_gain(&design, 3, 3));
}

/* The mirrored test: over is told soon when it is over, and not before. */
static void what_is_over_is_told(void **state)
{
	struct cusum_design design = {.p0 = 2e-5, .p1 = 0.005, .threshold = 20.3, .rise = 0.75};
	uint64_t seed = 77, now_ns = STAGE_BEGIN_NS, back_ns;
	double fade = exp(-1 / RECENT_S);
	struct shift shift = {};

	(void)state;
	while (!shift__take(&shift, &design, draw_binomial(&seed, 200, 0.01), 200, now_ns, fade))
		now_ns += STAGE_SECOND;
	assert_true(shift.began_ns < now_ns);
	for (unsigned i = 0; i < 3600; i++) {
		now_ns += STAGE_SECOND;
		assert_true(shift__take(&shift, &design, draw_binomial(&seed, 200, 0.01), 200,
					now_ns, fade));
	}
	for (unsigned i = 0; i < 3600; i++) /* no traffic says nothing */
		assert_true(shift__take(&shift, &design, 0, 0, now_ns += STAGE_SECOND, fade));
	back_ns = now_ns;
	while (shift__take(&shift, &design, 0, 200, now_ns, fade))
		now_ns += STAGE_SECOND;
	print_message("# normal again after %.0f s of 200 segments\n",
		      (double)(now_ns - back_ns) / 1e9);
	assert_true(now_ns - back_ns < 15 * STAGE_SECOND);
	assert_true(now_ns - back_ns >= STAGE_SECOND);
}

static void thresholds_follow_the_budget(void **state)
{
	double nats = threshold_nats(1.0 / 30, 1, 8);
	double tests = 8.0 * LINK_SYMPTOM_COUNT * 86400;

	(void)state;
	assert_true(fabs(tests * exp(-nats) - 1.0 / 30) < 1e-9);
	assert_true(threshold_nats(1.0 / 30, 1, 800) > nats);
	assert_true(threshold_nats(1, 1, 8) < nats);
	assert_true(threshold_nats(1.0 / 30, 10, 8) < nats);
	assert_true(isfinite(threshold_nats(0, 0, 0)));
	assert_true(isfinite(threshold_nats(-1, NAN, 1)));
	assert_true(isfinite(threshold_nats(INFINITY, 1, SIZE_MAX)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_length_is_what_theory_says),
		cmocka_unit_test(bursts_are_harmless_when_counted_once),
		cmocka_unit_test(a_second_brings_no_more_than_its_part),
		cmocka_unit_test(nonsense_adds_nothing),
		cmocka_unit_test(what_is_over_is_told),
		cmocka_unit_test(thresholds_follow_the_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
