/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small world for tests of blame: a host with seven links, a gateway, a resolver, and symptoms
 * that a test sets by hand.
 *
 *	rates, refdata    to one far host	by gw
 *	news, orders      to a second		by gw
 *	fixing            to a third		by gw
 *	database          on our own network, kind internal
 *	customers         connect to us		by gw
 */
#ifndef FAULTLINE_TESTS_BLAME_WORLD_H
#define FAULTLINE_TESTS_BLAME_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "judge/blame.h"

#define SECOND 1000000000ULL
#define START  (1000 * SECOND)

enum { RATES, REFDATA, NEWS, ORDERS, FIXING, DATABASE, CUSTOMERS, WORLD_LINKS };

static const char world_yaml[] =
	"links:\n"
	"  - {name: rates, kind: external, endpoints: [\"203.0.113.2:7001\"], via: [gw], feed: "
	"true,"
	" owner: rates-oncall, contact: Vendor NOC}\n"
	"  - {name: refdata, kind: external, endpoints: [\"203.0.113.2:8444\"], via: [gw]}\n"
	"  - {name: news, kind: external, endpoints: [\"198.51.100.2:7002\"], via: [gw], feed: "
	"true}\n"
	"  - {name: orders, kind: external, endpoints: [\"198.51.100.2:7101\"], via: [gw]}\n"
	"  - {name: fixing, kind: external, endpoints: [\"192.0.2.2:7003\"], via: [gw], feed: "
	"true}\n"
	"  - {name: database, kind: internal, endpoints: [\"10.77.0.20:5432\"]}\n"
	"  - {name: customers, kind: external, local_ports: [8080], via: [gw]}\n"
	"devices:\n"
	"  - {name: gw, address: 10.77.0.1, side: infra}\n";

struct world {
	struct config *config;
	struct host_watch *host;
	struct sample sample;
	struct link_sample links[WORLD_LINKS];
	struct peer totals[WORLD_LINKS];
	struct peer_sample peers[WORLD_LINKS];
	struct way_sample ways[WORLD_LINKS];
	struct known_way known[WORLD_LINKS];
	struct past_trouble past[WORLD_LINKS];
	struct symptom symptoms[WORLD_LINKS][LINK_SYMPTOM_COUNT];
	struct link_view views[WORLD_LINKS];
	struct device_sample devices[2];
	struct interface_sample interface;
	struct process_sample processes[WORLD_LINKS];
	struct view view;
};

static inline void world_link(struct world *world, unsigned i, const char *far, uint16_t port)
{
	const struct config_link *config = &world->config->links[i];
	struct address address;

	assert_int_equal(parse_address(far, &address), 0);
	world->peers[i].key.port = port;
	world->peers[i].key.direction = i == CUSTOMERS ? PEER_INCOMING : PEER_OUTGOING;
	if (i == CUSTOMERS)
		world->peers[i].remote = address;
	else
		memcpy(world->peers[i].key.address, address.byte, 16);
	world->peers[i].owner_tgid = 100 + i;
	world->processes[i] = (struct process_sample){
		.pid = 100 + i,
		.start_ticks = 1,
		.state = 'S',
		.reading = {[PROCESS_RUN_NS] = reading_of(0),
			    [PROCESS_WAIT_NS] = reading_of(0),
			    [PROCESS_FILES] = reading_of(10),
			    [PROCESS_FILES_LIMIT] = reading_of(1024)},
	};
	snprintf(world->processes[i].comm, sizeof(world->processes[i].comm), "%s", config->name);
	world->ways[i] = (struct way_sample){.link = config->name,
					     .device_count = i != DATABASE,
					     .interfaces = {2},
					     .interface_count = 1};
	world->links[i] = (struct link_sample){
		.name = config->name,
		.kind = config->kind,
		.declared = true,
		.observed = true,
		.gauges_known = true,
		.sockets = 1,
		.total = &world->totals[i],
		.peers = &world->peers[i],
		.peer_count = 1,
		.peers_total = 1,
		.way = &world->ways[i],
	};
}

static inline struct world *world_new(void)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	assert_int_equal(
		config__parse("world", world_yaml, sizeof(world_yaml) - 1, &world->config, stderr),
		0);
	world_link(world, RATES, "203.0.113.2", 7001);
	world_link(world, REFDATA, "203.0.113.2", 8444);
	world_link(world, NEWS, "198.51.100.2", 7002);
	world_link(world, ORDERS, "198.51.100.2", 7101);
	world_link(world, FIXING, "192.0.2.2", 7003);
	world_link(world, DATABASE, "10.77.0.20", 5432);
	world_link(world, CUSTOMERS, "100.66.0.10", 8080);
	world->devices[0] =
		(struct device_sample){.name = "gw",
				       .declared = true,
				       .next_hop = true,
				       .interface = 2,
				       .interface_name = "lan",
				       .neighbour = {.state = NEIGHBOUR_REACHABLE,
						     .mac_len = 6,
						     .unconfirmed_s = reading_of(0.01)}};
	world->devices[1] = (struct device_sample){
		.name = "dns",
		.resolver = true,
		.interface = 2,
		.interface_name = "lan",
		.neighbour = {.state = NEIGHBOUR_REACHABLE, .unconfirmed_s = reading_of(0.01)}};
	world->interface = (struct interface_sample){.index = 2, .name = "lan"};
	world->interface.reading[INTERFACE_UP] = reading_of(1);
	world->interface.reading[INTERFACE_CARRIER] = reading_of(1);
	world->interface.reading[INTERFACE_QDISC_BACKLOG] = reading_of(0);
	world->interface.reading[INTERFACE_QDISC_DROPS] = reading_of(0);
	world->interface.reading[INTERFACE_TX_BYTES] = reading_of(0);
	world->host = host_watch__new();
	assert_non_null(world->host);
	world->sample = (struct sample){
		.time_ns = START,
		.wall = {.tv_sec = 1795353300},
		.links = world->links,
		.link_count = WORLD_LINKS,
		.devices = world->devices,
		.device_count = 2,
		.interfaces = &world->interface,
		.interface_count = 1,
		.processes = world->processes,
		.process_count = WORLD_LINKS,
		.drops_known = true,
	};
	world->view = (struct view){.config = world->config,
				    .sample = &world->sample,
				    .host = world->host,
				    .links = world->views,
				    .count = WORLD_LINKS};
	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		world->totals[i].last_data_ns = world->totals[i].last_ack_ns = START;
		world->views[i] = (struct link_view){.sample = &world->links[i],
						     .way = &world->known[i],
						     .past = &world->past[i],
						     .in_session = true};
		for (unsigned j = 0; j < LINK_SYMPTOM_COUNT; j++)
			world->views[i].symptom[j] = &world->symptoms[i][j];
	}
	return world;
}

static inline void world_free(struct world *world)
{
	host_watch__free(world->host);
	config__free(world->config);
	free(world);
}

/* A time later; what is heard from links is not set by it. */
static inline void world_step(struct world *world, double seconds)
{
	world->sample.time_ns += (uint64_t)(seconds * 1e9);
	world->sample.wall.tv_sec += (time_t)seconds;
	assert_int_equal(host_watch__take(world->host, &world->sample, false), 0);
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		known_way__take(&world->known[i], &world->sample, &world->ways[i]);
	view__complete(&world->view);
}

static inline void hear(struct world *world, unsigned link)
{
	world->totals[link].last_data_ns = world->totals[link].last_ack_ns = world->sample.time_ns;
}

static inline void hear_all(struct world *world)
{
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		hear(world, i);
}

static inline void set_symptom(struct world *world, unsigned link, enum link_symptom which,
			       enum symptom_state state, double value, double baseline,
			       uint64_t began_ns)
{
	struct symptom *symptom = &world->symptoms[link][which];

	*symptom = (struct symptom){.state = state,
				    .value = reading_of(value),
				    .baseline = reading_of(baseline),
				    .units = 1000,
				    .strength = 30};
	if (state == SYMPTOM_RAISED) {
		symptom->began_ns = began_ns;
		symptom->raised_ns = symptom->last_ns = world->sample.time_ns;
		if (!world->past[link].began_ns[trouble_of_link(which)])
			world->past[link].began_ns[trouble_of_link(which)] = began_ns;
	}
	view__complete(&world->view);
}

static inline void raise_symptom(struct world *world, unsigned link, enum link_symptom which,
				 double value, double baseline)
{
	set_symptom(world, link, which, SYMPTOM_RAISED, value, baseline,
		    world->sample.time_ns - SECOND);
}

static inline void calm_symptom(struct world *world, unsigned link, enum link_symptom which,
				double value)
{
	set_symptom(world, link, which, SYMPTOM_NORMAL, value, value, 0);
}

/* Everything that a sound link shows. */
static inline void calm_all(struct world *world)
{
	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		calm_symptom(world, i, SYMPTOM_LOSS, 0);
		calm_symptom(world, i, SYMPTOM_RTT, 0.002);
		calm_symptom(world, i, SYMPTOM_CONNECT_TIME, 0.002);
		calm_symptom(world, i, SYMPTOM_PICKUP, 0.0001);
		calm_symptom(world, i, SYMPTOM_UNREAD, 0);
		calm_symptom(world, i, SYMPTOM_DROPS_OWN, 0);
	}
}

#endif
