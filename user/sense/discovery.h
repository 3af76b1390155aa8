/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this host finds out by itself: whether a peer that nobody declared is external or internal,
 * and which devices are on the way.
 */
#ifndef FAULTLINE_DISCOVERY_H
#define FAULTLINE_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sense/link_table.h"

#define DISCOVERY_DEVICES_MAX 64 /* found ones; declared ones are always there */

struct discovery;
struct netns_table;

/* Why a peer is called what it is; the first that holds. */
enum discovery_reason {
	DISCOVERY_UNKNOWN,    /* external: its address is not known yet */
	DISCOVERY_LOOPBACK,   /* internal */
	DISCOVERY_OWN,	      /* internal: an address of this host */
	DISCOVERY_LINK_LOCAL, /* internal */
	DISCOVERY_PRIVATE,    /* internal: 10/8, 172.16/12, 192.168/16, 100.64/10 or fc00::/7 */
	DISCOVERY_ON_LINK,    /* internal: in a network of this host, no gateway between */
	DISCOVERY_ROUTED,     /* external: a public address by way of a gateway or a tunnel */
	DISCOVERY_NO_ROUTE,   /* external: a public address, and no way to it now */
};

struct discovery_device {
	struct address address;
	const char *name;      /* the declared one, else the address */
	const char *interface; /* by which it is reached; "" when unknown */
	uint32_t netns;	       /* in which it was found */
	bool declared;
	enum side side;
};

/*
 * @config must stay until discovery__reload() or __free(); @namespaces (may be NULL: our own alone)
 * as long as the object.  NULL with errno.
 */
struct discovery *discovery__new(const struct config *config, struct netns_table *namespaces);
void discovery__free(struct discovery *discovery);

/* For link_table__new(); the discovery must outlive the table. */
struct link_classifier discovery__classifier(struct discovery *discovery);

/* Classifies an address as seen from a namespace; @reason may be NULL.  Remembers the next hop. */
enum link_kind discovery__kind(struct discovery *discovery, uint32_t netns,
			       const struct address *address, enum discovery_reason *reason);

const char *discovery_reason_text(enum discovery_reason reason);

/* Another configuration: devices are named and listed anew. */
void discovery__reload(struct discovery *discovery, const struct config *config);

/*
 * Routes may have changed: asks anew for every address it was asked about.  Next hops that no
 * address uses any more go.  Afterwards link_table__reclassify() takes the results over.
 */
void discovery__refresh(struct discovery *discovery);

/* Declared devices first, in their order, then next hops in the order they were found. */
size_t discovery__device_count(const struct discovery *discovery);
/* Valid until the next call that is not const. */
struct discovery_device discovery__device_at(const struct discovery *discovery, size_t index);

#endif
