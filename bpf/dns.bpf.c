// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Queries that leave this host for port 53 and their answers, by resolver.
 *
 * Packets are looked at where every kernel shows them to a typed tracepoint: when they are queued
 * for a device and when they came in.  That is one call for each packet, of which all but DNS leave
 * after two or three comparisons; on the way out the socket says in a register what the packet is,
 * on the way in its first 24 bytes do, and are read only while an answer can be on its way.  The
 * other ways cost more or see less: a cgroup hook is about as dear, needs the second cgroup
 * hierarchy to be mounted and knows no namespace; a traffic-control filter changes the host's queue
 * disciplines; the hooks of sockets do not see the far end of a socket that is not connected, nor,
 * once the application has read it, the answer.
 *
 * Limits: of DNS over TCP the code is known only when the header came in the packet's linear part;
 * the answer counts and is timed all the same.  Encrypted DNS looks like any other link.
 */
#include "arrival.bpf.h"

#include <bpf/bpf_tracing.h>

#include "faultline/dns.h"

#define TCP_HEADER_OFFSET_AT 12
#define UDP_HEADER_LEN	     8

struct dns_header {
	__be16 id;
	__u8 flags; /* the first bit: an answer */
	__u8 code;  /* the last four bits */
};

#define DNS_IS_ANSWER 0x80

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, DNS_RESOLVERS_MAX);
	__type(key, struct dns_key);
	__type(value, struct dns_resolver);
} resolvers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DNS_PENDING_MAX);
	__type(key, struct dns_query);
	__type(value, __u64);
} dns_pending SEC(".maps");

/*
 * Can an answer be on its way?  Set by each query, taken back by user space when the last one is
 * long past; while it is not set a packet that comes in costs one comparison.
 */
bool dns_waiting = false;
__u64 dns_asked_ns = 0; /* the last query */

static __always_inline struct dns_resolver *resolver_get(const struct dns_key *key)
{
	static const struct dns_resolver fresh;
	struct dns_resolver *resolver = bpf_map_lookup_elem(&resolvers, key);

	if (resolver)
		return resolver;
	bpf_map_update_elem(&resolvers, key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&resolvers, key);
}

/*
 * Where the message begins, from skb->head, and how much of it there is; 0: a packet without any.
 * Over TCP two bytes of length come first.
 */
static __always_inline __u32 message_at(const struct sk_buff *skb, const struct packet *packet,
					__u32 *linear)
{
	unsigned char *head = BPF_CORE_READ(skb, head), *data = BPF_CORE_READ(skb, data);
	__u32 at = packet->header_at + UDP_HEADER_LEN, end = BPF_CORE_READ(skb, len);
	__u8 offset = 0;

	end += data - head;
	*linear = end - BPF_CORE_READ(skb, data_len);
	if (packet->protocol == IPPROTO_TCP) {
		bpf_probe_read_kernel(&offset, sizeof(offset),
				      head + packet->header_at + TCP_HEADER_OFFSET_AT);
		at = packet->header_at + (offset >> 4) * 4;
		if (at >= end)
			return 0;
		at += sizeof(__be16);
	}
	return at < end ? at : 0;
}

/* Without a header that can be read the identifier is nought, as over TCP. */
static __always_inline bool read_header(const struct sk_buff *skb, __u32 at, __u32 linear,
					struct dns_header *header)
{
	__builtin_memset(header, 0, sizeof(*header));
	return at + sizeof(*header) <= linear &&
	       !bpf_probe_read_kernel(header, sizeof(*header), BPF_CORE_READ(skb, head) + at);
}

static __always_inline void set_query(struct dns_query *query, const __u8 resolver[16],
				      __u16 local_port_, __u32 netns, __u8 protocol, __be16 id)
{
	__builtin_memset(query, 0, sizeof(*query));
	__builtin_memcpy(query->to.resolver, resolver, 16);
	query->to.netns = netns;
	query->local_port = local_port_;
	query->protocol = protocol;
	query->id = protocol == IPPROTO_TCP ? 0 : id;
}

static __noinline int count_query(const struct sk_buff *skb, __u32 netns)
{
	struct dns_resolver *resolver;
	struct packet packet = {};
	struct dns_header header;
	struct dns_query query;
	__u64 now_ns = bpf_ktime_get_ns();
	__u32 at, linear;
	bool known;

	if (!read_packet(skb, &packet) || packet.destination_port != DNS_PORT)
		return 0;
	at = message_at(skb, &packet, &linear);
	if (!at)
		return 0;
	known = read_header(skb, at, linear, &header);
	if (known && (header.flags & DNS_IS_ANSWER))
		return 0;
	set_query(&query, packet.destination, packet.source_port, netns, packet.protocol,
		  header.id);
	resolver = resolver_get(&query.to);
	if (!resolver)
		return 0;
	if (bpf_map_update_elem(&dns_pending, &query, &now_ns, BPF_NOEXIST)) {
		/* The same query again: its time runs from when it was sent first. */
		__sync_fetch_and_add(&resolver->retries, 1);
	} else {
		__sync_fetch_and_add(&resolver->queries, 1);
	}
	dns_asked_ns = now_ns;
	dns_waiting = true;
	if (!resolver->unanswered_since_ns)
		resolver->unanswered_since_ns = now_ns;
	return 0;
}

static __always_inline void add_time(struct dns_resolver *resolver, __u32 code, __u64 time_ns)
{
	struct dns_answers *answers;
	__u32 bucket = hist_bucket(time_ns);

	asm volatile("" : "+r"(code));
	if (code > DNS_CODE_UNKNOWN)
		return;
	answers = &resolver->code[code];
	__sync_fetch_and_add(&answers->count, 1);
	__sync_fetch_and_add(&answers->sum_ns, time_ns);
	if (time_ns > answers->max_ns)
		answers->max_ns = time_ns;
	__sync_fetch_and_add(&resolver->time.count, 1);
	__sync_fetch_and_add(&resolver->time.sum_ns, time_ns);
	if (time_ns > resolver->time.max_ns)
		resolver->time.max_ns = time_ns;
	asm volatile("" : "+r"(bucket));
	if (bucket < HIST_BUCKETS)
		__sync_fetch_and_add(&resolver->time.bucket[bucket], 1);
}

static __noinline int count_answer(const struct sk_buff *skb, __u32 netns)
{
	struct dns_resolver *resolver;
	struct packet packet = {};
	struct dns_header header;
	struct dns_query query;
	__u64 now_ns = bpf_ktime_get_ns(), *sent_ns, time_ns;
	__u32 at, linear;
	bool known;

	if (!read_packet(skb, &packet) || packet.source_port != DNS_PORT)
		return 0;
	at = message_at(skb, &packet, &linear);
	if (!at)
		return 0;
	known = read_header(skb, at, linear, &header);
	if (known && !(header.flags & DNS_IS_ANSWER))
		return 0;
	set_query(&query, packet.source, packet.destination_port, netns, packet.protocol,
		  header.id);
	sent_ns = bpf_map_lookup_elem(&dns_pending, &query);
	if (!sent_ns)
		return 0; /* not asked by us, answered already, or the rest of a long answer */
	time_ns = now_ns - *sent_ns;
	bpf_map_delete_elem(&dns_pending, &query);
	resolver = bpf_map_lookup_elem(&resolvers, &query.to);
	if (!resolver)
		return 0;
	resolver->unanswered_since_ns = 0;
	resolver->last_answer_ns = now_ns;
	add_time(resolver, known ? header.code & (DNS_CODES - 1) : DNS_CODE_UNKNOWN, time_ns);
	return 0;
}

/* Packets of a socket of ours; those that are only passed on have none. */
SEC("tp_btf/net_dev_queue")
int BPF_PROG(net_dev_queue_tp, struct sk_buff *skb)
{
	struct sock *sk = skb->sk;
	__u16 protocol;
	__be16 port;
	__u32 netns;

	if (!sk)
		return 0;
	protocol = sk->sk_protocol;
	port = sk->__sk_common.skc_dport;
	if (port != bpf_htons(DNS_PORT) && (port || protocol != IPPROTO_UDP))
		return 0;
	if (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP)
		return 0;
	netns = sock_netns(&sk->__sk_common);
	return netns_watched(netns) ? count_query(skb, netns) : 0;
}

/* What is neither an answer nor an error, of which there is most, leaves here. */
static __always_inline int on_arrival(const struct sk_buff *skb, __u8 protocol, __u8 flags,
				      bool maybe_dns)
{
	bool reset = protocol == IPPROTO_TCP && (flags & TCP_FLAG_RESET);
	bool icmp = protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
	__u32 netns;

	if (!reset && !icmp && !(maybe_dns && dns_waiting))
		return 0;
	netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	if (!netns_watched(netns))
		return 0;
	if (icmp)
		return note_icmp(skb, netns);
	if (reset)
		note_reset(skb, netns);
	return maybe_dns && dns_waiting ? count_answer(skb, netns) : 0;
}

/* No reset is longer, and no ICMP error (RFC 4443, section 2.4). */
#define LONGEST_NOTICE 1280

#define IPV4_READ (20 + TCP_FLAGS_AT + 1)
#define IPV6_READ (40 + TCP_FLAGS_AT + 1)

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb_tp, struct sk_buff *skb)
{
	const unsigned char *at = skb->head + skb->network_header;
	__be16 protocol = skb->protocol;
	__u8 bytes[IPV6_READ];

	if (skb->len > LONGEST_NOTICE && !dns_waiting)
		return 0;
	/* One read has protocol, source port and flags of a header without options. */
	if (protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_probe_read_kernel(bytes, IPV4_READ, at))
			return 0;
		if (bytes[0] != 0x45)
			return on_arrival(skb, bytes[9], TCP_FLAG_RESET, true);
		return on_arrival(skb, bytes[9], bytes[20 + TCP_FLAGS_AT],
				  !bytes[20] && bytes[21] == DNS_PORT);
	}
	if (protocol == bpf_htons(ETH_P_IPV6)) {
		if (bpf_probe_read_kernel(bytes, IPV6_READ, at))
			return 0;
		return on_arrival(skb, bytes[6], bytes[40 + TCP_FLAGS_AT],
				  !bytes[40] && bytes[41] == DNS_PORT);
	}
	return 0;
}
