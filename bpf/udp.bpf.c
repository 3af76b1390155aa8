// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Datagrams that found the receive buffer full.  What came, was read and was sent is told by the
 * same hooks as for TCP (bpf/wait.bpf.c).
 */
#include "udp.bpf.h"

#include <bpf/bpf_tracing.h>

SEC("tp_btf/udp_fail_queue_rcv_skb")
int BPF_PROG(udp_fail_queue_rcv_skb_tp, int result, struct sock *sk)
{
	struct udp_slot *slot;
	struct peer *peer;

	if (!netns_watched(sk->__sk_common.skc_net.net->ns.inum))
		return 0;
	slot = udp_slot_of(sk, false);
	if (!slot)
		return 0;
	peer = peer_get(&slot->key);
	if (peer)
		peer_count(peer, PEER_DATAGRAMS_DROPPED, 1);
	return 0;
}
