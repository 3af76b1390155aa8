/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blame: what several links share, and what is only the end of another trouble.
 */
#include "blame_stage.h"

static const char *key_of(struct world *world, unsigned link, char key[CAUSE_KEY_LEN])
{
	struct scene scene;
	struct verdict verdict = blamed(world, link, &scene);

	snprintf(key, CAUSE_KEY_LEN, "%s", verdict.key);
	return key;
}

static void set_far(struct world *world, unsigned link, const char *text)
{
	struct address far;

	assert_int_equal(parse_address(text, &far), 0);
	memcpy(world->peers[link].key.address, far.byte, sizeof(far.byte));
	view__complete(&world->view);
}

static void open_cause(struct world *world, enum place place, const char *name, const char *key)
{
	static const struct names none;

	world->view.open[0] = (struct open_cause){.place = place,
						  .name = name,
						  .key = key,
						  .began_ns = world->sample.time_ns - SECOND,
						  .links = &none};
	world->view.open_count = 1;
}

/* The far kernel takes connections, acknowledges what they ask, and then answers no SYN. */
static void test_nobody_accepts_there(void **state)
{
	struct world *world = *state;
	struct peer *total = &world->totals[FIXING];
	uint64_t now_ns = world->sample.time_ns;

	calm_symptom(world, FIXING, SYMPTOM_RESPONSE_TAIL, 0.006);
	raise_symptom(world, FIXING, SYMPTOM_UNANSWERED, 1, 0);
	total->last_data_ns = now_ns - 2 * SECOND;
	total->last_ack_ns = now_ns - 3 * SECOND / 2;
	total->alive = 3;
	expect(world, FIXING, PLACE_PEER_APP, SIDE_EXTERNAL);
	/* On a way that is cut the last answer and the last acknowledgement come together. */
	total->last_ack_ns = total->last_data_ns;
	total->alive = 0;
	expect(world, FIXING, PLACE_PATH, SIDE_EXTERNAL);
}

/* A far host goes dark by both of its names: that is one cause. */
static void test_both_families_of_one_host(void **state)
{
	char one[CAUSE_KEY_LEN], other[CAUSE_KEY_LEN];
	struct world *world = *state;
	struct scene scene;

	set_far(world, RATES, "2001:db8:1::2");
	darken(world, RATES, SYMPTOM_ACK_MISSING);
	darken(world, REFDATA, SYMPTOM_UNANSWERED);
	assert_string_equal(key_of(world, RATES, one), key_of(world, REFDATA, other));
	blamed(world, REFDATA, &scene);
	assert_int_equal(scene.finding[EVIDENCE_OF_FATE(FATE_SAME_HOST)].state, SYMPTOM_RAISED);
	/* With a second address of one family there are two hosts. */
	darken(world, FIXING, SYMPTOM_ACK_MISSING);
	blamed(world, REFDATA, &scene);
	assert_int_equal(scene.finding[EVIDENCE_OF_FATE(FATE_SAME_HOST)].state,
			 SYMPTOM_NOT_OBSERVED);
}

/* Of those who connect to us and those we connect to none is the other. */
static void test_losses_in_two_families(void **state)
{
	struct world *world = *state;
	struct scene scene;

	set_far(world, NEWS, "2001:db8:2::2");
	set_far(world, ORDERS, "2001:db8:2::2");
	raise_symptom(world, NEWS, SYMPTOM_LOSS_IN, 0.02, 0);
	raise_symptom(world, REFDATA, SYMPTOM_LOSS, 0.02, 0);
	blamed(world, NEWS, &scene);
	assert_int_equal(scene.finding[EVIDENCE_OF_FATE(FATE_GATEWAY_ALL)].state,
			 SYMPTOM_NOT_OBSERVED);
	raise_symptom(world, FIXING, SYMPTOM_LOSS, 0.02, 0);
	raise_symptom(world, CUSTOMERS, SYMPTOM_LOSS, 0.02, 0);
	blamed(world, NEWS, &scene);
	assert_int_equal(scene.finding[EVIDENCE_OF_FATE(FATE_GATEWAY_ALL)].state, SYMPTOM_RAISED);
	expect(world, NEWS, PLACE_GATEWAY, SIDE_INFRA);
}

/* Answers are late, and round trips by as much: there is no room for an application. */
static void test_way_as_slow_as_answers(void **state)
{
	struct world *world = *state;

	/* A connection that lasts, to a host of which nothing else is known. */
	world->symptoms[ORDERS][SYMPTOM_CONNECT_TIME].state = SYMPTOM_NOT_OBSERVED;
	world->links[NEWS].observed = false;
	set_symptom(world, ORDERS, SYMPTOM_RTT, SYMPTOM_NORMAL, 0.143, 0.003, 0);
	raise_symptom(world, ORDERS, SYMPTOM_RESPONSE, 0.143, 0.003);
	expect(world, ORDERS, PLACE_PATH, SIDE_EXTERNAL);
	/* A delayed acknowledgement may look so up to its patience, but not for every answer. */
	set_symptom(world, ORDERS, SYMPTOM_RTT, SYMPTOM_NORMAL, 0.0325, 0.003, 0);
	raise_symptom(world, ORDERS, SYMPTOM_RESPONSE, 0.0325, 0.003);
	expect(world, ORDERS, PLACE_PATH, SIDE_EXTERNAL);
	set_symptom(world, ORDERS, SYMPTOM_RTT, SYMPTOM_RAISED, 0.02, 0.003, world->sample.time_ns);
	raise_symptom(world, ORDERS, SYMPTOM_RESPONSE, 0.22, 0.003);
	expect(world, ORDERS, PLACE_PEER_APP, SIDE_EXTERNAL);
}

/* A process that gets no sockets has none. */
static void test_process_without_sockets(void **state)
{
	struct world *world = *state;
	struct reading *reading = world->processes[REFDATA].reading;

	world->links[REFDATA].sockets = 0;
	reading[PROCESS_SOCKETS_REFUSED] = reading_of(0);
	world_step(world, 1);
	for (int i = 1; i <= 3; i++) {
		reading[PROCESS_SOCKETS_REFUSED] = reading_of(8 * i);
		world_step(world, 1);
	}
	expect(world, REFDATA, PLACE_APP, SIDE_INTERNAL);
}

static void grow_memory_trouble(struct world *world)
{
	for (unsigned i = 0; i < 4; i++) {
		world->sample.mib[MIB_TcpExtRcvPruned] = reading_of(40.0 * i);
		world_step(world, 1);
	}
}

/* Bytes wait unread for want of socket memory: not the process is at fault, nor a second time. */
static void test_unread_for_want_of_memory(void **state)
{
	struct world *world = *state;
	bool explained[EVIDENCE_COUNT];
	struct scene scene;

	grow_memory_trouble(world);
	raise_symptom(world, NEWS, SYMPTOM_DROPS_OWN, 30, 0);
	raise_symptom(world, REFDATA, SYMPTOM_DROPS_OWN, 10, 0);
	raise_symptom(world, REFDATA, SYMPTOM_UNREAD, 1.2, 0.001);
	expect(world, REFDATA, PLACE_KERNEL_NET, SIDE_INTERNAL);
	blamed(world, REFDATA, &scene);
	assert_int_equal(blame__explain(&scene, PLACE_KERNEL_NET, explained), 0);
	assert_true(explained[EVIDENCE_OF_LINK(SYMPTOM_UNREAD)]);
	assert_true(blame__explain(&scene, PLACE_PATH, explained) > 0);
}

/* What begins beside an incident of our own host is first of all its end. */
static void test_beside_an_incident_of_our_host(void **state)
{
	struct world *world = *state;

	struct verdict before, beside, later;
	struct scene scene;

	darken(world, FIXING, SYMPTOM_SILENCE);
	before = blamed(world, FIXING, &scene);
	open_cause(world, PLACE_KERNEL_NET, "kernel-net", "host/kernel-net");
	beside = blamed(world, FIXING, &scene);
	world->view.open[0].began_ns = world->sample.time_ns - 60 * SECOND;
	later = blamed(world, FIXING, &scene);
	assert_true(beside.share[PLACE_KERNEL_NET] > 10 * before.share[PLACE_KERNEL_NET]);
	assert_true(later.share[PLACE_KERNEL_NET] == before.share[PLACE_KERNEL_NET]);
}

/* A link that falls in with a line's incident has that incident's name. */
static void test_beside_an_incident_of_a_line(void **state)
{
	char key[CAUSE_KEY_LEN];
	struct world *world = *state;

	darken(world, FIXING, SYMPTOM_ACK_MISSING);
	open_cause(world, PLACE_PATH, "gw/dark", "line/gw/dark");
	assert_string_equal(key_of(world, FIXING, key), "line/gw/dark");
	open_cause(world, PLACE_PATH, "gw2/dark", "line/gw2/dark");
	assert_string_not_equal(key_of(world, FIXING, key), "line/gw2/dark");
}

/* The far kernel acknowledged for seconds while its application was silent: that it does so no more
 * has another cause. */
static void test_silence_after_acknowledgements(void **state)
{
	struct world *world = *state;
	uint64_t now_ns = world->sample.time_ns += 5 * SECOND;

	hear_all(world);
	set_symptom(world, ORDERS, SYMPTOM_PENDING, SYMPTOM_RAISED, 4, 0.01, now_ns - 4 * SECOND);
	world->totals[ORDERS].last_data_ns = now_ns - 4 * SECOND;
	world->totals[ORDERS].last_ack_ns = now_ns - 2 * SECOND;
	world->totals[ORDERS].unacked_ns = now_ns - 2 * SECOND;
	set_symptom(world, ORDERS, SYMPTOM_ACK_MISSING, SYMPTOM_RAISED, 1.9, 0.01,
		    now_ns - 19 * SECOND / 10);
	expect(world, ORDERS, PLACE_PEER_APP, SIDE_EXTERNAL);
	/* On a way that was cut nothing came after. */
	world->totals[ORDERS].last_ack_ns = now_ns - 4 * SECOND;
	world->links[NEWS].observed = false;
	expect(world, ORDERS, PLACE_PATH, SIDE_EXTERNAL);
}

/* A queue for one service makes it slow while others to the same host are not. */
static void test_one_service_has_a_slow_way(void **state)
{
	struct world *world = *state;

	world->symptoms[RATES][SYMPTOM_CONNECT_TIME].state = SYMPTOM_NOT_OBSERVED;
	raise_symptom(world, RATES, SYMPTOM_RTT, 0.17, 0.004);
	expect(world, RATES, PLACE_PATH, SIDE_EXTERNAL);
}

/* Losses beside damage were not made by a box that forwards. */
static void test_losses_beside_damage(void **state)
{
	struct world *world = *state;
	struct verdict before, after;
	struct scene scene;

	raise_symptom(world, ORDERS, SYMPTOM_LOSS, 0.02, 0);
	raise_symptom(world, RATES, SYMPTOM_LOSS, 0.02, 0);
	before = blamed(world, ORDERS, &scene);
	for (unsigned i = 0; i < 4; i++) {
		world->sample.mib[MIB_TcpInCsumErrors] = reading_of(5.0 * i);
		world_step(world, 1);
	}
	raise_symptom(world, ORDERS, SYMPTOM_LOSS, 0.02, 0);
	raise_symptom(world, RATES, SYMPTOM_LOSS, 0.02, 0);
	after = blamed(world, ORDERS, &scene);
	assert_true(after.share[PLACE_GATEWAY] < before.share[PLACE_GATEWAY] / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nobody_accepts_there),	   TEST(test_both_families_of_one_host),
		TEST(test_losses_in_two_families),	   TEST(test_way_as_slow_as_answers),
		TEST(test_process_without_sockets),	   TEST(test_unread_for_want_of_memory),
		TEST(test_beside_an_incident_of_our_host), TEST(test_beside_an_incident_of_a_line),
		TEST(test_silence_after_acknowledgements), TEST(test_one_service_has_a_slow_way),
		TEST(test_losses_beside_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
