/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The links of one configuration, by name and in the order in which they are shown.  This is the
 * inside of the link table; nothing else includes it.
 */
#ifndef FAULTLINE_LINK_SET_H
#define FAULTLINE_LINK_SET_H

#include "sense/link_table.h"

#define LINK_OTHERS "others"

struct link_match;
struct hash_table;
struct member; /* a live peer, known to the table */

struct link {
	char *name; /* first, for it is the key */
	const struct config_link *config;
	enum link_kind kind;
	bool classified; /* the kind was decided with a far address at hand */
	bool observed;
	struct peer total;
	struct hist_set *hists;
	struct member *members;
	size_t member_count;
	uint32_t netns;	    /* of a discovered one: of the peer that was bound last */
	uint64_t lonely_ns; /* CLOCK_MONOTONIC since when it was seen without members; 0: it has
			       some */
	struct link *heir;  /* who takes the totals over when the set is replaced */
};

struct link_set {
	struct link_classifier classifier;
	struct link_match *match;
	struct link **links; /* declared ones first, in their order, then by name */
	size_t count;
	size_t declared_count;
	size_t limit;
	struct link *others; /* NULL until it is needed */
	struct hash_table *by_name;
	bool full; /* the last __bind or __keep found no room and gave "others" */
};

/* The declared links of @config, which must stay as long as the set.  NULL with errno. */
struct link_set *link_set__new(const struct config *config,
			       const struct link_classifier *classifier, size_t limit);
void link_set__free(struct link_set *set);

/* The link of a peer, made when it is a discovery.  NULL and errno ENOMEM. */
struct link *link_set__bind(struct link_set *set, const struct peer_key *key,
			    const struct address *remote);

/* The link named @name, made as an undeclared one when there is none.  NULL and errno ENOMEM. */
struct link *link_set__keep(struct link_set *set, const char *name, enum link_kind kind);

/* Takes a discovered link, which has no members any more, out of the set and frees it. */
void link_set__remove(struct link_set *set, struct link *link);

/* Asks the classifier again while the far address of an incoming link was not yet known. */
void link_set__classify(struct link_set *set, struct link *link, const struct peer_key *key,
			const struct address *remote);

#endif
