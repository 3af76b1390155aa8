/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What looks like a symptom of a link and is none, as it was met in recordings of the lab.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link_stage.h"

static const struct config_link feed = {.name = "rates", .feed = true};

/* A few customers now and then, half of whom abort: a look may have nothing but aborts. */
static void few_customers_may_abort(void **state)
{
	uint64_t seed = 31;
	struct stage stage;

	(void)state;
	stage__warm(&stage, NULL, &seed);
	for (unsigned i = 0; i < 600; i++) {
		unsigned closed = (unsigned)(3 * draw(&seed));

		stage__requests(&stage, &seed, 40, 1e-3, 0.3);
		stage.total.counter[PEER_ACCEPTED] += (unsigned)(3 * draw(&seed));
		stage.total.counter[PEER_SOCKETS_CLOSED] += closed;
		stage.total.counter[PEER_RESETS_RECEIVED] += draw_binomial(&seed, closed, 0.5);
		stage__tick(&stage);
		assert_int_equal(stage__raised(&stage), LINK_SYMPTOM_COUNT);
	}
	stage__end(&stage);
}

/*
 * One packet in a hundred comes a quarter of a second late, is sent again meanwhile, and reported
 * as a duplicate: the answers behind it are late, and nothing was lost.
 */
static void late_packets_are_no_loss(void **state)
{
	uint64_t seed = 32;
	struct stage stage;

	(void)state;
	stage__warm(&stage, NULL, &seed);
	for (unsigned i = 0; i < 120; i++) {
		stage__requests(&stage, &seed, 16, 1e-3, 0.3);
		stage__requests(&stage, &seed, 2, 0.25, 0.05);
		stage.total.counter[PEER_EPISODES] += 1;
		stage.total.counter[PEER_DSACKS_IN] += i > 0; /* often a look later */
		stage__tick(&stage);
		if (stage__raised(&stage) != LINK_SYMPTOM_COUNT)
			fail_msg("%s raised", link_symptom_signal(stage__raised(&stage)));
	}
	stage__end(&stage);
}

/* Tasks wait for a processor for @share of the second that comes. */
static void press(struct stage *stage, double share)
{
	struct reading *some_us = &stage->sample.host[HOST_CPU_SOME_US];

	*some_us = reading_of(some_us->value + 1e6 * share);
}

/* Now and then a few answers and reads wait for slices of others; a slow far end is told apart. */
static void a_busy_host_is_no_slow_peer(void **state)
{
	const struct symptom *symptom;
	uint64_t seed = 33;
	struct stage stage;

	(void)state;
	stage__warm(&stage, NULL, &seed);
	for (unsigned i = 0; i < 300; i++) {
		stage__requests(&stage, &seed, 34, 1e-3, 0.3);
		stage__requests(&stage, &seed, 6, 10e-3, 0.3);
		press(&stage, 0.9);
		stage__tick(&stage);
		if (i > 2 && stage__raised(&stage) != LINK_SYMPTOM_COUNT)
			fail_msg("%s raised", link_symptom_signal(stage__raised(&stage)));
	}
	for (unsigned i = 0; i < 3; i++) {
		stage__requests(&stage, &seed, 40, 30e-3, 0.1);
		press(&stage, 0.9);
		stage__tick(&stage);
	}
	symptom = stage__symptom(&stage, SYMPTOM_RESPONSE);
	assert_int_equal(symptom->state, SYMPTOM_RAISED);
	assert_true(symptom->value.value > 2 * symptom->baseline.value);
	stage__end(&stage);
}

/* Half of a link's answers take longer: what is told is a figure that moved. */
static void the_figure_told_is_one_that_moved(void **state)
{
	const struct symptom *symptom;
	uint64_t seed = 34;
	struct stage stage;

	(void)state;
	stage__warm(&stage, NULL, &seed);
	symptom = stage__symptom(&stage, SYMPTOM_RESPONSE);
	for (unsigned i = 0; i < 30 && symptom->state != SYMPTOM_RAISED; i++) {
		stage__requests(&stage, &seed, 26, 1e-3, 0.3);
		stage__requests(&stage, &seed, 14, 50e-3, 0.3);
		stage__tick(&stage);
	}
	assert_int_equal(symptom->state, SYMPTOM_RAISED);
	assert_true(symptom->value.value > 2 * symptom->baseline.value);
	stage__end(&stage);
}

/* The far kernel acknowledges each repetition and has no room: its application does not read. */
static void a_full_receiver_is_no_dead_way(void **state)
{
	uint64_t seed = 35;
	struct stage stage;

	(void)state;
	stage__warm(&stage, NULL, &seed);
	stage.total.alive = 1;
	for (unsigned i = 0; i < 6; i++) {
		stage.total.backing_off = 1;
		stage.total.stuck_small = 1;
		stage.total.unacked_ns = stage.sample.time_ns;
		stage.total.last_ack_ns = stage.sample.time_ns + STAGE_SECOND / 2;
		stage.total.counter[PEER_SEGMENTS_OUT] += 2;
		stage.total.counter[PEER_SEGMENTS_IN] += 2;
		stage__tick(&stage);
		assert_int_not_equal(stage__symptom(&stage, SYMPTOM_STUCK_SOCKETS)->state,
				     SYMPTOM_RAISED);
	}
	assert_int_equal(stage__symptom(&stage, SYMPTOM_WINDOW_THEIRS)->state, SYMPTOM_RAISED);
	stage__end(&stage);
}

/* Where a box turns us down, what is still heard are the far side's repetitions. */
static void what_is_turned_down_has_no_full_receiver(void **state)
{
	uint64_t seed = 37;
	struct stage stage;

	(void)state;
	stage__warm(&stage, NULL, &seed);
	stage.total.alive = 1;
	for (unsigned i = 0; i < 6; i++) {
		stage.total.backing_off = 1;
		stage.total.stuck_small = 1;
		stage.total.last_ack_ns = stage.sample.time_ns + STAGE_SECOND / 2;
		stage.total.counter[PEER_SEGMENTS_OUT] += 2;
		stage.total.counter[PEER_SEGMENTS_IN] += 2;
		stage.total.counter[PEER_ICMP_PROHIBITED] += 3;
		stage__tick(&stage);
	}
	assert_int_not_equal(stage__symptom(&stage, SYMPTOM_WINDOW_THEIRS)->state, SYMPTOM_RAISED);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_UNREACHABLE)->state, SYMPTOM_RAISED);
	stage__end(&stage);
}

/* The end of a connection that nobody acknowledges any more is nobody's loss; its data are. */
static void what_is_left_of_a_connection_is_no_trouble(void **state)
{
	uint64_t seed = 38;
	struct stage stage;

	(void)state;
	stage__warm(&stage, NULL, &seed);
	stage.total.alive = 0;
	stage.total.unacked_ns = stage.sample.time_ns;
	stage.total.unacked_bytes = 1;
	for (unsigned i = 0; i < 30; i++) {
		stage__tick(&stage);
		assert_int_not_equal(stage__symptom(&stage, SYMPTOM_ACK_MISSING)->state,
				     SYMPTOM_RAISED);
	}
	stage.total.unacked_bytes = 12400;
	stage__tick(&stage);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_ACK_MISSING)->state, SYMPTOM_RAISED);
	stage__end(&stage);
}

/* Many connects that go again for want of an answer lose no segment; a few of many may have. */
static void connects_that_go_again_are_no_loss(void **state)
{
	uint64_t seed = 39;
	struct stage stage;

	(void)state;
	stage__warm(&stage, NULL, &seed);
	for (unsigned i = 0; i < 10; i++) {
		stage__ordinary(&stage, &seed);
		stage.total.counter[PEER_RETRANS_SYN] += 8;
		stage.total.counter[PEER_EPISODES] += 8;
		stage__tick(&stage);
		assert_int_not_equal(stage__symptom(&stage, SYMPTOM_LOSS)->state, SYMPTOM_RAISED);
	}
	for (unsigned i = 0; i < 10; i++) {
		stage__ordinary(&stage, &seed);
		stage.total.counter[PEER_CONNECT_OK] += 20;
		stage.total.counter[PEER_RETRANS_SYN] += 2;
		stage.total.counter[PEER_EPISODES] += 2;
		stage__tick(&stage);
	}
	assert_int_equal(stage__symptom(&stage, SYMPTOM_LOSS)->state, SYMPTOM_RAISED);
	stage__end(&stage);
}

/* A feed that we seldom answer: two heartbeats that take a quarter of a second are enough, one is
 * not, and a packet that was late, and sent again for nothing, is not either. */
static void a_slow_way_is_told_by_few_round_trips(void **state)
{
	uint64_t seed = 40;
	struct stage stage;

	(void)state;
	stage__warm(&stage, &feed, &seed);
	for (unsigned i = 0; i < 6; i++) {
		stage__traffic(&stage, 1, 100);
		stage.total.srtt_us = i < 1 ? 33000 : 90000 + 40000 * i;
		stage.total.counter[PEER_DSACKS_IN] += 1;
		stage__time(&stage, HIST_RTT, 1e-6 * stage.total.srtt_us);
		stage__tick(&stage);
		if (i < 2)
			assert_int_not_equal(stage__symptom(&stage, SYMPTOM_RTT)->state,
					     SYMPTOM_RAISED);
	}
	assert_int_equal(stage__symptom(&stage, SYMPTOM_RTT)->state, SYMPTOM_RAISED);
	stage__end(&stage);
}

/* What goes silent before the link is learned is told as well, only later. */
static void silence_is_told_while_learning(void **state)
{
	uint64_t seed = 41;
	struct stage stage;

	(void)state;
	stage__begin(&stage, &feed);
	for (unsigned i = 0; i < 12; i++) {
		stage__ordinary(&stage, &seed);
		stage__tick(&stage);
	}
	assert_false(link_watch__learned(stage.watch));
	stage.total.pending = 1;
	stage.total.pending_ns = stage.sample.time_ns;
	for (unsigned i = 0; i < 8; i++) {
		stage__tick(&stage);
		assert_int_equal(stage__raised(&stage), LINK_SYMPTOM_COUNT);
	}
	for (unsigned i = 0; i < 4; i++)
		stage__tick(&stage);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_PENDING)->state, SYMPTOM_RAISED);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_SILENCE)->state, SYMPTOM_RAISED);
	stage__end(&stage);
}

/* Trouble in the first half minute costs the seconds that it lasts. */
static void trouble_at_the_start_is_left_out(void **state)
{
	uint64_t seed = 36;
	struct stage stage;

	(void)state;
	stage__begin(&stage, &feed);
	for (unsigned i = 0; i < 40; i++) {
		stage__ordinary(&stage, &seed);
		stage.learn = i < 10 || i >= 15;
		assert_true(i < 36 || link_watch__learned(stage.watch));
		stage__tick(&stage);
	}
	stage__end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_customers_may_abort),
		cmocka_unit_test(late_packets_are_no_loss),
		cmocka_unit_test(a_busy_host_is_no_slow_peer),
		cmocka_unit_test(the_figure_told_is_one_that_moved),
		cmocka_unit_test(a_full_receiver_is_no_dead_way),
		cmocka_unit_test(what_is_turned_down_has_no_full_receiver),
		cmocka_unit_test(what_is_left_of_a_connection_is_no_trouble),
		cmocka_unit_test(connects_that_go_again_are_no_loss),
		cmocka_unit_test(a_slow_way_is_told_by_few_round_trips),
		cmocka_unit_test(silence_is_told_while_learning),
		cmocka_unit_test(trouble_at_the_start_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
