/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Datagrams: how many came, were read, were sent, and when.
 *
 * A connected socket belongs to the peer at its far end; a feed to the group that it joined, on its
 * port; a service to its port.  A socket that has none of these, such as one that asks a name
 * server without connecting, would be a new peer at each question: it is left out.
 *
 * Pickup delay is as for TCP, by counting datagrams: the first that nobody has read, and behind a
 * reader that does not catch up the first since its last read.
 */
#ifndef UDP_BPF_H
#define UDP_BPF_H

#include "waits.bpf.h"

static __always_inline bool is_multicast(const __u8 address[16])
{
	if (address[0] == 0xff)
		return true;
	return !address[0] && address[10] == 0xff && (address[12] & 0xf0) == 0xe0;
}

/* The group a socket is bound to, or the first that it joined.  False: none. */
static __always_inline bool read_group(struct sock *sk, __u8 group[16])
{
	const struct inet_sock *inet = (const struct inet_sock *)sk;
	struct ip_mc_socklist *joined;
	struct ipv6_mc_socklist *joined6;

	if (sk->__sk_common.skc_family == AF_INET6) {
		BPF_CORE_READ_INTO((struct in6_addr *)group, sk, __sk_common.skc_v6_rcv_saddr);
		if (is_multicast(group))
			return true;
		joined6 = BPF_CORE_READ(inet, pinet6, ipv6_mc_list);
		if (!joined6)
			return false;
		BPF_CORE_READ_INTO((struct in6_addr *)group, joined6, addr);
		return true;
	}
	set_ipv4(group, sk->__sk_common.skc_rcv_saddr);
	if (is_multicast(group))
		return true;
	joined = BPF_CORE_READ(inet, mc_list);
	if (!joined)
		return false;
	set_ipv4(group, BPF_CORE_READ(joined, multi.imr_multiaddr.s_addr));
	return true;
}

static __always_inline void udp_slot__name(struct udp_slot *slot, struct sock *sk)
{
	const struct sock_common *skc = &sk->__sk_common;
	__u8 group[16];

	slot->named = 1;
	if (skc->skc_dport) {
		key_for(&slot->key, skc, PEER_OUTGOING);
	} else if (read_group(sk, group)) {
		key_for(&slot->key, skc, PEER_INCOMING);
		slot->key.direction = PEER_OUTGOING;
		__builtin_memcpy(slot->key.address, group, sizeof(group));
	} else if (sock_userlocks(sk) & SOCK_BINDPORT_LOCK) {
		key_for(&slot->key, skc, PEER_INCOMING);
	} else {
		slot->ignored = 1;
	}
	slot->key.protocol = IPPROTO_UDP;
}

/* @in_process: the current thread is the user's, not one that the kernel interrupted. */
static __always_inline struct udp_slot *udp_slot_of(struct sock *sk, bool in_process)
{
	struct udp_slot *slot;
	struct task_struct *task;

	if (slots_in_hash)
		return NULL;
	slot = bpf_sk_storage_get(&udp_slots, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!slot)
		return NULL;
	/* Names are looked up again for a socket that had none: it may have joined a group since.
	 */
	if (!slot->named || (slot->ignored && in_process)) {
		slot->ignored = 0;
		udp_slot__name(slot, sk);
	}
	if (slot->ignored)
		return NULL;
	if (in_process && !slot->key.comm[0]) {
		task = (struct task_struct *)bpf_get_current_task();
		BPF_CORE_READ_INTO(&slot->key.comm, task, group_leader, comm);
	}
	return slot;
}

static __always_inline void udp__arrived(struct sock *sk)
{
	struct udp_slot *slot = udp_slot_of(sk, false);
	__u64 now_ns = bpf_ktime_get_ns();
	struct peer *peer;

	if (!slot)
		return;
	peer = peer_get(&slot->key);
	if (!peer)
		return;
	if (slot->data_ns)
		hist_add(&slot->key, HIST_GAP, now_ns - slot->data_ns);
	slot->data_ns = now_ns;
	slot->arrived++;
	if (!slot->unread_ns)
		slot->unread_ns = now_ns;
	else if (!slot->later_ns)
		slot->later_ns = now_ns;
	peer_count(peer, PEER_DATAGRAMS_IN, 1);
	peer->last_data_ns = now_ns;
}

static __always_inline void udp__failed(struct udp_slot *slot, int error)
{
	struct peer *peer = peer_get(&slot->key);

	if (peer)
		peer_count(peer, error_counter(error), 1);
}

static __always_inline void udp__received(struct sock *sk, int result)
{
	struct udp_slot *slot = udp_slot_of(sk, true);
	__u64 now_ns = bpf_ktime_get_ns();
	struct peer *peer;

	if (!slot)
		return;
	if (result < 0) {
		udp__failed(slot, -result);
		return;
	}
	if (slot->unread_ns)
		hist_add(&slot->key, HIST_PICKUP,
			 now_ns > slot->unread_ns ? now_ns - slot->unread_ns : 0);
	slot->read++;
	if (!seq_before(slot->read, slot->arrived)) {
		slot->read = slot->arrived;
		slot->unread_ns = 0;
	} else if (slot->later_ns) {
		slot->unread_ns = slot->later_ns;
	}
	slot->later_ns = 0;
	peer = peer_get(&slot->key);
	if (peer)
		peer_count(peer, PEER_DATAGRAMS_READ, 1);
}

static __always_inline void udp__sent(struct sock *sk, int result)
{
	struct udp_slot *slot = udp_slot_of(sk, true);
	struct peer *peer;

	if (!slot)
		return;
	if (result < 0) {
		udp__failed(slot, -result);
		return;
	}
	peer = peer_get(&slot->key);
	if (peer)
		peer_count(peer, PEER_DATAGRAMS_OUT, 1);
}

#endif
