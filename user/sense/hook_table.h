/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hook table: by which programs each reading can be had, and what is lost without it.
 */
#ifndef FAULTLINE_HOOK_TABLE_H
#define FAULTLINE_HOOK_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define HOOK_VARIANTS_MAX 4

enum hook_id {
	HOOK_TCP_RETRANSMIT_SKB,
	HOOK_TCP_RETRANSMIT_SYNACK,
	HOOK_TCP_RECEIVE_RESET,
	HOOK_TCP_SEND_RESET,
	HOOK_KFREE_SKB,
	HOOK_NET_DEV_QUEUE,
	HOOK_NETIF_RECEIVE_SKB,
	HOOK_INET_SOCK_SET_STATE,
	HOOK_TCP_DESTROY_SOCK,
	HOOK_ITER_TCP,
	HOOK_ITER_TASK_FILE,
	HOOK_SK_DATA_READY,
	HOOK_SOCK_SEND_LENGTH,
	HOOK_SOCK_RECV_LENGTH,
	HOOK_TCP_RCV_SPACE_ADJUST,
	HOOK_SYS_ENTER,
	HOOK_SYS_EXIT,
	HOOK_SCHED_PROCESS_FORK,
	HOOK_UDP_FAIL_QUEUE_RCV_SKB,
	HOOK_COUNT,
};

/* One way to get a reading; the first of a hook's variants that loads and attaches is used. */
struct hook_variant {
	const char *program; /* name of the BPF program */
	const char *way;     /* for people: "tp_btf(sk, skb, err)" */
	/* Arguments that the tracepoint must pass at least; 0: not a tracepoint. */
	int arguments;
	const char *shortfall;	/* what this variant sees less than the first; NULL: nothing */
	const char *function;	/* a kernel function it is attached to; NULL: not one */
	const char *tracepoint; /* when it is not the hook's own; else NULL */
	const char *cost;	/* what it costs, and whom; NULL: only what is rare pays */
};

struct hook {
	enum hook_id id;
	const char *name;  /* the tracepoint's name; for --deny-hook and doctor */
	bool required;	   /* without it the main job cannot run */
	bool calls;	   /* attached only while system calls are traced */
	const char *needs; /* the hook without which this one is of no use; NULL: none */
	const char *first; /* the map by which its second program finds its first; NULL: has none */
	const char *sees;  /* what it gives */
	const char *lost;  /* what is lost without it, and what stands in */
	struct hook_variant variant[HOOK_VARIANTS_MAX];
};

extern const struct hook hook_table[HOOK_COUNT]; /* indexed by enum hook_id */

/* The hook of that name, or NULL. */
const struct hook *hook_table__find(const char *name);

#endif
