/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finding the peer of a socket or packet, and counting on it.
 *
 * A peer's entry is made at its first count.  When the table is full the counts go to the overflow
 * entry of its direction, so that the sums stay right whatever happens.  Counts are added
 * atomically: sockets of one peer run on all processors at once.
 */
#ifndef PEER_BPF_H
#define PEER_BPF_H

#include "compat.bpf.h"

#include <bpf/bpf_endian.h>

static __always_inline struct sensor_counts *sensor_counts(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&sensor, &zero);
}

/* Atomic, for one event may interrupt another on the same processor. */
#define SENSOR_COUNT(field, n)                                      \
	do {                                                        \
		struct sensor_counts *counts_ = sensor_counts();    \
		if (counts_)                                        \
			__sync_fetch_and_add(&counts_->field, (n)); \
	} while (0)

static __always_inline __u32 sock_netns(const struct sock_common *skc)
{
	return BPF_CORE_READ(skc, skc_net.net, ns.inum);
}

/* Is the socket one that this sensor watches? */
static __always_inline bool netns_watched(__u32 netns)
{
	return !only_netns || only_netns == netns;
}

static __always_inline __u8 sock_state(const struct sock *sk)
{
	return sk->__sk_common.skc_state;
}

static __always_inline bool sock_watched(const struct sock *sk)
{
	return netns_watched(sk->__sk_common.skc_net.net->ns.inum);
}

static __always_inline void set_ipv4(__u8 address[16], __be32 ipv4)
{
	__u32 *word = (__u32 *)address;

	word[0] = 0;
	word[1] = 0;
	word[2] = bpf_htonl(0xffff);
	word[3] = ipv4;
}

static __always_inline void read_remote(const struct sock_common *skc, __u8 address[16])
{
	if (BPF_CORE_READ(skc, skc_family) == AF_INET6)
		BPF_CORE_READ_INTO((struct in6_addr *)address, skc, skc_v6_daddr);
	else
		set_ipv4(address, BPF_CORE_READ(skc, skc_daddr));
}

static __always_inline __u16 remote_port(const struct sock_common *skc)
{
	return bpf_ntohs(BPF_CORE_READ(skc, skc_dport));
}

static __always_inline __u16 local_port(const struct sock_common *skc)
{
	return BPF_CORE_READ(skc, skc_num);
}

/* The key without its process: an outgoing connection by the far end, an incoming one by our port.
 */
static __always_inline void key_for(struct peer_key *key, const struct sock_common *skc,
				    __u8 direction)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->netns = sock_netns(skc);
	key->direction = direction;
	if (direction == PEER_INCOMING) {
		key->port = local_port(skc);
	} else {
		key->port = remote_port(skc);
		read_remote(skc, key->address);
	}
}

static __always_inline void service_for(struct service_key *service, const struct peer_key *key)
{
	__builtin_memcpy(service->address, key->address, sizeof(service->address));
	service->netns = key->netns;
	service->port = key->port;
	service->direction = key->direction;
	service->pad = 0;
}

/* Fills in the process that last used the service; false when none did. */
static __always_inline bool find_service(struct peer_key *key)
{
	struct service_key lookup;
	struct service *found;

	service_for(&lookup, key);
	found = bpf_map_lookup_elem(&services, &lookup);
	if (!found)
		return false;
	__builtin_memcpy(key->comm, found->comm, sizeof(key->comm));
	return true;
}

static __always_inline void note_service(const struct peer_key *key)
{
	struct service_key service;
	struct service value;

	service_for(&service, key);
	__builtin_memcpy(value.comm, key->comm, sizeof(value.comm));
	bpf_map_update_elem(&services, &service, &value, BPF_ANY);
}

/*
 * The peer of a packet or of a socket without a slot, told from its addresses alone: one that we
 * connected to, or else a port that we serve.
 */
static __always_inline bool key_of_service(struct peer_key *key, __u32 netns, const __u8 remote[16],
					   __u16 remote_port_, __u16 local_port_)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->netns = netns;
	__builtin_memcpy(key->address, remote, sizeof(key->address));
	key->port = remote_port_;
	key->direction = PEER_OUTGOING;
	if (find_service(key))
		return true;
	__builtin_memset(key->address, 0, sizeof(key->address));
	key->port = local_port_;
	key->direction = PEER_INCOMING;
	return find_service(key);
}

static __always_inline struct peer *peer_overflow(const struct peer_key *key)
{
	__u32 index = key->direction == PEER_INCOMING;

	SENSOR_COUNT(peers_overflowed, 1);
	return bpf_map_lookup_elem(&overflow, &index);
}

static __noinline struct peer *peer_make(const struct peer_key *key)
{
	static const struct peer fresh;
	struct peer *peer;

	bpf_map_update_elem(&peers, key, &fresh, BPF_NOEXIST);
	peer = bpf_map_lookup_elem(&peers, key);
	if (!peer)
		return peer_overflow(key);
	peer->first_seen_ns = bpf_ktime_get_ns();
	note_service(key);
	return peer;
}

/* The entry to count in; NULL only when the verifier thinks so. */
static __always_inline struct peer *peer_get(const struct peer_key *key)
{
	struct peer *peer = bpf_map_lookup_elem(&peers, key);

	if (!peer)
		peer = peer_make(key);
	if (peer)
		peer->last_seen_ns = bpf_ktime_get_ns();
	return peer;
}

static __always_inline void peer_count(struct peer *peer, enum peer_counter counter, __u64 n)
{
	if (n)
		__sync_fetch_and_add(&peer->counter[counter], n);
}

/* The histogram of an operation of a peer; NULL, which is counted: the table is full. */
static __always_inline struct hist *hist_find(const struct peer_key *peer,
					      enum hist_operation operation)
{
	static const struct hist fresh;
	struct hist_key key;
	struct hist *hist;

	__builtin_memcpy(&key.peer, peer, sizeof(key.peer));
	key.operation = operation;
	hist = bpf_map_lookup_elem(&hists, &key);
	if (hist)
		return hist;
	bpf_map_update_elem(&hists, &key, &fresh, BPF_NOEXIST);
	hist = bpf_map_lookup_elem(&hists, &key);
	if (!hist)
		SENSOR_COUNT(hists_refused, 1);
	return hist;
}

static __always_inline void hist_add(const struct peer_key *peer, enum hist_operation operation,
				     __u64 duration_ns)
{
	__u32 bucket = hist_bucket(duration_ns);
	struct hist *hist = hist_find(peer, operation);

	if (!hist)
		return;
	__sync_fetch_and_add(&hist->count, 1);
	__sync_fetch_and_add(&hist->sum_ns, duration_ns);
	if (duration_ns > hist->max_ns)
		hist->max_ns = duration_ns; /* two at once may keep the smaller: a bucket knows */
	/* The compiler knows that the index is in bounds and would drop the test; the verifier
	 * does not know. */
	asm volatile("" : "+r"(bucket));
	if (bucket < HIST_BUCKETS)
		__sync_fetch_and_add(&hist->bucket[bucket], 1);
}

#endif
