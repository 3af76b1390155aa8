/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blame: the pattern of each fault, and the place that it has to lead to.
 */
#include "blame_world.h"

#include <math.h>

#include "judge/confidence.h"

static struct verdict blamed(struct world *world, unsigned link, struct scene *scene)
{
	struct scene_of of = {.link = link};
	struct trouble_seen seen;
	struct verdict verdict;

	scene__make(&world->view, &of, scene, &seen);
	assert_true(seen.main != TROUBLE_COUNT);
	blame(&world->view, &of, scene, &seen, &verdict);
	return verdict;
}

static void expect(struct world *world, unsigned link, enum place place, enum side side)
{
	struct scene scene;
	struct verdict verdict = blamed(world, link, &scene);

	if (verdict.place != place) {
		const struct evidence_row *rows[EVIDENCE_ROWS_MAX];
		size_t count = evidence__speaking(&scene, rows, EVIDENCE_ROWS_MAX);

		for (size_t i = 0; i < count; i++)
			print_message("%-20s wanted %5.1f, best %5.1f\n",
				      evidence_signal(rows[i]->evidence), rows[i]->weight[place],
				      rows[i]->weight[verdict.best]);
		print_message("best %s %.2f\n", place_name(verdict.best),
			      verdict.share[verdict.best]);
	}
	assert_string_equal(place_name(verdict.place), place_name(place));
	assert_int_equal(verdict.side, side);
}

static int setup(void **state)
{
	struct world *world = world_new();

	world_step(world, 1);
	hear_all(world);
	world_step(world, 1);
	hear_all(world);
	calm_all(world);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	world_free(*state);
	return 0;
}

/* Goes dark a second ago: what is not named was heard since. */
static void darken(struct world *world, unsigned link, enum link_symptom symptom)
{
	raise_symptom(world, link, symptom, 1, 0.01);
	world->totals[link].last_data_ns = world->totals[link].last_ack_ns =
		world->sample.time_ns - SECOND;
}

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

/* ---- the table ------------------------------------------------------------------------------- */

static void test_rows_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < evidence_table_rows; i++) {
		const struct evidence_row *row = &evidence_table[i];
		bool says = false;

		assert_true(row->evidence < EVIDENCE_COUNT);
		assert_true(row->state == SYMPTOM_RAISED || row->state == SYMPTOM_NORMAL);
		assert_true(row->en && *row->en && row->ja && *row->ja);
		assert_true(row->weight[PLACE_UNKNOWN] == 0);
		for (unsigned place = 0; place < PLACE_UNKNOWN; place++) {
			assert_true(isfinite(row->weight[place]));
			assert_true(fabsf(row->weight[place]) <= 10);
			says |= row->weight[place] != 0;
		}
		assert_true(says);
		for (size_t j = 0; j < i; j++)
			assert_false(evidence_table[j].evidence == row->evidence &&
				     evidence_table[j].state == row->state &&
				     (!row->when || !evidence_table[j].when ||
				      row->when & evidence_table[j].when));
	}
}

/* Each symptom has a row, or it would be watched for nothing. */
static void test_every_reading_has_a_row(void **state)
{
	(void)state;
	for (unsigned evidence = 0; evidence < LINK_SYMPTOM_COUNT; evidence++) {
		bool found = false;

		for (size_t i = 0; i < evidence_table_rows; i++)
			found |= evidence_table[i].evidence == evidence &&
				 evidence_table[i].state == SYMPTOM_RAISED;
		if (!found)
			fail_msg("no row for %s", evidence_signal(evidence));
	}
}

/* Every row speaks in a scene made for it, and its text has no slot left. */
static void test_every_row_can_speak(void **state)
{
	(void)state;
	for (size_t i = 0; i < evidence_table_rows; i++) {
		const struct evidence_row *row = &evidence_table[i], *spoken[EVIDENCE_ROWS_MAX];
		struct reason reason;
		struct scene scene;

		memset(&scene, 0, sizeof(scene));
		for (unsigned j = 0; j < EVIDENCE_COUNT; j++)
			scene.finding[j].subject = "it";
		scene.troubles = row->when ? row->when : TROUBLE_BIT(TROUBLE_DARK);
		scene.finding[row->evidence].state = row->state;
		scene.finding[row->evidence].value = reading_of(0.25);
		assert_int_equal(evidence__speaking(&scene, spoken, EVIDENCE_ROWS_MAX), 1);
		assert_ptr_equal(spoken[0], row);
		for (unsigned language = LANGUAGE_EN; language <= LANGUAGE_JA; language++) {
			evidence__reason(&scene, row, language, &reason);
			assert_null(strchr(reason.text, '{'));
			assert_true(*reason.text);
		}
	}
}

/* An auditor who adds up the weights of an event gets the shares that were stated. */
static void test_weights_add_up(void **state)
{
	struct world *world = *state;
	const struct evidence_row *rows[EVIDENCE_ROWS_MAX];
	double sum[PLACE_COUNT] = {}, share[PLACE_COUNT], total = 0;
	struct verdict verdict;
	struct scene scene;
	size_t count;

	raise_symptom(world, ORDERS, SYMPTOM_LOSS, 0.02, 0);
	verdict = blamed(world, ORDERS, &scene);
	count = evidence__speaking(&scene, rows, EVIDENCE_ROWS_MAX);
	for (size_t i = 0; i < count; i++) {
		struct reason reason;

		evidence__reason(&scene, rows[i], LANGUAGE_EN, &reason);
		for (unsigned place = 0; place < PLACE_UNKNOWN; place++)
			sum[place] += reason.weight[place];
	}
	confidence__shares(sum, share);
	for (unsigned place = 0; place < PLACE_UNKNOWN; place++) {
		assert_true(fabs(share[place] - verdict.share[place]) < 1e-9);
		total += share[place];
	}
	assert_true(fabs(total - 1) < 1e-9);
}

static void test_confidence(void **state)
{
	(void)state;
	assert_true(confidence__stated(0.2) < confidence__stated(0.7));
	assert_true(confidence__stated(1) < 1);
	assert_true(confidence__after_losses(0.9, 0, 0) == 0.9);
	assert_true(confidence__after_losses(0.9, 5, 0) < 0.9);
	assert_true(confidence__after_losses(0.9, 5, 1000) >= 0.72 - 1e-9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
		cmocka_unit_test(test_rows_are_whole),
		cmocka_unit_test(test_every_reading_has_a_row),
		cmocka_unit_test(test_every_row_can_speak),
		TEST(test_weights_add_up),
		cmocka_unit_test(test_confidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
