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

/* This kernel can tell when a system call began (task storage, since 5.11, and its tracepoint). */
const volatile bool calls_recorded __weak = false;
/* Are the beginnings of system calls traced now?  User space turns it off where it costs too much.
 */
bool calls_traced __weak = false;
/* Has a thread that uses watched sockets ever spliced? */
bool calls_splice __weak = false;
/* Number of the running census. */
__u32 census_number __weak = 0;

/* One request that waits for its answer. */
struct sent {
	__u32 when; /* 256 ns each */
	__u32 seq;  /* of the byte behind its last */
};

#define SENT_NEAR 8   /* kept in the slot */
#define SENT_FAR  128 /* kept in storage of their own once a socket needs it */

/* How a socket uses its requests, as far as it has shown. */
enum turn_mode {
	TURN_UNKNOWN,  /* one request at a time, or not yet seen */
	TURN_PIPELINE, /* several requests in flight, each answered once, in order */
	TURN_PARTS,    /* one request goes out in several sends */
	TURN_BLIND,    /* more in flight than can be remembered */
};

/* What was sent again last. */
enum retransmitted {
	RETRANSMITTED_NOTHING,
	RETRANSMITTED_SMALL,
	RETRANSMITTED_FULL_SIZE,
};

/* Who waits for whom on a socket.  Requests are numbered from head, the oldest, to tail. */
struct waits {
	__u64 unread_ns;  /* arrival of the first unread byte; 0: all is read */
	__u64 later_ns;	  /* arrival of the first byte since the last read; 0: none came */
	__u64 data_ns;	  /* last byte that came */
	__u64 push_ns;	  /* last time the far side spoke unasked, after a pause */
	__u64 sent_ns;	  /* last send */
	__u64 sampled_ns; /* last sample of any kind */
	__u32 unread_seq, later_seq;
	__u32 rcv_seq;	/* rcv_nxt, without a FIN, when data came last */
	__u32 sent_seq; /* write_seq when a send was seen last */
	__u32 head, tail;
	__u32 push_gap_us;		/* usual time between pushes; 0: not known */
	__u32 response_us;		/* usual response time */
	__u32 turn_sends, turn_answers; /* since we last sent after having heard */
	__u32 left_before;		/* requests unanswered when we last did */
	/* Counts that the next fold adds to the peer. */
	__u32 unpaired, pickups_unpaired, sends_untimed, recvs_untimed, again, pushes;
	__u32 sends_slept, recvs_slept;
	__u64 sends_slept_us, recvs_slept_us;
	__u8 mode; /* enum turn_mode */
	__u8 ready;
	__u8 far;	  /* requests are kept in the storage of their own */
	__u8 uneven;	  /* answers of several sizes came since all requests were answered */
	__u32 answer_len; /* of the first answer since then; 0: none came */
	__u32 answers;	  /* that came at once */
	/* Turns in a row that looked like the one or like the other. */
	__u32 pipeline_turns, parts_turns, usual_turns;
	struct sent sent[SENT_NEAR];
};

/* Durations that go into histograms together. */
#define SAMPLES_ROOM 16

enum sampled { SAMPLED_RESPONSE, SAMPLED_PICKUP, SAMPLED_SEND, SAMPLED_RECV, SAMPLED_COUNT };

struct samples {
	__u64 sum_ns;
	__u64 max_ns;
	__u32 count;
	__u8 bucket[SAMPLES_ROOM];
	__u32 pad;
};

/*
 * What is kept with a socket.  The counters of the socket itself only ever grow, so the slot holds
 * what of them has been added to the peer already.
 */
struct slot {
	struct peer_key key;
	__u64 connect_began_ns; /* 0: not connecting, or the beginning was not seen */
	__u64 syn_sent_ns;	/* the last SYN of a connect */
	__u64 established_ns;	/* 0: not yet, or before the sensor came */
	__u64 tlp_ns;		/* when the probe under suspicion was sent; 0: none */
	/* As the census saw it, for the age of what does not move; 0: nothing waits. */
	__u64 unacked_ns;
	__u64 hole_ns;
	__u32 unacked_seq; /* snd_una then */
	__u32 hole_seq;	   /* rcv_nxt then */
	__u32 retransmitted_seq;
	__u64 bytes_sent, bytes_received; /* sent: for the first time */
	__u32 segs_out, segs_in, data_segs_out, data_segs_in;
	__u32 total_retrans; /* of the socket's retransmits, those counted already */
	__u32 dsack_dups, reord_seen, rcv_ooopack;
	__u32 chrono_us[3];
	__u32 episode_end; /* snd_nxt when the running loss episode began */
	__u32 tlp_dsacks;  /* dsack_dups when the probe was sent */
	__u32 owner_tgid;
	__u32 icmp_before;	/* errors by ICMP that the peer had when the connect began, */
	__u32 icmp_port_before; /* and those that say nobody is at the port */
	__u8 in_episode;
	__u8 open;	 /* counted in SOCKETS_OPENED and not yet in SOCKETS_CLOSED */
	__u8 connecting; /* between SYN_SENT and its outcome */
	__u8 listening;
	__u8 syn_retransmitted;
	__u8 refused; /* our SYN was answered with a RST */
	__u8 window_ours_closed;
	__u8 window_theirs_closed;
	__u8 retransmitted; /* enum retransmitted: the segment of that number */
	__u8 hops_known;    /* the hop limit was looked at since the last census */
	__u8 hops_least;    /* of what came; 0: not known */
	__u8 hops_most;
	struct waits waits;
	struct samples samples[SAMPLED_COUNT];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct slot);
} slots __weak SEC(".maps");

struct sent_far {
	struct sent sent[SENT_FAR];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sent_far);
} requests_far __weak SEC(".maps");

/* The system call that a thread is in; only threads that use watched sockets have one. */
struct call {
	__u64 began_ns; /* 0: none, or told already */
	__u64 switches; /* how often the thread had slept when it began */
	__u64 file;	/* the descriptor it was given */
	__u64 address;	/* where the address is that it was given; of a close, its socket */
	__u32 kind;	/* enum call_kind */
	__u8 named;	/* the peer is known */
	__u8 again;	/* a connect of a socket that is connecting already */
	__u8 returned;	/* a close that is at its end, and its socket was not closed yet */
	__u8 pad;
	struct peer_key peer;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct call);
} calls __weak SEC(".maps");

/* What a process was refused, by its thread group's number. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, REFUSALS_MAX);
	__type(key, __u32);
	__type(value, struct refusals);
} refused_sockets __weak SEC(".maps");

/* Connections that wait to be accepted, by the address of their socket. */
struct waiting {
	__u64 since_ns;
	struct peer_key peer;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ACCEPT_WAITING_MAX);
	__type(key, __u64);
	__type(value, struct waiting);
} accept_waiting __weak SEC(".maps");

/* What is kept with a UDP socket. */
struct udp_slot {
	struct peer_key key;
	__u64 data_ns;
	__u64 unread_ns;     /* arrival of the first datagram nobody has read; 0: none */
	__u64 later_ns;	     /* arrival of the first since the last read; 0: none */
	__u32 arrived, read; /* datagrams, to tell whether some wait */
	__u8 named;	     /* the key is known */
	__u8 ignored;	     /* it belongs to no peer: an unnamed port of our own */
	__u8 pad[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct udp_slot);
} udp_slots __weak SEC(".maps");

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
