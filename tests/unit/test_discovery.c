/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Namespaces, routes and the classifier, in network namespaces of the test's own.
 *
 * The network: interface fl0 has 198.51.100.2/24 and 2001:db8:1::2/64, its gateways are
 * 198.51.100.1 and fe80::1; behind the tunnel fl-tun lies 203.0.113.0/24.  Documentation addresses
 * stand for public ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netlink/socket.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sense/discovery.h"
#include "sense/netns.h"
#include "sense/route.h"

static void run(const char *command)
{
	int status = system(command);

	if (status != 0)
		fail_msg("%s: status %d", command, status);
}

static int enter_new_network(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) < 0) {
		print_error("unshare(CLONE_NEWNET): %s; this test needs root\n", strerror(errno));
		return -1;
	}
	run("ip link set lo up");
	run("ip link add fl0 type veth peer name fl1");
	run("ip link set fl1 up");
	run("ip link set fl0 up");
	run("ip addr add 198.51.100.2/24 dev fl0");
	run("ip addr add 2001:db8:1::2/64 dev fl0 nodad");
	run("ip route add default via 198.51.100.1 dev fl0");
	run("ip -6 route add default via fe80::1 dev fl0");
	run("ip route add 192.0.2.0/25 via inet6 fe80::7 dev fl0");
	run("ip route add unreachable 192.0.2.128/26");
	run("ip route add blackhole 192.0.2.192/26");
	run("ip tuntap add fl-tun mode tun");
	run("ip link set fl-tun up");
	run("ip route add 203.0.113.0/24 dev fl-tun");
	return 0;
}

static struct address address(const char *text)
{
	struct address address;

	if (parse_address(text, &address))
		fail_msg("%s is no address", text);
	return address;
}

static void assert_route(struct nl_sock *socket, const char *to, enum route_way way,
			 const char *gateway, const char *interface)
{
	struct address destination = address(to), expected;
	struct route route;
	char text[ADDRESS_TEXT_LEN];

	assert_int_equal(route_lookup(socket, &destination, &route), 0);
	if (route.way != way)
		fail_msg("%s: way %d, expected %d", to, route.way, way);
	if (gateway) {
		expected = address(gateway);
		if (memcmp(&expected, &route.gateway, sizeof(expected)) != 0)
			fail_msg("%s: gateway %s, expected %s", to,
				 format_address(&route.gateway, text), gateway);
	}
	if (interface)
		assert_string_equal(route.interface, interface);
}

static void routes_are_the_kernels(void **state)
{
	struct nl_sock *socket = route_socket_open();

	(void)state;
	assert_non_null(socket);
	assert_route(socket, "127.0.0.1", ROUTE_LOCAL, NULL, "lo");
	assert_route(socket, "::1", ROUTE_LOCAL, NULL, "lo");
	assert_route(socket, "198.51.100.2", ROUTE_LOCAL, NULL, NULL);
	assert_route(socket, "198.51.100.77", ROUTE_ON_LINK, NULL, "fl0");
	assert_route(socket, "198.51.100.255", ROUTE_ON_LINK, NULL, "fl0");
	assert_route(socket, "2001:db8:1::77", ROUTE_ON_LINK, NULL, "fl0");
	assert_route(socket, "198.18.0.1", ROUTE_VIA, "198.51.100.1", "fl0");
	assert_route(socket, "2001:db8:2::1", ROUTE_VIA, "fe80::1", "fl0");
	assert_route(socket, "192.0.2.1", ROUTE_VIA, "fe80::7", "fl0");
	assert_route(socket, "192.0.2.129", ROUTE_NONE, NULL, "");
	assert_route(socket, "192.0.2.193", ROUTE_NONE, NULL, "");
	assert_route(socket, "203.0.113.1", ROUTE_TUNNEL, NULL, "fl-tun");
	/* The socket is still of use after the kernel said no. */
	assert_route(socket, "198.51.100.77", ROUTE_ON_LINK, NULL, "fl0");
	nl_socket_free(socket);
}

static void peers_are_classified_with_a_reason(void **state)
{
	static const struct {
		const char *address;
		enum link_kind kind;
		enum discovery_reason reason;
	} cases[] = {
		{"127.0.0.1", LINK_INTERNAL, DISCOVERY_LOOPBACK},
		{"127.9.9.9", LINK_INTERNAL, DISCOVERY_LOOPBACK},
		{"::1", LINK_INTERNAL, DISCOVERY_LOOPBACK},
		{"198.51.100.2", LINK_INTERNAL, DISCOVERY_OWN},
		{"2001:db8:1::2", LINK_INTERNAL, DISCOVERY_OWN},
		{"169.254.169.254", LINK_INTERNAL, DISCOVERY_LINK_LOCAL},
		{"fe80::99", LINK_INTERNAL, DISCOVERY_LINK_LOCAL},
		{"10.1.2.3", LINK_INTERNAL, DISCOVERY_PRIVATE},
		{"172.31.255.255", LINK_INTERNAL, DISCOVERY_PRIVATE},
		{"172.32.0.1", LINK_EXTERNAL, DISCOVERY_ROUTED},
		{"192.168.0.1", LINK_INTERNAL, DISCOVERY_PRIVATE},
		{"100.64.0.1", LINK_INTERNAL, DISCOVERY_PRIVATE},
		{"100.128.0.1", LINK_EXTERNAL, DISCOVERY_ROUTED},
		{"fd00::1", LINK_INTERNAL, DISCOVERY_PRIVATE},
		{"198.51.100.77", LINK_INTERNAL, DISCOVERY_ON_LINK},
		{"2001:db8:1::77", LINK_INTERNAL, DISCOVERY_ON_LINK},
		{"203.0.113.7", LINK_EXTERNAL, DISCOVERY_ROUTED},
		{"2001:db8:2::1", LINK_EXTERNAL, DISCOVERY_ROUTED},
		{"192.0.2.129", LINK_EXTERNAL, DISCOVERY_NO_ROUTE},
		{"0.0.0.0", LINK_EXTERNAL, DISCOVERY_UNKNOWN},
	};
	static const struct config config;
	struct discovery *discovery = discovery__new(&config, NULL);

	(void)state;
	assert_non_null(discovery);
	/* Twice: asked, and remembered. */
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		size_t c = i % (sizeof(cases) / sizeof(cases[0]));
		struct address peer = address(cases[c].address);
		enum discovery_reason reason;
		enum link_kind kind = discovery__kind(discovery, 0, &peer, &reason);

		if (kind != cases[c].kind || reason != cases[c].reason)
			fail_msg("%s is %s, %s", cases[c].address, link_kind_name(kind),
				 discovery_reason_text(reason));
	}
	discovery__free(discovery);
	discovery__free(NULL);
}

static struct discovery_device device_named(struct discovery *discovery, const char *name)
{
	for (size_t i = 0; i < discovery__device_count(discovery); i++) {
		struct discovery_device device = discovery__device_at(discovery, i);

		if (strcmp(device.name, name) == 0)
			return device;
	}
	fail_msg("no device named %s", name);
	return (struct discovery_device){0};
}

static void next_hops_become_devices(void **state)
{
	struct config_device declared[] = {
		{.name = "edge-router", .address = address("198.51.100.1"), .side = SIDE_EXTERNAL},
		{.name = "far-firewall", .address = address("198.18.0.254"), .side = SIDE_INFRA},
	};
	struct config config = {.devices = declared, .device_count = 2};
	static const struct config none;
	struct discovery *discovery = discovery__new(&config, NULL);
	struct address far4 = address("198.18.0.1"), far6 = address("2001:db8:2::1");
	struct discovery_device device;

	(void)state;
	assert_non_null(discovery);
	assert_int_equal(discovery__device_count(discovery), 2);
	discovery__kind(discovery, 0, &far4, NULL);
	assert_int_equal(discovery__device_count(discovery), 2);
	discovery__kind(discovery, 0, &far6, NULL);
	discovery__kind(discovery, 0, &far6, NULL);
	assert_int_equal(discovery__device_count(discovery), 3);
	device = device_named(discovery, "edge-router");
	assert_true(device.declared);
	assert_string_equal(device.interface, "fl0");
	assert_int_equal(device.side, SIDE_EXTERNAL);
	device = device_named(discovery, "fe80::1");
	assert_false(device.declared);
	assert_string_equal(device.interface, "fl0");
	assert_string_equal(device_named(discovery, "far-firewall").interface, "fl0");

	discovery__reload(discovery, &none);
	assert_int_equal(discovery__device_count(discovery), 2);
	assert_false(device_named(discovery, "198.51.100.1").declared);
	/* The route goes away, and with it the device and the answer. */
	run("ip -6 route del default via fe80::1 dev fl0");
	discovery__refresh(discovery);
	assert_int_equal(discovery__device_count(discovery), 1);
	run("ip route add 198.18.0.0/24 dev fl0");
	assert_int_equal(discovery__kind(discovery, 0, &far4, NULL), LINK_EXTERNAL);
	discovery__refresh(discovery);
	assert_int_equal(discovery__kind(discovery, 0, &far4, NULL), LINK_INTERNAL);
	assert_int_equal(discovery__device_count(discovery), 0);
	run("ip route del 198.18.0.0/24 dev fl0");
	run("ip -6 route add default via fe80::1 dev fl0");
	discovery__free(discovery);
}

static void next_hops_are_bounded(void **state)
{
	static const struct config config;
	struct discovery *discovery = discovery__new(&config, NULL);
	char command[128];

	(void)state;
	for (unsigned i = 0; i < DISCOVERY_DEVICES_MAX + 3; i++) {
		struct address far;

		snprintf(command, sizeof(command),
			 "ip route add 198.19.%u.0/24 via 198.51.100.%u dev fl0", i, i + 10);
		run(command);
		snprintf(command, sizeof(command), "198.19.%u.1", i);
		far = address(command);
		assert_int_equal(discovery__kind(discovery, 0, &far, NULL), LINK_EXTERNAL);
	}
	assert_int_equal(discovery__device_count(discovery), DISCOVERY_DEVICES_MAX);
	discovery__free(discovery);
}

struct holder {
	pid_t pid;
	uint32_t inode;
};

/* A process in a namespace of its own, which it tells that it is there by a byte. */
static struct holder hold_namespace(void)
{
	struct holder holder = {0};
	int ready[2];
	struct stat status;
	char path[64], byte;

	assert_int_equal(pipe(ready), 0);
	holder.pid = fork();
	assert_true(holder.pid >= 0);
	if (holder.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) == 0 && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", holder.pid);
	assert_int_equal(stat(path, &status), 0);
	holder.inode = (uint32_t)status.st_ino;
	return holder;
}

static void end_holder(struct holder *holder)
{
	assert_int_equal(kill(holder->pid, SIGKILL), 0);
	assert_int_equal(waitpid(holder->pid, NULL, 0), holder->pid);
}

static void namespaces_are_found_named_and_entered(void **state)
{
	struct holder holder = hold_namespace();
	struct netns_table *table = netns_table__new();
	uint32_t own, inside = 0;
	char name[32];
	int fd, back;

	(void)state;
	assert_non_null(table);
	assert_int_equal(netns_own_inode(&own), 0);
	assert_int_equal(netns_table__at(table, 0).inode, own);
	assert_true(netns_table__at(table, 0).own);
	assert_null(netns_table__name(table, own));
	snprintf(name, sizeof(name), "pid:%d", holder.pid);
	assert_string_equal(netns_table__name(table, holder.inode), name);
	assert_string_equal(netns_table__name(table, 7), "7");
	assert_true(netns_table__count(table) >= 2);
	assert_int_equal(netns_table__dropped(table), 0);

	fd = netns_table__open(table, holder.inode);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(netns_enter(fd, &back), 0);
	assert_int_equal(netns_own_inode(&inside), 0);
	assert_int_equal(netns_leave(back), 0);
	close(fd);
	assert_int_equal(inside, holder.inode);
	assert_int_equal(netns_own_inode(&inside), 0);
	assert_int_equal(inside, own);

	end_holder(&holder);
	assert_int_equal(netns_table__open(table, 7), -ENOENT);
	assert_true(netns_table__open(table, holder.inode) < 0);
	assert_int_equal(netns_table__refresh(table), 0);
	for (size_t i = 0; i < netns_table__count(table); i++)
		assert_int_not_equal(netns_table__at(table, i).inode, holder.inode);
	netns_table__free(table);
	netns_table__free(NULL);
}

static void a_mount_gives_its_name(void **state)
{
	struct netns_table *table;
	char name[64], command[128];
	bool found = false;

	(void)state;
	snprintf(name, sizeof(name), "fl-unit-%d", getpid());
	snprintf(command, sizeof(command), "ip netns add %s", name);
	run(command);
	table = netns_table__new();
	for (size_t i = 0; table && i < netns_table__count(table); i++)
		found |= strcmp(netns_table__at(table, i).name, name) == 0;
	snprintf(command, sizeof(command), "ip netns del %s", name);
	run(command);
	netns_table__free(table);
	assert_true(found);
}

static void another_namespace_has_its_own_routes(void **state)
{
	static const struct config config;
	struct holder holder = hold_namespace();
	struct netns_table *table = netns_table__new();
	struct discovery *discovery = discovery__new(&config, table);
	struct link_classifier classifier = discovery__classifier(discovery);
	struct address peer = address("198.51.100.77");
	enum discovery_reason reason;
	uint32_t own, after;
	char name[32];

	(void)state;
	assert_int_equal(netns_own_inode(&own), 0);
	assert_int_equal(discovery__kind(discovery, own, &peer, &reason), LINK_INTERNAL);
	assert_int_equal(reason, DISCOVERY_ON_LINK);
	assert_int_equal(discovery__kind(discovery, holder.inode, &peer, &reason), LINK_EXTERNAL);
	assert_int_equal(reason, DISCOVERY_NO_ROUTE);
	assert_int_equal(netns_own_inode(&after), 0);
	assert_int_equal(after, own);
	snprintf(name, sizeof(name), "pid:%d", holder.pid);
	assert_string_equal(classifier.netns_name(classifier.context, holder.inode), name);
	assert_null(classifier.netns_name(classifier.context, own));
	end_holder(&holder);
	discovery__free(discovery);
	netns_table__free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_are_the_kernels),
		cmocka_unit_test(peers_are_classified_with_a_reason),
		cmocka_unit_test(next_hops_become_devices),
		cmocka_unit_test(next_hops_are_bounded),
		cmocka_unit_test(namespaces_are_found_named_and_entered),
		cmocka_unit_test(a_mount_gives_its_name),
		cmocka_unit_test(another_namespace_has_its_own_routes),
	};

	return cmocka_run_group_tests(tests, enter_new_network, NULL);
}
