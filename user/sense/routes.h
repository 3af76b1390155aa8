/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The unicast routes of a network namespace, and what became of them.
 */
#ifndef FAULTLINE_ROUTES_H
#define FAULTLINE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/sample.h"

#define ROUTES_MAX 4096

struct changes;
struct nlmsghdr;
struct routes;

/* @changes is told what changes and must outlive the object.  NULL with errno. */
struct routes *routes__new(struct changes *changes);
void routes__free(struct routes *routes);

/*
 * Takes RTM_NEWROUTE and RTM_DELROUTE; other messages and damaged ones are passed over, and so are
 * routes that lead to this host itself and entries of the kernel's route cache.
 */
void routes__take(struct routes *routes, const struct nlmsghdr *message);

/* Around a dump: what it did not name is gone. */
void routes__dump_begins(struct routes *routes);
void routes__dump_ends(struct routes *routes);

size_t routes__count(const struct routes *routes);
uint64_t routes__added(const struct routes *routes);   /* since the first dump */
uint64_t routes__deleted(const struct routes *routes); /* a route that is changed is both */

/* There were more than ROUTES_MAX: those beyond are told as they change, and not kept. */
bool routes__overflowed(const struct routes *routes);

/* How an address, a prefix and a next hop came out of a message.  For ways.c. */
struct next_hop {
	struct address gateway; /* all zero: none, the destination is on the link */
	int interface;
};

/*
 * The next hops of a route message, at most @room; returns their number.  A route without any
 * (unreachable, blackhole) has none.
 */
size_t route_next_hops(const struct nlmsghdr *message, struct next_hop *hops, size_t room);

#endif
