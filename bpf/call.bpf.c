// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * When system calls begin, and how those end that no other hook tells of: accept, close, a connect
 * that failed at once, and a socket that the process did not get.
 *
 * While these are attached, every system call of the host pays for it, some 50 to 150 ns with the
 * machine; so user space takes them off while the host makes many calls (user/sense/call_budget.c).
 * What they do is narrowed by the number of the call and then to threads that have a record (see
 * call.bpf.h).
 *
 * Limit: 32-bit programs on a 64-bit kernel number their calls otherwise, and are not timed.
 */
#include "call.bpf.h"
#include "fact.bpf.h"

#include <asm-generic/errno.h>
#include <asm/ptrace.h>
#include <asm/unistd.h>
#include <bpf/bpf_tracing.h>

static __always_inline enum call_kind kind_of(long number)
{
	switch (number) {
	case __NR_socket:
		return CALL_SOCKET;
	case __NR_connect:
		return CALL_CONNECT;
	case __NR_accept:
	case __NR_accept4:
		return CALL_ACCEPT;
	case __NR_write:
	case __NR_writev:
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_sendmmsg:
		return CALL_SEND;
	case __NR_read:
	case __NR_readv:
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_recvmmsg:
		return CALL_RECV;
	case __NR_splice:
	case __NR_sendfile:
		return CALL_SPLICE;
	case __NR_close:
		return CALL_CLOSE;
	default:
		return CALL_NONE;
	}
}

/* The record of the current thread, or of a new thread in a process that has one. */
static __always_inline struct call *call__find(struct task_struct *task)
{
	struct call *call = bpf_task_storage_get(&calls, task, NULL, 0);

	if (call || !task->group_leader)
		return call;
	if (!bpf_task_storage_get(&calls, task->group_leader, NULL, 0))
		return NULL;
	return bpf_task_storage_get(&calls, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* A socket of the current process by its descriptor; its fields can be read, no more. */
static __always_inline const struct socket *socket_of_file(struct task_struct *task, __u64 number)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;

	if (number >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + number);
	return BPF_CORE_READ(file, private_data);
}

static __always_inline const struct sock *sock_of_file(struct task_struct *task, __u64 number)
{
	const struct socket *socket = socket_of_file(task, number);

	return BPF_CORE_READ(socket, sk);
}

/* The first that a thread does with sockets may be a connect without a route. */
static __noinline struct call *call__of_connect(__u64 address)
{
	__u16 family = 0;

	bpf_probe_read_user(&family, sizeof(family), (const void *)address);
	return family == AF_INET || family == AF_INET6 ? call__of_current() : NULL;
}

/* Who asks a second time wants the outcome of the first, which is counted already. */
static __always_inline void note_connect(struct task_struct *task, struct call *call, __u64 address)
{
	const struct socket *socket = socket_of_file(task, call->file);

	call->address = address;
	call->again = BPF_CORE_READ(socket, state) == SOCKET_CONNECTING;
}

/* User space is to look at its budget before the tick is over. */
static __noinline int tell_many_calls(void)
{
	struct fact *fact = bpf_ringbuf_reserve(&facts, sizeof(*fact), 0);

	if (!fact)
		return 0; /* it looks at every tick in any case */
	__builtin_memset(fact, 0, sizeof(*fact));
	fact->time_ns = bpf_ktime_get_ns();
	fact->kind = FACT_MANY_CALLS;
	bpf_ringbuf_submit(fact, 0);
	return 0;
}

/* Not atomic: a call that is not counted now and then changes no budget. */
static __always_inline void count_call(void)
{
	struct sensor_counts *counts = sensor_counts();

	if (counts && !(++counts->calls & (CALLS_TO_TELL - 1)))
		tell_many_calls();
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter_tp, struct pt_regs *regs, long number)
{
	enum call_kind kind = kind_of(number);
	struct task_struct *task;
	struct call *call;

	count_call();
	if (kind == CALL_NONE)
		return 0;
	task = bpf_get_current_task_btf();
	call = call__find(task);
	if (!call && kind == CALL_CONNECT)
		call = call__of_connect(PT_REGS_PARM2(regs));
	if (!call)
		return 0;
	call->kind = kind;
	call->named = 0;
	call->returned = 0;
	call->switches = task->nvcsw;
	if (kind == CALL_ACCEPT || kind == CALL_CONNECT || kind == CALL_CLOSE)
		call->file = PT_REGS_PARM1(regs);
	if (kind == CALL_CONNECT)
		note_connect(task, call, PT_REGS_PARM2(regs));
	if (kind == CALL_CLOSE)
		call->address = (__u64)sock_of_file(task, call->file);
	if (kind == CALL_SPLICE)
		calls_splice = true;
	call->began_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline void count_error(const struct peer_key *key, int error)
{
	struct peer *peer = peer_get(key);

	if (peer)
		peer_count(peer, error_counter(error), 1);
}

/* A listening socket was asked for a connection and had none to give. */
static __always_inline void accept_failed(struct task_struct *task, const struct call *call,
					  int error)
{
	const struct sock *sk = sock_of_file(task, call->file);
	struct peer_key key;

	if (!sk || BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_LISTEN)
		return;
	key_for(&key, &sk->__sk_common, PEER_INCOMING);
	if (netns_watched(key.netns) && find_service(&key))
		count_error(&key, error);
}

static __always_inline void accept_done(struct task_struct *task, const struct call *call,
					__u32 number, __u64 now_ns)
{
	__u64 id = (__u64)sock_of_file(task, number);
	struct waiting *waiting = bpf_map_lookup_elem(&accept_waiting, &id);
	struct peer_key key;

	if (!waiting)
		return;
	key = waiting->peer;
	hist_add(&key, HIST_PICKUP, now_ns - waiting->since_ns);
	call__count(&key, HIST_ACCEPT, PEER_ACCEPT_BLOCKED, call, now_ns);
	bpf_map_delete_elem(&accept_waiting, &id);
}

/*
 * A connect that failed before anything was sent.  What the network answered is counted where the
 * socket's state changes, whoever asks for it.
 */
static __always_inline void connect_failed(const struct call *call, int error)
{
	switch (error) {
	case EACCES:
	case EADDRINUSE:
	case EADDRNOTAVAIL:
	case ENOBUFS:
	case ENOMEM:
	case EPERM:
		count_error(&call->peer, error);
		break;
	}
}

/* The beginnings of struct sockaddr_in and sockaddr_in6. */
struct destination {
	__u16 family;
	__be16 port;
	__be32 ipv4_or_flow;
	__u8 ipv6[16];
};

static __always_inline bool key_of_destination(struct peer_key *key, __u64 address)
{
	struct destination to = {};

	if (bpf_probe_read_user(&to, 8, (const void *)address))
		return false;
	if (to.family == AF_INET)
		set_ipv4(key->address, to.ipv4_or_flow);
	else if (to.family != AF_INET6 ||
		 bpf_probe_read_user(
			 key->address, sizeof(key->address),
			 (const void *)(address + __builtin_offsetof(struct destination, ipv6))))
		return false;
	key->port = bpf_ntohs(to.port);
	key->direction = PEER_OUTGOING;
	return true;
}

/* PEER_COUNTER_COUNT: not a failure of ours to get anywhere. */
static __always_inline enum peer_counter outcome_unsent(int error)
{
	switch (error) {
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTUNREACH:
		return PEER_CONNECT_UNREACHABLE;
	case EACCES:
	case EADDRNOTAVAIL:
	case EINVAL: /* a route that is a black hole */
	case ENOBUFS:
	case ENOMEM:
	case EPERM:
		return PEER_CONNECT_LOCAL_ERROR;
	default:
		return PEER_COUNTER_COUNT;
	}
}

/*
 * The socket never came to a state of its own, as without a route: where it was to go stands in the
 * memory of the caller, and nowhere else.
 */
static __noinline int connect_unsent(struct task_struct *task, const struct call *call, int error)
{
	enum peer_counter outcome = outcome_unsent(error);
	struct peer_key key = {};
	const struct sock *sk;
	struct peer *peer;
	struct fact *fact;

	if (!task || !call || call->again || outcome >= PEER_COUNTER_COUNT)
		return 0;
	sk = sock_of_file(task, call->file);
	if (!sk || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	key.netns = sock_netns(&sk->__sk_common);
	if (!netns_watched(key.netns) || !key_of_destination(&key, call->address))
		return 0;
	BPF_CORE_READ_INTO(&key.comm, task, group_leader, comm);
	peer = peer_get(&key);
	if (!peer)
		return 0;
	SENSOR_COUNT(events, 1);
	peer->owner_tgid = bpf_get_current_pid_tgid() >> 32;
	peer_count(peer, outcome, 1);
	peer_count(peer, PEER_CONNECT_UNSENT, 1);
	peer_count(peer, error_counter(error), 1);
	fact = fact_reserve(FACT_CONNECT_FAILED, &key);
	if (!fact)
		return 0;
	fact->tcp_state = TCP_CLOSE;
	fact->error = error;
	fact->remote_port = key.port;
	__builtin_memcpy(fact->remote, key.address, sizeof(fact->remote));
	fact->owner_tgid = peer->owner_tgid;
	bpf_ringbuf_submit(fact, 0);
	return 0;
}

/* The process has as many descriptors as it may have, or the host. */
static __noinline int socket_refused(struct task_struct *task)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct refusals fresh = {.start_ns = BPF_CORE_READ(task, group_leader, start_boottime)};
	struct refusals *found = bpf_map_lookup_elem(&refused_sockets, &tgid);

	if (!found || found->start_ns != fresh.start_ns) {
		bpf_map_update_elem(&refused_sockets, &tgid, &fresh, BPF_ANY);
		found = bpf_map_lookup_elem(&refused_sockets, &tgid);
	}
	if (found)
		__sync_fetch_and_add(&found->sockets, 1);
	return 0;
}

/* Does nothing else tell when this system call ends?  Where its number is not at hand: perhaps. */
static __always_inline bool ends_untold(const struct pt_regs *regs)
{
#ifdef __TARGET_ARCH_x86
	switch (regs->orig_rax) {
	case __NR_socket:
	case __NR_connect:
	case __NR_accept:
	case __NR_accept4:
	case __NR_close:
		return true;
	default:
		return false;
	}
#else
	return true;
#endif
}

static __always_inline void call__finish(struct task_struct *task, const struct call *call,
					 long result, __u64 now_ns)
{
	switch (call->kind) {
	case CALL_SOCKET:
		if (result == -EMFILE || result == -ENFILE)
			socket_refused(task);
		break;
	case CALL_ACCEPT:
		if (result >= 0)
			accept_done(task, call, result, now_ns);
		else
			accept_failed(task, call, -result);
		break;
	case CALL_CONNECT:
		if (result < 0 && call->named)
			connect_failed(call, -result);
		else if (result < 0)
			connect_unsent(task, call, -result);
		break;
	case CALL_CLOSE:
		if (call->named)
			call__count(&call->peer, HIST_CLOSE, PEER_CLOSE_BLOCKED, call, now_ns);
		break;
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit_tp, struct pt_regs *regs, long result)
{
	struct task_struct *task;
	struct call *call;

	if (!ends_untold(regs))
		return 0;
	task = bpf_get_current_task_btf();
	call = bpf_task_storage_get(&calls, task, NULL, 0);
	if (!call || !call->began_ns)
		return 0;
	if (call->kind == CALL_CLOSE && !call->named && call->address) {
		call->returned = 1;
		return 0;
	}
	call__finish(task, call, result, bpf_ktime_get_ns());
	call->began_ns = 0;
	return 0;
}

/* A child may use the sockets of its parent. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork_tp, struct task_struct *parent, struct task_struct *child)
{
	if (bpf_task_storage_get(&calls, parent, NULL, 0))
		bpf_task_storage_get(&calls, child, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return 0;
}
