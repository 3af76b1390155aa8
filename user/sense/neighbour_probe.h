/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking the kernel to ask a neighbour whether it is there.
 */
#ifndef FAULTLINE_NEIGHBOUR_PROBE_H
#define FAULTLINE_NEIGHBOUR_PROBE_H

#include "judge/sample.h"

struct rtnl;

/*
 * Is it time to ask?  It was not known to be there for most of a second, and the kernel trusts it
 * all the same.
 */
bool neighbour_wants_probe(const struct neighbour_sample *neighbour);

/* Is an answer being waited for? */
bool neighbour_is_probed(const struct neighbour_sample *neighbour);

/*
 * Sends a solicitation to a neighbour that the kernel knows.  0 or -errno; -EPERM without
 * CAP_NET_ADMIN, and then what the kernel finds out by itself, later, is all that is known.
 */
int neighbour_probe(struct rtnl *rtnl, const struct address *address, int interface);

#endif
