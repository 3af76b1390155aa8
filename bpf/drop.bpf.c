// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Packets that our own kernel throws away, with its reason.
 *
 * kfree_skb fires for an skb that did not come to its good end; those reasons that are a good end
 * all the same are marked by the loader, by their names in this kernel's type information.  The
 * link is that of the socket the packet was for, or of its addresses when a service is known by
 * them; what is left counts for the namespace alone.
 *
 * Cost: nothing for a packet that is not dropped.
 */
#include "nesting.bpf.h"
#include "packet.bpf.h"

#include <bpf/bpf_tracing.h>

#include "faultline/drop.h"

/* Reasons that are no drop; set before loading. */
const volatile bool drop_is_normal[DROP_REASONS] = {};

/* Reasons that mean damage on the way; the same. */
const volatile bool drop_is_damage[DROP_REASONS] = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, DROPS_MAX);
	__type(key, struct drop_key);
	__type(value, struct drop);
} drops SEC(".maps");

/* Packets that found no row. */
__u64 drops_lost = 0;

/* A packet knows its device or, while it is on its way out, its route; before that only its socket.
 */
static __always_inline __u32 packet_netns(const struct sk_buff *skb)
{
	__u32 netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	unsigned long reference = BPF_CORE_READ(skb, _skb_refdst);
	const struct dst_entry *route = (const struct dst_entry *)(reference & ~1UL);

	return netns ? netns : BPF_CORE_READ(route, dev, nd_net.net, ns.inum);
}

/* The peer by the socket's own addresses; false for a socket that is not connected. */
static __always_inline bool key_of_socket(struct peer_key *key, const struct sock_common *skc)
{
	__u8 remote[16];
	__u16 port = remote_port(skc);

	if (!port)
		return false;
	read_remote(skc, remote);
	return key_of_service(key, sock_netns(skc), remote, port, local_port(skc));
}

/* Which end is ours is not said in a packet: the one that is known as a service is the far one. */
static __always_inline bool key_of_packet(struct peer_key *key, const struct sk_buff *skb,
					  __u32 netns)
{
	struct packet packet = {};

	if (!read_packet(skb, &packet))
		return false;
	return key_of_service(key, netns, packet.source, packet.source_port,
			      packet.destination_port) ||
	       key_of_service(key, netns, packet.destination, packet.destination_port,
			      packet.source_port);
}

static __always_inline bool count_drop(const struct drop_key *key)
{
	static const struct drop fresh;
	struct drop *drop = bpf_map_lookup_elem(&drops, key);

	if (!drop) {
		bpf_map_update_elem(&drops, key, &fresh, BPF_NOEXIST);
		drop = bpf_map_lookup_elem(&drops, key);
	}
	if (!drop)
		return false;
	__sync_fetch_and_add(&drop->packets, 1);
	drop->last_ns = bpf_ktime_get_ns();
	return true;
}

static __always_inline void count_damage(const struct peer_key *key)
{
	struct peer *peer = peer_get(key);

	if (peer)
		peer_count(peer, PEER_BAD_CHECKSUMS, 1);
}

static __always_inline int on_drop(const struct sk_buff *skb, const struct sock *receiver,
				   __u32 reason)
{
	const struct sock *sk = receiver ? receiver : BPF_CORE_READ(skb, sk);
	struct drop_key key = {};
	__u32 netns = 0;

	if (reason >= DROP_REASONS)
		reason = DROP_REASON_OTHER;
	if (drop_is_normal[reason & (DROP_REASONS - 1)])
		return 0;
	if (sk)
		netns = sock_netns(&sk->__sk_common);
	if (!netns)
		netns = packet_netns(skb);
	if (!netns || !netns_watched(netns))
		return 0;
	if (!(sk && key_of_socket(&key.peer, &sk->__sk_common)) &&
	    !key_of_packet(&key.peer, skb, netns)) {
		__builtin_memset(&key.peer, 0, sizeof(key.peer));
		key.peer.netns = netns;
	} else if (drop_is_damage[reason & (DROP_REASONS - 1)]) {
		count_damage(&key.peer);
	}
	key.reason = reason;
	if (count_drop(&key))
		return 0;
	__builtin_memset(&key.peer, 0, sizeof(key.peer));
	key.peer.netns = netns;
	if (!count_drop(&key))
		__sync_fetch_and_add(&drops_lost, 1);
	return 0;
}

/* The arguments are read as numbers: one of them may be NULL, and what it points to is copied. */
static __always_inline const void *argument(const void *context, int index)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (const __u64 *)context + index);
	return (const void *)value;
}

FIRST_PROGRAM(first_drop);

/* Since Linux 6.11 ("net: introduce sk_skb_reason_drop function") with the receiving socket. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(kfree_skb_receiver_tp, struct sk_buff *skb, void *location, __u32 reason)
{
	return RUN_FIRST(NESTING_DROP, on_drop(argument(ctx, 0), argument(ctx, 3), reason));
}

SEC("tp_btf/kfree_skb")
int kfree_skb_receiver_tp_nested(void *ctx)
{
	return run_nested(ctx, NESTING_DROP, &first_drop);
}

/* Since Linux 5.17 ("net: skb: introduce kfree_skb_reason()") with a reason. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(kfree_skb_reason_tp, struct sk_buff *skb, void *location, __u32 reason)
{
	return RUN_FIRST(NESTING_DROP, on_drop(argument(ctx, 0), NULL, reason));
}

SEC("tp_btf/kfree_skb")
int kfree_skb_reason_tp_nested(void *ctx)
{
	return run_nested(ctx, NESTING_DROP, &first_drop);
}
