/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A histogram of durations with a bounded relative error.
 *
 * Eight linear steps an octave, from 1.024 us (2^10 ns) to 68.7 s (2^36 ns): a bucket is at most
 * 1/8 of its lower bound wide, so that its middle is at most 1/16 = 6.25 % away from any value in
 * it.  Shorter and longer durations fall into the first and the last bucket.
 */
#ifndef FAULTLINE_HIST_H
#define FAULTLINE_HIST_H

#include <linux/types.h>

#include "peer.h"

#define HIST_STEP_BITS	3
#define HIST_STEPS	(1 << HIST_STEP_BITS)
#define HIST_FIRST_BITS 10
#define HIST_OCTAVES	26
#define HIST_BUCKETS	(HIST_OCTAVES * HIST_STEPS)

/* The operations that are timed.  X(NAME, json key) */
#define HIST_OPERATIONS(X)      \
	X(CONNECT, "connect")   \
	X(ACCEPT, "accept")     \
	X(SEND, "send")         \
	X(RECV, "recv")         \
	X(CLOSE, "close")       \
	X(RESPONSE, "response") \
	X(PICKUP, "pickup")     \
	X(RTT, "rtt")           \
	X(GAP, "gap") /* between datagrams, and between pushes of a TCP feed */

enum hist_operation {
#define HIST_OPERATION_ENUM(name, key) HIST_##name,
	HIST_OPERATIONS(HIST_OPERATION_ENUM)
#undef HIST_OPERATION_ENUM
		HIST_OPERATION_COUNT
};

struct hist_key {
	struct peer_key peer;
	__u32 operation; /* enum hist_operation */
};

_Static_assert(sizeof(struct hist_key) == 44, "struct hist_key is a map key");

struct hist {
	__u64 count;
	__u64 sum_ns;
	__u64 max_ns;
	__u32 bucket[HIST_BUCKETS];
};

/*
 * The number of the highest bit of a value other than 0, of at most HIST_OCTAVES bits.  BPF has no
 * instruction for it, and a search costs branches, which the processor guesses wrong and the
 * verifier follows both ways.  So all bits below the highest are set, and the 26 numbers that can
 * come out of that are told apart by the top five bits of a product; the factor is one that gives
 * each of them another place in the table.  The table is volatile to stand in .rodata: from the
 * section of constants that a linker may merge, libbpf makes no map.
 */
static inline __attribute__((always_inline)) __u32 hist_highest_bit(__u32 value)
{
	static const volatile __u8 place[32] = {10, 2,	15, 7, 21, 0,  13, 0,  24, 1,  6,
						0,  12, 0,  5, 11, 4,  3,  16, 17, 18, 8,
						19, 22, 0,  9, 14, 20, 0,  23, 25, 0};

	value |= value >> 1;
	value |= value >> 2;
	value |= value >> 4;
	value |= value >> 8;
	value |= value >> 16;
	return place[(value * 0x6f8e8259U) >> 27];
}

/* The bucket of a duration: 0 … HIST_BUCKETS - 1. */
static inline __attribute__((always_inline)) __u32 hist_bucket(__u64 duration_ns)
{
	__u32 octave;

	if (duration_ns < (1ULL << HIST_FIRST_BITS))
		return 0;
	if (duration_ns >> (HIST_FIRST_BITS + HIST_OCTAVES))
		return HIST_BUCKETS - 1;
	octave = hist_highest_bit(duration_ns >> HIST_FIRST_BITS);
	return (octave << HIST_STEP_BITS) +
	       ((duration_ns >> (octave + HIST_FIRST_BITS - HIST_STEP_BITS)) & (HIST_STEPS - 1));
}

/* The smallest duration of a bucket, in ns; of HIST_BUCKETS, the end of the range. */
static inline __u64 hist_lower_bound_ns(__u32 bucket)
{
	__u32 octave = bucket >> HIST_STEP_BITS;
	__u64 steps = HIST_STEPS + (bucket & (HIST_STEPS - 1));

	return steps << (HIST_FIRST_BITS - HIST_STEP_BITS + octave);
}

#endif
