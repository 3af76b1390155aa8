/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port is taken towards one destination by one socket, so the destination with most sockets runs
 * out first.  The peers say how many sockets each has; sockets in TIME_WAIT hold ports, too, and
 * are asked for by destination only when all of them together could matter, at most every other
 * second.
 *
 * Limits: sockets that an application bound to a port outside of the range are counted in; hosts
 * with several source addresses have the range once for each, and then more is left than is said.
 */
#include "sense/port_use.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "sense/link_table.h"
#include "sense/sock_diag.h"

#define TIME_WAIT_EVERY_NS (2 * NS_PER_SECOND)
#define DESTINATIONS_MAX   PEERS_MAX

struct destination {
	struct address address;
	uint16_t port;
	uint32_t open, time_wait;
};

struct port_use {
	struct destination *list; /* DESTINATIONS_MAX, in order of address and port */
	size_t count;
	struct destination *waiting; /* what the last look at TIME_WAIT found for the worst ones */
	size_t waiting_count;
	uint64_t looked_ns;
};

struct port_use *port_use__new(void)
{
	struct port_use *use = calloc(1, sizeof(*use));

	if (!use)
		return NULL;
	use->list = calloc(DESTINATIONS_MAX, sizeof(*use->list));
	use->waiting = calloc(DESTINATIONS_MAX, sizeof(*use->waiting));
	if (!use->list || !use->waiting) {
		port_use__free(use);
		errno = ENOMEM;
		return NULL;
	}
	return use;
}

void port_use__free(struct port_use *use)
{
	if (!use)
		return;
	free(use->list);
	free(use->waiting);
	free(use);
}

struct collection {
	struct port_use *use;
	uint32_t netns;
};

static void add_peer(void *context, const struct peer_key *key, const struct peer *peer)
{
	struct collection *collection = context;
	struct port_use *use = collection->use;
	uint64_t opened = peer->counter[PEER_SOCKETS_OPENED];
	uint64_t closed = peer->counter[PEER_SOCKETS_CLOSED];
	struct destination *destination;

	if (key->direction != PEER_OUTGOING || opened <= closed ||
	    (collection->netns && key->netns != collection->netns) ||
	    use->count == DESTINATIONS_MAX)
		return;
	destination = &use->list[use->count++];
	memcpy(destination->address.byte, key->address, sizeof(key->address));
	destination->port = key->port;
	destination->open = (uint32_t)(opened - closed);
	destination->time_wait = 0;
}

static int compare(const void *left, const void *right)
{
	const struct destination *a = left, *b = right;
	int order = memcmp(&a->address, &b->address, sizeof(a->address));

	return order ? order : a->port - b->port;
}

/* Peers differ by process, destinations do not. */
static void merge(struct port_use *use)
{
	size_t kept = 0;

	qsort(use->list, use->count, sizeof(*use->list), compare);
	for (size_t i = 0; i < use->count; i++) {
		if (kept && !compare(&use->list[kept - 1], &use->list[i]))
			use->list[kept - 1].open += use->list[i].open;
		else
			use->list[kept++] = use->list[i];
	}
	use->count = kept;
}

static void on_time_wait(void *context, const struct address *remote, uint16_t port)
{
	struct port_use *use = context;
	struct destination key = {.address = *remote, .port = port}, *found;

	found = bsearch(&key, use->waiting, use->waiting_count, sizeof(key), compare);
	if (found)
		found->time_wait++;
}

/* Destinations without a live socket are in no list: they are at most waiting, and not in use. */
static void look_at_time_wait(struct port_use *use, struct sock_diag *diag)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (use->looked_ns && now_ns - use->looked_ns < TIME_WAIT_EVERY_NS)
		return;
	use->looked_ns = now_ns;
	memcpy(use->waiting, use->list, use->count * sizeof(*use->list));
	use->waiting_count = use->count;
	if (sock_diag__time_wait(diag, on_time_wait, use))
		use->waiting_count = 0;
}

static uint32_t waiting_of(const struct port_use *use, const struct destination *destination)
{
	const struct destination *found = bsearch(destination, use->waiting, use->waiting_count,
						  sizeof(*destination), compare);

	return found ? found->time_wait : 0;
}

struct reading port_use__left(struct port_use *use, const struct port_use_sources *sources)
{
	struct collection collection = {.use = use, .netns = sources->netns};
	uint32_t most = 0;
	bool scarce;

	if (!sources->ports.known)
		return READING_NOT_AVAILABLE;
	use->count = 0;
	for (size_t i = 0; i < link_table__count(sources->links); i++)
		link_table__each_peer(sources->links, i, add_peer, &collection);
	merge(use);
	for (size_t i = 0; i < use->count; i++)
		most = use->list[i].open > most ? use->list[i].open : most;
	scarce = sources->diag && !sources->reuse && sources->time_wait.known &&
		 most + sources->time_wait.value > sources->ports.value / 2;
	if (scarce)
		look_at_time_wait(use, sources->diag);
	for (size_t i = 0; scarce && i < use->count; i++) {
		uint32_t taken = use->list[i].open + waiting_of(use, &use->list[i]);

		most = taken > most ? taken : most;
	}
	return reading_of(most < sources->ports.value ? sources->ports.value - most : 0);
}
