/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of rtnetlink as this kernel and others write them: interfaces that stand on others,
 * neighbours on their way to FAILED, routes of several gateways, damaged ones; and the real thing
 * in a network namespace of its own, with a receive buffer too small for what is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/config.h"
#include "sense/addresses.h"
#include "sense/changes.h"
#include "sense/host.h"
#include "sense/interfaces.h"
#include "sense/link_table.h"
#include "sense/neighbours.h"
#include "sense/routes.h"
#include "sense/rtnl.h"
#include "sense/sock_diag.h"
#include "sense/ways.h"

#define ROUTES_OF_A_FLOOD 3000
#define TINY_BUFFER	  1

static const uint8_t FIRST[4] = {10, 0, 0, 1};
static const uint8_t SECOND[4] = {10, 0, 0, 2};

static struct address ipv4(const uint8_t bytes[4])
{
	struct address address = {{[10] = 0xff, [11] = 0xff}};

	memcpy(address.byte + 12, bytes, 4);
	return address;
}

/* ---- interfaces -------------------------------------------------------------------------- */

struct link_options {
	int index, master, lower;
	const char *name, *kind;
	bool up, carrier, elsewhere;
};

static struct nl_msg *link_message(int type, const struct link_options *options)
{
	struct ifinfomsg header = {.ifi_index = options->index,
				   .ifi_flags = options->up ? IFF_UP : 0};
	struct nl_msg *message = nlmsg_alloc_simple(type, 0);
	struct nlattr *info;

	nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO);
	nla_put_string(message, IFLA_IFNAME, options->name);
	nla_put_u8(message, IFLA_CARRIER, options->carrier);
	if (options->master)
		nla_put_u32(message, IFLA_MASTER, options->master);
	if (options->lower)
		nla_put_u32(message, IFLA_LINK, options->lower);
	if (options->elsewhere)
		nla_put_u32(message, IFLA_LINK_NETNSID, 0);
	if (options->kind) {
		info = nla_nest_start(message, IFLA_LINKINFO);
		nla_put_string(message, IFLA_INFO_KIND, options->kind);
		nla_nest_end(message, info);
	}
	return message;
}

static void tell_link(struct interfaces *interfaces, int type, struct link_options options)
{
	struct nl_msg *message = link_message(type, &options);

	interfaces__take(interfaces, nlmsg_hdr(message));
	nlmsg_free(message);
}

static void a_vlan_on_a_bond_of_two_cards(void **state)
{
	struct changes changes = {};
	struct interfaces *interfaces = interfaces__new(&changes);
	int found[8];

	(void)state;
	tell_link(interfaces, RTM_NEWLINK,
		  (struct link_options){.index = 2, .name = "eth0", .master = 4});
	tell_link(interfaces, RTM_NEWLINK,
		  (struct link_options){.index = 3, .name = "eth1", .master = 4});
	tell_link(interfaces, RTM_NEWLINK,
		  (struct link_options){.index = 4, .name = "bond0", .kind = "bond"});
	tell_link(interfaces, RTM_NEWLINK,
		  (struct link_options){.index = 5, .name = "bond0.7", .kind = "vlan", .lower = 4});
	assert_int_equal(way_interfaces(interfaces, 5, 0, found, 8), 4);
	assert_int_equal(found[0], 5);
	assert_int_equal(found[1], 4);
	assert_int_equal(found[2], 2);
	assert_int_equal(found[3], 3);
	/* The other port of the two is left out; a port of something else changes nothing. */
	assert_int_equal(way_interfaces(interfaces, 5, 3, found, 8), 3);
	assert_int_equal(found[2], 3);
	assert_int_equal(way_interfaces(interfaces, 5, 5, found, 8), 4);
	assert_int_equal(way_bridge(interfaces, 5), 0);
	assert_int_equal(way_interfaces(interfaces, 5, 0, found, 2), 2);
	assert_int_equal(way_interfaces(interfaces, 99, 0, found, 8), 0);
	assert_string_equal(interfaces__find(interfaces, 5)->kind, "vlan");
	interfaces__free(interfaces);
}

static void circles_and_far_ends_are_not_followed(void **state)
{
	struct changes changes = {};
	struct interfaces *interfaces = interfaces__new(&changes);
	int found[8];

	(void)state;
	tell_link(interfaces, RTM_NEWLINK,
		  (struct link_options){.index = 2, .name = "a", .kind = "vlan", .lower = 3});
	tell_link(interfaces, RTM_NEWLINK,
		  (struct link_options){.index = 3, .name = "b", .kind = "vlan", .lower = 2});
	assert_int_equal(way_interfaces(interfaces, 2, 0, found, 8), 2);
	/* A number of another namespace, and the other end of a pair. */
	tell_link(
		interfaces, RTM_NEWLINK,
		(struct link_options){
			.index = 4, .name = "c", .kind = "macvlan", .lower = 2, .elsewhere = true});
	assert_int_equal(way_interfaces(interfaces, 4, 0, found, 8), 1);
	tell_link(interfaces, RTM_NEWLINK,
		  (struct link_options){.index = 5, .name = "d", .kind = "veth", .lower = 2});
	assert_int_equal(way_interfaces(interfaces, 5, 0, found, 8), 1);
	interfaces__free(interfaces);
}

static void carrier_counts_only_while_switched_on(void **state)
{
	struct link_options eth0 = {.index = 2, .name = "eth0", .up = true, .carrier = true};
	struct changes changes = {};
	struct interfaces *interfaces = interfaces__new(&changes);

	(void)state;
	tell_link(interfaces, RTM_NEWLINK, eth0);
	assert_int_equal(changes.total, 0);
	eth0.carrier = false;
	tell_link(interfaces, RTM_NEWLINK, eth0);
	assert_int_equal(changes.total, 1);
	assert_int_equal(changes.kept[0].kind, CHANGE_CARRIER_LOST);
	assert_true(interfaces__find(interfaces, 2)->carrier_lost_ns > 0);
	eth0.carrier = true;
	tell_link(interfaces, RTM_NEWLINK, eth0);
	assert_int_equal(changes.kept[1].kind, CHANGE_CARRIER_BACK);
	assert_true(interfaces__find(interfaces, 2)->carrier_lost_ns == 0);
	eth0.up = eth0.carrier = false;
	tell_link(interfaces, RTM_NEWLINK, eth0);
	assert_int_equal(changes.total, 3);
	assert_int_equal(changes.kept[2].kind, CHANGE_INTERFACE_DOWN);
	tell_link(interfaces, RTM_DELLINK, eth0);
	assert_int_equal(changes.kept[3].kind, CHANGE_INTERFACE_GONE);
	assert_null(interfaces__find(interfaces, 2));
	interfaces__free(interfaces);
}

static void interfaces_a_dump_does_not_name_are_gone(void **state)
{
	struct changes changes = {};
	struct interfaces *interfaces = interfaces__new(&changes);
	size_t count;

	(void)state;
	for (int i = 1; i <= INTERFACES_MAX + 3; i++) {
		char name[16];

		snprintf(name, sizeof(name), "if%d", i);
		tell_link(interfaces, RTM_NEWLINK, (struct link_options){.index = i, .name = name});
	}
	assert_int_equal(interfaces__refused(interfaces), 3);
	interfaces__dump_begins(interfaces);
	tell_link(interfaces, RTM_NEWLINK, (struct link_options){.index = 7, .name = "if7"});
	interfaces__dump_ends(interfaces);
	interfaces__list(interfaces, &count);
	assert_int_equal(count, 1);
	assert_int_equal(changes.total, INTERFACES_MAX - 1);
	interfaces__free(interfaces);
}

/* ---- neighbours -------------------------------------------------------------------------- */

static void tell_neighbour(struct neighbours *neighbours, int type, const uint8_t address[4],
			   uint16_t nud, const char *mac, int probes)
{
	struct ndmsg header = {.ndm_family = AF_INET, .ndm_ifindex = 2, .ndm_state = nud};
	struct nl_msg *message = nlmsg_alloc_simple(type, 0);

	nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO);
	nla_put(message, NDA_DST, 4, address);
	if (mac)
		nla_put(message, NDA_LLADDR, 6, mac);
	nla_put_u32(message, NDA_PROBES, probes);
	neighbours__take(neighbours, nlmsg_hdr(message));
	nlmsg_free(message);
}

static void a_gateway_on_its_way_to_failed_and_back(void **state)
{
	struct changes changes = {};
	struct neighbours *neighbours = neighbours__new(&changes);
	struct address gateway = ipv4(FIRST);
	struct neighbour_sample sample;

	(void)state;
	neighbours__watch(neighbours, &gateway);
	neighbours__find(neighbours, &gateway, 0, &sample);
	assert_int_equal(sample.state, NEIGHBOUR_UNKNOWN);
	assert_false(sample.probes.known);
	tell_neighbour(neighbours, RTM_NEWNEIGH, FIRST, NUD_REACHABLE, "abcdef", 0);
	tell_neighbour(neighbours, RTM_NEWNEIGH, FIRST, NUD_STALE, "abcdef", 0);
	tell_neighbour(neighbours, RTM_NEWNEIGH, FIRST, NUD_DELAY, "abcdef", 0);
	tell_neighbour(neighbours, RTM_NEWNEIGH, FIRST, NUD_PROBE, "abcdef", 2);
	assert_int_equal(changes.total, 0); /* healthy ones come this far */
	neighbours__find(neighbours, &gateway, 2, &sample);
	assert_int_equal(sample.state, NEIGHBOUR_PROBE);
	assert_true(sample.probes.known && sample.probes.value == 2);
	assert_false(sample.failed_after_s.known);
	tell_neighbour(neighbours, RTM_NEWNEIGH, FIRST, NUD_FAILED, NULL, 6);
	assert_int_equal(changes.total, 1);
	assert_string_equal(changes.kept[0].text, "neighbour 10.0.0.1: failed, was probe");
	neighbours__find(neighbours, &gateway, 2, &sample);
	assert_int_equal(sample.failures, 1);
	assert_true(sample.failed_after_s.known);
	/* Another box took its place. */
	tell_neighbour(neighbours, RTM_NEWNEIGH, FIRST, NUD_REACHABLE, "ghijkl", 0);
	neighbours__find(neighbours, &gateway, 2, &sample);
	assert_int_equal(sample.mac_changes, 1);
	assert_memory_equal(sample.mac, "ghijkl", 6);
	assert_int_equal(changes.kept[1].kind, CHANGE_NEIGHBOUR_MAC);
	assert_string_equal(changes.kept[2].text, "neighbour 10.0.0.1: reachable, was failed");
	neighbours__find(neighbours, &gateway, 3, &sample);
	assert_int_equal(sample.state, NEIGHBOUR_UNKNOWN);
	neighbours__free(neighbours);
}

static void forgotten_by_the_kernel_and_back_with_another_mac(void **state)
{
	struct changes changes = {};
	struct neighbours *neighbours = neighbours__new(&changes);
	struct address gateway = ipv4(FIRST), other = ipv4(SECOND);
	struct neighbour_sample sample;

	(void)state;
	neighbours__watch(neighbours, &gateway);
	tell_neighbour(neighbours, RTM_NEWNEIGH, FIRST, NUD_REACHABLE, "abcdef", 0);
	tell_neighbour(neighbours, RTM_NEWNEIGH, SECOND, NUD_REACHABLE, "mnopqr", 0);
	neighbours__dump_begins(neighbours);
	neighbours__dump_ends(neighbours);
	neighbours__find(neighbours, &gateway, 2, &sample);
	assert_int_equal(sample.state, NEIGHBOUR_UNKNOWN);
	tell_neighbour(neighbours, RTM_NEWNEIGH, FIRST, NUD_REACHABLE, "ghijkl", 0);
	tell_neighbour(neighbours, RTM_NEWNEIGH, SECOND, NUD_REACHABLE, "stuvwx", 0);
	neighbours__find(neighbours, &gateway, 2, &sample);
	assert_int_equal(sample.mac_changes, 1);
	/* Nobody watches the other one: it is as good as new. */
	neighbours__find(neighbours, &other, 2, &sample);
	assert_int_equal(sample.mac_changes, 0);
	assert_int_equal(changes.total, 1);
	neighbours__free(neighbours);
}

static void a_full_table_keeps_room_for_the_gateway(void **state)
{
	struct changes changes = {};
	struct neighbours *neighbours = neighbours__new(&changes);
	struct address gateway = ipv4(FIRST);
	struct neighbour_sample sample;

	(void)state;
	neighbours__watch(neighbours, &gateway);
	for (int i = 0; i < NEIGHBOURS_MAX + 10; i++) {
		uint8_t address[4] = {10, 9, (uint8_t)(i >> 8), (uint8_t)i};

		tell_neighbour(neighbours, RTM_NEWNEIGH, address, NUD_REACHABLE, "abcdef", 0);
	}
	assert_int_equal(neighbours__refused(neighbours), 10);
	tell_neighbour(neighbours, RTM_NEWNEIGH, FIRST, NUD_REACHABLE, "abcdef", 0);
	neighbours__find(neighbours, &gateway, 2, &sample);
	assert_int_equal(sample.state, NEIGHBOUR_REACHABLE);
	neighbours__free(neighbours);
}

/* ---- routes ------------------------------------------------------------------------------ */

static struct nl_msg *route_message(int type, int flags, const uint8_t *gateway, size_t gateways)
{
	static const uint8_t prefix[4] = {203, 0, 113, 0};
	struct rtmsg header = {.rtm_family = AF_INET,
			       .rtm_dst_len = 24,
			       .rtm_table = RT_TABLE_MAIN,
			       .rtm_type = RTN_UNICAST};
	struct nl_msg *message = nlmsg_alloc_simple(type, flags);

	nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO);
	nla_put(message, RTA_DST, 4, prefix);
	if (gateways == 1) {
		nla_put(message, RTA_GATEWAY, 4, gateway);
		nla_put_u32(message, RTA_OIF, 2);
	} else {
		struct nlattr *list = nla_nest_start(message, RTA_MULTIPATH);

		for (size_t i = 0; i < gateways; i++) {
			struct rtnexthop *hop = nlmsg_reserve(message, sizeof(*hop), NLMSG_ALIGNTO);

			memset(hop, 0, sizeof(*hop));
			hop->rtnh_ifindex = 2 + (int)i;
			nla_put(message, RTA_GATEWAY, 4, gateway + 4 * i);
			hop->rtnh_len = sizeof(*hop) + 8;
		}
		nla_nest_end(message, list);
	}
	return message;
}

static void take_route(struct routes *routes, struct nl_msg *message)
{
	routes__take(routes, nlmsg_hdr(message));
	nlmsg_free(message);
}

static void a_route_replaced_and_deleted(void **state)
{
	struct changes changes = {};
	struct routes *routes = routes__new(&changes);

	(void)state;
	take_route(routes, route_message(RTM_NEWROUTE, 0, FIRST, 1));
	assert_int_equal(changes.total, 0); /* the first look is no change */
	routes__dump_ends(routes);
	take_route(routes, route_message(RTM_NEWROUTE, 0, FIRST, 1));
	assert_int_equal(changes.total, 0);
	take_route(routes, route_message(RTM_NEWROUTE, NLM_F_REPLACE, SECOND, 1));
	assert_int_equal(changes.total, 2);
	assert_string_equal(changes.kept[0].text, "route 203.0.113.0/24 via 10.0.0.1 was deleted");
	assert_string_equal(changes.kept[1].text, "route 203.0.113.0/24 via 10.0.0.2 was added");
	take_route(routes, route_message(RTM_DELROUTE, 0, FIRST, 1));
	assert_int_equal(changes.total, 2); /* it was not there any more */
	routes__dump_begins(routes);
	routes__dump_ends(routes);
	assert_int_equal(routes__deleted(routes), 2);
	assert_int_equal(routes__count(routes), 0);
	routes__free(routes);
}

static void a_route_of_several_gateways_names_them_all(void **state)
{
	static const uint8_t both[8] = {10, 0, 0, 1, 10, 0, 0, 2};
	struct nl_msg *message = route_message(RTM_NEWROUTE, 0, both, 2);
	struct address second = ipv4(SECOND);
	struct way way;

	(void)state;
	way_parse(nlmsg_hdr(message), &way);
	assert_int_equal(way.kind, WAY_VIA);
	assert_int_equal(way.hop_count, 2);
	assert_int_equal(way.hops[1].interface, 3);
	assert_memory_equal(&way.hops[1].gateway, &second, sizeof(second));
	nlmsg_free(message);
}

/* Every message cut at every length, and with every byte of it turned over. */
static void damaged_messages_are_passed_over(void **state)
{
	static const uint8_t both[8] = {10, 0, 0, 1, 10, 0, 0, 2};
	struct link_options vlan = {.index = 5, .name = "eth0.7", .kind = "vlan", .lower = 2};
	struct nl_msg *messages[] = {link_message(RTM_NEWLINK, &vlan),
				     route_message(RTM_NEWROUTE, 0, both, 2)};
	struct changes changes = {};
	struct interfaces *interfaces = interfaces__new(&changes);
	struct neighbours *neighbours = neighbours__new(&changes);
	struct addresses *addresses = addresses__new(&changes);
	struct routes *routes = routes__new(&changes);
	struct diag_socket entry;
	struct way way;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint32_t len = nlmsg_hdr(messages[i])->nlmsg_len;

		for (uint32_t at = 0; at < 2 * len; at++) {
			struct nlmsghdr *copy = malloc(len);

			memcpy(copy, nlmsg_hdr(messages[i]), len);
			if (at < len)
				copy->nlmsg_len = at < sizeof(*copy) ? sizeof(*copy) : at;
			else if (at - len >= sizeof(*copy))
				((uint8_t *)copy)[at - len] ^= 0xff;
			interfaces__take(interfaces, copy);
			neighbours__take(neighbours, copy);
			addresses__take(addresses, copy);
			routes__take(routes, copy);
			way_parse(copy, &way);
			assert_true(way.hop_count <= WAY_GATEWAYS_MAX);
			parse_diag_socket(copy, &entry);
			free(copy);
		}
		nlmsg_free(messages[i]);
	}
	routes__free(routes);
	addresses__free(addresses);
	neighbours__free(neighbours);
	interfaces__free(interfaces);
}

/* ---- the kernel -------------------------------------------------------------------------- */

static void must_run(const char *command)
{
	if (system(command)) {
		print_error("%s\n", command);
		fail();
	}
}

static void change_much(void)
{
	FILE *batch = popen("ip -batch -", "w");

	assert_non_null(batch);
	for (unsigned i = 0; i < ROUTES_OF_A_FLOOD; i++)
		fprintf(batch, "route add 10.9.%u.%u/32 dev one\n", i / 256, i % 256);
	assert_int_equal(pclose(batch), 0);
}

struct heard {
	bool overrun, gone;
};

static void on_change(void *context, const struct change *change)
{
	struct heard *heard = context;

	heard->overrun |= change->kind == CHANGE_OVERRUN;
	heard->gone |= !strcmp(change->text, "route 198.51.100.0/24 via 10.8.0.2 was deleted");
}

static void an_overrun_is_noticed_and_repaired_by_a_dump(void **state)
{
	struct config config = {};
	struct link_table *links = link_table__new(&config, NULL, 16);
	struct heard heard = {};
	struct host_options options = {
		.config = &config,
		.netlink_buffer = TINY_BUFFER,
		.on_change = on_change,
		.context = &heard,
	};
	const struct sample *sample;
	struct host *host;

	(void)state;
	must_run("ip link add one type veth peer name two && ip link set one up && "
		 "ip link set two up && ip addr add 10.8.0.1/24 dev one && "
		 "ip route add 198.51.100.0/24 via 10.8.0.2");
	host = host__new(&options);
	assert_non_null(host);
	assert_int_equal(host__read(host, links), 0);
	assert_false(heard.overrun);
	change_much();
	must_run("ip route del 198.51.100.0/24 && ip link set two down");
	assert_int_equal(host__read(host, links), 0);
	sample = host__sample(host);
	assert_true(heard.overrun);
	assert_true(heard.gone);
	assert_true(sample->host[HOST_NETLINK_OVERRUNS].value >= 1);
	assert_true(sample->host[HOST_ROUTES].value >= ROUTES_OF_A_FLOOD);
	for (size_t i = 0; i < sample->interface_count; i++) {
		if (!strcmp(sample->interfaces[i].name, "two"))
			assert_true(sample->interfaces[i].reading[INTERFACE_UP].value == 0);
	}
	host__free(host);
	link_table__free(links);
}

static void listeners_of_this_namespace(void **state)
{
	static struct listener_sample list[LISTENERS_MAX];
	struct sock_diag *diag = sock_diag__new();
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t count;

	(void)state;
	assert_non_null(diag);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 7), 0);
	assert_int_equal(sock_diag__listeners(diag, list, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(list[0].limit, 7);
	assert_int_equal(list[0].queued, 0);
	close(fd);
	sock_diag__free(diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vlan_on_a_bond_of_two_cards),
		cmocka_unit_test(circles_and_far_ends_are_not_followed),
		cmocka_unit_test(carrier_counts_only_while_switched_on),
		cmocka_unit_test(interfaces_a_dump_does_not_name_are_gone),
		cmocka_unit_test(a_gateway_on_its_way_to_failed_and_back),
		cmocka_unit_test(forgotten_by_the_kernel_and_back_with_another_mac),
		cmocka_unit_test(a_full_table_keeps_room_for_the_gateway),
		cmocka_unit_test(a_route_replaced_and_deleted),
		cmocka_unit_test(a_route_of_several_gateways_names_them_all),
		cmocka_unit_test(damaged_messages_are_passed_over),
		cmocka_unit_test(an_overrun_is_noticed_and_repaired_by_a_dump),
		cmocka_unit_test(listeners_of_this_namespace),
	};

	/* What is done to this namespace ends with the process. */
	if (unshare(CLONE_NEWNET) < 0) {
		print_error("unshare(CLONE_NEWNET): %s; this test needs root\n", strerror(errno));
		return 1;
	}
	must_run("ip link set lo up");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
