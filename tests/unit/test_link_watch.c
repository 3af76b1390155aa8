/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The symptoms of a link one by one: what raises each, what looks like it and must not, what ends
 * it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "link_stage.h"

static const struct config_link feed = {.name = "rates", .feed = true};

/* Counters that grow by so much in each second, beside ordinary traffic. */
struct growth {
	enum peer_counter counter;
	unsigned by;
};

/* Seconds until @symptom is raised, at most @most; then 0. */
static unsigned raised_after(struct stage *stage, uint64_t *seed, const struct growth *growth,
			     size_t growths, bool traffic, enum link_symptom symptom, unsigned most)
{
	for (unsigned i = 1; i <= most; i++) {
		if (traffic)
			stage__ordinary(stage, seed);
		for (size_t j = 0; j < growths; j++)
			stage->total.counter[growth[j].counter] += growth[j].by;
		stage__tick(stage);
		if (stage__symptom(stage, symptom)->state == SYMPTOM_RAISED)
			return i;
	}
	return 0;
}

struct counted {
	enum link_symptom symptom;
	struct growth growth[3];
	bool traffic;
	unsigned within_s;
	bool hard;
};

static void counters_raise_their_symptom(void **state)
{
	static const struct counted cases[] = {
		{SYMPTOM_LOSS, {{PEER_EPISODES, 3}}, true, 4, false},
		{SYMPTOM_LOSS_IN, {{PEER_OUT_OF_ORDER_IN, 4}}, true, 4, false},
		{SYMPTOM_REORDER, {{PEER_REORDERED, 30}}, true, 4, false},
		{SYMPTOM_CHECKSUM, {{PEER_BAD_CHECKSUMS, 2}}, true, 4, false},
		{SYMPTOM_RESETS_IN,
		 {{PEER_RESETS_RECEIVED, 3}, {PEER_SOCKETS_CLOSED, 3}},
		 true,
		 4,
		 false},
		{SYMPTOM_RESETS_ODD,
		 {{PEER_RESETS_RECEIVED, 1}, {PEER_RESETS_ODD_TTL, 1}},
		 true,
		 2,
		 true},
		{SYMPTOM_RESETS_OUT,
		 {{PEER_RESETS_SENT, 4}, {PEER_CLOSED_UNREAD, 4}, {PEER_SOCKETS_CLOSED, 4}},
		 true,
		 4,
		 false},
		{SYMPTOM_REFUSED, {{PEER_CONNECT_REFUSED, 4}}, false, 1, true},
		{SYMPTOM_UNANSWERED, {{PEER_RETRANS_SYN, 4}}, false, 1, true},
		{SYMPTOM_UNREACHABLE, {{PEER_CONNECT_UNREACHABLE, 2}}, false, 2, true},
		{SYMPTOM_UNREACHABLE, {{PEER_ICMP_PROHIBITED, 2}}, false, 2, true},
		{SYMPTOM_LOCAL_FAILURE,
		 {{PEER_CONNECT_UNSENT, 2}, {PEER_CONNECT_LOCAL_ERROR, 2}},
		 false,
		 2,
		 true},
		{SYMPTOM_WINDOW_THEIRS, {{PEER_RWND_LIMITED_US, 900000}}, true, 3, false},
		{SYMPTOM_WINDOW_OURS, {{PEER_ZERO_WINDOW_OURS, 1}}, true, 10, false},
		{SYMPTOM_NO_DESCRIPTORS, {{PEER_ERROR_EMFILE, 5}}, true, 1, true},
		{SYMPTOM_NO_PORTS, {{PEER_ERROR_EADDRNOTAVAIL, 5}}, true, 1, true},
		{SYMPTOM_NO_ROUTE, {{PEER_ERROR_ENETUNREACH, 5}}, false, 1, true},
		{SYMPTOM_NO_MEMORY, {{PEER_ERROR_ENOBUFS, 5}}, true, 1, true},
		{SYMPTOM_DATAGRAM_DROPS,
		 {{PEER_DATAGRAMS_IN, 200}, {PEER_DATAGRAMS_DROPPED, 20}},
		 true,
		 3,
		 false},
	};
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct counted *this = &cases[i];
		const struct symptom *symptom;
		struct stage stage;
		unsigned after, over;

		stage__warm(&stage, &feed, &seed);
		after = raised_after(&stage, &seed, this->growth, 3, this->traffic, this->symptom,
				     this->within_s);
		symptom = stage__symptom(&stage, this->symptom);
		if (!after)
			fail_msg("%s not raised within %u s", link_symptom_signal(this->symptom),
				 this->within_s);
		assert_int_equal(symptom->hard, this->hard);
		assert_true(symptom->value.known);
		assert_true(symptom->strength >= stage.threshold);
		assert_true(symptom->began_ns <= symptom->raised_ns);
		assert_true(symptom->raised_ns == stage.sample.time_ns);
		assert_true(symptom->last_ns == stage.sample.time_ns);
		for (over = 0; over < 300 && symptom->state == SYMPTOM_RAISED; over++) {
			stage__ordinary(&stage, &seed);
			stage__tick(&stage);
		}
		print_message("# %-20s raised after %u s, over after %u s\n",
			      link_symptom_signal(this->symptom), after, over);
		assert_true(over < 300);
		stage__end(&stage);
	}
}

/* One event, of any kind and size, in one look is no symptom. */
static void single_events_raise_nothing(void **state)
{
	static const struct growth events[] = {
		{PEER_EPISODES, 1},	     {PEER_EPISODES, 20},
		{PEER_OUT_OF_ORDER_IN, 60},  {PEER_BAD_CHECKSUMS, 1},
		{PEER_RESETS_RECEIVED, 1},   {PEER_RESETS_SENT, 80},
		{PEER_CONNECT_REFUSED, 1},   {PEER_RETRANS_SYN, 100},
		{PEER_ZERO_WINDOW_OURS, 1},  {PEER_ERROR_EMFILE, 1},
		{PEER_ERROR_ENOBUFS, 2},     {PEER_DATAGRAMS_DROPPED, 50},
		{PEER_EPISODES_SPURIOUS, 5}, {PEER_RETRANS_TLP, 30},
		{PEER_RETRANS_FAST, 3},
	};
	uint64_t seed = 2;

	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		struct stage stage;

		stage__warm(&stage, &feed, &seed);
		stage.total.counter[events[i].counter] += events[i].by;
		for (unsigned j = 0; j < 20; j++) {
			stage__ordinary(&stage, &seed);
			stage__tick(&stage);
			if (stage__raised(&stage) != LINK_SYMPTOM_COUNT)
				fail_msg("event %zu raised %s", i,
					 link_symptom_signal(stage__raised(&stage)));
		}
		stage__end(&stage);
	}
}

/* Customers who abort, our own resets in a wave, probes and spurious retransmits for a minute. */
static void decoys_raise_nothing(void **state)
{
	uint64_t seed = 3;
	struct stage stage;

	(void)state;
	stage__warm(&stage, NULL, &seed);
	for (unsigned i = 0; i < 60; i++) {
		unsigned aborted = draw_binomial(&seed, 10, 0.6);

		stage__ordinary(&stage, &seed);
		stage.total.counter[PEER_ACCEPTED] += 10;
		stage.total.counter[PEER_SOCKETS_CLOSED] += 10;
		stage.total.counter[PEER_RESETS_RECEIVED] += aborted < 10 ? aborted : 8;
		stage.total.counter[PEER_RETRANS_TLP] += 2;
		stage.total.counter[PEER_EPISODES_SPURIOUS] += i % 10 == 0;
		stage.total.counter[PEER_DSACKS_IN] += i % 10 == 0;
		stage.total.counter[PEER_RESETS_SENT] += i < 5 ? 16 : 0;
		stage__tick(&stage);
		if (stage__raised(&stage) != LINK_SYMPTOM_COUNT)
			fail_msg("%s raised", link_symptom_signal(stage__raised(&stage)));
	}
	stage__end(&stage);
}

/* From two hundred updates a second to a heartbeat each second; then nothing at all. */
static void a_quiet_market_is_not_silence(void **state)
{
	uint64_t seed = 4;
	struct stage stage;
	unsigned i;

	(void)state;
	stage__warm(&stage, &feed, &seed);
	for (i = 0; i < 600; i++) {
		stage__traffic(&stage, 0, 1);
		stage.total.last_data_ns = stage.sample.time_ns + STAGE_SECOND / 100;
		stage__time(&stage, HIST_GAP, 1.0);
		stage__tick(&stage);
		assert_int_equal(stage__raised(&stage), LINK_SYMPTOM_COUNT);
	}
	for (i = 0; i < 10 && stage__raised(&stage) == LINK_SYMPTOM_COUNT; i++)
		stage__tick(&stage);
	assert_int_equal(stage__raised(&stage), SYMPTOM_SILENCE);
	stage__end(&stage);
}

static void silence_needs_a_connection_and_a_session(void **state)
{
	struct session_window night = {
		.days = 0x7f, .begin_minute = 0, .end_minute = 1, .zone = "UTC"};
	struct config_link outside = feed, quick = feed;
	uint64_t seed = 5;
	struct stage stage;

	(void)state;
	stage__warm(&stage, &feed, &seed);
	stage.link.sockets = 0;
	for (unsigned i = 0; i < 20; i++)
		stage__tick(&stage);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_SILENCE)->state, SYMPTOM_NOT_OBSERVED);
	stage__end(&stage);

	outside.session = &night;
	stage__warm(&stage, &outside, &seed);
	assert_false(link_watch__in_session(stage.watch));
	for (unsigned i = 0; i < 20; i++)
		stage__tick(&stage);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_SILENCE)->state, SYMPTOM_NOT_OBSERVED);
	stage__end(&stage);

	quick.silence_after_ns = STAGE_SECOND / 2;
	stage__warm(&stage, &quick, &seed);
	stage__tick(&stage);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_SILENCE)->state, SYMPTOM_RAISED);
	stage__end(&stage);
}

/* A multicast feed has no sockets that are counted, and is silent all the same. */
static void datagrams_fall_silent(void **state)
{
	uint64_t seed = 16;
	struct stage stage;

	(void)state;
	stage__begin(&stage, &feed);
	stage.link.sockets = 0;
	for (unsigned i = 0; i < STAGE_WARM_S + 10; i++) {
		if (i < STAGE_WARM_S) {
			stage.total.counter[PEER_DATAGRAMS_IN] += 100;
			stage.total.last_data_ns = stage.sample.time_ns + STAGE_SECOND - 1;
			for (unsigned j = 0; j < 100; j++)
				stage__time(&stage, HIST_GAP, 10e-3 * (0.6 + 0.8 * draw(&seed)));
		}
		stage__tick(&stage);
		if (i < STAGE_WARM_S)
			assert_int_equal(stage__raised(&stage), LINK_SYMPTOM_COUNT);
	}
	assert_int_equal(stage__symptom(&stage, SYMPTOM_SILENCE)->state, SYMPTOM_RAISED);
	stage__end(&stage);
}

static void waits_raise_their_symptom(void **state)
{
	uint64_t seed = 6, since_ns;
	struct stage stage;

	(void)state;
	stage__warm(&stage, &feed, &seed);
	since_ns = stage.sample.time_ns + 1;
	stage.total.unread_ns = stage.total.pending_ns = stage.total.unacked_ns = since_ns;
	stage.total.connecting_ns = since_ns;
	stage.total.unread_bytes = stage.total.unacked_bytes = 1000;
	stage.total.backing_off = stage.total.stuck_full_size = 2;
	stage__tick(&stage);
	assert_int_equal(stage__raised(&stage), LINK_SYMPTOM_COUNT);
	for (unsigned i = 0; i < 3; i++)
		stage__tick(&stage);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_UNREAD)->state, SYMPTOM_RAISED);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_PENDING)->state, SYMPTOM_RAISED);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_ACK_MISSING)->state, SYMPTOM_RAISED);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_UNANSWERED)->state, SYMPTOM_RAISED);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_STUCK_SOCKETS)->state, SYMPTOM_RAISED);
	assert_true(stage__symptom(&stage, SYMPTOM_UNREAD)->began_ns == since_ns);
	/* Gauges that nobody read are no sign that it is over. */
	stage.link.gauges_known = false;
	stage.total.unread_ns = 0;
	for (unsigned i = 0; i < 10; i++)
		stage__tick(&stage);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_UNREAD)->state, SYMPTOM_RAISED);
	assert_true(stage__symptom(&stage, SYMPTOM_UNREAD)->last_ns <
		    stage.sample.time_ns - 9 * STAGE_SECOND);
	stage.link.gauges_known = true;
	for (unsigned i = 0; i < 4; i++)
		stage__tick(&stage);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_UNREAD)->state, SYMPTOM_NORMAL);
	stage__end(&stage);
}

/* Full segments die, short ones are acknowledged. */
static void a_short_line_is_told_from_a_dead_one(void **state)
{
	uint64_t seed = 7;
	struct stage stage;

	(void)state;
	for (unsigned dead = 0; dead < 2; dead++) {
		stage__warm(&stage, &feed, &seed);
		stage.total.backing_off = stage.total.stuck_full_size = 1;
		for (unsigned i = 0; i < 5; i++) {
			if (!dead)
				stage__traffic(&stage, 10, 10);
			stage__tick(&stage);
		}
		assert_int_equal(stage__symptom(&stage, SYMPTOM_LOSS_FULL)->state,
				 dead ? SYMPTOM_NORMAL : SYMPTOM_RAISED);
		stage__end(&stage);
	}
}

static void lists_of_the_sample_are_looked_at(void **state)
{
	struct drop_sample drops[] = {{.link = "rates", .reason = "NETFILTER_DROP"},
				      {.link = "other", .reason = "NETFILTER_DROP", .packets = 500},
				      {.link = NULL, .reason = "NETFILTER_DROP", .packets = 500},
				      {.link = "rates", .reason = "TCP_OLD_DATA", .packets = 500}};
	struct listener_sample listener = {.port = 8080, .queued = 129, .limit = 128};
	struct way_sample way = {.link = "rates"};
	uint16_t port = 8080;
	struct config_link server = {.name = "rates", .local_ports = &port, .local_port_count = 1};
	uint64_t seed = 8;
	struct stage stage;

	(void)state;
	stage__warm(&stage, &server, &seed);
	stage.sample.drops = drops;
	stage.sample.drop_count = 4;
	stage.sample.listeners = &listener;
	stage.sample.listener_count = 1;
	stage.link.way = &way;
	stage__tick(&stage);
	assert_int_equal(stage__raised(&stage), LINK_SYMPTOM_COUNT);
	drops[1].packets = drops[2].packets = drops[3].packets = 1000;
	stage__tick(&stage);
	assert_int_equal(stage__raised(&stage), SYMPTOM_ACCEPT_QUEUE);
	drops[0].packets = 4;
	way.unroutable = true;
	stage__tick(&stage);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_DROPS_OWN)->state, SYMPTOM_RAISED);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_NO_ROUTE)->state, SYMPTOM_RAISED);
	way.unroutable = false;
	listener.queued = 0;
	for (unsigned i = 0; i < 5; i++)
		stage__tick(&stage);
	assert_int_equal(stage__raised(&stage), LINK_SYMPTOM_COUNT);
	stage__end(&stage);
}

/* What no hook tells of is not normal. */
static void blind_is_not_normal(void **state)
{
	uint64_t seed = 9;
	struct stage stage;

	(void)state;
	stage__warm(&stage, &feed, &seed);
	memset(stage.sample.sensor.counter_known, 0, sizeof(stage.sample.sensor.counter_known));
	stage.sample.sensor.operations = 0;
	stage.sample.drops_known = false;
	stage.link.gauges_known = false;
	stage__ordinary(&stage, &seed);
	stage__tick(&stage);
	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++) {
		if (i != SYMPTOM_SILENCE) /* the time of the last byte is always known */
			assert_int_equal(stage__symptom(&stage, i)->state, SYMPTOM_NOT_OBSERVED);
	}
	stage__end(&stage);
}

static void hard_faults_need_no_learning(void **state)
{
	struct growth refused = {PEER_CONNECT_REFUSED, 4};
	uint64_t seed = 10;
	struct stage stage;

	(void)state;
	stage__begin(&stage, &feed);
	assert_int_equal(raised_after(&stage, &seed, &refused, 1, false, SYMPTOM_REFUSED, 1), 1);
	stage__ordinary(&stage, &seed);
	stage__tick(&stage);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_REFUSED)->state, SYMPTOM_LEARNING);
	assert_int_equal(stage__symptom(&stage, SYMPTOM_LOSS)->state, SYMPTOM_LEARNING);
	stage__end(&stage);
}

/* A fault that lasts for hours does not become normal, whatever is said of learning. */
static void a_fault_is_not_learned(void **state)
{
	uint64_t seed = 11;
	struct stage stage;

	(void)state;
	stage__warm(&stage, &feed, &seed);
	for (unsigned i = 0; i < 4 * 3600; i++) {
		stage__requests(&stage, &seed, 40, 3e-3, 0.3);
		stage__tick(&stage);
		stage.learn = i < 1800;
	}
	assert_int_equal(stage__symptom(&stage, SYMPTOM_RESPONSE)->state, SYMPTOM_RAISED);
	assert_true(fabs(stage__symptom(&stage, SYMPTOM_RESPONSE)->baseline.value - 1e-3) < 1e-4);
	assert_true(fabs(stage__symptom(&stage, SYMPTOM_RESPONSE)->value.value - 3e-3) < 3e-4);
	stage__end(&stage);
}

static void baselines_survive_a_restart(void **state)
{
	uint64_t seed = 12;
	struct stage before, after;
	struct link_figures figures;
	json_t *saved, *again, *slots;

	(void)state;
	stage__warm(&before, &feed, &seed);
	saved = link_watch__save(before.watch);
	assert_non_null(saved);
	stage__begin(&after, &feed);
	assert_false(link_watch__learned(after.watch));
	assert_int_equal(link_watch__restore(after.watch, saved), 0);
	assert_true(link_watch__learned(after.watch));
	again = link_watch__save(after.watch);
	assert_true(json_equal(saved, again));
	for (unsigned i = 0; i < 4; i++) {
		stage__requests(&after, &seed, 40, 2.5e-3, 0.3);
		stage__tick(&after);
	}
	assert_int_equal(stage__symptom(&after, SYMPTOM_RESPONSE)->state, SYMPTOM_RAISED);
	link_watch__figures(after.watch, &figures);
	assert_true(figures.figure[FIGURE_RESPONSE_P50].normal.value < 1.2e-3);
	assert_true(figures.figure[FIGURE_RESPONSE_P50].now.value > 2e-3);
	/* Damaged: nothing is taken. */
	slots = json_object_get(saved, "slots");
	json_object_set_new(json_array_get(slots, 0), "traffic_s", json_string("long"));
	assert_int_equal(link_watch__restore(after.watch, saved), -EINVAL);
	json_array_clear(slots);
	assert_int_equal(link_watch__restore(after.watch, saved), -EINVAL);
	json_decref(again);
	again = json_integer(7);
	assert_int_equal(link_watch__restore(after.watch, again), -EINVAL);
	assert_true(link_watch__learned(after.watch));
	json_decref(again);
	json_decref(saved);
	stage__end(&before);
	stage__end(&after);
}

static void figures_are_of_the_last_ten_seconds(void **state)
{
	uint64_t seed = 13;
	struct stage stage;
	struct link_figures figures;

	(void)state;
	stage__begin(&stage, &feed);
	link_watch__figures(stage.watch, &figures);
	assert_false(figures.figure[FIGURE_RESPONSE_P50].now.known);
	assert_false(figures.figure[FIGURE_RETRANSMITS].now.known);
	for (unsigned i = 0; i < 60; i++) {
		stage__requests(&stage, &seed, i < 45 ? 1000 : 50, i < 45 ? 1e-3 : 4e-3, 0.1);
		stage__tick(&stage);
	}
	link_watch__figures(stage.watch, &figures);
	assert_true(fabs(figures.figure[FIGURE_REQUESTS].now.value - 50) < 10);
	assert_true(fabs(figures.figure[FIGURE_RESPONSE_P50].now.value - 4e-3) < 0.4e-3);
	assert_true(fabs(figures.figure[FIGURE_RESPONSE_P50].normal.value - 1e-3) < 0.1e-3);
	assert_true(figures.figure[FIGURE_RETRANSMITS].now.value == 0);
	assert_true(figures.figure[FIGURE_SILENCE].now.value < 0.1);
	stage__end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_raise_their_symptom),
		cmocka_unit_test(single_events_raise_nothing),
		cmocka_unit_test(decoys_raise_nothing),
		cmocka_unit_test(a_quiet_market_is_not_silence),
		cmocka_unit_test(silence_needs_a_connection_and_a_session),
		cmocka_unit_test(datagrams_fall_silent),
		cmocka_unit_test(waits_raise_their_symptom),
		cmocka_unit_test(a_short_line_is_told_from_a_dead_one),
		cmocka_unit_test(lists_of_the_sample_are_looked_at),
		cmocka_unit_test(blind_is_not_normal),
		cmocka_unit_test(hard_faults_need_no_learning),
		cmocka_unit_test(a_fault_is_not_learned),
		cmocka_unit_test(baselines_survive_a_restart),
		cmocka_unit_test(figures_are_of_the_last_ten_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
