/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole sample: links beside the host, far ends sorted and bounded, each fact handed out once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/hist_set.h"
#include "sense/link_table.h"
#include "sense/sample_join.h"

#define CENSUS 7

static struct endpoint feed_endpoint;
static struct config_link declared[] = {
	{.name = "rates-feed", .endpoints = &feed_endpoint, .endpoint_count = 1},
	{.name = "unused", .kind = LINK_INFRA},
};
static const struct config config = {.links = declared, .link_count = 2};

struct state {
	struct link_table *links;
	struct sample_join *join;
};

static void add_peer(struct link_table *links, unsigned last_byte, uint32_t census)
{
	struct peer_key key = {.port = 7001, .direction = PEER_OUTGOING};
	struct peer peer = {.first_seen_ns = 1,
			    .last_seen_ns = 2,
			    .last_data_ns = 100 + last_byte,
			    .last_ack_ns = 200 + last_byte,
			    .owner_tgid = 1000 + last_byte,
			    .census = census};
	char text[32];
	struct address address;

	snprintf(text, sizeof(text), "203.0.113.%u", last_byte);
	assert_int_equal(parse_address(text, &address), 0);
	memcpy(key.address, address.byte, sizeof(key.address));
	peer.counter[PEER_SOCKETS_OPENED] = 3;
	peer.counter[PEER_SOCKETS_CLOSED] = 1;
	peer.counter[PEER_BYTES_IN] = 10;
	assert_int_equal(link_table__update(links, &key, &peer), 0);
}

static int setup(void **state)
{
	static struct state it;
	const char *why = "";

	assert_int_equal(parse_endpoint("203.0.113.0/24:7001", &feed_endpoint, &why), 0);
	it.links = link_table__new(&config, NULL, 100);
	it.join = sample_join__new();
	assert_non_null(it.links);
	assert_non_null(it.join);
	*state = &it;
	return 0;
}

static int teardown(void **state)
{
	struct state *it = *state;

	sample_join__free(it->join);
	link_table__free(it->links);
	return 0;
}

static const struct sample *make(struct state *it, const struct sample *host)
{
	struct sample_sources sources = {
		.time_ns = 5000,
		.wall = {.tv_sec = 6, .tv_nsec = 7},
		.host = host,
		.links = it->links,
		.census = CENSUS,
		.sensor = {.events_lost = 11, .operations = 1u << HIST_RTT, .calls_traced = true},
	};
	const struct sample *sample = sample_join__make(it->join, &sources);

	assert_non_null(sample);
	return sample;
}

static void links_are_beside_the_host(void **state)
{
	struct state *it = *state;
	static const struct way_sample ways[] = {{.link = "unused"}, {.link = "rates-feed"}};
	struct sample host = {.time_ns = 1, .ways = ways, .way_count = 2, .changes_total = 9};
	const struct sample *sample;

	host.host[HOST_CPUS] = reading_of(2);
	add_peer(it->links, 10, CENSUS);
	sample = make(it, &host);
	assert_int_equal(sample->time_ns, 5000);
	assert_int_equal(sample->wall.tv_nsec, 7);
	assert_int_equal(sample->changes_total, 9);
	assert_true(sample->host[HOST_CPUS].known);
	assert_int_equal(sample->sensor.events_lost, 11);
	assert_true(sample->sensor.calls_traced);
	assert_int_equal(sample->link_count, 2);
	assert_string_equal(sample->links[0].name, "rates-feed");
	assert_true(sample->links[0].declared);
	assert_true(sample->links[0].observed);
	assert_true(sample->links[0].gauges_known);
	assert_int_equal(sample->links[0].sockets, 2);
	assert_int_equal(sample->links[0].total->counter[PEER_BYTES_IN], 10);
	assert_ptr_equal(sample->links[0].way, &ways[1]);
	assert_int_equal(sample->links[1].kind, LINK_INFRA);
	assert_false(sample->links[1].observed);
	assert_false(sample->links[1].gauges_known);
	assert_int_equal(sample->links[1].peer_count, 0);
	assert_ptr_equal(sample->links[1].way, &ways[0]);
}

static void without_a_host_its_readings_are_not_available(void **state)
{
	struct state *it = *state;
	const struct sample *sample;

	add_peer(it->links, 10, CENSUS);
	sample = make(it, NULL);
	for (unsigned i = 0; i < HOST_READING_COUNT; i++)
		assert_false(sample->host[i].known);
	for (unsigned i = 0; i < MIB_COUNTER_COUNT; i++)
		assert_false(sample->mib[i].known);
	assert_int_equal(sample->device_count + sample->interface_count + sample->way_count, 0);
	assert_null(sample->links[0].way);
	assert_int_equal(sample->links[0].sockets, 2);
}

static void far_ends_are_sorted_and_bounded(void **state)
{
	struct state *it = *state;
	const struct link_sample *link;

	for (unsigned i = 0; i < 40; i++)
		add_peer(it->links, 1 + (i * 17) % 40, CENSUS);
	link = &make(it, NULL)->links[0];
	assert_int_equal(link->peers_total, 40);
	assert_int_equal(link->peer_count, PEERS_SAMPLED);
	for (unsigned i = 0; i < PEERS_SAMPLED; i++) {
		assert_int_equal(link->peers[i].key.address[15], 1 + i);
		assert_int_equal(link->peers[i].remote.byte[15], 1 + i);
		assert_int_equal(link->peers[i].owner_tgid, 1001 + i);
		assert_int_equal(link->peers[i].last_data_ns, 101 + i);
		assert_int_equal(link->peers[i].last_ack_ns, 201 + i);
	}
}

static void gauges_of_an_earlier_census_are_not_of_now(void **state)
{
	struct state *it = *state;

	add_peer(it->links, 10, CENSUS - 1);
	assert_false(make(it, NULL)->links[0].gauges_known);
}

static void each_fact_is_handed_out_once(void **state)
{
	struct state *it = *state;
	struct fact fact = {.kind = FACT_RESET_RECEIVED};
	const struct sample *sample;

	fact.time_ns = 1;
	sample_join__add_fact(it->join, &fact);
	fact.time_ns = 2;
	sample_join__add_fact(it->join, &fact);
	sample = make(it, NULL);
	assert_int_equal(sample->fact_count, 2);
	fact.time_ns = 3;
	sample_join__add_fact(it->join, &fact);
	/* What was handed out stays as it is until the next. */
	assert_int_equal(sample->fact_count, 2);
	assert_int_equal(sample->facts[0].time_ns, 1);
	assert_int_equal(sample->facts[1].time_ns, 2);
	sample = make(it, NULL);
	assert_int_equal(sample->fact_count, 1);
	assert_int_equal(sample->facts[0].time_ns, 3);
	assert_int_equal(make(it, NULL)->fact_count, 0);
}

static void a_storm_of_facts_is_bounded_and_counted(void **state)
{
	struct state *it = *state;
	struct fact fact = {.kind = FACT_CONNECT_FAILED};
	const struct sample *sample;

	for (unsigned i = 0; i < FACTS_SAMPLED + 5; i++) {
		fact.time_ns = i;
		sample_join__add_fact(it->join, &fact);
	}
	sample = make(it, NULL);
	assert_int_equal(sample->fact_count, FACTS_SAMPLED);
	assert_int_equal(sample->facts[FACTS_SAMPLED - 1].time_ns, FACTS_SAMPLED - 1);
	assert_int_equal(sample_join__facts_lost(it->join), 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(links_are_beside_the_host),
		TEST(without_a_host_its_readings_are_not_available),
		TEST(far_ends_are_sorted_and_bounded),
		TEST(gauges_of_an_earlier_census_are_not_of_now),
		TEST(each_fact_is_handed_out_once),
		TEST(a_storm_of_facts_is_bounded_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
