/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wild inputs to a watched link: totals that go back or run over, times that jump, samples that
 * come twice.  Nothing that it says may be nonsense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "link_stage.h"

static const struct config_link feed = {.name = "rates", .feed = true};

/* Every reading of a symptom makes sense whatever came. */
static void check_sense(const struct stage *stage, uint64_t latest_ns)
{
	struct link_figures figures;

	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++) {
		const struct symptom *symptom = stage__symptom(stage, i);

		assert_true(symptom->state <= SYMPTOM_RAISED);
		assert_true(isfinite(symptom->value.value) && symptom->value.value >= 0);
		assert_true(isfinite(symptom->baseline.value) && symptom->baseline.value >= 0);
		assert_true(isfinite(symptom->strength) && symptom->strength >= 0);
		assert_true(symptom->began_ns <= latest_ns);
	}
	link_watch__figures(stage->watch, &figures);
	for (unsigned i = 0; i < LINK_FIGURE_COUNT; i++) {
		assert_true(isfinite(figures.figure[i].now.value));
		assert_true(isfinite(figures.figure[i].normal.value));
	}
}

static void wild_inputs_make_no_nonsense(void **state)
{
	uint64_t seed = 14, latest_ns = 0;
	struct stage stage;

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	stage__warm(&stage, &feed, &seed);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned what = (unsigned)(draw(&seed) * 12);
		unsigned counter = (unsigned)(draw(&seed) * PEER_COUNTER_COUNT);

		if (what == 0)
			stage.total.counter[counter] = 0; /* went back */
		else if (what == 1)
			stage.total.counter[counter] +=
				draw_bits(&seed) >> (1 + draw_bits(&seed) % 60);
		else if (what == 2)
			stage.sample.time_ns -= 2 * STAGE_SECOND; /* late, or doubled */
		else if (what == 3)
			stage.sample.time_ns += 3600 * STAGE_SECOND;
		else if (what == 4)
			stage.sample.wall.tv_sec += 3600 - (long)(7200 * draw(&seed));
		else if (what == 5)
			stage.total.last_data_ns = draw_bits(&seed) >> 20;
		else if (what == 6)
			stage.total.unread_ns = stage.total.pending_ns = draw_bits(&seed) >> 20;
		else if (what == 7)
			stage.total.alive = stage.total.backing_off =
				(uint32_t)draw_bits(&seed) >> 28;
		else if (what == 8)
			stage.link.sockets = draw_bits(&seed) >> 62;
		else if (what == 9)
			stage__time(&stage, (unsigned)(draw(&seed) * HIST_OPERATION_COUNT),
				    exp(40 * draw(&seed) - 20));
		else
			stage__ordinary(&stage, &seed);
		stage__tick(&stage);
		if (stage.sample.time_ns > latest_ns)
			latest_ns = stage.sample.time_ns;
		check_sense(&stage, latest_ns);
	}
	stage__end(&stage);
}

/* A sample that comes twice or late changes nothing. */
static void old_samples_are_passed_over(void **state)
{
	uint64_t seed = 15;
	struct stage stage;
	json_t *before, *after;

	(void)state;
	stage__warm(&stage, &feed, &seed);
	before = link_watch__save(stage.watch);
	stage.total.counter[PEER_EPISODES] += 1000;
	for (unsigned i = 0; i < 5; i++) {
		stage.sample.time_ns -= STAGE_SECOND;
		stage__tick(&stage); /* to the same time again */
		stage.sample.time_ns -= STAGE_SECOND;
		link_watch__take(stage.watch, &stage.link, &stage.sample, stage.threshold, true);
		stage.sample.time_ns += STAGE_SECOND;
	}
	after = link_watch__save(stage.watch);
	assert_true(json_equal(before, after));
	assert_int_equal(stage__raised(&stage), LINK_SYMPTOM_COUNT);
	json_decref(before);
	json_decref(after);
	stage__end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wild_inputs_make_no_nonsense),
		cmocka_unit_test(old_samples_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
