/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of at most INTERFACES_MAX rows.
 *
 * A change of carrier is told by the kernel at once; counters come with the dump of each tick.
 * Carrier is told from switched off, for one of them is a cable and the other an administrator.
 * The root queue discipline counts for all below it, and its counters are taken alone.
 */
#include "sense/interfaces.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean_name.h"
#include "base/clock.h"
#include "sense/changes.h"
#include "sense/proc_files.h"

struct interfaces {
	struct interface_sample list[INTERFACES_MAX];
	bool named[INTERFACES_MAX]; /* in the dump under way */
	size_t count;
	uint64_t refused;
	struct changes *changes;
};

struct interfaces *interfaces__new(struct changes *changes)
{
	struct interfaces *interfaces = calloc(1, sizeof(*interfaces));

	if (interfaces)
		interfaces->changes = changes;
	return interfaces;
}

void interfaces__free(struct interfaces *interfaces)
{
	free(interfaces);
}

const struct interface_sample *interfaces__find(const struct interfaces *interfaces, int index)
{
	for (size_t i = 0; i < interfaces->count; i++) {
		if (interfaces->list[i].index == index)
			return &interfaces->list[i];
	}
	return NULL;
}

static void set(struct interface_sample *interface, enum interface_reading id, double value)
{
	interface->reading[id] = reading_of(value);
}

static void read_statistics(struct interface_sample *interface, const struct nlattr *attribute)
{
	struct rtnl_link_stats64 stats = {};

	nla_memcpy(&stats, attribute, sizeof(stats));
	set(interface, INTERFACE_RX_PACKETS, (double)stats.rx_packets);
	set(interface, INTERFACE_TX_PACKETS, (double)stats.tx_packets);
	set(interface, INTERFACE_RX_BYTES, (double)stats.rx_bytes);
	set(interface, INTERFACE_TX_BYTES, (double)stats.tx_bytes);
	set(interface, INTERFACE_RX_ERRORS, (double)stats.rx_errors);
	set(interface, INTERFACE_TX_ERRORS, (double)stats.tx_errors);
	set(interface, INTERFACE_RX_CRC_ERRORS, (double)stats.rx_crc_errors);
	set(interface, INTERFACE_RX_DROPPED, (double)stats.rx_dropped);
	set(interface, INTERFACE_TX_DROPPED, (double)stats.tx_dropped);
	set(interface, INTERFACE_RX_MISSED, (double)stats.rx_missed_errors);
	set(interface, INTERFACE_TX_CARRIER_ERRORS, (double)stats.tx_carrier_errors);
}

static void read_kind(struct interface_sample *interface, struct nlattr *info)
{
	struct nlattr *part[IFLA_INFO_MAX + 1] = {};

	interface->kind[0] = '\0';
	if (info && !nla_parse_nested(part, IFLA_INFO_MAX, info, NULL) && part[IFLA_INFO_KIND])
		nla_strlcpy(interface->kind, part[IFLA_INFO_KIND], sizeof(interface->kind));
}

static int u32_of(const struct nlattr *attribute)
{
	return attribute && nla_len(attribute) >= 4 ? (int)nla_get_u32(attribute) : 0;
}

/* What the message says of the interface, over what was known before. */
static void read_link(struct interface_sample *interface, const struct ifinfomsg *header,
		      struct nlattr **attribute)
{
	interface->index = header->ifi_index;
	set(interface, INTERFACE_UP, !!(header->ifi_flags & IFF_UP));
	if (attribute[IFLA_IFNAME]) {
		nla_strlcpy(interface->name, attribute[IFLA_IFNAME], sizeof(interface->name));
		clean_name(interface->name);
	}
	read_kind(interface, attribute[IFLA_LINKINFO]);
	interface->master = u32_of(attribute[IFLA_MASTER]);
	/* With a namespace beside it the number is one of there. */
	interface->lower = attribute[IFLA_LINK_NETNSID] ? 0 : u32_of(attribute[IFLA_LINK]);
	/* The number a veth gives is its other end, which is beside it and not below. */
	if (interface->lower == interface->index || !strcmp(interface->kind, "veth"))
		interface->lower = 0;
	if (attribute[IFLA_OPERSTATE] && nla_len(attribute[IFLA_OPERSTATE]) >= 1)
		interface->operstate = nla_get_u8(attribute[IFLA_OPERSTATE]);
	if (attribute[IFLA_MTU])
		set(interface, INTERFACE_MTU, u32_of(attribute[IFLA_MTU]));
	if (attribute[IFLA_CARRIER_CHANGES])
		set(interface, INTERFACE_CARRIER_CHANGES, u32_of(attribute[IFLA_CARRIER_CHANGES]));
	if (attribute[IFLA_CARRIER] && nla_len(attribute[IFLA_CARRIER]) >= 1)
		set(interface, INTERFACE_CARRIER, !!nla_get_u8(attribute[IFLA_CARRIER]));
	if (attribute[IFLA_STATS64])
		read_statistics(interface, attribute[IFLA_STATS64]);
}

static bool is(const struct interface_sample *interface, enum interface_reading id, bool value)
{
	return interface->reading[id].known && !!interface->reading[id].value == value;
}

/* A carrier says something only of an interface that is switched on. */
static void tell(struct interfaces *interfaces, const struct interface_sample *before,
		 struct interface_sample *now)
{
	struct changes *changes = interfaces->changes;

	if (is(before, INTERFACE_UP, true) && is(now, INTERFACE_UP, false))
		changes__add(changes, CHANGE_INTERFACE_DOWN, "interface %s was switched off",
			     now->name);
	if (is(before, INTERFACE_UP, false) && is(now, INTERFACE_UP, true))
		changes__add(changes, CHANGE_INTERFACE_UP, "interface %s was switched on",
			     now->name);
	if (is(before, INTERFACE_CARRIER, true) && is(now, INTERFACE_CARRIER, false)) {
		now->carrier_lost_ns = clock_monotonic_ns();
		if (is(now, INTERFACE_UP, true))
			changes__add(changes, CHANGE_CARRIER_LOST, "interface %s lost its carrier",
				     now->name);
	}
	if (is(now, INTERFACE_CARRIER, true)) {
		if (is(before, INTERFACE_CARRIER, false))
			changes__add(changes, CHANGE_CARRIER_BACK,
				     "interface %s has its carrier back", now->name);
		now->carrier_lost_ns = 0;
	}
}

static void take_link(struct interfaces *interfaces, const struct nlmsghdr *message)
{
	struct nlattr *attribute[IFLA_MAX + 1] = {};
	struct interface_sample *interface, before;
	const struct ifinfomsg *header = nlmsg_data(message);

	/* A bridge tells of its ports by this message, too, and says little of them. */
	if (nlmsg_parse((struct nlmsghdr *)message, sizeof(*header), attribute, IFLA_MAX, NULL) ||
	    header->ifi_family != AF_UNSPEC)
		return;
	interface = (struct interface_sample *)interfaces__find(interfaces, header->ifi_index);
	if (!interface) {
		if (interfaces->count == INTERFACES_MAX) {
			interfaces->refused++;
			return;
		}
		interface = &interfaces->list[interfaces->count++];
		memset(interface, 0, sizeof(*interface));
	}
	interfaces->named[interface - interfaces->list] = true;
	before = *interface;
	read_link(interface, header, attribute);
	tell(interfaces, &before, interface);
}

static void remove_at(struct interfaces *interfaces, size_t i)
{
	changes__add(interfaces->changes, CHANGE_INTERFACE_GONE, "interface %s is gone",
		     interfaces->list[i].name);
	interfaces->count--;
	interfaces->list[i] = interfaces->list[interfaces->count];
	interfaces->named[i] = interfaces->named[interfaces->count];
}

static void drop_link(struct interfaces *interfaces, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = nlmsg_data(message);
	const struct interface_sample *interface;

	if (nlmsg_datalen(message) < (int)sizeof(*header) || header->ifi_family != AF_UNSPEC)
		return;
	interface = interfaces__find(interfaces, header->ifi_index);
	if (interface)
		remove_at(interfaces, interface - interfaces->list);
}

static void take_qdisc(struct interfaces *interfaces, const struct nlmsghdr *message)
{
	struct nlattr *attribute[TCA_MAX + 1] = {}, *part[TCA_STATS_MAX + 1] = {};
	const struct tcmsg *header = nlmsg_data(message);
	struct interface_sample *interface;
	struct gnet_stats_queue queue = {};

	if (nlmsg_parse((struct nlmsghdr *)message, sizeof(*header), attribute, TCA_MAX, NULL) ||
	    header->tcm_parent != TC_H_ROOT || !attribute[TCA_STATS2])
		return;
	interface = (struct interface_sample *)interfaces__find(interfaces, header->tcm_ifindex);
	if (!interface || nla_parse_nested(part, TCA_STATS_MAX, attribute[TCA_STATS2], NULL) ||
	    !part[TCA_STATS_QUEUE])
		return;
	nla_memcpy(&queue, part[TCA_STATS_QUEUE], sizeof(queue));
	set(interface, INTERFACE_QDISC_DROPS, queue.drops);
	set(interface, INTERFACE_QDISC_OVERLIMITS, queue.overlimits);
	set(interface, INTERFACE_QDISC_REQUEUES, queue.requeues);
	set(interface, INTERFACE_QDISC_BACKLOG, queue.backlog);
	set(interface, INTERFACE_QDISC_PACKETS, queue.qlen);
}

void interfaces__take(struct interfaces *interfaces, const struct nlmsghdr *message)
{
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
		take_link(interfaces, message);
		break;
	case RTM_DELLINK:
		drop_link(interfaces, message);
		break;
	case RTM_NEWQDISC:
		take_qdisc(interfaces, message);
		break;
	}
}

void interfaces__dump_begins(struct interfaces *interfaces)
{
	memset(interfaces->named, 0, sizeof(interfaces->named));
	interfaces->refused = 0;
	/* A queue discipline that was taken away is not told. */
	for (size_t i = 0; i < interfaces->count; i++)
		memset(&interfaces->list[i].reading[INTERFACE_QDISC_DROPS], 0,
		       (INTERFACE_QDISC_PACKETS - INTERFACE_QDISC_DROPS + 1) *
			       sizeof(struct reading));
}

void interfaces__dump_ends(struct interfaces *interfaces)
{
	for (size_t i = interfaces->count; i-- > 0;) {
		if (!interfaces->named[i])
			remove_at(interfaces, i);
	}
}

/* The kernel says -1, or refuses, where there is no speed: a virtual interface, or no carrier. */
static void read_speed(struct interface_sample *interface, struct proc_files *files)
{
	char path[64], *text, *end;
	long speed;

	interface->reading[INTERFACE_SPEED] = READING_NOT_AVAILABLE;
	snprintf(path, sizeof(path), "/sys/class/net/%s/speed", interface->name);
	if (proc_files__try(files, path, &text))
		return;
	speed = strtol(text, &end, 10);
	if (end != text && speed > 0)
		set(interface, INTERFACE_SPEED, (double)speed);
}

void interfaces__read_speeds(struct interfaces *interfaces, struct proc_files *files)
{
	for (size_t i = 0; i < interfaces->count; i++) {
		if (!strchr(interfaces->list[i].name, '/'))
			read_speed(&interfaces->list[i], files);
	}
}

const struct interface_sample *interfaces__list(const struct interfaces *interfaces, size_t *count)
{
	*count = interfaces->count;
	return interfaces->list;
}

uint64_t interfaces__refused(const struct interfaces *interfaces)
{
	return interfaces->refused;
}
