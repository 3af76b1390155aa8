/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wire between both ends: reads packets, lets the rules judge them, carries the verdict out and
 * counts what it did.
 */
#ifndef LAB_LINE_WIRE_H
#define LAB_LINE_WIRE_H

#include <linux/types.h>
#include <stdbool.h>

#include "flow.h"
#include "rule.h"

struct hold;
struct packet_log;
struct tun;

/* The truth about one direction. packets = forwarded + held + the sum of all drops. */
struct wire_counts {
	__u64 packets, bytes;
	__u64 forwarded, forwarded_bytes;
	__u64 dropped_bytes, drops[CAUSES];
	__u64 duplicated, corrupted, reordered, delayed, resets_injected;
	__u64 tcp_segments, data_segments, data_retransmitted, data_dropped;
	__u64 syn, fin, rst;
};

struct wire_spec {
	struct tun *near, *far; /* stay the caller's */
	bool tap;
	__u64 seed, hold_bytes;
	unsigned int flows;
};

struct wire;

/* NULL with errno; the caller frees it, before the devices. */
struct wire *wire__new(const struct wire_spec *spec);
void wire__free(struct wire *wire);

/* Reads and handles a bounded number of packets; returns how many there were. */
unsigned int wire__read(struct wire *wire, enum direction direction);

/* Sends every held packet that is due. */
void wire__release(struct wire *wire);

/* When the next held packet is due (CLOCK_MONOTONIC, ns); ~0 when none is held. */
__u64 wire__next_ns(const struct wire *wire);

/* Forges resets for every live TCP flow that @rule matches; returns how many flows. */
unsigned int wire__reset(struct wire *wire, const struct rule *rule);

/* What it is made of, for commands and reports; owned by the wire. */
struct rule_set *wire__rules(struct wire *wire);
struct flow_table *wire__flows(struct wire *wire);
struct packet_log *wire__log(struct wire *wire);
struct tun *wire__end(struct wire *wire, enum direction reading);
const struct wire_counts *wire__counts(const struct wire *wire, enum direction direction);
__u64 wire__held(const struct wire *wire, enum direction direction);

__u64 clock_ns(void);

#endif
