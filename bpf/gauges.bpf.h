/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Gauges: how a peer's sockets stand now, added up by each census over all of them.
 *
 * They tell what no event does, for nothing happens: requests without an answer, segments without
 * an acknowledgement, connects without an outcome, gaps that nobody fills.  Each census begins them
 * anew.  A silent socket is looked at as well, for silence is what they are about.
 */
#ifndef GAUGES_BPF_H
#define GAUGES_BPF_H

#include "slot.bpf.h"

#define FRESH_NS	 (PEER_FRESH_S * 1000000000ULL)
#define BACK_OFF_LEAST	 2			/* retransmits of one segment without an answer */
#define REQUEST_CLOCK_NS (1000 * 1000000000ULL) /* requests are timed in 32 bits of 256 ns */

/* Of a peer's first socket in this census: what the one before added up is over. */
static __always_inline void gauges__begin(struct peer *peer)
{
	if (peer->census == census_number)
		return;
	peer->census = census_number;
#define GAUGE_BEGIN(name, meaning) peer->name = 0;
	PEER_OLDEST(GAUGE_BEGIN)
	PEER_SUMS(GAUGE_BEGIN)
#undef GAUGE_BEGIN
}

static __always_inline void keep_oldest(__u64 *oldest_ns, __u64 time_ns)
{
	if (time_ns && (!*oldest_ns || time_ns < *oldest_ns))
		*oldest_ns = time_ns;
}

static __always_inline void gauge_unread(const struct slot *slot, const struct sock_common *skc,
					 const struct tcp_sock *tp, struct peer *peer)
{
	const struct sock *sk = (const struct sock *)skc;
	__u32 unread = tp->rcv_nxt - tp->copied_seq;

	if (BPF_CORE_READ(sk, sk_shutdown) & RCV_SHUTDOWN)
		unread--; /* the FIN */
	if (!unread || unread >> 31)
		return;
	peer->unread_bytes += unread;
	keep_oldest(&peer->unread_ns, slot->waits.unread_ns);
}

/* When the segment was sent that waits longest for its acknowledgement; 0: cannot be read. */
static __always_inline __u64 oldest_sent_ns(const struct tcp_sock *tp, __u64 now_ns)
{
	const struct list_head *first = tp->tsorted_sent_queue.next;
	const struct sk_buff *skb;
	__u64 sent_ns;

	skb = (const void *)first - bpf_core_field_offset(struct sk_buff, tcp_tsorted_anchor);
	sent_ns = BPF_CORE_READ(skb, skb_mstamp_ns);
	return sent_ns && sent_ns <= now_ns && now_ns - sent_ns < REQUEST_CLOCK_NS ? sent_ns : 0;
}

static __always_inline void gauge_unacked(struct slot *slot, const struct tcp_sock *tp,
					  struct peer *peer, __u64 now_ns)
{
	__u32 unacked = tp->snd_nxt - tp->snd_una;
	__u64 sent_ns;

	if (!unacked) {
		slot->unacked_ns = 0;
		return;
	}
	peer->unacked_bytes += unacked;
	if (!slot->unacked_ns || slot->unacked_seq != tp->snd_una) {
		sent_ns = tp->packets_out ? oldest_sent_ns(tp, now_ns) : 0;
		slot->unacked_seq = tp->snd_una;
		slot->unacked_ns = sent_ns ? sent_ns : now_ns;
	}
	keep_oldest(&peer->unacked_ns, slot->unacked_ns);
}

/* Is the far side filling the gap?  It is as long as the one before it moves. */
static __always_inline void gauge_hole(struct slot *slot, const struct tcp_sock *tp,
				       struct peer *peer, __u64 now_ns)
{
	if (!tp->out_of_order_queue.rb_node) {
		slot->hole_ns = 0;
		return;
	}
	if (!slot->hole_ns || slot->hole_seq != tp->rcv_nxt) {
		slot->hole_seq = tp->rcv_nxt;
		slot->hole_ns = now_ns;
	}
	peer->holes++;
	keep_oldest(&peer->hole_ns, slot->hole_ns);
}

/* A socket that never got an answer to a request waits for none. */
static __always_inline void gauge_pending(struct sock *sk, struct slot *slot,
					  const struct tcp_sock *tp, struct peer *peer,
					  __u64 now_ns)
{
	struct waits *waits = &slot->waits;
	struct sent *oldest;
	__u64 sent_ns;

	if (waits->head == waits->tail || !waits->response_us || waits->mode == TURN_BLIND)
		return;
	oldest = sent_at(sk, waits, waits->head);
	if (!oldest)
		return;
	sent_ns = now_ns - waits->sent_ns > REQUEST_CLOCK_NS
			  ? waits->sent_ns
			  : now_ns - since_ns(now_ns, oldest->when);
	peer->pending++;
	keep_oldest(&peer->pending_ns, sent_ns);
	if (!seq_before(tp->snd_una, oldest->seq))
		keep_oldest(&peer->pending_acked_ns, sent_ns);
}

static __always_inline void gauge_alive(struct slot *slot, const struct tcp_sock *tp,
					struct peer *peer, __u64 now_ns)
{
	bool fresh = slot->established_ns && now_ns - slot->established_ns < FRESH_NS;
	/* A closed window is probed with a back-off of its own, and nothing is out then. */
	bool backing_off = tp->packets_out && (tp->inet_conn.icsk_backoff ||
					       tp->inet_conn.icsk_retransmits >= BACK_OFF_LEAST);

	peer->alive++;
	peer->fresh += fresh;
	if (!backing_off)
		return;
	peer->backing_off++;
	peer->fresh_backing_off += fresh;
	if (slot->retransmitted && slot->retransmitted_seq == tp->snd_una) {
		peer->stuck_full_size += slot->retransmitted == RETRANSMITTED_FULL_SIZE;
		peer->stuck_small += slot->retransmitted == RETRANSMITTED_SMALL;
	}
}

/* Is the far kernel there? */
static __always_inline void note_last_ack(const struct tcp_sock *tp, struct peer *peer,
					  __u64 now_ns)
{
	__u32 age = (__u32)bpf_jiffies64() - tp->rcv_tstamp;
	__u64 ack_ns = now_ns - (__u64)age * jiffy_ns;

	if (tp->rcv_tstamp && ack_ns <= now_ns && ack_ns > peer->last_ack_ns)
		peer->last_ack_ns = ack_ns;
}

/* One socket that is neither a listener nor closed. */
static __always_inline void gauge_socket(struct slot *slot, struct sock_common *skc,
					 const struct tcp_sock *tp, struct peer *peer)
{
	__u64 now_ns = bpf_ktime_get_ns();
	__u8 state = skc->skc_state;

	gauges__begin(peer);
	if (state == TCP_SYN_SENT) {
		peer->connecting++;
		keep_oldest(&peer->connecting_ns, slot->connect_began_ns);
		return;
	}
	note_last_ack(tp, peer, now_ns);
	gauge_unacked(slot, tp, peer, now_ns);
	gauge_unread(slot, skc, tp, peer);
	gauge_hole(slot, tp, peer, now_ns);
	if (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT)
		return;
	gauge_alive(slot, tp, peer, now_ns);
	gauge_pending((struct sock *)skc, slot, tp, peer, now_ns);
}

#endif
