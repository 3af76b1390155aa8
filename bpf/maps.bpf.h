/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map and every knob of the kernel side.
 *
 * Maps are weak, so that each object file can name them and the linked object has one of each.
 * Knobs are constants by the time the verifier reads the program: what they turn off costs nothing.
 */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

#include "kernel_types.h"

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "faultline/fact.h"
#include "faultline/hist.h"
#include "faultline/limits.h"
#include "faultline/peer.h"

/* Only sockets of this network namespace (inode number); 0: of all. */
const volatile __u32 only_netns __weak = 0;
/* Length of one jiffy; the kernel counts some ages in jiffies. */
const volatile __u32 jiffy_ns __weak = 4000000;
/* Keep socket slots in a hash: kernels before 5.11 have no socket storage for tracing programs. */
const volatile bool slots_in_hash __weak = false;
/* No hook tells of retransmits: whole counts come from the sockets, without reasons. */
const volatile bool retransmits_untraced __weak = false;
/* The hook is silent about retransmits that failed in our own kernel (before 6.17). */
const volatile bool retransmit_failures_untraced __weak = false;
/* No hook tells of SYN-ACK retransmits: those of connections that came about count untold. */
const volatile bool synacks_untraced __weak = false;
/* No hook tells of resets received: they are read off the error a socket closes with. */
const volatile bool resets_from_errors __weak = false;

/*
 * What is kept with a socket.  The counters of the socket itself only ever grow, so the slot holds
 * what of them has been added to the peer already.
 */
struct slot {
	struct peer_key key;
	__u64 connect_began_ns;		  /* 0: not connecting, or the beginning was not seen */
	__u64 syn_sent_ns;		  /* the last SYN of a connect */
	__u64 tlp_ns;			  /* when the probe under suspicion was sent; 0: none */
	__u64 bytes_sent, bytes_received; /* sent: for the first time */
	__u32 segs_out, segs_in, data_segs_out, data_segs_in;
	__u32 total_retrans; /* of the socket's retransmits, those counted already */
	__u32 dsack_dups, reord_seen, rcv_ooopack;
	__u32 chrono_us[3];
	__u32 episode_end; /* snd_nxt when the running loss episode began */
	__u32 tlp_dsacks;  /* dsack_dups when the probe was sent */
	__u32 owner_tgid;
	__u8 in_episode;
	__u8 open;	 /* counted in SOCKETS_OPENED and not yet in SOCKETS_CLOSED */
	__u8 connecting; /* between SYN_SENT and its outcome */
	__u8 listening;
	__u8 syn_retransmitted;
	__u8 refused; /* our SYN was answered with a RST */
	__u8 window_ours_closed;
	__u8 window_theirs_closed;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct slot);
} slots __weak SEC(".maps");

/* Keyed by the address of the socket; in use only with slots_in_hash. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SLOT_HASH_MAX);
	__type(key, __u64);
	__type(value, struct slot);
} slot_hash __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, PEERS_MAX);
	__type(key, struct peer_key);
	__type(value, struct peer);
} peers __weak SEC(".maps");

/* Where the counts of peers go that found the table full; by direction. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct peer);
} overflow __weak SEC(".maps");

/*
 * The process of the newest socket of a service, for packets that have no socket any more and for
 * sockets older than the sensor.  Listening ports are in it as incoming services.
 */
struct service_key {
	__u8 address[16];
	__u32 netns;
	__u16 port;
	__u8 direction;
	__u8 pad;
};

struct service {
	char comm[PEER_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, PEERS_MAX);
	__type(key, struct service_key);
	__type(value, struct service);
} services __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HISTS_MAX);
	__type(key, struct hist_key);
	__type(value, struct hist);
} hists __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, FACT_RING_BYTES);
} facts __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sensor_counts);
} sensor __weak SEC(".maps");

#endif
