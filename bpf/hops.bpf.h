/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many hops a packet had left: a reset that the far end sent has come as far as its other
 * packets have; one that a box between us forged has not.
 *
 * What is usual is learned from data that waits in a socket's queue, once for each socket and
 * census; the reset's own count is remembered when it comes in, until the socket is told of it.
 * The kernel passes that packet to no other hook than the one of all that comes in.
 *
 * Limit: a far end with several lines of different length has a range of hops.
 */
#ifndef HOPS_BPF_H
#define HOPS_BPF_H

#include "packet.bpf.h"

struct reset_key {
	__u8 source[16];
	__u32 netns;
	__u16 source_port;
	__u16 destination_port;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, RESETS_ON_WAY_MAX);
	__type(key, struct reset_key);
	__type(value, __u32); /* hops left */
} resets_on_way __weak SEC(".maps");

/* The hop limit in the header of a packet of either version; 0: it cannot be read. */
static __always_inline __u8 read_hops(const unsigned char *network)
{
	__u8 bytes[9];

	if (bpf_probe_read_kernel(bytes, sizeof(bytes), network))
		return 0;
	switch (bytes[0] >> 4) {
	case 4:
		return bytes[8];
	case 6:
		return bytes[7];
	default:
		return 0;
	}
}

/* The hops that the reset had left which ends this socket; 0: nobody saw it come. */
static __always_inline __u8 hops_of_reset(const struct sock_common *skc)
{
	struct reset_key key = {};
	__u32 *found, hops;

	read_remote(skc, key.source);
	key.netns = sock_netns(skc);
	key.source_port = remote_port(skc);
	key.destination_port = local_port(skc);
	found = bpf_map_lookup_elem(&resets_on_way, &key);
	if (!found)
		return 0;
	hops = *found;
	bpf_map_delete_elem(&resets_on_way, &key);
	return hops;
}

static __always_inline void widen(__u8 *least, __u8 *most, __u8 hops)
{
	if (!*least || hops < *least)
		*least = hops;
	if (hops > *most)
		*most = hops;
}

/*
 * Data waits in the queue of a socket, in the packet that it came in: as far as that one has come
 * the far end's packets come.
 */
static __noinline __attribute__((unused)) int learn_hops(struct sock *sk, struct slot *slot)
{
	const struct sk_buff *last;
	struct peer *peer;
	__u8 hops;

	if (!sk || !slot)
		return 0;
	slot->hops_known = 1;
	if (!BPF_CORE_READ(sk, sk_receive_queue.qlen))
		return 0;
	last = BPF_CORE_READ(sk, sk_receive_queue.prev);
	hops = read_hops(BPF_CORE_READ(last, head) + BPF_CORE_READ(last, network_header));
	if (!hops)
		return 0;
	widen(&slot->hops_least, &slot->hops_most, hops);
	if (slot->key.direction != PEER_OUTGOING)
		return 0;
	peer = bpf_map_lookup_elem(&peers, &slot->key);
	if (peer)
		widen(&peer->hops_least, &peer->hops_most, hops);
	return 0;
}

#endif
