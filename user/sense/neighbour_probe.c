/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A next hop that went away is believed by the kernel for half a minute, for so long its last
 * answer counts (base_reachable_time), and then for five seconds more.  Whether everything behind
 * it is silent because it is gone or because the line behind it is, only the next hop itself can
 * tell.  So one that is in use, and was not confirmed by traffic for most of a second, is asked:
 * the state PROBE makes the kernel send a unicast ARP request or neighbour solicitation, as it does
 * by itself, and a neighbour that is well answers within a round trip of the LAN.
 *
 * Cost: one packet a second and next hop at most, and none while traffic confirms it.  Only this
 * host's own network sees it.
 */
#include "sense/neighbour_probe.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "sense/rtnl.h"

#define UNCONFIRMED_S 0.7

bool neighbour_wants_probe(const struct neighbour_sample *neighbour)
{
	return (neighbour->state == NEIGHBOUR_REACHABLE || neighbour->state == NEIGHBOUR_STALE ||
		neighbour->state == NEIGHBOUR_DELAY) &&
	       neighbour->unconfirmed_s.known && neighbour->unconfirmed_s.value >= UNCONFIRMED_S;
}

bool neighbour_is_probed(const struct neighbour_sample *neighbour)
{
	return neighbour->state == NEIGHBOUR_PROBE || neighbour->state == NEIGHBOUR_INCOMPLETE;
}

static void ignore(void *context, const struct nlmsghdr *answer)
{
	(void)context, (void)answer;
}

int neighbour_probe(struct rtnl *rtnl, const struct address *address, int interface)
{
	struct {
		struct nlmsghdr header;
		struct ndmsg neighbour;
		struct rtattr attribute;
		uint8_t address[16];
	} request = {
		.header = {.nlmsg_type = RTM_NEWNEIGH,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_REPLACE | NLM_F_ACK},
		.neighbour = {.ndm_ifindex = interface, .ndm_state = NUD_PROBE},
		.attribute = {.rta_type = NDA_DST},
	};
	size_t len = address_is_ipv4(address) ? 4 : 16;

	if (!interface)
		return -ENODEV;
	request.neighbour.ndm_family = len == 4 ? AF_INET : AF_INET6;
	request.attribute.rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(request.address, address->byte + 16 - len, len);
	request.header.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof(request.neighbour)) +
					      RTA_ALIGN(request.attribute.rta_len));
	return rtnl__ask(rtnl, &request.header, ignore, NULL);
}
