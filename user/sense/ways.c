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
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "sense/interfaces.h"
#include "sense/rtnl.h"

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
			  .rtm_flags = RTM_F_FIB_MATCH | RTM_F_LOOKUP_TABLE},
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

size_t way_interfaces(const struct interfaces *interfaces, int index, int *found, size_t room)
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
			if (list[i].master == found[next] && !contains(found, count, list[i].index))
				found[count++] = list[i].index;
		}
	}
	return count;
}
