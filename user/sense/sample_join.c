/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links and facts beside what was read of the host.
 *
 * Nothing of a link is copied but its far ends: totals and histograms are pointed to where the link
 * table keeps them.  Facts are kept in two buffers, one that is filled and one that was handed out.
 *
 * Cost: each peer of each link is looked at once; memory grows with the links alone, some 1.4 KiB
 * each, and with nothing else.
 */
#include "sense/sample_join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sense/link_table.h"

struct facts {
	struct fact list[FACTS_SAMPLED];
	size_t count;
};

struct sample_join {
	struct facts facts[2];
	unsigned filling; /* which of them */
	uint64_t facts_lost;
	struct link_sample *links;
	struct peer_sample (*peers)[PEERS_SAMPLED]; /* of each link */
	size_t room;				    /* for links, in both */
	struct sample sample;
};

struct sample_join *sample_join__new(void)
{
	return calloc(1, sizeof(struct sample_join));
}

void sample_join__free(struct sample_join *join)
{
	if (!join)
		return;
	free(join->peers);
	free(join->links);
	free(join);
}

void sample_join__add_fact(struct sample_join *join, const struct fact *fact)
{
	struct facts *facts = &join->facts[join->filling];

	if (facts->count < FACTS_SAMPLED)
		facts->list[facts->count++] = *fact;
	else
		join->facts_lost++;
}

uint64_t sample_join__facts_lost(const struct sample_join *join)
{
	return join->facts_lost;
}

static int make_room(struct sample_join *join, size_t count)
{
	struct link_sample *links;
	void *peers;

	if (count <= join->room)
		return 0;
	links = realloc(join->links, count * sizeof(*links));
	if (!links)
		return -ENOMEM;
	join->links = links;
	peers = realloc(join->peers, count * sizeof(*join->peers));
	if (!peers)
		return -ENOMEM;
	join->peers = peers;
	join->room = count;
	return 0;
}

struct selection {
	struct peer_sample *peers; /* sorted, PEERS_SAMPLED at most */
	size_t count;
};

/* By far address; what shares one, by the rest of its key. */
static int compare_keys(const struct peer_key *a, const struct peer_key *b)
{
	return memcmp(a, b, sizeof(*a));
}

/* Keeps the first ones by address, whatever the order in which they come. */
static void select_peer(void *context, const struct peer_key *key, const struct peer *peer)
{
	struct selection *selection = context;
	struct peer_sample *peers = selection->peers;
	size_t at = selection->count;

	if (at == PEERS_SAMPLED && compare_keys(key, &peers[at - 1].key) >= 0)
		return;
	if (at == PEERS_SAMPLED)
		at--;
	else
		selection->count++;
	for (; at && compare_keys(key, &peers[at - 1].key) < 0; at--)
		peers[at] = peers[at - 1];
	peers[at] = (struct peer_sample){
		.key = *key,
		.owner_tgid = peer->owner_tgid,
		.last_data_ns = peer->last_data_ns,
		.last_ack_ns = peer->last_ack_ns,
	};
	memcpy(peers[at].remote.byte, key->direction == PEER_OUTGOING ? key->address : peer->remote,
	       sizeof(peers[at].remote.byte));
}

/* The way of a link; @next is where that of the next link is likely to stand. */
static const struct way_sample *find_way(const struct sample *host, const char *link, size_t *next)
{
	for (size_t i = 0; host && i < host->way_count; i++) {
		size_t at = (*next + i) % host->way_count;

		if (!strcmp(host->ways[at].link, link)) {
			*next = at + 1;
			return &host->ways[at];
		}
	}
	return NULL;
}

static void fill_link(struct sample_join *join, const struct sample_sources *sources, size_t index,
		      size_t *next_way)
{
	struct link_view view = link_table__at(sources->links, index);
	struct selection selection = {.peers = join->peers[index]};
	uint64_t opened = view.total->counter[PEER_SOCKETS_OPENED];
	uint64_t closed = view.total->counter[PEER_SOCKETS_CLOSED];

	link_table__each_peer(sources->links, index, select_peer, &selection);
	join->links[index] = (struct link_sample){
		.name = view.name,
		.kind = view.kind,
		.declared = view.declared,
		.observed = view.observed,
		.gauges_known = view.total->census == sources->census,
		.sockets = opened > closed ? opened - closed : 0,
		.total = view.total,
		.hists = view.hists,
		.peers = selection.peers,
		.peer_count = selection.count,
		.peers_total = view.peer_count,
		.way = find_way(sources->host, view.name, next_way),
	};
}

static void hand_out_facts(struct sample_join *join)
{
	struct facts *facts = &join->facts[join->filling];

	join->sample.facts = facts->list;
	join->sample.fact_count = facts->count;
	join->filling = !join->filling;
	join->facts[join->filling].count = 0;
}

const struct sample *sample_join__make(struct sample_join *join,
				       const struct sample_sources *sources)
{
	struct sample *sample = &join->sample;
	size_t count = link_table__count(sources->links), next_way = 0;
	int err = make_room(join, count);

	if (err) {
		errno = -err;
		return NULL;
	}
	*sample = sources->host ? *sources->host : (struct sample){};
	sample->time_ns = sources->time_ns;
	sample->wall = sources->wall;
	sample->census_ns = sources->census_ns;
	for (size_t i = 0; i < count; i++)
		fill_link(join, sources, i, &next_way);
	sample->links = join->links;
	sample->link_count = count;
	sample->sensor = sources->sensor;
	hand_out_facts(join);
	return sample;
}
