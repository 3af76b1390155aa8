/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of a link is that of its far ends: of an outgoing link the addresses of its peers, of an
 * incoming one the customer seen last, and of one that has no peers what the configuration says.
 * Devices named in `via` come behind the next hops, for routes cannot know them.
 *
 * Answers are kept for ADDRESSES_KEPT addresses and forgotten together when anything changes that a
 * route depends on, or after half a minute.  The first ADDRESSES_OF_LINK far ends of a link count:
 * a thousand customers come by the same gateways.
 */
#include "sense/link_ways.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/duration.h"
#include "base/hash_table.h"
#include "sense/device_table.h"
#include "sense/interfaces.h"
#include "sense/link_table.h"
#include "sense/neighbours.h"
#include "sense/ways.h"

#define ADDRESSES_KEPT	  4096
#define ADDRESSES_OF_LINK 32
#define FORGET_NS	  (30 * NS_PER_SECOND)

struct known_way {
	struct address address; /* first, for it is the key */
	struct way way;
};

struct link_ways {
	struct hash_table *known;
	uint64_t begun_ns; /* when the oldest answer can have been given */
	struct way_sample *list;
	size_t count, room;
};

struct link_ways *link_ways__new(void)
{
	struct link_ways *ways = calloc(1, sizeof(*ways));

	if (!ways)
		return NULL;
	ways->known = hash_table__new(sizeof(struct address), ADDRESSES_KEPT);
	if (!ways->known) {
		free(ways);
		errno = ENOMEM;
		return NULL;
	}
	return ways;
}

static void free_all(struct hash_table *table)
{
	struct known_way *known;
	size_t cursor = 0;

	while (table && (known = hash_table__next(table, &cursor)))
		free(known);
	hash_table__free(table);
}

void link_ways__forget(struct link_ways *ways)
{
	struct hash_table *fresh = hash_table__new(sizeof(struct address), ADDRESSES_KEPT);

	/* Without memory for it the next call tries again. */
	ways->begun_ns = fresh ? clock_monotonic_ns() : 0;
	if (!fresh)
		return;
	free_all(ways->known);
	ways->known = fresh;
}

void link_ways__free(struct link_ways *ways)
{
	if (!ways)
		return;
	free_all(ways->known);
	free(ways->list);
	free(ways);
}

struct search {
	struct link_ways *ways;
	const struct link_ways_sources *sources;
	struct device_table *devices;
	struct way_sample *sample;
	size_t addresses; /* looked at for this link */
	int err;
};

static void add_device(struct way_sample *sample, size_t device)
{
	for (size_t i = 0; i < sample->device_count; i++) {
		if (sample->devices[i] == device)
			return;
	}
	if (device != SIZE_MAX && sample->device_count < WAY_HOPS_MAX)
		sample->devices[sample->device_count++] = device;
}

/* @next: the neighbour that the interface is to reach. */
static void add_interface(struct search *search, int index, const struct address *next)
{
	const struct link_ways_sources *sources = search->sources;
	struct way_sample *sample = search->sample;
	struct neighbour_sample neighbour = {};
	int found[WAY_HOPS_MAX], bridge = way_bridge(sources->interfaces, index), port = 0;
	size_t count;

	if (bridge) {
		neighbours__find(sources->neighbours, next, index, &neighbour);
		port = way_bridge_port(sources->rtnl, bridge, &neighbour);
	}
	count = way_interfaces(sources->interfaces, index, port, found, WAY_HOPS_MAX);

	for (size_t i = 0; i < count; i++) {
		size_t j = 0;

		while (j < sample->interface_count && sample->interfaces[j] != found[i])
			j++;
		if (j == sample->interface_count && j < WAY_HOPS_MAX)
			sample->interfaces[sample->interface_count++] = found[i];
	}
}

static const struct way *find_way(struct search *search, const struct address *address,
				  struct way *scratch)
{
	struct known_way *known = hash_table__find(search->ways->known, address);

	if (known)
		return &known->way;
	search->err = way_find(search->sources->rtnl, address, scratch);
	if (search->err)
		return NULL;
	known = malloc(sizeof(*known));
	if (known) {
		known->address = *address;
		known->way = *scratch;
		/* Without room the question is asked again next time. */
		if (hash_table__insert(search->ways->known, known))
			free(known);
	}
	return scratch;
}

static void add_address(struct search *search, const struct address *address)
{
	struct way scratch;
	const struct way *way;

	if (address_is_unspecified(address) || search->addresses++ >= ADDRESSES_OF_LINK)
		return;
	way = find_way(search, address, &scratch);
	if (!way)
		return;
	if (way->kind == WAY_NONE)
		search->sample->unroutable = true;
	for (size_t i = 0; i < way->hop_count; i++) {
		const struct next_hop *hop = &way->hops[i];

		add_interface(search, hop->interface,
			      address_is_unspecified(&hop->gateway) ? address : &hop->gateway);
		if (!address_is_unspecified(&hop->gateway)) {
			size_t device =
				device_table__add(search->devices, &hop->gateway, hop->interface);

			if (device != SIZE_MAX)
				device_table__at(search->devices, device)->next_hop = true;
			add_device(search->sample, device);
		}
	}
}

static void add_peer(void *context, const struct peer_key *key, const struct peer *peer)
{
	struct search *search = context;
	struct address address;

	if (search->sources->netns && key->netns != search->sources->netns)
		return;
	memcpy(address.byte, key->direction == PEER_OUTGOING ? key->address : peer->remote,
	       sizeof(address.byte));
	add_address(search, &address);
}

static void find_link_way(struct search *search, size_t index)
{
	struct link_view link = link_table__at(search->sources->links, index);

	search->addresses = 0;
	memset(search->sample, 0, sizeof(*search->sample));
	search->sample->link = link.name;
	link_table__each_peer(search->sources->links, index, add_peer, search);
	for (size_t i = 0; link.config && !search->addresses && i < link.config->endpoint_count;
	     i++)
		add_address(search, &link.config->endpoints[i].prefix);
	for (size_t i = 0; link.config && i < link.config->via_count; i++)
		add_device(search->sample,
			   device_table__named(search->devices, link.config->via[i]));
}

int link_ways__find(struct link_ways *ways, const struct link_ways_sources *sources,
		    struct device_table *devices)
{
	struct search search = {.ways = ways, .sources = sources, .devices = devices};
	size_t count = link_table__count(sources->links);

	if (clock_monotonic_ns() - ways->begun_ns > FORGET_NS)
		link_ways__forget(ways);
	if (count > ways->room) {
		struct way_sample *list = realloc(ways->list, count * sizeof(*list));

		if (!list)
			return -ENOMEM;
		ways->list = list;
		ways->room = count;
	}
	ways->count = count;
	for (size_t i = 0; i < count; i++) {
		search.sample = &ways->list[i];
		find_link_way(&search, i);
	}
	return search.err;
}

const struct way_sample *link_ways__list(const struct link_ways *ways, size_t *count)
{
	*count = ways->count;
	return ways->list;
}
