// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connects, accepts and the ends of sockets.
 *
 * The hook for changes of state fires a few times in the life of a connection, and tells its
 * beginning, its outcome and its end; the end is where a connection shorter than a tick is counted.
 */
#include "call.bpf.h"
#include "fact.bpf.h"
#include "nesting.bpf.h"

#include <bpf/bpf_tracing.h>

#define EACCES	     13
#define ECONNRESET   104
#define ECONNREFUSED 111
#define ETIMEDOUT    110
#define ENETDOWN     100
#define ENETUNREACH  101
#define EHOSTDOWN    112
#define EHOSTUNREACH 113
#define EPIPE	     32
#define ENONET	     64
#define EPROTO	     71
#define ENOPROTOOPT  92
#define EOPNOTSUPP   95

/* The kernel's shortest wait for an answer to a SYN, less some slack; an ICMP error comes sooner.
 */
#define SYN_PATIENCE_NS 900000000ULL

/* How many errors by ICMP came from the peer, of those that end a connect as unreachable. */
static __always_inline __u32 icmp_errors(const struct peer *peer)
{
	return peer->counter[PEER_ICMP_PROHIBITED] + peer->counter[PEER_ICMP_UNREACHABLE] +
	       peer->counter[PEER_ICMP_TIME_EXCEEDED];
}

/*
 * The connect failed and there is no error at the socket.  Either the application closed it, which
 * shuts it down first: out of patience, or never waiting, or because of an error by ICMP that came
 * while it held the socket, which the kernel keeps apart and whoever asks for the error takes away.
 * Or the kernel gave up, and on another processor the application took the error between its being
 * set and the change of state.
 */
static __always_inline enum peer_counter failure_without_error(const struct sock *sk,
							       const struct slot *slot,
							       const struct tcp_sock *tp,
							       const struct peer *peer)
{
	if (tp->segs_out && icmp_errors(peer) != slot->icmp_before)
		return PEER_CONNECT_UNREACHABLE;
	if (tp->segs_out && (__u32)peer->counter[PEER_ICMP_PORT] != slot->icmp_port_before)
		return PEER_CONNECT_REFUSED;
	if (sk->sk_shutdown || !tp->segs_out)
		return slot->syn_retransmitted ? PEER_CONNECT_TIMED_OUT : PEER_CONNECT_LOCAL_ERROR;
	if (slot->refused)
		return PEER_CONNECT_REFUSED;
	if (bpf_ktime_get_ns() - slot->syn_sent_ns > SYN_PATIENCE_NS)
		return PEER_CONNECT_TIMED_OUT;
	return PEER_CONNECT_UNREACHABLE;
}

static __always_inline enum peer_counter connect_failure(const struct sock *sk,
							 const struct slot *slot,
							 const struct tcp_sock *tp,
							 const struct peer *peer)
{
	switch (sk->sk_err) {
	case ECONNREFUSED:
		return PEER_CONNECT_REFUSED;
	case ETIMEDOUT:
		return PEER_CONNECT_TIMED_OUT;
	case EACCES: /* ICMPv6: prohibited by an administrator */
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
	case ENONET: /* and these four the kernel makes of rarer errors by ICMP */
	case EPROTO:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
		return PEER_CONNECT_UNREACHABLE;
	case 0:
		return failure_without_error(sk, slot, tp, peer);
	default:
		return PEER_CONNECT_LOCAL_ERROR;
	}
}

static __always_inline void connect_began(struct sock *sk, struct tcp_sock *tp)
{
	struct slot *slot;
	struct peer *peer;

	slot__drop(sk); /* left by an earlier socket at this address */
	slot = slot__make(sk);
	if (!slot) {
		SENSOR_COUNT(sockets_untracked, 1);
		return;
	}
	key_for(&slot->key, &sk->__sk_common, PEER_OUTGOING);
	own_by_current(slot);
	call__expect();
	call__name(&slot->key, CALL_CONNECT);
	slot__rebase(slot, tp);
	slot->connect_began_ns = bpf_ktime_get_ns();
	slot->connecting = 1;
	slot->syn_sent_ns = slot->connect_began_ns;
	slot->syn_retransmitted = 0;
	slot->refused = 0;
	slot->in_episode = 0;
	slot->tlp_ns = 0;
	peer = peer_get(&slot->key);
	if (!peer)
		return;
	slot->icmp_before = icmp_errors(peer);
	slot->icmp_port_before = peer->counter[PEER_ICMP_PORT];
	peer->owner_tgid = slot->owner_tgid;
	slot__opened(slot, peer);
}

static __always_inline void connect_ended(struct sock *sk, struct slot *slot, struct tcp_sock *tp,
					  struct peer *peer, int new_state)
{
	enum peer_counter outcome = PEER_CONNECT_OK;

	slot->connecting = 0;
	if (new_state == TCP_ESTABLISHED) {
		slot->established_ns = bpf_ktime_get_ns();
		if (slot->connect_began_ns)
			hist_add(&slot->key, HIST_CONNECT,
				 slot->established_ns - slot->connect_began_ns);
	} else {
		outcome = connect_failure(sk, slot, tp, peer);
		if (outcome == PEER_CONNECT_LOCAL_ERROR && !tp->segs_out)
			peer_count(peer, PEER_CONNECT_UNSENT, 1);
		if (sk->sk_err)
			peer_count(peer, error_counter(sk->sk_err), 1);
		tell_fact(FACT_CONNECT_FAILED, &sk->__sk_common, slot, TCP_SYN_SENT, sk->sk_err, 0);
	}
	peer_count(peer, outcome, 1);
}

/* A listener's slot is copied into each child; without socket storage it has to be made anew. */
static __always_inline void accept_began(struct sock *sk)
{
	struct peer_key key;
	struct slot *slot;
	struct peer *peer;
	__u32 owner_tgid = 0;

	slot__drop(sk);
	slot = slot__find(sk);
	if (slot) {
		key = slot->key;
		owner_tgid = slot->owner_tgid;
	} else {
		key_for(&key, &sk->__sk_common, PEER_INCOMING);
		find_service(&key);
		slot = slot__make(sk);
	}
	peer = peer_get(&key);
	if (!peer)
		return;
	peer_count(peer, PEER_ACCEPTED, 1);
	peer->owner_tgid = owner_tgid;
	if (!slot) {
		SENSOR_COUNT(sockets_untracked, 1);
		return;
	}
	__builtin_memset(slot, 0, sizeof(*slot));
	slot->key = key;
	slot->owner_tgid = owner_tgid;
	slot__opened(slot, peer);
}

static __always_inline void listen_began(struct sock *sk)
{
	struct slot *slot = slot__make(sk);

	if (!slot) {
		SENSOR_COUNT(sockets_untracked, 1);
		return;
	}
	key_for(&slot->key, &sk->__sk_common, PEER_INCOMING);
	own_by_current(slot);
	call__expect();
	slot->listening = 1;
	note_service(&slot->key);
}

/* An incoming connection is complete: its far address is known now. */
static __always_inline void accept_ended(struct sock *sk, struct slot *slot, struct tcp_sock *tp,
					 struct peer *peer)
{
	read_remote(&sk->__sk_common, peer->remote);
	slot->established_ns = bpf_ktime_get_ns();
	accept_waits(sk, slot);
	/* It starts with the retransmits of its SYN-ACK, which their own hook has told of. */
	if (!synacks_untraced)
		slot->total_retrans = tp->total_retrans;
}

/* The probe under suspicion goes with its socket: nobody can refute it any more. */
static __always_inline void socket_ended(struct slot *slot, struct tcp_sock *tp, struct peer *peer)
{
	if (slot->tlp_ns && tp->dsack_dups == slot->tlp_dsacks)
		peer_count(peer, PEER_EPISODES, 1);
	slot->tlp_ns = 0;
	slot__fold(slot, tp, peer);
	slot__closed(slot, peer);
}

static __always_inline void reset_from_error(struct sock *sk, struct slot *slot, int old_state)
{
	int error = sk->sk_err;

	if (error == ECONNRESET || error == EPIPE ||
	    (error == ECONNREFUSED && old_state == TCP_SYN_SENT))
		count_reset_received(sk, slot, old_state);
}

static __always_inline int on_set_state(struct sock *sk, int old_state, int new_state)
{
	struct tcp_sock *tp;
	struct slot *slot;
	struct peer *peer;

	if (sk->sk_protocol != IPPROTO_TCP || !sock_watched(sk))
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	SENSOR_COUNT(events, 1);
	if (new_state == TCP_SYN_SENT) {
		connect_began(sk, tp);
		return 0;
	}
	if (new_state == TCP_LISTEN) {
		listen_began(sk);
		return 0;
	}
	if (old_state == TCP_LISTEN) {
		if (new_state == TCP_SYN_RECV)
			accept_began(sk);
		return 0;
	}
	slot = slot__find_or_adopt(sk);
	if (!slot)
		return 0;
	peer = peer_get(&slot->key);
	if (!peer)
		return 0;
	if (slot->connecting && new_state != TCP_SYN_RECV)
		connect_ended(sk, slot, tp, peer, new_state);
	if (new_state == TCP_ESTABLISHED && slot->key.direction == PEER_INCOMING)
		accept_ended(sk, slot, tp, peer);
	call__name(&slot->key, CALL_CLOSE);
	if (new_state == TCP_FIN_WAIT1 || new_state == TCP_LAST_ACK)
		call__closes(&slot->key, sk);
	if (new_state == TCP_CLOSE) {
		if (resets_from_errors)
			reset_from_error(sk, slot, old_state);
		socket_ended(slot, tp, peer);
	}
	return 0;
}

FIRST_PROGRAM(first_state);

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state_tp, struct sock *sk, int old_state, int new_state)
{
	return RUN_FIRST(NESTING_SET_STATE, on_set_state(sk, old_state, new_state));
}

SEC("tp_btf/inet_sock_set_state")
int inet_sock_set_state_tp_nested(void *ctx)
{
	return run_nested(ctx, NESTING_SET_STATE, &first_state);
}

/* The last look: what was sent between CLOSE and the end, such as a final reset. */
static __always_inline int on_destroy(struct sock *sk)
{
	struct tcp_sock *tp;
	struct slot *slot;
	struct peer *peer;

	if (!sock_watched(sk))
		return 0;
	slot = slot__find(sk);
	tp = bpf_skc_to_tcp_sock(sk);
	if (slot && tp && !slot->listening) {
		call__name(&slot->key, CALL_CLOSE);
		call__closes(&slot->key, sk);
		peer = peer_get(&slot->key);
		if (peer) {
			socket_ended(slot, tp, peer);
			waits__end(slot, tp, peer);
			if (slot->key.direction == PEER_INCOMING)
				accept_waits_no_more(sk, peer);
		}
	}
	slot__drop(sk);
	return 0;
}

FIRST_PROGRAM(first_destroy);

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy_sock_tp, struct sock *sk)
{
	return RUN_FIRST(NESTING_DESTROY, on_destroy(sk));
}

SEC("tp_btf/tcp_destroy_sock")
int tcp_destroy_sock_tp_nested(void *ctx)
{
	return run_nested(ctx, NESTING_DESTROY, &first_destroy);
}
