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

const struct hook hook_table[HOOK_COUNT] = {
	[HOOK_TCP_RETRANSMIT_SKB] = {
		.id = HOOK_TCP_RETRANSMIT_SKB,
		.name = "tcp_retransmit_skb",
		.sees = "retransmitted segments by reason, and loss episodes",
		.lost = "the reasons of retransmits and the loss episodes; whole counts still come "
			"from the sockets, once a tick",
		.variant = {
			{"tcp_retransmit_err_tp", "tp_btf(sk, skb, err)", 3, NULL},
			{"tcp_retransmit_tp", "tp_btf(sk, skb)", 2,
			 "retransmits that failed in our own kernel are told from the rest by "
			 "subtraction, once a tick"},
		},
	},
	[HOOK_TCP_RETRANSMIT_SYNACK] = {
		.id = HOOK_TCP_RETRANSMIT_SYNACK,
		.name = "tcp_retransmit_synack",
		.sees = "retransmitted SYN-ACK segments",
		.lost = "SYN-ACK retransmits of connections that never came about",
		.variant = {{"tcp_retransmit_synack_tp", "tp_btf(sk, req)", 2, NULL}},
	},
	[HOOK_TCP_RECEIVE_RESET] = {
		.id = HOOK_TCP_RECEIVE_RESET,
		.name = "tcp_receive_reset",
		.sees = "resets received, in which state",
		.lost = "resets that end a socket which is closing already; the others are read "
			"off the error that the socket closes with",
		.variant = {{"tcp_receive_reset_tp", "tp_btf(sk)", 1, NULL}},
	},
	[HOOK_TCP_SEND_RESET] = {
		.id = HOOK_TCP_SEND_RESET,
		.name = "tcp_send_reset",
		.sees = "resets sent, with the kernel's reason",
		.lost = "resets that we send, by link; their sum stands in not_attributed, from "
			"the kernel's own counter",
		.variant = {
			{"tcp_send_reset_reason_tp", "tp_btf(sk, skb, reason)", 3, NULL},
			{"tcp_send_reset_tp", "tp_btf(sk, skb)", 2,
			 "no reasons; resets without a socket come from the kernel's own counter"},
		},
	},
	[HOOK_INET_SOCK_SET_STATE] = {
		.id = HOOK_INET_SOCK_SET_STATE,
		.name = "inet_sock_set_state",
		.required = true,
		.sees = "connects by outcome and time, accepts, the ends of sockets, owners",
		.lost = "connects and accepts; connections shorter than a tick",
		.variant = {{"inet_sock_set_state_tp", "tp_btf(sk, old, new)", 3, NULL}},
	},
	[HOOK_TCP_DESTROY_SOCK] = {
		.id = HOOK_TCP_DESTROY_SOCK,
		.name = "tcp_destroy_sock",
		.sees = "the last counts of a socket",
		.lost = "segments sent after a socket is closed, such as a final reset",
		.variant = {{"tcp_destroy_sock_tp", "tp_btf(sk)", 1, NULL}},
	},
	[HOOK_ITER_TCP] = {
		.id = HOOK_ITER_TCP,
		.name = "iter_tcp",
		.sees = "segments, bytes, RTT and windows of live sockets; sockets older than the "
			"sensor",
		.lost = "segments, bytes, RTT and windows of a connection until it ends; sockets "
			"older than the sensor until something happens on them",
		.variant = {{"tcp_census", "iter/tcp", 0, NULL}},
	},
	[HOOK_ITER_TASK_FILE] = {
		.id = HOOK_ITER_TASK_FILE,
		.name = "iter_task_file",
		.sees = "the process of sockets older than the sensor",
		.lost = "the process of sockets older than the sensor: links that name a process "
			"do not see them",
		.variant = {{"socket_owners", "iter/task_file", 0, NULL}},
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
