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
#include "faultline/peer.h"

struct link_table;
struct hist_set; /* one histogram per operation, each allocated at its first use */

/* One link as readers see it; valid until the table changes. */
struct link_view {
	const char *name;
	enum link_kind kind;
	bool declared;
	bool observed; /* a socket of it was ever seen */
	const struct config_link *config; /* NULL when discovered */
	const struct peer *total;	  /* counters since the start, newest times and owner */
	const struct hist_set *hists;
	uint64_t errors_count; /* how many entries of errors */
	size_t peer_count;
};

/* How an undeclared peer is classified; the table calls it once for each new one. */
struct link_classifier {
	enum link_kind (*kind_of)(void *context, const struct peer_key *key, const struct address *remote);
	/* A short name for a namespace other than our own, or NULL for our own. */
	const char *(*netns_name)(void *context, uint32_t netns);
	void *context;
};

struct link_table *link_table__new(const struct config *config, const struct link_classifier *classifier,
				   size_t link_limit);
void link_table__free(struct link_table *table);

/*
 * Gives the table the kernel's totals of one peer, which replace what was known of it.  0 or
 * -ENOMEM.  The first call for a key binds it to its link.
 */
int link_table__update(struct link_table *table, const struct peer_key *key, const struct peer *peer);

/* The same for one histogram of a peer. */
int link_table__update_hist(struct link_table *table, const struct hist_key *key, const struct hist *hist);

/* The kernel no longer holds this peer: its last totals stay in its link. */
void link_table__retire(struct link_table *table, const struct peer_key *key);

/*
 * Binds every live peer anew by another configuration (SIGHUP).  Counts up to here stay with links
 * of the same name; the rest is kept by the link the peer has now.  0 or -ENOMEM, and then nothing
 * has changed.
 */
int link_table__rebind(struct link_table *table, const struct config *config);

size_t link_table__count(const struct link_table *table);
/* Declared links first, in their order, then discovered ones by name.  index < count. */
struct link_view link_table__at(const struct link_table *table, size_t index);
/* The link a peer belongs to, or NULL when it was never given. */
const char *link_table__name_of(const struct link_table *table, const struct peer_key *key);

/* Calls @visit for every live peer of the link at @index. */
void link_table__each_peer(const struct link_table *table, size_t index,
			   void (*visit)(void *context, const struct peer_key *key, const struct peer *peer),
			   void *context);

/* Discoveries that found the table full and went to "others". */
uint64_t link_table__overflowed(const struct link_table *table);

#endif
