/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading, damaging and forging packets. Only headers that decide something are read: IPv4 with
 * options, IPv6 with the extension headers a host of the lab can send, TCP, UDP and ICMP. Later
 * fragments have no ports and count as a flow of their own protocol with port 0.
 */
#include "packet.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

static __u16 get16(const __u8 *at)
{
	return (__u16)(at[0] << 8 | at[1]);
}

static __u32 get32(const __u8 *at)
{
	return (__u32)get16(at) << 16 | get16(at + 2);
}

static void put16(__u8 *at, __u16 value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
}

static void put32(__u8 *at, __u32 value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static void map_v4(struct in6_addr *out, const __u8 *in)
{
	memset(out, 0, 10);
	out->s6_addr[10] = out->s6_addr[11] = 0xff;
	memcpy(out->s6_addr + 12, in, 4);
}

static int parse_v4(struct packet *p, unsigned int left)
{
	const __u8 *ip = p->frame + p->l3;
	unsigned int header = (ip[0] & 15) * 4u;

	if (left < 20 || header < 20 || get16(ip + 2) < header || get16(ip + 2) > left)
		return -EINVAL;
	p->family = 4;
	p->ip_len = get16(ip + 2);
	p->proto = ip[9];
	map_v4(&p->src, ip + 12);
	map_v4(&p->dst, ip + 16);
	p->housekeeping = p->proto == IPPROTO_IGMP || (ip[16] == 224 && !ip[17] && !ip[18]);
	p->l4 = get16(ip + 6) & 0x1fff ? 0 : p->l3 + header;
	p->payload = p->l3 + header;
	p->payload_len = p->ip_len - header;
	return 0;
}

static bool is_extension(__u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_FRAGMENT;
}

static int parse_v6(struct packet *p, unsigned int left)
{
	const __u8 *ip = p->frame + p->l3;
	unsigned int at = 40;
	bool first = true;

	if (left < 40 || get16(ip + 4) + 40u > left)
		return -EINVAL;
	p->family = 6;
	p->ip_len = get16(ip + 4) + 40u;
	p->proto = ip[6];
	memcpy(&p->src, ip + 8, 16);
	memcpy(&p->dst, ip + 24, 16);
	p->housekeeping = IN6_IS_ADDR_LINKLOCAL(&p->src) || IN6_IS_ADDR_LINKLOCAL(&p->dst) ||
			  IN6_IS_ADDR_MC_LINKLOCAL(&p->dst);
	while (is_extension(p->proto)) {
		if (at + 8 > p->ip_len)
			return -EINVAL;
		if (p->proto == IPPROTO_FRAGMENT)
			first = !(get16(ip + at + 2) & 0xfff8);
		p->proto = ip[at];
		at += (ip[at + 1] + 1u) * 8;
		if (!first)
			break;
	}
	if (at > p->ip_len)
		return -EINVAL;
	p->l4 = first ? p->l3 + at : 0;
	p->payload = p->l3 + at;
	p->payload_len = p->ip_len - at;
	return 0;
}

static int parse_transport(struct packet *p)
{
	const __u8 *l4 = p->frame + p->l4;
	unsigned int left = p->payload_len, header = 0;

	if (p->proto == IPPROTO_TCP) {
		if (left < 20 || (l4[12] >> 4) < 5 || (l4[12] >> 4) * 4u > left)
			return -EINVAL;
		header = (l4[12] >> 4) * 4u;
		p->seq = get32(l4 + 4);
		p->ack = get32(l4 + 8);
		p->tcp_flags = l4[13];
	} else if (p->proto == IPPROTO_UDP || p->proto == IPPROTO_ICMP ||
		   p->proto == IPPROTO_ICMPV6) {
		if (left < 8)
			return -EINVAL;
		header = 8;
	}
	if (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP) {
		p->sport = get16(l4);
		p->dport = get16(l4 + 2);
	}
	p->payload += header;
	p->payload_len -= header;
	return 0;
}

int packet__parse(struct packet *packet, __u8 *frame, unsigned int len, bool ethernet)
{
	unsigned int type;
	int err;

	memset(packet, 0, sizeof(*packet));
	packet->frame = frame;
	packet->frame_len = len;
	packet->ip_len = len;
	if (len < 1 || (ethernet && len < ETH_HLEN))
		return -EINVAL;
	if (ethernet) {
		type = get16(frame + 12);
		packet->l3 = ETH_HLEN;
	} else {
		type = frame[0] >> 4 == 4 ? ETH_P_IP : frame[0] >> 4 == 6 ? ETH_P_IPV6 : 0;
		if (!type)
			return -EINVAL;
	}
	if (type != ETH_P_IP && type != ETH_P_IPV6)
		return 0;
	if (len == packet->l3)
		return -EINVAL;
	if (type == ETH_P_IP)
		err = parse_v4(packet, len - packet->l3);
	else
		err = parse_v6(packet, len - packet->l3);
	return err || !packet->l4 ? err : parse_transport(packet);
}

bool packet__corrupt(struct packet *packet, __u64 random)
{
	/* Bytes of the TCP header that no check but the checksum reads first. */
	static const __u8 tcp_bytes[] = {4, 5, 6, 7, 8, 9, 10, 11, 14, 15};
	unsigned int at;

	if (packet->payload_len && packet->family)
		at = packet->payload + (random >> 8) % packet->payload_len;
	else if (packet->l4 && packet->proto == IPPROTO_TCP)
		at = packet->l4 + tcp_bytes[(random >> 8) % sizeof(tcp_bytes)];
	else
		return false;
	packet->frame[at] ^= 1u << (random & 7);
	return true;
}

static __u32 sum16(const __u8 *at, unsigned int len, __u32 sum)
{
	for (; len > 1; len -= 2, at += 2)
		sum += get16(at);
	return sum + (len ? (__u32)at[0] << 8 : 0);
}

static __u16 fold(__u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

unsigned int packet__forge_reset(const struct reset_spec *spec, __u8 *out)
{
	unsigned int l2 = spec->ethernet ? ETH_HLEN : 0, ip_len = spec->family == 4 ? 20 : 40;
	__u8 *ip = out + l2, *tcp = ip + ip_len;
	const __u8 *src = spec->src.s6_addr, *dst = spec->dst.s6_addr;

	memset(out, 0, l2 + ip_len + 20);
	if (l2)
		memcpy(out, spec->ethernet, ETH_HLEN);
	if (spec->family == 4) {
		ip[0] = 0x45;
		put16(ip + 2, 40);
		ip[8] = spec->ttl;
		ip[9] = IPPROTO_TCP;
		memcpy(ip + 12, src + 12, 4);
		memcpy(ip + 16, dst + 12, 4);
		put16(ip + 10, fold(sum16(ip, 20, 0)));
	} else {
		ip[0] = 0x60;
		put16(ip + 4, 20);
		ip[6] = IPPROTO_TCP;
		ip[7] = spec->ttl;
		memcpy(ip + 8, src, 16);
		memcpy(ip + 24, dst, 16);
	}
	put16(tcp, spec->sport);
	put16(tcp + 2, spec->dport);
	put32(tcp + 4, spec->seq);
	put32(tcp + 8, spec->ack);
	tcp[12] = 5 << 4;
	tcp[13] = TCP_RST | TCP_ACK;
	/* The pseudo-header: both addresses, the protocol and the length. */
	put16(tcp + 16, fold(sum16(tcp, 20,
				   sum16(ip + (ip_len == 20 ? 12 : 8), ip_len == 20 ? 8 : 32,
					 IPPROTO_TCP + 20))));
	return l2 + ip_len + 20;
}
