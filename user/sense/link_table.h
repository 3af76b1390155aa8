/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links: what peers are folded into.
 *
 * A declared link takes every peer that its endpoints, ports, direction and process match, the
 * longest prefix first; what nothing declares becomes a discovered link of its own.  The totals of
 * a link never go back: a peer that leaves the kernel's table leaves its counts in the link.  The
 * table holds at most link_limit links; later discoveries share one link named "others", and the
 * number of them is counted.
 */
#ifndef FAULTLINE_LINK_TABLE_H
#define FAULTLINE_LINK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/config.h"
#include "faultline/hist.h"
#include "faultline/limits.h"
#include "faultline/peer.h"

struct link_table;
struct hist_set; /* one histogram per operation, each allocated at its first use */

/* One link as readers see it; valid until the table changes. */
struct link_view {
	const char *name;
	enum link_kind kind;
	bool declared;
	bool observed;			  /* a socket of it was ever seen */
	const struct config_link *config; /* NULL when discovered */
	const struct peer *total;	  /* counters since the start, newest times and owner */
	const struct hist_set *hists;
	size_t peer_count; /* live ones */
};

/*
 * How a discovered link is classified.  kind_of is called once for each, and for an incoming one
 * again until a far address is known (@remote is all zero before).  NULL functions: external, and
 * our own namespace.
 */
struct link_classifier {
	enum link_kind (*kind_of)(void *context, const struct peer_key *key,
				  const struct address *remote);
	/* A short name for a namespace other than our own, or NULL for our own. */
	const char *(*netns_name)(void *context, uint32_t netns);
	void *context;
};

/*
 * All that the kernel's tables can name at once: every peer, as many histograms whose peer found
 * the table of peers full, and the two peers without an address that stand for the others.  Whoever
 * retires what left the kernel is therefore never refused, and no count is lost.
 */
#define LINK_TABLE_PEERS_MAX (PEERS_MAX + HISTS_MAX + 2)

/*
 * @config must stay as long as the table, or until link_table__rebind; @classifier is copied and
 * may be NULL.
 * @link_limit: the most links, "others" included, though declared ones are never left out.
 * NULL with errno.
 */
struct link_table *link_table__new(const struct config *config,
				   const struct link_classifier *classifier, size_t link_limit);
void link_table__free(struct link_table *table);

/*
 * Gives the table the kernel's totals of one peer, which replace what was known of it.  The first
 * call for a key binds it to its link.  An entry that the kernel began anew (a later first_seen_ns)
 * is added whole, and so is a single counter that went back: a link's total never does.
 * 0, -ENOMEM, or -ENOSPC when there are LINK_TABLE_PEERS_MAX live peers already.
 */
int link_table__update(struct link_table *table, const struct peer_key *key,
		       const struct peer *peer);

/* The same for one histogram of a peer.  It leaves with its peer. */
int link_table__update_hist(struct link_table *table, const struct hist_key *key,
			    const struct hist *hist);

/*
 * Was this peer only ever named by its histograms?  Its counts went elsewhere in the kernel, or are
 * to come.  False too for one that was never given.
 */
bool link_table__only_hists(const struct link_table *table, const struct peer_key *key);

/* The kernel no longer holds this peer, nor its histograms: its last totals stay in its link. */
void link_table__retire(struct link_table *table, const struct peer_key *key);

/*
 * Binds every live peer anew by another configuration (SIGHUP).  Counts up to here stay with the
 * name they were counted under, so that no total goes back: a link that is declared no more stays
 * as an undeclared one, or goes into "others" when there is no room.  A declared link that took the
 * place of a discovered one begins at zero.  0 or -errno, and then nothing has changed; afterwards
 * the old configuration is no longer used.
 */
int link_table__rebind(struct link_table *table, const struct config *config);

/* Asks the classifier again about every discovered link with a live peer: routes have changed. */
void link_table__reclassify(struct link_table *table);

/*
 * Discovered links whose namespace is gone, and which have had no peer for a minute, leave; their
 * counts go to "others".  Containers that come and go would fill the table with them.
 */
void link_table__forget(struct link_table *table, bool (*gone)(void *context, uint32_t netns),
			void *context, uint64_t now_ns);

size_t link_table__count(const struct link_table *table);
/* Declared links first, in their order, then discovered ones by name.  index < count. */
struct link_view link_table__at(const struct link_table *table, size_t index);
/* The link a peer belongs to, or NULL when it was never given. */
const char *link_table__name_of(const struct link_table *table, const struct peer_key *key);

/* Calls @visit for every live peer of the link at @index. */
void link_table__each_peer(const struct link_table *table, size_t index,
			   void (*visit)(void *context, const struct peer_key *key,
					 const struct peer *peer),
			   void *context);

/* Peers that found the table full of links and went to "others". */
uint64_t link_table__overflowed(const struct link_table *table);

/* Updates refused with -ENOSPC. */
uint64_t link_table__refused(const struct link_table *table);

size_t link_table__peers(const struct link_table *table); /* live ones, of all links */

#endif
