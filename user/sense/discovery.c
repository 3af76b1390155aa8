/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The classifier.
 *
 * A peer is internal when its address or the route to it shows that it is ours: the host itself,
 * its own networks, and addresses that nobody routes over the Internet.  Everything else is
 * external.  It can be wrong, for a carrier may use private addresses too; a declaration overrules
 * it.  Answers are kept for 4,096 addresses, later ones are asked for each time: a link is
 * classified once, so the kernel is seldom asked.
 *
 * Another namespace is entered for the time of one question.  No socket is left open in it, which
 * would keep it alive after its container has gone.
 */
#include "sense/discovery.h"

#include <errno.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash_table.h"
#include "base/log.h"
#include "sense/netns.h"
#include "sense/route.h"

#define CACHE_MAX 4096

struct place {
	struct address address;
	uint32_t netns;
};

struct known {
	struct place place; /* first, for it is the key */
	enum discovery_reason reason;
};

struct device {
	struct place place;
	char name[ADDRESS_TEXT_LEN];
	char interface[IF_NAMESIZE];
	const struct config_device *declared;
};

struct discovery {
	const struct config *config;
	struct netns_table *namespaces;
	struct nl_sock *socket; /* of our own namespace */
	uint32_t own_netns;
	struct hash_table *known;
	struct device *devices; /* declared ones, then up to DISCOVERY_DEVICES_MAX found */
	size_t device_count;
};

static const struct {
	struct address prefix;
	unsigned bits;
	enum discovery_reason reason;
} ranges[] = {
/* clang-format off */
#define IPV4(a, b, c, d) {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}}
/* clang-format on */
	{IPV4(127, 0, 0, 0), 96 + 8, DISCOVERY_LOOPBACK},
	{{{[15] = 1}}, 128, DISCOVERY_LOOPBACK},
	{IPV4(169, 254, 0, 0), 96 + 16, DISCOVERY_LINK_LOCAL},
	{{{0xfe, 0x80}}, 10, DISCOVERY_LINK_LOCAL},
	{IPV4(10, 0, 0, 0), 96 + 8, DISCOVERY_PRIVATE},
	{IPV4(172, 16, 0, 0), 96 + 12, DISCOVERY_PRIVATE},
	{IPV4(192, 168, 0, 0), 96 + 16, DISCOVERY_PRIVATE},
	{IPV4(100, 64, 0, 0), 96 + 10, DISCOVERY_PRIVATE},
	{{{0xfc}}, 7, DISCOVERY_PRIVATE},
#undef IPV4
};

const char *discovery_reason_text(enum discovery_reason reason)
{
	static const char *const text[] = {
		[DISCOVERY_UNKNOWN] = "its address is not known yet",
		[DISCOVERY_LOOPBACK] = "a loopback address",
		[DISCOVERY_OWN] = "an address of this host",
		[DISCOVERY_LINK_LOCAL] = "a link-local address",
		[DISCOVERY_PRIVATE] = "a private address",
		[DISCOVERY_ON_LINK] = "in a network of this host",
		[DISCOVERY_ROUTED] = "a public address beyond a gateway",
		[DISCOVERY_NO_ROUTE] = "a public address without a route",
	};

	return text[reason];
}

static enum link_kind kind_for(enum discovery_reason reason)
{
	switch (reason) {
	case DISCOVERY_LOOPBACK:
	case DISCOVERY_OWN:
	case DISCOVERY_LINK_LOCAL:
	case DISCOVERY_PRIVATE:
	case DISCOVERY_ON_LINK:
		return LINK_INTERNAL;
	default:
		return LINK_EXTERNAL;
	}
}

/* The reason that the address alone gives; DISCOVERY_UNKNOWN when it gives none. */
static enum discovery_reason reason_of_address(const struct address *address)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (address_in_prefix(address, &ranges[i].prefix, ranges[i].bits))
			return ranges[i].reason;
	}
	return DISCOVERY_UNKNOWN;
}

static enum discovery_reason reason_of(const struct address *address, const struct route *route)
{
	enum discovery_reason reason = reason_of_address(address);

	if (reason == DISCOVERY_LOOPBACK)
		return reason;
	if (route->way == ROUTE_LOCAL)
		return DISCOVERY_OWN;
	if (reason != DISCOVERY_UNKNOWN)
		return reason;
	if (route->way == ROUTE_ON_LINK)
		return DISCOVERY_ON_LINK;
	return route->way == ROUTE_NONE ? DISCOVERY_NO_ROUTE : DISCOVERY_ROUTED;
}

static int lookup_elsewhere(struct discovery *discovery, const struct place *place,
			    struct route *route)
{
	struct nl_sock *socket;
	int fd, back, err, leave_err;

	fd = netns_table__open(discovery->namespaces, place->netns);
	if (fd < 0)
		return fd;
	err = netns_enter(fd, &back);
	close(fd);
	if (err)
		return err;
	socket = route_socket_open();
	err = socket ? route_lookup(socket, &place->address, route) : -errno;
	nl_socket_free(socket);
	leave_err = netns_leave(back);
	if (leave_err) {
		/* From here on every answer would be about the wrong namespace. */
		log_error("cannot return to our own network namespace: %s", strerror(-leave_err));
		abort();
	}
	return err;
}

static int lookup(struct discovery *discovery, const struct place *place, struct route *route)
{
	if (!discovery->namespaces || place->netns == discovery->own_netns)
		return route_lookup(discovery->socket, &place->address, route);
	return lookup_elsewhere(discovery, place, route);
}

static struct device *find_device(struct discovery *discovery, const struct place *place)
{
	for (size_t i = 0; i < discovery->device_count; i++) {
		struct device *device = &discovery->devices[i];

		/* A declared device is the same one from wherever it is seen. */
		if (memcmp(&device->place.address, &place->address, sizeof(place->address)) == 0 &&
		    (device->declared || device->place.netns == place->netns))
			return device;
	}
	return NULL;
}

static void note_next_hop(struct discovery *discovery, uint32_t netns, const struct route *route)
{
	struct place place = {.address = route->gateway, .netns = netns};
	struct device *device = find_device(discovery, &place);

	if (!device) {
		if (discovery->device_count >=
		    discovery->config->device_count + DISCOVERY_DEVICES_MAX)
			return;
		device = &discovery->devices[discovery->device_count++];
		memset(device, 0, sizeof(*device));
		device->place = place;
		format_address(&place.address, device->name);
	}
	memcpy(device->interface, route->interface, sizeof(device->interface));
}

/* Asks the kernel and takes note of the next hop. */
static enum discovery_reason ask(struct discovery *discovery, const struct place *place)
{
	struct route route = {.way = ROUTE_NONE};
	int err = lookup(discovery, place, &route);
	char text[ADDRESS_TEXT_LEN];

	if (err)
		log_debug("the route to %s is not known: %s", format_address(&place->address, text),
			  strerror(-err));
	if (route.way == ROUTE_VIA)
		note_next_hop(discovery, place->netns, &route);
	return reason_of(&place->address, &route);
}

enum link_kind discovery__kind(struct discovery *discovery, uint32_t netns,
			       const struct address *address, enum discovery_reason *reason)
{
	struct place place = {.address = *address, .netns = discovery->namespaces ? netns : 0};
	enum discovery_reason found = DISCOVERY_UNKNOWN;
	struct known *known;

	if (address_is_unspecified(address))
		goto out;
	known = hash_table__find(discovery->known, &place);
	if (known) {
		found = known->reason;
		goto out;
	}
	found = ask(discovery, &place);
	known = calloc(1, sizeof(*known));
	if (!known)
		goto out;
	known->place = place;
	known->reason = found;
	/* A full cache costs a question next time, nothing else. */
	if (hash_table__insert(discovery->known, known))
		free(known);
out:
	if (reason)
		*reason = found;
	return kind_for(found);
}

static enum link_kind classify(void *context, const struct peer_key *key,
			       const struct address *remote)
{
	return discovery__kind(context, key->netns, remote, NULL);
}

static const char *name_netns(void *context, uint32_t netns)
{
	struct discovery *discovery = context;

	return discovery->namespaces ? netns_table__name(discovery->namespaces, netns) : NULL;
}

struct link_classifier discovery__classifier(struct discovery *discovery)
{
	return (struct link_classifier){
		.kind_of = classify,
		.netns_name = name_netns,
		.context = discovery,
	};
}

/* The list of devices with the declared ones alone.  0 or -ENOMEM, and then nothing has changed. */
static int declare_devices(struct discovery *discovery, const struct config *config)
{
	size_t room = config->device_count + DISCOVERY_DEVICES_MAX;
	struct device *devices = calloc(room, sizeof(*devices));

	if (!devices)
		return -ENOMEM;
	free(discovery->devices);
	discovery->config = config;
	discovery->devices = devices;
	discovery->device_count = config->device_count;
	for (size_t i = 0; i < config->device_count; i++) {
		struct device *device = &devices[i];
		struct route route = {.way = ROUTE_NONE};

		device->declared = &config->devices[i];
		device->place.address = config->devices[i].address;
		device->place.netns = discovery->namespaces ? discovery->own_netns : 0;
		if (lookup(discovery, &device->place, &route) == 0)
			memcpy(device->interface, route.interface, sizeof(device->interface));
	}
	return 0;
}

struct discovery *discovery__new(const struct config *config, struct netns_table *namespaces)
{
	struct discovery *discovery = calloc(1, sizeof(*discovery));
	int err;

	if (!discovery)
		return NULL;
	discovery->namespaces = namespaces;
	err = netns_own_inode(&discovery->own_netns);
	if (err)
		goto out;
	discovery->socket = route_socket_open();
	if (!discovery->socket) {
		err = -errno;
		goto out;
	}
	discovery->known = hash_table__new(sizeof(struct place), CACHE_MAX);
	if (!discovery->known) {
		err = -ENOMEM;
		goto out;
	}
	err = declare_devices(discovery, config);
out:
	if (err) {
		discovery__free(discovery);
		errno = -err;
		return NULL;
	}
	return discovery;
}

void discovery__free(struct discovery *discovery)
{
	struct known *known;
	size_t cursor = 0;

	if (!discovery)
		return;
	while (discovery->known && (known = hash_table__next(discovery->known, &cursor)))
		free(known);
	hash_table__free(discovery->known);
	nl_socket_free(discovery->socket);
	free(discovery->devices);
	free(discovery);
}

static void ask_anew(struct discovery *discovery)
{
	struct known *known;
	size_t cursor = 0;

	while ((known = hash_table__next(discovery->known, &cursor)))
		known->reason = ask(discovery, &known->place);
}

void discovery__reload(struct discovery *discovery, const struct config *config)
{
	if (declare_devices(discovery, config)) {
		/* The old list points into a configuration that is about to go. */
		log_error("no memory for the list of devices");
		discovery->device_count = 0;
		discovery->config = config;
		return;
	}
	ask_anew(discovery);
}

void discovery__refresh(struct discovery *discovery)
{
	discovery__reload(discovery, discovery->config);
}

size_t discovery__device_count(const struct discovery *discovery)
{
	return discovery->device_count;
}

struct discovery_device discovery__device_at(const struct discovery *discovery, size_t index)
{
	const struct device *device = &discovery->devices[index];

	return (struct discovery_device){
		.address = device->place.address,
		.name = device->declared ? device->declared->name : device->name,
		.interface = device->interface,
		.netns = device->place.netns,
		.declared = device->declared != NULL,
		.side = device->declared ? device->declared->side : SIDE_INFRA,
	};
}
