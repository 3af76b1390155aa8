/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow table: a chained hash and a list ordered by last use. It is bounded; a new flow pushes
 * out the one that was idle longest, and that is counted. A flow with packets in the hold queue is
 * never pushed out, because those packets point to it. One lookup and two list moves a packet.
 */
#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "packet.h"
#include "random.h"

enum { EVICT_TRIES = 64 };

struct flow_table {
	struct flow **bucket;
	struct flow *newest, *oldest;
	unsigned int mask, known, max;
	__u64 evicted;
};

struct flow_table *flow_table__new(unsigned int max)
{
	struct flow_table *table = calloc(1, sizeof(*table));
	unsigned int buckets = 64;

	if (!table)
		return NULL;
	while (buckets < max && buckets < 1u << 24)
		buckets *= 2;
	table->bucket = calloc(buckets, sizeof(*table->bucket));
	if (!table->bucket) {
		free(table);
		errno = ENOMEM;
		return NULL;
	}
	table->mask = buckets - 1;
	table->max = max;
	return table;
}

void flow_table__free(struct flow_table *table)
{
	struct flow *flow, *older;

	if (!table)
		return;
	for (flow = table->newest; flow; flow = older) {
		older = flow->older;
		free(flow);
	}
	free(table->bucket);
	free(table);
}

static struct flow **bucket_of(struct flow_table *table, const struct flow_key *key)
{
	__u64 word[sizeof(*key) / 8], hash = 0;

	_Static_assert(sizeof(*key) % 8 == 0, "the key is hashed in words of 8 bytes");
	memcpy(word, key, sizeof(word));
	for (unsigned int i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		hash = random_mix(hash ^ word[i]);
	return &table->bucket[hash & table->mask];
}

static void list_remove(struct flow_table *table, struct flow *flow)
{
	*(flow->newer ? &flow->newer->older : &table->newest) = flow->older;
	*(flow->older ? &flow->older->newer : &table->oldest) = flow->newer;
}

static void list_add(struct flow_table *table, struct flow *flow)
{
	flow->newer = NULL;
	flow->older = table->newest;
	*(table->newest ? &table->newest->newer : &table->oldest) = flow;
	table->newest = flow;
}

/* Frees the flow that was idle longest and has nothing waiting. */
static bool evict_one(struct flow_table *table)
{
	struct flow *flow = table->oldest, **at;
	int tries = EVICT_TRIES;

	while (flow && flow->held && --tries)
		flow = flow->newer;
	if (!flow || flow->held)
		return false;
	for (at = bucket_of(table, &flow->key); *at != flow; at = &(*at)->chain)
		;
	*at = flow->chain;
	list_remove(table, flow);
	free(flow);
	table->known--;
	table->evicted++;
	return true;
}

static struct flow *find_or_add(struct flow_table *table, const struct flow_key *key, __u64 now_ns)
{
	struct flow **bucket = bucket_of(table, key), *flow;

	for (flow = *bucket; flow; flow = flow->chain) {
		if (!memcmp(&flow->key, key, sizeof(*key))) {
			list_remove(table, flow);
			list_add(table, flow);
			return flow;
		}
	}
	if (table->known >= table->max && !evict_one(table))
		return NULL;
	flow = calloc(1, sizeof(*flow));
	if (!flow)
		return NULL;
	flow->key = *key;
	flow->born_ns = now_ns;
	flow->chain = *bucket;
	*bucket = flow;
	list_add(table, flow);
	table->known++;
	return flow;
}

/* A SYN with another sequence number on known ports is a new connection: forget the old one's. */
static void restart(struct flow *flow, __u64 now_ns)
{
	flow->born_ns = now_ns;
	flow->closed = false;
	for (int i = 0; i < DIRECTIONS; i++) {
		struct flow_side *side = &flow->side[i];

		side->seq_known = side->ack_known = side->delivered_known = side->fin = false;
		memset(side->slot, 0, sizeof(side->slot));
	}
}

static void follow_tcp(struct flow *flow, struct packet *packet, enum direction direction,
		       __u64 now_ns)
{
	struct flow_side *side = &flow->side[direction], *peer = &flow->side[!direction];
	__u32 end = packet->seq + packet__seq_len(packet);

	if (packet->tcp_flags & TCP_RST) {
		flow->closed = true;
		return;
	}
	if ((packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && side->seq_known &&
	    packet->seq + 1 != side->next_seq)
		restart(flow, now_ns);
	side->fin |= !!(packet->tcp_flags & TCP_FIN);
	flow->closed |= side->fin && peer->fin;
	if (packet->payload_len) {
		side->data_segments++;
		packet->new_data = !side->seq_known || !seq_after(side->next_seq, packet->seq);
		side->data_retransmitted += !packet->new_data;
	}
	if (!side->seq_known || seq_after(end, side->next_seq))
		side->next_seq = end;
	side->seq_known = true;
	if (!(packet->tcp_flags & TCP_ACK))
		return;
	if (!side->ack_known || seq_after(packet->ack, side->ack))
		side->ack = packet->ack;
	side->ack_known = true;
	/* What the receiver acknowledged has certainly arrived, whatever holes were seen. */
	if (!peer->delivered_known || seq_after(packet->ack, peer->delivered))
		peer->delivered = packet->ack;
	peer->delivered_known = true;
}

struct flow *flow_table__account(struct flow_table *table, struct packet *packet,
				 enum direction direction, __u64 now_ns)
{
	struct flow_key key = {.proto = packet->proto, .family = packet->family};
	struct flow *flow;

	if (!packet->family)
		return NULL;
	key.near = direction == OUT ? packet->src : packet->dst;
	key.far = direction == OUT ? packet->dst : packet->src;
	key.near_port = direction == OUT ? packet->sport : packet->dport;
	key.far_port = direction == OUT ? packet->dport : packet->sport;
	flow = find_or_add(table, &key, now_ns);
	if (!flow)
		return NULL;
	flow->side[direction].packets++;
	flow->side[direction].bytes += packet->ip_len;
	if (packet->l3)
		memcpy(flow->side[direction].ethernet, packet->frame, packet->l3);
	if (packet->l4 && packet->proto == IPPROTO_TCP)
		follow_tcp(flow, packet, direction, now_ns);
	return flow;
}

void flow__delivered(struct flow *flow, enum direction direction, __u32 seq, __u32 seq_end)
{
	struct flow_side *side = &flow->side[direction];

	if (!side->delivered_known ||
	    (!seq_after(seq, side->delivered) && seq_after(seq_end, side->delivered)))
		side->delivered = seq_end;
	side->delivered_known = true;
}

struct flow_slot *flow__slot(struct flow *flow, enum direction direction, unsigned int slot,
			     __u32 rule_id)
{
	struct flow_slot *at = &flow->side[direction].slot[slot];

	if (at->rule_id != rule_id)
		*at = (struct flow_slot){.rule_id = rule_id};
	return at;
}

int flow_table__each(struct flow_table *table, int (*visit)(struct flow *flow, void *arg),
		     void *arg)
{
	int err = 0;

	for (struct flow *flow = table->newest; flow && !err; flow = flow->older)
		err = visit(flow, arg);
	return err;
}

unsigned int flow_table__known(const struct flow_table *table)
{
	return table->known;
}

__u64 flow_table__evicted(const struct flow_table *table)
{
	return table->evicted;
}
