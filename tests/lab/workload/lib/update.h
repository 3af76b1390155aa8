/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One price update, as feeds and multicast carry it: the sequence number shows what was lost, the
 * time how old it is (CLOCK_MONOTONIC is one clock for all namespaces of a machine).
 */
#ifndef FAULTLINE_LAB_UPDATE_H
#define FAULTLINE_LAB_UPDATE_H

#include <linux/types.h>

#define UPDATE_MAX 8192

struct update {
	__u32 length_bytes; /* of the whole update */
	__u32 heartbeat;    /* 1: carries no price */
	__u64 sequence;
	__u64 sent_ns;
};

_Static_assert(sizeof(struct update) == 24, "no padding");

#endif
