/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sweep.
 *
 * The census brings every socket's totals into its peer inside the kernel; then the peers, the two
 * overflow entries and the histograms are read in batches.  Peers that have no socket and were
 * idle for a while leave the kernel's table when it fills, so that a scan of addresses cannot
 * crowd out what matters; their counts stay in their link.  Histograms of peers that found the
 * table full leave in the same way, or they would hold their places for ever.
 *
 * Limit: a count that the kernel adds to a peer between its last reading and its removal, a few
 * microseconds, is lost.  Only peers without a socket are removed, so it takes a packet for a
 * connection that is over.
 */
#include "sense/sweep.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/duration.h"
#include "faultline/hist.h"
#include "faultline/limits.h"
#include "faultline/peer.h"
#include "sense/kernel_side.h"
#include "sense/link_table.h"
#include "sense/netns.h"

/*
 * The census may take one part in so many of the time: with ten thousand sockets it takes some
 * 10 ms, and so comes every other second.  Whatever ends or goes wrong is counted at once all the
 * same.
 */
#define CENSUS_SHARE 200

#define NAMESPACES_EVERY_NS (5 * NS_PER_SECOND)

#define PEER_BATCH 256
#define HIST_BATCH 128

/* When the table is this full, peers that were idle this long leave it. */
#define EVICT_FROM	   (PEERS_MAX / 2)
#define EVICT_IDLE_NS	   (60 * NS_PER_SECOND)
#define EVICT_HARD_FROM	   (PEERS_MAX / 4 * 3)
#define EVICT_IDLE_HARD_NS (2 * NS_PER_SECOND)
/* When there are so many histograms, those without a peer leave. */
#define EVICT_HISTS_FROM (HISTS_MAX / 2)

struct sweep {
	struct kernel_side *kernel;
	struct link_table *links;
	struct netns_table *namespaces;
	struct sweep_totals totals;
	struct peer_key *idle; /* to be removed after this reading; PEERS_MAX of them */
	size_t idle_count;
	struct peer_key *orphans; /* only histograms name them; HISTS_MAX of them */
	size_t orphan_count;
	uint64_t census_due_ns;
	uint64_t namespaces_ns;		   /* when they were last looked for */
	uint64_t peers_read;		   /* in this sweep */
	uint64_t hists_read, hists_before; /* in this sweep, and in the one before */
	struct {
		struct peer_key key[PEER_BATCH];
		struct peer peer[PEER_BATCH];
	} peers;
	struct {
		struct hist_key key[HIST_BATCH];
		struct hist hist[HIST_BATCH];
	} hists;
};

struct sweep *sweep__new(struct kernel_side *kernel, struct link_table *links,
			 struct netns_table *namespaces)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));

	if (!sweep)
		return NULL;
	sweep->idle = calloc(PEERS_MAX, sizeof(*sweep->idle));
	sweep->orphans = calloc(HISTS_MAX, sizeof(*sweep->orphans));
	if (!sweep->idle || !sweep->orphans) {
		sweep__free(sweep);
		errno = ENOMEM;
		return NULL;
	}
	sweep->kernel = kernel;
	sweep->links = links;
	sweep->namespaces = namespaces;
	return sweep;
}

void sweep__free(struct sweep *sweep)
{
	if (!sweep)
		return;
	free(sweep->idle);
	free(sweep->orphans);
	free(sweep);
}

/*
 * An iterator walks the namespace of whoever reads it.  Only a failure to come back is an error: a
 * namespace that ends meanwhile is no loss.
 */
static int census_in(struct sweep *sweep, uint32_t inode, bool listeners_only)
{
	int fd = netns_table__open(sweep->namespaces, inode);
	int back, err;

	if (fd < 0 || netns_enter(fd, &back)) {
		sweep->totals.namespaces_unseen++;
		if (fd >= 0)
			close(fd);
		return 0;
	}
	close(fd);
	if (kernel_side__census(sweep->kernel, listeners_only))
		sweep->totals.namespaces_unseen++;
	err = netns_leave(back);
	return err;
}

static int census_everywhere(struct sweep *sweep, bool listeners_only)
{
	int err = 0;

	sweep->totals.namespaces_unseen = netns_table__dropped(sweep->namespaces);
	for (size_t i = 0; !err && i < netns_table__count(sweep->namespaces); i++) {
		struct netns_view namespace = netns_table__at(sweep->namespaces, i);

		err = namespace.own ? kernel_side__census(sweep->kernel, listeners_only)
				    : census_in(sweep, namespace.inode, listeners_only);
	}
	return err;
}

static int take_census(struct sweep *sweep, bool listeners_only)
{
	uint64_t began_ns = clock_monotonic_ns();
	double began_us = clock_thread_us(); /* a processor that others had costs nobody anything */
	int err;

	if (!kernel_side__in_use(sweep->kernel, HOOK_ITER_TCP))
		return 0;
	kernel_side__begin_census(sweep->kernel);
	err = sweep->namespaces ? census_everywhere(sweep, listeners_only)
				: kernel_side__census(sweep->kernel, listeners_only);
	sweep->totals.census_ns = (uint64_t)((clock_thread_us() - began_us) * 1000);
	sweep->totals.census_at_ns = began_ns;
	sweep->census_due_ns = began_ns + CENSUS_SHARE * sweep->totals.census_ns;
	return err;
}

/* Namespaces come and go; their sockets are counted by the hooks at once, and in the census soon.
 */
static void look_for_namespaces(struct sweep *sweep)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (!sweep->namespaces || now_ns - sweep->namespaces_ns < NAMESPACES_EVERY_NS)
		return;
	sweep->namespaces_ns = now_ns;
	if (netns_table__refresh(sweep->namespaces))
		sweep->totals.failures++;
}

int sweep__adopt(struct sweep *sweep)
{
	int err;

	/* Which ports are served tells an incoming connection from an outgoing one. */
	err = take_census(sweep, true);
	if (!err && kernel_side__in_use(sweep->kernel, HOOK_ITER_TASK_FILE))
		err = kernel_side__find_owners(sweep->kernel);
	if (!err)
		err = take_census(sweep, false);
	return err;
}

static uint64_t idle_limit_ns(const struct sweep *sweep)
{
	if (sweep->totals.peers >= EVICT_HARD_FROM)
		return EVICT_IDLE_HARD_NS;
	return sweep->totals.peers >= EVICT_FROM ? EVICT_IDLE_NS : 0;
}

/* Of a namespace that is not there any more nothing is to come. */
static bool peer_is_of_the_past(const struct sweep *sweep, const struct peer_key *key,
				const struct peer *peer, uint64_t now_ns)
{
	return sweep->namespaces && key->netns &&
	       peer->counter[PEER_SOCKETS_OPENED] == peer->counter[PEER_SOCKETS_CLOSED] &&
	       now_ns > peer->last_seen_ns &&
	       now_ns - peer->last_seen_ns > 2 * NAMESPACES_EVERY_NS &&
	       !netns_table__knows(sweep->namespaces, key->netns);
}

static bool peer_is_idle(const struct peer *peer, uint64_t now_ns, uint64_t limit_ns)
{
	return limit_ns &&
	       peer->counter[PEER_SOCKETS_OPENED] == peer->counter[PEER_SOCKETS_CLOSED] &&
	       now_ns > peer->last_seen_ns && now_ns - peer->last_seen_ns > limit_ns;
}

static int take_peers(struct sweep *sweep, size_t count)
{
	uint64_t now_ns = clock_monotonic_ns(), limit_ns = idle_limit_ns(sweep);
	int err = 0;

	sweep->peers_read += count;
	for (size_t i = 0; i < count; i++) {
		int err_now = link_table__update(sweep->links, &sweep->peers.key[i],
						 &sweep->peers.peer[i]);

		if (err_now)
			err = err_now;
		else if ((peer_is_idle(&sweep->peers.peer[i], now_ns, limit_ns) ||
			  peer_is_of_the_past(sweep, &sweep->peers.key[i], &sweep->peers.peer[i],
					      now_ns)) &&
			 sweep->idle_count < PEERS_MAX)
			sweep->idle[sweep->idle_count++] = sweep->peers.key[i];
	}
	return err;
}

static int take_hists(struct sweep *sweep, size_t count)
{
	int err = 0;

	sweep->hists_read += count;
	for (size_t i = 0; i < count; i++) {
		const struct hist_key *key = &sweep->hists.key[i];
		int err_now = link_table__update_hist(sweep->links, key, &sweep->hists.hist[i]);

		if (err_now)
			err = err_now;
		else if (sweep->hists_before >= EVICT_HISTS_FROM &&
			 link_table__only_hists(sweep->links, &key->peer) &&
			 sweep->orphan_count < HISTS_MAX)
			sweep->orphans[sweep->orphan_count++] = key->peer;
	}
	return err;
}

/*
 * Reads a hash map batch by batch into @keys and @values and hands each batch to @take.  The kernel
 * says ENOENT with the last one.
 */
static int each_batch(struct sweep *sweep, int map_fd, void *keys, void *values, uint32_t size,
		      int (*take)(struct sweep *sweep, size_t count))
{
	uint64_t position[8]; /* opaque; the kernel wants room for a key */
	void *from = NULL;
	int end = 0, err = 0;

	while (!end) {
		uint32_t count = size;
		int err_now;

		end = bpf_map_lookup_batch(map_fd, from, position, keys, values, &count, NULL);
		if (end && end != -ENOENT)
			return end;
		err_now = take(sweep, count);
		if (err_now)
			err = err_now;
		from = position;
	}
	return err;
}

/* The counts of peers that found the table full; they belong to a peer without an address. */
static int take_overflow(struct sweep *sweep)
{
	for (uint32_t direction = 0; direction < 2; direction++) {
		struct peer_key key = {.direction = direction};
		struct peer peer;
		int err;

		err = bpf_map_lookup_elem(kernel_side__overflow_fd(sweep->kernel), &direction,
					  &peer);
		if (!err && peer.last_seen_ns)
			err = link_table__update(sweep->links, &key, &peer);
		if (err)
			return err;
	}
	return 0;
}

static void remove_hists(struct sweep *sweep, const struct peer_key *peer)
{
	struct hist_key key = {.peer = *peer};

	for (key.operation = 0; key.operation < HIST_OPERATION_COUNT; key.operation++)
		bpf_map_delete_elem(kernel_side__hists_fd(sweep->kernel), &key);
}

/* Reads each idle peer for the last time, and lets it go unless it woke up meanwhile. */
static void evict_idle(struct sweep *sweep)
{
	int fd = kernel_side__peers_fd(sweep->kernel);

	for (size_t i = 0; i < sweep->idle_count; i++) {
		const struct peer_key *key = &sweep->idle[i];
		struct peer *last = &sweep->peers.peer[0];

		if (bpf_map_lookup_elem(fd, key, last) ||
		    last->counter[PEER_SOCKETS_OPENED] != last->counter[PEER_SOCKETS_CLOSED] ||
		    link_table__update(sweep->links, key, last) || bpf_map_delete_elem(fd, key))
			continue;
		remove_hists(sweep, key);
		link_table__retire(sweep->links, key);
		sweep->totals.peers--;
		sweep->totals.peers_evicted++;
	}
}

/* Reads the histograms of a peer for the last time and removes them; false when one has to stay. */
static bool drain_hists(struct sweep *sweep, const struct peer_key *peer)
{
	int fd = kernel_side__hists_fd(sweep->kernel);
	struct hist_key key = {.peer = *peer};
	struct hist *last = &sweep->hists.hist[0];

	for (key.operation = 0; key.operation < HIST_OPERATION_COUNT; key.operation++) {
		if (bpf_map_lookup_elem(fd, &key, last))
			continue;
		if (link_table__update_hist(sweep->links, &key, last) ||
		    bpf_map_delete_elem(fd, &key))
			return false;
	}
	return true;
}

/* One whose peer was made after the peers were read is no orphan. */
static void evict_orphans(struct sweep *sweep)
{
	int fd = kernel_side__peers_fd(sweep->kernel);

	for (size_t i = 0; i < sweep->orphan_count; i++) {
		const struct peer_key *key = &sweep->orphans[i];

		if (bpf_map_lookup_elem(fd, key, &sweep->peers.peer[0]) && drain_hists(sweep, key))
			link_table__retire(sweep->links, key);
	}
}

static int read_tables(struct sweep *sweep)
{
	int err, err_hists;

	sweep->idle_count = 0;
	sweep->orphan_count = 0;
	sweep->hists_before = sweep->hists_read;
	sweep->hists_read = 0;
	sweep->peers_read = 0;
	err = each_batch(sweep, kernel_side__peers_fd(sweep->kernel), sweep->peers.key,
			 sweep->peers.peer, PEER_BATCH, take_peers);
	sweep->totals.peers = sweep->peers_read;
	err_hists = each_batch(sweep, kernel_side__hists_fd(sweep->kernel), sweep->hists.key,
			       sweep->hists.hist, HIST_BATCH, take_hists);
	return err ? err : err_hists;
}

static bool is_gone(void *context, uint32_t netns)
{
	return !netns_table__knows(context, netns);
}

int sweep__run(struct sweep *sweep)
{
	int err_census, err_tables, err_overflow;

	look_for_namespaces(sweep);
	err_census = clock_monotonic_ns() < sweep->census_due_ns ? 0 : take_census(sweep, false);
	err_tables = read_tables(sweep);
	err_overflow = take_overflow(sweep);
	evict_idle(sweep);
	evict_orphans(sweep);
	if (sweep->namespaces)
		link_table__forget(sweep->links, is_gone, sweep->namespaces, clock_monotonic_ns());
	if (err_census || err_tables || err_overflow)
		sweep->totals.failures++;
	return err_census ? err_census : err_tables ? err_tables : err_overflow;
}

const struct sweep_totals *sweep__totals(const struct sweep *sweep)
{
	return &sweep->totals;
}
