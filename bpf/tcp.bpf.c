// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Retransmits and resets.
 *
 * Each hook here fires for something rare, so none of it is paid for by a send or a receive.  A
 * hook that exists in several shapes has one body and a thin program for each shape; the table in
 * user/sense/hook_table.c chooses.
 */
#include "fact.bpf.h"
#include "nesting.bpf.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* ---- retransmits ------------------------------------------------------------------------- */

/*
 * Why a segment was sent again, told by the state of the connection: the kernel enters Recovery
 * or Loss before it retransmits, and what it retransmits in neither is a tail loss probe.
 */
static __always_inline enum peer_counter retransmit_reason(const struct sock *sk,
							   const struct tcp_sock *tp)
{
	switch (sock_state(sk)) {
	case TCP_SYN_SENT:
		return PEER_RETRANS_SYN;
	case TCP_SYN_RECV:
		return PEER_RETRANS_SYNACK;
	}
	switch (tcp_ca_state(tp)) {
	case TCP_CA_LOSS:
		return PEER_RETRANS_RTO;
	case TCP_CA_RECOVERY:
		return PEER_RETRANS_FAST;
	default:
		return PEER_RETRANS_TLP;
	}
}

/*
 * A loss episode is all that is retransmitted below what had been sent when it began: a burst of
 * lost packets is one.  A tail loss probe alone may be needless; it is held until the far side had
 * time to report a duplicate (slot__judge_probe).
 */
static __always_inline void note_episode(struct slot *slot, const struct tcp_sock *tp,
					 struct peer *peer, enum peer_counter reason, __u32 seq)
{
	bool same = slot->in_episode && (__s32)(seq - slot->episode_end) < 0;

	if (same) {
		if (slot->tlp_ns && reason != PEER_RETRANS_TLP) {
			slot->tlp_ns = 0; /* the probe was followed by a real recovery */
			peer_count(peer, PEER_EPISODES, 1);
		}
		return;
	}
	if (slot->tlp_ns)
		peer_count(peer, PEER_EPISODES, 1); /* the earlier probe: not refuted by now */
	slot->tlp_ns = 0;
	slot->in_episode = 1;
	slot->episode_end = tp->snd_nxt;
	if (reason == PEER_RETRANS_TLP) {
		slot->tlp_ns = bpf_ktime_get_ns();
		slot->tlp_dsacks = tp->dsack_dups;
	} else {
		peer_count(peer, PEER_EPISODES, 1);
	}
}

static __always_inline __u32 skb_segments(const struct tcp_skb_cb *cb)
{
	__u16 segments = 0;

	bpf_core_read(&segments, sizeof(segments), &cb->tcp_gso_segs);
	return segments;
}

/*
 * The socket's own total says how many segments this was: it grows by the segments of the skb when
 * the kernel counts a retransmit in RetransSegs, and not at all when the kernel gave up earlier
 * (since 6.17 the hook fires then, too).  What it grew by beyond this skb are sends that failed
 * without a word on older kernels; on later ones, an event that was not told and had, most likely,
 * the same reason.
 */
static __always_inline int on_retransmit(struct sock *sk, const struct sk_buff *skb, int error)
{
	const struct tcp_skb_cb *cb = (const struct tcp_skb_cb *)&skb->cb[0];
	struct slot *slot = slot__find(sk);
	bool adopted = !slot;
	enum peer_counter reason;
	struct tcp_sock *tp;
	struct peer *peer;
	__u32 total, seq, segments;
	bool full_size;

	tp = bpf_skc_to_tcp_sock(sk);
	if (!slot)
		slot = slot__adopt(sk, NULL);
	segments = skb_segments(cb);
	bpf_core_read(&seq, sizeof(seq), &cb->seq);
	if (!slot || !tp) {
		if (!error)
			SENSOR_COUNT(retrans_unattributed, segments);
		return 0;
	}
	if (adopted && !error)
		slot->total_retrans -= segments; /* this one is not of the past */
	total = grown(&slot->total_retrans, tp->total_retrans);
	peer = peer_get(&slot->key);
	if (!peer || !total)
		return 0;
	SENSOR_COUNT(events, 1);
	if (error) {
		peer_count(peer, PEER_RETRANS_FAILED_LOCAL, total);
		return 0;
	}
	if (total < segments || !retransmit_failures_untraced)
		segments = total;
	reason = retransmit_reason(sk, tp);
	peer_count(peer, reason, segments);
	peer_count(peer, PEER_RETRANS_FAILED_LOCAL, total - segments);
	if (reason == PEER_RETRANS_SYN) {
		slot->syn_retransmitted = 1;
		slot->syn_sent_ns = bpf_ktime_get_ns();
	} else {
		full_size = skb->len >= tp->mss_cache;
		if (full_size)
			peer_count(peer, PEER_RETRANS_FULL_SIZE, segments);
		slot->retransmitted = full_size ? RETRANSMITTED_FULL_SIZE : RETRANSMITTED_SMALL;
		slot->retransmitted_seq = seq;
	}
	note_episode(slot, tp, peer, reason, seq);
	return 0;
}

static __always_inline int retransmit_watched(struct sock *sk, const struct sk_buff *skb, int error)
{
	return sock_watched(sk) ? on_retransmit(sk, skb, error) : 0;
}

FIRST_PROGRAM(first_retrans);

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_err_tp, struct sock *sk, const struct sk_buff *skb, int err)
{
	return RUN_FIRST(NESTING_RETRANSMIT, retransmit_watched(sk, skb, err));
}

SEC("tp_btf/tcp_retransmit_skb")
int tcp_retransmit_err_tp_nested(void *ctx)
{
	return run_nested(ctx, NESTING_RETRANSMIT, &first_retrans);
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_tp, struct sock *sk, const struct sk_buff *skb)
{
	return RUN_FIRST(NESTING_RETRANSMIT, retransmit_watched(sk, skb, 0));
}

SEC("tp_btf/tcp_retransmit_skb")
int tcp_retransmit_tp_nested(void *ctx)
{
	return run_nested(ctx, NESTING_RETRANSMIT, &first_retrans);
}

/* The hook comes with the listener, or with the child itself after TCP Fast Open. */
static __always_inline int on_retransmit_synack(struct sock *sk)
{
	struct tcp_sock *tp;
	struct slot *slot;
	struct peer *peer;

	if (!sock_watched(sk))
		return 0;
	slot = slot__find_or_adopt(sk);
	tp = bpf_skc_to_tcp_sock(sk);
	if (!slot || !tp) {
		SENSOR_COUNT(retrans_unattributed, 1);
		return 0;
	}
	if (sock_state(sk) != TCP_LISTEN)
		slot->total_retrans = tp->total_retrans;
	peer = peer_get(&slot->key);
	if (!peer)
		return 0;
	SENSOR_COUNT(events, 1);
	peer_count(peer, PEER_RETRANS_SYNACK, 1);
	return 0;
}

FIRST_PROGRAM(first_synack);

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(tcp_retransmit_synack_tp, struct sock *sk, const struct request_sock *req)
{
	return RUN_FIRST(NESTING_SYNACK, on_retransmit_synack(sk));
}

SEC("tp_btf/tcp_retransmit_synack")
int tcp_retransmit_synack_tp_nested(void *ctx)
{
	return run_nested(ctx, NESTING_SYNACK, &first_synack);
}

/* ---- resets ------------------------------------------------------------------------------ */

/* Runs in softirq: the current process is anybody, the owner stands in the slot. */
static __always_inline int on_receive_reset(struct sock *sk)
{
	struct slot *slot;

	if (!sock_watched(sk))
		return 0;
	slot = slot__find_or_adopt(sk);
	if (slot)
		count_reset_received(sk, slot, sock_state(sk));
	return 0;
}

FIRST_PROGRAM(first_reset_in);

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_receive_reset_tp, struct sock *sk)
{
	return RUN_FIRST(NESTING_RECEIVE_RESET, on_receive_reset(sk));
}

SEC("tp_btf/tcp_receive_reset")
int tcp_receive_reset_tp_nested(void *ctx)
{
	return run_nested(ctx, NESTING_RECEIVE_RESET, &first_reset_in);
}

static __always_inline void count_reset_sent(struct peer *peer, __u32 reason)
{
	if (!peer)
		return;
	SENSOR_COUNT(events, 1);
	peer_count(peer, PEER_RESETS_SENT, 1);
	__sync_fetch_and_add(&peer->reset_reason[reason % PEER_RESET_REASONS], 1);
}

static __always_inline void reset_of_addresses(__u32 netns, const __u8 remote[16],
					       __u16 remote_port_, __u16 local_port_, __u32 reason)
{
	struct peer_key key;

	if (key_of_service(&key, netns, remote, remote_port_, local_port_))
		count_reset_sent(peer_get(&key), reason);
	else
		SENSOR_COUNT(resets_sent_unattributed, 1);
}

/* The ports and addresses of the packet that is answered with a reset. */
static __always_inline void reset_of_packet(const struct sk_buff *skb, __u32 reason)
{
	unsigned char *head = BPF_CORE_READ(skb, head);
	__u16 network = BPF_CORE_READ(skb, network_header);
	__be16 ports[2] = {};
	__u32 netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	__u8 remote[16];

	if (!netns_watched(netns))
		return;
	bpf_probe_read_kernel(ports, sizeof(ports), head + BPF_CORE_READ(skb, transport_header));
	if (BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IPV6)) {
		bpf_probe_read_kernel(remote, sizeof(remote), head + network + 8);
	} else {
		__be32 ipv4 = 0;

		bpf_probe_read_kernel(&ipv4, sizeof(ipv4), head + network + 12);
		set_ipv4(remote, ipv4);
	}
	reset_of_addresses(netns, remote, bpf_ntohs(ports[0]), bpf_ntohs(ports[1]), reason);
}

/* What is left of a socket in TIME_WAIT or before it is accepted has addresses, but no slot. */
static __always_inline void reset_of_minisocket(const struct sock_common *skc, __u32 reason)
{
	__u8 remote[16];

	read_remote(skc, remote);
	reset_of_addresses(sock_netns(skc), remote, remote_port(skc), local_port(skc), reason);
}

/*
 * A reset on behalf of a socket.  The last one of an orphan comes after its end, when a slot made
 * anew would outlive it.
 */
static __always_inline void reset_of_socket(struct sock *sk, __u8 state, __u32 reason)
{
	struct slot *slot = slot__find(sk);

	if (!slot && state != TCP_CLOSE)
		slot = slot__adopt(sk, NULL);
	if (!slot) {
		reset_of_minisocket(&sk->__sk_common, reason);
		return;
	}
	count_reset_sent(peer_get(&slot->key), reason);
	tell_fact(FACT_RESET_SENT, &sk->__sk_common, slot, state, reason, 0);
}

static __always_inline int on_send_reset(struct sock *sk, __u32 reason)
{
	__u8 state;

	if (!sock_watched(sk))
		return 0;
	state = sock_state(sk);
	if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV)
		reset_of_minisocket(&sk->__sk_common, reason);
	else
		reset_of_socket(sk, state, reason);
	return 0;
}

static __always_inline int send_reset_reason(const void *ctx, struct sock *sk,
					     const struct sk_buff *skb, __u32 reason)
{
	if (sk && !argument_is_null(ctx, 0))
		return on_send_reset(sk, reason);
	if (skb && !argument_is_null(ctx, 1))
		reset_of_packet(skb, reason);
	return 0;
}

static __always_inline int send_reset(const void *ctx, struct sock *sk)
{
	return sk && !argument_is_null(ctx, 0) ? on_send_reset(sk, 0) : 0;
}

FIRST_PROGRAM(first_reset_out);

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tcp_send_reset_reason_tp, struct sock *sk, const struct sk_buff *skb, int reason)
{
	return RUN_FIRST(NESTING_SEND_RESET, send_reset_reason(ctx, sk, skb, reason));
}

SEC("tp_btf/tcp_send_reset")
int tcp_send_reset_reason_tp_nested(void *ctx)
{
	return run_nested(ctx, NESTING_SEND_RESET, &first_reset_out);
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tcp_send_reset_tp, struct sock *sk)
{
	return RUN_FIRST(NESTING_SEND_RESET, send_reset(ctx, sk));
}

SEC("tp_btf/tcp_send_reset")
int tcp_send_reset_tp_nested(void *ctx)
{
	return run_nested(ctx, NESTING_SEND_RESET, &first_reset_out);
}
