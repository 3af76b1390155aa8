/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who waits for whom on a TCP socket: we for its answer (response.bpf.h), or the far side for us to
 * read.
 *
 * Pickup delay is told by sequence numbers: the first byte that came after all was read starts it,
 * the read that takes that byte ends it.  A reader that never catches up is timed from the first
 * byte that came after its last read, so that the error is at most one interval between reads.
 *
 * Limit: fields are written without a lock by the sender and by the receive path: a race costs one
 * sample.
 */
#ifndef WAITS_BPF_H
#define WAITS_BPF_H

#include "response.bpf.h"

/* ---- pickup ------------------------------------------------------------------------------ */

/* The application has read up to copied_seq: was the byte that is timed among it? */
static __always_inline void waits__read(struct slot *slot, __u32 copied_seq, __u64 now_ns)
{
	struct waits *waits = &slot->waits;
	__u64 unread_ns = waits->unread_ns;

	if (!unread_ns || !seq_before(waits->unread_seq, copied_seq))
		return; /* only looked at (MSG_PEEK), or read already */
	if (!seq_before(copied_seq, waits->rcv_seq)) {
		waits->unread_ns = 0;
	} else {
		/* The rest came when its predecessor did, or after the last read. */
		if (waits->later_ns && !seq_before(copied_seq, waits->later_seq))
			waits->unread_ns = waits->later_ns;
		waits->unread_seq = copied_seq;
	}
	waits->later_ns = 0;
	sample_add(slot, SAMPLED_PICKUP, now_ns > unread_ns ? now_ns - unread_ns : 0, now_ns);
}

/*
 * All was read, and no hook has told of it.  Either it has still to come, and what arrives now had
 * to wait for the reader to let go of the socket; or the read was of a kind that has no hook.
 */
static __always_inline void waits__read_untold(struct sock *sk, struct slot *slot, __u32 copied_seq,
					       __u64 now_ns)
{
	if (sk->sk_lock.owned) {
		waits__read(slot, copied_seq, now_ns);
	} else {
		slot->waits.pickups_unpaired++;
		slot->waits.later_ns = 0;
	}
	slot->waits.unread_ns = 0;
}

/* The kernel has queued data, or a FIN, which is none. */
static __always_inline void waits__arrived(struct sock *sk, struct slot *slot,
					   const struct tcp_sock *tp)
{
	__u32 end = tp->rcv_nxt - !!(sk->sk_shutdown & RCV_SHUTDOWN), copied_seq = tp->copied_seq;
	struct waits *waits = &slot->waits;
	__u64 now_ns, before_ns, response_ns;
	__u32 begin;

	waits__make_ready(slot, tp);
	begin = waits->rcv_seq;
	if (!seq_before(begin, end))
		return;
	now_ns = tcp_last_clock_ns(tp);
	if (waits->unread_ns && !seq_before(copied_seq, begin))
		waits__read_untold(sk, slot, copied_seq, now_ns);
	waits->rcv_seq = end;
	if (!waits->unread_ns) {
		waits->unread_seq = begin;
		waits->unread_ns = now_ns;
	} else if (!waits->later_ns) {
		waits->later_seq = begin;
		waits->later_ns = now_ns;
	}
	before_ns = waits->data_ns;
	waits->data_ns = now_ns;
	response_ns = waits__answered(sk, slot, tp, now_ns, before_ns, end - begin);
	if (response_ns != NO_RESPONSE)
		take_response(slot, now_ns, response_ns);
}

/* ---- adding up --------------------------------------------------------------------------- */

static __always_inline __u32 taken(__u32 *count)
{
	__u32 value = *count;

	*count = 0;
	return value;
}

static __always_inline __u64 taken64(__u64 *count)
{
	__u64 value = *count;

	*count = 0;
	return value;
}

static __always_inline void waits__fold(struct slot *slot, struct peer *peer)
{
	struct waits *waits = &slot->waits;

	peer_count(peer, PEER_RESPONSE_UNPAIRED, taken(&waits->unpaired));
	peer_count(peer, PEER_PICKUP_UNPAIRED, taken(&waits->pickups_unpaired));
	peer_count(peer, PEER_SEND_UNTIMED, taken(&waits->sends_untimed));
	peer_count(peer, PEER_RECV_UNTIMED, taken(&waits->recvs_untimed));
	peer_count(peer, PEER_ERROR_EAGAIN, taken(&waits->again));
	peer_count(peer, PEER_PUSHES, taken(&waits->pushes));
	peer_count(peer, PEER_SEND_BLOCKED, taken(&waits->sends_slept));
	peer_count(peer, PEER_RECV_BLOCKED, taken(&waits->recvs_slept));
	peer_count(peer, PEER_SEND_BLOCKED_US, taken64(&waits->sends_slept_us));
	peer_count(peer, PEER_RECV_BLOCKED_US, taken64(&waits->recvs_slept_us));
	if (waits->data_ns > peer->last_data_ns)
		peer->last_data_ns = waits->data_ns;
}

/* The socket is closed for good: requests stay without an answer, and bytes that nobody read have
 * waited in vain, and are no pickup. */
static __always_inline void waits__end(struct slot *slot, const struct tcp_sock *tp,
				       struct peer *peer)
{
	struct waits *waits = &slot->waits;

	samples__fold(slot);
	waits__forget_requests(waits);
	peer_count(peer, PEER_RESPONSE_UNPAIRED, taken(&waits->unpaired));
	if (waits->unread_ns)
		peer_count(peer,
			   seq_before(waits->unread_seq, tp->copied_seq) ? PEER_PICKUP_UNPAIRED
									 : PEER_CLOSED_UNREAD,
			   1);
	waits->unread_ns = 0;
}

static __always_inline enum peer_counter error_counter(int error)
{
	switch (error) {
#define ERROR_CASE(name, number) \
	case number:             \
		return PEER_ERROR_##name;
		PEER_ERRNOS(ERROR_CASE)
#undef ERROR_CASE
	default:
		return PEER_ERROR_OTHER;
	}
}

#endif
