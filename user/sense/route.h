/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to an address, as the kernel would go.
 */
#ifndef FAULTLINE_ROUTE_H
#define FAULTLINE_ROUTE_H

#include <net/if.h>
#include <stdbool.h>

#include "base/address.h"

struct nl_sock;

enum route_way {
	ROUTE_NONE,    /* no route, or one that refuses */
	ROUTE_LOCAL,   /* an address of this host, loopback included */
	ROUTE_ON_LINK, /* no gateway: in the network of the interface */
	ROUTE_TUNNEL, /* no gateway, but through a point-to-point interface, which may lead anywhere
		       */
	ROUTE_VIA,    /* by way of a gateway */
};

struct route {
	enum route_way way;
	struct address gateway;	     /* ROUTE_VIA */
	char interface[IF_NAMESIZE]; /* "" when unknown */
};

/*
 * A netlink socket of the network namespace the caller is in, to which it belongs for good.  The
 * caller frees it with nl_socket_free().  NULL with errno.
 */
struct nl_sock *route_socket_open(void);

/* Asks the kernel, waits for nothing else.  0 or -errno; *route changes only on success. */
int route_lookup(struct nl_sock *socket, const struct address *address, struct route *route);

#endif
