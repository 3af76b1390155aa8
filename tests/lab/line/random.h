/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seeded random streams (splitmix64: one 64-bit state, an odd increment and a mixing function).
 *
 * Every rule owns one stream per direction, derived from the seed, the rule's name and the
 * direction. So a decision depends only on the packets that this rule saw in this direction: adding
 * a rule, or traffic the other way, never shifts the decisions of another.
 */
#ifndef LAB_LINE_RANDOM_H
#define LAB_LINE_RANDOM_H

#include <linux/types.h>

struct random_stream {
	__u64 state;
};

static inline __u64 random_mix(__u64 z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static inline void random_stream__seed(struct random_stream *stream, __u64 seed, const char *name,
				       int direction)
{
	__u64 state = random_mix(seed + 0x9e3779b97f4a7c15ull);

	for (; *name; name++)
		state = random_mix(state ^ (unsigned char)*name);
	stream->state = random_mix(state + 1 + (__u64)direction);
}

static inline __u64 random_stream__next(struct random_stream *stream)
{
	stream->state += 0x9e3779b97f4a7c15ull;
	return random_mix(stream->state);
}

/* A number in [0, 1) with 53 bits. */
static inline double random_stream__unit(struct random_stream *stream)
{
	return (double)(random_stream__next(stream) >> 11) * 0x1.0p-53;
}

#endif
