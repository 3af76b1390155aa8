/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One question to the kernel, RTM_GETROUTE, instead of a copy of its tables: rules, metrics and
 * policy are then taken into account as they would be for a packet.  A lookup costs two or three
 * system calls (route, and interface by number), some ten microseconds.  Of several next hops the
 * kernel names the one that this address would take.
 */
#include "sense/route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <stdio.h>
#include <string.h>

#define IPV4_OFFSET 12

/* libnl has numbers of its own for errors, and one for most of what the kernel says. */
static int errno_of(int nl_error)
{
	switch (-nl_error) {
	case NLE_NOMEM:
		return ENOMEM;
	case NLE_PERM:
	case NLE_NOACCESS:
		return EPERM;
	default:
		return EIO;
	}
}

static int keep_kernel_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *context)
{
	(void)from;
	*(int *)context = -error->error;
	return NL_STOP;
}

struct nl_sock *route_socket_open(void)
{
	struct nl_sock *socket = nl_socket_alloc();
	int err;

	if (!socket) {
		errno = ENOMEM;
		return NULL;
	}
	err = nl_connect(socket, NETLINK_ROUTE);
	if (err < 0) {
		nl_socket_free(socket);
		errno = errno_of(err);
		return NULL;
	}
	return socket;
}

static struct nl_addr *to_nl(const struct address *address)
{
	if (address_is_ipv4(address))
		return nl_addr_build(AF_INET, address->byte + IPV4_OFFSET, 4);
	return nl_addr_build(AF_INET6, address->byte, sizeof(address->byte));
}

static bool from_nl(const struct nl_addr *nl, struct address *address)
{
	size_t len = nl ? nl_addr_get_len(nl) : 0;

	memset(address, 0, sizeof(*address));
	if (len == sizeof(address->byte)) {
		memcpy(address->byte, nl_addr_get_binary_addr(nl), len);
	} else if (len == 4) {
		address->byte[10] = address->byte[11] = 0xff;
		memcpy(address->byte + IPV4_OFFSET, nl_addr_get_binary_addr(nl), len);
	}
	return len && !address_is_unspecified(address);
}

/* Names the interface and says whether it is one with a single far end. */
static bool describe_interface(struct nl_sock *socket, int index, char name[IF_NAMESIZE])
{
	struct rtnl_link *link = NULL;
	bool point_to_point;

	name[0] = '\0';
	/* An answer that libnl had no memory to read is none, and no error either. */
	if (index <= 0 || rtnl_link_get_kernel(socket, index, NULL, &link) < 0 || !link)
		return false;
	if (rtnl_link_get_name(link))
		snprintf(name, IF_NAMESIZE, "%s", rtnl_link_get_name(link));
	point_to_point = rtnl_link_get_flags(link) & IFF_POINTOPOINT;
	rtnl_link_put(link);
	return point_to_point;
}

static void read_answer(struct nl_sock *socket, struct rtnl_route *answer, struct route *route)
{
	struct rtnl_nexthop *hop = rtnl_route_nexthop_n(answer, 0);
	bool point_to_point = false;

	memset(route, 0, sizeof(*route));
	if (hop)
		point_to_point = describe_interface(socket, rtnl_route_nh_get_ifindex(hop),
						    route->interface);
	switch (rtnl_route_get_type(answer)) {
	case RTN_LOCAL:
		route->way = ROUTE_LOCAL;
		break;
	case RTN_BROADCAST:
	case RTN_MULTICAST:
	case RTN_ANYCAST:
		route->way = ROUTE_ON_LINK;
		break;
	case RTN_UNICAST:
		/* RTA_VIA has the gateway of another family: IPv4 by an IPv6 neighbour. */
		if (hop && (from_nl(rtnl_route_nh_get_gateway(hop), &route->gateway) ||
			    from_nl(rtnl_route_nh_get_via(hop), &route->gateway)))
			route->way = ROUTE_VIA;
		else
			route->way = point_to_point ? ROUTE_TUNNEL : ROUTE_ON_LINK;
		break;
	default:
		route->way = ROUTE_NONE;
	}
}

int route_lookup(struct nl_sock *socket, const struct address *address, struct route *route)
{
	struct nl_addr *destination = to_nl(address);
	struct rtnl_route *answer = NULL;
	int err, kernel_error = 0;

	if (!destination)
		return -ENOMEM;
	nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, keep_kernel_error, &kernel_error);
	err = rtnl_route_lookup(socket, destination, &answer);
	if (!err && !answer) /* there was no memory to read it */
		err = -NLE_NOMEM;
	nl_socket_modify_err_cb(socket, NL_CB_DEFAULT, NULL, NULL);
	nl_addr_put(destination);
	if (err < 0 && kernel_error && kernel_error != ENOMEM && kernel_error != ENOBUFS) {
		/* ENETUNREACH, or what a route of type unreachable, prohibit or blackhole says. */
		memset(route, 0, sizeof(*route));
		return 0;
	}
	if (err < 0)
		return kernel_error ? -kernel_error : -errno_of(err);
	read_answer(socket, answer, route);
	rtnl_route_put(answer);
	return 0;
}
