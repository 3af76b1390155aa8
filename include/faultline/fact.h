/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A fact: one rare thing that happened, told at once through the ring buffer.
 *
 * Counters tell how much; a fact tells which and when.  Facts are limited in number a second
 * (FACTS_PER_SECOND for each processor); what the limit or a full buffer refused is counted in
 * struct sensor_counts, and the counters in struct peer hold it all the same.
 */
#ifndef FAULTLINE_FACT_H
#define FAULTLINE_FACT_H

#include <linux/types.h>

#include "peer.h"

#define FACTS_PER_SECOND 500
#define FACT_RING_BYTES	 (256 * 1024)

enum fact_kind {
	FACT_RESET_RECEIVED = 1,
	FACT_RESET_SENT,
	FACT_CONNECT_FAILED,
	FACT_MANY_CALLS, /* of the sensor itself: CALLS_TO_TELL more system calls were traced */
};

/* So many system calls on one processor, a power of two: is tracing them still affordable? */
#define CALLS_TO_TELL 16384

struct fact {
	__u64 time_ns;
	struct peer_key peer;
	__u8 kind;	  /* enum fact_kind */
	__u8 tcp_state;	  /* in which it happened */
	__u16 local_port; /* host order */
	__s32 error; /* FACT_CONNECT_FAILED: a positive errno; FACT_RESET_SENT: enum sk_rst_reason
		      */
	__u8 remote[16];  /* the far address, also of an incoming peer */
	__u32 owner_tgid; /* 0: unknown */
	__u16 remote_port;
	__u8 hops; /* FACT_RESET_RECEIVED: the hop limit it came with; 0: not seen */
	__u8 pad;
};

_Static_assert(sizeof(struct fact) == 80, "struct fact crosses the ring buffer");

/* Calls of a process that failed for want of descriptors. */
struct refusals {
	__u64 start_ns; /* of the process, CLOCK_BOOTTIME: its number may be another's by now */
	__u64 sockets;
};

/* What the kernel side did and could not do; one entry for each processor. */
struct sensor_counts {
	__u64 events;		 /* hooks that ran for a watched socket */
	__u64 facts_refused;	 /* over the limit of facts a second */
	__u64 facts_lost;	 /* the ring buffer was full */
	__u64 peers_overflowed;	 /* events of peers that found the table full: they went to the
				    overflow peer */
	__u64 sockets_untracked; /* no socket storage could be had */
	__u64 hists_refused;	 /* a duration whose histogram could not be made */
	__u64 resets_sent_unattributed; /* a RST that belongs to no peer */
	__u64 retrans_unattributed;	/* a retransmit that belongs to no peer */
	__u64 nested; /* events inside the handling of another that were made good */
	__u64 calls;  /* system calls that began while they were traced */
	__u64 limit_window_ns;
	__u64 limit_used;
};

#endif
