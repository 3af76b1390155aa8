/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers in, links out.
 *
 * The table remembers what it last knew of every live peer and adds only the difference to the
 * total of its link.  A tick in which little happened costs one look-up and one comparison of
 * memory for each peer, a retirement costs nothing but the memory it gives back, and no total can
 * go back.  Memory: some 600 bytes for each live peer, 200 for each of its histograms, and 900 for
 * each link, all bounded.
 *
 * Limits: a link total is exact as long as the kernel's entry is; times, owner and far address are
 * those of the peer seen last.
 */
#include "sense/link_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/hash_table.h"
#include "base/hist_set.h"
#include "sense/hist_memo.h"
#include "sense/link_set.h"

#define LONELY_NS (60 * NS_PER_SECOND)

struct member {
	struct peer_key key; /* first, for the table of members looks for it there */
	struct peer known;
	struct hist_memo *memo[HIST_OPERATION_COUNT];
	struct link *link;
	struct link *next_link; /* during a rebind */
	struct member *next, *previous;
};

struct link_table {
	struct link_classifier classifier;
	size_t link_limit;
	struct link_set *set;
	struct hash_table *members;
	uint64_t overflowed;
	uint64_t refused;
};

static uint64_t news(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

/* Gauges add up over the peers that one census saw; the first of a newer one begins anew. */
static void fold_gauges(struct peer *total, const struct peer *now)
{
	if (now->census < total->census)
		return;
	if (now->census > total->census) {
		total->census = now->census;
#define GAUGE_BEGIN(name, meaning) total->name = 0;
		PEER_OLDEST(GAUGE_BEGIN)
		PEER_SUMS(GAUGE_BEGIN)
#undef GAUGE_BEGIN
	}
#define GAUGE_OLDEST(name, meaning)                                 \
	if (now->name && (!total->name || now->name < total->name)) \
		total->name = now->name;
	PEER_OLDEST(GAUGE_OLDEST)
#undef GAUGE_OLDEST
#define GAUGE_SUM(name, meaning) total->name += now->name;
	PEER_SUMS(GAUGE_SUM)
#undef GAUGE_SUM
}

/* Adds to @total what @now has and @before had not. */
static void fold(struct peer *total, const struct peer *before, const struct peer *now)
{
	static const struct peer nothing;
	static const __u8 nowhere[sizeof(now->remote)];

	if (before->first_seen_ns && now->first_seen_ns > before->first_seen_ns)
		before = &nothing;
	for (unsigned i = 0; i < PEER_COUNTER_COUNT; i++)
		total->counter[i] += news(now->counter[i], before->counter[i]);
	for (unsigned i = 0; i < PEER_RESET_REASONS; i++)
		total->reset_reason[i] +=
			(__u32)news(now->reset_reason[i], before->reset_reason[i]);
	if (now->first_seen_ns &&
	    (!total->first_seen_ns || now->first_seen_ns < total->first_seen_ns))
		total->first_seen_ns = now->first_seen_ns;
	if (now->last_data_ns > total->last_data_ns)
		total->last_data_ns = now->last_data_ns;
	if (now->last_ack_ns > total->last_ack_ns)
		total->last_ack_ns = now->last_ack_ns;
	if (before == &nothing || before->census != now->census)
		fold_gauges(total, now);
	if (now->last_seen_ns < total->last_seen_ns)
		return;
	total->last_seen_ns = now->last_seen_ns;
	if (memcmp(now->remote, nowhere, sizeof(nowhere)) != 0)
		memcpy(total->remote, now->remote, sizeof(now->remote));
	if (now->owner_tgid)
		total->owner_tgid = now->owner_tgid;
	if (now->srtt_us)
		total->srtt_us = now->srtt_us;
	if (now->mss)
		total->mss = now->mss;
	if (now->hops_least) {
		total->hops_least = now->hops_least;
		total->hops_most = now->hops_most;
	}
}

static void attach(struct member *member, struct link *link)
{
	member->link = link;
	member->previous = NULL;
	member->next = link->members;
	if (link->members)
		link->members->previous = member;
	link->members = member;
	link->member_count++;
	link->observed = true;
	link->lonely_ns = 0;
}

static void detach(struct member *member)
{
	if (member->previous)
		member->previous->next = member->next;
	else
		member->link->members = member->next;
	if (member->next)
		member->next->previous = member->previous;
	member->link->member_count--;
}

static void member__free(struct member *member)
{
	if (!member)
		return;
	for (unsigned i = 0; i < HIST_OPERATION_COUNT; i++)
		hist_memo__free(member->memo[i]);
	free(member);
}

struct link_table *link_table__new(const struct config *config,
				   const struct link_classifier *classifier, size_t link_limit)
{
	struct link_table *table = calloc(1, sizeof(*table));
	int err;

	if (!table)
		return NULL;
	if (classifier)
		table->classifier = *classifier;
	table->link_limit = link_limit;
	table->set = link_set__new(config, classifier, link_limit);
	if (!table->set)
		goto out;
	table->members = hash_table__new(sizeof(struct peer_key), LINK_TABLE_PEERS_MAX);
	if (!table->members)
		goto out;
	return table;
out:
	err = errno;
	link_table__free(table);
	errno = err;
	return NULL;
}

void link_table__free(struct link_table *table)
{
	struct member *member;
	size_t cursor = 0;

	if (!table)
		return;
	while (table->members && (member = hash_table__next(table->members, &cursor)))
		member__free(member);
	hash_table__free(table->members);
	link_set__free(table->set);
	free(table);
}

/* The member of @key, bound to its link when it is new. */
static int find_or_bind(struct link_table *table, const struct peer_key *key,
			const struct address *remote, struct member **found)
{
	struct member *member = hash_table__find(table->members, key);
	struct link *link;
	int err;

	if (member) {
		*found = member;
		return 0;
	}
	member = calloc(1, sizeof(*member));
	if (!member)
		return -ENOMEM;
	member->key = *key;
	err = hash_table__insert(table->members, member);
	if (err)
		goto out;
	link = link_set__bind(table->set, key, remote);
	if (!link) {
		err = -errno;
		hash_table__remove(table->members, key);
		goto out;
	}
	table->overflowed += table->set->full;
	link->netns = key->netns;
	attach(member, link);
	*found = member;
out:
	if (err) {
		table->refused += err == -ENOSPC;
		member__free(member);
	}
	return err;
}

int link_table__update(struct link_table *table, const struct peer_key *key,
		       const struct peer *peer)
{
	struct member *member;
	struct address remote;
	int err;

	memcpy(remote.byte, key->direction == PEER_OUTGOING ? key->address : peer->remote,
	       sizeof(remote.byte));
	err = find_or_bind(table, key, &remote, &member);
	if (err)
		return err;
	/* NOLINTNEXTLINE(clang-analyzer-core.*): it was found, or there was an error. */
	if (memcmp(&member->known, peer, sizeof(*peer)) == 0)
		return 0;
	if (!address_is_unspecified(&remote))
		link_set__classify(table->set, member->link, key, &remote);
	fold(&member->link->total, &member->known, peer);
	member->known = *peer;
	return 0;
}

int link_table__update_hist(struct link_table *table, const struct hist_key *key,
			    const struct hist *hist)
{
	struct address remote;
	struct member *member;
	struct hist *total;
	int err;

	if (key->operation >= HIST_OPERATION_COUNT)
		return -EINVAL;
	memcpy(remote.byte, key->peer.address, sizeof(remote.byte));
	err = find_or_bind(table, &key->peer, &remote, &member);
	if (err)
		return err;
	/* NOLINTNEXTLINE(clang-analyzer-core.*): as above. */
	total = hist_set__use(member->link->hists, key->operation);
	if (!total)
		return -ENOMEM;
	return hist_memo__advance(&member->memo[key->operation], hist, total);
}

bool link_table__only_hists(const struct link_table *table, const struct peer_key *key)
{
	const struct member *member = hash_table__find(table->members, key);

	return member && !member->known.first_seen_ns && !member->known.last_seen_ns;
}

void link_table__retire(struct link_table *table, const struct peer_key *key)
{
	struct member *member = hash_table__remove(table->members, key);

	if (!member)
		return;
	detach(member);
	member__free(member);
}

/* Finds every peer's and every old link's place in @next; what can fail, fails here. */
static int prepare_rebind(struct link_table *table, struct link_set *next)
{
	struct member *member;
	struct address remote;
	size_t cursor = 0;

	while ((member = hash_table__next(table->members, &cursor))) {
		const struct peer_key *key = &member->key;

		memcpy(remote.byte,
		       key->direction == PEER_OUTGOING ? key->address : member->known.remote,
		       sizeof(remote.byte));
		member->next_link = link_set__bind(next, key, &remote);
		if (!member->next_link)
			return -errno;
	}
	for (size_t i = 0; i < table->set->count; i++) {
		struct link *link = table->set->links[i];

		link->heir = NULL;
		if (!link->observed)
			continue;
		link->heir = link_set__keep(next, link->name, link->kind);
		if (!link->heir)
			return -errno;
	}
	return 0;
}

int link_table__rebind(struct link_table *table, const struct config *config)
{
	static const struct peer nothing;
	struct link_set *next = link_set__new(config, &table->classifier, table->link_limit);
	struct member *member;
	size_t cursor = 0;
	int err;

	if (!next)
		return -errno;
	err = prepare_rebind(table, next);
	if (err)
		goto out;
	for (size_t i = 0; i < table->set->count; i++) {
		struct link *link = table->set->links[i];

		if (!link->heir)
			continue;
		fold(&link->heir->total, &nothing, &link->total);
		hist_set__absorb(link->heir->hists, link->hists);
		link->heir->observed = true;
		link->heir->netns = link->netns;
	}
	while ((member = hash_table__next(table->members, &cursor)))
		attach(member, member->next_link);
out:
	/* Either the old set, which nothing points into any more, or the new one, as yet unused. */
	link_set__free(err ? next : table->set);
	if (!err)
		table->set = next;
	return err;
}

void link_table__reclassify(struct link_table *table)
{
	for (size_t i = table->set->declared_count; i < table->set->count; i++) {
		struct link *link = table->set->links[i];
		const struct member *member = link->members;
		struct address remote;

		if (!member || link == table->set->others)
			continue;
		memcpy(remote.byte,
		       member->key.direction == PEER_OUTGOING ? member->key.address
							      : member->known.remote,
		       sizeof(remote.byte));
		link->classified = false;
		link_set__classify(table->set, link, &member->key, &remote);
	}
}

/* Hands the counts of a link on and takes it out; false without memory. */
static bool retire_link(struct link_table *table, size_t index)
{
	static const struct peer nothing;
	struct link *link = table->set->links[index], *heir;

	heir = link_set__keep(table->set, LINK_OTHERS, link->kind);
	if (!heir)
		return false;
	fold(&heir->total, &nothing, &link->total);
	hist_set__absorb(heir->hists, link->hists);
	heir->observed = true;
	link_set__remove(table->set, link);
	return true;
}

void link_table__forget(struct link_table *table, bool (*gone)(void *context, uint32_t netns),
			void *context, uint64_t now_ns)
{
	for (size_t i = table->set->count; i-- > table->set->declared_count;) {
		struct link *link = table->set->links[i];

		if (link == table->set->others || link->members || !link->netns)
			continue;
		if (!link->lonely_ns)
			link->lonely_ns = now_ns;
		else if (now_ns - link->lonely_ns >= LONELY_NS && gone(context, link->netns) &&
			 retire_link(table, i))
			i = table->set->count; /* "others" may have moved what follows */
	}
}

size_t link_table__count(const struct link_table *table)
{
	return table->set->count;
}

struct link_view link_table__at(const struct link_table *table, size_t index)
{
	const struct link *link = table->set->links[index];

	return (struct link_view){
		.name = link->name,
		.kind = link->kind,
		.declared = link->config != NULL,
		.observed = link->observed,
		.config = link->config,
		.total = &link->total,
		.hists = link->hists,
		.peer_count = link->member_count,
	};
}

const char *link_table__name_of(const struct link_table *table, const struct peer_key *key)
{
	const struct member *member = hash_table__find(table->members, key);

	return member ? member->link->name : NULL;
}

void link_table__each_peer(const struct link_table *table, size_t index,
			   void (*visit)(void *context, const struct peer_key *key,
					 const struct peer *peer),
			   void *context)
{
	for (const struct member *member = table->set->links[index]->members; member;
	     member = member->next)
		visit(context, &member->key, &member->known);
}

uint64_t link_table__overflowed(const struct link_table *table)
{
	return table->overflowed;
}

uint64_t link_table__refused(const struct link_table *table)
{
	return table->refused;
}

size_t link_table__peers(const struct link_table *table)
{
	return hash_table__count(table->members);
}
