/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A socket's slot: which peer it belongs to and what of its counters has been added there.
 *
 * The kernel keeps exact totals in every TCP socket.  Hooks tell of rare events; all else is the
 * difference between a total now and the total in the slot, taken at each census, when the socket
 * closes and when it is destroyed, so that a connection shorter than a tick counts in full.  A
 * socket that is older than the sensor is adopted with its totals as they stand: nothing of its
 * past is counted.
 */
#ifndef SLOT_BPF_H
#define SLOT_BPF_H

#include "waits.bpf.h"

/* What the chronograph of the socket shows, in us: busy, and within it limited by the far window
 * and by our send buffer.  Source: tcp_get_info_chrono_stats() of the kernel. */
static __always_inline void read_chrono(const struct tcp_sock *tp, __u32 chrono_us[3])
{
	__u32 type = tcp_chrono_type(tp), jiffies[3], i;

#pragma unroll
	for (i = 0; i < 3; i++)
		jiffies[i] = tp->chrono_stat[i];
	if (type) {
		__u32 running = (__u32)bpf_jiffies64() - tp->chrono_start;

		if (type == TCP_CHRONO_BUSY)
			jiffies[0] += running;
		else if (type == TCP_CHRONO_RWND_LIMITED)
			jiffies[1] += running;
		else if (type == TCP_CHRONO_SNDBUF_LIMITED)
			jiffies[2] += running;
	}
	chrono_us[0] = (jiffies[0] + jiffies[1] + jiffies[2]) * (jiffy_ns / 1000);
	chrono_us[1] = jiffies[1] * (jiffy_ns / 1000);
	chrono_us[2] = jiffies[2] * (jiffy_ns / 1000);
}

/* Takes the totals of the socket as they stand: what came before is not counted. */
static __always_inline void slot__rebase(struct slot *slot, const struct tcp_sock *tp)
{
	slot->segs_out = tp->segs_out;
	slot->segs_in = tp->segs_in;
	slot->data_segs_out = tp->data_segs_out;
	slot->data_segs_in = tp->data_segs_in;
	slot->bytes_sent = tp->bytes_sent - tp->bytes_retrans;
	slot->bytes_received = tp->bytes_received;
	slot->total_retrans = tp->total_retrans;
	slot->dsack_dups = tp->dsack_dups;
	slot->reord_seen = tp->reord_seen;
	slot->rcv_ooopack = tcp_out_of_order(tp);
	read_chrono(tp, slot->chrono_us);
	slot->established_ns = 0;
	slot->unacked_ns = 0;
	slot->hole_ns = 0;
	slot->retransmitted = RETRANSMITTED_NOTHING;
	slot->hops_known = 0;
	slot->hops_least = 0;
	slot->hops_most = 0;
	__builtin_memset(&slot->waits, 0, sizeof(slot->waits));
}

/* Growth of a 32-bit total that may wrap.  A disconnected socket starts again from zero, and is
 * rebased then; a total that fell nevertheless counts from zero. */
static __always_inline __u32 grown(__u32 *before, __u32 now)
{
	__u32 growth = now - *before;

	*before = now;
	return growth & (1u << 31) ? now : growth;
}

static __always_inline __u64 grown64(__u64 *before, __u64 now)
{
	__u64 growth = now - *before;

	/* A retransmit that found no memory is in one of two totals only: wait till they agree. */
	if (growth >> 63)
		return 0;
	*before = now;
	return growth;
}

/* Retransmits that no hook told of: the sum is the socket's own, the reason is what is missing. */
static __always_inline void count_untold_retransmits(struct slot *slot, const struct tcp_sock *tp,
						     struct peer *peer)
{
	__u32 untold = grown(&slot->total_retrans, tp->total_retrans);

	peer_count(peer,
		   retransmit_failures_untraced && !retransmits_untraced
			   ? PEER_RETRANS_FAILED_LOCAL
			   : PEER_RETRANS_UNCLASSIFIED,
		   untold);
}

static __always_inline void count_chrono(struct slot *slot, const struct tcp_sock *tp,
					 struct peer *peer)
{
	__u32 chrono_us[3];

	read_chrono(tp, chrono_us);
	peer_count(peer, PEER_BUSY_US, grown(&slot->chrono_us[0], chrono_us[0]));
	peer_count(peer, PEER_RWND_LIMITED_US, grown(&slot->chrono_us[1], chrono_us[1]));
	peer_count(peer, PEER_SNDBUF_LIMITED_US, grown(&slot->chrono_us[2], chrono_us[2]));
}

/* Adds to the peer what the socket's totals have grown by since the last time. */
static __always_inline void slot__fold(struct slot *slot, const struct tcp_sock *tp,
				       struct peer *peer)
{
	__u64 received;

	peer_count(peer, PEER_SEGMENTS_OUT, grown(&slot->segs_out, tp->segs_out));
	peer_count(peer, PEER_SEGMENTS_IN, grown(&slot->segs_in, tp->segs_in));
	peer_count(peer, PEER_DATA_SEGMENTS_OUT, grown(&slot->data_segs_out, tp->data_segs_out));
	peer_count(peer, PEER_DATA_SEGMENTS_IN, grown(&slot->data_segs_in, tp->data_segs_in));
	peer_count(peer, PEER_BYTES_OUT,
		   grown64(&slot->bytes_sent, tp->bytes_sent - tp->bytes_retrans));
	received = grown64(&slot->bytes_received, tp->bytes_received);
	peer_count(peer, PEER_BYTES_IN, received);
	waits__fold(slot, peer);
	if (received && !slot->waits.ready) {
		/* The socket knows the jiffy of its last data: exact to a few milliseconds. */
		__u32 age = (__u32)bpf_jiffies64() - tp->inet_conn.icsk_ack.lrcvtime;
		__u64 last_ns = bpf_ktime_get_ns() - (__u64)age * jiffy_ns;

		if (last_ns > peer->last_data_ns)
			peer->last_data_ns = last_ns;
	}
	peer_count(peer, PEER_DSACKS_IN, grown(&slot->dsack_dups, tp->dsack_dups));
	peer_count(peer, PEER_REORDERED, grown(&slot->reord_seen, tp->reord_seen));
	peer_count(peer, PEER_OUT_OF_ORDER_IN, grown(&slot->rcv_ooopack, tcp_out_of_order(tp)));
	count_chrono(slot, tp, peer);
	count_untold_retransmits(slot, tp, peer);
	if (tp->srtt_us)
		peer->srtt_us = tp->srtt_us >> 3;
	if (tp->mss_cache && tp->mss_cache <= 0xffff)
		peer->mss = tp->mss_cache;
}

static __always_inline void slot__opened(struct slot *slot, struct peer *peer)
{
	if (slot->open)
		return;
	slot->open = 1;
	peer_count(peer, PEER_SOCKETS_OPENED, 1);
}

static __always_inline void slot__closed(struct slot *slot, struct peer *peer)
{
	if (!slot->open)
		return;
	slot->open = 0;
	peer_count(peer, PEER_SOCKETS_CLOSED, 1);
}

/* The command of the process that runs now, by its leader: threads may have names of their own. */
static __always_inline void own_by_current(struct slot *slot)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	slot->owner_tgid = bpf_get_current_pid_tgid() >> 32;
	BPF_CORE_READ_INTO(&slot->key.comm, task, group_leader, comm);
}

/*
 * The slot of a socket that has none: it is older than the sensor.  We serve its local port, so it
 * is incoming; or nobody listens there, so we opened it.  The owner is known to whoever came by the
 * process; else the last process that used the service has to do.
 */
static __always_inline struct slot *slot__adopt(struct sock *sk, const struct task_struct *owner)
{
	struct sock_common *skc = &sk->__sk_common;
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct slot *slot;
	struct peer *peer;

	if (!tp)
		return NULL;
	slot = slot__make(sk);
	if (!slot) {
		SENSOR_COUNT(sockets_untracked, 1);
		return NULL;
	}
	key_for(&slot->key, skc, PEER_INCOMING);
	if (!find_service(&slot->key)) {
		key_for(&slot->key, skc, PEER_OUTGOING);
		find_service(&slot->key);
	}
	if (owner) {
		BPF_CORE_READ_INTO(&slot->key.comm, owner, comm);
		slot->owner_tgid = BPF_CORE_READ(owner, tgid);
	}
	slot__rebase(slot, tp);
	peer = peer_get(&slot->key);
	if (peer) {
		if (slot->key.direction == PEER_INCOMING)
			read_remote(skc, peer->remote);
		if (slot->owner_tgid)
			peer->owner_tgid = slot->owner_tgid;
		slot__opened(slot, peer);
	}
	return slot;
}

static __always_inline struct slot *slot__find_or_adopt(struct sock *sk)
{
	struct slot *slot = slot__find(sk);

	return slot ? slot : slot__adopt(sk, NULL);
}

#endif
