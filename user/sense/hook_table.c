/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the sensor hooks into, in one table.
 *
 * The loader walks it, doctor prints it, tests deny its rows one by one.  Variants stand in the
 * order of preference; which of them a kernel takes is found by trying, never by its version.  A
 * new signal is a row here and its program in bpf/.
 */
#include "sense/hook_table.h"

#include <string.h>

#define ARRIVAL_COST "60 to 150 ns for each arrival of data on a TCP socket"
#define SEND_COST    "60 to 150 ns for each send on a socket"
#define RECEIVE_COST "60 to 150 ns for each receive on a socket"
#define CALL_COST                                                                              \
	"50 to 100 ns for every system call of the host; taken off while the host makes many " \
	"calls"

#define PACKET_COST                                                                          \
	"some 80 ns for each packet of the host; taken off while it has more than 20,000 a " \
	"second "                                                                            \
	"for each processor"

const struct hook hook_table[HOOK_COUNT] = {
	[HOOK_TCP_RETRANSMIT_SKB] =
		{
			.id = HOOK_TCP_RETRANSMIT_SKB,
			.name = "tcp_retransmit_skb",
			.first = "first_retrans",
			.sees = "retransmitted segments by reason, and loss episodes",
			.lost = "the reasons of retransmits and the loss episodes; whole counts "
				"still come "
				"from the sockets, once a tick",
			.variant =
				{
					{"tcp_retransmit_err_tp", "tp_btf(sk, skb, err)", 3, NULL},
					{"tcp_retransmit_tp", "tp_btf(sk, skb)", 2,
					 "retransmits that failed in our own kernel are told from "
					 "the rest by "
					 "subtraction, once a tick"},
				},
		},
	[HOOK_TCP_RETRANSMIT_SYNACK] =
		{
			.id = HOOK_TCP_RETRANSMIT_SYNACK,
			.name = "tcp_retransmit_synack",
			.first = "first_synack",
			.sees = "retransmitted SYN-ACK segments",
			.lost = "SYN-ACK retransmits of connections that never came about",
			.variant = {{"tcp_retransmit_synack_tp", "tp_btf(sk, req)", 2, NULL}},
		},
	[HOOK_TCP_RECEIVE_RESET] =
		{
			.id = HOOK_TCP_RECEIVE_RESET,
			.name = "tcp_receive_reset",
			.first = "first_reset_in",
			.sees = "resets received, in which state",
			.lost = "resets that end a socket which is closing already; the others are "
				"read "
				"off the error that the socket closes with",
			.variant = {{"tcp_receive_reset_tp", "tp_btf(sk)", 1, NULL}},
		},
	[HOOK_TCP_SEND_RESET] =
		{
			.id = HOOK_TCP_SEND_RESET,
			.name = "tcp_send_reset",
			.first = "first_reset_out",
			.sees = "resets sent, with the kernel's reason",
			.lost = "resets that we send, by link; their sum stands in not_attributed, "
				"from "
				"the kernel's own counter",
			.variant =
				{
					{"tcp_send_reset_reason_tp", "tp_btf(sk, skb, reason)", 3,
					 NULL},
					{"tcp_send_reset_tp", "tp_btf(sk, skb)", 2,
					 "no reasons; resets without a socket come from the "
					 "kernel's own counter"},
				},
		},
	[HOOK_KFREE_SKB] =
		{
			.id = HOOK_KFREE_SKB,
			.name = "kfree_skb",
			.first = "first_drop",
			.sees = "packets that our own kernel drops, by link and with its reason; "
				"damaged ones "
				"among them",
			.lost = "our kernel's drops and damaged packets by link and reason; sums "
				"stand in "
				"the counters of the host",
			.variant =
				{
					{"kfree_skb_receiver_tp",
					 "tp_btf(skb, location, reason, receiver)", 4, NULL},
					{"kfree_skb_reason_tp", "tp_btf(skb, location, reason)", 3,
					 "drops of packets whose headers are gone, by link"},
				},
		},
	[HOOK_NET_DEV_QUEUE] =
		{
			.id = HOOK_NET_DEV_QUEUE,
			.name = "net_dev_queue",
			.sees = "queries to resolvers",
			.lost = "everything about resolvers but their neighbour state",
			.variant = {{.program = "net_dev_queue_tp",
				     .way = "tp_btf(skb)",
				     .arguments = 1,
				     .cost = PACKET_COST}},
		},
	[HOOK_NETIF_RECEIVE_SKB] =
		{
			.id = HOOK_NETIF_RECEIVE_SKB,
			.name = "netif_receive_skb",
			.sees = "answers of resolvers: their time and code; the hops that resets "
				"have left; "
				"ICMP errors by link",
			.lost = "answers of resolvers; every query seems unanswered; who sent a "
				"reset or "
				"an ICMP error",
			.variant = {{.program = "netif_receive_skb_tp",
				     .way = "tp_btf(skb)",
				     .arguments = 1,
				     .cost = PACKET_COST}},
		},
	[HOOK_INET_SOCK_SET_STATE] =
		{
			.id = HOOK_INET_SOCK_SET_STATE,
			.name = "inet_sock_set_state",
			.first = "first_state",
			.required = true,
			.sees = "connects by outcome and time, accepts, the ends of sockets, "
				"owners",
			.lost = "connects and accepts; connections shorter than a tick",
			.variant = {{"inet_sock_set_state_tp", "tp_btf(sk, old, new)", 3, NULL}},
		},
	[HOOK_TCP_DESTROY_SOCK] =
		{
			.id = HOOK_TCP_DESTROY_SOCK,
			.name = "tcp_destroy_sock",
			.first = "first_destroy",
			.sees = "the last counts of a socket",
			.lost = "segments sent after a socket is closed, such as a final reset",
			.variant = {{"tcp_destroy_sock_tp", "tp_btf(sk)", 1, NULL}},
		},
	[HOOK_ITER_TCP] =
		{
			.id = HOOK_ITER_TCP,
			.name = "iter_tcp",
			.sees = "segments, bytes, RTT and windows of live sockets, and what they "
				"wait for; "
				"sockets older than the sensor",
			.lost = "segments, bytes, RTT and windows of a connection until it ends; "
				"what "
				"sockets wait for; sockets older than the sensor until something "
				"happens "
				"on them",
			.variant = {{"tcp_census", "iter/tcp", 0, NULL}},
		},
	[HOOK_ITER_TASK_FILE] =
		{
			.id = HOOK_ITER_TASK_FILE,
			.name = "iter_task_file",
			.sees = "the process of sockets older than the sensor",
			.lost = "the process of sockets older than the sensor: links that name a "
				"process "
				"do not see them",
			.variant = {{"socket_owners", "iter/task_file", 0, NULL}},
		},
	[HOOK_SK_DATA_READY] =
		{
			.id = HOOK_SK_DATA_READY,
			.name = "sk_data_ready",
			.sees = "when data comes: response time, pickup delay, silence to the "
				"microsecond",
			.lost = "response time, pickup delay; silence only as of the last tick",
			.variant =
				{
					{"sk_data_ready_tp", "tp_btf(sk)", 1, NULL,
					 .cost = ARRIVAL_COST},
					{"sock_def_readable_fe", "fentry(sk)", 1,
					 "sockets that the kernel or a proxy reads without a "
					 "process",
					 .function = "sock_def_readable", .cost = ARRIVAL_COST},
				},
		},
	[HOOK_SOCK_SEND_LENGTH] =
		{
			.id = HOOK_SOCK_SEND_LENGTH,
			.name = "sock_send_length",
			.sees = "sends: the beginning of response times, errors",
			.lost = "response time, errors and latency of sends",
			.variant =
				{
					{"sock_send_length_tp", "tp_btf(sk, result, flags)", 3,
					 NULL, .cost = SEND_COST},
					{"tcp_sendmsg_fx", "fexit(sk, msg, size)", 3,
					 "datagrams sent", .function = "tcp_sendmsg",
					 .cost = SEND_COST},
				},
		},
	[HOOK_SOCK_RECV_LENGTH] =
		{
			.id = HOOK_SOCK_RECV_LENGTH,
			.name = "sock_recv_length",
			.sees = "receives: the end of pickup delays, errors",
			.lost = "pickup delay, errors and latency of receives",
			.variant =
				{
					{"sock_recv_length_tp", "tp_btf(sk, result, flags)", 3,
					 NULL, .cost = RECEIVE_COST},
					{"tcp_recvmsg_fx", "fexit(sk, msg, len, flags, addr_len)",
					 5, "datagrams read, and their pickup delay",
					 .function = "tcp_recvmsg", .cost = RECEIVE_COST},
					{"tcp_recvmsg_noblock_fx",
					 "fexit(sk, msg, len, nonblock, flags, addr_len)", 6,
					 "datagrams read, and their pickup delay",
					 .function = "tcp_recvmsg", .cost = RECEIVE_COST},
					{"tcp_data_read_tp", "tp_btf(sk) of tcp_rcv_space_adjust",
					 1, "errors of receives",
					 .tracepoint = "tcp_rcv_space_adjust",
					 .cost = RECEIVE_COST},
				},
		},
	[HOOK_TCP_RCV_SPACE_ADJUST] =
		{
			.id = HOOK_TCP_RCV_SPACE_ADJUST,
			.name = "tcp_rcv_space_adjust",
			.calls = true,
			.sees = "reads by splice, which pass sock_recv_length by",
			.lost = "pickup delay and latency of reads by splice",
			.variant = {{"tcp_rcv_space_adjust_tp", "tp_btf(sk)", 1, NULL,
				     .cost = RECEIVE_COST}},
		},
	[HOOK_SYS_ENTER] =
		{
			.id = HOOK_SYS_ENTER,
			.name = "sys_enter",
			.calls = true,
			.sees = "when a send, receive, accept or close began",
			.lost = "latency of send, recv, accept and close, and the time they slept",
			.variant = {{"sys_enter_tp", "tp_btf(regs, id)", 2, NULL,
				     .cost = CALL_COST}},
		},
	[HOOK_SYS_EXIT] =
		{
			.id = HOOK_SYS_EXIT,
			.name = "sys_exit",
			.calls = true,
			.needs = "sys_enter",
			.sees = "when an accept or a close ended; how long a connection waited for "
				"its "
				"accept; connects that found no way; sockets refused to a process",
			.lost = "latency of accept and close, accept delay; connects that failed "
				"before "
				"a SYN was sent, as without a route",
			.variant = {{"sys_exit_tp", "tp_btf(regs, result)", 2, NULL,
				     .cost = CALL_COST}},
		},
	[HOOK_SCHED_PROCESS_FORK] =
		{
			.id = HOOK_SCHED_PROCESS_FORK,
			.name = "sched_process_fork",
			.calls = true,
			.needs = "sys_enter",
			.sees = "children that use the sockets of their parent",
			.lost = "the latency of the first call of a child on its parent's socket",
			.variant = {{"sched_process_fork_tp", "tp_btf(parent, child)", 2, NULL}},
		},
	[HOOK_UDP_FAIL_QUEUE_RCV_SKB] =
		{
			.id = HOOK_UDP_FAIL_QUEUE_RCV_SKB,
			.name = "udp_fail_queue_rcv_skb",
			.sees = "UDP datagrams that found the receive buffer full",
			.lost = "drops of UDP datagrams at a full receive buffer",
			.variant = {{"udp_fail_queue_rcv_skb_tp", "tp_btf(rc, sk, skb)", 2, NULL}},
		},
};

const struct hook *hook_table__find(const char *name)
{
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		if (!strcmp(hook_table[i].name, name))
			return &hook_table[i];
	}
	return NULL;
}
