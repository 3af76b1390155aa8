/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows that passed the line: per-flow truth, and what rules need to know of a flow's past.
 */
#ifndef LAB_LINE_FLOW_H
#define LAB_LINE_FLOW_H

#include <linux/types.h>
#include <netinet/in.h>
#include <stdbool.h>

struct packet;

/* `out` is from end a, the near one, to end b, the far one. */
enum direction { OUT, IN, DIRECTIONS };

/* How many rules can count inside each flow at the same time. */
enum { FLOW_SLOTS = 4 };

struct flow_key {
	struct in6_addr near, far; /* IPv4-mapped for IPv4 */
	__u16 near_port, far_port; /* host order */
	__u8 proto;
	__u8 family;
	__u8 pad[2];
};

/* A rule's own count inside one direction of a flow; zeroed when another rule takes the slot. */
struct flow_slot {
	__u32 rule_id;
	__u32 count;
	__u32 seq;
	__u32 left;
};

struct flow_side {
	__u64 packets, bytes, dropped;
	__u64 data_segments, data_retransmitted, data_dropped;
	__u64 resets_injected;
	__u64 last_due_ns; /* when the last packet that keeps order leaves */
	__u32 next_seq;	   /* beyond all sequence numbers sent */
	__u32 ack;	   /* the latest acknowledgement sent */
	__u32 delivered;   /* end of the sequence space handed on without a hole */
	bool seq_known, ack_known, delivered_known, fin;
	__u8 ethernet[14];
	struct flow_slot slot[FLOW_SLOTS];
};

struct flow {
	struct flow_key key;
	struct flow_side side[DIRECTIONS];
	__u64 born_ns;	   /* of the flow, or of the latest connection on its ports */
	unsigned int held; /* packets of it that wait in the hold queue */
	bool closed;	   /* a reset passed, or a FIN each way */
	struct flow *chain, *newer, *older;
};

struct flow_table;

/* Holds at most @max flows; returns NULL with errno. The caller frees it. */
struct flow_table *flow_table__new(unsigned int max);
void flow_table__free(struct flow_table *table);

/*
 * Finds or makes the flow of @packet, counts the packet in it, follows its sequence numbers and
 * sets packet->new_data. The table owns the flow, which may disappear at the next call unless
 * flow->held is not 0. NULL for what is not IP, or when all flows are held or memory is short.
 */
struct flow *flow_table__account(struct flow_table *table, struct packet *packet,
				 enum direction direction, __u64 now_ns);

/* The packet of @flow that ends at @seq_end was handed to the receiving end. */
void flow__delivered(struct flow *flow, enum direction direction, __u32 seq, __u32 seq_end);

/* The slot of rule @rule_id in that direction, zeroed when it belonged to another rule. */
struct flow_slot *flow__slot(struct flow *flow, enum direction direction, unsigned int slot,
			     __u32 rule_id);

/* Calls @visit for every flow, the most recently used first, until it returns not 0. */
int flow_table__each(struct flow_table *table, int (*visit)(struct flow *flow, void *arg),
		     void *arg);

unsigned int flow_table__known(const struct flow_table *table);
__u64 flow_table__evicted(const struct flow_table *table);

/* Is a after b in sequence space? */
static inline bool seq_after(__u32 a, __u32 b)
{
	return (__s32)(a - b) > 0;
}

#endif
