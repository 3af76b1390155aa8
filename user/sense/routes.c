/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A route is known by table, prefix, metric and next hops; only a digest is kept, with the text for
 * people.  A route that is changed is one deleted and one added.  Messages tell most of it at once;
 * IPv4 routes that go because their interface goes are not told, and the dump finds them missing.
 *
 * Limits: ROUTES_MAX routes.  A router with a full table is told of its changes, but a route that
 * is lost without a message is not seen there; which way a link takes is asked of the kernel and
 * does not depend on this table.
 */
#include "sense/routes.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/hash_table.h"
#include "sense/changes.h"

#define HOPS_MAX 8

struct key {
	struct address prefix;
	uint32_t table;
	uint32_t metric;
	uint8_t bits;
	uint8_t tos;
	uint8_t type;
	uint8_t hop_count;
	struct next_hop hop[HOPS_MAX];
};

struct route_entry {
	struct key key; /* first, for it is the key */
	unsigned round; /* of the dump that named it last */
};

struct routes {
	struct hash_table *table;
	struct changes *changes;
	unsigned round;
	bool dumped; /* once, so that what appears is new */
	bool overflowed;
	uint64_t added, deleted;
};

struct routes *routes__new(struct changes *changes)
{
	struct routes *routes = calloc(1, sizeof(*routes));

	if (!routes)
		return NULL;
	routes->changes = changes;
	routes->table = hash_table__new(sizeof(struct key), ROUTES_MAX);
	if (!routes->table) {
		free(routes);
		errno = ENOMEM;
		return NULL;
	}
	return routes;
}

void routes__free(struct routes *routes)
{
	struct route_entry *entry;
	size_t cursor = 0;

	if (!routes)
		return;
	while ((entry = hash_table__next(routes->table, &cursor)))
		free(entry);
	hash_table__free(routes->table);
	free(routes);
}

/* IPv4 as ::ffff:a.b.c.d; all zero for what is no address. */
static bool to_address(const void *bytes, size_t len, struct address *address)
{
	memset(address, 0, sizeof(*address));
	if (len == 16) {
		memcpy(address->byte, bytes, 16);
	} else if (len == 4) {
		address->byte[10] = address->byte[11] = 0xff;
		memcpy(address->byte + 12, bytes, 4);
	} else {
		return false;
	}
	return true;
}

/* RTA_VIA has the gateway of another family: IPv4 by an IPv6 neighbour. */
static void read_gateway(struct nlattr **attribute, struct address *gateway)
{
	const struct nlattr *via = attribute[RTA_VIA];

	memset(gateway, 0, sizeof(*gateway));
	if (attribute[RTA_GATEWAY])
		to_address(nla_data(attribute[RTA_GATEWAY]), nla_len(attribute[RTA_GATEWAY]),
			   gateway);
	else if (via && nla_len(via) > (int)sizeof(struct rtvia))
		to_address(((const struct rtvia *)nla_data(via))->rtvia_addr,
			   nla_len(via) - sizeof(struct rtvia), gateway);
}

static size_t read_multipath(const struct nlattr *list, struct next_hop *hops, size_t room)
{
	const struct rtnexthop *hop = nla_data(list);
	size_t left = nla_len(list), count = 0;

	while (left >= sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) && hop->rtnh_len <= left &&
	       count < room) {
		struct nlattr *attribute[RTA_MAX + 1] = {};
		size_t step = RTNH_ALIGN(hop->rtnh_len);

		if (!nla_parse(attribute, RTA_MAX, (struct nlattr *)RTNH_DATA(hop),
			       hop->rtnh_len - sizeof(*hop), NULL)) {
			read_gateway(attribute, &hops[count].gateway);
			hops[count++].interface = hop->rtnh_ifindex;
		}
		if (step >= left)
			break;
		left -= step;
		hop = (const struct rtnexthop *)((const char *)hop + step);
	}
	return count;
}

static size_t read_hops(struct nlattr **attribute, struct next_hop *hops, size_t room)
{
	if (attribute[RTA_MULTIPATH])
		return read_multipath(attribute[RTA_MULTIPATH], hops, room);
	if (!attribute[RTA_OIF] || nla_len(attribute[RTA_OIF]) < 4 || !room)
		return 0;
	read_gateway(attribute, &hops[0].gateway);
	hops[0].interface = (int)nla_get_u32(attribute[RTA_OIF]);
	return 1;
}

size_t route_next_hops(const struct nlmsghdr *message, struct next_hop *hops, size_t room)
{
	struct nlattr *attribute[RTA_MAX + 1] = {};

	if (nlmsg_parse((struct nlmsghdr *)message, sizeof(struct rtmsg), attribute, RTA_MAX, NULL))
		return 0;
	return read_hops(attribute, hops, room);
}

static uint32_t u32_of(const struct nlattr *attribute)
{
	return attribute && nla_len(attribute) >= 4 ? nla_get_u32(attribute) : 0;
}

/* False for a message that is damaged or no route that leads away from here. */
static bool read_key(const struct nlmsghdr *message, struct key *key)
{
	struct nlattr *attribute[RTA_MAX + 1] = {};
	const struct rtmsg *header = nlmsg_data(message);

	if (nlmsg_parse((struct nlmsghdr *)message, sizeof(*header), attribute, RTA_MAX, NULL) ||
	    (header->rtm_family != AF_INET && header->rtm_family != AF_INET6) ||
	    header->rtm_type == RTN_LOCAL || header->rtm_type == RTN_BROADCAST ||
	    header->rtm_type == RTN_ANYCAST || header->rtm_type == RTN_MULTICAST ||
	    (header->rtm_flags & RTM_F_CLONED))
		return false;
	memset(key, 0, sizeof(*key));
	key->table = attribute[RTA_TABLE] ? u32_of(attribute[RTA_TABLE]) : header->rtm_table;
	key->metric = u32_of(attribute[RTA_PRIORITY]);
	key->bits = header->rtm_dst_len + (header->rtm_family == AF_INET ? 96 : 0);
	key->tos = header->rtm_tos;
	key->type = header->rtm_type;
	if (attribute[RTA_DST])
		to_address(nla_data(attribute[RTA_DST]), nla_len(attribute[RTA_DST]), &key->prefix);
	else if (header->rtm_family == AF_INET)
		key->prefix.byte[10] = key->prefix.byte[11] = 0xff;
	key->hop_count = (uint8_t)read_hops(attribute, key->hop, HOPS_MAX);
	return true;
}

/* "203.0.113.0/24 via 10.0.0.1, 10.0.0.2" */
static void describe(const struct key *key, char *text, size_t len)
{
	char address[ADDRESS_TEXT_LEN];
	bool ipv4 = address_is_ipv4(&key->prefix);
	size_t used;

	used = snprintf(text, len, "%s/%u", format_address(&key->prefix, address),
			key->bits - (ipv4 ? 96u : 0));
	for (size_t i = 0; i < key->hop_count && used < len; i++) {
		const struct next_hop *hop = &key->hop[i];

		if (address_is_unspecified(&hop->gateway))
			continue;
		used += snprintf(text + used, len - used, "%s %s", i ? "," : " via",
				 format_address(&hop->gateway, address));
	}
	if (key->table != RT_TABLE_MAIN && used < len)
		snprintf(text + used, len - used, " (table %u)", key->table);
}

static void tell(struct routes *routes, const struct key *key, enum change_kind kind)
{
	char text[CHANGE_TEXT_LEN - 32];

	describe(key, text, sizeof(text));
	if (kind == CHANGE_ROUTE_ADDED)
		routes->added++;
	else
		routes->deleted++;
	changes__add(routes->changes, kind, "route %s was %s", text,
		     kind == CHANGE_ROUTE_ADDED ? "added" : "deleted");
}

static void add(struct routes *routes, const struct key *key)
{
	struct route_entry *entry = hash_table__find(routes->table, key);

	if (entry) {
		entry->round = routes->round;
		return;
	}
	entry = calloc(1, sizeof(*entry));
	if (entry) {
		entry->key = *key;
		entry->round = routes->round;
	}
	if (!entry || hash_table__insert(routes->table, entry)) {
		free(entry);
		routes->overflowed = true;
	} else if (routes->dumped) {
		tell(routes, key, CHANGE_ROUTE_ADDED);
	}
}

/* The same route but for its next hops: "ip route replace" tells the new one alone. */
static void drop_replaced(struct routes *routes, const struct key *key)
{
	struct route_entry *entry;
	size_t cursor = 0;

	while ((entry = hash_table__next(routes->table, &cursor))) {
		struct key other = entry->key;

		if (other.table != key->table || other.metric != key->metric ||
		    other.bits != key->bits || other.tos != key->tos ||
		    memcmp(&other.prefix, &key->prefix, sizeof(other.prefix)) ||
		    !memcmp(&other, key, sizeof(other)))
			continue;
		hash_table__remove(routes->table, &other);
		tell(routes, &other, CHANGE_ROUTE_DELETED);
		free(entry);
		return;
	}
}

void routes__take(struct routes *routes, const struct nlmsghdr *message)
{
	struct route_entry *entry;
	struct key key;

	if ((message->nlmsg_type != RTM_NEWROUTE && message->nlmsg_type != RTM_DELROUTE) ||
	    !read_key(message, &key))
		return;
	if (message->nlmsg_type == RTM_NEWROUTE) {
		if (message->nlmsg_flags & NLM_F_REPLACE)
			drop_replaced(routes, &key);
		add(routes, &key);
		return;
	}
	entry = hash_table__remove(routes->table, &key);
	if (entry || routes->overflowed)
		tell(routes, &key, CHANGE_ROUTE_DELETED);
	free(entry);
}

void routes__dump_begins(struct routes *routes)
{
	routes->round++;
}

static struct route_entry *find_stale(const struct routes *routes)
{
	struct route_entry *entry;
	size_t cursor = 0;

	while ((entry = hash_table__next(routes->table, &cursor))) {
		if (entry->round != routes->round)
			return entry;
	}
	return NULL;
}

void routes__dump_ends(struct routes *routes)
{
	struct route_entry *entry;

	while ((entry = find_stale(routes))) {
		hash_table__remove(routes->table, &entry->key);
		tell(routes, &entry->key, CHANGE_ROUTE_DELETED);
		free(entry);
	}
	routes->dumped = true;
}

size_t routes__count(const struct routes *routes)
{
	return hash_table__count(routes->table);
}

uint64_t routes__added(const struct routes *routes)
{
	return routes->added;
}

uint64_t routes__deleted(const struct routes *routes)
{
	return routes->deleted;
}

bool routes__overflowed(const struct routes *routes)
{
	return routes->overflowed;
}
