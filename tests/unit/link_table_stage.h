/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers, names and sums for tests of the link table.
 */
#ifndef FAULTLINE_LINK_TABLE_STAGE_H
#define FAULTLINE_LINK_TABLE_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist_set.h"
#include "sense/link_table.h"

#define OWN_NETNS 1000

static inline struct endpoint endpoint(const char *text)
{
	struct endpoint endpoint;
	const char *why = "";

	if (parse_endpoint(text, &endpoint, &why))
		fail_msg("%s: %s", text, why);
	return endpoint;
}

static inline struct peer_key outgoing(const char *address, uint16_t port, const char *comm)
{
	struct peer_key key = {.netns = OWN_NETNS, .port = port, .direction = PEER_OUTGOING};
	struct address parsed;

	assert_int_equal(parse_address(address, &parsed), 0);
	memcpy(key.address, parsed.byte, sizeof(key.address));
	memcpy(key.comm, comm, strnlen(comm, PEER_COMM_LEN - 1));
	return key;
}

static inline struct peer_key incoming(uint16_t port, const char *comm)
{
	struct peer_key key = {.netns = OWN_NETNS, .port = port, .direction = PEER_INCOMING};

	memcpy(key.comm, comm, strnlen(comm, PEER_COMM_LEN - 1));
	return key;
}

static inline struct peer counted(enum peer_counter counter, uint64_t value)
{
	struct peer peer = {.first_seen_ns = 10, .last_seen_ns = 20};

	peer.counter[counter] = value;
	return peer;
}

static inline const char *netns_name(void *context, uint32_t netns)
{
	(void)context;
	return netns == OWN_NETNS ? NULL : "web";
}

struct calls {
	unsigned count;
	unsigned without_remote;
};

static inline enum link_kind kind_of(void *context, const struct peer_key *key,
				     const struct address *remote)
{
	struct calls *calls = context;

	(void)key;
	calls->count++;
	if (address_is_unspecified(remote)) {
		calls->without_remote++;
		return LINK_EXTERNAL;
	}
	return remote->byte[12] == 10 ? LINK_INTERNAL : LINK_EXTERNAL;
}

static struct calls calls;
static const struct link_classifier classifier = {
	.kind_of = kind_of, .netns_name = netns_name, .context = &calls};
static const struct config no_links;

static inline size_t index_of(const struct link_table *table, const char *name)
{
	for (size_t i = 0; i < link_table__count(table); i++) {
		if (strcmp(link_table__at(table, i).name, name) == 0)
			return i;
	}
	fail_msg("no link named %s", name);
	return 0;
}

static inline uint64_t total_of(const struct link_table *table, const char *name,
				enum peer_counter counter)
{
	return link_table__at(table, index_of(table, name)).total->counter[counter];
}

static inline uint64_t total_of_all(const struct link_table *table, enum peer_counter counter)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < link_table__count(table); i++)
		sum += link_table__at(table, i).total->counter[counter];
	return sum;
}

static inline void assert_link(struct link_table *table, struct peer_key key, const char *name)
{
	struct peer peer = counted(PEER_SEGMENTS_OUT, 1);

	assert_int_equal(link_table__update(table, &key, &peer), 0);
	assert_string_equal(link_table__name_of(table, &key), name);
}

#endif
