/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which devices and interfaces each link goes through.
 */
#ifndef FAULTLINE_LINK_WAYS_H
#define FAULTLINE_LINK_WAYS_H

#include "judge/sample.h"

struct device_table;
struct interfaces;
struct link_table;
struct link_ways;
struct neighbours;
struct rtnl;

struct link_ways_sources {
	struct rtnl *rtnl;
	const struct interfaces *interfaces;
	const struct neighbours *neighbours; /* for the ports of bridges */
	const struct link_table *links;
	uint32_t netns; /* our own: peers of others are passed over; 0: take all */
};

/* NULL with errno. */
struct link_ways *link_ways__new(void);
void link_ways__free(struct link_ways *ways);

/* Routes, rules, addresses or interfaces changed: every address is asked for anew. */
void link_ways__forget(struct link_ways *ways);

/*
 * Brings the ways up to date and adds the next hops that they lead over to @devices.  Only
 * addresses that are not known yet are asked for.  0 or -errno; what could be found is there.
 */
int link_ways__find(struct link_ways *ways, const struct link_ways_sources *sources,
		    struct device_table *devices);

/* One for each link, in the order of the link table; valid until the next call. */
const struct way_sample *link_ways__list(const struct link_ways *ways, size_t *count);

#endif
