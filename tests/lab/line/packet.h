/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the line understands of one packet. IPv4 addresses are held in IPv4-mapped form, so that one
 * comparison serves both families. Offsets are into `frame`, which starts with the Ethernet header
 * on a TAP line and with the IP header on a TUN line.
 */
#ifndef LAB_LINE_PACKET_H
#define LAB_LINE_PACKET_H

#include <linux/types.h>
#include <netinet/in.h>
#include <stdbool.h>

enum { PACKET_MAX = 65536 + 14 };

struct packet {
	__u8 *frame;
	unsigned int frame_len;
	unsigned int l3;      /* offset of the IP header */
	unsigned int l4;      /* offset of the transport header, 0 when there is none to read */
	unsigned int payload; /* offset of the transport payload */
	unsigned int payload_len;
	unsigned int ip_len; /* length of the IP packet; the frame's length when it is not IP */
	struct in6_addr src, dst;
	__u32 seq, ack;
	__u16 sport, dport; /* host order, 0 without ports */
	__u8 family;	    /* 4, 6, or 0 when not IP (ARP on a TAP line) */
	__u8 proto;
	__u8 tcp_flags;	   /* TCP_* below, 0 when not TCP */
	bool housekeeping; /* link-local or group-management traffic, which routers do not carry */
	bool new_data;	   /* set by flow_table__account(): payload beyond all that was seen */
};

enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_ACK = 0x10 };

/* Sequence space that a segment uses: payload, and one each for SYN and FIN. */
static inline __u32 packet__seq_len(const struct packet *packet)
{
	return packet->payload_len + !!(packet->tcp_flags & TCP_SYN) +
	       !!(packet->tcp_flags & TCP_FIN);
}

/*
 * Reads @frame of @len bytes, which stays the caller's. Returns 0, or -EINVAL when it calls itself
 * IP and its headers do not fit in it.
 */
int packet__parse(struct packet *packet, __u8 *frame, unsigned int len, bool ethernet);

/*
 * Flips one bit, chosen by @random, that only the transport checksum covers: of the payload, or of
 * sequence number, acknowledgement or window of a bare TCP segment. A single flipped bit always
 * changes a ones' complement sum. Returns false when the packet holds no such bit.
 */
bool packet__corrupt(struct packet *packet, __u64 random);

/* What packet__forge_reset() needs to know; addresses in IPv4-mapped form, ports in host order. */
struct reset_spec {
	struct in6_addr src, dst;
	__u16 sport, dport;
	__u32 seq, ack;
	__u8 ttl;
	__u8 family;
	const __u8 *ethernet; /* 14 bytes to put in front, or NULL */
};

/* Writes a complete RST with valid checksums to @out (at least 80 bytes); returns its length. */
unsigned int packet__forge_reset(const struct reset_spec *spec, __u8 *out);

#endif
