/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Telling user space of one rare thing.  Bounded a second, so that a storm of resets costs the
 * host no more than the counting of them; what was not told is counted.
 */
#ifndef FACT_BPF_H
#define FACT_BPF_H

#include "hops.bpf.h"
#include "slot.bpf.h"

static __always_inline bool fact_allowed(struct sensor_counts *counts, __u64 now_ns)
{
	if (now_ns - counts->limit_window_ns >= 1000000000ULL) {
		counts->limit_window_ns = now_ns;
		counts->limit_used = 0;
	}
	if (counts->limit_used >= FACTS_PER_SECOND) {
		counts->facts_refused++;
		return false;
	}
	counts->limit_used++;
	return true;
}

/* A record to fill in and submit; NULL, which is counted: the limit, or no room. */
static __always_inline struct fact *fact_reserve(enum fact_kind kind, const struct peer_key *peer)
{
	struct sensor_counts *counts = sensor_counts();
	__u64 now_ns = bpf_ktime_get_ns();
	struct fact *fact;

	if (!counts || !fact_allowed(counts, now_ns))
		return NULL;
	fact = bpf_ringbuf_reserve(&facts, sizeof(*fact), 0);
	if (!fact) {
		counts->facts_lost++;
		return NULL;
	}
	__builtin_memset(fact, 0, sizeof(*fact));
	fact->time_ns = now_ns;
	__builtin_memcpy(&fact->peer, peer, sizeof(fact->peer));
	fact->kind = kind;
	return fact;
}

static __always_inline void tell_fact(enum fact_kind kind, const struct sock_common *skc,
				      const struct slot *slot, __u8 tcp_state, __s32 error,
				      __u8 hops)
{
	struct fact *fact = fact_reserve(kind, &slot->key);

	if (!fact)
		return;
	fact->tcp_state = tcp_state;
	fact->local_port = local_port(skc);
	fact->remote_port = remote_port(skc);
	fact->error = error;
	fact->hops = hops;
	read_remote(skc, fact->remote);
	fact->owner_tgid = slot->owner_tgid;
	bpf_ringbuf_submit(fact, 0);
}

/*
 * Has the reset come as far as the far end's other packets do?  An outgoing peer is one far end;
 * the customers of a port are many, and each has only what its own socket has shown.
 */
static __always_inline void judge_hops(const struct slot *slot, struct peer *peer, __u8 hops)
{
	bool one = slot->key.direction == PEER_OUTGOING && peer->hops_least;
	__u8 least = one ? peer->hops_least : slot->hops_least;
	__u8 most = one ? peer->hops_most : slot->hops_most;

	if (!hops || !least)
		return;
	peer_count(peer,
		   hops >= least && hops <= most ? PEER_RESETS_USUAL_TTL : PEER_RESETS_ODD_TTL, 1);
}

static __always_inline void count_reset_received(struct sock *sk, struct slot *slot, __u8 state)
{
	struct peer *peer = peer_get(&slot->key);
	__u8 hops;

	if (!peer)
		return;
	hops = hops_of_reset(&sk->__sk_common);
	judge_hops(slot, peer, hops);
	SENSOR_COUNT(events, 1);
	peer_count(peer, PEER_RESETS_RECEIVED, 1);
	if (state == TCP_SYN_SENT) {
		peer_count(peer, PEER_RESETS_REFUSED, 1);
		slot->refused = 1;
	}
	tell_fact(FACT_RESET_RECEIVED, &sk->__sk_common, slot, state, 0, hops);
}

#endif
