/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets that must not leave yet, ordered by the time they are due; equal times keep the order of
 * arrival.
 */
#ifndef LAB_LINE_HOLD_H
#define LAB_LINE_HOLD_H

#include <linux/types.h>

#include "flow.h"

struct held_packet {
	__u64 due_ns;
	__u64 order;
	struct flow *flow; /* its `held` counts this packet; NULL when it has none */
	__u32 seq, seq_end;
	enum direction direction;
	bool tcp, copy; /* copy: a duplicate, which is not counted as forwarded */
	unsigned int len, ip_len;
	__u8 frame[];
};

struct hold;

/* Keeps at most @max_bytes, counting what a packet costs in memory. NULL with errno. */
struct hold *hold__new(__u64 max_bytes);
void hold__free(struct hold *hold);

/* Copies @frame and the other members of @like. Returns 0, -ENOBUFS when full, or -ENOMEM. */
int hold__add(struct hold *hold, const struct held_packet *like, const __u8 *frame);

/* When the first packet is due; ~0 when nothing is held. */
__u64 hold__next_ns(const struct hold *hold);

/* Takes out the first packet if it is due at @now_ns, else NULL. The caller frees it. */
struct held_packet *hold__take(struct hold *hold, __u64 now_ns);

/* How many packets of that direction are held, without duplicates. */
__u64 hold__count(const struct hold *hold, enum direction direction);

#endif
