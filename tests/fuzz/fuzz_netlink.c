/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds arbitrary bytes, as one netlink message after the other, to everything that reads them:
 * interfaces, addresses, neighbours, routes, ways and sockets.  Two of the bytes in front of each
 * are its type and its length, so that messages of every type are reached.
 *
 * Beside not crashing, the tables must stay within their bounds.
 *
 * With clang: -fsanitize=fuzzer,address,undefined.  Built with -DFUZZ_REPLAY it is a plain program
 * that runs each file named on its command line once.
 */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sense/addresses.h"
#include "sense/changes.h"
#include "sense/interfaces.h"
#include "sense/neighbours.h"
#include "sense/routes.h"
#include "sense/sock_diag.h"
#include "sense/ways.h"
#include "target.h"

struct readers {
	struct changes changes;
	struct interfaces *interfaces;
	struct addresses *addresses;
	struct neighbours *neighbours;
	struct routes *routes;
};

/* In memory of its own and of its own length, so that a byte too far is seen. */
static void take(struct readers *readers, uint8_t type, const uint8_t *body, size_t len)
{
	static const uint16_t types[] = {
		RTM_NEWLINK,  RTM_DELLINK,  RTM_NEWADDR,	 RTM_DELADDR,
		RTM_NEWNEIGH, RTM_DELNEIGH, RTM_NEWROUTE,	 RTM_DELROUTE,
		RTM_NEWQDISC, RTM_NEWROUTE, SOCK_DIAG_BY_FAMILY,
	};
	struct nlmsghdr *message = malloc(sizeof(*message) + len);
	struct diag_socket socket;
	struct way way;

	if (!message)
		return;
	*message = (struct nlmsghdr){.nlmsg_len = (uint32_t)(sizeof(*message) + len),
				     .nlmsg_type = types[type % (sizeof(types) / sizeof(*types))],
				     .nlmsg_flags = type & 0x80 ? NLM_F_REPLACE : 0};
	memcpy(message + 1, body, len);
	interfaces__take(readers->interfaces, message);
	addresses__take(readers->addresses, message);
	neighbours__take(readers->neighbours, message);
	routes__take(readers->routes, message);
	way_parse(message, &way);
	demand(way.hop_count <= WAY_GATEWAYS_MAX, "next hops have room");
	parse_diag_socket(message, &socket);
	free(message);
}

static void check(const struct readers *readers)
{
	size_t count;
	int found[WAY_HOPS_MAX];
	const struct interface_sample *list = interfaces__list(readers->interfaces, &count);

	demand(count <= INTERFACES_MAX, "interfaces have room");
	for (size_t i = 0; i < count; i++) {
		demand(memchr(list[i].name, 0, sizeof(list[i].name)) != NULL, "a name ends");
		demand(way_interfaces(readers->interfaces, list[i].index, 0, found, WAY_HOPS_MAX) <=
			       WAY_HOPS_MAX,
		       "ways have room");
	}
	demand(readers->changes.count <= CHANGES_KEPT, "changes have room");
	demand(routes__count(readers->routes) <= ROUTES_MAX, "routes have room");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct readers readers = {};

	readers.interfaces = interfaces__new(&readers.changes);
	readers.addresses = addresses__new(&readers.changes);
	readers.neighbours = neighbours__new(&readers.changes);
	readers.routes = routes__new(&readers.changes);
	if (!readers.interfaces || !readers.addresses || !readers.neighbours || !readers.routes)
		abort();
	routes__dump_ends(readers.routes);
	while (size >= 2) {
		size_t len = data[1] < size - 2 ? data[1] : size - 2;

		take(&readers, data[0], data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	check(&readers);
	neighbours__dump_begins(readers.neighbours);
	neighbours__dump_ends(readers.neighbours);
	routes__dump_begins(readers.routes);
	routes__dump_ends(readers.routes);
	routes__free(readers.routes);
	neighbours__free(readers.neighbours);
	addresses__free(readers.addresses);
	interfaces__free(readers.interfaces);
	return 0;
}

#include "replay.h"
