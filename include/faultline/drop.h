/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets that our own kernel threw away: by peer where the packet still had its flow, else by
 * network namespace, and by the kernel's own reason.
 */
#ifndef FAULTLINE_DROP_H
#define FAULTLINE_DROP_H

#include <linux/types.h>

#include "peer.h"

#define DROPS_MAX	  2048 /* rows; beyond, drops count for their namespace, then as lost */
#define DROP_REASONS	  256  /* of the kernel's core; a power of two */
#define DROP_REASON_OTHER (DROP_REASONS - 1) /* those of a subsystem, by numbers of their own */

struct drop_key {
	struct peer_key peer; /* all zero but netns: no peer */
	__u32 reason;	      /* enum skb_drop_reason of the running kernel */
};

_Static_assert(sizeof(struct drop_key) == 44, "struct drop_key is a map key");

struct drop {
	__u64 packets;
	__u64 last_ns; /* CLOCK_MONOTONIC */
};

#endif
