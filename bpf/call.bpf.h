/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The system call that a thread is in: when it began, and whether the thread slept in it.
 *
 * Only threads that use watched sockets have such a record: those that connect, listen, send or
 * receive, their children, and the other threads of their process.  A call is ended by whatever
 * knows its socket: the hook of the send or the receive, or the end of the system call for those
 * that have no hook.  A thread slept when it gave the processor away by itself in between.
 */
#ifndef CALL_BPF_H
#define CALL_BPF_H

#include "slot.bpf.h"

enum call_kind {
	CALL_NONE,
	CALL_SOCKET,
	CALL_CONNECT,
	CALL_ACCEPT,
	CALL_SEND,
	CALL_RECV,
	CALL_SPLICE, /* out of a socket or into one: the hook tells */
	CALL_CLOSE,
};

/* The record of the thread that runs, made when there is none; NULL: no memory. */
static __always_inline struct call *call__of_current(void)
{
	return bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL,
				    BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* The current thread uses watched sockets: its calls are worth a record. */
static __always_inline void call__expect(void)
{
	if (calls_recorded)
		call__of_current();
}

/* If the current thread is in such a call, it is one on a socket of this peer. */
static __always_inline void call__name(const struct peer_key *key, enum call_kind kind)
{
	struct call *call;

	if (!calls_recorded || !calls_traced)
		return;
	call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL, 0);
	if (!call || call->kind != kind || !call->began_ns)
		return;
	__builtin_memcpy(&call->peer, key, sizeof(call->peer));
	call->named = 1;
}

/* A connection stands in the accept queue from now on. */
static __always_inline void accept_waits(struct sock *sk, const struct slot *slot)
{
	struct waiting waiting = {.since_ns = bpf_ktime_get_ns()};
	__u64 id = (__u64)sk;

	if (!calls_recorded)
		return;
	__builtin_memcpy(&waiting.peer, &slot->key, sizeof(waiting.peer));
	bpf_map_update_elem(&accept_waiting, &id, &waiting, BPF_ANY);
}

/* It is over: if it still stands there, its accept was not seen, or there never was one. */
static __always_inline void accept_waits_no_more(struct sock *sk, struct peer *peer)
{
	__u64 id = (__u64)sk;

	if (calls_recorded && !bpf_map_delete_elem(&accept_waiting, &id))
		peer_count(peer, PEER_ACCEPT_UNTIMED, 1);
}

/* A call that slept is told from one that worked. */
static __always_inline bool call__slept(const struct call *call, const struct task_struct *task)
{
	return task->nvcsw != call->switches;
}

static __always_inline void call__count_sleep(const struct peer_key *key, enum peer_counter blocked,
					      const struct call *call, __u64 duration_ns)
{
	struct peer *peer;

	if (!call__slept(call, bpf_get_current_task_btf()))
		return;
	peer = peer_get(key);
	if (!peer)
		return;
	peer_count(peer, blocked, 1);
	peer_count(peer, blocked + 1, duration_ns / 1000); /* its time is the next counter */
}

static __always_inline void call__count(const struct peer_key *key, enum hist_operation operation,
					enum peer_counter blocked, const struct call *call,
					__u64 now_ns)
{
	hist_add(key, operation, now_ns - call->began_ns);
	call__count_sleep(key, blocked, call, now_ns - call->began_ns);
}

/*
 * The current thread closes this socket, and its state changes for the last time in that.  Before
 * Linux 6.6 (021a160abf62, "fs: use __fput_sync in close(2)") it does so behind the end of the
 * system call: what takes long is over by now, but for a socket that lingers, whose close has no
 * time then.
 */
static __always_inline void call__closes(const struct peer_key *key, const struct sock *sk)
{
	struct call *call;

	if (!calls_recorded || !calls_traced)
		return;
	call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL, 0);
	if (!call || !call->began_ns || !call->returned || call->address != (__u64)sk)
		return;
	if (!(sk->__sk_common.skc_flags &
	      (1UL << bpf_core_enum_value(enum sock_flags, SOCK_LINGER))))
		call__count(key, HIST_CLOSE, PEER_CLOSE_BLOCKED, call, bpf_ktime_get_ns());
	call->began_ns = 0;
}

/*
 * The call of the current thread, a send or a receive, has reached its end on a socket.  Of a call
 * with several messages the first is timed.  False: its beginning was not seen.
 */
static __always_inline bool call__end(struct slot *slot, enum call_kind kind, __u64 now_ns)
{
	struct waits *waits = &slot->waits;
	struct task_struct *task;
	__u64 duration_ns;
	struct call *call;

	if (!calls_recorded || !calls_traced)
		return false;
	task = bpf_get_current_task_btf();
	call = bpf_task_storage_get(&calls, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!call || (call->kind != kind && (call->kind != CALL_SPLICE || kind != CALL_SEND)))
		return false;
	if (!call->began_ns)
		return true;
	duration_ns = now_ns - call->began_ns;
	sample_add(slot, kind == CALL_SEND ? SAMPLED_SEND : SAMPLED_RECV, duration_ns, now_ns);
	call->began_ns = 0;
	if (!call__slept(call, task))
		return true;
	if (kind == CALL_SEND) {
		waits->sends_slept++;
		waits->sends_slept_us += duration_ns / 1000;
	} else {
		waits->recvs_slept++;
		waits->recvs_slept_us += duration_ns / 1000;
	}
	return true;
}

/* Is the current thread in a splice, whose end on a socket no other hook tells of? */
static __always_inline bool call__is_splice(void)
{
	struct call *call;

	if (!calls_recorded || !calls_traced || !calls_splice)
		return false;
	call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL, 0);
	return call && call->kind == CALL_SPLICE;
}

#endif
