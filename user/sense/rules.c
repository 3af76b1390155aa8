/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel is asked for the route to an address.  A rule may send packets to the same address by
 * different tables: by the mark that a filter gave them, by their user, by their source.  Whoever
 * relies on the way of a link has to know that there are such rules.
 */
#include "sense/rules.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

bool rule_is_unseen(const struct nlmsghdr *message)
{
	static const int selectors[] = {
		FRA_SRC, FRA_FWMARK, FRA_UID_RANGE, FRA_IIFNAME, FRA_OIFNAME, FRA_SPORT_RANGE,
	};
	struct nlattr *attribute[FRA_MAX + 1] = {};
	const struct fib_rule_hdr *header = nlmsg_data(message);

	if (message->nlmsg_type != RTM_NEWRULE ||
	    nlmsg_parse((struct nlmsghdr *)message, sizeof(*header), attribute, FRA_MAX, NULL))
		return false;
	for (size_t i = 0; i < sizeof(selectors) / sizeof(*selectors); i++) {
		if (attribute[selectors[i]])
			return true;
	}
	return header->src_len || header->tos;
}
