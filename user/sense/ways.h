/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * By which next hops and interfaces an address is reached: all of them, not only the one that the
 * next packet would take.
 */
#ifndef FAULTLINE_WAYS_H
#define FAULTLINE_WAYS_H

#include "sense/routes.h"

struct interfaces;
struct neighbour_sample;
struct rtnl;

#define WAY_GATEWAYS_MAX 8

enum way_kind {
	WAY_NONE,    /* no route, or one that refuses */
	WAY_LOCAL,   /* an address of this host */
	WAY_ON_LINK, /* no gateway */
	WAY_VIA,     /* by gateways */
};

struct way {
	enum way_kind kind;
	size_t hop_count;
	struct next_hop hops[WAY_GATEWAYS_MAX];
};

/*
 * Asks the kernel which route it would take, rules and metrics included, and gives all of that
 * route's next hops.  0 or -errno; a missing route is no error.
 */
int way_find(struct rtnl *rtnl, const struct address *address, struct way *way);

/* The same from an answer of the kernel; what is damaged is no way. */
void way_parse(const struct nlmsghdr *answer, struct way *way);

/*
 * An interface and what it stands on: of a VLAN its parent, of a bond or bridge its ports, and so
 * on downwards.  @port: the port of a bridge that leads on, and then its others are left out; 0:
 * not known.  @found gets at most @room indices, outermost first; returns their number.
 */
size_t way_interfaces(const struct interfaces *interfaces, int index, int port, int *found,
		      size_t room);

/* The bridge that an interface is, or stands on; 0: none. */
int way_bridge(const struct interfaces *interfaces, int index);

/* By which of its ports a bridge reaches a neighbour; 0: it has not learned it. */
int way_bridge_port(struct rtnl *rtnl, int bridge, const struct neighbour_sample *neighbour);

#endif
