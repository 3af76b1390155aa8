/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The addresses and ports of a packet, from its own headers.  Payload is never read.
 */
#ifndef PACKET_BPF_H
#define PACKET_BPF_H

#include "peer.bpf.h"

#ifndef IPPROTO_UDP
#define IPPROTO_UDP 17
#endif

#define IPV4_FRAGMENT_OFFSET 0x1fff

struct packet {
	__u8 source[16];
	__u8 destination[16];
	__u16 source_port; /* host order */
	__u16 destination_port;
	__u16 header_at; /* of the transport header, from skb->head */
	__u8 protocol;
	__u8 pad;
};

struct ipv4_header {
	__u8 version_and_length;
	__u8 tos;
	__be16 length, id, fragment;
	__u8 ttl, protocol;
	__be16 checksum;
	__be32 source, destination;
};

struct ipv6_header {
	__u8 version_and_class[4];
	__be16 length;
	__u8 next, hop_limit;
	__u8 source[16], destination[16];
};

/* An address from the packet; IPv6 extension headers are not walked. */
static __always_inline __u16 read_ipv6(const unsigned char *at, struct packet *packet)
{
	struct ipv6_header header;

	if (bpf_probe_read_kernel(&header, sizeof(header), at))
		return 0;
	__builtin_memcpy(packet->source, header.source, 16);
	__builtin_memcpy(packet->destination, header.destination, 16);
	packet->protocol = header.next;
	return sizeof(header);
}

static __always_inline __u16 read_ipv4(const unsigned char *at, struct packet *packet)
{
	struct ipv4_header header;

	if (bpf_probe_read_kernel(&header, sizeof(header), at))
		return 0;
	if (header.version_and_length >> 4 != 4 ||
	    (bpf_ntohs(header.fragment) & IPV4_FRAGMENT_OFFSET))
		return 0; /* a later fragment has no ports */
	set_ipv4(packet->source, header.source);
	set_ipv4(packet->destination, header.destination);
	packet->protocol = header.protocol;
	return (header.version_and_length & 15) * 4;
}

/* False for what is neither TCP nor UDP over IP, or has no header that can be read. */
static __always_inline bool read_packet(const struct sk_buff *skb, struct packet *packet)
{
	unsigned char *head = BPF_CORE_READ(skb, head);
	__u16 network = BPF_CORE_READ(skb, network_header), protocol, len;
	__be16 ports[2];

	protocol = bpf_ntohs(BPF_CORE_READ(skb, protocol));
	if (protocol == ETH_P_IP)
		len = read_ipv4(head + network, packet);
	else if (protocol == ETH_P_IPV6)
		len = read_ipv6(head + network, packet);
	else
		return false;
	if (!len || (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP))
		return false;
	packet->header_at = network + len;
	if (bpf_probe_read_kernel(ports, sizeof(ports), head + packet->header_at))
		return false;
	packet->source_port = bpf_ntohs(ports[0]);
	packet->destination_port = bpf_ntohs(ports[1]);
	return true;
}

#endif
