/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blame: the pattern of each fault outside, and the place that it has to lead to.
 */
#include "blame_stage.h"

/* ---- the far application and the far host -------------------------------------------------- */

static void test_slow_server(void **state)
{
	struct world *world = *state;

	raise_symptom(world, ORDERS, SYMPTOM_RESPONSE, 0.2, 0.001);
	expect(world, ORDERS, PLACE_PEER_APP, SIDE_EXTERNAL);
	raise_symptom(world, DATABASE, SYMPTOM_RESPONSE, 0.2, 0.001);
	expect(world, DATABASE, PLACE_PEER_APP, SIDE_INTERNAL);
}

static void test_slow_reader(void **state)
{
	struct world *world = *state;

	raise_symptom(world, ORDERS, SYMPTOM_WINDOW_THEIRS, 0.8, 0);
	raise_symptom(world, ORDERS, SYMPTOM_PENDING, 2, 0.01);
	expect(world, ORDERS, PLACE_PEER_APP, SIDE_EXTERNAL);
}

static void test_stopped_feed_beside_a_live_service(void **state)
{
	struct world *world = *state;

	darken(world, RATES, SYMPTOM_SILENCE);
	expect(world, RATES, PLACE_PEER_APP, SIDE_EXTERNAL);
}

static void test_stopped_far_application_that_acknowledges(void **state)
{
	struct world *world = *state;

	darken(world, ORDERS, SYMPTOM_PENDING);
	world->totals[ORDERS].last_ack_ns = world->sample.time_ns;
	/* Even when nothing else is there to compare with. */
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		world->links[i].observed = i == ORDERS;
	expect(world, ORDERS, PLACE_PEER_APP, SIDE_EXTERNAL);
}

static void test_refused(void **state)
{
	struct world *world = *state;

	raise_symptom(world, REFDATA, SYMPTOM_REFUSED, 1, 0);
	expect(world, REFDATA, PLACE_PEER_APP, SIDE_EXTERNAL);
}

static void test_reset_after_logon(void **state)
{
	struct world *world = *state;

	raise_symptom(world, ORDERS, SYMPTOM_RESETS_IN, 1, 0);
	calm_symptom(world, ORDERS, SYMPTOM_RESETS_ODD, 0);
	expect(world, ORDERS, PLACE_PEER_APP, SIDE_EXTERNAL);
}

static void test_far_host_turned_down_by_its_router(void **state)
{
	struct world *world = *state;

	darken(world, RATES, SYMPTOM_SILENCE);
	darken(world, REFDATA, SYMPTOM_ACK_MISSING);
	raise_symptom(world, REFDATA, SYMPTOM_UNREACHABLE, 1, 0);
	expect(world, REFDATA, PLACE_PEER_HOST, SIDE_EXTERNAL);
}

/* ---- the line -------------------------------------------------------------------------------- */

static void test_loss_to_one_far_host(void **state)
{
	struct world *world = *state;

	raise_symptom(world, ORDERS, SYMPTOM_LOSS, 0.02, 0);
	expect(world, ORDERS, PLACE_PATH, SIDE_EXTERNAL);
}

static void test_delay(void **state)
{
	struct world *world = *state;

	raise_symptom(world, ORDERS, SYMPTOM_RTT, 0.15, 0.002);
	raise_symptom(world, ORDERS, SYMPTOM_RESPONSE, 0.151, 0.003);
	raise_symptom(world, ORDERS, SYMPTOM_CONNECT_TIME, 0.15, 0.002);
	expect(world, ORDERS, PLACE_PATH, SIDE_EXTERNAL);
}

/* An acknowledgement that waits for its answer is no sign of a slow line. */
static void test_delayed_acknowledgement(void **state)
{
	struct world *world = *state;

	raise_symptom(world, ORDERS, SYMPTOM_RTT, 0.042, 0.002);
	raise_symptom(world, ORDERS, SYMPTOM_RESPONSE, 0.2, 0.003);
	expect(world, ORDERS, PLACE_PEER_APP, SIDE_EXTERNAL);
}

static void test_damage_and_reordering(void **state)
{
	struct world *world = *state;

	raise_symptom(world, RATES, SYMPTOM_CHECKSUM, 0.01, 0);
	expect(world, RATES, PLACE_PATH, SIDE_EXTERNAL);
	raise_symptom(world, NEWS, SYMPTOM_REORDER, 0.1, 0);
	raise_symptom(world, NEWS, SYMPTOM_LOSS_IN, 0.1, 0);
	expect(world, NEWS, PLACE_PATH, SIDE_EXTERNAL);
}

static void test_black_hole_to_one_far_host(void **state)
{
	struct world *world = *state;

	darken(world, RATES, SYMPTOM_SILENCE);
	darken(world, REFDATA, SYMPTOM_ACK_MISSING);
	expect(world, REFDATA, PLACE_PATH, SIDE_EXTERNAL);
	expect(world, RATES, PLACE_PATH, SIDE_EXTERNAL);
}

static void test_long_packets_only(void **state)
{
	struct world *world = *state;

	darken(world, REFDATA, SYMPTOM_PENDING);
	raise_symptom(world, REFDATA, SYMPTOM_LOSS_FULL, 1, 0);
	expect(world, REFDATA, PLACE_MIDDLEBOX, SIDE_INFRA);
}

/* The gateway answers on our own network: it is the line behind it. */
static void test_line_is_dark_while_the_gateway_answers(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		if (i != DATABASE)
			darken(world, i, SYMPTOM_ACK_MISSING);
	}
	expect(world, RATES, PLACE_PATH, SIDE_EXTERNAL);
}

/* ---- devices -------------------------------------------------------------------------------- */

static void darken_all_by_gateway(struct world *world)
{
	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		if (i != DATABASE)
			darken(world, i, SYMPTOM_ACK_MISSING);
	}
}

static void test_dead_gateway(void **state)
{
	struct world *world = *state;

	world->devices[0].neighbour.unconfirmed_s = reading_of(1.2);
	world_step(world, 0.6);
	hear(world, DATABASE);
	darken_all_by_gateway(world);
	world->devices[0].neighbour.state = NEIGHBOUR_PROBE;
	world->devices[0].neighbour.since_ns = world->sample.time_ns - SECOND / 2;
	world_step(world, 0.1);
	expect(world, ORDERS, PLACE_GATEWAY, SIDE_INFRA);
}

static void test_carrier_owns_the_gateway(void **state)
{
	struct world *world = *state;

	world->config->devices[0].side = SIDE_EXTERNAL;
	world->devices[0].neighbour.state = NEIGHBOUR_FAILED;
	world->devices[0].neighbour.unconfirmed_s = reading_of(1.5);
	darken_all_by_gateway(world);
	world_step(world, 0.1);
	expect(world, ORDERS, PLACE_GATEWAY, SIDE_EXTERNAL);
}

static void test_gateway_loses_some_of_everything(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		if (i != DATABASE)
			raise_symptom(world, i, SYMPTOM_LOSS, 0.02, 0);
	}
	expect(world, ORDERS, PLACE_GATEWAY, SIDE_INFRA);
}

static void test_carrier_lost(void **state)
{
	struct world *world = *state;

	world->interface.reading[INTERFACE_CARRIER] = reading_of(0);
	world->interface.carrier_lost_ns = world->sample.time_ns;
	/* The kernel's routes go with it: the way is remembered. */
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		world->ways[i].interface_count = world->ways[i].device_count = 0;
	world_step(world, 0.01);
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		expect(world, i, PLACE_NIC, SIDE_INFRA);
}

static void test_damage_on_all_ways(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < WORLD_LINKS; i++)
		raise_symptom(world, i, SYMPTOM_CHECKSUM, 0.02, 0);
	expect(world, ORDERS, PLACE_NIC, SIDE_INFRA);
	expect(world, DATABASE, PLACE_NIC, SIDE_INFRA);
}

static void test_injected_resets(void **state)
{
	struct world *world = *state;

	raise_symptom(world, ORDERS, SYMPTOM_RESETS_IN, 0.5, 0);
	raise_symptom(world, ORDERS, SYMPTOM_RESETS_ODD, 2, 0);
	expect(world, ORDERS, PLACE_MIDDLEBOX, SIDE_INFRA);
}

static void test_lost_state(void **state)
{
	struct world *world = *state;

	darken(world, RATES, SYMPTOM_SILENCE);
	darken(world, NEWS, SYMPTOM_SILENCE);
	darken(world, FIXING, SYMPTOM_SILENCE);
	darken(world, ORDERS, SYMPTOM_ACK_MISSING);
	world->views[REFDATA].connected_ns = world->sample.time_ns;
	world->views[CUSTOMERS].connected_ns = world->sample.time_ns;
	expect(world, ORDERS, PLACE_MIDDLEBOX, SIDE_INFRA);
	expect(world, RATES, PLACE_MIDDLEBOX, SIDE_INFRA);
}

static void test_one_service_is_turned_down(void **state)
{
	struct world *world = *state;

	raise_symptom(world, REFDATA, SYMPTOM_UNREACHABLE, 1, 0);
	expect(world, REFDATA, PLACE_MIDDLEBOX, SIDE_INFRA);
}

static void expect_names(struct world *world, enum place place, enum side side)
{
	struct scene_of of = {.link = SIZE_MAX, .device = &world->devices[1]};
	struct trouble_seen seen;
	struct verdict verdict;
	struct scene scene;

	scene__make(&world->view, &of, &scene, &seen);
	assert_int_equal(seen.main, TROUBLE_NAMES);
	blame(&world->view, &of, &scene, &seen, &verdict);
	assert_string_equal(place_name(verdict.place), place_name(place));
	assert_int_equal(verdict.side, side);
}

static void test_resolver(void **state)
{
	struct world *world = *state;
	struct reading *dns = world->devices[1].dns;

	dns[RESOLVER_UNANSWERED_S] = reading_of(2.5);
	world_step(world, 1);
	expect_names(world, PLACE_RESOLVER, SIDE_INFRA);
	dns[RESOLVER_UNANSWERED_S] = reading_of(0);
	dns[RESOLVER_ANSWERS] = reading_of(100);
	dns[RESOLVER_FAILURES] = reading_of(0);
	world_step(world, 1);
	dns[RESOLVER_ANSWERS] = reading_of(140);
	dns[RESOLVER_FAILURES] = reading_of(20);
	world_step(world, 1);
	expect_names(world, PLACE_NAME, SIDE_EXTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_slow_server),
		TEST(test_slow_reader),
		TEST(test_stopped_feed_beside_a_live_service),
		TEST(test_stopped_far_application_that_acknowledges),
		TEST(test_refused),
		TEST(test_reset_after_logon),
		TEST(test_far_host_turned_down_by_its_router),
		TEST(test_loss_to_one_far_host),
		TEST(test_delay),
		TEST(test_delayed_acknowledgement),
		TEST(test_damage_and_reordering),
		TEST(test_black_hole_to_one_far_host),
		TEST(test_long_packets_only),
		TEST(test_line_is_dark_while_the_gateway_answers),
		TEST(test_dead_gateway),
		TEST(test_carrier_owns_the_gateway),
		TEST(test_gateway_loses_some_of_everything),
		TEST(test_carrier_lost),
		TEST(test_damage_on_all_ways),
		TEST(test_injected_resets),
		TEST(test_lost_state),
		TEST(test_one_service_is_turned_down),
		TEST(test_resolver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
