/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Durations on their way into a histogram.
 *
 * Looking a histogram up takes longer than all else that happens at a send or a receive.  So the
 * samples of a socket gather in its slot and go into the histogram of its peer a dozen at a time,
 * when the socket has been quiet for a moment, and when it ends.
 *
 * Limit: a sample in the very instant in which the census empties a slot may be lost or counted
 * twice; the census leaves a socket alone that was active just now.
 */
#ifndef SAMPLES_BPF_H
#define SAMPLES_BPF_H

#include "peer.bpf.h"

/* How long a socket has to be quiet before the census takes its samples. */
#define SAMPLES_QUIET_NS 5000000ULL

static __always_inline enum hist_operation operation_of(enum sampled which)
{
	switch (which) {
	case SAMPLED_RESPONSE:
		return HIST_RESPONSE;
	case SAMPLED_PICKUP:
		return HIST_PICKUP;
	case SAMPLED_SEND:
		return HIST_SEND;
	default:
		return HIST_RECV;
	}
}

static __noinline int samples__flush(struct slot *slot, enum sampled which)
{
	struct samples *samples;
	struct hist *hist;
	__u32 i, count, bucket;

	if (!slot || which >= SAMPLED_COUNT)
		return 0;
	samples = &slot->samples[which];
	count = samples->count;
	samples->count = 0;
	if (!count)
		return 0;
	hist = hist_find(&slot->key, operation_of(which));
	if (hist) {
		__sync_fetch_and_add(&hist->count, count);
		__sync_fetch_and_add(&hist->sum_ns, samples->sum_ns);
		if (samples->max_ns > hist->max_ns)
			hist->max_ns = samples->max_ns;
		for (i = 0; i < SAMPLES_ROOM; i++) {
			if (i >= count)
				break;
			bucket = samples->bucket[i];
			asm volatile("" : "+r"(bucket));
			if (bucket < HIST_BUCKETS)
				__sync_fetch_and_add(&hist->bucket[bucket], 1);
		}
	}
	samples->sum_ns = 0;
	samples->max_ns = 0;
	return 0;
}

/* Makes room for @more samples, SAMPLES_ROOM at most. */
static __always_inline void samples__make_room(struct slot *slot, enum sampled which, __u32 more)
{
	if (slot->samples[which].count + more > SAMPLES_ROOM)
		samples__flush(slot, which);
}

/* There is room for it. */
static __always_inline void sample_put(struct slot *slot, enum sampled which, __u64 duration_ns,
				       __u64 now_ns)
{
	struct samples *samples = &slot->samples[which];
	__u32 count = samples->count, bucket = hist_bucket(duration_ns);

	slot->waits.sampled_ns = now_ns;
	/* The compiler knows that the index is in bounds and would drop the mask, which tells the
	 * verifier. */
	asm volatile("" : "+r"(count));
	count &= SAMPLES_ROOM - 1;
	samples->bucket[count] = bucket;
	samples->sum_ns += duration_ns;
	if (duration_ns > samples->max_ns)
		samples->max_ns = duration_ns;
	samples->count = count + 1;
}

static __always_inline void sample_add(struct slot *slot, enum sampled which, __u64 duration_ns,
				       __u64 now_ns)
{
	samples__make_room(slot, which, 1);
	sample_put(slot, which, duration_ns, now_ns);
}

/* Empties the slot. */
static __always_inline void samples__fold(struct slot *slot)
{
	__u32 i;

#pragma unroll
	for (i = 0; i < SAMPLED_COUNT; i++)
		samples__flush(slot, i);
}

/* The same from another processor: only when nobody adds to it now. */
static __always_inline void samples__fold_quiet(struct slot *slot)
{
	if (bpf_ktime_get_ns() - slot->waits.sampled_ns >= SAMPLES_QUIET_NS)
		samples__fold(slot);
}

#endif
