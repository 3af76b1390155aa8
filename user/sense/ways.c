/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One question to the kernel for each address, RTM_GETROUTE for the route as it stands in the table
 * (RTM_F_FIB_MATCH, since Linux 4.13): a route of several gateways then names all of them.  An
 * older kernel names the gateway that it would take.  Rules are applied as for a packet without a
 * mark and from any source address; that there are rules by mark, user or source is counted
 * (rules.c).
 */
#include "sense/ways.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "sense/interfaces.h"
#include "sense/rtnl.h"

#define BRIDGE_DEPTH 4 /* of a VLAN on a VLAN on a bridge */

void way_parse(const struct nlmsghdr *answer, struct way *way)
{
	const struct rtmsg *header = nlmsg_data(answer);

	memset(way, 0, sizeof(*way));
	if (answer->nlmsg_type != RTM_NEWROUTE || nlmsg_datalen(answer) < (int)sizeof(*header))
		return;
	switch (header->rtm_type) {
	case RTN_LOCAL:
		way->kind = WAY_LOCAL;
		return;
	case RTN_BROADCAST:
	case RTN_MULTICAST:
	case RTN_ANYCAST:
	case RTN_UNICAST:
		break;
	default:
		return;
	}
	way->hop_count = route_next_hops(answer, way->hops, WAY_GATEWAYS_MAX);
	if (way->hop_count)
		way->kind = WAY_ON_LINK;
	for (size_t i = 0; i < way->hop_count; i++) {
		if (!address_is_unspecified(&way->hops[i].gateway))
			way->kind = WAY_VIA;
	}
}

static void on_answer(void *context, const struct nlmsghdr *answer)
{
	way_parse(answer, context);
}

/* What the kernel says of an address that it has no route to, or one that refuses. */
static bool means_no_way(int err)
{
	return err == -ENETUNREACH || err == -EHOSTUNREACH || err == -EACCES || err == -EINVAL ||
	       err == -ESRCH || err == -ENETDOWN || err == -ENONET;
}

int way_find(struct rtnl *rtnl, const struct address *address, struct way *way)
{
	bool ipv4 = address_is_ipv4(address);
	size_t len = ipv4 ? 4 : 16;
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
		struct rtattr attribute;
		uint8_t destination[16];
	} request = {
		.header = {.nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = ipv4 ? AF_INET : AF_INET6,
			  .rtm_dst_len = (unsigned char)(len * 8),
			  /* IPv6 names the table unasked, and takes the question for an error. */
			  .rtm_flags = RTM_F_FIB_MATCH | (ipv4 ? RTM_F_LOOKUP_TABLE : 0)},
		.attribute = {.rta_type = RTA_DST, .rta_len = (unsigned short)RTA_LENGTH(len)},
	};
	struct way found = {};
	int err;

	memcpy(request.destination, address->byte + (ipv4 ? 12 : 0), len);
	request.header.nlmsg_len =
		(uint32_t)(NLMSG_LENGTH(sizeof(request.route)) + RTA_LENGTH(len));
	err = rtnl__ask(rtnl, &request.header, on_answer, &found);
	if (err && !means_no_way(err))
		return err;
	if (err)
		memset(&found, 0, sizeof(found));
	*way = found;
	return 0;
}

static bool contains(const int *found, size_t count, int index)
{
	for (size_t i = 0; i < count; i++) {
		if (found[i] == index)
			return true;
	}
	return false;
}

static void on_forwarding(void *context, const struct nlmsghdr *answer)
{
	const struct ndmsg *header = nlmsg_data(answer);

	if (answer->nlmsg_type == RTM_NEWNEIGH && nlmsg_datalen(answer) >= (int)sizeof(*header) &&
	    header->ndm_family == AF_BRIDGE)
		*(int *)context = header->ndm_ifindex;
}

/* What the bridge has learned, for one address: since Linux 5.0. */
static int ask_bridge(struct rtnl *rtnl, int bridge, const uint8_t mac[ETH_ALEN])
{
	struct {
		struct nlmsghdr header;
		struct ndmsg neighbour;
		char attributes[64];
	} request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(request.neighbour)),
			   .nlmsg_type = RTM_GETNEIGH,
			   .nlmsg_flags = NLM_F_REQUEST},
		.neighbour = {.ndm_family = AF_BRIDGE, .ndm_flags = NTF_MASTER},
	};
	struct rtattr *attribute = (struct rtattr *)request.attributes;
	int port = 0;

	attribute->rta_type = NDA_MASTER;
	attribute->rta_len = RTA_LENGTH(sizeof(bridge));
	memcpy(RTA_DATA(attribute), &bridge, sizeof(bridge));
	request.header.nlmsg_len += RTA_ALIGN(attribute->rta_len);
	attribute = (struct rtattr *)(request.attributes + RTA_ALIGN(attribute->rta_len));
	attribute->rta_type = NDA_LLADDR;
	attribute->rta_len = RTA_LENGTH(ETH_ALEN);
	memcpy(RTA_DATA(attribute), mac, ETH_ALEN);
	request.header.nlmsg_len += RTA_ALIGN(attribute->rta_len);
	return rtnl__ask(rtnl, &request.header, on_forwarding, &port) ? 0 : port;
}

int way_bridge(const struct interfaces *interfaces, int index)
{
	const struct interface_sample *interface = interfaces__find(interfaces, index);

	for (int depth = 0; interface && depth < BRIDGE_DEPTH; depth++) {
		if (!strcmp(interface->kind, "bridge"))
			return interface->index;
		interface = interfaces__find(interfaces, interface->lower);
	}
	return 0;
}

int way_bridge_port(struct rtnl *rtnl, int bridge, const struct neighbour_sample *neighbour)
{
	int port = neighbour->mac_len == ETH_ALEN ? ask_bridge(rtnl, bridge, neighbour->mac) : 0;

	/* Of its own address a bridge names itself. */
	return port == bridge ? 0 : port;
}

static bool is_other_port(const struct interfaces *interfaces, const struct interface_sample *lower,
			  int port)
{
	const struct interface_sample *leads = interfaces__find(interfaces, port);

	return leads && leads->master == lower->master && lower->index != port;
}

size_t way_interfaces(const struct interfaces *interfaces, int index, int port, int *found,
		      size_t room)
{
	size_t count = 0, all;
	const struct interface_sample *list = interfaces__list(interfaces, &all);

	if (!room || !interfaces__find(interfaces, index))
		return 0;
	found[count++] = index;
	/* Each one found may have others below it; one that was met already ends a circle. */
	for (size_t next = 0; next < count; next++) {
		const struct interface_sample *upper = interfaces__find(interfaces, found[next]);

		if (upper->lower && count < room && !contains(found, count, upper->lower) &&
		    interfaces__find(interfaces, upper->lower))
			found[count++] = upper->lower;
		for (size_t i = 0; i < all && count < room; i++) {
			if (list[i].master == found[next] &&
			    !contains(found, count, list[i].index) &&
			    !is_other_port(interfaces, &list[i], port))
				found[count++] = list[i].index;
		}
	}
	return count;
}
