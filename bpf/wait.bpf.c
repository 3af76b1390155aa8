// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The hooks that tell who waits for whom: data came, something was sent, something was read.
 *
 * These run at every send, receive and arrival, so they look up the slot, and a peer's histogram
 * when there is a sample, and nothing else; what can be counted in the slot is, until the next
 * census adds it to the peer.  Which hook there is depends on the kernel; all lead to the same
 * three functions.  Cost: see README.
 */
#include "call.bpf.h"
#include "hops.bpf.h"
#include "udp.bpf.h"

#include <bpf/bpf_tracing.h>

#define EAGAIN 11

/* What is rare stands apart, so that what is not stays small. */
static __noinline struct slot *adopt(struct sock *sk)
{
	return slot__adopt(sk, NULL);
}

static __always_inline struct slot *slot_of(struct sock *sk)
{
	struct slot *slot = slot__find(sk);

	return slot ? slot : adopt(sk);
}

/* Everything but TCP, which is not to make room for it. */
static __noinline int on_datagram(struct sock *sk)
{
	if (sk)
		udp__arrived(sk);
	return 0;
}

static __noinline int on_datagram_sent(struct sock *sk, int result)
{
	if (sk)
		udp__sent(sk, result);
	return 0;
}

static __noinline int on_datagram_received(struct sock *sk, int result)
{
	if (sk)
		udp__received(sk, result);
	return 0;
}

static __always_inline int on_data(struct sock *sk)
{
	struct tcp_sock *tp;
	struct slot *slot;

	if (!sock_watched(sk))
		return 0;
	if (sk->sk_protocol != IPPROTO_TCP)
		return sk->sk_protocol == IPPROTO_UDP ? on_datagram(sk) : 0;
	if (sk->__sk_common.skc_state == TCP_LISTEN)
		return 0;
	slot = slot_of(sk);
	tp = bpf_skc_to_tcp_sock(sk);
	if (!slot || !tp)
		return 0;
	waits__arrived(sk, slot, tp);
	if (!slot->hops_known)
		learn_hops(sk, slot);
	return 0;
}

static __noinline int count_failure(struct slot *slot, int error)
{
	struct peer *peer;

	if (!slot)
		return 0;
	if (error == EAGAIN) {
		slot->waits.again++;
		return 0;
	}
	peer = peer_get(&slot->key);
	if (peer)
		peer_count(peer, error_counter(error), 1);
	return 0;
}

static __noinline int end_send(struct slot *slot, __u64 now_ns)
{
	if (slot && !call__end(slot, CALL_SEND, now_ns))
		slot->waits.sends_untimed++;
	return 0;
}

static __noinline int end_receive(struct slot *slot, __u64 now_ns)
{
	if (slot && !call__end(slot, CALL_RECV, now_ns))
		slot->waits.recvs_untimed++;
	return 0;
}

static __always_inline int on_sent(struct sock *sk, int result)
{
	struct tcp_sock *tp;
	struct slot *slot;

	if (!sock_watched(sk))
		return 0;
	if (sk->sk_protocol != IPPROTO_TCP)
		return sk->sk_protocol == IPPROTO_UDP ? on_datagram_sent(sk, result) : 0;
	slot = slot_of(sk);
	tp = bpf_skc_to_tcp_sock(sk);
	if (!slot || !tp)
		return 0;
	if (result < 0)
		count_failure(slot, -result);
	else if (result > 0)
		waits__sent(sk, slot, tp);
	if (calls_recorded && calls_traced)
		end_send(slot, bpf_ktime_get_ns());
	else
		slot->waits.sends_untimed++;
	return 0;
}

static __always_inline int on_received(struct sock *sk, int result)
{
	struct tcp_sock *tp;
	struct slot *slot;
	__u64 now_ns;

	if (!sock_watched(sk))
		return 0;
	if (sk->sk_protocol != IPPROTO_TCP)
		return sk->sk_protocol == IPPROTO_UDP ? on_datagram_received(sk, result) : 0;
	slot = slot_of(sk);
	tp = bpf_skc_to_tcp_sock(sk);
	if (!slot || !tp)
		return 0;
	now_ns = bpf_ktime_get_ns();
	if (result < 0)
		count_failure(slot, -result);
	else
		waits__read(slot, tp->copied_seq, now_ns);
	if (calls_recorded && calls_traced)
		end_receive(slot, now_ns);
	else
		slot->waits.recvs_untimed++;
	return 0;
}

SEC("tp_btf/sk_data_ready")
int BPF_PROG(sk_data_ready_tp, struct sock *sk)
{
	return on_data(sk);
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length_tp, struct sock *sk, int result, int flags)
{
	return on_sent(sk, result);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length_tp, struct sock *sk, int result, int flags)
{
	return on_received(sk, result);
}

/* Before Linux 6.3 these functions have no tracepoint. */

SEC("fentry/sock_def_readable")
int BPF_PROG(sock_def_readable_fe, struct sock *sk)
{
	return on_data(sk);
}

SEC("fexit/tcp_sendmsg")
int BPF_PROG(tcp_sendmsg_fx, struct sock *sk, const void *message, __u64 size, int result)
{
	return on_sent(sk, result);
}

SEC("fexit/tcp_recvmsg")
int BPF_PROG(tcp_recvmsg_fx, struct sock *sk, const void *message, __u64 len, int flags,
	     int *address_len, int result)
{
	return on_received(sk, result);
}

/* Until Linux 5.18 whether it may sleep was an argument of its own. */
SEC("fexit/tcp_recvmsg")
int BPF_PROG(tcp_recvmsg_noblock_fx, struct sock *sk, const void *message, __u64 len, int nonblock,
	     int flags, int *address_len, int result)
{
	return on_received(sk, result);
}

/* Without either of them: reads that took data. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(tcp_data_read_tp, struct sock *sk)
{
	return on_received(sk, 1);
}

/* A read by splice, which passes the hooks above by; no other read is any business of this one. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(tcp_rcv_space_adjust_tp, struct sock *sk)
{
	struct tcp_sock *tp;
	struct slot *slot;
	__u64 now_ns;

	if (!call__is_splice() || !sock_watched(sk))
		return 0;
	slot = slot_of(sk);
	tp = bpf_skc_to_tcp_sock(sk);
	if (!slot || !tp)
		return 0;
	now_ns = bpf_ktime_get_ns();
	waits__read(slot, tp->copied_seq, now_ns);
	call__end(slot, CALL_SPLICE, now_ns);
	return 0;
}
