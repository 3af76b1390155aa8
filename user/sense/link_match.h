/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which declared link does a peer belong to?
 */
#ifndef FAULTLINE_LINK_MATCH_H
#define FAULTLINE_LINK_MATCH_H

#include "base/config.h"
#include "faultline/peer.h"

struct link_match;

/* Reads @config and keeps nothing of it.  NULL and errno ENOMEM. */
struct link_match *link_match__new(const struct config *config);
void link_match__free(struct link_match *match);

/*
 * The index in config->links of the link that takes the peer, or -1.  An outgoing peer is matched
 * by endpoints, an incoming one by local_ports.  Among several the longest prefix wins, then the
 * narrower range of ports, then the one that names a process, then the one declared first.
 */
int link_match__find(const struct link_match *match, const struct peer_key *key);

/* The peer that the kernel side uses when its table is full. */
bool peer_key_is_overflow(const struct peer_key *key);

#endif
