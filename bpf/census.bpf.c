// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The census: a look at every TCP socket, once a tick.
 *
 * An iterator walks the kernel's own socket tables and adds up in the kernel what each socket has
 * done since the last look; nothing is written out, so ten thousand sockets cost user space one
 * read.  It also finds the sockets that are older than the sensor, and two things that no hook
 * tells of: windows that are closed, and tail loss probes that nobody refuted.
 *
 * The kernel holds the socket's lock while the program runs (since Linux 5.15, "bpf: tcp: Allow
 * bpf_setsockopt and bpf_getsockopt on tcp iter"); before, one total may be a packet ahead of
 * another, and the next look sets it right.
 */
#include "gauges.bpf.h"

#include <bpf/bpf_tracing.h>

/* How long the far side may take to report a needless probe: a round trip, and time to spare. */
#define PROBE_GRACE_NS 250000000ULL

/* Set before the first sweeps: only remember which ports are served. */
bool census_listeners_only = false;

static __always_inline void census_listener(struct sock *sk)
{
	struct peer_key key;
	struct slot *slot = slot__find(sk);

	if (slot && !census_listeners_only) {
		struct peer *peer = bpf_map_lookup_elem(&peers, &slot->key);

		if (peer) {
			gauges__begin(peer);
			peer->accept_queue += BPF_CORE_READ(sk, sk_ack_backlog);
		}
		return;
	}
	key_for(&key, &sk->__sk_common, PEER_INCOMING);
	if (slot || find_service(&key))
		return; /* known already, with its process */
	note_service(&key);
}

static __always_inline void slot__judge_probe(struct slot *slot, const struct tcp_sock *tp,
					      struct peer *peer)
{
	__u64 grace_ns = PROBE_GRACE_NS + (__u64)(tp->srtt_us >> 3) * 1000;

	if (!slot->tlp_ns || bpf_ktime_get_ns() - slot->tlp_ns < grace_ns)
		return;
	if ((__s32)(tp->snd_una - slot->episode_end) < 0)
		return; /* not acknowledged yet */
	slot->tlp_ns = 0;
	peer_count(peer,
		   tp->dsack_dups == slot->tlp_dsacks ? PEER_EPISODES : PEER_EPISODES_SPURIOUS, 1);
}

static __always_inline void see_windows(struct slot *slot, const struct tcp_sock *tp,
					struct peer *peer)
{
	bool ours = tp->rcv_wnd == 0, theirs = tp->snd_wnd == 0;

	if (ours && !slot->window_ours_closed)
		peer_count(peer, PEER_ZERO_WINDOW_OURS, 1);
	if (theirs && !slot->window_theirs_closed)
		peer_count(peer, PEER_ZERO_WINDOW_THEIRS, 1);
	slot->window_ours_closed = ours;
	slot->window_theirs_closed = theirs;
}

SEC("iter/tcp")
int tcp_census(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct tcp_sock *tp;
	struct slot *slot;
	struct peer *peer;
	__u32 segs_in;
	__u8 state;

	if (!skc)
		return 0;
	tp = bpf_skc_to_tcp_sock(skc);
	if (!tp)
		return 0; /* TIME_WAIT, or not a socket yet */
	state = skc->skc_state;
	if (state == TCP_LISTEN) {
		census_listener((struct sock *)skc);
		return 0;
	}
	if (census_listeners_only)
		return 0;
	slot = slot__find((struct sock *)skc);
	if (!slot)
		slot = slot__adopt((struct sock *)skc, NULL);
	if (!slot)
		return 0;
	if (slot->segs_out == tp->segs_out && slot->segs_in == tp->segs_in && !slot->tlp_ns) {
		/* Silent since the last look: most sockets, most of the time. */
		peer = bpf_map_lookup_elem(&peers, &slot->key);
		if (peer && state != TCP_CLOSE)
			gauge_socket(slot, skc, tp, peer);
		return 0;
	}
	peer = peer_get(&slot->key);
	if (!peer)
		return 0;
	segs_in = slot->segs_in;
	slot__fold(slot, tp, peer);
	samples__fold_quiet(slot);
	slot->hops_known = 0;
	if (slot->segs_in != segs_in && tp->srtt_us)
		hist_add(&slot->key, HIST_RTT, (__u64)(tp->srtt_us >> 3) * 1000);
	if (state == TCP_ESTABLISHED)
		see_windows(slot, tp, peer);
	gauge_socket(slot, skc, tp, peer);
	slot__judge_probe(slot, tp, peer);
	return 0;
}

/*
 * The sockets that processes hold open, once at the start: it tells whose a socket is that is older
 * than the sensor.  A socket shared by several processes goes to the first one met.
 */
SEC("iter/task_file")
int socket_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket *socket;
	struct sock *sk;
	struct slot *slot;

	if (!task || !file || task->tgid != task->pid)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || !bpf_skc_to_tcp_sock(sk) || !netns_watched(sock_netns(&sk->__sk_common)) ||
	    slot__find(sk))
		return 0;
	if (sk->__sk_common.skc_state == TCP_LISTEN) {
		slot = slot__make(sk);
		if (!slot)
			return 0;
		key_for(&slot->key, &sk->__sk_common, PEER_INCOMING);
		slot->listening = 1;
		BPF_CORE_READ_INTO(&slot->key.comm, task, comm);
		slot->owner_tgid = task->tgid;
		note_service(&slot->key);
	} else {
		slot__adopt(sk, task);
	}
	return 0;
}
