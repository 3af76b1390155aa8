/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blame: the pattern of each fault of our own host, and what cannot be told.
 */
#include "blame_stage.h"

/* ---- our own host ---------------------------------------------------------------------------- */

static void test_our_process_is_stopped(void **state)
{
	struct world *world = *state;

	world->processes[RATES].state = 'T';
	world_step(world, 0.01);
	expect(world, RATES, PLACE_APP, SIDE_INTERNAL);
	assert_int_equal(world->views[NEWS].troubles, 0);
}

static void test_our_process_reads_slowly(void **state)
{
	struct world *world = *state;

	raise_symptom(world, RATES, SYMPTOM_PICKUP, 0.3, 0.0001);
	raise_symptom(world, RATES, SYMPTOM_WINDOW_OURS, 3, 0);
	world_step(world, 1);
	expect(world, RATES, PLACE_APP, SIDE_INTERNAL);
}

/* What our closed window ends is neither silence nor a far end that acknowledges nothing. */
static void test_unread_bytes_close_our_window(void **state)
{
	struct world *world = *state;

	raise_symptom(world, RATES, SYMPTOM_UNREAD, 3.7, 0);
	raise_symptom(world, RATES, SYMPTOM_SILENCE, 3.4, 0.006);
	raise_symptom(world, RATES, SYMPTOM_ACK_MISSING, 3.1, 0);
	expect(world, RATES, PLACE_APP, SIDE_INTERNAL);
}

static void test_packets_wait_for_a_processor(void **state)
{
	struct world *world = *state;

	world->sample.host[HOST_SOFTIRQ_WAIT_US] = reading_of(0);
	world_step(world, 1);
	for (unsigned second = 0; second < 3; second++) {
		world->sample.host[HOST_SOFTIRQ_WAIT_US].value += 900000;
		world_step(world, 1);
	}
	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		raise_symptom(world, i, SYMPTOM_RTT, 0.02, 0.002);
		raise_symptom(world, i, SYMPTOM_RESPONSE, 0.02, 0.002);
	}
	expect(world, ORDERS, PLACE_CPU, SIDE_INTERNAL);
}

static void test_our_process_gets_no_processor(void **state)
{
	struct world *world = *state;

	for (unsigned second = 0; second < 3; second++) {
		for (unsigned i = 0; i < WORLD_LINKS; i++) {
			world->processes[i].reading[PROCESS_RUN_NS].value += 0.1e9;
			world->processes[i].reading[PROCESS_WAIT_NS].value += 0.8e9;
		}
		world_step(world, 1);
	}
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		raise_symptom(world, i, SYMPTOM_PICKUP, 0.05, 0.0001);
	expect(world, RATES, PLACE_CPU, SIDE_INTERNAL);
}

static void test_quota(void **state)
{
	struct world *world = *state;

	world->processes[ORDERS].reading[PROCESS_THROTTLED_US] = reading_of(0);
	world_step(world, 1);
	for (unsigned second = 0; second < 2; second++) {
		world->processes[ORDERS].reading[PROCESS_THROTTLED_US].value += 0.7e6;
		world_step(world, 1);
	}
	raise_symptom(world, ORDERS, SYMPTOM_PICKUP, 0.05, 0.0001);
	expect(world, ORDERS, PLACE_CPU, SIDE_INTERNAL);
}

static void test_disk(void **state)
{
	struct world *world = *state;

	world->processes[ORDERS].state = 'D';
	for (unsigned second = 0; second < 3; second++)
		world_step(world, 1);
	expect(world, ORDERS, PLACE_DISK, SIDE_INTERNAL);
}

static void test_our_queue(void **state)
{
	struct world *world = *state;

	world->interface.reading[INTERFACE_QDISC_BACKLOG] = reading_of(30000);
	for (unsigned second = 0; second < 2; second++) {
		world->interface.reading[INTERFACE_TX_BYTES].value += 20000;
		world_step(world, 1);
	}
	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		raise_symptom(world, i, SYMPTOM_RTT, 1.5, 0.002);
		raise_symptom(world, i, SYMPTOM_RESPONSE, 1.5, 0.002);
	}
	expect(world, ORDERS, PLACE_KERNEL_NET, SIDE_INTERNAL);
}

static void test_our_firewall(void **state)
{
	struct world *world = *state;

	raise_symptom(world, RATES, SYMPTOM_DROPS_OWN, 100, 0);
	darken(world, RATES, SYMPTOM_SILENCE);
	expect(world, RATES, PLACE_KERNEL_NET, SIDE_INTERNAL);
}

static void test_what_our_host_has_not(void **state)
{
	struct world *world = *state;
	static const struct {
		enum link_symptom symptom;
		enum place place;
	} cases[] = {
		{SYMPTOM_NO_DESCRIPTORS, PLACE_APP},  {SYMPTOM_NO_PORTS, PLACE_KERNEL_NET},
		{SYMPTOM_NO_ROUTE, PLACE_KERNEL_NET}, {SYMPTOM_NO_MEMORY, PLACE_KERNEL_NET},
		{SYMPTOM_RESETS_OUT, PLACE_APP},      {SYMPTOM_ACCEPT_QUEUE, PLACE_APP},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		raise_symptom(world, REFDATA, cases[i].symptom, 1, 0);
		expect(world, REFDATA, cases[i].place, SIDE_INTERNAL);
		calm_symptom(world, REFDATA, cases[i].symptom, 0);
	}
}

/* ---- what cannot be told -------------------------------------------------------------------- */

/* Nothing is acknowledged within our own host: there is no line that could be to blame. */
static void test_what_stays_within_this_host(void **state)
{
	static const struct address loopback = {
		.byte = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
	static const enum place outside[] = {PLACE_PEER_HOST, PLACE_PATH, PLACE_GATEWAY, PLACE_NIC,
					     PLACE_MIDDLEBOX};
	struct world *world = *state;
	struct scene scene;
	struct verdict verdict;

	memcpy(world->peers[ORDERS].key.address, loopback.byte, sizeof(loopback.byte));
	darken(world, ORDERS, SYMPTOM_ACK_MISSING);
	verdict = blamed(world, ORDERS, &scene);
	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++)
		if (verdict.share[outside[i]] >= 0.05)
			fail_msg("%s has a share of %.3f", place_name(outside[i]),
				 verdict.share[outside[i]]);
}

static void test_unknown_says_what_would_separate(void **state)
{
	struct world *world = *state;
	struct verdict verdict;
	struct scene scene;

	for (unsigned i = 0; i < WORLD_LINKS; i++)
		world->links[i].observed = i == RATES;
	darken(world, RATES, SYMPTOM_SILENCE);
	world->devices[0].neighbour.state = NEIGHBOUR_UNKNOWN;
	world->devices[0].neighbour.unconfirmed_s = READING_NOT_AVAILABLE;
	world_step(world, 0.6);
	verdict = blamed(world, RATES, &scene);
	assert_true(verdict.share[verdict.best] < VERDICT_MIN);
	assert_string_equal(would_separate(PLACE_GATEWAY, PLACE_PATH, LANGUAGE_EN),
			    would_separate(PLACE_PATH, PLACE_GATEWAY, LANGUAGE_EN));
	assert_true(strlen(would_separate(verdict.best, verdict.second, LANGUAGE_JA)) > 0);
}

/* What one verdict can't account for stays. */
static void test_second_cause(void **state)
{
	struct world *world = *state;
	bool explained[EVIDENCE_COUNT];
	struct scene scene;
	struct verdict verdict;

	raise_symptom(world, ORDERS, SYMPTOM_PICKUP, 0.3, 0.0001);
	raise_symptom(world, ORDERS, SYMPTOM_UNREAD, 2, 0.0001);
	raise_symptom(world, ORDERS, SYMPTOM_LOSS, 0.03, 0);
	verdict = blamed(world, ORDERS, &scene);
	assert_true(blame__explain(&scene, verdict.best, explained) > 0);
	assert_int_equal(blame__explain(&scene, PLACE_UNKNOWN, explained), 0);
}

/* Packets that die for want of a cable are no second fault. */
static void test_consequences_are_no_second_cause(void **state)
{
	struct world *world = *state;
	bool explained[EVIDENCE_COUNT];
	struct scene_of of = {.link = ORDERS};
	struct trouble_seen seen;
	struct scene scene;

	world->interface.reading[INTERFACE_CARRIER] = reading_of(0);
	world->interface.carrier_lost_ns = world->sample.time_ns;
	/* From here on nobody is heard. */
	world_step(world, 1);
	raise_symptom(world, ORDERS, SYMPTOM_DROPS_OWN, 30, 0);
	raise_symptom(world, ORDERS, SYMPTOM_UNREACHABLE, 1, 0);
	darken(world, ORDERS, SYMPTOM_ACK_MISSING);
	world_step(world, 0.1);
	expect(world, ORDERS, PLACE_NIC, SIDE_INFRA);
	scene__make(&world->view, &of, &scene, &seen);
	assert_int_equal(blame__explain(&scene, PLACE_NIC, explained), 0);
	of.explained = explained;
	scene__make(&world->view, &of, &scene, &seen);
	assert_int_equal(seen.main, TROUBLE_COUNT);
	raise_symptom(world, ORDERS, SYMPTOM_NO_ROUTE, 1, 0);
	of.explained = NULL;
	scene__make(&world->view, &of, &scene, &seen);
	assert_int_equal(blame__explain(&scene, PLACE_KERNEL_NET, explained), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_our_process_is_stopped),
		TEST(test_our_process_reads_slowly),
		TEST(test_unread_bytes_close_our_window),
		TEST(test_packets_wait_for_a_processor),
		TEST(test_our_process_gets_no_processor),
		TEST(test_quota),
		TEST(test_disk),
		TEST(test_our_queue),
		TEST(test_our_firewall),
		TEST(test_what_our_host_has_not),
		TEST(test_what_stays_within_this_host),
		TEST(test_unknown_says_what_would_separate),
		TEST(test_second_cause),
		TEST(test_consequences_are_no_second_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
