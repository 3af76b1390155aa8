/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's own types, cut down to the fields that are read.
 *
 * Offsets, sizes and the unnamed structs in between do not matter: each access is relocated when
 * the program is loaded, against the BTF of the kernel that runs.  So the build needs no kernel
 * headers and no BTF of the build machine, and one object runs on every kernel.
 */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <linux/types.h>
#include <stdbool.h>

#define AF_INET	 2
#define AF_INET6 10

#define IPPROTO_TCP 6
#define IPPROTO_UDP 17

#define RCV_SHUTDOWN	   1
#define SOCK_BINDPORT_LOCK 8

#define ETH_P_IP   0x0800
#define ETH_P_IPV6 0x86dd

enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_FIN_WAIT1 = 4,
	TCP_TIME_WAIT = 6,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
	TCP_LISTEN = 10,
	TCP_NEW_SYN_RECV = 12,
};

enum {
	TCP_CA_OPEN = 0,
	TCP_CA_DISORDER = 1,
	TCP_CA_CWR = 2,
	TCP_CA_RECOVERY = 3,
	TCP_CA_LOSS = 4,
};

/* Order of tcp_sock.chrono_stat, counted from one. */
enum {
	TCP_CHRONO_BUSY = 1,
	TCP_CHRONO_RWND_LIMITED = 2,
	TCP_CHRONO_SNDBUF_LIMITED = 3,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned long skc_flags;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

typedef struct {
	int owned;
} socket_lock_t;

struct list_head {
	struct list_head *next;
};

struct rb_node;

struct rb_root {
	struct rb_node *rb_node;
};

struct sk_buff;

struct sk_buff_head {
	struct sk_buff *prev; /* of the head: the last */
	__u32 qlen;
};

struct sock {
	struct sock_common __sk_common;
	socket_lock_t sk_lock;
	struct sk_buff_head sk_receive_queue;
	int sk_err;
	__u8 sk_shutdown;
	__u16 sk_protocol;
	__u8 sk_userlocks;
	__u32 sk_ack_backlog;
};

enum sock_flags {
	SOCK_LINGER = 4,
};

enum socket_state {
	SOCKET_CONNECTING = 2,
};

struct socket {
	enum socket_state state;
	struct sock *sk;
};

struct in_addr {
	__be32 s_addr;
};

struct ip_mreqn {
	struct in_addr imr_multiaddr;
};

struct ip_mc_socklist {
	struct ip_mreqn multi;
};

struct ipv6_mc_socklist {
	struct in6_addr addr;
};

struct ipv6_pinfo {
	struct ipv6_mc_socklist *ipv6_mc_list;
};

struct inet_sock {
	struct ipv6_pinfo *pinet6;
	struct ip_mc_socklist *mc_list;
};

struct request_sock {
	struct sock_common __req_common;
};

struct inet_connection_sock {
	__u8 icsk_ca_state : 5;
	__u8 icsk_retransmits;
	__u8 icsk_backoff;
	struct {
		__u32 lrcvtime;
	} icsk_ack;
};

struct tcp_rack {
	__u64 mstamp;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	struct tcp_rack rack;
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 write_seq;
	__u32 rcv_tstamp;
	__u64 tcp_clock_cache;
	__u32 segs_out;
	__u32 segs_in;
	__u32 data_segs_out;
	__u32 data_segs_in;
	__u64 bytes_sent;
	__u64 bytes_retrans;
	__u64 bytes_received;
	__u32 total_retrans;
	__u32 dsack_dups;
	__u32 reord_seen;
	__u32 rcv_ooopack;
	__u32 snd_una;
	__u32 snd_nxt;
	__u32 packets_out;
	__u32 mss_cache;
	struct rb_root out_of_order_queue;
	struct list_head tsorted_sent_queue; /* by the time of the last transmission */
	__u32 snd_wnd;
	__u32 rcv_wnd;
	__u32 srtt_us;
	__u32 chrono_stat[3];
	__u32 chrono_start;
	__u8 chrono_type;
};

struct tcp_skb_cb {
	__u32 seq;
	__u16 tcp_gso_segs;
};

struct net_device {
	possible_net_t nd_net;
};

struct dst_entry {
	struct net_device *dev;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	__u64 skb_mstamp_ns;
	struct list_head tcp_tsorted_anchor;
	unsigned long _skb_refdst; /* the lowest bit: not counted */
	unsigned int len, data_len;
	unsigned char *data;
	char cb[48];
	__be16 protocol;
	__u16 transport_header;
	__u16 network_header;
	unsigned char *head;
};

struct file {
	void *private_data;
	const void *f_op;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct {
	int pid;
	int tgid;
	char comm[16];
	struct task_struct *group_leader;
	struct files_struct *files;
	unsigned long nvcsw;
	__u64 start_boottime;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#endif
