/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets that come in and are worth a second look: resets, for the hops they have left, and what a
 * box on the way answers by ICMP.
 *
 * Limits: of ICMP only the error's own header and what it quotes are read; IPv6 extension headers
 * are not walked.
 */
#ifndef ARRIVAL_BPF_H
#define ARRIVAL_BPF_H

#include "hops.bpf.h"

#define IPPROTO_ICMP   1
#define IPPROTO_ICMPV6 58

#define TCP_FLAGS_AT   13
#define TCP_FLAG_RESET 4

static __noinline int note_reset(const struct sk_buff *skb, __u32 netns)
{
	unsigned char *head = BPF_CORE_READ(skb, head);
	struct packet packet = {};
	struct reset_key key = {};
	__u8 flags = 0;
	__u32 hops;

	if (!read_packet(skb, &packet) || packet.protocol != IPPROTO_TCP ||
	    bpf_probe_read_kernel(&flags, sizeof(flags), head + packet.header_at + TCP_FLAGS_AT) ||
	    !(flags & TCP_FLAG_RESET))
		return 0;
	hops = read_hops(head + BPF_CORE_READ(skb, network_header));
	if (!hops)
		return 0;
	__builtin_memcpy(key.source, packet.source, sizeof(key.source));
	key.netns = netns;
	key.source_port = packet.source_port;
	key.destination_port = packet.destination_port;
	bpf_map_update_elem(&resets_on_way, &key, &hops, BPF_ANY);
	return 0;
}

/* ---- ICMP -------------------------------------------------------------------------------- */

/* PEER_COUNTER_COUNT: it is no error, or one that tells nothing. */
static __always_inline enum peer_counter icmp_counter(__u8 type, __u8 code)
{
	if (type == 11)
		return PEER_ICMP_TIME_EXCEEDED;
	if (type != 3)
		return PEER_COUNTER_COUNT;
	switch (code) {
	case 2:
	case 3:
		return PEER_ICMP_PORT;
	case 4:
		return PEER_ICMP_TOO_BIG;
	case 9:
	case 10:
	case 13:
		return PEER_ICMP_PROHIBITED;
	default:
		return PEER_ICMP_UNREACHABLE;
	}
}

static __always_inline enum peer_counter icmpv6_counter(__u8 type, __u8 code)
{
	switch (type) {
	case 1:
		if (code == 4)
			return PEER_ICMP_PORT;
		return code == 1 || code == 5 || code == 6 ? PEER_ICMP_PROHIBITED
							   : PEER_ICMP_UNREACHABLE;
	case 2:
		return PEER_ICMP_TOO_BIG;
	case 3:
		return PEER_ICMP_TIME_EXCEEDED;
	default:
		return PEER_COUNTER_COUNT;
	}
}

/* An error quotes the packet that it answers: that one we sent, and its far end is the peer. */
static __always_inline void count_icmp(const unsigned char *quoted, bool ipv6,
				       const __u8 sender[16], __u32 netns,
				       enum peer_counter counter)
{
	struct packet packet = {};
	struct peer_key key;
	struct peer *peer;
	__be16 ports[2];
	__u16 len = ipv6 ? read_ipv6(quoted, &packet) : read_ipv4(quoted, &packet);

	if (!len || (packet.protocol != IPPROTO_TCP && packet.protocol != IPPROTO_UDP) ||
	    bpf_probe_read_kernel(ports, sizeof(ports), quoted + len))
		return;
	if (!key_of_service(&key, netns, packet.destination, bpf_ntohs(ports[1]),
			    bpf_ntohs(ports[0])))
		return;
	peer = peer_get(&key);
	if (!peer)
		return;
	peer_count(peer, counter, 1);
	if (((const __u64 *)sender)[0] != ((const __u64 *)packet.destination)[0] ||
	    ((const __u64 *)sender)[1] != ((const __u64 *)packet.destination)[1])
		peer_count(peer, PEER_ICMP_FROM_BETWEEN, 1);
}

static __noinline int note_icmp(const struct sk_buff *skb, __u32 netns)
{
	const unsigned char *at = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	bool ipv6 = BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IPV6);
	__u8 sender[16] __attribute__((aligned(8))), said[2];
	enum peer_counter counter;
	struct packet packet = {};
	__u16 len = ipv6 ? read_ipv6(at, &packet) : read_ipv4(at, &packet);

	if (!len || bpf_probe_read_kernel(said, sizeof(said), at + len))
		return 0;
	counter = ipv6 ? icmpv6_counter(said[0], said[1]) : icmp_counter(said[0], said[1]);
	if (counter >= PEER_COUNTER_COUNT)
		return 0;
	__builtin_memcpy(sender, packet.source, sizeof(sender));
	count_icmp(at + len + 8, ipv6, sender, netns, counter);
	return 0;
}

#endif
